-- What people sign in with beside their password, and who must.

create table second_factors (
    person_id bigint primary key references people (id),
    -- The secret of their authenticator app, sealed by a key that is not in this database.
    sealed bytea not null,
    generation bigint not null,
    -- The step of the last code that was taken: none is taken twice.
    used_step bigint not null,
    set_up_at bigint not null
);

create table recovery_codes (
    person_id bigint not null references people (id),
    code_hash bytea not null,
    -- Null until it was used.
    used_at bigint,
    primary key (person_id, code_hash)
);

-- Whether its Compliance Admins and Admins may do something only with a second factor.
alter table workspaces add column demands_second_factor boolean not null default false;
-- The same of operators.
alter table installation add column operators_need_second_factor boolean not null default false;

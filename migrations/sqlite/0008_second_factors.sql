-- What people sign in with beside their password, and who must.

create table second_factors (
    person_id integer primary key references people (id),
    -- The secret of their authenticator app, sealed by a key that is not in this database.
    sealed blob not null,
    generation integer not null,
    -- The step of the last code that was taken: none is taken twice.
    used_step integer not null,
    set_up_at integer not null
) strict;

create table recovery_codes (
    person_id integer not null references people (id),
    code_hash blob not null,
    -- Null until it was used.
    used_at integer,
    primary key (person_id, code_hash)
) strict, without rowid;

-- Whether its Compliance Admins and Admins may do something only with a second factor.
alter table workspaces add column demands_second_factor integer not null default 0;
-- The same of operators.
alter table installation add column operators_need_second_factor integer not null default 0;

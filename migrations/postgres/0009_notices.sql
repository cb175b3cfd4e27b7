-- What people are told of their accounts and workspaces, and mails that wait to be sent.

create table notices (
    person_id bigint not null references people (id),
    id bigint not null,
    kind text collate "C" not null,
    -- What it is about: of one kind, nobody is told twice of the same.
    about text collate "C" not null,
    state_json text collate "C" not null,
    at bigint not null,
    -- Null until the person said that they read it.
    seen_at bigint,
    -- Null until it was mailed, or refused for good.
    mailed_at bigint,
    -- How often it was tried to mail it, and when it is tried again.
    tries bigint not null default 0,
    next_try_at bigint not null default 0,
    primary key (person_id, id)
);

create unique index notices_about on notices (person_id, kind, about);
create index notices_unmailed on notices (next_try_at, at) where mailed_at is null;
create index notices_at on notices (at);

create table mails (
    id bigint primary key,
    -- The mail, sealed by a key that is not in this database: it may hold a link.
    sealed bytea not null,
    generation bigint not null,
    made_at bigint not null,
    -- Then it is of no use any more.
    expires_at bigint not null,
    tries bigint not null,
    next_try_at bigint not null
);

create index mails_next_try on mails (next_try_at, id);

-- Whether the link was mailed, so that nobody else saw it.
alter table invitations add column mailed boolean not null default false;
-- Null until they first did; whoever chose a password before is taken to have.
alter table people add column signed_in_at bigint;
update people set signed_in_at = created_at where password_hash is not null;

-- What people are told of their accounts and workspaces, and mails that wait to be sent.

create table notices (
    person_id integer not null references people (id),
    id integer not null,
    kind text not null,
    -- What it is about: of one kind, nobody is told twice of the same.
    about text not null,
    state_json text not null,
    at integer not null,
    -- Null until the person said that they read it.
    seen_at integer,
    -- Null until it was mailed, or refused for good.
    mailed_at integer,
    -- How often it was tried to mail it, and when it is tried again.
    tries integer not null default 0,
    next_try_at integer not null default 0,
    primary key (person_id, id)
) strict, without rowid;

create unique index notices_about on notices (person_id, kind, about);
create index notices_unmailed on notices (next_try_at, at) where mailed_at is null;
create index notices_at on notices (at);

create table mails (
    id integer primary key,
    -- The mail, sealed by a key that is not in this database: it may hold a link.
    sealed blob not null,
    generation integer not null,
    made_at integer not null,
    -- Then it is of no use any more.
    expires_at integer not null,
    tries integer not null,
    next_try_at integer not null
) strict;

create index mails_next_try on mails (next_try_at, id);

-- Whether the link was mailed, so that nobody else saw it.
alter table invitations add column mailed integer not null default 0;
-- Null until they first did; whoever chose a password before is taken to have.
alter table people add column signed_in_at integer;
update people set signed_in_at = created_at where password_hash is not null;

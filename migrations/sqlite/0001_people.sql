-- Who can sign in, and what keeps them apart from strangers. These tables are global: a person belongs to workspaces.

create table installation (
    id integer primary key check (id = 1),
    -- The key of the keyed hashes under which look-ups are recorded.
    lookup_key blob not null,
    created_at integer not null
) strict;

create table people (
    id integer primary key,
    email text not null unique,
    name text not null,
    -- Null until the person has chosen one by a one-time link.
    password_hash text,
    operator integer not null,
    theme text not null,
    created_at integer not null
) strict;

create table sessions (
    id_hash blob primary key,
    person_id integer references people (id),
    data text not null,
    created_at integer not null,
    seen_at integer not null
) strict, without rowid;

create index sessions_person on sessions (person_id);
create index sessions_seen on sessions (seen_at);

create table taken_forms (
    -- Who sent which form about what; as a hash.
    form_hash blob primary key,
    taken_at integer not null
) strict, without rowid;

create index taken_forms_taken on taken_forms (taken_at);

create table links (
    token_hash blob primary key,
    kind text not null,
    person_id integer references people (id),
    created_at integer not null,
    expires_at integer not null,
    used_at integer
) strict, without rowid;

create table throttles (
    -- What is counted: an account from one address, or an account from anywhere; as a hash.
    key_hash blob primary key,
    failures integer not null,
    last_at integer not null,
    blocked_until integer not null
) strict, without rowid;

create index throttles_last on throttles (last_at);

create table sign_in_failures (
    quarter integer not null,
    -- Zero for e-mails that have no account.
    person_id integer not null,
    address text not null,
    n integer not null,
    primary key (quarter, person_id, address)
) strict, without rowid;

create table workspaces (
    id integer primary key,
    slug text not null unique,
    name text not null,
    time_zone text not null,
    -- What the Profile API calls its owner in addresses.
    org text not null,
    account text not null,
    created_at integer not null
) strict;

create table members (
    workspace_id integer not null references workspaces (id),
    person_id integer not null references people (id),
    role text not null,
    since integer not null,
    primary key (workspace_id, person_id)
) strict, without rowid;

create index members_person on members (person_id);

create table invitations (
    workspace_id integer not null references workspaces (id),
    id integer not null,
    token_hash blob not null unique,
    email text not null,
    role text not null,
    -- Whose right it is, also when it is accepted.
    maker_id integer not null references people (id),
    created_at integer not null,
    expires_at integer not null,
    -- When it was accepted, revoked or replaced.
    ended_at integer,
    primary key (workspace_id, id)
) strict, without rowid;

create table credentials (
    public_key text primary key,
    kind text not null,
    secret_hash blob not null,
    workspace_id integer not null references workspaces (id),
    input_id integer,
    token_id integer,
    name text not null,
    role text,
    -- Null for one that was made on the command line.
    maker_id integer references people (id),
    created_at integer not null,
    expires_at integer,
    last_used_at integer
) strict, without rowid;

create index credentials_input on credentials (workspace_id, input_id);
create unique index credentials_token_name on credentials (workspace_id, name) where kind = 'token';

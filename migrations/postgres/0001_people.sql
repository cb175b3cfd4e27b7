-- Who can sign in, and what keeps them apart from strangers. These tables are global: a person belongs to workspaces.

create table installation (
    id bigint primary key check (id = 1),
    -- The key of the keyed hashes under which look-ups are recorded.
    lookup_key bytea not null,
    created_at bigint not null
);

create table people (
    id bigint primary key,
    email text collate "C" not null unique,
    name text collate "C" not null,
    -- Null until the person has chosen one by a one-time link.
    password_hash text collate "C",
    operator boolean not null,
    theme text collate "C" not null,
    created_at bigint not null
);

create table sessions (
    id_hash bytea primary key,
    person_id bigint references people (id),
    data text collate "C" not null,
    created_at bigint not null,
    seen_at bigint not null
);

create index sessions_person on sessions (person_id);
create index sessions_seen on sessions (seen_at);

create table taken_forms (
    -- Who sent which form about what; as a hash.
    form_hash bytea primary key,
    taken_at bigint not null
);

create index taken_forms_taken on taken_forms (taken_at);

create table links (
    token_hash bytea primary key,
    kind text collate "C" not null,
    person_id bigint references people (id),
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);

create table throttles (
    -- What is counted: an account from one address, or an account from anywhere; as a hash.
    key_hash bytea primary key,
    failures bigint not null,
    last_at bigint not null,
    blocked_until bigint not null
);

create index throttles_last on throttles (last_at);

create table sign_in_failures (
    quarter bigint not null,
    -- Zero for e-mails that have no account.
    person_id bigint not null,
    address text collate "C" not null,
    n bigint not null,
    primary key (quarter, person_id, address)
);

create table workspaces (
    id bigint primary key,
    slug text collate "C" not null unique,
    name text collate "C" not null,
    time_zone text collate "C" not null,
    -- What the Profile API calls its owner in addresses.
    org text collate "C" not null,
    account text collate "C" not null,
    created_at bigint not null
);

create table members (
    workspace_id bigint not null references workspaces (id),
    person_id bigint not null references people (id),
    role text collate "C" not null,
    since bigint not null,
    primary key (workspace_id, person_id)
);

create index members_person on members (person_id);

create table invitations (
    workspace_id bigint not null references workspaces (id),
    id bigint not null,
    token_hash bytea not null unique,
    email text collate "C" not null,
    role text collate "C" not null,
    -- Whose right it is, also when it is accepted.
    maker_id bigint not null references people (id),
    created_at bigint not null,
    expires_at bigint not null,
    -- When it was accepted, revoked or replaced.
    ended_at bigint,
    primary key (workspace_id, id)
);

create table credentials (
    public_key text collate "C" primary key,
    kind text collate "C" not null,
    secret_hash bytea not null,
    workspace_id bigint not null references workspaces (id),
    input_id bigint,
    token_id bigint,
    name text collate "C" not null,
    role text collate "C",
    -- Null for one that was made on the command line.
    maker_id bigint references people (id),
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint
);

create index credentials_input on credentials (workspace_id, input_id);
create unique index credentials_token_name on credentials (workspace_id, name) where kind = 'token';

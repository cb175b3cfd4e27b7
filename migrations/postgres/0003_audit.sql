-- The audit log: one chain per workspace, and one (0) for the installation. Rows are only ever added.

create table audit (
    workspace_id bigint not null,
    seq bigint not null,
    at_ms bigint not null,
    actor_kind text collate "C" not null,
    actor_id text collate "C",
    actor_name text collate "C" not null,
    actor_role text collate "C",
    action text collate "C" not null,
    target text collate "C" not null,
    -- Canonical JSON (RFC 8785), exactly as hashed.
    before_json text collate "C" not null,
    after_json text collate "C" not null,
    reason text collate "C",
    ip text collate "C",
    agent text collate "C",
    request_id text collate "C",
    settings_version bigint,
    prev_hash text collate "C" not null,
    hash text collate "C" not null,
    primary key (workspace_id, seq)
);

create index audit_action on audit (workspace_id, action, seq);
create index audit_actor on audit (workspace_id, actor_name, seq);
create index audit_at on audit (workspace_id, at_ms, seq);
create index audit_target on audit (workspace_id, target, seq);

create table audit_heads (
    workspace_id bigint primary key,
    seq bigint not null,
    hash text collate "C" not null,
    -- The latest moment of all rows so far, and how far behind it a later row was at most: clocks of processes differ.
    -- By these a moment leads to a place in the chain.
    latest_at bigint not null,
    behind bigint not null
);

create function audit_is_never_changed() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is never changed';
end
$$;

create trigger audit_no_change before update or delete on audit
for each row execute function audit_is_never_changed();

create trigger audit_no_truncate before truncate on audit
for each statement execute function audit_is_never_changed();

-- Reads of single profiles by tokens, counted until the minute's row is written.
create table accesses (
    workspace_id bigint not null,
    token_id bigint not null,
    minute bigint not null,
    n bigint not null,
    primary key (workspace_id, token_id, minute)
);

-- Which profiles those were, by the names that the log gives them.
create table accessed_profiles (
    workspace_id bigint not null,
    token_id bigint not null,
    minute bigint not null,
    audit_reference text collate "C" not null,
    primary key (workspace_id, token_id, minute, audit_reference)
);

create index accessed_profiles_minute on accessed_profiles (minute);

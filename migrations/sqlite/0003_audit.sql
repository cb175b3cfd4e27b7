-- The audit log: one chain per workspace, and one (0) for the installation. Rows are only ever added.

create table audit (
    workspace_id integer not null,
    seq integer not null,
    at_ms integer not null,
    actor_kind text not null,
    actor_id text,
    actor_name text not null,
    actor_role text,
    action text not null,
    target text not null,
    -- Canonical JSON (RFC 8785), exactly as hashed.
    before_json text not null,
    after_json text not null,
    reason text,
    ip text,
    agent text,
    request_id text,
    settings_version integer,
    prev_hash text not null,
    hash text not null,
    primary key (workspace_id, seq)
) strict, without rowid;

create index audit_action on audit (workspace_id, action, seq);
create index audit_actor on audit (workspace_id, actor_name, seq);
create index audit_at on audit (workspace_id, at_ms, seq);
create index audit_target on audit (workspace_id, target, seq);

create table audit_heads (
    workspace_id integer primary key,
    seq integer not null,
    hash text not null,
    -- The latest moment of all rows so far, and how far behind it a later row was at most: clocks of processes differ.
    -- By these a moment leads to a place in the chain.
    latest_at integer not null,
    behind integer not null
) strict;

create trigger audit_no_update before update on audit
begin
    select raise(abort, 'the audit log is never changed');
end;

create trigger audit_no_delete before delete on audit
begin
    select raise(abort, 'the audit log is never changed');
end;

-- Reads of single profiles by tokens, counted until the minute's row is written.
create table accesses (
    workspace_id integer not null,
    token_id integer not null,
    minute integer not null,
    n integer not null,
    primary key (workspace_id, token_id, minute)
) strict, without rowid;

-- Which profiles those were, by the names that the log gives them.
create table accessed_profiles (
    workspace_id integer not null,
    token_id integer not null,
    minute integer not null,
    audit_reference text not null,
    primary key (workspace_id, token_id, minute, audit_reference)
) strict, without rowid;

create index accessed_profiles_minute on accessed_profiles (minute);

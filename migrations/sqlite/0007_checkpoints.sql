-- Signed places of the log's chains. A row here proves little by itself, for whoever can change the log can remove it: they are sent
-- away.

create table audit_checkpoints (
    workspace_id integer not null,
    seq integer not null,
    hash text not null,
    at_ms integer not null,
    signing_key text not null,
    signature text not null,
    sent_at integer,
    primary key (workspace_id, seq)
) strict, without rowid;
create index audit_checkpoints_unsent on audit_checkpoints (workspace_id, seq) where sent_at is null;

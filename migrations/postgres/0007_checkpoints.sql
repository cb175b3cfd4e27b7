-- Signed places of the log's chains. A row here proves little by itself, for whoever can change the log can remove it: they are sent
-- away.

create table audit_checkpoints (
    workspace_id bigint not null,
    seq bigint not null,
    hash text collate "C" not null,
    at_ms bigint not null,
    signing_key text collate "C" not null,
    signature text collate "C" not null,
    sent_at bigint,
    primary key (workspace_id, seq)
);
create index audit_checkpoints_unsent on audit_checkpoints (workspace_id, seq) where sent_at is null;

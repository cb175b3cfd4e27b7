-- Names that people gave to pages of metrics with what they had chosen there.
create table saved_views (
    workspace_id bigint not null,
    -- Whose it is; 0 stands for the whole workspace.
    owner_id bigint not null,
    id bigint not null,
    name text collate "C" not null,
    view text collate "C" not null,
    -- The query of its address, without a question mark.
    query text collate "C" not null,
    primary key (workspace_id, owner_id, id)
);

create unique index saved_views_name on saved_views (workspace_id, owner_id, name);

-- Names that people gave to pages of metrics with what they had chosen there.
create table saved_views (
    workspace_id integer not null,
    -- Whose it is; 0 stands for the whole workspace.
    owner_id integer not null,
    id integer not null,
    name text not null,
    view text not null,
    -- The query of its address, without a question mark.
    query text not null,
    primary key (workspace_id, owner_id, id)
) strict, without rowid;

create unique index saved_views_name on saved_views (workspace_id, owner_id, name);

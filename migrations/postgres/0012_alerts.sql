-- Rules of alerts that are on, and whether each holds.
create table alerts (
    workspace_id bigint not null,
    kind text collate "C" not null,
    -- In percent, points, times or hours, by the kind.
    threshold bigint not null,
    -- Since when it holds; null while it does not.
    since bigint,
    -- What was found last, in tenths of the threshold's unit; null where there was too little to tell.
    found bigint,
    -- When that was; null before the first time.
    looked_at bigint,
    primary key (workspace_id, kind)
);

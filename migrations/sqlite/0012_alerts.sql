-- Rules of alerts that are on, and whether each holds.
create table alerts (
    workspace_id integer not null,
    kind text not null,
    -- In percent, points, times or hours, by the kind.
    threshold integer not null,
    -- Since when it holds; null while it does not.
    since integer,
    -- What was found last, in tenths of the threshold's unit; null where there was too little to tell.
    found integer,
    -- When that was; null before the first time.
    looked_at integer,
    primary key (workspace_id, kind)
) strict, without rowid;

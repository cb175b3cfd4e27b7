-- Questions that no counter answers, with what was counted so far of the devices themselves, and answers of the last hour.
create table explorations (
    workspace_id integer not null,
    id integer not null,
    -- The question. App 0 stands for all apps; the values asked for are written as in a query.
    environment integer not null,
    unit integer not null,
    app_id integer not null,
    slices text not null,
    grouped_by text not null,
    person_id integer not null,
    asked_at integer not null,
    -- When somebody last looked how far it is; once nobody does, it is given up.
    looked_at integer not null,
    begun_at integer,
    ended_at integer,
    -- The last device that was counted, how many were, and how many there were to count.
    cursor integer not null,
    seen integer not null,
    expected integer not null,
    explored_json text not null,
    primary key (workspace_id, id)
) strict, without rowid;

-- Questions that no counter answers, with what was counted so far of the devices themselves, and answers of the last hour.
create table explorations (
    workspace_id bigint not null,
    id bigint not null,
    -- The question. App 0 stands for all apps; the values asked for are written as in a query.
    environment bigint not null,
    unit bigint not null,
    app_id bigint not null,
    slices text collate "C" not null,
    grouped_by text collate "C" not null,
    person_id bigint not null,
    asked_at bigint not null,
    -- When somebody last looked how far it is; once nobody does, it is given up.
    looked_at bigint not null,
    begun_at bigint,
    ended_at bigint,
    -- The last device that was counted, how many were, and how many there were to count.
    cursor bigint not null,
    seen bigint not null,
    expected bigint not null,
    explored_json text collate "C" not null,
    primary key (workspace_id, id)
);

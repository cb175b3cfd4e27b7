-- First answers by the day of the install (codes 1020 to 1023 of flows) are counted from now on. Of devices that were installed before,
-- some answered already: they are whole from the day after tomorrow on, whatever the time zone.
insert into kept_from (workspace_id, what, day) select id, 'install_answers', cast(unixepoch() / 86400 as integer) + 2 from workspaces;

-- Releases: the first day on which a version of an app had one percent of the devices that were active in the app, and at least ten.
create table releases (
    workspace_id integer not null,
    app_id integer not null,
    app_version text not null,
    -- Of the workspace's time zone, in days since 1970-01-01.
    day integer not null,
    primary key (workspace_id, app_id, app_version)
) strict, without rowid;

create index releases_day on releases (workspace_id, day);

-- What people note on a day, such as "prompt moved after onboarding".
create table annotations (
    workspace_id integer not null,
    id integer not null,
    -- 0 stands for the whole workspace.
    app_id integer not null,
    day integer not null,
    name text not null,
    made_by text not null,
    made_at integer not null,
    primary key (workspace_id, id)
) strict, without rowid;

create index annotations_day on annotations (workspace_id, day);

-- What followed from installs: the first answers of devices by the day on which they were installed (codes 1020 to 1023), in all and in
-- each app, for those that answered before this was counted.
insert into flows (workspace_id, environment, app_id, dimension, value, day, flow, slot, n)
select t.workspace_id, t.environment, t.app_id, '', '', d.installed_on, 1020 + t.to_status, 0, count(*)
from transitions t join devices d on d.workspace_id = t.workspace_id and d.environment = t.environment and d.id = t.device_id
where t.day is not null and t.answered_after is not null and d.installed_on is not null
group by t.workspace_id, t.environment, t.app_id, d.installed_on, t.to_status;

insert into flows (workspace_id, environment, app_id, dimension, value, day, flow, slot, n)
select workspace_id, environment, 0, dimension, value, day, flow, slot, cast(sum(n) as bigint)
from flows where flow between 1020 and 1023
group by workspace_id, environment, dimension, value, day, flow, slot;

-- Releases: the first day on which a version of an app had one percent of the devices that were active in the app, and at least ten.
create table releases (
    workspace_id bigint not null,
    app_id bigint not null,
    app_version text collate "C" not null,
    -- Of the workspace's time zone, in days since 1970-01-01.
    day bigint not null,
    primary key (workspace_id, app_id, app_version)
);

create index releases_day on releases (workspace_id, day);

-- What people note on a day, such as "prompt moved after onboarding".
create table annotations (
    workspace_id bigint not null,
    id bigint not null,
    -- 0 stands for the whole workspace.
    app_id bigint not null,
    day bigint not null,
    name text collate "C" not null,
    made_by text collate "C" not null,
    made_at bigint not null,
    primary key (workspace_id, id)
);

create index annotations_day on annotations (workspace_id, day);

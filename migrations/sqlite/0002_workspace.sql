-- What a workspace decides, what it learned, and how it is counted. Every key begins with the workspace.

create table settings_versions (
    workspace_id integer not null references workspaces (id),
    version integer not null,
    default_status integer,
    idfa_policy text not null,
    changed_at integer not null,
    changed_by text not null,
    reason text not null,
    -- Production profiles whose effective status moved with this version.
    moved_profiles integer not null,
    primary key (workspace_id, version)
) strict, without rowid;

-- Erasing of stored IDFAs that a version of the settings holds back.
create table erasures (
    workspace_id integer not null,
    version integer not null,
    asked_at integer not null,
    -- When it begins.
    due_at integer not null,
    -- The policy and default of the version before, under which what it erases was kept.
    base_policy text not null,
    base_default integer,
    progress text not null,
    seen integer not null,
    erased integer not null,
    -- Where the walk over the IDFAs stands.
    cursor text not null,
    ended_at integer,
    primary key (workspace_id, version),
    foreign key (workspace_id, version) references settings_versions (workspace_id, version)
) strict, without rowid;

create table apps (
    workspace_id integer not null references workspaces (id),
    id integer not null,
    bundle text,
    name text not null,
    created_at integer not null,
    primary key (workspace_id, id)
) strict, without rowid;

create unique index apps_bundle on apps (workspace_id, bundle);

create table inputs (
    workspace_id integer not null references workspaces (id),
    id integer not null,
    name text not null,
    app_id integer,
    public_key text not null,
    secret_version integer not null,
    paused integer not null,
    -- Whether words such as "null" are ids like any others.
    takes_placeholders integer not null,
    -- Null for any number.
    requests_per_second integer,
    created_at integer not null,
    primary key (workspace_id, id),
    foreign key (workspace_id, app_id) references apps (workspace_id, id)
) strict, without rowid;

create unique index inputs_name on inputs (workspace_id, name);

create table input_counts (
    workspace_id integer not null,
    input_id integer not null,
    counted text not null,
    reason text not null,
    n integer not null,
    last_at integer not null,
    primary key (workspace_id, input_id, counted, reason),
    foreign key (workspace_id, input_id) references inputs (workspace_id, id)
) strict, without rowid;

-- When the last stored batch of an app came through an input.
create table arrivals (
    workspace_id integer not null,
    input_id integer not null,
    environment integer not null,
    app_id integer not null,
    last_at integer not null,
    primary key (workspace_id, input_id, environment, app_id),
    foreign key (workspace_id, input_id) references inputs (workspace_id, id),
    foreign key (workspace_id, app_id) references apps (workspace_id, id)
) strict, without rowid;

-- What stored batches say against themselves, by day of the workspace's time zone (days since 1970-01-01).
create table data_problems (
    workspace_id integer not null,
    environment integer not null,
    day integer not null,
    app_id integer not null,
    -- Empty when the batch and its device name none.
    app_version text not null,
    input_id integer not null,
    kind text not null,
    n integer not null,
    last_at integer not null,
    primary key (workspace_id, environment, day, app_id, app_version, input_id, kind),
    foreign key (workspace_id, app_id) references apps (workspace_id, id),
    foreign key (workspace_id, input_id) references inputs (workspace_id, id)
) strict, without rowid;

create index data_problems_input on data_problems (workspace_id, input_id, day);

-- The newest batches of an input, and the newest of each data problem; for a day.
create table samples (
    workspace_id integer not null,
    input_id integer not null,
    -- A kind of data problem; empty for the newest batches, whatever they say.
    kind text not null,
    slot integer not null,
    environment integer not null,
    app_id integer not null,
    -- Whose status decides whether the IDFA is shown.
    device_id integer,
    received_at integer not null,
    -- All of the batch's data_problems, separated by spaces.
    data_problems text not null,
    content text not null,
    idfa text,
    primary key (workspace_id, input_id, kind, slot),
    foreign key (workspace_id, input_id) references inputs (workspace_id, id)
) strict, without rowid;

create index samples_received on samples (workspace_id, received_at);

-- The keys of what belongs to a device or a profile begin with the workspace and what tells rows apart, for of
-- environments there are two: a planner that knows nothing of the rows yet takes no other key for as good.

create table devices (
    workspace_id integer not null,
    environment integer not null,
    id integer not null,
    app_id integer not null,
    -- For which moment each thing that describes it was last said: ..._at.
    platform text not null,
    platform_at integer,
    status integer,
    since integer,
    as_of integer,
    source_input integer,
    -- How many transitions there were, and so the last one's seq.
    transitions integer not null,
    -- Whether its user has ever answered.
    answered integer not null,
    os_version text,
    os_version_at integer,
    app_version text,
    app_version_at integer,
    country text,
    country_at integer,
    first_seen integer not null,
    -- The day of its first batch, if that counts as an install, and whether it said that ad tracking is limited.
    installed_on integer,
    install_limited integer,
    -- By the times of its reports.
    last_seen integer not null,
    -- When its last batch came.
    last_received integer not null,
    unidentified_since integer,
    retired integer not null,
    -- The last day of the workspace on which it counted as active, in days since 1970-01-01.
    active_on integer,
    -- Which of its values are counted with the other ones, a bit for each dimension in the workspace and in the app.
    overflow integer not null,
    -- The profile of its own, which nobody names.
    anonymous_user integer,
    -- How many identified profiles use it.
    users integer not null,
    -- How many began to on the day of the last one; more than 50 make it shared for good.
    joined_on integer not null,
    joined integer not null,
    -- Of how many profiles it decides the status, in its app and in all.
    decides_in_app integer not null,
    decides_in_all integer not null,
    primary key (workspace_id, environment, id),
    foreign key (workspace_id, app_id) references apps (workspace_id, id)
) strict, without rowid;

create index devices_unidentified on devices (workspace_id, unidentified_since) where unidentified_since is not null and not retired;

create index devices_retired on devices (workspace_id, unidentified_since) where retired;

create table device_identifiers (
    workspace_id integer not null,
    environment integer not null,
    app_id integer not null,
    kind text not null,
    value text not null,
    device_id integer not null,
    -- To how many devices it moved on the day of the last one; more than 50 make it shared for good.
    joined_on integer not null,
    joined integer not null,
    primary key (workspace_id, kind, environment, value, app_id),
    foreign key (workspace_id, environment, device_id) references devices (workspace_id, environment, id)
) strict, without rowid;

create index device_identifiers_device on device_identifiers (workspace_id, device_id, environment);

create table profiles (
    workspace_id integer not null,
    environment integer not null,
    id integer not null,
    mpid integer not null,
    -- The device whose anonymous user it is; null once somebody named it.
    anonymous_on integer,
    -- What the audit log calls it.
    audit_reference text not null,
    first_seen integer not null,
    last_seen integer not null,
    devices integer not null,
    -- How many devices it began to use on the day of the last one; more than 50 make it shared for good.
    joined_on integer not null,
    joined integer not null,
    primary key (workspace_id, environment, id)
) strict, without rowid;

create unique index profiles_mpid on profiles (workspace_id, mpid, environment);

create table identities (
    workspace_id integer not null,
    environment integer not null,
    kind text not null,
    value text not null,
    profile_id integer not null,
    -- How many devices it was joined to on the day of the last one; more than 50 make it shared for good.
    joined_on integer not null,
    joined integer not null,
    primary key (workspace_id, kind, environment, value),
    foreign key (workspace_id, environment, profile_id) references profiles (workspace_id, environment, id)
) strict, without rowid;

create index identities_profile on identities (workspace_id, profile_id, environment);

create table uses (
    workspace_id integer not null,
    environment integer not null,
    device_id integer not null,
    profile_id integer not null,
    -- What the device decides of the profile: 0 nothing, 1 its status in the app, 2 also its status in all.
    decides integer not null,
    primary key (workspace_id, device_id, environment, profile_id),
    foreign key (workspace_id, environment, device_id) references devices (workspace_id, environment, id),
    foreign key (workspace_id, environment, profile_id) references profiles (workspace_id, environment, id)
) strict, without rowid;

create index uses_profile on uses (workspace_id, profile_id, environment, decides, device_id);

create table transitions (
    workspace_id integer not null,
    environment integer not null,
    device_id integer not null,
    seq integer not null,
    app_id integer not null,
    from_status integer,
    to_status integer not null,
    since integer not null,
    as_of integer not null,
    received_at integer not null,
    input_id integer not null,
    -- The day on which it is counted; none for old news.
    day integer,
    -- How long the user's first answer took since the device was first seen, in milliseconds; none for any other change.
    answered_after integer,
    -- What the device was then, and which of these values are counted with the other ones.
    platform text not null,
    os_version text,
    app_version text,
    country text,
    overflow integer not null,
    primary key (workspace_id, environment, device_id, seq),
    foreign key (workspace_id, environment, device_id) references devices (workspace_id, environment, id)
) strict, without rowid;

create table dedup (
    workspace_id integer not null,
    input_id integer not null,
    -- The first 16 bytes of SHA-256 over the source_request_id.
    hash blob not null,
    received_at integer not null,
    -- When it is forgotten.
    expires_at integer not null,
    primary key (workspace_id, input_id, hash)
) strict, without rowid;

create index dedup_expires on dedup (workspace_id, expires_at);

-- How many ids of requests of an hour (hours since 1970) there are, so that no count of them is needed.
create table dedup_hours (
    workspace_id integer not null,
    hour integer not null,
    n integer not null,
    primary key (workspace_id, hour)
) strict, without rowid;

-- What the server does by itself: when it is due, which process has it, and how far it got.
create table jobs (
    -- 0 for a job of the installation.
    workspace_id integer not null,
    name text not null,
    due_at integer not null,
    -- Until when the process that has it may go on without a sign of life.
    lease_until integer,
    holder integer,
    -- How far its walk got, as JSON; empty at the beginning.
    cursor text not null,
    -- How often it failed since it last succeeded, and why.
    failures integer not null,
    last_error text,
    ended_at integer,
    -- What its last run has to say.
    note text,
    primary key (workspace_id, name)
) strict, without rowid;

create index jobs_due on jobs (due_at);

-- Which slot of the counters belongs to which running process.
create table slots (
    slot integer primary key,
    seen_at integer not null
) strict;

create table counters (
    workspace_id integer not null,
    environment integer not null,
    unit integer not null,
    -- 0 stands for the whole workspace.
    app_id integer not null,
    -- Empty for all units.
    dimension text not null,
    value text not null,
    slot integer not null,
    not_determined integer not null,
    restricted integer not null,
    denied integer not null,
    authorized integer not null,
    unknown integer not null,
    not_applicable integer not null,
    -- The totals of all apps stand together, however many values each has.
    primary key (workspace_id, environment, unit, dimension, app_id, value, slot)
) strict, without rowid;

-- What each day added to the counters, and the devices that were active on it.
create table daily (
    workspace_id integer not null,
    environment integer not null,
    unit integer not null,
    -- 0 stands for the whole workspace.
    app_id integer not null,
    -- Empty for the total.
    dimension text not null,
    value text not null,
    -- Of the workspace's time zone, in days since 1970-01-01; 0 for all that are too old to be told apart.
    day integer not null,
    slot integer not null,
    not_determined integer not null,
    restricted integer not null,
    denied integer not null,
    authorized integer not null,
    unknown integer not null,
    not_applicable integer not null,
    primary key (workspace_id, environment, unit, app_id, dimension, value, day, slot)
) strict, without rowid;

-- What happened on each day: changes of status, first answers and how long they took, installs.
create table flows (
    workspace_id integer not null,
    environment integer not null,
    -- 0 stands for the whole workspace.
    app_id integer not null,
    -- Empty for all devices.
    dimension text not null,
    value text not null,
    -- Of the workspace's time zone, in days since 1970-01-01.
    day integer not null,
    -- What happened, by its code.
    flow integer not null,
    slot integer not null,
    n integer not null,
    primary key (workspace_id, environment, app_id, dimension, value, day, flow, slot)
) strict, without rowid;

create index flows_day on flows (workspace_id, day);

-- From which day on everything is there of what is removed for its age.
create table kept_from (
    workspace_id integer not null,
    what text not null,
    day integer not null,
    primary key (workspace_id, what)
) strict, without rowid;

-- Values of dimensions that have a counter of their own; the rest is counted together.
create table dimension_values (
    workspace_id integer not null,
    -- 0 stands for the whole workspace.
    app_id integer not null,
    dimension text not null,
    value text not null,
    seen_on integer not null,
    primary key (workspace_id, app_id, dimension, value)
) strict, without rowid;

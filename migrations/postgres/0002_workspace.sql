-- What a workspace decides, what it learned, and how it is counted. Every key begins with the workspace.

create table settings_versions (
    workspace_id bigint not null references workspaces (id),
    version bigint not null,
    default_status bigint,
    idfa_policy text collate "C" not null,
    changed_at bigint not null,
    changed_by text collate "C" not null,
    reason text collate "C" not null,
    -- Production profiles whose effective status moved with this version.
    moved_profiles bigint not null,
    primary key (workspace_id, version)
);

-- Erasing of stored IDFAs that a version of the settings holds back.
create table erasures (
    workspace_id bigint not null,
    version bigint not null,
    asked_at bigint not null,
    -- When it begins.
    due_at bigint not null,
    -- The policy and default of the version before, under which what it erases was kept.
    base_policy text collate "C" not null,
    base_default bigint,
    progress text collate "C" not null,
    seen bigint not null,
    erased bigint not null,
    -- Where the walk over the IDFAs stands.
    cursor text collate "C" not null,
    ended_at bigint,
    primary key (workspace_id, version),
    foreign key (workspace_id, version) references settings_versions (workspace_id, version)
);

create table apps (
    workspace_id bigint not null references workspaces (id),
    id bigint not null,
    bundle text collate "C",
    name text collate "C" not null,
    created_at bigint not null,
    primary key (workspace_id, id)
);

create unique index apps_bundle on apps (workspace_id, bundle);

create table inputs (
    workspace_id bigint not null references workspaces (id),
    id bigint not null,
    name text collate "C" not null,
    app_id bigint,
    public_key text collate "C" not null,
    secret_version bigint not null,
    paused boolean not null,
    -- Whether words such as "null" are ids like any others.
    takes_placeholders boolean not null,
    -- Null for any number.
    requests_per_second bigint,
    created_at bigint not null,
    primary key (workspace_id, id),
    foreign key (workspace_id, app_id) references apps (workspace_id, id)
);

create unique index inputs_name on inputs (workspace_id, name);

create table input_counts (
    workspace_id bigint not null,
    input_id bigint not null,
    counted text collate "C" not null,
    reason text collate "C" not null,
    n bigint not null,
    last_at bigint not null,
    primary key (workspace_id, input_id, counted, reason),
    foreign key (workspace_id, input_id) references inputs (workspace_id, id)
);

-- When the last stored batch of an app came through an input.
create table arrivals (
    workspace_id bigint not null,
    input_id bigint not null,
    environment bigint not null,
    app_id bigint not null,
    last_at bigint not null,
    primary key (workspace_id, input_id, environment, app_id),
    foreign key (workspace_id, input_id) references inputs (workspace_id, id),
    foreign key (workspace_id, app_id) references apps (workspace_id, id)
);

-- What stored batches say against themselves, by day of the workspace's time zone (days since 1970-01-01).
create table data_problems (
    workspace_id bigint not null,
    environment bigint not null,
    day bigint not null,
    app_id bigint not null,
    -- Empty when the batch and its device name none.
    app_version text collate "C" not null,
    input_id bigint not null,
    kind text collate "C" not null,
    n bigint not null,
    last_at bigint not null,
    primary key (workspace_id, environment, day, app_id, app_version, input_id, kind),
    foreign key (workspace_id, app_id) references apps (workspace_id, id),
    foreign key (workspace_id, input_id) references inputs (workspace_id, id)
);

create index data_problems_input on data_problems (workspace_id, input_id, day);

-- The newest batches of an input, and the newest of each data problem; for a day.
create table samples (
    workspace_id bigint not null,
    input_id bigint not null,
    -- A kind of data problem; empty for the newest batches, whatever they say.
    kind text collate "C" not null,
    slot bigint not null,
    environment bigint not null,
    app_id bigint not null,
    -- Whose status decides whether the IDFA is shown.
    device_id bigint,
    received_at bigint not null,
    -- All of the batch's data_problems, separated by spaces.
    data_problems text collate "C" not null,
    content text collate "C" not null,
    idfa text collate "C",
    primary key (workspace_id, input_id, kind, slot),
    foreign key (workspace_id, input_id) references inputs (workspace_id, id)
);

create index samples_received on samples (workspace_id, received_at);

-- The keys of what belongs to a device or a profile begin with the workspace and what tells rows apart, for of
-- environments there are two: a planner that knows nothing of the rows yet takes no other key for as good.

create table devices (
    workspace_id bigint not null,
    environment bigint not null,
    id bigint not null,
    app_id bigint not null,
    -- For which moment each thing that describes it was last said: ..._at.
    platform text collate "C" not null,
    platform_at bigint,
    status bigint,
    since bigint,
    as_of bigint,
    source_input bigint,
    -- How many transitions there were, and so the last one's seq.
    transitions bigint not null,
    -- Whether its user has ever answered.
    answered boolean not null,
    os_version text collate "C",
    os_version_at bigint,
    app_version text collate "C",
    app_version_at bigint,
    country text collate "C",
    country_at bigint,
    first_seen bigint not null,
    -- The day of its first batch, if that counts as an install, and whether it said that ad tracking is limited.
    installed_on bigint,
    install_limited boolean,
    -- By the times of its reports.
    last_seen bigint not null,
    -- When its last batch came.
    last_received bigint not null,
    unidentified_since bigint,
    retired boolean not null,
    -- The last day of the workspace on which it counted as active, in days since 1970-01-01.
    active_on bigint,
    -- Which of its values are counted with the other ones, a bit for each dimension in the workspace and in the app.
    overflow bigint not null,
    -- The profile of its own, which nobody names.
    anonymous_user bigint,
    -- How many identified profiles use it.
    users bigint not null,
    -- How many began to on the day of the last one; more than 50 make it shared for good.
    joined_on bigint not null,
    joined bigint not null,
    -- Of how many profiles it decides the status, in its app and in all.
    decides_in_app bigint not null,
    decides_in_all bigint not null,
    primary key (workspace_id, environment, id),
    foreign key (workspace_id, app_id) references apps (workspace_id, id)
);

create index devices_unidentified on devices (workspace_id, unidentified_since) where unidentified_since is not null and not retired;

create index devices_retired on devices (workspace_id, unidentified_since) where retired;

create table device_identifiers (
    workspace_id bigint not null,
    environment bigint not null,
    app_id bigint not null,
    kind text collate "C" not null,
    value text collate "C" not null,
    device_id bigint not null,
    -- To how many devices it moved on the day of the last one; more than 50 make it shared for good.
    joined_on bigint not null,
    joined bigint not null,
    primary key (workspace_id, kind, environment, value, app_id),
    foreign key (workspace_id, environment, device_id) references devices (workspace_id, environment, id)
);

create index device_identifiers_device on device_identifiers (workspace_id, device_id, environment);

create table profiles (
    workspace_id bigint not null,
    environment bigint not null,
    id bigint not null,
    mpid bigint not null,
    -- The device whose anonymous user it is; null once somebody named it.
    anonymous_on bigint,
    -- What the audit log calls it.
    audit_reference text collate "C" not null,
    first_seen bigint not null,
    last_seen bigint not null,
    devices bigint not null,
    -- How many devices it began to use on the day of the last one; more than 50 make it shared for good.
    joined_on bigint not null,
    joined bigint not null,
    primary key (workspace_id, environment, id)
);

create unique index profiles_mpid on profiles (workspace_id, mpid, environment);

create table identities (
    workspace_id bigint not null,
    environment bigint not null,
    kind text collate "C" not null,
    value text collate "C" not null,
    profile_id bigint not null,
    -- How many devices it was joined to on the day of the last one; more than 50 make it shared for good.
    joined_on bigint not null,
    joined bigint not null,
    primary key (workspace_id, kind, environment, value),
    foreign key (workspace_id, environment, profile_id) references profiles (workspace_id, environment, id)
);

create index identities_profile on identities (workspace_id, profile_id, environment);

create table uses (
    workspace_id bigint not null,
    environment bigint not null,
    device_id bigint not null,
    profile_id bigint not null,
    -- What the device decides of the profile: 0 nothing, 1 its status in the app, 2 also its status in all.
    decides bigint not null,
    primary key (workspace_id, device_id, environment, profile_id),
    foreign key (workspace_id, environment, device_id) references devices (workspace_id, environment, id),
    foreign key (workspace_id, environment, profile_id) references profiles (workspace_id, environment, id)
);

create index uses_profile on uses (workspace_id, profile_id, environment, decides, device_id);

create table transitions (
    workspace_id bigint not null,
    environment bigint not null,
    device_id bigint not null,
    seq bigint not null,
    app_id bigint not null,
    from_status bigint,
    to_status bigint not null,
    since bigint not null,
    as_of bigint not null,
    received_at bigint not null,
    input_id bigint not null,
    -- The day on which it is counted; none for old news.
    day bigint,
    -- How long the user's first answer took since the device was first seen, in milliseconds; none for any other change.
    answered_after bigint,
    -- What the device was then, and which of these values are counted with the other ones.
    platform text collate "C" not null,
    os_version text collate "C",
    app_version text collate "C",
    country text collate "C",
    overflow bigint not null,
    primary key (workspace_id, environment, device_id, seq),
    foreign key (workspace_id, environment, device_id) references devices (workspace_id, environment, id)
);

create table dedup (
    workspace_id bigint not null,
    input_id bigint not null,
    -- The first 16 bytes of SHA-256 over the source_request_id.
    hash bytea not null,
    received_at bigint not null,
    -- When it is forgotten.
    expires_at bigint not null,
    primary key (workspace_id, input_id, hash)
);

create index dedup_expires on dedup (workspace_id, expires_at);

-- How many ids of requests of an hour (hours since 1970) there are, so that no count of them is needed.
create table dedup_hours (
    workspace_id bigint not null,
    hour bigint not null,
    n bigint not null,
    primary key (workspace_id, hour)
);

-- What the server does by itself: when it is due, which process has it, and how far it got.
create table jobs (
    -- 0 for a job of the installation.
    workspace_id bigint not null,
    name text collate "C" not null,
    due_at bigint not null,
    -- Until when the process that has it may go on without a sign of life.
    lease_until bigint,
    holder bigint,
    -- How far its walk got, as JSON; empty at the beginning.
    cursor text collate "C" not null,
    -- How often it failed since it last succeeded, and why.
    failures bigint not null,
    last_error text collate "C",
    ended_at bigint,
    -- What its last run has to say.
    note text collate "C",
    primary key (workspace_id, name)
);

create index jobs_due on jobs (due_at);

-- Which slot of the counters belongs to which running process.
create table slots (
    slot bigint primary key,
    seen_at bigint not null
);

create table counters (
    workspace_id bigint not null,
    environment bigint not null,
    unit bigint not null,
    -- 0 stands for the whole workspace.
    app_id bigint not null,
    -- Empty for all units.
    dimension text collate "C" not null,
    value text collate "C" not null,
    slot bigint not null,
    not_determined bigint not null,
    restricted bigint not null,
    denied bigint not null,
    authorized bigint not null,
    unknown bigint not null,
    not_applicable bigint not null,
    -- The totals of all apps stand together, however many values each has.
    primary key (workspace_id, environment, unit, dimension, app_id, value, slot)
);

-- What each day added to the counters, and the devices that were active on it.
create table daily (
    workspace_id bigint not null,
    environment bigint not null,
    unit bigint not null,
    -- 0 stands for the whole workspace.
    app_id bigint not null,
    -- Empty for the total.
    dimension text collate "C" not null,
    value text collate "C" not null,
    -- Of the workspace's time zone, in days since 1970-01-01; 0 for all that are too old to be told apart.
    day bigint not null,
    slot bigint not null,
    not_determined bigint not null,
    restricted bigint not null,
    denied bigint not null,
    authorized bigint not null,
    unknown bigint not null,
    not_applicable bigint not null,
    primary key (workspace_id, environment, unit, app_id, dimension, value, day, slot)
);

-- What happened on each day: changes of status, first answers and how long they took, installs.
create table flows (
    workspace_id bigint not null,
    environment bigint not null,
    -- 0 stands for the whole workspace.
    app_id bigint not null,
    -- Empty for all devices.
    dimension text collate "C" not null,
    value text collate "C" not null,
    -- Of the workspace's time zone, in days since 1970-01-01.
    day bigint not null,
    -- What happened, by its code.
    flow bigint not null,
    slot bigint not null,
    n bigint not null,
    primary key (workspace_id, environment, app_id, dimension, value, day, flow, slot)
);

create index flows_day on flows (workspace_id, day);

-- From which day on everything is there of what is removed for its age.
create table kept_from (
    workspace_id bigint not null,
    what text collate "C" not null,
    day bigint not null,
    primary key (workspace_id, what)
);

-- Values of dimensions that have a counter of their own; the rest is counted together.
create table dimension_values (
    workspace_id bigint not null,
    -- 0 stands for the whole workspace.
    app_id bigint not null,
    dimension text collate "C" not null,
    value text collate "C" not null,
    seen_on bigint not null,
    primary key (workspace_id, app_id, dimension, value)
);

-- Rows handed over as one JSON array, under the name and shape that SQLite has built in, so that one text serves both.
create function jsonb_each(given text) returns table (value jsonb) language sql immutable strict as $$
    select jsonb_array_elements(given::jsonb)
$$;

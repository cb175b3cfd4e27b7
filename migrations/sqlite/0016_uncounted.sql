-- What commits add to the counters, noted as one row each while more follow without a pause; added up together.
create table uncounted (
    workspace_id integer not null,
    id integer not null,
    day integer not null,
    -- Rows of counters, daily and flows, each a list of lists of texts.
    counters_json text not null,
    daily_json text not null,
    flows_json text not null,
    primary key (workspace_id, id)
) strict;

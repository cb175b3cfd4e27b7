-- What commits add to the counters, noted as one row each while more follow without a pause; added up together.
create table uncounted (
    workspace_id bigint not null,
    id bigint not null,
    day bigint not null,
    -- Rows of counters, daily and flows, each a list of lists of texts.
    counters_json text collate "C" not null,
    daily_json text collate "C" not null,
    flows_json text collate "C" not null,
    primary key (workspace_id, id)
);

-- The rows that statements are given, as before but in a form that the planner puts in place of the call: neither strict
-- nor with the rows in the select list. A call costs ten times as much as reading three rows.
create or replace function jsonb_each(given text) returns table (value jsonb) language sql immutable as $$
    select element.value from jsonb_array_elements(given::jsonb) as element
$$;

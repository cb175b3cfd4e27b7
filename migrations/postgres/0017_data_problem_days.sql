-- How often batches had each data problem, on days to which nothing is added any more. `kept_from` has the first day that is not
-- summed up yet, as 'data_problem_rows'.
create table data_problem_days (
    workspace_id bigint not null,
    environment bigint not null,
    -- 0 stands for all apps.
    app_id bigint not null,
    day bigint not null,
    kind text collate "C" not null,
    n bigint not null,
    primary key (workspace_id, environment, app_id, day, kind)
);

create index data_problem_days_day on data_problem_days (workspace_id, environment, day);

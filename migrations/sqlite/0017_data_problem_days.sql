-- How often batches had each data problem, on days to which nothing is added any more. `kept_from` has the first day that is not
-- summed up yet, as 'data_problem_rows'.
create table data_problem_days (
    workspace_id integer not null,
    environment integer not null,
    -- 0 stands for all apps.
    app_id integer not null,
    day integer not null,
    kind text not null,
    n integer not null,
    primary key (workspace_id, environment, app_id, day, kind)
) strict, without rowid;

create index data_problem_days_day on data_problem_days (workspace_id, environment, day);

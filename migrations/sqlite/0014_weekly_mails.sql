-- Who gets the summary of each week by mail.
create table weekly_mails (
    workspace_id integer not null,
    person_id integer not null,
    -- The last day of the week that they had last, or that was over when they asked for it.
    sent_until integer not null,
    primary key (workspace_id, person_id)
) strict, without rowid;

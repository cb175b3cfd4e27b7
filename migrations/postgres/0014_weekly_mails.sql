-- Who gets the summary of each week by mail.
create table weekly_mails (
    workspace_id bigint not null,
    person_id bigint not null,
    -- The last day of the week that they had last, or that was over when they asked for it.
    sent_until bigint not null,
    primary key (workspace_id, person_id)
);

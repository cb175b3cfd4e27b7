-- Accounts can be disabled, and say which person saw the link that their first password was chosen by (no reference: a table that
-- refers to itself cannot be spread over several machines).

alter table people add column disabled_at bigint;
alter table people add column first_link_shown_to bigint;

-- An input's secret is given another one without a gap: the old one works for a while, and it is seen whether it is still used.

-- Null: since the input was made.
alter table credentials add column secret_since bigint;
-- When the present secret was first used: null, never since it was made.
alter table credentials add column secret_used_at bigint;
-- The secret before, until when it works, and when it was last used.
alter table credentials add column old_secret_hash bytea;
alter table credentials add column old_secret_until bigint;
alter table credentials add column old_secret_used_at bigint;
-- The address that a token was last used from.
alter table credentials add column last_used_from text collate "C";
-- What its people were told of it last: how long before a token's end, or since when an input's secret was in use.
alter table credentials add column told_of bigint;

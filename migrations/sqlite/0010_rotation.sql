-- An input's secret is given another one without a gap: the old one works for a while, and it is seen whether it is still used.

-- Null: since the input was made.
alter table credentials add column secret_since integer;
-- When the present secret was first used: null, never since it was made.
alter table credentials add column secret_used_at integer;
-- The secret before, until when it works, and when it was last used.
alter table credentials add column old_secret_hash blob;
alter table credentials add column old_secret_until integer;
alter table credentials add column old_secret_used_at integer;
-- The address that a token was last used from.
alter table credentials add column last_used_from text;
-- What its people were told of it last: how long before a token's end, or since when an input's secret was in use.
alter table credentials add column told_of integer;

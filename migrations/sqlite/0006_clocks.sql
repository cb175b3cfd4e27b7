-- When a device was seen before it was seen more than a day later: what is left of that should the clock turn out to have been
-- ahead. Not known of devices that are there already, until they are away for a day.

alter table devices add column seen_before integer;

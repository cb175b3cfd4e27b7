-- When a device was seen before a step after which the clock may have been ahead: what is left of it should that be so. And for
-- when its status was noted ahead of a clock that came after. Not known of devices that are there already.

alter table devices add column seen_before bigint;
alter table devices add column ahead_as_of bigint;

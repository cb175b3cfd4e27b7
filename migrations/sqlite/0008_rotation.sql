-- When it was told where checkpoints are sent that this key took over.

alter table installation_keys add column told_at integer;

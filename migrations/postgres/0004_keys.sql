-- What is sealed in this database is sealed by keys that lie here only sealed themselves: what opens them is the
-- installation's secret, which lies outside.

create table installation_keys (
    -- Counted from 1; 0 is what 0.1.0 kept in clear.
    generation bigint primary key,
    sealed bytea not null,
    created_at bigint not null
);

-- The generation that advertising ids are sealed by. `lookup_key` is empty from here on.
alter table installation add column ids_sealed_by bigint not null default 0;

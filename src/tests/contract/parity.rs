//! Both databases have the same tables with the same columns.

use crate::harness::{Backend, World};
use std::collections::{BTreeMap, BTreeSet};

async fn tables(world: &World) -> BTreeMap<String, BTreeSet<String>> {
    let schema = world.store.schema().await.expect("the schema");
    schema.into_iter().map(|(table, columns)| (table, columns.into_iter().collect())).collect()
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (World::new(Backend::Sqlite).await, World::new(Backend::Postgres).await);
    let (sqlite, postgres) = (tables(&sqlite).await, tables(&postgres).await);
    assert!(sqlite.len() > 15, "{sqlite:?}");
    assert_eq!(sqlite, postgres);
}

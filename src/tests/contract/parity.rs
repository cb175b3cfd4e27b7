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

/// In the order of their bytes everywhere: another version of the system's locales would leave indexes out of order, and
/// SQLite knows no other order.
#[tokio::test]
async fn texts_are_compared_alike_on_every_system() {
    let world = World::new(Backend::Postgres).await;
    const OTHERS: &str = "select table_name || '.' || column_name from information_schema.columns \
        where table_schema = current_schema() and data_type = 'text' and collation_name is distinct from 'C' \
        and table_name <> '_sqlx_migrations' order by 1";
    assert_eq!(world.rows::<(String,)>(OTHERS).await, []);
}

/// A column that a later version adds must not break the statements of this one.
#[test]
fn no_statement_asks_for_all_columns() {
    let all = crate::harness::statements();
    let asks = |text: &String| text.contains("select *") || text.contains(".* ") || text.contains(".*,");
    assert!(all.len() > 100);
    assert_eq!(all.into_iter().filter(asks).collect::<Vec<_>>(), Vec::<String>::new());
}

//! Both databases have the same tables with the same columns.

use crate::harness::{Kind, World};
use std::collections::BTreeMap;

type Tables = BTreeMap<String, Vec<String>>;

async fn tables(world: &World) -> Tables {
    const SQLITE: &str = "select m.name, c.name from sqlite_master m join pragma_table_info(m.name) c \
        where m.type = 'table' and m.name not like 'sqlite_%' and m.name not like '\\_sqlx%' escape '\\'";
    const POSTGRES: &str = "select table_name::text, column_name::text from information_schema.columns \
        where table_schema = 'public' and table_name not like '\\_sqlx%'";
    let rows: Vec<(String, String)> = if world.url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(&world.url).await.expect("the file opens");
        sqlx::query_as(SQLITE).fetch_all(&pool).await.expect("the tables are listed")
    } else {
        let pool = sqlx::PgPool::connect(&world.url).await.expect("the database answers");
        sqlx::query_as(POSTGRES).fetch_all(&pool).await.expect("the tables are listed")
    };
    let mut tables = Tables::new();
    for (table, column) in rows {
        tables.entry(table).or_default().push(column);
    }
    tables.values_mut().for_each(|columns| columns.sort());
    tables
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (World::new(Kind::Sqlite).await, World::new(Kind::Postgres).await);
    let (sqlite, postgres) = (tables(&sqlite).await, tables(&postgres).await);
    assert!(sqlite.len() > 15, "{sqlite:?}");
    assert_eq!(sqlite, postgres);
}

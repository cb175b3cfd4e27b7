//! A released version's database is opened by this one: what was frozen stays, fixtures of each version are brought up to
//! date, and are then like a fresh database.

use crate::harness::{Backend, World, bearer, fresh_database, on_both};
use attest::domain::id::WorkspaceId;
use attest::domain::permission::Permission;
use attest::domain::time::{HOUR, Millis};
use attest::server::store::WorkspaceRef;
use axum::http::StatusCode;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};

on_both! {
    a_newer_schema_is_told
}

/// What was released, by the beginning of its SHA-256: it never changes. The next change is a new file.
const FROZEN: [(&str, &str); 6] = [
    ("postgres/0001_people.sql", "cecc1a6bc983945b"),
    ("postgres/0002_workspace.sql", "1250d12448a6d868"),
    ("postgres/0003_audit.sql", "ce018aaa523360a5"),
    ("sqlite/0001_people.sql", "5e955e89519a93b8"),
    ("sqlite/0002_workspace.sql", "01bddb8a3a258660"),
    ("sqlite/0003_audit.sql", "20a4aa7ad390f318"),
];

fn in_sources(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn released_migrations_are_frozen() {
    for (file, frozen) in FROZEN {
        let text = std::fs::read(in_sources(&format!("migrations/{file}"))).expect(file);
        let mut hash = String::new();
        Sha256::digest(text).iter().take(8).for_each(|byte| write!(hash, "{byte:02x}").expect("text"));
        assert_eq!(hash, frozen, "{file} was released: write a new migration");
    }
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(std::fs::File::open(path).expect("a fixture")).read_to_end(&mut bytes).expect("unpacked");
    bytes
}

/// The versions that there are fixtures of.
fn versions() -> BTreeSet<String> {
    let folders = std::fs::read_dir(in_sources("src/tests/fixtures")).expect("fixtures").flatten();
    folders.map(|folder| folder.file_name().to_string_lossy().into_owned()).collect()
}

/// What a fixture was made with is frozen.
fn assert_frozen(applied: Vec<(i64,)>, backend: &str) {
    let frozen = FROZEN.iter().filter(|(file, _)| file.starts_with(backend)).count();
    assert!(applied[0].0 <= frozen as i64, "migration {} of {backend} was released and is not frozen", applied[0].0);
}

/// The fixture of a version, opened by this one, and the keys that it is asked by.
async fn opened(version: &str, kind: Backend) -> (World, Value) {
    let fixtures = in_sources("src/tests/fixtures").join(version);
    let folder = tempfile::tempdir().expect("a folder");
    let (url, keys) = match kind {
        Backend::Sqlite => {
            let file = folder.path().join("attest.db");
            std::fs::write(&file, unpacked(&fixtures.join("sqlite.db.gz"))).expect("written");
            let pool =
                sqlx::SqlitePool::connect(&format!("sqlite://{}", file.display())).await.expect("the file opens");
            let applied = "select max(version) from _sqlx_migrations";
            assert_frozen(sqlx::query_as(applied).fetch_all(&pool).await.expect("a number"), "sqlite");
            pool.close().await;
            (format!("sqlite://{}", file.display()), "sqlite.json")
        }
        Backend::Postgres => {
            let url = fresh_database().await;
            let pool = sqlx::PgPool::connect(&url).await.expect("the database answers");
            let dump = String::from_utf8(unpacked(&fixtures.join("postgres.sql.gz"))).expect("text");
            sqlx::raw_sql(AssertSqlSafe(dump)).execute(&pool).await.expect("restored");
            let applied = "select max(version) from public._sqlx_migrations";
            assert_frozen(sqlx::query_as(applied).fetch_all(&pool).await.expect("a number"), "postgres");
            pool.close().await;
            (url, "postgres.json")
        }
    };
    let keys = std::fs::read_to_string(fixtures.join(keys)).expect("keys");
    let world = World::at(url, folder).await;
    let (last,): (i64,) = world.rows("select max(last_at) from arrivals").await[0];
    world.clock.set(Millis(last + HOUR));
    (world, serde_json::from_str(&keys).expect("JSON"))
}

/// Everything that the schema says.
async fn schema(world: &World) -> BTreeSet<String> {
    const SQLITE: &str = "select type || ' ' || name || ' ' || coalesce(sql, '') from sqlite_schema \
        where name not like 'sqlite_%' and name not like '_sqlx_%'";
    const POSTGRES: &str = "select c.table_name || '.' || c.column_name || ' ' || c.ordinal_position || ' ' || c.data_type \
            || ' ' || c.is_nullable || ' ' || coalesce(c.collation_name, '') || ' ' || coalesce(c.column_default, '') \
            from information_schema.columns c where c.table_schema = 'public' and c.table_name not like '\\_sqlx\\_%' \
        union all select indexdef from pg_indexes where schemaname = 'public' and tablename not like '\\_sqlx\\_%' \
        union all select r.relname || ' ' || pg_get_constraintdef(k.oid) from pg_constraint k join pg_class r \
            on r.oid = k.conrelid where k.connamespace = 'public'::regnamespace and r.relname not like '\\_sqlx\\_%' \
        union all select r.relname || ' ' || t.tgname from pg_trigger t join pg_class r on r.oid = t.tgrelid \
            where not t.tgisinternal";
    let rows: Vec<(String,)> =
        if world.url.starts_with("sqlite") { world.rows(SQLITE).await } else { world.rows(POSTGRES).await };
    rows.into_iter().map(|(row,)| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// What 0.1.0 kept in clear seals on, and lies in the database only sealed itself.
async fn assert_keys_out_of_the_clear(world: &World) {
    assert_eq!(world.rows::<(Vec<u8>,)>("select lookup_key from installation").await, [(vec![],)]);
    assert_eq!(world.rows::<(i64,)>("select count(*) from installation_keys").await, [(2,)]);
    const IDFAS: &str = "select workspace_id, value from device_identifiers where kind = 'ios_advertising_id'";
    let idfas: Vec<(i64, String)> = world.rows(IDFAS).await;
    let keys = world.store.keyring().now();
    let sealer = keys.sealer();
    assert!(!idfas.is_empty());
    assert!(idfas.iter().all(|(workspace, sealed)| sealer.unseal(WorkspaceId(*workspace), sealed).is_ok()));
}

async fn every_fixture_is_brought_up_to_date(kind: Backend) {
    let fresh = schema(&World::new(kind).await).await;
    assert!(versions().contains("0.1.0") && fresh.len() > 30);
    for version in versions() {
        let (world, keys) = opened(&version, kind).await;
        assert_eq!(schema(&world).await, fresh, "{version}");
        assert_keys_out_of_the_clear(&world).await;
        world.assert_holds().await;
        let text = |path: &str| keys.pointer(path).and_then(Value::as_str).expect("a text").to_owned();
        let (slug, token) = (text("/workspace"), text("/token/token"));
        let total = async || world.distribution(&slug, &token, "").await["total"].as_i64().expect("a number");
        let before = total().await;
        assert!(before > 150, "{before}");
        let question = json!({"identity": {"type": "customer_id", "value": "user-1"}}).to_string();
        let path = format!("/userprofile/v1/resolve/main/main/{slug}?fields=devices");
        let found = world.ask("POST", &path, Some(&bearer(&token)), question).await;
        assert_eq!(found.json()["devices"].as_array().map(Vec::len), Some(3), "{}", found.body);
        let input = (text("/input/key"), text("/input/secret"));
        let new =
            json!({"user_identities": {"customer_id": "new"}, "device_info": {"platform": "iOS", "ios_idfv": "new"}});
        assert_eq!(world.event(&input, &new).await.status, StatusCode::ACCEPTED);
        assert_eq!(total().await, before + 1);
        let path = format!("/api/v1/workspaces/{slug}/att-default");
        let change = json!({"status": "restricted", "reason": "an upgrade", "version": 4}).to_string();
        let changed = world.ask("PUT", &path, Some(&bearer(&token)), change).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        let workspace = WorkspaceRef::parse(&slug).expect("a slug");
        let view = world.store.view(&World::actor(), workspace, Permission::SeePrivacySettings).await;
        assert_eq!(view.expect("a view").settings().await.expect("settings").version, 5);
        world.run_jobs().await;
        world.assert_holds().await;
    }
}

#[tokio::test]
async fn fixtures_of_sqlite_are_brought_up_to_date() {
    every_fixture_is_brought_up_to_date(Backend::Sqlite).await;
}

#[tokio::test]
async fn fixtures_of_postgres_are_brought_up_to_date() {
    every_fixture_is_brought_up_to_date(Backend::Postgres).await;
}

/// An older binary on a newer schema says so in one line, and does nothing.
async fn a_newer_schema_is_told(world: World) {
    // The two write bytes each in their own way.
    let insert = match world.url.starts_with("sqlite") {
        true => {
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, x'00', 0)"
        }
        false => {
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, '\\x00', 0)"
        }
    };
    world.execute(insert).await;
    let binary = crate::harness::Binary { url: world.url.clone() };
    for command in [&["serve"][..], &["migrate"]] {
        let output = binary.run(command).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("by a newer Attest") && said.contains("9999"), "{said}");
        assert_eq!(said.trim().lines().count(), 1, "{said}");
    }
    // What runs already goes on: the schema only grew.
    world.assert_holds().await;
}

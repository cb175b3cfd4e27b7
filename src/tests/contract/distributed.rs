//! Every statement and every key is legal on a Postgres that is spread by workspace (Citus), and so is the way there.
//! Source of the rules: Citus' documentation on limits of distributed tables.

use crate::harness::{Backend, World, open, statements};
use attest::server::clock::{Ids, SystemClock};
use attest::server::store::Actor;
use attest::server::store::tables::{Spread, TABLES, tables_of};
use std::collections::BTreeSet;
use std::sync::Arc;

fn by_workspace() -> Vec<&'static str> {
    tables_of(Spread::ByWorkspace)
}

/// The names of tenant tables that a statement reads or writes.
fn tenants(statement: &str) -> Vec<&'static str> {
    let words: Vec<&str> = statement.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let named = |pair: &[&str]| match pair {
        ["from" | "join" | "into" | "update", name] => by_workspace().into_iter().find(|table| table == name),
        _ => None,
    };
    words.windows(2).filter_map(named).collect()
}

/// The columns between the parentheses after a text.
fn columns_after<'a>(statement: &'a str, text: &str) -> Option<&'a str> {
    let (_, rest) = statement.split_once(text)?;
    rest.split_once('(')?.1.split_once(')').map(|(columns, _)| columns)
}

#[test]
fn every_statement_keeps_to_what_a_spread_database_can_do() {
    let statements = statements();
    let touching: Vec<_> = statements.iter().filter(|statement| !tenants(statement).is_empty()).collect();
    assert!(touching.len() > 90, "the walk over the sources finds the statements: {}", touching.len());
    for statement in touching {
        let tenants = tenants(statement);
        if let Some((_, into)) = statement.split_once("insert into ")
            && by_workspace().iter().any(|table| into.starts_with(table))
        {
            let columns = columns_after(statement, "insert into ").expect("columns");
            assert!(columns.contains("workspace_id"), "no workspace is written: {statement}");
            if statement.contains("on conflict (") {
                let target = columns_after(statement, "on conflict ").expect("a target");
                assert!(target.contains("workspace_id"), "a conflict is looked for in all machines: {statement}");
            }
        }
        for volatile in ["random(", "now(", "clock_timestamp(", "nextval(", "gen_random_uuid(", "current_timestamp"] {
            assert!(!statement.contains(volatile), "{volatile} differs from machine to machine: {statement}");
        }
        if statement.contains("for update") || statement.contains("for share") {
            assert!(statement.contains("workspace_id = $"), "rows of many machines are held: {statement}");
        }
        let words: Vec<&str> = statement.split_whitespace().collect();
        let correlated = words.windows(4).find(|four| {
            four[0] == "where" && four[1].ends_with(".workspace_id") && four[3].ends_with(".workspace_id")
        });
        assert!(correlated.is_none(), "a subquery asks all machines, write the parameter: {statement}");
        if let Some((_, update)) = statement.split_once(" do update set ") {
            let update = update.split(" returning ").next().unwrap_or_default();
            assert!(!update.contains('$'), "an upsert speaks of excluded only: {statement}");
        }
        let everywhere = tables_of(Spread::Everywhere);
        if words.windows(2).any(|pair| pair[0] == "join" && everywhere.contains(&pair[1])) {
            assert!(statement.contains("workspace_id = $"), "a table of all machines meets all rows: {statement}");
        }
        if tenants.len() > 1 && statement.contains(" join ") {
            let equal = statement.matches("workspace_id = ").count();
            assert!(equal >= tenants.len(), "tables are joined across workspaces: {statement}");
        }
    }
}

/// What is meant for all workspaces: jobs of the installation, and beginnings that are never asked by themselves.
const OF_ALL_WORKSPACES: [&str; 10] = [
    "select count(*) from (select 1 from devices limit $1) as first",
    "insert into jobs (workspace_id, name, due_at, failures, cursor) select e.workspace_id, 'erasure'",
    "update erasures set due_at = $1 + due_at - asked_at",
    "update settings_versions set changed_at = $1 where changed_at > $1 + $2",
    "delete from accesses where minute <= $1 returning",
    "delete from accessed_profiles where minute < $1",
    "select workspace_id from audit union select workspace_id from audit_heads",
    "select version, default_status, idfa_policy, changed_at, changed_by, reason, moved_profiles from settings_versions",
    "select workspace_id, version, asked_at, due_at, base_policy, base_default, progress, seen, erased, cursor, ended_at from erasures",
    "select workspace_id, seq, hash, at_ms, signing_key, signature from audit_checkpoints",
];

/// Nobody reads, changes or removes rows of another workspace: wherever a statement names a table that belongs to workspaces,
/// it says which one.
#[test]
fn every_statement_says_whose_rows_it_means() {
    let mut free = Vec::new();
    for statement in statements() {
        let words: Vec<&str> = statement.split_whitespace().map(|word| word.trim_matches(['(', ')', ','])).collect();
        let is_named = |pair: &&[&str]| {
            ["from", "join", "update"].contains(&pair[0]) && pair[1] != "set" && by_workspace().contains(&pair[1])
        };
        let named = words.windows(2).filter(is_named).count();
        let said = words.windows(2).filter(|pair| pair[0].ends_with("workspace_id") && pair[1] == "=").count();
        if said < named {
            free.push(statement);
        }
    }
    let of_all = |statement: &String| OF_ALL_WORKSPACES.iter().any(|begins| statement.starts_with(begins));
    free.retain(|statement| !of_all(statement));
    assert_eq!(free, [""; 0]);
}

#[tokio::test]
async fn every_key_of_a_workspaces_table_begins_with_the_workspace() {
    let world = World::new(Backend::Postgres).await;
    let schema = world.store.schema().await.expect("the schema");
    let placed: BTreeSet<&str> = TABLES.iter().map(|note| note.table).collect();
    assert_eq!(placed.len(), TABLES.len(), "a table is placed twice");
    assert_eq!(schema.keys().map(String::as_str).collect::<BTreeSet<_>>(), placed, "a table has no place");
    let unique: Vec<(String, String)> = world
        .rows(
            "select c.relname::text, a.attname::text from pg_index i join pg_class c on c.oid = i.indrelid \
             join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] \
             join pg_namespace n on n.oid = c.relnamespace where i.indisunique and n.nspname = current_schema()",
        )
        .await;
    for (table, first) in unique.iter().filter(|(table, _)| by_workspace().contains(&table.as_str())) {
        assert_eq!(first, "workspace_id", "a key of {table}");
    }
    let references: Vec<(String, String, String, String)> = world
        .rows(
            "select k.conrelid::regclass::text, k.confrelid::regclass::text, own.attname::text, other.attname::text \
             from pg_constraint k join pg_attribute own on own.attrelid = k.conrelid and own.attnum = k.conkey[1] \
             join pg_attribute other on other.attrelid = k.confrelid and other.attnum = k.confkey[1] where k.contype = 'f'",
        )
        .await;
    let place = |table: &str| TABLES.iter().position(|note| note.table == table);
    for (from, to, own, other) in &references {
        assert!(place(to) < place(from), "{from} is placed before {to}, which it refers to");
        let spread = |table: &String| by_workspace().contains(&table.as_str());
        assert!(spread(from) || !spread(to), "{from} is everywhere and refers to {to}, which is not");
        if spread(from) && spread(to) {
            assert_eq!((own.as_str(), other.as_str()), ("workspace_id", "workspace_id"), "{from} to {to}");
        }
    }
}

/// What stands in for the extension keeps to its rules: no triggers on spread tables, and references only to tables
/// that are spread already.
const STAND_IN: &str = "
    insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
        values (99999, 'citus', 10, 2200, false, '0');
    create table pg_dist_partition (logicalrelid regclass primary key, partmethod text, repmodel text);
    grant all on pg_dist_partition to plain;
    create function place(given regclass, method text, model text) returns void language plpgsql as $$
    begin
        if current_setting('citus.enable_local_reference_table_foreign_keys', true) is distinct from 'off' then
            raise exception 'foreign keys from reference tables and local tables to distributed tables are not supported';
        end if;
        if current_setting('citus.multi_shard_modify_mode', true) is distinct from 'sequential' then
            raise exception 'cannot execute parallel DDL';
        end if;
        if exists (select 1 from pg_trigger where tgrelid = given and not tgisinternal) then
            raise exception 'triggers are not supported on distributed tables';
        end if;
        if exists (select 1 from pg_constraint where conrelid = given and contype = 'f'
            and confrelid not in (select logicalrelid from pg_dist_partition)) then
            raise exception '% refers to a table that is not distributed', given;
        end if;
        insert into pg_dist_partition values (given, method, model)
            on conflict (logicalrelid) do update set partmethod = method, repmodel = model;
    end $$;
    create function create_reference_table(given regclass) returns void language sql
        as $$ select place(given, 'n', 't') $$;
    create function create_distributed_table(given regclass, by text, colocate_with text) returns void language sql
        as $$ select place(given, 'h', 's') $$;
    create function create_distributed_function(given text) returns void language sql as $$ $$;
    create function undistribute_table(given regclass, cascade_via_foreign_keys boolean) returns void language sql
        as $$ delete from pg_dist_partition $$;
    create table truncated (given regclass);
    grant all on truncated to plain;
    create function truncate_local_data_after_distributing_table(given regclass) returns void language sql
        as $$ insert into truncated values (given) $$;
    create function run_command_on_workers(asked text) returns table (result text) language plpgsql as $$
    begin
        return query execute format('select format(''%%s'', (%s))', case when asked like 'show %'
            then format('select current_setting(%L)', substr(asked, 6)) else asked end);
    end $$;";

#[tokio::test]
async fn a_database_is_spread_once_and_its_log_stays_guarded() {
    let world = World::new(Backend::Sqlite).await;
    let refused = world.system.distribute(&Actor::command_line()).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("SQLite")));
    let superusers = World::new(Backend::Postgres).await;
    let refused = superusers.system.distribute(&Actor::command_line()).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("no Citus")));

    let url = crate::harness::fresh_database().await;
    let admin = sqlx::PgPool::connect(&url).await.expect("the database");
    for statement in ["create role plain login", "grant all on schema public to plain"] {
        sqlx::raw_sql(statement).execute(&admin).await.expect(statement);
    }
    let plain = url.replace("postgres://postgres@", "postgres://plain@");
    let store = open(&plain, Ids::new(Arc::new(SystemClock::default()))).await;
    sqlx::raw_sql(STAND_IN).execute(&admin).await.expect("the stand-in");
    let as_superuser = open(&url, Ids::new(Arc::new(SystemClock::default()))).await;
    let refused = as_superuser.distribute(&Actor::command_line()).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("superuser")), "nobody keeps it from the log");

    // What an attempt left half-way is begun anew.
    sqlx::raw_sql("insert into pg_dist_partition values ('people', 'n', 'c')").execute(&admin).await.expect("half-way");
    let serving = open(&plain, Ids::new(Arc::new(SystemClock::default()))).await.with_slot().await;
    let refused = store.distribute(&Actor::command_line()).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("stop every server first")));
    serving.leave_slot().await.expect("it stops");

    let all = TABLES.len();
    assert_eq!(store.distribute(&Actor::command_line()).await.expect("spread"), all);
    assert_eq!(store.distribute(&Actor::command_line()).await.expect("spread already"), 0);
    let rows: i64 = sqlx::query_scalar("select count(*) from audit where action = 'database.distributed'")
        .fetch_one(&admin)
        .await
        .expect("a count");
    assert_eq!(rows, 1, "told once");
    let own = sqlx::PgPool::connect(&plain).await.expect("the database");
    for change in ["update audit set reason = 'x'", "delete from audit", "truncate audit"] {
        let refused = sqlx::raw_sql(change).execute(&own).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("permission denied")), "{change}");
    }
    assert!(store.verify_audit().await.expect("verified").is_ok());
    let hidden: i64 =
        sqlx::query_scalar("select count(distinct given) from truncated").fetch_one(&admin).await.expect("a count");
    assert_eq!(hidden as usize, by_workspace().len(), "nothing of what was spread stays behind");
    // A machine that is added brings rights back: the proof says so, and the next start takes them again.
    sqlx::raw_sql("grant delete on audit to plain").execute(&admin).await.expect("granted");
    assert!(!store.verify_audit().await.expect("verified").is_ok());
    let restarted = open(&plain, Ids::new(Arc::new(SystemClock::default()))).await;
    assert!(restarted.verify_audit().await.expect("verified").is_ok() && restarted.is_spread());
}

#[tokio::test]
async fn a_log_without_its_triggers_is_said_to_be_unguarded() {
    for kind in [Backend::Sqlite, Backend::Postgres] {
        let world = World::new(kind).await;
        assert!(world.store.verify_audit().await.expect("verified").is_ok());
        world
            .execute(match kind {
                Backend::Sqlite => "drop trigger audit_no_delete",
                Backend::Postgres => "alter table audit disable trigger audit_no_change",
            })
            .await;
        assert!(!world.store.verify_audit().await.expect("verified").is_ok());
    }
}

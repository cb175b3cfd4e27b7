//! What somebody with the database can do to a chain: each kind is found, and the first row that does not hold is named.

use crate::harness::{World, on_both, workspace_ref};
use attest::domain::role::Role;
use attest::server::services::member::set_member;
use sqlx::AssertSqlSafe;

on_both! {
    every_kind_of_tampering_is_found_and_named
}

/// The chain of the only workspace.
const OURS: &str = "workspace_id <> 0";

/// Statements, past all handles.
async fn meddle(world: &World, statements: &[String]) {
    for sql in statements {
        world.execute_any(AssertSqlSafe(sql.clone())).await;
    }
}

/// Each column of a row in the middle, rows as such, and where the chain ends.
fn kinds() -> Vec<(String, Vec<String>, i64, &'static str)> {
    let of_row = |column: &str, value: &str, why| {
        (column.to_owned(), vec![format!("update audit set {column} = {value} where {OURS} and seq = 3")], 3, why)
    };
    const NO_MATCH: &str = "it does not match its hash";
    const NOT_AFTER: &str = "it does not follow the row before it";
    const MISSING: &str = "the row is missing";
    let numbers = ["at_ms", "settings_version"].map(|column| of_row(column, &format!("{column} + 1"), NO_MATCH));
    let texts = ["actor_kind", "actor_id", "actor_name", "action", "target", "reason", "ip", "agent", "request_id"];
    let texts = texts.map(|column| of_row(column, "'another'", NO_MATCH));
    let mut kinds: Vec<_> = numbers.into_iter().chain(texts).collect();
    kinds.push(of_row("actor_role", "'auditor'", NO_MATCH));
    kinds.push(of_row("before_json", "'{\"a\":1}'", NO_MATCH));
    kinds.push(of_row("after_json", "'{}'", NO_MATCH));
    kinds.push(of_row("hash", "prev_hash", NO_MATCH));
    kinds.push(of_row("prev_hash", "hash", NOT_AFTER));
    let kind = |name: &str, statements: &[String], seq, why| (name.to_owned(), statements.to_vec(), seq, why);
    let delete = |which: &str| format!("delete from audit where {OURS} and {which}");
    let seq = |from: &str, to: &str| format!("update audit set seq = {to} where {OURS} and seq = {from}");
    kinds.push(kind("the first row removed", &[delete("seq = 1")], 1, MISSING));
    kinds.push(kind("a row in the middle removed", &[delete("seq = 3")], 3, MISSING));
    kinds.push(kind("the last rows removed", &[delete("seq >= 4")], 4, MISSING));
    kinds.push(kind("two rows swapped", &[seq("3", "90"), seq("4", "3"), seq("90", "4")], 3, NOT_AFTER));
    kinds.push(kind("a row moved to the end", &[seq("3", "90")], 3, MISSING));
    kinds.push(kind("a row before the first", &[seq("1", "0")], 0, "it stands before the first row"));
    kinds.push(kind(
        "a row twice",
        &[format!(
            "insert into audit select workspace_id, 90, at_ms, actor_kind, actor_id, actor_name, actor_role, action, target, before_json, \
             after_json, reason, ip, agent, request_id, settings_version, prev_hash, hash from audit where {OURS} and seq = 3"
        )],
        // Behind the end that the head names.
        6,
        MISSING,
    ));
    kinds.push(kind("all rows removed", &[delete("true")], 1, MISSING));
    let head = |what: &str| format!("update audit_heads set {what} where {OURS}");
    kinds.push(kind("the head set back", &[head("seq = seq - 1")], 5, ""));
    kinds.push(kind("another hash in the head", &[head("hash = '00'")], 5, ""));
    kinds.push(kind(
        "rows and head removed",
        &[delete("true"), format!("delete from audit_heads where {OURS}")],
        1,
        "the whole chain is missing",
    ));
    kinds
}

async fn every_kind_of_tampering_is_found_and_named(world: World) {
    world.workspace("Acme").await;
    for name in ["Ada", "Bob", "Cleo"] {
        world.member("acme", name, Role::Analyst).await;
    }
    set_member(&world.store, &World::actor(), workspace_ref("acme"), "bob@example.com", (Role::Auditor, true))
        .await
        .expect("a fifth row");
    world.assert_holds().await;
    let off = match world.url.starts_with("sqlite") {
        true => ["drop trigger audit_no_update", "drop trigger audit_no_delete"].map(str::to_owned).to_vec(),
        false => vec!["drop trigger audit_no_change on audit".to_owned()],
    };
    meddle(&world, &off).await;
    let keep = ["audit", "audit_heads"].map(|table| format!("create table kept_{table} as select * from {table}"));
    meddle(&world, &keep).await;
    let kinds = kinds();
    assert!(kinds.len() >= 20, "{}", kinds.len());
    for (name, statements, seq, why) in kinds {
        meddle(&world, &statements).await;
        let broken = world.store.verify_audit().await.expect("walked").broken;
        assert_eq!(broken.len(), 1, "{name}: {broken:?}");
        assert_eq!(broken[0].seq, seq, "{name}: {broken:?}");
        assert!(why.is_empty() || broken[0].why == why, "{name}: {broken:?}");
        let back = ["audit", "audit_heads"];
        let back = back
            .map(|table| [format!("delete from {table}"), format!("insert into {table} select * from kept_{table}")]);
        meddle(&world, &back.concat()).await;
        assert_eq!(world.store.verify_audit().await.expect("walked").broken, [], "{name}: put back");
    }
}

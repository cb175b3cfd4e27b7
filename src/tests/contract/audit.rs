//! The chains: complete, unchangeable, provable.

use crate::harness::{World, on_both};
use attest::domain::audit::{ActorSnapshot, AuditRow};
use attest::domain::role::{Role, TokenRole};
use attest::domain::time::Millis;
use attest::server::store::audit::hash;
use serde_json::json;

on_both! {
    rows_are_never_changed_or_removed
    a_row_that_was_changed_behind_our_back_is_named
    chains_begin_with_the_first_row
}

/// One row with its hash, so that neither the shape nor the canonical text can change unnoticed.
#[test]
fn a_fixed_row_has_its_hash() {
    let row = AuditRow {
        v: 1,
        chain: "0000000000001".into(),
        seq: 7,
        at_ms: Millis(1_795_356_300_123),
        actor: ActorSnapshot {
            kind: "person".into(),
            id: Some("0000000000002".into()),
            name: "Ada Löve".into(),
            role: Some(TokenRole::Member(Role::ComplianceAdmin)),
        },
        action: "att_default.changed".into(),
        target: "settings".into(),
        before: json!({"default_att_status": null, "version": 1}),
        after: json!({"version": 2, "default_att_status": "denied"}),
        reason: Some("Legal said \"no\".\n".into()),
        ip: Some("127.0.0.1".into()),
        agent: None,
        request_id: Some("0000000000003".into()),
        settings_version: Some(2),
        prev_hash: "0".repeat(64),
    };
    let text = "{\"action\":\"att_default.changed\",\"actor\":{\"id\":\"0000000000002\",\"kind\":\"person\",\
        \"name\":\"Ada Löve\",\"role\":\"compliance_admin\"},\"after\":{\"default_att_status\":\"denied\",\"version\":2},\
        \"agent\":null,\"at_ms\":1795356300123,\"before\":{\"default_att_status\":null,\"version\":1},\
        \"chain\":\"0000000000001\",\"ip\":\"127.0.0.1\",\"prev_hash\":\"0000000000000000000000000000000000000000000000000000000000000000\",\
        \"reason\":\"Legal said \\\"no\\\".\\n\",\"request_id\":\"0000000000003\",\"seq\":7,\"settings_version\":2,\
        \"target\":\"settings\",\"v\":1}";
    assert_eq!(row.canonical().expect("canonical"), text);
    assert_eq!(hash(&row).expect("a hash"), "a3b56192c591b5343575a03ee202217ba33001c9c1984046ee02fe8e5495a5bd");
}

/// Runs SQL that no code of our own would, and says whether the database took it.
async fn meddle(world: &World, sql: &'static str) -> bool {
    if world.url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(&world.url).await.expect("the file opens");
        sqlx::raw_sql(sql).execute(&pool).await.is_ok()
    } else {
        let pool = sqlx::PgPool::connect(&world.url).await.expect("the database answers");
        sqlx::raw_sql(sql).execute(&pool).await.is_ok()
    }
}

async fn rows_are_never_changed_or_removed(world: World) {
    world.workspace("Acme").await;
    assert!(!meddle(&world, "update audit set reason = 'another'").await);
    assert!(!meddle(&world, "delete from audit").await);
    world.assert_holds().await;
}

async fn a_row_that_was_changed_behind_our_back_is_named(world: World) {
    world.workspace("Acme").await;
    world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let off = if world.url.starts_with("sqlite") {
        "drop trigger audit_no_update"
    } else {
        "drop trigger audit_no_change on audit"
    };
    assert!(meddle(&world, off).await);
    assert!(meddle(&world, "update audit set actor_name = 'Eve' where seq = 2 and workspace_id <> 0").await);
    let broken = world.store.verify_audit().await.expect("walked").broken;
    assert_eq!(broken.len(), 1);
    assert_eq!((broken[0].seq, broken[0].why), (2, "it does not match its hash"));
}

async fn chains_begin_with_the_first_row(world: World) {
    world.workspace("Acme").await;
    world.member("acme", "Ada", Role::Analyst).await;
    let verified = world.store.verify_audit().await.expect("walked");
    // The installation: workspace and person added. Acme: the workspace, and Ada's role.
    assert_eq!((verified.chains, verified.rows), (2, 4));
}

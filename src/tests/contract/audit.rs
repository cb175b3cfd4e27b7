//! The chains: complete, unchangeable, provable.

use crate::harness::{World, on_both, workspace_ref};
use attest::domain::att::{Policy, Status};
use attest::domain::audit::AuditAction;
use attest::domain::audit::{ActorSnapshot, AuditRow};
use attest::domain::permission::Permission;
use attest::domain::role::{Role, TokenRole};
use attest::domain::time::Millis;
use attest::server::services::input::set_paused;
use attest::server::services::member::set_member;
use attest::server::services::privacy::{NewSettings, change_settings};
use attest::server::store::Actor;
use attest::server::store::audit::{AuditFilter, ChainRow, hash};
use serde_json::json;

on_both! {
    rows_are_never_changed_or_removed
    a_row_that_was_changed_behind_our_back_is_named
    what_was_changed_past_the_log_is_named
    what_the_installations_log_says_is_what_is_in_force
    a_chain_that_was_cut_or_put_before_is_named
    chains_begin_with_the_first_row
    a_filter_finds_what_a_look_at_every_row_finds
    a_search_looks_through_so_many_rows_and_goes_on
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

/// Why the first row that does not hold does not.
async fn why(world: &World) -> Vec<&'static str> {
    world.store.verify_audit().await.expect("walked").broken.iter().map(|broken| broken.why).collect()
}

/// A workspace with something of each kind that the log decides.
async fn decided(world: &World) {
    world.workspace("Acme").await;
    world.member("acme", "Ada", Role::ComplianceAdmin).await;
    world.member("acme", "Bob", Role::Analyst).await;
    world.token("acme", Role::Admin).await;
    world.input("acme", "Backend").await;
    let settings = NewSettings {
        default: Some(Some(Status::Denied)),
        policy: Some(Policy::Observe),
        reason: "as it is said".to_owned(),
        version: 1,
        typed_name: None,
    };
    change_settings(&world.store, &World::actor(), workspace_ref("acme"), settings).await.expect("changed");
    world.assert_holds().await;
}

async fn what_was_changed_past_the_log_is_named(world: World) {
    decided(&world).await;
    for (what, change, back) in [
        (
            "settings",
            "update settings_versions set default_status = 3 where version = 2",
            "update settings_versions set default_status = 2 where version = 2",
        ),
        (
            "settings",
            "update settings_versions set default_status = 1 where version = 1",
            "update settings_versions set default_status = null where version = 1",
        ),
        (
            "settings",
            "update settings_versions set idfa_policy = 'withhold'",
            "update settings_versions set idfa_policy = 'observe' where version = 2",
        ),
        (
            "settings",
            "insert into settings_versions (workspace_id, version, default_status, idfa_policy, changed_at, changed_by, reason, \
             moved_profiles) select workspace_id, 3, 3, idfa_policy, changed_at, changed_by, reason, 0 from settings_versions where version = 2",
            "delete from settings_versions where version = 3",
        ),
        (
            "members",
            "update members set role = 'admin' where role = 'analyst'",
            "update members set role = 'analyst' where role = 'admin'",
        ),
        (
            "members",
            "insert into members (workspace_id, person_id, role, since) select w.id, w.id, 'compliance_admin', 0 from workspaces w",
            "delete from members where since = 0",
        ),
        (
            "API tokens",
            "update credentials set role = 'compliance_admin' where kind = 'token'",
            "update credentials set role = 'admin' where kind = 'token'",
        ),
        (
            "API tokens",
            "update credentials set expires_at = expires_at + 1 where kind = 'token'",
            "update credentials set expires_at = expires_at - 1 where kind = 'token'",
        ),
        (
            "API tokens",
            "update credentials set kind = 'token', token_id = 7 where kind = 'input'",
            "update credentials set kind = 'input', token_id = null where token_id = 7",
        ),
        ("inputs", "update inputs set requests_per_second = 5", "update inputs set requests_per_second = null"),
        ("inputs", "update inputs set secret_version = 2", "update inputs set secret_version = 1"),
        ("inputs", "update inputs set name = 'Other'", "update inputs set name = 'Backend'"),
    ] {
        // Where a reference stands in the way, the change is not possible in the first place.
        if !meddle(&world, change).await {
            assert!(change.starts_with("insert into members"), "{change}");
            continue;
        }
        assert_eq!(why(&world).await, [format!("the {what} are not those that the log says")], "{change}");
        assert!(meddle(&world, back).await, "{back}");
        world.assert_holds().await;
    }
}

/// Accounts, operators, workspaces and keys that were changed past the log.
async fn what_the_installations_log_says_is_what_is_in_force(world: World) {
    decided(&world).await;
    let actor = Actor::command_line();
    world.system.rotate_keys(&actor).await.expect("rotated");
    let people = "accounts and operators";
    for (what, change, back) in [
        (people, "update people set operator = not operator", "update people set operator = not operator"),
        (people, "update people set name = name || 'a'", "update people set name = substr(name, 1, length(name) - 1)"),
        (people, "update people set disabled_at = 5", "update people set disabled_at = null"),
        (
            people,
            "insert into people (id, email, name, operator, theme, created_at) \
             select 7, 'eve@example.com', 'Eve', operator, theme, created_at from people limit 1",
            "delete from people where id = 7",
        ),
        ("workspaces", "update workspaces set time_zone = 'Asia/Tokyo'", "update workspaces set time_zone = 'UTC'"),
        (
            "keys",
            "update installation_keys set generation = 9 where generation = 2",
            "update installation_keys set generation = 2 where generation = 9",
        ),
    ] {
        assert!(meddle(&world, change).await, "{change}");
        assert_eq!(why(&world).await, [format!("the {what} are not those that the log says")], "{change}");
        assert!(meddle(&world, back).await, "{back}");
        world.assert_holds().await;
    }
}

async fn a_chain_that_was_cut_or_put_before_is_named(world: World) {
    decided(&world).await;
    const PUT: &str = "insert into audit (workspace_id, seq, at_ms, actor_kind, actor_name, action, target, before_json, \
        after_json, prev_hash, hash) select workspace_id, 0, at_ms, actor_kind, actor_name, action, target, before_json, after_json, \
        prev_hash, hash from audit where seq = 1 and workspace_id <> 0";
    assert!(meddle(&world, PUT).await, "the triggers let it");
    assert_eq!(why(&world).await, ["it stands before the first row"]);
    let off = match world.url.starts_with("sqlite") {
        true => "drop trigger audit_no_delete",
        false => "drop trigger audit_no_change on audit",
    };
    assert!(meddle(&world, off).await);
    assert!(meddle(&world, "delete from audit where seq = 0").await);
    assert!(why(&world).await.is_empty());
    assert!(!world.store.verify_audit().await.expect("walked").is_ok(), "it is not guarded");
    // The last row was the change of the settings; with the head set back the rest of the chain is whole.
    const CUT: &str =
        "delete from audit where workspace_id <> 0 and seq = (select seq from audit_heads where workspace_id <> 0)";
    const BACK: &str = "update audit_heads set seq = seq - 1, hash = (select a.hash from audit a \
        where a.workspace_id = audit_heads.workspace_id and a.seq = audit_heads.seq - 1) where workspace_id <> 0";
    assert!(meddle(&world, CUT).await && meddle(&world, BACK).await);
    assert_eq!(why(&world).await, ["the settings are not those that the log says"]);
    // A chain of a workspace that there is not, and none of one that there is.
    assert!(
        meddle(&world, "delete from audit where workspace_id <> 0; delete from audit_heads where workspace_id <> 0")
            .await
    );
    assert_eq!(why(&world).await, ["the whole chain is missing"]);
    assert!(
        meddle(&world, "delete from audit where workspace_id = 0; delete from audit_heads where workspace_id = 0")
            .await
    );
    assert_eq!(why(&world).await.len(), 2, "the installation's too");
}

async fn chains_begin_with_the_first_row(world: World) {
    world.workspace("Acme").await;
    world.member("acme", "Ada", Role::Analyst).await;
    let verified = world.store.verify_audit().await.expect("walked");
    // The installation: workspace and person added. Acme: the workspace, and Ada's role.
    assert_eq!((verified.chains, verified.rows), (2, 4));
}

/// All rows that a filter finds, page by page of three.
async fn found(world: &World, filter: &AuditFilter) -> Vec<ChainRow> {
    let (mut filter, mut all) = (filter.clone(), Vec::new());
    loop {
        let view = world.store.view(&World::actor(), workspace_ref("acme"), Permission::SeeAudit).await;
        let page = view.expect("a view").audit_rows(&filter, 3).await.expect("rows");
        all.extend(page.rows);
        filter.before_seq = page.next;
        if page.next.is_none() {
            return all;
        }
    }
}

/// Also where clocks ran back, so that moments do not stand in the order of the rows.
async fn a_filter_finds_what_a_look_at_every_row_finds(world: World) {
    world.workspace("Acme").await;
    world.input("acme", "Backend").await;
    let email = world.member("acme", "Ada", Role::Analyst).await;
    let grants: Vec<(i64,)> = world.rows("select id from inputs").await;
    let input = attest::domain::id::InputId(grants[0].0);
    for step in [5000, 7000, -9000, 1000, 20_000, -20_000, 3000, 3000, -1000, 40_000, 0, 1] {
        world.clock.advance(step);
        let paused = step % 2000 == 1000 || step == 1;
        let _ = set_paused(&world.store, &World::actor(), workspace_ref("acme"), input, paused).await;
        let role = if paused { Role::Auditor } else { Role::ReadOnly };
        set_member(&world.store, &World::actor(), workspace_ref("acme"), &email, (role, false)).await.expect("a role");
    }
    let every = found(&world, &AuditFilter::default()).await;
    assert!(every.len() > 15 && every.windows(2).all(|pair| pair[0].row.seq > pair[1].row.seq), "{}", every.len());
    let mut moments: Vec<i64> = every.iter().flat_map(|kept| [kept.row.at_ms.0, kept.row.at_ms.0 + 1]).collect();
    moments.sort_unstable();
    moments.dedup();
    for action in [None, Some(AuditAction::MemberRoleSet)] {
        for (at, from) in moments.iter().enumerate() {
            for to in &moments[at..] {
                let (from, to) = (Millis(*from), Millis(*to));
                let filter = AuditFilter { action, from: Some(from), to: Some(to), ..AuditFilter::default() };
                let matches = |kept: &&ChainRow| {
                    let in_time = kept.row.at_ms >= from && kept.row.at_ms < to;
                    in_time && action.is_none_or(|action| kept.row.action == action.as_str())
                };
                let expected: Vec<i64> = every.iter().filter(matches).map(|kept| kept.row.seq).collect();
                let seqs: Vec<i64> = found(&world, &filter).await.iter().map(|kept| kept.row.seq).collect();
                assert_eq!(seqs, expected, "{filter:?}");
            }
        }
    }
    let by_text = AuditFilter { text: Some("AUDITOR".into()), ..AuditFilter::default() };
    assert!(!found(&world, &by_text).await.is_empty(), "in either case of its letters");
    let target = every[0].row.target.clone();
    let by_target = AuditFilter { target: Some(target.clone()), ..AuditFilter::default() };
    let expected = every.iter().filter(|kept| kept.row.target == target).count();
    assert_eq!(found(&world, &by_target).await.len(), expected);
}

async fn a_search_looks_through_so_many_rows_and_goes_on(world: World) {
    const FILL: &str = "with recursive n (x) as (select 100 union all select x + 1 from n where x < 12100) \
        insert into audit (workspace_id, seq, at_ms, actor_kind, actor_name, action, target, before_json, after_json, \
        reason, prev_hash, hash) select w.id, n.x, n.x, 'system', 'name' || (n.x % 3), 'input.paused', 'input', 'null', \
        'null', case when n.x in (100, 2101, 4999, 5000, 11500) then 'the needle' else 'hay' end, '', '' from n cross join workspaces w";
    world.workspace("Acme").await;
    assert!(meddle(&world, FILL).await);
    let mut filter = AuditFilter { text: Some("needle".into()), ..AuditFilter::default() };
    let mut looks = Vec::new();
    loop {
        let view = world.store.view(&World::actor(), workspace_ref("acme"), Permission::SeeAudit).await;
        let page = view.expect("a view").audit_rows(&filter, 50).await.expect("rows");
        looks.push((page.rows.len(), page.next));
        filter.before_seq = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(looks, [(4, Some(2101)), (1, None)]);
    let filter = AuditFilter { text: Some("needle".into()), ..AuditFilter::default() };
    let seqs: Vec<i64> = found(&world, &filter).await.iter().map(|kept| kept.row.seq).collect();
    assert_eq!(seqs, [11500, 5000, 4999, 2101, 100], "page by page of three");
    let mut view =
        world.store.view(&World::actor(), workspace_ref("acme"), Permission::SeeAudit).await.expect("a view");
    let names = view.audit_actors().await.expect("names");
    assert_eq!(names.iter().filter(|name| name.starts_with("name")).count(), 3, "{names:?}");
}

//! The page that a privacy officer hands on leaves nothing out.

use crate::harness::{World, on_both};
use attest::domain::device::SILENT;
use attest::domain::role::Role;
use attest::domain::time::{DAY, HOUR};
use attest::server::store::tables::TABLES;
use std::collections::BTreeSet;

on_both! {
    every_table_is_told_with_its_columns
    links_invitations_and_forms_are_forgotten
}

async fn every_table_is_told_with_its_columns(world: World) {
    let schema = world.store.schema().await.expect("the schema");
    let told: BTreeSet<&str> = TABLES.iter().map(|note| note.table).collect();
    assert_eq!(told.len(), TABLES.len(), "a table is told twice");
    assert_eq!(schema.keys().map(String::as_str).collect::<BTreeSet<_>>(), told);
    for note in TABLES {
        for column in note.personal {
            assert!(schema[note.table].iter().any(|known| known == column), "{}.{column}", note.table);
        }
    }
    // Whatever sounds like somebody must be marked, whoever adds the column.
    let sounds = ["email", "ip", "agent", "address", "mpid", "idfa", "content", "password_hash", "country"];
    for (table, columns) in &schema {
        let note = TABLES.iter().find(|note| note.table == table).expect("told");
        for column in columns.iter().filter(|column| sounds.contains(&column.as_str())) {
            assert!(note.personal.contains(&column.as_str()), "{table}.{column} is not marked");
        }
    }
    let ada = world.person("Ada").await;
    let page = world.get("/stored", &world.sign_in(&ada).await).await.body;
    for note in TABLES {
        assert!(page.contains(&format!(">{}</code>", note.table)), "{}", note.table);
        for column in &schema[note.table] {
            assert!(page.contains(&format!("<code>{column}</code>")), "{}.{column}", note.table);
        }
    }
    assert!(page.contains(&format!("after {} silent days", SILENT / DAY)), "the sentence follows the rule");
    assert!(page.contains("At most 1 day") && page.contains("At most 3 days") && page.contains("At most 12 hours"));
}

async fn links_invitations_and_forms_are_forgotten(world: World) {
    let slug = "acme";
    world.workspace("Acme").await;
    let ada = world.member(slug, "Ada", Role::ComplianceAdmin).await;
    let cookie = world.sign_in(&ada).await;
    let form = [("act", "invite"), ("form_id", "a form"), ("email", "new@example.com"), ("role", "analyst")];
    let page = world.post("/w/acme/members", &cookie, &form).await;
    assert!(page.body.contains("/invitation?token="), "{}", page.body);
    attest::server::services::person::make_reset_link(&world.state.services, &World::actor(), &ada)
        .await
        .expect("a link");
    let left = async || -> (i64, i64, i64) {
        const SQL: &str = "select (select count(*) from invitations), (select count(*) from links), \
            (select count(*) from taken_forms)";
        world.rows(SQL).await[0]
    };
    world.clock.advance(11 * HOUR);
    world.run_jobs().await;
    assert_eq!(left().await, (1, 1, 1), "as long as the session that sent it may last");
    world.clock.advance(DAY - 12 * HOUR);
    world.run_jobs().await;
    assert_eq!(left().await, (1, 1, 0));
    world.clock.advance(2 * HOUR);
    world.run_jobs().await;
    assert_eq!(left().await, (0, 0, 0));
}

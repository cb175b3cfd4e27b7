//! What belongs to one is not taken for another's, though it has the same text; and what differs is told.

use super::sender::{Sender, ios};
use crate::harness::{World, bearer, on_both, workspace_ref};
use attest::domain::count::{Dimension, MOST_VALUES, OVERFLOW, Slice, UNSEEN, Unit};
use attest::domain::id::TokenId;
use attest::domain::role::Role;
use attest::domain::time::DAY;
use attest::server::services::token::revoke_token;
use attest::server::store::check::Checked;
use axum::http::StatusCode;
use serde_json::json;

on_both! {
    a_token_that_is_revoked_takes_no_other_with_it
    an_id_that_moves_takes_none_of_its_text_with_it
    the_check_names_each_kind_of_difference
    values_that_were_not_seen_for_long_make_room
}

async fn a_token_that_is_revoked_takes_no_other_with_it(world: World) {
    world.workspace("Acme").await;
    let revoked = world.token("acme", Role::Compliance).await;
    let id = world.rows::<(i64,)>("select token_id from credentials where kind = 'token'").await[0].0;
    let stays = world.token("acme", Role::Compliance).await;
    revoke_token(&world.store, &World::actor(), workspace_ref("acme"), TokenId(id)).await.expect("revoked");
    let read = async |token: &str| {
        world.ask("GET", "/api/v1/workspaces/acme/att-default", Some(&bearer(token)), "").await.status
    };
    assert_eq!((read(&revoked).await, read(&stays).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));
}

/// The same text as the id of a phone, of an installation, and in another app.
async fn an_id_that_moves_takes_none_of_its_text_with_it(world: World) {
    let sender = Sender::new(&world).await;
    let phone = |app: &str, idfv: &str| {
        json!({"mp_deviceid": "same", "application_info": {"package": app},
            "device_info": {"platform": "iOS", "ios_idfv": idfv}})
    };
    let leads = async || -> Vec<(String, String, i64)> {
        let sql = "select a.bundle, n.kind, n.device_id from device_identifiers n join apps a on a.id = n.app_id \
            where n.value = 'same' order by a.bundle, n.kind";
        world.rows(sql).await
    };
    sender.send(&[phone("one", "same"), phone("two", "v2")]).await;
    let before = leads().await;
    sender.send(&[phone("one", "v3")]).await;
    let after = leads().await;
    let moved: Vec<bool> = before.iter().zip(&after).map(|(before, after)| before != after).collect();
    let of: Vec<(&str, &str)> = after.iter().map(|(app, kind, _)| (app.as_str(), kind.as_str())).collect();
    assert_eq!(of, [("one", "ios_idfv"), ("one", "mp_deviceid"), ("two", "mp_deviceid")]);
    assert_eq!(moved, [false, true, false]);
}

/// Each thing that is kept twice is changed behind our back, and put back before the next.
async fn the_check_names_each_kind_of_difference(world: World) {
    let sender = Sender::new(&world).await;
    sender.send(&[ios("ada", "v1", Some("denied")), ios("bob", "v2", None)]).await;
    type Found = fn(&Checked) -> usize;
    let (registers, deciding): (Found, Found) = (|found| found.registers.len(), |found| found.deciding.len());
    let changes: [(&'static str, &'static str, Found); 9] = [
        ("update devices set status = 1 where status = 2", "update devices set status = 2 where status = 1", registers),
        (
            "update devices set since = since - 1 where status = 2",
            "update devices set since = since + 1 where status = 2",
            registers,
        ),
        (
            "update devices set answered = not answered where status = 2",
            "update devices set answered = not answered where status = 2",
            registers,
        ),
        (
            "update devices set transitions = transitions + 1",
            "update devices set transitions = transitions - 1",
            registers,
        ),
        ("update uses set decides = 0", "update uses set decides = 2", deciding),
        ("update devices set users = users + 1", "update devices set users = users - 1", deciding),
        ("update profiles set devices = devices + 1", "update profiles set devices = devices - 1", deciding),
        ("update counters set denied = denied + 1", "update counters set denied = denied - 1", |found| {
            found.counters.len()
        }),
        ("update flows set n = n + 1", "update flows set n = n - 1", |found| found.flows.len()),
    ];
    for (change, back, found) in changes {
        world.execute(change).await;
        let checked = world.store.check().await.expect("checked");
        assert!(!checked[0].is_ok() && found(&checked[0]) > 0, "{change}: {:?}", checked[0]);
        world.execute(back).await;
        world.assert_holds().await;
    }
}

async fn values_that_were_not_seen_for_long_make_room(world: World) {
    let sender = Sender::new(&world).await;
    let country = |idfv: &str, version: &str| {
        let mut batch = ios(idfv, idfv, None);
        batch["application_info"] = json!({"application_version": version});
        batch
    };
    let counted = async |version: &str| {
        let slice = Slice { dimension: Dimension::AppVersion, value: version.to_owned() };
        sender.counts_of(Unit::Devices, Some(&slice)).await.all()
    };
    let versions: Vec<_> = (0..MOST_VALUES).map(|n| country(&format!("v{n}"), &format!("1.{n}"))).collect();
    for hundred in versions.chunks(250) {
        sender.send_unchecked(hundred).await;
    }
    sender.send(&[country("late", "2.0")]).await;
    assert_eq!((counted("2.0").await, counted(OVERFLOW).await), (0, 1));
    world.clock.advance(UNSEEN - DAY);
    sender.send(&[country("v7", "1.7"), country("later", "2.1")]).await;
    assert_eq!((counted("2.1").await, counted(OVERFLOW).await), (0, 2), "all of them were seen within that time");
    world.clock.advance(2 * DAY);
    sender.send(&[country("last", "2.2")]).await;
    assert_eq!((counted("2.2").await, counted("1.7").await), (1, 1));
}

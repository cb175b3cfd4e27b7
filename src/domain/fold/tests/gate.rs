//! What the gate lets a device have.

use super::*;
use crate::domain::att::Terms;
use crate::domain::erasing::Erasing;
use crate::domain::identifier::IdentifierKind;

fn idfas(story: &Story) -> Vec<&str> {
    let all = story.population.identifiers().keys().filter(|identifier| identifier.kind == IdentifierKind::Idfa);
    all.map(|identifier| identifier.value.as_str()).collect()
}

#[test]
fn what_closes_the_gate_erases_what_was_there() {
    let said = |os: &str, status: Value| {
        phone("v1", json!({"os_version": os, "att_authorization_status": status, "ios_advertising_id": IDFA}))
    };
    for (first, closing) in [
        (said("14.4", Value::Null), said("17.5", Value::Null)),
        (said("17.5", "authorized".into()), said("17.5", "denied".into())),
    ] {
        let mut story = Story::new();
        assert!(!story.tell(&first).erases_idfa);
        assert_eq!(idfas(&story), [IDFA]);
        story.wait(1000);
        let closed = story.tell(&closing);
        assert!(closed.erases_idfa && !closed.keeps_idfa && idfas(&story).is_empty());
    }
    let mut story = Story::new();
    let refused = story.tell(&said("17.5", "denied".into()));
    assert!(refused.made_device && !refused.erases_idfa, "nothing was stored of it");
}

/// An id of a kind that no Apple device has decides after the IDFA.
#[test]
fn a_kept_idfa_hides_the_device_of_another_one_and_a_withheld_one_does_not() {
    let said = |idfa: &str, status: &str| {
        json!({"device_info": {"platform": "iOS", "ios_advertising_id": idfa, "android_uuid": "a1",
            "att_authorization_status": status}})
    };
    for (status, is_another) in [("authorized", true), ("denied", false)] {
        let mut story = Story::new();
        let first = story.device(&said(IDFA, "authorized")).id;
        story.wait(1000);
        assert_eq!(story.device(&said(OTHER_IDFA, status)).id != first, is_another, "{status}");
    }
}

/// Identities that repeat a withheld IDFA go, and no others.
#[test]
fn an_identity_that_repeats_a_withheld_idfa_is_not_taken() {
    let said = |os: &str| {
        let batch = phone("v1", json!({"os_version": os, "ios_advertising_id": IDFA}));
        with(batch, "user_identities", json!({"customer_id": "ada", "other": IDFA}))
    };
    let twice = json!({"customer_id": "ada", "other": IDFA, "other_id_2": IDFA});
    let mut story = Story::new();
    story.tell(&with(said("17.5"), "user_identities", twice));
    assert_eq!(story.population.identities.len(), 1);
    let kinds = |story: &Story| story.population.identities.keys().map(|known| known.kind).collect::<Vec<_>>();
    let mut story = Story::new();
    assert_eq!(story.problems(&said("17.5")), [DataProblem::IdfaAsIdentity]);
    assert_eq!(kinds(&story), [IdentityKind::CustomerId]);
    // As the batch itself describes the device: by a version that lets it have one.
    story.wait(1000);
    assert_eq!(story.problems(&said("14.4")), []);
    assert_eq!(kinds(&story), [IdentityKind::CustomerId, IdentityKind::Other]);
    // Also where something else was noted while the clock was ahead.
    let mut story = Story::new();
    story.wait(2 * DAY);
    story.tell(&phone("v1", json!({})));
    story.wait(-2 * DAY);
    assert_eq!(story.problems(&said("14.4")), []);
}

#[test]
fn a_refusal_erases_at_once_and_an_answer_that_allows_does_not() {
    let (observe, withhold) =
        (Terms { policy: Policy::Observe, default: None }, Terms { policy: Policy::Withhold, default: None });
    for (status, left) in [("authorized", vec![IDFA]), ("denied", vec![]), ("restricted", vec![])] {
        let mut story = Story::new();
        story.arrival.policy = Policy::Observe;
        story.tell(&phone("v1", json!({ "ios_advertising_id": IDFA })));
        story.wait(1000);
        // The change may still be undone, which would let the device keep it; its user has spoken.
        story.arrival.policy = Policy::Withhold;
        story.arrival.erasings = vec![Erasing { before: observe, since: vec![withhold] }].into();
        story.tell(&phone("v1", json!({})));
        assert_eq!(idfas(&story), [IDFA], "left to the erasing");
        story.wait(1000);
        story.tell(&phone("v1", json!({ "att_authorization_status": status })));
        assert_eq!(idfas(&story), left, "{status}");
    }
}

#[test]
fn observing_erases_nothing() {
    let mut story = Story::new();
    story.arrival.policy = Policy::Observe;
    for status in [Value::Null, "authorized".into(), "denied".into()] {
        story.wait(1000);
        story.tell(&phone("v1", json!({ "ios_advertising_id": IDFA, "att_authorization_status": status })));
        story.wait(1000);
        story.tell(&phone("v1", json!({ "att_authorization_status": "denied" })));
        assert_eq!(idfas(&story), [IDFA]);
    }
}

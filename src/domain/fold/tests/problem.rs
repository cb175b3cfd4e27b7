//! Data problems: what contradicts itself, and what looks like it.

use super::*;
use DataProblem::{
    AnswerForgotten, AuthorizedWithoutIdfa, FlagDisagrees, IdfaUnpermitted, StatusBeforeAtt, StatusElsewhere,
};

#[test]
fn a_flag_disagrees_only_with_what_follows_from_the_status() {
    for (os, status, limited, found) in [
        ("17.5", "denied", true, vec![]),
        ("17.5", "denied", false, vec![FlagDisagrees]),
        ("17.5", "restricted", false, vec![FlagDisagrees]),
        ("17.5", "authorized", false, vec![AuthorizedWithoutIdfa]),
        ("17.5", "authorized", true, vec![AuthorizedWithoutIdfa, FlagDisagrees]),
        ("14.2", "not_determined", false, vec![]),
        ("14.2", "not_determined", true, vec![FlagDisagrees]),
        ("14.0", "denied", true, vec![]),
        ("13.7", "denied", true, vec![StatusBeforeAtt]),
    ] {
        let said = json!({"os_version": os, "att_authorization_status": status, "limit_ad_tracking": limited});
        assert_eq!(Story::new().problems(&phone("v1", said)), found, "{os} {status} {limited}");
    }
}

#[test]
fn an_idfa_is_unpermitted_by_its_own_status_or_where_observing_keeps_it() {
    for (policy, os, status, found) in [
        (Policy::Withhold, "17.5", Value::Null, vec![]),
        (Policy::Withhold, "17.5", "denied".into(), vec![IdfaUnpermitted]),
        (Policy::Withhold, "17.5", "authorized".into(), vec![]),
        (Policy::Withhold, "14.4", "denied".into(), vec![]),
        (Policy::Observe, "17.5", Value::Null, vec![IdfaUnpermitted]),
        (Policy::Observe, "17.5", "authorized".into(), vec![]),
    ] {
        let mut story = Story::new();
        story.arrival.policy = policy;
        let said = json!({"os_version": os, "att_authorization_status": status, "ios_advertising_id": IDFA});
        assert_eq!(story.problems(&phone("v1", said)), found, "{policy:?} {os} {status}");
    }
}

#[test]
fn an_answer_is_forgotten_by_the_same_installation_only() {
    let said = |ids: Value, status: &str| {
        let mut batch = json!({"device_info": {"platform": "iOS", "att_authorization_status": status}});
        batch["device_info"]["ios_idfv"] = ids["idfv"].clone();
        batch["mp_deviceid"] = ids["mp"].clone();
        batch
    };
    for (first, before, then, after, found) in [
        (json!({"idfv": "v1", "mp": "m1"}), "denied", json!({"idfv": "v1"}), "not_determined", vec![AnswerForgotten]),
        (json!({"idfv": "v1"}), "denied", json!({"idfv": "v1"}), "restricted", vec![]),
        (json!({"idfv": "v1"}), "restricted", json!({"idfv": "v1"}), "not_determined", vec![]),
        (json!({"mp": "m1"}), "denied", json!({"mp": "m1"}), "not_determined", vec![]),
        (json!({"mp": "same"}), "denied", json!({"mp": "same", "idfv": "same"}), "not_determined", vec![]),
    ] {
        let mut story = Story::new();
        story.tell(&said(first.clone(), before));
        story.wait(1000);
        assert_eq!(story.problems(&said(then.clone(), after)), found, "{first} {before}, {then} {after}");
    }
}

#[test]
fn a_status_elsewhere_is_told_also_of_who_has_no_device() {
    let android = |status: Value| json!({"device_info": {"platform": "Android", "att_authorization_status": status}});
    assert_eq!(Story::new().problems(&of("ada", android("denied".into()))), [StatusElsewhere]);
    assert_eq!(Story::new().problems(&of("ada", android(Value::Null))), []);
    let versioned =
        with(of("ada", android("denied".into())), "application_info", json!({"application_version": "4.2"}));
    assert_eq!(Story::new().tell(&versioned).app_version, "4.2");
    let nobody = Story::new().tell(&android("denied".into()));
    assert!(nobody.without_ids && nobody.data_problems.is_empty());
}

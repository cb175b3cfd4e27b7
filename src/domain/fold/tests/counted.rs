//! What a device counts as.

use super::*;
use crate::domain::count::{
    AdmittedValues, Dimension, DimensionKey, OVERFLOW, add, dimension_keys, note_overflow, of_device,
};
use std::collections::BTreeMap;

/// What a device counts as by a dimension: in all, and in its app.
fn counted(device: &Device, has_idfa: bool, by: Dimension) -> Vec<String> {
    let of = |facet: crate::domain::count::Facet<'_>| {
        facet.slices().find(|(dimension, _)| *dimension == by).map(|(_, value)| value.to_owned())
    };
    of_device(device, has_idfa).filter_map(of).collect()
}

fn described(os: Value) -> Device {
    let mut batch = phone("v1", json!({"os_version": os, "device_country": "SE"}));
    batch["application_info"] = json!({"application_version": "4.2"});
    Story::new().device(&batch)
}

/// A value may have a counter of its own in its app and none in the workspace, or the other way round.
#[test]
fn a_value_overflows_in_all_and_in_its_app_by_itself() {
    let open = [Dimension::OsVersion, Dimension::AppVersion, Dimension::Country];
    for overflowing in open {
        for in_app in [false, true] {
            let mut device = described("17.5".into());
            let is_admitted =
                |(app, dimension, _): &DimensionKey<'_>| *dimension != overflowing || app.is_some() != in_app;
            let keys = dimension_keys(&device).filter(is_admitted);
            let admitted: AdmittedValues =
                keys.map(|(app, dimension, value)| (app, dimension, value.into_owned().into())).collect();
            note_overflow(&mut device, &admitted);
            for dimension in open {
                let value = match dimension {
                    Dimension::OsVersion => "17.5",
                    Dimension::AppVersion => "4.2",
                    _ => "SE",
                };
                let of = |app: bool| if dimension == overflowing && app == in_app { OVERFLOW } else { value };
                assert_eq!(counted(&device, false, dimension), [of(false), of(true)], "{overflowing:?} {in_app}");
            }
        }
    }
}

/// However many digits and parts a version has, it counts as its first two numbers, written in one way.
#[test]
fn a_version_counts_as_two_numbers() {
    for (os, counts_as) in [
        ("17.5", "17.5"),
        ("17", "17.0"),
        ("0.10", "0.10"),
        ("17.5.1", "17.5"),
        ("9.0", "9.0"),
        ("17.05", "17.5"),
        ("+7.5", "7.5"),
        ("004", "4.0"),
        (" 7.5", "7.5"),
        ("seventeen", ""),
    ] {
        let counted = counted(&described(os.into()), false, Dimension::OsVersion);
        assert_eq!(counted, [counts_as, counts_as], "{os:?}");
    }
}

#[test]
fn what_has_no_value_needs_no_counter_of_its_own() {
    let device = Story::new().device(&phone("v1", json!({"os_version": null})));
    assert_eq!(dimension_keys(&device).count(), 0);
    let named = Story::new().device(&with(
        phone("v1", json!({"os_version": null})),
        "application_info",
        json!({"application_version": OVERFLOW}),
    ));
    assert_eq!(dimension_keys(&named).count(), 0, "a sender's value of that very name is one of the others");
}

#[test]
fn an_idfa_is_counted_by_how_the_version_stands_to_att() {
    for (os, stands) in [
        (json!("13.7"), "before ATT"),
        (json!("14.0"), "not enforced"),
        (json!("14.4"), "not enforced"),
        (json!("14.5"), "enforced"),
        (json!("17"), "enforced"),
        (Value::Null, "enforced"),
    ] {
        for (has_idfa, kept) in [(true, "kept"), (false, "none")] {
            let class = format!("{kept}, {stands}");
            assert_eq!(counted(&described(os.clone()), has_idfa, Dimension::Idfa), [class.clone(), class], "{os}");
        }
    }
}

#[test]
fn a_sum_of_zero_is_left_out() {
    let mut sums = BTreeMap::new();
    for (key, n) in [("a", 0), ("b", 2), ("b", -2), ("c", 1), ("c", 1)] {
        add(&mut sums, key, n);
    }
    assert_eq!(sums, BTreeMap::from([("c", 2)]));
}

/// A clock that was set a moment ago may itself be the one that is wrong: what lies ahead of it stays.
#[test]
fn what_lies_ahead_is_forgotten_by_a_steady_clock_only() {
    for is_clock_steady in [true, false] {
        let mut story = Story::new();
        story.wait(2 * DAY);
        story.tell(&phone("v1", json!({"att_authorization_status": "denied", "os_version": "18.0"})));
        story.wait(-2 * DAY);
        story.arrival.is_clock_steady = is_clock_steady;
        let device = story.device(&phone("v1", json!({"att_authorization_status": "denied"})));
        let ahead = story.arrival.received.plus(2 * DAY);
        let as_of = if is_clock_steady { story.arrival.received } else { ahead };
        assert_eq!(device.reported.map(|reported| (reported.since, reported.as_of)), Some((ahead, as_of)));
        // What comes now is news either way.
        assert_eq!((device.os_version.as_deref(), device.described_at.os_version), (Some("17.5"), Some(as_of)));
        assert_eq!(device.last_seen, as_of);
    }
}

#[test]
fn a_status_has_the_input_that_changed_it_last() {
    let mut story = Story::new();
    for (input, status, source) in [(1, "denied", 1), (2, "denied", 1), (3, "authorized", 3)] {
        story.wait(1000);
        story.arrival.input = InputId(input);
        let device = story.device(&phone("v1", json!({ "att_authorization_status": status })));
        assert_eq!(device.source, Some(InputId(source)));
    }
}

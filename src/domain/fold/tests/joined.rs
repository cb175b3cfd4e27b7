//! Who is joined to what, and what is joined too often.

use super::*;
use crate::domain::deciding::rank;
use crate::domain::joins::{Joins, MOST_DEVICES, MOST_IDENTIFIERS, MOST_ON_A_DAY, MOST_USERS};
use DataProblem::SharedId;

fn many() -> std::ops::Range<i64> {
    0..MOST_ON_A_DAY
}

fn numbered(n: i64) -> Value {
    phone(&format!("v{n}"), json!({}))
}

#[test]
fn an_id_of_many_phones_is_told_also_where_it_names_nothing() {
    let mut story = Story::new();
    let constant = |batch: Value| with(batch, "mp_deviceid", "constant".into());
    for n in many() {
        assert_eq!(story.problems(&constant(numbered(n))), [], "{n}");
    }
    assert_eq!(story.problems(&constant(numbered(50))), [SharedId]);
    assert_eq!(story.problems(&constant(numbered(51))), [SharedId]);
    let alone = story.tell(&constant(json!({})));
    assert!(alone.device.is_none() && alone.data_problems == [SharedId]);
}

#[test]
fn a_profile_of_many_phones_takes_no_more_by_its_mpid_and_stays_so() {
    let mut story = Story::new();
    let named = |batch: Value| with(batch, "mpid", 7.into());
    for n in many() {
        assert_eq!(story.problems(&named(numbered(n))), [], "{n}");
    }
    let taken = |story: &mut Story, batch: Value| {
        let told = story.tell(&batch);
        let seven = story.population.profile_by_mpid(Default::default(), 7).expect("the profile");
        (told.data_problems, story.population.is_user(told.device.expect("a device"), seven))
    };
    assert_eq!(taken(&mut story, named(numbered(50))), (vec![SharedId], false));
    assert_eq!(taken(&mut story, named(numbered(3))), (vec![], true), "who uses it already");
    assert_eq!(story.problems(&named(json!({}))), [], "without a device nothing is joined");
    story.wait(2 * DAY);
    assert_eq!(taken(&mut story, named(numbered(51))), (vec![SharedId], false), "on a later day too");
}

/// Of Apple devices with a status the newest report decides, of those without one who was seen last, and any of them
/// before other devices; the smaller id breaks a tie.
#[test]
fn a_device_outranks_others_by_its_status_then_by_when_it_was_seen() {
    let mut story = Story::new();
    let status = |of: &str| json!({ "att_authorization_status": of });
    let android = json!({"device_info": {"platform": "Android", "android_uuid": "a1"}});
    let told = [
        phone("first", status("denied")),
        phone("newer", status("authorized")),
        phone("silent", json!({})),
        phone("seen later", json!({})),
        android,
    ];
    let mut devices: Vec<Device> = Vec::new();
    for batch in &told {
        story.wait(1000);
        devices.push(story.device(&of("ada", batch.clone())));
    }
    let order: Vec<usize> = [1, 0, 3, 2, 4].to_vec();
    assert!(order.windows(2).all(|pair| rank(&devices[pair[0]]) > rank(&devices[pair[1]])));
    let mut twin = devices[0].clone();
    twin.id.0 += 100;
    assert!(rank(&devices[0]) > rank(&twin));
    devices[0].retired = true;
    assert_eq!(rank(&devices[0]), None);
}

#[test]
fn a_device_has_so_many_users_and_no_more() {
    let mut device = Story::new().device(&numbered(0));
    device.users = MOST_USERS;
    assert!(device.is_full(Day(20_779)));
    device.users -= 1;
    assert!(!device.is_full(Day(20_779)));
}

#[test]
fn a_profile_has_so_many_devices_and_no_more() {
    let mut story = Story::new();
    let profile =
        story.tell(&of("ada", numbered(0))).device.map(|_| story.customer("ada").expect("ada")).expect("hers");
    let mut ada = story.population.profiles()[&profile].clone();
    (ada.devices, ada.joins) = (MOST_DEVICES, Joins::default());
    assert!(ada.is_full(story.arrival.day));
    ada.devices -= 1;
    assert!(!ada.is_full(story.arrival.day));
}

#[test]
fn a_customer_of_many_phones_is_told_where_something_is_refused() {
    let mut story = Story::new();
    for n in many() {
        assert_eq!(story.problems(&of("everybody", numbered(n))), [], "{n}");
    }
    assert_eq!(story.problems(&of("everybody", numbered(50))), [SharedId]);
    assert_eq!(story.problems(&of("everybody", numbered(3))), [], "who was joined stays so");
    assert_eq!(story.problems(&of("everybody", json!({}))), [], "without a device nothing is joined");
    let both = with(numbered(51), "user_identities", json!({"customer_id": "everybody", "email": "zoe@example.com"}));
    assert_eq!(story.problems(&both), [SharedId]);
}

#[test]
fn a_kiosk_of_many_customers_takes_no_more() {
    let mut story = Story::new();
    for n in many() {
        assert_eq!(story.problems(&of(&format!("c{n}"), numbered(0))), [], "{n}");
    }
    assert_eq!(story.problems(&of("c50", numbered(0))), [SharedId]);
    assert_eq!(story.problems(&of("c3", numbered(0))), []);
}

#[test]
fn an_identity_of_somebody_leaves_a_profile_of_everybody() {
    let mut story = Story::new();
    for n in many() {
        story.tell(&with(numbered(n), "mpid", 7.into()));
    }
    story.tell(&of("ada", with(numbered(0), "mpid", 7.into())));
    let everybody = story.customer("ada");
    assert_eq!(story.problems(&of("ada", numbered(60))), [SharedId]);
    let ada = story.customer("ada").expect("somebody");
    assert_ne!(Some(ada), everybody);
    assert!(story.population.profiles()[&ada].anonymous_on.is_none(), "she is named, and not a phone's nobody");
}

#[test]
fn an_identity_moves_to_who_is_named_by_a_better_one() {
    let mut story = Story::new();
    let said = |customer: &str| json!({"customer_id": customer, "email": "e@example.com"});
    story.tell(&with(numbered(0), "user_identities", said("ada")));
    story.tell(&with(numbered(1), "user_identities", said("bob")));
    let email = story.population.identities.iter().find(|(identity, _)| identity.kind == IdentityKind::Email);
    assert_eq!(email.map(|(_, lead)| lead.to), story.customer("bob"));
    assert_ne!(story.customer("ada"), story.customer("bob"));
}

#[test]
fn a_status_without_an_id_is_of_the_only_iphone_in_that_app() {
    let status = json!({"device_info": {"platform": "iOS", "att_authorization_status": "denied"}});
    let android = json!({"device_info": {"platform": "Android", "android_uuid": "a1"}});
    let mut story = Story::new();
    let iphone = story.device(&of("ada", phone("v1", json!({})))).id;
    story.tell(&of("ada", android));
    (story.arrival.app, story.arrival.named_by) = (AppId(2), AppId(2));
    let elsewhere = story.device(&of("ada", phone("v1", json!({})))).id;
    assert_ne!(elsewhere, iphone);
    (story.arrival.app, story.arrival.named_by) = (AppId(1), AppId(1));
    assert_eq!(story.device(&of("ada", status.clone())).id, iphone);
    // Of two iPhones it is neither, unless one has been silent for so long that it is gone.
    let second = story.device(&of("ada", phone("v2", json!({})))).id;
    let mut retired = story.population.clone();
    let hers = story.device(&of("ada", status.clone())).id;
    assert!(![iphone, second].contains(&hers));
    if let Some(device) = retired.devices.get_mut(&iphone) {
        device.retired = true;
    }
    retired.decide();
    story.population = retired;
    assert_eq!(story.device(&of("ada", status)).id, second);
}

/// A sender that learns the id that we made for a device's nobody may name them by it.
#[test]
fn an_anonymous_profile_that_is_named_is_somebody() {
    let mut story = Story::new();
    let anonymous = story.device(&numbered(0)).anonymous_user.expect("nobody's profile");
    let mpid = story.population.profiles()[&anonymous].mpid;
    let device = story.device(&with(numbered(0), "mpid", mpid.into()));
    assert_eq!((device.users, device.anonymous_user, device.decides.in_all), (1, None, 1));
    assert_eq!(story.population.profiles()[&anonymous].anonymous_on, None);
    assert_eq!(story.population.profiles().len(), 1);
}

#[test]
fn a_device_has_so_many_ids_and_no_more() {
    let mut story = Story::new();
    let named = |n: usize| with(numbered(0), "mp_deviceid", format!("m{n}").into());
    // The first is its own.
    for n in 1..MOST_IDENTIFIERS {
        assert_eq!(story.problems(&named(n)), []);
    }
    assert_eq!(story.problems(&named(MOST_IDENTIFIERS)), [SharedId]);
    let device = story.device(&named(1)).id;
    assert_eq!(story.population.identifiers_of(device).count(), MOST_IDENTIFIERS);
}

#[test]
fn when_somebody_was_heard_of_goes_forward_only() {
    let mut story = Story::new();
    let mut heard = story.arrival.received;
    for wait in [0, 1000, -500, 2000] {
        story.wait(wait);
        heard = heard.max(story.arrival.received);
        let device = story.device(&numbered(0));
        let nobody = device.anonymous_user.map(|profile| story.population.profiles()[&profile].last_seen);
        assert_eq!((device.last_received, device.last_seen, nobody), (heard, heard, Some(heard)));
    }
}

#[test]
fn an_email_of_many_customers_is_told() {
    let mut story = Story::new();
    let said = |n: i64| {
        let identities = json!({"customer_id": format!("c{n}"), "email": "all@example.com"});
        with(numbered(n), "user_identities", identities)
    };
    for n in many() {
        assert_eq!(story.problems(&said(n)), [], "{n}");
    }
    assert_eq!(story.problems(&said(50)), [SharedId]);
}

#[test]
fn who_says_nothing_of_an_iphone_has_none() {
    let device =
        |platform: &str, idfa: Value| json!({"device_info": {"platform": platform, "ios_advertising_id": idfa}});
    let mut story = Story::new();
    let iphone = story.device(&of("ada", numbered(0))).id;
    let told = |story: &mut Story, batch: Value| story.tell(&of("ada", batch)).device;
    assert_eq!(told(&mut story, device("iOS", IDFA.into())), Some(iphone), "withheld, it is of her only one");
    assert_eq!(told(&mut story, device("iOS", Value::Null)), None);
    assert_eq!(told(&mut story, device("Android", IDFA.into())), None, "there it is nobody's id");
}

/// Of ids that lead to different devices the first of its platform's order decides.
#[test]
fn ids_decide_in_the_order_of_the_platform() {
    let apple = [("ios_idfv", "v"), ("mp_deviceid", "m"), ("ios_advertising_id", IDFA)];
    let android =
        [("android_uuid", "u"), ("android_advertising_id", "a"), ("mp_deviceid", "m"), ("roku_publisher_id", "r")];
    for (platform, order) in [("iOS", &apple[..]), ("Android", &android[..])] {
        let named = |ids: &[(&str, &str)]| {
            let mut batch = json!({"device_info": {"platform": platform, "att_authorization_status": null}});
            for (kind, value) in ids {
                let place = if *kind == "mp_deviceid" { &mut batch } else { &mut batch["device_info"] };
                place[*kind] = (*value).into();
            }
            batch
        };
        for pair in order.windows(2) {
            let mut story = Story::new();
            story.arrival.policy = Policy::Observe;
            // The weaker one is known first, so that it is no matter of age.
            let weaker = story.device(&named(&pair[1..])).id;
            let stronger = story.device(&named(&pair[..1])).id;
            assert_ne!(weaker, stronger);
            assert_eq!(story.device(&named(pair)).id, stronger, "{platform} {pair:?}");
        }
    }
}

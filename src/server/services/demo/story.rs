//! What one made-up user does over the months, with all their devices and apps.

use super::app::APPS;
use super::dice::Dice;
use super::installation::{Hardware, Installation};
use super::months::Months;
use crate::domain::batch::Batch;
use crate::domain::identity::IdentityKind;
use crate::domain::platform::Platform;
use crate::domain::time::Millis;

/// Share of the users, and how many of its users cannot be asked: 1 % to 9 %, as countries differ in children's accounts
/// and managed devices.
const COUNTRIES: [(&str, f64, f64); 8] = [
    ("US", 0.34, 0.05),
    ("DE", 0.14, 0.03),
    ("JP", 0.12, 0.07),
    ("GB", 0.11, 0.04),
    ("BR", 0.10, 0.06),
    ("FR", 0.08, 0.03),
    ("KR", 0.06, 0.09),
    ("SE", 0.05, 0.01),
];

/// How many never sign in.
const ANONYMOUS: f64 = 0.12;
/// Of those who do, how many have a second device, and how many a second app on their first.
const SECOND_DEVICE: f64 = 0.18;
const SECOND_APP: f64 = 0.14;

/// Public ids of profiles are below this.
const MOST_MPID: f64 = (1_i64 << 53) as f64 - 2.0;

/// One user's batches in the order in which they were made.
pub struct Story {
    /// Their profile's public id.
    pub mpid: i64,
    /// Sent by a server that knows no statuses, not by the app's SDK.
    pub by_server: bool,
    /// When each was made, and in which app.
    pub batches: Vec<(Millis, usize, Batch)>,
}

/// When the first batch of the user with this number is received.
pub fn begins(number: u32, months: Months, seed: u64) -> Millis {
    Millis(months.installed(months.position(number, &mut Dice::of(seed, number))))
}

/// The customer id of the user with this number.
pub fn customer_id(number: u32) -> String {
    format!("user-{}", number + 1)
}

/// The story of the user with this number, always the same by one seed. The first one is somebody to look up: with two
/// devices and two apps.
pub fn story(number: u32, months: Months, seed: u64) -> Story {
    let dice = &mut Dice::of(seed, number);
    let position = months.position(number, dice);
    let installed = months.installed(position);
    let is_first = number == 0;
    let (country, _, restricted) = *dice.pick(&COUNTRIES, |(_, share, _)| *share);
    let person = person(number, country, !is_first && dice.happens(ANONYMOUS));
    let platform = match dice.unit() {
        roll if is_first || roll < 0.90 => Platform::Ios,
        roll if roll < 0.93 => Platform::Tvos,
        _ => Platform::Android,
    };
    let by_server = !is_first && dice.happens(0.08);
    let places: Vec<usize> = (0..APPS.len()).collect();
    let app = *dice.pick(&places, |at| APPS[*at].share);
    let hardware = Hardware::new(platform, position, months, dice);
    let first = Installation { app, hardware: &hardware, person: &person, at: installed };
    let mut batches = first.batches(restricted, !by_server, months, dice);
    let is_known = !person.identities.is_empty();
    if is_first || (is_known && dice.happens(SECOND_APP)) {
        let at = months.later(installed, dice);
        let second = Installation { app: (app + 1) % APPS.len(), hardware: &hardware, person: &person, at };
        batches.extend(second.batches(restricted, !by_server, months, dice));
    }
    if is_first || (is_known && dice.happens(SECOND_DEVICE)) {
        let at = months.later(installed, dice);
        let tablet = Hardware::new(platform, position, months, dice);
        let second = Installation { app, hardware: &tablet, person: &person, at };
        batches.extend(second.batches(restricted, !by_server, months, dice));
    }
    batches.sort_by_key(|(at, ..)| *at);
    Story { mpid: 1 + (position * MOST_MPID) as i64, by_server, batches }
}

/// Who somebody is, the same in all their batches.
fn person(number: u32, country: &str, is_anonymous: bool) -> Batch {
    let customer_id = customer_id(number);
    let email = format!("{customer_id}@example.com");
    let identities = vec![(IdentityKind::CustomerId, customer_id), (IdentityKind::Email, email)];
    let identities = if is_anonymous { Vec::new() } else { identities };
    Batch { identities, country: Some(country.to_owned()), ..Batch::default() }
}

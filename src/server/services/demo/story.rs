//! What one made-up user does over the months: installs, is asked, answers, changes their mind, comes back.

use super::dice::Dice;
use crate::domain::att::Status;
use crate::domain::batch::Batch;
use crate::domain::identifier::IdentifierKind;
use crate::domain::identity::IdentityKind;
use crate::domain::platform::Platform;
use crate::domain::time::{DAY, HOUR, MINUTE, Millis, SECOND};

/// An app of the demo.
#[derive(Debug)]
pub struct App {
    pub bundle: &'static str,
    pub name: &'static str,
    /// Of all users.
    share: f64,
    /// Of those who answered the prompt, how many allow tracking.
    consent: f64,
    /// What its new prompt adds to that.
    lift: f64,
}

pub const APPS: [App; 3] = [
    App { bundle: "com.northwind.racer", name: "Northwind Racer", share: 0.7, consent: 0.38, lift: 0.06 },
    App { bundle: "com.northwind.shop", name: "Northwind Shop", share: 0.2, consent: 0.34, lift: 0.0 },
    App { bundle: "com.northwind.daily", name: "Northwind Daily", share: 0.1, consent: 0.26, lift: 0.0 },
];

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

/// Public ids of profiles are below this.
const MOST_MPID: f64 = (1_i64 << 53) as f64 - 2.0;
/// An app has a new version every so many days.
const RELEASE_EVERY: i64 = 14;
/// A user has it at most so many days later.
const UPDATED_WITHIN: u64 = 10;

/// The months of all stories.
#[derive(Clone, Copy, Debug)]
pub struct Months {
    pub from: Millis,
    pub days: i64,
    /// How many users there are in the end.
    pub users: u32,
}

impl Months {
    fn end(self) -> i64 {
        self.from.0 + self.days * DAY
    }

    /// From this release on the racing game asks later, once a user has won a race.
    fn new_prompt(self) -> i64 {
        self.days * 6 / 10 / RELEASE_EVERY
    }

    /// When the user at a position installed their app: many came with the first release that sends events; then it goes on.
    fn installed(self, position: f64) -> i64 {
        let after = (position.powf(1.6) * self.days as f64 * DAY as f64) as i64;
        (self.from.0 + after).min(self.end() - MINUTE)
    }

    /// Where a user stands among all of them, from 0 to 1: those who came first have the smallest numbers, so that
    /// stories come in the order in which they begin, and all ids in the order of their tables.
    pub fn position(self, number: u32, dice: &mut Dice) -> f64 {
        (f64::from(number) + dice.unit()) / f64::from(self.users)
    }

    fn release(self, at: i64) -> i64 {
        (at - self.from.0).max(0) / (RELEASE_EVERY * DAY)
    }
}

/// One user's batches in the order in which they were made.
pub struct Story {
    pub app: usize,
    /// Their profile's public id.
    pub mpid: i64,
    /// Sent by a server that knows no statuses, not by the app's SDK.
    pub by_server: bool,
    pub batches: Vec<(Millis, Batch)>,
}

/// When the first batch of the user with this number is received.
pub fn begins(number: u32, months: Months, seed: u64) -> Millis {
    Millis(months.installed(months.position(number, &mut Dice::of(seed, number))))
}

/// Who somebody is and what they carry; the same in all their batches.
struct User {
    app: &'static App,
    batch: Batch,
    /// Days until they take an update.
    lag: i64,
    idfa: String,
}

/// The story of the user with this number, always the same by one seed.
pub fn story(number: u32, months: Months, seed: u64) -> Story {
    let dice = &mut Dice::of(seed, number);
    let position = months.position(number, dice);
    let installed = months.installed(position);
    let at = *dice.pick(&[0, 1, 2], |at| APPS[*at].share);
    let (country, _, restricted) = dice.pick(&COUNTRIES, |(_, share, _)| *share);
    let platform = match dice.unit() {
        roll if roll < 0.90 => Platform::Ios,
        roll if roll < 0.93 => Platform::Tvos,
        _ => Platform::Android,
    };
    let (os_version, age) = os_version(dice);
    let user = user((number, position), &APPS[at], platform, os_version, country, dice);
    let by_server = dice.happens(0.08);
    let mut told = vec![(installed, None)];
    if platform.is_apple() && !by_server && age != Age::BeforeAtt {
        told = answers(&user, installed, *restricted, age, months, dice);
    }
    let (last, status) = told[told.len() - 1];
    if dice.happens(0.6) && last < months.end() - HOUR {
        let recent = (months.end() - 30 * DAY).max(last);
        let back = recent + dice.below((months.end() - recent) as u64) as i64;
        told.push((back, status));
    }
    let batches = told.into_iter().map(|(at, status)| (Millis(at), user.batch(at, status, months, dice))).collect();
    Story { app: at, mpid: 1 + (position * MOST_MPID) as i64, by_server, batches }
}

/// How old a system is, as far as Apple's prompt goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    /// No statuses at all.
    BeforeAtt,
    /// Statuses, but nobody enforced the prompt.
    NotEnforced,
    Recent,
}

fn os_version(dice: &mut Dice) -> (String, Age) {
    match dice.unit() {
        roll if roll < 0.02 => (format!("13.{}", dice.below(8)), Age::BeforeAtt),
        roll if roll < 0.05 => (format!("14.{}", dice.below(5)), Age::NotEnforced),
        roll if roll < 0.20 => (format!("17.{}", dice.below(8)), Age::Recent),
        roll if roll < 0.55 => (format!("18.{}", dice.below(7)), Age::Recent),
        _ => (format!("26.{}", dice.below(3)), Age::Recent),
    }
}

fn user(
    (number, position): (u32, f64),
    app: &'static App,
    platform: Platform,
    os_version: String,
    country: &str,
    dice: &mut Dice,
) -> User {
    let id = if platform == Platform::Android { IdentifierKind::AndroidAdvertisingId } else { IdentifierKind::Idfv };
    let batch = Batch {
        identities: vec![
            (IdentityKind::CustomerId, format!("user-{number:08}")),
            (IdentityKind::Email, format!("user-{number:08}@example.com")),
        ],
        identifiers: vec![(id, dice.uuid(position))],
        platform: Some(platform),
        bundle: Some(app.bundle.to_owned()),
        app_name: Some(app.name.to_owned()),
        os_version: Some(os_version),
        country: Some(country.to_owned()),
        ..Batch::default()
    };
    User { app, batch, lag: dice.below(UPDATED_WITHIN) as i64 * DAY, idfa: dice.uuid(position) }
}

/// When which status was reported: at the installation, with the answer, and with each change of mind.
fn answers(
    user: &User,
    installed: i64,
    restricted: f64,
    age: Age,
    months: Months,
    dice: &mut Dice,
) -> Vec<(i64, Option<Status>)> {
    if dice.happens(restricted) {
        return vec![(installed, Some(Status::Restricted))];
    }
    let mut told = vec![(installed, Some(Status::NotDetermined))];
    if age == Age::NotEnforced || dice.happens(0.24) {
        return told;
    }
    let wait = if dice.happens(0.8) { dice.wait(2 * MINUTE) + 5 * SECOND } else { dice.wait(4 * DAY) + HOUR };
    let mut at = installed + wait;
    let asked_anew = user.app.lift > 0.0 && months.release(at - user.lag) >= months.new_prompt();
    let consent = user.app.consent + if asked_anew { user.app.lift } else { 0.0 };
    let mut status = if dice.happens(consent) { Status::Authorized } else { Status::Denied };
    while at < months.end() {
        told.push((at, Some(status)));
        // 1.5 % a month take it back in Settings, 0.5 % the other way.
        let (a_month, other) =
            if status == Status::Authorized { (0.015, Status::Denied) } else { (0.005, Status::Authorized) };
        let left = (months.end() - at) as f64 / (30 * DAY) as f64;
        if !dice.happens(a_month * left) {
            break;
        }
        at += HOUR + dice.below((months.end() - at) as u64) as i64;
        status = other;
    }
    told
}

impl User {
    fn batch(&self, at: i64, status: Option<Status>, months: Months, dice: &mut Dice) -> Batch {
        let mut batch = Batch {
            app_version: Some(format!("4.{}.0", months.release(at - self.lag))),
            status,
            att_ms: status.filter(|status| *status != Status::NotDetermined).map(|_| at),
            batch_ms: Some(at),
            ..self.batch.clone()
        };
        if status == Some(Status::Authorized) {
            batch.identifiers.push((IdentifierKind::Idfa, self.idfa.clone()));
        }
        if dice.happens(0.002) {
            self.contradict(&mut batch, dice);
        }
        batch
    }

    /// Makes the batch say something that does not fit.
    fn contradict(&self, batch: &mut Batch, dice: &mut Dice) {
        match dice.below(6) {
            0 => batch.att_ms = batch.att_ms.map(|ms| ms / 1000),
            1 => batch.att_ms = batch.att_ms.map(|_| 0),
            2 => batch.identifiers.retain(|(kind, _)| *kind != IdentifierKind::Idfa),
            3 => batch.limit_ad_tracking = Some(batch.status == Some(Status::Authorized)),
            4 if batch.identifier(IdentifierKind::Idfa).is_none() => {
                batch.identifiers.push((IdentifierKind::Idfa, self.idfa.clone()))
            }
            _ => batch.batch_ms = batch.batch_ms.map(|ms| ms + HOUR),
        }
    }
}

//! One app on one device of the demo: what its SDK sends.

use super::app::APPS;
use super::dice::Dice;
use super::months::Months;
use crate::domain::att::Status;
use crate::domain::batch::Batch;
use crate::domain::identifier::IdentifierKind;
use crate::domain::platform::Platform;
use crate::domain::time::{DAY, HOUR, MINUTE, Millis, SECOND};

/// A user has a new version of an app at most so many days after it is out, and of the system at most so many.
const UPDATED_WITHIN: u64 = 10;
const SYSTEM_WITHIN: u64 = 25;

/// Versions of Android, with their shares.
const ANDROID: [(&str, f64); 8] =
    [("9", 0.03), ("10", 0.06), ("11", 0.09), ("12", 0.12), ("13", 0.17), ("14", 0.20), ("15", 0.20), ("16", 0.13)];

/// How old a system is, as far as Apple's prompt goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    /// No statuses at all.
    BeforeAtt,
    /// Statuses, but nobody enforced the prompt.
    NotEnforced,
    Recent,
}

/// A device, with its ids.
#[derive(Clone)]
pub struct Hardware {
    pub platform: Platform,
    id: (IdentifierKind, String),
    idfa: String,
    os_version: String,
    age: Age,
    /// The version it has from a moment on, if it takes one.
    update: Option<(i64, &'static str)>,
}

impl Hardware {
    /// One of somebody at a position among all users.
    pub fn new(platform: Platform, position: f64, months: Months, dice: &mut Dice) -> Self {
        let is_android = platform == Platform::Android;
        let kind = if is_android { IdentifierKind::AndroidAdvertisingId } else { IdentifierKind::Idfv };
        let (os_version, age) = if is_android {
            (dice.pick(&ANDROID, |(_, share)| *share).0.to_owned(), Age::Recent)
        } else {
            apple_version(dice)
        };
        let updated = months.system_release() + dice.below(SYSTEM_WITHIN) as i64 * DAY + dice.below(DAY as u64) as i64;
        let update = (os_version == "26.0").then_some((updated, "26.1"));
        Self { platform, id: (kind, dice.uuid(position)), idfa: dice.uuid(position), os_version, age, update }
    }

    fn os_version(&self, at: i64) -> String {
        self.update
            .filter(|(from, _)| at >= *from)
            .map_or_else(|| self.os_version.clone(), |(_, newer)| newer.to_owned())
    }
}

fn apple_version(dice: &mut Dice) -> (String, Age) {
    match dice.unit() {
        roll if roll < 0.02 => (format!("13.{}", dice.below(8)), Age::BeforeAtt),
        roll if roll < 0.05 => (format!("14.{}", dice.below(5)), Age::NotEnforced),
        roll if roll < 0.20 => (format!("17.{}", dice.below(8)), Age::Recent),
        roll if roll < 0.50 => (format!("18.{}", dice.below(8)), Age::Recent),
        _ => ("26.0".to_owned(), Age::Recent),
    }
}

/// An app on a device.
pub struct Installation<'a> {
    /// Its place among the apps of the demo.
    pub app: usize,
    pub hardware: &'a Hardware,
    /// What all of its batches have: who somebody is, and where.
    pub person: &'a Batch,
    pub at: i64,
}

impl Installation<'_> {
    /// Its batches in the order in which they were made. `restricted`: how many of its country cannot be asked;
    /// `knows_statuses`: whether it is the app's SDK that sends, and not a server.
    pub fn batches(
        &self,
        restricted: f64,
        knows_statuses: bool,
        months: Months,
        dice: &mut Dice,
    ) -> Vec<(Millis, usize, Batch)> {
        // Until they take an update.
        let lag = dice.below(UPDATED_WITHIN) as i64 * DAY;
        let is_asked = self.hardware.platform.is_apple() && knows_statuses && self.hardware.age != Age::BeforeAtt;
        let mut told = if is_asked { self.answers(restricted, lag, months, dice) } else { vec![(self.at, None)] };
        let (last, status) = told[told.len() - 1];
        if dice.happens(0.6) && last < months.end() - HOUR {
            let recent = (months.end() - 30 * DAY).max(last);
            told.push((months.later(recent, dice), status));
        }
        told.into_iter().map(|(at, status)| (Millis(at), self.app, self.batch(at, status, lag, months, dice))).collect()
    }

    /// When which status was reported: at the installation, with the answer, and with each change of mind.
    fn answers(&self, restricted: f64, lag: i64, months: Months, dice: &mut Dice) -> Vec<(i64, Option<Status>)> {
        if dice.happens(restricted) {
            return vec![(self.at, Some(Status::Restricted))];
        }
        let mut told = vec![(self.at, Some(Status::NotDetermined))];
        if self.hardware.age == Age::NotEnforced || dice.happens(0.24) {
            return told;
        }
        let mut at = self.at + waited(dice);
        let mut status = self.answer(at, lag, months, dice);
        while at < months.end() {
            told.push((at, Some(status)));
            // 1.5 % a month take it back in Settings, 0.5 % the other way.
            let (a_month, other) =
                if status == Status::Authorized { (0.015, Status::Denied) } else { (0.005, Status::Authorized) };
            let left = (months.end() - at) as f64 / (30 * DAY) as f64;
            if !dice.happens(a_month * left) {
                break;
            }
            at = months.later(at + HOUR, dice);
            status = other;
        }
        // After an update of the system some install the app anew, and are asked anew.
        if let Some((updated, _)) = self.hardware.update
            && updated > at
            && dice.happens(0.12)
        {
            let anew = updated + HOUR + dice.below(2 * DAY as u64) as i64;
            let answered = anew + waited(dice);
            let status = self.answer(answered, lag, months, dice);
            let again = [(anew, Some(Status::NotDetermined)), (answered, Some(status))];
            told.extend(again.into_iter().filter(|(at, _)| *at < months.end()));
        }
        told
    }

    fn answer(&self, at: i64, lag: i64, months: Months, dice: &mut Dice) -> Status {
        let app = &APPS[self.app];
        let asked_anew = app.lift > 0.0 && months.release(at - lag) >= months.new_prompt();
        let consent = app.consent + if asked_anew { app.lift } else { 0.0 };
        if dice.happens(consent) { Status::Authorized } else { Status::Denied }
    }

    fn batch(&self, at: i64, status: Option<Status>, lag: i64, months: Months, dice: &mut Dice) -> Batch {
        let (hardware, app) = (self.hardware, &APPS[self.app]);
        let mut batch = Batch {
            identifiers: vec![hardware.id.clone()],
            platform: Some(hardware.platform),
            bundle: Some(app.bundle.to_owned()),
            app_name: Some(app.name.to_owned()),
            app_version: Some(format!("4.{}.0", months.release(at - lag))),
            os_version: Some(hardware.os_version(at)),
            status,
            att_ms: status.filter(|status| *status != Status::NotDetermined).map(|_| at),
            batch_ms: Some(at),
            ..self.person.clone()
        };
        if status == Some(Status::Authorized) {
            batch.identifiers.push((IdentifierKind::Idfa, hardware.idfa.clone()));
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
                batch.identifiers.push((IdentifierKind::Idfa, self.hardware.idfa.clone()))
            }
            _ => batch.batch_ms = batch.batch_ms.map(|ms| ms + HOUR),
        }
    }
}

/// How long somebody takes to answer: most see the prompt at once.
fn waited(dice: &mut Dice) -> i64 {
    if dice.happens(0.8) { dice.wait(2 * MINUTE) + 5 * SECOND } else { dice.wait(4 * DAY) + HOUR }
}

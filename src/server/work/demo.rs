//! Believable data for an empty database: three apps, every state, one sign-in per role.

use crate::domain::att::Status;
use crate::domain::audit::AuditAction;
use crate::domain::batch::Batch;
use crate::domain::device::NameKind;
use crate::domain::error::Refusal;
use crate::domain::platform::Platform;
use crate::domain::profile::IdentityKind;
use crate::domain::role::Role;
use crate::domain::time::{DAY, HOUR, MINUTE};
use crate::server::auth::password::Passwords;
use crate::server::error::{Error, Result};
use crate::server::store::check::Checked;
use crate::server::store::own::Record;
use crate::server::store::{Actor, Event, Place, Sent, Store};
use crate::server::work::account::{NewAccount, add_account};
use crate::server::work::att::{Wanted as Change, change_settings};
use crate::server::work::input::{NewInput, add_input};
use crate::server::work::member::set_member;
use crate::server::work::workspace::{FirstAdmin, NewWorkspace, add_workspace};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

/// Batches of one transaction: large enough that commits do not matter.
const AT_ONCE: usize = 500;

/// How much, and which.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub profiles: u32,
    /// The same seed gives the same data.
    pub seed: u64,
}

/// What was made.
pub struct Made {
    pub workspace: String,
    pub profiles: usize,
    pub devices: usize,
    pub people: Vec<(Role, String, SecretString)>,
}

/// An app of the demo: share of the users, and of those on iOS 14.5 or later who answered, how many allowed it.
struct App {
    bundle: &'static str,
    name: &'static str,
    share: f64,
    consent: f64,
}

const APPS: [App; 3] = [
    App { bundle: "com.northwind.racer", name: "Northwind Racer", share: 0.7, consent: 0.40 },
    App { bundle: "com.northwind.shop", name: "Northwind Shop", share: 0.2, consent: 0.34 },
    App { bundle: "com.northwind.daily", name: "Northwind Daily", share: 0.1, consent: 0.26 },
];

/// Fills an empty database; refuses one that is in use.
pub async fn fill(store: &Store, passwords: &Passwords, wanted: Wanted) -> Result<Made> {
    let mut own = store.own_view().await?;
    if own.count_people().await? > 0 || !own.workspaces().await?.is_empty() {
        return Err(Error::Internal("this database is in use: the demo only fills an empty one".to_owned()));
    }
    drop(own);
    let actor = Actor::command_line();
    let (people, place) = people(store, passwords, &actor).await?;
    let feed = |name: &str| NewInput { name: name.to_owned(), bundle: String::new() };
    let sdk = add_input(store, &actor, place.clone(), feed("App SDK")).await?;
    let server = add_input(store, &actor, place.clone(), feed("Server feed without statuses")).await?;
    let sdk = store.feed(&sdk.input.key, sdk.secret.expose_secret()).await?;
    let server = store.feed(&server.input.key, server.secret.expose_secret()).await?;
    let mut dice = Dice(wanted.seed);
    let now = store.clock().now().0;
    let (mut from_sdk, mut from_server) = (Vec::new(), Vec::new());
    for user in 0..wanted.profiles {
        let (batch, by_server) = batch(user, now, &mut dice);
        if by_server { from_server.push(batch) } else { from_sdk.push(batch) }
    }
    for (feed, batches) in [(sdk, from_sdk), (server, from_server)] {
        for group in batches.chunks(AT_ONCE) {
            store.accept(feed, Sent { batches: group.to_vec(), ..Sent::default() }).await?;
        }
    }
    let reason = "Legal review LR-214: no consent, no tracking.".to_owned();
    let change = Change { default: Some(Some(Status::Denied)), policy: None, reason, version: 1, typed_name: None };
    change_settings(store, &actor, place, change).await?;
    // The database was empty: this is its one workspace, and the count proves what was written.
    let checked = store.check().await?.pop().filter(Checked::holds);
    let checked = checked.ok_or_else(|| Error::Internal("what was written does not hold".to_owned()))?;
    let state = json!({"profiles": wanted.profiles, "seed": wanted.seed});
    let row = Record::installation(&actor, AuditAction::DemoFilled, checked.workspace.clone(), state);
    store
        .own(move |own| {
            let row = row.clone();
            async move { own.commit(Event::Audit(vec![row])).await }
        })
        .await?;
    Ok(Made { workspace: checked.workspace, profiles: checked.profiles, devices: checked.devices, people })
}

/// One person per role, with passwords made for this database.
async fn people(
    store: &Store,
    passwords: &Passwords,
    actor: &Actor,
) -> Result<(Vec<(Role, String, SecretString)>, Place)> {
    let mut people = Vec::new();
    let mut made = None;
    for role in Role::ALL {
        let email = format!("{}@demo.example", role.as_str().replace('_', "-"));
        let password: SecretString = BASE64_URL_SAFE_NO_PAD.encode(store.ids().random::<12>()).into();
        let name = format!("Demo {}", crate::ui::words::role(role));
        let new = NewAccount { email: email.clone(), name, operator: false, password: Some(password.clone()) };
        add_account(store, passwords, actor, new).await?;
        if made.is_none() {
            let (name, time_zone) = ("Northwind Games".to_owned(), super::account::UTC.to_owned());
            let admin = Some(FirstAdmin { email: email.clone(), name: None });
            let new = NewWorkspace { name, slug: None, time_zone, org: None, account: None, admin };
            made = Some(Place::Id(add_workspace(store, actor, new).await?.workspace.id));
        }
        let place = made.clone().ok_or(Refusal::NotFound)?;
        set_member(store, actor, place, &email, role).await?;
        people.push((role, email, password));
    }
    Ok((people, made.ok_or(Refusal::NotFound)?))
}

/// The last batch of one user, and whether the server feed sent it.
fn batch(user: u32, now: i64, dice: &mut Dice) -> (Batch, bool) {
    let app = dice.pick(&APPS);
    let platform = match dice.unit() {
        roll if roll < 0.90 => Platform::Ios,
        roll if roll < 0.93 => Platform::Tvos,
        _ => Platform::Android,
    };
    let os_version = match dice.unit() {
        roll if roll < 0.03 => format!("13.{}", dice.below(8)),
        roll if roll < 0.07 => format!("14.{}", dice.below(5)),
        _ => format!("{}.{}", 15 + dice.below(4), dice.below(7)),
    };
    let recent = !os_version.starts_with("13") && !os_version.starts_with("14");
    let by_server = dice.unit() < 0.08;
    let seen = now - dice.below(30 * DAY as u64) as i64;
    let status = if platform.is_apple() && recent && !by_server { Some(answer(app, dice)) } else { None };
    let mut names = Vec::new();
    match platform {
        Platform::Android => names.push((NameKind::AndroidAdvertisingId, dice.uuid())),
        _ => names.push((NameKind::Idfv, dice.uuid())),
    }
    if status == Some(Status::Authorized) {
        names.push((NameKind::Idfa, dice.uuid()));
    }
    let asked = seen - dice.below(90 * DAY as u64) as i64 - (MINUTE + dice.below(HOUR as u64) as i64);
    let batch = Batch {
        identities: vec![
            (IdentityKind::CUSTOMER_ID, format!("user-{user:06}")),
            (IdentityKind::EMAIL, format!("user-{user:06}@example.com")),
        ],
        names,
        platform: Some(platform),
        bundle: Some(app.bundle.to_owned()),
        app_name: Some(app.name.to_owned()),
        app_version: Some(format!("4.{}.1", dice.below(20))),
        os_version: Some(os_version),
        country: Some(["US", "DE", "SE", "JP", "BR"][dice.below(5) as usize].to_owned()),
        status,
        att_ms: status.map(|_| asked),
        batch_ms: Some(seen),
        ..Batch::default()
    };
    (batch, by_server)
}

/// Of users who can be asked about a quarter was not asked yet, and one in twenty cannot be.
fn answer(app: &App, dice: &mut Dice) -> Status {
    match dice.unit() {
        roll if roll < 0.05 => Status::Restricted,
        roll if roll < 0.30 => Status::NotDetermined,
        _ if dice.unit() < app.consent => Status::Authorized,
        _ => Status::Denied,
    }
}

/// Chance that a seed repeats. Source: the SplitMix64 generator of Steele, Lea and Flood (2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }

    fn uuid(&mut self) -> String {
        let digits = format!("{:016x}{:016x}", self.roll(), self.roll());
        crate::domain::device::normalized(&digits).unwrap_or(digits)
    }

    fn pick<'a>(&mut self, apps: &'a [App]) -> &'a App {
        let mut roll = self.unit();
        apps.iter()
            .find(|app| {
                roll -= app.share;
                roll < 0.0
            })
            .unwrap_or(&apps[0])
    }
}

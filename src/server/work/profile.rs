//! Looking up single profiles: personal data, so that every look-up leaves a row first.

use crate::domain::app::App;
use crate::domain::att::{Effective, effective};
use crate::domain::audit::AuditAction;
use crate::domain::device::{Device, NameKind, normalized};
use crate::domain::environment::Environment;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::{AppId, ProfileId};
use crate::domain::policy::Action;
use crate::domain::profile::IdentityKind;
use crate::domain::settings::Settings;
use crate::server::error::{Error, Result};
use crate::server::store::own::Record;
use crate::server::store::profile::{By, NamedDevice};
use crate::server::store::{Act, Actor, Change, Done, Event, Place, Store, View, Who};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::json;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fmt::Write;

/// By what somebody looks: the names of the form's choices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LookUpBy {
    #[default]
    CustomerId,
    Email,
    Mpid,
    DeviceId,
}

impl LookUpBy {
    pub const ALL: [Self; 4] = [Self::CustomerId, Self::Email, Self::Mpid, Self::DeviceId];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::CustomerId => "customer_id",
            Self::Email => "email",
            Self::Mpid => "mpid",
            Self::DeviceId => "device_id",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.as_str() == text)
    }
}

/// What the row of a look-up holds: what was typed only as a keyed hash, profiles only by their random references.
#[derive(Clone, Debug, Serialize)]
pub struct LookUpState {
    pub by: &'static str,
    pub environment: Environment,
    pub typed_hmac: String,
    pub found: Vec<String>,
}

/// Looks up profiles.
pub struct LookUpProfile;

impl Act for LookUpProfile {
    type State = LookUpState;
    const ACTION: Action = Action::LookUpProfiles;
    const AUDIT: AuditAction = AuditAction::ProfileLookedUp;
}

/// What somebody looks for.
#[derive(Clone, Debug)]
pub struct LookUp {
    pub environment: Environment,
    pub by: LookUpBy,
    pub value: String,
}

/// Finds profiles; the view they may be read from is opened after the row is written.
pub async fn look_up(store: &Store, actor: &Actor, place: Place, wanted: LookUp) -> Result<(Vec<ProfileId>, View)> {
    let invalid = |problem| Error::from(Refusal::invalid("value", problem));
    let typed = wanted.value.trim().to_owned();
    if typed.is_empty() {
        return Err(invalid(Problem::Missing));
    }
    if typed.chars().count() > 255 {
        return Err(invalid(Problem::TooLong));
    }
    if typed.contains('\0') {
        return Err(invalid(Problem::Unprintable));
    }
    let (by, value) = match wanted.by {
        LookUpBy::Mpid => (By::Mpid(typed.parse().map_err(|_| invalid(Problem::NotAnInteger))?), Some(typed)),
        LookUpBy::CustomerId => identity(IdentityKind::CUSTOMER_ID, &typed),
        LookUpBy::Email => identity(IdentityKind::EMAIL, &typed),
        LookUpBy::DeviceId => (By::Device, normalized(&typed)),
    };
    let work = move |change| find_once(change, wanted.clone(), by, value.clone().unwrap_or_default());
    store.disclose::<LookUpProfile, _, _, _>(actor, place, work).await
}

fn identity(kind: IdentityKind, typed: &str) -> (By, Option<String>) {
    (By::Identity(kind), kind.normalized(typed))
}

async fn find_once(
    mut change: Change<LookUpProfile>,
    wanted: LookUp,
    by: By,
    value: String,
) -> Result<Done<Vec<ProfileId>>> {
    let found = change.find_profiles(wanted.environment, by, &value).await?;
    let key = change.lookup_key().await?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(Error::internal)?;
    mac.update(format!("{}\n{value}", wanted.by.as_str()).as_bytes());
    let typed_hmac = mac.finalize().into_bytes().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let references: Vec<String> = found.iter().map(|profile| profile.audit_reference.clone()).collect();
    let state =
        LookUpState { by: wanted.by.as_str(), environment: wanted.environment, typed_hmac, found: references.clone() };
    let target = if references.is_empty() { "nobody".to_owned() } else { references.join(" ") };
    let ids = found.into_iter().map(|profile| profile.id).collect();
    change.commit(target, None, Some(state), None, ids).await
}

/// What is needed to read devices as they are now.
pub struct Reader {
    pub settings: Settings,
    pub apps: BTreeMap<AppId, App>,
}

/// A device as it may be shown: through the gate.
pub struct Known {
    pub device: Device,
    pub effective: Effective,
    /// Its ids, without an IDFA that the status does not permit.
    pub names: Vec<(NameKind, String)>,
    /// Whether an IDFA is held back.
    pub withheld: bool,
}

impl Reader {
    pub async fn read(view: &mut View) -> Result<Self> {
        let apps = view.apps().await?.into_iter().map(|app| (app.id, app)).collect();
        Ok(Self { settings: view.settings().await?, apps })
    }

    /// The effective status of a device, and its origin.
    pub fn effective(&self, device: &Device) -> Effective {
        effective(device.platform, device.held.map(|held| held.status), self.settings.default)
    }

    /// The device with its ids, through the gate.
    pub fn known(&self, NamedDevice { device, names }: NamedDevice) -> Known {
        let Settings { policy, default, .. } = self.settings;
        let may_keep = device.may_keep_idfa(policy, default);
        let held_back = |kind: &NameKind| *kind == NameKind::Idfa && !may_keep;
        let withheld = names.iter().any(|(kind, _)| held_back(kind));
        let shown = |(kind, _): &(NameKind, String)| !held_back(kind) && *kind != NameKind::Profile;
        Known { effective: self.effective(&device), names: names.into_iter().filter(shown).collect(), withheld, device }
    }
}

/// Writes one row for each token and minute in which it read profiles, once the minute has closed.
pub async fn write_accesses(store: &Store) -> Result<()> {
    store
        .own(|mut own| async move {
            let taken = own.take_closed_accesses().await?;
            let mut rows = Vec::new();
            for access in taken {
                let actor = Actor { who: Who::Token(access.token_id), ..Actor::system("profile reads") };
                let state = json!({"minute_ms": access.minute, "reads": access.n});
                let target = access.token_id.to_string();
                let row = Record::installation(&actor, AuditAction::ProfilesRead, target, state);
                let row = own.by_token(access.token_id, row).await?;
                rows.push(own.row_of(access.workspace_id, row).await?);
            }
            own.commit(if rows.is_empty() { Event::Housekeeping("old names of profiles") } else { Event::Audit(rows) })
                .await
        })
        .await
}

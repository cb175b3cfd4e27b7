//! Looking up single profiles: personal data, so that every look-up leaves a row first.

use super::Services;
use crate::domain::app::App;
use crate::domain::att::{Effective, effective};
use crate::domain::audit::AuditAction;
use crate::domain::device::Device;
use crate::domain::environment::Environment;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::{AppId, ProfileId};
use crate::domain::identifier::{IdentifierKind, normalized};
use crate::domain::identity::IdentityKind;
use crate::domain::permission::Permission;
use crate::domain::privacy::Settings;
use crate::domain::profile::LookUpBy;
use crate::server::error::{Error, Result};
use crate::server::hex::hex;
use crate::server::store::profile::{FindBy, IdentifiedDevice};
use crate::server::store::{Act, Actor, Change, Done, Record, Store, SystemTx, Trail, View, Who, WorkspaceRef};
use hmac::Mac;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// What the row of a look-up holds: what was typed only as a keyed hash, profiles only by their random references.
#[derive(Clone, Debug, Serialize)]
pub struct LookUpSnapshot {
    pub by: &'static str,
    pub environment: Environment,
    pub typed_hmac: String,
    /// The generation of the installation's keys that the hash was made with.
    pub key_generation: i64,
    pub found: Vec<String>,
}

/// Looks up profiles.
pub struct LookUpProfile;

impl Act for LookUpProfile {
    type Snapshot = LookUpSnapshot;
    const PERMISSION: Permission = Permission::LookUpProfiles;
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
pub async fn look_up(
    store: &Store,
    actor: &Actor,
    workspace: WorkspaceRef,
    asked: LookUp,
) -> Result<(Vec<ProfileId>, View)> {
    let invalid = |problem| Error::from(Refusal::invalid("value", problem));
    let typed = asked.value.trim().to_owned();
    if typed.is_empty() {
        return Err(invalid(Problem::Missing));
    }
    if typed.chars().count() > 255 {
        return Err(invalid(Problem::TooLong));
    }
    if typed.contains('\0') {
        return Err(invalid(Problem::Unprintable));
    }
    let (by, value) = match asked.by {
        LookUpBy::Mpid => (FindBy::Mpid(typed.parse().map_err(|_| invalid(Problem::NotAnInteger))?), Some(typed)),
        LookUpBy::CustomerId => identity(IdentityKind::CustomerId, &typed),
        LookUpBy::Email => identity(IdentityKind::Email, &typed),
        LookUpBy::DeviceId => (FindBy::Device(None), normalized(&typed)),
    };
    let work = move |change| find_once(change, asked.clone(), by, value.clone().unwrap_or_default());
    store.disclose(actor, workspace, work).await
}

fn identity(kind: IdentityKind, typed: &str) -> (FindBy, Option<String>) {
    (FindBy::Identity(kind), kind.normalized(typed))
}

async fn find_once(
    mut change: Change<LookUpProfile>,
    asked: LookUp,
    by: FindBy,
    value: String,
) -> Result<Done<Vec<ProfileId>>> {
    let found = change.find_profiles(asked.environment, by, &value).await?;
    let keyring = change.keyring().now();
    let mut mac = keyring.look_ups().mac()?;
    mac.update(format!("{}\n{value}", asked.by.as_str()).as_bytes());
    let typed_hmac = hex(&mac.finalize().into_bytes());
    let references: Vec<String> = found.iter().map(|profile| profile.audit_reference.clone()).collect();
    let state = LookUpSnapshot {
        by: asked.by.as_str(),
        environment: asked.environment,
        typed_hmac,
        key_generation: keyring.in_use(),
        found: references.clone(),
    };
    let target = if references.is_empty() { "nobody".to_owned() } else { references.join(" ") };
    let ids = found.into_iter().map(|profile| profile.id).collect();
    change.commit(target, None, Some(state), None, ids).await
}

/// What is needed to read devices as they are now.
pub struct DeviceReader {
    pub settings: Settings,
    pub apps: BTreeMap<AppId, App>,
}

/// A device as it may be shown: through the gate.
pub struct GatedDevice {
    pub device: Device,
    pub effective: Effective,
    /// Its ids, without an IDFA that the status does not permit.
    pub identifiers: Vec<(IdentifierKind, String)>,
    /// Whether an IDFA is withheld.
    pub withheld: bool,
}

impl DeviceReader {
    pub async fn read(view: &mut View) -> Result<Self> {
        let apps = view.apps().await?.into_iter().map(|app| (app.id, app)).collect();
        Ok(Self { settings: view.settings().await?, apps })
    }

    /// The effective status of a device, and its origin.
    pub fn effective(&self, device: &Device) -> Effective {
        effective(device.platform, device.reported.map(|reported| reported.status), self.settings.default)
    }

    /// The device with its ids, through the gate.
    ///
    /// # Errors
    /// [`Error::Internal`] when an IDFA is not sealed by this installation's key.
    pub fn gated(
        &self,
        view: &View,
        IdentifiedDevice { device, identifiers }: IdentifiedDevice,
    ) -> Result<GatedDevice> {
        let Settings { policy, default, .. } = self.settings;
        let may_keep = device.may_keep_idfa(policy, default);
        let withheld_idfa = |kind: &IdentifierKind| *kind == IdentifierKind::Idfa && !may_keep;
        let withheld = identifiers.iter().any(|(kind, _)| withheld_idfa(kind));
        let shown = |(kind, _): &(IdentifierKind, String)| !withheld_idfa(kind) && kind.is_sent();
        let unsealed = |(kind, value): (IdentifierKind, String)| match kind {
            IdentifierKind::Idfa => Ok((kind, view.unseal(&value)?)),
            _ => Ok((kind, value)),
        };
        Ok(GatedDevice {
            effective: self.effective(&device),
            identifiers: identifiers.into_iter().filter(shown).map(unsealed).collect::<Result<_>>()?,
            withheld,
            device,
        })
    }
}

/// Writes one row for each token and minute in which it read profiles, once the minute has closed.
pub async fn write_accesses(services: &Services) -> Result<()> {
    services.system.transaction(write_accesses_once).await
}

async fn write_accesses_once(mut tx: SystemTx) -> Result<()> {
    let mut rows = Vec::new();
    for access in tx.take_closed_accesses().await? {
        let actor = Actor::here(Who::Token(access.token_id));
        let state = json!({"minute_ms": access.minute, "reads": access.n});
        let target = access.token_id.to_string();
        let row = Record::installation(&actor, AuditAction::ProfilesRead, target, state);
        let row = tx.by_token(access.token_id, row).await?;
        rows.push(tx.row_of(access.workspace_id, row).await?);
    }
    let nothing_read = Trail::Unaudited("old names of profiles");
    tx.commit(if rows.is_empty() { nothing_read } else { Trail::Audited(rows) }).await
}

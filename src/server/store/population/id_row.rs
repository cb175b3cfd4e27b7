//! The rows of the ids that lead to devices and profiles.

use crate::domain::environment::Environment;
use crate::domain::id::{AppId, DeviceId, ProfileId};
use crate::domain::identifier::{Identifier, IdentifierKind};
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::joins::{Joins, Lead};
use crate::domain::time::Day;
use crate::server::store::row::rows;

rows! {
    pub(in crate::server::store) device_identifiers: IdentifierRow {
        key {
            environment: Environment as bigint,
            app_id: AppId as bigint,
            kind: IdentifierKind as text,
            value: String as text,
        }
        fixed {}
        changing {
            device_id: DeviceId as bigint,
            joined_on: Day as bigint,
            joined: i64 as bigint,
        }
    }
}

rows! {
    /// What an identifier is looked for by.
    pub(in crate::server::store) identifier_keys: IdentifierKey {
        key {
            environment: Environment as bigint,
            app_id: AppId as bigint,
            kind: IdentifierKind as text,
            value: String as text,
        }
        fixed {}
        changing {}
    }
}

rows! {
    /// What an identity is looked for by.
    pub(in crate::server::store) identity_keys: IdentityKey {
        key {
            environment: Environment as bigint,
            kind: IdentityKind as text,
            value: String as text,
        }
        fixed {}
        changing {}
    }
}

rows! {
    pub(in crate::server::store) identities: IdentityRow {
        key {
            environment: Environment as bigint,
            kind: IdentityKind as text,
            value: String as text,
        }
        fixed {}
        changing {
            profile_id: ProfileId as bigint,
            joined_on: Day as bigint,
            joined: i64 as bigint,
        }
    }
}

impl IdentifierKey {
    pub fn new(environment: Environment, app: AppId, kind: IdentifierKind, value: &str) -> Self {
        Self { environment, app_id: app, kind, value: value.to_owned() }
    }
}

impl From<&Identifier> for IdentifierKey {
    fn from(identifier: &Identifier) -> Self {
        Self::new(identifier.environment, identifier.app, identifier.kind, &identifier.value)
    }
}

impl From<IdentifierRow> for (Identifier, Lead<DeviceId>) {
    fn from(row: IdentifierRow) -> Self {
        let IdentifierRow { environment, app_id, kind, value, device_id, joined_on, joined } = row;
        let lead = Lead { to: device_id, joins: Joins { on: joined_on, n: joined } };
        (Identifier { environment, app: app_id, kind, value }, lead)
    }
}

impl From<(&Identifier, &Lead<DeviceId>)> for IdentifierRow {
    fn from((identifier, lead): (&Identifier, &Lead<DeviceId>)) -> Self {
        let Identifier { environment, app, kind, value } = identifier;
        let Lead { to, joins } = *lead;
        let (environment, app_id, kind, value) = (*environment, *app, *kind, value.clone());
        Self { environment, app_id, kind, value, device_id: to, joined_on: joins.on, joined: joins.n }
    }
}

impl From<(&Identity, &Lead<ProfileId>)> for IdentityRow {
    fn from((identity, lead): (&Identity, &Lead<ProfileId>)) -> Self {
        let Identity { environment, kind, value } = identity;
        let Lead { to, joins } = *lead;
        let (environment, kind, value) = (*environment, *kind, value.clone());
        Self { environment, kind, value, profile_id: to, joined_on: joins.on, joined: joins.n }
    }
}

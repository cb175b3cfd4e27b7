//! The profile as it is returned, its IDFA through the gate.

use super::question::Fields;
use crate::domain::att::{Origin, Reported, Status};
use crate::domain::environment::Environment;
use crate::domain::error::Refusal;
use crate::domain::id::ProfileId;
use crate::domain::platform::Platform;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::services::profile::{DeviceReader, GatedDevice};
use crate::server::store::View;
use crate::server::store::profile::{AppUser, DEVICES_OF_A_PAGE};
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// A profile, with the fields that were asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = Profile)]
pub struct ProfileAnswer {
    mpid: i64,
    environment_type: Environment,
    #[schema(value_type = i64)]
    created_timestamp_ms: Millis,
    #[schema(value_type = i64)]
    last_stored_timestamp_ms: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    user_identities: Option<Vec<Identity>>,
    /// Ids of its devices, the IDFA through the gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    device_identities: Option<Vec<Identity>>,
    /// At most 50, the newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    devices: Option<Vec<DeviceAnswer>>,
    /// There are more devices: `devices_after` of the question that answers the next ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_devices_after: Option<String>,
}

/// An identity of a user or a device.
#[derive(Serialize, ToSchema)]
pub struct Identity {
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

/// One installation of an app on a device.
#[derive(Serialize, ToSchema)]
#[schema(as = Device)]
pub struct DeviceAnswer {
    application: Application,
    /// The IDFA through the gate.
    device_identities: Vec<Identity>,
    platform: Platform,
    #[schema(required)]
    os_version: Option<String>,
    #[schema(required)]
    application_version: Option<String>,
    #[schema(value_type = i64)]
    first_seen_timestamp_ms: Millis,
    #[schema(value_type = i64)]
    last_seen_timestamp_ms: Millis,
    att: Att,
}

/// The app of a device.
#[derive(Serialize, ToSchema)]
pub struct Application {
    #[schema(required)]
    name: Option<String>,
    /// The bundle id.
    #[schema(required)]
    package: Option<String>,
}

/// The effective status of a device, and where it comes from.
#[derive(Serialize, ToSchema)]
pub struct Att {
    /// Null: unknown, or not an Apple platform.
    #[schema(required)]
    authorization_status: Option<Status>,
    origin: Origin,
    /// What the device reported itself.
    #[schema(required)]
    explicit_status: Option<Status>,
    /// When the status began; null for one that comes from the default.
    #[schema(required, value_type = Option<i64>)]
    timestamp_unixtime_ms: Option<Millis>,
    /// The latest moment it was reported for; null for one that comes from the default, and where it was reported while this
    /// server's clock was ahead.
    #[schema(required, value_type = Option<i64>)]
    as_of_unixtime_ms: Option<Millis>,
    settings_version: i64,
}

/// Reads the profile with this id, and returns the fields of it that were asked for.
pub(super) async fn answer(
    view: &mut View,
    environment: Environment,
    id: ProfileId,
    fields: Fields,
) -> Result<Json<ProfileAnswer>> {
    let reader = DeviceReader::read(view).await?;
    let found =
        view.app_user(environment, id, fields.devices_after, DEVICES_OF_A_PAGE).await?.ok_or(Refusal::NotFound)?;
    let AppUser { profile, identities, devices, next, .. } = found;
    let devices = devices.into_iter().map(|device| reader.gated(view, device));
    let devices: Vec<GatedDevice> = devices.collect::<Result<_>>()?;
    Ok(Json(ProfileAnswer {
        mpid: profile.mpid,
        environment_type: environment,
        created_timestamp_ms: profile.first_seen,
        last_stored_timestamp_ms: profile.last_seen,
        user_identities: fields
            .user_identities
            .then(|| named(identities.iter().map(|(kind, value)| (kind.as_str(), value)))),
        device_identities: fields.device_identities.then(|| devices.iter().flat_map(names).collect()),
        devices: fields.devices.then(|| devices.iter().map(|known| device(&reader, known)).collect()),
        next_devices_after: next.filter(|_| fields.devices || fields.device_identities).map(|next| next.0.to_string()),
    }))
}

fn named<'a>(identities: impl Iterator<Item = (&'a str, &'a String)>) -> Vec<Identity> {
    identities.map(|(kind, value)| Identity { kind: kind.to_owned(), value: value.clone() }).collect()
}

fn names(known: &GatedDevice) -> Vec<Identity> {
    named(known.identifiers.iter().map(|(kind, value)| (kind.as_str(), value)))
}

fn device(reader: &DeviceReader, known: &GatedDevice) -> DeviceAnswer {
    let device = &known.device;
    let app = reader.apps.get(&device.app);
    DeviceAnswer {
        application: Application {
            name: app.map(|app| app.name.clone()),
            package: app.and_then(|app| app.bundle.clone()),
        },
        device_identities: names(known),
        platform: device.platform,
        os_version: device.os_version.clone(),
        application_version: device.app_version.clone(),
        first_seen_timestamp_ms: device.first_seen,
        last_seen_timestamp_ms: device.last_seen,
        att: Att {
            authorization_status: known.effective.status,
            origin: known.effective.origin,
            explicit_status: explicit(known).map(|reported| reported.status),
            timestamp_unixtime_ms: explicit(known).map(|reported| reported.since),
            as_of_unixtime_ms: explicit(known).and_then(|reported| reported.confirmed()),
            settings_version: reader.settings.version,
        },
    }
}

fn explicit(known: &GatedDevice) -> Option<Reported> {
    known.device.reported.filter(|_| known.effective.origin == Origin::Explicit)
}

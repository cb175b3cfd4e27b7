//! The Profile API: single profiles for scripts, every read of which leaves its trace.

use super::question::{Asked, asked, bad, object, only};
use super::refused::{Errors, Refused};
use super::schema;
use crate::domain::att::{Origin, Reported, Status};
use crate::domain::environment::Environment;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::ProfileId;
use crate::domain::identifier::{IdentifierKind, normalized};
use crate::domain::identity::IdentityKind;
use crate::domain::json::{self, Object};
use crate::domain::permission::Permission;
use crate::domain::platform::Platform;
use crate::domain::text::Slug;
use crate::domain::time::Millis;
use crate::server::error::{Error, Result};
use crate::server::http::caller::Script;
use crate::server::services::profile::{Known, Reader};
use crate::server::state::AppState;
use crate::server::store::access::Labelled;
use crate::server::store::profile::{By, Person};
use crate::server::store::{View, WorkspaceRef};
use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The largest body of a question, in bytes.
const LARGEST: usize = 16 * 1024;

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
    /// Ids of all its devices, the IDFA through the gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    device_identities: Option<Vec<Identity>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    devices: Option<Vec<DeviceAnswer>>,
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
    /// The latest moment it was reported for; null for one that comes from the default.
    #[schema(required, value_type = Option<i64>)]
    as_of_unixtime_ms: Option<Millis>,
    settings_version: i64,
}

/// Whose profile is asked for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, so that faults name theirs")]
pub struct ProfileQuestion {
    /// Production unless set.
    #[schema(nullable = false)]
    environment_type: Option<Environment>,
    identity: QuestionIdentity,
}

/// A user's identity such as `customer_id`, or a device's id such as `ios_idfv`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "as above")]
pub struct QuestionIdentity {
    #[schema(schema_with = schema::asked_kind)]
    r#type: String,
    #[schema(max_length = 255, pattern = r"^[^\u0000]*$")]
    value: String,
}

/// What an answer holds beside the profile itself.
#[derive(Clone, Copy, Debug, Default)]
struct Fields {
    device_identities: bool,
    user_identities: bool,
    devices: bool,
}

impl Fields {
    fn read(query: &Asked) -> Result<Self> {
        let mut fields = Self::default();
        for field in asked(query, "fields")?.into_iter().flat_map(|list| list.split(',')) {
            match field {
                "device_identities" => fields.device_identities = true,
                "user_identities" => fields.user_identities = true,
                "devices" => fields.devices = true,
                _ => return Err(bad("fields", Problem::NotOneOf)),
            }
        }
        Ok(fields)
    }
}

/// The workspace, by its labels.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct Whose {
    /// The workspace's label of that name; `main` unless it was set.
    org: String,
    /// The workspace's label of that name; `main` unless it was set.
    account: String,
    /// The workspace's slug.
    workspace: String,
}

impl Whose {
    fn labelled(&self) -> Result<Labelled> {
        let slug = |text: &str| Slug::parse(text).map_err(|_| Error::from(Refusal::NotFound));
        Ok(Labelled { org: slug(&self.org)?, account: slug(&self.account)?, workspace: slug(&self.workspace)? })
    }
}

/// Which profile of it.
#[derive(Deserialize)]
pub struct Mpid {
    mpid: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "described; read by hand, so that faults name theirs")]
struct FieldsAsked {
    /// A comma list of device_identities, user_identities, devices.
    #[param(pattern = r"^(device_identities|user_identities|devices)(,(device_identities|user_identities|devices))*$")]
    fields: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "as above")]
struct EnvironmentAsked {
    /// Production unless set.
    #[param(inline)]
    environment_type: Option<Environment>,
}

/// The profile of an mpid.
#[utoipa::path(
    get,
    path = "/userprofile/v1/{org}/{account}/{workspace}/{mpid}",
    operation_id = "profile_by_mpid",
    tag = "Profile API",
    security(("token" = [])),
    params(Whose, ("mpid" = i64, Path, description = "The profile's id."), FieldsAsked, EnvironmentAsked),
    responses((status = 200, description = "The profile.", body = ProfileAnswer), Refused)
)]
pub async fn get_by_mpid(
    script: Script,
    state: State<AppState>,
    whose: Path<Whose>,
    mpid: Path<Mpid>,
    query: Asked,
) -> Result<Json<ProfileAnswer>> {
    by_mpid(script, state, whose, mpid, query).await
}

/// The same, for clients that only post.
#[utoipa::path(
    post,
    path = "/userprofile/v1/{org}/{account}/{workspace}/{mpid}",
    operation_id = "post_profile_by_mpid",
    tag = "Profile API",
    security(("token" = [])),
    params(Whose, ("mpid" = i64, Path, description = "The profile's id."), FieldsAsked, EnvironmentAsked),
    responses((status = 200, description = "The profile.", body = ProfileAnswer), Refused)
)]
pub async fn post_by_mpid(
    script: Script,
    state: State<AppState>,
    whose: Path<Whose>,
    mpid: Path<Mpid>,
    query: Asked,
) -> Result<Json<ProfileAnswer>> {
    by_mpid(script, state, whose, mpid, query).await
}

async fn by_mpid(
    script: Script,
    State(state): State<AppState>,
    Path(whose): Path<Whose>,
    Path(Mpid { mpid }): Path<Mpid>,
    query: Asked,
) -> Result<Json<ProfileAnswer>> {
    only(&query, &["fields", "environment_type"])?;
    let (labelled, fields) = (whose.labelled()?, Fields::read(&query)?);
    let environment = environment_of(asked(&query, "environment_type")?)?;
    // What is no number is nobody's mpid; it is asked for all the same, so that the permit comes first.
    let by = By::Mpid(mpid.parse().unwrap_or_default());
    let (found, mut view) = state.store.find_for_token(&script.0, labelled, environment, by, String::new()).await?;
    let found = found.filter(|_| mpid.parse::<i64>().is_ok()).ok_or(Refusal::NotFound)?;
    answer(&mut view, environment, found.id, fields).await
}

fn environment_of(text: Option<&str>) -> Result<Environment> {
    let parse = |text| Environment::parse(text).ok_or_else(|| bad("environment_type", Problem::NotAnEnvironment));
    text.map_or(Ok(Environment::default()), parse)
}

/// The profile of an identity.
#[utoipa::path(
    post,
    path = "/userprofile/v1/resolve/{org}/{account}/{workspace}",
    tag = "Profile API",
    security(("token" = [])),
    params(Whose, FieldsAsked),
    request_body = ProfileQuestion,
    responses(
        (status = 200, description = "The profile.", body = ProfileAnswer),
        Refused,
        (status = 413, description = "More than 16 KB.", body = Errors),
    )
)]
pub async fn resolve(
    script: Script,
    State(state): State<AppState>,
    Path(whose): Path<Whose>,
    query: Asked,
    request: Request,
) -> Result<Json<ProfileAnswer>> {
    only(&query, &["fields"])?;
    let (labelled, fields) = (whose.labelled()?, Fields::read(&query)?);
    // Who may not look anybody up learns nothing from the body's faults.
    let slug = WorkspaceRef::Slug(labelled.workspace.clone());
    state.store.view(&script.0, slug, Permission::LookUpProfiles).await?;
    let body = to_bytes(request.into_body(), LARGEST).await.map_err(|_| Refusal::TooLarge)?;
    let (environment, by, value) = read_question(&body)?;
    let (found, mut view) = state.store.find_for_token(&script.0, labelled, environment, by, value).await?;
    answer(&mut view, environment, found.ok_or(Refusal::NotFound)?.id, fields).await
}

fn read_question(body: &[u8]) -> Result<(Environment, By, String)> {
    let object = object(body)?;
    let text = |object: &Object, field: &str, told: &'static str| match object.field(field) {
        json::Field::Value(raw) => {
            json::kept_text(raw).map(|text| Some(text.into_owned())).map_err(|problem| bad(told, problem))
        }
        json::Field::Absent => Ok(None),
        json::Field::Repeated => Err(bad(told, Problem::Repeated)),
    };
    let environment = text(&object, "environment_type", "environment_type")?;
    let environment = environment_of(environment.as_deref())?;
    let identity = match object.field("identity") {
        json::Field::Value(raw) => Object::read(raw).map_err(|problem| bad("identity", problem))?,
        json::Field::Absent => return Err(bad("identity", Problem::Missing)),
        json::Field::Repeated => return Err(bad("identity", Problem::Repeated)),
    };
    let kind = text(&identity, "type", "identity.type")?.ok_or_else(|| bad("identity.type", Problem::Missing))?;
    let value = text(&identity, "value", "identity.value")?.ok_or_else(|| bad("identity.value", Problem::Missing))?;
    if let Some(kind) = IdentityKind::parse(&kind) {
        return Ok((environment, By::Identity(kind), kind.normalized(&value).unwrap_or_default()));
    }
    let device = IdentifierKind::parse_sent(&kind);
    device.ok_or_else(|| bad("identity.type", Problem::NotOneOf))?;
    Ok((environment, By::Device, normalized(&value).unwrap_or_default()))
}

async fn answer(
    view: &mut View,
    environment: Environment,
    id: ProfileId,
    fields: Fields,
) -> Result<Json<ProfileAnswer>> {
    let reader = Reader::read(view).await?;
    let Person { profile, identities, devices } = view.person(environment, id).await?.ok_or(Refusal::NotFound)?;
    let devices: Vec<Known> = devices.into_iter().map(|device| reader.known(device)).collect();
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
    }))
}

fn named<'a>(identities: impl Iterator<Item = (&'a str, &'a String)>) -> Vec<Identity> {
    identities.map(|(kind, value)| Identity { kind: kind.to_owned(), value: value.clone() }).collect()
}

fn names(known: &Known) -> Vec<Identity> {
    named(known.identifiers.iter().map(|(kind, value)| (kind.as_str(), value)))
}

fn device(reader: &Reader, known: &Known) -> DeviceAnswer {
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
            explicit_status: device.reported.map(|reported| reported.status),
            timestamp_unixtime_ms: explicit(known).map(|reported| reported.since),
            as_of_unixtime_ms: explicit(known).map(|reported| reported.as_of),
            settings_version: reader.settings.version,
        },
    }
}

fn explicit(known: &Known) -> Option<Reported> {
    known.device.reported.filter(|_| known.effective.origin == Origin::Explicit)
}

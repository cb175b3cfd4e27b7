//! The Profile API: single profiles for scripts, every read of which leaves its trace.

use super::admin::{Asked, asked, bad, only};
use super::caller::Script;
use crate::domain::att::Origin;
use crate::domain::device::NameKind;
use crate::domain::environment::Environment;
use crate::domain::error::{Problem, Refusal};
use crate::domain::json::{self, Object};
use crate::domain::profile::IdentityKind;
use crate::domain::text::Slug;
use crate::server::error::{Error, Result};
use crate::server::state::State as AppState;
use crate::server::store::View;
use crate::server::store::access::Labelled;
use crate::server::store::profile::{By, Person};
use crate::server::work::profile::{Known, Reader};
use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Path, Request, State as Shared};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The largest body of a question, in bytes.
const LARGEST: usize = 16 * 1024;

/// What an answer holds beside the profile itself.
#[derive(Clone, Copy, Debug, Default)]
struct Fields {
    device_identities: bool,
    user_identities: bool,
    devices: bool,
}

impl Fields {
    fn read(asked: &Asked) -> Result<Self> {
        let mut fields = Self::default();
        let given = asked.0.iter().filter(|(name, _)| name == "fields").flat_map(|(_, list)| list.split(','));
        for field in given.map(str::trim).filter(|field| !field.is_empty()) {
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

fn labelled(org: &str, account: &str, workspace: &str) -> Result<Labelled> {
    let slug = |text: &str| Slug::parse(text).map_err(|_| Error::from(Refusal::NotFound));
    Ok(Labelled { org: slug(org)?, account: slug(account)?, workspace: slug(workspace)? })
}

/// `GET` and `POST {mpid}`: the profile of an mpid.
pub async fn by_mpid(
    script: Script,
    Shared(state): Shared<AppState>,
    Path((org, account, workspace, mpid)): Path<(String, String, String, String)>,
    query: Asked,
) -> Result<Json<Value>> {
    only(&query, &["fields", "environment_type"])?;
    let (place, fields) = (labelled(&org, &account, &workspace)?, Fields::read(&query)?);
    let environment = environment_of(asked(&query, "environment_type")?)?;
    // What is no number is nobody's mpid; it is asked for all the same, so that the permit comes first.
    let by = By::Mpid(mpid.parse().unwrap_or_default());
    let (found, mut view) = state.store.find_for_token(&script.0, place, environment, by, String::new()).await?;
    let found = found.filter(|_| mpid.parse::<i64>().is_ok()).ok_or(Refusal::NotFound)?;
    answer(&mut view, environment, found.id, fields).await
}

fn environment_of(text: Option<&str>) -> Result<Environment> {
    let parse = |text| Environment::parse(text).ok_or_else(|| bad("environment_type", Problem::NotAnEnvironment));
    text.map_or(Ok(Environment::default()), parse)
}

/// `POST resolve`: the profile of an identity.
pub async fn resolve(
    script: Script,
    Shared(state): Shared<AppState>,
    Path((org, account, workspace)): Path<(String, String, String)>,
    query: Asked,
    request: Request,
) -> Result<Json<Value>> {
    only(&query, &["fields"])?;
    let (place, fields) = (labelled(&org, &account, &workspace)?, Fields::read(&query)?);
    // Who may not look anybody up learns nothing from the body's faults.
    let slug = crate::server::store::Place::Slug(place.workspace.clone());
    state.store.view(&script.0, slug, crate::domain::policy::Action::LookUpProfiles).await?;
    let body = to_bytes(request.into_body(), LARGEST).await.map_err(|_| Refusal::TooLarge)?;
    let (environment, by, value) = read_question(&body)?;
    let (found, mut view) = state.store.find_for_token(&script.0, place, environment, by, value).await?;
    answer(&mut view, environment, found.ok_or(Refusal::NotFound)?.id, fields).await
}

fn read_question(body: &[u8]) -> Result<(Environment, By, String)> {
    let text = std::str::from_utf8(body).map_err(|_| bad("", Problem::NotJson))?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|_| bad("", Problem::NotJson))?;
    let object = Object::read(raw).map_err(|problem| bad("", problem))?;
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
    let device = NameKind::parse(&kind).filter(|kind| *kind != NameKind::Profile);
    device.ok_or_else(|| bad("identity.type", Problem::NotOneOf))?;
    Ok((environment, By::Device, crate::domain::device::normalized(&value).unwrap_or_default()))
}

async fn answer(
    view: &mut View,
    environment: Environment,
    id: crate::domain::id::ProfileId,
    fields: Fields,
) -> Result<Json<Value>> {
    let reader = Reader::read(view).await?;
    let Person { profile, identities, devices } = view.person(environment, id).await?.ok_or(Refusal::NotFound)?;
    let devices: Vec<Known> = devices.into_iter().map(|device| reader.known(device)).collect();
    let mut answer = json!({
        "mpid": profile.mpid,
        "environment_type": environment,
        "created_timestamp_ms": profile.first_seen,
        "last_stored_timestamp_ms": profile.last_seen,
    });
    let identity = |kind: &str, value: &str| json!({"type": kind, "value": value});
    if fields.user_identities {
        answer["user_identities"] = identities.iter().map(|(kind, value)| identity(kind.as_str(), value)).collect();
    }
    let names = |known: &Known| known.names.iter().map(|(kind, value)| identity(kind.as_str(), value)).collect();
    if fields.device_identities {
        answer["device_identities"] = devices.iter().flat_map(|known| -> Vec<Value> { names(known) }).collect();
    }
    if fields.devices {
        answer["devices"] = devices.iter().map(|known| device(&reader, known, names(known))).collect();
    }
    Ok(Json(answer))
}

fn device(reader: &Reader, known: &Known, identities: Vec<Value>) -> Value {
    let device = &known.device;
    let app = reader.apps.get(&device.app);
    json!({
        "application": {"name": app.map(|app| &app.name), "package": app.and_then(|app| app.bundle.as_ref())},
        "device_identities": identities,
        "platform": device.platform,
        "os_version": device.os_version,
        "application_version": device.app_version,
        "first_seen_timestamp_ms": device.first_seen,
        "last_seen_timestamp_ms": device.last_seen,
        "att": {
            "authorization_status": known.effective.status,
            "origin": known.effective.origin,
            "explicit_status": device.held.map(|held| held.status),
            "timestamp_unixtime_ms": explicit(known).map(|held| held.since),
            "as_of_unixtime_ms": explicit(known).map(|held| held.as_of),
            "settings_version": reader.settings.version,
        },
    })
}

fn explicit(known: &Known) -> Option<crate::domain::att::Held> {
    known.device.held.filter(|_| known.effective.origin == Origin::Explicit)
}

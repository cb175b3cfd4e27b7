//! What a profile is asked for by, and which fields of it.

use crate::domain::environment::Environment;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::DeviceId;
use crate::domain::identifier::{IdentifierKind, normalized};
use crate::domain::identity::IdentityKind;
use crate::domain::json::{self, Object};
use crate::domain::text::Slug;
use crate::server::error::{Error, Result};
use crate::server::http::api::query::{ApiQuery, asked, bad, object, parsed};
use crate::server::http::api::schema;
use crate::server::store::access::Labelled;
use crate::server::store::profile::FindBy;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// By what a profile is asked for.
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

/// Which fields are returned beside the profile itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fields {
    pub device_identities: bool,
    pub user_identities: bool,
    pub devices: bool,
    /// The device after which those begin that are returned.
    pub devices_after: Option<DeviceId>,
}

impl Fields {
    pub fn read(query: &ApiQuery) -> Result<Self> {
        let mut fields = Self::default();
        for field in asked(query, "fields")?.into_iter().flat_map(|list| list.split(',')) {
            match field {
                "device_identities" => fields.device_identities = true,
                "user_identities" => fields.user_identities = true,
                "devices" => fields.devices = true,
                _ => return Err(bad("fields", Problem::NotOneOf)),
            }
        }
        fields.devices_after = parsed(query, "devices_after", |text| text.parse().ok().map(DeviceId))?;
        Ok(fields)
    }
}

/// The workspace, by its labels.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct WorkspacePath {
    /// The workspace's label of that name; `main` unless it was set.
    org: String,
    /// The workspace's label of that name; `main` unless it was set.
    account: String,
    /// The workspace's slug.
    workspace: String,
}

impl WorkspacePath {
    pub fn labelled(&self) -> Result<Labelled> {
        let slug = |text: &str| Slug::parse(text).map_err(|_| Error::from(Refusal::NotFound));
        Ok(Labelled { org: slug(&self.org)?, account: slug(&self.account)?, workspace: slug(&self.workspace)? })
    }
}

/// The profile in it, as the address names it.
#[derive(Deserialize)]
pub struct Mpid {
    pub mpid: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "described; read by hand, so that faults name theirs")]
pub(super) struct FieldsParam {
    /// A comma list of device_identities, user_identities, devices.
    #[param(pattern = r"^(device_identities|user_identities|devices)(,(device_identities|user_identities|devices))*$")]
    fields: Option<String>,
    /// Only devices after those of an answer before: its `next_devices_after`.
    #[param(pattern = r"^[0-9]{1,18}$")]
    devices_after: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "as above")]
pub(super) struct EnvironmentParam {
    /// Production unless set.
    #[param(inline)]
    environment_type: Option<Environment>,
}

/// The environment that is asked for, production unless set.
pub(super) fn environment_of(text: Option<&str>) -> Result<Environment> {
    let parse = |text| Environment::parse(text).ok_or_else(|| bad("environment_type", Problem::NotAnEnvironment));
    text.map_or(Ok(Environment::default()), parse)
}

/// Reads a body: the environment, and by what the profile is asked for.
pub(super) fn read_question(body: &[u8]) -> Result<(Environment, FindBy, String)> {
    let object = object(body)?;
    let text = |object: &Object, field: &str, path: &'static str| match object.field(field) {
        json::Field::Value(raw) => {
            json::kept_text(raw).map(|text| Some(text.into_owned())).map_err(|problem| bad(path, problem))
        }
        json::Field::Absent => Ok(None),
        json::Field::Repeated => Err(bad(path, Problem::Repeated)),
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
    if let Some(kind) = IdentityKind::of_sender(&kind) {
        return Ok((environment, FindBy::Identity(kind), kind.normalized(&value).unwrap_or_default()));
    }
    let kind = IdentifierKind::parse_sent(&kind).ok_or_else(|| bad("identity.type", Problem::NotOneOf))?;
    Ok((environment, FindBy::Device(Some(kind)), normalized(&value).unwrap_or_default()))
}

//! Names of the domain as the document knows them, and the shapes that interfaces share.

use crate::domain::att::{Origin, Policy, Status};
use crate::domain::audit::AuditAction;
use crate::domain::count::{BreakdownBy, Unit};
use crate::domain::data_problem::DataProblem;
use crate::domain::environment::Environment;
use crate::domain::error::Code;
use crate::domain::identifier::IdentifierKind;
use crate::domain::identity::IdentityKind;
use crate::domain::json::LONGEST_KEPT;
use crate::domain::metric::Basis;
use crate::domain::platform::Platform;
use crate::server::services::trend::Step;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Declares a closed set of names: its schema is made from the same list that reads them.
macro_rules! names {
    ($($type:ty: $name:literal, $description:literal;)*) => {$(
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                let names = <$type>::ALL.into_iter().map(|one| one.as_str());
                let schema = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
                RefOr::T(schema.enum_values(Some(names)).description(Some($description)).into())
            }
        }

        impl ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
        }
    )*};
}

names! {
    Status: "AttStatus", "An ATT status, by its name on the wire.";
    Policy: "IdfaPolicy", "What a status does to the IDFA.";
    Basis: "Basis", "What was reported, or what applies with the workspace's default.";
    Origin: "Origin", "Where an effective status comes from.";
    Platform: "Platform", "What a device runs on.";
    DataProblem: "DataProblem", "What a batch says against itself, against what its device said before, or against the rules.";
    Environment: "Environment", "Production and development are counted apart.";
    Unit: "Unit", "What is counted.";
    AuditAction: "AuditAction", "What was done.";
    BreakdownBy: "BreakdownBy", "What units are grouped by.";
    Step: "Step", "The periods of a trend; a week is from Monday to Sunday.";
}

/// What went wrong, by its code.
pub fn codes() -> RefOr<Schema> {
    let schema = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    RefOr::T(schema.enum_values(Some(Code::ALL.map(Code::as_str))).into())
}

/// A moment in unix milliseconds, or a whole day.
pub struct MomentOrDay;

impl PartialSchema for MomentOrDay {
    fn schema() -> RefOr<Schema> {
        let moment = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer)).minimum(Some(0));
        let moment = moment.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
        let day = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
        let day = day.format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)));
        RefOr::T(OneOfBuilder::new().item(moment).item(day).into())
    }
}

impl ToSchema for MomentOrDay {}

/// Text that may be kept, of any of these types.
pub fn kept(types: &[Type]) -> ObjectBuilder {
    let schema = ObjectBuilder::new().schema_type(SchemaType::Array(types.to_vec()));
    schema.max_length(Some(LONGEST_KEPT)).pattern(Some("^[^\\u0000]*$"))
}

/// The kinds of identity by which a profile can be asked for.
pub fn asked_kind() -> RefOr<Schema> {
    let of_device = IdentifierKind::sent().map(|kind| kind.as_str());
    let names: Vec<String> = IdentityKind::ALL
        .into_iter()
        .map(|kind| kind.as_str().to_owned())
        .chain(of_device.map(str::to_owned))
        .collect();
    RefOr::T(ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).enum_values(Some(names)).into())
}

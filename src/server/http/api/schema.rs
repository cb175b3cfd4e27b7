//! Names of the domain as the document knows them, and the shapes that interfaces share.

use crate::domain::att::{Origin, Policy, Status};
use crate::domain::audit::AuditAction;
use crate::domain::count::Unit;
use crate::domain::environment::Environment;
use crate::domain::error::Code;
use crate::domain::identifier::IdentifierKind;
use crate::domain::identity::IdentityKind;
use crate::domain::json::LONGEST_KEPT;
use crate::domain::platform::Platform;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, SchemaType, Type};
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
    Origin: "Origin", "Where an effective status comes from.";
    Platform: "Platform", "What a device runs on.";
    Environment: "Environment", "What is counted and kept apart; production unless asked for.";
    Unit: "Unit", "What is counted.";
    AuditAction: "AuditAction", "What was done.";
}

/// What went wrong, by its code.
pub fn codes() -> RefOr<Schema> {
    let schema = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    RefOr::T(schema.enum_values(Some(Code::ALL.map(|code| serde_json::json!(code)))).into())
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

/// Text that may be kept, or null.
pub fn kept_text() -> RefOr<Schema> {
    RefOr::T(kept(&[Type::String, Type::Null]).into())
}

/// Text that may be kept, of any of these types.
fn kept(types: &[Type]) -> ObjectBuilder {
    let schema = ObjectBuilder::new().schema_type(SchemaType::Array(types.to_vec()));
    schema.max_length(Some(LONGEST_KEPT)).pattern(Some("^[^\\u0000]*$"))
}

/// A user's identities by their kind; others are welcome and dropped.
pub fn identities() -> RefOr<Schema> {
    let schema = ObjectBuilder::new().schema_type(SchemaType::Array(vec![Type::Object, Type::Null]));
    let kinds = IdentityKind::all().map(|kind| kind.as_str().to_owned()).chain(["customerid".to_owned()]);
    let value = || kept(&[Type::String, Type::Number, Type::Null]);
    let schema = kinds.fold(schema, |schema, kind| schema.property(kind, value()));
    RefOr::T(schema.description(Some("Such as customer_id and email; numbers are taken for their digits.")).into())
}

/// A profile's id: a 64-bit number, or its decimal text.
pub fn mpid() -> RefOr<Schema> {
    let number = ObjectBuilder::new().schema_type(SchemaType::Array(vec![Type::Integer, Type::Null]));
    let number = number.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
    let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).pattern(Some("^(-?[0-9]{1,18})?$"));
    RefOr::T(OneOfBuilder::new().item(number).item(text).into())
}

/// Events of any shape: only their times are read.
pub fn events() -> RefOr<Schema> {
    let anything = ObjectBuilder::new().schema_type(SchemaType::AnyValue).build();
    let list = ArrayBuilder::new().schema_type(SchemaType::Array(vec![Type::Array, Type::Null])).items(anything);
    RefOr::T(list.description(Some("Events of any shape: only their times are read.")).into())
}

/// A flag of older SDKs, tolerated in any shape.
pub fn limit_ad_tracking() -> RefOr<Schema> {
    let anything = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
    RefOr::T(
        anything.description(Some("A boolean that the status is compared with; anything else says nothing.")).into(),
    )
}

/// Where a batch was made.
pub fn sent_environment() -> RefOr<Schema> {
    let names = [Some("production"), Some("development"), Some("unknown"), Some(""), None];
    let schema = ObjectBuilder::new().schema_type(SchemaType::Array(vec![Type::String, Type::Null]));
    RefOr::T(schema.enum_values(Some(names)).description(Some("Unknown counts as production.")).into())
}

/// Kinds of ids that a profile can be asked for by.
pub fn asked_kind() -> RefOr<Schema> {
    let of_device = IdentifierKind::SENT.into_iter().map(|kind| kind.as_str());
    let names: Vec<String> =
        IdentityKind::all().map(|kind| kind.as_str().to_owned()).chain(of_device.map(str::to_owned)).collect();
    RefOr::T(ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).enum_values(Some(names)).into())
}

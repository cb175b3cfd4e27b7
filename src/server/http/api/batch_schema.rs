//! The shape of a batch in the document, made from the list of the fields that are read.

use super::schema::kept;
use crate::domain::att::Status;
use crate::domain::batch::field::{self, BatchField, FieldKind};
use crate::domain::batch::{MOST_ATTRIBUTES, MOST_BATCHES};
use crate::domain::environment::Environment;
use std::borrow::Cow;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// One batch.
pub struct EventBatch;

impl PartialSchema for EventBatch {
    fn schema() -> RefOr<Schema> {
        object("", "What is read of a batch; anything else is accepted and dropped. Null is the same as absent.")
    }
}

impl ToSchema for EventBatch {
    fn name() -> Cow<'static, str> {
        "EventBatch".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Status::name().into(), Status::schema()));
        let objects = field::all().filter(|field| field.kind().has_members());
        schemas.extend(objects.map(|field| (shape_name(field), object(&field.path(), field.meaning()))));
    }
}

/// The batches of one bulk request.
pub struct EventBatches;

impl PartialSchema for EventBatches {
    fn schema() -> RefOr<Schema> {
        let list = ArrayBuilder::new().items(Ref::from_schema_name(EventBatch::name()));
        let list = list.min_items(Some(1)).max_items(Some(MOST_BATCHES));
        RefOr::T(list.description(Some(format!("A list of 1 to {MOST_BATCHES} batches (EventBatch)."))).into())
    }
}

impl ToSchema for EventBatches {}

/// The name of an object's shape: `EventDeviceInfo` for `device_info`.
fn shape_name(field: BatchField) -> String {
    let words = field.name().split('_');
    let capitalized = words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]);
    format!("Event{}", capitalized.collect::<String>())
}

/// The object at this path, with those of its members that are read.
fn object(path: &str, meaning: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Object)).description(Some(meaning));
    let members = field::all().filter(|field| field.within() == path);
    RefOr::T(members.fold(object, |object, field| object.property(field.name(), value(field))).into())
}

/// What the value of a field may be.
fn value(field: BatchField) -> RefOr<Schema> {
    let or_null = |one: Type| ObjectBuilder::new().schema_type(SchemaType::Array(vec![one, Type::Null]));
    let integer = || or_null(Type::Integer).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
    let null = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Null));
    let meaning = Some(field.meaning()).filter(|meaning| !meaning.is_empty());
    let schema: Schema = match field.kind() {
        FieldKind::Object => {
            let shape = Ref::from_schema_name(shape_name(field));
            OneOfBuilder::new().item(null).item(shape).description(meaning).into()
        }
        FieldKind::Attributes => {
            or_null(Type::Object).max_properties(Some(MOST_ATTRIBUTES)).description(meaning).into()
        }
        FieldKind::Events => {
            let anything = ObjectBuilder::new().schema_type(SchemaType::AnyValue).build();
            let list = ArrayBuilder::new().schema_type(SchemaType::Array(vec![Type::Array, Type::Null]));
            list.items(anything).description(meaning).into()
        }
        FieldKind::Environment => {
            let names = Environment::ALL.map(|environment| Some(environment.as_str()));
            let names = names.into_iter().chain([Some("unknown"), Some(""), None]);
            or_null(Type::String).enum_values(Some(names)).description(meaning).into()
        }
        FieldKind::Status => {
            let status = Ref::from_schema_name(Status::name());
            OneOfBuilder::new().item(null).item(status).description(meaning).into()
        }
        FieldKind::Identities => {
            let shape = Ref::from_schema_name(shape_name(field));
            let pair = ObjectBuilder::new().property("identity_type", kept(&[Type::String]));
            let pair = pair.property("identity", kept(&[Type::String, Type::Number, Type::Null]));
            let pairs = ArrayBuilder::new().items(pair);
            OneOfBuilder::new().item(null).item(shape).item(pairs).description(meaning).into()
        }
        FieldKind::Text => kept(&[Type::String, Type::Number, Type::Null]).description(meaning).into(),
        FieldKind::Integer => integer().description(meaning).into(),
        FieldKind::IntegerOrText => {
            let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
            let text = text.pattern(Some("^(-?[0-9]{1,18})?$"));
            OneOfBuilder::new().item(integer()).item(text).description(meaning).into()
        }
        FieldKind::Flag => ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(meaning).into(),
    };
    RefOr::T(schema)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::http::api::document::described;

    #[test]
    fn the_document_has_every_field_that_is_read() {
        let document = serde_json::to_value(described()).unwrap();
        let shapes = &document["components"]["schemas"];
        let objects: Vec<BatchField> = field::all().filter(|field| field.kind().has_members()).collect();
        for field in field::all() {
            let object = objects.iter().find(|object| object.path() == field.within());
            let shape = object.map_or_else(|| EventBatch::name().into_owned(), |object| shape_name(*object));
            assert!(shapes[&shape]["properties"].get(field.name()).is_some(), "{} is not in {shape}", field.path());
        }
    }
}

//! The page that shows the OpenAPI document.

use super::installation::installation_frame;
use crate::server::error::{Error, Result};
use crate::server::http::api::document::described;
use crate::server::http::caller::SignedInPerson;
use crate::server::http::render::render;
use crate::server::state::AppState;
use crate::ui::installation::InstallationPage;
use crate::ui::pages::Page;
use crate::ui::pages::api::{Answer, Api, FieldRow, Operation, OperationGroup, Shape, TypeWords};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

/// `GET /api`.
pub async fn show(visit: SignedInPerson, State(state): State<AppState>) -> Result<Response> {
    let document = serde_json::to_value(described()).map_err(Error::internal)?;
    let page = Api {
        frame: installation_frame(&mut state.store.system_view().await?, &visit.person, InstallationPage::Api).await?,
        public_url: state.config.public_url(),
        groups: list(&document["tags"]).iter().map(|tag| group(tag, &document)).collect(),
        shapes: members(&document["components"]["schemas"])
            .map(|(name, schema)| shape(name, schema, &document))
            .collect(),
    };
    Ok(render(&state, Page::Api(Box::new(page)), StatusCode::OK))
}

/// Plain words: what the document marks as code is not marked here.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().replace('`', "")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn group(tag: &Value, document: &Value) -> OperationGroup {
    let mut operations = Vec::new();
    for (path, methods) in members(&document["paths"]) {
        for (method, described) in members(methods).filter(|(_, one)| list(&one["tags"]).contains(&tag["name"])) {
            operations.push(operation(method, path, described));
        }
    }
    OperationGroup { name: text(&tag["name"]), description: text(&tag["description"]), operations }
}

fn operation(method: &str, path: &str, described: &Value) -> Operation {
    let parameter = |parameter: &Value| FieldRow {
        name: text(&parameter["name"]),
        location: format!("In the {}.", text(&parameter["in"])),
        kind: kind(&parameter["schema"]),
        required: parameter["required"] == true,
        description: text(&parameter["description"]),
    };
    let answer = |(status, answer): (&String, &Value)| Answer {
        status: status.clone(),
        meaning: text(&answer["description"]),
        body: body(answer),
    };
    Operation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&described["summary"]),
        parameters: list(&described["parameters"]).iter().map(parameter).collect(),
        body: body(&described["requestBody"]),
        answers: members(&described["responses"]).map(answer).collect(),
    }
}

fn body(of: &Value) -> Option<TypeWords> {
    members(&of["content"]).next().map(|(_, content)| kind(&content["schema"]))
}

/// What a schema allows, in words.
fn kind(schema: &Value) -> TypeWords {
    if let Some(address) = schema["$ref"].as_str() {
        let shape = address.rsplit('/').next().unwrap_or_default().to_owned();
        return TypeWords { words: shape.clone(), shape: Some(shape) };
    }
    let choices = list(&schema["oneOf"]);
    if !choices.is_empty() {
        let kinds: Vec<TypeWords> = choices.iter().map(kind).collect();
        let mut words: Vec<String> = kinds.iter().map(|kind| kind.words.clone()).collect();
        words.sort_by_key(|words| words == "null");
        return TypeWords { words: words.join(" or "), shape: kinds.into_iter().find_map(|kind| kind.shape) };
    }
    let names: Vec<String> = list(&schema["enum"]).iter().map(text).collect();
    if !names.is_empty() {
        return TypeWords { words: names.join(", "), shape: None };
    }
    let types: Vec<String> = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect(),
        one => vec![text(one)],
    };
    if types.iter().any(|one| one == "array") {
        let of = kind(&schema["items"]);
        return TypeWords { words: format!("list of {}", of.words), shape: of.shape };
    }
    let longest = schema["maxLength"].as_i64().map(|most| format!(", at most {most} characters"));
    TypeWords { words: format!("{}{}", types.join(" or "), longest.unwrap_or_default()), shape: None }
}

fn shape(name: &str, schema: &Value, document: &Value) -> Shape {
    // A shape that includes others lists them as its parts.
    let parts = std::iter::once(schema).chain(list(&schema["allOf"])).map(|part| resolved(part, document));
    Shape {
        name: name.to_owned(),
        description: text(&schema["description"]),
        names: list(&schema["enum"]).iter().map(text).collect(),
        fields: parts.flat_map(fields).collect(),
    }
}

/// The schema that a reference leads to, or the schema itself.
fn resolved<'a>(schema: &'a Value, document: &'a Value) -> &'a Value {
    let address = schema["$ref"].as_str().and_then(|address| address.strip_prefix('#'));
    address.and_then(|address| document.pointer(address)).unwrap_or(schema)
}

fn fields(schema: &Value) -> impl Iterator<Item = FieldRow> {
    let required = list(&schema["required"]);
    members(&schema["properties"]).map(|(name, field)| FieldRow {
        name: name.clone(),
        location: String::new(),
        kind: kind(field),
        required: required.contains(&Value::from(name.as_str())),
        description: text(&field["description"]),
    })
}

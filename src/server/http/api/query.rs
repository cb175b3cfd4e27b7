//! Reads what a script asks for: query parameters, each of which is understood or refused.

use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::json::{Field, Object};
use crate::server::error::{Error, Result};
use axum::extract::Query;
use serde_json::value::RawValue;

/// Query parameters as they were sent; [`asked`] refuses one that is repeated.
pub type ApiQuery = Query<Vec<(String, String)>>;

/// The refusal of what cannot be read.
pub fn bad(field: &'static str, problem: Problem) -> Error {
    Refusal::BadRequest(vec![Fault::new(field, problem)]).into()
}

/// The object that a body is.
pub fn object(body: &[u8]) -> Result<Object<'_>> {
    let raw: &RawValue = serde_json::from_slice(body).map_err(|_| bad("", Problem::NotJson))?;
    Object::read(raw).map_err(|problem| bad("", problem))
}

/// Refuses fields of a body that are not `known`: a misspelt name would leave unchanged what somebody meant to change.
pub fn only_fields(object: &Object<'_>, known: &[&str], faults: &mut Vec<Fault>) {
    if let Some(name) = object.other_than(known) {
        faults.push(Fault::new(name.chars().take(80).collect::<String>(), Problem::UnknownParameter));
    }
}

/// A field of a body; `None` for one that is absent, or repeated, which is a fault.
pub fn field<'a>(object: &Object<'a>, name: &'static str, faults: &mut Vec<Fault>) -> Option<&'a RawValue> {
    match object.field(name) {
        Field::Value(raw) => Some(raw),
        Field::Absent => None,
        Field::Repeated => {
            faults.push(Fault::new(name, Problem::Repeated));
            None
        }
    }
}

/// The value of a query parameter. An empty one is refused: a filter that a script forgot to fill in would make a wrong
/// count.
pub fn asked<'a>(query: &'a ApiQuery, name: &'static str) -> Result<Option<&'a str>> {
    let mut found = query.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let first = found.next();
    if found.next().is_some() {
        return Err(bad(name, Problem::Repeated));
    }
    if first == Some("") {
        return Err(bad(name, Problem::Missing));
    }
    if first.is_some_and(|value| value.contains('\0')) {
        return Err(bad(name, Problem::Unprintable));
    }
    Ok(first)
}

/// Refuses unknown parameters: a filter that is silently ignored makes a wrong count.
pub fn only(query: &ApiQuery, known: &[&str]) -> Result<()> {
    let unknown = |name: &&(String, String)| !known.contains(&name.0.as_str());
    match query.0.iter().find(unknown) {
        Some((name, _)) => {
            let name: String = name.chars().take(80).collect();
            Err(Refusal::BadRequest(vec![Fault::new(name, Problem::UnknownParameter)]).into())
        }
        None => Ok(()),
    }
}

/// A parameter's value as `parse` reads it; what it cannot read is refused.
pub fn parsed<T>(query: &ApiQuery, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    asked(query, name)?.map(|text| parse(text).ok_or_else(|| bad(name, Problem::NotOneOf))).transpose()
}

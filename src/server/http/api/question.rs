//! Reading what a script asks: its workspace, and query parameters that are all understood or refused.

use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::json::Object;
use crate::server::error::{Error, Result};
use axum::extract::Query;
use serde_json::value::RawValue;

/// Query parameters as they came; each may stand there once.
pub type Asked = Query<Vec<(String, String)>>;

/// What cannot be read, and where.
pub fn bad(field: &'static str, problem: Problem) -> Error {
    Refusal::BadRequest(vec![Fault::new(field, problem)]).into()
}

/// The object that a body is.
pub fn object(body: &[u8]) -> Result<Object<'_>> {
    let raw: &RawValue = serde_json::from_slice(body).map_err(|_| bad("", Problem::NotJson))?;
    Object::read(raw).map_err(|problem| bad("", problem))
}

/// The value of a query parameter. An empty one is refused: a filter that a script forgot to fill in would make a wrong
/// number.
pub fn asked<'a>(query: &'a Asked, name: &'static str) -> Result<Option<&'a str>> {
    let mut found = query.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let first = found.next();
    if found.next().is_some() {
        return Err(bad(name, Problem::Repeated));
    }
    if first == Some("") {
        return Err(bad(name, Problem::Missing));
    }
    Ok(first)
}

/// Refuses what it does not know: a filter that is passed over in silence makes a wrong number.
pub fn only(query: &Asked, known: &[&str]) -> Result<()> {
    let unknown = |name: &&(String, String)| !known.contains(&name.0.as_str());
    match query.0.iter().find(unknown) {
        Some((name, _)) => {
            let name: String = name.chars().take(80).collect();
            Err(Refusal::BadRequest(vec![Fault::new(name, Problem::UnknownParameter)]).into())
        }
        None => Ok(()),
    }
}

/// A parameter's value, read; what cannot be read is refused.
pub fn parsed<T>(query: &Asked, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    asked(query, name)?.map(|text| parse(text).ok_or_else(|| bad(name, Problem::NotOneOf))).transpose()
}

//! Forms as they are sent: every field once, within a limit of size.

use super::unread::whole;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::server::error::Error;
use crate::ui::parts::field::Faults;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use secrecy::SecretString;
use std::sync::{Arc, OnceLock};

/// More than any of our forms can hold, in bytes.
const LARGEST: usize = 24 * 1024;

/// The fields of a form that was read, for the page that asks for the password before it is sent once more.
#[derive(Clone, Debug, Default)]
pub struct SentFields(Arc<OnceLock<Vec<(String, String)>>>);

impl SentFields {
    pub fn get(&self) -> &[(String, String)] {
        self.0.get().map(Vec::as_slice).unwrap_or_default()
    }
}

/// The fields of a form.
pub struct Form {
    fields: Vec<(String, String)>,
    faults: Vec<Fault>,
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Refusal::BadRequest(vec![]).into());
        }
        let sent = request.extensions().get::<SentFields>().cloned();
        let body = whole(request.into_body(), LARGEST).await?;
        let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
        if let Some(SentFields(sent)) = sent {
            let _ = sent.set(fields.clone());
        }
        Ok(Self { fields, faults: Vec::new() })
    }
}

impl Form {
    /// The field's text; one that is missing or repeated is a fault, and empty.
    pub fn text(&mut self, name: &'static str) -> String {
        let mut found = self.fields.iter().filter(|(known, _)| known == name);
        let problem = match (found.next(), found.next()) {
            (Some((_, value)), None) => return value.clone(),
            (Some(_), Some(_)) => Problem::Repeated,
            (None, _) => Problem::Missing,
        };
        self.faults.push(Fault::new(name, problem));
        String::new()
    }

    /// A field that may be left out.
    pub fn optional(&mut self, name: &'static str) -> String {
        if self.fields.iter().any(|(known, _)| known == name) { self.text(name) } else { String::new() }
    }

    /// All fields but these.
    pub fn others(&self, but: &[&str]) -> Vec<(String, String)> {
        self.fields.iter().filter(|(name, _)| !but.contains(&name.as_str())).cloned().collect()
    }

    /// A password; never shown again.
    pub fn secret(&mut self, name: &'static str) -> SecretString {
        self.text(name).into()
    }

    /// A field that has one of a few values.
    pub fn choice<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name);
        let faulty = self.faults.iter().any(|fault| fault.field == name);
        let chosen = parse(&text);
        if chosen.is_none() && !faulty {
            self.faults.push(Fault::new(name, Problem::NotOneOf));
        }
        chosen
    }

    /// All faults so far.
    pub fn faults(&self) -> Option<Faults> {
        (!self.faults.is_empty()).then(|| shown(&self.faults))
    }
}

/// Why a form was not taken.
pub enum NotTaken {
    /// What the page shows beside its fields.
    Faults(Faults),
    Failed(Error),
}

impl From<Error> for NotTaken {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(Refusal::Invalid(faults)) => Self::Faults(shown(&faults)),
            error => Self::Failed(error),
        }
    }
}

/// Faults as a page shows them beside its fields.
pub fn shown(faults: &[Fault]) -> Faults {
    Faults(faults.iter().map(|fault| (fault.field.to_string(), fault.problem)).collect())
}

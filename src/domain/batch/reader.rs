//! Reads a batch field by field, and collects every fault on the way.

use super::field::{self, BatchField, FieldKind};
use super::{Batch, MOST_ATTRIBUTES};
use crate::domain::att::Status;
use crate::domain::environment::Environment;
use crate::domain::error::{Fault, Problem};
use crate::domain::identifier::{IdentifierKind, is_zero, normalized};
use crate::domain::identity::IdentityKind;
use crate::domain::json::{self, Field, Object};
use crate::domain::placeholder::{Placeholders, is_placeholder};
use crate::domain::platform::Platform;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Reads one batch; on failure all that is wrong with it, field by field.
pub(super) fn read(raw: &RawValue, placeholders: Placeholders) -> Result<Batch, Vec<Fault>> {
    let batch = Object::read(raw).map_err(|problem| vec![Fault::new("", problem)])?;
    let mut reader = Reader { batch, objects: Vec::new(), faults: Vec::new(), placeholders, has_placeholder: false };
    let batch = reader.batch();
    if reader.faults.is_empty() { Ok(batch) } else { Err(reader.faults) }
}

struct Reader<'a> {
    batch: Object<'a>,
    /// The objects in it that were opened so far, by their path.
    objects: Vec<(Cow<'static, str>, Object<'a>)>,
    faults: Vec<Fault>,
    placeholders: Placeholders,
    /// Whether one was met.
    has_placeholder: bool,
}

impl<'a> Reader<'a> {
    fn batch(&mut self) -> Batch {
        self.open(field::DEVICE_INFO);
        self.open(field::APPLICATION_INFO);
        let identifiers = self.identifiers();
        let status = self.value(field::ATT_STATUS, status);
        let att_ms = self.value(field::ATT_TIMESTAMP, json::integer);
        let platform = self.text(field::PLATFORM).and_then(|text| Platform::of_sender(&text));
        let os = self.text(field::OS).and_then(|text| Platform::of_sender(&text));
        let source_request_id = self.request_id();
        let mut identities = self.identities();
        let idfa = identifiers.iter().find(|(kind, _)| *kind == IdentifierKind::Idfa).map(|(_, idfa)| idfa);
        let mut idfa_identities = Vec::new();
        for (kind, value) in &mut identities {
            if idfa.is_some() && normalized(value).as_ref() == idfa {
                idfa_identities.push((*kind, std::mem::replace(value, idfa.cloned().unwrap_or_default())));
            }
        }
        self.count_attributes();
        Batch {
            environment: self.value(field::ENVIRONMENT, environment).unwrap_or_default(),
            source_request_id,
            mpid: self.value(field::MPID, json::integer_or_text).flatten().filter(|mpid| *mpid != 0),
            identities,
            idfa_identities,
            identifiers,
            idfa_is_zero: self.is_idfa_zero(),
            platform: platform.or(os).or_else(|| self.implied_platform()),
            bundle: self.trimmed(field::PACKAGE),
            app_name: self.trimmed(field::APPLICATION_NAME),
            app_version: self.trimmed(field::APPLICATION_VERSION),
            os_version: self.trimmed(field::OS_VERSION),
            country: self.country(),
            status,
            limit_ad_tracking: self.limit_ad_tracking(),
            att_ms,
            batch_ms: self.value(field::TIMESTAMP, json::integer),
            events_ms: self.event_times(),
            has_placeholder: self.has_placeholder,
        }
    }

    /// The field as it was sent; absent while the object that it is in was not opened.
    fn field(&self, field: BatchField) -> Field<'a> {
        let object = match field.within() {
            "" => Some(&self.batch),
            path => self.objects.iter().find(|(known, _)| known == path).map(|(_, object)| object),
        };
        object.map_or(Field::Absent, |object| object.field(field.name()))
    }

    /// The value of a field, read by `read`; a fault is noted under its whole path.
    fn value<T>(&mut self, field: BatchField, read: impl Fn(&'a RawValue) -> Result<T, Problem>) -> Option<T> {
        let problem = match self.field(field) {
            Field::Absent => return None,
            Field::Repeated => Problem::Repeated,
            Field::Value(raw) => match read(raw) {
                Ok(value) => return Some(value),
                Err(problem) => problem,
            },
        };
        self.faults.push(Fault::new(field.path(), problem));
        None
    }

    /// Opens an object, so that its members can be read.
    fn open(&mut self, field: BatchField) {
        let has_identities = field.kind() == FieldKind::Identities;
        let read = |raw| if has_identities { identities(raw) } else { Object::read_or_empty(raw) };
        if let Some(object) = self.value(field, read) {
            self.objects.push((field.path(), object));
        }
    }

    fn text(&mut self, field: BatchField) -> Option<String> {
        self.value(field, json::kept_text_or_number).map(Cow::into_owned)
    }

    /// Text without space around it; an empty one is absent.
    fn trimmed(&mut self, field: BatchField) -> Option<String> {
        let text = self.text(field)?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The text of an id; a placeholder is absent.
    fn id(&mut self, field: BatchField) -> Option<String> {
        let id = self.value(field, json::kept_id)?;
        self.unless_placeholder(id.into_owned())
    }

    /// The id of the request; a word for none would make repeats of different requests, whatever the input takes for ids.
    fn request_id(&mut self) -> Option<String> {
        self.text(field::SOURCE_REQUEST_ID).filter(|id| normalized(id).is_some() && !is_placeholder(id))
    }

    fn unless_placeholder(&mut self, id: String) -> Option<String> {
        let is_hidden = self.placeholders.hide(&id);
        self.has_placeholder |= is_hidden;
        (!is_hidden).then_some(id)
    }

    /// The platform that the fields are of which only its devices have, where none is named: Apple's first.
    fn implied_platform(&self) -> Option<Platform> {
        let is_there = |field| matches!(self.field(field), Field::Value(_));
        let is_id = |kind| match self.field(BatchField::of_identifier(kind)) {
            Field::Value(raw) => {
                json::kept_id(raw).is_ok_and(|id| normalized(&id).is_some() && !self.placeholders.hide(&id))
            }
            _ => false,
        };
        let is_ios = [IdentifierKind::Idfv, IdentifierKind::Idfa].into_iter().any(is_id)
            || [field::ATT_STATUS, field::ATT_TIMESTAMP].into_iter().any(is_there);
        let is_android = || [IdentifierKind::AndroidUuid, IdentifierKind::AndroidAdvertisingId].into_iter().any(is_id);
        if is_ios { Some(Platform::Ios) } else { is_android().then_some(Platform::Android) }
    }

    fn is_idfa_zero(&self) -> bool {
        let Field::Value(raw) = self.field(BatchField::of_identifier(IdentifierKind::Idfa)) else { return false };
        json::kept_id(raw).is_ok_and(|id| is_zero(&id))
    }

    fn identifiers(&mut self) -> Vec<(IdentifierKind, String)> {
        let mut identifiers = Vec::new();
        for kind in IdentifierKind::sent() {
            let id = self.value(BatchField::of_identifier(kind), json::kept_id).and_then(|id| normalized(&id));
            identifiers.extend(id.and_then(|id| self.unless_placeholder(id)).map(|id| (kind, id)));
        }
        identifiers
    }

    fn identities(&mut self) -> Vec<(IdentityKind, String)> {
        self.open(field::USER_IDENTITIES);
        let mut identities = Vec::new();
        for kind in IdentityKind::ALL {
            for field in BatchField::of_identity(kind) {
                let value = self.id(field).and_then(|value| kind.normalized(&value));
                let known = identities.iter().any(|(known, _)| *known == kind);
                identities.extend(value.filter(|_| !known).map(|value| (kind, value)));
            }
        }
        identities
    }

    /// Nothing is kept of attributes; the documented limit holds all the same.
    fn count_attributes(&mut self) {
        let attributes = self.value(field::USER_ATTRIBUTES, Object::read_or_empty);
        if attributes.is_some_and(|attributes| attributes.len() > MOST_ATTRIBUTES) {
            self.faults.push(Fault::new(field::USER_ATTRIBUTES.path(), Problem::TooManyAttributes));
        }
    }

    /// Anything but a boolean says nothing: no rule needs it.
    fn limit_ad_tracking(&self) -> Option<bool> {
        let Field::Value(raw) = self.field(field::LIMIT_AD_TRACKING) else { return None };
        raw.get().parse().ok()
    }

    /// The times of the events; they may have any shape, so what is no time is none.
    fn event_times(&mut self) -> Vec<i64> {
        let events = self.value(field::EVENTS, json::array).unwrap_or_default();
        let time = |event: &RawValue| {
            let Field::Value(data) = Object::read(event).ok()?.field("data") else { return None };
            let Field::Value(time) = Object::read(data).ok()?.field("timestamp_unixtime_ms") else { return None };
            json::integer(time).ok()
        };
        events.into_iter().filter_map(time).collect()
    }

    /// The first country that is named, if it is one.
    fn country(&mut self) -> Option<String> {
        self.open(field::CONTEXT);
        self.open(field::LOCATION);
        let sources = [field::COUNTRY_CODE, field::NETWORK_COUNTRY, field::DEVICE_COUNTRY, field::LOCALE_COUNTRY];
        // All are read before one is chosen, so that each fault is found.
        let named = sources.map(|field| self.trimmed(field));
        let country = named.into_iter().flatten().next()?.to_ascii_uppercase();
        // XX and ZZ are what the standard leaves free, and senders write for an unknown one.
        let is_code = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
        (is_code && !["XX", "ZZ"].contains(&country.as_str())).then_some(country)
    }
}

/// An object of identities, or the array that replayed archives have.
fn identities(raw: &RawValue) -> Result<Object<'_>, Problem> {
    Object::read(raw).or_else(|problem| {
        let pairs = Object::read_pairs(raw, "identity_type", "identity");
        pairs.map_err(|_| problem)
    })
}

fn status(raw: &RawValue) -> Result<Status, Problem> {
    json::kept_text(raw).ok().and_then(|text| Status::parse(&text)).ok_or(Problem::NotAStatus)
}

fn environment(raw: &RawValue) -> Result<Environment, Problem> {
    match json::kept_text(raw)?.as_ref() {
        "unknown" | "" => Ok(Environment::Production),
        text => Environment::parse(text).ok_or(Problem::NotAnEnvironment),
    }
}

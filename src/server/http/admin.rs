//! The Admin API: what the pages can do, scripts can do, by the same permits and with the same audit rows.

use super::caller::Script;
use super::moment::day;
use crate::domain::att::{Policy, State, Status};
use crate::domain::audit::AuditAction;
use crate::domain::count::Unit;
use crate::domain::environment::Environment;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::id::AppId;
use crate::domain::json::{self, Field, Object};
use crate::domain::platform::Platform;
use crate::domain::policy::Action;
use crate::domain::rounding::Shown;
use crate::domain::settings::Settings;
use crate::domain::text::Slug;
use crate::domain::time::Millis;
use crate::server::error::{Error, Result};
use crate::server::state::State as AppState;
use crate::server::store::Place;
use crate::server::store::audit::{Filter, Kept};
use crate::server::work::att::{Wanted, change_settings};
use crate::server::work::distribution::{self, Question};
use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Query, Request, State as Shared};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Query parameters as they came; each may stand there once.
pub type Asked = Query<Vec<(String, String)>>;

/// The largest body of a change, in bytes.
const LARGEST: usize = 64 * 1024;
const MOST_ROWS: i64 = 1000;
const ROWS: i64 = 100;

/// The workspace that an address names.
pub fn place(slug: &str) -> Result<Place> {
    Slug::parse(slug).map(Place::Slug).map_err(|_| Refusal::NotFound.into())
}

/// What cannot be read, and where.
pub fn bad(field: &'static str, problem: Problem) -> Error {
    Refusal::BadRequest(vec![Fault::new(field, problem)]).into()
}

/// The value of a query parameter; an empty one is absent.
pub fn asked<'a>(query: &'a Asked, name: &'static str) -> Result<Option<&'a str>> {
    let mut found = query.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let first = found.next();
    if found.next().is_some() {
        return Err(bad(name, Problem::Repeated));
    }
    Ok(first.filter(|value| !value.is_empty()))
}

/// Refuses what it does not know: a filter that is passed over in silence makes a wrong number.
pub fn only(query: &Asked, known: &[&str]) -> Result<()> {
    let unknown = |name: &&(String, String)| !known.contains(&name.0.as_str());
    match query.0.iter().find(unknown) {
        Some(_) => Err(bad("query", Problem::UnknownParameter)),
        None => Ok(()),
    }
}

fn parsed<T>(query: &Asked, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    asked(query, name)?.map(|text| parse(text).ok_or_else(|| bad(name, Problem::NotOneOf))).transpose()
}

fn settings_json(settings: &Settings) -> Value {
    json!({
        "status": settings.default, "idfa_policy": settings.policy, "version": settings.version,
        "changed_at_ms": settings.changed_at, "changed_by": settings.changed_by, "reason": settings.reason,
    })
}

/// `GET att-default`: the settings in force.
pub async fn att_default(
    script: Script,
    Shared(state): Shared<AppState>,
    Path(slug): Path<String>,
) -> Result<Json<Value>> {
    let mut view = state.store.view(&script.0, place(&slug)?, Action::SeeSettings).await?;
    Ok(Json(settings_json(&view.settings().await?)))
}

/// What a change says; `None` for a field that is absent.
struct Change {
    /// The inner `None` is an explicit null: no default.
    status: Option<Option<Status>>,
    policy: Option<Policy>,
    reason: Option<String>,
    version: Option<i64>,
}

/// `PUT att-default`: the version is compared first; equal values make no new version.
pub async fn set_att_default(
    script: Script,
    Shared(state): Shared<AppState>,
    Path(slug): Path<String>,
    request: Request,
) -> Result<Json<Value>> {
    let place = place(&slug)?;
    // Who may not change anything learns nothing from the body's faults.
    let present = state.store.view(&script.0, place.clone(), Action::ChangeSettings).await?.settings().await?;
    let body = to_bytes(request.into_body(), LARGEST).await.map_err(|_| Refusal::TooLarge)?;
    let change = read_change(&body)?;
    if change.version.is_some_and(|version| version != present.version) {
        return Err(Refusal::Conflict.into());
    }
    let (Some(status), Some(reason), Some(version)) = (change.status, change.reason, change.version) else {
        return Err(Refusal::invalid("status, reason and version", Problem::Missing).into());
    };
    let default = (status != present.default || change.policy.is_none()).then_some(status);
    let wanted = Wanted { default, policy: change.policy, reason, version, typed_name: None };
    let settings = change_settings(&state.store, &script.0, place, wanted).await?;
    Ok(Json(settings_json(&settings)))
}

fn read_change(body: &Bytes) -> Result<Change> {
    let text = std::str::from_utf8(body).map_err(|_| bad("", Problem::NotJson))?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|_| bad("", Problem::NotJson))?;
    let object = Object::read(raw).map_err(|problem| bad("", problem))?;
    let mut faults = Vec::new();
    let mut field = |name: &'static str| match object.field(name) {
        Field::Value(raw) => Some(raw),
        Field::Absent => None,
        Field::Repeated => {
            faults.push(Fault::new(name, Problem::Repeated));
            None
        }
    };
    let (status, policy, reason, version) = (field("status"), field("idfa_policy"), field("reason"), field("version"));
    let mut read = |name, problem: Problem| faults.push(Fault::new(name, problem));
    let text = |raw: &RawValue| json::kept_text(raw).ok().map(|text| text.into_owned());
    let status = match status {
        Some(raw) => match text(raw).and_then(|text| Status::parse(&text)) {
            Some(status) => Some(Some(status)),
            None => {
                read("status", Problem::NotAStatus);
                None
            }
        },
        None if object.has("status") => Some(None),
        None => None,
    };
    let policy = policy.and_then(|raw| {
        let policy = text(raw).and_then(|text| Policy::parse(&text));
        policy.or_else(|| {
            read("idfa_policy", Problem::NotOneOf);
            None
        })
    });
    let reason = reason.and_then(|raw| match json::text(raw) {
        Ok(reason) => Some(reason.into_owned()),
        Err(problem) => {
            read("reason", problem);
            None
        }
    });
    let version = version.and_then(|raw| match json::integer(raw) {
        Ok(version) => Some(version),
        Err(problem) => {
            read("version", problem);
            None
        }
    });
    if faults.is_empty() {
        Ok(Change { status, policy, reason, version })
    } else {
        Err(Refusal::BadRequest(faults).into())
    }
}

fn shown(shown: Shown) -> Value {
    shown.figure().map_or(Value::Null, Value::from)
}

/// `GET distribution`: counts by state, explicit or effective, in total or within one app, one platform or both.
pub async fn distribution(
    script: Script,
    Shared(state): Shared<AppState>,
    Path(slug): Path<String>,
    query: Asked,
) -> Result<Json<Value>> {
    let mut view = state.store.view(&script.0, place(&slug)?, Action::SeeMetrics).await?;
    only(&query, &["unit", "basis", "environment", "app", "platform"])?;
    let unit = parsed(&query, "unit", Unit::parse)?.unwrap_or(Unit::Profiles);
    let environment = parsed(&query, "environment", Environment::parse)?.unwrap_or_default();
    let effective = match asked(&query, "basis")? {
        None | Some("explicit") => false,
        Some("effective") => true,
        Some(_) => return Err(bad("basis", Problem::NotOneOf)),
    };
    let platform = parsed(&query, "platform", Platform::parse)?;
    let read = distribution::read(&mut view, environment, unit).await?;
    let app = match asked(&query, "app")? {
        Some(text) => Some(app_named(&read.apps, text).ok_or(Refusal::NotFound)?),
        None => None,
    };
    let question = Question { environment, unit, app, platform };
    let of = |state| if effective { read.effective(&question, state) } else { read.explicit(&question, state) };
    let counts = State::OF_APPLE.into_iter().map(|state| (state.as_str().to_owned(), shown(read.shown(of(state)))));
    let not_applicable = of(State::NotApplicable);
    let total = read.apple(&question) + not_applicable;
    let mut answer = json!({
        "unit": unit.as_str(),
        "basis": if effective { "effective" } else { "explicit" },
        "environment": environment,
        "counts": counts.collect::<serde_json::Map<_, _>>(),
        "not_applicable": shown(read.shown(not_applicable)),
        "total": shown(read.shown(total)),
        "default": read.settings.default,
        "version": read.settings.version,
        "as_of_ms": read.now,
    });
    if read.rounded {
        answer["rounded"] = true.into();
    }
    Ok(Json(answer))
}

/// An app of this workspace, by its id or its bundle id.
pub fn app_named(apps: &[crate::domain::app::App], text: &str) -> Option<AppId> {
    let id = AppId::parse(text);
    apps.iter().find(|app| Some(app.id) == id || app.bundle.as_deref() == Some(text)).map(|app| app.id)
}

/// `GET audit`: rows newest first, exactly as they were hashed, each with its hash.
pub async fn audit(
    script: Script,
    Shared(state): Shared<AppState>,
    Path(slug): Path<String>,
    query: Asked,
) -> Result<Json<Value>> {
    let mut view = state.store.view(&script.0, place(&slug)?, Action::SeeAudit).await?;
    only(&query, &["before_seq", "limit", "action", "actor", "from", "to"])?;
    let number = |text: &str| text.parse::<i64>().ok().filter(|n| *n >= 0);
    // A moment in milliseconds, or a whole day.
    let moment = |text: &str| number(text).map(Millis).or_else(|| day(text).map(|(start, _)| start));
    let until = |text: &str| number(text).map(Millis).or_else(|| day(text).map(|(_, end)| end));
    let limit = parsed(&query, "limit", number)?.unwrap_or(ROWS).clamp(1, MOST_ROWS);
    let filter = Filter {
        before_seq: parsed(&query, "before_seq", number)?,
        action: parsed(&query, "action", AuditAction::parse)?,
        actor: asked(&query, "actor")?.map(str::to_owned),
        from: parsed(&query, "from", moment)?,
        to: parsed(&query, "to", until)?,
        target: None,
        text: None,
    };
    let mut rows = view.audit_rows(&filter, limit + 1).await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|kept| kept.row.seq);
    let rows: Vec<Value> = rows.iter().map(Kept::json).collect();
    Ok(Json(json!({"rows": rows, "next_before_seq": next})))
}

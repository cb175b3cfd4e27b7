//! The audit log.

use super::installation::{installation_frame, operators_only};
use super::{PageQuery, frame};
use crate::domain::audit::{AuditAction, Chain};
use crate::domain::environment::Environment;
use crate::domain::error::Problem;
use crate::domain::permission::Permission;
use crate::server::error::Result;
use crate::server::http::caller::{InWorkspace, SignedInPerson};
use crate::server::http::moment::{day, moment};
use crate::server::http::render::render;
use crate::server::state::AppState;
use crate::server::store::audit::{AuditFilter, ChainRow};
use crate::ui::frame::NavPage;
use crate::ui::installation::InstallationPage;
use crate::ui::pages::Page;
use crate::ui::pages::audit::{Around, AuditLog, DefaultOn, Fields, Filter, Row};
use crate::ui::parts::field::Faults;
use crate::ui::words;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use std::collections::BTreeSet;

const ROWS: usize = 50;

/// What the address asks for.
struct Question {
    asked: PageQuery,
    wanted: AuditFilter,
    from: String,
    to: String,
    faults: Faults,
}

impl Question {
    fn read(query: RawQuery) -> Result<Self> {
        let asked = PageQuery::new(query);
        let mut faults = Faults::default();
        let mut date = |name: &str| {
            let text = asked.of(name)?;
            let found = day(text);
            if found.is_none() {
                faults.0.push((name.to_owned(), Problem::NotOneOf));
            }
            found.map(|range| (text.to_owned(), range))
        };
        let (from, to) = (date("from"), date("to"));
        let text = |name| asked.of(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let wanted = AuditFilter {
            before_seq: asked.parsed("before", |seq| seq.parse().ok())?,
            action: asked.parsed("action", AuditAction::parse)?,
            actor: asked.of("actor").map(str::to_owned),
            from: from.as_ref().map(|(_, (start, _))| *start),
            to: to.as_ref().map(|(_, (_, end))| *end),
            target: text("target"),
            text: text("text"),
        };
        let typed = |date: Option<(String, _)>| date.map(|(text, _)| text).unwrap_or_default();
        Ok(Self { from: typed(from), to: typed(to), asked, wanted, faults })
    }

    /// The page of these rows, of which there may be one more than it shows.
    fn page(self, around: Around, mut rows: Vec<ChainRow>, actors: Vec<String>, chain: Chain) -> AuditLog {
        let Self { asked, wanted, from, to, faults } = self;
        let more = rows.len() > ROWS;
        rows.truncate(ROWS);
        let last = rows.last().map(|kept| kept.row.seq.to_string()).filter(|_| more);
        let chosen = |action: &AuditAction| (*action, wanted.action == Some(*action));
        AuditLog {
            around,
            filter: Filter {
                actions: AuditAction::ALL.iter().filter(|action| action.is_of(chain)).map(chosen).collect(),
                actors: actors.into_iter().map(|name| (name.clone(), wanted.actor.as_ref() == Some(&name))).collect(),
                from,
                to,
                target: wanted.target.clone().unwrap_or_default(),
                text: wanted.text.clone().unwrap_or_default(),
            },
            rows: rows.into_iter().map(row).collect(),
            older: last.map(|seq| asked.with(&[("before", &seq), ("on", "")])),
            newest: wanted.before_seq.map(|_| asked.with(&[("before", "")])),
            faults,
            default_on: None,
        }
    }
}

/// `GET audit`: filters and place are in the address.
pub async fn audit(InWorkspace { visit, state, workspace, .. }: InWorkspace, query: RawQuery) -> Result<Response> {
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeAudit).await?;
    let question = Question::read(query)?;
    let rows = view.audit_rows(&question.wanted, ROWS as i64 + 1).await?;
    let actors = view.audit_actors().await?;
    let default_on = match question.asked.parsed("on", |text| day(text).map(|(_, end)| (text.to_owned(), end)))? {
        Some((day, end)) => {
            let found = view.settings_before(end).await?.map(|settings| (settings.default, settings.version));
            Some(DefaultOn { day, found })
        }
        None => None,
    };
    let around = Around::Workspace(Box::new(frame(&mut view, &visit, NavPage::Audit, Environment::Production).await?));
    let page = AuditLog { default_on, ..question.page(around, rows, actors, Chain::Workspace) };
    Ok(render(&state, Page::Audit(Box::new(page)), StatusCode::OK))
}

/// `GET /log`: the installation's own chain, for operators.
pub async fn installation(visit: SignedInPerson, State(state): State<AppState>, query: RawQuery) -> Result<Response> {
    operators_only(&visit)?;
    let question = Question::read(query)?;
    let mut system = state.store.system_view().await?;
    let rows = system.audit_rows(&question.wanted, ROWS as i64 + 1).await?;
    let actors = system.audit_actors().await?;
    let around = Around::Installation(installation_frame(&mut system, &visit, InstallationPage::Log).await?);
    let page = question.page(around, rows, actors, Chain::Installation);
    Ok(render(&state, Page::Audit(Box::new(page)), StatusCode::OK))
}

fn row(kept: ChainRow) -> Row {
    let ChainRow { row, hash } = kept;
    let origin = [row.ip, row.agent].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    Row {
        seq: row.seq,
        at: moment(row.at_ms),
        actor: row.actor.name,
        role: row.actor.role.map(|role| words::token_role(role).to_owned()),
        action: row.action,
        same_target: format!(
            "?{}",
            form_urlencoded::Serializer::new(String::new()).append_pair("target", &row.target).finish()
        ),
        target: row.target,
        reason: row.reason,
        origin: if origin.is_empty() { "the command line".to_owned() } else { origin },
        fields: fields(&row.before, &row.after),
        hash,
    }
}

/// Before and after side by side, field by field.
fn fields(before: &Value, after: &Value) -> Fields {
    let keys =
        |value: &Value| value.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let names: BTreeSet<String> = keys(before).into_iter().chain(keys(after)).collect();
    let of = |value: &Value, name: &str| value.get(name).cloned().unwrap_or(Value::Null);
    if before.is_null() || after.is_null() {
        let there = if before.is_null() { after } else { before };
        return Fields::Only(names.into_iter().map(|name| (name.clone(), written(&of(there, &name)))).collect());
    }
    let line = |name: String| {
        let (was, is) = (of(before, &name), of(after, &name));
        let differs = was != is;
        (name, written(&was), written(&is), differs)
    };
    Fields::Both(names.into_iter().map(line).collect())
}

fn written(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(written).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

//! The audit log.

use super::audit_row::{Names, row};
use super::installation::{installation_frame, operators_only};
use super::{PageQuery, frame};
use crate::domain::audit::{AuditAction, Chain, Checkpoint};
use crate::domain::environment::Environment;
use crate::domain::error::{Problem, Refusal};
use crate::domain::permission::Permission;
use crate::domain::privacy::InForce;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::calendar::UTC;
use crate::server::error::Result;
use crate::server::http::caller::{InWorkspace, SignedInPerson};
use crate::server::http::moment::moment;
use crate::server::http::render::render;
use crate::server::secret::signing::Signed;
use crate::server::state::AppState;
use crate::server::store::View;
use crate::server::store::audit::{AuditFilter, AuditRows, INSTALLATION};
use crate::ui::frame::{NavPage, address};
use crate::ui::installation::InstallationPage;
use crate::ui::pages::Page;
use crate::ui::pages::audit::{AuditLog, AuditLogFilter, Choice, DefaultFound, DefaultOn, SignedPlace};
use crate::ui::parts::field::Faults;
use crate::ui::surroundings::Surroundings;
use crate::ui::words;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const ROWS: i64 = 50;

/// What the address asks for.
struct AuditQuestion {
    asked: PageQuery,
    wanted: AuditFilter,
    from: Option<Day>,
    to: Option<Day>,
    faults: Faults,
    /// Whose days they are.
    zone: String,
}

impl AuditQuestion {
    fn read(query: RawQuery) -> Result<Self> {
        let asked = PageQuery::new(query);
        let mut faults = Faults::default();
        let mut date = |name: &str| {
            let text = asked.of(name)?;
            let found = calendar::parse(text);
            if found.is_none() {
                faults.0.push((name.to_owned(), Problem::NotOneOf));
            }
            found
        };
        let (from, to) = (date("from"), date("to"));
        let text = |name| asked.of(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let wanted = AuditFilter {
            before_seq: asked.parsed("before", |seq| seq.parse().ok())?,
            action: asked.parsed("action", AuditAction::parse)?,
            actor: asked.of("actor").map(str::to_owned),
            from: None,
            to: None,
            target: text("target"),
            text: text("text"),
        };
        Ok(Self { from, to, asked, wanted, faults, zone: UTC.to_owned() })
    }

    /// Takes its days for those of a time zone.
    fn in_zone(&mut self, zone: &str) {
        zone.clone_into(&mut self.zone);
        self.wanted.from = self.from.map(|day| calendar::begins(day, zone));
        self.wanted.to = self.to.map(|day| calendar::begins(day.plus(1), zone));
    }

    /// The page of these rows.
    fn page(
        self,
        around: Surroundings,
        found: AuditRows,
        actors: Vec<String>,
        names: &Names,
        signed: Option<Signed>,
    ) -> AuditLog {
        let Self { asked, wanted, from, to, faults, zone } = self;
        let typed = |day: Option<Day>| day.map(calendar::date).unwrap_or_default();
        let AuditRows { rows, next } = found;
        let chain = if matches!(around, Surroundings::Workspace(_)) { Chain::Workspace } else { Chain::Installation };
        let action = |action: &AuditAction| Choice {
            value: action.as_str().to_owned(),
            words: words::action(*action).to_owned(),
            chosen: wanted.action == Some(*action),
        };
        let actor = |name: String| Choice {
            words: words::actor_name(&name).to_owned(),
            chosen: wanted.actor.as_ref() == Some(&name),
            value: name,
        };
        AuditLog {
            around,
            filter: AuditLogFilter {
                actions: AuditAction::ALL.iter().filter(|action| action.is_of(chain)).map(action).collect(),
                actors: actors.into_iter().map(actor).collect(),
                from: typed(from),
                to: typed(to),
                zone,
                target: wanted.target.clone().unwrap_or_default(),
                text: wanted.text.clone().unwrap_or_default(),
            },
            rows: rows.into_iter().map(|kept| row(kept, names)).collect(),
            older: next.map(|seq| asked.with(&[("before", &seq.to_string()), ("on", "")])),
            newest: wanted.before_seq.map(|_| asked.with(&[("before", "")])),
            faults,
            default_on: None,
            signed: signed.as_ref().map(place),
        }
    }
}

/// Where a chain is signed, and the file that says so.
fn place(signed: &Signed) -> SignedPlace {
    let Checkpoint { chain, seq, at_ms, .. } = &signed.said;
    let name = format!("attest-checkpoint-{chain}-{seq}.jsonl");
    let address = format!("data:application/x-ndjson;base64,{}", STANDARD.encode(format!("{}\n", signed.json())));
    SignedPlace { seq: *seq, at: moment(*at_ms), file: (name, address) }
}

/// `GET audit/settings/{version}`: leads to the row of the change that made this version of the settings.
pub async fn of_settings(
    InWorkspace { visit, state, slug, workspace }: InWorkspace,
    Path((_, version)): Path<(String, String)>,
) -> Result<Response> {
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeAudit).await?;
    let version: i64 = version.parse().map_err(|_| Refusal::NotFound)?;
    let rows = view.audit_rows_of_settings(version.saturating_sub(1)).await?;
    let seq = rows.get(&version).ok_or(Refusal::NotFound)?;
    let log = address(&slug, NavPage::Audit, Environment::Production);
    Ok(Redirect::to(&format!("{log}?before={}#row-{seq}", seq + 1)).into_response())
}

/// `GET audit`: filters and place are in the address.
pub async fn audit(InWorkspace { visit, state, workspace, .. }: InWorkspace, query: RawQuery) -> Result<Response> {
    let mut question = AuditQuestion::read(query)?;
    // What is asked decides which connection it waits for.
    let store = state.store.for_purpose(question.wanted.purpose());
    let mut view = store.view(&visit.actor, workspace, Permission::SeeAudit).await?;
    question.in_zone(&view.workspace.time_zone);
    let rows = view.audit_rows(&question.wanted, ROWS).await?;
    let actors = view.audit_actors().await?;
    let signed = view.newest_checkpoint().await?;
    let default_on = match question.asked.parsed("on", calendar::parse)? {
        Some(day) => Some(DefaultOn { day: calendar::date(day), found: default_of(&mut view, day).await? }),
        None => None,
    };
    let names = Names::of_workspace(&mut view).await?;
    let frame = frame(&mut view, &visit.person, NavPage::Audit, Environment::Production).await?;
    let around = Surroundings::Workspace(Box::new(frame));
    let page = AuditLog { default_on, ..question.page(around, rows, actors, &names, signed) };
    Ok(render(&state, Page::Audit(Box::new(page)), StatusCode::OK))
}

/// What the default was at the end of a day of the workspace.
async fn default_of(view: &mut View, day: Day) -> Result<DefaultFound> {
    let begins = |day| calendar::begins(day, &view.workspace.time_zone);
    let (start, end) = (begins(day), begins(day.plus(1)));
    if start > view.now {
        return Ok(DefaultFound::ToCome);
    }
    let is_over = end <= view.now;
    let found = view.settings_before(end).await?;
    Ok(found.map_or(DefaultFound::NoWorkspace, |InForce { default, version, .. }| DefaultFound::Is {
        default,
        version,
        is_over,
    }))
}

/// `GET /log`: the installation's own chain, for operators.
pub async fn installation(visit: SignedInPerson, State(state): State<AppState>, query: RawQuery) -> Result<Response> {
    operators_only(&visit)?;
    let mut question = AuditQuestion::read(query)?;
    question.in_zone(UTC);
    let mut system = state.store.for_purpose(question.wanted.purpose()).system_view_of(&visit.actor).await?;
    let rows = system.audit_rows(&question.wanted, ROWS).await?;
    let actors = system.audit_actors().await?;
    let signed = system.newest_checkpoint(INSTALLATION).await?;
    let names = Names::of_installation(&mut system).await?;
    let frame = installation_frame(&mut system, &visit.person, InstallationPage::Log).await?;
    let around = Surroundings::Installation(Box::new(frame));
    let page = question.page(around, rows, actors, &names, signed);
    Ok(render(&state, Page::Audit(Box::new(page)), StatusCode::OK))
}

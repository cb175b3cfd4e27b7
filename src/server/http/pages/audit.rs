//! The audit log.

use super::audit_row::{Names, row};
use super::installation::{installation_frame, operators_only};
use super::{PageQuery, frame};
use crate::domain::audit::{AuditAction, Chain};
use crate::domain::environment::Environment;
use crate::domain::error::Problem;
use crate::domain::permission::Permission;
use crate::domain::privacy::Settings;
use crate::server::error::Result;
use crate::server::http::caller::{InWorkspace, SignedInPerson};
use crate::server::http::moment::day;
use crate::server::http::render::render;
use crate::server::state::AppState;
use crate::server::store::audit::{AuditFilter, AuditRows};
use crate::ui::frame::NavPage;
use crate::ui::installation::InstallationPage;
use crate::ui::pages::Page;
use crate::ui::pages::audit::{AuditLog, AuditLogFilter, Choice, DefaultFound, DefaultOn};
use crate::ui::parts::field::Faults;
use crate::ui::surroundings::Surroundings;
use crate::ui::words;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

const ROWS: i64 = 50;

/// What the address asks for.
struct AuditQuestion {
    asked: PageQuery,
    wanted: AuditFilter,
    from: String,
    to: String,
    faults: Faults,
}

impl AuditQuestion {
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

    /// The page of these rows.
    fn page(self, around: Surroundings, found: AuditRows, actors: Vec<String>, names: &Names) -> AuditLog {
        let Self { asked, wanted, from, to, faults } = self;
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
                from,
                to,
                target: wanted.target.clone().unwrap_or_default(),
                text: wanted.text.clone().unwrap_or_default(),
            },
            rows: rows.into_iter().map(|kept| row(kept, names)).collect(),
            older: next.map(|seq| asked.with(&[("before", &seq.to_string()), ("on", "")])),
            newest: wanted.before_seq.map(|_| asked.with(&[("before", "")])),
            faults,
            default_on: None,
        }
    }
}

/// `GET audit`: filters and place are in the address.
pub async fn audit(InWorkspace { visit, state, workspace, .. }: InWorkspace, query: RawQuery) -> Result<Response> {
    let question = AuditQuestion::read(query)?;
    // What is asked decides which connection it waits for.
    let store = state.store.for_purpose(question.wanted.purpose());
    let mut view = store.view(&visit.actor, workspace, Permission::SeeAudit).await?;
    let rows = view.audit_rows(&question.wanted, ROWS).await?;
    let actors = view.audit_actors().await?;
    let default_on =
        match question.asked.parsed("on", |text| day(text).map(|bounds| (text.to_owned(), bounds)))? {
            Some((day, (start, _))) if start > view.now => Some(DefaultOn { day, found: DefaultFound::ToCome }),
            Some((day, (_, end))) => {
                let is_over = end <= view.now;
                let found = view.settings_before(end).await?;
                let found = found.map_or(DefaultFound::NoWorkspace, |Settings { default, version, .. }| {
                    DefaultFound::Is { default, version, is_over }
                });
                Some(DefaultOn { day, found })
            }
            None => None,
        };
    let names = Names::of_workspace(&mut view).await?;
    let frame = frame(&mut view, &visit.person, NavPage::Audit, Environment::Production).await?;
    let around = Surroundings::Workspace(Box::new(frame));
    let page = AuditLog { default_on, ..question.page(around, rows, actors, &names) };
    Ok(render(&state, Page::Audit(Box::new(page)), StatusCode::OK))
}

/// `GET /log`: the installation's own chain, for operators.
pub async fn installation(visit: SignedInPerson, State(state): State<AppState>, query: RawQuery) -> Result<Response> {
    operators_only(&visit)?;
    let question = AuditQuestion::read(query)?;
    let mut system = state.store.for_purpose(question.wanted.purpose()).system_view_of(&visit.actor).await?;
    let rows = system.audit_rows(&question.wanted, ROWS).await?;
    let actors = system.audit_actors().await?;
    let names = Names::of_installation(&mut system).await?;
    let frame = installation_frame(&mut system, &visit.person, InstallationPage::Log).await?;
    let around = Surroundings::Installation(Box::new(frame));
    let page = question.page(around, rows, actors, &names);
    Ok(render(&state, Page::Audit(Box::new(page)), StatusCode::OK))
}

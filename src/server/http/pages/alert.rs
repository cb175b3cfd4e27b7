//! Alerts: the rules with what they found, and the form that sets them.

use super::remembered::{redirect_saying, take_message};
use super::{curl, frame};
use crate::domain::alert::{AlertKind, AlertRule, AlertState};
use crate::domain::environment::Environment;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::permission::Permission;
use crate::server::error::{Error, Result};
use crate::server::http::caller::{InWorkspace, SignedInPerson};
use crate::server::http::form::{Form, shown};
use crate::server::http::moment::{Times, moment};
use crate::server::http::render::render;
use crate::server::services::alert::set_alerts;
use crate::server::store::View;
use crate::ui::frame::NavPage;
use crate::ui::pages::Page;
use crate::ui::pages::alert::{AlertNow, AlertRow, Alerts, before_name, switch_name};
use crate::ui::words::{self, Done};
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeMap;

/// `GET alerts`.
pub async fn show(InWorkspace { visit, state, workspace, .. }: InWorkspace) -> Result<Response> {
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeMetrics).await?;
    let mut page = model(&mut view, &visit, &state.config.public_url()).await?;
    page.done = take_message(&visit.session, &visit.page).await?;
    Ok(render(&state, Page::Alerts(Box::new(page)), StatusCode::OK))
}

/// `POST alerts`: sets all of them.
pub async fn set(InWorkspace { visit, state, slug, workspace }: InWorkspace, mut form: Form) -> Result<Response> {
    state.store.assert_may(&visit.actor, &workspace, Permission::ManageInputs).await?;
    let typed = AlertKind::ALL.map(|kind| {
        let is_on = form.optional(switch_name(kind)) == "yes";
        (kind, is_on, form.text(kind.as_str()), form.text(before_name(kind)))
    });
    if form.faults().is_some() {
        return Err(Refusal::BadRequest(vec![]).into());
    }
    let mut wanted = BTreeMap::new();
    let mut faults = Vec::new();
    for (kind, is_on, text, before) in &typed {
        let before = Some(before.as_str()).filter(|before| !before.is_empty());
        let after = is_on.then(|| text.trim());
        // What was not touched stays as somebody else may have set it meanwhile.
        if after == before {
            continue;
        }
        let read = |text: &str| text.parse().map_err(|_| Problem::ThresholdOutOfRange).and_then(|n| kind.threshold(n));
        match after.map(read).transpose() {
            Ok(threshold) => {
                wanted.insert(*kind, threshold);
            }
            Err(problem) => faults.push(Fault::new(kind.as_str(), problem)),
        }
    }
    let result = match faults.is_empty() {
        true => set_alerts(&state.store, &visit.actor, workspace.clone(), wanted).await,
        false => Err(Refusal::Invalid(faults).into()),
    };
    match result {
        Ok(()) => redirect_saying(&visit.session, Done::AlertsSaved, &format!("/w/{slug}/alerts")).await,
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            let mut view = state.store.view(&visit.actor, workspace, Permission::SeeMetrics).await?;
            let mut page = model(&mut view, &visit, &state.config.public_url()).await?;
            for (kind, is_on, threshold, before) in typed {
                for row in page.rows.iter_mut().filter(|row| row.kind == kind) {
                    (row.is_on, row.threshold, row.before) = (is_on, threshold.clone(), before.clone());
                }
            }
            page.faults = shown(&faults);
            Ok(render(&state, Page::Alerts(Box::new(page)), StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

async fn model(view: &mut View, visit: &SignedInPerson, public_url: &str) -> Result<Alerts> {
    let rules = view.alert_rules().await?;
    let zone = view.workspace.time_zone.clone();
    let times = Times { now: view.now, zone: Some(&zone) };
    let row = |kind: AlertKind| {
        let rule = rules.iter().find(|rule| rule.kind == kind);
        let threshold = rule.map_or(kind.suggested(), |rule| rule.threshold);
        let before = rule.map(|rule| rule.threshold.to_string()).unwrap_or_default();
        AlertRow { kind, is_on: rule.is_some(), threshold: threshold.to_string(), before, now: now(rule, times) }
    };
    let slug = &view.workspace.slug;
    let curl = curl(public_url, slug.as_str(), "alerts");
    let frame = frame(view, &visit.person, NavPage::Alerts, Environment::Production).await?;
    Ok(Alerts {
        rows: AlertKind::ALL.map(row).into(),
        may_manage: frame.may(Permission::ManageInputs),
        curl,
        faults: Default::default(),
        done: None,
        frame,
    })
}

fn now(rule: Option<&AlertRule>, times: Times<'_>) -> AlertNow {
    let Some(AlertRule { kind, threshold, state }) = rule else { return AlertNow::Off };
    match *state {
        AlertState::NotLooked => AlertNow::NotLooked,
        AlertState::Quiet { found, looked_at } => {
            AlertNow::Quiet { why: words::alert_quiet(*kind, *threshold, found), looked_at: times.ago(looked_at) }
        }
        AlertState::Holds { found, since, looked_at } => AlertNow::Holds {
            found: words::alert_found(*kind, found),
            since: moment(since),
            looked_at: times.ago(looked_at),
        },
    }
}

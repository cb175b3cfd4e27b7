//! Alerts: the rules with what they found, and the form that sets them.

use super::frame;
use super::remembered::{redirect_saying, take_message};
use crate::domain::alert::{AlertKind, AlertRule};
use crate::domain::environment::Environment;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::permission::Permission;
use crate::server::error::{Error, Result};
use crate::server::http::caller::{InWorkspace, SignedInPerson};
use crate::server::http::form::{Form, shown};
use crate::server::http::moment::moment;
use crate::server::http::render::render;
use crate::server::services::alert::set_alerts;
use crate::server::store::View;
use crate::ui::frame::NavPage;
use crate::ui::pages::Page;
use crate::ui::pages::alert::{AlertNow, AlertRow, Alerts, switch_name};
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
        (kind, is_on, form.text(kind.as_str()))
    });
    if form.faults().is_some() {
        return Err(Refusal::BadRequest(vec![]).into());
    }
    let mut wanted = BTreeMap::new();
    let mut faults = Vec::new();
    for (kind, is_on, text) in &typed {
        match text.trim().parse() {
            _ if !is_on => wanted.insert(*kind, None),
            Ok(threshold) => wanted.insert(*kind, Some(threshold)),
            Err(_) => {
                faults.push(Fault::new(kind.as_str(), Problem::ThresholdOutOfRange));
                None
            }
        };
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
            for (row, (_, is_on, threshold)) in page.rows.iter_mut().zip(typed) {
                (row.is_on, row.threshold) = (is_on, threshold);
            }
            page.faults = shown(&faults);
            Ok(render(&state, Page::Alerts(Box::new(page)), StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

async fn model(view: &mut View, visit: &SignedInPerson, public_url: &str) -> Result<Alerts> {
    let rules = view.alert_rules().await?;
    let row = |kind: AlertKind| {
        let rule = rules.iter().find(|rule| rule.kind == kind);
        let threshold = rule.map_or(kind.suggested(), |rule| rule.threshold);
        AlertRow { kind, is_on: rule.is_some(), threshold: threshold.to_string(), now: now(rule) }
    };
    let slug = &view.workspace.slug;
    let curl = format!("curl -H \"Authorization: Bearer $TOKEN\" '{public_url}/api/v1/workspaces/{slug}/alerts'");
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

fn now(rule: Option<&AlertRule>) -> AlertNow {
    let Some(AlertRule { kind, state, .. }) = rule else { return AlertNow::Off };
    let found = state.found.map(|found| words::alert_found(*kind, found));
    match (state.since, found) {
        (Some(since), found) => AlertNow::Holds { found: found.unwrap_or_default(), since: moment(since) },
        (None, None) if state.looked_at.is_none() => AlertNow::NotLooked,
        (None, found) => AlertNow::Quiet { found },
    }
}

//! Explore.

use super::super::PageQuery;
use super::asked::{Asked, PARAMETERS};
use super::bar::path;
use super::by::{Row, groups, name_of, table};
use crate::domain::att::Status;
use crate::domain::count::{BreakdownBy, Counts, Unit};
use crate::domain::error::Refusal;
use crate::domain::exploration::{Explored, ExploredQuestion};
use crate::domain::id::PersonId;
use crate::domain::metric::Figures;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::http::caller::InWorkspace;
use crate::server::http::form::Form;
use crate::server::http::moment::moment;
use crate::server::services::exploration as service;
use crate::server::store::exploration::Exploration;
use crate::server::store::{CounterSelection, View};
use crate::ui::pages::metric::MetricView;
use crate::ui::pages::metric::explore::{Answer, Explore, Progress};
use crate::ui::words;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};

/// `POST metrics/explore`: asks for what is chosen to be counted, or gives that up.
pub async fn change(inside: InWorkspace, query: RawQuery, mut form: Form) -> Result<Response> {
    let InWorkspace { visit, state, slug, workspace } = inside;
    let mut view = state.store.view(&visit.actor, workspace, MetricView::Explore.permission()).await?;
    let act = form.text("act");
    if form.faults().is_some() {
        return Err(Refusal::BadRequest(vec![]).into());
    }
    let query = PageQuery::known_or_sent(query, &form.others(&["act"]), &PARAMETERS)?;
    let asked = Asked::read(&mut view, &query, MetricView::Explore, state.config.retention.keep_daily_days).await?;
    let (id, person) = (view.workspace.id, visit.person.id);
    match act.as_str() {
        "count" => {
            let question = question(&asked);
            let expected = devices(&mut view, &question).await?;
            drop(view);
            service::explore(&state.services, id, person, question, expected).await?;
        }
        "cancel" => {
            drop(view);
            service::give_up(&state.services, id, person).await?;
        }
        _ => return Err(Refusal::BadRequest(vec![]).into()),
    }
    Ok(Redirect::to(&format!("{}{}", path(&slug, MetricView::Explore), query.with(&[]))).into_response())
}

/// What the page shows, and what its reader waits for.
pub async fn model(
    view: &mut View,
    asked: &Asked,
    query: &PageQuery,
    reader: PersonId,
) -> Result<(Explore, Option<Exploration>)> {
    let path = path(view.workspace.slug.as_str(), MetricView::Explore);
    let address = format!("{path}{}", query.with(&[]));
    if !view.may(MetricView::Explore.permission()) {
        return Ok((Explore { address, path, progress: Progress::NotAllowed }, None));
    }
    let question = question(asked);
    let answered = view.answer_to(&question).await?;
    // An answer that somebody else got is theirs too, if its counting began since they asked.
    let is_newer = |open: &Exploration| answered.as_ref().and_then(|answered| answered.begun_at) > Some(open.asked_at);
    let open = view.open_exploration(&question, reader).await?.filter(|open| !is_newer(open));
    let progress = match (&open, &answered) {
        (Some(open), _) if open.begun_at.is_none() && view.is_behind_others(open).await? => Progress::Queued,
        (Some(open), _) => Progress::Counting { seen: open.seen, devices: open.expected },
        (None, Some(Exploration { begun_at: Some(begun), ended_at: Some(ended), explored, .. })) => {
            let answer = answer(view, asked, query, explored, (*begun, *ended)).await?;
            Progress::Answered(Box::new(answer))
        }
        (None, _) => Progress::NotAsked {
            devices: devices(view, &question).await?,
            groups: groups(asked, query),
            at_once: question.slices.is_empty().then(|| format!("by{}", query.with(&[]))),
        },
    };
    Ok((Explore { address, path, progress }, open))
}

fn question(asked: &Asked) -> ExploredQuestion {
    let Asked { environment, unit, by, .. } = *asked;
    ExploredQuestion { environment, unit, app: asked.app_id(), slices: asked.slices.clone(), by }
}

/// How many devices there are to look through: those that are counted, for others are few.
async fn devices(view: &mut View, question: &ExploredQuestion) -> Result<i64> {
    let all = CounterSelection { environment: question.environment, unit: Unit::Devices, app: None, slice: None };
    Ok(view.counts_of(all).await?.all())
}

/// An answer of the last hour to what is asked, with the default that was in force then.
///
/// # Errors
/// [`Refusal::Forbidden`] for a role that may not look up single devices, [`Refusal::NotFound`] where there is no answer.
pub async fn answered(view: &mut View, asked: &Asked) -> Result<(Explored, (Millis, Millis), Option<Status>)> {
    if !view.may(MetricView::Explore.permission()) {
        return Err(Refusal::Forbidden.into());
    }
    let found = view.answer_to(&question(asked)).await?.ok_or(Refusal::NotFound)?;
    let (Some(begun), Some(ended)) = (found.begun_at, found.ended_at) else { return Err(Refusal::NotFound.into()) };
    Ok((found.explored, (begun, ended), default_at(view, ended).await?))
}

/// The default in force at a moment.
async fn default_at(view: &mut View, at: Millis) -> Result<Option<Status>> {
    Ok(view.settings_before(at.plus(1)).await?.and_then(|version| version.default))
}

async fn answer(
    view: &mut View,
    asked: &Asked,
    query: &PageQuery,
    explored: &Explored,
    (begun, ended): (Millis, Millis),
) -> Result<Answer> {
    let default = default_at(view, ended).await?;
    let figures = |counts: Counts| Figures::new([(counts, default)], asked.basis, view.precision);
    let row = |(value, counts): (&String, &Counts)| Row {
        name: name_of(asked, value),
        // A click on a row goes on within it, grouped by something else.
        address: (!value.is_empty()).then(|| query.with(&[(asked.by.as_str(), value), ("by", ""), ("sort", "")])),
        has_value: !value.is_empty(),
        now: figures(*counts),
        before: None,
    };
    let mut rows: Vec<Row> = explored.values.iter().map(row).filter(|row| row.is_shown(asked.by)).collect();
    if explored.other.all() > 0 {
        rows.push(Row::other(figures(explored.other)));
    }
    let all = figures(explored.all);
    Ok(Answer {
        all: words::count(all.apple()),
        rate: words::share(all.fraction(asked.rate).share()),
        rows: table(rows, asked, query, None),
        from: moment(begun),
        until: moment(ended),
        lacks: asked.unit == Unit::Profiles && asked.app.is_none(),
        overlaps: asked.unit == Unit::Profiles && asked.by == BreakdownBy::App,
    })
}

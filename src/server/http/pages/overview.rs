//! The Overview, and the part of it that follows the server.

use super::counts::{Read, counts};
use super::first_step::first_steps;
use super::happening::{alerts, happenings};
use super::period::AskedPeriod;
use super::rate::marks;
use super::{PageQuery, frame};
use crate::domain::app::{app_called, told_apart};
use crate::domain::count::{Slice, Unit};
use crate::domain::environment::Environment;
use crate::domain::error::Refusal;
use crate::domain::metric::Period;
use crate::domain::permission::Permission;
use crate::domain::platform::Platform;
use crate::domain::retention::Aging;
use crate::server::error::Result;
use crate::server::hex::hex;
use crate::server::http::caller::{InWorkspace, NotSignedIn, SignedInPerson};
use crate::server::http::failure;
use crate::server::http::render::render;
use crate::server::services::distribution::{self, Distribution, DistributionQuery};
use crate::server::services::kept_days::kept_days;
use crate::server::services::trend::{Compared, TrendQuery, compared};
use crate::server::state::AppState;
use crate::server::store::{Actor, View, WorkspaceRef};
use crate::ui::frame::{NavPage, address};
use crate::ui::islands::counts::{CountsQuery, Fragment, Source};
use crate::ui::pages::Page;
use crate::ui::pages::overview::{self as page, Counts, Empty, Live, Overview};
use crate::ui::parts::chart::line::Marks;
use crate::ui::words;
use axum::extract::{RawQuery, Request, State};
use axum::http::header::{ACCEPT, REFERER};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::{Owner, RenderHtml, expect_context, provide_context};
use leptos_axum::{ResponseOptions, handle_server_fns_with_context};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Everything that it can be asked for.
const PARAMETERS: [&str; 7] = ["environment", "unit", "app", "platform", "days", "from", "to"];

async fn read(view: &mut View, asked: &PageQuery, keep_daily_days: u32) -> Result<Read> {
    let unit = asked.parsed("unit", Unit::parse_of_now)?.unwrap_or(Unit::Profiles);
    let environment = asked.environment()?;
    let distribution = distribution::read(view, environment, unit).await?;
    let distribution = Distribution { apps: told_apart(distribution.apps), ..distribution };
    let app = match asked.of("app") {
        Some(text) => Some(app_called(&distribution.apps, text).ok_or(Refusal::NotFound)?.id),
        None => None,
    };
    let platform = asked.parsed("platform", Platform::parse)?;
    let question = DistributionQuery { environment, unit, app, platform };
    let empty = if is_empty(&distribution, &question) { Some(empty(view, &question).await?) } else { None };
    let kept = kept_days(view, Aging::Days, keep_daily_days).await?;
    let period = AskedPeriod::of(asked, kept);
    let has_figures = empty.is_none() && platform.is_none_or(Platform::is_apple);
    let (compared, marks, happenings) = match has_figures {
        false => (Compared::default(), Marks::default(), Vec::new()),
        true => {
            let Period { first, last } = period.period;
            let (slice, step) = (platform.map(Slice::from), period.usual_step());
            let asked = TrendQuery { environment, unit, app, slice, first, last, step };
            let compared = compared(view, &asked, kept.first).await?;
            let marks = marks(view, &compared, &distribution.apps, environment, app).await?;
            (compared, marks, happenings(view, &question, &distribution, kept).await?)
        }
    };
    let alerts = alerts(view).await?;
    Ok(Read { question, distribution, empty, period, compared, marks, alerts, happenings })
}

/// For rounded roles not even whether there is anybody in an app or in development may be shown; that nothing ever came is.
fn is_empty(distribution: &Distribution, question: &DistributionQuery) -> bool {
    let anybody = DistributionQuery { platform: None, ..*question };
    if distribution.precision.is_rounded() {
        question.is_of_all_in_production() && distribution.last_batches.is_empty()
    } else {
        distribution.all(&anybody) == 0
    }
}

async fn empty(view: &mut View, question: &DistributionQuery) -> Result<Empty> {
    let development = match question.environment {
        Environment::Production => in_development(view, question).await?,
        Environment::Development => None,
    };
    let steps = match question.is_of_all_in_production() && question.platform.is_none() {
        true => first_steps(view, development.is_some()).await?,
        false => Vec::new(),
    };
    Ok(Empty { steps, development })
}

/// Test devices count in development: somebody who has just sent an event looks for it in production.
async fn in_development(view: &mut View, question: &DistributionQuery) -> Result<Option<(String, String)>> {
    let there = DistributionQuery { environment: Environment::Development, app: None, platform: None, ..*question };
    let distribution = distribution::read(view, there.environment, there.unit).await?;
    if distribution.precision.is_rounded() || is_empty(&distribution, &there) {
        return Ok(None);
    }
    let count = words::count(distribution.figures(&there).all());
    let seen = format!("In development: {count} {}.", words::unit_after(&count, there.unit));
    Ok(Some((seen, address(view.workspace.slug.as_str(), NavPage::Overview, there.environment))))
}

/// `GET /w/{workspace}`: leads to the Overview.
pub async fn first_page(InWorkspace { slug, .. }: InWorkspace) -> Redirect {
    Redirect::to(&address(&slug, NavPage::Overview, Environment::Production))
}

/// `GET overview`.
pub async fn overview(InWorkspace { visit, state, workspace, .. }: InWorkspace, query: RawQuery) -> Result<Response> {
    let asked = PageQuery::known(query, &PARAMETERS)?;
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeMetrics).await?;
    let read = read(&mut view, &asked, state.config.retention.keep_daily_days).await?;
    let mut counts = counts(&read, &asked);
    // Without an app there is nothing to choose: the filter comes with the counts, as soon as there is one.
    let with_filter = read.distribution.apps.is_empty();
    let filter = if with_filter { None } else { counts.filter.take() };
    let live = Live { filters: asked.with(&[]), with_filter, tag: tag(&counts_html(counts.clone())) };
    let frame = frame(&mut view, &visit.person, NavPage::Overview, read.question.environment).await?;
    let page = Overview { filter, live: Some(live), counts, frame };
    let status = if read.period.fault.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(render(&state, Page::Overview(Box::new(page)), status))
}

/// `GET /live/overview`: the server function of the page's island.
pub async fn live(
    visit: Result<SignedInPerson, NotSignedIn>,
    State(state): State<AppState>,
    mut request: Request,
) -> Result<Response> {
    let visit = visit.map_err(NotSignedIn::as_error)?;
    let request_id = visit.actor.request_id.clone().unwrap_or_default();
    let source = Source(Arc::new(move |asked| {
        let (state, actor, request_id) = (state.clone(), visit.actor.clone(), request_id.clone());
        Box::pin(async move {
            expect_context::<ResponseOptions>().set_status(StatusCode::OK);
            counts_unless_shown(&state, &actor, asked)
                .await
                .map_err(|error| failure::of_server_function(&error, &request_id))
        })
    }));
    let provide = move || {
        provide_context(source.clone());
        // Until the source is asked, what is wrong is what was sent.
        expect_context::<ResponseOptions>().set_status(StatusCode::BAD_REQUEST);
    };
    // A function is found by its method, and HEAD is a GET whose body axum leaves out.
    *request.method_mut() = Method::GET;
    // For a form without script, Leptos leads back to the page that sent it: whatever page that says it is.
    request.headers_mut().remove(ACCEPT);
    request.headers_mut().remove(REFERER);
    Ok(handle_server_fns_with_context(provide, request).await.into_response())
}

async fn counts_unless_shown(state: &AppState, actor: &Actor, wanted: CountsQuery) -> Result<Option<Fragment>> {
    let workspace = WorkspaceRef::parse(&wanted.workspace)?;
    let asked = PageQuery::known(RawQuery(Some(wanted.filters.trim_start_matches('?').to_owned())), &PARAMETERS)?;
    let mut view = state.store.view(actor, workspace, Permission::SeeMetrics).await?;
    let read = read(&mut view, &asked, state.config.retention.keep_daily_days).await?;
    let counts = counts(&read, &asked);
    let html = counts_html(Counts { filter: counts.filter.filter(|_| wanted.with_filter), ..counts });
    let tag = tag(&html);
    Ok((tag != wanted.shown).then_some(Fragment { html, tag }))
}

/// The counts by themselves, as the island puts them into the page.
fn counts_html(counts: Counts) -> String {
    Owner::new().with(|| page::counts(counts).to_html())
}

fn tag(html: &str) -> String {
    hex(&Sha256::digest(html)[..12])
}

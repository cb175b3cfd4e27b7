//! The Overview, and the part of it that follows the server.

use super::counts::{Read, counts};
use super::{Asked, frame};
use crate::domain::count::Unit;
use crate::domain::environment::Environment;
use crate::domain::error::Refusal;
use crate::domain::permission::{Permission, may};
use crate::domain::platform::Platform;
use crate::server::error::Result;
use crate::server::http::caller::{Inside, NotSignedIn};
use crate::server::http::render::{fragment, render};
use crate::server::services::distribution::{self, Distribution, Question};
use crate::server::store::View;
use crate::server::store::audit::hex;
use crate::ui::frame::{NavPage, address};
use crate::ui::pages::Page;
use crate::ui::pages::overview::{Counts, Empty, Live, Overview};
use crate::ui::words;
use axum::extract::RawQuery;
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use sha2::{Digest, Sha256};

/// In the island's address: the page was opened before there was an app, so that the filter comes with the counts.
const WITH_FILTER: &str = "with-filter";

async fn read(view: &mut View, asked: &Asked) -> Result<Read> {
    let unit = asked.parsed("unit", Unit::parse_of_now)?.unwrap_or(Unit::Profiles);
    let environment = asked.environment()?;
    let distribution = distribution::read(view, environment, unit).await?;
    let app = match asked.of("app") {
        Some(text) => {
            let known = distribution.apps.iter().find(|app| app.is_called(text));
            Some(known.ok_or(Refusal::NotFound)?.id)
        }
        None => None,
    };
    let platform = asked.parsed("platform", Platform::parse)?;
    let question = Question { environment, unit, app, platform };
    let empty = if is_empty(&distribution, &question) { Some(empty(view, &question).await?) } else { None };
    Ok(Read { question, distribution, empty })
}

/// For rounded roles not even whether there is anybody may be shown; when the last batch came is.
fn is_empty(distribution: &Distribution, question: &Question) -> bool {
    let anybody = Question { platform: None, ..*question };
    if distribution.rounded { distribution.last_batch(question).is_none() } else { distribution.all(&anybody) == 0 }
}

async fn empty(view: &mut View, question: &Question) -> Result<Empty> {
    let development = match question.environment {
        Environment::Production => in_development(view, question).await?,
        Environment::Development => None,
    };
    Ok(Empty {
        may_add_input: view.role.is_some_and(|role| may(role, Permission::ManageInputs)),
        has_input: !view.inputs().await?.is_empty(),
        inputs: address(view.workspace.slug.as_str(), NavPage::Inputs, Environment::Production),
        development,
    })
}

/// Test devices count in development: somebody who has just sent an event looks for it in production.
async fn in_development(view: &mut View, question: &Question) -> Result<Option<(String, String)>> {
    let there = Question { environment: Environment::Development, app: None, platform: None, ..*question };
    let distribution = distribution::read(view, there.environment, there.unit).await?;
    if is_empty(&distribution, &there) {
        return Ok(None);
    }
    let count = words::count(distribution.shown(distribution.all(&there)));
    let seen = format!("In development: {count} {}.", words::unit_after(&count, there.unit));
    Ok(Some((seen, address(view.workspace.slug.as_str(), NavPage::Overview, there.environment))))
}

/// `GET overview`.
pub async fn overview(Inside { visit, state, slug, workspace }: Inside, query: RawQuery) -> Result<Response> {
    let asked = Asked::new(query);
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeMetrics).await?;
    let read = read(&mut view, &asked).await?;
    let mut counts = counts(&read, &asked);
    let has_app = !read.distribution.apps.is_empty();
    let filter = if has_app { counts.filter.take() } else { None };
    let query = asked.with(&[(WITH_FILTER, if has_app { "" } else { "1" })]);
    let live = Live { address: format!("/w/{slug}/overview/live{query}"), tag: tag(&fragment(counts.clone())) };
    let frame = frame(&mut view, &visit.person, NavPage::Overview, read.question.environment).await?;
    let page = Overview { filter, live: Some(live), counts, frame };
    Ok(render(&state, Page::Overview(Box::new(page)), StatusCode::OK))
}

/// `GET overview/live`: the counts by themselves; 304 while they are what the page shows.
pub async fn live(inside: Result<Inside, NotSignedIn>, query: RawQuery, headers: HeaderMap) -> Result<Response> {
    let Inside { visit, state, workspace, .. } = inside.map_err(|why| match why {
        NotSignedIn::Redirect(_) => Refusal::Unauthorized.into(),
        NotSignedIn::Failed(error) => error,
    })?;
    let mut asked = Asked::new(query);
    let with_filter = asked.take(WITH_FILTER);
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeMetrics).await?;
    let read = read(&mut view, &asked).await?;
    let counts = counts(&read, &asked);
    let html = fragment(Counts { filter: counts.filter.filter(|_| with_filter), ..counts });
    let tag = tag(&html);
    let known = headers.get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok()) == Some(&tag);
    if known {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], Html(html)).into_response())
}

fn tag(html: &str) -> String {
    format!("\"{}\"", hex(&Sha256::digest(html)[..12]))
}

//! The Overview, and the part of it that follows the server.

use super::{PageQuery, frame};
use crate::domain::app::App;
use crate::domain::att::{CountedState, Status};
use crate::domain::count::{Cell, Dimension, Unit};
use crate::domain::error::Refusal;
use crate::domain::id::AppId;
use crate::domain::permission::Permission;
use crate::domain::platform::Platform;
use crate::domain::rounding::share;
use crate::server::error::Result;
use crate::server::hex::hex;
use crate::server::http::caller::{InWorkspace, NotSignedIn, SignedInPerson};
use crate::server::http::failure;
use crate::server::http::moment::minute;
use crate::server::http::render::render;
use crate::server::services::distribution::{self, Distribution, DistributionQuery};
use crate::server::state::AppState;
use crate::server::store::{Actor, View, WorkspaceRef};
use crate::ui::frame::NavPage;
use crate::ui::islands::counts::{CountsQuery, Fragment, Source};
use crate::ui::pages::Page;
use crate::ui::pages::overview::{self as page, AppRow, Counts, Filter, Live, Overview, Rate, StateRow};
use crate::ui::parts::bars::{Bars, Reading};
use crate::ui::words;
use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use leptos::prelude::{Owner, RenderHtml, expect_context, provide_context};
use leptos_axum::{ResponseOptions, handle_server_fns_with_context};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the address asks for, and what was read for it.
struct Read {
    question: DistributionQuery,
    distribution: Distribution,
}

async fn read(view: &mut View, asked: &PageQuery) -> Result<Read> {
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
    let platform = match asked.of("platform") {
        Some(text) => Some(Platform::parse(text).ok_or(Refusal::NotFound)?),
        None => None,
    };
    Ok(Read { question: DistributionQuery { environment, unit, app, platform }, distribution })
}

/// How many apps the table shows, and how many the filter offers: the largest ones.
const MOST_SHOWN: usize = 50;
const MOST_OFFERED: usize = 200;

/// `GET overview`.
pub async fn overview(InWorkspace { visit, state, workspace, .. }: InWorkspace, query: RawQuery) -> Result<Response> {
    let asked = PageQuery::new(query);
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeMetrics).await?;
    let read = read(&mut view, &asked).await?;
    let counts = counts(&read, &asked);
    let frame = frame(&mut view, &visit, NavPage::Overview, read.question.environment).await?;
    let live = Live { filters: asked.with(&[]), tag: tag(&drawn(counts.clone())) };
    let page = Overview {
        may_add_input: frame.may(Permission::ManageInputs),
        has_input: !view.inputs().await?.is_empty(),
        filter: filter(&read, &asked),
        live: Some(live),
        counts,
        frame,
    };
    Ok(render(&state, Page::Overview(Box::new(page)), StatusCode::OK))
}

/// `GET /live/overview`: the server function of the page's island.
pub async fn live(
    visit: Result<SignedInPerson, NotSignedIn>,
    State(state): State<AppState>,
    request: Request,
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
    Ok(handle_server_fns_with_context(provide, request).await.into_response())
}

async fn counts_unless_shown(state: &AppState, actor: &Actor, wanted: CountsQuery) -> Result<Option<Fragment>> {
    let workspace = WorkspaceRef::parse(&wanted.workspace)?;
    let asked = PageQuery::new(RawQuery(Some(wanted.filters.trim_start_matches('?').to_owned())));
    let mut view = state.store.view(actor, workspace, Permission::SeeMetrics).await?;
    let read = read(&mut view, &asked).await?;
    let html = drawn(counts(&read, &asked));
    let tag = tag(&html);
    Ok((tag != wanted.shown).then_some(Fragment { html, tag }))
}

/// The counts by themselves, as the island puts them into the page.
fn drawn(counts: Counts) -> String {
    Owner::new().with(|| page::counts(counts).to_html())
}

fn tag(html: &str) -> String {
    hex(&Sha256::digest(html)[..12])
}

fn filter(read: &Read, asked: &PageQuery) -> Filter {
    let DistributionQuery { unit, app, platform, environment } = read.question;
    let other = if unit == Unit::Profiles { "devices" } else { "" };
    let apps = read.distribution.apps.iter();
    let offered: BTreeSet<AppId> = largest(read).into_iter().take(MOST_OFFERED).chain(app).collect();
    let apps = apps
        .filter(|known| offered.contains(&known.id))
        .map(|known| (known.id.to_string(), known.name.clone(), app == Some(known.id)))
        .collect();
    let counted = read.distribution.cells.keys().filter_map(platform_of);
    // Which platforms there are would tell rounded roles of single units.
    let all = Platform::ALL.into_iter().filter(|_| read.distribution.rounded);
    let seen: BTreeSet<Platform> = counted.chain(platform).chain(all).collect();
    Filter {
        unit,
        other_unit: asked.with(&[("unit", other)]),
        apps,
        platforms: seen.into_iter().map(|known| (known.as_str().to_owned(), platform == Some(known))).collect(),
        environment: environment.as_str(),
    }
}

fn platform_of(cell: &Cell) -> Option<Platform> {
    let slice = cell.slice.as_ref().filter(|slice| slice.dimension == Dimension::Platform)?;
    Platform::parse(&slice.value)
}

fn counts(read: &Read, asked: &PageQuery) -> Counts {
    let Read { question, distribution } = read;
    let shown = |n| distribution.shown(n);
    let apple = shown(distribution.apple(question));
    let unknown = distribution.explicit(question, CountedState::Unknown);
    let default = distribution.settings.default;
    let decided = if default.is_some() { unknown } else { 0 };
    let row = |state: CountedState| {
        let (explicit, effective) = (distribution.explicit(question, state), distribution.effective(question, state));
        let by_default = default.is_some_and(|default| state == CountedState::Known(default));
        StateRow {
            state,
            explicit: words::count(shown(explicit)),
            explicit_share: words::share(share(shown(explicit), apple)),
            by_default: if by_default { words::count(shown(unknown)) } else { "–".to_owned() },
            effective: words::count(shown(effective)),
            effective_share: words::share(share(shown(effective), apple)),
        }
    };
    let figures = |of: &dyn Fn(CountedState) -> i64| {
        let figure = |state| (state, shown(of(state)).figure().unwrap_or_default());
        CountedState::OF_APPLE.into_iter().map(figure).collect::<Vec<_>>()
    };
    let rows: Vec<StateRow> = CountedState::OF_APPLE.into_iter().map(row).collect();
    let reading = |row: &StateRow| Reading {
        state: row.state,
        reported: format!("AppliedReport: {} ({})", row.explicit, row.explicit_share),
        effective: format!("Effective: {} ({})", row.effective, row.effective_share),
    };
    let apple_words = words::count(apple);
    let units = words::unit_after(&apple_words, question.unit);
    let (apps, more_apps) = apps(read, asked);
    Counts {
        unit: question.unit,
        elsewhere: words::count(shown(distribution.explicit(question, CountedState::NotApplicable))),
        // For rounded roles not even whether there is anybody may be told; when the last batch came is.
        is_empty: if distribution.rounded {
            distribution.last_batch(question).is_none()
        } else {
            distribution.all(question) == 0
        },
        last_batch: distribution.last_batch(question).map(minute),
        by_default: words::count(shown(decided)),
        bars: Bars {
            readings: rows.iter().map(reading).collect(),
            explicit: figures(&|state| distribution.explicit(question, state)),
            effective: figures(&|state| distribution.effective(question, state)),
            default,
            title: format!("{apple_words} Apple {units}"),
        },
        rows,
        rates: rates(distribution, question),
        apps,
        more_apps,
        rounded: distribution.rounded,
        apple: apple_words,
    }
}

fn rates(distribution: &Distribution, question: &DistributionQuery) -> Vec<Rate> {
    let shown = |n| distribution.shown(n);
    let authorized = shown(distribution.explicit(question, CountedState::Known(Status::Authorized)));
    let (apple, answered) = (distribution.apple(question), shown(distribution.answered(question)));
    let reported = shown(apple - distribution.explicit(question, CountedState::Unknown));
    let rate = |name, part, whole, formula| Rate {
        name,
        value: words::share(share(part, whole)),
        formula,
        figures: format!("{} of {}", words::count(part), words::count(whole)),
    };
    vec![
        rate("Consent rate", authorized, answered, "authorized of those who answered the prompt"),
        rate("Addressable rate", authorized, shown(apple), "authorized of all Apple units"),
        rate("AppliedReport share", reported, shown(apple), "with a status; the rest counts by the default"),
    ]
}

/// The apps with the most units first.
fn largest(read: &Read) -> Vec<AppId> {
    let within = |app| read.distribution.apple(&DistributionQuery { app: Some(app), ..read.question });
    let mut apps: Vec<AppId> = read.distribution.apps.iter().map(|app| app.id).collect();
    // Most workspaces have a few: then none is weighed.
    if apps.len() > MOST_SHOWN {
        apps.sort_by_cached_key(|app| std::cmp::Reverse(within(*app)));
    }
    apps
}

/// The largest apps, and how many smaller ones there are.
fn apps(read: &Read, asked: &PageQuery) -> (Vec<AppRow>, usize) {
    let Read { question, distribution } = read;
    if question.app.is_some() {
        return (Vec::new(), 0);
    }
    let row = |app: &App| {
        let within = DistributionQuery { app: Some(app.id), ..*question };
        let platforms = distribution.cells.keys().filter(|cell| cell.app == Some(app.id)).filter_map(platform_of);
        let platforms: BTreeSet<&str> = platforms.map(Platform::as_str).filter(|_| !distribution.rounded).collect();
        let figure =
            |state| (state, distribution.shown(distribution.explicit(&within, state)).figure().unwrap_or_default());
        let authorized = distribution.shown(distribution.explicit(&within, CountedState::Known(Status::Authorized)));
        AppRow {
            name: app.name.clone(),
            address: asked.with(&[("app", &app.id.to_string())]),
            platforms: platforms.into_iter().collect::<Vec<_>>().join(", "),
            count: words::count(distribution.shown(distribution.apple(&within))),
            shares: CountedState::OF_APPLE.into_iter().map(figure).collect(),
            consent_rate: words::share(share(authorized, distribution.shown(distribution.answered(&within)))),
        }
    };
    // For rounded roles not even whether an app has anybody may be told.
    let counts =
        |app: &AppId| distribution.rounded || distribution.all(&DistributionQuery { app: Some(*app), ..*question }) > 0;
    let mut counted = largest(read).into_iter().filter(counts);
    let shown: BTreeSet<AppId> = counted.by_ref().take(MOST_SHOWN).collect();
    (distribution.apps.iter().filter(|app| shown.contains(&app.id)).map(row).collect(), counted.count())
}

//! The router, built from the routes: used by the server and by tests alike.

use super::routes::{ROUTES, RouteKind};
use super::{failure, metrics, render, security};
use crate::domain::error::Refusal;
use crate::server::auth::session::Sessions;
use crate::server::error::Error;
use crate::server::state::AppState;
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::compression::CompressionLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

/// All routes, with what holds for each kind of them around it.
pub fn router(state: AppState) -> Router {
    // Leptos spawns on the runtime that is here already; a second router in one process finds that said.
    let _ = any_spawner::Executor::init_tokio();
    let pages = routes(RouteKind::Page)
        .fallback(|| async { Error::from(Refusal::NotFound) })
        .method_not_allowed_fallback(|| async { Error::from(Refusal::NotFound) })
        .layer(sessions(&state, state.services.page_sessions()))
        .layer(from_fn_with_state(state.clone(), security::same_origin_only))
        .layer(from_fn(security::short_queries_only))
        .layer(from_fn_with_state(state.clone(), failure::as_page))
        .layer(from_fn_with_state(state.clone(), render::draw_pages))
        .layer(CompressionLayer::new())
        .layer(from_fn(security::only_reads_are_compressed));
    let server_functions = routes(RouteKind::ServerFunction)
        .layer(sessions(&state, state.services.polling_sessions()))
        .layer(from_fn_with_state(state.clone(), security::same_origin_only))
        .layer(from_fn(security::short_queries_only))
        .layer(from_fn_with_state(state.clone(), failure::as_json));
    let api = routes(RouteKind::Api)
        .layer(from_fn(security::json_changes_only))
        .layer(from_fn_with_state(state.clone(), failure::as_json))
        .layer(from_fn(security::as_files));
    let machines = routes(RouteKind::Events)
        .merge(routes(RouteKind::Plain))
        .layer(from_fn_with_state(state.clone(), failure::as_json));
    // Nothing is measured, on the event stream's way least of all, unless somebody reads it.
    let measured = state.config.metrics_addr.is_some();
    // One layer, for each costs every request some microseconds. That addresses can be read is asked in `failure`.
    let all = Router::new()
        .merge(pages)
        .merge(server_functions)
        .merge(api)
        .merge(machines)
        .layer(from_fn_with_state(state.clone(), security::around_all))
        .with_state(state);
    if measured { all.layer(from_fn(metrics::measure)) } else { all }
}

fn routes(kind: RouteKind) -> Router<AppState> {
    let ours = ROUTES.iter().filter(|route| route.kind == kind);
    ours.fold(Router::new(), |router, route| {
        route.addresses().into_iter().fold(router, |router, address| router.route(&address, (route.serve)()))
    })
}

/// The cookie lives as long as the browser's session; how long ours lives is decided by our own store.
fn sessions(state: &AppState, store: Sessions) -> SessionManagerLayer<Sessions> {
    SessionManagerLayer::new(store)
        .with_name(state.config.session_cookie())
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(state.config.is_https())
        .with_expiry(Expiry::OnSessionEnd)
}

//! Every route: method, path, and what one must be allowed to pass it. The router is built from this list, and the test
//! of roles walks it.

use super::api::{
    alert, audit, breakdown, data_problem, dimension_value, distribution, document, events, privacy, release,
    transition, trend, userprofile,
};
use super::{health, pages, site};
use crate::domain::permission::Permission;
use crate::server::state::AppState;
use axum::routing::{MethodRouter, delete, get, post, put};

/// How a route is asked, and in which words it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// For machines that watch, and files.
    Plain,
    /// A page or a form.
    Page,
    /// What an island asks; never renews a session.
    ServerFunction,
    /// The Admin API, the Profile API and the OpenAPI document.
    Api,
    /// The Events API.
    Events,
}

/// What one must be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    SignedIn,
    /// Being an operator of the installation.
    Operator,
    /// A permission in the workspace that the address names.
    Role(Permission),
    /// The key and secret of an input.
    InputSecret,
}

/// One route.
#[derive(Clone, Copy)]
pub struct Route {
    pub method: &'static str,
    /// In axum's words; where a parameter of the query names the workspace, with that.
    pub address: &'static str,
    pub kind: RouteKind,
    pub needs: Needs,
    pub serve: fn() -> MethodRouter<AppState>,
}

impl Route {
    /// The address without a query.
    pub fn path(&self) -> &'static str {
        self.address.split('?').next().unwrap_or_default()
    }

    /// All addresses under which it is served: senders of events end theirs in a slash, and partners' feeds begin theirs
    /// with `/s2s`.
    pub fn addresses(&self) -> Vec<String> {
        let path = self.path();
        match self.kind {
            RouteKind::Events => ["", "/s2s"]
                .into_iter()
                .flat_map(|before| ["", "/"].map(|behind| format!("{before}{path}{behind}")))
                .collect(),
            _ => vec![path.to_owned()],
        }
    }
}

macro_rules! routes {
    ($($method:literal $address:literal $kind:ident $needs:expr => $serve:expr;)*) => {
        /// All of them.
        pub const ROUTES: &[Route] = &[$(Route {
            method: $method,
            address: $address,
            kind: RouteKind::$kind,
            needs: $needs,
            serve: || $serve,
        },)*];
    };
}

use Needs::{InputSecret, Nothing, Operator, Role, SignedIn};
use Permission::{
    ChangePrivacySettings, ExportMetrics, LookUpProfiles, ManageInputs, ManageMembers, ManageTokens, SeeAudit,
    SeeInputs, SeeMembers, SeeMetrics, SeePrivacySettings,
};

routes! {
    "GET" "/healthz" Plain Nothing => get(health::live);
    "GET" "/readyz" Plain Nothing => get(health::ready);
    "GET" "/s/{hash}/{file}" Plain Nothing => get(site::file);
    "GET" "/favicon.ico" Plain Nothing => get(site::favicon);

    "GET" "/" Page SignedIn => get(pages::session::home);
    "GET" "/sign-in" Page Nothing => get(pages::session::sign_in_form);
    "POST" "/sign-in" Page Nothing => post(pages::session::sign_in);
    "GET" "/sign-in/code" Page Nothing => get(pages::session::code_form);
    "POST" "/sign-in/code" Page Nothing => post(pages::session::sign_in_by_code);
    "POST" "/sign-out" Page SignedIn => post(pages::session::sign_out);
    "POST" "/strength" Page Nothing => post(pages::strength::judge);
    "GET" "/set-up" Page Nothing => get(pages::setup::set_up_form);
    "POST" "/set-up" Page Nothing => post(pages::setup::set_up);
    "GET" "/invitation" Page Nothing => get(pages::invitation::look);
    "POST" "/invitation" Page Nothing => post(pages::invitation::take);

    "GET" "/account" Page SignedIn => get(pages::account::show);
    "POST" "/account" Page SignedIn => post(pages::account::change);
    "GET" "/account/second-factor" Page SignedIn => get(pages::second_factor::show);
    "POST" "/account/second-factor" Page SignedIn => post(pages::second_factor::change);
    "POST" "/confirm" Page SignedIn => post(pages::confirm::confirm);
    "GET" "/api" Page SignedIn => get(pages::api::show);
    "GET" "/stored" Page SignedIn => get(pages::stored::show);
    "GET" "/people" Page Operator => get(pages::person::list);
    "GET" "/people/{person}" Page Operator => get(pages::person::one);
    "POST" "/people" Page Operator => post(pages::person::demand);
    "POST" "/people/{person}" Page Operator => post(pages::person::change);
    "GET" "/workspaces" Page Operator => get(pages::workspace::list);
    "POST" "/workspaces" Page Operator => post(pages::workspace::add);
    "GET" "/jobs" Page Operator => get(pages::job::list);
    "GET" "/log" Page Operator => get(pages::audit::installation);

    "GET" "/w/{workspace}" Page SignedIn => get(pages::overview::first_page);
    "GET" "/w/{workspace}/overview" Page Role(SeeMetrics) => get(pages::overview::overview);
    "GET" "/live/overview?workspace={workspace}" ServerFunction Role(SeeMetrics) => get(pages::overview::live);
    "GET" "/w/{workspace}/metrics" Page Role(SeeMetrics) => get(pages::metric::now);
    "GET" "/w/{workspace}/metrics/over-time" Page Role(SeeMetrics) => get(pages::metric::over_time);
    "GET" "/w/{workspace}/metrics/by" Page Role(SeeMetrics) => get(pages::metric::by);
    "GET" "/w/{workspace}/metrics/flow" Page Role(SeeMetrics) => get(pages::metric::flow);
    "GET" "/w/{workspace}/metrics/quality" Page Role(SeeMetrics) => get(pages::metric::quality);
    "GET" "/w/{workspace}/metrics/releases" Page Role(SeeMetrics) => get(pages::metric::releases);
    "POST" "/w/{workspace}/metrics/releases" Page Role(ManageInputs) => post(pages::metric::annotate);
    "GET" "/w/{workspace}/metrics/explore" Page Role(SeeMetrics) => get(pages::metric::explore);
    "POST" "/w/{workspace}/metrics/explore" Page Role(LookUpProfiles) => post(pages::metric::change_exploration);
    "GET" "/w/{workspace}/metrics/views" Page Role(SeeMetrics) => get(pages::metric::saved_views);
    "POST" "/w/{workspace}/metrics/views" Page Role(SeeMetrics) => post(pages::metric::change_saved_views);
    "GET" "/w/{workspace}/metrics/{view}/file" Page Role(ExportMetrics) => get(pages::metric::file).head(pages::metric::no_file);
    "GET" "/w/{workspace}/metrics/{view}/picture" Page Role(ExportMetrics) => get(pages::metric::picture).head(pages::metric::no_file);
    "GET" "/w/{workspace}/week" Page Role(SeeMetrics) => get(pages::week::show);
    "POST" "/w/{workspace}/week" Page Role(SeeMetrics) => post(pages::week::change);
    "GET" "/w/{workspace}/alerts" Page Role(SeeMetrics) => get(pages::alert::show);
    "POST" "/w/{workspace}/alerts" Page Role(ManageInputs) => post(pages::alert::set);
    "GET" "/w/{workspace}/privacy" Page Role(SeePrivacySettings) => get(pages::privacy::settings);
    "POST" "/w/{workspace}/privacy" Page Role(ChangePrivacySettings) => post(pages::privacy::change);
    "GET" "/w/{workspace}/audit" Page Role(SeeAudit) => get(pages::audit::audit);
    "GET" "/w/{workspace}/audit/settings/{version}" Page Role(SeeAudit) => get(pages::audit::of_settings);
    "GET" "/w/{workspace}/profiles" Page Role(LookUpProfiles) => get(pages::profile::form);
    "POST" "/w/{workspace}/profiles" Page Role(LookUpProfiles) => post(pages::profile::look_up);
    "GET" "/w/{workspace}/inputs" Page Role(SeeInputs) => get(pages::input::list);
    "POST" "/w/{workspace}/inputs" Page Role(ManageInputs) => post(pages::input::add);
    "GET" "/w/{workspace}/inputs/{input}" Page Role(SeeInputs) => get(pages::input::one);
    "POST" "/w/{workspace}/inputs/{input}" Page Role(ManageInputs) => post(pages::input::change);

    "GET" "/w/{workspace}/inputs/{input}/samples" Page Role(LookUpProfiles) => get(pages::sample::before);
    "POST" "/w/{workspace}/inputs/{input}/samples" Page Role(LookUpProfiles) => post(pages::sample::show);
    "GET" "/w/{workspace}/apps" Page Role(SeeInputs) => get(pages::app::list);
    "POST" "/w/{workspace}/apps" Page Role(ManageInputs) => post(pages::app::change);
    "GET" "/w/{workspace}/members" Page Role(SeeMembers) => get(pages::member::list);
    "POST" "/w/{workspace}/members" Page Role(ManageMembers) => post(pages::member::change);
    "GET" "/w/{workspace}/tokens" Page Role(ManageTokens) => get(pages::token::list);
    "POST" "/w/{workspace}/tokens" Page Role(ManageTokens) => post(pages::token::change);

    "GET" "/api/openapi.json" Api Nothing => get(document::document);
    "GET" "/api/v1/workspaces/{workspace}/att-default" Api Role(SeePrivacySettings) => get(privacy::att_default);
    "PUT" "/api/v1/workspaces/{workspace}/att-default" Api Role(ChangePrivacySettings) => put(privacy::set_att_default);
    "GET" "/api/v1/workspaces/{workspace}/distribution" Api Role(SeeMetrics) => get(distribution::distribution);
    "GET" "/api/v1/workspaces/{workspace}/trend" Api Role(SeeMetrics) => get(trend::trend);
    "GET" "/api/v1/workspaces/{workspace}/transitions" Api Role(SeeMetrics) => get(transition::transitions);
    "GET" "/api/v1/workspaces/{workspace}/breakdown" Api Role(SeeMetrics) => get(breakdown::breakdown);
    "GET" "/api/v1/workspaces/{workspace}/data-problems" Api Role(SeeMetrics) => get(data_problem::data_problems);
    "GET" "/api/v1/workspaces/{workspace}/releases" Api Role(SeeMetrics) => get(release::releases);
    "POST" "/api/v1/workspaces/{workspace}/annotations" Api Role(ManageInputs) => post(release::add_annotation);
    "DELETE" "/api/v1/workspaces/{workspace}/annotations/{annotation}" Api Role(ManageInputs) => delete(release::delete_annotation);
    "GET" "/api/v1/workspaces/{workspace}/alerts" Api Role(SeeMetrics) => get(alert::alerts);
    "PUT" "/api/v1/workspaces/{workspace}/alerts" Api Role(ManageInputs) => put(alert::put_alerts);
    "DELETE" "/api/v1/workspaces/{workspace}/dimension-values" Api Role(ManageInputs) => delete(dimension_value::reset_dimension_values);
    "GET" "/api/v1/workspaces/{workspace}/audit" Api Role(SeeAudit) => get(audit::audit);
    "GET" "/api/v1/workspaces/{workspace}/audit/checkpoint" Api Role(SeeAudit) => get(audit::checkpoint);

    "GET" "/userprofile/v1/{org}/{account}/{workspace}/{mpid}" Api Role(LookUpProfiles) => get(userprofile::get_by_mpid);
    "POST" "/userprofile/v1/{org}/{account}/{workspace}/{mpid}" Api Role(LookUpProfiles) => post(userprofile::post_by_mpid);
    "POST" "/userprofile/v1/resolve/{org}/{account}/{workspace}" Api Role(LookUpProfiles) => post(userprofile::resolve);

    "POST" "/v2/events" Events InputSecret => post(events::one);
    "POST" "/v2/bulkevents" Events InputSecret => post(events::bulk);
    "POST" "/v2/bulkevents/historical" Events InputSecret => post(events::historical);
}

//! The OpenAPI 3.1 document, generated from the handlers and the types that they return.

use super::{
    alert, audit, breakdown, data_problem, dimension_value, distribution, events, privacy, release, transition, trend,
    userprofile,
};
use axum::Json;
use std::sync::LazyLock;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi as _};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Attest",
        description = "Times are unix milliseconds. Every error is `{\"errors\": [{\"code\", \"message\"}]}`; a message names the field and what was expected, and never repeats a value that was sent.",
    ),
    paths(
        events::one,
        events::bulk,
        events::historical,
        privacy::att_default,
        privacy::set_att_default,
        distribution::distribution,
        trend::trend,
        transition::transitions,
        data_problem::data_problems,
        release::releases,
        release::add_annotation,
        release::delete_annotation,
        alert::alerts,
        alert::put_alerts,
        breakdown::breakdown,
        dimension_value::reset_dimension_values,
        audit::audit,
        audit::checkpoint,
        userprofile::get_by_mpid,
        userprofile::post_by_mpid,
        userprofile::resolve,
        document,
    ),
    modifiers(&Credentials),
    tags(
        (name = "Events API", description = "What an app's backend or an official mParticle server client sends."),
        (name = "Admin API", description = "What scripts may read and set: by the same rights as on the pages, and with the same audit rows."),
        (name = "Profile API", description = "Single profiles; every read by a token is recorded."),
    )
)]
struct Described;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        let scheme = |scheme, description: &str| {
            let mut http = Http::new(scheme);
            http.description = Some(description.to_owned());
            SecurityScheme::Http(http)
        };
        let input = scheme(HttpAuthScheme::Basic, "The key and the secret of an input.");
        let token = scheme(HttpAuthScheme::Bearer, "An API token with a role of the workspace.");
        components.add_security_scheme("input", input);
        components.add_security_scheme("token", token);
    }
}

static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(Described::openapi);

/// The document.
pub fn described() -> &'static OpenApi {
    &DOCUMENT
}

/// Returns this document.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "Admin API",
    responses((status = 200, description = "An OpenAPI 3.1 document.", body = Object))
)]
pub async fn document() -> Json<&'static OpenApi> {
    Json(described())
}

//! Samples of what came through an input, when somebody asks for them.

use super::input::{id, one_model};
use crate::domain::error::Refusal;
use crate::domain::permission::Permission;
use crate::server::error::Result;
use crate::server::http::caller::InWorkspace;
use crate::server::http::moment::Times;
use crate::server::http::render::render;
use crate::server::services::sample::{GatedSample, samples as look};
use crate::ui::pages::Page;
use crate::ui::pages::input::sample::{SampleCard, Samples};
use crate::ui::words;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

/// `GET inputs/{input}/samples`: where a look at samples began; only its form shows them.
pub async fn before(
    InWorkspace { visit, state, slug, workspace }: InWorkspace,
    Path((_, input)): Path<(String, String)>,
) -> Result<Response> {
    let mut view = state.store.view(&visit.actor, workspace, Permission::LookUpProfiles).await?;
    let (input, _) = view.input(id(&input)?).await?.ok_or(Refusal::NotFound)?;
    Ok(Redirect::to(&format!("/w/{slug}/inputs/{}", input.id)).into_response())
}

/// `POST inputs/{input}/samples`: the input's page with its samples, after the look was recorded.
pub async fn show(
    InWorkspace { visit, state, workspace, .. }: InWorkspace,
    Path((_, input)): Path<(String, String)>,
) -> Result<Response> {
    let id = id(&input)?;
    let (known, mut view) = look(&state.store, &visit.actor, workspace, id).await?;
    let mut page = one_model(&state, &mut view, &visit, id).await?;
    let times = Times::of(&view);
    let card = |known: GatedSample| SampleCard {
        example_of: known.example_of.map(words::data_problem),
        app: known.app,
        environment: words::environment(known.environment),
        received: times.ago(known.received),
        data_problems: known.data_problems.into_iter().map(words::data_problem).collect(),
        content: format!("{:#}", known.content),
    };
    page.samples = Samples::Shown(known.into_iter().map(card).collect());
    Ok(render(&state, Page::Input(Box::new(page)), StatusCode::OK))
}

//! What came through an input: data problems on its page, and samples when somebody asks for them.

use super::input::{id, one_model};
use crate::domain::app::App;
use crate::domain::data_problem::DataProblem;
use crate::domain::environment::Environment;
use crate::domain::error::Refusal;
use crate::domain::permission::Permission;
use crate::server::error::Result;
use crate::server::http::caller::Inside;
use crate::server::http::moment::moment;
use crate::server::http::render::render;
use crate::server::services::sample::{Known, samples as look};
use crate::server::store::data_problem::DataProblemCount;
use crate::ui::pages::Page;
use crate::ui::pages::sample::{DataProblemRow, SampleCard, Samples};
use crate::ui::words::{self, number};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

/// `GET inputs/{input}/samples`: where a look at samples began; only its form shows them.
pub async fn before(
    Inside { visit, state, slug, workspace }: Inside,
    Path((_, input)): Path<(String, String)>,
) -> Result<Response> {
    let mut view = state.store.view(&visit.actor, workspace, Permission::LookUpProfiles).await?;
    let (input, _) = view.input(id(&input)?).await?.ok_or(Refusal::NotFound)?;
    Ok(Redirect::to(&format!("/w/{slug}/inputs/{}", input.id)).into_response())
}

/// `POST inputs/{input}/samples`: the input's page with its samples, after the look was recorded.
pub async fn show(
    Inside { visit, state, workspace, .. }: Inside,
    Path((_, input)): Path<(String, String)>,
) -> Result<Response> {
    let id = id(&input)?;
    let (known, mut view) = look(&state.store, &visit.actor, workspace, id).await?;
    let mut page = one_model(&state, &mut view, &visit, id).await?;
    let card = |known: Known| SampleCard {
        example_of: known.example_of.map(words::data_problem),
        app: known.app,
        environment: known.environment.as_str(),
        received: moment(known.received),
        data_problems: known.data_problems.into_iter().map(words::data_problem).collect(),
        content: format!("{:#}", known.content),
    };
    page.samples = Samples::Shown(known.into_iter().map(card).collect());
    Ok(render(&state, Page::Input(Box::new(page)), StatusCode::OK))
}

/// One kind's row: its numbers from all versions added up.
pub(super) fn data_problem_rows(counted: &[DataProblemCount], apps: &[App]) -> Vec<DataProblemRow> {
    let mut rows: Vec<DataProblemRow> = Vec::new();
    let mut kinds: Vec<DataProblem> = counted.iter().map(|row| row.kind).collect();
    kinds.sort();
    kinds.dedup();
    for kind in kinds {
        let ours: Vec<&DataProblemCount> = counted.iter().filter(|row| row.kind == kind).collect();
        let place = |row: &&DataProblemCount| {
            let app = apps.iter().find(|app| app.id == row.app_id).map_or("an app", |app| app.name.as_str());
            let version =
                Some(row.app_version.as_str()).filter(|version| !version.is_empty()).unwrap_or("without a version");
            let development = if row.environment == Environment::Development { ", development" } else { "" };
            (format!("{app} {version}{development}"), number(row.n))
        };
        rows.push(DataProblemRow {
            said: words::data_problem(kind),
            times: number(ours.iter().map(|row| row.n).sum()),
            last: moment(ours.iter().map(|row| row.last_at).max().unwrap_or_default()),
            places: ours.iter().map(place).collect(),
        });
    }
    rows
}

//! The data problems of an input, as its page shows them.

use crate::domain::app::App;
use crate::domain::data_problem::DataProblem;
use crate::domain::environment::Environment;
use crate::server::http::moment::Times;
use crate::server::store::data_problem::DataProblemCount;
use crate::ui::pages::input::sample::DataProblemRow;
use crate::ui::words::{self, number};

/// One kind's row: the numbers of all versions added up, and those with the most.
pub fn data_problem_rows(counted: &[DataProblemCount], apps: &[App], times: Times<'_>) -> Vec<DataProblemRow> {
    let mut rows: Vec<DataProblemRow> = Vec::new();
    let mut kinds: Vec<DataProblem> = counted.iter().map(|row| row.kind).collect();
    kinds.sort();
    kinds.dedup();
    for kind in kinds {
        let ours: Vec<&DataProblemCount> = counted.iter().filter(|row| row.kind == kind).collect();
        let Some(first) = ours.first() else { continue };
        let occurrence = |row: &&DataProblemCount| {
            let app = apps.iter().find(|app| app.id == row.app_id).map(|app| app.name.as_str());
            let place = words::problem_place(app, &row.app_version);
            let development = if row.environment == Environment::Development { ", development" } else { "" };
            (format!("{place}{development}"), number(row.n))
        };
        rows.push(DataProblemRow {
            said: words::data_problem(kind),
            times: number(first.of_kind),
            last: times.ago(first.last_of_kind),
            occurrences: ours.iter().map(occurrence).collect(),
            more: first.places - ours.len() as i64,
        });
    }
    rows
}

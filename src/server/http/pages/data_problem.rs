//! The data problems of an input, as its page shows them.

use crate::domain::app::App;
use crate::domain::data_problem::DataProblem;
use crate::domain::environment::Environment;
use crate::domain::rounding::Precision;
use crate::server::http::moment::moment;
use crate::server::store::data_problem::DataProblemCount;
use crate::ui::pages::input::sample::DataProblemRow;
use crate::ui::words;

/// One kind's row: the numbers of all versions added up, and those with the most. Rounded like other figures, and left out
/// below what is shown: some kinds are changes of a status, and a version may be that of one device.
pub fn data_problem_rows(counted: &[DataProblemCount], apps: &[App], precision: Precision) -> Vec<DataProblemRow> {
    let mut rows: Vec<DataProblemRow> = Vec::new();
    let mut kinds: Vec<DataProblem> = counted.iter().map(|row| row.kind).collect();
    kinds.sort();
    kinds.dedup();
    for kind in kinds {
        let all: Vec<&DataProblemCount> = counted.iter().filter(|row| row.kind == kind).collect();
        let Some(first) = all.first().filter(|first| first.of_kind >= precision.step()) else { continue };
        let ours: Vec<&DataProblemCount> = all.iter().copied().filter(|row| row.n >= precision.step()).collect();
        let occurrence = |row: &&DataProblemCount| {
            let app = apps.iter().find(|app| app.id == row.app_id).map(|app| app.name.as_str());
            let place = words::problem_place(app, &row.app_version);
            let development = if row.environment == Environment::Development { ", development" } else { "" };
            (format!("{place}{development}"), words::count(precision.shown(row.n)))
        };
        rows.push(DataProblemRow {
            said: words::data_problem(kind),
            times: words::count(precision.shown(first.of_kind)),
            last: moment(first.last_of_kind),
            occurrences: ours.iter().map(occurrence).collect(),
            // How many places there are says whether there are single ones.
            more: if precision.is_rounded() { 0 } else { first.places - ours.len() as i64 },
        });
    }
    rows
}

//! What is stored, and for how long.

use super::installation::installation_frame;
use crate::domain::retention::{Aging, Keep};
use crate::domain::time::{DAY, HOUR, MINUTE};
use crate::server::error::Result;
use crate::server::http::caller::SignedInPerson;
use crate::server::http::render::render;
use crate::server::state::AppState;
use crate::server::store::tables::{INSTALLATION, Kept, Subject, TABLES, TableNote};
use crate::ui::installation::InstallationPage;
use crate::ui::pages::Page;
use crate::ui::pages::stored::{StoredData, Table, TableGroup};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeMap;

/// `GET /stored`.
pub async fn show(visit: SignedInPerson, State(state): State<AppState>) -> Result<Response> {
    let (schema, keep) = (state.store.schema().await?, state.config.retention.keep());
    let group = |subject, title, lead| {
        let tables = TABLES.iter().filter(|note| note.subject == subject);
        TableGroup { title, lead, tables: tables.map(|note| table(note, &schema, keep)).collect() }
    };
    let page = StoredData {
        frame: installation_frame(&mut state.store.system_view().await?, &visit.person, InstallationPage::Stored)
            .await?,
        database: if state.store.path().is_some() { "SQLite" } else { "Postgres" },
        groups: vec![
            group(Subject::Users, "About users of your apps", "Learned from the events that your apps send."),
            group(Subject::Staff, "About people who work here", "Accounts, roles, and the log of what they did."),
            group(
                Subject::Nobody,
                "Not about individuals",
                "Counts, settings, and what the installation needs to run.",
            ),
        ],
        erased_after: words(i64::from(state.config.erase_after_hours) * HOUR),
    };
    Ok(render(&state, Page::Stored(Box::new(page)), StatusCode::OK))
}

fn table(note: &TableNote, schema: &BTreeMap<String, Vec<String>>, keep: Keep) -> Table {
    let columns = schema.get(note.table).into_iter().flatten();
    Table {
        name: note.table.to_owned(),
        what: note.what,
        kept: match note.kept {
            kept if kept == INSTALLATION => "No limit".to_owned(),
            Kept::Until(end) => format!("Until {end}"),
            Kept::For(ms) => format!("At most {}", words(ms)),
            Kept::Aged(Aging::Transitions) => {
                format!("At most {}; the latest of each device without limit", words(keep.transitions_days * DAY))
            }
            Kept::Aged(Aging::Days) => format!("By day for {}, then as a total", words(keep.daily_days * DAY)),
            Kept::Aged(Aging::Flows | Aging::DataProblems) => format!("At most {}", words(keep.daily_days * DAY)),
            Kept::Aged(Aging::RequestIds) => format!("At most {}", words(keep.request_ids_hours * HOUR)),
            Kept::Always(why) => format!("No limit: {why}"),
        },
        columns: columns.map(|column| (column.clone(), note.personal.contains(&column.as_str()))).collect(),
    }
}

/// A length of time in the largest unit that gives a whole number.
fn words(ms: i64) -> String {
    let (n, unit) = [(DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")]
        .into_iter()
        .find(|(unit, _)| ms % unit == 0)
        .map_or((ms / 1000, "second"), |(unit, name)| (ms / unit, name));
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}

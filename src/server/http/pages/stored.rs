//! What is stored, and for how long.

use super::outside::outside;
use crate::domain::retention::{Aging, Keep, REMEMBERED};
use crate::domain::time::{DAY, HOUR, MINUTE};
use crate::server::error::Result;
use crate::server::http::caller::Visit;
use crate::server::http::render::render;
use crate::server::state::State;
use crate::server::store::inventory::{HOLDINGS, Holding, Kept, Subject};
use crate::ui::outside::Room;
use crate::ui::pages::Page;
use crate::ui::pages::stored::{Group, Stored, Table};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeMap;

/// `GET /stored`.
pub async fn show(visit: Visit, Shared(state): Shared<State>) -> Result<Response> {
    let (schema, keep) = (state.store.schema().await?, state.config.retention.keep());
    let group = |subject, title, lead| {
        let holdings = HOLDINGS.iter().filter(|holding| holding.subject == subject);
        Group { title, lead, tables: holdings.map(|holding| table(holding, &schema, keep)).collect() }
    };
    let page = Stored {
        outside: outside(&mut state.store.own_view().await?, &visit, Room::Stored).await?,
        database: if state.store.db().path().is_some() { "SQLite" } else { "Postgres" },
        groups: vec![
            group(Subject::Users, "About users of your apps", "Learnt from events that your apps' backends send."),
            group(Subject::Staff, "About people who work here", "Accounts, roles, and the log of what they did."),
            group(Subject::Nobody, "About nobody single", "Counts, settings, and what the installation needs to run."),
        ],
        erased_after: words(i64::from(state.config.erase_after_hours) * HOUR),
    };
    Ok(render(&state, Page::Stored(Box::new(page)), StatusCode::OK))
}

fn table(holding: &Holding, schema: &BTreeMap<String, Vec<String>>, keep: Keep) -> Table {
    let columns = schema.get(holding.table).into_iter().flatten();
    Table {
        name: holding.table.to_owned(),
        what: holding.what,
        kept: match holding.kept {
            Kept::Until(end) => format!("Until {end}"),
            Kept::For(ms) => format!("At most {}", words(ms)),
            Kept::Aged(Aging::Transitions) => {
                format!("At most {}; each device's last one always", words(keep.transitions_days * DAY))
            }
            Kept::Aged(Aging::Days) => format!("Day by day for {}, then added up", words(keep.daily_days * DAY)),
            Kept::Aged(Aging::RequestIds) => format!("At most {}", words(REMEMBERED)),
            Kept::Always(why) => format!("Always: {why}"),
        },
        columns: columns.map(|column| (column.clone(), holding.personal.contains(&column.as_str()))).collect(),
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

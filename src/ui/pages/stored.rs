//! What is stored, and for how long: a page to hand on.

use crate::ui::installation::{InstallationFrame, installation_frame};
use crate::ui::prerender::Prerender;
use crate::ui::surroundings::{Around, Model};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct StoredData {
    pub frame: InstallationFrame,
    /// Where it is: the kind of database.
    pub database: &'static str,
    pub groups: Vec<TableGroup>,
    /// How long after a change of the settings blocked advertising ids are erased, in words.
    pub erased_after: String,
}

impl Model for StoredData {
    fn around(&self) -> Around<'_> {
        Around::Installation(&self.frame)
    }
}

/// The tables that hold data of one kind of people.
#[derive(Clone, Debug)]
pub struct TableGroup {
    pub title: &'static str,
    pub lead: &'static str,
    pub tables: Vec<Table>,
}

#[derive(Clone, Debug)]
pub struct Table {
    pub name: String,
    pub what: &'static str,
    pub kept: String,
    /// Name, and whether it is personal data.
    pub columns: Vec<(String, bool)>,
}

pub fn stored(page: StoredData) -> impl IntoView {
    let groups = page.groups.into_iter().map(group).collect_view();
    let content = view! {
        <div class="head">
            <div>
                <h1>"What is stored, and for how long"</h1>
                <p class="muted">{format!("Taken from this installation's database schema ({}) and its configuration.", page.database)}</p>
            </div>
        </div>
        <section class="card stored-never">
            <h2>"What is never stored"</h2>
            <p>
                "From the events that apps send: event details and user attributes, IP address, location (except the country code), push token, consent state, and every field Attest does not use. They are checked while the request is handled and then discarded."
            </p>
            <p>
                "An advertising id (IDFA) is stored only while the device's status and the workspace's IDFA policy permit it. Under the policies Withhold and Require a status, a refusal erases it immediately; under Observe it is kept. When a change of the settings blocks stored ids, they are no longer sent out, and they are erased "
                {page.erased_after}" later unless the change is undone. They are stored sealed (encrypted). Within a minute, what was erased is also gone from SQLite's write-ahead file; it stays in backups until you delete them, and Postgres keeps it in its own log until that is recycled."
            </p>
            <p>"What somebody enters to look up a profile is kept only as a keyed hash. Secrets and passwords are kept only as hashes."</p>
        </section>
        {groups}
    };
    installation_frame(page.frame, content)
}

fn group(group: TableGroup) -> impl IntoView {
    let rows = group.tables.into_iter().map(|table| {
        let columns = table.columns.into_iter().map(|(name, personal)| {
            if personal {
                view! { <li class="personal"><code>{name}</code><span class="hidden">" (personal)"</span></li> }
                    .prerender()
            } else {
                view! { <li><code>{name}</code></li> }.prerender()
            }
        });
        view! {
            <li>
                <p><b>{table.what}</b><br /><code class="muted">{table.name}</code></p>
                <p>{table.kept}</p>
                <ul class="names">{columns.collect_view()}</ul>
            </li>
        }
    });
    view! {
        <section class="card stored">
            <h2>{group.title}</h2>
            <p class="muted">{group.lead}" Personal data is marked."</p>
            <ul class="tables">{rows.collect_view()}</ul>
        </section>
    }
}

//! Inputs: the ways by which events come in.

use super::{ShownCredentials, shown};
use crate::ui::frame::{Frame, frame};
use crate::ui::parts::field::{Faults, Field, field, moment, summary};
use crate::ui::parts::notice::done;
use crate::ui::parts::pager::{Pager, pager};
use crate::ui::prerender::Prerender;
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::{Done, Moment};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct Inputs {
    pub frame: Frame,
    pub rows: Vec<InputRow>,
    pub pager: Pager,
    pub may_manage: bool,
    pub name: String,
    pub bundle: String,
    pub faults: Faults,
    /// The input that was just made, with its secret.
    pub made: Option<ShownCredentials>,
    /// What was just done.
    pub done: Option<Done>,
    /// Makes the form one that is taken once.
    pub form_id: String,
}

impl Model for Inputs {
    fn around(&self) -> Around<'_> {
        Around::Workspace(&self.frame)
    }

    fn has_faults(&self) -> bool {
        !self.faults.0.is_empty()
    }
}

#[derive(Clone, Debug)]
pub struct InputRow {
    pub address: String,
    pub name: String,
    pub app: String,
    pub paused: bool,
    pub accepted: String,
    pub refused: String,
    pub last_batch: Option<Moment>,
}

const LABELS: [(&str, &str); 2] = [("name", "Name"), ("bundle", "Bundle id")];

pub fn inputs(page: Inputs) -> impl IntoView {
    let made = page.made.map(shown);
    let none = page.pager.all == 0 && made.is_none();
    let empty = none.then(|| view! {
        <section class="card empty">
            <h2>"No input yet"</h2>
            <p>"An input is a key and a secret for one sender, such as a server, an app's backend or an official mParticle SDK. Statuses arrive through inputs only."</p>
        </section>
    });
    let table = (page.pager.all > 0).then(|| table(page.rows, &page.pager));
    let form = page.may_manage.then(|| form(page.form_id, page.name, page.bundle, &page.faults));
    let content = view! {
        <div class="head">
            <div>
                <h1>"Inputs"</h1>
                <p class="muted">"Where events come in, compatible with mParticle's Events API."</p>
            </div>
        </div>
        {page.done.map(done)}
        {made}
        {empty}
        {table}
        {form}
    };
    frame(page.frame, content)
}

fn table(rows: Vec<InputRow>, pages: &Pager) -> impl IntoView + use<> {
    let rows = rows.into_iter().map(|row| {
        let state = if row.paused {
            view! { <span class="tag warn">"Paused"</span> }
        } else {
            view! { <span class="tag">"Active"</span> }
        };
        let last = row.last_batch.map_or_else(|| "Never".prerender(), |at| moment(at).prerender());
        view! {
            <tr>
                <th scope="row"><a href=row.address>{row.name}</a></th>
                <td>{state}</td>
                <td class="muted wide-only app-name">{row.app}</td>
                <td class="n">{row.accepted}</td>
                <td class="n">{row.refused}</td>
                <td class="muted wide-only">{last}</td>
            </tr>
        }
    });
    view! {
        <section class="card">
            {pager(pages, "inputs")}
            <div class="scroll" tabindex="0" role="group" aria-label="Inputs">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Input"</th>
                            <th scope="col">"State"</th>
                            <th scope="col" class="wide-only">"App"</th>
                            <th scope="col" class="n">"Accepted"</th>
                            <th scope="col" class="n">"Refused"</th>
                            <th scope="col" class="wide-only">"Last batch"</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
}

fn form(form_id: String, name: String, bundle: String, faults: &Faults) -> impl IntoView + use<> {
    let name = Field {
        name: "name",
        label: "Name",
        value: name,
        help: Some("Who sends events here, such as “App backend”."),
        ..Field::default()
    };
    let bundle = Field {
        name: "bundle",
        label: "Bundle id",
        value: bundle,
        optional: true,
        help: Some(
            "Used for events without application_info.package. If empty, those count in an app named after the input.",
        ),
        ..Field::default()
    };
    view! {
        <form method="post" class="card narrow" novalidate>
            <h2>"Create input"</h2>
            {summary(faults, &LABELS)}
            <input type="hidden" name="form_id" value=form_id />
            {field(name, faults)}
            {field(bundle, faults)}
            <div><button class="button primary">"Create input"</button></div>
        </form>
    }
}

//! Saved views: pages of metrics by a name, one's own, everybody's, and some to begin with.

use super::MetricView;
use crate::ui::frame::{Frame, frame};
use crate::ui::parts::field::{Faults, Field, field, summary};
use crate::ui::parts::notice::done;
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::Done;
use leptos::prelude::*;

/// What most teams ask for: there from the start, and not to be removed.
pub const USEFUL: [(&str, MetricView, &str); 5] = [
    ("Consent rate of the last year, by month", MetricView::OverTime, "days=365&step=month"),
    ("Consent rate by app version", MetricView::By, "by=app_version"),
    ("Consent rate by iOS version", MetricView::By, "by=os_version"),
    ("Consent rate by country", MetricView::By, "by=country"),
    ("Who never reports a status, by app version", MetricView::By, "by=app_version&rate=reported_share"),
];

#[derive(Clone, Debug)]
pub struct SavedViews {
    pub frame: Frame,
    /// The reader's own first, then everybody's.
    pub rows: Vec<SavedRow>,
    /// Names and addresses of those that are there from the start.
    pub useful: Vec<(&'static str, String)>,
    /// For whoever comes from a view.
    pub form: Option<SaveForm>,
    pub done: Option<Done>,
}

#[derive(Clone, Debug)]
pub struct SavedRow {
    pub name: String,
    pub view: MetricView,
    pub address: String,
    pub is_shared: bool,
    /// The id, where the reader may remove it.
    pub removable: Option<String>,
}

/// The form that gives a view its name, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct SaveForm {
    /// The view's title.
    pub what: &'static str,
    /// The view with what was chosen there.
    pub back: String,
    /// Where the form is sent.
    pub address: String,
    pub may_share: bool,
    pub name: String,
    pub is_shared: bool,
    pub faults: Faults,
}

impl Model for SavedViews {
    fn around(&self) -> Around<'_> {
        Around::Workspace(&self.frame)
    }

    fn own_title(&self) -> Option<String> {
        Some("Saved views".to_owned())
    }

    fn has_faults(&self) -> bool {
        self.form.as_ref().is_some_and(|form| !form.faults.0.is_empty())
    }
}

pub fn saved_views(page: SavedViews) -> impl IntoView {
    let row = |row: SavedRow| {
        let whose = if row.is_shared { "for everybody" } else { "yours" };
        let remove = row.removable.map(|id| {
            let label = format!("Remove the view {}", row.name);
            view! {
                <form method="post">
                    <input type="hidden" name="act" value="remove" />
                    <input type="hidden" name="saved" value=id />
                    {row.is_shared.then(|| view! { <input type="hidden" name="shared" value="yes" /> })}
                    <button class="quiet" aria-label=label>"Remove"</button>
                </form>
            }
        });
        view! {
            <li>
                <div class="person"><a href=row.address><b>{row.name}</b></a><span class="muted">{format!("{}, {whose}", row.view.title())}</span></div>
                <div class="standing">{remove}</div>
            </li>
        }
    };
    let useful = |(name, address): (&'static str, String)| view! { <li><a href=address>{name}</a></li> };
    let rows = (!page.rows.is_empty()).then(|| {
        view! {
            <section class="card">
                <h2>"Saved here"</h2>
                <ul class="people">{page.rows.into_iter().map(row).collect_view()}</ul>
            </section>
        }
    });
    let hint = page
        .form
        .is_none()
        .then(|| view! { <p class="muted">"To save another one, follow “Saved views” on any page of metrics."</p> });
    let content = view! {
        <div class="head">
            <div>
                <h1>"Saved views"</h1>
                <p class="muted">"A saved view opens a page of metrics with the filters that were chosen there. “The last 30 days” always end today; days that were chosen by date stay as they are."</p>
            </div>
        </div>
        {page.done.map(done)}
        {page.form.map(save_form)}
        {rows}
        <section class="card">
            <h2>"Suggested"</h2>
            <ul class="links">{page.useful.into_iter().map(useful).collect_view()}</ul>
            {hint}
        </section>
    };
    frame(page.frame, content)
}

fn save_form(form: SaveForm) -> impl IntoView {
    let name = Field {
        name: "name",
        label: "Name",
        value: form.name,
        help: Some("Such as: iPhone consent in Sweden."),
        ..Field::default()
    };
    let shared = form.may_share.then(|| {
        view! {
            <label class="check">
                <input type="checkbox" name="shared" value="yes" checked=form.is_shared />
                "For everybody in the workspace"
            </label>
        }
    });
    view! {
        <form method="post" action=form.address class="card narrow" novalidate>
            <h2>"Save this view"</h2>
            {summary(&form.faults, &[("name", "Name")])}
            <p class="muted">"The view "<a href=form.back>{form.what}</a>" as you came from it."</p>
            <input type="hidden" name="act" value="save" />
            {field(name, &form.faults)}
            {shared}
            <div><button class="button primary">"Save view"</button></div>
        </form>
    }
}

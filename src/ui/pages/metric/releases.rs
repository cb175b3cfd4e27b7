//! Releases: which versions came out, what people noted, and whether consent was another one before and after.

use crate::ui::parts::field::{Faults, Field, field, summary};
use crate::ui::parts::notice::done;
use crate::ui::prerender::Prerender;
use crate::ui::words::{self, Done};
use leptos::prelude::*;

/// Milestones with what came before and after them.
#[derive(Clone, Debug)]
pub struct Releases {
    /// The newest first.
    pub rows: Vec<MilestoneRow>,
    /// How many days before and after are held against each other.
    pub cohort_days: i64,
    /// Whether it is told how rates changed.
    pub has_changes: bool,
    /// Why some are missing.
    pub note: Option<String>,
    /// The page's own address, with everything that was chosen in it.
    pub address: String,
    /// For those who may note something.
    pub form: Option<AnnotationForm>,
    pub done: Option<Done>,
}

/// A version that came out, or what was noted on a day.
#[derive(Clone, Debug)]
pub struct MilestoneRow {
    pub day: String,
    /// The name of its place in the page.
    pub anchor: String,
    /// The version with its app, or what was noted.
    pub name: String,
    /// What is said of it, such as who noted it.
    pub about: String,
    /// Consent at the first answer among devices first seen before it, and from it on; with how many of how many.
    pub before: CohortCell,
    pub after: CohortCell,
    /// How the rate changed; empty where that cannot be told.
    pub change: String,
    /// How that is shown: for the better, for the worse, or neither.
    pub class: &'static str,
    /// What the change means, in words.
    pub meaning: String,
    /// The id of an annotation that the reader may remove.
    pub removable: Option<String>,
}

/// A rate among the devices that were first seen in some days.
#[derive(Clone, Debug, Default)]
pub struct CohortCell {
    pub rate: String,
    pub figures: String,
    /// Where its days are not over.
    pub so_far: Option<String>,
}

/// The form that notes something, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct AnnotationForm {
    pub name: String,
    pub day: String,
    /// The apps that it can be about: id and name, and which one is chosen.
    pub apps: Vec<(String, String)>,
    pub app: String,
    pub faults: Faults,
}

pub fn releases(page: Releases) -> impl IntoView {
    let address = page.address;
    let done = page.done.map(done);
    let form = page.form.map(|form| annotation_form(form, address.clone()));
    let labels = [format!("{} days before", page.cohort_days), format!("{} days after", page.cohort_days)];
    // On a phone a row is a block, whose cells say what they are.
    let cell = |label: &str, cell: CohortCell| {
        let so_far = cell.so_far.map(|so_far| view! { <br /><small class="muted">{so_far}</small> });
        view! {
            <td class="n" data-label=label.to_owned()>
                <b>{cell.rate}</b><br /><small class="muted">{cell.figures}</small>{so_far}
            </td>
        }
    };
    let row = |row: MilestoneRow| {
        let remove = row.removable.map(|id| {
            let label = format!("Remove the annotation {}", row.name);
            view! {
                <form method="post" action=address.clone()>
                    <input type="hidden" name="act" value="remove" />
                    <input type="hidden" name="annotation" value=id />
                    <button class="quiet" aria-label=label>"Remove"</button>
                </form>
            }
        });
        let change = page.has_changes.then(|| {
            view! { <td><b class=row.class>{row.change}</b><br /><small class="muted">{row.meaning}</small></td> }
        });
        view! {
            <tr id=row.anchor>
                <th scope="row"><b>{row.name}</b><br /><small class="muted">{row.day}{row.about}</small>{remove}</th>
                {cell(&labels[0], row.before)}
                {cell(&labels[1], row.after)}
                {change}
            </tr>
        }
    };
    let list = if page.rows.is_empty() {
        view! {
            <p class="notice">"No release or annotation in these days."</p>
        }
        .prerender()
    } else {
        view! {
            <div class="scroll" tabindex="0" role="group" aria-label="Releases and annotations">
                <table class="milestones">
                    <thead>
                        <tr>
                            <th scope="col">"Release or annotation"</th>
                            <th scope="col" class="n">{labels[0].clone()}</th>
                            <th scope="col" class="n">{labels[1].clone()}</th>
                            {page.has_changes.then(|| view! { <th scope="col">"Change"</th> })}
                        </tr>
                    </thead>
                    <tbody>{page.rows.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }
        .prerender()
    };
    view! {
        {done}
        <section class="card">
            <header><h2>"Before and after"</h2></header>
            <p class="muted">{words::RELEASES}" "{words::DIFFERENCE_INTERVAL}</p>
            {(!page.has_changes).then(|| view! { <p class="muted">{words::ROUNDED_RELEASES}</p> })}
            {list}
            {page.note.map(|note| view! { <p class="muted">{note}</p> })}
        </section>
        {form}
    }
}

fn annotation_form(form: AnnotationForm, address: String) -> impl IntoView {
    let AnnotationForm { name, day, apps, app, faults } = form;
    let fault = faults.of("app");
    let option = |(id, name): (String, String)| {
        let chosen = id == app;
        view! { <option value=id selected=chosen>{name}</option> }
    };
    let name = Field {
        name: "name",
        label: "What happened",
        value: name,
        help: Some("Such as: prompt moved after onboarding."),
        ..Field::default()
    };
    let day = Field { name: "day", label: "Day", kind: Some("date"), value: day, ..Field::default() };
    view! {
        <section class="card">
            <header><h2>"Add an annotation"</h2></header>
            <p class="muted">"It is marked in the charts of everybody who works here, and held against the days before it."</p>
            {summary(&faults, &[("name", "What happened"), ("day", "Day"), ("app", "App")])}
            <form method="post" action=address class="fields">
                <input type="hidden" name="act" value="add" />
                {field(name, &faults)}
                {field(day, &faults)}
                <div class="field">
                    <label for="app">"App"</label>
                    <select id="app" name="app" aria-invalid=fault.map(|_| "true") aria-describedby=fault.map(|_| "app-fault")>
                        <option value="">"All apps"</option>
                        {apps.into_iter().map(option).collect_view()}
                    </select>
                    {fault.map(|problem| view! { <p class="fault" id="app-fault">{words::form_problem("app", problem)}</p> })}
                </div>
                <button class="button">"Add"</button>
            </form>
        </section>
    }
}

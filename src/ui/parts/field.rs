//! Form fields: label above, help below, the fault beside the field and summed up on top.

use crate::domain::error::Problem;
use crate::ui::prerender::Prerender;
use crate::ui::words;
use crate::ui::words::Moment;
use leptos::prelude::*;

/// The faults of a form by the name of the field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<(String, Problem)>);

impl Faults {
    pub fn of(&self, field: &str) -> Option<Problem> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, problem)| *problem)
    }
}

/// A field of one line, or with `rows` of several.
#[derive(Clone, Debug, Default)]
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub help: Option<&'static str>,
    /// `text` unless set.
    pub kind: Option<&'static str>,
    pub value: String,
    pub autocomplete: Option<&'static str>,
    pub rows: Option<u32>,
    pub optional: bool,
    /// Draws the eye at once: the page's first field.
    pub autofocus: bool,
}

/// Where a password is chosen: its rule stands below it.
pub fn new_password() -> Field {
    Field {
        name: "password",
        label: "Password",
        kind: Some("password"),
        autocomplete: Some("new-password"),
        help: Some("12 to 128 characters that are hard to guess; a few unrelated words make a good one."),
        ..Field::default()
    }
}

/// The field with its label, help and fault.
pub fn field(field: Field, faults: &Faults) -> impl IntoView + use<> {
    let name = field.name;
    let problem = faults.of(name);
    let fault_id = problem.map(|_| format!("{name}-fault"));
    let help_id = field.help.map(|_| format!("{name}-help"));
    let described = [fault_id.clone(), help_id.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let described = (!described.is_empty()).then_some(described);
    let invalid = problem.map(|_| "true");
    let autocomplete = field.autocomplete.unwrap_or("off");
    let input = match field.rows {
        Some(rows) => view! {
            <textarea id=name name=name rows=rows aria-describedby=described aria-invalid=invalid autocomplete=autocomplete>
                {field.value}
            </textarea>
        }
        .prerender(),
        None => view! {
            <input
                id=name
                name=name
                type=field.kind.unwrap_or("text")
                value=field.value
                autocomplete=autocomplete
                aria-describedby=described
                aria-invalid=invalid
                autofocus=field.autofocus
            />
        }
        .prerender(),
    };
    view! {
        <div class="field">
            <label for=name>{field.label}{field.optional.then_some(view! { <span class="muted">" (optional)"</span> })}</label>
            {input}
            {problem.map(|problem| view! { <p class="fault" id=fault_id>{words::form_problem(problem)}</p> })}
            {field.help.map(|help| view! { <p class="help" id=help_id>{help}</p> })}
        </div>
    }
}

/// All faults on top of a form, each with a link to its field.
pub fn summary(faults: &Faults, labels: &[(&'static str, &'static str)]) -> Option<impl IntoView + use<>> {
    if faults.0.is_empty() {
        return None;
    }
    let items = faults.0.iter().map(|(name, problem)| {
        let label = labels.iter().find(|(known, _)| known == name).map_or("The form", |(_, label)| *label);
        let said = words::form_problem(*problem);
        view! { <li><a href=format!("#{name}")>{label}</a>": "{said}</li> }
    });
    Some(view! {
        <div class="notice danger" role="alert">
            <p><b>"Nothing was saved."</b>" Mend this and send it again:"</p>
            <ul>{items.collect_view()}</ul>
        </div>
    })
}

/// A moment with its exact value.
pub fn moment(moment: Moment) -> impl IntoView {
    view! { <time datetime=moment.iso>{moment.words}</time> }
}

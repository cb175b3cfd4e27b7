//! Form fields: label above, help below, the fault beside the field and summed up on top.

use super::notice::{Tone, notice};
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
    /// Which keyboard a phone shows.
    pub inputmode: Option<&'static str>,
    pub rows: Option<u32>,
    pub optional: bool,
    /// Draws the eye at once: the page's first field.
    pub autofocus: bool,
}

/// Where the code of a second factor is typed.
pub fn one_time_code(name: &'static str) -> Field {
    Field {
        name,
        label: "Code",
        autocomplete: Some("one-time-code"),
        help: Some("From your authenticator app, or a recovery code."),
        ..Field::default()
    }
}

/// Where a password is chosen: its rule stands below it.
pub fn new_password() -> Field {
    Field {
        name: "password",
        label: "Password",
        kind: Some("password"),
        autocomplete: Some("new-password"),
        help: Some("12 to 128 characters that are hard to guess, such as a few unrelated words."),
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
    let said = problem.map(|problem| match problem {
        Problem::TooLong => words::too_long(name, &field.value),
        problem => words::form_problem(name, problem).to_owned(),
    });
    // The summary of what is wrong is read first.
    let autofocus = field.autofocus && faults.0.is_empty();
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
                inputmode=field.inputmode
                aria-describedby=described
                aria-invalid=invalid
                autofocus=autofocus
            />
        }
        .prerender(),
    };
    view! {
        <div class="field">
            <label for=name>{field.label}{field.optional.then_some(view! { <span class="muted">" (optional)"</span> })}</label>
            {input}
            {said.map(|said| view! { <p class="fault" id=fault_id>{said}</p> })}
            {field.help.map(|help| view! { <p class="help" id=help_id>{help}</p> })}
        </div>
    }
}

/// All faults on top of a form, each with a link to its field, in the order of the form; it is where reading begins.
pub fn summary(faults: &Faults, labels: &[(&'static str, &'static str)]) -> Option<impl IntoView + use<>> {
    if faults.0.is_empty() {
        return None;
    }
    let place = |field: &str| labels.iter().position(|(known, _)| *known == field).unwrap_or(labels.len());
    let mut faults = faults.0.clone();
    faults.sort_by_key(|(field, _)| place(field));
    let items = faults.into_iter().map(|(name, problem)| {
        let label = labels.get(place(&name)).map_or("The form", |(_, label)| *label);
        let said = words::form_problem(&name, problem);
        view! { <li><a href=format!("#{name}")>{label}</a>": "{said}</li> }
    });
    let items = items.collect_view();
    Some(notice(Tone::Danger, view! { <p><b>{words::NOT_SAVED}</b>" "{words::NOT_SAVED_LEAD}</p><ul>{items}</ul> }))
}

/// A moment with its exact value.
pub fn moment(moment: Moment) -> impl IntoView {
    view! { <time datetime=moment.iso title=moment.exact>{moment.words}</time> }
}

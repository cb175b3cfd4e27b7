//! A form of choices, which a script sends as soon as one is made; without it a button does.

use leptos::prelude::*;

/// The form's id, for buttons elsewhere on the page that send what is chosen in it.
pub const FILTERS: &str = "filters";

/// A choice of one of several.
#[derive(Clone, Debug)]
pub struct Select {
    pub name: &'static str,
    pub label: &'static str,
    pub choices: Vec<Choice>,
}

/// A value that may be chosen.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Empty for what is usual.
    pub value: String,
    pub name: String,
    pub chosen: bool,
}

/// The form, which a phone shows when it is asked for; `kept` is what else is in the address.
pub fn filter_form(selects: Vec<Select>, kept: Vec<(String, String)>) -> impl IntoView {
    let select = |select: Select| {
        let choices = select.choices.into_iter();
        let options = choices.map(|Choice { value, name, chosen }| {
            view! { <option value=value selected=chosen>{name}</option> }
        });
        view! { <select name=select.name aria-label=select.label>{options.collect_view()}</select> }
    };
    let kept = kept.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    (!selects.is_empty()).then(|| {
        view! {
            <details class="filter-choices">
                <summary>"Filters"</summary>
                <form id=FILTERS method="get" class="filter-form">
                    {kept.collect_view()}
                    {selects.into_iter().map(select).collect_view()}
                    <button class="button">"Show"</button>
                </form>
            </details>
        }
    })
}

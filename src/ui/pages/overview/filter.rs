//! What of the Overview is chosen, and what may be chosen.

use crate::domain::count::Unit;
use crate::ui::parts::period::{PeriodChoice, period_choice};
use crate::ui::prerender::Prerender;
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct OverviewFilter {
    pub unit: Unit,
    /// The address of the same page for the other unit.
    pub other_unit: String,
    pub apps: Vec<Choice>,
    pub platforms: Vec<Choice>,
    pub environment: &'static str,
    pub period: PeriodChoice,
    /// What else is in the address, which the form keeps.
    pub kept: Vec<(String, String)>,
}

/// A value of a filter.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub name: String,
    pub chosen: bool,
}

pub fn filters(filter: &OverviewFilter) -> impl IntoView + use<> {
    let unit = |unit: Unit, other: &str| {
        let name = if unit == Unit::Profiles { "Profiles" } else { "Devices" };
        if filter.unit == unit {
            view! { <span aria-current="true">{name}</span> }.prerender()
        } else {
            view! { <a href=other.to_owned()>{name}</a> }.prerender()
        }
    };
    let options = |choices: &[Choice]| {
        let choices = choices.iter().cloned();
        choices
            .map(|Choice { value, name, chosen }| view! { <option value=value selected=chosen>{name}</option> })
            .collect_view()
    };
    let environment = |name: &'static str, words: &'static str| {
        view! { <option value=name selected=filter.environment == name>{words}</option> }
    };
    let kept = filter.kept.iter().cloned();
    let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view();
    view! {
        <p class="printed">{filter.period.words.clone()}</p>
        <div class="filters">
            {period_choice(&filter.period)}
            <div class="segments" role="group" aria-label="What is counted">
                {unit(Unit::Profiles, &filter.other_unit)}{unit(Unit::Devices, &filter.other_unit)}
            </div>
            <form method="get" class="filter-form">
                {kept}
                <select name="app" aria-label="App"><option value="">"All apps"</option>{options(&filter.apps)}</select>
                <select name="platform" aria-label="Platform"><option value="">"All platforms"</option>{options(&filter.platforms)}</select>
                <select name="environment" aria-label="Environment">
                    {environment("production", "Production")}{environment("development", "Development")}
                </select>
                <button class="button">"Show"</button>
            </form>
        </div>
    }
}

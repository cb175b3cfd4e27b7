//! What of the Overview is chosen, and what may be chosen.

use crate::domain::count::Unit;
use crate::ui::parts::filter::{Select, filter_form};
use crate::ui::parts::period::{PeriodChoice, period_choice};
use crate::ui::prerender::Prerender;
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct OverviewFilter {
    pub unit: Unit,
    /// The address of the same page for the other unit.
    pub other_unit: String,
    /// Apps, platforms and environments.
    pub selects: Vec<Select>,
    pub period: PeriodChoice,
    /// What else is in the address, which the form keeps.
    pub kept: Vec<(String, String)>,
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
    view! {
        <p class="printed">{filter.period.words.clone()}</p>
        <div class="filters">
            {period_choice(&filter.period)}
            <div class="segments" role="group" aria-label="What is counted">
                {unit(Unit::Profiles, &filter.other_unit)}{unit(Unit::Devices, &filter.other_unit)}
            </div>
            {filter_form(filter.selects.clone(), filter.kept.clone())}
        </div>
    }
}

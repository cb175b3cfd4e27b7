//! Whether a second factor is required of some, and the form that changes it.

use super::notice::{Tone, notice};
use crate::ui::words;
use leptos::prelude::*;

/// The field that says whether it is required from now on.
pub const REQUIRED: &str = "required";

/// What is required, and of whom.
#[derive(Clone, Debug)]
pub struct Demand {
    pub required: bool,
    /// How many of those whom it is about have none.
    pub without: usize,
    /// Why it was not changed.
    pub refused: Option<&'static str>,
}

/// The card; `whom` is who must have one, and `what` is so of them until they do.
pub fn demand_form(demand: Demand, whom: &'static str, what: &'static str) -> impl IntoView {
    let Demand { required, without, refused } = demand;
    let refused = refused.map(|words| notice(Tone::Danger, view! { <p><b>{words::NOTHING_CHANGED}</b>" "{words}</p> }));
    let now = if required { format!("Required of {whom}.") } else { format!("Not required of {whom}.") };
    let missing = match without {
        0 => "All of them have it.".to_owned(),
        1 => "1 of them has not set it up yet.".to_owned(),
        n => format!("{n} of them have not set it up yet."),
    };
    let (value, class, button, effect) = if required {
        (
            "no",
            "button danger",
            "Stop requiring it",
            "Their passwords alone will be enough again where they turn it off.".to_owned(),
        )
    } else {
        ("yes", "button", "Require it", format!("Until they set it up, {what}."))
    };
    view! {
        <form method="post" class="card narrow">
            <h2>"Two-factor authentication"</h2>
            {refused}
            <p><b>{now}</b>" "{missing}</p>
            <p class="muted">{effect}</p>
            <input type="hidden" name="act" value="demand" />
            <input type="hidden" name=REQUIRED value=value />
            <div><button class=class>{button}</button></div>
        </form>
    }
}

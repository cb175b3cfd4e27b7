//! Asks for the password again before what would do harm if somebody else sat at the browser.

use crate::domain::retention::CONFIRMED_FOR;
use crate::domain::time::MINUTE;
use crate::ui::parts::field::{Faults, Field, field, one_time_code, summary};
use crate::ui::surroundings::{Around, Model, Surroundings};
use leptos::prelude::*;

/// Names of the fields that the page adds to those of the form that waits.
pub const PASSWORD: &str = "again_password";
pub const CODE: &str = "again_code";
/// Where the form that waits is sent then.
pub const TO: &str = "again_to";

#[derive(Clone)]
pub struct Confirm {
    pub around: Surroundings,
    pub email: String,
    /// Whether a code is asked for too.
    pub has_second_factor: bool,
    /// The form that waits: where it is sent, and its fields.
    pub to: String,
    pub fields: Vec<(String, String)>,
    pub faults: Faults,
}

impl std::fmt::Debug for Confirm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Confirm({})", self.to)
    }
}

impl Model for Confirm {
    fn around(&self) -> Around<'_> {
        (&self.around).into()
    }

    fn own_title(&self) -> Option<String> {
        Some("Confirm that it is you".to_owned())
    }

    fn has_faults(&self) -> bool {
        !self.faults.0.is_empty()
    }

    fn asks_password(&self) -> bool {
        true
    }
}

const LABELS: [(&str, &str); 2] = [(PASSWORD, "Password"), (CODE, "Code")];

pub fn confirm(page: Confirm) -> impl IntoView {
    let waiting = page.fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    let password = Field {
        name: PASSWORD,
        label: "Password",
        kind: Some("password"),
        autocomplete: Some("current-password"),
        autofocus: true,
        ..Field::default()
    };
    let code = page.has_second_factor.then(|| field(one_time_code(CODE), &page.faults));
    page.around.around(view! {
        <section class="card narrow">
            <h1>"Confirm that it is you"</h1>
            <p>"What you are about to do needs your password again. You will not be asked again for "{CONFIRMED_FOR / MINUTE}" minutes."</p>
            <form method="post" action="/confirm" novalidate>
                {summary(&page.faults, &LABELS)}
                {waiting.collect_view()}
                <input type="hidden" name=TO value=page.to.clone() />
                <input type="hidden" name="username" autocomplete="username" value=page.email />
                {field(password, &page.faults)}
                {code}
                <button class="button primary">"Confirm and continue"</button>
                " "<a class="button" href=page.to>"Cancel"</a>
            </form>
        </section>
    })
}

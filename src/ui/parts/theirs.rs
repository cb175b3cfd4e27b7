//! The question whether an account belongs to whom it says.

use leptos::prelude::*;

/// The name of the field that answers it.
pub const CONFIRMED: &str = "confirmed";

/// Asks it where this person was shown the link by which the account's first password was chosen.
pub fn theirs(shown_to: Option<String>) -> Option<impl IntoView> {
    let name = shown_to?;
    Some(view! {
        <label class="check">
            <input type="checkbox" name=CONFIRMED value="yes" />
            <span>{format!("The link to this account's first password was shown to {name}. I have asked the person: the account is theirs.")}</span>
        </label>
    })
}

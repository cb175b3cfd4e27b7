//! Choosing a role: its name, and in one line what it is for.

use crate::domain::role::TokenRole;
use crate::ui::words;
use leptos::prelude::*;

/// A select of roles with the id `id` and the field's name `name`.
pub fn role_field(id: String, name: &'static str, chosen: TokenRole, offered: &[TokenRole]) -> impl IntoView + use<> {
    let options = offered.iter().map(|role| {
        let words = format!("{} – {}", words::token_role(*role), words::role_in_short(*role));
        view! { <option value=role.as_str() selected=*role == chosen>{words}</option> }
    });
    view! {
        <div class="field">
            <label for=id.clone()>"Role"</label>
            <select id=id name=name>{options.collect_view()}</select>
        </div>
    }
}

//! The figures that a chart is drawn from, folded away below it.

use leptos::prelude::*;

pub fn figures(table: impl IntoView) -> impl IntoView {
    view! {
        <details class="figures">
            <summary>"Show the figures"</summary>
            {table}
        </details>
    }
}

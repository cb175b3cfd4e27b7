//! The Overview's figures in rows: by state and by app.

use super::{AppRow, StateRow};
use crate::domain::count::Unit;
use crate::ui::parts::bars::small_bar;
use crate::ui::parts::status;
use crate::ui::words;
use leptos::prelude::*;

pub fn by_state(units: &'static str, apple: &str, by_default: &str, rows: Vec<StateRow>) -> impl IntoView + use<> {
    let row = |row: StateRow| {
        view! {
            <tr>
                <th scope="row">{status::status(row.state)}</th>
                <td class="n">{row.explicit}<small class="share">{row.explicit_share}</small></td>
                <td class="n">{row.by_default}</td>
                <td class="n">{row.effective}<small class="share">{row.effective_share}</small></td>
            </tr>
        }
    };
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Figures by status">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Status"</th>
                        <th scope="col" class="n">"Reported"<small class="share">"share"</small></th>
                        <th scope="col" class="n">"By default"</th>
                        <th scope="col" class="n">"Effective"<small class="share">"share"</small></th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">{format!("All Apple {units}")}</th>
                        <td class="n">{apple.to_owned()}<small class="share"></small></td>
                        <td class="n">{by_default.to_owned()}</td>
                        <td class="n">{apple.to_owned()}<small class="share"></small></td>
                    </tr>
                </tfoot>
            </table>
        </div>
    }
}

pub fn by_app(unit: Unit, apps: Vec<AppRow>, more: usize) -> impl IntoView {
    let more = (more > 0).then(|| {
        let more = words::number(i64::try_from(more).unwrap_or(i64::MAX));
        view! { <p class="muted">{format!("The largest apps. {more} smaller ones are on the Apps page.")}</p> }
    });
    let units = words::units(unit);
    let note = (unit == Unit::Profiles).then(|| {
        view! { <p class="muted">"A profile counts in each app it uses, so the apps may add up to more than the total."</p> }
    });
    let has_platforms = apps.iter().any(|app| app.platforms.is_some());
    let platforms = has_platforms.then(|| view! { <th scope="col" class="wide-only">"Platforms"</th> });
    let row = |row: AppRow| {
        let platforms = row.platforms.map(|platforms| view! { <td class="muted wide-only">{platforms}</td> });
        view! {
            <tr>
                <th scope="row"><a href=row.address>{row.name}</a></th>
                {platforms}
                <td class="n">{row.count}</td>
                <td class="wide-only">{row.shares.as_ref().map(small_bar)}</td>
                <td class="n">{row.consent_rate}</td>
            </tr>
        }
    };
    view! {
        <section class="card">
            <header><h2>"By app"</h2>{note}{more}</header>
            <div class="scroll" tabindex="0" role="group" aria-label="Figures by app">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"App"</th>
                            {platforms}
                            <th scope="col" class="n">{format!("Apple {units}")}</th>
                            <th scope="col" class="wide-only">"Reported status"</th>
                            <th scope="col" class="n">"Consent rate"</th>
                        </tr>
                    </thead>
                    <tbody>{apps.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
}

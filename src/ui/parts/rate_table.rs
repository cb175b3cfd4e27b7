//! The figures of a rate over time, row by row: what its chart shows.

use crate::domain::metric::Rate;
use crate::ui::words;
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct RateTable {
    /// By which its chart finds it.
    pub id: &'static str,
    pub rate: Rate,
    /// The newest first.
    pub rows: Vec<RateRow>,
    /// What the rate is held against, such as "30 days before".
    pub against: String,
    /// Whether that is another app: then it is what the table is read for, on a phone too.
    pub is_of_app: bool,
}

/// A day, a week or a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateRow {
    /// Its place in the chart.
    pub at: usize,
    pub days: String,
    /// Its first day and its last, as `2026-11-22`.
    pub from: String,
    pub to: String,
    pub value: String,
    pub interval: String,
    /// As a half width, such as "±0.9"; empty without a rate.
    pub half: String,
    pub part: String,
    pub whole: String,
    /// What it is held against in this place; `None` where that is not kept.
    pub before: Option<String>,
}

pub fn rate_table(table: RateTable) -> impl IntoView {
    let (part, whole) = match table.rate {
        Rate::Consent => ("Authorized", "Answered"),
        Rate::Addressable => ("Authorized", "All Apple"),
        Rate::PromptCoverage => ("Answered", "Can be asked"),
        Rate::Restricted => ("Restricted", "Reported"),
        Rate::ReportedShare => ("Reported", "All Apple"),
    };
    let (counts, before) = if table.is_of_app { ("n wide-only", "n") } else { ("n", "n muted wide-only") };
    let row = |row: RateRow| {
        // What is read of it under the pointer.
        let of = format!("{} of {}", row.part, row.whole);
        let said = if row.half.is_empty() { of } else { format!("{} · {of}", row.half) };
        let then = row.before.clone().map(|before| format!("{}: {before}", table.against));
        view! {
            <tr data-at=row.at data-from=row.from data-to=row.to data-said=said data-then=then>
                <th scope="row">{row.days}</th>
                <td class="n"><b>{row.value}</b></td>
                <td class="n muted wide-only">{row.interval}</td>
                <td class=counts>{row.part}</td>
                <td class=counts>{row.whole}</td>
                <td class=before>{row.before.unwrap_or_else(|| words::NO_SHARE.to_owned())}</td>
            </tr>
        }
    };
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=format!("{} over time", words::rate(table.rate))>
            <table id=table.id>
                <thead>
                    <tr>
                        <th scope="col">"Days"</th>
                        <th scope="col" class="n">{words::rate(table.rate)}</th>
                        <th scope="col" class="n wide-only">"95% range"</th>
                        <th scope="col" class=counts>{part}</th>
                        <th scope="col" class=counts>{whole}</th>
                        <th scope="col" class=before>{table.against.clone()}</th>
                    </tr>
                </thead>
                <tbody>{table.rows.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

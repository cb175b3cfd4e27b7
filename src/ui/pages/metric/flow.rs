//! Flow: how devices went from one status to another, first answers and withdrawals, and how long first answers took.

use crate::domain::att::{CountedState, Status};
use crate::ui::parts::chart::columns::{Columns, columns};
use crate::ui::parts::figures::figures;
use crate::ui::parts::status;
use crate::ui::words;
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct FlowView {
    /// A period in which something was counted, where nothing happened in this one: its words and its address.
    pub nearest: Option<(String, String)>,
    /// A row for each status that devices came from.
    pub matrix: Vec<MatrixRow>,
    pub days: Vec<DayRow>,
    pub answers: Columns,
    pub times: Vec<TimeRow>,
    pub time_chart: Columns,
    /// Such as "Half of the first answers came within 2 to 4 minutes."; empty where there is none.
    pub half: String,
    /// First answers and withdrawals of the whole period, in words.
    pub lead: String,
    /// New devices of the whole period and those with limited ad tracking, in words.
    pub limited: String,
}

#[derive(Clone, Debug)]
pub struct MatrixRow {
    pub from: CountedState,
    /// For each status that devices went to: how often, which share of those that left, and its shade from 0 to 5; `None`
    /// on the diagonal.
    pub cells: Vec<Option<(String, String, usize)>>,
    pub left: String,
}

#[derive(Clone, Debug)]
pub struct DayRow {
    pub days: String,
    pub first_answers: String,
    pub authorized: String,
    pub withdrawals: String,
    pub installs: String,
    /// Of these, those with limited ad tracking.
    pub limited: String,
}

#[derive(Clone, Debug)]
pub struct TimeRow {
    /// Such as "2 to 4 minutes".
    pub within: String,
    pub count: String,
    pub share: String,
}

pub fn flow(page: FlowView) -> impl IntoView {
    let heads = Status::ALL
        .map(|to| view! { <th scope="col" class="n">{status::name(CountedState::Known(to))}</th> })
        .collect_view();
    let row = |row: MatrixRow| {
        let cell = |cell: Option<(String, String, usize)>| match cell {
            Some((count, share, shade)) => {
                view! { <td class=format!("n heat heat-{shade}")>{count}<small class="share">{share}</small></td> }
                    .into_any()
            }
            None => view! { <td class="n muted"><span class="hidden">"no change"</span>"·"</td> }.into_any(),
        };
        view! {
            <tr>
                <th scope="row"><span class="status">{status::mark(row.from)}{status::name(row.from)}</span></th>
                {row.cells.into_iter().map(cell).collect_view()}
                <td class="n wide-only"><b>{row.left}</b></td>
            </tr>
        }
    };
    let day = |day: DayRow| {
        view! {
            <tr>
                <th scope="row">{day.days}</th>
                <td class="n">{day.first_answers}</td>
                <td class="n">{day.authorized}</td>
                <td class="n">{day.withdrawals}</td>
            </tr>
        }
    };
    // Of new devices, and of how long first answers took.
    let two_counts = |name: String, one: String, other: String| {
        view! { <tr><th scope="row">{name}</th><td class="n">{one}</td><td class="n">{other}</td></tr> }
    };
    let installed = |day: &DayRow| two_counts(day.days.clone(), day.installs.clone(), day.limited.clone());
    let installs = page.days.iter().map(installed).collect_view();
    let nothing = page.nearest.map(|(words, address)| {
        view! { <p class="notice">"Nothing happened in these days. "<a href=address>{words}</a></p> }
    });
    let time = |time: TimeRow| two_counts(time.within, time.count, time.share);
    view! {
        {nothing}
        <section class="card">
            <header>
                <h2>"From status to status"</h2>
                <p class="muted">"Devices whose status changed in these days; the share is of those that left a status. One that changed twice counts twice."</p>
            </header>
            <div class="scroll" tabindex="0" role="group" aria-label="Changes of status">
                <table class="matrix">
                    <thead><tr><th scope="col">"From \\ to"</th>{heads}<th scope="col" class="n wide-only">"Left"</th></tr></thead>
                    <tbody>{page.matrix.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </section>
        <section class="card">
            <header><h2>"First answers and withdrawals"</h2><p class="muted">{page.lead}</p></header>
            {columns(&page.answers)}
            {figures(view! {
                <div class="scroll" tabindex="0" role="group" aria-label="First answers and withdrawals by day">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">"Days"</th>
                                <th scope="col" class="n">"First answers"</th>
                                <th scope="col" class="n">"Of these authorized"</th>
                                <th scope="col" class="n">"Withdrawals"</th>
                            </tr>
                        </thead>
                        <tbody>{page.days.into_iter().map(day).collect_view()}</tbody>
                    </table>
                </div>
            })}
        </section>
        <section class="card">
            <header><h2>"New devices"</h2><p class="muted">{page.limited}</p></header>
            <p class="muted">{words::LIMITED}</p>
            {figures(view! {
                <div class="scroll" tabindex="0" role="group" aria-label="New devices by day">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">"Days"</th>
                                <th scope="col" class="n">"New devices"</th>
                                <th scope="col" class="n">"With limited ad tracking"</th>
                            </tr>
                        </thead>
                        <tbody>{installs}</tbody>
                    </table>
                </div>
            })}
        </section>
        <section class="card">
            <header><h2>"Time to the first answer"</h2><p class="muted">{page.half}</p></header>
            {columns(&page.time_chart)}
            {figures(view! {
                <div class="scroll" tabindex="0" role="group" aria-label="Time to the first answer">
                    <table>
                        <thead><tr><th scope="col">"Since first seen"</th><th scope="col" class="n">"First answers"</th><th scope="col" class="n">"Share"</th></tr></thead>
                        <tbody>{page.times.into_iter().map(time).collect_view()}</tbody>
                    </table>
                </div>
            })}
        </section>
    }
}

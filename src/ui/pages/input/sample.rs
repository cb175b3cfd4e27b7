//! What came through an input: its latest data problems, and samples of its batches.

use crate::domain::data_problem::SHOWN_DAYS;
use crate::domain::sample::{KEPT, NEWEST};
use crate::domain::time::HOUR;
use crate::ui::parts::field::moment;
use crate::ui::prerender::Prerender;
use crate::ui::words::{Moment, number};
use leptos::prelude::*;

/// One kind of data problem.
#[derive(Clone, Debug)]
pub struct DataProblemRow {
    pub said: &'static str,
    pub times: String,
    pub last: Moment,
    /// App, version and how often, the most frequent first.
    pub occurrences: Vec<(String, String)>,
    /// How many more apps and versions there are.
    pub more: i64,
}

/// Samples, for those who may see them.
#[derive(Clone, Debug)]
pub enum Samples {
    /// The role does not see single profiles.
    NotForThisRole,
    /// Where a form leads that shows them.
    At(String),
    Shown(Vec<SampleCard>),
}

/// One batch as it was read.
#[derive(Clone, Debug)]
pub struct SampleCard {
    /// The data problem that it is the newest example of.
    pub example_of: Option<&'static str>,
    pub app: String,
    pub environment: &'static str,
    pub received: Moment,
    pub data_problems: Vec<&'static str>,
    pub content: String,
}

pub fn data_problems(rows: Option<Vec<DataProblemRow>>, metrics: String) -> impl IntoView {
    let is_rounded = rows.is_none();
    let rows = rows.unwrap_or_default();
    let body = if is_rounded {
        let quality = format!("{metrics}/quality");
        view! { <p class="muted">"Your role sees them by day and rounded, in "<a href=quality>"Metrics, Quality"</a>"."</p> }.prerender()
    } else if rows.is_empty() {
        view! { <p class="muted">{format!("No data problems in the last {SHOWN_DAYS} days.")}</p> }.prerender()
    } else {
        let rows = rows.into_iter().map(|row| {
            let occurrences = row.occurrences.into_iter().map(|(occurrence, n)| view! { <li>{occurrence}": "{n}</li> });
            let more = (row.more > 0).then(|| view! { <li>{format!("and {} more", number(row.more))}</li> });
            view! {
                <tr>
                    <th scope="row">
                        {row.said}
                        <details><summary>"Apps and versions"</summary><ul class="plain">{occurrences.collect_view()}{more}</ul></details>
                    </th>
                    <td class="n">{row.times}</td>
                    <td class="muted wide-only">{moment(row.last)}</td>
                </tr>
            }
        });
        view! {
            <div class="scroll" tabindex="0" role="group" aria-label="Data problems">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Problem"</th>
                            <th scope="col" class="n">"Batches"</th>
                            <th scope="col" class="wide-only">"Last"</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        }
        .prerender()
    };
    view! {
        <section class="card data-problems">
            <h2>{format!("Data problems in the last {SHOWN_DAYS} days")}</h2>
            {body}
        </section>
    }
}

pub fn samples(samples: Samples) -> impl IntoView {
    let body = match samples {
        Samples::NotForThisRole => return None,
        Samples::At(address) => view! {
            <p class="muted">
                {format!("The {NEWEST} newest batches, and the newest example of each data problem, kept for {} hours. They contain personal data, so viewing them is recorded in the audit log.", KEPT / HOUR)}
            </p>
            <form method="post" action=address><button class="button">"Show samples"</button></form>
        }
        .prerender(),
        Samples::Shown(cards) if cards.is_empty() => {
            view! { <p role="status">{format!("No batch arrived in the last {} hours.", KEPT / HOUR)}</p> }.prerender()
        }
        Samples::Shown(cards) => {
            let (examples, newest): (Vec<_>, Vec<_>) = cards.into_iter().partition(|card| card.example_of.is_some());
            let newest = newest.into_iter().map(card).collect_view();
            let examples = (!examples.is_empty()).then(|| {
                let cards = examples.into_iter().map(card).collect_view();
                view! { <h3>"The newest example of each data problem"</h3><div class="samples">{cards}</div> }
            });
            view! {
                <p class="muted" role="status">"As Attest read them. Fields it does not use, such as events and attributes, are not kept. An advertising id is shown only while the status permits it."</p>
                {examples}
                <h3>"The newest batches"</h3>
                <div class="samples">{newest}</div>
            }
            .prerender()
        }
    };
    Some(view! { <section class="card" id="samples"><h2>"Samples"</h2>{body}</section> })
}

fn card(card: SampleCard) -> impl IntoView {
    let title = card.example_of.map(|said| view! { <b>{said}</b>" " });
    let others = card.data_problems.into_iter().filter(|said| Some(*said) != card.example_of);
    let others = others.map(|said| view! { <li>{said}</li> }).collect_view();
    view! {
        <details>
            <summary>{title}<span class="muted">{card.app}", "{card.environment}", "{moment(card.received)}</span></summary>
            <ul class="plain">{others}</ul>
            <pre tabindex="0">{card.content}</pre>
        </details>
    }
}

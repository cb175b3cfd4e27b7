//! Quality: what batches said against themselves or the rules, what that usually means, and what helps.

use crate::ui::parts::chart::columns::{Columns, columns};
use crate::ui::parts::figures::figures;
use crate::ui::words;
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct Quality {
    /// The most frequent first.
    pub problems: Vec<ProblemCard>,
    /// Whether the reader sees rounded figures.
    pub is_rounded: bool,
    /// Whether a single kind is asked for.
    pub is_of_one: bool,
    /// The inputs, where examples are; `None` for those who may not see single batches.
    pub examples: Option<String>,
}

/// One kind of data problem.
#[derive(Clone, Debug)]
pub struct ProblemCard {
    pub said: &'static str,
    /// What it usually means, and how to fix it in the app.
    pub help: &'static str,
    pub times: String,
    pub chart: Columns,
    /// The newest days on which it came, and how often on each.
    pub days: Vec<(String, String)>,
    /// On how many days it came before those.
    pub earlier: i64,
    /// Apps with their versions, and how often each, where this kind alone is asked for; empty for those who see rounded figures.
    pub places: Vec<(String, String)>,
    /// How many places are not among them.
    pub more: i64,
    /// Where its places are shown, unless they are.
    pub by_version: Option<String>,
}

pub fn quality(page: Quality) -> impl IntoView {
    let examples = page.examples.map(|address| {
        view! { <p>"Batches with these problems can be seen at their input: "<a href=address>"Inputs"</a>"."</p> }
    });
    let (nothing_seen, nothing_of) = match (page.is_rounded, page.is_of_one) {
        (true, _) => ("No problem of 10 batches a day or more", "Your role does not see smaller ones."),
        (false, true) => ("Not in these days", "No batch that came in these days has this data problem."),
        (false, false) => (
            "No data problems",
            "Nothing that came in these days contradicts itself, what its device said before, or Apple's rules.",
        ),
    };
    let nothing = page.problems.is_empty().then(|| {
        view! {
            <section class="card empty">
                <h2>{nothing_seen}</h2>
                <p>{nothing_of}</p>
            </section>
        }
    });
    let card = |problem: ProblemCard| {
        let row = |(name, times): (String, String)| {
            view! { <tr><th scope="row">{name}</th><td class="n">{times}</td></tr> }
        };
        let beyond = |n: i64, what: &str| {
            let words = format!("And {} {what}{}.", words::number(n), if n == 1 { "" } else { "s" });
            (n > 0).then(|| view! { <tr><td colspan="2" class="muted">{words}</td></tr> })
        };
        let (more, earlier) = (beyond(problem.more, "more version"), beyond(problem.earlier, "earlier day"));
        let places = (!problem.places.is_empty()).then(|| {
            view! {
                <table>
                    <thead><tr><th scope="col">"App and version"</th><th scope="col" class="n">"Times"</th></tr></thead>
                    <tbody>{problem.places.into_iter().map(row).collect_view()}{more}</tbody>
                </table>
            }
        });
        view! {
            <section class="card">
                <header><h2>{problem.said}</h2><p><b>{problem.times}</b></p></header>
                <p class="muted">{problem.help}</p>
                {columns(&problem.chart)}
                {figures(view! {
                    <table>
                        <thead><tr><th scope="col">"Day"</th><th scope="col" class="n">"Times"</th></tr></thead>
                        <tbody>{problem.days.into_iter().map(row).collect_view()}{earlier}</tbody>
                    </table>
                })}
                {places}
                {problem.by_version.map(|address| view! { <p><a href=address>"By app and version"</a></p> })}
            </section>
        }
    };
    view! {
        {examples}
        {nothing}
        <div class="problems">{page.problems.into_iter().map(card).collect_view()}</div>
    }
}

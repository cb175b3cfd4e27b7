//! The way through a long list: find, and pages of a hundred. Short lists have neither.

use super::super::words::number;
use leptos::prelude::*;

/// Which part of a list is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pager {
    /// What is looked for; empty for everything.
    pub find: String,
    /// From 1.
    pub first: usize,
    pub last: usize,
    /// How many there are that fit.
    pub found: usize,
    /// How many there are at all.
    pub all: usize,
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// Above the list.
pub fn pager(pager: &Pager, what: &'static str) -> Option<impl IntoView + use<>> {
    if pager.previous.is_none() && pager.next.is_none() && pager.find.is_empty() {
        return None;
    }
    let Pager { find, first, last, found, all, previous, next } = pager.clone();
    let count = |n: usize| number(i64::try_from(n).unwrap_or(i64::MAX));
    let shown = match (found, find.is_empty()) {
        (0, _) => format!("None of {} {what} match.", count(all)),
        (_, true) => format!("{} to {} of {} {what}", count(first), count(last), count(all)),
        (_, false) => {
            format!("{} to {} of {} matches, of {} {what}", count(first), count(last), count(found), count(all))
        }
    };
    Some(view! {
        <nav class="pager" aria-label=format!("Pages of {what}")>
            <form method="get" class="line">
                <input type="search" name="find" value=find aria-label=format!("Find {what}") placeholder="Find" />
                <button class="button">"Find"</button>
            </form>
            <p class="muted">{shown}</p>
            <div class="turn">{turn(previous, "Previous")}{turn(next, "Next")}</div>
        </nav>
    })
}

/// The way to the pages before or after, where there are any.
pub fn turn(address: Option<String>, words: &'static str) -> Option<impl IntoView> {
    address.map(|address| view! { <a class="button" href=address>{words}</a> })
}

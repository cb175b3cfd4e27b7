//! By: one row for each app, platform, version or country.

use crate::domain::metric::{Meaning, Rate};
use crate::ui::parts::rate::{Change, definition};
use crate::ui::words;
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct By {
    /// What the rows are, such as "app version".
    pub what: &'static str,
    pub groups: Groups,
    /// What is counted, in the plural.
    pub units: &'static str,
    pub rate: Rate,
    /// How many days the change is of; `None` where there is none to show.
    pub days: Option<i64>,
    pub heads: [Head; 5],
    pub rows: Vec<ByRow>,
    /// What is to be known of the rows, such as that not all are here.
    pub notes: Vec<String>,
}

/// How many rows are shown at first; the others are opened.
const SHOWN_FIRST: usize = 20;
/// The classes of the cells that say how a rate changed.
const CHANGE: &str = "n wide-only change-of";

/// The head of a column, by which the rows can be sorted.
#[derive(Clone, Debug)]
pub struct Head {
    pub address: String,
    /// How the rows are sorted by it: `ascending` or `descending`.
    pub sorted: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct ByRow {
    pub name: String,
    /// The page with only these; `None` for those that cannot be asked for by themselves.
    pub address: Option<String>,
    pub count: String,
    /// How long its bar is, of the longest, from 0 to 100.
    pub bar: i64,
    pub rate: String,
    pub half: String,
    pub change: Option<Change>,
    pub unknown: String,
}

/// What rows can be grouped by, each with its address, and whether they are.
pub type Groups = Vec<(&'static str, String, bool)>;

/// The choice of what rows are grouped by.
pub fn groups(groups: Groups) -> impl IntoView {
    let group = |(words, address, chosen): (&'static str, String, bool)| {
        let words = words::sentence(words);
        if chosen {
            view! { <span aria-current="true">{words}</span> }.into_any()
        } else {
            view! { <a href=address>{words}</a> }.into_any()
        }
    };
    let all = groups.into_iter().map(group).collect_view();
    view! { <div class="segments" role="group" aria-label="Grouped by">{all}</div> }
}

pub fn by(page: By) -> impl IntoView {
    let has_change = page.days.is_some();
    let change_of = page.days.map(|days| format!("Change, {}", words::days(days))).unwrap_or_default();
    let titles = [
        (words::sentence(page.what), ""),
        (format!("Apple {}", page.units), "n"),
        (words::rate(page.rate).to_owned(), "n"),
        (change_of, CHANGE),
        ("Unknown".to_owned(), "n"),
    ];
    let shown = page.heads.into_iter().zip(titles).filter(|(_, (_, class))| has_change || *class != CHANGE);
    let (heads, titles): (Vec<Head>, Vec<(String, &'static str)>) = shown.unzip();
    let head = |(head, (words, class)): (Head, (String, &'static str))| {
        let arrow = match head.sorted {
            Some("ascending") => " ↑",
            Some(_) => " ↓",
            None => "",
        };
        view! { <th scope="col" class=class aria-sort=head.sorted><a href=head.address>{words}{arrow}</a></th> }
    };
    let heads = heads.into_iter().zip(titles.clone()).map(head).collect_view();
    let row = |row: ByRow| {
        let name = match row.address {
            Some(address) => view! { <a href=address>{row.name}</a> }.into_any(),
            None => view! { <span class="muted">{row.name}</span> }.into_any(),
        };
        let short = row.change.as_ref().map(|change| {
            let title = format!("{} {}{}", change.words, change.span, words::chance(change.meaning));
            let chance = (change.meaning == Meaning::Chance)
                .then(|| view! { <small class="chance-below">"may be chance"</small> });
            (change.words.trim_end_matches(" points").to_owned(), title, chance)
        });
        let short = short
            .map(|(words, title, chance)| view! { <abbr class="narrow-only muted" title=title>{words}{chance}</abbr> });
        let change = || match row.change {
            Some(Change { words, meaning: Meaning::Chance, .. }) => {
                view! { <span class="muted">{words}<small>" may be chance"</small></span> }.into_any()
            }
            Some(Change { words, .. }) => view! { <span>{words}</span> }.into_any(),
            None => view! { <span class="muted">{words::NO_SHARE}</span> }.into_any(),
        };
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td class="n with-bar"><svg class="cell-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect width=row.bar height="10" /></svg><span>{row.count}</span></td>
                <td class="n"><b>{row.rate}</b>" "<small class="muted wide-only">{row.half}</small>{short}</td>
                {has_change.then(|| view! { <td class=CHANGE>{change()}</td> })}
                <td class="n">{row.unknown}</td>
            </tr>
        }
    };
    let nothing = page.rows.is_empty().then(|| view! { <p class="notice">"Nothing matches what is chosen."</p> });
    let mut rows = page.rows;
    let further = rows.split_off(SHOWN_FIRST.min(rows.len()));
    let further = (!further.is_empty()).then(|| {
        let words = format!("Show {} more", words::number(i64::try_from(further.len()).unwrap_or(i64::MAX)));
        let title = |(words, class): (String, &'static str)| view! { <th scope="col" class=class>{words}</th> };
        view! {
            <details class="figures rest">
                <summary>{words}</summary>
                <div class="scroll" tabindex="0" role="group" aria-label=format!("Further figures by {}", page.what)>
                    <table class="by">
                        <thead><tr>{titles.into_iter().map(title).collect_view()}</tr></thead>
                        <tbody>{further.into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            </details>
        }
    });
    let rows = rows.into_iter().map(row).collect_view();
    view! {
        <section class="card">
            <header>
                <div class="titled"><h2>{format!("By {}", page.what)}</h2>{definition(page.rate, "table")}</div>
                {groups(page.groups)}
            </header>
            {nothing}
            <div class="scroll" tabindex="0" role="group" aria-label=format!("Figures by {}", page.what)>
                <table class="by">
                    <thead><tr>{heads}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {further}
            {page.notes.into_iter().map(|note| view! { <p class="muted">{note}</p> }).collect_view()}
        </section>
    }
}

//! The summary of a week on one page, which prints well.

use crate::domain::metric::Rate;
use crate::ui::frame::{Frame, frame};
use crate::ui::parts::notice::done;
use crate::ui::parts::pager::turn;
use crate::ui::parts::rate::{Change, change, definition};
use crate::ui::prerender::Prerender;
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::{self, Done};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct WeekPage {
    pub frame: Frame,
    /// Such as "16 Nov – 22 Nov 2026".
    pub days: String,
    /// Whether it is the last one that is over.
    pub is_last: bool,
    /// The addresses of the weeks before and after it, where there are any.
    pub earlier: Option<String>,
    pub later: Option<String>,
    pub rates: Vec<WeekRateRow>,
    /// What was counted and what happened, by name.
    pub counts: Vec<(&'static str, String)>,
    /// Changes of the settings, releases and annotations, each with where more is said of it.
    pub happened: Vec<(String, String)>,
    pub rounded: bool,
    pub mail: WeeklyMail,
    pub done: Option<Done>,
}

#[derive(Clone, Debug)]
pub struct WeekRateRow {
    pub rate: Rate,
    pub value: String,
    pub interval: String,
    pub figures: String,
    pub change: Option<Change>,
}

/// Whether the reader gets it by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeeklyMail {
    /// This installation sends no mails.
    None,
    Off,
    On,
}

impl Model for WeekPage {
    fn around(&self) -> Around<'_> {
        Around::Workspace(&self.frame)
    }

    fn own_title(&self) -> Option<String> {
        Some(words::week(&self.days))
    }
}

pub fn week(page: WeekPage) -> impl IntoView {
    let row = |row: WeekRateRow| {
        view! {
            <tr>
                <th scope="row"><div class="titled">{words::rate(row.rate)}{definition(row.rate, "row")}</div></th>
                <td class="n"><b>{row.value}</b></td>
                <td class="n muted wide-only">{row.interval}</td>
                <td class="n wide-only">{row.figures}</td>
                <td>{row.change.map(change)}</td>
            </tr>
        }
    };
    let count = |(name, count): (&'static str, String)| view! { <dt>{name}</dt><dd class="n">{count}</dd> };
    let line = |(words, address): (String, String)| view! { <li><a href=address>{words}</a></li> };
    let happened = if page.happened.is_empty() {
        view! { <p class="muted">"No change of the settings, no release and no annotation."</p> }.prerender()
    } else {
        view! { <ul class="links">{page.happened.into_iter().map(line).collect_view()}</ul> }.prerender()
    };
    let mail = match page.mail {
        WeeklyMail::None => {
            view! { <p class="muted">"This installation sends no mails, so that nobody gets this page by mail."</p> }
                .prerender()
        }
        WeeklyMail::Off => mail_form(
            "begin",
            "Mail me this each Monday",
            "From 7 in the morning of the workspace’s zone on, with rounded figures.",
        ),
        WeeklyMail::On => {
            mail_form("end", "Stop mailing me this", "You get this summary each Monday, with rounded figures.")
        }
    };
    let rounded = page.rounded.then(|| view! { <p class="muted">{words::ROUNDED}</p> });
    let about = if page.is_last {
        "The last week that is over, in production and over all apps."
    } else {
        "In production and over all apps."
    };
    let content = view! {
        <div class="head">
            <div>
                <h1>{words::week(&page.days)}</h1>
                <p class="muted">{about}</p>
            </div>
            <nav class="turn no-print" aria-label="Weeks">
                {turn(page.earlier, "Week before")}{turn(page.later, "Week after")}
            </nav>
        </div>
        {page.done.map(done)}
        <div class="stack">
            {rounded}
            <section class="card">
                <h2>"Rates at its end"</h2>
                <div class="scroll" tabindex="0" role="group" aria-label="Rates at the end of the week">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">"Rate"</th>
                                <th scope="col" class="n">"Value"</th>
                                <th scope="col" class="n wide-only">"95% range"</th>
                                <th scope="col" class="n wide-only">"Of"</th>
                                <th scope="col">"In the week"</th>
                            </tr>
                        </thead>
                        <tbody>{page.rates.into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            </section>
            <section class="card"><h2>"In numbers"</h2><dl class="facts">{page.counts.into_iter().map(count).collect_view()}</dl></section>
            <section class="card"><h2>"What happened"</h2>{happened}</section>
            <section class="card no-print"><h2>"By mail"</h2>{mail}</section>
        </div>
    };
    frame(page.frame, content)
}

fn mail_form(act: &'static str, button: &'static str, about: &'static str) -> crate::ui::prerender::InertElement {
    view! {
        <form method="post">
            <p class="muted">{about}</p>
            <input type="hidden" name="act" value=act />
            <div><button class="button">{button}</button></div>
        </form>
    }
    .prerender()
}

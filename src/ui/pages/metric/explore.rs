//! Explore: any filters and one breakdown, for which the devices themselves are counted.

use super::by::{By, Groups, by, groups};
use crate::ui::parts::field::moment;
use crate::ui::parts::filter::FILTERS;
use crate::ui::words::{self, Moment};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct Explore {
    /// The page's own address, with everything that was chosen in it.
    pub address: String,
    /// The same without.
    pub path: String,
    pub progress: Progress,
}

/// How far the answer is.
#[derive(Clone, Debug)]
pub enum Progress {
    /// The reader may not see single devices.
    NotAllowed,
    /// Nobody asked this within the hour.
    NotAsked {
        /// How many there are to look through.
        devices: i64,
        groups: Groups,
        /// A view that has the same figures without counting.
        at_once: Option<String>,
    },
    /// Another question is counted before it.
    Queued,
    Counting {
        seen: i64,
        devices: i64,
    },
    Answered(Box<Answer>),
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub rows: By,
    /// Apple units that match, whatever they are grouped by, and their rate.
    pub all: String,
    pub rate: String,
    /// When the first and the last device was counted.
    pub from: Moment,
    pub until: Moment,
    /// Whether there may be profiles without a device, which are not among them.
    pub lacks: bool,
    /// Whether a count of a whole may be less than the sum of its parts.
    pub overlaps: bool,
}

impl Explore {
    pub fn is_answered(&self) -> bool {
        matches!(self.progress, Progress::Answered(_))
    }

    pub fn is_waiting(&self) -> bool {
        matches!(self.progress, Progress::Queued | Progress::Counting { .. })
    }
}

pub fn explore(page: Explore) -> impl IntoView {
    let at_once = |address: String| {
        view! { <p class="muted">"No filter beside the app is chosen. "<a href=address>"Breakdown"</a>" answers this at once."</p> }
    };
    let address = page.address;
    // With what is chosen, sent or not: whoever chooses by keys or without script would have another question counted.
    let action = page.path;
    let count = |class: &'static str, words: &'static str| {
        view! {
            <button class=class form=FILTERS formmethod="post" formaction=action.clone() name="act" value="count">{words}</button>
        }
    };
    let cancel = || {
        view! {
            <form method="post" action=address.clone()>
                <input type="hidden" name="act" value="cancel" />
                <button class="button">"Cancel"</button>
            </form>
        }
    };
    let content = match page.progress {
        Progress::NotAllowed => view! {
            <p class="notice">
                "Explore counts the devices themselves, by as many filters as you like. It is for roles that may look up single \
                devices, which yours may not. Over time and Breakdown show the same figures by one filter."
            </p>
        }
        .into_any(),
        Progress::NotAsked { devices, groups: choices, at_once: address } => view! {
            <p>
                {format!(
                    "Choose any filters and what to group by. To answer, the server looks through {} {}, while this page stays open.",
                    words::number(devices),
                    if devices == 1 { "device" } else { "devices" },
                )}
            </p>
            {address.map(at_once)}
            <div class="grouped">"Grouped by "{groups(choices)}</div>
            {count("button primary", "Count")}
        }
        .into_any(),
        Progress::Queued => view! {
            {refresh()}
            <div data-waiting="">
                <p>"Waiting: another question is being counted in this workspace."</p>
                <progress aria-label="Counted"></progress>
            </div>
            {cancel()}
        }
        .into_any(),
        Progress::Counting { seen, devices } => view! {
            {refresh()}
            <div data-waiting="">
                <p>{format!("Counted {} of about {} devices.", words::number(seen), words::number(devices.max(seen)))}</p>
                <progress aria-label="Counted" value=seen max=devices.max(seen).max(1)></progress>
            </div>
            {cancel()}
        }
        .into_any(),
        Progress::Answered(answer) => {
            let Answer { rows, all, rate, from, until, lacks, overlaps } = *answer;
            let (units, is_quick) = (rows.units, from.words == until.words);
            let from = if is_quick { "at ".into_any() } else { view! { "from "{moment(from)}" to " }.into_any() };
            let meanwhile = match units {
                "devices" => "; what changed meanwhile counts as before or as after. Kept for an hour at most.",
                _ => "; a profile that reported from another device meanwhile may count twice or not at all. Kept for an hour at most.",
            };
            let lacks = lacks.then(|| view! { <p class="muted">"Profiles without a device are not among them."</p> });
            let overlaps = overlaps.then(|| view! { <p class="muted">"Who uses several apps counts in each of them."</p> });
            return view! {
                <section class="card explored">
                    <header>
                        <h2>"Total"</h2>
                        {count("button", "Count again")}
                    </header>
                    <p><b class="large">{all}</b>{format!(" Apple {units}, {}: ", words::rate(rows.rate).to_lowercase())}<b>{rate}</b></p>
                    {overlaps}
                    {lacks}
                    <p class="muted">
                        "Counted "{from}{moment(until)}
                        {meanwhile}
                    </p>
                </section>
                {by(rows)}
            }
            .into_any();
        }
    };
    view! { <section class="card explored"><h2>"Explore"</h2>{content}</section> }.into_any()
}

/// Pages without script look by themselves.
fn refresh() -> impl IntoView {
    view! { <noscript><meta http-equiv="refresh" content="2" /></noscript> }
}

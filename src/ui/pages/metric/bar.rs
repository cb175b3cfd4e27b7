//! What is chosen on a page of metrics, what may be chosen, and where its figures are got elsewhere.

use crate::ui::parts::filter::{Select, filter_form};
use crate::ui::parts::period::{PeriodChoice, period_choice};
use crate::ui::parts::popover::{by_api, popover};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct MetricBar {
    pub period: Option<PeriodChoice>,
    pub selects: Vec<Select>,
    /// What else is in the address, which the form keeps.
    pub kept: Vec<(String, String)>,
    /// What was chosen other than what is usual.
    pub chips: Vec<Chip>,
    /// What was chosen where the reader came from, and this view does not have.
    pub lost: Option<String>,
    /// What is chosen, for paper.
    pub printed: String,
    /// The same figures as files, with the words of their links; none for those who may not export.
    pub files: Vec<(&'static str, String)>,
    /// Its charts as pictures, with their titles; none for those who may not export.
    pub pictures: Vec<(String, String)>,
    /// Where this view gets a name, and others are opened by theirs.
    pub saved: String,
    /// The page's whole address with everything that is chosen, to be copied.
    pub link: String,
    /// How a script asks for the same figures, where it can.
    pub curl: Option<String>,
}

/// A choice that can be taken away.
#[derive(Clone, Debug)]
pub struct Chip {
    pub words: String,
    /// The address without it.
    pub without: String,
}

pub fn metric_bar(bar: MetricBar) -> impl IntoView {
    let chip = |chip: Chip| {
        view! {
            <li><a class="chip" href=chip.without><span class="hidden">"Remove filter "</span>{chip.words}<span aria-hidden="true">" ×"</span></a></li>
        }
    };
    let chips = (!bar.chips.is_empty())
        .then(|| view! { <ul class="chips" aria-label="Chosen">{bar.chips.into_iter().map(chip).collect_view()}</ul> });
    let files = bar.files.into_iter().map(|(words, address)| view! { <a href=address download="">{words}</a>" " });
    let picture = |(title, address): (String, String)| view! { <li><a href=address download="">{title}</a></li> };
    let pictures = (!bar.pictures.is_empty()).then(|| {
        let list = view! { <ul class="links">{bar.pictures.into_iter().map(picture).collect_view()}</ul> };
        popover("pictures", "as-link", "SVG", list)
    });
    let period = bar.period.as_ref().map(period_choice);
    let link = view! { <p role="status"></p><pre class="copy" tabindex="0">{bar.link}</pre> };
    view! {
        <p class="printed">{bar.printed}</p>
        <div class="filters">
            {period}
            {filter_form(bar.selects, bar.kept)}
        </div>
        {bar.lost.map(|lost| view! { <p class="muted">{lost}</p> })}
        <div class="bar-foot">
            {chips}
            <div class="elsewhere">
                <a href=bar.saved>"Saved views"</a>" "
                {files.collect_view()}
                {pictures}
                {popover("copied", "as-link", "Copy link", link)}
                {bar.curl.map(by_api)}
            </div>
        </div>
    }
}

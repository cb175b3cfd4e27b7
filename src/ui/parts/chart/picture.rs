//! Charts as pictures of their own, to be put into a document or a slide: SVG with its words, colours and ground.

use super::columns::{Columns, columns};
use super::frame::hatch;
use super::line::{LineChart, line_chart};
use super::stack::{Stack, stack};
use crate::domain::att::CountedState;
use crate::ui::parts::bars::{Bars, bars};
use crate::ui::parts::status::class;
use crate::ui::words;
use leptos::prelude::*;

/// Colours of the light look as they are, for programs that know neither variables nor `oklch`.
const STYLE: &str = include_str!("picture.svg.css");

/// How wide every chart is drawn, and how high its words are above and below.
const WIDTH: f64 = 1000.0;
const HEAD: f64 = 64.0;
const FOOT: f64 = 34.0;
/// How high a line of words is, and how many letters fit into one, wide ones too.
const LINE: f64 = 18.0;
const LETTERS: usize = 80;
/// Between what was chosen one by one.
const BETWEEN: &str = " · ";

/// A chart of a page.
#[derive(Clone, Copy, Debug)]
pub enum Chart<'a> {
    Bars(&'a Bars),
    Line(&'a LineChart),
    Stack(&'a Stack),
    Columns(&'a Columns),
}

impl Chart<'_> {
    /// What it is called in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bars(_) => "statuses",
            Self::Line(chart) => chart.id,
            Self::Stack(chart) => chart.id,
            Self::Columns(chart) => chart.id,
        }
    }

    pub fn title(self) -> String {
        match self {
            Self::Bars(chart) => chart.heading(),
            Self::Line(chart) => chart.title.clone(),
            Self::Stack(chart) => chart.title.clone(),
            Self::Columns(chart) => chart.title.clone(),
        }
    }

    pub fn is_empty(self) -> bool {
        match self {
            Self::Bars(chart) => chart.is_empty(),
            Self::Line(chart) => chart.is_empty(),
            Self::Stack(chart) => chart.is_empty(),
            Self::Columns(chart) => chart.most().is_none(),
        }
    }

    /// Both drawings as the page has them; empty where there is nothing to draw.
    fn drawings(self) -> String {
        match self {
            Self::Bars(chart) => bars(chart).map(|drawn| drawn.to_html()).unwrap_or_default(),
            Self::Line(chart) => line_chart(chart).map(|drawn| drawn.to_html()).unwrap_or_default(),
            Self::Stack(chart) => stack(chart).map(|drawn| drawn.to_html()).unwrap_or_default(),
            Self::Columns(chart) => columns(chart).map(|drawn| drawn.to_html()).unwrap_or_default(),
        }
    }

    /// What the colours and the dashed line mean; empty where there are none.
    fn legend(self, y: f64) -> String {
        match self {
            Self::Bars(_) | Self::Stack(_) => legend_of_states(y).to_html(),
            Self::Line(chart) if chart.has_before() => legend_of_dashes(y, chart.against.clone()).to_html(),
            Self::Line(_) | Self::Columns(_) => String::new(),
        }
    }

    /// The picture, with what was chosen below its title; `None` where there is nothing to draw.
    pub fn picture(self, about: &str) -> Option<String> {
        let drawings = self.drawings();
        // The first one is that for wide pages.
        let begins = drawings.find("<svg")?;
        let ends = begins + drawings[begins..].find("</svg>")?;
        let drawing = &drawings[begins + "<svg".len()..ends];
        let (_, measures) = drawing.split_once("viewBox=\"0 0 ")?;
        let height: f64 = measures.split_once('"')?.0.split(' ').nth(1)?.parse().ok()?;
        let about = lines(about);
        let head = HEAD + LINE * about.len().saturating_sub(1) as f64;
        let legend = self.legend(head + height);
        let whole = head + height + if legend.is_empty() { 12.0 } else { FOOT };
        let about = about.into_iter().enumerate().map(|(at, line)| {
            view! { <text class="about" x="8" y=47.0 + LINE * at as f64>{line}</text> }
        });
        let words = view! {
            <title>{self.title()}</title>
            <rect class="ground" width=WIDTH height=whole />
            <text class="head" x="8" y="26">{self.title()}</text>
            {about.collect_view()}
        };
        let picture = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{whole}\" viewBox=\"0 0 {WIDTH} {whole}\">\
             <style>{STYLE}</style>{}<svg y=\"{head}\" width=\"{WIDTH}\" height=\"{height}\"{drawing}</svg>{legend}</svg>",
            words.to_html()
        );
        // What a page in a browser takes for an empty comment is no XML.
        Some(picture.replace("<!>", ""))
    }
}

/// What was chosen, in as many lines as it takes; longer names than a line are cut.
fn lines(about: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in about.split(BETWEEN) {
        let is_cut = part.chars().count() > LETTERS;
        let part = if is_cut { part.chars().take(LETTERS - 1).chain(['…']).collect() } else { part.to_owned() };
        match lines.last_mut() {
            Some(line) if line.chars().count() + BETWEEN.chars().count() + part.chars().count() <= LETTERS => {
                line.push_str(BETWEEN);
                line.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    lines
}

/// The colours of the five states, one beside the other.
fn legend_of_states(y: f64) -> impl IntoView {
    let mut x = 8.0;
    let state = |state: CountedState| {
        let (at, name) = (x, words::state(state));
        x += 34.0 + 7.5 * name.chars().count() as f64;
        let fill = (state == CountedState::Unknown).then_some("url(#hatch-legend)");
        view! {
            <rect class=class(state) fill=fill x=at y=y + 10.0 width="12" height="12" rx="3" />
            <text x=at + 18.0 y=y + 20.0>{name}</text>
        }
    };
    let states = CountedState::OF_APPLE.into_iter().map(state).collect_view();
    view! { {hatch("hatch-legend".to_owned())}{states} }
}

/// The dashed line, with what it is.
fn legend_of_dashes(y: f64, against: String) -> impl IntoView {
    let middle = y + 16.0;
    view! {
        <path class="before" d=format!("M8 {middle}H44") />
        <text x="52" y=y + 20.0>{against}</text>
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::Column;
    use super::super::line::{LinePoint, Mark, Marks};
    use super::*;

    #[test]
    fn a_picture_has_its_words_and_nothing_of_the_page() {
        let column = Column { label: "7 Nov".to_owned(), count: 3, reading: "three".to_owned() };
        let chart = Columns { id: "answers", title: "Answers < 5 & more".to_owned(), columns: vec![column] };
        let picture = Chart::Columns(&chart).picture("iOS & tvOS").expect("something to draw");
        assert!(picture.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1000\""), "{picture}");
        assert!(
            picture.contains("Answers &lt; 5 &amp; more</text>") && picture.contains("iOS &amp; tvOS"),
            "{picture}"
        );
        assert!(!picture.contains("<!>") && !picture.contains("narrow") && !picture.contains("var("), "{picture}");
        assert_eq!(picture.matches("<svg").count(), picture.matches("</svg>").count());
        assert!(!picture.contains("class=\"before\""), "{picture}");
        let point =
            LinePoint { label: "7 Nov".to_owned(), share: Some(0.4), before: Some(0.3), ..LinePoint::default() };
        let line = LineChart {
            id: "rate",
            title: "Consent rate".to_owned(),
            points: vec![point],
            against: "Chess & more".to_owned(),
            marks: Marks::default(),
            table: "table",
        };
        let picture = Chart::Line(&line).picture("").expect("something to draw");
        assert!(picture.ends_with(">Chess &amp; more</text></svg>"), "{picture}");
        assert!(picture.contains("class=\"dot before\""), "one day has a dot for the other app too: {picture}");
        let mark = |at, words: &str| Mark {
            at,
            when: "7 Nov 2026".to_owned(),
            words: words.to_owned(),
            address: None,
            is_release: false,
        };
        let all = vec![mark(0.0, "first"), mark(0.1, "second")];
        let marked = LineChart { marks: Marks { all, earlier: None }, ..line };
        let picture = Chart::Line(&marked).picture("").expect("something to draw");
        let last_line = picture.rfind("class=\"mark\"").expect("lines");
        assert!(picture.find(">first<").expect("words") > last_line, "no line goes through words: {picture}");
        let wide = "W".repeat(80);
        assert_eq!(
            lines(&format!("Acme · 7 Nov · {wide} · {wide}W · iOS")),
            ["Acme · 7 Nov", &wide, &format!("{}…", &wide[1..]), "iOS"]
        );
        let empty = Columns { columns: vec![], ..chart };
        assert_eq!(Chart::Columns(&empty).picture(""), None);
    }
}

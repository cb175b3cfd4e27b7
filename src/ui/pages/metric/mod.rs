//! Metrics: how units are distributed now and over time, by what they have, and how statuses change.

pub mod bar;
pub mod by;
pub mod explore;
pub mod flow;
pub mod now;
pub mod over_time;
pub mod quality;
pub mod releases;
pub mod saved;

use crate::domain::closed_list::closed_list;
use crate::domain::count::{Dimension, Unit};
use crate::domain::permission::Permission;
use crate::ui::frame::{Frame, frame};
use crate::ui::islands::reading::ChartReading;
use crate::ui::parts::chart::picture::Chart;
use crate::ui::prerender::Prerender;
use crate::ui::surroundings::{Around, Model};
use crate::ui::words;
use bar::{MetricBar, metric_bar};
use leptos::prelude::*;

closed_list! {
    /// The views, in the order of their tabs; as they are called in addresses.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum MetricView {
        Now => "now",
        OverTime => "over-time",
        By => "by",
        Flow => "flow",
        Quality => "quality",
        Releases => "releases",
        Explore => "explore",
    }
}

impl MetricView {
    pub fn title(self) -> &'static str {
        match self {
            Self::Now => "Now",
            Self::OverTime => "Over time",
            Self::By => "Breakdown",
            Self::Flow => "Flow",
            Self::Quality => "Quality",
            Self::Releases => "Releases",
            Self::Explore => "Explore",
        }
    }

    /// What one must be allowed to see its figures.
    pub fn permission(self) -> Permission {
        match self {
            // It may be asked for a single device.
            Self::Explore => Permission::LookUpProfiles,
            _ => Permission::SeeMetrics,
        }
    }

    /// Whether it is about days.
    pub fn has_period(self) -> bool {
        !matches!(self, Self::Now | Self::Explore)
    }

    /// Whether days are put together in steps.
    pub fn has_step(self) -> bool {
        self == Self::OverTime
    }

    /// Whether it counts profiles or devices, and not what happened.
    pub fn counts_units(self) -> bool {
        !matches!(self, Self::Flow | Self::Quality | Self::Releases)
    }

    /// Whether it can count a unit.
    pub fn has_unit(self, unit: Unit) -> bool {
        self.counts_units() && (unit.of_now() || self == Self::OverTime)
    }

    /// Whether its rate and its basis can be chosen.
    pub fn has_rate(self) -> bool {
        matches!(self, Self::OverTime | Self::By | Self::Explore)
    }

    /// Whether it can show the units with one value of a dimension.
    pub fn has_slice(self) -> bool {
        matches!(self, Self::Now | Self::OverTime | Self::Explore)
    }

    /// Whether that may be values of several dimensions at once, which no counter has.
    pub fn has_slices(self) -> bool {
        self == Self::Explore
    }

    /// Whether it is grouped by something that can be chosen.
    pub fn has_rows(self) -> bool {
        matches!(self, Self::By | Self::Explore)
    }

    /// Whether it is about data problems, of which one kind can be chosen.
    pub fn has_problems(self) -> bool {
        self == Self::Quality
    }

    /// Whether its address can have this parameter.
    pub fn takes(self, parameter: &str) -> bool {
        match parameter {
            "environment" | "app" => true,
            "unit" => self.counts_units(),
            "rate" | "basis" => self.has_rate(),
            "days" | "from" | "to" => self.has_period(),
            "step" | "compare" => self.has_step(),
            "by" | "sort" => self.has_rows(),
            "problem" => self.has_problems(),
            dimension => self.has_slice() && Dimension::ASKED.iter().any(|asked| asked.as_str() == dimension),
        }
    }

    /// Whether it has a chart that is read by pointer and keys.
    fn has_reading(self) -> bool {
        matches!(self, Self::Now | Self::OverTime)
    }
}

/// One view with its filters.
#[derive(Clone, Debug)]
pub struct MetricPage {
    pub frame: Frame,
    pub view: MetricView,
    /// The views' addresses with the filters that they share.
    pub tabs: Vec<(MetricView, String)>,
    pub bar: MetricBar,
    /// Whether the reader sees rounded figures.
    pub rounded: bool,
    /// Where it is said how to begin, while nothing was received at all.
    pub beginning: Option<String>,
    pub content: MetricContent,
}

#[derive(Clone, Debug)]
pub enum MetricContent {
    Now(now::Now),
    OverTime(Box<over_time::OverTime>),
    By(by::By),
    Flow(flow::FlowView),
    Quality(quality::Quality),
    Releases(releases::Releases),
    Explore(explore::Explore),
}

impl MetricContent {
    /// Whether its figures are there, to be had as files.
    pub fn has_files(&self) -> bool {
        match self {
            Self::Explore(explore) => explore.is_answered(),
            _ => true,
        }
    }

    /// Its charts in which there is something to draw, in their order on the page.
    pub fn charts(&self) -> Vec<Chart<'_>> {
        let all = match self {
            Self::Now(view) if view.is_empty => Vec::new(),
            Self::Now(view) => vec![Chart::Bars(&view.bars)],
            Self::OverTime(view) => vec![Chart::Line(&view.chart), Chart::Stack(&view.stack)],
            Self::Flow(view) => vec![Chart::Columns(&view.answers), Chart::Columns(&view.time_chart)],
            Self::Quality(view) => view.problems.iter().map(|problem| Chart::Columns(&problem.chart)).collect(),
            Self::By(_) | Self::Releases(_) | Self::Explore(_) => Vec::new(),
        };
        all.into_iter().filter(|chart| !chart.is_empty()).collect()
    }
}

impl Model for MetricPage {
    fn around(&self) -> Around<'_> {
        Around::Workspace(&self.frame)
    }

    fn own_title(&self) -> Option<String> {
        let chosen = self.bar.chips.iter().map(|chip| chip.words.as_str());
        let title = match &self.content {
            MetricContent::By(view) => format!("{} by {}", self.view.title(), view.what),
            _ => self.view.title().to_owned(),
        };
        let parts: Vec<&str> = [title.as_str()].into_iter().chain(chosen).collect();
        let counting = if self.is_waiting() { "Counting – " } else { "" };
        Some(format!("{counting}Metrics: {}", parts.join(", ")))
    }

    fn has_faults(&self) -> bool {
        let form = match &self.content {
            MetricContent::Releases(releases::Releases { form: Some(form), .. }) => !form.faults.0.is_empty(),
            _ => false,
        };
        form || self.bar.period.as_ref().is_some_and(|period| !period.faults.0.is_empty())
    }

    fn has_filters(&self) -> bool {
        true
    }

    fn is_waiting(&self) -> bool {
        matches!(&self.content, MetricContent::Explore(explore) if explore.is_waiting())
    }

    fn has_island(&self) -> bool {
        self.view.has_reading()
    }
}

pub fn metrics(page: MetricPage) -> impl IntoView {
    let tab = |(view, address): (MetricView, String)| {
        let current = (view == page.view).then_some("page");
        view! { <li><a href=address aria-current=current>{view.title()}</a></li> }
    };
    let tabs = page.tabs.clone().into_iter().map(tab).collect_view();
    let rounded = page.rounded.then(|| {
        view! { <p class="muted">{words::ROUNDED}</p> }
    });
    let reading = page.view.has_reading().then(|| view! { <ChartReading /> });
    let nothing_yet = page.beginning.map(|address| {
        view! {
            <section class="card empty">
                <h2>"Nothing received yet"</h2>
                <p>"Figures are here once an app sends its first batch. "<a href=address>"How to begin"</a></p>
            </section>
        }
        .prerender()
    });
    let content = nothing_yet.unwrap_or_else(|| match page.content {
        MetricContent::Now(view) => now::now(view).prerender(),
        MetricContent::OverTime(view) => over_time::over_time(*view).prerender(),
        MetricContent::By(view) => by::by(view).prerender(),
        MetricContent::Flow(view) => flow::flow(view).prerender(),
        MetricContent::Quality(view) => quality::quality(view).prerender(),
        MetricContent::Releases(view) => releases::releases(view).prerender(),
        MetricContent::Explore(view) => explore::explore(view).prerender(),
    });
    let content = view! {
        <div class="head">
            <h1>"Metrics"<span class="hidden">{format!("– {}", page.view.title())}</span></h1>
            {reading}
        </div>
        <nav class="tabs" aria-label="Views"><ul>{tabs}</ul></nav>
        {metric_bar(page.bar)}
        <div class="stack">{rounded}{content}</div>
    };
    frame(page.frame, content)
}

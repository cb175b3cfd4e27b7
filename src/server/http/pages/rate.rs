//! Rates over a period as pages show them: the line of one, and a card for each.

use crate::domain::app::App;
use crate::domain::environment::Environment;
use crate::domain::id::AppId;
use crate::domain::metric::{Basis, Figures, Fraction, Meaning, Rate};
use crate::domain::permission::Permission;
use crate::domain::privacy::InForce;
use crate::domain::rounding::Precision;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::http::moment::{day_words, days_words, short_day};
use crate::server::services::release::{Milestone, MilestoneKind, milestones};
use crate::server::services::trend::{Compared, Point};
use crate::server::store::View;
use crate::ui::frame::{NavPage, address};
use crate::ui::parts::chart::line::{LineChart, LinePoint, Mark, Marks};
use crate::ui::parts::rate::{Change, Headline, RateCard};
use crate::ui::parts::rate_table::{RateRow, RateTable};
use crate::ui::words;
use form_urlencoded::byte_serialize;

/// What a rate is held against.
#[derive(Clone, Copy, Debug)]
pub enum Against<'a> {
    /// As many days right before.
    Before(i64),
    /// The same days of another app.
    App {
        name: &'a str,
        /// Whether nobody is counted on both sides: only then can chance be told.
        is_apart: bool,
    },
}

impl Against<'_> {
    /// Above its figures.
    pub fn column(self) -> String {
        match self {
            Self::Before(days) => format!("{} before", words::days(days)),
            Self::App { name, .. } => name.to_owned(),
        }
    }

    /// A difference in words: how much, and against what.
    fn difference(self, grew: f64) -> (String, String) {
        match self {
            Self::Before(days) => (words::points(grew), format!("in {}", words::days(days))),
            Self::App { name, .. } => words::points_apart(grew, name),
        }
    }
}

/// How the figures of a trend are read.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    pub basis: Basis,
    pub precision: Precision,
    /// What is counted, in the plural.
    pub units: &'a str,
    /// Whether a day's figures are of that day only, and not of its end.
    pub adds_up: bool,
    /// What the trend was compared with.
    pub against: Against<'a>,
}

impl Reading<'_> {
    fn fraction(&self, rate: Rate, point: &Point) -> Fraction {
        point.figures(self.basis, self.precision).fraction(rate)
    }

    /// A rate of the whole: of what is counted at its end, or of all its days.
    fn of_all(&self, rate: Rate, points: &[Point]) -> Option<Fraction> {
        let figures = |point: &Point| point.figures(self.basis, self.precision);
        let all: Option<Figures> = match self.adds_up {
            true => points.iter().map(figures).reduce(Figures::with),
            false => points.last().map(figures),
        };
        all.map(|figures| figures.fraction(rate))
    }

    /// By how much a rate is another one than what it is held against.
    pub fn change(&self, rate: Rate, compared: &Compared) -> Option<Change> {
        // Of days that are added up all must be there.
        if self.adds_up && compared.before.len() < compared.points.len() {
            return None;
        }
        let before = self.of_all(rate, &compared.before)?;
        let now = self.of_all(rate, &compared.points)?;
        if matches!(self.against, Against::Before(_)) && now.is_within_rounding(before) {
            let (_, span) = self.against.difference(0.0);
            return Some(Change { words: words::WITHIN_ROUNDING.to_owned(), span, meaning: Meaning::Nothing });
        }
        let (grew, meaning) = now.since(before, rate)?;
        // Where another default came into force the rate says more of that than of people.
        let all = || compared.before.iter().chain(&compared.points).map(|point| point.default);
        let is_of_default = self.basis == Basis::Effective && all().any(|default| Some(default) != all().next());
        let meaning = match self.against {
            Against::Before(_) if is_of_default => Meaning::Unknown,
            Against::Before(_) => meaning,
            // Another app is neither better nor worse.
            Against::App { is_apart, .. } => match meaning {
                Meaning::Nothing => Meaning::Nothing,
                Meaning::Chance if is_apart => Meaning::Chance,
                _ => Meaning::Unknown,
            },
        };
        let (words, span) = self.against.difference(grew);
        Some(Change { words, span, meaning })
    }

    /// A rate at the end.
    pub fn headline(&self, rate: Rate, compared: &Compared) -> Headline {
        let now = self.of_all(rate, &compared.points);
        Headline {
            value: words::share(now.and_then(Fraction::share)),
            half: now.map(|now| words::half(now.share(), now.interval())).unwrap_or_default(),
            change: self.change(rate, compared),
        }
    }

    /// The card of a rate.
    pub fn card(&self, rate: Rate, compared: &Compared) -> RateCard {
        let figures = self.of_all(rate, &compared.points).map(words::part_of_whole);
        RateCard {
            rate,
            now: self.headline(rate, compared),
            figures: figures.unwrap_or_default(),
            of: words::rate_in_short(rate, self.units),
            course: compared.points.iter().map(|point| self.fraction(rate, point).share()).collect(),
        }
    }

    /// The line of a rate, with marks; the table of the id `table` has the same figures.
    pub fn chart(&self, rate: Rate, compared: &Compared, marks: Marks, table: &'static str) -> LineChart {
        let point = |(at, point): (usize, &Point)| {
            let now = self.fraction(rate, point);
            let before = compared.before(at).and_then(|before| self.fraction(rate, before).share());
            LinePoint {
                label: short_day(point.last),
                share: now.share(),
                band: now.interval().map(|interval| (interval.low, interval.high)),
                before,
            }
        };
        let days = compared.period().map(|period| days_words(period.first, period.last)).unwrap_or_default();
        LineChart {
            id: "rate",
            title: format!("{}, {days}", words::rate(rate)),
            points: compared.points.iter().enumerate().map(point).collect(),
            against: self.against.column(),
            marks,
            table,
        }
    }

    /// The table of a rate, the newest first.
    pub fn table(&self, rate: Rate, compared: &Compared, id: &'static str) -> RateTable {
        let row = |(at, point): (usize, &Point)| {
            let now = self.fraction(rate, point);
            let before = compared.before(at).map(|before| self.fraction(rate, before).share());
            RateRow {
                at,
                days: days_words(point.first, point.last),
                from: calendar::date(point.first),
                to: calendar::date(point.last),
                value: words::share(now.share()),
                interval: words::interval(now.interval()),
                half: words::half(now.share(), now.interval()),
                part: words::count(now.part),
                whole: words::count(now.whole),
                before: before.map(words::share),
            }
        };
        let rows: Vec<RateRow> = compared.points.iter().enumerate().rev().map(row).collect();
        RateTable {
            id,
            rate,
            rows,
            against: self.against.column(),
            is_of_app: matches!(self.against, Against::App { .. }),
        }
    }
}

/// Marks where the settings were changed, leading to the log's row for those who may read it.
fn settings_marks(view: &View, compared: &Compared) -> Vec<Mark> {
    let versions = &compared.versions[..compared.versions.len().min(MOST_MARKED + 1)];
    let log = address(view.workspace.slug.as_str(), NavPage::Audit, Environment::Production);
    // The log is looked into once somebody follows.
    let row = |version: i64| view.may(Permission::SeeAudit).then(|| format!("{log}/settings/{version}"));
    marks_of_versions(&compared.points, versions, &view.workspace.time_zone, row)
}

/// How many of the newest changes are marked.
const MOST_MARKED: usize = 100;

fn marks_of_versions(
    points: &[Point],
    versions: &[InForce],
    zone: &str,
    address: impl Fn(i64) -> Option<String>,
) -> Vec<Mark> {
    // They come with the newest first, each after the one that it changed.
    let changes = versions.windows(2).filter_map(|pair| {
        let [after, before] = pair else { return None };
        let day = calendar::day(after.changed_at, zone);
        let at = place(points, day)?;
        let words = words::settings_change(before, after)?;
        Some(Mark { at, when: day_words(day), words, address: address(after.version), is_release: false })
    });
    let mut marks: Vec<Mark> = changes.collect();
    marks.reverse();
    marks
}

/// At which point a day is, or between which two.
fn place(points: &[Point], day: Day) -> Option<f64> {
    let at = points.iter().position(|point| (point.first..=point.last).contains(&day))?;
    // A point stands for the end of its days.
    let step = points[at].last.since(points[at].first) + 1;
    let early = points[at].last.since(day) as f64 / step as f64;
    Some((at as f64 - early).max(0.0))
}

/// How many of the newest releases and annotations are marked: more would hide the line.
const MOST_MILESTONES: usize = 12;

/// What leads to a milestone on its page. A version is what somebody sent.
pub fn anchor(milestone: &Milestone) -> String {
    match &milestone.kind {
        MilestoneKind::Release(version) => {
            let app = milestone.app.as_ref().map_or(0, |app| app.id.0);
            format!("release-{app}-{}", byte_serialize(version.as_bytes()).collect::<String>())
        }
        MilestoneKind::Annotation { id, .. } => format!("annotation-{id}"),
    }
}

/// Marks what happened meanwhile: changes of the settings, versions that came out, what was noted.
pub async fn marks(
    view: &mut View,
    compared: &Compared,
    apps: &[App],
    environment: Environment,
    app: Option<AppId>,
) -> Result<Marks> {
    let mut all = settings_marks(view, compared);
    let Some(period) = compared.period() else { return Ok(Marks { all, earlier: None }) };
    let path = format!("/w/{}/metrics/releases", view.workspace.slug);
    let until = |last: Day| {
        let days = [("from", calendar::date(period.first)), ("to", calendar::date(last))];
        let environment =
            (environment != Environment::default()).then(|| ("environment", environment.as_str().to_owned()));
        let chosen = app.map(|app| ("app", app.to_string())).into_iter().chain(environment);
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(days.into_iter().chain(chosen)).finish();
        format!("{path}?{query}")
    };
    let address = until(period.last);
    let mut newest = milestones(view, apps, environment, app, period, MOST_MILESTONES + 1).await?;
    let earlier = newest.get(MOST_MILESTONES).map(|first| until(first.day));
    newest.truncate(MOST_MILESTONES);
    for milestone in newest {
        let Some(at) = place(&compared.points, milestone.day) else { continue };
        let address = Some(format!("{address}#{}", anchor(&milestone)));
        // Of one app it is known whose they are.
        let named = Milestone { app: milestone.app.filter(|_| app.is_none()), ..milestone };
        let (when, words) = (day_words(named.day), named.name());
        let is_release = matches!(named.kind, MilestoneKind::Release(_));
        all.push(Mark { at, when, words, address, is_release });
    }
    all.sort_by(|one, other| one.at.total_cmp(&other.at));
    Ok(Marks { all, earlier })
}

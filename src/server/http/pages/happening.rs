//! What is worth a line on the Overview beside its figures.

use crate::domain::alert::{AlertKind, AlertRule, AlertState, RATE_DAYS, USUAL_DAYS};
use crate::domain::att::CountedState;
use crate::domain::count::{Counts, Dimension, UNKNOWN, Unit};
use crate::domain::environment::Environment;
use crate::domain::input::{Counted, Input, MANY_WITHOUT_STATUS};
use crate::domain::metric::Period;
use crate::domain::permission::Permission;
use crate::domain::platform::OsVersion;
use crate::domain::rounding::Shown;
use crate::server::error::Result;
use crate::server::http::moment::moment;
use crate::server::services::distribution::{Distribution, DistributionQuery};
use crate::server::services::flow::Happened;
use crate::server::services::kept_days::KeptDays;
use crate::server::store::View;
use crate::server::store::erasure::Progress;
use crate::server::store::tally;
use crate::ui::frame::{NavPage, address};
use crate::ui::pages::overview::Happening;
use crate::ui::words;
use std::cmp::Reverse;

/// All lines, of the environment, the app and the platform that are looked at.
pub async fn happenings(
    view: &mut View,
    question: &DistributionQuery,
    distribution: &Distribution,
    kept: KeptDays,
) -> Result<Vec<Happening>> {
    let mut all = Vec::new();
    // What happened on a day is not counted by platform.
    if question.platform.is_none() {
        all.push(first_answers(view, question, kept).await?);
        all.extend(never_reported(view, question, distribution));
        all.extend(too_old(view, question).await?);
        all.extend(without_statuses(view, question).await?);
    }
    all.extend(erasing(view).await?);
    all.extend(paused(view).await?);
    Ok(all)
}

/// Alerts that hold, of the whole workspace in production, whatever is looked at; each leads to what it is about.
pub async fn alerts(view: &mut View) -> Result<Vec<Happening>> {
    let slug = view.workspace.slug.to_string();
    let line = |rule: AlertRule| match rule.state {
        AlertState::NotLooked | AlertState::Quiet { .. } => None,
        AlertState::Holds { found, .. } => Some(Happening {
            first: "Alert".to_owned(),
            words: words::alert_found(rule.kind, found),
            address: Some(match rule.kind {
                AlertKind::UnknownShare => format!("/w/{slug}/metrics/by?by=app_version&rate=reported_share"),
                AlertKind::RateChange => format!("/w/{slug}/metrics/over-time?days={RATE_DAYS}"),
                AlertKind::DataProblems => format!("/w/{slug}/metrics/quality"),
                AlertKind::Silence => address(&slug, NavPage::Inputs, Environment::Production),
            }),
        }),
    };
    Ok(view.alert_rules().await?.into_iter().filter_map(line).collect())
}

/// First answers today, and how many there usually are.
async fn first_answers(view: &mut View, question: &DistributionQuery, kept: KeptDays) -> Result<Happening> {
    let KeptDays { first, today } = kept;
    let period = Period { first: today.plus(-USUAL_DAYS).max(first), last: today };
    let happened = Happened::read(view, question.environment, question.app, period).await?;
    let of_today = happened.days.get(&today).map_or(0, |day| day.sums.first_answers);
    // Days before the first one with a figure say nothing of what is usual.
    let before = happened.days.range(..today).map(|(_, day)| happened.shown(day.sums.first_answers));
    let before: Vec<Shown> = before.skip_while(|day| day.figure().unwrap_or_default() == 0).collect();
    let count = i64::try_from(before.len()).unwrap_or(i64::MAX);
    // A sum that days are missing in says less than is usual.
    let sum = Shown::sum(before).filter(|sum| !sum.is_incomplete());
    let usual = sum.and_then(Shown::figure).filter(|_| count > 0);
    let usual = usual
        .map(|sum| format!(", usually {} a day", words::count(happened.shown((sum + count / 2) / count))))
        .unwrap_or_default();
    let first = words::count(happened.shown(of_today));
    let answers = if first == "1" { "first answer" } else { "first answers" };
    Ok(Happening { first, words: format!("{answers} today{usual}"), address: None })
}

/// How many never reported a status; leads to where it is seen which ones.
fn never_reported(view: &View, question: &DistributionQuery, distribution: &Distribution) -> Option<Happening> {
    let shown = distribution.shown(distribution.explicit(question, CountedState::Unknown));
    shown.figure().filter(|n| *n > 0)?;
    let first = words::count(shown);
    let units = words::unit_after(&first, question.unit);
    let words = format!("{units} never reported a status: see in which app versions");
    Some(Happening { first, words, address: Some(by_address(view, question, "app_version")) })
}

/// Where the units that are looked at are grouped by something, those with the most unknown ones first.
fn by_address(view: &View, question: &DistributionQuery, by: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("by", by).append_pair("sort", "unknown");
    if question.unit != Unit::Profiles {
        query.append_pair("unit", question.unit.as_str());
    }
    if question.environment != Environment::Production {
        query.append_pair("environment", question.environment.as_str());
    }
    if let Some(app) = question.app {
        query.append_pair("app", &app.to_string());
    }
    format!("/w/{}/metrics/by?{}", view.workspace.slug, query.finish())
}

/// Unknown ones whose iOS knows no status: asking them is no use.
async fn too_old(view: &mut View, question: &DistributionQuery) -> Result<Option<Happening>> {
    let DistributionQuery { environment, unit, app, .. } = *question;
    let by_version = view.counts_by(environment, unit, app, Dimension::OsVersion).await?;
    // Versions of other platforms have the platform's name before them.
    let is_old = |value: &str| value != UNKNOWN && OsVersion::parse(value).is_some_and(|at| at < OsVersion::INTRODUCED);
    let old = by_version.iter().filter(|(value, _)| is_old(value));
    let unknown: i64 = old.map(|(_, counts): (_, &Counts)| counts.of(CountedState::Unknown)).sum();
    let shown = view.precision.shown(unknown);
    let address = by_address(view, question, "os_version");
    Ok(shown.figure().filter(|n| *n > 0).map(|_| {
        let first = words::count(shown);
        let units = words::unit_after(&first, unit);
        Happening {
            first,
            words: format!("unknown {units} run iOS below {}, which has no status", OsVersion::INTRODUCED.major),
            address: Some(address),
        }
    }))
}

/// Feeds by which statuses do not come: why the devices that they bring are unknown. Not for those who see rounded figures, whom
/// it would tell of a single answer.
async fn without_statuses(view: &mut View, question: &DistributionQuery) -> Result<Vec<Happening>> {
    if !question.is_of_all_in_production() || view.precision.is_rounded() || !view.may(Permission::SeeInputs) {
        return Ok(Vec::new());
    }
    let tallies = view.tallies().await?;
    let of = |input: &Input, counted: Counted| tally::total(&tallies, input.id, counted);
    let inputs = view.inputs().await?.into_iter();
    let silent = inputs.filter(|input| of(input, Counted::WithStatus) == 0);
    let many = silent.map(|input| (of(&input, Counted::WithoutStatus), input));
    let mut many: Vec<(i64, Input)> = many.filter(|(n, _)| *n >= MANY_WITHOUT_STATUS).collect();
    many.sort_by_key(|(n, _)| Reverse(*n));
    let slug = view.workspace.slug.clone();
    let line = |(n, input): (i64, Input)| Happening {
        first: words::number(n),
        words: format!("batches of Apple devices by “{}”, none with an ATT status", input.name),
        address: Some(format!("/w/{slug}/inputs/{}", input.id)),
    };
    Ok(many.into_iter().take(MOST_FEEDS).map(line).collect())
}

/// How many feeds without statuses are named: those with the most batches.
const MOST_FEEDS: usize = 3;

/// Erasings that wait or run.
async fn erasing(view: &mut View) -> Result<Vec<Happening>> {
    let privacy = address(view.workspace.slug.as_str(), NavPage::Privacy, Environment::Production);
    let open = view.open_erasures().await?.into_iter().map(|erasure| {
        let words = match erasure.progress {
            Progress::Waiting => format!("blocked advertising ids, from {}", moment(erasure.due_at).words),
            _ => "blocked advertising ids now".to_owned(),
        };
        Happening { first: "Erasing".to_owned(), words, address: Some(privacy.clone()) }
    });
    Ok(open.collect())
}

/// Inputs that take nothing, for those who may see them.
async fn paused(view: &mut View) -> Result<Option<Happening>> {
    if !view.may(Permission::SeeInputs) {
        return Ok(None);
    }
    let paused: Vec<String> =
        view.inputs().await?.into_iter().filter(|input| input.paused).map(|input| input.name).collect();
    let inputs = address(view.workspace.slug.as_str(), NavPage::Inputs, Environment::Production);
    let words = match paused.as_slice() {
        [] => return Ok(None),
        [one] => format!("input “{one}”: its events are refused"),
        _ => format!("{} inputs: their events are refused", paused.len()),
    };
    Ok(Some(Happening { first: "Paused".to_owned(), words, address: Some(inputs) }))
}

//! Alerts: which rules are on, whether they hold, and who is told of it.

use super::Services;
use super::kept_days::kept_days;
use super::trend::{Point, Step, TrendQuery, trend};
use crate::domain::alert::{AlertFigures, AlertKind, AlertRule, AlertState, RATE_DAYS, USUAL_DAYS};
use crate::domain::att::CountedState;
use crate::domain::audit::AuditAction;
use crate::domain::count::Unit;
use crate::domain::environment::Environment;
use crate::domain::error::{Fault, Refusal};
use crate::domain::id::WorkspaceId;
use crate::domain::metric::{Basis, Figures, Fraction, Period, Rate};
use crate::domain::notice::{AlertTold, NoticeKind, NoticeState};
use crate::domain::permission::Permission;
use crate::domain::retention::{Aging, Keep};
use crate::domain::rounding::Shown;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::store::notice::NewNotice;
use crate::server::store::{Act, Actor, Change, Done, Store, SystemTx, Trail, View, WorkspaceRef};
use std::collections::BTreeMap;

/// All rules as the audit rows hold them: thresholds by kind; none of those that are off.
pub type AlertSnapshot = BTreeMap<AlertKind, Option<i64>>;

/// Turns rules on or off.
pub struct SetAlerts;

impl Act for SetAlerts {
    type Snapshot = AlertSnapshot;
    const PERMISSION: Permission = Permission::ManageInputs;
    const AUDIT: AuditAction = AuditAction::AlertsSet;
}

/// Sets the rules that are named, each to a threshold or off, and leaves the others.
///
/// # Errors
/// [`Refusal::Invalid`] at the kind of a threshold that it cannot have.
pub async fn set_alerts(
    store: &Store,
    actor: &Actor,
    workspace: WorkspaceRef,
    wanted: BTreeMap<AlertKind, Option<i64>>,
) -> Result<()> {
    let problem = |(kind, threshold): (&AlertKind, &Option<i64>)| {
        threshold
            .and_then(|threshold| kind.threshold(threshold).err())
            .map(|problem| Fault::new(kind.as_str(), problem))
    };
    let faults: Vec<Fault> = wanted.iter().filter_map(problem).collect();
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults).into());
    }
    store.change(actor, workspace, move |change| set_once(change, wanted.clone())).await
}

async fn set_once(mut change: Change<SetAlerts>, wanted: BTreeMap<AlertKind, Option<i64>>) -> Result<Done<()>> {
    // Whoever else sets them waits for the end of the chain: before and after are what they say.
    change.last_audit_row().await?;
    let mut before: AlertSnapshot = AlertKind::ALL.into_iter().map(|kind| (kind, None)).collect();
    before.extend(change.alert_rules().await?.into_iter().map(|rule| (rule.kind, Some(rule.threshold))));
    let mut after = before.clone();
    for (kind, threshold) in wanted {
        if before.get(&kind) != Some(&threshold) {
            change.set_alert_rule(kind, threshold).await?;
            after.insert(kind, threshold);
        }
    }
    if before == after {
        return Ok(change.unchanged(()));
    }
    change.commit("alerts", Some(before), Some(after), None, ()).await
}

/// Looks whether the rules of a workspace hold, and tells those who may set them when one begins to.
pub(super) async fn alert_step(services: &Services, keep: Keep, workspace: WorkspaceId) -> Result<()> {
    let system = &services.system;
    let mut view = system.view_for_everybody(workspace).await?;
    let rules = view.alert_rules().await?;
    if rules.is_empty() {
        return Ok(());
    }
    let figures = figures(&mut view, keep.daily_days).await?;
    let today = calendar::day(view.now, &view.workspace.time_zone);
    let name = view.workspace.name.clone();
    drop(view);
    let looked = rules.into_iter().map(|rule| (rule, figures.look(&rule)));
    let looked: Vec<(AlertRule, AlertState)> = looked.collect();
    system.transaction(move |tx| note_once(tx, workspace, name.clone(), today, looked.clone())).await
}

async fn note_once(
    mut tx: SystemTx,
    workspace: WorkspaceId,
    name: String,
    today: Day,
    looked: Vec<(AlertRule, AlertState)>,
) -> Result<()> {
    let mut begun = Vec::new();
    for (rule, now) in looked {
        let is_same = tx.note_alert(workspace, &rule, now).await?;
        let held = matches!(rule.state, AlertState::Holds { .. });
        if let AlertState::Holds { found, .. } = now
            && is_same
            && !held
        {
            begun.push(AlertTold { kind: rule.kind, threshold: rule.threshold, found });
        }
    }
    let people = match begun.is_empty() {
        true => Vec::new(),
        false => tx.people_who_may(workspace, SetAlerts::PERMISSION).await?,
    };
    for told in begun {
        let state = NoticeState { workspace: Some(name.clone()), alert: Some(told), ..NoticeState::default() };
        // Once a day at most, also where a figure goes to and fro about its threshold.
        let about = format!("{workspace} {} {}", told.kind.as_str(), calendar::date(today));
        for person in &people {
            let notice =
                NewNotice { about: about.clone(), ..NewNotice::new(*person, NoticeKind::Alert, state.clone()) };
            tx.notify(&notice).await?;
        }
    }
    tx.commit(Trail::Unaudited("which alerts hold")).await
}

/// What the rules are held against.
async fn figures(view: &mut View, keep_days: i64) -> Result<AlertFigures> {
    let environment = Environment::Production;
    let kept = kept_days(view, Aging::Days, keep_days).await?;
    let (today, before) = (kept.today, kept.today.plus(-RATE_DAYS));
    let question = TrendQuery {
        environment,
        unit: Unit::Profiles,
        app: None,
        slice: None,
        first: before.max(kept.first),
        last: today,
        step: Step::Day,
    };
    let points = trend(view, &question).await?;
    let precision = view.precision;
    let figures = |point: &Point| point.figures(Basis::Explicit, precision);
    let now = points.last().map_or_else(|| Figures::new([], Basis::Explicit, precision), figures);
    // Two counts that everybody sees: a sum of the reported ones would lack the rare statuses.
    let unknown = Fraction { part: now.of(CountedState::Unknown), whole: now.apple(), is_of_one_moment: true };
    let week_before = points.first().filter(|point| point.last == before);

    let kept = kept_days(view, Aging::DataProblems, keep_days).await?;
    let began = calendar::day(view.workspace.created_at, &view.workspace.time_zone);
    let usual = Period { first: today.plus(-1 - USUAL_DAYS).max(kept.first).max(began), last: today.plus(-2) };
    let mut by_day: BTreeMap<Day, Shown> = BTreeMap::new();
    let period = Period { first: usual.first, last: today };
    for (_, day, n) in view.data_problems_by_day(environment, None, period).await? {
        // Each kind as it is shown elsewhere: rounded from their exact sum, a day would tell of single ones.
        let shown = precision.shown(n);
        by_day.entry(day).and_modify(|sum| *sum = sum.plus(shown)).or_insert(shown);
    }
    let of_day = |day: Day| -> Shown { by_day.get(&day).copied().unwrap_or(precision.shown(0)) };
    let came = view.last_batches(environment).await?.into_values().max();
    Ok(AlertFigures {
        unknown,
        consent: now.fraction(Rate::Consent),
        consent_before: week_before.map(|point| figures(point).fraction(Rate::Consent)),
        problems: [of_day(today.plus(-1)), of_day(today)],
        problems_before: (0..usual.days()).map(|offset| of_day(usual.first.plus(offset))).collect(),
        // Where none came yet, one was missed since the workspace was made.
        last_batch: came.unwrap_or(view.workspace.created_at),
        now: view.now,
    })
}

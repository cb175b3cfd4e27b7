//! The privacy settings: what is in force, what each choice would do, and the forms that change it.

use super::frame;
use super::remembered::{redirect_saying, take_message};
use crate::domain::att::{CountedState, Policy, Status};
use crate::domain::audit::AuditAction;
use crate::domain::environment::Environment;
use crate::domain::error::{Fault, Refusal};
use crate::domain::permission::Permission;
use crate::domain::privacy::Settings;
use crate::domain::role::{Role, TokenRole};
use crate::domain::rounding::Precision;
use crate::server::error::{Error, Result};
use crate::server::http::caller::{InWorkspace, SignedInPerson};
use crate::server::http::form::{Form, shown};
use crate::server::http::moment::moment;
use crate::server::http::render::render;
use crate::server::services::privacy::{Decided, NewSettings, SettingsWithCounts, change_settings, read};
use crate::server::state::AppState;
use crate::server::store::WorkspaceRef;
use crate::server::store::audit::AuditFilter;
use crate::server::store::credential::KnownToken;
use crate::server::store::erasure::{Erasure, Progress};
use crate::server::store::privacy::Version;
use crate::server::store::{UnknownInApp, View};
use crate::ui::frame::NavPage;
use crate::ui::pages::Page;
use crate::ui::pages::privacy::{
    AffectedApps, AppEffect, ChangingToken, ChoiceEffect, Erasing, HistoryRow, NONE, Observed, PrivacySettings,
    SettingsOutcome, StateEffect, choices,
};
use crate::ui::parts::field::Faults;
use crate::ui::words::{self, Conflict, Done};
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeMap;

/// How many of the apps that a change affects the page shows: the largest ones.
const MOST_APPS: i64 = 50;
/// How many versions the page shows; the audit log has them all.
const HISTORY: i64 = 20;

/// `GET privacy`.
pub async fn settings(InWorkspace { visit, state, workspace, .. }: InWorkspace) -> Result<Response> {
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeePrivacySettings).await?;
    let mut page = model(&mut view, &visit).await?;
    page.outcome = match take_message(&visit.session, &visit.page).await? {
        Some(Done::SettingsSaved) => SettingsOutcome::Saved,
        Some(Done::SettingsSame) => SettingsOutcome::Same,
        _ => SettingsOutcome::Nothing,
    };
    Ok(render(&state, Page::Privacy(Box::new(page)), StatusCode::OK))
}

/// The two forms of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SettingsForm {
    Default,
    Policy,
}

/// `POST privacy`: success leads back to the page; a fault or a conflict shows it again with what was typed.
pub async fn change(InWorkspace { visit, state, slug, workspace }: InWorkspace, mut form: Form) -> Result<Response> {
    // Those who may not change anything hear so before anything is said about the form.
    let mut view = state.store.view(&visit.actor, workspace.clone(), Permission::ChangePrivacySettings).await?;
    let before = view.settings().await?;
    drop(view);
    let which = match form.text("form").as_str() {
        "default" => SettingsForm::Default,
        "policy" => SettingsForm::Policy,
        _ => return Err(Refusal::BadRequest(vec![]).into()),
    };
    let version = form.choice("version", |text| text.parse::<i64>().ok());
    let new_settings = match which {
        SettingsForm::Default => {
            let parse = |text: &str| if text == NONE { Some(None) } else { Status::parse(text).map(Some) };
            let default = form.choice("status", parse);
            let typed = form.optional("confirm");
            let asks = default == Some(Some(Status::Authorized));
            let typed_name = asks.then_some(typed);
            NewSettings {
                default,
                policy: None,
                reason: form.text("reason"),
                version: version.unwrap_or_default(),
                typed_name,
            }
        }
        SettingsForm::Policy => {
            let policy = form.choice("idfa_policy", Policy::parse);
            let reason = form.text("policy_reason");
            let typed = form.optional("policy_confirm");
            let asks = policy == Some(Policy::Observe);
            let typed_name = asks.then_some(typed);
            NewSettings { default: None, policy, reason, version: version.unwrap_or_default(), typed_name }
        }
    };
    let again = |why| again(&state, &visit, &slug, which, new_settings.clone(), why);
    let ended = match form.faults() {
        // A version that came first comes first: the rest may be moot.
        Some(_) if version.is_some_and(|version| version != before.version) => Err(Refusal::Conflict.into()),
        Some(faults) => return again(Again::Faults(faults)).await,
        None => change_settings(&state.store, &visit.actor, workspace, new_settings.clone()).await,
    };
    match ended {
        Ok(settings) => {
            let same = settings.version == before.version;
            redirect_saying(
                &visit.session,
                if same { Done::SettingsSame } else { Done::SettingsSaved },
                &format!("/w/{slug}/privacy"),
            )
            .await
        }
        Err(Error::Refused(Refusal::Conflict)) => again(Again::Conflict).await,
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            let faults: Vec<Fault> = faults.into_iter().map(|fault| named_for(which, fault)).collect();
            again(Again::Faults(shown(&faults))).await
        }
        Err(error) => Err(error),
    }
}

/// Fields have names of their own in each form, so that a label belongs to one field.
fn named_for(which: SettingsForm, fault: Fault) -> Fault {
    match (which, fault.field.as_ref()) {
        (SettingsForm::Policy, "reason") => Fault::new("policy_reason", fault.problem),
        (SettingsForm::Policy, "confirm") => Fault::new("policy_confirm", fault.problem),
        _ => fault,
    }
}

/// Why the page is shown again in place of a change.
enum Again {
    Faults(Faults),
    /// Another change came first.
    Conflict,
}

/// The page with what was typed, and why it was not taken.
async fn again(
    state: &AppState,
    visit: &SignedInPerson,
    slug: &str,
    which: SettingsForm,
    typed: NewSettings,
    why: Again,
) -> Result<Response> {
    let mut view =
        state.store.view(&visit.actor, WorkspaceRef::parse(slug)?, Permission::ChangePrivacySettings).await?;
    let mut page = model(&mut view, visit).await?;
    let (status, faults) = match why {
        Again::Faults(faults) => (StatusCode::UNPROCESSABLE_ENTITY, faults),
        Again::Conflict => {
            page.outcome = SettingsOutcome::Conflict(whose(&mut view, visit).await?);
            (StatusCode::CONFLICT, Faults::default())
        }
    };
    match which {
        SettingsForm::Default => {
            page.chosen = typed.default.unwrap_or(page.chosen);
            (page.reason, page.faults) = (typed.reason, faults);
        }
        SettingsForm::Policy => {
            page.chosen_policy = typed.policy.unwrap_or(page.chosen_policy);
            (page.policy_reason, page.policy_faults) = (typed.reason, faults);
        }
    }
    Ok(render(state, Page::Privacy(Box::new(page)), status))
}

/// Whose the last change was: one's own from another window reads otherwise than a colleague's.
async fn whose(view: &mut View, visit: &SignedInPerson) -> Result<Conflict> {
    let mut last = None;
    for action in [AuditAction::DefaultChanged, AuditAction::PolicyChanged] {
        let wanted = AuditFilter { action: Some(action), ..AuditFilter::default() };
        let row = view.audit_rows(&wanted, 1).await?.rows.into_iter().next().map(|kept| kept.row);
        last = [last, row].into_iter().flatten().max_by_key(|row| row.seq);
    }
    let own = last.is_some_and(|row| row.actor.id == Some(visit.person.id.to_string()));
    Ok(if own { Conflict::OwnChange } else { Conflict::SomebodyElses })
}

async fn model(view: &mut View, visit: &SignedInPerson) -> Result<PrivacySettings> {
    let frame = frame(view, &visit.person, NavPage::Privacy, Environment::Production).await?;
    let precision = view.precision;
    let reading = read(view).await?;
    let may_change = frame.may(Permission::ChangePrivacySettings);
    // They stand in the form only.
    let apps = if may_change { affected_apps(view, precision).await? } else { AffectedApps::default() };
    let admins = view.members().await?.into_iter().filter(|member| member.role == Role::ComplianceAdmin);
    let is_admin = |token: &KnownToken| token.role == TokenRole::Member(Role::ComplianceAdmin);
    let now = view.now;
    let tokens = view.tokens().await?.into_iter().filter(|token| is_admin(token) && token.expires_at > now);
    let versions = view.settings_versions(HISTORY + 1).await?;
    let rows = match frame.may(Permission::SeeAudit) {
        true => view.audit_rows_of_settings(frame.version - HISTORY).await?,
        false => BTreeMap::new(),
    };
    let count = |n| words::count(precision.shown(n));
    Ok(PrivacySettings {
        may_change,
        changed_by: reading.settings.changed_by.clone(),
        changed_at: moment(reading.settings.changed_at),
        chosen: frame.default,
        chosen_policy: frame.policy,
        reason: String::new(),
        policy_reason: String::new(),
        effects: choices().map(|choice| effect(&reading, choice, precision)).collect(),
        apps,
        development: (reading.in_development.devices > 0).then(|| {
            let Decided { profiles, devices } = reading.in_development;
            let (profiles, devices) = (count(profiles), count(devices));
            format!("In development, {} never answered.", words::profiles_on_devices(&profiles, &devices))
        }),
        outcome: SettingsOutcome::Nothing,
        faults: Faults::default(),
        policy_faults: Faults::default(),
        erasings: erasings(view).await?.into_iter().filter_map(|one| erasing(one, precision)).collect(),
        admins: admins.map(|member| member.name).collect(),
        tokens: tokens.map(changing_token).collect(),
        observed: observed(&reading, precision),
        history: history(&versions, &rows, precision),
        frame,
    })
}

/// A token that may change the settings.
fn changing_token(token: KnownToken) -> ChangingToken {
    ChangingToken {
        name: token.name,
        maker: token.maker_name,
        used: token.last_used_at.map(moment),
        expires: moment(token.expires_at),
    }
}

/// Whose advertising ids Observe keeps although no status permits it.
fn observed(reading: &SettingsWithCounts, precision: Precision) -> Observed {
    let count = |n| words::count(precision.shown(n));
    let of = |status: Status| reading.devices.of(Some(status).into());
    let undecided = of(Status::NotDetermined) + reading.devices.of(CountedState::Unknown);
    Observed { refused: count(of(Status::Denied) + of(Status::Restricted)), undecided: count(undecided) }
}

/// Those that have not ended; else the last one.
async fn erasings(view: &mut View) -> Result<Vec<Erasure>> {
    let open = view.open_erasures().await?;
    if open.is_empty() { Ok(view.last_erasure().await?.into_iter().collect()) } else { Ok(open) }
}

fn erasing(erasure: Erasure, precision: Precision) -> Option<Erasing> {
    let count = |n| words::count(precision.shown(n));
    Some(match erasure.progress {
        Progress::Waiting => Erasing::From(moment(erasure.due_at)),
        Progress::Running => Erasing::Running { seen: count(erasure.seen), erased: count(erasure.erased) },
        // Nothing was there to erase: nothing is worth saying, but to whom that would say that there was nothing.
        Progress::Done if erasure.erased == 0 && !precision.is_rounded() => return None,
        Progress::Done => Erasing::Done { erased: count(erasure.erased), at: moment(erasure.ended_at?) },
        Progress::Cancelled => return None,
    })
}

/// The apps that the default decides something in, in the order of their counts as shown, and how many more there are.
async fn affected_apps(view: &mut View, precision: Precision) -> Result<AffectedApps> {
    let apps = view.unknown_by_app(Environment::Production, precision.step(), MOST_APPS).await?;
    let more = apps.first().map_or(0, |first| first.apps - apps.len() as i64);
    let count = |n| words::count(precision.shown(n));
    let row = |UnknownInApp { name, profiles, devices, .. }| AppEffect {
        app: name,
        profiles: count(profiles),
        devices: count(devices),
    };
    Ok(AffectedApps { rows: apps.into_iter().map(row).collect(), more })
}

fn effect(reading: &SettingsWithCounts, choice: Option<Status>, precision: Precision) -> ChoiceEffect {
    let count = |n| words::count(precision.shown(n));
    let Decided { profiles: moved, devices } = reading.decided;
    let states = [reading.settings.default, choice].into_iter().map(|of| {
        let state = CountedState::from(of);
        let reported = if state == CountedState::Unknown { 0 } else { reading.profiles.of(state) };
        let (with, without) = (count(reported + moved), count(reported));
        let more = of == choice;
        let sign = if more { "+" } else { "−" };
        let (now, after) = if more { (without, with) } else { (with, without) };
        let change = if count(moved) == "0" { "0".to_owned() } else { format!("{sign}{}", count(moved)) };
        StateEffect { state, now, after, change }
    });
    ChoiceEffect { choice, profiles: count(moved), devices: count(devices), states: states.collect() }
}

fn history(versions: &[Version], rows: &BTreeMap<i64, i64>, precision: Precision) -> Vec<HistoryRow> {
    let shown = usize::try_from(HISTORY).unwrap_or(usize::MAX);
    let row = |(at, version): (usize, &Version)| {
        let Settings { default, policy, .. } = version.settings;
        let before = versions.get(at + 1).map(|before| &before.settings);
        let change = match before {
            None => format!("{}, IDFA policy {}", words::default(default), words::policy(policy)),
            Some(before) => {
                let parts = [
                    (before.default != default)
                        .then(|| format!("{} → {}", words::default(before.default), words::default(default))),
                    (before.policy != policy)
                        .then(|| format!("IDFA policy {} → {}", words::policy(before.policy), words::policy(policy))),
                ];
                parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
            }
        };
        let moves = before.is_some_and(|before| before.default != default);
        HistoryRow {
            version: version.settings.version,
            at: moment(version.settings.changed_at),
            by: version.settings.changed_by.clone(),
            reason: version.settings.reason.clone(),
            change,
            row: rows.get(&version.settings.version).copied(),
            moved: moves.then(|| words::count(precision.shown(version.moved_profiles))),
        }
    };
    versions.iter().enumerate().map(row).take(shown).collect()
}

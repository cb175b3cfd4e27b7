//! Inputs: the list, one of them, and the acts that show a secret once.

use super::ask::{Question, ask};
use super::data_problem::data_problem_rows;
use super::listing::part;
use super::remembered::{random_name, redirect_saying, take_message};
use super::{PageQuery, frame};
use crate::domain::data_problem::SHOWN_DAYS;
use crate::domain::environment::Environment;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::InputId;
use crate::domain::input::OLD_SECRET_LASTS;
use crate::domain::input::{Counted, Input};
use crate::domain::permission::Permission;
use crate::domain::placeholder::Placeholders;
use crate::domain::rounding::Precision;
use crate::domain::time::HOUR;
use crate::server::calendar;
use crate::server::error::{Error, Result};
use crate::server::http::caller::{InWorkspace, SignedInPerson};
use crate::server::http::form::{Form, NotTaken, shown};
use crate::server::http::moment::{Times, moment};
use crate::server::http::render::render;
use crate::server::services::input::{
    NewInput, Secret, add_input, end_old_secret, limit_rate, rotate_secret, set_paused, set_placeholders,
};
use crate::server::state::AppState;
use crate::server::store::View;
use crate::server::store::credential::InputSecrets;
use crate::server::store::tally::{self, Tally};
use crate::ui::frame::NavPage;
use crate::ui::pages::Page;
use crate::ui::pages::input::list::{InputRow, Inputs};
use crate::ui::pages::input::sample::Samples;
use crate::ui::pages::input::{InputPage, OldSecret, ShownCredentials};
use crate::ui::parts::field::Faults;
use crate::ui::parts::one_time_secret::OneTimeSecret;
use crate::ui::words::{self, Done, MadeOnce, count, number};
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::ExposeSecret;

/// `GET inputs`.
pub async fn list(InWorkspace { visit, state, workspace, .. }: InWorkspace, query: RawQuery) -> Result<Response> {
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeInputs).await?;
    let mut page = list_model(&state, &mut view, &visit, &PageQuery::new(query)).await?;
    page.done = take_message(&visit.session, &visit.page).await?;
    Ok(render(&state, Page::Inputs(Box::new(page)), StatusCode::OK))
}

/// `POST inputs`: makes one and shows its secret, this once. The form is taken once: a reload makes no second one.
pub async fn add(
    InWorkspace { visit, state, slug, workspace }: InWorkspace,
    query: RawQuery,
    mut form: Form,
) -> Result<Response> {
    state.store.assert_may(&visit.actor, &workspace, Permission::ManageInputs).await?;
    let new = NewInput { name: form.text("name"), bundle: form.optional("bundle") };
    let actor = visit.sending(&mut form, &new.name);
    let ended = match form.faults() {
        Some(faults) => Err(NotTaken::Faults(faults)),
        None => add_input(&state.store, &actor, workspace.clone(), new.clone()).await.map_err(NotTaken::from),
    };
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeInputs).await?;
    let mut page = list_model(&state, &mut view, &visit, &PageQuery::new(query)).await?;
    match ended {
        Ok(secret) => {
            let bundle = Some(new.bundle.trim().to_owned()).filter(|bundle| !bundle.is_empty());
            page.made = Some(one_time_secret(&state, secret, bundle));
            Ok(render(&state, Page::Inputs(Box::new(page)), StatusCode::OK))
        }
        Err(NotTaken::Failed(Error::Refused(Refusal::SentAlready))) => {
            redirect_saying(&visit.session, Done::MadeAlready(MadeOnce::Input), &format!("/w/{slug}/inputs")).await
        }
        Err(NotTaken::Faults(faults)) => {
            (page.name, page.bundle, page.faults) = (new.name, new.bundle, faults);
            Ok(render(&state, Page::Inputs(Box::new(page)), StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(NotTaken::Failed(error)) => Err(error),
    }
}

pub(super) fn id(text: &str) -> Result<InputId> {
    InputId::parse(text).ok_or_else(|| Refusal::NotFound.into())
}

/// `GET inputs/{input}`.
pub async fn one(
    InWorkspace { visit, state, workspace, .. }: InWorkspace,
    Path((_, input)): Path<(String, String)>,
) -> Result<Response> {
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeInputs).await?;
    let mut page = one_model(&state, &mut view, &visit, id(&input)?).await?;
    page.done = take_message(&visit.session, &visit.page).await?;
    Ok(render(&state, Page::Input(Box::new(page)), StatusCode::OK))
}

/// `POST inputs/{input}`: pauses, resumes, or gives another secret.
pub async fn change(
    InWorkspace { visit, state, slug, workspace }: InWorkspace,
    Path((_, input)): Path<(String, String)>,
    mut form: Form,
) -> Result<Response> {
    let id = id(&input)?;
    let act = form.text("act");
    let mut view = state.store.view(&visit.actor, workspace.clone(), Permission::ManageInputs).await?;
    let (known, _) = view.input(id).await?.ok_or(Refusal::NotFound)?;
    let secrets = view.input_secrets(id).await?;
    drop(view);
    if let Some(question) = question(&act, &known, secrets)
        && let Some(page) = ask(&state, &visit, &mut form, question).await?
    {
        return Ok(page);
    }
    match act.as_str() {
        "pause" | "resume" => {
            set_paused(&state.store, &visit.actor, workspace, id, act == "pause").await?;
            let done = if act == "pause" { Done::InputPaused } else { Done::InputResumed };
            redirect_saying(&visit.session, done, &format!("/w/{slug}/inputs/{id}")).await
        }
        "limit" => {
            let typed = form.text("requests_per_second");
            match limit_rate(&state.store, &visit.actor, workspace.clone(), id, &typed).await {
                Ok(()) => redirect_saying(&visit.session, Done::LimitSaved, &format!("/w/{slug}/inputs/{id}")).await,
                Err(Error::Refused(Refusal::Invalid(faults))) => {
                    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeInputs).await?;
                    let mut page = one_model(&state, &mut view, &visit, id).await?;
                    (page.requests_per_second, page.faults) = (typed, shown(&faults));
                    Ok(render(&state, Page::Input(Box::new(page)), StatusCode::UNPROCESSABLE_ENTITY))
                }
                Err(error) => Err(error),
            }
        }
        "placeholders" => {
            let wanted = form.choice("take", |text| match text {
                "use" => Some(Placeholders::Ids),
                "ignore" => Some(Placeholders::Absent),
                _ => None,
            });
            let wanted = wanted.ok_or(Refusal::BadRequest(vec![]))?;
            set_placeholders(&state.store, &visit.actor, workspace, id, wanted).await?;
            redirect_saying(&visit.session, Done::PlaceholdersSaved, &format!("/w/{slug}/inputs/{id}")).await
        }
        "end_old" => {
            let version = form.choice("secret_version", |text| text.parse().ok());
            let version = version.ok_or_else(|| Refusal::invalid("secret_version", Problem::NotAnInteger))?;
            end_old_secret(&state.store, &visit.actor, workspace, (id, version)).await?;
            redirect_saying(&visit.session, Done::OldSecretEnded, &format!("/w/{slug}/inputs/{id}")).await
        }
        "rotate" => {
            let version = form.choice("secret_version", |text| text.parse().ok());
            let version = version.ok_or_else(|| Refusal::invalid("secret_version", Problem::NotAnInteger))?;
            let ended = rotate_secret(&state.store, &visit.actor, workspace.clone(), id, version).await;
            let mut view = state.store.view(&visit.actor, workspace, Permission::SeeInputs).await?;
            let mut page = one_model(&state, &mut view, &visit, id).await?;
            let status = match ended {
                Ok(secret) => {
                    page.rotated = Some(one_time_secret(&state, secret, page.bundle.clone()));
                    StatusCode::OK
                }
                Err(Error::Refused(Refusal::Conflict)) => {
                    page.rotated_already = true;
                    StatusCode::CONFLICT
                }
                Err(Error::Refused(Refusal::Invalid(faults))) => {
                    let problem = faults.first().map_or(Problem::NotOneOf, |fault| fault.problem);
                    page.refused_rotation = Some(words::form_problem("secret", problem));
                    StatusCode::UNPROCESSABLE_ENTITY
                }
                Err(error) => return Err(error),
            };
            Ok(render(&state, Page::Input(Box::new(page)), status))
        }
        _ => Err(Refusal::BadRequest(vec![]).into()),
    }
}

/// What is asked before an act that stops senders.
fn question(act: &str, input: &Input, secrets: Option<InputSecrets>) -> Option<Question> {
    let is_used = secrets.as_ref().is_some_and(|secrets| secrets.is_used);
    let old = secrets.and_then(|secrets| secrets.old);
    let last = match input.last_batch_at {
        Some(at) => format!("Its last batch came on {}.", moment(at).words),
        None => "It has not had a batch yet.".to_owned(),
    };
    let name = &input.name;
    let (title, effects, button) = match act {
        "pause" => (
            format!("Pause {name}?"),
            vec![
                "Its batches get error 403 until you resume it: events sent meanwhile are lost. Stored data stays."
                    .to_owned(),
                last,
            ],
            format!("Pause {name}"),
        ),
        "rotate" => (
            format!("Rotate the secret of {name}?"),
            vec![
                "You get a new secret, which is shown once.".to_owned(),
                match old {
                    // It is refused, and says why.
                    Some((_, Some(_))) if is_used => String::new(),
                    Some((until, _)) if !is_used => format!(
                        "The current one was never used, and stops working now. The one before it goes on until {}.",
                        moment(until).words
                    ),
                    _ => format!(
                        "The current one works for {} hours more: every sender needs the new one by then.",
                        OLD_SECRET_LASTS / HOUR
                    ),
                },
                last,
            ],
            "Rotate secret".to_owned(),
        ),
        "end_old" => (
            format!("End the old secret of {name}?"),
            vec!["Senders that still use it get error 403, and their events are lost.".to_owned()],
            "End the old secret".to_owned(),
        ),
        _ => return None,
    };
    Some(Question { title, effects, button })
}

fn one_time_secret(state: &AppState, made: Secret, bundle: Option<String>) -> ShownCredentials {
    ShownCredentials {
        name: made.input.name,
        key: made.input.key,
        secret: OneTimeSecret(made.secret.expose_secret().to_owned()),
        public_url: state.config.public_url(),
        bundle,
    }
}

fn total(tallies: &[Tally], input: InputId, counted: Counted) -> String {
    number(tally::total(tallies, input, counted))
}

fn app_name(apps: &[crate::domain::app::App], input: &Input) -> String {
    let known = input.app.and_then(|id| apps.iter().find(|app| app.id == id));
    known.map_or_else(|| "By bundle id".to_owned(), |app| app.name.clone())
}

/// How many batches of Apple devices did not say their status, and whether any did. To those who see rounded figures only the first, rounded
/// and always: one batch with a status may be somebody's answer.
fn without_status(tallies: &[Tally], id: InputId, precision: Precision) -> Option<String> {
    let of = |counted| tally::total(tallies, id, counted);
    let without = of(Counted::WithoutStatus);
    if precision.is_rounded() {
        return Some(count(precision.shown(without)));
    }
    let none = if of(Counted::WithStatus) == 0 { ", and none with one" } else { "" };
    (without > 0).then(|| format!("{}{none}", number(without)))
}

async fn list_model(state: &AppState, view: &mut View, visit: &SignedInPerson, asked: &PageQuery) -> Result<Inputs> {
    let (inputs, tallies, apps) = (view.inputs().await?, view.tallies().await?, view.apps().await?);
    let frame = frame(view, &visit.person, NavPage::Inputs, Environment::Production).await?;
    let (inputs, pager) = part(asked, inputs, |input| format!("{} {}", input.name, input.key));
    let times = Times::of(view);
    let row = |input: Input| InputRow {
        address: format!("/w/{}/inputs/{}", frame.slug, input.id),
        app: app_name(&apps, &input),
        paused: input.paused,
        accepted: total(&tallies, input.id, Counted::Accepted),
        refused: total(&tallies, input.id, Counted::Refused),
        last_batch: input.last_batch_at.map(|at| times.ago(at)),
        name: input.name,
    };
    Ok(Inputs {
        rows: inputs.into_iter().map(row).collect(),
        pager,
        may_manage: frame.may(Permission::ManageInputs),
        name: String::new(),
        bundle: String::new(),
        faults: Faults::default(),
        made: None,
        done: None,
        form_id: random_name(state),
        frame,
    })
}

pub(super) async fn one_model(
    state: &AppState,
    view: &mut View,
    visit: &SignedInPerson,
    id: InputId,
) -> Result<InputPage> {
    let (input, audited) = view.input(id).await?.ok_or(Refusal::NotFound)?;
    let secrets = view.input_secrets(id).await?;
    let old_secret = secrets.as_ref().and_then(|secrets| secrets.old);
    let (tallies, apps) = (view.tallies().await?, view.apps().await?);
    let frame = frame(view, &visit.person, NavPage::Inputs, Environment::Production).await?;
    let zone = view.workspace.time_zone.clone();
    let today = calendar::day(view.now, &zone);
    let times = Times { now: view.now, zone: Some(&zone) };
    let of = |counted| {
        let ours = tallies.iter().filter(|tally| tally.input_id == id && tally.counted == counted);
        ours.map(|tally| (tally.reason.clone(), number(tally.n))).collect()
    };
    Ok(InputPage {
        app: app_name(&apps, &input),
        key: input.key,
        paused: input.paused,
        may_manage: frame.may(Permission::ManageInputs),
        secret_version: audited.secret_version,
        created: moment(input.created_at),
        secret_since: moment(secrets.map_or(input.created_at, |secrets| secrets.since)),
        old_secret: old_secret
            .map(|(until, used)| OldSecret { until: moment(until), used: used.map(|at| times.ago(at)) }),
        last_batch: input.last_batch_at.map(|at| times.ago(at)),
        public_url: state.config.public_url(),
        bundle: apps.iter().find(|app| Some(app.id) == input.app).and_then(|app| app.bundle.clone()),
        accepted: total(&tallies, id, Counted::Accepted),
        repeated: total(&tallies, id, Counted::Repeated),
        refused: of(Counted::Refused),
        without_ids: total(&tallies, id, Counted::WithoutIds),
        of_other_apps: total(&tallies, id, Counted::OtherApp),
        without_status: without_status(&tallies, id, view.precision),
        // Kinds may be changes of a status, versions those of one device, and moments those of one batch.
        data_problems: match view.precision.is_rounded() {
            true => None,
            false => Some(data_problem_rows(&view.data_problems(id, today.plus(1 - SHOWN_DAYS)).await?, &apps, times)),
        },
        samples: if frame.may(Permission::LookUpProfiles) {
            Samples::At(format!("/w/{}/inputs/{id}/samples", frame.slug))
        } else {
            Samples::NotForThisRole
        },
        takes_placeholders: input.takes_placeholders,
        limit: input.requests_per_second.map(number),
        requests_per_second: input.requests_per_second.map(|rate| rate.to_string()).unwrap_or_default(),
        faults: Faults::default(),
        rotated: None,
        rotated_already: false,
        refused_rotation: None,
        done: None,
        name: input.name,
        frame,
    })
}

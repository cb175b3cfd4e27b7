//! The second factor of the person who is signed in.

use super::ask::{Question, ask};
use super::installation::installation_frame;
use super::remembered::{random_name, redirect_saying, take_message};
use crate::domain::error::{Problem, Refusal};
use crate::server::auth::session;
use crate::server::error::{Error, Result};
use crate::server::http::caller::{SignedInPerson, unavailable};
use crate::server::http::form::{Form, shown};
use crate::server::http::moment::moment;
use crate::server::http::render::render;
use crate::server::services::second_factor as service;
use crate::server::state::AppState;
use crate::ui::installation::InstallationPage;
use crate::ui::pages::Page;
use crate::ui::pages::second_factor::{Offer, QrPicture, SECOND_FACTOR, SecondFactorPage, Shown};
use crate::ui::parts::field::Faults;
use crate::ui::parts::one_time_secret::OneTimeSecret;
use crate::ui::words::{self, Done, MadeOnce};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use qrcode::{Color, EcLevel, QrCode};
use reqwest::Url;
use std::fmt::Write;

/// White squares around a QR code. Source: ISO/IEC 18004, 5.3.8 (four).
const MARGIN: usize = 4;

/// `GET /account/second-factor`.
pub async fn show(visit: SignedInPerson, State(state): State<AppState>) -> Result<Response> {
    let mut page = model(&state, &visit).await?;
    page.done = take_message(&visit.session, &visit.page).await?;
    Ok(render(&state, Page::SecondFactor(Box::new(page)), StatusCode::OK))
}

/// `POST /account/second-factor`: what `act` names.
pub async fn change(visit: SignedInPerson, State(state): State<AppState>, mut form: Form) -> Result<Response> {
    let act = form.text("act");
    let mut page = model(&state, &visit).await?;
    let may_remove = !matches!(&page.shown, Shown::SetUp { demanded_by: Some(_), .. });
    if act == "remove"
        && may_remove
        && let Some(asked) = ask(&state, &visit, &mut form, turning_off()).await?
    {
        return Ok(asked);
    }
    let actor = visit.sending(&mut form, &act);
    let (services, person) = (&state.services, &visit.person);
    let made = match act.as_str() {
        "begin" => {
            let offer = service::offer(services, &visit.actor, person).await?;
            page.shown = Shown::Offer(offered(&state, &visit, &offer, Faults::default())?);
            return Ok(render(&state, Page::SecondFactor(Box::new(page)), StatusCode::OK));
        }
        "set_up" => {
            let offer = service::read_offer(services, person, &form.text("sealed"))?;
            let session = visit.session_key();
            let set_up = service::set_up_factor(services, &actor, person, (&offer, &form.text("code")), session).await;
            if let Err(Error::Refused(Refusal::Invalid(faults))) = &set_up {
                page.shown = Shown::Offer(offered(&state, &visit, &offer, shown(faults))?);
                return Ok(render(&state, Page::SecondFactor(Box::new(page)), StatusCode::UNPROCESSABLE_ENTITY));
            }
            match set_up {
                Ok((codes, since)) => {
                    visit.session.insert(session::FACTOR, Some(since)).await.map_err(unavailable)?;
                    Ok(codes)
                }
                Err(error) => Err(error),
            }
        }
        "codes" => service::renew_codes(services, &actor, person).await,
        "remove" => match service::remove_own_factor(services, &actor, person).await {
            Ok(()) => return redirect_saying(&visit.session, Done::SecondFactorRemoved, SECOND_FACTOR).await,
            Err(error) => Err(error),
        },
        _ => return Err(Refusal::BadRequest(vec![]).into()),
    };
    match made {
        Ok(codes) => {
            page.shown = Shown::Codes(codes.into_iter().map(OneTimeSecret).collect());
            Ok(render(&state, Page::SecondFactor(Box::new(page)), StatusCode::OK))
        }
        Err(Error::Refused(Refusal::SentAlready)) => {
            redirect_saying(&visit.session, Done::MadeAlready(MadeOnce::RecoveryCodes), SECOND_FACTOR).await
        }
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            let problem = faults.first().map_or(Problem::NotOneOf, |fault| fault.problem);
            page.refused = Some(words::form_problem("second_factor", problem));
            Ok(render(&state, Page::SecondFactor(Box::new(page)), StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

fn turning_off() -> Question {
    let effect = "Your password alone will be enough to sign in, for you and for anybody who learns it. Your recovery codes no longer work.";
    Question {
        title: "Turn off two-factor authentication?".to_owned(),
        effects: vec![effect.to_owned()],
        button: "Turn off two-factor authentication".to_owned(),
    }
}

async fn model(state: &AppState, visit: &SignedInPerson) -> Result<SecondFactorPage> {
    let mut system = state.store.system_view().await?;
    let factor = system.second_factor(visit.person.id).await?;
    let demanded_by = service::demanded_by(&mut system, visit.person.id).await?;
    Ok(SecondFactorPage {
        frame: installation_frame(&mut system, &visit.person, InstallationPage::Account).await?,
        shown: match factor {
            Some(factor) => {
                Shown::SetUp { since: moment(factor.set_up_at), codes_left: factor.codes_left, demanded_by }
            }
            None => Shown::Nothing,
        },
        form_id: random_name(state),
        done: None,
        refused: None,
    })
}

fn offered(state: &AppState, visit: &SignedInPerson, offer: &service::Offer, faults: Faults) -> Result<Offer> {
    let url = Url::parse(&state.config.public_url()).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let address = offer.secret.address(host, &visit.person.email);
    Ok(Offer {
        sealed: offer.sealed_text(),
        text: OneTimeSecret(offer.secret.text()),
        picture: picture(&address)?,
        address: OneTimeSecret(address),
        replaces: visit.person.has_second_factor(),
        faults,
    })
}

/// A text as a QR code.
fn picture(text: &str) -> Result<QrPicture> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(Error::internal)?;
    let width = code.width();
    let mut path = String::new();
    for (n, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let _ = write!(path, "M{} {}h1v1h-1z", n % width + MARGIN, n / width + MARGIN);
        }
    }
    Ok(QrPicture { side: width + 2 * MARGIN, path })
}

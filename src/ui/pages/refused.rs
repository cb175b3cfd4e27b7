//! Errors: what happened, and what to do about it.

use crate::domain::error::Problem;
use crate::ui::pages::second_factor::SECOND_FACTOR;
use crate::ui::surroundings::{Around, Model, Surroundings};
use crate::ui::words::{self, Conflict};
use leptos::prelude::*;

/// Why there is no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    BadRequest,
    /// More within some time than anybody may.
    TooMany,
    Forbidden,
    /// It needs a second factor, which the reader has not set up.
    SecondFactorMissing,
    /// The password was to be given again.
    Unconfirmed,
    OperatorsOnly,
    FromElsewhere,
    NotFound,
    Conflict,
    TooLarge,
    /// What was sent did not come whole.
    CutOff,
    Unavailable,
    /// The store failed while it committed.
    Unknown,
    Internal,
}

#[derive(Clone, Debug)]
pub struct RefusedPage {
    pub around: Surroundings,
    pub why: Why,
    /// Whether something was sent that could have changed something.
    pub sent: bool,
    /// The parameters of the address that mean nothing.
    pub parameters: Vec<(String, Problem)>,
    /// The same page without its parameters.
    pub path: String,
    /// Under which the cause is in the log.
    pub incident: Option<String>,
}

impl Model for RefusedPage {
    fn around(&self) -> Around<'_> {
        (&self.around).into()
    }

    fn own_title(&self) -> Option<String> {
        Some(self.title().to_owned())
    }
}

impl RefusedPage {
    fn title(&self) -> &'static str {
        match self.why {
            Why::BadRequest if self.parameters.is_empty() => "This request cannot be processed",
            Why::BadRequest => "This address is not valid",
            Why::TooMany => "That is a lot for now",
            Why::SecondFactorMissing => "Set up two-factor authentication first",
            Why::Unconfirmed => "Confirm that it is you",
            Why::OperatorsOnly => "This page is for operators of the installation",
            Why::FromElsewhere => "This form was not sent from a page of Attest",
            Why::Forbidden => "Your role does not allow this",
            Why::NotFound => "Page not found",
            Why::Conflict => words::conflict(Conflict::Unknown),
            Why::TooLarge if self.sent => "This is too large",
            Why::TooLarge => "This address is too long",
            Why::CutOff => "This did not arrive whole",
            Why::Unavailable => "Attest cannot answer now",
            Why::Unknown => "It is not known whether this was saved",
            Why::Internal => "Internal error",
        }
    }

    fn advice(&self) -> &'static str {
        match self.why {
            Why::BadRequest if self.parameters.is_empty() => {
                "It was not sent from a page of Attest, or it was altered on the way."
            }
            Why::BadRequest => "Correct the address, or open the page without these values.",
            Why::TooMany => {
                "Nothing was done. Try again in an hour. Scripts get figures by the API, which has no such limit."
            }
            Why::Forbidden => "A Compliance Admin or Admin of the workspace can change your role.",
            Why::SecondFactorMissing => {
                "It is required here of people with your rights. It takes a minute: you need an authenticator app on your phone."
            }
            Why::Unconfirmed => "Sign in again, and repeat what you did.",
            Why::OperatorsOnly => "Ask the people who run it.",
            Why::FromElsewhere => {
                "Another page may have tried to act in your name. Open the page in Attest and send the form from there."
            }
            Why::NotFound => "The address is wrong, or it belongs to a workspace that you are not a member of.",
            Why::Conflict => "Open the page again to see what changed.",
            Why::TooLarge if self.sent => "Send less at a time.",
            Why::TooLarge => "Shorten what it searches for, or open the page without it.",
            Why::CutOff => "The connection was too slow, or it broke off. Send the form once more.",
            Why::Unavailable => "The database is away, or it has too much to do for this. Try again in a moment.",
            Why::Unknown => {
                "The database failed while it was saving. Open the page and look, before you send the form once more."
            }
            Why::Internal => "The cause is in the server's log, under the incident id below.",
        }
    }
}

pub fn refused(page: RefusedPage) -> impl IntoView {
    let (title, advice) = (page.title(), page.advice());
    let nothing = (page.sent && page.why != Why::Unknown).then(|| view! { {words::NOTHING_CHANGED}" " });
    let incident =
        page.incident.clone().map(|incident| view! { <p class="muted">"Incident "<code>{incident}</code></p> });
    let parameters = page.parameters.iter().map(|(name, problem)| {
        view! { <li><b>{words::parameter(name).to_owned()}</b>": "{words::parameter_problem(name, *problem)}</li> }
    });
    let parameters = (!page.parameters.is_empty()).then(|| view! { <ul>{parameters.collect_view()}</ul> });
    let (address, words) = if !page.parameters.is_empty() || page.why == Why::TooLarge {
        (page.path, "Open the page")
    } else if page.why == Why::SecondFactorMissing {
        (SECOND_FACTOR.to_owned(), "Set up two-factor authentication")
    } else {
        ("/".to_owned(), "Go to your workspace")
    };
    page.around.around(view! {
        <section class="card narrow">
            <h1>{title}</h1>
            {parameters}
            <p>{nothing}{advice}</p>
            {incident}
            <p><a class="button" href=address>{words}</a></p>
        </section>
    })
}

//! Errors: what happened, and what to do about it.

use crate::ui::frame::bare;
use leptos::prelude::*;

/// Why there is no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    BadRequest,
    Forbidden,
    NotFound,
    Conflict,
    TooLarge,
    Unavailable,
    Internal,
}

#[derive(Clone, Debug)]
pub struct Refused {
    pub why: Why,
    /// Under which the cause is in the log.
    pub incident: Option<String>,
}

impl Refused {
    pub fn title(&self) -> &'static str {
        match self.why {
            Why::BadRequest => "This request cannot be read",
            Why::Forbidden => "Your role does not allow this",
            Why::NotFound => "There is nothing here",
            Why::Conflict => "Somebody else was faster",
            Why::TooLarge => "This is too large",
            Why::Unavailable => "The data cannot be reached right now",
            Why::Internal => "Something went wrong here",
        }
    }

    fn advice(&self) -> &'static str {
        match self.why {
            Why::BadRequest => "It did not come from one of our pages, or was changed on the way. Nothing was changed.",
            Why::Forbidden => "Nothing was changed. A Compliance Admin or Admin of the workspace can change roles.",
            Why::NotFound => "The address is wrong, or it leads to something that you are not a member of.",
            Why::Conflict => "Nothing was changed. Open the page again to see what is there now.",
            Why::TooLarge => "Nothing was saved. Send less at once.",
            Why::Unavailable => "Nothing was changed. Try again in a moment; it recovers by itself.",
            Why::Internal => "Nothing was changed. The cause is in the server's log under the incident below.",
        }
    }
}

pub fn refused(page: Refused) -> impl IntoView {
    let incident =
        page.incident.clone().map(|incident| view! { <p class="muted">"Incident "<code>{incident}</code></p> });
    bare(view! {
        <section class="card narrow">
            <h1>{page.title()}</h1>
            <p>{page.advice()}</p>
            {incident}
            <p><a class="button" href="/">"Go to your workspace"</a></p>
        </section>
    })
}

//! The second factor of the person who is signed in: setting it up, its recovery codes, taking it away.

use crate::ui::installation::{InstallationFrame, installation_frame};
use crate::ui::parts::field::{Faults, Field, field, moment, one_time_code, summary};
use crate::ui::parts::notice::{Tone, done, notice};
use crate::ui::parts::one_time_secret::OneTimeSecret;
use crate::ui::prerender::{InertElement, Prerender};
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::{self, Done, Moment};
use leptos::prelude::*;

/// Where the page is.
pub const SECOND_FACTOR: &str = "/account/second-factor";
/// From so few recovery codes on the page asks for others.
const FEW_CODES: i64 = 3;

#[derive(Clone, Debug)]
pub struct SecondFactorPage {
    pub frame: InstallationFrame,
    pub shown: Shown,
    /// Names the forms, so that each is taken once.
    pub form_id: String,
    /// What was just done.
    pub done: Option<Done>,
    /// Why nothing was.
    pub refused: Option<&'static str>,
}

/// What the page has to show.
#[derive(Clone, Debug)]
pub enum Shown {
    /// There is none.
    Nothing,
    /// It is there.
    SetUp {
        since: Moment,
        codes_left: i64,
        /// Who demands it, so that it cannot be turned off.
        demanded_by: Option<String>,
    },
    /// An app can be added.
    Offer(Offer),
    /// New recovery codes, this once.
    Codes(Vec<OneTimeSecret>),
}

/// A secret for an app.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The secret as the form carries it.
    pub sealed: String,
    /// As one types it into an app.
    pub text: OneTimeSecret,
    /// As an app on the same phone opens it.
    pub address: OneTimeSecret,
    pub picture: QrPicture,
    /// Whether it replaces another.
    pub replaces: bool,
    pub faults: Faults,
}

/// A QR code, drawn in squares of one unit.
#[derive(Clone)]
pub struct QrPicture {
    /// Units of a side, with the margin.
    pub side: usize,
    /// The dark squares, as the path of an SVG. It is the secret.
    pub path: String,
}

impl std::fmt::Debug for QrPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("QrPicture")
    }
}

impl Model for SecondFactorPage {
    fn around(&self) -> Around<'_> {
        Around::Installation(&self.frame)
    }

    fn own_title(&self) -> Option<String> {
        Some("Two-factor authentication".to_owned())
    }

    fn has_faults(&self) -> bool {
        self.refused.is_some() || matches!(&self.shown, Shown::Offer(offer) if !offer.faults.0.is_empty())
    }
}

pub fn second_factor(page: SecondFactorPage) -> impl IntoView {
    let refused =
        page.refused.map(|words| notice(Tone::Danger, view! { <p><b>{words::NOTHING_CHANGED}</b>" "{words}</p> }));
    let shown = match page.shown {
        Shown::Nothing => nothing(page.form_id).prerender(),
        Shown::SetUp { since, codes_left, demanded_by } => set_up(page.form_id, since, codes_left, demanded_by),
        Shown::Offer(offer) => self::offer(page.form_id, offer).prerender(),
        Shown::Codes(codes) => self::codes(codes).prerender(),
    };
    let content = view! {
        <div class="head">
            <div>
                <p class="muted"><a href="/account">"Account"</a></p>
                <h1>"Two-factor authentication"</h1>
            </div>
        </div>
        {page.done.map(done)}
        {refused}
        {shown}
    };
    installation_frame(page.frame, content)
}

fn nothing(form_id: String) -> impl IntoView {
    view! {
        <section class="card narrow">
            <h2>"Not set up"</h2>
            <p>
                "With it, signing in takes your password and a code from an app on your phone: a stolen password alone opens nothing. Any authenticator app works, such as Google Authenticator, Microsoft Authenticator, 1Password or Apple Passwords."
            </p>
            {act(form_id, "begin", "button primary", "Set up")}
        </section>
    }
}

fn act(form_id: String, act: &'static str, class: &'static str, words: &'static str) -> impl IntoView {
    view! {
        <form method="post" action=SECOND_FACTOR>
            <input type="hidden" name="act" value=act />
            <input type="hidden" name="form_id" value=form_id />
            <button class=class>{words}</button>
        </form>
    }
}

fn set_up(form_id: String, since: Moment, codes_left: i64, demanded_by: Option<String>) -> InertElement {
    let off = match demanded_by {
        Some(by) => view! { <p>{format!("Required by {by}, so you cannot turn it off.")}</p> }.prerender(),
        None => view! {
            <p>"Your password alone will be enough to sign in, for you and for anybody who learns it."</p>
            {act(form_id.clone(), "remove", "button danger", "Turn off two-factor authentication")}
        }
        .prerender(),
    };
    let left = match codes_left {
        0 => "You have no recovery codes left. Without your phone you could not sign in.".to_owned(),
        1 => "You have 1 recovery code left.".to_owned(),
        n => format!("You have {n} recovery codes left."),
    };
    let left = if codes_left <= FEW_CODES {
        notice(Tone::Mind, view! { <p>{left}" Create new ones."</p> }).prerender()
    } else {
        view! { <p>{left}</p> }.prerender()
    };
    view! {
        <section class="card narrow">
            <h2>"On"</h2>
            <p>"Set up "{moment(since)}". Signing in takes your password and a code from your app."</p>
            {act(form_id.clone(), "begin", "button", "Move to another app")}
        </section>
        <section class="card narrow">
            <h2>"Recovery codes"</h2>
            {left}
            <p class="muted">"Each one signs you in once in place of a code from your app. New ones replace all that you have."</p>
            {act(form_id.clone(), "codes", "button", "Create new recovery codes")}
        </section>
        <section class="card narrow">
            <h2>"Turn it off"</h2>
            {off}
        </section>
    }
    .prerender()
}

const LABELS: [(&str, &str); 1] = [("code", "Code")];

fn offer(form_id: String, offer: Offer) -> impl IntoView {
    let replaced = offer.replaces.then(|| {
        view! { <p class="muted">"The app that you use now works until you finish. You get new recovery codes."</p> }
    });
    let (title, button) = match offer.replaces {
        true => ("Move to another app", "Use this app"),
        false => ("Add Attest to your app", "Turn on"),
    };
    let QrPicture { side, path } = offer.picture;
    let code = Field {
        inputmode: Some("numeric"),
        help: Some("The six digits that the app shows for Attest now."),
        ..one_time_code("code")
    };
    view! {
        <form method="post" action=SECOND_FACTOR class="card narrow" novalidate>
            <h2>{title}</h2>
            {summary(&offer.faults, &LABELS)}
            {replaced}
            <p>"Scan this picture with your authenticator app."</p>
            <svg class="qr" role="img" aria-label="QR code for your authenticator app" viewBox=format!("0 0 {side} {side}") shape-rendering="crispEdges">
                <rect width=side height=side fill="#fff" />
                <path d=path fill="#000" />
            </svg>
            <p>"On this phone, "<a href=offer.address.0>"open it in your app"</a>". Or type this key into it:"</p>
            <pre class="copy" tabindex="0">{offer.text.0}</pre>
            <input type="hidden" name="act" value="set_up" />
            <input type="hidden" name="form_id" value=form_id />
            <input type="hidden" name="sealed" value=offer.sealed />
            {field(code, &offer.faults)}
            <p class="muted">"Your other sessions will end."</p>
            <div><button class="button primary">{button}</button>" "<a class="button" href=SECOND_FACTOR>"Cancel"</a></div>
        </form>
    }
}

fn codes(codes: Vec<OneTimeSecret>) -> impl IntoView {
    let lines = codes.into_iter().map(|code| code.0).collect::<Vec<_>>().join("\n");
    // Within the page, so that no request asks for them; letters, digits and hyphens need no escapes.
    let file = format!("data:text/plain,Attest%20recovery%20codes%0A%0A{}%0A", lines.replace('\n', "%0A"));
    view! {
        <section class="card secret" role="status">
            <header>
                <h2>"Your recovery codes, shown only once"</h2>
                <p class="muted">
                    "Keep them where you keep passwords, not on the phone that has your app. Each one signs you in once when you do not have it."
                </p>
            </header>
            <pre class="copy" tabindex="0">{lines}</pre>
            <p>
                <a class="button" download="attest-recovery-codes.txt" href=file>"Download"</a>" "
                <a class="button primary" href="/account">"I have saved my codes"</a>
            </p>
        </section>
    }
}

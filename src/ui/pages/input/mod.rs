//! One input: its state, its secret the one time it is shown, and what was counted of it.

pub mod list;
pub mod sample;

use crate::domain::app::MOST_APPS;
use crate::ui::frame::{Frame, NavPage, frame};
use crate::ui::parts::field::{Faults, Field, field, moment, summary};
use crate::ui::parts::notice::{Tone, done, notice};
use crate::ui::parts::one_time_secret::OneTimeSecret;
use crate::ui::prerender::Prerender;
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::{self, Done, Moment};
use leptos::prelude::*;
use sample::{DataProblemRow, Samples, data_problems, samples};

#[derive(Clone, Debug)]
pub struct InputPage {
    pub frame: Frame,
    pub name: String,
    pub app: String,
    pub key: String,
    pub paused: bool,
    pub may_manage: bool,
    pub secret_version: i64,
    pub created: Moment,
    /// Since when the present secret is in use.
    pub secret_since: Moment,
    /// The one before, while it works.
    pub old_secret: Option<OldSecret>,
    pub last_batch: Option<Moment>,
    pub public_url: String,
    pub bundle: Option<String>,
    pub accepted: String,
    pub repeated: String,
    pub without_ids: String,
    /// Batches of apps beyond the most that a workspace has.
    pub of_other_apps: String,
    /// How many batches of Apple devices came without an ATT status, and whether any came with one.
    pub without_status: Option<String>,
    /// Reason and number.
    pub refused: Vec<(String, String)>,
    /// `None` for those who see rounded figures: they have them on the page of metrics.
    pub data_problems: Option<Vec<DataProblemRow>>,
    pub samples: Samples,
    /// How many requests it may send in a second, as typed; empty for any number.
    pub requests_per_second: String,
    pub takes_placeholders: bool,
    /// The limit in force.
    pub limit: Option<String>,
    pub faults: Faults,
    /// The new secret, right after it was made.
    pub rotated: Option<ShownCredentials>,
    /// A form that was sent twice.
    pub rotated_already: bool,
    /// Why no other secret was made.
    pub refused_rotation: Option<&'static str>,
    /// What was just done.
    pub done: Option<Done>,
}

impl Model for InputPage {
    fn around(&self) -> Around<'_> {
        Around::Workspace(&self.frame)
    }

    fn own_title(&self) -> Option<String> {
        Some(self.name.clone())
    }

    fn has_faults(&self) -> bool {
        !self.faults.0.is_empty() || self.rotated_already || self.refused_rotation.is_some()
    }
}

/// The secret before a rotation.
#[derive(Clone, Debug)]
pub struct OldSecret {
    pub until: Moment,
    /// When it was last used since the rotation.
    pub used: Option<Moment>,
}

/// A secret, shown this once.
#[derive(Clone, Debug)]
pub struct ShownCredentials {
    pub name: String,
    pub key: String,
    pub secret: OneTimeSecret,
    pub public_url: String,
    /// The app that the input was made for.
    pub bundle: Option<String>,
}

/// The one showing of a secret, with a curl that is ready to run.
pub fn shown(shown: ShownCredentials) -> impl IntoView {
    let ShownCredentials { name, key, secret, public_url, bundle } = shown;
    view! {
        <section class="card secret" role="status">
            <header>
                <h2>{format!("Secret of {name}, shown only once")}</h2>
                <p class="muted">"Copy it now: only its hash is stored. If you lose it, rotate it to get a new one."</p>
            </header>
            <dl class="facts">
                <dt>"Key"</dt><dd><code class="copy" data-name="key">{key.clone()}</code></dd>
                <dt>"Secret"</dt><dd><code class="copy" data-name="secret">{secret.0.clone()}</code></dd>
            </dl>
            <h3>"Send the first event"</h3>
            {curls(&public_url, &format!("{key}:{}", secret.0), bundle.as_deref())}
        </section>
    }
}

/// The curl, marked development, with a switch to production: two radio buttons, no script.
fn curls(public_url: &str, credentials: &str, bundle: Option<&str>) -> impl IntoView + use<> {
    let app = bundle.map(|bundle| format!("\"application_info\":{{\"package\":\"{bundle}\"}},")).unwrap_or_default();
    let curl = |environment: &str| {
        format!(
            "curl -sS -i -u '{credentials}' -H 'Content-Type: application/json' {public_url}/v2/events -d '\
            {{\"environment\":\"{environment}\",\"user_identities\":{{\"customer_id\":\"first-user\"}},\
            {app}\
            \"device_info\":{{\"platform\":\"iOS\",\"os_version\":\"17.5\",\"ios_idfv\":\"613ff528-afd1-4c1b-9628-e6ed25ece9c0\",\
            \"att_authorization_status\":\"denied\"}}}}'"
        )
    };
    view! {
        <div class="curls">
            <fieldset class="segments">
                <legend class="hidden">"Environment of the event"</legend>
                <label><input type="radio" name="curl-environment" value="development" id="curl-development" checked=true />"Development"</label>
                <label><input type="radio" name="curl-environment" value="production" id="curl-production" />"Production"</label>
            </fieldset>
            <pre class="copy development" tabindex="0">{curl("development")}</pre>
            <pre class="copy production" tabindex="0">{curl("production")}</pre>
            <p class="muted">"The answer is 202, and the Overview of that environment shows one device. One click selects the command."</p>
        </div>
    }
}

pub fn input(page: InputPage) -> impl IntoView {
    let state = if page.paused {
        view! { <span class="tag warn">"Paused"</span> }
    } else {
        view! { <span class="tag">"Active"</span> }
    };
    let last = page.last_batch.clone().map_or_else(|| "never".prerender(), |at| moment(at).prerender());
    let rotated = page.rotated.clone().map(shown);
    let rotated_already = page.rotated_already.then(|| {
        notice(Tone::Danger, view! { <p><b>"No new secret was created."</b>" The secret was already rotated after this form was opened, and a secret is shown only once."</p> })
    });
    let refused_rotation = page
        .refused_rotation
        .map(|words| notice(Tone::Danger, view! { <p><b>"No new secret was created."</b>" "{words}</p> }));
    let hint = rotated.is_none().then(|| {
        let credentials = format!("{}:'\"$ATTEST_SECRET\"'", page.key);
        view! { <section class="card"><h2>"Send an event"</h2><p class="muted">"Set the variable ATTEST_SECRET to the secret first."</p>{curls(&page.public_url, &credentials, page.bundle.as_deref())}</section> }
    });
    let limit = match page.limit.clone() {
        Some(rate) if rate == "1" => "1 request per second".to_owned(),
        Some(rate) => format!("{rate} requests per second"),
        None => "No limit".to_owned(),
    };
    let placeholders = if page.takes_placeholders { "Used as ids" } else { "Ignored" };
    let of_other_apps = (page.of_other_apps != "0").then(|| {
        view! {
            <dt>{format!("Of apps beyond {} (counted as “Other apps”)", words::number(MOST_APPS))}</dt>
            <dd class="n">{page.of_other_apps.clone()}</dd>
        }
    });
    let without_status = page.without_status.clone().map(|without| {
        view! { <dt>"Production batches of Apple devices without an ATT status"</dt><dd>{without}</dd> }
    });
    let repeats = (page.repeated != "0").then(|| {
        view! {
            <p class="muted">
                "A queue may have sent them again. But a sender that uses one source_request_id for several uploads loses all but the first: it needs one for each."
            </p>
        }
    });
    let old_secret = page.old_secret.clone().map(|old| {
        let used = match old.used {
            Some(used) => view! { "last used "{moment(used)} }.prerender(),
            None => view! { "not used since" }.prerender(),
        };
        view! { <dt>"Old secret"</dt><dd>"Works until "{moment(old.until)}", "{used}"."</dd> }
    });
    let actions = page.may_manage.then(|| actions(&page));
    let back = page.frame.address(NavPage::Inputs);
    let content = view! {
        <div class="head">
            <div>
                <p><a href=back>"Inputs"</a></p>
                <h1>{page.name.clone()}</h1>
                <p class="muted">{state}" Last batch "{last}"."</p>
            </div>
        </div>
        {page.done.map(done)}
        {rotated_already}
        {refused_rotation}
        {rotated}
        <section class="card">
            <dl class="facts">
                <dt>"Key"</dt><dd><code class="copy">{page.key.clone()}</code></dd>
                <dt>"App"</dt><dd>{page.app.clone()}</dd>
                <dt>"Created"</dt><dd>{moment(page.created.clone())}</dd>
                <dt>"Secret in use since"</dt><dd>{moment(page.secret_since.clone())}</dd>
                {old_secret}
                <dt>"Accepted batches"</dt><dd class="n">{page.accepted.clone()}</dd>
                <dt>"Repeated batches (not counted again)"</dt>
                <dd><span class="n">{page.repeated.clone()}</span>{repeats}</dd>
                <dt>"Without any id (not stored)"</dt><dd class="n">{page.without_ids.clone()}</dd>
                {of_other_apps}
                {without_status}
                <dt>"Rate limit"</dt><dd>{limit}</dd>
                <dt>"Ids such as “null” or “guest”"</dt><dd>{placeholders}</dd>
            </dl>
        </section>
        {refused(page.refused.clone())}
        {data_problems(page.data_problems.clone(), page.frame.address(NavPage::Metrics))}
        {samples(page.samples.clone())}
        {hint}
        {actions}
    };
    frame(page.frame, content)
}

fn refused(rows: Vec<(String, String)>) -> impl IntoView {
    let body = if rows.is_empty() {
        view! { <p class="muted">"No batch was refused."</p> }.prerender()
    } else {
        let rows = rows.into_iter().map(|(reason, n)| {
            view! { <tr><th scope="row">{words::reason(&reason)}</th><td class="n">{n}</td></tr> }
        });
        view! {
            <div class="scroll" tabindex="0" role="group" aria-label="Refused batches">
                <table>
                    <thead><tr><th scope="col">"Reason"</th><th scope="col" class="n">"Times"</th></tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        }
        .prerender()
    };
    view! { <section class="card"><h2>"Refused batches"</h2>{body}</section> }
}

const LABELS: [(&str, &str); 1] = [("requests_per_second", "Requests per second")];

fn actions(page: &InputPage) -> impl IntoView + use<> {
    let (act, label, effect) = if page.paused {
        ("resume", "Resume input", "Resuming accepts its batches again.")
    } else {
        (
            "pause",
            "Pause input",
            "While it is paused, its batches get error 403: events sent meanwhile are lost. Stored data stays.",
        )
    };
    let (take, placeholders_label, placeholders_effect) = if page.takes_placeholders {
        (
            "ignore",
            "Ignore placeholder ids",
            "Then words such as “null”, “unknown” or “guest” are no ids any more. Users made from them stay.",
        )
    } else {
        (
            "use",
            "Use placeholder ids",
            "Then words such as “null”, “unknown” or “guest” are ids: everybody who sends the same one becomes one user. After too many new devices on a day nothing further is joined to it.",
        )
    };
    let version = page.secret_version.to_string();
    let end_old = page.old_secret.is_some().then(|| {
        view! {
            <form method="post">
                <input type="hidden" name="act" value="end_old" />
                <input type="hidden" name="secret_version" value=version />
                <button class="button danger">"End the old secret"</button>
            </form>
        }
    });
    let rate = Field {
        name: "requests_per_second",
        label: "Requests per second",
        value: page.requests_per_second.clone(),
        optional: true,
        help: Some("Further requests get error 429, and official clients wait. Leave empty for no limit."),
        ..Field::default()
    };
    view! {
        <section class="card actions">
            <h2>"Change"</h2>
            {summary(&page.faults, &LABELS)}
            <form method="post" class="narrow" novalidate>
                <input type="hidden" name="act" value="limit" />
                {field(rate, &page.faults)}
                <button class="button">"Save limit"</button>
            </form>
            <form method="post">
                <input type="hidden" name="act" value="placeholders" />
                <input type="hidden" name="take" value=take />
                <p class="muted">{placeholders_effect}</p>
                <button class="button">{placeholders_label}</button>
            </form>
            <form method="post">
                <input type="hidden" name="act" value=act />
                <p class="muted">{effect}</p>
                <button class="button">{label}</button>
            </form>
            <form method="post">
                <input type="hidden" name="act" value="rotate" />
                <input type="hidden" name="secret_version" value=page.secret_version.to_string() />
                <button class="button danger">"Rotate secret"</button>
            </form>
            {end_old}
        </section>
    }
}

//! API tokens: scripts' ways in.

use crate::domain::role::TokenRole;
use crate::ui::frame::{Frame, frame};
use crate::ui::parts::field::{Faults, Field, field, moment, summary};
use crate::ui::parts::notice::done;
use crate::ui::parts::one_time_secret::{OneTimeSecret, one_time_secret};
use crate::ui::parts::pager::{Pager, pager};
use crate::ui::parts::role::role_field;
use crate::ui::prerender::Prerender;
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::{self, Done, Moment};
use leptos::prelude::*;

/// How long a token may be made to last, in days.
pub const DAYS: [i64; 4] = [30, 90, 180, 365];

#[derive(Clone, Debug)]
pub struct Tokens {
    pub frame: Frame,
    pub rows: Vec<TokenRow>,
    pub pager: Pager,
    /// The roles that a token of the reader may have.
    pub offered: Vec<TokenRole>,
    pub name: String,
    pub role: TokenRole,
    pub days: i64,
    pub faults: Faults,
    /// The token that was just made: its name and its text.
    pub made: Option<(String, OneTimeSecret)>,
    /// What was just done.
    pub done: Option<Done>,
    /// Makes the form one that is taken once.
    pub form_id: String,
}

impl Model for Tokens {
    fn around(&self) -> Around<'_> {
        Around::Workspace(&self.frame)
    }

    fn has_faults(&self) -> bool {
        !self.faults.0.is_empty()
    }
}

#[derive(Clone, Debug)]
pub struct TokenRow {
    pub id: String,
    pub name: String,
    pub role: TokenRole,
    pub maker: String,
    pub made: Moment,
    pub expires: Moment,
    pub expired: bool,
    pub last_used: Option<Moment>,
    /// The address that it was last used from.
    pub last_used_from: Option<String>,
    pub may_revoke: bool,
}

const LABELS: [(&str, &str); 3] = [("name", "Name"), ("role", "Role"), ("days", "Valid for")];

pub fn tokens(page: Tokens) -> impl IntoView {
    let made = page.made.map(|(name, text)| {
        let help = "Copy it now: only its hash is stored. Send it in the header “Authorization: Bearer …”. If you lose it, revoke it and create another.";
        one_time_secret(format!("Token {name}, shown only once"), help, text)
    });
    let list = if page.pager.all == 0 {
        view! {
            <section class="card empty">
                <h2>"No token yet"</h2>
                <p>"A token lets a script use the APIs of this workspace, within the rights of its role."</p>
            </section>
        }
        .prerender()
    } else {
        view! { <section class="card"><h2 class="hidden">"Tokens"</h2>{pager(&page.pager, "tokens")}<ul class="people">{page.rows.into_iter().map(row).collect_view()}</ul></section> }
            .prerender()
    };
    let form = form(page.form_id, page.name, page.role, page.days, &page.offered, &page.faults);
    let content = view! {
        <div class="head">
            <div>
                <h1>"API tokens"</h1>
                <p class="muted">"A token has the rights of its role, and never more than its maker's present role."</p>
            </div>
        </div>
        {page.done.map(done)}
        {made}
        {list}
        {form}
    };
    frame(page.frame, content)
}

fn row(row: TokenRow) -> impl IntoView {
    let used = match row.last_used {
        Some(at) => {
            let from = row.last_used_from.map(|from| format!(" from {from}"));
            view! { "Last used "{moment(at)}{from} }.prerender()
        }
        None => "Never used".prerender(),
    };
    let ends = if row.expired {
        view! { <span class="tag warn">"Expired"</span>" on "{moment(row.expires)} }.prerender()
    } else {
        view! { "Valid until "{moment(row.expires)} }.prerender()
    };
    let revoke = row.may_revoke.then(|| {
        view! {
            <form method="post">
                <input type="hidden" name="act" value="revoke" />
                <input type="hidden" name="token" value=row.id />
                <button class="button danger">"Revoke"<span class="hidden">{format!(" {}", row.name)}</span></button>
            </form>
        }
    });
    view! {
        <li>
            <div class="person">
                <b>{row.name.clone()}</b>
                <span class="muted">{format!("Created by {} on ", row.maker)}{moment(row.made)}</span>
            </div>
            <div class="standing"><b>{words::token_role(row.role)}</b><span class="muted">{ends}". "{used}"."</span></div>
            {revoke}
        </li>
    }
}

fn form(
    form_id: String,
    name: String,
    role: TokenRole,
    chosen: i64,
    offered: &[TokenRole],
    faults: &Faults,
) -> impl IntoView + use<> {
    let name = Field {
        name: "name",
        label: "Name",
        value: name,
        help: Some("What it is used for, such as “Nightly report”."),
        ..Field::default()
    };
    let days = DAYS
        .map(|days| view! { <option value=days.to_string() selected=days == chosen>{format!("{days} days")}</option> });
    let role_problem =
        faults.of("role").map(|problem| view! { <p class="fault">{words::form_problem("role", problem)}</p> });
    view! {
        <form method="post" class="card narrow" novalidate>
            <h2>"Create a token"</h2>
            {summary(faults, &LABELS)}
            <input type="hidden" name="act" value="add" />
            <input type="hidden" name="form_id" value=form_id />
            {field(name, faults)}
            {role_field("role".to_owned(), "role", role, offered)}
            {role_problem}
            <div class="field">
                <label for="days">"Valid for"</label>
                <select id="days" name="days">{days.collect_view()}</select>
            </div>
            <div><button class="button primary">"Create token"</button></div>
        </form>
    }
}

//! What a session remembers from one page to the next: what was just done, and what was looked up. None of it is in an address, so that no link repeats or gives away anything.

use crate::domain::environment::Environment;
use crate::domain::id::{ProfileId, WorkspaceId};
use crate::domain::profile::LookUpBy;
use crate::domain::time::{MINUTE, Millis};
use crate::server::error::Result;
use crate::server::http::caller::{AskedPage, unavailable};
use crate::server::state::AppState;
use crate::ui::words::Done;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

const MESSAGE: &str = "message";
const LOOKED_UP: &str = "looked_up";
/// How many look-ups a session remembers, the newest ones.
const MOST: usize = 20;
/// How long the one who looked somebody up may see them again, by a reload or the back button.
const SHOWN_FOR: i64 = 10 * MINUTE;

/// A new name for a form or a look-up, which nobody can guess.
pub fn random_name(state: &AppState) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(state.store.ids().random::<16>())
}

/// What the page at a path is to say.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Message {
    done: Done,
    path: String,
}

/// Leads to a page, which says what was done.
pub async fn redirect_saying(session: &Session, done: Done, to: &str) -> Result<Response> {
    let path = to.split('?').next().unwrap_or_default().to_owned();
    session.insert(MESSAGE, Message { done, path }).await.map_err(unavailable)?;
    Ok(Redirect::to(to).into_response())
}

/// Takes the message, so that it is said once, and by its own page only: another one that is opened first ends it.
pub async fn take_message(session: &Session, page: &AskedPage) -> Result<Option<Done>> {
    // Taking what is not there would write the session anew with each page, and a look at the headers says nothing.
    if page.headers_only || session.get_value(MESSAGE).await.map_err(unavailable)?.is_none() {
        return Ok(None);
    }
    let message: Option<Message> = session.remove(MESSAGE).await.map_err(unavailable)?;
    Ok(message.filter(|message| message.path == page.path).map(|message| message.done))
}

/// Who was found by a look-up, which is in the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LookedUp {
    name: String,
    workspace: WorkspaceId,
    environment: Environment,
    by: String,
    found: Vec<ProfileId>,
    at: Millis,
}

impl LookedUp {
    pub fn new(name: String, workspace: WorkspaceId, environment: Environment, by: LookUpBy, at: Millis) -> Self {
        Self { name, workspace, environment, by: by.as_str().to_owned(), found: Vec::new(), at }
    }

    pub async fn remember(mut self, session: &Session, found: Vec<ProfileId>) -> Result<()> {
        self.found = found;
        let mut recent: Vec<Self> = list(session, LOOKED_UP).await?;
        recent.retain(|one| one.at >= self.at.minus(SHOWN_FOR));
        recent.push(self);
        recent.drain(..recent.len().saturating_sub(MOST));
        session.insert(LOOKED_UP, recent).await.map_err(unavailable)
    }

    /// The look-up of this name, if it may still be seen there.
    pub async fn find(
        session: &Session,
        name: &str,
        (workspace, environment): (WorkspaceId, Environment),
        now: Millis,
    ) -> Result<Option<Self>> {
        let ours = |one: &Self| {
            let there = one.workspace == workspace && one.environment == environment;
            one.name == name && there && one.at >= now.minus(SHOWN_FOR)
        };
        Ok(list::<Self>(session, LOOKED_UP).await?.into_iter().find(ours))
    }

    pub fn found(&self) -> &[ProfileId] {
        &self.found
    }

    pub fn by(&self) -> LookUpBy {
        LookUpBy::parse(&self.by).unwrap_or_default()
    }
}

async fn list<T: DeserializeOwned>(session: &Session, key: &str) -> Result<Vec<T>> {
    Ok(session.get(key).await.map_err(unavailable)?.unwrap_or_default())
}

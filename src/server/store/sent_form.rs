//! Forms that were taken. A form that is sent twice, by a reload or by two presses of its button, acts once: the act
//! itself takes it, in its own transaction.

use super::db::{Tx, on};
use super::{Actor, SystemTx};
use crate::domain::error::Refusal;
use crate::domain::id::PersonId;
use crate::domain::time::Millis;
use crate::server::error::Result;
use sha2::{Digest, Sha256};

/// A form that a page of ours named, as somebody sent it; kept as a hash, which is short for long texts as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentForm([u8; 32]);

impl SentForm {
    /// `name` is the one that the page at `path` gave it. About somebody or something else it is another form.
    pub fn new(sender: PersonId, path: &str, name: &str, about: &str) -> Self {
        Self(Sha256::digest(format!("{sender}\n{path}\n{name}\n{about}")).into())
    }
}

/// Takes the form by which the actor acts, if there is one, and refuses one that was taken before. Of two at the same
/// moment the second waits for the first to end.
pub(super) async fn take_form(tx: &mut Tx, actor: &Actor, now: Millis) -> Result<()> {
    const SQL: &str = "insert into taken_forms (form_hash, taken_at) values ($1, $2) on conflict do nothing";
    let Some(SentForm(hash)) = actor.form else { return Ok(()) };
    let taken = on!(tx, c => sqlx::query(SQL).bind(&hash[..]).bind(now).execute(c).await?.rows_affected());
    if taken == 1 { Ok(()) } else { Err(Refusal::SentAlready.into()) }
}

impl SystemTx {
    /// Takes the form by which the actor acts, as [`Store::change`](super::Store::change) does by itself.
    pub async fn take_form(&mut self, actor: &Actor) -> Result<()> {
        let now = self.now;
        take_form(&mut self.tx, actor, now).await
    }

    /// Forgets forms of sessions that are over.
    pub async fn prune_taken_forms(&mut self, taken_before: Millis) -> Result<()> {
        const SQL: &str = "delete from taken_forms where taken_at < $1";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(taken_before).execute(c).await?; });
        Ok(())
    }
}

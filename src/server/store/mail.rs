//! Mails that wait to be sent, sealed: one may hold a link by which somebody signs in.

use super::SystemTx;
use super::audit::INSTALLATION;
use super::db::{Tx, on};
use super::handle::{Act, Change};
use super::keyring::OpenKeys;
use crate::domain::job::JobKind;
use crate::domain::time::{MINUTE, Millis};
use crate::server::error::{Error, Result};
use aes_siv::siv::Aes128Siv;
use serde::{Deserialize, Serialize};

/// A mail of plain text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// A mail that waits, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingMail {
    pub id: i64,
    generation: i64,
    sealed: Vec<u8>,
}

impl WaitingMail {
    /// # Errors
    /// [`Error::Internal`] for what this installation has not sealed.
    pub fn open(&self, keys: &OpenKeys) -> Result<Mail> {
        let text = cipher(keys, self.generation)?.decrypt([self.id.to_be_bytes()], &self.sealed);
        serde_json::from_slice(&text.map_err(Error::internal)?).map_err(Error::internal)
    }
}

/// How long after so many tries one mail is tried again, in milliseconds.
pub(super) fn again_after(tries: i64) -> i64 {
    (MINUTE << tries.clamp(0, 6)).min(10 * MINUTE)
}

fn cipher(keys: &OpenKeys, generation: i64) -> Result<Aes128Siv> {
    let missing = || Error::Internal("a mail's key is missing in this installation".to_owned());
    Ok(keys.mails(generation).ok_or_else(missing)?.cipher())
}

impl Tx {
    /// Has the job that sends mails done soon.
    pub(super) async fn wake_mail(&mut self, now: Millis) -> Result<()> {
        self.wake(INSTALLATION, JobKind::Mail, now).await
    }

    async fn add_mail(
        &mut self,
        id: i64,
        keys: &OpenKeys,
        mail: &Mail,
        (now, expires): (Millis, Millis),
    ) -> Result<()> {
        const SQL: &str = "insert into mails (id, sealed, generation, made_at, expires_at, tries, next_try_at) \
            values ($1, $2, $3, $4, $5, 0, 0)";
        let generation = keys.in_use();
        let text = serde_json::to_vec(mail).map_err(Error::internal)?;
        let sealed = cipher(keys, generation)?.encrypt([id.to_be_bytes()], &text).map_err(Error::internal)?;
        on!(&mut *self, c => {
            sqlx::query(SQL).bind(id).bind(sealed).bind(generation).bind(now).bind(expires).execute(c).await?;
        });
        self.wake_mail(now).await
    }
}

impl SystemTx {
    /// Has a mail sent, unless that takes until it expires.
    pub async fn add_mail(&mut self, mail: &Mail, expires: Millis) -> Result<()> {
        let (id, now, keys) = (self.ids.id(), self.now, self.keyring.now());
        self.tx.add_mail(id, &keys, mail, (now, expires)).await
    }

    /// Takes a mail whose time has come, as tried once more.
    pub async fn take_mail(&mut self) -> Result<Option<WaitingMail>> {
        const FIND: &str = "select id, generation, sealed, tries from mails \
            where next_try_at <= $1 and expires_at > $1 order by next_try_at, id limit 1";
        const TRY: &str = "update mails set tries = tries + 1, next_try_at = $2 where id = $1";
        let now = self.now;
        let found: Option<(i64, i64, Vec<u8>, i64)> =
            on!(&mut self.tx, c => sqlx::query_as(FIND).bind(now).fetch_optional(c).await?);
        let Some((id, generation, sealed, tries)) = found else { return Ok(None) };
        let next = now.plus(again_after(tries));
        on!(&mut self.tx, c => { sqlx::query(TRY).bind(id).bind(next).execute(c).await?; });
        Ok(Some(WaitingMail { id, generation, sealed }))
    }

    /// Forgets mails that are of no use any more.
    pub async fn prune_mails(&mut self) -> Result<()> {
        let now = self.now;
        on!(&mut self.tx, c => { sqlx::query("delete from mails where expires_at <= $1").bind(now).execute(c).await?; });
        Ok(())
    }

    /// Forgets a mail that was sent, or that nobody takes.
    pub async fn remove_mail(&mut self, id: i64) -> Result<()> {
        on!(&mut self.tx, c => { sqlx::query("delete from mails where id = $1").bind(id).execute(c).await?; });
        Ok(())
    }
}

impl<A: Act> Change<A> {
    /// Has a mail sent once this act is committed, unless that takes until it expires.
    pub async fn add_mail(&mut self, mail: &Mail, expires: Millis) -> Result<()> {
        let (id, now, keys) = (self.ids.id(), self.now, self.keyring().now());
        self.tx.add_mail(id, &keys, mail, (now, expires)).await
    }
}

//! Mails that wait to be sent, sealed: one may hold a link by which somebody signs in.

use super::SystemTx;
use super::db::{Tx, on};
use super::handle::{Act, Change};
use super::keyring::OpenKeys;
use crate::domain::job::JobKind;
use crate::domain::time::Millis;
use crate::server::error::{Error, Result};
use aes_siv::KeyInit;
use aes_siv::siv::Aes128Siv;
use serde::{Deserialize, Serialize};

/// A mail of plain text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// A mail that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingMail {
    pub id: i64,
    pub mail: Mail,
}

fn cipher(keys: &OpenKeys, generation: i64) -> Result<Aes128Siv> {
    let missing = || Error::Internal("a mail's key is missing in this installation".to_owned());
    Ok(Aes128Siv::new(keys.mails(generation).ok_or_else(missing)?.bytes().into()))
}

impl Tx {
    /// Has the job that sends mails done soon.
    pub(super) async fn wake_mail(&mut self, now: Millis) -> Result<()> {
        const SQL: &str =
            "update jobs set due_at = $2 where workspace_id = 0 and name = $1 and due_at > $2 and failures = 0";
        on!(self, c => { sqlx::query(SQL).bind(JobKind::Mail).bind(now).execute(c).await?; });
        Ok(())
    }

    async fn add_mail(
        &mut self,
        id: i64,
        keys: &OpenKeys,
        mail: &Mail,
        (now, expires): (Millis, Millis),
    ) -> Result<()> {
        const SQL: &str = "insert into mails (id, sealed, generation, made_at, expires_at, tries) \
            values ($1, $2, $3, $4, $5, 0)";
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

    /// Takes the mail that was tried least often, as tried once more; those that expired are forgotten.
    pub async fn take_mail(&mut self) -> Result<Option<WaitingMail>> {
        const FORGET: &str = "delete from mails where expires_at <= $1";
        const FIND: &str = "select id, sealed, generation from mails order by tries, id limit 1";
        const TRY: &str = "update mails set tries = tries + 1 where id = $1";
        let now = self.now;
        on!(&mut self.tx, c => { sqlx::query(FORGET).bind(now).execute(c).await?; });
        let found: Option<(i64, Vec<u8>, i64)> = on!(&mut self.tx, c => sqlx::query_as(FIND).fetch_optional(c).await?);
        let Some((id, sealed, generation)) = found else { return Ok(None) };
        on!(&mut self.tx, c => { sqlx::query(TRY).bind(id).execute(c).await?; });
        let text =
            cipher(&self.keyring.now(), generation)?.decrypt([id.to_be_bytes()], &sealed).map_err(Error::internal)?;
        Ok(Some(WaitingMail { id, mail: serde_json::from_slice(&text).map_err(Error::internal)? }))
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

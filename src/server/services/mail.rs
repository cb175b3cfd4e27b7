//! Mails: one-time links, which only their person sees where there is mail, and notices.

use super::Services;
use super::notice::words_of;
use crate::domain::job::{JobNote, JobStep};
use crate::domain::time::DAY;
use crate::server::auth::key::LINK_LASTS;
use crate::server::error::Result;
use crate::server::mailer::Delivery;
use crate::server::store::job::ClaimedJob;
use crate::server::store::mail::{Mail, WaitingMail};
use crate::server::store::notice::Notice;
use crate::server::store::{SystemTx, Trail};

/// A notice that could not be mailed for so long stands on its person's page alone, in milliseconds.
const NOTICE_MAILED_WITHIN: i64 = DAY;

/// Who gets a one-time link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkFor {
    /// Whoever made it, this once, to send it on: the link's token.
    Maker(String),
    /// Its person alone: it is mailed to them.
    Mailed,
}

impl LinkFor {
    /// The link as its maker sees it, to this page of ours; `None` where it is mailed.
    pub fn shown(self, public_url: &str, path: &str) -> Option<String> {
        match self {
            Self::Maker(token) => Some(format!("{public_url}{path}?token={token}")),
            Self::Mailed => None,
        }
    }
}

impl Services {
    /// Where a link leads that is to be mailed; `None` where there is no mail, so that it is shown.
    pub(super) fn mailed(&self, path: &str, token: &str) -> Option<String> {
        self.mailer.as_ref().map(|mailer| mailer.address(&format!("{path}?token={token}")))
    }

    /// Who gets a link.
    pub(super) fn link_for(&self, token: String) -> LinkFor {
        if self.mailer.is_some() { LinkFor::Mailed } else { LinkFor::Maker(token) }
    }
}

/// How long a link's mail is of use, in milliseconds.
pub(super) const MAIL_LASTS: i64 = LINK_LASTS;

/// The mail with a link to choose a first password by.
pub(super) fn first_password(to: &str, by: Option<&str>, link: &str) -> Mail {
    let by = by.map(|by| format!(", created by “{by}”")).unwrap_or_default();
    let text = format!(
        "You have an Attest account{by}. Choose your password with this link, which works once and expires in an hour:\n\n{link}\n\n{IGNORE}"
    );
    Mail { to: to.to_owned(), subject: "Choose your password for Attest".to_owned(), text }
}

/// The mail with a link to choose another password by.
pub(super) fn other_password(to: &str, link: &str) -> Mail {
    let text = format!(
        "An operator reset your Attest password. Choose a new one with this link, which works once and expires in an hour:\n\n{link}\n"
    );
    Mail { to: to.to_owned(), subject: "Choose another password for Attest".to_owned(), text }
}

/// The mail with an invitation.
pub(super) fn invitation(to: &str, by: &str, (workspace, role): (&str, &str), link: &str) -> Mail {
    let text = format!(
        "You are invited to the workspace “{workspace}” of Attest, as {role}, by “{by}”. Join with this link, which works once and expires in an hour:\n\n{link}\n\n{IGNORE}"
    );
    Mail { to: to.to_owned(), subject: format!("Join “{workspace}” on Attest"), text }
}

const IGNORE: &str = "If you do not know why you got this, do nothing.\n";

/// What the job's cursor says once the server did not take something.
const NOT_TAKEN: &str = "not taken";

/// Sends the next mail or notice that waits.
pub(super) async fn mail_step(services: &Services, job: &mut ClaimedJob) -> Result<JobStep> {
    let Some(mailer) = &services.mailer else { return Ok(JobStep::Done(None)) };
    let waiting = services.system.transaction(take_mail_once).await?;
    if let Some(waiting) = waiting {
        let delivery = match waiting.open(&services.system.keyring().now()) {
            Ok(mail) => mailer.send(&mail).await?,
            Err(error) => {
                tracing::error!(%error, "a mail that waits cannot be opened, and is forgotten");
                Delivery::Refused
            }
        };
        if delivery == Delivery::Later {
            NOT_TAKEN.clone_into(&mut job.cursor);
        } else {
            services.system.transaction(move |tx| remove_mail_once(tx, waiting.id)).await?;
        }
        return Ok(JobStep::More);
    }
    let Some((notice, to)) = services.system.transaction(take_notice_once).await? else {
        let note = (job.cursor == NOT_TAKEN).then_some(JobNote::MailsNotTaken);
        job.cursor.clear();
        services.system.renew_job(job).await?;
        return Ok(JobStep::Done(note));
    };
    let (title, text) = words_of(&notice);
    let address = mailer.address("/account");
    let mail = Mail {
        to,
        subject: format!("Attest: {title}"),
        text: format!("{text}\n\nSee your notices and your sessions: {address}\n"),
    };
    if mailer.send(&mail).await? == Delivery::Later {
        NOT_TAKEN.clone_into(&mut job.cursor);
    } else {
        services.system.transaction(move |tx| note_mailed_once(tx, notice.clone())).await?;
    }
    Ok(JobStep::More)
}

async fn take_mail_once(mut tx: SystemTx) -> Result<Option<WaitingMail>> {
    let waiting = tx.take_mail().await?;
    tx.commit(Trail::Unaudited("a mail that is sent now")).await?;
    Ok(waiting)
}

async fn remove_mail_once(mut tx: SystemTx, id: i64) -> Result<()> {
    tx.remove_mail(id).await?;
    tx.commit(Trail::Unaudited("a mail that was sent")).await
}

async fn take_notice_once(mut tx: SystemTx) -> Result<Option<(Notice, String)>> {
    let since = tx.now.minus(NOTICE_MAILED_WITHIN);
    let Some(notice) = tx.take_unmailed_notice(since).await? else { return Ok(None) };
    let person = tx.person(notice.person).await?;
    tx.commit(Trail::Unaudited("a notice that is mailed now")).await?;
    Ok(person.map(|person| (notice, person.email)))
}

async fn note_mailed_once(mut tx: SystemTx, notice: Notice) -> Result<()> {
    tx.note_mailed(&notice).await?;
    tx.commit(Trail::Unaudited("a notice that was mailed")).await
}

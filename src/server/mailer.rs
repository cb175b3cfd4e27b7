//! Sending mail by SMTP.

use super::error::{Error, Result};
use super::store::is_this_machine;
use super::store::mail::Mail;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use std::fmt::{self, Debug, Formatter};
use std::time::Duration;
use tokio::time::timeout;

/// How long a server may take for one answer; a whole mail may take three times as long.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Taken,
    /// The server cannot take it, ever.
    Refused,
    /// The server does not take this one now; it may others.
    Later,
}

/// Sends mails.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// Where links in mails lead.
    public_url: String,
    patience: Duration,
}

impl Debug for Mailer {
    /// Without the server's address, which may hold a password.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Mailer(from {})", self.from.email)
    }
}

/// Whether nobody on the way can read what is sent: TLS from the start, or before anything is said.
fn is_safe(url: &Url) -> bool {
    let tls = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, how)| how.into_owned());
    match (url.scheme(), tls.as_deref()) {
        ("smtps", None) | ("smtp", Some("required")) => true,
        ("smtp", None | Some("opportunistic")) => url.host_str().is_some_and(is_this_machine),
        _ => false,
    }
}

impl Mailer {
    /// `url` is `smtps://USER:PASSWORD@HOST`, or `smtp://` with `?tls=required`; without TLS only on this machine. `from` is
    /// an e-mail, or `NAME <E-MAIL>`.
    ///
    /// # Errors
    /// [`Error::Internal`] for others, without the address, which may hold a password.
    pub fn new(url: &SecretString, from: &str, public_url: String, patience: Duration) -> Result<Self> {
        let url = url.expose_secret();
        let is_known = Url::parse(url).is_ok_and(|url| is_safe(&url));
        let wrong = || {
            Error::Internal(
                "ATTEST_SMTP_URL: it must be smtps://USER:PASSWORD@HOST, or smtp:// with ?tls=required; without TLS only on this machine".to_owned(),
            )
        };
        if !is_known {
            return Err(wrong());
        }
        // There is one already where somebody asked before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| wrong())?;
        let from = from
            .parse()
            .map_err(|_| Error::Internal("ATTEST_MAIL_FROM: it must be an e-mail, or NAME <E-MAIL>".to_owned()))?;
        Ok(Self { transport: transport.timeout(Some(patience)).build(), from, public_url, patience })
    }

    /// The whole address of one of our pages.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }

    /// Sends one mail.
    ///
    /// # Errors
    /// [`Error::Unsent`] when no mail can be sent now.
    pub async fn send(&self, mail: &Mail) -> Result<Delivery> {
        // What is no address to a mail server is one that nobody has.
        let Ok(to) = mail.to.parse::<Address>() else { return Ok(Delivery::Refused) };
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject.as_str())
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())
            .map_err(Error::internal)?;
        let wrong = |why: String| Error::Unsent(format!("ATTEST_SMTP_URL: {why}"));
        match timeout(3 * self.patience, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(Delivery::Taken),
            Ok(Err(error)) if is_about_us(&error) => Err(wrong(error.to_string())),
            // What a server cannot be told, such as an address with letters that it does not understand, it never can.
            Ok(Err(error)) if error.is_client() && error.to_string().contains("non-ascii") => {
                tracing::warn!(%error, "a mail cannot be sent by this mail server, and is forgotten");
                Ok(Delivery::Refused)
            }
            // Of whom or what the server speaks is not known: it may be us, and another time it may not.
            Ok(Err(error)) if error.is_permanent() || error.is_transient() => {
                tracing::warn!(%error, "the mail server did not take a mail, which is tried again as long as it is of use");
                Ok(Delivery::Later)
            }
            Ok(Err(error)) => Err(wrong(error.to_string())),
            Err(_) => Err(wrong("it did not answer in time".to_owned())),
        }
    }
}

/// Whether the server would say so of any mail.
/// Source: RFC 5321, 4.2.3 (421: it closes) and RFC 4954, 6 (454, 530, 534, 535 and 538: signing in).
fn is_about_us(error: &lettre::transport::smtp::Error) -> bool {
    let code = error.status().map(|code| code.to_string());
    code.is_some_and(|code| ["421", "454", "530", "534", "535", "538"].contains(&code.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_sent_to_others_only_by_tls() {
        let taken =
            |url: &str| Mailer::new(&url.into(), "Attest <attest@example.com>", String::new(), PATIENCE).is_ok();
        for url in [
            "smtps://user:secret@mail.example.com",
            "smtp://user:secret@mail.example.com?tls=required",
            "smtp://127.0.0.1:2525",
            "smtp://localhost",
        ] {
            assert!(taken(url), "{url}");
        }
        for url in [
            "smtp://user:secret@mail.example.com",
            "smtp://mail.example.com?tls=opportunistic",
            "http://mail.example.com",
            "mail.example.com:25",
            "",
        ] {
            assert!(!taken(url), "{url}");
            let told =
                Mailer::new(&url.into(), "a@example.com", String::new(), PATIENCE).map(drop).unwrap_err().to_string();
            assert!(!told.contains("secret"), "{told}");
        }
        assert!(Mailer::new(&"smtps://mail.example.com".into(), "nobody", String::new(), PATIENCE).is_err());
    }
}

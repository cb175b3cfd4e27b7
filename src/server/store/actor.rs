//! Who acts, and from where.

use super::SentForm;
use crate::domain::audit::{ActorSnapshot, COMMAND_LINE, SystemActor};
use crate::domain::error::Refusal;
use crate::domain::id::{PersonId, TokenId};
use crate::domain::retention::CONFIRMED_FOR;
use crate::domain::time::Millis;
use crate::server::error::Result;

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    Person {
        id: PersonId,
        name: String,
    },
    Token(TokenId),
    /// Whoever has the machine: may do everything, and is named in the log.
    CommandLine,
    /// A job, or a visitor before they are somebody: may do nothing in a workspace.
    System(SystemActor),
}

impl Who {
    /// The name of the kind in the audit log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Person { .. } => "person",
            Self::Token(_) => "token",
            Self::CommandLine => "command_line",
            Self::System(_) => "system",
        }
    }
}

/// The longest name of a browser that is kept, in characters.
pub const LONGEST_AGENT: usize = 300;

/// Who acts, and from where.
#[derive(Clone, Debug)]
pub struct Actor {
    pub who: Who,
    pub address: Option<String>,
    pub agent: Option<String>,
    pub request_id: Option<String>,
    /// The form by which they act, where it is one that is taken once.
    pub form: Option<SentForm>,
    /// When a person last proved, in this session, that it is them: by signing in, or by their password again.
    pub confirmed_at: Option<Millis>,
}

impl Actor {
    pub fn command_line() -> Self {
        Self::here(Who::CommandLine)
    }

    pub fn system(part: SystemActor) -> Self {
        Self::here(Who::System(part))
    }

    /// Somebody who acts from this machine, or without a request of their own.
    pub fn here(who: Who) -> Self {
        Self { who, address: None, agent: None, request_id: None, form: None, confirmed_at: None }
    }

    /// Asks a person for their password before what would do harm if somebody else sat at their browser.
    ///
    /// # Errors
    /// [`Refusal::Unconfirmed`] where they last proved who they are more than ten minutes before `now`.
    pub fn assert_confirmed(&self, now: Millis) -> Result<()> {
        // A proof of a later moment was noted while our clock was ahead.
        let is_fresh = |at: Millis| (now.minus(CONFIRMED_FOR)..=now.believable()).contains(&at);
        match self.who {
            Who::Person { .. } if !self.confirmed_at.is_some_and(is_fresh) => Err(Refusal::Unconfirmed.into()),
            _ => Ok(()),
        }
    }

    /// The person who acts; nobody where it is a token, a command or the system.
    pub fn person(&self) -> Option<PersonId> {
        match &self.who {
            Who::Person { id, .. } => Some(*id),
            Who::Token(_) | Who::CommandLine | Who::System(_) => None,
        }
    }

    /// The name of the person who acts; none where it is a token, a command or the system.
    pub fn name(&self) -> Option<&str> {
        match &self.who {
            Who::Person { name, .. } => Some(name),
            Who::Token(_) | Who::CommandLine | Who::System(_) => None,
        }
    }

    /// The browser as it names itself, of a bounded length.
    pub fn browser(&self) -> Option<String> {
        let shown = |agent: &String| agent.chars().filter(|c| !c.is_control()).take(LONGEST_AGENT).collect();
        self.agent.as_ref().map(shown)
    }

    /// Who it is to somebody who is told of it.
    pub fn told(&self) -> Option<String> {
        Some(match &self.who {
            Who::Person { name, .. } => name.clone(),
            Who::CommandLine => "The command line".to_owned(),
            Who::Token(_) => "An API token".to_owned(),
            Who::System(_) => return None,
        })
    }

    /// Who acts, where no role plays a part.
    pub(super) fn without_role(&self) -> ActorSnapshot {
        let (id, name) = match &self.who {
            Who::Person { id, name } => (Some(id.to_string()), name.clone()),
            Who::Token(id) => (Some(id.to_string()), "token".to_owned()),
            Who::CommandLine => (None, COMMAND_LINE.to_owned()),
            Who::System(part) => (None, part.as_str().to_owned()),
        };
        ActorSnapshot { kind: self.who.kind().to_owned(), id, name, role: None }
    }
}

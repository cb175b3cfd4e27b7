//! One-time links, under the hash of their token.

use super::db::on;
use super::{SystemTx, SystemView};
use crate::domain::id::PersonId;
use crate::domain::time::{DAY, Millis};
use crate::server::error::Result;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Makes the first person, workspace and Compliance Admin.
    SetUp,
    /// Lets a person choose their first password.
    Password,
}

impl LinkKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SetUp => "set_up",
            Self::Password => "password",
        }
    }
}

/// A link that still may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub kind: LinkKind,
    pub person: Option<PersonId>,
}

/// How long a link is remembered after it was made, used or not.
pub const KEPT: i64 = DAY;

impl SystemView {
    /// The link, while it is neither used nor expired.
    pub async fn link(&mut self, hash: &[u8]) -> Result<Option<Link>> {
        const SQL: &str =
            "select kind, person_id from links where token_hash = $1 and used_at is null and expires_at > $2";
        let now = self.now;
        let found: Option<(String, Option<PersonId>)> =
            on!(&mut self.tx, c => sqlx::query_as(SQL).bind(hash).bind(now).fetch_optional(c).await?);
        Ok(found.map(|(kind, person)| {
            let kind = if kind == LinkKind::SetUp.as_str() { LinkKind::SetUp } else { LinkKind::Password };
            Link { kind, person }
        }))
    }
}

impl SystemTx {
    /// Forgets old links.
    pub async fn prune_links(&mut self) -> Result<()> {
        const SQL: &str = "delete from links where created_at < $1";
        let before = self.now.minus(KEPT);
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(before).execute(c).await?; });
        Ok(())
    }

    pub async fn add_link(
        &mut self,
        hash: &[u8],
        kind: LinkKind,
        person: Option<PersonId>,
        expires: Millis,
    ) -> Result<()> {
        const SQL: &str =
            "insert into links (token_hash, kind, person_id, created_at, expires_at) values ($1, $2, $3, $4, $5)";
        let now = self.now;
        on!(&mut self.tx, c => {
            sqlx::query(SQL).bind(hash).bind(kind.as_str()).bind(person).bind(now).bind(expires).execute(c).await?;
        });
        Ok(())
    }

    /// Uses the link up; false when somebody else was first.
    pub async fn use_link(&mut self, hash: &[u8]) -> Result<bool> {
        const SQL: &str = "update links set used_at = $2 where token_hash = $1 and used_at is null and expires_at > $2";
        let now = self.now;
        let used = on!(&mut self.tx, c => sqlx::query(SQL).bind(hash).bind(now).execute(c).await?.rows_affected());
        Ok(used == 1)
    }

    /// Ends all other links of this kind: of a person, or set-up links once there is an account.
    pub async fn end_links(&mut self, kind: LinkKind, person: Option<PersonId>) -> Result<()> {
        const ALL: &str = "update links set used_at = $2 where kind = $1 and used_at is null";
        const OF: &str = "update links set used_at = $2 where kind = $1 and used_at is null and person_id = $3";
        let now = self.now;
        match person {
            Some(person) => on!(&mut self.tx, c => {
                sqlx::query(OF).bind(kind.as_str()).bind(now).bind(person).execute(c).await?;
            }),
            None => on!(&mut self.tx, c => { sqlx::query(ALL).bind(kind.as_str()).bind(now).execute(c).await?; }),
        }
        Ok(())
    }
}

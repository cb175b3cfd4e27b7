//! What people are told, and what was mailed of it.

use super::columns::known;
use super::credential::MOST_KEYS;
use super::db::{Tx, on};
use super::handle::{Act, Change};
use super::mail::again_after;
use super::member::Member;
use super::{SystemTx, SystemView};
use crate::domain::id::{PersonId, WorkspaceId};
use crate::domain::notice::{NoticeKind, NoticeState};
use crate::domain::permission::{Permission, may};
use crate::domain::time::Millis;
use crate::server::error::{Error, Result};

/// A notice to be written.
#[derive(Clone, Debug)]
pub struct NewNotice {
    pub person: PersonId,
    pub kind: NoticeKind,
    /// Of this kind the person is told of the same only once; an empty one is about itself.
    pub about: String,
    pub state: NoticeState,
}

impl NewNotice {
    /// About what just happened.
    pub fn new(person: PersonId, kind: NoticeKind, state: NoticeState) -> Self {
        Self { person, kind, about: String::new(), state }
    }
}

/// A notice as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub id: i64,
    pub person: PersonId,
    pub kind: NoticeKind,
    pub state: NoticeState,
    pub at: Millis,
    pub is_seen: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    person_id: PersonId,
    kind: NoticeKind,
    state_json: String,
    at: Millis,
    is_seen: bool,
}

impl Row {
    fn notice(self) -> Result<Notice> {
        let state = serde_json::from_str(&self.state_json).map_err(Error::internal)?;
        let Self { id, person_id, kind, at, is_seen, .. } = self;
        Ok(Notice { id, person: person_id, kind, state, at, is_seen })
    }
}

impl Tx {
    async fn notify(&mut self, id: i64, notice: &NewNotice, now: Millis) -> Result<()> {
        const SQL: &str = "insert into notices (person_id, id, kind, about, state_json, at) \
            values ($1, $2, $3, $4, $5, $6) on conflict do nothing";
        let state = serde_json::to_string(&notice.state).map_err(Error::internal)?;
        let about = if notice.about.is_empty() { id.to_string() } else { notice.about.clone() };
        on!(&mut *self, c => {
            sqlx::query(SQL)
                .bind(notice.person)
                .bind(id)
                .bind(notice.kind)
                .bind(about)
                .bind(state)
                .bind(now)
                .execute(c)
                .await?;
        });
        self.wake_mail(now).await
    }
}

impl SystemTx {
    /// Notes what was told of a token or an input's secret, so that nobody is told of the same again.
    pub async fn note_told(&mut self, key: &NoticedKey, told_of: i64) -> Result<()> {
        const TOKEN: &str = "update credentials set told_of = $2 where kind = 'token' and token_id = $1";
        const INPUT: &str = "update credentials set told_of = $2 where kind = 'input' and input_id = $1";
        let sql = if key.is_token { TOKEN } else { INPUT };
        on!(&mut self.tx, c => { sqlx::query(sql).bind(key.id).bind(told_of).execute(c).await?; });
        Ok(())
    }

    /// Tells a person something.
    pub async fn notify(&mut self, notice: &NewNotice) -> Result<()> {
        let (id, now) = (self.ids.id(), self.now);
        self.tx.notify(id, notice, now).await
    }

    /// Notes that the person read all they were told until now.
    pub async fn see_notices(&mut self, person: PersonId) -> Result<()> {
        const SQL: &str = "update notices set seen_at = $2 where person_id = $1 and seen_at is null";
        let now = self.now;
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(person).bind(now).execute(c).await?; });
        Ok(())
    }

    /// Takes a notice that is to be mailed and is not older than `since`, as tried once more.
    pub async fn take_unmailed_notice(&mut self, since: Millis) -> Result<Option<Notice>> {
        const FIND: &str = "select person_id, id, tries from notices \
            where mailed_at is null and next_try_at <= $1 and at >= $2 order by next_try_at, at, id limit 1";
        const TRY: &str = "update notices set tries = tries + 1, next_try_at = $3 where person_id = $1 and id = $2";
        const READ: &str = "select id, person_id, kind, state_json, at, seen_at is not null as is_seen from notices \
            where person_id = $1 and id = $2";
        let now = self.now;
        loop {
            let found: Option<(PersonId, i64, i64)> =
                on!(&mut self.tx, c => sqlx::query_as(FIND).bind(now).bind(since).fetch_optional(c).await?);
            let Some((person, id, tries)) = found else { return Ok(None) };
            let next = now.plus(again_after(tries));
            on!(&mut self.tx, c => { sqlx::query(TRY).bind(person).bind(id).bind(next).execute(c).await?; });
            // A kind that only newer code knows is passed over.
            let read: Vec<Row> =
                on!(&mut self.tx, c => known(sqlx::query(READ).bind(person).bind(id).fetch_all(c).await?)?);
            if let Some(row) = read.into_iter().next() {
                return row.notice().map(Some);
            }
        }
    }

    /// Notes that a notice was mailed, or never can be.
    pub async fn note_mailed(&mut self, notice: &Notice) -> Result<()> {
        const SQL: &str = "update notices set mailed_at = $3 where person_id = $1 and id = $2";
        let now = self.now;
        on!(&mut self.tx, c => {
            sqlx::query(SQL).bind(notice.person).bind(notice.id).bind(now).execute(c).await?;
        });
        Ok(())
    }

    /// Forgets old notices.
    pub async fn prune_notices(&mut self, before: Millis) -> Result<()> {
        on!(&mut self.tx, c => { sqlx::query("delete from notices where at < $1").bind(before).execute(c).await?; });
        Ok(())
    }
}

/// A token that ends soon, or an input's secret that is old.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct NoticedKey {
    pub is_token: bool,
    pub id: i64,
    pub name: String,
    /// When the token ends, or since when the secret is in use.
    pub at: Millis,
    pub maker: Option<PersonId>,
    /// The workspace's name.
    pub workspace: String,
    /// What was told of it last.
    pub told_of: Option<i64>,
}

impl SystemView {
    /// Tokens of a workspace that end between two moments, and secrets of inputs that are as old as `before`.
    pub async fn keys_to_tell_of(
        &mut self,
        workspace: WorkspaceId,
        (from, until): (Millis, Millis),
        before: Millis,
    ) -> Result<Vec<NoticedKey>> {
        const TOKENS: &str = "select true as is_token, c.token_id as id, c.name, c.expires_at as at, c.maker_id as maker, \
            w.name as workspace, c.told_of from credentials c join workspaces w on w.id = c.workspace_id \
            where c.workspace_id = $1 and c.kind = 'token' and c.expires_at > $2 and c.expires_at <= $3 \
            order by c.expires_at, c.token_id limit $4";
        const SECRETS: &str = "select false as is_token, c.input_id as id, c.name, \
            coalesce(c.secret_since, c.created_at) as at, c.maker_id as maker, w.name as workspace, c.told_of \
            from credentials c join workspaces w on w.id = c.workspace_id \
            where c.workspace_id = $1 and c.kind = 'input' and coalesce(c.secret_since, c.created_at) <= $2 \
            and (c.told_of is null or c.told_of <> coalesce(c.secret_since, c.created_at)) \
            order by 4, 2 limit $3";
        let most = i64::try_from(MOST_KEYS).unwrap_or(i64::MAX);
        let mut keys: Vec<NoticedKey> = on!(&mut self.tx, c => sqlx::query_as(TOKENS)
            .bind(workspace)
            .bind(from)
            .bind(until)
            .bind(most)
            .fetch_all(c)
            .await?);
        let secrets: Vec<NoticedKey> = on!(&mut self.tx, c => sqlx::query_as(SECRETS)
            .bind(workspace)
            .bind(before)
            .bind(most)
            .fetch_all(c)
            .await?);
        keys.extend(secrets);
        Ok(keys)
    }

    /// The members who may do something, and are not disabled.
    pub async fn people_who_may(&mut self, workspace: WorkspaceId, permission: Permission) -> Result<Vec<PersonId>> {
        let able = self.enabled_members(workspace).await?.into_iter().filter(|member| may(member.role, permission));
        Ok(able.map(|member| member.person_id).collect())
    }

    /// The members who are not disabled.
    pub async fn enabled_members(&mut self, workspace: WorkspaceId) -> Result<Vec<Member>> {
        let mut members = self.tx.members(workspace).await?;
        members.retain(|member| !member.disabled);
        Ok(members)
    }
}

impl SystemView {
    /// What the person was told, the newest first, at most so many.
    pub async fn notices(&mut self, person: PersonId, most: i64) -> Result<Vec<Notice>> {
        const SQL: &str = "select id, person_id, kind, state_json, at, seen_at is not null as is_seen from notices \
            where person_id = $1 order by at desc, id desc limit $2";
        let rows: Vec<Row> =
            on!(&mut self.tx, c => known(sqlx::query(SQL).bind(person).bind(most).fetch_all(c).await?)?);
        rows.into_iter().map(Row::notice).collect()
    }
}

impl<A: Act> Change<A> {
    /// Tells a person something of this act.
    pub async fn notify(&mut self, notice: &NewNotice) -> Result<()> {
        let (id, now) = (self.ids.id(), self.now);
        self.tx.notify(id, notice, now).await
    }
}

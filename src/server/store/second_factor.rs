//! What people sign in with beside their password: the secret of an authenticator app, sealed, and hashes of recovery
//! codes.

use super::columns::known;
use super::db::{Tx, on};
use super::handle::{Act, Change};
use super::{SystemTx, SystemView};
use crate::domain::id::{PersonId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::time::Millis;
use crate::server::error::Result;

/// An authenticator app's secret as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSecret {
    /// Of the installation's keys.
    pub generation: i64,
    pub sealed: Vec<u8>,
}

/// A person's second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    pub secret: SealedSecret,
    /// The step of the last code that was taken.
    pub used_step: i64,
    pub set_up_at: Millis,
    /// How many recovery codes are left.
    pub codes_left: i64,
}

/// What somebody proved their second factor by; it is used up by a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProvenFactor {
    /// A code of the app with this secret, of this step.
    Step { step: i64, sealed: Vec<u8> },
    /// A recovery code of this hash.
    RecoveryCode(Vec<u8>),
}

impl Tx {
    pub(super) async fn has_second_factor(&mut self, person: PersonId) -> Result<bool> {
        const SQL: &str = "select count(*) > 0 from second_factors where person_id = $1";
        Ok(on!(self, c => sqlx::query_scalar(SQL).bind(person).fetch_one(c).await?))
    }
}

impl SystemView {
    pub async fn second_factor(&mut self, person: PersonId) -> Result<Option<SecondFactor>> {
        const SQL: &str = "select generation, sealed, used_step, set_up_at, \
            (select count(*) from recovery_codes r where r.person_id = f.person_id and r.used_at is null) \
            from second_factors f where f.person_id = $1";
        let found: Option<(i64, Vec<u8>, i64, Millis, i64)> =
            on!(&mut self.tx, c => sqlx::query_as(SQL).bind(person).fetch_optional(c).await?);
        Ok(found.map(|(generation, sealed, used_step, set_up_at, codes_left)| SecondFactor {
            secret: SealedSecret { generation, sealed },
            used_step,
            set_up_at,
            codes_left,
        }))
    }

    /// The names of their workspaces that demand a second factor of their role.
    pub async fn demanding_workspaces(&mut self, person: PersonId) -> Result<Vec<String>> {
        const SQL: &str = "select m.role, w.name from members m join workspaces w on w.id = m.workspace_id \
            where m.person_id = $1 and w.demands_second_factor order by w.name, w.id";
        let found: Vec<(Role, String)> =
            on!(&mut self.tx, c => known(sqlx::query(SQL).bind(person).fetch_all(c).await?)?);
        Ok(found.into_iter().filter(|(role, _)| role.is_powerful()).map(|(_, name)| name).collect())
    }

    /// Whether a workspace demands a second factor of its Compliance Admins and Admins.
    pub async fn demands_second_factor(&mut self, workspace: WorkspaceId) -> Result<bool> {
        const SQL: &str = "select demands_second_factor from workspaces where id = $1";
        Ok(on!(&mut self.tx, c => sqlx::query_scalar(SQL).bind(workspace).fetch_one(c).await?))
    }

    /// Whether a recovery code of this hash is left.
    pub async fn has_recovery_code(&mut self, person: PersonId, hash: &[u8]) -> Result<bool> {
        const SQL: &str =
            "select count(*) > 0 from recovery_codes where person_id = $1 and code_hash = $2 and used_at is null";
        Ok(on!(&mut self.tx, c => sqlx::query_scalar(SQL).bind(person).bind(hash).fetch_one(c).await?))
    }

    /// Whether operators may act as such only with a second factor.
    pub async fn operators_need_second_factor(&mut self) -> Result<bool> {
        const SQL: &str = "select operators_need_second_factor from installation";
        Ok(on!(&mut self.tx, c => sqlx::query_scalar(SQL).fetch_one(c).await?))
    }
}

impl SystemTx {
    /// Gives a person a second factor in place of the one they had, whose first code was taken already.
    pub async fn set_second_factor(&mut self, person: PersonId, secret: &SealedSecret, used_step: i64) -> Result<()> {
        const SQL: &str = "insert into second_factors (person_id, generation, sealed, used_step, set_up_at) \
            values ($1, $2, $3, $4, $5) on conflict (person_id) do update set generation = excluded.generation, \
            sealed = excluded.sealed, used_step = excluded.used_step, set_up_at = excluded.set_up_at";
        let now = self.now;
        on!(&mut self.tx, c => {
            sqlx::query(SQL)
                .bind(person)
                .bind(secret.generation)
                .bind(&secret.sealed)
                .bind(used_step)
                .bind(now)
                .execute(c)
                .await?;
        });
        Ok(())
    }

    /// Whether there was one.
    pub async fn remove_second_factor(&mut self, person: PersonId) -> Result<bool> {
        const SQL: &str = "delete from second_factors where person_id = $1";
        self.set_recovery_codes(person, &[]).await?;
        Ok(on!(&mut self.tx, c => sqlx::query(SQL).bind(person).execute(c).await?.rows_affected() > 0))
    }

    /// Keeps the hashes of a person's recovery codes, in place of all before.
    pub async fn set_recovery_codes(&mut self, person: PersonId, hashes: &[Vec<u8>]) -> Result<()> {
        const FORGET: &str = "delete from recovery_codes where person_id = $1";
        const KEEP: &str = "insert into recovery_codes (person_id, code_hash) values ($1, $2)";
        on!(&mut self.tx, c => { sqlx::query(FORGET).bind(person).execute(c).await?; });
        for hash in hashes {
            on!(&mut self.tx, c => { sqlx::query(KEEP).bind(person).bind(hash).execute(c).await?; });
        }
        Ok(())
    }

    /// Whether the person has a second factor, which they keep until the transaction ends.
    pub async fn locked_second_factor(&mut self, person: PersonId) -> Result<bool> {
        const SQL: &str = "select person_id from second_factors where person_id = $1";
        const LOCKING: &str = "select person_id from second_factors where person_id = $1 for update";
        let sql = self.tx.pick(SQL, LOCKING);
        let found: Option<PersonId> =
            on!(&mut self.tx, c => sqlx::query_scalar(sql).bind(person).fetch_optional(c).await?);
        Ok(found.is_some())
    }

    /// Uses up what somebody proved their second factor by, or nothing where they have none still. Returns whether it holds
    /// and was not used before: of two at the same moment, one is refused.
    pub async fn use_up(&mut self, person: PersonId, proven: Option<&ProvenFactor>) -> Result<bool> {
        const STEP: &str =
            "update second_factors set used_step = $2 where person_id = $1 and used_step < $2 and sealed = $3";
        const CODE: &str =
            "update recovery_codes set used_at = $3 where person_id = $1 and code_hash = $2 and used_at is null";
        match proven {
            None => Ok(!self.locked_second_factor(person).await?),
            Some(ProvenFactor::Step { step, sealed }) => Ok(on!(&mut self.tx, c => sqlx::query(STEP)
                .bind(person)
                .bind(step)
                .bind(sealed)
                .execute(c)
                .await?
                .rows_affected()
                > 0)),
            Some(ProvenFactor::RecoveryCode(hash)) => {
                let now = self.now;
                Ok(on!(&mut self.tx, c => sqlx::query(CODE)
                    .bind(person)
                    .bind(hash)
                    .bind(now)
                    .execute(c)
                    .await?
                    .rows_affected()
                    > 0))
            }
        }
    }

    pub async fn set_operators_need_second_factor(&mut self, need: bool) -> Result<()> {
        const SQL: &str = "update installation set operators_need_second_factor = $1";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(need).execute(c).await?; });
        Ok(())
    }
}

impl<A: Act> Change<A> {
    /// Whether the person who acts has a second factor; nobody else needs one.
    pub async fn actor_has_second_factor(&mut self) -> Result<bool> {
        match self.asker().person() {
            Some(person) => self.tx.has_second_factor(person).await,
            None => Ok(true),
        }
    }

    pub async fn set_second_factor_demand(&mut self, demands: bool) -> Result<()> {
        const SQL: &str = "update workspaces set demands_second_factor = $2 where id = $1";
        let workspace = self.workspace.id;
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(workspace).bind(demands).execute(c).await?; });
        Ok(())
    }
}

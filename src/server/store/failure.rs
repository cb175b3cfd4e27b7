//! Failed sign-ins, counted by quarter of an hour until their rows are written: a stranger can cause them, and may
//! neither fill the disk nor queue on a chain's head.

use super::SystemTx;
use super::db::on;
use crate::domain::id::PersonId;
use crate::domain::time::{MINUTE, Millis};
use crate::server::error::Result;

/// How long failures are gathered before they become one row.
pub const QUARTER: i64 = 15 * MINUTE;
/// How many addresses of one account and quarter are kept apart; the rest counts as one.
const MOST_ADDRESSES: i64 = 50;
/// The address of that rest.
const OTHERS: &str = "others";

/// The failures of one account from one address in one quarter.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Failures {
    /// When the quarter began.
    pub quarter: Millis,
    /// Zero for e-mails that have no account: those are only counted.
    pub person_id: PersonId,
    pub address: String,
    pub n: i64,
}

impl SystemTx {
    /// Counts one failure.
    pub async fn count_failure(&mut self, person: Option<PersonId>, address: &str) -> Result<()> {
        const ADDRESSES: &str = "select count(*) from sign_in_failures \
            where quarter = $1 and person_id = $2 and address <> $3";
        const COUNT: &str = "insert into sign_in_failures (quarter, person_id, address, n) values ($1, $2, $3, 1) \
            on conflict (quarter, person_id, address) do update set n = sign_in_failures.n + 1";
        let quarter = Millis(self.now.0 - self.now.0.rem_euclid(QUARTER));
        let known = person.unwrap_or(PersonId(0));
        let addresses: i64 = on!(&mut self.tx, c => sqlx::query_scalar(ADDRESSES)
            .bind(quarter)
            .bind(known)
            .bind(address)
            .fetch_one(c)
            .await?);
        let address = match person {
            None => "",
            Some(_) if addresses >= MOST_ADDRESSES => OTHERS,
            Some(_) => address,
        };
        on!(&mut self.tx, c => { sqlx::query(COUNT).bind(quarter).bind(known).bind(address).execute(c).await?; });
        Ok(())
    }

    /// Takes out what was counted in quarters that have closed, for its rows to be written.
    pub async fn take_closed_failures(&mut self) -> Result<Vec<Failures>> {
        const SQL: &str = "delete from sign_in_failures where quarter <= $1 returning quarter, person_id, address, n";
        let closed = self.now.minus(QUARTER);
        let mut taken: Vec<Failures> = on!(&mut self.tx, c => sqlx::query_as(SQL).bind(closed).fetch_all(c).await?);
        taken.sort_by(|one, other| {
            (one.quarter, one.person_id, &one.address).cmp(&(other.quarter, other.person_id, &other.address))
        });
        Ok(taken)
    }
}

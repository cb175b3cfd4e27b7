//! Slots: each process that writes has one of its own, so that several do not wait for one counter's row. Two with the
//! same slot count as well, only slower.

use super::counter::Slot;
use super::db::{Tx, on};
use super::system::{System, SystemTx, Trail};
use crate::domain::time::{MINUTE, Millis};
use crate::server::error::Result;

/// How many processes can have a slot of their own.
const SLOTS: i64 = 8;
/// A process that did not say for so long that it is there is gone.
pub(super) const GONE: i64 = 3 * MINUTE;

impl System {
    /// Takes a free slot for this process; kept for as long as [`System::keep_slot`] says so. Any one when none is free,
    /// or when nothing can be written now.
    pub async fn with_slot(self) -> Self {
        let taken = self.transaction(|mut tx: SystemTx| async move {
            let (mut taken, now) = (None, tx.now);
            for slot in (0..SLOTS).map(Slot) {
                if tx.tx.take_slot(slot, now).await? {
                    taken = Some(slot);
                    break;
                }
            }
            tx.commit(Trail::Unaudited("a writer's slot")).await?;
            Ok(taken)
        });
        let slot = taken.await.unwrap_or_default().unwrap_or_else(|| Slot(self.ids.id() % SLOTS));
        self.at_slot(slot)
    }

    /// Says that this process is still there.
    pub async fn keep_slot(&self) -> Result<()> {
        const SQL: &str = "insert into slots (slot, seen_at) values ($1, $2) \
            on conflict (slot) do update set seen_at = excluded.seen_at";
        let slot = self.slot;
        self.transaction(move |mut tx: SystemTx| async move {
            let now = tx.now;
            on!(&mut tx.tx, c => { sqlx::query(SQL).bind(slot).bind(now).execute(c).await?; });
            tx.commit(Trail::Unaudited("a writer's slot")).await
        })
        .await
    }

    /// Gives the slot back.
    pub async fn leave_slot(&self) -> Result<()> {
        const SQL: &str = "delete from slots where slot = $1";
        let slot = self.slot;
        self.transaction(move |mut tx: SystemTx| async move {
            on!(&mut tx.tx, c => { sqlx::query(SQL).bind(slot).execute(c).await?; });
            tx.commit(Trail::Unaudited("a writer's slot")).await
        })
        .await
    }
}

impl Tx {
    /// Whether nobody has this slot, or only somebody whose clock was ahead; then it is ours.
    async fn take_slot(&mut self, slot: Slot, now: Millis) -> Result<bool> {
        const SQL: &str = "insert into slots (slot, seen_at) values ($1, $2) \
            on conflict (slot) do update set seen_at = excluded.seen_at \
            where slots.seen_at not between $3 and $4";
        let taken = on!(self, c => sqlx::query(SQL)
            .bind(slot)
            .bind(now)
            .bind(now.minus(GONE))
            .bind(now.plus(GONE))
            .execute(c)
            .await?
            .rows_affected());
        Ok(taken == 1)
    }
}

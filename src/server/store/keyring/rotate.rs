//! A further key, for what is made from then on.

use super::{Keyring, USED_AFTER};
use crate::domain::audit::AuditAction;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::store::audit::Entry;
use crate::server::store::db::on;
use crate::server::store::{Actor, Record, System, SystemTx, SystemView, Trail};
use serde_json::json;

/// What was begun.
#[derive(Clone, Copy, Debug)]
pub struct Rotated {
    pub generation: i64,
    /// When processes begin to use it.
    pub used_from: Millis,
}

impl System {
    /// Makes a key of the next generation, which every process uses two minutes later. What was made with older ones holds.
    ///
    /// # Errors
    /// [`Error::Internal`] when the installation has another secret by now.
    pub async fn rotate_keys(&self, actor: &Actor) -> Result<Rotated> {
        self.follow_keys().await?;
        let (keyring, actor) = (self.keyring().clone(), actor.clone());
        let rotated = self.transaction(move |tx| rotate_once(tx, keyring.clone(), actor.clone())).await?;
        self.follow_keys().await?;
        Ok(rotated)
    }

    /// Notes that it was told where checkpoints are sent which keys took over, up to this generation.
    pub async fn note_told(&self, generations: Vec<i64>) -> Result<()> {
        const SQL: &str = "update installation_keys set told_at = $2 where generation = $1";
        self.transaction(move |mut tx: SystemTx| {
            let generations = generations.clone();
            async move {
                let now = tx.now;
                for generation in generations {
                    on!(&mut tx.tx, c => { sqlx::query(SQL).bind(generation).bind(now).execute(c).await?; });
                }
                tx.commit(Trail::Unaudited("keys that were told")).await
            }
        })
        .await
    }
}

async fn rotate_once(mut tx: SystemTx, keyring: Keyring, actor: Actor) -> Result<Rotated> {
    const NEWEST: &str = "select max(generation) from installation_keys";
    let before: i64 = on!(&mut tx.tx, c => sqlx::query_scalar(NEWEST).fetch_one(c).await?);
    let (generation, now, key) = (before + 1, tx.now, tx.ids.random().into());
    tx.tx.add_key(&keyring.0.secret, generation, &key, now).await?;
    let row = Record::installation(&actor, AuditAction::KeysRotated, String::new(), json!({"generation": generation}));
    let entry = Entry { before: json!({"generation": before}), ..row.entry };
    tx.commit(Trail::Audited(vec![Record { entry, ..row }])).await?;
    Ok(Rotated { generation, used_from: now.plus(USED_AFTER) })
}

impl SystemView {
    /// The generations of the keys of which it was not told yet where checkpoints are sent.
    pub async fn untold_keys(&mut self) -> Result<Vec<i64>> {
        const SQL: &str = "select generation from installation_keys where told_at is null order by generation";
        Ok(on!(&mut self.tx, c => sqlx::query_scalar(SQL).fetch_all(c).await?))
    }
}

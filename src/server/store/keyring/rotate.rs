//! A further key, for what is made from then on.

use super::Keyring;
use crate::domain::audit::AuditAction;
use crate::server::error::Result;
use crate::server::store::db::on;
use crate::server::store::{Actor, Record, System, SystemTx, SystemView, Trail};
use serde_json::json;

impl System {
    /// Makes a key of the next generation, which is returned and which every process uses two minutes later. What was made with older ones holds.
    ///
    /// # Errors
    /// [`Error::Internal`] when the installation has another secret by now.
    pub async fn rotate_keys(&self, actor: &Actor) -> Result<i64> {
        self.follow_keys().await?;
        let (keyring, actor) = (self.keyring().clone(), actor.clone());
        let generation = self.transaction(move |tx| rotate_once(tx, keyring.clone(), actor.clone())).await?;
        self.follow_keys().await?;
        Ok(generation)
    }

    /// Notes that it was told where checkpoints are sent which keys took over, up to this generation.
    pub async fn note_told(&self, newest: i64) -> Result<()> {
        const SQL: &str = "update installation_keys set told_at = $2 where generation <= $1 and told_at is null";
        self.transaction(move |mut tx: SystemTx| async move {
            let now = tx.now;
            on!(&mut tx.tx, c => { sqlx::query(SQL).bind(newest).bind(now).execute(c).await?; });
            tx.commit(Trail::Unaudited("keys that were told")).await
        })
        .await
    }
}

async fn rotate_once(mut tx: SystemTx, keyring: Keyring, actor: Actor) -> Result<i64> {
    const NEWEST: &str = "select max(generation) from installation_keys";
    let before: i64 = on!(&mut tx.tx, c => sqlx::query_scalar(NEWEST).fetch_one(c).await?);
    let (generation, now, key) = (before + 1, tx.now, tx.ids.random().into());
    tx.tx.add_key(&keyring.0.secret, generation, &key, now).await?;
    let row = Record::installation(&actor, AuditAction::KeysRotated, "", json!({"generation": generation}));
    tx.commit(Trail::Audited(vec![row.from_before(json!({"generation": before}))])).await?;
    Ok(generation)
}

impl SystemView {
    /// Whether it was not told yet where checkpoints are sent that a key up to this generation took over.
    pub async fn has_untold_keys(&mut self, newest: i64) -> Result<bool> {
        const SQL: &str = "select count(*) > 0 from installation_keys where generation <= $1 and told_at is null";
        Ok(on!(&mut self.tx, c => sqlx::query_scalar(SQL).bind(newest).fetch_one(c).await?))
    }
}

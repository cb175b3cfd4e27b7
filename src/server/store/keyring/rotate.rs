//! A further key, for what is made from then on.

use super::Keyring;
use crate::domain::audit::AuditAction;
use crate::server::error::Result;
use crate::server::store::db::on;
use crate::server::store::{Actor, Record, System, SystemTx, Trail};
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

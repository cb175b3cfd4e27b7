//! The versions of a workspace's privacy settings; only ever added.

use super::db::{Tx, on};
use super::handle::{Act, Change};
use super::scope::Scope;
use super::{SystemTx, SystemView};
use crate::domain::att::{Policy, Status, Terms};
use crate::domain::id::WorkspaceId;
use crate::domain::privacy::{InForce, Settings};
use crate::domain::time::Millis;
use crate::server::error::{Error, Result};

#[derive(sqlx::FromRow)]
struct SettingsRow {
    version: i64,
    default_status: Option<Status>,
    idfa_policy: Policy,
    changed_at: Millis,
    changed_by: String,
    reason: String,
    moved_profiles: i64,
}

/// A version with what it moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub settings: Settings,
    /// Production profiles whose effective status moved.
    pub moved_profiles: i64,
}

impl From<SettingsRow> for Version {
    fn from(stored: SettingsRow) -> Self {
        let settings = Settings {
            version: stored.version,
            default: stored.default_status,
            policy: stored.idfa_policy,
            changed_at: stored.changed_at,
            changed_by: stored.changed_by,
            reason: stored.reason,
        };
        Self { settings, moved_profiles: stored.moved_profiles }
    }
}

/// Its number, the default, the policy and since when.
type InForceRow = (i64, Option<Status>, Policy, Millis);

fn in_force((version, default, policy, changed_at): InForceRow) -> InForce {
    InForce { version, default, policy, changed_at }
}

const INSERT: &str = "insert into settings_versions (workspace_id, version, default_status, idfa_policy, changed_at, \
    changed_by, reason, moved_profiles) values ($1, $2, $3, $4, $5, $6, $7, $8)";

/// A question about versions, with their columns.
macro_rules! versions {
    ($rest:literal) => {
        concat!(
            "select version, default_status, idfa_policy, changed_at, changed_by, reason, moved_profiles from settings_versions ",
            $rest
        )
    };
}

impl Tx {
    async fn add_version(&mut self, workspace: WorkspaceId, version: &Version) -> Result<()> {
        let Version { settings, moved_profiles } = version;
        on!(self, c => {
            sqlx::query(INSERT)
                .bind(workspace)
                .bind(settings.version)
                .bind(settings.default)
                .bind(settings.policy)
                .bind(settings.changed_at)
                .bind(&settings.changed_by)
                .bind(&settings.reason)
                .bind(*moved_profiles)
                .execute(c)
                .await?;
        });
        Ok(())
    }

    /// The settings in force.
    pub(super) async fn settings(&mut self, workspace: WorkspaceId) -> Result<Settings> {
        // With the limit written out: SQLite plans a statement anew each time a limit is bound to it.
        const SQL: &str = versions!("where workspace_id = $1 order by version desc limit 1");
        let newest: Option<SettingsRow> = on!(self, c => sqlx::query_as(SQL).bind(workspace).fetch_optional(c).await?);
        let newest = newest.ok_or_else(|| Error::Internal("a workspace has no settings".into()))?;
        Ok(Version::from(newest).settings)
    }

    /// On what terms the gate has stood from a version of the settings on, each once.
    pub(super) async fn terms_since(&mut self, workspace: WorkspaceId, version: i64) -> Result<Vec<Terms>> {
        const SQL: &str = "select distinct idfa_policy, default_status from settings_versions \
            where workspace_id = $1 and version >= $2";
        let rows: Vec<(Policy, Option<Status>)> =
            on!(self, c => sqlx::query_as(SQL).bind(workspace).bind(version).fetch_all(c).await?);
        Ok(rows.into_iter().map(|(policy, default)| Terms { policy, default }).collect())
    }
}

impl Scope {
    /// On what terms the gate has stood from a version of the settings on, each once.
    pub async fn terms_since(&mut self, version: i64) -> Result<Vec<Terms>> {
        let workspace = self.workspace.id;
        self.tx.terms_since(workspace, version).await
    }

    /// The settings in force.
    pub async fn settings(&mut self) -> Result<Settings> {
        let workspace = self.workspace.id;
        self.tx.settings(workspace).await
    }

    /// The settings that were in force just before a moment.
    pub async fn settings_before(&mut self, moment: Millis) -> Result<Option<InForce>> {
        // Of what was made just now the moment counts as it is.
        const SQL: &str = "select version, default_status, idfa_policy, changed_at from settings_versions \
            where workspace_id = $1 and (changed_at < $2 or $3 < $2) order by version desc limit 1";
        let (workspace, now) = (self.workspace.id, self.now);
        let row: Option<InForceRow> = on!(&mut self.tx, c =>
            sqlx::query_as(SQL).bind(workspace).bind(moment).bind(now).fetch_optional(c).await?);
        Ok(row.map(in_force))
    }

    /// The settings that were in force at a moment or since, the newest first.
    pub async fn settings_since(&mut self, moment: Millis) -> Result<Vec<InForce>> {
        // What was stamped before the moment was in force before it, whatever clocks did later.
        const SQL: &str = "select version, default_status, idfa_policy, changed_at from settings_versions \
            where workspace_id = $1 and version >= coalesce((select max(b.version) from settings_versions b \
            where b.workspace_id = $1 and b.changed_at < $2), 0) order by version desc";
        let workspace = self.workspace.id;
        let rows: Vec<InForceRow> =
            on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(moment).fetch_all(c).await?);
        Ok(rows.into_iter().map(in_force).collect())
    }

    /// Since when the default in force has been in force: the settings may have changed otherwise since.
    pub async fn default_since(&mut self) -> Result<Millis> {
        const SQL: &str = "select min(changed_at) from settings_versions where workspace_id = $1 and version > \
            coalesce((select max(o.version) from settings_versions o join settings_versions n \
            on n.workspace_id = o.workspace_id and n.version = (select max(l.version) from settings_versions l \
            where l.workspace_id = $1) where o.workspace_id = $1 \
            and o.default_status is distinct from n.default_status), 0)";
        let workspace = self.workspace.id;
        Ok(on!(&mut self.tx, c => sqlx::query_scalar(SQL).bind(workspace).fetch_one(c).await?))
    }

    pub(super) async fn settings_version(&mut self) -> Result<i64> {
        Ok(self.settings().await?.version)
    }

    /// The newest versions, newest first.
    pub async fn settings_versions(&mut self, limit: i64) -> Result<Vec<Version>> {
        const SQL: &str = versions!("where workspace_id = $1 order by version desc limit $2");
        let workspace = self.workspace.id;
        let rows: Vec<SettingsRow> =
            on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(limit).fetch_all(c).await?);
        Ok(rows.into_iter().map(Version::from).collect())
    }
}

impl<A: Act> Change<A> {
    /// Adds the next version. Of two that add the same number the second fails, and looks again.
    pub async fn add_settings(&mut self, settings: Settings, moved_profiles: i64) -> Result<()> {
        let workspace = self.workspace.id;
        self.tx.add_version(workspace, &Version { settings, moved_profiles }).await
    }
}

impl SystemView {
    /// The number of the settings in force.
    pub async fn settings_version(&mut self, workspace: WorkspaceId) -> Result<i64> {
        Ok(self.tx.settings(workspace).await?.version)
    }
}

impl SystemTx {
    /// Version 1: nothing is assumed, and an IDFA that no status permits is not kept.
    pub(super) async fn first_settings(&mut self, workspace: WorkspaceId) -> Result<()> {
        let settings = Settings {
            version: 1,
            default: None,
            policy: Policy::Withhold,
            changed_at: self.now,
            changed_by: "set-up".to_owned(),
            reason: String::new(),
        };
        self.tx.add_version(workspace, &Version { settings, moved_profiles: 0 }).await
    }
}

//! Inputs.

use super::data_problem_days::UNSUMMED;
use super::db::{Tx, given, on};
use super::handle::{Act, Change};
use super::postgres_tx::on_postgres;
use super::scope::Scope;
use crate::domain::app::App;
use crate::domain::att::{Policy, Status};
use crate::domain::id::{AppId, InputId, WorkspaceId};
use crate::domain::input::{Counted, Input, InputSnapshot};
use crate::domain::time::{Day, Millis};
use crate::server::error::{Error, Result};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

#[derive(sqlx::FromRow)]
struct InputRow {
    id: InputId,
    name: String,
    app_id: Option<AppId>,
    public_key: String,
    secret_version: i64,
    paused: bool,
    takes_placeholders: bool,
    requests_per_second: Option<i64>,
    created_at: Millis,
    last_batch_at: Option<Millis>,
}

impl InputRow {
    fn split(self) -> (Input, InputSnapshot) {
        let state = InputSnapshot {
            input: self.id,
            name: self.name.clone(),
            key: self.public_key.clone(),
            paused: self.paused,
            takes_placeholders: self.takes_placeholders,
            requests_per_second: self.requests_per_second,
            secret_version: self.secret_version,
        };
        let input = Input {
            id: self.id,
            name: self.name,
            app: self.app_id,
            key: self.public_key,
            paused: self.paused,
            takes_placeholders: self.takes_placeholders,
            requests_per_second: self.requests_per_second,
            created_at: self.created_at,
            last_batch_at: self.last_batch_at,
        };
        (input, state)
    }
}

/// What the event stream needs to know of an input.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Receiver {
    pub id: InputId,
    pub name: String,
    pub app_id: Option<AppId>,
    pub paused: bool,
    /// How many batches it has taken.
    pub accepted: i64,
    /// Whether a batch of an Apple device ever said its status.
    pub says_statuses: bool,
    /// The workspace's.
    pub time_zone: String,
    /// Of the settings in force.
    #[sqlx(rename = "default_status")]
    pub default: Option<Status>,
    /// Of the settings in force.
    #[sqlx(rename = "idfa_policy")]
    pub policy: Option<Policy>,
    /// Whether an erasing of the workspace has not ended.
    pub erasing: bool,
    /// The first of the workspace's days whose data problems are not summed up.
    pub unsummed_from: Option<Day>,
}

/// The inputs of a workspace, with what `$rest` adds to the question.
macro_rules! inputs {
    ($rest:literal) => {
        concat!(
            "select i.id, i.name, i.app_id, i.public_key, i.secret_version, i.paused, i.takes_placeholders, i.requests_per_second, i.created_at, \
             (select max(a.last_at) from arrivals a where a.workspace_id = $1 and a.input_id = i.id) \
             as last_batch_at from inputs i where i.workspace_id = $1",
            $rest
        )
    };
}

impl Scope {
    /// The workspace's inputs, in the order of their names.
    pub async fn inputs(&mut self) -> Result<Vec<Input>> {
        const SQL: &str = inputs!(" order by i.name, i.id");
        let workspace = self.workspace.id;
        let rows: Vec<InputRow> = on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).fetch_all(c).await?);
        Ok(rows.into_iter().map(|row| row.split().0).collect())
    }

    /// One input of this workspace, with the state that its audit rows hold.
    pub async fn input(&mut self, id: InputId) -> Result<Option<(Input, InputSnapshot)>> {
        const SQL: &str = inputs!(" and i.id = $2");
        let workspace = self.workspace.id;
        let row: Option<InputRow> =
            on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(id).fetch_optional(c).await?);
        Ok(row.map(InputRow::split))
    }
}

impl Tx {
    /// What the event stream needs to know of these inputs.
    pub(super) async fn receivers(
        &mut self,
        workspace: WorkspaceId,
        inputs: BTreeSet<InputId>,
    ) -> Result<BTreeMap<InputId, Receiver>> {
        const SQL: &str = "select i.id, i.name, i.app_id, i.paused, coalesce(taken.n, 0) as accepted, \
            exists (select 1 from input_counts said where said.workspace_id = $1 and said.input_id = i.id \
            and said.counted = $4) as says_statuses, w.time_zone, \
            s.default_status, s.idfa_policy, exists (select 1 from erasures e where e.workspace_id = $1 \
            and e.progress in ('waiting', 'running')) as erasing, (select k.day from kept_from k \
            where k.workspace_id = $1 and k.what = $5) as unsummed_from from inputs i \
            join workspaces w on w.id = $1 \
            left join settings_versions s on s.workspace_id = $1 \
            and s.version = (select max(version) from settings_versions where workspace_id = $1) \
            left join input_counts taken on taken.workspace_id = $1 and taken.input_id = i.id and taken.counted = $3 \
            and taken.reason = '' where i.workspace_id = $1 \
            and i.id in (select cast(given.value->>'id' as bigint) from jsonb_each($2) as given)";
        let asked = given(inputs.into_iter().map(|input| json!({"id": input.0})));
        let rows: Vec<Receiver> = on!(self, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(asked)
            .bind(Counted::Accepted)
            .bind(Counted::WithStatus)
            .bind(UNSUMMED)
            .fetch_all(c)
            .await?);
        Ok(rows.into_iter().map(|receiver| (receiver.id, receiver)).collect())
    }

    /// Gives the input its own app; another process may have been faster.
    pub(super) async fn set_input_app(&mut self, workspace: WorkspaceId, id: InputId, app: AppId) -> Result<()> {
        const SQL: &str = "update inputs set app_id = $3 where workspace_id = $1 and id = $2 and app_id is null";
        let set = on!(self, c => {
            sqlx::query(SQL).bind(workspace).bind(id).bind(app).execute(c).await?.rows_affected()
        });
        if set == 1 { Ok(()) } else { Err(Error::Again("the input was given an app meanwhile".to_owned())) }
    }
}

impl<A: Act> Change<A> {
    pub async fn add_input(&mut self, name: &str, key: &str, app: Option<AppId>) -> Result<InputSnapshot> {
        const SQL: &str = "insert into inputs (workspace_id, id, name, app_id, public_key, secret_version, paused, \
            takes_placeholders, created_at) values ($1, $2, $3, $4, $5, 1, $6, $6, $7)";
        let (workspace, id, now) = (self.workspace.id, InputId(self.ids.id()), self.now);
        on!(&mut self.tx, c => {
            sqlx::query(SQL)
                .bind(workspace)
                .bind(id)
                .bind(name)
                .bind(app)
                .bind(key)
                .bind(false)
                .bind(now)
                .execute(c)
                .await?;
        });
        Ok(InputSnapshot {
            input: id,
            name: name.to_owned(),
            key: key.to_owned(),
            paused: false,
            takes_placeholders: false,
            requests_per_second: None,
            secret_version: 1,
        })
    }

    /// The input, locked so that two acts on it cannot both begin from the same state.
    pub async fn locked_input(&mut self, id: InputId) -> Result<Option<InputSnapshot>> {
        // Its key stays: what refers to the input is stored meanwhile.
        const HOLD: &str = "select id from inputs where workspace_id = $1 and id = $2 for no key update";
        let workspace = self.workspace.id;
        if let Tx::Postgres(tx) = &mut self.tx {
            on_postgres!(tx, c => sqlx::query(HOLD).bind(workspace).bind(id).execute(c).await?);
        }
        Ok(self.input(id).await?.map(|(_, state)| state))
    }

    /// Writes what may change of an input.
    pub async fn update_input(&mut self, state: &InputSnapshot) -> Result<()> {
        const SQL: &str = "update inputs set paused = $3, secret_version = $4, requests_per_second = $5, \
            takes_placeholders = $6 \
            where workspace_id = $1 and id = $2";
        let workspace = self.workspace.id;
        on!(&mut self.tx, c => {
            sqlx::query(SQL)
                .bind(workspace)
                .bind(state.input)
                .bind(state.paused)
                .bind(state.secret_version)
                .bind(state.requests_per_second)
                .bind(state.takes_placeholders)
                .execute(c)
                .await?;
        });
        Ok(())
    }

    /// The app with this bundle id, made when it is new.
    pub async fn app(&mut self, bundle: &str) -> Result<AppId> {
        let (workspace, now) = (self.workspace.id, self.now);
        // Senders who make the same app meanwhile wait for the lane, and nobody of another workspace waits for them.
        self.tx.take_lane(workspace).await?;
        let known = self.tx.apps_by_bundle(workspace, BTreeSet::from([bundle])).await?;
        if let Some(known) = known.into_values().next() {
            return Ok(known);
        }
        let app = App { id: AppId(self.ids.id()), bundle: Some(bundle.to_owned()), name: bundle.to_owned() };
        self.tx.add_apps(workspace, std::slice::from_ref(&app), now).await?;
        Ok(app.id)
    }
}

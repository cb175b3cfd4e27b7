//! What a workspace's log says is also what is in force: settings, members, tokens and inputs follow from its rows.

use crate::domain::att::Status;
use crate::domain::audit::{AuditAction, AuditRow};
use crate::domain::id::{InputId, PersonId, TokenId, WorkspaceId};
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::store::db::{Tx, on};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What is in force of one kind, by its key.
pub(super) type InForce = BTreeMap<String, Value>;

/// What follows from the rows that were taken so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    settings: InForce,
    members: InForce,
    tokens: InForce,
    inputs: InForce,
    /// Whether a second factor is required.
    demand: InForce,
}

impl Replay {
    /// Takes the next row of a workspace's chain.
    pub fn take(&mut self, row: &AuditRow) {
        let (before, after) = (&row.before, &row.after);
        let text = |state: &Value, field: &str| state[field].as_str().unwrap_or_default().to_owned();
        match AuditAction::parse(&row.action) {
            Some(AuditAction::WorkspaceAdded) => {
                self.settings.insert("1".to_owned(), settings(after));
            }
            Some(AuditAction::DefaultChanged | AuditAction::PolicyChanged) => {
                self.settings.insert(after["version"].to_string(), settings(after));
            }
            Some(AuditAction::SecondFactorDemandSet) => {
                self.demand = demand(after["second_factor_required"] == true);
            }
            Some(AuditAction::MemberRoleSet) => {
                self.members.insert(text(after, "person"), after["role"].clone());
            }
            Some(AuditAction::MemberRemoved) => {
                self.members.remove(&text(before, "person"));
            }
            Some(AuditAction::TokenAdded) => {
                let state = json!([after["name"], after["role"], after["expires_ms"]]);
                self.tokens.insert(text(after, "token"), state);
            }
            Some(AuditAction::TokenRevoked) => {
                self.tokens.remove(&text(before, "token"));
            }
            Some(
                AuditAction::InputAdded
                | AuditAction::InputPaused
                | AuditAction::InputResumed
                | AuditAction::SecretRotated
                | AuditAction::InputLimitSet
                | AuditAction::InputPlaceholdersSet,
            ) => {
                let fields = ["name", "key", "paused", "takes_placeholders", "requests_per_second", "secret_version"];
                self.inputs
                    .insert(text(after, "input"), fields.into_iter().map(|field| after[field].clone()).collect());
            }
            _ => {}
        }
    }

    /// What is in force otherwise than the log says; `None` where nothing is.
    pub fn differs_from(&self, in_force: &Self) -> Option<&'static str> {
        let kinds = [
            (&self.settings, &in_force.settings, "the settings are not those that the log says"),
            (&self.demand, &in_force.demand, "whether two-factor authentication is required is not what the log says"),
            (&self.members, &in_force.members, "the members are not those that the log says"),
            (&self.tokens, &in_force.tokens, "the API tokens are not those that the log says"),
            (&self.inputs, &in_force.inputs, "the inputs are not those that the log says"),
        ];
        kinds.into_iter().find(|(said, found, _)| said != found).map(|(_, _, why)| why)
    }
}

/// Empty where it is not.
fn demand(required: bool) -> InForce {
    if required { InForce::from([("required".to_owned(), true.into())]) } else { InForce::new() }
}

fn settings(state: &Value) -> Value {
    json!([state["default_att_status"], state["idfa_policy"]])
}

/// An input as it is in force.
#[derive(sqlx::FromRow)]
struct InputRow {
    id: InputId,
    name: String,
    public_key: String,
    paused: bool,
    takes_placeholders: bool,
    requests_per_second: Option<i64>,
    secret_version: i64,
}

impl Tx {
    /// What is in force in a workspace. Names that this version does not know are compared as they are.
    pub(super) async fn in_force(&mut self, workspace: WorkspaceId) -> Result<Replay> {
        const SETTINGS: &str =
            "select version, default_status, idfa_policy from settings_versions where workspace_id = $1";
        const DEMAND: &str = "select demands_second_factor from workspaces where id = $1";
        const MEMBERS: &str = "select person_id, role from members where workspace_id = $1";
        const TOKENS: &str = "select token_id, name, role, expires_at from credentials \
            where workspace_id = $1 and kind = 'token'";
        const INPUTS: &str = "select id, name, public_key, paused, takes_placeholders, requests_per_second, \
            secret_version from inputs where workspace_id = $1";
        let demands: bool = on!(&mut *self, c => sqlx::query_scalar(DEMAND).bind(workspace).fetch_one(c).await?);
        let settings: Vec<(i64, Option<i64>, String)> =
            on!(&mut *self, c => sqlx::query_as(SETTINGS).bind(workspace).fetch_all(c).await?);
        let members: Vec<(PersonId, String)> =
            on!(&mut *self, c => sqlx::query_as(MEMBERS).bind(workspace).fetch_all(c).await?);
        let tokens: Vec<(TokenId, String, Option<String>, Option<Millis>)> =
            on!(&mut *self, c => sqlx::query_as(TOKENS).bind(workspace).fetch_all(c).await?);
        let inputs: Vec<InputRow> = on!(&mut *self, c => sqlx::query_as(INPUTS).bind(workspace).fetch_all(c).await?);
        let status =
            |code: Option<i64>| code.map(|code| Status::from_code(code).map_or(json!(code), |status| json!(status)));
        Ok(Replay {
            demand: demand(demands),
            settings: settings
                .into_iter()
                .map(|(version, default, policy)| (version.to_string(), json!([status(default), policy])))
                .collect(),
            members: members.into_iter().map(|(person, role)| (person.to_string(), json!(role))).collect(),
            tokens: tokens
                .into_iter()
                .map(|(token, name, role, expires)| (token.to_string(), json!([name, role, expires])))
                .collect(),
            inputs: inputs
                .into_iter()
                .map(|row| {
                    let state = json!([
                        row.name,
                        row.public_key,
                        row.paused,
                        row.takes_placeholders,
                        row.requests_per_second,
                        row.secret_version
                    ]);
                    (row.id.to_string(), state)
                })
                .collect(),
        })
    }
}

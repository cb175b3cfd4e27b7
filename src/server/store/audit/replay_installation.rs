//! The same of the installation's log: who has an account and may what with it, which workspaces there are, and how many
//! keys.

use super::replay::InForce;
use crate::domain::audit::{AuditAction, AuditRow};
use crate::domain::id::{PersonId, WorkspaceId};
use crate::server::error::Result;
use crate::server::store::db::{Tx, on};
use serde_json::{Value, json};

/// What follows from the rows that were taken so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationReplay {
    people: InForce,
    workspaces: InForce,
    /// The newest generation of the keys.
    keys: i64,
    /// Whether operators need a second factor.
    demand: bool,
}

impl Default for InstallationReplay {
    fn default() -> Self {
        Self { people: InForce::new(), workspaces: InForce::new(), keys: 1, demand: false }
    }
}

impl InstallationReplay {
    /// Takes the next row of the installation's chain.
    pub fn take(&mut self, row: &AuditRow) {
        let after = &row.after;
        let person = row.target.as_str();
        let mut set = |field: &str, value: Value| {
            if let Some(person) = self.people.get_mut(person) {
                person[field] = value;
            }
        };
        match AuditAction::parse(&row.action) {
            Some(AuditAction::SetUp | AuditAction::PersonAdded) => {
                let state = json!({"name": after["name"], "operator": after["operator"], "disabled": false,
                    "second_factor": false});
                self.people.insert(person.to_owned(), state);
            }
            Some(AuditAction::PersonRenamed) => set("name", after["name"].clone()),
            Some(AuditAction::PersonDisabled) => set("disabled", true.into()),
            Some(AuditAction::PersonEnabled) => set("disabled", false.into()),
            Some(AuditAction::SecondFactorSetUp) => set("second_factor", true.into()),
            Some(AuditAction::SecondFactorRemoved) => set("second_factor", false.into()),
            Some(AuditAction::SecondFactorDemandSet) => self.demand = after["second_factor_required"] == true,
            Some(AuditAction::OperatorMade) => set("operator", true.into()),
            Some(AuditAction::OperatorUnmade) => set("operator", false.into()),
            Some(AuditAction::WorkspaceAdded) => {
                let id = after["workspace"].as_str().unwrap_or_default();
                self.workspaces.insert(id.to_owned(), json!([after["slug"], after["name"], after["time_zone"]]));
            }
            Some(AuditAction::KeysRotated) => self.keys = after["generation"].as_i64().unwrap_or_default(),
            _ => {}
        }
    }

    /// What is in force otherwise than the log says; `None` where nothing is.
    pub fn differs_from(&self, in_force: &Self) -> Option<&'static str> {
        if self.people != in_force.people {
            return Some("the accounts and operators are not those that the log says");
        }
        if self.workspaces != in_force.workspaces {
            return Some("the workspaces are not those that the log says");
        }
        if self.demand != in_force.demand {
            return Some("whether operators need two-factor authentication is not what the log says");
        }
        (self.keys != in_force.keys).then_some("the keys are not those that the log says")
    }
}

impl Tx {
    /// What is in force in the installation.
    pub(super) async fn installation_in_force(&mut self) -> Result<InstallationReplay> {
        const PEOPLE: &str = "select id, name, operator, disabled_at is not null, \
            exists (select 1 from second_factors f where f.person_id = p.id) from people p";
        const WORKSPACES: &str = "select id, slug, name, time_zone from workspaces";
        const DEMAND: &str = "select operators_need_second_factor from installation";
        const KEYS: &str = "select max(generation) from installation_keys";
        let people: Vec<(PersonId, String, bool, bool, bool)> =
            on!(&mut *self, c => sqlx::query_as(PEOPLE).fetch_all(c).await?);
        let workspaces: Vec<(WorkspaceId, String, String, String)> =
            on!(&mut *self, c => sqlx::query_as(WORKSPACES).fetch_all(c).await?);
        let person = |(id, name, operator, disabled, second_factor): (PersonId, String, bool, bool, bool)| {
            let state =
                json!({"name": name, "operator": operator, "disabled": disabled, "second_factor": second_factor});
            (id.to_string(), state)
        };
        let workspace = |(id, slug, name, time_zone): (WorkspaceId, String, String, String)| {
            (id.to_string(), json!([slug, name, time_zone]))
        };
        Ok(InstallationReplay {
            people: people.into_iter().map(person).collect(),
            workspaces: workspaces.into_iter().map(workspace).collect(),
            demand: on!(&mut *self, c => sqlx::query_scalar(DEMAND).fetch_one(c).await?),
            keys: on!(&mut *self, c => sqlx::query_scalar(KEYS).fetch_one(c).await?),
        })
    }
}

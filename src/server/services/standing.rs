//! Whether somebody may sign in, and whether they are an operator.

use super::Services;
use super::person::{assert_theirs, operators_only};
use super::second_factor::demand_notice;
use crate::domain::audit::AuditAction;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::PersonId;
use crate::domain::notice::{NoticeKind, NoticeState};
use crate::domain::role::Role;
use crate::server::error::{Error, Result};
use crate::server::store::link::LinkKind;
use crate::server::store::notice::NewNotice;
use crate::server::store::person::Person;
use crate::server::store::{Actor, Record, SystemTx, Trail};
use serde_json::json;

/// What becomes of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Their sessions end, and neither their password nor their tokens nor their invitations are good for anything; their
    /// roles stay, for the day on which they are enabled.
    Disabled,
    Enabled,
    Operator,
    /// No operator any more.
    NoOperator,
}

impl Standing {
    fn action(self) -> AuditAction {
        match self {
            Self::Disabled => AuditAction::PersonDisabled,
            Self::Enabled => AuditAction::PersonEnabled,
            Self::Operator => AuditAction::OperatorMade,
            Self::NoOperator => AuditAction::OperatorUnmade,
        }
    }

    fn is_of(self, person: &Person) -> bool {
        match self {
            Self::Disabled => person.disabled,
            Self::Enabled => !person.disabled,
            Self::Operator => person.operator,
            Self::NoOperator => !person.operator,
        }
    }
}

/// Changes somebody's standing: operators and the command line may, nobody their own. What it is already, it stays
/// without a row. A new operator must be `confirmed` where somebody else was shown their account's first link.
///
/// # Errors
/// [`Refusal::Invalid`] where nobody would be left who can do what they do: the last operator, or a workspace's last
/// Compliance Admin. [`Refusal::NotFound`] for nobody.
pub async fn set_standing(
    services: &Services,
    actor: &Actor,
    person: PersonId,
    (standing, confirmed): (Standing, bool),
) -> Result<()> {
    let actor = actor.clone();
    let work = move |tx| set_standing_once(tx, actor.clone(), person, standing, confirmed);
    services.system.transaction(work).await
}

async fn set_standing_once(
    mut tx: SystemTx,
    actor: Actor,
    id: PersonId,
    standing: Standing,
    confirmed: bool,
) -> Result<()> {
    operators_only(&mut tx, &actor).await?;
    actor.assert_confirmed(tx.now)?;
    if actor.person() == Some(id) {
        return Err(Refusal::Forbidden.into());
    }
    let workspaces = tx.workspaces_of(id).await?;
    if standing == Standing::Disabled {
        // Members before people, as whoever writes in a workspace locks them.
        tx.lock_members_of(&workspaces).await?;
    }
    let operators = tx.locked_operators().await?;
    let person = tx.person(id).await?.ok_or(Refusal::NotFound)?;
    if standing.is_of(&person) {
        return Ok(());
    }
    let ends = matches!(standing, Standing::Disabled | Standing::NoOperator);
    if ends && operators == [id] {
        return Err(Error::invalid("person", Problem::LastOperator));
    }
    let mut state = json!({"person": id, "name": person.name});
    match standing {
        Standing::Disabled => {
            for workspace in &workspaces {
                if tx.able_members(*workspace, Role::ComplianceAdmin).await? == [id] {
                    return Err(Error::invalid("person", Problem::LastComplianceAdmin));
                }
            }
            state["sessions_ended"] = tx.end_sessions_but(id, None).await?.into();
            tx.end_links(LinkKind::Password, Some(id)).await?;
            tx.set_disabled(id, true).await?;
        }
        Standing::Enabled => tx.set_disabled(id, false).await?,
        Standing::Operator => {
            assert_theirs(actor.person(), &person, confirmed, "person")?;
            tx.set_operator(id, true).await?;
        }
        Standing::NoOperator => tx.set_operator(id, false).await?,
    }
    if matches!(standing, Standing::Operator | Standing::NoOperator) {
        let role = (standing == Standing::Operator).then(|| "operator".to_owned());
        let told = NoticeState { who: actor.told(), role, ..NoticeState::default() };
        tx.notify(&NewNotice::new(id, NoticeKind::RoleChanged, told)).await?;
    }
    if standing == Standing::Operator && !person.has_second_factor() && tx.operators_need_second_factor().await? {
        tx.notify(&demand_notice(id, None, actor.told(), tx.now)).await?;
    }
    let row = Record::installation(&actor, standing.action(), id.to_string(), state);
    let is_of_workspaces = matches!(standing, Standing::Disabled | Standing::Enabled);
    let rows = tx.rows_of(if is_of_workspaces { &workspaces } else { &[] }, row).await?;
    tx.commit(Trail::Audited(rows)).await
}

//! Password-reset links: power over an account, and so only for operators and the command line.

use crate::domain::audit::AuditAction;
use crate::domain::error::Refusal;
use crate::domain::id::PersonId;
use crate::domain::text::Email;
use crate::server::auth::key::{LINK_LASTS, link_token};
use crate::server::error::Result;
use crate::server::store::link::LinkKind;
use crate::server::store::system::Record;
use crate::server::store::{Actor, Event, Store, SystemTx, Who};
use serde_json::{Value, json};

/// Refuses people who are no operators, inside the transaction that acts.
pub(super) async fn operators_only(system: &mut SystemTx, actor: &Actor) -> Result<()> {
    match &actor.who {
        Who::Person { id, .. } if system.person(*id).await?.is_some_and(|person| person.operator) => Ok(()),
        Who::CommandLine => Ok(()),
        _ => Err(Refusal::Forbidden.into()),
    }
}

/// Makes a link by which a person chooses another password, and ends their sessions; answers its token. Earlier links
/// of theirs end. Every workspace of the person has a row of it, for its Compliance Admins to see.
pub async fn make_reset_link(store: &Store, actor: &Actor, email: &str) -> Result<String> {
    let email = Email::parse(email).map_err(|problem| Refusal::invalid("email", problem))?;
    let (token, token_hash) = link_token(store.ids());
    let actor = actor.clone();
    let work = move |mut system: SystemTx| {
        let (email, token_hash, actor) = (email.clone(), token_hash.clone(), actor.clone());
        async move {
            operators_only(&mut system, &actor).await?;
            let person = system.person_by_email(&email).await?.ok_or(Refusal::NotFound)?;
            let ended = system.end_sessions_but(person.id, None).await?;
            system.end_links(LinkKind::Password, Some(person.id)).await?;
            let expires = system.now.plus(LINK_LASTS);
            system.add_link(&token_hash, LinkKind::Password, Some(person.id), expires).await?;
            let state = json!({"person": person.id, "name": person.name, "sessions_ended": ended});
            let rows = rows(&mut system, &actor, person.id, state).await?;
            system.commit(Event::Audit(rows)).await
        }
    };
    store.system(work).await?;
    Ok(token)
}

/// The row in the installation's chain, and one in that of each of the person's workspaces.
async fn rows(system: &mut SystemTx, actor: &Actor, person: PersonId, state: Value) -> Result<Vec<Record>> {
    let row = Record::installation(actor, AuditAction::ResetLinkMade, person.to_string(), state);
    let mut rows = vec![row.clone()];
    for workspace in system.workspaces_of(person).await? {
        rows.push(system.row_of(workspace, row.clone()).await?);
    }
    Ok(rows)
}

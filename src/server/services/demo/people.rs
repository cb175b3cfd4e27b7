//! The people of the demo: one per role, in one workspace.

use crate::domain::error::Refusal;
use crate::domain::role::Role;
use crate::domain::text::Email;
use crate::server::calendar::UTC;
use crate::server::error::Result;
use crate::server::services::Services;
use crate::server::services::member::set_member;
use crate::server::services::person::{NewAccount, add_account};
use crate::server::services::workspace::{FirstAdmin, NewWorkspace, add_workspace};
use crate::server::store::{Actor, Store, Who, Workspace, WorkspaceRef};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::SecretString;

/// One person per role, with passwords made for this database.
pub(super) async fn people(
    services: &Services,
    actor: &Actor,
) -> Result<(Vec<(Role, String, SecretString)>, Workspace)> {
    let store = services.store();
    let mut people = Vec::new();
    let mut made = None;
    for role in Role::ALL {
        let email = format!("{}@demo.example", role.as_str().replace('_', "-"));
        let password: SecretString = BASE64_URL_SAFE_NO_PAD.encode(store.ids().random::<12>()).into();
        let name = format!("Demo {}", crate::ui::words::role(role));
        let new = NewAccount { email: email.clone(), name, operator: false, password: Some(password.clone()) };
        add_account(services, actor, new).await?;
        if made.is_none() {
            let (name, time_zone) = ("Northwind Games".to_owned(), UTC.to_owned());
            let admin = Some(FirstAdmin { email: email.clone(), name: None, confirmed: false });
            let new = NewWorkspace { name, slug: None, time_zone, org: None, account: None, admin };
            made = Some(add_workspace(services, actor, new).await?.workspace);
        }
        let workspace = made.as_ref().map(|workspace| WorkspaceRef::Id(workspace.id)).ok_or(Refusal::NotFound)?;
        set_member(store, actor, workspace, &email, (role, false)).await?;
        people.push((role, email, password));
    }
    Ok((people, made.ok_or(Refusal::NotFound)?))
}

/// Somebody of them, as they act in a browser.
pub(super) async fn acting(store: &Store, email: &str) -> Result<Actor> {
    let email = Email::parse(email).map_err(|_| Refusal::NotFound)?;
    let person = store.system_view().await?.person_by_email(&email).await?.ok_or(Refusal::NotFound)?;
    let who = Who::Person { id: person.id, name: person.name };
    Ok(Actor { who, address: Some("192.0.2.7".to_owned()), ..Actor::command_line() })
}

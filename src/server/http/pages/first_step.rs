//! What is left to do in a workspace to which nothing ever came.

use crate::domain::app::App;
use crate::domain::environment::Environment;
use crate::domain::permission::{Permission, may};
use crate::domain::role::Role;
use crate::server::error::Result;
use crate::server::store::View;
use crate::ui::frame::{NavPage, address};
use crate::ui::pages::overview::FirstStep;

/// What somebody does who begins, with what is done of it.
pub async fn first_steps(view: &mut View, is_in_development: bool) -> Result<Vec<FirstStep>> {
    let inputs = view.inputs().await?;
    let apps = view.apps().await?;
    let is_decided = view.settings().await?.default.is_some();
    let slug = view.workspace.slug.to_string();
    let role = view.role;
    let at = |page: NavPage, permission: Permission| {
        let is_allowed = role.is_some_and(|role| may(role, permission));
        is_allowed.then(|| address(&slug, page, Environment::Production))
    };
    let is_named = |app: &App| app.bundle.as_ref().is_some_and(|bundle| *bundle != app.name);
    let seen = if is_in_development { "Some came to development. " } else { "" };
    let mut steps = vec![
        FirstStep {
            title: "Create an input",
            about: "A key and a secret by which your app or your server sends events.".to_owned(),
            is_done: !inputs.is_empty(),
            address: at(NavPage::Inputs, Permission::ManageInputs),
        },
        FirstStep {
            title: "Send a first event to production",
            about: format!("{seen}The input’s page has a curl that is ready to run: choose production there."),
            is_done: false,
            address: at(NavPage::Inputs, Permission::SeeInputs).and_then(|list| match inputs.as_slice() {
                [] => None,
                [input] => Some(format!("{list}/{}", input.id)),
                _ => Some(list),
            }),
        },
        FirstStep {
            title: "Name your app",
            about: "It appears by its bundle id; a name is easier to read.".to_owned(),
            is_done: apps.iter().any(is_named),
            address: at(NavPage::Apps, Permission::ManageInputs).filter(|_| !apps.is_empty()),
        },
        FirstStep {
            title: "Decide on the default",
            about: "What devices that never report a status count as. Until then nothing is assumed.".to_owned(),
            is_done: is_decided,
            address: at(NavPage::Privacy, Permission::ChangePrivacySettings),
        },
    ];
    if view.may(Permission::SeeMembers) {
        let is_able = |role: &Role| may(*role, Permission::ChangePrivacySettings);
        let members: Vec<Role> =
            view.members().await?.into_iter().filter(|member| !member.disabled).map(|member| member.role).collect();
        let invited: Vec<Role> = view.invitations().await?.into_iter().map(|invitation| invitation.role).collect();
        let able = members.iter().chain(&invited).filter(|role| is_able(role)).count();
        steps.push(FirstStep {
            title: "Invite a second Compliance Admin",
            about: "Only Compliance Admins change the default: one alone may be away when it matters.".to_owned(),
            is_done: able > 1,
            address: at(NavPage::Members, Permission::ManageMembers),
        });
    }
    Ok(steps)
}

//! Pages outside every workspace: what is around them, and who may open them.

use crate::server::error::Result;
use crate::server::http::caller::SignedInPerson;
use crate::server::store::SystemView;
use crate::server::store::person::Person;
use crate::server::store::workspace::Membership;
use crate::ui::frame::Other;
use crate::ui::installation::{InstallationFrame, InstallationPage};

/// What is around a page outside every workspace.
pub async fn installation_frame(
    system: &mut SystemView,
    person: &Person,
    page: InstallationPage,
) -> Result<InstallationFrame> {
    let workspaces = system.memberships(person.id).await?;
    let other = |Membership { slug, name, role }: Membership| Other { slug: slug.to_string(), name, role };
    Ok(InstallationFrame {
        page: Some(page),
        person: person.name.clone(),
        operator: person.operator,
        theme: person.theme,
        unread: person.unread,
        workspaces: workspaces.into_iter().map(other).collect(),
    })
}

/// Refuses everybody who is not an operator, or lacks the second factor that the installation demands of those.
pub fn operators_only(visit: &SignedInPerson) -> Result<()> {
    visit.person.assert_operator()
}

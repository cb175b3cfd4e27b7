//! Pages outside every workspace: what is around them, and who may open them.

use crate::domain::error::Refusal;
use crate::server::error::Result;
use crate::server::http::caller::SignedInPerson;
use crate::server::store::SystemView;
use crate::server::store::workspace::Membership;
use crate::ui::frame::Other;
use crate::ui::installation::{InstallationFrame, InstallationPage};

/// What is around a page outside every workspace.
pub async fn installation_frame(
    view: &mut SystemView,
    visit: &SignedInPerson,
    page: InstallationPage,
) -> Result<InstallationFrame> {
    let workspaces = view.memberships(visit.person.id).await?;
    let other = |Membership { slug, name, role }: Membership| Other { slug: slug.to_string(), name, role };
    Ok(InstallationFrame {
        page,
        person: visit.person.name.clone(),
        operator: visit.person.operator,
        theme: visit.person.theme,
        workspaces: workspaces.into_iter().map(other).collect(),
    })
}

/// Refuses whoever is no operator.
pub fn operators_only(visit: &SignedInPerson) -> Result<()> {
    if visit.person.operator { Ok(()) } else { Err(Refusal::Forbidden.into()) }
}

//! The pages. One page = one page model = one read.

pub mod att;
pub mod audit;
pub mod input;
pub mod inputs;
pub mod overview;
pub mod profile;
pub mod refused;
pub mod session;
pub mod setup;

use leptos::prelude::*;

/// Every page with its model.
#[derive(Clone, Debug)]
pub enum Page {
    SignIn(session::SignIn),
    SetUp(setup::SetUp),
    NoWorkspace(session::NoWorkspace),
    Overview(Box<overview::Overview>),
    Att(Box<att::AttSettings>),
    Audit(Box<audit::AuditLog>),
    Profiles(Box<profile::Profiles>),
    Inputs(Box<inputs::Inputs>),
    Input(Box<input::InputPage>),
    Refused(refused::Refused),
}

impl Page {
    /// The document's title.
    pub fn title(&self) -> String {
        match self {
            Self::SignIn(_) => "Sign in".to_owned(),
            Self::SetUp(_) => "Set-up".to_owned(),
            Self::NoWorkspace(_) => "No workspace".to_owned(),
            Self::Overview(page) => format!("Overview – {}", page.frame.workspace),
            Self::Att(page) => format!("Privacy settings – {}", page.frame.workspace),
            Self::Audit(page) => format!("Audit log – {}", page.frame.workspace),
            Self::Profiles(page) => format!("Profiles – {}", page.frame.workspace),
            Self::Inputs(page) => format!("Inputs – {}", page.frame.workspace),
            Self::Input(page) => format!("{} – {}", page.name, page.frame.workspace),
            Self::Refused(page) => page.title().to_owned(),
        }
    }

    /// Whether it needs the browser's script; pages without an island load none.
    pub fn has_island(&self) -> bool {
        matches!(self, Self::Overview(page) if page.live.is_some())
    }

    /// The page in its frame.
    pub fn view(self) -> AnyView {
        match self {
            Self::SignIn(page) => session::sign_in(page).into_any(),
            Self::SetUp(page) => setup::set_up(page).into_any(),
            Self::NoWorkspace(page) => session::no_workspace(page).into_any(),
            Self::Overview(page) => overview::overview(*page).into_any(),
            Self::Att(page) => att::att(*page).into_any(),
            Self::Audit(page) => audit::audit(*page).into_any(),
            Self::Profiles(page) => profile::profiles(*page).into_any(),
            Self::Inputs(page) => inputs::inputs(*page).into_any(),
            Self::Input(page) => input::input(*page).into_any(),
            Self::Refused(page) => refused::refused(page).into_any(),
        }
    }
}

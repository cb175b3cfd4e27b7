//! The pages. One page = one page model = one read.

pub mod account;
pub mod api;
pub mod apps;
pub mod att;
pub mod audit;
pub mod input;
pub mod inputs;
pub mod invitation;
pub mod members;
pub mod overview;
pub mod people;
pub mod profile;
pub mod refused;
pub mod samples;
pub mod session;
pub mod setup;
pub mod stored;
pub mod tokens;
pub mod workspaces;

use crate::domain::theme::Theme;
use crate::ui::drawn::{Drawn, InertElement};

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
    Apps(Box<apps::Apps>),
    Members(Box<members::Members>),
    Tokens(Box<tokens::Tokens>),
    Invitation(invitation::Invitation),
    Account(Box<account::Account>),
    Api(Box<api::Api>),
    Stored(Box<stored::Stored>),
    People(Box<people::People>),
    Workspaces(Box<workspaces::Workspaces>),
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
            Self::Audit(page) => match &page.around {
                audit::Around::Workspace(frame) => format!("Audit log – {}", frame.workspace),
                audit::Around::Installation(_) => "Installation log".to_owned(),
            },
            Self::Profiles(page) => format!("Profiles – {}", page.frame.workspace),
            Self::Inputs(page) => format!("Inputs – {}", page.frame.workspace),
            Self::Input(page) => format!("{} – {}", page.name, page.frame.workspace),
            Self::Apps(page) => format!("Apps – {}", page.frame.workspace),
            Self::Members(page) => format!("Members – {}", page.frame.workspace),
            Self::Tokens(page) => format!("API tokens – {}", page.frame.workspace),
            Self::Invitation(_) => "Invitation".to_owned(),
            Self::Account(_) => "Account".to_owned(),
            Self::Api(_) => "API".to_owned(),
            Self::Stored(_) => "What is stored".to_owned(),
            Self::People(_) => "People".to_owned(),
            Self::Workspaces(_) => "Workspaces".to_owned(),
            Self::Refused(page) => page.title().to_owned(),
        }
    }

    /// The look that its reader chose; as the system has it where nobody is signed in.
    pub fn theme(&self) -> Theme {
        match self {
            Self::SignIn(_) | Self::SetUp(_) | Self::Invitation(_) | Self::Refused(_) => Theme::System,
            Self::NoWorkspace(page) => page.outside.theme,
            Self::Overview(page) => page.frame.theme,
            Self::Att(page) => page.frame.theme,
            Self::Audit(page) => page.around.theme(),
            Self::Profiles(page) => page.frame.theme,
            Self::Inputs(page) => page.frame.theme,
            Self::Input(page) => page.frame.theme,
            Self::Apps(page) => page.frame.theme,
            Self::Members(page) => page.frame.theme,
            Self::Tokens(page) => page.frame.theme,
            Self::Account(page) => page.outside.theme,
            Self::Api(page) => page.outside.theme,
            Self::Stored(page) => page.outside.theme,
            Self::People(page) => page.outside.theme,
            Self::Workspaces(page) => page.outside.theme,
        }
    }

    /// Whether it needs the browser's script; pages without an island load none.
    pub fn has_island(&self) -> bool {
        matches!(self, Self::Overview(page) if page.live.is_some())
    }

    /// The page in its frame.
    pub fn view(self) -> InertElement {
        match self {
            Self::SignIn(page) => session::sign_in(page).drawn(),
            Self::SetUp(page) => setup::set_up(page).drawn(),
            Self::NoWorkspace(page) => session::no_workspace(page).drawn(),
            Self::Overview(page) => overview::overview(*page).drawn(),
            Self::Att(page) => att::att(*page).drawn(),
            Self::Audit(page) => audit::audit(*page).drawn(),
            Self::Profiles(page) => profile::profiles(*page).drawn(),
            Self::Inputs(page) => inputs::inputs(*page).drawn(),
            Self::Input(page) => input::input(*page).drawn(),
            Self::Apps(page) => apps::apps(*page).drawn(),
            Self::Members(page) => members::members(*page).drawn(),
            Self::Tokens(page) => tokens::tokens(*page).drawn(),
            Self::Account(page) => account::account(*page).drawn(),
            Self::Api(page) => api::api(*page).drawn(),
            Self::Stored(page) => stored::stored(*page).drawn(),
            Self::People(page) => people::people(*page).drawn(),
            Self::Workspaces(page) => workspaces::workspaces(*page).drawn(),
            Self::Invitation(page) => invitation::invitation(page).drawn(),
            Self::Refused(page) => refused::refused(page).drawn(),
        }
    }
}

//! The pages. One page = one page model = one read.

pub mod account;
pub mod api;
pub mod app;
pub mod audit;
pub mod input;
pub mod invitation;
pub mod member;
pub mod overview;
pub mod person;
pub mod privacy;
pub mod profile;
pub mod refused;
pub mod sample;
pub mod session;
pub mod setup;
pub mod stored;
pub mod token;
pub mod workspace;

use crate::domain::theme::Theme;
use crate::ui::prerender::{InertElement, Prerender};

/// Every page with its model.
#[derive(Clone, Debug)]
pub enum Page {
    SignIn(session::SignIn),
    SetUp(setup::SetUp),
    NoWorkspace(session::NoWorkspace),
    Overview(Box<overview::Overview>),
    Att(Box<privacy::AttSettings>),
    Audit(Box<audit::AuditLog>),
    Profiles(Box<profile::Profiles>),
    Inputs(Box<input::list::Inputs>),
    Input(Box<input::InputPage>),
    Apps(Box<app::Apps>),
    Members(Box<member::Members>),
    Tokens(Box<token::Tokens>),
    Invitation(invitation::Invitation),
    Account(Box<account::Account>),
    Api(Box<api::Api>),
    Stored(Box<stored::Stored>),
    People(Box<person::People>),
    Workspaces(Box<workspace::Workspaces>),
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
            Self::NoWorkspace(page) => page.frame.theme,
            Self::Overview(page) => page.frame.theme,
            Self::Att(page) => page.frame.theme,
            Self::Audit(page) => page.around.theme(),
            Self::Profiles(page) => page.frame.theme,
            Self::Inputs(page) => page.frame.theme,
            Self::Input(page) => page.frame.theme,
            Self::Apps(page) => page.frame.theme,
            Self::Members(page) => page.frame.theme,
            Self::Tokens(page) => page.frame.theme,
            Self::Account(page) => page.frame.theme,
            Self::Api(page) => page.frame.theme,
            Self::Stored(page) => page.frame.theme,
            Self::People(page) => page.frame.theme,
            Self::Workspaces(page) => page.frame.theme,
        }
    }

    /// Whether it needs the browser's script; pages without an island load none.
    pub fn has_island(&self) -> bool {
        matches!(self, Self::Overview(page) if page.live.is_some())
    }

    /// The page in its frame.
    pub fn view(self) -> InertElement {
        match self {
            Self::SignIn(page) => session::sign_in(page).prerender(),
            Self::SetUp(page) => setup::set_up(page).prerender(),
            Self::NoWorkspace(page) => session::no_workspace(page).prerender(),
            Self::Overview(page) => overview::overview(*page).prerender(),
            Self::Att(page) => privacy::att(*page).prerender(),
            Self::Audit(page) => audit::audit(*page).prerender(),
            Self::Profiles(page) => profile::profiles(*page).prerender(),
            Self::Inputs(page) => input::list::inputs(*page).prerender(),
            Self::Input(page) => input::input(*page).prerender(),
            Self::Apps(page) => app::apps(*page).prerender(),
            Self::Members(page) => member::members(*page).prerender(),
            Self::Tokens(page) => token::tokens(*page).prerender(),
            Self::Account(page) => account::account(*page).prerender(),
            Self::Api(page) => api::api(*page).prerender(),
            Self::Stored(page) => stored::stored(*page).prerender(),
            Self::People(page) => person::people(*page).prerender(),
            Self::Workspaces(page) => workspace::workspaces(*page).prerender(),
            Self::Invitation(page) => invitation::invitation(page).prerender(),
            Self::Refused(page) => refused::refused(page).prerender(),
        }
    }
}

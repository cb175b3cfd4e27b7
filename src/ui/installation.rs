//! The frame of pages outside every workspace, for everybody who is signed in: the account, and what operators see.

use super::frame::{Other, Rail, rail, shell, who};
use super::parts::icon::Icon;
use super::words;
use crate::domain::closed_list::closed_list;
use crate::domain::theme::Theme;
use leptos::prelude::*;

closed_list! {
    /// The pages outside every workspace.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum InstallationPage {
        Account,
        Api,
        Stored,
        Workspaces,
        People,
        Jobs,
        Log,
    }
}

impl InstallationPage {
    pub fn title(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Api => "API",
            Self::Stored => "What is stored",
            Self::Workspaces => "Workspaces",
            Self::People => "People",
            Self::Jobs => "Jobs",
            Self::Log => "Installation log",
        }
    }

    pub fn address(self) -> &'static str {
        match self {
            Self::Account => "/account",
            Self::Api => "/api",
            Self::Stored => "/stored",
            Self::Workspaces => "/workspaces",
            Self::People => "/people",
            Self::Jobs => "/jobs",
            Self::Log => "/log",
        }
    }

    /// Whether only operators may open it.
    pub fn is_for_operators(self) -> bool {
        !matches!(self, Self::Account | Self::Api | Self::Stored)
    }

    fn icon(self) -> Icon {
        match self {
            Self::Account => Icon::Person,
            Self::Api => Icon::Plug,
            Self::Stored => Icon::Lock,
            Self::Workspaces => Icon::Shield,
            Self::People => Icon::People,
            Self::Jobs => Icon::Clock,
            Self::Log => Icon::List,
        }
    }
}

/// What the frame shows.
#[derive(Clone, Debug)]
pub struct InstallationFrame {
    /// `None` on a page that the rail does not lead to.
    pub page: Option<InstallationPage>,
    pub person: String,
    pub operator: bool,
    pub theme: Theme,
    /// How many notices the person did not read.
    pub unread: i64,
    /// All workspaces of the person.
    pub workspaces: Vec<Other>,
}

/// The frame with a page's content in it.
pub fn installation_frame(frame: InstallationFrame, content: impl IntoView) -> impl IntoView {
    let pages = InstallationPage::ALL.into_iter().filter(|page| frame.operator || !page.is_for_operators());
    let pages = pages.map(|page| Rail {
        address: page.address().to_owned(),
        title: page.title().to_owned(),
        icon: page.icon(),
        current: Some(page) == frame.page,
    });
    let homes = frame.workspaces.iter().map(|other| Rail {
        address: format!("/w/{}/overview", other.slug),
        title: other.name.clone(),
        icon: Icon::Chart,
        current: false,
    });
    let role = if frame.operator { "Operator" } else { words::NO_ROLE_HERE };
    let body = view! {
        {rail(vec![homes.collect(), pages.collect()])}
        <div class="rail-foot">{who(&frame.person, role, frame.unread)}</div>
    };
    shell("/".to_owned(), frame.unread, body, content)
}

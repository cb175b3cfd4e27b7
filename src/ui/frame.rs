//! The frame around every page of a workspace: where you are, where you can go, and the default in force.

use super::parts::icon::{Icon, icon};
use super::parts::popover::popover;
use super::parts::{field, status};
use super::words::{self, Moment};
use crate::domain::att::{Policy, Status};
use crate::domain::closed_list::closed_list;
use crate::domain::environment::Environment;
use crate::domain::permission::{Permission, may};
use crate::domain::role::Role;
use crate::domain::theme::Theme;
use crate::ui::prerender::Prerender;
use leptos::prelude::*;

closed_list! {
    /// The pages of a workspace, in the order of the rail.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum NavPage {
        Overview,
        Metrics,
        Alerts,
        Profiles,
        Privacy,
        Audit,
        Inputs,
        Apps,
        Members,
        Tokens,
    }
}

/// The groups of the rail.
const GROUPS: usize = 3;

impl NavPage {
    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Metrics => "Metrics",
            Self::Alerts => "Alerts",
            Self::Profiles => "Profiles",
            Self::Privacy => "Privacy settings",
            Self::Audit => "Audit log",
            Self::Inputs => "Inputs",
            Self::Apps => "Apps",
            Self::Members => "Members",
            Self::Tokens => "API tokens",
        }
    }

    /// The last part of its address.
    pub fn path(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Metrics => "metrics",
            Self::Alerts => "alerts",
            Self::Profiles => "profiles",
            Self::Privacy => "privacy",
            Self::Audit => "audit",
            Self::Inputs => "inputs",
            Self::Apps => "apps",
            Self::Members => "members",
            Self::Tokens => "tokens",
        }
    }

    /// What one must be allowed to open it.
    pub fn permission(self) -> Permission {
        match self {
            Self::Overview | Self::Metrics | Self::Alerts => Permission::SeeMetrics,
            Self::Profiles => Permission::LookUpProfiles,
            Self::Privacy => Permission::SeePrivacySettings,
            Self::Audit => Permission::SeeAudit,
            Self::Inputs | Self::Apps => Permission::SeeInputs,
            Self::Members => Permission::SeeMembers,
            Self::Tokens => Permission::ManageTokens,
        }
    }

    fn icon(self) -> Icon {
        match self {
            Self::Overview => Icon::Chart,
            Self::Metrics => Icon::Rise,
            Self::Alerts => Icon::Bell,
            Self::Profiles => Icon::Person,
            Self::Privacy => Icon::Lock,
            Self::Audit => Icon::List,
            Self::Inputs => Icon::Plug,
            Self::Apps => Icon::Phone,
            Self::Members => Icon::People,
            Self::Tokens => Icon::Key,
        }
    }

    /// Its group in the rail.
    fn group(self) -> usize {
        match self {
            Self::Overview | Self::Metrics | Self::Alerts | Self::Profiles => 0,
            Self::Privacy | Self::Audit => 1,
            Self::Inputs | Self::Apps | Self::Members | Self::Tokens => GROUPS - 1,
        }
    }

    /// Whether it shows one environment, which its links then keep.
    fn has_environment(self) -> bool {
        matches!(self, Self::Overview | Self::Metrics | Self::Profiles)
    }
}

/// A workspace that the person may switch to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    pub slug: String,
    pub name: String,
    pub role: Role,
}

/// What the frame shows.
#[derive(Clone, Debug)]
pub struct Frame {
    /// `None` on a page that the rail does not lead to.
    pub page: Option<NavPage>,
    pub slug: String,
    pub workspace: String,
    /// Where its days begin: a name of the IANA database.
    pub time_zone: String,
    pub person: String,
    pub theme: Theme,
    pub role: Role,
    pub environment: Environment,
    pub default: Option<Status>,
    pub policy: Policy,
    pub version: i64,
    /// Since when this default has been in force.
    pub since: Moment,
    /// How many notices the person did not read.
    pub unread: i64,
    /// All workspaces of the person, this one too.
    pub workspaces: Vec<Other>,
}

impl Frame {
    /// The address of a page of this workspace, in the environment that is being looked at.
    pub fn address(&self, page: NavPage) -> String {
        let environment = if page.has_environment() { self.environment } else { Environment::Production };
        address(&self.slug, page, environment)
    }

    /// Whether the person's role allows it.
    pub fn may(&self, permission: Permission) -> bool {
        may(self.role, permission)
    }
}

/// The address of a page of a workspace.
pub fn address(slug: &str, page: NavPage, environment: Environment) -> String {
    let query = if environment == Environment::Development { "?environment=development" } else { "" };
    format!("/w/{slug}/{}{query}", page.path())
}

/// The frame with a page's content in it.
pub fn frame(frame: Frame, content: impl IntoView) -> impl IntoView {
    let shows_one = frame.page.filter(|page| page.has_environment());
    let development = shows_one.filter(|_| frame.environment == Environment::Development);
    let banner = development.map(|page| {
        let back = address(&frame.slug, page, Environment::Production);
        view! {
            <p class="environment-banner">
                <b>"Development"</b>": test devices only. Nothing here counts in production. "
                <a href=back>"Show production"</a>
            </p>
        }
    });
    let groups = (0..GROUPS).map(|group| {
        let pages = NavPage::ALL.into_iter().filter(|page| page.group() == group && frame.may(page.permission()));
        let link = |page: NavPage| Rail {
            address: frame.address(page),
            title: page.title().to_owned(),
            icon: page.icon(),
            current: Some(page) == frame.page,
        };
        pages.map(link).collect()
    });
    let body = view! {
        {switcher(&frame)}
        {rail(groups.collect())}
        <div class="rail-foot">
            <a class="in-force" href=frame.address(NavPage::Privacy)>
                <small>"Default in force"</small>
                <b>{status::default(frame.default)}</b>
                <small>"since "{field::moment(frame.since.clone())}</small>
                <small>{format!("IDFA policy: {} · version {}", words::policy(frame.policy), frame.version)}</small>
            </a>
            {who(&frame.person, words::role(frame.role), frame.unread)}
        </div>
    };
    let printed = format!("{} · default {}, version {}", frame.workspace, words::default(frame.default), frame.version);
    let content = view! { <p class="printed">{printed}</p>{banner}{content.prerender()} };
    shell(frame.address(NavPage::Overview), frame.unread, body, content)
}

/// A link of the rail.
pub struct Rail {
    pub address: String,
    pub title: String,
    pub icon: Icon,
    pub current: bool,
}

/// The rail's links, in groups.
pub fn rail(groups: Vec<Vec<Rail>>) -> impl IntoView {
    let groups = groups.into_iter().filter(|group| !group.is_empty()).map(|group| {
        let links = group.into_iter().map(|Rail { address, title, icon: sign, current }| {
            let current = current.then_some("page");
            view! { <li><a href=address aria-current=current>{icon(sign)}{title}</a></li> }
        });
        view! { <ul>{links.collect_view()}</ul> }
    });
    view! { <nav aria-label="Pages">{groups.collect_view()}</nav> }
}

/// Who is signed in, with the way to their account and out, and how many notices they did not read.
pub fn who(person: &str, role: &'static str, unread: i64) -> impl IntoView + use<> {
    let unread = (unread > 0).then(|| view! { " "<span class="tag">{notices(unread)}</span> });
    view! {
        <div class="who">
            {icon(Icon::Person)}
            <p><a href="/account"><b>{person.to_owned()}</b>{unread}</a><small>{role}</small></p>
            <form method="post" action="/sign-out"><button class="quiet">"Sign out"</button></form>
        </div>
    }
}

fn notices(unread: i64) -> String {
    format!("{unread} notice{}", if unread == 1 { "" } else { "s" })
}

/// The rail beside the content. How many notices were not read stands beside the menu too, where that is folded. On a phone it is folded into a menu: a checkbox holds it open, no script.
pub fn shell(home: String, unread: i64, body: impl IntoView, content: impl IntoView) -> impl IntoView {
    let told = (unread > 0).then(|| view! { <a class="unread tag" href="/account">{notices(unread)}</a> });
    view! {
        <div class="frame">
            <header class="rail">
                <div class="rail-inner">
                    <a class="brand" href=home>{icon(Icon::Shield)}"Attest"</a>
                    {told}
                    <input type="checkbox" id="menu-open" class="menu-open" aria-label="Show the menu" />
                    <label for="menu-open" class="menu-button" aria-hidden="true">{icon(Icon::Menu)}</label>
                    <div class="rail-body">{body.prerender()}</div>
                </div>
            </header>
            <main id="main" tabindex="-1">{content.prerender()}</main>
        </div>
    }
}

fn switcher(frame: &Frame) -> impl IntoView + use<> {
    let page = frame.page;
    let others = frame.workspaces.iter().map(|other| {
        // The same page there, if it may be opened; every role may see the Overview.
        let page = page.filter(|page| may(other.role, page.permission())).unwrap_or(NavPage::Overview);
        let current = (other.slug == frame.slug).then_some("true");
        view! {
            <li>
                <a href=address(&other.slug, page, Environment::Production) aria-current=current>
                    {other.name.clone()}<small>{words::role(other.role)}</small>
                </a>
            </li>
        }
    });
    let shown = view! {
        <span><b>{frame.workspace.clone()}</b><small>{words::environment(frame.environment)}" · days in "{frame.time_zone.clone()}</small></span>
        {icon(Icon::Chevron)}
    };
    popover("workspaces", "switcher", shown, view! { <ul>{others.collect_view()}</ul> })
}

/// A page outside every workspace: sign-in, set-up, errors.
pub fn bare(content: impl IntoView) -> impl IntoView {
    view! {
        <div class="bare">
            <header><a class="brand" href="/">{icon(Icon::Shield)}"Attest"</a></header>
            <main id="main" tabindex="-1">{content.prerender()}</main>
        </div>
    }
}

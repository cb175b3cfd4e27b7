//! The frame around every page of a workspace: where you are, where you can go, and the default in force.

use super::parts::icon::{Icon, icon};
use super::parts::{field, status};
use super::words::{self, Moment};
use crate::domain::att::{Policy, Status};
use crate::domain::environment::Environment;
use crate::domain::policy::{Action, may};
use crate::domain::role::Role;
use crate::domain::theme::Theme;
use crate::ui::drawn::Drawn;
use leptos::prelude::*;

/// The pages of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Overview,
    Profiles,
    Privacy,
    Audit,
    Inputs,
    Apps,
    Members,
    Tokens,
}

impl Place {
    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
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
    pub fn action(self) -> Action {
        match self {
            Self::Overview => Action::SeeMetrics,
            Self::Profiles => Action::LookUpProfiles,
            Self::Privacy => Action::SeeSettings,
            Self::Audit => Action::SeeAudit,
            Self::Inputs | Self::Apps => Action::SeeInputs,
            Self::Members => Action::SeeMembers,
            Self::Tokens => Action::ManageTokens,
        }
    }

    fn icon(self) -> Icon {
        match self {
            Self::Overview => Icon::Chart,
            Self::Profiles => Icon::Person,
            Self::Privacy => Icon::Lock,
            Self::Audit => Icon::List,
            Self::Inputs => Icon::Plug,
            Self::Apps => Icon::Phone,
            Self::Members => Icon::People,
            Self::Tokens => Icon::Key,
        }
    }

    /// Whether it shows one environment, which its links then keep.
    fn has_environment(self) -> bool {
        matches!(self, Self::Overview | Self::Profiles)
    }
}

/// The rail's groups.
const GROUPS: [&[Place]; 3] = [
    &[Place::Overview, Place::Profiles],
    &[Place::Privacy, Place::Audit],
    &[Place::Inputs, Place::Apps, Place::Members, Place::Tokens],
];

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
    pub place: Place,
    pub slug: String,
    pub workspace: String,
    pub person: String,
    pub theme: Theme,
    pub role: Role,
    pub environment: Environment,
    pub default: Option<Status>,
    pub policy: Policy,
    pub version: i64,
    /// Since when this default has been in force.
    pub since: Moment,
    /// All workspaces of the person, this one too.
    pub workspaces: Vec<Other>,
}

impl Frame {
    /// The address of a page of this workspace, in the environment that is being looked at.
    pub fn address(&self, place: Place) -> String {
        let environment = if place.has_environment() { self.environment } else { Environment::Production };
        address(&self.slug, place, environment)
    }

    /// Whether the person's role allows it.
    pub fn may(&self, action: Action) -> bool {
        may(self.role, action)
    }
}

/// The address of a page of a workspace.
pub fn address(slug: &str, place: Place, environment: Environment) -> String {
    let query = if environment == Environment::Development { "?environment=development" } else { "" };
    format!("/w/{slug}/{}{query}", place.path())
}

/// The frame with a page's content in it.
pub fn frame(frame: Frame, content: impl IntoView) -> impl IntoView {
    let development = frame.place.has_environment() && frame.environment == Environment::Development;
    let banner = development.then(|| {
        let back = address(&frame.slug, frame.place, Environment::Production);
        view! {
            <p class="environment-banner">
                <b>"Development"</b>" – test devices only; nothing here counts in production. "
                <a href=back>"Show production"</a>
            </p>
        }
    });
    let groups = GROUPS.map(|group| {
        let places = group.iter().filter(|place| frame.may(place.action()));
        let link = |place: &Place| Rail {
            address: frame.address(*place),
            title: place.title().to_owned(),
            icon: place.icon(),
            current: *place == frame.place,
        };
        places.map(link).collect()
    });
    let body = view! {
        {switcher(&frame)}
        {rail(groups.into())}
        <div class="rail-foot">
            <a class="in-force" href=frame.address(Place::Privacy)>
                <small>"Default in force"</small>
                <b>{status::default(frame.default)}</b>
                <small>"since "{field::moment(frame.since.clone())}</small>
                <small>{format!("IDFA policy: {} · version {}", words::policy(frame.policy), frame.version)}</small>
            </a>
            {who(&frame.person, words::role(frame.role))}
        </div>
    };
    let printed = format!("{} · default {}, version {}", frame.workspace, words::default(frame.default), frame.version);
    let content = view! { <p class="printed">{printed}</p>{banner}{content.drawn()} };
    shell(frame.address(Place::Overview), body, content)
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

/// Who is signed in, with the way to their account and out.
pub fn who(person: &str, role: &'static str) -> impl IntoView + use<> {
    view! {
        <div class="who">
            {icon(Icon::Person)}
            <p><a href="/account"><b>{person.to_owned()}</b></a><small>{role}</small></p>
            <form method="post" action="/sign-out"><button class="quiet">"Sign out"</button></form>
        </div>
    }
}

/// The rail beside the content. On a phone it is folded into a menu: a checkbox holds it open, no script.
pub fn shell(home: String, body: impl IntoView, content: impl IntoView) -> impl IntoView {
    view! {
        <div class="frame">
            <header class="rail">
                <div class="rail-inner">
                    <a class="brand" href=home>{icon(Icon::Shield)}"Attest"</a>
                    <input type="checkbox" id="menu-open" class="menu-open" aria-label="Show the menu" />
                    <label for="menu-open" class="menu-button" aria-hidden="true">{icon(Icon::Menu)}</label>
                    <div class="rail-body">{body.drawn()}</div>
                </div>
            </header>
            <main id="main" tabindex="-1">{content.drawn()}</main>
        </div>
    }
}

fn switcher(frame: &Frame) -> impl IntoView + use<> {
    let place = frame.place;
    let others = frame.workspaces.iter().map(|other| {
        // The same page there, if it may be opened; every role may see the Overview.
        let place = if may(other.role, place.action()) { place } else { Place::Overview };
        let current = (other.slug == frame.slug).then_some("true");
        view! {
            <li>
                <a href=address(&other.slug, place, Environment::Production) aria-current=current>
                    {other.name.clone()}<small>{words::role(other.role)}</small>
                </a>
            </li>
        }
    });
    view! {
        <details class="switcher">
            <summary>
                <span><b>{frame.workspace.clone()}</b><small>{frame.environment.as_str()}</small></span>
                {icon(Icon::Chevron)}
            </summary>
            <ul>{others.collect_view()}</ul>
        </details>
    }
}

/// A page outside every workspace: sign-in, set-up, errors.
pub fn bare(content: impl IntoView) -> impl IntoView {
    view! {
        <div class="bare">
            <header><a class="brand" href="/">{icon(Icon::Shield)}"Attest"</a></header>
            <main id="main" tabindex="-1">{content.drawn()}</main>
        </div>
    }
}

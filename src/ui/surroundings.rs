//! What is around a page, which says what the page is called and how it looks.

use super::frame::{Frame, bare, frame};
use super::installation::{InstallationFrame, installation_frame};
use super::prerender::{InertElement, Prerender};
use leptos::prelude::*;

/// What the reader sees around a page that may stand in several places.
#[derive(Clone, Debug)]
pub enum Surroundings {
    Workspace(Box<Frame>),
    Installation(Box<InstallationFrame>),
    /// Nobody is signed in, or it is not known who.
    Nothing,
}

impl Surroundings {
    /// The page with its content in it.
    pub fn around(self, content: impl IntoView) -> InertElement {
        match self {
            Self::Workspace(around) => frame(*around, content).prerender(),
            Self::Installation(around) => installation_frame(*around, content).prerender(),
            Self::Nothing => bare(content).prerender(),
        }
    }
}

/// The same, of a page model that keeps it.
pub enum Around<'a> {
    Workspace(&'a Frame),
    Installation(&'a InstallationFrame),
    Nothing,
}

impl<'a> From<&'a Surroundings> for Around<'a> {
    fn from(surroundings: &'a Surroundings) -> Self {
        match surroundings {
            Surroundings::Workspace(frame) => Self::Workspace(frame),
            Surroundings::Installation(frame) => Self::Installation(frame),
            Surroundings::Nothing => Self::Nothing,
        }
    }
}

/// What each page model says of itself.
pub trait Model {
    fn around(&self) -> Around<'_>;

    /// Its title, where that is not the one in the rail.
    fn own_title(&self) -> Option<String> {
        None
    }

    /// Whether something that was sent is refused: the title says so too.
    fn has_faults(&self) -> bool {
        false
    }

    /// Whether a password is typed there, which can be shown and is judged by a script.
    fn asks_password(&self) -> bool {
        false
    }

    /// Whether it has filters, which a script sends as soon as they are changed.
    fn has_filters(&self) -> bool {
        false
    }

    /// Whether it waits for something, which a script asks for again and again.
    fn is_waiting(&self) -> bool {
        false
    }

    /// Whether it needs the browser's script; pages without an island load none.
    fn has_island(&self) -> bool {
        false
    }
}

//! Apps: what a device key is scoped by.

use super::id::AppId;

/// How many apps senders can make in a workspace; all further bundle ids are one app.
pub const MOST_APPS: i64 = 1000;

/// An app of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    pub id: AppId,
    /// The bundle id (`application_info.package`); `None` for an app named after an input.
    pub bundle: Option<String>,
    pub name: String,
}

impl App {
    /// Whether a text is its id or its bundle id.
    pub fn is_called(&self, text: &str) -> bool {
        Some(self.id) == AppId::parse(text) || self.bundle.as_deref() == Some(text)
    }
}

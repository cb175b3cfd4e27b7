//! What became of something that was sent: the words that every page uses for it.

/// Over the faults of a form.
pub const NOT_SAVED: &str = "Not saved.";
pub const NOT_SAVED_LEAD: &str = "Please correct:";
/// Before the reason why an act was refused.
pub const NOTHING_CHANGED: &str = "Nothing was changed.";
/// In place of figures when the session has ended, and the link beside it.
pub const SIGNED_OUT: &str = "You are signed out.";
pub const SIGN_IN_AGAIN: &str = "Sign in again";
/// In place of figures when the reader's membership has ended, and the link beside it.
pub const NO_ACCESS: &str = "You no longer have access to this workspace.";
pub const YOUR_WORKSPACES: &str = "Go to your workspaces";

/// The same for scripts.
pub const STALE_VERSION: &str = "the version sent is not the current one: read it again";

/// Whose change came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The reader's own, from another window or tab.
    OwnChange,
    SomebodyElses,
    /// It is not known whose.
    Unknown,
}

/// A change that came after another one, which it did not know of.
pub fn conflict(of: Conflict) -> &'static str {
    match of {
        Conflict::OwnChange => "You changed the settings in another window first; this change was not saved.",
        Conflict::SomebodyElses => "Somebody else changed the settings first; your change was not saved.",
        Conflict::Unknown => "This was changed in the meantime",
    }
}

//! Saved views: names for pages of metrics with what was chosen there.

use super::id::SavedViewId;

/// How many somebody has of their own in a workspace, and a workspace for everybody, at most.
pub const MOST_SAVED: usize = 50;

/// The longest query that is saved, in bytes.
pub const LONGEST_QUERY: usize = 2000;

/// A page of metrics by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    pub id: SavedViewId,
    /// Whether it is everybody's, and not one person's own.
    pub is_shared: bool,
    pub name: String,
    /// The view as it is called in addresses.
    pub view: String,
    /// The query of its address, without a question mark.
    pub query: String,
}

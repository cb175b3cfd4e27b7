//! What the Overview's island asks the server: a Leptos server function, answered by what `server::http` provides.

use crate::domain::error::{Code, Message};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, JsonEncoding};
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use std::pin::Pin;
use std::sync::Arc;

/// The counts of a workspace as the page shows them, drawn by the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    pub html: String,
    /// Two fragments with the same tag are the same.
    pub tag: String,
}

/// Which counts, and what the page shows already.
#[derive(Clone, Debug)]
pub struct CountsQuery {
    /// The workspace's slug.
    pub workspace: String,
    /// The query of the page's address: its filters.
    pub filters: String,
    /// Whether the page has its filter among the counts.
    pub with_filter: bool,
    /// The tag of what the page shows.
    pub shown: String,
}

/// What came to its end while the page was open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Session,
    /// The membership, the role that allowed it, or the workspace.
    Access,
}

/// Why there is no answer, in the shape of every other interface's errors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CountsRefused {
    pub errors: Vec<Message>,
}

impl CountsRefused {
    /// What is over, so that asking again would not help.
    pub fn over(&self) -> Option<Over> {
        self.errors.iter().find_map(|error| match error.code {
            Code::Unauthorized => Some(Over::Session),
            Code::Forbidden | Code::NotFound => Some(Over::Access),
            _ => None,
        })
    }
}

impl FromServerFnError for CountsRefused {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let (code, message) = match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
                (Code::BadRequest, "request: a parameter is missing or cannot be read")
            }
            _ => (Code::Unavailable, "the server did not answer"),
        };
        Self { errors: vec![Message { code, message: message.to_owned() }] }
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Option<Fragment>, CountsRefused>> + Send>>;

/// How the server answers: it looks up whoever asks, and what they may see.
#[derive(Clone)]
pub struct Source(pub Arc<dyn Fn(CountsQuery) -> Answer + Send + Sync>);

/// The counts, unless they are what the page shows.
///
/// # Errors
///
/// When nobody is signed in, when the role does not allow it, and when the store is away.
#[server(prefix = "/live", endpoint = "overview", input = GetUrl)]
pub async fn counts_since(
    workspace: String,
    #[server(default)] filters: String,
    #[server(default)] with_filter: bool,
    #[server(default)] shown: String,
) -> Result<Option<Fragment>, CountsRefused> {
    let source = expect_context::<Source>();
    source.0(CountsQuery { workspace, filters, with_filter, shown }).await
}

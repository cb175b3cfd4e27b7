//! What tests stand on: a store of either kind, a clock that they set, and an app that they ask as a browser or script.

mod clock;
mod counts;
mod http;
mod postgres;
mod server;
mod statements;
mod world;

pub use clock::{clock, unsteady};
pub use counts::count;
pub use http::{Cookie, Reply, basic, bearer};
pub use postgres::{Cluster, fresh_database, own_port};
pub use server::{Answer, Binary, Server, post, report, send, sqlite_in};
pub use statements::statements;
pub use world::{Backend, PASSWORD, SECRET, SECRET_TEXT, World, open, workspace_ref};

/// Makes each of these a test on SQLite and one on Postgres.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::harness::World::new($crate::harness::Backend::Sqlite).await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::harness::World::new($crate::harness::Backend::Postgres).await).await;
            })*
        }
    };
}
pub(crate) use on_both;

//! What happens: one verb per function.
//!
//! What needs nobody's permission (accounts, sessions, jobs) needs the key that [`Services`] keeps to itself. A handler
//! has the store, whose writes are acts: with a permission, and an audit row. It cannot write past them, neither by the
//! store nor by the services:
//!
//! ```compile_fail,E0599
//! # use attest::server::state::AppState;
//! # use attest::server::store::Trail;
//! async fn handler(state: AppState) {
//!     let _ = state.store.transaction(|tx| tx.commit(Trail::Unaudited("nobody asked"))).await;
//! }
//! ```
//!
//! ```compile_fail,E0616
//! # use attest::server::state::AppState;
//! # use attest::server::store::Trail;
//! async fn handler(state: AppState) {
//!     let _ = state.services.system.transaction(|tx| tx.commit(Trail::Unaudited("nobody asked"))).await;
//! }
//! ```
//!
//! With the key it could:
//!
//! ```no_run
//! # use attest::server::store::{System, Trail};
//! async fn service(system: System) {
//!     let _ = system.transaction(|tx| tx.commit(Trail::Unaudited("nobody asked"))).await;
//! }
//! ```

pub mod account;
pub mod alert;
pub mod annotation;
pub mod app;
pub mod audit_export;
pub mod breakdown;
pub mod checkpoint;
pub mod clock;
pub mod csv_record;
pub mod demo;
pub mod dimension_value;
pub mod distribution;
pub mod erasure;
pub mod exploration;
pub mod flow;
pub mod half_signed_in;
pub mod input;
pub mod invitation;
pub mod jobs;
pub mod kept_days;
pub mod mail;
pub mod member;
pub mod metric_export;
pub mod notice;
pub mod person;
pub mod presence;
pub mod privacy;
pub mod profile;
pub mod proof;
pub mod release;
pub mod sample;
pub mod saved_view;
pub mod second_factor;
pub mod session;
pub mod set_up;
pub mod standing;
pub mod token;
pub mod trend;
pub mod version_order;
pub mod week;
pub mod weekly_mail;
pub mod workspace;

use super::auth::password::Passwords;
use super::destination::Destinations;
use super::mailer::Mailer;
use super::store::{Purpose, Store, System};
use std::sync::Arc;

/// What services work with beside the store; cheap to clone.
#[derive(Clone, Debug)]
pub struct Services {
    /// Private to this module, so that only services write without asking for permission.
    system: System,
    passwords: Passwords,
    /// Where the log's checkpoints are sent.
    destinations: Arc<Destinations>,
    /// What sends mails, where there is mail.
    mailer: Option<Arc<Mailer>>,
}

impl Services {
    pub fn new(system: System) -> Self {
        let passwords = Passwords::new(system.ids().clone(), system.keyring().clone());
        Self { system, passwords, destinations: Arc::default(), mailer: None }
    }

    /// The same, sending the log's checkpoints to these.
    pub fn sending(self, destinations: Destinations) -> Self {
        Self { destinations: Arc::new(destinations), ..self }
    }

    /// The same, mailing links and notices.
    pub fn mailing(self, mailer: Option<Mailer>) -> Self {
        Self { mailer: mailer.map(Arc::new), ..self }
    }

    /// Whether there is mail.
    pub fn mails(&self) -> bool {
        self.mailer.is_some()
    }

    /// The same by the connections of jobs.
    pub fn for_jobs(&self) -> Self {
        Self { system: self.system.for_purpose(Purpose::Job), ..self.clone() }
    }

    pub fn store(&self) -> &Store {
        &self.system
    }
}

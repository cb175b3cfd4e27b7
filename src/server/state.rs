//! What every request shares.

use super::auth::password::Passwords;
use super::config::Config;
use super::http::site::Site;
use super::ingest::Ingest;
use super::rates::Rates;
use super::store::Store;
use std::sync::Arc;

/// Cheap to clone: handles only.
#[derive(Clone, Debug)]
pub struct AppState {
    pub store: Store,
    pub passwords: Passwords,
    pub config: Arc<Config>,
    pub site: Arc<Site>,
    pub rates: Arc<Rates>,
    pub ingest: Ingest,
}

impl AppState {
    /// Starts what works beside the requests: the writer of the event stream.
    pub fn new(store: Store, config: Config, site: Site) -> Self {
        let passwords = Passwords::new(store.ids().clone());
        let rates = Arc::new(Rates::new(store.clock().clone()));
        let ingest = Ingest::start(store.clone(), config.ingest);
        Self { store, passwords, config: Arc::new(config), site: Arc::new(site), rates, ingest }
    }
}

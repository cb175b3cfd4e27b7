//! What every request shares.

use super::auth::password::Passwords;
use super::config::Config;
use super::http::site::Site;
use super::rates::Rates;
use super::store::Store;
use std::sync::Arc;

/// Cheap to clone: handles only.
#[derive(Clone, Debug)]
pub struct State {
    pub store: Store,
    pub passwords: Passwords,
    pub config: Arc<Config>,
    pub site: Arc<Site>,
    pub rates: Arc<Rates>,
}

impl State {
    pub fn new(store: Store, config: Config, site: Site) -> Self {
        let passwords = Passwords::new(store.ids().clone());
        let rates = Arc::new(Rates::new(store.clock().clone()));
        Self { store, passwords, config: Arc::new(config), site: Arc::new(site), rates }
    }
}

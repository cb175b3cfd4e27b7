//! What every request shares.

use super::config::Config;
use super::denials::Denials;
use super::ingest::Ingest;
use super::mailer::Mailer;
use super::rates::Rates;
use super::services::Services;
use super::site::Site;
use super::store::{Purpose, Store, System};
use std::net::IpAddr;
use std::num::NonZero;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::thread::available_parallelism;
use tokio::sync::Semaphore;

/// What all requests share. Each of them clones it several times.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Shared>);

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

#[derive(Debug)]
pub struct Shared {
    pub store: Store,
    pub services: Services,
    pub config: Config,
    pub site: Site,
    pub rates: Arc<Rates>,
    pub denials: Denials,
    pub ingest: Ingest,
    /// The first peer that passed a request on for somebody and is no trusted proxy, or claims so.
    pub untrusted_proxy: OnceLock<IpAddr>,
    /// Turns for drawing pages. More at a time than there are processors would make each of them take longer, and whoever
    /// stores wait for a processor.
    pub drawing: Arc<Semaphore>,
    /// The turn for judging passwords: strangers ask too, and take nobody else's.
    pub judging: Arc<Semaphore>,
}

impl AppState {
    /// Starts what works beside the requests: the writer of the event stream. The key to the installation ends up with
    /// the services.
    pub fn new(system: System, mailer: Option<Mailer>, config: Config, site: Site) -> Self {
        let store = Store::clone(&system).for_purpose(Purpose::Page).erasing_after(config.erase_after_hours);
        let rates = Arc::new(Rates::new(store.clock().clone()));
        let stream = store.for_purpose(Purpose::Stream).remembering(config.retention.keep().request_ids_hours);
        let ingest = Ingest::start(stream, config.ingest);
        let services = Services::new(system.for_purpose(Purpose::Caller)).mailing(mailer);
        let drawing = Arc::new(Semaphore::new(available_parallelism().map_or(1, NonZero::get)));
        Self(Arc::new(Shared {
            store,
            services,
            config,
            site,
            rates,
            denials: Denials::default(),
            ingest,
            untrusted_proxy: OnceLock::new(),
            drawing,
            judging: Arc::new(Semaphore::new(1)),
        }))
    }
}

//! Which app a batch is of: found, or to be made while there is room for more.

use super::input::Receiver;
use crate::domain::app::App;
use crate::domain::batch::Batch;
use crate::domain::count::OVERFLOW;
use crate::domain::id::{AppId, InputId};
use crate::server::clock::Ids;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The apps of batches: those that are known, and those to be made.
pub(super) struct BatchApps {
    by_bundle: BTreeMap<String, AppId>,
    /// How many more bundle ids get an app of their own.
    room: i64,
    /// Those to be made.
    pub to_make: Vec<App>,
    /// The new apps that are named after inputs.
    pub of_inputs: BTreeMap<InputId, AppId>,
}

impl BatchApps {
    /// `by_bundle`: those of the batches' bundles that are known, and of the overflow's.
    pub fn new(by_bundle: BTreeMap<String, AppId>, room: i64) -> Self {
        Self { by_bundle, room, to_make: Vec::new(), of_inputs: BTreeMap::new() }
    }

    /// The bundle's app, else the app that the input was made for, else one named after the input. When there are too
    /// many, a new bundle's is the app of all further ones: senders choose bundle ids freely, and what is counted by app
    /// must not grow without end.
    pub fn of(&mut self, input: InputId, receiver: &Receiver, batch: &Batch, ids: &Ids) -> AppId {
        let Some(bundle) = &batch.bundle else {
            let known = receiver.app_id.or_else(|| self.of_inputs.get(&input).copied());
            return known.unwrap_or_else(|| {
                self.room -= 1;
                let id = self.make(None, receiver.name.clone(), ids);
                self.of_inputs.insert(input, id);
                id
            });
        };
        if let Some(known) = self.by_bundle.get(bundle) {
            return *known;
        }
        if self.room > 0 && bundle != OVERFLOW {
            self.room -= 1;
            let name = batch.app_name.clone().unwrap_or_else(|| bundle.clone());
            return self.make(Some(bundle), name, ids);
        }
        match self.by_bundle.get(OVERFLOW) {
            Some(other) => *other,
            None => self.make(Some(OVERFLOW), "Other apps".to_owned(), ids),
        }
    }

    fn make(&mut self, bundle: Option<&str>, name: String, ids: &Ids) -> AppId {
        let id = AppId(ids.id());
        self.by_bundle.extend(bundle.map(|bundle| (bundle.to_owned(), id)));
        self.to_make.push(App { id, bundle: bundle.map(str::to_owned), name });
        id
    }

    /// Whose ids of devices a batch's are: its app's, and in the app of all bundle ids beyond the bound its bundle's, as a
    /// number below zero, which no app has, made of its hash. Among some billions of bundles two may share one.
    pub fn named_by(&self, app: AppId, batch: &Batch) -> AppId {
        let bundle = batch.bundle.as_deref().filter(|_| self.is_overflow(app));
        let first = |bundle| Sha256::digest(bundle).first_chunk().map_or(0, |first| i64::from_be_bytes(*first));
        bundle.map_or(app, |bundle| AppId(first(bundle) | i64::MIN))
    }

    /// Whether this is the app of all bundle ids beyond the bound.
    pub fn is_overflow(&self, app: AppId) -> bool {
        self.by_bundle.get(OVERFLOW) == Some(&app)
    }
}

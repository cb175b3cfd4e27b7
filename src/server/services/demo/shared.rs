//! One id that many devices send by mistake, as kiosks and test scripts do: what comes of it can be seen.

use super::app::{APPS, App};
use crate::domain::batch::Batch;
use crate::domain::identifier::IdentifierKind;
use crate::domain::identity::IdentityKind;
use crate::domain::joins::MOST_ON_A_DAY;
use crate::domain::platform::Platform;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::store::{InputGrant, Parcel, SentBatches, Store};
use std::sync::Arc;

/// The customer id that they share.
pub const SHARED_ID: &str = "kiosk";

/// The app that they have.
pub(super) const SHARED_IN: &App = &APPS[1];

/// A batch from each of more devices than one id may join on a day.
pub(super) fn sharing() -> impl Iterator<Item = Batch> {
    let kiosk = |n: i64| Batch {
        identities: vec![(IdentityKind::CustomerId, SHARED_ID.to_owned())],
        identifiers: vec![(IdentifierKind::Idfv, format!("00000000-0000-4000-8000-{n:012}"))],
        platform: Some(Platform::Ios),
        os_version: Some("26.1".to_owned()),
        bundle: Some(SHARED_IN.bundle.to_owned()),
        country: Some("DE".to_owned()),
        ..Batch::default()
    };
    (1..=MOST_ON_A_DAY + 10).map(kiosk)
}

/// Sends them.
pub(super) async fn share_an_id(store: &Store, grant: InputGrant, received: Millis) -> Result<()> {
    let sent = SentBatches { batches: sharing().collect(), ..SentBatches::default() };
    store.accept(None, Arc::new(vec![Parcel { grant, sent, received }])).await?;
    Ok(())
}

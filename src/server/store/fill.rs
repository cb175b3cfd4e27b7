//! Filling an empty workspace with what made-up users did: the same folding and counting as for events that arrive, in
//! transactions of thousands, with the times of the story.

use super::Store;
use super::feed::Feed;
use super::learnt::Learnt;
use crate::domain::app::App;
use crate::domain::att::Status;
use crate::domain::batch::Batch;
use crate::domain::count::{self, Cells};
use crate::domain::fold::{Arrival, Population};
use crate::domain::id::AppId;
use crate::domain::time::Millis;
use crate::server::calendar;
use crate::server::error::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What one user's device sent, in this order. Nobody else uses the device.
pub struct Chapter {
    pub feed: Feed,
    pub app: AppId,
    /// When each batch was received, and the default in force then.
    pub batches: Vec<(Millis, Option<Status>, Batch)>,
}

impl Store {
    /// Writes users that nobody knows yet, all of one workspace.
    pub async fn fill(&self, chapters: Vec<Chapter>) -> Result<()> {
        let Some(workspace) = chapters.first().map(|chapter| chapter.feed.workspace) else { return Ok(()) };
        let chapters = Arc::new(chapters);
        self.persist(move |store| {
            let chapters = chapters.clone();
            async move {
                let now = store.clock.now();
                let mut tx = store.db.write().await?;
                let zone =
                    tx.workspace_by_id(workspace).await?.ok_or_else(|| Error::Internal("no workspace".into()))?;
                let policy = tx.settings(workspace).await?.policy;
                let (mut all, mut learnt, mut ids) = (Population::default(), Learnt::default(), store.ids.clone());
                let mut days: BTreeMap<i64, Cells> = BTreeMap::new();
                for Chapter { feed, app, batches } in chapters.iter() {
                    let mut own = Population::default();
                    for (received, default, batch) in batches {
                        let (input, received, default) = (feed.input, *received, *default);
                        let day = calendar::day(received, &zone.time_zone);
                        let arrival = Arrival { input, app: *app, received, policy, default, day, historical: false };
                        let before = own.clone();
                        let mut folded = own.fold(batch, &arrival, &mut ids);
                        let cells = days.entry(day).or_default();
                        count::merge(cells, own.difference(&before), 1);
                        count::add_active(cells, folded.active.take().as_slice());
                        learnt.take(batch, &arrival, folded, &own);
                    }
                    all.absorb(own);
                }
                let spots: BTreeSet<_> = all.devices.values().flat_map(|device| device.spots()).collect();
                tx.places(workspace, spots, calendar::day(now, &zone.time_zone)).await?;
                let nobody = Population::default();
                tx.write_population(workspace, &nobody, &all, &store.ids).await?;
                tx.write_learnt(workspace, &learnt, policy, &nobody, now).await?;
                for (day, cells) in days {
                    tx.add_cells(workspace, store.slot, day, &cells).await?;
                }
                tx.commit().await
            }
        })
        .await
    }

    /// Makes an app by its bundle id.
    pub async fn fill_app(&self, feed: Feed, bundle: &str, name: &str) -> Result<AppId> {
        let app = App { id: AppId(self.ids.id()), bundle: Some(bundle.to_owned()), name: name.to_owned() };
        self.persist(move |store| {
            let app = app.clone();
            async move {
                let mut tx = store.db.write().await?;
                tx.add_app(feed.workspace, &app, store.clock.now()).await?;
                tx.commit().await?;
                Ok(app.id)
            }
        })
        .await
    }
}

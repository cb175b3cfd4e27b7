//! The event stream's way to a connection: a feed whose secret was checked.

use super::Store;
use super::credential::InputKey;
use super::db::{Tx, on};
use super::input::Tallies;
use crate::domain::app::App;
use crate::domain::att::Policy;
use crate::domain::batch::{Batch, STATUS};
use crate::domain::error::{Problem, Refusal};
use crate::domain::fold::Arrival;
use crate::domain::id::{AppId, InputId, WorkspaceId};
use crate::domain::input::Counted;
use crate::domain::time::{HOUR, Millis};
use crate::server::error::Result;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// How long a `source_request_id` is remembered.
pub const REMEMBERED: i64 = 72 * HOUR;

/// Permission to send events into one input.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    workspace: WorkspaceId,
    input: InputId,
}

/// What one request sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub batches: Vec<Batch>,
    /// How many batches could not be read, by reason.
    pub refused: BTreeMap<String, i64>,
    /// Whether it is old news.
    pub historical: bool,
}

impl Store {
    /// Checks a key and its secret; one and the same answer for an unknown key, a wrong secret and a paused input.
    pub async fn feed(&self, key: &str, secret: &str) -> Result<Feed> {
        let given = Sha256::digest(secret);
        let known = self.input_key(key).await?;
        // Compared even when there is no such key, so that the answer takes as long.
        let nobody =
            InputKey { workspace_id: WorkspaceId(0), input_id: InputId(0), secret_hash: vec![0; 32], paused: true };
        let known = known.unwrap_or(nobody);
        let same = bool::from(known.secret_hash.ct_eq(&given[..]));
        if same && !known.paused {
            Ok(Feed { workspace: known.workspace_id, input: known.input_id })
        } else {
            Err(Refusal::Forbidden.into())
        }
    }

    /// Stores the good batches of one request and counts the bad ones, in one durable transaction. Answers which of the
    /// good ones the workspace's policy refused, by their place.
    pub async fn accept(&self, feed: Feed, sent: Sent) -> Result<Vec<usize>> {
        let sent = Arc::new(sent);
        self.persist(move |store| {
            let sent = sent.clone();
            async move { store.accept_once(feed, &sent).await }
        })
        .await
    }

    async fn accept_once(&self, feed: Feed, sent: &Sent) -> Result<Vec<usize>> {
        let Feed { workspace, input } = feed;
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        tx.lock_counts(workspace).await?;
        let (name, app, paused) = tx.input_app(workspace, input).await?.ok_or(Refusal::Forbidden)?;
        if paused {
            return Err(Refusal::Forbidden.into());
        }
        let settings = tx.settings(workspace).await?;
        let mut tallies = Tallies::new();
        let mut count =
            |counted, reason: &str, n| *tallies.entry((input, counted, reason.to_owned())).or_default() += n;
        for (reason, n) in &sent.refused {
            count(Counted::Refused, reason, *n);
        }
        let mut apps = Apps { workspace, input, input_name: name, input_app: app, known: BTreeMap::new() };
        let (mut fresh, mut refused) = (Vec::new(), Vec::new());
        for (at, batch) in sent.batches.iter().enumerate() {
            if settings.policy == Policy::RequireStatus && batch.lacks_status(settings.default) {
                count(Counted::Refused, &format!("{STATUS} {}", Problem::StatusRequired.as_str()), 1);
                refused.push(at);
            } else if tx.remember(workspace, input, batch, now).await? {
                fresh.push((apps.of(&mut tx, batch, now, self.ids.id()).await?, batch.clone()));
            } else {
                count(Counted::Repeated, "", 1);
            }
        }
        let before = tx.population(workspace, &fresh).await?;
        let mut after = before.clone();
        let mut transitions = Vec::new();
        let mut arrivals = BTreeSet::new();
        let mut ids = self.ids.clone();
        for (app, batch) in &fresh {
            let arrival = Arrival {
                input,
                app: *app,
                received: now,
                policy: settings.policy,
                default: settings.default,
                historical: sent.historical,
            };
            arrivals.insert((batch.environment, *app));
            let folded = after.fold(batch, &arrival, &mut ids);
            transitions.extend(folded.transition);
            for note in folded.notes {
                count(Counted::Noted, note.as_str(), 1);
            }
            count(Counted::Accepted, "", 1);
        }
        tx.write_population(workspace, &before, &after, &self.ids).await?;
        tx.write_transitions(workspace, &transitions).await?;
        tx.add_tallies(workspace, &tallies, now).await?;
        tx.note_arrivals(workspace, input, &arrivals, now).await?;
        tx.add_difference(workspace, &before, &after).await?;
        tx.commit().await?;
        Ok(refused)
    }

    /// Forgets ids of requests that are too old to be repeated.
    pub async fn prune_dedup(&self, workspace: WorkspaceId) -> Result<()> {
        const SQL: &str = "delete from dedup where workspace_id = $1 and received_at < $2";
        let before = self.clock.now().minus(REMEMBERED);
        self.own(move |mut own| async move {
            on!(&mut own.tx, c => { sqlx::query(SQL).bind(workspace).bind(before).execute(c).await?; });
            own.commit(super::Event::Housekeeping("old request ids")).await
        })
        .await
    }
}

impl Tx {
    /// Notes the batch's `source_request_id`; false when the same input sent it before.
    async fn remember(&mut self, workspace: WorkspaceId, input: InputId, batch: &Batch, now: Millis) -> Result<bool> {
        const SQL: &str = "insert into dedup (workspace_id, input_id, hash, received_at) values ($1, $2, $3, $4) \
            on conflict (workspace_id, input_id, hash) do update set received_at = excluded.received_at \
            where dedup.received_at < $5";
        let Some(id) = &batch.source_request_id else { return Ok(true) };
        let hash = &Sha256::digest(id)[..16];
        let written = on!(self, c => sqlx::query(SQL)
            .bind(workspace)
            .bind(input)
            .bind(hash)
            .bind(now)
            .bind(now.minus(REMEMBERED))
            .execute(c)
            .await?
            .rows_affected());
        Ok(written == 1)
    }
}

/// Finds and makes the apps of a request's batches.
struct Apps {
    workspace: WorkspaceId,
    input: InputId,
    input_name: String,
    input_app: Option<AppId>,
    known: BTreeMap<String, AppId>,
}

impl Apps {
    /// The bundle's app, else the app that the input was made for, else one named after the input.
    async fn of(&mut self, tx: &mut Tx, batch: &Batch, now: Millis, fresh: i64) -> Result<AppId> {
        let Some(bundle) = &batch.bundle else {
            if let Some(app) = self.input_app {
                return Ok(app);
            }
            let app = App { id: AppId(fresh), bundle: None, name: self.input_name.clone() };
            tx.add_app(self.workspace, &app, now).await?;
            tx.set_input_app(self.workspace, self.input, app.id).await?;
            self.input_app = Some(app.id);
            return Ok(app.id);
        };
        if let Some(known) = self.known.get(bundle) {
            return Ok(*known);
        }
        let app = match tx.app_by_bundle(self.workspace, bundle).await? {
            Some(known) => known,
            None => {
                let name = batch.app_name.clone().unwrap_or_else(|| bundle.clone());
                let app = App { id: AppId(fresh), bundle: Some(bundle.clone()), name };
                tx.add_app(self.workspace, &app, now).await?;
                app.id
            }
        };
        self.known.insert(bundle.clone(), app);
        Ok(app)
    }
}

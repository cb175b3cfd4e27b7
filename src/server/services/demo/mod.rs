//! Believable data for an empty database: months of history, several apps, every state, one sign-in per role.

mod app;
mod dice;
mod installation;
mod months;
mod people;
mod shared;
mod story;

use self::app::APPS;
use self::months::Months;
use self::people::{acting, people};
pub use self::shared::SHARED_ID;
use self::shared::{SHARED_IN, share_an_id, sharing};
pub use self::story::customer_id;
use self::story::{Story, begins, story};
use crate::domain::att::Status;
use crate::domain::audit::AuditAction;
use crate::domain::batch::Batch;
use crate::domain::count::Unit;
use crate::domain::environment::Environment;
use crate::domain::job::JobStep;
use crate::domain::permission::Permission;
use crate::domain::role::Role;
use crate::domain::time::{DAY, Millis};
use crate::server::clock::{Clock, StoryClock};
use crate::server::error::{Error, Result};
use crate::server::services::Services;
use crate::server::services::erasure::erase_step;
use crate::server::services::input::{NewInput, add_input};
use crate::server::services::privacy::{NewSettings, change_settings};
use crate::server::store::{
    Actor, Chapter, ChapterBatch, CounterSelection, Days, Filling, InputGrant, Record, Store, SystemTx, Trail,
    UserChunk, WorkspaceRef,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Users of one transaction: large enough that commits do not matter.
const AT_ONCE: usize = 5000;

/// Groups that are folded ahead of those that are written.
const AHEAD: usize = 2;

/// Groups that are written at a time: Postgres gives each a processor, SQLite takes them in turn.
const TOGETHER: usize = 2;

/// How much, and which.
#[derive(Clone, Copy, Debug)]
pub struct DemoSize {
    pub profiles: u32,
    /// How many days of history, up to now.
    pub days: u16,
    /// The same seed gives the same data.
    pub seed: u64,
}

/// What was made.
pub struct FilledDemo {
    pub workspace: String,
    pub profiles: i64,
    pub devices: i64,
    pub people: Vec<(Role, String, SecretString)>,
}

/// Changes of the default: after which share of the days, in percent, to what, and why.
const CHANGES: [(i64, Option<Status>, &str); 3] = [
    (15, Some(Status::Denied), "Legal review LR-214: no consent, no tracking. Who never reported counts as refused."),
    (55, None, "DPIA-31: for two weeks nothing is assumed, to see how many devices report by themselves."),
    (67, Some(Status::Denied), "DPIA-31 is closed: one in ten never reports. Back to the reviewed default."),
];

/// Where the story begins that ends at the present, for the clock that a store is opened with.
pub fn beginning(present: Millis, size: DemoSize) -> StoryClock {
    StoryClock::at(present.minus(i64::from(size.days) * DAY))
}

/// One batch of the stories, with when and in which app it is received.
pub struct Told {
    pub received: Millis,
    pub bundle: &'static str,
    pub batch: Batch,
}

/// All that the devices of a demo that begins then send, one user after another and then those that share an id, for whoever counts it
/// by other means.
pub fn told(from: Millis, size: DemoSize) -> impl Iterator<Item = Told> {
    let months = Months { from, days: i64::from(size.days), users: size.profiles };
    let of_app = |(received, app, batch): (Millis, usize, Batch)| Told { received, bundle: APPS[app].bundle, batch };
    let shared = defaults(from, size)[CHANGES.len() - 1].0;
    let sharing = sharing().map(move |batch| Told { received: shared, bundle: SHARED_IN.bundle, batch });
    (0..size.profiles).flat_map(move |number| story(number, months, size.seed).batches).map(of_app).chain(sharing)
}

/// From when on which default is in force in a demo that begins then.
pub fn defaults(from: Millis, size: DemoSize) -> [(Millis, Option<Status>); 3] {
    changes(from, size).map(|(at, default, _)| (at, default))
}

fn changes(from: Millis, size: DemoSize) -> [(Millis, Option<Status>, &'static str); 3] {
    CHANGES.map(|(share, default, why)| (from.plus(i64::from(size.days) * DAY * share / 100), default, why))
}

/// Fills an empty database; refuses one that is in use. The store goes by `clock`, which ends at the present.
pub async fn fill(
    services: &Services,
    clock: &Arc<StoryClock>,
    present: &dyn Clock,
    size: DemoSize,
) -> Result<FilledDemo> {
    let (system, store) = (&services.system, services.store());
    let mut view = system.system_view().await?;
    if view.count_people().await? > 0 || !view.workspaces().await?.is_empty() {
        return Err(Error::Internal("this database is in use: the demo only fills an empty one".to_owned()));
    }
    drop(view);
    let months = Months { from: clock.now(), days: i64::from(size.days), users: size.profiles };
    let actor = Actor::command_line();
    let (people, made) = people(services, &actor).await?;
    let workspace = WorkspaceRef::Id(made.id);
    let inputs = [
        input(store, &actor, &workspace, "App SDK").await?,
        input(store, &actor, &workspace, "Server without statuses").await?,
    ];
    let mut apps = Vec::new();
    for app in &APPS {
        apps.push(system.fill_app(inputs[0], app.bundle, app.name).await?);
    }
    let changes = changes(months.from, size);
    let in_force =
        move |at: Millis| changes.iter().rev().find(|(since, ..)| *since <= at).and_then(|(_, default, _)| *default);
    let chapter = move |Story { mpid, by_server, batches }: Story| {
        let batch = |(received, app, batch): (Millis, usize, _)| ChapterBatch {
            received,
            default: in_force(received),
            app: apps[app],
            batch,
        };
        Chapter { grant: inputs[usize::from(by_server)], mpid, batches: batches.into_iter().map(batch).collect() }
    };
    let filling = system.filling(inputs[0]).await?;
    let mut numbers = (0..size.profiles).peekable();
    let admin = acting(store, &people[0].1).await?;
    for (version, change) in (1..).zip(changes.into_iter().map(Some).chain([None])) {
        // A change moves those who came before it.
        let until = change.map_or(Millis(i64::MAX), |(at, ..)| at);
        let came_before = |number: &u32| begins(*number, months, size.seed) < until;
        clock.set(change.map_or_else(|| present.now(), |(at, ..)| at));
        let groups = std::iter::from_fn(|| {
            let group: Vec<u32> = std::iter::from_fn(|| numbers.next_if(came_before)).take(AT_ONCE).collect();
            (!group.is_empty()).then_some(group)
        });
        let tell = {
            let chapter = chapter.clone();
            move |number| chapter(story(number, months, size.seed))
        };
        write_all(&filling, groups, tell).await?;
        // Without it Postgres would take a workspace for a handful of rows, and read it whole for each step of what follows.
        store.learn_sizes(size.profiles.into()).await;
        if version == changes.len() as i64 {
            share_an_id(store, inputs[0], clock.now()).await?;
        }
        if let Some((_, default, why)) = change {
            let (reason, default) = (why.to_owned(), Some(default));
            let new = NewSettings { default, policy: None, reason, version, typed_name: None };
            change_settings(store, &admin, workspace.clone(), new).await?;
        }
    }
    while erase_step(services, made.id).await? == JobStep::More {}
    let (slug, state) =
        (made.slug.to_string(), json!({"profiles": size.profiles, "days": size.days, "seed": size.seed}));
    let row = Record::installation(&actor, AuditAction::DemoFilled, slug.clone(), state);
    system.transaction(move |tx: SystemTx| tx.commit(Trail::Audited(vec![row.clone()]))).await?;
    let [profiles, devices] = [Unit::Profiles, Unit::Devices].map(|unit| counted(store, &actor, &workspace, unit));
    Ok(FilledDemo { workspace: slug, profiles: profiles.await?, devices: devices.await?, people })
}

/// How many units there are.
async fn counted(store: &Store, actor: &Actor, workspace: &WorkspaceRef, unit: Unit) -> Result<i64> {
    let mut view = store.view(actor, workspace.clone(), Permission::SeeMetrics).await?;
    let selection = CounterSelection { environment: Environment::Production, unit, app: None, slice: None };
    Ok(view.counts_of(selection).await?.all())
}

/// Writes these users, each with the story that `tell` gives, and then counts them. The next groups are
/// folded while others are written.
async fn write_all(
    filling: &Filling,
    groups: impl Iterator<Item = Vec<u32>>,
    tell: impl Fn(u32) -> Chapter + Clone + Send + 'static,
) -> Result<()> {
    let cut_off = |_| Error::Internal("the filling was cut off".to_owned());
    let mut days = Days::default();
    let (mut chunks, mut writing) = (VecDeque::new(), JoinSet::new());
    let mut groups = groups.fuse();
    loop {
        while let Some(group) = if chunks.len() < AHEAD { groups.next() } else { None } {
            let (filling, tell) = (filling.clone(), tell.clone());
            let fold = move || filling.fold(group.into_iter().map(tell).collect());
            chunks.push_back(tokio::task::spawn_blocking(fold));
        }
        let Some(next) = chunks.pop_front() else { break };
        let ready: UserChunk = next.await.map_err(cut_off)??;
        days.merge(&ready.days);
        while writing.len() == TOGETHER
            && let Some(written) = writing.join_next().await
        {
            written.map_err(cut_off)??;
        }
        let filling = filling.clone();
        writing.spawn(async move { filling.write(ready).await });
    }
    while let Some(written) = writing.join_next().await {
        written.map_err(cut_off)??;
    }
    filling.count(days).await
}

async fn input(store: &Store, actor: &Actor, workspace: &WorkspaceRef, name: &str) -> Result<InputGrant> {
    let new = NewInput { name: name.to_owned(), bundle: String::new() };
    let made = add_input(store, actor, workspace.clone(), new).await?;
    store.input_grant(&made.input.key, made.secret.expose_secret()).await
}

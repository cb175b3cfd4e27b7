//! A workspace that events are sent into, and what its counters say.

use crate::harness::World;
use attest::domain::att::{State, Status};
use attest::domain::batch::Batch;
use attest::domain::count::{Cell, Unit};
use attest::domain::environment::Environment;
use attest::domain::id::WorkspaceId;
use attest::domain::policy::Action;
use attest::server::store::{Feed, Place, Sent, Store};
use serde_json::value::RawValue;
use serde_json::{Value, json};

pub struct Sender<'a> {
    pub world: &'a World,
    /// The process that takes the events.
    pub store: Store,
    pub workspace: WorkspaceId,
    pub feed: Feed,
}

impl<'a> Sender<'a> {
    pub async fn new(world: &'a World) -> Self {
        let workspace = world.workspace("Acme").await;
        let (key, secret) = world.input("acme", "Backend").await;
        let feed = world.store.feed(&key, &secret).await.expect("a feed");
        Self { world, store: world.store.clone(), workspace, feed }
    }

    pub async fn send(&self, batches: &[Value]) {
        let parse =
            |batch: &Value| Batch::parse(&RawValue::from_string(batch.to_string()).expect("JSON")).expect("a batch");
        let batches = batches.iter().map(parse).collect();
        self.store.accept(self.feed, Sent { batches, ..Sent::default() }).await.expect("accepted");
        self.world.assert_holds().await;
    }

    pub async fn count(&self, environment: Environment, unit: Unit, state: State) -> i64 {
        let mut view = self
            .world
            .store
            .view(&World::actor(), Place::Id(self.workspace), Action::SeeMetrics)
            .await
            .expect("a view");
        let cells = view.counts(environment, unit).await.expect("counts");
        cells.get(&Cell { environment, unit, app: None, platform: None, state }).copied().unwrap_or_default()
    }

    pub async fn devices(&self, state: State) -> i64 {
        self.count(Environment::Production, Unit::Devices, state).await
    }

    pub async fn profiles(&self, state: State) -> i64 {
        self.count(Environment::Production, Unit::Profiles, state).await
    }

    pub async fn names(&self) -> Vec<String> {
        const SQL: &str = "select kind || ' ' || value from device_names order by kind, value";
        self.world.rows(SQL).await.into_iter().map(|(name,)| name).collect()
    }
}

pub const AUTHORIZED: State = State::Known(Status::Authorized);
pub const DENIED: State = State::Known(Status::Denied);

pub fn ios(customer: &str, idfv: &str, status: Option<&str>) -> Value {
    json!({"user_identities": {"customer_id": customer},
        "device_info": {"platform": "iOS", "os_version": "17.5", "ios_idfv": idfv, "att_authorization_status": status}})
}

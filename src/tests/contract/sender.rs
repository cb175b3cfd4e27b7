//! A workspace that events are sent into, and what its counters say.

use crate::harness::World;
use attest::domain::att::{CountedState, Status};
use attest::domain::batch::Batch;
use attest::domain::count::{Cell, Counts, Slice, Unit};
use attest::domain::environment::Environment;
use attest::domain::id::WorkspaceId;
use attest::domain::permission::Permission;
use attest::domain::placeholder::Placeholders;
use attest::server::store::{CounterSelection, InputGrant, Parcel, SentBatches, Store, WorkspaceRef};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;

/// A batch as it is read.
pub fn parsed(batch: &Value) -> Batch {
    let raw = RawValue::from_string(batch.to_string()).expect("JSON");
    Batch::parse(&raw, Placeholders::Absent).expect("a batch")
}

/// What one request brings.
pub fn sent(batches: &[Value]) -> SentBatches {
    SentBatches { batches: batches.iter().map(parsed).collect(), ..SentBatches::default() }
}

pub struct Sender<'a> {
    pub world: &'a World,
    /// The process that takes the events.
    pub store: Store,
    pub workspace: WorkspaceId,
    pub grant: InputGrant,
}

impl<'a> Sender<'a> {
    pub async fn new(world: &'a World) -> Self {
        Self::into(world, "Acme").await
    }

    /// Into a workspace of this name, which is made.
    pub async fn into(world: &'a World, name: &str) -> Self {
        let workspace = world.workspace(name).await;
        let (key, secret) = world.input(&name.to_lowercase(), "Backend").await;
        let grant = world.store.input_grant(&key, &secret).await.expect("a feed");
        Self { world, store: world.store.clone(), workspace, grant }
    }

    pub async fn send(&self, batches: &[Value]) {
        self.send_as(sent(batches)).await;
    }

    /// Sends old news.
    pub async fn send_historical(&self, batches: &[Value]) {
        self.send_as(SentBatches { historical: true, ..sent(batches) }).await;
    }

    async fn send_as(&self, sent: SentBatches) {
        self.take(sent).await;
        self.world.assert_holds().await;
    }

    /// Sends without looking whether everything holds, which reads everything.
    pub async fn send_unchecked(&self, batches: &[Value]) {
        self.take(sent(batches)).await;
    }

    /// A request that arrives now.
    pub fn parcel(&self, sent: SentBatches) -> Parcel {
        Parcel { grant: self.grant, sent, received: self.store.clock().now() }
    }

    async fn take(&self, sent: SentBatches) {
        let outcomes = self.store.accept(None, Arc::new(vec![self.parcel(sent)])).await.expect("accepted");
        assert_eq!(outcomes, [Ok(vec![])]);
    }

    pub async fn counts_of(&self, unit: Unit, slice: Option<&Slice>) -> Counts {
        let store = &self.world.store;
        let view = store.view(&World::actor(), WorkspaceRef::Id(self.workspace), Permission::SeeMetrics).await;
        let selection = CounterSelection { environment: Environment::Production, unit, app: None, slice };
        let counts = view.expect("a view").counts_of(selection).await;
        counts.expect("counts")
    }

    pub async fn count(&self, environment: Environment, unit: Unit, state: CountedState) -> i64 {
        let mut view = self
            .world
            .store
            .view(&World::actor(), WorkspaceRef::Id(self.workspace), Permission::SeeMetrics)
            .await
            .expect("a view");
        let cells = view.counts(environment, unit).await.expect("counts");
        cells.get(&Cell { environment, unit, app: None, slice: None, state }).copied().unwrap_or_default()
    }

    pub async fn devices(&self, state: CountedState) -> i64 {
        self.count(Environment::Production, Unit::Devices, state).await
    }

    pub async fn profiles(&self, state: CountedState) -> i64 {
        self.count(Environment::Production, Unit::Profiles, state).await
    }

    /// Kind and value of all identifiers, an IDFA unsealed.
    pub async fn names(&self) -> Vec<String> {
        const SQL: &str = "select kind, value from device_identifiers order by kind, value";
        let workspace = WorkspaceRef::Id(self.workspace);
        let view = self.world.store.view(&World::actor(), workspace, Permission::SeeMetrics).await.expect("a view");
        let name = |(kind, value): (String, String)| match kind.as_str() {
            "ios_advertising_id" => format!("{kind} {}", view.unseal(&value).expect("unsealed")),
            _ => format!("{kind} {value}"),
        };
        self.world.rows(SQL).await.into_iter().map(name).collect()
    }
}

pub const AUTHORIZED: CountedState = CountedState::Known(Status::Authorized);
pub const DENIED: CountedState = CountedState::Known(Status::Denied);

pub fn ios(customer: &str, idfv: &str, status: Option<&str>) -> Value {
    json!({"user_identities": {"customer_id": customer},
        "device_info": {"platform": "iOS", "os_version": "17.5", "ios_idfv": idfv, "att_authorization_status": status}})
}

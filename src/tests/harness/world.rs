//! A store with an app around it.

use super::clock::clock;
use super::postgres::fresh_database;
use attest::domain::id::WorkspaceId;
use attest::domain::role::{Role, TokenRole};
use attest::domain::text::{Email, Slug};
use attest::domain::time::Millis;
use attest::server::clock::{Ids, StoryClock};
use attest::server::config::Config;
use attest::server::http::router;
use attest::server::mailer::Mailer;
use attest::server::services::input::{NewInput, add_input};
use attest::server::services::jobs::run_due_jobs;
use attest::server::services::member::set_member;
use attest::server::services::person::{NewAccount, add_account};
use attest::server::services::token::{LONGEST_DAYS, NewToken, add_token};
use attest::server::services::workspace::{NewWorkspace, add_workspace};
use attest::server::site::Site;
use attest::server::state::AppState;
use attest::server::store::{Actor, Store, System, WorkspaceRef};
use axum::Router;
use clap::Parser;
use secrecy::ExposeSecret;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow, PgPool, SqlitePool};
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Everybody's password here.
pub const PASSWORD: &str = "plum orbit cactus 41";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// A fresh store of one kind, with an app that serves it.
pub struct World {
    pub store: Store,
    pub system: System,
    pub state: AppState,
    pub router: Router,
    pub clock: Arc<StoryClock>,
    pub url: String,
    /// Goes with the world.
    _folder: TempDir,
}

/// The secret of every installation here, and its text.
pub const SECRET: [u8; 32] = *b"the secret of thrown-away data..";
pub const SECRET_TEXT: &str = "dGhlIHNlY3JldCBvZiB0aHJvd24tYXdheSBkYXRhLi4=";

/// A process at this database.
pub async fn open(url: &str, ids: Ids) -> System {
    System::open(url, Some(SECRET.into()), ids).await.expect("the store opens")
}

#[derive(Parser)]
struct Defaults {
    #[command(flatten)]
    config: Config,
}

impl World {
    pub async fn new(kind: Backend) -> Self {
        let folder = tempfile::tempdir().expect("no temporary folder");
        match kind {
            Backend::Sqlite => Self::at(format!("sqlite://{}/attest.db", folder.path().display()), folder).await,
            Backend::Postgres => Self::at(fresh_database().await, folder).await,
        }
    }

    /// Another one with a database of the same kind.
    pub async fn another(&self) -> Self {
        Self::new(if self.url.starts_with("sqlite") { Backend::Sqlite } else { Backend::Postgres }).await
    }

    /// A fresh store at this address.
    pub async fn at(url: String, folder: TempDir) -> Self {
        let clock = clock();
        let system = open(&url, Ids::new(clock.clone())).await;
        let config = Defaults::parse_from(["attest"]).config;
        let state = AppState::new(system.clone(), None, config, Site { base: "/s/test".to_owned() });
        Self { router: router(state.clone()), store: state.store.clone(), system, state, clock, url, _folder: folder }
    }

    /// The same with a process that is set otherwise.
    pub fn with_config(self, config: Config) -> Self {
        let site = Site { base: self.state.site.base.clone() };
        let state = AppState::new(self.system.clone(), None, config, site);
        Self { router: router(state.clone()), store: state.store.clone(), state, ..self }
    }

    /// The same with a process that mails by a server at this port of this machine.
    pub fn mailing(self, port: u16) -> Self {
        let url = format!("smtp://127.0.0.1:{port}").into();
        let mailer =
            Mailer::new(&url, "Attest <attest@example.com>", self.state.config.public_url(), Duration::from_secs(2))
                .expect("a mailer");
        let (config, site) = (self.state.config.clone(), Site { base: self.state.site.base.clone() });
        let state = AppState::new(self.system.clone(), Some(mailer), config, site);
        Self { router: router(state.clone()), store: state.store.clone(), state, ..self }
    }

    /// Takes all nameless devices out of the counts that were silent since a moment; returns how many.
    pub async fn retire(&self, workspace: WorkspaceId, silent_before: Millis) -> usize {
        let (mut position, mut retired) = (String::new(), 0);
        loop {
            let step = self.system.retire_step(workspace, silent_before, &position).await.expect("a step");
            retired += step.retired;
            match step.next {
                Some(next) => position = next,
                None => return retired,
            }
        }
    }

    /// Does all jobs that are due, with the settings that a server has by default.
    pub async fn run_jobs(&self) {
        run_due_jobs(&self.state.services, self.state.config.retention.keep()).await.expect("the jobs run");
        const FAILED: &str = "select name || ': ' || last_error from jobs where failures > 0";
        assert_eq!(self.rows::<(String,)>(FAILED).await, []);
    }

    pub fn actor() -> Actor {
        Actor::command_line()
    }

    /// A workspace by its name; its slug is made from it.
    pub async fn workspace(&self, name: &str) -> WorkspaceId {
        let (name, time_zone) = (name.to_owned(), "UTC".to_owned());
        let new = NewWorkspace { name, slug: None, time_zone, org: None, account: None, admin: None };
        add_workspace(&self.state.services, &Self::actor(), new).await.expect("no workspace").workspace.id
    }

    /// A person with an account, who is a member of nothing.
    pub async fn person(&self, name: &str) -> String {
        self.account(name, false).await
    }

    /// An operator, who is a member of nothing.
    pub async fn operator(&self, name: &str) -> String {
        self.account(name, true).await
    }

    async fn account(&self, name: &str, operator: bool) -> String {
        let email = format!("{}@example.com", name.to_lowercase());
        let (name, password) = (name.to_owned(), Some(PASSWORD.into()));
        let new = NewAccount { email: email.clone(), name, operator, password };
        add_account(&self.state.services, &Self::actor(), new).await.expect("no account");
        email
    }

    /// A person with a role in a workspace.
    pub async fn member(&self, workspace: &str, name: &str, role: Role) -> String {
        let email = self.person(name).await;
        self.set_role(workspace, &email, role).await;
        email
    }

    pub async fn set_role(&self, workspace: &str, email: &str, role: Role) {
        set_member(&self.store, &Self::actor(), workspace_ref(workspace), email, (role, true)).await.expect("no role");
    }

    /// The page of somebody's account.
    pub async fn page_of(&self, email: &str) -> String {
        let email = Email::parse(email).expect("an e-mail");
        let person = self.store.system_view().await.expect("a view").person_by_email(&email).await;
        format!("/people/{}", person.expect("a read").expect("a person").id)
    }

    /// An input's key and secret.
    pub async fn input(&self, workspace: &str, name: &str) -> (String, String) {
        let new = NewInput { name: name.to_owned(), bundle: String::new() };
        let made = add_input(&self.store, &Self::actor(), workspace_ref(workspace), new).await.expect("no input");
        (made.input.key, made.secret.expose_secret().to_owned())
    }

    pub async fn token(&self, workspace: &str, role: Role) -> String {
        self.token_of(workspace, TokenRole::Member(role)).await
    }

    pub async fn token_of(&self, workspace: &str, role: TokenRole) -> String {
        let name = format!("script {}", self.store.ids().id());
        let new = NewToken { name, role, days: LONGEST_DAYS };
        let made = add_token(&self.store, &Self::actor(), workspace_ref(workspace), new).await;
        made.expect("no token").1.expose_secret().to_owned()
    }

    /// Rows as they stand in the database, past all handles.
    pub async fn rows<T>(&self, sql: &'static str) -> Vec<T>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        if self.url.starts_with("sqlite") {
            let pool = SqlitePool::connect(&self.url).await.expect("the file opens");
            sqlx::query_as(sql).fetch_all(&pool).await.expect("rows")
        } else {
            let pool = PgPool::connect(&self.url).await.expect("the database answers");
            sqlx::query_as(sql).fetch_all(&pool).await.expect("rows")
        }
    }

    /// Changes the database, past all handles.
    pub async fn execute(&self, sql: &'static str) {
        self.execute_any(AssertSqlSafe(sql.to_owned())).await;
    }

    /// The same of a statement that a test puts together.
    pub async fn execute_any(&self, sql: AssertSqlSafe<String>) {
        if self.url.starts_with("sqlite") {
            let pool = SqlitePool::connect(&self.url).await.expect("the file opens");
            sqlx::query(sql).execute(&pool).await.expect("done");
        } else {
            let pool = PgPool::connect(&self.url).await.expect("the database answers");
            sqlx::query(sql).execute(&pool).await.expect("done");
        }
    }

    /// Keeps every write of the event stream waiting until what this answers is dropped.
    pub async fn lock_writes(&self) -> Box<dyn Any + Send> {
        if self.url.starts_with("sqlite") {
            let pool = SqlitePool::connect(&self.url).await.expect("the file opens");
            Box::new(pool.begin_with("begin immediate").await.expect("the writer's place"))
        } else {
            let pool = PgPool::connect(&self.url).await.expect("the database answers");
            let mut locked = pool.begin().await.expect("a transaction");
            sqlx::query("select id from workspaces for update").execute(&mut *locked).await.expect("locked");
            Box::new(locked)
        }
    }

    /// Counters, registers and chains hold, whatever a test did.
    pub async fn assert_holds(&self) {
        for checked in self.store.check().await.expect("the check failed") {
            assert!(checked.is_ok(), "{checked:?}");
        }
        let verified = self.store.verify_audit().await.expect("the walk failed");
        assert!(verified.is_ok(), "{verified:?}");
    }
}

pub fn workspace_ref(slug: &str) -> WorkspaceRef {
    WorkspaceRef::Slug(Slug::parse(slug).expect("a slug"))
}

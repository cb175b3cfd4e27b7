//! Jobs as rows: when each is due, which process does it, and how far it got.

use super::Store;
use super::columns::known;
use super::db::{Tx, given, on};
use super::system::{System, SystemTx, SystemView, Trail};
use crate::domain::id::WorkspaceId;
use crate::domain::job::{JobKind, JobNote, LATE, LEASE};
use crate::domain::time::{DAY, MINUTE, Millis};
use crate::server::error::{Error, Result};
use serde_json::json;

/// No job that recurs is due later than this: the clock was ahead when it ended.
const FARTHEST: i64 = 2 * DAY;

/// Which jobs are due that no process has: `$1` is now, `$2` whether those of the installation are meant, `$3` and `$4` are
/// the moments after which `due_at` and a lease are a wrong clock's, `$5` names those that have to wait. An erasing may be
/// due later than others, but for one that failed: that is tried again soon.
macro_rules! due {
    () => {
        "(j.due_at <= $1 or (j.due_at > $3 and (j.name <> 'erasure' or j.failures > 0))) \
         and j.name not in (select given.value->>'name' from jsonb_each($5) as given) \
         and (j.lease_until is null or j.lease_until < $1 or j.lease_until > $4) and (j.workspace_id = 0) = $2"
    };
}

/// A job that this process has.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ClaimedJob {
    /// That of the installation's chain for one of the installation.
    pub workspace_id: WorkspaceId,
    pub name: JobKind,
    /// Who has it: another number each time.
    pub holder: i64,
    /// How far its walk got; empty at the beginning.
    pub cursor: String,
    pub failures: i64,
}

/// A job as operators see it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Job {
    pub name: JobKind,
    /// The workspace's name; `None` for a job of the installation.
    pub workspace: Option<String>,
    pub due_at: Millis,
    /// Until when a process has it.
    pub lease_until: Option<Millis>,
    pub ended_at: Option<Millis>,
    /// How often it failed since it last succeeded.
    pub failures: i64,
    /// Why it failed the last time.
    pub last_error: Option<String>,
    /// What its last run has to say.
    pub note: Option<JobNote>,
}

/// Which jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobsOf {
    Installation,
    Workspaces,
}

/// How the jobs are, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct JobsState {
    pub failing: i64,
    /// When the one that waits longest was due; `None` when none is late.
    pub late_since: Option<Millis>,
    /// How many ended with a note: workspaces that have more ids of requests than may be kept.
    pub noted: i64,
}

impl System {
    /// Makes sure that every job is there, and that every erasure has one, due when it is.
    pub async fn schedule_jobs(&self) -> Result<()> {
        const OF_INSTALLATION: &str = "insert into jobs (workspace_id, name, due_at, failures, cursor) \
            select 0, given.value->>'name', $2, 0, '' from jsonb_each($1) as given where true on conflict do nothing";
        const OF_WORKSPACES: &str = "insert into jobs (workspace_id, name, due_at, failures, cursor) \
            select w.id, given.value->>'name', $2, 0, '' from workspaces w cross join jsonb_each($1) as given \
            where not exists (select 1 from jobs j where j.workspace_id = w.id and j.name = given.value->>'name') \
            on conflict do nothing";
        const OF_ERASURES: &str = "insert into jobs (workspace_id, name, due_at, failures, cursor) \
            select e.workspace_id, 'erasure', min(e.due_at), 0, '' from erasures e \
            where e.progress in ('waiting', 'running') group by e.workspace_id \
            on conflict (workspace_id, name) do update set due_at = excluded.due_at \
            where jobs.failures = 0 and jobs.holder is null and excluded.due_at < jobs.due_at";
        // One that was asked for later than now was asked for while a clock was ahead: its time begins now.
        const ASKED_AHEAD: &str = "update erasures set due_at = $1 + due_at - asked_at, asked_at = $1 \
            where progress in ('waiting', 'running') and asked_at > $1 + $2";
        // So is a version of the settings: it has been in force since now at the latest. The log keeps what was said.
        const CHANGED_AHEAD: &str = "update settings_versions set changed_at = $1 where changed_at > $1 + $2";
        let names = |of_installation: bool| {
            let recurring = JobKind::ALL.into_iter().filter(|kind| kind.every().is_some());
            let wanted = recurring.filter(move |kind| kind.is_of_installation() == of_installation);
            given(wanted.map(|kind| json!({"name": kind.as_str()})))
        };
        // What is set right here cannot be taken back: a machine that slept must know that it did.
        self.follow_clock().await?;
        let is_clock_steady = self.clock.is_steady();
        self.transaction(move |mut tx: SystemTx| {
            let (of_installation, of_workspaces) = (names(true), names(false));
            async move {
                let now = tx.now;
                on!(&mut tx.tx, c => {
                    sqlx::query(OF_INSTALLATION).bind(of_installation).bind(now).execute(&mut *c).await?;
                    sqlx::query(OF_WORKSPACES).bind(of_workspaces).bind(now).execute(&mut *c).await?;
                    if is_clock_steady {
                        sqlx::query(ASKED_AHEAD).bind(now).bind(MINUTE).execute(&mut *c).await?;
                        sqlx::query(CHANGED_AHEAD).bind(now).bind(MINUTE).execute(&mut *c).await?;
                    }
                    sqlx::query(OF_ERASURES).execute(c).await?;
                });
                tx.commit(Trail::Unaudited("new jobs")).await
            }
        })
        .await
    }

    /// Takes jobs that are due and that no process has, the one that waits longest first.
    pub async fn claim_jobs(&self, of: JobsOf, most: usize) -> Result<Vec<ClaimedJob>> {
        if most == 0 || !self.system_view().await?.is_job_due(of, self.must_wait()).await? {
            return Ok(Vec::new());
        }
        let (holder, store) = (self.ids.id(), Store::clone(self));
        self.transaction(move |mut tx: SystemTx| {
            let store = store.clone();
            async move {
                let claimed = tx.claim(of, most, holder, || store.must_wait()).await?;
                tx.commit(Trail::Unaudited("jobs that are done now")).await?;
                Ok(claimed)
            }
        })
        .await
    }

    /// Whether a job of this kind may be done by the clock as it goes.
    pub fn may_do(&self, kind: JobKind) -> bool {
        !self.must_wait().contains(&kind)
    }

    /// Says that this process still has a job.
    pub async fn renew_job(&self, job: &ClaimedJob) -> Result<()> {
        let job = job.clone();
        self.transaction(move |mut tx: SystemTx| {
            let job = job.clone();
            async move {
                let now = tx.now;
                tx.tx.keep_cursor(&job, &job.cursor, now).await?;
                tx.commit(Trail::Unaudited("a job that goes on")).await
            }
        })
        .await
    }

    /// Ends a job: until it is due again, or for good.
    pub async fn end_job(&self, job: &ClaimedJob, note: Option<JobNote>) -> Result<()> {
        const AGAIN: &str = "update jobs set due_at = $4, lease_until = null, holder = null, failures = 0, \
            last_error = null, ended_at = $5, note = $6 where workspace_id = $1 and name = $2 and holder = $3";
        const OVER: &str = "delete from jobs where workspace_id = $1 and name = $2 and holder = $3";
        let job = job.clone();
        self.transaction(move |mut tx: SystemTx| {
            let job = job.clone();
            async move {
                let now = tx.now;
                let every = job.name.every();
                on!(&mut tx.tx, c => {
                    let ended = sqlx::query(if every.is_some() { AGAIN } else { OVER });
                    let ended = ended.bind(job.workspace_id).bind(job.name).bind(job.holder);
                    let ended = match every {
                        Some(every) => ended.bind(now.plus(every)).bind(now).bind(note),
                        None => ended,
                    };
                    ended.execute(c).await?;
                });
                tx.commit(Trail::Unaudited("a job that is done")).await
            }
        })
        .await
    }

    /// Gives a job back, to go on where it stands after others had their turn.
    pub async fn give_job_back(&self, job: &ClaimedJob) -> Result<()> {
        const SQL: &str = "update jobs set due_at = $4, lease_until = null, holder = null \
            where workspace_id = $1 and name = $2 and holder = $3";
        let job = job.clone();
        self.transaction(move |mut tx: SystemTx| {
            let job = job.clone();
            async move {
                let now = tx.now;
                on!(&mut tx.tx, c => {
                    sqlx::query(SQL)
                        .bind(job.workspace_id)
                        .bind(job.name)
                        .bind(job.holder)
                        .bind(now)
                        .execute(c)
                        .await?;
                });
                tx.commit(Trail::Unaudited("a job that goes on later")).await
            }
        })
        .await
    }

    /// Notes that a job failed; it is tried again later, from where it stands.
    pub async fn fail_job(&self, job: &ClaimedJob, why: String) -> Result<()> {
        const SQL: &str = "update jobs set due_at = $4, lease_until = null, holder = null, failures = failures + 1, \
            last_error = $5 where workspace_id = $1 and name = $2 and holder = $3";
        let job = job.clone();
        self.transaction(move |mut tx: SystemTx| {
            let (job, why) = (job.clone(), why.clone());
            async move {
                let due = tx.now.plus(job.name.tried_again_after(job.failures + 1));
                on!(&mut tx.tx, c => {
                    sqlx::query(SQL)
                        .bind(job.workspace_id)
                        .bind(job.name)
                        .bind(job.holder)
                        .bind(due)
                        .bind(why)
                        .execute(c)
                        .await?;
                });
                tx.commit(Trail::Unaudited("a job that failed")).await
            }
        })
        .await
    }
}

impl Store {
    /// The kinds of jobs that are not done by the clock as it goes: what a wrong one made due cannot be undone once it is
    /// done. After a leap none, and by a clock that has just begun none that removes what was to be kept.
    fn must_wait(&self) -> Vec<JobKind> {
        let (has_leapt, is_new) = (self.clock.has_leapt(), self.clock.is_new());
        JobKind::ALL.into_iter().filter(|kind| has_leapt || (is_new && kind.removes())).collect()
    }
}

fn names(kinds: Vec<JobKind>) -> String {
    given(kinds.into_iter().map(|kind| json!({"name": kind.as_str()})))
}

impl SystemTx {
    async fn claim(
        &mut self,
        of: JobsOf,
        most: usize,
        holder: i64,
        must_wait: impl Fn() -> Vec<JobKind>,
    ) -> Result<Vec<ClaimedJob>> {
        const SQLITE: &str =
            concat!("select j.workspace_id, j.name from jobs j where ", due!(), " order by j.due_at limit $6");
        const POSTGRES: &str = concat!(
            "select j.workspace_id, j.name from jobs j where ",
            due!(),
            " order by j.due_at limit $6 for update skip locked"
        );
        const CLAIM: &str = "update jobs set lease_until = $2, holder = $3 where (workspace_id, name) in \
            (select cast(given.value->>'workspace' as bigint), given.value->>'name' from jsonb_each($1) as given) \
            returning workspace_id, name, holder, cursor, failures";
        let (now, sql) = (self.now, self.tx.pick(SQLITE, POSTGRES));
        let due: Vec<(WorkspaceId, JobKind)> = on!(&mut self.tx, c => known(sqlx::query(sql)
            .bind(now)
            .bind(of == JobsOf::Installation)
            .bind(now.plus(FARTHEST))
            .bind(now.plus(2 * LEASE))
            .bind(names(must_wait()))
            .bind(most as i64)
            .fetch_all(c)
            .await?)?);
        // The clock may have leapt while a connection was waited for.
        let must_wait = must_wait();
        let due = given(
            due.iter()
                .filter(|(_, name)| !must_wait.contains(name))
                .map(|(workspace, name)| json!({"workspace": workspace.0, "name": name.as_str()})),
        );
        Ok(on!(&mut self.tx, c => sqlx::query_as(CLAIM)
            .bind(due)
            .bind(now.plus(LEASE))
            .bind(holder)
            .fetch_all(c)
            .await?))
    }
}

impl Tx {
    /// Has a job done soon, where it is not being done.
    pub(super) async fn wake(&mut self, workspace: WorkspaceId, job: JobKind, now: Millis) -> Result<()> {
        const SQL: &str =
            "update jobs set due_at = $3 where workspace_id = $1 and name = $2 and due_at > $3 and holder is null";
        on!(self, c => { sqlx::query(SQL).bind(workspace).bind(job).bind(now).execute(c).await?; });
        Ok(())
    }

    /// Makes a job that is there only while there is something to do, or has it done now: whoever asks shall not wait for what
    /// failed before.
    pub(super) async fn begin_job(&mut self, workspace: WorkspaceId, job: JobKind, now: Millis) -> Result<()> {
        const SQL: &str = "insert into jobs (workspace_id, name, due_at, failures, cursor) values ($1, $2, $3, 0, '') \
            on conflict (workspace_id, name) do update set due_at = excluded.due_at \
            where jobs.holder is null and jobs.due_at > excluded.due_at";
        on!(self, c => { sqlx::query(SQL).bind(workspace).bind(job).bind(now).execute(c).await?; });
        Ok(())
    }

    /// Notes how far a job's walk got, in the transaction of its step: when another process has it meanwhile, the step
    /// is none.
    pub(super) async fn keep_cursor(&mut self, job: &ClaimedJob, cursor: &str, now: Millis) -> Result<()> {
        const SQL: &str = "update jobs set cursor = $4, lease_until = $5 \
            where workspace_id = $1 and name = $2 and holder = $3";
        let kept = on!(self, c => sqlx::query(SQL)
            .bind(job.workspace_id)
            .bind(job.name)
            .bind(job.holder)
            .bind(cursor)
            .bind(now.plus(LEASE))
            .execute(c)
            .await?
            .rows_affected());
        if kept == 1 { Ok(()) } else { Err(Error::Internal("another process has taken the job over".to_owned())) }
    }
}

impl SystemView {
    async fn is_job_due(&mut self, of: JobsOf, must_wait: Vec<JobKind>) -> Result<bool> {
        const SQL: &str = concat!("select 1 from jobs j where ", due!(), " limit 1");
        let now = self.now;
        let due: Option<i32> = on!(&mut self.tx, c => sqlx::query_scalar(SQL)
            .bind(now)
            .bind(of == JobsOf::Installation)
            .bind(now.plus(FARTHEST))
            .bind(now.plus(2 * LEASE))
            .bind(names(must_wait))
            .fetch_optional(c)
            .await?);
        Ok(due.is_some())
    }

    /// All jobs: those that fail first, then those with a note, then by when they are due.
    pub async fn jobs(&mut self) -> Result<Vec<Job>> {
        const SQL: &str = "select j.name, w.name as workspace, j.due_at, j.lease_until, j.ended_at, j.failures, \
            j.last_error, j.note from jobs j left join workspaces w on w.id = j.workspace_id \
            order by j.failures > 0 desc, j.note is null, j.due_at, j.workspace_id, j.name";
        Ok(on!(&mut self.tx, c => known(sqlx::query(SQL).fetch_all(c).await?)?))
    }

    pub async fn jobs_state(&mut self) -> Result<JobsState> {
        const SQL: &str = "select count(case when j.failures > 0 then 1 end) as failing, \
            min(case when j.due_at < $1 and (j.lease_until is null or j.lease_until < $2) then j.due_at end) as late_since, \
            count(j.note) as noted from jobs j";
        let (now, late) = (self.now, self.now.minus(LATE));
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(late).bind(now).fetch_one(c).await?))
    }
}

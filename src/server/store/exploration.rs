//! Explorations: what is asked, how far the counting is, and answers of the last hour.

use super::counter::ALL_APPS;
use super::db::on;
use super::scope::Scope;
use super::system::{System, SystemTx, SystemView, Trail};
use crate::domain::att::Status;
use crate::domain::count::{BreakdownBy, Dimension, Slice, Unit};
use crate::domain::decides::DecidedProfiles;
use crate::domain::environment::Environment;
use crate::domain::exploration::{
    AlikeDevices, Explored, ExploredQuestion, GIVEN_UP_AFTER, KEPT_ANSWERS, MOST_ANSWERS,
};
use crate::domain::id::{AppId, DeviceId, ExplorationId, PersonId, WorkspaceId};
use crate::domain::job::JobKind;
use crate::domain::platform::Platform;
use crate::domain::time::{MINUTE, Millis};
use crate::server::error::{Error, Result};

/// One exploration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exploration {
    pub id: ExplorationId,
    pub question: ExploredQuestion,
    pub asked_at: Millis,
    pub looked_at: Millis,
    pub begun_at: Option<Millis>,
    pub ended_at: Option<Millis>,
    /// The last device that was counted.
    pub cursor: DeviceId,
    /// How many devices were counted.
    pub seen: i64,
    /// How many there were when it was asked.
    pub expected: i64,
    pub explored: Explored,
}

#[derive(sqlx::FromRow)]
struct ExplorationRow {
    id: ExplorationId,
    environment: Environment,
    unit: Unit,
    app_id: AppId,
    slices: String,
    grouped_by: BreakdownBy,
    asked_at: Millis,
    looked_at: Millis,
    begun_at: Option<Millis>,
    ended_at: Option<Millis>,
    cursor: DeviceId,
    seen: i64,
    expected: i64,
    explored_json: String,
}

impl TryFrom<ExplorationRow> for Exploration {
    type Error = Error;
    fn try_from(row: ExplorationRow) -> Result<Self> {
        let values = form_urlencoded::parse(row.slices.as_bytes());
        Ok(Self {
            question: ExploredQuestion {
                environment: row.environment,
                unit: row.unit,
                app: (row.app_id != ALL_APPS).then_some(row.app_id),
                // A filter that only newer code knows is not passed over: the figures would be others.
                slices: values
                    .map(|(name, value)| {
                        let dimension = Dimension::parse(&name)?;
                        Some(Slice { dimension, value: value.into_owned() })
                    })
                    .collect::<Option<_>>()
                    .ok_or_else(|| Error::Internal("a filter of newer code".to_owned()))?,
                by: row.grouped_by,
            },
            id: row.id,
            asked_at: row.asked_at,
            looked_at: row.looked_at,
            begun_at: row.begun_at,
            ended_at: row.ended_at,
            cursor: row.cursor,
            seen: row.seen,
            expected: row.expected,
            explored: serde_json::from_str(&row.explored_json).map_err(Error::internal)?,
        })
    }
}

/// The values that are asked for, as they are kept.
fn slices_of(question: &ExploredQuestion) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for Slice { dimension, value } in &question.slices {
        query.append_pair(dimension.as_str(), value);
    }
    query.finish()
}

/// Binds what a question asks, in the order of its columns: environment, unit, app, slices, and what it is grouped by.
macro_rules! bound {
    ($query:expr, $question:expr) => {
        $query
            .bind($question.environment)
            .bind($question.unit)
            .bind($question.app.unwrap_or(ALL_APPS))
            .bind(slices_of($question))
            .bind($question.by)
    };
}

macro_rules! explorations {
    ($rest:literal) => {
        concat!(
            "select id, environment, unit, app_id, slices, grouped_by, asked_at, looked_at, begun_at, ended_at, cursor, \
            seen, expected, explored_json from explorations where workspace_id = $1 ",
            $rest
        )
    };
}

/// Some devices, alike ones together.
#[derive(Clone, Debug, Default)]
pub struct DevicePage {
    pub groups: Vec<AlikeDevices>,
    /// The last of them; `None` when there were none.
    pub last: Option<DeviceId>,
    /// How many there are, retired ones too.
    pub devices: i64,
}

#[derive(sqlx::FromRow)]
struct AlikeRow {
    last: DeviceId,
    retired: bool,
    app_id: AppId,
    platform: Platform,
    status: Option<Status>,
    os_version: Option<String>,
    app_version: Option<String>,
    country: Option<String>,
    devices: i64,
    in_app: i64,
    in_all: i64,
}

impl Scope {
    /// What a person asked and waits for, if it is this.
    pub async fn open_exploration(
        &mut self,
        question: &ExploredQuestion,
        person: PersonId,
    ) -> Result<Option<Exploration>> {
        const SQL: &str = explorations!(
            "and person_id = $2 and ended_at is null and looked_at >= $3 order by asked_at desc, id desc limit 1"
        );
        let (workspace, now) = (self.workspace.id, self.now);
        let row: Option<ExplorationRow> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(person)
            .bind(now.minus(GIVEN_UP_AFTER))
            .fetch_optional(c)
            .await?);
        let open = row.map(Exploration::try_from).transpose()?;
        Ok(open.filter(|open| open.question == *question))
    }

    /// The newest answer of the last hour to a question, whoever asked it.
    pub async fn answer_to(&mut self, question: &ExploredQuestion) -> Result<Option<Exploration>> {
        const SQL: &str = explorations!(
            "and environment = $2 and unit = $3 and app_id = $4 and slices = $5 and grouped_by = $6 \
            and ended_at >= $7 order by ended_at desc, id desc limit 1"
        );
        let (workspace, now) = (self.workspace.id, self.now);
        let row: Option<ExplorationRow> = on!(&mut self.tx, c => bound!(sqlx::query_as(SQL).bind(workspace), question)
            .bind(now.minus(KEPT_ANSWERS))
            .fetch_optional(c)
            .await?);
        row.map(Exploration::try_from).transpose()
    }

    /// Whether other questions than this exploration are counted before it.
    pub async fn is_behind_others(&mut self, exploration: &Exploration) -> Result<bool> {
        const SQL: &str = "select 1 from explorations where workspace_id = $1 and ended_at is null and looked_at >= $2 \
            and (asked_at, id) < ($3, $4) limit 1";
        let (workspace, now) = (self.workspace.id, self.now);
        let found: Option<i32> = on!(&mut self.tx, c => sqlx::query_scalar(SQL)
            .bind(workspace)
            .bind(now.minus(GIVEN_UP_AFTER))
            .bind(exploration.asked_at)
            .bind(exploration.id)
            .fetch_optional(c)
            .await?);
        Ok(found.is_some())
    }
}

impl SystemView {
    /// The exploration whose turn it is: of those that somebody waits for the one that was asked first.
    pub async fn next_exploration(&mut self, workspace: WorkspaceId) -> Result<Option<Exploration>> {
        const SQL: &str = explorations!("and ended_at is null and looked_at >= $2 order by asked_at, id limit 1");
        let looked_since = self.now.minus(GIVEN_UP_AFTER);
        let row: Option<ExplorationRow> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(looked_since)
            .fetch_optional(c)
            .await?);
        row.map(Exploration::try_from).transpose()
    }

    /// The next devices after one of them, in the order of their ids, at most so many.
    pub async fn alike_devices_after(
        &mut self,
        workspace: WorkspaceId,
        environment: Environment,
        after: DeviceId,
        most: i64,
    ) -> Result<DevicePage> {
        const SQL: &str = "select max(id) as last, retired, app_id, platform, status, os_version, app_version, country, \
            count(*) as devices, cast(sum(decides_in_app) as bigint) as in_app, cast(sum(decides_in_all) as bigint) as in_all \
            from (select id, retired, app_id, platform, status, os_version, app_version, country, decides_in_app, decides_in_all \
            from devices where workspace_id = $1 and environment = $2 and id > $3 order by id limit $4) as page \
            group by retired, app_id, platform, status, os_version, app_version, country";
        let rows: Vec<AlikeRow> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(after)
            .bind(most)
            .fetch_all(c)
            .await?);
        let last = rows.iter().map(|row| row.last).max();
        let devices = rows.iter().map(|row| row.devices).sum();
        let group = |row: AlikeRow| AlikeDevices {
            app: row.app_id,
            platform: row.platform,
            status: row.status,
            os_version: row.os_version,
            app_version: row.app_version,
            country: row.country,
            devices: row.devices,
            decides: DecidedProfiles { in_app: row.in_app, in_all: row.in_all },
        };
        Ok(DevicePage { groups: rows.into_iter().filter(|row| !row.retired).map(group).collect(), last, devices })
    }
}

impl SystemTx {
    /// Asks a question, of which `expected` devices are looked through; what the person asked before and is not answered is
    /// given up.
    pub async fn ask(
        &mut self,
        workspace: WorkspaceId,
        person: PersonId,
        question: &ExploredQuestion,
        expected: i64,
    ) -> Result<()> {
        const TOO_MANY: &str = "delete from explorations where workspace_id = $1 and ended_at is not null \
            and id not in (select id from explorations where workspace_id = $1 and ended_at is not null \
            order by ended_at desc, id desc limit $2)";
        const SQL: &str = "insert into explorations (workspace_id, id, environment, unit, app_id, slices, grouped_by, \
            person_id, asked_at, looked_at, cursor, seen, expected, explored_json) \
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, 0, 0, $10, $11)";
        self.give_up(workspace, person).await?;
        let (now, id) = (self.now, ExplorationId(self.ids.id()));
        let nothing = serde_json::to_string(&Explored::default()).map_err(Error::internal)?;
        let most = i64::try_from(MOST_ANSWERS).unwrap_or(i64::MAX);
        on!(&mut self.tx, c => {
            sqlx::query(TOO_MANY).bind(workspace).bind(most).execute(&mut *c).await?;
            bound!(sqlx::query(SQL).bind(workspace).bind(id), question)
                .bind(person)
                .bind(now)
                .bind(expected)
                .bind(nothing)
                .execute(c)
                .await?;
        });
        self.tx.begin_job(workspace, JobKind::Exploration, now).await
    }

    /// Notes that somebody waits for an exploration, and makes sure that it is worked on.
    pub async fn note_waiting(&mut self, workspace: WorkspaceId, id: ExplorationId) -> Result<()> {
        const SQL: &str =
            "update explorations set looked_at = $3 where workspace_id = $1 and id = $2 and ended_at is null";
        let now = self.now;
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(workspace).bind(id).bind(now).execute(c).await?; });
        self.tx.begin_job(workspace, JobKind::Exploration, now).await
    }

    /// Gives up what a person asked and is not answered.
    pub async fn give_up(&mut self, workspace: WorkspaceId, person: PersonId) -> Result<()> {
        const SQL: &str = "delete from explorations where workspace_id = $1 and person_id = $2 and ended_at is null";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(workspace).bind(person).execute(c).await?; });
        Ok(())
    }

    /// Keeps how far an exploration is, unless it was given up or another process went on with it. Once it is answered, who asked
    /// the same before its counting began has that answer too.
    pub async fn keep_explored(&mut self, workspace: WorkspaceId, from: DeviceId, reached: &Exploration) -> Result<()> {
        const SQL: &str = "update explorations set begun_at = $4, ended_at = $5, cursor = $6, seen = $7, explored_json = $8 \
            where workspace_id = $1 and id = $2 and cursor = $3 and ended_at is null";
        let explored = serde_json::to_string(&reached.explored).map_err(Error::internal)?;
        let kept = on!(&mut self.tx, c => sqlx::query(SQL)
            .bind(workspace)
            .bind(reached.id)
            .bind(from)
            .bind(reached.begun_at)
            .bind(reached.ended_at)
            .bind(reached.cursor)
            .bind(reached.seen)
            .bind(explored)
            .execute(c)
            .await?
            .rows_affected());
        if let (1, Some(_), Some(begun)) = (kept, reached.ended_at, reached.begun_at) {
            self.drop_answered(workspace, &reached.question, begun).await?;
        }
        Ok(())
    }

    /// Removes what others asked alike before this moment, at which the counting of their answer began.
    async fn drop_answered(
        &mut self,
        workspace: WorkspaceId,
        question: &ExploredQuestion,
        begun: Millis,
    ) -> Result<()> {
        const SQL: &str = "delete from explorations where workspace_id = $1 and environment = $2 and unit = $3 \
            and app_id = $4 and slices = $5 and grouped_by = $6 and ended_at is null and asked_at < $7";
        on!(&mut self.tx, c => { bound!(sqlx::query(SQL).bind(workspace), question).bind(begun).execute(c).await?; });
        Ok(())
    }
}

impl System {
    /// Removes what nobody waits for and answers that are old. One that is still to come was noted by a clock that was ahead.
    pub async fn prune_explorations(&self, workspace: WorkspaceId) -> Result<()> {
        const SQL: &str = "delete from explorations where workspace_id = $1 \
            and (asked_at > $4 or (ended_at is null and looked_at < $2) or ended_at < $3)";
        self.transaction(move |mut tx: SystemTx| async move {
            let now = tx.now;
            on!(&mut tx.tx, c => {
                sqlx::query(SQL)
                    .bind(workspace)
                    .bind(now.minus(GIVEN_UP_AFTER))
                    .bind(now.minus(KEPT_ANSWERS))
                    .bind(now.plus(MINUTE))
                    .execute(c)
                    .await?;
            });
            tx.commit(Trail::Unaudited("old answers")).await
        })
        .await
    }
}

//! The bare loop on Postgres: the same rows of the same tables, made by the database itself in one transaction, so that
//! not even their way to it is counted.

use super::limit::ROWS;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use std::time::Duration;
use tokio::time::Instant;

/// The rows of one commit; `{first}` is the first device's number. Prepared on the server, once for a connection.
const ROWS_OF_A_COMMIT: [&str; 13] = [
    "insert into dedup select w, i, substring(sha256(n::text::bytea) from 1 for 16), 1780000000000, 1780259200000 from the_one, numbers",
    "insert into devices (workspace_id, environment, id, app_id, platform, platform_at, status, since, as_of, source_input, \
     transitions, answered, os_version, os_version_at, app_version, app_version_at, country, country_at, first_seen, \
     installed_on, last_seen, last_received, unidentified_since, retired, active_on, overflow, anonymous_user, users, \
     joined_on, joined, decides_in_app, decides_in_all) \
     select w, 0, n, a, 'iOS', t, n % 4, t, t, i, 1, true, '17.1', t, '4.2.1', t, 'US', t, t, 20600, t, t, null, false, \
     20600, 0, null, 1, 20600, 1, 1, 1 from the_one, numbers, (select 1780000000000 as t) as now",
    "insert into profiles select w, 0, n, ('x' || substr(md5(n::text), 1, 13))::bit(52)::bigint, null, substr(md5(n::text), 1, 16), \
     1780000000000, 1780000000000, 1, 20600, 1 from the_one, numbers",
    "insert into device_identifiers select w, 0, a, 'ios_idfv', md5(n::text)::uuid::text, n, 20600, 1 from the_one, numbers",
    "insert into identities select w, 0, 'customer_id', 'b' || n, n, 20600, 1 from the_one, numbers",
    "insert into uses select w, 0, n, n, 2 from the_one, numbers",
    "insert into transitions select w, 0, n, 1, a, null, n % 4, 1780000000000, 1780000000000, 1780000000000, i, \
     20600, 0, 'iOS', '17.1', '4.2.1', 'US', 0 from the_one, numbers",
    "insert into counters select w, 0, unit, case app when 0 then 0 else a end, d.dimension, value::text, 0, 1, 1, 1, 1, 0, 0 \
     from the_one, dimensions d, generate_series(1, d.n) value, generate_series(0, 1) unit, generate_series(0, 1) app \
     on conflict (workspace_id, environment, unit, app_id, dimension, value, slot) do update set \
     not_determined = counters.not_determined + excluded.not_determined, restricted = counters.restricted + excluded.restricted, \
     denied = counters.denied + excluded.denied, authorized = counters.authorized + excluded.authorized",
    "insert into daily select w, 0, unit, case app when 0 then 0 else a end, d.dimension, value::text, 20600, 0, 1, 1, 1, 1, 0, 0 \
     from the_one, dimensions d, generate_series(1, d.n) value, generate_series(0, 2) unit, generate_series(0, 1) app \
     on conflict (workspace_id, environment, unit, app_id, dimension, value, day, slot) do update set \
     not_determined = daily.not_determined + excluded.not_determined, restricted = daily.restricted + excluded.restricted, \
     denied = daily.denied + excluded.denied, authorized = daily.authorized + excluded.authorized",
    "insert into flows select w, 0, case app when 0 then 0 else a end, d.dimension, value::text, 20600, flow, 0, 1 \
     from the_one, dimensions d, generate_series(1, d.n) value, generate_series(0, 3) flow, generate_series(0, 1) app \
     on conflict (workspace_id, environment, app_id, dimension, value, day, flow, slot) do update set n = flows.n + excluded.n",
    "insert into input_counts select w, i, 'accepted', '', 2000, 1780000000000 from the_one \
     on conflict (workspace_id, input_id, counted, reason) do update set n = input_counts.n + excluded.n",
    "update arrivals set last_at = 1780000000000 where workspace_id = (select w from the_one)",
    "insert into dedup_hours select w, 1, 2000 from the_one on conflict (workspace_id, hour) \
     do update set n = dedup_hours.n + excluded.n",
];

/// A database with the product's schema and one workspace.
pub struct Bare {
    connection: PgConnection,
    next: i64,
}

impl Bare {
    /// Opens a database of its own that has taken a batch.
    pub async fn open(url: &str) -> Self {
        let mut connection = PgConnection::connect(url).await.expect("the database answers");
        let begin = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_hashjoin = off; \
             set enable_mergejoin = off; set jit = off; \
             create temp table numbers (n bigint); \
             create temp table the_one as select w.id as w, a.id as a, i.id as i from workspaces w, apps a, inputs i limit 1; \
             create temp table dimensions as select * from (values ('', 1), ('platform', 1), ('os_version', 6), \
             ('app_version', 20), ('country', 1)) as d (dimension, n)";
        sqlx::raw_sql(begin).execute(&mut connection).await.expect("what the rows refer to");
        let next: i64 = sqlx::query_scalar(
            "select max(id) + 1 from (select id from devices union all select id from profiles) as ids",
        )
        .fetch_one(&mut connection)
        .await
        .expect("a device");
        Self { connection, next }
    }

    /// Devices per second.
    pub async fn run(&mut self, time: Duration) -> f64 {
        let begun = Instant::now();
        let mut devices = 0;
        while begun.elapsed() < time {
            let (first, last) = (self.next, self.next + ROWS - 1);
            self.next += ROWS;
            let numbers = format!(
                "begin; truncate numbers; insert into numbers select generate_series({first}, {last}); {}; commit",
                ROWS_OF_A_COMMIT.join("; ")
            );
            sqlx::raw_sql(AssertSqlSafe(numbers)).execute(&mut self.connection).await.expect("committed");
            devices += ROWS;
        }
        devices as f64 / begun.elapsed().as_secs_f64()
    }

    /// The median time of a durable commit of one row, in milliseconds.
    pub async fn one_row_commit(&mut self) -> f64 {
        // Once it is there it is left as it is: a change of the catalogue has other connections plan anew what they do next.
        let begin =
            "create table if not exists one (n bigint); insert into one select 0 where not exists (select from one)";
        sqlx::raw_sql(begin).execute(&mut self.connection).await.expect("a table");
        let mut times = Vec::new();
        for _ in 0..300 {
            let begun = Instant::now();
            sqlx::query("update one set n = n + 1").execute(&mut self.connection).await.expect("a commit");
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        super::median(times).0
    }
}

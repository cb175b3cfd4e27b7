//! The bare loop on SQLite: rows of all the product's tables, with its schema, its pragmas and its durability, and nothing
//! else. What it writes for each device is what the product writes for a device that reports for the first time.

use rusqlite::{CachedStatement, Connection, params};
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// Devices of one commit, as in the product.
pub const ROWS: i64 = 2000;

/// A database with the product's schema and one workspace, and what its rows refer to.
pub struct Bare {
    connection: Connection,
    workspace: i64,
    app: i64,
    input: i64,
    next: i64,
}

impl Bare {
    /// Opens a copy of the product's database that has taken a batch.
    pub fn open(path: &Path) -> Self {
        let connection = Connection::open(path).expect("the file opens");
        for (pragma, value) in [
            ("journal_mode", "wal"),
            ("synchronous", "full"),
            ("foreign_keys", "on"),
            ("secure_delete", "on"),
            ("temp_store", "memory"),
            ("cache_size", "-131072"),
            ("wal_autocheckpoint", "16384"),
        ] {
            connection.pragma_update(None, pragma, value).expect("a pragma");
        }
        connection.set_prepared_statement_cache_capacity(64);
        let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).expect(sql);
        let workspace = one("select id from workspaces");
        let (app, input) = (one("select id from apps"), one("select id from inputs"));
        let next = one("select max(id) from (select id from devices union all select id from profiles)") + 1;
        Self { connection, workspace, app, input, next }
    }

    /// Devices per second.
    pub fn run(&mut self, time: Duration) -> f64 {
        let begun = Instant::now();
        let mut devices = 0;
        while begun.elapsed() < time {
            self.commit();
            devices += ROWS;
        }
        devices as f64 / begun.elapsed().as_secs_f64()
    }

    fn prepared(&self, sql: &str) -> CachedStatement<'_> {
        self.connection.prepare_cached(sql).expect(sql)
    }

    fn commit(&mut self) {
        let Self { workspace: w, app, input, .. } = *self;
        let first = self.next;
        self.next += ROWS;
        let numbers = || first..first + ROWS;
        self.connection.execute_batch("begin immediate").expect("begun");
        let at = 1_780_000_000_000_i64;
        let mut dedup = self.prepared("insert into dedup values (?1, ?2, ?3, ?4, ?4 + 259200000)");
        for n in numbers() {
            let hash = (u128::from(n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)).to_le_bytes();
            dedup.execute(params![w, input, &hash[..], at]).expect("a row");
        }
        let mut devices = self.prepared(
            "insert into devices (workspace_id, environment, id, app_id, platform, platform_at, status, since, as_of, source_input, \
             transitions, answered, os_version, os_version_at, app_version, app_version_at, country, country_at, first_seen, \
             installed_on, last_seen, last_received, unidentified_since, retired, active_on, overflow, anonymous_user, users, \
             joined_on, joined, decides_in_app, decides_in_all) \
             values (?1, 0, ?2, ?3, 'iOS', ?5, ?4, ?5, ?5, ?6, 1, 1, '17.1', ?5, '4.2.1', ?5, 'US', ?5, ?5, 20600, ?5, ?5, null, 0, \
             20600, 0, null, 1, 20600, 1, 1, 1)",
        );
        for n in numbers() {
            devices.execute(params![w, n, app, n % 4, at, input]).expect("a row");
        }
        let mut profiles = self.prepared("insert into profiles values (?1, 0, ?2, ?3, null, ?4, ?5, ?5, 1, 20600, 1)");
        for n in numbers() {
            let mpid = (n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64)) & ((1 << 53) - 1);
            profiles.execute(params![w, n, mpid, format!("{:016x}", mpid), at]).expect("a row");
        }
        let mut names =
            self.prepared("insert into device_identifiers values (?1, 0, ?2, 'ios_idfv', ?3, ?4, 20600, 1)");
        for n in numbers() {
            let scattered = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let idfv = format!("{:08x}-{:04x}-4000-8000-{n:012x}", scattered >> 32, scattered & 0xffff);
            names.execute(params![w, app, idfv, n]).expect("a row");
        }
        let mut identities = self.prepared("insert into identities values (?1, 0, 'customer_id', ?2, ?3, 20600, 1)");
        for n in numbers() {
            identities.execute(params![w, format!("b{n:010}"), n]).expect("a row");
        }
        let mut uses = self.prepared("insert into uses values (?1, 0, ?2, ?2, 2)");
        for n in numbers() {
            uses.execute(params![w, n]).expect("a row");
        }
        let mut transitions =
            self.prepared("insert into transitions values (?1, 0, ?2, 1, ?3, null, ?4, ?5, ?5, ?5, ?6, 20600, 0, 'iOS', '17.1', '4.2.1', 'US', 0)");
        for n in numbers() {
            transitions.execute(params![w, n, app, n % 4, at, input]).expect("a row");
        }
        self.count(at);
        drop((dedup, devices, profiles, names, identities, uses, transitions));
        self.connection.execute_batch("commit").expect("committed");
    }

    /// As many counters as the batches of the bench have: both units, in total and in the app, by each dimension.
    fn count(&self, at: i64) {
        let Self { workspace: w, app, input, .. } = *self;
        const NUMBERS: &str = "0, 1, 1, 1, 1, 0, 0) on conflict do update set \
            not_determined = not_determined + excluded.not_determined, restricted = restricted + excluded.restricted, \
            denied = denied + excluded.denied, authorized = authorized + excluded.authorized";
        let mut counters = self.prepared(&format!("insert into counters values (?1, 0, ?2, ?3, ?4, ?5, {NUMBERS}"));
        let mut daily = self.prepared(&format!("insert into daily values (?1, 0, ?2, ?3, ?4, ?5, 20600, {NUMBERS}"));
        let mut flows = self.prepared(
            "insert into flows values (?1, 0, ?2, ?3, ?4, 20600, ?5, 0, 1) on conflict do update set n = n + excluded.n",
        );
        let numbered = |dimension: &'static str, n: i64| (0..n).map(move |value| (dimension, value.to_string()));
        let values = numbered("", 1)
            .chain(numbered("platform", 1))
            .chain(numbered("os_version", 6))
            .chain(numbered("app_version", 20))
            .chain(numbered("country", 1));
        for (dimension, value) in values {
            for app in [0, app] {
                for unit in 0..3 {
                    if unit < 2 {
                        counters.execute(params![w, unit, app, dimension, value]).expect("a row");
                    }
                    daily.execute(params![w, unit, app, dimension, value]).expect("a row");
                }
                // The changes to two statuses, the answers and the installs.
                for flow in 0..4 {
                    flows.execute(params![w, app, dimension, value, flow]).expect("a row");
                }
            }
        }
        for sql in [
            "insert into input_counts values (?1, ?2, 'accepted', '', 2000, ?3) on conflict do update set n = n + excluded.n, last_at = excluded.last_at",
            "update arrivals set last_at = ?3 where workspace_id = ?1 and input_id = ?2",
        ] {
            self.prepared(sql).execute(params![w, input, at]).expect("a row");
        }
        self.prepared("insert into dedup_hours values (?1, 1, 2000) on conflict do update set n = n + excluded.n")
            .execute(params![w])
            .expect("a row");
    }
}

//! What is stored, table by table: what for, whose data it is, where it lies, and for how long. This is the only list of
//! tables: a new one is added here, after those that it refers to. A test holds it against the schema of both databases,
//! so that no table and no column is left out.

use super::db::on;
use super::{Store, access, failure, invitation, link};
use crate::domain::exploration::KEPT_ANSWERS;
use crate::domain::notice::KEPT_NOTICES;
use crate::domain::retention::{Aging, FAILURES_REMEMBERED, SESSION_LASTS};
use crate::domain::sample::KEPT as KEPT_SAMPLES;
use crate::domain::time::{HOUR, MINUTE};
use crate::server::error::Result;
use std::collections::BTreeMap;

/// Whose data it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Users of the apps that send events here.
    Users,
    /// People who work with this installation.
    Staff,
    /// Nobody single: counts, settings, and what the installation needs.
    Nobody,
}

/// For how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// As long as the workspace or the account it belongs to, or until its reason ends, which is named.
    Until(&'static str),
    /// At most so many milliseconds.
    For(i64),
    /// As long as the settings of retention say.
    Aged(Aging),
    /// Nothing removes it, for the reason named.
    Always(&'static str),
}

/// Where its rows lie when a Postgres is spread over several machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Every machine has them all.
    Everywhere,
    /// Those of a workspace lie together, by their `workspace_id`.
    ByWorkspace,
}

/// How many rows there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Rows for each device, profile or event, or for each value counted: no statement reads them all, and Postgres
    /// must know how many there are.
    Growing,
    Small,
}

/// One table.
#[derive(Clone, Copy, Debug)]
pub struct TableNote {
    pub table: &'static str,
    pub subject: Subject,
    pub spread: Spread,
    pub size: Size,
    pub what: &'static str,
    pub kept: Kept,
    /// Columns that are personal data, or lead to somebody.
    pub personal: &'static [&'static str],
}

pub const INSTALLATION: Kept = Kept::Until("the installation is removed");

macro_rules! tables {
    ($($table:literal $subject:ident $spread:ident $size:ident, $what:literal, $kept:expr, [$($personal:literal)*];)*) => {
        /// Every table there is, each after those that it refers to.
        pub const TABLES: &[TableNote] = &[$(TableNote {
            table: $table,
            subject: Subject::$subject,
            spread: Spread::$spread,
            size: Size::$size,
            what: $what,
            kept: $kept,
            personal: &[$($personal),*],
        },)*];
    };
}

tables! {
    "people" Staff Everywhere Small, "Accounts: e-mail, name, a password's hash (Argon2id), look", INSTALLATION, ["email" "name" "password_hash" "disabled_at" "first_link_shown_to" "signed_in_at"];
    "sessions" Staff Everywhere Small, "Signed-in browsers, with address, user agent, and which profiles were found by their latest look-ups", Kept::For(SESSION_LASTS), ["person_id" "data" "created_at" "seen_at"];
    "taken_forms" Nobody Everywhere Small, "Hashes of forms that were sent, so that a reload makes nothing twice", Kept::For(SESSION_LASTS), [];
    "second_factors" Staff Everywhere Small, "The secret of a person's authenticator app, sealed by a key that lies elsewhere, and when it was last used", Kept::Until("the person removes it"), ["person_id" "sealed" "used_step" "set_up_at"];
    "recovery_codes" Staff Everywhere Small, "Keyed hashes of recovery codes, and when they were used", Kept::Until("the person removes them, or makes others"), ["person_id" "code_hash" "used_at"];
    "notices" Staff Everywhere Small, "What people were told of their accounts and workspaces", Kept::For(KEPT_NOTICES), ["person_id" "state_json" "at" "seen_at" "mailed_at"];
    "mails" Staff Everywhere Small, "Mails that wait to be sent, sealed by a key that lies elsewhere", Kept::For(HOUR), ["sealed"];
    "links" Staff Everywhere Small, "Hashes of one-time links to choose a password", Kept::For(link::KEPT), ["person_id"];
    "workspaces" Nobody Everywhere Small, "Names, time zones, labels", INSTALLATION, [];
    "invitations" Staff Everywhere Small, "E-mails that were invited, and by whom", Kept::For(invitation::KEPT), ["email" "maker_id"];
    "members" Staff Everywhere Small, "Who has which role in a workspace", Kept::Until("the role is taken away"), ["person_id" "role" "since"];
    "throttles" Staff Everywhere Small, "Hashes of accounts and addresses with failed sign-ins", Kept::For(FAILURES_REMEMBERED + HOUR), ["key_hash"];
    "sign_in_failures" Staff Everywhere Small, "Failed sign-ins by account and address, until the quarter's row is in the log", Kept::For(failure::QUARTER + MINUTE), ["person_id" "address"];
    "credentials" Nobody Everywhere Small, "Keys of inputs and API tokens; of their secrets only the SHA-256", Kept::Until("the token is revoked"), ["maker_id" "last_used_from"];
    "settings_versions" Nobody ByWorkspace Small, "Every version of the default and the IDFA policy, with who set it and why", Kept::Always("what was in force on a day must be known later"), ["changed_by" "reason"];
    "erasures" Nobody ByWorkspace Small, "How far the erasing of advertising ids got", INSTALLATION, [];
    "apps" Nobody ByWorkspace Small, "Bundle ids and their names", INSTALLATION, [];
    "inputs" Nobody ByWorkspace Small, "The feeds that events come in by", INSTALLATION, [];
    "input_counts" Nobody ByWorkspace Small, "How many batches were taken, repeated or refused, and why", INSTALLATION, [];
    "arrivals" Nobody ByWorkspace Small, "When the last batch of an app came", INSTALLATION, [];
    "data_problems" Nobody ByWorkspace Small, "How often batches had each data problem, by day, app and app version", Kept::Aged(Aging::DataProblems), [];
    "data_problem_days" Nobody ByWorkspace Small, "The same by app and for all apps, of days that are over", Kept::Aged(Aging::DataProblems), [];
    "profiles" Users ByWorkspace Growing, "A user of an app, by the number that events give", INSTALLATION, ["mpid" "anonymous_on" "audit_reference" "first_seen" "last_seen"];
    "identities" Users ByWorkspace Growing, "What a user is known by: customer id, e-mail and the other identities that events carry", INSTALLATION, ["kind" "value" "profile_id"];
    "devices" Users ByWorkspace Growing, "One installation of an app: platform, versions, country, and its ATT status",
        Kept::Until("the installation is removed; without an id that leads to it, a device leaves the counts after 30 silent days, and is removed when its status changes would be"),
        ["platform" "status" "since" "as_of" "os_version" "app_version" "country" "first_seen" "last_seen" "seen_before" "ahead_as_of" "last_received" "active_on" "answered" "installed_on" "install_limited"];
    "device_identifiers" Users ByWorkspace Growing, "The ids of a device: IDFV, the IDFA (sealed) while the status permits it, and those of other platforms",
        Kept::Until("the installation is removed; the IDFA until a refusal, or as long as the IDFA policy lets it"), ["kind" "value" "device_id"];
    "uses" Users ByWorkspace Growing, "Which user was seen on which device", INSTALLATION, ["device_id" "profile_id"];
    "transitions" Users ByWorkspace Growing, "Each change of a device's ATT status", Kept::Aged(Aging::Transitions), ["device_id" "from_status" "to_status" "since" "as_of" "received_at" "answered_after" "platform" "os_version" "app_version" "country"];
    "samples" Users ByWorkspace Small, "The 20 newest batches of each input, and the newest example of each data problem", Kept::For(KEPT_SAMPLES), ["device_id" "content" "idfa"];
    "dedup" Users ByWorkspace Growing, "A hash of each batch's request id, so that a repeat changes nothing", Kept::Aged(Aging::RequestIds), ["hash"];
    "accessed_profiles" Users ByWorkspace Small, "Which profiles API tokens read, by random references", Kept::For(access::NAMED), ["audit_reference"];
    "dedup_hours" Nobody ByWorkspace Small, "How many ids of requests there are, by the hour they came in", Kept::Aged(Aging::RequestIds), [];
    "counters" Nobody ByWorkspace Growing, "How many users and devices have each status", INSTALLATION, [];
    "dimension_values" Nobody ByWorkspace Small, "Which app versions, OS versions and countries are counted by themselves", INSTALLATION, [];
    "daily" Nobody ByWorkspace Growing, "What each day added to the counters, and how many devices were active on it", Kept::Aged(Aging::Days), [];
    "releases" Nobody ByWorkspace Small, "The day on which each version of an app came out, by the devices that were active", INSTALLATION, [];
    "annotations" Staff ByWorkspace Small, "What people noted on a day, to be seen in charts", Kept::Until("somebody removes it"), ["made_by"];
    "alerts" Nobody ByWorkspace Small, "Which alerts are on, and whether each holds", INSTALLATION, [];
    "saved_views" Staff ByWorkspace Small, "Names that people gave to pages of metrics, for themselves or for everybody", Kept::Until("somebody removes it, or its owner leaves the workspace"), ["owner_id"];
    "weekly_mails" Staff ByWorkspace Small, "Who gets the summary of each week by mail", Kept::Until("the person ends it or leaves the workspace"), ["person_id"];
    "explorations" Staff ByWorkspace Small, "Questions to all devices that somebody asked, and their answers in counts", Kept::For(KEPT_ANSWERS + HOUR), ["person_id"];
    "flows" Nobody ByWorkspace Growing, "How often statuses changed on each day, first answers and how long they took, and installs", Kept::Aged(Aging::Flows), [];
    "kept_from" Nobody ByWorkspace Small, "From which day on nothing was removed for its age, and which days are summed up", INSTALLATION, [];
    "audit" Staff ByWorkspace Small, "Who changed what, when, from which address and why; users only by random references", Kept::Always("a log that can lose rows proves nothing"),
        ["actor_id" "actor_name" "ip" "agent" "target" "before_json" "after_json" "reason"];
    "audit_heads" Nobody ByWorkspace Small, "Where each chain of the log ends", Kept::Always("as the log"), [];
    "audit_checkpoints" Nobody ByWorkspace Small, "Signed places of each chain of the log", Kept::Always("as the log"), [];
    "accesses" Nobody ByWorkspace Small, "How often API tokens read profiles, until the minute's row is in the log", Kept::For(2 * MINUTE), [];
    "jobs" Nobody Everywhere Small, "What the server does by itself: when it is due, and how far it got", INSTALLATION, [];
    "slots" Nobody Everywhere Small, "Which processes are running", INSTALLATION, [];
    "installation" Nobody Everywhere Small, "When it was begun, and which key seals advertising ids", INSTALLATION, [];
    "installation_keys" Nobody Everywhere Small, "The keys of look-ups, passwords and advertising ids, sealed by a secret that lies elsewhere", INSTALLATION, [];
}

/// The tables of a spread, each after those that it refers to.
pub fn tables_of(spread: Spread) -> Vec<&'static str> {
    TABLES.iter().filter(|note| note.spread == spread).map(|note| note.table).collect()
}

/// The tables that may grow large.
pub fn growing() -> Vec<&'static str> {
    TABLES.iter().filter(|note| note.size == Size::Growing).map(|note| note.table).collect()
}

impl Store {
    /// The tables of this database with their columns, without the migrations' own.
    pub async fn schema(&self) -> Result<BTreeMap<String, Vec<String>>> {
        const SQLITE: &str = "select m.name, c.name from sqlite_master m join pragma_table_info(m.name) c \
            where m.type = 'table' and m.name not like 'sqlite\\_%' escape '\\' \
            and m.name not like '\\_sqlx%' escape '\\' order by m.name, c.cid";
        const POSTGRES: &str = "select table_name::text, column_name::text from information_schema.columns \
            where table_schema = current_schema() and table_name not like '\\_sqlx%' \
            order by table_name, ordinal_position";
        let mut view = self.system_view().await?;
        let sql = view.tx.pick(SQLITE, POSTGRES);
        let rows: Vec<(String, String)> = on!(&mut view.tx, c => sqlx::query_as(sql).fetch_all(c).await?);
        let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (table, column) in rows {
            tables.entry(table).or_default().push(column);
        }
        Ok(tables)
    }
}

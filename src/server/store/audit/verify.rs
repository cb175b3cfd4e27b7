//! Proving that a chain was neither changed nor cut: in the database, and in an exported file.

use super::proof::{Checkpoints, SignedRows, bounded_lines};
use super::replay::Replay;
use super::replay_installation::InstallationReplay;
use super::{ChainRow, INSTALLATION, chain_name, hash};
use crate::domain::audit::{FIRST_PREVIOUS, canonical};
use crate::domain::id::WorkspaceId;
use crate::server::error::{Error, Result};
use crate::server::secret::signing::Signed;
use crate::server::store::db::{Tx, on};
use crate::server::store::postgres_tx::on_postgres;
use crate::server::store::{Store, SystemView};
use serde_json::{Value, json};
use std::io::BufRead;

/// The first row of a chain that does not hold, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub chain: String,
    pub seq: i64,
    pub why: &'static str,
}

/// What the walk over all chains found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub chains: u64,
    pub rows: u64,
    /// How many signed checkpoints hold, of those that are kept here and those that were given.
    pub checkpoints: u64,
    /// At most one per chain.
    pub broken: Vec<Broken>,
    /// Of a file the last row that a checkpoint was given for, if there is one: of those after it nothing is proved.
    pub signed_to: Option<i64>,
    /// Whether nothing keeps a row from being changed or removed: neither triggers nor missing rights.
    pub unguarded: bool,
}

impl Verified {
    pub fn is_ok(&self) -> bool {
        self.broken.is_empty() && !self.unguarded
    }

    fn of_file(walk: &Walk<'_>, broken: Option<Broken>) -> Self {
        let mut verified = Self { signed_to: walk.signed_to, ..Self::default() };
        verified.add(walk, broken);
        verified
    }

    fn add(&mut self, walk: &Walk<'_>, broken: Option<Broken>) {
        self.chains += 1;
        self.rows += walk.rows;
        self.checkpoints += walk.checkpoints;
        self.broken.extend(broken);
    }
}

impl Store {
    /// Walks every chain from its first row to its head, a page at a time.
    pub async fn verify_audit(&self) -> Result<Verified> {
        self.verify_audit_against(&Checkpoints::default()).await
    }

    /// The same, and that the chains agree with checkpoints that were kept elsewhere.
    pub async fn verify_audit_against(&self, given: &Checkpoints) -> Result<Verified> {
        // Each workspace has one, and the installation, as soon as there is anything.
        const CHAINS: &str = "select workspace_id from audit union select workspace_id from audit_heads \
            union select id from workspaces union select workspace_id from audit_checkpoints \
            union select 0 from people order by 1";
        let keys = self.keyring().now();
        let mut system = self.system_view().await?;
        let chains: Vec<WorkspaceId> = on!(&mut system.tx, c => sqlx::query_scalar(CHAINS).fetch_all(c).await?);
        let mut verified = Verified { unguarded: !system.is_log_guarded().await?, ..Verified::default() };
        let names: Vec<String> = chains.iter().map(|chain| chain_name(*chain)).collect();
        for chain in chains {
            let mut walk = Walk::new(chain_name(chain), given);
            let broken = system.verify_chain(chain, &mut walk, keys.signing_keys()).await?;
            verified.add(&walk, broken);
        }
        for chain in given.chains().filter(|chain| !names.iter().any(|name| name == chain)) {
            let walk = Walk::new(chain.to_owned(), given);
            verified.add(&walk, Some(walk.broken(1, MISSING)));
        }
        Ok(verified)
    }
}

impl SystemView {
    /// Whether triggers keep the log from being changed, or, where there can be none, missing rights on every machine.
    async fn is_log_guarded(&mut self) -> Result<bool> {
        const SQLITE: &str = "select count(*) >= 2 from sqlite_master where type = 'trigger' and tbl_name = 'audit'";
        const POSTGRES: &str = "select count(*) >= 2 from pg_trigger where tgrelid = 'audit'::regclass \
            and not tgisinternal and tgenabled in ('O', 'A')";
        const MAY: &str = "select has_table_privilege('audit', 'update, delete, truncate')";
        const SPREAD: &str = "select to_regclass('pg_dist_partition') is not null";
        const WORKERS_MAY: &str = "select exists (select 1 from run_command_on_workers(\
            'select has_table_privilege(''audit'', ''update, delete, truncate'')') where result <> 'f')";
        let by_triggers = match &mut self.tx {
            Tx::Sqlite(tx) => return Ok(sqlx::query_scalar(SQLITE).fetch_one(&mut **tx).await?),
            Tx::Postgres(tx) => on_postgres!(tx, c => sqlx::query_scalar(POSTGRES).fetch_one(c).await?),
        };
        let Tx::Postgres(tx) = &mut self.tx else { return Ok(by_triggers) };
        if by_triggers {
            return Ok(true);
        }
        let may: bool = on_postgres!(tx, c => sqlx::query_scalar(MAY).fetch_one(c).await?);
        let is_spread: bool = on_postgres!(tx, c => sqlx::query_scalar(SPREAD).fetch_one(c).await?);
        Ok(!may && is_spread && !on_postgres!(tx, c => sqlx::query_scalar::<_, bool>(WORKERS_MAY).fetch_one(c).await?))
    }
}

/// A walk along one chain, row by row from its first.
struct Walk<'a> {
    chain: String,
    seq: i64,
    previous: String,
    rows: u64,
    /// The hashes that given checkpoints say, by the number of the row.
    given: Option<&'a SignedRows>,
    /// How many checkpoints hold so far.
    checkpoints: u64,
    /// The last row that a given checkpoint signed.
    signed_to: Option<i64>,
}

impl<'a> Walk<'a> {
    fn new(chain: String, given: &'a Checkpoints) -> Self {
        let given = given.of(&chain);
        Self { chain, seq: 0, previous: FIRST_PREVIOUS.to_owned(), rows: 0, given, checkpoints: 0, signed_to: None }
    }

    fn broken(&self, seq: i64, why: &'static str) -> Broken {
        Broken { chain: self.chain.clone(), seq, why }
    }

    /// Takes the next row, if it holds.
    fn step(&mut self, kept: ChainRow) -> Result<(), Broken> {
        if kept.row.seq != self.seq + 1 {
            return Err(self.broken(self.seq + 1, "the row is missing"));
        }
        if kept.row.prev_hash != self.previous {
            return Err(self.broken(kept.row.seq, "it does not follow the row before it"));
        }
        if hash(&kept.row).ok().as_ref() != Some(&kept.hash) {
            return Err(self.broken(kept.row.seq, NO_MATCH));
        }
        (self.seq, self.previous) = (kept.row.seq, kept.hash);
        self.rows += 1;
        match self.given.and_then(|given| given.get(&self.seq)) {
            Some(said) if said.iter().any(|hash| *hash != self.previous) => Err(self.broken(self.seq, REWRITTEN)),
            said => {
                if said.is_some() {
                    self.checkpoints += 1;
                    self.signed_to = Some(self.seq);
                }
                Ok(())
            }
        }
    }

    /// What is missing at the end of the chain.
    fn end(&self) -> Option<Broken> {
        let later = self.given?.range(self.seq + 1..).next();
        later.map(|_| self.broken(self.seq + 1, CUT_OFF))
    }
}

const NO_MATCH: &str = "it does not match its hash";
const MISSING: &str = "the whole chain is missing";
const REWRITTEN: &str = "a signed checkpoint says otherwise: this row, or one before it, was rewritten";
const CUT_OFF: &str = "the row is missing: a signed checkpoint is of this or a later one";
const ENDS_EARLY: &str =
    "the file ends before a signed checkpoint: it was cut off, or exported before that; export it again";
const NOT_SIGNED: &str = "its checkpoint was not signed by this installation";

impl SystemView {
    /// Walks a chain; returns its first row that does not hold. `keys` are those that may have signed.
    async fn verify_chain(
        &mut self,
        chain: WorkspaceId,
        walk: &mut Walk<'_>,
        keys: &[String],
    ) -> Result<Option<Broken>> {
        const HEAD: &str = "select seq, hash from audit_heads where workspace_id = $1";
        const BEFORE: &str = "select seq from audit where workspace_id = $1 and seq < 1 order by seq limit 1";
        const THERE: &str = "select count(*) > 0 from workspaces where id = $1";
        let (mut replay, mut of_installation) = (Replay::default(), InstallationReplay::default());
        let before: Option<i64> =
            on!(&mut self.tx, c => sqlx::query_scalar(BEFORE).bind(chain).fetch_optional(c).await?);
        if let Some(seq) = before {
            return Ok(Some(walk.broken(seq, "it stands before the first row")));
        }
        loop {
            let page = self.tx.audit_page(chain, walk.seq).await?;
            let Some(last) = page.last().map(|row| row.seq) else { break };
            let mut signed = self.tx.checkpoints(chain, walk.seq, last).await?.into_iter().peekable();
            for stored in page {
                let exact = stored.before_json.clone() + &stored.after_json;
                let kept = ChainRow::from(stored);
                let texts = canonical(&kept.row.before).and_then(|text| Ok(text + &canonical(&kept.row.after)?));
                let seq = kept.row.seq;
                if chain == INSTALLATION {
                    of_installation.take(&kept.row);
                } else {
                    replay.take(&kept.row);
                }
                if let Err(broken) = walk.step(kept) {
                    return Ok(Some(broken));
                }
                if texts.as_ref() != Ok(&exact) {
                    walk.rows -= 1;
                    return Ok(Some(walk.broken(seq, NO_MATCH)));
                }
                if let Some(signed) = signed.next_if(|signed| signed.said.seq == seq) {
                    if let Err(why) = signed.agrees(&walk.previous, keys) {
                        return Ok(Some(walk.broken(seq, why)));
                    }
                    walk.checkpoints += 1;
                }
            }
        }
        let head: Option<(i64, String)> =
            on!(&mut self.tx, c => sqlx::query_as(HEAD).bind(chain).fetch_optional(c).await?);
        let is_cut_off = !self.tx.checkpoints(chain, walk.seq, i64::MAX).await?.is_empty();
        let broken = match head {
            None if walk.rows == 0 => Some(walk.broken(1, MISSING)),
            _ if is_cut_off => Some(walk.broken(walk.seq + 1, CUT_OFF)),
            Some((head, hash)) if head == walk.seq && hash == walk.previous => None,
            Some((head, _)) if head > walk.seq => Some(walk.broken(walk.seq + 1, "the row is missing")),
            _ => Some(walk.broken(walk.seq, "the chain's head does not match its last row")),
        };
        let broken = broken.or_else(|| walk.end());
        if broken.is_some() {
            return Ok(broken);
        }
        if chain == INSTALLATION {
            let why = of_installation.differs_from(&self.tx.installation_in_force().await?);
            return Ok(why.map(|why| walk.broken(walk.seq, why)));
        }
        let is_there: bool = on!(&mut self.tx, c => sqlx::query_scalar(THERE).bind(chain).fetch_one(c).await?);
        let why = match is_there {
            false => Some("there is no such workspace"),
            true => replay.differs_from(&self.tx.in_force(chain).await?),
        };
        Ok(why.map(|why| walk.broken(walk.seq, why)))
    }
}

/// What the first line of an exported chain says was exported.
pub fn exported_filter(slug: &str) -> String {
    format!("workspace={slug}, all rows")
}

/// The first line of an exported chain.
pub fn exported_head(filter: &str, rows: i64) -> Value {
    json!({"attest": "audit", "v": 1, "filter": filter, "rows": rows})
}

/// Whether an export writes a value as this line, byte for byte.
fn is_written(value: &Value, line: &str) -> bool {
    value.to_string().as_bytes() == line.trim_end_matches('\n').as_bytes()
}

/// The longest line of an exported chain, in bytes: many times what the largest row has, so that no file fills the memory.
const LONGEST_ROW: u64 = 4 * 1024 * 1024;

/// Walks an exported chain (JSON Lines, the first of which says of what, and how many rows follow) without the database.
/// `given` are checkpoints that were kept elsewhere.
///
/// # Errors
/// [`Error::Internal`] for a file that is no exported log byte for byte, one whose first line names another workspace than its last
/// row, or one of a chain that no checkpoint is of.
pub fn verify_file(lines: impl BufRead, given: &Checkpoints) -> Result<Verified> {
    let unreadable = |line: usize| Error::Internal(format!("line {line} of the file is not a row of an exported log"));
    let mut lines = bounded_lines(lines, LONGEST_ROW).enumerate();
    // Who reads the file without this program must see what it saw: each line is, byte for byte, what an export writes.
    let mut next = || -> Result<Option<(usize, Value, String)>> {
        let Some((at, line)) = lines.next() else { return Ok(None) };
        let line = line?;
        let value = serde_json::from_str(&line).map_err(|_| unreadable(at + 1))?;
        Ok(Some((at, value, line)))
    };
    let no_head = || Error::Internal("the file's first line is not that of an exported log".into());
    let (_, head, line) = next()?.ok_or_else(no_head)?;
    let (filter, rows) = (head["filter"].as_str().unwrap_or_default(), head["rows"].as_i64().unwrap_or_default());
    if !is_written(&exported_head(filter, rows), &line) {
        return Err(no_head());
    }
    let mut walk: Option<Walk<'_>> = None;
    let mut target = String::new();
    while let Some((at, value, line)) = next()? {
        let kept = ChainRow::read(value).ok_or_else(|| unreadable(at + 1))?;
        if !is_written(&kept.json(), &line) {
            return Err(unreadable(at + 1));
        }
        target.clone_from(&kept.row.target);
        let walk = walk.get_or_insert_with(|| Walk::new(kept.row.chain.clone(), given));
        if let Err(broken) = walk.step(kept) {
            return Ok(Verified::of_file(walk, Some(broken)));
        }
    }
    // An export has all rows from the first one on, so the last one's number is how many there are.
    let Some(walk) = walk else { return Err(Error::Internal("the file has no rows".into())) };
    // The last row is that of the export, of the workspace that the first line names.
    if walk.seq == rows && filter != exported_filter(&target) {
        return Err(Error::Internal("the file's first line names another workspace than its last row".into()));
    }
    let missing = (walk.seq != rows).then(|| walk.broken(walk.seq + 1, "the row is missing"));
    if walk.given.is_none() && given.chains().next().is_some() {
        return Err(Error::Internal("no checkpoint is of the chain in the file: nothing is proved by them".into()));
    }
    // A file that was exported before a checkpoint ends before it.
    let ends_early = walk.end().map(|cut| Broken { why: ENDS_EARLY, ..cut });
    Ok(Verified::of_file(&walk, missing.or(ends_early)))
}

impl Signed {
    /// Whether it was signed by one of the keys, and says the hash that a row has.
    fn agrees(&self, found: &str, keys: &[String]) -> Result<(), &'static str> {
        if !self.is_by(keys) {
            return Err(NOT_SIGNED);
        }
        if self.said.hash == found { Ok(()) } else { Err(REWRITTEN) }
    }
}

//! Exporting a workspace's chain, streamed, as JSON Lines that prove themselves or as CSV for spreadsheets.

use super::csv_record::record;
use crate::domain::audit::AuditAction;
use crate::domain::permission::Permission;
use crate::server::error::{Error, Result};
use crate::server::store::audit::ChainRow;
use crate::server::store::audit::{exported_filter, exported_head};
use crate::server::store::{Act, Actor, Change, Done, Store, WorkspaceRef};
use serde::Serialize;
use serde_json::{Value, json};
use std::io::Write;

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Csv,
    Jsonl,
}

/// Exports the audit log.
pub struct ExportAudit;

impl Act for ExportAudit {
    type Snapshot = Value;
    const PERMISSION: Permission = Permission::ExportAudit;
    const AUDIT: AuditAction = AuditAction::AuditExported;
}

/// A column of the CSV: its name, and its cell of a row that was read, in an export of what the text says.
type Column = (&'static str, fn(&ChainRow, &str) -> String);

const COLUMNS: &[Column] = &[
    ("chain", |kept, _| kept.row.chain.clone()),
    ("seq", |kept, _| kept.row.seq.to_string()),
    ("at_ms", |kept, _| kept.row.at_ms.0.to_string()),
    ("actor_kind", |kept, _| kept.row.actor.kind.clone()),
    ("actor_id", |kept, _| or_empty(&kept.row.actor.id)),
    ("actor_name", |kept, _| kept.row.actor.name.clone()),
    ("actor_role", |kept, _| kept.row.actor.role.map(|role| role.as_str().to_owned()).unwrap_or_default()),
    ("action", |kept, _| kept.row.action.clone()),
    ("target", |kept, _| kept.row.target.clone()),
    ("before", |kept, _| kept.row.before.to_string()),
    ("after", |kept, _| kept.row.after.to_string()),
    ("reason", |kept, _| or_empty(&kept.row.reason)),
    ("ip", |kept, _| or_empty(&kept.row.ip)),
    ("agent", |kept, _| or_empty(&kept.row.agent)),
    ("request_id", |kept, _| or_empty(&kept.row.request_id)),
    ("settings_version", |kept, _| kept.row.settings_version.map(|version| version.to_string()).unwrap_or_default()),
    ("prev_hash", |kept, _| kept.row.prev_hash.clone()),
    ("hash", |kept, _| kept.hash.clone()),
    // What was exported.
    ("filter", |_, filter| filter.to_owned()),
];

fn or_empty(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}

/// Writes the whole chain of a workspace, the row of this export last.
pub async fn export(
    store: &Store,
    actor: &Actor,
    workspace: WorkspaceRef,
    format: Format,
    out: &mut (impl Write + Send),
) -> Result<()> {
    let work = move |change| begin(change, format);
    let (chain, slug, last) = store.change(actor, workspace, work).await?;
    let filter = exported_filter(&slug);
    match format {
        Format::Csv => write(out, &record(COLUMNS.iter().map(|(name, _)| (*name).to_owned()))?)?,
        Format::Jsonl => write(out, format!("{}\n", exported_head(&filter, last)).as_bytes())?,
    }
    let mut seq = 0;
    while seq < last {
        let page = store.system_view().await?.audit_page(chain, seq).await?;
        for kept in page {
            seq = kept.row.seq;
            let text = match format {
                Format::Csv => record(COLUMNS.iter().map(|(_, cell)| cell(&kept, &filter)))?,
                Format::Jsonl => format!("{}\n", kept.json()).into_bytes(),
            };
            write(out, &text)?;
            if seq == last {
                break;
            }
        }
    }
    out.flush().map_err(Error::internal)
}

async fn begin(
    mut change: Change<ExportAudit>,
    format: Format,
) -> Result<Done<(crate::domain::id::WorkspaceId, String, i64)>> {
    let (id, slug) = (change.workspace.id, change.workspace.slug.to_string());
    let last = change.last_audit_row().await?;
    let state = json!({"format": format, "rows": last + 1});
    // The row of the export itself is the last one of the file.
    change.commit(slug.clone(), None, Some(state), None, (id, slug, last + 1)).await
}

fn write(out: &mut impl Write, text: &[u8]) -> Result<()> {
    out.write_all(text).map_err(Error::internal)
}

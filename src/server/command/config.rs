//! `attest config`: what is in force, and where each value came from.

use super::ExitStatus;
use crate::server::config::file::Told;
use crate::server::error::{Error, Result};

/// `attest config`.
pub fn print_config(told: &[Told], json: bool) -> Result<ExitStatus> {
    if json {
        say!("{}", serde_json::to_value(told).map_err(Error::internal)?);
        return Ok(ExitStatus::Done);
    }
    for Told { setting, value, from } in told {
        say!("{setting:<22} {:<32} from {from}", value.as_deref().unwrap_or("-"));
    }
    Ok(ExitStatus::Done)
}

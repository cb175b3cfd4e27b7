//! `attest config`: what is in force, and where each value came from.

use super::ExitStatus;
use crate::server::config::file::SettingInForce;
use crate::server::error::{Error, Result};

/// `attest config`.
pub fn print_config(settings: &[SettingInForce], json: bool) -> Result<ExitStatus> {
    if json {
        say!("{}", serde_json::to_value(settings).map_err(Error::internal)?);
        return Ok(ExitStatus::Done);
    }
    for SettingInForce { setting, value, from } in settings {
        say!("{setting:<22} {:<32} from {from}", value.as_deref().unwrap_or("-"));
    }
    Ok(ExitStatus::Done)
}

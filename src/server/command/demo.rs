//! `attest demo`: an empty database filled with believable data.

use super::{ExitStatus, print};
use crate::server::clock::{Clock, Ids, SystemClock};
use crate::server::error::Result;
use crate::server::secret::InstallationSecret;
use crate::server::services::Services;
use crate::server::services::demo::{DemoSize, SHARED_ID, beginning, customer_id, fill};
use crate::server::store::System;
use crate::ui::words::role as role_words;
use clap::Args;
use secrecy::ExposeSecret;
use serde_json::json;
use std::sync::Arc;

#[derive(Args, Debug)]
pub struct Demo {
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..))]
    profiles: u32,
    /// How many days of history.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u16).range(1..=730))]
    days: u16,
    /// The same seed gives the same data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long)]
    json: bool,
}

impl Demo {
    /// Opens the database by itself: its story has a clock of its own.
    pub async fn run(self, database_url: &str, secret: Option<InstallationSecret>) -> Result<ExitStatus> {
        let size = DemoSize { profiles: self.profiles, days: self.days, seed: self.seed };
        // The present is the database's.
        let present = Arc::new(SystemClock::default());
        System::open(database_url, secret.clone(), Ids::new(present.clone())).await?.close().await;
        let clock = Arc::new(beginning(present.now(), size));
        let services = Services::new(System::open(database_url, secret, Ids::new(clock.clone())).await?);
        let made = fill(&services, &clock, &*present, size).await?;
        services.store().close().await;
        let counted =
            format!("{} profiles on {} devices in the workspace {}.", made.profiles, made.devices, made.workspace);
        let people = made.people.iter().map(|(role, email, password)| {
            format!("  {:<17} {email:<36} {}", role_words(*role), password.expose_secret())
        });
        let look_up = format!(
            "Somebody to look up: {} (two devices, two apps), {SHARED_ID} (an id that many devices share).",
            customer_id(0)
        );
        let words: Vec<_> = [counted, look_up, "One sign-in per role:".to_owned()].into_iter().chain(people).collect();
        let people = made
            .people
            .iter()
            .map(|(role, email, password)| json!({"role": role, "email": email, "password": password.expose_secret()}));
        let value = json!({"workspace": made.workspace, "profiles": made.profiles, "devices": made.devices,
            "look_up": [customer_id(0), SHARED_ID.to_owned()], "people": people.collect::<Vec<_>>()});
        print(self.json, &value, &words.join("\n"));
        Ok(ExitStatus::Done)
    }
}

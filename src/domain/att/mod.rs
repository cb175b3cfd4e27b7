//! Apple's App Tracking Transparency: what a status is, how one is learned, and what it decides.

mod effective;
mod gate;
mod legacy;
mod register;
mod status;

pub use effective::{Effective, Origin, effective};
pub use gate::{Policy, Terms, Verdict, gate, has_withheld_more};
pub use legacy::{Flags, legacy_flags};
pub use register::{AppliedReport, OrderKey, Report, ReportOutcome, Reported, TimestampFault, apply_report};
pub use status::{CountedState, Status};

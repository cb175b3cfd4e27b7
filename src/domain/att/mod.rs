//! Apple's App Tracking Transparency: what a status is, how one is learnt, and what it decides.

mod effective;
mod gate;
mod legacy;
mod register;
mod status;

pub use effective::{Effective, Origin, effective};
pub use gate::{Policy, Verdict, gate, holds_back_more};
pub use legacy::{Flags, legacy_flags};
pub use register::{Held, Outcome, Report, Reported, TimestampFault, learn};
pub use status::{State, Status};

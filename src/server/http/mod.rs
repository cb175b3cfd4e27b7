//! The doors.

pub mod site;

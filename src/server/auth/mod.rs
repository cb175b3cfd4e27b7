//! Who somebody is: passwords, sessions, keys, and what slows down guessing.

pub mod browser;
pub mod key;
pub mod one_time_code;
pub mod password;
pub mod recovery_code;
pub mod session;
pub mod throttle;
pub mod turns;

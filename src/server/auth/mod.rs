//! Who somebody is: passwords, sessions, keys, and what slows down guessing.

pub mod browser;
pub mod key;
pub mod password;
pub mod session;
pub mod throttle;
pub mod turns;

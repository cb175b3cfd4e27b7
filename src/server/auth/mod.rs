//! Who somebody is: passwords, sessions, keys, and what slows down guessing.

pub mod key;
pub mod password;
pub mod session;
pub mod throttle;

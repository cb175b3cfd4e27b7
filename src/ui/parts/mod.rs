//! Parts that several pages share.

pub mod bars;
pub mod demand;
pub mod field;
pub mod icon;
pub mod notice;
pub mod one_time_secret;
pub mod pager;
pub mod role;
pub mod status;
pub mod theirs;

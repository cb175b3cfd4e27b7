//! Parts that several pages share.

pub mod bars;
pub mod chart;
pub mod demand;
pub mod field;
pub mod figures;
pub mod filter;
pub mod icon;
pub mod notice;
pub mod one_time_secret;
pub mod pager;
pub mod period;
pub mod popover;
pub mod rate;
pub mod rate_table;
pub mod role;
pub mod status;
pub mod theirs;

//! The few parts that come alive in the browser. Each gets its data as props and asks the server by server functions.

pub mod counts;
pub mod element;
pub mod line;
pub mod live;
pub mod reading;
pub mod replace;

//! The few parts that come alive in the browser. Each gets its data as props and speaks to the server by `fetch`.

pub mod fetch;
pub mod live;
pub mod reading;

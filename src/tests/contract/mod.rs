//! What the store promises, held against both databases by the same tests.

mod audit;
mod commit;
mod count;
mod data_problem;
mod distributed;
mod erasure;
mod facts;
mod flow;
mod group;
mod grouping;
mod ingest;
mod job;
mod newer;
mod parity;
mod permit;
mod plans;
mod purposes;
mod queue;
mod retention;
pub mod sender;
mod several;
mod shared;
mod sign_in;
mod tables;
mod traces;
mod upgrade;

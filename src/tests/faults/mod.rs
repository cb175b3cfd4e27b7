//! What must not be lost or counted twice, whatever happens to the process or the store. Short here; `make soak` runs
//! the same for longer.

mod crash;
mod flush;
mod frozen;
mod ledger;
mod several;
mod silent;
mod soak;
mod stop;
mod store;
mod upgrade;

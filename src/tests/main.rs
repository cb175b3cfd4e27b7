//! The app from outside: one integration binary. Each test says what it protects.

mod bugs;
mod contract;
mod documents;
mod faults;
mod flows;
mod harness;
mod layers;
mod property;
mod roles;
mod site;
mod vectors;

//! Faults that were found and mended, each with the test that failed before.

mod order_of_transitions;
mod retired_count;

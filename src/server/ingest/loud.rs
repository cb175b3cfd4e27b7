//! Which inputs send much: many small requests at once are as much as a large one.

use crate::domain::id::InputId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Batches that an input has waiting from which on it is loud.
const MANY: u32 = 16;
/// How long it stays loud: senders that were answered together come back one by one.
const STAYS: Duration = Duration::from_secs(1);
/// How many inputs are remembered until those that went quiet are forgotten.
const REMEMBERED: usize = 1000;

/// What inputs have waiting; cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Inputs(Arc<Mutex<HashMap<InputId, Heard>>>);

#[derive(Debug, Default)]
struct Heard {
    waiting: u32,
    loud_until: Option<Instant>,
}

/// Batches of an input that wait, until this is dropped.
#[derive(Debug)]
pub struct Voice {
    inputs: Inputs,
    input: InputId,
    rows: u32,
    /// Whether its input sends much.
    pub is_loud: bool,
}

impl Inputs {
    /// Notes so many more batches of an input.
    pub fn hear(&self, input: InputId, rows: u32) -> Voice {
        let (now, mut inputs) = (Instant::now(), self.lock());
        if inputs.len() > REMEMBERED {
            inputs.retain(|_, heard| heard.waiting > 0 || heard.is_loud(now));
        }
        let heard = inputs.entry(input).or_default();
        heard.waiting = heard.waiting.saturating_add(rows);
        if heard.waiting >= MANY {
            heard.loud_until = Some(now + STAYS);
        }
        Voice { inputs: self.clone(), input, rows, is_loud: heard.is_loud(now) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<InputId, Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn is_loud(&self, now: Instant) -> bool {
        self.loud_until.is_some_and(|until| now < until)
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        if let Some(heard) = self.inputs.lock().get_mut(&self.input) {
            heard.waiting = heard.waiting.saturating_sub(self.rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_input_is_loud_by_all_that_it_has_waiting() {
        let (inputs, [one, other]) = (Inputs::default(), [1, 2].map(InputId));
        let voices: Vec<Voice> = (0..20).map(|_| inputs.hear(one, 1)).collect();
        assert!(!voices[14].is_loud && voices[15].is_loud);
        assert!(!inputs.hear(other, 15).is_loud && inputs.hear(other, 16).is_loud);
        drop(voices);
        assert!(inputs.hear(one, 1).is_loud, "it was a moment ago");
        tokio::time::sleep(STAYS).await;
        assert!(!inputs.hear(one, 1).is_loud);
        for input in 10..3000 {
            inputs.hear(InputId(input), 1);
        }
        assert!(inputs.lock().len() < 2 * REMEMBERED);
    }
}

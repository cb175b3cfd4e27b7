//! The five states as they were reported and with the default applied: rows of a table, and the pair of bars.

use crate::domain::att::{CountedState, Status};
use crate::domain::count::{Counts, Unit};
use crate::domain::metric::{Basis, Figures};
use crate::domain::rounding::{Precision, Shown, share};
use crate::ui::pages::overview::StateRow;
use crate::ui::parts::bars::{Bars, Reading};
use crate::ui::words;

/// The states as a reader may see them.
pub struct States {
    /// How many Apple units there are.
    pub apple: Shown,
    /// The same as the states add up: what shares are of.
    pub whole: Shown,
    /// How many never reported a status.
    pub unknown: Shown,
    /// How many have only the default.
    pub by_default: Shown,
    pub rows: Vec<StateRow>,
    pub bars: Bars,
}

impl States {
    pub fn new((counts, default): (Counts, Option<Status>), unit: Unit, precision: Precision) -> Self {
        let [explicit, effective] = Basis::ALL.map(|basis| Figures::new([(counts, default)], basis, precision));
        let (apple, unknown) = (explicit.apple(), explicit.of(CountedState::Unknown));
        let whole = explicit.apple_as_shown();
        let row = |state: CountedState| {
            let by_default = default.is_some_and(|default| state == CountedState::Known(default));
            let (explicit, effective) = (explicit.of(state), effective.of(state));
            StateRow {
                state,
                explicit: words::count(explicit),
                explicit_share: words::share(share(explicit, whole)),
                by_default: if by_default { words::count(unknown) } else { words::NO_SHARE.to_owned() },
                effective: words::count(effective),
                effective_share: words::share(share(effective, whole)),
            }
        };
        let rows: Vec<StateRow> = CountedState::OF_APPLE.into_iter().map(row).collect();
        let reading = |row: &StateRow| Reading {
            state: row.state,
            reported: format!("Reported: {} ({})", row.explicit, row.explicit_share),
            effective: format!("Effective: {} ({})", row.effective, row.effective_share),
        };
        let apple_words = words::count(apple);
        let bars = Bars {
            readings: rows.iter().map(reading).collect(),
            counts: explicit.proportions().zip(effective.proportions()).map(<[[i64; 5]; 2]>::from),
            default,
            title: format!("{apple_words} Apple {}", words::unit_after(&apple_words, unit)),
        };
        Self { apple, whole, unknown, by_default: if default.is_some() { unknown } else { Shown::NOBODY }, rows, bars }
    }
}

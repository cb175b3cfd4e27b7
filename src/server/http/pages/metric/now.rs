//! Now.

use super::asked::Asked;
use crate::domain::att::CountedState;
use crate::domain::metric::{Basis, Figures, Rate};
use crate::domain::rounding::{Shown, share};
use crate::server::error::Result;
use crate::server::services::trend::{Compared, Step, compared};
use crate::server::store::View;
use crate::ui::pages::metric::now::Now;
use crate::ui::pages::overview::StateRow;
use crate::ui::parts::bars::{Bars, Reading as BarReading};
use crate::ui::words;

pub async fn model(view: &mut View, asked: &Asked) -> Result<Now> {
    let counts = view.counts_of(asked.selection()).await?;
    let default = view.settings().await?.default;
    let precision = view.precision;
    let [explicit, effective] =
        [Basis::Explicit, Basis::Effective].map(|basis| Figures::new([counts], (basis, default), precision));
    let compared = compared(view, &asked.trend(Step::Day), asked.kept.first).await?;
    Ok(Now { cards: cards(asked, view, &compared), ..states(asked, &explicit, &effective) })
}

fn cards(asked: &Asked, view: &View, compared: &Compared) -> Vec<crate::ui::parts::rate::RateCard> {
    let reading = asked.reading(view.precision);
    Rate::ALL.map(|rate| reading.card(rate, compared)).into()
}

/// The states as rows and bars.
fn states(asked: &Asked, explicit: &Figures, effective: &Figures) -> Now {
    let default = explicit.default();
    let apple = explicit.apple();
    let unknown = explicit.of(CountedState::Unknown);
    let row = |state: CountedState| {
        let by_default = default.is_some_and(|default| state == CountedState::Known(default));
        // With a default nobody is left without a status: that is certain, and says nothing of any single person.
        let is_certain = default.is_some() && state == CountedState::Unknown;
        let effective = if is_certain { Shown::Exact(0) } else { effective.of(state) };
        let explicit = explicit.of(state);
        StateRow {
            state,
            explicit: words::count(explicit),
            explicit_share: words::share(share(explicit, apple)),
            by_default: if by_default { words::count(unknown) } else { words::NO_SHARE.to_owned() },
            effective: words::count(effective),
            effective_share: words::share(share(effective, apple)),
        }
    };
    let rows: Vec<StateRow> = CountedState::OF_APPLE.into_iter().map(row).collect();
    let heights = |figures: &Figures| {
        let height = |state| (state, figures.of(state).figure().unwrap_or_default());
        CountedState::OF_APPLE.into_iter().map(height).collect()
    };
    let reading = |row: &StateRow| BarReading {
        state: row.state,
        reported: format!("Reported: {} ({})", row.explicit, row.explicit_share),
        effective: format!("Effective: {} ({})", row.effective, row.effective_share),
    };
    let apple_words = words::count(apple);
    let units = words::units(asked.unit);
    Now {
        units,
        by_default: words::count(if default.is_some() { unknown } else { Shown::Exact(0) }),
        bars: Bars {
            readings: rows.iter().map(reading).collect(),
            explicit: heights(explicit),
            effective: heights(effective),
            default,
            title: format!("{apple_words} Apple {}", words::unit_after(&apple_words, asked.unit)),
        },
        rows,
        cards: Vec::new(),
        is_empty: apple.figure() == Some(0),
        apple: apple_words,
    }
}

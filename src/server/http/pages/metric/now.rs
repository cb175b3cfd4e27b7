//! Now.

use super::super::states::States;
use super::asked::Asked;
use crate::domain::metric::Rate;
use crate::server::error::Result;
use crate::server::services::trend::{Step, compared};
use crate::server::store::View;
use crate::ui::pages::metric::now::Now;
use crate::ui::words;

pub async fn model(view: &mut View, asked: &Asked) -> Result<Now> {
    let counts = view.counts_of(asked.selection()).await?;
    let default = view.settings().await?.default;
    let compared = compared(view, &asked.trend(Step::Day), asked.kept.first).await?;
    let reading = asked.reading(view.precision);
    let States { apple, by_default, rows, bars, .. } = States::new((counts, default), asked.unit, view.precision);
    Ok(Now {
        units: words::units(asked.unit),
        by_default: words::count(by_default),
        bars,
        rows,
        cards: Rate::ALL.map(|rate| reading.card(rate, &compared)).into(),
        is_empty: apple.figure() == Some(0),
        apple: words::count(apple),
    })
}

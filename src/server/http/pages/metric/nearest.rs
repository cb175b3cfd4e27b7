//! Days to look at instead of those that have nothing.

use super::super::PageQuery;
use super::asked::Asked;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::http::moment::days_words;

/// As many days as are asked for, as near to them as one of `days` is, which have something: their words and their address.
pub fn nearest(days: impl IntoIterator<Item = Day>, asked: &Asked, query: &PageQuery) -> Option<(String, String)> {
    let period = asked.period.period;
    let outside = days.into_iter().filter(|day| !(period.first..=period.last).contains(day));
    let day = outside.min_by_key(|day| day.since(period.last).abs())?;
    let first = if day > period.last { day } else { day.plus(1 - period.days()).max(asked.kept.first) };
    let last = first.plus(period.days() - 1).min(asked.kept.today);
    let address = query.with(&[("days", ""), ("from", &calendar::date(first)), ("to", &calendar::date(last))]);
    Some((format!("Show {}", days_words(first, last)), address))
}

//! The days that a page is asked for.

use super::PageQuery;
use crate::domain::error::Problem;
use crate::domain::metric::Period;
use crate::server::calendar;
use crate::server::error::{Error, Result};
use crate::server::http::moment::days_words;
use crate::server::services::kept_days::KeptDays;
use crate::server::services::trend::Step;
use crate::ui::parts::field::Faults;
use crate::ui::parts::period::{PeriodChoice, SPANS};

/// The span that is shown unless another is chosen.
const USUAL: i64 = 30;
/// Longer periods are shown by week unless something else is chosen: a chart has no room for so many days.
const DAILY: i64 = 92;

/// The parameters that say which days.
pub const PARAMETERS: [&str; 3] = ["days", "from", "to"];

/// What was asked for, and what is shown.
#[derive(Clone, Debug)]
pub struct AskedPeriod {
    pub period: Period,
    /// The span until today that it is; `None` for days of one's own.
    pub span: Option<i64>,
    /// What is wrong with the days that were asked for, and in which field: then the usual ones are shown.
    pub fault: Option<(&'static str, Problem)>,
}

impl AskedPeriod {
    /// The days of an address. A span goes as far back as days are kept.
    pub fn of(asked: &PageQuery, kept: KeptDays) -> Self {
        let own = [asked.of("from"), asked.of("to")];
        match own {
            [None, None] => {
                let span = asked.of("days").map(|text| SPANS.into_iter().find(|span| span.to_string() == text));
                let fault = (span == Some(None)).then_some(("days", Problem::NotOneOf));
                Self::until_today(span.flatten().unwrap_or(USUAL), kept, fault)
            }
            [from, to] => match own_days(from, to, kept) {
                Ok(period) => Self { period, span: None, fault: None },
                Err(fault) => Self::until_today(USUAL, kept, Some(fault)),
            },
        }
    }

    fn until_today(span: i64, kept: KeptDays, fault: Option<(&'static str, Problem)>) -> Self {
        let period = Period::until(kept.today, span);
        let period = Period { first: period.first.max(kept.first), last: kept.today };
        Self { period, span: Some(span), fault }
    }

    /// Refuses days that cannot be shown, where others would be taken for them.
    ///
    /// # Errors
    /// [`Refusal::Invalid`](crate::domain::error::Refusal::Invalid) with what is wrong with them.
    pub fn assert_right(&self) -> Result<()> {
        self.fault.map_or(Ok(()), |(field, problem)| Err(Error::invalid(field, problem)))
    }

    /// How its figures are put together unless something else is chosen.
    pub fn usual_step(&self) -> Step {
        if self.period.days() > DAILY { Step::Week } else { Step::Day }
    }

    /// How many days it has, as it was chosen.
    pub fn length(&self) -> i64 {
        self.span.unwrap_or(self.period.days())
    }

    /// What is shown of it beside the page's title.
    pub fn choice(&self, asked: &PageQuery) -> PeriodChoice {
        let Period { first, last } = self.period;
        let typed = |name, day| match (asked.of(name), self.fault) {
            (Some(text), Some(_)) => text.to_owned(),
            _ => calendar::date(day),
        };
        PeriodChoice {
            spans: SPANS.map(|days| {
                let chosen = if days == USUAL { String::new() } else { days.to_string() };
                (days, asked.with(&[("days", &chosen), ("from", ""), ("to", "")]))
            }),
            shown: self.span.filter(|_| self.fault.is_none()),
            words: days_words(first, last),
            from: typed("from", first),
            to: typed("to", last),
            kept: asked.others(&PARAMETERS),
            faults: Faults(self.fault.map(|(field, problem)| (field.to_owned(), problem)).into_iter().collect()),
        }
    }
}

/// Days of one's own; a missing last one is today.
fn own_days(from: Option<&str>, to: Option<&str>, kept: KeptDays) -> Result<Period, (&'static str, Problem)> {
    let day = |name: &'static str, text: Option<&str>| match text {
        Some(text) => calendar::parse(text).ok_or((name, Problem::NotADay)),
        None if name == "to" => Ok(kept.today),
        None => Err((name, Problem::Missing)),
    };
    let (first, last) = (day("from", from)?, day("to", to)?);
    if first > last {
        return Err(("from", Problem::AfterLastDay));
    }
    if last > kept.today || last < kept.first {
        return Err(("to", Problem::DayOutOfRange));
    }
    let period = Period { first, last };
    if kept.may_begin(period) { Ok(period) } else { Err(("from", Problem::DayOutOfRange)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Day;
    use axum::extract::RawQuery;

    const KEPT: KeptDays = KeptDays { first: Day(20_700), today: Day(20_779) };

    fn asked(query: &str) -> AskedPeriod {
        AskedPeriod::of(&PageQuery::new(RawQuery(Some(query.to_owned()))), KEPT)
    }

    #[test]
    fn the_usual_days_are_thirty_until_today() {
        assert_eq!(asked("").period, Period::until(KEPT.today, 30));
        assert_eq!(asked("days=7").period, Period::until(KEPT.today, 7));
        assert_eq!(asked("days=365").period, Period { first: KEPT.first, last: KEPT.today }, "as far as they are kept");
        let own = asked("from=2026-11-01&to=2026-11-22");
        assert_eq!((own.period, own.span), (Period::until(Day(20_779), 22), None));
        assert_eq!(asked("from=2026-11-21").period, Period::until(KEPT.today, 2));
    }

    #[test]
    fn what_cannot_be_shown_is_said_beside_its_field() {
        for (query, field, problem) in [
            ("from=2026-11-22&to=2026-11-01", "from", Problem::AfterLastDay),
            ("from=1996-11-01&to=2026-11-01", "from", Problem::DayOutOfRange),
            ("from=1996-11-01&to=1996-11-02", "to", Problem::DayOutOfRange),
            ("from=2026-11-01&to=2026-11-23", "to", Problem::DayOutOfRange),
            ("from=yesterday&to=2026-11-01", "from", Problem::NotADay),
            ("from=2026-11-01&to=2026-11-31", "to", Problem::NotADay),
            ("to=2026-11-01", "from", Problem::Missing),
            ("days=8", "days", Problem::NotOneOf),
        ] {
            let asked = asked(query);
            assert_eq!(asked.fault, Some((field, problem)), "{query}");
            assert_eq!(asked.period, Period::until(KEPT.today, 30), "{query}");
        }
    }
}

//! Rates and their changes in words.

use crate::domain::count::Dimension;
use crate::domain::metric::{Fraction, Interval, Meaning, Rate};
use crate::domain::platform::Platform;

pub fn rate(rate: Rate) -> &'static str {
    match rate {
        Rate::Consent => "Consent rate",
        Rate::Addressable => "Addressable rate",
        Rate::PromptCoverage => "Prompt coverage",
        Rate::Restricted => "Restricted rate",
        Rate::ReportedShare => "Reported share",
    }
}

/// What a rate is the share of, in a few words; `units` are what is counted.
pub fn rate_in_short(rate: Rate, units: &str) -> String {
    match rate {
        Rate::Consent => "authorized among those who answered the prompt".to_owned(),
        Rate::Addressable => format!("authorized among all Apple {units}"),
        Rate::PromptCoverage => "answered among those who can be asked".to_owned(),
        Rate::Restricted => "restricted among those with a reported status".to_owned(),
        Rate::ReportedShare => "with a reported status; the rest have only the default, if there is one".to_owned(),
    }
}

/// A rate's formula.
pub fn formula(rate: Rate) -> &'static str {
    match rate {
        Rate::Consent => "authorized ÷ (authorized + denied)",
        Rate::Addressable => "authorized ÷ (authorized + denied + restricted + not determined + unknown)",
        Rate::PromptCoverage => "(authorized + denied) ÷ (authorized + denied + not determined)",
        Rate::Restricted => "restricted ÷ (authorized + denied + restricted + not determined)",
        Rate::ReportedShare => {
            "(authorized + denied + restricted + not determined) ÷ (authorized + denied + restricted + not determined + unknown)"
        }
    }
}

/// A value of a dimension; of platforms and versions of iOS with their names.
pub fn dimension_value(dimension: Dimension, value: &str) -> String {
    match dimension {
        Dimension::Platform => {
            Platform::parse(value).map_or_else(|| value.to_owned(), |known| super::platform(known).to_owned())
        }
        // Those of other platforms have the platform's name before them.
        Dimension::OsVersion if value.starts_with(|first: char| first.is_ascii_digit()) => format!("iOS {value}"),
        Dimension::OsVersion | Dimension::AppVersion | Dimension::Country | Dimension::Idfa => value.to_owned(),
    }
}

/// A dimension within a sentence.
pub fn dimension(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Platform => "platform",
        Dimension::OsVersion => "OS version",
        Dimension::AppVersion => "app version",
        Dimension::Country => "country",
        Dimension::Idfa => "advertising id",
    }
}

/// The same where nothing beside it says what it is, such as "Country SE".
pub fn dimension_value_alone(dimension: Dimension, value: &str) -> String {
    let value = dimension_value(dimension, value);
    match dimension {
        Dimension::AppVersion => format!("Version {value}"),
        Dimension::Country => format!("Country {value}"),
        Dimension::Platform | Dimension::OsVersion | Dimension::Idfa => value,
    }
}

/// What is to be known of every rate.
pub const INTERVAL: &str = "The range is a 95% Wilson interval: what a sample of this size could hide.";

/// An interval as a range, such as `36.4% to 37.0%`.
pub fn interval(interval: Option<Interval>) -> String {
    match interval {
        Some(Interval { low, high }) => format!("{:.1}% to {:.1}%", low * 100.0, high * 100.0),
        None => super::NO_SHARE.to_owned(),
    }
}

/// How wide an interval is around a share: such as `±0.3`, or `0% to 79%` where it reaches much further to one side.
pub fn half(share: Option<f64>, interval: Option<Interval>) -> String {
    let (Some(share), Some(interval)) = (share, interval) else { return String::new() };
    let (below, above) = (share - interval.low, interval.high - share);
    if below.max(above) > 1.25 * below.min(above) + 0.001 {
        return format!("{:.0}% to {:.0}%", interval.low * 100.0, interval.high * 100.0);
    }
    format!("±{:.1}", interval.half() * 100.0)
}

/// Where there is no rate to draw.
pub const NO_RATE: &str = "There is no rate in these days: nobody had answered or reported yet, or too few for a rate.";

/// Where there are no shares to draw.
pub const NO_SHARES: &str =
    "There are no shares to draw: nobody was counted, or too few for shares of rounded figures.";

/// Less than a tenth of a point.
const NO_CHANGE: &str = "No change";

/// A change that rounding alone could make one into the other direction.
pub const WITHIN_ROUNDING: &str = "No change beyond rounding";

/// How many points a share grew or fell, such as `▲ 0.9 points`.
pub fn points(grew: f64) -> String {
    let points = format!("{:.1}", (grew * 100.0).abs());
    let sign = match points.as_str() {
        "0.0" => return NO_CHANGE.to_owned(),
        _ if grew > 0.0 => "▲",
        _ => "▼",
    };
    format!("{sign} {points} points")
}

/// By how many points a share is higher or lower than that of another app, such as `3.0 points` and `lower than X`.
pub fn points_apart(apart: f64, name: &str) -> (String, String) {
    match points(apart).split_once(' ') {
        Some(("▲", points)) => (points.to_owned(), format!("higher than {name}")),
        Some(("▼", points)) => (points.to_owned(), format!("lower than {name}")),
        _ => ("The same".to_owned(), format!("as {name}")),
    }
}

/// The two counts of a rate, such as `42,780 of 116,575`.
pub fn part_of_whole(fraction: Fraction) -> String {
    format!("{} of {}", super::count(fraction.part), super::count(fraction.whole))
}

/// What is said behind a change that samples of these sizes could hide.
pub fn chance(meaning: Meaning) -> &'static str {
    if meaning == Meaning::Chance { ", may be chance" } else { "" }
}

/// Between what a growth lies, and whether that may be chance.
pub fn grown(interval: Option<Interval>) -> String {
    let signed = |share: f64| {
        let points = format!("{:+.1}", share * 100.0);
        if points == "-0.0" { "+0.0".to_owned() } else { points.replace('-', "−") }
    };
    match interval {
        None => "Too few answered to tell.".to_owned(),
        Some(interval) => {
            let meaning = if interval.may_be_chance() { "may be chance" } else { "not chance" };
            format!("Between {} and {} points: {meaning}.", signed(interval.low), signed(interval.high))
        }
    }
}

/// A version of an app that came out.
pub fn release(app: Option<&str>, version: &str) -> String {
    match app {
        Some(app) => format!("{app} {version}"),
        None => version.to_owned(),
    }
}

/// When ad tracking is limited, by the rule of Adjust's placeholders.
pub const LIMITED: &str = "An Apple device by its first batch. Ad tracking is limited where the status is not Authorized; on iOS 14.0 to 14.4, where \
    nobody enforced the prompt, where it is neither Authorized nor Not determined; without a status, where the app’s own LAT flag \
    or a zero IDFA says so. From iOS 14.5 on it is so before the prompt is answered. A device that says nothing is a new device, and none with limited ad tracking.";

/// In place of changes, to those who see rounded figures.
pub const ROUNDED_RELEASES: &str =
    "Rounded figures, which your role sees, do not tell whether a release changed anything.";

/// When a version is out, and what is held against what.
pub const RELEASES: &str = "A version is out on the first day on which 1% of its app’s active devices have it, and at least ten. \
    Before and after are devices by the day on which they were first seen. The share is their consent at the first answer: \
    first answers that authorized ÷ first answers, whenever they were given.";

/// What is to be known of the range of a difference.
pub const DIFFERENCE_INTERVAL: &str =
    "A range is a 95% interval of the difference (Newcombe’s): what samples of these sizes could hide.";

/// What a file says of the figures of Flow.
pub const FLOW_FIGURES: &str = "change = devices that went from one status to another; \
    first_answer_within_ms = first answers by the time since the device was first seen; \
    first_answers = devices whose user answered for the first time, authorized or denied; \
    first_authorized = of these, those that authorized; withdrawals = changes from authorized to denied; \
    installs = Apple devices that sent their first batch; limited_installs = of these, those with limited ad tracking";

/// What a file says of the figures of Quality.
pub const QUALITY_FIGURES: &str = "times = batches that had the problem, on the day they came";

/// The formula of that share.
pub const FIRST_ANSWER_CONSENT: &str =
    "first answers that authorized ÷ first answers, of devices first seen in these days";

/// So many days, as a span.
pub fn days(n: i64) -> String {
    match n {
        1 => "1 day".to_owned(),
        365 => "1 year".to_owned(),
        n => format!("{} days", super::number(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_a_direction_unless_they_are_nothing() {
        assert_eq!(points(0.009), "▲ 0.9 points");
        assert_eq!(points(-0.01), "▼ 1.0 points");
        assert_eq!(points(0.0004), "No change");
        assert_eq!(half(Some(0.364), Some(Interval { low: 0.360, high: 0.368 })), "±0.4");
        assert_eq!(half(Some(0.0), Some(Interval { low: 0.0, high: 0.79 })), "0% to 79%");
        assert_eq!(half(None, None), "");
    }
}

//! The order of versions: by their numbers, so that 4.10 comes after 4.9.

use std::cmp::Ordering;

/// Compares texts such as `4.10.1` or `tvOS 18.0`: numbers in them by what they count, the rest by its letters.
pub fn by_version(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (parts(one), parts(other));
    loop {
        let order = match (one.next(), other.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(one), Some(other)) => part(one, other),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Runs of digits, and what is between them.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_number = rest.chars().next()?.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_number).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

fn part(one: &str, other: &str) -> Ordering {
    let is_number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    if !(is_number(one) && is_number(other)) {
        return one.cmp(other);
    }
    // However long they are: without leading zeros the longer one is greater.
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_the_order_of_their_numbers() {
        let mut versions = ["4.10", "4.9.1", "tvOS 18.0", "4.9", "14.0", "4.9-beta", "99999999999999999999", "4.09"];
        versions.sort_by(|one, other| by_version(one, other));
        let expected = ["4.9", "4.09", "4.9-beta", "4.9.1", "4.10", "14.0", "99999999999999999999", "tvOS 18.0"];
        assert_eq!(versions, expected);
    }
}

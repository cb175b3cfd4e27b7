//! Reading JSON field by field as borrowed raw values: all faults at once, and tolerance for oddities in values that
//! nobody reads (any depth, any number, any text).

use super::error::Problem;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The longest string that is kept, in characters.
pub const LONGEST_KEPT: usize = 255;

/// The members of an object in the order they came, keys and values unread.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Collect)
    }
}

/// An object whose fields can be asked for by name.
pub struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// What an object has under a key.
pub enum Field<'a> {
    /// No such key, or null.
    Absent,
    Value(&'a RawValue),
    /// The object has the key more than once.
    Repeated,
}

impl<'a> Object<'a> {
    /// Reads `raw`, which is known to be JSON.
    pub fn read(raw: &'a RawValue) -> Result<Self, Problem> {
        let members: Members<'a> = serde_json::from_str(raw.get()).map_err(|_| Problem::NotAnObject)?;
        // A key that is no text (a lone surrogate) is none of our own.
        let named = members.0.into_iter().filter_map(|(key, value)| Some((text(key).ok()?, value)));
        Ok(Self(named.collect()))
    }

    pub fn field(&self, name: &str) -> Field<'a> {
        let mut found = self.0.iter().filter(|(key, _)| key == name);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Field::Repeated,
            (Some((_, value)), None) if value.get() != "null" => Field::Value(value),
            _ => Field::Absent,
        }
    }

    /// Whether the object has the key, even with null.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// The first member that has none of these names.
    pub fn other_than(&self, names: &[&str]) -> Option<&str> {
        self.0.iter().map(|(key, _)| &**key).find(|key| !names.contains(key))
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The elements of an array.
pub fn array(raw: &RawValue) -> Result<Vec<&RawValue>, Problem> {
    serde_json::from_str(raw.get()).map_err(|_| Problem::NotAnArray)
}

/// A string of any length; a lone surrogate is none.
pub fn text(raw: &RawValue) -> Result<Cow<'_, str>, Problem> {
    let json = raw.get();
    let Some(inner) = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')) else {
        return Err(Problem::NotAString);
    };
    if !inner.contains('\\') {
        return Ok(Cow::Borrowed(inner));
    }
    // The JSON is valid, so that only a lone surrogate can fail here.
    serde_json::from_str(json).map(Cow::Owned).map_err(|_| Problem::Unprintable)
}

/// A string that may be kept: at most 255 characters, no NUL, no lone surrogate.
pub fn kept_text(raw: &RawValue) -> Result<Cow<'_, str>, Problem> {
    let text = text(raw)?;
    if text.contains('\0') {
        return Err(Problem::Unprintable);
    }
    if text.chars().count() > LONGEST_KEPT { Err(Problem::TooLong) } else { Ok(text) }
}

/// A string or a number, as text that may be kept.
pub fn kept_text_or_number(raw: &RawValue) -> Result<Cow<'_, str>, Problem> {
    if is_number(raw) {
        let digits = integer(raw).map(|n| Cow::Owned(n.to_string()));
        return digits.or_else(|_| kept_length(raw.get()));
    }
    kept_text(raw).map_err(|problem| if problem == Problem::NotAString { Problem::NotText } else { problem })
}

fn kept_length(text: &str) -> Result<Cow<'_, str>, Problem> {
    if text.len() > LONGEST_KEPT { Err(Problem::TooLong) } else { Ok(Cow::Borrowed(text)) }
}

/// A 64-bit integer; `1614121622175.0` is one.
pub fn integer(raw: &RawValue) -> Result<i64, Problem> {
    let json = raw.get();
    if !is_number(raw) {
        return Err(Problem::NotAnInteger);
    }
    let (whole, rest) = json.find(['.', 'e', 'E']).map_or((json, ""), |at| json.split_at(at));
    let no_fraction = rest.strip_prefix('.').is_none_or(|digits| digits.bytes().all(|digit| digit == b'0'));
    if no_fraction && !rest.contains(['e', 'E']) {
        return whole.parse().map_err(|_| Problem::OutOfRange);
    }
    // With an exponent a double is what the sender had; only what a double holds exactly is an integer.
    let double: f64 = json.parse().map_err(|_| Problem::NotAnInteger)?;
    match double {
        _ if !double.is_finite() => Err(Problem::OutOfRange),
        _ if double.fract() != 0.0 => Err(Problem::NotAnInteger),
        _ if double.abs() <= (1_i64 << 53) as f64 => Ok(double as i64),
        _ => Err(Problem::OutOfRange),
    }
}

/// A 64-bit integer, or its decimal text.
pub fn integer_or_decimal_text(raw: &RawValue) -> Result<Option<i64>, Problem> {
    if is_number(raw) {
        return integer(raw).map(Some);
    }
    let text = kept_text(raw).map_err(|_| Problem::NotAnInteger)?;
    let digits = text.trim().strip_prefix('-').unwrap_or(text.trim());
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    match (text.trim().is_empty(), is_number) {
        (true, _) => Ok(None),
        (_, true) => text.trim().parse().map(Some).map_err(|_| Problem::OutOfRange),
        (_, false) => Err(Problem::NotAnInteger),
    }
}

fn is_number(raw: &RawValue) -> bool {
    raw.get().starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    #[test]
    fn integers_in_every_spelling() {
        assert_eq!(integer(&raw("1614121622175.0")), Ok(1_614_121_622_175));
        assert_eq!(integer(&raw("1.5e3")), Ok(1500));
        assert_eq!(integer(&raw("-0")), Ok(0));
        assert_eq!(integer(&raw("1.5")), Err(Problem::NotAnInteger));
        assert_eq!(integer(&raw("9223372036854775808")), Err(Problem::OutOfRange));
        assert_eq!(integer(&raw("1e300")), Err(Problem::OutOfRange));
        assert_eq!(integer(&raw("1e400")), Err(Problem::OutOfRange));
        assert_eq!(integer(&raw("\"1\"")), Err(Problem::NotAnInteger));
        assert_eq!(integer_or_decimal_text(&raw("\"-9223372036854775808\"")), Ok(Some(i64::MIN)));
        assert_eq!(integer_or_decimal_text(&raw("\"\"")), Ok(None));
        assert_eq!(integer_or_decimal_text(&raw("\"1x\"")), Err(Problem::NotAnInteger));
        assert_eq!(integer_or_decimal_text(&raw("\"-\"")), Err(Problem::NotAnInteger));
    }

    #[test]
    fn oddities_in_values_that_nobody_reads_are_tolerated() {
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        let json = raw(&format!(
            r#"{{"a":1,"odd":"\ud800","\udfff":2,"huge":1e99999,"deep":{deep},"b":null,"c":1,"c":null}}"#
        ));
        let object = Object::read(&json).unwrap();
        assert!(matches!(object.field("a"), Field::Value(value) if value.get() == "1"));
        assert!(matches!(object.field("b"), Field::Absent));
        assert!(matches!(object.field("c"), Field::Repeated));
        assert!(matches!(object.field("missing"), Field::Absent));
    }

    #[test]
    fn kept_strings_have_rules() {
        assert_eq!(kept_text(&raw(r#""\ud800""#)), Err(Problem::Unprintable));
        assert_eq!(kept_text(&raw(r#""a\u0000""#)), Err(Problem::Unprintable));
        assert_eq!(kept_text(&raw(&format!("\"{}\"", "é".repeat(255)))).map(|text| text.len()), Ok(510));
        assert_eq!(kept_text(&raw(&format!("\"{}\"", "é".repeat(256)))), Err(Problem::TooLong));
        assert_eq!(kept_text_or_number(&raw("12.0")), Ok(Cow::Borrowed("12")));
        assert_eq!(kept_text_or_number(&raw("true")), Err(Problem::NotText));
    }
}

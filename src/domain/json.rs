//! Reading JSON field by field as borrowed raw values: all faults at once, and tolerance for oddities in values that
//! nobody reads (any depth, any number, any text).

use super::error::Problem;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeSet;
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
    /// Reads an object, or an array that stands for an object without members: some senders' languages have one empty
    /// thing for both.
    pub fn read_or_empty(raw: &'a RawValue) -> Result<Self, Problem> {
        Self::read(raw).or_else(|problem| if is_empty_array(raw) { Ok(Self(Vec::new())) } else { Err(problem) })
    }

    /// Reads an object from an array of pairs, `{name: "key", value: ..}` each; of several with one key the first.
    pub fn read_pairs(raw: &'a RawValue, name: &str, value: &str) -> Result<Self, Problem> {
        let (mut members, mut known) = (Vec::new(), BTreeSet::new());
        for pair in array(raw)? {
            let pair = Self::read(pair)?;
            if let (Field::Value(key), Field::Value(value)) = (pair.field(name), pair.field(value))
                && let Ok(key) = text(key)
                && known.insert(key.clone())
            {
                members.push((key, value));
            }
        }
        Ok(Self(members))
    }

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

fn is_empty_array(raw: &RawValue) -> bool {
    let inside = raw.get().strip_prefix('[').and_then(|json| json.strip_suffix(']'));
    inside.is_some_and(|inside| inside.trim().is_empty())
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

/// A string or a number, as text that may be kept; a number as it is written.
pub fn kept_text_or_number(raw: &RawValue) -> Result<Cow<'_, str>, Problem> {
    if is_number(raw) {
        return kept_length(raw.get());
    }
    kept_text(raw).map_err(|problem| if problem == Problem::NotAString { Problem::NotText } else { problem })
}

/// A string or a number, as the text of an id that may be kept: `12.0` is the id 12.
pub fn kept_id(raw: &RawValue) -> Result<Cow<'_, str>, Problem> {
    if is_number(raw)
        && let Ok(n) = integer(raw)
    {
        return Ok(n.to_string().into());
    }
    kept_text_or_number(raw)
}

fn kept_length(text: &str) -> Result<Cow<'_, str>, Problem> {
    if text.len() > LONGEST_KEPT { Err(Problem::TooLong) } else { Ok(Cow::Borrowed(text)) }
}

/// A 64-bit integer in any notation of JSON's: `1614121622175.0` and `1e18` are some.
pub fn integer(raw: &RawValue) -> Result<i64, Problem> {
    if is_number(raw) { written_integer(raw.get()) } else { Err(Problem::NotAnInteger) }
}

/// A 64-bit integer, or its text; an empty text is none.
pub fn integer_or_text(raw: &RawValue) -> Result<Option<i64>, Problem> {
    if is_number(raw) {
        return integer(raw).map(Some);
    }
    let text = kept_text(raw).map_err(|_| Problem::NotAnInteger)?;
    if text.trim().is_empty() { Ok(None) } else { written_integer(text.trim()).map(Some) }
}

/// The integer that a text writes out, exactly: never by way of a double, which has only 53 bits.
fn written_integer(text: &str) -> Result<i64, Problem> {
    // As nearly all are written: the plus sign that Rust takes is none of JSON's.
    if let Ok(integer) = text.parse()
        && !text.starts_with('+')
    {
        return Ok(integer);
    }
    let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |number| ("-", number));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    let digits_of_exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    if whole.is_empty()
        || digits_of_exponent.is_empty()
        || ![whole, fraction, digits_of_exponent].into_iter().all(is_digits)
    {
        return Err(Problem::NotAnInteger);
    }
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    let trailing = (digits.len() - digits.trim_end_matches('0').len()) as i64;
    // An exponent that is no number here is so large that nothing else matters.
    let exponent: i64 = exponent.parse().unwrap_or(if exponent.starts_with('-') { -1 << 40 } else { 1 << 40 });
    let zeros = exponent - fraction.len() as i64 + trailing;
    match zeros {
        ..0 => Err(Problem::NotAnInteger),
        0..=18 => format!("{sign}{significant}{}", "0".repeat(zeros as usize)).parse().map_err(|_| Problem::OutOfRange),
        _ => Err(Problem::OutOfRange),
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
        assert_eq!(integer(&raw("1e18")), Ok(1_000_000_000_000_000_000));
        assert_eq!(integer(&raw("1.8014398509481985E16")), Ok(18_014_398_509_481_985));
        assert_eq!(integer(&raw("100e-2")), Ok(1));
        assert_eq!(integer(&raw("0e999999999999999999999")), Ok(0));
        assert_eq!(integer(&raw("1e-999999999999999999999")), Err(Problem::NotAnInteger));
        assert_eq!(integer(&raw("1e19")), Err(Problem::OutOfRange));
        assert_eq!(integer(&raw("1.5")), Err(Problem::NotAnInteger));
        assert_eq!(integer(&raw("9223372036854775808")), Err(Problem::OutOfRange));
        assert_eq!(integer(&raw("1e300")), Err(Problem::OutOfRange));
        assert_eq!(integer(&raw("1e400")), Err(Problem::OutOfRange));
        assert_eq!(integer(&raw("\"1\"")), Err(Problem::NotAnInteger));
        assert_eq!(integer_or_text(&raw("\"-9223372036854775808\"")), Ok(Some(i64::MIN)));
        assert_eq!(integer_or_text(&raw("\"\"")), Ok(None));
        assert_eq!(integer_or_text(&raw("\"1x\"")), Err(Problem::NotAnInteger));
        assert_eq!(integer_or_text(&raw("\"-\"")), Err(Problem::NotAnInteger));
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
    fn an_object_has_other_spellings() {
        assert_eq!(Object::read_or_empty(&raw("[ ]")).map(|object| object.len()).ok(), Some(0));
        assert!(Object::read_or_empty(&raw("[1]")).is_err() && Object::read(&raw("[]")).is_err());
        let pairs = raw(r#"[{"k":"a","v":1},{"k":"a","v":2},{"k":"b","v":null},{"v":3}]"#);
        let object = Object::read_pairs(&pairs, "k", "v").unwrap();
        assert!(object.len() == 1 && matches!(object.field("a"), Field::Value(value) if value.get() == "1"));
        assert!(Object::read_pairs(&raw("[1]"), "k", "v").is_err());
    }

    #[test]
    fn kept_strings_have_rules() {
        assert_eq!(kept_text(&raw(r#""\ud800""#)), Err(Problem::Unprintable));
        assert_eq!(kept_text(&raw(r#""a\u0000""#)), Err(Problem::Unprintable));
        assert_eq!(kept_text(&raw(&format!("\"{}\"", "é".repeat(255)))).map(|text| text.len()), Ok(510));
        assert_eq!(kept_text(&raw(&format!("\"{}\"", "é".repeat(256)))), Err(Problem::TooLong));
        assert_eq!(kept_id(&raw("12.0")), Ok(Cow::Borrowed("12")));
        assert_eq!(kept_text_or_number(&raw("17.10")), Ok(Cow::Borrowed("17.10")));
        assert_eq!(kept_text_or_number(&raw("true")), Err(Problem::NotText));
        assert_eq!(kept_text_or_number(&raw(&"1".repeat(255))).map(|text| text.len()), Ok(255));
        assert_eq!(kept_text_or_number(&raw(&"1".repeat(256))), Err(Problem::TooLong));
    }
}

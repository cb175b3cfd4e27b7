//! The canonical text of a JSON value, over which the chain's hashes are taken.

use serde_json::Value;
use std::fmt::Write;

/// The largest integer that every reader of JSON holds exactly.
const LARGEST_NUMBER: u64 = 1 << 53;

/// A float, or an integer beyond 2^53 that should have been a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotCanonical;

/// The one canonical text of a JSON value.
/// Source: RFC 8785 (JSON Canonicalization Scheme), here without floats.
pub fn canonical(value: &Value) -> Result<String, NotCanonical> {
    let mut text = String::new();
    write(value, &mut text)?;
    Ok(text)
}

fn write(value: &Value, to: &mut String) -> Result<(), NotCanonical> {
    match value {
        Value::Null | Value::Bool(_) => push(to, value),
        Value::Number(number) => {
            let size = number.as_i64().map(i64::unsigned_abs).or(number.as_u64()).ok_or(NotCanonical)?;
            if size > LARGEST_NUMBER { Err(NotCanonical) } else { push(to, value) }
        }
        // serde_json escapes exactly what the RFC asks for, in the same spelling.
        Value::String(_) => push(to, value),
        Value::Array(items) => {
            to.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    to.push(',');
                }
                write(item, to)?;
            }
            to.push(']');
            Ok(())
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            to.push('{');
            for (at, (key, item)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    to.push(',');
                }
                push(to, &Value::String(key.clone()))?;
                to.push(':');
                write(item, to)?;
            }
            to.push('}');
            Ok(())
        }
    }
}

fn push(to: &mut String, value: &Value) -> Result<(), NotCanonical> {
    write!(to, "{value}").map_err(|_| NotCanonical)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_by_utf16_and_text_is_escaped_as_the_rfc_says() {
        let value = json!({"\u{fb33}": 1, "\u{1f600}": 2, "b": [true, null, -7], "a": "\u{8}\u{1f}\"\\/é\u{7f}"});
        let text = canonical(&value).unwrap();
        assert_eq!(text, "{\"a\":\"\\b\\u001f\\\"\\\\/é\u{7f}\",\"b\":[true,null,-7],\"\u{1f600}\":2,\"\u{fb33}\":1}");
    }

    #[test]
    fn what_readers_would_not_agree_on_is_refused() {
        assert_eq!(canonical(&json!(1.5)), Err(NotCanonical));
        assert_eq!(canonical(&json!(9_007_199_254_740_993_i64)), Err(NotCanonical));
        assert_eq!(canonical(&json!(-9_007_199_254_740_992_i64)), Ok("-9007199254740992".into()));
    }
}

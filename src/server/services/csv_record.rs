//! Records of CSV that do no harm in a spreadsheet.

use crate::domain::text::visible;
use crate::server::error::{Error, Result};

/// A cell that no spreadsheet runs as a formula, wherever it begins a cell: some begin one at each semicolon or tab, quoted or
/// not. There an apostrophe is set before what begins a formula, in full width too; a number is none. Nothing hides in it that
/// turns the text around it or a terminal.
fn harmless(text: String) -> String {
    let text = visible(text);
    if text.strip_prefix('-').unwrap_or(&text).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return text;
    }
    let mut cell = String::with_capacity(text.len() + 1);
    let mut begins = true;
    for c in text.chars() {
        if begins && matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r' | '\n') {
            cell.push('\'');
        }
        begins = matches!(c, ';' | '\t' | '\r' | '\n') || (begins && matches!(c, ' ' | '"' | '\''));
        cell.push(c);
    }
    cell
}

/// One record of RFC 4180, of cells that are all quoted and [`harmless`].
pub fn record(cells: impl Iterator<Item = String>) -> Result<Vec<u8>> {
    let mut lines = csv::WriterBuilder::new();
    let mut lines =
        lines.quote_style(csv::QuoteStyle::Always).terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    lines.write_record(cells.map(harmless)).map_err(Error::internal)?;
    lines.into_inner().map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::record;

    #[test]
    fn cells_are_quoted_and_harmless() {
        for (cell, expected) in [
            ("a", "a"),
            ("-12.5", "-12.5"),
            ("=1+1", "'=1+1"),
            ("-inf", "'-inf"),
            ("@x", "'@x"),
            ("＝1+1", "'＝1+1"),
            (" =1", " '=1"),
            ("a;=cmd|' /C calc'!A0", "a;'=cmd|' /C calc'!A0"),
            ("a; \"+1", "a; \"\"'+1"),
            ("a,b", "a,b"),
            ("say \"hi\"", "say \"\"hi\"\""),
            ("two\nlines", "two\nlines"),
            ("a\u{1}b\u{1b}[2J\u{202e}", "a[U+0001]b[U+001B][2J[U+202E]"),
            ("two\n-lines", "two\n'-lines"),
        ] {
            let cells = [cell, "b"].map(str::to_owned).into_iter();
            let record = String::from_utf8(record(cells).unwrap()).unwrap();
            assert_eq!(record, format!("\"{expected}\",\"b\"\r\n"));
        }
    }
}

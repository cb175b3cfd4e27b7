//! A table as a spreadsheet (XLSX): a sheet of its figures, and one that says what they are of.

use super::table::Table;
use crate::domain::text::visible;
use crate::domain::time::Millis;
use crate::server::error::{Error, Result};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use serde_json::{Map, Value};

/// The type of such a file (ISO/IEC 29500).
pub const SPREADSHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The columns of days: a spreadsheet sorts, filters and draws by dates, not by their texts. Elsewhere such a text may be a version.
const DAYS: [&str; 3] = ["day", "from", "to"];

/// How cells are shown.
struct Formats {
    head: Format,
    share: Format,
    day: Format,
}

/// The whole file, made at `now`.
pub fn spreadsheet(table: &Table, about: &Map<String, Value>, now: Millis) -> Result<Vec<u8>> {
    write(table, about, now).map_err(Error::internal)
}

fn write(table: &Table, about: &Map<String, Value>, now: Millis) -> std::result::Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The moment of the figures, so that the same figures make the same file.
    let made = ExcelDateTime::from_timestamp(now.0.div_euclid(1000))?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let number = |format: &str| Format::new().set_num_format(format);
    let formats = Formats { head: Format::new().set_bold(), share: number("0.0%"), day: number("yyyy-mm-dd") };
    let sheet = book.add_worksheet().set_name("Figures")?;
    for (column, name) in table.columns.iter().enumerate() {
        sheet.write_string_with_format(0, place(column), *name, &formats.head)?;
    }
    for (at, row) in table.rows.iter().enumerate() {
        for (column, value) in row.iter().enumerate() {
            let at = (u32::try_from(at + 1).unwrap_or(u32::MAX), place(column));
            let day = value.as_str().filter(|_| DAYS.contains(&table.columns[column]));
            match day.and_then(|day| ExcelDateTime::parse_from_str(day).ok()) {
                Some(day) => drop(sheet.write_datetime_with_format(at.0, at.1, &day, &formats.day)?),
                None => cell(sheet, at, value, &formats)?,
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofit();
    let sheet = book.add_worksheet().set_name("About")?;
    for (at, (name, value)) in (0..).zip(about) {
        sheet.write_string_with_format(at, 0, name, &formats.head)?;
        cell(sheet, (at, 1), value, &formats)?;
    }
    sheet.autofit();
    book.save_to_buffer()
}

fn place(column: usize) -> u16 {
    u16::try_from(column).unwrap_or(u16::MAX)
}

/// Texts are written as such, so that none is a formula, and with nothing hidden in them.
fn cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    value: &Value,
    formats: &Formats,
) -> std::result::Result<(), XlsxError> {
    match value {
        Value::Null => {}
        Value::Bool(is) => {
            sheet.write_boolean(row, column, *is)?;
        }
        // What is no whole number is a share.
        Value::Number(number) if number.is_f64() => {
            sheet.write_number_with_format(row, column, number.as_f64().unwrap_or_default(), &formats.share)?;
        }
        Value::Number(number) => {
            sheet.write_number(row, column, number.as_f64().unwrap_or_default())?;
        }
        Value::String(text) => {
            sheet.write_string(row, column, visible(text.clone()))?;
        }
        other => {
            sheet.write_string(row, column, other.to_string())?;
        }
    }
    Ok(())
}

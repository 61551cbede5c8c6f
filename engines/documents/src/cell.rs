//! One cell, read or to be written.
use std::fmt::Write as _;

/// The value of a cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Cell {
    /// Nothing, or only spaces.
    #[default]
    Empty,
    /// Text, always written as text (never as a formula).
    Text(String),
    /// A whole number; đồng for money.
    Integer(i64),
    /// Any other number.
    Decimal(f64),
    /// A day, `YYYY-MM-DD`.
    Date(String),
    /// Yes or no; written `Có` / `Không`.
    Bool(bool),
    /// An error value found in a sheet, such as `#N/A`.
    Error(String),
}

impl Cell {
    /// Text, or [`Cell::Empty`] when there is nothing but white space.
    #[must_use]
    pub fn text(s: impl Into<String>) -> Self {
        let s = s.into();
        if s.trim().is_empty() { Self::Empty } else { Self::Text(s) }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The cell as a person would have typed it, readable by `text::parse_*`: `5001`, `83,1`,
    /// `22/11/2026`, `Có`. Trimmed.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(s) | Self::Error(s) => s.trim().to_owned(),
            Self::Integer(i) => i.to_string(),
            // With a comma: "1.234" would read as one thousand two hundred and thirty-four.
            Self::Decimal(x) => x.to_string().replace('.', ","),
            Self::Date(iso) => text::date_vi(iso),
            Self::Bool(b) => yes_no(*b).to_owned(),
        }
    }

    /// Yes or no in any of the ways people put it: `Có`, `Không`, `x`, `1`, `0`, `TRUE`, `đúng`,
    /// `sai` …; `None` for anything else. An empty cell is `None`, not no.
    #[must_use]
    pub fn to_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            Self::Integer(1) => Some(true),
            Self::Integer(0) => Some(false),
            Self::Text(s) => match text::fold(s).as_str() {
                "co" | "x" | "v" | "1" | "true" | "dung" | "yes" | "y" => Some(true),
                "khong" | "0" | "false" | "sai" | "no" | "n" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

pub(crate) fn yes_no(b: bool) -> &'static str {
    if b { "Có" } else { "Không" }
}

/// Whether a spreadsheet could take this text for a formula.
pub(crate) fn looks_like_formula(s: &str) -> bool {
    s.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// `0` → `A`, `25` → `Z`, `26` → `AA`.
#[must_use]
pub fn column_letter(column: u32) -> String {
    let mut letters = Vec::new();
    let mut n = u64::from(column) + 1;
    while n > 0 {
        n -= 1;
        letters.push(b'A' + u8::try_from(n % 26).unwrap_or(0));
        n /= 26;
    }
    letters.iter().rev().map(|b| char::from(*b)).collect()
}

/// A serial day number of the 1900 system as `YYYY-MM-DD`, with the time behind if there is one.
pub(crate) fn date_text(parts: (u16, u8, u8, u8, u8, u8, u16)) -> Cell {
    let (y, mo, d, h, mi, s, _) = parts;
    let mut out = format!("{y:04}-{mo:02}-{d:02}");
    if !text::is_valid_date(i32::from(y), u32::from(mo), u32::from(d)) {
        return Cell::Error(out);
    }
    if (h, mi, s) == (0, 0, 0) {
        return Cell::Date(out);
    }
    let _ = write!(out, " {h:02}:{mi:02}:{s:02}");
    Cell::Text(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters() {
        for (n, s) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")] {
            assert_eq!(column_letter(n), s);
        }
        assert!(!column_letter(u32::MAX).is_empty());
    }

    #[test]
    fn text_of_a_cell_can_be_read_back() {
        assert_eq!(text::parse_number_vi(&Cell::Decimal(1.234).to_text()), Ok(1.234));
        assert_eq!(text::parse_number_vi(&Cell::Integer(1234).to_text()), Ok(1234.0));
        assert_eq!(text::parse_date_vi(&Cell::Date("2026-11-22".into()).to_text()).as_deref(), Ok("2026-11-22"));
        assert_eq!(Cell::Text(" Có ".into()).to_bool(), Some(true));
        assert_eq!(Cell::Text("không".into()).to_bool(), Some(false));
        assert_eq!(Cell::Text("X".into()).to_bool(), Some(true));
        assert_eq!(Cell::Text("có thể".into()).to_bool(), None);
        assert_eq!(Cell::Empty.to_bool(), None);
        assert_eq!(Cell::text(" \u{a0} "), Cell::Empty);
    }
}

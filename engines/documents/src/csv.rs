//! Comma separated values (RFC 4180), as Vietnamese Excel reads and writes them.
use crate::cell::{Cell, looks_like_formula};
use crate::error::SheetError;
use crate::read::ReadOptions;
use crate::table::{Collector, SheetData};
use crate::write::Sheet;

impl Sheet {
    /// UTF-8 with a byte-order mark (or Excel would misread Vietnamese), `;` between fields (the
    /// list separator of Vietnamese Windows), CRLF. Texts a spreadsheet could take for a formula get
    /// a leading `'`, which [`read_csv`] takes off again.
    #[must_use]
    pub fn to_csv(&self) -> Vec<u8> {
        let mut out = String::from("\u{feff}");
        line(&mut out, self.columns.iter().map(|c| c.label.clone()));
        for row in &self.rows {
            let cells = (0..self.columns.len()).map(|i| match row.get(i) {
                Some(Cell::Text(s)) if looks_like_formula(s) || quoted_formula(s) => {
                    format!("'{s}")
                }
                Some(Cell::Text(s)) => s.clone(),
                Some(other) => other.to_text(),
                None => String::new(),
            });
            line(&mut out, cells);
        }
        out.into_bytes()
    }
}

/// A text that itself starts with the mark we add.
fn quoted_formula(s: &str) -> bool {
    s.strip_prefix('\'').is_some_and(|rest| looks_like_formula(rest) || quoted_formula(rest))
}

fn line(out: &mut String, fields: impl Iterator<Item = String>) {
    for (i, field) in fields.enumerate() {
        if i > 0 {
            out.push(';');
        }
        if field.contains([';', ',', '"', '\n', '\r', '\t']) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&field);
        }
    }
    out.push_str("\r\n");
}

/// Reads `.csv`: UTF-8 (byte-order mark or not) or UTF-16 with one; `;`, `,` or tab, whichever the
/// line of headings has most of. All cells are texts; row numbers count records, as a spreadsheet
/// would number them.
///
/// # Errors
/// [`SheetError::TooLarge`], [`SheetError::Encoding`], [`SheetError::Unclosed`] and those of the limits.
pub fn read_csv(bytes: &[u8], options: &ReadOptions) -> Result<SheetData, SheetError> {
    if bytes.len() as u64 > options.max_bytes {
        return Err(SheetError::TooLarge(options.max_bytes));
    }
    let text = decode(bytes)?;
    let separator = separator(&text);
    let mut collector = Collector::new(options);
    let mut chars = text.chars().peekable();
    let (mut row, mut column) = (0u32, 0u32);
    while chars.peek().is_some() {
        let (field, end) = field(&mut chars, separator).ok_or(SheetError::Unclosed(row + 1))?;
        let field = match field.strip_prefix('\'') {
            Some(rest) if looks_like_formula(rest) || quoted_formula(rest) => rest.to_owned(),
            _ => field,
        };
        collector.put(row, column, Cell::text(field))?;
        match end {
            End::Field => column = column.saturating_add(1),
            End::Row => {
                row = row.saturating_add(1);
                column = 0;
            }
        }
    }
    collector.finish(String::new())
}

fn decode(bytes: &[u8]) -> Result<String, SheetError> {
    let wide = |rest: &[u8], read: fn([u8; 2]) -> u16| {
        let (pairs, odd) = rest.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|p| read(*p)).collect();
        String::from_utf16(&units).ok().filter(|_| odd.is_empty()).ok_or(SheetError::Encoding)
    };
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return wide(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return wide(rest, u16::from_be_bytes);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(s) if !s.contains('\0') => Ok(s.to_owned()),
        _ => Err(SheetError::Encoding),
    }
}

/// The separator most frequent outside quotes in the first line that has any.
fn separator(text: &str) -> char {
    let mut counts = [(';', 0), (',', 0), ('\t', 0)];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '\n' | '\r' if !quoted && counts.iter().any(|(_, n)| *n > 0) => break,
            _ if !quoted => {
                for (s, n) in &mut counts {
                    *n += usize::from(*s == c);
                }
            }
            _ => {}
        }
    }
    counts.into_iter().rev().max_by_key(|(_, n)| *n).map_or(';', |(s, _)| s)
}

enum End {
    Field,
    Row,
}

/// One field and what ended it; `None` when a quote is never closed.
fn field(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, separator: char) -> Option<(String, End)> {
    let mut out = String::new();
    if chars.next_if_eq(&'"').is_some() {
        loop {
            match chars.next()? {
                '"' if chars.next_if_eq(&'"').is_some() => out.push('"'),
                '"' => break,
                c => out.push(c),
            }
        }
    }
    loop {
        match chars.next() {
            Some(c) if c == separator => return Some((out, End::Field)),
            Some('\r') => {
                chars.next_if_eq(&'\n');
                return Some((out, End::Row));
            }
            Some('\n') | None => return Some((out, End::Row)),
            Some(c) => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::{Column, ColumnKind};
    use proptest::prelude::*;

    fn read(s: &str) -> Result<SheetData, SheetError> {
        read_csv(s.as_bytes(), &ReadOptions::default())
    }

    fn texts(d: &SheetData) -> Vec<Vec<String>> {
        d.rows.iter().map(|r| r.cells.iter().map(Cell::to_text).collect()).collect()
    }

    #[test]
    fn separators_quotes_and_numbers() {
        for sep in [";", ",", "\t"] {
            let s = "Tên|Ghi chú\r\n\"Nguyễn \"\"A\"\"\nB\"|x\r\n\r\n|y".replace('|', sep);
            let d = read(&s).unwrap();
            assert_eq!(texts(&d), [["Nguyễn \"A\"\nB", "x"], ["", "y"]]);
            assert_eq!((d.header_row, d.rows[0].number, d.rows[1].number), (1, 2, 4));
        }
        assert_eq!(read("a;b\n\"c;d\n"), Err(SheetError::Unclosed(2)));
        assert_eq!(read(""), Err(SheetError::NoHeader));
    }

    #[test]
    fn encodings() {
        let wide: Vec<u8> = "\u{feff}Họ tên;Số\nĐào;1".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let d = read_csv(&wide, &ReadOptions::default()).unwrap();
        assert_eq!(texts(&d), [["Đào", "1"]]);
        let old = b"H\xf2 t\xean;b\n1;2";
        assert_eq!(read_csv(old, &ReadOptions::default()), Err(SheetError::Encoding));
    }

    #[test]
    fn limits_and_headings() {
        let few = ReadOptions { max_rows: 2, max_columns: 3, ..ReadOptions::default() };
        assert!(read_csv(b"a;b\n1;2\n3;4\n", &few).is_ok());
        assert_eq!(read_csv(b"a;b\n1;2\n3;4\n5;6\n", &few), Err(SheetError::TooManyRows(2)));
        assert_eq!(read_csv(b"a;b\n1;2;3;4\n", &few), Err(SheetError::TooManyColumns(3)));
        assert_eq!(read("Tên;ten *\n1;2"), Err(SheetError::DuplicateHeader("ten".into(), "A".into(), "B".into())));
        let titled = ReadOptions { expected_headers: vec!["Họ và tên".into()], ..few };
        let d = read_csv("DANH SÁCH;x\nHọ và tên *;Tuổi\nAn;3".as_bytes(), &titled).unwrap();
        assert_eq!((d.header_row, d.headers[0].label.as_str()), (2, "Họ và tên"));
        assert_eq!(read_csv(b"a;b\n1;2", &titled), Err(SheetError::NoHeader));
        let d = read("a;b\n1;2;3").unwrap();
        assert_eq!(d.ignored_columns, ["C"]);
    }

    #[test]
    fn formulas_are_disarmed() {
        let sheet = Sheet {
            columns: vec![Column::new("a", ColumnKind::Text), Column::new("b", ColumnKind::Integer)],
            rows: vec![vec![Cell::Text("=1+1".into()), Cell::Integer(-5)]],
            ..Sheet::default()
        };
        let csv = String::from_utf8(sheet.to_csv()).unwrap();
        assert_eq!(csv, "\u{feff}a;b\r\n'=1+1;-5\r\n");
    }

    proptest! {
        #[test]
        fn texts_there_and_back(rows in proptest::collection::vec(
            proptest::collection::vec("[-'=@a-zđ;,\"\n\t ]{0,8}", 3), 0..6)) {
            let sheet = Sheet {
                columns: ["a", "b", "c"].map(|l| Column::new(l, ColumnKind::Text)).to_vec(),
                rows: rows.iter().map(|r| r.iter().map(|c| Cell::text(c.as_str())).collect()).collect(),
                ..Sheet::default()
            };
            let back = read_csv(&sheet.to_csv(), &ReadOptions::default()).unwrap();
            let want: Vec<&Vec<Cell>> = sheet.rows.iter().filter(|r| r.iter().any(|c| !c.is_empty())).collect();
            let got: Vec<&Vec<Cell>> = back.rows.iter().map(|r| &r.cells).collect();
            prop_assert_eq!(got, want);
        }

        #[test]
        fn never_panics(bytes: Vec<u8>, s in "(a|;|,|\"|\n|\r){0,30}") {
            let _ = (read_csv(&bytes, &ReadOptions::default()), read(&s));
        }
    }
}

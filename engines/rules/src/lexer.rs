//! Text → tokens.

use crate::schema::{Result, err};

/// Longest rule taken, in tokens and bytes: a rule is a sentence (and engines limit the depth of an expression).
const MOST_TOKENS: usize = 1500;
const MOST_BYTES: usize = 20_000;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tok {
    Word(String),
    Number(f64),
    Quoted(String),
    Date(String),
    Sym(&'static str),
}

impl Tok {
    /// As written, for messages.
    pub(crate) fn shown(&self) -> String {
        match self {
            Tok::Word(w) | Tok::Date(w) => w.clone(),
            Tok::Number(n) => n.to_string(),
            Tok::Quoted(q) => format!("\"{q}\""),
            Tok::Sym(s) => (*s).to_owned(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) at: usize,
    pub(crate) tok: Tok,
}

const SYMBOLS: &[&str] = &["<=", ">=", "!=", "<>", "=", "<", ">", "(", ")", ",", "."];

pub(crate) fn lex(s: &str) -> Result<Vec<Token>> {
    if s.len() > MOST_BYTES {
        return err(MOST_BYTES, "Quy tắc quá dài; tách thành nhiều quy tắc");
    }
    let b = s.as_bytes();
    let mut out = Vec::new();
    let mut i = 0;
    while i < b.len() {
        if out.len() >= MOST_TOKENS {
            return err(i, "Quy tắc quá dài; tách thành nhiều quy tắc");
        }
        let c = b[i];
        if c.is_ascii_whitespace() {
            i += 1;
        } else if s[i..].starts_with(|c: char| c.is_alphabetic() || c == '_') {
            let end = word_end(s, i);
            out.push(Token { at: i, tok: Tok::Word(plain_word(s, i, end)?) });
            i = end;
        } else if c.is_ascii_digit() || c == b'-' && b.get(i + 1).is_some_and(u8::is_ascii_digit) {
            let end = run(b, i + 1, |c| c.is_ascii_digit() || matches!(c, b'-' | b'/' | b'.'));
            let word = s[i..end].trim_end_matches('.');
            out.push(Token { at: i, tok: number_or_date(i, word)? });
            i += word.len();
        } else if c == b'"' {
            let Some(len) = s[i + 1..].find('"') else {
                return err(i, format!("Thiếu dấu nháy kép đóng sau «{}»", s[i + 1..].chars().take(20).collect::<String>()));
            };
            out.push(Token { at: i, tok: Tok::Quoted(s[i + 1..i + 1 + len].to_owned()) });
            i += len + 2;
        } else if let Some(sym) = SYMBOLS.iter().find(|x| b[i..].starts_with(x.as_bytes())) {
            out.push(Token { at: i, tok: Tok::Sym(if *sym == "<>" { "!=" } else { sym }) });
            i += sym.len();
        } else {
            return Err(strange(s, i));
        }
    }
    Ok(out)
}

fn word_end(s: &str, from: usize) -> usize {
    s[from..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(s.len(), |n| from + n)
}

/// Names have no marks: they are table and column names.
fn plain_word(s: &str, at: usize, end: usize) -> Result<String> {
    let word = &s[at..end];
    if word.is_ascii() {
        return Ok(word.to_owned());
    }
    let plain = text::fold(word);
    err(at, format!("«{word}»: tên sổ, trường và lựa chọn viết không dấu; có phải «{plain}»? Chữ có dấu đặt trong nháy kép: \"{word}\""))
}

fn strange(s: &str, i: usize) -> crate::RuleError {
    let c = s[i..].chars().next().unwrap_or(' ');
    let remedy = match c {
        '≥' => "; viết «>=»",
        '≤' => "; viết «<=»",
        '≠' => "; viết «!=»",
        '“' | '”' | '\'' | '‘' | '’' | '«' | '»' => "; chữ đặt trong nháy kép thẳng: \"…\"",
        '&' => "; viết «and»",
        '|' => "; viết «or»",
        '!' => "; viết «not» hoặc «!=»",
        '%' => "; bỏ dấu %, đơn vị ghi ở mục tiêu",
        _ => "; chỉ dùng tên, số, ngày, \"chữ\", ( ) , . và phép so sánh",
    };
    crate::RuleError { at: i, message: format!("Không hiểu ký tự «{c}»{remedy}") }
}

fn run(b: &[u8], from: usize, keep: impl Fn(u8) -> bool) -> usize {
    (from..b.len()).find(|i| !keep(b[*i])).unwrap_or(b.len())
}

fn number_or_date(at: usize, word: &str) -> Result<Tok> {
    if word.get(1..).is_some_and(|w| w.contains(['-', '/'])) {
        return match text::parse_date_vi(word) {
            Ok(d) => Ok(Tok::Date(d)),
            Err(_) => err(at, format!("«{word}» không phải ngày có thật. Viết 2026-12-31 hoặc 31/12/2026")),
        };
    }
    match word.parse::<f64>() {
        Ok(n) if n.is_finite() => Ok(Tok::Number(n)),
        _ => err(at, format!("«{word}» không phải số. Viết 1500000 hoặc 2.5")),
    }
}

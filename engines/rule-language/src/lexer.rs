//! Text → tokens.

use crate::schema::{Result, err};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tok {
    Word(String),
    Number(f64),
    Quoted(String),
    Date(String),
    Sym(&'static str),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) at: usize,
    pub(crate) tok: Tok,
}

const SYMBOLS: &[&str] = &["<=", ">=", "!=", "<>", "=", "<", ">", "(", ")", ",", "."];

pub(crate) fn lex(s: &str) -> Result<Vec<Token>> {
    let b = s.as_bytes();
    let mut out = Vec::new();
    let mut i = 0;
    while i < b.len() {
        let c = b[i];
        if c.is_ascii_whitespace() {
            i += 1;
        } else if c.is_ascii_alphabetic() || c == b'_' {
            let end = run(b, i, |c| c.is_ascii_alphanumeric() || c == b'_');
            out.push(Token { at: i, tok: Tok::Word(s[i..end].to_owned()) });
            i = end;
        } else if c.is_ascii_digit() {
            let end = run(b, i, |c| c.is_ascii_digit() || matches!(c, b'-' | b'/' | b'.'));
            let word = s[i..end].trim_end_matches('.');
            out.push(Token { at: i, tok: number_or_date(i, word)? });
            i += word.len();
        } else if c == b'"' {
            let Some(len) = s[i + 1..].find('"') else { return err(i, "Thiếu dấu nháy kép đóng") };
            out.push(Token { at: i, tok: Tok::Quoted(s[i + 1..i + 1 + len].to_owned()) });
            i += len + 2;
        } else if let Some(sym) = SYMBOLS.iter().find(|x| b[i..].starts_with(x.as_bytes())) {
            out.push(Token { at: i, tok: Tok::Sym(if *sym == "<>" { "!=" } else { sym }) });
            i += sym.len();
        } else {
            let shown = s.get(i..).and_then(|r| r.chars().next()).unwrap_or(' ');
            return err(i, format!("Không hiểu ký tự «{shown}»"));
        }
    }
    Ok(out)
}

fn run(b: &[u8], from: usize, keep: impl Fn(u8) -> bool) -> usize {
    (from..b.len()).find(|i| !keep(b[*i])).unwrap_or(b.len())
}

fn number_or_date(at: usize, word: &str) -> Result<Tok> {
    if word.contains(['-', '/']) {
        return match text::parse_date_vi(word) {
            Ok(d) => Ok(Tok::Date(d)),
            Err(_) => err(at, format!("«{word}» không phải ngày có thật. Viết 2026-12-31 hoặc 31/12/2026")),
        };
    }
    word.parse().map(Tok::Number).or_else(|_| err(at, format!("«{word}» không phải số")))
}

//! Text ──▶ words, numbers, dates, signs, each with its column.
use calendar::Date;

use crate::error::RuleError;

/// Sign of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Op {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }

    pub(crate) fn holds(self, ord: std::cmp::Ordering) -> bool {
        match self {
            Self::Eq => ord.is_eq(),
            Self::Ne => ord.is_ne(),
            Self::Lt => ord.is_lt(),
            Self::Le => ord.is_le(),
            Self::Gt => ord.is_gt(),
            Self::Ge => ord.is_ge(),
        }
    }

    pub(crate) fn is_order(self) -> bool {
        !matches!(self, Self::Eq | Self::Ne)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tok {
    Word(String),
    Int(i64),
    Dec(f64),
    Date(Date),
    /// Day and month without a year: of the period's year.
    DayMonth(u32, u32),
    Str(String),
    Op(Op),
    Open,
    Close,
    Comma,
    Dot,
    Plus,
    Minus,
    Percent,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub tok: Tok,
    /// Column from 1.
    pub at: usize,
}

/// Longest expression read.
const MAX_CHARS: usize = 20_000;

pub(crate) fn lex(source: &str) -> Result<Vec<Token>, RuleError> {
    let chars: Vec<char> = source.chars().collect();
    if chars.len() > MAX_CHARS {
        return Err(RuleError::new(MAX_CHARS, format!("biểu thức dài quá {MAX_CHARS} ký tự; hãy tách thành nhiều quy tắc")));
    }
    let mut lexer = Lexer { chars, i: 0 };
    let mut out = Vec::new();
    while let Some(c) = lexer.peek(0) {
        if c.is_whitespace() {
            lexer.i += 1;
            continue;
        }
        let at = lexer.i + 1;
        let tok = lexer.next(c, at)?;
        out.push(Token { tok, at });
    }
    Ok(out)
}

struct Lexer {
    chars: Vec<char>,
    i: usize,
}

impl Lexer {
    fn peek(&self, n: usize) -> Option<char> {
        self.chars.get(self.i + n).copied()
    }

    fn take_while(&mut self, f: impl Fn(char) -> bool) -> String {
        let mut out = String::new();
        while let Some(c) = self.peek(0).filter(|&c| f(c)) {
            out.push(c);
            self.i += 1;
        }
        out
    }

    fn digits(&mut self) -> String {
        self.take_while(|c| c.is_ascii_digit())
    }

    fn next(&mut self, c: char, at: usize) -> Result<Tok, RuleError> {
        if c.is_ascii_digit() {
            return self.number(at);
        }
        if c.is_alphabetic() || c == '_' {
            return Ok(Tok::Word(self.take_while(|c| c.is_alphanumeric() || c == '_')));
        }
        self.i += 1;
        let followed = |l: &mut Self, next: char| {
            let yes = l.peek(0) == Some(next);
            l.i += usize::from(yes);
            yes
        };
        Ok(match c {
            '"' | '“' => {
                let text = self.take_while(|c| c != '"' && c != '”');
                if self.peek(0).is_none() {
                    return Err(RuleError::new(at, "chuỗi chưa đóng; thêm dấu \" ở cuối"));
                }
                self.i += 1;
                Tok::Str(text)
            }
            '(' => Tok::Open,
            ')' => Tok::Close,
            ',' => Tok::Comma,
            '.' => Tok::Dot,
            '+' => Tok::Plus,
            '-' | '–' => Tok::Minus,
            '%' => Tok::Percent,
            '=' => Tok::Op(Op::Eq),
            '≠' => Tok::Op(Op::Ne),
            '≤' => Tok::Op(Op::Le),
            '≥' => Tok::Op(Op::Ge),
            '!' if followed(self, '=') => Tok::Op(Op::Ne),
            '<' if followed(self, '=') => Tok::Op(Op::Le),
            '<' if followed(self, '>') => Tok::Op(Op::Ne),
            '<' => Tok::Op(Op::Lt),
            '>' if followed(self, '=') => Tok::Op(Op::Ge),
            '>' => Tok::Op(Op::Gt),
            _ => return Err(RuleError::new(at, format!("không hiểu ký tự «{c}»"))),
        })
    }

    /// `12`, `1.5`, `2026-12-31`, `31/12/2026`, `31/12`.
    fn number(&mut self, at: usize) -> Result<Tok, RuleError> {
        let first = self.digits();
        let more = |l: &Self, sign: char| l.peek(0) == Some(sign) && l.peek(1).is_some_and(|c| c.is_ascii_digit());
        let bad = |text: &str| RuleError::new(at, format!("«{text}» không phải là ngày có thật; viết 2026-12-31 hoặc 31/12/2026"));
        if first.len() == 4 && more(self, '-') {
            self.i += 1;
            let mut text = format!("{first}-{}", self.digits());
            if more(self, '-') {
                self.i += 1;
                text = format!("{text}-{}", self.digits());
            }
            return Date::parse(&text).map(Tok::Date).map_err(|_| bad(&text));
        }
        if more(self, '/') {
            self.i += 1;
            let month = self.digits();
            let number = |s: &str| s.parse::<u32>().unwrap_or(0);
            if !more(self, '/') {
                let text = format!("{first}/{month}");
                let leap = Date::new(2000, number(&month), number(&first));
                return leap.map(|d| Tok::DayMonth(d.day(), d.month())).ok_or_else(|| bad(&text));
            }
            self.i += 1;
            let year = self.digits();
            let date = i32::try_from(number(&year)).ok().and_then(|y| Date::new(y, number(&month), number(&first)));
            return date.map(Tok::Date).ok_or_else(|| bad(&format!("{first}/{month}/{year}")));
        }
        let big = |text: &str| RuleError::new(at, format!("số «{text}» quá lớn"));
        if more(self, '.') {
            self.i += 1;
            let text = format!("{first}.{}", self.digits());
            return text.parse::<f64>().ok().filter(|x| x.is_finite()).map(Tok::Dec).ok_or_else(|| big(&text));
        }
        first.parse().map(Tok::Int).map_err(|_| big(&first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toks(s: &str) -> Vec<Tok> {
        lex(s).unwrap().into_iter().map(|t| t.tok).collect()
    }

    #[test]
    fn dates_numbers_signs() {
        let day = |y, m, d| Tok::Date(Date::new(y, m, d).unwrap());
        assert_eq!(toks("2026-12-31 31/12/2026"), [day(2026, 12, 31), day(2026, 12, 31)]);
        assert_eq!(toks("05/12 1.5 >= ≥"), [Tok::DayMonth(5, 12), Tok::Dec(1.5), Tok::Op(Op::Ge), Tok::Op(Op::Ge)]);
        assert_eq!(lex("a = 31/02/2026").unwrap_err().at, 5);
        assert!(lex("2026-13-01").is_err() && lex("a # b").is_err() && lex("\"abc").is_err());
        assert!(lex("99999999999999999999").is_err());
    }
}

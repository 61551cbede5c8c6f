//! Tokens → [`Expr`]. Grammar in README.md.

use crate::ast::{Cmp, Expr, Path, Population, Source, Term, When, Window};
use crate::lexer::{Tok, Token, lex};
use crate::schema::{Result, Val, err};

/// Deepest nesting taken: a rule is a sentence, not a program.
const DEEPEST: usize = 40;

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    end: usize,
    depth: usize,
}

/// A predicate.
pub(crate) fn expression(s: &str) -> Result<Expr> {
    let mut p = parser(s)?;
    let e = p.or()?;
    p.finish()?;
    Ok(e)
}

/// `R [during period | ever] [where E]`.
pub(crate) fn population(s: &str) -> Result<Population> {
    let mut p = parser(s)?;
    let source = p.source()?;
    p.finish()?;
    Ok(Population { source })
}

fn parser(s: &str) -> Result<Parser> {
    Ok(Parser { tokens: lex(s)?, at: 0, end: s.len(), depth: 0 })
}

impl Parser {
    fn peek(&self) -> Option<&Tok> {
        self.tokens.get(self.at).map(|t| &t.tok)
    }
    fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |t| t.at)
    }
    fn is(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Tok::Word(w)) if w == word)
    }
    fn word_after(&self, n: usize, word: &str) -> bool {
        matches!(self.tokens.get(self.at + n).map(|t| &t.tok), Some(Tok::Word(w)) if w == word)
    }
    fn take(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }
    fn take_sym(&mut self, sym: &str) -> bool {
        let found = matches!(self.peek(), Some(Tok::Sym(s)) if *s == sym);
        self.at += usize::from(found);
        found
    }
    fn need(&mut self, word: &str) -> Result<()> {
        if self.take(word) { Ok(()) } else { err(self.place(), format!("Ở đây cần «{word}»")) }
    }
    fn need_sym(&mut self, sym: &str) -> Result<()> {
        if self.take_sym(sym) { Ok(()) } else { err(self.place(), format!("Ở đây cần «{sym}»")) }
    }
    fn name(&mut self) -> Result<String> {
        match self.peek() {
            Some(Tok::Word(w)) => {
                let w = w.clone();
                self.at += 1;
                Ok(w)
            }
            _ => err(self.place(), "Ở đây cần một tên"),
        }
    }
    fn finish(&self) -> Result<()> {
        if self.at == self.tokens.len() { Ok(()) } else { err(self.place(), "Thừa phần sau; nối hai điều kiện bằng «and» hoặc «or»") }
    }
    fn deeper(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST { err(self.place(), "Quy tắc lồng quá sâu; tách thành nhiều quy tắc") } else { Ok(()) }
    }

    fn or(&mut self) -> Result<Expr> {
        self.deeper()?;
        let mut list = vec![self.and()?];
        while self.take("or") {
            list.push(self.and()?);
        }
        self.depth -= 1;
        Ok(if list.len() == 1 { list.remove(0) } else { Expr::Or(list) })
    }
    fn and(&mut self) -> Result<Expr> {
        let mut list = vec![self.not()?];
        while self.take("and") {
            list.push(self.not()?);
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Expr::And(list) })
    }
    fn not(&mut self) -> Result<Expr> {
        if self.take("not") {
            self.deeper()?;
            let inner = self.not()?;
            self.depth -= 1;
            return Ok(Expr::Not(Box::new(inner)));
        }
        self.atom()
    }

    fn atom(&mut self) -> Result<Expr> {
        if self.take_sym("(") {
            let e = self.or()?;
            self.need_sym(")")?;
            return Ok(e);
        }
        for (word, value) in [("true", true), ("false", false)] {
            if self.take(word) {
                return Ok(Expr::Const(value));
            }
        }
        if self.take("exists") {
            return Ok(Expr::Exists { source: self.source()?, no: false });
        }
        if self.take("no") {
            return Ok(Expr::Exists { source: self.source()?, no: true });
        }
        if self.take("count") {
            let source = self.source()?;
            let cmp = self.cmp()?;
            return Ok(Expr::Count { source, cmp, n: self.term()? });
        }
        if self.is("all") && self.word_after(1, "of") {
            self.at += 2;
            let catalogue = self.source()?;
            self.need("have")?;
            let answer = self.source()?;
            return Ok(Expr::AllOf { catalogue, answer });
        }
        if self.is("confirmed") && self.word_after(1, "within") {
            let path = Path { at: self.place(), outer: false, words: vec!["confirmed_on".into()] };
            self.at += 2;
            return Ok(Expr::Within { path, window: self.window()? });
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Expr> {
        let left = self.term()?;
        let path = |t: &Term, at: usize| match t {
            Term::Path(p) => Ok(p.clone()),
            _ => err(at, "Bên trái phải là một trường"),
        };
        let at = self.place();
        if self.take("is") {
            let not = self.take("not");
            self.need("empty")?;
            return Ok(Expr::Empty { path: path(&left, at)?, not });
        }
        if self.take("within") {
            return Ok(Expr::Within { path: path(&left, at)?, window: self.window()? });
        }
        let not = self.is("not") && self.word_after(1, "in");
        self.at += usize::from(not);
        if self.take("in") {
            return Ok(Expr::In { term: path(&left, at)?, list: self.list()?, not });
        }
        if self.take("before") {
            return Ok(Expr::Cmp(left, Cmp::Lt, self.term()?));
        }
        if self.take("after") {
            return Ok(Expr::Cmp(left, Cmp::Gt, self.term()?));
        }
        if self.is("on") && self.word_after(1, "or") {
            self.at += 2;
            let cmp = if self.take("before") {
                Cmp::Le
            } else {
                self.need("after")?;
                Cmp::Ge
            };
            return Ok(Expr::Cmp(left, cmp, self.term()?));
        }
        if matches!(self.peek(), Some(Tok::Sym("=" | "!=" | "<" | "<=" | ">" | ">="))) {
            let cmp = self.cmp()?;
            return Ok(Expr::Cmp(left, cmp, self.term()?));
        }
        Ok(Expr::Flag(path(&left, at)?))
    }

    fn cmp(&mut self) -> Result<Cmp> {
        let all = [("<=", Cmp::Le), (">=", Cmp::Ge), ("!=", Cmp::Ne), ("=", Cmp::Eq), ("<", Cmp::Lt), (">", Cmp::Gt)];
        for (sym, cmp) in all {
            if self.take_sym(sym) {
                return Ok(cmp);
            }
        }
        err(self.place(), "Ở đây cần phép so sánh: =, !=, <, <=, >, >=")
    }

    fn list(&mut self) -> Result<Vec<Term>> {
        self.need_sym("(")?;
        let mut list = vec![self.term()?];
        while self.take_sym(",") {
            list.push(self.term()?);
        }
        self.need_sym(")")?;
        Ok(list)
    }

    fn window(&mut self) -> Result<Window> {
        if self.take("period") {
            return Ok(Window::Period);
        }
        let n = self.term()?;
        if self.take("days") || self.take("day") {
            return Ok(Window::Days(n));
        }
        if self.take("months") || self.take("month") {
            return Ok(Window::Months(n));
        }
        err(self.place(), "Thiếu đơn vị: viết «within 90 days», «within 12 months» hoặc «within period»")
    }

    fn term(&mut self) -> Result<Term> {
        let at = self.place();
        let literal = match self.peek().cloned() {
            Some(Tok::Number(n)) if n.fract() == 0.0 && n.abs() < 9e15 => Val::Int(n as i64),
            Some(Tok::Number(n)) => Val::Real(n),
            Some(Tok::Quoted(s) | Tok::Date(s)) => Val::Text(s),
            Some(Tok::Word(_)) => return self.path_or_word(at),
            _ => return err(at, "Ở đây cần một trường, một số, một ngày hoặc một chữ trong nháy kép"),
        };
        self.at += 1;
        Ok(Term::Literal(at, literal))
    }

    fn path_or_word(&mut self, at: usize) -> Result<Term> {
        let mut words = vec![self.name()?];
        while self.take_sym(".") {
            words.push(self.name()?);
        }
        let all: Vec<&str> = words.iter().map(String::as_str).collect();
        Ok(match all.as_slice() {
            ["as_of"] => Term::AsOf,
            ["period", "start"] => Term::PeriodStart,
            ["period", "end"] => Term::PeriodEnd,
            ["period", "year"] => Term::Year,
            ["setting", name] => Term::Setting(at, (*name).to_owned()),
            ["this", ..] if words.len() > 1 => Term::Path(Path { at, outer: true, words: words.split_off(1) }),
            _ => Term::Path(Path { at, outer: false, words }),
        })
    }

    /// After `where` everything up to the closing bracket, the comparison of a count, or `have` belongs to the sub-question.
    fn source(&mut self) -> Result<Source> {
        let at = self.place();
        let register = self.name()?;
        let via = if self.take("via") { Some(self.name()?) } else { None };
        let when = if self.take("ever") {
            When::Ever
        } else if self.take("during") {
            self.need("period")?;
            When::DuringPeriod
        } else {
            When::AsOf
        };
        let cond = if self.take("where") { Some(Box::new(self.or()?)) } else { None };
        Ok(Source { at, register, via, when, cond })
    }
}

//! Tokens → [`Expr`]. Grammar in README.md.

use crate::ast::{Cmp, Expr, Path, Population, Source, Term, When, Window};
use crate::lexer::{Tok, Token, lex};
use crate::schema::{Result, Val, err};

/// Deepest nesting taken: a rule is a sentence, not a program.
const DEEPEST: usize = 30;
/// Sub-questions within sub-questions.
const DEEPEST_SOURCE: usize = 5;
/// Words with a meaning of their own: registers, and fields at the beginning of a path, cannot be called so.
const RESERVED: &[&str] = &[
    "and", "or", "not", "in", "is", "where", "via", "of", "have", "true", "false", "ever", "during", "within", "before", "after", "on",
    "as_of", "this",
];

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    end: usize,
    depth: usize,
    sources: usize,
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
    Ok(Parser { tokens: lex(s)?, at: 0, end: s.len(), depth: 0, sources: 0 })
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
        if self.take(word) { Ok(()) } else { self.wrong(&format!("Ở đây cần «{word}»")) }
    }
    fn need_sym(&mut self, sym: &str) -> Result<()> {
        if self.take_sym(sym) { Ok(()) } else { self.wrong(&format!("Ở đây cần «{sym}»")) }
    }
    /// What was needed here, and what stands here.
    fn wrong<T>(&self, needed: &str) -> Result<T> {
        match self.peek() {
            Some(t) => err(self.place(), format!("{needed}, gặp «{}»", t.shown())),
            None => err(self.place(), format!("{needed}, nhưng câu đã hết")),
        }
    }
    /// `exists`, `no`, `count` ask about records unless a comparison follows: then they are fields (`layer no` is a number).
    fn quantifier(&mut self, word: &str) -> bool {
        let asks = self.is(word)
            && match self.tokens.get(self.at + 1).map(|t| &t.tok) {
                None | Some(Tok::Sym("(")) => true,
                Some(Tok::Word(w)) => !RESERVED.contains(&w.as_str()) || w == "where",
                Some(_) => false,
            };
        self.at += usize::from(asks);
        asks
    }
    /// Any word: after a dot nothing can be confused.
    fn any_name(&mut self) -> Result<String> {
        let Some(Tok::Word(w)) = self.peek() else { return self.wrong("Ở đây cần tên trường") };
        let w = w.clone();
        self.at += 1;
        Ok(w)
    }
    fn name(&mut self, what: &str) -> Result<String> {
        match self.peek() {
            Some(Tok::Word(w)) if !RESERVED.contains(&w.as_str()) => {
                let w = w.clone();
                self.at += 1;
                Ok(w)
            }
            _ => self.wrong(&format!("Ở đây cần tên {what}")),
        }
    }
    fn finish(&self) -> Result<()> {
        if self.at == self.tokens.len() {
            Ok(())
        } else {
            self.wrong("Câu đã đủ ý; nối hai điều kiện bằng «and» hoặc «or»")
        }
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
        if self.quantifier("exists") {
            return Ok(Expr::Exists { source: self.source()?, no: false });
        }
        if self.quantifier("no") {
            return Ok(Expr::Exists { source: self.source()?, no: true });
        }
        if self.quantifier("count") {
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
        let path = |t: &Term| match t {
            Term::Path(p) => Ok(p.clone()),
            other => err(other.at(), "Bên trái phải là một trường, không phải một giá trị"),
        };
        if self.take("is") {
            let not = self.take("not");
            self.need("empty")?;
            return Ok(Expr::Empty { path: path(&left)?, not });
        }
        if self.take("within") {
            return Ok(Expr::Within { path: path(&left)?, window: self.window()? });
        }
        let not = self.is("not") && self.word_after(1, "in");
        self.at += usize::from(not);
        if self.take("in") {
            return Ok(Expr::In { term: path(&left)?, list: self.list()?, not });
        }
        if self.take("before") {
            return Ok(Expr::Cmp(left, Cmp::Lt, self.right()?));
        }
        if self.take("after") {
            return Ok(Expr::Cmp(left, Cmp::Gt, self.right()?));
        }
        if self.is("on") && self.word_after(1, "or") {
            self.at += 2;
            let cmp = if self.take("before") {
                Cmp::Le
            } else {
                self.need("after")?;
                Cmp::Ge
            };
            return Ok(Expr::Cmp(left, cmp, self.right()?));
        }
        if matches!(self.peek(), Some(Tok::Sym("=" | "!=" | "<" | "<=" | ">" | ">="))) {
            let cmp = self.cmp()?;
            return Ok(Expr::Cmp(left, cmp, self.right()?));
        }
        Ok(Expr::Flag(path(&left)?))
    }

    fn cmp(&mut self) -> Result<Cmp> {
        let all = [("<=", Cmp::Le), (">=", Cmp::Ge), ("!=", Cmp::Ne), ("=", Cmp::Eq), ("<", Cmp::Lt), (">", Cmp::Gt)];
        for (sym, cmp) in all {
            if self.take_sym(sym) {
                return Ok(cmp);
            }
        }
        self.wrong("Ở đây cần phép so sánh: =, !=, <, <=, >, >= (điều kiện trước nó đặt trong ngoặc)")
    }

    fn list(&mut self) -> Result<Vec<Term>> {
        self.need_sym("(")?;
        let mut list = vec![self.right()?];
        while self.take_sym(",") {
            list.push(self.right()?);
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
        self.wrong("Thiếu đơn vị: viết «within 90 days», «within 12 months» hoặc «within period»")
    }

    /// A value. Options of a choice may be called like words of the language (`comparator = before`).
    fn right(&mut self) -> Result<Term> {
        let at = self.place();
        match self.peek() {
            Some(Tok::Word(w)) if RESERVED.contains(&w.as_str()) && !matches!(w.as_str(), "true" | "false" | "as_of" | "this") => {
                Ok(Term::Path(Path { at, outer: false, words: vec![self.any_name()?] }))
            }
            _ => self.term(),
        }
    }

    fn term(&mut self) -> Result<Term> {
        let at = self.place();
        let literal = match self.peek().cloned() {
            Some(Tok::Number(n)) if n.fract() == 0.0 && n.abs() < 9e15 => Val::Int(n as i64),
            Some(Tok::Number(n)) => Val::Real(n),
            Some(Tok::Quoted(s) | Tok::Date(s)) => Val::Text(s),
            Some(Tok::Word(_)) => return self.path_or_word(at),
            _ => return self.wrong("Ở đây cần một trường, một số, một ngày hoặc một chữ trong nháy kép"),
        };
        self.at += 1;
        Ok(Term::Literal(at, literal))
    }

    fn path_or_word(&mut self, at: usize) -> Result<Term> {
        for (word, n) in [("true", 1), ("false", 0)] {
            if self.take(word) {
                return Ok(Term::Bool(at, n == 1));
            }
        }
        if self.take("as_of") {
            return Ok(Term::AsOf(at));
        }
        let outer = self.take("this");
        if outer {
            self.need_sym(".")?;
        }
        let mut words = vec![self.name("trường")?];
        while self.take_sym(".") {
            words.push(self.any_name()?);
        }
        let all: Vec<&str> = words.iter().map(String::as_str).collect();
        Ok(match all.as_slice() {
            ["period", "start"] if !outer => Term::PeriodStart(at),
            ["period", "end"] if !outer => Term::PeriodEnd(at),
            ["period", "year"] if !outer => Term::Year(at),
            ["setting", name] if !outer => Term::Setting(at, (*name).to_owned()),
            _ => Term::Path(Path { at, outer, words }),
        })
    }

    /// After `where` everything up to the closing bracket, the comparison of a count, or `have` belongs to the sub-question;
    /// the whole of it may stand in brackets.
    fn source(&mut self) -> Result<Source> {
        self.sources += 1;
        if self.sources > DEEPEST_SOURCE {
            return err(self.place(), "Câu hỏi lồng trong câu hỏi quá sâu; tách thành nhiều quy tắc");
        }
        let bracket = self.take_sym("(");
        let any = self.take("any");
        let at = self.place();
        let register = self.name("sổ đăng ký")?;
        let of = if self.take("of") { Some(self.of()?) } else { None };
        let via = if self.take("via") { Some(self.name("trường liên kết")?) } else { None };
        let when = if self.take("ever") {
            When::Ever
        } else if self.take("during") {
            self.need("period")?;
            When::DuringPeriod
        } else {
            When::AsOf
        };
        let cond = if self.take("where") { Some(Box::new(self.or()?)) } else { None };
        if bracket {
            self.need_sym(")")?;
        }
        self.sources -= 1;
        if any && (of.is_some() || via.is_some()) {
            return err(at, "«any» là mọi bản ghi của sổ, không theo liên kết; bỏ «of», «via» hoặc bỏ «any»");
        }
        Ok(Source { at, register, any, of, via, when, cond })
    }

    fn of(&mut self) -> Result<Path> {
        let at = self.place();
        match self.path_or_word(at)? {
            Term::Path(p) => Ok(p),
            _ => err(at, "Sau «of» phải là một trường liên kết"),
        }
    }
}

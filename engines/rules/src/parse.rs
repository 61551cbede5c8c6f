//! Words ──▶ tree. Grammar in README.md.
use crate::ast::{AllOf, Node, Path, Population, Quant, Term, TermKind, Validity, Word};
use crate::error::RuleError;
use crate::lexer::{Op, Tok, Token, lex};

type Result<T> = std::result::Result<T, RuleError>;

/// Deepest nesting of parentheses and quantifiers.
const MAX_DEPTH: usize = 40;
/// Words that follow a field, so that a field may be called `no`, `all`, `count`.
const AFTER_FIELD: [&str; 9] = ["is", "in", "not", "within", "before", "after", "on", "and", "or"];

/// A predicate.
pub(crate) fn predicate(source: &str) -> Result<Node> {
    let mut p = Parser::new(source)?;
    let (node, _) = p.or()?;
    p.end()?;
    Ok(node)
}

/// `REGISTER [ever | valid during period] [where …]`.
pub(crate) fn population(source: &str) -> Result<Population> {
    let mut p = Parser::new(source)?;
    let register = p.word("tên sổ đăng ký")?;
    let validity = p.validity()?;
    let cond = if p.eat("where") { Some(p.or()?.0) } else { None };
    p.end()?;
    Ok(Population { register, validity, cond })
}

/// `FIELD of REGISTER [where …]`: what a sum adds up is given apart; here only the population of it.
struct Parser {
    tokens: Vec<Token>,
    i: usize,
    depth: usize,
    end: usize,
}

impl Parser {
    fn new(source: &str) -> Result<Self> {
        let tokens = lex(source)?;
        if tokens.is_empty() {
            return Err(RuleError::new(0, "biểu thức trống"));
        }
        Ok(Self { tokens, i: 0, depth: 0, end: source.chars().count() + 1 })
    }

    fn tok(&self, n: usize) -> Option<&Tok> {
        self.tokens.get(self.i + n).map(|t| &t.tok)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.i).map_or(self.end, |t| t.at)
    }

    fn is(&self, n: usize, word: &str) -> bool {
        matches!(self.tok(n), Some(Tok::Word(w)) if w == word)
    }

    fn eat(&mut self, word: &str) -> bool {
        let yes = self.is(0, word);
        self.i += usize::from(yes);
        yes
    }

    fn eat_tok(&mut self, tok: &Tok) -> bool {
        let yes = self.tok(0) == Some(tok);
        self.i += usize::from(yes);
        yes
    }

    fn found(&self) -> String {
        match self.tok(0) {
            None => "hết biểu thức".into(),
            Some(Tok::Word(w)) => format!("«{w}»"),
            Some(Tok::Int(n)) => format!("«{n}»"),
            Some(Tok::Dec(n)) => format!("«{n}»"),
            Some(Tok::Date(d)) => format!("«{d}»"),
            Some(Tok::Str(s)) => format!("«\"{s}\"»"),
            Some(Tok::Op(op)) => format!("«{}»", op.sql()),
            Some(Tok::Open) => "«(»".into(),
            Some(Tok::Close) => "«)»".into(),
            Some(_) => "dấu không hợp chỗ".into(),
        }
    }

    fn want<T>(&self, what: &str) -> Result<T> {
        Err(RuleError::new(self.at(), format!("cần {what}, gặp {}", self.found())))
    }

    fn need(&mut self, word: &str) -> Result<()> {
        if self.eat(word) { Ok(()) } else { self.want(&format!("«{word}»")) }
    }

    fn close(&mut self) -> Result<()> {
        if self.eat_tok(&Tok::Close) { Ok(()) } else { self.want("dấu «)»") }
    }

    fn end(&self) -> Result<()> {
        if self.i == self.tokens.len() { Ok(()) } else { self.want("and, or hoặc hết biểu thức") }
    }

    fn word(&mut self, what: &str) -> Result<Word> {
        let at = self.at();
        let Some(Tok::Word(text)) = self.tok(0) else { return self.want(what) };
        let text = text.clone();
        self.i += 1;
        Ok(Word { text, at })
    }

    fn path(&mut self) -> Result<Path> {
        let mut words = vec![self.word("tên trường")?];
        while self.eat_tok(&Tok::Dot) {
            words.push(self.word("tên trường sau dấu chấm")?);
        }
        Ok(Path(words))
    }

    fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            return Err(RuleError::new(self.at(), format!("lồng nhau quá {MAX_DEPTH} tầng; hãy tách quy tắc")));
        }
        self.depth += 1;
        let out = f(self);
        self.depth -= 1;
        out
    }

    /// Also says whether it ended in a quantifier with an unparenthesised `where`.
    fn or(&mut self) -> Result<(Node, bool)> {
        let (first, mut open) = self.and(false)?;
        let mut nodes = vec![first];
        while self.is(0, "or") {
            if open {
                return Err(RuleError::new(
                    self.at(),
                    "«or» sau một «where» không rõ thuộc bên trong hay bên ngoài; viết (exists … where …) or … hoặc exists … where (… or …)",
                ));
            }
            self.i += 1;
            let (node, o) = self.and(false)?;
            nodes.push(node);
            open = o;
        }
        Ok((one(nodes, Node::Or), open))
    }

    /// `inner`: the conjunction is the body of an unparenthesised `where`.
    fn and(&mut self, inner: bool) -> Result<(Node, bool)> {
        let (first, mut open) = self.unary(false)?;
        let mut nodes = vec![first];
        while self.is(0, "and") {
            self.i += 1;
            let (node, o) = self.unary(inner)?;
            nodes.push(node);
            open = o;
        }
        Ok((one(nodes, Node::And), open))
    }

    /// `refuse`: a bare quantifier here could be read as belonging outside of the `where` it stands in.
    fn unary(&mut self, refuse: bool) -> Result<(Node, bool)> {
        if self.is(0, "not") {
            self.i += 1;
            return self.deeper(|p| p.unary(refuse)).map(|(n, o)| (Node::Not(Box::new(n)), o));
        }
        if let Some(word) = self.quantifier() {
            if refuse {
                return Err(RuleError::new(
                    self.at(),
                    format!(
                        "«{word}» sau «and» không rõ thuộc bên trong hay bên ngoài «where»; đặt từng vế trong ngoặc: (exists … where …) and ({word} …)"
                    ),
                ));
            }
            return self.deeper(|p| p.quantified(word));
        }
        if self.eat_tok(&Tok::Open) {
            let (node, _) = self.deeper(Self::or)?;
            self.close()?;
            return Ok((node, false));
        }
        self.atom().map(|n| (n, false))
    }

    fn quantifier(&self) -> Option<&'static str> {
        let next_is_name = |n: usize| matches!(self.tok(n), Some(Tok::Word(w)) if !AFTER_FIELD.contains(&w.as_str()));
        if self.is(0, "exists") && next_is_name(1) {
            Some("exists")
        } else if self.is(0, "no") && next_is_name(1) {
            Some("no")
        } else if self.is(0, "all") && self.is(1, "of") {
            Some("all")
        } else if self.count_starts() {
            Some("count")
        } else {
            None
        }
    }

    fn count_starts(&self) -> bool {
        let named = |n| matches!(self.tok(n), Some(Tok::Word(w)) if !AFTER_FIELD.contains(&w.as_str()));
        self.is(0, "count") && (named(1) || self.tok(1) == Some(&Tok::Open))
    }

    fn quantified(&mut self, word: &str) -> Result<(Node, bool)> {
        match word {
            "exists" | "no" => {
                self.i += 1;
                let quant = self.quant()?;
                let open = quant.cond.is_some();
                Ok((if word == "exists" { Node::Exists(quant) } else { Node::None(quant) }, open))
            }
            "all" => self.all_of(),
            _ => {
                let left = self.count()?;
                let Some(op) = self.op()? else { return self.want("so sánh số lượng, ví dụ >= 2") };
                let right = self.term()?;
                Ok((Node::Cmp { left, op, right }, false))
            }
        }
    }

    fn validity(&mut self) -> Result<Validity> {
        if self.eat("ever") {
            return Ok(Validity::Ever);
        }
        if self.is(0, "valid") && self.is(1, "during") {
            self.i += 2;
            self.need("period")?;
            return Ok(Validity::DuringPeriod);
        }
        Ok(Validity::AsOf)
    }

    /// `R [ever | valid during period] [via F [= PATH]] [where …]`.
    fn quant(&mut self) -> Result<Quant> {
        let target = self.word("tên sổ đăng ký")?;
        let validity = self.validity()?;
        let via = if self.eat("via") {
            let inner = self.path()?;
            let outer = if self.eat_tok(&Tok::Op(Op::Eq)) { Some(self.path()?) } else { None };
            Some((inner, outer))
        } else {
            None
        };
        let cond = self.where_body()?;
        Ok(Quant { target, validity, via, cond })
    }

    fn where_body(&mut self) -> Result<Option<Box<Node>>> {
        if self.eat("where") { self.deeper(|p| p.and(true)).map(|(n, _)| Some(Box::new(n))) } else { Ok(None) }
    }

    fn count(&mut self) -> Result<Term> {
        let at = self.at();
        self.need("count")?;
        let quant = if self.eat_tok(&Tok::Open) {
            let quant = self.deeper(Self::quant)?;
            self.close()?;
            quant
        } else {
            self.deeper(Self::quant)?
        };
        Ok(Term { at, kind: TermKind::Count(Box::new(quant)) })
    }

    /// `all of C [where …] have A [for LINK] [via LINK] [ever …] [where …]`.
    fn all_of(&mut self) -> Result<(Node, bool)> {
        let at = self.at();
        self.i += 2;
        let catalogue = self.word("tên danh mục")?;
        let demand = if self.eat("where") { Some(Box::new(self.deeper(Self::or)?.0)) } else { None };
        self.need("have")?;
        let answer = self.word("tên sổ trả lời")?;
        let validity = self.validity()?;
        let (mut owner, mut via) = (None, None);
        loop {
            if owner.is_none() && self.eat("for") {
                owner = Some(self.path()?);
            } else if via.is_none() && self.eat("via") {
                via = Some(self.path()?);
            } else {
                break;
            }
        }
        let cond = self.where_body()?;
        let open = cond.is_some();
        Ok((Node::AllOf(AllOf { at, catalogue, demand, answer, owner, via, validity, cond }), open))
    }

    fn op(&mut self) -> Result<Option<Op>> {
        if let Some(Tok::Op(op)) = self.tok(0) {
            let op = *op;
            self.i += 1;
            return Ok(Some(op));
        }
        if self.eat("before") {
            return Ok(Some(Op::Lt));
        }
        if self.eat("after") {
            return Ok(Some(Op::Gt));
        }
        if self.is(0, "on") && (self.is(1, "or")) {
            self.i += 2;
            return match () {
                () if self.eat("before") => Ok(Some(Op::Le)),
                () if self.eat("after") => Ok(Some(Op::Ge)),
                () => self.want("before hoặc after"),
            };
        }
        Ok(None)
    }

    fn atom(&mut self) -> Result<Node> {
        let left = self.term()?;
        if let Some(op) = self.op()? {
            return Ok(Node::Cmp { left, op, right: self.term()? });
        }
        let at = left.at;
        let TermKind::Path(path) = left.kind else {
            return Err(RuleError::new(at, "một giá trị đứng riêng không phải là điều kiện; hãy so sánh nó với một trường"));
        };
        if self.eat("is") {
            let not = self.eat("not");
            self.need("empty")?;
            return Ok(Node::Empty { path, not });
        }
        if self.is(0, "in") || (self.is(0, "not") && self.is(1, "in")) {
            let not = self.eat("not");
            self.i += 1;
            return Ok(Node::In { left: path, not, items: self.items()? });
        }
        if self.eat("within") {
            return self.within(path);
        }
        Ok(Node::Bare(path))
    }

    fn items(&mut self) -> Result<Vec<Term>> {
        if !self.eat_tok(&Tok::Open) {
            return Ok(vec![self.term()?]);
        }
        let mut items = vec![self.term()?];
        while self.eat_tok(&Tok::Comma) {
            items.push(self.term()?);
        }
        self.close()?;
        Ok(items)
    }

    fn within(&mut self, path: Path) -> Result<Node> {
        if self.is(0, "period") && self.tok(1) != Some(&Tok::Dot) {
            self.i += 1;
            return Ok(Node::WithinPeriod(path));
        }
        let next = self.eat("next");
        let amount = self.simple_term()?;
        let unit = self.unit(&amount)?;
        Ok(Node::Within { path, next, amount, unit })
    }

    fn unit(&mut self, amount: &Term) -> Result<Word> {
        match self.tok(0) {
            Some(Tok::Word(w)) if time_unit(w) => self.word("đơn vị"),
            _ => Err(RuleError::new(
                amount.at,
                format!("thiếu đơn vị thời gian sau số lượng, gặp {}; viết days, months hoặc years", self.found()),
            )),
        }
    }

    /// A term without arithmetic and without a unit.
    fn simple_term(&mut self) -> Result<Term> {
        let at = self.at();
        let negative = self.eat_tok(&Tok::Minus);
        let sign = if negative { -1 } else { 1 };
        let kind = match self.tok(0) {
            Some(Tok::Int(n)) => TermKind::Int(n * sign),
            Some(Tok::Dec(x)) if negative => TermKind::Dec(-x),
            Some(Tok::Dec(x)) => TermKind::Dec(*x),
            _ if negative => return self.want("số"),
            Some(Tok::Date(d)) => TermKind::Date(*d),
            Some(Tok::DayMonth(d, m)) => TermKind::DayMonth(*d, *m),
            Some(Tok::Str(s)) => TermKind::Str(s.clone()),
            Some(Tok::Word(_)) => return Ok(Term { at, kind: TermKind::Path(self.path()?) }),
            _ => return self.want("trường hoặc giá trị"),
        };
        self.i += 1;
        Ok(Term { at, kind })
    }

    fn term(&mut self) -> Result<Term> {
        if self.count_starts() {
            return self.count();
        }
        let mut term = self.simple_term()?;
        if matches!(term.kind, TermKind::Int(_) | TermKind::Dec(_)) {
            let unit = match self.tok(0) {
                Some(Tok::Percent) => {
                    self.i += 1;
                    return Ok(term);
                }
                Some(Tok::Word(w)) if money_unit(w).is_some() || time_unit(w) => self.word("đơn vị")?,
                _ => return Ok(term),
            };
            return Ok(Term { at: term.at, kind: TermKind::Unit(Box::new(term.kind), unit) });
        }
        while matches!(self.tok(0), Some(Tok::Plus | Tok::Minus)) {
            let back = self.tok(0) == Some(&Tok::Minus);
            self.i += 1;
            let amount = self.simple_term()?;
            let unit = self.unit(&amount)?;
            let at = term.at;
            term = Term { at, kind: TermKind::Shift { base: Box::new(term), amount: Box::new(amount), unit, back } };
        }
        Ok(term)
    }
}

fn one(mut nodes: Vec<Node>, many: impl FnOnce(Vec<Node>) -> Node) -> Node {
    if nodes.len() == 1 { nodes.swap_remove(0) } else { many(nodes) }
}

pub(crate) fn time_unit(word: &str) -> bool {
    matches!(word, "day" | "days" | "month" | "months" | "year" | "years")
}

/// đồng in one of the unit.
pub(crate) fn money_unit(word: &str) -> Option<i64> {
    Some(match word {
        "đồng" | "dong" | "vnd" => 1,
        "nghìn" | "thousand" => 1_000,
        "triệu" | "million" => 1_000_000,
        "tỷ" | "billion" => 1_000_000_000,
        _ => return None,
    })
}

//! Tree ──▶ checked rule: words resolved, kinds compared, links found.
use std::collections::BTreeMap;

use crate::ast::{self, Node, Path, Word};
use crate::error::RuleError;
use crate::ir::{AllOf, DateExpr, Link, Op, Pred, Quant, RPath, Said, SettingRef, Term};
use crate::resolve::{Meaning, Scopes, path_label};
use crate::schema::{Kind, Register, Schema};
use crate::suggest::hint;
use crate::terms::time;
use crate::value::{Ctx, Val};

type Result<T> = std::result::Result<T, RuleError>;

/// Most conditions in one expression: SQLite refuses expression trees deeper than 1000.
const MAX_ATOMS: usize = 300;

fn fail<T>(at: usize, message: impl Into<String>) -> Result<T> {
    Err(RuleError::new(at, message))
}

pub(crate) struct Check<'a> {
    pub scopes: Scopes<'a>,
}

/// Checks a predicate over records of a register.
pub(crate) fn predicate(node: &Node, schema: &Schema, register: &Register, settings: &BTreeMap<String, SettingRef>) -> Result<Pred> {
    let mut check = Check { scopes: Scopes { schema, settings, stack: vec![register], atoms: 0 } };
    check.node(node)
}

/// Resolves a path of field names from a register (agency paths of definitions and indicators).
pub(crate) fn path(text: &str, schema: &Schema, register: &Register) -> Result<RPath> {
    let words = text.split('.').map(|w| Word { text: w.trim().to_owned(), at: 0 }).collect::<Vec<_>>();
    let settings = BTreeMap::new();
    let scopes = Scopes { schema, settings: &settings, stack: vec![register], atoms: 0 };
    match scopes.walk(0, register, &words)? {
        Meaning::Field(path) => Ok(path),
        _ => fail(0, format!("«{text}» không phải là đường dẫn tới một trường")),
    }
}

impl<'a> Check<'a> {
    pub(crate) fn node(&mut self, node: &Node) -> Result<Pred> {
        match node {
            Node::Or(list) => Ok(Pred::Or(list.iter().map(|n| self.node(n)).collect::<Result<_>>()?)),
            Node::And(list) => Ok(Pred::And(list.iter().map(|n| self.node(n)).collect::<Result<_>>()?)),
            Node::Not(n) => Ok(Pred::Not(Box::new(self.node(n)?))),
            _ => {
                self.scopes.atoms += 1;
                if self.scopes.atoms > MAX_ATOMS {
                    return fail(0, format!("quá {MAX_ATOMS} điều kiện trong một biểu thức; hãy dùng in (…) hoặc tách quy tắc"));
                }
                self.atom(node)
            }
        }
    }

    fn atom(&mut self, node: &Node) -> Result<Pred> {
        match node {
            Node::Bare(path) => self.bare(path),
            Node::Cmp { left, op, right } => self.compare(left, *op, right),
            Node::In { left, not, items } => self.within_list(left, *not, items),
            Node::Empty { path, not } => Ok(Pred::Empty { path: self.field(path)?, not: *not }),
            Node::WithinPeriod(path) => {
                let path = self.day_field(path)?;
                Ok(Pred::Range { path, from: Some(DateExpr::PeriodStart), to: Some(DateExpr::CutOff), said: Said::Period })
            }
            Node::Within { path, next, amount, unit } => self.within(path, *next, amount, unit),
            Node::Exists(q) => self.quant(q).map(Pred::Exists),
            Node::None(q) => self.quant(q).map(Pred::None),
            Node::AllOf(all) => self.all_of(all).map(|a| Pred::AllOf(Box::new(a))),
            Node::Or(_) | Node::And(_) | Node::Not(_) => self.node(node),
        }
    }

    fn bare(&mut self, path: &Path) -> Result<Pred> {
        match self.scopes.resolve(path)? {
            Meaning::Field(p) if p.kind == Kind::Bool => Ok(Pred::Flag(p)),
            Meaning::Field(p) => fail(
                path.at(),
                format!("«{}» là {}, không phải có/không; hãy so sánh nó hoặc viết «is not empty»", path.text(), p.kind.name_vi()),
            ),
            Meaning::Active(p) => Ok(Pred::Active(p)),
            Meaning::Bool(b) => Ok(Pred::Const(b)),
            _ => fail(path.at(), format!("«{}» không phải là điều kiện; hãy so sánh nó với một trường", path.text())),
        }
    }

    pub(crate) fn field(&self, path: &Path) -> Result<RPath> {
        match self.scopes.resolve(path)? {
            Meaning::Field(p) => Ok(p),
            _ => fail(path.at(), format!("cần một trường, gặp «{}»", path.text())),
        }
    }

    fn day_field(&self, path: &Path) -> Result<RPath> {
        let p = self.field(path)?;
        if matches!(p.kind, Kind::Date | Kind::Instant) {
            return Ok(p);
        }
        fail(path.at(), format!("«{}» là {}; within chỉ dùng với ngày hoặc thời điểm", path.text(), p.kind.name_vi()))
    }

    fn compare(&mut self, left: &ast::Term, op: Op, right: &ast::Term) -> Result<Pred> {
        // Whichever side has a kind of its own tells the kind of the other; a field tells before a literal.
        let field = |c: &Self, t: &ast::Term| match &t.kind {
            ast::TermKind::Path(p) => matches!(c.scopes.resolve(p), Ok(Meaning::Field(_))),
            ast::TermKind::Count(_) => true,
            _ => false,
        };
        let kind = match (field(self, left), field(self, right)) {
            (false, true) => self.own_kind(right),
            _ => self.own_kind(left),
        };
        let Some(kind) = kind else {
            return match &left.kind {
                ast::TermKind::Path(p) => self.scopes.resolve(p).and_then(|_| fail(left.at, "không so sánh được")),
                _ => fail(left.at, "không so sánh được"),
            };
        };
        if op.is_order() && !matches!(kind, Kind::Integer | Kind::Decimal | Kind::Money | Kind::Date | Kind::Instant) {
            return fail(left.at, format!("{} chỉ so sánh được bằng = hoặc !=, không có lớn bé, trước sau", kind.name_vi()));
        }
        if kind == Kind::Instant
            && let Some(range) = self.instant(left, op, right)?
        {
            return Ok(range);
        }
        let (left_term, right_term) = (self.term(left, &kind)?, self.term(right, &kind)?);
        let list = |t: &Term| matches!(t, Term::Setting(s) if matches!(s.default, Val::List(_)));
        if list(&left_term) || list(&right_term) {
            return fail(right.at, "tham số là danh sách; viết in thay cho dấu so sánh");
        }
        Ok(Pred::Cmp { left: left_term, op, right: right_term })
    }

    /// An instant against a day: the day's 24 hours in Vietnam.
    fn instant(&mut self, left: &ast::Term, op: Op, right: &ast::Term) -> Result<Option<Pred>> {
        let (field, op, day) = match (&left.kind, self.own_kind(left)) {
            (ast::TermKind::Path(p), Some(Kind::Instant)) => (self.field(p)?, op, right),
            _ => {
                let ast::TermKind::Path(p) = &right.kind else { return Ok(None) };
                let flipped = match op {
                    Op::Lt => Op::Gt,
                    Op::Le => Op::Ge,
                    Op::Gt => Op::Lt,
                    Op::Ge => Op::Le,
                    same => same,
                };
                (self.field(p)?, flipped, left)
            }
        };
        if self.own_kind(day) == Some(Kind::Instant) {
            return Ok(None);
        }
        let Term::Date(day) = self.term(day, &Kind::Date)? else {
            return fail(day.at, "thời điểm chỉ so sánh được với thời điểm, ngày cố định, as_of hoặc ngày của kỳ");
        };
        let next = |back| {
            let amount = crate::ir::Amount::Const(1);
            DateExpr::Shift { base: Box::new(day.clone()), amount, unit: crate::ir::Unit::Days, back }
        };
        let said = Said::Cmp(op, day.clone());
        let (from, to) = match op {
            Op::Eq | Op::Ne => (Some(day.clone()), Some(day.clone())),
            Op::Lt => (None, Some(next(true))),
            Op::Le => (None, Some(day.clone())),
            Op::Gt => (Some(next(false)), None),
            Op::Ge => (Some(day.clone()), None),
        };
        let said = if op == Op::Ne { Said::Cmp(Op::Eq, day) } else { said };
        let range = Pred::Range { path: field, from, to, said };
        Ok(Some(if op == Op::Ne { Pred::Not(Box::new(range)) } else { range }))
    }

    fn within_list(&mut self, left: &Path, not: bool, items: &[ast::Term]) -> Result<Pred> {
        let path = self.field(left)?;
        if matches!(path.kind, Kind::Links(_) | Kind::Instant | Kind::Bool) {
            return fail(left.at(), format!("«{}» là {}, không dùng với in được", left.text(), path.kind.name_vi()));
        }
        let kind = path.kind.clone();
        let terms = items.iter().map(|t| self.term(t, &kind)).collect::<Result<Vec<_>>>()?;
        for (term, item) in terms.iter().zip(items) {
            if matches!(term, Term::Path(_) | Term::Count(_)) {
                return fail(item.at, "trong in (…) chỉ viết giá trị, không viết trường");
            }
        }
        Ok(Pred::In { path, not, items: terms })
    }

    fn within(&mut self, path: &Path, next: bool, amount: &ast::Term, unit: &Word) -> Result<Pred> {
        let (at, path, unit) = (path.at(), self.day_field(path)?, time(unit)?);
        if let ast::TermKind::Path(p) = &amount.kind
            && let Meaning::Field(months) = self.scopes.resolve(p)?
        {
            if next || unit == crate::ir::Unit::Days || path.kind != Kind::Date || months.kind != Kind::Integer {
                return fail(at, "thời hạn lấy từ một trường phải là: NGÀY within TRƯỜNG_SỐ_NGUYÊN months (hoặc years)");
            }
            return Ok(Pred::MonthsOf { path, months, years: unit == crate::ir::Unit::Years });
        }
        let amount = self.amount(amount)?;
        let (from, to, said) = if next {
            let end = DateExpr::Shift { base: Box::new(DateExpr::AsOf), amount: amount.clone(), unit, back: false };
            (DateExpr::AsOf, end, Said::Next(amount, unit))
        } else {
            (DateExpr::Reach { amount: amount.clone(), unit }, DateExpr::AsOf, Said::Last(amount, unit))
        };
        Ok(Pred::Range { path, from: Some(from), to: Some(to), said })
    }

    /// Runs with one more record in scope.
    fn inside<T>(&mut self, register: &'a Register, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.scopes.stack.push(register);
        let out = f(self);
        self.scopes.stack.pop();
        out
    }

    fn current(&self) -> Result<&'a Register> {
        self.scopes.stack.last().copied().ok_or_else(|| RuleError::new(0, "thiếu sổ đăng ký"))
    }

    pub(crate) fn quant(&mut self, q: &ast::Quant) -> Result<Quant> {
        let here = self.scopes.here();
        let current = self.current()?;
        let outer = RPath::id_of(here, &current.id, &current.label);
        // A many-links field of the current record.
        let (register, link, via) = match current.field(&q.target.text).map(|f| (f.kind, f.label)) {
            Some((Kind::Links(target), label)) => {
                if let Some((via, _)) = &q.via {
                    return fail(via.at(), "trường nhiều liên kết không cần via");
                }
                let register = self.scopes.register(&Word { text: target, at: q.target.at })?;
                let table = format!("{}__{}", current.id, q.target.text);
                (register, Link::NamedBy { table, field: q.target.text.clone(), outer }, Some(label))
            }
            _ => {
                let register = self.scopes.register(&q.target)?;
                let (link, via) = self.link(register, q, current, outer)?;
                (register, link, via)
            }
        };
        let cond = match &q.cond {
            Some(node) => Some(Box::new(self.inside(register, |c| c.node(node))?)),
            None => None,
        };
        let (label, dated) = (register.label.clone(), register.dated);
        Ok(Quant { register: register.id.clone(), label, depth: here + 1, dated, validity: q.validity, link, via, cond })
    }

    fn link(
        &mut self,
        register: &'a Register,
        q: &ast::Quant,
        current: &Register,
        outer: RPath,
    ) -> Result<(Link, Option<crate::schema::Label>)> {
        let Some((via, equals)) = &q.via else {
            let links = links_to(register, &current.id);
            return match links.as_slice() {
                [one] => Ok((self.link_field(register, one, outer)?, None)),
                [] => fail(
                    q.target.at,
                    format!(
                        "«{}» không có liên kết tới «{}»; nếu câu này nằm ngoài «where» hãy thêm ngoặc, nếu không hãy chỉ rõ: {} via TRƯỜNG = this.TRƯỜNG",
                        register.id, current.id, register.id
                    ),
                ),
                many => fail(
                    q.target.at,
                    format!("«{}» có nhiều liên kết tới «{}»; thêm via {}", register.id, current.id, many.join(" hoặc via ")),
                ),
            };
        };
        if let Some(equals) = equals {
            let outer = self.field(equals)?;
            let inner = self.inside(register, |c| c.field(via))?;
            let term = ast::Term { at: via.at(), kind: ast::TermKind::Path(via.clone()) };
            let kind = outer.kind.clone();
            self.inside(register, |c| c.term(&term, &kind)).map(|_| ())?;
            let label = path_label(&inner);
            return Ok((Link::Eq { inner, outer }, Some(label)));
        }
        let inner = self.inside(register, |c| {
            let here = c.scopes.here();
            match c.scopes.walk(here, register, &via.0)? {
                Meaning::Field(p) => Ok(p),
                _ => fail(via.at(), "via cần tên một trường liên kết"),
            }
        })?;
        let label = Some(path_label(&inner));
        match &inner.kind {
            Kind::Link(target) if *target == current.id => Ok((Link::Eq { inner, outer }, label)),
            Kind::Links(target) if *target == current.id && inner.hops.is_empty() => {
                Ok((Link::Names { table: format!("{}__{}", register.id, inner.field), outer }, label))
            }
            _ => {
                let links = links_to(register, &current.id);
                let hint = hint(&via.text(), links.iter().map(String::as_str));
                fail(via.at(), format!("«{}.{}» không phải liên kết tới «{}»{hint}", register.id, via.text(), current.id))
            }
        }
    }

    fn link_field(&mut self, register: &'a Register, field: &str, outer: RPath) -> Result<Link> {
        let path = Path(vec![Word { text: field.to_owned(), at: 0 }]);
        let inner = self.inside(register, |c| c.field(&path))?;
        Ok(match inner.kind {
            Kind::Links(_) => Link::Names { table: format!("{}__{field}", register.id), outer },
            _ => Link::Eq { inner, outer },
        })
    }

    fn all_of(&mut self, all: &ast::AllOf) -> Result<AllOf> {
        let scope = self.scopes.here();
        let current = self.current()?;
        let catalogue = self.scopes.register(&all.catalogue)?;
        let answer = self.scopes.register(&all.answer)?;
        let single = |to: &Register, given: Option<&Path>, word: &str| -> Result<String> {
            let links: Vec<String> = answer.fields.iter().filter(|f| f.kind == Kind::Link(to.id.clone())).map(|f| f.id.clone()).collect();
            match (given, links.as_slice()) {
                (Some(path), _) if links.contains(&path.text()) => Ok(path.text()),
                (Some(path), _) => {
                    let hint = hint(&path.text(), links.iter().map(String::as_str));
                    fail(path.at(), format!("«{}.{}» không phải liên kết tới «{}»{hint}", answer.id, path.text(), to.id))
                }
                (None, [one]) => Ok(one.clone()),
                (None, []) => fail(all.answer.at, format!("«{}» không có liên kết tới «{}»", answer.id, to.id)),
                (None, many) => {
                    fail(all.answer.at, format!("«{}» có nhiều liên kết tới «{}»; thêm {word} {}", answer.id, to.id, many.join(" hoặc ")))
                }
            }
        };
        let owner = single(current, all.owner.as_ref(), "for")?;
        let via = single(catalogue, all.via.as_ref(), "via")?;
        let (demand, cond) = self.inside(catalogue, |c| {
            let demand = all.demand.as_ref().map(|n| c.node(n)).transpose()?;
            let cond = c.inside(answer, |c| all.cond.as_ref().map(|n| c.node(n)).transpose())?;
            Ok((demand, cond))
        })?;
        Ok(AllOf {
            scope,
            owner_register: current.id.clone(),
            catalogue: catalogue.id.clone(),
            catalogue_label: catalogue.label.clone(),
            catalogue_dated: catalogue.dated,
            demand,
            answer: answer.id.clone(),
            answer_label: answer.label.clone(),
            answer_dated: answer.dated,
            validity: all.validity,
            owner,
            via,
            cond,
        })
    }
}

/// Link fields of a register that lead to another.
fn links_to(register: &Register, target: &str) -> Vec<String> {
    let leads = |kind: &Kind| matches!(kind, Kind::Link(t) | Kind::Links(t) if t == target);
    register.fields.iter().filter(|f| leads(&f.kind)).map(|f| f.id.clone()).collect()
}

/// Compares two constants: what a comparison without a field comes to.
pub(crate) fn constant(left: &Term, op: Op, right: &Term, ctx: &Ctx) -> Option<bool> {
    let (a, b) = (left.constant(ctx)?, right.constant(ctx)?);
    Some(crate::eval::order(&a, &b).is_some_and(|ord| op.holds(ord)))
}

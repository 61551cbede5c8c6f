//! Gives a value the kind of the field it is compared with, or says why it cannot.
use crate::ast::{self, TermKind, Word};
use crate::check::Check;
use crate::error::RuleError;
use crate::ir::{Amount, DateExpr, SettingRef, Term, Unit, real};
use crate::parse::{money_unit, time_unit};
use crate::resolve::Meaning;
use crate::schema::{Kind, Label};
use crate::suggest::hint;
use crate::value::Val;

type Result<T> = std::result::Result<T, RuleError>;

fn fail<T>(at: usize, message: impl Into<String>) -> Result<T> {
    Err(RuleError::new(at, message))
}

/// Why a term is not of a kind.
fn wants<T>(at: usize, kind: &Kind, got: &str) -> Result<T> {
    let example = match kind {
        Kind::Integer => ", ví dụ 3",
        Kind::Decimal => ", ví dụ 1.5",
        Kind::Money => ", ví dụ 500 triệu",
        Kind::Date | Kind::Instant => ", ví dụ 2026-12-31, 31/12/2026 hoặc as_of",
        Kind::Text => ", đặt trong dấu ngoặc kép",
        Kind::Bool => ", viết true hoặc false",
        _ => "",
    };
    fail(at, format!("cần {}{example}; gặp {got}", kind.name_vi()))
}

fn described(term: &ast::Term) -> String {
    match &term.kind {
        TermKind::Path(p) => format!("«{}»", p.text()),
        TermKind::Int(n) => format!("số {n}"),
        TermKind::Dec(x) => format!("số {x}"),
        TermKind::Unit(n, unit) => match n.as_ref() {
            TermKind::Int(n) => format!("«{n} {}»", unit.text),
            TermKind::Dec(x) => format!("«{x} {}»", unit.text),
            _ => format!("«{}»", unit.text),
        },
        TermKind::Date(_) | TermKind::DayMonth(..) | TermKind::Shift { .. } => "ngày".into(),
        TermKind::Str(s) => format!("chuỗi \"{s}\""),
        TermKind::Count(_) => "số lượng".into(),
    }
}

/// May a field of the second kind be compared with one of the first?
fn comparable(a: &Kind, b: &Kind) -> bool {
    matches!(
        (a, b),
        (Kind::Integer | Kind::Decimal, Kind::Integer | Kind::Decimal)
            | (Kind::Money, Kind::Money)
            | (Kind::Text | Kind::Choice(_), Kind::Text | Kind::Choice(_))
            | (Kind::Date, Kind::Date)
            | (Kind::Instant, Kind::Instant)
            | (Kind::Bool, Kind::Bool)
    ) || matches!((a, b), (Kind::Link(x), Kind::Link(y)) if x == y)
}

impl Check<'_> {
    /// The kind a term has by itself; `None` for a bare word that only a choice could know.
    pub(crate) fn own_kind(&self, term: &ast::Term) -> Option<Kind> {
        match &term.kind {
            TermKind::Path(p) => match self.scopes.resolve(p).ok()? {
                Meaning::Field(p) => Some(p.kind),
                Meaning::Date(_) => Some(Kind::Date),
                Meaning::Year(_) => Some(Kind::Integer),
                Meaning::Bool(_) | Meaning::Active(_) => Some(Kind::Bool),
                Meaning::Setting(s) => Some(setting_kind(&s)),
            },
            TermKind::Int(_) | TermKind::Count(_) => Some(Kind::Integer),
            TermKind::Dec(_) => Some(Kind::Decimal),
            TermKind::Unit(..) => Some(Kind::Money),
            TermKind::Date(_) | TermKind::DayMonth(..) | TermKind::Shift { .. } => Some(Kind::Date),
            TermKind::Str(_) => Some(Kind::Text),
        }
    }

    /// The term as a value of a kind.
    pub(crate) fn term(&mut self, term: &ast::Term, kind: &Kind) -> Result<Term> {
        let at = term.at;
        match (&term.kind, kind) {
            (TermKind::Path(path), _) => self.path_term(term, path, kind),
            (_, Kind::Links(_)) => fail(at, "trường nhiều liên kết không so sánh được; viết exists TRƯỜNG where … hoặc TRƯỜNG is empty"),
            (TermKind::Count(q), Kind::Integer | Kind::Decimal) => Ok(Term::Count(Box::new(self.quant(q)?))),
            (TermKind::Int(n), Kind::Integer) => Ok(Term::Int(*n)),
            (TermKind::Int(n), Kind::Decimal) => Ok(Term::Real(real(*n))),
            (TermKind::Dec(x), Kind::Decimal) => Ok(Term::Real(*x)),
            (TermKind::Int(0), Kind::Money) => Ok(Term::Money(0)),
            (TermKind::Int(n), Kind::Money) => fail(at, format!("thiếu đơn vị tiền sau {n}; viết {n} đồng, {n} triệu hoặc {n} tỷ")),
            (TermKind::Unit(n, unit), Kind::Money) => money(at, n, unit),
            (TermKind::Date(d), Kind::Date) => Ok(Term::Date(DateExpr::Fixed(*d))),
            (TermKind::DayMonth(d, m), Kind::Date) => Ok(Term::Date(DateExpr::DayMonth(*d, *m))),
            (TermKind::Shift { base, amount, unit, back }, Kind::Date) => {
                let Term::Date(base) = self.term(base, &Kind::Date)? else {
                    return fail(at, "chỉ cộng trừ thời gian với as_of, period.start, period.end hoặc một ngày cố định");
                };
                let (amount, unit) = (self.amount(amount)?, time(unit)?);
                Ok(Term::Date(DateExpr::Shift { base: Box::new(base), amount, unit, back: *back }))
            }
            (TermKind::Str(s), Kind::Text | Kind::Link(_)) => Ok(Term::Text(s.clone(), Label::new(s, s))),
            (TermKind::Str(s), Kind::Choice(options)) => choice(at, s, options),
            _ => wants(at, kind, &described(term)),
        }
    }

    fn path_term(&mut self, term: &ast::Term, path: &ast::Path, kind: &Kind) -> Result<Term> {
        if let (Kind::Choice(options), [word]) = (kind, path.0.as_slice())
            && options.iter().any(|(id, _)| *id == word.text)
        {
            return choice(word.at, &word.text, options);
        }
        let meaning = match (self.scopes.resolve(path), kind, path.0.as_slice()) {
            (Ok(meaning), ..) => meaning,
            (Err(_), Kind::Choice(options), [word]) => return choice(word.at, &word.text, options),
            (Err(e), Kind::Text, [word]) => return fail(word.at, format!("{}; nếu là giá trị thì viết \"{}\"", e.message, word.text)),
            (Err(e), ..) => return Err(e),
        };
        match (meaning, kind) {
            (Meaning::Field(p), kind) if comparable(kind, &p.kind) => Ok(Term::Path(p)),
            (Meaning::Field(p), kind) => {
                fail(term.at, format!("«{}» là {}, không so sánh được với {}", path.text(), p.kind.name_vi(), kind.name_vi()))
            }
            (Meaning::Date(d), Kind::Date) => Ok(Term::Date(d)),
            (Meaning::Year(y), Kind::Integer) => Ok(Term::Year(y)),
            (Meaning::Bool(b), Kind::Bool) => Ok(Term::Int(i64::from(b))),
            (Meaning::Setting(s), kind) => setting(term.at, s, kind),
            _ => wants(term.at, kind, &described(term)),
        }
    }

    /// A number of days, months or years.
    pub(crate) fn amount(&mut self, term: &ast::Term) -> Result<Amount> {
        match self.term(term, &Kind::Integer)? {
            Term::Int(n) if (0..=100_000).contains(&n) => Ok(Amount::Const(n)),
            Term::Int(_) => fail(term.at, "số lượng thời gian phải từ 0 đến 100000"),
            Term::Setting(s) => Ok(Amount::Setting(s)),
            _ => fail(term.at, "cần một số hoặc setting.tên"),
        }
    }
}

fn money(at: usize, n: &TermKind, unit: &Word) -> Result<Term> {
    let Some(factor) = money_unit(&unit.text) else {
        return fail(unit.at, format!("«{}» không phải đơn vị tiền; viết đồng, nghìn, triệu hoặc tỷ", unit.text));
    };
    let amount = match n {
        TermKind::Int(n) => n.checked_mul(factor),
        #[expect(clippy::cast_possible_truncation, reason = "bounded by the filter")]
        TermKind::Dec(x) => Some((x * real(factor)).round()).filter(|x| x.abs() < 9e18).map(|x| x as i64),
        _ => None,
    };
    amount.map(Term::Money).ok_or_else(|| RuleError::new(at, "số tiền quá lớn"))
}

pub(crate) fn time(unit: &Word) -> Result<Unit> {
    match unit.text.trim_end_matches('s') {
        "day" => Ok(Unit::Days),
        "month" => Ok(Unit::Months),
        "year" => Ok(Unit::Years),
        _ if time_unit(&unit.text) => Ok(Unit::Years),
        other => fail(unit.at, format!("«{other}» không phải đơn vị thời gian")),
    }
}

fn choice(at: usize, word: &str, options: &[(String, Label)]) -> Result<Term> {
    match options.iter().find(|(id, _)| id == word) {
        Some((id, label)) => Ok(Term::Text(id.clone(), label.clone())),
        None => fail(at, format!("không có lựa chọn «{word}»{}", hint(word, options.iter().map(|(id, _)| id.as_str())))),
    }
}

fn setting_kind(s: &SettingRef) -> Kind {
    match s.default {
        Val::Int(_) => Kind::Integer,
        Val::Real(_) => Kind::Decimal,
        _ => Kind::Text,
    }
}

/// A setting as a value of a kind; its declared value must fit, as an override must (see [`crate::Compiled::check_setting`]).
fn setting(at: usize, s: SettingRef, kind: &Kind) -> Result<Term> {
    let ok = match (&s.default, kind) {
        (Val::Int(_), Kind::Integer | Kind::Money) | (Val::Real(_), Kind::Decimal) | (Val::Text(_), Kind::Text) => true,
        (Val::Text(word), Kind::Choice(options)) => return choice(at, word, options).map(|_| Term::Setting(s)),
        (Val::Text(word), Kind::Date) => calendar::Date::parse(word).is_ok(),
        (Val::Int(n), Kind::Decimal) => {
            let default = Val::Real(real(*n));
            return Ok(Term::Setting(SettingRef { default, ..s }));
        }
        (Val::List(words), Kind::Choice(options)) => {
            for word in words {
                choice(at, word, options)?;
            }
            true
        }
        (Val::List(_), Kind::Text) => true,
        _ => false,
    };
    if ok { Ok(Term::Setting(s)) } else { wants(at, kind, &format!("tham số «setting.{}»", s.name)) }
}

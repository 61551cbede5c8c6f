//! [`Expr`] + [`Schema`] → [`Node`]: unknown words, wrong types and ambiguous links are errors with a remedy.

use std::collections::BTreeSet;

use crate::ast::{Expr, Path, Source, Term, When, Window};
use crate::ir::{Link, Node, P, Sub, T, Window as W};
use crate::schema::{Field, Kind, Register, Result, Schema, Val, err, suggest};

/// Where the checker stands: the register of the present record and of the rule.
#[derive(Clone, Copy)]
pub(crate) struct Here<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) now: &'a Register,
    pub(crate) outer: &'a Register,
    /// Names of settings declared beside the rule.
    pub(crate) settings: &'a BTreeSet<String>,
    /// Are we inside a sub-question?
    pub(crate) inside: bool,
}

pub(crate) fn register<'a>(schema: &'a Schema, id: &str, at: usize) -> Result<&'a Register> {
    match schema.registers.get(id) {
        Some(r) => Ok(r),
        None => err(at, format!("Không có sổ đăng ký «{id}»{}", suggest(id, schema.registers.keys().map(String::as_str)))),
    }
}

pub(crate) fn expr(h: Here<'_>, e: &Expr) -> Result<Node> {
    let many = |list: &[Expr]| list.iter().map(|e| expr(h, e)).collect::<Result<Vec<_>>>();
    Ok(match e {
        Expr::And(list) => Node::And(many(list)?),
        Expr::Or(list) => Node::Or(many(list)?),
        Expr::Not(e) => Node::Not(Box::new(expr(h, e)?)),
        Expr::Const(b) => Node::Const(*b),
        Expr::Flag(p) => {
            let found = path(h, p)?;
            if found.kind != Kind::Bool {
                return err(p.at, format!("«{}» là {}, không phải có/không; cần một phép so sánh", p.words.join("."), found.kind.words()));
            }
            Node::Flag(found)
        }
        Expr::Cmp(a, cmp, b) => comparison(h, a, *cmp, b)?,
        Expr::In { term, list, not } => {
            let p = path(h, term)?;
            let list = list.iter().map(|t| value(h, t, &p.kind, &term.words.join("."))).collect::<Result<Vec<_>>>()?;
            Node::In(p, list, *not)
        }
        Expr::Empty { path: p, not } => Node::Empty(path(h, p)?, *not),
        Expr::Within { path: p, window } => {
            let found = path(h, p)?;
            if found.kind != Kind::Date {
                return err(p.at, format!("«{}» là {}, không phải ngày", p.words.join("."), found.kind.words()));
            }
            Node::Within(found, self::window(h, window)?)
        }
        Expr::Exists { source, no } => Node::Exists(sub(h, source, true)?, *no),
        Expr::Count { source, cmp, n } => Node::Count(sub(h, source, true)?, *cmp, number(h, n)?),
        Expr::AllOf { catalogue, answer } => all_of(h, catalogue, answer)?,
    })
}

fn window(h: Here<'_>, w: &Window) -> Result<W> {
    Ok(match w {
        Window::Period => W::Period,
        Window::Days(n) => W::Days(number(h, n)?),
        Window::Months(n) => W::Months(number(h, n)?),
    })
}

/// A whole number or a setting.
fn number(h: Here<'_>, t: &Term) -> Result<T> {
    match t {
        Term::Literal(_, Val::Int(n)) => Ok(T::Literal(Val::Int(*n), n.to_string())),
        Term::Setting(at, name) => setting(h, *at, name),
        Term::Literal(at, _) => err(*at, "Ở đây cần một số nguyên"),
        _ => err(0, "Ở đây cần một số nguyên hoặc «setting.tên»"),
    }
}

fn setting(h: Here<'_>, at: usize, name: &str) -> Result<T> {
    if h.settings.contains(name) {
        return Ok(T::Setting(name.to_owned()));
    }
    err(at, format!("Không có thiết lập «{name}»{}", suggest(name, h.settings.iter().map(String::as_str))))
}

pub(crate) fn path(h: Here<'_>, p: &Path) -> Result<P> {
    let mut at = if p.outer { h.outer } else { h.now };
    let mut found = P { outer: p.outer || !h.inside, steps: vec![], field: String::new(), kind: Kind::Text, labels: vec![], register: at.id.clone() };
    for (i, word) in p.words.iter().enumerate() {
        let last = i + 1 == p.words.len();
        if word == "id" && last {
            found.field = "id".into();
            found.kind = Kind::Link(at.id.clone());
            return Ok(found);
        }
        let Some(field) = at.field(word) else {
            return err(p.at, format!("«{}» không có trường «{word}»{}", at.id, suggest(word, at.fields.iter().map(|f| f.id.as_str()))));
        };
        found.labels.push(field.label.clone());
        if last {
            found.field = field.id.clone();
            found.kind = field.kind.clone();
            return Ok(found);
        }
        let Kind::Link(target) = &field.kind else {
            return err(p.at, format!("«{word}» của «{}» là {}, không dẫn tới sổ khác", at.id, field.kind.words()));
        };
        found.steps.push((field.id.clone(), target.clone()));
        at = register(h.schema, target, p.at)?;
    }
    err(p.at, "Thiếu tên trường")
}

fn place(t: &Term) -> usize {
    match t {
        Term::Path(p) => p.at,
        Term::Literal(at, _) | Term::Setting(at, _) => *at,
        _ => 0,
    }
}

fn comparison(h: Here<'_>, a: &Term, cmp: crate::ast::Cmp, b: &Term) -> Result<Node> {
    let Term::Path(pa) = a else { return err(place(a), "Bên trái phép so sánh phải là một trường") };
    let left = path(h, pa)?;
    if matches!(left.kind, Kind::Links(_)) {
        return err(pa.at, "Trường này có nhiều giá trị; dùng «exists» hoặc «is empty»");
    }
    if matches!(left.kind, Kind::Choice(_) | Kind::Link(_) | Kind::Bool) && !matches!(cmp, crate::ast::Cmp::Eq | crate::ast::Cmp::Ne) {
        return err(pa.at, format!("«{}» là {}, chỉ so sánh được bằng = hoặc !=", pa.words.join("."), left.kind.words()));
    }
    let right = value(h, b, &left.kind, &pa.words.join("."))?;
    Ok(Node::Cmp(T::Path(left), cmp, right))
}

/// The right side, of the kind the left side has.
fn value(h: Here<'_>, t: &Term, kind: &Kind, name: &str) -> Result<T> {
    match t {
        Term::Setting(at, s) => setting(h, *at, s),
        Term::AsOf if *kind == Kind::Date => Ok(T::AsOf),
        Term::PeriodStart if *kind == Kind::Date => Ok(T::PeriodStart),
        Term::PeriodEnd if *kind == Kind::Date => Ok(T::PeriodEnd),
        Term::Year if kind.is_number() => Ok(T::Year),
        Term::Literal(at, v) => literal(*at, v, kind, name),
        Term::Path(p) => {
            // a bare word may be an option of the choice on the left
            if let (Kind::Choice(options), [word], false) = (kind, p.words.as_slice(), p.outer) {
                if let Some((id, label)) = options.iter().find(|(id, _)| id == word) {
                    return Ok(T::Literal(Val::Text(id.clone()), label.clone()));
                }
                if h.now.field(word).is_none() {
                    return err(p.at, format!("«{name}» không có lựa chọn «{word}»{}", suggest(word, options.iter().map(|o| o.0.as_str()))));
                }
            }
            if let (Kind::Bool, [word], false) = (kind, p.words.as_slice(), p.outer)
                && let Some(n) = ["false", "true"].iter().position(|b| b == word)
            {
                return Ok(T::Literal(Val::Int(n as i64), if n == 1 { "có" } else { "không" }.into()));
            }
            let found = path(h, p)?;
            let alike = match (kind, &found.kind) {
                (a, b) if a.is_number() && b.is_number() => true,
                (Kind::Link(a), Kind::Link(b)) => a == b,
                (Kind::Choice(_), Kind::Choice(_)) => true,
                (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
            };
            if !alike {
                return err(p.at, format!("«{name}» là {}, «{}» là {}: không so sánh được", kind.words(), p.words.join("."), found.kind.words()));
            }
            Ok(T::Path(found))
        }
        _ => err(place(t), format!("«{name}» là {}: không so sánh được với giá trị này", kind.words())),
    }
}

fn literal(at: usize, v: &Val, kind: &Kind, name: &str) -> Result<T> {
    let said = |s: String| Ok(T::Literal(v.clone(), s));
    match (kind, v) {
        (k, Val::Int(n)) if k.is_number() => said(n.to_string()),
        (Kind::Decimal, Val::Real(x)) => said(x.to_string()),
        (Kind::Date, Val::Text(d)) if text::parse_date_vi(d).is_ok() => said(text::date_vi(d)),
        (Kind::Text, Val::Text(s)) => said(format!("“{s}”")),
        (Kind::Link(_), Val::Text(s)) => said(format!("“{s}”")),
        (Kind::Choice(options), Val::Text(s)) => match options.iter().find(|(id, _)| id == s) {
            Some((_, label)) => said(label.clone()),
            None => err(at, format!("«{name}» không có lựa chọn «{s}»{}", suggest(s, options.iter().map(|o| o.0.as_str())))),
        },
        _ => {
            let shown = match v {
                Val::Text(s) => s.clone(),
                Val::Int(n) => n.to_string(),
                Val::Real(x) => x.to_string(),
                _ => String::new(),
            };
            err(at, format!("«{name}» cần {}, nhận «{shown}»", kind.words()))
        }
    }
}

/// A sub-question over records linked to the present one.
fn sub(h: Here<'_>, s: &Source, linked: bool) -> Result<Sub> {
    let target = register(h.schema, &s.register, s.at)?;
    let link = if linked { Some(link_to(target, h.now, s)?) } else { None };
    let inner = Here { now: target, inside: true, ..h };
    let cond = s.cond.as_ref().map(|e| expr(inner, e).map(Box::new)).transpose()?;
    if s.when != When::AsOf && !target.dated {
        return err(s.at, format!("Sổ «{}» không có ngày hiệu lực; bỏ «ever» hoặc «during period»", s.register));
    }
    let uses_outer = cond.as_deref().is_some_and(looks_outside);
    Ok(Sub { register: target.id.clone(), label: target.label.clone(), when: s.when, dated: target.dated, link, cond, uses_outer })
}

fn link_to(target: &Register, now: &Register, s: &Source) -> Result<Link> {
    let leads = |f: &&Field| matches!(&f.kind, Kind::Link(r) | Kind::Links(r) if *r == now.id);
    let of = |f: &Field| Link { field: f.id.clone(), many: matches!(f.kind, Kind::Links(_)) };
    let all: Vec<&Field> = target.fields.iter().filter(leads).collect();
    if let Some(via) = &s.via {
        return match all.iter().find(|f| f.id == *via) {
            Some(f) => Ok(of(f)),
            None => err(s.at, format!("«{}» không có trường «{via}» dẫn tới «{}»{}", target.id, now.id, suggest(via, all.iter().map(|f| f.id.as_str())))),
        };
    }
    match all.as_slice() {
        [one] => Ok(of(one)),
        [] => err(s.at, format!("Sổ «{}» không có liên kết tới «{}»", target.id, now.id)),
        several => {
            let names: Vec<&str> = several.iter().map(|f| f.id.as_str()).collect();
            err(s.at, format!("Sổ «{}» có nhiều liên kết tới «{}»; viết «via» một trong: {}", target.id, now.id, names.join(", ")))
        }
    }
}

fn all_of(h: Here<'_>, catalogue: &Source, answer: &Source) -> Result<Node> {
    let cat = sub(h, catalogue, false)?;
    let target = register(h.schema, &answer.register, answer.at)?;
    // `via` of the answers names the field that leads to the catalogue; the other link leads to the record
    let names: Vec<&Field> = target.fields.iter().filter(|f| matches!(&f.kind, Kind::Link(r) if *r == cat.register)).collect();
    let field = match (&answer.via, names.as_slice()) {
        (Some(via), all) if all.iter().any(|f| f.id == *via) => via.clone(),
        (None, [one]) => one.id.clone(),
        _ => return err(answer.at, format!("«{}» phải có đúng một liên kết tới danh mục «{}», hoặc viết «via»", target.id, cat.register)),
    };
    let plain = Source { via: None, ..answer.clone() };
    let ans = sub(h, &plain, true)?;
    Ok(Node::AllOf(cat, ans, field))
}

/// Does a condition of a sub-question look at the outer record?
fn looks_outside(n: &Node) -> bool {
    let term = |t: &T| matches!(t, T::Path(p) if p.outer);
    let below = |s: &Sub| s.uses_outer;
    match n {
        Node::And(l) | Node::Or(l) => l.iter().any(looks_outside),
        Node::Not(e) => looks_outside(e),
        Node::Const(_) => false,
        Node::Flag(p) | Node::Empty(p, _) | Node::Within(p, _) => p.outer,
        Node::Cmp(a, _, b) => term(a) || term(b),
        Node::In(p, l, _) => p.outer || l.iter().any(term),
        Node::Exists(s, _) | Node::Count(s, _, _) => below(s),
        Node::AllOf(a, b, _) => below(a) || below(b),
    }
}

//! [`Expr`] + [`Schema`] → [`Node`]: unknown words, wrong types and ambiguous links are errors with a remedy.

use std::collections::BTreeMap;

use crate::ast::{Expr, Path, Source, When, Window};
use crate::ir::{Link, Node, P, Sub, T, Window as W};
use crate::schema::{Field, Kind, Register, Result, Schema, Val, err, suggest};
use crate::terms::{comparison, member, number, path};

/// Where the checker stands: the register of the present record and of the rule.
#[derive(Clone, Copy)]
pub(crate) struct Here<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) now: &'a Register,
    pub(crate) outer: &'a Register,
    /// Settings declared beside the rule.
    pub(crate) settings: &'a BTreeMap<String, Val>,
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
        Expr::Flag(p) => flag(h, p)?,
        Expr::Cmp(a, cmp, b) => comparison(h, a, *cmp, b)?,
        Expr::In { term, list, not } => member(h, term, list, *not)?,
        Expr::Empty { path: p, not } => Node::Empty(path(h, p)?, *not),
        Expr::Within { path: p, window } => within(h, p, window)?,
        Expr::Exists { source, no } => Node::Exists(sub(h, source)?, *no),
        Expr::Count { source, cmp, n } => Node::Count(sub(h, source)?, *cmp, number(h, n)?),
        Expr::AllOf { catalogue, answer } => all_of(h, catalogue, answer)?,
    })
}

fn flag(h: Here<'_>, p: &Path) -> Result<Node> {
    let found = path(h, p)?;
    if found.kind == Kind::Bool {
        return Ok(Node::Flag(found));
    }
    let name = p.words.join(".");
    err(p.at, format!("«{name}» là {}, không phải có/không; viết một phép so sánh, ví dụ «{name} is not empty»", found.kind.words()))
}

fn within(h: Here<'_>, p: &Path, w: &Window) -> Result<Node> {
    let found = path(h, p)?;
    if !matches!(found.kind, Kind::Date | Kind::Instant) {
        return err(p.at, format!("«{}» là {}, không phải ngày; «within» chỉ dùng cho ngày", p.words.join("."), found.kind.words()));
    }
    let window = match w {
        Window::Period => W::Period,
        Window::Days(n) => W::Days(number(h, n)?),
        Window::Months(n) => W::Months(number(h, n)?),
    };
    Ok(Node::Within(found, window))
}

/// A sub-question over the records that hang on the present one, or on the one at the end of `of`.
fn sub(h: Here<'_>, s: &Source) -> Result<Sub> {
    let mut found = plain_sub(h, s)?;
    if s.any {
        return Ok(found);
    }
    let target = register(h.schema, &s.register, s.at)?;
    let (from, of) = match &s.of {
        None => (h.now, None),
        Some(p) => {
            let P { kind, .. } = path(h, p)?;
            let Kind::Link(r) = &kind else {
                return err(
                    p.at,
                    format!("«{}» là {}, không dẫn tới một bản ghi; sau «of» phải là một trường liên kết", p.words.join("."), kind.words()),
                );
            };
            (register(h.schema, r, p.at)?, Some(path(h, p)?))
        }
    };
    found.uses_outer |= h.inside && of.as_ref().is_some_and(|p| p.outer);
    found.link = Some(Link { of, ..link_to(target, from, s)? });
    Ok(found)
}

/// Without the link: which records count.
fn plain_sub(h: Here<'_>, s: &Source) -> Result<Sub> {
    let target = register(h.schema, &s.register, s.at)?;
    if s.when != When::AsOf && !target.dated {
        return err(s.at, format!("Sổ «{}» không có ngày hiệu lực; bỏ «ever» hoặc «during period»", s.register));
    }
    let inner = Here { now: target, inside: true, ..h };
    let cond = s.cond.as_ref().map(|e| expr(inner, e).map(Box::new)).transpose()?;
    let uses_outer = cond.as_deref().is_some_and(looks_outside);
    let (register, label, keys) = (target.id.clone(), target.label.clone(), target.keys.clone());
    Ok(Sub { register, label, when: s.when, dated: target.dated, link: None, cond, uses_outer, keys })
}

/// Ways from `now` to records of `target`: their fields that lead to it, and its many-links that lead to them.
fn ways(target: &Register, now: &Register) -> Vec<Link> {
    let back = target.fields.iter().filter(|f| matches!(&f.kind, Kind::Link(r) | Kind::Links(r) if *r == now.id));
    let there = now.fields.iter().filter(|f| matches!(&f.kind, Kind::Links(r) if *r == target.id));
    let link = |owner: &Register, f: &Field, forward| Link {
        owner: owner.id.clone(),
        field: f.id.clone(),
        label: f.label.clone(),
        many: matches!(f.kind, Kind::Links(_)),
        forward,
        of: None,
    };
    back.map(|f| link(target, f, false)).chain(there.map(|f| link(now, f, true))).collect()
}

fn link_to(target: &Register, now: &Register, s: &Source) -> Result<Link> {
    let all = ways(target, now);
    let names: Vec<&str> = all.iter().map(|l| l.field.as_str()).collect();
    if let Some(via) = &s.via {
        return match all.iter().find(|l| l.field == *via) {
            Some(l) => Ok(l.clone()),
            None => {
                err(s.at, format!("Không có liên kết «{via}» giữa «{}» và «{}»{}", target.id, now.id, suggest(via, names.iter().copied())))
            }
        };
    }
    match all.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let linked: Vec<&str> = target
                .fields
                .iter()
                .filter_map(|f| if let Kind::Link(r) | Kind::Links(r) = &f.kind { Some(r.as_str()) } else { None })
                .collect();
            let remedy = if linked.is_empty() {
                "nó không liên kết tới sổ nào".to_owned()
            } else {
                format!("nó liên kết tới: {}; viết «{} of trường»", linked.join(", "), target.id)
            };
            err(s.at, format!("Sổ «{}» không có liên kết tới «{}»; {remedy}", target.id, now.id))
        }
        _ => err(
            s.at,
            format!(
                "Sổ «{}» có nhiều liên kết tới «{}»; viết «{} via …» với một trong: {}",
                target.id,
                now.id,
                target.id,
                names.join(", ")
            ),
        ),
    }
}

fn all_of(h: Here<'_>, catalogue: &Source, answer: &Source) -> Result<Node> {
    if catalogue.via.is_some() || catalogue.of.is_some() {
        return err(catalogue.at, "Danh mục của «all of» không dùng «via» hay «of»; viết chúng ở phần sau «have»");
    }
    let cat = plain_sub(h, catalogue)?;
    let target = register(h.schema, &answer.register, answer.at)?;
    let to_catalogue: Vec<&str> =
        target.fields.iter().filter(|f| matches!(&f.kind, Kind::Link(r) if *r == cat.register)).map(|f| f.id.as_str()).collect();
    // `via` names either way out of the answer: to the catalogue entry or to the record
    let via = answer.via.as_deref().filter(|v| to_catalogue.contains(v));
    let field = match (via, to_catalogue.as_slice()) {
        (Some(via), _) => via,
        (None, [one]) => one,
        (None, []) => return err(answer.at, format!("Sổ «{}» không có liên kết tới danh mục «{}»", target.id, cat.register)),
        (None, several) => {
            return err(
                answer.at,
                format!(
                    "Sổ «{}» có nhiều liên kết tới danh mục «{}»; viết «via» một trong: {}",
                    target.id,
                    cat.register,
                    several.join(", ")
                ),
            );
        }
    };
    let plain = Source { via: answer.via.clone().filter(|_| via.is_none()), ..answer.clone() };
    let ans = sub(h, &plain)?;
    Ok(Node::AllOf(Box::new(cat), Box::new(ans), field.to_owned()))
}

/// Does a condition of a sub-question look at the record the rule is about?
pub(crate) fn looks_outside(n: &Node) -> bool {
    let term = |t: &T| matches!(t, T::Path(p) if p.outer);
    match n {
        Node::And(l) | Node::Or(l) => l.iter().any(looks_outside),
        Node::Not(e) => looks_outside(e),
        Node::Const(_) => false,
        Node::Flag(p) | Node::Empty(p, _) | Node::Within(p, _) => p.outer,
        Node::Cmp(a, _, b) => term(a) || term(b),
        Node::In(p, l, _) => p.outer || l.iter().any(term),
        Node::Exists(s, _) | Node::Count(s, _, _) => s.uses_outer,
        Node::AllOf(a, b, _) => a.uses_outer || b.uses_outer,
    }
}

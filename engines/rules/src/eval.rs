//! [`Node`] for one record in memory: the same answer as the SQL (property-tested). `None` = unknown.

use crate::ast::{Cmp, When};
use crate::ctx::Ctx;
use crate::ir::{Link, Node, P, Sub, T, Window};
use crate::schema::{Kind, Rec, Val, World};

pub(crate) struct Eval<'a> {
    pub(crate) world: &'a dyn World,
    pub(crate) ctx: &'a Ctx,
    pub(crate) outer: &'a Rec,
}

impl Eval<'_> {
    pub(crate) fn node(&self, now: &Rec, n: &Node) -> Option<bool> {
        match n {
            Node::And(list) => {
                let all: Vec<Option<bool>> = list.iter().map(|e| self.node(now, e)).collect();
                if all.contains(&Some(false)) {
                    Some(false)
                } else if all.contains(&None) {
                    None
                } else {
                    Some(true)
                }
            }
            Node::Or(list) => {
                let all: Vec<Option<bool>> = list.iter().map(|e| self.node(now, e)).collect();
                if all.contains(&Some(true)) {
                    Some(true)
                } else if all.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            Node::Not(e) => self.node(now, e).map(|b| !b),
            Node::Const(b) => Some(*b),
            Node::Flag(p) => compare(&self.path(now, p), &Val::Int(1)).map(std::cmp::Ordering::is_eq),
            Node::Cmp(T::Path(p), cmp, b) if p.kind == Kind::Instant && !matches!(b, T::Path(_)) => self.moment(now, p, *cmp, b),
            Node::Cmp(a, cmp, b) => compare(&self.term(now, a), &self.term(now, b)).map(|o| cmp.holds(o)),
            Node::In(p, list, not) => {
                let left = self.path(now, p);
                let hits: Vec<Option<bool>> =
                    list.iter().map(|t| compare(&left, &self.term(now, t)).map(std::cmp::Ordering::is_eq)).collect();
                let found = if hits.contains(&Some(true)) {
                    Some(true)
                } else if hits.contains(&None) {
                    None
                } else {
                    Some(false)
                };
                found.map(|b| b != *not)
            }
            Node::Empty(p, not) => Some(is_empty(&self.path(now, p)) != *not),
            Node::Within(p, w) => self.within(now, p, w),
            Node::Exists(s, no) => Some(self.linked(now, s)?.is_empty() == *no),
            Node::Count(s, cmp, n) => {
                let found = i64::try_from(self.linked(now, s)?.len()).unwrap_or(i64::MAX);
                compare(&Val::Int(found), &self.term(now, n)).map(|o| cmp.holds(o))
            }
            Node::AllOf(cat, ans, field) => self.all_of(now, cat, ans, field),
        }
    }

    fn all_of(&self, now: &Rec, cat: &Sub, ans: &Sub, field: &str) -> Option<bool> {
        let demanded: Vec<Rec> = self.world.all(&cat.register).into_iter().filter(|r| self.counts(r, cat)).collect();
        if demanded.is_empty() {
            return None;
        }
        let answers = self.linked(now, ans)?;
        Some(demanded.iter().all(|d| answers.iter().any(|a| a.fields.get(field) == Some(&Val::Text(d.id.clone())))))
    }

    /// A moment against a day: the day is the whole day in Vietnam.
    fn moment(&self, now: &Rec, p: &P, cmp: Cmp, day: &T) -> Option<bool> {
        let (start, next) = self.ctx.moments(day)?;
        let Val::Int(at) = self.path(now, p) else { return None };
        Some(match cmp {
            Cmp::Eq => at >= start && at < next,
            Cmp::Ne => at < start || at >= next,
            Cmp::Lt => at < start,
            Cmp::Le => at < next,
            Cmp::Gt => at >= next,
            Cmp::Ge => at >= start,
        })
    }

    fn within(&self, now: &Rec, p: &P, w: &Window) -> Option<bool> {
        let (from, to) = self.ctx.window(w)?;
        match self.path(now, p) {
            Val::Text(d) => Some(d >= from && d <= to),
            Val::Int(at) => {
                let day = calendar::instant::local_date(at).to_string();
                Some(day >= from && day <= to)
            }
            _ => None,
        }
    }

    /// Records of a sub-question that hang on `now` (or on what `of` names; `None` when that is empty) and count.
    fn linked(&self, now: &Rec, s: &Sub) -> Option<Vec<Rec>> {
        let Some(link) = &s.link else {
            return Some(self.world.all(&s.register).into_iter().filter(|r| self.counts(r, s)).collect());
        };
        let anchor = match &link.of {
            None => now.id.clone(),
            Some(p) => match self.path(now, p) {
                Val::Text(id) => id,
                _ => return None,
            },
        };
        let mut found = match (link.forward, &link.of) {
            (false, _) => self.world.linked(&s.register, &link.field, &anchor),
            (true, None) => self.listed(now, link, s),
            (true, Some(_)) => self.world.record(&link.owner, &anchor).map_or_else(Vec::new, |r| self.listed(&r, link, s)),
        };
        found.retain(|r| self.counts(r, s));
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found.dedup_by(|a, b| a.id == b.id);
        Some(found)
    }

    fn listed(&self, from: &Rec, link: &Link, s: &Sub) -> Vec<Rec> {
        match from.fields.get(&link.field) {
            Some(Val::List(ids)) => self.world.listed(&s.register, ids),
            _ => vec![],
        }
    }

    fn counts(&self, r: &Rec, s: &Sub) -> bool {
        alive(r, s.dated, s.when, self.ctx) && s.cond.as_deref().is_none_or(|c| self.node(r, c) == Some(true))
    }

    fn term(&self, now: &Rec, t: &T) -> Val {
        match t {
            T::Path(p) => self.path(now, p),
            other => self.ctx.value(other),
        }
    }

    fn path(&self, now: &Rec, p: &P) -> Val {
        let mut at = if p.outer { self.outer.clone() } else { now.clone() };
        for (field, register) in &p.steps {
            let next = match at.fields.get(field) {
                Some(Val::Text(id)) => self.world.record(register, id),
                _ => None,
            };
            match next {
                Some(r) => at = r,
                None => return if matches!(p.kind, Kind::Links(_)) { Val::List(vec![]) } else { Val::Null },
            }
        }
        if p.field == "id" {
            return Val::Text(at.id);
        }
        at.fields.get(&p.field).cloned().unwrap_or(Val::Null)
    }
}

/// Is a dated record valid when it has to be?
pub(crate) fn alive(r: &Rec, dated: bool, when: When, ctx: &Ctx) -> bool {
    let (from, to) = match (dated, when) {
        (false, _) | (true, When::Ever) => return true,
        (true, When::AsOf) => (&ctx.as_of, &ctx.as_of),
        (true, When::DuringPeriod) => (&ctx.period_start, &ctx.period_end),
    };
    let day = |f: &str| match r.fields.get(f) {
        Some(Val::Text(d)) => Some(d.clone()),
        _ => None,
    };
    day("valid_from").is_none_or(|d| d <= *to) && day("valid_to").is_none_or(|d| d >= *from)
}

fn is_empty(v: &Val) -> bool {
    matches!(v, Val::Null) || matches!(v, Val::List(l) if l.is_empty())
}

/// Order of two values; `None` when one is empty.
fn compare(a: &Val, b: &Val) -> Option<std::cmp::Ordering> {
    let number = |v: &Val| match v {
        Val::Int(n) => Some(*n as f64),
        Val::Real(x) => Some(*x),
        _ => None,
    };
    match (a, b) {
        (Val::Int(x), Val::Int(y)) => Some(x.cmp(y)),
        (Val::Text(x), Val::Text(y)) => Some(x.cmp(y)),
        _ => number(a)?.partial_cmp(&number(b)?),
    }
}

//! Checked rule ──▶ the answer for one record, the same as SQL gives.
use std::cmp::Ordering;

use calendar::Date;

use crate::ir::{AllOf, Link, Pred, Quant, RPath, Term, Validity, real};
use crate::schema::Kind;
use crate::sql::start_of_day;
use crate::value::{Ctx, Rec, Val, World};

/// Order of two values of comparable kinds; `None` when one is empty.
pub(crate) fn order(a: &Val, b: &Val) -> Option<Ordering> {
    match (a, b) {
        (Val::Int(a), Val::Int(b)) => Some(a.cmp(b)),
        (Val::Real(a), Val::Real(b)) => a.partial_cmp(b),
        (Val::Int(a), Val::Real(b)) => real(*a).partial_cmp(b),
        (Val::Real(a), Val::Int(b)) => a.partial_cmp(&real(*b)),
        (Val::Text(a), Val::Text(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn get<'r>(rec: &'r Rec, field: &str) -> &'r Val {
    rec.fields.get(field).unwrap_or(&Val::Null)
}

pub(crate) struct Eval<'a> {
    pub world: &'a dyn World,
    pub ctx: &'a Ctx,
    /// Enclosing records, outermost first.
    pub stack: Vec<Rec>,
}

impl Eval<'_> {
    fn holder(&self, p: &RPath) -> Option<Rec> {
        let mut rec = self.stack.get(p.scope)?.clone();
        for hop in &p.hops {
            let Val::Text(id) = get(&rec, &hop.field) else { return None };
            rec = self.world.record(&hop.register, id)?;
        }
        Some(rec)
    }

    pub(crate) fn value(&self, p: &RPath) -> Val {
        match self.holder(p) {
            Some(rec) if p.field == "id" => Val::Text(rec.id),
            Some(rec) => get(&rec, &p.field).clone(),
            None => Val::Null,
        }
    }

    /// Is the record valid under this reading of dates?
    pub(crate) fn valid(&self, rec: &Rec, dated: bool, validity: Validity) -> bool {
        let (last_start, first_end) = match validity {
            Validity::Ever => return true,
            Validity::AsOf => (self.ctx.as_of, self.ctx.as_of),
            Validity::DuringPeriod => (self.ctx.cut_off(), self.ctx.period_start),
        };
        let starts = matches!(get(rec, "valid_from"), Val::Text(d) if *d > last_start.to_string());
        let ended = matches!(get(rec, "valid_to"), Val::Text(d) if *d < first_end.to_string());
        !dated || !(starts || ended)
    }

    fn term(&mut self, term: &Term) -> Val {
        match term {
            Term::Path(p) => self.value(p),
            Term::Count(q) => Val::Int(self.count(q)),
            other => other.constant(self.ctx).unwrap_or(Val::Null),
        }
    }

    pub(crate) fn pred(&mut self, pred: &Pred) -> Option<bool> {
        match pred {
            Pred::Const(b) => Some(*b),
            Pred::And(list) => self.fold(list, false),
            Pred::Or(list) => self.fold(list, true),
            Pred::Not(p) => self.pred(p).map(|b| !b),
            Pred::Flag(p) => order(&self.value(p), &Val::Int(0)).map(Ordering::is_ne),
            Pred::Cmp { left, op, right } => {
                let (a, b) = (self.term(left), self.term(right));
                if left.constant(self.ctx).is_some() && right.constant(self.ctx).is_some() {
                    return crate::check::constant(left, *op, right, self.ctx);
                }
                order(&a, &b).map(|ord| op.holds(ord))
            }
            Pred::Range { path, from, to, .. } => {
                let value = self.value(path);
                let bound = |day: Date, after: i64| match path.kind {
                    Kind::Instant => Val::Int(start_of_day(day.add_days(after)) - after),
                    _ => Val::Text(day.to_string()),
                };
                let low = from.as_ref().map(|d| order(&value, &bound(d.day(self.ctx), 0)).map(Ordering::is_ge));
                let high = to.as_ref().map(|d| order(&value, &bound(d.day(self.ctx), 1)).map(Ordering::is_le));
                low.into_iter().chain(high).try_fold(true, |all, part| part.map(|p| all && p))
            }
            Pred::MonthsOf { path, months, years } => self.months_of(path, months, *years),
            Pred::In { path, not, items } => self.list(path, *not, items),
            Pred::Empty { path, not } => {
                let empty = match self.value(path) {
                    Val::Null => true,
                    Val::List(list) => list.is_empty(),
                    _ => false,
                };
                Some(empty != *not)
            }
            Pred::Active(p) => self.holder(p).map(|rec| self.valid(&rec, true, Validity::AsOf)),
            Pred::Exists(q) => Some(self.exists(q)),
            Pred::None(q) => Some(!self.exists(q)),
            Pred::AllOf(all) => self.all_of(all),
        }
    }

    /// Kleene: `decides` wins, then unknown.
    fn fold(&mut self, list: &[Pred], decides: bool) -> Option<bool> {
        let mut unknown = false;
        for p in list {
            match self.pred(p) {
                Some(b) if b == decides => return Some(decides),
                Some(_) => {}
                None => unknown = true,
            }
        }
        if unknown { None } else { Some(!decides) }
    }

    fn months_of(&self, path: &RPath, months: &RPath, years: bool) -> Option<bool> {
        let Val::Text(day) = self.value(path) else { return None };
        let not_future = day <= self.ctx.as_of.to_string();
        let Val::Int(n) = self.value(months) else { return if not_future { None } else { Some(false) } };
        let n = i32::try_from(n.saturating_mul(if years { 12 } else { 1 }).clamp(-120_000, 120_000)).unwrap_or(0);
        Some(not_future && Date::parse(&day).ok()?.add_months(n) >= self.ctx.as_of)
    }

    fn list(&self, path: &RPath, not: bool, items: &[Term]) -> Option<bool> {
        let mut values = Vec::new();
        for item in items {
            match item.constant(self.ctx) {
                Some(Val::List(list)) => values.extend(list.into_iter().map(Val::Text)),
                Some(val) => values.push(val),
                None => {}
            }
        }
        if values.is_empty() {
            return Some(not);
        }
        let value = self.value(path);
        if value == Val::Null {
            return None;
        }
        Some(values.iter().any(|v| order(&value, v) == Some(Ordering::Equal)) != not)
    }

    /// Linked records that are valid and meet the condition, up to a number.
    fn matching(&mut self, q: &Quant, limit: usize) -> usize {
        let mut n = 0;
        for rec in self.linked(q) {
            if n >= limit {
                break;
            }
            if self.valid(&rec, q.dated, q.validity) && self.holds_inside(rec, q.cond.as_deref()) {
                n += 1;
            }
        }
        n
    }

    fn holds_inside(&mut self, rec: Rec, cond: Option<&Pred>) -> bool {
        self.stack.push(rec);
        let holds = cond.is_none_or(|c| self.pred(c) == Some(true));
        self.stack.pop();
        holds
    }

    fn exists(&mut self, q: &Quant) -> bool {
        self.matching(q, 1) > 0
    }

    fn count(&mut self, q: &Quant) -> i64 {
        i64::try_from(self.matching(q, usize::MAX)).unwrap_or(i64::MAX)
    }

    fn linked(&mut self, q: &Quant) -> Vec<Rec> {
        match &q.link {
            Link::NamedBy { field, outer, .. } => {
                let Some(rec) = self.holder(outer) else { return Vec::new() };
                let Val::List(ids) = get(&rec, field) else { return Vec::new() };
                ids.iter().filter_map(|id| self.world.record(&q.register, id)).collect()
            }
            Link::Names { table, outer } => {
                let Val::Text(id) = self.value(outer) else { return Vec::new() };
                let field = table.strip_prefix(&format!("{}__", q.register)).unwrap_or(table);
                self.world.linked(&q.register, field, &id)
            }
            Link::Eq { inner, outer } => {
                let wanted = self.value(outer);
                if wanted == Val::Null {
                    return Vec::new();
                }
                if let (true, Kind::Link(_), Val::Text(id)) = (inner.hops.is_empty(), &inner.kind, &wanted) {
                    return match inner.field.as_str() {
                        "id" => self.world.record(&q.register, id).into_iter().collect(),
                        field => self.world.linked(&q.register, field, id),
                    };
                }
                let all = self.world.all(&q.register);
                all.into_iter().filter(|rec| self.joins(rec, inner, &wanted)).collect()
            }
        }
    }

    fn joins(&mut self, rec: &Rec, inner: &RPath, wanted: &Val) -> bool {
        self.stack.push(rec.clone());
        let value = self.value(inner);
        self.stack.pop();
        order(&value, wanted) == Some(Ordering::Equal)
    }

    fn all_of(&mut self, all: &AllOf) -> Option<bool> {
        let record = self.stack.get(all.scope)?.id.clone();
        let answers = self.world.linked(&all.answer, &all.owner, &record);
        let mut demanded = false;
        for entry in self.world.all(&all.catalogue) {
            if !self.valid(&entry, all.catalogue_dated, Validity::AsOf) {
                continue;
            }
            let id = Val::Text(entry.id.clone());
            self.stack.push(entry);
            let met = all.demand.as_ref().is_none_or(|d| self.pred(d) == Some(true)).then(|| {
                answers.iter().any(|a| {
                    *get(a, &all.via) == id
                        && self.valid(a, all.answer_dated, all.validity)
                        && self.holds_inside(a.clone(), all.cond.as_ref())
                })
            });
            self.stack.pop();
            match met {
                Some(false) => return Some(false),
                Some(true) => demanded = true,
                None => {}
            }
        }
        demanded.then_some(true)
    }
}

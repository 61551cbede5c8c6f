//! Checked rule ──▶ SQL of both engines. Identifiers come from the schema and are quoted; values are always parameters.
use std::collections::BTreeMap;

use crate::ir::{DateExpr, Op, Pred, RPath, Term, Validity};
use crate::schema::Kind;
use crate::value::{AgencyScope, Ctx, Param, Val};

/// Microseconds UTC of 00:00 in Vietnam (+07:00) on a day.
pub(crate) fn start_of_day(day: calendar::Date) -> i64 {
    (day.days_from_epoch() * 86_400 - 7 * 3_600) * 1_000_000
}

pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// One FROM item with the links followed from it.
pub(crate) struct Frame {
    pub alias: String,
    /// Joins by path of link fields.
    joins: BTreeMap<Vec<String>, String>,
    pub join_sql: String,
    /// The FROM clause belongs to somebody else: follow links by scalar sub-queries.
    foreign: bool,
    /// Link field whose target is the record of the enclosing frame: no join needed.
    pub same: Option<String>,
}

pub(crate) struct Sql<'a> {
    pub ctx: &'a Ctx,
    pub params: Vec<Param>,
    first: usize,
    pub frames: Vec<Frame>,
    aliases: usize,
    /// Ask sub-queries once as sets (whole register) rather than per record (few records, good indexes).
    pub sets: bool,
}

impl<'a> Sql<'a> {
    /// `first`: number of the first parameter.
    pub(crate) fn new(ctx: &'a Ctx, first: usize, sets: bool) -> Self {
        Self { ctx, params: Vec::new(), first, frames: Vec::new(), aliases: 0, sets }
    }

    pub(crate) fn bind(&mut self, param: Param) -> String {
        let i = self.params.iter().position(|p| *p == param).unwrap_or_else(|| {
            self.params.push(param);
            self.params.len() - 1
        });
        format!("${}", self.first + i)
    }

    fn bind_val(&mut self, val: Val) -> String {
        match val {
            Val::Int(n) => self.bind(Param::Int(n)),
            Val::Real(x) => self.bind(Param::Real(x)),
            Val::Text(s) => self.bind(Param::Text(s)),
            Val::Null | Val::List(_) => "NULL".into(),
        }
    }

    pub(crate) fn date(&mut self, day: &DateExpr) -> String {
        self.bind(Param::Text(day.day(self.ctx).to_string()))
    }

    fn alias(&mut self, letter: char) -> String {
        self.aliases += 1;
        format!("{letter}{}", self.aliases)
    }

    pub(crate) fn frame(&mut self, letter: char) -> String {
        let alias = self.alias(letter);
        self.push(alias.clone(), false);
        alias
    }

    pub(crate) fn push(&mut self, alias: String, foreign: bool) {
        self.frames.push(Frame { alias, joins: BTreeMap::new(), join_sql: String::new(), foreign, same: None });
    }

    /// Takes the innermost frame off and gives its joins.
    pub(crate) fn pop(&mut self) -> String {
        self.frames.pop().map(|f| f.join_sql).unwrap_or_default()
    }

    /// Column of a path; adds the joins it needs to the frame it starts from.
    pub(crate) fn column(&mut self, p: &RPath) -> String {
        let field = p.field.clone();
        self.holder(p, &field)
    }

    /// Any column of the record a path ends in.
    pub(crate) fn holder(&mut self, p: &RPath, field: &str) -> String {
        let Some(frame) = self.frames.get(p.scope) else { return "NULL".into() };
        if p.hops.is_empty() {
            return format!("{}.{}", frame.alias, quote(field));
        }
        if frame.foreign {
            return self.scalar(p, field);
        }
        if let (Some(same), Some((first, rest)), Some(scope)) = (&frame.same, p.hops.split_first(), p.scope.checked_sub(1))
            && *same == first.field
        {
            let path = RPath { scope, register: first.register.clone(), hops: rest.to_vec(), ..p.clone() };
            return self.holder(&path, field);
        }
        let mut at = frame.alias.clone();
        let mut key = Vec::new();
        for hop in &p.hops {
            key.push(hop.field.clone());
            if let Some(known) = self.frames.get(p.scope).and_then(|f| f.joins.get(&key)) {
                at.clone_from(known);
                continue;
            }
            let alias = self.alias('j');
            let join = format!(
                " LEFT JOIN {} {alias} ON {alias}.\"id\" = {at}.{} AND {alias}.\"deleted_at\" IS NULL",
                quote(&hop.register),
                quote(&hop.field)
            );
            if let Some(frame) = self.frames.get_mut(p.scope) {
                frame.join_sql.push_str(&join);
                frame.joins.insert(key.clone(), alias.clone());
            }
            at = alias;
        }
        format!("{at}.{}", quote(field))
    }

    fn scalar(&mut self, p: &RPath, field: &str) -> String {
        let base = self.frames.get(p.scope).map(|f| f.alias.clone()).unwrap_or_default();
        let mut from = String::new();
        let mut wher = String::new();
        let mut at = base;
        for hop in &p.hops {
            let alias = self.alias('j');
            let on = format!("{alias}.\"id\" = {at}.{} AND {alias}.\"deleted_at\" IS NULL", quote(&hop.field));
            if from.is_empty() {
                from = format!("{} {alias}", quote(&hop.register));
                wher = on;
            } else {
                from.push_str(&format!(" JOIN {} {alias} ON {on}", quote(&hop.register)));
            }
            at = alias;
        }
        format!("(SELECT {at}.{} FROM {from} WHERE {wher})", quote(field))
    }

    /// Not deleted and, when dated, valid: conditions on an alias.
    pub(crate) fn alive(&mut self, alias: &str, dated: bool, validity: Validity) -> String {
        let alive = format!("{alias}.\"deleted_at\" IS NULL");
        if dated && validity != Validity::Ever { format!("{alive} AND {}", self.valid(alias, validity)) } else { alive }
    }

    fn valid(&mut self, alias: &str, validity: Validity) -> String {
        let (from, to) = match validity {
            Validity::DuringPeriod => (self.date(&DateExpr::CutOff), self.date(&DateExpr::PeriodStart)),
            Validity::AsOf | Validity::Ever => (self.date(&DateExpr::AsOf), self.date(&DateExpr::AsOf)),
        };
        format!(
            "({alias}.\"valid_from\" IS NULL OR {alias}.\"valid_from\" <= {from}) AND ({alias}.\"valid_to\" IS NULL OR {alias}.\"valid_to\" >= {to})"
        )
    }

    pub(crate) fn pred(&mut self, pred: &Pred) -> String {
        match pred {
            Pred::Const(true) => "1 = 1".into(),
            Pred::Const(false) => "1 = 0".into(),
            Pred::And(list) => self.join(list, " AND "),
            Pred::Or(list) => self.join(list, " OR "),
            Pred::Not(p) => format!("NOT ({})", self.pred(p)),
            Pred::Flag(p) => format!("{} <> 0", self.column(p)),
            Pred::Cmp { left, op, right } => self.compare(left, *op, right),
            Pred::Range { path, from, to, .. } => self.range(path, from.as_ref(), to.as_ref()),
            Pred::MonthsOf { path, months, years } => self.months_of(path, months, *years),
            Pred::In { path, not, items } => self.list(path, *not, items),
            Pred::Empty { path, not } => self.empty(path, *not),
            Pred::Active(p) => self.active(p),
            Pred::Exists(q) => self.exists(q),
            Pred::None(q) => format!("NOT ({})", self.exists(q)),
            Pred::AllOf(all) => self.all_of(all),
        }
    }

    fn join(&mut self, list: &[Pred], sign: &str) -> String {
        let parts: Vec<String> = list.iter().map(|p| self.pred(p)).collect();
        format!("({})", parts.join(sign))
    }

    fn compare(&mut self, left: &Term, op: Op, right: &Term) -> String {
        if let Some(known) = crate::check::constant(left, op, right, self.ctx) {
            return self.pred(&Pred::Const(known));
        }
        match (left, right) {
            (Term::Count(q), n) if n.constant(self.ctx).is_some() => self.count(q, op, n),
            (n, Term::Count(q)) if n.constant(self.ctx).is_some() => self.count(q, flip(op), n),
            _ => {
                let (l, r) = (self.term(left), self.term(right));
                format!("{l} {} {r}", op.sql())
            }
        }
    }

    pub(crate) fn term(&mut self, term: &Term) -> String {
        match term {
            Term::Path(p) => self.column(p),
            Term::Count(q) => self.count_scalar(q),
            _ => match term.constant(self.ctx) {
                Some(val) => self.bind_val(val),
                None => "NULL".into(),
            },
        }
    }

    fn range(&mut self, path: &RPath, from: Option<&DateExpr>, to: Option<&DateExpr>) -> String {
        let column = self.column(path);
        let instant = path.kind == Kind::Instant;
        let mut parts = Vec::new();
        if let Some(day) = from {
            let value = if instant { self.bind(Param::Int(start_of_day(day.day(self.ctx)))) } else { self.date(day) };
            parts.push(format!("{column} >= {value}"));
        }
        if let Some(day) = to {
            let (sign, value) =
                if instant { ("<", self.bind(Param::Int(start_of_day(day.day(self.ctx).add_days(1))))) } else { ("<=", self.date(day)) };
            parts.push(format!("{column} {sign} {value}"));
        }
        format!("({})", parts.join(" AND "))
    }

    /// `path + months >= as_of` without date functions: months × 32 + day, which orders days as the calendar does.
    fn months_of(&mut self, path: &RPath, months: &RPath, years: bool) -> String {
        let (day, n) = (self.column(path), self.column(months));
        let as_of = self.ctx.as_of;
        let key = (i64::from(as_of.year()) * 12 + i64::from(as_of.month())) * 32 + i64::from(as_of.day());
        let (key, today) = (self.bind(Param::Int(key)), self.date(&DateExpr::AsOf));
        let part = |from: u8, len: u8| format!("CAST(substr({day}, {from}, {len}) AS BIGINT)");
        let factor = if years { " * 12" } else { "" };
        format!("(({} * 12 + {} + {n}{factor}) * 32 + {} >= {key} AND {day} <= {today})", part(1, 4), part(6, 2), part(9, 2))
    }

    fn list(&mut self, path: &RPath, not: bool, items: &[Term]) -> String {
        let mut holes = Vec::new();
        for item in items {
            match item.constant(self.ctx) {
                Some(Val::List(list)) => holes.extend(list.into_iter().map(|s| self.bind(Param::Text(s)))),
                Some(val) => holes.push(self.bind_val(val)),
                None => {}
            }
        }
        if holes.is_empty() {
            return self.pred(&Pred::Const(not));
        }
        format!("{} {}IN ({})", self.column(path), if not { "NOT " } else { "" }, holes.join(", "))
    }

    fn empty(&mut self, path: &RPath, not: bool) -> String {
        if matches!(path.kind, Kind::Links(_)) {
            let id = self.holder(path, "id");
            let table = quote(&format!("{}__{}", path.holder(), path.field));
            let alias = self.alias('l');
            let none = if not { "" } else { "NOT " };
            return format!("{none}EXISTS (SELECT 1 FROM {table} {alias} WHERE {alias}.\"owner\" = {id})");
        }
        format!("{} IS {}NULL", self.column(path), if not { "NOT " } else { "" })
    }

    fn active(&mut self, p: &RPath) -> String {
        if p.hops.is_empty() {
            let alias = self.frames.get(p.scope).map(|f| f.alias.clone()).unwrap_or_default();
            return format!("({})", self.valid(&alias, Validity::AsOf));
        }
        let (id, from, to) = (self.holder(p, "id"), self.holder(p, "valid_from"), self.holder(p, "valid_to"));
        let day = self.date(&DateExpr::AsOf);
        format!("CASE WHEN {id} IS NOT NULL THEN ({from} IS NULL OR {from} <= {day}) AND ({to} IS NULL OR {to} >= {day}) END")
    }

    /// Restricts an agency column to the scope of the context; `None` when everything counts.
    pub(crate) fn scope(&mut self, column: &str) -> Option<String> {
        let scope = &self.ctx.scope;
        match scope {
            AgencyScope::All => None,
            AgencyScope::Agencies(ids) if ids.is_empty() => Some("1 = 0".into()),
            AgencyScope::Paths(paths) if paths.is_empty() => Some("1 = 0".into()),
            AgencyScope::Agencies(ids) => {
                let holes: Vec<String> = ids.iter().map(|id| self.bind(Param::Text(id.clone()))).collect();
                Some(format!("{column} IN ({})", holes.join(", ")))
            }
            AgencyScope::Paths(paths) => {
                let alias = self.alias('a');
                let ranges: Vec<String> = paths
                    .iter()
                    .map(|path| {
                        let from = self.bind(Param::Text(path.clone()));
                        match successor(path) {
                            Some(end) => {
                                let end = self.bind(Param::Text(end));
                                format!("({alias}.\"path\" >= {from} AND {alias}.\"path\" < {end})")
                            }
                            None => format!("{alias}.\"path\" >= {from}"),
                        }
                    })
                    .collect();
                Some(format!("{column} IN (SELECT {alias}.\"id\" FROM \"agency\" {alias} WHERE {})", ranges.join(" OR ")))
            }
        }
    }
}

pub(crate) fn flip(op: Op) -> Op {
    match op {
        Op::Lt => Op::Gt,
        Op::Le => Op::Ge,
        Op::Gt => Op::Lt,
        Op::Ge => Op::Le,
        same => same,
    }
}

/// Smallest string greater than all that start with the prefix; `None` for the empty prefix.
fn successor(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        let mut code = u32::from(last) + 1;
        if (0xD800..0xE000).contains(&code) {
            code = 0xE000;
        }
        if let Some(next) = char::from_u32(code) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

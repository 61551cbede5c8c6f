//! Quantifiers ──▶ SQL, in two shapes with the same answer.
//!
//! *As a set*: `id IN (SELECT link FROM …)`, asked once for all records; best when all records are counted.
//! *Per record*: `EXISTS (… WHERE link = id)`, best for few records, and the only shape when the inner condition looks at the
//! outer record.
use crate::ir::{AllOf, Link, Op, Pred, Quant, RPath, Term, Validity, looks_out};
use crate::sql::{Sql, quote};
use crate::value::Val;

/// Pieces of a sub-query over a quantified register.
struct Parts {
    from: String,
    wher: String,
    /// Column that equals the outer value.
    key: String,
}

/// `c.field = this.field` conditions of a catalogue, and the rest.
type Demand<'p> = (Vec<(&'p RPath, &'p RPath)>, Vec<&'p Pred>);

impl Sql<'_> {
    /// FROM and WHERE of a quantified register, without the link to the outer record.
    fn parts(&mut self, q: &Quant) -> Parts {
        // A condition is checked at depth q.depth; frames of the same number must be on the stack.
        let alias = self.frame('s');
        let mut wher = self.alive(&alias, q.dated, q.validity);
        let (table, key) = match &q.link {
            Link::Eq { inner, .. } => (String::new(), self.column(inner)),
            Link::Names { table, .. } => (join_links(table, &alias, "owner"), format!("l_{alias}.\"target\"")),
            Link::NamedBy { table, .. } => (join_links(table, &alias, "target"), format!("l_{alias}.\"owner\"")),
        };
        if let Some(cond) = &q.cond {
            let cond = self.pred(cond);
            wher = format!("{wher} AND {cond}");
        }
        let joins = self.pop();
        Parts { from: format!("{} {alias}{table}{joins}", quote(&q.register)), wher, key }
    }

    fn as_set(&self, q: &Quant) -> bool {
        self.sets && !q.cond.as_ref().is_some_and(|c| looks_out(c, q.depth))
    }

    /// The outer value and, when it may be empty, the guard that keeps the answer two-valued.
    fn outer(&mut self, q: &Quant) -> (String, String) {
        let outer = q.link.outer();
        let column = self.column(outer);
        let guard = if outer.field == "id" && outer.hops.is_empty() { String::new() } else { format!("{column} IS NOT NULL AND ") };
        (column, guard)
    }

    pub(crate) fn exists(&mut self, q: &Quant) -> String {
        if !self.as_set(q) {
            let parts = self.parts(q);
            let (outer, _) = self.outer(q);
            return format!("EXISTS (SELECT 1 FROM {} WHERE {} = {outer} AND {})", parts.from, parts.key, parts.wher);
        }
        let Parts { from, wher, key } = self.parts(q);
        let (outer, guard) = self.outer(q);
        format!("({guard}{outer} IN (SELECT {key} FROM {from} WHERE {key} IS NOT NULL AND {wher}))")
    }

    /// Count against a constant.
    pub(crate) fn count(&mut self, q: &Quant, op: Op, n: &Term) -> String {
        match (op, n.constant(self.ctx)) {
            (Op::Ge, Some(Val::Int(1))) | (Op::Gt | Op::Ne, Some(Val::Int(0))) => return self.exists(q),
            (Op::Eq | Op::Le, Some(Val::Int(0))) | (Op::Lt, Some(Val::Int(1))) => return format!("NOT ({})", self.exists(q)),
            _ => {}
        }
        if !self.as_set(q) {
            let (count, n) = (self.count_scalar(q), self.term(n));
            return format!("{count} {} {n}", op.sql());
        }
        let zero = n.constant(self.ctx).is_some_and(|n| crate::eval::order(&Val::Int(0), &n).is_some_and(|ord| op.holds(ord)));
        let Parts { from, wher, key } = self.parts(q);
        let (outer, guard) = self.outer(q);
        let n = self.term(n);
        // A record without any linked one is in no group: ask for those that fail, then turn round.
        let (not, test) =
            if zero { ("NOT ", format!("NOT (COUNT(*) {} {n})", op.sql())) } else { ("", format!("COUNT(*) {} {n}", op.sql())) };
        format!("{not}({guard}{outer} IN (SELECT {key} FROM {from} WHERE {key} IS NOT NULL AND {wher} GROUP BY {key} HAVING {test}))")
    }

    pub(crate) fn count_scalar(&mut self, q: &Quant) -> String {
        let Parts { from, wher, key } = self.parts(q);
        let (outer, _) = self.outer(q);
        format!("(SELECT COUNT(*) FROM {from} WHERE {key} = {outer} AND {wher})")
    }

    pub(crate) fn all_of(&mut self, all: &AllOf) -> String {
        let answers_look_out = all.cond.as_ref().is_some_and(|c| looks_out(c, all.scope + 1));
        match demand(all) {
            Some(split) if self.sets && !answers_look_out => self.all_of_set(all, &split),
            _ => self.all_of_each(all),
        }
    }

    /// Per record: something is demanded, and nothing demanded lacks an answer.
    fn all_of_each(&mut self, all: &AllOf) -> String {
        let record = self.frames.get(all.scope).map(|f| f.alias.clone()).unwrap_or_default();
        let demanded = self.catalogue_each(all, None);
        let missing = self.catalogue_each(all, Some(&record));
        format!("CASE WHEN EXISTS ({demanded}) THEN NOT EXISTS ({missing}) END")
    }

    fn catalogue_each(&mut self, all: &AllOf, record: Option<&str>) -> String {
        let c = self.frame('c');
        let mut wher = self.alive(&c, all.catalogue_dated, Validity::AsOf);
        if let Some(demand) = &all.demand {
            let demand = self.pred(demand);
            wher = format!("{wher} AND {demand}");
        }
        if let Some(record) = record {
            let a = self.frame('s');
            let mut answered = self.alive(&a, all.answer_dated, all.validity);
            if let Some(cond) = &all.cond {
                let cond = self.pred(cond);
                answered = format!("{answered} AND {cond}");
            }
            let joins = self.pop();
            let (owner, via) = (quote(&all.owner), quote(&all.via));
            wher = format!(
                "{wher} AND NOT EXISTS (SELECT 1 FROM {} {a}{joins} WHERE {a}.{owner} = {record}.\"id\" AND {a}.{via} = {c}.\"id\" AND {answered})",
                quote(&all.answer)
            );
        }
        let joins = self.pop();
        format!("SELECT 1 FROM {} {c}{joins} WHERE {wher}", quote(&all.catalogue))
    }

    /// As a set: number of demanded entries answered = number demanded, per record and key.
    fn all_of_set(&mut self, all: &AllOf, (keys, rest): &Demand<'_>) -> String {
        let record = self.frames.get(all.scope).map(|f| f.alias.clone()).unwrap_or_default();
        let outer: Vec<String> = keys.iter().map(|(_, outer)| self.column(outer)).collect();
        let demanded = self.catalogue_set(all, keys, rest, false);
        let counted = self.catalogue_set(all, keys, rest, true);
        let answered = self.answers_set(all, keys, rest);
        if keys.is_empty() {
            return format!(
                "CASE WHEN EXISTS ({demanded}) THEN {record}.\"id\" IN (SELECT t.\"o\" FROM ({answered}) t WHERE t.\"n\" = ({counted})) END"
            );
        }
        let names: Vec<String> = (0..keys.len()).map(|i| format!("t.\"k{i}\"")).collect();
        let on: Vec<String> = (0..keys.len()).map(|i| format!("d.\"k{i}\" = t.\"k{i}\"")).collect();
        format!(
            "CASE WHEN {} IN ({demanded}) THEN ({record}.\"id\", {}) IN (SELECT t.\"o\", {} FROM ({answered}) t JOIN ({counted}) d ON {} AND d.\"n\" = t.\"n\") END",
            row(&outer),
            outer.join(", "),
            names.join(", "),
            on.join(" AND ")
        )
    }

    /// Conditions on a catalogue entry that name no record; gives (key columns, where).
    fn catalogue_where(&mut self, all: &AllOf, c: &str, keys: &[(&RPath, &RPath)], rest: &[&Pred]) -> (Vec<String>, String) {
        let mut wher = self.alive(c, all.catalogue_dated, Validity::AsOf);
        for pred in rest {
            let pred = self.pred(pred);
            wher = format!("{wher} AND {pred}");
        }
        let columns: Vec<String> = keys.iter().map(|(inner, _)| self.column(inner)).collect();
        for column in &columns {
            wher.push_str(&format!(" AND {column} IS NOT NULL"));
        }
        (columns, wher)
    }

    fn catalogue_set(&mut self, all: &AllOf, keys: &[(&RPath, &RPath)], rest: &[&Pred], counted: bool) -> String {
        let c = self.frame('c');
        let (columns, wher) = self.catalogue_where(all, &c, keys, rest);
        let joins = self.pop();
        let from = format!("{} {c}{joins} WHERE {wher}", quote(&all.catalogue));
        match (counted, columns.is_empty()) {
            (false, true) => format!("SELECT 1 FROM {from}"),
            (false, false) => format!("SELECT {} FROM {from}", columns.join(", ")),
            (true, true) => format!("SELECT COUNT(*) FROM {from}"),
            (true, false) => format!("SELECT {}, COUNT(*) AS \"n\" FROM {from} GROUP BY {}", named(&columns), columns.join(", ")),
        }
    }

    fn answers_set(&mut self, all: &AllOf, keys: &[(&RPath, &RPath)], rest: &[&Pred]) -> String {
        let c = self.frame('c');
        let (columns, mut wher) = self.catalogue_where(all, &c, keys, rest);
        let a = self.frame('s');
        let alive = self.alive(&a, all.answer_dated, all.validity);
        wher = format!("{wher} AND {alive}");
        if let Some(cond) = &all.cond {
            let cond = self.pred(cond);
            wher = format!("{wher} AND {cond}");
        }
        let (answer_joins, catalogue_joins) = (self.pop(), self.pop());
        let (owner, via) = (format!("{a}.{}", quote(&all.owner)), format!("{a}.{}", quote(&all.via)));
        let (select, group) = if columns.is_empty() {
            (String::new(), String::new())
        } else {
            (format!("{}, ", named(&columns)), format!(", {}", columns.join(", ")))
        };
        format!(
            "SELECT {owner} AS \"o\", {select}COUNT(DISTINCT {via}) AS \"n\" FROM {} {a} JOIN {} {c} ON {c}.\"id\" = {via}{catalogue_joins}{answer_joins} WHERE {owner} IS NOT NULL AND {wher} GROUP BY {owner}{group}",
            quote(&all.answer),
            quote(&all.catalogue)
        )
    }
}

fn join_links(table: &str, alias: &str, side: &str) -> String {
    format!(" JOIN {} l_{alias} ON l_{alias}.\"{side}\" = {alias}.\"id\"", quote(table))
}

fn named(columns: &[String]) -> String {
    columns.iter().enumerate().map(|(i, c)| format!("{c} AS \"k{i}\"")).collect::<Vec<_>>().join(", ")
}

fn row(columns: &[String]) -> String {
    match columns {
        [one] => one.clone(),
        many => format!("({})", many.join(", ")),
    }
}

/// Splits a demand into `entry.x = record.y` keys and conditions on the entry alone; `None` when it does not split.
fn demand(all: &AllOf) -> Option<Demand<'_>> {
    let inner = all.scope + 1;
    let conjuncts: Vec<&Pred> = match &all.demand {
        None => Vec::new(),
        Some(Pred::And(list)) => list.iter().collect(),
        Some(one) => vec![one],
    };
    let (mut keys, mut rest) = (Vec::new(), Vec::new());
    for pred in conjuncts {
        match pred {
            Pred::Cmp { left: Term::Path(a), op: Op::Eq, right: Term::Path(b) } if a.scope == inner && b.scope < inner => keys.push((a, b)),
            Pred::Cmp { left: Term::Path(a), op: Op::Eq, right: Term::Path(b) } if b.scope == inner && a.scope < inner => keys.push((b, a)),
            pred if !looks_out(pred, inner) => rest.push(pred),
            _ => return None,
        }
    }
    Some((keys, rest))
}

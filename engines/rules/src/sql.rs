//! [`Node`] → SQL for both engines: parameters `$n`, three-valued by SQL's own NULL.

use crate::ast::{Cmp, When};
use crate::ctx::{AgencyScope, Ctx};
use crate::ir::{Node, P, Sub, T};
use crate::schema::{Kind, Val};

/// One statement with its parameters (`params[0]` is `$1`).
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// SQL text.
    pub sql: String,
    /// Parameters.
    pub params: Vec<Val>,
}

impl Statement {
    /// One row when a register holds any record.
    pub fn any_of(register: &str) -> Self {
        Self { sql: format!("SELECT 1 FROM {} WHERE \"deleted_at\" IS NULL LIMIT 1", quote(register)), params: vec![] }
    }
}

/// A record being talked about: its alias and the joins its paths needed.
pub(crate) struct Frame {
    alias: String,
    joins: Vec<(Vec<String>, String, String)>,
    /// Paths without whose end no record is chosen.
    needed: Vec<Vec<String>>,
}

impl Frame {
    /// ` LEFT JOIN …` for all paths used; ` JOIN …` where the condition already asks for the end, so that the engine may begin there.
    pub(crate) fn joins(&self) -> String {
        let needed = |key: &Vec<String>| self.needed.iter().any(|n| n.starts_with(key));
        self.joins.iter().map(|(key, _, sql)| format!("{}{sql}", if needed(key) { " JOIN " } else { " LEFT JOIN " })).collect()
    }
}

pub(crate) struct Gen<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) params: Vec<Val>,
    /// Look once at all records of a sub-question (true) or for each record (false).
    pub(crate) bulk: bool,
    /// The same for the outcome (tests compare the two).
    pub(crate) bulk_judged: bool,
    /// Join what many records have rather than look for it.
    pub(crate) sets: bool,
    aliases: usize,
    frames: Vec<Frame>,
}

pub(crate) fn quote(s: &str) -> String {
    format!("\"{s}\"")
}

impl<'a> Gen<'a> {
    pub(crate) fn new(ctx: &'a Ctx) -> Self {
        Self { ctx, params: Vec::new(), bulk: ctx.wide(), bulk_judged: false, sets: ctx.sets && ctx.wide(), aliases: 0, frames: Vec::new() }
    }
    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases - 1)
    }
    pub(crate) fn push(&mut self) -> String {
        let alias = self.alias();
        self.frames.push(Frame { alias: alias.clone(), joins: Vec::new(), needed: Vec::new() });
        alias
    }
    pub(crate) fn pop(&mut self) -> Frame {
        self.frames.pop().unwrap_or(Frame { alias: String::new(), joins: Vec::new(), needed: Vec::new() })
    }
    pub(crate) fn param(&mut self, v: Val) -> String {
        // the same value twice is the same parameter: statements stay short
        let i = self.params.iter().position(|p| *p == v).unwrap_or_else(|| {
            self.params.push(v);
            self.params.len() - 1
        });
        format!("${}", i + 1)
    }

    /// Column of a path; joins are added to the frame of the record it starts from.
    pub(crate) fn path(&mut self, p: &P) -> String {
        let frame = if p.outer { 0 } else { self.frames.len() - 1 };
        let steps: Vec<(String, String)> = p.steps.clone();
        let alias = self.follow(frame, &steps);
        format!("{alias}.{}", quote(&p.field))
    }

    /// Alias of the record at the end of the links.
    pub(crate) fn follow(&mut self, frame: usize, steps: &[(String, String)]) -> String {
        let mut alias = self.frames[frame].alias.clone();
        let mut key = Vec::new();
        for (field, register) in steps {
            key.push(field.clone());
            if let Some((_, a, _)) = self.frames[frame].joins.iter().find(|(k, _, _)| *k == key) {
                alias = a.clone();
                continue;
            }
            let joined = self.alias();
            let sql = format!("{} AS {joined} ON {joined}.\"id\" = {alias}.{}", quote(register), quote(field));
            self.frames[frame].joins.push((key.clone(), joined.clone(), sql));
            alias = joined;
        }
        alias
    }

    /// Is the present record the one that is counted?
    pub(crate) fn at_record(&self) -> bool {
        self.frames.len() == 1
    }

    /// Joins a question to the record that is counted; its alias.
    pub(crate) fn joined(&mut self, question: impl FnOnce(&str) -> String) -> String {
        let alias = self.alias();
        if let Some(frame) = self.frames.first_mut() {
            // no path has such a name
            frame.joins.push((vec![format!("({alias})")], alias.clone(), question(&alias)));
        }
        alias
    }

    /// The records of the present frame are chosen by this condition: what it compares must be there.
    pub(crate) fn chosen_by(&mut self, n: &Node) {
        let paths: Vec<&P> = match n {
            Node::And(list) => return list.iter().for_each(|n| self.chosen_by(n)),
            Node::Flag(p) | Node::In(p, ..) | Node::Within(p, _) => vec![p],
            Node::Empty(p, true) if !matches!(p.kind, Kind::Links(_)) => vec![p],
            Node::Cmp(a, _, b) => [a, b].into_iter().filter_map(|t| if let T::Path(p) = t { Some(p) } else { None }).collect(),
            _ => return,
        };
        if let Some(frame) = self.frames.last_mut() {
            frame.needed.extend(paths.into_iter().filter(|p| !p.outer).map(|p| p.steps.iter().map(|s| s.0.clone()).collect()));
        }
    }

    fn term(&mut self, t: &T) -> String {
        match t {
            T::Path(p) => self.path(p),
            other => {
                let v = self.ctx.value(other);
                self.param(v)
            }
        }
    }

    /// A boolean expression: 1/0/NULL on SQLite, boolean on PostgreSQL.
    pub(crate) fn node(&mut self, n: &Node) -> String {
        match n {
            Node::And(list) => self.join(list, " AND "),
            Node::Or(list) => self.join(list, " OR "),
            Node::Not(e) => format!("(NOT {})", self.node(e)),
            Node::Const(b) => if *b { "(1=1)" } else { "(1=0)" }.to_owned(),
            Node::Flag(p) => format!("({} = 1)", self.path(p)),
            Node::Cmp(T::Path(p), cmp, b) if p.kind == Kind::Instant && !matches!(b, T::Path(_)) => self.moment(p, *cmp, b),
            Node::Cmp(a, cmp, b) => {
                let (left, right) = (self.term(a), self.term(b));
                format!("({left} {} {right})", cmp.sql())
            }
            Node::In(p, list, not) => {
                let left = self.path(p);
                let items: Vec<String> = list.iter().map(|t| self.term(t)).collect();
                format!("({left} {}IN ({}))", if *not { "NOT " } else { "" }, items.join(", "))
            }
            Node::Empty(p, not) => self.empty(p, *not),
            Node::Within(p, w) => self.within(p, w),
            Node::Exists(s, no) => {
                let found = self.exists(s);
                if *no { format!("(NOT {found})") } else { found }
            }
            Node::Count(s, cmp, n) => self.count(s, *cmp, n),
            Node::AllOf(cat, ans, field) => self.all_of(cat, ans, field),
        }
    }

    /// The cheap parts first: both engines stop at the part that decides.
    fn join(&mut self, list: &[Node], word: &str) -> String {
        let mut list: Vec<&Node> = list.iter().collect();
        list.sort_by_key(|n| cost(n));
        let parts: Vec<String> = list.into_iter().map(|n| self.node(n)).collect();
        format!("({})", parts.join(word))
    }

    /// A moment against a day: the day is the whole day in Vietnam.
    fn moment(&mut self, p: &P, cmp: Cmp, day: &T) -> String {
        let at = self.path(p);
        let (start, next) = self.ctx.moments(day).map_or((Val::Null, Val::Null), |(s, n)| (Val::Int(s), Val::Int(n)));
        // every parameter must be used: make only those that are
        match cmp {
            Cmp::Eq => format!("({at} >= {} AND {at} < {})", self.param(start), self.param(next)),
            Cmp::Ne => format!("({at} < {} OR {at} >= {})", self.param(start), self.param(next)),
            Cmp::Lt => format!("({at} < {})", self.param(start)),
            Cmp::Le => format!("({at} < {})", self.param(next)),
            Cmp::Gt => format!("({at} >= {})", self.param(next)),
            Cmp::Ge => format!("({at} >= {})", self.param(start)),
        }
    }

    fn within(&mut self, p: &P, w: &crate::ir::Window) -> String {
        let column = self.path(p);
        let Some((from, to)) = self.ctx.window(w) else { return "(NULL = 1)".to_owned() };
        if p.kind == Kind::Instant {
            let day = |d: String| T::Literal(Val::Text(d), crate::indicator::Label::default());
            let start = self.ctx.moments(&day(from)).map_or(Val::Null, |m| Val::Int(m.0));
            let next = self.ctx.moments(&day(to)).map_or(Val::Null, |m| Val::Int(m.1));
            let (start, next) = (self.param(start), self.param(next));
            return format!("({column} >= {start} AND {column} < {next})");
        }
        let (from, to) = (self.param(Val::Text(from)), self.param(Val::Text(to)));
        format!("({column} >= {from} AND {column} <= {to})")
    }

    fn empty(&mut self, p: &P, not: bool) -> String {
        if let Kind::Links(_) = p.kind {
            let frame = if p.outer { 0 } else { self.frames.len() - 1 };
            let alias = self.follow(frame, &p.steps);
            let register = p.steps.last().map_or(p.register.as_str(), |s| s.1.as_str());
            let table = quote(&format!("{register}__{}", p.field));
            let word = if not { "EXISTS" } else { "NOT EXISTS" };
            return format!("({word} (SELECT 1 FROM {table} AS l WHERE l.\"owner\" = {alias}.\"id\"))");
        }
        format!("({} IS {}NULL)", self.path(p), if not { "NOT " } else { "" })
    }

    /// Not withdrawn, and valid when it has to be.
    pub(crate) fn alive(&mut self, alias: &str, dated: bool, when: When) -> String {
        let mut sql = format!("{alias}.\"deleted_at\" IS NULL");
        let (from, to) = match (dated, when) {
            (false, _) | (true, When::Ever) => return sql,
            (true, When::AsOf) => (self.ctx.as_of.clone(), self.ctx.as_of.clone()),
            (true, When::DuringPeriod) => (self.ctx.period_start.clone(), self.ctx.period_end.clone()),
        };
        let (from, to) = (self.param(Val::Text(from)), self.param(Val::Text(to)));
        sql.push_str(&format!(
            " AND ({alias}.\"valid_from\" IS NULL OR {alias}.\"valid_from\" <= {to}) AND ({alias}.\"valid_to\" IS NULL OR {alias}.\"valid_to\" >= {from})"
        ));
        sql
    }

    /// FROM, joins and WHERE of a sub-question, and the column that names the present record.
    pub(crate) fn body(&mut self, s: &Sub) -> (String, String, String, String) {
        let alias = self.push();
        let mut conds = vec![self.alive(&alias, s.dated, s.when)];
        if let Some(c) = &s.cond {
            conds.push(self.node(c));
            self.chosen_by(c);
        }
        let (from, target) = self.linked(s, &alias);
        (alias, from, conds.join(" AND "), target)
    }

    /// The records of a sub-question without its condition, but with another: FROM, the column that names the present
    /// record, WHERE. Withdrawn records too.
    pub(crate) fn hanging(&mut self, s: &Sub, cond: impl FnOnce(&mut Self) -> String) -> (String, String, String) {
        let alias = self.push();
        let cond = cond(self);
        let (from, target) = self.linked(s, &alias);
        (from, target, cond)
    }

    /// Ends the frame of a sub-question: its FROM with joins, and the column that names the present record.
    fn linked(&mut self, s: &Sub, alias: &str) -> (String, String) {
        let frame = self.pop();
        let mut from = format!("{} AS {alias}", quote(&s.register));
        let mut target = String::new();
        if let Some(link) = &s.link {
            if link.many {
                let l = self.alias();
                let (near, far) = if link.forward { ("target", "owner") } else { ("owner", "target") };
                let table = quote(&format!("{}__{}", link.owner, link.field));
                from.push_str(&format!(" JOIN {table} AS {l} ON {l}.\"{near}\" = {alias}.\"id\""));
                target = format!("{l}.\"{far}\"");
            } else {
                target = format!("{alias}.{}", quote(&link.field));
            }
        }
        from.push_str(&frame.joins());
        (from, target)
    }

    /// Alias of the record at the end of the links from the present record.
    pub(crate) fn follow_top(&mut self, steps: &[(String, String)]) -> String {
        self.follow(self.frames.len() - 1, steps)
    }

    /// Column with the record a sub-question's records hang on; a path (`of`) may be empty.
    pub(crate) fn anchor(&mut self, s: &Sub) -> (String, bool) {
        match s.link.as_ref().and_then(|l| l.of.as_ref()) {
            Some(p) => (self.path(p), true),
            None => (format!("{}.\"id\"", self.frames.last().map_or("t0", |f| f.alias.as_str())), false),
        }
    }

    /// An empty path makes the answer unknown.
    fn guard(anchor: &str, may_be_empty: bool, sql: String) -> String {
        if may_be_empty { format!("(CASE WHEN {anchor} IS NOT NULL THEN {sql} END)") } else { sql }
    }

    /// Looking once at all linked records is faster than looking for each record, unless the condition needs the record
    /// or few records are asked about.
    fn exists(&mut self, s: &Sub) -> String {
        let (anchor, may_be_empty) = self.anchor(s);
        let (_, from, cond, target) = self.body(s);
        if s.link.is_none() {
            return format!("EXISTS (SELECT 1 FROM {from} WHERE {cond})");
        }
        let sql = if s.uses_outer || !self.bulk {
            format!("EXISTS (SELECT 1 FROM {from} WHERE {target} = {anchor} AND {cond})")
        } else {
            format!("({anchor} IN (SELECT {target} FROM {from} WHERE {target} IS NOT NULL AND {cond}))")
        };
        Self::guard(&anchor, may_be_empty, sql)
    }

    /// A record is linked at most once over one field, and joins of paths never multiply: COUNT(*) is exact.
    fn count(&mut self, s: &Sub, cmp: Cmp, n: &T) -> String {
        let wanted = match self.ctx.value(n) {
            Val::Int(n) => Some(n),
            _ => None,
        };
        if let (Cmp::Ge, Some(1)) | (Cmp::Gt | Cmp::Ne, Some(0)) = (cmp, wanted) {
            return self.exists(s);
        }
        let (anchor, may_be_empty) = self.anchor(s);
        let (_, from, cond, target) = self.body(s);
        let bound = self.term(n);
        if s.link.is_none() {
            return format!("((SELECT COUNT(*) FROM {from} WHERE {cond}) {} {bound})", cmp.sql());
        }
        let sql = match wanted {
            Some(wanted) if self.bulk && !s.uses_outer => {
                // records without any linked one are in no group: ask for the groups that break the comparison instead
                let (word, having) = if cmp.holds(0.cmp(&wanted)) { ("NOT IN", "NOT ") } else { ("IN", "") };
                format!(
                    "({anchor} {word} (SELECT {target} FROM {from} WHERE {target} IS NOT NULL AND {cond} GROUP BY {target} HAVING {having}(COUNT(*) {} {bound})))",
                    cmp.sql()
                )
            }
            _ => format!("((SELECT COUNT(*) FROM {from} WHERE {target} = {anchor} AND {cond}) {} {bound})", cmp.sql()),
        };
        Self::guard(&anchor, may_be_empty, sql)
    }

    /// A demanded entry without an answer: no. None, and something demanded: yes. Nothing demanded: unknown.
    /// `EXCEPT` reads both sides once, in order, where looking for each entry would search the answers as often.
    fn all_of(&mut self, cat: &Sub, ans: &Sub, field: &str) -> String {
        if let Some(sql) = self.all_of_sets(cat, ans, field) {
            return sql;
        }
        let (anchor, may_be_empty) = self.anchor(ans);
        let (entry, efrom, econd, _) = self.body(cat);
        let (answer, afrom, acond, target) = self.body(ans);
        let (_, from, cond, _) = self.body(cat);
        let answered = format!("SELECT {answer}.{} FROM {afrom} WHERE {target} = {anchor} AND {acond}", quote(field));
        let sql = format!(
            "(CASE WHEN EXISTS (SELECT {entry}.\"id\" FROM {efrom} WHERE {econd} EXCEPT {answered}) THEN (1=0) \
             WHEN EXISTS (SELECT 1 FROM {from} WHERE {cond}) THEN (1=1) END)"
        );
        Self::guard(&anchor, may_be_empty, sql)
    }

    /// How many entries have no answer, and how many there are.
    pub(crate) fn missing(&mut self, cat: &Sub, ans: &Sub, field: &str) -> (String, String) {
        let (anchor, _) = self.anchor(ans);
        let (entry, efrom, econd, _) = self.body(cat);
        let (answer, afrom, acond, target) = self.body(ans);
        let (_, from, cond, _) = self.body(cat);
        let answered = format!("SELECT {answer}.{} FROM {afrom} WHERE {target} = {anchor} AND {acond}", quote(field));
        (
            format!("(SELECT COUNT(*) FROM (SELECT {entry}.\"id\" FROM {efrom} WHERE {econd} EXCEPT {answered}) AS m)"),
            format!("(SELECT COUNT(*) FROM {from} WHERE {cond})"),
        )
    }

    /// Alias of the agency record at the end of a path (for its `path` column).
    fn agency_alias(&mut self, p: &P) -> String {
        let mut steps = p.steps.clone();
        if p.field != "id" {
            steps.push((p.field.clone(), "agency".into()));
        }
        self.follow(0, &steps)
    }

    /// Condition on the agency a record counts for.
    pub(crate) fn scope(&mut self, path: &P, scope: &AgencyScope) -> Option<String> {
        match scope {
            AgencyScope::All => None,
            AgencyScope::Paths(paths) => Some(self.below(path, paths)),
            AgencyScope::Agencies(ids) => Some(self.one_of(path, ids)),
            AgencyScope::Both(paths, ids) => Some(format!("{} AND {}", self.one_of(path, ids), self.below(path, paths))),
        }
    }

    fn below(&mut self, path: &P, paths: &[String]) -> String {
        let agency = self.agency_alias(path);
        let mut parts = Vec::new();
        for p in paths {
            let (low, high) = (self.param(Val::Text(p.clone())), self.param(Val::Text(successor(p))));
            parts.push(format!("({agency}.\"path\" >= {low} AND {agency}.\"path\" < {high})"));
        }
        if parts.is_empty() { "(1=0)".to_owned() } else { format!("({})", parts.join(" OR ")) }
    }

    fn one_of(&mut self, path: &P, ids: &[String]) -> String {
        let agency = self.path(path);
        let items: Vec<String> = ids.iter().map(|i| self.param(Val::Text(i.clone()))).collect();
        if items.is_empty() { "(1=0)".into() } else { format!("({agency} IN ({}))", items.join(", ")) }
    }
}

/// Smallest text greater than all texts that begin with `prefix` (paths end with `/`, the next character is `0`).
pub(crate) fn successor(prefix: &str) -> String {
    match prefix.strip_suffix('/') {
        Some(p) => format!("{p}0"),
        None => format!("{prefix}\u{10ffff}"),
    }
}

/// How much a part costs, as far as its form tells: a column, records looked for, records counted, a catalogue compared.
fn cost(n: &Node) -> u8 {
    match n {
        Node::And(l) | Node::Or(l) => l.iter().map(cost).max().unwrap_or(0),
        Node::Not(e) => cost(e),
        Node::Exists(s, _) => 1 + s.cond.as_deref().map_or(0, cost),
        Node::Count(..) => 3,
        Node::AllOf(..) => 4,
        _ => 0,
    }
}

/// Is the answer never unknown?
pub(crate) fn certain(n: &Node) -> bool {
    match n {
        Node::And(l) | Node::Or(l) => l.iter().all(certain),
        Node::Not(e) => certain(e),
        Node::Const(_) | Node::Empty(..) => true,
        Node::Exists(s, _) => s.link.as_ref().is_none_or(|l| l.of.is_none()),
        _ => false,
    }
}

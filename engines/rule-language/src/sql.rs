//! [`Node`] → SQL for both engines: parameters `$n`, three-valued by SQL's own NULL.

use crate::ast::When;
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

/// A record being talked about: its alias and the joins its paths needed.
pub(crate) struct Frame {
    alias: String,
    joins: Vec<(Vec<String>, String, String)>,
}

impl Frame {
    /// ` LEFT JOIN …` for all paths used.
    pub(crate) fn joins(&self) -> String {
        self.joins.iter().map(|(_, _, sql)| sql.as_str()).collect()
    }
}

pub(crate) struct Gen<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) params: Vec<Val>,
    aliases: usize,
    frames: Vec<Frame>,
}

pub(crate) fn quote(s: &str) -> String {
    format!("\"{s}\"")
}

impl<'a> Gen<'a> {
    pub(crate) fn new(ctx: &'a Ctx) -> Self {
        Self { ctx, params: Vec::new(), aliases: 0, frames: Vec::new() }
    }
    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases - 1)
    }
    pub(crate) fn push(&mut self) -> String {
        let alias = self.alias();
        self.frames.push(Frame { alias: alias.clone(), joins: Vec::new() });
        alias
    }
    pub(crate) fn pop(&mut self) -> Frame {
        self.frames.pop().unwrap_or(Frame { alias: String::new(), joins: Vec::new() })
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
            let sql = format!(" LEFT JOIN {} AS {joined} ON {joined}.\"id\" = {alias}.{}", quote(register), quote(field));
            self.frames[frame].joins.push((key.clone(), joined.clone(), sql));
            alias = joined;
        }
        alias
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
            Node::Within(p, w) => {
                let (from, to) = self.ctx.window(w);
                let column = self.path(p);
                let (from, to) = (self.param(Val::Text(from)), self.param(Val::Text(to)));
                format!("({column} >= {from} AND {column} <= {to})")
            }
            Node::Exists(s, no) => {
                let found = self.exists(s);
                if *no { format!("(NOT {found})") } else { found }
            }
            Node::Count(s, cmp, n) => {
                let sql = self.count(s);
                let n = self.term(n);
                format!("({sql} {} {n})", cmp.sql())
            }
            Node::AllOf(cat, ans, field) => self.all_of(cat, ans, field),
        }
    }

    fn join(&mut self, list: &[Node], word: &str) -> String {
        let parts: Vec<String> = list.iter().map(|n| self.node(n)).collect();
        format!("({})", parts.join(word))
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
    fn body(&mut self, s: &Sub) -> (String, String, String, String) {
        let alias = self.push();
        let mut conds = vec![self.alive(&alias, s.dated, s.when)];
        if let Some(c) = &s.cond {
            conds.push(self.node(c));
        }
        let frame = self.pop();
        let mut from = format!("{} AS {alias}", quote(&s.register));
        let mut target = String::new();
        if let Some(link) = &s.link {
            if link.many {
                let l = self.alias();
                from.push_str(&format!(" JOIN {} AS {l} ON {l}.\"owner\" = {alias}.\"id\"", quote(&format!("{}__{}", s.register, link.field))));
                target = format!("{l}.\"target\"");
            } else {
                target = format!("{alias}.{}", quote(&link.field));
            }
        }
        from.push_str(&frame.joins());
        (alias, from, conds.join(" AND "), target)
    }

    fn present(&self) -> String {
        format!("{}.\"id\"", self.frames.last().map_or("t0", |f| f.alias.as_str()))
    }

    /// Looking once at all linked records is faster than looking for each record, unless the condition needs the record.
    fn exists(&mut self, s: &Sub) -> String {
        let present = self.present();
        let (_, from, cond, target) = self.body(s);
        if s.uses_outer {
            format!("EXISTS (SELECT 1 FROM {from} WHERE {target} = {present} AND {cond})")
        } else {
            format!("({present} IN (SELECT {target} FROM {from} WHERE {target} IS NOT NULL AND {cond}))")
        }
    }

    fn count(&mut self, s: &Sub) -> String {
        let present = self.present();
        let (alias, from, cond, target) = self.body(s);
        format!("(SELECT COUNT(DISTINCT {alias}.\"id\") FROM {from} WHERE {target} = {present} AND {cond})")
    }

    /// Demanded entries counted against demanded entries that have an answer; nothing demanded = unknown.
    fn all_of(&mut self, cat: &Sub, ans: &Sub, field: &str) -> String {
        let present = self.present();
        let (_, from, cond, _) = self.body(cat);
        let demanded = format!("(SELECT COUNT(*) FROM {from} WHERE {cond})");
        let (alias, afrom, acond, target) = self.body(ans);
        let (calias, cfrom, ccond, _) = self.body(cat);
        let answered = format!(
            "(SELECT COUNT(DISTINCT {calias}.\"id\") FROM {afrom} JOIN {cfrom} ON {calias}.\"id\" = {alias}.{} WHERE {target} = {present} AND {acond} AND {ccond})",
            quote(field)
        );
        format!("({answered} = NULLIF({demanded}, 0))")
    }

    /// Alias of the agency record at the end of a path (for its `path` column).
    pub(crate) fn agency_alias(&mut self, p: &P) -> String {
        let mut steps = p.steps.clone();
        if p.field != "id" {
            steps.push((p.field.clone(), "agency".into()));
        }
        self.follow(0, &steps)
    }

    /// Condition on the agency a record counts for.
    pub(crate) fn scope(&mut self, agency: &str, scope: &AgencyScope) -> Option<String> {
        let any = |list: Vec<String>| if list.is_empty() { "(1=0)".to_owned() } else { format!("({})", list.join(" OR ")) };
        match scope {
            AgencyScope::All => None,
            AgencyScope::Paths(paths) => {
                let parts = paths
                    .iter()
                    .map(|p| {
                        let (low, high) = (self.param(Val::Text(p.clone())), self.param(Val::Text(successor(p))));
                        format!("({agency}.\"path\" >= {low} AND {agency}.\"path\" < {high})")
                    })
                    .collect();
                Some(any(parts))
            }
            AgencyScope::Agencies(ids) => {
                let items: Vec<String> = ids.iter().map(|i| self.param(Val::Text(i.clone()))).collect();
                Some(if items.is_empty() { "(1=0)".into() } else { format!("({agency}.\"id\" IN ({}))", items.join(", ")) })
            }
        }
    }
}

/// Smallest text greater than all texts that begin with `prefix` (paths end with `/`, the next character is `0`).
pub(crate) fn successor(prefix: &str) -> String {
    match prefix.strip_suffix('/') {
        Some(p) => format!("{p}0"),
        None => format!("{prefix}\u{10ffff}"),
    }
}

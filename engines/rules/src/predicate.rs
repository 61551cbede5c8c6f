//! A condition over one record, on its own: list filters, validation, quality rules, gates.

use std::collections::{BTreeMap, BTreeSet};

use crate::ast::When;
use crate::check::{self, Here};
use crate::ctx::Ctx;
use crate::eval::Eval;
use crate::ir::Node;
use crate::schema::{Rec, Result, Schema, World};
use crate::sentence::Say;
use crate::sql::{Gen, Statement, quote};
use crate::{parse, schema};

/// A checked condition over the records of one register.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicate {
    register: String,
    node: Node,
}

impl Predicate {
    /// Parses and checks `text` over records of `register`. `R where …` for the same register is accepted too.
    ///
    /// # Errors
    /// What is wrong, where, with the nearest known word.
    pub fn parse(text: &str, schema: &Schema, register: &str) -> Result<Self> {
        let start = text.trim_start();
        let whole =
            start.strip_prefix(register).is_some_and(|r| r.is_empty() || r.trim_start().starts_with("where ") && r.starts_with(' '));
        let e = if whole {
            parse::population(text)?.source.cond.map_or(crate::ast::Expr::Const(true), |c| *c)
        } else {
            parse::expression(text)?
        };
        let now = check::register(schema, register, 0)?;
        let none = BTreeMap::new();
        let node = check::expr(Here { schema, now, outer: now, settings: &none, inside: false }, &e)?;
        Ok(Self { register: register.to_owned(), node })
    }

    /// `SELECT id …` of the records for which it is TRUE. Withdrawn records are left out; validity is the caller's.
    pub fn sql(&self, ctx: &Ctx) -> Statement {
        let mut g = Gen::new(ctx);
        let alias = g.push();
        let alive = g.alive(&alias, false, When::Ever);
        let cond = g.node(&self.node);
        let joins = g.pop().joins();
        Statement {
            sql: format!("SELECT {alias}.\"id\" FROM {} AS {alias}{joins} WHERE {alive} AND {cond}", quote(&self.register)),
            params: g.params,
        }
    }

    /// The answer for one record; `None` = unknown (a field it needs is empty).
    pub fn evaluate(&self, world: &dyn World, record: &Rec, ctx: &Ctx) -> Option<bool> {
        Eval { world, ctx, outer: record }.node(record, &self.node)
    }

    /// In Vietnamese.
    pub fn sentence(&self, ctx: &Ctx) -> String {
        Say::new(ctx, false, &crate::Label { vi: "bản ghi".into(), en: "record".into() }).node(&self.node)
    }

    /// Registers and fields it looks at.
    pub fn lineage(&self) -> Vec<(String, Vec<String>)> {
        let mut seen = BTreeMap::new();
        crate::lineage::walk(&self.node, &mut seen);
        seen.into_iter().map(|(r, f): (String, BTreeSet<String>)| (r, f.into_iter().collect())).collect()
    }
}

/// A world without records, for conditions that look at one record only.
pub struct Alone;
impl schema::World for Alone {
    fn record(&self, _: &str, _: &str) -> Option<Rec> {
        None
    }
    fn linked(&self, _: &str, _: &str, _: &str) -> Vec<Rec> {
        vec![]
    }
    fn all(&self, _: &str) -> Vec<Rec> {
        vec![]
    }
}

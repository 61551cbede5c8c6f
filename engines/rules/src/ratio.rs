//! Sum over sum in one statement.

use crate::compile::{Compiled, Rate};
use crate::ctx::Ctx;
use crate::ir::Node;
use crate::schema::Kind;
use crate::sql::{Gen, Statement, quote};

impl Compiled {
    /// The statement of the whole indicator: [`Rate::summary`], or for a ratio rows `(agency, numerator, denominator)`.
    pub fn statement(&self, ctx: &Ctx) -> Statement {
        let Some(below) = &self.denominator else { return self.main.summary(ctx) };
        self.last.get(ctx, || self.write_ratio(below, ctx))
    }

    fn write_ratio(&self, below: &Rate, ctx: &Ctx) -> Statement {
        let mut g = Gen::new(ctx);
        let sql = if self.main.counts_like(below) { once(&mut g, &self.main, below) } else { twice(&mut g, &self.main, below) };
        Statement { sql, params: g.params }
    }
}

/// Sum of a rate's field over `value`; a cast cuts decimals on SQLite and rounds them on PostgreSQL.
fn sum(r: &Rate, value: &str) -> String {
    let decimal = r.sum.as_ref().is_some_and(|p| p.kind == Kind::Decimal);
    let sum = if decimal { format!("ROUND(SUM({value}))") } else { format!("SUM({value})") };
    format!("CAST(COALESCE({sum}, 0) AS BIGINT)")
}

fn conjuncts(r: &Rate) -> Vec<&Node> {
    match &r.population {
        Some(Node::And(list)) => list.iter().collect(),
        Some(other) => vec![other],
        None => vec![],
    }
}

/// Both sums over the same records: what both populations ask is the condition, the rest decides where a record counts.
fn once(g: &mut Gen<'_>, above: &Rate, below: &Rate) -> String {
    let alias = g.push();
    let ctx = g.ctx;
    let (n, d) = (conjuncts(above), conjuncts(below));
    let mut conds = vec![g.alive(&alias, above.dated, above.when)];
    conds.extend(n.iter().filter(|x| d.contains(x)).map(|x| g.node(x)));
    let mut rest = |own: &[&Node], other: &[&Node]| -> String {
        let own: Vec<String> = own.iter().filter(|x| !other.contains(x)).map(|x| g.node(x)).collect();
        if own.is_empty() { "(1=1)".to_owned() } else { own.join(" AND ") }
    };
    let (in_n, in_d) = (rest(&n, &d), rest(&d, &n));
    if in_n != "(1=1)" && in_d != "(1=1)" {
        conds.push(format!("(({in_n}) OR ({in_d}))"));
    }
    let agency = g.path(&above.agency);
    conds.extend(g.scope(&above.agency, &ctx.scope));
    let mut value = |r: &Rate, when: &str| {
        let column = r.sum.as_ref().map_or_else(|| "0".to_owned(), |p| g.path(p));
        sum(r, &if when == "(1=1)" { column } else { format!("CASE WHEN {when} THEN {column} END") })
    };
    let (n, d) = (value(above, &in_n), value(below, &in_d));
    let joins = g.pop().joins();
    format!("SELECT {agency}, {n}, {d} FROM {} AS {alias}{joins} WHERE {} GROUP BY {agency}", quote(&above.register), conds.join(" AND "))
}

fn twice(g: &mut Gen<'_>, above: &Rate, below: &Rate) -> String {
    let (n, d) = (above.inner(g, true), below.inner(g, true));
    format!(
        "SELECT a, CAST(SUM(n) AS BIGINT), CAST(SUM(d) AS BIGINT) FROM (\
         SELECT a, {} AS n, 0 AS d FROM ({n}) AS q WHERE o = 1 GROUP BY a UNION ALL \
         SELECT a, 0 AS n, {} AS d FROM ({d}) AS q WHERE o = 1 GROUP BY a) AS u GROUP BY a",
        sum(above, "s"),
        sum(below, "s")
    )
}

//! A sum of money over a sum of money.
use crate::ir::RPath;
use crate::predicate::{Lineage, Selection};
use crate::question::Page;
use crate::sentence::Writer;
use crate::sql::{Sql, quote};
use crate::value::{Ctx, Outcome, Rec, Val, World};

/// Numerator and denominator: what is added up, over which records.
#[derive(Debug, Clone)]
pub(crate) struct Ratio {
    pub numerator: (RPath, Selection),
    pub denominator: (RPath, Selection),
}

impl Ratio {
    fn same_register(&self) -> bool {
        self.numerator.1.register == self.denominator.1.register
    }

    /// Amounts that nobody entered: of the denominator, and of the numerator when it adds up another field.
    pub(crate) fn summary(&self, sql: &mut Sql<'_>) -> String {
        let other_field = self.numerator.0 != self.denominator.0;
        let numerator = Self::sum(sql, &self.numerator, "0", |sum| sum.to_owned(), other_field);
        let denominator = Self::sum(sql, &self.denominator, "", |_| "0".to_owned(), true);
        format!(
            "SELECT u.\"agency_id\", CAST(SUM(u.\"d\") AS BIGINT) AS \"population\", CAST(SUM(u.\"n\") AS BIGINT) AS \"met\", CAST(SUM(u.\"d\") - SUM(u.\"n\") AS BIGINT) AS \"unmet\", CAST(SUM(u.\"m\") AS BIGINT) AS \"unknown\", CAST(0 AS BIGINT) AS \"excluded\" FROM ({numerator} UNION ALL {denominator}) u GROUP BY u.\"agency_id\""
        )
    }

    fn sum(sql: &mut Sql<'_>, (field, of): &(RPath, Selection), d: &str, n: impl Fn(&str) -> String, missing: bool) -> String {
        let alias = sql.frame('r');
        let wher = of.conditions(sql, &alias);
        let (agency, column) = (of.agency_column(sql), sql.column(field));
        let joins = sql.pop();
        let sum = format!("COALESCE(SUM({column}), 0)");
        let d = if d.is_empty() { sum.clone() } else { d.to_owned() };
        let missing = if missing { format!("SUM(CASE WHEN {column} IS NULL THEN 1 ELSE 0 END)") } else { "0".into() };
        format!(
            "SELECT {agency} AS \"agency_id\", {d} AS \"d\", {} AS \"n\", {missing} AS \"m\" FROM {} {alias}{joins} WHERE {wher} GROUP BY {agency}",
            n(&sum),
            quote(&of.register)
        )
    }

    /// Met = lines of the numerator, unmet = the denominator's others, unknown = lines without an amount.
    pub(crate) fn drill(&self, sql: &mut Sql<'_>, page: &Page, source: usize) -> String {
        let ((_, upper), (_, lower)) = (&self.numerator, &self.denominator);
        let of_numerator = page.outcome == Outcome::Met || self.same_register();
        let of = if of_numerator { upper } else { lower };
        let alias = sql.frame('r');
        let agency = of.agency_column(sql);
        let flag = |condition: String| format!("CASE WHEN {condition} THEN 1 ELSE 0 END = 1");
        let inside = |sql: &mut Sql<'_>, (field, of): &(RPath, Selection), empty: bool| {
            let conditions = of.conditions(sql, &alias);
            let column = sql.column(field);
            (flag(conditions), format!("{column} IS {}NULL", if empty { "" } else { "NOT " }))
        };
        let wher = match (page.outcome, self.same_register()) {
            (Outcome::Met, _) => {
                let (inside, filled) = inside(sql, &self.numerator, false);
                format!("{inside} AND {filled}")
            }
            (Outcome::Unmet, true) => {
                let (up, _) = inside(sql, &self.numerator, false);
                let (low, filled) = inside(sql, &self.denominator, false);
                format!("NOT ({up}) AND {low} AND {filled}")
            }
            (Outcome::Unknown, true) => {
                let (up, up_empty) = inside(sql, &self.numerator, true);
                let (low, low_empty) = inside(sql, &self.denominator, true);
                format!("(({up} AND {up_empty}) OR (NOT ({up}) AND {low} AND {low_empty}))")
            }
            (Outcome::Unmet | Outcome::Unknown, false) => {
                let (low, test) = inside(sql, &self.denominator, page.outcome == Outcome::Unknown);
                format!("{low} AND {test}")
            }
            (Outcome::Excluded | Outcome::Outside, _) => "1 = 0".into(),
        };
        let joins = sql.pop();
        page.select(&alias, &agency, "-1", source, &format!("{} {alias}{joins}", quote(&of.register)), &wher)
    }

    pub(crate) fn evaluate(&self, world: &dyn World, id: &str, ctx: &Ctx) -> Outcome {
        for ((field, of), outcome) in [(&self.numerator, Outcome::Met), (&self.denominator, Outcome::Unmet)] {
            let Some(rec) = world.record(&of.register, id) else { continue };
            if of.contains_record(world, rec.clone(), ctx) {
                return if amount(&rec, field) == Val::Null { Outcome::Unknown } else { outcome };
            }
        }
        Outcome::Outside
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        let part = |w: &mut Writer, (field, of): &(RPath, Selection)| {
            w.say("tổng ", "the sum of ");
            w.label(&field.label);
            w.say(" của ", " of ");
            of.write(w);
        };
        w.say("Lấy ", "Take ");
        part(w, &self.numerator);
        w.say(", chia cho ", ", divided by ");
        part(w, &self.denominator);
        w.say(".", ".");
    }

    pub(crate) fn trace(&self, lineage: &mut Lineage) {
        for (field, of) in [&self.numerator, &self.denominator] {
            lineage.path(field);
            of.trace(lineage);
        }
    }
}

/// The compiler allows only a field of the record itself.
fn amount(rec: &Rec, field: &RPath) -> Val {
    rec.fields.get(&field.field).cloned().unwrap_or(Val::Null)
}

//! One computable figure: its statements, its answer for one record, its sentence.
use std::collections::BTreeSet;

use crate::eval::Eval;
use crate::ir::{Pred, Quantified, nullable, quants};
use crate::judge::IndicatorKind;
use crate::predicate::{Lineage, Selection};
use crate::ratio::Ratio;
use crate::schema::{Label, Lang};
use crate::sentence::{Sentence, Writer};
use crate::sql::{Sql, quote};
use crate::value::{AgencyScope, Ctx, Outcome, Param, Statement, World};

/// A figure that can be computed.
#[derive(Debug, Clone)]
pub struct Question {
    /// What it counts.
    pub kind: IndicatorKind,
    pub(crate) source: Source,
}

#[derive(Debug, Clone)]
pub(crate) enum Source {
    Records(Box<Records>),
    Ratio(Box<Ratio>),
    /// Sum of several.
    Pool(Vec<Question>),
}

/// Records of a population, each with an outcome.
#[derive(Debug, Clone)]
pub(crate) struct Records {
    pub population: Selection,
    pub exclude: Vec<(Pred, Label)>,
    pub unknown: Option<Pred>,
    /// `None`: every record counts.
    pub meets: Option<Pred>,
}

const COLUMNS: [&str; 5] = ["population", "met", "unmet", "unknown", "excluded"];

/// Sub-queries as sets when everything is asked; per record when the scope leaves few.
fn as_sets(ctx: &Ctx) -> bool {
    ctx.scope == AgencyScope::All
}

impl Question {
    /// One statement; rows `agency_id` (may be empty), then `population, met, unmet, unknown, excluded` (whole numbers; see
    /// [`crate::Figure`]). Agencies without a record in the population have no row.
    #[must_use]
    pub fn summary(&self, ctx: &Ctx) -> Statement {
        let mut sql = Sql::new(ctx, 1, as_sets(ctx));
        let text = self.summary_sql(&mut sql);
        Statement { sql: text, params: sql.params }
    }

    fn summary_sql(&self, sql: &mut Sql<'_>) -> String {
        match &self.source {
            Source::Records(records) => records.summary(sql),
            Source::Ratio(ratio) => ratio.summary(sql),
            Source::Pool(list) => {
                let each: Vec<String> = list.iter().map(|q| format!("SELECT * FROM ({}) q", q.summary_sql(sql))).collect();
                let sums: Vec<String> = COLUMNS.iter().map(|c| format!("CAST(SUM(p.\"{c}\") AS BIGINT) AS \"{c}\"")).collect();
                format!("SELECT p.\"agency_id\", {} FROM ({}) p GROUP BY p.\"agency_id\"", sums.join(", "), each.join(" UNION ALL "))
            }
        }
    }

    /// One statement; rows `id, agency_id, reason, source` of the records with an outcome, in order of id, after an id (`""` = from
    /// the first), at most `limit`. `reason`: index into [`Question::reasons`] or -1. `source`: index into [`Question::registers`].
    #[must_use]
    pub fn drill(&self, ctx: &Ctx, outcome: Outcome, limit: i64, after: &str) -> Statement {
        let mut sql = Sql::new(ctx, 1, as_sets(ctx));
        let page = Page { outcome, after: sql.bind(Param::Text(after.to_owned())), limit: sql.bind(Param::Int(limit.max(0))) };
        let texts: Vec<String> = self
            .leaves()
            .into_iter()
            .enumerate()
            .map(|(i, leaf)| match leaf {
                Source::Records(records) => records.drill(&mut sql, &page, i),
                Source::Ratio(ratio) => ratio.drill(&mut sql, &page, i),
                Source::Pool(_) => String::new(),
            })
            .collect();
        let text = match texts.as_slice() {
            [one] => one.clone(),
            many => {
                let each: Vec<String> = many.iter().map(|q| format!("SELECT * FROM ({q}) q")).collect();
                format!("SELECT p.* FROM ({}) p ORDER BY p.\"id\" LIMIT {}", each.join(" UNION ALL "), page.limit)
            }
        };
        Statement { sql: text, params: sql.params }
    }

    fn leaves(&self) -> Vec<&Source> {
        match &self.source {
            Source::Pool(list) => list.iter().flat_map(Self::leaves).collect(),
            leaf => vec![leaf],
        }
    }

    /// Registers the drilled records come from.
    #[must_use]
    pub fn registers(&self) -> Vec<&str> {
        self.leaves()
            .into_iter()
            .map(|leaf| match leaf {
                Source::Records(r) => r.population.register(),
                Source::Ratio(r) => r.denominator.1.register(),
                Source::Pool(_) => "",
            })
            .collect()
    }

    /// Reasons of exclusion, of the source with that index.
    #[must_use]
    pub fn reasons(&self, source: usize) -> Vec<&Label> {
        match self.leaves().get(source) {
            Some(Source::Records(r)) => r.exclude.iter().map(|(_, label)| label).collect(),
            _ => Vec::new(),
        }
    }

    /// The answer for one record, as SQL gives it for all agencies.
    #[must_use]
    pub fn evaluate(&self, world: &dyn World, id: &str, ctx: &Ctx) -> Outcome {
        match &self.source {
            Source::Records(records) => records.evaluate(world, id, ctx),
            Source::Ratio(ratio) => ratio.evaluate(world, id, ctx),
            Source::Pool(list) => {
                list.iter().map(|q| q.evaluate(world, id, ctx)).find(|o| *o != Outcome::Outside).unwrap_or(Outcome::Outside)
            }
        }
    }

    /// The rule in words.
    #[must_use]
    pub fn sentence(&self, lang: Lang) -> Sentence {
        let mut writer = Writer::new(lang);
        self.write(&mut writer);
        writer.finish()
    }

    fn write(&self, w: &mut Writer) {
        match &self.source {
            Source::Records(records) => records.write(w, self.kind),
            Source::Ratio(ratio) => ratio.write(w),
            Source::Pool(list) => {
                w.say("Cộng dồn: ", "Sum of: ");
                for (i, q) in list.iter().enumerate() {
                    w.say(
                        &format!("{}({}) ", if i > 0 { " " } else { "" }, i + 1),
                        &format!("{}({}) ", if i > 0 { " " } else { "" }, i + 1),
                    );
                    q.write(w);
                }
            }
        }
    }

    pub(crate) fn trace(&self, lineage: &mut Lineage) {
        for leaf in self.leaves() {
            match leaf {
                Source::Records(r) => {
                    r.population.trace(lineage);
                    r.preds().for_each(|p| lineage.pred(p));
                }
                Source::Ratio(r) => r.trace(lineage),
                Source::Pool(_) => {}
            }
        }
    }

    /// Composite indexes that help beyond one per link: (register, columns).
    pub(crate) fn indexes(&self, out: &mut BTreeSet<(String, Vec<String>)>) {
        for leaf in self.leaves() {
            let Source::Records(r) = leaf else { continue };
            for pred in r.preds().chain(r.population.pred.as_ref()) {
                quants(pred, &mut |q| {
                    if let Quantified::All(all) = q {
                        crate::sql_quant::indexes(all, out);
                    }
                });
            }
        }
    }
}

/// Which page of a drill-down.
pub(crate) struct Page {
    pub outcome: Outcome,
    /// Parameters.
    pub after: String,
    pub limit: String,
}

impl Page {
    /// SELECT of one page; `wher` filters, `reason` is a whole number.
    pub(crate) fn select(&self, alias: &str, agency: &str, reason: &str, source: usize, from: &str, wher: &str) -> String {
        format!(
            "SELECT {alias}.\"id\" AS \"id\", {agency} AS \"agency_id\", CAST({reason} AS BIGINT) AS \"reason\", CAST({source} AS BIGINT) AS \"source\" FROM {from} WHERE {wher} AND {alias}.\"id\" > {} ORDER BY {alias}.\"id\" LIMIT {}",
            self.after, self.limit
        )
    }
}

impl Records {
    fn preds(&self) -> impl Iterator<Item = &Pred> {
        self.exclude.iter().map(|(p, _)| p).chain(&self.unknown).chain(&self.meets)
    }

    /// `CASE WHEN … THEN 0 … ELSE -1 END`: index of the reason of exclusion.
    fn reason(&self, sql: &mut Sql<'_>) -> Option<String> {
        if self.exclude.is_empty() {
            return None;
        }
        let whens: Vec<String> = self.exclude.iter().enumerate().map(|(i, (p, _))| format!("WHEN {} THEN {i}", sql.pred(p))).collect();
        Some(format!("CASE {} ELSE -1 END", whens.join(" ")))
    }

    fn summary(&self, sql: &mut Sql<'_>) -> String {
        let alias = sql.frame('r');
        let wher = self.population.conditions(sql, &alias);
        let agency = self.population.agency_column(sql);
        let simple = self.exclude.is_empty() && self.unknown.is_none() && self.meets.as_ref().is_none_or(|m| !nullable(m));
        let meets = self.meets.as_ref().map_or_else(|| "1 = 1".to_owned(), |m| sql.pred(m));
        let table = quote(&self.population.register);
        if simple {
            let joins = sql.pop();
            // The rule is asked once per record; not met is the rest.
            return format!(
                "SELECT g.\"agency_id\", g.\"n\" AS \"population\", g.\"met\", g.\"n\" - g.\"met\" AS \"unmet\", CAST(0 AS BIGINT) AS \"unknown\", CAST(0 AS BIGINT) AS \"excluded\" FROM (SELECT {agency} AS \"agency_id\", COUNT(*) AS \"n\", CAST(SUM(CASE WHEN {meets} THEN 1 ELSE 0 END) AS BIGINT) AS \"met\" FROM {table} {alias}{joins} WHERE {wher} GROUP BY {agency}) g"
            );
        }
        let excluded: Vec<String> = self.exclude.iter().map(|(p, _)| format!("WHEN {} THEN 3 ", sql.pred(p))).collect();
        let unknown = self.unknown.as_ref().map(|p| format!("WHEN {} THEN 2 ", sql.pred(p))).unwrap_or_default();
        let joins = sql.pop();
        let answer = format!("COALESCE(CAST(({meets}) AS INTEGER), 2)");
        let outcome = if excluded.is_empty() && unknown.is_empty() {
            answer
        } else {
            format!("CASE {}{unknown}ELSE {answer} END", excluded.concat())
        };
        let sums: Vec<String> = [(1, "met"), (0, "unmet"), (2, "unknown"), (3, "excluded")]
            .iter()
            .map(|(n, name)| format!("CAST(SUM(CASE WHEN o.\"o\" = {n} THEN 1 ELSE 0 END) AS BIGINT) AS \"{name}\""))
            .collect();
        // Materialised: otherwise SQLite would ask the rule once for every column.
        format!(
            "WITH o AS MATERIALIZED (SELECT {agency} AS \"agency_id\", {outcome} AS \"o\" FROM {table} {alias}{joins} WHERE {wher}) SELECT o.\"agency_id\", COUNT(*) AS \"population\", {} FROM o GROUP BY o.\"agency_id\"",
            sums.join(", ")
        )
    }

    fn drill(&self, sql: &mut Sql<'_>, page: &Page, source: usize) -> String {
        let alias = sql.frame('r');
        let mut wher = self.population.conditions(sql, &alias);
        let agency = self.population.agency_column(sql);
        let reason = self.reason(sql);
        let meets = |sql: &mut Sql<'_>| self.meets.as_ref().map_or_else(|| "1 = 1".to_owned(), |m| sql.pred(m));
        // Only what is used may be composed: a parameter nobody names is an error in both engines.
        let asks = matches!(page.outcome, Outcome::Met | Outcome::Unmet | Outcome::Unknown);
        let unknown = self.unknown.as_ref().filter(|_| asks).map(|p| format!("CASE WHEN {} THEN 1 ELSE 0 END", sql.pred(p)));
        let test = match page.outcome {
            Outcome::Met => meets(sql),
            Outcome::Unmet => format!("NOT ({})", meets(sql)),
            Outcome::Unknown => {
                let none = format!("({}) IS NULL", meets(sql));
                unknown.as_ref().map_or(none.clone(), |u| format!("({u} = 1 OR {none})"))
            }
            Outcome::Excluded if reason.is_some() => "1 = 1".into(),
            Outcome::Excluded | Outcome::Outside => "1 = 0".into(),
        };
        if let (Some(unknown), Outcome::Met | Outcome::Unmet) = (&unknown, page.outcome) {
            wher = format!("{wher} AND {unknown} = 0");
        }
        if let Some(reason) = &reason {
            let sign = if page.outcome == Outcome::Excluded { ">=" } else { "<" };
            wher = format!("{wher} AND {reason} {sign} 0");
        }
        let joins = sql.pop();
        let from = format!("{} {alias}{joins}", quote(&self.population.register));
        let reason = match (page.outcome, reason) {
            (Outcome::Excluded, Some(reason)) => reason,
            _ => "-1".into(),
        };
        page.select(&alias, &agency, &reason, source, &from, &format!("{wher} AND {test}"))
    }

    fn evaluate(&self, world: &dyn World, id: &str, ctx: &Ctx) -> Outcome {
        let Some(rec) = world.record(&self.population.register, id) else { return Outcome::Outside };
        if !self.population.contains_record(world, rec.clone(), ctx) {
            return Outcome::Outside;
        }
        let mut eval = Eval { world, ctx, stack: vec![rec] };
        if self.exclude.iter().any(|(p, _)| eval.pred(p) == Some(true)) {
            return Outcome::Excluded;
        }
        if self.unknown.as_ref().is_some_and(|p| eval.pred(p) == Some(true)) {
            return Outcome::Unknown;
        }
        match self.meets.as_ref().map_or(Some(true), |m| eval.pred(m)) {
            Some(true) => Outcome::Met,
            Some(false) => Outcome::Unmet,
            None => Outcome::Unknown,
        }
    }

    fn write(&self, w: &mut Writer, kind: IndicatorKind) {
        match kind {
            IndicatorKind::Count => w.say("Đếm ", "Count "),
            IndicatorKind::Violations => w.say("Xét từng ", "For each "),
            _ => w.say("Tính trên ", "Out of "),
        }
        self.population.write(w);
        if let Some(meets) = &self.meets {
            match kind {
                IndicatorKind::Violations => w.say("; là vi phạm nếu không thỏa mãn: ", "; it is a violation unless: "),
                _ => w.say("; đạt khi ", "; met when "),
            }
            w.pred(meets);
        }
        for (pred, reason) in &self.exclude {
            w.say("; không tính khi ", "; left out when ");
            w.pred(pred);
            w.say(&format!(" (lý do: {})", reason.vi), &format!(" (reason: {})", reason.get(Lang::En)));
        }
        if let Some(unknown) = &self.unknown {
            w.say("; chưa có dữ liệu khi ", "; no data when ");
            w.pred(unknown);
        }
        w.say(".", ".");
    }
}

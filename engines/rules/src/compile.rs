//! Indicator + schema → statements, evaluator, sentence, lineage.

use std::collections::{BTreeMap, BTreeSet};

use crate::ast::{Path, When};
use crate::check::{self, Here};
use crate::ctx::Ctx;
use crate::eval::{Eval, alive};
use crate::indicator::{FigureKind, Indicator, Label, PackError};
use crate::ir::{Node, P};
use crate::memo::Memo;
use crate::schema::{Rec, RuleError, Schema, Val, World};
use crate::sentence::Say;
use crate::sql::{Gen, Statement, certain, quote};
use crate::{lineage, parse, terms};

/// What became of one record of a population.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The rule holds.
    Met,
    /// It does not.
    Unmet,
    /// No data: never counted as met.
    Unknown,
    /// Left out, with a reason.
    Excluded,
}

impl Outcome {
    /// Number used in statements.
    pub fn code(self) -> i64 {
        match self {
            Outcome::Met => 1,
            Outcome::Unmet => 2,
            Outcome::Unknown => 3,
            Outcome::Excluded => 4,
        }
    }
    /// Word used in addresses and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Met => "met",
            Outcome::Unmet => "unmet",
            Outcome::Unknown => "unknown",
            Outcome::Excluded => "excluded",
        }
    }
    /// From [`Outcome::word`].
    pub fn parse(s: &str) -> Option<Self> {
        [Outcome::Met, Outcome::Unmet, Outcome::Unknown, Outcome::Excluded].into_iter().find(|o| o.word() == s)
    }
}

/// A population and its rule: the indicator itself or one part.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// Empty for the indicator itself.
    pub id: String,
    /// Label of the part.
    pub label: Label,
    /// What to say of a record that lacks this part.
    pub(crate) missing: Option<Label>,
    /// Register of the population.
    pub register: String,
    pub(crate) register_label: Label,
    pub(crate) when: When,
    pub(crate) dated: bool,
    pub(crate) population: Option<Node>,
    exclude: Vec<(Node, Label)>,
    pub(crate) unknown: Option<Node>,
    pub(crate) meets: Option<Node>,
    /// Links to the agency.
    pub(crate) agency: P,
    /// Summed field (ratios).
    pub(crate) sum: Option<P>,
    pub(crate) last: Memo,
}

/// A checked indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// As written.
    pub indicator: Indicator,
    /// The main rate (numerator of a ratio).
    pub main: Rate,
    /// Denominator of a ratio.
    pub denominator: Option<Rate>,
    /// Parts.
    pub parts: Vec<Rate>,
    /// Of a ratio.
    pub(crate) last: Memo,
}

struct Build<'a> {
    schema: &'a Schema,
    file: &'a str,
    indicator: &'a Indicator,
    settings: BTreeMap<String, Val>,
}

/// What a rate is made of.
struct Spec<'a> {
    key: &'a str,
    id: &'a str,
    label: &'a Label,
    missing: Option<&'a Label>,
    population: Option<&'a str>,
    meets: Option<&'a str>,
    unknown: Option<&'a str>,
    agency: Option<&'a str>,
    /// Do the indicator's exclusions hold here?
    exclude: bool,
    sum: Option<&'a str>,
}

/// Checks an indicator against the schema. `Ok(None)`: listed only (`no_source`).
///
/// # Errors
/// The first rule that cannot be understood: file, indicator, key, position, remedy.
pub fn compile(indicator: &Indicator, schema: &Schema, file: &str) -> Result<Option<Compiled>, PackError> {
    let b = Build { schema, file, indicator, settings: indicator.setting_values() };
    b.complete()?;
    if indicator.no_source.is_some() {
        return Ok(None);
    }
    crate::period::period_on(&indicator.period, "2026-01-01").map_err(|m| b.error("period", m))?;
    let i = indicator;
    let (main, denominator) = if i.kind == FigureKind::Ratio {
        let (Some(n), Some(d)) = (&i.numerator, &i.denominator) else {
            return Err(b.error("numerator", "Chỉ số kiểu «ratio» cần cả numerator và denominator".into()));
        };
        let side = |key, s: &crate::indicator::Sum| {
            let spec = Spec {
                key,
                id: "",
                label: &i.label,
                missing: None,
                population: Some(&s.of),
                meets: None,
                unknown: None,
                agency: i.agency.as_deref(),
                exclude: true,
                sum: Some(&s.sum),
            };
            b.rate(&spec)
        };
        (side("numerator", n)?, Some(side("denominator", d)?))
    } else {
        let spec = Spec {
            key: "meets",
            id: "",
            label: &i.label,
            missing: None,
            population: i.population.as_deref(),
            meets: i.meets.as_deref(),
            unknown: i.unknown.as_deref(),
            agency: i.agency.as_deref(),
            exclude: true,
            sum: None,
        };
        (b.rate(&spec)?, None)
    };
    let parts = i.parts.iter().map(|p| b.part(p, &main.register)).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(Compiled { indicator: i.clone(), main, denominator, parts, last: Memo::default() }))
}

impl Build<'_> {
    fn error(&self, key: &str, message: String) -> PackError {
        PackError { file: self.file.into(), indicator: self.indicator.id.clone(), key: key.into(), message }
    }
    fn complete(&self) -> Result<(), PackError> {
        let i = self.indicator;
        if i.label.vi.is_empty() || i.label.en.is_empty() {
            return Err(self.error("label", "Thiếu nhãn tiếng Việt hoặc tiếng Anh".into()));
        }
        if i.pooled.is_some() && (i.parts.len() < 2 || i.kind != FigureKind::Share) {
            return Err(self.error("pooled", "Chỉ gộp được các phần (ít nhất hai) của một tỷ lệ".into()));
        }
        for t in &i.targets {
            if t.aim().is_none() {
                return Err(self.error("target", "Mỗi mục tiêu có đúng một trong: at_least, more_than, at_most, less_than, equal".into()));
            }
            if t.unit.is_empty() {
                return Err(self.error("target", "Mục tiêu thiếu đơn vị (unit), ví dụ \"%\" hoặc \"cuộc\"".into()));
            }
        }
        Ok(())
    }

    /// What a part does not say it takes from the indicator; `exclude`, `unknown` and `agency` only when it counts records
    /// of the same register.
    fn part(&self, p: &crate::indicator::Part, register: &str) -> Result<Rate, PackError> {
        let i = self.indicator;
        let population = p.population.as_deref().or(i.population.as_deref());
        let same = population.and_then(|t| parse::population(t).ok()).is_none_or(|s| s.source.register == register);
        let or = |own: &'_ Option<String>, main: &'_ Option<String>| own.clone().or_else(|| main.clone().filter(|_| same));
        let (unknown, agency) = (or(&p.unknown, &i.unknown), or(&p.agency, &i.agency));
        self.rate(&Spec {
            key: "part",
            id: &p.id,
            label: &p.label,
            missing: p.missing.as_ref(),
            population,
            meets: p.meets.as_deref().or(i.meets.as_deref()),
            unknown: unknown.as_deref(),
            agency: agency.as_deref(),
            exclude: same,
            sum: None,
        })
    }

    fn rate(&self, s: &Spec<'_>) -> Result<Rate, PackError> {
        let wrap = |key: &str| {
            let key = key.to_owned();
            move |e: RuleError| self.error(&key, e.to_string())
        };
        let Some(text) = s.population else { return Err(self.error("population", "Thiếu population".into())) };
        let pop = parse::population(text).map_err(wrap("population"))?.source;
        if pop.via.is_some() || pop.of.is_some() {
            return Err(self.error("population", "«via» và «of» không dùng ở population: nó là cả sổ; lọc bằng «where»".into()));
        }
        let register = check::register(self.schema, &pop.register, pop.at).map_err(wrap("population"))?;
        let here = Here { schema: self.schema, now: register, outer: register, settings: &self.settings, inside: false };
        let node = |key: &str, text: Option<&str>| -> Result<Option<Node>, PackError> {
            let Some(text) = text else { return Ok(None) };
            let e = parse::expression(text).map_err(wrap(key))?;
            check::expr(here, &e).map(Some).map_err(wrap(key))
        };
        let population = pop.cond.as_deref().map(|e| check::expr(here, e)).transpose().map_err(wrap("population"))?;
        let mut exclude = Vec::new();
        for x in self.indicator.exclude.iter().filter(|_| s.exclude) {
            if let Some(n) = node("exclude", Some(&x.when))? {
                exclude.push((n, x.reason.clone()));
            }
        }
        let Some(agency) = s.agency.map(str::to_owned).or_else(|| register.agency.clone()) else {
            return Err(self.error("agency", format!("Sổ «{}» không thuộc cơ quan nào; ghi đường dẫn agency = \"…\"", register.id)));
        };
        let path = |text: &str| Path { at: 0, outer: false, words: text.split('.').map(|w| w.trim().to_owned()).collect() };
        let agency = terms::path(here, &path(&agency)).map_err(wrap("agency"))?;
        if !matches!(&agency.kind, crate::schema::Kind::Link(r) if r == "agency") {
            return Err(self.error("agency", "Đường dẫn agency phải kết thúc ở một cơ quan".into()));
        }
        let sum = s.sum.map(|f| terms::path(here, &path(f))).transpose().map_err(wrap(s.key))?;
        if sum.as_ref().is_some_and(|p| !p.kind.is_number()) {
            return Err(self.error(s.key, "Trường cộng phải là số".into()));
        }
        let meets = node(s.key, s.meets)?;
        if meets.is_none() && matches!(self.indicator.kind, FigureKind::Share | FigureKind::Violations) {
            return Err(self.error("meets", "Thiếu quy tắc meets".into()));
        }
        Ok(Rate {
            id: s.id.into(),
            label: s.label.clone(),
            missing: s.missing.cloned(),
            register: register.id.clone(),
            register_label: register.label.clone(),
            when: pop.when,
            dated: register.dated,
            population,
            exclude,
            unknown: node("unknown", s.unknown)?,
            meets,
            agency,
            sum,
            last: Memo::default(),
        })
    }
}

impl Compiled {
    /// Ctx of this indicator on a day: its period, its settings.
    ///
    /// # Errors
    /// When the day is not a date.
    pub fn ctx(&self, day: &str) -> Result<Ctx, String> {
        let (period_start, period_end) = crate::period::period_on(&self.indicator.period, day)?;
        Ok(Ctx { as_of: day.to_owned(), period_start, period_end, settings: self.indicator.setting_values(), ..Ctx::default() })
    }
    /// Main rate or part by id (`""` = main).
    pub fn rate(&self, part: &str) -> Option<&Rate> {
        if part.is_empty() { Some(&self.main) } else { self.parts.iter().find(|p| p.id == part) }
    }
    /// Registers the figure rests on that hold no record at all, of those the question calls empty; a count rests on the
    /// register it counts too.
    pub fn blind<'c>(&self, ctx: &'c Ctx) -> Vec<&'c str> {
        let count = self.indicator.kind == FigureKind::Count;
        let rests = |r: &str| self.main.evidence().iter().any(|e| e == r) || count && self.main.register == r;
        ctx.empty.iter().map(String::as_str).filter(|r| rests(r)).collect()
    }
    /// Registers and fields the figure comes from.
    pub fn lineage(&self) -> Vec<(String, Vec<String>)> {
        let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for r in std::iter::once(&self.main).chain(&self.denominator).chain(&self.parts) {
            seen.entry(r.register.clone()).or_default();
            for n in r.population.iter().chain(&r.unknown).chain(&r.meets).chain(r.excluded()) {
                lineage::walk(n, &mut seen);
            }
            lineage::path(&r.agency, &mut seen);
            if let Some(p) = &r.sum {
                lineage::path(p, &mut seen);
            }
        }
        seen.into_iter().map(|(r, f)| (r, f.into_iter().collect())).collect()
    }
    /// The rule in words, Vietnamese or English.
    pub fn sentence(&self, ctx: &Ctx, english: bool) -> Sentence {
        self.sentence_of(&self.main, ctx, english)
    }
    /// The same for a part.
    pub fn sentence_of(&self, r: &Rate, ctx: &Ctx, english: bool) -> Sentence {
        let say = Say::new(ctx, english, &r.register_label);
        let who = |r: &Rate| {
            let label = say.l(&r.register_label);
            match &r.population {
                Some(p) => format!("{label}{}{}", say.t(" mà ", " "), say.node(p)),
                None => format!("{} {label}", say.t("mọi", "any")),
            }
        };
        let meets = match (&r.meets, &self.denominator, &r.sum) {
            (_, Some(d), Some(sum)) => {
                let sum = say.path(sum);
                let over = d.sum.as_ref().map(|p| say.path(p)).unwrap_or_default();
                vec![format!(
                    "{} {sum} {} {over} {} {}",
                    say.t("tổng", "the sum of"),
                    say.t("chia cho tổng", "over the sum of"),
                    say.t("của", "of each"),
                    who(d)
                )]
            }
            (Some(Node::And(list)), _, _) => list.iter().map(|n| say.node(n)).collect(),
            (Some(Node::Or(list)), _, _) if say.until(list).is_none() => list.iter().map(|n| say.node(n)).collect(),
            (Some(m), _, _) => vec![say.node(m)],
            _ => vec![],
        };
        Sentence {
            english,
            ratio: self.denominator.is_some(),
            any: meets.len() > 1 && matches!(r.meets, Some(Node::Or(_))),
            population: who(r),
            meets,
            unknown: r.unknown.as_ref().map(|u| say.node(u)),
            excluded: r.exclude.iter().map(|(n, l)| format!("{} ({})", say.node(n), l.vi_or_en(english))).collect(),
        }
    }
}

/// The parts of the sentence of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    english: bool,
    ratio: bool,
    /// One of the conditions is enough.
    any: bool,
    /// Who is counted.
    pub population: String,
    /// What must hold, all of it; for a ratio the one thing that is computed.
    pub meets: Vec<String>,
    /// When there is no data.
    pub unknown: Option<String>,
    /// Who is left out and why.
    pub excluded: Vec<String>,
}

impl Sentence {
    /// Words around population and conditions: (before, between, after).
    pub fn frame(&self) -> (&'static str, &'static str, &'static str) {
        match (self.english, self.ratio, self.meets.is_empty()) {
            (false, true, _) => ("Tính trên", ":", "."),
            (true, true, _) => ("From each", ":", "."),
            (false, false, true) => ("Đếm", "", "."),
            (true, false, true) => ("Counts each", "", "."),
            (false, false, false) if self.any => ("Trong số", ", đạt khi có một trong các điều sau:", "."),
            (true, false, false) if self.any => ("Among all, each", ", is met if it is one of these:", "."),
            (false, false, false) if self.meets.len() > 1 => ("Trong số", ", đạt khi đủ các điều sau:", "."),
            (true, false, false) if self.meets.len() > 1 => ("Among all, each", ", is met if all of these hold: it is one", "."),
            (false, false, false) => ("Trong số", ", đạt khi", "."),
            (true, false, false) => ("Among all, each", ", is met if it is one", "."),
        }
    }
    /// What must hold, in one line.
    pub fn conditions(&self) -> String {
        match self.meets.as_slice() {
            [one] => one.clone(),
            several => several.iter().enumerate().map(|(i, m)| format!("({}) {m}", i + 1)).collect::<Vec<_>>().join("; "),
        }
    }
    /// In one line.
    pub fn plain(&self) -> String {
        let (before, between, after) = self.frame();
        let between = if self.meets.is_empty() { String::new() } else { format!("{between} {}", self.conditions()) };
        format!("{before} {}{between}{after}", self.population)
    }
}

impl Rate {
    /// Registers whose records decide the outcome, beyond the one that is counted and the agencies.
    pub fn evidence(&self) -> Vec<String> {
        let mut seen = BTreeMap::new();
        self.unknown.iter().chain(&self.meets).for_each(|n| lineage::walk(n, &mut seen));
        seen.into_keys().filter(|r| *r != self.register && r != "agency").collect()
    }

    /// Registers and fields that decide the outcome of a record.
    pub fn judged(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut seen = BTreeMap::new();
        self.unknown.iter().chain(&self.meets).for_each(|n| lineage::walk(n, &mut seen));
        seen
    }

    /// Rests on a register that is still empty.
    fn blind(&self, ctx: &Ctx) -> bool {
        !ctx.empty.is_empty() && self.evidence().iter().any(|r| ctx.empty.contains(r))
    }

    /// Conditions under which a record is left out.
    pub(crate) fn excluded(&self) -> impl Iterator<Item = &Node> {
        self.exclude.iter().map(|x| &x.0)
    }

    /// FROM … WHERE of the population in scope, with the outcome as column `o`, the agency as `a`, the record as `id`.
    pub(crate) fn inner(&self, g: &mut Gen<'_>, sum: bool) -> String {
        let alias = g.push();
        let ctx = g.ctx;
        let mut conds = vec![g.alive(&alias, self.dated, self.when)];
        // agencies are few: look for each rather than at all that hangs on them
        g.bulk &= self.register != "agency";
        if let Some(p) = &self.population {
            conds.push(g.node(p));
            g.chosen_by(p);
        }
        let agency = g.path(&self.agency);
        conds.extend(g.scope(&self.agency, &ctx.scope));
        // a record is judged part by part and most stop early: look for each
        g.bulk = g.bulk_judged;
        let mut cases = String::new();
        for (x, _) in &self.exclude {
            cases.push_str(&format!("WHEN {} THEN 4 ", g.node(x)));
        }
        let blind = self.blind(ctx);
        if let Some(u) = self.unknown.as_ref().filter(|_| !blind) {
            cases.push_str(&format!("WHEN {} THEN 3 ", g.node(u)));
        }
        let judged = match &self.meets {
            None => "1".to_owned(),
            Some(_) if blind => "3".to_owned(),
            Some(m) if certain(m) => format!("CASE WHEN {} THEN 1 ELSE 2 END", g.node(m)),
            Some(m) => format!("CASE {} WHEN (1=1) THEN 1 WHEN (1=0) THEN 2 ELSE 3 END", g.node(m)),
        };
        let outcome = if cases.is_empty() { judged } else { format!("CASE {cases}ELSE {judged} END") };
        let amount = match (&self.sum, sum) {
            (Some(p), true) => format!(", {} AS s", g.path(p)),
            (None, true) => ", 0 AS s".to_owned(),
            _ => String::new(),
        };
        let joins = g.pop().joins();
        format!(
            "SELECT {alias}.\"id\" AS id, {agency} AS a, {outcome} AS o{amount} FROM {} AS {alias}{joins} WHERE {}",
            quote(&self.register),
            conds.join(" AND ")
        )
    }

    /// Do both look at the same records of one register, nothing left out?
    pub(crate) fn counts_like(&self, o: &Rate) -> bool {
        let plain = |r: &Rate| r.exclude.is_empty() && r.unknown.is_none() && r.meets.is_none();
        plain(self) && plain(o) && (&self.register, self.when, &self.agency) == (&o.register, o.when, &o.agency)
    }

    /// Rows `(agency, outcome code, records)`; an agency without records has no row.
    pub fn summary(&self, ctx: &Ctx) -> Statement {
        self.last.get(ctx, || self.write_summary(ctx))
    }

    fn write_summary(&self, ctx: &Ctx) -> Statement {
        let mut g = Gen::new(ctx);
        let inner = self.inner(&mut g, false);
        // SQLite would write the outcome into the grouping and into the answer, and judge twice; a limit nobody reaches keeps
        // the question whole. PostgreSQL judges once anyway, and would give up its parallel plans for the limit.
        let whole = if ctx.sets { "" } else { " LIMIT 9223372036854775807" };
        Statement { sql: format!("SELECT a, o, COUNT(*) FROM ({inner}{whole}) AS q GROUP BY a, o"), params: g.params }
    }

    /// Rows `(id, agency)` with this outcome, in order of id, after `after`.
    pub fn drill(&self, ctx: &Ctx, outcome: Outcome, limit: i64, after: Option<&str>) -> Statement {
        let mut g = Gen::new(ctx);
        let inner = self.inner(&mut g, false);
        let mut sql = format!("SELECT id, a FROM ({inner}) AS q WHERE o = {}", outcome.code());
        if let Some(after) = after {
            let p = g.param(Val::Text(after.to_owned()));
            sql.push_str(&format!(" AND id > {p}"));
        }
        let p = g.param(Val::Int(limit));
        sql.push_str(&format!(" ORDER BY id LIMIT {p}"));
        Statement { sql, params: g.params }
    }

    /// Rows `(id, outcome)` of everything in scope, written one way or the other: tests compare the two.
    #[cfg(test)]
    pub(crate) fn each(&self, ctx: &Ctx, bulk: bool) -> Statement {
        let mut g = Gen::new(ctx);
        (g.bulk, g.bulk_judged) = (bulk, bulk);
        let inner = self.inner(&mut g, false);
        Statement { sql: format!("SELECT id, o FROM ({inner}) AS q"), params: g.params }
    }

    /// What becomes of one record; `None` = not of the population. The scope is not asked.
    pub fn evaluate(&self, world: &dyn World, r: &Rec, ctx: &Ctx) -> Option<Outcome> {
        let e = Eval { world, ctx, outer: r };
        if !alive(r, self.dated, self.when, ctx) || self.population.as_ref().is_some_and(|p| e.node(r, p) != Some(true)) {
            return None;
        }
        if self.exclude.iter().any(|(x, _)| e.node(r, x) == Some(true)) {
            return Some(Outcome::Excluded);
        }
        if self.meets.is_some() && self.blind(ctx) || self.unknown.as_ref().is_some_and(|u| e.node(r, u) == Some(true)) {
            return Some(Outcome::Unknown);
        }
        Some(match self.meets.as_ref().map_or(Some(true), |m| e.node(r, m)) {
            Some(true) => Outcome::Met,
            Some(false) => Outcome::Unmet,
            None => Outcome::Unknown,
        })
    }
}

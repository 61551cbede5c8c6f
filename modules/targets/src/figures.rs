//! Figures: asked of the registers each time, summed over the agency tree, never averaged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use access::{Actor, Subtree, Verb};
use registers::{Registry, to_value};
use rules::{AgencyScope, Aim, Change, Compiled, Ctx, Figure, FigureKind, Indicator, Outcome, Rate, Statement, Target, Verdict, judge};
use store::{Changed, Question, Result, Tx, Value};
use web::{L, Lang, Tone, fmt};

use crate::catalogue::Catalogue;

/// A figure of one agency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AgencyFigure {
    /// Met.
    pub met: i64,
    /// Met, not met and no data.
    pub population: i64,
    /// No data.
    pub unknown: i64,
    reached: Option<bool>,
}

impl AgencyFigure {
    /// Is the indicator's own goal reached here? `None` when there is nothing to count, no goal, or data is missing.
    pub fn met(&self) -> Option<bool> {
        self.reached
    }
}

/// What a reader of an indicator may see: figures are counted within the subtree of the reader's right on `figure`.
pub(crate) fn scope_of(actor: &Actor) -> Result<AgencyScope> {
    Ok(match actor.may(Verb::Read, "figure")?.subtree() {
        Subtree::All => AgencyScope::All,
        Subtree::Paths(p) => AgencyScope::Paths(p.clone()),
    })
}

/// The question about an indicator on a day by a reader.
pub(crate) fn ctx(actor: &Actor, c: &Compiled, day: &str) -> Result<Ctx> {
    let mut ctx = c.ctx(day).map_err(store::Error::BadRequest)?;
    ctx.scope = scope_of(actor)?;
    Ok(ctx)
}

/// [`ctx`] of the agencies at and below a path of the tree only; `None` = of all that the reader may see.
pub(crate) fn ctx_within(actor: &Actor, c: &Compiled, day: &str, path: Option<&str>) -> Result<Ctx> {
    let mut ctx = ctx(actor, c, day)?;
    if let Some(path) = path {
        ctx.scope = match ctx.scope {
            AgencyScope::Paths(own) if own.iter().all(|p| p.starts_with(path)) => AgencyScope::Paths(own),
            // what of the reader's part is below it, or it itself when it is within the reader's part; perhaps nothing
            AgencyScope::Paths(own) if !own.iter().any(|p| path.starts_with(p.as_str())) => {
                AgencyScope::Paths(own.into_iter().filter(|p| p.starts_with(path)).collect())
            }
            _ => AgencyScope::Paths(vec![path.to_owned()]),
        };
    }
    Ok(ctx)
}

pub(crate) fn run(tx: &mut Tx, s: &Statement) -> Result<Vec<store::Row>> {
    let params: Vec<Value> = s.params.iter().map(to_value).collect();
    tx.query(&s.sql, &params)
}

/// [`run`] for figures: rows that begin with an agency, kept while the registers of the rule do not change. After a few
/// changes only the agencies they touch are counted anew.
fn totals(tx: &mut Tx, c: &Compiled, part: &str, ctx: &Ctx, ask: &dyn Fn(&Ctx) -> Statement) -> Result<Arc<[store::Row]>> {
    let s = ask(ctx);
    let params: Vec<Value> = s.params.iter().map(to_value).collect();
    let lineage = c.lineage();
    let mut registers: Vec<&str> = lineage.iter().map(|l| l.0.as_str()).collect();
    // whose figures these are depends on the tree of agencies
    if ctx.scope != AgencyScope::All {
        registers.push("agency");
    }
    let question = Question { sql: &s.sql, params: &params, registers: &registers };
    tx.query_kept(&question, &mut |tx, old, changed| {
        let Some(touched) = touched(tx, c, part, ctx, changed)? else { return Ok(None) };
        let scope = match &ctx.scope {
            AgencyScope::All => AgencyScope::Agencies(touched.iter().cloned().collect()),
            AgencyScope::Paths(p) => AgencyScope::Both(p.clone(), touched.iter().cloned().collect()),
            AgencyScope::Agencies(_) | AgencyScope::Both(..) => return Ok(None),
        };
        let mut rows = Vec::with_capacity(old.len());
        for r in old {
            if r.get::<Option<String>>(0)?.is_none_or(|a| !touched.contains(&a)) {
                rows.push(r.clone());
            }
        }
        rows.extend(run(tx, &ask(&Ctx { scope, ..ctx.clone() }))?);
        Ok(Some(rows))
    })
}

/// Agencies counted one by one at most; for more of them the whole question is as fast.
const FEW: usize = 40;

/// Agencies whose figures the changes can have moved; `None` when they may be many.
fn touched(tx: &mut Tx, c: &Compiled, part: &str, ctx: &Ctx, changed: &[Changed]) -> Result<Option<BTreeSet<String>>> {
    if ctx.scope != AgencyScope::All && changed.iter().any(|x| x.register == "agency") {
        return Ok(None);
    }
    let changes = changed.iter().map(links_before).collect::<Result<Vec<_>>>()?;
    let Some(touched) = c.touched(part, &changes) else { return Ok(None) };
    let mut agencies = touched.agencies;
    for s in &touched.ask {
        for r in run(tx, s)? {
            match r.get::<Option<String>>(0)? {
                Some(a) => agencies.insert(a),
                None => return Ok(None),
            };
        }
        if agencies.len() > FEW {
            return Ok(None);
        }
    }
    Ok(Some(agencies))
}

/// What a record named before it changed. Any text may be a link: which fields are, the rule knows.
fn links_before(c: &Changed) -> Result<Change> {
    #[derive(serde::Deserialize)]
    struct Body {
        #[serde(default)]
        fields: BTreeMap<String, serde_json::Value>,
    }
    let text = |v: &serde_json::Value| v.as_str().map(str::to_owned);
    let named = |v: &serde_json::Value| match v {
        serde_json::Value::Array(l) => l.iter().filter_map(text).collect(),
        v => text(v).into_iter().collect::<Vec<_>>(),
    };
    let before = match &c.before {
        Some(json) => {
            let body: Body = serde_json::from_str(json).map_err(store::Error::internal)?;
            Some(body.fields.iter().map(|(f, v)| (f.clone(), named(v))).collect())
        }
        None => None,
    };
    Ok(Change { register: c.register.clone(), record: c.record.clone(), before })
}

/// The question, knowing which registers of the rule hold no record at all.
pub(crate) fn seeing(tx: &mut Tx, c: &Compiled, ctx: &Ctx) -> Result<Ctx> {
    let mut ctx = Ctx { sets: tx.engine() == store::Engine::Postgres, ..ctx.clone() };
    for (register, _) in c.lineage() {
        let any = Statement::any_of(&register);
        let question = Question { sql: &any.sql, params: &[], registers: &[&register] };
        if tx.query_kept(&question, &mut |_, _, _| Ok(None))?.is_empty() {
            ctx.empty.insert(register);
        }
    }
    Ok(ctx)
}

/// Figures of a rate by agency.
pub(crate) fn summary(tx: &mut Tx, c: &Compiled, rate: &Rate, ctx: &Ctx) -> Result<BTreeMap<String, Figure>> {
    let ctx = &seeing(tx, c, ctx)?;
    let mut out: BTreeMap<String, Figure> = BTreeMap::new();
    if !c.blind(ctx).is_empty() {
        // where nothing is counted it is said that nothing could be
        out.insert(String::new(), Figure { blind: true, ..Figure::default() });
    }
    for r in totals(tx, c, &rate.id, ctx, &|ctx| rate.summary(ctx))?.iter() {
        let figure = out.entry(r.get::<Option<String>>(0)?.unwrap_or_default()).or_default();
        *figure = figure.with(r.get(1)?, r.get(2)?);
    }
    Ok(out)
}

/// Figures of an indicator (or one of its parts) by agency. A ratio has đồng instead of records.
pub(crate) fn figures(tx: &mut Tx, c: &Compiled, part: &str, ctx: &Ctx) -> Result<BTreeMap<String, Figure>> {
    let Some(rate) = c.rate(part) else { return Err(store::Error::NotFound(format!("Chỉ tiêu này không có phần «{part}»."))) };
    if c.denominator.is_none() || !part.is_empty() {
        return summary(tx, c, rate, ctx);
    }
    let ctx = &Ctx { sets: tx.engine() == store::Engine::Postgres, ..ctx.clone() };
    let mut out = BTreeMap::new();
    for r in totals(tx, c, "", ctx, &|ctx| c.statement(ctx))?.iter() {
        let (met, all): (i64, i64) = (r.get(1)?, r.get(2)?);
        out.insert(r.get::<Option<String>>(0)?.unwrap_or_default(), Figure { met, unmet: all - met, ..Figure::default() });
    }
    Ok(out)
}

/// [`summary`] of all agencies together: what a page of totals needs, without a line for each of ten thousand agencies.
pub(crate) fn summed(tx: &mut Tx, c: &Compiled, rate: &Rate, ctx: &Ctx) -> Result<Figure> {
    let ctx = &seeing(tx, c, ctx)?;
    let mut sum = Figure { blind: !c.blind(ctx).is_empty(), ..Figure::default() };
    for r in totals(tx, c, &rate.id, ctx, &|ctx| rate.summary(ctx))?.iter() {
        sum = sum.with(r.get(1)?, r.get(2)?);
    }
    Ok(sum)
}

/// [`figures`] of all agencies together.
pub(crate) fn total(tx: &mut Tx, c: &Compiled, part: &str, ctx: &Ctx) -> Result<Figure> {
    let Some(rate) = c.rate(part) else { return Err(store::Error::NotFound(format!("Chỉ tiêu này không có phần «{part}»."))) };
    if c.denominator.is_none() || !part.is_empty() {
        return summed(tx, c, rate, ctx);
    }
    let ctx = &Ctx { sets: tx.engine() == store::Engine::Postgres, ..ctx.clone() };
    let (mut met, mut all) = (0, 0);
    for r in totals(tx, c, "", ctx, &|ctx| c.statement(ctx))?.iter() {
        met += r.get::<i64>(1)?;
        all += r.get::<i64>(2)?;
    }
    Ok(Figure { met, unmet: all - met, ..Figure::default() })
}

/// Sum of all.
pub fn rollup(figures: &BTreeMap<String, Figure>) -> Figure {
    figures.values().fold(Figure::default(), |a, b| a.plus(*b))
}

/// An indicator for every agency in the reader's scope.
pub fn by_agency(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, day: &str) -> Result<BTreeMap<String, AgencyFigure>> {
    let catalogue = Catalogue::of(reg)?;
    let Ok(c) = catalogue.compiled(id) else { return Ok(BTreeMap::new()) };
    let ctx = ctx(actor, c, day)?;
    let all = figures(tx, c, "", &ctx)?;
    let target = c.indicator.targets_on(day).first().map(|t| (*t).clone());
    let reached = |f: &Figure| match target.as_ref().map(|t| judge(c.indicator.kind, t, f)) {
        Some(Verdict::Met) => Some(true),
        Some(Verdict::NotMet) => Some(false),
        _ => None,
    };
    let one = |f: Figure| AgencyFigure { met: f.met, population: f.population(), unknown: f.unknown, reached: reached(&f) };
    // the empty name without records only says that nothing could be counted
    Ok(all.into_iter().filter(|(a, f)| !(a.is_empty() && f.blind && f.population() == 0)).map(|(a, f)| (a, one(f))).collect())
}

/// Is it a figure of a state ("as of" a day), which stays reached once it is, unlike one that counts within a period?
pub fn is_state(reg: &Registry, id: &str) -> Result<bool> {
    Ok(Catalogue::of(reg)?.compiled(id).is_ok_and(|c| matches!(c.indicator.period.as_str(), "" | "as of")))
}

/// An indicator counted for some agencies.
pub struct Counted {
    /// The rule behind it.
    pub rule: &'static Compiled,
    /// By agency; an agency without records has no figure.
    pub by: BTreeMap<String, Figure>,
}

impl Counted {
    /// Verdict of a figure by the indicator's own first target of a day.
    pub fn verdict(&self, f: &Figure, day: &str) -> Option<Verdict> {
        self.rule.indicator.targets_on(day).first().map(|t| judge(self.rule.indicator.kind, t, f))
    }
}

/// An indicator on a day within the actor's scope, or of exactly these agencies when the program itself asks.
/// `None` when it is not in the catalogue or has no source.
pub fn counted(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, day: &str, only: Option<&[String]>) -> Result<Option<Counted>> {
    let Some((rule, ctx)) = asked(reg, actor, id, day, only)? else { return Ok(None) };
    Ok(Some(Counted { rule, by: figures(tx, rule, "", &ctx)? }))
}

/// [`counted`] of all these agencies together: the rule and the sum.
///
/// # Errors
/// Those of reading.
pub fn summed_up(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    id: &str,
    day: &str,
    only: Option<&[String]>,
) -> Result<Option<(&'static Compiled, Figure)>> {
    let Some((rule, ctx)) = asked(reg, actor, id, day, only)? else { return Ok(None) };
    Ok(Some((rule, total(tx, rule, "", &ctx)?)))
}

/// The question about named agencies (`None` = all in the actor's scope).
fn asked(reg: &Registry, actor: &Actor, id: &str, day: &str, only: Option<&[String]>) -> Result<Option<(&'static Compiled, Ctx)>> {
    let Ok(rule) = Catalogue::of(reg)?.compiled(id) else { return Ok(None) };
    let mut ctx = ctx(actor, rule, day)?;
    match (only, &ctx.scope) {
        (Some(list), AgencyScope::All) => ctx.scope = AgencyScope::Agencies(list.to_vec()),
        (Some(_), _) => return Err(store::Error::internal("figures of named agencies are asked by the program, not by a narrower actor")),
        (None, _) => {}
    }
    Ok(Some((rule, ctx)))
}

/// A goal set by a plan: comparator word of the register `target`, value.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// `at_least`, `more_than`, `at_most`, `less_than`, `equal`; a `range` is reached at its lower end.
    pub comparator: String,
    /// Threshold (lower end of a range).
    pub value: f64,
    /// In percent (otherwise in units).
    pub percent: bool,
}

impl Goal {
    /// `None` for a comparator that is no number to reach (`before`, `yes`).
    pub(crate) fn target(&self) -> Option<Target> {
        let word = if self.comparator == "range" { "at_least" } else { self.comparator.as_str() };
        Some(Target::new(Aim::parse(word)?, self.value, if self.percent { "%" } else { "" }))
    }
}

/// Where the goal stands on a bar of percents.
pub(crate) fn mark(t: Option<&Target>) -> Option<f64> {
    t.filter(|t| t.unit == "%").and_then(Target::aim).map(|a| a.1)
}

/// One indicator in one line.
#[derive(Debug, Clone)]
pub struct Headline {
    /// Indicator id.
    pub id: String,
    /// Met.
    pub met: i64,
    /// Not met.
    pub unmet: i64,
    /// No data.
    pub unknown: i64,
    /// `9/12 · 75,0 %`.
    pub words: String,
    /// The verdict.
    pub verdict: Option<Verdict>,
    /// Days until a figure of a running period is final.
    pub days_left: Option<i64>,
    /// The verdict is on the pack's mark, which no plan of the province sets.
    pub reference: bool,
    /// A part of a whole, so that a bar shows it.
    pub share: bool,
    /// Begins anew every year, so that the year's end counts and not the goal's day.
    pub yearly: bool,
    /// The goal counts in another unit than the figure, so that none judges the other.
    pub mismatch: bool,
}

impl Headline {
    /// The verdict in words with its colour; `until` = the day by which the goal is to be reached, when it is not the figure's own.
    pub fn said(&self, until: Option<&str>, today: &str, lang: Lang) -> (Tone, String) {
        let until = until.filter(|_| !self.yearly);
        if self.mismatch {
            return (Tone::Plain, lang.t("mục tiêu tính bằng đơn vị khác", "the goal counts in another unit").to_owned());
        }
        let left = until.and_then(fmt::days).zip(fmt::days(today)).map(|(u, t)| u - t).filter(|n| *n >= 0);
        let days = left.or(self.days_left);
        let (tone, words) = verdict_of(self.verdict, days, lang);
        let words = of_year(words, self.yearly && self.verdict == Some(Verdict::NotMet) && days.is_some(), lang);
        if self.reference && self.verdict.is_some() { crate::goals::compared(&words, lang) } else { (tone, words) }
    }
}

/// Total of an indicator in the reader's scope, judged by `goal` or by the indicator's own first target of the day.
pub fn headline(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, day: &str, goal: Option<Goal>) -> Result<Option<Headline>> {
    headline_within(tx, reg, actor, (id, None), day, goal)
}

/// [`headline`] of an indicator over the agencies at and below a path of the tree: what the plan of one of them speaks of.
pub fn headline_within(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    of: (&str, Option<&str>),
    day: &str,
    goal: Option<Goal>,
) -> Result<Option<Headline>> {
    let goal = goal.map(|g| (g.percent, g.target()));
    headline_by(tx, reg, actor, of, day, goal)
}

/// [`headline`] by a target already made: is it in percent, the target.
pub(crate) fn headline_by(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    (id, within): (&str, Option<&str>),
    day: &str,
    goal: Option<(bool, Option<Target>)>,
) -> Result<Option<Headline>> {
    let Ok(c) = Catalogue::of(reg)?.compiled(id) else { return Ok(None) };
    let ctx = ctx_within(actor, c, day, within)?;
    let f = total(tx, c, "", &ctx)?;
    let own = c.indicator.targets_on(day).first().map(|t| (*t).clone());
    let percent = matches!(c.indicator.kind, FigureKind::Share | FigureKind::Ratio);
    // a goal in another unit than the figure's cannot be judged by it
    let mismatch = goal.as_ref().is_some_and(|g| g.0 != percent);
    let reference = goal.is_none();
    let target = goal.map_or(own, |g| g.1).filter(|_| !mismatch);
    let verdict = target.as_ref().map(|t| judge(c.indicator.kind, t, &f));
    Ok(Some(Headline {
        id: id.to_owned(),
        met: f.met,
        unmet: f.unmet,
        unknown: f.unknown,
        words: words(&c.indicator, &f),
        verdict,
        days_left: target.and_then(|t| crate::goals::left(&c.indicator, &t, day)),
        reference,
        share: percent,
        yearly: rules::yearly(&c.indicator.period),
        mismatch,
    }))
}

/// A figure as people read it; a number never stands alone.
pub fn words(i: &Indicator, f: &Figure) -> String {
    match i.kind {
        FigureKind::Count => fmt::int(f.met),
        FigureKind::Violations => format!("{}/{}", fmt::int(f.unmet), fmt::int(f.population())),
        FigureKind::Ratio => match fmt::percent(f.met, f.population()) {
            Some(p) => format!("{} / {} · {p}", amount(i, f.met), amount(i, f.population())),
            None => "không có đối tượng".into(),
        },
        // nothing is known of anybody: 0 % would be an answer
        FigureKind::Share if f.unknown > 0 && f.met + f.unmet == 0 => format!("chưa có dữ liệu · {} đối tượng", fmt::int(f.unknown)),
        FigureKind::Share => match fmt::percent(f.met, f.population()) {
            Some(p) => format!("{}/{} · {p}", fmt::int(f.met), fmt::int(f.population())),
            None => "không có đối tượng".into(),
        },
    }
}

/// A number of what the indicator counts: money with its unit, anything else without.
pub fn amount(i: &Indicator, n: i64) -> String {
    let money = i.kind == FigureKind::Ratio && i.counted.as_ref().is_none_or(|c| c.vi == "đồng");
    if money { fmt::money(n) } else { fmt::int(n) }
}

/// Colour of a verdict.
pub fn tone(v: Option<Verdict>) -> Tone {
    match v {
        Some(Verdict::Met) => Tone::Met,
        Some(Verdict::NotMet) => Tone::Unmet,
        Some(Verdict::NoData | Verdict::NoSubject) => Tone::None,
        None => Tone::Plain,
    }
}

/// Verdict in words.
pub fn verdict_words(v: Option<Verdict>) -> L {
    match v {
        Some(Verdict::Met) => L("Đạt", "Met"),
        Some(Verdict::NotMet) => L("Chưa đạt", "Not met"),
        Some(Verdict::NoData) => L("Chưa có đủ dữ liệu", "No data"),
        Some(Verdict::NoSubject) => L("Không có đối tượng", "Nothing to count"),
        None => L("Không có mục tiêu", "No goal"),
    }
}

/// The days left are those of the running year, not of the goal's own day.
pub(crate) fn of_year(words: String, yearly: bool, lang: Lang) -> String {
    if yearly { format!("{words} {}", lang.t("của năm nay", "of this year")) } else { words }
}

/// A verdict with its colour. Before its day a goal that is not reached is open, not failed.
pub fn verdict_of(v: Option<Verdict>, days_left: Option<i64>, lang: Lang) -> (Tone, String) {
    match (v, days_left) {
        (Some(Verdict::NotMet), Some(days)) => {
            let left = lang.n(fmt::int(days), "ngày", "day left", "days left");
            (Tone::Soon, format!("{} {left}", lang.t("Chưa đạt, còn", "Not yet,")))
        }
        _ => (tone(v), lang.l(verdict_words(v)).to_owned()),
    }
}

/// Records with an outcome: (record id, agency id), keyset-paged.
pub(crate) fn drill(
    tx: &mut Tx,
    c: &Compiled,
    rate: &Rate,
    ctx: &Ctx,
    outcome: Outcome,
    limit: i64,
    after: Option<&str>,
) -> Result<Vec<(String, Option<String>)>> {
    let ctx = &seeing(tx, c, ctx)?;
    run(tx, &rate.drill(ctx, outcome, limit, after))?.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

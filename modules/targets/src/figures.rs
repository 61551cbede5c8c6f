//! Figures: asked of the registers each time, summed over the agency tree, never averaged.

use std::collections::BTreeMap;
use std::sync::Arc;

use access::{Actor, Subtree, Verb};
use registers::{Registry, to_value};
use rules::{AgencyScope, Aim, Compiled, Ctx, Figure, FigureKind, Outcome, Rate, Statement, Target, Verdict, judge};
use store::{Result, Tx, Value};
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

pub(crate) fn run(tx: &mut Tx, s: &Statement) -> Result<Vec<store::Row>> {
    let params: Vec<Value> = s.params.iter().map(to_value).collect();
    tx.query(&s.sql, &params)
}

/// [`run`] for figures: a question over all records, with the same answer as long as no register changes.
fn totals(tx: &mut Tx, s: &Statement) -> Result<Arc<[store::Row]>> {
    let params: Vec<Value> = s.params.iter().map(to_value).collect();
    tx.query_kept(&s.sql, &params)
}

/// Figures of a rate by agency.
pub(crate) fn summary(tx: &mut Tx, rate: &Rate, ctx: &Ctx) -> Result<BTreeMap<String, Figure>> {
    let mut out: BTreeMap<String, Figure> = BTreeMap::new();
    for r in totals(tx, &rate.summary(ctx))?.iter() {
        let figure = out.entry(r.get::<Option<String>>(0)?.unwrap_or_default()).or_default();
        *figure = figure.with(r.get(1)?, r.get(2)?);
    }
    Ok(out)
}

/// Figures of an indicator (or one of its parts) by agency. A ratio has đồng instead of records.
pub(crate) fn figures(tx: &mut Tx, c: &Compiled, part: &str, ctx: &Ctx) -> Result<BTreeMap<String, Figure>> {
    let Some(rate) = c.rate(part) else { return Err(store::Error::NotFound(format!("Chỉ tiêu này không có phần «{part}»."))) };
    if c.denominator.is_none() || !part.is_empty() {
        return summary(tx, rate, ctx);
    }
    let mut out = BTreeMap::new();
    for r in totals(tx, &c.statement(ctx))?.iter() {
        let (met, all): (i64, i64) = (r.get(1)?, r.get(2)?);
        out.insert(r.get::<Option<String>>(0)?.unwrap_or_default(), Figure { met, unmet: all - met, ..Figure::default() });
    }
    Ok(out)
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
    Ok(all.into_iter().map(|(a, f)| (a, one(f))).collect())
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
    let Ok(rule) = Catalogue::of(reg)?.compiled(id) else { return Ok(None) };
    let mut ctx = ctx(actor, rule, day)?;
    match (only, &ctx.scope) {
        (Some(list), AgencyScope::All) => ctx.scope = AgencyScope::Agencies(list.to_vec()),
        (Some(_), _) => return Err(store::Error::internal("figures of named agencies are asked by the program, not by a narrower actor")),
        (None, _) => {}
    }
    Ok(Some(Counted { rule, by: figures(tx, rule, "", &ctx)? }))
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
}

impl Headline {
    /// The verdict in words with its colour; `until` = the day by which the goal is to be reached, when it is not the figure's own.
    pub fn said(&self, until: Option<&str>, today: &str, lang: Lang) -> (Tone, String) {
        let left = until.and_then(fmt::days).zip(fmt::days(today)).map(|(u, t)| u - t).filter(|n| *n >= 0);
        verdict_of(self.verdict, left.or(self.days_left), lang)
    }
}

/// Total of an indicator in the reader's scope, judged by `goal` or by the indicator's own first target of the day.
pub fn headline(tx: &mut Tx, reg: &Registry, actor: &Actor, id: &str, day: &str, goal: Option<Goal>) -> Result<Option<Headline>> {
    let Ok(c) = Catalogue::of(reg)?.compiled(id) else { return Ok(None) };
    let ctx = ctx(actor, c, day)?;
    let f = rollup(&figures(tx, c, "", &ctx)?);
    let own = c.indicator.targets_on(day).first().map(|t| (*t).clone());
    let percent = matches!(c.indicator.kind, FigureKind::Share | FigureKind::Ratio);
    // a goal in another unit than the figure's cannot be judged by it
    let mismatch = goal.as_ref().is_some_and(|g| g.percent != percent);
    let target = goal.map_or(own, |g| g.target()).filter(|_| !mismatch);
    let verdict = target.map(|t| judge(c.indicator.kind, &t, &f));
    Ok(Some(Headline {
        id: id.to_owned(),
        met: f.met,
        unmet: f.unmet,
        unknown: f.unknown,
        words: words(c.indicator.kind, &f),
        verdict,
        days_left: rules::days_open(&c.indicator.period, c.indicator.due, day),
    }))
}

/// A figure as people read it; a number never stands alone.
pub fn words(kind: FigureKind, f: &Figure) -> String {
    match kind {
        FigureKind::Count => fmt::int(f.met),
        FigureKind::Violations => format!("{}/{}", fmt::int(f.unmet), fmt::int(f.population())),
        FigureKind::Ratio => match fmt::percent(f.met, f.population()) {
            Some(p) => format!("{} / {} · {p}", fmt::money(f.met), fmt::money(f.population())),
            None => "không có đối tượng".into(),
        },
        FigureKind::Share => match fmt::percent(f.met, f.population()) {
            Some(p) => format!("{}/{} · {p}", fmt::int(f.met), fmt::int(f.population())),
            None => "không có đối tượng".into(),
        },
    }
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

/// A verdict with its colour. Before its day a goal that is not reached is open, not failed.
pub fn verdict_of(v: Option<Verdict>, days_left: Option<i64>, lang: Lang) -> (Tone, String) {
    match (v, days_left) {
        (Some(Verdict::NotMet), Some(days)) => {
            (Tone::Soon, format!("{} {} {}", lang.t("Chưa đạt, còn", "Not yet, left"), fmt::int(days), lang.t("ngày", "days")))
        }
        _ => (tone(v), lang.l(verdict_words(v)).to_owned()),
    }
}

/// Records with an outcome: (record id, agency id), keyset-paged.
pub(crate) fn drill(
    tx: &mut Tx,
    rate: &Rate,
    ctx: &Ctx,
    outcome: Outcome,
    limit: i64,
    after: Option<&str>,
) -> Result<Vec<(String, Option<String>)>> {
    run(tx, &rate.drill(ctx, outcome, limit, after))?.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect()
}

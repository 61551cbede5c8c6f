//! All goals of an indicator side by side: those of the pack and those of plans that a person bound to it. Contradictory ones
//! are kept, each with its verdict and source; the stricter is marked.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Subtree, Verb};
use registers::{Filter, Op, Query, Registry, actions};
use rules::{Figure, FigureKind, Indicator, Target, judge};
use store::{Result, Tx};
use web::components::tag;
use web::maud::{Markup, html};
use web::{Lang, Tone, fmt};

use crate::figures::{Goal, of_year, verdict_of};
use crate::pages::goal_words;

/// Goals that plans set, by indicator: the goal, the plan's title and address.
pub(crate) type OfPlans = BTreeMap<String, Vec<(Target, String, String)>>;

/// Plans whose goals speak of everything the reader's figures count: those of the province and above, and that of an agency for
/// who sees no more than that agency. The goal of a commune says nothing of the figure of a province.
fn speaking(tx: &mut Tx, reg: &Registry, actor: &Actor) -> Result<BTreeSet<String>> {
    let mut ids = BTreeSet::new();
    let Ok(scope) = actor.may(Verb::Read, "plan") else { return Ok(ids) };
    let figures = actor.may(Verb::Read, "figure")?;
    let mut query = Query { limit: Some(500), as_of: Some("all".into()), uncounted: true, ..Query::default() };
    loop {
        let page = actions::list(tx, reg, &scope, &query)?;
        for p in page.items {
            let wide = matches!(p.text("level"), Some("national" | "province"));
            let issuer = match (wide, p.text("issuer"), figures.subtree()) {
                (false, Some(issuer), Subtree::Paths(own)) => {
                    web::agency_path(tx, issuer)?.filter(|path| own.iter().all(|o| o.starts_with(path)))
                }
                _ => None,
            };
            if wide || issuer.is_some() {
                ids.insert(p.id);
            }
        }
        match page.next {
            Some(n) => query.after = Some(n),
            None => return Ok(ids),
        }
    }
}

/// Goals of accepted plans that a person bound to an indicator; nothing for who may not read them.
pub(crate) fn of_plans(tx: &mut Tx, reg: &Registry, actor: &Actor) -> Result<OfPlans> {
    let mut out = OfPlans::new();
    let (Ok(scope), Ok(_)) = (actor.may(Verb::Read, "target"), reg.get("target")) else { return Ok(out) };
    let speaking = speaking(tx, reg, actor)?;
    let mut query = Query {
        filters: vec![Filter { field: "indicator_confirmed".into(), op: Op::Is, values: vec!["1".into()] }],
        limit: Some(500),
        ..Query::default()
    };
    loop {
        let page = actions::list(tx, reg, &scope, &query)?;
        for r in page.items {
            if !r.link("plan").is_some_and(|p| speaking.contains(p)) {
                continue;
            }
            let (Some(id), Some(comparator), Some(value)) = (r.text("indicator"), r.text("comparator"), r.real("value")) else { continue };
            let goal = Goal { comparator: comparator.to_owned(), value, percent: r.text("unit") == Some("percent") };
            let Some(mut target) = goal.target() else { continue };
            target.until = r.text("horizon").and_then(|d| d.parse().ok());
            let plan = r.link("plan").map(|p| format!("/plans/{p}")).unwrap_or_default();
            out.entry(id.to_owned()).or_default().push((target, r.link_title("plan").unwrap_or_default().to_owned(), plan));
        }
        match page.next {
            Some(n) => query.after = Some(n),
            None => return Ok(out),
        }
    }
}

/// Days until a goal that is not reached is failed: until the figure of the running year is final, and for a figure of a day
/// until the goal's own day.
pub(crate) fn left(i: &Indicator, goal: &Target, day: &str) -> Option<i64> {
    if rules::yearly(&i.period) {
        return rules::days_open(&i.period, i.due, day);
    }
    let until = goal.until.as_ref().and_then(|d| fmt::days(&d.to_string()))?;
    Some(until - fmt::days(day)?).filter(|n| *n >= 0)
}

/// Goals of plans that nothing measures yet, counted by plan: title, address, how many.
pub(crate) fn unmeasured(tx: &mut Tx, reg: &Registry, actor: &Actor) -> Result<Vec<(String, String, usize)>> {
    let mut out: BTreeMap<String, (String, usize)> = BTreeMap::new();
    let (Ok(scope), Ok(_)) = (actor.may(Verb::Read, "target"), reg.get("target")) else { return Ok(vec![]) };
    let speaking = speaking(tx, reg, actor)?;
    let mut query = Query { limit: Some(500), ..Query::default() };
    loop {
        let page = actions::list(tx, reg, &scope, &query)?;
        for r in page.items.iter().filter(|r| r.text("indicator").is_none() || r.bool("indicator_confirmed") != Some(true)) {
            let Some(plan) = r.link("plan").filter(|p| speaking.contains(*p)) else { continue };
            let of = out.entry(format!("/plans/{plan}")).or_insert_with(|| (r.link_title("plan").unwrap_or_default().to_owned(), 0));
            of.1 += 1;
        }
        match page.next {
            Some(n) => query.after = Some(n),
            None => return Ok(out.into_iter().map(|(href, (title, n))| (title, href, n)).collect()),
        }
    }
}

/// One goal as a line shows it.
pub(crate) struct Line {
    target: Target,
    /// Who asks it, and where that stands (empty: nowhere here).
    sources: Vec<(String, String)>,
    /// Some other goal here asks less.
    stricter: bool,
    /// Days until the figure of the running period is final.
    left: Option<i64>,
    /// That period is a year.
    yearly: bool,
    /// No plan of this province asks it: a mark to compare with, no verdict.
    reference: bool,
}

/// The pack's goals of the day, then those of plans; the same goal of several sources is one line.
pub(crate) fn lines(i: &Indicator, day: &str, plans: &OfPlans) -> Vec<Line> {
    let percent = matches!(i.kind, FigureKind::Share | FigureKind::Ratio);
    let own = i.targets_on(day).into_iter().map(|t| (t.clone(), t.basis.clone(), String::new()));
    // a goal in another unit than the figure's cannot be held against it
    let bound = plans.get(&i.id).into_iter().flatten().filter(|(t, ..)| (t.unit == "%") == percent).cloned();
    let mut out: Vec<Line> = Vec::new();
    for (mut target, source, href) in own.chain(bound) {
        if !percent && target.unit.is_empty() {
            target.unit = i.targets.first().map(|t| t.unit.clone()).unwrap_or_default();
        }
        match out.iter_mut().find(|l| l.target.aim() == target.aim() && l.target.unit == target.unit && l.target.until == target.until) {
            Some(same) => {
                same.reference &= href.is_empty();
                same.sources.push((source, href));
            }
            None => {
                let (left, reference) = (left(i, &target, day), href.is_empty());
                out.push(Line {
                    target,
                    sources: vec![(source, href)],
                    stricter: false,
                    left,
                    yearly: rules::yearly(&i.period),
                    reference,
                });
            }
        }
    }
    for n in 0..out.len() {
        out[n].stricter = (0..out.len()).any(|m| out[n].target.stricter_than(&out[m].target) == Some(true))
            && !(0..out.len()).any(|m| out[m].target.stricter_than(&out[n].target) == Some(true));
    }
    out
}

impl Line {
    /// Set by a plan of this province.
    pub(crate) fn binds(&self) -> bool {
        !self.reference
    }
    /// The goal.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }
    /// Goal, verdict, which is stricter, source.
    pub(crate) fn show(&self, kind: FigureKind, f: &Figure, sources: bool, lang: Lang) -> Markup {
        let judged = judge(kind, &self.target, f);
        let (tone, verdict) = verdict_of(Some(judged), self.left, lang);
        let verdict = of_year(verdict, self.yearly && judged == rules::Verdict::NotMet && self.left.is_some(), lang);
        let (tone, verdict) = if self.reference { compared(&verdict, lang) } else { (tone, verdict) };
        html! {
            div.small {
                (goal_words(&self.target, lang)) " " (tag(tone, &verdict))
                @if self.stricter { " " (tag(Tone::Plain, lang.t("chặt hơn", "stricter"))) }
                @if self.target.unverified { " " (tag(Tone::Soon, lang.t("chưa đối chiếu", "unverified"))) }
                @if sources { span.muted { @for (n, (source, href)) in self.sources.iter().enumerate() {
                    @if n == 0 { " " } @else { "; " } @if href.is_empty() { (source) } @else { a href=(href) { (source) } }
                } } }
            }
        }
    }
}

/// A verdict on a mark that no plan of the province sets: said, but in no colour.
pub(crate) fn compared(verdict: &str, lang: Lang) -> (Tone, String) {
    (Tone::Plain, format!("{} {}", lang.t("mốc tham khảo:", "for comparison:"), verdict.to_lowercase()))
}

/// The goal of a plan that counts first for an indicator, if any.
pub(crate) fn of_plan(i: &Indicator, plans: &OfPlans) -> Option<Target> {
    let percent = matches!(i.kind, FigureKind::Share | FigureKind::Ratio);
    plans.get(&i.id)?.iter().map(|p| &p.0).find(|t| (t.unit == "%") == percent).cloned()
}

/// `31/12/2030` of a goal, when it has a last day.
pub(crate) fn until(t: &Target) -> Option<String> {
    rules::date_text(t.until.as_ref()).map(|d| fmt::date(&d))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t07() -> Indicator {
        let reg = rules::Pack::load(include_str!("../../../packs/indicators-2026/force-training.toml"), "x").unwrap();
        reg.indicators.into_iter().find(|i| i.id == "T-07").unwrap()
    }

    #[test]
    fn contradictory_goals_stand_side_by_side_and_the_stricter_is_marked() {
        let goal = |n: f64| Goal { comparator: "at_least".into(), value: n, percent: false }.target().unwrap();
        let plans = OfPlans::from([("T-07".to_owned(), vec![(goal(3.0), "Kế hoạch A".to_owned(), "/plans/a".to_owned())])]);
        let lines = lines(&t07(), "2026-11-22", &plans);
        let said: Vec<String> = lines
            .iter()
            .map(|l| l.show(FigureKind::Count, &Figure { met: 2, ..Figure::default() }, true, Lang::Vi).into_string())
            .collect();
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(
            said[0].contains("≥ 2 cuộc")
                && said[0].contains("mốc tham khảo: đạt<")
                && said[0].contains("Kế hoạch tỉnh Nghệ An 2026")
                && !said[0].contains("chặt hơn"),
            "{}",
            said[0]
        );
        assert!(
            said[1].contains("≥ 1 cuộc") && said[1].contains("Kế hoạch tỉnh Đồng Tháp 2026") && !said[1].contains("chặt hơn"),
            "{}",
            said[1]
        );
        assert!(
            said[2].contains("≥ 3 cuộc") && said[2].contains("Chưa đạt") && said[2].contains("chặt hơn") && said[2].contains("/plans/a"),
            "{}",
            said[2]
        );
    }

    #[test]
    fn the_same_goal_of_two_sources_is_one_line_and_a_share_is_no_number() {
        let target = |percent| Goal { comparator: "at_least".into(), value: 1.0, percent }.target().unwrap();
        let mut same = target(false);
        same.until = "2030-12-31".parse().ok();
        let plans = OfPlans::from([(
            "T-07".to_owned(),
            vec![(same, "B".to_owned(), "/plans/b".to_owned()), (target(true), "C".to_owned(), "/plans/c".to_owned())],
        )]);
        let lines = lines(&t07(), "2026-11-22", &plans);
        let names = |l: &Line| l.sources.iter().map(|s| s.0.clone()).collect::<Vec<_>>().join("; ");
        assert_eq!(
            lines.iter().map(names).collect::<Vec<_>>(),
            ["Kế hoạch tỉnh Nghệ An 2026 IV.1", "Kế hoạch tỉnh Đồng Tháp 2026 III.1.e; B"]
        );
    }
}

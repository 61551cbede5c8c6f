//! What fills a report: figures of indicators and obligations of the agencies it stands for, on a day. Nothing is typed.

use std::collections::BTreeMap;

use access::Actor;
use registers::{Filter, Op, Registry};
use serde::{Deserialize, Serialize};
use store::{Error, Result, Tx};
use targets::{Figure, FigureKind};

use crate::template::Template;

/// Figures of a report; frozen as JSON in `report_version.figures` when it is filed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    /// Template and its version.
    pub template: (String, i64),
    /// Last day that counts, `YYYY-MM-DD`.
    pub as_of: String,
    /// Agencies whose records were counted; the first is the one that reports.
    pub agencies: Vec<String>,
    /// In the order of the template.
    pub lines: Vec<Line>,
    /// Obligations, when the template asks for them.
    pub obligations: Option<Duties>,
}

/// One indicator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Indicator.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// Met (đồng for a ratio).
    pub met: i64,
    /// Not met.
    pub unmet: i64,
    /// No data.
    pub unknown: i64,
    /// Left out of the population.
    pub excluded: i64,
    /// Nobody has entered anything yet that could be counted: no figure, not "none".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blind: bool,
}

impl Line {
    /// As the rules count.
    pub fn figure(&self) -> Figure {
        Figure { met: self.met, unmet: self.unmet, unknown: self.unknown, excluded: self.excluded, blind: self.blind }
    }
    fn of(id: &str, version: i64, f: Figure) -> Self {
        Self { id: id.to_owned(), version, met: f.met, unmet: f.unmet, unknown: f.unknown, excluded: f.excluded, blind: f.blind }
    }
    /// Sum over sum.
    pub fn plus(&self, other: &Line) -> Self {
        Self::of(&self.id, self.version, self.figure().plus(other.figure()))
    }
}

/// Obligations due in the year up to the day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duties {
    /// Done.
    pub done: i64,
    /// Past the due day.
    pub late: i64,
    /// Neither.
    pub open: i64,
}

impl Duties {
    /// Sum.
    pub fn plus(self, o: Self) -> Self {
        Self { done: self.done + o.done, late: self.late + o.late, open: self.open + o.open }
    }
}

/// What an indicator is called and how its figure reads; the catalogue may be newer than a frozen figure.
pub struct Said {
    /// Name.
    pub label: String,
    /// `9/12 · 75,0 %`.
    pub words: String,
    /// Colour and verdict by the indicator's own target.
    pub tone: web::Tone,
    /// Verdict.
    pub verdict: web::L,
    /// Opens to records (a ratio of money does not).
    pub opens: bool,
}

/// A line in words.
pub fn said(reg: &Registry, line: &Line, day: &str, lang: web::Lang) -> Result<Said> {
    let c = targets::Catalogue::of(reg)?.compiled(&line.id)?;
    let f = line.figure();
    let counted = targets::Counted { rule: c, by: BTreeMap::new() };
    let verdict = counted.verdict(&f, day);
    Ok(Said {
        label: c.indicator.label.vi_or_en(lang == web::Lang::En).to_owned(),
        words: targets::words(&c.indicator, &f),
        tone: targets::tone(verdict),
        verdict: targets::verdict_words(verdict),
        opens: c.indicator.kind != FigureKind::Ratio,
    })
}

/// The program acting for a person: it may count and freeze what the person may not type; the ledger names the person.
pub fn program(actor: &Actor) -> Actor {
    let mut p = Actor::system("reports");
    p.id.clone_from(&actor.id);
    p.name.clone_from(&actor.name);
    p
}

/// The agencies a report stands for: itself, those that ended and handed over to it, and below each the agencies that report
/// to nobody of their own.
pub fn group(tx: &mut Tx, reg: &Registry, agency: &str, predecessors: &[String]) -> Result<Vec<String>> {
    let system = Actor::system("reports");
    let mut found: Vec<String> = vec![agency.to_owned()];
    found.extend(predecessors.iter().filter(|p| *p != agency).cloned());
    let mut layer = found.clone();
    while !layer.is_empty() {
        let below = crate::all_where(tx, reg, &system, "agency", vec![Filter { field: "parent".into(), op: Op::Is, values: layer }])?;
        layer = below.iter().filter(|a| a.bool("must_report") != Some(true) && !found.contains(&a.id)).map(|a| a.id.clone()).collect();
        found.extend(layer.iter().cloned());
    }
    Ok(found)
}

/// Counts everything the template asks, for these agencies (`None` = everybody), on a day.
pub fn count(tx: &mut Tx, reg: &Registry, template: &Template, agencies: Option<&[String]>, day: &str) -> Result<Frozen> {
    let system = Actor::system("reports");
    let mut lines = Vec::new();
    for id in template.sections.iter().flat_map(|s| &s.indicators) {
        let Some((rule, sum)) = targets::summed_up(tx, reg, &system, id, day, agencies)? else { continue };
        lines.push(Line::of(id, rule.indicator.version, sum));
    }
    let wants = template.sections.iter().any(|s| s.obligations);
    let obligations = if wants { Some(duties(tx, reg, &system, agencies, day)?) } else { None };
    Ok(Frozen {
        template: (template.head.id.clone(), template.head.version),
        as_of: day.to_owned(),
        agencies: agencies.unwrap_or_default().to_vec(),
        lines,
        obligations,
    })
}

/// Obligations of the year of `day`: those due until the day, and what has no date.
fn duties(tx: &mut Tx, reg: &Registry, actor: &Actor, agencies: Option<&[String]>, day: &str) -> Result<Duties> {
    let year = day.get(..4).unwrap_or_default().to_owned();
    let mut filters = vec![];
    if let Some(list) = agencies {
        filters.push(Filter { field: "agency".into(), op: Op::Is, values: list.to_vec() });
    }
    let mut d = Duties::default();
    for o in crate::all_where(tx, reg, actor, "obligation", filters)? {
        if o.text("due_on").is_some_and(|due| !due.starts_with(&year)) {
            continue;
        }
        match plans::derive(&o, day) {
            s if s.done() => d.done += 1,
            plans::State::Overdue => d.late += 1,
            s if s.open() => d.open += 1,
            _ => {}
        }
    }
    Ok(d)
}

/// JSON of a frozen thing.
pub fn to_json<T: Serialize>(v: &T) -> Result<String> {
    serde_json::to_string(v).map_err(Error::internal)
}

/// A frozen thing back from JSON: written by this program, so a failure is a defect.
pub fn from_json<T: for<'a> Deserialize<'a>>(s: &str) -> Result<T> {
    serde_json::from_str(s).map_err(Error::internal)
}

/// Address of the records behind a line.
pub fn records_href(line: &Line, agencies: &[String], outcome: &str, as_of: &str) -> String {
    let mut pairs = vec![("outcome", outcome), ("as_of", as_of)];
    pairs.extend(agencies.iter().map(|a| ("agency", a.as_str())));
    format!("/targets/{}/records?{}", line.id, web::security::query_string(&pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_sums_over_sums() {
        let line = |met, unmet| Line::of("T-04", 1, Figure { met, unmet, ..Figure::default() });
        // 1/1 and 0/3: the mean of the percentages would be 50
        assert_eq!(line(1, 0).plus(&line(0, 3)).figure().percent(), Some(25.0));
    }

    #[test]
    fn a_frozen_report_comes_back_as_it_was() {
        let f = Frozen {
            template: ("annual".into(), 1),
            as_of: "2026-11-30".into(),
            agencies: vec!["a".into()],
            lines: vec![Line::of("T-04", 1, Figure { met: 1, unmet: 2, unknown: 3, excluded: 4, ..Figure::default() })],
            obligations: Some(Duties { done: 1, late: 2, open: 3 }),
        };
        assert_eq!(from_json::<Frozen>(&to_json(&f).expect("json")).expect("back"), f);
    }
}

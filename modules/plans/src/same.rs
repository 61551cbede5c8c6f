//! Is this the plan we already have? A draft in spring, the signed file in summer: one plan, not two with twice the work.

use std::collections::BTreeSet;

use access::{Actor, Verb};
use plan_reader::Line;
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Record, Registry};
use store::{Error, Result, Tx};

use crate::draft::Draft;
use crate::expand::{self, linked};

/// What a person says about a plan that looks like one there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Same {
    /// Another plan after all.
    Other,
    /// The signed copy of this plan: it gets number and date, the reading goes.
    Signed(String),
    /// Takes the place of this plan.
    Replaces(String),
}

impl Same {
    /// `other`, `signed:ID`, `replaces:ID`.
    pub fn parse(s: &str) -> Option<Self> {
        match s.split_once(':') {
            None if s == "other" => Some(Same::Other),
            Some(("signed", id)) => Some(Same::Signed(id.to_owned())),
            Some(("replaces", id)) => Some(Same::Replaces(id.to_owned())),
            _ => None,
        }
    }
}

/// A plan there is that a reading looks like.
#[derive(Debug, Clone)]
pub struct Alike {
    /// The plan.
    pub plan: Record,
    /// Share of equal lines, 0–1; nothing when nothing of its text is kept.
    pub share: Option<f64>,
}

impl Alike {
    /// "97 %" for a sentence.
    pub fn percent(&self) -> Option<String> {
        self.share.map(|s| format!("{}\u{a0}%", (s * 100.0).round()))
    }
}

/// Share of equal lines from which a plan is asked about …
const SAME_TEXT: f64 = 0.5;
/// … and from which it is although both bear numbers, and different ones.
const COPIED: f64 = 0.8;

/// Plans in force or in draft of the same issuer that bear the same number in the same year, nearly the same title, or nearly the
/// same text; the most alike first.
pub fn look_alikes(tx: &mut Tx, reg: &Registry, actor: &Actor, d: &Draft) -> Result<Vec<Alike>> {
    let Some(issuer) = &d.head.issuer else { return Ok(vec![]) };
    let of_issuer = vec![Filter { field: "issuer".into(), op: Op::Is, values: vec![issuer.clone()] }];
    let p = &d.reading.plan;
    let year = |date: Option<&str>| date.and_then(|d| d.get(..4)).map(str::to_owned);
    let own = units(&d.reading.lines);
    let mut found = Vec::new();
    for r in crate::all_where(tx, reg, actor, "plan", of_issuer)? {
        if !matches!(r.state.as_deref(), Some("in_force" | "draft")) {
            continue;
        }
        let number = match (r.text("number"), p.number.as_deref()) {
            (Some(a), Some(b)) => text::search_key(a) == text::search_key(b) && year(r.text("issued_on")) == year(p.date.as_deref()),
            _ => false,
        };
        // two numbered plans of different numbers are two plans, whatever their titles; not when one is a copy of the other
        let numbered = r.text("number").is_some() && p.number.is_some();
        let title = !numbered && overlap(r.text("title").unwrap_or_default(), p.title.as_deref().unwrap_or_default()) >= 0.8;
        let share = text_share(tx, reg, actor, &r.id, &own)?;
        if number || title || share.is_some_and(|s| s >= if numbered { COPIED } else { SAME_TEXT }) {
            found.push(Alike { plan: r, share });
        }
    }
    found.sort_by(|a, b| b.share.unwrap_or(0.0).total_cmp(&a.share.unwrap_or(0.0)));
    Ok(found)
}

/// Share of equal lines of a reading and the text of a plan: of the documents it was read from; of a plan that came another way,
/// how much of its objectives and tasks stands in the reading.
fn text_share(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, own: &BTreeSet<String>) -> Result<Option<f64>> {
    let both = |other: &BTreeSet<String>| own.intersection(other).count() as f64;
    let mut best: Option<f64> = None;
    for body in crate::store::bodies(tx, plan)? {
        let Ok(old) = serde_json::from_str::<Draft>(&body) else { continue };
        let other = units(&old.reading.lines);
        let most = own.len().max(other.len());
        if most > 0 {
            best = Some(best.unwrap_or_default().max(both(&other) / most as f64));
        }
    }
    if best.is_some() {
        return Ok(best);
    }
    let mut said = BTreeSet::new();
    for register in ["objective", "task"] {
        let content = linked(tx, reg, actor, register, "plan", plan)?;
        said.extend(content.iter().filter_map(|r| r.text("content")).filter_map(unit));
    }
    Ok((!said.is_empty()).then(|| both(&said) / said.len() as f64))
}

/// Shortest line that says something, in letters of its key: "1", "Nơi nhận:" and the like are in every plan.
const SHORT: usize = 16;

fn unit(line: &str) -> Option<String> {
    Some(text::search_key(line)).filter(|k| k.len() >= SHORT)
}

/// Normalised lines; of a table its cells.
fn units(lines: &[Line]) -> BTreeSet<String> {
    let of = |l: &Line| if l.cells.len() > 1 { l.cells.clone() } else { vec![bare(&l.text).to_owned()] };
    lines.iter().flat_map(of).filter_map(|c| unit(&c)).collect()
}

/// Without its bullet or number: numbering differs from draft to draft.
fn bare(line: &str) -> &str {
    let line = line.trim_start().trim_start_matches(['-', '+', '•', '*', '–', ' ']);
    match line.split_once([' ', '\t']) {
        Some((head, rest)) if head.len() <= 5 && head.ends_with(['.', ')']) => rest.trim_start(),
        _ => line,
    }
}

/// Share of words two titles have in common.
fn overlap(a: &str, b: &str) -> f64 {
    let words = |s: &str| text::search_key(s).split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect::<BTreeSet<_>>();
    let (a, b) = (words(a), words(b));
    let (both, all) = (a.intersection(&b).count(), a.union(&b).count());
    if all == 0 { 0.0 } else { both as f64 / all as f64 }
}

/// The signed copy gives its number and date to the plan there is, which comes into force with them. How many obligations that made.
pub fn sign(tx: &mut Tx, reg: &Registry, actor: &Actor, d: &Draft, plan: &str, today: &str) -> Result<usize> {
    // the action asks for the right to change; what is read here is read as a reader
    let scope = actor.may(Verb::Read, "plan")?;
    let r = actions::get(tx, reg, &scope, plan)?;
    let p = &d.reading.plan;
    let mut v = Values::new();
    for (field, value) in [("number", &p.number), ("issued_on", &p.date)] {
        if let Some(value) = value {
            v.insert(field.to_owned(), Data::Text(value.clone()));
        }
    }
    if v.is_empty() {
        let message =
            "Bản này cũng chưa có số, ngày nên không bổ sung gì cho kế hoạch đã có. Nhập số, ngày ở phần đầu văn bản, hoặc chọn cách khác.";
        return Err(Error::invalid("same", message));
    }
    let r = actions::update(tx, reg, actor, "plan", plan, r.version, v, Some("Bổ sung số, ngày từ bản đã ký"))?;
    if r.state.as_deref() == Some("draft") && r.text("issued_on").is_some() {
        return issue(tx, reg, actor, plan, r.version, today);
    }
    Ok(0)
}

/// The plan comes into force, and with it its obligations: how many were made.
pub fn issue(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, version: i64, today: &str) -> Result<usize> {
    actions::transition(tx, reg, actor, "plan", plan, version, "issue", Values::new(), None)?;
    expand::plan(tx, reg, actor, plan, today)
}

/// The old plan is over: its successor says so.
pub fn replace(tx: &mut Tx, reg: &Registry, actor: &Actor, old: &str, new: &str) -> Result<()> {
    let scope = actor.may(Verb::Read, "plan")?;
    let r = actions::get(tx, reg, &scope, old)?;
    let reason = format!("Được thay thế bằng kế hoạch {new}");
    actions::transition(tx, reg, actor, "plan", old, r.version, "supersede", Values::new(), Some(&reason)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_alike_when_nearly_all_words_are() {
        let a = "Triển khai Đề án nâng cao năng lực bảo vệ an ninh mạng trên địa bàn tỉnh Sao Mai";
        assert!(overlap(a, "Triển khai đề án Nâng cao năng lực bảo vệ an ninh mạng, trên địa bàn tỉnh Sao Mai") > 0.99);
        assert!(overlap(a, "Chuyển đổi số tỉnh Sao Mai năm 2026") < 0.5);
        assert!(overlap("", "") < 0.1);
    }

    #[test]
    fn lines_are_equal_whatever_their_numbering_and_spacing() {
        let line = |text: &str, cells: &[&str]| Line { line: 1, text: text.into(), cells: cells.iter().map(|c| (*c).to_owned()).collect() };
        let a = units(&[line("1. Rà soát các trạm quan trắc ven sông", &[]), line("Nơi nhận:", &[])]);
        let b = units(&[line("a)  Rà soát các trạm  quan trắc ven sông", &[]), line("- Rà soát các trạm quan trắc ven sông", &[])]);
        assert_eq!(a, b);
        let row =
            units(&[line("1\tRà soát các trạm quan trắc ven sông\tSở Y tế", &["1", "Rà soát các trạm quan trắc ven sông", "Sở Y tế"])]);
        assert_eq!(row, a);
        assert!(units(&[line("Sở Y tế", &[])]).is_empty());
    }

    #[test]
    fn words_of_the_form() {
        assert_eq!(Same::parse("other"), Some(Same::Other));
        assert_eq!(Same::parse("signed:x"), Some(Same::Signed("x".into())));
        assert_eq!(Same::parse("replaces:x"), Some(Same::Replaces("x".into())));
        assert_eq!([Same::parse(""), Same::parse("x:y"), Same::parse("signed")], [None, None, None]);
    }
}

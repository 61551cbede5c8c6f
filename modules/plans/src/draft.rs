//! A reading under correction: what the engine read, what a person changed, who the actors are.

use std::collections::BTreeMap;

use plan_reader::{Plan, Reading};
use serde::{Deserialize, Serialize};

/// Who a name of the document stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// One agency of the register.
    Agency(String),
    /// A collective actor, expanded by date.
    Collective(String),
    /// Agencies a person picked (for "các cơ quan có liên quan").
    Chosen(Vec<String>),
    /// Nobody of the register: kept as text.
    TextOnly,
}

/// Facts of the plan that the document does not say, or that a person corrected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Issuing agency of the register.
    pub issuer: Option<String>,
    /// `national`, `province`, `agency`, `district`, `commune`.
    pub level: String,
    /// First day of validity.
    pub starts_on: Option<String>,
    /// Last day of validity.
    pub ends_on: Option<String>,
    /// Plan above it.
    pub parent: Option<String>,
}

/// The whole of it; saved as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Draft {
    /// What was read, as corrected.
    pub reading: Reading,
    /// Facts beside the text.
    pub head: Head,
    /// Name as written → who it is. Names not in here are not resolved yet.
    pub actors: BTreeMap<String, Who>,
    /// Names whose meaning a person (not a matching rule) gave: learned as aliases at acceptance.
    pub learned: Vec<String>,
    /// "objective.value" → indicator id, confirmed by a person; empty = none fits.
    pub indicators: BTreeMap<String, String>,
    /// Indexes of tasks left out.
    pub left_out: Vec<usize>,
}

impl Draft {
    /// Every name that leads or coordinates a task or heads an assignment, in order, once.
    pub fn names(&self) -> Vec<String> {
        let plan = &self.reading.plan;
        let tasks = plan.tasks.iter().flat_map(|t| t.lead.iter().chain(&t.coordinating));
        let mut seen = Vec::<String>::new();
        for name in tasks.chain(plan.assignments.iter().flat_map(|a| &a.agencies)) {
            if !seen.contains(name) {
                seen.push(name.clone());
            }
        }
        seen
    }
    /// Names that lead a task.
    pub fn leads(&self) -> Vec<&String> {
        let mut seen: Vec<&String> = Vec::new();
        for name in self.reading.plan.tasks.iter().flat_map(|t| &t.lead) {
            if !seen.contains(&name) {
                seen.push(name);
            }
        }
        seen
    }
    /// Names nobody has said anything about.
    pub fn unresolved(&self) -> Vec<String> {
        self.names().into_iter().filter(|n| !self.actors.contains_key(n)).collect()
    }
}

/// Years the plan is valid, read from its title, number line and date: (first day, last day).
pub fn period(plan: &Plan) -> (Option<String>, Option<String>) {
    let title = plan.title.clone().unwrap_or_default();
    let mut years: Vec<i32> = years_in(&title);
    let date_year: Option<i32> = plan.date.as_deref().and_then(|d| d.get(..4)).and_then(|y| y.parse().ok());
    let horizon = plan.objectives.iter().filter_map(|o| o.horizon.as_deref()).filter_map(|h| h.get(..4)?.parse::<i32>().ok()).min();
    years.extend(date_year);
    let first = years.iter().min().copied();
    let last = years.iter().max().copied().max(if years_in(&title).len() > 1 { None } else { horizon });
    let start = plan.date.clone().or_else(|| first.map(|y| format!("{y:04}-01-01")));
    (start, last.map(|y| format!("{y:04}-12-31")))
}

/// Four-digit years between 2000 and 2099.
fn years_in(s: &str) -> Vec<i32> {
    s.split(|c: char| !c.is_ascii_digit())
        .filter(|w| w.len() == 4)
        .filter_map(|w| w.parse().ok())
        .filter(|y| (2000..2100).contains(y))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_comes_from_title_date_and_horizon() {
        let mut plan = Plan { title: Some("Kế hoạch giai đoạn 2022 - 2025".into()), ..Plan::default() };
        assert_eq!(period(&plan), (Some("2022-01-01".into()), Some("2025-12-31".into())));
        plan.date = Some("2022-03-04".into());
        assert_eq!(period(&plan).0, Some("2022-03-04".into()));
        assert_eq!(period(&Plan::default()), (None, None));
    }
}

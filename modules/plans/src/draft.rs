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

/// Days the plan is valid, as far as title and date say so: (first, last). What is not said stays open and is asked for.
pub fn period(plan: &Plan) -> (Option<String>, Option<String>) {
    let (first, last) = plan_reader::period(plan.title.as_deref().unwrap_or_default());
    (first.map(|y| format!("{y:04}-01-01")).or_else(|| plan.date.clone()), last.map(|y| format!("{y:04}-12-31")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_comes_from_the_title_then_from_the_date_and_is_never_guessed() {
        let of =
            |title: &str, date: Option<&str>| period(&Plan { title: Some(title.into()), date: date.map(str::to_owned), ..Plan::default() });
        let days = |a: Option<&str>, b: Option<&str>| (a.map(str::to_owned), b.map(str::to_owned));
        assert_eq!(of("Kế hoạch giai đoạn 2022 - 2025", Some("2022-03-04")), days(Some("2022-01-01"), Some("2025-12-31")));
        assert_eq!(of("Cải cách hành chính năm 2026", Some("2026-01-20")), days(Some("2026-01-01"), Some("2026-12-31")));
        let vision = "Thực hiện Chiến lược đến năm 2025, tầm nhìn 2030";
        assert_eq!(of(vision, Some("2023-01-20")), days(Some("2023-01-20"), Some("2025-12-31")));
        assert_eq!(of(vision, None), days(None, Some("2025-12-31")));
        assert_eq!(of("Nâng cao năng lực", Some("2026-04-15")), days(Some("2026-04-15"), None));
        assert_eq!(period(&Plan::default()), (None, None));
    }
}

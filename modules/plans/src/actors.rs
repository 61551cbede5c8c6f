//! Names of a document ↔ agencies of the register: matching, suggestions, learned aliases, expansion by date.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Verb};
use registers::{Data, Query, Registry, actions};
use store::{Result, Tx};

use crate::draft::Who;

/// Everything names can be matched against, loaded once per request.
pub struct Directory {
    /// Matching key → who.
    keys: BTreeMap<String, Who>,
    /// Folded name → (label, who) for suggestions.
    names: Vec<(String, String, Who)>,
}

/// One guess for a name that did not match.
#[derive(Debug, Clone)]
pub struct Guess {
    /// Name in the register.
    pub label: String,
    /// Who it is.
    pub who: Who,
    /// 0–1.
    pub likeness: f64,
}

impl Directory {
    /// Reads agencies valid on `day`, their aliases and the collective actors.
    pub fn load(tx: &mut Tx, reg: &Registry, actor: &Actor, day: &str) -> Result<Self> {
        let mut d = Self { keys: BTreeMap::new(), names: Vec::new() };
        let mut valid = BTreeSet::new();
        for r in crate::all(tx, reg, actor, "agency", Some(day))? {
            valid.insert(r.id.clone());
            d.add(r.text("name").unwrap_or_default(), &Who::Agency(r.id.clone()));
            if let Some(short) = r.text("short_name") {
                d.add(short, &Who::Agency(r.id.clone()));
            }
        }
        for r in crate::all(tx, reg, actor, "agency_alias", None)? {
            let Some(alias) = r.text("alias") else { continue };
            match (r.text("agency"), r.text("collective")) {
                (Some(agency), _) if valid.contains(agency) => d.add(alias, &Who::Agency(agency.to_owned())),
                (None, Some(collective)) => d.add(alias, &Who::Collective(collective.to_owned())),
                _ => {}
            }
        }
        for r in crate::all(tx, reg, actor, "collective_actor", None)? {
            let who = if r.bool("unresolvable") == Some(true) { Who::TextOnly } else { Who::Collective(r.id.clone()) };
            if matches!(who, Who::TextOnly) {
                continue;
            }
            d.add(r.text("name").unwrap_or_default(), &who);
            for alias in r.text("aliases").unwrap_or_default().lines() {
                d.add(alias, &who);
            }
        }
        Ok(d)
    }

    fn add(&mut self, name: &str, who: &Who) {
        let key = key(name);
        if key.is_empty() {
            return;
        }
        self.names.push((key.clone(), name.trim().to_owned(), who.clone()));
        self.keys.entry(key).or_insert_with(|| who.clone());
    }

    /// Exact match by key.
    pub fn find(&self, name: &str) -> Option<Who> {
        self.keys.get(&key(name)).cloned()
    }

    /// The nearest names, best first.
    pub fn guesses(&self, name: &str, most: usize) -> Vec<Guess> {
        let wanted = key(name);
        let mut all: Vec<Guess> = self
            .names
            .iter()
            .map(|(k, label, who)| Guess { label: label.clone(), who: who.clone(), likeness: text::similarity(&wanted, k) })
            .filter(|g| g.likeness > 0.6)
            .collect();
        all.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
        let mut seen = Vec::new();
        all.retain(|g| {
            let new = !seen.contains(&g.who);
            seen.push(g.who.clone());
            new
        });
        all.truncate(most);
        all
    }
}

/// Matching key of requirements.md 3.1, without diacritics: a slip of a tone mark must not make a new agency.
fn key(name: &str) -> String {
    let key = text::search_key(name.trim().trim_end_matches(['.', ';', ',']));
    let key = key.strip_prefix("cac ").unwrap_or(&key);
    key.strip_suffix(" tinh sao mai").map_or_else(|| key.to_owned(), |k| format!("{k} tinh"))
}

/// Keeps a name that a person explained, so that the next plan knows it.
pub fn learn(tx: &mut Tx, reg: &Registry, actor: &Actor, name: &str, who: &Who, seen_in: &str) -> Result<()> {
    let (field, id) = match who {
        Who::Agency(id) => ("agency", id),
        Who::Collective(id) => ("collective", id),
        Who::Chosen(_) | Who::TextOnly => return Ok(()),
    };
    let known = crate::all(tx, reg, actor, "agency_alias", None)?;
    if known.iter().any(|r| r.text("alias").is_some_and(|a| key(a) == key(name))) {
        return Ok(());
    }
    let values = BTreeMap::from([
        ("alias".to_owned(), Data::Text(name.to_owned())),
        ("folded".to_owned(), Data::Text(key(name))),
        (field.to_owned(), Data::Text(id.clone())),
        ("source".to_owned(), Data::Text("learned".into())),
        ("seen_in".to_owned(), Data::Text(seen_in.to_owned())),
    ]);
    actions::create(tx, reg, actor, "agency_alias", values, None).map(drop)
}

/// Agencies behind a name on a day. A collective actor is a rule over agencies; the day decides who exists.
pub fn expand(tx: &mut Tx, reg: &Registry, actor: &Actor, who: &Who, day: &str) -> Result<Vec<String>> {
    match who {
        Who::Agency(id) => Ok(vec![id.clone()]),
        Who::Chosen(ids) => Ok(ids.clone()),
        Who::TextOnly => Ok(vec![]),
        Who::Collective(id) => {
            let scope = actor.may(Verb::Read, "collective_actor")?;
            let rule = actions::get(tx, reg, &scope, id)?.text("rule").unwrap_or_default().to_owned();
            if rule.is_empty() {
                return Ok(vec![]);
            }
            let scope = actor.may(Verb::Read, "agency")?;
            let mut query = Query { predicate: Some(rule), as_of: Some(day.to_owned()), limit: Some(500), ..Query::default() };
            let mut ids = Vec::new();
            loop {
                let page = actions::list(tx, reg, &scope, &query)?;
                ids.extend(page.items.into_iter().map(|r| r.id));
                match page.next {
                    Some(next) => query.after = Some(next),
                    None => return Ok(ids),
                }
            }
        }
    }
}

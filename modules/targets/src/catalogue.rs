//! The indicators of the instance: packs embedded, checked against the registers once.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use registers::Registry;
use rules::{Compiled, Indicator, Pack, compile};
use store::{Error, Result};

/// Files of the pack, in order.
const FILES: &[(&str, &str)] = &[
    ("packs/indicators-2026/force-training.toml", include_str!("../../../packs/indicators-2026/force-training.toml")),
    ("packs/indicators-2026/systems.toml", include_str!("../../../packs/indicators-2026/systems.toml")),
    ("packs/indicators-2026/products-tools.toml", include_str!("../../../packs/indicators-2026/products-tools.toml")),
    ("packs/indicators-2026/money-reports.toml", include_str!("../../../packs/indicators-2026/money-reports.toml")),
    ("packs/indicators-2026/no-source.toml", include_str!("../../../packs/indicators-2026/no-source.toml")),
];

/// All indicators; those with a source are compiled.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// In the order of the pack, sorted by id.
    pub indicators: Vec<Indicator>,
    /// By id.
    pub compiled: BTreeMap<String, Compiled>,
}

impl Catalogue {
    /// Reads and checks the packs against the definitions.
    ///
    /// # Errors
    /// Every indicator that cannot be understood: file, id, key, place, remedy.
    pub fn load(registry: &Registry) -> Result<Self> {
        let mut c = Self::default();
        let mut wrong = Vec::new();
        for (file, text) in FILES {
            match Pack::load(text, file) {
                Err(e) => wrong.push(e.to_string()),
                Ok(pack) => {
                    for i in pack.indicators {
                        match compile(&i, registry.schema(), file) {
                            Ok(Some(done)) => drop(c.compiled.insert(i.id.clone(), done)),
                            Ok(None) => {}
                            Err(e) => wrong.push(e.to_string()),
                        }
                        c.indicators.push(i);
                    }
                }
            }
        }
        c.indicators.sort_by(|a, b| a.id.cmp(&b.id));
        if wrong.is_empty() { Ok(c) } else { Err(Error::BadRequest(wrong.join("\n"))) }
    }

    /// The catalogue of this process, loaded at first use (definitions do not change while it runs).
    pub fn of(registry: &Registry) -> Result<&'static Catalogue> {
        static LOADED: OnceLock<Result<Catalogue, String>> = OnceLock::new();
        LOADED.get_or_init(|| Catalogue::load(registry).map_err(|e| e.to_string())).as_ref().map_err(|e| Error::Internal(e.clone()))
    }

    /// One that is computed; `NotFound` says whether it is listed without a source.
    pub fn compiled(&self, id: &str) -> Result<&Compiled> {
        if let Some(c) = self.compiled.get(id) {
            return Ok(c);
        }
        match self.indicators.iter().find(|i| i.id == id).and_then(|i| i.no_source.as_ref()) {
            Some(why) => Err(Error::NotFound(format!("Chỉ tiêu {id} chưa có nguồn dữ liệu: {}", why.vi))),
            None => Err(Error::NotFound(format!("Không có chỉ tiêu «{id}». Xem danh sách ở trang Chỉ tiêu."))),
        }
    }
}

/// Names of all indicators of the pack, without a registry: (id, Vietnamese label), those with a source first.
pub fn all_indicators() -> &'static [(String, String)] {
    static ALL: OnceLock<Vec<(String, String)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let packs = FILES.iter().filter_map(|(f, t)| Pack::load(t, f).ok());
        let mut all: Vec<Indicator> = packs.flat_map(|p| p.indicators).collect();
        all.sort_by(|a, b| (a.no_source.is_some(), &a.id).cmp(&(b.no_source.is_some(), &b.id)));
        all.into_iter().map(|i| (i.id, i.label.vi)).collect()
    })
}

/// Indicators whose words are nearest to those of a target, best first. A person confirms.
pub fn suggest(words: &str, most: usize) -> Vec<(String, String)> {
    let wanted = tokens(words);
    let mut scored: Vec<(f64, &(String, String))> =
        all_indicators().iter().map(|i| (overlap(&wanted, &tokens(&i.1)), i)).filter(|(s, _)| *s > 0.25).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(most).map(|(_, i)| i.clone()).collect()
}

/// An indicator that may measure a target, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Its id.
    pub id: String,
    /// Its name.
    pub label: String,
    /// Words of its name that the target has too, those that stand together as one.
    pub common: Vec<String>,
}

/// [`suggest`] with the words both have.
pub fn suggest_why(words: &str, most: usize) -> Vec<Suggestion> {
    let wanted = tokens(words);
    let why = |(id, label): (String, String)| Suggestion { common: common(&wanted, &label), id, label };
    suggest(words, most).into_iter().map(why).collect()
}

fn common(wanted: &[String], label: &str) -> Vec<String> {
    let mut runs: Vec<Vec<String>> = vec![vec![]];
    for word in label.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        match (wanted.contains(&text::search_key(word)), runs.last_mut()) {
            (true, Some(run)) => run.push(word.to_lowercase()),
            _ => runs.push(vec![]),
        }
    }
    // one syllable alone says little beside a whole word
    if runs.iter().any(|r| r.len() > 1) {
        runs.retain(|r| r.len() > 1);
    }
    let mut found: Vec<String> = runs.into_iter().filter(|r| !r.is_empty()).map(|r| r.join(" ")).collect();
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|w| seen.insert(w.clone()));
    found
}

/// Folded words that carry meaning.
fn tokens(s: &str) -> Vec<String> {
    const EMPTY: &[&str] = &[
        "cac", "cua", "va", "duoc", "co", "cho", "theo", "trong", "ve", "tai", "la", "mot", "ty", "le", "den", "nam", "it", "nhat", "bao",
        "dam",
    ];
    let key = text::search_key(s);
    let mut all: Vec<String> =
        key.split(' ').filter(|w| w.len() > 1 && !EMPTY.contains(w) && !w.bytes().all(|b| b.is_ascii_digit())).map(str::to_owned).collect();
    all.sort();
    all.dedup();
    all
}

/// Share of the indicator's words that the target has, and a little of the other direction.
fn overlap(wanted: &[String], own: &[String]) -> f64 {
    if wanted.is_empty() || own.is_empty() {
        return 0.0;
    }
    let both = own.iter().filter(|w| wanted.contains(w)).count() as f64;
    0.75 * both / own.len() as f64 + 0.25 * both / wanted.len() as f64
}

//! The indicators of the instance: packs embedded, checked against the registers once.

use std::collections::{BTreeMap, BTreeSet};
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
    ("packs/indicators-2026/awareness.toml", include_str!("../../../packs/indicators-2026/awareness.toml")),
    ("packs/indicators-2026/no-source.toml", include_str!("../../../packs/indicators-2026/no-source.toml")),
];

/// Checks of data, in the same language.
const CHECKS: &[(&str, &str)] = &[("packs/quality-2026/checks.toml", include_str!("../../../packs/quality-2026/checks.toml"))];

/// All indicators; those with a source are compiled.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// In the order of the pack, sorted by id.
    pub indicators: Vec<Indicator>,
    /// By id.
    pub compiled: BTreeMap<String, Compiled>,
    /// Checks of data by id: opened like indicators, goals of nobody's plan.
    pub quality: BTreeMap<String, Compiled>,
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
        for (file, text) in CHECKS {
            match Pack::load(text, file) {
                Err(e) => wrong.push(e.to_string()),
                Ok(pack) => {
                    for i in pack.indicators {
                        match compile(&i, registry.schema(), file) {
                            Ok(Some(done)) if i.quality.is_some() => drop(c.quality.insert(i.id.clone(), done)),
                            Ok(_) => wrong.push(format!("{file} · {}: thiếu quality hoặc không có nguồn", i.id)),
                            Err(e) => wrong.push(e.to_string()),
                        }
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
        if let Some(c) = self.compiled.get(id).or_else(|| self.quality.get(id)) {
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

/// Whether the figure of an indicator is in percent; `None` for one that is none of the pack's.
pub fn in_percent(id: &str) -> Option<bool> {
    static ALL: OnceLock<Vec<(String, bool)>> = OnceLock::new();
    let percent = |i: Indicator| (i.id, matches!(i.kind, rules::FigureKind::Share | rules::FigureKind::Ratio));
    let all = ALL.get_or_init(|| FILES.iter().filter_map(|(f, t)| Pack::load(t, f).ok()).flat_map(|p| p.indicators).map(percent).collect());
    all.iter().find(|(i, _)| i == id).map(|(_, percent)| *percent)
}

/// Why an indicator of the pack has no figure; `None` where it has one, or is none of the pack's.
pub fn no_source(id: &str) -> Option<&'static Indicator> {
    static ALL: OnceLock<Vec<Indicator>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let packs = FILES.iter().filter_map(|(f, t)| Pack::load(t, f).ok());
        packs.flat_map(|p| p.indicators).filter(|i| i.no_source.is_some()).collect()
    });
    all.iter().find(|i| i.id == id)
}

/// Indicators whose words are nearest to those of a target, best first; none where nothing is near. A person confirms.
pub fn suggest(words: &str, most: usize) -> Vec<(String, String)> {
    suggest_why(words, most).into_iter().map(|s| (s.id, s.label)).collect()
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

/// Share of an indicator's meaning from which it is offered: below it a target shares with it what all of them share.
const NEAR: f64 = 0.42;

/// Pairs of syllables from the beginning that name the subject.
const SUBJECT_PAIRS: usize = 9;
/// What speaking of the subject adds to the share.
const SUBJECT: f64 = 0.25;

/// [`suggest`] with the words both have. "Sở" is not "số": tones count, unless the target is written without any.
pub fn suggest_why(words: &str, most: usize) -> Vec<Suggestion> {
    let toned = text::fold(words) != text::clean(words).to_lowercase();
    let (wanted, labels) = (syllables(words, toned), labels(toned));
    let pairs: BTreeSet<&[String]> = wanted.windows(2).collect();
    let subject: BTreeSet<&[String]> = wanted.windows(2).take(SUBJECT_PAIRS).collect();
    let mut scored: Vec<(f64, Suggestion)> = Vec::new();
    for ((id, label), own) in all_indicators().iter().zip(&labels.of) {
        // syllables of the label that stand beside each other in the target too: most words have two
        let mut common = vec![false; own.len()];
        for (at, _) in own.windows(2).enumerate().filter(|(_, pair)| pairs.contains(pair)) {
            (common[at], common[at + 1]) = (true, true);
        }
        let weight = |only: bool| own.iter().zip(&common).filter(|(_, c)| **c || !only).map(|(s, _)| labels.weight(s)).sum::<f64>();
        let (both, all) = (weight(true), weight(false));
        // a target speaks of its subject first; who stands far behind in a list is one of many
        let early = own.windows(2).any(|pair| subject.contains(pair) && labels.weight(&pair[0]) + labels.weight(&pair[1]) > 0.0);
        if all > 0.0 && both / all >= NEAR {
            scored.push((
                both / all + if early { SUBJECT } else { 0.0 },
                Suggestion { id: id.clone(), label: label.clone(), common: runs(own, &common) },
            ));
        }
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(most).map(|(_, s)| s).collect()
}

/// Common syllables as words: those that stand together as one.
fn runs(own: &[String], common: &[bool]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for group in own.iter().zip(common).collect::<Vec<_>>().chunk_by(|a, b| a.1 == b.1) {
        let words = group.iter().map(|(s, _)| s.as_str()).collect::<Vec<_>>().join(" ");
        if group.iter().all(|(_, c)| **c) && !found.contains(&words) {
            found.push(words);
        }
    }
    found
}

/// Syllables as they are compared, abbreviations written out.
fn syllables(s: &str, toned: bool) -> Vec<String> {
    let key = if toned { text::name_key(s) } else { text::search_key(s) };
    key.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// Words that every target has.
const EMPTY: &[&str] = &[
    "các", "của", "và", "được", "có", "cho", "theo", "trong", "về", "tại", "là", "một", "tỷ", "tỉ", "lệ", "đến", "năm", "ít", "nhất",
    "bảo", "đảm",
];

/// The labels in syllables, and in how many of them each syllable stands.
struct Labels {
    of: Vec<Vec<String>>,
    seen: BTreeMap<String, usize>,
    toned: bool,
}

fn labels(toned: bool) -> &'static Labels {
    static BOTH: OnceLock<[Labels; 2]> = OnceLock::new();
    let both = BOTH.get_or_init(|| {
        [false, true].map(|toned| {
            let of: Vec<Vec<String>> = all_indicators().iter().map(|(_, label)| syllables(label, toned)).collect();
            let mut seen = BTreeMap::new();
            for label in &of {
                label.iter().collect::<BTreeSet<_>>().into_iter().for_each(|s| *seen.entry(s.clone()).or_default() += 1);
            }
            Labels { of, seen, toned }
        })
    });
    &both[usize::from(toned)]
}

impl Labels {
    /// What a syllable says: little when it stands in many labels ("an ninh mạng"), nothing when it is a word of grammar or a number.
    fn weight(&self, s: &str) -> f64 {
        let empty = EMPTY.iter().any(|e| if self.toned { *e == s } else { text::fold(e) == s });
        if empty || s.chars().count() < 2 || s.bytes().all(|b| b.is_ascii_digit()) {
            return 0.0;
        }
        ((self.of.len() + 1) as f64 / *self.seen.get(s).unwrap_or(&1) as f64).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(words: &str) -> Vec<String> {
        suggest(words, 3).into_iter().map(|s| s.0).collect()
    }

    #[test]
    fn tones_tell_words_apart_and_a_target_without_tones_is_still_understood() {
        let toned = suggest_why("100% sở, ngành, địa phương có đầu mối phụ trách an ninh mạng", 3);
        assert_eq!(toned.first().map(|s| s.id.as_str()), Some("T-04"), "{toned:?}");
        assert!(toned[0].common.iter().any(|c| c.contains("đầu mối")), "{toned:?}");
        assert!(!toned.iter().any(|s| s.id == "T-27"), "“sở” is not “số chuyên gia”: {toned:?}");
        assert_eq!(ids("100% so, nganh, dia phuong co dau moi phu trach an ninh mang").first().map(String::as_str), Some("T-04"));
        let abbreviated = ids("100% công chức phụ trách CNTT được đào tạo chuyên sâu");
        assert_eq!(abbreviated.first().map(String::as_str), Some("T-19"), "{abbreviated:?}");
    }

    #[test]
    fn what_only_shares_common_words_is_not_offered() {
        for far in ["Trồng mới 500 ha rừng ven biển", "Số hóa 80% hồ sơ đất đai", "Tăng cường công tác an ninh mạng của cơ quan", ""]
        {
            assert!(suggest_why(far, 3).is_empty(), "{far}: {:?}", suggest_why(far, 3));
        }
    }
}

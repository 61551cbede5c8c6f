//! Templates of reports: sections, indicators, what a person writes, on what ground. Data of `packs/reports-2026`.

use std::sync::OnceLock;

use registers::Label;
use serde::Deserialize;
use store::{Error, Result};

/// Files of the pack.
const FILES: &[(&str, &str)] = &[
    ("packs/reports-2026/annual.toml", include_str!("../../../packs/reports-2026/annual.toml")),
    ("packs/reports-2026/quick.toml", include_str!("../../../packs/reports-2026/quick.toml")),
];

/// Longest narrative, characters: all of a report must fit in one field of its filed version.
pub const MOST_WORDS: usize = 5_000;
/// Most narratives of a template, for the same reason.
const MOST_NARRATIVES: usize = 3;

/// One template.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// `[template]`.
    #[serde(rename = "template")]
    pub head: Head,
    /// `[document]`.
    pub document: Paper,
    /// `[letter]`.
    pub letter: Letter,
    /// Sections in order.
    #[serde(rename = "section")]
    pub sections: Vec<Section>,
}

/// `[template]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// = option of the code list `report_template`.
    pub id: String,
    /// Version; a filed report says which it was made by.
    pub version: i64,
    /// Name.
    pub label: Label,
    /// Ground of the duty.
    pub basis: Vec<String>,
    /// Predicate over `agency`: who must report unless the campaign says otherwise.
    pub obliged: String,
    /// Days before the last day on which whoever owes is told.
    #[serde(default)]
    pub remind: Vec<i64>,
}

/// `[letter]`: the letter to those who owe. Holes `{name}`, `{due}` (last day), `{missing}`, `{all}`, `{today}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// `CAT-ANM`.
    pub symbol: String,
    /// Trích yếu.
    pub subject: String,
    /// "Kính gửi" when they are too many to be named.
    pub addressees: String,
    /// Paragraphs.
    pub paragraphs: Vec<String>,
    /// Title of the list of those who owe.
    pub annex: String,
    /// `name|mark`.
    pub recipients: Vec<String>,
}

/// `[document]`: first and last page of the consolidated document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// `Báo cáo`.
    pub kind: String,
    /// `BC-CAT`.
    pub symbol: String,
    /// With holes `{year}` and `{name}`.
    pub subject: String,
    /// `name|mark`.
    pub recipients: Vec<String>,
    /// After "Lưu: ".
    pub archive: String,
    /// Title of who signs.
    pub signer: String,
}

/// `[[section]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Id within the template.
    pub id: String,
    /// Heading.
    pub label: Label,
    /// Ground.
    #[serde(default)]
    pub basis: Vec<String>,
    /// The ground was not compared with the official text.
    #[serde(default)]
    pub unverified: bool,
    /// Ids of indicators.
    #[serde(default)]
    pub indicators: Vec<String>,
    /// Shows the obligations done, late, open.
    #[serde(default)]
    pub obligations: bool,
    /// What a person writes.
    #[serde(default, rename = "narrative")]
    pub narratives: Vec<Narrative>,
}

/// `[[section.narrative]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Narrative {
    /// Id within the template.
    pub id: String,
    /// Heading.
    pub label: Label,
    /// What to write.
    pub help: Label,
    /// Must be filled before the report goes to the head.
    #[serde(default)]
    pub required: bool,
}

impl Template {
    /// All narratives in order.
    pub fn narratives(&self) -> impl Iterator<Item = &Narrative> {
        self.sections.iter().flat_map(|s| &s.narratives)
    }

    fn read(file: &str, text: &str) -> Result<Self, String> {
        let t: Template = toml::from_str(text).map_err(|e| format!("{file}: {e}"))?;
        let n = t.narratives().count();
        if n > MOST_NARRATIVES {
            return Err(format!("{file}: {n} mục lời; nhiều nhất {MOST_NARRATIVES}."));
        }
        let known = targets::all_indicators();
        match t.sections.iter().flat_map(|s| &s.indicators).find(|i| !known.iter().any(|k| k.0 == **i)) {
            Some(wrong) => Err(format!("{file}: không có chỉ tiêu «{wrong}» trong packs/indicators-2026.")),
            None => Ok(t),
        }
    }
}

/// All templates of the pack, read once.
pub fn all() -> Result<&'static [Template]> {
    static ALL: OnceLock<Result<Vec<Template>, String>> = OnceLock::new();
    let all = ALL.get_or_init(|| FILES.iter().map(|(f, t)| Template::read(f, t)).collect());
    all.as_deref().map_err(|e| Error::Internal(e.clone()))
}

/// One template.
pub fn get(id: &str) -> Result<&'static Template> {
    all()?.iter().find(|t| t.head.id == id).ok_or_else(|| Error::NotFound(format!("Không có mẫu báo cáo «{id}» trong packs/reports-2026.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_reads_and_is_a_choice() {
        let ids: Vec<&str> = all().expect("templates").iter().map(|t| t.head.id.as_str()).collect();
        let list: toml::Table = toml::from_str(include_str!("../choices/report_template.toml")).expect("choices");
        let options = list["option"].as_array().expect("options").iter().filter_map(|o| o["id"].as_str()).collect::<Vec<_>>();
        assert_eq!(ids, options);
    }

    #[test]
    fn a_wrong_indicator_is_named() {
        let text = FILES[1].1.replace("T-37", "T-99");
        let why = Template::read("x.toml", &text).expect_err("wrong");
        assert!(why.contains("x.toml") && why.contains("T-99"), "{why}");
    }
}

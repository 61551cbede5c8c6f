//! Indicators of a pack: read, and checked as far as possible without a schema.
use std::collections::{BTreeMap, BTreeSet};

use calendar::Date;
use serde::Deserialize;

use crate::error::{PackError, RuleError};
use crate::judge::{Comparator, IndicatorKind, Target};
use crate::parse;
use crate::raw::{RawExclude, RawIndicator, RawKind, RawPart, RawSetting, RawSum, RawTarget};
use crate::schema::Label;
use crate::value::{Period, Val};

/// A file of indicators.
#[derive(Debug, Clone, Default)]
pub struct Pack {
    /// In order of the file.
    pub indicators: Vec<Indicator>,
}

/// One indicator: what is counted, of whom, when it is met, by which law.
#[derive(Debug, Clone)]
pub struct Indicator {
    /// `T-04`.
    pub id: String,
    /// Counts up when the definition changes; old results stay bound to theirs.
    pub version: u32,
    /// First day this version applies.
    pub from: Option<Date>,
    /// Last day this version applies.
    pub to: Option<Date>,
    /// Name.
    pub label: Label,
    /// How it is read, what is open.
    pub help: Label,
    /// Articles, plan sections.
    pub basis: Vec<String>,
    /// The basis has not been checked against the gazette: shown as such.
    pub unverified: bool,
    /// What the figure counts.
    pub kind: IndicatorKind,
    /// The rule itself; `None` with `no_source`, or when the figure is only the pool of its parts.
    pub main: Option<Measure>,
    /// Named sub-figures.
    pub parts: Vec<Part>,
    /// Parts whose sum is the main figure; empty = the main figure has its own rule.
    pub pool: Vec<String>,
    /// Period as written.
    pub period_text: String,
    /// Period.
    pub period: Period,
    /// Settings by name.
    pub settings: BTreeMap<String, Setting>,
    /// Targets in order.
    pub targets: Vec<Target>,
    /// Listed but not computed, and why.
    pub no_source: Option<Label>,
}

/// A named sub-figure.
#[derive(Debug, Clone)]
pub struct Part {
    /// Id, unique in the indicator.
    pub id: String,
    /// Name.
    pub label: Label,
    /// What the figure counts.
    pub kind: IndicatorKind,
    /// Rule.
    pub measure: Measure,
}

/// Expressions of a figure, as written.
#[derive(Debug, Clone, Default)]
pub struct Measure {
    /// `agency where …`; empty for a ratio.
    pub population: String,
    /// Conditions that take a record out, with reasons.
    pub exclude: Vec<(String, Label)>,
    /// Condition under which there is no answer.
    pub unknown: Option<String>,
    /// Condition of meeting; `None` for a plain count.
    pub meets: Option<String>,
    /// Path to the agency a record counts for; `None` = the register's own.
    pub agency: Option<String>,
    /// Money field and population of the numerator of a ratio.
    pub numerator: Option<(String, String)>,
    /// Money field and population of the denominator of a ratio.
    pub denominator: Option<(String, String)>,
}

/// A visible number or word of a rule that an administrator may change.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Declared value.
    pub value: Val,
    /// Name.
    pub label: Label,
    /// Why this value: article, or "our reading".
    pub basis: String,
}

impl Pack {
    /// Reads a pack file and checks everything that needs no schema.
    ///
    /// # Errors
    /// All that is wrong, each with file, indicator, key and column.
    pub fn load(toml_text: &str, file_name: &str) -> Result<Self, Vec<PackError>> {
        let error = |indicator: &str, error: RuleError| PackError { file: file_name.to_owned(), indicator: indicator.to_owned(), error };
        let table: toml::Table = toml_text.parse().map_err(|e: toml::de::Error| {
            let line = e.span().map_or(0, |s| toml_text.get(..s.start).unwrap_or("").lines().count().max(1));
            vec![error("", RuleError::new(0, format!("dòng {line}: tệp TOML không đọc được: {}", e.message())))]
        })?;
        let mut errors = Vec::new();
        for key in table.keys().filter(|k| *k != "indicator" && *k != "pack") {
            errors.push(error("", RuleError::new(0, format!("khóa lạ «{key}»; tệp gồm các bảng [[indicator]]"))));
        }
        let list = match table.get("indicator") {
            Some(toml::Value::Array(list)) => list.clone(),
            None => Vec::new(),
            Some(_) => return Err(vec![error("", RuleError::new(0, "viết [[indicator]] với hai ngoặc vuông"))]),
        };
        let (mut indicators, mut seen) = (Vec::new(), BTreeSet::new());
        for (i, value) in list.into_iter().enumerate() {
            let id = value.get("id").and_then(toml::Value::as_str).map_or_else(|| format!("chỉ tiêu thứ {}", i + 1), str::to_owned);
            match RawIndicator::deserialize(value) {
                Err(e) => errors.push(error(&id, RuleError::new(0, format!("định nghĩa không đúng mẫu: {}", e.message())))),
                Ok(raw) => {
                    if !seen.insert((raw.id.clone(), raw.version)) {
                        errors.push(error(&id, RuleError::new(0, format!("trùng mã và phiên bản {}", raw.version)).in_key("id")));
                    }
                    match indicator(raw) {
                        Ok(indicator) => indicators.push(indicator),
                        Err(list) => errors.extend(list.into_iter().map(|e| error(&id, e))),
                    }
                }
            }
        }
        if errors.is_empty() { Ok(Self { indicators }) } else { Err(errors) }
    }
}

impl From<RawKind> for IndicatorKind {
    fn from(raw: RawKind) -> Self {
        match raw {
            RawKind::Share => Self::Share,
            RawKind::Count => Self::Count,
            RawKind::Ratio => Self::Ratio,
            RawKind::Violations => Self::Violations,
        }
    }
}

/// Collects what is wrong, under keys.
struct Problems(Vec<RuleError>);

impl Problems {
    fn add(&mut self, key: &str, message: impl Into<String>) {
        self.0.push(RuleError::new(0, message).in_key(key));
    }

    fn label(&mut self, key: &str, label: &Label) {
        if label.vi.trim().is_empty() || label.en.trim().is_empty() {
            self.add(key, "nhãn cần cả vi và en");
        }
    }

    fn syntax(&mut self, key: &str, result: Result<(), RuleError>) {
        if let Err(e) = result {
            self.0.push(e.in_key(key));
        }
    }

    fn date(&mut self, key: &str, value: Option<&toml::Value>) -> Option<Date> {
        let text = match value? {
            toml::Value::Datetime(d) => d.to_string(),
            toml::Value::String(s) => s.clone(),
            other => other.to_string(),
        };
        let date = Date::parse(&text).ok();
        if date.is_none() {
            self.add(key, format!("«{text}» không phải là ngày; viết 2026-12-31"));
        }
        date
    }
}

fn indicator(raw: RawIndicator) -> Result<Indicator, Vec<RuleError>> {
    let mut problems = Problems(Vec::new());
    let p = &mut problems;
    if raw.id.trim().is_empty() {
        p.add("id", "thiếu mã");
    }
    if raw.version == 0 {
        p.add("version", "phiên bản bắt đầu từ 1");
    }
    p.label("label", &raw.label);
    if raw.basis.iter().all(|b| b.trim().is_empty()) {
        p.add("basis", "nêu căn cứ: điều, khoản hoặc mục của kế hoạch");
    }
    let (from, to) = (p.date("from", raw.from.as_ref()), p.date("to", raw.to.as_ref()));
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        p.add("to", "ngày kết thúc trước ngày bắt đầu");
    }
    let period = Period::parse(&raw.period).unwrap_or_else(|| {
        p.add(
            "period",
            format!("không hiểu kỳ «{}»; viết as of, calendar year, trailing 12 months, school year hoặc 15/12-14/12", raw.period),
        );
        Period::AsOf
    });
    let settings = raw.settings.iter().filter_map(|(name, s)| setting(p, name, s).map(|s| (name.clone(), s))).collect();
    let kind = IndicatorKind::from(raw.kind);
    let main = main_measure(p, &raw, kind);
    let parts = parts(p, &raw, main.as_ref());
    for id in &raw.pool {
        match parts.iter().find(|part| part.id == *id) {
            None => p.add("pool", format!("không có phần «{id}»")),
            Some(part) if part.kind != kind => p.add("pool", format!("phần «{id}» khác loại với chỉ tiêu nên không cộng được")),
            Some(_) => {}
        }
    }
    let targets = raw.targets.iter().enumerate().filter_map(|(i, t)| target(p, i, t, kind, &parts)).collect();
    if let Some(reason) = &raw.no_source {
        p.label("no_source", reason);
    }
    if !problems.0.is_empty() {
        return Err(problems.0);
    }
    Ok(Indicator {
        id: raw.id,
        version: raw.version,
        from,
        to,
        label: raw.label,
        help: raw.help,
        basis: raw.basis,
        unverified: raw.unverified,
        kind,
        main,
        parts,
        pool: raw.pool,
        period_text: raw.period,
        period,
        settings,
        targets,
        no_source: raw.no_source,
    })
}

fn setting(p: &mut Problems, name: &str, raw: &RawSetting) -> Option<Setting> {
    let key = format!("setting.{name}");
    p.label(&key, &raw.label);
    let text = |v: &toml::Value| v.as_str().map(str::to_owned);
    let value = match &raw.value {
        toml::Value::Integer(n) => Some(Val::Int(*n)),
        toml::Value::Float(x) if x.is_finite() => Some(Val::Real(*x)),
        toml::Value::String(s) => Some(Val::Text(s.clone())),
        toml::Value::Array(list) => list.iter().map(text).collect::<Option<Vec<_>>>().map(Val::List),
        _ => None,
    };
    if value.is_none() {
        p.add(&key, "giá trị phải là số, chuỗi hoặc danh sách chuỗi");
    }
    Some(Setting { value: value?, label: raw.label.clone(), basis: raw.basis.clone() })
}

fn main_measure(p: &mut Problems, raw: &RawIndicator, kind: IndicatorKind) -> Option<Measure> {
    let pooled = !raw.pool.is_empty();
    let nothing = raw.population.is_none() && raw.meets.is_none() && raw.numerator.is_none() && raw.denominator.is_none();
    if nothing && (raw.no_source.is_some() || pooled) {
        return None;
    }
    if raw.no_source.is_some() {
        p.add("no_source", "chỉ tiêu đã có quy tắc thì không ghi no_source");
    }
    if pooled {
        p.add("pool", "chỉ tiêu cộng từ các phần (pool) thì không có population, meets của riêng mình");
    }
    let measure = Measure {
        population: raw.population.clone().unwrap_or_default(),
        exclude: excludes(&raw.exclude),
        unknown: raw.unknown.clone(),
        meets: raw.meets.clone(),
        agency: raw.agency.clone(),
        numerator: sum(raw.numerator.as_ref()),
        denominator: sum(raw.denominator.as_ref()),
    };
    check_measure(p, "", &measure, kind);
    Some(measure)
}

fn sum(raw: Option<&RawSum>) -> Option<(String, String)> {
    raw.map(|s| (s.sum.clone(), s.of.clone()))
}

fn excludes(raw: &[RawExclude]) -> Vec<(String, Label)> {
    raw.iter().map(|e| (e.when.clone(), e.reason.clone())).collect()
}

fn check_measure(p: &mut Problems, prefix: &str, m: &Measure, kind: IndicatorKind) {
    let key = |k: &str| format!("{prefix}{k}");
    if kind == IndicatorKind::Ratio {
        for (name, sum) in [("numerator", &m.numerator), ("denominator", &m.denominator)] {
            match sum {
                None => {
                    p.add(&key(name), "tỷ lệ tiền cần numerator và denominator, ví dụ { sum = \"amount\", of = \"budget_line where …\" }")
                }
                Some((_, of)) => p.syntax(&key(name), parse::population(of).map(|_| ())),
            }
        }
        if m.meets.is_some() || !m.population.is_empty() {
            p.add(&key("kind"), "kind = \"ratio\" dùng numerator và denominator, không dùng population, meets");
        }
        return;
    }
    if m.numerator.is_some() || m.denominator.is_some() {
        p.add(&key("kind"), "numerator và denominator chỉ dùng với kind = \"ratio\"");
    }
    if m.population.is_empty() {
        p.add(&key("population"), "thiếu đối tượng, ví dụ \"agency where kind in (…)\"");
    } else {
        p.syntax(&key("population"), parse::population(&m.population).map(|_| ()));
    }
    match &m.meets {
        Some(meets) => p.syntax(&key("meets"), parse::predicate(meets).map(|_| ())),
        None if kind != IndicatorKind::Count => p.add(&key("meets"), "thiếu điều kiện đạt"),
        None => {}
    }
    for (i, (when, reason)) in m.exclude.iter().enumerate() {
        let key = key(&format!("exclude[{i}]"));
        p.label(&key, reason);
        p.syntax(&key, parse::predicate(when).map(|_| ()));
    }
    if let Some(unknown) = &m.unknown {
        p.syntax(&key("unknown"), parse::predicate(unknown).map(|_| ()));
    }
}

fn parts(p: &mut Problems, raw: &RawIndicator, main: Option<&Measure>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    for part in &raw.parts {
        let prefix = format!("part.{}.", part.id);
        p.label(&format!("{prefix}label"), &part.label);
        if out.iter().any(|o| o.id == part.id) {
            p.add(&format!("{prefix}id"), "trùng mã phần");
        }
        let kind = IndicatorKind::from(part.kind.unwrap_or(raw.kind));
        let measure = part_measure(part, raw, main, kind);
        check_measure(p, &prefix, &measure, kind);
        out.push(Part { id: part.id.clone(), label: part.label.clone(), kind, measure });
    }
    out
}

/// What a part does not say itself it takes from the indicator; the conditions only if it asks about the same population.
fn part_measure(part: &RawPart, raw: &RawIndicator, main: Option<&Measure>, kind: IndicatorKind) -> Measure {
    if kind == IndicatorKind::Ratio {
        let inherit = |own: Option<&RawSum>, of: Option<&RawSum>| sum(own.or(of));
        return Measure {
            numerator: inherit(part.numerator.as_ref(), raw.numerator.as_ref()),
            denominator: inherit(part.denominator.as_ref(), raw.denominator.as_ref()),
            agency: part.agency.clone().or_else(|| raw.agency.clone()),
            ..Measure::default()
        };
    }
    let base = main.cloned().unwrap_or_default();
    let own_population = part.population.is_some();
    let kept = |of: Option<String>| of.filter(|_| !own_population);
    Measure {
        population: part.population.clone().unwrap_or(base.population),
        exclude: part.exclude.as_ref().map_or_else(|| if own_population { Vec::new() } else { base.exclude }, |e| excludes(e)),
        unknown: part.unknown.clone().or_else(|| kept(base.unknown)),
        meets: part.meets.clone().or_else(|| kept(base.meets).filter(|_| kind != IndicatorKind::Count)),
        agency: part.agency.clone().or_else(|| kept(base.agency)),
        numerator: None,
        denominator: None,
    }
}

fn target(p: &mut Problems, i: usize, raw: &RawTarget, kind: IndicatorKind, parts: &[Part]) -> Option<Target> {
    let key = format!("target[{i}]");
    let given = [
        (Comparator::AtLeast, &raw.at_least),
        (Comparator::MoreThan, &raw.more_than),
        (Comparator::AtMost, &raw.at_most),
        (Comparator::LessThan, &raw.less_than),
    ];
    let mut given = given.iter().filter_map(|(c, v)| v.as_ref().map(|v| (*c, v)));
    let (Some((comparator, value)), None) = (given.next(), given.next()) else {
        p.add(&key, "ghi đúng một trong at_least, more_than, at_most, less_than");
        return None;
    };
    let kind = match &raw.part {
        None => kind,
        Some(id) => match parts.iter().find(|part| part.id == *id) {
            Some(part) => part.kind,
            None => {
                p.add(&key, format!("không có phần «{id}»"));
                return None;
            }
        },
    };
    let percentage = matches!(kind, IndicatorKind::Share | IndicatorKind::Ratio);
    match (raw.unit.as_str(), percentage) {
        ("", _) => p.add(&key, if percentage { "thiếu đơn vị; viết unit = \"%\"" } else { "thiếu đơn vị, ví dụ unit = \"lần\"" }),
        ("%", false) => p.add(&key, "chỉ tiêu đếm không có đơn vị %; viết unit = \"lần\", \"lớp\", \"vi phạm\" …"),
        (unit, true) if unit != "%" => p.add(&key, format!("chỉ tiêu tỷ lệ cần unit = \"%\", gặp «{unit}»")),
        _ => {}
    }
    if raw.basis.trim().is_empty() {
        p.add(&key, "nêu căn cứ của mức chỉ tiêu (basis)");
    }
    let milli = milli(value);
    if milli.is_none_or(|m| m < 0 || (percentage && m > 100_000)) {
        p.add(&key, format!("mức «{value}» không hợp lệ{}", if percentage { "; tỷ lệ từ 0 đến 100" } else { "" }));
    }
    let (from, until) = (p.date(&key, raw.from.as_ref()), p.date(&key, raw.until.as_ref()));
    Some(Target {
        comparator,
        milli: milli?,
        unit: raw.unit.clone(),
        from,
        until,
        basis: raw.basis.clone(),
        part: raw.part.clone(),
        note: raw.note.clone(),
    })
}

#[expect(clippy::cast_possible_truncation, reason = "bounded by the filter")]
fn milli(value: &toml::Value) -> Option<i64> {
    match value {
        toml::Value::Integer(n) => n.checked_mul(1000),
        toml::Value::Float(x) => Some((x * 1000.0).round()).filter(|x| x.abs() < 1e15).map(|x| x as i64),
        _ => None,
    }
}

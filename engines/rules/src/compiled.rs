//! Indicator + schema ──▶ questions that can be asked.
use std::collections::{BTreeMap, BTreeSet};

use crate::check;
use crate::error::RuleError;
use crate::indicator::{Indicator, Measure};
use crate::ir::SettingRef;
use crate::judge::IndicatorKind;
use crate::predicate::{Lineage, Predicate, Selection};
use crate::question::{Question, Records, Source};
use crate::ratio::Ratio;
use crate::schema::{Kind, Label, Lang, Schema};
use crate::sentence::Sentence;
use crate::value::{Ctx, Outcome, Statement, Val, World};

/// An indicator checked against a schema.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// Indicator id.
    pub id: String,
    /// The figure itself.
    pub main: Question,
    /// Named sub-figures.
    pub parts: Vec<CompiledPart>,
    settings: BTreeMap<String, SettingRef>,
}

/// A named sub-figure.
#[derive(Debug, Clone)]
pub struct CompiledPart {
    /// Id.
    pub id: String,
    /// Name.
    pub label: Label,
    /// Figure.
    pub question: Question,
}

/// Checks an indicator against a schema.
///
/// # Errors
/// Everything wrong in its expressions, each with key and column; also when the indicator has no source.
pub fn compile(indicator: &Indicator, schema: &Schema) -> Result<Compiled, Vec<RuleError>> {
    if let Some(reason) = &indicator.no_source {
        return Err(vec![RuleError::new(0, reason.vi.clone()).in_key("no_source")]);
    }
    let settings: BTreeMap<String, SettingRef> = indicator
        .settings
        .iter()
        .map(|(name, s)| (name.clone(), SettingRef { name: name.clone(), default: s.value.clone(), label: s.label.clone() }))
        .collect();
    let mut errors = Vec::new();
    let mut question = |prefix: &str, measure: &Measure, kind| {
        let compiler = Compiler { schema, settings: &settings, prefix };
        compiler.question(measure, kind).map_err(|e| errors.extend(e)).ok()
    };
    let main = indicator.main.as_ref().and_then(|m| question("", m, indicator.kind));
    let parts: Vec<CompiledPart> = indicator
        .parts
        .iter()
        .filter_map(|part| {
            let question = question(&format!("part.{}.", part.id), &part.measure, part.kind)?;
            Some(CompiledPart { id: part.id.clone(), label: part.label.clone(), question })
        })
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let pooled = || {
        let pool = indicator.pool.iter().filter_map(|id| parts.iter().find(|p| p.id == *id)).map(|p| p.question.clone());
        Question { kind: indicator.kind, source: Source::Pool(pool.collect()) }
    };
    let main = main.unwrap_or_else(pooled);
    Ok(Compiled { id: indicator.id.clone(), main, parts, settings })
}

impl Compiled {
    /// The question of a part, or of the indicator itself.
    #[must_use]
    pub fn question(&self, part: Option<&str>) -> Option<&Question> {
        match part {
            None => Some(&self.main),
            Some(id) => self.parts.iter().find(|p| p.id == id).map(|p| &p.question),
        }
    }

    /// See [`Question::summary`].
    #[must_use]
    pub fn summary(&self, ctx: &Ctx) -> Statement {
        self.main.summary(ctx)
    }

    /// See [`Question::drill`].
    #[must_use]
    pub fn drill(&self, ctx: &Ctx, outcome: Outcome, limit: i64, after: &str) -> Statement {
        self.main.drill(ctx, outcome, limit, after)
    }

    /// See [`Question::evaluate`].
    #[must_use]
    pub fn evaluate(&self, world: &dyn World, id: &str, ctx: &Ctx) -> Outcome {
        self.main.evaluate(world, id, ctx)
    }

    /// See [`Question::sentence`].
    #[must_use]
    pub fn sentence(&self, lang: Lang) -> Sentence {
        self.main.sentence(lang)
    }

    /// Registers and fields the indicator and its parts look at.
    #[must_use]
    pub fn lineage(&self) -> Vec<(String, Vec<String>)> {
        let mut lineage = Lineage::default();
        self.questions().for_each(|q| q.trace(&mut lineage));
        lineage.finish()
    }

    /// Composite indexes that make it fast, beyond one on each link column and both ways on each many-links table.
    #[must_use]
    pub fn indexes(&self) -> Vec<(String, Vec<String>)> {
        let mut out = BTreeSet::new();
        self.questions().for_each(|q| q.indexes(&mut out));
        out.into_iter().collect()
    }

    fn questions(&self) -> impl Iterator<Item = &Question> {
        std::iter::once(&self.main).chain(self.parts.iter().map(|p| &p.question))
    }

    /// May a setting take this value? To be asked when an administrator enters it.
    ///
    /// # Errors
    /// Unknown setting, or a value of another type than the declared one.
    pub fn check_setting(&self, name: &str, value: &Val) -> Result<(), RuleError> {
        let known = self.settings.keys().map(String::as_str);
        let Some(setting) = self.settings.get(name) else {
            return Err(RuleError::new(0, format!("không có tham số «{name}»{}", crate::suggest::hint(name, known))));
        };
        let same = matches!(
            (&setting.default, value),
            (Val::Int(_), Val::Int(_))
                | (Val::Real(_), Val::Real(_) | Val::Int(_))
                | (Val::Text(_), Val::Text(_))
                | (Val::List(_), Val::List(_))
        );
        if same {
            Ok(())
        } else {
            Err(RuleError::new(0, format!("tham số «{name}» cần giá trị cùng kiểu với giá trị mặc định")))
        }
    }
}

struct Compiler<'a> {
    schema: &'a Schema,
    settings: &'a BTreeMap<String, SettingRef>,
    prefix: &'a str,
}

impl Compiler<'_> {
    fn question(&self, m: &Measure, kind: IndicatorKind) -> Result<Question, Vec<RuleError>> {
        let source = if kind == IndicatorKind::Ratio { self.ratio(m).map(Source::Ratio)? } else { self.records(m).map(Source::Records)? };
        Ok(Question { kind, source })
    }

    fn keyed<T>(&self, key: &str, result: Result<T, RuleError>, errors: &mut Vec<RuleError>) -> Option<T> {
        result.map_err(|e| errors.push(e.in_key(&format!("{}{key}", self.prefix)))).ok()
    }

    fn selection(&self, source: &str, agency: Option<&str>) -> Result<Selection, RuleError> {
        Selection::with_settings(source, self.schema, self.settings, agency)
    }

    fn records(&self, m: &Measure) -> Result<Box<Records>, Vec<RuleError>> {
        let mut errors = Vec::new();
        let population = self.selection(&m.population, m.agency.as_deref());
        let Some(population) = self.keyed("population", population, &mut errors) else { return Err(errors) };
        let mut pred = |key: &str, source: &String| {
            let checked = Predicate::with_settings(source, self.schema, &population.register, self.settings);
            self.keyed(key, checked, &mut errors).map(|p| p.pred)
        };
        let exclude: Vec<_> = m
            .exclude
            .iter()
            .enumerate()
            .filter_map(|(i, (when, reason))| pred(&format!("exclude[{i}]"), when).map(|p| (p, reason.clone())))
            .collect();
        let unknown = m.unknown.as_ref().and_then(|u| pred("unknown", u));
        let meets = m.meets.as_ref().and_then(|m| pred("meets", m));
        if errors.is_empty() { Ok(Box::new(Records { population, exclude, unknown, meets })) } else { Err(errors) }
    }

    fn ratio(&self, m: &Measure) -> Result<Box<Ratio>, Vec<RuleError>> {
        let mut errors = Vec::new();
        let mut sum = |key: &str, sum: Option<&(String, String)>| {
            let (field, of) = sum?;
            let selection = self.selection(of, m.agency.as_deref());
            let selection = self.keyed(key, selection, &mut errors)?;
            let register = self.schema.register(&selection.register)?;
            let field = check::path(field, self.schema, register).and_then(|p| match p.kind {
                Kind::Money | Kind::Integer if p.hops.is_empty() => Ok(p),
                _ => Err(RuleError::new(0, format!("sum cần một trường tiền hoặc số nguyên của «{}», gặp «{field}»", register.id))),
            });
            self.keyed(key, field, &mut errors).map(|f| (f, selection))
        };
        let numerator = sum("numerator", m.numerator.as_ref());
        let denominator = sum("denominator", m.denominator.as_ref());
        match (numerator, denominator) {
            (Some(numerator), Some(denominator)) if numerator.0.kind == denominator.0.kind => {
                Ok(Box::new(Ratio { numerator, denominator }))
            }
            (Some(_), Some(_)) => {
                let error = RuleError::new(0, "tử số và mẫu số phải cùng đơn vị (cùng là tiền hoặc cùng là số)");
                Err(vec![error.in_key(&format!("{}numerator", self.prefix))])
            }
            _ => Err(errors),
        }
    }
}

//! The language on its own: quality rules, validation, list filters, gates, collective actors.
use std::collections::{BTreeMap, BTreeSet};

use crate::ast::Validity;
use crate::error::RuleError;
use crate::eval::Eval;
use crate::ir::{Pred, Quantified, RPath, SettingRef, paths, quants};
use crate::schema::{Lang, Schema};
use crate::sentence::{Sentence, Writer};
use crate::sql::{Sql, quote};
use crate::value::{Ctx, Rec, Statement, World};
use crate::{check, parse};

/// A condition over records of one register, checked against a schema.
#[derive(Debug, Clone)]
pub struct Predicate {
    pub(crate) register: String,
    pub(crate) pred: Pred,
}

impl Predicate {
    /// Reads without a schema: is it a sentence of the language at all?
    ///
    /// # Errors
    /// What is wrong, at which column.
    pub fn parse(source: &str) -> Result<(), RuleError> {
        parse::predicate(source).map(|_| ())
    }

    /// Reads and checks a condition over records of a register.
    ///
    /// # Errors
    /// Unknown words (with the nearest known one), wrong kinds, missing units, ambiguous links.
    pub fn check(source: &str, schema: &Schema, register: &str) -> Result<Self, RuleError> {
        Self::with_settings(source, schema, register, &BTreeMap::new())
    }

    pub(crate) fn with_settings(
        source: &str,
        schema: &Schema,
        register: &str,
        settings: &BTreeMap<String, SettingRef>,
    ) -> Result<Self, RuleError> {
        let node = parse::predicate(source)?;
        let found = schema.register(register).ok_or_else(|| RuleError::new(0, format!("không có sổ đăng ký «{register}»")))?;
        Ok(Self { register: register.to_owned(), pred: check::predicate(&node, schema, found, settings)? })
    }

    /// Register whose records it is about.
    #[must_use]
    pub fn register(&self) -> &str {
        &self.register
    }

    /// A boolean SQL expression over a FROM item of that alias, for a list filter. Parameters are numbered from `first`.
    /// NULL = unknown; a filter keeps rows where it is TRUE. The scope of the context is not applied: that is the list's own.
    #[must_use]
    pub fn to_sql(&self, alias: &str, first: usize, ctx: &Ctx) -> Statement {
        let mut sql = Sql::new(ctx, first, false);
        sql.push(quote(alias), true);
        let text = sql.pred(&self.pred);
        Statement { sql: format!("({text})"), params: sql.params }
    }

    /// The answer for a stored record; `None` = unknown, also when there is no such record.
    #[must_use]
    pub fn evaluate(&self, world: &dyn World, id: &str, ctx: &Ctx) -> Option<bool> {
        world.record(&self.register, id).and_then(|rec| self.evaluate_record(world, rec, ctx))
    }

    /// The answer for a record as it stands in a form, stored or not.
    #[must_use]
    pub fn evaluate_record(&self, world: &dyn World, rec: Rec, ctx: &Ctx) -> Option<bool> {
        Eval { world, ctx, stack: vec![rec] }.pred(&self.pred)
    }

    /// The condition in words.
    #[must_use]
    pub fn sentence(&self, lang: Lang) -> Sentence {
        let mut writer = Writer::new(lang);
        writer.pred(&self.pred);
        writer.finish()
    }

    /// Registers and fields it looks at.
    #[must_use]
    pub fn lineage(&self) -> Vec<(String, Vec<String>)> {
        let mut lineage = Lineage::default();
        lineage.register(&self.register);
        lineage.pred(&self.pred);
        lineage.finish()
    }
}

/// `agency where kind in (…)`: records of a register, dated ones valid on the as-of date unless `ever` or `valid during period`.
#[derive(Debug, Clone)]
pub struct Selection {
    pub(crate) register: String,
    pub(crate) label: crate::schema::Label,
    pub(crate) dated: bool,
    pub(crate) validity: Validity,
    pub(crate) pred: Option<Pred>,
    /// From a record to its agency.
    pub(crate) agency: Option<RPath>,
}

impl Selection {
    /// Reads without a schema.
    ///
    /// # Errors
    /// What is wrong, at which column.
    pub fn parse(source: &str) -> Result<(), RuleError> {
        parse::population(source).map(|_| ())
    }

    /// Reads and checks.
    ///
    /// # Errors
    /// As [`Predicate::check`].
    pub fn check(source: &str, schema: &Schema) -> Result<Self, RuleError> {
        Self::with_settings(source, schema, &BTreeMap::new(), None)
    }

    pub(crate) fn with_settings(
        source: &str,
        schema: &Schema,
        settings: &BTreeMap<String, SettingRef>,
        agency: Option<&str>,
    ) -> Result<Self, RuleError> {
        let population = parse::population(source)?;
        let word = &population.register;
        let register = schema.register(&word.text).ok_or_else(|| {
            let known = schema.registers.keys().map(String::as_str);
            RuleError::new(word.at, format!("không có sổ đăng ký «{}»{}", word.text, crate::suggest::hint(&word.text, known)))
        })?;
        let pred = population.cond.as_ref().map(|node| check::predicate(node, schema, register, settings)).transpose()?;
        let agency = match agency.or(register.agency.as_deref()) {
            Some(text) => {
                let path = check::path(text, schema, register).map_err(|e| e.in_key("agency"))?;
                if !matches!(&path.kind, crate::schema::Kind::Link(to) if to == "agency") {
                    return Err(RuleError::new(0, format!("«{text}» không dẫn tới sổ agency")).in_key("agency"));
                }
                Some(path)
            }
            None => None,
        };
        Ok(Self {
            register: register.id.clone(),
            label: register.label.clone(),
            dated: register.dated,
            validity: population.validity,
            pred,
            agency,
        })
    }

    /// Register whose records it selects.
    #[must_use]
    pub fn register(&self) -> &str {
        &self.register
    }

    /// Ids of the selected records in the context's scope, in order of id: one column `id`.
    #[must_use]
    pub fn ids(&self, ctx: &Ctx) -> Statement {
        let mut sql = Sql::new(ctx, 1, ctx.scope == crate::value::AgencyScope::All);
        let alias = sql.frame('r');
        let wher = self.conditions(&mut sql, &alias);
        let joins = sql.pop();
        let text =
            format!("SELECT {alias}.\"id\" AS \"id\" FROM {} {alias}{joins} WHERE {wher} ORDER BY {alias}.\"id\"", quote(&self.register));
        Statement { sql: text, params: sql.params }
    }

    /// Is a record selected? Unknown counts as no.
    #[must_use]
    pub fn contains(&self, world: &dyn World, id: &str, ctx: &Ctx) -> bool {
        world.record(&self.register, id).is_some_and(|rec| self.contains_record(world, rec, ctx))
    }

    pub(crate) fn contains_record(&self, world: &dyn World, rec: Rec, ctx: &Ctx) -> bool {
        let mut eval = Eval { world, ctx, stack: vec![rec] };
        let valid = eval.stack.first().is_some_and(|rec| eval.valid(rec, self.dated, self.validity));
        valid && self.pred.as_ref().is_none_or(|p| eval.pred(p) == Some(true))
    }

    /// WHERE of the selection, scope included, on the innermost frame.
    pub(crate) fn conditions(&self, sql: &mut Sql<'_>, alias: &str) -> String {
        let mut wher = sql.alive(alias, self.dated, self.validity);
        if let Some(pred) = &self.pred {
            let pred = sql.pred(pred);
            wher = format!("{wher} AND {pred}");
        }
        let scope = match &self.agency {
            Some(path) => {
                let column = sql.column(path);
                sql.scope(&column)
            }
            // Nobody's records are in nobody's scope.
            None => sql.scope("NULL"),
        };
        scope.map_or(wher.clone(), |scope| format!("{wher} AND {scope}"))
    }

    /// Column of the agency, on the innermost frame.
    pub(crate) fn agency_column(&self, sql: &mut Sql<'_>) -> String {
        self.agency.as_ref().map_or_else(|| "CAST(NULL AS TEXT)".to_owned(), |path| sql.column(path))
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.register(&self.label);
        writer.validity(self.dated, self.validity);
        if let Some(pred) = &self.pred {
            writer.say(" mà ", " where ");
            writer.pred(pred);
        }
    }

    /// The selection in words.
    #[must_use]
    pub fn sentence(&self, lang: Lang) -> Sentence {
        let mut writer = Writer::new(lang);
        self.write(&mut writer);
        writer.finish()
    }

    pub(crate) fn trace(&self, lineage: &mut Lineage) {
        lineage.register(&self.register);
        if self.dated && self.validity != Validity::Ever {
            lineage.dated(&self.register);
        }
        self.agency.iter().for_each(|p| lineage.path(p));
        self.pred.iter().for_each(|p| lineage.pred(p));
    }
}

/// Collects registers and fields.
#[derive(Default)]
pub(crate) struct Lineage(BTreeMap<String, BTreeSet<String>>);

impl Lineage {
    pub(crate) fn register(&mut self, register: &str) {
        self.0.entry(register.to_owned()).or_default();
    }

    pub(crate) fn field(&mut self, register: &str, field: &str) {
        self.0.entry(register.to_owned()).or_default().insert(field.to_owned());
    }

    fn dated(&mut self, register: &str) {
        self.field(register, "valid_from");
        self.field(register, "valid_to");
    }

    pub(crate) fn path(&mut self, p: &RPath) {
        let mut at = p.register.as_str();
        for hop in &p.hops {
            self.field(at, &hop.field);
            at = &hop.register;
        }
        self.field(at, &p.field);
    }

    pub(crate) fn pred(&mut self, pred: &Pred) {
        paths(pred, &mut |p| self.path(p));
        quants(pred, &mut |q| match q {
            Quantified::One(q) => {
                self.register(&q.register);
                if q.dated && q.validity != Validity::Ever {
                    self.dated(&q.register);
                }
                match &q.link {
                    crate::ir::Link::Names { table, .. } => {
                        let field = table.strip_prefix(&format!("{}__", q.register)).unwrap_or(table).to_owned();
                        self.field(&q.register, &field);
                    }
                    crate::ir::Link::NamedBy { field, outer, .. } => self.field(&outer.register, field),
                    crate::ir::Link::Eq { .. } => {}
                }
            }
            Quantified::All(all) => {
                self.register(&all.catalogue);
                self.field(&all.answer, &all.owner);
                self.field(&all.answer, &all.via);
                for (register, dated) in [(&all.catalogue, all.catalogue_dated), (&all.answer, all.answer_dated)] {
                    if dated {
                        self.dated(register);
                    }
                }
            }
        });
    }

    pub(crate) fn finish(self) -> Vec<(String, Vec<String>)> {
        self.0.into_iter().map(|(register, fields)| (register, fields.into_iter().collect())).collect()
    }
}

//! Finds what a path means: a field, a keyword, a setting.
use std::collections::BTreeMap;

use crate::ast::{Path, Word};
use crate::error::RuleError;
use crate::ir::{DateExpr, Hop, RPath, SettingRef, YearOf};
use crate::schema::{Kind, Label, Register, Schema};
use crate::suggest::hint;

/// Longest path.
const MAX_HOPS: usize = 6;
pub(crate) const KEYWORDS: [&str; 6] = ["as_of", "as_of.year", "period.start", "period.end", "period.year", "this"];

/// What is known while an expression is checked.
pub(crate) struct Scopes<'a> {
    pub schema: &'a Schema,
    pub settings: &'a BTreeMap<String, SettingRef>,
    /// Registers of the enclosing records, outermost first.
    pub stack: Vec<&'a Register>,
    /// Conditions seen, to keep statements within what the engines take.
    pub atoms: usize,
}

pub(crate) enum Meaning {
    Field(RPath),
    /// `active`: the record (its id) is valid on the as-of date.
    Active(RPath),
    Date(DateExpr),
    Year(YearOf),
    Setting(SettingRef),
    Bool(bool),
}

impl<'a> Scopes<'a> {
    pub(crate) fn here(&self) -> usize {
        self.stack.len().saturating_sub(1)
    }

    pub(crate) fn register(&self, word: &Word) -> Result<&'a Register, RuleError> {
        self.schema.registers.get(&word.text).ok_or_else(|| {
            let known = self.schema.registers.keys().map(String::as_str);
            RuleError::new(word.at, format!("không có sổ đăng ký «{}»{}", word.text, hint(&word.text, known)))
        })
    }

    /// Does the word start a field of the current record?
    fn is_field(register: &Register, words: &[Word]) -> bool {
        let Some(first) = words.first() else { return false };
        register.field(&first.text).is_some() || (words.len() == 1 && sugar(register, &first.text).is_some())
    }

    pub(crate) fn resolve(&self, path: &Path) -> Result<Meaning, RuleError> {
        let words = &path.0;
        let [first, rest @ ..] = words.as_slice() else { return Err(RuleError::new(0, "thiếu tên trường")) };
        if words.len() > MAX_HOPS {
            return Err(RuleError::new(first.at, format!("đường dẫn dài quá {MAX_HOPS} bước")));
        }
        if first.text == "setting" {
            return self.setting(first, rest);
        }
        let here = self.here();
        if let Some(register) = self.stack.get(here)
            && Self::is_field(register, words)
        {
            return self.walk(here, register, words);
        }
        if first.text == "this"
            && let Some(register) = self.stack.first()
        {
            return self.walk(0, register, rest);
        }
        if let Some((scope, register)) = self.stack.iter().enumerate().rev().find(|(_, r)| r.id == first.text) {
            return self.walk(scope, register, rest);
        }
        if let Some(keyword) = keyword(&path.text()) {
            return Ok(keyword);
        }
        Err(self.unknown(first))
    }

    fn setting(&self, first: &Word, rest: &[Word]) -> Result<Meaning, RuleError> {
        let [name] = rest else {
            return Err(RuleError::new(first.at, "viết setting.tên, ví dụ setting.min_deployments"));
        };
        self.settings.get(&name.text).cloned().map(Meaning::Setting).ok_or_else(|| {
            let known = self.settings.keys().map(String::as_str);
            RuleError::new(name.at, format!("chưa khai báo tham số «{}»{}", name.text, hint(&name.text, known)))
        })
    }

    fn unknown(&self, word: &Word) -> RuleError {
        let Some(register) = self.stack.last() else { return RuleError::new(word.at, format!("không hiểu «{}»", word.text)) };
        let fields: Vec<&str> = register.field_ids().collect();
        // Keywords are suggested only when one is near.
        let near = text::nearest(&word.text, KEYWORDS).filter(|_| text::nearest(&word.text, fields.iter().copied()).is_none());
        let hint = near.map_or_else(|| hint(&word.text, fields.iter().copied()), |k| format!("; có phải «{k}»?"));
        RuleError::new(word.at, format!("«{}» không có trường «{}»{hint}", register.id, word.text))
    }

    /// Walks links from a record; empty = the record itself.
    pub(crate) fn walk(&self, scope: usize, register: &'a Register, words: &[Word]) -> Result<Meaning, RuleError> {
        let mut path = RPath::id_of(scope, &register.id, &register.label);
        let mut at = register;
        let Some((last, steps)) = words.split_last() else { return Ok(Meaning::Field(path)) };
        for word in steps {
            let field = self.field(at, word)?;
            let Kind::Link(target) = field.kind else {
                let message = format!("«{}» là {}, không đi tiếp bằng dấu chấm được", word.text, field.kind.name_vi());
                let remedy =
                    if matches!(field.kind, Kind::Links(_)) { format!("; viết exists {} where …", word.text) } else { String::new() };
                return Err(RuleError::new(word.at, message + &remedy));
            };
            at = self.register(&Word { text: target.clone(), at: word.at })?;
            path.hops.push(Hop { field: field.id, register: target, label: field.label });
        }
        if at.field(&last.text).is_none() {
            match sugar(at, &last.text) {
                Some("active") => {
                    path.label = path.hops.last().map_or_else(|| at.label.clone(), |h| h.label.clone());
                    path.kind = Kind::Link(at.id.clone());
                    return Ok(Meaning::Active(path));
                }
                Some(other) => return self.walk_end(path, at, &Word { text: other.into(), at: last.at }),
                None => {}
            }
        }
        self.walk_end(path, at, last)
    }

    fn walk_end(&self, mut path: RPath, at: &Register, last: &Word) -> Result<Meaning, RuleError> {
        let field = self.field(at, last)?;
        path.field = field.id;
        path.kind = field.kind;
        path.label = if path.field == "id" { at.label.clone() } else { field.label };
        Ok(Meaning::Field(path))
    }

    fn field(&self, register: &Register, word: &Word) -> Result<crate::schema::Field, RuleError> {
        register.field(&word.text).ok_or_else(|| {
            RuleError::new(word.at, format!("«{}» không có trường «{}»{}", register.id, word.text, hint(&word.text, register.field_ids())))
        })
    }
}

/// Words that stand for something the register has under another name.
fn sugar(register: &Register, word: &str) -> Option<&'static str> {
    match word {
        "active" if register.dated => Some("active"),
        "confirmed" => Some("confirmed_on"),
        _ => None,
    }
}

fn keyword(text: &str) -> Option<Meaning> {
    Some(match text {
        "as_of" => Meaning::Date(DateExpr::AsOf),
        "period.start" => Meaning::Date(DateExpr::PeriodStart),
        "period.end" => Meaning::Date(DateExpr::PeriodEnd),
        "as_of.year" => Meaning::Year(YearOf::AsOf),
        "year" | "period.year" => Meaning::Year(YearOf::Period),
        "true" => Meaning::Bool(true),
        "false" => Meaning::Bool(false),
        _ => return None,
    })
}

/// Label of a field that is a link, for `via`.
pub(crate) fn path_label(path: &RPath) -> Label {
    path.label.clone()
}

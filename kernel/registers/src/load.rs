//! Reads definition files. Everything wrong in all of them is reported at once, with file, line and remedy.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use access::{Role, RoleRule, Roles, Verb};

use crate::check;
use crate::definition::{ChoiceList, Definition};
use crate::model::{Model, connect};
use crate::registry::Registry;

/// One TOML file: path for messages, text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    /// Shown in messages.
    pub path: &'a str,
    /// Contents.
    pub text: &'a str,
}
impl<'a> From<(&'a str, &'a str)> for Source<'a> {
    fn from((path, text): (&'a str, &'a str)) -> Self {
        Self { path, text }
    }
}

/// Something wrong in a definition file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionError {
    /// File.
    pub path: String,
    /// Line from 1; 0 = the file as a whole.
    pub line: usize,
    /// What is wrong and how to mend it.
    pub message: String,
}
impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}
impl std::error::Error for DefinitionError {}

/// Where a definition stands, to find lines of what is wrong in it.
pub(crate) struct Place<'a> {
    pub path: &'a str,
    pub text: &'a str,
}
impl Place<'_> {
    /// The line where `needle` stands, the first one after the line that holds `after` (both as they stand in the file).
    pub fn line(&self, after: &str, needle: &str) -> usize {
        let start = if after.is_empty() { 0 } else { self.text.find(after).unwrap_or(0) };
        let at = self.text[start..].find(needle).map(|i| start + i).or_else(|| self.text.find(needle)).unwrap_or(start);
        line_of(self.text, at)
    }
    pub fn error(&self, after: &str, needle: &str, message: impl Into<String>) -> DefinitionError {
        DefinitionError { path: self.path.to_owned(), line: self.line(after, needle), message: message.into() }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

fn parse<T: serde::de::DeserializeOwned>(s: &Source<'_>, errors: &mut Vec<DefinitionError>) -> Option<T> {
    match toml::from_str(s.text) {
        Ok(v) => Some(v),
        Err(e) => {
            errors.push(toml_error(s, &e));
            None
        }
    }
}

fn toml_error(s: &Source<'_>, e: &toml::de::Error) -> DefinitionError {
    let line = e.span().map_or(0, |r| line_of(s.text, r.start));
    DefinitionError { path: s.path.to_owned(), line, message: hint(e.message()) }
}

/// serde's "unknown field `x`, expected one of `a`, `b`" with the nearest word in front.
fn hint(message: &str) -> String {
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match words.split_first() {
        Some((wrong, options)) if message.starts_with("unknown") => {
            format!("không có khóa “{wrong}”{} ({message})", check::suggest(wrong, options.iter().copied()))
        }
        _ if message.starts_with("missing field") => {
            format!("thiếu khóa “{}” ({message})", words.first().unwrap_or(&""))
        }
        _ => message.to_owned(),
    }
}

impl Registry {
    /// Reads and checks all definitions, code lists and role files together. Files of indicators (`[[indicator]]`) are
    /// left to `engines/rules`.
    ///
    /// # Errors
    /// Everything wrong in all files, in order of files and lines.
    pub fn load<'a, S: Into<Source<'a>> + Clone>(sources: &[S]) -> Result<Self, Vec<DefinitionError>> {
        let sources: Vec<Source<'a>> = sources.iter().cloned().map(Into::into).collect();
        let mut errors = Vec::new();
        let mut reg = Self::default();
        let mut places: BTreeMap<String, Place<'_>> = BTreeMap::new();
        let mut role_files = Vec::new();
        for s in &sources {
            let table = match s.text.parse::<toml::Table>() {
                Ok(t) => t,
                Err(e) => {
                    errors.push(toml_error(s, &e));
                    continue;
                }
            };
            if table.contains_key("register") {
                let Some(def) = parse::<Definition>(s, &mut errors) else { continue };
                let id = def.register.id.clone();
                if let Some(first) = places.get(&id) {
                    let message = format!("sổ “{id}” đã định nghĩa ở {}; xóa một trong hai.", first.path);
                    errors.push(Place { path: s.path, text: s.text }.error("", "id = ", message));
                    continue;
                }
                places.insert(id.clone(), Place { path: s.path, text: s.text });
                reg.registers.insert(id, def);
            } else if table.contains_key("choices") {
                let Some(list) = parse::<ChoiceList>(s, &mut errors) else { continue };
                check::choice_list(&Place { path: s.path, text: s.text }, &list, &mut errors);
                let id = list.choices.id.clone();
                if reg.choices.insert(id.clone(), list).is_some() {
                    errors.push(Place { path: s.path, text: s.text }.error("", "id = ", format!("danh mục “{id}” đã có; đổi id.")));
                }
            } else if table.contains_key("role") {
                role_files.push((s.path, s.text));
            } else if !table.contains_key("indicator") {
                let message = "không nhận ra tệp: cần [register], [choices] hoặc [[role]].";
                errors.push(DefinitionError { path: s.path.to_owned(), line: 1, message: message.into() });
            }
        }
        let roles = Roles::from_toml(&role_files).unwrap_or_else(|e| {
            let path = role_files.first().map_or("", |f| f.0).to_owned();
            errors.push(DefinitionError { path, line: 0, message: e.to_string() });
            Roles::default()
        });
        check::all(&reg, &roles, &places, &mut errors);
        if !errors.is_empty() {
            errors.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
            return Err(errors);
        }
        reg.roles = Arc::new(merge_access(roles, &reg));
        let mut models: BTreeMap<String, Model> = reg.registers.iter().map(|(id, d)| (id.clone(), Model::new(d))).collect();
        connect(&mut models, &reg.registers);
        reg.models = models.into_iter().map(|(id, m)| (id, Arc::new(m))).collect();
        check::rules_of(&mut reg, &places)?;
        Ok(reg)
    }
}

/// Verb words of `[access]`.
pub(crate) const VERBS: [(&str, Verb); 8] = [
    ("read", Verb::Read),
    ("create", Verb::Create),
    ("update", Verb::Update),
    ("transition", Verb::Transition),
    ("delete", Verb::Delete),
    ("export", Verb::Export),
    ("import", Verb::Import),
    ("unmask", Verb::Unmask),
];

/// Adds each definition's `[access]` to the roles.
fn merge_access(mut roles: Roles, reg: &Registry) -> Roles {
    for (id, def) in &reg.registers {
        for (role, verbs) in &def.access {
            let everyone = role == access::EVERYONE;
            let all = verbs.iter().any(|v| v == "*");
            let rule = RoleRule {
                on: vec![id.clone()],
                verbs: VERBS.iter().filter(|(w, _)| all || verbs.iter().any(|v| v == w)).map(|(_, v)| *v).collect(),
                everywhere: everyone,
            };
            roles
                .0
                .entry(role.clone())
                .or_insert_with(|| Role {
                    id: role.clone(),
                    label: BTreeMap::from([("vi".into(), "Mọi tài khoản".into()), ("en".into(), "Every account".into())]),
                    second_factor: false,
                    rules: vec![],
                })
                .rules
                .push(rule);
        }
    }
    roles
}

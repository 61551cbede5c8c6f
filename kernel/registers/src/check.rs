//! Checks of definitions: words, types, links, scope paths.

use std::collections::{BTreeMap, BTreeSet};

use access::{Roles, Scope};
use store::{Error, Result, Tx};

use crate::body::Raw;
use crate::definition::{ChoiceList, Definition, Field, FieldType, Label};
use crate::load::{DefinitionError, Place, VERBS};
use crate::model::Model;
use crate::model::{AGENCY, default, holes};
use crate::registry::Registry;
use crate::sql::Sql;
use crate::validate::{Errors, Work};

/// Column names of the engine, and words that URLs and filters use for something else.
const RESERVED: [&str; 17] = [
    "id",
    "version",
    "state",
    "path",
    "search",
    "sort_title",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "confirmed_on",
    "deleted_at",
    "valid_from",
    "valid_to",
    "q",
    "confirmed",
    "deleted",
];

/// ` Có phải “x”?` or the list of what there is.
pub(crate) fn suggest<'a>(word: &str, options: impl Iterator<Item = &'a str> + Clone) -> String {
    match text::nearest(word, options.clone()) {
        Some(near) => format!(". Có phải “{near}”?"),
        None => {
            let list: Vec<&str> = options.take(12).collect();
            if list.is_empty() { String::new() } else { format!(". Có: {}", list.join(", ")) }
        }
    }
}

pub(crate) fn is_id(s: &str) -> bool {
    let mut b = s.bytes();
    b.next().is_some_and(|c| c.is_ascii_lowercase())
        && b.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
        && !s.contains("__")
        && s.len() <= 40
}

fn label(place: &Place<'_>, after: &str, what: &str, l: &Label, errors: &mut Vec<DefinitionError>) {
    for (lang, text) in [("vi", &l.vi), ("en", &l.en)] {
        if text.trim().is_empty() {
            errors.push(place.error(after, after, format!("{what}: thiếu nhãn {lang}; viết label = {{ vi = \"…\", en = \"…\" }}.")));
        }
    }
}

pub(crate) fn choice_list(place: &Place<'_>, list: &ChoiceList, errors: &mut Vec<DefinitionError>) {
    label(place, "[choices]", "danh mục", &list.choices.label, errors);
    if !is_id(&list.choices.id) {
        errors.push(place.error("[choices]", "id", "id của danh mục chỉ gồm a-z, 0-9, _ và bắt đầu bằng chữ."));
    }
    let mut seen = BTreeSet::new();
    for o in &list.options {
        let quoted = format!("\"{}\"", o.id);
        if o.id.is_empty() || !o.id.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_') {
            errors.push(place.error("", &quoted, format!("mã “{}” chỉ được gồm a-z, 0-9 và _.", o.id)));
        }
        if !seen.insert(&o.id) {
            errors.push(place.error("", &quoted, format!("mã “{}” xuất hiện hai lần; xóa một.", o.id)));
        }
        label(place, &quoted, &format!("mã “{}”", o.id), &o.label, errors);
        for d in [&o.from, &o.to].into_iter().flatten() {
            if d.parse::<calendar::Date>().is_err() {
                errors.push(place.error(&quoted, d, format!("“{d}” không phải ngày YYYY-MM-DD.")));
            }
        }
    }
}

pub(crate) fn all(reg: &Registry, roles: &Roles, places: &BTreeMap<String, Place<'_>>, errors: &mut Vec<DefinitionError>) {
    for (id, def) in &reg.registers {
        if let Some(place) = places.get(id) {
            let mut one = One { reg, roles, def, place, errors };
            one.head();
            one.fields();
            one.states();
            one.words();
            one.scope();
            one.access();
        }
    }
}

struct One<'a, 'e> {
    reg: &'a Registry,
    roles: &'a Roles,
    def: &'a Definition,
    place: &'a Place<'a>,
    errors: &'e mut Vec<DefinitionError>,
}

impl<'a> One<'a, '_> {
    fn error(&mut self, after: &str, needle: &str, message: impl Into<String>) {
        self.errors.push(self.place.error(after, needle, message));
    }
    fn field(&self, id: &str) -> Option<&'a Field> {
        self.def.fields.iter().find(|f| f.id == id)
    }
    fn field_ids(&self) -> Vec<&'a str> {
        self.def.fields.iter().map(|f| f.id.as_str()).collect()
    }

    fn head(&mut self) {
        let head = &self.def.register;
        if !is_id(&head.id) {
            self.error(
                "[register]",
                "id",
                format!("id “{}” chỉ gồm a-z, 0-9, _ (không có __), bắt đầu bằng chữ, tối đa 40 ký tự.", head.id),
            );
        }
        if SYSTEM_TABLES.contains(&head.id.as_str()) {
            self.error("[register]", "id", format!("“{}” là bảng của hệ thống; đổi id.", head.id));
        }
        label(self.place, "[register]", "sổ", &head.label, self.errors);
        if let Some(d) = &head.confirm_every
            && d.strip_suffix('d').and_then(|n| n.parse::<u32>().ok()).is_none_or(|n| n == 0)
        {
            self.error("[register]", "confirm_every", "confirm_every viết như \"90d\" (số ngày).");
        }
        if let Some(t) = &head.tree {
            match self.field(t).map(|f| &f.kind) {
                Some(FieldType::Link(to)) if *to == head.id => {}
                _ => self.error("[register]", "tree", format!("tree = “{t}” phải là trường liên kết tới chính sổ này.")),
            }
        }
    }

    fn fields(&mut self) {
        let mut seen = BTreeSet::new();
        for f in &self.def.fields {
            let quoted = format!("id = \"{}\"", f.id);
            if !is_id(&f.id) {
                self.error("[[field]]", &quoted, format!("id trường “{}” chỉ gồm a-z, 0-9, _ (không có __) và bắt đầu bằng chữ.", f.id));
            }
            if RESERVED.contains(&f.id.as_str()) {
                self.error("[[field]]", &quoted, format!("“{}” là tên của hệ thống; đổi tên trường (ví dụ {0}_no).", f.id));
            }
            if !seen.insert(&f.id) {
                self.error("[[field]]", &quoted, format!("trường “{}” xuất hiện hai lần; xóa một.", f.id));
            }
            if self.def.register.id.len() + f.id.len() > 50 {
                self.error("[[field]]", &quoted, format!("id sổ và id trường “{}” cộng lại dài quá 50 ký tự; rút ngắn.", f.id));
            }
            label(self.place, &quoted, &format!("trường “{}”", f.id), &f.label, self.errors);
            self.field_type(f, &quoted);
        }
    }

    fn field_type(&mut self, f: &Field, quoted: &str) {
        match &f.kind {
            FieldType::Link(t) | FieldType::Links(t) if !self.reg.registers.contains_key(t) => {
                let near = suggest(t, self.reg.registers.keys().map(String::as_str));
                self.error(quoted, &format!("\"{t}\""), format!("trường “{}” liên kết tới sổ “{t}” không có{near}", f.id));
            }
            FieldType::Choice(c) if !self.reg.choices.contains_key(c) => {
                let near = suggest(c, self.reg.choices.keys().map(String::as_str));
                self.error(quoted, &format!("\"{c}\""), format!("trường “{}” dùng danh mục “{c}” không có{near}", f.id));
            }
            _ => {}
        }
        if f.sensitive.as_deref().is_some_and(|s| s != "personal") {
            self.error(quoted, "sensitive", "sensitive chỉ nhận \"personal\".");
        }
        if f.sensitive.is_some() && (f.search || f.target().is_some()) {
            self.error(
                quoted,
                "sensitive",
                format!("trường nhạy cảm “{}” không được tìm bằng ô tìm kiếm và không được là liên kết; bỏ search.", f.id),
            );
        }
        if let Some(d) = &f.default {
            match (default(&f.kind, d), &f.kind) {
                (None, _) => self.error(quoted, "default", format!("default của “{}” không hợp kiểu của trường.", f.id)),
                (Some(crate::model::Default::Is(crate::Data::Text(v))), FieldType::Choice(c)) => {
                    if let Some(list) = self.reg.choices.get(c)
                        && !list.options.iter().any(|o| o.id == v)
                    {
                        let near = suggest(&v, list.options.iter().map(|o| o.id.as_str()));
                        self.error(quoted, "default", format!("default “{v}” không có trong danh mục “{c}”{near}"));
                    }
                }
                _ => {}
            }
        }
        for limit in [&f.min, &f.max].into_iter().flatten() {
            let fits = match f.kind {
                FieldType::Integer | FieldType::Money | FieldType::Year | FieldType::LongText => limit.is_integer(),
                FieldType::Decimal => limit.is_integer() || limit.is_float(),
                FieldType::Date => {
                    limit.is_datetime() || limit.as_str().is_some_and(|s| s == "today" || s.parse::<calendar::Date>().is_ok())
                }
                _ => false,
            };
            if !fits {
                self.error(
                    quoted,
                    "m",
                    format!("min/max của “{}” chỉ dùng cho số và ngày, cùng kiểu với trường; của long_text là số ký tự.", f.id),
                );
            }
        }
    }

    fn states(&mut self) {
        let ids: Vec<&str> = self.def.states.iter().map(|s| s.id.as_str()).collect();
        for s in &self.def.states {
            let quoted = format!("id = \"{}\"", s.id);
            label(self.place, &quoted, &format!("trạng thái “{}”", s.id), &s.label, self.errors);
            if !is_id(&s.id) || ids.iter().filter(|i| **i == s.id).count() > 1 {
                self.error("[[state]]", &quoted, format!("mã trạng thái “{}” trùng hoặc không hợp lệ.", s.id));
            }
        }
        let mut seen = BTreeSet::new();
        for t in &self.def.transitions {
            let quoted = format!("id = \"{}\"", t.id);
            label(self.place, &quoted, &format!("chuyển “{}”", t.id), &t.label, self.errors);
            if !is_id(&t.id) || !seen.insert(&t.id) {
                self.error("[[transition]]", &quoted, format!("mã chuyển “{}” trùng hoặc không hợp lệ.", t.id));
            }
            for s in t.from.iter().chain([&t.to]).filter(|s| !ids.contains(&s.as_str())) {
                let near = suggest(s, ids.iter().copied());
                self.error("[[transition]]", &format!("\"{s}\""), format!("chuyển “{}” nhắc trạng thái “{s}” không có{near}", t.id));
            }
            let roles = self.roles;
            for role in t.roles.iter().filter(|r| !roles.0.contains_key(*r)) {
                let near = suggest(role, self.roles.0.keys().map(String::as_str));
                self.error("[[transition]]", &format!("\"{role}\""), format!("không có vai trò “{role}”{near}"));
            }
        }
    }

    /// Field names in title, keys, similar, list, groups, checks, demands.
    fn words(&mut self) {
        let d = self.def;
        let mut uses: Vec<(&str, &str, bool)> = Vec::new();
        let head = &d.register;
        uses.extend(holes(&head.title).into_iter().filter(|h| h.0).map(|h| ("title", h.1, true)));
        uses.extend(head.keys.iter().flatten().map(|w| ("keys", w.as_str(), true)));
        uses.extend(head.indexes.iter().flatten().filter(|w| *w != "id").map(|w| ("indexes", w.as_str(), true)));
        uses.extend(head.similar.iter().map(|w| ("similar", w.as_str(), false)));
        uses.extend(head.refers.iter().flatten().map(|w| ("refers", w.as_str(), false)));
        uses.extend(d.list.columns.iter().map(|w| ("columns", w.as_str(), true)));
        uses.extend(d.list.filters.iter().map(|w| ("filters", w.as_str(), true)));
        uses.extend(d.list.sort.iter().map(|w| ("sort", w.trim_start_matches('-'), true)));
        uses.extend(d.groups.iter().flat_map(|g| &g.fields).map(|w| ("fields", w.as_str(), true)));
        uses.extend(d.checks.iter().map(|c| ("[[check]]", c.field.as_str(), true)));
        uses.extend(d.frozen.iter().map(|c| ("[frozen]", c.field.as_str(), true)));
        uses.extend(d.transitions.iter().filter_map(|t| t.keeps.as_deref()).map(|w| ("keeps", w, true)));
        uses.extend(d.transitions.iter().flat_map(|t| &t.demands).map(|w| ("demands", w.as_str(), true)));
        let ids = self.field_ids();
        for (key, word, system) in uses {
            let dates = head.dated && (word == "valid_from" || word == "valid_to");
            let state = word == "state" && !d.states.is_empty() && matches!(key, "columns" | "filters" | "sort" | "indexes");
            let confirmed =
                word == "confirmed_on" && head.confirm_every.is_some() && matches!(key, "columns" | "filters" | "sort" | "indexes");
            if !(ids.contains(&word) || system && (dates || state || confirmed)) {
                let near = suggest(word, ids.iter().copied());
                self.error(key, word, format!("{key} nhắc trường “{word}” không có trong sổ “{}”{near}", head.id));
            }
        }
        if holes(&head.title).iter().filter(|h| h.0).count() == 0 {
            self.error("[register]", "title", "title phải có ít nhất một trường trong ngoặc nhọn, ví dụ \"{name}\".");
        }
        for (_, word) in holes(&head.title).into_iter().filter(|h| h.0) {
            match self.field(word) {
                Some(f) if f.sensitive.is_some() => {
                    self.error("[register]", "title", format!("trường nhạy cảm “{word}” không được đứng trong title."));
                }
                Some(f) if matches!(f.kind, FieldType::Links(_) | FieldType::File | FieldType::Files) => {
                    self.error("[register]", "title", format!("trường “{word}” (nhiều liên kết hoặc tệp) không được đứng trong title."));
                }
                _ => {}
            }
        }
        let many = |w: &String| self.field(w).is_some_and(|f| matches!(f.kind, FieldType::Links(_)));
        let (key, index) = (head.keys.iter().flatten().find(|w| many(w)), head.indexes.iter().flatten().find(|w| many(w)));
        if let Some(w) = key {
            self.error("[register]", "keys", format!("khóa “{w}” là nhiều liên kết; khóa chỉ dùng trường đơn."));
        }
        if let Some(w) = index {
            self.error("[register]", "indexes", format!("chỉ mục “{w}” là nhiều liên kết; chỉ mục chỉ dùng trường đơn."));
        }
        for g in &d.groups {
            label(self.place, "[[group]]", "nhóm", &g.label, self.errors);
        }
        for c in &d.checks {
            label(self.place, &c.rule, "kiểm tra", &c.message, self.errors);
        }
    }

    fn scope(&mut self) {
        let Some(path) = self.def.register.scope.as_deref() else { return };
        if path == "id" {
            if self.def.register.id != AGENCY || self.def.register.tree.is_none() {
                self.error("[register]", "scope", "scope = \"id\" chỉ dùng cho sổ agency có tree.");
            }
            return;
        }
        let mut at = self.def;
        for word in path.split('.') {
            let found = at.fields.iter().find(|f| f.id == word);
            match found.map(|f| &f.kind) {
                Some(FieldType::Link(t)) => match self.reg.registers.get(t) {
                    Some(next) => at = next,
                    None => return, // reported with the field
                },
                Some(_) => return self.error("[register]", "scope", format!("scope “{path}”: “{word}” không phải liên kết đơn.")),
                None => {
                    let near = suggest(word, at.fields.iter().map(|f| f.id.as_str()));
                    let message = format!("scope “{path}”: sổ “{}” không có trường “{word}”{near}", at.register.id);
                    return self.error("[register]", "scope", message);
                }
            }
        }
        if at.register.id != AGENCY {
            let message = format!("scope “{path}” phải kết thúc ở sổ agency, đang kết thúc ở “{}”.", at.register.id);
            self.error("[register]", "scope", message);
        }
    }

    fn known_role(&self, role: &str) -> bool {
        self.roles.0.contains_key(role)
    }

    fn access(&mut self) {
        for (role, verbs) in &self.def.access {
            if role != access::EVERYONE && !self.known_role(role) {
                let near = suggest(role, self.roles.0.keys().map(String::as_str));
                self.error("[access]", role, format!("[access] nhắc vai trò “{role}” không có{near}"));
            }
            for v in verbs.iter().filter(|v| *v != "*" && !VERBS.iter().any(|(w, _)| w == v)) {
                let near = suggest(v, VERBS.iter().map(|(w, _)| *w));
                self.error("[access]", &format!("\"{v}\""), format!("không có quyền “{v}”{near}"));
            }
            if role == access::EVERYONE && verbs.iter().any(|v| v != "read") {
                self.error("[access]", role, "everyone chỉ được \"read\".");
            }
            if role == access::EVERYONE && self.def.fields.iter().any(|f| f.sensitive.is_some()) {
                self.error("[access]", role, "sổ có trường nhạy cảm không thể mở cho everyone.");
            }
        }
    }
}

impl Field {
    fn target(&self) -> Option<&str> {
        match &self.kind {
            FieldType::Link(t) | FieldType::Links(t) => Some(t),
            _ => None,
        }
    }
}

/// Tables that are not registers.
const SYSTEM_TABLES: [&str; 12] = [
    "event",
    "register_definition",
    "saved_filter",
    "account",
    "account_grant",
    "session",
    "api_token",
    "sign_in_log",
    "ledger_leaf",
    "migration",
    "job",
    "notice",
];

/// Parses and type-checks the rules of `[[check]]`.
pub(crate) fn rules_of(reg: &mut Registry, places: &BTreeMap<String, Place<'_>>) -> Result<(), Vec<DefinitionError>> {
    let mut errors = Vec::new();
    reg.schema = std::sync::Arc::new(crate::rules_bridge::schema(&reg.registers, &reg.choices));
    for (id, d) in &reg.registers {
        let mut list = Vec::new();
        for c in &d.checks {
            match rules::Predicate::parse(&c.rule, &reg.schema, id) {
                Ok(rule) => list.push(crate::rules_bridge::CheckRule { rule, field: c.field.clone(), message: c.message.vi.clone() }),
                Err(e) => {
                    if let Some(place) = places.get(id) {
                        errors.push(place.error("[[check]]", &c.rule, format!("quy tắc «{}»: {e}", c.rule)));
                    }
                }
            }
        }
        reg.checks.insert(id.clone(), list);
        match d.frozen.as_ref().map(|f| (f, rules::Predicate::parse(&f.rule, &reg.schema, id))) {
            None => {}
            Some((f, Ok(rule))) => {
                let rule = crate::rules_bridge::CheckRule { rule, field: f.field.clone(), message: f.message.vi.clone() };
                reg.frozen.insert(id.clone(), rule);
            }
            Some((f, Err(e))) => {
                if let Some(place) = places.get(id) {
                    errors.push(place.error("[frozen]", &f.rule, format!("quy tắc «{}»: {e}", f.rule)));
                }
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Are all these words fields of the register? For typed structs of modules: call it at start and in a test.
///
/// # Errors
/// `Internal` with the words that the definition no longer has.
pub fn check_words(reg: &Registry, register: &str, words: &[&str]) -> Result<()> {
    let model = reg.model(register)?;
    let missing: Vec<String> = words
        .iter()
        .filter(|w| model.field(w).is_none() && !(model.dated && matches!(**w, "valid_from" | "valid_to")))
        .map(|w| format!("“{w}”{}", suggest(w, model.fields.iter().map(|f| f.id.as_str()))))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(Error::Internal(format!("sổ {register} không có trường: {}", missing.join("; ")))) }
}

/// Checks of the definition over a record about to be written.
pub(crate) fn record_checks(tx: &mut Tx, w: &mut Work<'_>, raw: &Raw, errors: &mut Errors) -> Result<()> {
    // what could not be read is as good as empty: a rule about it would complain of something that was filled in
    let unread: Vec<String> = errors.0.iter().map(|e| e.field.clone()).collect();
    for (field, message) in crate::rules_bridge::broken(tx, w.reg, w.m, raw, w.today, &unread) {
        errors.0.push(store::FieldError { field: field.to_owned(), message: message.to_owned() });
    }
    Ok(())
}

/// ` AND …` of a predicate of the rule language.
pub(crate) fn where_clause(
    tx: &mut Tx,
    reg: &Registry,
    m: &Model,
    scope: &Scope,
    rule: &str,
    as_of: Option<&str>,
    sql: &mut Sql,
) -> Result<()> {
    let day = match as_of {
        None | Some("" | "all") => crate::write::today(tx),
        Some(d) => d.to_owned(),
    };
    crate::rules_bridge::where_clause(reg, m, scope, rule, &day, sql)
}

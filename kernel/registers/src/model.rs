//! A definition made ready for work: columns, title, owner chain and prepared SQL texts.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use crate::definition::{Definition, FieldType};
use crate::record::Data;
use crate::sql::quote;

/// Id of the register whose tree is the tree of owners.
pub(crate) const AGENCY: &str = "agency";

/// One field.
#[derive(Debug, Clone)]
pub(crate) struct FieldModel {
    pub id: String,
    pub label: String,
    pub kind: FieldType,
    pub required: bool,
    pub sensitive: bool,
    pub search: bool,
    /// Has a column `<id>__sort` with its Vietnamese sort key.
    pub sort_column: bool,
    pub min: Option<Bound>,
    pub max: Option<Bound>,
    pub default: Option<Default>,
}
/// Limit of numbers or dates.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bound {
    Int(i64),
    Real(f64),
    Date(String),
}
/// Value of a new record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Default {
    Today,
    Is(Data),
}
impl FieldModel {
    /// Is it a column of the table (and not a table of links)?
    pub fn is_column(&self) -> bool {
        !matches!(self.kind, FieldType::Links(_))
    }
    /// Register a link points to.
    pub fn target(&self) -> Option<&str> {
        match &self.kind {
            FieldType::Link(t) | FieldType::Links(t) => Some(t),
            _ => None,
        }
    }
}

/// Piece of a title.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Text(String),
    Field(usize),
    ValidFrom,
    ValidTo,
}

/// Whose record it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Owner {
    /// Reference data.
    Nobody,
    /// The agency register itself.
    Itself,
    /// Links to follow: (field, register it points to); the last register is the agency register.
    Path(Vec<(String, String)>),
}

/// One register, ready.
#[derive(Debug)]
pub(crate) struct Model {
    pub id: String,
    pub label: String,
    pub fields: Vec<FieldModel>,
    pub index: HashMap<String, usize>,
    pub title: Vec<Part>,
    pub owner: Owner,
    pub dated: bool,
    pub tree: Option<usize>,
    pub keys: Vec<Vec<String>>,
    pub similar: Vec<usize>,
    /// Everybody may read all of it.
    pub public: bool,
    /// Its title is the name of a person: sorted by given name.
    pub person: bool,
    /// (id, label), the first is initial.
    pub states: Vec<(String, String)>,
    pub confirm: bool,
    /// `t."id", t."version", …`: what [`crate::body::Raw::read`] expects.
    pub select: String,
    pub insert: String,
    pub update: String,
    /// (register, field) of all links that point here.
    pub referrers: Vec<(String, String)>,
    /// Registers whose titles show ours: (register, link field).
    pub shown_in: Vec<(String, String)>,
}

impl Model {
    pub fn field(&self, id: &str) -> Option<&FieldModel> {
        self.index.get(id).map(|i| &self.fields[*i])
    }
    pub fn columns(&self) -> impl Iterator<Item = (usize, &FieldModel)> {
        self.fields.iter().enumerate().filter(|(_, f)| f.is_column())
    }
    pub fn link_tables(&self) -> impl Iterator<Item = (usize, &FieldModel)> {
        self.fields.iter().enumerate().filter(|(_, f)| !f.is_column())
    }
    pub fn table(&self) -> String {
        quote(&self.id)
    }
    pub fn link_table(&self, field: &str) -> String {
        quote(&format!("{}__{field}", self.id))
    }
    pub fn state_label<'a>(&'a self, id: &'a str) -> &'a str {
        self.states.iter().find(|(s, _)| s == id).map_or(id, |(_, l)| l)
    }

    pub fn new(def: &Definition) -> Self {
        let index: HashMap<String, usize> = def.fields.iter().enumerate().map(|(i, f)| (f.id.clone(), i)).collect();
        let title = title_parts(&def.register.title, &index);
        let in_title = |i: usize| title.contains(&Part::Field(i));
        let alone = title.len() == 1;
        let fields = def.fields.iter().enumerate().map(|(i, f)| {
            let text = matches!(f.kind, FieldType::Text);
            let sensitive = f.sensitive.is_some();
            let texty = matches!(
                f.kind,
                FieldType::Text
                    | FieldType::LongText
                    | FieldType::Url
                    | FieldType::Domain
                    | FieldType::Ip
                    | FieldType::Cidr
                    | FieldType::Email
                    | FieldType::Phone
            );
            FieldModel {
                id: f.id.clone(),
                label: f.label.vi.clone(),
                kind: f.kind.clone(),
                required: f.required,
                sensitive,
                search: texty && !sensitive && (f.search || in_title(i)),
                sort_column: text && !sensitive && !(alone && in_title(i)) && def.list.columns.contains(&f.id),
                min: f.min.as_ref().and_then(bound),
                max: f.max.as_ref().and_then(bound),
                default: f.default.as_ref().and_then(|v| default(&f.kind, v)),
            }
        });
        let mut m = Self {
            id: def.register.id.clone(),
            label: def.register.label.vi.clone(),
            fields: fields.collect(),
            person: alone && def.register.title == "{full_name}",
            title,
            owner: Owner::Nobody,
            dated: def.register.dated,
            tree: def.register.tree.as_ref().and_then(|t| index.get(t)).copied(),
            keys: def.register.keys.clone(),
            similar: def.register.similar.iter().filter_map(|f| index.get(f)).copied().collect(),
            public: def.access.get(access::EVERYONE).is_some_and(|v| v.iter().any(|v| v == "read" || v == "*")),
            states: def.states.iter().map(|s| (s.id.clone(), s.label.vi.clone())).collect(),
            confirm: def.register.confirm_every.is_some(),
            index,
            select: String::new(),
            insert: String::new(),
            update: String::new(),
            referrers: vec![],
            shown_in: vec![],
        };
        m.write_sql();
        m
    }

    /// Columns in the order of [`Model::insert`]: system, dates, path, fields, sort keys.
    fn write_sql(&mut self) {
        let mut cols: Vec<String> =
            ["id", "version", "state", "created_at", "created_by", "updated_at", "updated_by", "confirmed_on", "deleted_at"]
                .map(str::to_owned)
                .into();
        if self.dated {
            cols.extend(["valid_from".to_owned(), "valid_to".to_owned()]);
        }
        if self.tree.is_some() {
            cols.push("path".into());
        }
        cols.extend(self.columns().map(|(_, f)| f.id.clone()));
        let mut select = String::new();
        for c in &cols {
            if !select.is_empty() {
                select.push_str(", ");
            }
            let _ = write!(select, "t.{}", quote(c));
        }
        cols.extend(self.fields.iter().filter(|f| f.sort_column).map(|f| format!("{}__sort", f.id)));
        cols.extend(["search".to_owned(), "sort_title".to_owned()]);
        let names: Vec<String> = cols.iter().map(|c| quote(c)).collect();
        let holes: Vec<String> = (1..=cols.len()).map(|n| format!("${n}")).collect();
        self.insert = format!("INSERT INTO {} ({}) VALUES ({})", self.table(), names.join(", "), holes.join(", "));
        let sets: Vec<String> = names.iter().zip(&holes).skip(1).map(|(n, h)| format!("{n} = {h}")).collect();
        self.update = format!("UPDATE {} SET {} WHERE \"id\" = $1 AND \"version\" = ${}", self.table(), sets.join(", "), cols.len() + 1);
        self.select = select;
    }
}

/// Splits `"{person} · {agency}"`. Unknown holes were refused by the check before; here they stay as text.
pub(crate) fn title_parts(title: &str, index: &HashMap<String, usize>) -> Vec<Part> {
    let mut parts = Vec::new();
    for (hole, text) in holes(title) {
        if !hole {
            parts.push(Part::Text(text.to_owned()));
        } else if let Some(i) = index.get(text) {
            parts.push(Part::Field(*i));
        } else if text == "valid_from" {
            parts.push(Part::ValidFrom);
        } else if text == "valid_to" {
            parts.push(Part::ValidTo);
        } else {
            parts.push(Part::Text(format!("{{{text}}}")));
        }
    }
    parts
}

/// Pieces of a title: (is it a hole, text).
pub(crate) fn holes(title: &str) -> Vec<(bool, &str)> {
    let mut out = Vec::new();
    let mut rest = title;
    while let Some(a) = rest.find('{') {
        let Some(b) = rest[a..].find('}') else { break };
        if a > 0 {
            out.push((false, &rest[..a]));
        }
        out.push((true, &rest[a + 1..a + b]));
        rest = &rest[a + b + 1..];
    }
    if !rest.is_empty() {
        out.push((false, rest));
    }
    out
}

fn bound(v: &toml::Value) -> Option<Bound> {
    match v {
        toml::Value::Integer(n) => Some(Bound::Int(*n)),
        toml::Value::Float(n) => Some(Bound::Real(*n)),
        toml::Value::String(s) => Some(Bound::Date(s.clone())),
        toml::Value::Datetime(d) => Some(Bound::Date(d.to_string())),
        _ => None,
    }
}

/// `None` when the value does not fit the type.
pub(crate) fn default(kind: &FieldType, v: &toml::Value) -> Option<Default> {
    use FieldType as T;
    Some(Default::Is(match (kind, v) {
        (T::Date, toml::Value::String(s)) if s == "today" => return Some(Default::Today),
        (T::Date, toml::Value::Datetime(d)) => Data::Text(d.to_string()),
        (T::Bool, toml::Value::Boolean(b)) => Data::Bool(*b),
        (T::Integer | T::Money | T::Year, toml::Value::Integer(n)) => Data::Int(*n),
        #[expect(clippy::cast_precision_loss, reason = "a default typed by hand in a definition")]
        (T::Decimal, toml::Value::Integer(n)) => Data::Real(*n as f64),
        (T::Decimal, toml::Value::Float(n)) if n.is_finite() => Data::Real(*n),
        (T::Integer | T::Money | T::Year | T::Decimal | T::Bool | T::Links(_) | T::Link(_), _) => return None,
        (_, toml::Value::String(s)) => Data::Text(s.clone()),
        _ => return None,
    }))
}

/// Resolves every owner chain and who points to whom. The check has refused broken chains before.
pub(crate) fn connect(models: &mut BTreeMap<String, Model>, defs: &BTreeMap<String, Definition>) {
    let targets: BTreeMap<(String, String), String> = models
        .values()
        .flat_map(|m| m.fields.iter().filter_map(|f| Some(((m.id.clone(), f.id.clone()), f.target()?.to_owned()))))
        .collect();
    for (id, def) in defs {
        let owner = match def.register.scope.as_deref() {
            None => Owner::Nobody,
            Some("id") => Owner::Itself,
            Some(path) => {
                let mut at = id.clone();
                let mut hops = Vec::new();
                for word in path.split('.') {
                    let Some(next) = targets.get(&(at, word.to_owned())) else { break };
                    hops.push((word.to_owned(), next.clone()));
                    at = next.clone();
                }
                Owner::Path(hops)
            }
        };
        if let Some(m) = models.get_mut(id) {
            m.owner = owner;
        }
    }
    for ((from, field), to) in &targets {
        let shown = models.get(from).is_some_and(|m| m.index.get(field).is_some_and(|i| m.title.contains(&Part::Field(*i))));
        if let Some(m) = models.get_mut(to) {
            m.referrers.push((from.clone(), field.clone()));
            if shown {
                m.shown_in.push((from.clone(), field.clone()));
            }
        }
    }
}

//! Existing records by their natural keys.

use std::collections::{BTreeSet, HashMap};

use access::Actor;
use store::{Result, Tx, Value};

use super::cells::Problem;
use super::links::all_records;
use crate::definition::{Definition, Registry};
use crate::record::{Data, Record};

/// One way to recognise a record in this file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// Field ids (and `valid_from`) that the file has.
    pub fields: Vec<String>,
    /// Fields of the natural key that the file lacks: several records may answer.
    pub missing: Vec<String>,
    /// Position in `fields` of the value without which the row says nothing: the first that has no default.
    lead: usize,
    /// Names of `fields`, then of `missing`, as people know them.
    labels: Vec<String>,
}

/// The name of a field, as the headings of the file have it.
fn label(def: &Definition, id: &str) -> String {
    match (def.fields.iter().find(|f| f.id == id), id) {
        (Some(f), _) => f.label.vi.clone(),
        (None, "valid_from") => "Hiệu lực từ".to_owned(),
        (None, _) => id.to_owned(),
    }
}

/// What a new record gets in this field when nothing is given; `today` is no answer to "which record".
pub(super) fn default_value(def: &Definition, field: &str) -> Option<Data> {
    match def.fields.iter().find(|f| f.id == field)?.default.as_ref()? {
        toml::Value::String(s) if s != "today" => Some(Data::Text(s.clone())),
        toml::Value::Boolean(b) => Some(Data::Bool(*b)),
        toml::Value::Integer(n) => Some(Data::Int(*n)),
        _ => None,
    }
}

/// The keys usable with these columns: the complete ones; without any, the one that lacks least.
pub(super) fn usable_keys(def: &Definition, has: impl Fn(&str) -> bool) -> Vec<Key> {
    let split = |k: &Vec<String>| {
        let (fields, missing): (Vec<String>, Vec<String>) = k.iter().cloned().partition(|f| has(f));
        let lead = fields.iter().position(|f: &String| default_value(def, f).is_none()).unwrap_or(0);
        let labels = fields.iter().chain(&missing).map(|f| label(def, f)).collect();
        Key { fields, missing, lead, labels }
    };
    let all: Vec<Key> = def.register.keys.iter().map(split).filter(|k| !k.fields.is_empty()).collect();
    let complete: Vec<Key> = all.iter().filter(|k| k.missing.is_empty()).cloned().collect();
    if !complete.is_empty() {
        return complete;
    }
    // What a record must have is needed to tell it from others; what may be empty is not.
    let demanded = |f: &String| def.fields.iter().any(|x| &x.id == f && x.required);
    all.into_iter().filter(|k| !k.missing.iter().any(demanded)).min_by_key(|k| k.missing.len()).into_iter().collect()
}

#[derive(Debug, Clone)]
struct Known {
    id: String,
    title: String,
    values: Vec<String>,
    valid_from: Option<String>,
    valid_to: Option<String>,
}

/// Folded key values → positions of the records that hold them.
type ByKey = HashMap<Vec<String>, BTreeSet<usize>>;

/// Key values of all records in the actor's reach.
#[derive(Debug, Default)]
pub(super) struct Index {
    keys: Vec<Key>,
    /// Fields whose values `Known::values` holds, in order.
    fields: Vec<String>,
    records: Vec<Known>,
    by_id: HashMap<String, usize>,
    /// Per key.
    maps: Vec<ByKey>,
    /// The same by some fields of a key only (key, which of its fields), made when a row first leaves the others blank.
    loose: HashMap<(usize, Vec<bool>), ByKey>,
}

impl Index {
    /// Reads the key values of every record the actor may read. Personal fields are compared too, inside the program;
    /// they are never shown.
    pub(super) fn load(tx: &mut Tx, reg: &Registry, actor: &Actor, def: &Definition, keys: Vec<Key>) -> Result<Self> {
        let mut fields: Vec<String> = Vec::new();
        for f in keys.iter().flat_map(|k| &k.fields) {
            if !fields.contains(f) {
                fields.push(f.clone());
            }
        }
        let maps = keys.iter().map(|_| HashMap::new()).collect();
        let mut out = Self { keys, fields, maps, ..Self::default() };
        if out.keys.is_empty() {
            return Ok(out);
        }
        let personal: Vec<String> =
            out.fields.iter().filter(|f| def.fields.iter().any(|x| &x.id == *f && x.sensitive.is_some())).cloned().collect();
        let mut clear = raw_values(tx, &def.register.id, &personal)?;
        all_records(tx, reg, actor, &def.register.id, |r| {
            let hidden = clear.remove(&r.id).unwrap_or_default();
            out.put(&r, &hidden);
        })?;
        Ok(out)
    }

    fn put(&mut self, r: &Record, hidden: &HashMap<String, Data>) {
        let values: Vec<String> =
            self.fields.iter().map(|f| folded(hidden.get(f).or_else(|| r.fields.get(f)).unwrap_or(&Data::Null))).collect();
        let day = |id: &str| match r.fields.get(id) {
            Some(Data::Text(s)) => Some(s.clone()),
            _ => None,
        };
        let known = Known { id: r.id.clone(), title: r.title.clone(), values, valid_from: day("valid_from"), valid_to: day("valid_to") };
        let at = *self.by_id.entry(r.id.clone()).or_insert(self.records.len());
        if let Some(old) = self.records.get(at) {
            for (key, map) in self.keys.iter().zip(&mut self.maps) {
                if let Some(set) = map.get_mut(&pick(&self.fields, key, &old.values)) {
                    set.remove(&at);
                }
            }
            for ((n, given), map) in &mut self.loose {
                if let Some(set) = self.keys.get(*n).and_then(|key| map.get_mut(&only(&pick(&self.fields, key, &old.values), given))) {
                    set.remove(&at);
                }
            }
        }
        for (key, map) in self.keys.iter().zip(&mut self.maps) {
            map.entry(pick(&self.fields, key, &known.values)).or_default().insert(at);
        }
        for ((n, given), map) in &mut self.loose {
            if let Some(key) = self.keys.get(*n) {
                map.entry(only(&pick(&self.fields, key, &known.values), given)).or_default().insert(at);
            }
        }
        if at == self.records.len() { self.records.push(known) } else { self.records[at] = known }
    }

    /// A record just written. `values` are those of the file: a masked record can't tell its own.
    pub(super) fn learn(&mut self, r: &Record, values: &crate::actions::Values) {
        let hidden = values.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        self.put(r, &hidden);
    }

    /// Key of a row, for finding a second row of the same record; `None` when the row fills no key.
    pub(super) fn row_key(&self, get: impl Fn(&str) -> Data) -> Option<(usize, Vec<String>)> {
        self.keys.iter().enumerate().find_map(|(i, key)| {
            let values: Vec<String> = key.fields.iter().map(|f| folded(&get(f))).collect();
            let filled = values.get(key.lead).is_some_and(|v| !v.is_empty());
            filled.then_some((i, values))
        })
    }

    /// Records that agree with a row in every part of the key that it fills: a blank cell keeps what is there, so it cannot make
    /// another record of it.
    fn agreeing(&mut self, (n, values): &(usize, Vec<String>)) -> BTreeSet<usize> {
        let given: Vec<bool> = values.iter().map(|v| !v.is_empty()).collect();
        let Some(key) = self.keys.get(*n).filter(|_| given.contains(&false)) else { return BTreeSet::new() };
        let map = self.loose.entry((*n, given.clone())).or_insert_with(|| {
            let mut map: HashMap<Vec<String>, BTreeSet<usize>> = HashMap::new();
            for (at, known) in self.records.iter().enumerate() {
                map.entry(only(&pick(&self.fields, key, &known.values), &given)).or_default().insert(at);
            }
            map
        });
        map.get(&only(values, &given)).cloned().unwrap_or_default()
    }

    /// The record of a row: `Ok(None)` = a new one.
    pub(super) fn find(&mut self, key: &(usize, Vec<String>), day: &str) -> std::result::Result<Option<&str>, Problem> {
        let found = self.maps.get(key.0).and_then(|m| m.get(&key.1)).filter(|s| !s.is_empty()).cloned();
        let (found, blank) = match found {
            Some(found) => (found, false),
            None => (self.agreeing(key), true),
        };
        let mut left: Vec<&Known> = found.iter().filter_map(|i| self.records.get(*i)).collect();
        if blank {
            // a row without its day of beginning is not about what is over
            left.retain(|k| k.valid_to.as_deref().is_none_or(|t| day <= t));
        }
        if left.len() > 1 {
            let now: Vec<&Known> = left
                .iter()
                .copied()
                .filter(|k| k.valid_from.as_deref().is_none_or(|f| f <= day) && k.valid_to.as_deref().is_none_or(|t| day <= t))
                .collect();
            if !now.is_empty() {
                left = now;
            }
        }
        match left.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(&one.id)),
            many => {
                let titles: Vec<&str> = many.iter().take(5).map(|k| k.title.as_str()).collect();
                let lacking = self.keys.get(key.0).map(|k| k.labels[k.fields.len()..].join(", ")).unwrap_or_default();
                let unfilled = |k: &Key| {
                    k.labels.iter().zip(&key.1).filter(|(_, v)| v.is_empty()).map(|(l, _)| l.as_str()).collect::<Vec<_>>().join(", ")
                };
                Err(Problem::new(
                    format!("dòng này khớp với {} hồ sơ: {}", many.len(), titles.join("; ")),
                    if blank {
                        format!("Điền thêm để phân biệt: {}.", self.keys.get(key.0).map(unfilled).unwrap_or_default())
                    } else if lacking.is_empty() {
                        "Gộp các hồ sơ trùng trước khi nhập.".to_owned()
                    } else {
                        format!("Thêm cột để phân biệt: {lacking}.")
                    },
                ))
            }
        }
    }

    /// The keys in use.
    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }
}

fn pick(fields: &[String], key: &Key, values: &[String]) -> Vec<String> {
    key.fields.iter().map(|f| fields.iter().position(|x| x == f).and_then(|i| values.get(i)).cloned().unwrap_or_default()).collect()
}

/// Some of the values of a key.
fn only(values: &[String], given: &[bool]) -> Vec<String> {
    values.iter().zip(given).filter(|(_, g)| **g).map(|(v, _)| v.clone()).collect()
}

/// A value as compared: text folded, everything else as it is.
pub(super) fn folded(v: &Data) -> String {
    match v {
        Data::Null => String::new(),
        Data::Bool(b) => i64::from(*b).to_string(),
        Data::Int(n) => n.to_string(),
        Data::Real(x) => x.to_string(),
        Data::Text(s) => text::fold(s),
        Data::Links(ids) => ids.join(","),
        Data::Files(list) => list.iter().map(crate::Attachment::sha256).collect::<Vec<_>>().join(","),
    }
}

/// Personal key fields in clear: record id → field → value. `fields` are ids of the definition, checked when it was loaded.
fn raw_values(tx: &mut Tx, register: &str, fields: &[String]) -> Result<HashMap<String, HashMap<String, Data>>> {
    let mut out = HashMap::new();
    if fields.is_empty() {
        return Ok(out);
    }
    let columns: Vec<String> = fields.iter().map(|f| format!("\"{f}\"")).collect();
    for row in tx.query(&format!("SELECT id, {} FROM \"{register}\"", columns.join(", ")), &[])? {
        let id: String = row.get(0)?;
        let values = fields.iter().zip(row.values().iter().skip(1)).map(|(f, v)| (f.clone(), data(v))).collect();
        out.insert(id, values);
    }
    Ok(out)
}

fn data(v: &Value) -> Data {
    match v {
        Value::Int(n) => Data::Int(*n),
        Value::Real(x) => Data::Real(*x),
        Value::Text(s) => Data::Text(s.clone()),
        Value::Null | Value::Bytes(_) => Data::Null,
    }
}

//! For tests: a schema in a few lines, records in memory that are both a `World` and an SQLite database, a generator.
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params_from_iter};

use crate::{Ctx, Field, Kind, Label, Param, Rec, Register, Schema, Statement, Val, World};

/// `register [dated] [@agency.path]: field:type …`; types: text int dec money date at bool choice(a|b) link(r) links(r).
pub const SCHEMA: &str = "
agency dated @id: name:text kind:choice(department|branch|commune|school|police|military|soe|unit) state_agency:bool must_report:bool headcount:int parent:link(agency) head:link(person) head_since:date
person @agency: full_name:text agency:link(agency) active:bool staff_kind:choice(official|employee|worker) left_on:date seniority:dec
post dated @agency: person:link(person) agency:link(agency) category:choice(force_province|force_agency|system_operator|it_full|it_part|leader) fn_it:bool fn_dx:bool systems:links(system)
contact_point dated @agency: agency:link(agency) unit:text person:link(person) deputy:link(person) phone:text
system @owner: name:text state:choice(planned|operating|retired) owner:link(agency) operator:link(agency) administrators:links(person) level:int approved_on:date started_on:date regulation_on:date state_budget:bool national_critical:bool political_system:bool data_subjects:int
control dated: code:text level:int mandatory:bool interval_months:int topic:choice(risk|backup|network)
control_answer @system.owner: system:link(system) control:link(control) result:choice(met|partial|not_met|not_applicable) answered_on:date valid_until:date approved_na:bool
layer dated: no:int name:text proof_months:int
system_layer dated @system.owner: system:link(system) layer:link(layer) proof_on:date
security_assessment @system.owner: system:link(system) kind:choice(check|hunt) done_on:date
product: name:text security:bool strategic:bool origin:choice(vietnam|foreign) kind:choice(scan_tool|forensic_tool|core|other)
deployment @agency: product:link(product) agency:link(agency) system:link(system) started_on:date ended_on:date quantity:int
product_assessment: product:link(product) result:choice(passed|conditional|failed) assessed_on:date expires_on:date
training_record @person.agency: person:link(person) level:choice(basic|advanced|deep) completed_on:date result:choice(passed|failed|attended) hours:dec
issuing_body dated: name:text state:choice(proposed|eligible|suspended)
certificate @person.agency: person:link(person) issuer:link(issuing_body) level:choice(basic|advanced|deep) state:choice(declared|valid|revoked) issued_on:date expires_on:date revoked_on:date
recognition dated @certificate.person.agency: certificate:link(certificate) level:choice(basic|advanced|deep)
drill @organiser: name:text kind:choice(province|thematic|agency) state:choice(planned|closed|cancelled) organiser:link(agency) held_on:date
drill_participation @agency: drill:link(drill) agency:link(agency) members:links(person)
training_class @organiser: state:choice(planned|closed) organiser:link(agency) province_wide:bool ends_on:date
expert @person.agency: person:link(person) state:choice(nominated|recognised|ended) recognised_on:date
budget_line @agency: agency:link(agency) year:int phase:choice(planned|actual) spending:choice(science|digital|it|other) amount:money security_amount:money security:bool
report_submission @agency: agency:link(agency) year:int kind:choice(annual|other) state:choice(due|submitted|received) submitted_on:date sent_at:at
";

pub fn schema() -> Schema {
    Schema::new(SCHEMA.lines().filter(|l| !l.trim().is_empty()).map(register))
}

fn register(line: &str) -> Register {
    let (head, fields) = line.split_once(": ").unwrap();
    let mut words = head.split_whitespace();
    let id = words.next().unwrap().to_owned();
    let mut out = Register { label: Label::new(&format!("Sổ {id}"), &id), id, ..Register::default() };
    for word in words {
        match word.strip_prefix('@') {
            Some(path) => out.agency = Some(path.to_owned()),
            None => out.dated = word == "dated",
        }
    }
    out.fields = fields.split_whitespace().map(field).collect();
    out
}

fn field(text: &str) -> Field {
    let (id, kind) = text.split_once(':').unwrap();
    let arg = || kind.split_once('(').unwrap().1.trim_end_matches(')').to_owned();
    let kind = match kind.split('(').next().unwrap() {
        "text" => Kind::Text,
        "int" => Kind::Integer,
        "dec" => Kind::Decimal,
        "money" => Kind::Money,
        "date" => Kind::Date,
        "at" => Kind::Instant,
        "bool" => Kind::Bool,
        "choice" => Kind::Choice(arg().split('|').map(|o| (o.to_owned(), Label::new(o, o))).collect()),
        "link" => Kind::Link(arg()),
        "links" => Kind::Links(arg()),
        other => panic!("kind {other}"),
    };
    Field { id: id.to_owned(), label: Label::new(&id.replace('_', " "), id), kind }
}

/// Records of all registers.
#[derive(Debug, Default, Clone)]
pub struct Data {
    pub tables: BTreeMap<String, Vec<Rec>>,
    pub deleted: BTreeSet<String>,
}

impl World for Data {
    fn record(&self, register: &str, id: &str) -> Option<Rec> {
        self.tables.get(register)?.iter().find(|r| r.id == id && !self.deleted.contains(id)).cloned()
    }

    fn linked(&self, register: &str, field: &str, target: &str) -> Vec<Rec> {
        let names = |r: &Rec| match r.fields.get(field) {
            Some(Val::Text(id)) => id == target,
            Some(Val::List(ids)) => ids.iter().any(|id| id == target),
            _ => false,
        };
        self.all(register).into_iter().filter(names).collect()
    }

    fn all(&self, register: &str) -> Vec<Rec> {
        let alive = |r: &&Rec| !self.deleted.contains(&r.id);
        self.tables.get(register).into_iter().flatten().filter(alive).cloned().collect()
    }
}

impl Data {
    /// `add("person", "p1", "agency=a1 active=1")`; `a,b` for many-links fields; dates as they are.
    pub fn add(&mut self, schema: &Schema, register: &str, id: &str, fields: &str) -> &mut Self {
        let known = schema.register(register).unwrap_or_else(|| panic!("no register {register}"));
        let mut rec = Rec { id: id.into(), fields: BTreeMap::new() };
        for pair in fields.split_whitespace() {
            let (name, value) = pair.split_once('=').unwrap();
            let kind = if name == "path" { Kind::Text } else { known.field(name).unwrap_or_else(|| panic!("{register}.{name}")).kind };
            let value = match kind {
                Kind::Integer | Kind::Money | Kind::Bool | Kind::Instant => Val::Int(value.parse().unwrap()),
                Kind::Decimal => Val::Real(value.parse().unwrap()),
                Kind::Links(_) => Val::List(value.split(',').map(str::to_owned).collect()),
                _ => Val::Text(value.to_owned()),
            };
            rec.fields.insert(name.to_owned(), value);
        }
        self.tables.entry(register.to_owned()).or_default().push(rec);
        self
    }

    pub fn sqlite(&self, schema: &Schema) -> Connection {
        let db = Connection::open_in_memory().unwrap();
        create(&db, schema);
        for (register, recs) in &self.tables {
            let columns = columns(&schema.registers[register]);
            let holes = vec!["?"; columns.len() + 2].join(", ");
            let sql = format!("INSERT INTO \"{register}\" (\"id\", \"deleted_at\", {}) VALUES ({holes})", quoted(&columns));
            for rec in recs {
                let mut values = vec![value(&Val::Text(rec.id.clone()))];
                values.push(if self.deleted.contains(&rec.id) { rusqlite::types::Value::Integer(1) } else { rusqlite::types::Value::Null });
                values.extend(columns.iter().map(|c| value(rec.fields.get(c).unwrap_or(&Val::Null))));
                db.execute(&sql, params_from_iter(values)).unwrap();
                for (name, val) in &rec.fields {
                    let Val::List(ids) = val else { continue };
                    for target in ids {
                        db.execute(&format!("INSERT INTO \"{register}__{name}\" VALUES (?, ?)"), [&rec.id, target]).unwrap();
                    }
                }
            }
        }
        db
    }
}

fn value(val: &Val) -> rusqlite::types::Value {
    use rusqlite::types::Value;
    match val {
        Val::Null | Val::List(_) => Value::Null,
        Val::Int(n) => Value::Integer(*n),
        Val::Real(x) => Value::Real(*x),
        Val::Text(s) => Value::Text(s.clone()),
    }
}

fn quoted(columns: &[String]) -> String {
    columns.iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ")
}

/// Columns besides id and deleted_at.
pub fn columns(register: &Register) -> Vec<String> {
    let mut out: Vec<String> = register.fields.iter().filter(|f| !matches!(f.kind, Kind::Links(_))).map(|f| f.id.clone()).collect();
    out.extend(["version", "created_at", "updated_at", "confirmed_on"].map(str::to_owned));
    if register.dated {
        out.extend(["valid_from", "valid_to"].map(str::to_owned));
    }
    if register.id == "agency" {
        out.push("path".into());
    }
    out
}

/// Tables and indexes as the kernel makes them.
pub fn create(db: &Connection, schema: &Schema) {
    for register in schema.registers.values() {
        let id = &register.id;
        let types: Vec<String> = columns(register)
            .iter()
            .map(|c| {
                let kind = register.field(c).map_or(Kind::Text, |f| f.kind);
                let sql = match kind {
                    Kind::Integer | Kind::Money | Kind::Instant | Kind::Bool => "BIGINT",
                    Kind::Decimal => "REAL",
                    _ => "TEXT",
                };
                format!("\"{c}\" {sql}")
            })
            .collect();
        db.execute_batch(&format!("CREATE TABLE \"{id}\" (\"id\" TEXT PRIMARY KEY, \"deleted_at\" BIGINT, {})", types.join(", "))).unwrap();
        for field in &register.fields {
            let name = format!("{id}__{}", field.id);
            match field.kind {
                Kind::Link(_) => db.execute_batch(&format!("CREATE INDEX \"{name}\" ON \"{id}\" (\"{}\")", field.id)).unwrap(),
                Kind::Links(_) => db
                    .execute_batch(&format!(
                        "CREATE TABLE \"{name}\" (\"owner\" TEXT NOT NULL, \"target\" TEXT NOT NULL, PRIMARY KEY (\"owner\", \"target\")) WITHOUT ROWID;
                         CREATE INDEX \"{name}__t\" ON \"{name}\" (\"target\", \"owner\")"
                    ))
                    .unwrap(),
                _ => {}
            }
        }
    }
    db.execute_batch("CREATE INDEX agency_path ON agency (path)").unwrap();
}

/// Rows of a statement: text column(s) and numbers as strings; NULL as "".
pub fn rows(db: &Connection, statement: &Statement) -> Vec<Vec<String>> {
    let sql = statement.sql.replace('$', "?");
    let mut prepared = db.prepare(&sql).unwrap_or_else(|e| panic!("{e}\n{sql}"));
    let n = prepared.column_count();
    let params = statement.params.iter().map(|p| match p {
        Param::Int(n) => rusqlite::types::Value::Integer(*n),
        Param::Real(x) => rusqlite::types::Value::Real(*x),
        Param::Text(s) => rusqlite::types::Value::Text(s.clone()),
    });
    let mut out = prepared.query(params_from_iter(params)).unwrap_or_else(|e| panic!("{e}\n{sql}"));
    let mut all = Vec::new();
    while let Some(row) = out.next().unwrap() {
        let text = |i: usize| match row.get_ref(i).unwrap() {
            rusqlite::types::ValueRef::Null => String::new(),
            rusqlite::types::ValueRef::Integer(n) => n.to_string(),
            rusqlite::types::ValueRef::Real(x) => x.to_string(),
            rusqlite::types::ValueRef::Text(t) => String::from_utf8_lossy(t).into_owned(),
            rusqlite::types::ValueRef::Blob(_) => "blob".into(),
        };
        all.push((0..n).map(text).collect());
    }
    all
}

/// Summary rows as agency → [population, met, unmet, unknown, excluded].
pub fn figures(db: &Connection, statement: &Statement) -> BTreeMap<String, [i64; 5]> {
    let mut out = BTreeMap::new();
    for row in rows(db, statement) {
        let numbers: Vec<i64> = row[1..].iter().map(|n| n.parse().unwrap()).collect();
        assert!(out.insert(row[0].clone(), numbers.try_into().unwrap()).is_none(), "agency {} twice", row[0]);
    }
    out
}

/// Small deterministic generator (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap()
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    pub fn date(&mut self) -> String {
        // Month ends are where date arithmetic goes wrong.
        let day = *self.pick(&["01", "14", "15", "28", "30"]);
        format!("202{}-{:02}-{}", 5 + self.below(2), [1, 3, 5, 7, 8, 10, 12][self.below(7)], if self.chance(30) { "31" } else { day })
    }
}

/// `n` records of each register, with empties, deleted records, links to deleted ones, records out of date.
pub fn random(schema: &Schema, dice: &mut Dice, n: usize) -> Data {
    let mut data = Data::default();
    let id = |register: &str, i: usize| format!("{register}-{i}");
    for register in schema.registers.values() {
        for i in 0..n {
            let mut rec = Rec { id: id(&register.id, i), fields: BTreeMap::new() };
            let names = columns(register).into_iter().chain(register.fields.iter().map(|f| f.id.clone()));
            for name in names.collect::<BTreeSet<_>>() {
                let Some(field) = register.field(&name) else { continue };
                let value = match &field.kind {
                    Kind::Links(to) => {
                        let all: BTreeSet<String> = (0..dice.below(3)).map(|_| id(to, dice.below(n))).collect();
                        Val::List(all.into_iter().collect())
                    }
                    _ if dice.chance(20) => Val::Null,
                    Kind::Text => Val::Text((*dice.pick(&["x", "y", "Sở Công Thương"])).to_owned()),
                    Kind::Integer if name == "year" => Val::Int(2025 + dice.below(2) as i64),
                    Kind::Integer => Val::Int(dice.below(6) as i64),
                    Kind::Money => Val::Int(dice.below(6) as i64 * 1_000_000),
                    Kind::Decimal => Val::Real(dice.below(8) as f64 / 2.0),
                    Kind::Date => Val::Text(dice.date()),
                    Kind::Instant => Val::Int(1_767_200_400_000_000 + dice.below(800) as i64 * 43_200_000_000 - 1),
                    Kind::Bool => Val::Int(dice.below(2) as i64),
                    Kind::Choice(options) => Val::Text(dice.pick(options).0.clone()),
                    Kind::Link(to) => Val::Text(id(to, dice.below(n))),
                };
                rec.fields.insert(name, value);
            }
            if register.id == "agency" {
                rec.fields.insert("path".into(), Val::Text(format!("/{}/{}/", ["north", "south"][i % 2], rec.id)));
            }
            if dice.chance(10) {
                data.deleted.insert(rec.id.clone());
            }
            data.tables.entry(register.id.clone()).or_default().push(rec);
        }
    }
    data
}

pub fn ctx(as_of: &str, from: &str, to: &str) -> Ctx {
    let day = |s: &str| calendar::Date::parse(s).unwrap();
    Ctx { period_start: day(from), period_end: day(to), ..Ctx::on(day(as_of)) }
}

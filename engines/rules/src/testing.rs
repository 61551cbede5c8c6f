//! Registers, records and engines for the tests: a schema from a few words, tables as kernel/registers makes them.

use std::collections::BTreeMap;

use crate::{Field, Kind, Rec, Register, Schema, Statement, Val, World};

/// Numbers that look random and are the same each run (SplitMix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
    pub(crate) fn word(&mut self, list: &[&'static str]) -> &'static str {
        list[self.below(list.len())]
    }
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// `register [dated] [@path.to.agency]: field=kind …`, one a line; kinds `text int dec money date instant bool
/// choice(a|b) link(r) links(r)`. The label of a register or field is its id with spaces.
pub(crate) fn schema(lines: &str) -> Schema {
    let mut out = Schema::default();
    for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (head, fields) = line.split_once(':').unwrap();
        let mut words = head.split_whitespace();
        let id = words.next().unwrap().to_owned();
        let (mut dated, mut agency) = (false, None);
        for w in words {
            dated |= w == "dated";
            agency = w.strip_prefix('@').map(str::to_owned).or(agency);
        }
        let mut list: Vec<Field> = fields.split_whitespace().map(field).collect();
        let system: &[&str] = if dated { &["valid_from", "valid_to", "confirmed_on"] } else { &["confirmed_on"] };
        list.extend(system.iter().map(|f| Field { id: (*f).into(), label: label(f), said: None, kind: Kind::Date }));
        out.registers.insert(id.clone(), Register { label: label(&id), id, dated, agency, fields: list, keys: vec![] });
    }
    out
}

fn label(id: &str) -> crate::Label {
    let said = id.replace('_', " ");
    crate::Label { vi: said.clone(), en: said }
}

fn field(s: &str) -> Field {
    let (id, kind) = s.split_once('=').unwrap();
    let inside = || kind[kind.find('(').unwrap() + 1..kind.len() - 1].to_owned();
    let kind = match kind.split('(').next().unwrap() {
        "text" => Kind::Text,
        "int" => Kind::Integer,
        "dec" => Kind::Decimal,
        "money" => Kind::Money,
        "date" => Kind::Date,
        "instant" => Kind::Instant,
        "bool" => Kind::Bool,
        "choice" => Kind::Choice(inside().split('|').map(|o| (o.to_owned(), label(o))).collect()),
        "link" => Kind::Link(inside()),
        "links" => Kind::Links(inside()),
        other => panic!("kind {other}"),
    };
    Field { id: id.into(), label: label(id), said: None, kind }
}

/// All records, withdrawn ones marked.
pub(crate) struct Records {
    pub(crate) schema: Schema,
    pub(crate) rows: BTreeMap<String, Vec<(Rec, bool)>>,
}

impl Records {
    pub(crate) fn new(schema: Schema) -> Self {
        Self { schema, rows: BTreeMap::new() }
    }
    /// `field=value …`; `~` before the id: withdrawn. Values as the field's kind; lists with `+`; `_` in text is a blank.
    pub(crate) fn add(&mut self, register: &str, line: &str) {
        let mut words = line.split_whitespace();
        let id = words.next().unwrap();
        let mut rec = Rec { register: register.into(), id: id.trim_start_matches('~').into(), fields: BTreeMap::new() };
        for w in words {
            let (f, v) = w.split_once('=').unwrap();
            let kind = if f == "path" {
                Kind::Text
            } else {
                self.schema.registers[register].field(f).unwrap_or_else(|| panic!("{register}.{f}")).kind.clone()
            };
            let v = match kind {
                Kind::Integer | Kind::Money | Kind::Bool | Kind::Instant => Val::Int(v.parse().unwrap()),
                Kind::Decimal => Val::Real(v.parse().unwrap()),
                Kind::Links(_) => Val::List(v.split('+').map(str::to_owned).collect()),
                _ => Val::Text(v.to_owned()),
            };
            rec.fields.insert(f.into(), v);
        }
        self.rows.entry(register.into()).or_default().push((rec, id.starts_with('~')));
    }
    pub(crate) fn add_all(&mut self, register: &str, lines: &str) {
        for l in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
            self.add(register, l);
        }
    }
    pub(crate) fn of(&self, register: &str) -> &[(Rec, bool)] {
        self.rows.get(register).map_or(&[], Vec::as_slice)
    }

    /// Columns of a register's table, with their type on PostgreSQL.
    pub(crate) fn columns(r: &Register) -> Vec<(String, &'static str)> {
        let mut out = vec![("id".to_owned(), "TEXT COLLATE \"C\" PRIMARY KEY"), ("deleted_at".to_owned(), "BIGINT")];
        if r.id == "agency" {
            out.push(("path".into(), "TEXT COLLATE \"C\""));
        }
        for f in &r.fields {
            let t = match f.kind {
                Kind::Integer | Kind::Money | Kind::Bool | Kind::Instant => "BIGINT",
                Kind::Decimal => "DOUBLE PRECISION",
                Kind::Links(_) => continue,
                _ => "TEXT COLLATE \"C\"",
            };
            out.push((f.id.clone(), t));
        }
        out
    }
    pub(crate) fn many(r: &Register) -> impl Iterator<Item = String> + '_ {
        r.fields.iter().filter(|f| matches!(f.kind, Kind::Links(_))).map(|f| f.id.clone())
    }
    /// Tables and the indexes kernel/registers/src/ddl.rs makes on links.
    pub(crate) fn ddl(&self, postgres: bool) -> Vec<String> {
        let mut out = vec![];
        for r in self.schema.registers.values() {
            let t = |s: &str| if postgres { s.to_owned() } else { s.replace(" COLLATE \"C\"", "") };
            let cols: Vec<String> = Self::columns(r).iter().map(|(c, k)| format!("\"{c}\" {}", t(k))).collect();
            out.push(format!("CREATE TABLE \"{}\" ({})", r.id, cols.join(", ")));
            for f in r.fields.iter().filter(|f| matches!(f.kind, Kind::Link(_))) {
                out.push(format!("CREATE INDEX \"{0}__{1}\" ON \"{0}\" (\"{1}\", \"id\") WHERE \"deleted_at\" IS NULL", r.id, f.id));
            }
            for f in Self::many(r) {
                let text = t("TEXT COLLATE \"C\"");
                out.push(format!(
                    "CREATE TABLE \"{}__{f}\" (\"owner\" {text} NOT NULL, \"target\" {text} NOT NULL, PRIMARY KEY (\"owner\", \"target\"))",
                    r.id
                ));
                out.push(format!("CREATE INDEX \"{0}__{f}__t\" ON \"{0}__{f}\" (\"target\", \"owner\")", r.id));
            }
        }
        out
    }
    /// (table, row) of everything.
    pub(crate) fn inserts(&self) -> Vec<(String, Vec<Val>)> {
        let mut out = vec![];
        for r in self.schema.registers.values() {
            for (rec, gone) in self.of(&r.id) {
                let value = |c: &str| match c {
                    "id" => Val::Text(rec.id.clone()),
                    "deleted_at" => {
                        if *gone {
                            Val::Int(1)
                        } else {
                            Val::Null
                        }
                    }
                    c => rec.fields.get(c).cloned().unwrap_or(Val::Null),
                };
                out.push((r.id.clone(), Self::columns(r).iter().map(|(c, _)| value(c)).collect()));
                for f in Self::many(r) {
                    if let Some(Val::List(l)) = rec.fields.get(&f) {
                        out.extend(l.iter().map(|t| (format!("{}__{f}", r.id), vec![Val::Text(rec.id.clone()), Val::Text(t.clone())])));
                    }
                }
            }
        }
        out
    }
    pub(crate) fn sqlite(&self) -> Sqlite {
        let db = rusqlite::Connection::open_in_memory().unwrap();
        db.execute_batch(&self.ddl(false).join(";")).unwrap();
        let db = Sqlite(db);
        for (table, row) in self.inserts() {
            let marks: Vec<String> = (1..=row.len()).map(|n| format!("?{n}")).collect();
            let sql = format!("INSERT INTO \"{table}\" VALUES ({})", marks.join(","));
            db.0.prepare_cached(&sql).unwrap().execute(rusqlite::params_from_iter(row.iter().map(lite))).unwrap();
        }
        db
    }
}

impl World for Records {
    fn record(&self, register: &str, id: &str) -> Option<Rec> {
        self.of(register).iter().find(|(r, _)| r.id == id).map(|(r, _)| r.clone())
    }
    fn linked(&self, register: &str, field: &str, target: &str) -> Vec<Rec> {
        let hit = |r: &Rec| match r.fields.get(field) {
            Some(Val::Text(t)) => t == target,
            Some(Val::List(l)) => l.iter().any(|t| t == target),
            _ => false,
        };
        self.of(register).iter().filter(|(r, gone)| !gone && hit(r)).map(|(r, _)| r.clone()).collect()
    }
    fn all(&self, register: &str) -> Vec<Rec> {
        self.of(register).iter().filter(|(_, gone)| !gone).map(|(r, _)| r.clone()).collect()
    }
}

/// An engine that answers a statement.
pub(crate) trait Answers {
    fn rows(&mut self, s: &Statement) -> Vec<Vec<Val>>;
}

pub(crate) struct Sqlite(pub(crate) rusqlite::Connection);

pub(crate) fn lite(v: &Val) -> rusqlite::types::Value {
    use rusqlite::types::Value as V;
    match v {
        Val::Int(n) => V::Integer(*n),
        Val::Real(x) => V::Real(*x),
        Val::Text(s) => V::Text(s.clone()),
        Val::Null | Val::List(_) => V::Null,
    }
}

impl Answers for Sqlite {
    fn rows(&mut self, s: &Statement) -> Vec<Vec<Val>> {
        // `$n` would be a name for SQLite
        let sql = s.sql.replace('$', "?");
        let mut st = self.0.prepare(&sql).unwrap_or_else(|e| panic!("{e}\n{sql}"));
        let n = st.column_count();
        let read = |r: &rusqlite::Row<'_>| (0..n).map(|i| r.get::<_, rusqlite::types::Value>(i)).collect::<Result<Vec<_>, _>>();
        let mut rows = st.query(rusqlite::params_from_iter(s.params.iter().map(lite))).unwrap_or_else(|e| panic!("{e}\n{sql}"));
        let mut out = vec![];
        while let Some(r) = rows.next().unwrap() {
            out.push(read(r).unwrap().into_iter().map(back).collect());
        }
        out
    }
}

fn back(v: rusqlite::types::Value) -> Val {
    use rusqlite::types::Value as V;
    match v {
        V::Integer(n) => Val::Int(n),
        V::Real(x) => Val::Real(x),
        V::Text(s) => Val::Text(s),
        V::Null | V::Blob(_) => Val::Null,
    }
}

/// PostgreSQL, in a schema of its own that goes with the connection.
pub(crate) struct Postgres(postgres::Client, String);

/// A value of whatever type the server inferred, as kernel/store/src/pg.rs binds it.
#[derive(Debug)]
struct Bound<'a>(&'a Val);
impl postgres::types::ToSql for Bound<'_> {
    fn to_sql(
        &self,
        ty: &postgres::types::Type,
        out: &mut postgres::types::private::BytesMut,
    ) -> Result<postgres::types::IsNull, Box<dyn std::error::Error + Sync + Send>> {
        use postgres::types::Type;
        match (self.0, ty) {
            (Val::Int(n), &Type::INT4) => i32::try_from(*n)?.to_sql(ty, out),
            (Val::Int(n), &Type::FLOAT8) => (*n as f64).to_sql(ty, out),
            (Val::Int(n), &Type::INT8) => n.to_sql(ty, out),
            (Val::Real(x), &Type::FLOAT8) => x.to_sql(ty, out),
            (Val::Text(s), &Type::TEXT | &Type::VARCHAR) => s.to_sql(ty, out),
            (Val::Null | Val::List(_), _) => Ok(postgres::types::IsNull::Yes),
            (v, t) => Err(format!("{v:?} as {t}").into()),
        }
    }
    fn accepts(_: &postgres::types::Type) -> bool {
        true
    }
    postgres::types::to_sql_checked!();
}

impl Postgres {
    /// `None`, with a word on the console, when no server answers.
    pub(crate) fn open(schema: &str) -> Option<Self> {
        let url = std::env::var("LACHAN_TEST_PG").unwrap_or_else(|_| "postgres://root@127.0.0.1:5432/test".into());
        match postgres::Client::connect(&url, postgres::NoTls) {
            Ok(c) => Some(Self(c, format!("{schema}_{}", std::process::id()))),
            Err(e) => {
                println!("skipped: no PostgreSQL at {url}: {e}");
                None
            }
        }
    }
    pub(crate) fn fill(&mut self, records: &Records) {
        let name = self.1.clone();
        self.0.batch_execute(&format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}; SET search_path = {name}")).unwrap();
        self.0.batch_execute(&records.ddl(true).join(";")).unwrap();
        for (table, row) in records.inserts() {
            let marks: Vec<String> = (1..=row.len()).map(|n| format!("${n}")).collect();
            self.run(&format!("INSERT INTO \"{table}\" VALUES ({})", marks.join(",")), &row);
        }
    }
    pub(crate) fn run(&mut self, sql: &str, params: &[Val]) -> Vec<postgres::Row> {
        let bound: Vec<Bound<'_>> = params.iter().map(Bound).collect();
        let all: Vec<&(dyn postgres::types::ToSql + Sync)> = bound.iter().map(|b| b as _).collect();
        self.0.query(sql, &all).unwrap_or_else(|e| panic!("{e:?}\n{sql}\n{params:?}"))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.0.batch_execute(&format!("DROP SCHEMA IF EXISTS {} CASCADE", self.1));
    }
}

impl Answers for Postgres {
    fn rows(&mut self, s: &Statement) -> Vec<Vec<Val>> {
        let rows = self.run(&s.sql, &s.params);
        let cell = |r: &postgres::Row, i: usize| match *r.columns()[i].type_() {
            postgres::types::Type::INT8 => r.get::<_, Option<i64>>(i).map_or(Val::Null, Val::Int),
            postgres::types::Type::INT4 => r.get::<_, Option<i32>>(i).map_or(Val::Null, |n| Val::Int(n.into())),
            _ => r.get::<_, Option<String>>(i).map_or(Val::Null, Val::Text),
        };
        rows.iter().map(|r| (0..r.len()).map(|i| cell(r, i)).collect()).collect()
    }
}

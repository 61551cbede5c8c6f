//! From the definitions applied last to those of this program: what must be done to the tables, said before it is done.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use store::{Error, Migration, Result, Tx};

use crate::body::to_sql;
use crate::ddl::{Shape, create_links, widens};
use crate::model::{Default as Given, Model};
use crate::registry::Registry;
use crate::sql::quote;
use crate::{Data, write};

/// Tables of this crate that are not registers.
pub fn migrations() -> Vec<Migration> {
    vec![
        Migration { id: "registers/0001", sql: TABLES },
        Migration { id: "registers/import", sql: crate::files::job::TABLES },
        Migration { id: "registers/attachment", sql: crate::attachment::TABLES },
    ]
}

const TABLES: &str = "
CREATE TABLE register_definition (id TEXT PRIMARY KEY, body TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE event (id TEXT PRIMARY KEY, at BIGINT NOT NULL, kind TEXT NOT NULL, register TEXT NOT NULL, record TEXT NOT NULL, agency TEXT, who TEXT NOT NULL, body TEXT, done BIGINT);
CREATE INDEX event_waiting ON event (at, id) WHERE done IS NULL;
CREATE INDEX event_record ON event (register, record);
CREATE TABLE saved_filter (id TEXT PRIMARY KEY, account TEXT NOT NULL, register TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL, shared BIGINT NOT NULL);
CREATE UNIQUE INDEX saved_filter_name ON saved_filter (account, register, name);
CREATE INDEX saved_filter_register ON saved_filter (register, shared);
";

/// One step of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Register it concerns.
    pub register: String,
    /// Statement; empty when the step is work of the program (fill a default, compute search keys again).
    pub sql: String,
    /// What it does, in Vietnamese.
    pub sentence_vi: String,
    pub(crate) work: Option<Work>,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    /// Empty values of this field become the default; each record gets a leaf.
    Fill(String),
    /// A field is gone: each record that had a value gets a leaf.
    Relog,
    /// Search and sort columns are computed again.
    Derive,
}

/// Something that would lose or spoil data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Register.
    pub register: String,
    /// What and how to go on, in Vietnamese.
    pub sentence_vi: String,
}

/// What will be done, shown before it is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MigrationPlan {
    /// In order.
    pub steps: Vec<Step>,
    /// If any: nothing is done.
    pub refused: Vec<Refusal>,
}
impl MigrationPlan {
    /// Nothing to do and nothing refused.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.refused.is_empty()
    }
    fn sql(&mut self, register: &str, sql: String, sentence: String) {
        self.steps.push(Step { register: register.into(), sql, sentence_vi: sentence, work: None });
    }
    fn work(&mut self, register: &str, work: Work, sentence: String) {
        self.steps.push(Step { register: register.into(), sql: String::new(), sentence_vi: sentence, work: Some(work) });
    }
    fn refuse(&mut self, register: &str, sentence: String) {
        self.refused.push(Refusal { register: register.into(), sentence_vi: sentence });
    }
}
impl fmt::Display for MigrationPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("Không có gì phải thay đổi.");
        }
        for r in &self.refused {
            writeln!(f, "TỪ CHỐI  {}: {}", r.register, r.sentence_vi)?;
        }
        let mut last = ("", "");
        for s in self.steps.iter().filter(|s| !s.sentence_vi.is_empty()) {
            if last != (&s.register, &s.sentence_vi) {
                writeln!(f, "+ {}: {}", s.register, s.sentence_vi)?;
            }
            last = (&s.register, &s.sentence_vi);
        }
        Ok(())
    }
}

/// Compares the definitions with what is applied.
pub fn plan_migration(tx: &mut Tx, reg: &Registry) -> Result<MigrationPlan> {
    let mut applied: BTreeMap<String, Shape> = BTreeMap::new();
    for row in tx.query("SELECT id, body FROM register_definition ORDER BY id", &[])? {
        let shape = serde_json::from_str(&row.get::<String>(1)?).map_err(Error::internal)?;
        applied.insert(row.get(0)?, shape);
    }
    let mut plan = MigrationPlan::default();
    for (id, m) in &reg.models {
        let new = Shape::of(reg.get(id)?, m);
        match applied.get(id) {
            None => {
                for sql in new.create(m) {
                    plan.sql(id, sql, format!("tạo sổ “{}” ({} trường)", m.label, m.fields.len()));
                }
            }
            Some(old) if *old == new => {}
            Some(old) => changed(tx, reg, m, old, &new, &mut plan)?,
        }
    }
    Ok(plan)
}

fn changed(tx: &mut Tx, reg: &Registry, m: &Model, old: &Shape, new: &Shape, plan: &mut MigrationPlan) -> Result<()> {
    let id = m.id.as_str();
    let table = m.table();
    let label = |f: &str| m.field(f).map_or_else(|| f.to_owned(), |x| x.label.clone());
    for (name, sql) in &old.indexes {
        if new.indexes.get(name) != Some(sql) {
            plan.sql(id, format!("DROP INDEX {}", quote(name)), format!("bỏ chỉ mục {name}"));
        }
    }
    let drops = &reg.get(id)?.register.drops;
    for (f, kind) in &old.fields {
        match new.fields.get(f) {
            None if drops.contains(f) => {
                let what = format!("xóa trường “{f}” cùng mọi giá trị của nó (định nghĩa ghi drops)");
                if old.links.contains(f) {
                    plan.sql(id, format!("DROP TABLE {}", m.link_table(f)), what);
                } else {
                    plan.sql(id, format!("ALTER TABLE {table} DROP COLUMN {}", quote(f)), what);
                }
                plan.work(id, Work::Relog, "ghi sổ cái các bản ghi mất giá trị".into());
            }
            None => plan.refuse(
                id,
                format!("trường “{f}” không còn trong định nghĩa; dữ liệu của nó sẽ mất. Trả lại trường, hoặc ghi rõ trong [register]: drops = [\"{f}\"]."),
            ),
            Some(now) if !widens(kind, now) => plan.refuse(
                id,
                format!("trường “{f}” đổi kiểu từ {kind} sang {now}; giá trị cũ có thể sai. Thêm một trường mới, chuyển dữ liệu, rồi bỏ trường cũ."),
            ),
            Some(_) => {}
        }
    }
    if m.tree.is_some() && !old.columns.contains_key("path") {
        plan.refuse(id, "sổ đã có dữ liệu không thể đổi thành cây. Lập sổ mới rồi chuyển dữ liệu.".into());
    }
    for (c, t) in new.columns.iter().filter(|(c, _)| !old.columns.contains_key(*c)) {
        let what = if c.contains("__") || !new.fields.contains_key(c) {
            format!("thêm cột {c}")
        } else {
            format!("thêm trường “{}”", label(c))
        };
        plan.sql(id, format!("ALTER TABLE {table} ADD COLUMN {} {t}", quote(c)), what);
    }
    for f in new.links.iter().filter(|f| !old.links.contains(f)) {
        for sql in create_links(m, f) {
            plan.sql(id, sql, format!("thêm trường “{}”", label(f)));
        }
    }
    required(tx, m, old, new, plan)?;
    for (name, sql) in &new.indexes {
        if old.indexes.get(name) != Some(sql) {
            plan.sql(id, sql.clone(), format!("thêm chỉ mục {name}"));
        }
    }
    if old.derived != new.derived {
        plan.work(id, Work::Derive, "tính lại cột tìm kiếm và sắp xếp".into());
    }
    if plan.steps.iter().all(|s| s.register != id) {
        // only words changed (a wider type, a field no longer required): remember the new definition
        plan.work(id, Work::Relog, "ghi nhận định nghĩa mới".into());
    }
    Ok(())
}

/// Newly required fields: a default fills what is empty, without one it is refused while something is empty.
fn required(tx: &mut Tx, m: &Model, old: &Shape, new: &Shape, plan: &mut MigrationPlan) -> Result<()> {
    for f in new.required.iter().filter(|f| !old.required.contains(f)) {
        let Some(field) = m.field(f) else { continue };
        let table = m.table();
        let empty = if !old.fields.contains_key(f) {
            format!("SELECT COUNT(*) FROM {table} WHERE \"deleted_at\" IS NULL")
        } else if field.is_column() {
            format!("SELECT COUNT(*) FROM {table} WHERE \"deleted_at\" IS NULL AND {} IS NULL", quote(f))
        } else {
            format!(
                "SELECT COUNT(*) FROM {table} t WHERE t.\"deleted_at\" IS NULL AND NOT EXISTS (SELECT 1 FROM {} l WHERE l.\"owner\" = t.\"id\")",
                m.link_table(f)
            )
        };
        let n: i64 = tx.query_opt(&empty, &[])?.map_or(Ok(0), |r| r.get(0))?;
        if n == 0 {
            continue;
        }
        if field.default.is_some() {
            plan.work(&m.id, Work::Fill(f.clone()), format!("điền giá trị mặc định vào “{}” của {n} bản ghi", field.label));
        } else {
            plan.refuse(
                &m.id,
                format!("trường “{}” trở thành bắt buộc nhưng {n} bản ghi đang để trống. Thêm default vào định nghĩa, hoặc điền các bản ghi đó trước.", field.label),
            );
        }
    }
    Ok(())
}

/// Does what the plan says, in this transaction. Refused as a whole when the plan has refusals.
pub fn apply(tx: &mut Tx, reg: &Registry, plan: &MigrationPlan) -> Result<()> {
    if !plan.refused.is_empty() {
        return Err(Error::Conflict(format!("Chưa nâng cấp sổ đăng ký, chưa có gì thay đổi.\n{plan}")));
    }
    let touched: BTreeSet<&str> = plan.steps.iter().map(|s| s.register.as_str()).collect();
    for s in plan.steps.iter().filter(|s| s.work.is_none()) {
        tx.ddl(&s.sql)?;
    }
    for s in &plan.steps {
        let m = reg.model(&s.register)?;
        match &s.work {
            None => {}
            Some(Work::Derive) => write::derive_all(tx, reg, m)?,
            Some(Work::Relog) => write::relog(tx, m, |_, _| Ok(()))?,
            Some(Work::Fill(f)) => fill(tx, m, f)?,
        }
    }
    for id in touched {
        let body = serde_json::to_string(&Shape::of(reg.get(id)?, reg.model(id)?)).map_err(Error::internal)?;
        let hash = crate::write::hex(&crate::write::sha256(body.as_bytes()));
        tx.exec(
            "INSERT INTO register_definition (id, body, hash) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET body = excluded.body, hash = excluded.hash",
            &[id.into(), body.into(), hash.into()],
        )?;
    }
    Ok(())
}

fn fill(tx: &mut Tx, m: &Model, field: &str) -> Result<()> {
    let Some(i) = m.index.get(field).copied() else { return Ok(()) };
    let value = match &m.fields[i].default {
        Some(Given::Today) => Data::Text(write::today(tx)),
        Some(Given::Is(v)) => v.clone(),
        None => return Ok(()),
    };
    let set = format!("UPDATE {} SET {} = $2 WHERE \"id\" = $1", m.table(), quote(field));
    write::relog(tx, m, |tx, raw| {
        if raw.values[i] == Data::Null && raw.deleted_at.is_none() {
            raw.values[i] = value.clone();
            tx.exec(&set, &[raw.id.as_str().into(), to_sql(&value)])?;
        }
        Ok(())
    })
}

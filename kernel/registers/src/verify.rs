//! Proof that the rows are what the ledger says: every record serialised again equals the body of its last leaf.

use std::fmt;

use store::{Result, Tx};

use crate::Registry;
use crate::body::Raw;
use crate::model::Model;
use crate::read;
use crate::sql::quote;

/// A record that is not what the ledger says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Register.
    pub register: String,
    /// Record.
    pub record: String,
    /// Leaf of its last change, if any.
    pub seq: Option<i64>,
    /// What is different, in Vietnamese.
    pub sentence_vi: String,
}
impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.register, self.record, self.sentence_vi)
    }
}

/// Records compared at a time.
const BATCH: usize = 2000;

/// Compares every row (with its links, its files and its path in the tree) with the ledger. Empty = all is as it was written.
pub fn verify_rows(tx: &mut Tx, reg: &Registry) -> Result<Vec<Mismatch>> {
    let mut out = Vec::new();
    let mut seen = std::collections::BTreeMap::new();
    for m in reg.models.values() {
        rows(tx, m, &mut out)?;
        vanished(tx, m, &mut out)?;
        paths(tx, m, &mut out)?;
        crate::attachment::verify(tx, m, &mut seen, &mut out)?;
    }
    Ok(out)
}

fn rows(tx: &mut Tx, m: &Model, out: &mut Vec<Mismatch>) -> Result<()> {
    let sql = format!(
        "SELECT {}, l.seq, l.body, l.at, l.who FROM {} t LEFT JOIN ledger_leaf l ON l.seq = \
         (SELECT MAX(x.seq) FROM ledger_leaf x WHERE x.register = $1 AND x.record = t.\"id\" AND x.action <> 'unmask') \
         WHERE t.\"id\" > $2 ORDER BY t.\"id\" LIMIT {BATCH}",
        m.select,
        m.table()
    );
    let mut after = String::new();
    loop {
        let found = tx.query(&sql, &[m.id.as_str().into(), after.as_str().into()])?;
        let raws = read::from_rows(tx, m, &found, 0)?;
        let n = Raw::width(m);
        for (row, raw) in found.iter().zip(&raws) {
            let seq: Option<i64> = row.get(n)?;
            let body: Option<String> = row.get(n + 1)?;
            let sentence = match (seq, body) {
                (None, _) => Some("bản ghi không có dòng nào trong sổ cái".to_owned()),
                (Some(_), Some(b)) if b == raw.canonical(m)? => {
                    let same = row.get::<i64>(n + 2)? == raw.updated_at && row.get::<String>(n + 3)? == raw.updated_by;
                    (!same).then(|| "người sửa hoặc thời điểm sửa khác với sổ cái".to_owned())
                }
                _ => Some("nội dung khác với sổ cái".to_owned()),
            };
            if let Some(sentence_vi) = sentence {
                out.push(Mismatch { register: m.id.clone(), record: raw.id.clone(), seq, sentence_vi });
            }
        }
        match raws.last() {
            Some(last) if raws.len() == BATCH => after.clone_from(&last.id),
            _ => return Ok(()),
        }
    }
}

fn vanished(tx: &mut Tx, m: &Model, out: &mut Vec<Mismatch>) -> Result<()> {
    let sql = format!(
        "SELECT l.record, CAST(MAX(l.seq) AS BIGINT) FROM ledger_leaf l WHERE l.register = $1 \
         AND NOT EXISTS (SELECT 1 FROM {} t WHERE t.\"id\" = l.record) GROUP BY l.record ORDER BY l.record",
        m.table()
    );
    for row in tx.query(&sql, &[m.id.as_str().into()])? {
        let sentence_vi = "sổ cái có bản ghi này nhưng bảng không còn".to_owned();
        out.push(Mismatch { register: m.id.clone(), record: row.get(0)?, seq: row.get(1)?, sentence_vi });
    }
    Ok(())
}

/// The path decides who may read: it must follow from the parents.
fn paths(tx: &mut Tx, m: &Model, out: &mut Vec<Mismatch>) -> Result<()> {
    let Some(tree) = m.tree else { return Ok(()) };
    let sql = format!(
        "SELECT t.\"id\" FROM {0} t LEFT JOIN {0} p ON p.\"id\" = t.{1} WHERE t.\"path\" IS NULL OR t.\"path\" <> COALESCE(p.\"path\", '/') || t.\"id\" || '/'",
        m.table(),
        quote(&m.fields[tree].id)
    );
    for row in tx.query(&sql, &[])? {
        let sentence_vi = "đường dẫn trong cây không khớp với cấp trên".to_owned();
        out.push(Mismatch { register: m.id.clone(), record: row.get(0)?, seq: None, sentence_vi });
    }
    Ok(())
}

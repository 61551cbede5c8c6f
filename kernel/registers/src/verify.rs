//! Proof that the rows are what the ledger says: every record serialised again equals the body of its last leaf.

use store::{Result, Tx};

use crate::Registry;
use crate::body::Raw;
use crate::model::Model;
use crate::read;
use crate::sql::quote;

pub use access::Mismatch;

/// Records compared at a time.
const BATCH: usize = 2000;

/// Everything that rows can say: accounts, grants and tokens first, then every register. `progress(done, of)` is called now
/// and then.
///
/// # Errors
/// Those of the engine, and of `progress`.
pub fn verify_all(tx: &mut Tx, reg: &Registry, progress: &mut dyn FnMut(usize, usize) -> Result<()>) -> Result<Vec<Mismatch>> {
    let of = reg.models.len() + 1;
    let mut out = access::verify_rows(tx)?;
    progress(1, of)?;
    let mut seen = std::collections::BTreeMap::new();
    for (n, m) in reg.models.values().enumerate() {
        register(tx, m, &mut seen, &mut out, &mut || progress(n + 1, of))?;
    }
    progress(of, of)?;
    Ok(out)
}

/// What a verification found, for programs and for the page: `rows` are the first [`SHOWN`] of `mismatches`.
pub fn proof(report: &store::VerifyReport, rows: &[Mismatch], rows_read: bool) -> serde_json::Value {
    let fault = report.fault.as_ref().map(|f| serde_json::json!({ "seq": f.seq, "record": f.record, "message": f.message }));
    let shown: Vec<_> = rows
        .iter()
        .take(SHOWN)
        .map(|m| serde_json::json!({ "register": m.register, "record": m.record, "seq": m.seq, "message": m.sentence_vi }))
        .collect();
    serde_json::json!({
        // what could not be compared is not proved
        "ok": fault.is_none() && rows_read && rows.is_empty(), "size": report.size, "root": report.root, "checkpoints": report.checkpoints,
        "fault": fault, "rows_compared": rows_read, "mismatches": rows.len(), "rows": shown,
    })
}

/// Rows listed in the answer; `mismatches` counts all.
pub const SHOWN: usize = 100;

/// Compares every row of the registers (with its links, its files and its path in the tree) with the ledger. Empty = all is as it was written.
pub fn verify_rows(tx: &mut Tx, reg: &Registry) -> Result<Vec<Mismatch>> {
    let mut out = Vec::new();
    let mut seen = std::collections::BTreeMap::new();
    for m in reg.models.values() {
        register(tx, m, &mut seen, &mut out, &mut || Ok(()))?;
    }
    Ok(out)
}

fn register(tx: &mut Tx, m: &Model, seen: &mut Files, out: &mut Vec<Mismatch>, tick: &mut dyn FnMut() -> Result<()>) -> Result<()> {
    rows(tx, m, out, tick)?;
    vanished(tx, m, out)?;
    paths(tx, m, out)?;
    crate::attachment::verify(tx, m, seen, out, tick)
}

/// What was found of each file looked into, by its hash.
type Files = std::collections::BTreeMap<String, Option<String>>;

fn rows(tx: &mut Tx, m: &Model, out: &mut Vec<Mismatch>, tick: &mut dyn FnMut() -> Result<()>) -> Result<()> {
    let sql = format!(
        "SELECT {}, l.seq, l.body, l.at, l.who FROM {} t LEFT JOIN ledger_leaf l ON l.seq = \
         (SELECT MAX(x.seq) FROM ledger_leaf x WHERE x.register = $1 AND x.record = t.\"id\" AND x.action <> 'unmask') \
         WHERE t.\"id\" > $2 ORDER BY t.\"id\" LIMIT {BATCH}",
        m.select,
        m.table()
    );
    let mut after = String::new();
    loop {
        tick()?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use store::VerifyReport;

    #[test]
    fn a_proof_is_ok_only_without_fault_and_mismatch() {
        let mut report = VerifyReport { size: 3, root: "ab".into(), checkpoints: 1, fault: None };
        assert_eq!(proof(&report, &[], true)["ok"], true);
        assert_eq!(proof(&report, &[], false)["ok"], false, "rows nobody looked at prove nothing");
        let row = Mismatch { register: "agency".into(), record: "x".into(), seq: Some(2), sentence_vi: "khác".into() };
        let wrong = proof(&report, &vec![row; SHOWN + 5], true);
        assert_eq!((&wrong["ok"], &wrong["mismatches"]), (&false.into(), &(SHOWN + 5).into()));
        assert_eq!(wrong["rows"].as_array().map(Vec::len), Some(SHOWN));
        report.fault = Some(store::LedgerFault { seq: Some(1), record: "agency x".into(), message: "sai".into() });
        let wrong = proof(&report, &[], true);
        assert_eq!((&wrong["ok"], &wrong["fault"]["seq"]), (&false.into(), &1.into()));
    }
}

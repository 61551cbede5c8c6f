//! Proof that accounts, grants and tokens are what the ledger says: who reaches whose records is decided by these rows.

use std::fmt;

use serde_json::Value as Json;
use store::{Error, Result, Row, Tx};

use crate::account::{self, Account};
use crate::{Actor, grant, second, token};

/// A row that is not what the ledger says.
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

/// A table of this crate whose rows are proved: every change of one appends a leaf with what `body` says of it.
struct Sealed {
    /// Its name, and the register its leaves name.
    table: &'static str,
    /// Columns, the first being the id, and `FROM`.
    select: String,
    /// How many columns `select` has; the last is the version.
    width: usize,
    /// The row as its leaf says it.
    body: fn(&Row) -> Result<Json>,
}

/// Every table that decides who may do what. A new one is added here.
fn sealed() -> [Sealed; 4] {
    [
        Sealed {
            table: "account",
            select: format!("{}, a.password, a.version AS v FROM account a", account::COLUMNS),
            width: account::WIDTH + 2,
            body: |r| Ok(account::body(&Account::read(r, 0)?, r.get::<Option<String>>(account::WIDTH)?.as_deref())),
        },
        Sealed {
            table: "account_grant",
            select: format!("{}, version FROM account_grant", grant::COLUMNS),
            width: 9,
            body: |r| Ok(grant::body(&grant::read(r, "")?)),
        },
        Sealed {
            table: "api_token",
            select: format!("{}, t.token_hash, t.version FROM api_token t", token::COLUMNS),
            width: 12,
            body: |r| Ok(token::body(&token::read(r)?, &r.get::<Vec<u8>>(10)?)),
        },
        Sealed { table: "second_factor", select: format!("{} FROM second_factor", second::COLUMNS), width: 8, body: second::body },
    ]
}

/// Rows compared at a time.
const BATCH: usize = 1000;

/// Compares every row with the body of its last leaf. Empty = all is as it was written.
pub fn verify_rows(tx: &mut Tx) -> Result<Vec<Mismatch>> {
    let mut out = Vec::new();
    for s in sealed() {
        rows(tx, &s, &mut |id, seq, sentence| {
            out.push(Mismatch { register: s.table.into(), record: id.into(), seq, sentence_vi: sentence.into() });
            Ok(())
        })?;
        let gone = format!(
            "SELECT l.record, CAST(MAX(l.seq) AS BIGINT) FROM ledger_leaf l WHERE l.register = $1 \
             AND NOT EXISTS (SELECT 1 FROM {} t WHERE t.id = l.record) GROUP BY l.record ORDER BY l.record",
            s.table
        );
        for r in tx.query(&gone, &[s.table.into()])? {
            let sentence_vi = "sổ cái có dòng này nhưng bảng không còn".to_owned();
            out.push(Mismatch { register: s.table.into(), record: r.get(0)?, seq: r.get(1)?, sentence_vi });
        }
    }
    Ok(out)
}

const UNSEALED: &str = "lá cuối chưa niêm phong mật khẩu (do bản phần mềm cũ ghi); chạy lachan migrate --apply, hoặc đặt lại mật khẩu";

/// Hears of a row that is not as its last leaf says: id, leaf, sentence.
type Wrong<'a> = &'a mut dyn FnMut(&str, Option<i64>, &str) -> Result<()>;

/// What an older program would have written.
fn without_seal(body: &Json) -> Json {
    let mut older = body.clone();
    if let Some(map) = older.as_object_mut() {
        map.retain(|k, _| !k.ends_with("_seal"));
    }
    older
}

/// Tells `wrong` of every row that is not as its last leaf says.
fn rows(tx: &mut Tx, s: &Sealed, wrong: Wrong<'_>) -> Result<()> {
    let id = s.select.split(',').next().unwrap_or("id");
    let sql = format!(
        "SELECT t.*, l.seq, l.version, l.body FROM (SELECT {} WHERE {id} > $2 ORDER BY {id} LIMIT {BATCH}) t LEFT JOIN ledger_leaf l \
         ON l.seq = (SELECT MAX(x.seq) FROM ledger_leaf x WHERE x.register = $1 AND x.record = t.id) ORDER BY t.id",
        s.select
    );
    let mut after = String::new();
    loop {
        let found = tx.query(&sql, &[s.table.into(), after.as_str().into()])?;
        for r in &found {
            let id: String = r.get(0)?;
            let (seq, version, said): (Option<i64>, Option<i64>, Option<String>) =
                (r.get(s.width)?, r.get(s.width + 1)?, r.get(s.width + 2)?);
            // a row that can no longer be read was written by somebody else
            let body = (s.body)(r).ok();
            let says = |b: &Json| said.as_deref() == Some(b.to_string().as_str());
            match &body {
                _ if seq.is_none() => wrong(&id, None, "dòng này không có lá nào trong sổ cái")?,
                Some(b) if says(b) && version != Some(r.get(s.width - 1)?) => wrong(&id, seq, "số phiên bản khác với sổ cái")?,
                Some(b) if says(b) => {}
                Some(b) if says(&without_seal(b)) => wrong(&id, seq, UNSEALED)?,
                _ => wrong(&id, seq, "nội dung khác với sổ cái")?,
            }
            after = id;
        }
        if found.len() < BATCH {
            return Ok(());
        }
    }
}

/// Seals what an older program wrote without: a leaf for every account and token whose last leaf says nothing of its secret.
/// Anything else that differs is left as it is, to be found. How many were sealed.
pub fn seal_older(tx: &mut Tx) -> Result<usize> {
    let system = Actor::system("migrate");
    let mut todo = Vec::new();
    for s in sealed() {
        rows(tx, &s, &mut |id, _, sentence| {
            if sentence == UNSEALED {
                todo.push((s.table, id.to_owned()));
            }
            Ok(())
        })?;
    }
    for (table, id) in &todo {
        if *table == "account" {
            account::changed(tx, &system, id, "seal", None)?;
            continue;
        }
        tx.exec("UPDATE api_token SET version = version + 1 WHERE id = $1", &[id.as_str().into()])?;
        let sql = format!("SELECT {}, t.version, t.token_hash FROM api_token t WHERE t.id = $1", token::COLUMNS);
        let r = tx.query_opt(&sql, &[id.as_str().into()])?.ok_or_else(|| Error::internal("token vanished"))?;
        let body = token::body(&token::read(&r)?, &r.get::<Vec<u8>>(11)?);
        crate::ledger::log(tx, &system, "api_token", id, r.get(10)?, "seal", None, &body)?;
    }
    Ok(todo.len())
}

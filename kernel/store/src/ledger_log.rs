//! The ledger of an instance: signed checkpoints, proofs, verification.

use std::collections::HashMap;

use ledger::{Checkpoint, Frontier, LeafEntry, LedgerError, Replay, SignerKey, VerifierKey};

use crate::{Error, Result, Row, Store, Tx};

/// Name under which this instance signs (C2SP signed-note key name and checkpoint origin).
pub const ORIGIN: &str = "lachan/ledger";

/// What verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Leaves read.
    pub size: u64,
    /// Root over all leaves, hex.
    pub root: String,
    /// Checkpoints compared.
    pub checkpoints: usize,
    /// The first thing that does not hold.
    pub fault: Option<LedgerFault>,
}

/// Where the ledger does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerFault {
    /// Leaf number, when it is one leaf.
    pub seq: Option<u64>,
    /// Register and record of that leaf.
    pub record: String,
    /// Vietnamese sentence.
    pub message: String,
}

/// An inclusion proof (RFC 9162 §2.1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Leaf number.
    pub seq: u64,
    /// Leaves in the log.
    pub size: u64,
    /// Leaf hash, hex.
    pub leaf: String,
    /// Root, hex.
    pub root: String,
    /// Sibling hashes from the leaf upwards, hex.
    pub path: Vec<String>,
}

const LEAF: &str = "seq, register, record, version, action, at, who, reason, before, after, leaf, body";
const BATCH: i64 = 5000;

impl Store {
    /// Signs the present head and keeps the note.
    pub fn ledger_checkpoint(&self) -> Result<String> {
        self.write_blocking(|tx| {
            let key = signer(tx)?;
            let frontier = head(tx)?;
            let note = Checkpoint::of(ORIGIN, &frontier).sign(&key).map_err(Error::internal)?.to_string();
            let size = i64::try_from(frontier.size()).map_err(Error::internal)?;
            tx.exec(
                "INSERT INTO ledger_checkpoint (size, at, note) VALUES ($1, $2, $3) ON CONFLICT (size) DO UPDATE SET at = excluded.at, note = excluded.note",
                &[size.into(), tx.now().into(), note.as_str().into()],
            )?;
            Ok(note)
        })
    }

    /// Key with which others check checkpoints of this instance.
    pub fn ledger_verifier_key(&self) -> Result<String> {
        self.read_blocking(|tx| Ok(signer(tx)?.verifier().to_string()))
    }

    /// Recomputes every leaf, every root and every checkpoint. `progress(done, of)` is called now and then.
    pub fn ledger_verify(&self, progress: impl Fn(u64, u64)) -> Result<VerifyReport> {
        self.ledger_verify_with(&[], None, progress)
    }

    /// [`Store::ledger_verify`], and besides the checkpoints kept here those that somebody else kept. Only these find a
    /// ledger that was shortened or written anew by someone who holds the whole database, signing key included. `key` is the
    /// verifier key kept with them; without it they must be signed by the key of today.
    ///
    /// # Errors
    /// [`Error::BadRequest`] when the key is none.
    pub fn ledger_verify_with(&self, kept_elsewhere: &[String], key: Option<&str>, progress: impl Fn(u64, u64)) -> Result<VerifyReport> {
        let key = key
            .map(|k| VerifierKey::parse(k.trim()))
            .transpose()
            .map_err(|e| Error::BadRequest(format!("Khóa kiểm tra không đọc được ({e}). Dùng đúng dòng mà `lachan ledger key` in ra.")))?;
        self.read_blocking(|tx| verify(tx, kept_elsewhere, key.as_ref(), &progress))
    }

    /// Proves that leaf `seq` is in the log.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such leaf, [`Error::Conflict`] when the leaves do not give the root of the head.
    pub fn ledger_proof(&self, seq: u64) -> Result<Proof> {
        self.read_blocking(|tx| crate::proof::prove(tx, self.subtrees(), seq))
    }
}

fn signer(tx: &mut Tx) -> Result<SignerKey> {
    let row = tx.query_opt("SELECT value FROM instance WHERE key = 'ledger_seed'", &[])?;
    let hex: String = row.ok_or_else(|| Error::internal("no ledger seed"))?.get(0)?;
    let seed = ledger::from_hex(&hex).ok_or_else(|| Error::internal("ledger seed is not hex"))?;
    SignerKey::from_seed(ORIGIN, &seed).map_err(Error::internal)
}

pub(crate) fn head(tx: &mut Tx) -> Result<Frontier> {
    let row = tx.query_opt("SELECT frontier FROM ledger_head WHERE id = 1", &[])?;
    Frontier::from_bytes(&row.ok_or_else(|| Error::internal("ledger_head is empty"))?.get::<Vec<u8>>(0)?).map_err(Error::internal)
}

pub(crate) fn hash32(b: &[u8]) -> Result<[u8; 32]> {
    b.try_into().map_err(|_| Error::internal("a hash has 32 bytes"))
}

fn leaf(r: &Row) -> Result<(LeafEntry, [u8; 32], Option<String>)> {
    let hash = |i: usize| -> Result<Option<[u8; 32]>> { r.get::<Option<Vec<u8>>>(i)?.map(|b| hash32(&b)).transpose() };
    let entry = LeafEntry {
        seq: u64::try_from(r.get::<i64>(0)?).map_err(Error::internal)?,
        register: r.get(1)?,
        record: r.get(2)?,
        version: r.get(3)?,
        action: r.get(4)?,
        at_micros: r.get(5)?,
        who: r.get(6)?,
        reason: r.get(7)?,
        before: hash(8)?,
        after: hash(9)?,
    };
    Ok((entry, hash32(&r.get::<Vec<u8>>(10)?)?, r.get(11)?))
}

/// What the replay has seen so far.
struct Check {
    key: SignerKey,
    replay: Replay,
    report: VerifyReport,
    /// Present hash of each record. The key is 16 bytes of SHA-256 over register and record: memory stays small.
    records: HashMap<[u8; 16], Option<[u8; 32]>>,
}

/// Reads the whole ledger; stops at the first fault.
pub(crate) fn verify(
    tx: &mut Tx,
    kept_elsewhere: &[String],
    kept_key: Option<&VerifierKey>,
    progress: &dyn Fn(u64, u64),
) -> Result<VerifyReport> {
    let mut check = Check { key: signer(tx)?, replay: Replay::new(), report: VerifyReport::default(), records: HashMap::new() };
    check.report.fault = check.all(tx, kept_elsewhere, kept_key, progress)?;
    check.report.size = check.replay.frontier().size();
    check.report.root = ledger::to_hex(&check.replay.frontier().root());
    Ok(check.report)
}

fn fault(message: String) -> Option<LedgerFault> {
    Some(LedgerFault { seq: None, record: String::new(), message })
}

/// A head to compare with.
struct Known {
    head: Checkpoint,
    /// Brought by the one who asks, not read from this database.
    elsewhere: bool,
}

/// Why a note kept elsewhere cannot be believed, and what that may mean.
fn not_signed(e: &LedgerError, with_key: bool) -> String {
    match (e, with_key) {
        (LedgerError::Malformed(_) | LedgerError::Origin(..), _) => format!("Tệp điểm niêm phong không dùng được: {e}"),
        (_, true) => format!("Điểm niêm phong không do khóa đã nêu ký: {e}"),
        (_, false) => format!(
            "Điểm niêm phong lưu ngoài không do khóa ký hiện nay ký ({e}): khóa ký đã bị thay, tệp bị sửa, hoặc tệp thuộc hệ thống khác. \
             Nếu có lưu khóa kiểm tra cũ, thêm --key để so nhật ký với điểm niêm phong ấy."
        ),
    }
}

impl Check {
    fn all(
        &mut self,
        tx: &mut Tx,
        kept_elsewhere: &[String],
        kept_key: Option<&VerifierKey>,
        progress: &dyn Fn(u64, u64),
    ) -> Result<Option<LedgerFault>> {
        let of: i64 = tx.query("SELECT COUNT(*) FROM ledger_leaf", &[])?.first().map_or(Ok(0), |r| r.get(0))?;
        let of = u64::try_from(of).map_err(Error::internal)?;
        let mut heads = vec![];
        for r in tx.query("SELECT note FROM ledger_checkpoint ORDER BY size", &[])? {
            match Checkpoint::open(&r.get::<String>(0)?, ORIGIN, std::slice::from_ref(self.key.verifier())) {
                Ok(c) => heads.push(Known { head: c, elsewhere: false }),
                Err(e) => return Ok(fault(format!("Một điểm niêm phong không còn chữ ký đúng: {e}"))),
            }
        }
        for note in kept_elsewhere {
            match Checkpoint::open(note, ORIGIN, std::slice::from_ref(kept_key.unwrap_or_else(|| self.key.verifier()))) {
                Ok(c) => heads.push(Known { head: c, elsewhere: true }),
                Err(e) => return Ok(fault(not_signed(&e, kept_key.is_some()))),
            }
        }
        heads.sort_by_key(|c| c.head.size);
        let mut heads = heads.into_iter().peekable();
        let mut from = 0i64;
        loop {
            let rows =
                tx.query(&format!("SELECT {LEAF} FROM ledger_leaf WHERE seq >= $1 ORDER BY seq LIMIT $2"), &[from.into(), BATCH.into()])?;
            for r in &rows {
                if let Some(f) = self.heads(&mut heads, false).or_else(|| self.leaf(r)) {
                    return Ok(Some(f));
                }
            }
            progress(self.replay.frontier().size(), of);
            if rows.is_empty() {
                break;
            }
            from += i64::try_from(rows.len()).map_err(Error::internal)?;
        }
        if let Some(f) = self.heads(&mut heads, true) {
            return Ok(Some(f));
        }
        self.stored_head(tx)
    }

    /// Compares the checkpoints of the present size; at the end all that are left.
    fn heads(&mut self, heads: &mut std::iter::Peekable<std::vec::IntoIter<Known>>, end: bool) -> Option<LedgerFault> {
        while let Some(c) = heads.next_if(|c| end || c.head.size == self.replay.frontier().size()) {
            self.report.checkpoints += 1;
            if let Err(e) = self.replay.checkpoint(&c.head) {
                let here = "Nhật ký không còn là nhật ký mà điểm niêm phong lưu ngoài xác nhận: đã bị viết lại hoặc bị bớt.";
                return fault(if c.elsewhere { format!("{here} {e}") } else { e.to_string() });
            }
        }
        None
    }

    fn leaf(&mut self, row: &Row) -> Option<LedgerFault> {
        let Ok((entry, stored, body)) = leaf(row) else {
            let n = self.replay.frontier().size();
            return Some(LedgerFault {
                seq: Some(n),
                record: String::new(),
                message: format!("Lá số {n} không đọc được: dữ liệu đã bị sửa."),
            });
        };
        let at =
            |message: String| Some(LedgerFault { seq: Some(entry.seq), record: format!("{} {}", entry.register, entry.record), message });
        if let Err(f) = self.replay.leaf(&entry, &stored) {
            return at(f.to_string());
        }
        if body.map(|b| ledger::sha256(b.as_bytes())) != entry.after {
            return at(format!("Lá số {}: nội dung bản ghi không khớp giá trị băm đã ghi.", entry.seq));
        }
        let mut key = [0; 16];
        key.copy_from_slice(&ledger::sha256(format!("{}\0{}", entry.register, entry.record).as_bytes())[..16]);
        let slot = self.records.entry(key).or_default();
        if *slot != entry.before {
            return at(format!("Lá số {}: bản ghi trước đó không khớp giá trị băm mà lá này nêu.", entry.seq));
        }
        *slot = entry.after;
        None
    }

    fn stored_head(&self, tx: &mut Tx) -> Result<Option<LedgerFault>> {
        let row = tx.query_opt("SELECT size, frontier FROM ledger_head WHERE id = 1", &[])?;
        let Some(row) = row else { return Ok(fault("Đầu nhật ký đã bị xóa.".into())) };
        let size: i64 = row.get(0)?;
        let seen = self.replay.frontier();
        let same = Frontier::from_bytes(&row.get::<Vec<u8>>(1)?).is_ok_and(|f| f == *seen && u64::try_from(size) == Ok(f.size()));
        if same {
            return Ok(None);
        }
        Ok(fault(format!("Đầu nhật ký ghi {size} lá, đọc lại được {} lá: có lá bị bớt hoặc đầu nhật ký bị sửa.", seen.size())))
    }
}

//! The ledger of an instance: signed checkpoints, proofs, verification.

use ledger::{Checkpoint, Frontier, LeafEntry, Replay, SignerKey};

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

const LEAF: &str = "seq, register, record, version, action, at, who, before, after, leaf, body";
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
        self.read_blocking(|tx| verify(tx, &progress))
    }

    /// Proves that leaf `seq` is in the log.
    pub fn ledger_proof(&self, seq: u64) -> Result<Proof> {
        self.read_blocking(|tx| {
            let mut leaves = Vec::new();
            for r in tx.query("SELECT leaf FROM ledger_leaf ORDER BY seq", &[])? {
                leaves.push(hash32(&r.get::<Vec<u8>>(0)?)?);
            }
            let size = leaves.len() as u64;
            if seq >= size {
                return Err(Error::NotFound(format!("Nhật ký có {size} lá, đánh số từ 0; không có lá số {seq}.")));
            }
            let path = ledger::inclusion_proof(leaves.as_slice(), seq, size).map_err(Error::internal)?;
            let root = ledger::root_of(&leaves);
            let leaf = leaves[usize::try_from(seq).map_err(Error::internal)?];
            ledger::verify_inclusion(&leaf, seq, size, &path, &root).map_err(Error::internal)?;
            Ok(Proof { seq, size, leaf: ledger::to_hex(&leaf), root: ledger::to_hex(&root), path: path.iter().map(|h| ledger::to_hex(h)).collect() })
        })
    }
}

fn signer(tx: &mut Tx) -> Result<SignerKey> {
    let row = tx.query_opt("SELECT value FROM instance WHERE key = 'ledger_seed'", &[])?;
    let hex: String = row.ok_or_else(|| Error::internal("no ledger seed"))?.get(0)?;
    let seed = ledger::from_hex(&hex).ok_or_else(|| Error::internal("ledger seed is not hex"))?;
    SignerKey::from_seed(ORIGIN, &seed).map_err(Error::internal)
}

fn head(tx: &mut Tx) -> Result<Frontier> {
    let row = tx.query_opt("SELECT frontier FROM ledger_head WHERE id = 1", &[])?;
    Frontier::from_bytes(&row.ok_or_else(|| Error::internal("ledger_head is empty"))?.get::<Vec<u8>>(0)?).map_err(Error::internal)
}

fn hash32(b: &[u8]) -> Result<[u8; 32]> {
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
        before: hash(7)?,
        after: hash(8)?,
    };
    Ok((entry, hash32(&r.get::<Vec<u8>>(9)?)?, r.get(10)?))
}

fn verify(tx: &mut Tx, progress: &dyn Fn(u64, u64)) -> Result<VerifyReport> {
    let key = signer(tx)?;
    let stored = head(tx)?;
    let mut notes: Vec<(u64, String)> = Vec::new();
    for r in tx.query("SELECT size, note FROM ledger_checkpoint ORDER BY size", &[])? {
        notes.push((u64::try_from(r.get::<i64>(0)?).map_err(Error::internal)?, r.get(1)?));
    }
    let mut notes = notes.into_iter().peekable();
    let mut replay = Replay::new();
    let mut report = VerifyReport::default();
    let mut bodies: std::collections::HashMap<(String, String), Option<[u8; 32]>> = std::collections::HashMap::new();
    let mut from = 0i64;
    loop {
        let rows = tx.query(&format!("SELECT {LEAF} FROM ledger_leaf WHERE seq >= $1 ORDER BY seq LIMIT $2"), &[from.into(), BATCH.into()])?;
        if rows.is_empty() {
            break;
        }
        for r in &rows {
            let (entry, hash, body) = leaf(r)?;
            while notes.peek().is_some_and(|(size, _)| *size == replay.frontier().size()) {
                let Some((_, note)) = notes.next() else { break };
                report.checkpoints += 1;
                if let Some(f) = bad_checkpoint(&note, &key, &replay) {
                    report.fault = Some(f);
                    return Ok(report);
                }
            }
            if let Some(f) = bad_leaf(&entry, &hash, body.as_deref(), &mut bodies, &mut replay) {
                report.fault = Some(f);
                return Ok(report);
            }
        }
        from += i64::try_from(rows.len()).map_err(Error::internal)?;
        progress(replay.frontier().size(), stored.size());
    }
    for (_, note) in notes {
        report.checkpoints += 1;
        if let Some(f) = bad_checkpoint(&note, &key, &replay) {
            report.fault = Some(f);
            return Ok(report);
        }
    }
    report.size = replay.frontier().size();
    report.root = ledger::to_hex(&replay.frontier().root());
    if *replay.frontier() != stored {
        let message = format!("Đầu nhật ký ghi {} lá, đọc lại được {} lá: có lá bị bớt hoặc đầu nhật ký bị sửa.", stored.size(), report.size);
        report.fault = Some(LedgerFault { seq: None, record: String::new(), message });
    }
    Ok(report)
}

fn bad_checkpoint(note: &str, key: &SignerKey, replay: &Replay) -> Option<LedgerFault> {
    let fault = |message: String| Some(LedgerFault { seq: None, record: String::new(), message });
    match Checkpoint::open(note, ORIGIN, std::slice::from_ref(key.verifier())) {
        Err(e) => fault(format!("Một điểm niêm phong không còn chữ ký đúng: {e}")),
        Ok(c) => replay.checkpoint(&c).err().and_then(|f| fault(f.to_string())),
    }
}

fn bad_leaf(
    entry: &LeafEntry,
    stored: &[u8; 32],
    body: Option<&str>,
    bodies: &mut std::collections::HashMap<(String, String), Option<[u8; 32]>>,
    replay: &mut Replay,
) -> Option<LedgerFault> {
    let fault = |message: String| Some(LedgerFault { seq: Some(entry.seq), record: format!("{} {}", entry.register, entry.record), message });
    if let Err(f) = replay.leaf(entry, stored) {
        return fault(f.to_string());
    }
    if body.map(|b| ledger::sha256(b.as_bytes())) != entry.after {
        return fault(format!("Lá số {}: nội dung bản ghi không khớp dấu băm đã niêm phong.", entry.seq));
    }
    let slot = bodies.entry((entry.register.clone(), entry.record.clone())).or_default();
    if *slot != entry.before {
        return fault(format!("Lá số {}: bản ghi trước đó không khớp dấu băm mà lá này nêu.", entry.seq));
    }
    *slot = entry.after;
    None
}

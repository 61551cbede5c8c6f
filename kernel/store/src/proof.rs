//! Inclusion proofs without reading the whole log: roots of complete subtrees never change, so they are computed once.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use ledger::{CompleteSubtrees, Hash, LedgerError, root_of};

use crate::ledger_log::{Proof, hash32, head};
use crate::{Error, Result, Tx};

/// Subtrees of this level are kept: 1,024 leaves each, 32 bytes in memory.
const LEVEL: u32 = 10;

/// Roots of the complete subtrees of [`LEVEL`], from the first leaf on.
pub(crate) type Subtrees = Mutex<Vec<Hash>>;

/// Where a proof takes its hashes from: kept subtrees, and the few leaves between them.
struct Source<'a, 'b> {
    tx: RefCell<&'a mut Tx<'b>>,
    kept: Vec<Hash>,
}

/// Error of a proof that could not be made.
struct Fail(Error);
impl From<LedgerError> for Fail {
    fn from(e: LedgerError) -> Self {
        Self(Error::internal(e))
    }
}

fn leaves(tx: &mut Tx, from: u64, count: u64) -> Result<Vec<Hash>> {
    let from = i64::try_from(from).map_err(Error::internal)?;
    let to = from.saturating_add(i64::try_from(count).map_err(Error::internal)?);
    let rows = tx.query("SELECT leaf FROM ledger_leaf WHERE seq >= $1 AND seq < $2 ORDER BY seq", &[from.into(), to.into()])?;
    if rows.len() as u64 != count {
        return Err(broken());
    }
    rows.iter().map(|r| hash32(&r.get::<Vec<u8>>(0)?)).collect()
}

fn broken() -> Error {
    Error::Conflict(
        "Không chứng minh được: các lá không cho ra gốc của nhật ký. Hãy kiểm tra toàn bộ nhật ký (lachan ledger verify).".into(),
    )
}

impl CompleteSubtrees for Source<'_, '_> {
    type Error = Fail;

    fn complete(&self, level: u32, index: u64) -> Result<Hash, Fail> {
        if let Some(over) = level.checked_sub(LEVEL) {
            return Ok(self.kept.as_slice().complete(over, index)?);
        }
        let found = leaves(&mut self.tx.borrow_mut(), index << level, 1 << level).map_err(Fail)?;
        Ok(root_of(&found))
    }
}

/// Brings the kept subtrees up to a log of `size` leaves.
fn subtrees(tx: &mut Tx, known: &Subtrees, size: u64) -> Result<Vec<Hash>> {
    // nothing under this lock can panic half-way
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    let mut kept = lock().clone();
    let width = 1u64 << LEVEL;
    while (kept.len() as u64 + 1) * width <= size {
        kept.push(root_of(&leaves(tx, kept.len() as u64 * width, width)?));
    }
    let mut present = lock();
    if present.len() < kept.len() {
        present.clone_from(&kept);
    }
    Ok(kept)
}

pub(crate) fn prove(tx: &mut Tx, known: &Subtrees, seq: u64) -> Result<Proof> {
    let frontier = head(tx)?;
    let (size, root) = (frontier.size(), frontier.root());
    if seq >= size {
        return Err(Error::NotFound(format!("Nhật ký có {size} lá, đánh số từ 0; không có lá số {seq}.")));
    }
    let kept = subtrees(tx, known, size)?;
    let leaf = leaves(tx, seq, 1)?.first().copied().ok_or_else(broken)?;
    let source = Source { tx: RefCell::new(tx), kept };
    let path = ledger::inclusion_proof(&source, seq, size).map_err(|f| f.0)?;
    ledger::verify_inclusion(&leaf, seq, size, &path, &root).map_err(|_| broken())?;
    Ok(Proof {
        seq,
        size,
        leaf: ledger::to_hex(&leaf),
        root: ledger::to_hex(&root),
        path: path.iter().map(|h| ledger::to_hex(h)).collect(),
    })
}

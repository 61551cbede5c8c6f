//! The few statements of this crate: the head of the ledger, and where an agency stands in the tree. Everything else goes through registers and access.

use store::{Error, Result, Tx};

/// Head of the ledger.
pub(crate) struct Head {
    /// Leaves.
    pub size: i64,
    /// Latest signed checkpoint: leaves it covers, µs UTC, note.
    pub checkpoint: Option<(i64, i64, String)>,
}

/// Number of leaves.
pub(crate) const SIZE: &str = "SELECT size FROM ledger_head WHERE id = 1";
/// Latest checkpoint.
pub(crate) const CHECKPOINT: &str = "SELECT size, at, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1";
/// One leaf, without its body.
pub(crate) const LEAF: &str = "SELECT register, record, version, action, at FROM ledger_leaf WHERE seq = $1";

/// Reads the head.
pub(crate) fn head(tx: &mut Tx) -> Result<Head> {
    let size = tx.query_opt(SIZE, &[])?.map_or(Ok(0), |r| r.get(0))?;
    let checkpoint = tx.query_opt(CHECKPOINT, &[])?.map(|r| Ok::<_, Error>((r.get(0)?, r.get(1)?, r.get(2)?))).transpose()?;
    Ok(Head { size, checkpoint })
}

/// What a leaf is about; not what the record says.
pub(crate) struct Leaf {
    pub register: String,
    pub record: String,
    pub version: i64,
    pub action: String,
    pub at: i64,
}

/// One leaf by number.
pub(crate) fn leaf(tx: &mut Tx, seq: i64) -> Result<Option<Leaf>> {
    let row = tx.query_opt(LEAF, &[seq.into()])?;
    row.map(|r| Ok(Leaf { register: r.get(0)?, record: r.get(1)?, version: r.get(2)?, action: r.get(3)?, at: r.get(4)? })).transpose()
}

/// Where an agency stands in the tree.
pub(crate) const AGENCY_PATH: &str = "SELECT path FROM agency WHERE id = $1";

/// Path of an agency, to ask whether a scope covers it.
pub(crate) fn agency_path(tx: &mut Tx, id: &str) -> Result<Option<String>> {
    tx.query_opt(AGENCY_PATH, &[id.into()])?.map_or(Ok(None), |r| r.get(0))
}

/// All statements of this crate, for the check that prepares each on both engines.
pub const STATEMENTS: &[&str] = &[SIZE, CHECKPOINT, LEAF, AGENCY_PATH];

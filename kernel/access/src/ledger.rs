//! Changes of accounts, grants and tokens are leaves of the ledger like any other.

use sha2::{Digest as _, Sha256};
use store::{Change, Result, Tx};

use crate::Actor;
use crate::crypto::hex;

/// What a leaf says about a secret: the hash of what is kept (itself a hash with salt, or of 256 random bits). It betrays
/// nothing, and another one put in its place is found.
pub(crate) fn seal(kept: &[u8]) -> String {
    hex(&Sha256::digest(kept))
}

/// Appends one leaf. The body holds a password or a token only as a [`seal`]; its keys are sorted, so that it is canonical.
#[expect(clippy::too_many_arguments, reason = "the parts of one leaf, named once here")]
pub(crate) fn log(
    tx: &mut Tx,
    actor: &Actor,
    register: &str,
    record: &str,
    version: i64,
    action: &str,
    reason: Option<&str>,
    body: &serde_json::Value,
) -> Result<()> {
    let last = tx.query_opt(
        "SELECT after FROM ledger_leaf WHERE register = $1 AND record = $2 ORDER BY version DESC, seq DESC LIMIT 1",
        &[register.into(), record.into()],
    )?;
    let before = last.map(|r| r.get::<Option<Vec<u8>>>(0)).transpose()?.flatten().and_then(|h| h.try_into().ok());
    let body = body.to_string();
    let reason = reason.filter(|r| !r.is_empty());
    tx.append_change(&Change { register, record, version, action, who: &actor.id, reason, body: Some(&body), before })?;
    Ok(())
}

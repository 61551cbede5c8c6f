//! Changes of accounts, grants and tokens are leaves of the ledger like any other.

use store::{Change, Result, Tx};

use crate::Actor;

/// Appends one leaf. The body never holds a password hash or a token; its keys are sorted, so that it is canonical.
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

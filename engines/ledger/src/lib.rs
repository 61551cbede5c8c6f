//! An append-only Merkle log: what was changed can be proved, and what was proved can't be
//! changed unnoticed.
//!
//! * tree, roots and proofs: RFC 6962 section 2, RFC 9162 section 2 (SHA-256; leaf prefix `0x00`,
//!   node prefix `0x01`) — [`Frontier`], [`inclusion_proof`], [`consistency_proof`], …
//! * what a leaf says: [`LeafEntry`], one unambiguous byte form per entry
//! * signed tree heads: C2SP `tlog-checkpoint` ([`Checkpoint`]) inside C2SP `signed-note` with
//!   Ed25519 ([`Note`], [`SignerKey`], [`VerifierKey`])
//! * checking a whole log again, leaf by leaf: [`Replay`]
//!
//! Pure functions and values: no storage, no clock, no source of randomness (a key is made from 32
//! seed bytes that the caller draws).
mod checkpoint;
mod entry;
mod error;
mod frontier;
mod hash;
mod note;
mod proof;
mod replay;

pub use checkpoint::Checkpoint;
pub use entry::LeafEntry;
pub use error::LedgerError;
pub use frontier::Frontier;
pub use hash::{Hash, empty_root, from_hex, leaf_hash, node_hash, sha256, to_hex};
pub use note::{Note, NoteSignature, SignerKey, VerifierKey};
pub use proof::{CompleteSubtrees, consistency_proof, inclusion_proof, root_of, root_of_size, verify_consistency, verify_inclusion};
pub use replay::{Fault, Replay};

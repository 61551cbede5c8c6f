//! Inclusion and consistency proofs (RFC 9162 sections 2.1.3 and 2.1.4).
use crate::error::LedgerError;
use crate::hash::{Hash, empty_root, node_hash};

/// Where proofs take the hashes of complete subtrees from: a slice of leaf hashes, or a store that
/// keeps what [`crate::Frontier::append_with`] told it.
pub trait CompleteSubtrees {
    /// What reading can fail with.
    type Error: From<LedgerError>;

    /// The root of leaves `index << level .. (index + 1) << level`, all of which exist.
    ///
    /// # Errors
    /// Whatever the source of the hashes reports; [`LedgerError::OutOfRange`] if it has no such leaves.
    fn complete(&self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

impl CompleteSubtrees for [Hash] {
    type Error = LedgerError;

    fn complete(&self, level: u32, index: u64) -> Result<Hash, LedgerError> {
        let out = || LedgerError::OutOfRange(index, self.len() as u64);
        let width = 1usize.checked_shl(level).ok_or_else(out)?;
        let from = usize::try_from(index).ok().and_then(|i| i.checked_mul(width)).ok_or_else(out)?;
        let to = from.checked_add(width).ok_or_else(out)?;
        let mut row = self.get(from..to).ok_or_else(out)?.to_vec();
        while row.len() > 1 {
            row = row.as_chunks::<2>().0.iter().map(|[l, r]| node_hash(l, r)).collect();
        }
        row.first().copied().ok_or_else(out)
    }
}

/// The root of leaves `from .. from + len`, where `from` is a multiple of the smallest power of two
/// not below `len` (true of every subtree a proof mentions).
fn subtree<S: CompleteSubtrees + ?Sized>(source: &S, from: u64, len: u64) -> Result<Hash, S::Error> {
    let mut pieces = Vec::new();
    let (mut at, mut left) = (from, len);
    while left > 0 {
        let level = left.ilog2();
        pieces.push(source.complete(level, at >> level)?);
        at += 1 << level;
        left -= 1 << level;
    }
    let mut pieces = pieces.into_iter().rev();
    let Some(last) = pieces.next() else {
        return Ok(empty_root());
    };
    Ok(pieces.fold(last, |right, left| node_hash(&left, &right)))
}

/// The largest power of two below `n`; `n` is at least 2.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The Merkle tree hash of these leaf hashes (RFC 6962 section 2.1).
#[must_use]
pub fn root_of(leaves: &[Hash]) -> Hash {
    let mut frontier = crate::Frontier::new();
    for leaf in leaves {
        frontier.append(*leaf);
    }
    frontier.root()
}

/// The root the log had when it held `size` leaves.
///
/// # Errors
/// Those of the source.
pub fn root_of_size<S: CompleteSubtrees + ?Sized>(source: &S, size: u64) -> Result<Hash, S::Error> {
    subtree(source, 0, size)
}

/// Proof that leaf `index` is in the tree of `size` leaves: the sibling hashes from the leaf up.
///
/// # Errors
/// [`LedgerError::OutOfRange`] unless `index < size`; those of the source.
pub fn inclusion_proof<S: CompleteSubtrees + ?Sized>(source: &S, index: u64, size: u64) -> Result<Vec<Hash>, S::Error> {
    if index >= size {
        return Err(LedgerError::OutOfRange(index, size).into());
    }
    let mut proof = Vec::new();
    let (mut from, mut len) = (0, size);
    while len > 1 {
        let k = split(len);
        if index - from < k {
            proof.push(subtree(source, from + k, len - k)?);
            len = k;
        } else {
            proof.push(subtree(source, from, k)?);
            from += k;
            len -= k;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Checks that `leaf` is at `index` in the tree of `size` leaves with this `root`
/// (RFC 9162 section 2.1.3.2).
///
/// # Errors
/// [`LedgerError::OutOfRange`], [`LedgerError::ProofLength`] or [`LedgerError::RootMismatch`].
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), LedgerError> {
    if index >= size {
        return Err(LedgerError::OutOfRange(index, size));
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for p in proof {
        if last == 0 {
            return Err(LedgerError::ProofLength);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(p, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, p);
        }
        node >>= 1;
        last >>= 1;
    }
    match (last == 0, hash == *root) {
        (false, _) => Err(LedgerError::ProofLength),
        (true, false) => Err(LedgerError::RootMismatch),
        (true, true) => Ok(()),
    }
}

/// Proof that the tree of `new` leaves begins with the tree of `old` leaves. Empty when `old` is 0
/// or equals `new`.
///
/// # Errors
/// [`LedgerError::OutOfRange`] unless `old <= new`; those of the source.
pub fn consistency_proof<S: CompleteSubtrees + ?Sized>(source: &S, old: u64, new: u64) -> Result<Vec<Hash>, S::Error> {
    if old > new {
        return Err(LedgerError::OutOfRange(old, new).into());
    }
    let mut proof = Vec::new();
    if old == 0 || old == new {
        return Ok(proof);
    }
    let (mut from, mut m, mut n) = (0, old, new);
    let mut whole = true;
    while m != n {
        let k = split(n);
        if m <= k {
            proof.push(subtree(source, from + k, n - k)?);
            n = k;
        } else {
            proof.push(subtree(source, from, k)?);
            from += k;
            m -= k;
            n -= k;
            whole = false;
        }
    }
    if !whole {
        proof.push(subtree(source, from, n)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Checks a consistency proof (RFC 9162 section 2.1.4.2, and the two trivial cases: an empty old
/// tree is the beginning of any tree, and a tree is consistent with itself).
///
/// # Errors
/// [`LedgerError::OutOfRange`], [`LedgerError::ProofLength`] or [`LedgerError::RootMismatch`].
pub fn verify_consistency(old: u64, new: u64, old_root: &Hash, new_root: &Hash, proof: &[Hash]) -> Result<(), LedgerError> {
    if old > new {
        return Err(LedgerError::OutOfRange(old, new));
    }
    if old == 0 || old == new {
        let expected = if old == 0 { empty_root() } else { *new_root };
        return match (proof.is_empty(), expected == *old_root) {
            (false, _) => Err(LedgerError::ProofLength),
            (true, false) => Err(LedgerError::RootMismatch),
            (true, true) => Ok(()),
        };
    }
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    // When the old tree is complete its root starts the proof and is not repeated in it.
    let (start, rest) = if old.is_power_of_two() {
        (*old_root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(LedgerError::ProofLength)?;
        (*first, rest)
    };
    if rest.is_empty() {
        return Err(LedgerError::ProofLength);
    }
    let (mut old_hash, mut new_hash) = (start, start);
    for p in rest {
        if last == 0 {
            return Err(LedgerError::ProofLength);
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(p, &old_hash);
            new_hash = node_hash(p, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, p);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(LedgerError::ProofLength);
    }
    if old_hash == *old_root && new_hash == *new_root { Ok(()) } else { Err(LedgerError::RootMismatch) }
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;

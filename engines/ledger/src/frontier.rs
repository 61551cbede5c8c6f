//! The right edge of the tree: all that is needed to append.
use crate::error::LedgerError;
use crate::hash::{Hash, empty_root, node_hash};

/// A compact range `[0, size)`: the roots of the complete subtrees the tree consists of, largest
/// first. Appending costs amortised two hashes and needs no other part of the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

const FORMAT: u8 = 1;

impl Frontier {
    /// The frontier of a log without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf hash.
    pub fn append(&mut self, leaf: Hash) {
        self.append_with(leaf, |_, _, _| {});
    }

    /// Appends a leaf hash and tells every complete subtree this finishes, the leaf itself first:
    /// `(level, index, hash)` covers leaves `index << level .. (index + 1) << level`. A store that
    /// keeps them can answer proofs without reading all leaves ([`crate::CompleteSubtrees`]).
    pub fn append_with(&mut self, leaf: Hash, mut completed: impl FnMut(u32, u64, &Hash)) {
        let mut hash = leaf;
        let mut level = 0;
        completed(0, self.size, &hash);
        while (self.size >> level) & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            level += 1;
            completed(level, self.size >> level, &hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The Merkle tree hash of all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return empty_root();
        };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }

    /// Stored form: format byte 1, size (8 bytes, big endian), the hashes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(9 + 32 * self.peaks.len());
        out.push(FORMAT);
        out.extend(self.size.to_be_bytes());
        for p in &self.peaks {
            out.extend(p);
        }
        out
    }

    /// Reads [`Frontier::to_bytes`].
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] for another format or a number of hashes that does not fit the size.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LedgerError> {
        let bad = LedgerError::Malformed("biên của cây băm");
        let Some(([format, size @ ..], rest)) = bytes.split_first_chunk::<9>() else {
            return Err(bad);
        };
        let size = u64::from_be_bytes(*size);
        let (peaks, odd) = rest.as_chunks::<32>();
        if *format != FORMAT || !odd.is_empty() || peaks.len() != size.count_ones() as usize {
            return Err(bad);
        }
        Ok(Self { size, peaks: peaks.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::leaf_hash;
    use crate::proof::root_of;
    use proptest::prelude::*;

    #[test]
    fn refuses_damaged_bytes() {
        let mut f = Frontier::new();
        for i in 0..5u8 {
            f.append(leaf_hash(&[i]));
        }
        let good = f.to_bytes();
        assert_eq!(Frontier::from_bytes(&good), Ok(f));
        assert!(Frontier::from_bytes(&good[..good.len() - 1]).is_err());
        assert!(Frontier::from_bytes(&good[..good.len() - 32]).is_err());
        assert!(Frontier::from_bytes(&[]).is_err());
        let mut other = good.clone();
        other[0] = 2;
        assert!(Frontier::from_bytes(&other).is_err());
        let mut other = good;
        other[8] = 7;
        assert!(Frontier::from_bytes(&other).is_err());
    }

    proptest! {
        #[test]
        fn equals_the_definition(n in 0usize..200, cut in 0usize..200) {
            let leaves: Vec<Hash> = (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect();
            let mut f = Frontier::new();
            let mut nodes = 0u64;
            for (i, l) in leaves.iter().enumerate() {
                if i == cut {
                    f = Frontier::from_bytes(&f.to_bytes()).unwrap();
                }
                f.append_with(*l, |level, index, hash| {
                    nodes += 1;
                    let from = usize::try_from(index << level).unwrap();
                    assert_eq!(*hash, root_of(&leaves[from..from + (1 << level)]));
                });
            }
            prop_assert_eq!(f.size(), n as u64);
            prop_assert_eq!(f.root(), root_of(&leaves));
            prop_assert!(nodes <= 2 * n as u64);
        }
    }
}

//! Checking a whole log again, from its first leaf.
use crate::checkpoint::Checkpoint;
use crate::entry::LeafEntry;
use crate::frontier::Frontier;
use crate::hash::Hash;
use std::fmt;

/// Where a log is broken. [`fmt::Display`] is a Vietnamese sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A leaf is missing, doubled or out of order: expected and found number.
    Sequence(u64, u64),
    /// The entry's content does not give the leaf hash that was stored with it: the leaf number.
    Leaf(u64),
    /// All leaves up to this size fit their hashes, but not the root of a checkpoint.
    Root(u64),
    /// A checkpoint is of a size that was not met when it was checked: its size, leaves read.
    Size(u64, u64),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sequence(want, got) => {
                write!(f, "nhật ký bị đứt: chờ mục số {want} nhưng gặp mục số {got}")
            }
            Self::Leaf(seq) => write!(f, "mục số {seq} đã bị thay đổi sau khi ghi"),
            Self::Root(size) => write!(f, "{size} mục đầu không khớp với điểm kiểm tra đã ký (cả mục và giá trị băm đã bị thay đổi)"),
            Self::Size(size, read) => {
                write!(f, "điểm kiểm tra có {size} mục nhưng đã đọc {read} mục")
            }
        }
    }
}

impl std::error::Error for Fault {}

/// Reads a log in order and reports the first fault. Feed every leaf to [`Replay::leaf`] and, at each
/// size for which a signed checkpoint exists, that checkpoint to [`Replay::checkpoint`].
#[derive(Debug, Default)]
pub struct Replay {
    frontier: Frontier,
}

impl Replay {
    /// Starts at the first leaf.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks one leaf against the hash stored beside it.
    ///
    /// # Errors
    /// [`Fault::Sequence`] or [`Fault::Leaf`].
    pub fn leaf(&mut self, entry: &LeafEntry, stored: &Hash) -> Result<(), Fault> {
        let next = self.frontier.size();
        if entry.seq != next {
            return Err(Fault::Sequence(next, entry.seq));
        }
        let hash = entry.hash();
        if hash != *stored {
            return Err(Fault::Leaf(next));
        }
        self.frontier.append(hash);
        Ok(())
    }

    /// Checks a checkpoint (already opened, so its signature is good) of exactly the size read so far.
    ///
    /// # Errors
    /// [`Fault::Size`] or [`Fault::Root`].
    pub fn checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), Fault> {
        if checkpoint.size != self.frontier.size() {
            return Err(Fault::Size(checkpoint.size, self.frontier.size()));
        }
        if checkpoint.root != self.frontier.root() {
            return Err(Fault::Root(checkpoint.size));
        }
        Ok(())
    }

    /// The frontier of what has been read; equal to the stored one if nothing is wrong.
    #[must_use]
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(seq: u64) -> LeafEntry {
        LeafEntry {
            seq,
            register: "person".into(),
            record: format!("r{}", seq % 5),
            version: 1,
            action: "create".into(),
            at_micros: 1_000 * seq.cast_signed(),
            who: "u1".into(),
            reason: None,
            before: None,
            after: Some([seq.to_le_bytes()[0]; 32]),
        }
    }

    fn log(n: u64) -> (Vec<(LeafEntry, Hash)>, Checkpoint) {
        let mut f = Frontier::new();
        let rows: Vec<_> = (0..n).map(|i| (entry(i), entry(i).hash())).collect();
        for (_, h) in &rows {
            f.append(*h);
        }
        (rows, Checkpoint::of("o", &f))
    }

    fn run(rows: &[(LeafEntry, Hash)], head: &Checkpoint) -> Result<(), Fault> {
        let mut r = Replay::new();
        for (e, h) in rows {
            r.leaf(e, h)?;
        }
        r.checkpoint(head)
    }

    proptest! {
        #[test]
        fn one_flipped_bit_is_located(n in 1u64..60, at in any::<u64>(), bit in 0usize..256) {
            let (mut rows, head) = log(n);
            prop_assert_eq!(run(&rows, &head), Ok(()));
            let i = at % n;
            let row = &mut rows[usize::try_from(i).unwrap()];
            row.0.after.as_mut().unwrap()[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(run(&rows, &head), Err(Fault::Leaf(i)));
            // A forger who also fixes the stored hash is caught by the signed root.
            let row = &mut rows[usize::try_from(i).unwrap()];
            row.1 = row.0.hash();
            prop_assert_eq!(run(&rows, &head), Err(Fault::Root(n)));
        }
    }

    #[test]
    fn missing_doubled_and_cut() {
        let (rows, head) = log(6);
        let mut missing = rows.clone();
        missing.remove(2);
        assert_eq!(run(&missing, &head), Err(Fault::Sequence(2, 3)));
        let mut doubled = rows.clone();
        doubled.insert(2, rows[1].clone());
        assert_eq!(run(&doubled, &head), Err(Fault::Sequence(2, 1)));
        assert_eq!(run(&rows[..5], &head), Err(Fault::Size(6, 5)));
        assert!(Fault::Leaf(3).to_string().contains("mục số 3"));
    }
}

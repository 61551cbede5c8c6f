//! What one leaf of the log says.
use crate::error::LedgerError;
use crate::hash::{Hash, leaf_hash};

/// One change of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafEntry {
    /// Place in the log, from 0: the leaf index.
    pub seq: u64,
    /// Register, for example `contact_point`.
    pub register: String,
    /// Record id.
    pub record: String,
    /// Version of the record after the change.
    pub version: i64,
    /// What was done: `create`, `update`, `approve` …
    pub action: String,
    /// When, in microseconds UTC since 1970.
    pub at_micros: i64,
    /// Account id of the person or job.
    pub who: String,
    /// Why, as the person wrote it; `None` when no reason was given (an empty one is another thing).
    pub reason: Option<String>,
    /// SHA-256 of the record before; `None` when there was none.
    pub before: Option<Hash>,
    /// SHA-256 of the record after; `None` when it is gone.
    pub after: Option<Hash>,
}

/// Names the format inside every leaf, so that a later one can never be mistaken for it.
const FORMAT: &[u8; 15] = b"lachan/leaf/v2\n";

impl LeafEntry {
    /// The canonical bytes: the line `lachan/leaf/v2`, then the fields in their order. Numbers are 8 bytes big
    /// endian, texts are 4 bytes of length and UTF-8, hashes are a byte 0 (none) or 1 and 32 bytes, the reason is a byte
    /// 0 (none) or 1 and a text.
    /// Different entries have different bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(160);
        out.extend(FORMAT);
        out.extend(self.seq.to_be_bytes());
        put_text(&mut out, &self.register);
        put_text(&mut out, &self.record);
        out.extend(self.version.to_be_bytes());
        put_text(&mut out, &self.action);
        out.extend(self.at_micros.to_be_bytes());
        put_text(&mut out, &self.who);
        out.push(u8::from(self.reason.is_some()));
        if let Some(reason) = &self.reason {
            put_text(&mut out, reason);
        }
        put_hash(&mut out, self.before.as_ref());
        put_hash(&mut out, self.after.as_ref());
        out
    }

    /// Reads [`LeafEntry::to_bytes`]; only the canonical form is accepted.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] with the first part that can't be read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LedgerError> {
        let mut r = Reader(bytes);
        if r.array("định dạng")? != *FORMAT {
            return Err(LedgerError::Malformed("định dạng"));
        }
        let entry = Self {
            seq: u64::from_be_bytes(r.array("số thứ tự")?),
            register: r.text("sổ đăng ký")?,
            record: r.text("bản ghi")?,
            version: i64::from_be_bytes(r.array("phiên bản")?),
            action: r.text("hành động")?,
            at_micros: i64::from_be_bytes(r.array("thời điểm")?),
            who: r.text("người thực hiện")?,
            reason: r.optional_text("lý do")?,
            before: r.hash("giá trị băm trước")?,
            after: r.hash("giá trị băm sau")?,
        };
        if r.0.is_empty() { Ok(entry) } else { Err(LedgerError::Malformed("thừa dữ liệu ở cuối")) }
    }

    /// The leaf hash: `SHA-256(0x00 || to_bytes())`.
    #[must_use]
    pub fn hash(&self) -> Hash {
        leaf_hash(&self.to_bytes())
    }
}

fn put_text(out: &mut Vec<u8>, s: &str) {
    // A text of 4 GiB can't reach here (requests are limited); should one, only its hash would be
    // of a cut-off text with a cut-off length, still unambiguous.
    let len = u32::try_from(s.len()).unwrap_or(u32::MAX);
    out.extend(len.to_be_bytes());
    out.extend(s.as_bytes().iter().take(len as usize));
}

fn put_hash(out: &mut Vec<u8>, hash: Option<&Hash>) {
    match hash {
        None => out.push(0),
        Some(h) => {
            out.push(1);
            out.extend(h);
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self, part: &'static str) -> Result<[u8; N], LedgerError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(LedgerError::Malformed(part))?;
        self.0 = rest;
        Ok(*head)
    }

    fn text(&mut self, part: &'static str) -> Result<String, LedgerError> {
        let len = u32::from_be_bytes(self.array(part)?) as usize;
        let (head, rest) = self.0.split_at_checked(len).ok_or(LedgerError::Malformed(part))?;
        self.0 = rest;
        String::from_utf8(head.to_vec()).map_err(|_| LedgerError::Malformed(part))
    }

    fn optional_text(&mut self, part: &'static str) -> Result<Option<String>, LedgerError> {
        match self.array(part)? {
            [0] => Ok(None),
            [1] => self.text(part).map(Some),
            _ => Err(LedgerError::Malformed(part)),
        }
    }

    fn hash(&mut self, part: &'static str) -> Result<Option<Hash>, LedgerError> {
        match self.array(part)? {
            [0] => Ok(None),
            [1] => Ok(Some(self.array(part)?)),
            _ => Err(LedgerError::Malformed(part)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::to_hex;
    use proptest::prelude::*;

    fn sample() -> LeafEntry {
        LeafEntry {
            seq: 7,
            register: "contact_point".into(),
            record: "0190".into(),
            version: 2,
            action: "update".into(),
            at_micros: 1_795_330_800_000_000,
            who: "Đặng".into(),
            reason: Some("sửa số".into()),
            before: Some([1; 32]),
            after: None,
        }
    }

    /// The format is frozen (the value was computed apart, with Python): a change here would make every ledger written before unverifiable.
    #[test]
    fn frozen() {
        assert_eq!(to_hex(&sample().hash()), "714f059cd8707374e0ab3d97a03189949b7cc692fcb25a366211e263e0cbfcc0");
    }

    #[test]
    fn no_two_entries_share_bytes() {
        let s = sample();
        let moved = LeafEntry { register: "contact_poin".into(), record: "t0190".into(), ..s.clone() };
        assert_ne!(s.to_bytes(), moved.to_bytes());
        let swapped = LeafEntry { before: None, after: Some([1; 32]), ..s.clone() };
        assert_ne!(s.to_bytes(), swapped.to_bytes());
        let reason = |r: Option<&str>| LeafEntry { reason: r.map(Into::into), ..s.clone() }.hash();
        assert!(reason(None) != reason(Some("")) && reason(Some("sửa số")) != reason(Some("sửa sổ")));
    }

    #[test]
    fn refuses_what_is_not_canonical() {
        let good = sample().to_bytes();
        for cut in 0..good.len() {
            assert!(LeafEntry::from_bytes(&good[..cut]).is_err(), "{cut}");
        }
        let mut long = good.clone();
        long.push(0);
        assert!(LeafEntry::from_bytes(&long).is_err());
        let mut flag = good;
        *flag.last_mut().unwrap() = 2;
        assert!(LeafEntry::from_bytes(&flag).is_err());
    }

    prop_compose! {
        fn entries()(seq: u64, version: i64, at_micros: i64, before: Option<[u8; 32]>,
                     after: Option<[u8; 32]>, reason: Option<String>, t in proptest::collection::vec(".*", 4)) -> LeafEntry {
            LeafEntry { seq, version, at_micros, reason, before, after, register: t[0].clone(),
                        record: t[1].clone(), action: t[2].clone(), who: t[3].clone() }
        }
    }

    proptest! {
        #[test]
        fn there_and_back(e in entries(), f in entries(), bit in any::<usize>()) {
            let mut bytes = e.to_bytes();
            prop_assert_eq!(&LeafEntry::from_bytes(&bytes).unwrap(), &e);
            prop_assert_eq!(e == f, bytes == f.to_bytes());
            let at = bit % (bytes.len() * 8);
            bytes[at / 8] ^= 1 << (at % 8);
            prop_assert_ne!(leaf_hash(&bytes), e.hash());
            // Whatever can be read is written back the same: there is one form only.
            if let Ok(read) = LeafEntry::from_bytes(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes);
            }
        }
    }
}

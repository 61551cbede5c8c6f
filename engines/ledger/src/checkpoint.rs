//! C2SP checkpoints: a signed statement of size and root (<https://c2sp.org/tlog-checkpoint>).
use crate::error::LedgerError;
use crate::frontier::Frontier;
use crate::hash::Hash;
use crate::note::{Note, SignerKey, VerifierKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// The head of a log at one size. [`fmt::Display`] writes the note text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Names the log, for example `sao-mai.example/lachan`.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// Root of the tree of that size.
    pub root: Hash,
    /// Extension lines: opaque, not empty; discouraged by the specification.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// The head of this log as it stands.
    #[must_use]
    pub fn of(origin: &str, frontier: &Frontier) -> Self {
        Self { origin: origin.to_owned(), size: frontier.size(), root: frontier.root(), extensions: Vec::new() }
    }

    /// Reads a note text: at least three non-empty lines.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] with the line that is wrong.
    pub fn parse_text(text: &str) -> Result<Self, LedgerError> {
        let body = text.strip_suffix('\n').ok_or(LedgerError::Malformed("điểm kiểm tra phải kết thúc bằng xuống dòng"))?;
        let mut lines = body.split('\n');
        let origin = lines.next().filter(|l| !l.is_empty()).ok_or(LedgerError::Malformed("dòng 1: tên nhật ký"))?;
        let size = lines.next().and_then(canonical_number).ok_or(LedgerError::Malformed("dòng 2: số mục"))?;
        let root = lines
            .next()
            .and_then(|l| STANDARD.decode(l).ok())
            .and_then(|b| Hash::try_from(b).ok())
            .ok_or(LedgerError::Malformed("dòng 3: giá trị gốc"))?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(LedgerError::Malformed("dòng mở rộng trống"));
        }
        Ok(Self { origin: origin.to_owned(), size, root, extensions })
    }

    /// Signs it.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] when a line is empty or holds a line break or control character.
    pub fn sign(&self, key: &SignerKey) -> Result<Note, LedgerError> {
        let text = self.to_string();
        // What would not be read back the same must not be signed.
        if Self::parse_text(&text)? != *self {
            return Err(LedgerError::Malformed("dòng có ký tự xuống dòng"));
        }
        key.sign(&text)
    }

    /// Reads a signed checkpoint, checks its signatures, and that it is of this log.
    ///
    /// # Errors
    /// Those of [`Note::parse`], [`Note::verify`], [`Checkpoint::parse_text`]; [`LedgerError::Origin`].
    pub fn open(note: &str, origin: &str, trusted: &[VerifierKey]) -> Result<Self, LedgerError> {
        let note = Note::parse(note)?;
        let checkpoint = Self::parse_text(note.verify(trusted)?)?;
        if checkpoint.origin != origin {
            return Err(LedgerError::Origin(origin.to_owned(), checkpoint.origin));
        }
        Ok(checkpoint)
    }
}

/// Decimal without sign or leading zeros.
fn canonical_number(s: &str) -> Option<u64> {
    let plain = s.bytes().all(|b| b.is_ascii_digit()) && (s == "0" || !s.starts_with('0'));
    if plain { s.parse().ok() } else { None }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, STANDARD.encode(self.root))?;
        for line in &self.extensions {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::leaf_hash;

    const ORIGIN: &str = "sao-mai.example/lachan";

    fn key() -> SignerKey {
        SignerKey::from_seed(ORIGIN, &[3; 32]).unwrap()
    }

    #[test]
    fn the_text_of_the_specification() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let c = Checkpoint::parse_text(text).unwrap();
        assert_eq!(c.size, 20_852_163);
        assert_eq!(c.to_string(), text);
        let extended = format!("{text}note\n");
        assert_eq!(Checkpoint::parse_text(&extended).unwrap().to_string(), extended);
    }

    #[test]
    fn the_signed_example_of_the_specification_can_be_read() {
        let note = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
            — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
        let read = Note::parse(note).unwrap();
        assert_eq!(read.signatures()[0].id, 0x033d_e0ae);
        assert_eq!(read.to_string(), note);
    }

    #[test]
    fn signed_and_opened() {
        let mut f = Frontier::new();
        f.append(leaf_hash(b"one"));
        let c = Checkpoint::of(ORIGIN, &f);
        let note = c.sign(&key()).unwrap().to_string();
        let trusted = [key().verifier().clone()];
        assert_eq!(Checkpoint::open(&note, ORIGIN, &trusted), Ok(c));
        assert_eq!(Checkpoint::open(&note, "other.example", &trusted), Err(LedgerError::Origin("other.example".into(), ORIGIN.into())));
        assert_eq!(Checkpoint::open(&note.replace("\n1\n", "\n2\n"), ORIGIN, &trusted), Err(LedgerError::BadSignature(ORIGIN.into())));
    }

    #[test]
    fn malformed() {
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        for text in [
            String::new(),
            format!("\n1\n{root}\n"),
            format!("o\n01\n{root}\n"),
            format!("o\n+1\n{root}\n"),
            format!("o\n\n{root}\n"),
            format!("o\n99999999999999999999\n{root}\n"),
            "o\n1\nAAAA\n".to_owned(),
            format!("o\n1\n{root}"),
            format!("o\n1\n{root}\n\nx\n"),
        ] {
            assert!(Checkpoint::parse_text(&text).is_err(), "{text:?}");
        }
        let mut c = Checkpoint::of("o\n5", &Frontier::new());
        assert!(c.sign(&key()).is_err());
        c.origin = "o".into();
        c.extensions.push(String::new());
        assert!(c.sign(&key()).is_err());
        c.extensions = vec!["a\nb".into()];
        assert!(c.sign(&key()).is_err());
        c.extensions = vec![];
        assert!(c.sign(&key()).is_ok());
    }
}

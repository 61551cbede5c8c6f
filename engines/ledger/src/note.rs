//! C2SP signed notes with Ed25519 (<https://c2sp.org/signed-note>).
use crate::error::LedgerError;
use crate::hash::sha256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use std::fmt;

/// Signature type byte of plain Ed25519.
const ED25519: u8 = 0x01;
/// Notes longer than this, or with more signatures, are refused unread.
const MAX_BYTES: usize = 1 << 20;
const MAX_SIGNATURES: usize = 100;

fn check_name(name: &str) -> Result<(), LedgerError> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if name.is_empty() || name.chars().any(bad) {
        return Err(LedgerError::KeyName);
    }
    Ok(())
}

/// `SHA-256(name || 0x0A || 0x01 || public key)[:4]`, big endian.
fn key_id(name: &str, public: &[u8; 32]) -> u32 {
    let mut bytes = Vec::with_capacity(name.len() + 34);
    bytes.extend(name.as_bytes());
    bytes.extend([b'\n', ED25519]);
    bytes.extend(public);
    let [a, b, c, d, ..] = sha256(&bytes);
    u32::from_be_bytes([a, b, c, d])
}

/// Splits `name+hash+base64(type || 32 bytes)`.
fn split_key(s: &str) -> Result<(&str, u32, [u8; 32]), LedgerError> {
    let bad = LedgerError::Malformed("chuỗi khóa");
    let mut parts = s.trim_end_matches('\n').splitn(3, '+');
    let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(bad);
    };
    check_name(name)?;
    if hash.len() != 8 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(bad);
    }
    let id = u32::from_str_radix(hash, 16).map_err(|_| bad.clone())?;
    let bytes = STANDARD.decode(key).map_err(|_| bad.clone())?;
    match bytes.split_first() {
        Some((&ED25519, rest)) => {
            let key = <[u8; 32]>::try_from(rest).map_err(|_| bad)?;
            Ok((name, id, key))
        }
        Some((&other, _)) => Err(LedgerError::KeyType(other)),
        None => Err(bad),
    }
}

fn join_key(name: &str, id: u32, key: &[u8; 32]) -> String {
    let mut bytes = vec![ED25519];
    bytes.extend(key);
    format!("{name}+{id:08x}+{}", STANDARD.encode(bytes))
}

/// A key that checks signatures: `name+hash+base64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl VerifierKey {
    /// Reads `name+hash+base64`, the form that may be published.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`], [`LedgerError::KeyName`], [`LedgerError::KeyType`], or
    /// [`LedgerError::KeyHash`] when the hash is not that of this name and key.
    pub fn parse(s: &str) -> Result<Self, LedgerError> {
        let (name, id, bytes) = split_key(s)?;
        if key_id(name, &bytes) != id {
            return Err(LedgerError::KeyHash);
        }
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| LedgerError::Malformed("khóa công khai Ed25519"))?;
        Ok(Self { name: name.to_owned(), id, key })
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's 32-bit id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&join_key(&self.name, self.id, self.key.as_bytes()))
    }
}

/// A key that signs. Neither `Debug` nor `Display` shows the secret; see [`SignerKey::secret_string`].
#[derive(Clone)]
pub struct SignerKey {
    verifier: VerifierKey,
    key: SigningKey,
}

impl SignerKey {
    /// A key from 32 random bytes drawn by the caller.
    ///
    /// # Errors
    /// [`LedgerError::KeyName`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, LedgerError> {
        check_name(name)?;
        let key = SigningKey::from_bytes(seed);
        let public = key.verifying_key();
        let verifier = VerifierKey { name: name.to_owned(), id: key_id(name, public.as_bytes()), key: public };
        Ok(Self { verifier, key })
    }

    /// Reads [`SignerKey::secret_string`].
    ///
    /// # Errors
    /// As [`VerifierKey::parse`].
    pub fn parse(s: &str) -> Result<Self, LedgerError> {
        let rest = s.strip_prefix("PRIVATE+KEY+").ok_or(LedgerError::Malformed("chuỗi khóa bí mật"))?;
        let (name, id, seed) = split_key(rest)?;
        let key = Self::from_seed(name, &seed)?;
        if key.verifier.id != id {
            return Err(LedgerError::KeyHash);
        }
        Ok(key)
    }

    /// `PRIVATE+KEY+name+hash+base64`: **secret**, for the key file only.
    #[must_use]
    pub fn secret_string(&self) -> String {
        let v = &self.verifier;
        format!("PRIVATE+KEY+{}", join_key(&v.name, v.id, self.key.as_bytes()))
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a note text.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] unless the text ends in a newline and holds no other control
    /// characters.
    pub fn sign(&self, text: &str) -> Result<Note, LedgerError> {
        check_text(text)?;
        let signature = NoteSignature {
            name: self.verifier.name.clone(),
            id: self.verifier.id,
            signature: self.key.sign(text.as_bytes()).to_bytes().to_vec(),
        };
        Ok(Note { text: text.to_owned(), signatures: vec![signature] })
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({})", self.verifier)
    }
}

fn check_text(text: &str) -> Result<(), LedgerError> {
    if !text.ends_with('\n') {
        return Err(LedgerError::Malformed("văn bản phải kết thúc bằng xuống dòng"));
    }
    if text.bytes().any(|b| b < 0x20 && b != b'\n') {
        return Err(LedgerError::Malformed("văn bản có ký tự điều khiển"));
    }
    Ok(())
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// Key name.
    pub name: String,
    /// Key id.
    pub id: u32,
    /// The signature bytes, of whatever type that key has.
    pub signature: Vec<u8>,
}

/// A signed note that has been read, **not yet verified**; [`fmt::Display`] writes its exact form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// Reads a signed note.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] when it is too large, has control characters, no signatures, or a
    /// signature line that can't be read; [`LedgerError::KeyName`].
    pub fn parse(s: &str) -> Result<Self, LedgerError> {
        if s.len() > MAX_BYTES {
            return Err(LedgerError::Malformed("văn bản ký quá dài"));
        }
        check_text(s)?;
        let at = s.rfind("\n\n").ok_or(LedgerError::Malformed("không có phần chữ ký"))?;
        let (text, lines) = (&s[..=at], &s[at + 2..]);
        let signatures = lines.split_terminator('\n').take(MAX_SIGNATURES + 1).map(signature_line).collect::<Result<Vec<_>, _>>()?;
        if signatures.is_empty() || signatures.len() > MAX_SIGNATURES {
            return Err(LedgerError::Malformed("số chữ ký"));
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text **without any check of signatures**; prefer [`Note::verify`].
    #[must_use]
    pub fn unverified_text(&self) -> &str {
        &self.text
    }

    /// All signature lines, known or not.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds the signature of one more key (a witness, or the next key during a rotation).
    ///
    /// # Errors
    /// As [`SignerKey::sign`].
    pub fn add_signature(&mut self, key: &SignerKey) -> Result<(), LedgerError> {
        self.signatures.extend(key.sign(&self.text)?.signatures);
        Ok(())
    }

    /// The text, once at least one trusted key has signed it and no signature by a trusted key is
    /// wrong. Signatures by unknown keys are ignored, as the specification demands.
    ///
    /// # Errors
    /// [`LedgerError::BadSignature`] or [`LedgerError::NoTrustedSignature`].
    pub fn verify(&self, trusted: &[VerifierKey]) -> Result<&str, LedgerError> {
        let mut found = false;
        for s in &self.signatures {
            let Some(key) = trusted.iter().find(|k| k.name == s.name && k.id == s.id) else {
                continue;
            };
            let bad = |_| LedgerError::BadSignature(s.name.clone());
            let signature = Signature::from_slice(&s.signature).map_err(bad)?;
            key.key.verify_strict(self.text.as_bytes(), &signature).map_err(bad)?;
            found = true;
        }
        if found { Ok(&self.text) } else { Err(LedgerError::NoTrustedSignature) }
    }
}

fn signature_line(line: &str) -> Result<NoteSignature, LedgerError> {
    let bad = || LedgerError::Malformed("dòng chữ ký");
    let (name, encoded) = line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or_else(bad)?;
    check_name(name)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| bad())?;
    match bytes.split_first_chunk::<4>() {
        Some((id, signature)) if !signature.is_empty() => {
            Ok(NoteSignature { name: name.to_owned(), id: u32::from_be_bytes(*id), signature: signature.to_vec() })
        }
        _ => Err(bad()),
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for s in &self.signatures {
            let mut bytes = s.id.to_be_bytes().to_vec();
            bytes.extend(&s.signature);
            writeln!(f, "— {} {}", s.name, STANDARD.encode(bytes))?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "note_tests.rs"]
mod tests;

//! Tokens, their hashes, and the token that guards forms.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use store::{Ids as _, SystemIds};

/// 256 random bits as 43 characters. Always the system's generator, never an injected one: a repeatable secret is none.
pub(crate) fn new_token() -> String {
    let mut b = [0u8; 32];
    SystemIds.fill(&mut b);
    URL_SAFE_NO_PAD.encode(b)
}

/// SHA-256 of a token: what is stored. A fast hash is enough for 256 random bits.
pub(crate) fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).filter_map(|n| char::from_digit(u32::from(n), 16)).collect()
}

/// Back from hexadecimal; `None` for anything else.
pub(crate) fn unhex(s: &str) -> Option<Vec<u8>> {
    if !s.len().is_multiple_of(2) || !s.is_ascii() {
        return None;
    }
    (0..s.len()).step_by(2).map(|i| u8::from_str_radix(s.get(i..i + 2)?, 16).ok()).collect()
}

/// 64 bits of the hash of a folded login: enough to group attempts in the log, too little to say what was typed
/// (people type passwords into the wrong field).
pub(crate) fn login_hash(login: &str) -> String {
    hex(&Sha256::digest(format!("login:{login}").as_bytes())[..8])
}

/// HMAC-SHA-256 (RFC 2104).
fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().into()
}

/// Equal in time that depends on the length only.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0u8, |d, (x, y)| d | (x ^ y)) == 0
}

/// Token that every form of a browser carries: HMAC of a purpose under the browser's secret cookie (session or guest).
/// A page of another site can make the browser send the cookie, but cannot read it, and so cannot compute this.
pub fn csrf_token(cookie: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac_sha256(cookie.as_bytes(), b"lachan csrf 1"))
}

/// Is `given` the token of this cookie? An empty cookie has no valid token.
pub fn csrf_valid(cookie: &str, given: &str) -> bool {
    !cookie.is_empty() && same(csrf_token(cookie).as_bytes(), given.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_of_rfc_4231() {
        let case = |key: &[u8], text: &[u8]| hex(&hmac_sha256(key, text));
        assert_eq!(case(&[0x0b; 20], b"Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        assert_eq!(case(b"Jefe", b"what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_eq!(
            case(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn csrf_belongs_to_one_cookie() {
        let t = csrf_token("cookie-a");
        assert!(csrf_valid("cookie-a", &t));
        assert!(!csrf_valid("cookie-b", &t));
        assert!(!csrf_valid("", &csrf_token("")));
        assert!(!csrf_valid("cookie-a", ""));
        assert!(!csrf_valid("cookie-a", &t[1..]));
    }

    #[test]
    fn hexadecimal_both_ways() {
        assert_eq!(hex(&[0, 0xab, 0x7f]), "00ab7f");
        assert_eq!(unhex("00ab7f"), Some(vec![0, 0xab, 0x7f]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("zz"), None);
        assert_eq!(unhex("é0"), None);
    }

    #[test]
    fn tokens_differ() {
        assert_ne!(new_token(), new_token());
        assert_eq!(new_token().len(), 43);
    }
}

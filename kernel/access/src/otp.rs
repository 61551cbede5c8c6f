//! One-time codes: HOTP (RFC 4226) over time steps (RFC 6238), as every authenticator app makes them:
//! SHA-1, 6 digits, 30 seconds.

use ring::hmac;

use crate::time::SECOND;

/// Length of a step, µs.
const STEP: i64 = 30 * SECOND;
/// Steps before and after the present one that are taken: clocks differ, people type slowly.
const DRIFT: i64 = 1;
/// Bytes of a secret (RFC 4226 §4 asks for at least 16, recommends 20).
pub(crate) const SECRET: usize = 20;

/// Step of an instant.
pub(crate) fn step_of(now: i64) -> i64 {
    now.div_euclid(STEP)
}

/// The six digits of a step.
pub(crate) fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let at = bytes.last().map_or(0, |b| usize::from(b & 15));
    let word = bytes.iter().skip(at).take(4).fold(0u32, |n, b| n << 8 | u32::from(*b)) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000)
}

/// The step whose code was typed, if it is near the present and later than the `last` one that was used.
pub(crate) fn matching(secret: &[u8], typed: &str, now: i64, last: i64) -> Option<i64> {
    let present = step_of(now);
    // all are compared, whatever is found
    let found: Vec<i64> =
        (present - DRIFT..=present + DRIFT).filter(|s| crate::crypto::same(code(secret, *s).as_bytes(), typed.as_bytes())).collect();
    found.into_iter().find(|s| *s > last)
}

/// Base32 without padding (RFC 4648 §6): how apps take a secret by hand.
pub(crate) fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut out, mut held, mut bits) = (String::new(), 0u32, 0);
    for b in bytes {
        held = held << 8 | u32::from(*b);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(LETTERS[(held >> bits & 31) as usize]));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        out.push(char::from(LETTERS[(held << (5 - bits) & 31) as usize]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_rfc_6238_appendix_b() {
        let secret = b"12345678901234567890";
        // the RFC prints eight digits; six are their end
        for (second, last_six) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(secret, step_of(second * SECOND)), last_six, "{second}");
        }
    }

    #[test]
    fn neighbours_are_taken_and_used_steps_are_not() {
        let (secret, now) = (b"12345678901234567890", 1_111_111_109 * SECOND);
        let present = step_of(now);
        for step in [present - 1, present, present + 1] {
            assert_eq!(matching(secret, &code(secret, step), now, 0), Some(step));
            assert_eq!(matching(secret, &code(secret, step), now, step), None, "a used step");
        }
        for step in [present - 2, present + 2] {
            assert_eq!(matching(secret, &code(secret, step), now, 0), None);
        }
        assert_eq!(matching(secret, "", now, 0), None);
    }

    #[test]
    fn base32_of_rfc_4648() {
        for (plain, said) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(base32(plain.as_bytes()), said);
        }
    }
}

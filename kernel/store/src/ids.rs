//! Time and randomness, injected: production uses the system, tests and demo data use fixed ones.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Gives the present instant.
pub trait Clock: Send + Sync {
    /// µs since 1970-01-01 UTC.
    fn now(&self) -> i64;
}
/// The machine's clock.
pub struct SystemClock;
impl Clock for SystemClock {
    fn now(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX))
    }
}
/// A clock that tests set by hand.
pub struct ManualClock(AtomicI64);
impl ManualClock {
    /// Starts at `micros`.
    pub fn new(micros: i64) -> Self {
        Self(AtomicI64::new(micros))
    }
    /// Jump to `micros`.
    pub fn set(&self, micros: i64) {
        self.0.store(micros, Ordering::SeqCst);
    }
}
impl Clock for ManualClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Gives random bytes for ids, tokens and salts.
pub trait Ids: Send + Sync {
    /// Fill `buf` with random bytes.
    fn fill(&self, buf: &mut [u8]);
}
/// The system's generator.
pub struct SystemIds;
impl Ids for SystemIds {
    fn fill(&self, buf: &mut [u8]) {
        #[expect(clippy::expect_used, reason = "without a system random source no secret is safe: stopping is right")]
        getrandom::fill(buf).expect("system random source");
    }
}
/// Repeatable bytes (splitmix64) for tests and demo data. Never for secrets.
pub struct SeededIds(AtomicU64);
impl SeededIds {
    /// The same seed gives the same ids.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}
impl Ids for SeededIds {
    fn fill(&self, buf: &mut [u8]) {
        for chunk in buf.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst).wrapping_add(0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// UUIDv7 (RFC 9562 §5.7) as lower-case hyphenated text, 36 characters.
pub fn new_uuid_v7(now_micros: i64, ids: &dyn Ids) -> String {
    let mut b = [0u8; 16];
    ids.fill(&mut b);
    let ms = (now_micros / 1000) as u64;
    b[..6].copy_from_slice(&ms.to_be_bytes()[2..]);
    b[6] = 0x70 | (b[6] & 0x0f);
    b[8] = 0x80 | (b[8] & 0x3f);
    let mut s = String::with_capacity(36);
    for (i, x) in b.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            s.push('-');
        }
        for n in [x >> 4, x & 15] {
            s.push(char::from(if n < 10 { b'0' + n } else { b'a' + n - 10 }));
        }
    }
    s
}

//! Brake on sign-in attempts from one address, in the memory of this process (the lock-out per account is stored).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use store::Clock;

use crate::time::{MINUTE, SECOND};

/// Above this many addresses the full buckets are dropped, so that memory is bounded.
const MOST_KEYS: usize = 20_000;

/// Token buckets by address: `per_minute` attempts, refilled evenly.
pub struct SignInLimit {
    clock: Arc<dyn Clock>,
    per_minute: i64,
    /// By address: µs of "debt" and when it was written. An attempt costs a minute divided by `per_minute`.
    debts: Mutex<HashMap<String, (i64, i64)>>,
}

impl SignInLimit {
    /// Lets `per_minute` attempts through per address (at least 1).
    pub fn new(clock: Arc<dyn Clock>, per_minute: u32) -> Self {
        Self { clock, per_minute: i64::from(per_minute.max(1)), debts: Mutex::default() }
    }
    /// Takes one attempt of this address, or says in how many seconds there will be one (at least 1).
    pub fn take(&self, ip: &str) -> Result<(), u64> {
        let now = self.clock.now();
        let cost = MINUTE / self.per_minute;
        let left = |&(debt, at): &(i64, i64)| (debt - (now - at).max(0)).max(0);
        // a panic elsewhere cannot leave the map half-written
        let mut map = self.debts.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= MOST_KEYS && !map.contains_key(ip) {
            map.retain(|_, d| left(d) > 0);
            if map.len() >= MOST_KEYS {
                map.clear();
            }
        }
        let debt = map.get(ip).map_or(0, left);
        if debt + cost > MINUTE {
            let wait = debt + cost - MINUTE;
            return Err(u64::try_from((wait + SECOND - 1) / SECOND).unwrap_or(1).max(1));
        }
        map.insert(ip.to_owned(), (debt + cost, now));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::ManualClock;

    #[test]
    fn gives_out_waits_and_refills_per_address() {
        let clock = Arc::new(ManualClock::new(1_000 * SECOND));
        let limit = SignInLimit::new(clock.clone(), 5);
        for _ in 0..5 {
            assert_eq!(limit.take("192.0.2.1"), Ok(()));
        }
        assert_eq!(limit.take("192.0.2.1"), Err(12));
        assert_eq!(limit.take("192.0.2.2"), Ok(()));
        clock.set(1_011 * SECOND);
        assert_eq!(limit.take("192.0.2.1"), Err(1));
        clock.set(1_012 * SECOND);
        assert_eq!(limit.take("192.0.2.1"), Ok(()));
        assert!(limit.take("192.0.2.1").is_err());
        clock.set(2_000 * SECOND);
        for _ in 0..5 {
            assert_eq!(limit.take("192.0.2.1"), Ok(()));
        }
        assert!(limit.take("192.0.2.1").is_err());
    }

    #[test]
    fn memory_is_bounded() {
        let limit = SignInLimit::new(Arc::new(ManualClock::new(0)), 60);
        for i in 0..3 * MOST_KEYS {
            let _ = limit.take(&i.to_string());
        }
        assert!(limit.debts.lock().unwrap().len() <= MOST_KEYS);
    }
}

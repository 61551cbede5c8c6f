//! A bounded set of connections, opened when first needed.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{Error, Result};

/// How long a caller waits for a connection before it is told that the server is overloaded.
const WAIT: Duration = Duration::from_secs(30);

thread_local! {
    /// Connections this thread holds. A thread that holds one is never made to wait for a second: that could be for ever.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

pub(crate) struct Pool<C> {
    state: Mutex<State<C>>,
    freed: Condvar,
    most: usize,
}

struct State<C> {
    idle: Vec<C>,
    out: usize,
}

/// The right to hold one connection.
pub(crate) struct Permit<'a, C> {
    pool: &'a Pool<C>,
}

impl<C> Pool<C> {
    pub(crate) fn new(most: usize) -> Self {
        Self { state: Mutex::new(State { idle: Vec::new(), out: 0 }), freed: Condvar::new(), most }
    }

    /// Waits for a place; a connection comes with it when one is idle.
    pub(crate) fn take(&self) -> Result<(Permit<'_, C>, Option<C>)> {
        let mut state = self.lock();
        if HELD.get() == 0 {
            let (s, late) = self.freed.wait_timeout_while(state, WAIT, |s| s.out >= self.most).unwrap_or_else(PoisonError::into_inner);
            if late.timed_out() {
                return Err(Error::Unavailable("Máy chủ đang quá tải, yêu cầu chưa được xử lý. Thử lại sau ít giây.".into()));
            }
            state = s;
        }
        state.out += 1;
        let idle = state.idle.pop();
        drop(state);
        HELD.set(HELD.get() + 1);
        Ok((Permit { pool: self }, idle))
    }

    /// One more idle connection, when the first proved dead.
    pub(crate) fn idle(&self) -> Option<C> {
        self.lock().idle.pop()
    }

    /// Keeps a healthy connection for the next caller.
    pub(crate) fn put(&self, conn: C) {
        let mut state = self.lock();
        if state.idle.len() < self.most {
            state.idle.push(conn);
        }
    }

    /// Takes all idle connections away.
    pub(crate) fn drain(&self) -> Vec<C> {
        std::mem::take(&mut self.lock().idle)
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        // nothing under this lock can panic half-way
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> Drop for Permit<'_, C> {
    fn drop(&mut self) {
        self.pool.lock().out -= 1;
        HELD.set(HELD.get().saturating_sub(1));
        self.pool.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;

    #[test]
    fn a_second_connection_of_one_thread_never_waits_and_others_take_turns() {
        let pool: Pool<u8> = Pool::new(1);
        let (first, none) = pool.take().unwrap();
        assert!(none.is_none());
        let (second, _) = pool.take().unwrap();
        drop(second);
        std::thread::scope(|s| {
            let other = s.spawn(|| pool.take().map(|(_, c)| c));
            std::thread::sleep(std::time::Duration::from_millis(50));
            assert!(!other.is_finished(), "the place is taken");
            pool.put(7);
            drop(first);
            assert_eq!(other.join().unwrap().unwrap(), Some(7));
        });
    }
}

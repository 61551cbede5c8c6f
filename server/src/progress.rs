//! Progress on stderr. On a terminal one line is written over and over; anywhere else (a log, a pipe) there are plain lines,
//! few of them.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

const ON_A_TERMINAL: Duration = Duration::from_millis(150);
const IN_A_LOG: Duration = Duration::from_secs(5);

/// A line of progress.
#[derive(Debug)]
pub struct Progress {
    terminal: bool,
    last: Mutex<Option<Instant>>,
}

impl Progress {
    /// Of this program's stderr.
    pub fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), last: Mutex::new(None) }
    }

    /// What is written now; `None` = too soon after the last.
    fn text(&self, now: Instant, text: &str) -> Option<String> {
        let mut last = self.last.lock().ok()?;
        let between = if self.terminal { ON_A_TERMINAL } else { IN_A_LOG };
        if last.is_some_and(|t| now.duration_since(t) < between) {
            return None;
        }
        *last = Some(now);
        Some(if self.terminal { format!("\r\x1b[K{text}") } else { format!("{text}\n") })
    }

    /// Says how far it is.
    pub fn say(&self, text: &str) {
        if let Some(line) = self.text(Instant::now(), text) {
            let mut err = std::io::stderr();
            let _ = err.write_all(line.as_bytes()).and_then(|()| err.flush());
        }
    }

    /// Takes the line away.
    pub fn end(&self) {
        if self.terminal {
            let mut err = std::io::stderr();
            let _ = err.write_all(b"\r\x1b[K").and_then(|()| err.flush());
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_gets_few_plain_lines() {
        let (p, begin) = (Progress { terminal: false, last: Mutex::new(None) }, Instant::now());
        let said: Vec<String> = (0u64..100).filter_map(|n| p.text(begin + Duration::from_millis(n * 100), &format!("{n}/100"))).collect();
        assert_eq!(said, ["0/100\n", "50/100\n"]);
        let t = Progress { terminal: true, last: Mutex::new(None) };
        assert_eq!(t.text(begin, "1/9").as_deref(), Some("\r\x1b[K1/9"));
        assert_eq!(t.text(begin, "2/9"), None);
    }
}

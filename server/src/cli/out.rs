//! What commands print. A reader that has seen enough (`| head`) ends the output, not the program; a disk that is full
//! is said: a cut result must not look whole.

use std::fmt::Arguments;
use std::io::{ErrorKind, Result, Write};

/// Swallows what nobody reads any more; every other error stays one.
pub(crate) struct Patient<W>(pub W);

impl<W: Write> Write for Patient<W> {
    fn write(&mut self, buf: &[u8]) -> Result<usize> {
        match self.0.write(buf) {
            Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(buf.len()),
            other => other,
        }
    }
    fn flush(&mut self) -> Result<()> {
        match self.0.flush() {
            Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// Standard output of a command.
pub(crate) fn stdout() -> Patient<std::io::Stdout> {
    Patient(std::io::stdout())
}

/// One line; see [`say!`].
pub(crate) fn line(words: Arguments<'_>) {
    let mut out = stdout();
    if let Err(e) = writeln!(out, "{words}").and_then(|()| out.flush()) {
        complain(format_args!("Không ghi được kết quả: {e}"));
        std::process::exit(7);
    }
}

/// A line on stderr. When even that is closed there is nobody to tell.
pub(crate) fn complain(words: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

/// `println!` for commands: never panics.
macro_rules! say {
    ($($words:tt)*) => { $crate::cli::out::line(format_args!($($words)*)) };
}
pub(crate) use say;

#[cfg(test)]
mod tests {
    use super::*;

    struct Fails(ErrorKind);
    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_error_a_full_disk_is() {
        let mut gone = Patient(Fails(ErrorKind::BrokenPipe));
        assert!(gone.write_all(b"abc").is_ok() && gone.flush().is_ok());
        let mut full = Patient(Fails(ErrorKind::StorageFull));
        assert_eq!(full.write_all(b"abc").unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!(full.flush().unwrap_err().kind(), ErrorKind::StorageFull);
    }
}

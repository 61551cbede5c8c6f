//! A file on its way in that is too large for memory: on disk, gone with its last owner.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A temporary file. Dropping it removes the file.
#[derive(Debug)]
pub struct Spilled(PathBuf);

impl Spilled {
    /// Takes over the file at this path (which need not exist yet).
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }
    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.0
    }
    /// All of it.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        std::fs::read(&self.0)
    }
    /// Piece by piece, each `most` bytes but the last.
    pub(crate) fn pieces(&self, most: usize) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
        let mut file = File::open(&self.0)?;
        Ok(std::iter::from_fn(move || {
            let mut piece = Vec::with_capacity(most);
            match file.by_ref().take(most as u64).read_to_end(&mut piece) {
                Ok(0) => None,
                Ok(_) => Some(Ok(piece)),
                Err(e) => Some(Err(e)),
            }
        }))
    }
}

impl Drop for Spilled {
    fn drop(&mut self) {
        // nobody is left to be told; what stays is swept at the next start
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole_and_the_file_goes_with_its_owner() {
        let path = std::env::temp_dir().join(format!("lachan-spilled-{}", std::process::id()));
        std::fs::write(&path, b"abcdefg").unwrap();
        let s = Spilled::new(path.clone());
        let pieces: Vec<Vec<u8>> = s.pieces(3).unwrap().map(Result::unwrap).collect();
        assert_eq!(pieces, [b"abc".to_vec(), b"def".to_vec(), b"g".to_vec()]);
        assert_eq!(s.read().unwrap(), b"abcdefg");
        drop(s);
        assert!(!path.exists());
    }
}

//! The folder where files lie while they come in and while they wait for their record.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use registers::Spilled;
use store::{Error, Result};
use tokio::io::AsyncWriteExt as _;

/// Files of this folder are of one process; what a process that is gone left behind is removed.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

/// Tells this process from an earlier one of the same number (in a container every server is number 1).
fn token() -> &'static str {
    static TOKEN: OnceLock<String> = OnceLock::new();
    TOKEN.get_or_init(|| store::new_uuid_v7(0, &store::SystemIds).replace('-', ""))
}

fn is_left_over(name: &str, me: u32, alive: impl Fn(u32) -> bool) -> bool {
    let mut words = name.split('-');
    let (Some(pid), Some(of)) = (words.next().and_then(|p| p.parse::<u32>().ok()), words.next()) else { return false };
    if pid == me { of != token() } else { !alive(pid) }
}

impl Folder {
    /// `None` = a folder of the system's own for temporary files.
    pub fn new(path: Option<&Path>) -> Self {
        let folder = Self(path.map_or_else(|| std::env::temp_dir().join("lachan-uploads"), Path::to_owned));
        folder.sweep();
        folder
    }

    /// Removes what earlier processes left.
    fn sweep(&self) {
        let alive = |pid: u32| Path::new("/proc").join(pid.to_string()).exists();
        for entry in std::fs::read_dir(&self.0).into_iter().flatten().flatten() {
            if is_left_over(&entry.file_name().to_string_lossy(), std::process::id(), alive) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    fn make(&self) -> std::io::Result<()> {
        let mut b = std::fs::DirBuilder::new();
        b.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut b, 0o700);
        b.create(&self.0)
    }

    /// A fresh file that only this account of the machine can read.
    pub async fn create(&self) -> Result<Writer> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        self.make().map_err(|e| full(&e))?;
        let name = format!("{}-{}-{}", std::process::id(), token(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = self.0.join(name);
        let mut options = tokio::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let out = options.open(&path).await.map_err(|e| full(&e))?;
        Ok(Writer { out, file: Spilled::new(path) })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // stays when another process has files there
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// A file that is being written; dropped unfinished, it is gone.
pub(crate) struct Writer {
    out: tokio::fs::File,
    file: Spilled,
}

impl Writer {
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).await.map_err(|e| full(&e))
    }
    pub async fn done(mut self) -> Result<Spilled> {
        self.out.flush().await.map_err(|e| full(&e))?;
        Ok(self.file)
    }
}

fn full(e: &std::io::Error) -> Error {
    tracing::error!(error = %e, "cannot keep an upload");
    Error::Unavailable("Máy chủ không ghi tạm được tệp gửi lên (hết chỗ trên ổ đĩa, hoặc không có quyền ghi). Chưa có gì được lưu; báo người vận hành máy chủ.".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_are_private_and_leave_nothing() {
        let at = std::env::temp_dir().join(format!("lachan-spool-{}", std::process::id()));
        let folder = Folder::new(Some(&at));
        let mut w = folder.create().await.unwrap();
        w.write(b"abc").await.unwrap();
        let file = w.done().await.unwrap();
        assert_eq!(file.read().unwrap(), b"abc");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&at), mode(file.path())), (0o700, 0o600));
        }
        let left = at.join(format!("{}-gone-1", std::process::id()));
        std::fs::write(&left, b"x").unwrap();
        drop(Folder::new(Some(&at)));
        assert!(!left.exists() && file.path().exists(), "swept, but not what is in use");
        drop(file);
        drop(folder);
        assert!(!at.exists());
    }

    #[test]
    fn only_what_dead_processes_left_is_swept() {
        let alive = |pid: u32| pid == 7;
        let own = format!("5-{}-0", token());
        assert_eq!(
            [&own[..], "5-other-0", "7-x-1", "8-x-1", "notes.txt"].map(|n| is_left_over(n, 5, alive)),
            [false, true, false, true, false]
        );
    }
}

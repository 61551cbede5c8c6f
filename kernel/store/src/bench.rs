//! How many writes a second reach the disk; `cargo xtask bench` prints it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::{Change, Error, Result, Store, SystemClock, SystemIds};

/// Acknowledged writes per second with `threads` writers on a new SQLite file in `dir` (`synchronous=FULL`), measured for
/// `seconds`. Each write inserts one row and appends one leaf with a body of some 300 bytes. The file is removed.
///
/// # Errors
/// When the file cannot be written, a write fails, or fewer rows are there than were acknowledged.
pub fn bench_writes(dir: &Path, threads: usize, seconds: u64) -> Result<f64> {
    let file = dir.join(format!("bench-writes-{}.db", std::process::id()));
    let store = Store::open(&file.to_string_lossy(), Arc::new(SystemClock), Arc::new(SystemIds))?;
    let measured = measure(&store, threads, Duration::from_secs(seconds));
    store.close();
    drop(store);
    for tail in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{tail}", file.display()));
    }
    measured
}

fn measure(store: &Store, threads: usize, time: Duration) -> Result<f64> {
    store.write_blocking(|tx| tx.ddl("CREATE TABLE bench (id TEXT PRIMARY KEY, name TEXT NOT NULL, n BIGINT NOT NULL)"))?;
    let acknowledged = AtomicU64::new(0);
    let began = Instant::now();
    let failed = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    while began.elapsed() < time {
                        store.write_blocking(one)?;
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        writers.into_iter().find_map(|w| w.join().unwrap_or_else(|_| Err(Error::internal("a writer panicked"))).err())
    });
    let took = began.elapsed().as_secs_f64();
    if let Some(e) = failed {
        return Err(e);
    }
    let told = acknowledged.load(Ordering::Relaxed);
    let there: i64 = store.read_blocking(|tx| tx.query("SELECT COUNT(*) FROM bench", &[])?.first().map_or(Ok(0), |r| r.get(0)))?;
    if u64::try_from(there) != Ok(told) {
        return Err(Error::internal(format!("{told} writes acknowledged, {there} rows")));
    }
    Ok(told as f64 / took)
}

fn one(tx: &mut crate::Tx) -> Result<()> {
    let id = tx.new_id();
    tx.exec(
        "INSERT INTO bench (id, name, n) VALUES ($1, $2, $3)",
        &[id.as_str().into(), "Sở Khoa học và Công nghệ Sao Mai".into(), 7.into()],
    )?;
    let body = format!("{{\"id\":\"{id}\",\"name\":\"{}\"}}", "Đầu mối an ninh mạng ".repeat(9));
    tx.append_change(&Change {
        register: "bench",
        record: &id,
        version: 1,
        action: "create",
        who: "bench",
        body: Some(&body),
        ..Change::default()
    })
    .map(drop)
}

//! `lachan bench [NAME]`: figures and ratios, printed, never asserted.

mod figures;
mod pages;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use store::{Error, Result};

/// A benchmark by name.
type Bench = (&'static str, fn() -> Result<()>);

/// Runs one benchmark, or all of them.
pub fn run(name: Option<&str>) -> Result<()> {
    let all: [Bench; 5] =
        [("plan", plan), ("writes", writes), ("indicators", figures::indicators), ("drill", figures::drill), ("pages", pages::run)];
    let chosen: Vec<_> = all.iter().filter(|(n, _)| name.is_none_or(|w| w == *n)).collect();
    if chosen.is_empty() {
        return Err(Error::BadRequest(format!("Không có phép đo «{}». Có: {}.", name.unwrap_or_default(), all.map(|a| a.0).join(", "))));
    }
    for (n, f) in chosen {
        println!("\n== {n}");
        f()?;
    }
    Ok(())
}

/// Middle and 95th percentile of what was timed.
pub(crate) fn percentiles(mut all: Vec<Duration>) -> (f64, f64) {
    all.sort();
    let at = |p: usize| all.get((all.len() * p / 100).min(all.len().saturating_sub(1))).map_or(0.0, |d| d.as_secs_f64() * 1000.0);
    (at(50), at(95))
}

/// Milliseconds of the middle of `n` runs.
pub(crate) fn middle(n: usize, mut f: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut all = Vec::with_capacity(n);
    for _ in 0..n {
        let t = Instant::now();
        f()?;
        all.push(t.elapsed());
    }
    Ok(percentiles(all).0)
}

/// Where benchmark databases are kept between runs.
pub(crate) fn folder() -> Result<PathBuf> {
    let dir = std::env::var_os("LACHAN_BENCH_DIR").map_or_else(|| PathBuf::from("target/bench"), PathBuf::from);
    std::fs::create_dir_all(&dir).map_err(|e| Error::Unavailable(format!("{}: {e}", dir.display())))?;
    Ok(dir)
}

/// The province at a scale, filled once and kept.
pub(crate) fn province(word: &str, scale: usize) -> Result<PathBuf> {
    let file = folder()?.join(format!("{word}.db"));
    if !file.exists() {
        let part = folder()?.join(format!("{word}.part"));
        let _ = std::fs::remove_file(&part);
        let t = Instant::now();
        crate::demo::fill(&part.to_string_lossy(), scale, &|what, done, of| eprint!("\r\x1b[K{what} {done}/{of}"))?;
        eprintln!("\r\x1b[Kfilled {word} in {:.1} s", t.elapsed().as_secs_f64());
        std::fs::rename(&part, &file).map_err(Error::internal)?;
    }
    Ok(file)
}

/// Reading plans: each document, and one of 300 pages made of a known one.
fn plan() -> Result<()> {
    let mut files: Vec<PathBuf> = vec!["packs/sao-mai-demo/ke-hoach-an-ninh-mang-2026.txt".into()];
    let shared: Vec<PathBuf> = std::fs::read_dir("../shared/plans").into_iter().flatten().flatten().map(|e| e.path()).collect();
    if shared.is_empty() {
        println!("skipped: ../shared/plans (not there)");
    }
    files.extend(shared);
    files.sort();
    for f in &files {
        let Ok(bytes) = std::fs::read(f) else { continue };
        let name = f.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mut tasks = 0;
        let ms = middle(20, || {
            tasks = plan_reader::read(&bytes, &name).map_err(|e| Error::BadRequest(e.to_string()))?.tasks.len();
            Ok(())
        })?;
        println!("{name:<42} {ms:7.2} ms   {tasks} tasks   (goal < 50 ms)");
    }
    if let Some(first) = files.first().and_then(|f| std::fs::read_to_string(f).ok()) {
        // about 2,500 characters a page
        let times = 300 * 2500 / first.chars().count().max(1) + 1;
        let long = first.repeat(times);
        let ms = middle(3, || plan_reader::read(long.as_bytes(), "long.txt").map(drop).map_err(|e| Error::BadRequest(e.to_string())))?;
        println!("{:<42} {ms:7.0} ms   (goal < 2,000 ms)", format!("300 pages, {} kB", long.len() / 1000));
    }
    Ok(())
}

/// Acknowledged writes with 64 writers, `synchronous=FULL`.
fn writes() -> Result<()> {
    let dir = folder()?;
    let n = store::bench::bench_writes(&dir, 64, 5)?;
    println!("row + ledger leaf, 64 writers, SQLite FULL     {n:8.0} /s   (goal ≥ 5,000)");
    let n = figures::create_rate(&dir)?;
    println!("whole action (may, rules, ledger, event)       {n:8.0} /s");
    Ok(())
}

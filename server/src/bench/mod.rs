//! `lachan bench [NAME]`: figures and ratios, printed, never asserted.

mod by_hand;
mod country;
mod figures;
mod pages;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use store::{Error, Result};

/// A benchmark by name.
type Bench = (&'static str, fn() -> Result<()>);

const ALL: [Bench; 9] = [
    ("plan", plan),
    ("writes", writes),
    ("indicators", figures::indicators),
    ("drill", figures::drill),
    ("start", pages::start),
    ("pages", pages::run),
    ("memory", pages::memory),
    ("import", country::import),
    ("country", country::run),
];

/// Only when asked for by name: `memory` asks the same pages as `pages`, which says it too; `country` takes half an hour to fill.
const ASKED: [&str; 2] = ["memory", "country"];

/// Benchmarks a name means; without one all but [`ASKED`].
fn chosen(name: Option<&str>) -> Result<Vec<Bench>> {
    let chosen: Vec<Bench> = ALL.into_iter().filter(|(n, _)| name.map_or(!ASKED.contains(n), |w| w == *n)).collect();
    if chosen.is_empty() {
        let known = ALL.map(|a| a.0).join(", ");
        return Err(Error::BadRequest(format!("Không có phép đo «{}». Có: {known}.", name.unwrap_or_default())));
    }
    Ok(chosen)
}

/// Runs one benchmark, or all of them.
pub fn run(name: Option<&str>) -> Result<()> {
    if cfg!(debug_assertions) {
        eprintln!("Bản dựng để gỡ lỗi: con số chỉ có nghĩa với `cargo run --release -- bench`.");
    }
    for (n, f) in chosen(name)? {
        println!("\n== {n}");
        f()?;
    }
    Ok(())
}

/// Milliseconds below which 50, 95 and 99 of 100 lie (nearest rank).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
}

pub(crate) fn spread(mut all: Vec<Duration>) -> Spread {
    all.sort();
    let at = |p: usize| all.get((all.len() * p).div_ceil(100).saturating_sub(1)).map_or(0.0, |d| d.as_secs_f64() * 1000.0);
    Spread { p50: at(50), p95: at(95), p99: at(99) }
}

/// Milliseconds of the middle of `n` runs.
pub(crate) fn middle(n: usize, mut f: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut all = Vec::with_capacity(n);
    for _ in 0..n {
        let t = Instant::now();
        f()?;
        all.push(t.elapsed());
    }
    Ok(spread(all).p50)
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
        let (t, line) = (Instant::now(), crate::progress::Progress::new());
        crate::demo::fill(&part.to_string_lossy(), scale, &|what, done, of| line.say(&format!("{what} {done}/{of}")))?;
        line.end();
        eprintln!("filled {word} in {:.1} s", t.elapsed().as_secs_f64());
        std::fs::rename(&part, &file).map_err(Error::internal)?;
    }
    Ok(file)
}

/// Reading plans: each document, and one of 300 pages made of a known one.
fn plan() -> Result<()> {
    let mut files: Vec<PathBuf> = std::fs::read_dir("packs/sao-mai-demo")
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|x| x == "txt"))
        .collect();
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
    if files.is_empty() {
        println!("skipped: no plans here; run it in the folder of the project");
    }
    if let Some(first) = files.first().and_then(|f| std::fs::read_to_string(f).ok()) {
        let long = pages_of(&first, 300);
        let ms = middle(3, || plan_reader::read(long.as_bytes(), "long.txt").map(drop).map_err(|e| Error::BadRequest(e.to_string())))?;
        println!("{:<42} {ms:7.0} ms   (goal < 2,000 ms)", format!("300 pages, {} kB", long.len() / 1000));
    }
    Ok(())
}

/// A document of at least `pages` pages (2,500 characters each) made of one.
fn pages_of(text: &str, pages: usize) -> String {
    text.repeat((pages * 2500).div_ceil(text.chars().count().max(1)))
}

/// Acknowledged writes with 64 writers, `synchronous=FULL`.
fn writes() -> Result<()> {
    let dir = folder()?;
    let raw = store::bench::bench_writes(&dir, 64, 5)?;
    println!("row + ledger leaf, 64 writers, SQLite FULL     {raw:8.0} /s   (goal ≥ 5,000)");
    let whole = figures::create_rate(&dir, 64, Duration::from_secs(5))?;
    println!("whole action (may, rules, ledger, event)       {whole:8.0} /s   (ratio to the row alone {:.2})", whole / raw.max(1.0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_the_list() {
        let ms = |n: u64| Duration::from_millis(n);
        assert_eq!(spread((1..=100).rev().map(ms).collect()), Spread { p50: 50.0, p95: 95.0, p99: 99.0 });
        assert_eq!(spread(vec![ms(7)]), Spread { p50: 7.0, p95: 7.0, p99: 7.0 });
        assert_eq!(spread(vec![]), Spread { p50: 0.0, p95: 0.0, p99: 0.0 });
    }

    #[test]
    fn every_name_is_one_benchmark_and_no_name_measures_pages_once() {
        for (n, _) in ALL {
            assert_eq!(chosen(Some(n)).unwrap().len(), 1, "{n}");
        }
        assert_eq!(chosen(None).unwrap().len(), ALL.len() - ASKED.len());
        assert!(matches!(chosen(Some("x")), Err(Error::BadRequest(m)) if m.contains("memory")));
    }

    #[test]
    fn three_hundred_pages_are_that_long() {
        assert!(pages_of("ắ\n", 300).chars().count() >= 750_000);
        assert!(!pages_of("", 300).contains('x'));
    }
}

//! Project chores, run as `cargo xtask …`: `test`, `bench NAME`, `deny`.

mod deny;
mod services;

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
    match args.first().map(String::as_str) {
        Some("test") => test(&rest),
        Some("bench") => bench(&rest),
        Some("deny") => deny::run(),
        Some("demo") => lachan(&[&["demo"], rest.as_slice()].concat()),
        _ => {
            eprintln!(
                "cargo xtask test [--nothing-skipped] [FILTER]   all tests; starts or installs what they need\n\
                 cargo xtask bench [NAME]                         benchmarks, printed, never asserted (no NAME: all)\n\
                 cargo xtask demo [--scale province|country]      the demo server\n\
                 cargo xtask deny                                 dependency bans, licences, sources"
            );
            ExitCode::from(2)
        }
    }
}

/// `cargo`, as the one that started us.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn finish(status: std::io::Result<std::process::ExitStatus>) -> ExitCode {
    match status {
        Ok(s) if s.success() => ExitCode::SUCCESS,
        Ok(s) => ExitCode::from(s.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1)),
        Err(e) => {
            eprintln!("không chạy được cargo: {e}");
            ExitCode::FAILURE
        }
    }
}

/// All tests of the workspace. Prints one line for each thing that could not be had.
fn test(args: &[&str]) -> ExitCode {
    let strict = args.contains(&"--nothing-skipped");
    let filter: Vec<&str> = args.iter().copied().filter(|a| *a != "--nothing-skipped").collect();
    let mut skipped = Vec::new();
    let mut command = cargo();
    command.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    if !filter.is_empty() {
        command.arg("--").args(&filter);
    }
    match services::postgres() {
        Ok(url) => {
            println!("PostgreSQL: {url}");
            command.env("LACHAN_TEST_PG", url);
        }
        Err(why) => skipped.push(format!("PostgreSQL half of the suite: {why}")),
    }
    match services::chromium() {
        Ok(driver) => {
            println!("Chromium: {}", driver.display());
            command.env("LACHAN_CHROMEDRIVER", driver);
        }
        Err(why) => skipped.push(format!("browser tests: {why}")),
    }
    for s in &skipped {
        println!("skipped: {s}");
    }
    if strict {
        if !skipped.is_empty() {
            eprintln!("--nothing-skipped: the run stops here");
            return ExitCode::FAILURE;
        }
        command.env("LACHAN_NOTHING_SKIPPED", "1");
    }
    finish(command.status())
}

/// Benchmarks live in the program itself (`lachan bench`), so that they measure what users run.
fn bench(args: &[&str]) -> ExitCode {
    lachan(&[&["bench"], args].concat())
}

fn lachan(args: &[&str]) -> ExitCode {
    finish(cargo().args(["run", "--quiet", "--release", "--locked", "--package", "lachan", "--"]).args(args).status())
}

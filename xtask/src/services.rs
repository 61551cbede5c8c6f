//! What the tests need from outside: a PostgreSQL server and Chromium with its driver. Found, started or installed.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// URL of a server on this machine that tests may make schemas in.
pub fn postgres() -> Result<String, String> {
    if let Ok(url) = std::env::var("LACHAN_TEST_PG") {
        return Ok(url);
    }
    for (url, user) in [("postgres://root@127.0.0.1:5432/test", "root"), ("postgres://postgres@127.0.0.1:5432/postgres", "postgres")] {
        if answers("127.0.0.1:5432") && usable(url, user) {
            return Ok(url.to_owned());
        }
    }
    if initdb().is_none() {
        install(&["postgresql"]);
    }
    own_cluster()
}

fn answers(address: &str) -> bool {
    address.parse().is_ok_and(|a| TcpStream::connect_timeout(&a, Duration::from_millis(500)).is_ok())
}

fn usable(url: &str, user: &str) -> bool {
    quiet(Command::new("psql").args([url, "-U", user, "-w", "-c", "create temp table lachan_probe(a int)"]))
}

/// Newest `initdb` of the usual places.
fn initdb() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|d| d.path().join("bin/initdb"))
        .filter(|p| p.exists())
        .collect();
    found.sort();
    found.pop().or_else(|| which("initdb"))
}

/// A cluster of our own under the target folder, on a port of its own, kept for the next run.
fn own_cluster() -> Result<String, String> {
    const PORT: &str = "54329";
    let url = format!("postgres://lachan@127.0.0.1:{PORT}/postgres");
    if answers(&format!("127.0.0.1:{PORT}")) {
        return Ok(url);
    }
    let initdb = initdb().ok_or("not installed, and `apt-get install postgresql` did not help")?;
    let bin = initdb.parent().unwrap_or(Path::new("/usr/bin")).to_path_buf();
    let dir = std::env::temp_dir().join("lachan-test-pg");
    // the server refuses to run as root, so root hands the folder to the account `postgres`
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0\n"));
    let run = |program: &Path, args: &[&str]| -> bool {
        let mut c = if root {
            let mut c = Command::new("runuser");
            c.args(["-u", "postgres", "--"]).arg(program);
            c
        } else {
            Command::new(program)
        };
        quiet(c.args(args))
    };
    let data = dir.join("data");
    let data = data.to_string_lossy();
    if !dir.join("data/PG_VERSION").exists() {
        std::fs::create_dir_all(&dir).map_err(|e| e.to_string())?;
        if root {
            quiet(Command::new("chown").arg("-R").arg("postgres").arg(&dir));
        }
        if !run(&initdb, &["-D", &data, "-U", "lachan", "-A", "trust", "-E", "UTF8"]) {
            return Err("initdb failed".into());
        }
    }
    let options = format!("-p {PORT} -c listen_addresses=127.0.0.1 -c unix_socket_directories={}", dir.display());
    if run(&bin.join("pg_ctl"), &["-D", &data, "-o", &options, "-w", "-l", &dir.join("log").to_string_lossy(), "start"]) {
        Ok(url)
    } else {
        Err(format!("pg_ctl start failed, see {}/log", dir.display()))
    }
}

/// Path of chromedriver; installs Debian's packages where it can.
pub fn chromium() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("LACHAN_CHROMEDRIVER") {
        return Ok(path.into());
    }
    if which("chromedriver").is_none() || which("chromium").is_none() {
        install(&["chromium", "chromium-driver"]);
    }
    match (which("chromedriver"), which("chromium").or_else(|| which("google-chrome"))) {
        (Some(driver), Some(_)) => Ok(driver),
        _ => Err("chromium and chromedriver are not installed, and `apt-get install chromium chromium-driver` did not help".into()),
    }
}

fn install(packages: &[&str]) {
    println!("installing {} …", packages.join(", "));
    let env = [("DEBIAN_FRONTEND", "noninteractive")];
    if quiet(Command::new("apt-get").envs(env).args(["update", "-qq"])) {
        quiet(Command::new("apt-get").envs(env).args(["install", "-y", "-qq"]).args(packages));
    }
}

fn which(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|d| d.join(name)).find(|p| p.is_file())
}

fn quiet(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

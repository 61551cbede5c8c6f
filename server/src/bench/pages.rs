//! Pages under 50 users, start of an existing instance, memory: measured on the program itself, from outside.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use store::{Error, Result};

use super::{province, spread};

/// A keep-alive connection with its cookies.
struct Client {
    stream: BufReader<TcpStream>,
    cookies: Vec<(String, String)>,
    host: String,
}

impl Client {
    fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).map_err(Error::internal)?;
        stream.set_nodelay(true).map_err(Error::internal)?;
        Ok(Self { stream: BufReader::new(stream), cookies: vec![], host: format!("127.0.0.1:{port}") })
    }

    fn call(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, String)> {
        let cookies = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("; ");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {h}\r\nOrigin: http://{h}\r\nCookie: {cookies}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len(),
            h = self.host
        );
        self.stream.get_mut().write_all(head.as_bytes()).map_err(Error::internal)?;
        let mut line = String::new();
        self.stream.read_line(&mut line).map_err(Error::internal)?;
        let status = line.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line).map_err(Error::internal)?;
            let l = line.trim_end();
            if l.is_empty() {
                break;
            }
            let (name, value) = l.split_once(':').unwrap_or((l, ""));
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap_or(0),
                "set-cookie" => {
                    let (k, v) = value.trim().split(';').next().and_then(|c| c.split_once('=')).unwrap_or_default();
                    self.cookies.retain(|(n, _)| n != k);
                    self.cookies.push((k.to_owned(), v.to_owned()));
                }
                _ => {}
            }
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).map_err(Error::internal)?;
        Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn sign_in(&mut self, login: &str) -> Result<()> {
        let (_, page) = self.call("GET", "/sign-in", "")?;
        let token = page.split("name=\"csrf\" value=\"").nth(1).and_then(|s| s.split('"').next()).unwrap_or_default().to_owned();
        let (status, _) = self.call("POST", "/sign-in", &format!("csrf={token}&login={login}&password={}", crate::demo::PASSWORD))?;
        if status == 303 || status == 302 { Ok(()) } else { Err(Error::internal(format!("sign-in answered {status}"))) }
    }
}

/// The program itself, serving; stopped when dropped.
struct Server {
    child: Child,
    port: u16,
    /// From the start of the process to the first page.
    took: Duration,
}

impl Server {
    fn start(file: &Path) -> Result<Self> {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).map_err(Error::internal)?.port();
        let t = Instant::now();
        let me = std::env::current_exe().map_err(Error::internal)?;
        let child = Command::new(me)
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--database", &file.to_string_lossy()])
            .stdout(Stdio::null())
            .spawn()
            .map_err(Error::internal)?;
        let mut server = Self { child, port, took: Duration::ZERO };
        while t.elapsed() < Duration::from_secs(30) {
            if let Ok(mut c) = Client::open(port)
                && c.call("GET", "/sign-in", "").is_ok_and(|(s, _)| s == 200)
            {
                server.took = t.elapsed();
                return Ok(server);
            }
            if let Ok(Some(how)) = server.child.try_wait() {
                return Err(Error::internal(format!("the server ended: {how}")));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Err(Error::internal("the server did not answer in 30 s"))
    }

    /// A line of /proc/PID/status, MB.
    fn memory(&self, line: &str) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        megabytes(&status, line).map_or_else(|| "? (no /proc)".into(), |mb| format!("{mb} MB"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // as an operator would; only one that does not listen is killed
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().is_ok_and(|s| s.success());
        let until = Instant::now() + Duration::from_secs(5);
        while asked && Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn megabytes(status: &str, line: &str) -> Option<u64> {
    let rest = status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':'))?;
    rest.split_whitespace().next()?.parse::<u64>().ok().map(|kb| kb / 1024)
}

/// Pages asked. A word in braces is the first record of that kind the user's own pages lead to.
const PAGES: &[&str] = &[
    "/",
    "/r/agency",
    "/r/person",
    "/r/agency/{agency}",
    "/targets",
    "/targets/T-04",
    "/targets/T-04/records?outcome=unmet",
    "/plans",
    "/plans/{plan}",
    "/plans/board",
    "/plans/obligation/{obligation}",
];

/// Kinds of records in [`PAGES`]: the page that leads to one and how the link begins.
const LINKS: [(&str, &str, &str); 3] =
    [("{agency}", "/r/agency", "/r/agency/"), ("{plan}", "/plans", "/plans/"), ("{obligation}", "/plans/board", "/plans/obligation/")];

/// Goals: milliseconds below which 95 of 100 pages answer, and the heaviest page in bytes.
const GOAL_MS: f64 = 100.0;
const GOAL_BYTES: usize = 100_000;

/// Users at a time, pages each asks, and the time between two of them.
const USERS: usize = 50;
const ROUNDS: usize = 6;
const PAUSE: Duration = Duration::from_millis(500);

/// Opening an existing instance of planning scale.
pub fn start() -> Result<()> {
    let file = province("province", 1000)?;
    let mb = std::fs::metadata(&file).map_or(0, |m| m.len() / 1_000_000);
    let mut all = Vec::new();
    for _ in 0..5 {
        all.push(Server::start(&file)?.took);
    }
    println!(
        "start on an existing province file ({mb} MB), process to first page: {:.0} ms, middle of 5 (goal < 1,000 ms)",
        spread(all).p50
    );
    Ok(())
}

/// Pages, then memory.
pub fn run() -> Result<()> {
    measure(true)
}

/// Memory after the same pages.
pub fn memory() -> Result<()> {
    measure(false)
}

/// Starts the server on the province file and asks it with 50 connections.
fn measure(print: bool) -> Result<()> {
    let server = Server::start(&province("province", 1000)?)?;
    let before = server.memory("VmRSS");
    let table = ask(server.port)?;
    if print {
        print!("{table}");
    }
    println!(
        "resident at the start {before}, after the pages {}, most {} (goal < 150 MB){}",
        server.memory("VmRSS"),
        server.memory("VmHWM"),
        load()
    );
    Ok(())
}

/// How busy the machine is: figures of a busy one say little.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().filter(|l| !l.is_empty()).map(|l| format!("   load {l}")).unwrap_or_default()
}

/// One who is signed in.
#[derive(Clone)]
struct User {
    cookies: Vec<(String, String)>,
    /// Index in [`PAGES`] and the address it has for this user.
    pages: Vec<(usize, String)>,
}

impl User {
    /// Signs in and looks up what this user's pages lead to. A kind of which the user sees nothing is not asked.
    fn of(port: u16, login: &str) -> Result<Self> {
        let mut c = Client::open(port)?;
        c.sign_in(login)?;
        let mut found = Vec::new();
        for (word, page, prefix) in LINKS {
            let (_, html) = c.call("GET", page, "")?;
            found.push((word, first_record(&html, prefix)));
        }
        let address = |page: &str| {
            found.iter().try_fold(page.to_owned(), |path, (word, id)| match id {
                Some(id) => Some(path.replace(word, id)),
                None => (!path.contains(word)).then_some(path),
            })
        };
        let pages: Vec<_> = PAGES.iter().enumerate().filter_map(|(n, p)| Some((n, address(p)?))).collect();
        if pages.is_empty() { Err(Error::internal(format!("{login} sees nothing"))) } else { Ok(Self { cookies: c.cookies, pages }) }
    }
}

/// Runs a thread for each and gives back the answers in order.
fn at_once<T: Send>(n: usize, f: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
    std::thread::scope(|s| {
        let all: Vec<_> = (0..n)
            .map(|i| {
                s.spawn({
                    let f = &f;
                    move || f(i)
                })
            })
            .collect();
        all.into_iter().map(|u| u.join().unwrap_or_else(|_| Err(Error::internal("client")))).collect()
    })
}

/// One answer.
struct Asked {
    page: usize,
    took: Duration,
    bytes: usize,
    status: u16,
}

fn ask(port: u16) -> Result<String> {
    // one sign-in per login, all at the same moment: the rate limit is part of the product
    const LOGINS: [&str; 7] = ["canbo", "daumoi", "syt", "lanhdao", "thanhtra", "chutich", "kythuat"];
    let users = at_once(LOGINS.len(), |n| User::of(port, LOGINS[n]))?;
    let answers = at_once(USERS, |n| one_user(port, &users[n % users.len()], n))?;
    Ok(table(&answers.into_iter().flatten().collect::<Vec<_>>()))
}

fn table(answers: &[Asked]) -> String {
    let mut out = format!(
        "{:<38} {:>6} {:>8} {:>8} {:>8} {:>6} {:>9}\n",
        format!("{USERS} users, a page every {} ms", PAUSE.as_millis()),
        "n",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "kB",
        "not 200"
    );
    let mut line = |name: &str, of: &dyn Fn(&Asked) -> bool| {
        let some: Vec<&Asked> = answers.iter().filter(|a| of(a)).collect();
        // a refused page is quick: it would make the figures look better than they are
        let s = spread(some.iter().filter(|a| a.status == 200).map(|a| a.took).collect());
        let heavy = some.iter().map(|a| a.bytes).max().unwrap_or(0);
        let kb = heavy / 1000;
        let missed =
            [(s.p95 >= GOAL_MS, "slow"), (heavy >= GOAL_BYTES, "heavy")].iter().filter(|m| m.0).map(|m| m.1).collect::<Vec<_>>().join(", ");
        let other = some.iter().filter(|a| a.status != 200).count();
        out.push_str(&format!("{name:<38} {:>6} {:>8.1} {:>8.1} {:>8.1} {kb:>6} {other:>9}   {missed}\n", some.len(), s.p50, s.p95, s.p99));
    };
    for (i, name) in PAGES.iter().enumerate() {
        line(name, &|a| a.page == i);
    }
    line("all (goal p95 < 100 ms, < 100 kB)", &|_| true);
    out
}

/// Id in the first link of a page below `prefix`.
fn first_record(page: &str, prefix: &str) -> Option<String> {
    page.match_indices(prefix).find_map(|(at, _)| {
        let id: String = page[at + prefix.len()..].chars().take_while(|c| c.is_ascii_hexdigit() || *c == '-').collect();
        (id.len() == 36).then_some(id)
    })
}

/// One person: a page, half a second of reading, the next; everybody starts elsewhere in the list.
fn one_user(port: u16, user: &User, n: usize) -> Result<Vec<Asked>> {
    let mut c = Client::open(port)?;
    c.cookies.clone_from(&user.cookies);
    std::thread::sleep(PAUSE * u32::try_from(n).unwrap_or(0) / USERS as u32);
    let mut out = Vec::new();
    for round in 0..ROUNDS * PAGES.len() {
        let (page, path) = &user.pages[(n + round) % user.pages.len()];
        let t = Instant::now();
        let (status, body) = c.call("GET", path, "")?;
        let took = t.elapsed();
        if status >= 500 || status == 0 {
            return Err(Error::internal(format!("{path} answered {status}")));
        }
        out.push(Asked { page: *page, took, bytes: body.len(), status });
        std::thread::sleep(PAUSE.saturating_sub(took));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_its_own_line() {
        let status = "Name:\tlachan\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n";
        assert_eq!((megabytes(status, "VmRSS"), megabytes(status, "VmHWM"), megabytes(status, "Vm")), (Some(100), Some(200), None));
    }

    #[test]
    fn the_first_link_to_a_record_is_found_and_no_other() {
        let id = "01940000-0000-7000-8000-00000000abcd";
        let page = format!("<a href=\"/r/agency/new\">+</a><a href=\"/r/agency/import\">x</a><a href=\"/r/agency/{id}\">Sở</a>");
        assert_eq!(first_record(&page, "/r/agency/").as_deref(), Some(id));
        assert_eq!(first_record("<a href=\"/r/agency/new\">", "/r/agency/"), None);
    }

    #[test]
    fn refused_pages_are_counted_and_do_not_make_it_faster() {
        let asked = |status, ms| Asked { page: 0, took: Duration::from_millis(ms), bytes: 2000, status };
        let said = table(&[asked(200, 80), asked(403, 1), asked(403, 1)]);
        let line: Vec<&str> = said.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(line, ["/", "3", "80.0", "80.0", "80.0", "2", "2"]);
        let said = table(&[asked(200, 150), Asked { bytes: 100_000, ..asked(200, 1) }]);
        assert!(said.lines().nth(1).is_some_and(|l| l.ends_with("slow, heavy")), "a missed goal is said: {said}");
    }
}

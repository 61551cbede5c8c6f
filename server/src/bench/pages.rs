//! Pages under 50 users, start of an existing instance, memory: measured on the program itself, from outside.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use store::{Error, Result};

use super::{percentiles, province};

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

fn start(file: &Path, port: u16) -> Result<(Child, Duration)> {
    let t = Instant::now();
    let me = std::env::current_exe().map_err(Error::internal)?;
    let child = Command::new(me)
        .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--database", &file.to_string_lossy()])
        .stdout(Stdio::null())
        .spawn()
        .map_err(Error::internal)?;
    while t.elapsed() < Duration::from_secs(30) {
        if let Ok(mut c) = Client::open(port)
            && c.call("GET", "/sign-in", "").is_ok_and(|(s, _)| s == 200)
        {
            return Ok((child, t.elapsed()));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err(Error::internal("server did not answer"))
}

fn resident(child: &Child) -> String {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let kb = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).and_then(|l| l.trim().split(' ').next()?.parse::<u64>().ok());
    kb.map_or_else(|| "?".into(), |k| format!("{} MB", k / 1024))
}

const PAGES: &[&str] =
    &["/", "/targets", "/targets/T-04", "/targets/T-04/records?outcome=unmet", "/r/agency", "/r/person", "/plans", "/plans/board"];

/// Starts the server on the demo province and asks it with 50 connections.
pub fn run() -> Result<()> {
    let file = province("demo", 100)?;
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).map_err(Error::internal)?.port();
    let (mut child, took) = start(&file, port)?;
    println!(
        "start on an existing province: {:.0} ms to the first page (goal < 1,000 ms); resident {}",
        took.as_secs_f64() * 1000.0,
        resident(&child)
    );
    let done = ask(port);
    println!("resident after the run: {} (goal < 150 MB)", resident(&child));
    let _ = child.kill();
    let _ = child.wait();
    done
}

fn ask(port: u16) -> Result<()> {
    // one sign-in per login: the rate limit is part of the product
    let mut jars = Vec::new();
    for login in ["canbo", "daumoi", "syt", "lanhdao", "thanhtra"] {
        let mut c = Client::open(port)?;
        c.sign_in(login)?;
        jars.push(c.cookies);
    }
    println!("{:<40} {:>8} {:>8} {:>8}", "50 connections, each 1 page every 0,5 s", "p50 ms", "p95 ms", "kB");
    for path in PAGES {
        let mut all = Vec::new();
        let mut size = 0;
        let results: Vec<Result<(Vec<Duration>, usize)>> = std::thread::scope(|s| {
            let users: Vec<_> = (0..50)
                .map(|u| {
                    let cookies = jars[u % jars.len()].clone();
                    s.spawn(move || user(port, cookies, path, u))
                })
                .collect();
            users.into_iter().map(|u| u.join().unwrap_or_else(|_| Err(Error::internal("client")))).collect()
        });
        for r in results {
            let (times, bytes) = r?;
            all.extend(times);
            size = size.max(bytes);
        }
        let (p50, p95) = percentiles(all);
        println!("{path:<40} {p50:>8.1} {p95:>8.1} {:>8}", size / 1000);
    }
    Ok(())
}

/// One person: a page, half a second of reading, the next.
fn user(port: u16, cookies: Vec<(String, String)>, path: &str, u: usize) -> Result<(Vec<Duration>, usize)> {
    let mut c = Client::open(port)?;
    c.cookies = cookies;
    std::thread::sleep(Duration::from_millis(10 * u as u64));
    let (mut times, mut size) = (Vec::new(), 0);
    for _ in 0..6 {
        let t = Instant::now();
        let (status, body) = c.call("GET", path, "")?;
        times.push(t.elapsed());
        if status >= 500 {
            return Err(Error::internal(format!("{path} answered {status}")));
        }
        size = size.max(body.len());
        std::thread::sleep(Duration::from_millis(500).saturating_sub(t.elapsed()));
    }
    Ok((times, size))
}

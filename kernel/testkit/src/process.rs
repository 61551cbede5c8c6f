//! The real program as a process, and a client of a hundred lines to speak HTTP with it on loopback.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What a call answers, or why it failed.
pub type Answer<T> = Result<T, String>;

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    /// Address without a slash at the end.
    pub url: String,
    /// Its port on 127.0.0.1.
    pub port: u16,
    log: PathBuf,
}

impl Server {
    /// Starts `program` with `args`, followed by `--listen 127.0.0.1:PORT`, and waits until it answers. Its output goes to
    /// a file in `dir`, which the error quotes when it does not start within `patience`.
    pub fn start(program: &str, args: &[&str], dir: &Path, patience: Duration) -> Answer<Self> {
        let port = free_port()?;
        let listen = format!("127.0.0.1:{port}");
        let log = dir.join(format!("server-{port}.log"));
        let out = std::fs::File::create(&log).map_err(|e| e.to_string())?;
        let err = out.try_clone().map_err(|e| e.to_string())?;
        let child = Command::new(program)
            .args(args)
            .args(["--listen", &listen])
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(|e| format!("{program}: {e}"))?;
        let mut server = Self { child, url: format!("http://{listen}"), port, log };
        let deadline = Instant::now() + patience;
        loop {
            if Http::new(port).get("/sign-in").is_ok_and(|r| r.status < 500) {
                return Ok(server);
            }
            if let Ok(Some(status)) = server.child.try_wait() {
                return Err(format!("ended with {status}: {}", server.output()));
            }
            if Instant::now() > deadline {
                return Err(format!("did not answer within {patience:?}: {}", server.output()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it has written so far.
    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// SIGTERM, as an operator or the system would; when it was sent.
    pub fn terminate(&self) -> Answer<Instant> {
        let sent = Instant::now();
        let done = Command::new("kill").arg(self.child.id().to_string()).status().map_err(|e| format!("kill: {e}"))?;
        if done.success() { Ok(sent) } else { Err(format!("kill: {done}")) }
    }

    /// Waits for its end.
    pub fn wait(&mut self, patience: Duration) -> Answer<std::process::ExitStatus> {
        let deadline = Instant::now() + patience;
        loop {
            match self.child.try_wait().map_err(|e| e.to_string())? {
                Some(status) => return Ok(status),
                None if Instant::now() > deadline => return Err(format!("did not end within {patience:?}: {}", self.output())),
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port nobody listens on now.
pub fn free_port() -> Answer<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(|e| e.to_string())?;
    listener.local_addr().map(|a| a.port()).map_err(|e| e.to_string())
}

/// A folder for one test, removed when dropped.
pub struct TempDir(pub PathBuf);

impl TempDir {
    /// A new empty folder.
    pub fn new(name: &str) -> Answer<Self> {
        let dir = std::env::temp_dir().join(format!("lachan-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).map_err(|e| e.to_string())?;
        Ok(Self(dir))
    }
    /// A path in it, as text.
    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An answer of the server.
#[derive(Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case; of several equal ones the last.
    pub headers: BTreeMap<String, String>,
    /// Body.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    /// Value of the first form field of this name in the page (`name="x" value="…"`).
    pub fn field(&self, name: &str) -> Option<String> {
        let page = self.text();
        let at = page.find(&format!("name=\"{name}\" value=\""))? + name.len() + 15;
        let rest = page.get(at..)?;
        rest.find('"').and_then(|end| rest.get(..end)).map(str::to_owned)
    }
}

/// A client with cookies: one person at one browser, without the browser.
pub struct Http {
    port: u16,
    cookies: BTreeMap<String, String>,
}

impl Http {
    /// Nobody yet.
    pub fn new(port: u16) -> Self {
        Self { port, cookies: BTreeMap::new() }
    }

    /// Signs in through the form.
    pub fn sign_in(port: u16, login: &str, password: &str) -> Answer<Self> {
        let mut http = Self::new(port);
        let csrf = http.get("/sign-in")?.field("csrf").ok_or("no token in the sign-in form")?;
        let r = http.form("/sign-in", &[("csrf", &csrf), ("back", "/"), ("login", login), ("password", password)])?;
        if r.status == 303 { Ok(http) } else { Err(format!("sign-in of {login}: {} {}", r.status, r.text())) }
    }

    /// GET.
    pub fn get(&mut self, path: &str) -> Answer<Response> {
        self.send("GET", path, "", &[])
    }

    /// POST of form fields.
    pub fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer<Response> {
        let body: Vec<String> = fields.iter().map(|(k, v)| format!("{}={}", escape(k), escape(v))).collect();
        self.send("POST", path, "application/x-www-form-urlencoded", body.join("&").as_bytes())
    }

    /// POST of one file in the field `file`.
    pub fn file(&mut self, path: &str, csrf: &str, name: &str, bytes: &[u8]) -> Answer<Response> {
        let line = "lachan-boundary-7d1f";
        let mut body =
            format!("--{line}\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--{line}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n").into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{line}--\r\n").as_bytes());
        self.send("POST", path, &format!("multipart/form-data; boundary={line}"), &body)
    }

    fn send(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer<Response> {
        let io = |e: std::io::Error| format!("{method} {path}: {e}");
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(io)?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).map_err(io)?;
        let host = format!("127.0.0.1:{}", self.port);
        let cookies: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\nOrigin: http://{host}\r\n") };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{kind}Cookie: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            cookies.join("; "),
            body.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).map_err(io)?;
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw).map_err(io)?;
        let end = raw.windows(4).position(|w| w == b"\r\n\r\n").ok_or_else(|| format!("{method} {path}: no answer"))?;
        let head = String::from_utf8_lossy(&raw[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok()).ok_or("no status")?;
        let mut headers = BTreeMap::new();
        for (name, value) in lines.filter_map(|l| l.split_once(':')) {
            let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
            if name == "set-cookie"
                && let Some((k, v)) = value.split(';').next().and_then(|c| c.split_once('='))
            {
                if v.is_empty() {
                    self.cookies.remove(k)
                } else {
                    self.cookies.insert(k.to_owned(), v.to_owned())
                };
            }
            headers.insert(name, value);
        }
        let body = &raw[end + 4..];
        let body = if headers.get("transfer-encoding").is_some_and(|t| t == "chunked") { unchunk(body) } else { body.to_vec() };
        Ok(Response { status, headers, body })
    }
}

/// RFC 9112 §7.1, without trailers.
fn unchunk(mut b: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(end) = b.windows(2).position(|w| w == b"\r\n") {
        let n = std::str::from_utf8(&b[..end]).ok().and_then(|s| usize::from_str_radix(s.trim(), 16).ok()).unwrap_or(0);
        let Some(part) = b.get(end + 2..end + 2 + n).filter(|_| n > 0) else { break };
        out.extend_from_slice(part);
        b = b.get(end + 4 + n..).unwrap_or_default();
    }
    out
}

/// Percent-encoding of form fields.
fn escape(s: &str) -> String {
    let mut out = String::new();
    for b in s.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(b)),
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

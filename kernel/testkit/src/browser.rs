//! Real Chromium for story tests: the few W3C WebDriver calls they need, as JSON over loopback HTTP.
//!
//! Our own 200 lines instead of a client crate: the smallest one brings some forty crates into every test build.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::free_port;

/// Key under which WebDriver names an element (W3C WebDriver §12.2).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What a call answers, or why it failed, as the driver said it.
pub type Answer<T> = Result<T, String>;

/// A browser window of its own, closed when dropped.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

/// Path of chromedriver, or `None` after printing why browser tests are skipped.
pub fn chromedriver() -> Option<String> {
    let path = std::env::var("LACHAN_CHROMEDRIVER").ok().or_else(|| {
        ["/usr/bin/chromedriver", "/usr/lib/chromium/chromedriver"].iter().find(|p| Path::new(p).exists()).map(|p| (*p).to_owned())
    });
    if path.is_none() {
        assert!(std::env::var_os("LACHAN_NOTHING_SKIPPED").is_none(), "chromedriver is missing and nothing may be skipped");
        println!("skipped: browser tests (no chromedriver; `cargo xtask test` installs it)");
    }
    path
}

impl Browser {
    /// Starts chromedriver on a free port and opens a window of `width` × `height` CSS pixels.
    pub fn open(chromedriver: &str, width: u32, height: u32) -> Answer<Self> {
        let port = free_port()?;
        let driver = Command::new(chromedriver)
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("chromedriver: {e}"))?;
        let mut browser = Self { driver, port, session: String::new() };
        let deadline = Instant::now() + Duration::from_secs(20);
        while browser.call("GET", "/status", None).is_err() {
            if Instant::now() > deadline {
                return Err("chromedriver did not start within 20 s".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let args = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--force-prefers-reduced-motion",
        ];
        let mut chrome_args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
        chrome_args.push(format!("--window-size={width},{height}"));
        let mut options = json!({"args": chrome_args});
        if width < 500 {
            // Chromium refuses a window that narrow: emulate a phone
            options["mobileEmulation"] = json!({"deviceMetrics": {"width": width, "height": height, "pixelRatio": 1.0, "touch": true}});
        }
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"implicit": 3000, "pageLoad": 30000}
        }}});
        let answer = browser.call("POST", "/session", Some(&capabilities))?;
        browser.session = answer["sessionId"].as_str().ok_or("no sessionId")?.to_owned();
        Ok(browser)
    }

    /// Opens an address.
    pub fn goto(&self, url: &str) -> Answer<()> {
        self.post("/url", &json!({"url": url})).map(drop)
    }
    /// Present address.
    pub fn url(&self) -> Answer<String> {
        self.get("/url").map(|v| text(&v))
    }
    /// First element of a CSS selector, waited for 3 s.
    pub fn find(&self, css: &str) -> Answer<String> {
        let found = self.post("/element", &json!({"using": "css selector", "value": css})).map_err(|e| format!("{css}: {e}"))?;
        Ok(text(&found[ELEMENT]))
    }
    /// First link whose text contains `words`.
    pub fn find_link(&self, words: &str) -> Answer<String> {
        let found =
            self.post("/element", &json!({"using": "partial link text", "value": words})).map_err(|e| format!("link «{words}»: {e}"))?;
        Ok(text(&found[ELEMENT]))
    }
    /// How many elements match.
    pub fn count(&self, css: &str) -> Answer<usize> {
        let v = self.run(&format!("return document.querySelectorAll({}).length", json!(css)))?;
        Ok(v.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0))
    }
    /// Clicks the first element of a selector.
    pub fn click(&self, css: &str) -> Answer<()> {
        let e = self.find(css)?;
        self.post(&format!("/element/{e}/click"), &json!({})).map(drop)
    }
    /// Clicks the first link whose text contains `words`.
    pub fn click_link(&self, words: &str) -> Answer<()> {
        let e = self.find_link(words)?;
        self.post(&format!("/element/{e}/click"), &json!({})).map(drop)
    }
    /// Types into a field (a file field takes a path), after clearing it.
    pub fn fill(&self, css: &str, value: &str) -> Answer<()> {
        let e = self.find(css)?;
        // a file field cannot be cleared, and needs no clearing
        let _ = self.post(&format!("/element/{e}/clear"), &json!({}));
        self.post(&format!("/element/{e}/value"), &json!({"text": value})).map(drop)
    }
    /// Text that a person sees in the first element of a selector.
    pub fn text(&self, css: &str) -> Answer<String> {
        let e = self.find(css)?;
        self.get(&format!("/element/{e}/text")).map(|v| text(&v))
    }
    /// Runs a script in the page.
    pub fn run(&self, script: &str) -> Answer<Value> {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }
    /// Shows the page as on `print` (or, with an empty word, on the screen again).
    pub fn media(&self, media: &str) -> Answer<()> {
        self.post("/goog/cdp/execute", &json!({"cmd": "Emulation.setEmulatedMedia", "params": {"media": media}})).map(drop)
    }
    /// Presses keys one after another on whatever has the focus. Special keys are named as in WebDriver §17.4.2, e.g. "\u{E004}".
    pub fn press(&self, keys: &str) -> Answer<()> {
        let steps: Vec<Value> = keys
            .chars()
            .flat_map(|k| [json!({"type": "keyDown", "value": k.to_string()}), json!({"type": "keyUp", "value": k.to_string()})])
            .collect();
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": steps}]})).map(drop)
    }
    /// Waits up to 10 s until a script gives `true`; says what was on the page when it never does.
    pub fn until(&self, what: &str, script: &str) -> Answer<()> {
        let deadline = Instant::now() + Duration::from_secs(10);
        // between two pages there may be no document to ask
        while !self.run(script).is_ok_and(|v| v == true) {
            if Instant::now() > deadline {
                return Err(format!("{what}: not so at {}: {}", self.url()?, self.text("main").unwrap_or_default()));
            }
            std::thread::sleep(Duration::from_millis(40));
        }
        Ok(())
    }
    /// Waits until the page's main part contains these words.
    pub fn see(&self, words: &str) -> Answer<()> {
        self.until(
            &format!("«{words}»"),
            &format!("return document.readyState === 'complete' && document.querySelector('main').innerText.includes({})", json!(words)),
        )
    }
    /// Forgets cookies of the site that is open: nobody is signed in any more.
    pub fn forget(&self) -> Answer<()> {
        self.call("DELETE", &format!("/session/{}/cookie", self.session), None).map(drop)
    }
    /// Errors on the page's console: CSP breaches and script errors show here.
    pub fn console_errors(&self) -> Answer<Vec<String>> {
        let log = self.post("/se/log", &json!({"type": "browser"}))?;
        Ok(log.as_array().into_iter().flatten().filter(|e| e["level"] == "SEVERE").map(|e| text(&e["message"])).collect())
    }
    /// The whole page as PNG.
    pub fn screenshot(&self, path: &Path) -> Answer<()> {
        let height = self.run("return Math.min(6000, Math.max(document.documentElement.scrollHeight, innerHeight))")?;
        let width = self.run("return innerWidth")?;
        let shot = self.post(
            "/goog/cdp/execute",
            &json!({"cmd": "Page.captureScreenshot", "params": {"captureBeyondViewport": true, "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}}}),
        )?;
        let bytes = decode_base64(shot["data"].as_str().ok_or("no picture")?)?;
        std::fs::write(path, bytes).map_err(|e| e.to_string())
    }

    fn get(&self, path: &str) -> Answer<Value> {
        self.call("GET", &format!("/session/{}{path}", self.session), None)
    }
    fn post(&self, path: &str, body: &Value) -> Answer<Value> {
        self.call("POST", &format!("/session/{}{path}", self.session), Some(body))
    }
    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer<Value> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(|e| e.to_string())?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).map_err(|e| e.to_string())?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).map_err(|e| e.to_string())?;
        let answer: Value = serde_json::from_slice(&read_body(stream)?).map_err(|e| format!("{path}: {e}"))?;
        match answer["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", text(&answer["value"]["message"]).lines().next().unwrap_or_default())),
            None => Ok(answer["value"].clone()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.call("DELETE", &format!("/session/{}", self.session), None);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn read_body(stream: TcpStream) -> Answer<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).map_err(|e| e.to_string())? == 0 || line == "\r\n" {
            break;
        }
        if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = n.trim().parse::<usize>().ok();
        }
    }
    let mut body = vec![0; length.ok_or("driver closed the connection")?];
    reader.read_exact(&mut body).map_err(|e| e.to_string())?;
    Ok(body)
}

fn text(v: &Value) -> String {
    v.as_str().unwrap_or_default().to_owned()
}

/// RFC 4648 §4.
fn decode_base64(s: &str) -> Answer<Vec<u8>> {
    let mut out = Vec::with_capacity(s.len() / 4 * 3);
    let (mut acc, mut bits) = (0u32, 0u32);
    for b in s.bytes().filter(|b| *b != b'=' && !b.is_ascii_whitespace()) {
        let v = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Err("not base64".into()),
        };
        acc = acc << 6 | u32::from(v);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((acc >> bits) as u8);
            acc &= (1 << bits) - 1;
        }
    }
    Ok(out)
}

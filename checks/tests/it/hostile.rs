//! Whatever comes through the HTTP door: never a 500, never a panic (which the outermost layer answers with 500), never a write
//! that nobody asked for. A few hundred seeded cases; what fails is printed with its request.

use serde_json::{Value, json};
use testkit::Client;

use crate::world;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }
    fn of<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }
    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most)).map(|_| u8::try_from(self.next() & 255).unwrap()).collect()
    }
    /// Words that have broken programs.
    fn word(&mut self) -> String {
        const NASTY: &[&str] = &[
            "",
            "0",
            "-1",
            "1",
            "9223372036854775808",
            "1e999",
            "NaN",
            "null",
            "'",
            "\"",
            "' OR 1=1 --",
            "%",
            "%%",
            "%00",
            "\0",
            "\u{202e}",
            "ệ",
            "e\u{323}\u{302}",
            "\u{1f600}",
            "../../etc/passwd",
            "31/02/2026",
            "2026-13-45",
            "0000-00-00",
            "9999-12-31",
            "<script>",
            "{{7*7}}",
            "\r\nX: y",
            "name",
            "agency",
            "state",
            "is",
            "contains",
            "-name",
            "title",
            "id",
            "\u{feff}",
            "a,b,c",
            "after",
            "\\",
            "*",
            "_",
            "(((",
            "))",
            "AND",
            "\u{0301}",
        ];
        match self.below(5) {
            0 => String::from_utf8_lossy(&self.bytes(40)).into_owned(),
            1 => self.of(NASTY).repeat(1 + self.below(60)),
            2 => format!("{}{}", self.of(NASTY), self.of(NASTY)),
            _ => self.of(NASTY).to_owned(),
        }
    }
    fn json(&mut self, deep: usize) -> Value {
        match self.below(if deep == 0 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => json!(self.below(2) == 0),
            2 => json!(i64::from_ne_bytes(self.next().to_ne_bytes())),
            3 => json!(f64::from_bits(self.next())),
            4 | 5 => json!(self.word()),
            6 => (0..self.below(4)).map(|_| self.json(deep - 1)).collect(),
            _ => {
                const KEYS: &[&str] = &["fields", "reason", "state", "name", "agency", "note", "file", "sha256", "content", "born_on"];
                let key = |d: &mut Self| if d.below(4) == 0 { d.word() } else { d.of(KEYS).to_owned() };
                Value::Object((0..self.below(5)).map(|_| (key(self), self.json(deep - 1))).collect())
            }
        }
    }
    /// Something like a multipart body, broken in places.
    fn parts(&mut self, csrf: &str) -> Vec<u8> {
        let mut out = format!("--cut\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n").into_bytes();
        for _ in 0..self.below(5) {
            let name = if self.below(3) == 0 {
                self.word()
            } else {
                self.of(&["file", "note", "fields", "file__new", "version", "happened_on"]).to_owned()
            };
            let file = if self.below(2) == 0 { format!("; filename=\"{}\"", self.word()) } else { String::new() };
            let end = self.of(&["\r\n\r\n", "\r\n\r\n", "\r\n\r\n", "\n\n", "\r\n", ""]);
            out.extend(format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"{file}{end}").into_bytes());
            out.extend(match self.below(3) {
                0 => self.word().into_bytes(),
                1 => [b"PK\x03\x04".to_vec(), self.bytes(300)].concat(),
                _ => self.bytes(300),
            });
            out.extend_from_slice(self.of(&["\r\n", "\r\n", "\r\n", ""]).as_bytes());
        }
        out.extend_from_slice(self.of(&["--cut--\r\n", "--cut--\r\n", "--cut", "--tuc--", ""]).as_bytes());
        if self.below(6) == 0 {
            out.truncate(self.below(out.len()));
        }
        out
    }
}

fn encoded(s: &str, d: &mut Dice) -> String {
    // as a client should write it, or with escapes that are none
    if d.below(8) == 0 { "%zz%C3%28%".into() } else { web::security::encode(s) }
}

/// Sends it; a defect of ours ends the test with the request.
fn holds(c: &Client, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> u16 {
    let shown = String::from_utf8_lossy(&body).into_owned();
    let r = c.request(method, path, headers, body);
    assert!(r.status < 500, "{method} {path} {headers:?}\n{shown}\n→ {} {}", r.status, r.text());
    r.status
}

#[test]
fn nothing_that_comes_in_breaks_anything() {
    let w = world::sqlite();
    let (c, mut d) = (w.client("canbo"), Dice(2026));
    c.get("/account");
    let registers: Vec<&str> = w.instance.registry.registers.keys().map(String::as_str).collect();
    let mut seen = std::collections::BTreeMap::<u16, usize>::new();
    let mut note = |status: u16| *seen.entry(status).or_default() += 1;
    for n in 0..150 {
        let register = registers[d.below(registers.len())];
        let def = &w.instance.registry.registers[register];
        let mut query = Vec::new();
        for _ in 0..d.below(4) {
            let field = def.fields.get(d.below(def.fields.len())).map_or("id", |f| f.id.as_str());
            let key = match d.below(4) {
                0 => d.of(&["q", "where", "sort", "after", "limit", "as_of", "page", "cols"]).to_owned(),
                1 => format!("f.{field}"),
                2 => format!("f.{field}.{}", d.of(&["is", "contains", "before", "after", "empty", "from", "to", "x"])),
                _ => d.word(),
            };
            let value = if d.below(3) == 0 { field.to_owned() } else { d.word() };
            query.push(format!("{}={}", encoded(&key, &mut d), encoded(&value, &mut d)));
        }
        let list = d.of(&["/r/{}", "/api/v1/{}", "/r/{}/new", "/r/{}/duplicates"]).replace("{}", register);
        let path = if n % 10 == 0 { "/plans/board".to_owned() } else { list };
        note(holds(&c, "GET", &format!("{path}?{}", query.join("&")), &[], vec![]));
    }
    let csrf = c.csrf();
    for _ in 0..120 {
        let register = d.of(&["evidence", "person", "agency", "incident", "training_record"]);
        let (method, path) = match d.below(4) {
            0 => ("PATCH", format!("/api/v1/{register}/abc")),
            1 => ("DELETE", format!("/api/v1/{register}/abc")),
            2 => ("POST", format!("/api/v1/{register}/abc/transitions/start")),
            _ => ("POST", format!("/api/v1/{register}")),
        };
        let body = if d.below(6) == 0 { d.bytes(200) } else { d.json(4).to_string().into_bytes() };
        note(holds(&c, method, &path, &[("content-type", "application/json"), ("x-csrf-token", &csrf), ("if-match", "\"1\"")], body));
    }
    for _ in 0..120 {
        let path = d.of(&[
            "/r/evidence/new",
            "/r/person/new",
            "/plans/import",
            "/r/person/import",
            "/plans/obligation/abc/evidence",
            "/api/v1/evidence",
        ]);
        let body = d.parts(&csrf);
        note(holds(&c, "POST", path, &[("content-type", "multipart/form-data; boundary=cut")], body));
    }
    for _ in 0..80 {
        let name = d.of(&[
            "if-match",
            "if-none-match",
            "accept",
            "accept-language",
            "content-type",
            "origin",
            "host",
            "x-forwarded-for",
            "authorization",
            "cookie",
            "idempotency-key",
            "content-length",
            "range",
            "x-swap",
            "sec-fetch-site",
            "x-csrf-token",
        ]);
        let value: String = d.word().chars().filter(|c| !c.is_control()).take(3000).collect();
        let (method, path) =
            *d.of(&[&("GET", "/r/person"), &("GET", "/api/v1/person"), &("POST", "/api/v1/person"), &("POST", "/r/person/new")]);
        note(holds(&c, method, path, &[(name, &value)], b"{}".to_vec()));
    }
    // the cases reach past the first check: pages, refusals of values, refusals of the request
    assert!([200, 400, 403, 422].iter().all(|s| seen.get(s).is_some_and(|n| *n > 5)), "{seen:?}");
}

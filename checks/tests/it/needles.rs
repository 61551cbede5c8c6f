//! Finds many texts in one body at once: what must not be there.

use std::collections::{HashMap, HashSet};

/// Bits of the first filter.
const BITS: u32 = 20;

/// Texts to look for. Each is at least [`Needles::SHORTEST`] bytes.
#[derive(Default)]
pub struct Needles {
    filter: Vec<u64>,
    by_head: HashMap<[u8; 8], Vec<String>>,
    ids: HashSet<String>,
}

impl Needles {
    /// Shorter texts would be found by chance.
    pub const SHORTEST: usize = 9;

    /// Ids (36 characters) and texts.
    pub fn new(ids: HashSet<String>, texts: impl IntoIterator<Item = String>) -> Self {
        let mut n = Self { filter: vec![0; 1 << (BITS - 6)], by_head: HashMap::new(), ids };
        for t in texts {
            let Some(head) = t.as_bytes().first_chunk::<8>().filter(|_| t.len() >= Self::SHORTEST) else { continue };
            let bit = slot(*head);
            n.filter[bit >> 6] |= 1 << (bit & 63);
            let same = n.by_head.entry(*head).or_default();
            if !same.contains(&t) {
                same.push(t);
            }
        }
        n
    }

    /// Number of texts and ids.
    pub fn len(&self) -> usize {
        self.by_head.values().map(Vec::len).sum::<usize>() + self.ids.len()
    }

    /// Everything of it that stands in the body.
    pub fn found_in(&self, body: &str) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let bytes = body.as_bytes();
        if !self.by_head.is_empty() {
            for (i, w) in bytes.windows(8).enumerate() {
                let head = [w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]];
                let bit = slot(head);
                if self.filter[bit >> 6] & (1 << (bit & 63)) == 0 {
                    continue;
                }
                for t in self.by_head.get(&head).into_iter().flatten() {
                    if bytes[i..].starts_with(t.as_bytes()) && !out.contains(t) {
                        out.push(t.clone());
                    }
                }
            }
        }
        if !self.ids.is_empty() {
            for word in body.split(|c: char| !c.is_ascii_hexdigit() && c != '-').filter(|w| w.len() == 36) {
                if self.ids.contains(word) && !out.iter().any(|o| o == word) {
                    out.push(word.to_owned());
                }
            }
        }
        out
    }
}

fn slot(head: [u8; 8]) -> usize {
    (u64::from_le_bytes(head).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - BITS)) as usize
}

/// What a reader sees of a reply: entities of HTML and XML resolved, workbooks unpacked.
pub fn visible(r: &testkit::Reply) -> String {
    let kind = r.header("content-type");
    if kind.contains("spreadsheet") {
        return unpacked(&r.bytes);
    }
    let text = r.text();
    if kind.contains("html") { plain(&text) } else { text }
}

/// All parts of a workbook, one after the other.
pub fn unpacked(bytes: &[u8]) -> String {
    use std::io::Read;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a workbook");
    let mut out = String::new();
    for i in 0..zip.len() {
        let mut part = Vec::new();
        zip.by_index(i).expect("part").read_to_end(&mut part).expect("part");
        out.push_str(&plain(&String::from_utf8_lossy(&part)));
        out.push('\n');
    }
    out
}

fn plain(s: &str) -> String {
    s.replace("&quot;", "\"").replace("&#39;", "'").replace("&apos;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[test]
fn needles_are_found_and_nothing_else() {
    let id = "0199a1b2-1111-7222-8333-444455556666".to_owned();
    let n = Needles::new(HashSet::from([id.clone()]), ["Nguyễn Thị Lan".to_owned(), "0912345678".to_owned()]);
    assert_eq!(n.len(), 3);
    assert_eq!(n.found_in("<a>Nguyễn Thị Lan</a> 0912345679"), ["Nguyễn Thị Lan"]);
    assert_eq!(n.found_in(&format!("/r/person/{id}/edit")), [id]);
    assert!(n.found_in("Nguyễn Thị La").is_empty());
}

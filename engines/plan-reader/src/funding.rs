//! Money: where the plan says who pays, it gives nobody a task.

use crate::lines::{Marker, Para};

/// How a heading about funding begins, folded.
const HEADINGS: &[&str] = &[
    "kinh phi",
    "nguon kinh phi",
    "ve kinh phi",
    "du toan kinh phi",
    "nguon von",
    "nguon ngan sach",
    "nguon tai chinh",
    "co che tai chinh",
    "ngan sach thuc hien",
];

/// Words of a sentence about money.
const WORDS: &[&str] = &["kinh phi", "ngan sach", "nguon von", "du toan", "quyet toan", "xa hoi hoa", "tai tro", "nguon tai chinh"];

/// Whether a folded title or item begins a part on funding.
pub fn heading(key: &str) -> bool {
    let key = key.trim_start_matches([' ', '-', '+', '*']);
    HEADINGS.iter().any(|h| key.strip_prefix(h).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric())))
}

/// Whether a folded sentence speaks of money.
fn money(key: &str) -> bool {
    WORDS.iter().any(|w| crate::fold::has_word(key, w))
}

/// Walks through the paragraphs of a section and knows which of them stand under a heading about funding.
#[derive(Default)]
pub struct Walk {
    level: Option<u8>,
}

impl Walk {
    /// Whether this paragraph is such a heading, or a sentence about money below one: neither is anybody's task.
    pub fn skips(&mut self, para: &Para) -> bool {
        let level = para.marker.level();
        let item = !matches!(para.marker, Marker::None | Marker::Bullet | Marker::Sub);
        if self.level.is_some_and(|open| para.marker != Marker::None && level <= open) {
            self.level = None;
        }
        if item && heading(&para.key) {
            self.level = Some(level);
            return true;
        }
        self.level.is_some() && money(&para.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_begin_with_the_money() {
        for yes in ["kinh phi thuc hien", "kinh phi: ngan sach tinh", "nguon kinh phi", "ve kinh phi"] {
            assert!(heading(yes), "{yes}");
        }
        for no in ["dau tu nguon luc va bao dam kinh phi", "so tai chinh bo tri kinh phi", "kinh phinh"] {
            assert!(!heading(no), "{no}");
        }
    }
}

//! Every text of a document in one place: filling in a template, and finding letters no page can show.
use super::{Block, Document, Instead, Row, Table, Text};
use crate::error::DocumentError;
use std::collections::BTreeSet;

impl Document {
    /// Fills in a template: every `{name}` in any text becomes `value(name)`. A brace that is meant is
    /// written twice. Names are letters, digits, `_` and `.`; other braces stay as they are.
    ///
    /// # Errors
    /// [`DocumentError::NoValue`] with all names that have none; the document is then as it was.
    pub fn fill(&mut self, value: impl Fn(&str) -> Option<String>) -> Result<(), DocumentError> {
        let mut filled = self.clone();
        let mut missing = BTreeSet::new();
        filled.each_text(&mut |s| *s = fill(s, &value, &mut missing));
        if !missing.is_empty() {
            return Err(DocumentError::NoValue(missing.into_iter().collect()));
        }
        *self = filled;
        Ok(())
    }

    /// Letters the face does not have; each is set as □. Worth a warning before a document is issued.
    #[must_use]
    pub fn unprintable(&self) -> Vec<char> {
        let mut out = BTreeSet::new();
        self.clone().each_text(&mut |s| out.extend(crate::font::missing(s)));
        out.into_iter().collect()
    }

    fn each_text(&mut self, f: &mut impl FnMut(&mut String)) {
        let h = &mut self.head;
        for s in [&mut h.superior, &mut h.agency, &mut h.symbol, &mut h.place, &mut h.date, &mut h.kind, &mut h.subject, &mut h.authority] {
            f(s);
        }
        h.addressees.iter_mut().for_each(&mut *f);
        blocks(&mut self.blocks, f);
        for r in &mut self.recipients {
            f(&mut r.name);
            f(&mut r.mark);
        }
        f(&mut self.archive);
        if let Some(s) = &mut self.signature {
            f(&mut s.collective);
            f(&mut s.title);
            f(&mut s.name);
            if let Some(Instead::Deputy(head) | Instead::ByOrder(head) | Instead::Authorised(head)) = &mut s.instead {
                f(head);
            }
        }
        for a in &mut self.annexes {
            f(&mut a.title);
            blocks(&mut a.blocks, f);
        }
    }
}

fn text(t: &mut Text, f: &mut impl FnMut(&mut String)) {
    t.0.iter_mut().for_each(|run| f(&mut run.text));
}

fn blocks(all: &mut [Block], f: &mut impl FnMut(&mut String)) {
    for block in all {
        match block {
            Block::Heading { text: t, .. }
            | Block::Item { text: t, .. }
            | Block::Article { text: t }
            | Block::Basis { text: t }
            | Block::Title { text: t }
            | Block::Paragraph { text: t } => text(t, f),
            Block::List { items } => items.iter_mut().for_each(|t| text(t, f)),
            Block::Table(t) => table(t, f),
            Block::Figure(figure) => {
                f(&mut figure.alt);
                text(&mut figure.caption, f);
            }
            Block::PageBreak => {}
        }
    }
}

fn table(t: &mut Table, f: &mut impl FnMut(&mut String)) {
    text(&mut t.caption, f);
    f(&mut t.unit);
    let mut row = |r: &mut Row| r.cells.iter_mut().for_each(|c| text(&mut c.text, f));
    t.header.iter_mut().for_each(&mut row);
    t.rows.iter_mut().for_each(&mut row);
}

fn fill(s: &str, value: &impl Fn(&str) -> Option<String>, missing: &mut BTreeSet<String>) -> String {
    let mut out = String::with_capacity(s.len());
    let mut rest = s;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            out.push_str(&rest[..1]);
            rest = &rest[2..];
            continue;
        }
        let name = rest[1..].split('}').next().unwrap_or_default();
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_.".contains(c));
        if rest.starts_with('{') && is_name && rest.len() > name.len() + 1 {
            match value(name) {
                Some(v) => out.push_str(&v),
                None => {
                    missing.insert(name.to_owned());
                }
            }
            rest = &rest[name.len() + 2..];
        } else {
            out.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Document {
        serde_json::from_str(
            r#"{"head": {"agency": "Công an tỉnh {tinh}", "addressees": ["{don_vi}"], "subject": "đôn đốc"},
                "blocks": [{"type": "paragraph", "text": [{"t": "Hạn: "}, {"t": "{han}", "bold": true}]},
                           {"type": "table", "columns": [{}], "rows": [{"cells": ["{don_vi} {{x}} { y } {"]}]}],
                "signature": {"title": "Phó {chuc}", "instead": {"deputy": "{chuc}"}}}"#,
        )
        .expect("a template")
    }

    #[test]
    fn a_template_is_filled_everywhere_or_not_at_all() {
        let values = |name: &str| match name {
            "tinh" => Some("Sao Mai".to_owned()),
            "don_vi" => Some("UBND xã An Bình {tinh}".to_owned()),
            "han" => Some("04/12/2026".to_owned()),
            "chuc" => Some("Giám đốc".to_owned()),
            _ => None,
        };
        let mut d = template();
        d.fill(values).expect("filled");
        assert_eq!(d.head.agency, "Công an tỉnh Sao Mai");
        assert_eq!(d.head.addressees, ["UBND xã An Bình {tinh}"], "a value is not read again");
        let Block::Table(t) = &d.blocks[1] else { panic!("a table") };
        assert_eq!(t.rows[0].cells[0].text.to_plain(), "UBND xã An Bình {tinh} {x} { y } {");
        assert_eq!(d.signature.as_ref().expect("signed").lines(), ["KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"]);

        let mut d = template();
        let few = d.fill(|n| (n == "tinh").then(|| "Sao Mai".into()));
        assert_eq!(few, Err(DocumentError::NoValue(vec!["chuc".into(), "don_vi".into(), "han".into()])));
        assert_eq!(d, template(), "nothing is half filled");
    }

    #[test]
    fn letters_no_page_can_show_are_named() {
        let mut d = template();
        assert!(d.unprintable().is_empty());
        d.blocks.push(Block::list(["tốt 🙂", "漢字\u{200b}\n"]));
        d.head.place = "Sao Mai ☐".into();
        assert_eq!(d.unprintable(), ['☐', '字', '漢', '🙂']);
    }
}

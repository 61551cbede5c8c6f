//! Paragraphs in WordprocessingML.
use crate::doc::pieces::{Para, Role};
use crate::doc::{Align, Text};
use crate::font::{Face, settable, width};
use std::fmt::Write as _;

/// Twentieths of a point, as Word counts.
pub(super) fn twips(pt: f32) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "sizes of a page")]
    let n = (pt * 20.0).round() as i32;
    n
}

/// Text for an attribute or between tags, without what XML forbids.
pub(super) fn escape(s: &str) -> String {
    let clean: String = s.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect();
    quick_xml::escape::escape(clean.as_str()).into_owned()
}

fn alignment(align: Align) -> &'static str {
    match align {
        Align::Left => "left",
        Align::Center => "center",
        Align::Right => "right",
        Align::Justify => "both",
    }
}

/// The size of the sign at the end of a paragraph: what makes an empty one as high as it should be.
fn mark(size: f32) -> String {
    let half = twips(size) / 10;
    format!("<w:rPr><w:sz w:val=\"{half}\"/><w:szCs w:val=\"{half}\"/></w:rPr>")
}

/// The runs of a text in this size.
pub(super) fn runs(xml: &mut String, text: &Text, size: f32) {
    for run in &text.0 {
        xml.push_str("<w:r><w:rPr>");
        xml.push_str(if run.bold { "<w:b/>" } else { "" });
        xml.push_str(if run.italic { "<w:i/>" } else { "" });
        let half = twips(size) / 10;
        let _ = write!(xml, "<w:sz w:val=\"{half}\"/><w:szCs w:val=\"{half}\"/></w:rPr>");
        for (i, line) in settable(&run.text).split('\n').enumerate() {
            xml.push_str(if i > 0 { "<w:br/>" } else { "" });
            let _ = write!(xml, "<w:t xml:space=\"preserve\">{}</w:t>", escape(line));
        }
        xml.push_str("</w:r>");
    }
}

/// A paragraph in a column of this width, and the rule below it.
pub(super) fn paragraph(xml: &mut String, p: &Para, column: f32) {
    xml.push_str("<w:p><w:pPr>");
    match p.role {
        Role::Title => xml.push_str("<w:pStyle w:val=\"Title\"/>"),
        Role::Heading(n) => {
            let _ = write!(xml, "<w:pStyle w:val=\"Heading{n}\"/>");
        }
        Role::Body | Role::Item | Role::Caption => {}
    }
    xml.push_str(if p.keep { "<w:keepNext/>" } else { "" });
    let (mut left, mut right) = (p.left, p.right);
    if p.framed {
        let frame = text_width(&p.text, p.size) + 16.0;
        left = ((column - frame) / 2.0).max(0.0);
        right = left;
        xml.push_str("<w:pBdr>");
        for side in ["top", "left", "bottom", "right"] {
            let _ = write!(xml, "<w:{side} w:val=\"single\" w:sz=\"8\" w:space=\"1\" w:color=\"000000\"/>");
        }
        xml.push_str("</w:pBdr>");
    }
    #[expect(clippy::cast_possible_truncation, reason = "240 to 360")]
    let line = (p.line * 240.0).round() as i32;
    let _ = write!(
        xml,
        "<w:spacing w:before=\"{}\" w:after=\"0\" w:line=\"{line}\" w:lineRule=\"auto\"/><w:ind w:left=\"{}\" w:right=\"{}\" w:firstLine=\"{}\"/><w:jc w:val=\"{}\"/>{}</w:pPr>",
        twips(p.before),
        twips(left),
        twips(right),
        twips(p.first),
        alignment(p.align),
        mark(p.size)
    );
    runs(xml, &p.text, p.size);
    xml.push_str("</w:p>");
    if p.rule > 0.0 {
        rule(xml, p.rule, column, p.keep);
    }
}

fn text_width(text: &Text, size: f32) -> f32 {
    text.0.iter().map(|r| width(&r.text, Face::of(r.bold, r.italic), size)).sum()
}

/// A centred rule: the lower border of a flat paragraph between two indents.
fn rule(xml: &mut String, length: f32, column: f32, keep: bool) {
    let side = twips(((column - length) / 2.0).max(0.0));
    let keep = if keep { "<w:keepNext/>" } else { "" };
    let _ = write!(
        xml,
        "<w:p><w:pPr>{keep}<w:pBdr><w:bottom w:val=\"single\" w:sz=\"6\" w:space=\"0\" w:color=\"000000\"/></w:pBdr>\
         <w:spacing w:before=\"0\" w:after=\"0\" w:line=\"40\" w:lineRule=\"exact\"/><w:ind w:left=\"{side}\" w:right=\"{side}\" w:firstLine=\"0\"/></w:pPr></w:p>"
    );
}

/// An empty paragraph of this height.
pub(super) fn spacer(xml: &mut String, height: f32, keep: bool) {
    let keep = if keep { "<w:keepNext/>" } else { "" };
    let _ = write!(
        xml,
        "<w:p><w:pPr>{keep}<w:spacing w:before=\"0\" w:after=\"0\" w:line=\"{}\" w:lineRule=\"exact\"/></w:pPr></w:p>",
        twips(height)
    );
}

/// A paragraph of a table cell.
pub(super) fn cell_text(xml: &mut String, text: &Text, size: f32, align: Align) {
    let _ =
        write!(xml, "<w:p><w:pPr><w:spacing w:before=\"30\" w:after=\"30\"/><w:jc w:val=\"{}\"/>{}</w:pPr>", alignment(align), mark(size));
    runs(xml, text, size);
    xml.push_str("</w:p>");
}

//! Tables in WordprocessingML.
use super::para::{cell_text, spacer, twips};
use crate::doc::{Align, Placed, Row, Table, Text, place};
use std::fmt::Write as _;

/// A table without lines: two columns of ready-made paragraphs side by side.
pub(super) fn frame(xml: &mut String, columns: [f32; 2], rows: &[[String; 2]]) {
    start(xml, &columns, false);
    for row in rows {
        xml.push_str("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
        for (content, width) in row.iter().zip(columns) {
            let _ = write!(xml, "<w:tc><w:tcPr><w:tcW w:w=\"{}\" w:type=\"dxa\"/></w:tcPr>", twips(width));
            xml.push_str(content);
            if content.is_empty() {
                spacer(xml, 1.0, false);
            }
            xml.push_str("</w:tc>");
        }
        xml.push_str("</w:tr>");
    }
    xml.push_str("</w:tbl>");
}

fn start(xml: &mut String, widths: &[f32], lines: bool) {
    let total: i32 = widths.iter().map(|w| twips(*w)).sum();
    let _ = write!(xml, "<w:tbl><w:tblPr><w:tblW w:w=\"{total}\" w:type=\"dxa\"/><w:jc w:val=\"center\"/>");
    if lines {
        xml.push_str("<w:tblBorders>");
        for side in ["top", "left", "bottom", "right", "insideH", "insideV"] {
            let _ = write!(xml, "<w:{side} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/>");
        }
        xml.push_str("</w:tblBorders>");
    }
    let margin = if lines { 80 } else { 0 };
    let _ = write!(
        xml,
        "<w:tblLayout w:type=\"fixed\"/><w:tblCellMar><w:left w:w=\"{margin}\" w:type=\"dxa\"/><w:right w:w=\"{margin}\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr><w:tblGrid>"
    );
    for w in widths {
        let _ = write!(xml, "<w:gridCol w:w=\"{}\"/>", twips(*w));
    }
    xml.push_str("</w:tblGrid>");
}

/// A table of the document over this width.
pub(super) fn table(xml: &mut String, t: &Table, width: f32, size: f32) {
    let widths = t.widths(width);
    start(xml, &widths, true);
    let out = Out { table: t, widths, size };
    out.rows(xml, &t.header, true);
    out.rows(xml, &t.rows, false);
    if t.header.is_empty() && t.rows.is_empty() {
        out.rows(xml, &[Row::default()], false);
    }
    xml.push_str("</w:tbl>");
}

struct Out<'a> {
    table: &'a Table,
    widths: Vec<f32>,
    size: f32,
}

impl Out<'_> {
    fn rows(&self, xml: &mut String, rows: &[Row], header: bool) {
        let columns = self.widths.len();
        // What stands at each place: the cell that begins there or covers it from above.
        let mut grid: Vec<Vec<Option<Placed<'_>>>> = vec![vec![None; columns]; rows.len()];
        for p in place(rows, columns) {
            for line in grid.iter_mut().skip(p.row).take(p.rows) {
                line[p.column] = Some(p);
            }
        }
        for (r, (row, line)) in rows.iter().zip(&grid).enumerate() {
            let repeat = if header { "<w:tblHeader/>" } else { "" };
            let _ = write!(xml, "<w:tr><w:trPr><w:cantSplit/>{repeat}</w:trPr>");
            let mut c = 0;
            while c < columns {
                match &line[c] {
                    Some(p) => {
                        self.cell(xml, p, r, row.bold || header, header);
                        c += p.columns;
                    }
                    None => {
                        let _ = write!(xml, "<w:tc><w:tcPr><w:tcW w:w=\"{}\" w:type=\"dxa\"/></w:tcPr>", twips(self.widths[c]));
                        cell_text(xml, &Text::default(), self.size, Align::Left);
                        xml.push_str("</w:tc>");
                        c += 1;
                    }
                }
            }
            xml.push_str("</w:tr>");
        }
    }

    fn cell(&self, xml: &mut String, p: &Placed<'_>, row: usize, bold: bool, header: bool) {
        let width: f32 = self.widths[p.column..p.column + p.columns].iter().sum();
        let _ = write!(xml, "<w:tc><w:tcPr><w:tcW w:w=\"{}\" w:type=\"dxa\"/>", twips(width));
        if p.columns > 1 {
            let _ = write!(xml, "<w:gridSpan w:val=\"{}\"/>", p.columns);
        }
        if p.rows > 1 {
            xml.push_str(if row == p.row { "<w:vMerge w:val=\"restart\"/>" } else { "<w:vMerge/>" });
        }
        xml.push_str("<w:vAlign w:val=\"center\"/></w:tcPr>");
        if row == p.row {
            let text = if bold { p.cell.text.all_bold() } else { p.cell.text.clone() };
            let align = if header { p.cell.align.unwrap_or(Align::Center) } else { self.table.align_of(p) };
            cell_text(xml, &text, self.size, align);
        } else {
            cell_text(xml, &Text::default(), self.size, Align::Left);
        }
        xml.push_str("</w:tc>");
    }
}

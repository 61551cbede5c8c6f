//! Writing `.docx`: our own WordprocessingML, since all of it is known from the layout.
mod fixed;
mod para;
mod table;

use crate::doc::pieces::{Piece, SIGNING_ROOM, annex, body, closing, head};
use crate::doc::{Document, Paper};
use crate::error::DocumentError;
use crate::figure;
use para::{paragraph, spacer, twips};
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// A picture of the file: the bitmap and the SVG it was made of.
struct Picture {
    png: Vec<u8>,
    svg: String,
}

/// The text of the document while it is written.
struct Writer<'a> {
    document: &'a Document,
    xml: String,
    pictures: Vec<Picture>,
}

impl Document {
    /// The document as `.docx`. The same value gives the same bytes: the day in the file's properties is
    /// that of the head. Letters are "Times New Roman", which offices have; nothing is embedded.
    ///
    /// # Errors
    /// [`DocumentError`]: a figure that is no SVG, a table without columns.
    pub fn to_docx(&self) -> Result<Vec<u8>, DocumentError> {
        crate::doc::check(self)?;
        let mut w = Writer { document: self, xml: String::new(), pictures: Vec::new() };
        w.main()?;
        for index in 0..self.annexes.len() {
            w.annex(index)?;
        }
        let Writer { xml, pictures, .. } = w;
        pack(self, &xml, &pictures).map_err(|e| DocumentError::CannotWrite(e.to_string()))
    }
}

impl Writer<'_> {
    fn main(&mut self) -> Result<(), DocumentError> {
        let d = self.document;
        let look = d.look.held();
        let paper = Paper::new(look, false);
        let width = paper.text_width();
        let left = width * HEAD_LEFT;
        let columns = [left, width - left];
        let rows: Vec<[String; 2]> = head(d, left).iter().map(|s| [cell(&s.left, left), cell(&s.right, columns[1])]).collect();
        table::frame(&mut self.xml, columns, &rows);
        let mut pieces = body(d, width);
        // The signature never stands alone on a page.
        if let Some(Piece::Para(last)) = pieces.last_mut() {
            last.keep = true;
        }
        self.flow(&pieces, &paper)?;
        let (sides, name) = closing(d);
        if !sides.left.is_empty() || !sides.right.is_empty() || name.is_some() {
            spacer(&mut self.xml, 12.0, true);
            let columns = [width * 0.5, width * 0.5];
            let mut right = cell(&sides.right, columns[1]);
            if !sides.right.is_empty() {
                spacer(&mut right, SIGNING_ROOM, true);
            }
            right.push_str(&cell(name.as_slice(), columns[1]));
            table::frame(&mut self.xml, columns, &[[cell(&sides.left, columns[0]), right]]);
        }
        self.end_section(&paper, d.annexes.is_empty(), false);
        Ok(())
    }

    fn annex(&mut self, index: usize) -> Result<(), DocumentError> {
        let Some(a) = self.document.annexes.get(index) else { return Ok(()) };
        let paper = Paper::new(self.document.look.held(), a.landscape);
        self.flow(&annex(self.document, index), &paper)?;
        self.end_section(&paper, index + 1 == self.document.annexes.len(), a.landscape);
        Ok(())
    }

    fn flow(&mut self, pieces: &[Piece<'_>], paper: &Paper) -> Result<(), DocumentError> {
        let width = paper.text_width();
        for piece in pieces {
            match piece {
                Piece::Para(p) => paragraph(&mut self.xml, p, width),
                Piece::Table(t) => {
                    spacer(&mut self.xml, 4.0, true);
                    table::table(&mut self.xml, t, width, self.document.look.held().table_size);
                }
                Piece::Figure { figure, caption } => {
                    self.figure(figure, paper)?;
                    if let Some(p) = caption {
                        paragraph(&mut self.xml, p, width);
                    }
                }
                Piece::PageBreak => self.xml.push_str(
                    "<w:p><w:pPr><w:spacing w:before=\"0\" w:after=\"0\" w:line=\"20\" w:lineRule=\"exact\"/></w:pPr><w:r><w:br w:type=\"page\"/></w:r></w:p>",
                ),
            }
        }
        Ok(())
    }

    fn figure(&mut self, figure: &crate::doc::Figure, paper: &Paper) -> Result<(), DocumentError> {
        let n = self.pictures.len() + 1;
        let tree = figure::read(figure, n)?;
        let (width, height) = figure::size(figure, &tree, paper.text_width(), paper.text_height() * 0.8);
        self.pictures.push(Picture { png: figure::png(&tree, width, n)?, svg: figure.svg.clone() });
        let emu = |pt: f32| (f64::from(pt) * 12_700.0).round();
        let _ = write!(
            self.xml,
            "<w:p><w:pPr><w:keepNext/><w:spacing w:before=\"160\" w:after=\"0\"/><w:jc w:val=\"center\"/></w:pPr><w:r><w:drawing>\
             <wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\"><wp:extent cx=\"{cx}\" cy=\"{cy}\"/>\
             <wp:docPr id=\"{n}\" name=\"Hình {n}\" descr=\"{alt}\"/><a:graphic><a:graphicData uri=\"{PIC}\"><pic:pic>\
             <pic:nvPicPr><pic:cNvPr id=\"{n}\" name=\"hinh{n}.png\"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed=\"rPng{n}\">\
             <a:extLst><a:ext uri=\"{{96DAC541-7B7A-43D3-8B79-37D633B846F1}}\"><asvg:svgBlip r:embed=\"rSvg{n}\"/></a:ext></a:extLst></a:blip>\
             <a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"{cx}\" cy=\"{cy}\"/></a:xfrm>\
             <a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>",
            cx = emu(width),
            cy = emu(height),
            alt = para::escape(&figure.alt),
            PIC = fixed::PIC,
        );
        Ok(())
    }

    /// Ends a section: its paper, its header, pages counted from 1, no number on the first.
    fn end_section(&mut self, paper: &Paper, last: bool, landscape: bool) {
        let mut sect = String::from(
            "<w:sectPr><w:headerReference w:type=\"default\" r:id=\"rHeader\"/><w:headerReference w:type=\"first\" r:id=\"rFirst\"/>",
        );
        let orient = if landscape { " w:orient=\"landscape\"" } else { "" };
        let _ = write!(
            sect,
            "<w:type w:val=\"nextPage\"/><w:pgSz w:w=\"{}\" w:h=\"{}\"{orient}/><w:pgMar w:top=\"{}\" w:right=\"{}\" w:bottom=\"{}\" w:left=\"{}\" w:header=\"{}\" w:footer=\"567\" w:gutter=\"0\"/>\
             <w:pgNumType w:start=\"1\"/><w:titlePg/></w:sectPr>",
            twips(paper.width),
            twips(paper.height),
            twips(paper.top),
            twips(paper.right),
            twips(paper.bottom),
            twips(paper.left),
            twips(paper.top * 0.5),
        );
        if last {
            // Some body always ends in a paragraph: a table may not be the last.
            spacer(&mut self.xml, 1.0, false);
            self.xml.push_str(&sect);
        } else {
            let _ = write!(
                self.xml,
                "<w:p><w:pPr><w:spacing w:before=\"0\" w:after=\"0\" w:line=\"20\" w:lineRule=\"exact\"/>{sect}</w:pPr></w:p>"
            );
        }
    }
}

/// The share of the left column of the head.
pub(crate) const HEAD_LEFT: f32 = 0.39;

/// Paragraphs of a cell of this width; an empty one where there is none.
fn cell(paras: &[crate::doc::pieces::Para], width: f32) -> String {
    let mut xml = String::new();
    for p in paras {
        paragraph(&mut xml, p, width);
    }
    xml
}

fn pack(d: &Document, body: &str, pictures: &[Picture]) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).last_modified_time(DateTime::default());
    let mut part = |name: &str, bytes: &[u8]| -> zip::result::ZipResult<()> {
        zip.start_file(name, options)?;
        zip.write_all(bytes)?;
        Ok(())
    };
    part("[Content_Types].xml", fixed::TYPES.as_bytes())?;
    part("_rels/.rels", fixed::RELS.as_bytes())?;
    part("docProps/core.xml", fixed::core(d).as_bytes())?;
    part("word/document.xml", format!("{}{body}</w:body></w:document>", fixed::document_start()).as_bytes())?;
    part("word/_rels/document.xml.rels", fixed::document_rels(pictures.len()).as_bytes())?;
    part("word/styles.xml", fixed::styles(d.look.held()).as_bytes())?;
    part("word/settings.xml", fixed::SETTINGS.as_bytes())?;
    part("word/header1.xml", fixed::header(d, true).as_bytes())?;
    part("word/header2.xml", fixed::header(d, false).as_bytes())?;
    for (n, picture) in (1..).zip(pictures) {
        part(&format!("word/media/hinh{n}.png"), &picture.png)?;
        part(&format!("word/media/hinh{n}.svg"), picture.svg.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests;

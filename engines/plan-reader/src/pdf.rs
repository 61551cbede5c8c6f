//! PDF files with a text layer. What is read is a draft for a person to check.

use lopdf::{Document, LoadOptions};

use crate::decode::{Decoded, MAX_LINES};
use crate::error::ReadError;
use crate::pdf_content::{Page, read_page};
use crate::pdf_layout::lay_out;
use crate::plan::Line;

/// Most pages.
const MAX_PAGES: usize = 600;
/// Most unpacked content of one page, bytes.
pub const MAX_CONTENT: usize = 12 << 20;
/// Most unpacked content of all pages, bytes.
const MAX_TOTAL: usize = 96 << 20;
/// Most text pieces of the document.
const MAX_PIECES: usize = 3_000_000;

/// Reads a PDF.
pub fn decode(bytes: &[u8]) -> Result<Decoded, ReadError> {
    // The parser is third-party code that meets hostile files: a panic in it must cost one refused
    // file, not the server. This is the only place where a panic is caught.
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| parse(bytes)));
    outcome.unwrap_or_else(|_| Err(ReadError::BrokenPdf("parser panicked".into())))
}

fn parse(bytes: &[u8]) -> Result<Decoded, ReadError> {
    let options = LoadOptions { max_decompressed_size: Some(MAX_CONTENT), ..LoadOptions::default() };
    let document = match Document::load_mem_with_options(bytes, options) {
        Ok(document) => document,
        Err(error) => {
            let text = error.to_string();
            let locked = text.to_ascii_lowercase();
            return Err(if locked.contains("password") || locked.contains("crypt") {
                ReadError::EncryptedPdf
            } else {
                ReadError::BrokenPdf(text)
            });
        }
    };
    if document.is_encrypted() {
        return Err(ReadError::EncryptedPdf);
    }
    let pages = document.get_pages();
    if pages.is_empty() {
        return Err(ReadError::BrokenPdf("no pages".into()));
    }
    if pages.len() > MAX_PAGES {
        return Err(ReadError::TooComplex("quá nhiều trang PDF"));
    }
    let mut lines: Vec<Line> = Vec::new();
    let (mut total, mut pieces, mut letters) = (0usize, 0usize, 0usize);
    for id in pages.values() {
        let page: Page = read_page(&document, *id)?;
        total += page.content_size;
        pieces += page.pieces.len();
        if total > MAX_TOTAL || pieces > MAX_PIECES {
            return Err(ReadError::TooComplex("nội dung PDF quá lớn"));
        }
        letters += page.pieces.iter().map(|p| p.text.chars().filter(|c| c.is_alphabetic()).count()).sum::<usize>();
        for (text, cells) in lay_out(&page) {
            if lines.len() >= MAX_LINES {
                return Err(ReadError::TooComplex("quá nhiều dòng"));
            }
            lines.push(Line { line: lines.len() + 1, text, cells });
        }
    }
    if letters < 30 {
        return Err(ReadError::ScannedPdf);
    }
    Ok(Decoded { lines, wrapped: true })
}

#[cfg(test)]
#[path = "pdf_tests.rs"]
pub(crate) mod tests;

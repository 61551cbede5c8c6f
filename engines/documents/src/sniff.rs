//! What a file is, by its content: names and media types sent along are claims of the sender.

use std::io::Cursor;

use zip::ZipArchive;

/// Kinds of file that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Portable document.
    Pdf,
    /// Word text without macros.
    Docx,
    /// Excel sheet without macros.
    Xlsx,
    /// Image.
    Png,
    /// Image.
    Jpeg,
    /// Image.
    Gif,
    /// Image.
    Webp,
    /// Plain text in UTF-8.
    Text,
    /// E-mail message.
    Eml,
}

/// What is taken, for messages and help.
pub const ALLOWED_VI: &str = "PDF, Word (.docx), Excel (.xlsx), ảnh (.png, .jpg, .gif, .webp), văn bản thuần (.txt), thư (.eml)";
/// The same in English.
pub const ALLOWED_EN: &str = "PDF, Word (.docx), Excel (.xlsx), images (.png, .jpg, .gif, .webp), plain text (.txt), mail (.eml)";

/// Parts of an archive that are looked at.
const MOST_PARTS: usize = 10_000;

impl FileKind {
    /// The kind of this content.
    ///
    /// # Errors
    /// A Vietnamese sentence: what it is instead, and what is taken.
    pub fn of(bytes: &[u8]) -> Result<Self, String> {
        if bytes.is_empty() {
            return Err("tệp rỗng; chọn lại tệp.".into());
        }
        // readers of PDF allow some bytes before the mark
        if bytes[..bytes.len().min(1024)].windows(5).any(|w| w == b"%PDF-") {
            return Ok(Self::Pdf);
        }
        let magic: &[(&[u8], Self)] =
            &[(b"\x89PNG\r\n\x1a\n", Self::Png), (b"\xff\xd8\xff", Self::Jpeg), (b"GIF87a", Self::Gif), (b"GIF89a", Self::Gif)];
        if let Some((_, kind)) = magic.iter().find(|(m, _)| bytes.starts_with(m)) {
            return Ok(*kind);
        }
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return Ok(Self::Webp);
        }
        if bytes.starts_with(b"PK") {
            return office(bytes);
        }
        match std::str::from_utf8(bytes) {
            Ok(s) if !s.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}')) => {
                Ok(if is_mail(s) { Self::Eml } else { Self::Text })
            }
            // mail may carry bytes of any character set below its head
            _ if is_mail(&String::from_utf8_lossy(&bytes[..bytes.len().min(4096)])) && !bytes.contains(&0) => Ok(Self::Eml),
            _ => Err(refused("không thuộc loại được nhận")),
        }
    }

    /// Media type to send it with.
    pub fn media(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Text => "text/plain; charset=utf-8",
            Self::Eml => "message/rfc822",
        }
    }

    /// Endings a name of this kind may have, the usual one first.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Docx => &["docx"],
            Self::Xlsx => &["xlsx"],
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Gif => &["gif"],
            Self::Webp => &["webp"],
            Self::Text => &["txt", "csv", "log", "md"],
            Self::Eml => &["eml"],
        }
    }

    /// A name fit for this content: the last part of a path, without control characters, with an ending of its kind,
    /// so that nothing is opened as what it is not.
    pub fn named(self, name: &str) -> String {
        const LONGEST: usize = 120;
        let last = name.rsplit(['/', '\\']).next().unwrap_or("");
        let odd = |c: char| {
            c.is_control()
                || matches!(c, '"' | '<' | '>' | '|' | ':' | '*' | '?' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        let clean: String = last.chars().filter(|c| !odd(*c)).collect();
        let clean = clean.trim().trim_start_matches('.');
        let clean = if clean.is_empty() { "tep" } else { clean };
        let (stem, ending) = clean.rsplit_once('.').unwrap_or((clean, ""));
        let low = ending.to_ascii_lowercase();
        let cut = |s: &str| s.chars().take(LONGEST).collect::<String>();
        match self.endings().iter().find(|e| **e == low) {
            Some(e) => format!("{}.{e}", cut(stem)),
            None => format!("{}.{}", cut(clean), self.endings()[0]),
        }
    }
}

fn refused(what: &str) -> String {
    format!("nội dung tệp {what}. Nhận: {ALLOWED_VI}. Chuyển sang một loại trong số đó (ví dụ in ra PDF) rồi gửi lại.")
}

/// Word or Excel by the parts of the archive; macros are refused.
fn office(bytes: &[u8]) -> Result<FileKind, String> {
    let Ok(archive) = ZipArchive::new(Cursor::new(bytes)) else { return Err(refused("là tệp nén bị hỏng")) };
    if archive.len() > MOST_PARTS {
        return Err(refused("là tệp nén có quá nhiều phần"));
    }
    let names: Vec<_> = archive.file_names().flatten().collect();
    let has = |p: &str| names.iter().any(|n| n == p);
    if names.iter().any(|n| n.to_ascii_lowercase().ends_with("vbaproject.bin")) {
        return Err("tệp có macro nên không được nhận; lưu lại dạng .docx hoặc .xlsx không có macro, hoặc in ra PDF.".into());
    }
    match (has("[Content_Types].xml"), has("word/document.xml"), has("xl/workbook.xml")) {
        (true, true, _) => Ok(FileKind::Docx),
        (true, _, true) => Ok(FileKind::Xlsx),
        _ => Err(refused("là tệp nén")),
    }
}

/// Begins with header lines of a message: at least two that every message has.
fn is_mail(s: &str) -> bool {
    let mut known = 0;
    for line in s.lines().take(200) {
        if line.starts_with([' ', '\t']) && known > 0 {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else { break };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) {
            break;
        }
        let usual = ["from", "to", "date", "subject", "received", "message-id", "mime-version", "return-path", "delivered-to"];
        known += usize::from(usual.contains(&name.to_ascii_lowercase().as_str()));
    }
    known >= 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn archive(parts: &[&str]) -> Vec<u8> {
        let mut z = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for p in parts {
            z.start_file(*p, zip::write::SimpleFileOptions::default()).unwrap();
            z.write_all(b"<x/>").unwrap();
        }
        z.finish().unwrap().into_inner()
    }

    #[test]
    fn kinds_are_told_by_content() {
        let of = |b: &[u8]| FileKind::of(b);
        assert_eq!(of(b"%PDF-1.7\n"), Ok(FileKind::Pdf));
        assert_eq!(of(b"\x89PNG\r\n\x1a\n\0\0"), Ok(FileKind::Png));
        assert_eq!(of(b"\xff\xd8\xff\xe0"), Ok(FileKind::Jpeg));
        assert_eq!(of(b"RIFF\0\0\0\0WEBPVP8 "), Ok(FileKind::Webp));
        assert_eq!(of(&archive(&["[Content_Types].xml", "word/document.xml"])), Ok(FileKind::Docx));
        assert_eq!(of(&archive(&["[Content_Types].xml", "xl/workbook.xml"])), Ok(FileKind::Xlsx));
        assert_eq!(of("Biên bản họp\n1. Nội dung".as_bytes()), Ok(FileKind::Text));
        assert_eq!(of(b"From: a@x.vn\r\nTo: b@x.vn\r\nSubject: x\r\n\r\nChao"), Ok(FileKind::Eml));
        assert_eq!(of(b"Subject: x\r\nDate: y\r\n\r\n\xc3\x28"), Ok(FileKind::Eml));
    }

    #[test]
    fn what_is_not_taken_says_why() {
        for (bytes, word) in [
            (&b""[..], "rỗng"),
            (b"MZ\x90\0\x03\0\0\0", "không thuộc loại"),
            (b"PK\x03\x04broken", "hỏng"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "không thuộc loại"),
        ] {
            let e = FileKind::of(bytes).unwrap_err();
            assert!(e.contains(word), "{e}");
        }
        assert!(FileKind::of(&archive(&["a.exe"])).unwrap_err().contains("tệp nén"));
        let macros = archive(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]);
        assert!(FileKind::of(&macros).unwrap_err().contains("macro"));
    }

    #[test]
    fn names_are_made_safe() {
        let k = FileKind::Text;
        assert_eq!(k.named("C:\\Users\\a\\biên bản.txt"), "biên bản.txt");
        assert_eq!(k.named("../../etc/evil.html"), "evil.html.txt");
        assert_eq!(k.named(""), "tep.txt");
        assert_eq!(FileKind::Pdf.named("Quyết định.PDF"), "Quyết định.pdf");
        assert_eq!(FileKind::Pdf.named("a\u{202e}fdp.exe"), "afdp.exe.pdf");
        assert_eq!(k.named(&"x".repeat(400)).chars().count(), 124);
    }

    proptest! {
        #[test]
        fn never_panics(b in proptest::collection::vec(any::<u8>(), 0..400), name in "\\PC{0,60}") {
            let mut pk = b"PK\x03\x04".to_vec();
            pk.extend(&b);
            for bytes in [&b, &pk] {
                if let Ok(k) = FileKind::of(bytes) {
                    let n = k.named(&name);
                    prop_assert!(!n.contains(['/', '\\', '\n', '"']));
                    let ending = n.rsplit('.').next().unwrap_or("").to_owned();
                    prop_assert!(k.endings().contains(&ending.as_str()), "{}", n);
                }
            }
        }
    }
}

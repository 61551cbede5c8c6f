//! Parts of the file that hardly change.
use super::para::escape;
use crate::doc::wording::DRAFT;
use crate::doc::{Document, Look};
use crate::font::FAMILY;
use std::fmt::Write as _;

const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const R: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
pub(super) const PIC: &str = "http://schemas.openxmlformats.org/drawingml/2006/picture";
const START: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

pub(super) const TYPES: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">",
    "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>",
    "<Default Extension=\"xml\" ContentType=\"application/xml\"/><Default Extension=\"png\" ContentType=\"image/png\"/>",
    "<Default Extension=\"svg\" ContentType=\"image/svg+xml\"/>",
    "<Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/>",
    "<Override PartName=\"/word/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml\"/>",
    "<Override PartName=\"/word/settings.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml\"/>",
    "<Override PartName=\"/word/header1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml\"/>",
    "<Override PartName=\"/word/header2.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml\"/>",
    "<Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/></Types>"
);

pub(super) const RELS: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">",
    "<Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/>",
    "<Relationship Id=\"r2\" Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/></Relationships>"
);

pub(super) const SETTINGS: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
    "<w:settings xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:defaultTabStop w:val=\"720\"/>",
    "<w:compat><w:compatSetting w:name=\"compatibilityMode\" w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat>",
    "<w:themeFontLang w:val=\"vi-VN\"/></w:settings>"
);

pub(super) fn document_start() -> String {
    format!(
        "{START}<w:document xmlns:w=\"{W}\" xmlns:r=\"{R}\" xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" \
         xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:pic=\"{PIC}\" \
         xmlns:asvg=\"http://schemas.microsoft.com/office/drawing/2016/SVG/main\"><w:body>"
    )
}

pub(super) fn document_rels(pictures: usize) -> String {
    let mut xml = format!("{START}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">");
    let mut one = |id: String, kind: &str, target: String| {
        let _ = write!(xml, "<Relationship Id=\"{id}\" Type=\"{R}/{kind}\" Target=\"{target}\"/>");
    };
    one("rStyles".into(), "styles", "styles.xml".into());
    one("rSettings".into(), "settings", "settings.xml".into());
    one("rHeader".into(), "header", "header1.xml".into());
    one("rFirst".into(), "header", "header2.xml".into());
    for n in 1..=pictures {
        one(format!("rPng{n}"), "image", format!("media/hinh{n}.png"));
        one(format!("rSvg{n}"), "image", format!("media/hinh{n}.svg"));
    }
    xml.push_str("</Relationships>");
    xml
}

pub(super) fn core(d: &Document) -> String {
    let mut xml = format!(
        "{START}<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <dc:title>{}</dc:title><dc:creator>{}</dc:creator><dc:language>vi-VN</dc:language>",
        escape(&d.head.title()),
        escape(&crate::doc::wording::one_line(&d.head.agency))
    );
    if let Some((year, month, day)) = d.head.day() {
        for name in ["created", "modified"] {
            let _ = write!(xml, "<dcterms:{name} xsi:type=\"dcterms:W3CDTF\">{year:04}-{month:02}-{day:02}T00:00:00Z</dcterms:{name}>");
        }
    }
    xml.push_str("</cp:coreProperties>");
    xml
}

pub(super) fn styles(look: Look) -> String {
    let half = super::twips(look.size) / 10;
    let mut xml = format!(
        "{START}<w:styles xmlns:w=\"{W}\"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii=\"{FAMILY}\" w:hAnsi=\"{FAMILY}\" w:cs=\"{FAMILY}\" w:eastAsia=\"{FAMILY}\"/>\
         <w:color w:val=\"000000\"/><w:sz w:val=\"{half}\"/><w:szCs w:val=\"{half}\"/><w:lang w:val=\"vi-VN\"/></w:rPr></w:rPrDefault>\
         <w:pPrDefault><w:pPr><w:widowControl/></w:pPr></w:pPrDefault></w:docDefaults>\
         <w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/><w:pPr><w:widowControl/></w:pPr></w:style>\
         <w:style w:type=\"paragraph\" w:styleId=\"Title\"><w:name w:val=\"Title\"/><w:basedOn w:val=\"Normal\"/></w:style>"
    );
    for n in 1..=3 {
        let _ = write!(
            xml,
            "<w:style w:type=\"paragraph\" w:styleId=\"Heading{n}\"><w:name w:val=\"heading {n}\"/><w:basedOn w:val=\"Normal\"/><w:next w:val=\"Normal\"/>\
             <w:pPr><w:keepNext/><w:outlineLvl w:val=\"{}\"/></w:pPr></w:style>",
            n - 1
        );
    }
    xml.push_str("</w:styles>");
    xml
}

/// The header: the number of the page (not on the first), and the mark of a draft.
pub(super) fn header(d: &Document, numbered: bool) -> String {
    let mut xml = format!(
        "{START}<w:hdr xmlns:w=\"{W}\" xmlns:r=\"{R}\" xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\">\
         <w:p><w:pPr><w:jc w:val=\"center\"/></w:pPr>"
    );
    if numbered {
        let half = super::twips(d.look.held().size) / 10;
        let size = format!("<w:rPr><w:sz w:val=\"{half}\"/></w:rPr>");
        let _ = write!(
            xml,
            "<w:r>{size}<w:fldChar w:fldCharType=\"begin\"/></w:r><w:r>{size}<w:instrText xml:space=\"preserve\"> PAGE </w:instrText></w:r>\
             <w:r>{size}<w:fldChar w:fldCharType=\"separate\"/></w:r><w:r>{size}<w:t>2</w:t></w:r><w:r>{size}<w:fldChar w:fldCharType=\"end\"/></w:r>"
        );
    }
    if d.draft {
        let _ = write!(
            xml,
            "<w:r><w:pict><v:shapetype id=\"_x0000_t136\" coordsize=\"21600,21600\" o:spt=\"136\" adj=\"10800\" path=\"m@7,l@8,m@5,21600l@6,21600e\">\
             <v:formulas><v:f eqn=\"sum #0 0 10800\"/><v:f eqn=\"prod #0 2 1\"/><v:f eqn=\"sum 21600 0 @1\"/><v:f eqn=\"sum 0 0 @2\"/><v:f eqn=\"sum 21600 0 @3\"/>\
             <v:f eqn=\"if @0 @3 0\"/><v:f eqn=\"if @0 21600 @1\"/><v:f eqn=\"if @0 0 @2\"/><v:f eqn=\"if @0 @4 21600\"/></v:formulas>\
             <v:path textpathok=\"t\" o:connecttype=\"rect\"/><v:textpath on=\"t\" fitshape=\"t\"/></v:shapetype>\
             <v:shape id=\"PowerPlusWaterMarkObject{n}\" o:spid=\"_x0000_s204{n}\" type=\"#_x0000_t136\" style=\"position:absolute;margin-left:0;margin-top:0;width:400pt;height:100pt;rotation:315;z-index:-251658752;\
             mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin\" \
             o:allowincell=\"f\" fillcolor=\"#e0e0e0\" stroked=\"f\"><v:textpath style=\"font-family:&quot;{FAMILY}&quot;;font-size:1pt\" string=\"{DRAFT}\"/></v:shape></w:pict></w:r>",
            n = u8::from(numbered) + 1
        );
    }
    xml.push_str("</w:p></w:hdr>");
    xml
}

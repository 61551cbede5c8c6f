//! A few documents that the plans of Sao Mai cite.

use registers::Data;
use store::Result;
use web::DemoContext;
use web::demo::{t, yes};

/// Fills the library.
pub fn sow(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let list = [
        ("116/2025/QH15", "2025-12-10", "law", "Luật An ninh mạng", "Quốc hội", "2026-07-01"),
        ("515/QĐ-TTg", "2026-03-30", "decision", "Phê duyệt Đề án nâng cao năng lực lực lượng bảo vệ an ninh mạng", "Thủ tướng Chính phủ", "2026-03-30"),
        ("331/2026/NĐ-CP", "2026-08-19", "decree", "Bảo vệ an ninh hệ thống thông tin theo cấp độ", "Chính phủ", "2026-08-19"),
    ];
    for (number, issued, kind, title, issuer, effective) in list {
        let id = cx.put(
            "document",
            &[("number", t(number)), ("issued_on", t(issued)), ("kind", t(kind)), ("title", t(title)), ("issuer_name", t(issuer)), ("effective_on", t(effective)), ("verified", yes(false)), ("note", Data::Text("Chưa đối chiếu Công báo.".into()))],
        )?;
        cx.advance("document", &id, &["issue"], &[])?;
    }
    Ok(())
}

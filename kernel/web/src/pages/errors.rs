//! Designed error pages: what happened, whether anything was saved, what to do.

use axum::http::StatusCode;
use axum::response::Response;
use maud::html;
use store::Error;

use crate::ctx::{Ctx, Look};
use crate::english;
use crate::i18n::{L, Lang};
use crate::shell::Page;

/// Title, what to do.
fn words(status: StatusCode) -> (L, L) {
    match status.as_u16() {
        400 => (
            L("Không đọc được yêu cầu", "The request cannot be read"),
            L("Quay lại trang trước, tải lại rồi làm lần nữa.", "Go back, reload the page and try again."),
        ),
        403 => (
            L("Bạn không có quyền làm việc này", "You may not do this"),
            L(
                "Nếu công việc cần quyền này, hãy báo người quản trị tài khoản của cơ quan bạn.",
                "If your work needs it, ask the person who manages accounts in your agency.",
            ),
        ),
        404 => (
            L("Không có trang này", "There is no such page"),
            L(
                "Địa chỉ sai, bản ghi đã bị rút, hoặc nằm ngoài phạm vi cơ quan bạn. Tìm lại từ danh sách sổ đăng ký.",
                "The address is wrong, the record was withdrawn, or it is outside your agency. Search from the list of registers.",
            ),
        ),
        405 => (
            L("Trang này không nhận cách gửi đó", "This page does not take that kind of request"),
            L("Mở lại trang từ trình đơn.", "Open the page from the menu."),
        ),
        409 | 412 => (
            L("Nội dung đã đổi từ lúc bạn mở trang", "This has changed since you opened the page"),
            L(
                "Chưa có gì bị ghi đè. Mở lại trang, xem nội dung mới nhất rồi làm tiếp nếu còn cần.",
                "Nothing was overwritten. Open the page again, see what is there now, and go on if it is still needed.",
            ),
        ),
        413 => (
            L("Tệp hoặc biểu mẫu quá lớn", "The file or form is too large"),
            L(
                "Chưa có gì được lưu. Chia tệp thành các phần nhỏ hơn rồi gửi từng phần.",
                "Nothing was saved. Split the file and send the parts.",
            ),
        ),
        415 => (
            L("Kiểu dữ liệu gửi lên không đúng", "This kind of data is not accepted"),
            L("Chọn lại tệp đúng loại ghi trên trang.", "Choose a file of the kind named on the page."),
        ),
        422 => (
            L("Nội dung chưa hợp lệ", "The content is not valid"),
            L("Quay lại và sửa những chỗ dưới đây.", "Go back and mend what is listed below."),
        ),
        429 => (L("Quá nhiều lần thử", "Too many attempts"), L("Chờ một phút rồi thử lại.", "Wait a minute and try again.")),
        503 => (
            L("Lá Chắn tạm thời không lưu hoặc không đọc được", "Lá Chắn cannot save or read at the moment"),
            L(
                "Việc đang làm chưa được lưu. Thử lại sau ít phút; nếu vẫn vậy, báo người vận hành máy chủ.",
                "What you were doing was not saved. Try again in a few minutes; if it stays so, tell whoever runs the server.",
            ),
        ),
        _ => (
            L("Có lỗi trong phần mềm", "Something went wrong in the software"),
            L(
                "Việc vừa làm có thể chưa được lưu. Thử lại; nếu vẫn vậy, báo người quản trị kèm giờ xảy ra.",
                "What you just did may not have been saved. Try again; if it stays so, tell the administrator the time it happened.",
            ),
        ),
    }
}

/// The error page. Details of our own defects never reach it.
/// `reader`: the person signed in, whose menu stands beside it.
pub fn page(look: &Look, reader: Option<&Ctx>, status: StatusCode, error: Option<&Error>) -> Response {
    let (title, todo) = words(status);
    let lang: Lang = look.lang;
    let message = match error {
        None | Some(Error::Internal(_) | Error::Invalid(_)) => String::new(),
        Some(e) => e.to_string(),
    };
    let list = if let Some(Error::Invalid(l)) = error { l.as_slice() } else { &[] };
    let page = Page::new(lang.l(title))
        .status(status)
        .narrow()
        .body(html! {
            h1 { (lang.l(title)) }
            @if !message.is_empty() { p { (english::said(&message, lang)) } }
            @if !list.is_empty() { ul { @for e in list { li { (english::said(&e.message, lang)) } } } }
            p { (lang.l(todo)) }
            p.row { a.btn.main href="/" { (lang.t("Về việc của tôi", "To my work")) } a.btn href="/registers" { (lang.t("Danh sách sổ đăng ký", "List of registers")) } }
            p.small.muted { (lang.t("Mã", "Code")) " " (status.as_u16()) }
        });
    match reader {
        Some(ctx) => page.respond(ctx),
        None => page.respond_bare(look),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look() -> Look {
        Look { lang: Lang::Vi, theme: "auto", csrf: "t".into(), here: "/".into(), flash: None, place: String::new() }
    }

    #[tokio::test]
    async fn a_defect_shows_no_details_and_nothing_is_inline() {
        let r = page(&look(), None, StatusCode::INTERNAL_SERVER_ERROR, Some(&Error::Internal("SELECT secret".into())));
        assert_eq!(r.status(), 500);
        let body = axum::body::to_bytes(r.into_body(), 1 << 20).await.unwrap();
        let s = String::from_utf8(body.to_vec()).unwrap();
        assert!(!s.contains("SELECT") && s.contains("Có lỗi trong phần mềm"), "{s}");
        assert!(!s.contains("style=") && !s.contains("<style") && !s.contains("onclick"), "{s}");
        assert_eq!(s.matches("<script").count(), 1);
        assert!(s.contains("<script type=\"module\" src=\"/assets/"));
    }
}

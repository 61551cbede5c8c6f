//! English of the sentences that say what is wrong. Errors are written once, in Vietnamese, where they arise; a page in English puts
//! them into English here, at the edge. `{}` stands for whatever the sentence names. What has no line here is shown as it is.

use std::borrow::Cow;

use crate::i18n::Lang;

/// Vietnamese, English; the holes come in the same order. A test looks for each in the sources, so that no line outlives its sentence.
const SENTENCES: &[(&str, &str)] = &[
    // values of a form
    ("chưa nhập; trường này bắt buộc.", "missing; this field is required."),
    ("giá trị đang bị che; gõ lại đầy đủ hoặc để nguyên.", "the value is masked; type all of it or leave it as it is."),
    ("trạng thái chỉ đổi bằng bước chuyển, không sửa trực tiếp.", "a state is changed by a step, not edited."),
    ("không thể là chính nó.", "cannot be the record itself."),
    ("ngày hết hiệu lực {} trước ngày bắt đầu {}; sửa một trong hai.", "ends on {}, before it begins on {}; change one of them."),
    (
        "không có bản ghi này trong sổ “{}”, hoặc nó ngoài phạm vi của bạn; chọn lại.",
        "there is no such record in “{}”, or it is outside your scope; choose again.",
    ),
    ("tạo thành vòng: bản ghi được chọn nằm bên dưới chính bản ghi này.", "makes a loop: the chosen record is below this one."),
    (
        "đã có “{}” với cùng {}; mở bản ghi đó để sửa thay vì thêm bản ghi mới.",
        "“{}” has the same {}; open and change that record instead of adding another.",
    ),
    ("đã có bản ghi khác với cùng {}; kiểm tra lại.", "another record has the same {}; check again."),
    ("dài {} ký tự, tối đa {}; rút gọn lại.", "has {} characters, {} at most; shorten it."),
    ("“{}” không rõ nghĩa; ghi “có” hoặc “không”.", "“{}” is not clear; write “có” (yes) or “không” (no)."),
    (
        "“{}” không phải số điện thoại; ghi như 0912 345 678 hoặc 0203.3835.678.",
        "“{}” is no telephone number; write 0912 345 678 or 0203.3835.678.",
    ),
    ("“{}” không phải địa chỉ thư; ghi như ten@coquan.gov.vn.", "“{}” is no e-mail address; write name@agency.gov.vn."),
    ("“{}” không phải địa chỉ trang; bắt đầu bằng https:// hoặc http://.", "“{}” is no web address; begin with https:// or http://."),
    ("“{}” không phải địa chỉ IP; ghi như 10.1.2.3 hoặc 2001:db8::1.", "“{}” is no IP address; write 10.1.2.3 or 2001:db8::1."),
    ("“{}” không phải dải mạng; ghi như 10.1.0.0/16.", "“{}” is no network range; write 10.1.0.0/16."),
    ("“{}” không phải tên miền; ghi như saomai.gov.vn.", "“{}” is no domain name; write saomai.gov.vn."),
    (
        "“{}” không phải toạ độ; ghi “vĩ độ,kinh độ”, ví dụ 21.03,105.85.",
        "“{}” is no position; write “latitude,longitude”, e.g. 21.03,105.85.",
    ),
    ("năm {} không hợp lệ; ghi bốn chữ số, từ 1900 đến 2200.", "year {} is not valid; write four digits, 1900 to 2200."),
    ("nhỏ hơn mức thấp nhất {}.", "is less than the least, {}."),
    ("vượt mức cao nhất {}.", "is more than the most, {}."),
    (
        "“{}” không phải là ngày hợp lệ: {}. Hãy ghi theo dạng ngày/tháng/năm, ví dụ 22/11/2026.",
        "“{}” is no valid date ({}). Write day/month/year, e.g. 22/11/2026.",
    ),
    ("tháng {} chỉ có {} ngày", "month {} has only {} days"),
    ("không đọc được ngày, tháng, năm", "day, month and year cannot be read"),
    ("năm phải có đủ bốn chữ số", "the year needs four digits"),
    ("năm phải từ 1900 đến 2199", "the year is 1900 to 2199"),
    ("tháng phải từ 1 đến 12", "the month is 1 to 12"),
    ("«{}» không phải ngày có thật. Viết ngày/tháng/năm, ví dụ {}.", "“{}” is no real day. Write day/month/year, e.g. {}."),
    ("“{}” có chữ lẫn với số. Chỉ ghi con số: {}.", "“{}” mixes words and figures. Write the figure only: {}."),
    ("“{}” không phải là số hợp lệ: {}. Ví dụ đúng: {}.", "“{}” is no valid number ({}). A right one: {}."),
    ("cần nhập trước khi “{}”.", "is needed before “{}”."),
    ("cần nhập khi bản ghi bắt đầu ở trạng thái “{}”.", "is needed when the record begins as “{}”."),
    ("Bước “{}” cần ghi lý do.", "The step “{}” needs a reason."),
    ("Ghi lý do rút bản ghi.", "Say why the record is withdrawn."),
    ("Ghi lý do xem thông tin cá nhân; lý do được lưu vào sổ cái.", "Say why you look at personal data; the reason is kept in the ledger."),
    (
        "“{}”: lớn hơn {} MB; nén ảnh, giảm độ phân giải bản quét hoặc tách tệp rồi gửi lại.",
        "“{}”: larger than {} MB; make it smaller or split it.",
    ),
    // accounts
    (
        "Tên đăng nhập gồm 2 đến 64 chữ cái không dấu, chữ số hoặc các dấu . _ - @ (không có khoảng trắng).",
        "A sign-in name has 2 to 64 plain letters, digits or . _ - @, without spaces.",
    ),
    ("Hãy ghi họ tên hoặc tên hiển thị (nhiều nhất 200 ký tự).", "Write a name of 200 characters at most."),
    ("Thư điện tử có dạng ten@tenmien.vn.", "An e-mail address looks like name@domain.vn."),
    ("Tên đăng nhập “{}” đã có. Hãy chọn tên khác.", "The sign-in name “{}” is taken. Choose another."),
    ("Chọn vai trò.", "Choose the role."),
    (
        "Chọn cơ quan, hoặc nói rõ là toàn hệ thống: để trống không có nghĩa là toàn hệ thống.",
        "Choose the agency, or say that it is the whole instance: nothing said does not mean that.",
    ),
    ("Đánh dấu xác nhận: vai trò này sẽ có hiệu lực với mọi cơ quan.", "Tick to confirm: this role will hold for every agency."),
    ("Không có tài khoản này.", "There is no such account."),
    ("Tài khoản này ngoài phạm vi bạn quản lý.", "This account is outside what you manage."),
    (
        "Tài khoản vừa được người khác sửa. Hãy tải lại trang rồi sửa lại.",
        "Somebody else has just changed the account. Reload the page and change it again.",
    ),
    // not there, not allowed, changed meanwhile
    ("Không có bản ghi này trong sổ “{}”, hoặc nó ngoài phạm vi của bạn.", "There is no such record in “{}”, or it is outside your scope."),
    ("Bản ghi không có tệp này.", "The record has no such file."),
    (
        "Tài khoản của bạn không có quyền này ({}). Liên hệ quản trị viên của cơ quan thường trực.",
        "Your account does not have this right ({}). Ask the administrator of the standing agency.",
    ),
    ("Bạn không có quyền tải bảng này về.", "You may not take this table away."),
    ("Vai trò của bạn không thực hiện được bước “{}”.", "Your role may not take the step “{}”."),
    (
        "Bước “{}” phải do người khác với người đã trình hoặc sửa bản ghi thực hiện.",
        "The step “{}” must be taken by another person than who submitted or changed the record.",
    ),
    ("Bước “{}” không sửa trường “{}”.", "The step “{}” does not change the field “{}”."),
    (
        "“{}” là thông tin cá nhân; lọc hay sắp xếp theo nó cần quyền xem đầy đủ.",
        "“{}” is personal data; filtering or sorting by it needs the right to see it in full.",
    ),
    (
        "Bản ghi đã được {} sửa lúc {}. Mở lại bản ghi để xem thay đổi, rồi sửa tiếp.",
        "The record was changed by {} on {}. Open it again to see the change, then go on.",
    ),
    (
        "Chính bạn đã sửa bản ghi này lúc {}. Mở lại bản ghi để xem, rồi sửa tiếp nếu còn cần.",
        "You changed this record yourself on {}. Open it again, and go on if it is still needed.",
    ),
    ("Bản ghi đang ở trạng thái “{}”, không “{}” được.", "The record is “{}”; “{}” is not possible from there."),
    (
        "Còn bản ghi trong sổ “{}” trỏ tới bản ghi này. Sửa hoặc rút các bản ghi đó trước.",
        "Records in “{}” still point to this one. Change or withdraw them first.",
    ),
    (
        "Bạn đã nộp việc này lúc {} ngày {}; việc đang chờ duyệt, không cần nộp lại.",
        "You handed this in at {} on {}; it waits for approval and need not be handed in again.",
    ),
    (
        "Một người cùng cơ quan đã nộp việc này lúc {} ngày {}; việc đang chờ duyệt, không cần nộp lại.",
        "Somebody of your agency handed this in at {} on {}; it waits for approval and need not be handed in again.",
    ),
    ("Ghi đã làm gì, hoặc đính kèm tệp.", "Say what was done, or attach a file."),
    ("Ghi đã làm gì, hoặc đính kèm tệp minh chứng, rồi nộp.", "Say what was done, or attach evidence, then hand in."),
    // rows of an import
    ("ô có lỗi {}", "the cell has the error {}"),
    ("Sửa công thức hoặc gõ giá trị.", "Mend the formula or type the value."),
    ("“{}” không phải Có hoặc Không", "“{}” is neither Có (yes) nor Không (no)"),
    ("Ghi Có hoặc Không.", "Write Có (yes) or Không (no)."),
    ("“{}” không dùng được vào ngày {}", "“{}” cannot be used on {}"),
    ("Có phải là “{}”? Nếu chưa có thì thêm vào sổ trước.", "Did you mean “{}”? If it is new, add it to the register first."),
    ("Có phải là “{}”?", "Did you mean “{}”?"),
    ("Chọn một trong: {}.", "Choose one of: {}."),
    ("Chọn trong danh sách của tệp mẫu, ví dụ: {}.", "Choose from the list of the template, e.g. {}."),
    ("“{}” không có trong danh sách", "“{}” is not in the list"),
    ("“{}” không có trong sổ “{}”", "“{}” is not in the register “{}”"),
    ("“{}” không có trong sổ “{}”.", "“{}” is not in the register “{}”."),
    ("Kiểm tra lại tên hoặc mã, hoặc thêm vào sổ trước.", "Check the name or code, or add it to the register first."),
    ("bạn không có quyền xem sổ “{}”", "you may not read the register “{}”"),
    ("trùng hồ sơ với dòng {} của tệp", "the same record as row {} of the file"),
    ("trùng với dòng {} của tệp", "the same as row {} of the file"),
    ("Xóa một trong hai dòng, hoặc xóa mã hồ sơ để thêm hồ sơ mới.", "Delete one of the two rows, or the record id to add another record."),
    (
        "Xóa một trong hai dòng, hoặc thêm cột mã để phân biệt.",
        "Delete one of the two rows, or add a column with a code to tell them apart.",
    ),
    ("Cột {}: có dữ liệu nhưng không có tiêu đề, bị bỏ qua.", "Column {}: has data but no heading, and is left out."),
    (
        "{} dòng có lỗi nên cả tệp không được nhập. Sửa các dòng lỗi rồi nhập lại.",
        "{} rows have errors, so nothing of the file was imported. Mend them and import again.",
    ),
    // plans
    ("Nhập ngày ban hành kế hoạch.", "Give the day the plan was issued."),
    ("Nhập tên kế hoạch.", "Give the plan its name."),
    ("Chọn cơ quan ban hành kế hoạch trong sổ cơ quan.", "Choose the issuing agency in the register of agencies."),
    (
        "Kế hoạch này không còn là dự thảo, không đưa vào thực hiện lần nữa.",
        "This plan is no draft any more and cannot be put in force again.",
    ),
];

/// What stands in the holes when `message` is a sentence of this kind.
fn holes<'m>(pattern: &str, message: &'m str) -> Option<Vec<&'m str>> {
    let mut parts = pattern.split("{}");
    let mut rest = message.strip_prefix(parts.next()?)?;
    let mut found = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        // the last words must end the sentence
        let at =
            if parts.peek().is_none() { rest.len().checked_sub(part.len()).filter(|_| rest.ends_with(part)) } else { rest.find(part) }?;
        found.push(&rest[..at]);
        rest = &rest[at + part.len()..];
    }
    rest.is_empty().then_some(found)
}

fn known(message: &str) -> Option<String> {
    SENTENCES.iter().find_map(|(vi, en)| {
        let mut found = holes(vi, message)?.into_iter();
        let mut parts = en.split("{}");
        let first = parts.next().unwrap_or_default().to_owned();
        // a reason inside a sentence is a sentence of the table too
        let mut hole = || found.next().map(|h| known(h).unwrap_or_else(|| h.to_owned())).unwrap_or_default();
        Some(parts.fold(first, |said, part| said + &hole() + part))
    })
}

/// A message in the language of the page. The name of a field in front of it stays.
pub fn said(message: &str, lang: Lang) -> Cow<'_, str> {
    if lang == Lang::Vi {
        return Cow::Borrowed(message);
    }
    if let Some(english) = known(message) {
        return Cow::Owned(english);
    }
    match message.split_once(": ") {
        Some((label, rest)) => known(rest).map_or(Cow::Borrowed(message), |english| Cow::Owned(format!("{label}: {english}"))),
        None => Cow::Borrowed(message),
    }
}

/// The same beside the label of its field: the field is not named again.
pub fn beside<'m>(message: &'m str, label: &str, lang: Lang) -> Cow<'m, str> {
    if let Some(bare) = message.strip_prefix(label).and_then(|m| m.strip_prefix(": ")) {
        return said(bare, lang);
    }
    match message.split_once(": ") {
        // the kernel names the field in Vietnamese
        Some((_, rest)) if lang == Lang::En => known(message).or_else(|| known(rest)).map_or(Cow::Borrowed(message), Cow::Owned),
        _ => said(message, lang),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_keep_what_they_name() {
        let en = |m: &str| said(m, Lang::En).into_owned();
        assert_eq!(en("Tên chính thức: chưa nhập; trường này bắt buộc."), "Tên chính thức: missing; this field is required.");
        assert_eq!(
            beside("Tên chính thức: chưa nhập; trường này bắt buộc.", "Official name", Lang::En),
            "missing; this field is required."
        );
        assert_eq!(
            en("Bản ghi đã được canbo sửa lúc 22/11/2026 08:00. Mở lại bản ghi để xem thay đổi, rồi sửa tiếp."),
            "The record was changed by canbo on 22/11/2026 08:00. Open it again to see the change, then go on."
        );
        assert_eq!(
            en("Ngày: “31/02” không phải là ngày hợp lệ: tháng 2 chỉ có 28 ngày. Hãy ghi theo dạng ngày/tháng/năm, ví dụ 22/11/2026."),
            "Ngày: “31/02” is no valid date (month 2 has only 28 days). Write day/month/year, e.g. 22/11/2026."
        );
        assert_eq!(en("Câu này chưa có trong bảng."), "Câu này chưa có trong bảng.", "shown as it is");
        assert_eq!(said("Chọn vai trò.", Lang::Vi), "Chọn vai trò.");
    }

    #[test]
    fn each_line_has_as_many_holes_on_both_sides_and_stands_once() {
        let mut seen = std::collections::BTreeSet::new();
        for (vi, en) in SENTENCES {
            assert_eq!(vi.matches("{}").count(), en.matches("{}").count(), "{vi}");
            assert!(seen.insert(vi), "twice: {vi}");
            // an earlier line must not take the sentence of a later one
            let filled = vi.replace("{}", "x");
            let first = SENTENCES.iter().find(|(p, _)| holes(p, &filled).is_some()).map(|(p, _)| p);
            assert_eq!(first, Some(vi), "taken by another");
        }
    }

    /// Source files of the workspace, without this one.
    fn sources(dir: &std::path::Path, all: &mut String) {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("target") {
                sources(&path, all);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("english.rs") {
                all.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }

    #[test]
    fn no_line_outlives_its_sentence() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut all = String::new();
        ["engines", "kernel", "modules"].iter().for_each(|d| sources(&root.join(d), &mut all));
        for (vi, _) in SENTENCES {
            // quotation marks around a hole may stand in another text of the source
            for part in
                vi.split("{}").map(|p| p.trim_matches(['“', '”', ' '])).filter(|p| p.chars().filter(|c| c.is_alphabetic()).count() > 3)
            {
                assert!(all.contains(part), "no source says “{part}” any more: {vi}");
            }
        }
    }
}

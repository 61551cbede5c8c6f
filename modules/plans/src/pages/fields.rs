//! The lists of a reading that a person can correct, and the fields of their items.

use serde_json::{Value, json};
use web::L;

/// How a field is put in, and how its JSON looks.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// Text on one line.
    Line,
    /// Text.
    Area,
    /// List of texts, one a line.
    Lines,
    /// ISO day.
    Day,
    /// Number.
    Number,
    /// One of few: stored value and label.
    Choice(&'static [(&'static str, &'static str)]),
    /// List of `{agency, scope}`, one a line: "agency: scope".
    Scopes,
    /// [`Schedule`]: several inputs, see [`super::timing`].
    Schedule,
}

/// One field of a part.
pub struct Field {
    /// Name in the form and in the reading's JSON.
    pub name: &'static str,
    /// Label.
    pub label: L,
    /// How it is put in.
    pub kind: Kind,
    /// Must be filled.
    pub required: bool,
    /// Help under the label.
    pub help: L,
}

/// One list of the reading.
pub struct List {
    /// Word in addresses and in [`Draft::dropped`].
    pub id: &'static str,
    /// What one item is called.
    pub one: L,
    /// Words of the link that adds one.
    pub add: L,
    /// An item without content: says which fields may be null.
    pub blank: fn() -> Value,
    pub fields: &'static [Field],
}

const fn f(name: &'static str, vi: &'static str, en: &'static str, kind: Kind) -> Field {
    Field { name, label: L(vi, en), kind, required: false, help: L("", "") }
}
const fn must(mut of: Field) -> Field {
    of.required = true;
    of
}
const fn help(mut of: Field, vi: &'static str, en: &'static str) -> Field {
    of.help = L(vi, en);
    of
}

const COMPARATORS: &[(&str, &str)] = &[(">=", "≥"), (">", ">"), ("<=", "≤"), ("<", "<"), ("=", "=")];
const MARKS: &[(&str, &str)] = &[("b/c", "b/c"), ("t/h", "t/h"), ("đ/b", "đ/b"), ("p/h", "p/h")];
const ONE_A_LINE: (&str, &str) = ("Mỗi dòng một tên, đúng như văn bản.", "One name a line, as written.");

/// Every list a person can correct.
pub const LISTS: &[List] = &[
    List {
        id: "task",
        one: L("Nhiệm vụ", "Task"),
        add: L("Thêm nhiệm vụ", "Add a task"),
        blank: || json!(plan_reader::Task::default()),
        fields: &[
            help(f("section", "Mục", "Section", Kind::Line), "Số của mục, ví dụ II.", "Ordinal of the section, such as II."),
            f("no", "Số thứ tự", "Number", Kind::Line),
            must(f("text", "Nội dung", "Text", Kind::Area)),
            help(f("lead", "Chủ trì", "Lead", Kind::Lines), ONE_A_LINE.0, ONE_A_LINE.1),
            help(f("coordinating", "Phối hợp", "Coordinating", Kind::Lines), ONE_A_LINE.0, ONE_A_LINE.1),
            f("product", "Sản phẩm", "Product", Kind::Line),
            help(
                f("time", "Thời gian, như văn bản viết", "Time, as written", Kind::Line),
                "Ví dụ: Quý IV/2026; Hằng năm; Trước 30/6/2027; 2026 - 2027 (khi Trung ương ban hành).",
                "For instance: Quý IV/2026; Hằng năm.",
            ),
            f("schedule", "Lịch thực hiện", "Schedule", Kind::Schedule),
            help(
                f("scopes", "Phạm vi riêng của từng cơ quan", "Scope of single agencies", Kind::Scopes),
                "Mỗi dòng: tên cơ quan: phạm vi.",
                "One a line: agency: scope.",
            ),
            help(f("notes", "Ghi chú", "Notes", Kind::Lines), "Mỗi dòng một ghi chú.", "One note a line."),
        ],
    },
    List {
        id: "objective",
        one: L("Mục tiêu", "Objective"),
        add: L("Thêm mục tiêu", "Add an objective"),
        blank: || json!({ "section": null, "text": "", "horizon": null, "line": 0, "values": [] }),
        fields: &[
            f("section", "Mục", "Section", Kind::Line),
            help(
                must(f("text", "Nội dung", "Text", Kind::Area)),
                "Sửa nội dung thì con số được đọc lại, trừ con số đã sửa bằng tay.",
                "Editing the text reads the numbers anew, except those edited by hand.",
            ),
            f("horizon", "Đến ngày", "Until", Kind::Day),
        ],
    },
    List {
        id: "value",
        one: L("Chỉ tiêu", "Target"),
        add: L("Thêm chỉ tiêu", "Add a target"),
        blank: || json!({ "comparator": ">=", "value": null, "upper": null, "unit": "%", "text": "" }),
        fields: &[
            must(f("comparator", "Phép so sánh", "Comparator", Kind::Choice(COMPARATORS))),
            must(f("value", "Giá trị", "Value", Kind::Number)),
            help(
                f("upper", "Đến (khi là một khoảng)", "Upper bound of a range", Kind::Number),
                "Ví dụ 80-90%: 80 và 90.",
                "80-90%: 80 and 90.",
            ),
            help(must(f("unit", "Đơn vị", "Unit", Kind::Line)), "Ví dụ: %, chuyên gia, lần/năm.", "For instance: %, lần/năm."),
            help(f("text", "Nội dung", "Text", Kind::Area), "Để trống: lấy toàn văn mục tiêu.", "Empty: the whole objective."),
        ],
    },
    List {
        id: "assignment",
        one: L("Phân công", "Assignment"),
        add: L("Thêm phân công", "Add an assignment"),
        blank: || json!(plan_reader::Assignment::default()),
        fields: &[
            help(must(f("agencies", "Cơ quan", "Agencies", Kind::Lines)), ONE_A_LINE.0, ONE_A_LINE.1),
            help(must(f("duties", "Việc được giao", "Duties", Kind::Lines)), "Mỗi dòng một việc.", "One duty a line."),
        ],
    },
    List {
        id: "recipient",
        one: L("Nơi nhận", "Recipient"),
        add: L("Thêm nơi nhận", "Add a recipient"),
        blank: || json!({ "name": "", "mark": null }),
        fields: &[must(f("name", "Tên", "Name", Kind::Line)), f("mark", "Ký hiệu", "Mark", Kind::Choice(MARKS))],
    },
    List {
        id: "base",
        one: L("Căn cứ", "Legal basis"),
        add: L("Thêm căn cứ", "Add a basis"),
        blank: || json!({ "number": null, "date": null, "line": 0 }),
        fields: &[
            help(must(f("number", "Số văn bản", "Number", Kind::Line)), "Ví dụ 515/QĐ-TTg.", "Such as 515/QĐ-TTg."),
            f("date", "Ngày ban hành", "Date", Kind::Day),
        ],
    },
    List { id: "section", one: L("Mục", "Section"), add: L("Thêm mục", "Add a section"), blank: section, fields: SECTION },
    List {
        id: "row",
        one: L("Mục của bảng nhiệm vụ", "Section of the task table"),
        add: L("Thêm mục của bảng", "Add a section of the table"),
        blank: section,
        fields: SECTION,
    },
];

const SECTION: &[Field] = &[f("ordinal", "Số mục", "Ordinal", Kind::Line), must(f("title", "Tên mục", "Title", Kind::Line))];
fn section() -> Value {
    json!({ "ordinal": "", "title": "", "line": 0 })
}

/// The list of this word.
pub fn list(id: &str) -> Option<&'static List> {
    LISTS.iter().find(|l| l.id == id)
}

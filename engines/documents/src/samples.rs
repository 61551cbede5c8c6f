//! Documents of the province Sao Mai that the tests write and read back.
use crate::doc::{
    Align, Annex, Block, Document, Figure, Head, Instead, Recipient, Row, Signature, Table, TableCell, TableColumn, Text, Urgency,
};

const PLAN: &str = "“Nâng cao năng lực bảo đảm an ninh mạng trên địa bàn tỉnh”";

/// Progress of a plan: body with table and figure, annex of targets, annex of 300 communes lying.
pub(crate) fn report() -> Document {
    Document {
        head: Head {
            superior: "Ủy ban nhân dân\ntỉnh Sao Mai".into(),
            agency: "Công an tỉnh".into(),
            number: Some(7),
            symbol: "BC-CAT-ANM".into(),
            place: "Sao Mai".into(),
            date: "2026-12-04".into(),
            kind: "Báo cáo".into(),
            subject: format!("Kết quả năm 2026 thực hiện Kế hoạch {PLAN}"),
            addressees: vec!["Ủy ban nhân dân tỉnh Sao Mai".into()],
            ..Head::default()
        },
        blocks: report_body(),
        recipients: vec![
            Recipient::new("Như trên", ""),
            Recipient::new("Cục An ninh mạng và phòng, chống tội phạm sử dụng công nghệ cao, Bộ Công an", "để b/c"),
            Recipient::new("Đồng chí Giám đốc", "để b/c"),
            Recipient::new("Các sở, ban, ngành cấp tỉnh; UBND các xã, phường", "để biết"),
        ],
        archive: "VT, ANM (LTH)".into(),
        signature: Some(Signature {
            instead: Some(Instead::Deputy("Giám đốc".into())),
            title: "Phó Giám đốc".into(),
            name: "Đại tá Trần Thị Ngọc Ánh".into(),
            ..Signature::default()
        }),
        annexes: vec![
            Annex { title: "Kết quả thực hiện các chỉ tiêu".into(), landscape: false, blocks: vec![Block::Table(targets())] },
            Annex {
                title: "Kết quả thực hiện tại các xã, phường".into(), landscape: true, blocks: vec![Block::Table(communes(300))]
            },
        ],
        ..Document::default()
    }
}

/// The report with an annex of so many communes.
pub(crate) fn long(communes: i64) -> Document {
    let mut d = report();
    d.annexes[1].blocks = vec![Block::Table(self::communes(communes))];
    d
}

fn report_body() -> Vec<Block> {
    vec![
        Block::paragraph(format!(
            "Thực hiện Kế hoạch số 15/KH-UBND ngày 05 tháng 3 năm 2026 của Ủy ban nhân dân tỉnh Sao Mai về việc triển khai Đề án {PLAN}, Công an tỉnh báo cáo kết quả năm 2026 như sau:"
        )),
        Block::heading(1, "Kết quả thực hiện"),
        Block::heading(2, "Công tác chỉ đạo, tổ chức thực hiện"),
        Block::paragraph(
            Text::plain("Đến ngày 30/11/2026, ")
                .bold("297/312")
                .then(" cơ quan, đơn vị, địa phương đã nộp báo cáo (đạt ")
                .bold("95,2 %")
                .then("); 15 đơn vị chưa nộp, trong đó 11 đơn vị đã được đôn đốc bằng văn bản. Các đơn vị đã ban hành kế hoạch thực hiện, phân công đầu mối và công bố địa chỉ tiếp nhận thông tin sự cố."),
        ),
        Block::heading(2, "Kết quả theo nhóm nhiệm vụ"),
        Block::heading(3, "Đào tạo, bồi dưỡng nguồn nhân lực"),
        Block::list([
            "Tổ chức 12 lớp tập huấn kỹ năng cơ bản cho 5.001 lượt cán bộ, công chức, viên chức; 4.156 người hoàn thành, đạt 83,1 %;",
            "Cử 46 cán bộ chuyên trách tham gia bồi dưỡng chuyên sâu; 31 người được cấp chứng chỉ;",
            "Diễn tập ứng cứu sự cố cấp tỉnh 01 cuộc với 24 đội tham gia.",
        ]),
        Block::heading(3, "Bảo đảm an ninh hệ thống thông tin theo cấp độ"),
        Block::paragraph("Toàn tỉnh có 187 hệ thống thông tin; 152 hệ thống đã được phê duyệt hồ sơ cấp độ, đạt 81,3 %. Kinh phí thực hiện được tổng hợp tại bảng dưới đây; kết quả từng chỉ tiêu tại Phụ lục I, kết quả của từng xã, phường tại Phụ lục II kèm theo."),
        Block::Table(money()),
        Block::Figure(Figure {
            svg: chart(),
            alt: "Biểu đồ cột: tỷ lệ cán bộ được tập huấn theo quý năm 2026, từ 21,4 % đến 83,1 %".into(),
            caption: "Tỷ lệ cán bộ, công chức, viên chức được tập huấn theo quý năm 2026".into(),
            width: 120.0,
        }),
        Block::Figure(Figure {
            svg: MAP.into(),
            alt: "Bản đồ 6 cụm xã của tỉnh Sao Mai: ba cụm đạt, hai cụm chưa đạt, một cụm chưa có dữ liệu".into(),
            caption: "Kết quả phê duyệt hồ sơ cấp độ theo cụm xã".into(),
            width: 90.0,
        }),
        Block::heading(1, "Tồn tại, hạn chế và nguyên nhân"),
        Block::item(2, "Một số xã chưa bố trí được cán bộ phụ trách công nghệ thông tin, dẫn đến chậm lập hồ sơ cấp độ cho hệ thống thông tin một cửa; việc rà soát thiết bị còn thủ công, số liệu giữa các lần báo cáo chưa thống nhất."),
        Block::item(2, "Nguyên nhân:"),
        Block::item(3, "Nguồn kinh phí được phân bổ muộn, sau ngày 30/6/2026;"),
        Block::item(3, "Đội ngũ cán bộ chuyên trách còn mỏng, kiêm nhiệm nhiều việc."),
        Block::heading(1, "Phương hướng, nhiệm vụ năm 2027"),
        Block::paragraph("Tiếp tục thực hiện các chỉ tiêu chưa đạt; hoàn thành phê duyệt hồ sơ cấp độ của 35 hệ thống còn lại trước ngày 30/6/2027; ưu tiên kinh phí cho giám sát tập trung và sao lưu dữ liệu của cấp xã. Công an tỉnh đề nghị Ủy ban nhân dân tỉnh chỉ đạo các đơn vị chưa nộp báo cáo khẩn trương hoàn thành."),
        Block::paragraph("Trên đây là kết quả năm 2026, Công an tỉnh kính báo cáo Ủy ban nhân dân tỉnh./."),
    ]
}

fn money() -> Table {
    let row = |name: &str, a: i64, b: i64| {
        #[expect(clippy::cast_precision_loss, reason = "small sums")]
        let share = b as f64 * 100.0 / a as f64;
        Row { cells: vec![name.into(), TableCell::integer(a), TableCell::integer(b), TableCell::decimal(share, 1)], bold: false }
    };
    Table {
        caption: "Kinh phí thực hiện năm 2026".into(),
        unit: "Đơn vị tính: triệu đồng".into(),
        columns: [4.0, 1.6, 1.6, 1.4].map(|w| TableColumn::new(w, Align::Left)).into(),
        header: vec![Row::new(["Nội dung", "Dự toán", "Thực hiện", "Tỷ lệ (%)"])],
        rows: vec![
            row("Đào tạo, bồi dưỡng, diễn tập", 4_250, 3_910),
            row("Giám sát, rà quét, ứng cứu sự cố", 12_600, 11_045),
            row("Tổng cộng", 16_850, 14_955).bold(),
        ],
    }
}

/// Two rows of headings, groups over all columns, a cell down two rows.
fn targets() -> Table {
    let one = |n: &str, name: &str, unit: &str, goal: f64, got: f64, verdict: &str| Row {
        cells: vec![
            TableCell::from(n).align(Align::Center),
            name.into(),
            unit.into(),
            TableCell::decimal(goal, 1),
            TableCell::decimal(got, 1),
            verdict.into(),
            "".into(),
        ],
        bold: false,
    };
    let group =
        |n: &str, name: &str| Row { cells: vec![TableCell::from(n).align(Align::Center), TableCell::from(name).over(6)], bold: true };
    let mut last = one("4", "Hệ thống thông tin cấp độ 3 trở lên được giám sát tập trung", "%", 100.0, 66.7, "Chưa đạt");
    last.cells[6] = TableCell::from("Hai hệ thống đang đầu tư, hoàn thành trong quý II/2027").down(2);
    let mut after = one("5", "Hệ thống thông tin được sao lưu dữ liệu định kỳ", "%", 90.0, 71.1, "Chưa đạt");
    after.cells.pop();
    Table {
        columns: [
            (0.7, Align::Center),
            (4.6, Align::Left),
            (0.9, Align::Center),
            (1.2, Align::Right),
            (1.2, Align::Right),
            (1.3, Align::Center),
            (2.2, Align::Left),
        ]
        .map(|(w, a)| TableColumn::new(w, a))
        .into(),
        header: vec![
            Row::new([
                TableCell::from("TT").down(2),
                TableCell::from("Chỉ tiêu").down(2),
                TableCell::from("Đơn vị").down(2),
                TableCell::from("Năm 2026").over(2),
                TableCell::from("Đánh giá").down(2),
                TableCell::from("Ghi chú").down(2),
            ]),
            Row::new(["Mục tiêu", "Kết quả"]),
        ],
        rows: vec![
            group("I", "Nguồn nhân lực"),
            one("1", "Cán bộ, công chức, viên chức được tập huấn kỹ năng cơ bản về bảo vệ an ninh mạng", "%", 80.0, 83.1, "Đạt"),
            one("2", "Cơ quan, đơn vị có đầu mối phụ trách an ninh mạng", "%", 100.0, 98.4, "Chưa đạt"),
            group("II", "Hệ thống thông tin"),
            one("3", "Hệ thống thông tin được phê duyệt hồ sơ cấp độ", "%", 80.0, 81.3, "Đạt"),
            last,
            after,
        ],
        ..Table::default()
    }
}

/// So many communes.
fn communes(n: i64) -> Table {
    const NAMES: [&str; 12] = [
        "An Bình",
        "Đức Ngọc",
        "Thuận Thiện",
        "Hữu Lễ",
        "Yên Trạch",
        "Phú Ưng",
        "Quỳnh Lưu Đông",
        "Tân Kỳ",
        "Ký Phú",
        "Bằng Vĩ",
        "Sơn Dưỡng",
        "Mỹ Xuyên",
    ];
    let rows = (0..n).map(|i| {
        let at = usize::try_from(i).unwrap_or(0);
        let (kind, name) = (if i % 7 == 0 { "Phường" } else { "Xã" }, NAMES[at % NAMES.len()]);
        let (staff, trained) = (20 + i % 37, 12 + i % 37 * 2 / 3 + i % 8);
        #[expect(clippy::cast_precision_loss, reason = "small counts")]
        let share = trained as f64 * 100.0 / staff as f64;
        let note = if i % 23 == 0 {
            "Chưa nộp báo cáo quý IV; đã đôn đốc tại Công văn số 412/CAT-ANM ngày 20/11/2026"
        } else {
            ""
        };
        Row::new([
            TableCell::integer(i + 1).align(Align::Center),
            format!("{kind} {name} {}", i / 12 + 1).into(),
            TableCell::integer(staff),
            TableCell::integer(trained),
            TableCell::decimal(share, 1),
            TableCell::integer(1 + i % 4),
            if i % 5 == 0 { "Chưa đạt" } else { "Đạt" }.into(),
            note.into(),
        ])
    });
    Table {
        columns: [
            (0.8, Align::Center),
            (3.2, Align::Left),
            (1.4, Align::Right),
            (1.4, Align::Right),
            (1.2, Align::Right),
            (1.4, Align::Right),
            (1.4, Align::Center),
            (4.0, Align::Left),
        ]
        .map(|(w, a)| TableColumn::new(w, a))
        .into(),
        header: vec![Row::new([
            "TT",
            "Xã, phường",
            "Số cán bộ, công chức",
            "Đã được tập huấn",
            "Tỷ lệ (%)",
            "Hệ thống thông tin",
            "Đánh giá",
            "Ghi chú",
        ])],
        rows: rows.collect(),
        ..Table::default()
    }
}

/// Four bars with their numbers.
fn chart() -> String {
    use std::fmt::Write as _;
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 480 220\" width=\"480\" height=\"220\" font-family=\"system-ui, sans-serif\" font-size=\"15\" text-anchor=\"middle\">",
    );
    for (i, (label, value)) in [("Quý I", 21.4_f64), ("Quý II", 48.0), ("Quý III", 69.5), ("Quý IV", 83.1)].into_iter().enumerate() {
        let x = 70 + 115 * i;
        let top = 180.0 - value * 1.6;
        let number = text::decimal_vi(value, 1);
        let _ = write!(
            svg,
            "<rect x=\"{}\" y=\"{top}\" width=\"60\" height=\"{}\" fill=\"#0f5e63\"/><text x=\"{x}\" y=\"{}\">{number} %</text><text x=\"{x}\" y=\"202\">{label}</text>",
            x - 30,
            value * 1.6,
            top - 6.0
        );
    }
    svg.push_str("<line x1=\"20\" y1=\"180\" x2=\"470\" y2=\"180\" stroke=\"#222\"/></svg>");
    svg
}

/// Six parts of a province with classes, a hatching and a link to nowhere, as a page would have them.
const MAP: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 300 170">
<style>.m{fill:#2e7d4f}.u{fill:#b3372f}.n{fill:url(#hatch)}path{stroke:#fff;stroke-width:2}text{font:12px sans-serif;text-anchor:middle}.w{fill:#fff}</style>
<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#eee"/><path d="M0 0V6" style="stroke:#666"/></pattern></defs>
<path class="m" d="M10 20 90 8 110 70 30 84z"/><path class="m" d="M90 8 190 14 200 60 110 70z"/><path class="u" d="M190 14 285 30 270 84 200 60z"/>
<path class="n" d="M30 84 110 70 120 140 40 160z"/><path class="u" d="M110 70 200 60 215 130 120 140z"/><path class="m" d="M200 60 270 84 280 150 215 130z"/>
<text class="w" x="60" y="50">An Bình</text><text class="w" x="148" y="42">Đức Ngọc</text><text class="w" x="235" y="50">Hữu Lễ</text>
<text x="75" y="118">Tân Kỳ</text><text class="w" x="160" y="104">Sơn Dưỡng</text><text class="w" x="242" y="108">Ký Phú</text>
<image xlink:href="/etc/passwd" width="5" height="5"/></svg>"##;

/// A letter that reminds, with a mark of urgency.
pub(crate) fn letter() -> Document {
    Document {
        head: Head {
            superior: "Ủy ban nhân dân\ntỉnh Sao Mai".into(),
            agency: "Công an tỉnh".into(),
            number: Some(412),
            symbol: "CAT-ANM".into(),
            place: "Sao Mai".into(),
            date: "2026-11-20".into(),
            subject: "đôn đốc báo cáo kết quả thực hiện Kế hoạch số 15/KH-UBND".into(),
            addressees: vec![
                "Sở Y tế".into(),
                "Sở Giáo dục và Đào tạo".into(),
                "Ủy ban nhân dân các xã: An Bình, Đức Ngọc, Thuận Thiện".into(),
            ],
            urgency: Some(Urgency::Express),
            ..Head::default()
        },
        blocks: vec![
            Block::paragraph(
                "Thực hiện Kế hoạch số 15/KH-UBND ngày 05 tháng 3 năm 2026 của Ủy ban nhân dân tỉnh Sao Mai, các cơ quan, đơn vị, địa phương gửi báo cáo kết quả năm 2026 về Công an tỉnh trước ngày 05/12/2026.",
            ),
            Block::paragraph(
                "Đến hết ngày 19/11/2026, Công an tỉnh chưa nhận được báo cáo của quý cơ quan. Để kịp tổng hợp, báo cáo Ủy ban nhân dân tỉnh đúng hạn, Công an tỉnh đề nghị:",
            ),
            Block::item(2, "Khẩn trương rà soát số liệu, hoàn thành và gửi báo cáo trên Hệ thống Lá Chắn trước 17 giờ 00 ngày 28/11/2026."),
            Block::item(
                2,
                "Trường hợp có khó khăn, vướng mắc, phản ánh về Công an tỉnh (qua Phòng An ninh mạng và phòng, chống tội phạm sử dụng công nghệ cao) để được hướng dẫn.",
            ),
            Block::paragraph("Đề nghị các cơ quan, đơn vị quan tâm thực hiện./."),
        ],
        recipients: vec![Recipient::new("Như trên", ""), Recipient::new("UBND tỉnh", "để b/c"), Recipient::new("Đ/c Giám đốc", "để b/c")],
        archive: "VT, ANM".into(),
        signature: Some(Signature {
            instead: Some(Instead::ByOrder("Giám đốc".into())),
            title: "Trưởng phòng An ninh mạng".into(),
            name: "Thượng tá Nguyễn Đức Thịnh".into(),
            ..Signature::default()
        }),
        ..Document::default()
    }
}

/// A decision that has no number yet.
pub(crate) fn decision() -> Document {
    Document {
        head: Head {
            agency: "Ủy ban nhân dân\ntỉnh Sao Mai".into(),
            symbol: "QĐ-UBND".into(),
            place: "Sao Mai".into(),
            date: "2026-12".into(),
            kind: "Quyết định".into(),
            subject: "Thành lập Đội ứng cứu sự cố an ninh mạng tỉnh Sao Mai".into(),
            authority: "Ủy ban nhân dân tỉnh Sao Mai".into(),
            ..Head::default()
        },
        blocks: vec![
            Block::Basis { text: "Căn cứ Luật Tổ chức chính quyền địa phương;".into() },
            Block::Basis { text: "Căn cứ Luật An ninh mạng số 116/2025/QH15;".into() },
            Block::Basis { text: "Theo đề nghị của Giám đốc Công an tỉnh tại Tờ trình số 88/TTr-CAT ngày 01 tháng 12 năm 2026.".into() },
            Block::Title { text: "Quyết định:".into() },
            Block::Article { text: "Thành lập Đội ứng cứu sự cố an ninh mạng tỉnh Sao Mai (sau đây gọi tắt là Đội ứng cứu), gồm các thành viên theo danh sách kèm theo.".into() },
            Block::Article { text: "Nhiệm vụ của Đội ứng cứu:".into() },
            Block::item(2, "Tiếp nhận, xử lý thông tin sự cố; điều phối ứng cứu trên địa bàn tỉnh:"),
            Block::item(3, "Trực 24 giờ trong ngày, 07 ngày trong tuần;"),
            Block::item(3, "Báo cáo Ủy ban nhân dân tỉnh ngay khi xảy ra sự cố nghiêm trọng."),
            Block::item(2, "Tổ chức diễn tập ít nhất 01 lần mỗi năm."),
            Block::Article { text: "Quyết định này có hiệu lực kể từ ngày ký.".into() },
            Block::Article { text: "Chánh Văn phòng Ủy ban nhân dân tỉnh, Giám đốc Công an tỉnh, Thủ trưởng các cơ quan, đơn vị liên quan và các thành viên Đội ứng cứu chịu trách nhiệm thi hành Quyết định này./.".into() },
        ],
        recipients: vec![
            Recipient::new("Như Điều 4", ""),
            Recipient::new("Bộ Công an", "để b/c"),
            Recipient::new("Thường trực Tỉnh ủy, Thường trực HĐND tỉnh", "để b/c"),
            Recipient::new("Chủ tịch, các PCT UBND tỉnh", ""),
        ],
        archive: "VT, NC".into(),
        signature: Some(Signature {
            collective: "Ủy ban nhân dân".into(),
            instead: Some(Instead::Deputy("Chủ tịch".into())),
            title: "Phó Chủ tịch".into(),
            ..Signature::default()
        }),
        draft: true,
        ..Document::default()
    }
}

/// What nobody would write: cells and lists longer than pages, widths that are no numbers, nothing at all.
pub(crate) fn odd() -> Document {
    let column = TableColumn { width: f32::NAN, ..TableColumn::default() };
    let cell = TableCell::from("một ô rất dài ".repeat(900)).over(9).down(9);
    let table = Table {
        columns: vec![column; 3],
        rows: vec![Row::new([cell]), Row::default(), Row::new(["a", "b", "c", "d"])],
        ..Table::default()
    };
    let long = "tờ trình ".repeat(3_000);
    Document {
        blocks: vec![
            Block::PageBreak,
            Block::Table(table),
            Block::Table(Table { columns: vec![column], ..Table::default() }),
            Block::paragraph(long),
            Block::PageBreak,
        ],
        recipients: vec![Recipient::new("Nơi nhận", "để biết"); 200],
        annexes: vec![Annex::default()],
        ..Document::default()
    }
}

//! Last year's campaign, filed on paper; this year's, half-way: some filed early, some wait for their head, one was returned.

use access::Actor;
use registers::{Filter, Op, Registry, actions};
use store::{Result, Tx};
use web::DemoContext;
use web::demo::{n, t};

use crate::report::{self, Written};
use crate::{all_where, campaign, is};

/// Fills both campaigns.
pub fn sow(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let year: i64 = cx.today.get(..4).and_then(|y| y.parse().ok()).unwrap_or(2026);
    last_year(cx, year - 1)?;
    this_year(cx, year)
}

fn call(cx: &mut DemoContext<'_, '_>, year: i64) -> Result<String> {
    let receiver = cx.kept("agency").into_iter().find(|a| a.word == "police").map(|a| a.id).unwrap_or_default();
    let opens = format!("{year}-10-15");
    let opens = if opens > cx.today { cx.days_ago(30) } else { opens };
    let id = cx.put(
        "report_campaign",
        &[
            ("name", t(&format!("Báo cáo năm {year}, trước ngày 05/12"))),
            ("template", t("annual")),
            ("year", n(year)),
            ("as_of", t(&format!("{year}-11-30"))),
            ("opens_on", t(&opens)),
            ("due_before", t(&format!("{year}-12-05"))),
            ("receiver", t(&receiver)),
        ],
    )?;
    let (reg, actor, today) = (cx.registry, cx.actor.clone(), cx.today.clone());
    campaign::open(cx.tx, reg, &actor, &id, 1, &today)?;
    Ok(id)
}

/// Came in on paper: a day of filing, no frozen figures.
fn last_year(cx: &mut DemoContext<'_, '_>, year: i64) -> Result<()> {
    let id = call(cx, year)?;
    for r in all_where(cx.tx, cx.registry, &cx.actor.clone(), "report_submission", vec![is("campaign", &id)])? {
        if cx.rng.chance(91) {
            let day = if cx.rng.chance(8) { 9 } else { 1 + cx.rng.below(4) };
            cx.advance("report_submission", &r.id, &["submit"], &[("submitted_on", t(&format!("{year}-12-{day:02}")))])?;
            cx.advance("report_submission", &r.id, &["receive"], &[])?;
        }
    }
    cx.advance("report_campaign", &id, &["close"], &[])
}

/// What agencies write; a handful of plain sentences.
const HIGHLIGHTS: &[&str] = &[
    "Đã ban hành quy chế bảo đảm an ninh mạng của cơ quan; cử cán bộ dự lớp tập huấn của tỉnh.",
    "Đã rà soát tài khoản quản trị, bật xác thực hai lớp cho hộp thư công vụ và phần mềm một cửa.",
    "Phối hợp Công an tỉnh kiểm tra đột xuất một lần; các điểm yếu nêu trong biên bản đã khắc phục xong.",
    "Tổ chức tuyên truyền phòng, chống lừa đảo trên mạng tại nhà văn hoá thôn, có phát tờ gấp.",
];
const DIFFICULTIES: &[&str] = &[
    "Không có.",
    "Cán bộ phụ trách kiêm nhiệm nhiều việc. Đề nghị tỉnh mở thêm lớp cơ bản vào quý I.",
    "Đường truyền và máy trạm cũ, chưa có kinh phí thay. Đề nghị bố trí trong dự toán năm sau.",
    "Chưa rõ cách xác định cấp độ của phần mềm dùng chung. Đề nghị có hướng dẫn.",
];

fn this_year(cx: &mut DemoContext<'_, '_>, year: i64) -> Result<()> {
    let id = call(cx, year)?;
    let reports = all_where(cx.tx, cx.registry, &cx.actor.clone(), "report_submission", vec![is("campaign", &id)])?;
    let of = reports.len();
    let mut contacts = std::collections::BTreeMap::new();
    for c in all_where(cx.tx, cx.registry, &cx.actor.clone(), "contact_point", vec![])? {
        contacts.insert(c.text("agency").unwrap_or_default().to_owned(), c.id);
    }
    for (i, r) in reports.iter().enumerate() {
        let name = r.link_title("agency").unwrap_or_default();
        // the two agencies of the demo accounts show the beginning and the middle of the way
        let fate = if name.ends_with("xã Bến Lau") {
            30
        } else if name == "Sở Y tế" {
            99
        } else {
            cx.rng.below(100)
        };
        // who writes a report says by it that the contact point still stands
        if let Some(c) = contacts.get(r.text("agency").unwrap_or_default()).filter(|_| fate < 45) {
            actions::confirm(cx.tx, cx.registry, &cx.actor, "contact_point", c)?;
        }
        match fate {
            0..18 => {
                write(cx, &r.id)?;
                step(cx, &r.id, "submit", None)?;
                match fate {
                    0..8 => step(cx, &r.id, "receive", None)?,
                    17 => step(cx, &r.id, "return", Some("Phần khó khăn chưa nêu đề nghị cụ thể; bổ sung rồi nộp lại."))?,
                    _ => {}
                }
            }
            18..32 => {
                write(cx, &r.id)?;
                step(cx, &r.id, "to_head", None)?;
            }
            32..45 => write(cx, &r.id)?,
            _ => {}
        }
        (cx.progress)("báo cáo", i + 1, of);
    }
    Ok(())
}

fn write(cx: &mut DemoContext<'_, '_>, id: &str) -> Result<()> {
    let (a, b) = (cx.rng.word(HIGHLIGHTS), cx.rng.word(DIFFICULTIES));
    let part = |part: &str, words: &str| Written { part: part.to_owned(), words: words.to_owned(), version: 0 };
    report::write(cx.tx, cx.registry, &cx.actor.clone(), id, &[part("highlights", a), part("difficulties", b)])
}

fn step(cx: &mut DemoContext<'_, '_>, id: &str, step: &str, reason: Option<&str>) -> Result<()> {
    let (reg, actor, today) = (cx.registry, cx.actor.clone(), cx.today.clone());
    let version = report::open(cx.tx, reg, &actor, id, &today)?.seen();
    report::step(cx.tx, reg, &actor, id, version, step, reason, &today).map(drop)
}

/// Files up to `most` reports of a campaign that nobody has begun, with sentences of the demo, for measuring. How many.
///
/// # Errors
/// Those of writing and filing.
pub fn file_some(tx: &mut Tx, reg: &Registry, actor: &Actor, campaign: &str, most: usize, today: &str) -> Result<usize> {
    let due = Filter { field: "state".into(), op: Op::Is, values: vec!["due".into()] };
    let reports = all_where(tx, reg, actor, "report_submission", vec![is("campaign", campaign), due])?;
    let mut filed = 0;
    for (i, r) in reports.iter().take(most).enumerate() {
        let word = |list: &[&'static str]| list.get(i % list.len().max(1)).copied().unwrap_or_default().to_owned();
        let part = |part: &str, words: String| Written { part: part.to_owned(), words, version: 0 };
        report::write(tx, reg, actor, &r.id, &[part("highlights", word(HIGHLIGHTS)), part("difficulties", word(DIFFICULTIES))])?;
        let seen = report::open(tx, reg, actor, &r.id, today)?.seen();
        report::step(tx, reg, actor, &r.id, seen, "submit", None, today)?;
        filed += 1;
    }
    Ok(filed)
}

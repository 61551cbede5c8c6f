//! What the standing agency of Sao Mai followed up this year. The clock of the demo stands three weeks back: what has happened is older.

use std::collections::BTreeMap;

use registers::{Data, Filter, Op};
use store::Result;
use web::DemoContext;
use web::demo::t;

use crate::{all_where, contact_test, directive, dissemination, inspection, is, obstacle};

/// Fills every part.
pub fn sow(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    inspections(cx)?;
    documents(cx)?;
    obstacles(cx)?;
    committee(cx)?;
    contact_tests(cx)?;
    reminders(cx)
}

fn police(cx: &DemoContext<'_, '_>) -> String {
    cx.kept("agency").into_iter().find(|a| a.word == "police").map(|a| a.id).unwrap_or_default()
}

fn later(cx: &DemoContext<'_, '_>, days: i64) -> String {
    cx.days_ago(-days)
}

const CHECKLIST: &str = "Quy chế bảo đảm an ninh mạng\nPhân công đầu mối\nSao lưu dữ liệu và thử khôi phục\nTài khoản quản trị";

/// One inspection of the year is concluded, one is announced, a surprise is only known to who prepares it.
fn inspections(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let police = police(cx);
    let agencies = cx.kept("agency");
    let of = |kind: &str, n: usize| agencies.iter().filter(|a| a.word == kind).nth(n).map(|a| a.id.clone());
    let year: i64 = cx.today.get(..4).and_then(|y| y.parse().ok()).unwrap_or(2026);
    let issued = cx.days_ago(120);
    let plan = cx.put(
        "inspection_plan",
        &[
            ("name", t(&format!("Kế hoạch kiểm tra an ninh mạng năm {year}"))),
            ("agency", t(&police)),
            ("year", Data::Int(year)),
            ("number", t("12/KH-CAT")),
        ],
    )?;
    cx.advance("inspection_plan", &plan, &["approve"], &[("issued_on", t(&issued))])?;
    let inspected = |list: [Option<String>; 2]| Data::Links(list.into_iter().flatten().collect());
    let yearly = [
        ("topic", t("Thực hiện quy chế bảo đảm an ninh mạng")),
        ("kind", t("annual")),
        ("agency", t(&police)),
        ("plan", t(&plan)),
        ("inspected", inspected([of("department", 0), of("commune", 0)])),
        ("starts_on", t(&cx.days_ago(40))),
        ("leader", t("Phó trưởng phòng An ninh mạng")),
        ("checklist", t(CHECKLIST)),
    ];
    let first = cx.put("inspection", &yearly)?;
    cx.advance("inspection", &first, &["announce"], &[("decision", t("31/QĐ-CAT"))])?;
    conclude(cx, &first)?;
    let thematic = cx.put(
        "inspection",
        &[
            ("topic", t("Kiểm tra chuyên đề sao lưu, khôi phục dữ liệu")),
            ("kind", t("thematic")),
            ("agency", t(&police)),
            ("plan", t(&plan)),
            ("inspected", inspected([of("department", 1), of("commune", 1)])),
            ("starts_on", t(&later(cx, 12))),
            ("checklist", t("Lịch sao lưu\nBản sao để nơi khác\nBiên bản thử khôi phục")),
        ],
    )?;
    cx.advance("inspection", &thematic, &["announce"], &[("decision", t("44/QĐ-CAT"))])?;
    inspection::announce(cx.tx, cx.registry, &cx.actor.clone(), &thematic)?;
    cx.put(
        "inspection",
        &[
            ("topic", t("Kiểm tra đột xuất máy trạm xử lý tài liệu mật")),
            ("kind", t("surprise")),
            ("agency", t(&police)),
            ("inspected", inspected([of("department", 2), of("commune", 2)])),
            ("starts_on", t(&later(cx, 6))),
            ("note", t("Giữ kín đến giờ mở kiểm tra.")),
        ],
    )?;
    Ok(())
}

/// Findings of the first inspection: one closed, one waits for the re-check, one is late.
fn conclude(cx: &mut DemoContext<'_, '_>, inspection: &str) -> Result<()> {
    inspection::announce(cx.tx, cx.registry, &cx.actor.clone(), inspection)?;
    let visits = all_where(cx.tx, cx.registry, &cx.actor.clone(), "inspection_visit", vec![is("inspection", inspection)])?;
    for (i, v) in visits.iter().enumerate() {
        let day = cx.days_ago(38);
        let conclusion = "Đã ban hành quy chế, đã phân công đầu mối; còn tồn tại nêu ở danh sách kèm hạn khắc phục.";
        cx.advance("inspection_visit", &v.id, &["conclude"], &[("visited_on", t(&day)), ("conclusion", t(conclusion))])?;
        let found = [
            ("Bản sao lưu để cùng máy chủ, chưa có bản ở nơi khác.", "high", 20),
            ("Chưa thử khôi phục dữ liệu trong 12 tháng.", "medium", 5),
            ("Tài khoản của người đã chuyển công tác chưa khóa.", "medium", -15),
        ];
        for (n, (content, severity, due)) in found.into_iter().enumerate() {
            let id = cx.put(
                "inspection_finding",
                &[
                    ("visit", t(&v.id)),
                    ("content", t(content)),
                    ("severity", t(severity)),
                    ("basis", t("Quy chế bảo đảm an ninh mạng của cơ quan")),
                    ("responsible", t("Văn phòng")),
                    ("due_on", t(&cx.days_ago(due))),
                ],
            )?;
            if n == 0 || i == 0 {
                continue;
            }
            let done = cx.days_ago(26);
            cx.put("finding_fix", &[("finding", t(&id)), ("content", t("Đã làm, có biên bản kèm theo.")), ("done_on", t(&done))])?;
            cx.advance("inspection_finding", &id, &["fix"], &[("fixed_on", t(&done))])?;
            if n == 2 {
                let note = "Đã xem tại chỗ, đạt.";
                let day = cx.days_ago(23);
                cx.advance("inspection_finding", &id, &["close"], &[("rechecked_on", t(&day)), ("recheck_note", t(note))])?;
            }
        }
    }
    Ok(())
}

/// The law in force was sent two months ago, most have it; a second document went out lately.
fn documents(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let police = police(cx);
    let actor = cx.actor.clone();
    let mut laws = Vec::new();
    for number in ["116/2025/QH15", "91/2025/QH15"] {
        laws.extend(all_where(cx.tx, cx.registry, &actor, "document", vec![is("number", number)])?);
    }
    for law in laws.iter().filter(|l| l.state.as_deref() == Some("draft")) {
        cx.advance("document", &law.id, &["issue"], &[])?;
    }
    for (law, sent, left) in laws.iter().take(2).zip([(60, 24), (25, -5)]).map(|(l, (s, d))| (l, s, d)) {
        let day = cx.days_ago(left);
        let id = cx.put(
            "dissemination",
            &[
                ("document", t(&law.id)),
                ("agency", t(&police)),
                ("rule", t("kind in (department, branch, commune)")),
                ("due_on", t(&day)),
                ("message", t("Phổ biến tới toàn thể cán bộ; báo số người đã được quán triệt.")),
            ],
        )?;
        cx.advance("dissemination", &id, &["send"], &[])?;
        let today = cx.today.clone();
        dissemination::send(cx.tx, cx.registry, &actor, &id, &today)?;
        for a in dissemination::asked(cx.tx, cx.registry, &actor, &id)? {
            if !cx.rng.chance(if sent > 30 { 86 } else { 22 }) {
                continue;
            }
            let on = cx.days_ago(sent - 2);
            cx.advance("acknowledgement", &a.id, &["acknowledge"], &[("acknowledged_on", t(&on))])?;
            if sent > 30 && cx.rng.chance(70) {
                let people = Data::Int(i64::try_from(12 + cx.rng.below(60)).unwrap_or(12));
                let on = cx.days_ago(sent - 20);
                cx.advance("acknowledgement", &a.id, &["pass_on"], &[("held_on", t(&on)), ("people", people)])?;
            }
        }
    }
    Ok(())
}

/// Obstacles as communes and departments raise them; question for all, answer, days ago, whether the asker is named.
const ANSWERED: &[(&str, &str, &str, &str, i64, bool)] = &[
    (
        "Chưa rõ phần mềm dùng chung do ai lập hồ sơ cấp độ",
        "Xã dùng phần mềm của tỉnh, không quản trị máy chủ.",
        "Phần mềm dùng chung của tỉnh thì cơ quan nào lập hồ sơ đề xuất cấp độ?",
        "Cơ quan chủ quản phần mềm lập hồ sơ một lần cho cả tỉnh; cơ quan dùng chỉ ghi vào sổ hệ thống là “dùng chung”.",
        70,
        true,
    ),
    (
        "Chưa bố trí được kinh phí diễn tập",
        "Dự toán năm đã phân bổ xong, không còn nguồn.",
        "Không còn kinh phí trong năm thì có phải tự tổ chức diễn tập không?",
        "Cơ quan cử người dự diễn tập chung của tỉnh và ghi vào sổ diễn tập; không phải tổ chức riêng.",
        52,
        false,
    ),
];

/// Two are answered, one waits and is late.
fn obstacles(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let agencies: Vec<_> = cx.kept("agency").into_iter().filter(|a| matches!(a.word.as_str(), "commune" | "department")).collect();
    let actor = cx.actor.clone();
    for (i, (subject, content, question, answer, ago, named)) in ANSWERED.iter().enumerate() {
        let Some(a) = agencies.get(i * 3) else { continue };
        let (raised, by, on) = (cx.days_ago(*ago), cx.days_ago(ago - 10), cx.days_ago(ago - 6));
        let id = cx.put(
            "obstacle",
            &[
                ("agency", t(&a.id)),
                ("subject", t(subject)),
                ("content", t(content)),
                ("raised_on", t(&raised)),
                ("answer_by", t(&by)),
                ("show_agency", Data::Bool(*named)),
            ],
        )?;
        cx.advance("obstacle", &id, &["take"], &[])?;
        let given = [("answer", t(answer)), ("public_question", t(question)), ("answered_on", t(&on))];
        cx.advance("obstacle", &id, &["answer"], &given)?;
        let o = crate::one(cx.tx, cx.registry, &actor, "obstacle", &id)?;
        obstacle::publish(cx.tx, cx.registry, &actor, &o)?;
    }
    let Some(a) = agencies.get(1) else { return Ok(()) };
    let (raised, by) = (cx.days_ago(36), cx.days_ago(26));
    cx.put(
        "obstacle",
        &[
            ("agency", t(&a.id)),
            ("subject", t("Đường truyền số liệu chuyên dùng chập chờn")),
            ("content", t("Mất kết nối nhiều lần trong giờ làm việc, báo nhà mạng chưa xử lý dứt điểm.")),
            ("proposal", t("Đề nghị tỉnh làm việc với doanh nghiệp cung cấp đường truyền.")),
            ("raised_on", t(&raised)),
            ("answer_by", t(&by)),
        ],
    )
    .map(drop)
}

/// A committee that met; one conclusion is a directive to the departments and communes.
fn committee(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let (police, founded, held) = (police(cx), cx.days_ago(400), cx.days_ago(45));
    let root = cx.kept("agency").into_iter().find(|a| a.word == "province_committee").map(|a| a.id).unwrap_or_default();
    let id = cx.put(
        "committee",
        &[
            ("name", t("Tiểu ban An ninh mạng tỉnh Sao Mai")),
            ("agency", t(&police)),
            ("decision", t("205/QĐ-UBND")),
            ("founded_on", t(&founded)),
            ("valid_from", t(&founded)),
            ("duties", t("Họp sáu tháng một lần và khi có vấn đề mới, liên ngành hoặc chưa có quy định.")),
        ],
    )?;
    for (name, position, agency, role) in
        [("Đinh Công Thử", "Phó Chủ tịch UBND tỉnh", &root, "chair"), ("Quàng Văn Mẫu", "Giám đốc Công an tỉnh", &police, "standing")]
    {
        cx.put(
            "committee_member",
            &[
                ("committee", t(&id)),
                ("full_name", t(name)),
                ("position", t(position)),
                ("agency", t(agency)),
                ("role", t(role)),
                ("valid_from", t(&founded)),
            ],
        )?;
    }
    let meeting = cx.put(
        "committee_meeting",
        &[
            ("committee", t(&id)),
            ("held_on", t(&held)),
            ("chair", t("Phó Chủ tịch UBND tỉnh")),
            ("agenda", t("Tình hình quý III; lộ, mất dữ liệu cá nhân ở bộ phận một cửa.")),
            ("number", t("18/TB-TBANM")),
            ("conclusion", t("Các sở và các xã rà soát nơi lưu dữ liệu cá nhân của người dân, báo cáo kết quả.")),
        ],
    )?;
    let due = cx.days_ago(8);
    let directive = cx.put(
        "directive",
        &[
            ("content", t("Rà soát nơi lưu dữ liệu cá nhân của người dân tại bộ phận một cửa, khóa truy cập thừa.")),
            ("number", t("18/TB-TBANM")),
            ("issued_on", t(&held)),
            ("agency", t(&police)),
            ("committee", t(&id)),
            ("meeting", t(&meeting)),
            ("rule", t("kind in (department, commune)")),
            ("due_on", t(&due)),
        ],
    )?;
    cx.advance("directive", &directive, &["assign"], &[])?;
    let (actor, today) = (cx.actor.clone(), cx.today.clone());
    directive::assign(cx.tx, cx.registry, &actor, &directive, &today).map(drop)
}

/// A test of the contact points that ended.
fn contact_tests(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let police = police(cx);
    let id = cx.put(
        "contact_test",
        &[
            ("name", t("Kiểm tra liên lạc quý III")),
            ("agency", t(&police)),
            ("minutes", Data::Int(60)),
            ("message", t("Thử kênh liên lạc, không phải sự cố.")),
        ],
    )?;
    cx.advance("contact_test", &id, &["start"], &[])?;
    let actor = cx.actor.clone();
    let mut points = all_where(cx.tx, cx.registry, &actor, "contact_point", vec![])?;
    points.sort_by(|a, b| a.text("agency").cmp(&b.text("agency")));
    points.dedup_by(|a, b| a.text("agency") == b.text("agency"));
    for p in points {
        // accounts come after the demo data: the messages of this test are told, not sent
        let agency = p.text("agency").unwrap_or_default();
        let asked =
            [("agency", t(agency)), ("test", t(&id)), ("contact_point", t(&p.id)), ("minutes", Data::Int(60)), ("sent", Data::Int(1))];
        let r = cx.put("contact_test_reply", &asked)?;
        // how an agency answers is its own; some do not
        if cx.rng.chance(12) {
            continue;
        }
        let late = cx.rng.chance(10);
        let seconds = if late { 3700 + cx.rng.below(9000) } else { 40 + cx.rng.below(2800) };
        let seconds = Data::Int(i64::try_from(seconds).unwrap_or(60));
        cx.advance("contact_test_reply", &r, &[if late { "answer_late" } else { "answer" }], &[("seconds", seconds)])?;
    }
    cx.advance("contact_test", &id, &["end"], &[])?;
    contact_test::miss(cx.tx, cx.registry, &actor, &id, true).map(drop)
}

/// Reminders of last month about work that was late then: some agencies moved within a week, some did not.
fn reminders(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let actor = cx.actor.clone();
    let (before, sent, check) = (cx.days_ago(30), cx.days_ago(29), cx.days_ago(22));
    let late = Filter { field: "due_on".into(), op: Op::To, values: vec![before] };
    let open = Filter { field: "state".into(), op: Op::Is, values: vec!["not_started".into(), "in_progress".into()] };
    let mut by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for o in all_where(cx.tx, cx.registry, &actor, "obligation", vec![late, open])? {
        by.entry(o.text("agency").unwrap_or_default().to_owned()).or_default().push(o.id);
    }
    for (agency, mut ids) in by.into_iter().take(12) {
        ids.truncate(5);
        let n = i64::try_from(ids.len()).unwrap_or(1);
        let moved = if cx.rng.chance(60) { 1 + i64::try_from(cx.rng.below(ids.len())).unwrap_or(0) } else { 0 };
        cx.put(
            "following_reminder",
            &[
                ("agency", t(&agency)),
                ("kind", t("obligation")),
                ("sent_on", t(&sent)),
                ("messages", Data::Int(2)),
                ("obligations", Data::Links(ids)),
                ("asked", Data::Int(n)),
                ("check_on", t(&check)),
                ("moved", Data::Int(moved.min(n))),
            ],
        )?;
    }
    Ok(())
}

//! Courses, classes, who completed them, certificates and drills of Sao Mai.

use registers::Data;
use store::Result;
use web::DemoContext;
use web::demo::{n, t, yes};

/// Fills the registers of the module.
pub fn sow(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let organiser = cx.kept("agency").into_iter().find(|a| a.word == "police").map(|a| a.id).unwrap_or_default();
    let courses = courses(cx)?;
    for level in ["basic", "advanced", "deep"] {
        for audience in ["leader", "core_force", "technical", "part_time", "grassroots_contact"] {
            cx.put(
                "programme_cell",
                &[
                    ("agency", t(&organiser)),
                    ("level", t(level)),
                    ("audience", t(audience)),
                    ("basis", t("Danh mục ô chương trình (trình diễn)")),
                ],
            )?;
        }
    }
    let classes = classes(cx, &organiser, &courses)?;
    records(cx, &courses, &classes)?;
    certificates(cx)?;
    drills(cx, &organiser)
}

fn courses(cx: &mut DemoContext<'_, '_>) -> Result<Vec<(String, &'static str)>> {
    let list = [
        ("CB-01", "Kỹ năng an toàn cho người dùng", "basic", "end_user", "awareness"),
        ("NC-01", "Giám sát và phát hiện sớm", "advanced", "technical", "monitoring"),
        ("CS-01", "Điều tra số và ứng cứu sự cố", "deep", "core_force", "forensics"),
        ("CS-02", "Bảo vệ hệ thống cấp độ 3, 4", "deep", "technical", "critical_systems"),
        ("QL-01", "Quản lý an ninh mạng cho lãnh đạo", "basic", "leader", "management"),
    ];
    let mut made = Vec::new();
    for (code, name, level, audience, topic) in list {
        let values = [
            ("code", t(code)),
            ("name", t(name)),
            ("level", t(level)),
            ("audience", t(audience)),
            ("topic", t(topic)),
            ("refresh", yes(true)),
            ("hours", Data::Real(16.0)),
            ("form", t("blended")),
            ("valid_from", t("2025-07-01")),
        ];
        made.push((cx.put("course", &values)?, level));
    }
    Ok(made)
}

fn classes(cx: &mut DemoContext<'_, '_>, organiser: &str, courses: &[(String, &str)]) -> Result<Vec<String>> {
    let mut made = Vec::new();
    for (i, (course, _)) in courses.iter().enumerate() {
        for round in 0..2i64 {
            let (from, to) = (cx.days_ago(230 - 25 * i as i64 - 90 * round), cx.days_ago(227 - 25 * i as i64 - 90 * round));
            let id = cx.put(
                "training_class",
                &[
                    ("name", t(&format!("Lớp {} đợt {}", i + 1, round + 1))),
                    ("course", t(course)),
                    ("organiser", t(organiser)),
                    ("form", t("blended")),
                    ("starts_on", t(&from)),
                    ("ends_on", t(&to)),
                    ("seats", n(120)),
                    ("attended", n(110)),
                    ("province_wide", yes(true)),
                ],
            )?;
            cx.advance("training_class", &id, &["open", "start", "finish", "close"], &[])?;
            made.push(id);
        }
    }
    Ok(made)
}

/// Who completed what: most of the force, many IT officers, a third of all staff.
fn records(cx: &mut DemoContext<'_, '_>, courses: &[(String, &str)], classes: &[String]) -> Result<()> {
    let groups = [("force", 86, 2usize), ("it", 74, 1), ("operator", 58, 3), ("person", 34, 0)];
    for (kind, percent, course) in groups {
        let people = cx.kept(kind);
        let of = people.len();
        let mut seen = std::collections::BTreeSet::new();
        for (i, p) in people.iter().enumerate() {
            if !seen.insert(p.id.clone()) || !cx.rng.chance(percent) {
                continue;
            }
            let (course_id, level) = &courses[course];
            let on = cx.ago(5, 300);
            let result = if cx.rng.chance(97) { "passed" } else { "attended" };
            let class = if cx.rng.chance(50) { classes.get(course * 2) } else { None };
            cx.put(
                "training_record",
                &[
                    ("person", t(&p.id)),
                    ("course", t(course_id)),
                    ("training_class", class.map_or(Data::Null, |c| t(c))),
                    ("level", t(level)),
                    ("completed_on", t(&on)),
                    ("result", t(result)),
                ],
            )?;
            if i % 50 == 0 {
                (cx.progress)("đào tạo", i + 1, of);
            }
        }
    }
    Ok(())
}

fn certificates(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let kind = cx.put(
        "certificate_kind",
        &[
            ("code", t("CN-ANM")),
            ("name", t("Chứng nhận kỹ năng an ninh mạng chuyên sâu")),
            ("origin", t("province")),
            ("level", t("deep")),
            ("valid_months", n(36)),
            ("reputable", yes(true)),
        ],
    )?;
    let police = cx.kept("agency").into_iter().find(|a| a.word == "police").map(|a| a.id).unwrap_or_default();
    let body = cx.put(
        "issuing_body",
        &[
            ("name", t("Công an tỉnh Sao Mai")),
            ("agency", t(&police)),
            ("kinds", Data::Links(vec![kind.clone()])),
            ("can_examine", yes(true)),
            ("can_issue", yes(true)),
            ("can_renew", yes(true)),
            ("can_revoke", yes(true)),
            ("decision_no", t("77/QĐ")),
            ("valid_from", t("2025-07-01")),
        ],
    )?;
    cx.advance("issuing_body", &body, &["appraise", "approve"], &[])?;
    let mut people = cx.kept("force");
    people.extend(cx.kept("operator").into_iter().filter(|p| p.number >= 3));
    let mut seen = std::collections::BTreeSet::new();
    for (i, p) in people.iter().enumerate() {
        if !seen.insert(p.id.clone()) || !cx.rng.chance(64) {
            continue;
        }
        let issued = cx.ago(30, 600);
        let expires = if cx.rng.chance(10) { cx.days_ago(10) } else { cx.days_ago(-500) };
        let id = cx.put(
            "certificate",
            &[
                ("person", t(&p.id)),
                ("kind", t(&kind)),
                ("issuer", t(&body)),
                ("number", t(&format!("SM-{:05}", i + 1))),
                ("level", t("deep")),
                ("issued_on", t(&issued)),
                ("expires_on", t(&expires)),
            ],
        )?;
        if cx.rng.chance(92) {
            let on = cx.days_ago(3);
            cx.advance("certificate", &id, &["verify"], &[("checked_on", t(&on)), ("checked_how", t("đối chiếu sổ cấp"))])?;
        }
    }
    Ok(())
}

fn drills(cx: &mut DemoContext<'_, '_>, organiser: &str) -> Result<()> {
    let list =
        [("Diễn tập an ninh mạng tỉnh Sao Mai 2026", "province", 70i64), ("Diễn tập chuyên đề bảo vệ cổng dịch vụ công", "thematic", 130)];
    let agencies = cx.kept("agency");
    for (name, kind, ago) in list {
        let on = cx.days_ago(ago);
        let id = cx.put(
            "drill",
            &[
                ("name", t(name)),
                ("kind", t(kind)),
                ("organiser", t(organiser)),
                ("held_on", t(&on)),
                ("ended_on", t(&on)),
                ("participants", n(60)),
            ],
        )?;
        let report = cx.days_ago(ago - 10);
        cx.advance("drill", &id, &["approve", "start", "finish", "close"], &[("report_on", t(&report)), ("report_no", t("31/BC-CAT"))])?;
        for a in agencies.iter().filter(|a| matches!(a.word.as_str(), "department" | "commune" | "military")) {
            if cx.rng.chance(40) {
                cx.put("drill_participation", &[("drill", t(&id)), ("agency", t(&a.id)), ("role", t("player")), ("people", n(2))])?;
            }
        }
    }
    let departments: Vec<_> = agencies.iter().filter(|a| a.word == "department").collect();
    for a in departments {
        if cx.rng.chance(45) {
            let on = cx.days_ago(100);
            let id = cx.put(
                "drill",
                &[
                    ("name", t("Diễn tập nội bộ ứng cứu mã độc")),
                    ("kind", t("agency")),
                    ("organiser", t(&a.id)),
                    ("held_on", t(&on)),
                    ("ended_on", t(&on)),
                    ("participants", n(12)),
                ],
            )?;
            cx.advance("drill", &id, &["approve", "start", "finish", "close"], &[("report_on", t(&on)), ("report_no", t("05/BC"))])?;
        }
    }
    Ok(())
}

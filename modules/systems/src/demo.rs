//! Information systems of Sao Mai with levels, answers to the control catalogue, layers and assessments.

use registers::Data;
use store::Result;
use web::demo::{n, t, yes};
use web::{DemoContext, Made};

/// What an agency of a kind runs: name, kind, usual level, serves procedures.
const SYSTEMS: &[(&str, &str, i64, bool)] = &[
    ("Trang thông tin điện tử", "public_service", 2, false),
    ("Hệ thống quản lý văn bản và điều hành", "internal", 2, false),
    ("Hệ thống một cửa", "public_service", 3, true),
    ("Mạng nội bộ", "infrastructure", 2, false),
    ("Cơ sở dữ liệu chuyên ngành", "internal", 3, false),
    ("Hệ thống họp trực tuyến", "infrastructure", 1, false),
    ("Hệ thống thư điện tử công vụ", "infrastructure", 3, false),
    ("Trung tâm dữ liệu", "infrastructure", 4, false),
];

/// Topics of the demo catalogue: id of the control group and a name of ours. Not the text of any standard.
const CONTROLS: &[(&str, &str)] = &[
    ("risk", "Nhận diện và xử lý rủi ro theo định kỳ"),
    ("hardware", "Danh mục thiết bị và người giữ"),
    ("software", "Danh mục phần mềm và bản quyền"),
    ("information", "Phân loại thông tin, dữ liệu"),
    ("configuration", "Cấu hình chuẩn và kiểm soát thay đổi"),
    ("accounts", "Rà soát tài khoản và quyền"),
    ("accounts", "Xác thực nhiều yếu tố cho quản trị"),
    ("vulnerabilities", "Rà quét và vá lỗ hổng"),
    ("logs", "Ghi và lưu nhật ký"),
    ("browser_mail", "Bảo vệ thư điện tử và trình duyệt"),
    ("malware", "Phòng chống mã độc"),
    ("backup", "Sao lưu và thử khôi phục"),
    ("network", "Phân vùng và kiểm soát mạng"),
    ("monitoring", "Giám sát liên tục"),
    ("people", "Đào tạo người dùng hằng năm"),
    ("suppliers", "Ràng buộc với nhà cung cấp"),
    ("incident", "Quy trình ứng cứu sự cố"),
    ("development", "Phát triển an toàn"),
    ("pentest", "Kiểm thử xâm nhập"),
    ("physical", "An ninh vật lý phòng máy"),
];

/// Fills catalogue, layers, systems, answers; remembers `system` (id, agency, state word, level) and `operator`.
pub fn sow(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let controls = catalogue(cx)?;
    let layers = layers(cx)?;
    let agencies = cx.kept("agency");
    let it = cx.kept("it");
    let of = agencies.len();
    for (i, agency) in agencies.iter().enumerate() {
        let how_many = match agency.word.as_str() {
            "department" | "office" | "police" => 6,
            "military" | "branch" | "public_unit" | "party" => 3,
            "commune" => 3,
            "school" | "commune_police" | "province_committee" => 0,
            _ => 2,
        };
        let admins: Vec<String> = it.iter().filter(|p| p.agency == agency.id).map(|p| p.id.clone()).collect();
        for s in 0..how_many * cx.scale.max(100) / 100 {
            system(cx, agency, s, &admins, &controls, &layers)?;
        }
        (cx.progress)("hệ thống thông tin", i + 1, of);
    }
    Ok(())
}

/// One catalogue per level 1–4; higher levels ask for more (as data: no level inherits from another).
fn catalogue(cx: &mut DemoContext<'_, '_>) -> Result<Vec<Made>> {
    let mut made = Vec::new();
    for level in 1..=4i64 {
        let size = [12, 15, 18, 20][usize::try_from(level - 1).unwrap_or(0)] * cx.scale.max(100) / 100;
        for i in 0..size.min(120) {
            let (group, name) = CONTROLS[i % CONTROLS.len()];
            let round = i / CONTROLS.len();
            let name = if round == 0 { name.to_owned() } else { format!("{name} ({})", round + 1) };
            let id = cx.put(
                "control",
                &[
                    ("code", t(&format!("{}.{}", level, i + 1))),
                    ("catalogue", t("SM-2026")),
                    ("edition", t("2026")),
                    ("level", n(level)),
                    ("topic", t(group)),
                    ("name", t(&name)),
                    ("mandatory", yes(true)),
                    ("interval_months", n(12)),
                    ("basis", t("danh mục trình diễn, tự viết; không phải nguyên văn tiêu chuẩn")),
                    ("valid_from", t("2026-07-01")),
                ],
            )?;
            made.push(Made { id, number: level, ..Made::default() });
        }
    }
    Ok(made)
}

fn layers(cx: &mut DemoContext<'_, '_>) -> Result<Vec<String>> {
    let names = [
        "Lực lượng tại chỗ",
        "Giám sát, bảo vệ chuyên nghiệp",
        "Kiểm tra, đánh giá độc lập định kỳ",
        "Kết nối, chia sẻ với hệ thống giám sát quốc gia",
    ];
    names
        .iter()
        .enumerate()
        .map(|(i, name)| {
            cx.put(
                "layer",
                &[
                    ("no", n(i as i64 + 1)),
                    ("name", t(name)),
                    ("basis", t("Chỉ thị 14/CT-TTg 07/06/2019; Công văn 1552/BTTTT-CATTT 28/04/2020")),
                    ("valid_from", t("2020-04-28")),
                ],
            )
        })
        .collect()
}

fn system(cx: &mut DemoContext<'_, '_>, agency: &Made, s: usize, admins: &[String], controls: &[Made], layers: &[String]) -> Result<()> {
    let (name, kind, level, procedures) = SYSTEMS[(s + if agency.word == "police" { 2 } else { 0 }) % SYSTEMS.len()];
    let name = if s >= SYSTEMS.len() { format!("{name} {}", s / SYSTEMS.len() + 1) } else { name.to_owned() };
    let approved = cx.rng.chance(72);
    let known = approved || cx.rng.chance(60);
    let age = 20 + i64::try_from(cx.rng.below(1500)).unwrap_or(0);
    let started = cx.days_ago(age);
    // most were approved before they went into use; some old ones were put in order later
    let approved_on = if cx.rng.chance(85) { cx.ago(age + 5, 60) } else { cx.ago(1, usize::try_from(age).unwrap_or(1)) };
    let mut values = vec![
        ("name", t(&name)),
        ("kind", t(kind)),
        ("owner", t(&agency.id)),
        ("operator", t(&agency.id)),
        ("administrators", Data::Links(admins.iter().take(2).cloned().collect())),
        ("started_on", t(&started)),
        ("level_proposed", if known { n(level) } else { Data::Null }),
        (
            "dossier",
            t(if approved {
                "approved"
            } else if known {
                "drafting"
            } else {
                "none"
            }),
        ),
        ("state_budget", yes(agency.word != "telecom")),
        ("handles_procedures", yes(procedures)),
        ("personal_data", if known { yes(procedures) } else { Data::Null }),
        ("political_system", yes(!matches!(agency.word.as_str(), "telecom" | "soe"))),
        ("critical_infra_province", yes(level >= 4)),
        ("national_critical", yes(level >= 4 && cx.rng.chance(50))),
        ("hosting", t(if cx.rng.chance(60) { "province_dc" } else { "own" })),
    ];
    if approved {
        let no = format!("{}/QĐ-UBND", 200 + cx.rng.below(700));
        values.extend([("level", n(level)), ("approval_no", t(&no)), ("approved_on", t(&approved_on))]);
    }
    let id = cx.put("system", &values)?;
    let running = cx.rng.chance(92);
    if running {
        let by_gate = approved;
        cx.advance("system", &id, &[if by_gate { "operate" } else { "declare_running" }], &[])?;
    }
    for admin in admins.iter().take(2) {
        cx.keep(
            "operator",
            Made { id: admin.clone(), agency: agency.id.clone(), word: agency.word.clone(), number: if approved { level } else { 0 } },
        );
    }
    if approved {
        answers(cx, &id, level, controls)?;
    }
    if running {
        protect(cx, &id, layers)?;
    }
    cx.keep(
        "system",
        Made {
            id,
            agency: agency.id.clone(),
            word: if running { "operating" } else { "planned" }.into(),
            number: if approved { level } else { 0 },
        },
    );
    Ok(())
}

/// Two in three systems meet all their controls; the others lack a few or have not answered some.
fn answers(cx: &mut DemoContext<'_, '_>, system: &str, level: i64, controls: &[Made]) -> Result<()> {
    let all_met = cx.rng.chance(62);
    for control in controls.iter().filter(|c| c.number == level) {
        if !all_met && cx.rng.chance(6) {
            continue;
        }
        let result = if all_met || cx.rng.chance(88) { "met" } else { cx.rng.word(&["partial", "not_met"]) };
        let answered = cx.ago(0, 160);
        cx.put(
            "control_answer",
            &[
                ("system", t(system)),
                ("control", t(&control.id)),
                ("result", t(result)),
                ("evidence_note", t("biên bản tự kiểm tra")),
                ("answered_on", t(&answered)),
            ],
        )?;
    }
    Ok(())
}

fn protect(cx: &mut DemoContext<'_, '_>, system: &str, layers: &[String]) -> Result<()> {
    for (i, layer) in layers.iter().enumerate() {
        if !cx.rng.chance(94 - 9 * i) {
            continue;
        }
        let unit = ["Tổ công nghệ thông tin", "Trung tâm giám sát tỉnh", "Đơn vị đánh giá độc lập", "Công an tỉnh"][i % 4];
        let until = if cx.rng.chance(8) { t(&cx.days_ago(20)) } else { Data::Null };
        let (proof, since) = (cx.days_ago(90), cx.days_ago(330));
        cx.put(
            "system_layer",
            &[
                ("system", t(system)),
                ("layer", t(layer)),
                ("unit", t(unit)),
                ("proof_on", t(&proof)),
                ("valid_from", t(&since)),
                ("valid_to", until),
            ],
        )?;
    }
    if cx.rng.chance(70) {
        let done = cx.ago(0, 420);
        for kind in ["assessment", "threat_hunting"] {
            if kind == "assessment" || cx.rng.chance(55) {
                cx.put(
                    "security_assessment",
                    &[
                        ("system", t(system)),
                        ("kind", t(kind)),
                        ("done_on", t(&done)),
                        ("body", t("Đơn vị đánh giá độc lập Hải Đăng")),
                        ("independent", yes(true)),
                        ("result", t("passed")),
                    ],
                )?;
            }
        }
    }
    Ok(())
}

//! Staff of Sao Mai: heads, contact points, the cyber force, IT officers, everybody else.

use registers::Data;
use registers::actions;
use store::Result;
use web::demo::{n, t, yes};
use web::{DemoContext, Made};

use crate::names::{GIVEN, MIDDLE, SURNAMES};

/// Fills people, posts, contact points and force models; remembers `person`, `it`, `force`, `head`, `contact`.
pub fn sow(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let agencies = cx.kept("agency");
    let of = agencies.len();
    for (i, agency) in agencies.iter().enumerate() {
        staff(cx, agency)?;
        (cx.progress)("người", i + 1, of);
    }
    experts(cx)
}

/// How many people work there at scale 100.
fn size(kind: &str) -> usize {
    match kind {
        "police" => 120,
        "military" | "department" | "office" => 50,
        "commune" | "branch" | "party" | "public_unit" => 30,
        "soe" | "telecom" | "mass_org" => 25,
        "school" => 12,
        _ => 10,
    }
}

/// Who heads the agency stands in its record too; a few have not said so yet.
fn heads(cx: &mut DemoContext<'_, '_>, agency: &Made, head: &str) -> Result<()> {
    if agency.id.bytes().last().is_some_and(|b| b % 16 == 0) {
        return Ok(());
    }
    let scope = cx.actor.may(access::Verb::Read, "agency")?;
    let version = actions::get(cx.tx, cx.registry, &scope, &agency.id)?.version;
    let values = [("head".to_owned(), t(head))].into();
    actions::update(cx.tx, cx.registry, &cx.actor, "agency", &agency.id, version, values, None).map(drop)
}

fn staff(cx: &mut DemoContext<'_, '_>, agency: &Made) -> Result<()> {
    let kind = agency.word.as_str();
    let people = cx.scaled(size(kind)).max(4);
    let mut ids = Vec::with_capacity(people);
    for i in 0..people {
        ids.push(person(cx, agency, i)?);
    }
    let head = ids[0].clone();
    post(cx, &head, agency, "leader", false, false)?;
    heads(cx, agency, &head)?;
    cx.keep("head", Made { id: head, agency: agency.id.clone(), word: kind.into(), number: 0 });
    if kind == "police" {
        for id in ids.iter().skip(10).take(people / 3) {
            post(cx, id, agency, "force_province", false, false)?;
            cx.keep("force", Made { id: id.clone(), agency: agency.id.clone(), word: kind.into(), number: 0 });
        }
    }
    let it = match kind {
        "department" | "office" | "police" | "military" => 3,
        "school" | "commune_police" => 0,
        _ => 1 + usize::from(cx.rng.chance(30)),
    };
    for id in ids.iter().skip(1).take(it) {
        let part = kind == "commune" || cx.rng.chance(40);
        post(cx, id, agency, if part { "it_part" } else { "it_full" }, part, true)?;
        if cx.rng.chance(50) {
            post(cx, id, agency, "force_agency", true, true)?;
        }
        cx.keep("it", Made { id: id.clone(), agency: agency.id.clone(), word: kind.into(), number: 0 });
    }
    if !matches!(kind, "school" | "commune_police" | "province_committee") {
        contact(cx, agency, &ids)?;
        force_model(cx, agency)?;
    }
    for id in ids {
        cx.keep("person", Made { id, agency: agency.id.clone(), word: kind.into(), number: 0 });
    }
    Ok(())
}

fn person(cx: &mut DemoContext<'_, '_>, agency: &Made, i: usize) -> Result<String> {
    // name and birth year together must differ within an agency: that is the register's natural key
    let shift = agency.id.bytes().map(usize::from).sum::<usize>();
    let (middle, given) = (MIDDLE[(i + shift) % MIDDLE.len()], GIVEN[(i / MIDDLE.len() + shift) % GIVEN.len()]);
    let name = format!("{} {middle} {given}", cx.rng.word(SURNAMES));
    let kind = agency.word.as_str();
    let code = format!("SM{:06}", cx.made.get("person").map_or(0, Vec::len) + i + 1);
    let audience = match i {
        0 => "leader",
        1..=3 => "technical",
        _ => "end_user",
    };
    let staff_kind = match kind {
        "police" | "commune_police" => "police_officer",
        "military" => "soldier",
        "soe" | "telecom" => "enterprise",
        "school" | "public_unit" => "public_employee",
        _ => "civil_servant",
    };
    let phone = format!("09{:08}", cx.rng.below(100_000_000));
    let title = match (i, kind) {
        (0, "department") => "Giám đốc",
        (0, "commune" | "province_committee") => "Chủ tịch",
        (0, "police") => "Giám đốc Công an tỉnh",
        (0, "commune_police") => "Trưởng Công an",
        (0, "school") => "Hiệu trưởng",
        (0, _) => "Thủ trưởng",
        (1..=3, _) => "Chuyên viên công nghệ thông tin",
        _ => "Chuyên viên",
    };
    let birth = 1966 + i64::try_from((i * 5 + i / (MIDDLE.len() * GIVEN.len())) % 36).unwrap_or(0);
    cx.put(
        "person",
        &[
            ("full_name", t(&name)),
            ("staff_code", t(&code)),
            ("agency", t(&agency.id)),
            ("title", t(title)),
            ("staff_kind", t(staff_kind)),
            ("audience", t(audience)),
            ("active", yes(true)),
            ("birth_year", n(birth)),
            ("phone", t(&phone)),
            ("email", t(&format!("{}@saomai.example", code.to_lowercase()))),
        ],
    )
}

fn post(cx: &mut DemoContext<'_, '_>, person: &str, agency: &Made, category: &str, part: bool, it: bool) -> Result<String> {
    let since = cx.ago(200, 280);
    let (dx, admin) = (cx.rng.chance(40), cx.rng.chance(50));
    cx.put(
        "post",
        &[
            ("person", t(person)),
            ("agency", t(&agency.id)),
            ("category", t(category)),
            ("part_time", yes(part)),
            ("main", yes(category != "force_agency")),
            ("fn_it", yes(it)),
            ("fn_dx", yes(it && dx)),
            ("fn_admin", yes(it && admin)),
            ("valid_from", t(&since)),
        ],
    )
}

/// Most agencies have a contact point; some never named one, a few let it lapse.
fn contact(cx: &mut DemoContext<'_, '_>, agency: &Made, ids: &[String]) -> Result<()> {
    let always = matches!(agency.word.as_str(), "police" | "military");
    if !always && cx.rng.chance(6) {
        return Ok(());
    }
    let until = if !always && cx.rng.chance(4) { t(&cx.days_ago(40)) } else { Data::Null };
    let phone = format!("09{:08}", cx.rng.below(100_000_000));
    let (number, since) = (100 + cx.rng.below(800), cx.days_ago(300));
    let id = cx.put(
        "contact_point",
        &[
            ("agency", t(&agency.id)),
            ("unit", t(if agency.word == "commune" { "Văn phòng HĐND và UBND" } else { "Văn phòng" })),
            ("person", t(&ids[1])),
            ("deputy", t(&ids[2])),
            ("phone", t(&phone)),
            ("hours", t("giờ hành chính")),
            ("assignment_no", t(&format!("{number}/QĐ"))),
            ("valid_from", t(&since)),
            ("valid_to", until),
        ],
    )?;
    cx.keep("contact", Made { id, agency: agency.id.clone(), word: ids[1].clone(), number: 0 });
    Ok(())
}

fn force_model(cx: &mut DemoContext<'_, '_>, agency: &Made) -> Result<()> {
    if cx.rng.chance(45) {
        return Ok(());
    }
    let model = match agency.word.as_str() {
        "police" => "division",
        "department" | "military" => "section",
        _ => "part_time",
    };
    let since = cx.days_ago(150);
    cx.put("force_model", &[("agency", t(&agency.id)), ("model", t(model)), ("headcount", n(2)), ("valid_from", t(&since))]).map(drop)
}

fn experts(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let force = cx.kept("force");
    for (i, p) in force.iter().take(6).enumerate() {
        let id = cx.put(
            "expert",
            &[
                ("person", t(&p.id)),
                ("technologies", t("điều tra số, ứng cứu sự cố")),
                ("years", n(4 + i as i64)),
                ("consent", yes(i != 2)),
            ],
        )?;
        if i < 4 {
            cx.advance("expert", &id, &["train"], &[])?;
        }
        if i < 3 {
            let on = cx.days_ago(60);
            cx.advance("expert", &id, &["recognise"], &[("recognised_on", t(&on)), ("decision_no", t("412/QĐ-UBND"))])?;
        }
    }
    Ok(())
}

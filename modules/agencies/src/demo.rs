//! Agencies of Sao Mai: the province, its departments, the force, 102 communes with their police, enterprises, schools.

use registers::Data;
use store::Result;
use web::demo::t;
use web::{DemoContext, Made};

use crate::names;

/// Fills the register and remembers `agency` (id, kind) for later modules.
pub fn sow(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let root = agency(cx, "Ủy ban nhân dân tỉnh Sao Mai", "UBND tỉnh", "province_committee", "province", None, true)?;
    let mut force = Vec::new();
    for (name, short, kind) in [("Công an tỉnh", "CAT", "police"), ("Bộ Chỉ huy Quân sự tỉnh", "BCHQS", "military")] {
        force.push(agency(cx, name, short, kind, "province", Some(&root), true)?);
    }
    for (name, short) in names::DEPARTMENTS {
        agency(cx, name, short, "department", "province", Some(&root), true)?;
    }
    for (name, short, kind) in names::BRANCHES {
        let state = !matches!(*kind, "soe" | "telecom");
        agency(cx, name, short, kind, "province", Some(&root), state)?;
    }
    communes(cx, &root, force.first().map(String::as_str))?;
    schools(cx, &root)
}

fn agency(
    cx: &mut DemoContext<'_, '_>,
    name: &str,
    short: &str,
    kind: &str,
    level: &str,
    parent: Option<&str>,
    state: bool,
) -> Result<String> {
    let report = !matches!(kind, "province_committee" | "school" | "commune_police" | "soe");
    let spread = i64::try_from(name.len() * 37 % 90).unwrap_or(0);
    // the head-count of some is not known yet
    let staff = match kind {
        _ if !state || name.len().is_multiple_of(23) => 0,
        "commune" => 40 + spread,
        _ => 90 + 2 * spread,
    };
    let id = cx.put(
        "agency",
        &[
            ("name", t(name)),
            ("short_name", t(short)),
            ("kind", t(kind)),
            ("level", t(level)),
            ("state_agency", Data::Bool(state)),
            ("parent", parent.map_or(Data::Null, t)),
            ("obliged", Data::Bool(kind != "school")),
            ("must_report", Data::Bool(report)),
            ("headcount", if staff > 0 { web::demo::n(staff) } else { Data::Null }),
            ("education", education(kind, name)),
            ("valid_from", t("2025-07-01")),
        ],
    )?;
    cx.keep("agency", Made { id: id.clone(), agency: id.clone(), word: kind.to_owned(), number: staff });
    Ok(id)
}

/// Level of a school by its name.
fn education(kind: &str, name: &str) -> Data {
    match kind {
        "school" if name.contains("THPT") => t("upper_secondary"),
        "school" if name.contains("THCS") => t("lower_secondary"),
        "school" => t("vocational"),
        _ => Data::Null,
    }
}

fn communes(cx: &mut DemoContext<'_, '_>, root: &str, police: Option<&str>) -> Result<()> {
    let n = 102;
    for i in 0..n {
        let ward = i % 5 == 0;
        let place = if i == 0 {
            "Sao Mai".to_owned()
        } else if i == 1 {
            "Bến Lau".to_owned()
        } else {
            names::commune(i + 17)
        };
        let word = if ward { "phường" } else { "xã" };
        let name = format!("Ủy ban nhân dân {word} {place}");
        let id = agency(cx, &name, &format!("UBND {word} {place}"), "commune", "commune", Some(root), true)?;
        let name = format!("Công an {word} {place}");
        let station = cx.put(
            "agency",
            &[
                ("name", t(&name)),
                ("short_name", t(&format!("CA {word} {place}"))),
                ("kind", t("commune_police")),
                ("level", t("commune")),
                ("state_agency", Data::Bool(true)),
                ("parent", t(&id)),
                ("professional_parent", police.map_or(Data::Null, t)),
                ("obliged", Data::Bool(false)),
                ("must_report", Data::Bool(false)),
                ("valid_from", t("2025-07-01")),
            ],
        )?;
        cx.keep("agency", Made { id: station.clone(), agency: station, word: "commune_police".into(), number: 0 });
        (cx.progress)("cơ quan", i + 1, n);
    }
    Ok(())
}

fn schools(cx: &mut DemoContext<'_, '_>, root: &str) -> Result<()> {
    let n = cx.scaled(64).min(68);
    for i in 0..n {
        let kind = if i % 3 == 0 { "Trường THPT" } else { "Trường THCS" };
        let name = format!("{kind} {}", names::commune(i));
        agency(cx, &name, &name, "school", "province", Some(root), false)?;
    }
    for name in ["Trường Cao đẳng Kỹ thuật Sao Mai", "Trường Cao đẳng Y tế Sao Mai", "Trường Trung cấp nghề Bến Lau"]
    {
        let id = agency(cx, name, name, "school", "province", Some(root), false)?;
        cx.keep("college", Made { id: id.clone(), agency: id, word: "school".into(), number: 0 });
    }
    Ok(())
}

//! Products, their assessments and where they run in Sao Mai.

use registers::Data;
use store::Result;
use web::DemoContext;
use web::demo::{t, yes};

struct Product {
    name: &'static str,
    vendor: &'static str,
    kind: &'static str,
    strategic: bool,
    vietnam: bool,
}

const PRODUCTS: &[Product] = &[
    Product {
        name: "Tường lửa Hải Đăng", vendor: "Công ty Hải Đăng", kind: "security_product", strategic: true, vietnam: true
    },
    Product { name: "Giám sát SaoView", vendor: "Công ty Sao Việt", kind: "security_service", strategic: true, vietnam: true },
    Product { name: "Chống mã độc LúaShield", vendor: "Công ty Lúa", kind: "security_product", strategic: true, vietnam: true },
    Product { name: "NorthGate Firewall", vendor: "NorthGate", kind: "security_product", strategic: false, vietnam: false },
    Product { name: "BlueMail Protect", vendor: "BlueMail", kind: "solution", strategic: false, vietnam: false },
    Product { name: "Rà quét Mắt Lưới", vendor: "Công ty Mắt Lưới", kind: "scan_tool", strategic: false, vietnam: true },
    Product { name: "Bộ công cụ Dấu Vết", vendor: "Công ty Dấu Vết", kind: "forensic_tool", strategic: false, vietnam: true },
];

/// Fills products, assessments and deployments.
pub fn sow(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let body = cx.put(
        "assessment_body",
        &[("name", t("Trung tâm Kiểm định an ninh mạng (trình diễn)")), ("decision_no", t("15/QĐ")), ("valid_from", t("2025-01-01"))],
    )?;
    let mut products = Vec::new();
    for (i, p) in PRODUCTS.iter().enumerate() {
        let id = cx.put(
            "product",
            &[
                ("name", t(p.name)),
                ("vendor", t(p.vendor)),
                ("kind", t(p.kind)),
                ("security", yes(true)),
                ("strategic", yes(p.strategic)),
                ("origin", t(if p.vietnam { "vietnam" } else { "foreign" })),
                ("origin_basis", if p.vietnam { t("hồ sơ công bố của nhà sản xuất (trình diễn)") } else { Data::Null }),
            ],
        )?;
        cx.keep("product", web::demo::Made { id: id.clone(), ..Default::default() });
        let mut assessment = None;
        if i != 4 {
            let (on, until) = (cx.days_ago(500), cx.days_ago(-400));
            assessment = Some(cx.put(
                "product_assessment",
                &[
                    ("product", t(&id)),
                    ("kind", t("testing")),
                    ("body", t(&body)),
                    ("number", t(&format!("KĐ-{:03}", i + 1))),
                    ("assessed_on", t(&on)),
                    ("expires_on", t(&until)),
                    ("result", t("passed")),
                ],
            )?);
        }
        products.push((id, assessment));
    }
    deployments(cx, &products)
}

/// Two thirds of the agencies use something; some of it was started before it was assessed.
fn deployments(cx: &mut DemoContext<'_, '_>, products: &[(String, Option<String>)]) -> Result<()> {
    let agencies = cx.kept("agency");
    let systems = cx.kept("system");
    let of = agencies.len();
    for (i, agency) in agencies.iter().enumerate() {
        if matches!(agency.word.as_str(), "school" | "commune_police" | "province_committee") {
            continue;
        }
        let theirs: Vec<&str> = systems.iter().filter(|s| s.agency == agency.id).map(|s| s.id.as_str()).collect();
        for (p, (id, assessment)) in products.iter().enumerate() {
            let percent = [44, 30, 26, 25, 14, 52, 38][p % 7];
            if !cx.rng.chance(percent) {
                continue;
            }
            let early = cx.rng.chance(7);
            let back = if early { 560 } else { 20 + i64::try_from(cx.rng.below(440)).unwrap_or(0) };
            let started = cx.days_ago(back);
            let system = cx.rng.pick(&theirs).map_or(Data::Null, |s| t(s));
            let relied_on = assessment.as_deref().map_or(Data::Null, t);
            let values =
                [("product", t(id)), ("agency", t(&agency.id)), ("system", system), ("started_on", t(&started)), ("assessment", relied_on)];
            cx.put("deployment", &values)?;
        }
        (cx.progress)("sản phẩm", i + 1, of);
    }
    Ok(())
}

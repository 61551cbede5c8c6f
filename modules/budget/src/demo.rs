//! Budget lines of Sao Mai, planned and spent.

use store::Result;
use web::DemoContext;
use web::demo::{n, t, yes};

/// Fills two years of lines for every agency with a budget.
pub fn sow(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let year: i64 = cx.today.get(..4).and_then(|y| y.parse().ok()).unwrap_or(2026);
    let agencies = cx.kept("agency");
    let of = agencies.len();
    for (i, agency) in agencies.iter().enumerate() {
        if matches!(agency.word.as_str(), "school" | "commune_police" | "province_committee" | "telecom") || cx.rng.chance(5) {
            continue;
        }
        for y in [year - 1, year] {
            for phase in ["plan", "actual"] {
                if phase == "actual" && y == year && cx.rng.chance(40) {
                    continue;
                }
                for (name, class) in
                    [("Chuyển đổi số", "digital"), ("Hạ tầng công nghệ thông tin", "it"), ("Đề tài khoa học, công nghệ", "science")]
                {
                    let amount = 1_000_000 * (50 + i64::try_from(cx.rng.below(900)).unwrap_or(0));
                    let share = i64::try_from(cx.rng.below(32)).unwrap_or(0);
                    let security = class != "science" && share > 3;
                    let part = if security { amount * share / 100 } else { 0 };
                    cx.put(
                        "budget_line",
                        &[
                            ("agency", t(&agency.id)),
                            ("year", n(y)),
                            ("phase", t(phase)),
                            ("spending", t(class)),
                            ("name", t(name)),
                            ("amount", n(amount)),
                            ("security", yes(security)),
                            ("security_amount", n(part)),
                        ],
                    )?;
                }
            }
        }
        (cx.progress)("kinh phí", i + 1, of);
    }
    Ok(())
}

//! Next year's proposals of Sao Mai: some tasks, three sources, on all steps of the way.

use store::Result;
use web::DemoContext;
use web::demo::{n, t};

use crate::{all_where, among};

/// Sources in turn.
const SOURCES: [&str; 6] = ["province", "province", "commune", "central", "province", "social"];

/// Proposals for the tasks of the province's plan.
pub fn sow(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let actor = cx.actor.clone();
    let year = cx.today.get(..4).and_then(|y| y.parse::<i64>().ok()).unwrap_or(2026) + 1;
    let plans = all_where(cx.tx, cx.registry, &actor, "plan", vec![among("level", &["province"])])?;
    let Some(plan) = plans.first().map(|p| p.id.clone()) else { return Ok(()) };
    let mut tasks = all_where(cx.tx, cx.registry, &actor, "task", vec![among("plan", &[plan])])?;
    tasks.sort_by_key(|t| t.int("seq"));
    let agencies: Vec<_> =
        cx.kept("agency").into_iter().filter(|a| matches!(a.word.as_str(), "department" | "police" | "commune")).collect();
    // standing duties are no tasks of a year
    tasks.retain(|t| t.text("tags") != Some("assignment"));
    for (_, task) in tasks.iter().enumerate().filter(|(i, _)| i % 3 != 2) {
        for agency in &agencies {
            if !cx.rng.chance(11) {
                continue;
            }
            let amount = (20 + i64::try_from(cx.rng.below(180)).unwrap_or(0)) * 1_000_000;
            let name = format!("Kinh phí cho nhiệm vụ {}", task.text("no").unwrap_or("của Kế hoạch"));
            let source = cx.rng.word(&SOURCES);
            let values = [
                ("agency", t(&agency.id)),
                ("year", n(year)),
                ("name", t(&name)),
                ("task", t(&task.id)),
                ("source", t(source)),
                ("amount", n(amount)),
            ];
            let id = cx.put("funding_proposal", &values)?;
            let fate = cx.rng.below(10);
            if fate < 6 {
                cx.advance("funding_proposal", &id, &["consolidate"], &[])?;
            }
            if fate < 4 {
                cx.advance("funding_proposal", &id, &["submit"], &[])?;
            }
            match fate {
                0..3 => {
                    let decided = [("approved_amount", n(amount * 8 / 10)), ("decision_no", t("1120/QĐ-UBND"))];
                    cx.advance("funding_proposal", &id, &["approve"], &decided)?;
                }
                3 => cx.advance("funding_proposal", &id, &["reject"], &[])?,
                _ => {}
            }
        }
    }
    Ok(())
}

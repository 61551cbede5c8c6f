//! Awareness work of Sao Mai: schools, heads, staff, enterprises, surveys, clubs, products made known.

use access::Verb;
use registers::actions;
use store::Result;
use web::DemoContext;
use web::demo::{Made, n, t, yes};

/// Fills a year of it; some did nothing, so that there is something missing.
pub fn sow(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let year: i64 = cx.today.get(..4).and_then(|y| y.parse().ok()).unwrap_or(2026);
    let agencies = cx.kept("agency");
    let police = agencies.iter().find(|a| a.word == "police").map(|a| a.id.clone()).unwrap_or_default();
    heads(cx, &police, &agencies)?;
    schools(cx, year, &agencies)?;
    for a in agencies.iter().filter(|a| a.number > 0) {
        if cx.rng.chance(82) {
            let share = 60 + i64::try_from(cx.rng.below(41)).unwrap_or(0);
            let reached = a.number * share / 100;
            let values = [("agency", t(&a.id)), ("year", n(year)), ("staff_reached", n(reached)), ("method", t("list"))];
            cx.put("awareness_coverage", &values)?;
        }
    }
    for a in agencies.iter().filter(|a| matches!(a.word.as_str(), "telecom" | "it_enterprise")) {
        if cx.rng.chance(80) {
            let (all, on) = (cx.rng.chance(70), cx.ago(20, 200));
            let values = [
                ("agency", t(&a.id)),
                ("year", n(year)),
                ("risks", yes(true)),
                ("response", yes(all)),
                ("ethics", yes(true)),
                ("declared_on", t(&on)),
            ];
            cx.put("awareness_declaration", &values)?;
        }
    }
    surveys(cx, year, &police)?;
    for p in cx.kept("product") {
        if cx.rng.chance(70) {
            let (on, receipts) = (cx.ago(30, 200), i64::try_from(cx.rng.below(90)).unwrap_or(0));
            let values =
                [("product", t(&p.id)), ("sent_by", t(&police)), ("sent_on", t(&on)), ("to_all", yes(false)), ("receipts", n(receipts))];
            cx.put("product_notice", &values)?;
        }
    }
    Ok(())
}

/// One meeting for heads; most came.
fn heads(cx: &mut DemoContext<'_, '_>, police: &str, agencies: &[Made]) -> Result<()> {
    let on = cx.days_ago(130);
    let meeting = cx.put(
        "awareness_activity",
        &[
            ("name", t("Hội nghị phổ biến trách nhiệm người đứng đầu")),
            ("kind", t("talk")),
            ("organiser", t(police)),
            ("held_on", t(&on)),
            ("basic_skills", yes(true)),
            ("for_leaders", yes(true)),
            ("reached", n(180)),
        ],
    )?;
    let scope = cx.actor.may(Verb::Read, "agency")?;
    for a in agencies {
        let head = actions::get(cx.tx, cx.registry, &scope, &a.id)?.text("head").map(str::to_owned);
        if let Some(head) = head.filter(|_| cx.rng.chance(84)) {
            cx.put("awareness_attendance", &[("activity", t(&meeting)), ("person", t(&head))])?;
        }
    }
    Ok(())
}

/// Most schools taught safe interaction this school year, fewer critical reading; colleges sent their figures.
fn schools(cx: &mut DemoContext<'_, '_>, year: i64, agencies: &[Made]) -> Result<()> {
    for s in agencies.iter().filter(|a| a.word == "school") {
        let (safe, critical, on) = (cx.rng.chance(88), cx.rng.chance(58), cx.ago(3, 60));
        if safe || critical {
            cx.put(
                "awareness_activity",
                &[
                    ("name", t("Sinh hoạt dưới cờ: an toàn trên mạng")),
                    ("kind", t("school")),
                    ("organiser", t(&s.id)),
                    ("held_on", t(&on)),
                    ("basic_skills", yes(true)),
                    ("safe_interaction", yes(safe)),
                    ("critical_reading", yes(critical)),
                    ("reached", n(420)),
                ],
            )?;
        }
        if cx.rng.chance(12) {
            let club = cx.put(
                "club",
                &[
                    ("name", t("Câu lạc bộ An ninh mạng học đường")),
                    ("kind", t("club")),
                    ("agency", t(&s.id)),
                    ("active", yes(true)),
                    ("members", n(30)),
                ],
            )?;
            if cx.rng.chance(75) {
                let on = cx.ago(10, 250);
                cx.put(
                    "awareness_activity",
                    &[
                        ("name", t("Sinh hoạt câu lạc bộ")),
                        ("kind", t("quiz")),
                        ("organiser", t(&s.id)),
                        ("held_on", t(&on)),
                        ("club", t(&club)),
                        ("reached", n(28)),
                    ],
                )?;
            }
        }
    }
    for (i, c) in cx.kept("college").into_iter().enumerate() {
        if i != 1 {
            let figures = [
                ("agency", t(&c.id)),
                ("year", n(year)),
                ("programme", t("An toàn thông tin")),
                ("enrolled", n(120)),
                ("graduated", n(85)),
            ];
            cx.put("enrolment_figure", &figures)?;
        }
    }
    Ok(())
}

/// Last year's survey is closed, this year's runs.
fn surveys(cx: &mut DemoContext<'_, '_>, year: i64, police: &str) -> Result<()> {
    for (y, done) in [(year - 1, true), (year, false)] {
        let opened = format!("{y}-09-15");
        let id = cx.put(
            "survey",
            &[
                ("name", t("Khảo sát nhận thức an ninh mạng")),
                ("kind", t("awareness")),
                ("agency", t(police)),
                ("year", n(y)),
                ("opened_on", t(&opened)),
                ("sent", n(4_000)),
            ],
        )?;
        cx.advance("survey", &id, &["open"], &[("opened_on", t(&opened))])?;
        if done {
            cx.advance("survey", &id, &["close"], &[("closed_on", t(&format!("{y}-10-31"))), ("answered", n(3_120))])?;
        }
    }
    Ok(())
}

//! Scores of data quality over time: written once a month by the program, nobody else's to edit, own agency's for a contact point.

use serde_json::json;
use testkit::ENGINES;

use crate::plan_review::ok;
use crate::world::{self, World};

/// The monthly job on a day, to its end; how many transactions.
fn measure(w: &World, today: &str) -> usize {
    let job = web::Module::jobs(&targets::Targets).into_iter().find(|j| j.name == "quality").unwrap();
    let (mut from, mut steps) = (None, 0);
    loop {
        let (reg, today, after) = (w.instance.registry.clone(), today.to_owned(), from.clone());
        from = w
            .instance
            .store
            .write_blocking(move |tx| (job.run)(&web::Cx { registry: &reg, today: &today, lang: web::Lang::Vi }, tx, after.as_deref()))
            .unwrap();
        steps += 1;
        if from.is_none() {
            return steps;
        }
    }
}

fn scores(c: &testkit::Client, query: &str) -> Vec<serde_json::Value> {
    ok(c.get(&format!("/api/v1/quality_score?limit=500{query}")), 200).json()["items"].as_array().unwrap().clone()
}

fn many(c: &testkit::Client) -> i64 {
    ok(c.get("/api/v1/quality_score?limit=1"), 200).json()["total"].as_i64().unwrap()
}

#[test]
fn scores_are_written_once_a_month_and_seen_as_a_trend_on_both_engines() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let (officer, program) = (w.client("canbo"), w.program("canbo", None));
        let before = many(&program);
        assert!(before > 0, "the demo has months that are past");
        let first = measure(&w, "2026-12-01");
        assert!(first > 1);
        let december = scores(&program, "&f.day=2026-12-01");
        assert!(!december.is_empty());
        assert_eq!(many(&program), before + i64::try_from(december.len()).unwrap());
        assert_eq!(measure(&w, "2026-12-02"), 1, "the second time there is nothing to do");
        assert_eq!(many(&program), before + i64::try_from(december.len()).unwrap());

        // the same sums as the page of that day says
        let day = ok(program.get("/api/v1/quality"), 200).text();
        assert!(!day.is_empty());
        let page = ok(officer.get("/quality"), 200).text();
        assert!(page.contains("Xu hướng"), "{page}");

        // nobody edits a score; a contact point sees those of the own agency
        let one = &december[0];
        let path = format!("/api/v1/quality_score/{}", one["id"].as_str().unwrap());
        let edit = program.call("PATCH", &path, &[("If-Match", "1")], &json!({ "fields": { "live_met": 0 } }));
        assert!(matches!(edit.status, 403 | 409 | 422), "{} {}", edit.status, edit.text());
        let own = scores(&w.program("daumoi", None), "");
        assert!(!own.is_empty() && own.len() < 20, "{}", own.len());
        let agencies: std::collections::BTreeSet<&str> = own.iter().map(|s| s["fields"]["agency"].as_str().unwrap()).collect();
        assert!(agencies.len() <= 2, "{agencies:?}");
    }
}

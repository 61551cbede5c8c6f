//! Money for tasks: sums are those of the records in the reader's scope, on every door.

use serde_json::{Value, json};
use testkit::ENGINES;

use crate::plan_review::ok;
use crate::world;

#[test]
fn estimates_add_up_by_task_source_and_agency_on_both_engines() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let (officer, program) = (w.client("canbo"), w.program("canbo", None));
        let year = 2027;
        let sums = |c: &testkit::Client| ok(c.get(&format!("/api/v1/estimates?year={year}")), 200).json();
        let all = sums(&program);
        let of = |v: &Value, f: &str| v["sum"][f].as_i64().unwrap();
        for part in ["tasks", "sources", "agencies"] {
            for field in ["proposals", "asked", "approved", "disbursed", "waiting"] {
                let sum: i64 = all[part].as_array().unwrap().iter().map(|l| of(l, field)).sum();
                assert_eq!(sum, all["total"][field].as_i64().unwrap(), "{part} {field}");
            }
        }
        // by hand, from the records themselves
        let records = ok(program.get(&format!("/api/v1/funding_proposal?f.year={year}&limit=500")), 200).json();
        let records = records["items"].as_array().unwrap();
        assert!(!records.is_empty() && records.len() < 500, "{}", records.len());
        let amount = |r: &Value, f: &str| r["fields"][f].as_i64().unwrap_or(0);
        let decided = |r: &&Value| matches!(r["state"].as_str().unwrap(), "approved" | "closed");
        let asked: i64 = records.iter().filter(|r| r["state"] != "rejected").map(|r| amount(r, "amount")).sum();
        let approved: i64 = records.iter().filter(decided).map(|r| amount(r, "approved_amount")).sum();
        assert_eq!((all["total"]["asked"].as_i64(), all["total"]["approved"].as_i64()), (Some(asked), Some(approved)));

        // a task without money is listed for who sees everything, and no more once somebody asks for it
        let task = all["without"][0][0].as_str().unwrap().to_owned();
        let agency = records[0]["fields"]["agency"].as_str().unwrap();
        let new = |fields: Value| program.call("POST", "/api/v1/funding_proposal", &[], &json!({ "fields": fields }));
        let mut fields = json!({ "agency": agency, "year": year, "name": "Mua máy chủ", "source": "grant", "amount": 70_000_000 });
        let refused = ok(new(fields.clone()), 422).text();
        assert!(refused.contains("Chọn nhiệm vụ của kế hoạch"), "{refused}");
        fields["task"] = json!(task);
        ok(new(fields), 201);
        let now = sums(&program);
        assert_eq!(now["total"]["asked"].as_i64(), Some(asked + 70_000_000));
        assert!(!now["without"].as_array().unwrap().iter().any(|t| t[0] == json!(task)));

        // the contact point adds up its own only, and is told of no task as unpaid
        let own = sums(&w.program("daumoi", None));
        assert!(own["total"]["asked"].as_i64() < now["total"]["asked"].as_i64());
        assert!(own["without"].as_array().unwrap().is_empty() && own["agencies"].as_array().unwrap().len() <= 1, "{own}");

        let page = ok(officer.get("/estimates"), 200).text();
        assert!(page.contains("Dự toán 2027") && page.contains("Chưa có dự toán"), "{page}");
        assert!(ok(officer.get("/estimates?year=2027&tab=without"), 200).text().contains("Lập đề xuất"));
        let wrong = ok(officer.get("/estimates?year=mai"), 422).text();
        assert!(wrong.contains("không phải năm"), "{wrong}");
        for kind in ["pdf", "docx", "xlsx"] {
            assert!(ok(officer.get(&format!("/estimates/file/{kind}?year={year}")), 200).bytes.len() > 4000, "{kind}");
        }
    }
}

//! Data quality: sums of the checks, each within the reader's scope, moved by mending a record.

use serde_json::Value;
use testkit::{Client, ENGINES};

use crate::world;

fn scores(c: &Client) -> Value {
    let r = c.get("/api/v1/quality");
    assert_eq!(r.status, 200, "{}", r.text());
    serde_json::from_slice(&r.bytes).unwrap()
}

/// Passed and all of a check.
fn check(v: &Value, id: &str) -> (i64, i64) {
    let c = v["checks"].as_array().unwrap().iter().find(|c| c["id"] == id).unwrap();
    let n = |k: &str| c[k].as_i64().unwrap();
    (n("met"), n("met") + n("unmet") + n("unknown"))
}

#[test]
fn mending_a_record_moves_its_check_and_nobody_sees_beyond_their_scope() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        let (officer, contact) = (w.client("canbo"), w.client("daumoi"));
        let before = scores(&officer);
        // a score is the sum of its checks, never their mean
        let sum = |key: &str| -> i64 {
            let complete = before["checks"].as_array().unwrap().iter().filter(|c| c["quality"] == "complete");
            complete.map(|c| c[key].as_i64().unwrap()).sum()
        };
        assert_eq!(before["scores"]["complete"]["met"].as_i64(), Some(sum("met")));
        assert_eq!(before["scores"]["complete"]["unmet"].as_i64(), Some(sum("unmet")));
        // the contact point is asked about its own agency alone
        let own = scores(&contact);
        let (mine, all) = (check(&own, "Q-04"), check(&before, "Q-04"));
        assert!(mine.1 < all.1 && mine.1 > 0, "{mine:?} of {all:?}");
        let page = contact.get("/quality").text();
        assert!(page.contains("Sửa gì trước") && !page.contains("Sở Nội vụ"), "{page}");
        // an agency without a head-count gets one
        let lacking = officer.get("/targets/Q-04/records?outcome=unmet").text();
        let id = lacking.split("/r/agency/").nth(1).and_then(|s| s.get(..36)).expect("one without a head-count").to_owned();
        let shown = officer.get(&format!("/api/v1/agency/{id}"));
        let etag = shown.header("etag").to_owned();
        let patch = serde_json::json!({ "fields": { "headcount": 55 } });
        let r = officer.call("PATCH", &format!("/api/v1/agency/{id}"), &[("if-match", &etag)], &patch);
        assert_eq!(r.status, 200, "{}", r.text());
        let after = check(&scores(&officer), "Q-04");
        assert_eq!(after, (all.0 + 1, all.1));
        // the table is taken away as it is shown
        let file = officer.get("/quality?export=mend");
        assert!(file.status == 200 && file.bytes.starts_with(b"PK"), "{}", file.status);
        assert_eq!(w.client("daumoi").get("/quality?export=agency").status, 200);
    }
}

//! Figures on 60,000 persons: `cargo test --release -p registers speed -- --ignored --nocapture`.

use std::time::Instant;

use super::*;
use crate::BulkWriter;

const PERSONS: usize = 60_000;
const FAMILY: [&str; 10] = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ"];
const MIDDLE: [&str; 6] = ["Văn", "Thị", "Đức", "Ngọc", "Hữu", "Minh"];
const GIVEN: [&str; 12] = ["An", "Bình", "Cường", "Dũng", "Đào", "Giang", "Hà", "Khánh", "Lan", "Mận", "Phúc", "Yến"];

fn fill(w: &World) -> (Vec<Record>, f64) {
    let t = tree(w);
    let mut agencies = vec![t.commune.clone(), t.other.clone(), t.hamlet];
    for i in 0..400 {
        let v = vals([("name", &format!("UBND xã số {i}")), ("kind", "commune"), ("parent", &t.province.id)]);
        agencies.push(w.create(&system(), "agency", v).unwrap());
    }
    let ids: Vec<String> = agencies.iter().map(|a| a.id.clone()).collect();
    let mut spent = 0.0;
    for batch in 0..PERSONS / 5000 {
        let ids = ids.clone();
        let begun = Instant::now();
        w.write(move |tx, reg| {
            let s = system();
            let mut bulk = BulkWriter::new(tx, reg, &s, "person")?;
            for n in 0..5000 {
                let i = batch * 5000 + n;
                let name = format!("{} {} {}", FAMILY[i % 10], MIDDLE[i / 10 % 6], GIVEN[i / 60 % 12]);
                let v = vals([
                    ("full_name", &name),
                    ("staff_code", &format!("CB{i:06}")),
                    ("agency", &ids[i % ids.len()]),
                    ("position", if i % 3 == 0 { "Chuyên viên" } else { "Cán bộ phụ trách công nghệ thông tin" }),
                    ("phone", &format!("09{i:08}")),
                    ("birth_year", &(1960 + i % 45).to_string()),
                ]);
                bulk.create(tx, v)?;
            }
            bulk.finish(tx)
        })
        .unwrap();
        spent += begun.elapsed().as_secs_f64();
    }
    (agencies, spent * 1e6 / PERSONS as f64)
}

#[test]
#[ignore = "minutes; prints figures"]
fn speed() {
    for engine in testdb::ENGINES {
        let Some(w) = World::open(engine, registry()) else { continue };
        let name = "Nguyễn Thị Hồng Đào Chuyên viên phụ trách công nghệ thông tin";
        for (what, f) in [("search_key", &text::search_key as &dyn Fn(&str) -> String), ("sort_key", &text::sort_key)] {
            let begun = Instant::now();
            (0..10_000).for_each(|_| drop(std::hint::black_box(f(name))));
            println!("{what}: {:.1} µs", begun.elapsed().as_secs_f64() * 100.0);
        }
        let (agencies, each) = fill(&w);
        println!("{engine:?}: create {each:.1} µs per record");
        if engine == Engine::Postgres {
            w.write(|tx, _| tx.exec("ANALYZE", &[]).map(drop)).ok();
        }
        let all = system();
        let one = w.actor("contact", Some(&agencies[5].id));
        let sub = w.actor("contact", agencies[0].agency.as_deref());
        let q = Query::default();
        let find = |s: &str| Query { search: Some(s.into()), ..Query::default() };
        let sort = |s: &str| Query { sort: Some(s.into()), ..Query::default() };
        let mut deep = q.clone();
        for _ in 0..20 {
            deep.limit = Some(500);
            deep.after = w.list(&all, "person", &deep).unwrap().next;
        }
        deep.limit = None;
        let cases: Vec<(&str, &Actor, Query)> = vec![
            ("first page, all", &all, q.clone()),
            ("page at 10,000, all", &all, deep),
            ("first page, one commune", &one, q.clone()),
            ("first page, subtree", &sub, q.clone()),
            ("search 'phuc', all", &all, find("phuc")),
            ("search 'nguyen van mận', all", &all, find("nguyen van mận")),
            ("search nothing found, all", &all, find("zzzz")),
            ("search 'phuc', one commune", &one, find("phuc")),
            ("sort -position, all", &all, sort("-position")),
            ("sort agency, all", &all, sort("agency")),
            ("sort staff_code, all", &all, sort("staff_code")),
        ];
        for (name, actor, q) in cases {
            let mut times: Vec<f64> = (0..21)
                .map(|_| {
                    let begun = Instant::now();
                    let page = w.list(actor, "person", &q).unwrap();
                    std::hint::black_box(page.total);
                    begun.elapsed().as_secs_f64() * 1000.0
                })
                .collect();
            times.sort_by(f64::total_cmp);
            println!("{engine:?}: {name}: median {:.1} ms, p95 {:.1} ms", times[10], times[19]);
        }
        let begun = Instant::now();
        assert_eq!(w.read(crate::verify_rows).unwrap(), vec![]);
        println!("{engine:?}: verify {:.0} ms", begun.elapsed().as_secs_f64() * 1000.0);
        let scope = all.may(access::Verb::Read, "person").unwrap();
        let begun = Instant::now();
        let groups = w.read(|tx, reg| crate::duplicates(tx, reg, &scope, 100)).unwrap();
        println!("{engine:?}: duplicates {:.0} ms ({})", begun.elapsed().as_secs_f64() * 1000.0, groups.len());
    }
}

//! Many provinces in one instance: each whole, none answering for another.

use access::{Actor, Verb};
use registers::{Filter, Op, Query, Record, actions, verify_all};

use crate::world::{self, World};

fn all(w: &World, register: &str, filters: Vec<Filter>) -> Vec<Record> {
    w.instance
        .store
        .read_blocking(|tx| {
            let scope = Actor::system("test").may(Verb::Read, register)?;
            let mut query = Query { filters, limit: Some(500), as_of: Some("all".into()), ..Query::default() };
            let mut found = Vec::new();
            loop {
                let page = actions::list(tx, &w.instance.registry, &scope, &query)?;
                found.extend(page.items);
                match page.next {
                    Some(next) => query.after = Some(next),
                    None => return Ok(found),
                }
            }
        })
        .unwrap()
}

fn under(top: &str) -> Filter {
    Filter { field: "agency".into(), op: Op::Under, values: vec![top.to_owned()] }
}

#[test]
fn a_second_province_is_whole_and_owes_nothing_to_the_first() {
    let w = world::sqlite();
    let tops = |w: &World| all(w, "agency", vec![Filter { field: "kind".into(), op: Op::Is, values: vec!["province_committee".into()] }]);
    let sao_mai = tops(&w).pop().unwrap();
    let owed = |w: &World| all(w, "obligation", vec![]).len();
    let (before, answers) = (owed(&w), all(&w, "control_answer", vec![]).len());

    let records = lachan::demo::country::grow(&w.instance, 1, &|_, _, _| ()).unwrap();
    let new = tops(&w).into_iter().find(|t| t.id != sao_mai.id).unwrap();
    assert!(new.title.starts_with("Ủy ban nhân dân ") && !new.title.contains("Sao Mai"), "{}", new.title);
    let own = all(&w, "agency", vec![under(&new.id)]);
    let communes = own.iter().filter(|a| a.text("kind") == Some("commune")).count();
    let of = all(&w, "commune", vec![Filter { field: "province".into(), op: Op::Is, values: vec![new.text("province").unwrap().into()] }]);
    assert_eq!(communes, of.len(), "every commune of the pack");
    // with people, heads, systems and answers of its own
    let people = all(&w, "person", vec![under(&new.id)]);
    assert!(people.len() >= own.len() * 4 && records > people.len(), "{} people, {records} records", people.len());
    let headed = own.iter().filter(|a| a.text("head").is_some_and(|h| people.iter().any(|p| p.id == h))).count();
    assert!(headed * 10 > own.len() * 8, "{headed} of {} are headed by their own", own.len());
    assert!(all(&w, "control_answer", vec![]).len() > answers);
    assert!(all(&w, "system", vec![under(&new.id)]).iter().all(|s| own.iter().any(|a| Some(a.id.as_str()) == s.text("operator"))));

    // "các xã" of Sao Mai's plan are those of Sao Mai
    crate::obligations::expand(&w, "2026-11-22");
    assert_eq!(owed(&w), before, "nobody of another province owes anything");
    let wrong = w.instance.store.read_blocking(|tx| verify_all(tx, &w.instance.registry, &mut |_, _| Ok(()))).unwrap();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(lachan::demo::country::grow(&w.instance, 1, &|_, _, _| ()).is_err(), "not twice");
}

//! What an agency owes: states, counts and lists agree wherever they are shown; expansion by dates and events.

use std::collections::{BTreeMap, BTreeSet};

use access::Actor;
use documents::{ReadOptions, read_xlsx};
use registers::{Data, actions};
use serde_json::Value;
use testkit::{Client, ENGINES};

use crate::world::{self, World};

type Values = BTreeMap<String, Data>;

fn words(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), Data::Text((*v).to_owned()))).collect()
}

/// Obligations as the API gives them, all pages.
fn listed(c: &Client, what: &str) -> Vec<Value> {
    let (mut all, mut after) = (vec![], String::new());
    loop {
        let page = c.get(&format!("/api/v1/plans/obligations?limit=200&{what}{after}"));
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(n) => after = format!("&after={n}"),
            None => return all,
        }
    }
}

fn ids(list: &[Value]) -> BTreeSet<String> {
    list.iter().map(|o| o["id"].as_str().unwrap().to_owned()).collect()
}

/// One obligation of each kind of state, made through the actions.
fn one_of_each(w: &World) {
    let agency = world::agency_named(&w.instance, "Sở Y tế");
    let task = world::records(&w.instance, "task", vec![])[0].id.clone();
    let plan = world::records(&w.instance, "plan", vec![])[0].id.clone();
    let reg = w.instance.registry.clone();
    w.instance
        .store
        .write_blocking(move |tx| {
            let system = Actor::system("test");
            let event =
                actions::create(tx, &reg, &system, "plan_event", words(&[("plan", &plan), ("name", "Khi có hướng dẫn thử")]), None)?;
            let done = |on: &str| words(&[("done_on", on), ("result_note", "đã làm")]);
            let cases: [(&str, &[&str], Values); 12] = [
                ("2026-11-21", &[], Values::new()),
                ("2026-11-22", &["start"], Values::new()),
                ("2026-11-29", &[], Values::new()),
                ("2026-11-30", &[], Values::new()),
                ("2026-12-30", &["start"], Values::new()),
                ("", &["start"], Values::new()),
                ("2026-10-01", &["submit"], words(&[("result_note", "đã làm")])),
                ("2026-12-31", &["wait"], words(&[("event", &event.id)])),
                ("2026-01-31", &["wait"], words(&[("event", &event.id)])),
                ("2026-11-01", &["close"], done("2026-11-13")),
                ("2026-11-01", &["close"], done("2026-11-01")),
                ("", &["close"], done("2026-11-13")),
            ];
            for (i, (due, moves, values)) in cases.into_iter().enumerate() {
                let key = format!("thử {i}");
                let mut v = words(&[("agency", &agency), ("task", &task), ("content", "Việc thử trạng thái"), ("period_key", &key)]);
                if !due.is_empty() {
                    v.insert("due_on".into(), Data::Text(due.into()));
                }
                let mut o = actions::create(tx, &reg, &system, "obligation", v, None)?;
                for m in moves {
                    o = actions::transition(tx, &reg, &system, "obligation", &o.id, o.version, m, values.clone(), None)?;
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_database_and_the_page_mean_the_same_states() {
    for engine in ENGINES {
        let Some(w) = world::on(engine) else { continue };
        one_of_each(&w);
        for login in ["canbo", "syt"] {
            let c = w.client(login);
            let all = listed(&c, "state=all");
            let mut by: BTreeMap<String, Vec<Value>> = BTreeMap::new();
            for o in &all {
                by.entry(o["state"].as_str().unwrap().to_owned()).or_default().push(o.clone());
            }
            assert!(by.len() >= 9, "{login}: {:?}", by.keys());
            for s in plans::State::ALL {
                let derived = by.get(s.word()).map(|l| ids(l)).unwrap_or_default();
                assert_eq!(ids(&listed(&c, &format!("state={}", s.word()))), derived, "{login}: {}", s.word());
            }
            // tabs, menu and file say the same numbers
            let open: usize = plans::State::ALL.iter().filter(|s| s.open()).filter_map(|s| by.get(s.word())).map(Vec::len).sum();
            assert_eq!(tab(&c, "open"), open, "{login}");
            assert_eq!(tab(&c, "all"), all.len(), "{login}");
            for (word, list) in &by {
                assert_eq!(tab(&c, word), list.len(), "{login}: {word}");
            }
            let page = c.get("/account").text();
            let beside: String = page.split("href=\"/plans/board\"").nth(1).unwrap().split("</a>").next().unwrap().into();
            let number = beside.split("class=\"count").nth(1).unwrap().split('>').nth(1).unwrap();
            let number: usize = number.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap();
            assert_eq!(number, by["overdue"].len(), "{login}: menu");
        }
        let officer = w.client("canbo");
        let file = officer.get("/plans/board?state=all&export=xlsx&q=tr%E1%BA%A1ng%20th%C3%A1i");
        let book = read_xlsx(&file.bytes, &ReadOptions::default()).unwrap();
        assert_eq!(book.rows.len(), 12, "the file has the whole filtered set");
        let page = officer.get("/plans/board?state=done_late&view=list").text();
        assert!(page.contains("Hoàn thành muộn 12 ngày"), "{page}");
        // a day that is none stays as typed, with the remedy beside it
        let page = officer.get("/plans/board?from=31/02/2026").text();
        assert!(page.contains("value=\"31/02/2026\"") && page.contains("Viết ngày/tháng/năm"), "{page}");
    }
}

/// Number in a tab of the board.
fn tab(c: &Client, state: &str) -> usize {
    let page = c.get("/plans/board?state=all").text();
    let link = page.split(&format!("href=\"/plans/board?state={state}\"")).nth(1).unwrap_or_else(|| panic!("no tab {state}: {page}"));
    let digits: String = link
        .split("</a>")
        .next()
        .unwrap()
        .split("class=\"count")
        .nth(1)
        .unwrap_or("")
        .split('<')
        .next()
        .unwrap()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap_or_else(|_| panic!("{state}: {link:.200}"))
}

//! What an agency owes: states, counts and lists agree wherever they are shown; expansion by dates and events.

use std::collections::{BTreeMap, BTreeSet};

use access::Actor;
use documents::{ReadOptions, read_xlsx};
use registers::{Data, actions};
use serde_json::Value;
use testkit::{Client, ENGINES};

use crate::world::{self, World};

pub type Values = BTreeMap<String, Data>;

pub fn words(pairs: &[(&str, &str)]) -> Values {
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
                    if *m == "close" {
                        let proof = [("obligation", o.id.as_str()), ("kind", "note"), ("agency", &agency), ("note", "đã làm")];
                        let mut proof = words(&proof);
                        proof.insert("happened_on".into(), Data::Text("2026-10-31".into()));
                        actions::create(tx, &reg, &system, "evidence", proof, None)?;
                    }
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
            assert_eq!(number, open, "{login}: menu");
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

/// A plan of 2026 with one task for each case, led by these agencies; ids of the tasks.
pub fn a_plan(w: &World, number: &str, cases: &[Case<'_>]) -> Vec<String> {
    let issuer = world::records(&w.instance, "plan", vec![])[0].text("issuer").unwrap().to_owned();
    let cases: Vec<(Values, Vec<String>)> =
        cases.iter().map(|c| (words(c.fields), c.leads.iter().map(|l| (*l).to_owned()).collect())).collect();
    let (reg, number) = (w.instance.registry.clone(), number.to_owned());
    w.instance
        .store
        .write_blocking(move |tx| {
            let system = Actor::system("test");
            let head = [
                ("title", "Kế hoạch thử"),
                ("number", &number),
                ("issuer", &issuer),
                ("level", "province"),
                ("starts_on", "2026-01-01"),
                ("ends_on", "2030-12-31"),
            ];
            let plan = actions::create(tx, &reg, &system, "plan", words(&head), None)?.id;
            // a draft burdens nobody
            actions::transition(tx, &reg, &system, "plan", &plan, 1, "issue", Values::new(), None)?;
            let mut tasks = vec![];
            for (i, (mut fields, leads)) in cases.into_iter().enumerate() {
                fields.extend(words(&[("plan", &plan), ("content", &format!("Việc thử {i}"))]));
                fields.insert("seq".into(), Data::Int(i as i64 + 1));
                if let Some(Data::Text(name)) = fields.remove("event_name") {
                    let event = actions::create(tx, &reg, &system, "plan_event", words(&[("plan", &plan), ("name", &name)]), None)?.id;
                    fields.insert("event".into(), Data::Text(event));
                }
                let task = actions::create(tx, &reg, &system, "task", fields, None)?.id;
                for (n, agency) in leads.iter().enumerate() {
                    let mut v = words(&[("task", &task), ("role", "lead"), ("name", "cơ quan thử"), ("agency", agency)]);
                    v.insert("seq".into(), Data::Int(n as i64 + 1));
                    actions::create(tx, &reg, &system, "task_actor", v, None)?;
                }
                tasks.push(task);
            }
            Ok(tasks)
        })
        .unwrap()
}

pub struct Case<'a> {
    pub fields: &'a [(&'a str, &'a str)],
    pub leads: &'a [&'a str],
}

/// The daily job as of a day, to its end; how many transactions it took.
pub fn expand(w: &World, today: &str) -> usize {
    let job = web::Module::jobs(&plans::Plans)[0];
    let (mut after, mut n) = (None::<String>, 0);
    // the job runs on its day; people go on in theirs
    let days = web::fmt::days(today).unwrap() - web::fmt::days("2026-11-22").unwrap();
    w.clock.set(crate::world::NOW + days * 24 * 3_600_000_000);
    loop {
        let (reg, today, from) = (w.instance.registry.clone(), today.to_owned(), after.take());
        after = w
            .instance
            .store
            .write_blocking(move |tx| (job.run)(&web::Cx { registry: &reg, today: &today, lang: web::Lang::Vi }, tx, from.as_deref()))
            .unwrap();
        n += 1;
        if after.is_none() {
            w.clock.set(crate::world::NOW);
            return n;
        }
    }
}

/// The news a change made, handed to the module as the worker does.
pub fn change(w: &World, today: &str, register: &str, id: &str, how: &str, values: Values) {
    let (reg, today, register, id, how) =
        (w.instance.registry.clone(), today.to_owned(), register.to_owned(), id.to_owned(), how.to_owned());
    w.instance
        .store
        .write_blocking(move |tx| {
            let system = Actor::system("test");
            let scope = system.may(access::Verb::Read, &register)?;
            let version = actions::get(tx, &reg, &scope, &id)?.version;
            let changed: Vec<&String> = values.keys().collect();
            let body = Some(serde_json::json!({ "changed": changed }).to_string());
            let kind = if how == "update" {
                actions::update(tx, &reg, &system, &register, &id, version, values.clone(), None)?;
                how
            } else {
                actions::transition(tx, &reg, &system, &register, &id, version, &how, values.clone(), Some("thử"))?;
                format!("transition:{how}")
            };
            let event = web::Event { id: "e".into(), at: 0, kind, register, record: id, agency: None, who: "test".into(), body };
            web::Module::on(&plans::Plans, &web::Cx { registry: &reg, today: &today, lang: web::Lang::Vi }, &event, tx)
        })
        .unwrap();
}

/// Obligations of a task: agency, period, state, due day.
pub fn of_task(w: &World, task: &str) -> BTreeSet<(String, String, String, String)> {
    let is = registers::Filter { field: "task".into(), op: registers::Op::Is, values: vec![task.to_owned()] };
    let word = |r: &registers::Record, f: &str| r.text(f).unwrap_or("–").to_owned();
    world::records(&w.instance, "obligation", vec![is])
        .iter()
        .map(|r| (word(r, "agency"), word(r, "period_key"), r.state.clone().unwrap_or_default(), word(r, "due_on")))
        .collect()
}

pub fn rows(list: &[(&str, &str, &str, &str)]) -> BTreeSet<(String, String, String, String)> {
    list.iter().map(|(a, b, c, d)| ((*a).into(), (*b).into(), (*c).into(), (*d).into())).collect()
}

pub fn communes(w: &World) -> Vec<String> {
    let commune = registers::Filter { field: "kind".into(), op: registers::Op::Is, values: vec!["commune".into()] };
    let all = world::records(&w.instance, "agency", vec![commune]);
    all.into_iter().filter(|a| a.text("valid_to").is_none()).map(|a| a.id).collect()
}

pub fn on_both(f: impl Fn(&World)) {
    for engine in ENGINES {
        if let Some(w) = world::on(engine) {
            f(&w);
        }
    }
}

#[test]
fn an_event_gives_periods_and_timers_their_days() {
    on_both(|w| {
        let a = communes(w)[0].clone();
        let period = r#"{"kind":"period","from":"2026-01-01","to":"2026-12-31","condition":"Khi có hướng dẫn"}"#;
        let timer = r#"{"kind":"timer","event":"Khi có hướng dẫn","duration":"P30D"}"#;
        let tasks = a_plan(
            w,
            "901/KH-UBND",
            &[
                Case { fields: &[("schedule", period), ("event_name", "Khi có hướng dẫn A")], leads: &[&a] },
                Case { fields: &[("schedule", timer), ("event_name", "Khi có hướng dẫn B")], leads: &[&a] },
            ],
        );
        expand(w, "2026-11-01");
        assert_eq!(of_task(w, &tasks[0]), rows(&[(&a, "2026", "waiting_event", "2026-12-31")]));
        assert_eq!(of_task(w, &tasks[1]), rows(&[(&a, "event", "waiting_event", "–")]));
        let events: Vec<String> = tasks
            .iter()
            .map(|t| world::records(&w.instance, "task", vec![]).iter().find(|r| r.id == *t).unwrap().text("event").unwrap().to_owned())
            .collect();
        for e in &events {
            let v = words(&[("occurred_on", "2026-11-10"), ("document_no", "12/HD-BCA")]);
            change(w, "2026-11-22", "plan_event", e, "occur", v);
        }
        assert_eq!(of_task(w, &tasks[0]), rows(&[(&a, "2026", "not_started", "2026-12-31")]));
        assert_eq!(of_task(w, &tasks[1]), rows(&[(&a, "event", "not_started", "2026-12-10")]), "30 days after 10/11");
        change(w, "2026-11-22", "plan_event", &events[1], "undo", Values::new());
        assert_eq!(of_task(w, &tasks[1]), rows(&[(&a, "event", "waiting_event", "–")]), "it was a mistake");
    });
}

#[test]
fn agencies_owe_what_falls_into_their_life() {
    on_both(|w| {
        let list = communes(w);
        let [old, heir, young] = [&list[0], &list[1], &list[2]].map(String::as_str);
        let tasks = a_plan(w, "902/KH-UBND", &[Case { fields: &[("schedule", r#"{"kind":"annual"}"#)], leads: &[old, young] }]);
        change(w, "2026-03-01", "agency", young, "update", words(&[("valid_from", "2027-02-01")]));
        expand(w, "2026-03-01");
        assert_eq!(of_task(w, &tasks[0]), rows(&[(old, "2026", "not_started", "2026-12-31")]), "not yet founded");
        change(w, "2026-09-02", "agency", old, "update", words(&[("valid_to", "2026-08-31")]));
        let (reg, from, to) = (w.instance.registry.clone(), old.to_owned(), heir.to_owned());
        w.instance
            .store
            .write_blocking(move |tx| {
                let v = words(&[("from_agency", &from), ("to_agency", &to), ("kind", "merge"), ("effective_on", "2026-09-01")]);
                actions::create(tx, &reg, &Actor::system("test"), "agency_succession", v, None).map(drop)
            })
            .unwrap();
        expand(w, "2026-09-02");
        let moved = rows(&[(old, "2026", "not_applicable", "2026-12-31"), (heir, "2026", "not_started", "2026-12-31")]);
        assert_eq!(of_task(w, &tasks[0]), moved);
        let filter = |f: &str, v: &str| registers::Filter { field: f.into(), op: registers::Op::Is, values: vec![v.to_owned()] };
        let ended = &world::records(&w.instance, "obligation", vec![filter("task", &tasks[0]), filter("agency", old)])[0];
        let why = ended.text("na_reason").unwrap();
        assert!(why.starts_with("Cơ quan kết thúc hoạt động ngày 31/08/2026; chuyển cho "), "{why}");
        expand(w, "2027-03-01");
        let mut next = moved;
        next.extend(rows(&[(young, "2027", "not_started", "2027-12-31"), (heir, "2027", "not_started", "2027-12-31")]));
        assert_eq!(of_task(w, &tasks[0]), next, "2027: the heir owes instead of the old one, the young one its first year");
    });
}

#[test]
fn a_changed_task_takes_along_what_nobody_began() {
    on_both(|w| {
        let list = communes(w);
        let (a, b) = (list[0].as_str(), list[1].as_str());
        let deadline = r#"{"kind":"deadline","due":"2026-06-30"}"#;
        let fields: &[(&str, &str)] =
            &[("schedule", deadline), ("schedule_kind", "deadline"), ("time_text", "Trước 01/7/2026"), ("due_on", "2026-06-30")];
        let tasks = a_plan(w, "903/KH-UBND", &[Case { fields, leads: &[a, b] }]);
        expand(w, "2026-03-01");
        let of = |agency: &str| {
            let filter = |f: &str, v: &str| registers::Filter { field: f.into(), op: registers::Op::Is, values: vec![v.to_owned()] };
            world::records(&w.instance, "obligation", vec![filter("task", &tasks[0]), filter("agency", agency)])[0].id.clone()
        };
        change(w, "2026-03-01", "obligation", &of(b), "start", Values::new());
        change(w, "2026-03-02", "task", &tasks[0], "update", words(&[("time_text", "Trước ngày 01/10/2026"), ("due_on", "2026-09-30")]));
        let after = rows(&[(a, "2026-09-30", "not_started", "2026-09-30"), (b, "2026-09-30", "in_progress", "2026-09-30")]);
        assert_eq!(of_task(w, &tasks[0]), after, "one occasion moves with its day, begun or not");
        expand(w, "2026-03-03");
        assert_eq!(of_task(w, &tasks[0]), after, "and is not asked for twice");
        change(w, "2026-03-04", "task", &tasks[0], "drop", Values::new());
        let dropped = rows(&[(a, "2026-09-30", "not_applicable", "2026-09-30"), (b, "2026-09-30", "not_applicable", "2026-09-30")]);
        assert_eq!(of_task(w, &tasks[0]), dropped);
        change(w, "2026-03-05", "task", &tasks[0], "restore", Values::new());
        assert_eq!(of_task(w, &tasks[0]), after, "and comes back as it was");
    });
}

#[test]
fn nothing_is_owed_in_silence_and_years_end() {
    on_both(|w| {
        let a = communes(w)[0].clone();
        let continuous = r#"{"kind":"continuous"}"#;
        let tasks = a_plan(
            w,
            "904/KH-UBND",
            &[
                Case { fields: &[("time_text", "Theo tiến độ chung")], leads: &[&a] },
                Case { fields: &[("schedule", continuous), ("schedule_kind", "continuous"), ("product", "Báo cáo")], leads: &[&a] },
                Case { fields: &[("schedule", continuous), ("schedule_kind", "continuous")], leads: &[&a] },
            ],
        );
        expand(w, "2026-11-22");
        assert_eq!(of_task(w, &tasks[0]), rows(&[(&a, "plan", "not_started", "–")]));
        let plan = world::records(&w.instance, "task", vec![]).into_iter().find(|t| t.id == tasks[0]).unwrap();
        let page = w.client("canbo").get(&format!("/plans/{}?tab=tasks", plan.text("plan").unwrap())).text();
        assert!(page.contains("<strong>1 nhiệm vụ chưa rõ thời hạn.</strong>"), "{page}");
        assert_eq!(of_task(w, &tasks[1]), rows(&[(&a, "2026", "not_started", "2026-12-31")]));
        assert_eq!(of_task(w, &tasks[2]), rows(&[(&a, "2026", "not_started", "–")]));
        assert_ne!(
            plans::state::of("not_started", Some("2026-12-31"), None, "2026-12-31"),
            plans::State::Overdue,
            "red only after the year"
        );
        expand(w, "2027-01-02");
        let red = [(a.as_str(), "2026", "not_started", "2026-12-31"), (&a, "2027", "not_started", "2027-12-31")];
        assert_eq!(of_task(w, &tasks[1]), rows(&red), "none came: it stays, red");
        let over = [(a.as_str(), "2026", "not_applicable", "–"), (&a, "2027", "not_started", "–")];
        assert_eq!(of_task(w, &tasks[2]), rows(&over), "one open row a year");
        // evidence comes in by another door
        let is = registers::Filter { field: "task".into(), op: registers::Op::Is, values: vec![tasks[1].clone()] };
        let first = world::records(&w.instance, "obligation", vec![is]).into_iter().find(|r| r.text("period_key") == Some("2026")).unwrap();
        let reg = w.instance.registry.clone();
        let agency = a.clone();
        w.instance
            .store
            .write_blocking(move |tx| {
                let v = words(&[
                    ("obligation", &first.id),
                    ("kind", "note"),
                    ("happened_on", "2026-11-20"),
                    ("agency", &agency),
                    ("note", "đã báo cáo"),
                ]);
                actions::create(tx, &reg, &Actor::system("test"), "evidence", v, None).map(drop)
            })
            .unwrap();
        expand(w, "2027-01-03");
        assert!(of_task(w, &tasks[1]).contains(&(a.clone(), "2026".into(), "done".into(), "2026-12-31".into())));
    });
}

#[test]
fn the_daily_job_writes_nothing_the_second_time() {
    on_both(|w| {
        let a = communes(w)[0].clone();
        a_plan(w, "905/KH-UBND", &[Case { fields: &[("schedule", r#"{"kind":"annual"}"#)], leads: &[&a] }]);
        let plans = world::records(&w.instance, "plan", vec![]);
        let steps: usize = plans.iter().map(|p| if p.state.as_deref() == Some("in_force") { 2 } else { 1 }).sum();
        assert!(plans.len() > 2);
        assert_eq!(expand(w, "2027-01-05"), steps, "each plan in force is expanded in one transaction and settled in another");
        let leaves = |w: &World| {
            w.instance.store.read_blocking(|tx| tx.query_opt("SELECT COUNT(*) FROM event", &[])?.map_or(Ok(0i64), |r| r.get(0))).unwrap()
        };
        let before = leaves(w);
        expand(w, "2027-01-05");
        assert_eq!(leaves(w), before);
    });
}

#[test]
fn the_demo_is_late_in_different_ways() {
    let w = world::sqlite();
    let all = world::records(&w.instance, "obligation", vec![]);
    let mut late: BTreeMap<&str, usize> = BTreeMap::new();
    for o in &all {
        let n = late.entry(o.text("agency").unwrap()).or_default();
        *n += usize::from(plans::derive(o, "2026-11-22") == plans::State::Overdue);
    }
    let mut by: BTreeMap<usize, usize> = BTreeMap::new();
    for n in late.values() {
        *by.entry(*n).or_default() += 1;
    }
    assert!(by.len() >= 4 && by[&0] > 20 && by[&1] > 5, "agencies by number of late tasks: {by:?}");
    let n = |s: plans::State| all.iter().filter(|o| plans::derive(o, "2026-11-22") == s).count();
    use plans::State as S;
    for s in [S::Done, S::DoneLate, S::Overdue, S::WaitingApproval, S::InProgress, S::NotStarted] {
        assert!(n(s) >= 5, "{s:?}: {}", n(s));
    }
    let returned: i64 = w
        .instance
        .store
        .read_blocking(|tx| {
            tx.query_opt("SELECT COUNT(*) FROM event WHERE register = 'obligation' AND kind = 'transition:return'", &[])?
                .map_or(Ok(0), |r| r.get(0))
        })
        .unwrap();
    assert!(returned >= 2, "{returned} returned");
}

#[test]
fn a_product_is_proven_before_it_is_handed_in() {
    on_both(|w| {
        let syt = world::agency_named(&w.instance, "Sở Y tế");
        let schedule = r#"{"kind":"deadline","due":"2026-11-10"}"#;
        let tasks = a_plan(
            w,
            "906/KH-UBND",
            &[Case { fields: &[("schedule", schedule), ("product", "Danh sách tài khoản đã rà soát")], leads: &[&syt] }],
        );
        expand(w, "2026-11-22");
        let is = registers::Filter { field: "task".into(), op: registers::Op::Is, values: vec![tasks[0].clone()] };
        let o = world::records(&w.instance, "obligation", vec![is])[0].clone();
        let c = w.client("syt");
        let at = format!("/plans/obligation/{}", o.id);
        let page = c.get(&at).text();
        assert!(
            page.contains("Quá hạn 12 ngày") && page.contains("Thêm minh chứng về sản phẩm «Danh sách tài khoản đã rà soát»"),
            "{page}"
        );
        let version = o.version.to_string();
        let refused = c.post(&format!("{at}/submit"), &[("version", &version), ("result_note", "Xong rồi, mười hai tài khoản")]);
        assert_eq!(refused.status, 422);
        let text = refused.text();
        assert!(
            text.contains("Danh sách tài khoản đã rà soát") && text.contains("Xong rồi, mười hai tài khoản"),
            "said, and nothing typed is lost: {text}"
        );
        assert_eq!(c.post(&format!("{at}/evidence"), &[("note", "Danh sách kèm biên bản"), ("happened_on", "22/11/2026")]).status, 303);
        let version = (o.version + 1).to_string();
        let done = c.post(&format!("{at}/submit"), &[("version", &version), ("result_note", "Xong")]);
        assert_eq!(done.status, 303, "{}", done.text());
        assert!(c.get(&at).text().contains("Chờ duyệt"));
        // a day that is none: what was typed stays, the message stands beside the field
        let officer = w.client("canbo");
        let approve = format!("{at}/approve");
        let version = (o.version + 2).to_string();
        let wrong = officer.post(&approve, &[("version", &version), ("done_on", "31/02/2026")]);
        assert_eq!(wrong.status, 422);
        assert!(wrong.text().contains("value=\"31/02/2026\"") && wrong.text().contains("aria-invalid"), "{}", wrong.text());
        assert_eq!(officer.post(&approve, &[("version", &version), ("done_on", "22/11/2026")]).status, 303);
        assert!(c.get(&at).text().contains("Hoàn thành muộn 12 ngày"));
    });
}

#[test]
fn nothing_is_red_before_its_day() {
    let w = world::sqlite();
    let c = w.client("canbo");
    let list = c.get("/targets").text();
    let row = list.split("href=\"/targets/T-30\"").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(row.to_lowercase().contains("chưa đạt, còn 12 ngày") && !row.contains("tag unmet"), "the last day on time is 04/12: {row}");
    let plan = world::records(&w.instance, "plan", vec![])[0].id.clone();
    let page = c.get(&format!("/plans/{plan}")).text();
    assert!(page.contains("Chưa đạt, còn ") && !page.contains("tag unmet"), "targets until 2030 are open: {page}");
}

/// Obligations of a province: every agency, 200 tasks, several periods.
fn a_province(w: &World) -> i64 {
    let case = Case { fields: &[("time_text", "Hằng năm"), ("schedule_kind", "annual")], leads: &[] };
    let cases: Vec<Case<'_>> = (0..200).map(|_| Case { fields: case.fields, leads: &[] }).collect();
    let tasks = a_plan(w, "907/KH-UBND", &cases);
    w.instance
        .store
        .write_blocking(move |tx| {
            for (n, task) in tasks.iter().enumerate() {
                for (year, quarter) in [(2025, 2), (2025, 4), (2026, 2), (2026, 4)] {
                    // most of the past is done, some late, some never
                    tx.exec(
                        "INSERT INTO obligation (id, version, state, created_at, created_by, updated_at, updated_by, search, sort_title, agency, task, source, content, role, period_key, opens_on, due_on, done_on) \
                         SELECT lower(hex(randomblob(16))), 1, CASE WHEN abs(random()) % 100 < $4 THEN 'done' WHEN abs(random()) % 100 < 50 THEN 'in_progress' ELSE 'not_started' END, 1, 's', 1, 's', 'viec thu cap tinh', 'viec thu ' || $2, a.id, $1, 'task', 'Việc thử cấp tỉnh số ' || $2, 'lead', $3, $5, $6, $6 \
                         FROM agency a WHERE a.deleted_at IS NULL",
                        &[
                            task.as_str().into(),
                            (n as i64).into(),
                            format!("{year}-Q{quarter}").into(),
                            (if (year, quarter) == (2026, 4) { 20i64 } else { 93 }).into(),
                            format!("{year}-{:02}-01", quarter * 3 - 2).into(),
                            format!("{year}-{:02}-{:02}", quarter * 3, 1 + n % 28).into(),
                        ],
                    )?;
                }
            }
            tx.exec("UPDATE obligation SET done_on = NULL WHERE state <> 'done'", &[])?;
            tx.query_opt("SELECT COUNT(*) FROM obligation", &[])?.map_or(Ok(0), |r| r.get(0))
        })
        .unwrap()
}

#[test]
#[ignore = "prints figures: cargo test --release -p checks -- province_speed --ignored --nocapture"]
fn province_speed() {
    let w = world::sqlite();
    println!("{} obligations", a_province(&w));
    let any = world::records(
        &w.instance,
        "obligation",
        vec![registers::Filter { field: "period_key".into(), op: registers::Op::Is, values: vec!["2026-Q2".into()] }],
    );
    let (agency, task) = (any[0].text("agency").unwrap(), any[0].text("task").unwrap());
    let plan = world::records(&w.instance, "task", vec![]).iter().find(|t| t.id == task).unwrap().text("plan").unwrap().to_owned();
    for login in ["canbo", "lanhdao", "syt"] {
        let c = w.client(login);
        for path in [
            "/".to_owned(),
            "/plans/board".into(),
            "/plans/board?state=all".into(),
            "/plans/board?state=overdue&view=list".into(),
            "/plans/board?view=list&sort=agency".into(),
            format!("/plans/board?agency={agency}"),
            format!("/plans/board?task={task}"),
            "/plans/calendar?month=2026-12".into(),
            format!("/plans/{plan}/task/{task}"),
            format!("/plans/obligation/{}", any[0].id),
        ] {
            let mut times = vec![];
            let mut size = 0;
            for _ in 0..21 {
                let begun = std::time::Instant::now();
                let r = c.get(&path);
                times.push(begun.elapsed().as_secs_f64() * 1000.0);
                assert!(matches!(r.status, 200 | 404), "{path}: {}", r.status);
                size = r.bytes.len();
            }
            times.sort_by(f64::total_cmp);
            let short: String = path.chars().take(44).collect();
            println!("{login:<8} {short:<44} median {:>6.1} ms  p95 {:>6.1} ms  {:>4} kB", times[10], times[19], size / 1000);
        }
    }
}

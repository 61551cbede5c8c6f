//! Obligations when the world changes: agencies merge and split, tasks go to others, days move, plans end.

use access::Actor;
use registers::{Data, Filter, Op, Record, actions};

use crate::obligations::{Case, Values, a_plan, change, communes, expand, of_task, on_both, rows, words};
use crate::world::{self, World};

const DEADLINE: &[(&str, &str)] =
    &[("schedule", r#"{"kind":"deadline","due":"2026-12-04"}"#), ("schedule_kind", "deadline"), ("time_text", "Trước ngày 05/12/2026")];

fn put(w: &World, register: &str, values: Values) -> Record {
    let (reg, register) = (w.instance.registry.clone(), register.to_owned());
    w.instance.store.write_blocking(move |tx| actions::create(tx, &reg, &Actor::system("test"), &register, values, None)).unwrap()
}

fn found(w: &World, register: &str, by: &[(&str, &str)]) -> Vec<Record> {
    let is = |(f, v): &(&str, &str)| Filter { field: (*f).into(), op: Op::Is, values: vec![(*v).to_owned()] };
    world::records(&w.instance, register, by.iter().map(is).collect())
}

/// The obligation of an agency for a task; there is one.
fn owed(w: &World, task: &str, agency: &str) -> Record {
    let mut list = found(w, "obligation", &[("task", task), ("agency", agency)]);
    assert_eq!(list.len(), 1, "{list:?}");
    list.remove(0)
}

/// News of a record, handed to the module as the worker does.
fn tell(w: &World, today: &str, register: &str, id: &str, kind: &str) {
    let (reg, today, register, id, kind) =
        (w.instance.registry.clone(), today.to_owned(), register.to_owned(), id.to_owned(), kind.to_owned());
    w.instance
        .store
        .write_blocking(move |tx| {
            let event = web::Event { id: "e".into(), at: 0, kind, register, record: id, agency: None, who: "test".into(), body: None };
            web::Module::on(&plans::Plans, &web::Cx { registry: &reg, today: &today, lang: web::Lang::Vi }, &event, tx)
        })
        .unwrap();
}

/// A line of a task goes to another agency, as the officer's edit and the worker do it.
fn reassign(w: &World, today: &str, task: &str, to: &str) {
    let line = found(w, "task_actor", &[("task", task)])[0].id.clone();
    change(w, today, "task_actor", &line, "update", words(&[("agency", to)]));
}

/// A task led by all communes, through the collective.
fn by_collective(w: &World, number: &str) -> String {
    let task = a_plan(w, number, &[Case { fields: DEADLINE, leads: &[] }]).remove(0);
    let all = found(w, "collective_actor", &[("name", "UBND cấp xã")])[0].id.clone();
    let mut v = words(&[("task", &task), ("role", "lead"), ("name", "UBND cấp xã"), ("collective", &all)]);
    v.insert("seq".into(), Data::Int(1));
    put(w, "task_actor", v);
    task
}

/// A commune founded on a day, like another.
fn founded(w: &World, like: &str, name: &str, code: &str) -> String {
    let parent = found(w, "agency", &[]).into_iter().find(|a| a.id == like).unwrap().text("parent").map(str::to_owned);
    let mut v = words(&[("name", name), ("code", code), ("kind", "commune"), ("level", "commune"), ("valid_from", "2026-11-23")]);
    if let Some(p) = parent {
        v.insert("parent".into(), Data::Text(p));
    }
    put(w, "agency", v).id
}

fn succeeds(w: &World, old: &str, new: &str, kind: &str, share: i64) {
    let mut v = words(&[("from_agency", old), ("to_agency", new), ("kind", kind), ("effective_on", "2026-11-23")]);
    v.insert("share".into(), Data::Int(share));
    put(w, "agency_succession", v);
}

/// Notices of an account: subject and body.
fn told(w: &World, login: &str) -> Vec<(String, String)> {
    let login = login.to_owned();
    w.instance
        .store
        .read_blocking(move |tx| {
            let id = access::account_by_login(tx, &login)?.unwrap().id;
            Ok(work::notices(tx, &id, false, None, 100)?.into_iter().map(|n| (n.subject, n.body)).collect())
        })
        .unwrap()
}

#[test]
fn communes_merge_and_split_into_new_ones() {
    on_both(|w| {
        let task = by_collective(w, "911/KH-UBND");
        expand(w, "2026-11-20");
        let list = communes(w);
        let [a, b, c] = [&list[0], &list[1], &list[2]].map(String::as_str);
        assert_eq!(owed(w, &task, a).text("due_on"), Some("2026-12-04"));
        // what waits for approval when its agency ends
        change(w, "2026-11-21", "obligation", &owed(w, &task, b).id, "submit", words(&[("result_note", "đã làm")]));
        let handed_in = owed(w, &task, b).id;
        put(
            w,
            "evidence",
            words(&[("obligation", &handed_in), ("kind", "note"), ("note", "biên bản"), ("happened_on", "2026-11-20"), ("agency", b)]),
        );
        for old in [a, b, c] {
            change(w, "2026-11-22", "agency", old, "update", words(&[("valid_to", "2026-11-22")]));
        }
        let merged = founded(w, a, "Ủy ban nhân dân xã Hợp Nhất", "xa-hop-nhat");
        let (big, small) = (founded(w, c, "Ủy ban nhân dân xã Phần Lớn", "xa-lon"), founded(w, c, "Ủy ban nhân dân xã Phần Nhỏ", "xa-nho"));
        succeeds(w, a, &merged, "merge", 100);
        succeeds(w, b, &merged, "merge", 100);
        succeeds(w, c, &small, "split", 30);
        succeeds(w, c, &big, "split", 70);
        expand(w, "2026-11-23");
        assert_eq!(told(w, "canbo").iter().find(|n| n.0.contains("Chưa cập nhật")), None);
        for old in [a, c] {
            let o = owed(w, &task, old);
            assert_eq!(o.state.as_deref(), Some("not_applicable"));
            assert!(o.text("na_reason").unwrap().starts_with("Cơ quan kết thúc hoạt động ngày 22/11/2026; chuyển cho "), "{o:?}");
        }
        for new in [&big, &small] {
            let o = owed(w, &task, new);
            assert_eq!((o.state.as_deref(), o.text("due_on")), (Some("not_started"), Some("2026-12-04")));
        }
        let o = owed(w, &task, &merged);
        assert_eq!((o.id.as_str(), o.state.as_deref()), (handed_in.as_str(), Some("waiting_approval")), "the heir's head decides about it");
        assert_eq!(found(w, "evidence", &[("obligation", &handed_in)])[0].text("agency"), Some(merged.as_str()));
        assert!(found(w, "obligation", &[("task", &task), ("agency", b)]).is_empty());
        // and the job goes on, changing nothing more
        let before = of_task(w, &task);
        expand(w, "2026-11-24");
        assert_eq!(of_task(w, &task), before);
        assert_eq!(told(w, "canbo").iter().filter(|n| n.0.contains("Chưa cập nhật")).count(), 0);
    });
}

#[test]
fn what_waits_in_an_agency_without_heir_is_told() {
    on_both(|w| {
        let list = communes(w);
        let a = list[0].as_str();
        let task = a_plan(w, "912/KH-UBND", &[Case { fields: DEADLINE, leads: &[a] }]).remove(0);
        expand(w, "2026-11-20");
        change(w, "2026-11-21", "obligation", &owed(w, &task, a).id, "submit", words(&[("result_note", "đã làm")]));
        change(w, "2026-11-22", "agency", a, "update", words(&[("valid_to", "2026-11-22")]));
        expand(w, "2026-11-23");
        expand(w, "2026-11-24");
        assert_eq!(owed(w, &task, a).state.as_deref(), Some("waiting_approval"));
        let told = told(w, "canbo");
        assert_eq!(
            told.iter().filter(|n| n.0.starts_with("Hồ sơ chờ duyệt của cơ quan đã kết thúc") && n.1.contains("Việc thử 0")).count(),
            1,
            "{told:?}"
        );
    });
}

#[test]
fn one_plan_that_fails_does_not_stop_the_others() {
    on_both(|w| {
        let a = communes(w)[0].clone();
        let waits: &[(&str, &str)] = &[("schedule", r#"{"kind":"event","text":"Khi có hướng dẫn"}"#), ("event_name", "Khi có hướng dẫn")];
        let broken = a_plan(w, "913/KH-UBND", &[Case { fields: waits, leads: &[&a] }]).remove(0);
        let event = found(w, "task", &[]).into_iter().find(|t| t.id == broken).unwrap().text("event").unwrap().to_owned();
        // a damaged file: the task points to nothing
        w.instance
            .store
            .write_blocking(move |tx| tx.exec("UPDATE plan_event SET deleted_at = 1 WHERE id = $1", &[event.into()]).map(drop))
            .unwrap();
        let whole = a_plan(w, "914/KH-UBND", &[Case { fields: DEADLINE, leads: &[&a] }]).remove(0);
        expand(w, "2026-11-22");
        expand(w, "2026-11-22");
        assert!(of_task(w, &broken).is_empty());
        assert_eq!(of_task(w, &whole), rows(&[(&a, "2026-12-04", "not_started", "2026-12-04")]));
        let stuck = || told(w, "canbo").into_iter().filter(|n| n.0.starts_with("Chưa cập nhật được nghĩa vụ")).collect::<Vec<_>>();
        assert_eq!(stuck().len(), 1, "once a day");
        assert!(stuck()[0].0.contains("913/KH-UBND") && stuck()[0].1.contains("Mở kế hoạch, sửa"), "{:?}", stuck());
        expand(w, "2026-11-23");
        assert_eq!(stuck().len(), 2);
    });
}

#[test]
fn a_task_that_goes_to_another_agency() {
    on_both(|w| {
        let list = communes(w);
        let [a, b, c, d] = [&list[0], &list[1], &list[2], &list[3]].map(String::as_str);
        let leads = [a];
        let case = || Case { fields: DEADLINE, leads: &leads };
        let tasks = a_plan(w, "915/KH-UBND", &[case(), case(), case(), case()]);
        expand(w, "2026-11-20");
        for t in &tasks[1..] {
            change(w, "2026-11-20", "obligation", &owed(w, t, a).id, "start", Values::new());
        }
        for (t, to) in tasks.iter().zip([b, b, c, d]) {
            reassign(w, "2026-11-21", t, to);
        }
        let left = owed(w, &tasks[0], a);
        assert_eq!(
            (left.state.as_deref(), left.text("na_reason")),
            (Some("not_applicable"), Some("Nhiệm vụ không còn giao cho cơ quan này."))
        );
        assert_eq!(owed(w, &tasks[0], b).state.as_deref(), Some("not_started"));
        assert_eq!(owed(w, &tasks[1], a).text("unassigned"), Some("asked"));
        assert_eq!(told(w, "canbo").iter().filter(|n| n.0 == "Không còn được giao, đã làm dở: 1 cơ quan").count(), 3, "one for each task");
        // the officer decides on the plan's page
        let officer = w.client("canbo");
        let plan = found(w, "task", &[]).into_iter().find(|t| t.id == tasks[0]).unwrap().text("plan").unwrap().to_owned();
        let page = officer.get(&format!("/plans/{plan}")).text();
        assert!(page.contains("Không còn được giao, đã làm dở") && page.contains("Giữ để làm tiếp"), "{page}");
        assert!(!w.client("syt").get(&format!("/plans/{plan}")).text().contains("Giữ để làm tiếp"));
        let at = |t: &str| format!("/plans/{plan}/unassigned/{}", owed(w, t, a).id);
        let (moved, kept) = (owed(w, &tasks[1], a).id, owed(w, &tasks[3], a).id);
        assert_ne!(w.client("syt").post(&at(&tasks[1]), &[("what", "exempt")]).status, 303, "nobody else");
        let (one, two, three) = (at(&tasks[1]), at(&tasks[2]), at(&tasks[3]));
        // neither to whoever has it, nor to an agency that is no more
        change(w, "2026-11-20", "agency", &list[4], "update", words(&[("valid_to", "2026-01-31")]));
        for (to, said) in [(a, "đang giữ việc này"), (&list[4], "đã kết thúc hoạt động ngày 31/01/2026")] {
            assert_eq!(officer.post(&one, &[("what", "move"), ("to", to)]).status, 303);
            let page = officer.get(&format!("/plans/{plan}?tab=tasks")).text();
            assert!(page.contains(said), "{page}");
            assert_eq!(owed(w, &tasks[1], a).text("unassigned"), Some("asked"), "nothing moved");
        }
        assert_eq!(officer.post(&one, &[("what", "move"), ("to", b)]).status, 303);
        assert_eq!(officer.post(&two, &[("what", "exempt"), ("to", c)]).status, 303);
        assert_eq!(officer.post(&three, &[("what", "keep")]).status, 303);
        assert_eq!(owed(w, &tasks[1], b).id, moved, "the work goes on in the new agency, in place of what it had not begun");
        assert_eq!(owed(w, &tasks[1], b).state.as_deref(), Some("in_progress"));
        assert_eq!(owed(w, &tasks[2], a).state.as_deref(), Some("not_applicable"));
        assert_eq!(owed(w, &tasks[3], a).text("unassigned"), Some("kept"));
        let before: Vec<_> = tasks.iter().map(|t| of_task(w, t)).collect();
        expand(w, "2026-11-22");
        assert_eq!(tasks.iter().map(|t| of_task(w, t)).collect::<Vec<_>>(), before, "what was decided stays decided");
        assert!(!officer.get(&format!("/plans/{plan}")).text().contains("Giữ để làm tiếp"));
        // named again: applies again, and is no question any more
        reassign(w, "2026-11-22", &tasks[0], a);
        reassign(w, "2026-11-22", &tasks[3], a);
        assert_eq!(owed(w, &tasks[0], a).state.as_deref(), Some("not_started"));
        assert_eq!((owed(w, &tasks[3], a).id, owed(w, &tasks[3], a).text("unassigned")), (kept, None));
        assert_eq!(owed(w, &tasks[0], b).state.as_deref(), Some("not_applicable"));
        // the line is taken out altogether
        let line = found(w, "task_actor", &[("task", &tasks[0])]).remove(0);
        let (reg, id) = (w.instance.registry.clone(), line.id.clone());
        w.instance
            .store
            .write_blocking(move |tx| actions::delete(tx, &reg, &Actor::system("test"), "task_actor", &line.id, line.version, "thử"))
            .unwrap();
        tell(w, "2026-11-23", "task_actor", &id, "delete");
        assert_eq!(owed(w, &tasks[0], a).state.as_deref(), Some("not_applicable"));
    });
}

#[test]
fn an_agency_that_leaves_the_collective_owes_no_more() {
    on_both(|w| {
        let task = by_collective(w, "916/KH-UBND");
        expand(w, "2026-11-20");
        let a = communes(w)[0].clone();
        change(w, "2026-11-21", "agency", &a, "update", words(&[("kind", "department")]));
        expand(w, "2026-11-21");
        assert_eq!(owed(w, &task, &a).text("na_reason"), Some("Nhiệm vụ không còn giao cho cơ quan này."));
        assert_eq!(of_task(w, &task).iter().filter(|r| r.2 == "not_applicable").count(), 1);
    });
}

#[test]
fn a_later_deadline_is_later_for_those_who_began_too() {
    on_both(|w| {
        let list = communes(w);
        let [a, b, c, d] = [&list[0], &list[1], &list[2], &list[3]].map(String::as_str);
        let task = a_plan(w, "917/KH-UBND", &[Case { fields: DEADLINE, leads: &[a, b, c, d] }]).remove(0);
        expand(w, "2026-11-20");
        change(w, "2026-11-20", "obligation", &owed(w, &task, b).id, "start", Values::new());
        change(w, "2026-11-20", "obligation", &owed(w, &task, c).id, "submit", words(&[("result_note", "đã làm")]));
        let of_d = owed(w, &task, d).id;
        let proof = words(&[("obligation", &of_d), ("kind", "note"), ("happened_on", "2026-11-20"), ("agency", d), ("note", "Biên bản")]);
        let reg = w.instance.registry.clone();
        let make = move |tx: &mut store::Tx| actions::create(tx, &reg, &Actor::system("test"), "evidence", proof, None).map(drop);
        w.instance.store.write_blocking(make).unwrap();
        let done = words(&[("result_note", "xong"), ("done_on", "2026-11-20")]);
        change(w, "2026-11-20", "obligation", &owed(w, &task, d).id, "close", done);
        let ids: Vec<String> = [b, c].iter().map(|x| owed(w, &task, x).id).collect();
        change(w, "2026-11-21", "task", &task, "amend", words(&[("time_text", "Trước ngày 01/4/2027")]));
        let later = rows(&[
            (a, "2027-03-31", "not_started", "2027-03-31"),
            (b, "2027-03-31", "in_progress", "2027-03-31"),
            (c, "2027-03-31", "waiting_approval", "2027-03-31"),
            (d, "2026-12-04", "done", "2026-12-04"),
        ]);
        assert_eq!(of_task(w, &task), later);
        assert_eq!(owed(w, &task, c).text("result_note"), Some("đã làm"));
        assert_eq!([b, c].iter().map(|x| owed(w, &task, x).id).collect::<Vec<_>>(), ids, "the same records, with their evidence");
        expand(w, "2026-12-06");
        assert_eq!(of_task(w, &task), later);
    });
}

#[test]
fn a_plan_out_of_force_makes_nobody_late() {
    on_both(|w| {
        let list = communes(w);
        let [a, b, c] = [&list[0], &list[1], &list[2]].map(String::as_str);
        let task = a_plan(w, "918/KH-UBND", &[Case { fields: DEADLINE, leads: &[a, b, c] }]).remove(0);
        let plan = found(w, "task", &[]).into_iter().find(|t| t.id == task).unwrap().text("plan").unwrap().to_owned();
        expand(w, "2026-11-20");
        change(w, "2026-11-20", "obligation", &owed(w, &task, b).id, "start", Values::new());
        change(w, "2026-11-20", "obligation", &owed(w, &task, c).id, "submit", words(&[("result_note", "đã làm")]));
        let before = of_task(w, &task);
        for (out, why) in [("supersede", "Kế hoạch đã được thay thế."), ("expire", "Kế hoạch đã hết hiệu lực.")] {
            change(w, "2026-11-21", "plan", &plan, out, Values::new());
            let over = rows(&[
                (a, "2026-12-04", "not_applicable", "2026-12-04"),
                (b, "2026-12-04", "not_applicable", "2026-12-04"),
                (c, "2026-12-04", "waiting_approval", "2026-12-04"),
            ]);
            assert_eq!(of_task(w, &task), over);
            assert_eq!(owed(w, &task, a).text("na_reason"), Some(why));
            assert_eq!(owed(w, &task, b).text("na_reason"), Some(format!("{why} Việc đã làm được giữ lại.").as_str()));
            expand(w, "2026-11-22");
            assert_eq!(of_task(w, &task), over);
            change(w, "2026-11-22", "plan", &plan, "reopen", Values::new());
            assert_eq!(of_task(w, &task), before, "in force again: as it was");
            assert_eq!(owed(w, &task, a).text("na_reason"), None);
        }
    });
}

#[test]
fn what_was_withdrawn_is_not_asked_for_again() {
    on_both(|w| {
        let a = communes(w)[0].clone();
        let task = a_plan(w, "919/KH-UBND", &[Case { fields: DEADLINE, leads: &[&a] }]).remove(0);
        expand(w, "2026-11-20");
        let (reg, o) = (w.instance.registry.clone(), owed(w, &task, &a));
        w.instance
            .store
            .write_blocking(move |tx| actions::delete(tx, &reg, &Actor::system("test"), "obligation", &o.id, o.version, "ghi nhầm"))
            .unwrap();
        expand(w, "2026-11-21");
        assert!(of_task(w, &task).is_empty());
        change(w, "2026-11-21", "task", &task, "amend", words(&[("time_text", "Trước ngày 01/4/2027")]));
        assert!(of_task(w, &task).is_empty(), "nor with another day");
    });
}

#[test]
fn a_plan_without_days_does_not_drift() {
    on_both(|w| {
        let a = communes(w)[0].clone();
        let fields: &[(&str, &str)] = &[("time_text", "Theo tiến độ chung")];
        let quarterly: &[(&str, &str)] = &[("schedule", r#"{"kind":"periodic","interval":"P3M"}"#), ("schedule_kind", "periodic")];
        let tasks = a_plan(w, "920/KH-UBND", &[Case { fields, leads: &[&a] }, Case { fields: quarterly, leads: &[&a] }]);
        let plan = found(w, "task", &[]).into_iter().find(|t| t.id == tasks[0]).unwrap().text("plan").unwrap().to_owned();
        let none = Values::from([("starts_on".to_owned(), Data::Null), ("ends_on".to_owned(), Data::Null)]);
        change(w, "2026-11-22", "plan", &plan, "update", none);
        expand(w, "2026-11-22");
        let opens = |day: &str| {
            change(w, day, "task", &tasks[0], "update", words(&[("starts_on", day)]));
            owed(w, &tasks[0], &a).text("opens_on").map(str::to_owned)
        };
        assert_eq!(opens("2026-11-23").as_deref(), Some("2026-11-22"), "the day it was accepted");
        assert_eq!(opens("2027-02-01").as_deref(), Some("2026-11-22"));
        let before = of_task(w, &tasks[1]);
        assert!(!before.is_empty());
        expand(w, "2026-12-20");
        assert_eq!(of_task(w, &tasks[1]), before, "the same quarter, the same key");
    });
}

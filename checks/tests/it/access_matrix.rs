//! Every register × every role × every door: what is expected by `rights.rs` happens, and nothing outside a person's
//! scope stands in any body: no id, no text, no personal value, no number.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use registers::{Attachment, Data, Record, actions};
use serde_json::{Value, json};
use testkit::{Client, Reply};

use crate::needles::{Needles, unpacked, visible};
use crate::rights::{Facts, Person, Reach, people};
use crate::world::{self, World};

/// A version no record has: a request that gets as far as comparing versions was allowed.
const NO_VERSION: &[(&str, &str)] = &[("if-match", "\"999999\"")];
/// An id no record has.
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

/// One person in front of the doors.
struct Visitor<'a> {
    w: &'a World,
    facts: &'a Facts,
    p: &'a Person,
    client: Client,
    forbidden: Needles,
    attached: &'a Attached,
    faults: &'a Mutex<Vec<String>>,
}

/// Record id → field and SHA-256 of the file it was given; name and content of the file hold the record's id.
type Attached = HashMap<String, (String, String)>;

/// Gives a file to every record that the visitors will try, in each register that has files.
fn attach(w: &World, facts: &Facts, all: &[Person]) -> Attached {
    let (reg, mut todo) = (&w.instance.registry, BTreeSet::new());
    for d in reg.registers.values() {
        let Some(f) = d.fields.iter().find(|f| f.kind.is_file()) else { continue };
        for p in all {
            let (mine, other) = facts.examples(p, "read", &d.register.id);
            todo.extend([mine, other].into_iter().flatten().map(|r| (d.register.id.clone(), r.id.clone(), f.id.clone())));
        }
    }
    assert!(todo.len() > 20, "{} records with files", todo.len());
    let mut out = Attached::new();
    for (register, id, field) in todo {
        let file = Attachment::upload(&format!("tệp {id}.txt"), format!("nội dung của {id}").into_bytes()).unwrap();
        out.insert(id.clone(), (field.clone(), file.sha256().to_owned()));
        let reg = std::sync::Arc::clone(reg);
        w.instance
            .store
            .write_blocking(move |tx| {
                let system = access::Actor::system("test");
                let now = actions::get(tx, &reg, &system.may(access::Verb::Read, &register)?, &id)?.version;
                let values = actions::Values::from([(field, Data::Files(vec![file]))]);
                actions::update(tx, &reg, &system, &register, &id, now, values, None).map(drop)
            })
            .unwrap();
    }
    out
}

impl Visitor<'_> {
    fn fault(&self, door: &str, what: &str) {
        self.faults.lock().unwrap().push(format!("{} ({}) {door}: {what}", self.p.login, self.p.role));
    }
    /// Nothing forbidden may stand in the body, except what the person themselves sent.
    fn scan(&self, door: &str, r: &Reply) {
        let mut found = self.forbidden.found_in(&visible(r));
        let sent: String = web::security::form_pairs(door.as_bytes()).into_iter().map(|(k, v)| format!("{k} {v} ")).collect();
        found.retain(|f| !sent.contains(f.as_str()));
        if !found.is_empty() {
            self.fault(door, &format!("LEAK ({}) of {:?}", r.status, &found[..found.len().min(3)]));
        }
        if r.status >= 500 {
            self.fault(door, &format!("status {}", r.status));
        }
    }
    fn expect(&self, door: &str, r: &Reply, wanted: &[u16]) -> bool {
        self.scan(door, r);
        if !wanted.contains(&r.status) {
            self.fault(door, &format!("status {}, expected {wanted:?}: {}", r.status, short(r)));
        }
        wanted.contains(&r.status)
    }
    fn get(&self, path: &str, wanted: &[u16]) -> Option<Reply> {
        let r = self.client.get(path);
        self.expect(path, &r, wanted).then_some(r)
    }

    /// Lists, counts, single records, history.
    fn reading(&self, register: &str) {
        let reach = self.facts.reach(self.p, "read", register);
        let seen = if reach == Reach::Nothing { 403 } else { 200 };
        self.get(&format!("/r/{register}"), &[seen]);
        self.get(&format!("/suggest/{register}?q="), &[seen]);
        self.get(&format!("/r/{register}/duplicates"), &[seen]);
        self.get(&format!("/r/{register}/template.xlsx"), &[seen]);
        let (mine, other) = self.facts.examples(self.p, "read", register);
        if let Some(r) = mine.filter(|_| reach != Reach::Nothing) {
            for tab in ["", "?tab=links", "?tab=history"] {
                self.get(&format!("/r/{register}/{}{tab}", r.id), &[200]);
            }
            self.get(&format!("/api/v1/{register}/{}", r.id), &[200]);
            self.get(&format!("/api/v1/{register}/{}/history", r.id), &[200]);
        }
        if let Some(r) = other {
            let hidden = if reach == Reach::Nothing { 403 } else { 404 };
            for door in ["/r/{}", "/r/{}?tab=links", "/r/{}?tab=history", "/api/v1/{}", "/api/v1/{}/history"] {
                self.get(&door.replace("{}", &format!("{register}/{}", r.id)), &[hidden]);
            }
            self.asking_for(register, r, seen);
        }
        self.whole_list(register, reach);
    }

    /// Files of records: for who may read the record, and for nobody by the hash alone.
    fn attachments(&self, register: &str) {
        let reach = self.facts.reach(self.p, "read", register);
        let (mine, other) = self.facts.examples(self.p, "read", register);
        let at = |r: &Record, hash_of: &Record| {
            let (field, _) = self.attached.get(&r.id)?;
            let (_, sha) = self.attached.get(&hash_of.id)?;
            Some([format!("/r/{register}/{}/file/{field}/{sha}", r.id), format!("/api/v1/{register}/{}/files/{field}/{sha}", r.id)])
        };
        let mine = mine.filter(|_| reach != Reach::Nothing);
        for path in mine.and_then(|r| at(r, r)).into_iter().flatten() {
            if let Some(reply) = self.get(&path, &[200])
                && (!reply.text().contains(&mine.unwrap().id) || !reply.header("content-disposition").starts_with("attachment"))
            {
                self.fault(&path, "is not the file of this record");
            }
        }
        let hidden = if reach == Reach::Nothing { 403 } else { 404 };
        for path in other.and_then(|r| at(r, r)).into_iter().flatten() {
            self.get(&path, &[hidden]);
        }
        for path in mine.zip(other).and_then(|(m, o)| at(m, o)).into_iter().flatten() {
            self.get(&path, &[404]);
        }
    }

    /// The API list is exactly what the person may see: ids and total.
    fn whole_list(&self, register: &str, reach: Reach) {
        if reach == Reach::Nothing {
            self.get(&format!("/api/v1/{register}"), &[403]);
            return;
        }
        let expected: BTreeSet<&str> =
            self.facts.records[register].iter().filter(|r| self.facts.may(self.p, "read", r)).map(|r| r.id.as_str()).collect();
        // who sees everything: the number is enough
        let limit = if reach == Reach::All { 5 } else { 500 };
        let mut path = format!("/api/v1/{register}?as_of=all&limit={limit}");
        let mut found = BTreeSet::new();
        loop {
            let Some(r) = self.get(&path, &[200]) else { return };
            let v = r.json();
            if v["total"] != json!(expected.len()) {
                self.fault(&path, &format!("total {} but {} are in scope", v["total"], expected.len()));
            }
            found.extend(v["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap().to_owned()));
            match (&v["next"], reach) {
                (Value::String(next), Reach::Subtree) => {
                    path = format!("/api/v1/{register}?as_of=all&limit=500&after={}", web::security::encode(next))
                }
                _ => break,
            }
        }
        if reach == Reach::Subtree && !found.iter().map(String::as_str).eq(expected.iter().copied()) {
            self.fault(&path, &format!("{} listed, {} in scope", found.len(), expected.len()));
        }
    }

    /// Questions whose answer would say that a hidden record exists.
    fn asking_for(&self, register: &str, r: &Record, seen: u16) {
        let title: String = r.title.split('·').next().unwrap_or_default().trim().chars().take(60).collect();
        let q = web::security::encode(&title);
        let none = |door: &str, reply: Option<Reply>| {
            let Some(v) = reply.filter(|r| r.status == 200).map(|r| r.json()) else { return };
            let hit = v["items"].as_array().or(v.as_array()).into_iter().flatten().any(|i| i["id"] == json!(r.id) || i[0] == json!(r.id));
            if hit {
                self.fault(door, "finds a record outside the scope");
            }
        };
        for path in [format!("/api/v1/{register}?as_of=all&q={q}"), format!("/suggest/{register}?q={q}")] {
            none(&path, self.get(&path, &[seen]));
        }
        self.get(&format!("/r/{register}?as_of=all&q={q}"), &[seen]);
        self.get(&format!("/r/{register}/bulk?id={}", r.id), &[200, 403, 404]);
        let def = &self.w.instance.registry.registers[register];
        for f in def.fields.iter().filter(|f| f.sensitive.is_some()) {
            let value = web::security::encode(r.text(&f.id).unwrap_or("0912345678"));
            // a personal field cannot be asked about without the right to see it
            let asked: &[u16] = if self.facts.reach(self.p, "unmask", register) == Reach::Nothing { &[400, 403] } else { &[200] };
            self.get(&format!("/api/v1/{register}?f.{}={value}", f.id), asked);
            self.get(&format!("/api/v1/{register}?sort={}", f.id), asked);
            let rule = web::security::encode(&format!("{} is not empty", f.id));
            self.get(&format!("/api/v1/{register}?where={rule}"), &[400, 403]);
        }
    }

    /// Create, change, move, withdraw: allowed means getting as far as the version (or the unknown field).
    fn writing(&self, register: &str) {
        let may = |verb: &str| self.facts.reach(self.p, verb, register) != Reach::Nothing;
        let wrong = json!({ "fields": { "khong_co_truong_nay": 1 } });
        let r = self.client.call("POST", &format!("/api/v1/{register}"), &[], &wrong);
        self.expect(&format!("POST /api/v1/{register}"), &r, &[if may("create") { 422 } else { 403 }]);
        self.get(&format!("/r/{register}/new"), &[if may("create") { 200 } else { 403 }]);
        if !may("create") {
            let r = self.client.post(&format!("/r/{register}/new"), &[("name", "Thử")]);
            self.expect(&format!("POST /r/{register}/new"), &r, &[403]);
        }
        let step = self.w.instance.registry.registers[register].transitions.first().map(|t| t.id.clone());
        let empty = json!({ "fields": {} });
        for verb in ["update", "delete", "transition"] {
            let (mine, other) = self.facts.examples(self.p, verb, register);
            for (record, allowed) in [(mine, true), (other, false)] {
                let id = record.map_or(NOBODY, |r| r.id.as_str());
                let at = format!("/api/v1/{register}/{id}");
                let (method, path, body) = match (verb, &step) {
                    ("update", _) => ("PATCH", at.clone(), empty.clone()),
                    ("delete", _) => ("DELETE", at.clone(), json!({ "reason": "thử" })),
                    (_, Some(step)) => ("POST", format!("{at}/transitions/{step}"), empty.clone()),
                    (_, None) => continue,
                };
                let visible = record.is_some_and(|r| self.facts.may(self.p, "read", r));
                let wanted: &[u16] = match (may(verb), record, allowed) {
                    (false, ..) => &[403],
                    (true, None, _) => &[404],
                    (true, Some(_), true) => &[412],
                    (true, Some(_), false) if visible => &[403],
                    (true, Some(_), false) => &[404],
                };
                let r = self.client.call(method, &path, NO_VERSION, &body);
                self.expect(&format!("{method} {path}"), &r, wanted);
                if !allowed && verb == "update" {
                    self.get(&format!("/r/{register}/{id}/edit"), &[403, 404]);
                    let r = self.client.post(&format!("/r/{register}/bulk"), &[("id", id), ("change", "note"), ("note", "x")]);
                    self.expect(&format!("POST /r/{register}/bulk?id={id}"), &r, &[403, 404, 422]);
                }
            }
        }
        self.unmasking(register, may("unmask"));
    }

    /// Without a reason nothing is shown; with one only in scope.
    fn unmasking(&self, register: &str, may: bool) {
        let (mine, other) = self.facts.examples(self.p, "unmask", register);
        let sensitive = self.w.instance.registry.registers[register].fields.iter().any(|f| f.sensitive.is_some());
        if let Some(r) = mine.filter(|_| may && sensitive) {
            let reply = self.client.post(&format!("/r/{register}/{}/unmask", r.id), &[("reason", "")]);
            self.expect(&format!("unmask {register} without a reason"), &reply, &[200, 303, 422]);
        }
        if let Some(r) = other {
            let reply = self.client.post(&format!("/r/{register}/{}/unmask", r.id), &[("reason", "kiểm thử")]);
            self.expect(&format!("POST /r/{register}/{}/unmask", r.id), &reply, &[403, 404]);
        }
    }

    /// Files out and in.
    fn files(&self, register: &str) {
        let may = |verb: &str| self.facts.reach(self.p, verb, register) != Reach::Nothing;
        let out = may("export") && may("read");
        for path in [format!("/r/{register}/export.xlsx?as_of=all"), format!("/api/v1/{register}/export?as_of=all")] {
            // who may take everything takes a large file only once
            if self.facts.reach(self.p, "export", register) == Reach::All
                && path.starts_with("/r/")
                && self.facts.records[register].len() > 700
            {
                continue;
            }
            if let Some(r) = self.get(&path, &[if out { 200 } else { 403 }]).filter(|_| out) {
                let rows = unpacked(&r.bytes).split("<row ").count().saturating_sub(1);
                let expected = self.facts.records[register].iter().filter(|r| self.facts.may(self.p, "export", r)).count();
                if rows < expected || (expected == 0 && rows > 40) {
                    self.fault(&path, &format!("{rows} rows for {expected} records"));
                }
            }
        }
        self.get(&format!("/r/{register}/import"), &[if may("import") { 200 } else { 403 }]);
        if !may("import") {
            let r = self.client.upload(&format!("/r/{register}/import"), "a.csv", b"a,b\n1,2\n");
            self.expect(&format!("POST /r/{register}/import"), &r, &[403]);
        }
    }

    /// Pages that are no register.
    fn other_pages(&self) {
        let may = |verb: &str, what: &str| self.facts.permission(self.p, verb, what) != Reach::Nothing;
        let ok = |yes: bool| if yes { 200 } else { 403 };
        for path in ["/", "/notices", "/account", "/registers", "/api/v1", "/api/v1/openapi.json"] {
            self.get(path, &[200]);
        }
        for (group, _) in web::shell::GROUPS {
            self.get(&format!("/registers/{group}"), &[200]);
        }
        for path in ["/ledger", "/ledger?leaf=0"] {
            self.get(path, &[ok(may("read", "ledger"))]);
        }
        self.get("/admin/accounts", &[ok(may("read", "account"))]);
        self.get("/targets", &[ok(may("read", "figure"))]);
        self.get("/api/v1/targets", &[ok(may("read", "figure"))]);
        let owes = self.facts.reach(self.p, "read", "obligation") != Reach::Nothing;
        for path in
            ["/plans/board", "/plans/board?state=all", "/plans/calendar", "/plans/calendar?month=2026-12", "/api/v1/plans/obligations"]
        {
            self.get(path, &[ok(owes)]);
        }
        let plan = self.facts.reach(self.p, "read", "plan") != Reach::Nothing;
        self.get("/plans", &[ok(plan)]);
        let drafts = self.facts.reach(self.p, "create", "plan") != Reach::Nothing;
        self.get("/plans/import", &[ok(drafts)]);
        self.get(&format!("/plans/import/{NOBODY}"), &[if drafts { 404 } else { 403 }]);
        let (mine, other) = self.facts.examples(self.p, "read", "plan_review");
        for (r, yes) in mine.iter().map(|r| (r, true)).chain(other.iter().map(|r| (r, false))) {
            for path in ["/reviews/{}", "/api/v1/reviews/{}", "/reviews/{}/file/xlsx", "/api/v1/reviews/{}/file/xlsx"] {
                let may = yes && (!path.contains("file") || self.facts.reach(self.p, "export", "plan_review") != Reach::Nothing);
                self.get(&path.replace("{}", &r.id), if may { &[200] } else { &[403, 404] });
            }
        }
        let answers = self.facts.reach(self.p, "read", "task_answer") != Reach::Nothing;
        self.get("/cascade", &[ok(answers)]);
        for p in &self.facts.records["plan"] {
            for path in ["/cascade/{}", "/cascade/{}/answers", "/api/v1/cascade/{}", "/api/v1/cascade/{}/answers"] {
                self.get(&path.replace("{}", &p.id), &[ok(answers)]);
            }
            for tab in ["targets", "tasks", "duties", "about"] {
                self.get(&format!("/plans/{}?tab={tab}", p.id), &[ok(plan)]);
            }
        }
        for t in self.facts.records["task"].iter().take(3) {
            self.get(&format!("/plans/{}/task/{}", t.text("plan").unwrap_or_default(), t.id), &[200, 403]);
        }
        let (mine, other) = self.facts.examples(self.p, "read", "obligation");
        for (r, yes) in [(mine, true), (other, false)] {
            let Some(r) = r else { continue };
            self.get(&format!("/plans/obligation/{}", r.id), if yes { &[200] } else { &[403, 404] });
            let agency = r.text("agency").unwrap_or_default();
            self.get(&format!("/plans/board?state=all&agency={agency}"), &[ok(owes)]);
            if !yes {
                let reply = self.client.post(&format!("/plans/obligation/{}/evidence", r.id), &[("note", "thử")]);
                self.expect(&format!("POST /plans/obligation/{}/evidence", r.id), &reply, &[403, 404]);
            }
        }
        self.menu_number(owes);
    }

    /// The number beside "Nhiệm vụ" counts what is open in scope, for everybody.
    fn menu_number(&self, owes: bool) {
        let page = self.client.get("/account").text();
        let shown = page.split("href=\"/plans/board\"").nth(1).and_then(|s| s.split("</a>").next()).and_then(|s| {
            let digits: String = s.split("class=\"count").nth(1)?.split('>').nth(1)?.chars().filter(char::is_ascii_digit).collect();
            digits.parse::<usize>().ok()
        });
        let open = |r: &&Record| {
            matches!(r.state.as_deref(), Some("not_started" | "in_progress" | "waiting_approval")) && self.facts.may(self.p, "read", r)
        };
        let all: Vec<&Record> = self.facts.records["obligation"].iter().filter(open).collect();
        let expected = all.len();
        if owes && shown.unwrap_or(0) != expected {
            self.fault("menu", &format!("shows {shown:?} tasks, {expected} are in scope"));
        }
        if !owes && shown.is_some() {
            self.fault("menu", "shows a number of tasks to who may not see them");
        }
    }

    /// Figures: no agency outside the reach, and each figure equals that of who sees everything, cut to the reach.
    fn figures(&self, all: &[(String, Value)], stranger: &str) {
        let reach = self.facts.permission(self.p, "read", "figure");
        for (id, whole) in all {
            let Some(r) = self.get(&format!("/api/v1/targets/{id}"), &[if reach == Reach::Nothing { 403 } else { 200 }]) else { continue };
            if reach == Reach::Nothing {
                continue;
            }
            let mine = r.json();
            let root = self.p.agency.as_deref().unwrap_or_default();
            let keep = |a: &&Value| reach == Reach::All || a["agency"].as_str().is_some_and(|a| self.facts.below(a, root));
            let cut: Vec<&Value> = whole["agencies"].as_array().unwrap().iter().filter(keep).collect();
            let got: Vec<&Value> = mine["agencies"].as_array().unwrap().iter().collect();
            if cut != got {
                self.fault(&format!("/api/v1/targets/{id}"), &format!("{} agencies, expected {}", got.len(), cut.len()));
            }
            for k in ["met", "unmet", "unknown", "excluded"] {
                let sum: i64 = cut.iter().filter_map(|a| a[k].as_i64()).sum();
                if mine[k] != json!(sum) {
                    self.fault(&format!("/api/v1/targets/{id}"), &format!("{k} {} but the agencies in scope have {sum}", mine[k]));
                }
            }
            if reach == Reach::Subtree || self.p.role == "ministry" {
                self.get(&format!("/targets/{id}"), &[200]);
                for outcome in ["unmet", "met"] {
                    self.get(&format!("/targets/{id}/records?outcome={outcome}"), &[200]);
                }
            }
            if reach == Reach::Subtree {
                let path = format!("/targets/{id}/records?outcome=unmet&agency={stranger}");
                if let Some(r) = self.get(&path, &[200])
                    && !r.text().contains("Không có hồ sơ nào ở đây")
                {
                    self.fault(&path, "shows a number of an agency outside the scope");
                }
                // the records leave by the right on their own register too
                let out = self.facts.permission(self.p, "export", "figure") != Reach::Nothing
                    && self.facts.reach(self.p, "export", &counted(id)) != Reach::Nothing;
                self.get(&format!("/targets/{id}/records?outcome=unmet&export=xlsx"), &[if out { 200 } else { 403 }]);
            }
        }
    }
}

fn short(r: &Reply) -> String {
    if r.header("content-type").contains("json") { r.text().chars().take(160).collect() } else { String::new() }
}

#[test]
fn nobody_sees_or_does_more_than_the_definitions_say() {
    let started = std::time::Instant::now();
    let w = world::sqlite();
    let facts = Facts::of(&w);
    let all_people = people(&w);
    let attached = attach(&w, &facts, &all_people);
    let officer = w.client("canbo");
    let listed = officer.get("/api/v1/targets").json();
    let sourced = |v: &&Value| v.get("no_source").is_none();
    let figures: Vec<(String, Value)> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(sourced)
        .map(|v| v["id"].as_str().unwrap().to_owned())
        .map(|id| (id.clone(), officer.get(&format!("/api/v1/targets/{id}")).json()))
        .collect();
    assert!(figures.len() > 20, "indicators with a source");
    let stranger = world::agency_named(&w.instance, "Công an tỉnh");
    let faults = Mutex::new(Vec::new());
    let next = Mutex::new(all_people.iter());
    let visit = || {
        loop {
            let Some(p) = next.lock().unwrap().next() else { return };
            let v = Visitor {
                w: &w,
                facts: &facts,
                p,
                client: w.client(p.login),
                forbidden: facts.forbidden(&w, p),
                attached: &attached,
                faults: &faults,
            };
            for register in facts.access.keys() {
                v.reading(register);
                v.writing(register);
                v.files(register);
                v.attachments(register);
            }
            v.other_pages();
            v.figures(&figures, &stranger);
            println!("{:<10} {:<18} {:>6} forbidden texts, {:.0} s", p.login, p.role, v.forbidden.len(), started.elapsed().as_secs_f64());
        }
    };
    std::thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(visit);
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults[..faults.len().min(60)].join("\n"));
}

/// Register whose records an indicator counts.
fn counted(indicator: &str) -> String {
    let reg = lachan::instance::registry().unwrap();
    targets::Catalogue::of(&reg).unwrap().compiled(indicator).unwrap().main.register.clone()
}

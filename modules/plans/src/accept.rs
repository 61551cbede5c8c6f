//! Accepting a reading: plan, sections, objectives, targets, tasks, actors, recipients and obligations in one transaction.

use std::collections::BTreeMap;

use access::{Actor, Verb};
use plan_reader::{Objective, Task};
use registers::actions::{self, Values};
use registers::{Data, Filter, LINE, LONG, Op, Query, Registry};
use store::{Error, FieldError, Result, Tx};

use crate::actors::{self, Directory};
use crate::draft::{Draft, Who};
use crate::expand;

/// What acceptance made.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Accepted {
    /// Plan record.
    pub plan: String,
    /// Tasks made.
    pub tasks: usize,
    /// Targets made.
    pub targets: usize,
    /// Obligations made.
    pub obligations: usize,
    /// Names that nobody resolved: kept as text, nothing was given to them.
    pub unresolved: usize,
    /// Tasks nobody leads.
    pub no_lead: usize,
    /// The plan has no day yet: nobody owes anything until it is put in force.
    pub draft: bool,
    /// No plan was made: the reading was the signed copy of `plan`.
    pub signed: bool,
}

struct Accept<'a, 't> {
    tx: &'a mut Tx<'t>,
    reg: &'a Registry,
    actor: &'a Actor,
    draft: &'a Draft,
    plan: String,
    made: Accepted,
}

/// Makes the plan. Refuses, with every reason at once, what cannot be right; saves nothing then.
pub fn accept(tx: &mut Tx, reg: &Registry, actor: &Actor, draft: &Draft, hash: &str, today: &str) -> Result<Accepted> {
    actor.may(Verb::Create, "plan")?;
    refuse(draft)?;
    already(tx, reg, actor, hash)?;
    let mut a = Accept { tx, reg, actor, draft, plan: String::new(), made: Accepted::default() };
    a.plan(hash)?;
    let sections = a.sections()?;
    a.objectives()?;
    a.tasks(&sections)?;
    a.assignments()?;
    a.recipients(today)?;
    a.legal_bases()?;
    a.learn()?;
    let (plan, mut made) = (a.plan, a.made);
    made.obligations = expand::plan(tx, reg, actor, &plan, today)?;
    made.plan = plan;
    made.draft = draft.reading.plan.date.is_none();
    let open = draft.open();
    (made.unresolved, made.no_lead) = (open.names, open.no_lead);
    Ok(made)
}

/// Reasons why this reading cannot become a plan yet.
pub(crate) fn refuse(draft: &Draft) -> Result<()> {
    let mut wrong = Vec::new();
    let mut say = |field: &str, message: String| wrong.push(FieldError { field: field.into(), message });
    if draft.head.issuer.is_none() {
        say("issuer", "Chọn cơ quan ban hành kế hoạch trong sổ cơ quan.".into());
    }
    if draft.reading.plan.title.as_deref().unwrap_or_default().trim().is_empty() {
        say("title", "Nhập tên kế hoạch.".into());
    }
    let p = &draft.reading.plan;
    if draft.empty() {
        let message =
            "Kế hoạch chưa có nhiệm vụ, mục tiêu hay chỉ tiêu nào. Thêm ít nhất một, hoặc kiểm tra xem tệp có đúng là kế hoạch không.";
        say("tasks", message.into());
    }
    for (i, t) in draft.kept("task", &p.tasks) {
        if t.text.trim().is_empty() {
            say("tasks", format!("Nhiệm vụ thứ {} không có nội dung. Nhập nội dung hoặc bỏ nhiệm vụ này.", i + 1));
        }
    }
    wrong.extend(too_long(draft));
    let mut say = |field: &str, message: String| wrong.push(FieldError { field: field.into(), message });
    for name in draft.leads() {
        if !draft.actors.contains_key(&name) {
            say("actors", format!("Chưa rõ «{name}» là cơ quan nào. Chọn trong danh sách, hoặc chọn “Chọn sau”, “Chỉ giữ tên gọi”."));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::Invalid(wrong)) }
}

/// Longest number of a plan, in characters.
pub(crate) const NUMBER: usize = 100;

/// What no field of a register holds: said where it is, before anything is accepted.
pub(crate) fn too_long(draft: &Draft) -> Vec<FieldError> {
    let (p, mut wrong) = (&draft.reading.plan, Vec::new());
    let mut check = |field: &str, place: String, label: &str, words: Option<&str>, most: usize| {
        let n = words.map_or(0, |w| w.trim().chars().count());
        if n > most {
            let message = format!("{place}{label} dài {n} ký tự, tối đa {most}; rút gọn lại.");
            wrong.push(FieldError { field: field.into(), message });
        }
    };
    check("number", String::new(), "Số, ký hiệu", p.number.as_deref(), NUMBER);
    check("title", String::new(), "Tên kế hoạch", p.title.as_deref(), LINE);
    for (i, t) in draft.kept("task", &p.tasks) {
        let place = || format!("Nhiệm vụ thứ {} “{}”: ", i + 1, crate::pages::cut(&t.text));
        check("tasks", place(), "Nội dung", Some(&t.text), LONG);
        check("tasks", place(), "Số thứ tự", t.no.as_deref(), LINE);
        check("tasks", place(), "Sản phẩm", t.product.as_deref(), LINE);
        check("tasks", place(), "Thời gian", t.time.as_deref(), LINE);
        let names = t.lead.iter().chain(&t.coordinating);
        names.for_each(|name| check("tasks", place(), "Tên cơ quan", Some(name), LINE));
    }
    for (i, o) in draft.kept("objective", &p.objectives) {
        check("objectives", format!("Mục tiêu thứ {}: ", i + 1), "Nội dung", Some(&o.text), LONG);
        o.values.iter().for_each(|v| check("objectives", format!("Mục tiêu thứ {}: ", i + 1), "Đơn vị", Some(&v.unit), LINE));
    }
    for (i, s) in draft.kept("section", &p.sections).chain(draft.kept("row", &draft.reading.table_sections)) {
        check("sections", format!("Mục thứ {}: ", i + 1), "Tên mục", Some(&s.title), LINE);
    }
    for (i, r) in draft.kept("recipient", &p.recipients) {
        check("recipients", format!("Nơi nhận thứ {}: ", i + 1), "Tên", Some(&r.name), LINE);
    }
    for (i, b) in draft.kept("base", &p.legal_bases) {
        check("bases", format!("Căn cứ thứ {}: ", i + 1), "Số văn bản", b.number.as_deref(), LINE);
    }
    wrong
}

/// The same file never makes a second plan.
fn already(tx: &mut Tx, reg: &Registry, actor: &Actor, hash: &str) -> Result<()> {
    let scope = actor.may(Verb::Read, "plan")?;
    let query = Query {
        filters: vec![Filter { field: "source_hash".into(), op: Op::Is, values: vec![hash.into()] }],
        as_of: Some("all".into()),
        ..Query::default()
    };
    match actions::list(tx, reg, &scope, &query)?.items.first() {
        Some(r) => Err(Error::Conflict(format!(
            "Văn bản này đã được chấp nhận thành kế hoạch «{}». Mở kế hoạch đó để sửa số, ngày; không cần nhập lại.",
            r.title
        ))),
        None => Ok(()),
    }
}

/// Values without the empty ones.
fn values(list: Vec<(&str, Data)>) -> Values {
    list.into_iter().filter(|(_, v)| *v != Data::Null).map(|(k, v)| (k.to_owned(), v)).collect()
}
fn text(s: &str) -> Data {
    if s.trim().is_empty() { Data::Null } else { Data::Text(s.trim().to_owned()) }
}
fn opt(s: Option<&String>) -> Data {
    s.map_or(Data::Null, |s| text(s))
}
fn int(n: usize) -> Data {
    Data::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

impl Accept<'_, '_> {
    fn put(&mut self, register: &str, list: Vec<(&str, Data)>) -> Result<String> {
        actions::create(self.tx, self.reg, self.actor, register, values(list), None).map(|r| r.id)
    }

    fn plan(&mut self, hash: &str) -> Result<()> {
        let (p, head) = (&self.draft.reading.plan, &self.draft.head);
        let level = if head.level.is_empty() { "province" } else { &head.level };
        let id = self.put(
            "plan",
            vec![
                ("title", opt(p.title.as_ref())),
                ("number", opt(p.number.as_ref())),
                ("issued_on", opt(p.date.as_ref())),
                ("issuer", opt(head.issuer.as_ref())),
                ("issuer_text", opt(p.issuer.as_ref())),
                ("level", text(level)),
                ("parent", opt(head.parent.as_ref())),
                ("starts_on", opt(head.starts_on.as_ref())),
                ("ends_on", opt(head.ends_on.as_ref())),
                ("source_hash", text(hash)),
            ],
        )?;
        if p.date.is_some() {
            actions::transition(self.tx, self.reg, self.actor, "plan", &id, 1, "issue", Values::new(), None)?;
        }
        self.plan = id;
        Ok(())
    }

    /// Sections of the body, then those of the task table; ordinal of the table's → record.
    fn sections(&mut self) -> Result<BTreeMap<String, String>> {
        let reading = &self.draft.reading;
        let mut by_ordinal = BTreeMap::new();
        let own = !reading.table_sections.is_empty();
        let body = self.draft.kept("section", &reading.plan.sections).map(|(_, s)| (s, !own));
        let all = body.chain(self.draft.kept("row", &reading.table_sections).map(|(_, s)| (s, true)));
        for (seq, (s, of_tasks)) in all.enumerate() {
            let plan = text(&self.plan);
            let id = self.put(
                "plan_section",
                vec![
                    ("plan", plan),
                    ("seq", int(seq + 1)),
                    ("ordinal", text(&s.ordinal)),
                    ("title", text(&s.title)),
                    ("line", int(s.line)),
                ],
            )?;
            if of_tasks {
                by_ordinal.entry(s.ordinal.clone()).or_insert(id);
            }
        }
        Ok(by_ordinal)
    }

    fn objectives(&mut self) -> Result<()> {
        let draft = self.draft;
        for (i, o) in draft.kept("objective", &draft.reading.plan.objectives) {
            let objective = self.put(
                "objective",
                vec![
                    ("plan", text(&self.plan)),
                    ("seq", int(i + 1)),
                    ("section", opt(o.section.as_ref())),
                    ("content", text(&o.text)),
                    ("horizon", opt(o.horizon.as_ref())),
                    ("line", int(o.line)),
                ],
            )?;
            for v in (0..o.values.len()).filter(|v| !draft.dropped.contains(&format!("value/{i}.{v}"))) {
                self.target(&objective, i, v, o)?;
            }
        }
        Ok(())
    }

    fn target(&mut self, objective: &str, i: usize, v: usize, o: &Objective) -> Result<()> {
        let value = &o.values[v];
        let chosen = self.draft.indicators.get(&format!("{i}.{v}")).filter(|s| !s.is_empty());
        let comparator = match (value.comparator.as_str(), value.upper) {
            (_, Some(_)) => "range",
            (">", _) => "more_than",
            ("<=", _) => "at_most",
            ("<", _) => "less_than",
            ("=", _) => "equal",
            _ => "at_least",
        };
        self.made.targets += 1;
        let seq = self.made.targets;
        self.put(
            "target",
            vec![
                ("plan", text(&self.plan)),
                ("objective", text(objective)),
                ("seq", int(seq)),
                ("content", text(&crate::draft::own_words(o, v))),
                ("comparator", text(comparator)),
                ("value", Data::Real(value.value)),
                ("upper", value.upper.map_or(Data::Null, Data::Real)),
                ("unit", text(unit(&value.unit))),
                ("horizon", opt(o.horizon.as_ref())),
                ("indicator", opt(chosen)),
                ("indicator_confirmed", Data::Bool(chosen.is_some())),
                ("line", int(o.line)),
            ],
        )
        .map(drop)
    }

    fn tasks(&mut self, sections: &BTreeMap<String, String>) -> Result<()> {
        let draft = self.draft;
        for (i, t) in draft.kept("task", &draft.reading.plan.tasks) {
            self.made.tasks += 1;
            let section = t.section.as_ref().and_then(|o| sections.get(o));
            let schedule = serde_json::to_value(&t.schedule).map_err(Error::internal)?;
            let when = When::of(&schedule);
            let event = match &when.condition {
                Some(c) => Some(self.event(c)?),
                None => None,
            };
            let lines: Vec<String> = t.lines.iter().map(usize::to_string).collect();
            let task = self.put(
                "task",
                vec![
                    ("plan", text(&self.plan)),
                    ("section", opt(section)),
                    ("seq", int(i + 1)),
                    ("no", opt(t.no.as_ref())),
                    ("content", text(&t.text)),
                    ("product", opt(t.product.as_ref())),
                    ("time_text", opt(t.time.as_ref())),
                    ("schedule_kind", text(when.kind)),
                    ("schedule", if schedule.is_null() { Data::Null } else { text(&schedule.to_string()) }),
                    ("starts_on", opt(when.from.as_ref())),
                    ("due_on", opt(when.due.as_ref())),
                    ("event", opt(event.as_ref())),
                    ("condition", opt(when.condition.as_ref())),
                    ("lines", text(&lines.join(", "))),
                    ("note", text(&t.notes.join("; "))),
                ],
            )?;
            self.actors(&task, t)?;
        }
        Ok(())
    }

    fn actors(&mut self, task: &str, t: &Task) -> Result<()> {
        let both = t.lead.iter().map(|n| (n, "lead")).chain(t.coordinating.iter().map(|n| (n, "coordinating")));
        for (seq, (name, role)) in both.enumerate() {
            let scope = t.scopes.iter().find(|s| s.agency == *name).map(|s| s.scope.as_str()).unwrap_or_default();
            self.actor(task, seq + 1, role, name, scope)?;
        }
        Ok(())
    }

    fn actor(&mut self, task: &str, seq: usize, role: &str, name: &str, scope: &str) -> Result<()> {
        let mut list =
            vec![("task", text(task)), ("seq", int(seq)), ("role", text(role)), ("name", text(name)), ("scope_text", text(scope))];
        list.extend(self.draft.actors.get(name).and_then(said));
        self.put("task_actor", list).map(drop)
    }

    /// Standing duties of the assignment section: kept and shown, without dates of their own (requirements S-137).
    fn assignments(&mut self) -> Result<()> {
        let draft = self.draft;
        let mut seq = draft.reading.plan.tasks.len();
        for (_, block) in draft.kept("assignment", &draft.reading.plan.assignments) {
            for duty in &block.duties {
                if draft.reading.plan.tasks.iter().any(|t| t.text == *duty) || duty.trim().is_empty() {
                    continue;
                }
                seq += 1;
                let list = vec![
                    ("plan", text(&self.plan)),
                    ("seq", int(seq)),
                    ("content", text(duty)),
                    ("schedule_kind", text("none")),
                    ("needs_approval", Data::Bool(false)),
                    ("tags", text("assignment")),
                    ("lines", text(&block.line.to_string())),
                ];
                let task = self.put("task", list)?;
                for (i, name) in block.agencies.iter().enumerate() {
                    self.actor(&task, i + 1, "lead", name, "")?;
                }
            }
        }
        Ok(())
    }

    /// Recipients are the same agencies as those in the tasks; who is not found stays as text and is asked for afterwards.
    fn recipients(&mut self, today: &str) -> Result<()> {
        let draft = self.draft;
        let day = draft.reading.plan.date.as_deref().unwrap_or(today);
        let now = Directory::load(self.tx, self.reg, self.actor, today)?;
        let then = if day == today { None } else { Some(Directory::load(self.tx, self.reg, self.actor, day)?) };
        for (i, r) in draft.kept("recipient", &draft.reading.plan.recipients) {
            let mark = match r.mark.as_deref() {
                Some("b/c") => "report",
                Some("t/h") => "execute",
                Some("đ/b") => "info",
                _ if text::fold(&r.name).starts_with("luu") => "file",
                _ => "none",
            };
            let mut list = vec![("plan", text(&self.plan)), ("seq", int(i + 1)), ("name", text(&r.name)), ("mark", text(mark))];
            let known = draft.actors.iter().find(|(n, _)| actors::same_name(n, &r.name)).map(|(_, w)| w.clone());
            let found = || now.find(&r.name).or_else(|| then.as_ref()?.find(&r.name));
            // what is filed goes to nobody; that a name is no agency is said of the tasks alone
            let who = known.filter(|w| *w != Who::TextOnly).or_else(found).filter(|_| mark != "file");
            list.extend(who.as_ref().and_then(said));
            self.put("plan_recipient", list)?;
        }
        Ok(())
    }

    /// Quoted documents enter the library, unverified; known numbers stay as they are.
    fn legal_bases(&mut self) -> Result<()> {
        let scope = self.actor.may(Verb::Read, "document")?;
        for (_, base) in self.draft.kept("base", &self.draft.reading.plan.legal_bases) {
            let Some(number) = &base.number else { continue };
            let query = Query {
                filters: vec![Filter { field: "number".into(), op: Op::Is, values: vec![number.clone()] }],
                as_of: Some("all".into()),
                ..Query::default()
            };
            if actions::count(self.tx, self.reg, &scope, &query)? > 0 {
                continue;
            }
            let kind = document_kind(number);
            let title = format!("Văn bản số {number}");
            self.put(
                "document",
                vec![
                    ("number", text(number)),
                    ("issued_on", opt(base.date.as_ref())),
                    ("kind", text(kind)),
                    ("title", text(&title)),
                    ("verified", Data::Bool(false)),
                ],
            )?;
        }
        Ok(())
    }

    /// Events that tasks of this plan wait for, once each.
    fn event(&mut self, condition: &str) -> Result<String> {
        let scope = self.actor.may(Verb::Read, "plan_event")?;
        let is = |field: &str, v: &str| Filter { field: field.into(), op: Op::Is, values: vec![v.into()] };
        let query = Query { filters: vec![is("plan", &self.plan), is("name", condition)], as_of: Some("all".into()), ..Query::default() };
        if let Some(r) = actions::list(self.tx, self.reg, &scope, &query)?.items.first() {
            return Ok(r.id.clone());
        }
        self.put("plan_event", vec![("plan", text(&self.plan)), ("name", text(condition))])
    }

    fn learn(&mut self) -> Result<()> {
        let seen_in = self.draft.reading.plan.title.clone().unwrap_or_default();
        for name in &self.draft.learned {
            if let Some(who) = self.draft.actors.get(name) {
                actors::learn(self.tx, self.reg, self.actor, name, who, &seen_in)?;
            }
        }
        Ok(())
    }
}

/// The field that says who a name is; nothing while nobody has said it.
pub(crate) fn said(who: &Who) -> Option<(&'static str, Data)> {
    match who {
        Who::Agency(id) => Some(("agency", text(id))),
        Who::Collective(id) => Some(("collective", text(id))),
        Who::Chosen(ids) => Some(("chosen", Data::Links(ids.clone()))),
        Who::TextOnly => Some(("name_only", Data::Bool(true))),
        Who::Later => None,
    }
}

/// A schedule in the words of the register.
pub(crate) struct When {
    pub kind: &'static str,
    pub from: Option<String>,
    pub due: Option<String>,
    pub condition: Option<String>,
}

impl When {
    pub fn of(schedule: &serde_json::Value) -> Self {
        let word = |k: &str| schedule[k].as_str().filter(|s| !s.is_empty()).map(str::to_owned);
        let kind = match schedule["kind"].as_str().unwrap_or_default() {
            "deadline" | "quarter" | "month" | "week" => "deadline",
            "period" => "period",
            "annual" => "annual",
            "continuous" => "continuous",
            "periodic" => "periodic",
            "on_demand" => "on_demand",
            "event" => "event",
            "timer" => "timer",
            "before" => "gate",
            _ => "none",
        };
        let condition = match kind {
            "event" | "period" => word("condition"),
            "timer" | "gate" => word("event"),
            _ => None,
        };
        Self { kind, from: word("from"), due: word("due").or_else(|| word("to")), condition }
    }
}

/// Unit of a target in the words of the register.
fn unit(u: &str) -> &'static str {
    let folded = text::fold(u);
    match folded.as_str() {
        "%" => "percent",
        u if u.contains("/nam") => "per_year",
        u if u.contains("chuyen gia") || u.contains("nguoi") => "people",
        u if u.contains("dong") => "dong",
        _ => "count",
    }
}

/// Kind of a document by its number.
fn document_kind(number: &str) -> &'static str {
    match text::fold(number).as_str() {
        n if n.contains("/qh") => "law",
        n if n.contains("/nd-cp") => "decree",
        n if n.contains("/nq") => "resolution",
        n if n.contains("/qd") => "decision",
        n if n.contains("/ct") => "directive",
        n if n.contains("/tt-") => "circular",
        n if n.contains("/kh") => "plan",
        _ => "other",
    }
}

//! The gate before a plan becomes work: what is still open, counted once for every door. Of a reading before it is accepted, and of
//! an accepted plan before it is put in force.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Verb};
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Record, Registry};
use store::{Error, FieldError, Result, Tx};
use web::Lang;

use crate::draft::{Draft, Who};
use crate::expand::linked;
use crate::{actors, fill, same, unclear};

/// What a plan still lacks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Open {
    /// Warnings of the reader nobody has seen to.
    pub doubts: usize,
    /// Names that are no agency yet, as the page of names lists them.
    pub names: usize,
    /// Groups of agencies that lead something and to which no agency belongs today.
    pub groups: usize,
    /// Tasks that nobody leads, or whose leads are all names nobody knows.
    pub no_lead: usize,
    /// Tasks without a time, or whose time says no day.
    pub no_time: usize,
    /// Targets that no indicator measures.
    pub unmeasured: usize,
}

impl Open {
    /// Nothing is left.
    pub fn none(&self) -> bool {
        *self == Self::default()
    }
    /// What is left: field, and the sentence with its count.
    pub fn lines(&self, lang: Lang) -> Vec<(&'static str, String)> {
        let all = [
            ("doubts", lang.n(self.doubts, "điều chưa xem", "thing not looked at", "things not looked at"), self.doubts),
            (
                "names",
                lang.n(
                    self.names,
                    "tên chưa rõ là cơ quan nào: không ai được giao việc dưới tên đó",
                    "name nobody knows: nobody gets work under it",
                    "names nobody knows: nobody gets work under them",
                ),
                self.names,
            ),
            (
                "groups",
                lang.n(
                    self.groups,
                    "nhóm cơ quan được giao chủ trì nhưng trong sổ chưa có cơ quan nào thuộc nhóm",
                    "group leads tasks but has no agency in the register",
                    "groups lead tasks but have no agency in the register",
                ),
                self.groups,
            ),
            (
                "lead",
                lang.n(
                    self.no_lead,
                    "nhiệm vụ chưa có chủ trì: không ai phải làm",
                    "task without a lead: nobody has to do it",
                    "tasks without a lead: nobody has to do them",
                ),
                self.no_lead,
            ),
            (
                "time",
                lang.n(
                    self.no_time,
                    "nhiệm vụ chưa rõ thời hạn: không tính được quá hạn",
                    "task without a deadline: never late",
                    "tasks without a deadline: never late",
                ),
                self.no_time,
            ),
            (
                "indicator",
                lang.n(
                    self.unmeasured,
                    "chỉ tiêu chưa chọn chỉ số: không có con số nào đo chỉ tiêu đó",
                    "target without an indicator: no figure measures it",
                    "targets without an indicator: no figure measures them",
                ),
                self.unmeasured,
            ),
        ];
        all.into_iter().filter(|(_, _, n)| *n > 0).map(|(field, words, _)| (field, words)).collect()
    }
}

/// What a reading lacks; more than [`Draft::open`] it looks who belongs to the groups that lead. Their names come with it.
pub fn of_draft(tx: &mut Tx, reg: &Registry, actor: &Actor, draft: &Draft, today: &str) -> Result<(Open, Vec<String>)> {
    let mut empty = Vec::new();
    for name in draft.leads() {
        if let Some(who @ Who::Collective(_)) = draft.actors.get(&name)
            && actors::expand(tx, reg, actor, who, today)?.is_empty()
        {
            empty.push(name);
        }
    }
    Ok((Open { groups: empty.len(), ..draft.open() }, empty))
}

/// What an accepted plan lacks. The names are counted as the page of names lists them.
pub fn of_plan(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, today: &str) -> Result<Open> {
    let tasks = linked(tx, reg, actor, "task", "plan", plan)?;
    let by: BTreeMap<String, Vec<Record>> = fill::acting(tx, reg, actor, &tasks)?;
    let lacks: Vec<fill::Lack> = tasks.iter().map(|t| fill::lack(t, by.get(&t.id).map(Vec::as_slice).unwrap_or_default())).collect();
    let targets = linked(tx, reg, actor, "target", "plan", plan)?;
    let leads = by.values().flatten().filter(|a| a.text("role") == Some("lead"));
    let groups: BTreeSet<&str> = leads.filter_map(|a| a.text("collective")).collect();
    let mut empty = 0;
    for id in groups {
        empty += usize::from(actors::expand(tx, reg, actor, &Who::Collective(id.to_owned()), today)?.is_empty());
    }
    Ok(Open {
        doubts: 0,
        groups: empty,
        names: unclear::names(tx, reg, actor, plan, today)?.len(),
        no_lead: lacks.iter().filter(|l| l.lead).count(),
        no_time: lacks.iter().filter(|l| l.time).count(),
        unmeasured: targets.iter().filter(|t| t.text("indicator").is_none() || t.bool("indicator_confirmed") != Some(true)).count(),
    })
}

/// What somebody says who puts a plan in force.
#[derive(Debug, Clone, Default)]
pub struct Issue {
    /// Version of the plan the person looked at (`None`: as it is now).
    pub version: Option<i64>,
    /// Its number, where it has got one.
    pub number: Option<String>,
    /// Its day, ISO; nothing = the day it has.
    pub issued_on: Option<String>,
    /// Although something is open.
    pub anyway: bool,
    /// Although another plan of the issuer has this number in the same year.
    pub same_number: bool,
}

/// The plan in force or in draft, other than `plan`, to which this issuer gave this number in the year of this day.
pub fn number_taken(
    tx: &mut Tx,
    reg: &Registry,
    actor: &Actor,
    plan: &str,
    issuer: &str,
    number: &str,
    day: &str,
) -> Result<Option<Record>> {
    let of_issuer = vec![Filter { field: "issuer".into(), op: Op::Is, values: vec![issuer.to_owned()] }];
    let same = |r: &Record| {
        r.id != plan
            && matches!(r.state.as_deref(), Some("in_force" | "draft" | "expired"))
            && r.text("number").is_some_and(|n| text::search_key(n) == text::search_key(number))
            && r.text("issued_on").and_then(|d| d.get(..4)) == day.get(..4)
    };
    Ok(crate::all_where(tx, reg, actor, "plan", of_issuer)?.into_iter().find(same))
}

/// A plan that was accepted before it was signed gets number and day and comes into force, with its obligations: all or nothing.
/// How many obligations were made.
///
/// # Errors
/// `Invalid` with all that is open, when something is and `anyway` was not said.
pub fn put_in_force(tx: &mut Tx, reg: &Registry, actor: &Actor, plan: &str, said: &Issue, today: &str) -> Result<usize> {
    actor.may(Verb::Update, "plan")?;
    actor.may(Verb::Transition, "plan")?;
    let head = actions::get(tx, reg, &actor.may(Verb::Read, "plan")?, plan)?;
    if head.state.as_deref() != Some("draft") {
        return Err(Error::Conflict("Kế hoạch này không còn là dự thảo, không đưa vào thực hiện lần nữa.".into()));
    }
    if said.issued_on.is_none() && head.text("issued_on").is_none() {
        return Err(Error::invalid("issued_on", "Nhập ngày ban hành kế hoạch."));
    }
    let mut wrong = Vec::new();
    let open = of_plan(tx, reg, actor, plan, today)?;
    if !said.anyway && !open.none() {
        let line = |(field, message): (&str, String)| FieldError { field: field.to_owned(), message };
        wrong.extend(open.lines(Lang::Vi).into_iter().map(line));
    }
    if said.number.as_deref().is_some_and(|n| n.chars().count() > crate::accept::NUMBER) {
        let message = format!("Số, ký hiệu dài quá {} ký tự; rút gọn lại.", crate::accept::NUMBER);
        wrong.push(FieldError { field: "number".into(), message });
    }
    let day = said.issued_on.as_deref().or(head.text("issued_on")).unwrap_or_default();
    if let (Some(number), Some(issuer), false) = (said.number.as_deref().or(head.text("number")), head.text("issuer"), said.same_number)
        && let Some(other) = number_taken(tx, reg, actor, plan, issuer, number, day)?
    {
        let message = format!(
            "Cùng cơ quan này đã có kế hoạch số «{number}» trong năm {}: «{}». Sửa số, hoặc chọn vẫn dùng số này.",
            day.get(..4).unwrap_or(day),
            other.title
        );
        wrong.push(FieldError { field: "number".into(), message });
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let words = |v: &Option<String>| v.clone().map(Data::Text);
    let values: Values = [("issued_on", words(&said.issued_on)), ("number", words(&said.number))]
        .into_iter()
        .filter_map(|(f, v)| Some((f.to_owned(), v?)))
        .collect();
    let mut version = said.version.unwrap_or(head.version);
    if !values.is_empty() {
        version = actions::update(tx, reg, actor, "plan", plan, version, values, Some("đưa vào thực hiện"))?.version;
    }
    same::issue(tx, reg, actor, plan, version, today)
}

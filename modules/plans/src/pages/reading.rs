//! What was read, one part of it at a time, each item with a link to its form.

use plan_reader::Task;
use web::components::{Tab, pager, tabs, tag};
use web::maud::{Markup, html};
use web::{L, Lang, Look, Tone, fmt};

use super::item;
use crate::draft::{Draft, Who};

/// Items on a page.
pub const PAGE: usize = 20;

/// How many member agencies a name has today; filled for every resolved name.
pub type Members = std::collections::BTreeMap<String, usize>;

/// Parts of a reading: word in the address, heading.
const PARTS: &[(&str, L)] = &[
    ("task", L("Nhiệm vụ", "Tasks")),
    ("objective", L("Mục tiêu", "Objectives")),
    ("actor", L("Tên cơ quan", "Names")),
    ("assignment", L("Phân công", "Assignments")),
    ("recipient", L("Nơi nhận", "Recipients")),
    ("base", L("Căn cứ", "Bases")),
    ("section", L("Mục", "Sections")),
];

/// Everything a part needs to draw itself.
pub struct View<'a> {
    /// The person's session.
    pub look: &'a Look,
    /// The draft.
    pub draft: &'a Draft,
    /// Its address.
    pub base: &'a str,
    /// Members of the names.
    pub members: &'a Members,
    /// Language.
    pub lang: Lang,
    /// Part that is open.
    pub part: &'a str,
    /// Its page, from 1.
    pub page: usize,
}

impl View<'_> {
    /// The open part with its tabs.
    pub fn render(&self) -> Markup {
        let open = PARTS.iter().find(|(id, _)| *id == self.part).unwrap_or(&PARTS[0]).0;
        let tab = |(id, label): &(&'static str, L)| Tab {
            id: (*id).into(),
            label: self.lang.l(*label).into(),
            count: i64::try_from(self.count(id)).ok(),
            href: format!("{}?part={id}#read", self.base),
        };
        let list: Vec<Tab> = PARTS.iter().map(tab).collect();
        let total = self.count(open);
        let from = (self.page.max(1) - 1).saturating_mul(PAGE).min(total.saturating_sub(1) / PAGE * PAGE);
        let shown = from..(from + PAGE).min(total);
        let at = |page: usize| format!("{}?part={open}&page={page}#read", self.base);
        let (first, next) = ((from > 0).then(|| at(1)), (shown.end < total).then(|| at(from / PAGE + 2)));
        html! {
            div id="read" { (tabs(&list, open, self.lang.t("Các phần đọc được", "Parts of the reading"))) }
            section.card {
                ol.reading { @for i in shown.clone() { li id=(format!("{open}-{i}")) { (self.item(open, i)) } } }
                @if total > PAGE { (pager(shown.len(), i64::try_from(total).unwrap_or(i64::MAX), first.as_deref(), next.as_deref(), self.lang)) }
                @if let Some(list) = item::list(open) { p { a.btn href={(self.base) "/" (open) "/new"} { (self.lang.l(list.add)) } } }
                @if open == "section" { p { a.btn href={(self.base) "/row/new"} { (item::list("row").map(|l| self.lang.l(l.add)).unwrap_or_default()) } } }
            }
        }
    }

    fn count(&self, part: &str) -> usize {
        let p = &self.draft.reading.plan;
        match part {
            "task" => p.tasks.len(),
            "objective" => p.objectives.len(),
            "actor" => self.draft.names().len(),
            "assignment" => p.assignments.len(),
            "recipient" => p.recipients.len(),
            "base" => p.legal_bases.len(),
            _ => p.sections.len() + self.draft.reading.table_sections.len(),
        }
    }

    fn item(&self, part: &str, i: usize) -> Markup {
        let p = &self.draft.reading.plan;
        match part {
            "task" => self.task(&p.tasks[i], i),
            "objective" => self.objective(i),
            "actor" => self.name(i),
            "assignment" => {
                let a = &p.assignments[i];
                self.row(part, &i.to_string(), html! {
                    details { summary { (a.agencies.join(", ")) " " span.muted.small { (a.duties.len()) " " (self.lang.t("việc", "duties")) } }
                        ul.small { @for d in &a.duties { li { (d) } } } }
                })
            }
            "recipient" => {
                let r = &p.recipients[i];
                self.row(part, &i.to_string(), html! { (r.name) @if let Some(m) = &r.mark { " " span.tag { (m) } } })
            }
            "base" => {
                let b = &p.legal_bases[i];
                let day = b.date.as_deref().map(fmt::date);
                self.row(
                    part,
                    &i.to_string(),
                    html! {
                        (b.number.as_deref().unwrap_or(self.lang.t("văn bản dẫn theo tên", "quoted by name")))
                        @if let Some(day) = day { " · " (day) }
                    },
                )
            }
            _ => {
                let body = p.sections.len();
                let (list, n) = if i < body { ("section", i) } else { ("row", i - body) };
                let s = p.sections.get(i).unwrap_or_else(|| &self.draft.reading.table_sections[i - body]);
                self.row(
                    list,
                    &n.to_string(),
                    html! {
                        (s.ordinal) @if !s.ordinal.is_empty() { ". " } (s.title)
                        @if list == "row" { " " span.muted.small { (self.lang.t("bảng nhiệm vụ", "task table")) } }
                    },
                )
            }
        }
    }

    /// An item with its link; struck through when it is left out.
    fn row(&self, list: &str, n: &str, what: Markup) -> Markup {
        let dropped = self.draft.dropped.contains(&format!("{list}/{n}"));
        html! {
            @if dropped { s { (what) } " " (tag(Tone::Plain, self.lang.t("không lấy", "left out"))) } @else { (what) }
            " " a href={(self.base) "/" (list) "/" (n)} { (self.lang.t("sửa", "edit")) }
        }
    }

    fn task(&self, t: &Task, i: usize) -> Markup {
        let lang = self.lang;
        let no = [t.section.as_deref(), t.no.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(".");
        let out = self.draft.dropped.contains(&format!("task/{i}"));
        html! {
            @if out { s { (short(&t.text)) } " " (tag(Tone::Plain, lang.t("không lấy", "left out"))) } @else { (short(&t.text)) }
            (self.actors(lang.t("Chủ trì", "Lead"), &t.lead))
            (self.actors(lang.t("Phối hợp", "With"), &t.coordinating))
            @if let Some(p) = &t.product { div.small.muted { (lang.t("Sản phẩm", "Product")) ": " (p) } }
            div.row { (schedule(t, lang)) a href={(self.base) "/task/" (i)} { (lang.t("sửa", "edit")) @if !no.is_empty() { " " (no) } } }
        }
    }

    fn actors(&self, label: &str, names: &[String]) -> Markup {
        html! {
            @if !names.is_empty() {
                div.small.muted { (label) ": "
                    @for (i, n) in names.iter().enumerate() {
                        @if i > 0 { ", " }
                        (n) @if let Some(k) = self.members.get(n) { @if *k > 1 { " (" (k) ")" } @else if *k == 0 && self.nobody(n) { " " (tag(Tone::Soon, self.lang.t("0 cơ quan", "0 agencies"))) } } @else { " " (tag(Tone::Soon, "?")) }
                    }
                }
            }
        }
    }

    /// A group to which nobody belongs; a name kept as text or left for later says so itself.
    fn nobody(&self, name: &str) -> bool {
        matches!(self.draft.actors.get(name), Some(Who::Collective(_) | Who::Chosen(_)))
    }

    fn objective(&self, i: usize) -> Markup {
        let (lang, o) = (self.lang, &self.draft.reading.plan.objectives[i]);
        html! {
            (self.row("objective", &i.to_string(), html! { (o.text) }))
            @if let Some(h) = &o.horizon { " " span.muted.small { (lang.t("đến", "until")) " " (fmt::date(h)) } }
            ul.small {
                @for (v, value) in o.values.iter().enumerate() {
                    li { (self.row("value", &format!("{i}.{v}"), html! { span.tag { (value_words(value)) } @if value.text != o.text && !value.text.is_empty() { " " (short(&value.text)) } }))
                        @if !self.draft.dropped.contains(&format!("value/{i}.{v}")) && !self.draft.dropped.contains(&format!("objective/{i}")) { (super::measure::choices(self.look, self.draft, self.base, (i, v), false, lang)) } }
                }
                li { a href={(self.base) "/value/" (i) ".new"} { (item::list("value").map(|l| lang.l(l.add)).unwrap_or_default()) } }
            }
        }
    }

    fn name(&self, i: usize) -> Markup {
        let (lang, names) = (self.lang, self.draft.names());
        let Some(name) = names.get(i) else { return html! {} };
        html! {
            a href={(self.base) "/actor/" (i)} { (name) } " "
            @match (self.draft.actors.get(name), self.members.get(name)) {
                (None, _) => (tag(Tone::Soon, lang.t("chưa rõ", "unknown"))),
                (Some(Who::Later), _) => (tag(Tone::Plain, lang.t("chọn sau", "chosen later"))),
                (Some(Who::TextOnly), _) => (tag(Tone::Plain, lang.t("chỉ giữ tên gọi", "name only"))),
                (Some(_), Some(n)) if *n > 0 => (tag(Tone::Met, &format!("{n} {}", lang.t("cơ quan", "agencies")))),
                (Some(_), _) => (tag(Tone::Soon, lang.t("0 cơ quan", "0 agencies"))),
            }
        }
    }
}

fn short(text: &str) -> Markup {
    let cut: String = text.chars().take(220).collect();
    html! { (cut) @if cut.len() < text.len() { "…" } }
}

/// The time as written, and what was understood.
fn schedule(t: &Task, lang: Lang) -> Markup {
    let value = serde_json::to_value(&t.schedule).unwrap_or_default();
    let date = |k: &str| value[k].as_str().map(fmt::date);
    let waiting = value["condition"].as_str().is_some();
    html! {
        @if let Some(time) = &t.time { span.tag { (time) } } @else { (tag(Tone::Soon, lang.t("không có thời hạn", "no time"))) }
        @if let Some(due) = date("due").or_else(|| date("to")) { div.small.muted { (lang.t("đến", "until")) " " (due) } }
        @if waiting { div { (tag(Tone::Soon, lang.t("Chờ điều kiện", "Waits for an event"))) } }
    }
}

/// `≥ 80–90 %`.
fn value_words(v: &plan_reader::Value) -> String {
    let sign = match v.comparator.as_str() {
        ">=" => "≥",
        "<=" => "≤",
        other => other,
    };
    let upper = v.upper.map(|u| format!("–{}", fmt::dec_auto(u))).unwrap_or_default();
    format!("{sign} {}{upper} {}", fmt::dec_auto(v.value), v.unit)
}

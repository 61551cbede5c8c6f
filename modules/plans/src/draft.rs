//! A reading under correction: what the engine read, what a person changed, who the actors are.

use std::collections::{BTreeMap, BTreeSet};

use plan_reader::{Plan, Reading, Warning};
use serde::{Deserialize, Serialize};
use store::FieldError;

use crate::fill::Lack;
use crate::gate::Open;

/// Who a name of the document stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// One agency of the register.
    Agency(String),
    /// A collective actor, expanded by date.
    Collective(String),
    /// Agencies a person picked (for "các cơ quan có liên quan").
    Chosen(Vec<String>),
    /// Nobody of the register: kept as text.
    TextOnly,
    /// The document does not say who ("các đơn vị liên quan"); somebody chooses after acceptance.
    Later,
}

impl Who {
    /// As forms send it; several agencies have no word of their own.
    pub fn word(&self) -> Option<String> {
        match self {
            Who::Agency(id) => Some(format!("a:{id}")),
            Who::Collective(id) => Some(format!("c:{id}")),
            Who::Later => Some("later".into()),
            Who::TextOnly => Some("only".into()),
            Who::Chosen(_) => None,
        }
    }
    /// The other way; nothing for a word no form sends.
    pub fn of_word(word: &str) -> Option<Self> {
        match word.split_once(':') {
            Some(("a", id)) => Some(Who::Agency(id.to_owned())),
            Some(("c", id)) => Some(Who::Collective(id.to_owned())),
            _ if word == "later" => Some(Who::Later),
            _ if word == "only" => Some(Who::TextOnly),
            _ => None,
        }
    }
}

/// One place of the document where a name stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// `lead`, `coordinating`, `assignment`.
    pub role: &'static str,
    /// Number of the task as printed, with its section.
    pub no: Option<String>,
    /// Line of the document.
    pub line: usize,
}

/// Facts of the plan that the document does not say, or that a person corrected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Issuing agency of the register.
    pub issuer: Option<String>,
    /// `national`, `province`, `agency`, `district`, `commune`.
    pub level: String,
    /// First day of validity.
    pub starts_on: Option<String>,
    /// Last day of validity.
    pub ends_on: Option<String>,
    /// Plan above it.
    pub parent: Option<String>,
}

/// The whole of it; saved as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Draft {
    /// What was read, as corrected.
    pub reading: Reading,
    /// Facts beside the text.
    pub head: Head,
    /// Name as written → who it is. Names not in here are not resolved yet.
    pub actors: BTreeMap<String, Who>,
    /// Names whose meaning a person (not a matching rule) gave: learned as aliases at acceptance.
    pub learned: Vec<String>,
    /// "objective.value" → indicator id, confirmed by a person; empty = none fits.
    pub indicators: BTreeMap<String, String>,
    /// What is not taken over: "task/4", "objective/2", "value/2.0" … Nothing is deleted, so that it can be taken back.
    #[serde(default)]
    pub dropped: BTreeSet<String>,
    /// Indexes of warnings a person has looked at.
    #[serde(default)]
    pub seen: BTreeSet<usize>,
}

impl Draft {
    /// The items of a list that are taken over, each with its place in the whole list.
    pub fn kept<'a, T>(&'a self, list: &'a str, items: &'a [T]) -> impl Iterator<Item = (usize, &'a T)> {
        items.iter().enumerate().filter(move |(i, _)| !self.dropped.contains(&format!("{list}/{i}")))
    }
    /// Every name that leads or coordinates a task or heads an assignment, in order, once.
    pub fn names(&self) -> Vec<String> {
        let plan = &self.reading.plan;
        let tasks = self.kept("task", &plan.tasks).flat_map(|(_, t)| t.lead.iter().chain(&t.coordinating));
        once(tasks.chain(self.kept("assignment", &plan.assignments).flat_map(|(_, a)| &a.agencies)))
    }
    /// What a person has not looked at or filled in yet.
    pub fn open(&self) -> Open {
        let p = &self.reading.plan;
        let tasks = || self.kept("task", &p.tasks).map(|(_, t)| t);
        Open {
            doubts: p.warnings.iter().enumerate().filter(|(i, w)| !self.settled(*i, w)).count(),
            names: self.asked().len(),
            groups: 0,
            no_lead: tasks().filter(|t| self.lack(t).lead).count(),
            no_time: tasks().filter(|t| self.lack(t).time).count(),
            unmeasured: self.unmeasured().len(),
        }
    }
    /// Targets that are taken over and of which nobody has said yet which indicator measures them, or that none does: their words.
    fn unmeasured(&self) -> Vec<&str> {
        let mut all = Vec::new();
        for (i, o) in self.kept("objective", &self.reading.plan.objectives) {
            for (v, value) in o.values.iter().enumerate() {
                let key = format!("{i}.{v}");
                if !self.dropped.contains(&format!("value/{key}")) && !self.indicators.contains_key(&key) {
                    all.push(if value.text.is_empty() { o.text.as_str() } else { &value.text });
                }
            }
        }
        all
    }
    /// Names to ask for: those nobody has said anything about, then those left for later (`true`); one for a name spelled twice.
    /// Page of names, review and gate count these.
    pub fn asked(&self) -> Vec<(String, bool)> {
        let mut rows: Vec<(String, bool)> = Vec::new();
        // who leads first: without them nobody gets the work
        let leads: BTreeSet<String> = self.leads().into_iter().collect();
        let (first, rest): (Vec<String>, Vec<String>) = self.unresolved().into_iter().partition(|n| leads.contains(n));
        let unknown = first.into_iter().chain(rest).map(|n| (n, false));
        for (name, later) in unknown.chain(self.later().into_iter().map(|(_, n)| (n, true))) {
            if !rows.iter().any(|(n, l)| *l == later && crate::actors::same_name(n, &name)) {
                rows.push((name, later));
            }
        }
        rows
    }
    /// Neither a task nor an objective (with its targets) is taken over: there is nothing to accept.
    pub fn empty(&self) -> bool {
        let p = &self.reading.plan;
        self.kept("task", &p.tasks).next().is_none() && self.kept("objective", &p.objectives).next().is_none()
    }
    /// What a task lacks: nobody leads it or nobody knows who that is; its time is missing or says no day.
    pub fn lack(&self, t: &plan_reader::Task) -> Lack {
        let unknown = |n: &String| matches!(self.actors.get(n), None | Some(Who::Later));
        let schedule = serde_json::to_value(&t.schedule).unwrap_or_default();
        Lack { lead: t.lead.iter().all(unknown), time: crate::accept::When::of(&schedule).kind == "none" }
    }
    /// Places of the tasks that lack something.
    pub fn lacking(&self) -> Vec<usize> {
        self.kept("task", &self.reading.plan.tasks).filter(|(_, t)| self.lack(t).any()).map(|(i, _)| i).collect()
    }
    /// The year that words of time without one mean.
    pub fn year(&self) -> Option<i32> {
        self.reading.plan.date.as_deref().or(self.head.starts_on.as_deref())?.get(..4)?.parse().ok()
    }
    /// The same in words, for who must say that it is accepted all the same.
    pub fn open_list(&self) -> Vec<FieldError> {
        let say = |field: &str, message: String| FieldError { field: field.to_owned(), message };
        let p = &self.reading.plan;
        let line = |n: usize| if n > 0 { format!("Dòng {n}: ") } else { String::new() };
        let doubts = p.warnings.iter().enumerate().filter(|(i, w)| !self.settled(*i, w));
        let mut list: Vec<FieldError> = doubts.map(|(_, w)| say("doubts", format!("{}{}", line(w.line), w.message))).collect();
        list.extend(
            self.asked()
                .into_iter()
                .map(|(n, _)| say("names", format!("Chưa rõ «{n}» là cơ quan nào; không ai được giao việc dưới tên đó."))),
        );
        for (i, t) in self.kept("task", &p.tasks) {
            let what = format!("Nhiệm vụ thứ {} “{}”", i + 1, crate::pages::cut(&t.text));
            let lack = self.lack(t);
            if lack.lead {
                list.push(say("lead", format!("{what} chưa có chủ trì.")));
            }
            if lack.time {
                list.push(say("time", format!("{what} chưa rõ thời hạn.")));
            }
        }
        let measure = |words: &str| say("indicator", format!("Chỉ tiêu “{}” chưa chọn chỉ số.", crate::pages::cut(words)));
        list.extend(self.unmeasured().into_iter().map(measure));
        list
    }
    /// Accepted all the same: names that lead a task and that nobody knows are asked for on the plan's page.
    pub fn leave_for_later(&mut self) {
        for name in self.leads() {
            self.actors.entry(name).or_insert(Who::Later);
        }
    }
    /// Names that lead a task.
    pub fn leads(&self) -> Vec<String> {
        once(self.kept("task", &self.reading.plan.tasks).flat_map(|(_, t)| &t.lead))
    }
    /// Whether a warning needs nobody any more: looked at, or what it asked for has been filled in.
    pub fn settled(&self, at: usize, w: &Warning) -> bool {
        self.seen.contains(&at) || self.remedied(w)
    }
    fn remedied(&self, w: &Warning) -> bool {
        let p = &self.reading.plan;
        let of_line = |good: &dyn Fn(&plan_reader::Task) -> bool| {
            let mut rows = p.tasks.iter().enumerate().filter(|(_, t)| t.lines.first() == Some(&w.line)).peekable();
            rows.peek().is_some() && rows.all(|(i, t)| self.dropped.contains(&format!("task/{i}")) || good(t))
        };
        match w.code.as_str() {
            "missing_number" => p.number.is_some(),
            "missing_date" => p.date.is_some(),
            "missing_issuer" => self.head.issuer.is_some(),
            "missing_title" => p.title.is_some(),
            "no_objectives" => !p.objectives.is_empty(),
            "no_tasks" => !p.tasks.is_empty(),
            "missing_lead" => of_line(&|t| !t.lead.is_empty()),
            "missing_time" => of_line(&|t| t.time.is_some() || t.schedule.is_some()),
            "missing_row_number" => of_line(&|t| t.no.is_some()),
            "unclear_schedule" => of_line(&|t| !matches!(t.schedule, Some(plan_reader::Schedule::Text))),
            "due_before_issue" => of_line(&|t| {
                let due = t.schedule.as_ref().and_then(plan_reader::Schedule::due);
                due.zip(p.date.as_deref()).is_none_or(|(due, date)| due >= date)
            }),
            "interval_unknown" => of_line(&|t| !matches!(t.schedule, Some(plan_reader::Schedule::Periodic { interval: None, .. }))),
            // the list of names asks the same question
            "unresolvable_actor" => true,
            _ => false,
        }
    }
    /// Names whose agencies are chosen after acceptance, with their place among all names.
    pub fn later(&self) -> Vec<(usize, String)> {
        self.names().into_iter().enumerate().filter(|(_, n)| self.actors.get(n) == Some(&Who::Later)).collect()
    }
    /// Where a name stands, in the order of the document's parts.
    pub fn uses(&self, name: &str) -> Vec<Use> {
        let plan = &self.reading.plan;
        let mut all = Vec::new();
        for (_, t) in self.kept("task", &plan.tasks) {
            let no: Vec<&str> = [t.section.as_deref(), t.no.as_deref()].into_iter().flatten().collect();
            let no = (!no.is_empty()).then(|| no.join("."));
            let line = t.lines.first().copied().unwrap_or_default();
            for (role, names) in [("lead", &t.lead), ("coordinating", &t.coordinating)] {
                if names.iter().any(|n| n == name) {
                    all.push(Use { role, no: no.clone(), line });
                }
            }
        }
        for (_, a) in self.kept("assignment", &plan.assignments).filter(|(_, a)| a.agencies.iter().any(|n| n == name)) {
            all.push(Use { role: "assignment", no: None, line: a.line });
        }
        all
    }
    /// Says who a name is, also where it is spelled a little differently and nobody has said anything yet: asked once.
    pub fn say(&mut self, name: &str, who: &Who, learn: bool) {
        self.learned.retain(|l| l != name);
        if learn {
            self.learned.push(name.to_owned());
        }
        let open = self.later().into_iter().map(|(_, n)| n).chain(self.unresolved());
        for same in open.filter(|n| crate::actors::same_name(n, name)).collect::<Vec<_>>() {
            self.actors.insert(same, who.clone());
        }
        self.actors.insert(name.to_owned(), who.clone());
    }
    /// Names nobody has said anything about.
    pub fn unresolved(&self) -> Vec<String> {
        self.names().into_iter().filter(|n| !self.actors.contains_key(n)).collect()
    }
}

/// Each name once, in order.
fn once<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names.filter(|n| seen.insert(*n)).cloned().collect()
}

/// Days the plan is valid, as far as title and date say so: (first, last). What is not said stays open and is asked for.
pub fn period(plan: &Plan) -> (Option<String>, Option<String>) {
    let (first, last) = plan_reader::period(plan.title.as_deref().unwrap_or_default());
    (first.map(|y| format!("{y:04}-01-01")).or_else(|| plan.date.clone()), last.map(|y| format!("{y:04}-12-31")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_comes_from_the_title_then_from_the_date_and_is_never_guessed() {
        let of =
            |title: &str, date: Option<&str>| period(&Plan { title: Some(title.into()), date: date.map(str::to_owned), ..Plan::default() });
        let days = |a: Option<&str>, b: Option<&str>| (a.map(str::to_owned), b.map(str::to_owned));
        assert_eq!(of("Kế hoạch giai đoạn 2022 - 2025", Some("2022-03-04")), days(Some("2022-01-01"), Some("2025-12-31")));
        assert_eq!(of("Cải cách hành chính năm 2026", Some("2026-01-20")), days(Some("2026-01-01"), Some("2026-12-31")));
        let vision = "Thực hiện Chiến lược đến năm 2025, tầm nhìn 2030";
        assert_eq!(of(vision, Some("2023-01-20")), days(Some("2023-01-20"), Some("2025-12-31")));
        assert_eq!(of(vision, None), days(None, Some("2025-12-31")));
        assert_eq!(of("Nâng cao năng lực", Some("2026-04-15")), days(Some("2026-04-15"), None));
        assert_eq!(period(&Plan::default()), (None, None));
    }

    #[test]
    fn a_doubt_is_settled_by_looking_or_by_filling_in_and_what_is_dropped_asks_nothing() {
        let text = "Số: /KH-UBND\n\nKẾ HOẠCH\nThử việc năm 2026\n\nI. NHIỆM VỤ\n\nSTT\tNhiệm vụ\tCơ quan chủ trì\tThời gian\n1\tRà soát\tSở Nội vụ\tQuý II/2026\n2\tTổng hợp\t\tQuý III/2026\n";
        let reading = plan_reader::read_full(text.as_bytes(), "a.txt").unwrap();
        let mut d = Draft {
            reading,
            head: Head::default(),
            actors: BTreeMap::new(),
            learned: vec![],
            indicators: BTreeMap::new(),
            dropped: BTreeSet::new(),
            seen: BTreeSet::new(),
        };
        let open = |d: &Draft| {
            d.reading.plan.warnings.iter().enumerate().filter(|(i, w)| !d.settled(*i, w)).map(|(_, w)| w.code.clone()).collect::<Vec<_>>()
        };
        let before = open(&d);
        assert!(before.iter().any(|c| c == "missing_lead") && before.iter().any(|c| c == "missing_number"), "{before:?}");
        d.reading.plan.number = Some("12/KH-UBND".into());
        d.dropped.insert("task/1".into());
        let after = open(&d);
        assert!(!after.iter().any(|c| c == "missing_lead" || c == "missing_number"), "{after:?}");
        d.seen.extend(0..d.reading.plan.warnings.len());
        assert!(open(&d).is_empty());
        assert_eq!(d.names(), ["Sở Nội vụ"]);
        d.dropped.insert("task/0".into());
        assert!(d.names().is_empty() && d.leads().is_empty());
    }
}

/// The part of a text that one of its numbers belongs to: "ít nhất 02 cuộc diễn tập chuyên đề" of a sentence that asks for drills
/// of two kinds. The whole text where only one number shares it.
pub fn own_words(o: &plan_reader::Objective, v: usize) -> String {
    let Some(value) = o.values.get(v) else { return o.text.clone() };
    let text = if value.text.is_empty() { &o.text } else { &value.text };
    let alike: Vec<usize> = (0..o.values.len()).filter(|k| o.values[*k].text == value.text).collect();
    let starts: Option<Vec<usize>> = alike.iter().scan(0, |from, k| Some(number_at(text, o.values[*k].value, from))).collect();
    let (Some(starts), Some(at)) = (starts, alike.iter().position(|k| *k == v)) else { return text.clone() };
    if alike.len() < 2 {
        return text.clone();
    }
    // a clause ends where the next one begins: before the "và" or comma that stands in front of its number
    let cut = |n: usize| {
        let head = &text[..starts[n]];
        [" và ", ", ", "; "].iter().filter_map(|w| head.rfind(w)).max().filter(|c| n == 0 || *c > starts[n - 1])
    };
    let begin = if at == 0 { Some(0) } else { cut(at) };
    let end = if at + 1 == alike.len() { Some(text.len()) } else { cut(at + 1) };
    match (begin, end) {
        (Some(b), Some(e)) if b < e => {
            let part = text[b..e].trim_matches([' ', ',', ';', '.']);
            part.strip_prefix("và ").unwrap_or(part).to_owned()
        }
        _ => text.clone(),
    }
}

/// Where a number stands in a text, from a place on; moves the place behind it.
fn number_at(text: &str, value: f64, from: &mut usize) -> Option<usize> {
    let rest = text.get(*from..)?;
    let mut at = 0;
    for token in rest.split_inclusive(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ','))) {
        let digits = token.trim_matches(|c: char| !c.is_ascii_digit());
        if !digits.is_empty() && text::parse_number_vi(digits).is_ok_and(|n| (n - value).abs() < 1e-9) {
            let start = *from + at;
            *from = start + token.len();
            return Some(start);
        }
        at += token.len();
    }
    None
}

/// "ít nhất 01 lần/năm" beside a percentage of the same clause says how often, not how many: no target of its own.
pub fn frequencies(plan: &plan_reader::Plan) -> impl Iterator<Item = (usize, usize)> {
    plan.objectives.iter().enumerate().flat_map(|(i, o)| {
        let percent = |text: &str| o.values.iter().any(|p| p.unit == "%" && p.text == text);
        o.values
            .iter()
            .enumerate()
            .filter(move |(_, x)| x.unit.starts_with("lần") && percent(&x.text))
            .map(move |(v, _)| (i, v))
            .collect::<Vec<_>>()
    })
}

#[cfg(test)]
mod own_words_tests {
    use super::own_words;

    #[test]
    fn two_numbers_of_one_sentence_have_their_own_words() {
        let text = "Hằng năm tổ chức ít nhất 01 cuộc diễn tập an ninh mạng cấp tỉnh và ít nhất 02 cuộc diễn tập chuyên đề.";
        let value =
            |n: f64| plan_reader::Value { comparator: ">=".into(), value: n, upper: None, unit: "cuộc/năm".into(), text: text.into() };
        let o = plan_reader::Objective { text: text.into(), values: vec![value(1.0), value(2.0)], section: None, horizon: None, line: 1 };
        assert_eq!(own_words(&o, 0), "Hằng năm tổ chức ít nhất 01 cuộc diễn tập an ninh mạng cấp tỉnh");
        assert_eq!(own_words(&o, 1), "ít nhất 02 cuộc diễn tập chuyên đề");
        let odd = plan_reader::Objective { values: vec![value(1.0), value(7.0)], ..o.clone() };
        assert_eq!(own_words(&odd, 1), text, "a number that is not there leaves the whole");
        assert_eq!(own_words(&plan_reader::Objective { values: vec![value(1.0)], ..o }, 0), text);
    }
}

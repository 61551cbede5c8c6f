//! One form for every part of a reading: its fields are a table, its value is the reading's own JSON.

use plan_reader::{Reading, Schedule};
use serde_json::{Map, Value, json};
use store::{Error, FieldError};
use web::axum::extract::Path;
use web::components::{Choice, FieldView, InputKind, field};
use web::maud::{Markup, html};
use web::{Ctx, FormData, Lang, PageResult, fmt, redirect};

use super::edit::{self, Sheet};
pub use super::fields::list;
use super::fields::{Field, Kind, List};
use super::part::{Seen, Shown};
use super::source;
use crate::draft::Draft;
use crate::service;

/// Where the array of a list stands in the reading. `n` is "4", "3.0" (value 0 of objective 3), "new" or "3.new".
fn array(list: &List, n: &str) -> String {
    match (list.id, n.split_once('.')) {
        ("task", _) => "/plan/tasks".into(),
        ("objective", _) => "/plan/objectives".into(),
        ("value", Some((objective, _))) => format!("/plan/objectives/{objective}/values"),
        ("assignment", _) => "/plan/assignments".into(),
        ("recipient", _) => "/plan/recipients".into(),
        ("base", _) => "/plan/legal_bases".into(),
        ("section", _) => "/plan/sections".into(),
        ("row", _) => "/table_sections".into(),
        _ => String::new(),
    }
}

/// The last part of `n`: the place in its array; none for a new item.
fn place(n: &str) -> Option<usize> {
    n.rsplit('.').next().and_then(|i| i.parse().ok())
}

struct Open {
    list: &'static List,
    item: Value,
    new: bool,
    /// Items of the list.
    count: usize,
}

fn open(draft: &Draft, id: &str, n: &str) -> Result<Open, Error> {
    let list = list(id).ok_or_else(edit::gone)?;
    let reading = serde_json::to_value(&draft.reading).map_err(Error::internal)?;
    let items = reading.pointer(&array(list, n)).and_then(Value::as_array).ok_or_else(edit::gone)?;
    let new = n.ends_with("new");
    let item = if new { (list.blank)() } else { place(n).and_then(|i| items.get(i)).cloned().ok_or_else(edit::gone)? };
    Ok(Open { list, item, new, count: items.len() })
}

/// The form of an item, empty for a new one.
pub async fn form(ctx: Ctx, Path((id, list, n)): Path<(String, String, String)>) -> PageResult {
    let (_, draft) = edit::load(&ctx, &id).await?;
    show(&ctx, &id, (&list, &n), &draft, None, &[])
}

/// The fields of an item as its form shows them.
fn stored(draft: &Draft, o: &Open, n: &str) -> Shown {
    let mut all = Shown::new();
    for f in o.list.fields {
        if f.kind == Kind::Schedule {
            all.extend(super::timing::stored(draft, &o.item));
        } else {
            all.push((f.name.to_owned(), shown(f.kind, &o.item[f.name])));
        }
    }
    if !o.new {
        all.push(("drop".into(), if draft.dropped.contains(&format!("{}/{n}", o.list.id)) { "1" } else { "" }.into()));
    }
    all
}

/// How many items there were when the form of a new one was opened.
const COUNT: &str = "count";

fn show(ctx: &Ctx, id: &str, (list, n): (&str, &str), draft: &Draft, typed: Option<&FormData>, errors: &[FieldError]) -> PageResult {
    let lang = ctx.lang();
    let opened = open(draft, list, n)?;
    let now = stored(draft, &opened, n);
    let Open { list, item, new, count } = opened;
    let dropped = typed.map_or_else(|| draft.dropped.contains(&format!("{}/{n}", list.id)), |t| t.has("drop"));
    let fields = html! {
        @for f in list.fields {
            @if f.kind == Kind::Schedule { (super::timing::inputs(ctx, draft, &item, typed, errors)) }
            @else { (one(f, &item, typed, errors, lang)) }
        }
        @if !new {
            @if let Some(e) = errors.iter().find(|e| e.field == "drop") { div.error { (e.message) } }
            label.check { input #f-drop type="checkbox" name="drop" value="1" checked[dropped]; " " (lang.t("Không lấy mục này (bỏ dấu để lấy lại)", "Leave this out (untick to take it back)")) }
        } @else { input type="hidden" name=(COUNT) value=(count); }
        @if !new { (Seen::input(&now)) }
    };
    let title = if new { lang.l(list.add) } else { lang.l(list.one) }.to_owned();
    let label = |name: &str| label_of(list, name, lang);
    let base = format!("/plans/import/{id}");
    let source = source::beside(draft, &source::of(draft, list.id, n), &base, lang);
    let value = n.split_once('.').and_then(|(i, v)| Some((i.parse().ok()?, v.parse().ok()?))).filter(|_| list.id == "value");
    let below = value.map(|at| html! { section.card { h2 { (lang.t("Chỉ số đo chỉ tiêu này", "Indicator of this target")) } (super::measure::choices(&ctx.look, draft, &base, at, true, lang)) } });
    let sheet = Sheet { title, base, back: back(id, list, n), version: None, errors, label: &label, fields, source, below };
    Ok(edit::render(ctx, sheet, &format!("/plans/import/{id}/{}/{n}", list.id)))
}

fn label_of(list: &List, name: &str, lang: Lang) -> String {
    let own = list.fields.iter().find(|f| f.name == name).map(|f| lang.l(f.label).to_owned());
    own.or_else(|| super::timing::label(name).map(|l| lang.l(l).to_owned())).unwrap_or_else(|| name.to_owned())
}

/// The place of an item on the review page.
fn back(id: &str, list: &List, n: &str) -> String {
    let part = match list.id {
        "value" => "objective",
        "row" => "section",
        other => other,
    };
    let at = n.split('.').next().and_then(|i| i.parse::<usize>().ok());
    let page = at.map(|i| format!("&page={}#{part}-{i}", i / super::reading::PAGE + 1)).unwrap_or_default();
    format!("/plans/import/{id}?part={part}{page}")
}

fn one(f: &Field, item: &Value, typed: Option<&FormData>, errors: &[FieldError], lang: Lang) -> Markup {
    let value = typed.map_or_else(|| shown(f.kind, &item[f.name]), |t| t.text(f.name).to_owned());
    let kind = match f.kind {
        Kind::Line | Kind::Schedule => InputKind::Line("text"),
        Kind::Area | Kind::Lines | Kind::Scopes => InputKind::Area,
        Kind::Day => InputKind::Date,
        Kind::Number => InputKind::Number,
        Kind::Choice(options) => {
            InputKind::Select(options.iter().map(|(v, l)| Choice { value: (*v).into(), label: (*l).into() }).collect())
        }
    };
    let mut view = FieldView::line(f.name, lang.l(f.label), &value).kind(kind).help(lang.l(f.help)).errors(errors);
    view.required = f.required;
    field(&view, lang)
}

/// The JSON of a field as a person reads it.
fn shown(kind: Kind, v: &Value) -> String {
    let lines = |of: &dyn Fn(&Value) -> String| v.as_array().into_iter().flatten().map(of).collect::<Vec<_>>().join("\n");
    match kind {
        Kind::Lines => lines(&|l| l.as_str().unwrap_or_default().replace('\n', " ")),
        Kind::Scopes => lines(&|s| format!("{}: {}", s["agency"].as_str().unwrap_or_default(), s["scope"].as_str().unwrap_or_default())),
        Kind::Day => v.as_str().map(fmt::date).unwrap_or_default(),
        Kind::Number => v.as_f64().map(fmt::dec_auto).unwrap_or_default(),
        _ => v.as_str().unwrap_or_default().to_owned(),
    }
}

/// What was typed, as the JSON of the field.
fn typed(f: &Field, form: &FormData, nullable: bool, errors: &mut Vec<FieldError>) -> Value {
    let mut wrong = |message: String| {
        errors.push(FieldError { field: f.name.into(), message });
        Value::Null
    };
    let words = form.filled(f.name);
    if f.required && words.is_none() {
        return wrong(format!("Nhập {}.", f.label.vi.to_lowercase()));
    }
    let most = if matches!(f.kind, Kind::Area | Kind::Scopes) { registers::LONG } else { registers::LINE };
    let longest = match f.kind {
        Kind::Lines => edit::lines(form.text(f.name)).iter().map(|l| l.chars().count()).max().unwrap_or(0),
        _ => form.text(f.name).trim().chars().count(),
    };
    if longest > most {
        return wrong(format!("dài {longest} ký tự, tối đa {most}; rút gọn lại."));
    }
    match (f.kind, words) {
        (Kind::Lines, _) => json!(edit::lines(form.text(f.name))),
        (Kind::Scopes, _) => {
            let lines = edit::lines(form.text(f.name));
            if let Some(bad) = lines.iter().find(|l| !l.contains(':')) {
                return wrong(format!("Dòng «{bad}» thiếu dấu hai chấm. Viết: tên cơ quan: phạm vi."));
            }
            lines.iter().filter_map(|l| l.split_once(':')).map(|(a, s)| json!({ "agency": a.trim(), "scope": s.trim() })).collect()
        }
        (_, None) => {
            if nullable {
                Value::Null
            } else {
                json!("")
            }
        }
        (Kind::Day, Some(w)) => match text::parse_date_vi(w) {
            Ok(day) => json!(day),
            Err(_) => wrong(format!("«{w}» không phải ngày có thật. Viết ngày/tháng/năm, ví dụ 15/04/2026.")),
        },
        (Kind::Number, Some(w)) => match text::parse_number_vi(w) {
            Ok(number) => json!(number),
            Err(e) => wrong(format!("«{w}» không phải số: {}", e.message())),
        },
        (Kind::Choice(options), Some(w)) if !options.iter().any(|(v, _)| *v == w) => wrong("Chọn một trong danh sách.".into()),
        (_, Some(w)) => json!(w),
    }
}

/// What became of a form that was sent.
enum Done {
    /// Saved at this place; or it had been, by the same press.
    At(&'static List, String),
    /// Something is wrong: the reading as it is, the form with what others changed meanwhile, and what to ask.
    Asked(Box<Draft>, FormData, Vec<FieldError>),
}

/// Saves an item; with every error at once, and what was typed, when something is wrong.
pub async fn save(ctx: Ctx, Path((id, list, n)): Path<(String, String, String)>, form: FormData) -> PageResult {
    let (wanted, list_id, at) = (id.clone(), list.clone(), n.clone());
    let done = ctx.write(move |tx, who| {
        let (row, mut draft) = service::load(tx, &who.actor, &wanted)?;
        let done = take(&mut draft, &list_id, &at, form)?;
        if matches!(done, Done::At(..)) {
            edit::resolve_new(tx, who, &mut draft)?;
            service::save_if_changed(tx, &who.actor, &row, &draft)?;
        }
        Ok(done)
    });
    match done.await? {
        Done::At(list, place) => Ok(redirect(&back(&id, list, &place))),
        Done::Asked(draft, form, errors) => show(&ctx, &id, (&list, &n), &draft, Some(&form), &errors),
    }
}

fn take(draft: &mut Draft, list: &str, n: &str, mut form: FormData) -> Result<Done, Error> {
    let o = open(draft, list, n)?;
    let since = form.filled(COUNT).and_then(|c| c.parse::<usize>().ok()).filter(|_| o.new);
    // nobody else edits what is not there yet
    let mut errors = if o.new { vec![] } else { Seen::of(&form)?.merge(&stored(draft, &o, n), &mut form) };
    let before = draft.clone();
    let typed = form.clone();
    let (list, place) = if errors.is_empty() { apply(draft, list, n, &form, &mut errors)? } else { (o.list, n.to_owned()) };
    if !errors.is_empty() {
        return Ok(Done::Asked(Box::new(before), typed, errors));
    }
    // pressed twice: the item stands there since the form was opened
    if let Some(twin) = since.and_then(|since| twin(draft, list, &place, since)) {
        *draft = before;
        return Ok(Done::At(list, twin));
    }
    Ok(Done::At(list, place))
}

/// An item like that at `place`, among those since `since`.
fn twin(draft: &Draft, list: &List, place_of: &str, since: usize) -> Option<String> {
    let reading = serde_json::to_value(&draft.reading).ok()?;
    let items = reading.pointer(&array(list, place_of))?.as_array()?;
    let at = place(place_of)?;
    let found = (since..at).find(|i| items[*i] == items[at])?;
    Some(place_of.rsplit_once('.').map_or_else(|| found.to_string(), |(o, _)| format!("{o}.{found}")))
}

/// Puts what was typed into the draft; leaves it as it is when something is wrong. Gives the place of the item.
fn apply(draft: &mut Draft, list: &str, n: &str, form: &FormData, errors: &mut Vec<FieldError>) -> Result<(&'static List, String), Error> {
    let Open { list, item, new, .. } = open(draft, list, n)?;
    let blank = (list.blank)();
    let mut changed: Map<String, Value> = item.as_object().cloned().unwrap_or_default();
    for f in list.fields {
        let value = match f.kind {
            Kind::Schedule => super::timing::read(draft, &item, form, errors),
            _ => typed(f, form, blank[f.name].is_null(), errors),
        };
        changed.insert(f.name.to_owned(), value);
    }
    if let (Some(a), Some(b)) = (changed.get("value").and_then(Value::as_f64), changed.get("upper").and_then(Value::as_f64))
        && b < a
    {
        errors.push(FieldError { field: "upper".into(), message: "Số sau phải lớn hơn số trước.".into() });
    }
    if !errors.is_empty() {
        return Ok((list, n.to_owned()));
    }
    let n = put(draft, list, n, Value::Object(changed))?;
    if list.id == "objective" {
        numbers_anew(draft, &item, &n);
    }
    let key = format!("{}/{n}", list.id);
    if form.has("drop") && !new {
        draft.dropped.insert(key);
    } else {
        draft.dropped.remove(&key);
    }
    Ok((list, n))
}

/// Puts an item into the reading; gives its place, which for a new one is the end.
fn put(draft: &mut Draft, list: &List, n: &str, item: Value) -> Result<String, Error> {
    let mut reading = serde_json::to_value(&draft.reading).map_err(Error::internal)?;
    let items = reading.pointer_mut(&array(list, n)).and_then(Value::as_array_mut).ok_or_else(edit::gone)?;
    let at = place(n).unwrap_or(items.len());
    match items.get_mut(at) {
        Some(old) => *old = item,
        None => items.push(item),
    }
    draft.reading = serde_json::from_value::<Reading>(reading).map_err(Error::internal)?;
    Ok(n.split_once('.').map_or_else(|| at.to_string(), |(objective, _)| format!("{objective}.{at}")))
}

/// A changed text is read for its numbers, unless somebody corrected or dropped one of them.
fn numbers_anew(draft: &mut Draft, before: &Value, n: &str) {
    let own = format!("value/{n}.");
    let Some(o) = n.parse::<usize>().ok().and_then(|i| draft.reading.plan.objectives.get_mut(i)) else { return };
    let old = before["text"].as_str().unwrap_or_default();
    if o.text != old && o.values == plan_reader::values::read(old) && !draft.dropped.iter().any(|d| d.starts_with(&own)) {
        o.values = plan_reader::values::read(&o.text);
        draft.indicators.retain(|k, _| !k.starts_with(&format!("{n}.")));
    }
}

/// What the words of a time mean in this plan.
pub fn understood(draft: &Draft, time: Option<&str>, text: &str) -> Option<Schedule> {
    time.and_then(|t| plan_reader::schedule::read(t, draft.year())).map(|s| s.counted(text))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::fields::LISTS;

    use super::*;

    fn draft() -> Draft {
        let text = "KẾ HOẠCH\nThử việc năm 2026\n\nI. MỤC TIÊU\n\n- 90% hồ sơ được số hóa; 50% hồ sơ được nộp trực tuyến.\n\nII. NHIỆM VỤ\n\nSTT\tNhiệm vụ\tCơ quan chủ trì\tCơ quan phối hợp\tThời gian\n1\tRà soát\tSở Nội vụ\tCác sở\tQuý II/2026\n";
        let reading = plan_reader::read_full(text.as_bytes(), "a.txt").unwrap();
        Draft {
            reading,
            head: crate::draft::Head::default(),
            actors: BTreeMap::new(),
            learned: vec![],
            indicators: BTreeMap::new(),
            dropped: BTreeSet::new(),
            seen: BTreeSet::new(),
        }
    }

    /// What the form of an item would send when it is opened and saved, with some of its values replaced.
    fn form(d: &Draft, list: &str, n: &str, with: &[(&str, &str)]) -> FormData {
        let o = open(d, list, n).unwrap();
        let kept = o.list.fields.iter().filter(|f| f.kind != Kind::Schedule).map(|f| (f.name.to_owned(), shown(f.kind, &o.item[f.name])));
        let kept = kept.filter(|(k, _)| !with.iter().any(|(w, _)| w == k));
        FormData(kept.chain(with.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))).collect())
    }

    fn edited(d: &mut Draft, list: &str, n: &str, with: &[(&str, &str)]) -> Vec<FieldError> {
        let form = form(d, list, n, with);
        let mut errors = vec![];
        apply(d, list, n, &form, &mut errors).unwrap();
        errors
    }

    #[test]
    fn opening_and_saving_changes_nothing_in_any_list() {
        let mut d = draft();
        for (list, n) in [("task", "0"), ("objective", "0"), ("value", "0.1"), ("section", "1")] {
            let before = d.reading.clone();
            assert_eq!(edited(&mut d, list, n, &[]), [], "{list}");
            assert_eq!(d.reading, before, "{list}");
        }
    }

    #[test]
    fn every_list_takes_a_new_item_with_all_its_fields() {
        for list in LISTS {
            let mut d = draft();
            let n = if list.id == "value" { "0.new" } else { "new" };
            let typed = |f: &Field| match f.kind {
                Kind::Day => "15/04/2026",
                Kind::Number => "85",
                Kind::Choice(options) => options[0].0,
                Kind::Scopes => "Sở Y tế: nội dung y tế",
                Kind::Schedule => "continuous",
                _ => "Chữ mới",
            };
            let with: Vec<(&str, &str)> = list.fields.iter().map(|f| (f.name, typed(f))).collect();
            assert_eq!(edited(&mut d, list.id, n, &with), [], "{}", list.id);
            let items = serde_json::to_value(&d.reading).unwrap().pointer(&array(list, n)).cloned().unwrap();
            let last = items.as_array().unwrap().last().cloned().unwrap();
            for f in list.fields {
                let json = if f.kind == Kind::Schedule {
                    last["schedule"]["kind"].as_str().unwrap().to_owned()
                } else {
                    shown(f.kind, &last[f.name])
                };
                assert_eq!(json, typed(f), "{} of {}", f.name, list.id);
            }
        }
    }

    #[test]
    fn a_target_is_corrected_and_a_dropped_one_comes_back() {
        let mut d = draft();
        assert_eq!(edited(&mut d, "value", "0.0", &[("comparator", ">"), ("value", "92,5"), ("upper", "95")]), []);
        let v = &d.reading.plan.objectives[0].values[0];
        assert_eq!((v.comparator.as_str(), v.value, v.upper), (">", 92.5, Some(95.0)));
        assert_eq!(edited(&mut d, "value", "0.1", &[("drop", "1")]), []);
        assert!(d.dropped.contains("value/0.1"));
        // a hand has been at the numbers: another text leaves them
        assert_eq!(edited(&mut d, "objective", "0", &[("text", "70% hồ sơ")]), []);
        assert_eq!(d.reading.plan.objectives[0].values.len(), 2);
        assert_eq!(edited(&mut d, "value", "0.1", &[]), []);
        assert!(d.dropped.is_empty());
        let wrong = edited(&mut d, "value", "0.0", &[("value", "chín mươi"), ("unit", "")]);
        assert_eq!(wrong.iter().map(|e| e.field.as_str()).collect::<Vec<_>>(), ["value", "unit"]);
        assert!((d.reading.plan.objectives[0].values[0].value - 92.5).abs() < f64::EPSILON, "nothing half-saved");
    }

    #[test]
    fn schedules_are_understood_or_chosen() {
        let mut d = draft();
        assert_eq!(edited(&mut d, "task", "0", &[("time", "Trước 30/6/2027"), ("schedule", "auto")]), []);
        assert_eq!(d.reading.plan.tasks[0].schedule, Some(Schedule::Deadline { due: "2027-06-29".into() }));
        for (kind, fields, json) in [
            (
                "period",
                &[("schedule_from", "1/1/2026"), ("schedule_to", "31/12/2027"), ("schedule_event", "khi có luật")][..],
                json!({ "kind": "period", "from": "2026-01-01", "to": "2027-12-31", "condition": "khi có luật" }),
            ),
            (
                "annual",
                &[("schedule_count", "2"), ("schedule_to", "30/11/2026")],
                json!({ "kind": "annual", "min_count": 2, "month_day": "11-30", "due": "2026-11-30" }),
            ),
            ("quarterly", &[], json!({ "kind": "periodic", "interval": "P3M" })),
            ("periodic", &[("schedule_every", "P6M")], json!({ "kind": "periodic", "interval": "P6M" })),
            ("quarterly", &[("schedule_by", "9")], json!({ "kind": "periodic", "interval": "P3M", "by": { "month": 3, "day": 9 } })),
            ("event", &[("schedule_event", "khi có luật")], json!({ "kind": "event", "condition": "khi có luật" })),
            ("gate", &[("schedule_event", "đưa vào sử dụng")], json!({ "kind": "before", "event": "đưa vào sử dụng" })),
            ("none", &[], json!({ "kind": "text" })),
        ] {
            let with: Vec<_> = [("schedule", kind)].into_iter().chain(fields.iter().copied()).collect();
            assert_eq!(edited(&mut d, "task", "0", &with), [], "{kind}");
            assert_eq!(json!(d.reading.plan.tasks[0].schedule), json, "{kind}");
        }
        for (with, field) in [
            (vec![("schedule", "deadline")], "schedule_to"),
            (vec![("schedule", "event")], "schedule_event"),
            (vec![("schedule_to", "30/11/2026")], "schedule_to"),
            (vec![("schedule", "deadline"), ("schedule_to", "31/2/2026")], "schedule_to"),
            (vec![("time", "Trước 31/2/2026")], "time"),
            (vec![("schedule", "quarterly"), ("schedule_by", "32")], "schedule_by"),
            (vec![("schedule", "periodic"), ("schedule_every", "P1W"), ("schedule_by", "9")], "schedule_by"),
        ] {
            assert_eq!(edited(&mut d, "task", "0", &with).first().map(|e| e.field.clone()).as_deref(), Some(field), "{with:?}");
        }
    }
}

//! The schedule of a task as inputs: understood from the words of the time, or one of the kinds with its days.

use plan_reader::Schedule;
use serde_json::{Value, json};
use store::FieldError;
use web::components::{Choice, FieldView, InputKind, field};
use web::maud::{Markup, html};
use web::{Ctx, FormData, L, fmt};

use super::item::understood;
use crate::draft::Draft;

const AUTO: &str = "auto";
const INTERVALS: &[(&str, L)] = &[
    ("P1W", L("Hằng tuần", "Weekly")),
    ("P1M", L("Hằng tháng", "Monthly")),
    ("P3M", L("Hằng quý", "Quarterly")),
    ("P6M", L("6 tháng một lần", "Every 6 months")),
    ("P12M", L("12 tháng một lần", "Every 12 months")),
];
const FROM: &str = "schedule_from";
const TO: &str = "schedule_to";
const EVENT: &str = "schedule_event";
const EVERY: &str = "schedule_every";
const COUNT: &str = "schedule_count";
const BY: &str = "schedule_by";

/// Label of an input of this file.
pub fn label(name: &str) -> Option<L> {
    Some(match name {
        FROM => L("Từ ngày", "From"),
        TO => L("Đến hạn, hoặc đến hết ngày", "Due, or until"),
        EVENT => L("Chờ sự kiện", "Waits for"),
        EVERY => L("Chu kỳ", "Interval"),
        BY => L("Hạn: ngày mấy của tháng cuối kỳ", "Due: day of the period's last month"),
        COUNT => L("Số lần ít nhất mỗi năm", "At least so often a year"),
        _ => return None,
    })
}

/// Whether the schedule is what the words say, not what a person chose.
fn automatic(draft: &Draft, task: &Value) -> bool {
    let words = |k: &str| task[k].as_str().unwrap_or_default().to_owned();
    let own: Option<Schedule> = serde_json::from_value(task["schedule"].clone()).ok().flatten();
    own.is_none() || own == understood(draft, Some(&words("time")), &words("text"))
}

/// The inputs.
pub fn inputs(ctx: &Ctx, draft: &Draft, task: &Value, typed: Option<&FormData>, errors: &[FieldError]) -> Markup {
    let lang = ctx.lang();
    let (schedule, auto) = (&task["schedule"], automatic(draft, task));
    let kept = |name: &str| if auto { String::new() } else { shown(name, schedule) };
    let value = |name: &str| typed.map_or_else(|| kept(name), |t| t.text(name).to_owned());
    let kind = typed.map_or_else(|| if auto { AUTO.to_owned() } else { kind_of(schedule).to_owned() }, |t| t.text("schedule").to_owned());
    let known = ctx.reg().choices.get("schedule_kind");
    let mut kinds =
        vec![Choice { value: AUTO.into(), label: lang.t("Hiểu theo chữ ở ô Thời gian", "As the words of the time say").into() }];
    kinds
        .extend(known.into_iter().flat_map(|c| &c.options).map(|o| Choice { value: o.id.clone(), label: lang.label(&o.label).to_owned() }));
    let every = INTERVALS.iter().map(|(v, l)| Choice { value: (*v).into(), label: lang.l(*l).into() }).collect();
    let input = |name: &'static str, kind: InputKind| {
        let value = value(name);
        let label = label(name).map(|l| lang.l(l)).unwrap_or_default();
        field(&FieldView::line(name, label, &value).kind(kind).errors(errors), lang)
    };
    let wrong = errors.iter().any(|e| e.field.starts_with("schedule_"));
    html! {
        (field(&FieldView::line("schedule", lang.t("Lịch thực hiện", "Schedule"), &kind).kind(InputKind::Select(kinds)).required().errors(errors), lang))
        details.field open[kind != AUTO || wrong] {
            summary { (lang.t("Ngày, chu kỳ, sự kiện của lịch", "Days, interval and event of the schedule")) }
            p.help { (lang.t("Chỉ điền ô cần cho kiểu lịch đã chọn ở trên.", "Fill only what the kind chosen above needs.")) }
            (input(FROM, InputKind::Date)) (input(TO, InputKind::Date)) (input(EVENT, InputKind::Line("text")))
            (input(EVERY, InputKind::Select(every))) (input(BY, InputKind::Number)) (input(COUNT, InputKind::Number))
        }
    }
}

/// The inputs as they stand, for the guard of the form.
pub fn stored(draft: &Draft, task: &Value) -> super::part::Shown {
    let (schedule, auto) = (&task["schedule"], automatic(draft, task));
    let kept = |name: &str| if auto { String::new() } else { shown(name, schedule) };
    let kind = if auto { AUTO } else { kind_of(schedule) };
    let kind = std::iter::once(("schedule".to_owned(), kind.to_owned()));
    kind.chain([FROM, TO, EVENT, EVERY, BY, COUNT].map(|n| (n.to_owned(), kept(n)))).collect()
}

/// Kind of a schedule in the words of the choice list.
fn kind_of(schedule: &Value) -> &str {
    match schedule["kind"].as_str().unwrap_or_default() {
        "quarter" | "month" | "week" => "deadline",
        "before" => "gate",
        "text" | "" => "none",
        other => other,
    }
}

fn shown(name: &str, s: &Value) -> String {
    let word = |a: &str, b: &str| s[a].as_str().or_else(|| s[b].as_str()).unwrap_or_default().to_owned();
    match name {
        FROM => fmt::date(&word("from", "from")),
        TO => fmt::date(&word("due", "to")),
        EVENT => word("condition", "event"),
        EVERY => word("interval", "interval"),
        // a day of another month than the period's last is kept by the words of the time
        BY => s["by"]["day"]
            .as_u64()
            .filter(|_| s["by"]["month"].as_u64() == months(&word("interval", "interval")))
            .map(|n| n.to_string())
            .unwrap_or_default(),
        _ => s["min_count"].as_u64().map(|n| n.to_string()).unwrap_or_default(),
    }
}

/// What was typed, as the JSON of a schedule.
pub fn read(draft: &Draft, before: &Value, form: &FormData, errors: &mut Vec<FieldError>) -> Value {
    let time = form.filled("time");
    if let Some(bad) = time.and_then(impossible_day) {
        errors.push(FieldError {
            field: "time".into(), message: format!("«{bad}» không phải ngày có thật. Sửa lại thời gian.")
        });
        return Value::Null;
    }
    let kind = form.filled("schedule").unwrap_or(AUTO);
    if kind == AUTO {
        if let Some(name) = [FROM, TO, EVENT, EVERY, BY, COUNT].into_iter().find(|n| form.filled(n).is_some()) {
            errors.push(FieldError {
                field: name.into(), message: "Chọn kiểu lịch ở ô Lịch thực hiện, hoặc để trống ô này.".into()
            });
        }
        if time == before["time"].as_str() && automatic(draft, before) {
            return before["schedule"].clone();
        }
        return json!(understood(draft, time, form.text("text")));
    }
    let mut input = Inputs { form, errors };
    match kind {
        "deadline" => json!({ "kind": "deadline", "due": input.day(TO, true) }),
        "period" => {
            let (from, to) = (input.day(FROM, false), input.day(TO, true));
            if from.is_string() && to.is_string() && from.as_str() > to.as_str() {
                input.wrong(TO, "Ngày cuối phải sau ngày đầu.");
            }
            json!({ "kind": "period", "from": from, "to": to, "condition": form.filled(EVENT) })
        }
        "annual" => {
            let due = input.day(TO, false);
            json!({ "kind": "annual", "min_count": input.count(), "month_day": due.as_str().and_then(|d| d.get(5..)), "due": due })
        }
        "quarterly" => {
            let by = input.by("P3M");
            json!({ "kind": "periodic", "interval": "P3M", "by": by })
        }
        "periodic" => {
            let interval = input.interval();
            let by = input.by(interval.as_str().unwrap_or_default());
            json!({ "kind": "periodic", "interval": interval, "by": by })
        }
        "event" => json!({ "kind": "event", "condition": input.event() }),
        "timer" => json!({ "kind": "timer", "event": input.event() }),
        "gate" => json!({ "kind": "before", "event": input.event() }),
        "continuous" | "on_demand" => json!({ "kind": kind }),
        "none" => json!({ "kind": "text" }),
        _ => {
            input.wrong("schedule", "Chọn một kiểu lịch trong danh sách.");
            Value::Null
        }
    }
}

struct Inputs<'a> {
    form: &'a FormData,
    errors: &'a mut Vec<FieldError>,
}

impl Inputs<'_> {
    fn wrong(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(FieldError { field: field.into(), message: message.into() });
    }
    fn day(&mut self, name: &str, required: bool) -> Value {
        match self.form.filled(name).map(|w| (w, text::parse_date_vi(w))) {
            Some((_, Ok(day))) => json!(day),
            Some((w, Err(_))) => {
                self.wrong(name, format!("«{w}» không phải ngày có thật. Viết ngày/tháng/năm, ví dụ 15/04/2026."));
                Value::Null
            }
            None => {
                if required {
                    self.wrong(name, "Kiểu lịch này cần ngày cuối. Nhập ngày/tháng/năm.");
                }
                Value::Null
            }
        }
    }
    fn count(&mut self) -> Value {
        match self.form.filled(COUNT).map(|w| (w, w.parse::<u32>())) {
            None => Value::Null,
            Some((_, Ok(n))) if (1..1000).contains(&n) => json!(n),
            Some((w, _)) => {
                self.wrong(COUNT, format!("«{w}» không phải số lần. Nhập số từ 1 đến 999."));
                Value::Null
            }
        }
    }
    /// The last on-time day of every period.
    fn by(&mut self, interval: &str) -> Value {
        let Some(typed) = self.form.filled(BY) else { return Value::Null };
        match (typed.parse::<u32>(), months(interval)) {
            (Ok(day), Some(month)) if (1..=31).contains(&day) => json!({ "month": month, "day": day }),
            (Ok(day), None) if (1..=31).contains(&day) => {
                self.wrong(BY, "Chu kỳ này không tính theo tháng. Chọn chu kỳ tháng, quý, 6 hay 12 tháng, hoặc để trống ô này.");
                Value::Null
            }
            _ => {
                self.wrong(BY, format!("«{typed}» không phải ngày của tháng. Nhập số từ 1 đến 31."));
                Value::Null
            }
        }
    }
    fn interval(&mut self) -> Value {
        let chosen = self.form.filled(EVERY);
        if chosen.is_some_and(|c| !INTERVALS.iter().any(|(v, _)| *v == c)) {
            self.wrong(EVERY, "Chọn một chu kỳ trong danh sách.");
        }
        json!(chosen)
    }
    fn event(&mut self) -> Value {
        match self.form.filled(EVENT) {
            Some(event) => json!(event),
            None => {
                self.wrong(EVENT, "Kiểu lịch này chờ một sự kiện. Viết sự kiện đó.");
                Value::Null
            }
        }
    }
}

/// Months of an interval; none of a week.
fn months(interval: &str) -> Option<u64> {
    interval.strip_prefix('P')?.strip_suffix('M')?.parse().ok()
}

/// The first `d/m/yyyy` of a text that no calendar has.
pub fn impossible_day(time: &str) -> Option<&str> {
    time.split(|c: char| !c.is_ascii_digit() && c != '/')
        .find(|w| w.split('/').count() == 3 && w.len() >= 8 && text::parse_date_vi(w).is_err())
}

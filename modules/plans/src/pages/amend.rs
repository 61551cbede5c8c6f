//! `/plans/{id}/task/{task}/amend`: one task of an accepted plan is amended, with a reason; what was before stays in its history.

use access::Verb;
use registers::{HistoryEntry, Record, actions};
use store::{Error, FieldError, Tx};
use web::axum::extract::Path;
use web::axum::http::StatusCode;
use web::components::{FieldView, InputKind, Moment, error_summary, field, form_actions, heading, notice, timeline};
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, L, Lang, Page, PageResult, Tone, Who, fmt, redirect_with, values};

use crate::amend::{self, ROLES, Sent, Side};
use crate::expand::linked;

const FIELDS: &[(&str, L)] = &[
    ("lead", L("Chủ trì", "Lead")),
    ("coordinating", L("Phối hợp", "Coordinating")),
    ("scopes", L("Phạm vi riêng của từng cơ quan", "Scope of single agencies")),
    ("product", L("Sản phẩm", "Product")),
    ("time", L("Thời gian", "Time")),
    ("note", L("Ghi chú", "Note")),
    ("reason", L("Lý do điều chỉnh", "Reason")),
];

fn label(name: &str, lang: Lang) -> String {
    FIELDS.iter().find(|(n, _)| *n == name).map_or_else(|| name.to_owned(), |(_, l)| lang.l(*l).to_owned())
}

/// The form.
pub async fn form(ctx: Ctx, Path((plan, id)): Path<(String, String)>) -> PageResult {
    page(&ctx, &plan, &id, None, &[], None).await
}

async fn page(ctx: &Ctx, plan: &str, id: &str, typed: Option<&FormData>, errors: &[FieldError], note: Option<&str>) -> PageResult {
    ctx.may(Verb::Update, "task")?;
    ctx.may(Verb::Update, "task_actor")?;
    let wanted = id.to_owned();
    let (task, lines, past) = ctx
        .read(move |tx, who| {
            let task = actions::get(tx, &who.reg, &who.may(Verb::Read, "task")?, &wanted)?;
            let mut lines = linked(tx, &who.reg, &who.actor, "task_actor", "task", &wanted)?;
            lines.sort_by_key(|l| l.int("seq").unwrap_or(i64::MAX));
            let past = history(tx, who, &wanted)?;
            Ok((task, lines, past))
        })
        .await?;
    let (lang, back) = (ctx.lang(), format!("/plans/{plan}/task/{id}"));
    if task.state.as_deref() == Some("dropped") {
        return redirect_with(
            ctx,
            &back,
            "unmet",
            ctx.t("Nhiệm vụ đã bỏ. Giao lại nhiệm vụ trước khi điều chỉnh.", "Dropped. Restore it first."),
        );
    }
    let title = lang.t("Điều chỉnh nhiệm vụ", "Amend the task");
    let body = html! {
        (heading(title, None, None))
        @if let Some(note) = note { (notice(Tone::Unmet, html! { (note) })) }
        (error_summary(errors, |f| label(f, lang), lang))
        section.card { p.muted.small { (lang.t("Nội dung trong văn bản, giữ nguyên", "The text of the document, which stays")) } p { (task.text("content").unwrap_or_default()) }
            @if let Some(lines) = task.text("lines") { p.small.muted { (lang.t("Dòng", "Lines")) " " (lines) } } }
        form.card #amend method="post" action={(back) "/amend"} {
            (csrf(&ctx.look))
            input type="hidden" name="version" value=(task.version);
            input type="hidden" name="lines" value=(amend::fingerprint(&lines));
            (inputs(&task, &lines, typed, errors, lang))
            (form_actions(lang.t("Điều chỉnh", "Amend"), &back, lang))
        }
        (past_card(ctx, &past))
    };
    let status = if errors.is_empty() && note.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(Page::new(title)
        .active("/plans")
        .crumb(lang.t("Kế hoạch", "Plan"), format!("/plans/{plan}"))
        .crumb(lang.t("Nhiệm vụ", "Task"), back)
        .narrow()
        .status(status)
        .body(body)
        .respond(ctx))
}

fn inputs(task: &Record, lines: &[Record], typed: Option<&FormData>, errors: &[FieldError], lang: Lang) -> Markup {
    let input = |name: &'static str, kept: String, kind: InputKind, help: &str, required: bool| {
        let (value, label) = (typed.map_or(kept, |t| t.text(name).to_owned()), label(name, lang));
        let mut view = FieldView::line(name, &label, &value).kind(kind).help(help).errors(errors);
        view.required = required;
        field(&view, lang)
    };
    let word = |f: &str| task.text(f).unwrap_or_default().to_owned();
    html! {
        @for (role, _) in ROLES { (side(role, lines, typed, errors, lang)) }
        (input("scopes", amend::scopes(lines), InputKind::Area, lang.t("Mỗi dòng: tên cơ quan: phạm vi.", "One a line: agency: scope."), false))
        (input("product", word("product"), InputKind::Line("text"), "", false))
        (input("time", amend::time_shown(task), InputKind::Line("text"), lang.t("Một ngày (30/06/2027) hoặc chữ: Quý IV/2027; Hằng năm; Thường xuyên; 2026 - 2028.", "A day (30/06/2027) or words: Quý IV/2027; Hằng năm."), !amend::time_shown(task).is_empty()))
        (input("note", word("note"), InputKind::Area, "", false))
        (input("reason", String::new(), InputKind::Line("text"), lang.t("Ví dụ: theo Công văn số 12/UBND-NC ngày 02/03/2027.", "For instance the document that allows it."), true))
    }
}

/// Agencies of a role as boxes, and a box for more.
fn side(role: &'static str, lines: &[Record], typed: Option<&FormData>, errors: &[FieldError], lang: Lang) -> Markup {
    let (id, query) = (format!("f-{role}"), format!("{role}__q"));
    let error = errors.iter().find(|e| e.field == role).map(|e| e.message.as_str());
    let by = error.map(|_| format!("{id}-error"));
    let on = |value: &str| typed.is_none_or(|t| t.all(role).any(|v| v == value));
    html! {
        div.field.bad[error.is_some()] {
            label for=(id) { (label(role, lang)) }
            div.help { (lang.t("Bỏ dấu để thôi giao. Gõ tên để thêm; nhiều tên cách nhau bằng dấu chấm phẩy.", "Untick to take the task away. Type to add; several are separated by semicolons.")) }
            @if let (Some(e), Some(by)) = (error, &by) { div.error id=(by) { (e) } }
            div.picker data-register="agency" data-suggest="/plans/names/suggest" data-name=(role) data-many="1" {
                div.chosen {
                    @for l in lines.iter().filter(|l| l.text("role") == Some(role)) {
                        @let value = format!("line:{}", l.id);
                        label.check { input type="checkbox" name=(role) value=(value) checked[on(&value)]; " " (l.text("name").unwrap_or_default())
                            @if crate::fill::nobody(l) { " " span.tag.soon { (lang.t("chưa rõ", "unknown")) } } }
                    }
                    @for word in typed.iter().flat_map(|t| t.all(role)).filter(|w| !w.starts_with("line:")) {
                        label.check { input type="checkbox" name=(role) value=(word) checked; " " (lang.t("cơ quan vừa chọn", "chosen just now")) }
                    }
                }
                input id=(id) name=(query) type="text" value=(typed.map(|t| t.text(&query)).unwrap_or_default()) autocomplete="off" role="combobox" aria-expanded="false"
                    aria-autocomplete="list" aria-controls={(id) "-list"} aria-describedby=[by.as_deref()] aria-invalid=[error.map(|_| "true")]
                    placeholder=(lang.t("Gõ vài chữ của tên", "Type part of the name"));
                ul.options id={(id) "-list"} role="listbox" hidden {}
            }
        }
    }
}

/// Amends the task, or says everything that is wrong and keeps what was typed.
pub async fn save(ctx: Ctx, Path((plan, id)): Path<(String, String)>, form: FormData) -> PageResult {
    ctx.may(Verb::Update, "task")?;
    let side = |role: &str| {
        let (kept, chosen): (Vec<&str>, Vec<&str>) = form.all(role).partition(|v| v.starts_with("line:"));
        Side {
            kept: kept.iter().map(|k| k.trim_start_matches("line:").to_owned()).collect(),
            chosen: chosen.into_iter().map(str::to_owned).collect(),
            typed: form.text(&format!("{role}__q")).to_owned(),
        }
    };
    let word = |f: &str| form.text(f).to_owned();
    let sent = Sent {
        version: form.version()?,
        lines: word("lines"),
        sides: ROLES.map(|(role, _)| side(role)),
        scopes: word("scopes"),
        product: word("product"),
        time: word("time"),
        note: word("note"),
        reason: word("reason"),
    };
    let wanted = id.clone();
    match ctx.write(move |tx, who| amend::save(tx, &who.reg, &who.actor, &wanted, &sent, &who.today)).await {
        Ok(n) => {
            let message = match ctx.lang() {
                Lang::Vi => format!("Đã điều chỉnh; {n} nghĩa vụ được tạo hoặc đổi."),
                Lang::En => format!("Amended; {n} obligations made or changed."),
            };
            redirect_with(&ctx, &format!("/plans/{plan}/task/{id}"), "met", &message)
        }
        Err(Error::Invalid(errors)) => page(&ctx, &plan, &id, Some(&form), &errors, None).await,
        Err(Error::Conflict(m)) => page(&ctx, &plan, &id, Some(&form), &[], Some(&m)).await,
        Err(e) => Err(e.into()),
    }
}

/// What happened to the task, newest first, with the names of who did it.
pub fn history(tx: &mut Tx, who: &Who, task: &str) -> store::Result<Vec<(HistoryEntry, String)>> {
    let mut past = Vec::new();
    for e in actions::history(tx, &who.reg, &who.may(Verb::Read, "task")?, task)? {
        let name = if e.who.starts_with("system:") {
            "Lá Chắn".to_owned()
        } else {
            access::account(tx, &e.who)
                .map(|a| a.name)
                .or_else(|err| if matches!(err, Error::NotFound(_)) { Ok(e.who.clone()) } else { Err(err) })?
        };
        past.push((e, name));
    }
    Ok(past)
}

/// The history as a card.
pub fn past_card(ctx: &Ctx, past: &[(HistoryEntry, String)]) -> Markup {
    let lang = ctx.lang();
    let Some(def) = ctx.reg().registers.get("task") else { return html! {} };
    // the schedule in the words of the software says nothing to a person
    let shown = |field: &str| field != "schedule" && field != "event";
    let moment = |(e, who): &(HistoryEntry, String)| {
        let what = match e.action.as_str() {
            "create" => lang.t("Tạo khi chấp nhận kế hoạch", "Made with the plan").to_owned(),
            action => def
                .transitions
                .iter()
                .find(|t| action.strip_prefix("transition:") == Some(t.id.as_str()))
                .map_or_else(|| lang.t("Sửa", "Changed").to_owned(), |t| lang.label(&t.label).to_owned()),
        };
        let changes: Vec<(String, String, String)> = e
            .changes
            .iter()
            .filter(|(f, _)| e.action != "create" && shown(f))
            .filter_map(|(f, (a, b))| {
                let of = values::field_of(def, f)?;
                Some((values::label_of(def, f, lang), values::plain(ctx.reg(), of, a, lang), values::plain(ctx.reg(), of, b, lang)))
            })
            .collect();
        let more = html! { ul.small { @for (label, a, b) in &changes { li { (label) ": " @if !a.is_empty() { del { (a) } " " } "→ " @if b.is_empty() { "–" } @else { ins { (b) } } } } } };
        Moment {
            at: fmt::instant(e.at),
            who: who.clone(),
            what: html! { strong { (what) } @if let Some(r) = &e.reason { ": " (r) } },
            more: (!changes.is_empty()).then_some(more),
            tone: Tone::Plain,
        }
    };
    html! { section.card { h2 { (lang.t("Lịch sử", "History")) } (timeline(past.iter().map(moment).collect())) } }
}

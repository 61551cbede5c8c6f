//! Forms that correct a reading: head, one task, one objective, one actor.

use access::Verb;
use plan_reader::Scope;
use store::{Error, FieldError};
use web::axum::extract::Path;
use web::axum::http::StatusCode;
use web::components::{Choice, FieldView, InputKind, error_summary, field, form_actions, heading};
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, Page, PageResult, fmt, redirect, redirect_with};

use crate::actors::Directory;
use crate::draft::{Draft, Who};
use crate::service;

/// Everything a form of this file needs to draw itself.
struct Sheet<'a> {
    title: String,
    base: String,
    version: i64,
    errors: &'a [FieldError],
    fields: Markup,
}

fn render(ctx: &Ctx, s: Sheet<'_>, action: &str) -> web::axum::response::Response {
    let lang = ctx.lang();
    let body = html! {
        (heading(&s.title, None, None))
        (error_summary(s.errors, |f| f.to_owned(), lang))
        form.card method="post" action=(action) {
            (csrf(&ctx.look))
            input type="hidden" name="version" value=(s.version);
            (s.fields)
            (form_actions(lang.t("Lưu", "Save"), &s.base, lang))
        }
    };
    let status = if s.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Page::new(s.title)
        .active("/plans")
        .crumb(lang.t("Kế hoạch", "Plans"), "/plans")
        .crumb(lang.t("Bản đọc", "Reading"), s.base)
        .narrow()
        .status(status)
        .body(body)
        .respond(ctx)
}

async fn load(ctx: &Ctx, id: &str) -> Result<(i64, Draft), web::Fail> {
    let id = id.to_owned();
    let (row, draft) = ctx.read(move |tx, who| service::load(tx, &who.actor, &id)).await?;
    Ok((row.version, draft))
}

async fn save(ctx: &Ctx, id: &str, version: i64, draft: Draft, to: String) -> PageResult {
    let id = id.to_owned();
    ctx.write(move |tx, who| service::save(tx, &who.actor, &id, version, &draft)).await?;
    Ok(redirect(&to))
}

fn gone() -> Error {
    Error::NotFound("Mục này không còn trong bản đọc. Quay lại bản đọc để xem các mục hiện có.".into())
}

/// A date typed as dd/MM/yyyy (or ISO) → ISO; empty → none; nonsense → an error on the field.
fn date(form: &FormData, name: &str, errors: &mut Vec<FieldError>) -> Option<String> {
    let typed = form.filled(name)?;
    match text::parse_date_vi(typed) {
        Ok(d) => Some(d),
        Err(_) => {
            errors.push(FieldError {
                field: name.into(),
                message: format!("«{typed}» không phải ngày có thật. Viết ngày/tháng/năm, ví dụ 15/04/2026."),
            });
            None
        }
    }
}

fn lines(s: &str) -> Vec<String> {
    s.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect()
}

/// Head of the plan.
pub async fn head_form(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let (version, draft) = load(&ctx, &id).await?;
    head_page(&ctx, &id, version, &draft, &[]).await
}

async fn head_page(ctx: &Ctx, id: &str, version: i64, draft: &Draft, errors: &[FieldError]) -> PageResult {
    let lang = ctx.lang();
    let (p, h) = (&draft.reading.plan, &draft.head);
    let issuer = h.issuer.clone();
    let chosen: Option<(String, String)> = match issuer {
        Some(agency) => {
            let scope = ctx.may(Verb::Read, "agency")?;
            let title = ctx.read(move |tx, who| registers::actions::get(tx, &who.reg, &scope, &agency).map(|r| (r.id, r.title))).await?;
            Some(title)
        }
        None => None,
    };
    let options = |list: &str| -> Vec<Choice> {
        let found = ctx.reg().choices.get(list);
        found.into_iter().flat_map(|c| &c.options).map(|o| Choice { value: o.id.clone(), label: lang.label(&o.label).to_owned() }).collect()
    };
    let text = |o: &Option<String>| o.clone().unwrap_or_default();
    let day = |o: &Option<String>| o.as_deref().map(fmt::date).unwrap_or_default();
    let (title, number, date_of) = (text(&p.title), text(&p.number), day(&p.date));
    let (from, to) = (day(&h.starts_on), day(&h.ends_on));
    let label = lang.t("Cơ quan ban hành", "Issuing agency");
    let fields = html! {
        (field(&FieldView::line("title", lang.t("Tên kế hoạch", "Title"), &title).kind(InputKind::Area).required().errors(errors), lang))
        (field(&FieldView::line("number", lang.t("Số", "Number"), &number).help(lang.t("Để trống nếu văn bản chưa được cấp số; điền sau không tạo kế hoạch thứ hai.", "May be completed later.")).errors(errors), lang))
        (field(&FieldView::line("date", lang.t("Ngày ký", "Date"), &date_of).kind(InputKind::Date).errors(errors), lang))
        (field(&FieldView::line("issuer", label, "").kind(InputKind::Link("agency".into(), chosen)).required().errors(errors), lang))
        (field(&FieldView::line("level", lang.t("Cấp", "Level"), &h.level).kind(InputKind::Select(options("plan_level"))).required().errors(errors), lang))
        (field(&FieldView::line("starts_on", lang.t("Hiệu lực từ", "Valid from"), &from).kind(InputKind::Date).errors(errors), lang))
        (field(&FieldView::line("ends_on", lang.t("Đến hết", "Until"), &to).kind(InputKind::Date).errors(errors), lang))
    };
    let base = format!("/plans/import/{id}");
    let action = format!("{base}/head");
    Ok(render(ctx, Sheet { title: lang.t("Thông tin kế hoạch", "About the plan").into(), base, version, errors, fields }, &action))
}

/// Saves the head.
pub async fn head_save(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let version = form.version()?;
    let (_, mut draft) = load(&ctx, &id).await?;
    let mut errors = vec![];
    let p = &mut draft.reading.plan;
    p.title = form.filled("title").map(str::to_owned);
    p.number = form.filled("number").map(str::to_owned);
    p.date = date(&form, "date", &mut errors);
    draft.head.starts_on = date(&form, "starts_on", &mut errors);
    draft.head.ends_on = date(&form, "ends_on", &mut errors);
    draft.head.level = form.text("level").to_owned();
    draft.head.issuer = form.all("issuer").last().map(str::to_owned);
    if draft.head.issuer.is_none()
        && let Some(words) = form.filled("issuer__q")
    {
        let words = words.to_owned();
        let found = ctx.read(move |tx, who| Ok(Directory::load(tx, &who.reg, &who.actor, &who.today)?.find(&words))).await?;
        match found {
            Some(Who::Agency(id)) => draft.head.issuer = Some(id),
            _ => errors.push(FieldError {
                field: "issuer".into(),
                message: "Không có cơ quan nào đúng tên này. Gõ tên chính thức hoặc tên ngắn trong sổ cơ quan.".into(),
            }),
        }
    }
    if draft.reading.plan.title.is_none() {
        errors.push(FieldError { field: "title".into(), message: "Nhập tên kế hoạch.".into() });
    }
    if !errors.is_empty() {
        return head_page(&ctx, &id, version, &draft, &errors).await;
    }
    save(&ctx, &id, version, draft, format!("/plans/import/{id}")).await
}

/// One task.
pub async fn task_form(ctx: Ctx, Path((id, n)): Path<(String, usize)>) -> PageResult {
    let (version, draft) = load(&ctx, &id).await?;
    let t = draft.reading.plan.tasks.get(n).ok_or_else(gone)?;
    let lang = ctx.lang();
    let scopes: Vec<String> = t.scopes.iter().map(|s| format!("{}: {}", s.agency, s.scope)).collect();
    let text = |o: &Option<String>| o.clone().unwrap_or_default();
    let one_a_line = lang.t("Mỗi dòng một tên, đúng như văn bản.", "One name a line, as written.");
    let (lead, with, scope) = (t.lead.join("\n"), t.coordinating.join("\n"), scopes.join("\n"));
    let (section, no, product, time) = (text(&t.section), text(&t.no), text(&t.product), text(&t.time));
    let fields = html! {
        (field(&FieldView::line("section", lang.t("Mục", "Section"), &section), lang))
        (field(&FieldView::line("no", lang.t("Số thứ tự", "Number"), &no), lang))
        (field(&FieldView::line("text", lang.t("Nội dung", "Text"), &t.text).kind(InputKind::Area).required(), lang))
        (field(&FieldView::line("lead", lang.t("Chủ trì", "Lead"), &lead).kind(InputKind::Area).help(one_a_line), lang))
        (field(&FieldView::line("coordinating", lang.t("Phối hợp", "Coordinating"), &with).kind(InputKind::Area).help(one_a_line), lang))
        (field(&FieldView::line("product", lang.t("Sản phẩm", "Product"), &product), lang))
        (field(&FieldView::line("time", lang.t("Thời gian, như văn bản viết", "Time, as written"), &time).help(lang.t("Ví dụ: Quý IV/2026; Hằng năm; Trước 30/6/2027; 2026 - 2027 (khi Trung ương ban hành).", "For instance: Quý IV/2026; Hằng năm.")), lang))
        (field(&FieldView::line("scopes", lang.t("Phạm vi riêng của từng cơ quan", "Scope of single agencies"), &scope).kind(InputKind::Area).help(lang.t("Mỗi dòng: tên cơ quan: phạm vi", "One a line: agency: scope")), lang))
        label.check { input type="checkbox" name="left_out" value="1" checked[draft.left_out.contains(&n)]; " " (lang.t("Không lấy nhiệm vụ này", "Leave this task out")) }
    };
    let base = format!("/plans/import/{id}");
    let action = format!("{base}/task/{n}");
    Ok(render(&ctx, Sheet { title: lang.t("Sửa nhiệm vụ", "Edit a task").into(), base, version, errors: &[], fields }, &action))
}

/// Saves a task; its time is understood anew.
pub async fn task_save(ctx: Ctx, Path((id, n)): Path<(String, usize)>, form: FormData) -> PageResult {
    let version = form.version()?;
    let (_, mut draft) = load(&ctx, &id).await?;
    let year = draft.reading.plan.date.as_deref().and_then(|d| d.get(..4)).and_then(|y| y.parse().ok());
    let t = draft.reading.plan.tasks.get_mut(n).ok_or_else(gone)?;
    let word = |k: &str| form.filled(k).map(str::to_owned);
    (t.section, t.no, t.product) = (word("section"), word("no"), word("product"));
    t.text = form.text("text").trim().to_owned();
    (t.lead, t.coordinating) = (lines(form.text("lead")), lines(form.text("coordinating")));
    let time = word("time");
    // a day that does not exist must not become another one in silence
    if let Some(bad) = time.as_deref().and_then(impossible_day) {
        let message = format!("«{bad}» không phải ngày có thật. Nhiệm vụ chưa được lưu; sửa lại thời gian.");
        return redirect_with(&ctx, &format!("/plans/import/{id}/task/{n}"), "unmet", &message);
    }
    if time != t.time {
        t.schedule = time.as_deref().and_then(|s| plan_reader::schedule::read(s, year));
        t.time = time;
    }
    t.scopes = lines(form.text("scopes"))
        .iter()
        .filter_map(|l| l.split_once(':'))
        .map(|(a, s)| Scope { agency: a.trim().into(), scope: s.trim().into() })
        .collect();
    draft.left_out.retain(|i| *i != n);
    if form.filled("left_out").is_some() {
        draft.left_out.push(n);
    }
    resolve_new(&ctx, &mut draft).await?;
    save(&ctx, &id, version, draft, format!("/plans/import/{id}")).await
}

/// The first `d/m/yyyy` of a text that no calendar has.
fn impossible_day(time: &str) -> Option<&str> {
    time.split(|c: char| !c.is_ascii_digit() && c != '/')
        .find(|w| w.split('/').count() == 3 && w.len() >= 8 && text::parse_date_vi(w).is_err())
}

/// Names that an edit brought in are matched like those of the reading.
async fn resolve_new(ctx: &Ctx, draft: &mut Draft) -> Result<(), web::Fail> {
    let names = draft.unresolved();
    if names.is_empty() {
        return Ok(());
    }
    let found = ctx
        .read(move |tx, who| {
            let d = Directory::load(tx, &who.reg, &who.actor, &who.today)?;
            Ok(names.into_iter().filter_map(|n| d.find(&n).map(|w| (n, w))).collect::<Vec<_>>())
        })
        .await?;
    draft.actors.extend(found);
    Ok(())
}

/// One objective.
pub async fn objective_form(ctx: Ctx, Path((id, n)): Path<(String, usize)>) -> PageResult {
    let (version, draft) = load(&ctx, &id).await?;
    let o = draft.reading.plan.objectives.get(n).ok_or_else(gone)?;
    let lang = ctx.lang();
    let values: Vec<String> = o.values.iter().map(super::review::value_words).collect();
    let horizon = o.horizon.as_deref().map(fmt::date).unwrap_or_default();
    let fields = html! {
        (field(&FieldView::line("text", lang.t("Nội dung", "Text"), &o.text).kind(InputKind::Area).required(), lang))
        (field(&FieldView::line("horizon", lang.t("Đến ngày", "Until"), &horizon).kind(InputKind::Date), lang))
        p.small.muted { (lang.t("Con số đọc được", "Numbers read")) ": " (values.join("; ")) }
        p.small.muted { (lang.t("Sửa nội dung thì con số được đọc lại từ nội dung mới.", "Editing the text reads the numbers anew.")) }
    };
    let base = format!("/plans/import/{id}");
    let action = format!("{base}/objective/{n}");
    Ok(render(&ctx, Sheet { title: lang.t("Sửa mục tiêu", "Edit an objective").into(), base, version, errors: &[], fields }, &action))
}

/// Saves an objective; its numbers are read anew from the text.
pub async fn objective_save(ctx: Ctx, Path((id, n)): Path<(String, usize)>, form: FormData) -> PageResult {
    let version = form.version()?;
    let (_, mut draft) = load(&ctx, &id).await?;
    let o = draft.reading.plan.objectives.get_mut(n).ok_or_else(gone)?;
    let typed = form.text("text").trim();
    if typed != o.text {
        o.text = typed.to_owned();
        o.values = plan_reader::values::read(typed);
        draft.indicators.retain(|k, _| !k.starts_with(&format!("{n}.")));
    }
    let mut errors = vec![];
    let horizon = date(&form, "horizon", &mut errors);
    if let Some(e) = errors.pop() {
        return Err(Error::Invalid(vec![e]).into());
    }
    if let Some(o) = draft.reading.plan.objectives.get_mut(n) {
        o.horizon = horizon;
    }
    save(&ctx, &id, version, draft, format!("/plans/import/{id}")).await
}

/// Who a name stands for.
pub async fn actor_form(ctx: Ctx, Path((id, n)): Path<(String, usize)>) -> PageResult {
    let (version, draft) = load(&ctx, &id).await?;
    let name = draft.names().get(n).cloned().ok_or_else(gone)?;
    let lang = ctx.lang();
    let wanted = name.clone();
    let guesses = ctx.read(move |tx, who| Ok(Directory::load(tx, &who.reg, &who.actor, &who.today)?.guesses(&wanted, 6))).await?;
    let now = draft.actors.get(&name);
    let value = |w: &Who| serde_json::to_string(w).unwrap_or_default();
    let fields = html! {
        p { (lang.t("Trong văn bản", "In the document")) ": " strong { "“" (name) "”" } }
        fieldset.field {
            legend { (lang.t("Đây là", "This is")) }
            @for g in &guesses {
                label.check { input type="radio" name="who" value=(value(&g.who)) checked[now == Some(&g.who)]; " " (g.label) @if matches!(g.who, Who::Collective(_)) { " " span.tag { (lang.t("nhóm cơ quan", "group")) } } }
            }
            label.check { input type="radio" name="who" value="pick"; " " (lang.t("Cơ quan khác (chọn bên dưới, có thể nhiều)", "Others (choose below, may be several)")) }
            label.check { input type="radio" name="who" value=(value(&Who::TextOnly)) checked[now == Some(&Who::TextOnly)]; " " (lang.t("Chỉ giữ tên gọi, không giao việc cho ai", "Keep the name only")) }
        }
        (field(&FieldView::line("agency", lang.t("Cơ quan trong sổ", "Agencies of the register"), "").kind(InputKind::Links("agency".into(), vec![])), lang))
        label.check { input type="checkbox" name="learn" value="1" checked; " " (lang.t("Nhớ cách gọi này cho các kế hoạch sau", "Remember this name for later plans")) }
    };
    let base = format!("/plans/import/{id}");
    let action = format!("{base}/actor/{n}");
    Ok(render(
        &ctx,
        Sheet { title: lang.t("Tên gọi này là cơ quan nào?", "Which agency is this?").into(), base, version, errors: &[], fields },
        &action,
    ))
}

/// Saves who a name stands for.
pub async fn actor_save(ctx: Ctx, Path((id, n)): Path<(String, usize)>, form: FormData) -> PageResult {
    let version = form.version()?;
    let (_, mut draft) = load(&ctx, &id).await?;
    let name = draft.names().get(n).cloned().ok_or_else(gone)?;
    let mut picked: Vec<String> = form.all("agency").map(str::to_owned).collect();
    if picked.is_empty()
        && let Some(words) = form.filled("agency__q")
    {
        let words = words.to_owned();
        let found = ctx.read(move |tx, who| Ok(Directory::load(tx, &who.reg, &who.actor, &who.today)?.find(&words))).await?;
        if let Some(Who::Agency(id)) = found {
            picked.push(id);
        }
    }
    let who = match (form.text("who"), picked.len()) {
        ("pick" | "", 0) => {
            let back = format!("/plans/import/{id}/actor/{n}");
            let message = "Chưa có cơ quan nào đúng tên đó. Gõ tên chính thức hoặc tên ngắn trong sổ, chọn trong danh sách, hoặc chọn “Chỉ giữ tên gọi”.";
            return redirect_with(&ctx, &back, "unmet", message);
        }
        ("pick" | "", 1) => Who::Agency(picked.remove(0)),
        ("pick" | "", _) => Who::Chosen(picked),
        (json, _) => {
            serde_json::from_str(json).map_err(|_| Error::BadRequest("Lựa chọn gửi lên không đọc được. Mở lại biểu mẫu.".into()))?
        }
    };
    draft.learned.retain(|l| *l != name);
    if form.filled("learn").is_some() {
        draft.learned.push(name.clone());
    }
    draft.actors.insert(name, who);
    save(&ctx, &id, version, draft, format!("/plans/import/{id}")).await
}

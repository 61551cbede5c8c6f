//! Forms that correct a reading: its head, and who a name is. The parts of the reading: [`super::item`].

use access::Verb;
use store::{Error, FieldError, Tx};
use web::axum::extract::Path;
use web::axum::http::StatusCode;
use web::components::{Choice, FieldView, InputKind, error_summary, field, form_actions, heading};
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, L, Page, PageResult, fmt, redirect, redirect_with};

use super::part::{Seen, Shown};
use super::source;
use crate::actors::Directory;
use crate::draft::{Draft, Who};
use crate::service;

/// Everything a form needs to draw itself.
pub struct Sheet<'a> {
    /// Heading.
    pub title: String,
    /// Address of the reading.
    pub base: String,
    /// Where the way back leads.
    pub back: String,
    /// Version of the draft, where the form guards all of it ([`super::part::Seen`] guards a part).
    pub version: Option<i64>,
    /// What is wrong.
    pub errors: &'a [FieldError],
    /// Label of a field, for the summary of errors.
    pub label: &'a dyn Fn(&str) -> String,
    /// The inputs.
    pub fields: Markup,
    /// The lines of the document it came from.
    pub source: Option<Markup>,
    /// What else can be said of it, below the form.
    pub below: Option<Markup>,
}

/// The page of a form.
pub fn render(ctx: &Ctx, s: Sheet<'_>, action: &str) -> web::axum::response::Response {
    let lang = ctx.lang();
    let form = html! {
        form.card method="post" action=(action) {
            (csrf(&ctx.look))
            @if let Some(v) = s.version { input type="hidden" name="version" value=(v); }
            (s.fields)
            (form_actions(lang.t("Lưu", "Save"), &s.back, lang))
        }
    };
    let body = html! {
        (heading(&s.title, None, None))
        (error_summary(s.errors, s.label, lang))
        @if let Some(source) = &s.source { div.split { (source) div.stack { (form) @if let Some(more) = &s.below { (more) } } } }
        @else { (form) @if let Some(more) = &s.below { (more) } }
    };
    let status = if s.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page::new(s.title).active("/plans").crumb(lang.t("Kế hoạch", "Plans"), "/plans").crumb(lang.t("Bản đọc", "Reading"), s.base);
    let page = if s.source.is_some() { page } else { page.narrow() };
    page.status(status).body(body).respond(ctx)
}

/// A draft and its version.
pub async fn load(ctx: &Ctx, id: &str) -> Result<(i64, Draft), web::Fail> {
    let id = id.to_owned();
    let (row, draft) = ctx.read(move |tx, who| service::load(tx, &who.actor, &id)).await?;
    Ok((row.version, draft))
}

/// What was asked for is no part of the reading.
pub fn gone() -> Error {
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

/// Lines that say something.
pub fn lines(s: &str) -> Vec<String> {
    s.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect()
}

/// Labels of the head, for its inputs and for the summary of errors.
const HEAD: &[(&str, L)] = &[
    ("title", L("Tên kế hoạch", "Title")),
    ("number", L("Số, ký hiệu", "Number")),
    ("date", L("Ngày ban hành", "Issued on")),
    ("issuer", L("Cơ quan ban hành", "Issuing agency")),
    ("level", L("Cấp", "Level")),
    ("starts_on", L("Hiệu lực từ", "Valid from")),
    ("ends_on", L("Hiệu lực đến", "Valid until")),
    ("parent", L("Kế hoạch cấp trên", "Plan above it")),
];

/// Head of the plan.
pub async fn head_form(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let (_, draft) = load(&ctx, &id).await?;
    head_page(&ctx, &id, &draft, None, &[]).await
}

/// The head as its form shows it.
fn head_stored(draft: &Draft) -> Shown {
    let (p, h) = (&draft.reading.plan, &draft.head);
    let text = |o: &Option<String>| o.clone().unwrap_or_default();
    let day = |o: &Option<String>| o.as_deref().map(fmt::date).unwrap_or_default();
    let words = [
        text(&p.title),
        text(&p.number),
        day(&p.date),
        text(&h.issuer),
        h.level.clone(),
        day(&h.starts_on),
        day(&h.ends_on),
        text(&h.parent),
    ];
    HEAD.iter().map(|(name, _)| (*name).to_owned()).zip(words).collect()
}

/// Id and name of a record that was chosen.
async fn titled(ctx: &Ctx, register: &'static str, id: Option<&String>) -> Result<Option<(String, String)>, web::Fail> {
    let Some(id) = id.cloned() else { return Ok(None) };
    let scope = ctx.may(Verb::Read, register)?;
    Ok(Some(ctx.read(move |tx, who| registers::actions::get(tx, &who.reg, &scope, &id).map(|r| (r.id, r.title))).await?))
}

async fn head_page(ctx: &Ctx, id: &str, draft: &Draft, typed: Option<&FormData>, errors: &[FieldError]) -> PageResult {
    let lang = ctx.lang();
    let now = head_stored(draft);
    // a link that was chosen stays chosen when something else is wrong
    let chosen = |name: &str, kept: Option<&String>| typed.map_or_else(|| kept.cloned(), |t| t.all(name).last().map(str::to_owned));
    let issuer = InputKind::Link("agency".into(), titled(ctx, "agency", chosen("issuer", draft.head.issuer.as_ref()).as_ref()).await?);
    let parent = InputKind::Link("plan".into(), titled(ctx, "plan", chosen("parent", draft.head.parent.as_ref()).as_ref()).await?);
    let found = ctx.reg().choices.get("plan_level");
    let levels = found.into_iter().flat_map(|c| &c.options).map(|o| Choice { value: o.id.clone(), label: lang.label(&o.label).to_owned() });
    let kept = |name: &str| now.iter().find(|(n, _)| n == name).map(|(_, words)| words.clone()).unwrap_or_default();
    let label = |name: &str| HEAD.iter().find(|(n, _)| *n == name).map_or_else(|| name.to_owned(), |(_, l)| lang.l(*l).to_owned());
    let input = |name: &'static str, kind: InputKind, help: &str, required: bool| {
        // a link keeps its words under another name; a date that does not exist stays as it was typed
        let link = matches!(kind, InputKind::Link(..));
        let words = if link { format!("{name}__q") } else { name.to_owned() };
        let kept = if link { String::new() } else { kept(name) };
        let (value, label) = (typed.map_or(kept, |t| t.text(&words).to_owned()), label(name));
        let mut view = FieldView::line(name, &label, &value).kind(kind).help(help).errors(errors);
        view.required = required;
        field(&view, lang)
    };
    let line = || InputKind::Line("text");
    let later = lang.t("Để trống nếu văn bản chưa được cấp số; điền sau không tạo kế hoạch thứ hai.", "May be completed later.");
    let fields = html! {
        (input("title", InputKind::Area, "", true))
        (input("number", line(), later, false))
        (input("date", InputKind::Date, "", false))
        (input("issuer", issuer, "", true))
        (input("level", InputKind::Select(levels.collect()), "", true))
        (input("starts_on", InputKind::Date, "", false))
        (input("ends_on", InputKind::Date, "", false))
        (input("parent", parent, lang.t("Kế hoạch đã nhập mà kế hoạch này cụ thể hóa.", "The accepted plan that this one carries out."), false))
        (Seen::input(&now))
    };
    let base = format!("/plans/import/{id}");
    let action = format!("{base}/head");
    let title = lang.t("Thông tin kế hoạch", "About the plan").into();
    let source = source::beside(draft, &source::head(&draft.reading), &base, lang);
    Ok(render(ctx, Sheet { title, back: base.clone(), base, version: None, errors, label: &label, fields, source, below: None }, &action))
}

/// Saves the head.
pub async fn head_save(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let wanted = id.clone();
    let asked = ctx.write(move |tx, who| {
        let (row, mut draft) = service::load(tx, &who.actor, &wanted)?;
        let mut form = form;
        let mut errors = Seen::of(&form)?.merge(&head_stored(&draft), &mut form);
        let before = draft.clone();
        if errors.is_empty() {
            head_take(tx, who, &mut draft, &form, &mut errors)?;
        }
        if !errors.is_empty() {
            return Ok(Some((before, form, errors)));
        }
        service::save_if_changed(tx, &who.actor, &row, &draft)?;
        Ok(None)
    });
    match asked.await? {
        None => Ok(redirect(&format!("/plans/import/{id}"))),
        Some((draft, form, errors)) => head_page(&ctx, &id, &draft, Some(&form), &errors).await,
    }
}

fn head_take(tx: &mut Tx, who: &web::Who, draft: &mut Draft, form: &FormData, errors: &mut Vec<FieldError>) -> Result<(), Error> {
    let p = &mut draft.reading.plan;
    p.title = form.filled("title").map(str::to_owned);
    p.number = form.filled("number").map(str::to_owned);
    p.date = date(form, "date", errors);
    draft.head.starts_on = date(form, "starts_on", errors);
    draft.head.ends_on = date(form, "ends_on", errors);
    draft.head.level = form.text("level").to_owned();
    draft.head.issuer = form.all("issuer").last().map(str::to_owned);
    draft.head.parent = form.all("parent").last().map(str::to_owned);
    let mut wrong = |field: &str, message: String| errors.push(FieldError { field: field.into(), message });
    if draft.head.parent.is_none() && form.filled("parent__q").is_some() {
        wrong("parent", "Chọn kế hoạch trong danh sách gợi ý, hoặc xóa chữ trong ô.".into());
    }
    if let (Some(from), Some(to)) = (&draft.head.starts_on, &draft.head.ends_on)
        && from > to
    {
        wrong("ends_on", "Ngày cuối phải sau ngày đầu.".into());
    }
    if draft.head.issuer.is_none()
        && let Some(words) = form.filled("issuer__q")
    {
        match Directory::load(tx, &who.reg, &who.actor, &who.today)?.find(words) {
            Some(Who::Agency(id)) => draft.head.issuer = Some(id),
            _ => wrong("issuer", "Không có cơ quan nào đúng tên này. Gõ tên chính thức hoặc tên ngắn trong sổ cơ quan.".into()),
        }
    }
    if draft.reading.plan.title.is_none() {
        wrong("title", "Nhập tên kế hoạch.".into());
    }
    for e in crate::accept::too_long(draft).into_iter().filter(|e| matches!(e.field.as_str(), "number" | "title")) {
        wrong(&e.field, e.message);
    }
    Ok(())
}

/// Names that an edit brought in are matched like those of the reading.
pub fn resolve_new(tx: &mut Tx, who: &web::Who, draft: &mut Draft) -> Result<(), Error> {
    let names = draft.unresolved();
    if !names.is_empty() {
        let d = Directory::load(tx, &who.reg, &who.actor, &who.today)?;
        draft.actors.extend(names.into_iter().filter_map(|n| d.find(&n).map(|w| (n, w))));
    }
    Ok(())
}

/// Who a name stands for.
pub async fn actor_form(ctx: Ctx, Path((id, n)): Path<(String, usize)>) -> PageResult {
    let (_, draft) = load(&ctx, &id).await?;
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
            label.check { input type="radio" name="who" value=(value(&Who::Later)) checked[now == Some(&Who::Later)]; " " (lang.t("Chọn sau: văn bản không nói rõ cơ quan nào", "Chosen later: the document does not say who")) }
            label.check { input type="radio" name="who" value=(value(&Who::TextOnly)) checked[now == Some(&Who::TextOnly)]; " " (lang.t("Chỉ giữ tên gọi, không giao việc cho ai", "Keep the name only")) }
        }
        (field(&FieldView::line("agency", lang.t("Cơ quan trong sổ", "Agencies of the register"), "").kind(InputKind::Links("agency".into(), vec![])), lang))
        label.check { input type="checkbox" name="learn" value="1" checked; " " (lang.t("Nhớ cách gọi này cho các kế hoạch sau", "Remember this name for later plans")) }
        (Seen::input(&actor_stored(&draft, &name)))
    };
    let base = format!("/plans/import/{id}");
    let action = format!("{base}/actor/{n}");
    let own: Vec<usize> = draft.uses(&name).iter().map(|u| u.line).filter(|l| *l > 0).collect();
    let source = source::beside(&draft, &own, &base, lang);
    Ok(render(
        &ctx,
        Sheet {
            title: lang.t("Tên gọi này là cơ quan nào?", "Which agency is this?").into(),
            back: base.clone(),
            base,
            version: None,
            errors: &[],
            label: &str::to_owned,
            fields,
            source,
            below: None,
        },
        &action,
    ))
}

/// Who a name is now, for the guard of its form. The name itself is in it: names change places when a task does.
fn actor_stored(draft: &Draft, name: &str) -> Shown {
    let who = draft.actors.get(name).map(|w| serde_json::to_string(w).unwrap_or_default()).unwrap_or_default();
    vec![("name".into(), format!("{name} {who}"))]
}

/// Saves who a name stands for.
pub async fn actor_save(ctx: Ctx, Path((id, n)): Path<(String, usize)>, form: FormData) -> PageResult {
    let (base, back) = (format!("/plans/import/{id}"), format!("/plans/import/{id}/actor/{n}"));
    let refused = ctx.write(move |tx, who| {
        let (row, mut draft) = service::load(tx, &who.actor, &id)?;
        let name = draft.names().get(n).cloned().ok_or_else(gone)?;
        // one question only: what was chosen meanwhile is shown, then asked again
        if !Seen::of(&form)?.holds(&actor_stored(&draft, &name)) {
            return Ok(Some("Tên này vừa được chọn ở nơi khác. Dưới đây là lựa chọn đang lưu; chọn lại nếu cần."));
        }
        let mut picked: Vec<String> = form.all("agency").map(str::to_owned).collect();
        if picked.is_empty()
            && let Some(words) = form.filled("agency__q")
            && let Some(Who::Agency(id)) = Directory::load(tx, &who.reg, &who.actor, &who.today)?.find(words)
        {
            picked.push(id);
        }
        let is = match (form.text("who"), picked.len()) {
            ("pick" | "", 0) => return Ok(Some(NO_AGENCY)),
            ("pick" | "", 1) => Who::Agency(picked.remove(0)),
            ("pick" | "", _) => Who::Chosen(picked),
            (json, _) => {
                serde_json::from_str(json).map_err(|_| Error::BadRequest("Lựa chọn gửi lên không đọc được. Mở lại biểu mẫu.".into()))?
            }
        };
        draft.say(&name, &is, form.filled("learn").is_some());
        service::save_if_changed(tx, &who.actor, &row, &draft)?;
        Ok(None)
    });
    match refused.await? {
        None => Ok(redirect(&base)),
        Some(message) => redirect_with(&ctx, &back, "unmet", message),
    }
}

const NO_AGENCY: &str = "Chưa có cơ quan nào đúng tên đó. Gõ tên chính thức hoặc tên ngắn trong sổ, chọn trong danh sách, hoặc chọn “Chọn sau”, “Chỉ giữ tên gọi”.";

//! Forms that correct a reading: its head, and who a name is. The parts of the reading: [`super::item`].

use access::Verb;
use store::{Error, FieldError};
use web::axum::extract::Path;
use web::axum::http::StatusCode;
use web::components::{Choice, FieldView, InputKind, error_summary, field, form_actions, heading};
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, L, Page, PageResult, fmt, redirect, redirect_with};

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
    /// Version of the draft that is edited.
    pub version: i64,
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
            input type="hidden" name="version" value=(s.version);
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

/// Saves a draft and goes to a page.
pub async fn save(ctx: &Ctx, id: &str, version: i64, draft: Draft, to: String) -> PageResult {
    let id = id.to_owned();
    ctx.write(move |tx, who| service::save(tx, &who.actor, &id, version, &draft)).await?;
    Ok(redirect(&to))
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
    let (version, draft) = load(&ctx, &id).await?;
    head_page(&ctx, &id, version, &draft, None, &[]).await
}

/// Id and name of a record that was chosen.
async fn titled(ctx: &Ctx, register: &'static str, id: Option<&String>) -> Result<Option<(String, String)>, web::Fail> {
    let Some(id) = id.cloned() else { return Ok(None) };
    let scope = ctx.may(Verb::Read, register)?;
    Ok(Some(ctx.read(move |tx, who| registers::actions::get(tx, &who.reg, &scope, &id).map(|r| (r.id, r.title))).await?))
}

async fn head_page(ctx: &Ctx, id: &str, version: i64, draft: &Draft, typed: Option<&FormData>, errors: &[FieldError]) -> PageResult {
    let lang = ctx.lang();
    let (p, h) = (&draft.reading.plan, &draft.head);
    let issuer = InputKind::Link("agency".into(), titled(ctx, "agency", h.issuer.as_ref()).await?);
    let parent = InputKind::Link("plan".into(), titled(ctx, "plan", h.parent.as_ref()).await?);
    let found = ctx.reg().choices.get("plan_level");
    let levels = found.into_iter().flat_map(|c| &c.options).map(|o| Choice { value: o.id.clone(), label: lang.label(&o.label).to_owned() });
    let text = |o: &Option<String>| o.clone().unwrap_or_default();
    let day = |o: &Option<String>| o.as_deref().map(fmt::date).unwrap_or_default();
    let label = |name: &str| HEAD.iter().find(|(n, _)| *n == name).map_or_else(|| name.to_owned(), |(_, l)| lang.l(*l).to_owned());
    let input = |name: &'static str, kept: String, kind: InputKind, help: &str, required: bool| {
        // a link keeps its words under another name; a date that does not exist stays as it was typed
        let words = if matches!(kind, InputKind::Link(..)) { format!("{name}__q") } else { name.to_owned() };
        let (value, label) = (typed.map_or(kept, |t| t.text(&words).to_owned()), label(name));
        let mut view = FieldView::line(name, &label, &value).kind(kind).help(help).errors(errors);
        view.required = required;
        field(&view, lang)
    };
    let line = || InputKind::Line("text");
    let later = lang.t("Để trống nếu văn bản chưa được cấp số; điền sau không tạo kế hoạch thứ hai.", "May be completed later.");
    let fields = html! {
        (input("title", text(&p.title), InputKind::Area, "", true))
        (input("number", text(&p.number), line(), later, false))
        (input("date", day(&p.date), InputKind::Date, "", false))
        (input("issuer", String::new(), issuer, "", true))
        (input("level", h.level.clone(), InputKind::Select(levels.collect()), "", true))
        (input("starts_on", day(&h.starts_on), InputKind::Date, "", false))
        (input("ends_on", day(&h.ends_on), InputKind::Date, "", false))
        (input("parent", String::new(), parent, lang.t("Kế hoạch đã nhập mà kế hoạch này cụ thể hóa.", "The accepted plan that this one carries out."), false))
    };
    let base = format!("/plans/import/{id}");
    let action = format!("{base}/head");
    let title = lang.t("Thông tin kế hoạch", "About the plan").into();
    let source = source::beside(draft, &source::head(&draft.reading), &base, lang);
    Ok(render(ctx, Sheet { title, back: base.clone(), base, version, errors, label: &label, fields, source, below: None }, &action))
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
    draft.head.parent = form.all("parent").last().map(str::to_owned);
    if draft.head.parent.is_none() && form.filled("parent__q").is_some() {
        errors.push(FieldError {
            field: "parent".into(), message: "Chọn kế hoạch trong danh sách gợi ý, hoặc xóa chữ trong ô.".into()
        });
    }
    if let (Some(from), Some(to)) = (&draft.head.starts_on, &draft.head.ends_on)
        && from > to
    {
        errors.push(FieldError { field: "ends_on".into(), message: "Ngày cuối phải sau ngày đầu.".into() });
    }
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
        return head_page(&ctx, &id, version, &draft, Some(&form), &errors).await;
    }
    save(&ctx, &id, version, draft, format!("/plans/import/{id}")).await
}

/// Names that an edit brought in are matched like those of the reading.
pub async fn resolve_new(ctx: &Ctx, draft: &mut Draft) -> Result<(), web::Fail> {
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
            label.check { input type="radio" name="who" value=(value(&Who::Later)) checked[now == Some(&Who::Later)]; " " (lang.t("Chọn sau: văn bản không nói rõ cơ quan nào", "Chosen later: the document does not say who")) }
            label.check { input type="radio" name="who" value=(value(&Who::TextOnly)) checked[now == Some(&Who::TextOnly)]; " " (lang.t("Chỉ giữ tên gọi, không giao việc cho ai", "Keep the name only")) }
        }
        (field(&FieldView::line("agency", lang.t("Cơ quan trong sổ", "Agencies of the register"), "").kind(InputKind::Links("agency".into(), vec![])), lang))
        label.check { input type="checkbox" name="learn" value="1" checked; " " (lang.t("Nhớ cách gọi này cho các kế hoạch sau", "Remember this name for later plans")) }
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
            version,
            errors: &[],
            label: &str::to_owned,
            fields,
            source,
            below: None,
        },
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
            let message = "Chưa có cơ quan nào đúng tên đó. Gõ tên chính thức hoặc tên ngắn trong sổ, chọn trong danh sách, hoặc chọn “Chọn sau”, “Chỉ giữ tên gọi”.";
            return redirect_with(&ctx, &back, "unmet", message);
        }
        ("pick" | "", 1) => Who::Agency(picked.remove(0)),
        ("pick" | "", _) => Who::Chosen(picked),
        (json, _) => {
            serde_json::from_str(json).map_err(|_| Error::BadRequest("Lựa chọn gửi lên không đọc được. Mở lại biểu mẫu.".into()))?
        }
    };
    draft.say(&name, &who, form.filled("learn").is_some());
    save(&ctx, &id, version, draft, format!("/plans/import/{id}")).await
}

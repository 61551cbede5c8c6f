//! New record, edit, many records at once, delete. Typed values are kept whatever happens.

use access::Verb;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use registers::{Definition, DuplicateGroup, Field, FieldType, Record, actions, similar_to};
use store::{Error, FieldError, Result, Tx};

use crate::app::App;
use crate::components::{Choice, Column, FieldView, InputKind, Table, error_summary, field, form_actions, heading, notice};
use crate::ctx::{Ctx, Who};
use crate::error::{PageResult, forbidden};
use crate::fmt;
use crate::forms::{FormData, QueryData};
use crate::module::Tone;
use crate::pages::list::definition;
use crate::pages::record::Rights;
use crate::pages::suggest::{Offers, chosen, resolve};
use crate::shell::{Page, csrf, redirect_with};
use crate::uploads::{self, MOST_POST, Posted};
use crate::values::{self, Prefill};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/r/{register}/new", get(new_form).post(create).layer(DefaultBodyLimit::max(MOST_POST)))
        .route("/r/{register}/{id}/edit", get(edit_form).post(update).layer(DefaultBodyLimit::max(MOST_POST)))
        .route("/r/{register}/{id}/delete", post(delete))
}

/// Fields a form of this register holds.
pub(super) fn form_fields(def: &Definition) -> Vec<&Field> {
    values::fields(def)
}

/// A form on its way to the reader: what was typed, what is wrong, what is offered.
pub(super) struct Draft {
    pub form: FormData,
    pub chosen: Offers,
    pub offers: Offers,
    pub errors: Vec<FieldError>,
    pub masked: Vec<String>,
}

impl Draft {
    /// Reads titles of what is chosen.
    pub fn load(
        tx: &mut Tx,
        w: &Who,
        fields: &[&Field],
        form: FormData,
        offers: Offers,
        errors: Vec<FieldError>,
        masked: Vec<String>,
    ) -> Result<Self> {
        let chosen = chosen(tx, w, fields, &form)?;
        Ok(Self { form, chosen, offers, errors, masked })
    }
    /// The inputs of these fields.
    pub fn inputs(&self, ctx: &Ctx, fields: &[&Field]) -> Markup {
        let pre = Prefill { reg: ctx.reg(), lang: ctx.lang(), today: &ctx.today, errors: &self.errors, offers: &self.offers };
        let none = vec![];
        html! { @for f in fields {
            @let (chosen, masked) = (self.chosen.get(&f.id).unwrap_or(&none), self.masked.contains(&f.id));
            @if f.kind.is_file() { (uploads::input(ctx, f, &self.form, &self.errors, masked)) }
            @else { (pre.field(f, self.form.text(&f.id), self.form.text(&format!("{}__q", f.id)), chosen, masked)) }
        } }
    }
}

/// A record as a form shows it.
pub(super) fn form_of(fields: &[&Field], r: &Record) -> FormData {
    let mut out = vec![];
    for f in fields {
        match r.fields.get(&f.id) {
            Some(registers::Data::Files(list)) if !r.masked.contains(&f.id) => {
                out.extend(list.iter().map(|a| (f.id.clone(), uploads::pair(a))))
            }
            Some(registers::Data::Links(ids)) => out.extend(ids.iter().map(|i| (f.id.clone(), i.clone()))),
            Some(d) if !r.masked.contains(&f.id) => out.push((f.id.clone(), values::typed(f, d))),
            _ => {}
        }
    }
    FormData(out)
}

/// Values of the definition's defaults, and what the address asks for (`?agency=…` from a linked record).
fn blank(def: &Definition, today: &str, asked: &FormData, own_agency: Option<&str>) -> FormData {
    let mut out = vec![];
    for f in form_fields(def).into_iter().filter(|f| !f.kind.is_file()) {
        if let Some(v) = asked.filled(&f.id) {
            out.push((f.id.clone(), v.to_owned()));
            continue;
        }
        match &f.default {
            Some(v) => {
                let s = v.as_str().map_or_else(
                    || v.to_string(),
                    |s| {
                        if s == "today" { fmt::date(today) } else { s.to_owned() }
                    },
                );
                let s = match s.as_str() {
                    "true" => "1".to_owned(),
                    "false" => "0".to_owned(),
                    _ => s,
                };
                out.push((f.id.clone(), s));
            }
            None if def.register.scope.as_deref() == Some(f.id.as_str()) && f.kind == FieldType::Link("agency".into()) => {
                out.extend(own_agency.map(|a| (f.id.clone(), a.to_owned())));
            }
            None => {}
        }
    }
    FormData(out)
}

async fn new_form(ctx: Ctx, Path(register): Path<String>, q: QueryData) -> PageResult {
    let def = definition(&ctx, &register)?;
    ctx.may(Verb::Create, &register)?;
    let form = blank(def, &ctx.today, &q, ctx.actor.agency.as_deref());
    let draft = load(&ctx, &register, form, Offers::new(), vec![], vec![]).await?;
    Ok(form_page(&ctx, def, None, &draft, html! {}, StatusCode::OK))
}

async fn load(ctx: &Ctx, register: &str, form: FormData, offers: Offers, errors: Vec<FieldError>, masked: Vec<String>) -> Result<Draft> {
    let register = register.to_owned();
    ctx.read(move |tx, w| {
        let Some(def) = w.reg.registers.get(&register) else {
            return Err(Error::NotFound(String::new()));
        };
        Draft::load(tx, w, &form_fields(def), form, offers, errors, masked)
    })
    .await
}

/// Typed form → words resolved → values; or the form again with what is wrong.
async fn read_form(
    ctx: &Ctx,
    register: &str,
    posted: Posted,
    masked: Vec<String>,
) -> Result<std::result::Result<(actions::Values, FormData), Draft>> {
    let (f, wrong) = posted.settle(ctx).await?;
    let (id, hidden) = (register.to_owned(), masked.clone());
    let read = read_pairs(ctx, id, f, wrong, masked).await?;
    let Ok((mut values, form)) = read else { return Ok(read) };
    match uploads::attach(ctx, form_fields(ctx.reg().get(register)?), &form, &mut values) {
        Ok(()) => Ok(Ok((values, form))),
        Err(errors) => Ok(Err(load(ctx, register, form, Offers::new(), errors, hidden).await?)),
    }
}

async fn read_pairs(
    ctx: &Ctx,
    register: String,
    f: FormData,
    wrong: Vec<FieldError>,
    masked: Vec<String>,
) -> Result<std::result::Result<(actions::Values, FormData), Draft>> {
    ctx.read(move |tx, w| {
        let Some(def) = w.reg.registers.get(&register) else {
            return Err(Error::NotFound(String::new()));
        };
        let fields = form_fields(def);
        let (form, offers, mut errors) = resolve(tx, w, &fields, &f)?;
        errors.extend(wrong);
        match values::parse_all(fields.iter().copied(), &form, &masked) {
            Ok(v) if errors.is_empty() => return Ok(Ok((v, form))),
            Ok(_) => {}
            Err(more) => errors.extend(more),
        }
        // the actions have not looked yet: what is missing is said with what cannot be read, not after it
        let missing: Vec<FieldError> = fields.iter().filter(|f| unsaid(f, &form, &errors, &masked)).map(|f| required(f)).collect();
        errors.extend(missing);
        Ok(Err(Draft::load(tx, w, &fields, form, offers, errors, masked)?))
    })
    .await
}

async fn create(ctx: Ctx, Path(register): Path<String>, f: Posted) -> PageResult {
    let def = definition(&ctx, &register)?;
    ctx.may(Verb::Create, &register)?;
    let (mut values, form) = match read_form(&ctx, &register, f, vec![]).await? {
        Ok(x) => x,
        Err(d) => {
            return Ok(form_page(&ctx, def, None, &d, html! {}, StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    if let Some(state) = form.filled("state").filter(|_| !def.states.is_empty()) {
        values.insert("state".to_owned(), registers::Data::Text(state.to_owned()));
    }
    let alike = if form.has("similar_ok") { vec![] } else { similar(&ctx, def, &values).await? };
    if !alike.is_empty() {
        let draft = load(&ctx, &register, form, Offers::new(), vec![], vec![]).await?;
        let above = similar_notice(&ctx, def, &alike);
        return Ok(form_page(&ctx, def, None, &draft, above, StatusCode::CONFLICT));
    }
    let (reg_id, key) = (register.clone(), form.filled("once").map(str::to_owned));
    match ctx.write(move |tx, w| actions::create(tx, &w.reg, &w.actor, &reg_id, values, key.as_deref())).await {
        Ok(r) => {
            uploads::forget(&ctx, &form);
            let m = format!("{} «{}».", ctx.t("Đã thêm", "Added"), r.title);
            redirect_with(&ctx, &format!("/r/{register}/{}", r.id), "met", &m)
        }
        Err(e) => refused(&ctx, def, None, form, vec![], e).await,
    }
}

/// Records the new one resembles.
async fn similar(ctx: &Ctx, def: &Definition, values: &actions::Values) -> Result<Vec<DuplicateGroup>> {
    if def.register.similar.is_empty() {
        return Ok(vec![]);
    }
    let (id, values) = (def.register.id.clone(), values.clone());
    let found = ctx.read(move |tx, w| similar_to(tx, &w.reg, &w.may(Verb::Read, &id)?, &values, None)).await;
    match found {
        Err(Error::Forbidden(_)) => Ok(vec![]),
        r => r,
    }
}

/// A required field that was left empty, and of which nothing is said yet.
fn unsaid(f: &registers::Field, form: &FormData, errors: &[FieldError], masked: &[String]) -> bool {
    let empty = form.all(&f.id).all(|v| v.trim().is_empty()) && form.text(&format!("{}__q", f.id)).trim().is_empty();
    f.required && f.default.is_none() && !f.kind.is_file() && empty && !masked.contains(&f.id) && errors.iter().all(|e| e.field != f.id)
}

fn required(f: &registers::Field) -> FieldError {
    FieldError { field: f.id.clone(), message: format!("{}: chưa nhập; trường này bắt buộc.", f.label.vi) }
}

/// Not saved yet: first look at what is there. The tick in the form says "add it all the same".
fn similar_notice(ctx: &Ctx, def: &Definition, groups: &[DuplicateGroup]) -> Markup {
    let t = |vi, en| ctx.t(vi, en);
    notice(
        Tone::Soon,
        html! {
            p { strong { (t("Chưa lưu: có bản ghi giống bản ghi này.", "Not saved yet: there are records like this one.")) } }
            ul { @for g in groups { @for (id, title) in &g.records { li {
                a href=(format!("/r/{}/{id}", def.register.id)) { (title) } " (" (t("giống ở", "alike in")) " " (values::label_of(def, &g.field, ctx.lang()).to_lowercase()) ")"
            } } } }
            label.check { input type="checkbox" name="similar_ok" value="1" form="record"; " " (t("Đã xem, không phải là một. Vẫn thêm.", "I looked; it is another one. Add it.")) }
        },
    )
}

/// What the actions refused, on the form; other errors go their way.
async fn refused(ctx: &Ctx, def: &Definition, record: Option<&Record>, form: FormData, masked: Vec<String>, e: Error) -> PageResult {
    let errors = match e {
        Error::Invalid(list) => list,
        Error::Conflict(m) if record.is_none() => vec![FieldError { field: String::new(), message: m }],
        other => return Err(other.into()),
    };
    let draft = load(ctx, &def.register.id, form, Offers::new(), errors, masked).await?;
    Ok(form_page(ctx, def, record, &draft, html! {}, StatusCode::UNPROCESSABLE_ENTITY))
}

async fn record_for(ctx: &Ctx, register: &str, id: &str) -> Result<Record> {
    let (register, id) = (register.to_owned(), id.to_owned());
    ctx.read(move |tx, w| actions::get(tx, &w.reg, &w.may(Verb::Read, &register)?, &id)).await
}

async fn edit_form(ctx: Ctx, Path((register, id)): Path<(String, String)>) -> PageResult {
    let def = definition(&ctx, &register)?;
    ctx.may(Verb::Update, &register)?;
    let r = record_for(&ctx, &register, &id).await?;
    let record = r.clone();
    // what one may read is not always what one may change: said before anything is typed
    if !ctx.read(move |tx, w| Rights::of(tx, w, &record)).await?.may(Verb::Update) {
        return Err(forbidden(ctx.t("Bạn xem được bản ghi này nhưng không sửa được.", "You may read this record but not change it.")));
    }
    let draft = load(&ctx, &register, form_of(&form_fields(def), &r), Offers::new(), vec![], r.masked.clone()).await?;
    Ok(form_page(&ctx, def, Some(&r), &draft, html! {}, StatusCode::OK))
}

async fn update(ctx: Ctx, Path((register, id)): Path<(String, String)>, f: Posted) -> PageResult {
    let def = definition(&ctx, &register)?;
    ctx.may(Verb::Update, &register)?;
    let version = f.form().version()?;
    let now = record_for(&ctx, &register, &id).await?;
    let masked = now.masked.clone();
    let (values, form) = match read_form(&ctx, &register, f, masked.clone()).await? {
        Ok(x) => x,
        Err(d) => {
            return Ok(form_page(&ctx, def, Some(&Record { version, ..now }), &d, html! {}, StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let reason = form.filled("reason").map(str::to_owned);
    let (reg_id, rec_id, sent) = (register.clone(), id.clone(), values.clone());
    let done = ctx.write(move |tx, w| actions::update(tx, &w.reg, &w.actor, &reg_id, &rec_id, version, sent, reason.as_deref())).await;
    match done {
        Ok(_) => {
            uploads::forget(&ctx, &form);
            redirect_with(&ctx, &format!("/r/{register}/{id}"), "met", ctx.t("Đã lưu.", "Saved."))
        }
        Err(Error::Conflict(m)) => {
            let theirs = record_for(&ctx, &register, &id).await?;
            if theirs.version == version {
                // not the version: a key that exists already
                return refused(&ctx, def, None, form, masked, Error::Conflict(m)).await;
            }
            let both = both_sides(&ctx, def, &values, &theirs);
            let draft = load(&ctx, &register, form, Offers::new(), vec![], masked).await?;
            Ok(form_page(&ctx, def, Some(&theirs), &draft, both, StatusCode::CONFLICT))
        }
        Err(e) => refused(&ctx, def, Some(&Record { version, ..now }), form, masked, e).await,
    }
}

/// Somebody else was first: what they saved beside what was typed here; saving again keeps what stands in the form.
fn both_sides(ctx: &Ctx, def: &Definition, mine: &actions::Values, theirs: &Record) -> Markup {
    let t = |vi, en| ctx.t(vi, en);
    let mut table = Table::new(
        t("Chỗ khác nhau", "Differences"),
        vec![Column::text(t("Trường", "Field")), Column::text(t("Bạn vừa nhập", "You typed")), Column::text(t("Đang lưu", "Saved now"))],
    );
    for f in form_fields(def) {
        let (Some(a), b) = (mine.get(&f.id), theirs.fields.get(&f.id).unwrap_or(&registers::Data::Null)) else {
            continue;
        };
        if a != b && !theirs.masked.contains(&f.id) {
            let yours = values::plain(ctx.reg(), f, a, ctx.lang());
            table.row(vec![html! { (ctx.lang().label(&f.label)) }, html! { (yours) }, values::show(ctx.reg(), f, theirs, ctx.lang())]);
        }
    }
    html! {
        (notice(Tone::Soon, html! {
            p { strong { (t("Người khác đã lưu bản ghi này trong lúc bạn sửa.", "Somebody else saved this record while you edited.")) } }
            p { (t("Những gì bạn nhập vẫn còn ở dưới, chưa lưu. So hai bên, sửa cho đúng rồi bấm Lưu: bản của bạn sẽ được ghi đè lên bản đang lưu.", "What you typed is kept below, not saved. Compare, mend, then save: yours will replace what is saved now.")) }
        }))
        @if !table.rows.is_empty() { section.card { (table.render(ctx.lang())) } }
    }
}

fn form_page(ctx: &Ctx, def: &Definition, record: Option<&Record>, d: &Draft, above: Markup, status: StatusCode) -> Response {
    let lang = ctx.lang();
    let id = &def.register.id;
    let label = lang.label(&def.register.label);
    let list = format!("/r/{id}");
    let (title, back) = match record {
        Some(r) => (format!("{}: {}", ctx.t("Sửa", "Edit"), r.title), format!("/r/{id}/{}", r.id)),
        None => (format!("{}: {}", ctx.t("Thêm", "New"), label), list.clone()),
    };
    let files = form_fields(def).iter().any(|f| f.kind.is_file());
    let here = record.map_or_else(|| format!("{list}/new"), |_| format!("{back}/edit"));
    let body = html! {
        (heading(&title, Some(html! { (lang.label(&def.register.help)) }), None))
        (above)
        (error_summary(&d.errors, |f| values::label_of(def, f, lang), lang))
        form #record method="post" enctype=[files.then_some("multipart/form-data")] action=[files.then_some(&here)] {
            (csrf(&ctx.look))
            @if let Some(r) = record { input type="hidden" name="version" value=(r.version); }
            @else { input type="hidden" name="once" value=(crate::forms::once(ctx, Some(&d.form))); }
            @if record.is_none() { (start_state(ctx, def, d)) }
            (groups(ctx, def, d))
            @if record.is_some() {
                (crate::components::field(&crate::components::FieldView::line("reason", ctx.t("Lý do sửa", "Reason"), d.form.text("reason")).help(ctx.t("Ghi vào lịch sử của bản ghi.", "Kept in the record's history.")), lang))
            }
            (form_actions(ctx.t("Lưu", "Save"), &back, lang))
        }
    };
    let mut p = Page::new(title).active(&list).crumb(label, &list).status(status).narrow().body(body);
    if let Some(r) = record {
        p = p.crumb(&r.title, &back);
    }
    p.respond(ctx)
}

/// The state a new record starts in, where who enters it has a choice.
fn start_state(ctx: &Ctx, def: &Definition, d: &Draft) -> Markup {
    let lang = ctx.lang();
    let starts = actions::starts(ctx.reg(), &ctx.actor, &def.register.id).unwrap_or_default();
    let name = |id: &String| def.states.iter().find(|s| s.id == *id).map_or_else(|| id.clone(), |s| lang.label(&s.label).to_owned());
    let choice = |id: &String| Choice { value: id.clone(), label: name(id) };
    let now = d.form.filled("state").or(starts.first().map(String::as_str)).unwrap_or_default();
    let help = lang.t(
        "Chọn trạng thái đúng với thực tế lúc nhập; trạng thái sau có thể đòi thêm trường.",
        "As it is now; a later state may ask for more fields.",
    );
    html! {
        @if starts.len() > 1 {
            (field(&FieldView::line("state", lang.t("Trạng thái", "State"), now).kind(InputKind::Select(starts.iter().map(choice).collect())).help(help).required().errors(&d.errors), lang))
        }
    }
}

fn groups(ctx: &Ctx, def: &Definition, d: &Draft) -> Markup {
    let all = form_fields(def);
    let in_group = |id: &str| def.groups.iter().any(|g| g.fields.iter().any(|f| f == id));
    let rest: Vec<&Field> = all.iter().copied().filter(|f| !in_group(&f.id)).collect();
    html! {
        @for g in &def.groups {
            @let own: Vec<&Field> = g.fields.iter().filter_map(|id| all.iter().copied().find(|f| f.id == *id)).collect();
            @if !own.is_empty() { fieldset.group { legend { (ctx.lang().label(&g.label)) } (d.inputs(ctx, &own)) } }
        }
        @if !rest.is_empty() {
            @if def.groups.is_empty() { (d.inputs(ctx, &rest)) }
            @else { fieldset.group { legend { (crate::pages::record::rest_label(ctx, def)) } (d.inputs(ctx, &rest)) } }
        }
    }
}

async fn delete(ctx: Ctx, Path((register, id)): Path<(String, String)>, f: FormData) -> PageResult {
    definition(&ctx, &register)?;
    let version = f.version()?;
    let Some(reason) = f.filled("reason").map(str::to_owned) else {
        return Err(Error::invalid("reason", "Ghi lý do rút bản ghi.").into());
    };
    let (reg_id, rec) = (register.clone(), id.clone());
    ctx.write(move |tx, w| actions::delete(tx, &w.reg, &w.actor, &reg_id, &rec, version, &reason)).await?;
    redirect_with(&ctx, &format!("/r/{register}"), "met", ctx.t("Đã rút bản ghi. Lịch sử vẫn được giữ.", "Withdrawn. Its history is kept."))
}

//! One record: header with state and next step, tabs for fields, links, history and what modules add.

use std::collections::BTreeSet;

use access::{Scope, Subtree, Verb};
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use registers::{Definition, FieldType, Filter, HistoryEntry, Op, Query, Record, actions};
use store::{Error, Result, Tx};

use crate::app::App;
use crate::components::{Column, Moment, Tab, Table, empty, facts, heading, notice, post_button, tabs, timeline};
use crate::ctx::{Ctx, Who};
use crate::error::PageResult;
use crate::fmt;
use crate::forms::{FormData, QueryData};
use crate::links;
use crate::module::{Panel, Tone};
use crate::pages::list::definition;
use crate::shell::{Page, csrf, redirect_with};
use crate::values;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/r/{register}/{id}", get(show))
        .route("/r/{register}/{id}/file/{field}/{sha256}", get(file).post(unmasked_file))
        .route("/r/{register}/{id}/confirm", post(confirm))
        .route("/r/{register}/{id}/unmask", post(unmask))
}

/// Records of another register that point here.
struct Incoming {
    register: String,
    field: String,
    items: Vec<Record>,
    total: i64,
}

enum Content {
    Fields,
    /// The fields in clear, shown once; the reason that was given.
    Unmasked(String),
    Links(Vec<Incoming>),
    History(Vec<(HistoryEntry, String)>),
    Panel(Markup),
}

async fn show(ctx: Ctx, Path((register, id)): Path<(String, String)>, q: QueryData) -> PageResult {
    let def = definition(&ctx, &register)?;
    let tab = q.filled("tab").unwrap_or("fields").to_owned();
    let (open, modules) = (tab.clone(), ctx.app.modules);
    let (record, rights, content, panels) = ctx
        .read(move |tx, w| {
            let scope = w.may(Verb::Read, &register)?;
            let record = actions::get(tx, &w.reg, &scope, &id)?;
            let mut panels: Vec<Panel> = vec![];
            for m in modules {
                panels.extend(m.record_panels(&w.cx(), tx, &w.actor, &record)?);
            }
            let content = match open.as_str() {
                "links" => Content::Links(incoming(tx, w, &record)?),
                "history" => {
                    let list = actions::history(tx, &w.reg, &scope, &id)?;
                    Content::History(with_names(tx, list)?)
                }
                other => match panels.iter().position(|p| p.id == other) {
                    Some(i) => Content::Panel(std::mem::replace(&mut panels[i].body, html! {})),
                    None => Content::Fields,
                },
            };
            let rights = Rights::of(tx, w, &record)?;
            Ok((record, rights, content, panels))
        })
        .await?;
    Ok(render(&ctx, def, &record, &rights, &tab, content, &panels))
}

/// Registers and link fields that point to this one and that the reader may read.
fn reverse<'a>(w: &'a Who, register: &str) -> Vec<(&'a Definition, &'a str)> {
    let points = |k: &FieldType| matches!(k, FieldType::Link(t) | FieldType::Links(t) if t == register);
    let readable = |d: &&Definition| w.may(Verb::Read, &d.register.id).is_ok();
    w.reg
        .registers
        .values()
        .filter(readable)
        .flat_map(|d| d.fields.iter().filter(move |f| points(&f.kind)).map(move |f| (d, f.id.as_str())))
        .collect()
}

fn incoming(tx: &mut Tx, w: &Who, r: &Record) -> Result<Vec<Incoming>> {
    let mut out = vec![];
    for (d, field) in reverse(w, &r.register) {
        let scope = w.may(Verb::Read, &d.register.id)?;
        let filter = Filter { field: field.to_owned(), op: Op::Is, values: vec![r.id.clone()] };
        let found = actions::list(tx, &w.reg, &scope, &Query { filters: vec![filter], limit: Some(10), ..Query::default() })?;
        out.push(Incoming { register: d.register.id.clone(), field: field.to_owned(), items: found.items, total: found.total });
    }
    Ok(out)
}

/// Names of who did it, each account read once.
fn with_names(tx: &mut Tx, list: Vec<HistoryEntry>) -> Result<Vec<(HistoryEntry, String)>> {
    let mut known = std::collections::HashMap::<String, String>::new();
    let mut out = Vec::with_capacity(list.len());
    for e in list {
        if !known.contains_key(&e.who) {
            let name = if e.who.starts_with("system:") {
                "Lá Chắn".to_owned()
            } else {
                match access::account(tx, &e.who) {
                    Ok(a) => a.name,
                    Err(Error::NotFound(_)) => e.who.clone(),
                    Err(e) => return Err(e),
                }
            };
            known.insert(e.who.clone(), name);
        }
        let name = known.get(&e.who).cloned().unwrap_or_default();
        out.push((e, name));
    }
    Ok(out)
}

/// What the actor may do with this very record.
#[derive(Default)]
pub(super) struct Rights {
    verbs: BTreeSet<Verb>,
    /// Transitions open to them from the record's present state.
    pub moves: Vec<String>,
}

impl Rights {
    pub(super) fn may(&self, verb: Verb) -> bool {
        self.verbs.contains(&verb)
    }
    /// Asks every scope whether it reaches the record's owner.
    pub fn of(tx: &mut Tx, w: &Who, r: &Record) -> Result<Self> {
        let path = match &r.agency {
            Some(a) => crate::store::agency_path(tx, a)?,
            None => None,
        };
        let owned = w.reg.registers.get(&r.register).is_some_and(|d| d.register.scope.is_some());
        let reaches = |s: &Scope| *s.subtree() == Subtree::All || !owned || path.as_deref().is_some_and(|p| s.covers(p));
        let all = [Verb::Update, Verb::Transition, Verb::Delete, Verb::Unmask];
        let verbs = all.into_iter().filter(|v| w.may(*v, &r.register).is_ok_and(|s| reaches(&s))).collect();
        let moves = actions::transitions_for(tx, &w.reg, &w.actor, &r.register, &r.id)?.iter().map(|t| t.id.clone()).collect();
        Ok(Self { verbs, moves })
    }
}

fn render(ctx: &Ctx, def: &Definition, r: &Record, rights: &Rights, tab: &str, content: Content, panels: &[Panel]) -> Response {
    let lang = ctx.lang();
    let list = format!("/r/{}", r.register);
    let base = format!("{list}/{}", r.id);
    let mut all = vec![
        Tab { id: "fields".into(), label: ctx.t("Thông tin", "Fields").into(), count: None, href: base.clone() },
        Tab { id: "links".into(), label: ctx.t("Liên quan", "Linked").into(), count: None, href: format!("{base}?tab=links") },
    ];
    all.extend(panels.iter().map(|p| Tab {
        id: p.id.into(),
        label: lang.l(p.label).into(),
        count: p.count,
        href: format!("{base}?tab={}", p.id),
    }));
    all.push(Tab { id: "history".into(), label: ctx.t("Lịch sử", "History").into(), count: None, href: format!("{base}?tab=history") });
    let body = html! {
        (heading(&r.title, Some(subtitle(ctx, def, r)), Some(buttons(ctx, def, r, rights, &base))))
        @if r.deleted { (notice(Tone::Unmet, html! { (ctx.t("Bản ghi này đã bị rút: còn trong lịch sử, không còn trong danh sách và số liệu.", "Withdrawn: kept in history, out of lists and figures.")) })) }
        (tabs(&all, if matches!(content, Content::Fields | Content::Unmasked(_)) { "fields" } else { tab }, ctx.t("Phần của bản ghi", "Parts of the record")))
        @match content {
            Content::Fields => { (fields_tab(ctx, def, r, rights, &base, None)) (withdraw(ctx, r, rights, &base)) }
            Content::Unmasked(reason) => (fields_tab(ctx, def, r, rights, &base, Some(&reason))),
            Content::Links(l) => (links_tab(ctx, r, &l)),
            Content::History(h) => (history_tab(ctx, def, &r.id, &h)),
            Content::Panel(m) => (m),
        }
    };
    Page::new(&r.title).active(&list).crumb(lang.label(&def.register.label), &list).crumb_text(&r.title).body(body).respond(ctx)
}

fn subtitle(ctx: &Ctx, def: &Definition, r: &Record) -> Markup {
    html! {
        (values::state_tag(def, r, ctx.lang())) " "
        @if let Some(days) = confirm_days(def) { (confirmed(ctx, r, days)) }
    }
}

/// `"90d"` → 90.
fn confirm_days(def: &Definition) -> Option<i64> {
    def.register.confirm_every.as_deref()?.strip_suffix('d')?.parse().ok()
}

fn confirmed(ctx: &Ctx, r: &Record, days: i64) -> Markup {
    let age = r.confirmed_on.as_deref().and_then(fmt::days).zip(fmt::days(&ctx.today)).map(|(c, t)| t - c);
    let on = r.confirmed_on.as_deref().map(fmt::date).unwrap_or_default();
    match age {
        None => crate::components::tag(Tone::Soon, ctx.t("chưa xác nhận lần nào", "never confirmed")),
        Some(n) if n > days => crate::components::tag(
            Tone::Unmet,
            &format!("{} {on}, {} {n} {}", ctx.t("xác nhận lần cuối", "last confirmed"), ctx.t("đã", ""), ctx.t("ngày", "days ago")),
        ),
        Some(_) => {
            html! { span.small { (ctx.t("Xác nhận còn đúng ngày", "Confirmed on")) " " (on) } }
        }
    }
}

/// The next step is the main button; there is one main action a page.
fn buttons(ctx: &Ctx, def: &Definition, r: &Record, rights: &Rights, base: &str) -> Markup {
    if r.deleted {
        return html! {};
    }
    let moves = def.transitions.iter().filter(|t| rights.moves.contains(&t.id));
    let due = confirm_days(def)
        .is_some_and(|d| r.confirmed_on.as_deref().and_then(fmt::days).zip(fmt::days(&ctx.today)).is_none_or(|(c, t)| t - c > d));
    let may_confirm = def.register.confirm_every.is_some() && rights.may(Verb::Transition);
    html! {
        @if may_confirm { (post_button(&ctx.look, &format!("{base}/confirm"), ctx.t("Xác nhận còn đúng", "Confirm it is still true"), due, None)) }
        @for (i, t) in moves.enumerate() {
            a.btn.main[i == 0 && !due] href=(t.place(&r.id).unwrap_or_else(|| format!("{base}/transition/{}", t.id))) { (ctx.lang().label(&t.label)) }
        }
        @if rights.may(Verb::Update) { a.btn href=(format!("{base}/edit")) { (ctx.t("Sửa", "Edit")) } }
    }
}

/// The fields. `reason` = why masked ones are shown: files among them are downloaded by a press that gives it again.
fn fields_tab(ctx: &Ctx, def: &Definition, r: &Record, rights: &Rights, base: &str, reason: Option<&str>) -> Markup {
    let (lang, reg) = (ctx.lang(), ctx.reg());
    let all = values::fields(def);
    let shown = |f: &registers::Field| match (reason, r.files(&f.id)) {
        (Some(reason), list) if f.sensitive.is_some() && !list.is_empty() => secret_files(ctx, base, &f.id, list, reason),
        _ => values::show(reg, f, r, lang),
    };
    let fact = |f: &registers::Field| (lang.label(&f.label).to_owned(), shown(f));
    let grouped = |id: &str| def.groups.iter().any(|g| g.fields.iter().any(|f| f == id));
    let rest: Vec<_> = all.iter().filter(|f| !grouped(&f.id)).map(|f| fact(f)).collect();
    html! {
        @for g in &def.groups {
            section.card { h2 { (lang.label(&g.label)) } (facts(g.fields.iter().filter_map(|id| all.iter().find(|f| f.id == *id)).map(|f| fact(f)).collect())) }
        }
        @if !rest.is_empty() { section.card { @if !def.groups.is_empty() { h2 { (rest_label(ctx, def)) } } (facts(rest)) } }
        @if !r.masked.is_empty() && rights.may(Verb::Unmask) {
            details.card { summary { (ctx.t("Xem thông tin cá nhân đã che", "Show masked personal data")) }
                p.muted { (ctx.t("Lần xem được ghi vào nhật ký niêm phong kèm lý do.", "The look is written to the sealed ledger with its reason.")) }
                form method="post" action=(format!("{base}/unmask")) {
                    (csrf(&ctx.look))
                    (crate::components::field(&crate::components::FieldView::line("reason", ctx.t("Lý do cần xem", "Reason"), "").required(), lang))
                    button.btn type="submit" { (ctx.t("Hiện thông tin", "Show")) }
                }
            }
        }
        p.small.muted { (ctx.t("Tạo", "Created")) " " (fmt::instant(r.created_at)) " · " (ctx.t("sửa gần nhất", "last changed")) " " (fmt::instant(r.updated_at)) " · " (ctx.t("phiên bản", "version")) " " (r.version) }
    }
}

fn secret_files(ctx: &Ctx, base: &str, field: &str, list: &[registers::Attachment], reason: &str) -> Markup {
    html! { @for a in list {
        form method="post" action=(format!("{base}/file/{field}/{}", a.sha256())) {
            (csrf(&ctx.look))
            input type="hidden" name="reason" value=(reason);
            button.linklike type="submit" { (a.name()) } " " span.muted.small { "(" (crate::uploads::size_words(a.size())) ") " (ctx.t("lần tải được ghi lại", "the download is written down")) }
        }
    } }
}

/// Name of the fields that no group names: usually only the two dates of validity.
pub(super) fn rest_label<'a>(ctx: &'a Ctx, def: &Definition) -> &'a str {
    let grouped = |id: &str| def.groups.iter().any(|g| g.fields.iter().any(|f| f == id));
    let only_dates = values::fields(def).iter().all(|f| grouped(&f.id) || f.id.starts_with("valid_"));
    if only_dates { ctx.t("Thời gian hiệu lực", "Validity") } else { ctx.t("Khác", "Other") }
}

fn withdraw(ctx: &Ctx, r: &Record, rights: &Rights, base: &str) -> Markup {
    if r.deleted || !rights.may(Verb::Delete) {
        return html! {};
    }
    html! {
        details.card { summary { (ctx.t("Rút bản ghi này", "Withdraw this record")) }
            p.muted { (ctx.t("Bản ghi ra khỏi danh sách và số liệu, lịch sử vẫn giữ.", "It leaves lists and figures; its history is kept.")) }
            form method="post" action=(format!("{base}/delete")) {
                (csrf(&ctx.look))
                input type="hidden" name="version" value=(r.version);
                (crate::components::field(&crate::components::FieldView::line("reason", ctx.t("Lý do", "Reason"), "").required(), ctx.lang()))
                button.btn.danger type="submit" { (ctx.t("Rút bản ghi", "Withdraw")) }
            }
        }
    }
}

fn links_tab(ctx: &Ctx, r: &Record, list: &[Incoming]) -> Markup {
    let lang = ctx.lang();
    let head = |i: &Incoming| {
        let d = ctx.reg().registers.get(&i.register);
        let name = d.map_or(i.register.as_str(), |d| lang.label(&d.register.label)).to_owned();
        let field = d.map(|d| values::label_of(d, &i.field, lang)).unwrap_or_default();
        (name, field)
    };
    let (full, none): (Vec<_>, Vec<_>) = list.iter().partition(|i| i.total > 0);
    html! {
        @if full.is_empty() { (empty(ctx.t("Chưa có bản ghi nào trỏ tới bản ghi này.", "Nothing points here yet."), html! {})) }
        @for i in full {
            @let (name, field) = head(i);
            @let all = links::with(&format!("/r/{}", i.register), &[(format!("f.{}", i.field), r.id.clone())]);
            section.card {
                div.row.between { h2 { (name) " " span.count { (fmt::int(i.total)) } } span.small.muted { (ctx.t("theo", "by")) " " (field.to_lowercase()) } }
                ul { @for x in &i.items { li { a href=(format!("/r/{}/{}", x.register, x.id)) { (x.title) } } } }
                div.row { @if i.total > i.items.len() as i64 { a href=(all) { (ctx.t("Xem tất cả", "See all")) } } (add_link(ctx, i, r)) }
            }
        }
        @if !none.is_empty() {
            details { summary { (ctx.t("Sổ chưa có bản ghi liên quan", "Registers without linked records")) " (" (none.len()) ")" }
                ul { @for i in none { @let (name, field) = head(i); li { (name) " " span.small.muted { (ctx.t("theo", "by")) " " (field.to_lowercase()) } " " (add_link(ctx, i, r)) } } }
            }
        }
    }
}

fn add_link(ctx: &Ctx, i: &Incoming, r: &Record) -> Markup {
    html! { @if ctx.can(Verb::Create, &i.register) { a href=(links::with(&format!("/r/{}/new", i.register), &[(i.field.clone(), r.id.clone())])) { (ctx.t("thêm", "add")) } } }
}

fn action_words(ctx: &Ctx, def: &Definition, action: &str) -> String {
    if let Some(t) = action.strip_prefix("transition:") {
        return def.transitions.iter().find(|x| x.id == t).map_or_else(|| t.to_owned(), |x| ctx.lang().label(&x.label).to_owned());
    }
    match action {
        "create" => ctx.t("Tạo bản ghi", "Created"),
        "update" => ctx.t("Sửa", "Changed"),
        "confirm" => ctx.t("Xác nhận còn đúng", "Confirmed"),
        "delete" => ctx.t("Rút bản ghi", "Withdrawn"),
        "unmask" => ctx.t("Xem thông tin cá nhân", "Personal data shown"),
        "import" => ctx.t("Nhập từ tệp", "Imported"),
        other => other,
    }
    .to_owned()
}

fn history_tab(ctx: &Ctx, def: &Definition, id: &str, list: &[(HistoryEntry, String)]) -> Markup {
    let (lang, reg) = (ctx.lang(), ctx.reg());
    let moments = list
        .iter()
        .map(|(e, who)| {
            let mut t = Table::new(ctx.t("Thay đổi", "Changes"), vec![Column::text(ctx.t("Trường", "Field")), Column::text(ctx.t("Trước", "Before")), Column::text(ctx.t("Sau", "After"))]);
            // of a new record only its files: the rest stands on the page
            let told = |d: &registers::Data| e.action != "create" || matches!(d, registers::Data::Files(_));
            for (field, (a, b)) in e.changes.iter().filter(|(_, (_, b))| told(b)) {
                let f = values::field_of(def, field);
                let text = |d: &registers::Data| match (d, f) {
                    (registers::Data::Files(list), _) => values::files(&def.register.id, id, field, list),
                    (d, Some(f)) => html! { (values::plain(reg, f, d, lang)) },
                    (d, None) => html! { (plain_state(ctx, def, d)) },
                };
                t.row(vec![html! { (values::label_of(def, field, lang)) }, html! { del { (text(a)) } }, html! { ins { (text(b)) } }]);
            }
            Moment {
                at: fmt::instant(e.at),
                who: who.clone(),
                what: html! { strong { (action_words(ctx, def, &e.action)) } @if let Some(r) = &e.reason { ": " (r) } " " (leaf(ctx, e.seq)) },
                more: (!t.rows.is_empty()).then(|| t.render(lang)),
                tone: if e.action == "delete" { Tone::Unmet } else { Tone::Plain },
            }
        })
        .collect();
    html! { section.card { (timeline(moments)) } }
}

/// Number of the leaf; where it can be opened, for who may.
fn leaf(ctx: &Ctx, seq: i64) -> Markup {
    let text = html! { (ctx.t("niêm phong số", "leaf")) " " (fmt::int(seq)) };
    html! { @if ctx.can(Verb::Read, "ledger") { a.small href=(format!("/ledger?leaf={seq}")) { (text) } } @else { span.small { (text) } } }
}

fn plain_state(ctx: &Ctx, def: &Definition, d: &registers::Data) -> String {
    match d {
        registers::Data::Text(s) => values::state_of(def, s).map_or_else(|| fmt::date(s), |x| ctx.lang().label(&x.label).to_owned()),
        registers::Data::Null => String::new(),
        registers::Data::Int(n) => fmt::int(*n),
        other => format!("{other:?}"),
    }
}

async fn confirm(ctx: Ctx, Path((register, id)): Path<(String, String)>, f: FormData) -> PageResult {
    let (reg_id, rec) = (register.clone(), id.clone());
    let r = ctx.write(move |tx, w| actions::confirm(tx, &w.reg, &w.actor, &reg_id, &rec)).await?;
    let back = f.filled("back").map_or_else(|| format!("/r/{register}/{id}"), str::to_owned);
    redirect_with(&ctx, &back, "met", &format!("{} «{}».", ctx.t("Đã xác nhận còn đúng:", "Confirmed:"), r.title))
}

/// A file of the record, for who may read that field of it.
async fn file(ctx: Ctx, Path((register, id, field, sha)): Path<(String, String, String, String)>) -> PageResult {
    definition(&ctx, &register)?;
    let (a, bytes) = ctx.read(move |tx, w| actions::attachment(tx, &w.reg, &w.may(Verb::Read, &register)?, &id, &field, &sha)).await?;
    Ok(crate::uploads::download(&a, bytes))
}

/// Shown once, on the answer of the POST itself: no address holds it.
async fn unmask(ctx: Ctx, Path((register, id)): Path<(String, String)>, f: FormData) -> PageResult {
    let def = definition(&ctx, &register)?;
    let Some(reason) = f.filled("reason").map(str::to_owned) else {
        return Err(Error::invalid("reason", "Ghi lý do cần xem thông tin cá nhân.").into());
    };
    let told = reason.clone();
    let (r, rights) = ctx
        .write(move |tx, w| {
            let r = actions::unmask(tx, &w.reg, &w.actor, &register, &id, &reason)?;
            let rights = Rights::of(tx, w, &r)?;
            Ok((r, rights))
        })
        .await?;
    Ok(render(&ctx, def, &r, &rights, "fields", Content::Unmasked(told), &[]))
}

/// A file of a masked field: written down each time.
async fn unmasked_file(ctx: Ctx, Path((register, id, field, sha)): Path<(String, String, String, String)>, f: FormData) -> PageResult {
    definition(&ctx, &register)?;
    let reason = f.text("reason").to_owned();
    let (a, bytes) = ctx.write(move |tx, w| actions::unmask_file(tx, &w.reg, &w.actor, &register, &id, &field, &sha, &reason)).await?;
    Ok(crate::uploads::download(&a, bytes))
}

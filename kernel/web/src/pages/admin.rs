//! Accounts and grants, for those who manage them. Scopes are kept by `access`; a page shows only what they cover.

use access::{Account, AccountFilter, Grant, NewGrant, NewPassword, Secret, SignInEntry, Verb};
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use documents::Cell;
use maud::{Markup, html};
use registers::{Field, FieldType, Label};
use store::{Error, FieldError, Result, Tx};

use crate::app::App;
use crate::components::{
    FieldView, Grid, GridCell, GridColumn, InputKind, Tab, empty, error_summary, field, heading, notice, post_button, tabs, tag,
};
use crate::ctx::{Ctx, Who};
use crate::error::PageResult;
use crate::fmt;
use crate::forms::{FormData, QueryData};
use crate::i18n::L;
use crate::module::Tone;
use crate::pages::leaving::{look, reasons, section};
use crate::pages::new_account::{label_of, reach_input, reach_of, role_choices, with_agency};
use crate::pages::suggest::{Offers, titles};
use crate::shell::{Page, csrf, redirect_with};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/admin/accounts", get(list))
        .route("/admin/accounts/{id}", get(show))
        .route("/admin/accounts/{id}/password", post(reset))
        .route("/admin/accounts/{id}/disable", post(disable))
        .route("/admin/accounts/{id}/enable", post(enable))
        .route("/admin/accounts/{id}/unlock", post(unlock))
        .route("/admin/accounts/{id}/grants", post(add_grant))
        .route("/admin/accounts/{id}/grants/{grant}/end", post(end_grant))
}

pub(super) const LIST: &str = "/admin/accounts";

/// The link to an agency, as the picker wants it.
pub(super) fn agency_field() -> Field {
    let label = Label { vi: "Cơ quan".into(), en: "Agency".into() };
    Field {
        id: "agency".into(),
        label,
        help: Label::default(),
        kind: FieldType::Link("agency".into()),
        required: false,
        said: None,
        sensitive: None,
        search: false,
        min: None,
        max: None,
        default: None,
        words: Default::default(),
    }
}

fn agency_names(tx: &mut Tx, w: &Who, ids: impl Iterator<Item = Option<String>>) -> Result<Vec<(String, String)>> {
    let mut ids: Vec<String> = ids.flatten().collect();
    ids.sort();
    ids.dedup();
    ids.truncate(500);
    match titles(tx, w, "agency", ids) {
        Err(Error::Forbidden(_)) => Ok(vec![]),
        r => r,
    }
}

fn name_of<'a>(names: &'a [(String, String)], id: Option<&'a str>) -> &'a str {
    let Some(id) = id else { return "–" };
    names.iter().find(|(i, _)| i == id).map_or(id, |(_, t)| t)
}

pub(super) fn role_label(ctx: &Ctx, id: &str) -> String {
    let l = ctx.app.roles.0.get(id).map(|r| &r.label);
    l.and_then(|l| l.get(ctx.lang().code()).or_else(|| l.get("vi"))).cloned().unwrap_or_else(|| id.to_owned())
}

fn state_words<'a>(ctx: &'a Ctx, a: &Account) -> (Tone, &'a str) {
    let now = ctx.app.now();
    if a.disabled_at.is_some() {
        (Tone::Unmet, ctx.t("đã khoá", "closed"))
    } else if a.locked_until.is_some_and(|u| u > now) {
        (Tone::Soon, ctx.t("tạm khoá do nhập sai", "locked out"))
    } else if a.must_change && a.password_until.is_some_and(|u| u <= now) {
        (Tone::Unmet, ctx.t("mật khẩu tạm đã hết hạn", "temporary password ended"))
    } else if a.must_change {
        (Tone::Soon, ctx.t("chưa đổi mật khẩu tạm", "temporary password"))
    } else {
        (Tone::Met, ctx.t("đang dùng", "open"))
    }
}

fn state(ctx: &Ctx, a: &Account) -> Markup {
    let (tone, word) = state_words(ctx, a);
    tag(tone, word)
}

/// Which accounts the list shows.
const STATES: [(&str, L); 5] = [
    ("", L("Tất cả", "All")),
    ("open", L("Đang dùng", "Open")),
    ("unused", L("Chưa đăng nhập lần nào", "Never used")),
    ("review", L("Cần xem lại", "To be looked at")),
    ("closed", L("Đã khoá", "Closed")),
];

async fn list(ctx: Ctx, q: QueryData) -> PageResult {
    let wanted = STATES.iter().map(|s| s.0).find(|s| *s == q.text("state")).unwrap_or("");
    let modules = ctx.app.modules;
    let (list, names, reasons) = ctx
        .read(move |tx, w| {
            let mut list = access::every_account(tx, &w.may(Verb::Read, "account")?)?;
            let reasons = reasons(modules, tx, w, &list)?;
            list.retain(|a| match wanted {
                "open" => a.disabled_at.is_none(),
                "closed" => a.disabled_at.is_some(),
                "unused" => a.disabled_at.is_none() && a.last_sign_in_at.is_none(),
                "review" => reasons.contains_key(&a.id),
                _ => true,
            });
            let names = agency_names(tx, w, list.iter().map(|a| a.agency.clone()))?;
            Ok((list, names, reasons))
        })
        .await?;
    let t = |vi, en| ctx.t(vi, en);
    let columns = vec![
        GridColumn::text("name", t("Tên", "Name")),
        GridColumn::text("login", t("Tên đăng nhập", "Sign-in name")),
        GridColumn::text("agency", t("Cơ quan", "Agency")).drop_at(1),
        GridColumn::text("seen", t("Đăng nhập gần nhất", "Last sign-in")).drop_at(2),
        GridColumn::text("state", t("Trạng thái", "State")),
        GridColumn::text("why", t("Cần xem lại", "To be looked at")).drop_at(1),
    ];
    let mut grid = Grid::new(&ctx, &q, "", "tai-khoan", t("Tài khoản", "Accounts"), columns).export(ctx.can(Verb::Export, "account"));
    for a in &list {
        let (tone, word) = state_words(&ctx, a);
        let why = reasons.get(&a.id).map_or("", String::as_str);
        grid.row(vec![
            GridCell::link(&format!("{LIST}/{}", a.id), &a.name),
            GridCell::with(html! { code { (a.login) } }, Cell::Text(a.login.clone())),
            GridCell::text(name_of(&names, a.agency.as_deref())),
            GridCell::instant(a.last_sign_in_at, "–"),
            GridCell::tag(tone, word),
            GridCell::with(html! { @if !why.is_empty() { a href=(format!("{LIST}/{}#leave", a.id)) { (why) } } }, Cell::text(why)),
        ]);
    }
    if let Some(file) = grid.file() {
        return file;
    }
    let add = ctx
        .can(Verb::Update, "account")
        .then(|| html! { a.btn href="/admin/idle-accounts" { (t("Lâu không dùng", "Idle")) } a.btn.main href="/admin/accounts/new" { (t("Thêm tài khoản", "Add an account")) } });
    let tabs_of = STATES.iter().map(|(id, l)| Tab {
        id: (*id).into(),
        label: ctx.lang().l(*l).into(),
        count: (*id == "review").then(|| i64::try_from(reasons.len()).unwrap_or(i64::MAX)),
        href: if id.is_empty() { LIST.to_owned() } else { format!("{LIST}?state={id}") },
    });
    let body = html! {
        (heading(t("Tài khoản và quyền", "Accounts and grants"), None, add))
        (tabs(&tabs_of.collect::<Vec<_>>(), wanted, t("Trạng thái", "State")))
        @if list.is_empty() { (empty(t("Không có tài khoản nào ở đây.", "No account here."), html! {})) } @else { (grid.render()) }
    };
    Ok(Page::new(t("Tài khoản", "Accounts")).active(LIST).body(body).respond(&ctx))
}

/// Hashing takes tens of milliseconds: its own thread.
pub(crate) async fn hashed(secret: &Secret, login: &str, name: &str) -> Result<NewPassword> {
    let (s, l, n) = (Secret::new(secret.reveal()), login.to_owned(), name.to_owned());
    crate::edge::hashing(move || NewPassword::new(&s, &l, &n)).await?
}

pub(super) fn secret_page(ctx: &Ctx, a: &Account, secret: &Secret) -> Response {
    let t = |vi, en| ctx.t(vi, en);
    let body = html! {
        h1 { (t("Mật khẩu tạm của", "Temporary password of")) " " (a.name) }
        (notice(Tone::Soon, html! { (t("Chép ngay và trao tận tay: mật khẩu này chỉ hiện một lần.", "Copy it now and hand it over: it is shown once.")) }))
        p { (t("Tên đăng nhập", "Sign-in name")) ": " code { (a.login) } }
        p.secret { (secret.reveal()) }
        a.btn.main href=(format!("{LIST}/{}", a.id)) { (t("Mở tài khoản", "Open the account")) }
    };
    Page::new(t("Mật khẩu tạm", "Temporary password")).active(LIST).crumb(t("Tài khoản", "Accounts"), LIST).narrow().body(body).respond(ctx)
}

/// One account, if the reader's scope covers it; otherwise it does not exist.
fn visible(tx: &mut Tx, w: &Who, id: &str) -> Result<Account> {
    let scope = w.may(Verb::Read, "account")?;
    let a = access::account(tx, id)?;
    let filter = AccountFilter { words: a.login.clone(), limit: 500, ..AccountFilter::default() };
    let seen = access::list_accounts(tx, &scope, &filter)?.iter().any(|x| x.id == a.id);
    if seen { Ok(a) } else { Err(Error::NotFound("Không có tài khoản này.".into())) }
}

async fn show(ctx: Ctx, Path(id): Path<String>, q: QueryData) -> PageResult {
    page_of(&ctx, id, q.0, Offers::new(), Offers::new(), vec![], StatusCode::OK).await
}

async fn page_of(
    ctx: &Ctx,
    id: String,
    form: FormData,
    chosen: Offers,
    offers: Offers,
    errors: Vec<FieldError>,
    status: StatusCode,
) -> PageResult {
    let modules = ctx.app.modules;
    let (a, grants, log, names, second, leaving) = ctx
        .read(move |tx, w| {
            let mut a = visible(tx, w, &id)?;
            a.locked_until = access::locked_out_until(tx, &a)?;
            let grants = access::grants_of(tx, &id)?;
            let log = access::last_sign_ins(tx, &id, 10)?;
            let names = agency_names(tx, w, grants.iter().map(|g| g.agency.clone()).chain([a.agency.clone()]))?;
            let second = access::second_factor(tx, &id)?;
            let leaving = if w.may(Verb::Update, "account").is_ok() { Some(look(modules, tx, w, &a)?) } else { None };
            Ok((a, grants, log, names, second, leaving))
        })
        .await?;
    let t = |vi, en| ctx.t(vi, en);
    let base = format!("{LIST}/{}", a.id);
    let may = ctx.can(Verb::Update, "account") && a.id != ctx.actor.id;
    let held = grants_view(ctx, &form, &base, &grants, &names, may);
    if let Some(file) = held.file() {
        return file;
    }
    let buttons = may.then(|| {
        html! {
            @if a.disabled_at.is_none() { (post_button(&ctx.look, &format!("{base}/recovery-code"), t("Cấp mã một lần", "One-time code"), false, None)) }
            (post_button(&ctx.look, &format!("{base}/password"), t("Cấp mật khẩu tạm mới", "New temporary password"), false, Some(t("Mọi phiên của tài khoản sẽ kết thúc. Tiếp tục?", "All its sessions will end. Go on?"))))
            @if a.locked_until.is_some_and(|u| u > ctx.app.now()) { (post_button(&ctx.look, &format!("{base}/unlock"), t("Mở tạm khoá", "End the lock-out"), false, None)) }
            @if a.disabled_at.is_some() { (post_button(&ctx.look, &format!("{base}/enable"), t("Mở lại tài khoản", "Open again"), false, None)) }
        }
    });
    let body = html! {
        (heading(&a.name, Some(html! { code { (a.login) } " · " (name_of(&names, a.agency.as_deref())) " · " (state(ctx, &a)) }), buttons))
        (error_summary(&errors, |n| label_of(ctx, n), ctx.lang()))
        section.card { h2 { (t("Quyền", "Grants")) } @if held.is_empty() { p.muted { (t("Chưa có quyền nào: tài khoản này chưa xem được gì.", "No grants: this account sees nothing yet.")) } } @else { (held.render()) } @if may { (grant_form(ctx, &base, &form, &chosen, &offers, &errors)) } }
        section.card { h2 { (t("Các lần đăng nhập gần đây", "Recent sign-ins")) } (sign_ins(ctx, &log)) }
        @if may && second.since.is_some() { (second_reset(ctx, &base)) }
        @if let Some(l) = leaving.as_ref().filter(|_| may && a.disabled_at.is_none()) { (section(ctx, &a, l)) }
        @if may && a.disabled_at.is_none() {
            details.card { summary { (t("Khoá tài khoản", "Close the account")) }
                form method="post" action=(format!("{base}/disable")) {
                    (csrf(&ctx.look))
                    (field(&FieldView::line("reason", t("Lý do", "Reason"), "").required(), ctx.lang()))
                    button.btn.danger type="submit" { (t("Khoá tài khoản", "Close")) }
                }
            }
        }
    };
    Ok(Page::new(&a.name).active(LIST).crumb(t("Tài khoản", "Accounts"), LIST).crumb_text(&a.name).status(status).body(body).respond(ctx))
}

fn grants_view(ctx: &Ctx, q: &FormData, base: &str, list: &[Grant], names: &[(String, String)], may: bool) -> Grid {
    let columns = vec![
        GridColumn::text("role", ctx.t("Vai trò", "Role")),
        GridColumn::text("reach", ctx.t("Phạm vi", "Reach")),
        GridColumn::day("from", ctx.t("Từ – đến", "From – to")).drop_at(1),
        GridColumn::action(""),
    ];
    let mut t = Grid::new(ctx, q, "g", "quyen", ctx.t("Quyền", "Grants"), columns).export(ctx.can(Verb::Export, "account"));
    for g in list {
        let reach = match &g.agency {
            None => ctx.t("toàn hệ thống", "whole instance").to_owned(),
            Some(id) => format!("{} {}", name_of(names, Some(id)), ctx.t("và đơn vị trực thuộc", "and below")),
        };
        let date = |d: &Option<String>| d.as_deref().map(fmt::date).unwrap_or_default();
        t.row(vec![
            GridCell::text(&role_label(ctx, &g.role)),
            GridCell::text(&reach),
            GridCell::with(html! { (date(&g.from_date)) " – " (date(&g.to_date)) }, g.from_date.clone().map_or(Cell::Empty, Cell::Date)),
            GridCell::only(html! { @if !g.active { (tag(Tone::Plain, ctx.t("hết hiệu lực", "over"))) } @else if may { (post_button(&ctx.look, &format!("{base}/grants/{}/end", g.id), ctx.t("Thôi cấp", "End"), false, None)) } }),
        ]);
    }
    t
}

fn grant_form(ctx: &Ctx, base: &str, f: &FormData, chosen: &Offers, offers: &Offers, errors: &[FieldError]) -> Markup {
    html! {
        details open[!errors.is_empty()] { summary { (ctx.t("Cấp quyền", "Grant")) }
            form method="post" action=(format!("{base}/grants")) {
                (csrf(&ctx.look))
                (field(&FieldView::line("role", ctx.t("Vai trò", "Role"), f.text("role")).kind(InputKind::Select(role_choices(ctx))).required().errors(errors), ctx.lang()))
                (reach_input(ctx, f, chosen, offers, errors))
                (field(&FieldView::line("from_date", ctx.t("Từ ngày", "From"), f.text("from_date")).kind(InputKind::Date).errors(errors), ctx.lang()))
                (field(&FieldView::line("to_date", ctx.t("Đến hết ngày", "To"), f.text("to_date")).kind(InputKind::Date).errors(errors), ctx.lang()))
                button.btn.main type="submit" { (ctx.t("Cấp", "Grant")) }
            }
        }
    }
}

fn second_reset(ctx: &Ctx, base: &str) -> Markup {
    html! {
        details.card { summary { (ctx.t("Gỡ lớp bảo vệ thứ hai (mất điện thoại và mã dự phòng)", "Take the second factor away (telephone and codes lost)")) }
            form method="post" action=(format!("{base}/second-factor/reset")) {
                (csrf(&ctx.look))
                (field(&FieldView::line("reason", ctx.t("Lý do: ai yêu cầu, đã xác minh thế nào", "Reason: who asked, how that was verified"), "").required(), ctx.lang()))
                button.btn.danger type="submit" { (ctx.t("Gỡ", "Take away")) }
            }
        }
    }
}

fn sign_ins(ctx: &Ctx, list: &[SignInEntry]) -> Markup {
    html! {
        @if list.is_empty() { p.muted { (ctx.t("Chưa đăng nhập lần nào.", "Never signed in.")) } }
        ul { @for e in list { li { (fmt::instant(e.at)) " · " (e.ip) " · " @if e.ok { span.good { (ctx.t("thành công", "signed in")) } } @else if e.reason == "half" { (ctx.t("đúng mật khẩu, còn chờ mã", "right password, code awaited")) } @else { span.late { (ctx.t("không thành công", "refused")) } } } } }
    }
}

async fn reset(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let wanted = id.clone();
    let a = ctx.read(move |tx, w| visible(tx, w, &wanted)).await?;
    let secret = access::readable_secret();
    let password = hashed(&secret, &a.login, &a.name).await?;
    ctx.write(move |tx, w| access::set_password(tx, &w.actor, &id, &password, true)).await?;
    Ok(secret_page(&ctx, &a, &secret))
}

async fn disable(ctx: Ctx, Path(id): Path<String>, f: FormData) -> PageResult {
    let (rec, reason) = (id.clone(), f.text("reason").trim().to_owned());
    ctx.write(move |tx, w| access::set_disabled(tx, &w.actor, &rec, true, &reason)).await?;
    redirect_with(&ctx, &format!("{LIST}/{id}"), "met", ctx.t("Đã khoá tài khoản.", "Account closed."))
}

async fn enable(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let rec = id.clone();
    ctx.write(move |tx, w| access::set_disabled(tx, &w.actor, &rec, false, "")).await?;
    redirect_with(&ctx, &format!("{LIST}/{id}"), "met", ctx.t("Đã mở lại tài khoản.", "Account opened."))
}

async fn unlock(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let rec = id.clone();
    ctx.write(move |tx, w| access::unlock(tx, &w.actor, &rec)).await?;
    redirect_with(&ctx, &format!("{LIST}/{id}"), "met", ctx.t("Đã mở tạm khoá.", "Lock-out ended."))
}

async fn add_grant(ctx: Ctx, Path(id): Path<String>, f: FormData) -> PageResult {
    let (form, chosen, offers, mut errors) = with_agency(&ctx, f).await?;
    let mut date = |name: &str| match form.filled(name).map(text::parse_date_vi) {
        None => None,
        Some(Ok(d)) => Some(d),
        Some(Err(e)) => {
            errors.push(FieldError { field: name.into(), message: e.message().to_owned() });
            None
        }
    };
    let (from_date, to_date) = (date("from_date"), date("to_date"));
    let agency = reach_of(&ctx, &form, &mut errors);
    if errors.is_empty() {
        let new = NewGrant { account: id.clone(), role: form.text("role").into(), agency, from_date, to_date };
        let roles = ctx.app.roles.clone();
        match ctx.write(move |tx, w| access::grant(tx, &w.actor, &roles, &new)).await {
            Ok(_) => return redirect_with(&ctx, &format!("{LIST}/{id}"), "met", ctx.t("Đã cấp quyền.", "Granted.")),
            Err(Error::Invalid(list)) => errors = list,
            Err(Error::Conflict(m)) => errors.push(FieldError { field: String::new(), message: m }),
            Err(e) => return Err(e.into()),
        }
    }
    page_of(&ctx, id, form, chosen, offers, errors, StatusCode::UNPROCESSABLE_ENTITY).await
}

async fn end_grant(ctx: Ctx, Path((id, grant)): Path<(String, String)>) -> PageResult {
    ctx.write(move |tx, w| access::end_grant(tx, &w.actor, &grant, "")).await?;
    redirect_with(&ctx, &format!("{LIST}/{id}"), "met", ctx.t("Đã thôi cấp quyền.", "Grant ended."))
}

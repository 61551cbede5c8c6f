//! One's own account: password, sessions, API tokens, language and theme.

use std::collections::BTreeSet;

use access::{ApiToken, NewPassword, NewToken, Secret, SessionInfo, SignIn, SignInEntry, Verb};
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use documents::Cell;
use maud::{Markup, html};
use store::{Error, FieldError};

use crate::app::App;
use crate::components::{FieldView, Grid, GridCell, GridColumn, InputKind, error_summary, field, heading, notice, post_button, tag};
use crate::ctx::Ctx;
use crate::error::PageResult;
use crate::fmt;
use crate::forms::{FormData, QueryData};
use crate::module::Tone;
use crate::pages::sign_in::{Caller, session_token};
use crate::shell::{Page, csrf, redirect_with};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/account", get(show))
        .route("/account/password", get(password_form).post(change_password))
        .route("/account/sessions/end-others", post(end_others))
        .route("/account/sessions/{id}/end", post(end_session))
        .route("/account/tokens", post(make_token))
        .route("/account/tokens/{id}/revoke", post(revoke_token))
}

async fn show(ctx: Ctx, headers: HeaderMap, q: QueryData) -> PageResult {
    let token = session_token(&headers)?;
    let (sessions, tokens, log) = ctx
        .read(move |tx, w| {
            Ok((
                access::list_sessions(tx, &w.actor.id, &token)?,
                access::list_tokens(tx, &w.actor.id)?,
                access::last_sign_ins(tx, &w.actor.id, 50)?,
            ))
        })
        .await?;
    let grids = [sessions_table(&ctx, &q, &sessions), tokens_table(&ctx, &q, &tokens), log_table(&ctx, &q, &log)];
    if let Some(file) = grids.iter().find_map(Grid::file) {
        return file;
    }
    let [open, keys, log] = &grids;
    let a = &ctx.session.account;
    let t = |vi, en| ctx.t(vi, en);
    let body = html! {
        (heading(t("Tài khoản của tôi", "My account"), Some(html! { (a.name) " · " code { (a.login) } }), Some(html! { a.btn href="/account/password" { (t("Đổi mật khẩu", "Change password")) } })))
        (roles(&ctx))
        section.card {
            h2 { (t("Lớp bảo vệ thứ hai", "Second factor")) }
            p {
                @if ctx.session.secured { (tag(Tone::Met, t("đang bật", "in use"))) } @else { (tag(Tone::Soon, t("chưa bật", "not in use"))) }
                " " (t("Mã 6 chữ số trên điện thoại, hỏi sau mật khẩu.", "A 6-digit code on your telephone, asked for after the password."))
            }
            a.btn href="/account/second-factor" { @if ctx.session.secured { (t("Xem, đổi hoặc tắt", "See, change or turn off")) } @else { (t("Bật", "Turn on")) } }
        }
        section.card {
            h2 { (t("Các phiên đang mở", "Open sessions")) }
            (open.render())
            @if sessions.len() > 1 { (post_button(&ctx.look, "/account/sessions/end-others", t("Kết thúc mọi phiên khác", "End all other sessions"), false, None)) }
        }
        section.card { h2 { (t("Mã truy cập API", "API tokens")) } (tokens_section(&ctx, keys)) }
        section.card { h2 { (t("Các lần đăng nhập gần đây", "Recent sign-ins")) } (log.render()) }
    };
    Ok(Page::new(t("Tài khoản", "Account")).active("/account").body(body).respond(&ctx))
}

fn roles(ctx: &Ctx) -> Markup {
    let name = |id: &str| {
        let l = ctx.app.roles.0.get(id).map(|r| &r.label);
        l.and_then(|l| l.get(ctx.lang().code()).or_else(|| l.get("vi"))).cloned().unwrap_or_else(|| id.to_owned())
    };
    html! {
        p.muted {
            (ctx.t("Vai trò: ", "Roles: "))
            @for (i, g) in ctx.actor.grants().iter().enumerate() {
                @if i > 0 { "; " }
                (name(&g.role)) @if g.agency.is_none() { " (" (ctx.t("toàn hệ thống", "whole instance")) ")" }
            }
            @if ctx.actor.grants().is_empty() { (ctx.t("chưa được cấp quyền nào. Báo người quản trị tài khoản của cơ quan bạn.", "no grants yet. Tell who manages accounts in your agency.")) }
        }
    }
}

fn sessions_table(ctx: &Ctx, q: &FormData, list: &[SessionInfo]) -> Grid {
    let columns = vec![
        GridColumn::text("browser", ctx.t("Trình duyệt", "Browser")),
        GridColumn::text("ip", ctx.t("Địa chỉ", "Address")).drop_at(2),
        GridColumn::text("seen", ctx.t("Dùng gần nhất", "Last used")),
        GridColumn::action(""),
    ];
    let mut t = Grid::new(ctx, q, "s", "phien", ctx.t("Các phiên đang mở", "Open sessions"), columns);
    for s in list {
        t.row(vec![
            GridCell::with(html! { span.break title=(s.user_agent) { (fmt::device(&s.user_agent)) } }, Cell::text(fmt::device(&s.user_agent))),
            GridCell::text(&s.ip),
            GridCell::instant(Some(s.seen_at), ""),
            GridCell::only(html! { @if s.current { (tag(Tone::Met, ctx.t("phiên này", "this one"))) } @else { (post_button(&ctx.look, &format!("/account/sessions/{}/end", s.id), ctx.t("Kết thúc", "End"), false, None)) } }),
        ]);
    }
    t
}

fn log_table(ctx: &Ctx, q: &FormData, list: &[SignInEntry]) -> Grid {
    let columns = vec![
        GridColumn::text("at", ctx.t("Lúc", "At")),
        GridColumn::text("result", ctx.t("Kết quả", "Result")),
        GridColumn::text("ip", ctx.t("Địa chỉ", "Address")),
    ];
    let mut t = Grid::new(ctx, q, "l", "lan-dang-nhap", ctx.t("Các lần đăng nhập gần đây", "Recent sign-ins"), columns);
    for e in list {
        let (tone, word) = if e.ok {
            (Tone::Met, ctx.t("thành công", "signed in"))
        } else {
            match e.reason.as_str() {
                "half" => (Tone::Plain, ctx.t("đúng mật khẩu, còn chờ mã", "right password, code awaited")),
                "recover" => (Tone::Soon, ctx.t("yêu cầu đặt lại mật khẩu", "asked for a new password")),
                _ => (Tone::Unmet, ctx.t("không thành công", "refused")),
            }
        };
        t.row(vec![GridCell::instant(Some(e.at), ""), GridCell::tag(tone, word), GridCell::text(&e.ip)]);
    }
    t
}

fn tokens_table(ctx: &Ctx, q: &FormData, list: &[ApiToken]) -> Grid {
    let t = |vi, en| ctx.t(vi, en);
    let columns = vec![
        GridColumn::text("name", t("Dùng cho", "For")),
        GridColumn::text("prefix", t("Bắt đầu bằng", "Begins with")).drop_at(2),
        GridColumn::day("expires", t("Hết hạn", "Expires")),
        GridColumn::text("used", t("Dùng gần nhất", "Last used")).drop_at(2),
        GridColumn::action(""),
    ];
    let mut table = Grid::new(ctx, q, "k", "ma-api", t("Mã truy cập API", "API tokens"), columns);
    for k in list {
        let over = k.revoked_at.is_some() || k.expires_at < ctx.app.now();
        table.row(vec![
            GridCell::with(html! { (k.name) @if k.verbs.is_some() { " " (tag(Tone::Plain, t("chỉ đọc", "read only"))) } }, Cell::text(&k.name)),
            GridCell::with(html! { code { (k.prefix) "…" } }, Cell::text(&k.prefix)),
            GridCell::day(Some(&fmt::day_of(k.expires_at))),
            GridCell::instant(k.last_used_at, t("chưa dùng", "never")),
            GridCell::only(html! { @if over { (tag(Tone::Plain, t("không còn dùng được", "ended"))) } @else { (post_button(&ctx.look, &format!("/account/tokens/{}/revoke", k.id), t("Thu hồi", "Revoke"), false, None)) } }),
        ]);
    }
    table
}

fn tokens_section(ctx: &Ctx, table: &Grid) -> Markup {
    let t = |vi, en| ctx.t(vi, en);
    html! {
        @if table.is_empty() { p.muted { (t("Chưa có mã nào. Mã cho phép một phần mềm khác đọc hoặc ghi thay bạn, trong phạm vi quyền của bạn.", "None yet. A token lets another program read or write in your name, within your rights.")) } }
        @else { (table.render()) }
        details { summary { (t("Tạo mã mới", "Make a token")) }
            form method="post" action="/account/tokens" {
                (csrf(&ctx.look))
                (field(&FieldView::line("name", t("Dùng cho việc gì", "What it is for"), "").required(), ctx.lang()))
                (field(&FieldView::line("days", t("Số ngày có hiệu lực (1–366)", "Life in days (1–366)"), "90").kind(InputKind::Number).required(), ctx.lang()))
                label.check { input type="checkbox" name="read_only" value="1" checked; " " (t("Chỉ đọc và xuất", "Read and export only")) }
                button.btn type="submit" { (t("Tạo mã", "Make it")) }
            }
        }
    }
}

async fn make_token(ctx: Ctx, f: FormData) -> PageResult {
    let days = f.filled("days").and_then(|d| text::parse_integer_vi(d).ok()).unwrap_or(0);
    let new = NewToken {
        name: f.text("name").trim().to_owned(),
        verbs: f.has("read_only").then(|| BTreeSet::from([Verb::Read, Verb::Export])),
        registers: None,
        days,
    };
    let made = ctx.write(move |tx, w| access::create_token(tx, &w.actor, &w.actor.id, &new)).await?;
    let t = |vi, en| ctx.t(vi, en);
    let body = html! {
        h1 { (t("Mã truy cập mới", "New token")) }
        (notice(Tone::Soon, html! { p { (t("Chép mã này ngay: nó chỉ hiện một lần.", "Copy it now: it is shown once.")) } }))
        p.secret { (made.token.reveal()) }
        p.muted.small { code { "curl -H 'Authorization: Bearer …' " (ctx.app.config.base_url) "/api/v1/agency" } }
        a.btn.main href="/account" { (t("Đã chép xong", "I have copied it")) }
    };
    Ok(Page::new(t("Mã truy cập mới", "New token")).active("/account").narrow().body(body).respond(&ctx))
}

async fn revoke_token(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    ctx.write(move |tx, w| access::revoke_token(tx, &w.actor, &id)).await?;
    redirect_with(&ctx, "/account", "met", ctx.t("Đã thu hồi mã.", "Token revoked."))
}

async fn end_session(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    ctx.write(move |tx, w| access::revoke_session(tx, &w.actor.id, &id)).await?;
    redirect_with(&ctx, "/account", "met", ctx.t("Đã kết thúc phiên.", "Session ended."))
}

async fn end_others(ctx: Ctx, headers: HeaderMap) -> PageResult {
    let token = session_token(&headers)?;
    let n = ctx.write(move |tx, w| access::revoke_other_sessions(tx, &w.actor.id, &token)).await?;
    redirect_with(&ctx, "/account", "met", &format!("{} {n} {}", ctx.t("Đã kết thúc", "Ended"), ctx.t("phiên.", "sessions.")))
}

async fn password_form(ctx: Ctx) -> PageResult {
    Ok(password_page(&ctx, &[], StatusCode::OK))
}

fn password_page(ctx: &Ctx, errors: &[FieldError], status: StatusCode) -> Response {
    let t = |vi, en| ctx.t(vi, en);
    let must = ctx.session.account.must_change;
    let pw = |name, label, auto, help| {
        let mut v = FieldView::line(name, label, "").kind(InputKind::Line("password")).required().help(help).errors(errors);
        v.autocomplete = Some(auto);
        field(&v, ctx.lang())
    };
    let body = html! {
        h1 { (t("Đổi mật khẩu", "Change password")) }
        @if must { (notice(Tone::Soon, html! { (t("Mật khẩu hiện tại là mật khẩu tạm. Đặt mật khẩu của riêng bạn để dùng tiếp.", "The present password is temporary. Choose your own to go on.")) })) }
        (error_summary(errors, |f| match f { "old" => t("Mật khẩu hiện tại", "Present password"), "again" => t("Nhập lại", "Again"), _ => t("Mật khẩu mới", "New password") }.to_owned(), ctx.lang()))
        form method="post" action="/account/password" {
            (csrf(&ctx.look))
            (pw("old", t("Mật khẩu hiện tại", "Present password"), "current-password", ""))
            (pw("password", t("Mật khẩu mới", "New password"), "new-password", t("Một câu dễ nhớ, dài là tốt. Không chứa tên của bạn.", "A phrase you remember; long is good. Without your name.")))
            (pw("again", t("Nhập lại mật khẩu mới", "New password again"), "new-password", ""))
            div.row { button.btn.main type="submit" { (t("Đổi mật khẩu", "Change password")) } @if !must { a.btn href="/account" { (t("Thôi", "Cancel")) } } }
        }
    };
    Page::new(t("Đổi mật khẩu", "Change password")).active("/account").narrow().status(status).body(body).respond(ctx)
}

async fn change_password(ctx: Ctx, Caller(client): Caller, headers: HeaderMap, f: FormData) -> PageResult {
    let keep = session_token(&headers)?;
    let bad = |field: &str, m: &str| {
        Ok(password_page(&ctx, &[FieldError { field: field.into(), message: m.into() }], StatusCode::UNPROCESSABLE_ENTITY))
    };
    if f.text("password") != f.text("again") {
        return bad("again", ctx.t("Hai lần nhập mật khẩu mới không giống nhau.", "The two new passwords differ."));
    }
    let (login, name) = (ctx.session.account.login.clone(), ctx.session.account.name.clone());
    let login2 = login.clone();
    let begun = ctx.app.read(move |tx| SignIn::begin(tx, &login2)).await?;
    let (old, new) = (Secret::new(f.text("old")), Secret::new(f.text("password")));
    let hash = move || Ok::<_, Error>((begun.check(&old)?, NewPassword::replacing(&old, &new, &login, &name)?));
    let hashed = crate::edge::hashing(hash).await?;
    let (old, new) = match hashed {
        Ok(x) => x,
        Err(Error::Invalid(list)) => {
            return Ok(password_page(&ctx, &list, StatusCode::UNPROCESSABLE_ENTITY));
        }
        Err(e) => return Err(e.into()),
    };
    if let Some(refused) = ctx.write(move |tx, _| access::change_own_password(tx, &old, &new, &keep, &client.ip)).await? {
        return bad("old", &refused.message());
    }
    redirect_with(&ctx, "/", "met", ctx.t("Đã đổi mật khẩu. Các phiên khác đã kết thúc.", "Password changed. Other sessions ended."))
}

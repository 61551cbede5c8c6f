//! Accounts that nobody uses any more, and closing them together.

use access::{Account, Verb};
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use maud::html;
use store::{Error, FieldError};

use crate::app::App;
use crate::components::{Column, FieldView, Table, empty, error_summary, field, heading};
use crate::ctx::Ctx;
use crate::error::PageResult;
use crate::fmt;
use crate::forms::{FormData, QueryData};
use crate::shell::{Page, csrf, redirect_with};

const HERE: &str = "/admin/idle-accounts";

pub(super) fn routes() -> Router<App> {
    Router::new().route(HERE, get(show).post(close))
}

/// The days of the address, or the instance's own.
fn days(ctx: &Ctx, f: &FormData) -> i64 {
    f.filled("days").and_then(|d| d.parse().ok()).filter(|d| (1..=3650).contains(d)).unwrap_or(ctx.app.config.idle_days)
}

async fn show(ctx: Ctx, q: QueryData) -> PageResult {
    let days = days(&ctx, &q);
    let list = ctx.read(move |tx, w| access::idle_accounts(tx, &w.may(Verb::Read, "account")?, days)).await?;
    Ok(page(&ctx, days, &list, &FormData::default(), &[], StatusCode::OK))
}

fn page(ctx: &Ctx, days: i64, list: &[Account], f: &FormData, errors: &[FieldError], status: StatusCode) -> Response {
    let t = |vi, en| ctx.t(vi, en);
    let title = t("Tài khoản lâu không dùng", "Idle accounts");
    let may = ctx.can(Verb::Update, "account");
    let mut table = Table::new(
        title,
        vec![
            Column::text(t("Chọn", "Choose")),
            Column::text(t("Tên", "Name")),
            Column::text(t("Tên đăng nhập", "Sign-in name")),
            Column::text(t("Đăng nhập gần nhất", "Last sign-in")),
        ],
    );
    for a in list {
        let own = a.id == ctx.actor.id;
        table.row(vec![
            html! { @if may && !own { input type="checkbox" name="id" value=(a.id) aria-label=(format!("{} {}", t("Chọn", "Choose"), a.name)) checked[f.all("id").any(|i| i == a.id)]; } },
            html! { a href=(format!("/admin/accounts/{}", a.id)) { (a.name) } },
            html! { code { (a.login) } },
            html! { (a.last_sign_in_at.map(fmt::instant).unwrap_or_else(|| t("chưa lần nào", "never").into())) },
        ]);
    }
    let body = html! {
        (heading(title, Some(html! { (t("Không đăng nhập, cũng không dùng mã API, trong", "Neither signed in nor used a token for")) " " (days) " " (t("ngày. Mỗi cửa mở mà không ai dùng là một cửa cho kẻ khác.", "days. An open door that nobody uses is a door for somebody else.")) }), None))
        (error_summary(errors, |n| if n == "reason" { t("Lý do", "Reason") } else { t("Chọn", "Choose") }.to_owned(), ctx.lang()))
        form.filters method="get" action=(HERE) { label { (t("Số ngày", "Days")) " " input type="number" name="days" min="1" max="3650" value=(days); } button.btn type="submit" { (t("Xem", "Show")) } }
        @if list.is_empty() { (empty(t("Không có tài khoản nào lâu không dùng.", "No idle account."), html! {})) }
        @else {
            form method="post" action=(HERE) {
                (csrf(&ctx.look))
                input type="hidden" name="days" value=(days);
                (table.render(ctx.lang()))
                @if may {
                    (field(&FieldView::line("reason", t("Lý do", "Reason"), f.text("reason")).required().errors(errors), ctx.lang()))
                    button.btn.danger type="submit" { (t("Khoá các tài khoản đã chọn", "Close the chosen accounts")) }
                }
            }
        }
    };
    Page::new(title)
        .active("/admin/accounts")
        .crumb(t("Tài khoản", "Accounts"), "/admin/accounts")
        .crumb_text(title)
        .status(status)
        .body(body)
        .respond(ctx)
}

async fn close(ctx: Ctx, f: FormData) -> PageResult {
    let days = days(&ctx, &f);
    let (ids, reason): (Vec<String>, _) = (f.all("id").map(str::to_owned).collect(), f.text("reason").to_owned());
    match ctx.write(move |tx, w| access::close_idle(tx, &w.actor, &ids, days, &reason)).await {
        Ok(n) => redirect_with(&ctx, HERE, "met", &format!("{} {n} {}", ctx.t("Đã khoá", "Closed"), ctx.t("tài khoản.", "accounts."))),
        Err(Error::Invalid(errors)) => {
            let list = ctx.read(move |tx, w| access::idle_accounts(tx, &w.may(Verb::Read, "account")?, days)).await?;
            Ok(page(&ctx, days, &list, &f, &errors, StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(e) => Err(e.into()),
    }
}

//! Accounts that nobody uses any more, and closing them together.

use access::{Account, Verb};
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use documents::Cell;
use maud::html;
use store::{Error, FieldError};

use crate::app::App;
use crate::components::{FieldView, Grid, GridCell, GridColumn, empty, error_summary, field, heading};
use crate::ctx::Ctx;
use crate::error::PageResult;
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
    Ok(page(&ctx, days, &list, &q, &[], StatusCode::OK))
}

fn page(ctx: &Ctx, days: i64, list: &[Account], f: &FormData, errors: &[FieldError], status: StatusCode) -> Response {
    let t = |vi, en| ctx.t(vi, en);
    let title = t("Tài khoản lâu không dùng", "Idle accounts");
    let may = ctx.can(Verb::Update, "account");
    let columns = vec![
        GridColumn::action(t("Chọn", "Choose")),
        GridColumn::text("name", t("Tên", "Name")),
        GridColumn::text("login", t("Tên đăng nhập", "Sign-in name")),
        GridColumn::text("seen", t("Đăng nhập gần nhất", "Last sign-in")),
    ];
    let mut grid = Grid::new(ctx, f, "", "lau-khong-dung", title, columns).export(ctx.can(Verb::Export, "account"));
    for a in list {
        let own = a.id == ctx.actor.id;
        grid.row(vec![
            GridCell::only(html! { @if may && !own { input type="checkbox" name="id" value=(a.id) aria-label=(format!("{} {}", t("Chọn", "Choose"), a.name)) checked[f.all("id").any(|i| i == a.id)]; } }),
            GridCell::link(&format!("/admin/accounts/{}", a.id), &a.name),
            GridCell::with(html! { code { (a.login) } }, Cell::text(&a.login)),
            GridCell::instant(a.last_sign_in_at, t("chưa lần nào", "never")),
        ]);
    }
    if let Some(Ok(file)) = grid.file().filter(|_| status == StatusCode::OK) {
        return file;
    }
    let body = html! {
        (heading(title, Some(html! { (t("Không đăng nhập, cũng không dùng mã API, trong", "Neither signed in nor used a token for")) " " (days) " " (t("ngày. Mỗi cửa mở mà không ai dùng là một cửa cho kẻ khác.", "days. An open door that nobody uses is a door for somebody else.")) }), None))
        (error_summary(errors, |n| if n == "reason" { t("Lý do", "Reason") } else { t("Chọn", "Choose") }.to_owned(), ctx.lang()))
        form.filters method="get" action=(HERE) { label { (t("Số ngày", "Days")) " " input type="number" name="days" min="1" max="3650" value=(days); } button.btn type="submit" { (t("Xem", "Show")) } }
        @if list.is_empty() { (empty(t("Không có tài khoản nào lâu không dùng.", "No idle account."), html! {})) }
        @else {
            (grid.bar_alone())
            form method="post" action=(HERE) {
                (csrf(&ctx.look))
                input type="hidden" name="days" value=(days);
                (grid.table_alone())
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

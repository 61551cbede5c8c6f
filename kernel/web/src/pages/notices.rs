//! In-app notices of one's own account.

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use maud::html;

use crate::app::App;
use crate::components::{empty, heading, post_button, tag};
use crate::ctx::Ctx;
use crate::error::PageResult;
use crate::fmt;
use crate::forms::QueryData;
use crate::module::Tone;
use crate::security::local_path;
use crate::shell::{Page, redirect};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/notices", get(show))
        .route("/notices/read-all", post(read_all))
        .route("/notices/{id}/open", post(open))
        .route("/notices/{id}/acknowledge", post(acknowledge))
}

const PAGE: u32 = 30;

async fn show(ctx: Ctx, q: QueryData) -> PageResult {
    let after = q.filled("after").map(str::to_owned);
    let list = ctx.read(move |tx, w| work::notices(tx, &w.actor.id, false, after.as_deref(), PAGE)).await?;
    let unread = list.iter().any(|n| n.read_at.is_none() && !n.needs_ack);
    let buttons = unread.then(|| post_button(&ctx.look, "/notices/read-all", ctx.t("Đánh dấu đã đọc hết", "Mark all read"), false, None));
    let body = html! {
        (heading(ctx.t("Thông báo", "Notices"), None, buttons))
        @if list.is_empty() { (empty(ctx.t("Chưa có thông báo nào.", "No notices yet."), html! { p.muted { (ctx.t("Nhắc việc, cảnh báo và kết quả duyệt gửi cho bạn sẽ ở đây.", "Reminders, warnings and decisions sent to you will be here.")) } })) }
        ul.list { @for n in &list { li {
            span.due { (fmt::instant(n.at)) }
            div {
                @if n.read_at.is_none() { strong { (n.subject) } " " (tag(Tone::Soon, ctx.t("mới", "new"))) } @else { (n.subject) }
                @if !n.body.is_empty() { div.muted.small { (n.body) } }
            }
            div.row.actions {
                @if n.needs_ack && n.ack_at.is_none() { (post_button(&ctx.look, &format!("/notices/{}/acknowledge", n.id), ctx.t("Đã rõ", "Acknowledge"), false, None)) }
                @if n.link.is_some() || n.read_at.is_none() { (post_button(&ctx.look, &format!("/notices/{}/open", n.id), if n.link.is_some() { ctx.t("Mở", "Open") } else { ctx.t("Đã đọc", "Read") }, false, None)) }
            }
        } } }
        @if list.len() == PAGE as usize { @if let Some(l) = list.last() { nav.pager { a.btn href=(format!("/notices?after={}", l.id)) { (ctx.t("Cũ hơn", "Older")) } } } }
    };
    Ok(Page::new(ctx.t("Thông báo", "Notices")).active("/notices").body(body).respond(&ctx))
}

async fn read_all(ctx: Ctx) -> PageResult {
    ctx.write(|tx, w| work::read_all_notices(tx, &w.actor.id)).await?;
    Ok(redirect("/notices"))
}

/// Marks as read and goes where the notice points.
async fn open(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let to = ctx
        .write(move |tx, w| {
            work::read_notice(tx, &w.actor.id, &id)?;
            // one's own notices only, and this one is recent: it stands among the newest
            let list = work::notices(tx, &w.actor.id, false, None, 500)?;
            Ok(list.into_iter().find(|n| n.id == id).and_then(|n| n.link))
        })
        .await?;
    Ok(redirect(local_path(to.as_deref().unwrap_or("/notices"))))
}

async fn acknowledge(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    ctx.write(move |tx, w| work::acknowledge(tx, &w.actor.id, &id)).await?;
    Ok(redirect("/notices"))
}

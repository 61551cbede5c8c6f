//! "Việc của tôi hôm nay": what waits for me, by due day; then the figures of my scope.

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};
use store::Error;

use crate::app::App;
use crate::components::{due_words, empty, heading, work_list};
use crate::ctx::Ctx;
use crate::error::PageResult;
use crate::fmt;
use crate::module::{Tone, WorkItem};
use crate::shell::page;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/", get(show))
}

/// So many lines are shown; the rest is said in words.
const MOST: usize = 40;

async fn show(ctx: Ctx) -> PageResult {
    let modules = ctx.app.modules;
    let (mut items, figures) = ctx
        .read(move |tx, w| {
            let (mut items, mut figures) = (vec![], vec![]);
            for m in modules {
                // who may not read a module's records has no work there
                match m.home(&w.cx(), tx, &w.actor) {
                    Ok(list) => items.extend(list),
                    Err(Error::Forbidden(_)) => {}
                    Err(e) => return Err(e),
                }
                match m.home_figures(&w.cx(), tx, &w.actor) {
                    Ok(f) => figures.extend(f),
                    Err(Error::Forbidden(_)) => {}
                    Err(e) => return Err(e),
                }
            }
            // lower modules first in the list of modules; what people owe stands nearer to the work than what is measured
            figures.reverse();
            Ok((items, figures))
        })
        .await?;
    sort(&mut items);
    Ok(page(&ctx, ctx.t("Việc của tôi", "My work"), "/", body(&ctx, &items, &figures)))
}

/// By due day; what has no day comes last; equal days by title, so that the order never jumps.
fn sort(items: &mut [WorkItem]) {
    items.sort_by(|a, b| (!a.first, a.due.is_none(), &a.due, &a.title).cmp(&(!b.first, b.due.is_none(), &b.due, &b.title)));
}

fn body(ctx: &Ctx, items: &[WorkItem], figures: &[Markup]) -> Markup {
    let place = ctx.menu.agency.as_ref().map(|a| format!("{a} · ")).unwrap_or_default();
    html! {
        div.crumbs { (place) (fmt::long_day(&ctx.today, ctx.lang())) }
        (heading(ctx.t("Việc của tôi hôm nay", "My work today"), Some(html! { (summary(ctx, items)) }), None))
        div.stack {
            @if items.is_empty() {
                (empty(ctx.t("Không có việc nào đang chờ bạn.", "Nothing waits for you."),
                    html! { p.muted { (ctx.t("Việc đến hạn, bản ghi cần xác nhận và nhiệm vụ được giao sẽ hiện ở đây.", "Due work, records to confirm and assigned tasks will be here.")) } }))
            } @else {
                section.card { h2 { (ctx.t("Cần làm", "To do")) }
                    (work_list(ctx, &items[..items.len().min(MOST)]))
                    @if items.len() > MOST { p.muted { (ctx.t("Còn", "Another")) " " (fmt::int((items.len() - MOST) as i64)) " " (ctx.t("việc nữa có hạn muộn hơn.", "with later days.")) } }
                }
            }
            @for f in figures { (f) }
        }
    }
}

fn summary(ctx: &Ctx, items: &[WorkItem]) -> String {
    let tone = |w: &WorkItem| w.tone.unwrap_or_else(|| w.due.as_deref().map_or(Tone::Plain, |d| due_words(d, &ctx.today, ctx.lang()).1));
    let late = items.iter().filter(|w| tone(w) == Tone::Unmet).count();
    let soon = items.iter().filter(|w| tone(w) == Tone::Soon).count();
    if items.is_empty() {
        return String::new();
    }
    let n = items.len();
    let (vi, en) = match (late, soon) {
        (0, 0) => ("không việc nào quá hạn hay hết hạn trong ba ngày tới".to_owned(), "none late or due within three days".to_owned()),
        (0, s) => (format!("{s} việc hết hạn trong ba ngày tới"), format!("{s} due within three days")),
        (l, 0) => (format!("{l} việc quá hạn"), format!("{l} late")),
        (l, s) => (format!("{l} việc quá hạn, {s} việc hết hạn trong ba ngày tới"), format!("{l} late, {s} due within three days")),
    };
    ctx.t(&format!("{n} việc đang chờ: {vi}."), &format!("{n} waiting: {en}.")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undated_work_comes_last() {
        let w = |t: &str, d: Option<&str>| WorkItem { title: t.into(), due: d.map(Into::into), ..WorkItem::default() };
        let mut v = vec![w("c", None), w("b", Some("2026-12-01")), w("a", Some("2026-12-01")), w("z", Some("2026-01-01"))];
        sort(&mut v);
        assert_eq!(v.iter().map(|w| w.title.as_str()).collect::<Vec<_>>(), ["z", "a", "b", "c"]);
    }
}

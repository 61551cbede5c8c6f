//! All registers by group, with how many records are in the reader's scope.

use access::Verb;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use maud::{Markup, html};
use registers::{Definition, Query, actions};

use crate::app::App;
use crate::components::heading;
use crate::ctx::Ctx;
use crate::error::{PageResult, not_found};
use crate::fmt;
use crate::i18n::L;
use crate::module::Place;
use crate::shell::{GROUPS, Page, registers_of};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/registers", get(all)).route("/registers/{group}", get(one))
}

async fn counts(ctx: &Ctx, ids: Vec<String>) -> store::Result<std::collections::HashMap<String, i64>> {
    ctx.read(move |tx, w| {
        ids.into_iter().map(|id| Ok((id.clone(), actions::count(tx, &w.reg, &w.may(Verb::Read, &id)?, &Query::default())?))).collect()
    })
    .await
}

async fn all(ctx: Ctx) -> PageResult {
    let title = ctx.t("Sổ đăng ký", "Registers");
    let rest = registers_of(&ctx, None);
    let body = html! {
        (heading(title, Some(html! { (ctx.t("Mỗi sổ giữ một loại bản ghi. Chọn một nhóm để xem số bản ghi trong phạm vi của bạn.", "Each register keeps one kind of record. Choose a group to see how many are in your scope.")) }), None))
        div.grid2 {
            @for (id, label) in GROUPS { @let defs = registers_of(&ctx, Some(id)); @if !defs.is_empty() {
                section { h2 { a href=(format!("/registers/{id}")) { (ctx.lang().l(*label)) } }
                    ul { @for d in defs { li { a href=(format!("/r/{}", d.register.id)) { (ctx.lang().label(&d.register.label)) } } } } }
            } }
            @if !rest.is_empty() { section { h2 { (ctx.t("Phụ trợ", "Supporting")) } ul { @for d in rest { li { a href=(format!("/r/{}", d.register.id)) { (ctx.lang().label(&d.register.label)) } } } } } }
        }
    };
    Ok(Page::new(title).active("/registers").body(body).respond(&ctx))
}

async fn one(ctx: Ctx, Path(group): Path<String>) -> PageResult {
    let Some((_, label)) = GROUPS.iter().find(|(id, _)| *id == group) else {
        return Err(not_found("Không có nhóm sổ đăng ký này."));
    };
    let defs = registers_of(&ctx, Some(&group));
    let n = counts(&ctx, defs.iter().map(|d| d.register.id.clone()).collect()).await?;
    let title = ctx.lang().l(*label);
    let body = html! { (heading(title, None, None)) (extra(&ctx, &group)) div.grid2 { @for d in defs { (card(&ctx, d, n.get(&d.register.id).copied().unwrap_or(0))) } } };
    Ok(Page::new(title)
        .active(format!("/registers/{group}"))
        .crumb(ctx.t("Sổ đăng ký", "Registers"), "/registers")
        .body(body)
        .respond(&ctx))
}

/// Pages that modules put into this group.
fn extra(ctx: &Ctx, group: &str) -> Markup {
    let items: Vec<(L, &str)> = ctx
        .app
        .modules
        .iter()
        .flat_map(|m| m.menu())
        .filter(|i| matches!(i.place, Place::Group(g) if g == group) && i.needs.is_none_or(|(v, w)| ctx.can(v, w)))
        .map(|i| (i.label, i.href))
        .collect();
    html! { @if !items.is_empty() { p.row { @for (l, href) in items { a.btn href=(href) { (ctx.lang().l(l)) } } } } }
}

fn card(ctx: &Ctx, d: &Definition, n: i64) -> Markup {
    let href = format!("/r/{}", d.register.id);
    html! {
        section.card {
            div.row.between { h2 { a href=(href) { (ctx.lang().label(&d.register.label)) } } strong.tab { (fmt::int(n)) } }
            p.small.muted { (ctx.lang().label(&d.register.help)) }
            @if ctx.can(Verb::Create, &d.register.id) { a href=(format!("{href}/new")) { (ctx.t("Thêm", "Add")) } }
        }
    }
}

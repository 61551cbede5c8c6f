//! The sealed ledger: size, latest checkpoint, verification, a leaf with its proof.

use access::Verb;
use axum::Router;
use axum::routing::{get, post};
use maud::{Markup, html};
use registers::actions;
use store::{Error, Proof, Result};

use crate::app::App;
use crate::components::{facts, heading, notice, post_button};
use crate::ctx::Ctx;
use crate::error::PageResult;
use crate::fmt;
use crate::forms::QueryData;
use crate::module::Tone;
use crate::pages::verification::{VERIFY_JOB, verification};
use crate::shell::{Page, redirect, redirect_with};
use crate::store::{Head, Leaf, head, leaf};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/ledger", get(show)).route("/ledger/verify", post(verify)).route("/ledger/checkpoint", post(checkpoint))
}

/// The store's ledger functions block; they run on their own thread.
async fn blocking<T: Send + 'static>(ctx: &Ctx, f: impl FnOnce(&store::Store) -> Result<T> + Send + 'static) -> Result<T> {
    let s = ctx.app.store.clone();
    tokio::task::spawn_blocking(move || f(&s)).await.map_err(Error::internal)?
}

async fn show(ctx: Ctx, q: QueryData) -> PageResult {
    let asked = q.filled("leaf").map(|s| text::parse_integer_vi(s).ok().filter(|n| *n >= 0));
    let seq = asked.flatten();
    let (head, found, readable, last) = ctx
        .read(move |tx, w| {
            w.may(Verb::Read, "ledger")?;
            let found = seq.map(|n| leaf(tx, n)).transpose()?.flatten();
            // what the leaf is about is said only to who may read that record
            let readable = match &found {
                Some(l) => w.may(Verb::Read, &l.register).is_ok_and(|s| actions::get(tx, &w.reg, &s, &l.record).is_ok()),
                None => false,
            };
            Ok((head(tx)?, found, readable, work::jobs(tx, VERIFY_JOB, "", 1)?.pop()))
        })
        .await?;
    let proof = match seq.and_then(|n| u64::try_from(n).ok()).filter(|_| found.is_some()) {
        Some(n) => Some(blocking(&ctx, move |s| s.ledger_proof(n)).await?),
        None => None,
    };
    let key = blocking(&ctx, store::Store::ledger_verifier_key).await?;
    let body = html! {
        (top(&ctx, &head, &key))
        @if let Some(j) = &last { (verification(&ctx, j)) }
        section.card {
            h2 { (ctx.t("Bằng chứng của một lá", "Proof of a leaf")) }
            form.filters method="get" action="/ledger" {
                label { (ctx.t("Số niêm phong", "Leaf number")) input.short type="text" inputmode="numeric" name="leaf" value=(q.text("leaf")); }
                button.btn type="submit" { (ctx.t("Xem", "Show")) }
            }
            @if asked == Some(None) || (seq.is_some() && found.is_none()) {
                (notice(Tone::Soon, html! { (ctx.t("Không có lá mang số này. Các lá đánh số từ 0 đến", "No such leaf. Leaves are numbered from 0 to")) " " (fmt::int((head.size - 1).max(0))) "." }))
            }
            @if let (Some(l), Some(p)) = (&found, &proof) { (leaf_view(&ctx, l, p, readable)) }
        }
    };
    let page = Page::new(ctx.t("Nhật ký niêm phong", "Sealed ledger")).active("/ledger").body(body);
    let busy = last.is_some_and(|j| j.finished_at.is_none()) && seq.is_none();
    Ok(if busy { page.refresh(3) } else { page }.respond(&ctx))
}

fn top(ctx: &Ctx, h: &Head, key: &str) -> Markup {
    let may = ctx.can(Verb::Read, "ledger");
    let buttons = may.then(|| {
        html! {
            (post_button(&ctx.look, "/ledger/verify", ctx.t("Kiểm tra toàn bộ", "Verify all"), true, None))
            @if ctx.can(Verb::Export, "ledger") { (post_button(&ctx.look, "/ledger/checkpoint", ctx.t("Ký điểm kiểm tra mới", "Sign a checkpoint"), false, None)) }
        }
    });
    let sub = ctx.t(
        "Mỗi thay đổi là một lá nối vào cây băm; sửa hay xoá lén một chữ cũng bị phát hiện. Điểm kiểm tra có chữ ký có thể gửi cho người khác giữ.",
        "Every change is a leaf of a hash tree; one altered letter is found. Signed checkpoints can be kept by others.",
    );
    html! {
        (heading(ctx.t("Nhật ký niêm phong", "Sealed ledger"), Some(html! { (sub) }), buttons))
        section.card {
            (facts(vec![
                (ctx.t("Số lá", "Leaves").into(), html! { strong.tab { (fmt::int(h.size)) } }),
                (ctx.t("Điểm kiểm tra gần nhất", "Latest checkpoint").into(), match &h.checkpoint {
                    Some((size, at, _)) => html! { (fmt::instant(*at)) ", " (fmt::int(*size)) " " (ctx.t("lá", "leaves")) },
                    None => html! { (ctx.t("chưa ký lần nào", "none signed yet")) },
                }),
                (ctx.t("Khoá để người khác kiểm tra", "Key for others to check with").into(), html! { code.break { (key) } }),
            ]))
            @if let Some((_, _, note)) = &h.checkpoint { details { summary { (ctx.t("Nội dung điểm kiểm tra", "The checkpoint")) } pre { (note) } } }
        }
    }
}

/// What the leaf is about, for who may read the record; for others only when it was sealed and the proof.
fn leaf_view(ctx: &Ctx, l: &Leaf, p: &Proof, readable: bool) -> Markup {
    let name = ctx.reg().registers.get(&l.register).map_or(l.register.as_str(), |d| ctx.lang().label(&d.register.label));
    let seq = |n: u64| fmt::int(i64::try_from(n).unwrap_or(i64::MAX));
    let mut list = vec![
        (ctx.t("Lá số", "Leaf").into(), html! { (seq(p.seq)) " / " (seq(p.size)) }),
        (ctx.t("Lúc", "At").into(), html! { (fmt::instant(l.at)) }),
    ];
    if readable {
        list.push((ctx.t("Sổ", "Register").into(), html! { (name) }));
        list.push((ctx.t("Việc", "Action").into(), html! { (l.action) " · " (ctx.t("phiên bản", "version")) " " (l.version) }));
        list.push((
            ctx.t("Bản ghi", "Record").into(),
            html! { a href=(format!("/r/{}/{}", l.register, l.record)) { (ctx.t("Mở", "Open")) } },
        ));
    } else {
        list.push((ctx.t("Nội dung", "Content").into(), html! { (ctx.t("ngoài phạm vi của bạn", "outside your scope")) }));
    }
    html! {
        (facts(list))
        h3 { (ctx.t("Đường từ lá lên gốc", "Path from the leaf to the root")) }
        pre { (ctx.t("lá ", "leaf ")) (p.leaf) "\n" @for (i, h) in p.path.iter().enumerate() { (format!("{i:>3}  {h}\n")) } (ctx.t("gốc", "root")) " " (p.root) }
        (notice(Tone::Met, html! { (ctx.t("Đã kiểm tra: lá này nằm trong nhật ký có gốc trên (RFC 9162).", "Checked: this leaf is in the log with the root above (RFC 9162).")) }))
    }
}

/// Only asks for it: it reads everything, which no request waits for. While one waits or runs, that one is meant.
async fn verify(ctx: Ctx) -> PageResult {
    ctx.may(Verb::Read, "ledger")?;
    let new =
        work::NewJob { kind: VERIFY_JOB.into(), dedup_key: Some(VERIFY_JOB.into()), who: ctx.actor.id.clone(), ..work::NewJob::default() };
    ctx.write(move |tx, _| work::enqueue(tx, &new)).await?;
    Ok(redirect("/ledger"))
}

async fn checkpoint(ctx: Ctx) -> PageResult {
    ctx.may(Verb::Export, "ledger")?;
    blocking(&ctx, store::Store::ledger_checkpoint).await?;
    redirect_with(&ctx, "/ledger", "met", ctx.t("Đã ký điểm kiểm tra mới.", "A new checkpoint was signed."))
}

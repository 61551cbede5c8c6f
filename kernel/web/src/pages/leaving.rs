//! "Cần xem lại": accounts whose person left, and closing one with its open work handed to somebody of the same agency.

use std::collections::BTreeMap;

use access::{Account, Verb};
use axum::Router;
use axum::extract::Path;
use axum::routing::post;
use maud::{Markup, html};
use store::{Error, Result, Tx};

use crate::app::App;
use crate::components::{Choice, FieldView, InputKind, field, notice};
use crate::ctx::{Ctx, Who};
use crate::error::PageResult;
use crate::forms::FormData;
use crate::module::{Module, Tone};
use crate::shell::{csrf, redirect_with};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/admin/accounts/{id}/leave", post(leave))
}

/// Every part of the domain.
type Modules = &'static [&'static dyn Module];

/// Why accounts should be looked at, by id.
pub fn reasons(modules: Modules, tx: &mut Tx, w: &Who, list: &[Account]) -> Result<BTreeMap<String, String>> {
    let mut out: BTreeMap<String, String> = BTreeMap::new();
    for m in modules {
        for (id, why) in m.to_review(&w.cx(), tx, list)? {
            out.entry(id).and_modify(|s| *s = format!("{s}; {why}")).or_insert(why);
        }
    }
    Ok(out)
}

/// What the page of an account needs to offer its closing.
pub(super) struct Leaving {
    why: Option<String>,
    work: usize,
    others: Vec<Account>,
}

/// Reads it; only for who manages accounts.
pub(super) fn look(modules: Modules, tx: &mut Tx, w: &Who, a: &Account) -> Result<Leaving> {
    let why = reasons(modules, tx, w, std::slice::from_ref(a))?.remove(&a.id);
    let mut work = 0;
    for m in modules {
        work += m.open_work(&w.cx(), tx, a)?;
    }
    let mut others = access::every_account(tx, &w.may(Verb::Read, "account")?)?;
    others.retain(|o| o.id != a.id && o.disabled_at.is_none() && o.agency.is_some() && o.agency == a.agency);
    others.sort_by_cached_key(|o| text::sort_key(&o.name));
    Ok(Leaving { why, work, others })
}

/// The form: nothing to fill in where it is clear who goes on.
pub(super) fn section(ctx: &Ctx, a: &Account, l: &Leaving) -> Markup {
    let t = |vi, en| ctx.t(vi, en);
    let others: Vec<Choice> = l.others.iter().map(|o| Choice { value: o.id.clone(), label: format!("{} ({})", o.name, o.login) }).collect();
    let first = others.first().map(|o| o.value.clone()).unwrap_or_default();
    let reason = l.why.clone().unwrap_or_default();
    html! {
        section.card #leave {
            h2 { (t("Nghỉ, chuyển công tác", "Leaving")) }
            @if let Some(why) = &l.why { (notice(Tone::Soon, html! { strong { (t("Cần xem lại", "To be looked at")) } ": " (why) "." })) }
            p { (t("Việc đang mở đứng tên người này (nghĩa vụ, bản đọc kế hoạch)", "Open work in this person's name (obligations, plan readings)")) ": " strong { (l.work) } }
            form method="post" action=(format!("/admin/accounts/{}/leave", a.id)) {
                (csrf(&ctx.look))
                @if others.is_empty() { @if l.work > 0 { p.muted { (t("Cơ quan này chưa có tài khoản nào khác để nhận việc; cấp tài khoản cho người thay trước.", "This agency has no other account to take over; make one first.")) } } }
                @else { (field(&FieldView::line("to", t("Người nhận việc", "Who takes over"), &first).kind(InputKind::Select(others)), ctx.lang())) }
                (field(&FieldView::line("reason", t("Lý do", "Reason"), &reason).required(), ctx.lang()))
                button.btn.danger type="submit" { (t("Khoá tài khoản và chuyển việc", "Close the account and hand its work over")) }
            }
        }
    }
}

/// Closes the account and hands its work over, both or neither; how many pieces. `to` may be absent only when there is none.
///
/// # Errors
/// `Invalid` without a reason, without somebody to take the work over, or when that is nobody of the same agency.
pub fn close_and_hand_over(modules: Modules, tx: &mut Tx, w: &Who, id: &str, to: Option<&str>, reason: &str) -> Result<usize> {
    if reason.trim().is_empty() {
        return Err(Error::invalid("reason", "Hãy ghi lý do."));
    }
    let scope = w.may(Verb::Read, "account")?;
    let from = access::account_in_scope(tx, &scope, id)?;
    // refused before anything of others is touched
    w.may(Verb::Update, "account")?;
    let to = to.map(|t| access::account_in_scope(tx, &scope, t)).transpose()?;
    let mut n = 0;
    match &to {
        Some(t) if t.agency.is_none() || t.agency != from.agency || t.disabled_at.is_some() || t.id == from.id => {
            return Err(Error::invalid("to", "Người nhận việc phải có tài khoản đang dùng của cùng cơ quan."));
        }
        Some(_) => {}
        None => {
            for m in modules {
                n += m.open_work(&w.cx(), tx, &from)?;
            }
            if n > 0 {
                return Err(Error::invalid("to", "Tài khoản này còn việc đang mở. Chọn người nhận việc."));
            }
        }
    }
    access::set_disabled(tx, &w.actor, &from.id, true, reason.trim())?;
    if let Some(to) = &to {
        for m in modules {
            n += m.hand_over(&w.cx(), tx, &w.actor, &from, to)?;
        }
    }
    Ok(n)
}

async fn leave(ctx: Ctx, Path(id): Path<String>, f: FormData) -> PageResult {
    let modules = ctx.app.modules;
    let (rec, to, reason) = (id.clone(), f.filled("to").map(str::to_owned), f.text("reason").to_owned());
    let moved = ctx.write(move |tx, w| close_and_hand_over(modules, tx, w, &rec, to.as_deref(), &reason)).await?;
    let said =
        format!("{} {moved} {}", ctx.t("Đã khoá tài khoản và chuyển", "Account closed;"), ctx.t("việc.", "pieces of work handed over."));
    redirect_with(&ctx, &format!("/admin/accounts/{id}"), "met", &said)
}

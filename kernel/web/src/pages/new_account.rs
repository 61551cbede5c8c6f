//! The form of a new account: who, which role, and how far it reaches, at once.

use access::{NewAccount, NewGrant, Verb};
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use store::{Error, FieldError, Result};

use crate::app::App;
use crate::components::{Choice, FieldView, InputKind, error_summary, field, form_actions, heading, notice};
use crate::ctx::Ctx;
use crate::error::PageResult;
use crate::forms::FormData;
use crate::module::Tone;
use crate::pages::admin::{LIST, agency_field, hashed, role_label, secret_page};
use crate::pages::suggest::{Offers, chosen, resolve};
use crate::shell::{Page, csrf};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/admin/accounts/new", get(new_form).post(create))
}

/// The tick that confirms a reach over everything.
const CONFIRM: &str = "confirm_whole";

async fn new_form(ctx: Ctx) -> PageResult {
    ctx.may(Verb::Update, "account")?;
    Ok(form(&ctx, &FormData::default(), &Offers::new(), &Offers::new(), &[], StatusCode::OK))
}

/// Labels of the fields of this form and of the form of a grant.
pub(super) fn label_of(ctx: &Ctx, name: &str) -> String {
    let (vi, en) = match name {
        "login" => ("Tên đăng nhập", "Sign-in name"),
        "name" => ("Họ tên", "Name"),
        "email" => ("E-mail", "E-mail"),
        "role" => ("Vai trò", "Role"),
        "from_date" => ("Từ ngày", "From"),
        "to_date" => ("Đến hết ngày", "To"),
        CONFIRM => ("Toàn hệ thống", "The whole instance"),
        _ => ("Cơ quan", "Agency"),
    };
    ctx.t(vi, en).to_owned()
}

fn form(ctx: &Ctx, f: &FormData, chosen: &Offers, offers: &Offers, errors: &[FieldError], status: StatusCode) -> Response {
    let t = |vi, en| ctx.t(vi, en);
    let title = t("Thêm tài khoản", "Add an account");
    let body = html! {
        (heading(title, Some(html! { (t("Mật khẩu tạm hiện một lần sau khi tạo; chủ tài khoản phải đổi ở lần đăng nhập đầu.", "The temporary password is shown once; its owner must change it at the first sign-in.")) }), None))
        (error_summary(errors, |n| label_of(ctx, n), ctx.lang()))
        form method="post" action="/admin/accounts/new" {
            (csrf(&ctx.look))
            (field(&FieldView::line("name", t("Họ tên", "Name"), f.text("name")).required().errors(errors), ctx.lang()))
            (field(&FieldView::line("login", t("Tên đăng nhập", "Sign-in name"), f.text("login")).required().help(t("Chữ không dấu, số và . _ - @", "Letters, digits and . _ - @")).errors(errors), ctx.lang()))
            (field(&FieldView::line("email", "E-mail", f.text("email")).help(t("Để nhận thư nhắc việc và đặt lại mật khẩu.", "For reminders and password recovery.")).errors(errors), ctx.lang()))
            (field(&FieldView::line("role", t("Vai trò", "Role"), f.text("role")).kind(InputKind::Select(role_choices(ctx))).required().errors(errors), ctx.lang()))
            (reach_input(ctx, f, chosen, offers, errors))
            (form_actions(t("Tạo tài khoản", "Create"), LIST, ctx.lang()))
        }
    };
    Page::new(title).active(LIST).crumb(t("Tài khoản", "Accounts"), LIST).narrow().status(status).body(body).respond(ctx)
}

/// Every role that can be given.
pub(super) fn role_choices(ctx: &Ctx) -> Vec<Choice> {
    let roles = ctx.app.roles.0.keys().filter(|r| *r != access::EVERYONE);
    roles.map(|r| Choice { value: r.clone(), label: role_label(ctx, r) }).collect()
}

/// How far a role reaches: one agency with what is below it, or, said separately and confirmed, everything.
pub(super) fn reach_input(ctx: &Ctx, f: &FormData, chosen: &Offers, offers: &Offers, errors: &[FieldError]) -> Markup {
    let t = |vi, en| ctx.t(vi, en);
    let none = vec![];
    let picked = chosen.get("agency").unwrap_or(&none);
    let mut agency = FieldView::line("agency", t("Cơ quan", "Agency"), f.text("agency__q"))
        .kind(InputKind::Link("agency".into(), picked.first().cloned()))
        .required()
        .errors(errors);
    agency.offers = offers.get("agency").map(Vec::as_slice).unwrap_or_default();
    let whole = f.text("reach") == "whole";
    let asked = errors.iter().any(|e| e.field == CONFIRM);
    html! {
        fieldset.field {
            legend { (t("Phạm vi của vai trò", "Reach of the role")) }
            label.check { input type="radio" name="reach" value="agency" checked[!whole]; " " (t("Cơ quan chọn dưới đây và các đơn vị trực thuộc", "The agency chosen below and what is under it")) }
            label.check { input type="radio" name="reach" value="whole" checked[whole]; " " (t("Toàn hệ thống: dữ liệu của mọi cơ quan", "The whole instance: records of every agency")) }
        }
        (field(&agency, ctx.lang()))
        @if asked || (whole && f.has(CONFIRM)) {
            (notice(Tone::Soon, html! {
                label.check { input id=(format!("f-{CONFIRM}")) type="checkbox" name=(CONFIRM) value="1" checked[f.has(CONFIRM)]; " "
                    (t("Tôi xác nhận: vai trò này xem và làm với dữ liệu của mọi cơ quan trong hệ thống.", "I confirm: this role sees and changes records of every agency.")) }
            }))
        }
    }
}

/// What [`reach_input`] and the role say; what is wrong goes to `errors`.
pub(super) fn reach_of(ctx: &Ctx, f: &FormData, errors: &mut Vec<FieldError>) -> Option<String> {
    let whole = f.text("reach") == "whole";
    let role = f.filled("role");
    if role.is_none() {
        errors.push(FieldError { field: "role".into(), message: "Chọn vai trò.".into() });
    }
    if whole && !f.has(CONFIRM) {
        let message = "Đánh dấu xác nhận: vai trò này sẽ có hiệu lực với mọi cơ quan.".into();
        errors.push(FieldError { field: CONFIRM.into(), message });
        return None;
    }
    // of no role it is not known whether it needs an agency; most do
    match ctx.app.roles.reach(role.unwrap_or_default(), f.filled("agency").map(Into::into), whole) {
        Ok(agency) => agency,
        Err(Error::Invalid(list)) => {
            // words that name no agency, or several, were said already
            errors.extend(list.into_iter().filter(|e| !errors.iter().any(|x| x.field == e.field)).collect::<Vec<_>>());
            None
        }
        Err(e) => {
            errors.push(FieldError { field: String::new(), message: e.to_string() });
            None
        }
    }
}

/// Words of the agency box → id.
pub(super) async fn with_agency(ctx: &Ctx, f: FormData) -> Result<(FormData, Offers, Offers, Vec<FieldError>)> {
    ctx.read(move |tx, w| {
        let link = agency_field();
        let (form, offers, errors) = resolve(tx, w, &[&link], &f)?;
        let chosen = chosen(tx, w, &[&link], &form)?;
        Ok((form, chosen, offers, errors))
    })
    .await
}

async fn create(ctx: Ctx, f: FormData) -> PageResult {
    ctx.may(Verb::Update, "account")?;
    let (form, chosen, offers, mut errors) = with_agency(&ctx, f).await?;
    let agency = reach_of(&ctx, &form, &mut errors);
    let show = |errors: &[FieldError]| Ok(self::form(&ctx, &form, &chosen, &offers, errors, StatusCode::UNPROCESSABLE_ENTITY));
    let new = NewAccount {
        login: form.text("login").trim().into(),
        name: form.text("name").trim().into(),
        email: form.filled("email").map(Into::into),
        // a role over everything may still be held by somebody of an agency
        agency: form.filled("agency").map(Into::into),
        person: None,
    };
    // all that is wrong at once, in the order of the form
    let sent = new.clone();
    let mut all = ctx.read(move |tx, w| access::account_errors(tx, &w.actor, &sent)).await?;
    all.append(&mut errors);
    if !all.is_empty() {
        let place = |e: &FieldError| ["name", "login", "email", "role", CONFIRM, "agency"].iter().position(|f| *f == e.field);
        all.sort_by_key(|e| place(e).unwrap_or(usize::MAX));
        return show(&all);
    }
    let secret = access::readable_secret();
    let password = hashed(&secret, &new.login, &new.name).await?;
    let (roles, role) = (ctx.app.roles.clone(), form.text("role").to_owned());
    let done = ctx.write(move |tx, w| {
        let a = access::create_account(tx, &w.actor, &new, Some(&password))?;
        access::grant(tx, &w.actor, &roles, &NewGrant { account: a.id.clone(), role, agency, ..NewGrant::default() })?;
        Ok(a)
    });
    match done.await {
        Ok(a) => Ok(secret_page(&ctx, &a, &secret)),
        Err(Error::Invalid(list)) => show(&list),
        Err(Error::Conflict(m)) => show(&[FieldError { field: "login".into(), message: m }]),
        Err(e) => Err(e.into()),
    }
}

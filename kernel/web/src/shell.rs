//! The page around every page: head, menu, breadcrumbs, messages.

use access::Verb;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{DOCTYPE, Markup, html};

use crate::assets;
use crate::components::hatch_defs;
use crate::ctx::{Ctx, Guest, Look};
use crate::error::PageResult;
use crate::fmt;
use crate::i18n::L;
use crate::module::{MenuItem, Place};
use crate::security;

/// Groups of the register menu: id as in definitions, label. In menu order.
pub const GROUPS: &[(&str, L)] = &[
    ("organisation", L("Cơ quan, đầu mối", "Agencies, contact points")),
    ("people", L("Con người", "People")),
    ("systems", L("Hệ thống thông tin", "Information systems")),
    ("training", L("Đào tạo, chứng nhận", "Training, certificates")),
    ("products", L("Sản phẩm", "Products")),
    ("money", L("Kinh phí", "Budget")),
    ("documents", L("Căn cứ, văn bản", "Legal documents")),
    ("plans", L("Sổ kế hoạch", "Plan records")),
    ("following", L("Kiểm tra, đôn đốc", "Inspection, follow-up")),
];

/// A page under construction: title, place in the menu, way back, content.
pub struct Page {
    title: String,
    active: String,
    crumbs: Vec<(String, Option<String>)>,
    status: StatusCode,
    refresh: Option<u32>,
    narrow: bool,
    body: Markup,
}

impl Page {
    /// A page with this title in the browser's tab.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            active: String::new(),
            crumbs: vec![],
            status: StatusCode::OK,
            refresh: None,
            narrow: false,
            body: html! {},
        }
    }
    /// Address of the menu line that is marked as current.
    #[must_use]
    pub fn active(mut self, href: impl Into<String>) -> Self {
        self.active = href.into();
        self
    }
    /// A step of the way back, with a link.
    #[must_use]
    pub fn crumb(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.crumbs.push((label.into(), Some(href.into())));
        self
    }
    /// A step without a link (the present page, a remark).
    #[must_use]
    pub fn crumb_text(mut self, label: impl Into<String>) -> Self {
        self.crumbs.push((label.into(), None));
        self
    }
    /// Another status than 200 (a form with errors: 422).
    #[must_use]
    pub fn status(mut self, s: StatusCode) -> Self {
        self.status = s;
        self
    }
    /// The browser asks again after so many seconds (progress pages).
    #[must_use]
    pub fn refresh(mut self, seconds: u32) -> Self {
        self.refresh = Some(seconds);
        self
    }
    /// A narrow column: forms, sign-in.
    #[must_use]
    pub fn narrow(mut self) -> Self {
        self.narrow = true;
        self
    }
    /// What stands in `<main>`.
    #[must_use]
    pub fn body(mut self, m: Markup) -> Self {
        self.body = m;
        self
    }
    /// The response for a signed-in reader.
    pub fn respond(self, ctx: &Ctx) -> Response {
        let menu = side(ctx, &self.active);
        self.render(&ctx.look, Some(menu))
    }
    /// The response without menu, for anybody.
    pub fn respond_guest(self, guest: &Guest) -> Response {
        self.render(&guest.look, None)
    }
    /// The response for a look alone (error pages).
    pub(crate) fn respond_bare(self, look: &Look) -> Response {
        self.render(look, None)
    }

    fn render(self, look: &Look, menu: Option<Markup>) -> Response {
        let lang = look.lang;
        let brand = if look.place.is_empty() { "Lá Chắn".to_owned() } else { format!("Lá Chắn · {}", look.place) };
        let shell = if menu.is_some() { "shell" } else { "shell bare" };
        let doc = html! {
            (DOCTYPE)
            html lang=(lang.code()) data-theme=(look.theme) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1";
                    meta name="color-scheme" content=(match look.theme { "light" => "light", "dark" => "dark", _ => "light dark" });
                    @if let Some(s) = self.refresh { meta http-equiv="refresh" content=(s); }
                    title { (self.title) " · " (brand) }
                    link rel="icon" type="image/svg+xml" href=(assets::url("icon.svg"));
                    link rel="stylesheet" href=(assets::url("app.css"));
                    script type="module" src=(assets::url("app.js")) {}
                }
                body {
                    (hatch_defs())
                    a.skip href="#m" { (lang.t("Tới nội dung", "Skip to content")) }
                    div class=(shell) {
                        @if let Some(m) = menu { (m) } @else { header.top { (mark()) (prefs(look)) } }
                        main #m .narrow[self.narrow] tabindex="-1" {
                            @if !self.crumbs.is_empty() { (crumbs(&self.crumbs, lang.t("Đường dẫn", "Breadcrumb"))) }
                            @if let Some((tone, text)) = &look.flash { div class={"flash " (tone)} role="status" { (text) } }
                            (self.body)
                        }
                    }
                }
            }
        };
        let mut r = (self.status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], doc.into_string()).into_response();
        if look.flash.is_some() {
            security::add_cookie(&mut r, "lc_flash=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
        }
        r
    }
}

/// The short way: a page with a title, a menu line and a body.
pub fn page(ctx: &Ctx, title: &str, active: &str, body: Markup) -> Response {
    Page::new(title).active(active).body(body).respond(ctx)
}

/// After a change: to another page, with a message there. `tone`: `met`, `unmet`, `soon`, `plain`.
pub fn redirect_with(ctx: &Ctx, to: &str, tone: &str, message: &str) -> PageResult {
    let mut r = Redirect::to(security::local_path(to)).into_response();
    security::add_cookie(
        &mut r,
        &security::set_cookie(&ctx.app, "lc_flash", &security::pack_flash(tone, &crate::english::said(message, ctx.lang())), Some(120)),
    );
    Ok(r)
}

/// After a change: to another page.
pub fn redirect(to: &str) -> Response {
    Redirect::to(security::local_path(to)).into_response()
}

fn crumbs(steps: &[(String, Option<String>)], label: &str) -> Markup {
    html! {
        nav.crumbs aria-label=(label) {
            @for (i, (text, href)) in steps.iter().enumerate() {
                @if i > 0 { span aria-hidden="true" { " / " } }
                @if let Some(h) = href { a href=(h) { (text) } } @else { span { (text) } }
            }
        }
    }
}

/// The mark and the name.
fn mark() -> Markup {
    html! {
        a.brand href="/" {
            svg width="22" height="24" viewBox="0 0 22 24" aria-hidden="true" {
                path d="M11 1 21 4v8c0 6-4.5 9.5-10 11C5.5 21.5 1 18 1 12V4Z" fill="none" stroke="currentColor" stroke-width="2" {}
                path d="M6 12h10M11 6v12" stroke="currentColor" stroke-width="2" {}
            }
            span { "Lá Chắn" }
        }
    }
}

/// Language and theme, as plain forms.
fn prefs(look: &Look) -> Markup {
    let lang = look.lang;
    let (other, other_label) = if lang == crate::Lang::Vi { ("en", "English") } else { ("vi", "Tiếng Việt") };
    let (next, next_label) = match look.theme {
        "light" => ("dark", lang.t("Nền tối", "Dark")),
        "dark" => ("auto", lang.t("Theo máy", "As system")),
        _ => ("light", lang.t("Nền sáng", "Light")),
    };
    html! {
        form.prefs method="post" action="/prefs" {
            (csrf(look))
            input type="hidden" name="back" value=(look.here);
            button type="submit" name="lang" value=(other) lang=(other) { (other_label) }
            button type="submit" name="theme" value=(next) { (next_label) }
        }
    }
}

/// Hidden field every form carries.
pub fn csrf(look: &Look) -> Markup {
    html! { input type="hidden" name="csrf" value=(look.csrf); }
}

fn side(ctx: &Ctx, active: &str) -> Markup {
    let items: Vec<MenuItem> =
        ctx.app.modules.iter().flat_map(|m| m.menu()).filter(|i| i.needs.is_none_or(|(v, what)| ctx.can(v, what))).collect();
    let at = |p: Place| items.iter().filter(move |i| i.place == p);
    let group = current_group(ctx, active);
    html! {
        header.side {
            (mark())
            // on a phone the menu is folded: its sibling is hidden until this is open, without a script
            details.burger { summary { (ctx.t("Trình đơn", "Menu")) } }
            nav aria-label=(ctx.t("Chính", "Main")) {
                (line(ctx, "/", ctx.t("Việc của tôi", "My work"), active, false))
                a href="/notices" aria-current=[(active == "/notices").then_some("page")] {
                    (ctx.t("Thông báo", "Notices")) @if ctx.menu.notices > 0 {
                        @let words = ctx.lang().n(ctx.menu.notices, "thông báo chưa xem", "notice not read", "notices not read");
                        span.count title=(words) aria-hidden="true" { (fmt::int(ctx.menu.notices)) } span.sr { ": " (words) }
                    }
                }
                @for i in at(Place::Work) { (menu_line(ctx, i, active, false)) }
                div.group { a href="/registers" { (ctx.t("Sổ đăng ký", "Registers")) } }
                @for (id, label) in GROUPS { (register_group(ctx, id, *label, group.as_deref(), active, &items)) }
                @if at(Place::Response).next().is_some() { div.group { (ctx.t("Ứng phó", "Response")) } }
                @for i in at(Place::Response) { (menu_line(ctx, i, active, false)) }
                div.group { (ctx.t("Văn bản", "Documents")) }
                @for i in at(Place::Documents) { (menu_line(ctx, i, active, false)) }
                @if ctx.can(Verb::Read, "ledger") { (line(ctx, "/ledger", ctx.t("Nhật ký niêm phong", "Sealed ledger"), active, false)) }
                @if ctx.can(Verb::Read, "account") || at(Place::Admin).next().is_some() {
                    div.group { (ctx.t("Quản trị", "Administration")) }
                    @if ctx.can(Verb::Read, "account") { (line(ctx, "/admin/accounts", ctx.t("Tài khoản, quyền", "Accounts, grants"), active, false)) }
                    @for i in at(Place::Admin) { (menu_line(ctx, i, active, false)) }
                }
            }
            div.user {
                a href="/account" aria-current=[(active == "/account").then_some("page")] { (ctx.actor.name) }
                @if let Some(a) = &ctx.menu.agency { div.small.muted { (a) } }
                (prefs(&ctx.look))
                form.prefs method="post" action="/sign-out" { (csrf(&ctx.look)) button type="submit" { (ctx.t("Đăng xuất", "Sign out")) } }
            }
        }
    }
}

/// Group of the register (or of the module's line) whose page is open.
fn current_group(ctx: &Ctx, active: &str) -> Option<String> {
    if let Some(g) = active.strip_prefix("/registers/") {
        return Some(g.to_owned());
    }
    if let Some(id) = active.strip_prefix("/r/") {
        return ctx.reg().registers.get(id)?.register.menu.clone();
    }
    ctx.app.modules.iter().flat_map(|m| m.menu()).find(|i| i.href == active).and_then(|i| match i.place {
        Place::Group(g) => Some(g.to_owned()),
        _ => None,
    })
}

/// Registers of a group (or of none) that the reader may read, by the names they are shown under.
pub(crate) fn registers_of<'a>(ctx: &'a Ctx, group: Option<&str>) -> Vec<&'a registers::Definition> {
    let wanted = |d: &&registers::Definition| d.register.menu.as_deref() == group && ctx.can(Verb::Read, &d.register.id);
    let mut defs: Vec<_> = ctx.reg().registers.values().filter(wanted).collect();
    defs.sort_by_cached_key(|d| text::sort_key(ctx.lang().label(&d.register.label)));
    defs
}

fn register_group(ctx: &Ctx, id: &'static str, label: L, open: Option<&str>, active: &str, items: &[MenuItem]) -> Markup {
    let defs = registers_of(ctx, Some(id));
    let own: Vec<_> = items.iter().filter(|i| i.place == Place::Group(id)).collect();
    if defs.is_empty() && own.is_empty() {
        return html! {};
    }
    let is_open = open == Some(id);
    html! {
        (line(ctx, &format!("/registers/{id}"), ctx.lang().l(label), active, false))
        @if is_open {
            @for i in own { (menu_line(ctx, i, active, true)) }
            @for d in defs { (line(ctx, &format!("/r/{}", d.register.id), ctx.lang().label(&d.register.label), active, true)) }
        }
    }
}

fn menu_line(ctx: &Ctx, i: &MenuItem, active: &str, sub: bool) -> Markup {
    line(ctx, i.href, ctx.lang().l(i.label), active, sub)
}

fn line(ctx: &Ctx, href: &str, label: &str, active: &str, sub: bool) -> Markup {
    let count = ctx.menu.counts.get(href);
    html! {
        a.sub[sub] href=(href) aria-current=[(href == active).then_some("page")] {
            (label)
            @if let Some(c) = count { @if c.n > 0 {
                @let words = c.words(ctx.lang());
                span.count.hot[c.late > 0] title=(words) aria-hidden="true" { (fmt::int(c.n)) } span.sr { ": " (words) }
            } }
        }
    }
}

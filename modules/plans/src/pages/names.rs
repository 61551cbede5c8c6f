//! Many names on one page: who each of them is, with one press for all. `/plans/import/{id}/names` for a reading; the accepted
//! plan's page of the same kind is [`super::unclear`].

use web::axum::Json;
use web::axum::extract::Path;
use web::axum::http::StatusCode;
use web::axum::response::{IntoResponse, Response};
use web::components::{Column, Table, error_summary, heading, tag};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, Lang, Page, PageResult, Tone, redirect, redirect_with};

use super::edit::load;
use crate::actors::Directory;
use crate::draft::{Draft, Use, Who};
use crate::naming::{Asked, MOST_ROWS, Sheet, read_all};
use crate::service;

/// One row of the form.
pub struct Row {
    /// Name as written.
    pub name: String,
    /// What identifies the row when the form comes back.
    pub key: String,
    /// Where it stands.
    pub at: Markup,
    /// Other pages about this name.
    pub more: Markup,
    /// Its boxes.
    pub asked: Asked,
}

/// What the whole form needs.
pub struct Form<'a> {
    /// Where it is sent.
    pub action: &'a str,
    /// The way back.
    pub back: &'a str,
    /// Version of the reading, where there is one.
    pub version: Option<i64>,
    /// Rows in order.
    pub rows: Vec<Row>,
    /// How many more there are than rows are shown.
    pub hidden: usize,
    /// Whether a row may be left for later (an accepted plan's rows already are).
    pub later: bool,
}

/// The table with its buttons.
pub fn form(ctx: &Ctx, f: &Form<'_>) -> Markup {
    let lang = ctx.lang();
    let mut t = Table::new(
        lang.t("Tên gọi và cơ quan", "Names and agencies"),
        vec![
            Column::text(lang.t("Tên trong văn bản", "Name in the document")),
            Column::text(lang.t("Ở đâu", "Where")),
            Column::text(lang.t("Là cơ quan nào", "Which agency")),
        ],
    );
    for (n, r) in f.rows.iter().enumerate() {
        let name = html! { strong { "“" (r.name) "”" } input type="hidden" name={"name." (n)} value=(r.key); (r.more) };
        t.row(vec![name, html! { div.small { (r.at) } }, picker(n, r, f.later, lang)]);
    }
    html! {
        form #names method="post" action=(f.action) {
            (csrf(&ctx.look))
            @if let Some(v) = f.version { input type="hidden" name="version" value=(v); }
            p.small.muted { @if f.rows.iter().any(|r| !r.asked.hint.is_empty()) { (lang.t("Gợi ý gần nhất đã đánh dấu sẵn. ", "The nearest name is ticked. ")) } (lang.t(
                "Gõ vài chữ để tìm cơ quan khác; nhiều cơ quan viết cách nhau bằng dấu chấm phẩy. Dòng để trống giữ như cũ.",
                "Type to find an agency; several are separated by semicolons. An empty row stays as it is.",
            )) }
            (t.render(lang))
            @if f.hidden > 0 { p.small { (lang.t("Còn", "After these there are")) " " (f.hidden) " " (lang.t("tên nữa, hiện ra sau khi lưu các tên trên.", "more.")) } }
            label.check { input type="checkbox" name="learn" value="1" checked; " " (lang.t("Nhớ các cách gọi này cho những kế hoạch sau", "Remember these names for later plans")) }
            div.row.form-actions {
                button.btn.main type="submit" { (lang.t("Lưu tất cả", "Save all")) }
                @if f.later { button.btn type="submit" name="all" value="later" { (lang.t("Để chọn sau tất cả", "Leave all for later")) } }
                a.btn href=(f.back) { (lang.t("Thôi", "Cancel")) }
            }
        }
    }
}

/// Boxes and search of one row. With the script a chosen agency takes the place of the suggestion.
fn picker(n: usize, r: &Row, later: bool, lang: Lang) -> Markup {
    let (id, a) = (format!("f-who.{n}"), &r.asked);
    let error = a.error.as_ref().map(|_| format!("{id}-error"));
    let apart = |word: &str, text: &str| {
        html! { label.check { input type="checkbox" name={"who." (n)} value=(word) checked[a.apart.as_deref() == Some(word)]; " " (text) } }
    };
    html! {
        input type="hidden" name={"hint." (n)} value=(a.hint);
        @if let (Some(e), Some(by)) = (&a.error, &error) { div.error id=(by) { (e) } }
        div.picker data-register="agency" data-suggest="/plans/names/suggest" data-name={"who." (n)} {
            div.chosen { @for t in &a.ticks { label.check { input type="checkbox" name={"who." (n)} value=(t.word) checked[t.on]; " " (t.label) @if t.word == a.hint { " " span.tag { (lang.t("gợi ý", "suggested")) } } } } }
            label.sr for=(id) { (lang.t("Cơ quan của", "Agency of")) " “" (r.name) "”" }
            input id=(id) name={"who." (n) "__q"} type="text" value=(a.typed) autocomplete="off" role="combobox" aria-expanded="false"
                aria-autocomplete="list" aria-controls={(id) "-list"} aria-describedby=[error] aria-invalid=[a.error.as_ref().map(|_| "true")]
                placeholder=(lang.t("Gõ vài chữ của tên", "Type part of the name"));
            ul.options id={(id) "-list"} role="listbox" hidden {}
        }
        div.row {
            @if later { (apart("later", lang.t("Để chọn sau", "Leave for later"))) }
            (apart("only", lang.t("Chỉ giữ tên gọi", "Keep the name only")))
        }
    }
}

/// `/plans/names/suggest?q=`: agencies and groups for the words typed.
pub async fn suggest(ctx: Ctx, q: QueryData) -> Result<Response, web::Fail> {
    let words: String = q.text("q").chars().take(80).collect();
    let found = ctx.read(move |tx, who| Ok(Directory::load(tx, &who.reg, &who.actor, &who.today)?.search(&words, 12))).await?;
    let rows: Vec<(String, String)> = found.into_iter().filter_map(|(w, label)| Some((w.word()?, label))).collect();
    Ok(Json(rows).into_response())
}

/// Places of a name in words: "chủ trì: I.3, II.1".
pub fn places(uses: &[Use], line: &dyn Fn(usize) -> Option<String>, lang: Lang) -> Markup {
    let word = |role: &str| match role {
        "lead" => lang.t("chủ trì", "leads"),
        "coordinating" => lang.t("phối hợp", "coordinates"),
        _ => lang.t("phân công", "assigned"),
    };
    let roles = ["lead", "coordinating", "assignment"].into_iter();
    let groups = roles.map(|r| (r, uses.iter().filter(|u| u.role == r).collect::<Vec<_>>())).filter(|(_, l)| !l.is_empty());
    html! {
        @for (role, list) in groups { div {
            (word(role))
            @if role != "assignment" { " " (lang.n(list.len(), "nhiệm vụ", "task", "tasks")) }
            ": "
            @for (i, u) in list.iter().take(MOST_PLACES).enumerate() {
                @if i > 0 { ", " }
                @let words = place(u, lang);
                @match line(u.line) { Some(href) => a href=(href) { (words) }, None => (words) }
            }
            @if list.len() > MOST_PLACES { " …" }
        } }
    }
}

/// Places of a name that are spelled out.
const MOST_PLACES: usize = 8;

fn place(u: &Use, lang: Lang) -> String {
    let line = (u.line > 0).then(|| format!("{} {}", lang.t("dòng", "line"), u.line));
    match (&u.no, line) {
        (Some(no), Some(line)) => format!("{no} ({line})"),
        (Some(no), None) => no.clone(),
        (None, line) => line.unwrap_or_else(|| "?".into()),
    }
}

/// The page of a reading.
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let (version, draft) = load(&ctx, &id).await?;
    if draft.asked().is_empty() {
        let message = ctx.t("Mọi tên gọi đều đã rõ là cơ quan nào.", "Every name is known.");
        return redirect_with(&ctx, &format!("/plans/import/{id}"), "met", message);
    }
    let asked = ctx.read({
        let names: Vec<(String, bool)> = draft.asked().into_iter().take(MOST_ROWS).collect();
        let issuer = draft.head.issuer.clone();
        move |tx, who| {
            let dir = Directory::load(tx, &who.reg, &who.actor, &who.today)?.issued_by(issuer.as_deref());
            // what a person left for later is not chosen for them
            Ok(names.into_iter().map(|(n, later)| if later { Asked::default() } else { Asked::new(&dir, &n) }).collect::<Vec<_>>())
        }
    });
    let asked = asked.await?;
    Ok(page(&ctx, &id, version, &draft, asked, &[]))
}

fn page(ctx: &Ctx, id: &str, version: i64, draft: &Draft, asked: Vec<Asked>, errors: &[store::FieldError]) -> Response {
    let lang = ctx.lang();
    let (base, names, all) = (format!("/plans/import/{id}"), draft.asked(), draft.names());
    let row = |((name, later), asked): (&(String, bool), Asked)| {
        let n = all.iter().position(|x| x == name).unwrap_or_default();
        let at = places(&draft.uses(name), &|line| Some(super::review::line_link(&base, line, &draft.reading.lines)), lang);
        let more = html! {
            @if *later { " " (tag(Tone::Plain, lang.t("để chọn sau", "left for later"))) }
            div.small { a href={(base) "/actor/" (n)} { (lang.t("mở riêng", "on its own")) span.sr { ": " (name) } } }
        };
        Row { name: name.clone(), key: name.clone(), at, more, asked }
    };
    let rows: Vec<Row> = names.iter().zip(asked).map(row).collect();
    let (action, hidden) = (format!("{base}/names"), names.len() - rows.len());
    let label =
        |f: &str| f.strip_prefix("who.").and_then(|n| names.get(n.parse::<usize>().ok()?)).map_or_else(|| f.to_owned(), |(n, _)| n.clone());
    let title = lang.t("Các tên gọi này là cơ quan nào?", "Which agencies are these?");
    let later = names.iter().filter(|(_, later)| *later).count();
    let body = html! {
        (heading(title, Some(html! { (count(names.len(), later, lang)) }), None))
        (error_summary(errors, label, lang))
        (form(ctx, &Form { action: &action, back: &base, version: Some(version), rows, hidden, later: true }))
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Page::new(title)
        .active("/plans")
        .crumb(lang.t("Kế hoạch", "Plans"), "/plans")
        .crumb(lang.t("Bản đọc", "Reading"), base)
        .status(status)
        .body(body)
        .respond(ctx)
}

/// How many names are asked for, and how many of them somebody left for later. Said alike wherever they are counted.
pub fn count(all: usize, later: usize, lang: Lang) -> String {
    let mut words = lang.n(all, "tên chưa rõ là cơ quan nào", "name not known in the register", "names not known in the register");
    if later > 0 {
        words.push_str(&format!(" ({later} {})", lang.t("để chọn sau", "left for later")));
    }
    words
}

/// Keys of the rows, in the order they were sent.
pub fn keys(form: &FormData) -> Vec<String> {
    (0..MOST_ROWS).map_while(|n| form.filled(&format!("name.{n}")).map(str::to_owned)).collect()
}

/// What became of the rows that were sent.
enum Done {
    /// Saved: so many, so many left, so many that somebody else had answered meanwhile.
    Saved(usize, usize, usize),
    /// Something is wrong: the reading, its version, the rows.
    Wrong(i64, Box<Draft>, Vec<Asked>, Vec<store::FieldError>),
}

/// Saves all rows, or says what is wrong with some of them and saves none. A name that was answered elsewhere meanwhile keeps that
/// answer; what else was edited in the reading is no hindrance.
pub async fn save(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let base = format!("/plans/import/{id}");
    if form.text("all") == "later" {
        let (version, draft) = (form.version()?, load(&ctx, &id).await?.1);
        return all_later(&ctx, &base, version, draft, form.filled("sure").is_some(), &id).await;
    }
    let wanted = id.clone();
    let done = ctx.write(move |tx, who| {
        let (row, mut draft) = service::load(tx, &who.actor, &wanted)?;
        let (names, rows) = (draft.asked(), keys(&form));
        let dir = Directory::load(tx, &who.reg, &who.actor, &who.today)?.issued_by(draft.head.issuer.as_deref());
        let sheet = read_all(&form, rows.len(), &dir);
        // the rows of the names that are still asked for, in today's order
        let sent = |name: &String| rows.iter().position(|k| k == name).and_then(|n| sheet.rows.get(n).cloned());
        let again = names.iter().take(MOST_ROWS).map(|(n, _)| sent(n).unwrap_or_else(|| Asked::new(&dir, n))).collect();
        let again = Sheet { chosen: vec![], rows: again };
        let errors = again.errors();
        if !errors.is_empty() {
            return Ok(Done::Wrong(row.version, Box::new(draft), again.rows, errors));
        }
        let learn = form.filled("learn").is_some();
        let open = |name: &String| names.iter().any(|(n, _)| n == name);
        let (now, gone): (Vec<_>, Vec<_>) = sheet.chosen.iter().partition(|(n, _)| open(&rows[*n]));
        for (n, is) in &now {
            draft.say(&rows[*n], is, learn && matches!(is, Who::Agency(_) | Who::Collective(_)));
        }
        service::save_if_changed(tx, &who.actor, &row, &draft)?;
        Ok(Done::Saved(now.len(), draft.unresolved().len(), gone.len()))
    });
    let (saved, left, gone) = match done.await? {
        Done::Wrong(version, draft, rows, errors) => return Ok(page(&ctx, &id, version, &draft, rows, &errors)),
        Done::Saved(saved, left, gone) => (saved, left, gone),
    };
    let (to, tone) = if left == 0 { (base, "met") } else { (format!("{base}/names"), "soon") };
    let mut message = match ctx.lang() {
        Lang::Vi if left == 0 => format!("Đã lưu {saved} tên; mọi tên đều đã có người nói là ai."),
        Lang::Vi => format!("Đã lưu {saved} tên; còn {left} tên chưa rõ."),
        Lang::En => format!("{saved} names saved; {left} unknown."),
    };
    if gone > 0 {
        message.push_str(&match ctx.lang() {
            Lang::Vi => format!(" {gone} tên đã được chọn ở nơi khác, giữ lựa chọn ấy."),
            Lang::En => format!(" {gone} had been answered elsewhere; those answers stay."),
        });
    }
    redirect_with(&ctx, &to, tone, &message)
}

/// Asks once more, then leaves everything unknown for after the acceptance.
async fn all_later(ctx: &Ctx, base: &str, version: i64, mut draft: Draft, sure: bool, id: &str) -> PageResult {
    let (lang, names) = (ctx.lang(), draft.unresolved());
    if names.is_empty() {
        return Ok(redirect(base));
    }
    if sure {
        let n = names.len();
        names.into_iter().for_each(|name| {
            draft.learned.retain(|l| *l != name);
            draft.actors.insert(name, Who::Later);
        });
        let id = id.to_owned();
        ctx.write(move |tx, who| service::save(tx, &who.actor, &id, version, &draft)).await?;
        let message = match lang {
            Lang::Vi => format!("{n} tên để chọn sau. Sau khi chấp nhận, trang của kế hoạch nhắc chọn các tên này."),
            Lang::En => format!("{n} names left for later; the plan's page will ask for them."),
        };
        return redirect_with(ctx, base, "plain", &message);
    }
    let title = match lang {
        Lang::Vi => format!("Để {} tên chọn sau?", names.len()),
        Lang::En => format!("Leave {} names for later?", names.len()),
    };
    let body = html! {
        (heading(&title, None, None))
        section.card {
            p { (lang.t(
                "Chưa cơ quan nào được giao việc dưới các tên này, kể cả tên đã có gợi ý, cho đến khi có người chọn trên trang của kế hoạch.",
                "No agency gets work under these names, suggested or not, until somebody chooses on the plan's page.",
            )) }
            ul { @for n in names.iter().take(12) { li { "“" (n) "”" } } @if names.len() > 12 { li.muted { "… " (names.len() - 12) " " (lang.t("tên nữa", "more")) } } }
            form method="post" action={(base) "/names"} {
                (csrf(&ctx.look))
                input type="hidden" name="version" value=(version);
                input type="hidden" name="sure" value="1";
                div.row.form-actions {
                    button.btn.main type="submit" name="all" value="later" { (lang.t("Để chọn sau tất cả", "Leave all for later")) }
                    a.btn href={(base) "/names"} { (lang.t("Quay lại chọn", "Back to choosing")) }
                }
            }
        }
    };
    Ok(Page::new(title)
        .active("/plans")
        .crumb(lang.t("Kế hoạch", "Plans"), "/plans")
        .crumb(lang.t("Bản đọc", "Reading"), base.to_owned())
        .narrow()
        .body(body)
        .respond(ctx))
}

//! `/reports/campaign/{id}`: who is missing, late, waiting; reminder with one press.

use access::Verb;
use documents::Cell;
use registers::Record;
use registers::actions::{self, Values};
use store::{Error, Tx};
use web::axum::extract::Path;
use web::components::{Grid, GridCell, GridColumn, Tab, empty, facts, heading, link_button, notice, post_button, tabs, tag};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, Page, PageResult, Tone, fmt, redirect_with};

use crate::answered::{self, Offer};
use crate::campaign::{self, FILED, OWED, late_days, template_of};
use crate::pages::{deadline, state_of};
use crate::{all_where, is, one, summary};

/// Groups of the page: id, Vietnamese, English, states.
const GROUPS: [(&str, &str, &str, &[&str]); 5] = [
    ("missing", "Chưa nộp", "Missing", &OWED),
    ("waiting", "Chờ thủ trưởng", "With the head", &["waiting_head"]),
    ("filed", "Đã nộp, chờ nhận", "Filed", &["submitted"]),
    ("received", "Đã nhận", "Received", &["received"]),
    ("transferred", "Cơ quan kế thừa nộp", "By successor", &["transferred"]),
];

/// What the page shows.
struct Shown {
    c: Record,
    reports: Vec<Record>,
    reminders: Vec<Record>,
    offers: Vec<Offer>,
    /// Missing agencies that no reminder reaches.
    unheard: Vec<String>,
}

fn read(tx: &mut Tx, who: &web::Who, id: &str) -> store::Result<Shown> {
    let c = one(tx, &who.reg, &who.actor, "report_campaign", id)?;
    let reports = all_where(tx, &who.reg, &who.actor, "report_submission", vec![is("campaign", id)])?;
    let reminders = match who.may(Verb::Read, "report_reminder") {
        Ok(_) => all_where(tx, &who.reg, &who.actor, "report_reminder", vec![is("campaign", id)])?,
        Err(_) => vec![],
    };
    let offers = answered::offers(tx, &who.reg, &who.actor, &c)?;
    let may_remind = who.may(Verb::Create, "reminder").is_ok() && c.state.as_deref() == Some("open");
    let unheard = if may_remind { campaign::out_of_reach(tx, &who.reg, &who.actor, id)? } else { vec![] };
    Ok(Shown { c, reports, reminders, offers, unheard })
}

/// The page.
pub async fn show(ctx: Ctx, Path(id): Path<String>, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "report_submission")?;
    let Shown { c, mut reports, reminders, offers, unheard } = ctx.read(move |tx, who| read(tx, who, &id)).await?;
    reports.sort_by_key(|r| (std::cmp::Reverse(late_days(r, &ctx.today)), text::sort_key(r.link_title("agency").unwrap_or_default())));
    let lang = ctx.lang();
    let open = q.filled("state").unwrap_or("missing");
    let states = |g: &str| GROUPS.iter().find(|x| x.0 == g).map_or(&[][..], |x| x.3);
    let count = |g: &str| reports.iter().filter(|r| among(r, states(g))).count();
    let late: Vec<&Record> = reports.iter().filter(|r| late_days(r, &ctx.today).is_some()).collect();
    let shown: Vec<&Record> = match open {
        "late" => late.clone(),
        "all" => reports.iter().collect(),
        g => reports.iter().filter(|r| among(r, states(g))).collect(),
    };
    let tab = |id: &str, label: &str, n: usize| Tab {
        id: id.to_owned(),
        label: label.to_owned(),
        count: i64::try_from(n).ok(),
        href: format!("/reports/campaign/{}?state={id}", c.id),
    };
    let mut list: Vec<Tab> = GROUPS.iter().map(|g| tab(g.0, lang.t(g.1, g.2), count(g.0))).collect();
    list.insert(1, tab("late", lang.t("Nộp muộn, quá hạn", "Late"), late.len()));
    list.push(tab("all", lang.t("Tất cả", "All"), reports.len()));
    let state = state_of(&ctx, "report_campaign", c.state.as_deref());
    let (filed, owed) = (reports.iter().filter(|r| among(r, &FILED)).count(), count("missing"));
    let grid = rows(&ctx, &q, &shown);
    if let Some(file) = grid.file() {
        return file;
    }
    let body = html! {
        (heading(&c.title, Some(html! { (tag(state.1, &state.0)) " " (lang.t("Nộp", "Due")) " " (deadline(&c, lang)) }), Some(buttons(&ctx, &c, owed))))
        @if c.state.as_deref() == Some("draft") {
            (notice(Tone::Soon, html! { (lang.t("Đợt chưa mở: chưa cơ quan nào thấy. Bấm “Mở đợt báo cáo” thì mỗi cơ quan phải nộp có một báo cáo đã điền số liệu.", "Not open yet: nobody sees it. Opening makes one pre-filled report for each obliged agency.")) }))
        } @else {
            section.card { (facts(about(&c, filed, owed, &reminders, lang))) }
            (out_of_reach(&unheard, lang))
            (offered(&ctx, &c, &offers))
            (tabs(&list, open, lang.t("Trạng thái", "State")))
            section.card {
                @if shown.is_empty() { (empty(lang.t("Không có báo cáo nào ở đây.", "No report here."), html! {})) }
                @else { (grid.render()) }
            }
        }
        p.small { a href={"/r/report_campaign/" (c.id)} { (lang.t("Bản ghi đầy đủ và lịch sử của đợt", "Full record and history")) } }
    };
    Ok(Page::new(c.title.clone())
        .active("/reports")
        .crumb(lang.t("Báo cáo", "Reports"), "/reports")
        .crumb_text(c.title.clone())
        .body(body)
        .respond(&ctx))
}

fn among(r: &Record, states: &[&str]) -> bool {
    r.state.as_deref().is_some_and(|s| states.contains(&s))
}

fn about(c: &Record, filed: usize, owed: usize, reminders: &[Record], lang: web::Lang) -> Vec<(String, Markup)> {
    let (filed, all) = (i64::try_from(filed).unwrap_or(0), i64::try_from(filed + owed).unwrap_or(0));
    let share = fmt::percent(filed, all).unwrap_or_else(|| lang.t("không có đối tượng", "nobody").to_owned());
    let template = template_of(c).map(|t| lang.label(&t.head.label).to_owned()).unwrap_or_default();
    let basis = template_of(c).map(|t| t.head.basis.join("; ")).unwrap_or_default();
    let mut list = vec![
        (lang.t("Đã nộp", "Filed").to_owned(), html! { (fmt::int(filed)) "/" (fmt::int(all)) " · " (share) }),
        (lang.t("Số liệu tính đến hết ngày", "Figures as of").to_owned(), html! { (fmt::date(c.text("as_of").unwrap_or_default())) }),
        (lang.t("Mẫu", "Template").to_owned(), html! { (template) div.muted.small { (lang.t("Căn cứ", "Basis")) ": " (basis) } }),
    ];
    if let Some(t) = c.text("task") {
        let title = c.link_title("task").unwrap_or_default();
        list.push((
            lang.t("Trả lời nhiệm vụ", "Answers the task").to_owned(),
            html! { a href={"/r/task/" (t)} { (title) } div.muted.small { (lang.t("Nộp báo cáo là nghĩa vụ này tự ghi hoàn thành; bị trả lại thì mở lại.", "Filing closes this obligation; a return opens it again.")) } },
        ));
    }
    let last = reminders.iter().max_by_key(|r| r.created_at);
    if let Some(r) = last {
        let n = |f: &str| fmt::int(r.int(f).unwrap_or(0));
        list.push((
            lang.t("Đôn đốc gần nhất", "Last reminder").to_owned(),
            html! { a href={"/r/report_reminder/" (r.id)} { (fmt::instant(r.created_at)) } " · " (n("missing")) " " (lang.t("cơ quan", "agencies")) ", " (n("messages")) " " (lang.t("thông báo, thư", "messages")) },
        ));
    }
    list
}

/// Whom a reminder cannot reach, said before it is sent.
fn out_of_reach(names: &[String], lang: web::Lang) -> Markup {
    html! { @if !names.is_empty() {
        details.card { summary { (fmt::int(i64::try_from(names.len()).unwrap_or(0))) " " (lang.t("cơ quan chưa nộp mà lời đôn đốc không tới được: chưa có tài khoản đầu mối, chưa có địa chỉ thư", "missing agencies that no reminder reaches: no account, no address")) }
            p.small { (names.join("; ")) "." }
            p.small { (lang.t("Gửi công văn, hoặc", "Send a letter, or")) " " a href="/people/invitations" { (lang.t("mời đầu mối mở tài khoản", "invite their contact points")) } "." }
        }
    } }
}

/// Tasks of plans that these reports may answer: one press instead of a second proof by every agency.
fn offered(ctx: &Ctx, c: &Record, offers: &[Offer]) -> Markup {
    let lang = ctx.lang();
    html! { @for o in offers {
        (notice(Tone::Soon, html! {
            p { (lang.t("Có nhiệm vụ của kế hoạch cùng hạn này:", "A task of a plan is due on the same day:")) " “" (o.task.title) "” (" (fmt::int(o.agencies)) " " (lang.t("cơ quan", "agencies")) "). "
                (lang.t("Nếu nộp báo cáo chính là làm nhiệm vụ đó, nghĩa vụ của từng cơ quan sẽ tự ghi hoàn thành khi báo cáo được nộp.", "If filing is what it asks for, each agency's obligation closes when its report is filed.")) }
            form.inline method="post" action={"/reports/campaign/" (c.id) "/task"} { (csrf(&ctx.look)) input type="hidden" name="version" value=(c.version); input type="hidden" name="task" value=(o.task.id); button.btn type="submit" { (lang.t("Đúng, báo cáo này trả lời nhiệm vụ đó", "Yes, these reports answer it")) } }
        }))
    } }
}

/// Says which task the campaign answers.
pub async fn task(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let version = form.version()?;
    let back = format!("/reports/campaign/{id}");
    let task = form.filled("task").unwrap_or_default().to_owned();
    match ctx.write(move |tx, who| answered::choose(tx, &who.reg, &who.actor, &id, version, &task)).await {
        Ok(()) => {
            redirect_with(&ctx, &back, "met", ctx.t("Đã ghi: nộp báo cáo là làm xong nhiệm vụ này.", "Noted: filing answers the task."))
        }
        Err(e @ (Error::Invalid(_) | Error::Conflict(_))) => redirect_with(&ctx, &back, "unmet", &e.to_string()),
        Err(e) => Err(e.into()),
    }
}

fn buttons(ctx: &Ctx, c: &Record, owed: usize) -> Markup {
    let lang = ctx.lang();
    let state = c.state.as_deref().unwrap_or_default();
    let may_move = ctx.can(Verb::Transition, "report_campaign");
    let versioned = |to: &str, label: &str, main: bool| {
        html! { form.inline method="post" action={"/reports/campaign/" (c.id) "/" (to)} { (csrf(&ctx.look)) input type="hidden" name="version" value=(c.version); button.btn.main[main] type="submit" { (label) } } }
    };
    html! {
        @if may_move && state == "draft" { (versioned("open", lang.t("Mở đợt báo cáo", "Open the campaign"), true)) }
        @if state == "open" && owed > 0 && ctx.can(Verb::Create, "reminder") {
            (post_button(&ctx.look, &format!("/reports/campaign/{}/remind", c.id), &format!("{} {owed} {}", lang.t("Đôn đốc", "Remind"), lang.t("cơ quan chưa nộp", "agencies")), true, None))
        }
        @if state == "open" && owed > 0 && ctx.can(Verb::Create, "outgoing_document") {
            (post_button(&ctx.look, &format!("/reports/campaign/{}/letter", c.id), lang.t("Soạn công văn đôn đốc", "Draft a letter"), false, None))
        }
        @if state != "draft" && summary::whole(&ctx.actor, Verb::Read).is_ok() { (link_button(&format!("/reports/campaign/{}/summary", c.id), lang.t("Tổng hợp", "Consolidate"))) }
        @if may_move && state == "open" { (versioned("close", lang.t("Đóng đợt", "Close"), false)) }
        @if may_move && state == "closed" { (versioned("open", lang.t("Mở lại", "Open again"), false)) }
    }
}

fn rows(ctx: &Ctx, q: &FormData, shown: &[&Record]) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::text("agency", lang.t("Cơ quan", "Agency")),
        GridColumn::text("state", lang.t("Trạng thái", "State")),
        GridColumn::day("filed", lang.t("Ngày nộp", "Filed on")).drop_at(1),
        GridColumn::num("late", lang.t("Muộn (ngày)", "Late (days)")),
        GridColumn::num("version", lang.t("Bản", "Version")).drop_at(2),
    ];
    let mut g = Grid::new(ctx, q, "", "bao-cao", lang.t("Báo cáo", "Reports"), columns).export(ctx.can(Verb::Export, "report_submission"));
    for r in shown {
        let s = state_of(ctx, "report_submission", r.state.as_deref());
        let agency = r.link_title("agency").unwrap_or_default();
        let whole = |n: Option<i64>| n.map_or(Cell::Empty, Cell::Integer);
        let late = late_days(r, &ctx.today);
        g.row(vec![
            GridCell::with(
                html! { a href={"/reports/report/" (r.id)} { (agency) } @if let Some(h) = r.link_title("successor") { div.muted.small { (lang.t("kế thừa", "successor")) ": " (h) } } },
                Cell::text(agency),
            ),
            GridCell::tag(s.1, &s.0),
            GridCell::day(r.text("submitted_on")),
            GridCell::with(html! { @match late { Some(n) => (tag(Tone::Unmet, &n.to_string())), None => "–" } }, whole(late)),
            GridCell::with(html! { @if let Some(n) = r.int("version_no") { (n) } @else { "–" } }, whole(r.int("version_no"))),
        ]);
    }
    g
}

/// Opens the campaign.
pub async fn open(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let version = form.version()?;
    let back = format!("/reports/campaign/{id}");
    let done = ctx.write(move |tx, who| campaign::open(tx, &who.reg, &who.actor, &id, version, &who.today)).await;
    match done {
        Ok(s) => {
            let said = match ctx.lang() {
                web::Lang::Vi => format!("Đã mở: {} báo cáo lập mới, {} báo cáo có sẵn được đưa vào đợt.", s.created, s.adopted),
                web::Lang::En => format!("Open: {} reports made, {} taken in.", s.created, s.adopted),
            };
            redirect_with(&ctx, &back, "met", &said)
        }
        Err(e @ (Error::Invalid(_) | Error::Conflict(_))) => redirect_with(&ctx, &back, "unmet", &e.to_string()),
        Err(e) => Err(e.into()),
    }
}

/// Drafts the letter to those who are missing and opens it.
pub async fn letter(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let back = format!("/reports/campaign/{id}");
    let done = ctx.write(move |tx, who| crate::letter::draft(tx, &who.reg, &who.actor, &id, &who.today)).await;
    match done {
        Ok(r) => redirect_with(
            &ctx,
            &format!("/documents/outgoing/{}", r.id),
            "met",
            ctx.t("Đã soạn dự thảo; xem, sửa rồi lấy số.", "Drafted; read, edit, then number it."),
        ),
        Err(e @ (Error::Invalid(_) | Error::Conflict(_))) => redirect_with(&ctx, &back, "unmet", &e.to_string()),
        Err(e) => Err(e.into()),
    }
}

/// Closes it: nothing is filed until it is opened again.
pub async fn close(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let version = form.version()?;
    let back = format!("/reports/campaign/{id}");
    let done = ctx
        .write(move |tx, who| actions::transition(tx, &who.reg, &who.actor, "report_campaign", &id, version, "close", Values::new(), None))
        .await;
    match done {
        Ok(_) => redirect_with(&ctx, &back, "met", ctx.t("Đã đóng đợt báo cáo.", "Closed.")),
        Err(e @ (Error::Invalid(_) | Error::Conflict(_))) => redirect_with(&ctx, &back, "unmet", &e.to_string()),
        Err(e) => Err(e.into()),
    }
}

/// Reminds everybody who owes.
pub async fn remind(ctx: Ctx, Path(id): Path<String>) -> PageResult {
    let back = format!("/reports/campaign/{id}");
    let done = ctx.write(move |tx, who| campaign::remind(tx, &who.reg, &who.actor, &id, &who.today)).await?;
    let lang = ctx.lang();
    let mut said = if done.messages == 0 {
        lang.t(
            "Không có thông báo mới: hôm nay đã đôn đốc rồi, hoặc không có ai để gửi.",
            "Nothing new: reminded today already, or nobody to tell.",
        )
        .to_owned()
    } else {
        format!(
            "{} {} {} {}.",
            lang.t("Đã gửi", "Sent"),
            done.messages,
            lang.t("thông báo, thư tới cơ quan chưa nộp:", "messages, agencies missing:"),
            done.missing
        )
    };
    if !done.unreached.is_empty() {
        let n = done.unreached.len();
        said.push_str(&format!(
            " {n} {}.",
            lang.t("cơ quan chưa có tài khoản đầu mối và địa chỉ thư", "agencies have neither account nor address")
        ));
    }
    redirect_with(&ctx, &back, if done.messages > 0 { "met" } else { "soon" }, &said)
}

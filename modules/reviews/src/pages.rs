//! `/reviews/{id}`: a review with its figures, words and files; the press that freezes it.

use access::{Actor, Verb};
use documents::Cell;
use registers::Record;
use store::{Error, Result, Tx};
use web::axum::Router;
use web::axum::extract::Path;
use web::axum::http::{HeaderValue, header};
use web::axum::response::{IntoResponse, Response};
use web::axum::routing::{get, post};
use web::charts::{Bar3, Slice, bar3, donut};
use web::components::{Grid, GridCell, GridColumn, Tab, empty, heading, link_button, notice, tabs, tag};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{App, Ctx, Cx, FormData, L, Lang, Page, PageResult, Panel, Tone, WorkItem, fmt, redirect_with};

use crate::document::{self, KINDS};
use crate::figures::{Part, TargetFigure};
use crate::review::{self, Opened, WORDS};
use crate::{all_where, is};

/// Addresses under `/reviews`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/reviews/{id}", get(show))
        .route("/reviews/{id}/freeze", post(freeze))
        .route("/reviews/{id}/file/{kind}", get(file))
}

async fn show(ctx: Ctx, Path(id): Path<String>, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "plan_review")?;
    let (tab, wanted) = (q.filled("tab").unwrap_or("targets").to_owned(), id.clone());
    let o = ctx.read(move |tx, who| review::open(tx, &who.reg, &who.actor, &wanted, &who.today)).await?;
    let lang = ctx.lang();
    let grid = if tab == "tasks" { tasks(&ctx, &q, &o) } else { targets(&ctx, &q, &o) };
    if let Some(file) = grid.file() {
        return file;
    }
    let at = |t: &str| format!("/reviews/{id}?tab={t}");
    let n = |k: usize| Some(i64::try_from(k).unwrap_or(0));
    let list = [
        Tab {
            id: "targets".into(), label: lang.t("Chỉ tiêu", "Targets").into(), count: n(o.figures.targets.len()), href: at("targets")
        },
        Tab { id: "tasks".into(), label: lang.t("Nhiệm vụ", "Tasks").into(), count: n(o.figures.tasks.len()), href: at("tasks") },
        Tab { id: "words".into(), label: lang.t("Nội dung", "Words").into(), count: None, href: at("words") },
    ];
    let title = o.review.text("name").unwrap_or_default().to_owned();
    let state =
        if o.frozen() { tag(Tone::Met, lang.t("Đã chốt", "Frozen")) } else { tag(Tone::Soon, lang.t("Đang chuẩn bị", "Draft")) };
    let sub = html! { a href={"/plans/" (o.plan.id)} { (o.plan.text("title").unwrap_or_default()) } " " (state) };
    let body = html! {
        (heading(&title, Some(sub), Some(actions(&ctx, &o))))
        (about(&ctx, &o))
        (tabs(&list, &tab, lang.t("Phần của đợt", "Parts of the review")))
        section.card {
            @match tab.as_str() {
                "tasks" if o.figures.tasks.is_empty() => (empty(lang.t("Kế hoạch không có nhiệm vụ.", "The plan has no task."), html! {})),
                "tasks" => { (spread(&o, lang)) (grid.render()) }
                "words" => (words(&ctx, &o)),
                _ if o.figures.targets.is_empty() => (empty(lang.t("Kế hoạch không nêu chỉ tiêu bằng số.", "The plan states no numeric target."), html! {})),
                _ => (grid.render()),
            }
        }
    };
    Ok(Page::new(title)
        .active("/plans")
        .crumb(lang.t("Kế hoạch", "Plans"), "/plans")
        .crumb(o.plan.text("number").unwrap_or(lang.t("Kế hoạch này", "This plan")).to_owned(), format!("/plans/{}", o.plan.id))
        .body(body)
        .respond(&ctx))
}

fn actions(ctx: &Ctx, o: &Opened) -> Markup {
    let (lang, id) = (ctx.lang(), &o.review.id);
    html! {
        @if !o.frozen() && ctx.can(Verb::Update, "plan_review") { (link_button(&format!("/r/plan_review/{id}/edit"), lang.t("Sửa ngày, nội dung", "Edit"))) }
        @if ctx.can(Verb::Export, "plan_review") { @for (ending, _) in KINDS { (link_button(&format!("/reviews/{id}/file/{ending}"), &format!(".{ending}"))) } }
    }
}

/// Which days, what was frozen, and the press.
fn about(ctx: &Ctx, o: &Opened) -> Markup {
    let (lang, s) = (ctx.lang(), &o.figures);
    let early = o.review.text("as_of").is_some_and(|d| d > ctx.today.as_str());
    html! {
        section.card {
            p {
                (lang.t("Số liệu tính đến hết ngày ", "Figures as of ")) strong { (fmt::date(&s.as_of)) }
                @if let Some(day) = &s.baseline_on {
                    ", " (lang.t("so với ngày ", "compared with ")) (fmt::date(day))
                    @if s.baseline_frozen { " (" (lang.t("số đã chốt của đợt trước", "as frozen by the earlier review")) ")" }
                }
                "."
                @if let Some(day) = o.review.text("frozen_on") { " " (lang.t("Chốt ngày ", "Frozen on ")) (fmt::date(day)) "." }
                @if let Some(due) = o.review.text("due_on").filter(|_| !o.frozen()) { " " (lang.t("Phải xong trước hết ngày ", "Due by ")) (fmt::date(due)) "." }
            }
            @if !o.frozen() && ctx.can(Verb::Transition, "plan_review") {
                @if early {
                    (notice(Tone::Plain, html! { (lang.t("Ngày chốt số liệu chưa tới; dưới đây là số của hôm nay.", "The day is still to come; below are the figures of today.")) }))
                } @else {
                    form.row method="post" action={"/reviews/" (o.review.id) "/freeze"} {
                        (csrf(&ctx.look))
                        input type="hidden" name="version" value=(o.review.version);
                        button.btn.main type="submit" { (lang.t("Chốt số liệu và nội dung", "Freeze")) }
                        span.muted.small { (lang.t("Chốt rồi thì không sửa được; bản chốt nằm trong nhật ký niêm phong.", "Once frozen it cannot be changed; it stands in the sealed ledger.")) }
                    }
                }
            }
        }
    }
}

fn words(ctx: &Ctx, o: &Opened) -> Markup {
    let lang = ctx.lang();
    let label = |id: &str| {
        let field = ctx.reg().registers.get("plan_review").and_then(|d| d.fields.iter().find(|f| f.id == id));
        field.map_or_else(|| id.to_owned(), |f| lang.label(&f.label).to_owned())
    };
    let written = WORDS.iter().any(|id| o.review.text(id).is_some());
    html! {
        @if !written { (empty(lang.t("Chưa viết phần nào.", "Nothing is written yet."), html! { p { (lang.t("Bấm “Sửa ngày, nội dung” để viết kết quả, tồn tại, bài học, kiến nghị, khen thưởng.", "Press “Edit” to write results, lessons, proposals, rewards.")) } })) }
        @for id in WORDS { @if let Some(text) = o.review.text(id) {
            h2 { (label(id)) }
            @for line in text.lines().filter(|l| !l.trim().is_empty()) { p { (line) } }
        } }
        @if o.review.text("proposals").is_some() && ctx.can(Verb::Update, "task") {
            p.small { a href={"/plans/" (o.plan.id) "?tab=tasks"} { (lang.t("Điều chỉnh nhiệm vụ theo kiến nghị", "Amend tasks as proposed")) } }
        }
    }
}

/// The figure, and as a bar where it is a part of a whole.
fn figure(p: Option<&Part>, lang: Lang) -> GridCell {
    let Some(p) = p else { return GridCell::with(html! { "–" }, Cell::Empty) };
    let bar = p.share && p.met + p.unmet + p.unknown > 0;
    let drawn = Bar3 { met: p.met, unmet: p.unmet, nodata: p.unknown, goal: None };
    GridCell::with(html! { @if bar { div.with-bar { (p.words) (bar3(drawn, lang)) } } @else { (p.words) } }, Cell::text(&p.words))
}

fn verdict(f: &TargetFigure, lang: Lang) -> GridCell {
    match &f.now {
        Some(p) => GridCell::tag(targets::tone(p.verdict()), lang.l(targets::verdict_words(p.verdict()))),
        None => GridCell::tag(Tone::None, lang.t("Chưa gắn chỉ số", "No indicator yet")),
    }
}

fn targets(ctx: &Ctx, q: &FormData, o: &Opened) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::text("what", lang.t("Chỉ tiêu", "Target")),
        GridColumn::text("goal", lang.t("Mục tiêu", "Goal")).drop_at(2),
        GridColumn::text("before", lang.t("Trước đó", "Before")).drop_at(1),
        GridColumn::text("now", lang.t("Kết quả", "Result")),
        GridColumn::text("verdict", lang.t("Đánh giá", "Verdict")),
    ];
    let mut g =
        Grid::new(ctx, q, "", "so-ket-chi-tieu", lang.t("Chỉ tiêu", "Targets"), columns).export(ctx.can(Verb::Export, "plan_review"));
    for f in &o.figures.targets {
        let to = f.indicator.as_ref().map(|i| format!("/targets/{i}?as_of={}", o.figures.as_of));
        let what = html! { @if let Some(to) = &to { a href=(to) { (f.content) } } @else { (f.content) } };
        g.row(vec![
            GridCell::with(what, Cell::text(&f.content)),
            GridCell::text(&f.goal),
            figure(f.before.as_ref(), lang),
            figure(f.now.as_ref(), lang),
            verdict(f, lang),
        ]);
    }
    g
}

fn tasks(ctx: &Ctx, q: &FormData, o: &Opened) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::index("no", "#"),
        GridColumn::text("what", lang.t("Nhiệm vụ", "Task")),
        GridColumn::num("all", lang.t("Nghĩa vụ", "Obligations")).drop_at(2),
        GridColumn::num("done", lang.t("Đúng hạn", "In time")),
        GridColumn::num("late", lang.t("Hoàn thành muộn", "Done late")).drop_at(1),
        GridColumn::num("overdue", lang.t("Quá hạn", "Overdue")),
        GridColumn::num("open", lang.t("Đang làm", "Open")).drop_at(1),
        GridColumn::num("waiting", lang.t("Chờ điều kiện", "Waiting")).drop_at(2),
    ];
    let mut g = Grid::new(ctx, q, "", "so-ket-nhiem-vu", lang.t("Nhiệm vụ", "Tasks"), columns).export(ctx.can(Verb::Export, "plan_review"));
    for f in &o.figures.tasks {
        let to = format!("/plans/board?state=all&task={}", f.task);
        let mut cells = vec![
            GridCell::text(f.no.as_deref().unwrap_or_default()),
            GridCell::with(html! { a href=(to) { (f.content) } }, Cell::text(&f.content)),
        ];
        cells.extend([f.all(), f.done, f.done_late, f.overdue, f.open, f.waiting].map(GridCell::num));
        g.row(cells);
    }
    g
}

/// All obligations of the plan as one picture.
fn spread(o: &Opened, lang: Lang) -> Markup {
    let sum = |f: &dyn Fn(&crate::figures::TaskFigure) -> i64| o.figures.tasks.iter().map(f).sum::<i64>();
    let slice = |label: &str, n: i64, tone: Tone| Slice { label: label.to_owned(), n, tone };
    let slices = [
        slice(lang.t("Hoàn thành", "Done"), sum(&|f| f.done + f.done_late), Tone::Met),
        slice(lang.t("Quá hạn", "Overdue"), sum(&|f| f.overdue), Tone::Unmet),
        slice(lang.t("Đang làm", "Open"), sum(&|f| f.open), Tone::Soon),
        slice(lang.t("Chờ điều kiện", "Waiting"), sum(&|f| f.waiting), Tone::None),
    ];
    if slices.iter().all(|s| s.n == 0) {
        return html! { p.muted { (lang.t("Chưa có nghĩa vụ nào: không có đối tượng.", "No obligations: nothing to count.")) } };
    }
    donut(&slices, lang)
}

async fn freeze(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let (to, version) = (format!("/reviews/{id}"), form.version()?);
    match ctx.write(move |tx, who| review::freeze(tx, &who.reg, &who.actor, &id, version, &who.today)).await {
        Ok(_) => redirect_with(
            &ctx,
            &to,
            "met",
            ctx.t("Đã chốt. Số liệu và nội dung từ nay giữ nguyên.", "Frozen. Figures and words stay from now on."),
        ),
        Err(e @ (Error::Invalid(_) | Error::Conflict(_))) => redirect_with(&ctx, &to, "unmet", &e.to_string()),
        Err(e) => Err(e.into()),
    }
}

async fn file(ctx: Ctx, Path((id, ending)): Path<(String, String)>) -> Result<Response, web::Fail> {
    ctx.may(Verb::Export, "plan_review")?;
    let place = ctx.look.place.clone();
    let o = ctx.read(move |tx, who| review::open(tx, &who.reg, &who.actor, &id, &who.today)).await?;
    let (reg, kind) = (ctx.app.registry.clone(), ending.clone());
    let bytes = web::blocking(move || document::write(&document::of(&reg, &o, &place)?, &kind)).await??;
    Ok(attachment(bytes, &ending))
}

/// A file to take away.
pub fn attachment(bytes: Vec<u8>, ending: &str) -> Response {
    let mime = KINDS.iter().find(|(e, _)| *e == ending).map_or("application/octet-stream", |(_, m)| m);
    let disposition =
        HeaderValue::from_str(&format!("attachment; filename=\"so-ket.{ending}\"")).unwrap_or(HeaderValue::from_static("attachment"));
    ([(header::CONTENT_TYPE, HeaderValue::from_static(mime)), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

/// On a plan's page its reviews, on a review's record the way to its page.
pub fn panels(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor, record: &Record) -> Result<Vec<Panel>> {
    let lang = cx.lang;
    if record.register == "plan_review" {
        let body = link_button(
            &format!("/reviews/{}", record.id),
            lang.t("Mở trang của đợt: số liệu, tệp, chốt", "Open its page: figures, files, freezing"),
        );
        return Ok(vec![Panel { id: "review", label: L("Số liệu", "Figures"), count: None, body }]);
    }
    if record.register != "plan" {
        return Ok(vec![]);
    }
    let mut list = all_where(tx, cx.registry, actor, "plan_review", vec![is("plan", &record.id)])?;
    list.sort_by(|a, b| b.text("as_of").cmp(&a.text("as_of")));
    let may = actor.may(Verb::Create, "plan_review").is_ok();
    if list.is_empty() && !may {
        return Ok(vec![]);
    }
    let body = html! {
        @if !list.is_empty() { ul { @for r in &list { li {
            a href={"/reviews/" (r.id)} { (r.text("name").unwrap_or_default()) } " · " (lang.t("số liệu đến ", "figures as of ")) (fmt::date(r.text("as_of").unwrap_or_default()))
            @if r.state.as_deref() == Some("frozen") { " · " (lang.t("đã chốt", "frozen")) } @else { " · " (lang.t("đang chuẩn bị", "draft")) }
        } } } }
        @if may { (link_button(&format!("/r/plan_review/new?plan={}", record.id), lang.t("Lập đợt sơ kết, tổng kết", "Prepare a review"))) }
    };
    let count = i64::try_from(list.len()).unwrap_or(0);
    Ok(vec![Panel { id: "reviews", label: L("Sơ kết, tổng kết", "Reviews"), count: Some(count), body }])
}

/// Reviews somebody has to finish, from thirty days before their day.
pub fn work(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
    actor.may(Verb::Update, "plan_review")?;
    let soon = fmt::days(cx.today).map(|d| fmt::iso_of_days(d + 30)).unwrap_or_default();
    let mut drafts = all_where(tx, cx.registry, actor, "plan_review", vec![is("state", "draft")])?;
    drafts.retain(|r| r.text("due_on").is_some_and(|d| d <= soon.as_str()));
    let item = |r: &Record| WorkItem {
        due: r.text("due_on").map(str::to_owned),
        title: r.text("name").unwrap_or_default().to_owned(),
        reason: r.link_title("plan").unwrap_or_default().to_owned(),
        href: format!("/reviews/{}", r.id),
        ..WorkItem::default()
    };
    Ok(drafts.iter().map(item).collect())
}

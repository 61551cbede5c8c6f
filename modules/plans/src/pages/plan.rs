//! `/plans/{id}`: targets as one picture, tasks with who leads; a target is bound to an indicator by a person.

use std::collections::BTreeMap;

use access::Verb;
use documents::Cell;
use registers::Record;
use registers::actions;
use store::Tx;
use web::axum::extract::Path;
use web::charts::{Bar3, bar3};
use web::components::{Grid, GridCell, GridColumn, Tab, facts, heading, notice, tabs, tag};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, Lang, Page, PageResult, Tone, Who, fmt};

use super::bind;
use super::board::cut;
use crate::expand::linked;
use crate::owed::{self, Ask};
use crate::state::{State, Want};
use crate::{fill, unclear};

/// A target of the plan beside the live figure of its indicator.
pub struct Live {
    /// The target.
    pub record: Record,
    figure: Option<targets::Headline>,
    /// Indicators its words are near to.
    pub suggestions: Vec<(String, String)>,
}

/// A task with who acts in it.
type Acting = (Record, Vec<Record>);

/// What one tab of the page shows; nothing else is read.
enum Part {
    Targets(Vec<Live>),
    Tasks(Vec<Acting>),
    Duties(Vec<Acting>),
    About(Vec<Record>),
}

/// The page.
pub async fn show(ctx: Ctx, Path(id): Path<String>, q: QueryData) -> PageResult {
    let tab = q.filled("tab").unwrap_or("targets").to_owned();
    let (wanted, open, modules) = (id.clone(), tab.clone(), ctx.app.modules);
    let (plan, counts, part, names, (questions, lacking, whole, panels)) = ctx
        .read(move |tx, who| {
            let plan = actions::get(tx, &who.reg, &who.may(Verb::Read, "plan")?, &wanted)?;
            let targets = sorted(linked(tx, &who.reg, &who.actor, "target", "plan", &wanted)?);
            let tasks = sorted(linked(tx, &who.reg, &who.actor, "task", "plan", &wanted)?);
            let questions = super::unassigned::questions(tx, who, &tasks)?;
            let (duties, main): (Vec<_>, Vec<_>) = tasks.into_iter().partition(|t| t.text("tags") == Some("assignment"));
            let lacking = if who.may(Verb::Update, "task").is_ok() { lacking(tx, who, &main)? } else { 0 };
            let counts = [targets.len(), main.len(), duties.len()];
            let part = match open.as_str() {
                "tasks" => Part::Tasks(acting(tx, who, main)?),
                "duties" => Part::Duties(acting(tx, who, duties)?),
                "about" => Part::About(sorted(linked(tx, &who.reg, &who.actor, "plan_recipient", "plan", &wanted)?)),
                _ => Part::Targets(live(tx, who, &plan, targets)?),
            };
            let names = unclear::names(tx, &who.reg, &who.actor, &wanted, &who.today)?;
            let whole = sees_whole(tx, who, &plan)?;
            // what other modules know of a plan
            let mut panels = Vec::new();
            for m in modules {
                panels.extend(m.record_panels(&who.cx(), tx, &who.actor, &plan)?);
            }
            Ok((plan, counts, part, names, (questions, lacking, whole, panels)))
        })
        .await?;
    let lang = ctx.lang();
    let n = |k: usize| Some(i64::try_from(k).unwrap_or(0));
    let at = |t: &str| format!("/plans/{id}?tab={t}");
    let mut list = vec![
        Tab { id: "targets".into(), label: lang.t("Chỉ tiêu", "Targets").into(), count: n(counts[0]), href: at("targets") },
        Tab { id: "tasks".into(), label: lang.t("Nhiệm vụ", "Tasks").into(), count: n(counts[1]), href: at("tasks") },
        Tab { id: "duties".into(), label: lang.t("Phân công", "Assignments").into(), count: n(counts[2]), href: at("duties") },
        Tab { id: "about".into(), label: lang.t("Văn bản", "Document").into(), count: None, href: at("about") },
    ];
    // duties that repeat the tasks are kept once, as tasks
    list.retain(|t| t.id != "duties" || counts[2] > 0);
    let title = plan.text("title").unwrap_or_default().to_owned();
    let grid = match &part {
        Part::Tasks(tasks) => Some(tasks_table(&ctx, &q, &id, tasks)),
        Part::Targets(live) => Some(targets_table(&ctx, &q, &plan, live)),
        _ => None,
    };
    if let Some(file) = grid.as_ref().and_then(Grid::file) {
        return file;
    }
    let state = super::list::state_of(&ctx, plan.state.as_deref().unwrap_or_default());
    let body = html! {
        (heading(&title, Some(html! { (plan.text("number").unwrap_or(lang.t("chưa có số", "no number yet"))) " · " (plan.link_title("issuer").unwrap_or_default()) " " (tag(state.1, &state.0)) }), Some(html! { @if ctx.can(Verb::Update, "plan") { a.btn href={"/r/plan/" (id) "/edit"} { (lang.t("Sửa số, ngày ban hành", "Edit number, date")) } } })))
        (super::issue::card(&ctx, &plan))
        (super::unclear::card(&id, &names, ctx.can(Verb::Update, "task_actor"), lang))
        (super::fill::card(&id, lacking, lang))
        (super::unassigned::card(&ctx, &id, &questions))
        @for p in &panels { section.card { h2 { (lang.l(p.label)) } (p.body) } }
        (tabs(&list, &tab, lang.t("Phần của kế hoạch", "Parts of the plan")))
        section.card {
            @match &part {
                Part::Tasks(tasks) => { (undated(&id, tasks, lang)) @if let Some(g) = &grid { (g.render()) } }
                Part::Duties(duties) => (duties_list(duties)),
                Part::About(recipients) => (about(&ctx, &plan, recipients)),
                Part::Targets(live) if live.is_empty() => p.muted { (lang.t("Kế hoạch này không nêu chỉ tiêu bằng số.", "This plan states no numeric target.")) },
                Part::Targets(_) => { @if !whole { p.small.muted { (lang.t("Con số tính trong phạm vi của bạn, đặt cạnh mục tiêu của cả kế hoạch.", "Figures are of your scope, beside the goals of the whole plan.")) } } @if let Some(g) = &grid { (g.render()) } }
            }
        }
    };
    Ok(Page::new(title).active("/plans").crumb(lang.t("Kế hoạch", "Plans"), "/plans").body(body).respond(&ctx))
}

/// Whether the reader's figures are of all that the plan speaks of; who sees a part only is told so.
fn sees_whole(tx: &mut Tx, who: &Who, plan: &Record) -> store::Result<bool> {
    let Ok(scope) = who.may(Verb::Read, "figure") else { return Ok(true) };
    let path = match plan.text("issuer") {
        Some(issuer) => web::agency_path(tx, issuer)?,
        None => None,
    };
    Ok(path.is_none_or(|p| scope.covers(&p)))
}

/// The part of the tree of agencies a plan speaks of: that of its issuer; everything for a plan of the province and above.
///
/// # Errors
/// Those of reading.
pub fn part_of(tx: &mut Tx, plan: &Record) -> store::Result<Option<String>> {
    match plan.text("issuer").filter(|_| !matches!(plan.text("level"), Some("national" | "province"))) {
        Some(issuer) => web::agency_path(tx, issuer),
        None => Ok(None),
    }
}

/// Targets with the figure of the indicator a person bound them to.
fn live(tx: &mut Tx, who: &Who, plan: &Record, targets: Vec<Record>) -> store::Result<Vec<Live>> {
    let part = part_of(tx, plan)?;
    // a plan is open to everybody who is signed in, its figures are not
    let figures = who.may(Verb::Read, "figure").is_ok();
    let mut live = Vec::new();
    for record in targets {
        let figure = match record.text("indicator") {
            Some(i) if figures && record.bool("indicator_confirmed") == Some(true) => {
                targets::headline_within(tx, &who.reg, &who.actor, (i, part.as_deref()), &who.today, goal(&record))?
            }
            _ => None,
        };
        // the target's own words only: two targets of one objective are two questions
        let words = record.text("content").unwrap_or_default();
        let suggestions = if figure.is_none() { targets::suggest(words, 3) } else { vec![] };
        live.push(Live { record, figure, suggestions });
    }
    Ok(live)
}

/// Tasks with who acts in them: one question for all.
fn acting(tx: &mut Tx, who: &Who, tasks: Vec<Record>) -> store::Result<Vec<Acting>> {
    let mut by = fill::acting(tx, &who.reg, &who.actor, &tasks)?;
    Ok(tasks
        .into_iter()
        .map(|t| {
            let actors = by.remove(&t.id).unwrap_or_default();
            (t, actors)
        })
        .collect())
}

/// How many tasks lack their lead or their time.
fn lacking(tx: &mut Tx, who: &Who, tasks: &[Record]) -> store::Result<usize> {
    let by = fill::acting(tx, &who.reg, &who.actor, tasks)?;
    Ok(tasks.iter().filter(|t| fill::lack(t, by.get(&t.id).map(Vec::as_slice).unwrap_or_default()).any()).count())
}

/// The time of a task in the words of the document; where a person set a day instead, that day.
pub fn time_words(task: &Record) -> String {
    let day = task.text("due_on").map(fmt::date);
    task.text("time_text").map(str::to_owned).or(day).unwrap_or_else(|| "–".to_owned())
}

/// Tasks whose time nobody could read: they are owed without a day until somebody sets one.
fn undated(plan: &str, tasks: &[Acting], lang: Lang) -> Markup {
    let without = |t: &&Acting| {
        let t = &t.0;
        t.state.as_deref() != Some("dropped") && t.text("due_on").is_none() && t.text("schedule_kind").is_none_or(|k| k == "none")
    };
    let list: Vec<&Acting> = tasks.iter().filter(without).collect();
    html! {
        @if !list.is_empty() {
            (notice(Tone::Soon, html! {
                strong { (lang.n(list.len(), "nhiệm vụ chưa rõ thời hạn.", "task without a due day.", "tasks without a due day.")) } " "
                (lang.t("Nghĩa vụ của chúng hiện không có hạn; nhập thời gian hoặc ngày đến hạn để bắt đầu tính.", "Their obligations have no due day; enter a time or a due day."))
                ul { @for (t, _) in &list { li { a href={"/plans/" (plan) "/task/" (t.id)} { (cut(t.text("content").unwrap_or_default())) } @if let Some(time) = t.text("time_text") { " · " (time) } " · " a href={"/r/task/" (t.id) "/edit"} { (lang.t("nhập thời gian", "enter the time")) } } } }
            }))
        }
    }
}

fn sorted(mut list: Vec<Record>) -> Vec<Record> {
    list.sort_by_key(|r| r.int("seq").unwrap_or(i64::MAX));
    list
}

/// The target's own threshold, as the plan sets it.
pub fn goal(r: &Record) -> Option<targets::Goal> {
    Some(targets::Goal {
        comparator: r.text("comparator")?.to_owned(),
        value: r.real("value")?,
        percent: r.text("unit") == Some("percent"),
    })
}

/// What a target asks for, as people write it: `≥ 90 %`.
pub fn threshold(r: &Record, lang: Lang) -> String {
    let sign = match r.text("comparator").unwrap_or_default() {
        "more_than" => ">",
        "at_most" => "≤",
        "less_than" => "<",
        "equal" => "=",
        _ => "≥",
    };
    let unit = match r.text("unit").unwrap_or_default() {
        "percent" => "\u{a0}%",
        "per_year" => lang.t("/năm", "/year"),
        "people" => lang.t(" người", " people"),
        "dong" => lang.t(" đồng", " dong"),
        _ => "",
    };
    let value = r.real("value").map(fmt::dec_auto).unwrap_or_default();
    let upper = r.real("upper").map(|u| format!("–{}", fmt::dec_auto(u))).unwrap_or_default();
    format!("{sign}\u{a0}{value}{upper}{unit}")
}

fn targets_table(ctx: &Ctx, q: &FormData, of: &Record, live: &[Live]) -> Grid {
    let (lang, plan) = (ctx.lang(), of.id.as_str());
    let may = ctx.can(Verb::Update, "target");
    let columns = vec![
        GridColumn::text("what", lang.t("Chỉ tiêu của kế hoạch", "Target of the plan")),
        GridColumn::action(lang.t("Đạt · chưa đạt · chưa có dữ liệu", "Met · not met · no data")).drop_at(2),
        GridColumn::text("result", lang.t("Kết quả", "Result")),
        GridColumn::text("verdict", lang.t("Kết luận", "Verdict")),
        GridColumn::text("goal", lang.t("Mục tiêu", "Goal")).only_in_file(),
        GridColumn::day("until", lang.t("Đến", "Until")).only_in_file(),
    ];
    let mut g = Grid::new(ctx, q, "", "chi-tieu-ke-hoach", lang.t("Chỉ tiêu", "Targets"), columns).export(ctx.can(Verb::Export, "target"));
    for l in live {
        let r = &l.record;
        let content = r.text("content").unwrap_or_default();
        let below = html! {
            div.small.muted { (threshold(r, lang)) @if let Some(h) = r.text("horizon") { " · " (lang.t("đến", "until")) " " (fmt::date(h)) } }
        };
        let said = l.figure.as_ref().map(|f| f.said(r.text("horizon").or(of.text("ends_on")), &ctx.today, lang));
        let (goal, until) = (GridCell::text(&threshold(r, lang)), GridCell::day(r.text("horizon")));
        match &l.figure {
            Some(f) => {
                let goal_line = r.real("value").filter(|_| r.text("unit") == Some("percent"));
                let bar = Bar3 { met: f.met, unmet: f.unmet, nodata: f.unknown, goal: goal_line };
                g.row(vec![
                    GridCell::with(html! { a href={"/targets/" (f.id)} { (cut(content)) } (below) }, Cell::text(content)),
                    GridCell::only(if f.share {
                        bar3(bar, lang)
                    } else {
                        html! {}
                    }),
                    GridCell::text(&f.words),
                    GridCell::with(
                        html! { @if let Some((tone, words)) = &said { (tag(*tone, words)) } @if may { (bind::change(ctx, plan, r)) } },
                        said.as_ref().map_or(Cell::Empty, |s| Cell::text(&s.1)),
                    ),
                    goal,
                    until,
                ]);
            }
            None => g.row(vec![
                GridCell::with(html! { a href={"/r/target/" (r.id)} { (cut(content)) } (below) }, Cell::text(content)),
                GridCell::only(html! {}),
                GridCell::only(html! { "–" }),
                match r.text("indicator").filter(|_| r.bool("indicator_confirmed") == Some(true)).and_then(targets::no_source) {
                    Some(i) => GridCell::with(
                        bind::sourceless(ctx, plan, r, i, may),
                        Cell::text(lang.t("Chưa có nguồn dữ liệu", "No data source yet")),
                    ),
                    None => GridCell::with(bind::choose(ctx, plan, l, may), Cell::text(lang.t("Chưa gắn chỉ số", "No indicator yet"))),
                },
                goal,
                until,
            ]),
        }
    }
    g
}

fn tasks_table(ctx: &Ctx, q: &FormData, plan: &str, tasks: &[Acting]) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::index("no", "#"),
        GridColumn::text("task", lang.t("Nhiệm vụ", "Task")),
        GridColumn::text("lead", lang.t("Chủ trì", "Lead")),
        GridColumn::text("with", lang.t("Phối hợp", "With")).drop_at(2),
        GridColumn::text("time", lang.t("Thời gian", "Time")),
    ];
    let mut g = Grid::new(ctx, q, "", "nhiem-vu-ke-hoach", lang.t("Nhiệm vụ", "Tasks"), columns).export(ctx.can(Verb::Export, "task"));
    for (r, actors) in tasks {
        let names = |role: &str| {
            actors.iter().filter(|a| a.text("role") == Some(role)).filter_map(|a| a.text("name")).collect::<Vec<_>>().join(", ")
        };
        let (content, time) = (r.text("content").unwrap_or_default(), time_words(r));
        g.row(vec![
            GridCell::text(r.text("no").unwrap_or_default()),
            GridCell::with(html! { a href={"/plans/" (plan) "/task/" (r.id)} { (cut(content)) } }, Cell::text(content)),
            GridCell::text(&names("lead")),
            GridCell::text(&names("coordinating")),
            GridCell::with(
                html! { (time) @if r.text("condition").is_some() { " " (tag(Tone::Soon, lang.t("chờ điều kiện", "waits"))) } },
                Cell::text(time.to_string()),
            ),
        ]);
    }
    g
}

fn duties_list(duties: &[Acting]) -> Markup {
    let mut blocks: Vec<(String, Vec<&str>)> = Vec::new();
    for (r, actors) in duties {
        let names = actors.iter().filter_map(|a| a.text("name")).collect::<Vec<_>>().join(", ");
        let duty = r.text("content").unwrap_or_default();
        match blocks.last_mut().filter(|b| b.0 == names) {
            Some(b) => b.1.push(duty),
            None => blocks.push((names, vec![duty])),
        }
    }
    html! { @for (names, list) in blocks { details open { summary { strong { (names) } } ul { @for d in list { li { (d) } } } } } }
}

fn about(ctx: &Ctx, plan: &Record, recipients: &[Record]) -> Markup {
    let lang = ctx.lang();
    let day = |f: &str| plan.text(f).map_or_else(|| "–".to_owned(), fmt::date);
    let list = vec![
        (lang.t("Số, ký hiệu", "Number").to_owned(), html! { (plan.text("number").unwrap_or("–")) }),
        (lang.t("Ngày ban hành", "Issued on").to_owned(), html! { (day("issued_on")) }),
        (lang.t("Cơ quan ban hành", "Issuer").to_owned(), html! { (plan.link_title("issuer").unwrap_or_default()) }),
        (lang.t("Hiệu lực", "Valid").to_owned(), html! { (day("starts_on")) " – " (day("ends_on")) }),
    ];
    html! {
        (facts(list))
        h2 { (lang.t("Nơi nhận", "Recipients")) }
        ul { @for r in recipients { li { (recipient(ctx, r)) } } }
    }
}

/// A recipient as printed, its mark, and the agencies of the register it stands for.
fn recipient(ctx: &Ctx, r: &Record) -> Markup {
    let lang = ctx.lang();
    let marks = ctx.reg().choices.get("recipient_mark");
    let mark = r.text("mark").filter(|m| *m != "none").and_then(|m| marks?.options.iter().find(|o| o.id == m));
    let who = r.link_title("agency").or_else(|| r.link_title("collective")).filter(|t| *t != r.text("name").unwrap_or_default());
    html! {
        (r.text("name").unwrap_or_default()) " "
        @if let Some(m) = mark { span.tag { (lang.label(&m.label)) } " " }
        @if let Some(t) = who { span.muted.small { (t) } }
    }
}

fn n_of(counts: &BTreeMap<State, i64>, s: State) -> i64 {
    counts.get(&s).copied().unwrap_or_default()
}

/// `/plans/{id}/task/{task}`: one task, the agencies that owe it, the indicator it is bound to.
pub async fn task(ctx: Ctx, Path((plan, id)): Path<(String, String)>) -> PageResult {
    let wanted = id.clone();
    let (r, actors, owed, past) = ctx
        .read(move |tx, who| {
            let r = actions::get(tx, &who.reg, &who.may(Verb::Read, "task")?, &wanted)?;
            let actors = sorted(linked(tx, &who.reg, &who.actor, "task_actor", "task", &wanted)?);
            let ask = Ask { want: Want::All, task: Some(wanted), ..Ask::default() };
            let owed = if who.may(Verb::Read, "obligation").is_ok() {
                owed::counts(tx, &who.reg, &who.actor, &who.today, &ask)?
            } else {
                BTreeMap::new()
            };
            let past = super::amend::history(tx, who, &r.id)?;
            Ok((r, actors, owed, past))
        })
        .await?;
    let lang = ctx.lang();
    let names =
        |role: &str| actors.iter().filter(|a| a.text("role") == Some(role)).filter_map(|a| a.text("name")).collect::<Vec<_>>().join(", ");
    let (done, late) = (n_of(&owed, State::Done) + n_of(&owed, State::DoneLate), n_of(&owed, State::Overdue));
    // who is exempt does not owe it
    let all = owed.values().sum::<i64>() - n_of(&owed, State::NotApplicable);
    let bound = r.text("indicator").unwrap_or_default();
    let may = ctx.can(Verb::Update, "task") && ctx.can(Verb::Update, "task_actor") && r.state.as_deref() != Some("dropped");
    let amend = may.then(|| html! { a.btn href={"/plans/" (plan) "/task/" (id) "/amend"} { (lang.t("Điều chỉnh", "Amend")) } });
    let moved = ctx.reg().registers.get("task").and_then(|d| d.states.iter().find(|s| Some(s.id.as_str()) == r.state.as_deref()));
    let state = moved.filter(|s| s.id != "active").map(|s| html! { (tag(Tone::parse(&s.tone), lang.label(&s.label))) });
    let body = html! {
        (heading(r.text("content").unwrap_or_default(), state, amend))
        section.card { (facts(vec![
            (lang.t("Chủ trì", "Lead").to_owned(), html! { (names("lead")) }),
            (lang.t("Phối hợp", "Coordinating").to_owned(), html! { (names("coordinating")) }),
            (lang.t("Thời gian", "Time").to_owned(), html! { (time_words(&r)) }),
            (lang.t("Sản phẩm", "Product").to_owned(), html! { (r.text("product").unwrap_or("–")) }),
            (lang.t("Ghi chú", "Note").to_owned(), html! { (r.text("note").unwrap_or("–")) }),
            (lang.t("Dòng trong văn bản", "Lines").to_owned(), html! { (r.text("lines").unwrap_or("–")) }),
        ])) }
        @if !owed.is_empty() {
            section.card { div.row.between { h2 { (lang.t("Các cơ quan thực hiện", "Agencies")) } a.btn href={"/plans/board?state=all&task=" (id)} { (lang.t("Xem tất cả", "See all")) } }
                p { strong { (done) "/" (all) } " " (lang.t("đã hoàn thành", "done")) @if late > 0 { " · " (tag(Tone::Unmet, &format!("{late} {}", lang.t("quá hạn", "overdue")))) } }
            }
        }
        @if ctx.can(Verb::Update, "task") {
            section.card { h2 { (lang.t("Tiến độ đo bằng chỉ số", "Progress as an indicator")) }
                @if bound.is_empty() { (notice(Tone::Plain, html! { (lang.t("Nếu một chỉ số nói đúng kết quả của nhiệm vụ này, tiến độ là chỉ số đó và không ai phải báo cáo bằng tay.", "If an indicator says what this task wants, its progress is that indicator.")) })) }
                form method="post" action={"/plans/" (plan) "/task/" (id)} {
                    (csrf(&ctx.look))
                    label for="f-indicator" { (lang.t("Chỉ số", "Indicator")) } " "
                    select id="f-indicator" name="indicator" {
                        option value="" { (lang.t("Không gắn", "None")) }
                        @for (i, label) in targets::all_indicators() { option value=(i) selected[i == bound] { (i) " · " (label) } }
                    }
                    " " button.btn type="submit" { (lang.t("Lưu", "Save")) }
                }
            }
        }
        (super::amend::past_card(&ctx, &past))
    };
    Ok(Page::new(lang.t("Nhiệm vụ", "Task"))
        .active("/plans")
        .crumb(lang.t("Kế hoạch", "Plan"), format!("/plans/{plan}"))
        .body(body)
        .respond(&ctx))
}

//! `/cascade/{plan}`: agencies that the plan obliges and their own plans; tasks and targets that nobody took up.

use access::Verb;
use documents::Cell;
use registers::Record;
use web::axum::extract::Path;
use web::charts::{Slice, donut};
use web::components::{Grid, GridCell, GridColumn, Tab, empty, heading, sentence, tabs, tag};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::{Ctx, FormData, Lang, Page, PageResult, Tone, fmt};

use super::{n, plan_state};
use crate::pairs::Short;
use crate::tracker::{TargetLine, Tracker, tracker, whole};

/// The page.
pub async fn show(ctx: Ctx, Path(id): Path<String>, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "task_answer")?;
    let tab = q.filled("tab").unwrap_or("agencies").to_owned();
    let (t, whole) = ctx
        .read(move |tx, who| {
            let t = tracker(tx, &who.reg, &who.actor, &id)?;
            let whole = whole(tx, &who.actor, &t.plan)?;
            Ok((t, whole))
        })
        .await?;
    let lang = ctx.lang();
    let grid = match tab.as_str() {
        "tasks" => tasks(&ctx, &q, &t),
        "targets" => targets(&ctx, &q, &t),
        _ => agencies(&ctx, &q, &t),
    };
    if let Some(file) = grid.file() {
        return file;
    }
    let title = t.plan.text("title").unwrap_or_default().to_owned();
    let at = |s: &str| format!("/cascade/{}?tab={s}", t.plan.id);
    let list = [
        Tab { id: "agencies".into(), label: lang.t("Cơ quan", "Agencies").into(), count: Some(n(t.agencies.len())), href: at("agencies") },
        Tab { id: "tasks".into(), label: lang.t("Nhiệm vụ", "Tasks").into(), count: Some(n(t.tasks.len())), href: at("tasks") },
        Tab { id: "targets".into(), label: lang.t("Chỉ tiêu", "Targets").into(), count: Some(n(t.targets.len())), href: at("targets") },
    ];
    let rows = match tab.as_str() {
        "tasks" => t.tasks.len(),
        "targets" => t.targets.len(),
        _ => t.agencies.len(),
    };
    let body = html! {
        (heading(&title, Some(html! { (t.plan.text("number").unwrap_or(lang.t("chưa có số", "no number yet"))) " · " (t.plan.link_title("issuer").unwrap_or_default()) }), Some(html! { a.btn href={"/plans/" (t.plan.id)} { (lang.t("Mở kế hoạch", "Open the plan")) } })))
        @if !whole { p.small.muted { (lang.t("Chỉ gồm các cơ quan trong phạm vi của bạn.", "Only agencies in your scope.")) } }
        @if !t.agencies.is_empty() { (pictures(&ctx, &t)) }
        (tabs(&list, &tab, lang.t("Xem theo", "Seen by")))
        section.card {
            (rule(&tab, lang))
            @if rows == 0 { (nothing(&tab, lang)) } @else { (grid.render()) }
        }
    };
    Ok(Page::new(title)
        .active("/cascade")
        .crumb(lang.t("Kế hoạch cấp dưới", "Plans below"), "/cascade")
        .crumb_text(t.plan.text("number").unwrap_or(lang.t("Kế hoạch này", "This plan")).to_owned())
        .body(body)
        .respond(&ctx))
}

/// Who has a plan, and how the tasks are answered, as pictures.
fn pictures(ctx: &Ctx, t: &Tracker) -> Markup {
    let lang = ctx.lang();
    let count =
        |f: &dyn Fn(Option<&str>) -> bool| n(t.agencies.iter().filter(|a| f(a.plan.as_ref().and_then(|p| p.state.as_deref()))).count());
    let plans = [
        Slice { label: lang.t("Đang thực hiện", "In force").into(), n: count(&|s| s == Some("in_force")), tone: Tone::Met },
        Slice { label: lang.t("Dự thảo", "Draft").into(), n: count(&|s| s == Some("draft")), tone: Tone::Soon },
        Slice {
            label: lang.t("Đã thay thế, hết hiệu lực", "Superseded, expired").into(),
            n: count(&|s| matches!(s, Some("superseded" | "expired"))),
            tone: Tone::Plain,
        },
        Slice { label: lang.t("Chưa có kế hoạch", "No plan").into(), n: count(&|s| s.is_none()), tone: Tone::Unmet },
    ];
    let s = t.spread();
    let answers = [
        Slice { label: lang.t("Có nhiệm vụ tương ứng", "By tasks of their own").into(), n: n(s.own), tone: Tone::Met },
        Slice { label: lang.t("Làm theo kế hoạch cấp trên", "Under the plan above").into(), n: n(s.joint), tone: Tone::Soon },
        Slice { label: lang.t("Không thuộc trách nhiệm", "Not their business").into(), n: n(s.not_ours), tone: Tone::Plain },
        Slice { label: lang.t("Chưa trả lời", "Not answered").into(), n: n(s.open()), tone: Tone::Unmet },
    ];
    html! {
        div.grid2 {
            section.card { h2 { (lang.t("Kế hoạch của các cơ quan", "Plans of the agencies")) } (donut(&plans, lang)) }
            section.card {
                h2 { (lang.t("Nhiệm vụ trong các kế hoạch đã có", "Tasks in the plans there are")) }
                @if s.asked == 0 { p.muted { (lang.t("Chưa cơ quan nào có kế hoạch, nên chưa có dữ liệu.", "No agency has a plan yet: no data.")) } } @else { (donut(&answers, lang)) }
            }
        }
    }
}

/// What is counted.
fn rule(tab: &str, lang: Lang) -> Markup {
    sentence(html! { (match tab {
        "tasks" => lang.t(
            "Với mỗi nhiệm vụ, đếm các cơ quan được giao nhiệm vụ ấy và đã có kế hoạch của mình (kể cả dự thảo).",
            "Of each task, the agencies it is given to that have a plan of their own (drafts too) are counted.",
        ),
        "targets" => lang.t(
            "So các chỉ tiêu gắn cùng một chỉ số, cùng đơn vị. Thấp hơn: đặt giá trị kém hơn, hoặc cùng giá trị mà muộn hơn.",
            "Targets of one indicator and unit are compared. Short: a lesser value, or the same value later.",
        ),
        _ => lang.t(
            "Cơ quan có nghĩa vụ theo kế hoạch này, và cơ quan ghi kế hoạch này là kế hoạch cấp trên. Cơ quan có nhiều kế hoạch: lấy kế hoạch đang thực hiện, mới nhất.",
            "Agencies with obligations of this plan, and those whose plan names it as the one above. Of several plans the newest in force counts.",
        ),
    }) })
}

fn nothing(tab: &str, lang: Lang) -> Markup {
    match tab {
        "targets" => {
            empty(lang.t("Kế hoạch này chưa có chỉ tiêu nào gắn chỉ số.", "No target of this plan is bound to an indicator."), html! {})
        }
        "tasks" => empty(lang.t("Kế hoạch này không có nhiệm vụ.", "This plan has no task."), html! {}),
        _ => empty(
            lang.t("Chưa cơ quan nào được giao việc theo kế hoạch này.", "No agency has work of this plan yet."),
            html! { p { (lang.t("Nghĩa vụ được lập khi kế hoạch được đưa vào thực hiện.", "Obligations are made when the plan is put in force.")) } },
        ),
    }
}

fn agencies(ctx: &Ctx, q: &FormData, t: &Tracker) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::text("agency", lang.t("Cơ quan", "Agency")),
        GridColumn::text("state", lang.t("Kế hoạch của mình", "Own plan")),
        GridColumn::text("number", lang.t("Số", "Number")).drop_at(2),
        GridColumn::day("issued", lang.t("Ban hành", "Issued")).drop_at(2),
        GridColumn::num("asked", lang.t("Được giao", "Asked")),
        GridColumn::num("answered", lang.t("Đã trả lời", "Answered")),
        GridColumn::num("short", lang.t("Chỉ tiêu thấp hơn", "Targets short")).drop_at(1),
    ];
    let mut g = Grid::new(ctx, q, "", "co-quan-ke-hoach", lang.t("Cơ quan và kế hoạch của mình", "Agencies and their plans"), columns)
        .export(ctx.can(Verb::Export, "task_answer"));
    for a in &t.agencies {
        let (words, tone) = plan_state(ctx, a.plan.as_ref());
        let plan = a.plan.as_ref();
        let name = match plan {
            Some(p) => GridCell::link(&format!("/cascade/{}/answers", p.id), &a.agency.1),
            None => GridCell::link(&format!("/plans/board?agency={}", a.agency.0), &a.agency.1),
        };
        // without a plan nothing could be answered: no data, not nought
        let answered = match plan {
            Some(_) => GridCell::num(n(a.spread.answered())),
            None => GridCell::with(html! { "–" }, Cell::Empty),
        };
        g.row(vec![
            name,
            GridCell::tag(tone, &words),
            GridCell::text(plan.and_then(|p| p.text("number")).unwrap_or_default()),
            GridCell::day(plan.and_then(|p| p.text("issued_on"))),
            GridCell::num(n(a.spread.asked)),
            answered,
            match plan {
                Some(_) => GridCell::num(n(a.short)),
                None => GridCell::with(html! { "–" }, Cell::Empty),
            },
        ]);
    }
    g
}

fn tasks(ctx: &Ctx, q: &FormData, t: &Tracker) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::index("no", "#"),
        GridColumn::text("task", lang.t("Nhiệm vụ", "Task")),
        GridColumn::num("asked", lang.t("Kế hoạch phải trả lời", "Plans that must answer")).drop_at(1),
        GridColumn::num("own", lang.t("Có nhiệm vụ tương ứng", "Own tasks")),
        GridColumn::num("joint", lang.t("Làm theo cấp trên", "Under the plan above")).drop_at(2),
        GridColumn::num("not", lang.t("Không thuộc", "Not theirs")).drop_at(2),
        GridColumn::num("open", lang.t("Chưa trả lời", "Not answered")),
    ];
    let mut g = Grid::new(ctx, q, "", "nhiem-vu-cap-tren", lang.t("Nhiệm vụ và câu trả lời", "Tasks and answers"), columns)
        .export(ctx.can(Verb::Export, "task_answer"));
    for (task, s) in &t.tasks {
        let content = task.text("content").unwrap_or_default();
        let to = format!("/r/task_answer?f.task={}", task.id);
        g.row(vec![
            GridCell::text(task.text("no").unwrap_or_default()),
            GridCell::with(html! { a href=(to) { (crate::pages::answer::cut(content)) } }, Cell::text(content)),
            GridCell::num(n(s.asked)),
            GridCell::num(n(s.own)),
            GridCell::num(n(s.joint)),
            GridCell::num(n(s.not_ours)),
            GridCell::num(n(s.open())),
        ]);
    }
    g
}

fn targets(ctx: &Ctx, q: &FormData, t: &Tracker) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::text("target", lang.t("Chỉ tiêu", "Target")),
        GridColumn::text("indicator", lang.t("Chỉ số", "Indicator")),
        GridColumn::num("plans", lang.t("Kế hoạch cấp dưới có chỉ tiêu này", "Plans below with it")),
        GridColumn::text("short", lang.t("Thấp hơn cấp trên", "Fall short")),
    ];
    let mut g = Grid::new(ctx, q, "", "chi-tieu-cap-tren", lang.t("Chỉ tiêu và cấp dưới", "Targets and plans below"), columns)
        .export(ctx.can(Verb::Export, "task_answer"));
    for line in &t.targets {
        let content = line.target.text("content").unwrap_or_default();
        let indicator = line.target.text("indicator").unwrap_or_default();
        let said: Vec<String> = line.short.iter().map(|(b, how)| format!("{}: {}", issuer(t, b), falls(b, *how, lang))).collect();
        g.row(vec![
            GridCell::with(html! { (content) }, Cell::text(content)),
            GridCell::with(html! { a href={"/targets/" (indicator)} { (indicator) } }, Cell::text(indicator)),
            GridCell::num(n(line.taken_up)),
            GridCell::with(shortfalls(line, &said, lang), Cell::text(said.join("; "))),
        ]);
    }
    g
}

fn shortfalls(line: &TargetLine, said: &[String], lang: Lang) -> Markup {
    html! {
        @if line.taken_up == 0 { (tag(Tone::None, lang.t("Chưa kế hoạch nào đặt", "No plan below sets it"))) }
        @else if said.is_empty() { (tag(Tone::Met, lang.t("Không kế hoạch nào thấp hơn", "None falls short"))) }
        @else { @for ((t, _), s) in line.short.iter().zip(said) { div { a href={"/plans/" (t.text("plan").unwrap_or_default())} { (s) } } } }
    }
}

/// The agency whose plan has the target.
fn issuer<'a>(t: &'a Tracker, target: &Record) -> &'a str {
    let plan = target.text("plan");
    t.agencies.iter().find(|a| a.plan.as_ref().map(|p| p.id.as_str()) == plan).map_or("", |a| a.agency.1.as_str())
}

fn falls(t: &Record, how: Short, lang: Lang) -> String {
    match (how, t.text("horizon")) {
        (Short::Less, _) => {
            let unit = if t.text("unit") == Some("percent") { "\u{a0}%" } else { "" };
            format!("{} {}{unit}", lang.t("chỉ đặt", "asks for"), t.real("value").map(fmt::dec_auto).unwrap_or_default())
        }
        (Short::Later, Some(day)) => format!("{} {}", lang.t("đặt muộn hơn, đến", "later, until"), fmt::date(day)),
        (Short::Later, None) => lang.t("không ghi thời hạn", "says no day").to_owned(),
    }
}

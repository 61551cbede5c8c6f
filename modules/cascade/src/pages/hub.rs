//! `/cascade`: plans that others answer, and how far they are.

use access::Verb;
use registers::Record;
use store::{Result, Tx};
use web::components::{Grid, GridCell, GridColumn, empty, heading};
use web::forms::QueryData;
use web::maud::html;
use web::{Ctx, Page, PageResult, Who, fmt};

use super::{n, short_name};
use crate::tracker::{Tracker, tracker, whole};
use crate::{all_where, asked, is};

/// A plan of the reader's agency under another, with its unanswered tasks.
type Mine = (Record, Option<Record>, usize, usize);

/// The page.
pub async fn show(ctx: Ctx, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "task_answer")?;
    let (above, mine) = ctx
        .read(|tx, who| {
            let plans = all_where(tx, &who.reg, &who.actor, "plan", vec![])?;
            let parents: Vec<&str> = plans.iter().filter_map(|p| p.text("parent")).collect();
            let mut above = Vec::new();
            for p in &plans {
                let wide = p.state.as_deref() == Some("in_force") && matches!(p.text("level"), Some("national" | "province"));
                // who sees one agency only has the answers of that agency above
                if (wide || parents.contains(&p.id.as_str())) && whole(tx, &who.actor, p)? {
                    above.push(tracker(tx, &who.reg, &who.actor, &p.id)?);
                }
            }
            Ok((above, mine(tx, who)?))
        })
        .await?;
    let lang = ctx.lang();
    let grid = table(&ctx, &q, &above);
    if let Some(file) = grid.file() {
        return file;
    }
    let sub = lang.t(
        "Kế hoạch cấp trên giao việc; kế hoạch của từng cơ quan trả lời từng việc.",
        "A plan above hands out work; each agency's plan answers it task by task.",
    );
    let body = html! {
        (heading(lang.t("Kế hoạch cấp dưới", "Plans below"), Some(html! { (sub) }), None))
        @if !mine.is_empty() {
            section.card {
                h2 { (lang.t("Kế hoạch của cơ quan bạn", "Your agency's plans")) }
                ul.list { @for (plan, parent, open, asked) in &mine {
                    li {
                        div {
                            a href={"/cascade/" (plan.id) "/answers"} { (plan.text("title").unwrap_or_default()) }
                            div.muted.small { (lang.t("dưới ", "under ")) (parent.as_ref().map_or("", short_name)) " · " (lang.t("đã trả lời ", "answered ")) (fmt::int(n(asked - open))) "/" (fmt::int(n(*asked))) }
                        }
                        a.btn href={"/cascade/" (plan.id) "/answers"} { @if *open > 0 { (lang.t("Trả lời", "Answer")) } @else { (lang.t("Xem", "Show")) } }
                    }
                } }
            }
        }
        @if above.is_empty() && mine.is_empty() {
            (empty(lang.t("Chưa có kế hoạch nào mà cơ quan khác phải trả lời.", "No plan that others answer."), html! { p { (lang.t("Khi nhập kế hoạch của một cơ quan, chọn “Kế hoạch cấp trên” ở phần đầu; trang này cho biết nhiệm vụ nào đã có câu trả lời.", "When an agency's plan is imported, name the plan above it; this page then shows which tasks are answered.")) } }))
        } @else if !above.is_empty() { section.card { (grid.render()) } }
    };
    Ok(Page::new(lang.t("Kế hoạch cấp dưới", "Plans below")).active("/cascade").body(body).respond(&ctx))
}

fn mine(tx: &mut Tx, who: &Who) -> Result<Vec<Mine>> {
    let Some(agency) = who.actor.agency.clone() else { return Ok(vec![]) };
    let mut found = Vec::new();
    for p in all_where(tx, &who.reg, &who.actor, "plan", vec![is("issuer", &agency)])? {
        if p.text("parent").is_some() && matches!(p.state.as_deref(), Some("draft" | "in_force")) {
            let a = asked::asked(tx, &who.reg, &who.actor, &p.id)?;
            found.push((p, a.parent.clone(), a.open(), a.lines.len()));
        }
    }
    Ok(found)
}

fn table(ctx: &Ctx, q: &web::FormData, above: &[Tracker]) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::text("plan", lang.t("Kế hoạch", "Plan")),
        GridColumn::num("asked", lang.t("Cơ quan được giao việc", "Agencies with work")),
        GridColumn::num("have", lang.t("Đã có kế hoạch đang thực hiện", "With a plan in force")),
        GridColumn::num("tasks", lang.t("Nhiệm vụ phải trả lời", "Tasks to answer")).drop_at(2),
        GridColumn::num("answered", lang.t("Đã trả lời", "Answered")).drop_at(1),
        GridColumn::num("short", lang.t("Chỉ tiêu thấp hơn cấp trên", "Targets that fall short")).drop_at(2),
    ];
    let mut g = Grid::new(ctx, q, "", "ke-hoach-cap-duoi", lang.t("Kế hoạch có cơ quan trả lời", "Plans that others answer"), columns)
        .export(ctx.can(Verb::Export, "task_answer"));
    for t in above {
        let spread = t.spread();
        g.row(vec![
            GridCell::link(&format!("/cascade/{}", t.plan.id), t.plan.text("title").unwrap_or_default()),
            GridCell::num(n(t.agencies.len())),
            GridCell::num(n(t.in_force())),
            GridCell::num(n(spread.asked)),
            GridCell::num(n(spread.answered())),
            GridCell::num(n(t.agencies.iter().map(|a| a.short).sum())),
        ]);
    }
    g
}

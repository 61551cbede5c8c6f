//! `/reports`: campaigns, and what the reader's own agency owes.

use access::Verb;
use documents::Cell;
use web::components::{Grid, GridCell, GridColumn, empty, heading, main_link, tag};
use web::forms::QueryData;
use web::maud::html;
use web::{Ctx, Page, PageResult, Tone, fmt};

use crate::campaign::{FILED, OWED, late_days};
use crate::pages::{deadline, state_of};
use crate::{all_where, is};

/// Single reports shown on the list: a contact point has one or a few in a campaign; an officer opens the campaign.
const MOST_OWN: usize = 6;

/// The list.
pub async fn show(ctx: Ctx, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "report_submission")?;
    let today = ctx.today.clone();
    let found = ctx
        .read(move |tx, who| {
            let mut campaigns = all_where(tx, &who.reg, &who.actor, "report_campaign", vec![])?;
            campaigns.sort_by(|a, b| b.text("due_before").cmp(&a.text("due_before")));
            let mut all = Vec::new();
            for c in campaigns {
                let reports = all_where(tx, &who.reg, &who.actor, "report_submission", vec![is("campaign", &c.id)])?;
                all.push((c, reports));
            }
            Ok(all)
        })
        .await?;
    let lang = ctx.lang();
    let new =
        ctx.can(Verb::Create, "report_campaign").then(|| main_link("/r/report_campaign/new", lang.t("Lập đợt báo cáo", "New campaign")));
    let columns = vec![
        GridColumn::text("name", lang.t("Đợt báo cáo", "Campaign")),
        GridColumn::day("due", lang.t("Nộp", "Due")).drop_at(1),
        GridColumn::num("filed", lang.t("Đã nộp", "Filed")),
        GridColumn::num("late", lang.t("Muộn", "Late")).drop_at(1),
        GridColumn::text("state", lang.t("Trạng thái", "State")),
    ];
    let mut grid = Grid::new(&ctx, &q, "", "dot-bao-cao", lang.t("Đợt báo cáo", "Campaigns"), columns)
        .export(ctx.can(Verb::Export, "report_campaign"));
    for (c, reports) in &found {
        let state = state_of(&ctx, "report_campaign", c.state.as_deref());
        let of = |list: &[&str]| reports.iter().filter(|r| r.state.as_deref().is_some_and(|s| list.contains(&s))).count();
        let (filed, owed) = (of(&FILED), of(&OWED));
        let late = reports.iter().filter(|r| late_days(r, &today).is_some()).count();
        let number = |n: usize| i64::try_from(n).unwrap_or(0);
        grid.row(vec![
            GridCell::with(
                html! { a href={"/reports/campaign/" (c.id)} { (c.title) }
                @if reports.len() <= MOST_OWN { @for r in reports { @let s = state_of(&ctx, "report_submission", r.state.as_deref()); div.small { a href={"/reports/report/" (r.id)} { (r.link_title("agency").unwrap_or_default()) } " " (tag(s.1, &s.0)) } } } },
                Cell::text(&c.title),
            ),
            GridCell::with(html! { (deadline(c, lang)) }, c.text("due_before").map_or(Cell::Empty, |d| Cell::Date(d.to_owned()))),
            GridCell::with(html! { (fmt::int(number(filed))) "/" (fmt::int(number(filed + owed))) }, Cell::Integer(number(filed))),
            GridCell::with(html! { @if late > 0 { (tag(Tone::Unmet, &late.to_string())) } @else { "0" } }, Cell::Integer(number(late))),
            GridCell::tag(state.1, &state.0),
        ]);
    }
    if let Some(file) = grid.file() {
        return file;
    }
    let body = html! {
        (heading(lang.t("Báo cáo", "Reports"), Some(html! { (lang.t("Số liệu được điền sẵn từ các sổ đăng ký; đầu mối viết phần lời, thủ trưởng duyệt nộp.", "Figures come from the registers; the contact point writes, the head files.")) }), new))
        @if found.is_empty() {
            (empty(lang.t("Chưa có đợt báo cáo nào.", "No campaign yet."), html! { p { (lang.t("Cơ quan thường trực lập một đợt: theo mẫu nào, nộp trước ngày nào. Mở đợt thì mỗi cơ quan phải nộp có ngay một báo cáo đã điền số liệu.", "The standing agency makes one: which template, before which day. Opening it gives each obliged agency a report with figures filled in.")) } }))
        } @else { section.card { (grid.render()) } }
    };
    Ok(Page::new(lang.t("Báo cáo", "Reports")).active("/reports").body(body).respond(&ctx))
}

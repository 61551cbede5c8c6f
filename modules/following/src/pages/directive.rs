//! `/following/directive/{id}`: which agencies were told to do it, how far each is.

use access::Verb;
use registers::Record;
use web::axum::extract::Path;
use web::components::{Grid, GridCell, GridColumn, empty, facts, heading, link_button, notice, tag};
use web::forms::QueryData;
use web::maud::html;
use web::{Ctx, FormData, Page, PageResult, Tone, fmt};

use crate::pages::{n, state_of};
use crate::{directive, dissemination, one};

/// The page.
pub async fn show(ctx: Ctx, Path(id): Path<String>, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "directive")?;
    let (d, owed, reach) = ctx
        .read(move |tx, who| {
            let d = one(tx, &who.reg, &who.actor, "directive", &id)?;
            let all = directive::obligations(tx, &who.reg, &who.actor, &id)?;
            let mut owed = plans::owed::shown(tx, &who.reg, &who.actor, &who.today, all)?;
            owed.sort_by_key(|o| text::sort_key(o.record.link_title("agency").unwrap_or_default()));
            let reach = dissemination::recipients(tx, &who.reg, &who.actor, &d, &who.today).map(|r| r.len()).map_err(|e| e.to_string());
            Ok((d, owed, reach))
        })
        .await?;
    let lang = ctx.lang();
    let grid = rows(&ctx, &q, &owed);
    if let Some(file) = grid.file() {
        return file;
    }
    let state = state_of(&ctx, "directive", d.state.as_deref());
    let button = (d.state.as_deref() == Some("draft") && ctx.can(Verb::Transition, "directive"))
        .then(|| link_button(&format!("/r/directive/{}/transition/assign", d.id), lang.t("Giao việc", "Assign")));
    let done = owed.iter().filter(|o| o.record.state.as_deref() == Some("done")).count();
    let late = owed.iter().filter(|o| o.state == plans::State::Overdue).count();
    let count = |k: usize| html! { (fmt::int(n(k))) "/" (fmt::int(n(owed.len()))) };
    let body = html! {
        (heading(&d.title, Some(html! { (tag(state.1, &state.0)) " " (lang.t("Hạn", "Due")) " " (fmt::date(d.text("due_on").unwrap_or_default())) }), button))
        @match (&reach, owed.is_empty()) {
            (Err(why), _) => (notice(Tone::Unmet, html! { (why) })),
            (Ok(0), _) => (notice(Tone::Unmet, html! { (lang.t("Chưa chọn được cơ quan nào. Sửa “Giao cho” của chỉ đạo.", "Nobody is named yet. Mend “To”.")) })),
            (Ok(found), true) => (notice(Tone::Soon, html! { (lang.t("Chưa giao. Giao thì thành nghĩa vụ của", "Not assigned. Assigning makes obligations of")) " " (fmt::int(n(*found))) " " (lang.t("cơ quan.", "agencies.")) })),
            _ => {}
        }
        @if !owed.is_empty() { section.card { (facts(vec![
            (lang.t("Hoàn thành", "Done").to_owned(), count(done)),
            (lang.t("Quá hạn", "Late").to_owned(), count(late)),
            (lang.t("Văn bản", "Document").to_owned(), html! { (d.text("number").unwrap_or("–")) " · " (fmt::date(d.text("issued_on").unwrap_or_default())) }),
        ])) } }
        section.card { @if owed.is_empty() { (empty(lang.t("Chưa giao cho cơ quan nào.", "Assigned to nobody yet."), html! {})) } @else { (grid.render()) } }
        p.small { a href={"/r/directive/" (d.id)} { (lang.t("Bản ghi đầy đủ và lịch sử", "Full record and history")) } }
    };
    let title = d.title.clone();
    Ok(Page::new(title.clone())
        .active("/following")
        .crumb(lang.t("Đôn đốc, kiểm tra", "Following up"), "/following")
        .crumb_text(title)
        .body(body)
        .respond(&ctx))
}

fn rows(ctx: &Ctx, q: &FormData, owed: &[plans::owed::Owed]) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::text("agency", lang.t("Cơ quan", "Agency")),
        GridColumn::text("state", lang.t("Trạng thái", "State")),
        GridColumn::day("done", lang.t("Ngày hoàn thành", "Done on")),
    ];
    let mut g = Grid::new(ctx, q, "", "chi-dao", lang.t("Việc giao theo chỉ đạo", "Obligations of the directive"), columns)
        .export(ctx.can(Verb::Export, "obligation"));
    for o in owed {
        let (tone, words) = o.words(&ctx.today, lang);
        let r: &Record = &o.record;
        g.row(vec![
            GridCell::link(&format!("/plans/obligation/{}", r.id), r.link_title("agency").unwrap_or_default()),
            GridCell::tag(tone, &words),
            GridCell::day(r.text("done_on")),
        ]);
    }
    g
}

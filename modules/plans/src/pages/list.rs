//! `/plans`: plans in force, documents that wait for a person.

use access::Verb;
use documents::Cell;
use web::components::{Grid, GridCell, GridColumn, empty, heading, main_link};
use web::forms::QueryData;
use web::maud::html;
use web::{Ctx, Page, PageResult, Tone, fmt};

use crate::service;

/// The list.
pub async fn show(ctx: Ctx, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "plan")?;
    let may_import = ctx.can(Verb::Create, "plan");
    let (plans, waiting, counts) = ctx
        .read(move |tx, who| {
            let mut plans = crate::all(tx, &who.reg, &who.actor, "plan", None)?;
            plans.sort_by(|a, b| b.text("issued_on").cmp(&a.text("issued_on")));
            let waiting = if may_import { service::waiting(tx, &who.actor)? } else { vec![] };
            let mut counts = Vec::new();
            for p in &plans {
                let tasks = crate::expand::linked(tx, &who.reg, &who.actor, "task", "plan", &p.id)?
                    .iter()
                    .filter(|t| t.text("tags") != Some("assignment"))
                    .count();
                let targets = crate::expand::linked(tx, &who.reg, &who.actor, "target", "plan", &p.id)?.len();
                counts.push((tasks, targets));
            }
            Ok((plans, waiting, counts))
        })
        .await?;
    let lang = ctx.lang();
    let action = may_import.then(|| main_link("/plans/import", lang.t("Nhập văn bản kế hoạch", "Import a plan")));
    let columns = vec![
        GridColumn::text("title", lang.t("Kế hoạch", "Plan")),
        GridColumn::text("issuer", lang.t("Cơ quan ban hành", "Issuer")).drop_at(1),
        GridColumn::day("valid", lang.t("Hiệu lực", "Valid")).drop_at(2),
        GridColumn::num("targets", lang.t("Chỉ tiêu", "Targets")).drop_at(1),
        GridColumn::num("tasks", lang.t("Nhiệm vụ", "Tasks")).drop_at(1),
        GridColumn::text("state", lang.t("Trạng thái", "State")),
        GridColumn::text("number", lang.t("Số", "Number")).only_in_file(),
    ];
    let mut grid = Grid::new(&ctx, &q, "", "ke-hoach", lang.t("Kế hoạch", "Plans"), columns).export(ctx.can(Verb::Export, "plan"));
    for (p, (tasks, targets)) in plans.iter().zip(&counts) {
        let state = state_of(&ctx, p.state.as_deref().unwrap_or_default());
        let (title, number) = (p.text("title").unwrap_or_default(), p.text("number"));
        let count = |n: usize| GridCell::num(i64::try_from(n).unwrap_or(i64::MAX));
        grid.row(vec![
            GridCell::with(html! { a href={"/plans/" (p.id)} { (title) } div.muted.small { (number.unwrap_or(lang.t("chưa có số", "no number yet"))) } }, Cell::text(title)),
            GridCell::text(p.link_title("issuer").unwrap_or_default()),
            GridCell::with(
                html! { (fmt::date(p.text("starts_on").unwrap_or_default())) " – " (fmt::date(p.text("ends_on").unwrap_or_default())) },
                p.text("starts_on").map_or(Cell::Empty, |d| Cell::Date(d.to_owned())),
            ),
            count(*targets),
            count(*tasks),
            GridCell::tag(state.1, &state.0),
            GridCell::text(number.unwrap_or_default()),
        ]);
    }
    if let Some(file) = grid.file() {
        return file;
    }
    let body = html! {
        (heading(lang.t("Kế hoạch", "Plans"), Some(html! { (lang.t("Mỗi kế hoạch cho biết phải làm gì; chỉ tiêu và nhiệm vụ của nó được đo từ các sổ.", "Each plan says what should be; its targets and tasks are measured from the registers.")) }), action))
        @if !waiting.is_empty() {
            section.card {
                h2 { (lang.t("Văn bản đã đọc, chờ chấp nhận", "Documents read, waiting for acceptance")) }
                ul.list { @for w in &waiting {
                    li { span.due { (fmt::date(&fmt::day_of(w.at))) } div { a href={"/plans/import/" (w.id)} { (w.file_name) } @if w.account == ctx.actor.id { div.muted.small { (lang.t("bạn tải lên", "uploaded by you")) } } } a.btn href={"/plans/import/" (w.id)} { (lang.t("Xem lại", "Review")) } }
                } }
            }
        }
        @if plans.is_empty() {
            (empty(lang.t("Chưa có kế hoạch nào.", "No plan yet."), html! { p { (lang.t("Bắt đầu bằng tệp kế hoạch bạn đang có: .docx, .pdf hoặc .txt. Lá Chắn đọc mục tiêu, nhiệm vụ, ai chủ trì, đến bao giờ; bạn sửa rồi chấp nhận.", "Begin with the plan file you have: .docx, .pdf or .txt.")) } }))
        } @else { section.card { (grid.render()) } }
    };
    Ok(Page::new(lang.t("Kế hoạch", "Plans")).active("/plans").body(body).respond(&ctx))
}

/// Label and tone of a plan's state.
pub fn state_of(ctx: &Ctx, state: &str) -> (String, Tone) {
    let found = ctx.reg().registers.get("plan").and_then(|d| d.states.iter().find(|s| s.id == state));
    found.map_or_else(|| (state.to_owned(), Tone::Plain), |s| (ctx.lang().label(&s.label).to_owned(), Tone::parse(&s.tone)))
}

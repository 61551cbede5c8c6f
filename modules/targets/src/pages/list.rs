//! `/targets`: every indicator with its live figure; those without a source say why.

use access::Verb;
use rules::{FigureKind, Indicator};
use web::charts::{Bar3, bar3};
use web::components::{Column, Table, heading, tag};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::{Ctx, Lang, Page, PageResult, Tone};

use crate::catalogue::Catalogue;
use crate::figures::{ctx as question, figures, mark, rollup, verdict_of, words};
use crate::goals;

/// The list.
pub async fn show(ctx: Ctx, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "figure")?;
    let catalogue = Catalogue::of(ctx.reg())?;
    let (all, plans) = ctx
        .read(move |tx, who| {
            let mut all = Vec::new();
            for (id, c) in &catalogue.compiled {
                let q = question(&who.actor, c, &who.today)?;
                all.push((id.clone(), rollup(&figures(tx, c, "", &q)?)));
            }
            Ok((all, goals::of_plans(tx, &who.reg, &who.actor)?))
        })
        .await?;
    let lang = ctx.lang();
    if q.has("export") {
        ctx.may(Verb::Export, "figure")?;
        return Ok(workbook(&ctx, catalogue, &all));
    }
    let mut table = Table::new(
        lang.t("Chỉ tiêu", "Targets"),
        vec![
            Column::text(lang.t("Chỉ tiêu", "Target")),
            Column::text(lang.t("Đạt · chưa đạt · chưa có dữ liệu", "Met · not met · no data")).drop_at(2),
            Column::num(lang.t("Kết quả", "Result")),
            Column::text(lang.t("Mục tiêu và kết luận", "Goals and verdicts")),
        ],
    );
    let (mut met, mut bound) = (0usize, 0usize);
    for (id, f) in &all {
        let Some(c) = catalogue.compiled.get(id) else { continue };
        let i = &c.indicator;
        let targets = i.targets_on(&ctx.today);
        let lines = goals::lines(i, &ctx.today, &plans);
        let own: Vec<&rules::Target> = lines.iter().filter(|l| l.binds()).map(goals::Line::target).collect();
        bound += usize::from(!own.is_empty());
        // of contradictory goals all must be reached
        met += usize::from(!own.is_empty() && own.iter().all(|t| rules::judge(i.kind, t, f) == rules::Verdict::Met));
        let goal = mark(own.first().copied().or(targets.first().copied()));
        let bar = if matches!(i.kind, FigureKind::Share) {
            bar3(Bar3 { met: f.met, unmet: f.unmet, nodata: f.unknown, goal }, lang)
        } else {
            html! {}
        };
        table.row(vec![
            html! { a href={"/targets/" (id)} { (i.label.vi_or_en(lang == Lang::En)) } div.small.muted { (id) @if i.unverified { " · " (tag(Tone::Soon, lang.t("căn cứ chưa đối chiếu", "basis unverified"))) } } },
            bar,
            html! { (words(i.kind, f)) },
            html! { @for l in &lines { (l.show(i.kind, f, lines.len() > 1, lang)) } },
        ]);
    }
    let missing: Vec<&Indicator> = catalogue.indicators.iter().filter(|i| i.no_source.is_some()).collect();
    let sub = match lang {
        Lang::Vi if bound == 0 => format!(
            "Chưa có kế hoạch nào được chấp nhận nên chưa chỉ tiêu nào ràng buộc; {} chỉ số dưới đây chỉ so với mốc tham khảo. Mọi con số tính từ sổ đăng ký.",
            all.len()
        ),
        Lang::En if bound == 0 => {
            format!("No plan is accepted yet, so nothing binds; the {} figures below are only for comparison.", all.len())
        }
        Lang::Vi => format!(
            "{met}/{bound} chỉ tiêu của kế hoạch đã chấp nhận đang đạt; {} chỉ số khác chỉ so với mốc tham khảo. Mọi con số tính từ sổ đăng ký; bấm vào để xem cơ quan và hồ sơ còn thiếu.",
            all.len() - bound
        ),
        Lang::En => format!(
            "{met}/{bound} targets of accepted plans met; {} more only for comparison. All figures are computed from the registers.",
            all.len() - bound
        ),
    };
    let body = html! {
        (heading(lang.t("Chỉ tiêu", "Targets"), Some(html! { (sub) }), Some(html! { @if ctx.can(Verb::Export, "figure") { a.btn href="/targets?export=xlsx" { (lang.t("Tải .xlsx", "Download .xlsx")) } } })))
        section.card { (table.render(lang)) }
        @if !missing.is_empty() { (without_source(&missing, lang)) }
    };
    Ok(Page::new(lang.t("Chỉ tiêu", "Targets")).active("/targets").body(body).respond(&ctx))
}

/// All figures as a file: counts, the rate, the verdict on the first goal.
fn workbook(ctx: &Ctx, catalogue: &Catalogue, all: &[(String, rules::Figure)]) -> web::axum::response::Response {
    use documents::{Cell, Column as Head, ColumnKind, Sheet, Workbook};
    use web::axum::response::IntoResponse;
    let lang = ctx.lang();
    let head = |vi, en, kind| Head::new(lang.t(vi, en), kind);
    let columns = vec![
        head("Mã", "Id", ColumnKind::Text),
        head("Chỉ tiêu", "Target", ColumnKind::Text),
        head("Đạt", "Met", ColumnKind::Integer),
        head("Chưa đạt", "Not met", ColumnKind::Integer),
        head("Chưa có dữ liệu", "No data", ColumnKind::Integer),
        head("Tỷ lệ (%)", "Rate (%)", ColumnKind::Decimal(1)),
        head("Kết luận", "Verdict", ColumnKind::Text),
    ];
    let rows = all.iter().filter_map(|(id, f)| {
        let i = &catalogue.compiled.get(id)?.indicator;
        let verdict = i.targets_on(&ctx.today).first().map(|t| rules::judge(i.kind, t, f));
        Some(vec![
            Cell::Text(id.clone()),
            Cell::Text(i.label.vi_or_en(lang == Lang::En).to_owned()),
            Cell::Integer(f.met),
            Cell::Integer(f.unmet),
            Cell::Integer(f.unknown),
            f.percent().map_or(Cell::Empty, |p| Cell::Decimal((p * 10.0).round() / 10.0)),
            Cell::Text(verdict_of(verdict, rules::days_open(&i.period, i.due, &ctx.today), lang).1),
        ])
    });
    let sheet = Sheet { name: lang.t("Chỉ tiêu", "Targets").to_owned(), columns, rows: rows.collect() };
    match Workbook::of(sheet).to_xlsx() {
        Ok(bytes) => web::file(bytes, "chi-tieu.xlsx"),
        Err(e) => web::Fail(store::Error::internal(e)).into_response(),
    }
}

fn without_source(missing: &[&Indicator], lang: Lang) -> Markup {
    html! {
        section.card {
            h2 { (lang.t("Chưa có nguồn dữ liệu", "No data source yet")) }
            ul { @for i in missing { li { strong { (i.id) } " " (i.label.vi_or_en(lang == Lang::En)) @if let Some(why) = &i.no_source { ": " span.muted { (why.vi_or_en(lang == Lang::En)) } } } } }
        }
    }
}

//! `/targets`: every indicator with its live figure; those without a source say why.

use access::Verb;
use documents::Cell;
use rules::{Figure, FigureKind, Indicator};
use web::charts::{Bar3, bar3};
use web::components::{Grid, GridCell, GridColumn, heading, notice, tag};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::{Ctx, Lang, Page, PageResult, Tone, fmt};

use crate::catalogue::Catalogue;
use crate::figures::{ctx as question, mark, total, verdict_of, words};
use crate::goals::{self, OfPlans};

/// The list.
pub async fn show(ctx: Ctx, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "figure")?;
    let catalogue = Catalogue::of(ctx.reg())?;
    let day = crate::cli::day(q.filled("as_of"), &ctx.today)?.unwrap_or_else(|| ctx.today.clone());
    let on = day.clone();
    let (all, plans, unmeasured) = ctx
        .read(move |tx, who| {
            let mut all = Vec::new();
            for (id, c) in &catalogue.compiled {
                let q = question(&who.actor, c, &on)?;
                all.push((id.clone(), total(tx, c, "", &q)?));
            }
            Ok((all, goals::of_plans(tx, &who.reg, &who.actor)?, goals::unmeasured(tx, &who.reg, &who.actor)?))
        })
        .await?;
    let lang = ctx.lang();
    let mut grid =
        Grid::new(&ctx, &q, "", "chi-tieu", lang.t("Chỉ tiêu", "Targets"), columns(lang)).export(ctx.can(Verb::Export, "figure"));
    let tail = if day == ctx.today { String::new() } else { format!("?as_of={day}") };
    let mut tally = Tally { all: all.len(), ..Tally::default() };
    for (id, f) in &all {
        let Some(c) = catalogue.compiled.get(id) else { continue };
        tally.add(&c.indicator, f, &day, &plans);
        grid.row(row(&c.indicator, f, &Shown { lang, day: &day, tail: &tail, plans: &plans }));
    }
    if let Some(file) = grid.file() {
        return file;
    }
    let missing: Vec<&Indicator> = catalogue.indicators.iter().filter(|i| i.no_source.is_some()).collect();
    let body = html! {
        (heading(lang.t("Chỉ tiêu", "Targets"), Some(html! { (tally.words(lang)) }), None))
        @if day != ctx.today { (notice(Tone::Plain, html! { (lang.t("Con số như cuối ngày ", "Figures as at the end of ")) strong { (fmt::date(&day)) } ". " a href="/targets" { (lang.t("Về hôm nay", "Back to today")) } })) }
        section.card { (grid.render()) }
        @if !unmeasured.is_empty() { section.card {
            h2 { (lang.t("Chỉ tiêu của kế hoạch chưa gắn chỉ số", "Targets of plans without an indicator")) }
            ul { @for (title, href, n) in &unmeasured { li { a href=(href) { (title) } ": " (n) " " (lang.t("chỉ tiêu chưa có con số nào đo", "targets that nothing measures yet")) } } }
        } }
        @if !missing.is_empty() { (without_source(&missing, lang)) }
    };
    Ok(Page::new(lang.t("Chỉ tiêu", "Targets")).active("/targets").body(body).respond(&ctx))
}

fn columns(lang: Lang) -> Vec<GridColumn> {
    vec![
        GridColumn::text("label", lang.t("Chỉ tiêu", "Target")),
        GridColumn::action(lang.t("Đạt · chưa đạt · chưa có dữ liệu", "Met · not met · no data")).drop_at(2),
        GridColumn::rate("rate", lang.t("Kết quả", "Result")),
        GridColumn::text("verdict", lang.t("Mục tiêu và kết luận", "Goals and verdicts")),
        GridColumn::text("id", lang.t("Mã", "Id")).only_in_file(),
        GridColumn::num("met", lang.t("Đạt", "Met")).only_in_file(),
        GridColumn::num("unmet", lang.t("Chưa đạt", "Not met")).only_in_file(),
        GridColumn::num("unknown", lang.t("Chưa có dữ liệu", "No data")).only_in_file(),
    ]
}

/// Targets of accepted plans, and how many of them are met. Targets are counted, not indicators: two targets of one indicator
/// are two, one in another unit is not met.
#[derive(Default)]
struct Tally {
    met: usize,
    bound: usize,
    /// Indicators that no plan binds.
    others: usize,
    all: usize,
}

impl Tally {
    fn add(&mut self, i: &Indicator, f: &Figure, day: &str, plans: &OfPlans) {
        let share = matches!(i.kind, FigureKind::Share | FigureKind::Ratio);
        let reached = |t: &rules::Target| (t.unit == "%") == share && rules::judge(i.kind, t, f) == rules::Verdict::Met;
        let own = plans.get(&i.id).map(Vec::as_slice).unwrap_or_default();
        self.bound += own.len();
        self.met += own.iter().filter(|g| reached(&g.0)).count();
        self.others += usize::from(!goals::lines(i, day, plans).iter().any(goals::Line::binds));
    }
    fn words(&self, lang: Lang) -> String {
        let Self { met, bound, others, all } = self;
        match lang {
            Lang::Vi if *bound == 0 => format!(
                "Chưa có kế hoạch nào được chấp nhận nên chưa chỉ tiêu nào ràng buộc; {all} chỉ số dưới đây chỉ so với mốc tham khảo. Mọi con số tính từ sổ đăng ký."
            ),
            Lang::En if *bound == 0 => {
                format!("No plan is accepted yet, so nothing binds; the {all} figures below are only for comparison.")
            }
            Lang::Vi => format!(
                "{met}/{bound} chỉ tiêu của kế hoạch đã chấp nhận đang đạt; {others} chỉ số khác chỉ so với mốc tham khảo. Mọi con số tính từ sổ đăng ký; bấm vào để xem cơ quan và hồ sơ còn thiếu."
            ),
            Lang::En => format!(
                "{met}/{bound} targets of accepted plans met; {others} more only for comparison. All figures are computed from the registers."
            ),
        }
    }
}

/// What all rows have in common.
struct Shown<'a> {
    lang: Lang,
    day: &'a str,
    /// `?as_of=…` of a day that is past.
    tail: &'a str,
    plans: &'a OfPlans,
}

fn row(i: &Indicator, f: &Figure, s: &Shown<'_>) -> Vec<GridCell> {
    let (lang, day, id) = (s.lang, s.day, &i.id);
    let targets = i.targets_on(day);
    let lines = goals::lines(i, day, s.plans);
    let own = lines.iter().find(|l| l.binds()).map(goals::Line::target);
    let goal = mark(own.or(targets.first().copied()));
    let bar = match i.kind {
        FigureKind::Share => bar3(Bar3 { met: f.met, unmet: f.unmet, nodata: f.unknown, goal }, lang),
        _ => html! {},
    };
    let label = i.label.vi_or_en(lang == Lang::En);
    let verdict = lines.first().map(goals::Line::target).or(targets.first().copied()).map(|t| rules::judge(i.kind, t, f));
    let verdict = verdict_of(verdict, rules::days_open(&i.period, i.due, day), lang).1;
    // counts are ordered by themselves, shares by their rate
    let value = match i.kind {
        FigureKind::Count => Cell::Integer(f.met),
        FigureKind::Violations => Cell::Integer(f.unmet),
        _ => f.percent().map_or(Cell::Empty, |p| Cell::Decimal((p * 10.0).round() / 10.0)),
    };
    vec![
        GridCell::with(
            html! { a href={"/targets/" (id) (s.tail)} { (label) } div.small.muted { (id) @if i.unverified { " · " (tag(Tone::Soon, lang.t("căn cứ chưa đối chiếu", "basis unverified"))) } } },
            Cell::text(label),
        ),
        GridCell::only(bar),
        GridCell::with(html! { (words(i, f)) }, value),
        GridCell::with(html! { @for l in &lines { (l.show(i.kind, f, lines.len() > 1, lang)) } }, Cell::text(verdict)),
        GridCell::text(id),
        GridCell::num(f.met),
        GridCell::num(f.unmet),
        GridCell::num(f.unknown),
    ]
}

fn without_source(missing: &[&Indicator], lang: Lang) -> Markup {
    html! {
        section.card {
            h2 { (lang.t("Chưa có nguồn dữ liệu", "No data source yet")) }
            ul { @for i in missing { li { strong { (i.id) } " " (i.label.vi_or_en(lang == Lang::En)) @if let Some(why) = &i.no_source { ": " span.muted { (why.vi_or_en(lang == Lang::En)) } } } } }
        }
    }
}

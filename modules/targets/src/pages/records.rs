//! `/targets/{id}/records`: the records behind a figure, in scope, as a page or as .xlsx.

use std::collections::BTreeMap;

use access::Verb;
use documents::Cell;
use registers::{Query, actions};
use rules::{AgencyScope, Close, Compiled, Figure, Gap, Outcome, Rate, Val};
use web::axum::extract::Path;
use web::components::{Grid, GridCell, GridColumn, Tab, empty, heading, pager, tabs};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::{Ctx, Page, PageResult};

use crate::catalogue::Catalogue;
use crate::figures::{ctx as question, drill, run, summed};
use crate::pages::rule_sentence;

/// Rows a page where there are more than can be ordered at once.
const PAGE: i64 = 50;
/// Up to so many are read together: then the page orders and filters them.
const TOGETHER: i64 = 1000;
/// Rows a file may have.
const FILE: i64 = 100_000;

/// The page or the file.
pub async fn show(ctx: Ctx, Path(id): Path<String>, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "figure")?;
    let c = Catalogue::of(ctx.reg())?.compiled(&id)?;
    let part = q.filled("part").unwrap_or_default().to_owned();
    let rate = c.rate(&part).ok_or_else(|| web::not_found("Chỉ tiêu này không có phần đó."))?;
    let outcome = Outcome::parse(q.filled("outcome").unwrap_or("unmet"))
        .ok_or_else(|| web::bad_request("outcome là một trong: met, unmet, unknown, excluded."))?;
    let day = crate::cli::day(q.filled("as_of"), &ctx.today)?.unwrap_or_else(|| ctx.today.clone());
    let agencies: Vec<String> = q.all("agency").map(str::to_owned).collect();
    let (after, file) = (q.filled("after").map(str::to_owned), q.has("export"));
    let mut asked = question(&ctx.actor, c, &day)?;
    let wanted = c.sentence_of(rate, &asked, ctx.lang() == web::Lang::En);
    narrow(&ctx, &mut asked.scope, agencies.clone()).await?;
    let register = rate.register.clone();
    if file {
        ctx.may(Verb::Export, "figure")?;
        ctx.may(Verb::Export, &register)?;
    }
    let may_export = ctx.can(Verb::Export, "figure") && ctx.can(Verb::Export, &register);
    let english = ctx.lang() == web::Lang::En;
    let wish = Wish { c, rate, asked, outcome, after, file, english };
    let Behind { found, counts, more, lacks } = ctx.read(move |tx, who| behind(tx, who, &wish)).await?;
    let lang = ctx.lang();
    let keep = |o: &str| {
        let mut pairs = vec![("outcome", o.to_owned())];
        for k in ["part", "as_of"] {
            if let Some(v) = q.filled(k) {
                pairs.push((k, v.to_owned()));
            }
        }
        pairs.extend(agencies.iter().map(|a| ("agency", a.clone())));
        format!("/targets/{id}/records?{}", web::security::query_string(&pairs))
    };
    let total = of_outcome(&counts, outcome);
    let grid = records_grid(&ctx, &q, &register, &found, &lacks, may_export);
    if file {
        return grid.file().unwrap_or_else(|| Err(web::bad_request("export=xlsx")));
    }
    // the address of the next page names a record the reader may see, never one they may only count
    let next = found.last().filter(|_| more).map(|last| format!("{}&after={}", keep(outcome.word()), last.id));
    let title = c.indicator.label.vi_or_en(lang == web::Lang::En).to_owned();
    let body = html! {
        (heading(&title, None, None))
        (tabs(&outcomes(&counts, &keep, lang), outcome.word(), lang.t("Kết quả", "Outcome")))
        (rule_sentence(&wanted))
        section.card {
            @if total == 0 { (empty(lang.t("Không có hồ sơ nào ở đây.", "No record here."), html! {})) }
            @else if found.is_empty() { p { (lang.t("Bạn xem được con số nhưng không xem được từng hồ sơ của sổ này.", "You may see the figure but not the records of this register.")) } }
            @else {
                @if total > TOGETHER { p.muted.small { (lang.t("Nhiều hơn 1.000 hồ sơ nên xếp và lọc trong từng trang; mở theo một cơ quan, hoặc tải .xlsx để có đủ.", "More than 1,000 records: order and filter within each page; open it by agency, or take the .xlsx.")) } }
                (grid.render())
            }
            (pager(found.len(), total, q.has("after").then(|| keep(outcome.word())).as_deref(), next.as_deref(), lang))
        }
    };
    Ok(Page::new(title)
        .active("/targets")
        .crumb(lang.t("Chỉ tiêu", "Targets"), "/targets")
        .crumb(id.clone(), format!("/targets/{id}"))
        .body(body)
        .respond(&ctx))
}

/// What is asked of the store.
struct Wish {
    c: &'static Compiled,
    rate: &'static Rate,
    asked: rules::Ctx,
    outcome: Outcome,
    after: Option<String>,
    file: bool,
    english: bool,
}

/// Records behind a figure.
struct Behind {
    found: Vec<registers::Record>,
    counts: Figure,
    /// There are more than were read.
    more: bool,
    /// By record what it lacks.
    lacks: BTreeMap<String, Vec<Gap>>,
}

fn behind(tx: &mut store::Tx, who: &web::Who, w: &Wish) -> store::Result<Behind> {
    let counts = summed(tx, w.c, w.rate, &w.asked)?;
    let limit = match w.file {
        true => FILE,
        false if of_outcome(&counts, w.outcome) <= TOGETHER => TOGETHER,
        false => PAGE,
    };
    let drilled = drill(tx, w.c, w.rate, &w.asked, w.outcome, limit, w.after.as_deref())?;
    let ids: Vec<String> = drilled.into_iter().map(|r| r.0).collect();
    let more = i64::try_from(ids.len()).unwrap_or(0) == limit;
    // names only where the reader may read the register itself
    let mut found = Vec::new();
    if let Ok(scope) = who.may(Verb::Read, &w.rate.register) {
        for chunk in ids.chunks(500) {
            let query = Query { ids: Some(chunk.to_vec()), as_of: Some("all".into()), limit: Some(500), ..Query::default() };
            found.extend(actions::list(tx, &who.reg, &scope, &query)?.items);
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    let lacks = if matches!(w.outcome, Outcome::Unmet | Outcome::Unknown) {
        let may_read = |r: &str| who.may(Verb::Read, r).is_ok();
        gaps(tx, w.c, w.rate, &w.asked, &found, w.english, &may_read)?
    } else {
        BTreeMap::new()
    };
    Ok(Behind { found, counts, more, lacks })
}

/// One tab for each outcome.
fn outcomes(counts: &Figure, keep: &dyn Fn(&str) -> String, lang: web::Lang) -> Vec<Tab> {
    let tab = |o: Outcome, vi: &'static str, en: &'static str, n: i64| Tab {
        id: o.word().into(),
        label: lang.t(vi, en).into(),
        count: Some(n),
        href: keep(o.word()),
    };
    vec![
        tab(Outcome::Unmet, "Chưa đạt", "Not met", counts.unmet),
        tab(Outcome::Unknown, "Chưa có dữ liệu", "No data", counts.unknown),
        tab(Outcome::Met, "Đạt", "Met", counts.met),
        tab(Outcome::Excluded, "Loại trừ", "Excluded", counts.excluded),
    ]
}

/// What each record lacks, one statement for so many records.
fn gaps(
    tx: &mut store::Tx,
    c: &Compiled,
    rate: &Rate,
    asked: &rules::Ctx,
    found: &[registers::Record],
    english: bool,
    may_read: rules::MayRead<'_>,
) -> store::Result<BTreeMap<String, Vec<Gap>>> {
    let mut out = BTreeMap::new();
    for chunk in found.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(|r| r.id.clone()).collect();
        for row in run(tx, &rate.probe(asked, &ids))? {
            let row: Vec<Val> = row.values().iter().map(registers::from_value).collect();
            if let Some(Val::Text(id)) = row.first() {
                out.insert(id.clone(), rate.gaps(asked, english, &c.parts, &row, may_read));
            }
        }
    }
    Ok(out)
}

/// What is missing, and the form that closes the first of it that the reader may close.
fn missing(ctx: &Ctx, gaps: &[Gap]) -> Markup {
    let lang = ctx.lang();
    let action = gaps.iter().find_map(|g| match &g.close {
        Close::Edit { register, id, field } if ctx.can(Verb::Update, register) => Some(match field.as_deref() {
            Some("confirmed_on") => (format!("/r/{register}/{id}"), lang.t("Xác nhận", "Confirm")),
            Some(f) => (format!("/r/{register}/{id}/edit#f-{f}"), lang.t("Bổ sung", "Fill in")),
            None => (format!("/r/{register}/{id}/edit"), lang.t("Bổ sung", "Fill in")),
        }),
        Close::New { register, values } if ctx.can(Verb::Create, register) => {
            let pairs: Vec<(&str, String)> = values.iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
            Some((format!("/r/{register}/new?{}", web::security::query_string(&pairs)), lang.t("Thêm", "Add")))
        }
        _ => None,
    });
    html! {
        @for g in gaps { div { (first_capital(&g.text)) } }
        @if let Some((href, word)) = action { a.btn href=(href) { (word) } }
    }
}

fn first_capital(s: &str) -> String {
    let mut chars = s.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// To these agencies, as far as the reader's scope has them. None named = the whole scope.
async fn narrow(ctx: &Ctx, scope: &mut AgencyScope, mut agencies: Vec<String>) -> Result<(), web::Fail> {
    if agencies.is_empty() {
        return Ok(());
    }
    match scope {
        AgencyScope::All => {}
        AgencyScope::Agencies(list) | AgencyScope::Both(_, list) => agencies.retain(|a| list.contains(a)),
        AgencyScope::Paths(paths) => {
            let paths = paths.clone();
            agencies = ctx
                .read(move |tx, _| {
                    let mut kept = Vec::new();
                    for a in agencies {
                        let path = web::agency_path(tx, &a)?;
                        if path.is_some_and(|p| paths.iter().any(|x| p.starts_with(x.as_str()))) {
                            kept.push(a);
                        }
                    }
                    Ok(kept)
                })
                .await?;
        }
    }
    *scope = AgencyScope::Agencies(agencies);
    Ok(())
}

/// How many records have this outcome.
fn of_outcome(counts: &rules::Figure, outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Met => counts.met,
        Outcome::Unmet => counts.unmet,
        Outcome::Unknown => counts.unknown,
        Outcome::Excluded => counts.excluded,
    }
}

fn records_grid(
    ctx: &Ctx,
    q: &QueryData,
    register: &str,
    found: &[registers::Record],
    lacks: &BTreeMap<String, Vec<Gap>>,
    may_export: bool,
) -> Grid {
    let lang = ctx.lang();
    let agency = |r: &registers::Record| r.link_title("agency").or_else(|| r.link_title("owner")).map(str::to_owned);
    // records that are agencies themselves need no second column that says so
    let owned = found.iter().any(|r| agency(r).is_some());
    let mut columns = vec![GridColumn::text("record", lang.t("Hồ sơ", "Record"))];
    if owned {
        columns.push(GridColumn::text("owner", lang.t("Cơ quan", "Agency")).drop_at(1));
    }
    if !lacks.is_empty() {
        columns.push(GridColumn::text("lacks", lang.t("Còn thiếu", "Missing")));
    }
    columns.push(GridColumn::text("updated", lang.t("Cập nhật", "Updated")).drop_at(2));
    columns.push(GridColumn::text("id", lang.t("Mã", "Id")).only_in_file());
    let mut grid = Grid::new(ctx, q, "", "ho-so", lang.t("Hồ sơ", "Records"), columns).export(may_export);
    for r in found {
        let mut cells = vec![GridCell::link(&format!("/r/{register}/{}", r.id), &r.title)];
        if owned {
            cells.push(GridCell::text(&agency(r).unwrap_or_default()));
        }
        if !lacks.is_empty() {
            cells.push(lacks.get(&r.id).map_or_else(
                || GridCell::text(""),
                |gaps| {
                    let words: Vec<String> = gaps.iter().map(|g| first_capital(&g.text)).collect();
                    GridCell::with(missing(ctx, gaps), Cell::text(words.join("; ")))
                },
            ));
        }
        cells.push(GridCell::instant(Some(r.updated_at), ""));
        cells.push(GridCell::text(&r.id));
        grid.row(cells);
    }
    grid
}

//! `/plans/board`: who owes what, by state. Filter, order, page, address and file are all of the same set ([`Ask`]).

use access::{Subtree, Verb};
use documents::Cell;
use registers::{Query, actions};
use web::components::{
    Chip, Column, FilterSentence, Grid, GridCell, GridColumn, Sort, Tab, Table, empty, filter_bar, heading, link_button, pager, said, tabs,
    tag,
};
use web::forms::QueryData;
use web::maud::{Markup, html};
use web::security::query_string;
use web::{Ctx, Lang, Page, PageResult, Who, fmt};

use crate::owed::{self, Ask, Late, Owed, TaskLine};
use crate::state::{State, Want};

/// Rows of a page.
const ROWS: usize = 50;
/// Readers of more agencies than this begin with one line for each task.
const FEW: usize = 3;

/// What the address asks for, as typed.
struct Asked {
    ask: Ask,
    /// One row for each obligation, also for readers of many agencies.
    list: bool,
    sort: String,
    after: Option<String>,
    /// A day that is none: name of the input, as typed.
    wrong: Vec<(&'static str, String)>,
}

const SORTS: [&str; 6] = ["due_on", "-due_on", "content", "-content", "agency", "-agency"];

impl Asked {
    fn of(q: &QueryData, lang: Lang) -> Result<Self, web::Fail> {
        let word = q.filled("state").unwrap_or_default();
        let want = Want::parse(word)
            .ok_or_else(|| web::bad_request(format!("{} «{word}».", lang.t("Không có trạng thái", "There is no state"))))?;
        let own = |f: &str| q.filled(f).map(str::to_owned);
        let mut wrong = vec![];
        let mut day = |f: &'static str| {
            let typed = q.filled(f)?;
            let read = text::parse_date_vi(typed).ok();
            if read.is_none() {
                wrong.push((f, typed.to_owned()));
            }
            read
        };
        let (from, to) = (day("from"), day("to"));
        let sort = q.filled("sort").filter(|s| SORTS.contains(s)).unwrap_or("due_on").to_owned();
        let ask = Ask { want, agency: own("agency"), who: own("who"), task: own("task"), words: own("q"), from, to };
        Ok(Self { ask, list: q.filled("view") == Some("list"), sort, after: own("after"), wrong })
    }

    /// Address of the same set with these pairs instead (`""` takes a pair away); always from the first page.
    fn with(&self, changes: &[(&str, &str)]) -> String {
        let a = &self.ask;
        let day = |d: &Option<String>| d.as_deref().map(fmt::date).unwrap_or_default();
        let (from, to) = (day(&a.from), day(&a.to));
        let word = |s: &Option<String>| s.clone().unwrap_or_default();
        let mut pairs = vec![
            ("state", a.want.word().to_owned()),
            ("agency", word(&a.agency)),
            ("who", word(&a.who)),
            ("task", word(&a.task)),
            ("q", word(&a.words)),
            ("from", from),
            ("to", to),
            ("view", if self.list { "list".into() } else { String::new() }),
            ("sort", if self.sort == "due_on" { String::new() } else { self.sort.clone() }),
        ];
        for (k, v) in changes {
            pairs.retain(|p| p.0 != *k);
            pairs.push((k, (*v).to_owned()));
        }
        pairs.retain(|p| !p.1.is_empty());
        format!("/plans/board?{}", query_string(&pairs))
    }
}

/// What the page shows.
struct Shown {
    counts: std::collections::BTreeMap<State, i64>,
    late: (Vec<Late>, usize),
    /// Lines by task with their words; or rows.
    lines: Option<Vec<(TaskLine, String, Option<targets::Headline>)>>,
    total: i64,
    page: owed::Page,
    agency: Option<String>,
    task: Option<String>,
}

/// Obligations in scope by state; the officer also sees who is late.
pub async fn board(ctx: Ctx, q: QueryData) -> PageResult {
    ctx.may(Verb::Read, "obligation")?;
    let asked = Asked::of(&q, ctx.lang())?;
    if q.text("export") == "xlsx" {
        ctx.may(Verb::Export, "obligation")?;
        let (ask, sort) = (asked.ask, asked.sort);
        let all = ctx.read(move |tx, who| owed::whole(tx, &who.reg, &who.actor, &who.today, &ask, Some(sort))).await?;
        return workbook(&ctx, &all);
    }
    let (asked, shown) = ctx.read(move |tx, who| look(tx, who, &asked).map(|s| (asked, s))).await?;
    let lang = ctx.lang();
    let by_task = shown.lines.as_ref().map(|lines| tasks(&ctx, &q, &asked, lines));
    if let Some(file) = by_task.as_ref().and_then(Grid::file) {
        return file;
    }
    let body = html! {
        (heading(lang.t("Nhiệm vụ", "Tasks"), Some(html! { (lang.t("Trạng thái được suy ra từ minh chứng, sổ đăng ký và ngày tháng; không ai nhập.", "States are derived from evidence, registers and dates.")) }), ctx.can(Verb::Export, "obligation").then(|| link_button(&format!("{}&export=xlsx", asked.with(&[])), lang.t("Tải .xlsx", "Download .xlsx")))))
        (tabs(&states(&asked, &shown, lang), asked.ask.want.word(), lang.t("Trạng thái", "State")))
        (filters(&asked, lang))
        div #list {
            (sentence(&asked, &shown, lang))
            @if let Some(late) = late(&shown.late.0, shown.late.1, lang) { (late) }
            @match &shown.lines {
                _ if shown.total == 0 => (empty(lang.t("Không có nghĩa vụ nào ở đây.", "Nothing here."), html! { p { (lang.t("Bỏ bớt điều kiện lọc; nghĩa vụ sinh ra khi một kế hoạch được chấp nhận.", "Take a filter away; obligations are made when a plan is accepted.")) } })),
                Some(_) => { section.card { @if let Some(g) = &by_task { (g.render()) } } }
                None => { section.card { (table(&ctx, &asked, &shown.page.items)) (rows_pager(&asked, &shown, lang)) } }
            }
        }
    };
    Ok(Page::new(lang.t("Nhiệm vụ", "Tasks")).active("/plans/board").body(body).respond(&ctx))
}

/// Reads what the page shows, and nothing else: figures only of the indicators that its rows are bound to.
fn look(tx: &mut store::Tx, who: &Who, asked: &Asked) -> store::Result<Shown> {
    let (reg, actor, today, ask) = (&who.reg, &who.actor, who.today.as_str(), &asked.ask);
    let counts = owed::counts(tx, reg, actor, today, ask)?;
    let narrowed = ask.agency.is_some() || ask.task.is_some();
    let late = if narrowed { (vec![], 0) } else { owed::late(tx, reg, actor, today, ask, NAMED)? };
    let mut shown =
        Shown { counts, late, lines: None, total: 0, page: owed::Page { items: vec![], next: None, total: 0 }, agency: None, task: None };
    if let Some(id) = &ask.agency {
        shown.agency = actions::get(tx, reg, &who.may(Verb::Read, "agency")?, id).ok().map(|a| a.title);
    }
    if let Some(id) = &ask.task {
        shown.task = actions::get(tx, reg, &who.may(Verb::Read, "task")?, id).ok().map(|t| cut(t.text("content").unwrap_or_default()));
    }
    if !asked.list && !narrowed && many(tx, who, ask)? {
        let mut lines = owed::by_task(tx, reg, actor, today, ask)?;
        shown.total = lines.iter().map(|l| l.n).sum();
        lines.sort_by(|a, b| (-a.overdue, a.due.is_none(), &a.due, &a.task).cmp(&(-b.overdue, b.due.is_none(), &b.due, &b.task)));
        shown.page.total = i64::try_from(lines.len()).unwrap_or(i64::MAX);
        shown.lines = Some(worded(tx, who, lines)?);
        return Ok(shown);
    }
    let query =
        Query { sort: Some(asked.sort.clone()), limit: Some(ROWS as u32), after: asked.after.clone(), uncounted: true, ..ask.query(today) };
    shown.page = owed::page(tx, reg, actor, today, ask, query)?;
    // the tabs have counted already
    shown.total = match ask.want {
        Want::All => shown.counts.values().sum(),
        Want::Open => owed::open_of(&shown.counts),
        Want::One(s) => shown.counts.get(&s).copied().unwrap_or_default(),
    };
    Ok(shown)
}

/// Does the reader see more than a few agencies?
fn many(tx: &mut store::Tx, who: &Who, ask: &Ask) -> store::Result<bool> {
    let scope = who.may(Verb::Read, "obligation")?;
    if matches!(scope.subtree(), Subtree::All) {
        return Ok(true);
    }
    Ok(actions::tally(tx, &who.reg, &scope, &ask.with(Want::All).query(&who.today), &["agency"])?.len() > FEW)
}

/// Lines with the words of their tasks and the figure of the indicator a task is bound to.
fn worded(tx: &mut store::Tx, who: &Who, lines: Vec<TaskLine>) -> store::Result<Vec<(TaskLine, String, Option<targets::Headline>)>> {
    let ids = lines.iter().map(|l| l.task.as_str()).filter(|t| !t.is_empty());
    let tasks = owed::tasks_by_id(tx, &who.reg, &who.actor, ids)?;
    let figures = who.may(Verb::Read, "figure").is_ok();
    let mut out = Vec::with_capacity(lines.len());
    for l in lines {
        let task = tasks.iter().find(|t| t.id == l.task);
        let words = task.and_then(|t| t.text("content")).unwrap_or_default();
        let figure = match task.and_then(|t| t.text("indicator")).filter(|_| figures) {
            Some(i) => targets::headline(tx, &who.reg, &who.actor, i, &who.today, None)?,
            None => None,
        };
        let words = if task.is_some() {
            cut(words)
        } else {
            who.lang.t("Việc không thuộc nhiệm vụ nào của kế hoạch", "Work outside plans").to_owned()
        };
        out.push((l, words, figure));
    }
    Ok(out)
}

fn states(asked: &Asked, shown: &Shown, lang: Lang) -> Vec<Tab> {
    let tab = |w: Want, label: &str, n: i64| Tab {
        id: w.word().into(),
        label: label.into(),
        count: Some(n),
        href: asked.with(&[("state", w.word())]),
    };
    let mut list = vec![tab(Want::Open, lang.t("Đang mở", "Open"), owed::open_of(&shown.counts))];
    list.extend(shown.counts.iter().map(|(s, n)| tab(Want::One(*s), lang.l(s.label()), *n)));
    list.push(tab(Want::All, lang.t("Tất cả", "All"), shown.counts.values().sum()));
    list
}

fn filters(asked: &Asked, lang: Lang) -> Markup {
    let a = &asked.ask;
    let typed = |f: &str, day: &Option<String>| {
        let wrong = asked.wrong.iter().find(|w| w.0 == f).map(|w| w.1.clone());
        wrong.unwrap_or_else(|| day.as_deref().map(fmt::date).unwrap_or_default())
    };
    let day = |f: &'static str, label: &str, value: &Option<String>| {
        let wrong = asked.wrong.iter().any(|w| w.0 == f);
        html! {
            label { (label) input.short type="text" inputmode="numeric" name=(f) placeholder="dd/MM/yyyy" value=(typed(f, value)) aria-invalid=[wrong.then_some("true")];
                @if wrong { span.error { (lang.t("Viết ngày/tháng/năm, ví dụ 05/12/2026.", "Write day/month/year, e.g. 05/12/2026.")) } } }
        }
    };
    let inputs = html! {
        label.q { (lang.t("Việc", "Task")) input type="search" name="q" value=(a.words.as_deref().unwrap_or_default()) autocomplete="off"; }
        @if a.agency.is_none() { label { (lang.t("Cơ quan", "Agency")) input type="search" name="who" value=(a.who.as_deref().unwrap_or_default()) placeholder=(lang.t("vài chữ trong tên", "part of the name")) autocomplete="off"; } }
        (day("from", lang.t("Hạn từ", "Due from"), &a.from))
        (day("to", lang.t("Hạn đến", "Due until"), &a.to))
        input type="hidden" name="state" value=(a.want.word());
        @for (k, v) in [("agency", &a.agency), ("task", &a.task)] { @if let Some(v) = v { input type="hidden" name=(k) value=(v); } }
        @if asked.list { input type="hidden" name="view" value="list"; }
        @if asked.sort != "due_on" { input type="hidden" name="sort" value=(asked.sort); }
    };
    filter_bar("/plans/board", "#list", inputs, lang)
}

/// What is shown, in words, and the other way to look at it.
fn sentence(asked: &Asked, shown: &Shown, lang: Lang) -> Markup {
    let a = &asked.ask;
    let chip = |label: &str, value: &str, key: &str| Chip { text: format!("{label}: {value}"), without: asked.with(&[(key, "")]) };
    let mut chips = vec![];
    for (key, label, value) in [
        ("q", lang.t("việc có chữ", "with words"), a.words.clone()),
        ("who", lang.t("tên cơ quan có", "agency named"), a.who.clone()),
        ("agency", lang.t("cơ quan", "agency"), a.agency.as_ref().map(|_| shown.agency.clone().unwrap_or_default())),
        ("task", lang.t("nhiệm vụ", "task"), a.task.as_ref().map(|_| shown.task.clone().unwrap_or_default())),
        ("from", lang.t("hạn từ", "due from"), a.from.as_deref().map(fmt::date)),
        ("to", lang.t("hạn đến", "due until"), a.to.as_deref().map(fmt::date)),
    ] {
        chips.extend(value.map(|v| chip(label, &v, key)));
    }
    let clear = format!("/plans/board?state={}", a.want.word());
    let total = fmt::int(shown.total);
    let other = match (&shown.lines, asked.list) {
        (Some(_), _) => Some((asked.with(&[("view", "list")]), lang.t("Xem từng nghĩa vụ", "One by one"))),
        (None, true) => Some((asked.with(&[("view", "")]), lang.t("Xem theo nhiệm vụ", "By task"))),
        _ => None,
    };
    html! {
        (said(&FilterSentence { subject: lang.t("nghĩa vụ", "obligations"), chips: &chips, clear: &clear, total: &total }, lang))
        @if let Some((href, words)) = other { p.small { a href=(href) { (words) } } }
    }
}

fn rows_pager(asked: &Asked, shown: &Shown, lang: Lang) -> Markup {
    let next = shown.page.next.as_deref().map(|n| asked.with(&[("after", n)]));
    let first = asked.after.as_ref().map(|_| asked.with(&[]));
    pager(shown.page.items.len(), shown.total, first.as_deref(), next.as_deref(), lang)
}

fn table(ctx: &Ctx, asked: &Asked, items: &[Owed]) -> Markup {
    let lang = ctx.lang();
    let sort = |f: &str| {
        let (up, down) = (asked.sort == f, asked.sort.strip_prefix('-') == Some(f));
        let href = asked.with(&[("sort", &if up { format!("-{f}") } else { f.to_owned() })]);
        Some(Sort {
            href,
            ascending: if up {
                Some(true)
            } else if down {
                Some(false)
            } else {
                None
            },
        })
    };
    let mut t = Table::new(
        lang.t("Nghĩa vụ", "Obligations"),
        vec![
            Column::text(lang.t("Việc", "Task")).sort(sort("content")),
            Column::text(lang.t("Cơ quan", "Agency")).sort(sort("agency")),
            Column::text(lang.t("Kỳ", "Period")).drop_at(2),
            Column::text(lang.t("Hạn", "Due")).sort(sort("due_on")),
            Column::text(lang.t("Theo sổ", "From registers")).drop_at(1),
            Column::text(lang.t("Trạng thái", "State")),
        ],
    );
    for o in items {
        let (tone, words) = o.words(&ctx.today, lang);
        t.row(vec![
            html! { a href={"/plans/obligation/" (o.record.id)} { (cut(o.record.text("content").unwrap_or_default())) } },
            html! { (o.record.link_title("agency").unwrap_or_default()) },
            html! { (period(&o.record, lang)) },
            html! { (due(&o.record, lang)) },
            html! { @if let Some(f) = &o.figure { (f.met) "/" (f.population) } @else { "–" } },
            tag(tone, &words),
        ]);
    }
    t.render(lang)
}

/// One row for each task: how many agencies are how far. A reader of many agencies begins here.
fn tasks(ctx: &Ctx, q: &QueryData, asked: &Asked, lines: &[(TaskLine, String, Option<targets::Headline>)]) -> Grid {
    let lang = ctx.lang();
    let columns = vec![
        GridColumn::text("task", lang.t("Việc", "Task")),
        GridColumn::day("due", lang.t("Hạn", "Due")),
        GridColumn::num("n", lang.t("Nghĩa vụ", "Obligations")),
        GridColumn::num("late", lang.t("Quá hạn", "Overdue")),
        GridColumn::num("waiting", lang.t("Chờ duyệt", "Waiting")).drop_at(2),
        GridColumn::text("figure", lang.t("Theo sổ", "From registers")).drop_at(1),
    ];
    let may = ctx.can(Verb::Export, "obligation");
    let mut t = Grid::new(ctx, q, "t", "nhiem-vu-theo-viec", lang.t("Theo nhiệm vụ", "By task"), columns).export(may);
    for (l, words, figure) in lines {
        let href = asked.with(&if l.task.is_empty() { [("view", "list")] } else { [("task", l.task.as_str())] });
        let due = l.due.as_deref().map_or_else(|| lang.t("không có ngày", "no day").to_owned(), fmt::date);
        t.row(vec![
            GridCell::link(&href, words),
            GridCell::with(html! { (due) }, l.due.clone().map_or(Cell::Empty, Cell::Date)),
            GridCell::num(l.n),
            GridCell::with(
                html! { @if l.overdue > 0 { span.count.hot { (fmt::int(l.overdue)) } } @else { "0" } },
                Cell::Integer(l.overdue),
            ),
            GridCell::num(l.waiting),
            figure.as_ref().map_or_else(|| GridCell::only(html! { "–" }), |f| GridCell::text(&f.words)),
        ]);
    }
    t
}

/// What the page shows, all pages of it, as a file.
fn workbook(ctx: &Ctx, shown: &[Owed]) -> PageResult {
    use documents::{Column as Head, ColumnKind, Sheet, Workbook};
    let lang = ctx.lang();
    let heads = [
        (lang.t("Việc", "Task"), ColumnKind::Text),
        (lang.t("Cơ quan", "Agency"), ColumnKind::Text),
        (lang.t("Kỳ", "Period"), ColumnKind::Text),
        (lang.t("Hạn", "Due"), ColumnKind::Date),
        (lang.t("Ngày hoàn thành", "Done on"), ColumnKind::Date),
        (lang.t("Theo sổ", "From registers"), ColumnKind::Text),
        (lang.t("Trạng thái", "State"), ColumnKind::Text),
    ];
    let text = |s: Option<&str>| s.map_or(Cell::Empty, |s| Cell::Text(s.to_owned()));
    let day = |s: Option<&str>| s.map_or(Cell::Empty, |s| Cell::Date(s.to_owned()));
    let row = |o: &Owed| {
        vec![
            text(o.record.text("content")),
            text(o.record.link_title("agency")),
            text(Some(period(&o.record, lang)).filter(|p| !p.is_empty()).as_deref()),
            day(o.record.text("due_on")),
            day(o.record.text("done_on")),
            text(o.figure.as_ref().map(|f| format!("{}/{}", f.met, f.population)).as_deref()),
            Cell::Text(o.words(&ctx.today, lang).1),
        ]
    };
    let columns = heads.into_iter().map(|(h, k)| Head::new(h, k)).collect();
    let sheet = Sheet { name: lang.t("Nhiệm vụ", "Tasks").to_owned(), columns, rows: shown.iter().map(row).collect() };
    let bytes = Workbook::of(sheet).to_xlsx().map_err(store::Error::internal)?;
    Ok(web::file(bytes, "nhiem-vu.xlsx"))
}

/// First words of a long task.
pub fn cut(s: &str) -> String {
    let short: String = s.chars().take(130).collect();
    if short.len() < s.len() { format!("{short}…") } else { short }
}

/// The period an obligation is for, as people say it; nothing when it is just its due day.
pub fn period(o: &registers::Record, lang: Lang) -> String {
    let key = o.text("period_key").unwrap_or_default();
    let (year, rest) = key.split_once('-').unwrap_or((key, ""));
    let roman = ["I", "II", "III", "IV"];
    match (rest.strip_prefix('Q').and_then(|q| q.parse::<usize>().ok()), rest.len()) {
        _ if key.is_empty() || o.text("due_on") == Some(key) => String::new(),
        _ if key == "plan" => lang.t("một lần", "once").to_owned(),
        _ if key == "event" => lang.t("theo sự kiện", "by event").to_owned(),
        (Some(q @ 1..=4), _) => format!("{}\u{a0}{}/{year}", lang.t("quý", "quarter"), roman[q - 1]),
        (None, 0) if year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) => format!("{} {year}", lang.t("năm", "year")),
        (None, 2) => format!("{} {rest}/{year}", lang.t("tháng", "month")),
        (None, 5) => fmt::date(key),
        _ => key.to_owned(),
    }
}

/// The due day, or why there is none.
pub fn due(o: &registers::Record, lang: Lang) -> String {
    match (o.text("due_on"), o.text("period_key")) {
        (Some(d), _) => fmt::date(d),
        (None, Some("plan")) => lang.t("chưa rõ thời hạn", "no due day yet").to_owned(),
        (None, Some("event")) => lang.t("theo sự kiện", "by event").to_owned(),
        _ => lang.t("thường xuyên", "continuous").to_owned(),
    }
}

/// Agencies shown by name; the rest is one press away.
pub const NAMED: usize = 12;

/// Agencies with something overdue, worst first, `all` in number; nothing when it concerns one agency only.
pub fn late(list: &[Late], all: usize, lang: Lang) -> Option<Markup> {
    let rest = all.saturating_sub(list.len());
    (all > 1).then(|| {
        html! {
            section.card {
                h2 { (lang.t("Ai đang chậm", "Who is late")) " " span.count.hot { (lang.n(all, "cơ quan", "agency", "agencies")) } }
                p.small.muted { (lang.t("Số cạnh tên là số việc quá hạn.", "The number is what is overdue.")) }
                p.wide {
                    @for l in list { a.chip.unmet href={"/plans/board?state=overdue&agency=" (l.agency)} { (l.name) " · " (l.n) } " " }
                    @if rest > 0 { a href="/plans/board?state=overdue&view=list&sort=agency" { (lang.t("và", "and")) " " (lang.n(rest, "cơ quan nữa", "more agency", "more agencies")) } }
                }
            }
        }
    })
}

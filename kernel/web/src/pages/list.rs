//! The list of a register: filters as a sentence, table, selection bar, paging.

use access::Verb;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use maud::{Markup, html};
use registers::saved::{self, SavedFilter};
use registers::{Definition, Field, FieldType, ListPage, Op, Query, Record, actions};
use store::{Error, Result};

use crate::app::App;
use crate::components::{Chip, Choice, Column, FilterSentence, Sort, Table, empty, filter_bar, heading, notice, pager, post_button, said};
use crate::ctx::{Ctx, Who};
use crate::error::PageResult;
use crate::fmt;
use crate::forms::{FormData, QueryData};
use crate::links;
use crate::module::Tone;
use crate::pages::suggest::{resolve, titles};
use crate::shell::{Page, csrf, redirect};
use crate::values;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/r/{register}", get(show))
}

/// The definition, or "no such register" with the nearest name.
pub(super) fn definition<'a>(ctx: &'a Ctx, register: &str) -> Result<&'a Definition> {
    ctx.reg().registers.get(register).ok_or_else(|| {
        let names: Vec<&str> = ctx.reg().registers.keys().map(String::as_str).collect();
        Error::NotFound(links::unknown("Sổ đăng ký", register, &names).to_string())
    })
}

/// Titles of records that filters point to: (field, id) → title.
type Named = Vec<(String, String, String)>;

async fn show(ctx: Ctx, Path(register): Path<String>, q: QueryData) -> PageResult {
    let def = definition(&ctx, &register)?;
    ctx.may(Verb::Read, &register)?;
    let base = format!("/r/{register}");
    // words in a link's box: one match becomes a filter, several are offered above the list
    let typed: Vec<&(String, String)> =
        q.0.0.iter().filter(|(k, v)| k.starts_with("f.") && k.ends_with("__q") && !v.trim().is_empty()).collect();
    let mut offered = html! {};
    if !typed.is_empty() {
        match by_words(&ctx, &register, q.0.clone()).await? {
            Ok(href) => return Ok(redirect(&href)),
            Err(m) => offered = m,
        }
    }
    let query = links::parse(def, &q)?;
    let (asked, reg_id) = (query.clone(), register.clone());
    let (found, named, kept) = ctx
        .read(move |tx, w| {
            let found = actions::list(tx, &w.reg, &w.may(Verb::Read, &reg_id)?, &asked)?;
            Ok((found, named(tx, w, &reg_id, &asked)?, saved::list(tx, &w.actor, &reg_id)?))
        })
        .await?;
    let page = ListView { ctx: &ctx, def, base: &base, q: &query, named: &named, kept: &kept };
    Ok(Page::new(ctx.lang().label(&def.register.label)).active(&base).body(page.render(&found, offered)).respond(&ctx))
}

fn named(tx: &mut store::Tx, w: &Who, register: &str, q: &Query) -> Result<Named> {
    let Some(def) = w.reg.registers.get(register) else {
        return Ok(vec![]);
    };
    let mut out = vec![];
    for f in &q.filters {
        let target = match values::field_of(def, &f.field).map(|x| &x.kind) {
            Some(FieldType::Link(t) | FieldType::Links(t)) => t.as_str(),
            _ if f.field == "agency" => "agency",
            _ => continue,
        };
        for (id, title) in titles(tx, w, target, f.values.clone()).unwrap_or_default() {
            out.push((f.field.clone(), id, title));
        }
    }
    Ok(out)
}

/// Without the script: the words of a link's box, sent with the filter form.
async fn by_words(ctx: &Ctx, register: &str, q: FormData) -> Result<std::result::Result<String, Markup>> {
    let reg_id = register.to_owned();
    let (form, offers, errors) = ctx
        .read(move |tx, w| {
            let Some(def) = w.reg.registers.get(&reg_id) else {
                return Err(Error::NotFound(String::new()));
            };
            let links: Vec<Field> = def
                .fields
                .iter()
                .filter(|f| matches!(f.kind, FieldType::Link(_) | FieldType::Links(_)))
                .map(|f| Field { id: format!("f.{}", f.id), ..f.clone() })
                .collect();
            resolve(tx, w, &links.iter().collect::<Vec<_>>(), &q)
        })
        .await?;
    let kept: Vec<(String, String)> = form.0.into_iter().filter(|(k, v)| !k.ends_with("__q") && !v.is_empty() && k != "after").collect();
    let base = format!("/r/{register}");
    if offers.is_empty() && errors.is_empty() {
        return Ok(Ok(links::with(&base, &kept)));
    }
    Ok(Err(notice(
        Tone::Soon,
        html! {
            @for e in &errors { p { (e.message) } }
            @for (field, list) in &offers { ul { @for (id, title) in list {
                @let href = { let mut p: Vec<_> = kept.iter().filter(|(k, _)| k != field).cloned().collect(); p.push((field.clone(), id.clone())); links::with(&base, &p) };
                li { a href=(href) { (title) } }
            } } }
        },
    )))
}

/// Filters shown at once; the others wait behind a fold.
const INLINE: usize = 3;

struct ListView<'a> {
    ctx: &'a Ctx,
    def: &'a Definition,
    base: &'a str,
    q: &'a Query,
    named: &'a Named,
    kept: &'a [SavedFilter],
}

impl ListView<'_> {
    fn render(&self, found: &ListPage, offered: Markup) -> Markup {
        let ctx = self.ctx;
        let lang = ctx.lang();
        let id = &self.def.register.id;
        let export = {
            let mut p = links::pairs(self.q);
            p.retain(|(k, _)| k != "limit");
            links::with(&format!("{}/export.xlsx", self.base), &p)
        };
        let actions = html! {
            @if ctx.can(Verb::Export, id) { a.btn href=(export) { (ctx.t("Tải .xlsx", "Get .xlsx")) } }
            @if ctx.can(Verb::Import, id) { a.btn href=(format!("{}/import", self.base)) { (ctx.t("Nhập từ Excel", "Import")) } }
            @if ctx.can(Verb::Create, id) { a.btn.main href=(format!("{}/new", self.base)) { (ctx.t("Thêm", "Add")) } }
        };
        html! {
            (heading(lang.label(&self.def.register.label), Some(html! { (lang.label(&self.def.register.help)) }), Some(actions)))
            (offered)
            (self.saved())
            (self.filters())
            div #list {
                (self.sentence(found.total))
                @if found.items.is_empty() { (self.nothing()) } @else {
                    @let selectable = ctx.can(Verb::Update, id);
                    (self.table(&found.items, selectable))
                    @if selectable {
                        form.bulk #bulk data-bar="1" method="get" action=(format!("{}/bulk", self.base)) {
                            span.muted data-count="1" { (ctx.t("Đánh dấu các bản ghi cần sửa rồi bấm:", "Tick the records to change, then press:")) }
                            button.btn type="submit" { (ctx.t("Sửa hàng loạt", "Edit together")) }
                        }
                    }
                    @let first = self.q.after.as_ref().map(|_| links::href(self.base, self.q));
                    @let next = found.next.as_ref().map(|n| { let mut p = links::pairs(self.q); p.push(("after".into(), n.clone())); links::with(self.base, &p) });
                    (pager(found.items.len(), found.total, first.as_deref(), next.as_deref(), lang))
                }
                (self.keep())
            }
        }
    }

    /// Filters kept under a name.
    fn saved(&self) -> Markup {
        let ctx = self.ctx;
        let now = links::href(self.base, &Query { after: None, ..self.q.clone() });
        html! {
            @if !self.kept.is_empty() || !self.def.register.similar.is_empty() {
                nav.row.small aria-label=(ctx.t("Bộ lọc đã lưu", "Saved filters")) {
                    @for s in self.kept { @let href = links::href(self.base, &s.query);
                        span { a href=(href) aria-current=[(href == now).then_some("true")] { (s.name) }
                            @if s.account == ctx.actor.id && href == now { " " (post_button(&ctx.look, &format!("{}/filters/{}/remove", self.base, s.id), ctx.t("Bỏ bộ lọc này", "Remove"), false, None)) } } }
                    @if !self.def.register.similar.is_empty() { a href=(format!("{}/duplicates", self.base)) { (ctx.t("Tìm bản ghi trùng", "Find duplicates")) } }
                }
            }
        }
    }

    /// Offers to keep the present filter.
    fn keep(&self) -> Markup {
        let ctx = self.ctx;
        let pairs = links::pairs(self.q);
        if pairs.is_empty() {
            return html! {};
        }
        html! {
            details { summary { (ctx.t("Lưu bộ lọc này", "Keep this filter")) }
                form.row method="post" action=(format!("{}/filters", self.base)) {
                    (csrf(&ctx.look))
                    input type="hidden" name="query" value=(crate::security::query_string(&pairs));
                    label { (ctx.t("Tên bộ lọc", "Name")) " " input.short type="text" name="name" required; }
                    label.check { input type="checkbox" name="shared" value="1"; " " (ctx.t("Cho người khác dùng", "For others too")) }
                    button.btn type="submit" { (ctx.t("Lưu", "Keep")) }
                }
            }
        }
    }

    fn sentence(&self, total: i64) -> Markup {
        let lang = self.ctx.lang();
        let subject = lang.label(&self.def.register.label).to_lowercase();
        said(&FilterSentence { subject: &subject, chips: &self.chips(), clear: self.base, total: &fmt::int(total) }, lang)
    }

    fn nothing(&self) -> Markup {
        let ctx = self.ctx;
        let filtered = self.q.search.is_some() || !self.q.filters.is_empty() || self.q.predicate.is_some();
        if filtered {
            return empty(
                ctx.t("Không có bản ghi nào khớp.", "Nothing matches."),
                html! { a.btn href=(self.base) { (ctx.t("Bỏ tất cả điều kiện", "Clear all filters")) } },
            );
        }
        empty(
            ctx.t("Chưa có bản ghi nào trong phạm vi của bạn.", "No records in your scope yet."),
            html! {
                p { (ctx.lang().label(&self.def.register.help)) }
                @if ctx.can(Verb::Create, &self.def.register.id) { a.btn.main href=(format!("{}/new", self.base)) { (ctx.t("Thêm bản ghi đầu tiên", "Add the first")) } }
            },
        )
    }

    fn columns(&self) -> Vec<&Field> {
        let wanted = &self.def.list.columns;
        if wanted.is_empty() {
            return self.def.fields.iter().filter(|f| f.kind != FieldType::LongText && !f.kind.is_file()).take(5).collect();
        }
        wanted.iter().filter_map(|c| values::field_of(self.def, c)).collect()
    }

    fn sort(&self, field: &str) -> Option<Sort> {
        let now = self.q.sort.as_deref().or(self.def.list.sort.as_deref());
        let ascending = match now {
            Some(s) if s == field => Some(true),
            Some(s) if s.strip_prefix('-') == Some(field) => Some(false),
            _ => None,
        };
        Some(Sort { href: links::sorted(self.base, self.q, field), ascending })
    }

    fn table(&self, items: &[Record], selectable: bool) -> Markup {
        let (ctx, lang, reg) = (self.ctx, self.ctx.lang(), self.ctx.reg());
        let fields = self.columns();
        let with_state = !self.def.states.is_empty();
        let mut columns: Vec<Column> = fields
            .iter()
            .enumerate()
            .map(|(i, f)| {
                let c = if values::is_num(&f.kind) { Column::num(lang.label(&f.label)) } else { Column::text(lang.label(&f.label)) };
                let sort = if matches!(f.kind, FieldType::Links(_)) || f.kind.is_file() { None } else { self.sort(&f.id) };
                c.drop_at(u8::try_from(i.saturating_sub(2)).unwrap_or(3)).sort(sort)
            })
            .collect();
        if with_state {
            columns.push(Column::text(ctx.t("Trạng thái", "State")).sort(self.sort("state")));
        }
        let mut t = Table::new(lang.label(&self.def.register.label), columns);
        for r in items {
            let mut cells: Vec<Markup> = Vec::with_capacity(fields.len() + 1);
            for (i, f) in fields.iter().enumerate() {
                if i == 0 {
                    cells.push(html! { a href=(format!("{}/{}", self.base, r.id)) { (self.first(f, r)) } });
                } else {
                    cells.push(values::show(reg, f, r, lang));
                }
            }
            if with_state {
                cells.push(values::state_tag(self.def, r, lang));
            }
            t.row(cells);
        }
        if selectable {
            t.select = Some(("bulk".into(), items.iter().map(|r| (r.id.clone(), r.title.clone())).collect()));
        }
        t.render(lang)
    }

    /// The first column leads to the record; what has no text of its own shows the record's title.
    fn first(&self, f: &Field, r: &Record) -> String {
        if let Some(l) = r.links.get(&f.id).filter(|l| !l.is_empty()) {
            return l.iter().map(|(_, t)| t.as_str()).collect::<Vec<_>>().join("; ");
        }
        let s = r.fields.get(&f.id).map(|d| values::plain(self.ctx.reg(), f, d, self.ctx.lang())).unwrap_or_default();
        if s.is_empty() { r.title.clone() } else { s }
    }

    fn filter_fields(&self) -> Vec<&Field> {
        if self.def.list.filters.is_empty() {
            let wanted = |f: &&Field| matches!(f.kind, FieldType::Choice(_) | FieldType::Link(_));
            return self.def.fields.iter().filter(wanted).take(4).collect();
        }
        self.def.list.filters.iter().filter_map(|c| values::field_of(self.def, c)).collect()
    }

    fn present(&self, field: &str, op: Op) -> &[String] {
        self.q.filters.iter().find(|f| f.field == field && f.op == op).map(|f| f.values.as_slice()).unwrap_or_default()
    }

    fn filters(&self) -> Markup {
        let (ctx, lang) = (self.ctx, self.ctx.lang());
        let states: Vec<Choice> =
            self.def.states.iter().map(|s| Choice { value: s.id.clone(), label: lang.label(&s.label).into() }).collect();
        let fields = self.filter_fields();
        let active = |id: &str| self.q.filters.iter().any(|f| f.field == id);
        let open =
            self.q.as_of.is_some() || fields.iter().skip(INLINE).any(|f| active(&f.id)) || (fields.len() > INLINE && active("state"));
        let inputs = html! {
            label.q { (ctx.t("Tìm", "Search")) input type="search" name="q" value=(self.q.search.as_deref().unwrap_or("")) autocomplete="off"; }
            @for f in fields.iter().take(INLINE) { (self.filter(f)) }
            @if fields.len() <= INLINE && !states.is_empty() { (self.select("state", ctx.t("Trạng thái", "State"), &states)) }
            @if fields.len() > INLINE || self.def.register.dated {
                details open[open] { summary { (ctx.t("Thêm điều kiện", "More filters")) } div.row {
                    @for f in fields.iter().skip(INLINE) { (self.filter(f)) }
                    @if fields.len() > INLINE && !states.is_empty() { (self.select("state", ctx.t("Trạng thái", "State"), &states)) }
                    @if self.def.register.dated {
                        label { (ctx.t("Tại ngày (all: mọi thời điểm)", "As of (all: any time)")) input.short type="text" name="as_of" placeholder="dd/MM/yyyy"
                            value=(self.q.as_of.as_deref().map(|d| if d == "all" { "all".to_owned() } else { fmt::date(d) }).unwrap_or_default()); }
                    }
                } }
            }
            @if let Some(s) = &self.q.sort { input type="hidden" name="sort" value=(s); }
            @if let Some(p) = &self.q.predicate { input type="hidden" name="where" value=(p); }
            (self.hidden())
        };
        filter_bar(self.base, "#list", inputs, lang)
    }

    /// Filters that have no control of their own in the form, kept.
    fn hidden(&self) -> Markup {
        let shown: Vec<&str> = self.filter_fields().iter().map(|f| f.id.as_str()).chain(["state"]).collect();
        let q = Query {
            filters: self
                .q
                .filters
                .iter()
                .filter(|f| !shown.contains(&f.field.as_str()) || !matches!(f.op, Op::Is | Op::From | Op::To))
                .cloned()
                .collect(),
            ..Query::default()
        };
        html! { @for (k, v) in links::pairs(&q) { input type="hidden" name=(k) value=(v); } }
    }

    fn select(&self, field: &str, label: &str, options: &[Choice]) -> Markup {
        let now = self.present(field, Op::Is);
        html! {
            label { (label) select name=(format!("f.{field}")) {
                option value="" { (self.ctx.t("Tất cả", "All")) }
                @for o in options { option value=(o.value) selected[now.contains(&o.value)] { (o.label) } }
            } }
        }
    }

    fn filter(&self, f: &Field) -> Markup {
        let (ctx, lang) = (self.ctx, self.ctx.lang());
        let label = lang.label(&f.label);
        match &f.kind {
            FieldType::Choice(list) => {
                let all: Vec<Choice> = ctx
                    .reg()
                    .choices
                    .get(list)
                    .map(|l| l.options.iter().map(|o| Choice { value: o.id.clone(), label: lang.label(&o.label).into() }).collect())
                    .unwrap_or_default();
                self.select(&f.id, label, &all)
            }
            FieldType::Bool => self.select(
                &f.id,
                label,
                &[
                    Choice { value: "1".into(), label: ctx.t("Có", "Yes").into() },
                    Choice { value: "0".into(), label: ctx.t("Không", "No").into() },
                ],
            ),
            FieldType::Link(t) | FieldType::Links(t) => {
                let chosen = self.present(&f.id, Op::Is);
                html! {
                    div.picker data-register=(t) data-name=(format!("f.{}", f.id)) {
                        label for=(format!("q-{}", f.id)) { (label) }
                        div.chosen { @for id in chosen { label.check { input type="checkbox" name=(format!("f.{}", f.id)) value=(id) checked; " " (self.title_of(&f.id, id)) } } }
                        input id=(format!("q-{}", f.id)) type="text" name=(format!("f.{}__q", f.id)) autocomplete="off" role="combobox" aria-expanded="false" aria-autocomplete="list"
                            aria-controls=(format!("q-{}-list", f.id)) placeholder=(ctx.t("Gõ vài chữ", "Type a few letters"));
                        ul.options id=(format!("q-{}-list", f.id)) role="listbox" hidden {}
                    }
                }
            }
            FieldType::Date => html! {
                @for (op, name, word) in [(Op::From, "from", ctx.t("từ", "from")), (Op::To, "to", ctx.t("đến", "to"))] {
                    label { (label) " " (word) input.short type="text" inputmode="numeric" name=(format!("f.{}.{name}", f.id)) placeholder="dd/MM/yyyy"
                        value=(self.present(&f.id, op).first().map(|d| fmt::date(d)).unwrap_or_default()); }
                }
            },
            _ => {
                html! { label { (label) input.short type="text" name=(format!("f.{}", f.id)) value=(self.present(&f.id, Op::Is).first().map_or("", String::as_str)); } }
            }
        }
    }

    fn title_of<'b>(&'b self, field: &str, id: &'b str) -> &'b str {
        self.named.iter().find(|(f, i, _)| f == field && i == id).map_or(id, |(_, _, t)| t)
    }

    fn chips(&self) -> Vec<Chip> {
        let (ctx, lang) = (self.ctx, self.ctx.lang());
        let mut out = vec![];
        if let Some(s) = &self.q.search {
            let q = Query { search: None, ..self.q.clone() };
            out.push(Chip { text: format!("“{s}”"), without: links::href(self.base, &q) });
        }
        for (i, f) in self.q.filters.iter().enumerate() {
            let words: Vec<String> = f.values.iter().map(|v| self.value_words(&f.field, v)).collect();
            let words = words.join(ctx.t(" hoặc ", " or "));
            let label = values::label_of(self.def, &f.field, lang).to_lowercase();
            let text = match f.op {
                Op::Is => format!("{label}: {words}"),
                Op::Not => format!("{label} {} {words}", ctx.t("khác", "not")),
                Op::Empty => format!("{} {label}", ctx.t("chưa có", "no")),
                Op::Filled => format!("{} {label}", ctx.t("đã có", "some")),
                Op::From => format!("{label} {} {words}", ctx.t("từ", "from")),
                Op::To => format!("{label} {} {words}", ctx.t("đến", "to")),
                Op::Under => format!("{label} {} {words}", ctx.t("thuộc", "under")),
            };
            out.push(Chip { text, without: links::without_filter(self.base, self.q, i) });
        }
        if let Some(p) = &self.q.predicate {
            let q = Query { predicate: None, ..self.q.clone() };
            out.push(Chip { text: p.clone(), without: links::href(self.base, &q) });
        }
        if let Some(d) = &self.q.as_of {
            let q = Query { as_of: None, ..self.q.clone() };
            let text = if d == "all" {
                ctx.t("ở mọi thời điểm", "at any time").to_owned()
            } else {
                format!("{} {}", ctx.t("tại ngày", "as of"), fmt::date(d))
            };
            out.push(Chip { text, without: links::href(self.base, &q) });
        }
        out
    }

    fn value_words(&self, field: &str, v: &str) -> String {
        let lang = self.ctx.lang();
        if field == "state" {
            return values::state_of(self.def, v).map_or_else(|| v.to_owned(), |s| lang.label(&s.label).to_owned());
        }
        match values::field_of(self.def, field) {
            Some(f) => match &f.kind {
                FieldType::Link(_) | FieldType::Links(_) => self.title_of(field, v).to_owned(),
                FieldType::Choice(list) => {
                    values::option_of(self.ctx.reg(), list, v).map_or_else(|| v.to_owned(), |o| lang.label(&o.label).to_owned())
                }
                FieldType::Bool => if v == "1" || v == "true" { lang.t("có", "yes") } else { lang.t("không", "no") }.to_owned(),
                FieldType::Date => fmt::date(v),
                _ => f.words.get(v).map_or_else(|| v.to_owned(), |l| lang.label(l).to_owned()),
            },
            None => self.title_of(field, v).to_owned(),
        }
    }
}

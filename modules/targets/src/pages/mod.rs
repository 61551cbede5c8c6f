//! Pages: all targets as one picture, one figure opened, its records.

mod list;
mod one;
pub(crate) mod quality;
mod records;

use access::Actor;
use store::{Result, Tx};
use web::axum::Router;
use web::axum::routing::get;
use web::charts::{Bar3, bar3};
use web::components::{Column, Table, tag};
use web::maud::{Markup, html};
use web::{App, Cx, fmt};

use crate::catalogue::Catalogue;
use crate::figures::{headline_by, mark};

/// Addresses under `/targets`.
pub fn router() -> Router<App> {
    Router::new()
        .route("/quality", get(quality::show))
        .route("/targets", get(list::show))
        .route("/targets/{id}", get(one::show))
        .route("/targets/{id}/records", get(records::show))
}

/// `≥ 100 % đến 31/12/2030`.
pub(crate) fn goal_words(t: &rules::Target, lang: web::Lang) -> String {
    let Some((aim, n)) = t.aim() else { return String::new() };
    let until = crate::goals::until(t).map(|d| format!(" {} {d}", lang.t("đến", "until"))).unwrap_or_default();
    format!("{} {} {}{until}", aim.sign(), fmt::dec_auto(n), t.unit)
}

/// The rule in words: who is counted, and what must hold, each condition on its own line.
fn rule_sentence(s: &rules::Sentence) -> Markup {
    let (before, between, after) = s.frame();
    match s.meets.as_slice() {
        [] => html! { p.sentence { (before) " " strong { (s.population) } (after) } },
        [one] => html! { p.sentence { (before) " " strong { (s.population) } (between) " " strong { (one) } (after) } },
        several => html! {
            div.sentence { (before) " " strong { (s.population) } (between) ol { @for m in several { li { (m) } } } }
        },
    }
}

/// The figures of the reader's own scope, under "My work".
pub fn home(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Option<Markup>> {
    if actor.may(access::Verb::Read, "figure").is_err() {
        return Ok(None);
    }
    let catalogue = Catalogue::of(cx.registry)?;
    let lang = cx.lang;
    let whole = actor.may(access::Verb::Read, "figure").is_ok_and(|s| *s.subtree() == access::Subtree::All);
    let title = if whole {
        lang.t("Chỉ tiêu trên toàn địa bàn", "Targets of the whole area")
    } else {
        lang.t("Chỉ tiêu của đơn vị", "Targets of the unit")
    };
    let mut table = Table::new(
        title,
        vec![
            Column::text(lang.t("Chỉ tiêu", "Target")),
            Column::text(lang.t("Đạt · chưa đạt · chưa có dữ liệu", "Met · not met · no data")).drop_at(2),
            Column::num(lang.t("Kết quả", "Result")),
            Column::text(lang.t("Kết luận", "Verdict")),
        ],
    );
    let plans = crate::goals::of_plans(tx, cx.registry, actor)?;
    for (id, c) in &catalogue.compiled {
        if c.indicator.kind != rules::FigureKind::Share {
            continue;
        }
        let own = crate::goals::of_plan(&c.indicator, &plans);
        let Some(h) = headline_by(tx, cx.registry, actor, (id, None), cx.today, own.clone().map(|t| (t.unit == "%", Some(t))))? else {
            continue;
        };
        if h.met + h.unmet + h.unknown == 0 {
            continue;
        }
        let goal = mark(own.as_ref().or(c.indicator.targets_on(cx.today).first().copied()));
        table.row(vec![
            html! { a href={"/targets/" (id)} { (c.indicator.label.vi_or_en(lang == web::Lang::En)) } },
            bar3(Bar3 { met: h.met, unmet: h.unmet, nodata: h.unknown, goal }, lang),
            html! { (h.words) },
            {
                let (tone, words) = h.said(None, cx.today, lang);
                tag(tone, &words)
            },
        ]);
    }
    if table.rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(html! { section.card { h2 { (title) } (table.render(lang)) } }))
}

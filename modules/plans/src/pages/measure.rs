//! Which indicator measures a target that was read: up to three are suggested with their reason, "none" stands beside them as an
//! equal choice, and a person says which. `POST /plans/import/{id}/indicator`.

use store::Error;
use web::axum::extract::Path;
use web::components::tag;
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, Lang, Look, PageResult, Tone, redirect};

use crate::draft::Draft;
use crate::service;

/// Indicators suggested for a target.
const MOST: usize = 3;

/// The choices for value `v` of objective `i`. `all`: with a box for every other indicator (on the target's own page).
pub fn choices(look: &Look, draft: &Draft, base: &str, (i, v): (usize, usize), all: bool, lang: Lang) -> Markup {
    let Some(objective) = draft.reading.plan.objectives.get(i).and_then(|o| o.values.get(v).map(|_| o)) else {
        return html! {};
    };
    let key = format!("{i}.{v}");
    // the target's own words only: two targets of one objective are two questions
    let words = crate::draft::own_words(objective, v);
    let name = |id: &str| targets::all_indicators().iter().find(|(x, _)| x == id).map_or("", |(_, label)| label.as_str());
    let action = format!("{base}/indicator");
    let head = html! { (csrf(look)) input type="hidden" name="target" value=(key); @if all { input type="hidden" name="own" value="1"; } };
    let said = draft.indicators.get(&key).map(String::as_str);
    if let Some(id) = said.filter(|_| !all) {
        return html! {
            form.measure method="post" action=(action) { (head)
                @if id.is_empty() { (tag(Tone::Plain, lang.t("không gắn chỉ số", "no indicator"))) }
                @else { (tag(Tone::Met, lang.t("đo bằng", "measured by"))) " " (id) " · " (name(id)) }
                " " button.linklike type="submit" name="undo" value="1" { (lang.t("chọn lại", "choose again")) }
            }
        };
    }
    let suggested = targets::suggest_why(&words, MOST);
    let pressed = |id: &str| if said == Some(id) { Some("true") } else { None };
    html! {
        form.measure method="post" action=(action) { (head)
            div.muted { @if suggested.is_empty() { (lang.t("Chưa có chỉ số phù hợp.", "No indicator fits.")) } @else { (lang.t("Đo bằng chỉ số nào?", "Which indicator measures it?")) } }
            ul {
                @for s in &suggested { li {
                    button.btn.wrap type="submit" name="indicator" value=(s.id) aria-pressed=[pressed(&s.id)] { (s.id) " · " (s.label) }
                    " " span.muted { (lang.t("vì cùng nói về", "both speak of")) ": " (s.common.join(", ")) }
                } }
                li { button.btn.wrap type="submit" name="indicator" value="" aria-pressed=[pressed("")] { (lang.t("Không gắn", "None")) }
                    @if !all { " " a href={(base) "/value/" (key)} { (lang.t("chỉ số khác", "another indicator")) } } }
            }
        }
        @if all {
            form.measure method="post" action=(action) { (head)
                label for="f-other" { (lang.t("Chỉ số khác", "Another indicator")) } " "
                select id="f-other" name="indicator" required {
                    option value="" { (lang.t("Chưa chọn", "Not chosen")) }
                    @for (id, label) in targets::all_indicators() { option value=(id) selected[said == Some(id)] { (id) " · " (label) } }
                }
                " " button.btn type="submit" name="from" value="list" { (lang.t("Chọn", "Choose")) }
            }
        }
    }
}

/// A person said which indicator it is, that it is none, or wants to choose again.
pub async fn save(ctx: Ctx, Path(id): Path<String>, form: FormData) -> PageResult {
    let key = form.text("target").to_owned();
    let indicator = form.text("indicator").to_owned();
    if !indicator.is_empty() && !targets::all_indicators().iter().any(|(i, _)| *i == indicator) {
        return Err(Error::invalid("indicator", format!("Không có chỉ số «{indicator}». Chọn trong danh sách.")).into());
    }
    if form.text("from") == "list" && indicator.is_empty() {
        return Err(Error::invalid("indicator", "Chọn một chỉ số trong danh sách, hoặc bấm “Không gắn”.").into());
    }
    let place = key.split_once('.').and_then(|(i, v)| Some((i.parse::<usize>().ok()?, v.parse::<usize>().ok()?)));
    let (own, undo, wanted) = (form.has("own"), form.has("undo"), id.clone());
    ctx.write(move |tx, who| {
        let (row, mut draft) = service::load(tx, &who.actor, &wanted)?;
        let known = place.and_then(|(i, v)| draft.reading.plan.objectives.get(i)?.values.get(v));
        if known.is_none() {
            return Err(super::edit::gone());
        }
        if undo {
            draft.indicators.remove(&key)
        } else {
            draft.indicators.insert(key, indicator)
        };
        service::save(tx, &who.actor, &wanted, row.version, &draft)
    })
    .await?;
    let (i, v) = place.unwrap_or_default();
    let page = i / super::reading::PAGE + 1;
    let to = if own {
        format!("/plans/import/{id}/value/{i}.{v}")
    } else {
        format!("/plans/import/{id}?part=objective&page={page}#objective-{i}")
    };
    Ok(redirect(&to))
}

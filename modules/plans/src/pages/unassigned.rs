//! On a plan's page: work begun by an agency that its task no longer names, and what the standing officer decides about it.

use access::Verb;
use registers::{Filter, Op, Record};
use store::{Error, Tx};
use web::axum::extract::Path;
use web::components::{notice, tag};
use web::maud::{Markup, html};
use web::shell::csrf;
use web::{Ctx, FormData, PageResult, Tone, Who, redirect_with};

use crate::handover::{Decision, decide};
use crate::state::derive;

/// One question: the obligation, and the agencies the task names now.
pub struct Question {
    of: Record,
    others: Vec<(String, String)>,
}

/// Open questions about these tasks; none for readers who may not decide.
pub fn questions(tx: &mut Tx, who: &Who, tasks: &[Record]) -> store::Result<Vec<Question>> {
    if who.may(Verb::Update, "obligation").is_err() {
        return Ok(vec![]);
    }
    let is = |f: &str, v: &str| Filter { field: f.into(), op: Op::Is, values: vec![v.into()] };
    let asked = crate::all_where(tx, &who.reg, &who.actor, "obligation", vec![is("unassigned", "asked")])?;
    let mut found = Vec::new();
    for of in asked.into_iter().filter(|o| tasks.iter().any(|t| o.text("task") == Some(&t.id))) {
        let task = of.text("task").unwrap_or_default().to_owned();
        let of_task = crate::all_where(tx, &who.reg, &who.actor, "obligation", vec![is("task", &task)])?;
        let mut others: Vec<(String, String)> = of_task
            .iter()
            .filter(|o| {
                o.text("unassigned").is_none() && o.state.as_deref() != Some("not_applicable") && o.text("agency") != of.text("agency")
            })
            .filter_map(|o| Some((o.text("agency")?.to_owned(), o.link_title("agency")?.to_owned())))
            .collect();
        others.sort_by(|a, b| a.1.cmp(&b.1));
        others.dedup();
        found.push(Question { of, others });
    }
    Ok(found)
}

/// The card; nothing when there is no question.
pub fn card(ctx: &Ctx, plan: &str, list: &[Question]) -> Markup {
    let lang = ctx.lang();
    html! {
        @if !list.is_empty() {
            section.card {
                h2 { (lang.t("Không còn được giao, đã làm dở", "No longer assigned, work begun")) }
                (notice(Tone::Soon, html! { (lang.t(
                    "Nhiệm vụ đã chuyển cho cơ quan khác trong khi các cơ quan sau đã làm dở. Chuyển phần việc và minh chứng cho cơ quan mới, miễn, hay để họ làm tiếp?",
                    "The task went to another agency after these had begun. Move the work and its evidence, exempt, or let them go on?")) }))
                ul.list {
                    @for q in list { li { div {
                        @let o = &q.of;
                        strong { (o.link_title("agency").unwrap_or_default()) } " · "
                        a href={"/plans/obligation/" (o.id)} { (super::cut(o.text("content").unwrap_or_default())) } " "
                        @let state = derive(o, &ctx.today);
                        (tag(state.tone(), lang.l(state.label())))
                        form.inline method="post" action={"/plans/" (plan) "/unassigned/" (o.id)} {
                            (csrf(&ctx.look))
                            @if !q.others.is_empty() {
                                label.sr for={"to-" (o.id)} { (lang.t("Cơ quan nhận", "New agency")) }
                                select id={"to-" (o.id)} name="to" { @for (id, name) in &q.others { option value=(id) { (name) } } }
                                " " button.btn type="submit" name="what" value="move" { (lang.t("Chuyển", "Move")) } " "
                            }
                            button.btn type="submit" name="what" value="exempt" { (lang.t("Miễn", "Exempt")) } " "
                            button.btn type="submit" name="what" value="keep" { (lang.t("Giữ để làm tiếp", "Keep")) }
                        }
                    } } }
                }
            }
        }
    }
}

/// What was decided.
pub async fn act(ctx: Ctx, Path((plan, id)): Path<(String, String)>, form: FormData) -> PageResult {
    let decision = match form.text("what") {
        "move" => match form.filled("to") {
            Some(to) => Decision::Move(to.to_owned()),
            None => return Err(Error::invalid("to", "Chọn cơ quan nhận phần việc này rồi bấm Chuyển.").into()),
        },
        "exempt" => Decision::Exempt,
        "keep" => Decision::Keep,
        _ => return Err(Error::BadRequest("Chọn Chuyển, Miễn hoặc Giữ.".into()).into()),
    };
    let back = format!("/plans/{plan}?tab=tasks");
    match ctx.write(move |tx, who| decide(tx, &who.reg, &who.actor, &id, &decision, &who.today)).await {
        Ok(()) => redirect_with(&ctx, &back, "met", ctx.t("Đã ghi quyết định.", "Recorded.")),
        // the form is one line of the plan's page: what was wrong with the choice is said there
        Err(Error::Invalid(list)) => {
            redirect_with(&ctx, &back, "unmet", &list.iter().map(|e| e.message.as_str()).collect::<Vec<_>>().join(" "))
        }
        Err(e @ Error::Conflict(_)) => redirect_with(&ctx, &back, "unmet", &e.to_string()),
        Err(e) => Err(e.into()),
    }
}

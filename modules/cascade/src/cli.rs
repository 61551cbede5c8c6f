//! `lachan cascade …`: what the pages show and do. One answer is `lachan record create task_answer`.

use store::{Error, Result};
use web::{CliContext, Command, L};

use crate::api::{asked_json, tracker_json};
use crate::asked::{asked, take_sure};
use crate::tracker::tracker;

/// Words of the module.
pub fn commands() -> Vec<Command> {
    let word = |name, help, run| Command { name, help, offline: false, run };
    vec![
        word("below", L("below PLAN   cơ quan nào đã có kế hoạch dưới kế hoạch này", "below PLAN   who has a plan under this one"), below),
        word("answers", L("answers PLAN   nhiệm vụ cấp trên giao và câu trả lời", "answers PLAN   tasks from above and answers"), answers),
        word("take-sure", L("take-sure PLAN   nhận các gợi ý chắc", "take-sure PLAN   take the sure suggestions"), sure),
    ]
}

fn plan(args: &[String], usage: &str) -> Result<String> {
    args.first()
        .filter(|a| !a.starts_with("--"))
        .cloned()
        .ok_or_else(|| Error::BadRequest(format!("Thiếu mã kế hoạch: lachan cascade {usage} PLAN")))
}

fn below(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let (id, actor, reg) = (plan(args, "below")?, cx.actor.clone(), cx.app.registry.clone());
    let t = cx.app.store.read_blocking(move |tx| tracker(tx, &reg, &actor, &id))?;
    if cx.json {
        return writeln!(cx.out, "{}", tracker_json(&t)).map_err(Error::internal);
    }
    for a in &t.agencies {
        let said = match &a.plan {
            Some(p) => format!("{:<10} {:>3}/{:<3}", p.text("number").unwrap_or("dự thảo"), a.spread.answered(), a.spread.asked),
            None => format!("{:<10} {:>3}/{:<3}", "chưa có", "–", a.spread.asked),
        };
        writeln!(cx.out, "{said}  {}", a.agency.1).map_err(Error::internal)?;
    }
    Ok(())
}

fn answers(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let (id, actor, reg) = (plan(args, "answers")?, cx.actor.clone(), cx.app.registry.clone());
    let a = cx.app.store.read_blocking(move |tx| asked(tx, &reg, &actor, &id))?;
    if cx.json {
        return writeln!(cx.out, "{}", asked_json(&a)).map_err(Error::internal);
    }
    for l in &a.lines {
        let kind = l.answer.as_ref().and_then(|r| r.text("kind")).unwrap_or("–");
        writeln!(cx.out, "{kind:<9} {:>3}  {}", l.task.text("no").unwrap_or_default(), l.task.text("content").unwrap_or_default())
            .map_err(Error::internal)?;
    }
    Ok(())
}

fn sure(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let (id, actor, reg) = (plan(args, "take-sure")?, cx.actor.clone(), cx.app.registry.clone());
    let taken = cx.app.store.write_blocking(move |tx| take_sure(tx, &reg, &actor, &id))?;
    let line = if cx.json {
        serde_json::json!({ "taken": taken }).to_string()
    } else {
        format!("Đã trả lời {taken} nhiệm vụ theo gợi ý.")
    };
    writeln!(cx.out, "{line}").map_err(Error::internal)
}

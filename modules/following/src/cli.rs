//! `lachan following …`: what one press does on the pages. Records are `lachan record …`.

use store::{Error, Result};
use web::{CliContext, Command, L};

use crate::dissemination;
use crate::late::{self, Which};
use crate::reminder::Reminded;

/// Words of the module.
pub fn commands() -> Vec<Command> {
    let word = |name, help, run| Command { name, help, offline: false, run };
    vec![
        word(
            "remind-document",
            L("remind-document ID   đôn đốc cơ quan chưa báo nhận văn bản", "remind-document ID   remind who has not acknowledged"),
            remind_document,
        ),
        word(
            "late",
            L(
                "late overdue|quiet [--days N]   cơ quan nào còn nợ việc quá hạn, lâu không cập nhật",
                "late overdue|quiet [--days N]   who owes late or untouched work",
            ),
            owing,
        ),
        word(
            "remind-late",
            L(
                "remind-late overdue|quiet [--days N]   đôn đốc mọi cơ quan còn nợ việc",
                "remind-late overdue|quiet [--days N]   remind all who owe such work",
            ),
            remind_late,
        ),
    ]
}

fn first(args: &[String], usage: &str) -> Result<String> {
    args.first().filter(|a| !a.starts_with("--")).cloned().ok_or_else(|| Error::BadRequest(format!("Thiếu mã: lachan following {usage}")))
}

/// What was done, as JSON or one sentence.
fn report(cx: &mut CliContext<'_>, done: &Reminded) -> Result<()> {
    let line = if cx.json { serde_json::to_string(done).map_err(Error::internal)? } else { done.said(web::Lang::Vi) };
    writeln!(cx.out, "{line}").map_err(Error::internal)
}

fn remind_document(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let id = first(args, "remind-document ID")?;
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    let done = cx.app.store.write_blocking(move |tx| dissemination::remind(tx, &reg, &actor, &id, &today))?;
    report(cx, &done)
}

fn which(args: &[String], usage: &str) -> Result<Which> {
    let days = args.iter().position(|a| a == "--days").and_then(|i| args.get(i + 1)).map(String::as_str);
    Which::parse(&first(args, usage)?, days)
}

fn owing(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let which = which(args, "late overdue|quiet")?;
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    let list = cx.app.store.read_blocking(move |tx| late::owing(tx, &reg, &actor, which, None, &today))?;
    for a in list {
        let line = match cx.json {
            true => serde_json::json!({ "agency": a.agency.0, "name": a.agency.1, "n": a.items.len() }).to_string(),
            false => format!("{:>4}  {}", a.items.len(), a.agency.1),
        };
        writeln!(cx.out, "{line}").map_err(Error::internal)?;
    }
    Ok(())
}

fn remind_late(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let which = which(args, "remind-late overdue|quiet")?;
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    let done = cx.app.store.write_blocking(move |tx| late::remind(tx, &reg, &actor, which, None, &today))?;
    report(cx, &done)
}

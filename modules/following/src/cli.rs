//! `lachan following …`: what one press does on the pages. Records are `lachan record …`.

use store::{Error, Result};
use web::{CliContext, Command, L};

use crate::dissemination;
use crate::reminder::Reminded;

/// Words of the module.
pub fn commands() -> Vec<Command> {
    let word = |name, help, run| Command { name, help, offline: false, run };
    vec![word(
        "remind-document",
        L("remind-document ID   đôn đốc cơ quan chưa báo nhận văn bản", "remind-document ID   remind who has not acknowledged"),
        remind_document,
    )]
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

//! `lachan reviews …`: figures, freezing and files of a review. Making one is `lachan record create plan_review`.

use store::{Error, Result};
use web::{CliContext, Command, L};

use crate::{document, review};

/// Words of the module.
pub fn commands() -> Vec<Command> {
    let word = |name, help, run| Command { name, help, offline: false, run };
    vec![
        word("show", L("show ID   số liệu của một đợt sơ kết, tổng kết", "show ID   figures of a review"), show),
        word("freeze", L("freeze ID   chốt số liệu và nội dung", "freeze ID   freeze figures and words"), freeze),
        word("file", L("file ID --out TỆP   ghi .docx, .pdf hoặc .xlsx", "file ID --out FILE   write .docx, .pdf or .xlsx"), file),
    ]
}

fn id(args: &[String], usage: &str) -> Result<String> {
    args.first().filter(|a| !a.starts_with("--")).cloned().ok_or_else(|| Error::BadRequest(format!("Thiếu mã: lachan reviews {usage}")))
}

fn open(cx: &CliContext<'_>, id: String) -> Result<review::Opened> {
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    cx.app.store.read_blocking(move |tx| review::open(tx, &reg, &actor, &id, &today))
}

fn show(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let o = open(cx, id(args, "show ID")?)?;
    if cx.json {
        let line = serde_json::to_string(&o.figures).map_err(Error::internal)?;
        return writeln!(cx.out, "{line}").map_err(Error::internal);
    }
    for t in &o.figures.targets {
        let words = |p: &Option<crate::figures::Part>| p.as_ref().map_or_else(|| "–".to_owned(), |p| p.words.clone());
        writeln!(cx.out, "{:<22} {:<22} {}", words(&t.before), words(&t.now), t.content).map_err(Error::internal)?;
    }
    Ok(())
}

fn freeze(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let id = id(args, "freeze ID")?;
    let o = open(cx, id.clone())?;
    let (actor, reg, today, version) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today(), o.review.version);
    let r = cx.app.store.write_blocking(move |tx| review::freeze(tx, &reg, &actor, &id, version, &today))?;
    let line = if cx.json { serde_json::json!({ "id": r.id, "state": r.state }).to_string() } else { "Đã chốt.".to_owned() };
    writeln!(cx.out, "{line}").map_err(Error::internal)
}

fn file(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let o = open(cx, id(args, "file ID --out FILE")?)?;
    let out = args.iter().position(|a| a == "--out").and_then(|i| args.get(i + 1));
    let out = out.ok_or_else(|| Error::BadRequest("Thiếu --out TỆP (.docx, .pdf hoặc .xlsx).".into()))?;
    let ending = out.rsplit_once('.').map_or("", |(_, e)| e);
    let bytes = document::write(&document::of(&cx.app.registry, &o, "")?, ending)?;
    std::fs::write(out, bytes).map_err(|e| Error::BadRequest(format!("Không ghi được {out}: {e}")))?;
    writeln!(cx.out, "{out}").map_err(Error::internal)
}

//! `lachan estimates …`: the sums of a year and the file. A proposal is made by `lachan record create funding_proposal`.

use store::{Error, Result};
use web::{CliContext, Command, L, fmt};

use crate::{asked_year, document, sums};

/// Words of the module.
pub fn commands() -> Vec<Command> {
    let word = |name, help, run| Command { name, help, offline: false, run };
    vec![
        word("show", L("show --year NĂM   tổng đề xuất theo nhiệm vụ", "show --year YEAR   sums by task"), show),
        word(
            "file",
            L("file --year NĂM --out TỆP   ghi .docx, .pdf hoặc .xlsx", "file --year YEAR --out FILE   write .docx, .pdf or .xlsx"),
            file,
        ),
    ]
}

fn option<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    args.iter().position(|a| a == name).and_then(|i| args.get(i + 1)).map(String::as_str)
}

fn year(cx: &CliContext<'_>, args: &[String]) -> Result<sums::Year> {
    let year = asked_year(option(args, "--year"))?.ok_or_else(|| Error::BadRequest("Thiếu --year, ví dụ --year 2027.".into()))?;
    let (actor, reg) = (cx.actor.clone(), cx.app.registry.clone());
    cx.app.store.read_blocking(move |tx| sums::of(tx, &reg, &actor, year, None))
}

fn show(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let y = year(cx, args)?;
    if cx.json {
        let line = serde_json::to_string(&y).map_err(Error::internal)?;
        return writeln!(cx.out, "{line}").map_err(Error::internal);
    }
    let mut say = |name: &str, s: sums::Sum| {
        writeln!(cx.out, "{:>20} {:>20} {:>20}  {name}", fmt::money(s.asked), fmt::money(s.approved), fmt::money(s.disbursed))
            .map_err(Error::internal)
    };
    for l in &y.tasks {
        say(if l.id.is_empty() { "Việc ngoài kế hoạch" } else { &l.name }, l.sum)?;
    }
    say("Cộng", y.total)
}

fn file(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let y = year(cx, args)?;
    let out = option(args, "--out").ok_or_else(|| Error::BadRequest("Thiếu --out TỆP (.docx, .pdf hoặc .xlsx).".into()))?;
    let ending = out.rsplit_once('.').map_or("", |(_, e)| e);
    let bytes = document::write(&document::of(&y, "Cơ quan thường trực", "", &cx.app.today())?, ending)?;
    std::fs::write(out, bytes).map_err(|e| Error::BadRequest(format!("Không ghi được {out}: {e}")))?;
    writeln!(cx.out, "{out}").map_err(Error::internal)
}

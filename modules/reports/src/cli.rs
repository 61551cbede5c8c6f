//! `lachan report …`.

use access::Actor;
use registers::{Record, Registry};
use serde_json::json;
use store::{Error, Result, Tx};
use web::{CliContext, Command, L};

use crate::campaign::{self, late_days};
use crate::{all_where, document, is, one, report, summary};

/// Words of the module.
pub fn commands() -> Vec<Command> {
    let word = |name, help, run| Command { name, help, offline: false, run };
    vec![
        word("campaigns", L("campaigns   các đợt báo cáo", "campaigns   report campaigns"), campaigns),
        word("status", L("status CAMPAIGN   ai đã nộp, ai chưa", "status CAMPAIGN   who has filed"), status),
        word("open", L("open CAMPAIGN   mở đợt báo cáo", "open CAMPAIGN   open a campaign"), open),
        word("remind", L("remind CAMPAIGN   đôn đốc cơ quan chưa nộp", "remind CAMPAIGN   remind who is missing"), remind),
        word("letter", L("letter CAMPAIGN   soạn công văn đôn đốc", "letter CAMPAIGN   draft the letter to who is missing"), letter),
        word(
            "step",
            L(
                "step REPORT to_head|submit|send_back|return|receive [--reason TEXT]   chuyển báo cáo",
                "step REPORT STEP [--reason TEXT]   move a report",
            ),
            step,
        ),
        word(
            "annual",
            L(
                "annual --year YEAR --out FILE [--as-of DAY]   báo cáo năm tổng hợp ra .docx, .pdf hoặc .xlsx",
                "annual --year YEAR --out FILE [--as-of DAY]   the consolidated yearly report",
            ),
            annual,
        ),
    ]
}

fn io(e: std::io::Error) -> Error {
    Error::internal(e)
}

/// Value of an option among the words.
fn option<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    let at = args.iter().position(|a| a == name)?;
    args.get(at + 1).map(String::as_str)
}

fn first(args: &[String], usage: &str) -> Result<String> {
    args.first().filter(|a| !a.starts_with("--")).cloned().ok_or_else(|| Error::BadRequest(format!("Thiếu mã: lachan report {usage}")))
}

fn campaigns(cx: &mut CliContext<'_>, _: &[String]) -> Result<()> {
    let (actor, reg) = (cx.actor.clone(), cx.app.registry.clone());
    let list = cx.app.store.read_blocking(move |tx| all_where(tx, &reg, &actor, "report_campaign", vec![]))?;
    for c in list {
        if cx.json {
            writeln!(cx.out, "{}", json!({ "id": c.id, "name": c.title, "state": c.state, "due_before": c.text("due_before") }))
                .map_err(io)?;
        } else {
            writeln!(
                cx.out,
                "{}  {:<8} {}  {}",
                c.id,
                c.state.as_deref().unwrap_or_default(),
                c.text("due_before").unwrap_or_default(),
                c.title
            )
            .map_err(io)?;
        }
    }
    Ok(())
}

fn status(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let id = first(args, "status CAMPAIGN")?;
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    let list = cx.app.store.read_blocking(move |tx| {
        one(tx, &reg, &actor, "report_campaign", &id)?;
        all_where(tx, &reg, &actor, "report_submission", vec![is("campaign", &id)])
    })?;
    for r in list {
        let late = late_days(&r, &today);
        let name = r.link_title("agency").unwrap_or_default();
        if cx.json {
            writeln!(
                cx.out,
                "{}",
                json!({ "id": r.id, "agency": name, "state": r.state, "submitted_on": r.text("submitted_on"), "late_days": late })
            )
            .map_err(io)?;
        } else {
            let late = late.map_or_else(String::new, |n| format!("  muộn {n} ngày"));
            writeln!(cx.out, "{}  {:<12} {name}{late}", r.id, r.state.as_deref().unwrap_or_default()).map_err(io)?;
        }
    }
    Ok(())
}

fn open(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let id = first(args, "open CAMPAIGN")?;
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    let done = cx.app.store.write_blocking(move |tx| {
        let version = one(tx, &reg, &actor, "report_campaign", &id)?.version;
        campaign::open(tx, &reg, &actor, &id, version, &today)
    })?;
    writeln!(cx.out, "{}", json!(done)).map_err(io)
}

fn remind(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let id = first(args, "remind CAMPAIGN")?;
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    let done = cx.app.store.write_blocking(move |tx| campaign::remind(tx, &reg, &actor, &id, &today))?;
    writeln!(cx.out, "{}", json!(done)).map_err(io)
}

fn letter(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let id = first(args, "letter CAMPAIGN")?;
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    let r = cx.app.store.write_blocking(move |tx| crate::letter::draft(tx, &reg, &actor, &id, &today))?;
    writeln!(cx.out, "{}", json!({ "id": r.id, "page": format!("/documents/outgoing/{}", r.id) })).map_err(io)
}

fn step(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let id = first(args, "step REPORT STEP")?;
    let Some(word) = args.get(1).cloned() else {
        return Err(Error::BadRequest("Thiếu bước: to_head, submit, recall, send_back, return hoặc receive.".into()));
    };
    let reason = option(args, "--reason").map(str::to_owned);
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    let r = cx.app.store.write_blocking(move |tx| {
        let version = report::open(tx, &reg, &actor, &id, &today)?.seen();
        report::step(tx, &reg, &actor, &id, version, &word, reason.as_deref(), &today)
    })?;
    writeln!(cx.out, "{}", json!({ "id": r.id, "state": r.state, "submitted_on": r.text("submitted_on") })).map_err(io)
}

fn annual(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let year = option(args, "--year").and_then(|y| y.parse::<i64>().ok());
    let (Some(year), Some(out)) = (year, option(args, "--out")) else {
        return Err(Error::BadRequest("Viết: lachan report annual --year 2026 --out bao-cao.docx".into()));
    };
    let day = crate::asked_day(option(args, "--as-of"))?;
    let ending = std::path::Path::new(out).extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let (actor, reg, today, place) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today(), cx.app.config.place.clone());
    let d = cx.app.store.read_blocking(move |tx| {
        let c = campaign_of(tx, &reg, &actor, year)?;
        summary::document(tx, &reg, &actor, &c.id, &place, day.as_deref().unwrap_or(&today), &today)
    })?;
    let bytes = document::write(&d, &ending)?;
    std::fs::write(out, &bytes).map_err(|e| Error::BadRequest(format!("Không ghi được tệp {out}: {e}")))?;
    if cx.json {
        return writeln!(cx.out, "{}", json!({ "file": out, "bytes": bytes.len(), "draft": d.draft })).map_err(io);
    }
    let note = if d.draft { " (dự thảo: chưa chốt báo cáo tổng hợp)" } else { "" };
    writeln!(cx.out, "Đã ghi {out}, {} byte{note}.", bytes.len()).map_err(io)
}

/// The yearly campaign of a year; with several, the one that is due last.
fn campaign_of(tx: &mut Tx, reg: &Registry, actor: &Actor, year: i64) -> Result<Record> {
    let mut list = all_where(tx, reg, actor, "report_campaign", vec![is("kind", "annual"), is("year", &year.to_string())])?;
    list.retain(|c| c.state.as_deref() != Some("draft"));
    list.sort_by(|a, b| b.text("due_before").cmp(&a.text("due_before")));
    list.into_iter().next().ok_or_else(|| {
        Error::NotFound(format!(
            "Chưa có đợt báo cáo năm {year} nào được mở. Lập và mở ở trang Báo cáo, hoặc `lachan report open CAMPAIGN`."
        ))
    })
}

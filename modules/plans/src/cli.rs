//! `lachan plan …`.

use serde_json::json;
use store::{Error, Result};
use web::{CliContext, Command, L};

use crate::gate::{self, Issue};
use crate::owed::{self, Ask};
use crate::same::Same;
use crate::service;
use crate::state::Want;
use crate::unclear::{self, Said};

/// Words of the module.
pub fn commands() -> Vec<Command> {
    vec![
        Command {
            name: "import",
            help: L(
                "import FILE [--accept [--anyway]]   đọc văn bản, giữ chờ xem lại; --accept chấp nhận luôn nếu không còn gì chưa rõ, --anyway cả khi còn",
                "import FILE [--accept [--anyway]]   read and keep for review; --accept accepts at once when nothing is open, --anyway even then",
            ),
            offline: false,
            run: import,
        },
        Command {
            name: "accept",
            help: L(
                "accept DRAFT [--same=other|signed:ID|replaces:ID] [--anyway]   chấp nhận một bản đọc; --anyway cả khi còn điều chưa rõ",
                "accept DRAFT [--same=…] [--anyway]   accept a reading; --anyway although something is open",
            ),
            offline: false,
            run: accept,
        },
        Command {
            name: "issue",
            help: L(
                "issue PLAN [--date=31/12/2026] [--number=…] [--anyway] [--same-number]   đưa kế hoạch dự thảo vào thực hiện; --anyway cả khi còn điều chưa rõ, --same-number cả khi trùng số",
                "issue PLAN [--date=31/12/2026] [--number=…] [--anyway] [--same-number]   put a draft in force; --anyway although something is open, --same-number although another plan has the number",
            ),
            offline: false,
            run: issue,
        },
        Command {
            name: "names",
            help: L("names PLAN   tên gọi trong kế hoạch chưa rõ là cơ quan nào", "names PLAN   names that are no agency yet"),
            offline: false,
            run: names,
        },
        Command {
            name: "choose",
            help: L(
                "choose PLAN NAME AGENCY   tên này là cơ quan nào (nhiều: cách nhau bằng ;) hoặc - để chỉ giữ tên; tạo nghĩa vụ còn thiếu",
                "choose PLAN NAME AGENCY   say who a name is (several: ;) or - for the name only; makes missing obligations",
            ),
            offline: false,
            run: choose,
        },
        Command { name: "list", help: L("list   các kế hoạch", "list   plans"), offline: false, run: list },
        Command {
            name: "obligations",
            help: L("obligations   nghĩa vụ và trạng thái suy ra", "obligations   obligations and their derived states"),
            offline: false,
            run: obligations,
        },
    ]
}

fn io(e: std::io::Error) -> Error {
    Error::internal(e)
}

/// Reasons without the keys of their fields: nothing was typed here under these keys.
fn plain(e: Error) -> Error {
    match e {
        Error::Invalid(mut list) => {
            list.iter_mut().for_each(|e| e.field.clear());
            Error::Invalid(list)
        }
        other => other,
    }
}

/// `--same=other|signed:ID|replaces:ID`, `--anyway`.
fn said(args: &[String]) -> Result<service::Said> {
    let anyway = args.iter().any(|a| a == "--anyway");
    let Some(word) = args.iter().find_map(|a| a.strip_prefix("--same=")) else { return Ok(service::Said { anyway, ..Default::default() }) };
    let same = Same::parse(word).ok_or_else(|| Error::BadRequest("--same= là một trong: other, signed:MÃ, replaces:MÃ.".into()))?;
    Ok(service::Said { same: Some(same), anyway, seen: None })
}

/// Why a reading was not accepted, and where it waits.
fn refused(e: Error, draft: &str) -> Error {
    match plain(e) {
        Error::Invalid(mut list) => {
            let message =
                format!("Bản đọc {draft} được giữ chờ xem lại: /plans/import/{draft}. Chấp nhận cả khi còn các điều trên: thêm --anyway.");
            list.push(store::FieldError { field: String::new(), message });
            Error::Invalid(list)
        }
        other => other,
    }
}

fn import(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let at_once = args.iter().any(|a| a == "--accept");
    let said = said(args)?;
    let Some(path) = args.iter().find(|a| !a.starts_with("--")) else {
        return Err(Error::BadRequest("Thiếu tên tệp: lachan plan import FILE".into()));
    };
    let bytes = std::fs::read(path).map_err(|e| Error::BadRequest(format!("Không đọc được tệp {path}: {e}")))?;
    let name = std::path::Path::new(path).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let reading = service::read_document(&bytes, &name).map_err(plain)?;
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    let (r, a, t) = (reg.clone(), actor.clone(), today.clone());
    let id = cx.app.store.write_blocking(move |tx| service::upload(tx, &r, &a, reading, bytes, &name, &t)).map_err(plain)?;
    let made = if at_once {
        // what is refused stays for a person to look at
        let kept = id.clone();
        let done = cx.app.store.write_blocking(move |tx| service::accept_draft(tx, &reg, &actor, &kept, &said, &today));
        Some(done.map_err(|e| refused(e, &id))?)
    } else {
        None
    };
    match (&made, cx.json) {
        (_, true) => writeln!(cx.out, "{}", json!({ "draft": id, "accepted": made })),
        (Some(m), _) => {
            writeln!(cx.out, "Đã tạo kế hoạch {}: {} chỉ tiêu, {} nhiệm vụ, {} nghĩa vụ.", m.plan, m.targets, m.tasks, m.obligations)
        }
        (None, _) => writeln!(cx.out, "Đã đọc, giữ chờ xem lại: {id}\nXem: /plans/import/{id} · chấp nhận: lachan plan accept {id}"),
    }
    .map_err(io)
}

fn accept(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let Some(id) = args.first().cloned() else {
        return Err(Error::BadRequest("Thiếu mã bản đọc: lachan plan accept DRAFT".into()));
    };
    let said = said(args)?;
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    let kept = id.clone();
    let done = cx.app.store.write_blocking(move |tx| service::accept_draft(tx, &reg, &actor, &kept, &said, &today));
    let made = done.map_err(|e| refused(e, &id))?;
    writeln!(cx.out, "{}", json!(made)).map_err(io)
}

fn issue(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let Some(plan) = args.iter().find(|a| !a.starts_with("--")).cloned() else {
        return Err(Error::BadRequest("Thiếu mã kế hoạch: lachan plan issue PLAN".into()));
    };
    let word = |key: &str| args.iter().find_map(|a| a.strip_prefix(key)).map(str::to_owned);
    let issued_on = word("--date=")
        .map(|d| text::parse_date_vi(&d).map_err(|_| Error::BadRequest(format!("«{d}» không phải ngày có thật. Viết ngày/tháng/năm."))))
        .transpose()?;
    let yes = |flag: &str| args.iter().any(|a| a == flag);
    let said = Issue { version: None, number: word("--number="), issued_on, anyway: yes("--anyway"), same_number: yes("--same-number") };
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    let made = cx.app.store.write_blocking(move |tx| gate::put_in_force(tx, &reg, &actor, &plan, &said, &today));
    let made = made.map_err(|e| match plain(e) {
        Error::Invalid(mut list) => {
            list.push(store::FieldError {
                field: String::new(),
                message: "Đưa vào thực hiện cả khi còn các điều trên: thêm --anyway (trùng số: --same-number).".into(),
            });
            Error::Invalid(list)
        }
        other => other,
    })?;
    if cx.json {
        return writeln!(cx.out, "{}", json!({ "obligations": made })).map_err(io);
    }
    writeln!(cx.out, "Kế hoạch có hiệu lực; {made} nghĩa vụ được tạo cho các cơ quan chủ trì.").map_err(io)
}

fn names(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let Some(plan) = args.first().cloned() else {
        return Err(Error::BadRequest("Thiếu mã kế hoạch: lachan plan names PLAN".into()));
    };
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    for u in cx.app.store.read_blocking(move |tx| unclear::json(tx, &reg, &actor, &plan, &today))? {
        if cx.json {
            writeln!(cx.out, "{u}").map_err(io)?;
            continue;
        }
        let places = u["places"].as_array().map_or(0, Vec::len);
        let hint = u["suggestion"].as_str().map(|s| format!("  → {s}?")).unwrap_or_default();
        writeln!(cx.out, "{}  ({places} chỗ){hint}", u["name"].as_str().unwrap_or_default()).map_err(io)?;
    }
    Ok(())
}

fn choose(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let [plan, name, who] = args else {
        return Err(Error::BadRequest("Cần đủ ba phần: lachan plan choose PLAN NAME AGENCY (AGENCY là - để chỉ giữ tên gọi)".into()));
    };
    let who = if who == "-" { "" } else { who.trim() };
    if who.is_empty() && args[2] != "-" {
        return Err(Error::BadRequest("Tên cơ quan rỗng. Viết - nếu chỉ giữ tên gọi.".into()));
    }
    let (plan, said) = (plan.clone(), vec![Said { name: name.clone(), who: who.to_owned(), agencies: vec![] }]);
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    let made = cx.app.store.write_blocking(move |tx| unclear::say(tx, &reg, &actor, &plan, &said, true, &today)).map_err(plain)?;
    if cx.json {
        return writeln!(cx.out, "{}", json!(made)).map_err(io);
    }
    writeln!(cx.out, "Đã rõ {} tên ở {} chỗ; tạo thêm {} nghĩa vụ.", made.names, made.records, made.obligations).map_err(io)
}

fn list(cx: &mut CliContext<'_>, _: &[String]) -> Result<()> {
    let (actor, reg) = (cx.actor.clone(), cx.app.registry.clone());
    let plans = cx.app.store.read_blocking(move |tx| crate::all(tx, &reg, &actor, "plan", None))?;
    for p in plans {
        if cx.json {
            writeln!(cx.out, "{}", json!({ "id": p.id, "number": p.text("number"), "title": p.text("title"), "state": p.state }))
                .map_err(io)?;
        } else {
            writeln!(cx.out, "{}  {}  {}", p.id, p.text("number").unwrap_or("(chưa số)"), p.text("title").unwrap_or_default())
                .map_err(io)?;
        }
    }
    Ok(())
}

fn obligations(cx: &mut CliContext<'_>, _: &[String]) -> Result<()> {
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    let all = cx.app.store.read_blocking(move |tx| owed::each(tx, &reg, &actor, &today, &Ask::of(Want::All), Some("due_on".into())))?;
    for o in all {
        if cx.json {
            writeln!(cx.out, "{}", json!({ "id": o.record.id, "agency": o.record.text("agency"), "due_on": o.record.text("due_on"), "state": o.state, "content": o.record.text("content") })).map_err(io)?;
        } else {
            writeln!(
                cx.out,
                "{:<28} {:<10} {}  {}",
                o.state.label().vi,
                o.record.text("due_on").unwrap_or("–"),
                o.record.link_title("agency").unwrap_or_default(),
                o.record.text("content").unwrap_or_default()
            )
            .map_err(io)?;
        }
    }
    Ok(())
}

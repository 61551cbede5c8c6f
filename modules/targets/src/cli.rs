//! `lachan indicators --as-of DATE --json`, `lachan explain T-04`.

use access::Actor;
use registers::Registry;
use rules::{Figure, Indicator, judge};
use serde_json::{Value, json};
use store::{Error, Result, Tx};
use web::{CliContext, Command, L};

use crate::catalogue::Catalogue;
use crate::figures::{ctx as question, total, verdict_words, words};

/// Words of the module.
pub fn commands() -> Vec<Command> {
    vec![
        Command {
            name: "indicators",
            help: L(
                "indicators [--as-of NGÀY]   mọi chỉ tiêu với con số của ngày đó",
                "indicators [--as-of DATE]   all indicators with their figures",
            ),
            offline: false,
            run: indicators,
        },
        Command {
            name: "quality",
            help: L("quality [--json]   sáu điểm chất lượng dữ liệu và các kiểm tra", "quality [--json]   six scores of data quality"),
            offline: false,
            run: quality,
        },
        Command {
            name: "explain",
            help: L("explain T-04   câu của quy tắc, SQL, sổ và trường đã dùng", "explain T-04   sentence, SQL, lineage"),
            offline: false,
            run: explain,
        },
    ]
}

fn io(e: std::io::Error) -> Error {
    Error::internal(e)
}

/// A date as typed → ISO.
/// Not after `today`: what is not yet cannot be counted.
pub fn day(typed: Option<&str>, today: &str) -> Result<Option<String>> {
    let read = |d: &str| {
        let day = text::parse_date_vi(d)
            .map_err(|_| Error::BadRequest(format!("«{d}» không phải ngày có thật. Viết 22/11/2026 hoặc 2026-11-22.")))?;
        if day.as_str() > today {
            let (day, today) = (web::fmt::date(&day), web::fmt::date(today));
            return Err(Error::BadRequest(format!(
                "Ngày chốt {day} còn ở phía trước; số liệu chỉ có đến hôm nay {today}. Chọn một ngày không sau hôm nay."
            )));
        }
        Ok(day)
    };
    typed.map(read).transpose()
}

fn option<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    let i = args.iter().position(|a| a == name)?;
    args.get(i + 1).map(String::as_str)
}

/// One figure as JSON: counts, never a bare percentage.
pub fn figure_json(i: &Indicator, f: &Figure, day: &str) -> Value {
    let targets: Vec<Value> = i
        .targets_on(day)
        .iter()
        .map(|t| json!({ "at_least": t.at_least, "more_than": t.more_than, "at_most": t.at_most, "less_than": t.less_than, "equal": t.equal, "unit": t.unit, "basis": t.basis, "verdict": verdict_words(Some(judge(i.kind, t, f))).en, "unverified": t.unverified }))
        .collect();
    json!({ "id": i.id, "version": i.version, "label": i.label.vi, "as_of": day, "met": f.met, "unmet": f.unmet, "unknown": f.unknown, "excluded": f.excluded, "blind": f.blind, "population": f.population(), "percent": f.percent(), "targets": targets })
}

/// Every indicator with its figure; those without a source say why.
pub fn listed(tx: &mut Tx, reg: &Registry, actor: &Actor, day: &str) -> Result<Vec<Value>> {
    let catalogue = Catalogue::of(reg)?;
    let mut out = Vec::new();
    for i in &catalogue.indicators {
        match catalogue.compiled.get(&i.id) {
            Some(c) => out.push(figure_json(i, &total(tx, c, "", &question(actor, c, day)?)?, day)),
            None => out.push(json!({ "id": i.id, "label": i.label.vi, "no_source": i.no_source.as_ref().map(|n| n.vi.clone()) })),
        }
    }
    Ok(out)
}

fn indicators(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let on = day(option(args, "--as-of"), &cx.app.today())?.unwrap_or_else(|| cx.app.today());
    let (actor, reg) = (cx.actor.clone(), cx.app.registry.clone());
    let asked = on.clone();
    let all = cx.app.store.read_blocking(move |tx| listed(tx, &reg, &actor, &asked))?;
    if cx.json {
        return writeln!(cx.out, "{}", json!({ "as_of": on, "indicators": all })).map_err(io);
    }
    let catalogue = Catalogue::of(&cx.app.registry)?;
    for v in all {
        let id = v["id"].as_str().unwrap_or_default();
        let line = match catalogue.compiled.get(id) {
            Some(c) => {
                let n = |k: &str| v[k].as_i64().unwrap_or(0);
                let f = Figure {
                    met: n("met"),
                    unmet: n("unmet"),
                    unknown: n("unknown"),
                    excluded: n("excluded"),
                    blind: v["blind"].as_bool() == Some(true),
                };
                let verdict =
                    c.indicator.targets_on(&on).first().map(|t| verdict_words(Some(judge(c.indicator.kind, t, &f))).vi).unwrap_or_default();
                format!("{id:<10} {:<28} {verdict:<18} {}", words(&c.indicator, &f), c.indicator.label.vi)
            }
            None => format!("{id:<10} {:<28} {:<18} {}", "–", "chưa có nguồn", v["no_source"].as_str().unwrap_or_default()),
        };
        writeln!(cx.out, "{line}").map_err(io)?;
    }
    Ok(())
}

fn quality(cx: &mut CliContext<'_>, _: &[String]) -> Result<()> {
    let (actor, reg, today) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today());
    let list = cx.app.store.read_blocking(move |tx| crate::quality::all(tx, &reg, &actor, &today))?;
    if cx.json {
        return writeln!(cx.out, "{}", crate::pages::quality::as_json(&list)).map_err(io);
    }
    for (aspect, name, _) in crate::quality::ASPECTS {
        let f = crate::quality::of_aspect(&list, aspect);
        let rate = web::fmt::percent(f.met, f.population()).unwrap_or_else(|| "không có đối tượng".into());
        writeln!(cx.out, "{:<12} {rate:>8}  {}/{}", name.vi, f.met, f.population()).map_err(io)?;
    }
    for c in list.iter().filter(|c| c.total.unmet + c.total.unknown > 0) {
        let (i, left) = (&c.rule.indicator, c.total.unmet + c.total.unknown);
        writeln!(cx.out, "{} {left:>6} cần sửa  {} ({})", i.id, i.label.vi, c.moves.join(", ")).map_err(io)?;
    }
    Ok(())
}

fn explain(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let Some(id) = args.first() else { return Err(Error::BadRequest("Thiếu mã chỉ tiêu: lachan explain T-04".into())) };
    let c = Catalogue::of(&cx.app.registry)?.compiled(id)?;
    let ctx = question(&cx.actor, c, &cx.app.today())?;
    let (s, statement) = (c.sentence(&ctx, false), c.statement(&ctx));
    if cx.json {
        return writeln!(cx.out, "{}", json!({ "id": id, "sentence": s.plain(), "sql": statement.sql, "lineage": c.lineage().into_iter().collect::<std::collections::BTreeMap<_, _>>(), "basis": c.indicator.basis })).map_err(io);
    }
    writeln!(
        cx.out,
        "{} · {}\n\n{}\n\nCăn cứ: {}\n\nSQL:\n{}\n\nTham số: {:?}\n\nNguồn:",
        c.indicator.id,
        c.indicator.label.vi,
        s.plain(),
        c.indicator.basis.join("; "),
        statement.sql,
        statement.params
    )
    .map_err(io)?;
    for (register, fields) in c.lineage() {
        writeln!(cx.out, "  {register}: {}", fields.join(", ")).map_err(io)?;
    }
    Ok(())
}

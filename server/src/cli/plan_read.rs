//! `lachan plan read FILE [--json]`: what the reader makes of a document. Needs no database.

use std::fmt::Write;

use plan_reader::Plan;
use store::{Error, Result};

use super::out::say;
use super::print_json;

/// Reads and prints: with `--json` exactly the plan, without it a summary with the doubts first.
pub fn run(json: bool, rest: &[String]) -> Result<()> {
    let usage = || Error::BadRequest("Viết: lachan plan read FILE [--json]".into());
    if rest.iter().any(|a| a.starts_with("--") && a != "--json") {
        return Err(usage());
    }
    let mut files = rest.iter().filter(|a| *a != "--json");
    let (Some(path), None) = (files.next(), files.next()) else { return Err(usage()) };
    let bytes = std::fs::read(path).map_err(|e| Error::BadRequest(format!("Không đọc được tệp {path}: {e}")))?;
    let plan = plan_reader::read(&bytes, path).map_err(|e| Error::invalid("", e.to_string()))?;
    if json || rest.iter().any(|a| a == "--json") {
        print_json(&serde_json::to_value(&plan).map_err(Error::internal)?);
    } else {
        say!("{}", summary(&plan).trim_end());
    }
    Ok(())
}

/// What a person wants to see before importing.
fn summary(plan: &Plan) -> String {
    let mut out = String::new();
    // writing to a string cannot fail
    let _ = write(&mut out, plan);
    out
}

fn write(out: &mut String, plan: &Plan) -> std::fmt::Result {
    for w in &plan.warnings {
        let place = if w.line == 0 { "cả văn bản".to_owned() } else { format!("dòng {}", w.line) };
        writeln!(out, "! {place}: {}{}", w.message, w.suggestion.as_deref().map(|s| format!(" ({s})")).unwrap_or_default())?;
    }
    if !plan.warnings.is_empty() {
        writeln!(out)?;
    }
    let word = |o: &Option<String>| o.clone().unwrap_or_else(|| "–".into());
    let day = plan.date.as_deref().map_or_else(|| "–".into(), web::fmt::date);
    writeln!(out, "{}", plan.title.as_deref().unwrap_or("(không có tên)"))?;
    writeln!(out, "Số {} · ngày {day} · {}", word(&plan.number), word(&plan.issuer))?;
    writeln!(
        out,
        "{} căn cứ · {} phần · {} mục tiêu · {} nhiệm vụ · {} khối phân công · {} nơi nhận · {} cảnh báo",
        plan.legal_bases.len(),
        plan.sections.len(),
        plan.objectives.len(),
        plan.tasks.len(),
        plan.assignments.len(),
        plan.recipients.len(),
        plan.warnings.len()
    )?;
    if !plan.objectives.is_empty() {
        writeln!(out, "\nMục tiêu")?;
    }
    for o in &plan.objectives {
        let values: Vec<String> = o.values.iter().map(|v| format!("{} {}{} {}", v.comparator, v.value, upper(v.upper), v.unit)).collect();
        let said = if values.is_empty() { String::new() } else { format!("  [{}]", values.join("; ")) };
        writeln!(out, "  dòng {}: {}{said}", o.line, o.text)?;
    }
    if !plan.tasks.is_empty() {
        writeln!(out, "\nNhiệm vụ")?;
    }
    for t in &plan.tasks {
        let number: Vec<&str> = [&t.section, &t.no].into_iter().flatten().map(String::as_str).collect();
        let names = |list: &[String]| if list.is_empty() { "–".into() } else { list.join(", ") };
        writeln!(out, "  {} {}", number.join("."), t.text)?;
        writeln!(out, "      chủ trì: {} · phối hợp: {} · {}", names(&t.lead), names(&t.coordinating), word(&t.time))?;
    }
    Ok(())
}

fn upper(u: Option<f64>) -> String {
    u.map(|u| format!("–{u}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = include_str!("../../../packs/sao-mai-demo/ke-hoach-an-ninh-mang-2026.txt");

    #[test]
    fn doubts_come_first_and_nothing_read_is_left_out() {
        let mut plan = plan_reader::read(PLAN.as_bytes(), "ke-hoach.txt").unwrap();
        plan.warnings
            .insert(0, plan_reader::Warning { code: "x".into(), line: 7, message: "Số lạ.".into(), suggestion: Some("Xem lại.".into()) });
        let said = summary(&plan);
        assert!(said.starts_with("! dòng 7: Số lạ. (Xem lại.)\n"), "{said}");
        assert!(!plan.tasks.is_empty() && !plan.objectives.is_empty());
        assert!(said.contains(plan.title.as_deref().unwrap()));
        for t in &plan.tasks {
            assert!(said.contains(&t.text), "{}", t.text);
        }
        assert_eq!(said.matches("chủ trì: ").count(), plan.tasks.len());
    }

    #[test]
    fn an_empty_reading_has_dashes_not_gaps() {
        let said = summary(&Plan::default());
        assert!(said.contains("(không có tên)") && said.contains("Số – · ngày – · –"), "{said}");
    }

    #[test]
    fn wrong_words_are_refused() {
        for words in [vec![], vec!["a", "b"], vec!["a", "--jsno"]] {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            assert!(matches!(run(false, &words), Err(Error::BadRequest(_))), "{words:?}");
        }
    }
}

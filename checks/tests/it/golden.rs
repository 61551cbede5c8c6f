//! Golden files: what the product promises to the outside, kept under `checks/golden`, rewritten by `UPDATE_GOLDEN=1`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use store::Engine;

use crate::rights::{Facts, VERBS};
use crate::world;

/// Compares with `checks/golden/<name>`; the first different line is shown.
pub fn compare(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if kept == text {
        return;
    }
    let at = kept.lines().zip(text.lines()).take_while(|(a, b)| a == b).count();
    panic!(
        "checks/golden/{name} differs at line {}:\n  kept: {}\n  now:  {}\nIf the change is meant: UPDATE_GOLDEN=1 cargo xtask test golden",
        at + 1,
        kept.lines().nth(at).unwrap_or("(end)"),
        text.lines().nth(at).unwrap_or("(end)")
    );
}

/// JSON with sorted keys; objects are spread over lines down to one operation, one schema.
fn pretty(v: &serde_json::Value, indent: usize, out: &mut String) {
    use serde_json::Value;
    let line = |n: usize| if n < 4 { format!("\n{}", "  ".repeat(n)) } else { String::new() };
    match v {
        Value::Object(m) if !m.is_empty() => {
            let mut keys: Vec<&String> = m.keys().collect();
            keys.sort();
            out.push('{');
            for (i, k) in keys.into_iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                out.push_str(&line(indent + 1));
                out.push_str(&format!("{}: ", Value::String(k.clone())));
                pretty(&m[k], indent + 1, out);
            }
            out.push_str(&line(indent));
            out.push('}');
        }
        Value::Array(a) => {
            out.push('[');
            for (i, x) in a.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                pretty(x, 9, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[test]
fn openapi() {
    let w = world::sqlite();
    let r = w.app.guest().get("/api/v1/openapi.json");
    assert_eq!(r.status, 200);
    let mut text = String::new();
    pretty(&r.json(), 0, &mut text);
    text.push('\n');
    compare("openapi.json", &text);
}

/// The statements that made every table, in the portable types, the same on both engines.
#[test]
fn schema() {
    let mut made = Vec::new();
    for engine in testkit::ENGINES {
        let Some(db) = testkit::Db::fresh(engine) else { continue };
        let instance = world::open(db.url());
        let rows = instance
            .store
            .read_blocking(|tx| {
                tx.query("SELECT sql FROM schema_object ORDER BY sql", &[])?
                    .iter()
                    .map(|r| r.get::<String>(0))
                    .collect::<store::Result<Vec<_>>>()
            })
            .unwrap();
        instance.store.close();
        let mut lines: Vec<String> = rows.iter().map(|s| s.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        lines.sort();
        made.push((engine, format!("{};\n", lines.join(";\n"))));
    }
    let (first, text) = &made[0];
    assert_eq!(*first, Engine::Sqlite);
    assert!(text.contains("CREATE TABLE"));
    for (engine, other) in &made[1..] {
        assert!(text == other, "the schema of {engine:?} differs from that of SQLite");
    }
    compare("schema.sql", text);
}

#[test]
fn permissions() {
    let w = world::sqlite();
    compare("permissions.txt", &matrix(&Facts::of(&w)));
}

/// role × register: capital letters reach the whole instance, small ones the subtree of the grant.
fn matrix(facts: &Facts) -> String {
    let roles: BTreeSet<&str> = facts.access.values().chain([]).flat_map(|r| r.keys()).map(String::as_str).collect();
    let named: BTreeSet<&str> = facts.named.values().flat_map(|r| r.keys()).map(String::as_str).collect();
    let mut out = String::from(
        "Who may what, by register and role. R read, C create, U update, T transition, D withdraw, E export, I import, M unmask.\n\
         Capital: the whole instance whatever the grant. Small: within the agency subtree of the grant.\n",
    );
    for (register, by_role) in &facts.access {
        let owned = if facts.reference.contains(register) { "" } else { " (owned by an agency)" };
        let _ = writeln!(out, "\n{register}{owned}");
        for role in &roles {
            let Some(verbs) = by_role.get(*role) else { continue };
            let wide = *role == "everyone" || facts.reference.contains(register);
            let _ = writeln!(out, "  {role:<18}{}", letters(verbs, wide));
        }
    }
    out.push_str("\nnamed permissions\n");
    for (name, by_role) in &facts.named {
        let _ = writeln!(out, "\n{name}");
        for role in &named {
            let Some((verbs, everywhere)) = by_role.get(*role) else { continue };
            let _ = writeln!(out, "  {role:<18}{}", letters(verbs, *everywhere));
        }
    }
    out
}

fn letters(verbs: &BTreeSet<String>, wide: bool) -> String {
    VERBS
        .iter()
        .zip(["r", "c", "u", "t", "d", "e", "i", "m"])
        .map(|(v, l)| match (verbs.contains(*v), wide) {
            (false, _) => "·".to_owned(),
            (true, true) => l.to_uppercase(),
            (true, false) => l.to_owned(),
        })
        .collect()
}

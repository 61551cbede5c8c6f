//! Dependency bans, licences and sources, from `cargo metadata` and `deny.json`: no network, no plugin.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use serde_json::Value;

/// Prints every breach; fails if there is one.
pub fn run() -> ExitCode {
    match breaches() {
        Ok((checked, list)) if list.is_empty() => {
            println!("{checked} packages: bans, licences and sources hold");
            ExitCode::SUCCESS
        }
        Ok((_, list)) => {
            for b in list {
                eprintln!("{b}");
            }
            ExitCode::FAILURE
        }
        Err(e) => {
            eprintln!("deny: {e}");
            ExitCode::FAILURE
        }
    }
}

fn breaches() -> Result<(usize, Vec<String>), String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let policy = std::fs::read_to_string(format!("{root}/deny.json")).map_err(|e| e.to_string())?;
    let policy: Value = serde_json::from_str(&policy).map_err(|e| e.to_string())?;
    let out = super::cargo()
        .current_dir(root)
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"])
        .output()
        .map_err(|e| e.to_string())?;
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).into_owned());
    }
    let meta: Value = serde_json::from_slice(&out.stdout).map_err(|e| e.to_string())?;
    let resolved: BTreeSet<&str> = list(&meta["resolve"]["nodes"]).iter().filter_map(|n| n["id"].as_str()).collect();
    let packages: Vec<&Value> = list(&meta["packages"]).iter().filter(|p| p["id"].as_str().is_some_and(|i| resolved.contains(i))).collect();
    let mut found = Vec::new();
    for p in &packages {
        let name = text(&p["name"]);
        if let Some(why) = policy["banned"][name].as_str() {
            found.push(format!("banned: {name} ({why})"));
        }
        if !licence_ok(text(&p["license"]), list(&policy["licences"])) {
            found.push(format!("licence of {name}: «{}» is not in deny.json", text(&p["license"])));
        }
        let source = text(&p["source"]);
        if !source.is_empty() && !list(&policy["sources"]).iter().any(|s| text(s) == source) {
            found.push(format!("source of {name}: {source}"));
        }
    }
    only_below(&packages, &policy, &mut found);
    levels(&packages, &mut found);
    Ok((packages.len(), found))
}

/// Crates that only the named members of the workspace may depend on directly.
fn only_below(packages: &[&Value], policy: &Value, found: &mut Vec<String>) {
    for p in packages.iter().filter(|p| p["source"].is_null()) {
        for d in list(&p["dependencies"]) {
            let dep = text(&d["name"]);
            let Some(allowed) = policy["only_below"][dep].as_array() else { continue };
            if !allowed.iter().any(|a| text(a) == text(&p["name"])) {
                found.push(format!("{} names {dep}, which only {} may", text(&p["name"]), policy["only_below"][dep]));
            }
        }
    }
}

/// One direction: a crate of our own names only crates of its own folder or of folders below.
fn levels(packages: &[&Value], found: &mut Vec<String>) {
    let folder = |p: &Value| -> usize {
        let path = text(&p["manifest_path"]);
        ["/engines/", "/kernel/", "/modules/", "/server/", "/checks/", "/xtask/"].iter().position(|f| path.contains(f)).unwrap_or(9)
    };
    let ours: BTreeMap<&str, usize> = packages.iter().filter(|p| p["source"].is_null()).map(|p| (text(&p["name"]), folder(p))).collect();
    for p in packages.iter().filter(|p| p["source"].is_null()) {
        for d in list(&p["dependencies"]) {
            if let Some(level) = ours.get(text(&d["name"]))
                && *level > folder(p)
            {
                found.push(format!("{} looks up to {}", text(&p["name"]), text(&d["name"])));
            }
        }
    }
}

/// SPDX expression: every AND part must have one allowed OR choice. Old "/" means OR.
fn licence_ok(expression: &str, allowed: &[Value]) -> bool {
    let plain = expression.replace(['(', ')'], " ").replace('/', " OR ");
    !plain.trim().is_empty() && plain.split(" AND ").all(|part| part.split(" OR ").any(|one| allowed.iter().any(|a| text(a) == one.trim())))
}

fn list(v: &Value) -> &[Value] {
    v.as_array().map_or(&[], Vec::as_slice)
}

fn text(v: &Value) -> &str {
    v.as_str().unwrap_or_default()
}

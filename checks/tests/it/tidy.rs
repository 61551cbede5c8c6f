//! The rules of the house that no compiler checks: levels, lengths, where SQL may stand, nothing half-done, both
//! languages, packs that compile, statements that both engines understand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::world;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
    for e in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let (path, name) = (e.path(), e.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | ".git" | "lachan-data" | "node_modules") {
                walk(&path, out);
            }
        } else {
            out.push(path);
        }
    }
}

fn files(root: &Path, ext: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    walk(root, &mut all);
    all.retain(|p| p.extension().is_some_and(|e| e == ext));
    all.sort();
    all
}

/// Every .rs file of the project.
pub fn rust_files(root: &Path) -> Vec<PathBuf> {
    files(&root.canonicalize().unwrap(), "rs")
}

fn read(p: &Path) -> String {
    std::fs::read_to_string(p).unwrap_or_else(|e| panic!("{}: {e}", p.display()))
}

/// Path below the root, with `/`.
fn short(p: &Path) -> String {
    p.strip_prefix(root()).unwrap_or(p).to_string_lossy().replace('\\', "/")
}

/// A file that only tests use.
fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    path.starts_with("checks/")
        || path.starts_with("kernel/testkit/")
        || path.contains("/tests/")
        || name.contains("test")
        || name.starts_with("random_")
}

/// Code before the first `#[cfg(test)]` block of a file.
fn product(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

/// Level of a crate, from its folder; a crate may name only lower ones.
fn level(folder: &str) -> Option<u32> {
    let kernel = [("tls", 9), ("store", 10), ("testdb", 11), ("access", 12), ("registers", 13), ("work", 13), ("web", 14), ("testkit", 15)];
    let modules = [
        ("agencies", 21),
        ("people", 22),
        ("systems", 22),
        ("library", 22),
        ("training", 23),
        ("products", 23),
        ("budget", 23),
        ("awareness", 23),
        ("targets", 24),
        ("plans", 25),
        ("cascade", 26),
        ("estimates", 26),
        ("reviews", 26),
        ("reports", 26),
        ("following", 27),
    ];
    let of = |list: &[(&str, u32)], name: &str| list.iter().find(|(n, _)| *n == name).map(|(_, l)| *l);
    match folder.split_once('/') {
        Some(("engines", _)) => Some(1),
        Some(("kernel", name)) => of(&kernel, name),
        Some(("modules", name)) => of(&modules, name),
        _ => match folder {
            "server" => Some(30),
            "checks" => Some(31),
            "xtask" => Some(32),
            _ => None,
        },
    }
}

#[test]
fn imports_run_downward() {
    let mut folders = BTreeMap::new();
    for file in files(&root(), "toml").into_iter().filter(|f| f.ends_with("Cargo.toml")) {
        let t: toml::Table = toml::from_str(&read(&file)).unwrap();
        if let Some(name) = t.get("package").and_then(|p| p.get("name")).and_then(toml::Value::as_str) {
            folders.insert(name.to_owned(), (short(file.parent().unwrap()), t.clone()));
        }
    }
    // names in dependencies are those of the workspace; one crate has another package name
    let workspace: toml::Table = toml::from_str(&read(&root().join("Cargo.toml"))).unwrap();
    let paths: BTreeMap<String, String> = workspace["workspace"]["dependencies"]
        .as_table()
        .unwrap()
        .iter()
        .filter_map(|(k, v)| Some((k.clone(), v.get("path")?.as_str()?.to_owned())))
        .collect();
    let mut wrong = Vec::new();
    for (name, (folder, t)) in &folders {
        let Some(own) = level(folder) else {
            wrong.push(format!("{folder}: no level is written in tidy.rs for it"));
            continue;
        };
        for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
            for dep in t.get(section).and_then(toml::Value::as_table).into_iter().flat_map(|d| d.keys()) {
                let Some(to) = paths.get(dep) else { continue };
                let upward = level(to).is_none_or(|l| if own <= 1 { l > own } else { l >= own });
                // the tests of a lower crate may use nothing above either
                if upward {
                    wrong.push(format!("{name} ({folder}) names {dep} ({to}), which is not below it"));
                }
            }
        }
    }
    assert!(folders.len() > 20);
    none("imports against the direction", &wrong);
}

#[test]
fn files_stay_short_and_finished() {
    let (mut long, mut half) = (Vec::new(), Vec::new());
    for file in rust_files(&root()) {
        let (name, text) = (short(&file), read(&file));
        let lines = text.lines().count();
        if lines > 600 && !is_test(&name) {
            long.push(format!("{name}: {lines} lines"));
        }
        for word in [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("db", "g!(")] {
            if text.contains(word) {
                half.push(format!("{name}: {word}"));
            }
        }
    }
    none("files of more than 600 lines", &long);
    none("unfinished code", &half);
}

#[test]
fn sql_stands_only_where_it_may() {
    let may = [
        "kernel/store/",
        "kernel/access/",
        "kernel/registers/",
        "kernel/work/",
        "kernel/web/src/store.rs",
        "engines/rule-language/",
        "engines/rules/",
    ];
    let words = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "ALTER TABLE ", "DROP TABLE "];
    let mut wrong = Vec::new();
    for file in rust_files(&root()) {
        let name = short(&file);
        let module_store = name.starts_with("modules/") && name.ends_with("/src/store.rs");
        if module_store || is_test(&name) || name.starts_with("xtask/") || may.iter().any(|m| name.starts_with(m)) {
            continue;
        }
        // benchmarks compare with hand-written SQL
        if name.starts_with("server/src/bench") {
            continue;
        }
        for (n, line) in product(&read(&file)).lines().enumerate() {
            let in_text = |w: &&&str| line.find(**w).is_some_and(|at| line[..at].contains('"')) && !line.trim_start().starts_with("//");
            if words.iter().any(|w| in_text(&w)) {
                wrong.push(format!("{name}:{}: {}", n + 1, line.trim()));
            }
        }
    }
    none("SQL outside the store, the kernel and a module's store.rs", &wrong);
}

#[test]
fn every_module_says_what_it_is_and_lists_its_files() {
    let mut wrong = Vec::new();
    for kind in ["modules", "kernel", "engines"] {
        for dir in std::fs::read_dir(root().join(kind)).unwrap().flatten().map(|e| e.path()).filter(|p| p.join("Cargo.toml").exists()) {
            if !dir.join("README.md").exists() && !dir.ends_with("testkit") {
                wrong.push(format!("{}: no README.md", short(&dir)));
            }
        }
    }
    let listed: BTreeSet<String> =
        lachan::modules::ALL.iter().flat_map(|m| m.sources()).map(|(path, _)| format!("modules/{path}")).collect();
    for folder in ["registers", "choices"] {
        for file in crate::rights::module_files(folder) {
            let name = short(&file.canonicalize().unwrap());
            if !listed.contains(&name) {
                wrong.push(format!("{name}: not in the module's sources!"));
            }
        }
    }
    none("modules", &wrong);
}

#[test]
fn every_indicator_compiles_and_every_pack_is_listed() {
    let registry = lachan::instance::registry().unwrap();
    let catalogue = targets::Catalogue::load(&registry).unwrap();
    let mut in_files = BTreeSet::new();
    for file in files(&root().join("packs"), "toml").into_iter().filter(|f| short(f).contains("/indicators-")) {
        let pack = rules::Pack::load(&read(&file), &short(&file)).unwrap();
        in_files.extend(pack.indicators.into_iter().map(|i| i.id));
    }
    let known: BTreeSet<String> = catalogue.indicators.iter().map(|i| i.id.clone()).collect();
    assert_eq!(in_files, known, "a pack file that the catalogue does not embed, or the other way round");
    for i in &catalogue.indicators {
        let sourced = catalogue.compiled.contains_key(&i.id);
        assert!(sourced != i.no_source.is_some(), "{}: either computed or with the reason why not", i.id);
        assert!(!sourced || !i.basis.is_empty(), "{}: no basis", i.id);
    }
    let wanted = ["T-01", "T-02", "T-03", "T-04", "T-05", "T-06", "T-07", "T-08", "T-09", "T-10", "T-11", "T-12", "T-13", "T-14", "T-15"];
    for id in wanted.into_iter().chain(["T-17", "T-18", "T-19", "T-27", "T-28", "T-29", "T-30", "T-36", "T-37", "T-39"]) {
        assert!(catalogue.compiled.keys().any(|k| k == id || k.starts_with(&format!("{id}."))), "{id} has no figure");
    }
}

#[test]
fn every_label_is_in_both_languages() {
    fn look(v: &toml::Value, at: &str, wrong: &mut Vec<String>) {
        match v {
            toml::Value::Table(t) => {
                if t.contains_key("vi") != t.contains_key("en") {
                    wrong.push(format!("{at}: one language only"));
                }
                for k in ["vi", "en"] {
                    if t.get(k).and_then(toml::Value::as_str).is_some_and(|s| s.trim().is_empty()) {
                        wrong.push(format!("{at}.{k}: empty"));
                    }
                }
                for (k, v) in t {
                    if matches!(k.as_str(), "label" | "help" | "note" | "no_source" | "message") && v.is_str() {
                        wrong.push(format!("{at}.{k}: a text without a language"));
                    }
                    look(v, &format!("{at}.{k}"), wrong);
                }
            }
            toml::Value::Array(a) => a.iter().enumerate().for_each(|(i, v)| look(v, &format!("{at}[{i}]"), wrong)),
            _ => {}
        }
    }
    let mut wrong = Vec::new();
    let mut all = files(&root().join("modules"), "toml");
    all.extend(files(&root().join("packs"), "toml"));
    for file in all.into_iter().filter(|f| !f.ends_with("Cargo.toml")) {
        let name = short(&file);
        // instruments and facts of law are quoted in their own language
        if name.contains("/fixtures/") || name.starts_with("packs/vn-") {
            continue;
        }
        let t: toml::Table = toml::from_str(&read(&file)).unwrap_or_else(|e| panic!("{name}: {e}"));
        look(&toml::Value::Table(t), &name, &mut wrong);
    }
    none("labels", &wrong);
}

/// Texts in the sources that are a whole statement: `"SELECT …"`, up to the closing quote, lines joined.
fn statements_in(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = product(text);
    while let Some(at) = rest.find('"') {
        rest = &rest[at + 1..];
        let (mut s, mut chars) = (String::new(), rest.char_indices());
        let mut end = rest.len();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    end = i + 1;
                    break;
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => s.push('\n'),
                    Some((_, '\n')) => s.push(' '),
                    Some((_, c)) => s.push(c),
                    None => {}
                },
                c => s.push(c),
            }
        }
        rest = &rest[end..];
        let s = s.split_whitespace().collect::<Vec<_>>().join(" ");
        let whole = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH "].iter().any(|w| s.starts_with(w));
        // a text with holes is composed at run time: those are tested where they are composed
        if whole && !s.contains('{') && !s.ends_with("IN") && !s.ends_with("FROM") && (s.contains(" FROM ") || !s.starts_with("SELECT")) {
            out.push(s);
        }
    }
    out
}

#[test]
fn every_fixed_statement_is_prepared_on_both_engines() {
    let mut all: BTreeMap<String, String> = web::store::STATEMENTS.iter().map(|s| ((*s).to_owned(), "web".to_owned())).collect();
    for file in rust_files(&root()) {
        let name = short(&file);
        let of_data = ["kernel/access/src", "kernel/work/src", "kernel/registers/src", "modules/"].iter().any(|p| name.starts_with(p));
        if of_data && !is_test(&name) {
            for s in statements_in(&read(&file)) {
                all.insert(s, name.clone());
            }
        }
    }
    assert!(all.len() > 60, "{} statements found", all.len());
    for engine in testkit::ENGINES {
        let Some(db) = testkit::Db::fresh(engine) else { continue };
        let instance = world::open(db.url());
        let mut wrong = Vec::new();
        for (sql, file) in &all {
            // what only PostgreSQL is ever asked, or only SQLite
            let (only_pg, only_sqlite) = (sql.ends_with("FOR UPDATE") || sql.contains("information_schema"), sql.contains("sqlite_master"));
            if (engine == store::Engine::Sqlite && only_pg) || (engine == store::Engine::Postgres && only_sqlite) {
                continue;
            }
            if let Err(e) = instance.store.read_blocking(|tx| tx.check(sql)) {
                wrong.push(format!("{file}: {e}\n    {sql}"));
            }
        }
        instance.store.close();
        none(&format!("statements that {engine:?} does not understand"), &wrong);
    }
}

/// Runs of `n` words, folded.
fn runs(text: &str, n: usize) -> impl Iterator<Item = String> {
    let words: Vec<String> = text::search_key(text).split_whitespace().map(str::to_owned).collect();
    (0..words.len().saturating_sub(n - 1)).map(move |i| words[i..i + n].join(" "))
}

#[test]
fn own_texts_copy_no_sentence_of_the_shared_plans() {
    // what is written apart is a syllable: 18 of them are 10 to 12 words; agencies' names and set phrases are shorter
    const WORDS: usize = 18;
    let shared = root().join("../shared/plans");
    if !shared.exists() {
        println!("skipped: copies of the shared plans (../shared/plans is not here)");
        return;
    }
    let mut theirs = BTreeSet::new();
    for plan in files(&shared, "txt") {
        theirs.extend(runs(&read(&plan), WORDS));
    }
    assert!(theirs.len() > 5000);
    let mut own = files(&root().join("packs"), "txt");
    own.extend(files(&root(), "md"));
    own.extend(rust_files(&root()).into_iter().filter(|f| short(f).ends_with("demo.rs")));
    let mut wrong = Vec::new();
    for file in own {
        // the titles of the laws a plan stands on are facts
        for line in read(&file).lines().filter(|l| !l.starts_with("Căn cứ")) {
            if let Some(r) = runs(line, WORDS).find(|r| theirs.contains(r)) {
                wrong.push(format!("{}: «{r}»", short(&file)));
            }
        }
    }
    none("sentences of the shared plans", &wrong);
}

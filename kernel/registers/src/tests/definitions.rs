//! The loader finds what is wrong and says where and how to mend it.

use super::*;

/// Loads the base with one file changed; all messages.
fn wrong(file: &str, change: impl Fn(&str) -> String) -> Vec<crate::DefinitionError> {
    let changed: Vec<(&str, String)> = SOURCES.iter().map(|(p, t)| (*p, if *p == file { change(t) } else { (*t).to_owned() })).collect();
    let sources: Vec<(&str, &str)> = changed.iter().map(|(p, t)| (*p, t.as_str())).collect();
    match Registry::load(&sources) {
        Ok(_) => vec![],
        Err(e) => e,
    }
}

#[test]
fn every_fault_is_named_with_file_line_and_remedy() {
    let person = "test/person.toml";
    let cases: &[(&str, &str, &str, &str)] = &[
        ("link = \"agency\"", "link = \"agenci\"", "agenci", "agency"),
        ("\"full_name\", \"agency\", \"birth_year\"", "\"fullname\"", "fullname", "full_name"),
        ("title = \"{full_name}\"", "title = \"{ful_name}\"", "ful_name", "full_name"),
        ("title = \"{full_name}\"", "title = \"{phone}\"", "phone", "nhạy cảm"),
        ("title = \"{full_name}\"", "title = \"x\"", "ngoặc nhọn", "{name}"),
        ("scope = \"agency\"", "scope = \"agenzy\"", "agenzy", "agency"),
        ("scope = \"agency\"", "scope = \"full_name\"", "full_name", "liên kết"),
        ("id = \"note\"", "id = \"version\"", "version", "đổi tên"),
        ("id = \"note\"", "id = \"Note\"", "Note", "a-z"),
        ("id = \"note\"", "id = \"email\"", "email", "hai lần"),
        ("sort = \"full_name\"", "sort = \"-ful_name\"", "ful_name", "full_name"),
        ("officer = [", "oficer = [", "oficer", "officer"),
        ("\"unmask\"", "\"unmsk\"", "unmsk", "unmask"),
        ("field = \"left_on\"", "field = \"left\"", "left", "left_on"),
        ("vi = \"Lương\", en = \"Pay\"", "vi = \"Lương\", en = \"\"", "en", "nhãn"),
        ("type = \"money\"\nmin = 0", "type = \"text\"\nmin = 0", "salary", "min"),
        ("default = true", "default = \"yes\"", "active", "default"),
        ("type = \"phone\"\nsensitive = \"personal\"", "type = \"phone\"\nsensitive = \"personal\"\nsearch = true", "phone", "search"),
        ("confirm", "confirm", "", ""),
        ("type = \"phone\"", "type = \"telephone\"", "telephone", "phone"),
        ("required = true", "requird = true", "requird", "required"),
    ];
    for (from, to, what, remedy) in cases.iter().filter(|c| !c.2.is_empty()) {
        let errors = wrong(person, |s| {
            assert!(s.contains(from), "{from}");
            s.replacen(from, to, 1)
        });
        let hit = errors.iter().find(|e| e.path == person && e.message.contains(what) && e.message.contains(remedy));
        assert!(hit.is_some(), "{to}: {errors:?}");
        assert!(hit.is_some_and(|e| e.line > 0), "{to}: {errors:?}");
    }
}

#[test]
fn the_line_is_the_line() {
    let errors = wrong("test/course.toml", |s| s.replace("type = \"text\"", "type = { choice = \"kinds\" }"));
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!((errors[0].line, errors[0].to_string().starts_with("test/course.toml:8: ")), (8, true), "{}", errors[0]);
}

#[test]
fn other_files_too() {
    let e = wrong("test/kind.toml", |s| s.replace("id = \"commune\"", "id = \"province\""));
    assert!(e[0].message.contains("hai lần"), "{e:?}");
    let e = wrong("test/kind.toml", |s| s.replace("2025-06-30", "30/6/2025"));
    assert!(e[0].message.contains("YYYY-MM-DD"), "{e:?}");
    let e = wrong("test/contact.toml", |s| s.replace("to = \"sent\"", "to = \"send\""));
    assert!(e[0].message.contains("sent"), "{e:?}");
    let e = wrong("test/contact.toml", |s| s.replace("90d", "3 months"));
    assert!(e[0].message.contains("confirm_every"), "{e:?}");
    let e = wrong("test/roles.toml", |_| "[[role]\n".into());
    assert!(e.iter().any(|e| e.path == "test/roles.toml"), "{e:?}");
    let e = wrong("test/course.toml", |s| s.replace("everyone = [\"read\"]", "everyone = [\"read\", \"update\"]"));
    assert!(e[0].message.contains("everyone"), "{e:?}");
}

#[test]
fn roles_get_what_definitions_give() {
    let reg = registry();
    let roles = reg.roles();
    let stranger = Actor::new("x", "x", ActorKind::Person, None, None, vec![], roles);
    assert!(stranger.may(access::Verb::Read, "agency").is_ok(), "everyone reads agencies");
    assert!(stranger.may(access::Verb::Update, "agency").is_err());
    assert!(stranger.may(access::Verb::Read, "person").is_err());
    assert!(crate::check_words(&reg, "person", &["full_name", "agency"]).is_ok());
    assert!(matches!(crate::check_words(&reg, "person", &["fullname"]), Err(store::Error::Internal(m)) if m.contains("full_name")));
}

#[test]
fn every_definition_of_the_modules_loads() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(format!("{root}/modules")).expect("modules").flatten() {
        for part in ["registers", "choices"] {
            for f in std::fs::read_dir(folder.path().join(part)).into_iter().flatten().flatten() {
                let path = f.path();
                if path.extension().is_some_and(|e| e == "toml") {
                    files.push((path.display().to_string(), std::fs::read_to_string(&path).expect("text")));
                }
            }
        }
    }
    files.push(("packs/roles.toml".into(), std::fs::read_to_string(format!("{root}/packs/roles.toml")).expect("roles")));
    let sources: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let reg = Registry::load(&sources).unwrap_or_else(|e| panic!("{}", e.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")));
    assert!(reg.registers.len() > 30);
    if let Some(w) = World::open(Engine::Sqlite, reg) {
        assert!(w.read(plan_migration).expect("plan").is_empty());
    }
}

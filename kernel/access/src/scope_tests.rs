use proptest::prelude::*;

use super::*;

const VERBS: [Verb; 8] = [Verb::Read, Verb::Create, Verb::Update, Verb::Transition, Verb::Delete, Verb::Export, Verb::Import, Verb::Unmask];

fn rule(on: &[&str], verbs: &[Verb], everywhere: bool) -> RoleRule {
    RoleRule { on: on.iter().map(ToString::to_string).collect(), verbs: verbs.iter().copied().collect(), everywhere }
}
fn role(id: &str, rules: Vec<RoleRule>) -> (String, Role) {
    (id.to_owned(), Role { id: id.to_owned(), label: BTreeMap::new(), second_factor: false, rules })
}
fn at(role: &str, agency: Option<&str>, path: Option<&str>) -> GrantInfo {
    GrantInfo { role: role.into(), agency: agency.map(Into::into), path: path.map(Into::into) }
}
fn actor(grants: Vec<GrantInfo>, roles: Vec<(String, Role)>) -> Actor {
    Actor::new("a", "A", ActorKind::Person, None, None, grants, Arc::new(Roles(roles.into_iter().collect())))
}
fn reach(a: &Actor, verb: Verb, register: &str) -> Option<Subtree> {
    a.may(verb, register).ok().map(|s| {
        assert_eq!((s.verb(), s.register()), (verb, register));
        s.subtree().clone()
    })
}
fn paths(list: &[&str]) -> Option<Subtree> {
    Some(Subtree::Paths(list.iter().map(ToString::to_string).collect()))
}

/// Every shape of a grant × every kind of rule × asked verb and register.
#[test]
fn one_grant_one_rule_exhaustively() {
    let shapes = [
        (None, None),
        (Some("x"), None),
        (Some("x"), Some("/p/x/")),
        (None, Some("/p/x/")),
        (Some("x"), Some("")),
        (Some("x"), Some("/")),
        (Some("x"), Some("//")),
        (Some("x"), Some("/p/x")),
        (Some("x"), Some("p/x/")),
    ];
    for (agency, path) in shapes {
        for everywhere in [false, true] {
            for on in ["system", "*", "budget"] {
                for allowed in VERBS {
                    for asked in VERBS {
                        let a = actor(vec![at("r", agency, path)], vec![role("r", vec![rule(&[on], &[allowed], everywhere)])]);
                        let expected = if on == "budget" || allowed != asked {
                            None
                        } else if everywhere || (agency, path) == (None, None) {
                            Some(Subtree::All)
                        } else if path == Some("/p/x/") {
                            paths(&["/p/x/"])
                        } else {
                            None
                        };
                        assert_eq!(reach(&a, asked, "system"), expected, "{agency:?} {path:?} {everywhere} {on} {allowed:?} {asked:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn everywhere_is_for_that_rule_only() {
    let r = || vec![role("r", vec![rule(&["province"], &[Verb::Read], true), rule(&["system"], &[Verb::Read, Verb::Update], false)])];
    let a = actor(vec![at("r", Some("x"), Some("/x/"))], r());
    assert_eq!(reach(&a, Verb::Read, "province"), Some(Subtree::All));
    assert_eq!(reach(&a, Verb::Update, "province"), None);
    assert_eq!(reach(&a, Verb::Read, "system"), paths(&["/x/"]));
    // the agency vanished: its records are gone for this grant, the shared code list stays
    let lost = actor(vec![at("r", Some("x"), None)], r());
    assert_eq!(reach(&lost, Verb::Read, "system"), None);
    assert_eq!(reach(&lost, Verb::Read, "province"), Some(Subtree::All));
}

#[test]
fn grants_add_up_and_inner_ones_are_dropped() {
    let r = vec![role("r", vec![rule(&["*"], &[Verb::Read], false)]), role("w", vec![rule(&["system"], &[Verb::Update], false)])];
    let a = actor(
        vec![
            at("r", Some("b"), Some("/a/b/")),
            at("w", Some("c"), Some("/c/")),
            at("r", Some("a"), Some("/a/")),
            at("r", Some("ab"), Some("/ab/")),
            at("nobody", None, None),
        ],
        r,
    );
    assert_eq!(reach(&a, Verb::Read, "system"), paths(&["/a/", "/ab/"]));
    assert_eq!(reach(&a, Verb::Update, "system"), paths(&["/c/"]));
    assert_eq!(reach(&a, Verb::Delete, "system"), None);
    let s = a.may(Verb::Read, "system").unwrap();
    assert!(s.covers("/a/b/d/") && s.covers("/a/") && !s.covers("/c/") && !s.covers("/") && !s.covers(""));
}

#[test]
fn no_grant_no_right_and_the_refusal_speaks_vietnamese() {
    let a = actor(vec![], vec![role("r", vec![rule(&["*"], &VERBS, true)])]);
    for v in VERBS {
        let e = a.may(v, "system").unwrap_err();
        assert_eq!(e.status(), 403);
        assert!(e.to_string().contains("không có quyền"), "{e}");
    }
}

#[test]
fn everyone_holds_the_shared_role_but_only_its_everywhere_rules() {
    let r = vec![role(EVERYONE, vec![rule(&["province"], &[Verb::Read], true), rule(&["system"], &[Verb::Read], false)])];
    let a = actor(vec![], r);
    assert_eq!(reach(&a, Verb::Read, "province"), Some(Subtree::All));
    assert_eq!(reach(&a, Verb::Read, "system"), None);
    assert_eq!(reach(&a, Verb::Update, "province"), None);
}

#[test]
fn the_program_may_everything_unless_narrowed() {
    let s = Actor::system("demo");
    assert_eq!(s.id, "system:demo");
    assert_eq!(reach(&s, Verb::Delete, "anything"), Some(Subtree::All));
    let only = |v: &[Verb]| Narrowing { verbs: Some(v.iter().copied().collect()), registers: None };
    assert_eq!(reach(&s.narrowed(only(&[Verb::Read])), Verb::Delete, "anything"), None);
}

#[test]
fn narrowing_only_takes_away() {
    let a = actor(vec![at("r", None, None)], vec![role("r", vec![rule(&["*"], &VERBS, false)])]);
    let n = |verbs: &[Verb], registers: &[&str]| Narrowing {
        verbs: Some(verbs.iter().copied().collect()),
        registers: Some(registers.iter().map(ToString::to_string).collect()),
    };
    let b = a.clone().narrowed(n(&[Verb::Read, Verb::Create], &["system"]));
    assert_eq!(reach(&b, Verb::Read, "system"), Some(Subtree::All));
    assert_eq!(reach(&b, Verb::Update, "system"), None);
    assert_eq!(reach(&b, Verb::Read, "budget"), None);
    // narrowing again never widens
    let c = b.clone().narrowed(n(&VERBS, &["system", "budget"]));
    assert_eq!(reach(&c, Verb::Update, "system"), None);
    assert_eq!(reach(&c, Verb::Read, "budget"), None);
    assert_eq!(reach(&c, Verb::Create, "system"), Some(Subtree::All));
    assert_eq!(reach(&b.narrowed(Narrowing::default()), Verb::Create, "system"), Some(Subtree::All));
    // an empty list keeps nothing
    assert_eq!(reach(&a.narrowed(n(&[], &[])), Verb::Read, "system"), None);
}

#[test]
fn roles_are_read_from_toml() {
    let a =
        "[[role]]\nid = \"r\"\nlabel = { vi = \"Vai\", en = \"Role\" }\n[[role.rule]]\non = [\"system\"]\nverbs = [\"read\", \"unmask\"]\n";
    let b = "[[role]]\nid = \"r\"\nlabel = { vi = \"Khác\", en = \"Other\" }\n[[role.rule]]\non = [\"*\"]\nverbs = [\"export\"]\neverywhere = true\n";
    let roles = Roles::from_toml(&[("a", a), ("b", b)]).unwrap();
    let r = &roles.0["r"];
    assert_eq!(r.label["vi"], "Vai");
    assert_eq!(r.rules.len(), 2);
    assert!(r.rules[0].verbs.contains(&Verb::Unmask) && !r.rules[0].everywhere && r.rules[1].everywhere);
    let wrong = Roles::from_toml(&[("packs/roles.toml", "[[role]]\nid = \"r\"\nlabel = {}\nrights = 1\n")]).unwrap_err();
    assert!(wrong.to_string().contains("packs/roles.toml"), "{wrong}");
    assert!(Roles::from_toml(&[("x", "[[role]]\nid = \"Vai trò\"\nlabel = {}\n")]).is_err());
}

/// A path of 1 to 4 steps over few names, so that prefixes happen.
fn any_path() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "ab", "b", "a-b"]), 1..5).prop_map(|p| format!("/{}/", p.join("/")))
}
fn any_rules() -> impl Strategy<Value = Vec<RoleRule>> {
    let on = prop::sample::select(vec!["*", "x", "y"]);
    let one = (on, prop::sample::subsequence(VERBS.to_vec(), 0..4), prop::bool::weighted(0.2)).prop_map(|(on, v, e)| rule(&[on], &v, e));
    prop::collection::vec(one, 0..4)
}

proptest! {
    /// A grant at a parent never gives less than the same grant at a child.
    #[test]
    fn parent_never_gives_less_than_child(parent in any_path(), below in any_path(), probe in any_path(), rules in any_rules(), v in 0usize..8) {
        let child = format!("{parent}{}", &below[1..]);
        let make = |p: &str| actor(vec![at("r", Some("x"), Some(p))], vec![role("r", rules.clone())]);
        for register in ["x", "y", "z"] {
            let (up, down) = (make(&parent).may(VERBS[v], register), make(&child).may(VERBS[v], register));
            prop_assert_eq!(up.is_ok(), down.is_ok());
            if let (Ok(up), Ok(down)) = (up, down) {
                for path in [&probe, &child, &parent, &format!("{child}q/")] {
                    prop_assert!(up.covers(path) || !down.covers(path), "{} {}", parent, path);
                }
                prop_assert!(down.covers(&child) && up.covers(&child));
            }
        }
    }

    /// The scope covers exactly what some single grant covers: adding grants neither loses nor invents.
    #[test]
    fn scope_is_the_union_of_grants(list in prop::collection::vec(any_path(), 0..6), probe in any_path()) {
        let r = || vec![role("r", vec![rule(&["x"], &[Verb::Read], false)])];
        let all = actor(list.iter().map(|p| at("r", Some("x"), Some(p))).collect(), r());
        let expected = list.iter().any(|p| probe.starts_with(p.as_str()));
        prop_assert_eq!(all.may(Verb::Read, "x").is_ok_and(|s| s.covers(&probe)), expected);
    }

    /// A narrowed actor never reaches what the actor itself does not.
    #[test]
    fn narrowed_is_a_subset(rules in any_rules(), path in any_path(), verbs in prop::sample::subsequence(VERBS.to_vec(), 0..8), probe in any_path()) {
        let a = actor(vec![at("r", Some("x"), Some(&path))], vec![role("r", rules)]);
        let n = a.clone().narrowed(Narrowing { verbs: Some(verbs.iter().copied().collect()), registers: Some(["x".to_owned()].into()) });
        for v in VERBS {
            for register in ["x", "y"] {
                if let Ok(s) = n.may(v, register) {
                    prop_assert!(verbs.contains(&v) && register == "x");
                    prop_assert!(!s.covers(&probe) || a.may(v, register).unwrap().covers(&probe));
                }
            }
        }
    }
}

//! Which registers and fields a rule looks at.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Node, P, Sub, T, Window};

type Seen = BTreeMap<String, BTreeSet<String>>;

pub(crate) fn walk(n: &Node, seen: &mut Seen) {
    match n {
        Node::And(l) | Node::Or(l) => l.iter().for_each(|n| walk(n, seen)),
        Node::Not(e) => walk(e, seen),
        Node::Const(_) => {}
        Node::Flag(p) | Node::Empty(p, _) => path(p, seen),
        Node::Within(p, w) => {
            path(p, seen);
            if let Window::Days(t) | Window::Months(t) = w {
                term(t, seen);
            }
        }
        Node::Cmp(a, _, b) => {
            term(a, seen);
            term(b, seen);
        }
        Node::In(p, l, _) => {
            path(p, seen);
            l.iter().for_each(|t| term(t, seen));
        }
        Node::Exists(s, _) => sub(s, seen),
        Node::Count(s, _, t) => {
            sub(s, seen);
            term(t, seen);
        }
        Node::AllOf(a, b, field) => {
            sub(a, seen);
            sub(b, seen);
            seen.entry(b.register.clone()).or_default().insert(field.clone());
        }
    }
}

pub(crate) fn sub(s: &Sub, seen: &mut Seen) {
    let fields = seen.entry(s.register.clone()).or_default();
    if s.dated && s.when != crate::ast::When::Ever {
        fields.extend(["valid_from".to_owned(), "valid_to".to_owned()]);
    }
    if let Some(l) = &s.link {
        seen.entry(l.owner.clone()).or_default().insert(l.field.clone());
        if let Some(p) = &l.of {
            path(p, seen);
        }
    }
    if let Some(c) = &s.cond {
        walk(c, seen);
    }
}

fn term(t: &T, seen: &mut Seen) {
    if let T::Path(p) = t {
        path(p, seen);
    }
}

pub(crate) fn path(p: &P, seen: &mut Seen) {
    let mut at = p.register.clone();
    for (field, register) in &p.steps {
        seen.entry(at.clone()).or_default().insert(field.clone());
        at.clone_from(register);
    }
    seen.entry(at).or_default().insert(p.field.clone());
}

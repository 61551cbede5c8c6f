//! Which agencies' figures a change of records can have moved: so that after one change one agency is counted anew, not all.

use std::collections::{BTreeMap, BTreeSet};

use crate::compile::{Compiled, Rate};
use crate::ctx::Ctx;
use crate::ir::{Node, P, Sub, T, Window};
use crate::schema::Val;
use crate::sql::{Gen, Statement, quote};

/// A record that was made, changed or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its register.
    pub register: String,
    /// Its id.
    pub record: String,
    /// What its links named before (many-links: several); `None` when it was made by the change.
    pub before: Option<BTreeMap<String, Vec<String>>>,
}

/// Agencies whose figures may be others now; nobody else's are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Touched {
    /// Known at once: where records counted before.
    pub agencies: BTreeSet<String>,
    /// Each gives more of them, one column; a NULL means records without an agency.
    pub ask: Vec<Statement>,
}

impl Compiled {
    /// Whose figures (of the indicator, or of one of its parts) the changes can have moved, asked after them.
    /// Links lead somewhere: nothing named a record before it was made. `None`: it cannot be told from the links (a catalogue changed, a record has no agency), so it may be everybody's.
    pub fn touched(&self, part: &str, changes: &[Change]) -> Option<Touched> {
        let mut out = Touched::default();
        let rates = std::iter::once(self.rate(part)?).chain(self.denominator.iter().filter(|_| part.is_empty()));
        for rate in rates {
            rate.touched(&Changes::of(changes), &mut out)?;
        }
        Some(out)
    }
}

/// Changes by register.
struct Changes<'c>(BTreeMap<&'c str, Vec<&'c Change>>);

impl<'c> Changes<'c> {
    fn of(list: &'c [Change]) -> Self {
        let mut by: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
        for c in list {
            by.entry(&c.register).or_default().push(c);
        }
        Self(by)
    }
    fn ids(&self, register: &str) -> Option<Vec<String>> {
        self.0.get(register).map(|l| l.iter().map(|c| c.record.clone()).collect())
    }
    /// What a link of the changed records named before; those that were made just now named nothing.
    fn named<'s>(&'s self, register: &str, field: &'s str) -> impl Iterator<Item = &'s [String]> {
        let before = self.0.get(register).into_iter().flatten().filter_map(|c| c.before.as_ref());
        before.map(move |b| b.get(field).map_or(&[][..], Vec::as_slice))
    }
}

/// Records of one register that a change reaches, seen from there.
enum Reach<'n> {
    /// The record itself.
    Itself(Vec<String>),
    /// At the end of these links.
    Linked(Vec<(String, String)>, Vec<String>),
    /// A record hanging on it that hung there before.
    Hung(&'n Sub, Vec<String>),
    /// A record hanging on it that the change reaches.
    Hanging(&'n Sub, Box<Reach<'n>>),
}

impl Rate {
    fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.population.iter().chain(&self.unknown).chain(&self.meets).chain(self.excluded())
    }

    fn touched(&self, changes: &Changes<'_>, out: &mut Touched) -> Option<()> {
        let mut seen = Seen::default();
        self.nodes().for_each(|n| seen.node(n, false));
        seen.paths.push(&self.agency);
        seen.paths.extend(&self.sum);
        for reach in seen.reached(&self.register, changes)? {
            let ctx = Ctx::default();
            let mut g = Gen::new(&ctx);
            let alias = g.push();
            let cond = reach.sql(&mut g);
            let agency = g.path(&self.agency);
            let joins = g.pop().joins();
            let sql = format!("SELECT DISTINCT {agency} FROM {} AS {alias}{joins} WHERE {cond}", quote(&self.register));
            out.ask.push(Statement { sql, params: g.params });
        }
        self.counted_before(changes, out)
    }

    /// Where records counted before: their links to the agency as they were.
    fn counted_before(&self, changes: &Changes<'_>, out: &mut Touched) -> Option<()> {
        let path = &self.agency;
        let mut register = &self.register;
        for at in 0..=path.steps.len() {
            match path.steps.get(at) {
                Some((field, next)) => {
                    let ids: BTreeSet<&String> = changes.named(register, field).flatten().collect();
                    if changes.named(register, field).any(<[String]>::is_empty) {
                        return None;
                    }
                    out.ask.extend(rest(path, at + 1, next, &ids));
                    register = next;
                }
                None if path.field == "id" => out.agencies.extend(changes.ids(register).unwrap_or_default()),
                None => {
                    for named in changes.named(register, &path.field) {
                        out.agencies.extend([named.first()?.clone()]);
                    }
                }
            }
        }
        Some(())
    }
}

/// Agencies at the end of a path, from its `at`-th link on, of records of `register`.
fn rest(path: &P, at: usize, register: &str, ids: &BTreeSet<&String>) -> Option<Statement> {
    if ids.is_empty() {
        return None;
    }
    let end = P { outer: false, steps: path.steps[at..].to_vec(), register: register.to_owned(), ..path.clone() };
    let ctx = Ctx::default();
    let mut g = Gen::new(&ctx);
    let alias = g.push();
    let ids: Vec<String> = ids.iter().map(|i| g.param(Val::Text((*i).clone()))).collect();
    let agency = g.path(&end);
    let joins = g.pop().joins();
    let sql = format!("SELECT {agency} FROM {} AS {alias}{joins} WHERE {alias}.\"id\" IN ({})", quote(register), ids.join(", "));
    Some(Statement { sql, params: g.params })
}

/// What a condition looks at, from the record it is about.
#[derive(Default)]
struct Seen<'n> {
    paths: Vec<&'n P>,
    subs: Vec<&'n Sub>,
    /// Paths of inner conditions that start at the record the whole rule is about.
    outer: Vec<&'n P>,
}

impl<'n> Seen<'n> {
    fn path(&mut self, p: &'n P, inside: bool) {
        match (inside, p.outer) {
            (true, true) => self.outer.push(p),
            (true, false) => {}
            (false, _) => self.paths.push(p),
        }
    }
    fn term(&mut self, t: &'n T, inside: bool) {
        if let T::Path(p) = t {
            self.path(p, inside);
        }
    }
    /// `inside`: within a sub-question, where only what looks back at the outer record counts.
    fn node(&mut self, n: &'n Node, inside: bool) {
        match n {
            Node::And(l) | Node::Or(l) => l.iter().for_each(|n| self.node(n, inside)),
            Node::Not(e) => self.node(e, inside),
            Node::Const(_) => {}
            Node::Flag(p) | Node::Empty(p, _) => self.path(p, inside),
            Node::Within(p, w) => {
                self.path(p, inside);
                if let Window::Days(t) | Window::Months(t) = w {
                    self.term(t, inside);
                }
            }
            Node::Cmp(a, _, b) => {
                self.term(a, inside);
                self.term(b, inside);
            }
            Node::In(p, l, _) => {
                self.path(p, inside);
                l.iter().for_each(|t| self.term(t, inside));
            }
            Node::Exists(s, _) => self.sub(s, inside),
            Node::Count(s, _, t) => {
                self.sub(s, inside);
                self.term(t, inside);
            }
            Node::AllOf(a, b, _) => {
                self.sub(a, inside);
                self.sub(b, inside);
            }
        }
    }
    fn sub(&mut self, s: &'n Sub, inside: bool) {
        if !inside {
            self.subs.push(s);
        }
        if let Some(p) = s.link.as_ref().and_then(|l| l.of.as_ref()) {
            self.path(p, inside);
        }
        if let Some(c) = &s.cond {
            self.node(c, true);
        }
    }

    /// `None`: everything of the register may be reached.
    fn reached(&self, register: &str, changes: &Changes<'_>) -> Option<Vec<Reach<'n>>> {
        let mut out: Vec<Reach<'n>> = changes.ids(register).map(Reach::Itself).into_iter().collect();
        let mut ways: Vec<&[(String, String)]> = Vec::new();
        for p in self.paths.iter().chain(&self.outer) {
            for n in 1..=p.steps.len() {
                ways.push(&p.steps[..n]);
            }
        }
        ways.sort();
        ways.dedup();
        for way in ways {
            if let Some(ids) = way.last().and_then(|s| changes.ids(&s.1)) {
                out.push(Reach::Linked(way.to_vec(), ids));
            }
        }
        for &sub in &self.subs {
            let mut inner = Self::default();
            if let Some(c) = &sub.cond {
                inner.node(c, false);
            }
            // what looks back at the outer record is told there
            inner.paths.retain(|p| !p.outer);
            inner.outer.clear();
            let hanging = inner.reached(&sub.register, changes)?;
            let Some(link) = &sub.link else {
                if hanging.is_empty() {
                    continue;
                }
                return None;
            };
            if !link.forward {
                let before: Vec<String> = changes.named(&sub.register, &link.field).flatten().cloned().collect();
                if !before.is_empty() {
                    out.push(Reach::Hung(sub, before));
                }
            }
            out.extend(hanging.into_iter().map(|r| Reach::Hanging(sub, Box::new(r))));
        }
        Some(out)
    }
}

impl Reach<'_> {
    /// Condition on the record of the topmost frame.
    fn sql(&self, g: &mut Gen<'_>) -> String {
        match self {
            Reach::Itself(ids) => {
                let alias = g.follow_top(&[]);
                listed(g, &format!("{alias}.\"id\""), ids)
            }
            Reach::Linked(way, ids) => {
                let (last, before) = way.split_last().map_or(("id", way.as_slice()), |(l, b)| (l.0.as_str(), b));
                let alias = g.follow_top(before);
                listed(g, &format!("{alias}.{}", quote(last)), ids)
            }
            Reach::Hung(sub, ids) => {
                let (anchor, _) = g.anchor(sub);
                listed(g, &anchor, ids)
            }
            Reach::Hanging(sub, inner) => {
                let (anchor, _) = g.anchor(sub);
                let (from, target, cond) = g.hanging(sub, |g| inner.sql(g));
                format!("{anchor} IN (SELECT {target} FROM {from} WHERE {target} IS NOT NULL AND {cond})")
            }
        }
    }
}

fn listed(g: &mut Gen<'_>, column: &str, ids: &[String]) -> String {
    let ids: Vec<String> = ids.iter().map(|i| g.param(Val::Text(i.clone()))).collect();
    format!("{column} IN ({})", ids.join(", "))
}

//! What a record lacks: each condition of its rule that does not hold, said with the record's own values, and the form that
//! closes it. One statement asks a page of records ([`Rate::probe`]), [`Rate::gaps`] reads its rows.

use crate::compile::Rate;
use crate::ctx::Ctx;
use crate::ir::{Node, P, Sub, T, Window};
use crate::schema::{Kind, Val};
use crate::sentence::Say;
use crate::sql::{Gen, Statement, quote};

/// One thing a record lacks.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// "chưa xác nhận lại từ 12/03/2026", without a full stop.
    pub text: String,
    /// Where it is closed.
    pub close: Close,
}

/// The form that closes a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Close {
    /// The record itself, or one that hangs on it; the field when it is one.
    Edit {
        /// Register.
        register: String,
        /// Record.
        id: String,
        /// Field.
        field: Option<String>,
    },
    /// A record that is not there yet, with what is known of it.
    New {
        /// Register.
        register: String,
        /// Field and value.
        values: Vec<(String, String)>,
    },
}

/// Which registers the reader may look into: what is said of others keeps to the rule.
pub type MayRead<'a> = &'a dyn Fn(&str) -> bool;

fn conjuncts(n: &Node) -> Vec<&Node> {
    match n {
        Node::And(list) => list.iter().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}

/// A sub-question in two: which records it is about (fixed values), and what they must be.
fn split(s: &Sub) -> (Sub, Vec<&Node>) {
    let all = s.cond.as_deref().map(conjuncts).unwrap_or_default();
    let fixed = |n: &&Node| match n {
        Node::Cmp(T::Path(p), crate::ast::Cmp::Eq, v) => !matches!(v, T::Path(_)) && !matches!(p.kind, Kind::Date),
        Node::In(_, _, not) => !not,
        _ => false,
    };
    // what a result says is no kind of record: a check that failed is still the check that was held
    let about = |n: &&Node| fixed(n) && !matches!(n, Node::Cmp(T::Path(p), ..) | Node::In(p, ..) if outcome(p));
    let (kind, rest): (Vec<&Node>, Vec<&Node>) = all.into_iter().partition(about);
    let cond = (!kind.is_empty()).then(|| Box::new(Node::And(kind.into_iter().cloned().collect())));
    (Sub { cond, ..s.clone() }, rest)
}

/// Fields that say how something went, not what it is.
fn outcome(p: &P) -> bool {
    matches!(p.field.as_str(), "result" | "state")
}

fn with(s: &Sub, more: &Node) -> Sub {
    let mut all: Vec<Node> = s.cond.as_deref().map(conjuncts).unwrap_or_default().into_iter().cloned().collect();
    all.push(more.clone());
    Sub { cond: Some(Box::new(Node::And(all))), ..s.clone() }
}

/// The date a condition is about.
fn date(n: &Node) -> Option<&P> {
    match n {
        Node::Within(p, _) | Node::Cmp(T::Path(p), ..) if p.kind == Kind::Date && !p.outer => Some(p),
        _ => None,
    }
}

fn truth(g: &mut Gen<'_>, n: &Node) -> String {
    format!("CASE {} WHEN (1=1) THEN 1 WHEN (1=0) THEN 0 END", g.node(n))
}

/// `(SELECT what FROM the sub-question's records of this one …)`.
fn scalar(g: &mut Gen<'_>, s: &Sub, what: impl Fn(&str) -> String, tail: &str) -> String {
    let anchor = g.anchor(s).0;
    let (alias, from, cond, target) = g.body(s);
    let what = what(&alias);
    // a question about any record of a register (`exists any`) hangs on nothing
    let linked = if s.link.is_some() { format!("{target} = {anchor} AND ") } else { String::new() };
    format!("(SELECT {what} FROM {from} WHERE {linked}{cond}{})", tail.replace('@', &alias))
}

/// Columns of one condition; [`read`] takes as many.
fn columns(g: &mut Gen<'_>, n: &Node, out: &mut Vec<String>) {
    out.push(truth(g, n));
    match n {
        Node::Flag(p) | Node::Cmp(T::Path(p), ..) | Node::In(p, ..) | Node::Within(p, _) if !matches!(p.kind, Kind::Links(_)) => {
            out.push(g.path(p));
        }
        Node::Exists(s, false) => {
            let (kind, rest) = split(s);
            let day = rest.iter().find_map(|n| date(n)).filter(|p| p.steps.is_empty());
            let order = match day {
                Some(p) => format!(" ORDER BY COALESCE(@.{0}, '') DESC, @.\"id\" DESC LIMIT 1", quote(&p.field)),
                None => " ORDER BY @.\"id\" DESC LIMIT 1".to_owned(),
            };
            out.push(scalar(g, &kind, |a| format!("{a}.\"id\""), &order));
            out.push(match day {
                Some(p) => scalar(g, &kind, |a| format!("MAX({a}.{})", quote(&p.field)), ""),
                None => "CAST(NULL AS TEXT)".to_owned(),
            });
            for r in rest {
                out.push(truth(g, &Node::Exists(with(&kind, r), false)));
            }
        }
        Node::Count(s, ..) => out.push(scalar(g, s, |_| "COUNT(*)".to_owned(), "")),
        Node::AllOf(cat, ans, field) => {
            let (missing, all) = g.missing(cat, ans, field);
            out.extend([missing, all]);
        }
        _ => {}
    }
}

impl Rate {
    fn points(&self) -> Vec<&Node> {
        self.unknown.iter().chain(self.meets.as_ref().map(conjuncts).unwrap_or_default()).collect()
    }

    /// Rows `(id, …)` for [`Rate::gaps`] of these records. The scope is the caller's: ask only of records the reader may see.
    pub fn probe(&self, ctx: &Ctx, ids: &[String]) -> Statement {
        let mut g = Gen::new(ctx);
        g.bulk = false;
        let alias = g.push();
        let mut out = vec![format!("{alias}.\"id\"")];
        for n in self.points() {
            columns(&mut g, n, &mut out);
        }
        let joins = g.pop().joins();
        let ids: Vec<String> = ids.iter().map(|i| g.param(Val::Text(i.clone()))).collect();
        let sql = format!(
            "SELECT {} FROM {} AS {alias}{joins} WHERE {alias}.\"id\" IN ({})",
            out.join(", "),
            quote(&self.register),
            if ids.is_empty() { "NULL".to_owned() } else { ids.join(", ") }
        );
        Statement { sql, params: g.params }
    }

    /// What a record lacks, from its row of [`Rate::probe`]; `parts` = the indicator's, whose words are used where one is
    /// just that condition.
    pub fn gaps(&self, ctx: &Ctx, english: bool, parts: &[Rate], row: &[Val], may_read: MayRead<'_>) -> Vec<Gap> {
        let mut at = row.iter();
        let Some(Val::Text(id)) = at.next() else { return vec![] };
        let reader = Reader { rate: self, say: Say::new(ctx, english, &self.register_label), id, may_read };
        let mut out = Vec::new();
        for n in self.points() {
            let unknown = self.unknown.as_ref() == Some(n);
            let found = reader.read(n, &mut at);
            if unknown {
                // its truth is what is missing
                if found.is_none() {
                    return vec![Gap { text: reader.say.node(n), close: reader.own(None) }];
                }
                continue;
            }
            let Some(mut gap) = found else { continue };
            let part = parts.iter().find(|p| p.register == self.register && p.meets.as_ref() == Some(n));
            if let Some(words) = part.and_then(|p| p.missing.as_ref()) {
                gap.text = words.vi_or_en(english).to_owned();
            }
            // a catalogue that cannot be chosen (no level yet) is not what is missing; two conditions may miss the same
            let empty = matches!(n, Node::AllOf(..)) && gap.text.ends_with(reader.nothing_demanded());
            if (!empty || out.is_empty()) && !out.iter().any(|o: &Gap| o.text == gap.text) {
                out.push(gap);
            }
        }
        out
    }
}

struct Reader<'a> {
    rate: &'a Rate,
    say: Say<'a>,
    id: &'a str,
    may_read: MayRead<'a>,
}

impl Reader<'_> {
    fn own(&self, field: Option<&P>) -> Close {
        let field = field.map(|p| p.steps.first().map_or(p.field.clone(), |s| s.0.clone()));
        Close::Edit { register: self.rate.register.clone(), id: self.id.to_owned(), field }
    }

    fn nothing_demanded(&self) -> &'static str {
        self.say.t("danh mục chưa có mục nào được đòi hỏi", "the catalogue demands nothing yet")
    }

    /// The gap of a condition, `None` when it holds.
    fn read<'v>(&self, n: &Node, at: &mut impl Iterator<Item = &'v Val>) -> Option<Gap> {
        let holds = at.next() == Some(&Val::Int(1));
        let t = |vi: &'static str, en: &'static str| self.say.t(vi, en);
        let not_so = || format!("{} {}", t("cần", "must be one"), self.say.node(n));
        let gap = match n {
            Node::Flag(p) | Node::Cmp(T::Path(p), ..) | Node::In(p, ..) | Node::Within(p, _) if !matches!(p.kind, Kind::Links(_)) => {
                let value = at.next().cloned().unwrap_or(Val::Null);
                Gap { text: self.value(n, p, &value), close: self.own(Some(p)) }
            }
            Node::Empty(p, true) => Gap { text: format!("{} {}", t("chưa có", "no"), self.say.path(p)), close: self.own(Some(p)) },
            Node::Exists(s, false) => return self.exists(s, at, holds),
            Node::Count(s, _, _) => {
                let n = at.next().cloned();
                let have = if let Some(Val::Int(n)) = n { n } else { 0 };
                let text = if have == 0 {
                    format!("{} {}", t("chưa có", "no"), self.say.sub(s))
                } else {
                    format!("{} {}, {}", t("mới có", "has"), text::number_vi(have), not_so())
                };
                Gap { text, close: self.new_one(s, s) }
            }
            Node::AllOf(cat, ans, _) => {
                let mut int = || if let Some(Val::Int(n)) = at.next() { *n } else { 0 };
                let (missing, all) = (int(), int());
                let what = self.say.l(&cat.label);
                let text = if all == 0 {
                    format!("{what}: {}", self.nothing_demanded())
                } else {
                    let of = format!("{}/{} {what}", text::number_vi(missing), text::number_vi(all));
                    format!("{} {of}", t("còn thiếu", "missing"))
                };
                Gap { text, close: self.new_one(ans, &Sub { cond: None, ..(**ans).clone() }) }
            }
            Node::Or(list) => {
                let close = list.iter().find_map(|n| match n {
                    Node::Exists(s, false) => Some(self.new_one(s, &split(s).0)),
                    _ => None,
                });
                let text = self.none_of(list).unwrap_or_else(not_so);
                Gap { text, close: close.unwrap_or_else(|| self.own(None)) }
            }
            _ => Gap { text: not_so(), close: self.own(None) },
        };
        (!holds).then_some(gap)
    }

    /// None of several kinds of records: their names; what they must be stands in the rule.
    fn none_of(&self, list: &[Node]) -> Option<String> {
        let mut names: Vec<String> = Vec::new();
        for n in list {
            let Node::Exists(s, false) = n else { return None };
            let name = self.say.l(&s.label);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let names = self.say.choices(names);
        Some(format!("{} {names} {}", self.say.t("chưa có", "no"), self.say.t("đạt điều kiện đã nêu", "that meets the rule")))
    }

    /// A field that is empty, or not what it must be.
    fn value(&self, n: &Node, p: &P, value: &Val) -> String {
        let (path, t) = (self.say.path(p), |vi: &'static str, en: &'static str| self.say.t(vi, en));
        if *value == Val::Null {
            return format!("{} {path}", t("chưa có", "no"));
        }
        let must = format!("{} {}", t("cần", "must be one"), self.say.node(n));
        match (shown(&self.say, p, value), n) {
            (Some(now), Node::Within(_, w)) => self.late(p, &now, w),
            (Some(now), _) => format!("{path} {} {now}, {must}", t("là", "is")),
            (None, _) => must,
        }
    }

    /// A date that is too old.
    fn late(&self, p: &P, now: &str, w: &Window) -> String {
        if p.field == "confirmed_on" {
            return format!("{} {now}", self.say.t("chưa xác nhận lại từ", "not confirmed since"));
        }
        let (path, must) = (self.say.path(p), self.say.window(w));
        format!("{path} {} {now}, {} {must}", self.say.t("là", "is"), self.say.t("cần", "must be"))
    }

    fn exists<'v>(&self, s: &Sub, at: &mut impl Iterator<Item = &'v Val>, holds: bool) -> Option<Gap> {
        let (kind, rest) = split(s);
        let (found, day) = (at.next().cloned(), at.next().cloned());
        // every column is taken, whatever it says
        let each: Vec<bool> = rest.iter().map(|_| at.next() == Some(&Val::Int(1))).collect();
        if holds {
            return None;
        }
        let none = format!("{} {}", self.say.t("chưa có", "no"), self.say.sub(&kind));
        let found = match found {
            Some(Val::Text(id)) if (self.may_read)(&s.register) => id,
            Some(Val::Text(_)) => {
                let text = format!("{} {}", self.say.t("chưa có", "no"), self.say.sub(s));
                return Some(Gap { text, close: self.own(None) });
            }
            _ => return Some(Gap { text: none, close: self.new_one(s, &kind) }),
        };
        let inside = Say { inside: true, ..self.say };
        let mut field = None;
        let mut said = Vec::new();
        for (n, _) in rest.iter().zip(&each).filter(|(_, ok)| !**ok) {
            let now = match &day {
                Some(Val::Text(d)) => Some(text::date_vi(d)),
                _ => None,
            };
            field = field.or_else(|| date(n).filter(|p| p.steps.is_empty()).map(|p| p.field.clone()));
            said.push(match (n, now, date(n)) {
                (Node::Within(p, w), Some(now), Some(_)) => Reader { say: inside, ..*self }.late(p, &now, w),
                (Node::Within(p, _), None, Some(_)) if p.field == "confirmed_on" => {
                    self.say.t("chưa xác nhận lần nào", "never confirmed").to_owned()
                }
                (_, _, Some(p)) if day == Some(Val::Null) => format!("{} {}", self.say.t("chưa có", "no"), inside.path(p)),
                _ => format!("{} {}", self.say.t("cần", "must be one"), inside.node(n)),
            });
        }
        let subject = self.say.sub(&kind);
        let text = if said.is_empty() {
            format!("{} {}", self.say.t("chưa có", "no"), self.say.sub(s))
        } else {
            format!("{subject}: {}", said.join("; "))
        };
        Some(Gap { text, close: Close::Edit { register: s.register.clone(), id: found, field } })
    }

    /// A record of a sub-question that is not there yet: its link and what the rule fixes of it.
    fn new_one(&self, s: &Sub, kind: &Sub) -> Close {
        let Some(link) = s.link.as_ref().filter(|l| !l.many && !l.forward && l.of.is_none()) else { return self.own(None) };
        let mut values = vec![(link.field.clone(), self.id.to_owned())];
        for n in kind.cond.as_deref().map(conjuncts).unwrap_or_default() {
            if let Node::Cmp(T::Path(p), crate::ast::Cmp::Eq, v) = n
                && p.steps.is_empty()
                && !matches!(v, T::Path(_))
            {
                match self.say.ctx.value(v) {
                    Val::Text(v) => values.push((p.field.clone(), v)),
                    Val::Int(v) => values.push((p.field.clone(), v.to_string())),
                    _ => {}
                }
            }
        }
        Close::New { register: s.register.clone(), values }
    }
}

/// A value as the sentence says it; links have only ids.
fn shown(say: &Say<'_>, p: &P, value: &Val) -> Option<String> {
    match (&p.kind, value) {
        (Kind::Choice(options), Val::Text(v)) => {
            Some(format!("“{}”", options.iter().find(|o| o.0 == *v).map_or(v.as_str(), |o| o.1.vi_or_en(say.english))))
        }
        (Kind::Date, Val::Text(d)) => Some(text::date_vi(d)),
        (Kind::Integer | Kind::Money, Val::Int(n)) => Some(text::number_vi(*n)),
        (Kind::Decimal, Val::Real(x)) => Some(text::decimal_vi(*x, 1)),
        _ => None,
    }
}

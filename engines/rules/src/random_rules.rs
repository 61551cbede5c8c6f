//! Random registers full of gaps, and random rules over the whole grammar.

use crate::testing::{Dice, Records, schema};
use crate::{Kind, Rec, Schema, Val};

pub(crate) const WORDS: &str = "
    agency dated @id: name=text kind=choice(dep|com|sch) parent=link(agency) head=bool staff=int money=money score=dec founded=date seen=instant layers=links(layer)
    person @agency: name=text agency=link(agency) boss=link(person) role=choice(a|b|c) active=bool born=int pay=money score=dec joined=date seen=instant skills=links(layer)
    system dated @owner: owner=link(agency) operator=link(agency) level=int kind=choice(dep|com) open=bool started=date admins=links(person)
    control dated: level=int must=bool topic=choice(x|y) due=date
    answer @system.owner: system=link(system) control=link(control) second=link(control) result=choice(met|not|na) until=date
    post dated @agency: person=link(person) agency=link(agency) kind=choice(a|b|c) main=bool since=date systems=links(system)
    layer: no=int name=text basic=bool";

pub(crate) const DAYS: &[&str] =
    &["2025-01-01", "2025-06-30", "2025-12-31", "2026-01-01", "2026-03-15", "2026-06-30", "2026-07-01", "2027-01-01"];
const TEXTS: &[&str] = &["a", "b", "dep", "Xã"];

pub(crate) fn world(d: &mut Dice) -> Records {
    let mut w = Records::new(schema(WORDS));
    let sizes: Vec<(String, usize)> = w
        .schema
        .registers
        .keys()
        .map(|r| {
            (
                r.clone(),
                match r.as_str() {
                    "agency" => 5,
                    "control" => d.below(5),
                    "answer" => 24,
                    "layer" => 3,
                    _ => 2 + d.below(9),
                },
            )
        })
        .collect();
    for (register, size) in &sizes {
        for i in 0..*size {
            let mut rec = Rec { register: register.clone(), id: format!("{}{i}", &register[..2]), ..Rec::default() };
            let fields = w.schema.registers[register].fields.clone();
            for f in &fields {
                if let Some(v) = value(d, &f.kind, &sizes) {
                    rec.fields.insert(f.id.clone(), v);
                }
            }
            let mut gone = d.one_in(8);
            if register == "agency" {
                // a tree: 0 is the root of 1 and 2; 3 is under 1; 4 stands apart
                rec.fields.insert("path".into(), Val::Text(["/ag0/", "/ag0/ag1/", "/ag0/ag2/", "/ag0/ag1/ag3/", "/ag4/"][i].into()));
                gone &= i > 0;
            }
            w.rows.entry(register.clone()).or_default().push((rec, gone));
        }
    }
    w
}

fn value(d: &mut Dice, k: &Kind, sizes: &[(String, usize)]) -> Option<Val> {
    if d.one_in(5) {
        return None;
    }
    // now and then a link leads nowhere
    let id = |d: &mut Dice, r: &str| {
        let n = sizes.iter().find(|s| s.0 == r).map_or(0, |s| s.1) + usize::from(d.one_in(6));
        format!("{}{}", &r[..2], d.below(n))
    };
    Some(match k {
        Kind::Text => Val::Text((*d.pick(TEXTS)).into()),
        Kind::Integer | Kind::Money => Val::Int(d.below(4) as i64),
        Kind::Decimal => Val::Real(d.below(7) as f64 / 2.0),
        Kind::Date => Val::Text((*d.pick(DAYS)).into()),
        Kind::Instant => Val::Int(instant(d)),
        Kind::Bool => Val::Int(d.below(2) as i64),
        Kind::Choice(o) => Val::Text(d.pick(o).0.clone()),
        Kind::Link(r) => Val::Text(id(d, r)),
        Kind::Links(r) => {
            let mut l: Vec<String> = (0..d.below(4)).map(|_| id(d, r)).collect();
            l.sort();
            l.dedup();
            Val::List(l)
        }
    })
}

/// A value for a field of a world that exists already.
pub(crate) fn value_of(d: &mut Dice, k: &Kind, w: &Records) -> Option<Val> {
    let sizes: Vec<(String, usize)> = w.schema.registers.keys().map(|r| (r.clone(), w.of(r).len())).collect();
    value(d, k, &sizes)
}

/// Midnight in Vietnam of a day, give or take one microsecond.
fn instant(d: &mut Dice) -> i64 {
    let day = calendar::Date::parse(d.word(DAYS)).unwrap();
    calendar::instant::start_of_day(day) + d.below(3) as i64 - 1
}

/// Where a rule is being written.
#[derive(Clone, Copy)]
struct At<'a> {
    now: &'a str,
    outer: &'a str,
    inside: bool,
    depth: usize,
    subs: usize,
}

pub(crate) struct Rules<'a> {
    pub(crate) d: &'a mut Dice,
    pub(crate) schema: &'a Schema,
}

impl Rules<'_> {
    pub(crate) fn rule(&mut self, register: &str) -> String {
        let depth = 1 + self.d.below(4);
        self.expr(At { now: register, outer: register, inside: false, depth, subs: 0 })
    }

    fn expr(&mut self, at: At<'_>) -> String {
        if at.depth == 0 {
            return self.simple(at);
        }
        let next = At { depth: at.depth - 1, ..at };
        match self.d.below(10) {
            0 | 1 => format!("({} and {})", self.expr(next), self.expr(next)),
            2 | 3 => format!("({} or {})", self.expr(next), self.expr(next)),
            4 => format!("not ({})", self.expr(next)),
            5 => format!("not {}", self.expr(next)),
            6 if at.subs < 3 => self.exists(next),
            7 if at.subs < 3 => self.count(next),
            8 if at.subs < 2 => self.all_of(next),
            _ => self.simple(at),
        }
    }

    fn exists(&mut self, at: At<'_>) -> String {
        let word = if self.d.one_in(3) { "no" } else { "exists" };
        match self.source(at) {
            Some(s) => format!("({word} {s})"),
            None => self.simple(at),
        }
    }

    fn count(&mut self, at: At<'_>) -> String {
        let Some(s) = self.source(at) else { return self.simple(at) };
        let n = if self.d.one_in(4) { "setting.n".to_owned() } else { self.d.below(4).to_string() };
        let cmp = self.d.word(&["=", "!=", "<", "<=", ">", ">="]);
        format!("(count ({s}) {cmp} {n})")
    }

    fn when(&mut self, register: &str) -> &'static str {
        if self.schema.registers[register].dated { self.d.word(&["", "", " ever", " during period"]) } else { "" }
    }

    fn cond(&mut self, at: At<'_>, register: &str) -> String {
        if self.d.one_in(6) {
            return String::new();
        }
        format!(" where {}", self.expr(At { now: register, inside: true, subs: at.subs + 1, ..at }))
    }

    /// `R [of PATH] via F …` or `any R …`
    fn source(&mut self, at: At<'_>) -> Option<String> {
        if self.d.one_in(6) {
            let all: Vec<String> = self.schema.registers.keys().cloned().collect();
            let register = self.d.pick(&all).clone();
            return Some(format!("any {register}{}{}", self.when(&register), self.cond(at, &register)));
        }
        let (from, of) = if self.d.one_in(3) {
            let (path, kind) = self.path(at, |k| matches!(k, Kind::Link(_)))?;
            let Kind::Link(r) = kind else { return None };
            (r, format!(" of {path}"))
        } else {
            (at.now.to_owned(), String::new())
        };
        let back = self.schema.registers.values().flat_map(|r| r.fields.iter().map(move |f| (r, f)));
        let mut ways: Vec<(String, String)> = back
            .filter(|(_, f)| matches!(&f.kind, Kind::Link(t) | Kind::Links(t) if *t == from))
            .map(|(r, f)| (r.id.clone(), f.id.clone()))
            .collect();
        for f in &self.schema.registers[&from].fields {
            if let Kind::Links(t) = &f.kind {
                ways.push((t.clone(), f.id.clone()));
            }
        }
        if ways.is_empty() {
            return None;
        }
        let (register, via) = self.d.pick(&ways).clone();
        let alone = ways.iter().filter(|w| w.0 == register).count() == 1;
        let via = if alone && self.d.one_in(2) { String::new() } else { format!(" via {via}") };
        Some(format!("{register}{of}{via}{}{}", self.when(&register), self.cond(at, &register)))
    }

    fn all_of(&mut self, at: At<'_>) -> String {
        let of = match at.now {
            "system" => String::new(),
            _ => match self.path(at, |k| matches!(k, Kind::Link(r) if r == "system")) {
                Some((p, _)) => format!(" of {p}"),
                None => return self.simple(at),
            },
        };
        let via = self.d.word(&["control", "second"]);
        let cat = match self.d.below(4) {
            0 => " where level = this.level".to_owned(),
            1 => " where must and level = this.level".to_owned(),
            _ => self.cond(at, "control"),
        };
        // `this.level` only when the rule is about systems
        let cat = if at.outer == "system" { cat } else { cat.replace("level = this.level", "level = 1") };
        format!("(all of (control{}{cat}) have (answer{of} via {via}{}))", self.when("control"), self.cond(at, "answer"))
    }

    /// A random walk over links to a field of the wanted kind.
    fn path(&mut self, at: At<'_>, want: impl Fn(&Kind) -> bool) -> Option<(String, Kind)> {
        for _ in 0..20 {
            let outer = at.inside && self.d.one_in(3);
            let mut words = if outer { vec!["this".to_owned()] } else { vec![] };
            let mut r = if outer { at.outer } else { at.now };
            for _ in 0..3 {
                let reg = &self.schema.registers[r];
                if self.d.one_in(12) && want(&Kind::Link(r.to_owned())) {
                    words.push("id".into());
                    return Some((words.join("."), Kind::Link(r.to_owned())));
                }
                let f = self.d.pick(&reg.fields);
                words.push(f.id.clone());
                if want(&f.kind) && self.d.below(3) > 0 {
                    return Some((words.join("."), f.kind.clone()));
                }
                match &f.kind {
                    Kind::Link(t) => r = &self.schema.registers[t].id,
                    _ => break,
                }
            }
        }
        None
    }

    fn simple(&mut self, at: At<'_>) -> String {
        if self.d.one_in(25) {
            return self.d.word(&["true", "false"]).to_owned();
        }
        let what = self.d.below(7);
        if what == 0 {
            let Some((p, _)) = self.path(at, |_| true) else { return "true".into() };
            return format!("{p} is {}empty", self.d.word(&["", "not "]));
        }
        if what == 1
            && let Some((p, _)) = self.path(at, |k| *k == Kind::Bool)
        {
            return p;
        }
        if what == 2
            && let Some((p, _)) = self.path(at, |k| matches!(k, Kind::Date | Kind::Instant))
        {
            let w = self.d.word(&["period", "90 days", "0 days", "6 months", "setting.n months", "setting.gone days"]);
            return format!("{p} within {w}");
        }
        self.compare(at)
    }

    fn compare(&mut self, at: At<'_>) -> String {
        let Some((p, kind)) = self.path(at, |k| !matches!(k, Kind::Links(_))) else { return "false".into() };
        if self.d.one_in(4) && kind != Kind::Instant {
            let n = 1 + self.d.below(3);
            let list: Vec<String> = (0..n).map(|_| self.right(at, &kind)).collect();
            return format!("{p} {}in ({})", self.d.word(&["", "not "]), list.join(", "));
        }
        let cmp = match &kind {
            Kind::Choice(_) | Kind::Link(_) | Kind::Bool => self.d.word(&["=", "!="]),
            Kind::Date | Kind::Instant => self.d.word(&["=", "!=", "<", "<=", ">", ">=", "before", "after", "on or before", "on or after"]),
            _ => self.d.word(&["=", "!=", "<", "<=", ">", ">="]),
        };
        format!("{p} {cmp} {}", self.right(at, &kind))
    }

    fn right(&mut self, at: At<'_>, kind: &Kind) -> String {
        if self.d.one_in(3) {
            let like = |k: &Kind| match (kind, k) {
                (Kind::Link(a), Kind::Link(b)) => a == b,
                (Kind::Integer | Kind::Decimal | Kind::Money, Kind::Integer | Kind::Decimal | Kind::Money) => true,
                (_, Kind::Link(_)) | (Kind::Link(_), _) => false,
                (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b) && !matches!(a, Kind::Links(_)),
            };
            // a bare word beside a choice may be an option of it: paths of one word are left to the fields of other kinds
            if let Some((p, _)) = self.path(at, like).filter(|(p, _)| !matches!(kind, Kind::Choice(_)) || p.contains('.')) {
                return p;
            }
        }
        match kind {
            Kind::Text => format!("\"{}\"", self.d.pick(TEXTS)),
            Kind::Integer | Kind::Money => self.d.word(&["0", "1", "2", "setting.n", "-1"]).to_owned(),
            Kind::Decimal => self.d.word(&["0.5", "1", "2.5", "setting.n"]).to_owned(),
            Kind::Date | Kind::Instant => match self.d.below(5) {
                0 => "as_of".into(),
                1 => "period.start".into(),
                2 => "setting.day".into(),
                3 => format!("\"{}\"", text::date_vi(self.d.word(DAYS))),
                _ => self.d.word(DAYS).to_owned(),
            },
            Kind::Bool => self.d.word(&["true", "false"]).to_owned(),
            Kind::Choice(o) => self.d.pick(o).0.clone(),
            Kind::Link(r) => format!("\"{}{}\"", &r[..2], self.d.below(3)),
            Kind::Links(_) => unreachable!(),
        }
    }
}

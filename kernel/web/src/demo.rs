//! What a module gets to fill an instance with demo data: the same actions as everybody, repeatable choices.

use std::collections::BTreeMap;

use access::Actor;
use registers::{Data, Registry, actions};
use store::{Result, Tx};

/// Fills an instance with demo data. The same seed and scale give the same province.
pub struct DemoContext<'a, 't> {
    /// One transaction for the module.
    pub tx: &'a mut Tx<'t>,
    /// All definitions.
    pub registry: &'a Registry,
    /// The system, as demo.
    pub actor: Actor,
    /// Today in Vietnam, `YYYY-MM-DD`.
    pub today: String,
    /// How much: 100 = the demo province, 1000 = the planning scale of 60,000 staff.
    pub scale: usize,
    /// Says how far it is: words, done, of.
    pub progress: &'a dyn Fn(&str, usize, usize),
    /// What earlier modules made: kind of thing → ids in order.
    pub made: &'a mut BTreeMap<String, Vec<Made>>,
    /// Repeatable choices.
    pub rng: Rng,
}

/// One record made for the demo: its id and the few facts later modules need.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// Record id.
    pub id: String,
    /// Agency that owns it.
    pub agency: String,
    /// A word (kind, level …).
    pub word: String,
    /// A number (level, size …).
    pub number: i64,
}

impl DemoContext<'_, '_> {
    /// Creates one record through the actions; its id.
    pub fn put(&mut self, register: &str, values: &[(&str, Data)]) -> Result<String> {
        let written = calendar::instant::local_date(self.tx.now()).to_string();
        let of = self.registry.registers.get(register);
        // the years of a demo are written in a few seconds: a day that must have passed has passed when its module writes
        let past = |k: &str| {
            of.and_then(|d| d.fields.iter().find(|f| f.id == k)).is_some_and(|f| f.max.as_ref().and_then(|m| m.as_str()) == Some("today"))
        };
        let dated = |k: &str, v: &Data| match v {
            Data::Text(day) if *day > written && past(k) => Data::Text(written.clone()),
            v => v.clone(),
        };
        let values = values.iter().filter(|(_, v)| *v != Data::Null).map(|(k, v)| ((*k).to_owned(), dated(k, v))).collect();
        actions::create(self.tx, self.registry, &self.actor, register, values, None).map(|r| r.id)
    }
    /// Moves a record through transitions; the fields go with the last one.
    pub fn advance(&mut self, register: &str, id: &str, transitions: &[&str], values: &[(&str, Data)]) -> Result<()> {
        let scope = self.actor.may(access::Verb::Read, register)?;
        for (i, move_) in transitions.iter().enumerate() {
            let version = actions::get(self.tx, self.registry, &scope, id)?.version;
            let values = if i + 1 == transitions.len() {
                values.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect()
            } else {
                BTreeMap::new()
            };
            actions::transition(self.tx, self.registry, &self.actor, register, id, version, move_, values, Some("dữ liệu trình diễn"))?;
        }
        Ok(())
    }
    /// Remembers a record for later modules under `kind`.
    pub fn keep(&mut self, kind: &str, made: Made) {
        self.made.entry(kind.to_owned()).or_default().push(made);
    }
    /// What was remembered under `kind`.
    pub fn kept(&self, kind: &str) -> Vec<Made> {
        self.made.get(kind).cloned().unwrap_or_default()
    }
    /// `n` of the demo province at this scale, at least 1.
    pub fn scaled(&self, n: usize) -> usize {
        (n * self.scale / 100).max(1)
    }
    /// Day `n` days before today, `YYYY-MM-DD`.
    pub fn days_ago(&self, n: i64) -> String {
        calendar::Date::parse(&self.today).map_or_else(|_| self.today.clone(), |d| d.add_days(-n).to_string())
    }
    /// A day at least `from` and less than `from + spread` days before today.
    pub fn ago(&mut self, from: i64, spread: usize) -> String {
        let more = i64::try_from(self.rng.below(spread)).unwrap_or(0);
        self.days_ago(from + more)
    }
}

/// splitmix64: small, repeatable, for demo data only.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The same seed gives the same choices.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
    /// Next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// 0 ≤ result < `n` (0 when `n` is 0).
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.bits() % n as u64) as usize }
    }
    /// True in `percent` of cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
    /// One of a list; `None` when it is empty.
    pub fn pick<'x, T>(&mut self, list: &'x [T]) -> Option<&'x T> {
        let i = self.below(list.len());
        list.get(i)
    }
    /// One of a list of words; empty when the list is.
    pub fn word(&mut self, list: &[&'static str]) -> &'static str {
        self.pick(list).copied().unwrap_or_default()
    }
}

/// Text as a field value; empty = no value.
pub fn t(s: &str) -> Data {
    if s.is_empty() { Data::Null } else { Data::Text(s.to_owned()) }
}
/// Whole number as a field value.
pub fn n(i: i64) -> Data {
    Data::Int(i)
}
/// Yes or no as a field value.
pub fn yes(b: bool) -> Data {
    Data::Bool(b)
}

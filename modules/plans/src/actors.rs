//! Names of a document ↔ agencies of the register: matching, suggestions, learned aliases, expansion by date.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Verb};
use registers::{Data, Query, Registry, actions};
use store::{Result, Tx};

use crate::collective;
use crate::draft::Who;

/// Everything names can be matched against, loaded once per request.
pub struct Directory {
    /// Matching key → who.
    keys: BTreeMap<String, Who>,
    /// Set of a collective name → who.
    sets: BTreeMap<String, Who>,
    /// Folded name → (label, who) for suggestions.
    names: Vec<(String, String, Who)>,
    /// Word of an agency or group → its official name.
    official: BTreeMap<String, String>,
    /// Matching key of the province's own name: "tỉnh Sao Mai" in a name means "tỉnh".
    place: String,
    /// Matching key of the commune that issues: "Công an xã" in its plan is that of this commune.
    commune: Option<String>,
}

/// Kinds of communes, as matching keys.
const LOCAL: [&str; 3] = ["xa", "phuong", "dac khu"];

/// Likeness from which a guess is chosen beforehand …
const NEAR: f64 = 0.8;
/// … when the next one is this much worse: "UBND xã An Hòa" is as near to one commune as to another.
const CLEAR: f64 = 0.04;

/// One guess for a name that did not match.
#[derive(Debug, Clone)]
pub struct Guess {
    /// Name in the register.
    pub label: String,
    /// Who it is.
    pub who: Who,
    /// 0–1.
    pub likeness: f64,
}

impl Directory {
    /// Reads agencies valid on `day`, their aliases and the collective actors.
    pub fn load(tx: &mut Tx, reg: &Registry, actor: &Actor, day: &str) -> Result<Self> {
        let agencies = crate::all(tx, reg, actor, "agency", Some(day))?;
        let province = agencies.iter().find(|r| r.text("kind") == Some("province_committee")).and_then(|r| r.text("name"));
        let place = province.map(text::search_key).and_then(|k| k.rsplit_once(" tinh ").map(|(_, place)| place.to_owned()));
        let mut d = Self {
            keys: BTreeMap::new(),
            sets: BTreeMap::new(),
            names: Vec::new(),
            official: BTreeMap::new(),
            place: place.unwrap_or_default(),
            commune: None,
        };
        let mut valid = BTreeSet::new();
        for r in &agencies {
            valid.insert(r.id.clone());
            d.add(r.text("name").unwrap_or_default(), &Who::Agency(r.id.clone()));
            if let Some(short) = r.text("short_name") {
                d.add(short, &Who::Agency(r.id.clone()));
            }
        }
        for r in crate::all(tx, reg, actor, "agency_alias", None)? {
            let Some(alias) = r.text("alias") else { continue };
            match (r.text("agency"), r.text("collective")) {
                (Some(agency), _) if valid.contains(agency) => d.add(alias, &Who::Agency(agency.to_owned())),
                (None, Some(collective)) => d.add(alias, &Who::Collective(collective.to_owned())),
                _ => {}
            }
        }
        for r in crate::all(tx, reg, actor, "collective_actor", None)? {
            let who = if r.bool("unresolvable") == Some(true) { Who::Later } else { Who::Collective(r.id.clone()) };
            d.add(r.text("name").unwrap_or_default(), &who);
            for alias in r.text("aliases").unwrap_or_default().lines() {
                d.add(alias, &who);
            }
        }
        Ok(d)
    }

    /// The same as the issuer of a plan reads it: a commune's "Công an xã" is its own.
    #[must_use]
    pub fn issued_by(mut self, issuer: Option<&str>) -> Self {
        let name = issuer.and_then(|id| self.official(&Who::Agency(id.to_owned()))).map(text::search_key);
        self.commune = name.and_then(|key| LOCAL.iter().find_map(|w| Some(key.rsplit_once(&format!(" {w} "))?.1.to_owned())));
        self
    }

    /// A directory of these names alone.
    #[cfg(test)]
    pub fn of(names: &[(&str, Who)]) -> Self {
        let mut d = Self {
            keys: BTreeMap::new(),
            sets: BTreeMap::new(),
            names: vec![],
            official: BTreeMap::new(),
            place: "sao mai".into(),
            commune: None,
        };
        names.iter().for_each(|(name, who)| d.add(name, who));
        d
    }

    fn add(&mut self, name: &str, who: &Who) {
        let key = self.key(name);
        if key.is_empty() {
            return;
        }
        if matches!(who, Who::Collective(_) | Who::Later)
            && let Some(set) = collective::read(&key).filter(|n| !n.vague)
        {
            self.sets.entry(set.key).or_insert_with(|| who.clone());
        }
        self.names.push((key.clone(), name.trim().to_owned(), who.clone()));
        // the official name is added before the short one and the aliases
        if let Some(word) = who.word() {
            self.official.entry(word).or_insert_with(|| name.trim().to_owned());
        }
        self.keys.entry(key).or_insert_with(|| who.clone());
    }

    /// Matching key of requirements.md 3.1, without diacritics: a slip of a tone mark must not make a new agency.
    fn key(&self, name: &str) -> String {
        let key = text::search_key(name);
        let key = key.strip_prefix("cac ").unwrap_or(&key);
        match key.strip_suffix(&self.place).and_then(|k| k.strip_suffix(" tinh ")) {
            Some(k) if !self.place.is_empty() => format!("{k} tinh"),
            _ => key.to_owned(),
        }
    }

    /// Match by key, then by the set a collective name stands for. "… liên quan" is for a person to choose later.
    pub fn find(&self, name: &str) -> Option<Who> {
        let key = self.key(name);
        self.keys.get(&key).cloned().or_else(|| {
            // the key has lost its "các"; one place needs it to be many
            let set = collective::read(&text::search_key(name)).or_else(|| collective::read(&key))?;
            if set.vague { Some(Who::Later) } else { self.sets.get(&set.key).cloned() }
        })
    }

    /// Official name of an agency or group of the register that exists on the day; nothing for any other.
    pub fn official(&self, who: &Who) -> Option<&str> {
        matches!(who, Who::Agency(_) | Who::Collective(_)).then(|| self.official.get(&who.word()?).map(String::as_str))?
    }

    /// Official names of all agencies and groups, for a list to choose from.
    pub fn everybody(&self) -> Vec<String> {
        let mut all: Vec<String> = self.official.iter().filter(|(word, _)| word.contains(':')).map(|(_, name)| name.clone()).collect();
        all.sort_by_key(|name| text::search_key(name));
        all.dedup();
        all
    }

    /// Whether the name says nothing definite ("các cơ quan liên quan"): it means others in each task.
    pub fn vague(&self, name: &str) -> bool {
        self.find(name) == Some(Who::Later)
    }

    /// Agencies and groups that have all these words in a name, in some order: those that begin with them first.
    pub fn search(&self, words: &str, most: usize) -> Vec<(Who, String)> {
        let wanted = text::search_key(words);
        let parts: Vec<&str> = wanted.split(' ').filter(|p| !p.is_empty()).collect();
        let mut found: Vec<(bool, &Who)> = Vec::new();
        for (key, _, who) in self.names.iter().filter(|_| !parts.is_empty()) {
            if self.official(who).is_some() && parts.iter().all(|p| key.contains(p)) && !found.iter().any(|(_, w)| *w == who) {
                found.push((!key.starts_with(&wanted), who));
            }
        }
        found.sort_by_key(|(later, _)| *later);
        found.into_iter().take(most).filter_map(|(_, w)| Some((w.clone(), self.official(w)?.to_owned()))).collect()
    }

    /// The one guess good enough to be chosen beforehand: near, and clearly nearer than any other.
    pub fn suggestion(&self, name: &str) -> Option<Who> {
        if self.vague(name) {
            return None;
        }
        if let Some(known) = self.find(name).or_else(|| self.own(name)) {
            return Some(known);
        }
        let near: Vec<Guess> = self.guesses(name, 4).into_iter().filter(|g| self.official(&g.who).is_some()).collect();
        let best = near.first().filter(|g| g.likeness >= NEAR)?;
        near.get(1).is_none_or(|second| best.likeness - second.likeness >= CLEAR).then(|| best.who.clone())
    }

    /// "Công an xã", "công an phường" with the name of the commune that issues.
    fn own(&self, name: &str) -> Option<Who> {
        let (key, commune) = (self.key(name), self.commune.as_ref()?);
        let kind = key.rsplit(' ').next().filter(|last| LOCAL.contains(last))?;
        let body = key.strip_suffix(kind)?;
        // a ward's police may be called that of the commune
        LOCAL.iter().find_map(|kind| self.keys.get(&self.key(&format!("{body}{kind} {commune}"))).cloned())
    }

    /// The nearest names, best first.
    pub fn guesses(&self, name: &str, most: usize) -> Vec<Guess> {
        let wanted = self.key(name);
        let mut all: Vec<Guess> = self
            .names
            .iter()
            .map(|(k, label, who)| Guess { label: label.clone(), who: who.clone(), likeness: likeness(&wanted, k) })
            .filter(|g| g.likeness > 0.6)
            .collect();
        all.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
        let mut seen = Vec::new();
        all.retain(|g| {
            let new = !seen.contains(&g.who);
            seen.push(g.who.clone());
            new
        });
        all.truncate(most);
        all
    }
}

/// Likeness of two keys. That a department is one of the province is often not written, or written twice.
fn likeness(a: &str, b: &str) -> f64 {
    let bare = |k: &'_ str| k.strip_suffix(" tinh").unwrap_or(k).to_owned();
    let (c, d) = (bare(a), bare(b));
    let whole = text::similarity(a, b);
    if c.len() == a.len() && d.len() == b.len() { whole } else { whole.max(text::similarity(&c, &d) - 0.02) }
}

/// Whether two names of a document are one spelled differently.
pub fn same_name(a: &str, b: &str) -> bool {
    let key = |name: &str| text::search_key(name).trim_start_matches("bo phan ").to_owned();
    key(a) == key(b)
}

/// Keeps a name that a person explained, so that the next plan knows it.
pub fn learn(tx: &mut Tx, reg: &Registry, actor: &Actor, name: &str, who: &Who, seen_in: &str) -> Result<()> {
    let (field, id) = match who {
        Who::Agency(id) => ("agency", id),
        Who::Collective(id) => ("collective", id),
        Who::Chosen(_) | Who::TextOnly | Who::Later => return Ok(()),
    };
    let known = crate::all(tx, reg, actor, "agency_alias", None)?;
    if known.iter().any(|r| r.text("alias").is_some_and(|a| text::search_key(a) == text::search_key(name))) {
        return Ok(());
    }
    let values = BTreeMap::from([
        ("alias".to_owned(), Data::Text(name.to_owned())),
        ("folded".to_owned(), Data::Text(text::search_key(name))),
        (field.to_owned(), Data::Text(id.clone())),
        ("source".to_owned(), Data::Text("learned".into())),
        ("seen_in".to_owned(), Data::Text(seen_in.to_owned())),
    ]);
    actions::create(tx, reg, actor, "agency_alias", values, None).map(drop)
}

/// Agencies behind a name on a day. A collective actor is a rule over agencies; the day decides who exists.
pub fn expand(tx: &mut Tx, reg: &Registry, actor: &Actor, who: &Who, day: &str) -> Result<Vec<String>> {
    match who {
        Who::Agency(id) => Ok(vec![id.clone()]),
        Who::Chosen(ids) => Ok(ids.clone()),
        Who::TextOnly | Who::Later => Ok(vec![]),
        Who::Collective(id) => {
            let scope = actor.may(Verb::Read, "collective_actor")?;
            let rule = actions::get(tx, reg, &scope, id)?.text("rule").unwrap_or_default().to_owned();
            if rule.is_empty() {
                return Ok(vec![]);
            }
            let scope = actor.may(Verb::Read, "agency")?;
            let mut query = Query { predicate: Some(rule), as_of: Some(day.to_owned()), limit: Some(500), ..Query::default() };
            let mut ids = Vec::new();
            loop {
                let page = actions::list(tx, reg, &scope, &query)?;
                ids.extend(page.items.into_iter().map(|r| r.id));
                match page.next {
                    Some(next) => query.after = Some(next),
                    None => return Ok(ids),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The directory of an instance that has only the shipped collective names, and one province.
    fn shipped() -> Directory {
        let csv = include_bytes!("../../../packs/base-2026/data/collective_actor.csv");
        let sheet = documents::read_csv(csv, &documents::ReadOptions::default()).unwrap();
        let mut d = Directory::of(&[]);
        let text = |c: Option<&documents::Cell>| c.map(documents::Cell::to_text).unwrap_or_default();
        for row in &sheet.rows {
            let (name, vague) = (text(row.cells.first()), row.cells.get(3).and_then(documents::Cell::to_bool) == Some(true));
            let who = if vague { Who::Later } else { Who::Collective(name.clone()) };
            for n in std::iter::once(name.clone()).chain(text(row.cells.get(1)).lines().map(str::to_owned)) {
                let set = collective::read(&text::search_key(&n)).and_then(|s| d.sets.get(&s.key).cloned());
                assert!(set.is_none() || set == Some(who.clone()), "«{n}» of «{name}» has the set of another row: {set:?}");
                d.add(&n, &who);
            }
        }
        d
    }

    #[test]
    fn variants_of_the_five_plans_and_others_are_one_actor() {
        let d = shipped();
        for (who, names) in [
            (
                "Các sở, ban, ngành",
                &["Các sở, ban, ngành tỉnh", "các sở, ban, ngành cấp tỉnh", "Các sở, ban, ngành của tỉnh Sao Mai", "sở, ngành"][..],
            ),
            ("Các sở, ban, ngành, đoàn thể cấp tỉnh", &["Các sở, ngành, đoàn thể cấp tỉnh", "Các sở, ban ngành, đoàn thể"]),
            ("UBND cấp xã", &["UBND các xã, phường", "Ủy ban nhân dân các xã, phường, đặc khu"]),
            ("UBND cấp huyện", &["UBND các huyện, thị xã, thành phố", "Ủy ban nhân dân các huyện, thành phố"]),
            ("Các sở, ngành, đoàn thể, địa phương", &["các sở, ngành, đoàn thể, địa phương"]),
            ("Các doanh nghiệp viễn thông", &["Các doanh nghiệp viễn thông trên địa bàn tỉnh"]),
            ("Các doanh nghiệp viễn thông, công nghệ thông tin", &["Các doanh nghiệp viễn thông, công nghệ số"]),
            ("Các doanh nghiệp công nghệ số", &["đơn vị cung cấp hạ tầng số trên địa bàn"]),
            ("Các bộ phận chuyên môn cấp xã", &["Các bộ phận chuyên môn cấp xã"]),
        ] {
            for name in names {
                assert_eq!(d.find(name), Some(Who::Collective(who.to_owned())), "{name}");
            }
        }
        for name in [
            "Các cơ quan, đơn vị có liên quan",
            "các cơ quan, đơn vị",
            "các cơ quan, đơn vị chức năng liên quan",
            "các Sở, Ban ngành và địa phương liên quan",
            "Các cơ quan, đơn vị, các ban, ngành, đoàn thể",
        ] {
            assert_eq!(d.find(name), Some(Who::Later), "{name}");
        }
        assert!(same_name("Văn hoá – xã hội", "Bộ phận Văn hóa - Xã hội") && !same_name("Sở Nội vụ", "Sở Tài chính"));
        for name in ["Sở Nội vụ", "UBND xã", "Công an tỉnh", "các doanh nghiệp tham gia bảo vệ an ninh mạng"] {
            assert_eq!(d.find(name), None, "{name}");
        }
    }
}

//! Who may see what, worked out anew from the text of the definitions and the links between records: not by asking the
//! code under test.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use registers::{Data, FieldType, Record};

use crate::needles::Needles;
use crate::world::{self, World};

/// The eight verbs, as definitions spell them.
pub const VERBS: [&str; 8] = ["read", "create", "update", "transition", "delete", "export", "import", "unmask"];

/// An account: login, role, agency of its grant (`None` = the whole instance).
#[derive(Clone)]
pub struct Person {
    pub login: &'static str,
    pub role: &'static str,
    pub agency: Option<String>,
}

/// How far a verb reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    Nothing,
    Subtree,
    All,
}

/// Everything that is there and whose it is.
pub struct Facts {
    /// Register → role → verbs.
    pub access: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// Permission of roles.toml → role → (verbs, everywhere).
    pub named: BTreeMap<String, BTreeMap<String, (BTreeSet<String>, bool)>>,
    /// Registers without an owner.
    pub reference: BTreeSet<String>,
    /// All records, personal values in clear.
    pub records: BTreeMap<String, Vec<Record>>,
    owner: HashMap<String, Option<String>>,
    parent: HashMap<String, Option<String>>,
    /// Personal values, and the texts of everything that is not personal.
    personal: HashSet<String>,
}

fn toml_of(path: &Path) -> toml::Table {
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Files `modules/*/<folder>/*.toml`.
pub fn module_files(folder: &str) -> Vec<std::path::PathBuf> {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../modules");
    let mut out = Vec::new();
    for m in std::fs::read_dir(modules).unwrap().flatten() {
        let Ok(dir) = std::fs::read_dir(m.path().join(folder)) else { continue };
        out.extend(dir.flatten().map(|f| f.path()).filter(|p| p.extension().is_some_and(|e| e == "toml")));
    }
    out.sort();
    out
}

fn strings(v: Option<&toml::Value>) -> Vec<String> {
    v.and_then(toml::Value::as_array).into_iter().flatten().filter_map(|s| s.as_str().map(str::to_owned)).collect()
}

impl Facts {
    pub fn of(w: &World) -> Self {
        let (mut access, mut reference, mut chains) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        for file in module_files("registers") {
            let t = toml_of(&file);
            let id = t["register"]["id"].as_str().unwrap().to_owned();
            let mut roles = BTreeMap::<String, BTreeSet<String>>::new();
            for (role, verbs) in t.get("access").and_then(toml::Value::as_table).into_iter().flatten() {
                let list = strings(Some(verbs));
                let all = list.iter().any(|v| v == "*");
                roles.insert(role.clone(), if all { VERBS.iter().map(|v| (*v).to_owned()).collect() } else { list.into_iter().collect() });
            }
            access.insert(id.clone(), roles);
            match t["register"].get("scope").and_then(toml::Value::as_str) {
                None => drop(reference.insert(id)),
                Some(chain) => drop(chains.insert(id, chain.to_owned())),
            }
        }
        let mut named = BTreeMap::<String, BTreeMap<String, (BTreeSet<String>, bool)>>::new();
        let roles = toml_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../packs/roles.toml"));
        for role in roles["role"].as_array().unwrap() {
            for rule in role.get("rule").and_then(toml::Value::as_array).into_iter().flatten() {
                for on in strings(rule.get("on")) {
                    let entry = named.entry(on).or_default().entry(role["id"].as_str().unwrap().to_owned()).or_default();
                    entry.0.extend(strings(rule.get("verbs")));
                    entry.1 |= rule.get("everywhere").and_then(toml::Value::as_bool).unwrap_or(false);
                }
            }
        }
        let records: BTreeMap<String, Vec<Record>> =
            w.instance.registry.registers.keys().map(|r| (r.clone(), world::records(&w.instance, r, vec![]))).collect();
        let mut facts = Self { access, named, reference, records, owner: HashMap::new(), parent: HashMap::new(), personal: HashSet::new() };
        facts.owners(&chains);
        facts.personal = facts.personal_values(w);
        facts
    }

    fn owners(&mut self, chains: &BTreeMap<String, String>) {
        let by_id: HashMap<&str, &Record> = self.records.values().flatten().map(|r| (r.id.as_str(), r)).collect();
        let mut owner = HashMap::new();
        for (register, list) in &self.records {
            for r in list {
                let found = chains.get(register).and_then(|chain| {
                    if chain == "id" {
                        return Some(r.id.clone());
                    }
                    let mut at = r;
                    let hops: Vec<&str> = chain.split('.').collect();
                    for hop in &hops[..hops.len() - 1] {
                        at = by_id.get(at.text(hop)?)?;
                    }
                    at.text(hops[hops.len() - 1]).map(str::to_owned)
                });
                owner.insert(r.id.clone(), found);
            }
        }
        self.parent = self.records["agency"].iter().map(|a| (a.id.clone(), a.text("parent").map(str::to_owned))).collect();
        self.owner = owner;
    }

    /// Is the agency the root or below it?
    pub fn below(&self, agency: &str, root: &str) -> bool {
        let mut at = Some(agency.to_owned());
        for _ in 0..20 {
            match at {
                None => return false,
                Some(a) if a == root => return true,
                Some(a) => at = self.parent.get(&a).cloned().flatten(),
            }
        }
        false
    }

    /// How far a person's verb on a register reaches.
    pub fn reach(&self, p: &Person, verb: &str, register: &str) -> Reach {
        let roles = &self.access[register];
        if roles.get("everyone").is_some_and(|v| v.contains(verb)) {
            return Reach::All;
        }
        match roles.get(p.role).is_some_and(|v| v.contains(verb)) {
            false => Reach::Nothing,
            true if p.agency.is_none() || self.reference.contains(register) => Reach::All,
            true => Reach::Subtree,
        }
    }

    /// How far a named permission reaches.
    pub fn permission(&self, p: &Person, verb: &str, name: &str) -> Reach {
        match self.named.get(name).and_then(|r| r.get(p.role)).filter(|r| r.0.contains(verb)) {
            None => Reach::Nothing,
            Some((_, true)) => Reach::All,
            Some(_) if p.agency.is_none() => Reach::All,
            Some(_) => Reach::Subtree,
        }
    }

    /// May this person do this to this record?
    pub fn may(&self, p: &Person, verb: &str, r: &Record) -> bool {
        match self.reach(p, verb, &r.register) {
            Reach::Nothing => false,
            Reach::All => true,
            Reach::Subtree => {
                let root = p.agency.as_deref().unwrap_or_default();
                self.owner.get(&r.id).cloned().flatten().is_some_and(|a| self.below(&a, root))
            }
        }
    }

    /// A record this person may, and one they may not, do this to.
    pub fn examples(&self, p: &Person, verb: &str, register: &str) -> (Option<&Record>, Option<&Record>) {
        let list = &self.records[register];
        (list.iter().find(|r| self.may(p, verb, r)), list.iter().find(|r| !self.may(p, verb, r)))
    }

    fn personal_values(&self, w: &World) -> HashSet<String> {
        let mut out = HashSet::new();
        let mut open = String::new();
        for (register, list) in &self.records {
            let def = &w.instance.registry.registers[register];
            for r in list {
                for f in &def.fields {
                    match r.text(&f.id) {
                        Some(t) if f.sensitive.is_some() && t.len() >= Needles::SHORTEST => {
                            out.insert(t.to_owned());
                        }
                        Some(t) if f.sensitive.is_none() => {
                            open.push_str(t);
                            open.push('\n');
                        }
                        _ => {}
                    }
                }
            }
        }
        // the number of an office that stands openly elsewhere is no secret
        let elsewhere: HashSet<String> = Needles::new(HashSet::new(), out.iter().cloned()).found_in(&open).into_iter().collect();
        out.retain(|v| !elsewhere.contains(v));
        out
    }

    /// Everything this person must never see: ids and texts of records outside their scope, and all personal values.
    pub fn forbidden(&self, w: &World, p: &Person) -> Needles {
        let (mut ids, mut texts, mut open, mut linked) = (HashSet::new(), HashSet::new(), String::new(), HashSet::new());
        for (register, list) in &self.records {
            let def = &w.instance.registry.registers[register];
            for r in list {
                let words =
                    def.fields.iter().filter(|f| f.sensitive.is_none() && is_words(&f.kind)).filter_map(|f| match r.fields.get(&f.id) {
                        Some(Data::Text(t)) => Some(t.as_str()),
                        _ => None,
                    });
                if self.may(p, "read", r) {
                    // the id that one's own record points to is part of one's own record; what it is called is not
                    for v in r.fields.values() {
                        match v {
                            Data::Text(id) if id.len() == 36 => drop(linked.insert(id.clone())),
                            Data::Links(l) => linked.extend(l.iter().cloned()),
                            _ => {}
                        }
                    }
                    for t in words.chain([r.title.as_str()]) {
                        open.push_str(t);
                        open.push('\n');
                    }
                } else {
                    ids.insert(r.id.clone());
                    texts.extend(words.map(str::to_owned));
                    if !r.title.contains('·') {
                        texts.insert(r.title.clone());
                    }
                }
            }
        }
        ids.retain(|id: &String| !linked.contains(id));
        open.push_str(&vocabulary(w));
        texts.retain(|t| t.len() >= Needles::SHORTEST);
        let shared: HashSet<String> = Needles::new(HashSet::new(), texts.iter().cloned()).found_in(&open).into_iter().collect();
        texts.retain(|t| !shared.contains(t));
        Needles::new(ids, texts.into_iter().chain(self.personal.iter().cloned()))
    }
}

/// Fields whose text is somebody's own words, not a code of a list.
fn is_words(k: &FieldType) -> bool {
    !matches!(k, FieldType::Choice(_) | FieldType::Link(_) | FieldType::Links(_) | FieldType::Date | FieldType::Year | FieldType::Bool)
}

/// Words of the software itself: labels of registers, fields, options and indicators.
fn vocabulary(w: &World) -> String {
    let mut out = String::new();
    for d in w.instance.registry.registers.values() {
        out.push_str(&d.register.label.vi);
        out.push('\n');
        for f in &d.fields {
            out.push_str(&format!("{}\n{}\n", f.label.vi, f.help.vi));
        }
    }
    for c in w.instance.registry.choices.values() {
        for o in &c.options {
            out.push_str(&format!("{}\n", o.label.vi));
        }
    }
    for (_, label) in targets::all_indicators() {
        out.push_str(&format!("{label}\n"));
    }
    out
}

/// The people of the matrix.
pub fn people(w: &World) -> Vec<Person> {
    let agency = |name: &str| Some(world::agency_named(&w.instance, name));
    let commune = || agency("Ủy ban nhân dân xã Bến Lau");
    let health = || agency("Sở Y tế");
    vec![
        Person { login: "canbo", role: "standing_officer", agency: None },
        Person { login: "lanhdao", role: "standing_head", agency: None },
        Person { login: "daumoi", role: "contact", agency: commune() },
        Person { login: "daumoi2", role: "contact", agency: Some(world::another_commune(&w.instance)) },
        Person { login: "chutich", role: "head", agency: commune() },
        Person { login: "syt", role: "contact", agency: health() },
        Person { login: "kythuat", role: "technician", agency: health() },
        Person { login: "giangvien", role: "trainer", agency: health() },
        Person { login: "thanhtra", role: "inspector", agency: None },
        Person { login: "thanhtra2", role: "inspector", agency: health() },
        Person { login: "bo", role: "ministry", agency: None },
        Person { login: "quantri", role: "admin", agency: None },
        Person { login: "khongquyen", role: "", agency: None },
    ]
}

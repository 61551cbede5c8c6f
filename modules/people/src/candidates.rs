//! Who should have an account and has none: contact points and heads of agencies. And whose invitation waits.

use std::collections::{BTreeMap, BTreeSet};

use access::{Account, Actor, Verb};
use registers::{Query, Record, Registry};
use store::{Result, Tx};

use crate::every;

/// Somebody with a duty and without an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Person record.
    pub person: String,
    /// Full name.
    pub name: String,
    /// The agency of the first duty.
    pub agency: String,
    /// Its name.
    pub agency_name: String,
    /// A short word for it.
    pub agency_short: String,
    /// Kind of that agency, an option of `agency_kind`.
    pub kind: String,
    /// Where mail goes, in clear: for the account, never for a page.
    pub email: Option<String>,
    /// Role and agency of each duty.
    pub duties: Vec<(&'static str, String)>,
}

/// Duties in agencies whose accounts the actor manages and whose contact points the actor may read, valid today; those of
/// the kinds named (none named = all). By name of the agency, then of the person.
pub fn candidates(tx: &mut Tx, reg: &Registry, actor: &Actor, kinds: &[String]) -> Result<Vec<Candidate>> {
    let manage = actor.may(Verb::Update, "account")?;
    actor.may(Verb::Read, "contact_point")?;
    let mut agencies: BTreeMap<String, Record> = BTreeMap::new();
    for a in every(tx, reg, &actor.may(Verb::Read, "agency")?, Query::default())? {
        let wanted = kinds.is_empty() || a.text("kind").is_some_and(|k| kinds.iter().any(|x| x == k));
        if wanted && web::agency_path(tx, &a.id)?.is_some_and(|p| manage.covers(&p)) {
            agencies.insert(a.id.clone(), a);
        }
    }
    // the program itself reads the addresses, to write to them; the pages show only whether there is one
    let program = Actor::system("people.invite");
    let points = every(tx, reg, &program.may(Verb::Unmask, "contact_point")?, Query::default())?;
    let mut duties: BTreeMap<String, Vec<(&'static str, String)>> = BTreeMap::new();
    let mut mail: BTreeMap<String, String> = BTreeMap::new();
    for p in &points {
        let (Some(agency), Some(person)) = (p.link("agency").filter(|a| agencies.contains_key(*a)), p.link("person")) else { continue };
        duties.entry(person.to_owned()).or_default().push(("contact", agency.to_owned()));
        if let Some(e) = p.text("email").filter(|e| !e.is_empty()) {
            mail.entry(person.to_owned()).or_insert_with(|| e.to_owned());
        }
    }
    for a in agencies.values() {
        if let Some(head) = a.link("head") {
            duties.entry(head.to_owned()).or_default().push(("head", a.id.clone()));
        }
    }
    let people = persons(tx, reg, &program, duties.keys().cloned().collect())?;
    let have = Have::of(tx, actor)?;
    let mut out = Vec::new();
    for (person, mut duties) in duties {
        let Some(p) = people.get(&person).filter(|p| p.bool("active") != Some(false)) else { continue };
        duties.sort();
        duties.dedup();
        let Some(agency) = duties.first().and_then(|(_, a)| agencies.get(a)) else { continue };
        let name = p.text("full_name").unwrap_or(&p.title).to_owned();
        if have.has(&person, &name, duties.iter().map(|d| d.1.as_str())) {
            continue;
        }
        out.push(Candidate {
            email: mail.remove(&person).or_else(|| p.text("email").filter(|e| !e.is_empty()).map(str::to_owned)),
            person,
            name,
            agency: agency.id.clone(),
            agency_name: agency.title.clone(),
            agency_short: agency.text("short_name").filter(|s| !s.is_empty()).unwrap_or(&agency.title).to_owned(),
            kind: agency.text("kind").unwrap_or_default().to_owned(),
            duties,
        });
    }
    out.sort_by_cached_key(|c| (text::sort_key(&c.agency_name), text::sort_key(&c.name)));
    Ok(out)
}

fn persons(tx: &mut Tx, reg: &Registry, program: &Actor, ids: Vec<String>) -> Result<BTreeMap<String, Record>> {
    let scope = program.may(Verb::Unmask, "person")?;
    let mut out = BTreeMap::new();
    for part in ids.chunks(400) {
        let found = every(tx, reg, &scope, Query { ids: Some(part.to_vec()), ..Query::default() })?;
        out.extend(found.into_iter().map(|p| (p.id.clone(), p)));
    }
    Ok(out)
}

/// Who has an account: by the person record, or, for accounts made by hand without one, by name and agency.
struct Have {
    people: BTreeSet<String>,
    names: BTreeSet<(String, String)>,
}

impl Have {
    fn of(tx: &mut Tx, actor: &Actor) -> Result<Self> {
        let all = access::every_account(tx, &actor.may(Verb::Read, "account")?)?;
        let people = all.iter().filter_map(|a| a.person.clone()).collect();
        let unlinked = all.iter().filter(|a| a.person.is_none());
        let names = unlinked.filter_map(|a| Some((a.agency.clone()?, text::fold(&a.name)))).collect();
        Ok(Self { people, names })
    }
    fn has<'a>(&self, person: &str, name: &str, mut agencies: impl Iterator<Item = &'a str>) -> bool {
        self.people.contains(person) || agencies.any(|a| self.names.contains(&(a.to_owned(), text::fold(name))))
    }
}

/// Accounts that were made and never used: open, never signed in, still with a temporary password or none.
pub fn unused(tx: &mut Tx, actor: &Actor) -> Result<Vec<Account>> {
    let scope = actor.may(Verb::Read, "account")?;
    let mut list = access::every_account(tx, &scope)?;
    list.retain(|a| a.must_change && a.last_sign_in_at.is_none() && a.disabled_at.is_none() && a.id != actor.id);
    Ok(list)
}

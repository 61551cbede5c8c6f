//! Verbs, roles, actors and the scopes they mint.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use store::{Error, Result};

/// What somebody wants to do to records of a register (or to a named permission such as `plan.import`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// See, list, search, count.
    Read,
    /// Add a record.
    Create,
    /// Change fields.
    Update,
    /// Move to another state, approve, confirm.
    Transition,
    /// Withdraw a record (it stays in history).
    Delete,
    /// Take away as a file.
    Export,
    /// Bring in from a file.
    Import,
    /// See a masked personal field in clear; every use is logged.
    Unmask,
}

/// Part of the agency tree a grant reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subtree {
    /// The whole instance.
    All,
    /// Agencies whose `path` starts with one of these prefixes (`/id/id/`).
    Paths(Vec<String>),
}

/// Proof that somebody may do `verb` to records of `register` in `subtree`. Only [`Actor::may`] makes one.
#[derive(Debug, Clone)]
pub struct Scope {
    register: String,
    verb: Verb,
    subtree: Subtree,
    rights: Rights,
}
impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        (&self.register, self.verb, &self.subtree) == (&other.register, other.verb, &other.subtree)
    }
}
impl Eq for Scope {}

/// What [`Actor::may`] decides from; a [`Scope`] keeps it so that links into other registers are shown by their own rights.
#[derive(Debug, Clone)]
struct Rights {
    kind: ActorKind,
    grants: Arc<[GrantInfo]>,
    roles: Arc<Roles>,
    narrowing: Option<Arc<Narrowing>>,
}
impl Scope {
    /// Register (or permission) it was minted for.
    pub fn register(&self) -> &str {
        &self.register
    }
    /// Verb it was minted for.
    pub fn verb(&self) -> Verb {
        self.verb
    }
    /// Whose records.
    pub fn subtree(&self) -> &Subtree {
        &self.subtree
    }
    /// May the same actor do this to another register? (Titles of links, personal fields.)
    pub fn may(&self, verb: Verb, register: &str) -> Result<Scope> {
        self.rights.may(verb, register)
    }
    /// Does the program itself act (jobs, rules)?
    pub fn is_system(&self) -> bool {
        self.rights.kind == ActorKind::System
    }
    /// Does it reach the agency with this path?
    pub fn covers(&self, path: &str) -> bool {
        match &self.subtree {
            Subtree::All => true,
            Subtree::Paths(list) => list.iter().any(|p| path.starts_with(p.as_str())),
        }
    }
}

/// One line of a role: verbs on registers. `"*"` stands for every register; a register may have reference data
/// that everybody reads whole (`everywhere`).
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// Register ids, permission names, or `*`.
    pub on: Vec<String>,
    /// Verbs allowed.
    pub verbs: BTreeSet<Verb>,
    /// Reaches the whole instance whatever the grant's subtree (code lists, agencies' public fields).
    #[serde(default)]
    pub everywhere: bool,
}

/// A role, given as data (`roles.toml`).
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Id, English, snake_case.
    pub id: String,
    /// Vietnamese and English label.
    pub label: BTreeMap<String, String>,
    /// Who holds it signs in with a second factor.
    #[serde(default)]
    pub second_factor: bool,
    /// What it may.
    #[serde(default, rename = "rule")]
    pub rules: Vec<RoleRule>,
}

/// All roles of the instance.
#[derive(Debug, Clone, Default)]
pub struct Roles(pub BTreeMap<String, Role>);

/// One grant of an account, with the agency's present path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantInfo {
    /// Role id.
    pub role: String,
    /// Agency at the root of the subtree; `None` = the whole instance.
    pub agency: Option<String>,
    /// Its path; `None` = the whole instance.
    pub path: Option<String>,
}

/// Through which door the actor came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// A person with a session.
    Person,
    /// An API token.
    Token,
    /// The program itself (jobs, demo, migration); may everything, and the ledger says so.
    System,
}

/// What a token keeps of its account's rights. `None` = no narrowing of that kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Narrowing {
    /// Verbs kept.
    pub verbs: Option<BTreeSet<Verb>>,
    /// Registers and permission names kept.
    pub registers: Option<BTreeSet<String>>,
}
impl Narrowing {
    /// Does the door let this through?
    pub fn lets(&self, verb: Verb, register: &str) -> bool {
        self.verbs.as_ref().is_none_or(|v| v.contains(&verb)) && self.registers.as_ref().is_none_or(|r| r.contains(register))
    }
}

/// Role that every signed-in account holds without a grant. Only its `everywhere` rules count: it has no subtree.
pub const EVERYONE: &str = "everyone";

/// Somebody who acts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Account id (or `system:<what>`): goes to the ledger as `who`.
    pub id: String,
    /// Name shown.
    pub name: String,
    /// Door kind.
    pub kind: ActorKind,
    /// Agency the account belongs to (home page, defaults).
    pub agency: Option<String>,
    /// Person record behind the account, if linked.
    pub person: Option<String>,
    grants: Arc<[GrantInfo]>,
    roles: Arc<Roles>,
    narrowing: Option<Arc<Narrowing>>,
}

impl Actor {
    /// Built by sign-in from stored grants (and by tests).
    pub fn new(
        id: &str,
        name: &str,
        kind: ActorKind,
        agency: Option<String>,
        person: Option<String>,
        grants: Vec<GrantInfo>,
        roles: Arc<Roles>,
    ) -> Self {
        Self { id: id.into(), name: name.into(), kind, agency, person, grants: grants.into(), roles, narrowing: None }
    }
    /// The program itself.
    pub fn system(what: &str) -> Self {
        Self::new(&format!("system:{what}"), "Hệ thống", ActorKind::System, None, None, vec![], Arc::default())
    }
    /// The same actor behind a narrower door. Narrowing twice keeps only what both let through.
    #[must_use]
    pub fn narrowed(mut self, by: Narrowing) -> Self {
        fn both<T: Ord + Clone>(a: Option<&BTreeSet<T>>, b: Option<&BTreeSet<T>>) -> Option<BTreeSet<T>> {
            match (a, b) {
                (Some(a), Some(b)) => Some(a.intersection(b).cloned().collect()),
                (one, None) | (None, one) => one.cloned(),
            }
        }
        let old = self.narrowing.as_deref().cloned().unwrap_or_default();
        self.narrowing = Some(Arc::new(Narrowing {
            verbs: both(old.verbs.as_ref(), by.verbs.as_ref()),
            registers: both(old.registers.as_ref(), by.registers.as_ref()),
        }));
        self
    }
    /// Grants of this actor.
    pub fn grants(&self) -> &[GrantInfo] {
        &self.grants
    }
    /// May the actor do `verb` on `register` (or permission name)? The answer says to whose records.
    /// An unknown role, and an agency whose path is unknown or malformed, give nothing.
    pub fn may(&self, verb: Verb, register: &str) -> Result<Scope> {
        Rights { kind: self.kind, grants: self.grants.clone(), roles: self.roles.clone(), narrowing: self.narrowing.clone() }
            .may(verb, register)
    }
    /// The roles the actor's grants are read with.
    pub(crate) fn roles(&self) -> Arc<Roles> {
        self.roles.clone()
    }
    /// Does one of the actor's roles ask for a second factor?
    pub fn needs_second_factor(&self) -> bool {
        self.grants.iter().any(|g| self.roles.0.get(&g.role).is_some_and(|r| r.second_factor))
    }
    /// Has the actor this role (by any grant)? Used by transitions that name roles.
    pub fn has_role(&self, role: &str) -> bool {
        self.kind == ActorKind::System || self.grants.iter().any(|g| g.role == role)
    }
}

impl Rights {
    fn may(&self, verb: Verb, register: &str) -> Result<Scope> {
        let mint = |subtree| Scope { register: register.to_owned(), verb, subtree, rights: self.clone() };
        if self.narrowing.as_ref().is_some_and(|n| !n.lets(verb, register)) {
            return Err(refused(register));
        }
        if self.kind == ActorKind::System {
            return Ok(mint(Subtree::All));
        }
        let mut paths: Vec<&str> = Vec::new();
        for grant in self.grants.iter() {
            let Some(role) = self.roles.0.get(&grant.role) else {
                continue;
            };
            match role.reach(verb, register) {
                None => {}
                Some(Reach::Everywhere) => return Ok(mint(Subtree::All)),
                Some(Reach::Grant) => match (&grant.agency, &grant.path) {
                    (None, None) => return Ok(mint(Subtree::All)),
                    (_, Some(path)) if is_path(path) => paths.push(path),
                    _ => {}
                },
            }
        }
        let shared = self.roles.0.get(EVERYONE).and_then(|r| r.reach(verb, register));
        if shared == Some(Reach::Everywhere) {
            return Ok(mint(Subtree::All));
        }
        let paths = outermost(paths);
        if paths.is_empty() { Err(refused(register)) } else { Ok(mint(Subtree::Paths(paths))) }
    }
}

/// How far a role's best rule for a question reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Grant,
    Everywhere,
}

impl Role {
    fn reach(&self, verb: Verb, register: &str) -> Option<Reach> {
        let fits = |r: &&RoleRule| r.verbs.contains(&verb) && r.on.iter().any(|o| o == "*" || o == register);
        self.rules.iter().filter(fits).map(|r| if r.everywhere { Reach::Everywhere } else { Reach::Grant }).max()
    }
}

/// `/id/id/`: starts and ends with a slash and has no empty part. Anything else would match too much as a prefix.
fn is_path(path: &str) -> bool {
    path.len() > 2 && path.starts_with('/') && path.ends_with('/') && !path.contains("//")
}

/// Drops paths that lie inside another one, so that the SQL predicate stays short. Sorted.
fn outermost(mut paths: Vec<&str>) -> Vec<String> {
    paths.sort_unstable();
    let mut out: Vec<String> = Vec::new();
    for p in paths {
        if !out.last().is_some_and(|o| p.starts_with(o.as_str())) {
            out.push(p.to_owned());
        }
    }
    out
}

fn refused(register: &str) -> Error {
    Error::Forbidden(format!("Tài khoản của bạn không có quyền này ({register}). Liên hệ quản trị viên của cơ quan thường trực."))
}

impl Roles {
    /// Reads `roles.toml` files (`[[role]] id, label, [[role.rule]] on, verbs, everywhere`), given as (path, text).
    /// Rules of a role that stands in several files add up; the label of the first stays.
    pub fn from_toml(files: &[(&str, &str)]) -> Result<Self> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(default, rename = "role")]
            roles: Vec<Role>,
        }
        let mut all = BTreeMap::<String, Role>::new();
        for (path, text) in files {
            let file: File = toml::from_str(text).map_err(|e| Error::BadRequest(format!("{path}: {e}")))?;
            for role in file.roles {
                if role.id.is_empty() || !role.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
                    return Err(Error::BadRequest(format!("{path}: mã vai trò “{}” chỉ được gồm a-z, 0-9 và _.", role.id)));
                }
                match all.get_mut(&role.id) {
                    Some(known) => {
                        known.second_factor |= role.second_factor;
                        known.rules.extend(role.rules);
                    }
                    None => {
                        all.insert(role.id.clone(), role);
                    }
                }
            }
        }
        Ok(Self(all))
    }

    /// Does the reach of a grant matter to this role? (It does unless every rule of it is `everywhere`.) An unknown role: yes.
    pub fn is_scoped(&self, role: &str) -> bool {
        self.0.get(role).is_none_or(|r| r.rules.iter().any(|rule| !rule.everywhere))
    }

    /// The agency of a grant as a door was told it: an agency, or `whole` said in so many words. Nothing said is an error where
    /// it matters, never the whole instance.
    pub fn reach(&self, role: &str, agency: Option<String>, whole: bool) -> Result<Option<String>> {
        match agency.filter(|a| !a.is_empty()) {
            _ if whole => Ok(None),
            Some(a) => Ok(Some(a)),
            None if !self.is_scoped(role) => Ok(None),
            None => Err(Error::invalid("agency", "Chọn cơ quan, hoặc nói rõ là toàn hệ thống: để trống không có nghĩa là toàn hệ thống.")),
        }
    }
}

#[cfg(test)]
#[path = "scope_tests.rs"]
mod tests;

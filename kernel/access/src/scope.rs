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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    register: String,
    verb: Verb,
    subtree: Subtree,
}
impl Scope {
    /// Register (or permission) it was minted for.
    pub fn register(&self) -> &str { &self.register }
    /// Verb it was minted for.
    pub fn verb(&self) -> Verb { self.verb }
    /// Whose records.
    pub fn subtree(&self) -> &Subtree { &self.subtree }
    /// Does it reach the agency with this path?
    pub fn covers(&self, path: &str) -> bool {
        match &self.subtree { Subtree::All => true, Subtree::Paths(list) => list.iter().any(|p| path.starts_with(p.as_str())) }
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
}

impl Actor {
    /// Built by sign-in from stored grants (and by tests).
    pub fn new(id: &str, name: &str, kind: ActorKind, agency: Option<String>, person: Option<String>, grants: Vec<GrantInfo>, roles: Arc<Roles>) -> Self {
        Self { id: id.into(), name: name.into(), kind, agency, person, grants: grants.into(), roles }
    }
    /// The program itself.
    pub fn system(what: &str) -> Self {
        Self::new(&format!("system:{what}"), "Hệ thống", ActorKind::System, None, None, vec![], Arc::default())
    }
    /// Grants of this actor.
    pub fn grants(&self) -> &[GrantInfo] { &self.grants }
    /// May the actor do `verb` on `register` (or permission name)? The answer says to whose records.
    pub fn may(&self, verb: Verb, register: &str) -> Result<Scope> {
        let mint = |subtree| Scope { register: register.to_owned(), verb, subtree };
        if self.kind == ActorKind::System { return Ok(mint(Subtree::All)); }
        let mut paths: Vec<String> = Vec::new();
        for g in self.grants.iter() {
            let Some(role) = self.roles.0.get(&g.role) else { continue };
            for r in &role.rules {
                if !r.verbs.contains(&verb) || !r.on.iter().any(|o| o == "*" || o == register) { continue; }
                match (&g.path, r.everywhere) {
                    (_, true) | (None, _) if g.agency.is_none() || r.everywhere => return Ok(mint(Subtree::All)),
                    (Some(p), _) => { if !paths.contains(p) { paths.push(p.clone()); } }
                    (None, _) => {}
                }
            }
        }
        if paths.is_empty() {
            return Err(Error::Forbidden(format!("Tài khoản của bạn không có quyền này ({register}). Liên hệ quản trị viên của cơ quan thường trực.")));
        }
        Ok(mint(Subtree::Paths(paths)))
    }
}

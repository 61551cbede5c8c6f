//! Who may do what to whose records.
//!
//! A grant = account × role × agency subtree. [`Actor::may`] is the only mint of a [`Scope`]; nothing can be
//! listed, counted, searched, exported or suggested without one.

mod scope;

pub use scope::{Actor, ActorKind, GrantInfo, Roles, Role, RoleRule, Scope, Subtree, Verb};

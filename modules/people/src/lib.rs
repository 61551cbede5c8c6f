//! People, dated posts, contact points, experts, force models. README.md says what the words mean.

mod api;
mod candidates;
mod demo;
pub mod invite;
mod login;
mod names;
mod pages;
mod review;
pub mod slips;

use std::sync::Arc;

use access::{Roles, Verb};
use registers::{Query, Record, Registry, actions};
use store::{Result, Tx};
use web::{App, Cx, DemoContext, L, MenuItem, Module, Place, Source, WorkItem, sources};

pub use candidates::{Candidate, candidates, unused};

/// The module's table of contents.
pub struct People;

impl Module for People {
    fn name(&self) -> &'static str {
        "people"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(
            registers: ["contact_point", "expert", "force_model", "person", "post"],
            choices: ["audience", "contact_channel", "force_model_kind", "post_category", "staff_kind"],
        )
    }
    fn pages(&self) -> axum::Router<App> {
        pages::routes()
    }
    fn api(&self) -> axum::Router<App> {
        api::routes()
    }
    fn openapi(&self) -> serde_json::Map<String, serde_json::Value> {
        api::openapi()
    }
    fn menu(&self) -> Vec<MenuItem> {
        vec![MenuItem::new(Place::Admin, L("Cấp tài khoản hàng loạt", "Accounts in bulk"), pages::LIST).needs(Verb::Update, "account")]
    }
    fn handlers(&self, registry: &Arc<Registry>, roles: &Arc<Roles>) -> Vec<(&'static str, work::JobHandler)> {
        vec![(invite::JOB, invite::handler(registry, roles))]
    }
    fn home(&self, cx: &Cx<'_>, tx: &mut Tx, actor: &access::Actor) -> Result<Vec<WorkItem>> {
        review::home(cx, tx, actor)
    }
    fn to_review(&self, cx: &Cx<'_>, tx: &mut Tx, accounts: &[access::Account]) -> Result<Vec<(String, String)>> {
        review::to_review(cx, tx, accounts)
    }
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        demo::sow(cx)
    }
}

/// All records a scope reaches and a question asks for.
pub(crate) fn every(tx: &mut Tx, reg: &Registry, scope: &access::Scope, mut query: Query) -> Result<Vec<Record>> {
    query.limit = Some(500);
    query.uncounted = true;
    let mut found = Vec::new();
    loop {
        let page = actions::list(tx, reg, scope, &query)?;
        found.extend(page.items);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(found),
        }
    }
}

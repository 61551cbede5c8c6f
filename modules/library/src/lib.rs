//! Documents in force and their relations, and those that go out. README.md says what the words mean.

mod cli;
pub mod outgoing;
mod pages;

use web::axum::Router;
use web::{App, Command, Module, Source, sources};

/// The module's table of contents.
pub struct Library;

impl Module for Library {
    fn name(&self) -> &'static str {
        "library"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(registers: ["cooperation_event", "document", "document_relation", "legal_review", "outgoing_document", "partner", "working_regulation"],
            choices: ["cooperation_kind", "document_kind", "partner_kind", "relation_kind"],)
    }
    fn pages(&self) -> Router<App> {
        pages::router()
    }
    fn api(&self) -> Router<App> {
        pages::api()
    }
    fn openapi(&self) -> serde_json::Map<String, serde_json::Value> {
        pages::openapi()
    }
    fn commands(&self) -> Vec<Command> {
        cli::commands()
    }
}

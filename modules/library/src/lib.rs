//! Documents in force and their relations. README.md says what the words mean.

use web::{Module, Source, sources};

/// The module's table of contents.
pub struct Library;

impl Module for Library {
    fn name(&self) -> &'static str {
        "library"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(registers: ["document", "document_relation"], choices: ["document_kind", "relation_kind"])
    }
}

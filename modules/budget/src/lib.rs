//! Budget lines. README.md says what the words mean.

mod demo;

use store::Result;
use web::{DemoContext, Module, Source, sources};

/// The module's table of contents.
pub struct Budget;

impl Module for Budget {
    fn name(&self) -> &'static str {
        "budget"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(registers: ["budget_line"], choices: ["budget_class", "budget_phase", "budget_source"])
    }
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        demo::sow(cx)
    }
}

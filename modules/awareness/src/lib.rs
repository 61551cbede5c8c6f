//! Awareness work. README.md says what the words mean.

mod demo;

use store::Result;
use web::{DemoContext, Module, Source, sources};

/// The module's table of contents.
pub struct Awareness;

impl Module for Awareness {
    fn name(&self) -> &'static str {
        "awareness"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(
            registers: [
                "awareness_activity", "awareness_attendance", "awareness_coverage", "awareness_declaration", "club", "enrolment_figure", "survey",
            ],
            choices: ["awareness_kind", "club_kind", "coverage_method", "survey_kind"],
        )
    }
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        demo::sow(cx)
    }
}

//! Information systems, levels, controls, four layers. README.md says what the words mean.

mod demo;

use store::Result;
use web::{DemoContext, Module, Source, sources};

/// The module's table of contents.
pub struct Systems;

impl Module for Systems {
    fn name(&self) -> &'static str {
        "systems"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(
            registers: ["control", "control_answer", "layer", "security_assessment", "system", "system_layer"],
            choices: ["assessment_kind", "assessment_result", "control_group", "control_result", "dossier_state", "hosting", "system_kind"],
        )
    }
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        demo::sow(cx)
    }
}

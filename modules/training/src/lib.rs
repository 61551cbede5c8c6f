//! Training, certificates, drills. README.md says what the words mean.

mod demo;

use store::Result;
use web::{DemoContext, Module, Source, sources};

/// The module's table of contents.
pub struct Training;

impl Module for Training {
    fn name(&self) -> &'static str {
        "training"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(
            registers: [
                "certificate", "certificate_kind", "course", "drill", "drill_participation", "equivalence", "issuing_body", "programme_cell", "recognition",
                "training_class", "training_record",
            ],
            choices: ["cert_origin", "drill_kind", "drill_role", "train_form", "train_level", "train_result", "train_topic"],
        )
    }
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        demo::sow(cx)
    }
}

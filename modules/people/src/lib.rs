//! People, dated posts, contact points, experts, force models. README.md says what the words mean.

mod demo;
mod names;

use store::Result;
use web::{DemoContext, Module, Source, sources};

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
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        demo::sow(cx)
    }
}

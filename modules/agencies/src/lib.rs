//! Agencies, heads, lines, succession; provinces and communes. README.md says what the words mean.

mod demo;
pub mod names;
pub mod setup;

use store::Result;
use web::{DemoContext, Module, Source, sources};

/// The module's table of contents.
pub struct Agencies;

impl Module for Agencies {
    fn name(&self) -> &'static str {
        "agencies"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(
            registers: ["agency", "agency_alias", "agency_line", "agency_succession", "collective_actor", "commune", "province"],
            choices: ["agency_kind", "agency_level", "alias_source", "commune_kind", "education_level", "line_kind", "province_kind", "succession_kind"],
        )
    }
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        demo::sow(cx)
    }
}

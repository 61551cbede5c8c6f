//! Products, assessments, deployments. README.md says what the words mean.

mod demo;

use store::Result;
use web::{DemoContext, Module, Source, sources};

/// The module's table of contents.
pub struct Products;

impl Module for Products {
    fn name(&self) -> &'static str {
        "products"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(registers: ["assessment_body", "deployment", "product", "product_assessment", "product_notice"], choices: ["check_result", "product_check", "product_kind", "product_origin"])
    }
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        demo::sow(cx)
    }
}

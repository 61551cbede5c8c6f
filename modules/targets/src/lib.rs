//! Indicators and targets: figures from live registers, each opening to agencies and records. README.md says what the words mean.

mod api;
mod catalogue;
mod cli;
mod figures;
mod goals;
mod pages;
mod quality;
mod scores;
mod store;

use ::store::{Result, Tx};
use access::{Actor, Verb};
use web::axum::Router;
use web::maud::Markup;
use web::{App, Command, Cx, DemoContext, Job, L, MenuItem, Module, Place, Source, WorkItem, sources};

pub use catalogue::{Catalogue, Suggestion, all_indicators, in_percent, no_source, suggest, suggest_why};
pub use figures::{
    AgencyFigure, Counted, Goal, Headline, by_agency, counted, headline, headline_within, is_state, rollup, summed_up, tone, verdict_of,
    verdict_words, words,
};
pub use rules::{Figure, FigureKind, Indicator, Outcome, Quality, Verdict};

/// The module's table of contents.
pub struct Targets;

impl Module for Targets {
    fn name(&self) -> &'static str {
        "targets"
    }
    fn sources(&self) -> Vec<Source> {
        sources!(registers: ["quality_score"], choices: [])
    }
    fn jobs(&self) -> Vec<Job> {
        vec![Job { name: "quality", every_s: 6 * 3600, run: scores::monthly }]
    }
    fn demo(&self, cx: &mut DemoContext<'_, '_>) -> Result<()> {
        scores::sow(cx)
    }
    fn pages(&self) -> Router<App> {
        pages::router()
    }
    fn api(&self) -> Router<App> {
        api::router()
    }
    fn openapi(&self) -> serde_json::Map<String, serde_json::Value> {
        api::openapi()
    }
    fn menu(&self) -> Vec<MenuItem> {
        vec![
            MenuItem::new(Place::Work, L("Chỉ tiêu", "Targets"), "/targets").needs(Verb::Read, "figure"),
            MenuItem::new(Place::Work, L("Chất lượng dữ liệu", "Data quality"), "/quality").needs(Verb::Read, "figure"),
        ]
    }
    fn commands(&self) -> Vec<Command> {
        cli::commands()
    }
    fn home(&self, cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
        pages::quality::home(cx, tx, actor)
    }
    fn home_figures(&self, cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Option<Markup>> {
        pages::home(cx, tx, actor)
    }
}

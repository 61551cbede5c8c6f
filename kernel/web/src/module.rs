//! The contract of a module: its table of contents, and what it may add to shared pages.

use std::sync::Arc;

use access::{Account, Actor, Roles, Verb};
use axum::Router;
use maud::Markup;
use registers::{Record, Registry};
use store::{Result, Tx};

use crate::app::App;
use crate::demo::DemoContext;
use crate::fmt;
use crate::i18n::{L, Lang};

/// One part of the domain. `server/src/modules.rs` is one plain list of them.
/// Everything but the name has a default, so that a small module is a small file.
pub trait Module: Sync + Send {
    /// = folder = crate = URL prefix = permission prefix = CLI word.
    fn name(&self) -> &'static str;
    /// Its TOML files (registers, choices, roles, indicators), embedded with `include_str!`.
    fn sources(&self) -> Vec<Source> {
        vec![]
    }
    /// Rules about the steps of a register that no expression can say.
    fn gates(&self) -> Vec<(&'static str, registers::actions::Gate)> {
        vec![]
    }
    /// SQL beyond what definitions give.
    fn migrations(&self) -> Vec<store::Migration> {
        vec![]
    }
    /// Hand-made pages, absolute paths under `/<name>`.
    fn pages(&self) -> Router<App> {
        Router::new()
    }
    /// Hand-made API, absolute paths under `/api/v1/<name>`.
    fn api(&self) -> Router<App> {
        Router::new()
    }
    /// Path items of OpenAPI 3.1 for [`Module::api`]: a JSON object, path → item.
    fn openapi(&self) -> serde_json::Map<String, serde_json::Value> {
        serde_json::Map::new()
    }
    /// Lines in the side menu.
    fn menu(&self) -> Vec<MenuItem> {
        vec![]
    }
    /// Words of the command line.
    fn commands(&self) -> Vec<Command> {
        vec![]
    }
    /// Work done on a schedule.
    fn jobs(&self) -> Vec<Job> {
        vec![]
    }
    /// Long work that pages ask for with [`work::enqueue`]: kind of job and who does it.
    fn handlers(&self, _registry: &Arc<Registry>, _roles: &Arc<Roles>) -> Vec<(&'static str, work::JobHandler)> {
        vec![]
    }
    /// Which of these accounts belong to somebody who no longer holds the post they were made for: account id and why.
    fn to_review(&self, _cx: &Cx<'_>, _tx: &mut Tx, _accounts: &[Account]) -> Result<Vec<(String, String)>> {
        Ok(vec![])
    }
    /// Open work of the person behind an account, in numbers.
    fn open_work(&self, _cx: &Cx<'_>, _tx: &mut Tx, _account: &Account) -> Result<usize> {
        Ok(0)
    }
    /// Gives that work to another person of the agency, in the transaction that closes the account; how many pieces. The caller
    /// has asked whether `actor` manages both accounts.
    fn hand_over(&self, _cx: &Cx<'_>, _tx: &mut Tx, _actor: &Actor, _from: &Account, _to: &Account) -> Result<usize> {
        Ok(0)
    }
    /// News from other modules, in the transaction that made it.
    fn on(&self, _cx: &Cx<'_>, _event: &Event, _tx: &mut Tx) -> Result<()> {
        Ok(())
    }
    /// Demo data of the province Sao Mai.
    fn demo(&self, _cx: &mut DemoContext<'_, '_>) -> Result<()> {
        Ok(())
    }
    /// Contributions to "My work today".
    fn home(&self, _cx: &Cx<'_>, _tx: &mut Tx, _actor: &Actor) -> Result<Vec<WorkItem>> {
        Ok(vec![])
    }
    /// A section of figures under the work list.
    fn home_figures(&self, _cx: &Cx<'_>, _tx: &mut Tx, _actor: &Actor) -> Result<Option<Markup>> {
        Ok(None)
    }
    /// Extra tabs on a record's page (obligations, evidence, computed values).
    fn record_panels(&self, _cx: &Cx<'_>, _tx: &mut Tx, _actor: &Actor, _record: &Record) -> Result<Vec<Panel>> {
        Ok(vec![])
    }
}

/// What a module may look at besides the transaction.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// All definitions.
    pub registry: &'a Registry,
    /// Today in Vietnam, `YYYY-MM-DD`.
    pub today: &'a str,
    /// Language of the reader (Vietnamese where nobody reads).
    pub lang: Lang,
}

/// One embedded file: path (shown in messages) and text; lists of them come from [`crate::sources!`].
pub type Source = (&'static str, &'static str);

/// Where a line stands in the side menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Top: daily work (targets, tasks).
    Work,
    /// Under the register group of this id (`organisation`, `people`, `systems` …).
    Group(&'static str),
    /// Response (incidents, warnings, drills).
    Response,
    /// Documents (plans, reports, ledger).
    Documents,
    /// Administration.
    Admin,
}

/// Reads the number beside a menu line. Must be one indexed count.
pub type CountFn = fn(&Cx<'_>, &mut Tx, &Actor) -> Result<Option<MenuCount>>;

/// The number beside a menu line. It means the same for everybody: what the page it leads to shows first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MenuCount {
    /// How many.
    pub n: i64,
    /// How many of them are late: shown in the colour of "not met" when there are any.
    pub late: i64,
    /// What is counted: "việc đang mở".
    pub what: L,
}

impl MenuCount {
    /// The number in words, for who points at it or hears the page.
    pub fn words(&self, lang: Lang) -> String {
        let late = if self.late > 0 { format!(", {} {}", fmt::int(self.late), lang.t("quá hạn", "late")) } else { String::new() };
        format!("{} {}{late}", fmt::int(self.n), lang.l(self.what))
    }
}

/// A line in the side menu.
#[derive(Clone, Copy)]
pub struct MenuItem {
    /// Where.
    pub place: Place,
    /// Text.
    pub label: L,
    /// Address.
    pub href: &'static str,
    /// Shown only to who may this.
    pub needs: Option<(Verb, &'static str)>,
    /// Number beside it.
    pub count: Option<CountFn>,
}

impl MenuItem {
    /// A line for everybody, without a number.
    pub const fn new(place: Place, label: L, href: &'static str) -> Self {
        Self { place, label, href, needs: None, count: None }
    }
    /// Only for who may `verb` on `what`.
    pub const fn needs(mut self, verb: Verb, what: &'static str) -> Self {
        self.needs = Some((verb, what));
        self
    }
    /// With a number.
    pub const fn count(mut self, f: CountFn) -> Self {
        self.count = Some(f);
        self
    }
}

/// What a command of a module gets. Built by the server from its global options.
pub struct CliContext<'a> {
    /// The running instance, opened on the store that was asked for.
    pub app: &'a App,
    /// Who acts (the account named by `--as`, or the system).
    pub actor: Actor,
    /// `--json` was given.
    pub json: bool,
    /// Where results go.
    pub out: &'a mut dyn std::io::Write,
}

/// A word of the command line: `lachan <name> …`. Page actions have one each.
#[derive(Clone, Copy)]
pub struct Command {
    /// Word after the module's name, e.g. `read` in `lachan plan read FILE`.
    pub name: &'static str,
    /// One line for `--help`, with the arguments.
    pub help: L,
    /// Needs no database (reads a file, explains a word): run on an empty instance in memory.
    pub offline: bool,
    /// Arguments after the word. Errors become an exit code and a line on stderr.
    pub run: fn(&mut CliContext<'_>, &[String]) -> Result<()>,
}

/// Work done on a schedule by the server.
#[derive(Clone, Copy)]
pub struct Job {
    /// Name, unique in the module.
    pub name: &'static str,
    /// Shortest time between two runs, seconds.
    pub every_s: u32,
    /// Idempotent; one transaction a call. What it gives back is where the next call goes on; `None` = all done.
    pub run: fn(&Cx<'_>, &mut Tx, Option<&str>) -> Result<Option<String>>,
}

pub use work::Event;

/// Colour of a state; nothing else is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// No colour.
    #[default]
    Plain,
    /// Green.
    Met,
    /// Red: not met, late.
    Unmet,
    /// Amber: soon, waiting.
    Soon,
    /// Hatched: no data.
    None,
}

impl Tone {
    /// From a definition's colour word; unknown words are plain.
    pub fn parse(s: &str) -> Self {
        match s {
            "met" => Tone::Met,
            "unmet" => Tone::Unmet,
            "soon" => Tone::Soon,
            "none" => Tone::None,
            _ => Tone::Plain,
        }
    }
    /// CSS class.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Plain => "",
            Tone::Met => "met",
            Tone::Unmet => "unmet",
            Tone::Soon => "soon",
            Tone::None => "none",
        }
    }
}

/// One line of "My work today": one sentence, one reason, one action.
#[derive(Debug, Clone, Default)]
pub struct WorkItem {
    /// Due day, `YYYY-MM-DD`; none = no date, listed last.
    pub due: Option<String>,
    /// Somebody waits for it (a decision, a correction): before all that has only a day.
    pub first: bool,
    /// Overrides the colour computed from the due day.
    pub tone: Option<Tone>,
    /// What to do, one sentence.
    pub title: String,
    /// Why, or what is known already.
    pub reason: String,
    /// What the button says; empty = "Mở".
    pub action: String,
    /// Where title and button lead (for a post: where the title leads).
    pub href: String,
    /// One press does it: the button posts here instead.
    pub post: Option<String>,
}

/// An extra tab of a record's page.
pub struct Panel {
    /// `?tab=<id>`.
    pub id: &'static str,
    /// Text.
    pub label: L,
    /// Number in the tab.
    pub count: Option<i64>,
    /// Content.
    pub body: Markup,
}

//! The command line. Every page action has a command; all commands go through the same actions.
//!
//! Exit codes: 0 done · 1 a defect of ours · 2 wrong words · 3 not found · 4 not allowed · 5 invalid input ·
//! 6 conflict · 7 storage not available.

mod accounts;
mod doctor;
mod instance_cmds;
mod invite;
mod ledger;
pub(crate) mod out;
mod plan_read;
mod records;
mod setup;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use access::Actor;
use clap::{Parser, Subcommand};
use store::{Error, Result, SystemClock};
use tracing_subscriber::filter::LevelFilter;

use crate::instance::Instance;
use out::say;

/// Lá Chắn: an ninh mạng của một tỉnh, từ kế hoạch tới con số có bằng chứng · cybersecurity of a province, with proof
#[derive(Parser)]
#[command(name = "lachan", version, disable_help_subcommand = true, after_help = module_help())]
struct Cli {
    /// Cơ sở dữ liệu · Database: a SQLite file, or postgres://… (also LACHAN_DATABASE)
    #[arg(long, global = true)]
    database: Option<String>,
    /// Làm với quyền của tài khoản này (bỏ trống: chính hệ thống, sổ cái ghi lại) · Act as this account (default: the system itself, which the ledger records)
    #[arg(long = "as", global = true, value_name = "LOGIN")]
    account: Option<String>,
    /// In JSON · Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Word,
}

#[derive(Subcommand)]
enum Word {
    /// Mở tỉnh trình diễn Sao Mai ở 127.0.0.1:8080 · Start with the demo province Sao Mai on 127.0.0.1:8080
    Demo(crate::demo::DemoArgs),
    /// Lập hệ thống cho một tỉnh thật · First setup of a real province: its agencies and the first account
    Setup(setup::SetupArgs),
    /// Mở máy chủ · Start the server
    Serve(instance_cmds::ServeArgs),
    /// Xem các sổ sẽ đổi gì trong cơ sở dữ liệu; --apply làm thật; --to chuyển toàn bộ · Show what the definitions would change in the database; --apply does it; --to moves the whole instance
    Migrate(instance_cmds::MigrateArgs),
    /// Sao lưu toàn bộ ra một tệp · Write a consistent copy of the whole instance to one file
    Backup { file: std::path::PathBuf },
    /// Khôi phục bản sao lưu vào cơ sở dữ liệu trống · Bring a backup into an empty database
    Restore(instance_cmds::RestoreArgs),
    /// Chứng minh dữ liệu chưa bị sửa · Prove the instance: verify | checkpoint | proof SEQ
    Ledger(ledger::LedgerArgs),
    /// Kiểm tra định nghĩa, lưu trữ, đồng hồ và nêu cách sửa · Check definitions, storage and clock; say what to mend
    Doctor,
    /// Bản ghi của mọi sổ · Records of any register: list, get, create, update, transition, confirm, delete, history
    Record(records::RecordArgs),
    /// Nhập tệp .xlsx vào một sổ (chạy thử nếu thiếu --apply) · Import an .xlsx file into a register (dry run unless --apply)
    Import(records::ImportArgs),
    /// Xuất một sổ ra .xlsx · Export a register to .xlsx
    Export(records::ExportArgs),
    /// Ghi tệp mẫu .xlsx của một sổ · Write the empty .xlsx template of a register
    Template(records::TemplateArgs),
    #[command(visible_alias = "accounts")]
    /// Tài khoản · Accounts: list, create, invite, code, review, leave, grants, grant, end-grant, password, disable, enable
    Account(accounts::AccountArgs),
    /// Đo tốc độ · Benchmarks: plan, indicators, drill, writes, pages, start, memory (no name: all)
    Bench { name: Option<String> },
    /// Lệnh của các phần việc, xem cuối trang · Words of the modules: plan read|import, indicators, explain …
    #[command(external_subcommand)]
    Module(Vec<String>),
}

/// What commands get.
pub(crate) struct Context<'a> {
    pub database: &'a str,
    pub account: Option<&'a str>,
    pub json: bool,
}

impl Context<'_> {
    /// Opens the instance on the database asked for. An empty one gets its tables; one of an older program is refused.
    pub fn open(&self) -> Result<Instance> {
        Instance::open_that_fits(self.database, Arc::new(SystemClock), Arc::new(store::SystemIds))
    }
    /// The same for words that only look: a mistyped name must not become a new, empty and therefore "correct" instance.
    pub fn existing(&self) -> Result<Instance> {
        let instance = self.as_it_is()?;
        instance.fits(self.database)?;
        Ok(instance)
    }
    /// For words that need nothing but the store: a database of an older program is neither changed nor refused.
    pub fn as_it_is(&self) -> Result<Instance> {
        match sqlite_file(self.database) {
            Some(f) if !f.exists() => {
                Err(Error::NotFound(format!("Không có cơ sở dữ liệu {}. Chỉ đúng tệp bằng --database.", f.display())))
            }
            _ => Instance::open_as_it_is(self.database, Arc::new(SystemClock), Arc::new(store::SystemIds)),
        }
    }
    /// Words for who holds the database itself: no account's right covers them, so `--as` must not look obeyed.
    pub fn nobody(&self) -> Result<()> {
        match self.account {
            None => Ok(()),
            Some(_) => Err(Error::BadRequest(
                "Lệnh này làm việc với cả cơ sở dữ liệu, không theo quyền của một tài khoản. Bỏ --as rồi chạy lại.".into(),
            )),
        }
    }
    /// Who acts.
    pub fn actor(&self, instance: &Instance) -> Result<Actor> {
        let Some(login) = self.account else { return Ok(Actor::system("cli")) };
        let (login, roles) = (login.to_owned(), Arc::clone(&instance.roles));
        instance.store.read_blocking(move |tx| access::actor_of_login(tx, &roles, &login))
    }
}

/// The file an address means; `None` for a server.
fn sqlite_file(url: &str) -> Option<&std::path::Path> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
    (!path.contains("://")).then(|| std::path::Path::new(path))
}

/// The log goes to stderr; `LACHAN_LOG` says how much (`warn`, `info`, `store=debug,web=info` …). Without it a server
/// warns; a word that ends says what is wrong itself, and its slow statements are nobody's news.
fn log(word: &Word) {
    let level = if matches!(word, Word::Serve(_) | Word::Demo(_)) { LevelFilter::WARN } else { LevelFilter::ERROR };
    let filter = tracing_subscriber::EnvFilter::builder().with_default_directive(level.into()).with_env_var("LACHAN_LOG").from_env_lossy();
    // a second call in one process (tests) keeps the first
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// glibc gives each thread an arena of its own and never returns what a request took there: measured on the province file,
/// two arenas instead of sixteen halve the resident memory of the server. The allocator reads this only at its start, so the
/// server starts itself once more, in the same process. Where that fails it only takes more memory.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn few_arenas() {
    use std::os::unix::process::CommandExt;
    const ARENAS: &str = "MALLOC_ARENA_MAX";
    if std::env::var_os(ARENAS).is_some() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        let failed = std::process::Command::new(program).args(std::env::args_os().skip(1)).env(ARENAS, "2").exec();
        eprintln!("MALLOC_ARENA_MAX: {failed}");
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn few_arenas() {}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(c) => c,
        Err(e) => {
            let code = u8::from(e.use_stderr()) * 2;
            let _ = e.print();
            return ExitCode::from(code);
        }
    };
    if matches!(cli.command, Word::Demo(_) | Word::Serve(_)) {
        few_arenas();
    }
    log(&cli.command);
    let database = cli.database.or_else(|| std::env::var("LACHAN_DATABASE").ok());
    let context = Context { database: database.as_deref().unwrap_or("lachan.db"), account: cli.account.as_deref(), json: cli.json };
    let done = match cli.command {
        Word::Demo(a) => context.nobody().and_then(|()| crate::demo::run(&a, database.as_deref())),
        Word::Setup(a) => context.nobody().and_then(|()| setup::run(&context, &a)),
        Word::Serve(a) => context.nobody().and_then(|()| instance_cmds::serve(&context, &a)),
        Word::Migrate(a) => context.nobody().and_then(|()| instance_cmds::migrate(&context, &a)),
        Word::Backup { file } => context.nobody().and_then(|()| instance_cmds::backup(&context, &file)),
        Word::Restore(a) => context.nobody().and_then(|()| instance_cmds::restore(&context, &a)),
        Word::Ledger(a) => ledger::run(&context, &a),
        Word::Doctor => context.nobody().and_then(|()| doctor::run(&context)),
        Word::Record(a) => records::record(&context, &a),
        Word::Import(a) => records::import(&context, &a),
        Word::Export(a) => records::export(&context, &a),
        Word::Template(a) => records::template(&context, &a),
        Word::Account(a) => accounts::run(&context, &a),
        Word::Bench { name } => context.nobody().and_then(|()| crate::bench::run(name.as_deref())),
        Word::Module(words) => module_word(&context, &words),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            out::complain(format_args!("{e}"));
            ExitCode::from(exit_code(&e))
        }
    }
}

/// Documented exit code of an error.
fn exit_code(e: &Error) -> u8 {
    match e {
        Error::Internal(_) => 1,
        Error::BadRequest(_) => 2,
        Error::NotFound(_) => 3,
        Error::Forbidden(_) | Error::Unauthenticated => 4,
        Error::Invalid(_) => 5,
        Error::Conflict(_) => 6,
        Error::Unavailable(_) => 7,
    }
}

/// First word of a module's command as people type it: `plan` for `plans`; `targets` needs none.
fn spoken(module: &str) -> &str {
    match module {
        "plans" => "plan ",
        "reports" => "report ",
        "targets" => "",
        other => other,
    }
}

/// Commands of the modules, for `--help`: Vietnamese, then English.
fn module_help() -> String {
    let mut out = String::from("Lệnh của các phần việc · Words of the modules:\n");
    out.push_str(&help_line("plan ", PLAN_READ));
    for m in crate::modules::ALL {
        out.extend(m.commands().iter().map(|c| help_line(spoken(m.name()), c.help)));
    }
    out
}

/// The one word of a module that needs no instance at all.
const PLAN_READ: web::L =
    web::L("read FILE [--json]   đọc một văn bản kế hoạch, không giữ lại gì", "read FILE [--json]   read a plan document, keep nothing");

/// `  plan import FILE   … · …`: both texts begin with the same usage.
fn help_line(module: &str, help: web::L) -> String {
    let split = |s: &'static str| s.split_once("   ").unwrap_or((s, ""));
    let ((usage, vi), (_, en)) = (split(help.vi), split(help.en));
    let space = if module.is_empty() || module.ends_with(' ') { "" } else { " " };
    format!("  {module}{space}{usage}\n          {vi} · {en}\n")
}

/// `lachan <module> <word> …`; `plan` stands for `plans`, `report` for `reports`, `indicators` and `explain` for words of `targets`.
fn module_word(context: &Context<'_>, words: &[String]) -> Result<()> {
    let (found, words) = globals(words)?;
    let context = &Context {
        database: found.database.as_deref().unwrap_or(context.database),
        account: found.account.as_deref().or(context.account),
        json: context.json || found.json,
    };
    let first = words.first().map(String::as_str).unwrap_or_default();
    if matches!(first, "plan" | "plans") && words.get(1).is_some_and(|w| w == "read") {
        return plan_read::run(context.json, words.get(2..).unwrap_or_default());
    }
    let (module, word, rest) = match first {
        "indicators" | "explain" | "quality" => ("targets", first, &words[1..]),
        "plan" => ("plans", words.get(1).map(String::as_str).unwrap_or_default(), words.get(2..).unwrap_or_default()),
        "report" => ("reports", words.get(1).map(String::as_str).unwrap_or_default(), words.get(2..).unwrap_or_default()),
        m => (m, words.get(1).map(String::as_str).unwrap_or_default(), words.get(2..).unwrap_or_default()),
    };
    let Some(found) = crate::modules::ALL.iter().find(|m| m.name() == module) else {
        return Err(Error::BadRequest(format!("Không có lệnh «{first}». Xem `lachan --help`.")));
    };
    let commands = found.commands();
    let mut known: String = commands.iter().map(|c| help_line(spoken(module), c.help)).collect();
    if module == "plans" {
        known.insert_str(0, &help_line(spoken(module), PLAN_READ));
    }
    let asks = |w: &str| matches!(w, "--help" | "-h");
    if asks(word) || rest.iter().any(|w| asks(w)) {
        say!("{}", known.trim_end());
        return Ok(());
    }
    let Some(command) = commands.iter().find(|c| c.name == word) else {
        return Err(Error::BadRequest(format!("«{}» có các lệnh · words:\n{}", first, known.trim_end())));
    };
    let instance = context.existing()?;
    let actor = context.actor(&instance)?;
    let app = instance.app(web::Config::default());
    let mut out = out::stdout();
    let done = (command.run)(&mut web::CliContext { app: &app, actor, json: context.json, out: &mut out }, rest);
    let flushed = out.flush().map_err(|e| Error::Unavailable(format!("Không ghi được kết quả: {e}")));
    done.and(flushed)
}

/// Global options among the words of a module.
#[derive(Default, Debug, PartialEq)]
struct Globals {
    database: Option<String>,
    account: Option<String>,
    json: bool,
}

/// clap hands over everything after a module's word as it stands. Unread, `--as` would mean the system itself and
/// `--database` another instance: both are taken out here, wherever they stand.
fn globals(words: &[String]) -> Result<(Globals, Vec<String>)> {
    let (mut found, mut rest) = (Globals::default(), Vec::new());
    let mut words = words.iter();
    while let Some(w) = words.next() {
        let (name, glued) = w.split_once('=').map_or((w.as_str(), None), |(n, v)| (n, Some(v.to_owned())));
        let slot = match name {
            "--json" if glued.is_none() => {
                found.json = true;
                continue;
            }
            "--database" => &mut found.database,
            "--as" => &mut found.account,
            _ => {
                rest.push(w.clone());
                continue;
            }
        };
        let value = glued.or_else(|| words.next().filter(|v| !v.starts_with("--")).cloned()).filter(|v| !v.is_empty());
        *slot = Some(value.ok_or_else(|| Error::BadRequest(format!("{name} cần một giá trị.")))?);
    }
    Ok((found, rest))
}

/// Prints a JSON value, one line per call.
pub(crate) fn print_json(value: &serde_json::Value) {
    say!("{value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn help_names_every_word_of_every_module_in_both_languages() {
        use clap::CommandFactory;
        let help = Cli::command().render_long_help().to_string();
        for m in crate::modules::ALL {
            for c in m.commands() {
                let usage = |s: &str| s.split("   ").next().unwrap_or_default().to_owned();
                assert!(help.contains(&usage(c.help.vi)), "{} {}", m.name(), c.name);
                for text in [c.help.vi, c.help.en] {
                    let (_, says) = text.split_once("   ").unwrap_or_else(|| panic!("usage, three spaces, what it does: {text}"));
                    assert!(help.contains(says), "{text}");
                }
            }
        }
        for word in ["plan read FILE", "plan choose PLAN", "report annual", "indicators", "explain T-04", "library issue ID"] {
            assert!(help.contains(&format!("\n  {word}")), "{word}: {help}");
        }
        // the program's own words: Vietnamese before English
        for c in Cli::command().get_subcommands().filter(|c| !c.is_allow_external_subcommands_set()) {
            let about = c.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(about.contains(" · "), "{}: {about}", c.get_name());
        }
    }

    #[test]
    fn global_options_stand_before_or_after_the_word() {
        for words in [["lachan", "--json", "--database", "a.db", "doctor"], ["lachan", "doctor", "--json", "--database", "a.db"]] {
            let cli = Cli::try_parse_from(words).unwrap();
            assert!(cli.json && cli.database.as_deref() == Some("a.db"), "{words:?}");
        }
        assert!(Cli::try_parse_from(["lachan", "account", "disable", "an"]).is_err(), "a reason is required");
        assert!(Cli::try_parse_from(["lachan", "record", "update", "person", "1", "--version", "x"]).is_err());
    }

    #[test]
    fn global_options_among_the_words_of_a_module_are_obeyed() {
        let words = |s: &str| s.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (g, rest) = globals(&words("indicators --as daumoi --as-of 2026-11-22 --database=a.db --json")).unwrap();
        assert_eq!(g, Globals { database: Some("a.db".into()), account: Some("daumoi".into()), json: true });
        assert_eq!(rest, words("indicators --as-of 2026-11-22"));
        for cut in ["explain T-04 --as", "explain T-04 --as --json", "explain --database="] {
            assert!(matches!(globals(&words(cut)), Err(Error::BadRequest(_))), "{cut}");
        }
    }

    #[test]
    fn words_about_the_whole_database_do_not_seem_to_obey_an_account() {
        let context = |account| Context { database: "a.db", account, json: false };
        assert!(context(None).nobody().is_ok());
        assert!(matches!(context(Some("an")).nobody(), Err(Error::BadRequest(m)) if m.contains("--as")));
    }

    #[test]
    fn every_error_has_its_own_exit_code() {
        let all = [
            Error::internal(""),
            Error::BadRequest(String::new()),
            Error::NotFound(String::new()),
            Error::Forbidden(String::new()),
            Error::invalid("", ""),
            Error::Conflict(String::new()),
            Error::Unavailable(String::new()),
        ];
        assert_eq!(all.iter().map(exit_code).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(exit_code(&Error::Unauthenticated), 4);
    }

    #[test]
    fn only_looking_makes_no_database() {
        let url = std::env::temp_dir().join(format!("lachan-none-{}.db", std::process::id()));
        let text = format!("sqlite:{}", url.display());
        let context = Context { database: &text, account: None, json: false };
        assert!(matches!(context.existing().map(drop), Err(Error::NotFound(_))));
        assert!(matches!(context.as_it_is().map(drop), Err(Error::NotFound(_))));
        assert!(!url.exists());
        assert_eq!(sqlite_file("postgres://h/d"), None);
    }
}

//! Commands about the instance as a whole.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use store::{Clock, Error, Result, Store, SystemClock, SystemIds};

use super::{Context, print_json};
use crate::instance::Instance;

/// Words of `serve`.
#[derive(Args)]
pub struct ServeArgs {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Address people use (for links and the origin check)
    #[arg(long)]
    base_url: Option<String>,
    /// Cookies only over HTTPS (behind a proxy that ends TLS)
    #[arg(long)]
    secure_cookies: bool,
    /// Name of the province or agency
    #[arg(long, default_value = "")]
    place: String,
    /// Mail relay, smtp://host:port
    #[arg(long)]
    smtp: Option<String>,
}

/// Words of `migrate`.
#[derive(Args)]
pub struct MigrateArgs {
    /// Make the change that was shown
    #[arg(long)]
    apply: bool,
    /// Move the whole instance to another database (must be empty)
    #[arg(long, value_name = "URL")]
    to: Option<String>,
}

/// Words of `restore`.
#[derive(Args)]
pub struct RestoreArgs {
    /// Backup file
    file: PathBuf,
    /// Replace what is there
    #[arg(long)]
    force: bool,
}

/// Words of `ledger`.
#[derive(Args)]
pub struct LedgerArgs {
    #[command(subcommand)]
    word: LedgerWord,
}

#[derive(Subcommand)]
enum LedgerWord {
    /// Recompute every leaf, root and checkpoint, and compare every row
    Verify,
    /// Sign the present head
    Checkpoint,
    /// Prove that a leaf is in the log
    Proof { seq: u64 },
    /// Key with which others check our checkpoints
    Key,
}

/// Starts the server.
pub fn serve(context: &Context<'_>, a: &ServeArgs) -> Result<()> {
    let instance = context.open()?;
    crate::packs::load(&instance, true, &|_, _, _| {})?;
    let base_url = a.base_url.clone().unwrap_or_else(|| format!("http://{}", a.listen));
    let config =
        web::Config { base_url: base_url.clone(), secure_cookies: a.secure_cookies, place: a.place.clone(), ..web::Config::default() };
    println!("Lá Chắn: {base_url}/");
    crate::serve::serve(&instance, config, a.listen, a.smtp.as_deref())
}

/// Shows, applies or moves.
pub fn migrate(context: &Context<'_>, a: &MigrateArgs) -> Result<()> {
    if let Some(to) = &a.to {
        let instance = context.open()?;
        instance.store.migrate_to(to, &|table, rows| eprint!("\r\x1b[K{table} {rows}"))?;
        eprintln!("\r\x1b[KĐã chuyển toàn bộ dữ liệu.");
        return Ok(());
    }
    let instance = Instance::open_as_it_is(context.database, Arc::new(SystemClock), Arc::new(SystemIds))?;
    let reg = Arc::clone(&instance.registry);
    let plan = instance.store.read_blocking(|tx| registers::plan_migration(tx, &reg))?;
    println!("{plan}");
    if a.apply {
        instance.migrate()?;
        println!("Đã áp dụng.");
    }
    Ok(())
}

/// One file with everything.
pub fn backup(context: &Context<'_>, file: &Path) -> Result<()> {
    context.open()?.store.backup(file)?;
    println!("Đã sao lưu vào {}", file.display());
    Ok(())
}

/// Brings a backup in.
pub fn restore(context: &Context<'_>, a: &RestoreArgs) -> Result<()> {
    Store::restore(&a.file, context.database, a.force, Arc::new(SystemClock), Arc::new(SystemIds))?;
    println!("Đã khôi phục {} vào {}", a.file.display(), context.database);
    Ok(())
}

/// Proves the instance.
pub fn ledger(context: &Context<'_>, a: &LedgerArgs) -> Result<()> {
    let instance = context.open()?;
    match a.word {
        LedgerWord::Checkpoint => println!("{}", instance.store.ledger_checkpoint()?.trim_end()),
        LedgerWord::Key => println!("{}", instance.store.ledger_verifier_key()?),
        LedgerWord::Proof { seq } => {
            let p = instance.store.ledger_proof(seq)?;
            print_json(&serde_json::json!({ "seq": p.seq, "size": p.size, "leaf": p.leaf, "root": p.root, "path": p.path }));
        }
        LedgerWord::Verify => return verify(context, &instance),
    }
    Ok(())
}

fn verify(context: &Context<'_>, instance: &Instance) -> Result<()> {
    let report = instance.store.ledger_verify(|_, _| {})?;
    if let Some(f) = &report.fault {
        return Err(Error::Conflict(format!("Nhật ký KHÔNG khớp. {} {}", f.record, f.message)));
    }
    let reg = Arc::clone(&instance.registry);
    let rows = instance.store.read_blocking(|tx| registers::verify_rows(tx, &reg))?;
    if let Some(first) = rows.first() {
        return Err(Error::Conflict(format!("{} bản ghi không khớp nhật ký; đầu tiên: {first:?}", rows.len())));
    }
    if context.json {
        print_json(&serde_json::json!({ "size": report.size, "root": report.root, "checkpoints": report.checkpoints, "ok": true }));
    } else {
        println!("Đúng: {} lá, {} điểm niêm phong, gốc {}; mọi bản ghi khớp nhật ký.", report.size, report.checkpoints, report.root);
    }
    Ok(())
}

/// Says what is well and what to mend.
pub fn doctor(context: &Context<'_>) -> Result<()> {
    let mut bad = 0;
    let mut say = |what: &str, done: Result<String>| match done {
        Ok(m) => println!("ổn    {what}: {m}"),
        Err(e) => {
            bad += 1;
            println!("HỎNG  {what}: {e}");
        }
    };
    let registry = crate::instance::registry();
    let loaded = match &registry {
        Ok(r) => {
            say("định nghĩa", Ok(format!("{} sổ đăng ký, {} danh mục", r.registers.len(), r.choices.len())));
            Some(targets::Catalogue::load(r).map(|c| format!("{} có nguồn dữ liệu / {}", c.compiled.len(), c.indicators.len())))
        }
        Err(e) => {
            say("định nghĩa", Err(Error::BadRequest(e.to_string())));
            None
        }
    };
    if let Some(indicators) = loaded {
        say("chỉ tiêu", indicators);
        let instance = Instance::open_as_it_is(context.database, Arc::new(SystemClock), Arc::new(SystemIds));
        match instance {
            Err(e) => say("cơ sở dữ liệu", Err(e)),
            Ok(i) => {
                say("ghi được", i.store.write_blocking(|tx| Ok(format!("{:?}", tx.engine()))));
                let reg = Arc::clone(&i.registry);
                say("cấu trúc", i.store.read_blocking(|tx| registers::plan_migration(tx, &reg)).map(|p| p.to_string().trim().to_owned()));
            }
        }
    }
    let now = SystemClock.now();
    say(
        "đồng hồ",
        if now > 1_767_225_600_000_000 {
            Ok(web::fmt::instant(now))
        } else {
            Err(Error::BadRequest("đồng hồ máy chạy sai, chỉnh lại ngày giờ".into()))
        },
    );
    if bad == 0 { Ok(()) } else { Err(Error::Conflict(format!("{bad} điều cần sửa."))) }
}

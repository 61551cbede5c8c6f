//! Commands about the instance as a whole.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use registers::Mismatch;
use store::{Error, Result, Store, SystemClock, SystemIds, VerifyReport};

use super::out::say;
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
    /// Greatest file of a record that is taken at the pages, MB
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=20))]
    most_file_mb: u8,
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
    let config = web::Config {
        base_url: base_url.clone(),
        secure_cookies: a.secure_cookies,
        place: a.place.clone(),
        most_file: usize::from(a.most_file_mb) << 20,
        ..web::Config::default()
    };
    let nobody = !instance.store.read_blocking(access::any_account)?;
    let ready = || {
        say!("Lá Chắn: {base_url}/");
        if nobody {
            say!(
                "Chưa có tài khoản nào. Ở cửa sổ khác: lachan setup --database {} --province TỈNH --login TÊN --name \"HỌ TÊN\"",
                context.database
            );
        }
    };
    crate::serve::serve(&instance, config, a.listen, a.smtp.as_deref(), ready)
}

/// Shows, applies or moves.
pub fn migrate(context: &Context<'_>, a: &MigrateArgs) -> Result<()> {
    if let Some(to) = &a.to {
        let instance = context.existing()?;
        instance.store.migrate_to(to, &|table, rows| eprint!("\r\x1b[K{table} {rows}"))?;
        eprintln!("\r\x1b[KĐã chuyển toàn bộ dữ liệu.");
        return Ok(());
    }
    let instance = Instance::open_as_it_is(context.database, Arc::new(SystemClock), Arc::new(SystemIds))?;
    let reg = Arc::clone(&instance.registry);
    let plan = instance.store.read_blocking(|tx| registers::plan_migration(tx, &reg))?;
    say!("{plan}");
    if a.apply {
        instance.migrate()?;
        say!("Đã áp dụng.");
    }
    Ok(())
}

/// One file with everything.
pub fn backup(context: &Context<'_>, file: &Path) -> Result<()> {
    // as it is: a backup before an upgrade must not upgrade
    Instance::open_as_it_is(context.database, Arc::new(SystemClock), Arc::new(SystemIds))?.store.backup(file)?;
    say!("Đã sao lưu vào {}", file.display());
    Ok(())
}

/// Brings a backup in.
pub fn restore(context: &Context<'_>, a: &RestoreArgs) -> Result<()> {
    Store::restore(&a.file, context.database, a.force, Arc::new(SystemClock), Arc::new(SystemIds))?;
    say!("Đã khôi phục {} vào {}", a.file.display(), context.database);
    Ok(())
}

/// Proves the instance.
pub fn ledger(context: &Context<'_>, a: &LedgerArgs) -> Result<()> {
    let instance = context.existing()?;
    match a.word {
        LedgerWord::Checkpoint => say!("{}", instance.store.ledger_checkpoint()?.trim_end()),
        LedgerWord::Key => say!("{}", instance.store.ledger_verifier_key()?),
        LedgerWord::Proof { seq } => {
            let p = instance.store.ledger_proof(seq)?;
            print_json(&serde_json::json!({ "seq": p.seq, "size": p.size, "leaf": p.leaf, "root": p.root, "path": p.path }));
        }
        LedgerWord::Verify => return verify(context, &instance),
    }
    Ok(())
}

/// First the log itself, then every row against it. A fault is located on stdout (`--json`) or stderr, exit code 6.
fn verify(context: &Context<'_>, instance: &Instance) -> Result<()> {
    let show = std::io::stderr().is_terminal();
    let report = instance.store.ledger_verify(|done, of| {
        if show {
            eprint!("\r\x1b[KSổ cái: {done}/{of} lá");
        }
    })?;
    if show {
        eprint!("\r\x1b[K");
    }
    let reg = Arc::clone(&instance.registry);
    // rows are compared with leaves: only with leaves that hold
    let rows = if report.fault.is_none() { instance.store.read_blocking(|tx| registers::verify_rows(tx, &reg))? } else { vec![] };
    if context.json {
        print_json(&proof(&report, &rows));
    }
    if let Some(f) = &report.fault {
        return Err(Error::Conflict(format!("Nhật ký KHÔNG khớp. {} {}", f.record, f.message)));
    }
    if let Some(first) = rows.first() {
        return Err(Error::Conflict(format!("{} bản ghi không khớp nhật ký; đầu tiên: {first}", rows.len())));
    }
    if !context.json {
        say!("Đúng: {} lá, {} điểm niêm phong, gốc {}; mọi bản ghi khớp nhật ký.", report.size, report.checkpoints, report.root);
    }
    Ok(())
}

/// Rows listed in the answer; `mismatches` counts all.
const SHOWN: usize = 100;

fn proof(report: &VerifyReport, rows: &[Mismatch]) -> serde_json::Value {
    let fault = report.fault.as_ref().map(|f| serde_json::json!({ "seq": f.seq, "record": f.record, "message": f.message }));
    let shown: Vec<_> = rows
        .iter()
        .take(SHOWN)
        .map(|m| serde_json::json!({ "register": m.register, "record": m.record, "seq": m.seq, "message": m.sentence_vi }))
        .collect();
    serde_json::json!({
        "ok": fault.is_none() && rows.is_empty(), "size": report.size, "root": report.root, "checkpoints": report.checkpoints,
        "fault": fault, "mismatches": rows.len(), "rows": shown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_ok_only_without_fault_and_mismatch() {
        let mut report = VerifyReport { size: 3, root: "ab".into(), checkpoints: 1, fault: None };
        assert_eq!(proof(&report, &[])["ok"], true);
        let row = Mismatch { register: "agency".into(), record: "x".into(), seq: Some(2), sentence_vi: "khác".into() };
        let wrong = proof(&report, &vec![row; SHOWN + 5]);
        assert_eq!((&wrong["ok"], &wrong["mismatches"]), (&false.into(), &(SHOWN + 5).into()));
        assert_eq!(wrong["rows"].as_array().map(Vec::len), Some(SHOWN));
        report.fault = Some(store::LedgerFault { seq: Some(1), record: "agency x".into(), message: "sai".into() });
        let wrong = proof(&report, &[]);
        assert_eq!((&wrong["ok"], &wrong["fault"]["seq"]), (&false.into(), &1.into()));
    }
}

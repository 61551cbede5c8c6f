//! `lachan ledger`: prove the instance, and give away what proves it later.

use std::path::{Path, PathBuf};

use access::Verb;
use clap::{Args, Subcommand};
use store::{Error, Result};

use super::out::say;
use super::{Context, print_json};
use crate::instance::Instance;

/// Words of `ledger`.
#[derive(Args)]
pub struct LedgerArgs {
    #[command(subcommand)]
    word: LedgerWord,
}

#[derive(Subcommand)]
enum LedgerWord {
    /// Tính lại mọi lá, gốc, điểm niêm phong và so từng dòng · Recompute every leaf, root and checkpoint, and compare every row
    Verify(VerifyArgs),
    /// Ký đầu hiện tại; cất nội dung in ra ở nơi khác · Sign the present head; keep what it prints outside of this machine
    Checkpoint,
    /// Chứng minh một lá có trong nhật ký · Prove that a leaf is in the log
    Proof { seq: u64 },
    /// Khóa để người khác kiểm tra điểm niêm phong; cất cùng nhau · Key with which others check our checkpoints; keep it with them
    Key,
}

#[derive(Args)]
struct VerifyArgs {
    /// Điểm niêm phong đã trao trước đây; có thể nêu nhiều lần · Checkpoint given away earlier (what `ledger checkpoint` printed); may be said several times
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// Khóa cất cùng, hoặc tệp chứa khóa; bỏ trống thì khóa hôm nay · Key kept with it (what `ledger key` printed), or a file with it; without it the key of today
    #[arg(long, value_name = "KEY|FILE", requires = "checkpoint")]
    key: Option<String>,
}

/// Proves the instance.
pub fn run(context: &Context<'_>, a: &LedgerArgs) -> Result<()> {
    // as it is: what is to be proved must not be changed first
    let instance = context.as_it_is()?;
    if context.account.is_some() {
        instance.fits(context.database)?;
        let verb = if matches!(a.word, LedgerWord::Checkpoint) { Verb::Export } else { Verb::Read };
        context.actor(&instance)?.may(verb, "ledger")?;
    }
    match &a.word {
        LedgerWord::Checkpoint => say!("{}", instance.store.ledger_checkpoint()?.trim_end()),
        LedgerWord::Key => say!("{}", instance.store.ledger_verifier_key()?),
        LedgerWord::Proof { seq } => {
            let p = instance.store.ledger_proof(*seq)?;
            print_json(&serde_json::json!({ "seq": p.seq, "size": p.size, "leaf": p.leaf, "root": p.root, "path": p.path }));
        }
        LedgerWord::Verify(v) => return verify(context, &instance, v),
    }
    Ok(())
}

fn file(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Error::NotFound(format!("Không đọc được tệp {}: {e}.", path.display())))
}

/// The notes and the key brought from outside. A note ends with a line feed, which an editor may have taken away.
fn brought(v: &VerifyArgs) -> Result<(Vec<String>, Option<String>)> {
    let notes = v.checkpoint.iter().map(|p| file(p).map(|t| format!("{}\n", t.replace("\r\n", "\n").trim_end()))).collect::<Result<_>>()?;
    let key = v.key.as_ref().map(|k| if Path::new(k).is_file() { file(Path::new(k)) } else { Ok(k.clone()) }).transpose()?;
    Ok((notes, key))
}

/// First the log itself, then every row against it. A fault is located on stdout (`--json`) or stderr, exit code 6.
fn verify(context: &Context<'_>, instance: &Instance, v: &VerifyArgs) -> Result<()> {
    let line = crate::progress::Progress::new();
    let (notes, key) = brought(v)?;
    let report = instance.store.ledger_verify_with(&notes, key.as_deref(), |done, of| line.say(&format!("Sổ cái: {done}/{of} lá")))?;
    line.end();
    // rows are compared with leaves: only with leaves that hold, and only where tables and definitions agree
    let comparable = instance.pending()?.is_empty();
    let rows = if comparable && report.fault.is_none() {
        instance.store.read_blocking(|tx| registers::verify_all(tx, &instance.registry, &mut |_, _| Ok(())))?
    } else {
        vec![]
    };
    if context.json {
        print_json(&registers::proof(&report, &rows, comparable));
    }
    if let Some(f) = &report.fault {
        return Err(Error::Conflict(format!("Nhật ký KHÔNG khớp. {} {}", f.record, f.message)));
    }
    if let Some(first) = rows.first() {
        return Err(Error::Conflict(format!("{} bản ghi không khớp nhật ký; đầu tiên: {first}", rows.len())));
    }
    // a check that was not made is not one that passed
    if !comparable {
        return Err(Error::Conflict(format!(
            "CHƯA kiểm xong: nhật ký đúng ({} lá), nhưng chưa so được từng bản ghi và tệp, vì cơ sở dữ liệu do bản phần mềm khác tạo ra. \
             Chạy lachan migrate để xem, lachan migrate --apply để nâng cấp, rồi kiểm lại.",
            report.size
        )));
    }
    if !context.json {
        say!("Đúng: {} lá, {} điểm niêm phong, gốc {}; mọi bản ghi và tệp khớp nhật ký.", report.size, report.checkpoints, report.root);
        if !notes.is_empty() {
            say!("Nhật ký nối tiếp đúng {} điểm niêm phong lưu ngoài.", notes.len());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use store::{SystemClock, SystemIds};

    #[test]
    fn a_checkpoint_given_away_finds_a_ledger_that_was_written_anew() {
        let dir = std::env::temp_dir().join(format!("lachan-verify-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let at = |name: &str| dir.join(name).to_string_lossy().into_owned();
        let instance = |name: &str| Instance::open(&at(name), Arc::new(SystemClock), Arc::new(SystemIds)).unwrap();
        let note = |i: &Instance, reason: &'static str| {
            let change = store::Change {
                register: "gone",
                record: "r",
                version: 1,
                action: "delete",
                who: "an",
                reason: Some(reason),
                ..store::Change::default()
            };
            i.store.write_blocking(move |tx| tx.append_change(&change)).unwrap();
            i.store.ledger_checkpoint().unwrap()
        };
        let honest = instance("a.db");
        // a text editor on another system took the last line feed and added carriage returns
        std::fs::write(at("note"), note(&honest, "hết hiệu lực").trim_end().replace('\n', "\r\n")).unwrap();
        std::fs::write(at("key"), honest.store.ledger_verifier_key().unwrap()).unwrap();
        // the same change with another reason, by somebody who wrote the database anew and signed it
        let forged = instance("b.db");
        note(&forged, "tôi muốn thế");
        honest.store.close();
        forged.store.close();
        let asked = |name: &str, account: Option<&str>, key: Option<String>| {
            let word = LedgerWord::Verify(VerifyArgs { checkpoint: vec![dir.join("note")], key });
            run(&Context { database: &at(name), account, json: false }, &LedgerArgs { word })
        };
        asked("a.db", None, None).unwrap();
        asked("a.db", None, Some(at("key"))).unwrap();
        assert!(matches!(asked("b.db", None, None), Err(Error::Conflict(m)) if m.contains("khóa ký đã bị thay")));
        assert!(matches!(asked("b.db", None, Some(at("key"))), Err(Error::Conflict(m)) if m.contains("viết lại")));
        assert!(asked("a.db", Some("khong-ai"), None).is_err(), "--as is obeyed");
        assert!(matches!(asked("c.db", None, None), Err(Error::NotFound(_))) && !dir.join("c.db").exists());
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

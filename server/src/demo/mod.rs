//! `lachan demo`: the province Sao Mai on 127.0.0.1:8080, with accounts to try every role.

mod accounts;
pub mod country;

pub(crate) use accounts::PASSWORD;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use access::Actor;
use clap::Args;
use registers::{Filter, Op, Query, actions};
use store::{Clock, Error, ManualClock, Result, SeededIds, SystemClock, SystemIds};
use web::{DemoContext, Made, Rng};

use crate::cli::print_json;
use crate::instance::Instance;
use crate::modules;
use crate::progress::Progress;

/// Words of `lachan demo`.
#[derive(Args)]
pub struct DemoArgs {
    /// Địa chỉ lắng nghe · Address to listen on
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: std::net::SocketAddr,
    /// Quy mô · small (tests), demo, province (60,000 staff), country (2 million staff: 30 GB, many minutes)
    #[arg(long, default_value = "demo")]
    scale: String,
    /// Bỏ dữ liệu trình diễn cũ, tạo lại · Throw the old demo data away and fill anew
    #[arg(long)]
    fresh: bool,
    /// Tạo dữ liệu rồi dừng, không mở máy chủ · Fill and stop, without a server
    #[arg(long)]
    fill_only: bool,
    /// In địa chỉ, tài khoản trình diễn rồi dừng · Print addresses and accounts of the demo and stop
    #[arg(long)]
    access: bool,
    /// In JSON · Print JSON
    #[arg(long)]
    json: bool,
}

/// µs of one day.
const DAY: i64 = 86_400_000_000;
/// The demo's past begins this many days ago: agencies and people are entered first.
const BEGIN: i64 = 120;
/// Days ago on which agencies wrote down what they had done about their tasks; each day writes what happened since the last.
const WORKED: [i64; 7] = [28, 21, 14, 7, 4, 2, 1];
/// Contact points confirm themselves this many days ago.
const CONFIRM: i64 = 25;

/// Fills if empty, then serves.
pub fn run(args: &DemoArgs, database: Option<&str>) -> Result<()> {
    if args.access {
        accounts::print(&args.listen.to_string(), args.json);
        return Ok(());
    }
    let scale = scale(&args.scale)?;
    let url = database.map_or_else(|| format!("lachan-data/demo-{}.db", args.scale), str::to_owned);
    if !args.fill_only {
        crate::serve::is_free(args.listen)?;
    }
    if !url.starts_with("postgres") {
        prepare_file(Path::new(&url), args.fresh)?;
    }
    let started = Instant::now();
    let instance = filled(&url, &args.scale, scale, &Progress::new())?;
    if args.json {
        print_json(&serde_json::json!({ "database": url, "seconds": started.elapsed().as_secs_f64() }));
    }
    if args.fill_only {
        instance.store.close();
        return Ok(());
    }
    let ready = || {
        accounts::print(&args.listen.to_string(), args.json);
        if !args.json {
            println!("Dữ liệu ở {url}; dựng lại từ đầu: thêm --fresh.\nDừng: Ctrl+C");
        }
    };
    crate::serve::serve(&instance, accounts::config(args.listen), args.listen, None, ready)
}

/// Percent of the demo province.
fn scale(word: &str) -> Result<usize> {
    match word {
        "small" => Ok(10),
        "demo" => Ok(100),
        "province" | "country" => Ok(1000),
        other => Err(Error::BadRequest(format!("Không có cỡ «{other}». Có: small, demo, province, country."))),
    }
}

fn prepare_file(path: &Path, fresh: bool) -> Result<()> {
    let io = |e: std::io::Error| Error::Unavailable(format!("Không ghi được vào {}: {e}", path.display()));
    if let Some(dir) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        std::fs::create_dir_all(dir).map_err(io)?;
    }
    if fresh {
        only_a_demo(path)?;
        for tail in ["", "-wal", "-shm"] {
            let file = PathBuf::from(format!("{}{tail}", path.display()));
            if file.exists() {
                std::fs::remove_file(&file).map_err(io)?;
            }
        }
    }
    Ok(())
}

/// `--fresh` and filling are for demo data: a file with accounts that are not the demo's is somebody's work.
fn only_a_demo(path: &Path) -> Result<()> {
    if !path.metadata().is_ok_and(|m| m.len() > 0) {
        return Ok(());
    }
    let instance = Instance::open_as_it_is(&path.to_string_lossy(), Arc::new(SystemClock), Arc::new(SystemIds))?;
    let real = is_real(&instance);
    instance.store.close();
    if real? {
        return Err(Error::Conflict(format!(
            "{} là cơ sở dữ liệu thật, không phải dữ liệu trình diễn; chưa có gì thay đổi. Chọn tệp khác bằng --database, hoặc bỏ --database.",
            path.display()
        )));
    }
    Ok(())
}

/// Are there accounts, and not those of the demo?
fn is_real(instance: &Instance) -> Result<bool> {
    if !instance.store.pending(&access::migrations())?.is_empty() {
        return Ok(false);
    }
    instance.store.read_blocking(|tx| Ok(access::any_account(tx)? && !accounts::all_there(tx)?))
}

/// Opens the demo instance; fills it first when it is empty. `quiet` tests pass a progress that prints nothing.
fn filled(url: &str, word: &str, scale: usize, line: &Progress) -> Result<Instance> {
    let instance = Instance::open_as_it_is(url, Arc::new(SystemClock), Arc::new(SystemIds))?;
    if is_real(&instance)? {
        return Err(Error::Conflict(format!("{url} là cơ sở dữ liệu thật, không phải dữ liệu trình diễn; chưa có gì thay đổi.")));
    }
    let pending = instance.pending()?;
    if pending.is_refused() {
        return Err(Error::Conflict(format!(
            "Dữ liệu trình diễn ở {url} do bản phần mềm khác dựng, không dùng tiếp được với bản này. Chạy lại với --fresh để dựng lại từ đầu."
        )));
    }
    if !instance.store.is_fresh()? && !pending.is_empty() {
        eprintln!("Dữ liệu trình diễn do bản cũ hơn dựng, được thêm:\n{}", pending.to_string().trim_end());
    }
    instance.migrate()?;
    let reg = Arc::clone(&instance.registry);
    let empty = instance.store.read_blocking(|tx| {
        let scope = Actor::system("demo").may(access::Verb::Read, "agency")?;
        Ok(actions::count(tx, &reg, &scope, &Query { as_of: Some("all".into()), ..Query::default() })? == 0)
    })?;
    let accounts = instance.store.read_blocking(|tx| Ok(access::account_by_login(tx, accounts::LAST)?.is_some()))?;
    instance.store.close();
    if !empty && !accounts {
        return Err(Error::Conflict(format!(
            "Lần dựng dữ liệu trình diễn trước bị dừng giữa chừng ở {url}. Chạy lại với --fresh để dựng lại từ đầu."
        )));
    }
    if empty {
        let begun = Instant::now();
        let say = |what: &str, done: usize, of: usize| line.say(&format!("Đang dựng dữ liệu: {what} {done}/{of}"));
        if word == "country" {
            fill_country(url, &say)?
        } else {
            fill(url, scale, &say)?
        }
        line.end();
        eprintln!("Dữ liệu đã sẵn sàng sau {} giây.", begun.elapsed().as_secs().max(1));
    }
    Instance::open(url, Arc::new(SystemClock), Arc::new(SystemIds))
}

/// Fills an empty database with the country: the 34 provinces beside Sao Mai.
pub fn fill_country(url: &str, progress: &(dyn Fn(&str, usize, usize) + Sync)) -> Result<()> {
    fill(url, 1000, progress)?;
    let instance = Instance::open(url, Arc::new(SystemClock), Arc::new(SystemIds))?;
    let done = country::grow(&instance, usize::MAX, progress).and_then(|_| instance.store.ledger_checkpoint());
    instance.store.close();
    done.map(drop)
}

/// Fills an empty database with the province, dated relative to today.
pub fn fill(url: &str, scale: usize, progress: &(dyn Fn(&str, usize, usize) + Sync)) -> Result<()> {
    fill_at(url, scale, SystemClock.now(), progress)
}

/// The same, as if now were `now` (µs UTC): the same scale and instant give the same province.
pub fn fill_at(url: &str, scale: usize, now: i64, progress: &(dyn Fn(&str, usize, usize) + Sync)) -> Result<()> {
    let clock = Arc::new(ManualClock::new(now - BEGIN * DAY));
    let instance = Instance::open(url, clock.clone(), Arc::new(SeededIds::new(now as u64)))?;
    crate::packs::load(&instance, false, progress)?;
    let today = web::fmt::day_of(now);
    let made: Arc<Mutex<BTreeMap<String, Vec<Made>>>> = Arc::default();
    let (sender, receiver) = std::sync::mpsc::channel::<(String, usize, usize)>();
    for (i, module) in modules::ALL.iter().enumerate() {
        // the ledger shows a province that grew, not one that appeared in a second
        clock.set(now - (BEGIN - i64::try_from(i).unwrap_or(0) * 10) * DAY);
        let (reg, today, made, sender) = (Arc::clone(&instance.registry), today.clone(), Arc::clone(&made), sender.clone());
        let store = instance.store.clone();
        let work = std::thread::spawn(move || {
            // what later modules count is planned by how much there is by now
            store.settle()?;
            store.write_blocking(move |tx| {
                let mut made = made.lock().map_err(Error::internal)?;
                let say = move |what: &str, done: usize, of: usize| drop(sender.send((what.to_owned(), done, of)));
                let mut cx = DemoContext {
                    tx,
                    registry: &reg,
                    actor: Actor::system("demo"),
                    today,
                    scale,
                    progress: &say,
                    made: &mut made,
                    rng: Rng::new(2026 + i as u64),
                };
                module.demo(&mut cx)
            })
        });
        while !work.is_finished() {
            if let Ok((what, done, of)) = receiver.recv_timeout(std::time::Duration::from_millis(50)) {
                progress(&what, done, of);
            }
        }
        while let Ok((what, done, of)) = receiver.try_recv() {
            progress(&what, done, of);
        }
        work.join().map_err(|_| Error::internal(format!("demo of {}", module.name())))??;
    }
    clock.set(now - CONFIRM * DAY);
    confirm_contacts(&instance)?;
    let mut since = String::new();
    for ago in WORKED {
        clock.set(now - ago * DAY);
        let (reg, day, present) = (Arc::clone(&instance.registry), web::fmt::day_of(now - ago * DAY), today.clone());
        let from = std::mem::replace(&mut since, day.clone());
        instance.store.write_blocking(move |tx| plans::demo_work(tx, &reg, &from, &day, &present))?;
    }
    clock.set(now);
    accounts::make(&instance)?;
    instance.store.ledger_checkpoint()?;
    instance.store.close();
    Ok(())
}

/// Most contact points confirmed themselves lately; the others' confirmation is older than the rule allows.
fn confirm_contacts(instance: &Instance) -> Result<()> {
    let reg = Arc::clone(&instance.registry);
    instance.store.write_blocking(move |tx| {
        let system = Actor::system("demo");
        let scope = system.may(access::Verb::Read, "contact_point")?;
        let mut rng = Rng::new(7);
        let filters = vec![Filter { field: "valid_to".into(), op: Op::Empty, values: vec![] }];
        let mut query = Query { filters, limit: Some(500), as_of: Some("all".into()), ..Query::default() };
        loop {
            let page = actions::list(tx, &reg, &scope, &query)?;
            for r in &page.items {
                if rng.chance(86) {
                    actions::confirm(tx, &reg, &system, "contact_point", &r.id)?;
                }
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(()),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use access::{NewAccount, Verb};

    #[test]
    fn a_real_instance_is_neither_filled_nor_thrown_away() {
        let url = std::env::temp_dir().join(format!("lachan-real-{}.db", std::process::id()));
        let text = url.to_string_lossy().into_owned();
        let i = Instance::open(&text, Arc::new(SystemClock), Arc::new(SystemIds)).unwrap();
        only_a_demo(&url).unwrap();
        let new = NewAccount { login: "canbo".into(), name: "Lò Thị Sen".into(), ..NewAccount::default() };
        i.store
            .write_blocking(move |tx| {
                let system = Actor::system("setup");
                system.may(Verb::Create, "account")?;
                access::create_account(tx, &system, &new, None)
            })
            .unwrap();
        i.store.close();
        assert!(matches!(prepare_file(&url, true), Err(Error::Conflict(m)) if m.contains("dữ liệu thật")));
        assert!(matches!(filled(&text, "small", 10, &Progress::new()).map(drop), Err(Error::Conflict(_))));
        assert!(url.metadata().unwrap().len() > 0, "it is still there");
        for tail in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{text}{tail}"));
        }
        prepare_file(&url, true).unwrap();
    }
}

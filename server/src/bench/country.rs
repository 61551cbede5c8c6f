//! The country (34 provinces, 3,321 communes, 2 M people, 8 M answers) and a file of 60,000 people: what long work takes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use access::{Actor, Verb};
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Query, Record, files};
use store::{Error, Result, SystemClock};
use targets::Catalogue;

use super::figures::{after_one_change, moved, open, ours, size};
use super::{folder, middle};
use crate::instance::Instance;
use crate::progress::Progress;

/// People of the imported file.
const PEOPLE: usize = 60_000;
/// Reports filed in one transaction.
const FILED_AT_ONCE: usize = 20;

fn today() -> String {
    web::fmt::day_of(store::Clock::now(&SystemClock))
}

/// The country, filled once and kept.
fn file() -> Result<PathBuf> {
    let file = folder()?.join("country.db");
    if !file.exists() {
        let part = folder()?.join("country.part");
        let _ = std::fs::remove_file(&part);
        let (t, line) = (Instant::now(), Progress::new());
        crate::demo::fill_country(&part.to_string_lossy(), &|what, done, of| line.say(&format!("{what} {done}/{of}")))?;
        line.end();
        eprintln!("filled the country in {:.0} s", t.elapsed().as_secs_f64());
        std::fs::rename(&part, &file).map_err(Error::internal)?;
    }
    Ok(file)
}

/// Indicators, a campaign over every commune, the report file; on SQLite and, where `LACHAN_BENCH_PG_COUNTRY` names a
/// database, on PostgreSQL.
pub fn run() -> Result<()> {
    let instance = open(&file()?.to_string_lossy())?;
    println!("{}", size(&instance, &["agency", "person", "post", "training_record", "system", "control_answer", "deployment"])?);
    println!("SQLite");
    let done = measured(&instance);
    if let (Ok(url), Ok(())) = (std::env::var("LACHAN_BENCH_PG_COUNTRY"), &done) {
        println!("PostgreSQL");
        let t = Instant::now();
        let there = moved(&instance, &url)?;
        println!("moved there in {:.0} s", t.elapsed().as_secs_f64());
        measured(&there)?;
        there.store.close();
    }
    instance.store.close();
    done
}

fn measured(instance: &Instance) -> Result<()> {
    indicators(instance)?;
    campaign(instance)?;
    println!("resident {}, most {}", memory("VmRSS"), memory("VmHWM"));
    Ok(())
}

fn memory(line: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    super::pages::megabytes(&status, line).map_or_else(|| "? (no /proc)".into(), |mb| format!("{mb} MB"))
}

fn indicators(instance: &Instance) -> Result<()> {
    let (today, reg) = (today(), Arc::clone(&instance.registry));
    let catalogue = Catalogue::of(&reg)?;
    let whole = Instant::now();
    for id in catalogue.compiled.keys() {
        let t = Instant::now();
        instance.store.read_blocking(|tx| ours(tx, &reg, id, &today).map(drop))?;
        let ms = t.elapsed().as_secs_f64() * 1000.0;
        if ms > 100.0 {
            println!("{id:<10} {ms:8.0} ms");
        }
    }
    let first = whole.elapsed().as_secs_f64();
    let ask = || instance.store.read_blocking(|tx| catalogue.compiled.keys().try_for_each(|id| ours(tx, &reg, id, &today).map(drop)));
    let again = middle(3, ask)? / 1000.0;
    println!("all {} one after the other: first {first:.1} s, then {again:.1} s (goal < 10 s)", catalogue.compiled.len());
    after_one_change(instance, &today)
}

const NAME: &str = "Phép đo cả nước";

/// The campaign of the benchmark, made when it is not there.
fn made(instance: &Instance) -> Result<Record> {
    let (actor, reg, today) = (Actor::system("bench"), Arc::clone(&instance.registry), today());
    instance.store.write_blocking(move |tx| {
        let scope = actor.may(Verb::Read, "report_campaign")?;
        let of = Filter { field: "name".into(), op: Op::Is, values: vec![NAME.into()] };
        if let Some(c) = actions::list(tx, &reg, &scope, &Query { filters: vec![of], ..Query::default() })?.items.pop() {
            return Ok(c);
        }
        let text = |s: &str| Data::Text(s.to_owned());
        let values = Values::from([
            ("name".to_owned(), text(NAME)),
            ("template".to_owned(), text("annual")),
            ("line".to_owned(), text("attt")),
            ("year".to_owned(), Data::Int(today.get(..4).and_then(|y| y.parse().ok()).unwrap_or(2026))),
            ("as_of".to_owned(), text(&today)),
            ("opens_on".to_owned(), text(&today)),
            ("due_before".to_owned(), text(&calendar::Date::parse(&today).map_err(Error::internal)?.add_days(30).to_string())),
            ("obliged".to_owned(), text("kind = commune and province is not empty")),
        ]);
        actions::create(tx, &reg, &actor, "report_campaign", values, None)
    })
}

fn campaign(instance: &Instance) -> Result<()> {
    let (actor, reg, today, store) = (Actor::system("bench"), Arc::clone(&instance.registry), today(), &instance.store);
    let mut c = made(instance)?;
    if c.state.as_deref() == Some("draft") {
        let (a, r, id, version, day) = (actor.clone(), Arc::clone(&reg), c.id.clone(), c.version, today.clone());
        let t = Instant::now();
        let opened = store.write_blocking(move |tx| reports::open_campaign(tx, &r, &a, &id, version, &day))?;
        println!("campaign opened for {} communes: {:.1} s", opened.created, t.elapsed().as_secs_f64());
        store.settle()?;
        c = made(instance)?;
    }
    let (t, mut filed) = (Instant::now(), 0);
    loop {
        let (a, r, id, day) = (actor.clone(), Arc::clone(&reg), c.id.clone(), today.clone());
        let n = store.write_blocking(move |tx| reports::file_some(tx, &r, &a, &id, FILED_AT_ONCE, &day))?;
        filed += n;
        if n == 0 {
            break;
        }
    }
    if filed > 0 {
        let each = t.elapsed().as_secs_f64() * 1000.0 / f64::from(u32::try_from(filed).unwrap_or(1));
        println!("{filed} reports written, counted, frozen, filed: {each:.1} ms each");
        store.settle()?;
    }
    let consolidate = || store.read_blocking(|tx| reports::consolidate(tx, &reg, &actor, &c, &today));
    let t = Instant::now();
    let sums = consolidate()?;
    let first = t.elapsed().as_secs_f64();
    let again = middle(5, || consolidate().map(drop))? / 1000.0;
    println!("{} of {} reports consolidated: first {first:.2} s, then {again:.2} s (goal < 2 s)", sums.filed, sums.obliged);
    for kind in ["pdf", "docx", "xlsx"] {
        let mut bytes = 0;
        let ms = middle(3, || {
            let d = store.read_blocking(|tx| reports::consolidated_document(tx, &reg, &actor, &c.id, "Cả nước", &today, &today))?;
            bytes = reports::write_document(&d, kind)?.len();
            Ok(())
        })?;
        println!("consolidated report .{kind}, {} kB: {:.2} s with its consolidation (goal < 2 s)", bytes / 1000, ms / 1000.0);
    }
    Ok(())
}

/// A file of 60,000 people into a new province: read, checked, written, each row on disk.
pub fn import() -> Result<()> {
    for url in [Some(folder()?.join("import.db").to_string_lossy().into_owned()), std::env::var("LACHAN_BENCH_PG_IMPORT").ok()] {
        let Some(url) = url else {
            println!("skipped: PostgreSQL (LACHAN_BENCH_PG_IMPORT names no empty database)");
            continue;
        };
        imported(&url)?;
    }
    Ok(())
}

fn imported(url: &str) -> Result<()> {
    remove(url);
    let instance = open(url)?;
    let actor = Actor::system("bench");
    let bytes = people(&instance, &actor)?;
    let t = Instant::now();
    let line = Progress::new();
    let tell = |j: &files::job::Job| line.say(&format!("{}/{}", j.done_rows, j.total));
    let (name, size) = ("people.xlsx", bytes.len());
    let report = files::job::import_file(&instance.store, &instance.registry, &actor, "person", name, bytes, tell)?;
    line.end();
    let took = t.elapsed().as_secs_f64();
    println!(
        "{} people from a .xlsx of {} kB into {}: {took:.1} s, {} rows with errors (goal < 60 s); resident {}",
        report.counts.create,
        size / 1000,
        if url.starts_with("postgres") { "PostgreSQL" } else { "SQLite" },
        report.counts.error,
        memory("VmRSS"),
    );
    instance.store.close();
    remove(url);
    Ok(())
}

fn remove(url: &str) {
    for tail in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{url}{tail}"));
    }
}

/// 300 agencies in the register, and the file that names them.
fn people(instance: &Instance, actor: &Actor) -> Result<Vec<u8>> {
    let (reg, a) = (Arc::clone(&instance.registry), actor.clone());
    instance.store.write_blocking(move |tx| {
        for i in 0..300 {
            let text = |s: &str| Data::Text(s.to_owned());
            let v = Values::from([
                ("name".to_owned(), text(&format!("Cơ quan số {i}"))),
                ("kind".to_owned(), text("department")),
                ("level".to_owned(), text("province")),
            ]);
            actions::create(tx, &reg, &a, "agency", v, None)?;
        }
        Ok(())
    })?;
    let mut book = files::template(&instance.registry, "person")?;
    let def = instance.registry.registers.get("person").ok_or_else(|| Error::internal("person"))?;
    let columns = files::columns(def);
    let each = PEOPLE / 300;
    for i in 0..PEOPLE {
        // no name twice in one agency
        let j = i % each;
        let cells: BTreeMap<&str, String> = BTreeMap::from([
            ("full_name", format!("{} {} {}", FAMILY[j % 10], MIDDLE[j / 10 % 6], GIVEN[j / 60 % 12])),
            ("staff_code", format!("CB{i:06}")),
            ("agency", format!("Cơ quan số {}", i / each)),
            ("title", "Chuyên viên".to_owned()),
            ("active", "Có".to_owned()),
            ("birth_year", (1960 + i % 45).to_string()),
            ("phone", format!("09{i:08}")),
        ]);
        let row = columns.iter().map(|c| cells.get(c.id.as_str()).map_or(documents::Cell::Empty, documents::Cell::text)).collect();
        if let Some(sheet) = book.sheets.first_mut() {
            sheet.rows.push(row);
        }
    }
    book.to_xlsx().map_err(Error::internal)
}

const FAMILY: [&str; 10] = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ"];
const MIDDLE: [&str; 6] = ["Văn", "Thị", "Đức", "Ngọc", "Hữu", "Minh"];
const GIVEN: [&str; 12] = ["An", "Bình", "Cường", "Dũng", "Đào", "Giang", "Hà", "Khánh", "Lan", "Mận", "Phúc", "Yến"];

//! Files out and in again by the ids of records; dry runs over many batches; who else writes meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::tests::*;
use super::*;
use crate::{Query, actions};
use documents::Cell;
use std::sync::Arc;
use store::Store;

#[test]
fn an_export_says_which_record_each_row_is() {
    let reg = registry(&PEOPLE);
    for s in stores(&reg) {
        agencies(&s, &reg);
        let two = [["Nguyễn Văn An", "Sở KHCN", "1985"], ["Nguyễn Văn An", "Sở KHCN", "1990"]];
        let people = sheet(&["Họ và tên", "Cơ quan", "Năm sinh"], &[&two[0], &two[1]]);
        let made = import(&s, &reg, "person", people);
        let id = |n: usize| made.rows[n].record.clone().unwrap();
        let columns = ["Cơ quan", "Người phụ trách chính", "Điện thoại trực", "Có hiệu lực từ"];
        let contact = sheet(&columns, &[&["Sở KHCN", &id(1), "0203 111 222", "01/07/2026"]]);
        assert_eq!(outcomes(&import(&s, &reg, "contact_point", contact)), [Outcome::Create]);
        let out = |register: &'static str| {
            let reg = Arc::clone(&reg);
            s.read_blocking(move |tx| export(tx, &reg, &system(), register, &Query::default())).unwrap()
        };
        // a name that two people bear stands with its id, so that the file means the same without the id of the row
        let mut file = out("contact_point");
        let cells: Vec<String> = file.sheets[0].rows[0].iter().map(Cell::to_text).collect();
        assert!(cells.contains(&format!("Nguyễn Văn An [{}]", id(1))), "{cells:?}");
        let again = dry(&s, &reg, "contact_point", &file.to_xlsx().unwrap());
        assert_eq!(outcomes(&again), [Outcome::Unchanged], "{again:#?}");
        assert_eq!(file.sheets[0].columns.pop().map(|c| c.label), Some("Mã hồ sơ".to_owned()), "the id stands last");
        file.sheets[0].rows[0].pop();
        let again = dry(&s, &reg, "contact_point", &file.to_xlsx().unwrap());
        assert_eq!(outcomes(&again), [Outcome::Unchanged], "{again:#?}");
        // a new name in the row of a record is a new name of that record
        let mut file = out("person");
        let rows = &mut file.sheets[0].rows;
        for r in rows.iter_mut().filter(|r| r.last() == Some(&Cell::text(id(0)))) {
            r[0] = Cell::text("Nguyễn Văn Ân");
        }
        let twice = rows[0].clone();
        rows.push(twice);
        let mut unknown = rows[0].clone();
        let last = unknown.len() - 1;
        unknown[0] = Cell::text("Lê Thị Cúc");
        unknown[last] = Cell::text("mã của nơi khác");
        rows.push(unknown);
        let r = import(&s, &reg, "person", file.to_xlsx().unwrap());
        assert_eq!((r.counts.update, r.counts.unchanged, r.counts.create, r.counts.error), (1, 1, 1, 1), "{r:#?}");
        assert!(r.rows[2].errors[0].what.contains("trùng hồ sơ với dòng 2"), "{:?}", r.rows[2]);
        assert_eq!(count(&s, &reg, "person"), 3);
        let version = s.read_blocking(|tx| actions::get(tx, &reg, &system().may(access::Verb::Read, "person")?, &id(0))).unwrap().version;
        let (reg2, gone) = (Arc::clone(&reg), id(0));
        s.write_blocking(move |tx| actions::delete(tx, &reg2, &system(), "person", &gone, version, "thử")).unwrap();
        let r = import(&s, &reg, "person", file.to_xlsx().unwrap());
        assert!(r.rows.iter().any(|r| r.errors.iter().any(|e| e.what.contains("đã bị rút"))), "{r:#?}");
    }
}

#[test]
fn a_dry_run_knows_what_its_earlier_batches_would_have_made() {
    let reg = registry(&PEOPLE);
    for s in stores(&reg) {
        agencies(&s, &reg);
        let columns = ["Tên chính thức", "Mã định danh", "Loại", "Cấp", "Cơ quan quản lý trực tiếp"];
        let mut rows = vec![["UBND huyện Thử", "T-0", "xã", "Cấp xã", "Ủy ban nhân dân tỉnh Sao Mai"].map(str::to_owned)];
        for n in 1..=3 * job::BATCH {
            // each under the one before, in chains of ten: parents of earlier batches are needed again and again
            let parent = if n % 10 == 1 { "UBND huyện Thử".to_owned() } else { format!("Đơn vị số {}", n - 1) };
            rows.push([format!("Đơn vị số {n}"), format!("T-{n}"), "xã".into(), "Cấp xã".into(), parent]);
        }
        // another code, but the natural key of name and place is that of a row three batches above
        rows.push(["Đơn vị số 1", "T-X", "xã", "Cấp xã", "UBND huyện Thử"].map(str::to_owned));
        let cells: Vec<Vec<&str>> = rows.iter().map(|r| r.iter().map(String::as_str).collect()).collect();
        let slices: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
        let file = sheet(&columns, &slices);
        let said = dry(&s, &reg, "agency", &file);
        assert_eq!(count(&s, &reg, "agency"), 3, "a dry run leaves nothing");
        let done = import(&s, &reg, "agency", file);
        let told = |r: &Report| r.rows.iter().map(|r| (r.line, r.outcome, r.title.clone(), r.errors.clone())).collect::<Vec<_>>();
        assert_eq!(told(&said), told(&done), "the dry run said what the import did");
        assert_eq!((done.counts.create, done.counts.error), (rows.len() as u32 - 1, 1), "{:?}", done.rows.last());
        assert!(s.ledger_verify(|_, _| ()).unwrap().fault.is_none());
    }
}

/// Longest that one small write waited while `work` ran.
fn longest_wait(s: &Store, work: impl FnOnce() + Send) -> (Duration, usize) {
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let other = threads.spawn(|| {
            let (mut longest, mut n) = (Duration::ZERO, 0);
            while !done.load(Ordering::SeqCst) {
                let started = Instant::now();
                s.write_blocking(|tx| tx.exec("UPDATE instance SET value = value WHERE key = 'ledger_seed'", &[])).unwrap();
                longest = longest.max(started.elapsed());
                n += 1;
                std::thread::sleep(Duration::from_millis(5));
            }
            (longest, n)
        });
        work();
        done.store(true, Ordering::SeqCst);
        other.join().unwrap()
    })
}

fn others_write_while(rows: usize) {
    let reg = registry(&PEOPLE);
    for s in stores(&reg) {
        agencies(&s, &reg);
        let names: Vec<String> = (0..rows).map(|i| format!("Người thứ {i}")).collect();
        let cells: Vec<[&str; 2]> = names.iter().map(|n| [n.as_str(), "Sở KHCN"]).collect();
        let slices: Vec<&[&str]> = cells.iter().map(|r| r.as_slice()).collect();
        let file = sheet(&["Họ và tên", "Cơ quan"], &slices);
        let started = Instant::now();
        let (waited, n) = longest_wait(&s, || assert_eq!(dry(&s, &reg, "person", &file).counts.create as usize, rows));
        println!("{:?} dry run of {rows} rows: {:?}, other writes waited at most {waited:?} ({n})", s.engine(), started.elapsed());
        assert!(waited < Duration::from_secs(1), "dry run: {waited:?}");
        let started = Instant::now();
        let (waited, n) = longest_wait(&s, || assert_eq!(import(&s, &reg, "person", file.clone()).counts.create as usize, rows));
        println!("{:?} import of {rows} rows: {:?}, other writes waited at most {waited:?} ({n})", s.engine(), started.elapsed());
        assert!(waited < Duration::from_secs(1), "import: {waited:?}");
    }
}

#[test]
fn others_write_while_a_file_is_tried_and_imported() {
    others_write_while(1000);
}

#[test]
#[ignore = "minutes in a test build: cargo test -p registers --release -- --ignored others_write"]
fn others_write_while_a_large_file_is_tried_and_imported() {
    others_write_while(20_000);
}

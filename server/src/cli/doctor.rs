//! `lachan doctor`: one line for each thing looked at: well, or what to mend.

use std::path::Path;
use std::sync::Arc;

use access::{Actor, Verb};
use registers::{Query, actions};
use store::{Clock, Error, Result, SystemClock, SystemIds};

use super::out::say;
use super::{Context, print_json, sqlite_file};
use crate::instance::Instance;

/// A disk with less left is soon full, MB.
const LEAST_MB: u64 = 500;
/// 2026-01-01T00:00Z and 2100-01-01T00:00Z, µs: outside of these the clock is wrong.
const PLAUSIBLE: std::ops::Range<i64> = 1_767_225_600_000_000..4_102_444_800_000_000;

/// What was looked at and how it is.
struct Lines(Vec<(&'static str, Result<String>)>);

impl Lines {
    fn add(&mut self, what: &'static str, how: Result<String>) {
        self.0.push((what, how));
    }
    /// Prints all; `Conflict` when something is to be mended.
    fn end(self, json: bool) -> Result<()> {
        let bad = self.0.iter().filter(|l| l.1.is_err()).count();
        for (what, how) in &self.0 {
            let (ok, text) = match how {
                Ok(m) => (true, m.clone()),
                Err(e) => (false, e.to_string()),
            };
            if json {
                print_json(&serde_json::json!({ "what": what, "ok": ok, "message": text }));
            } else {
                say!("{}  {what}: {}", if ok { "ổn  " } else { "HỎNG" }, text.trim().replace('\n', "\n        "));
            }
        }
        if bad == 0 { Ok(()) } else { Err(Error::Conflict(format!("{bad} điều cần sửa."))) }
    }
}

/// Looks at everything it can reach; one fault does not hide the next.
pub fn run(context: &Context<'_>) -> Result<()> {
    let mut lines = Lines(vec![]);
    lines.add("đồng hồ", clock(SystemClock.now()));
    let registry = crate::instance::registry();
    match &registry {
        Ok(r) => {
            lines.add("định nghĩa", Ok(format!("{} sổ đăng ký, {} danh mục", r.registers.len(), r.choices.len())));
            lines.add(
                "chỉ tiêu",
                targets::Catalogue::load(r).map(|c| format!("{} có nguồn dữ liệu / {}", c.compiled.len(), c.indicators.len())),
            );
        }
        Err(e) => lines.add("định nghĩa", Err(Error::BadRequest(e.to_string()))),
    }
    let file = sqlite_file(context.database);
    if let Some(f) = file {
        lines.add("chỗ trống", free(f));
    }
    if registry.is_ok() {
        match file {
            Some(f) if !f.exists() => {
                lines.add("cơ sở dữ liệu", Err(Error::NotFound(format!("chưa có {}; chỉ đúng tệp bằng --database.", f.display()))));
            }
            _ => match Instance::open_as_it_is(context.database, Arc::new(SystemClock), Arc::new(SystemIds)) {
                Err(e) => lines.add("cơ sở dữ liệu", Err(e)),
                Ok(i) => opened(&i, &mut lines),
            },
        }
    }
    // what the environment names is what the service of this machine uses
    match super::instance_cmds::mail_config(None, None) {
        Ok(None) => {}
        Ok(Some(c)) => lines.add("máy chủ thư", c.probe()),
        Err(e) => lines.add("máy chủ thư", Err(e)),
    }
    lines.end(context.json)
}

fn clock(now: i64) -> Result<String> {
    if PLAUSIBLE.contains(&now) {
        Ok(web::fmt::instant(now))
    } else {
        Err(Error::BadRequest(format!("máy đang ghi {}: chỉnh lại ngày giờ.", web::fmt::instant(now))))
    }
}

fn opened(i: &Instance, lines: &mut Lines) {
    match i.store.encryption() {
        Ok(None) => {}
        Ok(Some(how)) => lines.add("đường truyền", Ok(how)),
        Err(e) => lines.add("đường truyền", Err(e)),
    }
    lines.add("ghi được", write(i));
    let shape = i.pending().and_then(|p| {
        if p.is_empty() {
            Ok("đúng như định nghĩa".to_owned())
        } else {
            Err(Error::Conflict(format!("{p}\nSao lưu, rồi chạy: lachan migrate --apply")))
        }
    });
    let fits = shape.is_ok();
    lines.add("cấu trúc", shape);
    // questions to tables that are not there yet say nothing new
    if fits {
        lines.add("câu hỏi", statements(i));
        lines.add("việc nền", background(i));
    }
}

/// A real write that reaches the disk (forgotten after 30 days with the other keys of repeated requests).
fn write(i: &Instance) -> Result<String> {
    let key = store::new_uuid_v7(SystemClock.now(), &SystemIds);
    i.store.write_blocking(move |tx| tx.remember("doctor", &key, b"doctor", ""))?;
    let h = i.store.health()?;
    Ok(format!("{:?}, {} MB, nhật ký ghi trước {} MB", i.store.engine(), h.bytes / 1_000_000, h.wal_bytes / 1_000_000))
}

/// Each register can be listed and counted, each statement of each indicator is understood by this engine.
fn statements(i: &Instance) -> Result<String> {
    let (reg, actor) = (&i.registry, Actor::system("doctor"));
    let catalogue = targets::Catalogue::of(reg)?;
    let today = web::fmt::day_of(SystemClock.now());
    let mut wrong = Vec::new();
    let mut looked = 0;
    for id in reg.registers.keys() {
        looked += 1;
        let query = Query { limit: Some(1), ..Query::default() };
        if let Err(e) = i.store.read_blocking(|tx| actions::list(tx, reg, &actor.may(Verb::Read, id)?, &query)) {
            wrong.push(format!("sổ {id}: {e}"));
        }
    }
    for (id, c) in &catalogue.compiled {
        looked += 1;
        let asked = c.ctx(&today).map_err(Error::BadRequest).and_then(|ctx| i.store.read_blocking(|tx| tx.check(&c.statement(&ctx).sql)));
        if let Err(e) = asked {
            wrong.push(format!("chỉ tiêu {id}: {e}"));
        }
    }
    if wrong.is_empty() { Ok(format!("{looked} câu hỏi chạy được")) } else { Err(Error::Conflict(wrong.join("\n"))) }
}

/// What waits, and what was given up.
fn background(i: &Instance) -> Result<String> {
    let (imports, queued, failed, dead) = i.store.read_blocking(|tx| {
        Ok((
            registers::files::job::unfinished(tx)?.len(),
            work::jobs(tx, "", "queued", 1000)?.len(),
            work::jobs(tx, "", "failed", 1000)?,
            work::dead_events(tx)?,
        ))
    })?;
    let mut wrong: Vec<String> = failed.iter().take(5).map(|j| format!("việc {} ({}): {}", j.kind, j.id, j.message)).collect();
    wrong.extend(dead.iter().take(5).map(|(who, event, why)| format!("sự kiện {event} của {who}: {why}")));
    if wrong.is_empty() {
        return Ok(format!("{imports} lần nhập dở (máy chủ làm tiếp khi khởi động), {queued} việc chờ"));
    }
    Err(Error::Conflict(format!("{} việc lỗi, {} sự kiện bỏ lại:\n{}", failed.len(), dead.len(), wrong.join("\n"))))
}

/// What `df` says of the folder; std cannot ask.
fn free(file: &Path) -> Result<String> {
    let dir = file.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let out = std::process::Command::new("df").arg("-Pk").arg(dir).output();
    let Some(mb) = out.ok().filter(|o| o.status.success()).and_then(|o| available(&String::from_utf8_lossy(&o.stdout))) else {
        return Ok("không đo được trên máy này (không có df)".into());
    };
    if mb >= LEAST_MB {
        Ok(format!("{mb} MB"))
    } else {
        Err(Error::Unavailable(format!("chỉ còn {mb} MB, cần ít nhất {LEAST_MB} MB: dọn đĩa.")))
    }
}

/// MB available, from the second line of `df -Pk` (POSIX: blocks of 1024 bytes, fourth column).
fn available(df: &str) -> Option<u64> {
    df.lines().nth(1)?.split_whitespace().nth(3)?.parse::<u64>().ok().map(|k| k / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn df_is_read_by_column() {
        let said = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 263174212 46000000 48234496 49% /\n";
        assert_eq!(available(said), Some(47_104));
        assert_eq!(available("Filesystem\n"), None);
    }

    #[test]
    fn a_clock_of_another_century_is_said() {
        assert!(clock(0).is_err() && clock(i64::from(u32::MAX) * 1_000_000_000).is_err());
        assert!(clock(PLAUSIBLE.start).is_ok());
    }

    #[test]
    fn one_fault_makes_the_whole_fail() {
        let mut lines = Lines(vec![]);
        lines.add("a", Ok("x".into()));
        assert!(Lines(vec![]).end(false).is_ok());
        lines.add("b", Err(Error::Conflict("y".into())));
        assert!(matches!(lines.end(true), Err(Error::Conflict(m)) if m.starts_with('1')));
    }

    #[test]
    fn a_fresh_instance_is_well_and_a_failed_job_is_said() {
        let dir = std::env::temp_dir().join(format!("lachan-doctor-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let url = dir.join("a.db");
        let i = Instance::open(&url.to_string_lossy(), Arc::new(SystemClock), Arc::new(SystemIds)).unwrap();
        let mut lines = Lines(vec![]);
        opened(&i, &mut lines);
        for (what, how) in &lines.0 {
            assert!(how.is_ok(), "{what}: {how:?}");
        }
        assert_eq!(lines.0.len(), 4);
        let job = work::NewJob { kind: "test.wrong".into(), ..work::NewJob::default() };
        i.store.write_blocking(move |tx| work::enqueue(tx, &job)).unwrap();
        assert!(background(&i).unwrap().contains("1 việc chờ"));
        let wrong: work::JobHandler = Box::new(|_, _, _| Err(Error::BadRequest("tệp hỏng".into())));
        assert!(work::Worker::new(i.store.clone()).handler("test.wrong", wrong).step_job().unwrap());
        let said = background(&i).unwrap_err().to_string();
        assert!(said.contains("1 việc lỗi") && said.contains("test.wrong") && said.contains("tệp hỏng"), "{said}");
        i.store.close();
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

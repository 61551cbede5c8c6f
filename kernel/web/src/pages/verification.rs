//! The verification of everything: a job that reads the log and every row, and what it found.

use std::sync::Arc;
use std::time::{Duration, Instant};

use maud::{Markup, html};
use registers::Registry;
use serde_json::Value as Json;
use store::{Error, Result};
use work::{Job, JobHandler, Outcome, Progress};

use crate::components::{notice, progress};
use crate::ctx::Ctx;
use crate::fmt;
use crate::module::Tone;

/// Kind of the job; also the key that keeps it from running twice.
pub const VERIFY_JOB: &str = "ledger.verify";
/// Progress is written at most this often: it must not trouble the writer.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Proves the whole instance: first the log itself, then, when it holds, every row against it. Cut off, it begins anew.
pub fn verify_job(reg: Arc<Registry>) -> JobHandler {
    Box::new(move |store, _, line| {
        let teller = std::cell::RefCell::new(Teller { line, told: None });
        let report = store.ledger_verify(|done, of| {
            // the lease is seen to again before the answer is written
            let _ = teller.borrow_mut().tell(done, of, "log");
        })?;
        let rows = if report.fault.is_none() {
            let tell = &mut |done, of| teller.borrow_mut().tell(done as u64, of as u64, "rows");
            match store.read_blocking(|tx| registers::verify_all(tx, &reg, tell)) {
                Err(_) if line.stopping() => return Ok(Outcome::Again { after: 1 }),
                other => other?,
            }
        } else {
            vec![]
        };
        Ok(Outcome::Done(registers::proof(&report, &rows, report.fault.is_none())))
    })
}

struct Teller<'a> {
    line: &'a Progress,
    told: Option<Instant>,
}

impl Teller<'_> {
    fn tell(&mut self, done: u64, of: u64, what: &str) -> Result<()> {
        if self.line.stopping() {
            return Err(Error::Unavailable("Máy chủ đang dừng.".into()));
        }
        if self.told.is_some_and(|t| t.elapsed() < TELL_EVERY) {
            return Ok(());
        }
        self.told = Some(Instant::now());
        let n = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        match self.line.report(n(done), n(of), what) {
            // that nothing can be written now does not stop the reading
            Err(Error::Unavailable(_)) => Ok(()),
            other => other,
        }
    }
}

/// How far it is, or what came out.
pub(super) fn verification(ctx: &Ctx, j: &Job) -> Markup {
    let t = |vi, en| ctx.t(vi, en);
    html! {
        section.card #verification {
            h2 { (t("Kiểm tra toàn bộ", "Verification of everything")) }
            @match (j.state.as_str(), &j.result) {
                ("done", Some(r)) => {
                    (found(ctx, r))
                    p.muted.small { (t("Kiểm tra xong lúc", "Finished at")) " " (fmt::instant(j.finished_at.unwrap_or(j.created_at))) }
                },
                ("failed", _) => (notice(Tone::Unmet, html! { (t("Lần kiểm tra này không chạy hết; hãy bấm Kiểm tra toàn bộ lần nữa.", "This run did not finish; press Verify all again.")) " " (j.message) })),
                ("running", _) => {
                    (progress(if j.message == "rows" { t("Đang so từng bản ghi với nhật ký: số sổ đã so", "Comparing every record with the ledger: registers done") } else { t("Đang tính lại các lá của nhật ký", "Recomputing the leaves of the ledger") }, j.progress, j.total))
                    p.muted { (t("Trang tự cập nhật. Bạn có thể rời trang, kết quả được giữ lại.", "The page updates itself. You may leave; the result is kept.")) }
                },
                _ => (notice(Tone::Soon, html! { (t("Đang chờ tới lượt chạy. Trang tự cập nhật.", "Waiting for its turn. The page updates itself.")) })),
            }
        }
    }
}

fn found(ctx: &Ctx, r: &Json) -> Markup {
    let t = |vi, en| ctx.t(vi, en);
    let n = |key: &str| fmt::int(r[key].as_i64().unwrap_or(0));
    let text = |v: &Json, key: &str| v[key].as_str().unwrap_or("").to_owned();
    if r["ok"] == true {
        return notice(
            Tone::Met,
            html! {
                (t("Nhật ký nguyên vẹn:", "The ledger holds:")) " " (n("size")) " " (t("lá,", "leaves,")) " " (n("checkpoints")) " "
                (t("điểm kiểm tra; mọi bản ghi, tài khoản và quyền khớp nhật ký.", "checkpoints; every record, account and grant is as the ledger says."))
            },
        );
    }
    if r["fault"].is_object() {
        let seq = r["fault"]["seq"].as_i64();
        return notice(
            Tone::Unmet,
            html! {
                (t("Nhật ký KHÔNG nguyên vẹn.", "The ledger does NOT hold.")) " " (text(&r["fault"], "message")) " "
                @if let Some(seq) = seq { "(" (seq) ")" }
            },
        );
    }
    let rows = r["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        (notice(Tone::Unmet, html! {
            strong { (n("mismatches")) } " " (t("bản ghi KHÔNG khớp nhật ký: có người sửa thẳng vào cơ sở dữ liệu, hoặc tệp bị hỏng.", "records do NOT match the ledger: somebody wrote into the database directly, or the file is damaged."))
        }))
        ul { @for m in rows {
            @let register = text(m, "register");
            @let known = ctx.reg().registers.get(&register).map(|d| ctx.lang().label(&d.register.label));
            li { (known.unwrap_or(&register)) " " code.break { (text(m, "record")) } ": " (text(m, "message"))
                @if let Some(seq) = m["seq"].as_i64() { " " a href=(format!("/ledger?leaf={seq}")) { (t("lá số", "leaf")) " " (fmt::int(seq)) } } }
        } }
        @if r["mismatches"].as_u64().is_some_and(|n| n > rows.len() as u64) { p.muted { (t("Chỉ hiện các dòng đầu; toàn bộ: lachan ledger verify --json.", "Only the first are shown.")) } }
    }
}

//! Work that is late or that nobody touched for some days: who owes it, one press reminds all, the letter, the way up.

use std::collections::{BTreeMap, BTreeSet};

use access::{Actor, Verb};
use library::outgoing;
use plans::owed::{self, Ask};
use plans::{State, Want};
use registers::{Data, Query, Record, Registry, actions};
use store::{Error, Result, Tx};
use web::fmt;
use work::{Channel, Message, notify};

use crate::reach::{People, Told};
use crate::reminder::{self, Reminded};
use crate::{all_where, is, one, program, text, values};

/// Days without any update after which work counts as untouched, where nobody asks for another number.
pub const QUIET_DAYS: i64 = 30;
/// Obligations named in one reminder.
const MOST: usize = 200;
/// Lines of a message; the rest is on the board.
const LINES: usize = 10;
const DAY: i64 = 86_400 * 1_000_000;

/// Which work is followed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Past its day.
    Overdue,
    /// Open, and nobody changed it or added evidence for so many days.
    Quiet(i64),
}

impl Which {
    /// From the word of an address; other words are none.
    ///
    /// # Errors
    /// `BadRequest` for another word or a number of days that is none.
    pub fn parse(word: &str, days: Option<&str>) -> Result<Self> {
        let n = days.map_or(Some(QUIET_DAYS), |d| d.trim().parse().ok()).filter(|n| (1..=3660).contains(n));
        match (word, n) {
            ("overdue", _) => Ok(Which::Overdue),
            ("quiet", Some(n)) => Ok(Which::Quiet(n)),
            ("quiet", None) => Err(Error::BadRequest("Số ngày phải từ 1 đến 3660.".into())),
            _ => Err(Error::BadRequest(format!("Không có danh sách “{word}”; chọn overdue hoặc quiet."))),
        }
    }
    /// Word of the address.
    pub fn word(self) -> &'static str {
        match self {
            Which::Overdue => "overdue",
            Which::Quiet(_) => "quiet",
        }
    }
    fn said(self) -> String {
        match self {
            Which::Overdue => "quá hạn".into(),
            Which::Quiet(n) => format!("{n} ngày không cập nhật"),
        }
    }
}

/// What one agency owes.
#[derive(Debug, Clone)]
pub struct Owing {
    /// Agency id and name.
    pub agency: (String, String),
    /// Its obligations, the longest owed first.
    pub items: Vec<Record>,
}

/// Who owes such work, in the actor's scope: most first. `agency` = only this one.
///
/// # Errors
/// Those of reading.
pub fn owing(tx: &mut Tx, reg: &Registry, actor: &Actor, which: Which, agency: Option<&str>, today: &str) -> Result<Vec<Owing>> {
    let want = if which == Which::Overdue { Want::One(State::Overdue) } else { Want::Open };
    let ask = Ask { agency: agency.map(str::to_owned), ..Ask::of(want) };
    let mut all: Vec<Record> = owed::each(tx, reg, actor, today, &ask, None)?.into_iter().map(|o| o.record).collect();
    if let Which::Quiet(days) = which {
        let since = tx.now() - days * DAY;
        let touched = evidence_since(tx, reg, actor, since)?;
        all.retain(|o| o.updated_at < since && !touched.contains(&o.id));
    }
    let mut by: BTreeMap<String, Owing> = BTreeMap::new();
    for o in all {
        let id = o.text("agency").unwrap_or_default().to_owned();
        let name = o.link_title("agency").unwrap_or_default().to_owned();
        by.entry(id.clone()).or_insert_with(|| Owing { agency: (id, name), items: vec![] }).items.push(o);
    }
    let mut list: Vec<Owing> = by.into_values().collect();
    for a in &mut list {
        a.items.sort_by(|x, y| (x.text("due_on").is_none(), x.text("due_on")).cmp(&(y.text("due_on").is_none(), y.text("due_on"))));
    }
    list.sort_by_key(|a| (std::cmp::Reverse(a.items.len()), ::text::sort_key(&a.agency.1)));
    Ok(list)
}

/// Obligations that got evidence since an instant.
fn evidence_since(tx: &mut Tx, reg: &Registry, actor: &Actor, since: i64) -> Result<BTreeSet<String>> {
    let scope = actor.may(Verb::Read, "evidence")?;
    let mut query =
        Query { sort: Some("-created_at".into()), limit: Some(500), uncounted: true, as_of: Some("all".into()), ..Query::default() };
    let mut found = BTreeSet::new();
    loop {
        let page = actions::list(tx, reg, &scope, &query)?;
        let old = page.items.last().is_none_or(|e| e.created_at < since);
        found.extend(page.items.iter().filter(|e| e.created_at >= since).filter_map(|e| e.text("obligation").map(str::to_owned)));
        match page.next {
            Some(next) if !old => query.after = Some(next),
            _ => return Ok(found),
        }
    }
}

fn lines(a: &Owing) -> String {
    let line = |o: &Record| {
        let due = o.text("due_on").map_or_else(String::new, |d| format!(" (hạn {})", fmt::date(d)));
        format!("- {}{due}", o.text("content").unwrap_or_default().chars().take(160).collect::<String>())
    };
    let mut all: Vec<String> = a.items.iter().take(LINES).map(line).collect();
    if a.items.len() > LINES {
        all.push(format!("và {} việc khác", a.items.len() - LINES));
    }
    all.join("\n")
}

/// Reminds every agency that owes such work by notice and e-mail, the same person once a day; each agency's reminder is a record.
///
/// # Errors
/// `Forbidden` without the right to remind.
pub fn remind(tx: &mut Tx, reg: &Registry, actor: &Actor, which: Which, agency: Option<&str>, today: &str) -> Result<Reminded> {
    actor.may(Verb::Create, "reminder")?;
    let (list, people, program) = (owing(tx, reg, actor, which, agency, today)?, People::of(tx)?, program(actor));
    let mut done = Reminded::default();
    for a in &list {
        let subject = format!("Đôn đốc: {} việc {}", a.items.len(), which.said());
        let body = format!("{}\nCập nhật kết quả hoặc nêu khó khăn, vướng mắc trên Lá Chắn.", lines(a));
        let event = format!("late:{}:{}:{today}", which.word(), a.agency.0);
        // quiet work need not be late: it stands among what is open
        let link = if matches!(which, Which::Overdue) { "/plans/board?state=overdue" } else { "/plans/board?state=open" };
        let m = Message { event: &event, template: "late", subject: &subject, body: &body, link: Some(link), needs_ack: true };
        let mut told = Told::default();
        people.tell(tx, reg, &a.agency.0, &m, &mut told)?;
        done.agencies += 1;
        if told.messages > 0 {
            log(tx, reg, &program, a, "obligation", &told, today)?;
        }
        done.add(told);
    }
    Ok(done)
}

fn log(tx: &mut Tx, reg: &Registry, actor: &Actor, a: &Owing, kind: &str, told: &Told, today: &str) -> Result<()> {
    let ids: Vec<String> = a.items.iter().take(MOST).map(|o| o.id.clone()).collect();
    let asked = Data::Int(i64::try_from(ids.len()).unwrap_or(i64::MAX));
    let about = values([("kind", text(kind)), ("obligations", Data::Links(ids)), ("asked", asked)]);
    reminder::log(tx, reg, actor, &a.agency.0, about, told, today)
}

/// How many obligations of a reminder moved since: finished, handed in, changed, or with new evidence.
///
/// # Errors
/// Those of reading.
pub(crate) fn moved(tx: &mut Tx, reg: &Registry, actor: &Actor, r: &Record) -> Result<i64> {
    let mut n = 0;
    for id in r.links("obligations") {
        let o = one(tx, reg, actor, "obligation", id)?;
        let touched = o.updated_at > r.created_at;
        let mut proved = || -> Result<bool> {
            let all = all_where(tx, reg, actor, "evidence", vec![is("obligation", id)])?;
            Ok(all.iter().any(|e| e.created_at > r.created_at))
        };
        n += i64::from(touched || proved()?);
    }
    Ok(n)
}

/// Last reminder of each agency about late work.
///
/// # Errors
/// Those of reading.
pub fn last(tx: &mut Tx, reg: &Registry, actor: &Actor) -> Result<BTreeMap<String, Record>> {
    let mut by: BTreeMap<String, Record> = BTreeMap::new();
    for r in all_where(tx, reg, actor, "following_reminder", vec![is("kind", "obligation")])? {
        let agency = r.text("agency").unwrap_or_default().to_owned();
        if by.get(&agency).is_none_or(|have| have.created_at < r.created_at) {
            by.insert(agency, r);
        }
    }
    Ok(by)
}

/// Reminded, the days are over, nothing moved.
pub fn without_effect(r: Option<&Record>) -> bool {
    r.is_some_and(|r| r.int("moved") == Some(0))
}

/// Tells the heads of the standing agency which agencies did not move after they were reminded. How many agencies.
///
/// # Errors
/// `Forbidden` without the right to remind, `Conflict` when there is none.
pub fn escalate(tx: &mut Tx, reg: &Registry, actor: &Actor, which: Which, today: &str) -> Result<usize> {
    actor.may(Verb::Create, "reminder")?;
    let (list, last, program) = (owing(tx, reg, actor, which, None, today)?, last(tx, reg, actor)?, program(actor));
    let stuck: Vec<&Owing> = list.iter().filter(|a| without_effect(last.get(&a.agency.0))).collect();
    if stuck.is_empty() {
        return Err(Error::Conflict("Chưa có cơ quan nào đã đôn đốc, hết thời gian chờ mà không chuyển biến.".into()));
    }
    let body: Vec<String> = stuck.iter().map(|a| format!("- {}: {} việc", a.agency.1, a.items.len())).collect();
    let subject = format!("{} cơ quan không chuyển biến sau đôn đốc", stuck.len());
    let event = format!("late-escalation:{}:{today}", which.word());
    let link = format!("/following/late?which={}", which.word());
    let m =
        Message { event: &event, template: "escalation", subject: &subject, body: &body.join("\n"), link: Some(&link), needs_ack: true };
    let mut told = Told::default();
    for (account, _) in access::holders(tx, &["standing_head"])? {
        told.messages += notify(tx, &account, &m, &[Channel::InApp, Channel::Email])?;
    }
    if told.messages == 0 {
        return Err(Error::Conflict("Hôm nay đã báo cáo rồi, hoặc lãnh đạo cơ quan thường trực chưa có tài khoản.".into()));
    }
    for a in &stuck {
        log(tx, reg, &program, a, "escalation", &told, today)?;
    }
    Ok(stuck.len())
}

/// Drafts the letter: to one agency with its list of work, or to all with the list of agencies and their work.
///
/// # Errors
/// `Forbidden` without the right to make outgoing documents; `Conflict` when nobody owes anything.
pub fn letter(tx: &mut Tx, reg: &Registry, actor: &Actor, which: Which, agency: Option<&str>, today: &str) -> Result<Record> {
    actor.may(Verb::Create, outgoing::REGISTER)?;
    let list = owing(tx, reg, actor, which, agency, today)?;
    if list.is_empty() {
        return Err(Error::Conflict("Không còn việc nào như vậy: không có ai để gửi công văn.".into()));
    }
    let Some(issuer) = actor.agency.clone() else {
        return Err(Error::invalid("agency", "Tài khoản của bạn chưa gắn với cơ quan nào nên không biết cơ quan ban hành công văn."));
    };
    let n: usize = list.iter().map(|a| a.items.len()).sum();
    let mut rows = vec![["STT", "Cơ quan", "Việc", "Hạn"].map(str::to_owned).to_vec()];
    for o in list.iter().flat_map(|a| &a.items) {
        let content: String = o.text("content").unwrap_or_default().chars().take(300).collect();
        let due = o.text("due_on").map_or_else(|| "–".to_owned(), fmt::date);
        rows.push(vec![rows.len().to_string(), o.link_title("agency").unwrap_or_default().to_owned(), content, due]);
    }
    let one_only = (list.len() == 1).then(|| list[0].agency.1.clone());
    let d = outgoing::Draft {
        agency: issuer,
        symbol: "CAT-ANM".into(),
        title: format!("đôn đốc thực hiện nhiệm vụ {}", which.said()),
        addressees: vec![one_only.unwrap_or_else(|| "Các cơ quan, đơn vị có tên trong danh sách kèm theo".into())],
        content: vec![
            format!("Qua theo dõi trên hệ thống Lá Chắn, đến ngày {} còn {} việc {} của {} cơ quan, đơn vị (danh sách kèm theo).", fmt::date(today), fmt::int(i64::try_from(n).unwrap_or(i64::MAX)), which.said(), list.len()),
            "Đề nghị thủ trưởng cơ quan, đơn vị chỉ đạo hoàn thành, cập nhật kết quả và minh chứng trên hệ thống; có khó khăn, vướng mắc thì nêu ngay trên hệ thống để được giải quyết.".into(),
            "Đề nghị các cơ quan, đơn vị quan tâm thực hiện./.".into(),
        ],
        annex: Some((format!("Danh sách nhiệm vụ {}", which.said()), rows)),
        recipients: vec![("Như trên".into(), String::new()), ("Ủy ban nhân dân tỉnh".into(), "để b/c".into())],
        signer_title: "GIÁM ĐỐC".into(),
        about: format!("/following/late?which={}", which.word()),
    };
    outgoing::draft(tx, reg, actor, &d)
}

//! Every reminder is a record of the reminded agency, and a week later it says what moved.

use access::Actor;
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Record, Registry};
use store::{Result, Tx};
use web::Cx;

use crate::reach::Told;
use crate::{all_where, late, one, text, values};

/// Days after which the effect of a reminder is read.
pub const EFFECT_DAYS: i64 = 7;

/// What one press of "remind" came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Reminded {
    /// Agencies that owe something.
    pub agencies: usize,
    /// Notices and e-mails that are new.
    pub messages: usize,
    /// Names of agencies without an account and without an e-mail address.
    pub unreached: Vec<String>,
}

impl Reminded {
    /// One more agency was told.
    pub(crate) fn add(&mut self, told: Told) {
        self.messages += told.messages;
        self.unreached.extend(told.unreached);
    }
    /// What to tell who pressed.
    pub fn said(&self, lang: web::Lang) -> String {
        let mut said = match self.messages {
            0 => lang
                .t(
                    "Không có thông báo mới: hôm nay đã đôn đốc rồi, hoặc không có ai để gửi.",
                    "Nothing new: reminded today already, or nobody to tell.",
                )
                .to_owned(),
            n => match lang {
                web::Lang::Vi => format!("Đã gửi {n} thông báo, thư tới {} cơ quan.", self.agencies),
                web::Lang::En => format!("{n} messages sent to {} agencies.", self.agencies),
            },
        };
        if !self.unreached.is_empty() {
            let who = lang.t("cơ quan chưa có tài khoản đầu mối và địa chỉ thư", "agencies have neither account nor address");
            said.push_str(&format!(" {} {who}.", self.unreached.len()));
        }
        said
    }
}

/// Writes down that an agency was reminded.
pub(crate) fn log(tx: &mut Tx, reg: &Registry, actor: &Actor, agency: &str, about: Values, told: &Told, today: &str) -> Result<()> {
    let check = calendar::Date::parse(today).map_or_else(|_| today.to_owned(), |d| d.add_days(EFFECT_DAYS).to_string());
    let mut v = values([
        ("agency", text(agency)),
        ("sent_on", text(today)),
        ("messages", Data::Int(i64::try_from(told.messages).unwrap_or(i64::MAX))),
        ("check_on", text(&check)),
    ]);
    v.extend(about);
    actions::create(tx, reg, actor, "following_reminder", v, None).map(drop)
}

/// Things of a reminder that moved since it was sent.
///
/// # Errors
/// Those of reading.
pub fn moved(tx: &mut Tx, reg: &Registry, actor: &Actor, r: &Record) -> Result<i64> {
    let Some(id) = r.text("acknowledgement") else { return late::moved(tx, reg, actor, r) };
    Ok(i64::from(one(tx, reg, actor, "acknowledgement", id)?.state.as_deref() != Some("waiting")))
}

/// Reminders read in one transaction.
const BATCH: usize = 25;

/// Job: reads the effect of reminders whose day has come.
pub fn read_effects(cx: &Cx<'_>, tx: &mut Tx, after: Option<&str>) -> Result<Option<String>> {
    let system = Actor::system("following.effect");
    let due = Filter { field: "check_on".into(), op: Op::To, values: vec![cx.today.to_owned()] };
    let unread = Filter { field: "moved".into(), op: Op::Empty, values: vec![] };
    let mut list = all_where(tx, cx.registry, &system, "following_reminder", vec![due, unread])?;
    list.sort_by(|a, b| a.id.cmp(&b.id));
    list.retain(|r| after.is_none_or(|a| r.id.as_str() > a));
    for r in list.iter().take(BATCH) {
        let n = moved(tx, cx.registry, &system, r)?;
        actions::update(tx, cx.registry, &system, "following_reminder", &r.id, r.version, values([("moved", Data::Int(n))]), None)?;
    }
    Ok(if list.len() > BATCH { list.get(BATCH - 1).map(|r| r.id.clone()) } else { None })
}

//! Accounts whose person left, moved, or no longer holds the post the account was made for.

use std::collections::{BTreeMap, BTreeSet};

use access::{Account, Actor, Verb};
use registers::{Filter, Op, Query, Record};
use store::{Result, Tx};
use web::{Cx, WorkItem, fmt};

use crate::every;

/// Account id and why it should be looked at. Closed accounts and those linked to no person are left out.
pub(crate) fn to_review(cx: &Cx<'_>, tx: &mut Tx, accounts: &[Account]) -> Result<Vec<(String, String)>> {
    // who manages accounts need not be allowed to read every person: the program looks, and says only why
    let program = Actor::system("people.review");
    let linked: Vec<&Account> = accounts.iter().filter(|a| a.disabled_at.is_none() && a.person.is_some()).collect();
    let ids: BTreeSet<String> = linked.iter().filter_map(|a| a.person.clone()).collect();
    let people = by_id(tx, cx, &program, &ids)?;
    let posts = of_people(tx, cx, &program, "post", &ids)?;
    let points = of_people(tx, cx, &program, "contact_point", &ids)?;
    let mut out = Vec::new();
    for a in linked {
        let Some(person) = &a.person else { continue };
        let why = match people.get(person) {
            None => Some(cx.lang.t("người này không còn trong sổ nhân sự", "the person is no longer in the register").to_owned()),
            Some(p) => why(cx, a, p, posts.get(person), points.get(person)),
        };
        out.extend(why.map(|w| (a.id.clone(), w)));
    }
    Ok(out)
}

fn why(cx: &Cx<'_>, a: &Account, p: &Record, posts: Option<&Vec<Record>>, points: Option<&Vec<Record>>) -> Option<String> {
    let t = |vi: &'static str, en: &'static str| cx.lang.t(vi, en);
    if p.bool("active") == Some(false) {
        let day = p.text("left_on").map(fmt::date).unwrap_or_default();
        return Some(format!("{} {day}", t("đã thôi công tác từ", "left on")).trim_end().to_owned());
    }
    if let (Some(now), Some(was)) = (p.link("agency"), a.agency.as_deref())
        && now != was
    {
        return Some(t("đã chuyển sang cơ quan khác", "moved to another agency").to_owned());
    }
    let ended = |list: Option<&Vec<Record>>| {
        list.filter(|l| !l.is_empty() && l.iter().all(|r| r.text("valid_to").is_some_and(|d| d < cx.today)))
            .and_then(|l| l.iter().filter_map(|r| r.text("valid_to")).max().map(fmt::date))
    };
    if let Some(day) = ended(points) {
        return Some(format!("{} {day}", t("thôi làm đầu mối từ sau", "no longer contact point after")));
    }
    ended(posts).map(|day| format!("{} {day}", t("vị trí đảm nhiệm đã kết thúc", "post ended on")))
}

fn by_id(tx: &mut Tx, cx: &Cx<'_>, program: &Actor, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Record>> {
    let scope = program.may(Verb::Read, "person")?;
    let mut out = BTreeMap::new();
    let ids: Vec<String> = ids.iter().cloned().collect();
    for part in ids.chunks(400) {
        let found = every(tx, cx.registry, &scope, Query { ids: Some(part.to_vec()), as_of: Some("all".into()), ..Query::default() })?;
        out.extend(found.into_iter().map(|p| (p.id.clone(), p)));
    }
    Ok(out)
}

/// Records of a register by the person they name, whatever their dates.
fn of_people(tx: &mut Tx, cx: &Cx<'_>, program: &Actor, register: &str, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Vec<Record>>> {
    let scope = program.may(Verb::Read, register)?;
    let mut out: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    let ids: Vec<String> = ids.iter().cloned().collect();
    for part in ids.chunks(400) {
        let filters = vec![Filter { field: "person".into(), op: Op::Is, values: part.to_vec() }];
        for r in every(tx, cx.registry, &scope, Query { filters, as_of: Some("all".into()), ..Query::default() })? {
            if let Some(p) = r.link("person").map(str::to_owned) {
                out.entry(p).or_default().push(r);
            }
        }
    }
    Ok(out)
}

/// For who manages accounts: how many should be looked at.
pub(crate) fn home(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Vec<WorkItem>> {
    if actor.may(Verb::Update, "account").is_err() {
        return Ok(vec![]);
    }
    let Ok(scope) = actor.may(Verb::Read, "account") else { return Ok(vec![]) };
    let accounts = access::every_account(tx, &scope)?;
    let n = to_review(cx, tx, &accounts)?.len();
    if n == 0 {
        return Ok(vec![]);
    }
    let (title, reason) = match cx.lang {
        web::Lang::Vi => (
            format!("{n} tài khoản cần xem lại"),
            "Người nghỉ, chuyển cơ quan hoặc thôi vị trí; khoá và chuyển việc cho người thay.".into(),
        ),
        web::Lang::En => (format!("{n} accounts to be looked at"), "Their people left, moved or ended their post.".into()),
    };
    Ok(vec![WorkItem { title, reason, href: "/admin/accounts?state=review".into(), ..WorkItem::default() }])
}

//! First steps of a new instance, each ticked off by the records that are there.

use access::{AccountFilter, Actor, Verb};
use registers::{Query, actions};
use store::{Error, Result, Tx};
use web::components::tag;
use web::maud::{Markup, html};
use web::{Cx, L, Tone, fmt};

/// A step: the register whose records show that it was taken, words, address.
const STEPS: [(&str, L, L, &str); 4] = [
    ("agency", L("Kiểm tra và nạp danh sách cơ quan", "Check and load the agencies"), L("Mở sổ cơ quan", "Open agencies"), "/r/agency"),
    (
        "plan",
        L("Nhập kế hoạch của tỉnh (.docx, .pdf)", "Import the province's plan (.docx, .pdf)"),
        L("Nhập kế hoạch", "Import a plan"),
        "/plans/import",
    ),
    ("person", L("Nạp nhân sự từ Excel", "Load people from Excel"), L("Nạp nhân sự", "Load people"), "/r/person/import"),
    (
        "system",
        L("Nạp hệ thống thông tin từ Excel", "Load information systems from Excel"),
        L("Nạp hệ thống", "Load systems"),
        "/r/system/import",
    ),
];

/// The card, for who sets the instance up, until every step is taken.
pub fn card(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor) -> Result<Option<Markup>> {
    if actor.may(Verb::Create, "plan").is_err() && actor.may(Verb::Update, "account").is_err() {
        return Ok(None);
    }
    let lang = cx.lang;
    let mut steps = Vec::new();
    for (register, words, action, href) in STEPS {
        let scope = match actor.may(Verb::Read, register) {
            Ok(s) => s,
            Err(Error::Forbidden(_)) => continue,
            Err(e) => return Err(e),
        };
        let n = actions::count(tx, cx.registry, &scope, &Query { as_of: Some("all".into()), ..Query::default() })?;
        let verb = if register == "agency" { Verb::Read } else { Verb::Create };
        steps.push((n, lang.l(words), actor.may(verb, register).is_ok().then_some((lang.l(action), href))));
    }
    if let Ok(scope) = actor.may(Verb::Read, "account") {
        // one account is whoever set the instance up
        let n = access::list_accounts(tx, &scope, &AccountFilter { limit: 100, ..AccountFilter::default() })?.len();
        let others = i64::try_from(n.saturating_sub(1)).unwrap_or(0);
        let open = (lang.t("Mở tài khoản", "Open accounts"), "/admin/accounts");
        steps.push((others, lang.t("Cấp tài khoản cho đầu mối các cơ quan", "Give accounts to the contact points"), Some(open)));
    }
    if steps.iter().all(|(n, ..)| *n > 0) {
        return Ok(None);
    }
    let done = steps.iter().filter(|(n, ..)| *n > 0).count();
    Ok(Some(html! {
        section.card #start { h2 { (lang.t("Bắt đầu", "Getting started")) " · " (done) "/" (steps.len()) }
            ul.list { @for (n, words, action) in &steps { li {
                @if *n > 0 { span.due { (tag(Tone::Met, lang.t("đã có", "done"))) } } @else { span.due { (tag(Tone::None, lang.t("chưa có", "to do"))) } }
                span { (words) @if *n > 0 { span.muted { " · " (fmt::int(*n)) } } }
                @if let Some((label, href)) = action { a.btn href=(href) { (label) } } @else { span {} }
            } } }
        }
    }))
}

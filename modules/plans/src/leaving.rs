//! Somebody leaves: what they still have to do goes to another person of the agency.

use ::store::{Result, Tx};
use access::{Account, Actor, Verb};
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Query, Record};
use web::Cx;

use crate::store as drafts;

/// States in which nothing is left to do.
const CLOSED: [&str; 2] = ["done", "not_applicable"];

fn open_of(cx: &Cx<'_>, tx: &mut Tx, person: &str) -> Result<Vec<Record>> {
    let program = Actor::system("plans.leaving");
    let filters = vec![
        Filter { field: "responsible".into(), op: Op::Is, values: vec![person.to_owned()] },
        Filter { field: "state".into(), op: Op::Not, values: CLOSED.map(str::to_owned).to_vec() },
    ];
    crate::every(tx, cx.registry, &program, "obligation", Query { filters, as_of: Some("all".into()), ..Query::default() })
}

/// Obligations in the person's name and readings of plans that wait.
pub(crate) fn open_work(cx: &Cx<'_>, tx: &mut Tx, account: &Account) -> Result<usize> {
    let owed = match &account.person {
        Some(p) => open_of(cx, tx, p)?.len(),
        None => 0,
    };
    Ok(owed + drafts::drafts_of(tx, &account.id)?)
}

/// Gives them to another account; where that has no person the obligations stay the agency's, in nobody's name.
pub(crate) fn hand_over(cx: &Cx<'_>, tx: &mut Tx, actor: &Actor, from: &Account, to: &Account) -> Result<usize> {
    // the program acting for the administrator, who need not be allowed to change obligations; the ledger names the person
    let mut program = Actor::system("plans.leaving");
    program.id.clone_from(&actor.id);
    program.name.clone_from(&actor.name);
    program.may(Verb::Update, "obligation")?;
    let mut n = 0;
    if let Some(person) = &from.person {
        let next = to.person.clone().map_or(Data::Null, Data::Text);
        let reason = format!("{} nghỉ hoặc chuyển việc, giao lại cho {}", from.name, to.name);
        for o in open_of(cx, tx, person)? {
            let values = Values::from([("responsible".to_owned(), next.clone())]);
            actions::update(tx, cx.registry, &program, "obligation", &o.id, o.version, values, Some(&reason))?;
            n += 1;
        }
    }
    Ok(n + drafts::give_drafts(tx, &from.id, &to.id)?)
}

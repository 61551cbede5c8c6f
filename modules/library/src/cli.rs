//! `lachan library …`.

use registers::actions;
use serde_json::json;
use store::{Error, Result};
use web::{CliContext, Command, L};

use crate::outgoing::{self, REGISTER};

/// Words of the module.
pub fn commands() -> Vec<Command> {
    vec![Command {
        name: "issue",
        help: L("issue ID   lấy số và ban hành một văn bản đi", "issue ID   number and issue an outgoing document"),
        offline: false,
        run: issue,
    }]
}

fn issue(cx: &mut CliContext<'_>, args: &[String]) -> Result<()> {
    let Some(id) = args.first().cloned() else {
        return Err(Error::BadRequest("Thiếu mã văn bản: lachan library issue ID (mã ở `lachan record list outgoing_document`)".into()));
    };
    let (actor, reg, today, place) = (cx.actor.clone(), cx.app.registry.clone(), cx.app.today(), cx.app.config.place.clone());
    let r = cx.app.store.write_blocking(move |tx| {
        let version = actions::get(tx, &reg, &actor.may(access::Verb::Read, REGISTER)?, &id)?.version;
        outgoing::issue(tx, &reg, &actor, &id, version, &place, &today)
    })?;
    let told = json!({ "id": r.id, "number": r.int("number"), "symbol": r.text("symbol"), "issued_on": r.text("issued_on") });
    writeln!(cx.out, "{told}").map_err(Error::internal)
}

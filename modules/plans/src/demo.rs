//! The plan of Sao Mai, read from its text like any other.

use std::collections::BTreeMap;

use store::Result;
use web::DemoContext;
use web::demo::t;

use crate::service;

/// The document itself; our own words, about a province that does not exist.
const PLAN: &str = include_str!("../../../packs/sao-mai-demo/ke-hoach-an-ninh-mang-2026.txt");

/// Reads and accepts the plan, binds its clear targets and tasks.
pub fn sow(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let reading = service::read_document(PLAN.as_bytes(), "ke-hoach-27.txt")?;
    let mut draft = service::draft(cx.tx, cx.registry, &cx.actor, reading, &cx.today)?;
    for (i, o) in draft.reading.plan.objectives.clone().iter().enumerate() {
        for v in 0..o.values.len() {
            // an objective with several values: the words beside the value know better than the whole
            if let Some(id) = bind(&crate::draft::own_words(o, v)).or_else(|| bind(&o.text)) {
                draft.indicators.insert(format!("{i}.{v}"), id.to_owned());
            }
        }
    }
    for name in draft.unresolved() {
        draft.actors.insert(name, crate::Who::TextOnly);
    }
    let today = cx.today.clone();
    let made = crate::accept(cx.tx, cx.registry, &cx.actor, &draft, &service::hash(PLAN.as_bytes()), &today)?;
    (cx.progress)("nghĩa vụ", made.obligations, made.obligations);
    bind_tasks(cx, &made.plan)
}

/// What an officer would confirm among the suggestions.
fn bind(words: &str) -> Option<&'static str> {
    let folded = text::fold(words);
    let table = [
        ("dau moi", "T-04"),
        ("chuyen trach va truc tiep", "T-01"),
        ("cap do 3", "T-02"),
        ("day du phuong an", "T-11"),
        ("kiem dinh", "T-15"),
        ("cong nghe chien luoc", "T-13"),
        ("an ninh mang cap tinh", "T-06"),
        ("dien tap chuyen de", "T-07"),
        ("kinh phi", "T-29"),
        ("chuyen gia", "T-27"),
    ];
    table.iter().find(|(key, _)| folded.contains(key)).map(|(_, id)| *id)
}

fn bind_tasks(cx: &mut DemoContext<'_, '_>, plan: &str) -> Result<()> {
    let table = [("chi dinh dau moi", "T-04"), ("bon lop", "T-37"), ("cong cu ra quet", "T-39")];
    for task in crate::expand::linked(cx.tx, cx.registry, &cx.actor, "task", "plan", plan)? {
        let folded = text::fold(task.text("content").unwrap_or_default());
        if let Some((_, id)) = table.iter().find(|(key, _)| folded.contains(key)) {
            let values = BTreeMap::from([("indicator".to_owned(), t(id))]);
            registers::actions::update(cx.tx, cx.registry, &cx.actor, "task", &task.id, task.version, values, None)?;
        }
    }
    Ok(())
}

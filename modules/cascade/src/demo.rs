//! Plans of some communes of Sao Mai under that of the province, each a little different: one answers all, one has begun, one is a draft.

use access::Actor;
use registers::Registry;
use store::{Result, Tx};
use web::DemoContext;

use crate::asked::{Given, answer, asked, take_sure};
use crate::{all_where, is};

/// The document; our own words, about a province that does not exist.
const PLAN: &str = include_str!("../../../packs/sao-mai-demo/ke-hoach-cap-duoi.txt");

/// How far a commune is.
#[derive(Clone, Copy, PartialEq)]
enum Far {
    /// Every task is answered.
    All,
    /// What is sure is answered.
    Begun,
    /// Nothing is answered.
    Nothing,
    /// A draft without number and day.
    Draft,
}

/// Reads, accepts and partly answers plans of communes.
pub fn sow(cx: &mut DemoContext<'_, '_>) -> Result<()> {
    let system = cx.actor.clone();
    let Some(parent) = all_where(cx.tx, cx.registry, &system, "plan", vec![is("level", "province")])?.into_iter().next() else {
        return Ok(());
    };
    let mut communes = all_where(cx.tx, cx.registry, &system, "agency", vec![is("kind", "commune")])?;
    communes.retain(|c| c.text("name").is_some_and(|n| n.starts_with("Ủy ban nhân dân ")));
    communes.sort_by_key(|c| (!c.title.ends_with("xã Bến Lau"), c.id.clone()));
    let fates = [Far::Begun, Far::All, Far::All, Far::Nothing, Far::All, Far::Draft];
    for (k, (c, far)) in communes.iter().zip(fates).enumerate() {
        let name = c.text("name").unwrap_or_default().trim_start_matches("Ủy ban nhân dân ").to_owned();
        let plan = accept(cx, &filled(&name, k, far), &c.id, &parent.id)?;
        answers(cx.tx, cx.registry, &system, &plan, far)?;
    }
    Ok(())
}

/// The document of one commune.
fn filled(name: &str, k: usize, far: Far) -> String {
    let (kind, place) = name.split_once(' ').unwrap_or(("xã", name));
    let day = |n: usize| (5 + 3 * n).to_string();
    let mut text = PLAN.to_owned();
    let holes = [
        ("{HOA}", name.to_uppercase()),
        ("{ten}", name.to_owned()),
        ("{loai}", kind.to_owned()),
        ("{noi}", place.to_owned()),
        ("{so}", (40 + 7 * k).to_string()),
        ("{ngay}", day(k)),
        ("{thang}", "6".to_owned()),
        // one of them sets a target lower than the province does, one the same but later
        ("{phan}", if k == 2 { "80" } else { "100" }.to_owned()),
        ("{nam}", if k == 4 { "2031" } else { "2030" }.to_owned()),
    ];
    for (hole, value) in holes {
        text = text.replace(hole, &value);
    }
    if far == Far::Draft {
        text = text
            .lines()
            .filter(|l| !l.starts_with("Số: ") && !l.contains(", ngày ") || l.starts_with("Căn cứ"))
            .collect::<Vec<_>>()
            .join("\n");
    }
    text
}

fn accept(cx: &mut DemoContext<'_, '_>, text: &str, issuer: &str, parent: &str) -> Result<String> {
    let reading = plans::read_document(text.as_bytes(), "ke-hoach-cap-duoi.txt")?;
    let mut draft = plans::draft(cx.tx, cx.registry, &cx.actor, reading, &cx.today)?;
    draft.head.issuer = Some(issuer.to_owned());
    draft.head.parent = Some(parent.to_owned());
    draft.head.level = "commune".to_owned();
    for (i, o) in draft.reading.plan.objectives.clone().iter().enumerate() {
        let words = text::fold(&o.text);
        let table = [("dau moi", "T-04"), ("day du phuong an", "T-11")];
        if let (Some((_, id)), false) = (table.iter().find(|(k, _)| words.contains(k)), o.values.is_empty()) {
            draft.indicators.insert(format!("{i}.0"), (*id).to_owned());
        }
    }
    // offices inside a commune are in no register of agencies
    for name in draft.unresolved() {
        draft.actors.insert(name, plans::Who::TextOnly);
    }
    let hash = plans::hash(text.as_bytes());
    let today = cx.today.clone();
    plans::accept(cx.tx, cx.registry, &cx.actor, &draft, &hash, &today).map(|made| made.plan)
}

fn answers(tx: &mut Tx, reg: &Registry, system: &Actor, plan: &str, far: Far) -> Result<()> {
    if matches!(far, Far::Nothing | Far::Draft) {
        return Ok(());
    }
    take_sure(tx, reg, system, plan)?;
    if far == Far::Begun {
        return Ok(());
    }
    let found = asked(tx, reg, system, plan)?;
    for l in found.lines.iter().filter(|l| l.answer.is_none()) {
        let given = match l.guesses.first() {
            Some(g) => Given { kind: "own".into(), answers: vec![g.task.clone()], ..Given::default() },
            None => {
                Given {
                    kind: "joint".into(), reason: "Tham gia cùng tỉnh theo thông báo của Công an tỉnh.".into(), ..Given::default()
                }
            }
        };
        answer(tx, reg, system, plan, &l.task.id, given)?;
    }
    Ok(())
}

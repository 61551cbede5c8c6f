//! First agencies of a real instance: the province, the bodies every province has, the committees of its communes.

use std::collections::BTreeMap;

use access::{Actor, Verb};
use registers::actions::{self, Values};
use registers::{Data, Filter, Op, Query, Record, Registry};
use store::{Error, Result, Tx};

/// A body every province has; a line of `packs/base-2026/provincial_bodies.toml`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Body {
    /// Name; `{tỉnh}` becomes the word of the province.
    pub name: String,
    /// Short name.
    pub short_name: String,
    /// An option of `agency_kind`.
    pub kind: String,
    /// Counts among the state agencies.
    pub state_agency: bool,
    /// Files the yearly report.
    pub must_report: bool,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Founded {
    /// Official name of the province.
    pub province: String,
    /// Id of its People's Committee, root of all rights.
    pub root: String,
    /// Id of the provincial police, the standing agency.
    pub standing: Option<String>,
    /// Agencies made, all kinds.
    pub agencies: usize,
}

/// Communes of a province are fewer than this (the largest has 168).
const MOST_COMMUNES: usize = 1000;

/// Makes the agencies of a province as they exist on `day` (`YYYY-MM-DD`). `province` is a code or a name.
///
/// # Errors
/// `NotFound` for an unknown province, `Conflict` when there are agencies already.
pub fn found(tx: &mut Tx, reg: &Registry, actor: &Actor, province: &str, bodies: &[Body], day: &str) -> Result<Founded> {
    let scope = actor.may(Verb::Read, "agency")?;
    let there = actions::count(tx, reg, &scope, &Query { as_of: Some("all".into()), ..Query::default() })?;
    if there > 0 {
        return Err(Error::Conflict(format!("Đã có {there} cơ quan. Thiết lập lần đầu chỉ làm trên cơ sở dữ liệu chưa có cơ quan nào.")));
    }
    let place = province_named(tx, reg, actor, province, day)?;
    let name = place.text("name").unwrap_or_default().to_owned();
    let word = if name.starts_with("Thành phố") { "thành phố" } else { "tỉnh" };
    let mut made = Maker { tx, reg, actor, province: place.id.clone(), day, made: 0 };
    let head = Body {
        name: committee(&name),
        short_name: format!("UBND {word}"),
        kind: "province_committee".into(),
        state_agency: true,
        must_report: false,
    };
    let root = made.put(&head, &head.name, None)?;
    let mut standing = None;
    for b in bodies {
        let id = made.put(b, &b.name.replace("{tỉnh}", word), Some(&root))?;
        if b.kind == "police" {
            standing.get_or_insert(id);
        }
    }
    for c in communes(made.tx, reg, actor, &place.id, day)? {
        let full = c.text("name").unwrap_or_default();
        made.commune(&c, full, &root, standing.as_deref())?;
    }
    Ok(Founded { province: name, root, standing, agencies: made.made })
}

/// "Phường An Hòa" → "Ủy ban nhân dân phường An Hòa".
fn committee(place: &str) -> String {
    format!("Ủy ban nhân dân {}", lower_first(place))
}

fn lower_first(s: &str) -> String {
    let mut chars = s.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

struct Maker<'a, 'c> {
    tx: &'a mut Tx<'c>,
    reg: &'a Registry,
    actor: &'a Actor,
    province: String,
    day: &'a str,
    made: usize,
}

impl Maker<'_, '_> {
    fn put(&mut self, b: &Body, name: &str, parent: Option<&str>) -> Result<String> {
        let values = [
            ("name", Data::Text(name.into())),
            ("short_name", Data::Text(b.short_name.clone())),
            ("kind", Data::Text(b.kind.clone())),
            ("level", Data::Text("province".into())),
            ("parent", parent.map_or(Data::Null, |p| Data::Text(p.into()))),
            ("state_agency", Data::Bool(b.state_agency)),
            ("obliged", Data::Bool(true)),
            ("must_report", Data::Bool(b.must_report)),
        ];
        self.create(values.into_iter().collect())
    }

    /// The committee of a commune and the police station beside it.
    fn commune(&mut self, c: &Record, name: &str, root: &str, police: Option<&str>) -> Result<()> {
        let word = lower_first(name);
        let text = |s: String| Data::Text(s);
        let link = |id: &str| Data::Text(id.to_owned());
        let common = |kind: &str, parent: &str| {
            [
                ("kind", text(kind.into())),
                ("level", text("commune".into())),
                ("parent", link(parent)),
                ("commune", link(&c.id)),
                ("state_agency", Data::Bool(true)),
                ("obliged", Data::Bool(kind == "commune")),
                ("must_report", Data::Bool(kind == "commune")),
            ]
        };
        let mut values: BTreeMap<&str, Data> = common("commune", root).into_iter().collect();
        values.extend([("name", text(committee(name))), ("short_name", text(format!("UBND {word}")))]);
        let id = self.create(values)?;
        let mut values: BTreeMap<&str, Data> = common("commune_police", &id).into_iter().collect();
        values.extend([("name", text(format!("Công an {word}"))), ("short_name", text(format!("CA {word}")))]);
        values.insert("professional_parent", police.map_or(Data::Null, link));
        self.create(values).map(drop)
    }

    fn create(&mut self, mut values: BTreeMap<&str, Data>) -> Result<String> {
        values.insert("province", Data::Text(self.province.clone()));
        values.insert("valid_from", Data::Text(self.day.into()));
        values.retain(|_, v| *v != Data::Null);
        let values: Values = values.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        let record = actions::create(self.tx, self.reg, self.actor, "agency", values, None)?;
        self.made += 1;
        Ok(record.id)
    }
}

fn province_named(tx: &mut Tx, reg: &Registry, actor: &Actor, asked: &str, day: &str) -> Result<Record> {
    let scope = actor.may(Verb::Read, "province")?;
    let query = Query { as_of: Some(day.into()), limit: Some(100), ..Query::default() };
    let all = actions::list(tx, reg, &scope, &query)?.items;
    let key = text::fold(asked.trim());
    let bare = |name: &str| text::fold(name.trim_start_matches("Tỉnh ").trim_start_matches("Thành phố "));
    let fits = |r: &&Record| {
        let name = r.text("name").unwrap_or_default();
        r.text("code") == Some(asked.trim()) || text::fold(name) == key || bare(name) == key
    };
    all.iter().find(fits).cloned().ok_or_else(|| {
        let names: Vec<&str> = all.iter().filter_map(|r| r.text("name")).collect();
        Error::NotFound(format!("Không có tỉnh, thành phố «{asked}» vào ngày {day}. Chọn một trong: {}.", names.join(", ")))
    })
}

fn communes(tx: &mut Tx, reg: &Registry, actor: &Actor, province: &str, day: &str) -> Result<Vec<Record>> {
    let scope = actor.may(Verb::Read, "commune")?;
    let of = Filter { field: "province".into(), op: Op::Is, values: vec![province.into()] };
    let mut query = Query { as_of: Some(day.into()), filters: vec![of], limit: Some(500), ..Query::default() };
    let mut all = Vec::new();
    loop {
        let page = actions::list(tx, reg, &scope, &query)?;
        all.extend(page.items);
        match page.next {
            Some(next) if all.len() < MOST_COMMUNES => query.after = Some(next),
            _ => return Ok(all),
        }
    }
}

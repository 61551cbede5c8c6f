//! The country: Sao Mai once at planning scale, then each of the 34 provinces with its communes after that likeness. For
//! measuring (`bench country`) and for the Ministry's view; the same checks and ledger leaves as everything else.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use access::{Actor, Verb};
use registers::actions::{self, Values};
use registers::{BulkWriter, Data, FieldType, Filter, Op, Query, Record, Registry};
use store::{Error, Result, Store, Tx};

use crate::instance::Instance;

/// What an agency owns, in an order in which links point backwards.
const OWNED: [&str; 13] = [
    "person",
    "system",
    "post",
    "contact_point",
    "force_model",
    "system_layer",
    "control_answer",
    "security_assessment",
    "training_record",
    "certificate",
    "drill_participation",
    "deployment",
    "budget_line",
];

/// Of 100 systems so many are copied, with their answers: 34 × 359,000 answers would be half as many again as planned for.
const SYSTEMS: usize = 62;

/// Ids of the template → ids of the copy.
type Ids = HashMap<String, String>;

/// The province that is copied: agencies with parents first, and what each owns.
struct Template {
    agencies: Vec<Record>,
    owned: HashMap<String, Vec<Record>>,
}

/// A copy to be made: which agency, under what name, for which commune of the pack.
struct Copy<'a> {
    of: &'a Record,
    name: String,
    commune: Option<String>,
}

fn system() -> Actor {
    Actor::system("demo")
}

fn all(tx: &mut Tx, reg: &Registry, register: &str, filters: Vec<Filter>) -> Result<Vec<Record>> {
    // copies are whole: the program reads personal values in clear
    let scope = system().may(Verb::Unmask, register)?;
    let mut query = Query { filters, limit: Some(500), uncounted: true, as_of: Some("all".into()), ..Query::default() };
    let mut found = Vec::new();
    loop {
        let page = actions::list(tx, reg, &scope, &query)?;
        found.extend(page.items);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(found),
        }
    }
}

fn ended() -> Filter {
    Filter { field: "valid_to".into(), op: Op::Empty, values: vec![] }
}

fn template(tx: &mut Tx, reg: &Registry) -> Result<Template> {
    let mut rest = all(tx, reg, "agency", vec![ended()])?;
    let mut agencies: Vec<Record> = Vec::new();
    let mut known = std::collections::HashSet::new();
    while !rest.is_empty() {
        let (ready, later): (Vec<Record>, Vec<Record>) = rest.into_iter().partition(|a| a.text("parent").is_none_or(|p| known.contains(p)));
        if ready.is_empty() {
            break;
        }
        known.extend(ready.iter().map(|a| a.id.clone()));
        agencies.extend(ready);
        rest = later;
    }
    let mut owned: HashMap<String, Vec<Record>> = HashMap::new();
    for register in OWNED {
        for r in all(tx, reg, register, vec![])? {
            let Some(of) = r.agency.as_deref().and_then(|path| path.trim_matches('/').rsplit('/').next()).map(str::to_owned) else {
                continue;
            };
            owned.entry(of).or_default().push(slim(r));
        }
    }
    Ok(Template { agencies, owned })
}

/// Half a million records are held: only what is copied.
fn slim(mut r: Record) -> Record {
    r.title = String::new();
    r.links = BTreeMap::new();
    r.fields.retain(|_, v| *v != Data::Null);
    r
}

/// The values of a copy: links of the province follow it, links of all (controls, courses, products) stay.
fn values(reg: &Registry, r: &Record, ids: &Ids, mark: &str) -> Option<Values> {
    let def = reg.registers.get(&r.register)?;
    let mut out = Values::new();
    for (k, v) in &r.fields {
        let field = def.fields.iter().find(|f| f.id == *k);
        let inside = |to: &str| to == "agency" || OWNED.contains(&to);
        let v = match (field.map(|f| &f.kind), v) {
            (Some(FieldType::Link(to)), Data::Text(id)) if inside(to) => match ids.get(id) {
                Some(new) => Data::Text(new.clone()),
                None if field.is_some_and(|f| f.required) => return None,
                None => continue,
            },
            (Some(FieldType::Links(to)), Data::Links(list)) if inside(to) => {
                Data::Links(list.iter().filter_map(|id| ids.get(id).cloned()).collect())
            }
            (Some(FieldType::File | FieldType::Files), _) | (_, Data::Null) => continue,
            // numbers that are given once in the country
            (_, Data::Text(s)) if matches!(k.as_str(), "staff_code" | "code" | "number") => Data::Text(format!("{s}-{mark}")),
            (_, v) => v.clone(),
        };
        out.insert(k.clone(), v);
    }
    if let Some(state) = &r.state {
        out.insert("state".into(), Data::Text(state.clone()));
    }
    Some(out)
}

/// Adds the agencies of a province in one transaction; the new id of each copy, in their order.
fn agencies(store: &Store, reg: &Arc<Registry>, copies: Vec<(Values, Vec<usize>)>) -> Result<Vec<String>> {
    let reg = Arc::clone(reg);
    store.write_blocking(move |tx| {
        let actor = system();
        let mut bulk = BulkWriter::new(tx, &reg, &actor, "agency")?;
        let mut made: Vec<String> = Vec::with_capacity(copies.len());
        for (mut v, parent) in copies {
            if let Some(p) = parent.first().and_then(|p| made.get(*p)) {
                v.insert("parent".into(), Data::Text(p.clone()));
            }
            made.push(bulk.create(tx, v)?);
        }
        bulk.finish(tx)?;
        Ok(made)
    })
}

/// Adds what one agency owns, and says who heads it.
fn fill(
    store: &Store,
    reg: &Arc<Registry>,
    t: &Arc<Template>,
    of: &str,
    head: Option<String>,
    ids: Arc<Ids>,
    mark: String,
) -> Result<usize> {
    let (reg, t, of) = (Arc::clone(reg), Arc::clone(t), of.to_owned());
    store.write_blocking(move |tx| {
        let (actor, none) = (system(), Vec::new());
        let mut ids = (*ids).clone();
        let owned = t.owned.get(&of).unwrap_or(&none);
        let mut made = 0;
        for register in OWNED {
            let mut bulk = BulkWriter::new(tx, &reg, &actor, register)?;
            for (i, r) in owned.iter().filter(|r| r.register == register).enumerate() {
                if register == "system" && i * 37 % 100 >= SYSTEMS {
                    continue;
                }
                let Some(v) = values(&reg, r, &ids, &mark) else { continue };
                let id = bulk.create(tx, v)?;
                ids.insert(r.id.clone(), id);
                made += 1;
            }
            bulk.finish(tx)?;
        }
        if let (Some(head), Some(agency)) = (head.and_then(|h| ids.get(&h).cloned()), ids.get(&of).cloned()) {
            let scope = actor.may(Verb::Read, "agency")?;
            let version = actions::get(tx, &reg, &scope, &agency)?.version;
            let v = Values::from([("head".to_owned(), Data::Text(head))]);
            actions::update(tx, &reg, &actor, "agency", &agency, version, v, None)?;
        }
        Ok(made)
    })
}

/// `Xã Bến Lau` → `xã Bến Lau`.
fn lower(name: &str) -> String {
    let mut c = name.chars();
    c.next().map_or_else(String::new, |f| f.to_lowercase().chain(c).collect())
}

/// Which agencies a province gets: one of each of the template's, and the communes of the pack after the template's in turn.
/// With the place of the parent in the list.
fn plan<'a>(t: &'a Template, province: &Record, communes: &[Record]) -> Vec<(Copy<'a>, Option<usize>)> {
    let kind = |a: &Record| a.text("kind").unwrap_or_default().to_owned();
    let under = |a: &Record, p: &Record| a.text("parent") == Some(p.id.as_str());
    let mut list: Vec<(Copy<'a>, Option<usize>)> = Vec::new();
    for a in t.agencies.iter().filter(|a| !matches!(kind(a).as_str(), "commune" | "commune_police")) {
        let parent = list.iter().position(|(c, _)| under(a, c.of));
        // schools of a commune come with the commune
        if a.text("parent").is_some() && parent.is_none() {
            continue;
        }
        let name = if parent.is_none() {
            format!("Ủy ban nhân dân {}", lower(province.text("name").unwrap_or_default()))
        } else {
            a.text("name").unwrap_or_default().to_owned()
        };
        list.push((Copy { of: a, name, commune: None }, parent));
    }
    let models: Vec<&Record> = t.agencies.iter().filter(|a| kind(a) == "commune").collect();
    for (c, of) in communes.iter().zip(models.iter().cycle()) {
        let name = lower(c.text("name").unwrap_or_default());
        list.push((Copy { of, name: format!("Ủy ban nhân dân {name}"), commune: Some(c.id.clone()) }, Some(0)));
        let parent = list.len() - 1;
        for a in t.agencies.iter().filter(|a| under(a, of)) {
            let own = if kind(a) == "commune_police" { format!("Công an {name}") } else { a.text("name").unwrap_or_default().to_owned() };
            list.push((Copy { of: a, name: own, commune: Some(c.id.clone()) }, Some(parent)));
        }
    }
    list
}

fn province(store: &Store, reg: &Arc<Registry>, t: &Arc<Template>, p: &Record, communes: &[Record]) -> Result<usize> {
    let planned = plan(t, p, communes);
    let nobody = Ids::new();
    let code = p.text("code").unwrap_or_default().to_owned();
    let rows = planned.iter().enumerate().map(|(i, (c, parent))| {
        let mut v = values(reg, c.of, &nobody, &format!("{code}-{i}")).unwrap_or_default();
        v.insert("name".into(), Data::Text(c.name.clone()));
        v.insert("province".into(), Data::Text(p.id.clone()));
        if let Some(c) = &c.commune {
            v.insert("commune".into(), Data::Text(c.clone()));
        }
        (v, parent.iter().copied().collect())
    });
    let made = agencies(store, reg, rows.collect())?;
    // links between agencies of the province: of communes that share a model each finds itself, see below
    let whole: Ids =
        planned.iter().zip(&made).filter(|((c, _), _)| c.commune.is_none()).map(|((c, _), id)| (c.of.id.clone(), id.clone())).collect();
    let mut records = made.len();
    for (i, ((c, parent), id)) in planned.iter().zip(&made).enumerate() {
        let mut ids = whole.clone();
        ids.insert(c.of.id.clone(), id.clone());
        if let (Some((above, _)), Some(above_id)) = (parent.and_then(|p| planned.get(p)), parent.and_then(|p| made.get(p))) {
            ids.insert(above.of.id.clone(), above_id.clone());
        }
        let head = c.of.text("head").map(str::to_owned);
        records += fill(store, reg, t, &c.of.id, head, Arc::new(ids), format!("{code}-{i}"))?;
    }
    Ok(records)
}

/// Adds up to `most` provinces (those with the fewest communes first) to an instance that holds Sao Mai. How many records.
///
/// # Errors
/// Those of writing; `Conflict` when the country is there already.
pub fn grow(instance: &Instance, most: usize, progress: &(dyn Fn(&str, usize, usize) + Sync)) -> Result<usize> {
    let (store, reg) = (&instance.store, &instance.registry);
    let (t, provinces, communes) = store.read_blocking(|tx| {
        let communes = all(tx, reg, "commune", vec![ended()])?;
        Ok((template(tx, reg)?, all(tx, reg, "province", vec![ended()])?, communes))
    })?;
    if t.agencies.iter().filter(|a| a.text("kind") == Some("province_committee")).count() > 1 {
        return Err(Error::Conflict("Cơ sở dữ liệu này đã có nhiều tỉnh; dựng lại từ đầu bằng --fresh.".into()));
    }
    let t = Arc::new(t);
    let mut records = 0;
    let of_province = |p: &Record| communes.iter().filter(|c| c.text("province") == Some(p.id.as_str())).cloned().collect::<Vec<_>>();
    let mut provinces: Vec<(Record, Vec<Record>)> = provinces.into_iter().map(|p| (of_province(&p), p)).map(|(c, p)| (p, c)).collect();
    provinces.sort_by_key(|(_, c)| c.len());
    provinces.truncate(most);
    let of = provinces.len();
    for (i, (p, own)) in provinces.iter().enumerate() {
        progress("cả nước: tỉnh, thành phố", i, of);
        records += province(store, reg, &t, p, own)?;
        // what the next province is checked against is planned by how much there is by now
        store.settle()?;
    }
    progress("cả nước: tỉnh, thành phố", of, of);
    Ok(records)
}

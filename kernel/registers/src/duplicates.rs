//! Likely duplicates: the same phone, e-mail or code anywhere, or a very similar name under the same owner.

use std::collections::{BTreeMap, HashMap};

use access::{Scope, Verb};
use store::{Result, Tx};

use crate::actions::{Values, list};
use crate::body::{Raw, to_sql};
use crate::definition::FieldType;
use crate::model::{FieldModel, Model, Owner};
use crate::owner::within;
use crate::read::readable;
use crate::record::Data;
use crate::sql::{Sql, quote};
use crate::values::accept;
use crate::{Query, Registry};

/// Names at least this alike are shown as likely the same.
const ALIKE: f64 = 0.88;
/// Most records compared with each other in one block.
const BLOCK: usize = 300;

/// Records that are probably one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DuplicateGroup {
    /// Field by which they were found.
    pub field: String,
    /// Id and title of each.
    pub records: Vec<(String, String)>,
}

/// Fields compared for this reader: personal ones only for who may see them in clear.
fn compared<'m>(m: &'m Model, scope: &Scope) -> Vec<(usize, &'m FieldModel)> {
    let clear = scope.may(Verb::Unmask, &m.id).is_ok_and(|u| u.subtree() == scope.subtree());
    m.similar.iter().map(|i| (*i, &m.fields[*i])).filter(|(_, f)| clear || !f.sensitive).collect()
}

/// Form in which two values of a field are the same. Empty = nothing to compare.
fn key(f: &FieldModel, v: &Data) -> String {
    match (&f.kind, v) {
        (_, Data::Null | Data::Links(_)) => String::new(),
        (FieldType::Phone, Data::Text(s)) => {
            let digits: String = s.chars().filter(char::is_ascii_digit).collect();
            match digits.strip_prefix("84") {
                Some(rest) if s.trim_start().starts_with('+') => format!("0{rest}"),
                _ => digits,
            }
        }
        (FieldType::Text | FieldType::LongText, Data::Text(s)) => text::name_key(s),
        (_, Data::Text(s)) => text::fold(s),
        (_, v) => format!("{v:?}"),
    }
}

fn is_name(f: &FieldModel) -> bool {
    matches!(f.kind, FieldType::Text | FieldType::LongText)
}

/// Whose record it is, near enough for blocking: the first link of the owner chain.
fn block(m: &Model, raw: &Raw) -> String {
    let owner = match &m.owner {
        Owner::Path(hops) => raw.value(m, hops.first().map_or("", |h| &h.0)),
        Owner::Itself => m.tree.map_or(Data::Null, |t| raw.values[t].clone()),
        Owner::Nobody => Data::Null,
    };
    if let Data::Text(s) = owner { s } else { String::new() }
}

/// Groups of likely duplicates within the reader's scope, at most `limit`.
pub fn duplicates(tx: &mut Tx, reg: &Registry, scope: &Scope, limit: usize) -> Result<Vec<DuplicateGroup>> {
    let m = readable(reg, scope)?;
    let mut sql = Sql::new("SELECT ");
    sql.push(&m.select).push(" FROM ").push(&m.table()).push(" t WHERE t.\"deleted_at\" IS NULL");
    within(&mut sql, m, scope);
    sql.push(" ORDER BY t.\"id\"");
    let raws: Vec<Raw> = tx.query(&sql.text, &sql.params)?.iter().map(|r| Raw::read(m, r, 0)).collect::<Result<_>>()?;
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for (i, f) in compared(m, scope) {
        let mut same: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
        for (n, raw) in raws.iter().enumerate() {
            let k = key(f, &raw.values[i]);
            if !k.is_empty() {
                let place = if is_name(f) { block(m, raw) } else { String::new() };
                same.entry((place, k)).or_default().push(n);
            }
        }
        // who has no owner yet may belong to any: the same name with one and without is shown
        let mut adrift: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for ((place, k), group) in &same {
            if place.is_empty() {
                adrift.entry(k).or_default().extend(group);
            }
        }
        // what is equal first: nothing is surer
        for ((place, k), group) in &same {
            let more = if place.is_empty() { None } else { adrift.get(k.as_str()) };
            let all: Vec<usize> = group.iter().chain(more.into_iter().flatten()).copied().collect();
            if all.len() > 1 {
                found.push((f.id.clone(), all.iter().map(|n| raws[*n].id.clone()).collect()));
            }
        }
        if is_name(f) {
            near(&raws, &same, i, f, &mut found);
        }
        if found.len() >= limit {
            break;
        }
    }
    found.truncate(limit);
    titled(tx, reg, scope, found)
}

/// Names that differ by a slip of the pen, under the same owner (or, without owners, with the same first letters).
fn near(raws: &[Raw], same: &BTreeMap<(String, String), Vec<usize>>, i: usize, f: &FieldModel, found: &mut Vec<(String, Vec<String>)>) {
    let mut blocks: HashMap<(&str, String), Vec<(Letters, usize)>> = HashMap::new();
    for ((place, k), group) in same {
        let first = if place.is_empty() { k.chars().take(4).collect() } else { String::new() };
        blocks.entry((place, first)).or_default().push((letters(k), group[0]));
    }
    let mut sorted: Vec<_> = blocks.into_iter().collect();
    sorted.sort();
    for (_, block) in sorted {
        for (a, (la, x)) in block.iter().enumerate().take(BLOCK) {
            for (lb, y) in block.iter().take(BLOCK).skip(a + 1) {
                if !may_be_near(la, lb) {
                    continue;
                }
                let (Data::Text(s), Data::Text(t)) = (&raws[*x].values[i], &raws[*y].values[i]) else { continue };
                if text::similarity(s, t) >= ALIKE && digits(s) == digits(t) && !other_name(s, t) {
                    found.push((f.id.clone(), vec![raws[*x].id.clone(), raws[*y].id.clone()]));
                }
            }
        }
    }
}

/// How often each letter occurs: a cheap lower bound of the number of edits between two names.
type Letters = [u8; 32];

fn letters(key: &str) -> Letters {
    let mut n = [0u8; 32];
    for b in key.bytes() {
        let slot = usize::from(b & 31);
        n[slot] = n[slot].saturating_add(1);
    }
    n
}

fn may_be_near(a: &Letters, b: &Letters) -> bool {
    let (mut more, mut less, mut size) = (0u32, 0u32, 0u32);
    for (x, y) in a.iter().zip(b) {
        more += u32::from(x.saturating_sub(*y));
        less += u32::from(y.saturating_sub(*x));
        size += u32::from(*x.max(y));
    }
    // 0.88 alike allows one edit in eight letters or so
    more.max(less) * 7 <= size
}

/// "Phường 1" and "Phường 2" are alike but not the same.
fn digits(s: &str) -> String {
    s.chars().filter(char::is_ascii_digit).collect()
}

/// Words as short as most Vietnamese syllables: one other letter makes another word.
const SHORT: usize = 4;

/// Do the two differ in a whole syllable (“Thu”, “Thị”) rather than by a slip of the pen? Alike as they are, these are two
/// people. A word typed without marks is a slip; two words with different marks are not, unless they are long.
fn other_name(a: &str, b: &str) -> bool {
    let (a, b) = (text::name_key(a), text::name_key(b));
    let (x, y): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
    x.len() == y.len()
        && x.iter().zip(&y).filter(|(p, q)| p != q).any(|(p, q)| {
            let (bare_p, bare_q) = (text::fold(p), text::fold(q));
            let unmarked = bare_p == bare_q && (*p == bare_p || *q == bare_q);
            let short = p.chars().count() <= SHORT && q.chars().count() <= SHORT;
            // more than one letter of a syllable is no slip: "An Khánh", "An Phong"
            !unmarked && (short || text::similarity(&bare_p, &bare_q) < 0.75)
        })
}

fn titled(tx: &mut Tx, reg: &Registry, scope: &Scope, found: Vec<(String, Vec<String>)>) -> Result<Vec<DuplicateGroup>> {
    let mut titles = HashMap::new();
    let ids: Vec<String> = found.iter().flat_map(|(_, ids)| ids.clone()).collect();
    for chunk in ids.chunks(400) {
        let query = Query { ids: Some(chunk.to_vec()), as_of: Some("all".into()), limit: Some(500), ..Query::default() };
        for r in list(tx, reg, scope, &query)?.items {
            titles.insert(r.id, r.title);
        }
    }
    Ok(found
        .into_iter()
        .map(|(field, ids)| DuplicateGroup {
            field,
            records: ids.into_iter().map(|id| (id.clone(), titles.get(&id).cloned().unwrap_or_default())).collect(),
        })
        .collect())
}

/// Records in scope that the values of a new one resemble: warn before saving. `except` = the record being edited.
pub fn similar_to(tx: &mut Tx, reg: &Registry, scope: &Scope, values: &Values, except: Option<&str>) -> Result<Vec<DuplicateGroup>> {
    let m = readable(reg, scope)?;
    let mut draft = Raw::empty(m);
    let today = crate::write::today(tx);
    for (id, v) in values {
        if let Some(i) = m.index.get(id)
            && let Ok(v) = accept(&m.fields[*i], v.clone(), &today)
        {
            draft.values[*i] = v;
        }
    }
    let place = block(m, &draft);
    let mut found = Vec::new();
    for (i, f) in compared(m, scope) {
        let wanted = key(f, &draft.values[i]);
        if wanted.is_empty() {
            continue;
        }
        let mut sql = Sql::new("SELECT ");
        sql.push(&m.select).push(" FROM ").push(&m.table()).push(" t WHERE t.\"deleted_at\" IS NULL");
        within(&mut sql, m, scope);
        if !is_name(f) && !matches!(f.kind, FieldType::Phone) {
            sql.push(&format!(" AND t.{} = ", quote(&f.id))).bind(to_sql(&draft.values[i]));
        } else {
            sql.push(&format!(" AND t.{} IS NOT NULL", quote(&f.id)));
            if let (true, Some(first)) = (is_name(f) && !place.is_empty(), owner_column(m)) {
                sql.push(&format!(" AND t.{} = ", quote(first))).bind(place.as_str());
            }
        }
        sql.push(" LIMIT 100000");
        let mut ids = Vec::new();
        for row in tx.query(&sql.text, &sql.params)? {
            let raw = Raw::read(m, &row, 0)?;
            let close = key(f, &raw.values[i]) == wanted
                || matches!((is_name(f), &raw.values[i], &draft.values[i]), (true, Data::Text(a), Data::Text(b))
                    if a.len().abs_diff(b.len()) <= 6 && digits(a) == digits(b) && text::similarity(a, b) >= ALIKE && !other_name(a, b));
            if close && except != Some(raw.id.as_str()) && ids.len() < 10 {
                ids.push(raw.id);
            }
        }
        if !ids.is_empty() {
            found.push((f.id.clone(), ids));
        }
    }
    titled(tx, reg, scope, found)
}

fn owner_column(m: &Model) -> Option<&str> {
    match &m.owner {
        Owner::Path(hops) => hops.first().map(|h| h.0.as_str()),
        Owner::Itself => m.tree.map(|t| m.fields[t].id.as_str()),
        Owner::Nobody => None,
    }
}

#[cfg(test)]
mod tests {
    use super::other_name;

    #[test]
    fn another_syllable_is_another_person_and_a_slip_is_not() {
        for (a, b) in [
            ("Nguyễn Thu Thảo", "Nguyễn Thị Thảo"),
            ("Trần Văn Hà", "Trần Văn Hạ"),
            ("Xã An Phú", "Xã An Phúc"),
            ("Xã An Khánh", "Xã An Phong"),
        ] {
            assert!(other_name(a, b), "{a} / {b}");
        }
        for (a, b) in [("Nguyễn Thu Thảo", "Nguyễn Thu Thao"), ("Nguyễn Thu Thảo", "Nguyển Thu Thảo"), ("Lê Hoà Bình", "Lê Hòa Bình")]
        {
            assert!(!other_name(a, b), "{a} / {b}");
        }
    }
}

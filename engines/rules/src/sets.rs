//! "All demanded entries are answered" asked of all records at once: how many entries each key demands, how many each record
//! has answered, both joined to the record. An engine that joins sets by hashing (PostgreSQL) does this several times faster
//! than it compares two lists for each record; SQLite is faster record by record.

use crate::ast::Cmp;
use crate::check::looks_outside;
use crate::ir::{Node, P, Sub, T};
use crate::sql::{Gen, quote};

/// The condition of a catalogue: its field that must equal a field of the record, that field, and the rest.
fn apart(cat: &Sub) -> Option<(&P, &P, Vec<&Node>)> {
    let all: Vec<&Node> = match cat.cond.as_deref()? {
        Node::And(list) => list.iter().collect(),
        one => vec![one],
    };
    let (own, rest): (Vec<&Node>, Vec<&Node>) = all.into_iter().partition(|n| looks_outside(n));
    let [Node::Cmp(T::Path(a), Cmp::Eq, T::Path(b))] = own.as_slice() else { return None };
    match (a.outer, b.outer) {
        (false, true) => Some((a, b, rest)),
        (true, false) => Some((b, a, rest)),
        _ => None,
    }
}

impl Gen<'_> {
    /// [`Node::AllOf`] of the record that is counted; `None` when it has to be asked record by record.
    pub(crate) fn all_of_sets(&mut self, cat: &Sub, ans: &Sub, field: &str) -> Option<String> {
        let link = ans.link.as_ref().filter(|l| !l.many && !l.forward && l.of.is_none())?;
        if !self.sets || !self.at_record() || ans.uses_outer {
            return None;
        }
        let (key, of_record, rest) = apart(cat)?;
        let (_, from, cond, k) = self.entries(cat, key, &rest);
        let need = format!("(SELECT {k} AS k, COUNT(*) AS n FROM {from} WHERE {cond} GROUP BY {k})");
        let (entry, from, cond, k) = self.entries(cat, key, &rest);
        let (answer, answers, given, target) = self.body(ans);
        // where a record can answer an entry only once, rows are entries
        let once = ans.keys.iter().any(|key| !key.is_empty() && key.iter().all(|f| *f == link.field || f == field));
        let n = if once { "COUNT(*)".to_owned() } else { format!("COUNT(DISTINCT {entry}.\"id\")") };
        let got = format!(
            "(SELECT {target} AS s, {k} AS k, {n} AS n FROM {answers} JOIN {from} ON {entry}.\"id\" = {answer}.{} WHERE {given} AND {cond} \
             GROUP BY {target}, {k})",
            quote(field)
        );
        let (record, (at, _)) = (self.path(of_record), self.anchor(ans));
        let need = self.joined(|a| format!("{need} AS {a} ON {a}.k = {record}"));
        let got = self.joined(|a| format!("{got} AS {a} ON {a}.s = {at} AND {a}.k = {record}"));
        Some(format!("(CASE WHEN {need}.n IS NULL THEN NULL WHEN {got}.n = {need}.n THEN (1=1) ELSE (1=0) END)"))
    }

    /// Demanded entries: alias, FROM (with the joins its condition needs before it), WHERE, key.
    fn entries(&mut self, cat: &Sub, key: &P, rest: &[&Node]) -> (String, String, String, String) {
        let alias = self.push();
        let mut conds = vec![self.alive(&alias, cat.dated, cat.when)];
        for n in rest {
            conds.push(self.node(n));
            self.chosen_by(n);
        }
        let k = self.path(key);
        let joins = self.pop().joins();
        let table = format!("{} AS {alias}", quote(&cat.register));
        let from = if joins.is_empty() { table } else { format!("({table}{joins})") };
        (alias, from, conds.join(" AND "), k)
    }
}

//! Data quality: checks of the pack summed by kind, register and agency, and what is worth mending first.

use std::collections::BTreeMap;

use access::Actor;
use registers::Registry;
use rules::{Compiled, Figure, Quality};
use store::{Result, Tx};
use web::L;

use crate::catalogue::Catalogue;
use crate::figures::{ctx as question, figures, rollup};

/// The six in the order of the plans.
pub(crate) const ASPECTS: [(Quality, L, L); 6] = [
    (Quality::Correct, L("Đúng", "Correct"), L("giá trị khớp nhau, khớp sổ khác", "values agree with each other")),
    (Quality::Complete, L("Đủ", "Complete"), L("có những gì phải có", "what is expected is there")),
    (Quality::Clean, L("Sạch", "Clean"), L("không treo vào cái đã hết hiệu lực", "nothing hangs on what has ended")),
    (Quality::Live, L("Sống", "Live"), L("được xác nhận lại trong hạn", "confirmed in time")),
    (Quality::Shared, L("Dùng chung", "Shared"), L("dẫn tới danh mục, không gõ lại", "referenced, not typed again")),
    (Quality::Uniform, L("Thống nhất", "Uniform"), L("theo một bảng mã", "one code list")),
];

/// One check with its figures.
pub(crate) struct Checked {
    pub rule: &'static Compiled,
    pub aspect: Quality,
    pub by: BTreeMap<String, Figure>,
    pub total: Figure,
    /// Indicators that read what this check asks about.
    pub moves: Vec<&'static str>,
}

impl Checked {
    /// Records to mend times targets they move: the order in which mending pays.
    pub fn effect(&self) -> i64 {
        let targets = i64::try_from(self.moves.len()).unwrap_or(i64::MAX);
        (self.total.unmet + self.total.unknown).saturating_mul(1 + targets)
    }
    /// Label of the register that is checked.
    pub fn register(&self) -> &str {
        &self.rule.main.register
    }
}

/// Every check within the reader's scope, with most effect first.
pub(crate) fn all(tx: &mut Tx, reg: &Registry, actor: &Actor, day: &str) -> Result<Vec<Checked>> {
    let catalogue = Catalogue::of(reg)?;
    let mut list = Vec::new();
    for rule in catalogue.quality.values() {
        let Some(aspect) = rule.indicator.quality else { continue };
        let by = figures(tx, rule, "", &question(actor, rule, day)?)?;
        let total = rollup(&by);
        list.push(Checked { rule, aspect, total, by, moves: moved(catalogue, rule) });
    }
    list.sort_by(|a, b| b.effect().cmp(&a.effect()).then_with(|| a.rule.indicator.id.cmp(&b.rule.indicator.id)));
    Ok(list)
}

/// Indicators whose figure rests on a field that decides the check.
fn moved(catalogue: &'static Catalogue, check: &Compiled) -> Vec<&'static str> {
    let asked = check.main.judged();
    let reads = |c: &Compiled| {
        c.lineage().iter().any(|(r, fields)| asked.get(r).is_some_and(|own| fields.iter().any(|f| f != "id" && own.contains(f))))
    };
    catalogue.compiled.values().filter(|c| reads(c)).map(|c| c.indicator.id.as_str()).collect()
}

/// Sum of the checks of one kind.
pub(crate) fn of_aspect<'c>(list: impl IntoIterator<Item = &'c Checked>, aspect: Quality) -> Figure {
    list.into_iter().filter(|c| c.aspect == aspect).fold(Figure::default(), |a, c| a.plus(c.total))
}

/// Sums by agency: all checks together, and each kind.
pub(crate) fn by_agency(list: &[Checked]) -> BTreeMap<&str, (Figure, BTreeMap<Quality, Figure>)> {
    let mut out: BTreeMap<&str, (Figure, BTreeMap<Quality, Figure>)> = BTreeMap::new();
    for c in list {
        for (agency, f) in c.by.iter().filter(|(a, f)| !a.is_empty() && f.population() > 0) {
            let entry = out.entry(agency).or_default();
            entry.0 = entry.0.plus(*f);
            let one = entry.1.entry(c.aspect).or_default();
            *one = one.plus(*f);
        }
    }
    out
}

/// Last day of the month: until then what fails today is to be mended.
pub(crate) fn due(day: &str) -> String {
    calendar::Date::parse(day).map_or_else(|_| day.to_owned(), |d| d.end_of_month().to_string())
}

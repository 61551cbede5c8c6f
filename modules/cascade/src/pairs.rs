//! Which task of a plan below says what a task above says: by the pairs of words both have. Pure.

use std::collections::BTreeMap;

/// From this share on two tasks say the same: only names and numbers differ.
pub const SURE: f64 = 0.75;
/// From this share on it is worth a look.
pub const LIKELY: f64 = 0.3;

/// Pairs of neighbouring syllables with how often each stands there; words of one syllable alone say little in Vietnamese.
fn pairs(s: &str) -> BTreeMap<(String, String), usize> {
    let key = text::fold(s);
    let words: Vec<&str> = key.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let mut found = BTreeMap::new();
    for w in words.windows(2) {
        *found.entry((w[0].to_owned(), w[1].to_owned())).or_default() += 1;
    }
    found
}

fn shared(a: &BTreeMap<(String, String), usize>, b: &BTreeMap<(String, String), usize>) -> f64 {
    let size = |m: &BTreeMap<_, usize>| m.values().sum::<usize>();
    let both: usize = a.iter().map(|(k, n)| (*n).min(b.get(k).copied().unwrap_or(0))).sum();
    match size(a) + size(b) {
        0 => 0.0,
        all => 2.0 * both as f64 / all as f64,
    }
}

/// How much two texts say the same, 0 to 1; equal texts of at least two syllables: 1.
pub fn likeness(a: &str, b: &str) -> f64 {
    shared(&pairs(a), &pairs(b))
}

/// A task below that may be the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    /// Its id.
    pub task: String,
    /// [`likeness`].
    pub share: f64,
}

/// For each task above (id, text) the likely tasks below, the likeliest first, three at most.
pub fn guesses(above: &[(&str, &str)], below: &[(&str, &str)]) -> BTreeMap<String, Vec<Guess>> {
    let below: Vec<(&str, _)> = below.iter().map(|(id, s)| (*id, pairs(s))).collect();
    let best = |s: &str| {
        let own = pairs(s);
        let all = below.iter().map(|(id, p)| Guess { task: (*id).to_owned(), share: shared(&own, p) });
        let mut all: Vec<Guess> = all.filter(|g| g.share >= LIKELY).collect();
        all.sort_by(|a, b| b.share.total_cmp(&a.share));
        all.truncate(3);
        all
    };
    above.iter().map(|(id, s)| ((*id).to_owned(), best(s))).collect()
}

/// What of a target makes it stronger or weaker than another of the same indicator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aim<'a> {
    /// `at_least`, `at_most` …
    pub comparator: &'a str,
    /// The value.
    pub value: f64,
    /// Until when, `YYYY-MM-DD`.
    pub until: Option<&'a str>,
}

/// How a target falls short of the one above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Short {
    /// It asks for less.
    Less,
    /// It asks for as much, later.
    Later,
}

/// Does the aim below fall short of the one above? Aims of different direction are not compared.
pub fn falls_short(above: Aim<'_>, below: Aim<'_>) -> Option<Short> {
    let rising = |c: &str| match c {
        "at_least" | "more_than" | "equal" => Some(true),
        "at_most" | "less_than" => Some(false),
        _ => None,
    };
    let (Some(up), Some(same)) = (rising(above.comparator), rising(below.comparator)) else { return None };
    if up != same {
        return None;
    }
    // "above 80 %" asks for more than "80 % or more"
    let strict = |c: &str| matches!(c, "more_than" | "less_than");
    let less = if up { below.value < above.value } else { below.value > above.value };
    let equal = !less && (below.value - above.value).abs() < f64::EPSILON;
    if less || (equal && strict(above.comparator) && !strict(below.comparator)) {
        return Some(Short::Less);
    }
    match (above.until, below.until) {
        (Some(a), Some(b)) if b > a => Some(Short::Later),
        (Some(_), None) => Some(Short::Later),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ABOVE: &str = "Chỉ định đầu mối an ninh mạng của từng sở, ban, ngành và UBND cấp xã";
    const BELOW: &str = "Chỉ định đầu mối an ninh mạng của UBND xã Bến Lau";

    #[test]
    fn the_same_work_in_other_names_is_found() {
        let other = "Tổ chức lớp kỹ năng nhận biết lừa đảo cho người cao tuổi";
        assert!(likeness(ABOVE, ABOVE) > 0.999);
        assert!(likeness(ABOVE, BELOW) > LIKELY && likeness(ABOVE, other) < LIKELY);
        let found = guesses(&[("a", ABOVE), ("b", "Diễn tập")], &[("1", other), ("2", BELOW), ("3", ABOVE)]);
        let ids = |k: &str| found[k].iter().map(|g| g.task.as_str()).collect::<Vec<_>>();
        assert_eq!((ids("a"), ids("b")), (vec!["3", "2"], vec![]));
    }

    #[test]
    fn a_target_below_may_ask_for_more_not_for_less() {
        let aim = |comparator, value, until| Aim { comparator, value, until };
        let above = aim("at_least", 90.0, Some("2030-12-31"));
        assert_eq!(falls_short(above, aim("at_least", 80.0, Some("2030-12-31"))), Some(Short::Less));
        assert_eq!(falls_short(above, aim("at_least", 95.0, Some("2031-12-31"))), Some(Short::Later));
        assert_eq!(falls_short(above, aim("at_least", 90.0, None)), Some(Short::Later), "without a day it is never due");
        assert_eq!(falls_short(above, aim("at_least", 90.0, Some("2028-12-31"))), None);
        assert_eq!(falls_short(aim("more_than", 80.0, None), aim("at_least", 80.0, None)), Some(Short::Less));
        assert_eq!(falls_short(aim("at_most", 5.0, None), aim("at_most", 8.0, None)), Some(Short::Less));
        assert_eq!(falls_short(above, aim("at_most", 1.0, None)), None, "another direction is another question");
        assert_eq!(falls_short(above, aim("yes", 0.0, None)), None);
    }

    proptest! {
        #[test]
        fn likeness_is_a_share_and_goes_both_ways(a in "\\PC{0,60}", b in "\\PC{0,60}") {
            let s = likeness(&a, &b);
            prop_assert!((0.0..=1.0).contains(&s));
            prop_assert!((s - likeness(&b, &a)).abs() < 1e-9);
        }
    }
}

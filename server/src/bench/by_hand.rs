//! Questions of indicators as somebody who knows SQLite would write them. `$1` = day, `$2` = first day of its year.
//! Rows of (agency, outcome): 1 met, 2 not met, 3 no data. Several for one indicator: the fastest counts.

/// Indicator and question.
pub(super) const BY_HAND: &[(&str, &str)] = &[
    (
        "T-01",
        "SELECT p.agency AS a, CASE WHEN EXISTS (SELECT 1 FROM training_record r WHERE r.person = p.id AND r.deleted_at IS NULL \
         AND r.result IN ('passed','attended') AND r.completed_on BETWEEN $2 AND $1) THEN 1 ELSE 2 END AS o \
         FROM person p WHERE p.deleted_at IS NULL AND p.active = 1 AND p.id IN (SELECT person FROM post WHERE deleted_at IS NULL \
         AND category IN ('force_province','force_agency') AND (valid_from IS NULL OR valid_from <= $1) AND (valid_to IS NULL OR valid_to >= $1))",
    ),
    (
        "T-02",
        "SELECT p.agency AS a, CASE WHEN EXISTS (SELECT 1 FROM training_record r WHERE r.person = p.id AND r.deleted_at IS NULL \
         AND r.level = 'deep' AND r.result = 'passed') THEN 1 ELSE 2 END AS o \
         FROM person p WHERE p.deleted_at IS NULL AND p.active = 1 AND p.id IN (SELECT l.target FROM system s \
         JOIN system__administrators l ON l.owner = s.id WHERE s.deleted_at IS NULL AND s.state = 'operating' AND s.level IN (3, 4))",
    ),
    (
        "T-03",
        "SELECT p.agency AS a, CASE WHEN EXISTS (SELECT 1 FROM training_record r WHERE r.person = p.id AND r.deleted_at IS NULL \
         AND r.level IN ('basic','advanced','deep') AND r.result = 'passed') THEN 1 ELSE 2 END AS o \
         FROM person p JOIN agency g ON g.id = p.agency WHERE p.deleted_at IS NULL AND p.active = 1 \
         AND g.kind IN ('department','branch','office','commune','public_unit') AND p.id IN (SELECT person FROM post \
         WHERE deleted_at IS NULL AND (fn_it = 1 OR fn_dx = 1 OR fn_admin = 1 OR fn_data = 1 OR category IN ('it_full','it_part')) \
         AND (valid_from IS NULL OR valid_from <= $1) AND (valid_to IS NULL OR valid_to >= $1))",
    ),
    (
        "T-04",
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM contact_point c JOIN person p ON p.id = c.person WHERE c.agency = g.id \
         AND c.deleted_at IS NULL AND p.active = 1 AND c.confirmed_on BETWEEN date($1, '-90 days') AND $1 \
         AND (c.valid_from IS NULL OR c.valid_from <= $1) AND (c.valid_to IS NULL OR c.valid_to >= $1)) THEN 1 ELSE 2 END AS o \
         FROM agency g WHERE g.deleted_at IS NULL AND g.kind IN ('department','branch','office','commune') \
         AND (g.valid_from IS NULL OR g.valid_from <= $1) AND (g.valid_to IS NULL OR g.valid_to >= $1)",
    ),
    (
        "T-10",
        "WITH need AS MATERIALIZED (SELECT level, COUNT(*) n FROM control WHERE deleted_at IS NULL AND mandatory = 1 \
         AND (valid_from IS NULL OR valid_from <= $1) AND (valid_to IS NULL OR valid_to >= $1) GROUP BY level), \
         got AS MATERIALIZED (SELECT x.system, c.level, COUNT(*) n FROM control_answer x JOIN control c ON c.id = x.control \
         WHERE x.deleted_at IS NULL AND c.deleted_at IS NULL AND c.mandatory = 1 \
         AND (c.valid_from IS NULL OR c.valid_from <= $1) AND (c.valid_to IS NULL OR c.valid_to >= $1) \
         AND (x.result = 'met' OR (x.result = 'not_applicable' AND x.approved_na = 1)) \
         AND (x.valid_until IS NULL OR x.valid_until >= $1) GROUP BY x.system, c.level) \
         SELECT s.owner AS a, CASE WHEN s.level IS NULL AND s.level_proposed IS NULL THEN 3 WHEN s.level IS NULL THEN 2 \
         WHEN need.n IS NULL THEN 3 WHEN got.n = need.n THEN 1 ELSE 2 END AS o FROM system s LEFT JOIN need ON need.level = s.level \
         LEFT JOIN got ON got.system = s.id AND got.level = s.level \
         WHERE s.deleted_at IS NULL AND s.state = 'operating' AND s.state_budget = 1",
    ),
    (
        "T-10",
        "WITH need AS MATERIALIZED (SELECT level, id FROM control WHERE deleted_at IS NULL AND mandatory = 1 \
         AND (valid_from IS NULL OR valid_from <= $1) AND (valid_to IS NULL OR valid_to >= $1)) \
         SELECT s.owner AS a, CASE WHEN s.level IS NULL AND s.level_proposed IS NULL THEN 3 WHEN s.level IS NULL THEN 2 \
         WHEN NOT EXISTS (SELECT 1 FROM need c WHERE c.level = s.level) THEN 3 \
         WHEN EXISTS (SELECT 1 FROM need c WHERE c.level = s.level AND NOT EXISTS (SELECT 1 FROM control_answer x \
         WHERE x.system = s.id AND x.control = c.id AND x.deleted_at IS NULL \
         AND (x.result = 'met' OR (x.result = 'not_applicable' AND x.approved_na = 1)) \
         AND (x.valid_until IS NULL OR x.valid_until >= $1))) THEN 2 ELSE 1 END AS o \
         FROM system s WHERE s.deleted_at IS NULL AND s.state = 'operating' AND s.state_budget = 1",
    ),
    (
        "T-13",
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM deployment d JOIN product p ON p.id = d.product WHERE d.agency = g.id \
         AND d.deleted_at IS NULL AND p.strategic = 1 AND p.origin = 'vietnam' AND d.started_on <= $1 \
         AND (d.ended_on IS NULL OR d.ended_on >= $1)) THEN 1 ELSE 2 END AS o \
         FROM agency g WHERE g.deleted_at IS NULL AND g.kind IN ('department','branch','office','commune') \
         AND (g.valid_from IS NULL OR g.valid_from <= $1) AND (g.valid_to IS NULL OR g.valid_to >= $1)",
    ),
    (
        "T-37",
        "WITH ok AS MATERIALIZED (SELECT DISTINCT x.system, l.no FROM system_layer x JOIN layer l ON l.id = x.layer \
         WHERE x.deleted_at IS NULL AND x.proof_on BETWEEN date($1, '-12 months', '+1 day') AND $1 \
         AND (x.valid_from IS NULL OR x.valid_from <= $1) AND (x.valid_to IS NULL OR x.valid_to >= $1) AND l.no BETWEEN 1 AND 4), \
         four AS MATERIALIZED (SELECT system FROM ok GROUP BY system HAVING COUNT(*) = 4) \
         SELECT s.owner AS a, CASE WHEN s.id IN (SELECT system FROM four) THEN 1 ELSE 2 END AS o \
         FROM system s WHERE s.deleted_at IS NULL AND s.state = 'operating'",
    ),
];

/// The question summed by agency, as the indicator's own statement does.
pub(super) fn summed(question: &str) -> String {
    format!("WITH q AS MATERIALIZED ({question}) SELECT a, SUM(o = 1), COUNT(*), SUM(o = 3) FROM q GROUP BY a")
}

/// How many of `$1`, `$2` a question uses.
pub(super) fn parameters(question: &str) -> usize {
    (1..=2).rev().find(|n| question.contains(&format!("${n}"))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_indicators_at_least_and_each_exists() {
        let reg = crate::instance::registry().unwrap();
        let catalogue = targets::Catalogue::load(&reg).unwrap();
        let ids: std::collections::BTreeSet<&str> = BY_HAND.iter().map(|(id, _)| *id).collect();
        assert!(ids.len() >= 6);
        for id in ids {
            assert!(catalogue.compiled.contains_key(id), "{id}");
        }
    }

    #[test]
    fn parameters_are_counted_from_the_question() {
        assert_eq!((parameters("x"), parameters("a <= $1"), parameters("b BETWEEN $2 AND $1")), (0, 1, 2));
    }
}

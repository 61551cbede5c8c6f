//! Questions of all indicators as somebody who knows both engines would write them, one text for SQLite and PostgreSQL.
//! Several for one indicator: the fastest counts, so that the engine is measured against the best one found.

use calendar::Date;
use store::{Error, Result, Value};

/// Rows of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// (agency, outcome): 1 met, 2 not met, 3 no data; summed by agency like the indicator's own statement.
    Outcomes,
    /// (agency, met, population, no data) as it stands.
    Sums,
}

/// Indicator, what its rows are, question. `:day`, `:year` (its number), `:start` (first day of the year), `:school` (first of the school year), `:d90` (90 days
/// before), `:m12` (first of the last twelve months), and the fragments of [`FRAGMENTS`] are filled in.
pub(super) const BY_HAND: &[(&str, Rows, &str)] = &[
    (
        "T-01",
        Rows::Outcomes,
        "SELECT p.agency AS a, CASE WHEN EXISTS (SELECT 1 FROM training_record r WHERE r.person = p.id AND r.deleted_at IS NULL \
        AND r.result IN ('passed','attended') AND r.completed_on BETWEEN :start AND :day) THEN 1 ELSE 2 END AS o \
        FROM person p WHERE p.deleted_at IS NULL AND p.active = 1 AND p.id IN (SELECT v.person FROM post v WHERE @valid \
        AND v.category IN ('force_province','force_agency'))",
    ),
    (
        "T-02",
        Rows::Outcomes,
        "SELECT p.agency AS a, CASE WHEN EXISTS (SELECT 1 FROM training_record r WHERE r.person = p.id AND r.deleted_at IS NULL \
        AND r.level = 'deep' AND r.result = 'passed' AND r.completed_on <= :day) THEN 1 ELSE 2 END AS o \
        FROM person p WHERE p.deleted_at IS NULL AND p.active = 1 AND p.id IN (@operators)",
    ),
    (
        "T-03",
        Rows::Outcomes,
        "SELECT p.agency AS a, CASE WHEN EXISTS (SELECT 1 FROM training_record r WHERE r.person = p.id AND r.deleted_at IS NULL \
        AND r.level IN ('basic','advanced','deep') AND r.result = 'passed' AND r.completed_on <= :day) THEN 1 ELSE 2 END AS o \
        FROM person p JOIN agency g ON g.id = p.agency WHERE p.deleted_at IS NULL AND p.active = 1 \
        AND g.kind IN ('department','branch','office','commune','public_unit') AND p.id IN (SELECT v.person FROM post v \
        WHERE @valid AND (v.fn_it = 1 OR v.fn_dx = 1 OR v.fn_admin = 1 OR v.fn_data = 1 OR v.category IN ('it_full','it_part')))",
    ),
    (
        "T-04",
        Rows::Outcomes,
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM contact_point v JOIN person p ON p.id = v.person WHERE v.agency = g.id \
        AND @valid AND p.active = 1 AND v.confirmed_on BETWEEN :d90 AND :day) THEN 1 ELSE 2 END AS o @units",
    ),
    (
        "T-05",
        Rows::Outcomes,
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM contact_point v WHERE v.agency = g.id AND @valid \
        AND v.unit IS NOT NULL) THEN 1 ELSE 2 END AS o FROM agency g WHERE @alive AND (g.state_agency = 1 OR g.kind IN ('mass_org','soe'))",
    ),
    (
        "T-06",
        Rows::Sums,
        "SELECT organiser AS a, COUNT(*), COUNT(*), 0 FROM drill WHERE deleted_at IS NULL AND kind = 'province' \
        AND state = 'closed' AND held_on BETWEEN :start AND :day GROUP BY organiser",
    ),
    (
        "T-07",
        Rows::Sums,
        "SELECT organiser AS a, COUNT(*), COUNT(*), 0 FROM drill WHERE deleted_at IS NULL AND kind = 'thematic' \
        AND state = 'closed' AND held_on BETWEEN :start AND :day GROUP BY organiser",
    ),
    (
        "T-08",
        Rows::Sums,
        "SELECT organiser AS a, COUNT(*), COUNT(*), 0 FROM drill WHERE deleted_at IS NULL AND kind = 'thematic' \
        AND state = 'closed' AND held_on BETWEEN :start AND :day GROUP BY organiser",
    ),
    (
        "T-09",
        Rows::Outcomes,
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM drill d WHERE d.organiser = g.id AND d.deleted_at IS NULL \
        AND d.state = 'closed' AND d.held_on BETWEEN :start AND :day) OR EXISTS (SELECT 1 FROM drill_participation x JOIN drill d ON d.id = x.drill \
        WHERE x.agency = g.id AND x.deleted_at IS NULL AND d.state = 'closed' AND d.held_on BETWEEN :start AND :day) \
        OR EXISTS (SELECT 1 FROM system s JOIN security_assessment x ON x.system = s.id WHERE s.owner = g.id AND s.deleted_at IS NULL \
        AND x.deleted_at IS NULL AND x.done_on BETWEEN :start AND :day) THEN 1 ELSE 2 END AS o FROM agency g WHERE @alive \
        AND EXISTS (SELECT 1 FROM system s WHERE s.owner = g.id AND s.deleted_at IS NULL AND s.state = 'operating')",
    ),
    (
        "T-09",
        Rows::Outcomes,
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM drill d WHERE d.organiser = g.id AND d.deleted_at IS NULL \
        AND d.state = 'closed' AND d.held_on BETWEEN :start AND :day) OR EXISTS (SELECT 1 FROM drill_participation x JOIN drill d ON d.id = x.drill \
        WHERE x.agency = g.id AND x.deleted_at IS NULL AND d.state = 'closed' AND d.held_on BETWEEN :start AND :day) \
        OR EXISTS (SELECT 1 FROM system s JOIN security_assessment x ON x.system = s.id WHERE s.owner = g.id AND s.deleted_at IS NULL \
        AND x.deleted_at IS NULL AND x.done_on BETWEEN :start AND :day) THEN 1 ELSE 2 END AS o FROM agency g WHERE @alive \
        AND g.id IN (SELECT owner FROM system s WHERE s.deleted_at IS NULL AND s.state = 'operating')",
    ),
    (
        "T-10",
        Rows::Outcomes,
        "SELECT s.owner AS a, @protected AS o FROM system s WHERE s.deleted_at IS NULL AND s.state = 'operating' AND s.state_budget = 1",
    ),
    (
        "T-10",
        Rows::Outcomes,
        "@grouped SELECT s.owner AS a, @by_count AS o @counts WHERE s.deleted_at IS NULL AND s.state = 'operating' AND s.state_budget = 1",
    ),
    (
        "T-11",
        Rows::Outcomes,
        "SELECT s.owner AS a, @protected AS o FROM system s JOIN agency g ON g.id = s.owner \
        WHERE s.deleted_at IS NULL AND s.state = 'operating' AND g.state_agency = 1",
    ),
    (
        "T-11",
        Rows::Outcomes,
        "@grouped SELECT s.owner AS a, @by_count AS o @counts JOIN agency g ON g.id = s.owner \
        WHERE s.deleted_at IS NULL AND s.state = 'operating' AND g.state_agency = 1",
    ),
    (
        "T-12",
        Rows::Outcomes,
        "SELECT s.owner AS a, CASE WHEN s.level IS NULL AND s.level_proposed IS NULL THEN 3 \
        WHEN s.dossier <> 'approved' OR s.level IS NULL OR s.approved_on > :day \
        OR NOT EXISTS (SELECT 1 FROM security_assessment x WHERE x.system = s.id AND x.deleted_at IS NULL \
        AND x.kind IN ('assessment','inspection','pentest') AND x.result IN ('passed','passed_with_findings') AND x.done_on BETWEEN :m12 AND :day) \
        OR NOT EXISTS (SELECT 1 FROM security_assessment x WHERE x.system = s.id AND x.deleted_at IS NULL AND x.kind = 'threat_hunting' \
        AND x.done_on BETWEEN :m12 AND :day) THEN 2 ELSE CASE @protected WHEN 1 THEN CASE WHEN s.approved_on IS NULL THEN 3 ELSE 1 END \
        WHEN 2 THEN 2 ELSE 3 END END AS o FROM system s WHERE s.deleted_at IS NULL AND s.state = 'operating'",
    ),
    ("T-13", Rows::Outcomes, "SELECT g.id AS a, @strategic AS o @units"),
    (
        "T-14",
        Rows::Outcomes,
        "SELECT g.id AS a, @strategic AS o FROM agency g WHERE @alive AND g.kind IN ('department','branch','office','commune','public_unit')",
    ),
    (
        "T-15",
        Rows::Outcomes,
        "SELECT d.agency AS a, CASE WHEN d.assessment IS NULL THEN 2 \
        WHEN x.result <> 'passed' OR x.assessed_on > d.started_on OR x.expires_on < d.started_on THEN 2 \
        WHEN x.result = 'passed' AND x.assessed_on IS NOT NULL THEN 1 ELSE 3 END AS o FROM deployment d JOIN product p ON p.id = d.product \
        LEFT JOIN product_assessment x ON x.id = d.assessment WHERE d.deleted_at IS NULL AND p.security = 1 AND d.started_on <= :day",
    ),
    (
        "T-17",
        Rows::Outcomes,
        "SELECT p.agency AS a, CASE WHEN @certified THEN 1 ELSE 2 END AS o FROM person p WHERE p.deleted_at IS NULL AND p.active = 1 \
        AND p.id IN (SELECT v.person FROM post v WHERE @valid AND v.category = 'force_province' UNION @operators)",
    ),
    (
        "T-18",
        Rows::Outcomes,
        "SELECT p.agency AS a, CASE WHEN EXISTS (SELECT 1 FROM training_record r WHERE r.person = p.id AND r.deleted_at IS NULL \
        AND r.result IN ('passed','attended') AND r.completed_on BETWEEN :start AND :day) THEN 1 ELSE 2 END AS o \
        FROM person p WHERE p.deleted_at IS NULL AND p.active = 1 \
        AND p.id IN (SELECT v.person FROM post v WHERE @valid AND v.category = 'force_province' UNION @operators)",
    ),
    (
        "T-19",
        Rows::Outcomes,
        "SELECT p.agency AS a, CASE WHEN EXISTS (SELECT 1 FROM training_record r WHERE r.person = p.id AND r.deleted_at IS NULL \
        AND r.level = 'deep' AND r.result = 'passed' AND r.completed_on <= :day) AND @certified THEN 1 ELSE 2 END AS o FROM person p JOIN agency g ON g.id = p.agency \
        WHERE p.deleted_at IS NULL AND p.active = 1 AND p.staff_kind IN ('official','civil_servant','public_employee') \
        AND g.kind IN ('department','branch','office','commune') \
        AND p.id IN (SELECT v.person FROM post v WHERE @valid AND (v.fn_it = 1 OR v.category IN ('it_full','it_part')))",
    ),
    (
        "T-27",
        Rows::Sums,
        "SELECT p.agency AS a, COUNT(*), COUNT(*), 0 FROM expert x JOIN person p ON p.id = x.person WHERE x.deleted_at IS NULL \
        AND x.state = 'recognised' AND p.active = 1 GROUP BY p.agency",
    ),
    (
        "T-28",
        Rows::Sums,
        "SELECT organiser AS a, COUNT(*), COUNT(*), 0 FROM training_class WHERE deleted_at IS NULL AND state = 'closed' \
        AND province_wide = 1 AND ends_on BETWEEN :start AND :day GROUP BY organiser",
    ),
    (
        "T-29",
        Rows::Sums,
        "SELECT agency AS a, CAST(SUM(security_amount) AS BIGINT), \
        CAST(SUM(CASE WHEN spending IN ('science','digital','it') THEN amount ELSE 0 END) AS BIGINT), 0 \
        FROM budget_line WHERE deleted_at IS NULL AND year = :year AND phase = 'actual' GROUP BY agency",
    ),
    (
        "T-29-plan",
        Rows::Sums,
        "SELECT agency AS a, CAST(SUM(security_amount) AS BIGINT), \
        CAST(SUM(CASE WHEN spending IN ('science','digital','it') THEN amount ELSE 0 END) AS BIGINT), 0 \
        FROM budget_line WHERE deleted_at IS NULL AND year = :year AND phase = 'plan' GROUP BY agency",
    ),
    (
        "T-30",
        Rows::Outcomes,
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM report_submission x WHERE x.agency = g.id AND x.deleted_at IS NULL \
        AND x.kind = 'annual' AND x.year = :year AND x.state IN ('submitted','received') AND x.submitted_on <= x.due_on AND x.submitted_on <= :day) THEN 1 ELSE 2 END AS o \
        FROM agency g WHERE @alive AND g.must_report = 1 AND g.kind IN ('department','branch','office','commune','police','military','party',\
        'mass_org','public_unit','soe','telecom','it_enterprise')",
    ),
    (
        "T-36",
        Rows::Outcomes,
        "SELECT s.owner AS a, CASE WHEN s.approved_on <= s.started_on AND (SELECT COUNT(*) FROM system_layer x \
        WHERE x.system = s.id AND x.deleted_at IS NULL AND x.valid_from <= s.started_on \
        AND (x.valid_to IS NULL OR x.valid_to >= s.started_on)) >= 4 THEN 1 ELSE 2 END AS o \
        FROM system s WHERE s.deleted_at IS NULL AND s.state IN ('operating','paused') AND s.started_on BETWEEN :start AND :day",
    ),
    (
        "T-37",
        Rows::Outcomes,
        "SELECT s.owner AS a, CASE WHEN @layer1 AND @layer2 AND @layer3 AND @layer4 THEN 1 ELSE 2 END AS o \
        FROM system s WHERE s.deleted_at IS NULL AND s.state = 'operating'",
    ),
    (
        "T-37",
        Rows::Outcomes,
        "WITH ok AS MATERIALIZED (SELECT v.system, l.no FROM system_layer v JOIN layer l ON l.id = v.layer \
        WHERE @valid AND v.proof_on BETWEEN :m12 AND :day AND l.no BETWEEN 1 AND 4), \
        four AS MATERIALIZED (SELECT system FROM ok GROUP BY system HAVING COUNT(DISTINCT no) = 4) \
        SELECT s.owner AS a, CASE WHEN s.id IN (SELECT system FROM four) THEN 1 ELSE 2 END AS o \
        FROM system s WHERE s.deleted_at IS NULL AND s.state = 'operating'",
    ),
    (
        "T-39",
        Rows::Outcomes,
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM deployment d JOIN product p ON p.id = d.product WHERE d.agency = g.id \
        AND @in_use AND p.kind = 'scan_tool') AND EXISTS (SELECT 1 FROM deployment d JOIN product p ON p.id = d.product WHERE d.agency = g.id \
        AND @in_use AND p.kind = 'forensic_tool') THEN 1 ELSE 2 END AS o @units",
    ),
    (
        "T-20",
        Rows::Sums,
        "SELECT a, CAST(SUM(n) AS BIGINT), CAST(SUM(d) AS BIGINT), 0 FROM (\
        SELECT x.agency AS a, x.staff_reached AS n, 0 AS d FROM awareness_coverage x JOIN agency g ON g.id = x.agency \
        WHERE x.deleted_at IS NULL AND x.year = :year AND g.state_agency = 1 \
        UNION ALL SELECT g.id, 0, COALESCE(g.headcount, 0) FROM agency g WHERE @alive AND g.state_agency = 1) u GROUP BY a",
    ),
    (
        "T-21",
        Rows::Outcomes,
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM awareness_activity x WHERE x.organiser = g.id AND x.deleted_at IS NULL \
        AND x.safe_interaction = 1 AND x.held_on BETWEEN :school AND :day) THEN 1 ELSE 2 END AS o @schools",
    ),
    (
        "T-22",
        Rows::Outcomes,
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM awareness_activity x WHERE x.organiser = g.id AND x.deleted_at IS NULL \
        AND x.critical_reading = 1 AND x.held_on BETWEEN :school AND :day) THEN 1 ELSE 2 END AS o @schools",
    ),
    (
        "T-24",
        Rows::Outcomes,
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM awareness_declaration x WHERE x.agency = g.id AND x.deleted_at IS NULL \
        AND x.year = :year AND x.risks = 1 AND x.response = 1 AND x.ethics = 1) THEN 1 ELSE 2 END AS o FROM agency g WHERE @alive \
        AND g.kind IN ('telecom','it_enterprise')",
    ),
    (
        "T-25",
        Rows::Outcomes,
        "SELECT g.id AS a, CASE WHEN g.head IS NULL THEN 3 WHEN EXISTS (SELECT 1 FROM awareness_attendance x JOIN awareness_activity y \
        ON y.id = x.activity WHERE x.person = g.head AND x.deleted_at IS NULL AND y.for_leaders = 1 AND y.held_on <= :day) THEN 1 ELSE 2 END \
        AS o FROM agency g WHERE @alive AND g.state_agency = 1",
    ),
    (
        "T-26",
        Rows::Outcomes,
        "SELECT p.introduced_by AS a, CASE WHEN EXISTS (SELECT 1 FROM product_notice x WHERE x.product = p.id AND x.deleted_at IS NULL \
        AND x.sent_on <= :day AND (x.to_all = 1 OR x.receipts >= 1)) THEN 1 ELSE 2 END AS o FROM product p WHERE p.deleted_at IS NULL \
        AND p.security = 1 AND p.state <> 'withdrawn'",
    ),
    (
        "T-31",
        Rows::Sums,
        "SELECT s.agency AS a, COUNT(*), COUNT(*), 0 FROM report_summary s JOIN report_campaign c ON c.id = s.campaign \
        WHERE s.deleted_at IS NULL AND s.state = 'frozen' AND c.kind = 'annual' AND s.frozen_on BETWEEN :start AND :day GROUP BY s.agency",
    ),
    (
        "T-32",
        Rows::Sums,
        "SELECT agency AS a, COUNT(*), COUNT(*), 0 FROM survey WHERE deleted_at IS NULL AND state = 'closed' \
        AND closed_on BETWEEN :start AND :day GROUP BY agency",
    ),
    (
        "T-33",
        Rows::Outcomes,
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM enrolment_figure x WHERE x.agency = g.id AND x.deleted_at IS NULL \
        AND x.year = :year) THEN 1 ELSE 2 END AS o FROM agency g WHERE @alive AND g.kind = 'school' \
        AND g.education IN ('vocational','university')",
    ),
    (
        "T-34",
        Rows::Outcomes,
        "SELECT c.agency AS a, CASE WHEN EXISTS (SELECT 1 FROM awareness_activity x WHERE x.club = c.id AND x.deleted_at IS NULL \
        AND x.held_on BETWEEN :start AND :day) THEN 1 ELSE 2 END AS o FROM club c WHERE c.deleted_at IS NULL AND c.active = 1",
    ),
    (
        "T-38",
        Rows::Outcomes,
        "SELECT p.agency AS a, CASE WHEN EXISTS (SELECT 1 FROM course v WHERE @valid AND v.level = p.level \
        AND v.audience = p.audience AND (v.review_on IS NULL OR v.review_on >= :day)) THEN 1 ELSE 2 END AS o FROM programme_cell p \
        WHERE p.deleted_at IS NULL",
    ),
    (
        "T-41",
        Rows::Outcomes,
        "SELECT x.agency AS a, CASE WHEN x.done_on <= x.due_on THEN 1 ELSE 2 END AS o FROM obligation x JOIN task k ON k.id = x.task \
        WHERE x.deleted_at IS NULL AND x.state <> 'not_applicable' AND k.schedule_kind IN ('deadline','quarterly','event','timer','annual') \
        AND x.due_on < :day",
    ),
    (
        "T-42",
        Rows::Outcomes,
        "SELECT x.agency AS a, CASE WHEN x.done_on <= x.due_on THEN 1 ELSE 2 END AS o FROM obligation x JOIN task k ON k.id = x.task \
        WHERE x.deleted_at IS NULL AND x.state <> 'not_applicable' AND k.schedule_kind = 'period' AND x.due_on < :day",
    ),
];

/// What several questions say, by `@name`. A fragment may hold others that stand below it.
const FRAGMENTS: &[(&str, &str)] = &[
    ("@units", "FROM agency g WHERE @alive AND g.kind IN ('department','branch','office','commune')"),
    (
        "@schools",
        "FROM agency g WHERE @alive AND g.kind = 'school' AND g.education IN ('lower_secondary','upper_secondary','both_secondary')",
    ),
    (
        "@strategic",
        "CASE WHEN EXISTS (SELECT 1 FROM deployment d JOIN product p ON p.id = d.product WHERE d.agency = g.id \
        AND @in_use AND p.strategic = 1 AND p.origin = 'vietnam') THEN 1 ELSE 2 END",
    ),
    ("@in_use", "d.deleted_at IS NULL AND d.started_on <= :day AND (d.ended_on IS NULL OR d.ended_on >= :day)"),
    (
        "@operators",
        "SELECT l.target FROM system s JOIN system__administrators l ON l.owner = s.id WHERE s.deleted_at IS NULL \
        AND s.state = 'operating' AND s.level IN (3, 4)",
    ),
    (
        "@certified",
        "(EXISTS (SELECT 1 FROM certificate c LEFT JOIN issuing_body b ON b.id = c.issuer WHERE c.person = p.id AND c.deleted_at IS NULL \
        AND c.state = 'valid' AND c.issued_on <= :day AND (c.expires_on IS NULL OR c.expires_on >= :day) AND (c.issuer IS NULL OR (b.can_issue = 1 \
        AND b.valid_from <= c.issued_on AND (b.valid_to IS NULL OR b.valid_to >= c.issued_on)))) OR EXISTS (SELECT 1 FROM certificate c \
        JOIN recognition v ON v.certificate = c.id WHERE c.person = p.id AND c.deleted_at IS NULL AND c.state IN ('declared','valid') \
        AND (c.expires_on IS NULL OR c.expires_on >= :day) AND @valid))",
    ),
    (
        "@layer1",
        "EXISTS (SELECT 1 FROM system_layer v JOIN layer l ON l.id = v.layer WHERE v.system = s.id AND @valid AND v.proof_on BETWEEN :m12 AND :day AND l.no = 1)",
    ),
    (
        "@layer2",
        "EXISTS (SELECT 1 FROM system_layer v JOIN layer l ON l.id = v.layer WHERE v.system = s.id AND @valid AND v.proof_on BETWEEN :m12 AND :day AND l.no = 2)",
    ),
    (
        "@layer3",
        "EXISTS (SELECT 1 FROM system_layer v JOIN layer l ON l.id = v.layer WHERE v.system = s.id AND @valid AND v.proof_on BETWEEN :m12 AND :day AND l.no = 3)",
    ),
    (
        "@layer4",
        "EXISTS (SELECT 1 FROM system_layer v JOIN layer l ON l.id = v.layer WHERE v.system = s.id AND @valid AND v.proof_on BETWEEN :m12 AND :day AND l.no = 4)",
    ),
    (
        "@protected",
        "CASE WHEN s.level IS NULL AND s.level_proposed IS NULL THEN 3 WHEN s.level IS NULL THEN 2 \
        WHEN EXISTS (SELECT v.id FROM control v WHERE @valid AND v.mandatory = 1 AND v.level = s.level \
        EXCEPT SELECT x.control FROM control_answer x WHERE x.system = s.id AND @answered) THEN 2 \
        WHEN EXISTS (SELECT 1 FROM control v WHERE @valid AND v.mandatory = 1 AND v.level = s.level) THEN 1 ELSE 3 END",
    ),
    (
        "@grouped",
        "WITH need AS MATERIALIZED (SELECT v.level, COUNT(*) AS n FROM control v WHERE @valid AND v.mandatory = 1 GROUP BY v.level), \
        got AS MATERIALIZED (SELECT x.system, v.level, COUNT(*) AS n FROM control_answer x JOIN control v ON v.id = x.control \
        WHERE @valid AND v.mandatory = 1 AND @answered GROUP BY x.system, v.level)",
    ),
    ("@counts", "FROM system s LEFT JOIN need ON need.level = s.level LEFT JOIN got ON got.system = s.id AND got.level = s.level"),
    (
        "@by_count",
        "CASE WHEN s.level IS NULL AND s.level_proposed IS NULL THEN 3 WHEN s.level IS NULL THEN 2 WHEN need.n IS NULL THEN 3 \
        WHEN got.n = need.n THEN 1 ELSE 2 END",
    ),
    (
        "@answered",
        "x.deleted_at IS NULL AND (x.result = 'met' OR (x.result = 'not_applicable' AND x.approved_na = 1)) \
        AND (x.valid_until IS NULL OR x.valid_until >= :day)",
    ),
    ("@valid", "v.deleted_at IS NULL AND (v.valid_from IS NULL OR v.valid_from <= :day) AND (v.valid_to IS NULL OR v.valid_to >= :day)"),
    ("@alive", "g.deleted_at IS NULL AND (g.valid_from IS NULL OR g.valid_from <= :day) AND (g.valid_to IS NULL OR g.valid_to >= :day)"),
];

/// The question as it is asked on a day, with its parameters: rows of (agency, outcome, records), or sums as they stand.
pub(super) fn asked(rows: Rows, question: &str, day: &str) -> Result<(String, Vec<Value>)> {
    let mut sql = question.to_owned();
    for (name, text) in FRAGMENTS {
        sql = sql.replace(name, text);
    }
    let date = Date::parse(day).map_err(|e| Error::BadRequest(e.to_string()))?;
    let values = [
        (":day", Value::Text(day.to_owned())),
        (":year", Value::Int(date.year().into())),
        (":start", Value::Text(date.start_of_year().to_string())),
        (":school", Value::Text(school_year(date).to_string())),
        (":d90", Value::Text(date.add_days(-90).to_string())),
        (":m12", Value::Text(date.add_months(-12).add_days(1).to_string())),
    ];
    let mut params = Vec::new();
    for (name, value) in values {
        if sql.contains(name) {
            params.push(value);
            sql = sql.replace(name, &format!("${}", params.len()));
        }
    }
    if rows == Rows::Outcomes {
        sql = format!("SELECT a, o, COUNT(*) FROM ({sql}) q GROUP BY a, o");
    }
    Ok((sql, params))
}

/// First day of the school year.
fn school_year(date: Date) -> Date {
    let begins = Date::new(date.year(), 9, 1).unwrap_or(date);
    if begins <= date { begins } else { Date::new(date.year() - 1, 9, 1).unwrap_or(date) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_computed_indicator_has_a_question_by_hand() {
        let reg = crate::instance::registry().unwrap();
        let catalogue = targets::Catalogue::load(&reg).unwrap();
        let ids: std::collections::BTreeSet<&str> = BY_HAND.iter().map(|(id, ..)| *id).collect();
        let computed: std::collections::BTreeSet<&str> = catalogue.compiled.keys().map(String::as_str).collect();
        assert_eq!(ids, computed);
    }

    #[test]
    fn everything_is_filled_in() {
        for (id, rows, question) in BY_HAND {
            let (sql, params) = asked(*rows, question, "2026-11-22").unwrap();
            assert!(!sql.contains('@') && !sql.contains(':'), "{id}: {sql}");
            assert!((0..params.len()).all(|n| sql.contains(&format!("${}", n + 1))), "{id}: {sql}");
        }
        let (_, params) = asked(Rows::Sums, ":day :year :start :d90 :m12", "2026-11-22").unwrap();
        let day = |d: &str| Value::Text(d.to_owned());
        assert_eq!(params, [day("2026-11-22"), Value::Int(2026), day("2026-01-01"), day("2026-08-24"), day("2025-11-23")]);
    }
}

//! The same figures as somebody who knows SQLite would write them. Several for one indicator: the fastest counts.

/// (indicator, rows of (agency, outcome), or the whole statement for a ratio).
pub(crate) const BY_HAND: &[(&str, &str)] = &[
    (
        "T-01",
        "SELECT p.agency AS a, CASE WHEN EXISTS (SELECT 1 FROM training_record r WHERE r.person = p.id AND r.deleted_at IS NULL AND r.result IN ('passed','attended')
            AND r.completed_on >= '2026-01-01' AND r.completed_on <= '2026-06-30') THEN 1 ELSE 2 END AS o
         FROM person p WHERE p.deleted_at IS NULL AND p.active = 1 AND p.id IN (SELECT person FROM post WHERE deleted_at IS NULL
            AND category IN ('force_province','force_agency') AND (valid_from IS NULL OR valid_from <= '2026-06-30') AND (valid_to IS NULL OR valid_to >= '2026-06-30'))",
    ),
    (
        "T-02",
        "SELECT p.agency AS a, CASE WHEN EXISTS (SELECT 1 FROM training_record r WHERE r.person = p.id AND r.deleted_at IS NULL AND r.level = 'deep' AND r.result = 'passed')
            THEN 1 ELSE 2 END AS o
         FROM person p WHERE p.deleted_at IS NULL AND p.active = 1 AND p.id IN (SELECT l.target FROM system s JOIN system__administrators l ON l.owner = s.id
            WHERE s.deleted_at IS NULL AND s.state = 'operating' AND s.level IN (3, 4))",
    ),
    (
        "T-03",
        "SELECT p.agency AS a, CASE WHEN EXISTS (SELECT 1 FROM training_record r WHERE r.person = p.id AND r.deleted_at IS NULL AND r.level IN ('basic','advanced','deep') AND r.result = 'passed')
            THEN 1 ELSE 2 END AS o
         FROM person p JOIN agency g ON g.id = p.agency WHERE p.deleted_at IS NULL AND p.active = 1 AND g.kind IN ('department','branch','office','commune','public_unit')
          AND p.id IN (SELECT person FROM post WHERE deleted_at IS NULL AND (fn_it = 1 OR fn_dx = 1 OR fn_admin = 1 OR fn_data = 1 OR category IN ('it_full','it_part'))
            AND (valid_from IS NULL OR valid_from <= '2026-06-30') AND (valid_to IS NULL OR valid_to >= '2026-06-30'))",
    ),
    (
        "T-04",
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM contact_point c JOIN person p ON p.id = c.person WHERE c.agency = g.id AND c.deleted_at IS NULL AND p.active = 1
            AND c.confirmed_on >= '2026-04-01' AND c.confirmed_on <= '2026-06-30'
            AND (c.valid_from IS NULL OR c.valid_from <= '2026-06-30') AND (c.valid_to IS NULL OR c.valid_to >= '2026-06-30')) THEN 1 ELSE 2 END AS o
         FROM agency g WHERE g.deleted_at IS NULL AND g.kind IN ('department','branch','office','commune')
            AND (g.valid_from IS NULL OR g.valid_from <= '2026-06-30') AND (g.valid_to IS NULL OR g.valid_to >= '2026-06-30')",
    ),
    (
        "T-18",
        "SELECT p.agency AS a, CASE WHEN EXISTS (SELECT 1 FROM training_record r WHERE r.person = p.id AND r.deleted_at IS NULL AND r.result IN ('passed','attended')
            AND r.completed_on >= '2026-01-01' AND r.completed_on <= '2026-06-30') THEN 1 ELSE 2 END AS o
         FROM person p WHERE p.deleted_at IS NULL AND p.active = 1 AND p.id IN (
            SELECT person FROM post WHERE deleted_at IS NULL AND category = 'force_province'
             AND (valid_from IS NULL OR valid_from <= '2026-06-30') AND (valid_to IS NULL OR valid_to >= '2026-06-30')
            UNION SELECT l.target FROM system s JOIN system__administrators l ON l.owner = s.id WHERE s.deleted_at IS NULL AND s.state = 'operating' AND s.level IN (3, 4))",
    ),
    (
        "T-10",
        "WITH need AS MATERIALIZED (SELECT level, COUNT(*) n FROM control WHERE deleted_at IS NULL AND mandatory = 1 AND (valid_from IS NULL OR valid_from <= '2026-06-30')
            AND (valid_to IS NULL OR valid_to >= '2026-06-30') GROUP BY level),
         got AS MATERIALIZED (SELECT x.system, c.level, COUNT(*) n FROM control_answer x JOIN control c ON c.id = x.control WHERE x.deleted_at IS NULL AND c.deleted_at IS NULL
            AND c.mandatory = 1 AND (c.valid_from IS NULL OR c.valid_from <= '2026-06-30') AND (c.valid_to IS NULL OR c.valid_to >= '2026-06-30')
            AND (x.result = 'met' OR (x.result = 'not_applicable' AND x.approved_na = 1)) AND (x.valid_until IS NULL OR x.valid_until >= '2026-06-30') GROUP BY x.system, c.level)
         SELECT s.owner AS a, CASE WHEN s.level IS NULL AND s.level_proposed IS NULL THEN 3 WHEN s.level IS NULL THEN 2 WHEN need.n IS NULL THEN 3
            WHEN got.n = need.n THEN 1 ELSE 2 END AS o
         FROM system s LEFT JOIN need ON need.level = s.level LEFT JOIN got ON got.system = s.id AND got.level = s.level
         WHERE s.deleted_at IS NULL AND s.state = 'operating' AND s.state_budget = 1",
    ),
    (
        "T-10",
        "WITH need AS MATERIALIZED (SELECT level, id FROM control WHERE deleted_at IS NULL AND mandatory = 1 AND (valid_from IS NULL OR valid_from <= '2026-06-30')
            AND (valid_to IS NULL OR valid_to >= '2026-06-30'))
         SELECT s.owner AS a, CASE WHEN s.level IS NULL AND s.level_proposed IS NULL THEN 3 WHEN s.level IS NULL THEN 2
            WHEN NOT EXISTS (SELECT 1 FROM need c WHERE c.level = s.level) THEN 3
            WHEN EXISTS (SELECT 1 FROM need c WHERE c.level = s.level AND NOT EXISTS (SELECT 1 FROM control_answer x WHERE x.system = s.id AND x.control = c.id AND x.deleted_at IS NULL
              AND (x.result = 'met' OR (x.result = 'not_applicable' AND x.approved_na = 1)) AND (x.valid_until IS NULL OR x.valid_until >= '2026-06-30'))) THEN 2 ELSE 1 END AS o
         FROM system s WHERE s.deleted_at IS NULL AND s.state = 'operating' AND s.state_budget = 1",
    ),
    (
        "T-13",
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM deployment d JOIN product p ON p.id = d.product WHERE d.agency = g.id AND d.deleted_at IS NULL AND p.strategic = 1
            AND p.origin = 'vietnam' AND d.started_on <= '2026-06-30' AND (d.ended_on IS NULL OR d.ended_on >= '2026-06-30')) THEN 1 ELSE 2 END AS o
         FROM agency g WHERE g.deleted_at IS NULL AND g.kind IN ('department','branch','office','commune')
            AND (g.valid_from IS NULL OR g.valid_from <= '2026-06-30') AND (g.valid_to IS NULL OR g.valid_to >= '2026-06-30')",
    ),
    (
        "T-15",
        "SELECT d.agency AS a, CASE WHEN d.assessment IS NULL THEN 2 WHEN t.result <> 'passed' THEN 2 WHEN t.assessed_on > d.started_on THEN 2 WHEN t.expires_on < d.started_on THEN 2
            WHEN t.result = 'passed' AND t.assessed_on IS NOT NULL THEN 1 ELSE 3 END AS o
         FROM deployment d JOIN product p ON p.id = d.product LEFT JOIN product_assessment t ON t.id = d.assessment
         WHERE d.deleted_at IS NULL AND p.security = 1 AND d.started_on <= '2026-06-30'",
    ),
    (
        "T-29",
        "SELECT agency, SUM(COALESCE(security_amount, 0)), COUNT(*) FROM budget_line WHERE deleted_at IS NULL AND year = 2026 AND phase = 'actual' GROUP BY agency",
    ),
    (
        "T-37",
        "WITH ok AS MATERIALIZED (SELECT DISTINCT x.system, l.no FROM system_layer x JOIN layer l ON l.id = x.layer WHERE x.deleted_at IS NULL AND x.proof_on >= '2025-07-01'
            AND x.proof_on <= '2026-06-30' AND (x.valid_from IS NULL OR x.valid_from <= '2026-06-30') AND (x.valid_to IS NULL OR x.valid_to >= '2026-06-30') AND l.no BETWEEN 1 AND 4),
         four AS MATERIALIZED (SELECT system FROM ok GROUP BY system HAVING COUNT(*) = 4)
         SELECT s.owner AS a, CASE WHEN s.id IN (SELECT system FROM four) THEN 1 ELSE 2 END AS o FROM system s WHERE s.deleted_at IS NULL AND s.state = 'operating'",
    ),
    (
        "T-39",
        "SELECT g.id AS a, CASE WHEN EXISTS (SELECT 1 FROM deployment d JOIN product p ON p.id = d.product WHERE d.agency = g.id AND d.deleted_at IS NULL AND p.kind = 'scan_tool'
              AND d.started_on <= '2026-06-30' AND (d.ended_on IS NULL OR d.ended_on >= '2026-06-30'))
            AND EXISTS (SELECT 1 FROM deployment d JOIN product p ON p.id = d.product WHERE d.agency = g.id AND d.deleted_at IS NULL AND p.kind = 'forensic_tool'
              AND d.started_on <= '2026-06-30' AND (d.ended_on IS NULL OR d.ended_on >= '2026-06-30')) THEN 1 ELSE 2 END AS o
         FROM agency g WHERE g.deleted_at IS NULL AND g.kind IN ('department','branch','office','commune')
            AND (g.valid_from IS NULL OR g.valid_from <= '2026-06-30') AND (g.valid_to IS NULL OR g.valid_to >= '2026-06-30')",
    ),
];

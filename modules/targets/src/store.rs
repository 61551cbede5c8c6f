//! Sums over the monthly scores: one line a month, whatever the number of agencies.

use store::{Result, Tx};

/// The day a month was measured, then passed and made of each kind in the order of the register.
pub type Month = (String, [(i64, i64); 6]);

/// Months with scores, oldest first. Sums over all agencies: only for who sees the whole instance.
pub fn scores(tx: &mut Tx) -> Result<Vec<Month>> {
    let rows = tx.query(
        "SELECT day, CAST(SUM(correct_met) AS BIGINT), CAST(SUM(correct_all) AS BIGINT), CAST(SUM(complete_met) AS BIGINT), \
         CAST(SUM(complete_all) AS BIGINT), CAST(SUM(clean_met) AS BIGINT), CAST(SUM(clean_all) AS BIGINT), CAST(SUM(live_met) AS BIGINT), \
         CAST(SUM(live_all) AS BIGINT), CAST(SUM(shared_met) AS BIGINT), CAST(SUM(shared_all) AS BIGINT), CAST(SUM(uniform_met) AS BIGINT), \
         CAST(SUM(uniform_all) AS BIGINT) FROM quality_score WHERE deleted_at IS NULL GROUP BY day ORDER BY day",
        &[],
    )?;
    let read = |r: &store::Row| {
        let mut six = [(0, 0); 6];
        for (i, s) in six.iter_mut().enumerate() {
            *s = (r.get(1 + 2 * i)?, r.get(2 + 2 * i)?);
        }
        Ok((r.get(0)?, six))
    };
    rows.iter().map(read).collect()
}

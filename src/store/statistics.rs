//! What the planner believes about our tables. A new installation's are empty, and a plan made then may walk through all rows of a
//! workspace where an index would find one; it is kept for as long as the connection lives, unless the table is looked at again.
//! PostgreSQL does that by itself within minutes; a table that outgrows its figures in seconds must not wait for it. Nor one in which work
//! waits: whoever looks there for the next of it passes everything that was done since it was swept.

use super::pool::answered;
use super::{Result, Store};

crate::statements! {
    /// Tables that hold twice as many rows as they were known to hold, and some hundred more, as the commands that look at them again. One
    /// whose rows come and go is as large as it was, however much is written to it.
    OUTGROWN = "
        SELECT format('ANALYZE (SKIP_LOCKED) %I', stat.relname)
        FROM pg_stat_user_tables AS stat
        JOIN pg_class AS class ON class.oid = stat.relid
        WHERE stat.schemaname = current_schema() AND stat.n_live_tup > 300 + 2 * greatest(class.reltuples, 0)
        ORDER BY stat.relname
        LIMIT 100";
    /// Tables through which much more has gone than is in them, as the commands that sweep them. A wait in the middle of a table that
    /// somebody stands before would be theirs: it is given up, as is giving back what is behind the last row. One of more than half a
    /// gigabyte is left to PostgreSQL: a sweep that takes longer than a statement may is broken off, and was for nothing.
    CHURNED = "
        SELECT format('VACUUM (SKIP_LOCKED, TRUNCATE off) %I', stat.relname)
        FROM pg_stat_user_tables AS stat
        JOIN pg_class AS class ON class.oid = stat.relid
        WHERE stat.schemaname = current_schema() AND stat.n_dead_tup > 10000 + stat.n_live_tup AND class.relpages < 65536
        ORDER BY stat.relname
        LIMIT 100";
}

impl Store {
    /// Looks again at tables that have outgrown their figures; plans made before are made anew. Sweeps those through which much has gone.
    /// One at which that fails keeps no other waiting.
    ///
    /// # Errors
    /// As PostgreSQL answers, of the last that failed.
    pub async fn tend_tables(&self) -> Result<()> {
        let commands = [self.query(&CHURNED, &[]).await?, self.query(&OUTGROWN, &[]).await?].concat();
        if commands.is_empty() {
            return Ok(());
        }
        let client = self.client().await?;
        let mut failed = Ok(());
        for row in commands {
            if let Err(error) = answered(async { Ok(client.batch_execute(row.get(0)).await?) }).await {
                failed = Err(error);
            }
        }
        failed
    }
}

//! What the planner believes about our tables. A new installation's are empty, and a plan made then may walk through all rows of a
//! workspace where an index would find one; it is kept for as long as the connection lives, unless the table is looked at again.
//! PostgreSQL does that by itself within minutes; a table that outgrows its figures in seconds must not wait for it.

use super::{Result, Store};

crate::statements! {
    /// Tables that have changed by more than they were known to hold, as the commands that look at them again.
    OUTGROWN = "
        SELECT format('ANALYZE (SKIP_LOCKED) %I', stat.relname)
        FROM pg_stat_user_tables AS stat
        JOIN pg_class AS class ON class.oid = stat.relid
        WHERE stat.schemaname = current_schema() AND stat.n_mod_since_analyze > 300 + greatest(class.reltuples, 0)
        ORDER BY stat.relname
        LIMIT 100";
}

impl Store {
    /// Looks again at tables that have outgrown their figures; plans made before are made anew.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn refresh_statistics(&self) -> Result<()> {
        let outgrown = self.query(&OUTGROWN, &[]).await?;
        if outgrown.is_empty() {
            return Ok(());
        }
        let client = self.client().await?;
        for row in outgrown {
            client.batch_execute(row.get(0)).await?;
        }
        Ok(())
    }
}

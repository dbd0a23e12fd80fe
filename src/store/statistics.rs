//! What the planner believes about our tables. A new installation's are empty, and a plan made then may walk through all rows of a
//! workspace where an index would find one; it is kept for as long as the connection lives, unless the table is looked at again.
//! PostgreSQL does that by itself within minutes; a table that outgrows its figures in seconds must not wait for it. Nor one in which work
//! waits: whoever looks there for the next of it passes everything that was done since it was swept.

use super::{Result, Store};

/// How closely a table is looked at: a sample of six thousand rows. Every statement is planned for any parameters and has its index, so that
/// only sizes count; looking closer takes the processor from those who work.
const SAMPLE: &str = "SET default_statistics_target = 20";

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
    /// Tables through which much more has gone than is in them, as the commands that sweep them. Nobody is waited for, and what is behind
    /// the last row is not given back, which would need the table for itself. One that was swept a moment ago is left alone: while somebody
    /// looks at how things were, dead rows cannot go.
    CHURNED = "
        SELECT format('VACUUM (SKIP_LOCKED, TRUNCATE off) %I', relname)
        FROM pg_stat_user_tables
        WHERE schemaname = current_schema() AND n_dead_tup > 10000 + n_live_tup
          AND greatest(last_vacuum, last_autovacuum, '-infinity') < now() - interval '5 seconds'
        ORDER BY relname
        LIMIT 100";
}

impl Store {
    /// Sweeps tables through which much has gone, and looks again at those that have outgrown their figures; plans made before are made
    /// anew. It takes its time, on a connection of its own; over one that cannot be had it goes on with the others.
    ///
    /// # Errors
    /// As PostgreSQL answers, of the first.
    pub async fn tend_tables(&self) -> Result<()> {
        let commands = [self.query(&CHURNED, &[]).await?, self.query(&OUTGROWN, &[]).await?].concat();
        if commands.is_empty() {
            return Ok(());
        }
        let client = self.unhurried().await?;
        client.batch_execute(SAMPLE).await?;
        let mut done = Ok(());
        for row in commands {
            done = done.and(client.batch_execute(row.get(0)).await);
        }
        Ok(done?)
    }
}

//! The least that claiming something can take: one statement that takes what nobody else has, by pgbench.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::pgbench;
use crate::world::World;

const TABLE: &str = "
    DROP TABLE IF EXISTS reference_waiting;
    CREATE TABLE reference_waiting (id bigint PRIMARY KEY, queue integer NOT NULL, agent integer) WITH (fillfactor = 70);
    CREATE INDEX reference_in_line ON reference_waiting (queue, id) WHERE agent IS NULL;
    INSERT INTO reference_waiting SELECT id, id % 16, NULL FROM generate_series(1, 400000) AS id;
    ANALYZE reference_waiting;";

const SCRIPT: &str = r"\set queue random(0, 15)
UPDATE reference_waiting SET agent = 1
WHERE id = (SELECT id FROM reference_waiting WHERE queue = :queue AND agent IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED);
";

/// Claims a second, for so long.
pub async fn measure(world: &World, folder: &Path, clients: usize, duration: Duration) -> Result<f64> {
    world.connect().await?.batch_execute(TABLE).await?;
    pgbench::run(world, &folder.join("claims.sql"), SCRIPT, clients, duration).await
}

//! The least that working a message off can take: five statements in one transaction, sent at once, by pgbench.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::acks::TABLE;
use super::pgbench;
use crate::world::World;

/// As many as give pgbench its best rate here.
const CLIENTS: usize = 32;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS reference_conversations (id bigint PRIMARY KEY, last_seq bigint NOT NULL, last_message_at timestamptz NOT NULL)
        WITH (fillfactor = 70);
    CREATE TABLE IF NOT EXISTS reference_messages (id uuid PRIMARY KEY, conversation_id bigint NOT NULL, wamid text UNIQUE NOT NULL, content jsonb NOT NULL);
    CREATE TABLE IF NOT EXISTS reference_events (conversation_id bigint NOT NULL, seq uuid NOT NULL, event jsonb NOT NULL, PRIMARY KEY (conversation_id, seq));
    CREATE TABLE IF NOT EXISTS reference_outbox (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, message_id uuid NOT NULL);
    INSERT INTO reference_conversations SELECT id, 0, now() FROM generate_series(1, 2000) AS id ON CONFLICT DO NOTHING;";

const SCRIPT: &str = r#"\set conversation random(1, 2000)
\startpipeline
BEGIN;
INSERT INTO reference_payloads (source, received_at, body) VALUES ('whatsapp:1', now(), decode(repeat('78', 1024), 'hex'));
INSERT INTO reference_messages SELECT id, :conversation, 'wamid.' || id, jsonb_build_object('kind', 'text', 'body', repeat('x', 400)) FROM gen_random_uuid() AS id;
UPDATE reference_conversations SET last_seq = last_seq + 1, last_message_at = now() WHERE id = :conversation;
INSERT INTO reference_events VALUES (:conversation, gen_random_uuid(), jsonb_build_object('kind', 'message_received', 'body', repeat('x', 400)));
INSERT INTO reference_outbox (message_id) VALUES (gen_random_uuid());
COMMIT;
\endpipeline
"#;

/// Transactions a second, for so long.
pub async fn measure(world: &World, folder: &Path, duration: Duration) -> Result<f64> {
    let client = world.connect().await?;
    client.batch_execute(TABLE).await?;
    client.batch_execute(TABLES).await?;
    let rate = pgbench::run(world, &folder.join("statements.sql"), SCRIPT, CLIENTS, duration).await?;
    client.batch_execute("TRUNCATE reference_payloads, reference_messages, reference_events, reference_outbox").await?;
    Ok(rate)
}

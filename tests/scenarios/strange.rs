//! A node beside rows of a newer version: it shows what it can of them, leaves them as they are, and goes on with everything else.

use baton::domain::access::Role;

use crate::support::staff::Staff;
use crate::support::waiting::eventually;
use crate::support::{SOON, World};

const NEWER: &[&str] = &[
    "UPDATE conversations SET state = 'dozing', controller = 'robot', brief = '{\"kind\": \"hologram\"}',
         assignment_reason = '{\"kind\": \"hologram\"}', last_message = '{\"kind\": \"hologram\"}'",
    "UPDATE messages SET author_kind = 'robot', content = '{\"kind\": \"hologram\"}', status = 'foreseen', failure = '{\"kind\": 1}'",
    "UPDATE events SET kind = 'waved', event = '{\"event\": \"waved\"}', place = 'stands' WHERE subject_kind = 'conversation' AND seq % 2 = 0",
    "UPDATE contacts SET fields = '{\"plan\": {\"kind\": \"hologram\"}}', language = 'tlh'",
    "UPDATE contact_identities SET standing = 'borrowed'",
    "UPDATE agents SET availability = 'on_a_walk' WHERE user_id = (SELECT id FROM users WHERE name = 'Bo')",
    "UPDATE users SET role = 'auditor' WHERE name = 'Bo'",
    "INSERT INTO notices (workspace_id, id, kind, field, value, digest, at)
         SELECT id, gen_random_uuid(), 'rumour', 'moon', '{\"kind\": \"hologram\"}', '\\x00', now() FROM workspaces",
    "INSERT INTO media (workspace_id, id, conversation_id, inbox_id, message_id, state, whatsapp_id, mime_type)
         SELECT workspace_id, gen_random_uuid(), id, inbox_id, gen_random_uuid(), 'being_painted', '1', 'image/png' FROM conversations",
    "INSERT INTO drafts (workspace_id, conversation_id, user_id, kind, body, version, writer, turn)
         SELECT workspace_id, conversations.id, users.id, 'poem', 'Dear', 1, gen_random_uuid(), 1 FROM conversations JOIN users USING (workspace_id)",
    "INSERT INTO inbound_items (workspace_id, contact_id, inbox_id, payload_seq, item, received_at)
         SELECT workspace_id, contact_id, inbox_id, 0, '{\"kind\": \"hologram\"}', now() FROM conversations",
    "INSERT INTO timers (workspace_id, subject_kind, subject_id, kind, about, due_at, timer)
         SELECT workspace_id, subject, id, kind, gen_random_uuid(), now(), '{\"kind\": \"hologram\"}'
         FROM conversations, (VALUES ('journey', 'flow_wait'), ('conversation', 'flow_wait'), ('conversation', 'of_tomorrow')) AS of (subject, kind)",
    "INSERT INTO outbox (workspace_id, message_id, subject_kind, subject_id, contact_id, inbox_id, priority, state, due_at, queued_at)
         SELECT workspace_id, gen_random_uuid(), 'journey', id, contact_id, inbox_id, 9, state, now(), now()
         FROM (SELECT workspace_id, id, contact_id, inbox_id FROM conversations) AS of, (VALUES ('queued'), ('parked')) AS standing (state)",
    "INSERT INTO outbox (workspace_id, message_id, subject_kind, subject_id, contact_id, inbox_id, priority, due_at, queued_at)
         SELECT c.workspace_id, (SELECT id FROM messages WHERE conversation_id = c.id LIMIT 1), 'conversation', c.id, gen_random_uuid(), inbox_id, 0,
             now(), now()
         FROM conversations AS c",
];

/// One table at a time: the node is at work in them, and two that hold a table each would wait for each other.
const NO_CHECKS: &str = "
    DO $$
    DECLARE word record;
    BEGIN
        FOR word IN
            SELECT conrelid::regclass AS of, conname AS name FROM pg_constraint
            WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conrelid <> 0
        LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', word.of, word.name);
            COMMIT;
        END LOOP;
    END $$";

/// What the newer version wrote, row by row.
const WRITTEN: &str = "
    SELECT count(*) FROM (
        SELECT FROM conversations WHERE state = 'dozing' AND controller = 'robot' AND brief ->> 'kind' = 'hologram'
        UNION ALL SELECT FROM messages WHERE status = 'foreseen' AND author_kind = 'robot' AND content ->> 'kind' = 'hologram'
        UNION ALL SELECT FROM events WHERE kind = 'waved'
        UNION ALL SELECT FROM contacts WHERE fields -> 'plan' ->> 'kind' = 'hologram'
        UNION ALL SELECT FROM contact_identities WHERE standing = 'borrowed'
        UNION ALL SELECT FROM agents WHERE availability = 'on_a_walk'
        UNION ALL SELECT FROM users WHERE role = 'auditor'
        UNION ALL SELECT FROM media WHERE state = 'being_painted'
        UNION ALL SELECT FROM drafts WHERE kind = 'poem'
        UNION ALL SELECT FROM inbound_items WHERE item LIKE '%hologram%'
        UNION ALL SELECT FROM timers WHERE timer ->> 'kind' = 'hologram'
        UNION ALL SELECT FROM outbox WHERE attempts = 0 AND (subject_kind = 'journey' OR contact_id NOT IN (SELECT id FROM contacts))) AS left_alone";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_goes_on_beside_rows_of_a_newer_version_and_leaves_them_as_they_are() {
    let world = World::quick().await;
    let ana = world.employs("Ana", Role::Admin, 8).await;
    world.employs("Bo", Role::Agent, 8).await;
    let mia = world.phone("Mia Berg").await;
    let _page = Staff::keeps_page(&ana);
    let strange = world.conversation_of(&ana, &mia).await;
    world.execute(NO_CHECKS).await;
    for newer in NEWER {
        assert!(world.execute(newer).await > 0, "{newer}");
    }
    let written = world.count(WRITTEN).await;

    let pages = ["/inbox?view=all", "/inbox?view=mine", "/inbox?view=queues", "/inbox?view=unassigned", "/inbox?view=resolved"];
    let admin = ["/admin/notices", "/admin/quarantine"];
    let thread = format!("/conversations/{strange}?view=all");
    for path in pages.into_iter().chain(admin).chain([thread.as_str()]) {
        ana.looks_at(path).await;
    }
    let shown = ana.looks_at(&thread).await.body;
    assert!(shown.contains("Something happened that this version cannot show yet"), "{shown}");

    // Everybody else is served, from the first word to the answer.
    let phone = world.phone("Jo Lind").await;
    phone.is_qualified().await;
    let conversation = world.conversation_with(&phone).await;
    assert_eq!(world.holder(conversation, SOON).await, ana.user.0);
    ana.replies(conversation, "I am sending you a new one.").await;
    phone.hears("I am sending you a new one.").await;

    // What the one customer says waits for whoever understands their conversation.
    let wamid = mia.writes("And me?").await;
    let waits = format!("SELECT count(*) FROM inbound_items WHERE item LIKE '%{wamid}%'");
    eventually("what they said is sorted", SOON, async || world.count(&waits).await == 1).await;
    for path in pages {
        ana.looks_at(path).await;
    }
    assert_eq!(world.count(WRITTEN).await, written, "something was written over");
    assert_eq!(world.count("SELECT count(*) FROM quarantine").await, 0);
    let (status, readiness) = world.nodes[0].readiness().await;
    assert_eq!(status, 200, "{readiness}");
    assert!(!world.nodes[0].words().contains("panicked"), "{}", world.nodes[0].words());
}

//! A large installation in a moment: five workspaces, of which one is the size of all others together.

use deadpool_postgres::Object;

/// Fills every table that grows with use.
pub async fn load(client: &Object) {
    client.batch_execute(LARGE).await.unwrap();
}

/// Ids are worked out from numbers, so that rows find each other: `id('c', 17)` is the seventeenth conversation.
const LARGE: &str = "
    SET session_replication_role = replica;
    -- It takes what it takes, however busy the machine is.
    SET statement_timeout = 0;
    SET work_mem = '64MB';

    CREATE FUNCTION pg_temp.id(kind text, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
        $$ SELECT md5(kind || number)::uuid $$;
    -- Half of everything belongs to the first of five workspaces.
    CREATE FUNCTION pg_temp.workspace(number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
        $$ SELECT pg_temp.id('w', CASE WHEN number % 2 = 0 THEN 0 ELSE number % 5 END) $$;
    CREATE FUNCTION pg_temp.at(number bigint) RETURNS timestamptz LANGUAGE sql STABLE AS
        $$ SELECT '2026-01-01'::timestamptz + number * interval '1 minute' $$;

    INSERT INTO workspaces (id, name) SELECT pg_temp.id('w', n), 'Shop ' || n FROM generate_series(0, 4) AS n;
    INSERT INTO setups (workspace_id, last_seq) SELECT id, 10000 FROM workspaces;
    INSERT INTO feeds (workspace_id, last_position) SELECT id, 100000 FROM workspaces;
    INSERT INTO events (workspace_id, subject_kind, subject_id, seq, at, kind, place, event)
    SELECT pg_temp.id('w', n % 5), 'setup', pg_temp.id('w', n % 5), n / 5, pg_temp.at(n), 'queue_changed', 'nothing',
        jsonb_build_object('act', n / 5)
    FROM generate_series(0, 49999) AS n;
    INSERT INTO accounts (id, email, password_hash) SELECT pg_temp.id('a', n), n || '@example.com', '' FROM generate_series(0, 999) AS n;
    INSERT INTO users (workspace_id, id, account_id, name, role)
    SELECT pg_temp.workspace(n), pg_temp.id('u', n), pg_temp.id('a', n), 'Person ' || n, 'agent' FROM generate_series(0, 999) AS n;
    INSERT INTO agents (workspace_id, user_id) SELECT workspace_id, id FROM users;
    INSERT INTO teams (workspace_id, id, name) SELECT pg_temp.workspace(n), pg_temp.id('t', n), 'Team ' || n FROM generate_series(0, 49) AS n;
    INSERT INTO team_members (workspace_id, team_id, user_id)
    SELECT pg_temp.workspace(n), pg_temp.id('t', n % 50), pg_temp.id('u', n) FROM generate_series(0, 999) AS n;
    INSERT INTO queues (workspace_id, id, key, name, team_id, hours)
    SELECT pg_temp.workspace(n), pg_temp.id('q', n), 'queue' || n, 'Queue ' || n, pg_temp.id('t', n), '{}' FROM generate_series(0, 49) AS n;
    INSERT INTO apps (app_id, app_secret, verify_token) VALUES ('1', '', '');
    INSERT INTO inboxes (workspace_id, id, name, channel, default_queue_id)
    SELECT pg_temp.workspace(n), pg_temp.id('i', n), 'Number ' || n, 'whatsapp', pg_temp.id('q', n) FROM generate_series(0, 1999) AS n;
    INSERT INTO whatsapp_numbers (workspace_id, inbox_id, app_id, phone_number_id, waba_id, display_phone_number, access_token)
    SELECT pg_temp.workspace(n), pg_temp.id('i', n), '1', n::text, n::text, '', '' FROM generate_series(0, 1999) AS n;
    INSERT INTO allowances (workspace_id, inbox_id) SELECT pg_temp.workspace(n), pg_temp.id('i', n) FROM generate_series(0, 1999) AS n;
    INSERT INTO sessions (workspace_id, id, user_id, secret_hash, expires_at)
    SELECT pg_temp.workspace(n), pg_temp.id('s', n), pg_temp.id('u', n % 1000), '', pg_temp.at(n) FROM generate_series(0, 49999) AS n;

    INSERT INTO contacts (workspace_id, id, name) SELECT pg_temp.workspace(n), pg_temp.id('p', n), 'Customer ' || n FROM generate_series(0, 19999) AS n;
    INSERT INTO contact_identities (workspace_id, kind, value, contact_id)
    SELECT workspace_id, 'phone', name, id FROM contacts;
    -- One in ten is under way: a third waits, the rest is held.
    INSERT INTO conversations (workspace_id, id, contact_id, inbox_id, state, controller, queue_id, agent_id, opened_at, queued_at, last_message_at)
    SELECT pg_temp.workspace(n), pg_temp.id('c', n), pg_temp.id('p', n), pg_temp.id('i', n % 20),
        CASE WHEN n % 10 = 0 THEN 'open' ELSE 'resolved' END,
        CASE WHEN n % 30 = 0 THEN 'queue' WHEN n % 10 = 0 THEN 'agent' ELSE 'nobody' END,
        pg_temp.id('q', n % 50),
        CASE WHEN n % 30 <> 0 AND n % 10 = 0 THEN pg_temp.id('u', n % 1000) END,
        pg_temp.at(n), CASE WHEN n % 30 = 0 THEN pg_temp.at(n) END, pg_temp.at(n)
    FROM generate_series(0, 19999) AS n;
    INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, seq, direction, author_kind, content, status, wamid, at)
    SELECT pg_temp.workspace(n % 20000), pg_temp.id('m', n), pg_temp.id('c', n % 20000), pg_temp.id('i', n % 20), n / 20000,
        CASE WHEN n % 2 = 0 THEN 'inbound' ELSE 'outbound' END, 'contact', '{\"kind\":\"text\",\"body\":\"hello\"}', 'received', 'wamid.' || n, pg_temp.at(n)
    FROM generate_series(0, 199999) AS n;
    INSERT INTO events (workspace_id, subject_kind, subject_id, seq, at, kind, place, event)
    SELECT workspace_id, 'conversation', conversation_id, seq, at, 'message_received', 'stands', content FROM messages;
    INSERT INTO feed_commits (workspace_id, position, subject_ids, first_seqs, last_seqs)
    SELECT workspace_id, row_number() OVER (ORDER BY at), ARRAY[subject_id], ARRAY[seq], ARRAY[seq]
    FROM events
    WHERE kind = 'queue_changed' OR seq < 9;
    INSERT INTO unnumbered_commits (workspace_id, subject_ids, first_seqs, last_seqs)
    SELECT workspace_id, ARRAY[subject_id], ARRAY[seq], ARRAY[seq]
    FROM events
    WHERE kind <> 'queue_changed' AND seq >= 9;
    INSERT INTO notes (workspace_id, id, conversation_id, seq, author_id, body, at)
    SELECT pg_temp.workspace(n), pg_temp.id('n', n), pg_temp.id('c', n), 1, pg_temp.id('u', n % 1000), 'a note', pg_temp.at(n) FROM generate_series(0, 19999) AS n;
    INSERT INTO reads (workspace_id, conversation_id, user_id, seq)
    SELECT pg_temp.workspace(n), pg_temp.id('c', n), pg_temp.id('u', person), 5 FROM generate_series(0, 19999) AS n, generate_series(0, 4) AS person;
    INSERT INTO drafts (workspace_id, conversation_id, user_id, kind, body, version, writer, turn)
    SELECT pg_temp.workspace(n), pg_temp.id('c', n), pg_temp.id('u', n % 1000), 'reply', 'dear', 1, pg_temp.id('p', n), 1 FROM generate_series(0, 19999) AS n;
    INSERT INTO media (workspace_id, id, conversation_id, inbox_id, message_id, state, mime_type, due_at)
    SELECT pg_temp.workspace(n), pg_temp.id('f', n), pg_temp.id('c', n % 20000), pg_temp.id('i', n % 20), pg_temp.id('m', n),
        CASE WHEN n % 1000 = 0 THEN 'pending' ELSE 'stored' END, 'image/jpeg', pg_temp.at(n)
    FROM generate_series(0, 49999) AS n;
    INSERT INTO flow_sessions (workspace_id, conversation_id, flow_id, version, session)
    SELECT pg_temp.workspace(n), pg_temp.id('c', n), pg_temp.id('l', n % 5), 1, '{}' FROM generate_series(0, 4999) AS n;

    INSERT INTO payloads (source, received_at, body, sorted_at)
    SELECT '1', pg_temp.at(n), 'body', CASE WHEN n < 99900 THEN pg_temp.at(n) END FROM generate_series(0, 99999) AS n;
    INSERT INTO inbound_items (workspace_id, contact_id, inbox_id, payload_seq, item, received_at)
    SELECT pg_temp.workspace(n % 20000), pg_temp.id('p', n % 20000), pg_temp.id('i', n % 20), n, '{}', pg_temp.at(n) FROM generate_series(0, 19999) AS n;
    INSERT INTO outbox (workspace_id, message_id, subject_kind, subject_id, contact_id, inbox_id, priority, state, due_at, queued_at,
        lease_until, claim_id)
    SELECT pg_temp.workspace(n % 20), pg_temp.id('m', n), 'conversation', pg_temp.id('c', n % 20000), pg_temp.id('p', n % 20000),
        pg_temp.id('i', n % 20), n % 4,
        CASE WHEN n < 200 THEN 'dispatching' ELSE 'queued' END, pg_temp.at(n), pg_temp.at(n), CASE WHEN n < 200 THEN pg_temp.at(n) END,
        CASE WHEN n < 200 THEN pg_temp.id('k', n) END
    FROM generate_series(0, 19999) AS n;
    INSERT INTO timers (workspace_id, subject_kind, subject_id, kind, about, due_at, timer)
    SELECT pg_temp.workspace(n), 'conversation', pg_temp.id('c', n), CASE WHEN n % 2 = 0 THEN 'flow_wait' ELSE 'unknown_send' END,
        pg_temp.id('c', n), pg_temp.at(n), '{}'
    FROM generate_series(0, 19999) AS n;
    INSERT INTO quarantine (id, workspace_id, source, payload_seq, reason, item, at)
    SELECT pg_temp.id('x', n), CASE WHEN n % 3 > 0 THEN pg_temp.workspace(n) END, '1', n, 'strange', '', pg_temp.at(n) FROM generate_series(0, 19999) AS n;
    INSERT INTO notices (workspace_id, id, kind, field, value, digest, at)
    SELECT pg_temp.workspace(n), pg_temp.id('o', n), 'account', 'field', '{}', decode(md5(n::text), 'hex'), pg_temp.at(n) FROM generate_series(0, 19999) AS n;

    SET session_replication_role = origin;
    ANALYZE;
";

//! A row of a newer version in each place where a version may come to write more than this one knows: everybody else is served, and the row
//! is left as it is.

use std::collections::BTreeSet;
use std::time::Duration;

use baton::domain::access::Role;
use baton::domain::delivery::Outcome;
use baton::domain::filter::View;
use baton::domain::ids::{ConversationId, UserId};
use baton::domain::timer::Timer;
use baton::runner::lanes::LaneProgress;
use baton::runner::{Error, Runner, now};
use baton::store::access::Sight;
use baton::store::dispatches::Claim;
use baton::store::routing_decisions::{Before, Of};
use uuid::Uuid;

use crate::bodies::{message, store, understand, work};
use crate::shop::{Node, SOURCE, Shop};
use crate::strange::NO_CHECKS;
use crate::viewers::sees_all;

/// What a newer version may write: the column, the rows of the one customer, colleague or thing it writes it of, and the value.
const WORDS: &[(&str, &str, &str)] = &[
    ("accounts.density", ACCOUNT, "'airy'"),
    ("accounts.theme", ACCOUNT, "'sepia'"),
    ("agents.availability", BO, "'on_a_walk'"),
    ("allowances.last_refusal", PIGEONS, JSON),
    ("allowances.pause_reason", PIGEONS, JSON),
    ("contact_identities.kind", CONTACT, "'telepathy'"),
    ("contact_identities.standing", CONTACT, "'borrowed'"),
    ("contacts.address", "id = (SELECT contact_id FROM strange)", JSON),
    ("contacts.fields", "id = (SELECT contact_id FROM strange)", r#"'{"plan": {"kind": "hologram"}}'"#),
    ("contacts.language", "id = (SELECT contact_id FROM strange)", "'tlh'"),
    ("conversations.assignment_reason", ID, JSON),
    ("conversations.brief", ID, JSON),
    ("conversations.clocks", ID, JSON),
    ("conversations.controller", ID, "'robot'"),
    ("conversations.details", ID, JSON),
    ("conversations.last_message", ID, JSON),
    ("conversations.skills", ID, JSON),
    ("conversations.wait", ID, JSON),
    ("conversations.state", ID, "'dozing'"),
    ("drafts.kind", CONVERSATION, "'poem'"),
    ("entry_rules.conditions", "true", JSON),
    ("entry_rules.skills", "true", JSON),
    ("entry_rules.priority", "true", "'burning'"),
    ("events.event", SUBJECT, r#"'{"event": "waved", "hands": 2}'"#),
    ("events.kind", SUBJECT, "'waved'"),
    ("events.place", SUBJECT, "'beside'"),
    ("events.subject_kind", SUBJECT, "'journey'"),
    ("floor_acts.act", "true", JSON),
    ("floor_acts.left_behind", "true", JSON),
    ("flow_sessions.session", CONVERSATION, JSON),
    ("flow_versions.definition", "flow_id = (SELECT id FROM flows WHERE name = 'Other')", JSON),
    ("inbound_items.item", CONTACT, r#"'{"kind": "hologram"}'"#),
    ("inboxes.channel", "name = 'Pigeons'", "'pigeon'"),
    ("invitations.role", "true", "'auditor'"),
    ("invitations.standing", "true", "'forwarded'"),
    ("inboxes.state", "name = 'Pigeons'", "'hibernating'"),
    ("media.state", CONVERSATION, "'being_painted'"),
    ("messages.author_kind", CONVERSATION, "'robot'"),
    ("messages.content", CONVERSATION, JSON),
    ("messages.direction", CONVERSATION, "'sideways'"),
    ("messages.failure", CONVERSATION, JSON),
    ("messages.raw", CONVERSATION, JSON),
    ("messages.status", CONVERSATION, "'foreseen'"),
    ("notices.kind", "true", "'rumour'"),
    ("notices.value", "true", JSON),
    ("outbox.priority", SUBJECT, "9"),
    ("outbox.state", SUBJECT, "'parked'"),
    ("outbox.subject_kind", SUBJECT, "'journey'"),
    ("payloads.source", "sorted_at IS NULL", "'telepathy:1'"),
    ("queues.hours", "key = 'billing'", JSON),
    ("queues.announcements", "key = 'billing'", JSON),
    ("queues.overflow", "key = 'billing'", JSON),
    ("queues.sticky", "key = 'billing'", JSON),
    ("queues.rest", "key = 'billing'", JSON),
    ("queues.widening", "key = 'billing'", JSON),
    ("queues.strategy", "key = 'billing'", "'by_moon'"),
    ("roles.visibility", "true", "'neighbours'"),
    ("routing_decisions.record", "true", JSON),
    ("timers.kind", SUBJECT, "'of_tomorrow'"),
    ("timers.subject_kind", SUBJECT, "'journey'"),
    ("timers.timer", SUBJECT, JSON),
    ("users.locale", "name = 'Bo'", "'tlh'"),
    ("users.role", "name = 'Bo'", "'auditor'"),
];

const JSON: &str = r#"'{"kind": "hologram", "depth": [1, 2]}'"#;
const ACCOUNT: &str = "id = (SELECT account_id FROM users WHERE name = 'Bo')";
const BO: &str = "user_id = (SELECT id FROM users WHERE name = 'Bo')";
const PIGEONS: &str = "inbox_id = (SELECT id FROM inboxes WHERE name = 'Pigeons')";
const CONTACT: &str = "contact_id = (SELECT contact_id FROM strange)";
const ID: &str = "id = (SELECT conversation_id FROM strange)";
const CONVERSATION: &str = "conversation_id = (SELECT conversation_id FROM strange)";
const SUBJECT: &str = "subject_id = (SELECT conversation_id FROM strange)";

/// Words and JSON that are one text to every version.
const FREE: &[&str] = &[
    "account_links.email",
    "account_links.purpose",
    "accounts.email",
    "accounts.password_hash",
    "accounts.totp_secret",
    "apps.app_id",
    "apps.app_secret",
    "apps.verify_token",
    "assets.content_type",
    "assets.path",
    "assets.version",
    "canned_replies.body",
    "canned_replies.folder",
    "canned_replies.shortcut",
    "connection_drafts.sealed",
    "contact_identities.value",
    "contacts.name",
    "contacts.username",
    "drafts.body",
    "entry_rules.name",
    "fields.key",
    "fields.kind",
    "fields.label",
    "fields.of_what",
    "flow_drafts.body",
    "flows.name",
    "inboxes.name",
    "invitations.email",
    "mails.failure",
    "mails.sealed",
    "media.mime_type",
    "media.whatsapp_id",
    "messages.reply_to",
    "messages.wamid",
    "notes.body",
    "nodes.name",
    "nodes.side",
    "nodes.version",
    "notices.field",
    "number_facts.messaging_limit",
    "number_facts.quality",
    "number_facts.status",
    "number_facts.verified_name",
    "number_tests.phone",
    "number_tests.refusal",
    "number_tests.status",
    "quarantine.reason",
    "quarantine.settled_by",
    "quarantine.settlement",
    "quarantine.source",
    "queues.key",
    "queues.name",
    "roles.name",
    "sessions.network",
    "sessions.user_agent",
    "signing_keys.kid",
    "signing_keys.secret",
    "skills.key",
    "skills.language",
    "skills.name",
    "tags.colour",
    "sla_policies.name",
    "tags.name",
    "teams.name",
    "users.name",
    "whatsapp_numbers.access_token",
    "whatsapp_numbers.app_id",
    "whatsapp_numbers.display_phone_number",
    "whatsapp_numbers.phone_number_id",
    "whatsapp_numbers.waba_id",
    "logos.hash",
    "workspaces.accent",
    "workspaces.logo",
    "workspaces.locale",
    "workspaces.name",
    "workspaces.time_zone",
];

/// What is checked for being no words: figures, and what belongs together.
const FIGURES: &[&str] = &[
    "agents.capacity",
    "agents.load",
    "allowances.rate_per_second",
    "conversations.agent_id",
    "conversations.bot_id",
    "conversations.queue_id",
    "invitations.capacity",
    "messages.author_id",
    "outbox.claim_id",
    "users.role_id",
    "workspaces.answer_minutes",
    "workspaces.lease_minutes",
    "workspaces.least_password",
    "workspaces.session_idle_minutes",
    "workspaces.session_life_minutes",
];

async fn names(shop: &Shop, sql: &str) -> BTreeSet<String> {
    shop.rows(sql, &[]).await.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_that_a_newer_version_may_write_more_into_is_tried() {
    let shop = Shop::opens().await;
    let texts = names(
        &shop,
        "SELECT table_name || '.' || column_name FROM information_schema.columns
         WHERE table_schema = 'public' AND data_type IN ('text', 'jsonb', 'json', 'character varying', 'USER-DEFINED')
           AND table_name NOT IN ('refinery_schema_history', 'addresses')",
    )
    .await;
    let checked = names(
        &shop,
        "SELECT conrelid::regclass || '.' || attname FROM pg_constraint
         JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY(conkey)
         WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conrelid <> 0",
    )
    .await;
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let words: BTreeSet<String> = WORDS.iter().map(|(column, ..)| (*column).to_owned()).collect();
    let known = &words | &named(FREE);
    assert_eq!(&texts - &known, BTreeSet::new(), "these are neither tried nor said to be free");
    assert_eq!(&known - &(&texts | &checked), BTreeSet::new(), "there is nothing of these names");
    assert_eq!(&words & &named(FREE), BTreeSet::new());
    assert_eq!(&checked - &(&words | &named(FIGURES)), BTreeSet::new(), "their words are checked, and not tried");
}

/// A shop at work, with one customer and a colleague of whom a newer version is to write.
pub struct House {
    pub shop: Shop,
    pub ana: UserId,
    pub strange: ConversationId,
    /// One who waits in a queue, and two with a flow.
    others: [ConversationId; 3],
}

/// Keeps every table as it is, and brings it back.
const KEEP: &str = "
    CREATE SCHEMA kept;
    DO $$
    DECLARE name text;
    BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', name, name);
        END LOOP;
    END $$";
const RESTORE: &str = "
    DO $$
    DECLARE name text;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'kept' LOOP
            EXECUTE format('DELETE FROM public.%I', name);
            EXECUTE format('INSERT INTO public.%I OVERRIDING SYSTEM VALUE SELECT * FROM kept.%I', name, name);
        END LOOP;
    END $$";

/// What stands around the one customer.
const AROUND: &str = "
    CREATE TABLE strange AS
        SELECT workspace_id, contact_id, id AS conversation_id, inbox_id FROM conversations
        WHERE contact_id = (SELECT contact_id FROM contact_identities WHERE value = '4917');
    INSERT INTO drafts (workspace_id, conversation_id, user_id, kind, body, version, writer, turn)
        SELECT workspace_id, conversation_id, (SELECT id FROM users WHERE name = 'Ana'), 'reply', 'Dear', 1, gen_random_uuid(), 1 FROM strange;
    INSERT INTO media (workspace_id, id, conversation_id, inbox_id, message_id, state, whatsapp_id, mime_type)
        SELECT workspace_id, gen_random_uuid(), conversation_id, inbox_id, gen_random_uuid(), 'pending', '1', 'image/png' FROM strange;
    INSERT INTO notices (workspace_id, id, kind, field, value, digest, at)
        SELECT workspace_id, gen_random_uuid(), 'account', 'field', '{}', '\\x00', now() FROM strange;
    INSERT INTO inboxes (workspace_id, id, name, channel, default_queue_id)
        SELECT workspace_id, gen_random_uuid(), 'Pigeons', 'whatsapp', default_queue_id FROM inboxes;
    INSERT INTO allowances (workspace_id, inbox_id, paused_until, pause_reason)
        SELECT workspace_id, id, now() + interval '1 hour', '{\"code\": 1, \"title\": \"no\"}' FROM inboxes WHERE name = 'Pigeons';
    INSERT INTO invitations (workspace_id, id, role, capacity, team_ids, standing, secret_hash, expires_at)
        SELECT workspace_id, gen_random_uuid(), 'agent', 1, '{}', 'open', '', now() FROM strange;
    INSERT INTO floor_acts (workspace_id, id, user_id, at, act)
        SELECT workspace_id, gen_random_uuid(), (SELECT id FROM users WHERE name = 'Ana'), now(), '{}' FROM strange;
    INSERT INTO routing_decisions (workspace_id, conversation_id, seq, at, queue_id, agent_id, waited_ms, version, record)
        SELECT strange.workspace_id, conversation_id, seq, now(), gen_random_uuid(), gen_random_uuid(), 0, 0, '{}'
        FROM strange JOIN events ON subject_id = conversation_id AND seq = 1;
    INSERT INTO flows (workspace_id, id, name, published_version) SELECT workspace_id, gen_random_uuid(), 'Other', 1 FROM strange;
    INSERT INTO flow_versions (workspace_id, flow_id, version, definition)
        SELECT workspace_id, id, 1, (SELECT definition FROM flow_versions LIMIT 1) FROM flows WHERE name = 'Other';
    INSERT INTO payloads (source, received_at, body) VALUES ('whatsapp:1001', now(), '[]');
    INSERT INTO entry_rules (workspace_id, id, name, conditions)
        SELECT workspace_id, gen_random_uuid(), 'Nobody', '{\"subject\": \"contact.language\", \"is\": \"tlh\"}' FROM strange;
    INSERT INTO roles (workspace_id, id, name, permissions, visibility)
        SELECT workspace_id, gen_random_uuid(), 'Trainee', ARRAY['conversations:read', 'moon:walk'], 'all' FROM strange;
    UPDATE allowances SET rate_per_second = 1000000, tokens = 1000 WHERE paused_until IS NULL";

impl House {
    pub async fn opens() -> Self {
        let shop = Shop::opens().await;
        let ana = shop.hires("Ana", Role::Supervisor, 9).await.user;
        shop.hires("Bo", Role::Supervisor, 9).await;
        let people = ["4917", "4918", "4919"];
        store(&shop.store, &people.map(|phone| message(phone, &format!("wamid.of.{phone}"), "hello"))).await;
        while work(&shop.node(4).runner).await {}
        store(&shop.store, &[message("4917", "wamid.waiting", "1")]).await;
        shop.node(4).runner.sort(SOURCE, understand).await.unwrap();
        let waits = shop.customers_wait(shop.support, 1).await[0];
        let client = shop.store.client().await.unwrap();
        for change in [AROUND, NO_CHECKS, KEEP] {
            client.batch_execute(change).await.unwrap();
        }
        drop(client);
        let of = async |phone: &str| {
            let sql = "SELECT c.id FROM conversations AS c JOIN contact_identities AS i ON i.contact_id = c.contact_id WHERE i.value = $1";
            ConversationId(shop.rows(sql, &[&phone]).await[0].get(0))
        };
        let (strange, others) = (of("4917").await, [waits, of("4918").await, of("4919").await]);
        Self { shop, ana, strange, others }
    }

    async fn is_as_it_was(&self) {
        self.shop.store.client().await.unwrap().batch_execute(RESTORE).await.unwrap();
    }

    async fn every_page_shows(&self) {
        let (store, workspace) = (&self.shop.store, self.shop.workspace);
        for view in [View::Mine, View::Queues, View::Unassigned, View::All, View::Resolved] {
            let listed = store.list(sees_all(workspace, self.ana), view, None, 50).await.unwrap();
            assert!(view != View::All || listed.len() >= 4, "{} are listed", listed.len());
        }
        for conversation in self.others.into_iter().chain([self.strange]) {
            let sight = Sight::unbounded(workspace, conversation);
            let opened = store.opened(sight, Some(self.ana)).await.unwrap().unwrap();
            store.conversations_of(sees_all(workspace, self.ana), opened.contact.id, 50).await.unwrap();
            store.thread_before(sight, i64::MAX, 50).await.unwrap();
            let lines = store.events_since(sight, 0, 100).await.unwrap();
            assert_eq!(lines.len() as i64, opened.conversation.last_seq.min(100), "a line has no place");
            let ids = "SELECT id FROM messages WHERE conversation_id = $1";
            let ids: Vec<Uuid> = self.shop.rows(ids, &[&conversation.0]).await.iter().map(|row| row.get(0)).collect();
            assert_eq!(store.thread_messages(sight, &ids).await.unwrap().len(), ids.len());
            store.drafts(sight, self.ana).await.unwrap();
        }
        assert_eq!(store.people(workspace).await.unwrap().len(), 2);
        assert!(store.invitations(workspace).await.unwrap().len() <= 1);
        assert_eq!(store.workplace(workspace).await.unwrap().workplace.queues.len(), 3);
        store.misread_set_up().await.unwrap();
        assert_eq!(store.connections_of(workspace).await.unwrap().len(), 2);
        assert_eq!(store.notices(workspace, 50).await.unwrap().len(), 1);
        assert_eq!(store.paused_numbers(workspace).await.unwrap().len(), 1);
        assert_eq!(store.all_paused_numbers().await.unwrap().len(), 1);
        assert_eq!(store.floor(workspace, now()).await.unwrap().queues.len(), 3);
        assert_eq!(store.floor_entries(workspace, jiff::Timestamp::UNIX_EPOCH, 9).await.unwrap().len(), 1);
        store.routing_decisions(sees_all(workspace, self.ana), Of::default(), Before::LATEST, 9).await.unwrap();
        let after = Before { at: jiff::Timestamp::UNIX_EPOCH, ..Before::LATEST };
        assert!(!store.made_decisions(workspace, after, jiff::Timestamp::MAX, 9).await.unwrap().is_empty());
        store.view_counts(sees_all(workspace, self.ana)).await.unwrap();
    }

    /// Deadlines, sends, routing, lanes and the feed, each of those who have nothing strange.
    async fn everybody_else_is_served(&self, node: &Node, column: &str) {
        let (shop, runner) = (&self.shop, &node.runner);
        let [waits, other, late] = self.others;
        let is_of_timers = column.starts_with("timers.");
        let due = "UPDATE timers SET due_at = now() - interval '1 hour' WHERE subject_id = $1 OR ($2 AND subject_id = $3)";
        assert!(shop.execute(due, &[&late.0, &is_of_timers, &self.strange.0]).await > 0);
        for kind in Timer::KINDS {
            for timer in shop.store.claim_timers(kind, Duration::from_secs(60), 99).await.unwrap().timers {
                let rung = runner.ring(&timer).await;
                assert!(matches!(rung, Ok(_) | Err(Error::Refused(_))), "{rung:?}");
            }
        }
        let overdue = "SELECT count(*) FROM timers WHERE subject_id = $1 AND due_at < now()";
        assert_eq!(shop.rows(overdue, &[&late.0]).await[0].get::<_, i64>(0), 0, "a deadline passed, and nothing happened");

        while let Claim::Taken { dispatches, .. } = runner.claim_outbox(shop.workspace, shop.inbox, 99).await.unwrap().0 {
            let others: Vec<_> = dispatches.iter().filter(|dispatch| dispatch.conversation != self.strange).collect();
            for dispatch in &others {
                let outcome = Outcome::Accepted { wamid: format!("wamid.to.{}", dispatch.id), recipient: Vec::new() };
                runner.record_delivery(dispatch, outcome).await.unwrap();
            }
            if others.is_empty() {
                break;
            }
        }
        let unsent = "SELECT count(*) FROM messages WHERE status = 'queued' AND conversation_id = $1";
        for conversation in [other, late] {
            assert_eq!(shop.rows(unsent, &[&conversation.0]).await[0].get::<_, i64>(0), 0, "a message was not sent");
        }

        store(&shop.store, &[message("4918", "wamid.agent", "agent"), message("4920", "wamid.new", "hello")]).await;
        run_lanes(runner).await;
        let arrived = "SELECT count(*) FROM messages WHERE wamid IN ('wamid.agent', 'wamid.new')";
        assert_eq!(shop.count(arrived).await, 2, "a message did not arrive");

        runner.route(shop.workspace, shop.support).await.unwrap();
        let held = "SELECT count(*) FROM conversations WHERE id = $1 AND controller = 'agent'";
        assert_eq!(shop.rows(held, &[&waits.0]).await[0].get::<_, i64>(0), 1, "nobody was given to anybody");
        let feed = runner.feed_after(shop.workspace, 0, 1_000).await.unwrap();
        assert_eq!(feed.len() as i64, shop.count("SELECT count(*) FROM events").await, "a line has no place in the feed");
    }
}

/// As a node does, but for looking again at a lane that a newer node is to run.
async fn run_lanes(runner: &Runner) {
    for lane in runner.sort(SOURCE, understand).await.unwrap().lanes {
        while matches!(runner.run_lane(lane).await, Ok(LaneProgress::MoreMayWait)) {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_a_newer_version_stays_as_it_is_and_everybody_else_is_served() {
    let house = House::opens().await;
    let shop = &house.shop;
    for (column, whose, value) in WORDS {
        println!("{column} holds {value}");
        let (table, name) = column.split_once('.').unwrap();
        house.is_as_it_was().await;
        let strange = shop.execute(&format!("UPDATE {table} SET {name} = {value} WHERE {whose}"), &[]).await;
        assert!(strange > 0, "there is nobody to write it of");
        let mut node = shop.node(4);
        node.is_visited_by(shop.workspace, house.ana);

        house.every_page_shows().await;
        house.everybody_else_is_served(&node, column).await;
        house.every_page_shows().await;
        let left = shop.count(&format!("SELECT count(*) FROM {table} WHERE {whose} AND {name} = {value}")).await;
        assert_eq!(left, i64::try_from(strange).unwrap(), "it was written over");

        // And the one customer: what they say is in the thread, or waits for whoever understands.
        store(&shop.store, &[message("4917", "wamid.strange", "1")]).await;
        run_lanes(&node.runner).await;
        let kept = "SELECT (SELECT count(*) FROM messages WHERE wamid = 'wamid.strange')
                         + (SELECT count(*) FROM inbound_items WHERE item LIKE '%wamid.strange%')";
        assert_eq!(shop.count(kept).await, 1, "what they said is lost");
        assert_eq!(shop.count("SELECT count(*) FROM quarantine").await, 0);
    }
}

//! A contact's messages run in the order they were stored, once, on however many nodes.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton::domain::access::Role;
use baton::domain::command::{Command, ReplyContent};
use baton::domain::delivery::Outcome;
use baton::domain::flows::definition::Definition;
use baton::domain::ids::{ConversationId, FlowId, MessageId};
use baton::domain::message::Status;
use baton::runner::Error;
use baton::store::Store;
use baton::store::dispatches::{Claim, Dispatch};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::bodies::{message, status, store, understand, work};
use crate::shop::{SOURCE, Shop};

const OF_EACH: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_one_contact_run_in_the_order_they_were_stored() {
    let shop = Shop::opens().await;
    let nodes = [shop.node(6), shop.node(6)];
    let mut tasks = JoinSet::new();
    for door in ["a", "b"] {
        tasks.spawn(appends(shop.store.clone(), door));
    }
    for node in &nodes {
        let (runner, store) = (node.runner.clone(), shop.store.clone());
        tasks.spawn(async move {
            // Until everything is in the thread: work, whoever gets it.
            while messages(&store).await.len() < 2 * OF_EACH {
                work(&runner).await;
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    let thread = messages(&shop.store).await;
    for door in ["a", "b"] {
        let own: Vec<&String> = thread.iter().filter(|wamid| wamid.starts_with(door)).collect();
        let stored: Vec<String> = (0..OF_EACH).map(|number| name(door, number)).collect();
        assert_eq!(own, stored.iter().collect::<Vec<_>>(), "what came in at door {door}");
    }
    assert_eq!(shop.count("SELECT count(*) FROM inbound_items").await, 0);
    assert_eq!(shop.count("SELECT count(*) FROM quarantine").await, 0);
    shop.is_consistent().await;
}

fn name(door: &str, number: usize) -> String {
    format!("{door}{number:03}")
}

/// Each body is stored before the next one comes.
async fn appends(to: Store, door: &'static str) {
    for number in 0..OF_EACH {
        store(&to, &[message("4917", &name(door, number), "hello")]).await;
    }
}

/// The customer's messages as the thread has them.
async fn messages(store: &Store) -> Vec<String> {
    let client = store.client().await.unwrap();
    let rows = client.query("SELECT wamid FROM messages WHERE direction = 'inbound' ORDER BY conversation_id, seq", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_body_on_two_nodes_at_once_has_its_effects_once() {
    let shop = Shop::opens().await;
    let nodes = [shop.node(6), shop.node(6)];
    for round in 0..10 {
        let items: Vec<_> = (0..5).map(|phone| message(&format!("49{round}{phone}"), &format!("wamid.{round}.{phone}"), "hi")).collect();
        let start = Arc::new(Barrier::new(2));
        let mut tasks = JoinSet::new();
        for node in &nodes {
            let (runner, items, start) = (node.runner.clone(), items.clone(), start.clone());
            tasks.spawn(async move {
                start.wait().await;
                store(runner.store(), &items).await;
                work(&runner).await;
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        while work(&nodes[0].runner).await {}
        let customers = (round + 1) * 5;
        assert_eq!(shop.count("SELECT count(*) FROM contacts").await, customers);
        assert_eq!(shop.count("SELECT count(*) FROM conversations").await, customers);
        assert_eq!(shop.count("SELECT count(*) FROM messages WHERE direction = 'inbound'").await, customers);
        assert_eq!(shop.count("SELECT count(*) FROM outbox").await, customers * 2, "each was greeted and asked once");
    }
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_customer_writes_goes_to_the_conversation_that_a_person_reopened() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let ana = shop.hires("Ana", Role::Supervisor, 8).await;
    let mut conversations = Vec::new();
    for round in 0..2 {
        store(&shop.store, &[message("4917", &format!("wamid.{round}"), "agent")]).await;
        work(&node.runner).await;
        let latest = shop.rows("SELECT id FROM conversations ORDER BY opened_at DESC LIMIT 1", &[]).await[0].get::<_, uuid::Uuid>(0).into();
        node.runner.run(shop.workspace, latest, Command::Resolve { by: ana.clone() }).await.unwrap();
        shop.execute(
            "UPDATE conversations SET resolved_at = resolved_at - interval '3 days', opened_at = opened_at - interval '3 days'",
            &[],
        )
        .await;
        conversations.push(latest);
    }
    assert_ne!(conversations[0], conversations[1]);
    node.runner.run(shop.workspace, conversations[0], Command::Reopen { by: ana.clone() }).await.unwrap();
    store(&shop.store, &[message("4917", "wamid.3", "there you are")]).await;
    work(&node.runner).await;
    let at = shop.rows("SELECT conversation_id FROM messages WHERE wamid = 'wamid.3'", &[]).await;
    assert_eq!(at.len(), 1, "the message was set aside");
    assert_eq!(at[0].get::<_, uuid::Uuid>(0), conversations[0].0);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_reaches_its_message_in_an_older_conversation() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    store(&shop.store, &[message("4917", "wamid.1", "agent")]).await;
    work(&node.runner).await;
    let old = shop.rows("SELECT id FROM conversations", &[]).await[0].get::<_, uuid::Uuid>(0).into();
    shop.execute("UPDATE messages SET wamid = 'wamid.ours', status = 'sent' WHERE direction = 'outbound'", &[]).await;
    shop.execute("DELETE FROM outbox", &[]).await;
    node.runner.run(shop.workspace, old, Command::Resolve { by: ana }).await.unwrap();
    shop.execute("UPDATE conversations SET resolved_at = resolved_at - interval '3 days', opened_at = opened_at - interval '3 days'", &[])
        .await;
    // One body: the status of the old thread between two messages that open and go on with a new one.
    let items =
        [message("4917", "wamid.2", "hello again"), status("wamid.ours", Status::Read), message("4917", "wamid.3", "are you there?")];
    store(&shop.store, &items).await;
    work(&node.runner).await;
    assert_eq!(shop.count("SELECT count(*) FROM conversations").await, 2);
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE wamid = 'wamid.ours' AND status = 'read'").await, 1);
    let news = "SELECT count(*) FROM messages WHERE wamid IN ('wamid.2', 'wamid.3') AND conversation_id <> $1";
    assert_eq!(shop.rows(news, &[&old.0]).await[0].get::<_, i64>(0), 2);
    assert_eq!(shop.count("SELECT count(*) FROM quarantine").await, 0);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_of_another_workspace_is_not_found() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let ana = shop.hires("Ana", Role::Admin, 8).await;
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    let elsewhere = baton::domain::ids::WorkspaceId(uuid::Uuid::now_v7());
    let outcome = node.runner.run(elsewhere, conversation, Command::Take { by: ana }).await;
    assert!(matches!(outcome, Err(Error::NotFound)), "{outcome:?}");
}

#[tokio::test]
async fn an_item_that_another_version_stored_is_set_aside_and_the_rest_of_its_lane_goes_on() {
    let shop = Shop::opens().await;
    let node = shop.node(2);
    store(
        &shop.store,
        &[message("4917", "wamid.before", "hello"), message("4917", "wamid.strange", "hello"), message("4917", "wamid.after", "hello")],
    )
    .await;
    let sorted = node.runner.sort(SOURCE, understand).await.unwrap();
    shop.execute(
        "UPDATE inbound_items SET item = '{\"from\": \"another version\"}' WHERE seq = (SELECT seq FROM inbound_items ORDER BY seq OFFSET 1 LIMIT 1)",
        &[],
    )
    .await;
    node.runner.run_lane(sorted.lanes[0]).await.unwrap();
    assert_eq!(messages(&shop.store).await, ["wamid.before"], "the other version may be there to run the rest");
    assert_eq!(shop.count("SELECT count(*) FROM quarantine").await, 0);
    shop.execute("UPDATE inbound_items SET received_at = received_at - interval '5 minutes'", &[]).await;
    node.runner.run_lane(sorted.lanes[0]).await.unwrap();
    assert_eq!(messages(&shop.store).await, ["wamid.before", "wamid.after"]);
    assert_eq!(shop.count("SELECT count(*) FROM inbound_items").await, 0);
    let aside = shop.rows("SELECT convert_from(item, 'UTF8'), reason FROM quarantine", &[]).await;
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].get::<_, String>(0), r#"{"from": "another version"}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_a_flow_version_that_was_just_published_needs_one_connection_only() {
    let shop = Shop::opens().await;
    let (late, early) = (shop.node(1), shop.node(4));
    store(&shop.store, &[message("4917", "wamid.1", "hello")]).await;
    work(&late.runner).await;
    let flow = FlowId(shop.rows("SELECT id FROM flows", &[]).await[0].get(0));
    let definition: Definition = serde_json::from_str(include_str!("../../src/demo/flow.json")).unwrap();
    shop.store.publish_flow(shop.workspace, flow, &definition).await.unwrap();
    store(&shop.store, &[message("4918", "wamid.2", "hello")]).await;
    work(&early.runner).await;
    assert_eq!(shop.count("SELECT count(*) FROM flow_sessions WHERE version = 2").await, 1);
    store(&shop.store, &[message("4918", "wamid.3", "agent")]).await;
    work(&late.runner).await;
    assert_eq!(shop.count("SELECT count(*) FROM conversations WHERE controller = 'queue'").await, 1, "the flow handed over");
}

#[tokio::test]
async fn a_customer_who_comes_back_under_another_name_has_a_journal_without_a_gap() {
    let shop = Shop::opens().await;
    let node = shop.node(2);
    let ana = shop.hires("Ana", Role::Supervisor, 8).await;
    store(&shop.store, &[message("4917", "wamid.1", "agent")]).await;
    work(&node.runner).await;
    let first = shop.rows("SELECT id FROM conversations", &[]).await[0].get::<_, uuid::Uuid>(0).into();
    node.runner.run(shop.workspace, first, Command::Resolve { by: ana }).await.unwrap();
    shop.execute("UPDATE conversations SET resolved_at = resolved_at - interval '3 days'", &[]).await;
    shop.execute("UPDATE contacts SET name = 'Before her wedding'", &[]).await;
    store(&shop.store, &[message("4917", "wamid.2", "hello")]).await;
    work(&node.runner).await;
    assert_eq!(shop.count("SELECT count(*) FROM conversations").await, 2);
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'contact_renamed' AND subject_kind = 'conversation'").await, 1);
    shop.is_consistent().await;
}

/// A page may end in the middle of a lane, and a lane may be longer than a page.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_round_what_was_left_behind_comes_to_every_lane_and_begins_again() {
    let shop = Shop::opens().await;
    let crowd = "
        INSERT INTO inbound_items (workspace_id, contact_id, inbox_id, payload_seq, item, received_at)
        SELECT $1::uuid, gen_random_uuid(), $2::uuid, 0, '{}', now()
        FROM generate_series(1, 3000)
        UNION ALL
        SELECT $1::uuid, $1::uuid, $2::uuid, 0, '{}', now()
        FROM generate_series(1, 4500)";
    shop.execute(crowd, &[&shop.workspace.0, &shop.inbox.0]).await;
    let before = baton::runner::now() + jiff::SignedDuration::from_hours(1);
    let (mut all, mut seen, mut pages) = (BTreeSet::new(), None, 0);
    loop {
        let (left, last) = shop.store.lanes_left_behind(before, seen).await.unwrap();
        all.extend(left);
        (seen, pages) = (last, pages + 1);
        if seen.is_none() {
            break;
        }
    }
    assert_eq!(all.len(), 3001);
    assert!(pages <= 4, "a lane that is longer than a page is looked at once: {pages} pages");
}

/// Who waits for the disk: a lane's body lies there already; what people said, and what is sent, is nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_lies_on_the_disk_as_a_body_waits_for_no_disk() {
    let shop = Shop::opens().await;
    // The tests' server has given up on the disk.
    let on = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database()); END $$";
    shop.execute(on, &[]).await;
    shop.execute("CREATE TABLE waits (who text, what text)", &[]).await;
    let node = shop.node(4);
    let function = "
        CREATE FUNCTION notes_who_waits() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            INSERT INTO waits VALUES (TG_TABLE_NAME || ' ' || coalesce(to_jsonb(NEW) ->> 'author_kind', to_jsonb(NEW) ->> 'state', ''),
                current_setting('synchronous_commit'));
            RETURN NEW;
        END $$";
    shop.execute(function, &[]).await;
    let hears = async |wamid| {
        store(node.runner.store(), &[message("4917", wamid, "hello")]).await;
        while work(&node.runner).await {}
    };
    hears("wamid.before").await;
    for table in ["messages", "payloads", "inbound_items", "outbox"] {
        let trigger = format!("CREATE TRIGGER waits BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION notes_who_waits()");
        shop.execute(&trigger, &[]).await;
    }
    let ana = shop.hires("Ana", Role::Agent, 99).await;
    let conversations = shop.customers_wait(shop.support, 6).await;
    for conversation in &conversations {
        node.runner.run(shop.workspace, *conversation, Command::Take { by: ana.clone() }).await.unwrap();
    }
    let says = |conversation: &ConversationId| {
        let content = ReplyContent::Text { body: "hello".to_owned() };
        let command = Command::Reply { by: ana.clone(), message: MessageId(Uuid::now_v7()), content, reply_to: None, seen: None };
        node.runner.run(shop.workspace, *conversation, command)
    };
    // At once: those behind the second are written together.
    let said = futures_util::future::join_all(conversations.iter().map(says)).await;
    assert!(said.iter().all(Result::is_ok), "{said:?}");
    let (claim, _) = node.runner.claim_outbox(shop.workspace, shop.inbox, 9).await.unwrap();
    let Claim::Taken { dispatches, .. } = claim else { panic!("{claim:?}") };
    let accepted = |dispatch: &Dispatch| Outcome::Accepted { wamid: format!("wamid.{}", dispatch.id), recipient: Vec::new() };
    node.runner.record_delivery(&dispatches[0], accepted(&dispatches[0])).await.unwrap();
    hears("wamid.after").await;
    let waits = "SELECT DISTINCT who || ': ' || what FROM waits ORDER BY 1";
    let found: Vec<String> = shop.rows(waits, &[]).await.iter().map(|row| row.get(0)).collect();
    let expected = [
        "inbound_items : off",
        "messages agent: on",
        "messages contact: off",
        "outbox dispatching: on",
        "outbox queued: on",
        "payloads : off",
        "payloads : on",
    ];
    assert_eq!(found, expected);
}

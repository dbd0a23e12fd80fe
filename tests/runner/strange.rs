//! Rows of a newer version, or of a hand at the database: what this version does not understand spoils nothing else.

use baton::domain::access::Role;
use baton::domain::agent::Availability;
use baton::domain::contact::Identity;
use baton::domain::filter::View;
use baton::domain::hours::Hours;
use baton::domain::ids::{ConversationId, UserId};
use baton::domain::inbound::Said;
use baton::domain::message::Content;
use baton::domain::{Command, Event};
use baton::runner::lanes::LaneProgress;
use baton::store::access::Sight;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bodies::{message, store, understand, work};
use crate::shop::{SOURCE, Shop};
use crate::viewers::sees_all;

/// The words that a row may hold are named in the schema too; a newer schema names more.
pub const NO_CHECKS: &str = "
    DO $$
    DECLARE word record;
    BEGIN
        FOR word IN
            SELECT conrelid::regclass AS of, conname AS name
            FROM pg_constraint
            WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND conrelid <> 0
        LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', word.of, word.name);
        END LOOP;
    END $$";

/// A shop whose only customer has written, with a person who looks.
async fn visited() -> (Shop, UserId, ConversationId) {
    let shop = Shop::opens().await;
    let ana = shop.hires("Ana", Role::Supervisor, 9).await;
    store(&shop.store, &[message("4917", "wamid.1", "hello")]).await;
    while work(&shop.node(4).runner).await {}
    shop.execute(NO_CHECKS, &[]).await;
    let conversation = ConversationId(shop.rows("SELECT id FROM conversations", &[]).await[0].get(0));
    (shop, ana.user, conversation)
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_threads_show_what_they_do_not_understand_and_all_the_rest() {
    let (shop, ana, conversation) = visited().await;
    let newer = json!({ "kind": "hologram", "depth": [1, 2] });
    for change in [
        "UPDATE conversations SET state = 'dozing', controller = 'robot', agent_id = NULL, brief = $1, assignment_reason = $1, last_message = $1",
        "UPDATE messages SET author_kind = 'robot', author_id = NULL, content = $1, status = 'foreseen', failure = $1",
        "UPDATE contacts SET fields = jsonb_build_object('plan', $1::jsonb, 'name', 'Mia')",
        "UPDATE flow_sessions SET session = $1",
    ] {
        assert!(shop.execute(change, &[&newer]).await > 0, "{change}");
    }
    shop.execute("UPDATE contact_identities SET kind = 'telepathy'", &[]).await;
    shop.execute("UPDATE inboxes SET channel = 'telepathy'", &[]).await;

    let listed = shop.store.list(sees_all(shop.workspace, ana), View::All, None, 10).await.unwrap();
    assert_eq!(listed.iter().map(|row| row.conversation.id).collect::<Vec<_>>(), [conversation]);
    let opened = shop.store.opened(Sight::unbounded(shop.workspace, conversation), Some(ana)).await.unwrap().unwrap();
    assert_eq!(opened.contact.fields["name"], "Mia");
    assert_eq!(opened.contact.fields["plan"], newer.to_string());
    let named = Identity::Other { kind: "telepathy".to_owned(), value: "4917".to_owned() };
    assert_eq!(opened.identities, [named]);
    let inboxes = shop.store.connections_of(shop.workspace).await.unwrap();
    assert_eq!(inboxes.iter().map(|connection| connection.inbox.channel.as_str()).collect::<Vec<_>>(), ["telepathy"]);
    let ids: Vec<Uuid> = shop.rows("SELECT id FROM messages ORDER BY seq", &[]).await.iter().map(|row| row.get(0)).collect();
    let thread = shop.store.thread_messages(Sight::unbounded(shop.workspace, conversation), &ids).await.unwrap();
    assert_eq!(thread.len(), ids.len());
    assert_eq!(thread[0].message.content, Content::Unsupported { of: "hologram".to_owned() });
    let quoted = shop.store.quoted(Sight::unbounded(shop.workspace, conversation), shop.inbox, &["wamid.1"]).await.unwrap();
    assert_eq!(quoted.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_not_understood_keep_their_place_in_the_thread() {
    let (shop, _, conversation) = visited().await;
    let before = shop.store.events_since(Sight::unbounded(shop.workspace, conversation), 0, 100).await.unwrap();
    let newer = [
        ("waved", "stands", r#"{"event": "waved", "hands": 2}"#),
        ("message_received", "touches", r#"{"event": "message_received", "hologram": {}}"#),
        ("waved", "stands", r#"{"event": "waved", "hands": 1.7976931348623157e308}"#),
    ];
    for (seq, (kind, place, event)) in (1_i64..).zip(newer) {
        let sql = "UPDATE events SET kind = $3, place = $4, event = $5::text::jsonb WHERE subject_id = $1 AND seq = $2";
        shop.execute(sql, &[&conversation.0, &seq, &kind, &place, &event]).await;
    }

    let since = shop.store.events_since(Sight::unbounded(shop.workspace, conversation), 0, 100).await.unwrap();
    assert_eq!(since.len(), before.len());
    assert!(since[..3].iter().all(|recorded| matches!(recorded.event, Event::Strange(_))), "{:?}", &since[..3]);
    assert_eq!(since[3..], before[3..]);
    let thread = shop.store.thread_before(Sight::unbounded(shop.workspace, conversation), i64::MAX, 100).await.unwrap();
    let strange: Vec<i64> = thread.iter().filter(|it| matches!(it.event, Event::Strange(_))).map(|it| it.seq).collect();
    assert_eq!(strange, [3, 1], "what touches something else has no item of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_still_there_when_everything_around_it_was_written() {
    let (shop, _, _) = visited().await;
    let newer = json!({ "kind": "hologram", "depth": [1, 2] });
    shop.execute("UPDATE conversations SET brief = $1, assignment_reason = $1", &[&newer]).await;
    shop.execute("UPDATE contacts SET fields = jsonb_build_object('plan', $1::jsonb), name = 'Old name'", &[&newer]).await;

    store(&shop.store, &[message("4917", "wamid.2", "1")]).await;
    while work(&shop.node(4).runner).await {}

    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE wamid = 'wamid.2'").await, 1);
    let row = &shop.rows("SELECT brief, assignment_reason FROM conversations", &[]).await[0];
    assert_eq!((row.get::<_, Value>(0), row.get::<_, Value>(1)), (newer.clone(), newer.clone()));
    let row = &shop.rows("SELECT name, fields -> 'plan' FROM contacts", &[]).await[0];
    assert_eq!((row.get::<_, String>(0), row.get::<_, Value>(1)), ("Mia".to_owned(), newer));
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_not_understood_keeps_its_customers_messages_until_it_is() {
    let (shop, _, _) = visited().await;
    let session: Value = shop.rows("SELECT session FROM flow_sessions", &[]).await[0].get(0);
    shop.execute("UPDATE flow_sessions SET session = $1", &[&json!({ "newer": true })]).await;
    store(&shop.store, &[message("4917", "wamid.2", "1"), message("4918", "wamid.3", "hello")]).await;

    let runner = shop.node(4).runner;
    let sorted = runner.sort(crate::shop::SOURCE, crate::bodies::understand).await.unwrap();
    let mut refused = 0;
    for lane in &sorted.lanes {
        refused += usize::from(runner.run_lane(*lane).await.is_err());
    }
    assert_eq!(refused, 1, "the other customer is served");
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE wamid = 'wamid.3'").await, 1);
    assert_eq!(shop.count("SELECT count(*) FROM inbound_items").await, 1);

    shop.execute("UPDATE flow_sessions SET session = $1", &[&session]).await;
    for lane in &sorted.lanes {
        runner.run_lane(*lane).await.unwrap();
    }
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE wamid = 'wamid.2'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_or_a_flow_that_nobody_understands_brings_its_customer_to_people_after_a_while() {
    for change in ["UPDATE flow_sessions SET session = $1", "UPDATE flow_versions SET definition = $1"] {
        let (shop, _, conversation) = visited().await;
        shop.execute(change, &[&json!({ "newer": true })]).await;
        store(&shop.store, &[message("4917", "wamid.2", "1")]).await;
        let runner = shop.node(4).runner;
        let sorted = runner.sort(SOURCE, understand).await.unwrap();
        runner.run_lane(sorted.lanes[0]).await.unwrap_err();
        shop.execute("UPDATE inbound_items SET received_at = received_at - interval '1 hour'", &[]).await;
        while runner.run_lane(sorted.lanes[0]).await.unwrap() == LaneProgress::MoreMayWait {}
        let row = &shop.rows("SELECT controller, id FROM conversations", &[]).await[0];
        assert_eq!((row.get::<_, String>(0), row.get::<_, Uuid>(1)), ("queue".to_owned(), conversation.0), "{change}");
        assert_eq!(shop.count("SELECT count(*) FROM messages WHERE wamid = 'wamid.2'").await, 1, "{change}");
        assert_eq!(shop.count("SELECT count(*) FROM quarantine").await, 0, "{change}");
        shop.is_consistent().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_a_controller_or_a_status_that_nobody_understands_brings_its_customer_to_people_after_a_while() {
    for change in [
        "UPDATE conversations SET controller = 'robot'",
        "UPDATE conversations SET state = 'dozing'",
        "UPDATE messages SET status = 'foreseen' WHERE direction = 'outbound'",
    ] {
        let (shop, _, conversation) = visited().await;
        let ana = shop.hires("Bo", Role::Agent, 9).await;
        shop.execute(change, &[]).await;
        store(&shop.store, &[message("4917", "wamid.2", "agent"), message("4918", "wamid.3", "hello")]).await;
        let runner = shop.node(4).runner;
        let sorted = runner.sort(SOURCE, understand).await.unwrap();
        let contacts: Vec<_> = sorted.lanes.iter().map(|lane| lane.contact).collect();
        let outcomes = runner.run_lanes(shop.workspace, shop.inbox, &contacts).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{change}: the other customer is served");
        shop.execute("UPDATE inbound_items SET received_at = received_at - interval '1 hour'", &[]).await;
        for lane in &sorted.lanes {
            while runner.run_lane(*lane).await.unwrap() == LaneProgress::MoreMayWait {}
        }
        assert_eq!(shop.count("SELECT count(*) FROM messages WHERE wamid = 'wamid.2'").await, 1, "{change}");
        assert_eq!(shop.count("SELECT count(*) FROM quarantine").await, 0, "{change}");
        runner.run(shop.workspace, conversation, Command::Take { by: ana }).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_lane_fails_at_costs_the_others_of_its_transaction_nothing() {
    let (shop, _, _) = visited().await;
    shop.execute("UPDATE flow_sessions SET session = $1", &[&json!({ "newer": true })]).await;
    let others: Vec<_> = (0..9).map(|number| message(&format!("492{number}"), &format!("wamid.of.{number}"), "hello")).collect();
    store(&shop.store, &[&[message("4917", "wamid.2", "1")][..], &others].concat()).await;
    let runner = shop.node(4).runner;
    let sorted = runner.sort(SOURCE, understand).await.unwrap();
    let contacts: Vec<_> = sorted.lanes.iter().map(|lane| lane.contact).collect();
    let outcomes = runner.run_lanes(shop.workspace, shop.inbox, &contacts).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), others.len());
    let together = "SELECT count(DISTINCT xmin::text) FROM messages WHERE wamid LIKE 'wamid.of.%'";
    assert_eq!(shop.count(together).await, 1, "the others were run one by one");
    assert_eq!(shop.count("SELECT count(*) FROM inbound_items").await, 1);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_newer_version_may_do_the_least_and_are_given_nothing() {
    let (shop, ana, _) = visited().await;
    shop.execute("UPDATE users SET role = 'auditor' WHERE id = $1", &[&ana.0]).await;
    shop.execute("UPDATE agents SET availability = 'on_a_walk'", &[]).await;
    let people = shop.store.people(shop.workspace).await.unwrap();
    assert_eq!(people.iter().map(|person| (person.role, person.availability)).collect::<Vec<_>>(), [(Role::Strange, Availability::Away)]);
    let agents = shop.store.agents(shop.workspace).await.unwrap();
    assert_eq!(agents.iter().map(|agent| agent.availability).collect::<Vec<_>>(), [Availability::Away]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_and_flows_that_are_not_understood_send_customers_to_people() {
    let (shop, _, _) = visited().await;
    shop.execute("UPDATE queues SET hours = '{\"moon\": \"full\"}' WHERE key = 'support'", &[]).await;
    shop.execute("UPDATE flow_versions SET definition = '{\"newer\": true}'", &[]).await;
    let rule = "INSERT INTO entry_rules (workspace_id, id, name, conditions) SELECT id, gen_random_uuid(), 'Full moon', $1 FROM workspaces";
    shop.execute(rule, &[&json!({"all": [{"subject": "moon.phase", "is": "full"}]})]).await;
    let set_up = shop.store.workplace(shop.workspace).await.unwrap();
    let misread: Vec<String> = set_up.misread.iter().map(ToString::to_string).collect();
    assert!(misread.len() == 3 && misread.iter().any(|error| error.contains("“Full moon”")), "{misread:?}");
    assert_eq!(set_up.workplace.queue(shop.support).unwrap().hours, Hours::always());
    let named = shop.store.misread_set_up().await.unwrap();
    assert!(named[0].contains("“support” of Lamp Shop") && named[1].contains("“Welcome” of Lamp Shop"), "{named:?}");
    assert!(named.get(2).is_some_and(|named| named.contains("“Full moon” of Lamp Shop") && named.contains("moon.phase")), "{named:?}");

    store(&shop.store, &[message("4918", "wamid.3", "hello")]).await;
    while work(&shop.node(4).runner).await {}
    let waiting =
        "SELECT count(*) FROM conversations WHERE queue_id = (SELECT id FROM queues WHERE key = 'support') AND controller = 'queue'";
    assert_eq!(shop.count(waiting).await, 1);
}

/// Something in the row of one contact's conversation makes the program fail: it is that contact's alone.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_program_fails_over_waits_a_while_and_is_then_set_aside() {
    let (shop, _, _) = visited().await;
    shop.execute("ALTER TABLE conversations ALTER COLUMN last_seq DROP NOT NULL", &[]).await;
    shop.execute("UPDATE conversations SET last_seq = NULL", &[]).await;
    store(&shop.store, &[message("4917", "wamid.2", "1"), message("4918", "wamid.3", "hello")]).await;
    let runner = shop.node(4).runner;
    let sorted = runner.sort(crate::shop::SOURCE, crate::bodies::understand).await.unwrap();
    let mut outcomes = Vec::new();
    for lane in &sorted.lanes {
        outcomes.push(runner.run_lane(*lane).await.is_ok());
    }
    assert_eq!(outcomes.iter().filter(|well| **well).count(), 1, "the other customer is served");
    assert_eq!(shop.count("SELECT count(*) FROM inbound_items").await, 1, "it may yet be understood");

    shop.execute("UPDATE inbound_items SET received_at = received_at - interval '1 hour'", &[]).await;
    for lane in &sorted.lanes {
        while runner.run_lane(*lane).await.unwrap() == LaneProgress::MoreMayWait {}
    }
    assert_eq!(shop.count("SELECT count(*) FROM inbound_items").await, 0);
    let reason = "SELECT count(*) FROM quarantine WHERE reason = 'the program failed over it'";
    assert_eq!(shop.count(reason).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_the_program_fails_over_is_set_aside_and_those_behind_it_go_on() {
    let shop = Shop::opens().await;
    let runner = shop.node(4).runner;
    store(&shop.store, &[message("4917", "wamid.1", "a riddle")]).await;
    store(&shop.store, &[message("4917", "wamid.2", "hello")]).await;
    let fails_over_riddles = |body: &[u8]| {
        assert!(!body.windows(6).any(|word| word == b"riddle"), "a planted fault");
        crate::bodies::understand(body)
    };
    let sorted = runner.sort(crate::shop::SOURCE, fails_over_riddles).await.unwrap();
    assert_eq!((sorted.bodies, sorted.lanes.len()), (2, 1));
    let reason = "SELECT count(*) FROM quarantine WHERE reason = 'the program failed over it'";
    assert_eq!(shop.count(reason).await, 1);
}

/// What PostgreSQL refuses of one body is that body's alone, wherever it stands among the others.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_the_database_does_not_take_is_set_aside_whole_and_the_others_are_sorted() {
    let shop = Shop::opens().await;
    let runner = shop.node(4).runner;
    let from = |digits: &str| message(digits, &format!("wamid.{digits}"), "hello");
    store(&shop.store, &[from("4911")]).await;
    store(&shop.store, &[from("4912"), from("4913")]).await;
    store(&shop.store, &[from("4914")]).await;
    // A notice that no `jsonb` can hold.
    let understands = |body: &[u8]| match understand(body) {
        said if said.len() == 2 => vec![Said::Notice {
            address: None,
            account: Some("3001".to_owned()),
            kind: "account",
            field: "poison".to_owned(),
            value: json!("\u{0}"),
            time: None,
        }],
        said => said,
    };
    let mut lanes = 0;
    loop {
        let sorted = runner.sort(SOURCE, understands).await.unwrap();
        lanes += sorted.lanes.len();
        if !sorted.more_may_wait {
            break;
        }
    }
    assert_eq!((lanes, shop.count("SELECT count(*) FROM inbound_items").await), (2, 2));
    let aside = shop.rows("SELECT reason, convert_from(item, 'UTF8') FROM quarantine", &[]).await;
    assert_eq!(aside.len(), 1);
    assert!(aside[0].get::<_, String>(1).contains("wamid.4912"), "it is kept as it came");
}

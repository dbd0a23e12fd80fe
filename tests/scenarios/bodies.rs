//! Webhook bodies of every kind: each is answered clearly, kept, and has its effect once.

use serde_json::{Value, json};

use crate::support::node::Side;
use crate::support::shop::{APP_SECRET, NUMBER, WABA};
use crate::support::waiting::eventually;
use crate::support::webhook::{messages, posts, posts_signed, signature, status, statuses, text};
use crate::support::{SOON, World};
use baton::domain::access::Role;

const FROM: &str = "447700900123";

/// Waits until everything that was taken in has had its effect.
async fn is_worked_off(world: &World) {
    let waiting = "SELECT (SELECT count(*) FROM payloads WHERE sorted_at IS NULL) + (SELECT count(*) FROM inbound_items)";
    eventually("everything is worked off", 3 * SOON, async || world.count(waiting).await == 0).await;
}

async fn inbound(world: &World) -> i64 {
    world.count("SELECT count(*) FROM messages WHERE direction = 'inbound'").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_not_metas_gets_one_answer_and_leaves_no_row() {
    let world = World::quick().await;
    let door = world.nodes[0].address;
    let body = messages(FROM, "Mia", &[text(FROM, "wamid.forged", "hi")]).to_string().into_bytes();
    let good = signature(APP_SECRET, &body);
    let shouted = format!("sha256={}", good["sha256=".len()..].to_uppercase());
    let other = signature("another secret", &body);
    let forged =
        [None, Some(""), Some("sha256="), Some(&good[..good.len() - 2]), Some(shouted.as_str()), Some(other.as_str()), Some(&good[7..])];
    for given in forged {
        let (status, words) = posts_signed(door, body.clone(), given).await;
        assert_eq!((status, words.as_str()), (401, "not signed by Meta\n"), "{given:?}");
    }
    assert_eq!(posts_signed(door, b"{}".to_vec(), Some(&good)).await.0, 401, "a signature of another body");
    assert_eq!(world.count("SELECT count(*) FROM payloads").await, 0);
    assert_eq!(posts_signed(door, body, Some(&good)).await, (200, String::new()));
    is_worked_off(&world).await;
    assert_eq!(inbound(&world).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_understood_is_kept_and_an_admin_sees_it() {
    let world = World::quick().await;
    let door = world.nodes[0].address;
    let whole = messages(FROM, "Mia", &[text(FROM, "wamid.cut", "hi")]).to_string();
    assert_eq!(posts(door, &whole.as_bytes()[..whole.len() - 40]).await, 200);
    let mut astray = messages(FROM, "Mia", &[text(FROM, "wamid.astray", "for another number")]);
    astray["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = json!("999000111");
    assert_eq!(posts(door, astray.to_string()).await, 200);
    let mut half = messages(FROM, "Mia", &[json!({ "from": FROM, "type": "text" }), text(FROM, "wamid.good", "and a good one")]);
    half["entry"].as_array_mut().unwrap().push(json!("no object"));
    assert_eq!(posts(door, half.to_string()).await, 200);
    is_worked_off(&world).await;
    assert_eq!(inbound(&world).await, 1, "the good message of a bad batch");
    assert_eq!(world.count("SELECT count(*) FROM quarantine").await, 4);
    let admin = world.employs("Root", Role::Admin, 0).await;
    let shown = admin.looks_at("/admin/quarantine").await.body;
    for words in ["999000111", "wamid.astray", "it has no usable id"] {
        assert!(shown.contains(words), "the admin does not see “{words}”");
    }
    for words in ["wamid.cut", "no object"] {
        assert!(!shown.contains(words), "“{words}” names no account: it is not this workspace's");
    }
    let nobodys = world.store.quarantined_of_nobody(10).await.unwrap();
    assert_eq!(nobodys.len(), 2, "{nobodys:?}");
    let agent = world.agent("Ana").await;
    assert_eq!(agent.asks_for("/admin/quarantine").await.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_too_large_is_refused_and_the_largest_that_meta_sends_is_taken() {
    let world = World::quick().await;
    let door = world.nodes[0].address;
    let (status_of_large, words) = posts_signed(door, vec![b' '; 10 * 1024 * 1024], Some("sha256=00")).await;
    assert_eq!((status_of_large, words.as_str()), (413, "too large\n"));
    assert_eq!(world.count("SELECT count(*) FROM payloads").await, 0);
    let said = "x".repeat(2_700);
    let many: Vec<Value> = (0..1_000).map(|number| text(FROM, &format!("wamid.many-{number}"), &said)).collect();
    let body = messages(FROM, "Mia", &many).to_string();
    assert!(body.len() > 2_800_000, "{}", body.len());
    assert_eq!(posts(door, body).await, 200);
    is_worked_off(&world).await;
    assert_eq!(inbound(&world).await, 1_000);
    assert_eq!(world.count("SELECT count(*) FROM conversations").await, 1);
    let out_of_order = "
        SELECT count(*) FROM (
            SELECT substring(wamid FROM 12)::int AS number, row_number() OVER (ORDER BY seq) - 1 AS place FROM messages WHERE direction = 'inbound'
        ) AS sent WHERE number <> place";
    assert_eq!(world.count(out_of_order).await, 0);
    assert_eq!(world.nodes[0].last_words(), "", "the node had something to complain about");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_updates_of_many_customers_in_one_body_all_have_their_effect() {
    let world = World::quick().await;
    let entry = |number: usize| {
        let from = format!("4477009{:05}", number % 40);
        messages(&from, "Mia", &[text(&from, &format!("wamid.batch-{number}"), "hello")])["entry"][0].clone()
    };
    let entries: Vec<Value> = (0..1_000).map(entry).collect();
    let body = json!({ "object": "whatsapp_business_account", "entry": entries });
    assert_eq!(posts(world.nodes[0].address, body.to_string()).await, 200);
    is_worked_off(&world).await;
    assert_eq!(inbound(&world).await, 1_000);
    assert_eq!(world.count("SELECT count(*) FROM conversations").await, 40);
    assert_eq!(world.count("SELECT count(*) FROM quarantine").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strange_text_and_names_are_kept_to_the_last_sign_and_shown_harmless() {
    let world = World::quick().await;
    let door = world.nodes[0].address;
    let said = ["nul \u{0} here", "right-to-left \u{202e}override\u{202c} and \u{200f}mark", "<script>alert(1)</script> & <b>bold</b>"];
    let mut all: Vec<Value> = said.iter().enumerate().map(|(place, said)| text(FROM, &format!("wamid.odd-{place}"), said)).collect();
    let long = "ü".repeat(4_096);
    all.push(text(FROM, "wamid.odd-long", &long));
    let name = "<img src=x onerror=alert(1)> “Mia” \u{202e}aiM";
    assert_eq!(posts(door, messages(FROM, name, &all).to_string()).await, 200);
    is_worked_off(&world).await;
    let kept = world.rows("SELECT content ->> 'body' FROM messages WHERE direction = 'inbound' ORDER BY seq", &[]).await;
    let kept: Vec<String> = kept.iter().map(|row| row.get(0)).collect();
    assert_eq!(kept, [said[0].replace('\u{0}', "\u{fffd}").as_str(), said[1], said[2], &long]);
    let ana = world.agent("Ana").await;
    let id: uuid::Uuid = world.rows("SELECT id FROM conversations", &[]).await[0].get(0);
    for path in [format!("/conversations/{id}?view=all"), "/inbox?view=all".to_owned()] {
        let shown = ana.looks_at(&path).await.body;
        assert!(!shown.contains("<img src=x") && !shown.contains("<script>alert"), "{path} shows markup of a customer");
        assert!(shown.contains("onerror=alert(1)"), "{path} does not show the name");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_delivered_again_and_again_by_two_nodes_at_once_has_its_effect_once() {
    let world = World::quick_with(&[Side::Both, Side::Both]).await;
    let phone = world.phone("Mia Berg").await;
    let body = messages(&phone.wa_id, "Mia Berg", &[text(&phone.wa_id, "wamid.again", "Hello")]).to_string();
    // The simulator opens the window that the shop answers in.
    phone.sends(json!({ "type": "system", "system": { "body": "changed their number", "type": "user_changed_number" } })).await;
    let doors = [world.nodes[0].address, world.nodes[1].address];
    let copies = (0..10).map(|copy| posts(doors[copy % 2], body.clone()));
    assert_eq!(futures_util::future::join_all(copies).await, [200; 10]);
    is_worked_off(&world).await;
    world.execute("UPDATE payloads SET received_at = received_at - interval '7 days', sorted_at = sorted_at - interval '7 days'").await;
    assert_eq!(posts(doors[1], body).await, 200);
    is_worked_off(&world).await;
    let once = "SELECT count(*) FROM messages WHERE direction = 'inbound' AND wamid = 'wamid.again'";
    assert_eq!(world.count(once).await, 1);
    assert_eq!(world.count("SELECT count(*) FROM conversations").await, 1);
    let greetings = "SELECT count(*) FROM messages WHERE direction = 'outbound'";
    assert!(world.count(greetings).await <= 2, "the flow greeted twice");
    assert_eq!(world.count("SELECT count(*) FROM quarantine").await, 0, "a repetition is no fault");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statuses_climb_in_any_order_and_one_may_come_before_the_answer_to_its_send() {
    let world = World::quick().await;
    let door = world.nodes[0].address;
    // No status of the simulator's own, and an answer that takes its time.
    world.simulator.post("settings", &json!({ "sent_ms": 600_000 })).await;
    world.simulator.fault(json!({ "target": "messages", "delay_ms": 1_500, "count": 1 })).await;
    let phone = world.phone("Mia Berg").await;
    phone.writes("Hello").await;
    let greeting = "SELECT id::text FROM messages WHERE direction = 'outbound' ORDER BY seq";
    eventually("the greeting is on its way", SOON, async || !world.simulator.ledger().await.is_empty()).await;
    let message: String = world.rows(greeting, &[]).await[0].get(0);
    let tell = async |word: &str| {
        assert_eq!(posts(door, statuses(&[status("wamid.early", word, Some(&message))]).to_string()).await, 200);
        is_worked_off(&world).await;
    };
    let id = message.parse().unwrap();
    tell("delivered").await;
    assert_eq!(world.status(id, &["delivered"], SOON).await, "delivered");
    tell("sent").await;
    tell("read").await;
    tell("delivered").await;
    assert_eq!(world.status(id, &["read"], SOON).await, "read");
    eventually("the answer has come", SOON, async || world.count("SELECT count(*) FROM outbox").await == 0).await;
    assert_eq!(world.status(id, &["read"], SOON).await, "read", "a late answer took the status down");
    let calls = world.simulator.ledger().await;
    assert_eq!(calls.iter().filter(|call| call.message.as_deref() == Some(&message)).count(), 1);
    let stray = statuses(&[status("wamid.of-nobody", "read", None)]);
    assert_eq!(posts(door, stray.to_string()).await, 200);
    is_worked_off(&world).await;
    assert_eq!(
        world.count("SELECT count(*) FROM notices WHERE kind = 'status'").await,
        1,
        "a status of a message that is not ours is kept"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_fields_types_and_account_notices_are_kept_where_somebody_sees_them() {
    let world = World::quick().await;
    let door = world.nodes[0].address;
    let mut dance = text(FROM, "wamid.dance", "");
    dance["type"] = json!("dance");
    dance["dance"] = json!({ "step": "waltz" });
    assert_eq!(posts(door, messages(FROM, "Mia", &[dance]).to_string()).await, 200);
    let notice = |field: &str, value: Value| {
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": WABA, "time": 1, "changes": [
        { "field": field, "value": value }] }] })
    };
    assert_eq!(posts(door, notice("account_update", json!({ "event": "VERIFIED_ACCOUNT" })).to_string()).await, 200);
    assert_eq!(posts(door, notice("tomorrow", json!({ "weather": "fine", "phone": NUMBER })).to_string()).await, 200);
    is_worked_off(&world).await;
    let admin = world.employs("Root", Role::Admin, 0).await;
    let notices = admin.looks_at("/admin/notices").await.body;
    for words in ["VERIFIED_ACCOUNT", "tomorrow", "weather"] {
        assert!(notices.contains(words), "the admin does not see “{words}”");
    }
    let id: uuid::Uuid = world.rows("SELECT id FROM conversations", &[]).await[0].get(0);
    let shown = admin.looks_at(&format!("/conversations/{id}?view=all")).await.body;
    assert!(shown.contains("dance") && shown.contains("waltz"), "the thread does not keep an unknown type");
}

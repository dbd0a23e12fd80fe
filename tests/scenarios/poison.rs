//! A body that strangles whoever reads it, among those of many customers.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::chance::size;
use crate::support::node::Side;
use crate::support::probes::Probes;
use crate::support::waiting::eventually;
use crate::support::webhook::{messages, posts, text};
use crate::support::{SOON, World};

/// Customers of a quick check.
const CUSTOMERS: usize = 60;
const EVERY: Duration = Duration::from_millis(50);

/// What readers have choked on: numbers at their ends, and what a body may hold in place of anything.
fn poison(number: usize) -> Value {
    let from = format!("49400000{number:04}");
    let mut message = text(&from, &format!("wamid.poison-{number}"), "");
    message["type"] = json!("riddle");
    message["riddle"] = match number % 4 {
        0 => json!({ "size": 1.797_693_134_862_315_7e308 }),
        1 => json!({ "size": -1.797_693_134_862_315_7e308, "more": [5e-324, 1e300, u64::MAX, i64::MIN] }),
        2 => json!({ "\u{0}key": "\u{0}value", "deep": (0..100).fold(json!(0), |inner, _| json!([inner])) }),
        _ => json!([null, true, "", { "": {} }]),
    };
    messages(&from, "Riddler", &[message])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_cannot_be_read_back_sticks_nowhere() {
    let world = World::quick_with(&[Side::Both, Side::Both]).await;
    let doors: Vec<_> = world.nodes.iter().map(|node| node.address).collect();
    let customers = size("BATON_SCENARIO_SIZE", CUSTOMERS);
    let mut probes = Probes::new();
    for number in 0..customers / 4 {
        assert_eq!(posts(doors[number % 2], poison(number).to_string()).await, 200);
    }
    let acknowledged = probes.write(&world, &doors, customers, EVERY).await;
    // They are heard like anybody else, then and later.
    for number in 0..customers / 4 {
        let from = format!("49400000{number:04}");
        let body = messages(&from, "Riddler", &[text(&from, &format!("wamid.later-{number}"), "And now in words")]);
        assert_eq!(posts(doors[number % 2], body.to_string()).await, 200);
    }
    let waiting = "SELECT (SELECT count(*) FROM payloads WHERE sorted_at IS NULL) + (SELECT count(*) FROM inbound_items)";
    eventually("everything is worked off", SOON, async || world.count(waiting).await == 0).await;
    let heard = world.count("SELECT count(*) FROM messages WHERE wamid LIKE 'wamid.poison-%' OR wamid LIKE 'wamid.later-%'").await;
    assert_eq!(usize::try_from(heard), Ok(customers / 4 * 2));
    eprintln!("among poisoned bodies: {acknowledged}");
    for node in &world.nodes {
        assert!(!node.words().contains("panicked"), "{}", node.words());
        assert_eq!(node.readiness().await.0, 200);
    }
    assert_eq!(world.count("SELECT count(*) FROM quarantine").await, 0);
    let shown = world.agent("Ana").await;
    let id: uuid::Uuid = world.rows("SELECT conversation_id FROM messages WHERE wamid = 'wamid.poison-1'", &[]).await[0].get(0);
    let page = shown.looks_at(&format!("/conversations/{id}?view=all")).await.body;
    assert!(page.contains("riddle") && page.contains("e+308"), "the thread does not keep what came");
}

/// Signed bodies may be as large and as empty as they like: nobody else waits for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_of_a_hundred_thousand_empty_entries_holds_nobody_up() {
    let world = World::quick().await;
    let door = world.nodes[0].address;
    let entries = vec![json!({}); 100_000];
    let hollow = json!({ "object": "whatsapp_business_account", "entry": entries }).to_string();
    let mut varied = String::from(r#"{"object":"whatsapp_business_account","entry":["#);
    varied.push_str(&(0..60_000).map(|number| format!(r#"{{"id":"{number}"}}"#)).collect::<Vec<_>>().join(","));
    varied.push_str("]}");
    let mut probes = Probes::new();
    let calm = probes.write(&world, &[door], 20, EVERY).await;
    for body in [hollow, varied] {
        assert_eq!(posts(door, body).await, 200);
    }
    let beside = probes.write(&world, &[door], 20, EVERY).await;
    eprintln!("before: {calm}; beside hollow bodies: {beside}");
    let unsorted = "SELECT count(*) FROM payloads WHERE sorted_at IS NULL";
    eventually("the bodies are sorted", SOON, async || world.count(unsorted).await == 0).await;
    let kept = world.count("SELECT (SELECT count(*) FROM quarantine) + (SELECT count(*) FROM notices)").await;
    assert!((1..=2_000).contains(&kept), "{kept} rows say that two bodies are hollow");
    let summed_up = "SELECT count(*) FROM quarantine WHERE reason LIKE 'the body holds %parts more%'";
    assert_eq!(world.count(summed_up).await, 2, "what was left out is not said");
}

//! Bodies of every documented shape and two thousand variants of them, on their whole way: nothing panics, nobody is stuck, and
//! whatever came is to be seen somewhere.

use std::collections::HashSet;

use baton::channels::whatsapp::understand;
use baton::domain::inbound::InboundItem;
use baton::domain::inbound::Said;
use baton::runner::Runner;
use baton::runner::lanes::LaneProgress;
use baton::runner::now;
use baton::store::payloads::NewPayload;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crate::shop::{SOURCE, Shop};
use crate::strangers::{Chance, cases, miss_a_part, spoil_a_node};

const MUTANTS: usize = 2_000;
const AT_ONCE: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_strangers_stick_nowhere_and_all_they_said_is_to_be_seen() {
    let shop = Shop::opens().await;
    let runner = shop.node(8).runner;
    let shapes = shapes();
    let mut chance = Chance(0x2545_F491_4F6C_DD1D);
    let bodies: Vec<Vec<u8>> = (0..shapes.len() + MUTANTS)
        .map(|number| match shapes.get(number) {
            Some(shape) => of_customer(number, shape).to_string().into_bytes(),
            None => mutant(number, &shapes, &mut chance).to_string().into_bytes(),
        })
        .collect();
    for some in bodies.chunks(AT_ONCE) {
        take_in(&shop, &runner, some).await;
        is_to_be_seen(&shop, some).await;
    }
    assert_eq!(shop.count("SELECT count(*) FROM quarantine WHERE reason = 'the program failed over it'").await, 0);
    let later: Vec<Vec<u8>> = (0..bodies.len()).map(later).collect();
    for some in later.chunks(AT_ONCE) {
        take_in(&shop, &runner, some).await;
    }
    let heard = shop.count("SELECT count(*) FROM messages WHERE wamid LIKE 'wamid.later-%'").await;
    assert_eq!(usize::try_from(heard), Ok(bodies.len()), "somebody is not heard any more");
    shop.is_consistent().await;
}

/// Each entry of each case, as a body.
fn shapes() -> Vec<Value> {
    let entries = cases().into_iter().flat_map(|(_, case)| case["body"]["entry"].as_array().cloned().unwrap_or_default());
    entries.map(|entry| json!({ "object": "whatsapp_business_account", "entry": [entry] })).collect()
}

/// As said to our number by a customer of its own.
fn of_customer(number: usize, shape: &Value) -> Value {
    let text = shape.to_string();
    let ours = ["415550001111", "880100200300"].into_iter().fold(text, |text, theirs| text.replace(theirs, "2001"));
    let own = ours.replace("41791112233", &phone(number)).replace("wamid.", &format!("wamid.{number}-"));
    serde_json::from_str(&own).unwrap()
}

fn phone(number: usize) -> String {
    format!("4170{number:07}")
}

fn mutant(number: usize, shapes: &[Value], chance: &mut Chance) -> Value {
    let mut body = of_customer(number, &shapes[chance.below(shapes.len())]);
    if chance.below(3) == 0 {
        let more = of_customer(number, &shapes[chance.below(shapes.len())])["entry"][0].take();
        body["entry"].as_array_mut().unwrap().push(more);
    }
    for _ in 0..=chance.below(2) {
        if chance.below(3) == 0 { miss_a_part(&mut body, chance) } else { spoil_a_node(&mut body, chance) }
    }
    body
}

fn later(number: usize) -> Vec<u8> {
    let (from, id, timestamp) = (phone(number), format!("wamid.later-{number}"), now().as_second().to_string());
    let message = json!({ "from": from, "id": id, "timestamp": timestamp, "type": "text", "text": { "body": "And now in words" } });
    let value = json!({ "messaging_product": "whatsapp", "metadata": { "phone_number_id": "2001" }, "messages": [message] });
    json!({ "entry": [{ "id": "3001", "changes": [{ "field": "messages", "value": value }] }] }).to_string().into_bytes()
}

/// Stores bodies and works them off; no fault is allowed.
async fn take_in(shop: &Shop, runner: &Runner, bodies: &[Vec<u8>]) {
    let payload = |body: &Vec<u8>| NewPayload { source: SOURCE.to_owned(), received_at: now(), body: body.clone().into() };
    shop.store.append_payloads(&bodies.iter().map(payload).collect::<Vec<_>>()).await.unwrap();
    let run = |lane| async move { while runner.run_lane(lane).await.unwrap() == LaneProgress::MoreMayWait {} };
    loop {
        let sorted = runner.sort(SOURCE, understand).await.unwrap();
        if sorted.bodies == 0 {
            break;
        }
        stream::iter(sorted.lanes).for_each_concurrent(6, run).await;
    }
    // What a customer who turned out to be another one leaves to be said where they were.
    let (left, _) = shop.store.lanes_left_behind(now() + jiff::SignedDuration::from_hours(1), None).await.unwrap();
    stream::iter(left).for_each_concurrent(6, run).await;
    let waiting = "SELECT (SELECT count(*) FROM payloads WHERE sorted_at IS NULL) + (SELECT count(*) FROM inbound_items)";
    assert_eq!(shop.count(waiting).await, 0);
}

/// Every part of these bodies, the last that came, is in a thread, in the notices or in quarantine.
async fn is_to_be_seen(shop: &Shop, bodies: &[Vec<u8>]) {
    let column = async |sql: &str| shop.rows(sql, &[]).await.iter().map(|row| row.get(0)).collect::<HashSet<String>>();
    let messages = column("SELECT wamid FROM messages WHERE wamid IS NOT NULL").await;
    let notices = column("SELECT value::text FROM notices").await;
    let aside = column("SELECT payload_seq::text FROM quarantine").await;
    let last: i64 = shop.count("SELECT max(seq) FROM payloads").await;
    for (body, seq) in bodies.iter().rev().zip((1..=last).rev()) {
        let is_aside = aside.contains(&seq.to_string());
        for said in understand(body) {
            let is_seen = match &said {
                // What is told a second time is a notice.
                Said::ForInbox { item: InboundItem::Message(message), .. } => {
                    messages.contains(&message.wamid) || notices.iter().any(|notice| notice.contains(&message.wamid))
                }
                Said::ForInbox { item: InboundItem::Status(report), .. } => notices.iter().any(|notice| notice.contains(&report.wamid)),
                Said::Notice { value, .. } => {
                    notices.iter().any(|notice| serde_json::from_str::<Value>(notice).is_ok_and(|it| it == *value))
                }
                Said::ForInbox { item: InboundItem::MovedOn { .. }, .. } | Said::Rejected { .. } => false,
            };
            assert!(is_seen || is_aside, "{said:?} of {}", String::from_utf8_lossy(body));
        }
    }
}

//! People who are called otherwise while bodies come twice and out of step at three nodes, and one of them stands still.

use serde_json::{Value, json};

use crate::support::node::Side;
use crate::support::waiting::eventually;
use crate::support::webhook::{messages, posts_until_taken, text};
use crate::support::{SOON, World};

const PEOPLE: usize = 12;

/// What the nth person is called by.
fn names(person: usize) -> (String, String, String) {
    (format!("4915110{person:04}"), format!("4915220{person:04}"), format!("DE.{person:04}"))
}

fn under(names: (Option<&str>, Option<&str>), wamid: String) -> Value {
    let mut said = text("", &wamid, "hello");
    let mut body = json!({});
    let said_of = said.as_object_mut().unwrap();
    said_of.remove("from");
    if let Some(phone) = names.0 {
        said_of.insert("from".to_owned(), json!(phone));
        body["wa_id"] = json!(phone);
    }
    if let Some(id) = names.1 {
        said_of.insert("from_user_id".to_owned(), json!(id));
        body["user_id"] = json!(id);
    }
    body["profile"] = json!({ "name": "Mia" });
    let mut whole = messages("1", "Mia", &[said]);
    whole["entry"][0]["changes"][0]["value"]["contacts"] = json!([body]);
    whole
}

fn moves(from: &str, to: &str, wamid: &str) -> Value {
    let mut told = text(from, wamid, "");
    told["type"] = json!("system");
    told["system"] = json!({ "type": "user_changed_number", "wa_id": to, "body": "changed" });
    let mut whole = messages("1", "Mia", &[told]);
    whole["entry"][0]["changes"][0]["value"].as_object_mut().unwrap().remove("contacts");
    whole
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobodys_words_stand_in_anybody_elses_thread_whatever_comes_twice_and_at_which_node() {
    let world = World::quick_with(&[Side::Both, Side::Both, Side::Both]).await;
    let http = reqwest::Client::new();
    let doors: Vec<_> = world.nodes.iter().map(|node| node.address).collect();
    for step in 0..6 {
        if step == 2 {
            world.nodes[2].freeze();
        }
        let bodies = (0..PEOPLE).map(|person| {
            let (old, new, id) = names(person);
            let wamid = format!("wamid.{person}.{step}");
            match step {
                0 => under((Some(&old), None), wamid),
                1 => under((None, Some(&id)), wamid),
                2 => under((Some(&old), Some(&id)), wamid),
                3 => moves(&old, &new, &wamid),
                4 => under((Some(&new), None), wamid),
                _ => under((None, Some(&id)), wamid),
            }
        });
        let open = if step >= 2 { 2 } else { 3 };
        let posts = bodies.enumerate().flat_map(|(person, body)| [(person, body.clone()), (person + 1, body)]);
        let posts = posts.map(|(place, body)| posts_until_taken(&http, doors[place % open], body.to_string()));
        futures_util::future::join_all(posts).await;
        let stored = format!("SELECT count(*) FROM messages WHERE wamid LIKE 'wamid.%.{step}'");
        eventually("all is in the threads", SOON, async || world.count(&stored).await == PEOPLE as i64).await;
    }
    world.nodes[2].thaw();
    // Everything once more, late and backwards.
    for person in (0..PEOPLE).rev() {
        let (old, new, id) = names(person);
        posts_until_taken(&http, doors[person % 3], moves(&old, &new, &format!("wamid.{person}.3")).to_string()).await;
        posts_until_taken(&http, doors[person % 3], under((Some(&old), Some(&id)), format!("wamid.{person}.2")).to_string()).await;
        posts_until_taken(&http, doors[person % 3], under((Some(&old), None), format!("wamid.{person}.0")).to_string()).await;
    }
    eventually("all is sorted and done", SOON, async || {
        world.count("SELECT (SELECT count(*) FROM payloads WHERE sorted_at IS NULL) + (SELECT count(*) FROM inbound_items)").await == 0
    })
    .await;
    assert_eq!(world.count("SELECT count(*) FROM messages WHERE direction = 'inbound'").await, 6 * PEOPLE as i64);
    assert_eq!(world.count("SELECT count(*) FROM quarantine").await, 0);
    let mixed = "SELECT count(*) FROM (
        SELECT c.contact_id FROM messages AS m JOIN conversations AS c ON c.id = m.conversation_id
        WHERE m.direction = 'inbound' GROUP BY c.contact_id HAVING count(DISTINCT split_part(m.wamid, '.', 2)) > 1) AS mixed";
    assert_eq!(world.count(mixed).await, 0, "two people's words stand together");
    let apart = "SELECT count(*) FROM (
        SELECT split_part(m.wamid, '.', 2) FROM messages AS m JOIN conversations AS c ON c.id = m.conversation_id
        WHERE m.wamid ~ '[.][2-5]$' GROUP BY 1 HAVING count(DISTINCT c.id) > 1) AS apart";
    assert_eq!(world.count(apart).await, 0, "one person has two threads after it was known who they are");
    world.journals_are_whole().await;
}

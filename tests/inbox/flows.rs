//! Flows from an administrator's side: versions, what they differ in, which one customers meet.

use baton::domain::access::Role;
use baton::domain::ids::FlowId;
use baton::domain::setup::{By, SetupCommand};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::house::{Browser, House};

pub const FLOWS: &str = "/settings/flows";

/// The value of the first field of this name.
pub fn value<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, field) = page.split_once(&format!(r#"name="{name}" value=""#)).unwrap_or_else(|| panic!("no {name}: {page}"));
    field.split('"').next().unwrap_or_default()
}

pub fn has(page: &str, words: &[&str]) {
    for words in words {
        assert!(page.contains(words), "{words}: {page}");
    }
}

/// A flow that asks what it is about, in a workspace with the queue `support`.
pub fn definition(prompt: &str) -> Value {
    let options = json!([{ "id": "order", "title": "My order" }, { "id": "other", "title": "Something else" }]);
    let ask =
        json!({ "kind": "ask", "as": "buttons", "prompt": prompt, "field": "topic", "label": "Topic", "options": options, "next": "over" });
    let nodes = json!({ "topic": ask, "over": { "kind": "hand_off", "text": "Thank you." } });
    json!({ "format": 1, "name": "Welcome", "start": "topic", "default_queue": "support", "nodes": nodes })
}

/// An administrator, Root, with the queue `support`.
pub async fn shop() -> House {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let client = house.state.store.client().await.unwrap();
    let team = Uuid::now_v7();
    client.execute("INSERT INTO teams (workspace_id, id, name) VALUES ($1, $2, 'Help')", &[&house.workspace.0, &team]).await.unwrap();
    let queue = "INSERT INTO queues (workspace_id, id, key, name, team_id, hours) VALUES ($1, $2, 'support', 'Support', $2, '{}')";
    client.execute(queue, &[&house.workspace.0, &team]).await.unwrap();
    client
        .execute("INSERT INTO team_members SELECT workspace_id, $2, id FROM users WHERE workspace_id = $1", &[&house.workspace.0, &team])
        .await
        .unwrap();
    house
}

/// Publishes versions of a new flow; answers where its page is.
pub async fn publishes(house: &House, versions: &[Value]) -> String {
    let flow = FlowId(Uuid::now_v7());
    for (place, definition) in versions.iter().cloned().enumerate() {
        let command = match place {
            0 => SetupCommand::AddFlow { flow, name: "Welcome".to_owned(), definition },
            _ => SetupCommand::PublishFlow { flow, definition },
        };
        house.state.runner.configure(house.workspace, &By::CommandLine, command, None).await.unwrap();
    }
    format!("{FLOWS}/{flow}")
}

async fn takes_back(admin: &mut Browser<'_>, done: &str) -> u16 {
    admin.post("/settings/changes", &[("seq", done.rsplit('=').next().unwrap_or_default())]).await.status.as_u16()
}

#[actix_web::test]
async fn versions_are_listed_told_apart_in_words_and_rolled_back() {
    let house = shop().await;
    let mut root = house.browser("root@example.com").await;
    assert!(root.get(FLOWS).await.body.contains("No flow yet"));
    let flow = publishes(&house, &[definition("What is it about?"), definition("What is this about?")]).await;
    let list = root.get(FLOWS).await.body;
    has(&list, &["<bdi>Welcome</bdi>", "Version 2", "No number uses it"]);

    let page = root.get(&flow).await.body;
    has(&page, &["Version 1", "Version 2", "<bdi>Command line</bdi>", "Published"]);
    let told = root.get(&format!("{flow}?from=1&to=2")).await.body;
    has(
        &told,
        &[
            "From version 1 to version 2",
            "<bdi>topic</bdi>",
            "<bdi>Question</bdi> changed",
            "<del><bdi>it</bdi></del><ins><bdi>this</bdi></ins>",
        ],
    );
    assert!(root.get(&format!("{flow}?from=2&to=2")).await.body.contains("They say the same."));
    assert_eq!(root.get(&format!("{flow}?from=1&to=9")).await.status, 404);

    let back = root.post(&format!("{flow}/versions"), &[("version", "1"), ("seen", value(&page, "seen"))]).await;
    assert_eq!(back.status, 303, "{}", back.body);
    has(
        &root.get(&back.location).await.body,
        &["Saved.", "Changed the flow <bdi>Welcome</bdi>", "<del><bdi>2</bdi></del>", "<ins><bdi>1</bdi></ins>"],
    );
    let late = root.post(&format!("{flow}/versions"), &[("version", "2"), ("seen", value(&page, "seen"))]).await;
    assert!(late.status == 409 && late.body.contains("changed this while you were looking"), "{}", late.body);
    assert_eq!(takes_back(&mut root, &back.location).await, 303);
    assert!(root.get(FLOWS).await.body.contains("Version 2"));
    let unknown = root.post(&format!("{flow}/versions"), &[("version", "7")]).await;
    assert!(unknown.status == 422 && unknown.body.contains("has no such version"), "{}", unknown.body);
}

#[actix_web::test]
async fn a_flow_is_renamed_archived_and_brought_back_but_not_from_under_a_number() {
    let house = shop().await;
    let mut root = house.browser("root@example.com").await;
    let flow = publishes(&house, &[definition("What is it about?")]).await;
    let page = root.get(&flow).await.body;
    let renamed = root.post(&flow, &[("name", " Hello "), ("seen", value(&page, "seen"))]).await;
    assert_eq!((renamed.status.as_u16(), value(&root.get(&flow).await.body, "name")), (303, "Hello"), "{}", renamed.body);
    let refused = root.post(&flow, &[("name", " ")]).await;
    assert!(refused.status == 422 && refused.body.contains("is missing"), "{}", refused.body);
    has(&root.get(&flow).await.body, &["its 1 version stay, 0 conversations are in it now"]);

    let client = house.state.store.client().await.unwrap();
    let number = "INSERT INTO inboxes (workspace_id, id, name, channel, default_queue_id, flow_id)
                  SELECT $1, gen_random_uuid(), 'Main', 'whatsapp', queue.id, flow.id FROM queues AS queue, flows AS flow
                  WHERE queue.workspace_id = $1 AND flow.workspace_id = $1";
    client.execute(number, &[&house.workspace.0]).await.unwrap();
    let page = root.get(&flow).await.body;
    assert!(page.contains("<bdi>Main</bdi>") && !page.contains("/archive\""), "{page}");
    let used = root.post(&format!("{flow}/archive"), &[]).await;
    assert!(used.status == 409 && used.body.contains("A number uses the flow <bdi>Hello</bdi>"), "{}", used.body);
    client.execute("UPDATE inboxes SET flow_id = NULL WHERE workspace_id = $1", &[&house.workspace.0]).await.unwrap();

    let archived = root.post(&format!("{flow}/archive"), &[]).await;
    assert_eq!(archived.status, 303, "{}", archived.body);
    has(&root.get(FLOWS).await.body, &["Archived (1)", "No flow yet"]);
    assert!(root.get(&flow).await.body.contains("This flow is archived"));
    assert_eq!(root.post(&format!("{flow}/restoration"), &[]).await.status, 303);
    assert!(!root.get(FLOWS).await.body.contains("Archived"));
}

#[actix_web::test]
async fn a_version_goes_out_as_a_file() {
    let house = shop().await;
    let mut root = house.browser("root@example.com").await;
    let flow = publishes(&house, &[definition("One?"), definition("Two?")]).await;
    let file = root.get(&format!("{flow}/export?version=1")).await;
    assert_eq!((file.status.as_u16(), serde_json::from_str::<Value>(&file.body).unwrap()), (200, definition("One?")));
    assert!(format!("{:?}", file.headers).contains("welcome-1.json"), "{:?}", file.headers);
    assert!(root.get(&format!("{flow}/export")).await.body.contains("Two?"), "the published one where none is named");
    assert_eq!(root.get(&format!("{flow}/export?version=9")).await.status, 404);
}

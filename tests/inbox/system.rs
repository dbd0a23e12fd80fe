//! The whole installation, from the side of whoever looks after it.

use baton::channels::whatsapp::understand;
use baton::domain::access::Role;
use baton::domain::channel::{Channel, source};
use baton::domain::ids::InboxId;
use baton::domain::setup::{By, Secret, SetupCommand, value};
use baton::runner::now;
use baton::store::payloads::NewPayload;
use serde_json::json;
use uuid::Uuid;

use crate::house::House;
use crate::shop::Shop;

async fn owner_of(house: &House) {
    house.hires("root@example.com", Role::Admin).await;
    assert!(house.state.runner.set_owner(&"root@example.com".parse().unwrap(), true).await.unwrap());
}

#[actix_web::test]
async fn only_whoever_looks_after_the_installation_sees_it_and_one_always_does() {
    let house = House::new().await;
    owner_of(&house).await;
    house.hires("gil@example.com", Role::Admin).await;
    let (mut root, mut gil) = (house.browser("root@example.com").await, house.browser("gil@example.com").await);
    house.state.runner.call_node("node-7", "both", now()).await.unwrap();
    let page = root.get("/system").await;
    assert_eq!(page.status, 200, "{}", page.body);
    for words in ["node-7", "up to date", "Messages to be sent", "Keys that secrets are sealed with"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    for path in ["/system", "/system/doctor", "/system/quarantine"] {
        assert_eq!(gil.get(path).await.status, 403, "{path}");
    }
    assert!(root.get("/inbox").await.body.contains(r#"href="/system""#) && !gil.get("/inbox").await.body.contains(r#"href="/system""#));
    let (first, second) = ("root@example.com".parse().unwrap(), "gil@example.com".parse().unwrap());
    assert!(!house.state.runner.set_owner(&first, false).await.unwrap(), "nobody would be left");
    assert!(house.state.runner.set_owner(&second, true).await.unwrap());
    assert!(house.state.runner.set_owner(&first, false).await.unwrap());
    assert_eq!((root.get("/system").await.status.as_u16(), gil.get("/system").await.status.as_u16()), (403, 200), "at once");
}

#[actix_web::test]
async fn what_came_for_a_number_that_nobody_had_goes_the_same_way_again_exactly_once() {
    let shop = Shop::open().await;
    let house = &shop.house;
    owner_of(house).await;
    let mut root = house.browser("root@example.com").await;
    let source = source(&Channel::WHATSAPP, &shop.app_id);
    let message = |id: &str| json!({ "from": "34600000009", "id": id, "timestamp": now().as_second().to_string(), "type": "text", "text": { "body": "lost?" } });
    let value = json!({
        "messaging_product": "whatsapp", "metadata": { "display_phone_number": "1", "phone_number_id": "777" },
        "contacts": [{ "profile": { "name": "Lia" }, "wa_id": "34600000009" }], "messages": [message("wamid.1"), message("wamid.2")],
    });
    let body =
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": "888", "changes": [{ "field": "messages", "value": value }] }] });
    let payload = NewPayload { source: source.clone(), received_at: now(), body: body.to_string().into() };
    house.state.store.append_payloads(&[payload]).await.unwrap();
    house.state.runner.sort(&source, understand).await.unwrap();
    let page = root.get("/system/quarantine").await.body;
    assert!(page.contains("Unknown numbers") && page.contains("777") && page.matches("/retry").count() == 2, "{page}");

    let client = house.state.store.client().await.unwrap();
    let number = value::Number {
        app_id: shop.app_id.clone(),
        phone_number_id: "777".to_owned(),
        waba_id: "888".to_owned(),
        display_phone_number: "+34".to_owned(),
    };
    let new = value::Inbox {
        name: "Found".to_owned(),
        channel: Channel::WHATSAPP,
        flow: None,
        default_queue: shop.queue,
        reopen_hours: 24,
        number: Some(number),
        state: value::InboxState::Active,
    };
    let connect = SetupCommand::ConnectInbox { inbox: InboxId(Uuid::now_v7()), new, token: Secret::new("token".to_owned()) };
    house.state.runner.configure(house.workspace, &By::System, connect, None).await.unwrap();
    let ids: Vec<Uuid> = client.query("SELECT id FROM quarantine ORDER BY id", &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let retry = |id: Uuid| format!("/system/quarantine/{id}/retry");
    assert_eq!(root.post(&retry(ids[0]), &[]).await.location, "/system/quarantine?did=again");
    for id in &ids {
        assert_eq!(root.post(&retry(*id), &[]).await.location, "/system/quarantine?did=already", "all of one body at once");
    }
    let sorted = house.state.runner.sort(&source, understand).await.unwrap();
    assert_eq!((sorted.bodies, sorted.lanes.len()), (1, 1));
    for lane in sorted.lanes {
        house.state.runner.run_lane(lane).await.unwrap();
    }
    let count: i64 = client.query_one("SELECT count(*) FROM messages", &[]).await.unwrap().get(0);
    assert_eq!(count, 2);
    let page = root.get("/system/quarantine").await.body;
    assert!(page.contains("Nothing waits for a decision"), "{page}");
    assert!(root.get("/system/quarantine?settled=true").await.body.contains("Tried again by"), "who did it is kept");
    assert_eq!(root.post(&retry(Uuid::now_v7()), &[]).await.status, 404);
}

#[actix_web::test]
async fn what_is_left_aside_is_kept_and_what_has_no_body_any_more_is_not_tried_again() {
    let house = House::new().await;
    owner_of(&house).await;
    let mut root = house.browser("root@example.com").await;
    let client = house.state.store.client().await.unwrap();
    let (one, id) = (Uuid::now_v7(), Uuid::now_v7());
    let add = "INSERT INTO quarantine (id, source, payload_seq, reason, item, at) VALUES ($1, 'whatsapp:1', 99, 'unreadable', '', now())";
    for id in [&one, &id] {
        client.execute(add, &[id]).await.unwrap();
    }
    assert_eq!(root.post(&format!("/system/quarantine/{one}/retry"), &[]).await.location, "/system/quarantine?did=gone");
    assert_eq!(root.post(&format!("/system/quarantine/{one}/aside"), &[]).await.location, "/system/quarantine?did=aside");
    assert_eq!(root.post(&format!("/system/quarantine/{one}/aside"), &[]).await.location, "/system/quarantine?did=already");
    let page = root.get("/system/quarantine?settled=true").await.body;
    assert!(page.contains("Left aside by <bdi>Ana</bdi>") && page.matches("aside-item").count() >= 1, "{page}");
    assert!(root.get("/system").await.body.contains("1 item waits for a decision"));
}

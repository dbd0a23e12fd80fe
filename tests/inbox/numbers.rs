//! Connecting a number on a page, and what becomes of it, against the simulator in place of WhatsApp.

use actix_web::test::TestRequest;
use baton::channels::whatsapp::understand;
use baton::domain::access::Role;
use baton::domain::channel::{Channel, source};
use baton::domain::ids::{FlowId, InboxId};
use baton::domain::inbound::InboundContent;
use baton::domain::setup::{By, Secret, SetupCommand, value};
use baton::runner::now;
use baton::store::numbers::Test;
use baton::store::payloads::NewPayload;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::house::{Answer, Browser, House};
use crate::shop::Shop;
use crate::simulator::Simulator;

const NEW: &str = "/settings/numbers/new";
const TOKEN: &str = "EAAtoken2";
const SECRET: &str = "5ecret-of-the-app";
const APP: &str = "900100";

/// Meta as it is before anybody has connected anything: an app, and an account with a number that is not registered.
async fn meta() -> Simulator {
    let simulator = Simulator::start(std::env::temp_dir().as_path());
    simulator.post("apps", &json!({ "app_id": APP, "app_secret": SECRET })).await;
    let number = json!({
        "phone_number_id": "2002", "waba_id": "555", "app_id": APP, "access_token": TOKEN, "display_phone_number": "+44 20 7946 0999",
        "verified_name": "Lamp Shop", "registered": false, "pin": "123456", "subscribed": false,
        "quality_rating": "YELLOW", "messaging_limit": "TIER_250",
    });
    simulator.post("numbers", &number).await;
    simulator
}

async fn house(simulator: &Simulator) -> House {
    let house = House::with_graph(&simulator.url()).await;
    house.hires("root@example.com", Role::Admin).await;
    let client = house.state.store.client().await.unwrap();
    let (team, queue) = (Uuid::now_v7(), Uuid::now_v7());
    client.execute("INSERT INTO teams (workspace_id, id, name) VALUES ($1, $2, 'All')", &[&house.workspace.0, &team]).await.unwrap();
    let add = "INSERT INTO queues (workspace_id, id, key, name, team_id, hours) VALUES ($1, $2, 'support', 'Support', $3, $4)";
    let hours = serde_json::to_value(baton::domain::hours::Hours::always()).unwrap();
    client.execute(add, &[&house.workspace.0, &queue, &team, &hours]).await.unwrap();
    client.execute("INSERT INTO team_members SELECT workspace_id, $1, id FROM users", &[&team]).await.unwrap();
    house
}

fn is_done(page: &str, stage: &str) -> bool {
    let (_, rest) = page.split_once(&format!(r#"id="stage-{stage}" data-done=""#)).unwrap_or_else(|| panic!("no {stage}: {page}"));
    rest.starts_with("true")
}

async fn sends(browser: &mut Browser<'_>, step: &str, fields: &[(&str, &str)]) -> Answer {
    browser.post(&format!("{NEW}/{step}"), fields).await
}

/// Connects the number by the page; answers its address.
async fn connects(root: &mut Browser<'_>) -> String {
    for (step, fields) in [
        ("app", vec![("app_id", APP), ("app_secret", SECRET)]),
        ("token", vec![("token", TOKEN)]),
        ("number", vec![("phone_number_id", "2002")]),
        ("registration", vec![("pin", "123456")]),
        ("subscription", vec![]),
    ] {
        let answer = sends(root, step, &fields).await;
        assert_eq!((answer.status.as_u16(), answer.location.as_str()), (303, NEW), "{step}: {}", answer.body);
    }
    let page = root.get(NEW).await.body;
    let (_, queue) = page.split_once(r#"name="queue"> <option value=""#).unwrap_or_else(|| page.split_once(r#"<option value=""#).unwrap());
    let queue = queue.split('"').next().unwrap().to_owned();
    let connected = root.post("/settings/numbers", &[("name", "Main line"), ("queue", &queue), ("flow", "")]).await;
    assert_eq!(connected.status, 303, "{}", connected.body);
    connected.location
}

#[actix_web::test]
async fn a_number_is_put_together_step_by_step_and_each_step_says_what_is_wrong() {
    let meta = meta().await;
    let house = house(&meta).await;
    house.hires("gil@example.com", Role::Admin).await;
    let (mut root, mut gil) = (house.browser("root@example.com").await, house.browser("gil@example.com").await);
    let wrong = sends(&mut root, "app", &[("app_id", APP), ("app_secret", "guessed")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("does not know this app"), "{}", wrong.body);
    assert!(house.state.store.app(APP).await.unwrap().is_none(), "what Meta does not know is not kept");
    assert_eq!(sends(&mut root, "app", &[("app_id", APP), ("app_secret", SECRET)]).await.status, 303);

    let page = root.get(NEW).await.body;
    let app = house.state.store.app(APP).await.unwrap().unwrap();
    assert!(page.contains(&format!("/webhooks/whatsapp/{APP}")) && page.contains(&app.verify_token), "{page}");
    assert!(!page.contains(SECRET) && is_done(&page, "app") && !is_done(&page, "webhook"), "{page}");
    let challenge = format!("/webhooks/whatsapp/{APP}?hub.mode=subscribe&hub.challenge=42&hub.verify_token=");
    assert_eq!(house.ask(TestRequest::get().uri(&format!("{challenge}guessed"))).await.status, 403);
    assert!(!is_done(&root.get(NEW).await.body, "webhook"), "somebody else asked");
    assert_eq!(house.ask(TestRequest::get().uri(&format!("{challenge}{}", app.verify_token))).await.body, "42");
    assert!(is_done(&root.get(NEW).await.body, "webhook"));

    let bad = sends(&mut root, "token", &[("token", "nobodys")]).await;
    assert!(bad.status == 422 && bad.body.contains("does not take this token"), "{}", bad.body);
    meta.post("numbers", &json!({ "phone_number_id": "2002", "scopes": ["whatsapp_business_messaging"], "subscribed": false })).await;
    let weak = sends(&mut root, "token", &[("token", TOKEN)]).await;
    assert!(weak.status == 422 && weak.body.contains("whatsapp_business_management"), "{}", weak.body);
    let scopes = ["whatsapp_business_messaging", "whatsapp_business_management"];
    meta.post("numbers", &json!({ "phone_number_id": "2002", "scopes": scopes, "subscribed": false })).await;
    assert_eq!(sends(&mut root, "token", &[("token", TOKEN)]).await.status, 303);
    let page = root.get(NEW).await.body;
    assert!(page.contains("+44 20 7946 0999") && page.contains("Lamp Shop") && page.contains("It lasts."), "{page}");
    assert!(!page.contains(TOKEN), "the token is never shown again");
    assert!(!gil.get(NEW).await.body.contains("+44 20 7946 0999"), "what somebody began is nobody else's");
    assert!(root.get("/settings/numbers").await.body.contains("Go on connecting"));

    assert_eq!(sends(&mut root, "number", &[("phone_number_id", "9999")]).await.status, 422);
    assert_eq!(sends(&mut root, "number", &[("phone_number_id", "2002")]).await.status, 303);
    for (pin, words) in [("12", "six digits"), ("654321", "not the PIN")] {
        let refused = sends(&mut root, "registration", &[("pin", pin)]).await;
        assert!(refused.status == 422 && refused.body.contains(words), "{}", refused.body);
    }
    let early = root.get(NEW).await.body;
    assert!(!early.contains(r#"id="stage-end""#) && !is_done(&early, "subscription"), "{early}");

    let number = connects(&mut root).await;
    let page = root.get(&number).await.body;
    assert!(page.contains("Main line") && page.contains("Connected the number <bdi>Main line</bdi>"), "{page}");
    assert!(!page.contains(TOKEN) && !page.contains(SECRET), "{page}");
    assert!(!root.get("/settings/numbers").await.body.contains("Go on connecting"), "it is done");
    let again = root.get("/settings/changes").await.body;
    assert!(!again.contains(TOKEN), "{again}");

    assert_eq!(root.post(&format!("{number}/health"), &[]).await.status, 303);
    let page = root.get(&number).await.body;
    for words in ["Quality", "medium", "250", "Lamp Shop"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let stolen = sends(&mut gil, "app", &[("app_id", APP), ("app_secret", "another")]).await;
    assert_eq!((stolen.status.as_u16(), house.state.store.app(APP).await.unwrap().unwrap().app_secret.as_str()), (422, SECRET));
}

#[actix_web::test]
async fn what_was_typed_stays_in_the_form_when_a_step_is_refused() {
    let meta = meta().await;
    let house = house(&meta).await;
    let mut root = house.browser("root@example.com").await;
    let client = house.state.store.client().await.unwrap();
    let sales = Uuid::now_v7();
    let add = "INSERT INTO queues (workspace_id, id, key, name, team_id, hours, position)
        SELECT workspace_id, $1, 'sales', 'Sales', team_id, hours, 9 FROM queues";
    client.execute(add, &[&sales]).await.unwrap();
    let flow = Uuid::now_v7();
    let begin = SetupCommand::BeginFlow { flow: FlowId(flow), name: "Greeter".to_owned() };
    house.state.runner.configure(house.workspace, &By::System, begin, None).await.unwrap();

    let wrong = sends(&mut root, "app", &[("app_id", APP), ("app_secret", "guessed")]).await.body;
    assert!(wrong.contains(&format!(r#"value="{APP}""#)) && !wrong.contains("guessed"), "{wrong}");
    sends(&mut root, "app", &[("app_id", APP), ("app_secret", SECRET)]).await;
    sends(&mut root, "token", &[("token", TOKEN)]).await;
    for account in ["77777", "5-5"] {
        let wrong = sends(&mut root, "account", &[("waba_id", account)]).await;
        assert!(wrong.status == 422 && wrong.body.contains(&format!(r#"value="{account}""#)), "{}", wrong.body);
    }
    for (step, fields) in
        [("number", vec![("phone_number_id", "2002")]), ("registration", vec![("pin", "123456")]), ("subscription", vec![])]
    {
        sends(&mut root, step, &fields).await;
    }
    let (name, queue, flow) = ("x".repeat(81), sales.to_string(), flow.to_string());
    let refused = root.post("/settings/numbers", &[("name", &name), ("queue", &queue), ("flow", &flow)]).await;
    assert!(refused.status == 422 && refused.body.contains(r#"class="refusal" role="alert""#), "{}", refused.body);
    for kept in [format!(r#"value="{name}""#), format!(r#"value="{queue}" selected"#), format!(r#"value="{flow}" selected"#)] {
        assert!(refused.body.contains(&kept), "{kept}: {}", refused.body);
    }
}

#[actix_web::test]
async fn what_is_decided_of_a_number_is_one_act_and_another_token_is_checked_before_it_counts() {
    let meta = meta().await;
    let house = house(&meta).await;
    let mut root = house.browser("root@example.com").await;
    let number = connects(&mut root).await;
    let queue: Uuid = house.state.store.client().await.unwrap().query_one("SELECT id FROM queues", &[]).await.unwrap().get(0);
    let queue = queue.to_string();
    let fields = |name, hours| vec![("name", name), ("queue", queue.as_str()), ("flow", ""), ("reopen_hours", hours), ("seen", "99")];
    let saved = root.post(&number, &fields("Shop line", "48")).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let page = root.get(&saved.location).await.body;
    assert!(page.contains("Saved.") && page.contains("<ins><bdi>48</bdi></ins>"), "{} {page}", saved.location);
    for (name, hours, words) in [("Shop line", "soon", "cannot be read"), ("", "48", "missing"), ("Shop line", "9999", "8760")] {
        let refused = root.post(&number, &fields(name, hours)).await;
        assert!(refused.status == 422 && refused.body.contains(words), "{}", refused.body);
    }
    let refused = root.post(&format!("{number}/token"), &[("token", "nobodys")]).await;
    assert!(refused.status == 422 && refused.body.contains("does not take this token"), "{}", refused.body);
    meta.post("numbers", &json!({ "phone_number_id": "2002", "access_token": "EAAtoken3" })).await;
    assert_eq!(root.post(&format!("{number}/token"), &[("token", "EAAtoken3")]).await.status, 303);
    let page = root.get(&number).await.body;
    assert!(page.contains("Replaced the access token of <bdi>Shop line</bdi>") && !page.contains("EAAtoken3"), "{page}");
    assert_eq!(root.post(&format!("{number}/health"), &[]).await.status, 303, "the new one counts");
}

#[actix_web::test]
async fn a_number_that_whatsapp_says_nothing_of_is_not_asked_about_again_at_once() {
    let meta = meta().await;
    let house = house(&meta).await;
    let mut root = house.browser("root@example.com").await;
    let number = connects(&mut root).await;
    let client = house.state.store.client().await.unwrap();
    let asked = async || -> (Option<Timestamp>, Option<Timestamp>) {
        let row = client.query_opt("SELECT asked_at, looked_at FROM number_facts", &[]).await.unwrap();
        row.map_or((None, None), |row| (row.get(0), row.get(1)))
    };
    meta.post("numbers", &json!({ "phone_number_id": "2002", "access_token": "EAAtoken9" })).await;
    let refused = root.post(&format!("{number}/health"), &[]).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let first = asked().await;
    assert!(first.0.is_some() && first.1.is_none(), "{first:?}");
    let known = house.state.store.numbers(house.workspace).await.unwrap().remove(0);
    assert_eq!(known.asked_at, first.0, "the page knows that it was asked");
    for _ in 0..3 {
        root.get(&number).await;
    }
    assert_eq!(asked().await, first, "opening the page asks again only after a while");
}

#[actix_web::test]
async fn a_tick_that_is_quicker_than_the_answer_to_the_test_message_stands() {
    let meta = meta().await;
    let house = house(&meta).await;
    let mut root = house.browser("root@example.com").await;
    let number: InboxId = connects(&mut root).await.rsplit('/').next().unwrap().parse().unwrap();
    let (runner, workspace, id) = (&house.state.runner, house.workspace, Uuid::now_v7());
    let test = |status: &str| Test {
        phone: "447700900123".to_owned(),
        sent_at: now(),
        status: status.to_owned(),
        refusal: None,
        answered_at: None,
    };
    runner.keep_number_test(workspace, number, id, &test("unknown")).await.unwrap();
    let client = house.state.store.client().await.unwrap();
    client.execute("UPDATE number_tests SET status = 'delivered'", &[]).await.unwrap();
    runner.keep_number_test_sent(workspace, number, id, &test("accepted")).await.unwrap();
    let status = async || house.state.store.number_test(workspace, number).await.unwrap().unwrap().status;
    assert_eq!(status().await, "delivered");
    client.execute("UPDATE number_tests SET status = 'unknown'", &[]).await.unwrap();
    runner.keep_number_test_sent(workspace, number, Uuid::now_v7(), &test("accepted")).await.unwrap();
    assert_eq!(status().await, "unknown", "that was another test");
    runner.keep_number_test_sent(workspace, number, id, &test("accepted")).await.unwrap();
    assert_eq!(status().await, "accepted");
}

#[actix_web::test]
async fn a_test_message_goes_out_its_way_is_seen_and_its_answer_too() {
    let meta = meta().await;
    let house = house(&meta).await;
    let mut root = house.browser("root@example.com").await;
    let number = connects(&mut root).await;
    let id: InboxId = number.rsplit('/').next().unwrap().parse().unwrap();
    meta.post("users", &json!({ "wa_id": "447700900123", "name": "Owner" })).await;
    let sent = root.post(&format!("{number}/test"), &[("phone", "+44 7700 900123")]).await;
    assert_eq!((sent.status.as_u16(), sent.location.contains("#test")), (303, true));
    let page = root.get(&number).await.body;
    assert!(page.contains("WhatsApp took it") && page.contains("Now answer it"), "{page}");
    let call = meta.get("ledger").await;
    assert!(call.to_string().contains("hello_world"), "{call}");

    let client = house.state.store.client().await.unwrap();
    let test: Uuid = client.query_one("SELECT id FROM number_tests", &[]).await.unwrap().get(0);
    let status = |status: &str| {
        json!({ "id": "wamid.T", "status": status, "timestamp": now().as_second().to_string(), "recipient_id": "447700900123",
                "biz_opaque_callback_data": test.to_string() })
    };
    let message = json!({ "from": "447700900123", "id": "wamid.A", "timestamp": now().as_second().to_string(), "type": "text",
                          "text": { "body": "it works" } });
    let value = json!({
        "messaging_product": "whatsapp", "metadata": { "display_phone_number": "442079460999", "phone_number_id": "2002" },
        "contacts": [{ "profile": { "name": "Owner" }, "wa_id": "447700900123" }],
        "statuses": [status("delivered"), status("sent")], "messages": [message],
    });
    let body =
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": "555", "changes": [{ "field": "messages", "value": value }] }] });
    let source = source(&Channel::WHATSAPP, APP);
    let payload = NewPayload { source: source.clone(), received_at: now(), body: body.to_string().into() };
    house.state.store.append_payloads(&[payload]).await.unwrap();
    let sorted = house.state.runner.sort(&source, understand).await.unwrap();
    for lane in sorted.lanes {
        house.state.runner.run_lane(lane).await.unwrap();
    }
    let test = house.state.store.number_test(house.workspace, id).await.unwrap().unwrap();
    assert_eq!((test.status.as_str(), test.answered_at.is_some()), ("delivered", true), "{test:?}");
    let notices: i64 = client.query_one("SELECT count(*) FROM notices", &[]).await.unwrap().get(0);
    assert_eq!(notices, 0, "a status of a test is nothing strange");
    let page = root.get(&number).await.body;
    assert!(page.contains("It is on the phone") && page.contains("The answer came in."), "{page}");
    root.post(&format!("{number}/test"), &[("phone", "447700900123")]).await;
    assert!(meta.get("ledger").await.to_string().contains("Answer with anything"), "words go where the phone has written");
    let failed = root.post(&format!("{number}/test"), &[("phone", "12")]).await;
    assert!(root.get(&failed.location).await.body.contains("written wrongly"));
}

#[actix_web::test]
async fn a_number_is_paused_speaks_again_and_is_disconnected_with_what_becomes_of_its_conversations() {
    let shop = Shop::open().await;
    let (house, inbox) = (&shop.house, shop.inbox);
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    let client = house.state.store.client().await.unwrap();
    shop.hears("34600000001", InboundContent::Text { body: "hello".to_owned() }).await;
    let number = format!("/settings/numbers/{inbox}");
    let held =
        async || -> bool { client.query_one("SELECT coalesce(paused_until > now(), false) FROM allowances", &[]).await.unwrap().get(0) };
    let paused = root.post(&format!("{number}/state"), &[("state", "paused")]).await;
    assert_eq!((paused.status.as_u16(), held().await), (303, true), "{}", paused.body);
    let page = root.get(&paused.location).await.body;
    assert!(page.contains("Paused: sends nothing") && page.contains("<ins><bdi>paused</bdi></ins>"), "{page}");
    let did = paused.location.rsplit('=').next().unwrap().to_owned();
    assert_eq!((root.post("/settings/changes", &[("seq", &did)]).await.status.as_u16(), held().await), (303, false), "taken back");
    assert_eq!(root.post(&format!("{number}/state"), &[("state", "disconnected")]).await.status, 400, "that is asked first");

    let asked = root.get(&format!("{number}/disconnection")).await.body;
    assert!(asked.contains("1 conversation is under way") && asked.contains("0 messages wait"), "{asked}");
    assert_eq!(root.post(&format!("{number}/disconnection"), &[("conversations", "resolve")]).await.status, 303);
    let page = root.get(&number).await.body;
    assert!(page.contains("Connect the same number again") && !page.contains("Send a test message"), "{page}");
    assert!(page.contains("Its conversations are being resolved"), "{page}");
    // One round resolves them, the next finds nothing left.
    for _ in 0..2 {
        house.state.runner.resolve_what_is_of_disconnected_numbers().await.unwrap();
    }
    assert!(!root.get(&number).await.body.contains("Its conversations are being resolved"));
    let open: i64 = client.query_one("SELECT count(*) FROM conversations WHERE state <> 'resolved'", &[]).await.unwrap().get(0);
    let token: String = client.query_one("SELECT access_token FROM whatsapp_numbers", &[]).await.unwrap().get(0);
    assert_eq!((open, token.as_str()), (0, ""), "the token is forgotten");
    let all = house.state.store.connections_of(house.workspace).await.unwrap();
    assert!(all.iter().all(baton::store::inboxes::Connection::is_disconnected));
    let refused = root.post(&format!("{number}/state"), &[("state", "paused")]).await;
    assert!(refused.status == 409 && refused.body.contains("Connect it again first"), "{}", refused.body);
    let seq: i64 = client.query_one("SELECT max(seq) FROM events WHERE subject_kind = 'setup'", &[]).await.unwrap().get(0);
    assert_eq!(root.post("/settings/changes", &[("seq", &seq.to_string())]).await.status, 409, "no token is kept to go back to");

    let back = SetupCommand::ReconnectInbox {
        inbox,
        number: value::Number {
            app_id: shop.app_id.clone(),
            phone_number_id: shop.number.clone(),
            waba_id: "1".to_owned(),
            display_phone_number: "+34".to_owned(),
        },
        token: Secret::new("another".to_owned()),
    };
    house.state.runner.configure(house.workspace, &By::System, back, None).await.unwrap();
    let all = house.state.store.connections_of(house.workspace).await.unwrap();
    let connection = all.iter().find(|connection| connection.inbox.id == inbox).unwrap();
    assert_eq!((connection.address.as_str(), connection.secret().unwrap()), (shop.number.as_str(), "another"));
    assert!(!root.get(&number).await.body.contains("Connect the same number again"), "it speaks again");
}

//! Writing a flow: begun from a ready one or from a file, kept as it is typed, checked, tried on a phone, and published.

use actix_web::http::header::{ACCEPT, CONTENT_TYPE};
use actix_web::test::TestRequest;
use baton::domain::access::Role;
use baton::web::edge::csrf;
use serde_json::{Value, json};

use crate::flows::{FLOWS, definition, has, publishes, shop, value};
use crate::house::{Answer, Browser, House};

const STREAMS: &str = "text/vnd.turbo-stream.html";

/// What the page's scripts send while somebody types.
async fn types(browser: &mut Browser<'_>, flow: &str, body: &str, seen: &str) -> Answer {
    let token = browser.csrf().await;
    let request = TestRequest::post().uri(&format!("{flow}/draft")).insert_header((csrf::HEADER, token)).insert_header((ACCEPT, STREAMS));
    browser.ask(request.set_form([("body", body), ("seen_version", seen)])).await
}

/// A press on the phone, as its frame asks; answers the phone.
async fn presses(browser: &mut Browser<'_>, flow: &str, phone: &str, press: &[(&str, &str)]) -> String {
    let token = browser.csrf().await;
    let trial = if phone.is_empty() { String::new() } else { unescaped(value(phone, "trial")) };
    let request =
        TestRequest::post().uri(&format!("{flow}/trial")).insert_header((csrf::HEADER, token)).insert_header(("turbo-frame", "phone"));
    let fields: Vec<(&str, &str)> = [("trial", trial.as_str())].into_iter().chain(press.iter().copied()).collect();
    let answer = browser.ask(request.set_form(fields)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

fn unescaped(html: &str) -> String {
    html.replace("&#34;", "\"")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#60;", "<")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}

/// What stands in the field of the definition.
fn typed(page: &str) -> String {
    let (_, field) = page.split_once("<textarea").unwrap();
    let text = field.split_once(">\n").unwrap().1.split("</textarea>").next().unwrap();
    unescaped(text)
}

#[actix_web::test]
async fn a_ready_flow_is_begun_changed_tried_and_published() {
    let house = shop().await;
    let mut root = house.browser("root@example.com").await;
    let offered = root.get(&format!("{FLOWS}/new")).await.body;
    has(&offered, &["Order number", "Lead qualification", "After hours", "From a file"]);
    let asked = root.get(&format!("{FLOWS}/new?ready=order")).await.body;
    has(&asked, &["Who looks after orders", r#"<option value="support" selected>Support</option>"#, "English, and Spanish"]);
    assert_eq!(root.get(&format!("{FLOWS}/new?ready=nothing")).await.status, 404);

    let client = house.state.store.client().await.unwrap();
    let queue = "INSERT INTO queues (workspace_id, id, key, name, team_id, hours, position)
        SELECT workspace_id, gen_random_uuid(), 'sales', 'Sales', team_id, '{}', 9 FROM queues";
    client.execute(queue, &[]).await.unwrap();
    let unnamed = root.post(FLOWS, &[("ready", "order"), ("name", ""), ("language", "es"), ("queue_support", "sales")]).await;
    assert_eq!(unnamed.status, 422, "{}", unnamed.body);
    has(&unnamed.body, &[r#"<option value="es" selected>"#, r#"<option value="sales" selected>"#, r#"name="name" value="""#]);
    let fields = [("ready", "order"), ("name", "Orders"), ("language", "en"), ("queue_support", "support")];
    let begun = root.post(FLOWS, &fields).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    let flow = begun.location.strip_suffix("/edit").unwrap().to_owned();
    let page = root.get(&begun.location).await.body;
    has(&page, &["Nothing is wrong with it.", "Not published yet.", "Kept, by <bdi>Ana</bdi>", r#"data-node="order_number""#]);
    let text = typed(&page);
    assert!(text.starts_with("{\n  \"format\": 1") && text.contains("\"default_queue\": \"support\""), "{text}");

    let phone = presses(&mut root, &flow, "", &[("do", "say"), ("say", "hi")]).await;
    has(&phone, &["What is your order number?", "order_number", "It waits until"]);
    let phone = presses(&mut root, &flow, &phone, &[("do", "say"), ("say", "it is 204817")]).await;
    has(&phone, &["And what is it about?", "tap:damaged", "answer.order_number", "Noted: <bdi>last_order</bdi> = <bdi>204817</bdi>"]);
    let late = presses(&mut root, &flow, &phone, &[("do", "deadline")]).await;
    has(&late, &["Handed over to the queue <bdi>support</bdi>.", "was not answered in time"]);
    let back = presses(&mut root, &flow, &late, &[("do", "back")]).await;
    let phone = presses(&mut root, &flow, &back, &[("do", "tap:late")]).await;
    has(&phone, &["Everything was asked."]);
    let sent: i64 = client.query_one("SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM outbox)", &[]).await.unwrap().get(0);
    assert_eq!(sent, 0, "nothing is sent or kept");

    let other = text.replace("And what is it about?", "And what happened?");
    let form = [("body", other.as_str()), ("seen_version", value(&page, "seen_version")), ("then", "publish")];
    let asks = root.post(&format!("{flow}/draft"), &form).await;
    assert_eq!((asks.status.as_u16(), asks.location.as_str()), (303, format!("{flow}/publication").as_str()), "{}", asks.body);
    let page = root.get(&asks.location).await.body;
    has(&page, &["It is the first version.", "No number uses it yet"]);
    let form = [("seen", value(&page, "seen")), ("seen_version", value(&page, "seen_version"))];
    let published = root.post(&asks.location, &form).await;
    assert_eq!(published.status, 303, "{}", published.body);
    has(&root.get(&published.location).await.body, &["Saved.", "Version 1", "<bdi>Ana</bdi>"]);
    has(&root.get(&format!("{flow}/edit")).await.body, &["The same as version <bdi>1</bdi>"]);

    let again = text.replace("\"attempts\": 2,", "");
    let seen = value(&root.get(&format!("{flow}/edit")).await.body, "seen_version").to_owned();
    assert_eq!(types(&mut root, &flow, &again, &seen).await.status, 200);
    let page = root.get(&format!("{flow}/publication")).await.body;
    has(&page, &["What becomes another than in version 1", "<bdi>problem</bdi>", "<bdi>Question</bdi> changed"]);
}

#[actix_web::test]
async fn a_tag_or_field_that_is_not_defined_is_a_problem_as_one_types_until_it_is() {
    let house = shop().await;
    let mut root = house.browser("root@example.com").await;
    let flow = publishes(&house, &[definition("What is it about?")]).await;
    let page = root.get(&format!("{flow}/edit")).await.body;
    let nodes = "\"nodes\": {\n\"tag\": { \"kind\": \"add_tag\", \"tag\": \"VIP\", \"next\": \"note\" },\n\
        \"note\": { \"kind\": \"set_field\", \"field\": \"plan\", \"value\": \"{contact.plan}\", \"next\": \"topic\" },\n";
    let text = typed(&page).replace("\"start\": \"topic\"", "\"start\": \"tag\"").replace("\"nodes\": {", nodes);
    let answer = types(&mut root, &flow, &text, value(&page, "seen_version")).await;
    has(&answer.body, &["3 problems", "there is no tag “VIP”", "there is no field “plan”"]);
    let lines: Vec<&str> = answer.body.split("data-line=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let line = |words: &str| (text.lines().position(|line| line.contains(words)).unwrap() + 1).to_string();
    assert_eq!(lines, [line("\"VIP\""), line("\"plan\""), line("\"plan\"")]);
    has(&root.get(&format!("{flow}/publication")).await.body, &["3 problems", "Mend what is wrong first."]);
    assert_eq!(root.post("/settings/tags", &[("name", "VIP"), ("colour", "purple")]).await.status, 303);
    assert_eq!(root.post("/settings/fields", &[("label", "Plan"), ("of", "contact"), ("kind", "text")]).await.status, 303);
    let answer = types(&mut root, &flow, &text, value(&answer.body, "seen_version")).await;
    has(&answer.body, &["Nothing is wrong with it."]);
    let page = root.get(&format!("{flow}/edit")).await.body;
    has(&page, &[r#""tags":[{"key":"VIP","about":""}]"#, r#""fields":[{"key":"plan","about":"Plan"}]"#]);
}

#[actix_web::test]
async fn everything_wrong_is_listed_with_its_place_while_one_types_and_cannot_be_published() {
    let house = shop().await;
    let mut root = house.browser("root@example.com").await;
    let flow = publishes(&house, &[definition("What is it about?")]).await;
    let page = root.get(&format!("{flow}/edit")).await.body;
    has(&page, &["Nothing is wrong with it.", "The same as version <bdi>1</bdi>"]);
    let text = typed(&page);
    let wrong =
        text.replace("\"next\": \"over\"", "\"next\": \"nowhere\"").replace("\"label\": \"Topic\"", "\"label\": \"Topic\", \"colour\": 1");
    let answer = types(&mut root, &flow, &wrong, value(&page, "seen_version")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    has(
        &answer.body,
        &["2 problems", "there is no node “nowhere”", "unknown field “colour”", "target=\"drawing\"", "drawing__node--unreached"],
    );
    let lines: Vec<&str> = answer.body.split("data-line=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let line = |words: &str| (wrong.lines().position(|line| line.contains(words)).unwrap() + 1).to_string();
    assert_eq!(lines, [line("\"colour\""), line("\"nowhere\"")]);

    let broken = types(&mut root, &flow, "{ \"format\": 1,", value(&answer.body, "seen_version")).await;
    has(&broken.body, &["1 problem<", "the text ends too early", "1:14"]);
    assert!(!broken.body.contains("target=\"drawing\""), "the last drawing stays");
    has(&root.get(&format!("{flow}/edit")).await.body, &["the text ends too early", "There is nothing to draw yet."]);
    has(&root.get(&format!("{flow}/publication")).await.body, &["1 problem", "Mend what is wrong first."]);
    assert_eq!(root.post(&format!("{flow}/publication"), &[]).await.location, format!("{flow}/publication"));
    assert!(root.get(&flow).await.body.contains("Version 1") && !root.get(&flow).await.body.contains("Version 2"));
    let phone = presses(&mut root, &flow, "", &[("do", "say"), ("say", "hi")]).await;
    has(&phone, &["It can be tried as soon as nothing is wrong with it."]);
    let phone = presses(&mut root, &flow, "", &[("do", "say"), ("say", "hi"), ("body", &text)]).await;
    has(&phone, &["What is it about?"]);
    let huge = "x".repeat(270_000);
    assert_eq!(types(&mut root, &flow, &huge, value(&broken.body, "seen_version")).await.status, 413);
}

#[actix_web::test]
async fn two_who_write_at_one_flow_never_overwrite_each_other() {
    let house = shop().await;
    house.hires("gil@example.com", Role::Admin).await;
    let (mut root, mut gil) = (house.browser("root@example.com").await, house.browser("gil@example.com").await);
    let flow = publishes(&house, &[definition("What is it about?")]).await;
    let edit = format!("{flow}/edit");
    let text = typed(&root.get(&edit).await.body);
    let (mine, theirs) = (text.replace("What is it", "My own"), text.replace("What is it", "Another"));
    assert_eq!(types(&mut gil, &flow, &theirs, "0").await.status, 200);
    let late = types(&mut root, &flow, &mine, "0").await;
    assert_eq!(late.status, 409, "{}", late.body);
    has(&late.body, &["<bdi>Ana</bdi> wrote at this flow meanwhile", "Another about?", "Keep mine"]);
    let plain = root.post(&format!("{flow}/draft"), &[("body", &mine), ("seen_version", "0")]).await;
    assert_eq!((plain.status.as_u16(), typed(&plain.body)), (409, mine.clone()), "without scripts, too, what was typed stays");
    has(&plain.body, &["<bdi>Ana</bdi> wrote at this flow meanwhile"]);
    assert!(typed(&root.get(&edit).await.body).contains("Another about?"));
    let over = value(&plain.body, "over").to_owned();
    let kept = root.post(&format!("{flow}/draft"), &[("body", &mine), ("seen_version", "0"), ("over", &over)]).await;
    assert_eq!((kept.status.as_u16(), kept.location.as_str()), (303, edit.as_str()), "{}", kept.body);
    assert!(typed(&gil.get(&edit).await.body).contains("My own about?"));

    let seen = value(&root.get(&edit).await.body, "seen_version").to_owned();
    let publication = root.get(&format!("{flow}/publication")).await.body;
    assert_eq!(types(&mut gil, &flow, &theirs, &seen).await.status, 200);
    let form = [("seen", value(&publication, "seen")), ("seen_version", value(&publication, "seen_version"))];
    let refused = root.post(&format!("{flow}/publication"), &form).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    has(&refused.body, &["changed this while you were looking", "<ins><bdi>Another about?</bdi></ins>"]);

    let kept = root.post(&format!("{flow}/draft/removal"), &[("seen_version", &seen), ("body", &mine)]).await;
    assert_eq!((kept.status.as_u16(), typed(&kept.body)), (409, mine.clone()), "it is another draft by now");
    has(&kept.body, &["<bdi>Ana</bdi> wrote at this flow meanwhile"]);
    let seen = value(&root.get(&edit).await.body, "seen_version").to_owned();
    assert_eq!(root.post(&format!("{flow}/draft/removal"), &[("seen_version", &seen)]).await.status, 303);
    assert_eq!(typed(&root.get(&edit).await.body), text, "what is published is where it goes on");
    let gone = types(&mut gil, &flow, &mine, &seen).await;
    assert!(gone.status == 409 && gone.body.contains("threw this draft away"), "{}", gone.body);
}

async fn imports(root: &mut Browser<'_>, name: &str, file: &str) -> Answer {
    let token = root.csrf().await;
    let part = format!(
        "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: application/json\r\n\r\n{file}\r\n"
    );
    let request = TestRequest::post().uri(&format!("{FLOWS}/imports")).insert_header((csrf::HEADER, token));
    root.ask(request.insert_header((CONTENT_TYPE, "multipart/form-data; boundary=b")).set_payload(format!("{part}--b--\r\n"))).await
}

#[actix_web::test]
async fn a_file_becomes_a_flow_whatever_is_wrong_with_it() {
    let house = shop().await;
    let mut root = house.browser("root@example.com").await;
    let text = format!("{:#}\n", definition("From elsewhere?"));
    let imported = imports(&mut root, "welcome.json", &text).await;
    assert_eq!(imported.status, 303, "{}", imported.body);
    let page = root.get(&imported.location).await.body;
    assert_eq!(typed(&page), text, "as it was written");
    has(&page, &["Nothing is wrong with it."]);
    let broken = imports(&mut root, "half a flow.json", "{ \"format\": ").await;
    has(&root.get(&broken.location).await.body, &["<bdi>half a flow</bdi>", "1 problem"]);
    assert_eq!(imports(&mut root, "large.json", &" ".repeat(270_000)).await.status, 413);
    let schema = root.get("/schemas/flow.json").await;
    let schema: Value = serde_json::from_str(&schema.body).unwrap();
    assert_eq!(schema["properties"]["format"]["const"], json!(1));
}

/// A flow of so many nodes, one after the other.
fn long(count: usize) -> Value {
    let node = |place: usize| {
        let (field, next) = (format!("field_{place}"), format!("n{}", place + 1));
        (format!("n{place}"), json!({ "kind": "ask", "as": "text", "prompt": "And then?", "field": field, "label": "Then", "next": next }))
    };
    let mut nodes: serde_json::Map<String, Value> = (0..count - 1).map(node).collect();
    nodes.insert(format!("n{}", count - 1), json!({ "kind": "hand_off" }));
    json!({ "format": 1, "name": "Long", "start": "n0", "default_queue": "support", "nodes": nodes })
}

#[actix_web::test]
async fn a_long_flow_is_written_and_drawn_like_a_short_one() {
    let house: House = shop().await;
    let mut root = house.browser("root@example.com").await;
    let flow = publishes(&house, &[long(200)]).await;
    let page = root.get(&format!("{flow}/edit")).await.body;
    has(&page, &["Nothing is wrong with it.", r#"data-node="n199""#]);
    assert_eq!(page.matches("data-node=\"n").count(), 200);
    let too_long = types(&mut root, &flow, &long(251).to_string(), "0").await;
    has(&too_long.body, &["must be 1 to 250, not 251"]);
}

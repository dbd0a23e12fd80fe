//! Canned replies: everybody's, a team's and one's own; filled in, counted, and brought in by a file.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::TestRequest;
use baton::domain::access::Role;
use baton::domain::ids::ConversationId;
use baton::domain::inbound::InboundContent;

use crate::house::{Answer, Browser};
use crate::shop::Shop;
use crate::teams::{adds, takes_back, value};

const REPLIES: &str = "/settings/canned-replies";

/// Adds one; answers where its page is.
async fn keeps(browser: &mut Browser<'_>, shortcut: &str, body: &str, audience: &str) -> String {
    let added = browser.post(REPLIES, &[("shortcut", shortcut), ("body", body), ("audience", audience)]).await;
    assert_eq!(added.status, 303, "{}", added.body);
    added.location.split('?').next().unwrap_or_default().to_owned()
}

async fn offered(browser: &mut Browser<'_>, conversation: ConversationId, word: &str) -> Vec<(String, String)> {
    let answer = browser.get(&format!("/conversations/{conversation}/canned-replies?q={word}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let all: Vec<serde_json::Value> = serde_json::from_str(&answer.body).unwrap();
    let text = |one: &serde_json::Value, part: &str| one[part].as_str().unwrap_or_default().to_owned();
    all.iter().map(|one| (text(one, "shortcut"), text(one, "body"))).collect()
}

async fn sends_file(browser: &mut Browser<'_>, file: &[u8], more: &[(&str, &str)]) -> Answer {
    let mut body = Vec::new();
    let csrf = browser.csrf().await;
    for (name, value) in [("csrf", csrf.as_str())].iter().chain(more) {
        body.extend_from_slice(format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes());
    }
    body.extend_from_slice(b"--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n\r\n");
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--b--\r\n");
    let request = TestRequest::post().uri(&format!("{REPLIES}/import"));
    browser.ask(request.insert_header((CONTENT_TYPE, "multipart/form-data; boundary=b")).set_payload(body)).await
}

#[actix_web::test]
async fn a_reply_is_filled_in_for_the_customer_and_counted_when_an_answer_began_from_it() {
    let shop = Shop::open().await;
    shop.house.hires("root@example.com", Role::Admin).await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let conversation = shop.hears_from("447700900111", "Zoë Marin", InboundContent::Text { body: "Hi".to_owned() }, None).await;
    ana.does(conversation, "assignment", &[]).await;
    let mut root = shop.house.browser("root@example.com").await;
    let page = keeps(&mut root, "/hello", "Hello {{contact.first_name}}, {{agent.first_name}} here.", "everybody").await;
    assert_eq!(offered(&mut ana.browser, conversation, "hel").await, [("hello".to_owned(), "Hello Zoë, Ana here.".to_owned())]);
    assert_eq!(offered(&mut ana.browser, conversation, "nothing").await, []);
    let preview = root
        .post(
            &format!("{page}/preview"),
            &[("body", "Dear {{contact.name}}"), ("with", &conversation.to_string()), ("audience", "everybody")],
        )
        .await;
    assert!(preview.status == 200 && preview.body.contains("Dear Zoë Marin"), "{}", preview.body);
    let unknown = root.post(&page, &[("shortcut", "hello"), ("body", "{{contct.name}}"), ("audience", "everybody")]).await;
    assert!(unknown.status == 422 && unknown.body.contains("{{<bdi>contct.name</bdi>}}"), "{}", unknown.body);
    for audience in ["", "nobody", "Sales"] {
        for place in [REPLIES, page.as_str()] {
            let fields = [("shortcut", "hey"), ("body", "Hey"), ("audience", audience)];
            let refused = root.post(place, &fields).await;
            assert!(refused.status == 422 && refused.body.contains("That team is not in this workspace"), "{}", refused.body);
        }
    }
    assert_eq!(offered(&mut ana.browser, conversation, "hey").await, [], "what cannot be read is not everybody's");

    let id = page.rsplit('/').next().unwrap_or_default().to_owned();
    for (message, canned) in [(uuid::Uuid::now_v7(), id.clone()), (uuid::Uuid::now_v7(), String::new())] {
        let message = message.to_string();
        for _ in 0..2 {
            let fields = [("message_id", message.as_str()), ("text", "Hello Zoë"), ("canned", &canned)];
            let sent = ana.browser.post(&format!("/conversations/{conversation}/messages"), &fields).await;
            assert!(sent.status.as_u16() < 400, "{}", sent.body);
        }
    }
    assert!(root.get(&page).await.body.contains("used once"), "a form that came twice counts once");
    assert!(root.get(REPLIES).await.body.contains("used once"));
}

#[actix_web::test]
async fn everybody_keeps_their_own_and_sees_nobody_elses_and_only_admins_change_what_is_everybodys() {
    let shop = Shop::open().await;
    shop.house.hires("root@example.com", Role::Admin).await;
    shop.house.hires("out@example.com", Role::Agent).await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await.browser;
    let mut root = shop.house.browser("root@example.com").await;
    let mut out = shop.house.browser("out@example.com").await;
    let shared = keeps(&mut root, "hello", "Hello!", "everybody").await;
    let list = root.get("/settings/teams").await.body;
    let everybody = list.split("/settings/teams/").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
    let fields = [("shortcut", "team"), ("body", "For the team"), ("audience", everybody.as_str()), ("folder", "Refunds")];
    let of_team = root.post(REPLIES, &fields).await.location.split('?').next().unwrap_or_default().to_owned();
    for (browser, names) in [(&mut root, true), (&mut ana, true), (&mut out, false)] {
        assert_eq!(browser.get(REPLIES).await.body.contains("Refunds"), names, "a folder is known to whoever has something in it");
    }
    let own = keeps(&mut ana, "hello", "Hiya!", "everybody").await;
    let page = ana.get(&own).await.body;
    assert!(page.contains("Only me") && !page.contains(r#"value="everybody""#), "who may not set up keeps only their own: {page}");

    let conversation = shop.hears("447700900111", InboundContent::Text { body: "Hi".to_owned() }).await;
    let names = |offered: Vec<(String, String)>| offered.into_iter().map(|(_, body)| body).collect::<Vec<_>>();
    assert_eq!(names(offered(&mut ana, conversation, "").await), ["Hiya!", "Hello!", "For the team"]);
    assert_eq!(names(offered(&mut out, conversation, "").await), ["Hello!"]);
    assert_eq!(out.get(&of_team).await.status, 404);
    for browser in [&mut root, &mut out] {
        assert_eq!(browser.get(&own).await.status, 404);
        assert_eq!(browser.post(&own, &[("shortcut", "x"), ("body", "x")]).await.status, 404);
        assert_eq!(browser.post(&format!("{own}/removal"), &[]).await.status, 404);
        assert!(!browser.get(REPLIES).await.body.contains("Hiya!"));
    }
    let changes = root.get("/settings/changes").await.body;
    assert_eq!((changes.contains("Hiya!"), changes.matches("<bdi>hello</bdi>").count()), (false, 1), "nobody else's matter: {changes}");
    for (address, fields) in [(shared.clone(), vec![("shortcut", "x"), ("body", "x")]), (format!("{shared}/removal"), vec![])] {
        let refused = ana.post(&address, &fields).await;
        assert!(refused.status == 422 && refused.body.contains("Only an admin can change"), "{}", refused.body);
    }
    assert!(ana.get(&shared).await.body.contains("Only an admin can change"));
    let changed = ana.post(&own, &[("shortcut", "hello"), ("body", "Ahoy!"), ("seen", value(&page, "seen"))]).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    let page = ana.get(&changed.location).await.body;
    assert!(page.contains("Ahoy!") && page.contains(r#"action="/settings/canned-replies/undo""#), "{page}");
    let did = changed.location.rsplit('=').next().unwrap_or_default().to_owned();
    assert_eq!(ana.post(&format!("{REPLIES}/undo"), &[("seq", &did)]).await.status, 303);
    assert_eq!(names(offered(&mut ana, conversation, "hel").await), ["Hiya!", "Hello!"]);
    let theirs = ana.post(&format!("{REPLIES}/undo"), &[("seq", "1")]).await;
    assert_eq!(theirs.status, 409, "{}", theirs.body);
}

#[actix_web::test]
async fn a_file_is_a_plan_first_and_then_one_act_that_one_undo_takes_back() {
    let shop = Shop::open().await;
    shop.house.hires("root@example.com", Role::Admin).await;
    let mut root = shop.house.browser("root@example.com").await;
    adds(&mut root, "Sales").await;
    keeps(&mut root, "hello", "Hello!", "everybody").await;
    keeps(&mut root, "sum", "=1+1", "everybody").await;
    let faulty = sends_file(&mut root, b"shortcut;text;team\nhello;Hi;Nobody\ngood day;x;\n", &[]).await;
    assert_eq!(faulty.status, 422, "{}", faulty.body);
    for words in ["Line 2: There is no team “Nobody”", "Line 3: “good day” cannot be a shortcut", "2 faults"] {
        assert!(faulty.body.contains(words), "{words}: {}", faulty.body);
    }
    let file = "\u{feff}shortcut,text,folder,team\nhello,\"Hello, you\",First,sales\nsum,'=1+1,,\n";
    let many: String = (0..2_100).map(|number| format!("new{number},Text {number},Many,\n")).collect();
    let file = format!("{file}{many}");
    let plan = sends_file(&mut root, file.as_bytes(), &[]).await;
    assert_eq!(plan.status, 200, "{}", plan.body);
    for words in ["2100 new", "1 changed", "1 as it is", "0 faults"] {
        assert!(plan.body.contains(words), "{words}: {}", plan.body);
    }
    assert!(!root.get(REPLIES).await.body.contains("new0"), "a plan changes nothing");
    let seen = value(&plan.body, "seen").to_owned();
    keeps(&mut root, "between", "x", "everybody").await;
    let applied = sends_file(&mut root, file.as_bytes(), &[("agreed", "yes"), ("seen", &seen)]).await;
    assert_eq!(applied.status, 303, "{}", applied.body);
    let list = root.get(&format!("{REPLIES}?q=new20&folder=Many")).await.body;
    assert!(list.contains("111 canned replies") && list.contains("/new2000") && !list.contains("/hello"), "{list}");
    let again = sends_file(&mut root, file.as_bytes(), &[]).await;
    assert!(again.body.contains("Everything is so already"), "{}", again.body);
    let export = root.get(&format!("{REPLIES}/export")).await;
    assert!(export.body.contains("hello,\"Hello, you\",First,Sales") && export.body.contains("sum,'=1+1"), "{}", export.body);
    assert!(sends_file(&mut root, export.body.as_bytes(), &[]).await.body.contains("Everything is so already"));
    let did = applied.location.rsplit('=').next().unwrap_or_default().to_owned();
    assert_eq!(takes_back(&mut root, &did).await.status, 303);
    let list = root.get(REPLIES).await.body;
    assert!(list.contains("3 canned replies") && list.contains("Hello!") && list.contains("between"), "{list}");
}

//! Forms, with and without scripts.

use actix_web::http::header::ACCEPT;
use actix_web::test::TestRequest;
use baton::domain::access::Role;
use baton::domain::ids::ConversationId;
use uuid::Uuid;

use crate::house::Answer;
use crate::html::{attribute, element, seen_of_page};
use crate::shop::{Agent, Shop};

/// Posts a form as a script of ours does.
pub async fn posts_live(agent: &mut Agent<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = agent.browser.csrf().await;
    let form: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
    let request = TestRequest::post().uri(path).insert_header((ACCEPT, "text/vnd.turbo-stream.html, text/html"));
    agent.browser.ask(request.set_form(form)).await
}

fn messages(id: ConversationId) -> String {
    format!("/conversations/{id}/messages")
}

#[actix_web::test]
async fn a_form_sent_twice_is_one_message_and_one_note() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    let own = Uuid::now_v7().to_string();
    for _ in 0..2 {
        ana.does(id, "messages", &[("message_id", &own), ("text", "Hello"), ("seen", "99")]).await;
        ana.does(id, "notes", &[("note_id", &own), ("body", "note")]).await;
    }
    assert_eq!((shop.count("messages").await, shop.count("notes").await, shop.count("outbox").await), (2, 1, 1));
}

#[actix_web::test]
async fn an_id_that_was_used_in_another_conversation_is_refused_in_words_and_not_taken_for_a_double_click() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let first = shop.hears_text("34600000001", "Hi").await;
    let second = shop.hears_text("34600000002", "Hello").await;
    let own = Uuid::now_v7().to_string();
    for id in [first, second] {
        ana.does(id, "assignment", &[]).await;
    }
    ana.does(first, "messages", &[("message_id", &own), ("text", "For the first")]).await;
    ana.does(first, "notes", &[("note_id", &own), ("body", "Of the first")]).await;
    for (what, fields) in
        [("messages", [("message_id", own.as_str()), ("text", "For the second")]), ("notes", [("note_id", &own), ("body", "x")])]
    {
        let plain = ana.posts(second, what, &fields).await;
        assert_eq!(plain.status, 409, "{what}: {}", plain.body);
        assert!(plain.body.contains("already used elsewhere"), "{what}: {}", plain.body);
        let live = posts_live(&mut ana, &format!("/conversations/{second}/{what}"), &fields).await;
        assert_eq!((live.status.as_u16(), live.body.contains("composer-refusal")), (409, true), "{what}: {}", live.body);
    }
    let client = shop.house.state.store.client().await.unwrap();
    let heard = client.query_one("SELECT id::text FROM messages WHERE direction = 'inbound' LIMIT 1", &[]).await.unwrap();
    let theirs = ana.posts(first, "messages", &[("message_id", heard.get::<_, &str>(0)), ("text", "As if it were mine")]).await;
    assert_eq!(theirs.status, 409, "the id of a message that is not Ana's");
    assert_eq!((shop.count("messages").await, shop.count("notes").await), (3, 1));
}

#[actix_web::test]
async fn what_is_wrong_with_the_words_is_told_apart_from_what_is_wrong_with_the_moment() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    let long = "x".repeat(4_097);
    for text in ["", "  ", &long] {
        let refused = ana.posts(id, "messages", &[("message_id", &Uuid::now_v7().to_string()), ("text", text)]).await;
        assert_eq!(refused.status, 422);
    }
    assert_eq!(ana.posts(id, "assignment", &[]).await.status, 409, "it is taken already");
    assert_eq!(ana.posts(id, "reopening", &[]).await.status, 409, "it is open");
}

#[actix_web::test]
async fn a_live_form_is_answered_without_a_page() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    let refused = posts_live(&mut ana, &messages(id), &[("message_id", &Uuid::now_v7().to_string()), ("text", "Hello")]).await;
    assert_eq!(refused.status, 409, "nobody has taken it");
    assert!(refused.body.starts_with(r#"<turbo-stream action="update" target="composer-refusal">"#), "{}", refused.body);
    let again = posts_live(&mut ana, &format!("/conversations/{id}/reopening"), &[]).await;
    assert_eq!((again.status.as_u16(), again.body.contains("composer-refusal")), (409, true));
    let taken = posts_live(&mut ana, &format!("/conversations/{id}/assignment"), &[]).await;
    assert_eq!(taken.status, 200);
    assert!(taken.body.starts_with(r#"<turbo-stream action="append" target="toasts">"#), "{}", taken.body);
    let note = [("note_id", &*Uuid::now_v7().to_string()), ("body", "hm")];
    let noted = posts_live(&mut ana, &format!("/conversations/{id}/notes"), &note).await;
    assert_eq!((noted.status.as_u16(), noted.body.as_str()), (204, ""));
}

#[actix_web::test]
async fn a_plain_reply_that_is_refused_keeps_its_text() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    let refused = ana.posts(id, "messages", &[("message_id", &Uuid::now_v7().to_string()), ("text", "Hello <you>")]).await;
    assert_eq!(refused.status, 409);
    let text = element(&refused.body, "reply-text").expect("a composer");
    assert!(text.contains("Hello &#60;you&#62;") || text.contains("Hello &lt;you&gt;"), "{text}");
    assert!(element(&refused.body, "composer-refusal").unwrap().contains("<p>"));
    let other = ana.posts(id, "reopening", &[]).await;
    assert_eq!((other.status.as_u16(), other.body.contains("role=\"alert\"")), (409, true));
}

#[actix_web::test]
async fn a_reply_is_held_when_the_customer_wrote_meanwhile() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    let seen = seen_of_page(&ana.opens(id).await).seq.to_string();
    shop.hears_text("34600000001", "Forget it").await;
    let message = Uuid::now_v7().to_string();
    let fields = [("message_id", message.as_str()), ("text", "On its way"), ("seen", &seen), ("resolve", "true")];
    let live = posts_live(&mut ana, &messages(id), &fields).await;
    assert_eq!(live.status, 409);
    assert!(live.body.starts_with(r#"<turbo-stream action="update" target="guard">"#), "{}", live.body);
    let plain = ana.posts(id, "messages", &fields).await;
    assert_eq!(plain.status, 409);
    for answer in [&live, &plain] {
        for words in ["Forget it", "On its way", &message] {
            assert!(answer.body.contains(words), "{words} is missing in {}", answer.body);
        }
        assert!(!answer.body.contains(">Hi<"), "what was seen is shown as new");
    }
    let field = plain.body.split("<input").find(|field| field.contains("name=\"seen\"")).unwrap();
    let now_seen = attribute(&format!("<input{field}"), "value").unwrap().to_owned();
    ana.does(id, "messages", &[("message_id", &message), ("text", "On its way"), ("seen", &now_seen)]).await;
    assert_eq!(shop.count("outbox").await, 1);
}

#[actix_web::test]
async fn a_reply_goes_out_anyway_when_its_author_says_so() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    let fields = [("message_id", &*Uuid::now_v7().to_string()), ("text", "Hello"), ("seen", "0"), ("anyway", "1")];
    ana.does(id, "messages", &fields).await;
}

#[actix_web::test]
async fn an_answer_may_resolve_and_empties_the_draft() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    let writer = Uuid::now_v7().to_string();
    let draft = [("body", "Hello\r\nfrom a draft\0"), ("writer", &*writer), ("turn", "1")];
    assert_eq!(ana.posts(id, "draft", &draft).await.status, 200);
    let page = ana.opens(id).await;
    assert!(element(&page, "reply-text").unwrap().contains("Hello\nfrom a draft</"), "{:?}", element(&page, "reply-text"));
    assert!(page.contains(r#"name="seen_version" value="1""#), "the form says which draft it is");
    let fields = [("message_id", &*Uuid::now_v7().to_string()), ("text", "Bye"), ("resolve", "true"), ("seen_version", "1")];
    ana.does(id, "messages", &fields).await;
    let page = ana.opens(id).await;
    assert!(page.contains(r#"data-stance="resolved""#));
    assert_eq!(shop.count("drafts WHERE body <> ''").await, 0);
}

#[actix_web::test]
async fn a_conversation_is_handed_on_and_only_to_who_is_there() {
    let shop = Shop::open().await;
    let (mut ana, ben) = (shop.hires("ana@example.com", Role::Agent).await, shop.hires("ben@example.com", Role::Agent).await);
    let id = shop.hears_text("34600000001", "Hi").await;
    let nobody = format!("agent:{}", Uuid::now_v7());
    assert_eq!(ana.posts(id, "transfer", &[("to", &nobody)]).await.status, 422);
    ana.does(id, "transfer", &[("to", &format!("agent:{}", ben.user)), ("note", "yours")]).await;
    assert!(ana.opens(id).await.contains(r#"data-stance="other""#));
    assert_eq!(ana.posts(id, "transfer", &[("to", &nobody)]).await.status, 409, "Ben holds it");
    assert_eq!(ana.posts(id, "transfer", &[("to", "nonsense")]).await.status, 400);
}

#[actix_web::test]
async fn a_person_goes_away_and_comes_back() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    for (availability, opposite) in [("away", "online"), ("online", "away")] {
        let answer = ana.browser.post("/availability", &[("availability", availability)]).await;
        assert_eq!((answer.status.as_u16(), answer.location.as_str()), (303, "/inbox"));
        assert!(ana.sees("/inbox").await.contains(&format!(r#"name="availability" value="{opposite}""#)));
    }
    assert_eq!(ana.browser.post("/availability", &[("availability", "asleep")]).await.status, 400);
}

//! Drafts over HTTP: what pages are told, and what becomes of a draft that is sent.

use actix_web::test::TestRequest;
use baton::domain::access::Role;
use baton::domain::ids::ConversationId;
use baton::web::drafts::LONGEST;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::forms::posts_live;
use crate::html::element;
use crate::shop::{Agent, Shop};

/// A page that writes drafts: its name, and how often it has saved.
struct Page {
    writer: Uuid,
    turn: i64,
    seen: i64,
}

impl Page {
    fn new(number: u128) -> Self {
        Self { writer: Uuid::from_u128(number), turn: 0, seen: 0 }
    }

    /// What a form says of this page, in its next turn.
    fn fields(&mut self) -> Vec<(&'static str, String)> {
        self.turn += 1;
        vec![("writer", self.writer.to_string()), ("turn", self.turn.to_string()), ("seen_version", self.seen.to_string())]
    }

    async fn saves(&mut self, agent: &mut Agent<'_>, id: ConversationId, kind: &str, body: &str) -> (u16, Value) {
        let own = self.fields();
        let fields: Vec<(&str, &str)> =
            own.iter().map(|(name, value)| (*name, value.as_str())).chain([("kind", kind), ("body", body)]).collect();
        let answer = posts_live(agent, &format!("/conversations/{id}/draft"), &fields).await;
        let said: Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"));
        if let Some(version) = said["version"].as_i64().filter(|_| answer.status == 200) {
            self.seen = version;
        }
        (answer.status.as_u16(), said)
    }
}

async fn looks(agent: &mut Agent<'_>, id: ConversationId) -> Value {
    let answer = agent.browser.ask(TestRequest::with_uri(&format!("/conversations/{id}/draft"))).await;
    serde_json::from_str(&answer.body).unwrap()
}

#[actix_web::test]
async fn a_save_on_top_of_what_it_has_not_seen_is_answered_with_what_is_newer() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    let (mut first, mut second) = (Page::new(1), Page::new(2));
    assert_eq!(first.saves(&mut ana, id, "reply", "one").await, (200, json!({ "version": 1, "cut": false })));
    let (status, newer) = second.saves(&mut ana, id, "reply", "two").await;
    assert_eq!((status, &newer["body"], &newer["version"], &newer["writer"]), (409, &json!("one"), &json!(1), &json!(first.writer)));
    second.seen = 1;
    assert_eq!(second.saves(&mut ana, id, "reply", "two").await.0, 200);
    assert_eq!(second.saves(&mut ana, id, "note", "for Ben").await.0, 200);
    let both = looks(&mut ana, id).await;
    assert_eq!((&both["reply"]["body"], &both["note"]["body"]), (&json!("two"), &json!("for Ben")));
    let page = ana.opens(id).await;
    for (field, words, version) in [("reply-text", "two", 2), ("note-text", "for Ben", 1)] {
        let field = element(&page, field).unwrap();
        assert!(field.contains(words) && field.contains(&format!(r#"data-version="{version}""#)), "{field}");
        assert!(field.contains(&format!(r#"data-writer="{}""#, second.writer)), "{field}");
    }
}

#[actix_web::test]
async fn a_long_draft_is_kept_whatever_it_is_written_in_and_a_longer_one_is_said_to_be_cut() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    let mut page = Page::new(1);
    let longest = "🙂".repeat(LONGEST);
    assert_eq!(page.saves(&mut ana, id, "reply", &longest).await, (200, json!({ "version": 1, "cut": false })));
    assert_eq!(looks(&mut ana, id).await["reply"]["body"], json!(longest));
    assert_eq!(
        page.saves(&mut ana, id, "reply", &format!("{longest}x")).await,
        (200, json!({ "version": 1, "cut": true })),
        "what is kept is the same"
    );
    assert_eq!(looks(&mut ana, id).await["reply"]["body"], json!(longest));
}

#[actix_web::test]
async fn a_draft_that_begins_with_an_empty_line_keeps_it() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    Page::new(1).saves(&mut ana, id, "reply", "\nHello").await;
    // A browser drops the first line break inside a text area.
    assert!(element(&ana.opens(id).await, "reply-text").unwrap().contains(">\n\nHello</textarea>"));
}

#[actix_web::test]
async fn what_is_sent_is_no_draft_any_more_and_what_came_after_it_is() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    for (path, kind, own, text) in [("messages", "reply", "message_id", "text"), ("notes", "note", "note_id", "body")] {
        for goes_on in [false, true] {
            let mut page = Page::new(1 + u128::from(goes_on));
            page.seen = looks(&mut ana, id).await[kind]["version"].as_i64().unwrap();
            page.saves(&mut ana, id, kind, "Hello").await;
            let (sent, message) = (page.fields(), Uuid::now_v7().to_string());
            if goes_on {
                page.saves(&mut ana, id, kind, "And another thing").await;
            }
            let fields: Vec<(&str, &str)> = sent
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .chain([(own, message.as_str()), (text, "Hello"), ("seen", "99")])
                .collect();
            let answer = posts_live(&mut ana, &format!("/conversations/{id}/{path}"), &fields).await;
            assert_eq!(answer.status, 204, "{answer:?}");
            let expected = if goes_on { "And another thing" } else { "" };
            assert_eq!(looks(&mut ana, id).await[kind]["body"], json!(expected), "{path}");
        }
    }
}

#[actix_web::test]
async fn a_message_that_is_refused_leaves_its_draft() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    let mut page = Page::new(1);
    page.saves(&mut ana, id, "reply", "Hello").await;
    let own = page.fields();
    let message = Uuid::now_v7().to_string();
    let fields: Vec<(&str, &str)> =
        own.iter().map(|(name, value)| (*name, value.as_str())).chain([("message_id", message.as_str()), ("text", "Hello")]).collect();
    assert_eq!(posts_live(&mut ana, &format!("/conversations/{id}/messages"), &fields).await.status, 409);
    assert_eq!(looks(&mut ana, id).await["reply"]["body"], json!("Hello"));
}

#[actix_web::test]
async fn a_row_shows_its_viewer_that_a_draft_waits() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let mut ben = shop.hires("ben@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    let mut page = Page::new(1);
    for (kind, body, marks) in [("reply", "Dear", "reply"), ("note", "hm", "reply note"), ("reply", "", "note")] {
        page.turn += 10;
        page.saves(&mut ana, id, kind, body).await;
        let row = |list: &str| element(list, &format!("row-{id}")).unwrap().to_owned();
        let own = row(&ana.sees("/inbox?view=all").await);
        assert!(own.contains(&format!(r#"data-drafts="{marks}""#)), "{own}");
        assert!(row(&ben.sees("/inbox?view=all").await).contains(r#"data-drafts="""#));
    }
}

#[actix_web::test]
async fn a_page_without_scripts_ends_only_the_draft_that_it_showed() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    let mut page = Page::new(1);
    page.saves(&mut ana, id, "reply", "Hello").await;
    for (goes_on, expected) in [(true, "And another thing"), (false, "")] {
        let shown = looks(&mut ana, id).await["reply"]["version"].to_string();
        if goes_on {
            page.saves(&mut ana, id, "reply", "And another thing").await;
        }
        let message = Uuid::now_v7().to_string();
        let fields = [("message_id", message.as_str()), ("text", "Hello"), ("seen", "99"), ("seen_version", shown.as_str())];
        ana.does(id, "messages", &fields).await;
        assert_eq!(looks(&mut ana, id).await["reply"]["body"], json!(expected));
    }
}

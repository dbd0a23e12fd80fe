//! What is not speech, as a person sees it: a plain line in the thread, and nothing anywhere else.

use baton::domain::access::Role;
use baton::domain::filter::View;
use baton::domain::ids::UserId;
use baton::domain::inbound::InboundContent;
use baton::domain::message::Status;
use baton::domain::unspoken::Unspoken;
use baton::web::locale::Locale;
use baton::web::threads::{Seen, since_html};
use uuid::Uuid;

use crate::html::element;
use crate::shop::Shop;
use crate::viewers::sees_all;

const PHONE: &str = "34600000001";

fn does(unspoken: Unspoken) -> InboundContent {
    InboundContent::Unspoken(unspoken)
}

fn reaction(emoji: &str, to: Option<&str>) -> InboundContent {
    does(Unspoken::Reaction { emoji: Some(emoji.to_owned()), to: to.map(str::to_owned) })
}

#[actix_web::test]
async fn reactions_edits_and_deletions_are_plain_lines_in_words() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text(PHONE, "Hi").await;
    ana.does(id, "assignment", &[]).await;
    let answer = ana.replies(id, "Your lamp <is> on its way").await;
    shop.is_told(answer, Status::Sent).await;
    shop.hears(PHONE, reaction("👍", Some(&format!("wamid.of.{answer}")))).await;
    shop.hears(PHONE, reaction("🎉", Some("wamid.elsewhere"))).await;
    shop.hears(PHONE, does(Unspoken::Edit { of: None, text: Some("the <blue> one".to_owned()) })).await;
    shop.hears(PHONE, does(Unspoken::Deletion { of: None })).await;
    shop.hears(PHONE, does(Unspoken::NumberChanged { to: Some("34600000009".to_owned()) })).await;
    let page = ana.opens(id).await;
    for words in [
        "Zoe</bdi> reacted <bdi>👍</bdi> to",
        "Your lamp",
        "Zoe</bdi> reacted <bdi>🎉</bdi></span>",
        "edited a message:",
        "deleted a message",
        "+34600000009",
    ] {
        assert!(page.contains(words), "{words} is missing");
    }
    assert!(!page.contains("<blue>") && !page.contains("class=\"raw\""), "text from outside became markup, or JSON is shown");
    let missed =
        |locale| since_html(&shop.house.state, locale, sees_all(shop.house.workspace, UserId(Uuid::nil())), id, Seen { seq: 0, ticked: 0 });
    let spanish = missed(Locale::ALL[1]).await.unwrap().unwrap().html;
    for words in ["Zoe</bdi> reaccionó con <bdi>👍</bdi> a", "editó un mensaje:", "eliminó un mensaje"] {
        assert!(spanish.contains(words), "{words} is missing");
    }
}

#[actix_web::test]
async fn what_is_not_speech_leaves_the_row_and_its_mark_as_they_were() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text(PHONE, "Hi").await;
    ana.does(id, "assignment", &[]).await;
    ana.replies(id, "Glad to help").await;
    ana.opens(id).await;
    let row = format!("row-{id}");
    let before = ana.sees("/inbox?view=mine").await;
    for content in
        [reaction("👍", None), does(Unspoken::Edit { of: None, text: Some("x".to_owned()) }), does(Unspoken::Deletion { of: None })]
    {
        shop.hears(PHONE, content).await;
    }
    let after = ana.sees("/inbox?view=mine").await;
    let shown = element(&before, &row).expect("a row");
    assert_eq!(element(&after, &row), Some(shown));
    assert!(shown.contains("Glad to help") && !shown.contains("is-unread"), "{shown}");
}

#[actix_web::test]
async fn who_never_wrote_and_only_reacts_is_found_under_resolved() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    shop.hears_text("34600000002", "Somebody else").await;
    shop.hears(PHONE, reaction("👍", None)).await;
    let store = &shop.house.state.store;
    let listed = store.list(sees_all(shop.house.workspace, UserId(Uuid::nil())), View::Resolved, None, 9).await.unwrap();
    let [found] = listed.as_slice() else { panic!("{listed:?}") };
    let page = ana.opens(found.conversation.id).await;
    assert!(page.contains("Zoe</bdi> reacted <bdi>👍</bdi>"));
    for view in ["mine", "queues", "unassigned", "all"] {
        assert!(!ana.sees(&format!("/inbox?view={view}")).await.contains(&format!("row-{}", found.conversation.id)), "{view}");
    }
}

#[actix_web::test]
async fn what_nobody_can_read_is_said_in_words() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears(PHONE, InboundContent::Unreadable { of: None }).await;
    shop.hears(PHONE, InboundContent::Unreadable { of: Some("edit".to_owned()) }).await;
    shop.hears(PHONE, InboundContent::Unreadable { of: Some("hologram".to_owned()) }).await;
    shop.hears(PHONE, InboundContent::Unsupported { of: "voice".to_owned() }).await;
    let page = ana.opens(id).await;
    for words in ["WhatsApp does not hand over", "WhatsApp does not say how it reads now", "hologram", "a voice message"] {
        assert!(page.contains(words), "{words} is missing");
    }
    assert!(ana.sees("/inbox?view=unassigned").await.contains(&format!("row-{id}")), "it waits for nobody");
}

//! Acts that are taken back, with and without scripts.

use baton::domain::access::Role;
use baton::domain::ids::ConversationId;

use crate::forms::posts_live;
use crate::html::element;
use crate::shop::{Agent, Shop};

/// The sequence that the offer on a page or in a stream names.
fn offered(body: &str) -> Option<&str> {
    body.split(r#"name="seq" value=""#).nth(1)?.split('"').next()
}

async fn does_live(agent: &mut Agent<'_>, id: ConversationId, what: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let answer = posts_live(agent, &format!("/conversations/{id}/{what}"), fields).await;
    (answer.status.as_u16(), answer.body)
}

#[actix_web::test]
async fn whatever_ends_or_moves_a_conversation_is_offered_to_be_taken_back() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let ben = shop.hires("ben@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    let to = format!("agent:{}", ben.user);
    let acts = [
        ("assignment", vec![], "queue"),
        ("resolution", vec![], "queue"),
        ("transfer", vec![("to", to.as_str())], "queue"),
        ("reopening", vec![], "resolved"),
    ];
    for (what, fields, before) in acts {
        if what == "reopening" {
            ana.does(id, "resolution", &[]).await;
        }
        let (status, body) = does_live(&mut ana, id, what, &fields).await;
        assert_eq!(status, 200, "{what}: {body}");
        let seq = offered(&body).unwrap_or_else(|| panic!("{what} is not offered to be taken back: {body}")).to_owned();
        assert!(body.contains("Zoe"), "it says whose conversation it was");
        let (status, body) = does_live(&mut ana, id, "undo", &[("seq", &seq)]).await;
        assert_eq!((status, body.contains("as it was before")), (200, true), "{what}: {body}");
        assert!(ana.opens(id).await.contains(&format!(r#"data-stance="{before}""#)), "{what} was not taken back");
        let (status, _) = does_live(&mut ana, id, "undo", &[("seq", &seq)]).await;
        assert_eq!(status, 204, "a double click is done already");
    }
}

#[actix_web::test]
async fn a_page_without_scripts_offers_it_too() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let mut ben = shop.hires("ben@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    ana.does(id, "resolution", &[]).await;
    assert_eq!(offered(element(&ben.opens(id).await, "toasts").unwrap()), None, "it was not Ben's act");
    let page = ana.opens(id).await;
    let seq = offered(element(&page, "toasts").unwrap()).expect("an offer").to_owned();
    ana.does(id, "undo", &[("seq", &seq)]).await;
    let page = ana.opens(id).await;
    assert!(page.contains(r#"data-stance="mine""#));
    assert_eq!(offered(element(&page, "toasts").unwrap()), None, "there is nothing left to take back");
    assert!(page.contains("Ana</bdi> undid resolving it"), "the thread shows it");
}

#[actix_web::test]
async fn whoever_was_quicker_is_named_and_nothing_changes() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let mut ben = shop.hires("ben@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    let queue = format!("queue:{}", shop.queue);
    ana.does(id, "assignment", &[]).await;
    let (_, body) = does_live(&mut ana, id, "transfer", &[("to", &queue)]).await;
    let seq = offered(&body).unwrap().to_owned();
    let (status, refused) = does_live(&mut ben, id, "undo", &[("seq", &seq)]).await;
    assert_eq!((status, refused.contains("nothing of yours")), (409, true), "{refused}");
    ben.does(id, "assignment", &[]).await;
    let (status, refused) = does_live(&mut ana, id, "undo", &[("seq", &seq)]).await;
    assert_eq!(
        (status, refused.contains(r#"target="toasts""#), refused.contains("holds the conversation now")),
        (409, true, true),
        "{refused}"
    );
    let plain = ana.posts(id, "undo", &[("seq", &seq)]).await;
    assert_eq!((plain.status.as_u16(), plain.body.contains("role=\"alert\"")), (409, true), "{}", plain.body);
    assert!(ben.opens(id).await.contains(r#"data-stance="mine""#));
    assert_eq!(ana.posts(id, "undo", &[("seq", "x")]).await.status, 400);
}

/// Pages may be hours old: what is said of people there is what was so then.
#[actix_web::test]
async fn whoever_gives_a_conversation_to_somebody_who_is_not_here_is_told_so_before_and_after() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let ben = shop.hires("ben@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    let page = ana.opens(id).await;
    let dialog = element(&page, "transfer").unwrap();
    assert!(dialog.contains("<bdi>Ana</bdi> is not here: they keep it for at most <bdi>2 minutes</bdi>"), "{dialog}");
    let instead = format!(r#"value="queue:{}""#, shop.queue);
    assert!(dialog.contains(&instead) && dialog.contains("To <bdi>Support</bdi> instead"), "{dialog}");
    assert_eq!((dialog.matches(r#"id="queue-instead""#).count(), dialog.matches(r#"for="queue-instead""#).count()), (1, 1));
    let (status, body) = does_live(&mut ana, id, "transfer", &[("to", &format!("agent:{}", ben.user))]).await;
    assert!(status == 200 && body.contains("<bdi>Ana</bdi> is not here, and keeps it for at most"), "{body}");
    assert!(offered(&body).is_some(), "{body}");
    shop.house.state.live.arrive(shop.house.workspace, ben.user);
    let other = shop.hears_text("34600000002", "Hi").await;
    ana.does(other, "assignment", &[]).await;
    assert!(!ana.opens(other).await.contains("is not here"));
    let (_, body) = does_live(&mut ana, other, "transfer", &[("to", &format!("agent:{}", ben.user))]).await;
    assert!(!body.contains("is not here"), "{body}");
}

#[actix_web::test]
async fn an_answer_that_resolves_offers_to_take_that_back() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    let message = uuid::Uuid::now_v7().to_string();
    let fields = [("message_id", message.as_str()), ("text", "Bye"), ("resolve", "true")];
    let (status, body) = does_live(&mut ana, id, "messages", &fields).await;
    assert_eq!((status, offered(&body).is_some()), (200, true), "{body}");
}

#[actix_web::test]
async fn who_has_no_room_is_told_so_as_themselves() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    ana.does(id, "resolution", &[]).await;
    let client = shop.house.state.store.client().await.unwrap();
    client.execute("UPDATE agents SET capacity = 0", &[]).await.unwrap();
    let (status, body) = does_live(&mut ana, id, "reopening", &[]).await;
    assert_eq!(status, 409);
    assert!(body.contains("You hold") && !body.contains("somebody else"), "{body}");
}

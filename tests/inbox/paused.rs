//! A number whose token has run out: its people are told what waits and why, and who may is told what to do.

use baton::domain::access::Role;
use baton::domain::delivery::{Outcome, Reaction};
use baton::domain::ids::ConversationId;
use baton::domain::message::Failure;
use baton::domain::setup::{By, Secret, SetupCommand};
use baton::store::dispatches::{Claim, Dispatch};
use uuid::Uuid;

use crate::shop::Shop;

const ADVICE: &str = "under Settings, Numbers";

/// Takes up what waits, whatever the allowance says.
async fn takes_up(shop: &Shop) -> Option<Dispatch> {
    let client = shop.house.state.store.client().await.unwrap();
    client.batch_execute("UPDATE allowances SET tokens = 10, paused_until = NULL; UPDATE outbox SET due_at = now()").await.unwrap();
    match shop.house.state.runner.claim_outbox(shop.house.workspace, shop.inbox, 1).await.unwrap().0 {
        Claim::Taken { dispatches: mut taken, .. } => taken.pop(),
        Claim::OutOfAllowance | Claim::PausedUntil(_) => None,
    }
}

/// Meta refuses what waits because of the token.
async fn is_refused(shop: &Shop) {
    let dispatch = takes_up(shop).await.expect("something waits");
    let failure = Failure { code: 190, title: "Error validating access token".to_owned() };
    let outcome = Outcome::Refused { failure, reaction: Reaction::PauseInbox { for_seconds: 300 } };
    shop.house.state.runner.record_delivery(&dispatch, outcome).await.unwrap();
}

async fn with_an_answer_that_waits(shop: &Shop) -> ConversationId {
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let conversation = shop.hears_text("34600000001", "hi").await;
    ana.does(conversation, "assignment", &[]).await;
    ana.replies(conversation, "hello").await;
    conversation
}

#[actix_web::test]
async fn everybody_is_told_that_a_number_sends_nothing_and_an_admin_what_to_do() {
    let shop = Shop::open().await;
    let conversation = with_an_answer_that_waits(&shop).await;
    let mut ben = shop.hires("ben@example.com", Role::Agent).await;
    let mut eve = shop.hires("eve@example.com", Role::Admin).await;
    assert!(!ben.sees("/inbox").await.contains("list__trouble"));
    is_refused(&shop).await;
    for page in [ben.sees("/inbox?view=resolved").await, ben.opens(conversation).await] {
        assert!(page.contains("sends nothing now") && page.contains("access token of this number is no longer valid"), "{page}");
        assert!(!page.contains(ADVICE), "{page}");
    }
    let page = eve.sees("/inbox").await;
    assert!(page.contains("sends nothing now") && page.contains(ADVICE), "{page}");
    assert!(!page.contains("+34 600 000 000"), "{page}");
}

#[actix_web::test]
async fn an_admin_finds_one_notice_a_day_however_often_it_was_tried() {
    let shop = Shop::open().await;
    with_an_answer_that_waits(&shop).await;
    let mut eve = shop.hires("eve@example.com", Role::Admin).await;
    for _ in 0..3 {
        is_refused(&shop).await;
    }
    assert!((1..=2).contains(&shop.count("notices").await), "one, or two around midnight");
    let page = eve.sees("/admin/notices").await;
    assert!(page.contains("Number paused") && page.contains(ADVICE) && page.contains("190"), "{page}");
}

async fn gets_a_new_token(shop: &Shop) {
    let command = SetupCommand::ReplaceAccessToken { inbox: shop.inbox, token: Secret::new("new".to_owned()) };
    shop.house.state.runner.configure(shop.house.workspace, &By::CommandLine, command, None).await.unwrap();
}

#[actix_web::test]
async fn what_waits_for_a_new_token_leaves_as_soon_as_there_is_one() {
    let shop = Shop::open().await;
    with_an_answer_that_waits(&shop).await;
    is_refused(&shop).await;
    assert_eq!(shop.count("outbox WHERE due_at > now()").await, 1);
    gets_a_new_token(&shop).await;
    assert_eq!(shop.count("outbox WHERE due_at > now()").await, 0);
}

#[actix_web::test]
async fn a_new_token_ends_it_and_so_does_a_send_that_is_tried_again() {
    let shop = Shop::open().await;
    with_an_answer_that_waits(&shop).await;
    let mut ben = shop.hires("ben@example.com", Role::Agent).await;
    is_refused(&shop).await;
    gets_a_new_token(&shop).await;
    assert!(!ben.sees("/inbox").await.contains("sends nothing now"));
    is_refused(&shop).await;
    assert!(ben.sees("/inbox").await.contains("sends nothing now"));
    takes_up(&shop).await.expect("the message still waits");
    assert!(!ben.sees("/inbox").await.contains("sends nothing now"));
}

#[actix_web::test]
async fn a_conversation_says_that_its_number_is_paused_or_disconnected_before_anybody_types() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let conversation = shop.hears_text("34600000001", "hi").await;
    ana.does(conversation, "assignment", &[]).await;
    let is_now = async |command| {
        shop.house.state.runner.configure(shop.house.workspace, &By::System, command, None).await.unwrap();
    };
    let page = ana.opens(conversation).await;
    assert!(page.contains(r#"data-number="speaks""#) && !page.contains("number-state"), "{page}");
    is_now(SetupCommand::PauseInbox { inbox: shop.inbox }).await;
    let page = ana.opens(conversation).await;
    assert!(page.contains(r#"data-number="paused""#) && page.contains("What you send waits"), "{page}");
    ana.replies(conversation, "it waits").await;
    is_now(SetupCommand::DisconnectInbox { inbox: shop.inbox }).await;
    let page = ana.opens(conversation).await;
    assert!(page.contains(r#"data-number="disconnected""#) && page.contains("nothing can be sent from it"), "{page}");
    let fields = [("message_id", &*Uuid::now_v7().to_string()), ("text", "typed before")];
    let refused = ana.posts(conversation, "messages", &fields).await;
    assert!(refused.status == 409 && refused.body.contains("What you wrote is kept"), "{}", refused.body);
    assert!(refused.body.contains("typed before"), "{}", refused.body);
    ana.does(conversation, "notes", &[("note_id", &Uuid::now_v7().to_string()), ("body", "call them")]).await;
}

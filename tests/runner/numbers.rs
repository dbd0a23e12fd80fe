//! Numbers that speak no more, and what becomes of their conversations.

use baton::domain::access::Role;
use baton::domain::command::Person;
use baton::domain::setup::{By, Secret, SetupCommand};
use baton::runner::{Runner, now};

use crate::shop::Shop;

const OPEN: &str = "SELECT count(*) FROM conversations WHERE state <> 'resolved'";
const ENDINGS: &str = "SELECT count(*) FROM number_endings";

/// A number with more conversations than are resolved at once is disconnected, and they are to be resolved.
async fn is_disconnected() -> (Shop, Runner, Person) {
    let shop = Shop::opens().await;
    let runner = shop.node(4).runner;
    let iris = shop.hires("Iris", Role::Admin, 8).await;
    shop.customers_wait(shop.support, 130).await;
    runner.disconnect(shop.workspace, &iris, shop.inbox, true).await.unwrap();
    assert_eq!((shop.count(OPEN).await, shop.count(ENDINGS).await), (130, 1), "whoever decides it waits for none of them");
    (shop, runner, iris)
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_of_a_disconnected_number_are_resolved_by_and_by_also_by_another_node() {
    let (shop, runner, iris) = is_disconnected().await;
    runner.resolve_what_is_of_disconnected_numbers().await.unwrap();
    assert_eq!(shop.count(OPEN).await, 30, "a batch at once");
    let next = shop.node(4).runner;
    for _ in 0..2 {
        next.resolve_what_is_of_disconnected_numbers().await.unwrap();
    }
    assert_eq!((shop.count(OPEN).await, shop.count(ENDINGS).await), (0, 0));
    let by = "SELECT count(*) FROM events WHERE kind = 'conversation_resolved' AND event::text LIKE '%' || $1 || '%'";
    assert_eq!(shop.rows(by, &[&iris.user.to_string()]).await[0].get::<_, i64>(0), 130);
    runner.disconnect(shop.workspace, &iris, shop.inbox, true).await.unwrap();
    assert_eq!(shop.count(ENDINGS).await, 1, "twice is no fault");
    assert!(runner.disconnect(shop.workspace, &iris, shop.inbox, false).await.is_err());
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_speaks_again_keeps_what_was_not_resolved_yet() {
    let (shop, runner, _) = is_disconnected().await;
    runner.resolve_what_is_of_disconnected_numbers().await.unwrap();
    let number = shop.store.setup(shop.workspace).await.unwrap().inboxes[&shop.inbox].number.clone().unwrap();
    let again = SetupCommand::ReconnectInbox { inbox: shop.inbox, number, token: Secret::new("another".to_owned()) };
    runner.configure(shop.workspace, &By::System, again, None).await.unwrap();
    for _ in 0..2 {
        runner.resolve_what_is_of_disconnected_numbers().await.unwrap();
    }
    assert_eq!((shop.count(OPEN).await, shop.count(ENDINGS).await), (30, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_number_that_speaks_again_by_then_resolves_nothing() {
    let shop = Shop::opens().await;
    let runner = shop.node(4).runner;
    let iris = shop.hires("Iris", Role::Admin, 8).await;
    shop.customers_wait(shop.support, 3).await;
    // Somebody else connected it between the refusal that it is disconnected already and this.
    shop.store.begin_number_ending(shop.workspace, shop.inbox, iris.user, now()).await.unwrap();
    runner.resolve_what_is_of_disconnected_numbers().await.unwrap();
    assert_eq!((shop.count(OPEN).await, shop.count(ENDINGS).await), (3, 0));
}

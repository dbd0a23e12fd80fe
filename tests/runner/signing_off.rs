//! Whoever signs off: what they keep is theirs until they said, and nothing that goes back comes to them again.

use baton::domain::Refusal;
use baton::domain::access::Role;
use baton::domain::command::{Command, Person};
use baton::domain::floor::{Came, Left};
use baton::domain::ids::{ConversationId, FloorActId};
use baton::domain::setup::{By, SetupCommand};
use baton::domain::signing_off::SigningOff;
use baton::runner::{Error, now};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::shop::{Node, Shop};

const WAITING: &str = "SELECT count(*) FROM conversations WHERE controller = 'queue'";

/// Ana and Ben have a page open; Ana holds so many.
async fn held(count: i64, bens_capacity: i32) -> (Shop, Node, Person, Person) {
    let shop = Shop::opens().await;
    let mut node = shop.node(8);
    let (ana, ben) = (shop.hires("Ana", Role::Agent, 99).await, shop.hires("Ben", Role::Agent, bens_capacity).await);
    for conversation in shop.customers_wait(shop.support, count).await {
        node.runner.run(shop.workspace, conversation, Command::Take { by: ana.clone() }).await.unwrap();
    }
    for person in [&ana, &ben] {
        node.is_visited_by(shop.workspace, person.user);
    }
    node.runner.tell_who_is_here().await.unwrap();
    (shop, node, ana, ben)
}

fn fresh() -> FloorActId {
    FloorActId(Uuid::now_v7())
}

fn in_minutes(minutes: i64) -> SigningOff {
    SigningOff::Keep { until: now() + SignedDuration::from_mins(minutes) }
}

fn done(done: usize) -> Came {
    Came { done, ..Came::default() }
}

impl Shop {
    /// Everything was so many minutes longer ago.
    async fn passes(&self, minutes: i32) {
        let agents = "UPDATE agents SET here_at = here_at - span, signed_off_at = signed_off_at - span, keep_until = keep_until - span,
                      lease_claimed_until = NULL FROM make_interval(mins => $1) AS span";
        self.execute(agents, &[&minutes]).await;
        self.execute("UPDATE conversations SET assigned_at = assigned_at - make_interval(mins => $1)", &[&minutes]).await;
    }

    async fn said(&self, path: &str) -> i64 {
        self.count(&format!("SELECT count(*) FROM events WHERE event #>> '{path}' = 'Ana'")).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_stays_for_as_long_as_they_said_also_of_somebody_gone_and_then_goes_back_also_of_somebody_with_a_page() {
    let (shop, node, ana, _) = held(2, 8).await;
    let kept = node.runner.sign_off(shop.workspace, ana.clone(), fresh(), in_minutes(30)).await.unwrap();
    assert_eq!(kept, done(2));
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'conversation_kept' AND event ->> 'name' = 'Ana'").await, 2);
    shop.passes(29).await;
    let gone = shop.node(4);
    assert_eq!((gone.runner.end_leases().await.unwrap(), node.runner.end_leases().await.unwrap()), (0, 0));
    shop.passes(1).await;
    assert_eq!(node.runner.end_leases().await.unwrap(), 2, "they have a page here, and are not back");
    assert_eq!(node.runner.end_leases().await.unwrap(), 0);
    assert_eq!((shop.count(WAITING).await, shop.said("{because,kept_until,name}").await), (2, 2));
    let in_front = "SELECT count(*) FROM conversations WHERE queued_at < now() - interval '29 minutes'";
    assert_eq!(shop.count(in_front).await, 2);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_back_keeps_everything_and_is_given_work_again() {
    let (shop, node, ana, ben) = held(1, 0).await;
    node.runner.sign_off(shop.workspace, ana.clone(), fresh(), in_minutes(15)).await.unwrap();
    shop.customers_wait(shop.support, 1).await;
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.count(WAITING).await, 1, "{} has no room, and Ana signed off", ben.name);
    node.runner.comes_back(shop.workspace, ana.user).await.unwrap();
    shop.passes(16).await;
    assert_eq!(node.runner.end_leases().await.unwrap(), 0);
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.count("SELECT load::bigint FROM agents WHERE capacity = 99").await, 2);
    // Whoever sets themselves online is back as well.
    node.runner.sign_off(shop.workspace, ana.clone(), fresh(), in_minutes(15)).await.unwrap();
    for availability in [baton::domain::agent::Availability::Away, baton::domain::agent::Availability::Online] {
        let command = SetupCommand::availability(ana.user, availability);
        node.runner.configure(shop.workspace, &By::Person(ana.clone()), command, None).await.unwrap();
    }
    assert_eq!(shop.count("SELECT count(*) FROM agents WHERE signed_off_at IS NOT NULL OR keep_until IS NOT NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_back_comes_to_others_and_not_to_them_again_though_their_page_is_open() {
    let (shop, node, ana, _) = held(3, 2).await;
    let id = fresh();
    assert_eq!(node.runner.sign_off(shop.workspace, ana.clone(), id, SigningOff::Return).await.unwrap(), done(3));
    let again = node.runner.sign_off(shop.workspace, ana, id, SigningOff::Return).await;
    assert!(matches!(again, Err(Error::Refused(Refusal::Duplicate))), "{again:?}");
    assert_eq!(shop.said("{because,signed_off,name}").await, 3);
    assert_eq!(shop.count("SELECT count(*) FROM floor_acts WHERE cardinality(conversation_ids) = 3").await, 1, "one entry on the floor");
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.count(WAITING).await, 1, "Ben has room for two");
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_over_is_a_colleagues_as_far_as_they_have_room_and_nobodys_who_is_not_here() {
    let (shop, node, ana, ben) = held(3, 2).await;
    let gone = shop.hires("Gone", Role::Agent, 8).await;
    let full = shop.hires("Full", Role::Agent, 0).await;
    let mut node = node;
    node.is_visited_by(shop.workspace, full.user);
    let hands = async |to: &Person| {
        let choice = SigningOff::HandOver { to: to.user };
        node.runner.sign_off(shop.workspace, ana.clone(), fresh(), choice).await
    };
    let refused = hands(&gone).await;
    assert!(matches!(&refused, Err(Error::Refused(Refusal::NotHere { name })) if name == "Gone"), "{refused:?}");
    let refused = hands(&full).await;
    assert!(matches!(&refused, Err(Error::Refused(Refusal::NoRoom { name, .. })) if name == "Full"), "{refused:?}");
    let refused = hands(&ana).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::UnknownPerson))), "{refused:?}");
    assert_eq!(shop.count("SELECT count(*) FROM agents WHERE signed_off_at IS NOT NULL").await, 0, "nothing was done");
    assert_eq!(hands(&ben).await.unwrap(), Came { done: 2, left: Left { no_room: 1, ..Left::default() }, is_set_again: false });
    assert_eq!(shop.said("{reason,rule,name}").await, 2);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_keeps_anything_for_longer_than_a_day_or_until_a_time_that_is_past() {
    let (shop, node, ana, _) = held(1, 8).await;
    for minutes in [-1, 24 * 60 + 1] {
        let refused = node.runner.sign_off(shop.workspace, ana.clone(), fresh(), in_minutes(minutes)).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::KeptUnfit))), "{refused:?}");
    }
    let held: Vec<ConversationId> = shop.store.held_by(shop.workspace, ana.user, 9).await.unwrap();
    assert_eq!(held.len(), 1);
}

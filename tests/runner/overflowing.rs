//! Queues from which routing sends on whom nobody here could have, and who came beyond the limit.

use baton::domain::access::Role;
use baton::domain::announcing::Announcements;
use baton::domain::command::Person;
use baton::domain::ids::QueueId;
use baton::domain::overflow::{Overflow, Texts};
use baton::domain::setup::command::QueueChange;
use baton::domain::setup::{SetupCommand, SetupRefusal};

use crate::setups::{by, refusal, with_two_administrators};
use crate::shop::{Node, Shop};

fn change(queue: QueueId, overflow: Overflow) -> SetupCommand {
    SetupCommand::ChangeQueue { queue, change: QueueChange { overflow: Some(Box::new(overflow)), ..QueueChange::default() } }
}

fn texts(text: &str) -> Texts {
    [("en".to_owned(), text.to_owned())].into()
}

/// A shop whose support overflows like this.
async fn overflowing(overflow: impl FnOnce(&Shop) -> Overflow) -> (Shop, Node, Person) {
    let (shop, iris, _) = with_two_administrators().await;
    let node = shop.node(4);
    let overflow = overflow(&shop);
    node.runner.configure(shop.workspace, &by(&iris), change(shop.support, overflow), None).await.unwrap();
    (shop, node, iris)
}

impl Shop {
    async fn wait_in(&self, queue: QueueId) -> i64 {
        self.count(&format!("SELECT count(*) FROM conversations WHERE controller = 'queue' AND queue_id = '{queue}'")).await
    }

    async fn were_here_long_ago(&self) {
        self.execute("UPDATE agents SET here_at = now() - interval '1 hour'", &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_nobody_is_there_for_goes_to_the_other_queue_and_whoever_was_just_here_is_waited_for() {
    let (shop, mut node, _) = overflowing(|shop| Overflow { to: Some(shop.orders), when_nobody: true, ..Overflow::default() }).await;
    let ana = shop.hires("Ana", Role::Agent, 0).await;
    shop.customers_wait(shop.support, 60).await;
    shop.execute("UPDATE agents SET here_at = now()", &[]).await;
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.wait_in(shop.support).await, 60, "a page is being loaded");
    shop.were_here_long_ago().await;
    node.is_visited_by(shop.workspace, ana.user);
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.wait_in(shop.support).await, 60, "she is here, and full");
    shop.execute("UPDATE agents SET availability = 'away' WHERE user_id = $1", &[&ana.user.0]).await;
    while shop.wait_in(shop.support).await > 0 {
        node.runner.route(shop.workspace, shop.support).await.unwrap();
    }
    assert_eq!(shop.wait_in(shop.orders).await, 60);
    let told = "SELECT count(*) FROM events WHERE event #>> '{because,overflowed,why}' = 'nobody_here'";
    assert_eq!(shop.count(told).await, 60);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_other_queue_it_is_noted_once_of_each() {
    let (shop, node, _) = overflowing(|_| Overflow { text: texts("Hello"), when_nobody: true, ..Overflow::default() }).await;
    shop.customers_wait(shop.support, 3).await;
    shop.were_here_long_ago().await;
    let noted = "SELECT count(*) FROM events WHERE kind = 'wait_noted'";
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.count(noted).await, 3);
    let lines = shop.count("SELECT sum(last_seq)::bigint FROM conversations").await;
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.count("SELECT sum(last_seq)::bigint FROM conversations").await, lines, "nothing is done twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_beyond_the_limit_is_sent_on_and_the_first_keep_their_places() {
    let (shop, node, _) = overflowing(|shop| Overflow { to: Some(shop.orders), most: Some(3), ..Overflow::default() }).await;
    let conversations = shop.customers_wait(shop.support, 8).await;
    shop.execute("UPDATE conversations SET queued_at = now() - interval '1 hour' WHERE id = $1", &[&conversations[0].0]).await;
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!((shop.wait_in(shop.support).await, shop.wait_in(shop.orders).await), (3, 5));
    let stays = format!("SELECT count(*) FROM conversations WHERE queue_id = '{}' AND id = '{}'", shop.support, conversations[0]);
    assert_eq!(shop.count(&stays).await, 1);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_what_becomes_of_them_holds_for_those_who_wait_already() {
    let (shop, node, iris) = overflowing(|_| Overflow::default()).await;
    shop.customers_wait(shop.support, 2).await;
    let overflow = Overflow { to: Some(shop.orders), after: Some(1), ..Overflow::default() };
    node.runner.configure(shop.workspace, &by(&iris), change(shop.support, overflow), None).await.unwrap();
    shop.execute("UPDATE conversations SET queued_at = now() - interval '1 hour'", &[]).await;
    assert!(node.runner.recount().await.unwrap());
    for timer in shop.store.claim_timers("waiting", std::time::Duration::from_secs(60), 9).await.unwrap().timers {
        node.runner.ring(&timer).await.unwrap();
    }
    assert_eq!(shop.wait_in(shop.orders).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overflow_that_leads_nowhere_is_refused_and_the_queue_it_goes_to_stays() {
    let (shop, node, iris) = overflowing(|shop| Overflow { to: Some(shop.orders), after: Some(60), ..Overflow::default() }).await;
    let tries = async |command| refusal(node.runner.configure(shop.workspace, &by(&iris), command, None).await);
    let name = shop.set_up_now().await.queues[&shop.support].name.clone();
    let itself = Overflow { to: Some(shop.support), ..Overflow::default() };
    assert_eq!(tries(change(shop.support, itself)).await, SetupRefusal::OverflowToItself { queue: name.clone() });
    let idle = Overflow { after: Some(60), ..Overflow::default() };
    assert_eq!(tries(change(shop.support, idle)).await, SetupRefusal::OverflowIdle { queue: name.clone() });
    let odd = Overflow { to: Some(shop.orders), after: Some(60), text: texts("{contact.iban}"), ..Overflow::default() };
    assert_eq!(tries(change(shop.support, odd)).await, SetupRefusal::PlaceholderUnknown { name: "contact.iban".to_owned() });
    let removed = tries(SetupCommand::RemoveQueue { queue: shop.orders, to: shop.support }).await;
    assert!(matches!(removed, SetupRefusal::QueueOfOverflow { .. }), "{removed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_are_told_their_place_by_priority_once_routing_has_given_out_what_it_can() {
    let (shop, node, iris) = overflowing(|_| Overflow::default()).await;
    let text = texts("You are number {queue.place}.");
    let announcements = Some(Box::new(Announcements { text, every: Some(5) }));
    let change = QueueChange { announcements, ..QueueChange::default() };
    let command = SetupCommand::ChangeQueue { queue: shop.support, change };
    node.runner.configure(shop.workspace, &by(&iris), command, None).await.unwrap();
    let conversations = shop.customers_wait(shop.support, 3).await;
    let urgent = "UPDATE conversations SET priority = 3 WHERE id = $1";
    shop.execute(urgent, &[&conversations[2].0]).await;
    shop.execute("UPDATE conversations SET window_expires_at = now() + interval '1 hour'", &[]).await;
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    let place = |number: usize| format!("You are number {number}.");
    for (conversation, number) in [(conversations[0], 2), (conversations[1], 3), (conversations[2], 1)] {
        let sql = "SELECT content ->> 'body' FROM messages WHERE conversation_id = $1 AND direction = 'outbound'";
        let said: Vec<String> = shop.rows(sql, &[&conversation.0]).await.iter().map(|row| row.get(0)).collect();
        assert_eq!(said, [place(number)]);
    }
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'wait_announced'").await, 3, "nobody twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_it_takes_is_told_only_while_somebody_is_here() {
    let (shop, mut node, iris) = overflowing(|_| Overflow::default()).await;
    let announcements = Some(Box::new(Announcements { text: texts("We answer {queue.wait}."), every: None }));
    let change = QueueChange { announcements, ..QueueChange::default() };
    let command = SetupCommand::ChangeQueue { queue: shop.support, change };
    node.runner.configure(shop.workspace, &by(&iris), command, None).await.unwrap();
    let ana = shop.hires("Ana", Role::Agent, 6).await;
    node.is_visited_by(shop.workspace, ana.user);
    shop.customers_wait(shop.support, 8).await;
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    let told = "SELECT count(*) FROM events WHERE kind = 'wait_announced'";
    assert_eq!((shop.wait_in(shop.support).await, shop.count(told).await), (2, 2));
    shop.execute("UPDATE agents SET availability = 'away' WHERE user_id = $1", &[&ana.user.0]).await;
    shop.execute("UPDATE conversations SET wait = NULL WHERE controller = 'queue'", &[]).await;
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.count(told).await, 2, "nobody gives anything out");
}

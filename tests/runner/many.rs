//! Answers to many sends, recorded as a set, and what comes at once: what one of them cannot, the others can.

use std::pin::Pin;

use baton::domain::Refusal;
use baton::domain::access::Role;
use baton::domain::command::{Command, Person, ReplyContent};
use baton::domain::delivery::Outcome;
use baton::domain::ids::{ConversationId, MessageId, UserId};
use baton::runner::Error;
use baton::runner::contact::Done;
use baton::store::dispatches::{Claim, Dispatch};
use deadpool_postgres::{ClientWrapper, Transaction as DatabaseTransaction};
use futures_util::FutureExt;
use futures_util::future::join_all;
use uuid::Uuid;

use crate::shop::{Node, Shop};

/// A shop where so many customers were answered, and a node that has their answers in hand.
async fn sending(customers: usize) -> (Shop, Node, Vec<Dispatch>) {
    let shop = Shop::opens().await;
    let node = shop.node(8);
    let ana = shop.hires("Ana", Role::Agent, 99).await;
    for conversation in shop.customers_wait(shop.support, i64::try_from(customers).unwrap()).await {
        node.runner.run(shop.workspace, conversation, Command::Take { by: ana.clone() }).await.unwrap();
        node.runner.run(shop.workspace, conversation, reply(&ana)).await.unwrap();
    }
    shop.execute("UPDATE allowances SET rate_per_second = 1000000, tokens = 1000", &[]).await;
    let (claim, _) = node.runner.claim_outbox(shop.workspace, shop.inbox, customers).await.unwrap();
    let Claim::Taken { dispatches, .. } = claim else { panic!("{claim:?}") };
    assert_eq!(dispatches.len(), customers);
    (shop, node, dispatches)
}

fn reply(by: &Person) -> Command {
    let content = ReplyContent::Text { body: "hello".to_owned() };
    Command::Reply { by: by.clone(), message: MessageId(Uuid::now_v7()), content, reply_to: None, seen: None }
}

fn accepted(dispatch: &Dispatch) -> Outcome {
    Outcome::Accepted { wamid: format!("wamid.{}", dispatch.id), recipient: Vec::new() }
}

fn all_accepted(dispatches: &[Dispatch]) -> Vec<(&Dispatch, Outcome)> {
    dispatches.iter().map(|dispatch| (dispatch, accepted(dispatch))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_answers_are_one_transaction_and_each_sender_hears_of_their_own() {
    let (shop, node, dispatches) = sending(6).await;
    let answers = node.runner.record_deliveries(shop.workspace, &all_accepted(&dispatches)).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE wamid = 'wamid.' || id").await, 6);
    assert_eq!(shop.count("SELECT count(DISTINCT xmin::text) FROM messages WHERE status = 'sending'").await, 1);
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE status = 'sending'").await, 6);
    assert_eq!(shop.count("SELECT count(*) FROM outbox").await, 0);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_told_twice_costs_the_others_of_its_set_nothing() {
    let (shop, node, dispatches) = sending(3).await;
    node.runner.record_delivery(&dispatches[1], accepted(&dispatches[1])).await.unwrap();
    let answers = node.runner.record_deliveries(shop.workspace, &all_accepted(&dispatches)).await;
    assert!(matches!(answers[..], [Ok(_), Err(Error::Refused(Refusal::Duplicate)), Ok(_)]), "{answers:?}");
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE status = 'sending'").await, 3);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_cannot_be_kept_costs_the_others_of_its_set_nothing() {
    let (shop, node, dispatches) = sending(3).await;
    let mut sent = all_accepted(&dispatches);
    sent[1].1 = Outcome::Accepted { wamid: "wamid.\u{0}".to_owned(), recipient: Vec::new() };
    let answers = node.runner.record_deliveries(shop.workspace, &sent).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE status = 'sending'").await, 3);
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE wamid LIKE 'unnamed.%'").await, 1);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_somebody_has_is_left_out_of_the_set() {
    let (shop, node, dispatches) = sending(3).await;
    let mut client = shop.store.client().await.unwrap();
    let holding = client.transaction().await.unwrap();
    holding.execute("SELECT FROM contacts WHERE id = $1 FOR UPDATE", &[&dispatches[0].contact.0]).await.unwrap();
    holding.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", &[&dispatches[0].conversation.0]).await.unwrap();
    let answers = node.runner.record_deliveries(shop.workspace, &all_accepted(&dispatches)).await;
    assert!(answers[0].as_ref().is_err_and(Error::is_passing), "{answers:?}");
    assert!(matches!(answers[1..], [Ok(_), Ok(_)]), "{answers:?}");
    holding.rollback().await.unwrap();
    node.runner.record_delivery(&dispatches[0], accepted(&dispatches[0])).await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE status = 'sending'").await, 3);
    shop.is_consistent().await;
}

/// A shop whose agent holds so many conversations.
async fn holding(count: i64) -> (Shop, Node, Person, Vec<ConversationId>) {
    let shop = Shop::opens().await;
    let node = shop.node(8);
    let ana = shop.hires("Ana", Role::Agent, 99).await;
    let conversations = shop.customers_wait(shop.support, count).await;
    for conversation in &conversations {
        node.runner.run(shop.workspace, *conversation, Command::Take { by: ana.clone() }).await.unwrap();
    }
    (shop, node, ana, conversations)
}

/// Has the contacts of conversations until it is rolled back.
async fn has_contacts<'a>(client: &'a mut ClientWrapper, conversations: &[ConversationId]) -> DatabaseTransaction<'a> {
    let transaction = client.transaction().await.unwrap();
    let contacts = "SELECT FROM contacts WHERE id IN (SELECT contact_id FROM conversations WHERE id = ANY($1)) FOR UPDATE";
    transaction.execute(contacts, &[&conversations.iter().map(|id| id.0).collect::<Vec<_>>()]).await.unwrap();
    transaction
}

type Running = Pin<Box<dyn Future<Output = Result<Done, Error>>>>;

/// A command that has come, and waits.
fn comes(shop: &Shop, node: &Node, conversation: ConversationId, command: Command) -> Running {
    let (runner, workspace) = (node.runner.clone(), shop.workspace);
    let mut running: Running = Box::pin(async move { runner.run(workspace, conversation, command).await });
    assert!((&mut running).now_or_never().is_none());
    running
}

/// What agents say while the first two answers wait for their contacts: each in a conversation of its own.
async fn answers_at_once(also: impl Fn(&[ConversationId], &Person) -> Vec<(ConversationId, Command)>) -> (Shop, Vec<Result<Done, Error>>) {
    let (shop, node, ana, conversations) = holding(8).await;
    let mut client = shop.store.client().await.unwrap();
    let held = has_contacts(&mut client, &conversations[..2]).await;
    let first: Vec<_> = conversations[..2].iter().map(|conversation| comes(&shop, &node, *conversation, reply(&ana))).collect();
    while shop.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").await < 2 {}
    let others = also(&conversations[2..], &ana);
    let others: Vec<_> = others.into_iter().map(|(conversation, command)| comes(&shop, &node, conversation, command)).collect();
    held.rollback().await.unwrap();
    let (first, answers) = tokio::join!(join_all(first), join_all(others));
    assert!(first.iter().all(Result::is_ok), "{first:?}");
    (shop, answers)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_something_to_a_contact_that_somebody_has_keeps_nobody_waiting_who_came_at_the_same_time() {
    let (shop, node, ana, conversations) = holding(4).await;
    let (mut client, mut another) = (shop.store.client().await.unwrap(), shop.store.client().await.unwrap());
    let held = has_contacts(&mut client, &conversations[..2]).await;
    let first: Vec<_> = conversations[..2].iter().map(|conversation| comes(&shop, &node, *conversation, reply(&ana))).collect();
    while shop.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").await < 2 {}
    let held_longer = has_contacts(&mut another, &conversations[2..3]).await;
    let mut waits = comes(&shop, &node, conversations[2], reply(&ana));
    let goes_on = comes(&shop, &node, conversations[3], reply(&ana));
    held.rollback().await.unwrap();
    let (first, goes_on) = tokio::join!(join_all(first), goes_on);
    assert!(first.iter().all(Result::is_ok) && goes_on.is_ok(), "{first:?}, {goes_on:?}");
    assert!((&mut waits).now_or_never().is_none(), "somebody has its contact still");
    held_longer.rollback().await.unwrap();
    waits.await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE author_kind = 'agent'").await, 4);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_at_once_is_written_together() {
    let (shop, answers) = answers_at_once(|conversations, ana| conversations.iter().map(|one| (*one, reply(ana))).collect()).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE author_kind = 'agent'").await, 8);
    assert_eq!(shop.count("SELECT count(DISTINCT xmin::text) FROM messages WHERE author_kind = 'agent'").await, 3);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_among_what_is_said_at_once_is_one_message_and_a_refusal_is_told_to_whom_it_concerns() {
    let (shop, answers) = answers_at_once(|conversations, ana| {
        let (twice, stranger) = (reply(ana), Person { user: UserId(Uuid::now_v7()), ..ana.clone() });
        let again = (conversations[0], twice.clone());
        vec![(conversations[0], twice), again, (conversations[1], reply(&stranger)), (conversations[2], reply(ana))]
    })
    .await;
    assert!(matches!(answers[..], [Ok(_), Err(Error::Refused(Refusal::Duplicate)), Err(Error::Refused(_)), Ok(_)]), "{answers:?}");
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE author_kind = 'agent'").await, 4);
    shop.is_consistent().await;
}

/// Two contacts that somebody has locked for as long as that takes hold up neither those who come meanwhile nor each other.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_locked_contact_holds_nobody_else_up() {
    let shop = Shop::opens().await;
    let node = shop.node(12);
    let ana = shop.hires("Ana", Role::Agent, 99).await;
    let conversations = shop.customers_wait(shop.support, 8).await;
    for conversation in &conversations {
        node.runner.run(shop.workspace, *conversation, Command::Take { by: ana.clone() }).await.unwrap();
    }
    let (locked, free) = conversations.split_at(4);
    let mut client = shop.store.client().await.unwrap();
    let holding = client.transaction().await.unwrap();
    let lock = "SELECT FROM contacts WHERE id IN (SELECT contact_id FROM conversations WHERE id = ANY($1)) FOR UPDATE";
    holding.execute(lock, &[&locked.iter().map(|id| id.0).collect::<Vec<_>>()]).await.unwrap();
    let says = |conversation: &ConversationId| {
        let (runner, workspace, conversation, command) = (node.runner.clone(), shop.workspace, *conversation, reply(&ana));
        tokio::spawn(async move { runner.run(workspace, conversation, command).await })
    };
    let held_up: Vec<_> = locked.iter().map(says).collect();
    let others: Vec<_> = free.iter().map(says).collect();
    for other in others {
        assert!(other.await.unwrap().is_ok());
    }
    assert!(held_up.iter().all(|one| !one.is_finished()), "those that are locked wait still");
    holding.rollback().await.unwrap();
    for one in held_up {
        assert!(one.await.unwrap().is_ok());
    }
    shop.is_consistent().await;
}

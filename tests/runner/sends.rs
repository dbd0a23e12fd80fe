//! Messages on their way out: a double click is one message, and nobody is sent two at a time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baton::domain::Refusal;
use baton::domain::access::Role;
use baton::domain::command::{Command, Person, ReplyContent, Settlement};
use baton::domain::delivery::{Backoff, Outcome, Reaction};
use baton::domain::ids::{ContactId, ConversationId, MessageId};
use baton::domain::inbound::StatusReport;
use baton::domain::message::{Failure, Status};
use baton::runner::contact::Alongside;
use baton::runner::outbox::{Lease, Sender, Slot};
use baton::runner::{Error, Runner};
use baton::store::dispatches::{Claim, Dispatch};
use baton::store::inboxes::Connection;
use futures_util::future::join_all;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::shop::{Node, Shop};

fn reply(by: &Person, message: MessageId) -> Command {
    let content = ReplyContent::Text { body: "hello".to_owned() };
    Command::Reply { by: by.clone(), message, content, reply_to: None, seen: None }
}

async fn claim(shop: &Shop, runner: &Runner, limit: usize) -> Vec<Dispatch> {
    match runner.claim_outbox(shop.workspace, shop.inbox, limit).await.unwrap().0 {
        Claim::Taken { dispatches, .. } => dispatches,
        Claim::OutOfAllowance | Claim::PausedUntil(_) => Vec::new(),
    }
}

/// The number may send as much as it likes.
async fn allow(shop: &Shop) {
    shop.execute("UPDATE allowances SET rate_per_second = 1000000, tokens = 1000, paused_until = NULL", &[]).await;
}

/// A node with workers, and Ana with a customer of hers.
async fn answering(shop: &Shop) -> (Node, Person, ConversationId) {
    let node = shop.node(4);
    node.live.set_has_workers();
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    node.runner.run(shop.workspace, conversation, Command::Take { by: ana.clone() }).await.unwrap();
    allow(shop).await;
    (node, ana, conversation)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_on_two_nodes_is_one_message() {
    let shop = Shop::opens().await;
    let nodes = [shop.node(4), shop.node(4)];
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    nodes[0].runner.run(shop.workspace, conversation, Command::Take { by: ana.clone() }).await.unwrap();
    let message = MessageId(Uuid::now_v7());
    let clicks = (0..6).map(|number| nodes[number % 2].runner.run(shop.workspace, conversation, reply(&ana, message)));
    let outcomes = join_all(clicks).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(Error::Refused(Refusal::Duplicate)))), "{outcomes:?}");
    assert_eq!(shop.count("SELECT count(*) FROM outbox").await, 1);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_id_in_two_conversations_at_once_is_one_message_and_a_refusal_in_words() {
    let shop = Shop::opens().await;
    let nodes = [shop.node(4), shop.node(4)];
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    let conversations = shop.customers_wait(shop.support, 2).await;
    for conversation in &conversations {
        nodes[0].runner.run(shop.workspace, *conversation, Command::Take { by: ana.clone() }).await.unwrap();
    }
    for _ in 0..20 {
        let message = MessageId(Uuid::now_v7());
        let clicks = (0..2).map(|number| nodes[number].runner.run(shop.workspace, conversations[number], reply(&ana, message)));
        let outcomes = join_all(clicks).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(Error::Refused(Refusal::UsedElsewhere)))), "{outcomes:?}");
    }
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_taken_under_a_name_that_cannot_be_kept_was_taken_all_the_same() {
    let shop = Shop::opens().await;
    let (node, ana, conversation) = answering(&shop).await;
    for wamid in ["wamid.\u{0}".to_owned(), "w".repeat(9_000), "wamid.same".to_owned(), "wamid.same".to_owned()] {
        let message = MessageId(Uuid::now_v7());
        node.runner.run(shop.workspace, conversation, reply(&ana, message)).await.unwrap();
        let dispatch = claim(&shop, &node.runner, 9).await.remove(0);
        node.runner.record_delivery(&dispatch, Outcome::Accepted { wamid, recipient: Vec::new() }).await.unwrap();
    }
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE status = 'sending'").await, 4);
    assert_eq!(shop.count("SELECT count(*) FROM outbox").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_send_each_contact_one_message_at_a_time_in_order() {
    let shop = Shop::opens().await;
    let nodes = [shop.node(4), shop.node(4)];
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    let conversations = shop.customers_wait(shop.support, 5).await;
    let mut written = Vec::new();
    for conversation in &conversations {
        nodes[0].runner.run(shop.workspace, *conversation, Command::Take { by: ana.clone() }).await.unwrap();
        for _ in 0..4 {
            let message = MessageId(Uuid::now_v7());
            nodes[0].runner.run(shop.workspace, *conversation, reply(&ana, message)).await.unwrap();
            written.push((*conversation, message));
        }
    }
    allow(&shop).await;
    let mut sent = Vec::new();
    for _ in 0..4 {
        let claims = join_all((0..6).map(|number| claim(&shop, &nodes[number % 2].runner, 50))).await;
        let dispatches: Vec<Dispatch> = claims.into_iter().flatten().collect();
        let contacts: BTreeSet<ContactId> = dispatches.iter().map(|dispatch| dispatch.contact).collect();
        assert_eq!((dispatches.len(), contacts.len()), (5, 5), "one for each contact");
        for dispatch in &dispatches {
            let outcome = Outcome::Accepted { wamid: format!("wamid.{}", dispatch.id), recipient: Vec::new() };
            nodes[1].runner.record_delivery(dispatch, outcome).await.unwrap();
            sent.push((dispatch.conversation, dispatch.id));
        }
    }
    for conversation in conversations {
        let of = |all: &[(_, MessageId)]| all.iter().filter(|(of, _)| *of == conversation).map(|(_, id)| *id).collect::<Vec<_>>();
        assert_eq!(of(&sent), of(&written));
    }
    assert_eq!(shop.count("SELECT count(*) FROM outbox").await, 0);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_the_moment_comes_again_and_what_nobody_knows_does_not() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    node.runner.run(shop.workspace, conversation, Command::Take { by: ana.clone() }).await.unwrap();
    let message = MessageId(Uuid::now_v7());
    node.runner.run(shop.workspace, conversation, reply(&ana, message)).await.unwrap();

    allow(&shop).await;
    let first = claim(&shop, &node.runner, 9).await.remove(0);
    let slow_down = Failure { code: 131_056, title: "slow down".to_owned() };
    let refused = Outcome::Refused { failure: slow_down, reaction: Reaction::Retry { backoff: Backoff::Pair } };
    node.runner.record_delivery(&first, refused).await.unwrap();
    assert!(claim(&shop, &node.runner, 9).await.is_empty(), "it waits");
    shop.execute("UPDATE outbox SET due_at = now() - interval '1 second'", &[]).await;
    let second = claim(&shop, &node.runner, 9).await.remove(0);
    assert_eq!((second.id, second.attempts), (message, 2));

    node.runner.record_delivery(&second, Outcome::Unknown { reason: "no answer".to_owned() }).await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM outbox").await, 0, "it is never sent again by itself");
    let settle = Command::Settle { by: ana.clone(), message, choice: Settlement::Resend };
    let too_early = node.runner.run(shop.workspace, conversation, settle.clone()).await;
    assert!(matches!(too_early, Err(Error::Refused(Refusal::NothingToSettle))), "{too_early:?}");

    shop.execute("UPDATE timers SET due_at = due_at - interval '61 seconds'", &[]).await;
    let timer = shop.store.claim_timers("unknown_send", Duration::from_secs(60), 10).await.unwrap().timers.remove(0);
    let command = Command::TimerDue { timer: timer.timer };
    let alongside = Alongside { timer: Some(timer), ..Alongside::default() };
    let rings = (0..3).map(|_| node.runner.run_alongside(shop.workspace, conversation, command.clone(), &alongside));
    let rung = join_all(rings).await;
    assert_eq!(rung.iter().filter(|outcome| outcome.is_ok()).count(), 1, "a timer rings once: {rung:?}");
    node.runner.run(shop.workspace, conversation, settle).await.unwrap();
    let third = claim(&shop, &node.runner, 9).await.remove(0);
    assert_eq!((third.id, third.attempts), (message, 1), "the person's own try");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_never_sends_more_than_its_rate() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let ana = shop.hires("Ana", Role::Agent, 99).await;
    for conversation in shop.customers_wait(shop.support, 40).await {
        node.runner.run(shop.workspace, conversation, Command::Take { by: ana.clone() }).await.unwrap();
        node.runner.run(shop.workspace, conversation, reply(&ana, MessageId(Uuid::now_v7()))).await.unwrap();
    }
    shop.execute("UPDATE allowances SET rate_per_second = 80, tokens = 0, refilled_at = now() - interval '1 hour'", &[]).await;
    assert_eq!(claim(&shop, &node.runner, 50).await.len(), 10, "an eighth of a second's sends, however long it was silent");
}

/// Numbers that the outbox of this node is to look at.
async fn woken(node: &Node) -> bool {
    tokio::time::timeout(Duration::ZERO, node.live.wakes.outbox.next()).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_wakes_the_outbox_only_where_somebody_waits_behind_it() {
    let shop = Shop::opens().await;
    let (node, ana, conversation) = answering(&shop).await;
    for _ in 0..2 {
        node.runner.run(shop.workspace, conversation, reply(&ana, MessageId(Uuid::now_v7()))).await.unwrap();
    }
    assert!(woken(&node).await, "there is something to send");
    for somebody_waits_behind in [true, false] {
        let dispatch = claim(&shop, &node.runner, 9).await.remove(0);
        let outcome = Outcome::Accepted { wamid: format!("wamid.{}", dispatch.id), recipient: Vec::new() };
        node.runner.record_delivery(&dispatch, outcome).await.unwrap();
        assert_eq!(woken(&node).await, somebody_waits_behind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_being_talked_to_waits_for_no_broadcast_and_what_is_on_its_way_is_waited_for() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    let conversations = shop.customers_wait(shop.support, 2).await;
    let mut written = Vec::new();
    for conversation in [conversations[0], conversations[0], conversations[1]] {
        node.runner.run(shop.workspace, conversation, Command::Take { by: ana.clone() }).await.ok();
        let message = MessageId(Uuid::now_v7());
        node.runner.run(shop.workspace, conversation, reply(&ana, message)).await.unwrap();
        written.push(message);
    }
    let [first, answer, other] = written[..] else { panic!("{written:?}") };
    let broadcast = "UPDATE outbox SET priority = 3 WHERE message_id = $1";
    shop.execute(broadcast, &[&first.0]).await;
    allow(&shop).await;
    let claimed = async |limit| claim(&shop, &node.runner, limit).await.iter().map(|dispatch| dispatch.id).collect::<Vec<_>>();
    assert_eq!(claimed(1).await, [answer], "it was written after the broadcast and goes before it");
    assert_eq!(claimed(9).await, [other], "one at a time per contact");
    assert!(claimed(9).await.is_empty());
    shop.execute("UPDATE outbox SET state = 'queued', claim_id = NULL, lease_until = NULL", &[]).await;
    shop.execute("UPDATE outbox SET priority = 3 WHERE message_id <> $1", &[&answer.0]).await;
    shop.execute("UPDATE outbox SET due_at = now() + interval '1 hour' WHERE message_id = $1", &[&answer.0]).await;
    assert_eq!(claimed(9).await, [other], "the contact's own order stands: what is tried again later is waited for");
    shop.execute("UPDATE outbox SET due_at = now() WHERE message_id = $1", &[&answer.0]).await;
    shop.execute(DISPATCH, &[&first.0]).await;
    assert!(claimed(9).await.is_empty(), "the broadcast is on its way");
}

const DISPATCH: &str = "
    UPDATE outbox SET state = 'dispatching', claim_id = message_id, lease_until = now() + interval '1 minute' WHERE message_id = $1";

/// A node's way out that keeps what it is given to send.
struct WayOut {
    is_idle: AtomicBool,
    sent: mpsc::UnboundedSender<Dispatch>,
}

struct Way(mpsc::UnboundedSender<Dispatch>);

impl Sender for WayOut {
    fn slot(&self, _: &Connection) -> Option<Box<dyn Slot>> {
        self.is_idle.load(Ordering::Relaxed).then(|| -> Box<dyn Slot> { Box::new(Way(self.sent.clone())) })
    }
}

impl Slot for Way {
    fn send(self: Box<Self>, dispatch: Dispatch, lease: Lease) {
        assert!(!lease.is_over());
        self.0.send(dispatch).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_leaves_with_the_commit_that_writes_it_where_nothing_is_under_way() {
    let shop = Shop::opens().await;
    let (node, ana, conversation) = answering(&shop).await;
    let (sent, mut sends) = mpsc::unbounded_channel();
    let way_out = Arc::new(WayOut { is_idle: AtomicBool::new(true), sent });
    let sender: Arc<dyn Sender> = way_out.clone();
    node.runner.sends_by(&sender);
    woken(&node).await;
    let [first, second, third] = [1, 2, 3].map(|_| MessageId(Uuid::now_v7()));

    node.runner.run(shop.workspace, conversation, reply(&ana, first)).await.unwrap();
    let dispatch = sends.try_recv().unwrap();
    assert_eq!(dispatch.id, first);
    assert_eq!(shop.count("SELECT count(*) FROM outbox WHERE state = 'dispatching'").await, 1);
    assert!(!woken(&node).await, "nobody has to look for it");

    node.runner.run(shop.workspace, conversation, reply(&ana, second)).await.unwrap();
    assert!(sends.try_recv().is_err(), "the one before it is under way still");
    assert!(woken(&node).await);

    node.runner.record_delivery(&dispatch, Outcome::Accepted { wamid: "wamid.1".into(), recipient: Vec::new() }).await.unwrap();
    woken(&node).await;
    node.runner.run(shop.workspace, conversation, reply(&ana, third)).await.unwrap();
    assert_eq!(sends.try_recv().unwrap().id, second, "it goes first");
    assert!(woken(&node).await, "the third waits");
}

/// Falls over whatever it is to send.
struct Stumbles;

impl Sender for Stumbles {
    fn slot(&self, _: &Connection) -> Option<Box<dyn Slot>> {
        Some(Box::new(Stumbles))
    }
}

impl Slot for Stumbles {
    fn send(self: Box<Self>, _: Dispatch, _: Lease) {
        panic!("it stumbles");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_claimed_and_that_nobody_came_to_send_is_given_back() {
    let shop = Shop::opens().await;
    let (node, ana, conversation) = answering(&shop).await;
    let sender: Arc<dyn Sender> = Arc::new(Stumbles);
    node.runner.sends_by(&sender);
    woken(&node).await;
    node.runner.run(shop.workspace, conversation, reply(&ana, MessageId(Uuid::now_v7()))).await.unwrap_err();
    tokio::time::timeout(Duration::from_secs(20), node.live.wakes.outbox.next()).await.unwrap();
    let dispatch = claim(&shop, &node.runner, 9).await.remove(0);
    assert_eq!(dispatch.attempts, 1, "it was no try");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_waits_for_its_turn_where_its_number_is_busy_or_paused_or_nobody_sends() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    node.live.set_has_workers();
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    let conversations = shop.customers_wait(shop.support, 3).await;
    for conversation in &conversations {
        node.runner.run(shop.workspace, *conversation, Command::Take { by: ana.clone() }).await.unwrap();
    }
    allow(&shop).await;
    let (sent, mut sends) = mpsc::unbounded_channel();
    let way_out = Arc::new(WayOut { is_idle: AtomicBool::new(false), sent });
    let sender: Arc<dyn Sender> = way_out.clone();
    node.runner.sends_by(&sender);
    let answer = async |place: usize| {
        woken(&node).await;
        node.runner.run(shop.workspace, conversations[place], reply(&ana, MessageId(Uuid::now_v7()))).await.unwrap();
        assert!(woken(&node).await);
    };
    answer(0).await;
    way_out.is_idle.store(true, Ordering::Relaxed);
    shop.execute("UPDATE allowances SET paused_until = now() + interval '1 hour'", &[]).await;
    answer(1).await;
    allow(&shop).await;
    drop((sender, way_out));
    answer(2).await;
    assert!(sends.try_recv().is_err());
    assert_eq!(shop.count("SELECT count(*) FROM outbox WHERE state = 'queued'").await, 3);
}

/// What is withdrawn while somebody brings a new token, which makes everything of the number due again.
#[tokio::test(flavor = "multi_thread")]
async fn what_moved_in_the_outbox_while_it_was_withdrawn_is_withdrawn_all_the_same() {
    let shop = Shop::opens().await;
    let (node, ana, conversation) = answering(&shop).await;
    let message = MessageId(Uuid::now_v7());
    node.runner.run(shop.workspace, conversation, reply(&ana, message)).await.unwrap();
    let mut client = shop.store.client().await.unwrap();
    let token = client.transaction().await.unwrap();
    token.execute("UPDATE outbox SET due_at = now() WHERE message_id = $1", &[&message.0]).await.unwrap();
    let told = StatusReport {
        message: Some(message),
        wamid: "wamid.1".to_owned(),
        status: Status::Sent,
        failure: None,
        reaction: None,
        at: baton::runner::now(),
        recipient: Vec::new(),
    };
    let settles = node.runner.run(shop.workspace, conversation, Command::RecordStatus(told));
    let commits = async {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while token.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {}
        token.commit().await.unwrap();
    };
    let (settled, ()) = tokio::join!(settles, commits);
    settled.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM outbox").await, 0, "it would be sent again");
    shop.is_consistent().await;
}

//! What people hold who are not here goes back, whichever node looks; and nobody loses anything who is.

use std::time::Duration;

use baton::domain::Refusal;
use baton::domain::access::Role;
use baton::domain::command::{Command, Person, TransferTarget};
use baton::domain::ids::ConversationId;
use baton::runner::{Error, now};

use crate::shop::{Node, Shop};

const WAITING: &str = "SELECT count(*) FROM conversations WHERE controller = 'queue'";

async fn hold_two_each(node: &Node, shop: &Shop) -> (Person, Person, Vec<ConversationId>) {
    let (ana, ben) = (shop.hires("Ana", Role::Agent, 8).await, shop.hires("Ben", Role::Agent, 8).await);
    let conversations = shop.customers_wait(shop.support, 4).await;
    for (place, conversation) in conversations.iter().enumerate() {
        let by = if place < 2 { ana.clone() } else { ben.clone() };
        node.runner.run(shop.workspace, *conversation, Command::Take { by }).await.unwrap();
    }
    // Who did something just now is not told later, when they have gone.
    node.runner.tell_who_is_here().await.unwrap();
    (ana, ben, conversations)
}

async fn minutes_pass(shop: &Shop, minutes: i32) {
    shop.execute("UPDATE agents SET here_at = here_at - make_interval(mins => $1), lease_claimed_until = NULL", &[&minutes]).await;
    shop.execute("UPDATE conversations SET assigned_at = assigned_at - make_interval(mins => $1)", &[&minutes]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_page_keeps_everything_and_who_has_none_nothing_after_the_workspaces_minutes() {
    let shop = Shop::opens().await;
    let mut node = shop.node(4);
    let (ana, ben, _) = hold_two_each(&node, &shop).await;
    node.is_visited_by(shop.workspace, ben.user);
    minutes_pass(&shop, 1).await;
    assert_eq!(node.runner.end_leases().await.unwrap(), 0);
    minutes_pass(&shop, 1).await;
    node.runner.tell_who_is_here().await.unwrap();
    assert_eq!(node.runner.end_leases().await.unwrap(), 2);
    assert_eq!(node.runner.end_leases().await.unwrap(), 0);
    assert_eq!(shop.count(WAITING).await, 2);
    let held = shop.rows("SELECT count(*) FROM conversations WHERE agent_id = $1", &[&ben.user.0]).await[0].get::<_, i64>(0);
    assert_eq!(held, 2);
    let said = "SELECT count(*) FROM events WHERE event #>> '{because,owner_gone,name}' = 'Ana'
                AND (event #>> '{because,owner_gone,minutes}')::integer >= 2";
    assert_eq!(shop.count(said).await, 2, "{} is named", ana.name);
    assert_eq!(
        shop.count("SELECT count(*) FROM conversations WHERE controller = 'queue' AND queued_at > now() - interval '1 minute'").await,
        0
    );
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_has_minutes_of_its_own() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    hold_two_each(&node, &shop).await;
    shop.execute("UPDATE workspaces SET lease_minutes = 30", &[]).await;
    minutes_pass(&shop, 29).await;
    assert_eq!(node.runner.end_leases().await.unwrap(), 0);
    minutes_pass(&shop, 1).await;
    assert_eq!(node.runner.end_leases().await.unwrap(), 4);
}

/// A page without a socket is a page all the same.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_something_is_here_also_if_it_is_refused() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let (ana, ben, conversations) = hold_two_each(&node, &shop).await;
    minutes_pass(&shop, 5).await;
    let transfer = Command::Transfer { by: ben.clone(), to: TransferTarget::Agent(ana.user), note: None };
    node.runner.run(shop.workspace, conversations[2], transfer).await.unwrap();
    let again = node.runner.run(shop.workspace, conversations[3], Command::Take { by: ben }).await;
    assert!(matches!(again, Err(Error::Refused(_))), "{again:?}");
    node.runner.tell_who_is_here().await.unwrap();
    assert_eq!(node.runner.end_leases().await.unwrap(), 2, "what Ana had: what she was just given is hers for a while");
    assert_eq!(shop.count(WAITING).await, 2);
    shop.is_consistent().await;
}

/// What to look at is found outside, and is decided at the door.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_found_somebody_gone_before_they_came_back_takes_nothing_from_them() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let (ana, _, conversations) = hold_two_each(&node, &shop).await;
    minutes_pass(&shop, 5).await;
    let until = now() + jiff::SignedDuration::from_secs(10);
    let found = shop.store.claim_gone(now(), until, 10).await.unwrap();
    assert_eq!(found.len(), 2);
    shop.execute("UPDATE agents SET here_at = now()", &[]).await;
    let ended = node.runner.run(shop.workspace, conversations[0], Command::EndLease { of: ana.user }).await;
    assert!(matches!(ended, Err(Error::Refused(Refusal::Overtaken { .. }))), "{ended:?}");
    assert_eq!(shop.count(WAITING).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_nodes_that_look_at_once_one_has_each_person_and_each_conversation_goes_back_once() {
    let shop = Shop::opens().await;
    let nodes = [shop.node(6), shop.node(6), shop.node(6)];
    for number in 0..25 {
        let agent = shop.hires(&format!("Agent {number}"), Role::Agent, 8).await;
        for conversation in shop.customers_wait(shop.support, 2).await {
            nodes[0].runner.run(shop.workspace, conversation, Command::Take { by: agent.clone() }).await.unwrap();
        }
    }
    minutes_pass(&shop, 3).await;
    let (first, second, third) = tokio::join!(nodes[0].runner.end_leases(), nodes[1].runner.end_leases(), nodes[2].runner.end_leases());
    assert_eq!(first.unwrap() + second.unwrap() + third.unwrap(), 50);
    let twice =
        "SELECT count(*) FROM (SELECT FROM events WHERE event -> 'because' ? 'owner_gone' GROUP BY subject_id HAVING count(*) > 1) AS odd";
    assert_eq!(shop.count(twice).await, 0);
    assert_eq!(shop.count(WAITING).await, 50);
    shop.is_consistent().await;
}

/// Nobody waits for a row that somebody has, and a sign of life that comes late is no older.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_here_is_written_down_past_those_whom_somebody_has_and_never_back() {
    let shop = Shop::opens().await;
    let mut node = shop.node(4);
    let (ana, ben) = (shop.hires("Ana", Role::Agent, 8).await, shop.hires("Ben", Role::Agent, 8).await);
    for person in [&ana, &ben] {
        node.is_visited_by(shop.workspace, person.user);
    }
    shop.execute("UPDATE agents SET here_at = now() - interval '1 hour'", &[]).await;
    let mut client = shop.store.client().await.unwrap();
    let busy = client.transaction().await.unwrap();
    busy.execute("SELECT FROM agents WHERE user_id = $1 FOR UPDATE", &[&ana.user.0]).await.unwrap();
    node.runner.tell_who_is_here().await.unwrap();
    busy.commit().await.unwrap();
    let here = "SELECT count(*) FROM agents WHERE here_at > now() - interval '1 minute'";
    assert_eq!(shop.count(here).await, 1);
    node.runner.tell_who_is_here().await.unwrap();
    assert_eq!(shop.count(here).await, 2);
    shop.execute("UPDATE agents SET here_at = now() + interval '1 hour'", &[]).await;
    node.runner.tell_who_is_here().await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM agents WHERE here_at > now() + interval '50 minutes'").await, 2);
}

/// Each step is a timer's, and whatever is done after it is decided by how the conversation stands then.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_does_not_answer_goes_back_step_by_step_and_a_timer_that_comes_late_skips_none() {
    let shop = Shop::opens().await;
    shop.execute("UPDATE workspaces SET answer_minutes = 10", &[]).await;
    let runner = shop.node(4).runner;
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    for conversation in shop.customers_wait(shop.support, 2).await {
        runner.run(shop.workspace, conversation, Command::Take { by: ana.clone() }).await.unwrap();
    }
    assert_eq!(shop.count("SELECT count(*) FROM timers WHERE kind = 'overdue' AND due_at > now() + interval '4 minutes'").await, 2);
    shop.execute("UPDATE conversations SET waiting_since = now() - interval '1 hour', assigned_at = now() - interval '1 hour'", &[]).await;
    let mut kinds = Vec::new();
    for _ in 0..3 {
        shop.execute("UPDATE timers SET due_at = now(), claimed_until = NULL", &[]).await;
        for timer in shop.store.claim_timers("overdue", Duration::from_secs(60), 9).await.unwrap().timers {
            kinds.push(runner.ring(&timer).await.unwrap().events[0].event.kind());
        }
    }
    assert_eq!(
        kinds,
        ["answer_overdue", "answer_overdue", "answer_overdue", "answer_overdue", "conversation_queued", "conversation_queued"]
    );
    assert_eq!((shop.count(WAITING).await, shop.count("SELECT count(*) FROM timers").await), (2, 0));
    assert_eq!(shop.count("SELECT count(*) FROM conversations WHERE queued_at < now() - interval '50 minutes'").await, 2);
    shop.is_consistent().await;
}

//! Routers that race.

use std::sync::atomic::Ordering;

use baton::domain::access::Role;
use baton::domain::command::{Command, Person};
use baton::domain::conversation::{Controller, State};
use baton::domain::ids::{ConversationId, UserId};
use baton::domain::routing::{Priority, Strategy};
use baton::domain::setup::command::QueueChange;
use baton::domain::setup::{By, SetupCommand};
use baton::live::change::Change;
use baton::runner::Error;
use baton::runner::routing::RoundOutcome;
use baton::store::{Transaction, queues};
use futures_util::future::join_all;

use crate::shop::{Node, Shop};

const WAITING: i64 = 300;
const AGENTS: usize = 10;
const CAPACITY: i32 = 7;
const ROUTERS: usize = 64;
const REPETITIONS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn racing_routers_never_assign_twice_nor_overfill() {
    let shop = Shop::opens().await;
    let mut nodes = [shop.node(8), shop.node(8)];
    for number in 0..AGENTS {
        let agent = shop.hires(&format!("Agent {number}"), Role::Agent, CAPACITY).await;
        nodes.iter_mut().for_each(|node| node.is_visited_by(shop.workspace, agent.user));
    }
    for _ in 0..REPETITIONS {
        let waiting = shop.customers_wait(shop.support, WAITING).await;
        let routers = (0..ROUTERS).map(|number| {
            let runner = nodes[number % 2].runner.clone();
            let (workspace, queue) = (shop.workspace, shop.support);
            tokio::spawn(async move {
                while runner.route(workspace, queue).await? != RoundOutcome::Settled {}
                Ok::<_, Error>(())
            })
        });
        for outcome in join_all(routers).await {
            outcome.unwrap().unwrap();
        }
        let full = i64::from(CAPACITY) * AGENTS as i64;
        assert_eq!(shop.count("SELECT count(*) FROM conversations WHERE agent_id IS NOT NULL").await, full);
        assert_eq!(
            shop.count("SELECT count(*) FROM events WHERE kind = 'conversation_assigned'").await,
            full,
            "somebody was assigned twice"
        );
        assert_eq!(shop.count("SELECT count(*) FROM agents WHERE load = 7").await, AGENTS as i64);
        shop.is_consistent().await;
        let first: Vec<_> = shop.rows("SELECT id FROM conversations WHERE agent_id IS NOT NULL ORDER BY id", &[]).await;
        let mut longest: Vec<_> = waiting[..70].iter().map(|id| id.0).collect();
        longest.sort();
        assert_eq!(first.iter().map(|row| row.get::<_, uuid::Uuid>(0)).collect::<Vec<_>>(), longest, "who waited longest was assigned");
        shop.execute("DELETE FROM contacts", &[]).await;
        shop.execute("DELETE FROM events", &[]).await;
        shop.execute("UPDATE agents SET load = 0", &[]).await;
    }
}

/// A router that waits until an agent's row is free has the turn meanwhile: another passes over nobody, and holds no connection for it.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_passed_over_while_another_router_waits_for_its_agent() {
    let shop = Shop::opens().await;
    let (mut one, mut two) = (shop.node(2), shop.node(2));
    let (ana, ben) = (shop.hires("Ana", Role::Agent, 1).await, shop.hires("Ben", Role::Agent, 1).await);
    one.is_visited_by(shop.workspace, ana.user);
    two.is_visited_by(shop.workspace, ben.user);
    let waiting = shop.customers_wait(shop.support, 2).await;
    let mut client = shop.store.client().await.unwrap();
    let changing = client.transaction().await.unwrap();
    changing.execute("SELECT FROM agents WHERE user_id = $1 FOR UPDATE", &[&ana.user.0]).await.unwrap();
    let (runner, workspace, queue) = (one.runner.clone(), shop.workspace, shop.support);
    let held_up = tokio::spawn(async move { runner.route(workspace, queue).await.map(drop) });
    while shop.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").await == 0 {}
    assert_eq!(two.runner.route(workspace, queue).await.unwrap(), RoundOutcome::SomebodyElses);
    changing.commit().await.unwrap();
    held_up.await.unwrap().unwrap();
    assert_eq!(two.runner.route(workspace, queue).await.unwrap(), RoundOutcome::Settled);
    let ids: Vec<uuid::Uuid> = waiting.iter().map(|id| id.0).collect();
    let holders = shop.rows("SELECT agent_id FROM conversations WHERE id = ANY($1) ORDER BY array_position($1, id)", &[&ids]).await;
    let holders: Vec<Option<uuid::Uuid>> = holders.iter().map(|row| row.get(0)).collect();
    assert_eq!(holders, [Some(ana.user.0), Some(ben.user.0)], "who waited longest comes first");
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_needs_one_connection_only() {
    let shop = Shop::opens().await;
    let mut node: Node = shop.node(1);
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    node.is_visited_by(shop.workspace, ana.user);
    shop.customers_wait(shop.support, 3).await;
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM conversations WHERE agent_id IS NOT NULL").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_queues_of_one_team_share_its_room() {
    let shop = Shop::opens().await;
    let mut nodes = [shop.node(8), shop.node(8)];
    for number in 0..4 {
        let agent = shop.hires(&format!("Agent {number}"), Role::Agent, 3).await;
        nodes.iter_mut().for_each(|node| node.is_visited_by(shop.workspace, agent.user));
    }
    shop.customers_wait(shop.support, 40).await;
    shop.customers_wait(shop.orders, 40).await;
    let routers = (0..24).map(|number| {
        let runner = nodes[number % 2].runner.clone();
        let (workspace, queue) = (shop.workspace, if number % 3 == 0 { shop.orders } else { shop.support });
        tokio::spawn(async move { while runner.route(workspace, queue).await.unwrap() != RoundOutcome::Settled {} })
    });
    for outcome in join_all(routers).await {
        outcome.unwrap();
    }
    assert_eq!(shop.count("SELECT count(*) FROM conversations WHERE agent_id IS NOT NULL").await, 12);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_page_open_gets_nothing() {
    let shop = Shop::opens().await;
    let mut node = shop.node(4);
    let (ana, _ben) = (shop.hires("Ana", Role::Agent, 1).await, shop.hires("Ben", Role::Agent, 8).await);
    node.is_visited_by(shop.workspace, ana.user);
    shop.customers_wait(shop.support, 5).await;
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    let holders = shop.rows("SELECT agent_id FROM conversations WHERE agent_id IS NOT NULL", &[]).await;
    assert_eq!(holders.iter().map(|row| row.get::<_, uuid::Uuid>(0)).collect::<Vec<_>>(), [ana.user.0]);
}

/// Ana, who is given the first, and Ben, who is given the second of those who wait.
async fn two_wait_for_two(shop: &Shop, node: &mut Node) -> ([UserId; 2], Vec<ConversationId>) {
    let (ana, ben) = (shop.hires("Ana", Role::Agent, 1).await, shop.hires("Ben", Role::Agent, 1).await);
    shop.execute("UPDATE agents SET idle_since = now() - interval '1 hour' WHERE user_id = $1", &[&ana.user.0]).await;
    [&ana, &ben].into_iter().for_each(|person| node.is_visited_by(shop.workspace, person.user));
    ([ana.user, ben.user], shop.customers_wait(shop.support, 2).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_assigned_before_a_fault_is_shown() {
    let shop = Shop::opens().await;
    let mut node = shop.node(4);
    let ([_, ben], waiting) = two_wait_for_two(&shop, &mut node).await;
    let mut client = shop.store.client().await.unwrap();
    let changing = client.transaction().await.unwrap();
    changing.execute("SELECT FROM agents WHERE user_id = $1 FOR UPDATE", &[&ben.0]).await.unwrap();
    let outcome = node.runner.route(shop.workspace, shop.support).await;
    assert!(matches!(&outcome, Err(Error::Store(error)) if error.is_busy()), "{outcome:?}");
    let Ok(Change::Conversation(shown)) = node.changes.try_recv() else { panic!("pages hear of the first") };
    assert_eq!(shown.conversation.id, waiting[0]);
    assert!(node.changes.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_handed_on_while_a_router_waited_is_left_where_it_is() {
    let shop = Shop::opens().await;
    let mut node = shop.node(4);
    let ([ana, ben], waiting) = two_wait_for_two(&shop, &mut node).await;
    let mut client = shop.store.client().await.unwrap();
    let changing = client.transaction().await.unwrap();
    changing.execute("SELECT FROM agents WHERE user_id = $1 FOR UPDATE", &[&ana.0]).await.unwrap();
    let (runner, workspace, queue) = (node.runner.clone(), shop.workspace, shop.support);
    let routing = tokio::spawn(async move { runner.route(workspace, queue).await });
    while shop.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").await == 0 {}
    shop.execute("UPDATE conversations SET queue_id = $2 WHERE id = $1", &[&waiting[0].0, &shop.orders.0]).await;
    changing.commit().await.unwrap();
    routing.await.unwrap().unwrap();
    let Ok(Change::Conversation(shown)) = node.changes.try_recv() else { panic!("pages hear of the other") };
    assert_eq!((shown.conversation.id, shown.conversation.controller.agent()), (waiting[1], Some(ben)));
    assert_eq!(shop.count("SELECT count(*) FROM conversations WHERE controller = 'queue'").await, 1);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_tells_which_queue_it_was_taken_from_and_why_whom_it_went_to() {
    let shop = Shop::opens().await;
    let mut node = shop.node(4);
    let (_, waiting) = two_wait_for_two(&shop, &mut node).await;
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    for conversation in waiting {
        let Ok(Change::Conversation(shown)) = node.changes.try_recv() else { panic!("pages hear of each") };
        assert_eq!(shown.conversation.id, conversation, "the longest waiting first");
        let before = shown.before.unwrap();
        assert_eq!((before.state, before.controller, before.queue), (State::Open, Controller::Queue, Some(shop.support)));
        let [told] = &shown.events[..] else { panic!("{:?}", shown.events) };
        assert_eq!((told.seq, told.event.kind()), (shown.conversation.last_seq, "conversation_assigned"));
        assert_eq!(shown.conversation.assignment_reason.as_ref().unwrap().considered.len(), 2);
        assert!(shown.agent_name.as_deref().is_some_and(|name| ["Ana", "Ben"].contains(&name)));
    }
}

/// One place is left, and two nodes are woken for it at the same moment: one gives it away, and the other comes a moment later.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_that_see_the_same_place_one_gives_it_away() {
    let shop = Shop::opens().await;
    let mut nodes = [shop.node(2), shop.node(2)];
    let ana = shop.hires("Ana", Role::Agent, 1).await;
    nodes.iter_mut().for_each(|node| node.is_visited_by(shop.workspace, ana.user));
    let waiting = shop.customers_wait(shop.support, 2).await;
    let mut client = shop.store.client().await.unwrap();
    let changing = client.transaction().await.unwrap();
    changing.execute("SELECT FROM agents WHERE user_id = $1 FOR UPDATE", &[&ana.user.0]).await.unwrap();
    let (first, workspace, queue) = (nodes[0].runner.clone(), shop.workspace, shop.support);
    let routing = tokio::spawn(async move { first.route(workspace, queue).await.unwrap() });
    while shop.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").await < 1 {}
    assert_eq!(nodes[1].runner.route(workspace, queue).await.unwrap(), RoundOutcome::SomebodyElses);
    changing.rollback().await.unwrap();
    assert_eq!(routing.await.unwrap(), RoundOutcome::Settled);
    assert_eq!(nodes[1].runner.route(workspace, queue).await.unwrap(), RoundOutcome::Settled);
    let held = shop.rows("SELECT id FROM conversations WHERE agent_id IS NOT NULL", &[]).await;
    assert_eq!(held.iter().map(|row| row.get::<_, uuid::Uuid>(0)).collect::<Vec<_>>(), [waiting[0].0]);
    shop.is_consistent().await;
}

/// Both see the same agent as the least busy at the same moment, in queues of one team.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_that_choose_the_same_agent_one_looks_again() {
    let shop = Shop::opens().await;
    let mut nodes = [shop.node(2), shop.node(2)];
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    shop.execute("UPDATE agents SET idle_since = now() - interval '1 hour'", &[]).await;
    let ben = shop.hires("Ben", Role::Agent, 8).await;
    nodes.iter_mut().for_each(|node| [&ana, &ben].iter().for_each(|person| node.is_visited_by(shop.workspace, person.user)));
    shop.customers_wait(shop.support, 1).await;
    shop.customers_wait(shop.orders, 1).await;
    let mut client = shop.store.client().await.unwrap();
    let changing = client.transaction().await.unwrap();
    changing.execute("SELECT FROM agents WHERE user_id = $1 FOR UPDATE", &[&ana.user.0]).await.unwrap();
    let routing = [(&nodes[0], shop.support), (&nodes[1], shop.orders)].map(|(node, queue)| {
        let (runner, workspace) = (node.runner.clone(), shop.workspace);
        tokio::spawn(async move { while runner.route(workspace, queue).await.unwrap() != RoundOutcome::Settled {} })
    });
    while shop.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").await < 2 {}
    changing.rollback().await.unwrap();
    for routed in routing {
        routed.await.unwrap();
    }
    assert_eq!(shop.count("SELECT count(*) FROM agents WHERE load = 1").await, 2);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_more_urgent_comes_first_and_of_these_whoever_waited_longer() {
    let shop = Shop::opens().await;
    let mut node: Node = shop.node(2);
    let waiting = shop.customers_wait(shop.support, 5).await;
    let iris = shop.hires("Iris", Role::Supervisor, 0).await;
    for (number, to) in [(0, Priority::Low), (3, Priority::High), (4, Priority::Urgent), (2, Priority::High)] {
        node.runner.run(shop.workspace, waiting[number], Command::SetPriority { by: iris.clone(), to }).await.unwrap();
    }
    let mut client = shop.store.client().await.unwrap();
    let transaction = Transaction::begin(&mut client);
    let heads = queues::heads(&transaction, shop.workspace, shop.support, &[(0, 50)], 50).await.unwrap();
    transaction.commit().await.unwrap();
    let order: Vec<_> = heads.iter().map(|waiting| waiting.conversation).collect();
    assert_eq!(order, [4, 2, 3, 1, 0].map(|number: usize| waiting[number]));
    let ana = shop.hires("Ana", Role::Agent, 3).await;
    node.is_visited_by(shop.workspace, ana.user);
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    let held = "SELECT id FROM conversations WHERE agent_id = $1 ORDER BY id";
    let held: Vec<uuid::Uuid> = shop.rows(held, &[&ana.user.0]).await.iter().map(|row| row.get(0)).collect();
    let mut urgent = [4, 2, 3].map(|number: usize| waiting[number].0);
    urgent.sort();
    assert_eq!(held, urgent);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_are_to_take_themselves_is_given_to_nobody_and_everybody_has_their_turn_otherwise() {
    let shop = Shop::opens().await;
    let mut node: Node = shop.node(4);
    let (ana, ben) = (shop.hires("Ana", Role::Agent, 9).await, shop.hires("Ben", Role::Agent, 9).await);
    [&ana, &ben].into_iter().for_each(|person| node.is_visited_by(shop.workspace, person.user));
    let strategy = |strategy: Strategy| {
        let change = QueueChange { strategy: Some(strategy.as_str().to_owned()), ..QueueChange::default() };
        node.runner.configure(shop.workspace, &By::System, SetupCommand::ChangeQueue { queue: shop.support, change }, None)
    };
    let held = async |person: &Person| shop.count(&format!("SELECT load::bigint FROM agents WHERE user_id = '{}'", person.user)).await;
    strategy(Strategy::Manual).await.unwrap();
    let waiting = shop.customers_wait(shop.support, 4).await;
    assert_eq!(node.runner.route(shop.workspace, shop.support).await.unwrap(), RoundOutcome::Settled);
    assert!(!shop.store.queues_with_waiting().await.unwrap().contains(&(shop.workspace, shop.support)), "nobody looks at it in vain");
    node.runner.run(shop.workspace, waiting[0], Command::Take { by: ana.clone() }).await.unwrap();
    assert_eq!((held(&ana).await, held(&ben).await), (1, 0));
    strategy(Strategy::RoundRobin).await.unwrap();
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!((held(&ana).await, held(&ben).await), (2, 2), "Ben, Ana, Ben: whoever was given something longest ago");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_finishes_something_is_idle_since_then_and_was_given_something_before() {
    let shop = Shop::opens().await;
    let node: Node = shop.node(4);
    let ana = shop.hires("Ana", Role::Agent, 9).await;
    let waiting = shop.customers_wait(shop.support, 1).await;
    shop.execute("UPDATE agents SET idle_since = 'epoch', given_at = 'epoch'", &[]).await;
    let since = "SELECT count(*) FROM agents WHERE idle_since > 'epoch' AND given_at > 'epoch' AND (idle_since > given_at) = $1";
    let since = async |is_later: bool| shop.rows(since, &[&is_later]).await[0].get::<_, i64>(0);
    node.runner.run(shop.workspace, waiting[0], Command::Take { by: ana.clone() }).await.unwrap();
    assert_eq!(since(false).await, 1);
    node.runner.run(shop.workspace, waiting[0], Command::Resolve { by: ana.clone() }).await.unwrap();
    assert_eq!(since(true).await, 1);
}

/// Whoever works on a conversation, or at its contact, is not waited for; and what they leave comes in the next round.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_has_is_left_out_without_waiting_and_comes_next() {
    for held in ["SELECT FROM conversations WHERE id = $1 FOR UPDATE", HOLD_CONTACT] {
        let shop = Shop::opens().await;
        let mut node = shop.node(4);
        let (_, waiting) = two_wait_for_two(&shop, &mut node).await;
        let mut client = shop.store.client().await.unwrap();
        let working = client.transaction().await.unwrap();
        working.execute(held, &[&waiting[0].0]).await.unwrap();
        node.runner.route(shop.workspace, shop.support).await.unwrap();
        let free = "SELECT id FROM conversations WHERE controller = 'queue'";
        assert_eq!(shop.rows(free, &[]).await[0].get::<_, uuid::Uuid>(0), waiting[0].0);
        working.rollback().await.unwrap();
        node.runner.route(shop.workspace, shop.support).await.unwrap();
        assert!(shop.rows(free, &[]).await.is_empty());
        shop.is_consistent().await;
    }
}

const HOLD_CONTACT: &str = "SELECT FROM contacts WHERE id = (SELECT contact_id FROM conversations WHERE id = $1) FOR UPDATE";

/// Room that is left over because somebody was quicker at those it was chosen for is for whoever comes behind them.
#[tokio::test(flavor = "multi_thread")]
async fn room_for_what_somebody_has_goes_to_who_comes_behind() {
    let shop = Shop::opens().await;
    let mut node = shop.node(4);
    let ana = shop.hires("Ana", Role::Agent, 1).await;
    node.is_visited_by(shop.workspace, ana.user);
    let waiting = shop.customers_wait(shop.support, 3).await;
    let mut client = shop.store.client().await.unwrap();
    let working = client.transaction().await.unwrap();
    working.execute(HOLD_CONTACT, &[&waiting[0].0]).await.unwrap();
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    let held = shop.rows("SELECT id FROM conversations WHERE agent_id IS NOT NULL", &[]).await;
    assert_eq!(held.iter().map(|row| row.get::<_, uuid::Uuid>(0)).collect::<Vec<_>>(), [waiting[1].0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_cannot_be_written_down_costs_those_behind_it_nothing() {
    let shop = Shop::opens().await;
    let mut node = shop.node(4);
    let ana = shop.hires("Ana", Role::Agent, 2).await;
    node.is_visited_by(shop.workspace, ana.user);
    let waiting = shop.customers_wait(shop.support, 4).await;
    let refuse = format!("ALTER TABLE events ADD CHECK (subject_id <> '{}')", waiting[0]);
    shop.execute(&refuse, &[]).await;
    let outcome = node.runner.route(shop.workspace, shop.support).await;
    assert!(matches!(&outcome, Err(Error::Store(error)) if error.is_of_the_data()), "{outcome:?}");
    let held = shop.rows("SELECT id FROM conversations WHERE agent_id IS NOT NULL", &[]).await;
    let mut expected = [waiting[1].0, waiting[2].0];
    let mut held: Vec<uuid::Uuid> = held.iter().map(|row| row.get(0)).collect();
    expected.sort();
    held.sort();
    assert_eq!(held, expected);
    shop.is_consistent().await;
}

/// Somebody may write to two numbers of one shop.
#[tokio::test(flavor = "multi_thread")]
async fn two_conversations_of_one_customer_are_given_away_in_one_round() {
    let shop = Shop::opens().await;
    let mut node = shop.node(4);
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    node.is_visited_by(shop.workspace, ana.user);
    let waiting = shop.customers_wait(shop.support, 3).await;
    let of_the_first =
        "UPDATE conversations SET contact_id = (SELECT contact_id FROM conversations WHERE id = $2), inbox_id = $3 WHERE id = $1";
    let other = shop.another_inbox().await;
    shop.execute(of_the_first, &[&waiting[1].0, &waiting[0].0, &other.0]).await;
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM conversations WHERE agent_id IS NOT NULL").await, 3);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_many_wait_for_is_given_away_in_one_transaction() {
    let shop = Shop::opens().await;
    let mut node = shop.node(4);
    for number in 0..4 {
        let agent = shop.hires(&format!("Agent {number}"), Role::Agent, 8).await;
        node.is_visited_by(shop.workspace, agent.user);
    }
    shop.customers_wait(shop.support, 20).await;
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM agents WHERE load = 5").await, 4, "the least busy comes first");
    assert_eq!(shop.count("SELECT count(DISTINCT xmin::text) FROM events WHERE kind = 'conversation_assigned'").await, 1);
    shop.is_consistent().await;
}

/// Two to look, four to give away: agents, contacts, conversations, and everything that is written. What is sent without waiting counts
/// when the database is quick to answer it, as `BEGIN` is.
#[tokio::test(flavor = "multi_thread")]
async fn a_round_of_many_takes_no_more_round_trips_than_one_of_few() {
    const MOST: usize = 12;
    let shop = Shop::opens().await;
    let (mut node, trips) = shop.counted_node();
    for number in 0..8 {
        let agent = shop.hires(&format!("Agent {number}"), Role::Agent, 40).await;
        node.is_visited_by(shop.workspace, agent.user);
    }
    // The first round prepares its statements; what is said together may leave a busy machine in two parts, so the least of three counts.
    for (count, most) in [(2, usize::MAX), (2, MOST), (50, MOST)] {
        let mut took = usize::MAX;
        for _ in 0..3 {
            shop.customers_wait(shop.support, count).await;
            let before = trips.count.load(Ordering::SeqCst);
            node.runner.route(shop.workspace, shop.support).await.unwrap();
            took = took.min(trips.count.load(Ordering::SeqCst) - before);
        }
        assert!(took <= most, "{took} round trips for {count}");
    }
    assert_eq!(shop.count("SELECT count(*) FROM conversations WHERE agent_id IS NOT NULL").await, 162);
}

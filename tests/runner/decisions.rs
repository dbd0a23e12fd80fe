//! What routing decided, kept and made again; and what it costs whoever waits while there is nothing to decide.

use baton::domain::access::{Role, Visibility};
use baton::domain::command::Command;
use baton::domain::ids::ConversationId;
use baton::runner::routing::RoundOutcome;
use baton::store::access::Viewer;
use baton::store::routing_decisions::{Before, Of};

use crate::bodies::{message, store, work};
use crate::shop::Shop;

/// Also not by way of the router that the message wakes.
#[tokio::test(flavor = "multi_thread")]
async fn with_nobody_free_a_further_message_of_whoever_waits_asks_for_no_agents_row() {
    let shop = Shop::opens().await;
    let mut node = shop.node(4);
    let ana = shop.hires("Ana", Role::Agent, 0).await;
    node.is_visited_by(shop.workspace, ana.user);
    shop.execute("UPDATE inboxes SET flow_id = NULL", &[]).await;
    shop.customers_wait(shop.support, 100).await;
    store(&shop.store, &[message("4477", "wamid.1", "Hello")]).await;
    while work(&node.runner).await {}
    assert_eq!(shop.count("SELECT count(*) FROM conversations WHERE controller = 'queue'").await, 101);
    let mut client = shop.store.client().await.unwrap();
    let holding = client.transaction().await.unwrap();
    holding.execute("SELECT FROM agents FOR UPDATE", &[]).await.unwrap();
    store(&shop.store, &[message("4477", "wamid.2", "Is anybody there?")]).await;
    while work(&node.runner).await {}
    assert_eq!(node.runner.route(shop.workspace, shop.support).await.unwrap(), RoundOutcome::Settled);
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE wamid = 'wamid.2'").await, 1);
    holding.rollback().await.unwrap();
}

/// What people take is no decision of routing.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_is_kept_with_what_it_was_decided_from_and_made_again_it_is_the_same() {
    let shop = Shop::opens().await;
    let mut node = shop.node(4);
    for (name, capacity) in [("Ana", 2), ("Ben", 1), ("Cleo", 0)] {
        let agent = shop.hires(name, Role::Agent, capacity).await;
        node.is_visited_by(shop.workspace, agent.user);
    }
    let dan = shop.hires("Dan", Role::Agent, 5).await;
    let waiting = shop.customers_wait(shop.support, 4).await;
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    node.runner.run(shop.workspace, waiting[3], Command::Take { by: dan.clone() }).await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM routing_decisions").await, 3);
    let (early, late) = (jiff::Timestamp::UNIX_EPOCH, jiff::Timestamp::MAX);
    let replayed = node.runner.replay(shop.workspace, early, late).await.unwrap();
    assert_eq!((replayed.count, replayed.otherwise.len()), (3, 0));
    let viewer = Viewer { workspace: shop.workspace, user: dan.user, visibility: Visibility::All };
    let of_support = Of { queue: Some(shop.support), agent: None };
    let (decided, next) = shop.store.routing_decisions(viewer, of_support, Before::LATEST, 2).await.unwrap();
    assert_eq!(decided.len(), 2);
    let (rest, end) = shop.store.routing_decisions(viewer, of_support, next.unwrap(), 2).await.unwrap();
    let all: Vec<ConversationId> = decided.iter().chain(&rest).map(|one| one.conversation).collect();
    assert_eq!((all.len(), end), (3, None));
    assert!(waiting[..3].iter().all(|conversation| all.contains(conversation)));
    assert_eq!(decided[0].reason.considered.len(), 4, "Cleo is full, Dan is not here");
    let own = Viewer { visibility: Visibility::Mine, ..viewer };
    assert!(shop.store.routing_decisions(own, Of::default(), Before::LATEST, 9).await.unwrap().0.is_empty());
    // As another version would have decided it.
    shop.execute(
        "UPDATE routing_decisions SET record = jsonb_set(record, '{strategy}', '\"manual\"') WHERE conversation_id = $1",
        &[&waiting[1].0],
    )
    .await;
    let replayed = node.runner.replay(shop.workspace, early, late).await.unwrap();
    assert_eq!(replayed.otherwise.iter().map(|(conversation, _)| *conversation).collect::<Vec<_>>(), [waiting[1]]);
    assert_eq!(shop.store.forget_routing_decisions(baton::runner::now()).await.unwrap(), 3);
}

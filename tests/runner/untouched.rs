//! What is not understood is left as it is by those who send, route and record.

use baton::domain::access::Role;
use baton::domain::delivery::Outcome;
use baton::store::dispatches::Claim;
use serde_json::json;
use uuid::Uuid;

use crate::newer::House;
use crate::shop::Shop;
use crate::strange::NO_CHECKS;

/// The one customer's conversation, as a newer version left it.
async fn control(shop: &Shop) -> (String, String, Option<Uuid>) {
    let sql = "SELECT state, controller, agent_id FROM conversations WHERE id = (SELECT conversation_id FROM strange)";
    let row = &shop.rows(sql, &[]).await[0];
    (row.get(0), row.get(1), row.get(2))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_of_a_send_leaves_a_control_that_is_not_understood_as_it_is() {
    let house = House::opens().await;
    let (shop, node) = (&house.shop, house.shop.node(4));
    let newer = "UPDATE conversations SET state = 'dozing', controller = 'robot', agent_id = $1
                 WHERE id = (SELECT conversation_id FROM strange)";
    shop.execute(newer, &[&house.ana.0]).await;
    let before = control(shop).await;
    let claim = node.runner.claim_outbox(shop.workspace, shop.inbox, 99).await.unwrap().0;
    let Claim::Taken { dispatches, .. } = claim else { panic!("nothing could be sent") };
    let own: Vec<_> = dispatches.iter().filter(|dispatch| dispatch.conversation == house.strange).collect();
    assert_eq!(own.len(), 1);
    let outcome = Outcome::Accepted { wamid: "wamid.sent".to_owned(), recipient: Vec::new() };
    node.runner.record_delivery(own[0], outcome).await.unwrap();
    assert_eq!(control(shop).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_understood_goes_back_and_was_not_tried() {
    let house = House::opens().await;
    let (shop, node) = (&house.shop, house.shop.node(4));
    shop.execute("UPDATE messages SET content = $1 WHERE conversation_id = $2", &[&json!({ "kind": "hologram" }), &house.strange.0]).await;
    for round in 1..=3 {
        shop.execute("UPDATE outbox SET due_at = now()", &[]).await;
        let claim = node.runner.claim_outbox(shop.workspace, shop.inbox, 99).await.unwrap().0;
        let Claim::Taken { dispatches, strange, .. } = claim else { panic!("nothing could be sent") };
        assert_eq!((dispatches.len(), strange.len()), (if round == 1 { 2 } else { 0 }, 1));
    }
    let left = "SELECT count(*) FROM outbox WHERE state = 'queued' AND attempts = 0 AND claim_id IS NULL AND due_at > now()";
    assert_eq!(shop.count(left).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_lost_its_node_is_left_for_a_while_to_who_understands_it() {
    let house = House::opens().await;
    let (shop, node) = (&house.shop, house.shop.node(4));
    node.runner.claim_outbox(shop.workspace, shop.inbox, 99).await.unwrap();
    let newer = "UPDATE messages SET status = 'foreseen'
                 WHERE conversation_id = $1 AND id IN (SELECT message_id FROM outbox WHERE state = 'dispatching')";
    assert_eq!(shop.execute(newer, &[&house.strange.0]).await, 1);
    for (ago, under_way) in [("1 second", 1), ("1 hour", 0)] {
        shop.execute(&format!("UPDATE outbox SET lease_until = now() - interval '{ago}' WHERE state = 'dispatching'"), &[]).await;
        for lapsed in shop.store.lapsed_sends().await.unwrap() {
            let recorded = node.runner.record_lapse(&lapsed).await;
            assert_eq!(recorded.is_ok(), lapsed.conversation != house.strange || under_way == 0, "{recorded:?}");
        }
        assert_eq!(shop.count("SELECT count(*) FROM outbox WHERE state = 'dispatching'").await, under_way, "after {ago}");
        assert_eq!(shop.count("SELECT count(*) FROM messages WHERE status = 'foreseen'").await, 1, "after {ago}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_in_a_state_that_is_not_understood_is_not_given_away_and_keeps_nobody_waiting() {
    let shop = Shop::opens().await;
    let ana = shop.hires("Ana", Role::Agent, 9).await.user;
    let waiting = shop.customers_wait(shop.support, 3).await;
    shop.store.client().await.unwrap().batch_execute(NO_CHECKS).await.unwrap();
    shop.execute("UPDATE conversations SET state = 'parked' WHERE id = $1", &[&waiting[0].0]).await;
    let mut node = shop.node(4);
    node.is_visited_by(shop.workspace, ana);
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    let held = shop.rows("SELECT id FROM conversations WHERE controller = 'agent' ORDER BY assigned_at, id", &[]).await;
    let mut others: Vec<Uuid> = waiting[1..].iter().map(|id| id.0).collect();
    others.sort();
    assert_eq!(held.iter().map(|row| row.get::<_, Uuid>(0)).collect::<Vec<_>>(), others);
}

//! New numbers and new ids that come twice, late, back again, or as somebody else's: nobody's words reach anybody else.

use std::sync::Arc;

use baton::domain::Command;
use baton::domain::access::Role;
use baton::domain::inbound::{InboundContent, InboundItem};
use baton::domain::unspoken::Unspoken;
use tokio::sync::Barrier;

use crate::bodies::{message, store, understand, work};
use crate::people::{does, hello, id, new_id, new_number, of, phone, recipient, said, writes};
use crate::shop::{SOURCE, Shop};

/// Meta repeats what it is not sure of, for days.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_number_told_again_when_somebody_else_has_the_old_number_gives_them_nothing() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491")], "wamid.1", 10).await;
    let mia = of(&shop, "wamid.1").await;
    does(&shop, &[phone("491")], "wamid.2", 20, new_number("492")).await;
    writes(&shop, &[phone("491")], "wamid.3", 30).await;
    let noa = of(&shop, "wamid.3").await;
    assert_ne!(mia, noa);
    does(&shop, &[phone("491")], "wamid.2", 20, new_number("492")).await;
    writes(&shop, &[phone("492")], "wamid.4", 40).await;
    assert_eq!(of(&shop, "wamid.4").await, mia, "Mia's words stand in the thread of who has her old number");
    writes(&shop, &[phone("491")], "wamid.5", 50).await;
    assert_eq!(of(&shop, "wamid.5").await, noa);
    assert_eq!(recipient(&shop, noa.0).await, Some(phone("491")));
    assert_eq!(recipient(&shop, mia.0).await, Some(phone("492")));
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_called_otherwise_is_not_the_number_s_first_owner() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491"), id("DE.9")], "wamid.1", 10).await;
    let noa = of(&shop, "wamid.1").await;
    does(&shop, &[phone("491"), id("DE.1")], "wamid.2", 20, new_id("DE.2")).await;
    writes(&shop, &[phone("491"), id("DE.2")], "wamid.3", 30).await;
    let mia = of(&shop, "wamid.3").await;
    assert_ne!(mia.1, noa.1, "a stranger's words stand in the thread of the number's first owner");
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_number_that_comes_late_leaves_the_customer_in_the_thread_under_way() {
    let shop = Shop::opens().await;
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    writes(&shop, &[phone("491")], "wamid.1", 10).await;
    let old = of(&shop, "wamid.1").await;
    let runner = shop.node(4).runner;
    runner.run(shop.workspace, old.0, Command::Resolve { by: ana.clone() }).await.unwrap();
    shop.execute(
        "UPDATE conversations SET resolved_at = resolved_at - interval '3 days', last_message_at = last_message_at - interval '3 days'",
        &[],
    )
    .await;
    writes(&shop, &[phone("492")], "wamid.2", 20).await;
    let now = of(&shop, "wamid.2").await;
    runner.run(shop.workspace, now.0, Command::Take { by: ana.clone() }).await.unwrap();
    does(&shop, &[phone("491")], "wamid.3", 30, new_number("492")).await;
    writes(&shop, &[phone("492")], "wamid.4", 40).await;
    assert_eq!(of(&shop, "wamid.4").await, now, "Ana is in the middle of it");
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_is_undone_although_the_number_changed_since() {
    let shop = Shop::opens().await;
    let sue = shop.hires("Sue", Role::Supervisor, 8).await;
    writes(&shop, &[phone("491")], "wamid.1", 10).await;
    writes(&shop, &[id("DE.1")], "wamid.2", 20).await;
    let (first, second) = (of(&shop, "wamid.1").await, of(&shop, "wamid.2").await);
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.3", 30).await;
    does(&shop, &[phone("491"), id("DE.1")], "wamid.4", 40, new_number("492")).await;
    let parted = shop.node(4).runner.run(shop.workspace, second.0, Command::Part { by: sue, other: first.1 }).await;
    assert!(parted.is_ok(), "{parted:?}");
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_thread_does_not_say_that_answers_go_where_they_do_not() {
    let shop = Shop::opens().await;
    let sue = shop.hires("Sue", Role::Supervisor, 8).await;
    writes(&shop, &[phone("491")], "wamid.1", 10).await;
    writes(&shop, &[id("DE.1")], "wamid.2", 20).await;
    let (first, second) = (of(&shop, "wamid.1").await, of(&shop, "wamid.2").await);
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.3", 30).await;
    shop.node(4).runner.run(shop.workspace, second.0, Command::Part { by: sue, other: first.1 }).await.unwrap();
    writes(&shop, &[id("DE.1")], "wamid.4", 40).await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.5", 50).await;
    let goes = recipient(&shop, second.0).await;
    let said = shop.rows("SELECT address FROM contacts WHERE id = $1", &[&second.1.0]).await[0].get::<_, serde_json::Value>(0);
    assert_eq!(goes, Some(id("DE.1")));
    assert_eq!(said["value"], "DE.1", "the thread says that answers go to {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_body_that_holds_the_same_message_twice_and_a_join_between_them_says_it_once() {
    let shop = Shop::opens().await;
    let text = |identities: &[_], wamid: &str| said(identities, wamid, 0, hello());
    let items = [
        text(&[phone("491")], "wamid.1"),
        text(&[id("DE.1")], "wamid.2"),
        text(&[phone("491"), id("DE.1")], "wamid.3"),
        text(&[phone("491")], "wamid.1"),
        text(&[id("DE.1")], "wamid.2"),
        text(&[phone("491"), id("DE.1")], "wamid.3"),
    ];
    store(&shop.store, &items).await;
    while work(&shop.node(4).runner).await {}
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE direction = 'inbound'").await, 3);
    assert_eq!(shop.count("SELECT count(*) FROM quarantine").await, 0);
    assert_eq!(shop.count("SELECT count(*) FROM inbound_items").await, 0);
    shop.is_consistent().await;
}

/// Two nodes join, part and hear of changes at once; nobody's name is lost, and every message is in a thread once.
#[tokio::test(flavor = "multi_thread")]
async fn joins_partings_and_changes_at_once_on_two_nodes_lose_nothing() {
    let shop = Shop::opens().await;
    let sue = shop.hires("Sue", Role::Supervisor, 99).await;
    let nodes = [shop.node(6), shop.node(6)];
    for round in 0..12 {
        let (number, user) = (phone(&format!("49{round}0")), id(&format!("DE.{round}")));
        writes(&shop, std::slice::from_ref(&number), &format!("a{round}"), 0).await;
        writes(&shop, std::slice::from_ref(&user), &format!("b{round}"), 1).await;
        let first = of(&shop, &format!("a{round}")).await;
        writes(&shop, &[number.clone(), user.clone()], &format!("c{round}"), 2).await;
        let second = of(&shop, &format!("c{round}")).await;
        let start = Arc::new(Barrier::new(3));
        let part = async {
            start.wait().await;
            nodes[0].runner.run(shop.workspace, second.0, Command::Part { by: sue.clone(), other: first.1 }).await.map(drop)
        };
        let says = async |node: usize, items: Vec<InboundItem>| {
            start.wait().await;
            store(&shop.store, &items).await;
            let sorted = nodes[node].runner.sort(SOURCE, understand).await.unwrap();
            for lane in &sorted.lanes {
                nodes[node].runner.run_lane(*lane).await.ok();
            }
        };
        let text = |names: &[_], wamid: String| said(names, &wamid, 10, hello());
        let one = says(
            0,
            vec![text(&[number.clone(), user.clone()], format!("d{round}")), text(std::slice::from_ref(&number), format!("e{round}"))],
        );
        let changed = new_number(&format!("49{round}1"));
        let two = says(
            1,
            vec![
                said(std::slice::from_ref(&number), &format!("f{round}"), 10, changed),
                text(std::slice::from_ref(&user), format!("g{round}")),
            ],
        );
        let (_, (), ()) = tokio::join!(part, one, two);
        while work(&nodes[0].runner).await {}
        for lane in shop.rows("SELECT DISTINCT contact_id FROM inbound_items", &[]).await {
            let contact = baton::domain::ids::ContactId(lane.get(0));
            let lane = baton::store::inbound_items::Lane { workspace: shop.workspace, contact, inbox: shop.inbox };
            while nodes[0].runner.run_lane(lane).await.unwrap() != baton::runner::lanes::LaneProgress::Empty {}
        }
    }
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE direction = 'inbound'").await, 12 * 7);
    assert_eq!(shop.count("SELECT count(*) FROM quarantine").await, 0);
    assert_eq!(shop.count("SELECT count(*) FROM contact_identities").await, 12 * 3);
    shop.is_consistent().await;
}

/// One workspace with numbers of two apps, whose bodies two nodes sort at once: the same strangers write to both.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_strangers_at_the_numbers_of_two_apps_are_one_contact_each() {
    let shop = Shop::opens().await;
    shop.execute("INSERT INTO apps VALUES ('1002', 's', 'v')", &[]).await;
    shop.execute(
        "WITH another AS (
             INSERT INTO inboxes (workspace_id, id, name, channel, flow_id, default_queue_id)
             SELECT workspace_id, gen_random_uuid(), name, channel, flow_id, default_queue_id FROM inboxes
             RETURNING workspace_id, id)
         INSERT INTO whatsapp_numbers (workspace_id, inbox_id, app_id, phone_number_id, waba_id, display_phone_number, access_token)
         SELECT another.workspace_id, another.id, '1002', '2002', '3002', '+44 1', access_token FROM another, whatsapp_numbers",
        &[],
    )
    .await;
    let nodes = [shop.node(6), shop.node(6)];
    let understand_2 = |body: &[u8]| {
        let items: Vec<InboundItem> = serde_json::from_slice(body).unwrap();
        let for_it = |item| baton::domain::inbound::Said::ForInbox { address: "2002".to_owned(), account: None, item };
        items.into_iter().map(for_it).collect()
    };
    for round in 0..10 {
        let people = |of: &str| -> Vec<InboundItem> {
            (0..4).map(|n| message(&format!("49{round}{n}"), &format!("{of}{round}{n}"), "hi")).collect()
        };
        store(&shop.store, &people("a")).await;
        let body = serde_json::to_vec(&people("b").into_iter().rev().collect::<Vec<_>>()).unwrap().into();
        let new = baton::store::payloads::NewPayload { source: "whatsapp:1002".to_owned(), received_at: baton::runner::now(), body };
        shop.store.append_payloads(&[new]).await.unwrap();
        let (one, two) = tokio::join!(nodes[0].runner.sort(SOURCE, understand), nodes[1].runner.sort("whatsapp:1002", understand_2));
        assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
        while nodes[0].runner.sort(SOURCE, understand).await.unwrap().more_may_wait {}
        while nodes[1].runner.sort("whatsapp:1002", understand_2).await.unwrap().more_may_wait {}
    }
    assert_eq!(shop.count("SELECT count(*) FROM contacts").await, 40);
    assert_eq!(shop.count("SELECT count(*) FROM inbound_items").await, 80);
    assert_eq!(shop.count("SELECT count(*) FROM payloads WHERE sorted_at IS NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_or_reaction_of_a_customer_under_a_new_name_changes_nobody_s_address() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491")], "wamid.1", 10).await;
    let mia = of(&shop, "wamid.1").await;
    let reaction = Unspoken::Reaction { emoji: Some("👍".to_owned()), to: Some("wamid.1".to_owned()) };
    does(&shop, &[phone("491"), id("DE.1")], "wamid.2", 20, InboundContent::Unspoken(reaction)).await;
    assert_eq!(of(&shop, "wamid.2").await, mia);
    writes(&shop, &[id("DE.1")], "wamid.3", 30).await;
    assert_eq!(of(&shop, "wamid.3").await, mia);
    shop.is_consistent().await;
}

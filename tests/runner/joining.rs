//! Contacts that turn out to be one person: one thread from then on, whatever was open, and all of it may be taken back.

use baton::domain::Command;
use baton::domain::access::Role;
use baton::domain::contact::Identity;
use baton::domain::ids::{ContactId, ConversationId};
use baton::runner::now;
use baton::store::contacts::{Name, Standing};
use baton::store::sorting::{Moved, Sheet, Written};

use crate::people::{at, does, hello, id, lines, new_number, of, phone, recipient, said, take_in, writes};
use crate::shop::{SOURCE, Shop};

type Place = (ConversationId, ContactId);

/// How a conversation stands: its state, who has it, and whether somebody waits in it.
async fn stands(shop: &Shop, (conversation, _): Place) -> (String, String, bool) {
    let sql = "SELECT state, controller, waiting_since IS NOT NULL FROM conversations WHERE id = $1";
    let row = &shop.rows(sql, &[&conversation.0]).await[0];
    (row.get(0), row.get(1), row.get(2))
}

/// Everything that names a customer, by one message each.
async fn are_of(shop: &Shop, names: &[Identity], round: i64) -> Vec<Place> {
    let mut places = Vec::new();
    for (name, number) in names.iter().zip(round..) {
        let wamid = format!("wamid.of.{number}");
        writes(shop, std::slice::from_ref(name), &wamid, number).await;
        places.push(of(shop, &wamid).await);
    }
    places
}

/// Three contacts, of whom first two and then all turn out to be one.
async fn three_are_one(shop: &Shop) -> [Place; 3] {
    writes(shop, &[phone("491")], "wamid.1", 0).await;
    writes(shop, &[id("DE.1")], "wamid.2", 1).await;
    writes(shop, &[phone("491"), id("DE.1")], "wamid.3", 2).await;
    writes(shop, &[phone("492")], "wamid.4", 3).await;
    let (one, two, three) = (of(shop, "wamid.1").await, of(shop, "wamid.2").await, of(shop, "wamid.4").await);
    assert_eq!(of(shop, "wamid.3").await, two);
    writes(shop, &[phone("492"), id("DE.1")], "wamid.5", 4).await;
    assert_eq!(of(shop, "wamid.5").await, three, "the one that was written in last");
    [one, two, three]
}

#[tokio::test(flavor = "multi_thread")]
async fn three_contacts_that_are_one_have_one_thread_from_then_on() {
    let shop = Shop::opens().await;
    let [one, two, three] = three_are_one(&shop).await;
    assert_eq!(are_of(&shop, &[phone("491"), id("DE.1"), phone("492")], 10).await, [three; 3]);
    assert_eq!(recipient(&shop, one.0).await, Some(phone("491")), "what is still to be sent in the first thread finds them");
    assert!(recipient(&shop, two.0).await.is_some());
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_that_were_joined_the_first_join_can_be_undone_alone() {
    let shop = Shop::opens().await;
    let sue = shop.hires("Sue", Role::Supervisor, 8).await;
    let [one, two, three] = three_are_one(&shop).await;
    let part = Command::Part { by: sue.clone(), other: one.1 };
    shop.node(4).runner.run(shop.workspace, two.0, part).await.unwrap();
    let after = are_of(&shop, &[phone("491"), id("DE.1"), phone("492")], 10).await;
    assert_eq!(after.iter().map(|place| place.1).collect::<Vec<_>>(), [one.1, three.1, three.1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_that_were_joined_the_second_join_undone_leaves_the_first() {
    let shop = Shop::opens().await;
    let sue = shop.hires("Sue", Role::Supervisor, 8).await;
    let [_, two, three] = three_are_one(&shop).await;
    let part = Command::Part { by: sue.clone(), other: two.1 };
    shop.node(4).runner.run(shop.workspace, three.0, part).await.unwrap();
    let after = are_of(&shop, &[phone("491"), id("DE.1"), phone("492")], 10).await;
    assert_eq!(after.iter().map(|place| place.1).collect::<Vec<_>>(), [two.1, two.1, three.1]);
}

/// One body that calls the same person three ways.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_names_one_person_in_several_ways_leaves_one_thread() {
    let shop = Shop::opens().await;
    let names: [&[Identity]; 4] = [&[phone("491")], &[id("DE.1")], &[phone("491"), id("DE.1")], &[id("DE.1")]];
    let body: Vec<_> = names.iter().zip(0..).map(|(names, n)| said(names, &format!("wamid.{n}"), n, hello())).collect();
    take_in(&shop, &body).await;
    let one = of(&shop, "wamid.2").await;
    assert_eq!(of(&shop, "wamid.3").await, one);
    assert_eq!(are_of(&shop, &[phone("491"), id("DE.1")], 10).await, [one; 2]);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_names_two_contacts_takes_nothing_from_either_in_silence() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491")], "wamid.1", 0).await;
    writes(&shop, &[id("DE.1")], "wamid.2", 1).await;
    does(&shop, &[phone("491"), id("DE.1")], "wamid.3", 2, new_number("492")).await;
    let told = of(&shop, "wamid.3").await;
    assert_eq!(lines(&shop, told.0).await, ["contacts_joined", "address_changed"]);
    assert_eq!(are_of(&shop, &[phone("492"), id("DE.1")], 10).await, [told; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_conversation_that_is_left_says_where_the_customer_is_now_and_waits_no_more() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491")], "wamid.1", 0).await;
    writes(&shop, &[id("DE.1")], "wamid.2", 1).await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.3", 2).await;
    let (left, kept) = (of(&shop, "wamid.1").await, of(&shop, "wamid.3").await);
    assert_eq!(lines(&shop, left.0).await, ["customer_moved_on"]);
    let row = &shop.rows("SELECT event FROM events WHERE kind = 'customer_moved_on'", &[]).await[0];
    assert_eq!(row.get::<_, serde_json::Value>(0)["to"], kept.0.to_string());
    assert_eq!(stands(&shop, left).await, ("resolved".to_owned(), "nobody".to_owned(), false));
    assert_eq!(stands(&shop, kept).await.0, "open");
    assert_eq!(shop.count("SELECT count(*) FROM inbound_items").await, 0);
    shop.is_consistent().await;
}

/// A colleague is not robbed of what they hold; it asks nothing of them any more.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_held_by_a_colleague_stays_there_when_two_turn_out_to_be_one() {
    let shop = Shop::opens().await;
    let (ana, ben) = (shop.hires("Ana", Role::Agent, 8).await, shop.hires("Ben", Role::Agent, 8).await);
    let runner = shop.node(4).runner;
    writes(&shop, &[phone("491")], "wamid.1", 0).await;
    writes(&shop, &[id("DE.1")], "wamid.2", 1).await;
    let (one, two) = (of(&shop, "wamid.1").await, of(&shop, "wamid.2").await);
    runner.run(shop.workspace, one.0, Command::Take { by: ana }).await.unwrap();
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.3", 2).await;
    assert_eq!(of(&shop, "wamid.3").await, one, "Ana is speaking with them");
    assert_eq!(stands(&shop, two).await.0, "resolved");

    writes(&shop, &[phone("493")], "wamid.4", 3).await;
    let three = of(&shop, "wamid.4").await;
    runner.run(shop.workspace, three.0, Command::Take { by: ben }).await.unwrap();
    writes(&shop, &[phone("493"), id("DE.1")], "wamid.5", 4).await;
    assert_eq!(of(&shop, "wamid.5").await, three, "the one that was written in last");
    assert_eq!(lines(&shop, one.0).await.last().unwrap(), "customer_moved_on");
    assert_eq!(stands(&shop, one).await, ("open".to_owned(), "agent".to_owned(), false));
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_never_says_that_answers_go_to_what_is_another_contacts() {
    let shop = Shop::opens().await;
    let sue = shop.hires("Sue", Role::Supervisor, 8).await;
    writes(&shop, &[phone("491")], "wamid.1", 0).await;
    writes(&shop, &[id("DE.1")], "wamid.2", 1).await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.3", 2).await;
    let (one, two) = (of(&shop, "wamid.1").await, of(&shop, "wamid.2").await);
    shop.node(4).runner.run(shop.workspace, two.0, Command::Part { by: sue, other: one.1 }).await.unwrap();
    writes(&shop, &[id("DE.1")], "wamid.4", 3).await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.5", 4).await;
    assert_eq!(recipient(&shop, two.0).await, Some(id("DE.1")));
    let sql = "SELECT event #>> '{to,value}' FROM events WHERE subject_id = $1 AND kind = 'address_changed' ORDER BY seq DESC";
    assert_eq!(shop.rows(sql, &[&two.0.0]).await[0].get::<_, &str>(0), "DE.1");
}

/// Between a sorter's look at the names and what it writes, somebody else moved one of them: it is to look again.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_moved_meanwhile_is_not_moved_on_what_was_known_before() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491")], "wamid.1", 0).await;
    writes(&shop, &[phone("492")], "wamid.2", 1).await;
    let (one, two) = (of(&shop, "wamid.1").await.1, of(&shop, "wamid.2").await.1);
    let moved = |was_of, owner| Moved {
        workspace: shop.workspace,
        identity: phone("491"),
        was: (was_of, Standing::Current),
        name: Name { owner, standing: Standing::Current, since: at(5), joined_from: vec![was_of] },
    };
    let sheet = |moved| Sheet { source: SOURCE, moved: vec![moved], ..Sheet::default() };
    assert_eq!(shop.store.write_sorted(&sheet(moved(two, one)), now()).await.unwrap(), Written::Overtaken);
    assert_eq!(shop.store.write_sorted(&sheet(moved(one, two)), now()).await.unwrap(), Written::Written);
    assert_eq!(shop.store.write_sorted(&sheet(moved(one, two)), now()).await.unwrap(), Written::Overtaken);
}

//! Who is who: answers go to what the customer last wrote from, one person has one history, and a number is not its owner's for ever.

use baton::domain::access::Role;
use baton::domain::inbound::InboundItem;
use baton::domain::{Command, Event, Refusal};
use baton::runner::Error;

use crate::bodies::message;
use crate::people::{does, id, lines, new_id, new_number, of, phone, recipient, take_in, writes};
use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_to_what_the_customer_last_wrote_from() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.1", 1).await;
    let (conversation, _) = of(&shop, "wamid.1").await;
    assert_eq!(recipient(&shop, conversation).await, Some(phone("491")));

    writes(&shop, &[phone("492"), id("DE.1")], "wamid.2", 2).await;
    assert_eq!(of(&shop, "wamid.2").await.0, conversation);
    assert_eq!(recipient(&shop, conversation).await, Some(phone("492")));

    writes(&shop, &[id("DE.1")], "wamid.3", 3).await;
    assert_eq!(recipient(&shop, conversation).await, Some(id("DE.1")));
    assert_eq!(lines(&shop, conversation).await, ["address_changed", "address_changed"]);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_number_keeps_the_history_and_the_old_one_is_free_for_somebody_else() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491")], "wamid.1", 4).await;
    let (conversation, mia) = of(&shop, "wamid.1").await;
    does(&shop, &[phone("491")], "wamid.2", 5, new_number("492")).await;
    assert_eq!(recipient(&shop, conversation).await, Some(phone("492")));
    writes(&shop, &[phone("492"), id("DE.2")], "wamid.3", 5).await;
    assert_eq!(of(&shop, "wamid.3").await, (conversation, mia));
    assert_eq!(lines(&shop, conversation).await, ["address_changed"]);

    writes(&shop, &[phone("491")], "wamid.4", 6).await;
    let (another, stranger) = of(&shop, "wamid.4").await;
    assert_ne!((another, stranger), (conversation, mia));
    assert_eq!(lines(&shop, another).await, ["number_taken_over"]);
    assert_eq!(recipient(&shop, conversation).await, Some(phone("492")));
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_id_keeps_the_history() {
    let shop = Shop::opens().await;
    writes(&shop, &[id("DE.1")], "wamid.1", 7).await;
    let (conversation, mia) = of(&shop, "wamid.1").await;
    does(&shop, &[id("DE.1")], "wamid.2", 8, new_id("DE.2")).await;
    assert_eq!(recipient(&shop, conversation).await, Some(id("DE.2")));
    writes(&shop, &[phone("491"), id("DE.2")], "wamid.3", 8).await;
    assert_eq!(of(&shop, "wamid.3").await, (conversation, mia));
    assert_eq!(shop.count("SELECT count(*) FROM contacts").await, 1);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_with_another_user_id_is_not_its_first_owner() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.1", 9).await;
    let (conversation, mia) = of(&shop, "wamid.1").await;
    writes(&shop, &[phone("491"), id("DE.2")], "wamid.2", 10).await;
    let (another, stranger) = of(&shop, "wamid.2").await;
    assert_ne!((another, stranger), (conversation, mia));
    assert_eq!(lines(&shop, another).await, ["number_taken_over"]);
    assert_eq!(recipient(&shop, another).await, Some(phone("491")));
    assert_eq!(recipient(&shop, conversation).await, Some(id("DE.1")), "private words do not reach the number's new owner");
    writes(&shop, &[phone("491"), id("DE.2")], "wamid.3", 11).await;
    assert_eq!(lines(&shop, another).await, ["number_taken_over"], "it is told once");
    shop.is_consistent().await;
}

/// Phone alone, then id alone, then both: the one whose conversation was written in last goes on.
#[tokio::test(flavor = "multi_thread")]
async fn two_contacts_that_turn_out_to_be_one_have_one_thread_from_then_on() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491")], "wamid.1", 12).await;
    writes(&shop, &[id("DE.1")], "wamid.2", 13).await;
    let (first, second) = (of(&shop, "wamid.1").await, of(&shop, "wamid.2").await);
    assert_ne!(first.1, second.1);
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.3", 14).await;
    assert_eq!(of(&shop, "wamid.3").await, second);
    for (sender, wamid) in [(phone("491"), "wamid.4"), (id("DE.1"), "wamid.5")] {
        writes(&shop, &[sender], wamid, 15).await;
        assert_eq!(of(&shop, wamid).await, second);
    }
    assert_eq!(lines(&shop, second.0).await, ["contacts_joined", "address_changed", "address_changed"]);
    assert_eq!(recipient(&shop, first.0).await, Some(phone("491")), "an answer in the earlier thread still finds them");
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_that_was_wrong_is_undone_and_not_made_again() {
    let shop = Shop::opens().await;
    let sue = shop.hires("Sue", Role::Supervisor, 8).await;
    writes(&shop, &[phone("491")], "wamid.1", 16).await;
    writes(&shop, &[id("DE.1")], "wamid.2", 17).await;
    let (first, second) = (of(&shop, "wamid.1").await, of(&shop, "wamid.2").await);
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.3", 18).await;
    let part = || Command::Part { by: sue.clone(), other: first.1 };
    let done = shop.node(4).runner.run(shop.workspace, second.0, part()).await.unwrap();
    assert!(matches!(&done.events[0].event, Event::ContactsParted { other, .. } if *other == first.1));

    let again = shop.node(4).runner.run(shop.workspace, second.0, part()).await;
    assert!(matches!(again, Err(Error::Refused(Refusal::Duplicate))), "{again:?}");

    writes(&shop, &[phone("491")], "wamid.4", 19).await;
    assert_eq!(of(&shop, "wamid.4").await, first);
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.5", 20).await;
    assert_eq!(of(&shop, "wamid.5").await, second);
    writes(&shop, &[phone("491")], "wamid.6", 21).await;
    assert_eq!(of(&shop, "wamid.6").await, first);
    assert_eq!(recipient(&shop, first.0).await, Some(phone("491")));
    assert_eq!(recipient(&shop, second.0).await, Some(id("DE.1")), "what is another contact's is not written to");
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_chosen_to_be_found_by_is_kept_and_stands_in_for_a_missing_one() {
    let shop = Shop::opens().await;
    let InboundItem::Message(mut it) = message("491", "wamid.1", "hello") else { panic!("a message is one") };
    it.sender.name = None;
    it.sender.username = Some("mia.p".to_owned());
    take_in(&shop, &[InboundItem::Message(it)]).await;
    let row = &shop.rows("SELECT name, username FROM contacts", &[]).await[0];
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("@mia.p", "mia.p"));
}

//! Who is who when things come late, twice or in another order: what WhatsApp said later is believed, whenever it arrives.

use crate::people::{does, hello, id, lines, new_id, new_number, of, phone, recipient, said, take_in, writes};
use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_comes_late_does_not_set_the_address_back() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.1", 0).await;
    writes(&shop, &[phone("492"), id("DE.1")], "wamid.2", 10).await;
    writes(&shop, &[phone("492"), id("DE.1")], "wamid.3", 20).await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.4", 15).await;
    let (conversation, _) = of(&shop, "wamid.4").await;
    assert_eq!(recipient(&shop, conversation).await, Some(phone("492")));
    assert_eq!(lines(&shop, conversation).await, ["address_changed"]);
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.5", 30).await;
    assert_eq!(recipient(&shop, conversation).await, Some(phone("491")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_from_the_old_number_before_it_was_left_is_theirs() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491")], "wamid.1", 0).await;
    does(&shop, &[phone("491")], "wamid.2", 10, new_number("492")).await;
    writes(&shop, &[phone("491")], "wamid.3", 5).await;
    let (conversation, mia) = of(&shop, "wamid.1").await;
    assert_eq!(of(&shop, "wamid.3").await, (conversation, mia));
    assert_eq!(recipient(&shop, conversation).await, Some(phone("492")));
    assert_eq!(lines(&shop, conversation).await, ["address_changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_body_that_comes_again_does_not_take_a_number_back_from_its_new_owner() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.1", 0).await;
    writes(&shop, &[phone("491"), id("DE.2")], "wamid.2", 10).await;
    let (first, second) = (of(&shop, "wamid.1").await, of(&shop, "wamid.2").await);
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.1", 0).await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.3", 5).await;
    assert_eq!(of(&shop, "wamid.3").await, first);
    assert_eq!(recipient(&shop, first.0).await, Some(id("DE.1")), "private words do not reach the number's new owner");
    assert_eq!(recipient(&shop, second.0).await, Some(phone("491")));
    assert_eq!(lines(&shop, first.0).await, ["address_changed"], "where answers go is not what the thread says last");
    writes(&shop, &[phone("491"), id("DE.2")], "wamid.4", 20).await;
    assert_eq!(of(&shop, "wamid.4").await, second);
    assert_eq!(lines(&shop, second.0).await, ["number_taken_over"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_back_to_the_old_number_is_known_there() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491")], "wamid.1", 0).await;
    does(&shop, &[phone("491")], "wamid.2", 10, new_number("492")).await;
    does(&shop, &[phone("492")], "wamid.3", 20, new_number("491")).await;
    writes(&shop, &[phone("491")], "wamid.4", 30).await;
    assert_eq!(of(&shop, "wamid.4").await, of(&shop, "wamid.1").await);
    writes(&shop, &[phone("492")], "wamid.5", 40).await;
    assert_ne!(of(&shop, "wamid.5").await.1, of(&shop, "wamid.1").await.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_known_by_their_id_on_a_number_they_had_left_has_it_again() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.1", 0).await;
    does(&shop, &[phone("491")], "wamid.2", 10, new_number("492")).await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.3", 20).await;
    writes(&shop, &[phone("491")], "wamid.4", 30).await;
    assert_eq!(of(&shop, "wamid.4").await, of(&shop, "wamid.1").await);
}

/// A new user id that is used before WhatsApp says whose it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_id_is_the_old_ones_also_when_they_wrote_with_it_first() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.1", 0).await;
    writes(&shop, &[phone("491"), id("DE.2")], "wamid.2", 10).await;
    does(&shop, &[phone("491"), id("DE.1")], "wamid.3", 11, new_id("DE.2")).await;
    writes(&shop, &[phone("491"), id("DE.2")], "wamid.4", 20).await;
    writes(&shop, &[phone("491")], "wamid.5", 30).await;
    writes(&shop, &[id("DE.1")], "wamid.6", 40).await;
    let one = of(&shop, "wamid.4").await;
    assert_eq!([of(&shop, "wamid.5").await, of(&shop, "wamid.6").await], [one; 2]);
}

/// A new number brings a new user id; whoever wrote from it before the notice came is the same person.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_number_is_the_old_ones_also_when_they_wrote_from_it_first() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.1", 0).await;
    writes(&shop, &[phone("492"), id("DE.2")], "wamid.2", 12).await;
    does(&shop, &[phone("491")], "wamid.3", 10, new_number("492")).await;
    writes(&shop, &[phone("492"), id("DE.2")], "wamid.4", 20).await;
    let one = of(&shop, "wamid.4").await;
    assert_eq!(recipient(&shop, one.0).await, Some(phone("492")));
    writes(&shop, &[id("DE.1")], "wamid.5", 30).await;
    assert_eq!(of(&shop, "wamid.5").await, one);
}

/// It had an owner long before: a number that was given out again.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_number_that_was_anothers_does_not_bring_that_ones_history() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("492"), id("DE.9")], "wamid.1", -7200).await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.2", 0).await;
    let (ben, mia) = (of(&shop, "wamid.1").await, of(&shop, "wamid.2").await);
    does(&shop, &[phone("491")], "wamid.3", 10, new_number("492")).await;
    assert_eq!(of(&shop, "wamid.3").await, mia);
    assert_eq!(lines(&shop, mia.0).await, ["number_taken_over", "address_changed"]);
    assert_eq!(recipient(&shop, mia.0).await, Some(phone("492")));
    assert_eq!(recipient(&shop, ben.0).await, Some(id("DE.9")));
    writes(&shop, &[id("DE.9")], "wamid.4", 20).await;
    assert_eq!(of(&shop, "wamid.4").await, ben);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_id_that_whatsapp_tells_of_twice_is_one_line() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.1", 0).await;
    does(&shop, &[phone("491"), id("DE.1")], "wamid.2", 10, new_id("DE.2")).await;
    does(&shop, &[phone("491"), id("DE.1")], "user_id_update:DE.1:DE.2:10", 10, new_id("DE.2")).await;
    let both = [said(&[id("DE.2")], "wamid.3", 20, new_id("DE.3")), said(&[id("DE.2")], "user_id_update:2", 20, new_id("DE.3"))];
    take_in(&shop, &both).await;
    assert_eq!(shop.count("SELECT count(*) FROM messages WHERE content ->> 'what' = 'user_id_changed'").await, 2);
    assert_eq!(shop.count("SELECT count(*) FROM quarantine").await, 0);
    does(&shop, &[id("DE.3")], "wamid.4", 30, hello()).await;
    assert_eq!(of(&shop, "wamid.4").await, of(&shop, "wamid.1").await);
}

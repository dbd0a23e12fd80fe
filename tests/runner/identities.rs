//! Who is who: answers go to what the customer last wrote from, one person has one history, and a number is not its owner's for ever.

use baton::domain::contact::Identity;
use baton::domain::ids::{ContactId, ConversationId};
use baton::domain::inbound::{InboundContent, InboundItem, Sender};
use baton::domain::unspoken::Unspoken;
use baton::domain::user::Role;
use baton::domain::{Command, Event, Refusal};
use baton::runner::Error;
use baton::store::dispatches::Claim;

use crate::bodies::{message, store, work};
use crate::shop::Shop;

fn phone(digits: &str) -> Identity {
    Identity::Phone(digits.to_owned())
}

fn id(id: &str) -> Identity {
    Identity::UserId(id.to_owned())
}

fn from(identities: &[Identity], wamid: &str, content: InboundContent) -> InboundItem {
    let InboundItem::Message(mut it) = message("1", wamid, "") else { panic!("a message is one") };
    it.sender = Sender { identities: identities.to_vec(), name: Some("Mia".to_owned()), username: None, found: None };
    it.content = content;
    InboundItem::Message(it)
}

/// Somebody writes, and a node takes it in.
async fn writes(shop: &Shop, identities: &[Identity], wamid: &str) {
    does(shop, from(identities, wamid, InboundContent::Text { body: "hello".to_owned() })).await;
}

async fn tells(shop: &Shop, identities: &[Identity], wamid: &str, told: Unspoken) {
    does(shop, from(identities, wamid, InboundContent::Unspoken(told))).await;
}

async fn does(shop: &Shop, item: InboundItem) {
    store(&shop.store, &[item]).await;
    while work(&shop.node(4).runner).await {}
}

/// The conversation and contact of a message.
async fn of(shop: &Shop, wamid: &str) -> (ConversationId, ContactId) {
    let sql = "SELECT c.id, c.contact_id FROM messages AS m JOIN conversations AS c ON c.id = m.conversation_id WHERE m.wamid = $1";
    let row = &shop.rows(sql, &[&wamid]).await[0];
    (ConversationId(row.get(0)), ContactId(row.get(1)))
}

/// What a conversation's journal says beside messages and the flow.
async fn lines(shop: &Shop, conversation: ConversationId) -> Vec<String> {
    let sql = "SELECT kind FROM events WHERE conversation_id = $1
               AND kind IN ('address_changed', 'number_taken_over', 'contacts_joined', 'contacts_parted') ORDER BY seq";
    shop.rows(sql, &[&conversation.0]).await.iter().map(|row| row.get(0)).collect()
}

/// Where the flow's next message to each conversation would go.
async fn recipient(shop: &Shop, conversation: ConversationId) -> Option<Identity> {
    shop.execute("UPDATE allowances SET rate_per_second = 1000000, tokens = 1000", &[]).await;
    let claimed = shop.node(4).runner.claim_outbox(shop.workspace, shop.inbox, 50).await.unwrap().0;
    let Claim::Taken(dispatches) = claimed else { panic!("{claimed:?}") };
    let found = dispatches.iter().find(|it| it.conversation == conversation).map(|it| it.identities.first().cloned());
    shop.execute("UPDATE outbox SET state = 'queued', claim_id = NULL, lease_until = NULL", &[]).await;
    found.expect("something is to be sent")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_to_what_the_customer_last_wrote_from() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.1").await;
    let (conversation, _) = of(&shop, "wamid.1").await;
    assert_eq!(recipient(&shop, conversation).await, Some(phone("491")));

    writes(&shop, &[phone("492"), id("DE.1")], "wamid.2").await;
    assert_eq!(of(&shop, "wamid.2").await.0, conversation);
    assert_eq!(recipient(&shop, conversation).await, Some(phone("492")));

    writes(&shop, &[id("DE.1")], "wamid.3").await;
    assert_eq!(recipient(&shop, conversation).await, Some(id("DE.1")));
    assert_eq!(lines(&shop, conversation).await, ["address_changed", "address_changed"]);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_number_keeps_the_history_and_the_old_one_is_free_for_somebody_else() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491")], "wamid.1").await;
    let (conversation, mia) = of(&shop, "wamid.1").await;
    tells(&shop, &[phone("491")], "wamid.2", Unspoken::NumberChanged { to: Some("492".to_owned()) }).await;
    assert_eq!(recipient(&shop, conversation).await, Some(phone("492")));
    writes(&shop, &[phone("492"), id("DE.2")], "wamid.3").await;
    assert_eq!(of(&shop, "wamid.3").await, (conversation, mia));
    assert_eq!(lines(&shop, conversation).await, ["address_changed"]);

    writes(&shop, &[phone("491")], "wamid.4").await;
    let (another, stranger) = of(&shop, "wamid.4").await;
    assert_ne!((another, stranger), (conversation, mia));
    assert_eq!(lines(&shop, another).await, ["number_taken_over"]);
    assert_eq!(recipient(&shop, conversation).await, Some(phone("492")));
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_id_keeps_the_history() {
    let shop = Shop::opens().await;
    writes(&shop, &[id("DE.1")], "wamid.1").await;
    let (conversation, mia) = of(&shop, "wamid.1").await;
    tells(&shop, &[id("DE.1")], "wamid.2", Unspoken::UserIdChanged { to: Some("DE.2".to_owned()) }).await;
    assert_eq!(recipient(&shop, conversation).await, Some(id("DE.2")));
    writes(&shop, &[phone("491"), id("DE.2")], "wamid.3").await;
    assert_eq!(of(&shop, "wamid.3").await, (conversation, mia));
    assert_eq!(shop.count("SELECT count(*) FROM contacts").await, 1);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_with_another_user_id_is_not_its_first_owner() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.1").await;
    let (conversation, mia) = of(&shop, "wamid.1").await;
    writes(&shop, &[phone("491"), id("DE.2")], "wamid.2").await;
    let (another, stranger) = of(&shop, "wamid.2").await;
    assert_ne!((another, stranger), (conversation, mia));
    assert_eq!(lines(&shop, another).await, ["number_taken_over"]);
    assert_eq!(recipient(&shop, another).await, Some(phone("491")));
    assert_eq!(recipient(&shop, conversation).await, Some(id("DE.1")), "private words do not reach the number's new owner");
    writes(&shop, &[phone("491"), id("DE.2")], "wamid.3").await;
    assert_eq!(lines(&shop, another).await, ["number_taken_over"], "it is told once");
    shop.is_consistent().await;
}

/// Phone alone, then id alone, then both: the one whose conversation was written in last goes on.
#[tokio::test(flavor = "multi_thread")]
async fn two_contacts_that_turn_out_to_be_one_have_one_thread_from_then_on() {
    let shop = Shop::opens().await;
    writes(&shop, &[phone("491")], "wamid.1").await;
    writes(&shop, &[id("DE.1")], "wamid.2").await;
    let (first, second) = (of(&shop, "wamid.1").await, of(&shop, "wamid.2").await);
    assert_ne!(first.1, second.1);
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.3").await;
    assert_eq!(of(&shop, "wamid.3").await, second);
    for (sender, wamid) in [(phone("491"), "wamid.4"), (id("DE.1"), "wamid.5")] {
        writes(&shop, &[sender], wamid).await;
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
    writes(&shop, &[phone("491")], "wamid.1").await;
    writes(&shop, &[id("DE.1")], "wamid.2").await;
    let (first, second) = (of(&shop, "wamid.1").await, of(&shop, "wamid.2").await);
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.3").await;
    let part = || Command::Part { by: sue.clone(), other: first.1 };
    let done = shop.node(4).runner.run(shop.workspace, second.0, part()).await.unwrap();
    assert!(matches!(&done.events[0].event, Event::ContactsParted { other, .. } if *other == first.1));

    let again = shop.node(4).runner.run(shop.workspace, second.0, part()).await;
    assert!(matches!(again, Err(Error::Refused(Refusal::Duplicate))), "{again:?}");

    writes(&shop, &[phone("491")], "wamid.4").await;
    assert_eq!(of(&shop, "wamid.4").await, first);
    writes(&shop, &[phone("491"), id("DE.1")], "wamid.5").await;
    assert_eq!(of(&shop, "wamid.5").await, second);
    writes(&shop, &[phone("491")], "wamid.6").await;
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
    does(&shop, InboundItem::Message(it)).await;
    let row = &shop.rows("SELECT name, username FROM contacts", &[]).await[0];
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("@mia.p", "mia.p"));
}

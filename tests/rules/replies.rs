//! When a person may answer, and when not.

use baton::domain::channel::Channel;
use baton::domain::ids::MessageId;
use baton::domain::inbound::InboundContent;
use baton::domain::message::{Author, Content, MediaState};
use baton::domain::{Event, Refusal};
use jiff::SignedDuration;

use crate::customers::Phone;
use crate::people::Colleague;
use crate::shop::Shop;

fn held<'a>(shop: &'a Shop, phone: &Phone<'a>) -> Colleague<'a> {
    let ana = shop.agent("Ana");
    phone.writes("agent");
    ana.takes(phone).unwrap();
    ana
}

#[test]
fn a_reply_is_refused_once_the_window_has_closed() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    let ana = held(&shop, &phone);
    shop.passes(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    ana.replies(&phone, "still in time").unwrap();
    shop.passes(SignedDuration::from_secs(1));
    assert_eq!(ana.replies(&phone, "too late"), Err(Refusal::WindowClosed));
    assert!(
        phone.writes("hello?").iter().any(|event| matches!(event, Event::WindowOpened { .. })),
        "the thread says that it is open again"
    );
    ana.replies(&phone, "here we are").unwrap();
}

#[test]
fn a_message_that_whatsapp_held_back_opens_the_window_from_when_it_was_written() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    let ana = held(&shop, &phone);
    shop.passes(SignedDuration::from_hours(30));
    let mut late = phone.message(InboundContent::Text { body: "written yesterday".to_owned() });
    late.at = shop.now() - SignedDuration::from_hours(10);
    phone.delivers(late).unwrap();
    assert_eq!(phone.conversation().window_expires_at, Some(shop.now() + SignedDuration::from_hours(14)));
    ana.replies(&phone, "in time").unwrap();
    let mut older = phone.message(InboundContent::Text { body: "written before".to_owned() });
    older.at = shop.now() - SignedDuration::from_hours(20);
    phone.delivers(older).unwrap();
    assert_eq!(
        phone.conversation().window_expires_at,
        Some(shop.now() + SignedDuration::from_hours(14)),
        "an older message shortens nothing"
    );
}

#[test]
fn a_reply_is_refused_while_somebody_else_holds_the_conversation() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    held(&shop, &phone);
    let ben = shop.supervisor("Ben");
    assert_eq!(ben.replies(&phone, "me too"), Err(Refusal::HeldByAnother { name: "Ana".to_owned() }));
}

#[test]
fn a_reply_is_refused_while_the_flow_talks() {
    let shop = Shop::opens();
    let (phone, ana) = (shop.phone("Mia"), shop.agent("Ana"));
    phone.writes("hi");
    assert_eq!(ana.replies(&phone, "hello"), Err(Refusal::HeldByFlow));
}

#[test]
fn a_reply_is_refused_while_nobody_has_taken_the_conversation() {
    let shop = Shop::opens();
    let (phone, ana) = (shop.phone("Mia"), shop.agent("Ana"));
    phone.writes("agent");
    assert_eq!(ana.replies(&phone, "hello"), Err(Refusal::NotTaken));
}

#[test]
fn a_reply_is_refused_in_a_resolved_conversation() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    let ana = held(&shop, &phone);
    ana.resolves(&phone).unwrap();
    assert_eq!(ana.replies(&phone, "one more thing"), Err(Refusal::Resolved));
}

#[test]
fn a_reply_is_refused_when_the_customer_has_written_since_the_agent_looked() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    let ana = held(&shop, &phone);
    let seen = phone.conversation().last_seq;
    phone.writes("wait, it is the blue one");
    let now = phone.conversation().last_seq;
    assert_eq!(ana.replies_having_seen(&phone, seen, "The red one is out"), Err(Refusal::ThreadMovedOn { seen, now }));
    ana.replies_having_seen(&phone, now, "The blue one is out").unwrap();
}

#[test]
fn what_we_did_ourselves_does_not_make_a_reply_stale() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    let ana = held(&shop, &phone);
    let seen = phone.conversation().last_seq;
    ana.notes(&phone, "likes blue").unwrap();
    ana.replies(&phone, "one").unwrap();
    ana.replies_having_seen(&phone, seen, "two").unwrap();
}

#[test]
fn nothing_is_sent_from_a_number_that_is_disconnected_and_notes_are_still_taken() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    let ana = held(&shop, &phone);
    shop.tables.borrow_mut().is_disconnected = true;
    assert_eq!(ana.replies(&phone, "hello"), Err(Refusal::Disconnected));
    ana.notes(&phone, "call them").unwrap();
    shop.tables.borrow_mut().is_disconnected = false;
    ana.replies(&phone, "hello").unwrap();
}

#[test]
fn a_double_click_makes_one_message() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    let ana = held(&shop, &phone);
    let message = MessageId(shop.fresh());
    ana.sends(phone.id(), message, "once", None).unwrap();
    assert_eq!(ana.sends(phone.id(), message, "once", None), Err(Refusal::Duplicate));
    assert_eq!(phone.received().iter().filter(|received| received.id == message).count(), 1);
}

#[test]
fn empty_and_overlong_replies_are_refused_in_words() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    let ana = held(&shop, &phone);
    assert_eq!(ana.replies(&phone, " \n "), Err(Refusal::Empty));
    assert_eq!(ana.replies(&phone, &"ä".repeat(4_097)), Err(Refusal::TooLong { limit: 4_096 }));
    ana.replies(&phone, &"ä".repeat(4_096)).unwrap();
    assert_eq!(ana.sends_a_picture(&phone, &"x".repeat(1_025)), Err(Refusal::TooLong { limit: 1_024 }));
    assert_eq!(ana.notes(&phone, ""), Err(Refusal::Empty));
    assert_eq!(ana.notes(&phone, &"x".repeat(10_001)), Err(Refusal::TooLong { limit: 10_000 }));
}

#[test]
fn a_channel_without_window_and_pictures_takes_words_at_any_time_and_nothing_else() {
    let shop = Shop::opens();
    shop.tables.borrow_mut().inbox.channel = Channel::named("post");
    let phone = shop.phone("Mia");
    let ana = held(&shop, &phone);
    shop.passes(SignedDuration::from_hours(24 * 30));
    ana.replies(&phone, &"ä".repeat(4_097)).unwrap();
    assert_eq!(phone.conversation().window_expires_at, None);
    assert!(!phone.writes("still there?").iter().any(|event| matches!(event, Event::WindowOpened { .. })), "no window opens");
    assert_eq!(ana.sends_a_picture(&phone, ""), Err(Refusal::NoPictures));
}

#[test]
fn a_picture_goes_out_as_it_is_and_a_blank_caption_is_none() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    let ana = held(&shop, &phone);
    ana.sends_a_picture(&phone, "  ").unwrap();
    let sent = phone.received().pop().unwrap();
    assert_eq!(sent.author, Author::Agent { user: ana.person.user });
    assert!(matches!(sent.content, Content::Image { caption: None, size: Some((640, 480)), state: MediaState::Stored, .. }), "{sent:?}");
}

#[test]
fn a_note_is_written_by_anybody_and_never_sent() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    held(&shop, &phone);
    let sent = phone.received().len();
    shop.agent("Ben").notes(&phone, "I know her").unwrap();
    assert_eq!(phone.received().len(), sent);
    assert_eq!(phone.story().last(), Some(&"note_added"));
}

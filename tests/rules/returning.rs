//! Customers who come back, messages that come twice, and what is no message at all.

use baton::domain::Refusal;
use baton::domain::conversation::{Controller, Conversation, State};
use baton::domain::event::{Event, QueuedBecause};
use baton::domain::inbound::InboundContent;
use baton::domain::message::{Content, MediaState};
use baton::domain::unspoken::Unspoken;
use jiff::SignedDuration;

use crate::shop::{ORDERS, Shop};

#[test]
fn the_same_message_is_taken_in_once() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    let message = phone.message(InboundContent::Text { body: "hi".to_owned() });
    phone.delivers(message.clone()).unwrap();
    assert_eq!(phone.delivers(message.clone()), Err(Refusal::Duplicate));
    shop.passes(SignedDuration::from_hours(24 * 6));
    let (story, received) = (phone.story(), phone.received().len());
    assert_eq!(phone.delivers(message), Err(Refusal::Duplicate), "not even days later");
    assert_eq!((phone.story(), phone.received().len(), phone.conversations()), (story, received, 1));
}

#[test]
fn a_customer_who_writes_again_in_time_comes_back_to_the_same_queue_and_person() {
    let shop = Shop::opens();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.asks_about_an_order();
    shop.routes();
    ana.resolves(&phone).unwrap();
    shop.agent("Ben");
    shop.passes(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    let said = phone.received().len();
    let events = phone.writes("it is here now, thank you");
    assert!(events.iter().any(|event| matches!(event, Event::ConversationQueued { because: QueuedBecause::Reopened, .. })));
    let conversation = phone.conversation();
    assert_eq!((conversation.state, conversation.controller, conversation.queue), (State::Open, Controller::Queue, Some(ORDERS)));
    let heard = phone.received();
    assert_eq!(heard.len(), said + 1, "the flow does not greet whom it has met, but says when they will hear from us");
    assert!(heard[said].content.text().contains("within 10 minutes"), "{:?}", heard[said].content);
    shop.routes();
    assert!(ana.holds(&phone));
}

#[test]
fn a_customer_who_writes_again_later_begins_anew_with_the_flow() {
    let shop = Shop::opens();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.asks_about_an_order();
    shop.routes();
    ana.resolves(&phone).unwrap();
    let first = phone.id();
    shop.passes(SignedDuration::from_hours(24));
    phone.writes("hi");
    assert_ne!(phone.id(), first);
    assert_eq!((phone.conversations(), phone.conversation().controller), (2, Controller::Flow));
    assert_eq!(phone.story()[..2], ["conversation_opened", "message_received"]);
    assert_eq!(shop.kept(first).conversation.state, State::Resolved, "the old one stays as it was");
}

#[test]
fn a_person_reopens_and_holds_it() {
    let shop = Shop::opens();
    let (ana, ben, phone) = (shop.agent("Ana"), shop.agent("Ben"), shop.phone("Mia"));
    phone.writes("agent");
    ana.takes(&phone).unwrap();
    assert_eq!(ben.reopens(&phone), Err(Refusal::NotResolved));
    ana.resolves(&phone).unwrap();
    ben.reopens(&phone).unwrap();
    assert!(ben.holds(&phone));
    assert_eq!((ana.row().load, ben.row().load), (0, 1));
}

#[test]
fn an_old_conversation_is_not_reopened_beside_one_that_is_under_way() {
    let shop = Shop::opens();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("agent");
    ana.resolves(&phone).unwrap();
    let old = phone.id();
    shop.passes(SignedDuration::from_hours(25));
    phone.writes("hi");
    assert_eq!(ana.reopens_that(old), Err(Refusal::AnotherUnderWay));
}

#[test]
fn what_the_customer_writes_goes_to_the_conversation_that_a_person_reopened() {
    let shop = Shop::opens();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("agent");
    ana.resolves(&phone).unwrap();
    let old = phone.id();
    shop.passes(SignedDuration::from_hours(25));
    phone.writes("agent");
    ana.resolves(&phone).unwrap();
    ana.reopens_that(old).unwrap();
    phone.writes("there you are");
    assert_eq!((phone.id(), phone.conversations()), (old, 2));
    assert_eq!(phone.conversation().last_message.unwrap().text, "there you are");
}

#[test]
fn a_customer_who_comes_back_under_another_name_is_renamed_in_the_new_conversation() {
    let shop = Shop::opens();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("agent");
    ana.resolves(&phone).unwrap();
    shop.passes(SignedDuration::from_hours(25));
    let mut message = phone.message(InboundContent::Text { body: "I married".to_owned() });
    message.sender.name = Some("Mia Wong".to_owned());
    let events = phone.delivers(message).unwrap();
    assert!(matches!(&events[0], Event::ConversationOpened { .. }), "{:?}", events[0]);
    assert_eq!(events[1], Event::ContactRenamed { name: "Mia Wong".to_owned() });
    let seqs: Vec<i64> = phone.kept().journal.iter().map(|recorded| recorded.seq).collect();
    assert_eq!(seqs, (1..=phone.conversation().last_seq).collect::<Vec<_>>());
}

#[test]
fn a_customer_with_another_name_is_renamed_once() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    phone.writes("hi");
    let mut message = phone.message(InboundContent::Text { body: "I married".to_owned() });
    message.sender.name = Some("Mia Wong".to_owned());
    let events = phone.delivers(message).unwrap();
    assert_eq!(events[0], Event::ContactRenamed { name: "Mia Wong".to_owned() });
    assert_eq!(phone.known().name, "Mia Wong");
    assert!(!phone.writes("hello?").iter().any(|event| matches!(event, Event::ContactRenamed { .. })));
    let mut nameless = phone.message(InboundContent::Text { body: "hm".to_owned() });
    nameless.sender.name = Some(String::new());
    phone.delivers(nameless).unwrap();
    assert_eq!(phone.known().name, "Mia Wong", "a body without a name takes none away");
}

/// Everything that is not speech.
pub fn unspoken() -> Vec<Unspoken> {
    vec![
        Unspoken::Reaction { emoji: Some("👍".to_owned()), to: None },
        Unspoken::Reaction { emoji: None, to: None },
        Unspoken::Edit { of: None, text: Some("204817".to_owned()) },
        Unspoken::Deletion { of: None },
        Unspoken::CallPermission { is_granted: true },
        Unspoken::Disappearing,
        Unspoken::NumberChanged { to: Some("491709999999".to_owned()) },
        Unspoken::UserIdChanged { to: Some("DE.2".to_owned()) },
        Unspoken::SecurityCodeChanged,
        Unspoken::Notice { words: Some("agent".to_owned()) },
    ]
}

#[test]
fn what_is_not_speech_changes_nothing_but_the_thread() {
    let shop = Shop::opens();
    let (ana, open, resolved) = (shop.agent("Ana"), shop.phone("Mia"), shop.phone("Noa"));
    for phone in [&open, &resolved] {
        phone.writes("agent");
        ana.takes(phone).unwrap();
        ana.replies(phone, "Glad to help").unwrap();
    }
    ana.resolves(&resolved).unwrap();
    shop.passes(SignedDuration::from_mins(10));
    for phone in [&open, &resolved] {
        for unspoken in unspoken() {
            let (before, heard) = (phone.conversation(), phone.received().len());
            let events = phone.does(unspoken.clone());
            // Where answers go from now on is told beside it.
            let told: Vec<&Event> = events.iter().filter(|event| !matches!(event, Event::AddressChanged { .. })).collect();
            assert!(matches!(told.as_slice(), [Event::MessageReceived { .. }]), "{unspoken:?}: {events:?}");
            let after = Conversation { last_seq: before.last_seq, ..phone.conversation() };
            assert_eq!((after, phone.received().len()), (before, heard), "{unspoken:?}");
        }
    }
    ana.replies_having_seen(&open, 0, "Anything else?").unwrap();
}

#[test]
fn a_contact_who_never_wrote_and_says_nothing_bothers_nobody() {
    for unspoken in unspoken() {
        let shop = Shop::opens();
        let phone = shop.phone("Mia");
        phone.does(unspoken.clone());
        let conversation = phone.conversation();
        assert_eq!((conversation.state, conversation.waiting_since, conversation.window_expires_at), (State::Resolved, None, None));
        assert_eq!((phone.received().len(), phone.story()[1]), (0, "message_received"), "{unspoken:?}: nothing is lost");
        shop.passes(SignedDuration::from_hours(1));
        phone.writes("hi");
        assert_eq!((phone.conversations(), phone.received().len()), (1, 2), "{unspoken:?}: who speaks is greeted");
        assert_eq!(phone.conversation().controller, Controller::Flow);
    }
}

#[test]
fn an_opened_chat_opens_the_window_and_nothing_else() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    phone.does(Unspoken::ChatOpened);
    let conversation = phone.conversation();
    assert_eq!(conversation.window_expires_at, Some(shop.now() + SignedDuration::from_hours(24)));
    assert_eq!((conversation.state, conversation.waiting_since, phone.received().len()), (State::Resolved, None, 0));
}

#[test]
fn a_short_thank_you_right_after_resolution_reopens_nothing() {
    let shop = Shop::opens();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("agent");
    ana.takes(&phone).unwrap();
    ana.resolves(&phone).unwrap();
    let heard = phone.received().len();
    for text in ["Thanks!", "ok", "👍", "¡Muchas gracias!", "Thank you so much Ana :)"] {
        phone.writes(text);
        let conversation = phone.conversation();
        assert_eq!((conversation.state, conversation.waiting_since, phone.received().len()), (State::Resolved, None, heard), "{text}");
        assert_eq!(conversation.last_message.unwrap().text, text, "it stands in the thread");
    }
    phone.writes("thanks, but it is still broken");
    assert_eq!((phone.conversation().state, phone.conversation().controller), (State::Open, Controller::Queue));
}

#[test]
fn a_thank_you_for_a_matter_that_is_not_resolved_waits_like_anything() {
    let shop = Shop::opens();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("agent");
    ana.takes(&phone).unwrap();
    ana.replies(&phone, "One moment").unwrap();
    phone.writes("thanks");
    assert_eq!(phone.conversation().waiting_since, Some(shop.now()));
}

#[test]
fn the_brief_of_a_matter_that_was_resolved_is_marked_when_the_customer_comes_back() {
    let shop = Shop::opens();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.asks_about_an_order();
    ana.takes(&phone).unwrap();
    ana.resolves(&phone).unwrap();
    ana.reopens(&phone).unwrap();
    assert!(!phone.conversation().brief.unwrap().is_earlier, "a colleague goes on with the same matter");
    ana.resolves(&phone).unwrap();
    phone.writes("another thing");
    assert!(phone.conversation().brief.unwrap().is_earlier);
}

#[test]
fn a_picture_comes_in_and_is_fetched() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    let events = phone.sends_a_picture();
    let message = events.iter().find_map(|event| match event {
        Event::MessageReceived { message } => Some(message.clone()),
        _ => None,
    });
    let message = message.unwrap();
    let Content::Image { media, state: MediaState::Pending, size: None, .. } = message.content else { panic!("{message:?}") };
    assert_ne!(media.0, message.id.0, "the picture has an id of its own");
    let stored = baton::domain::Command::RecordMedia { message: message.id, media, state: MediaState::Stored, size: Some((640, 480)) };
    let events = shop.about(phone.id(), stored).unwrap();
    assert_eq!(events, [Event::MediaChanged { message: message.id, media, state: MediaState::Stored, size: Some((640, 480)) }]);
}

#[test]
fn kinds_that_nobody_knows_are_kept_and_wake_people_like_any_message() {
    let shop = Shop::without_a_flow();
    let phone = shop.phone("Mia");
    phone.sends_a("order");
    assert!(phone.conversation().window_expires_at.is_some());
    assert_eq!(phone.conversation().controller, Controller::Queue);
    assert_eq!(phone.conversation().last_message.unwrap().kind, "unsupported");
    let other = shop.phone("Noa");
    other.sends_something();
    assert_eq!((other.conversation().controller, other.conversation().waiting_since), (Controller::Queue, Some(shop.now())));
}

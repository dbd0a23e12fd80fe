//! Sends of which nobody knows whether they arrived: a person decides, unless WhatsApp tells before.

use baton::domain::Refusal;
use baton::domain::command::{Command, Settlement};
use baton::domain::message::Status;
use baton::domain::timer::Timer;
use jiff::SignedDuration;

use crate::sends::{lost, on_its_way};
use crate::shop::Shop;

#[test]
fn a_send_whose_answer_was_lost_is_put_before_a_person_after_a_minute() {
    let shop = Shop::opens();
    let (phone, ana, message) = on_its_way(&shop);
    shop.answers(message, 1, lost()).unwrap();
    assert_eq!(shop.status(message), Status::Unknown);
    assert!(!shop.is_in_outbox(message), "it is never sent again by itself");
    shop.passes(SignedDuration::from_secs(59));
    assert!(!shop.sent(message).is_asked);
    assert_eq!(ana.settles(&phone, message, Settlement::Resend), Err(Refusal::NothingToSettle), "WhatsApp may still tell");
    shop.passes(SignedDuration::from_secs(1));
    assert!(shop.sent(message).is_asked);
    assert!(!shop.is_in_outbox(message));
}

#[test]
fn a_person_sends_it_again_or_leaves_it() {
    for (choice, status, is_sent_again) in [(Settlement::Resend, Status::Queued, true), (Settlement::Leave, Status::Unknown, false)] {
        let shop = Shop::opens();
        let (phone, ana, message) = on_its_way(&shop);
        shop.answers(message, 1, lost()).unwrap();
        shop.passes(SignedDuration::from_secs(61));
        ana.settles(&phone, message, choice).unwrap();
        assert_eq!((shop.status(message), shop.is_in_outbox(message)), (status, is_sent_again));
        assert_eq!(ana.settles(&phone, message, choice), Err(Refusal::NothingToSettle), "it is decided once");
        shop.reports(message, Status::Delivered).unwrap();
        assert_eq!((shop.status(message), shop.is_in_outbox(message)), (Status::Delivered, false), "a word of WhatsApp ends it");
    }
}

#[test]
fn whoever_may_answer_decides_and_nobody_else() {
    for choice in [Settlement::Resend, Settlement::Leave] {
        let shop = Shop::opens();
        let (phone, ana, message) = on_its_way(&shop);
        let (ben, sue) = (shop.agent("Ben"), shop.supervisor("Sue"));
        shop.answers(message, 1, lost()).unwrap();
        shop.passes(SignedDuration::from_secs(61));
        let held = Err(Refusal::HeldByAnother { name: "Ana".to_owned() });
        assert_eq!((ben.settles(&phone, message, choice), sue.settles(&phone, message, choice)), (held.clone(), held));
        assert!(shop.sent(message).is_asked && !shop.is_in_outbox(message), "a colleague decided in a conversation that is not theirs");
        sue.takes(&phone).unwrap();
        assert_eq!(ana.settles(&phone, message, choice), Err(Refusal::HeldByAnother { name: "Sue".to_owned() }));
        sue.settles(&phone, message, choice).unwrap();
    }
}

#[test]
fn nobody_decides_in_a_conversation_that_waits_or_is_resolved() {
    let shop = Shop::opens();
    let (phone, ana, message) = on_its_way(&shop);
    shop.answers(message, 1, lost()).unwrap();
    shop.passes(SignedDuration::from_secs(61));
    ana.puts(&phone, crate::shop::BILLING).unwrap();
    assert_eq!(ana.settles(&phone, message, Settlement::Resend), Err(Refusal::NotTaken));
    ana.resolves(&phone).unwrap();
    assert_eq!(ana.settles(&phone, message, Settlement::Leave), Err(Refusal::Resolved));
    ana.reopens(&phone).unwrap();
    ana.settles(&phone, message, Settlement::Leave).unwrap();
}

#[test]
fn it_is_not_sent_again_once_the_window_has_closed() {
    let shop = Shop::opens();
    let (phone, ana, message) = on_its_way(&shop);
    shop.answers(message, 1, lost()).unwrap();
    shop.passes(SignedDuration::from_hours(25));
    assert_eq!(ana.settles(&phone, message, Settlement::Resend), Err(Refusal::WindowClosed));
    ana.settles(&phone, message, Settlement::Leave).unwrap();
}

#[test]
fn a_late_status_settles_it_before_anybody_is_asked() {
    let shop = Shop::opens();
    let (phone, _, message) = on_its_way(&shop);
    shop.answers(message, 1, lost()).unwrap();
    shop.passes(SignedDuration::from_secs(10));
    shop.reports(message, Status::Sent).unwrap();
    assert!(shop.tables.borrow().timers.is_empty());
    shop.passes(SignedDuration::from_secs(120));
    assert_eq!((shop.status(message), shop.sent(message).is_asked), (Status::Sent, false));
    assert_eq!(shop.about(phone.id(), Command::TimerDue { timer: Timer::UnknownSend { message } }), Err(Refusal::Duplicate));
}

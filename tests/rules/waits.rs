//! Customers whose answer did not arrive, or of which nobody knows: they wait on.

use baton::domain::command::Settlement;
use baton::domain::conversation::LastMessage;
use baton::domain::ids::MessageId;
use baton::domain::message::Status;
use jiff::SignedDuration;

use crate::customers::Phone;
use crate::people::Colleague;
use crate::sends::{accepted, lost, on_its_way, paused};
use crate::shop::Shop;

#[test]
fn a_customer_whose_answer_failed_waits_as_before_until_it_arrives_after_all() {
    let shop = Shop::opens();
    let (phone, _, message) = on_its_way(&shop);
    let conversation = || phone.conversation();
    shop.answers(message, 1, accepted(message)).unwrap();
    assert_eq!(conversation().waiting_since, None);
    shop.passes(SignedDuration::from_mins(3));
    shop.reports(message, Status::Failed).unwrap();
    let asked_at = conversation().opened_at;
    assert_eq!(conversation().waiting_since, Some(asked_at));
    assert!(conversation().last_message.unwrap().has_failed);
    shop.reports(message, Status::Delivered).unwrap();
    assert_eq!(conversation().waiting_since, None);
    assert!(!conversation().last_message.unwrap().has_failed);
}

#[test]
fn a_customer_whose_answer_has_not_left_waits_as_before() {
    let shop = Shop::opens();
    let (phone, ana, first) = on_its_way(&shop);
    let standing = || (phone.conversation().waiting_since, phone.conversation().last_message.unwrap().is_queued);
    let asked_at = phone.conversation().opened_at;
    shop.passes(SignedDuration::from_mins(3));
    shop.answers(first, 1, paused()).unwrap();
    assert_eq!(standing(), (Some(asked_at), true), "its number is paused");
    shop.answers(first, 2, accepted(first)).unwrap();
    assert_eq!(standing(), (None, false), "it left");
    let second = ana.replies(&phone, "and this").unwrap();
    assert_eq!(standing(), (None, true), "they have an answer");
    shop.answers(second, 1, lost()).unwrap();
    ana.settles(&phone, second, Settlement::Resend).unwrap_err();
    shop.passes(SignedDuration::from_secs(61));
    ana.settles(&phone, second, Settlement::Resend).unwrap();
    assert_eq!(standing(), (None, true), "they have an answer still");
}

#[test]
fn who_has_an_answer_does_not_wait_because_another_one_after_it_fails() {
    let shop = Shop::opens();
    let (phone, ana, first) = on_its_way(&shop);
    shop.answers(first, 1, accepted(first)).unwrap();
    let second = ana.replies(&phone, "P.S.").unwrap();
    shop.answers(second, 1, accepted(second)).unwrap();
    shop.reports(second, Status::Failed).unwrap();
    assert_eq!(phone.conversation().waiting_since, None);
    assert!(phone.conversation().last_message.unwrap().has_failed);
}

#[test]
fn of_answers_in_a_row_the_last_one_answers_what_none_before_it_did() {
    let shop = Shop::opens();
    let (phone, ana, first) = on_its_way(&shop);
    let asked_at = phone.conversation().opened_at;
    shop.answers(first, 1, accepted(first)).unwrap();
    shop.reports(first, Status::Failed).unwrap();
    let second = ana.replies(&phone, "once more").unwrap();
    assert_eq!(phone.conversation().waiting_since, Some(asked_at));
    shop.answers(second, 1, accepted(second)).unwrap();
    assert_eq!(phone.conversation().waiting_since, None);
    shop.reports(second, Status::Failed).unwrap();
    assert_eq!(phone.conversation().waiting_since, Some(asked_at));
}

#[test]
fn a_customer_whose_answer_may_not_have_arrived_waits_as_before_until_that_is_known() {
    type Settles = fn(&Shop, &Phone<'_>, &Colleague<'_>, MessageId);
    let settled: [(&str, Settles); 3] = [
        ("WhatsApp says that it was sent", |shop, _, _, message| drop(shop.reports(message, Status::Sent).unwrap())),
        ("it is sent again", |shop, phone, ana, message| {
            ana.settles(phone, message, Settlement::Resend).unwrap();
            shop.answers(message, 2, accepted(message)).unwrap();
        }),
        ("somebody leaves it", |_, phone, ana, message| drop(ana.settles(phone, message, Settlement::Leave).unwrap())),
    ];
    for (what, settles) in settled {
        let shop = Shop::opens();
        let (phone, ana, message) = on_its_way(&shop);
        let conversation = || phone.conversation();
        let asked_at = conversation().opened_at;
        shop.passes(SignedDuration::from_mins(3));
        shop.answers(message, 1, lost()).unwrap();
        assert_eq!(conversation().waiting_since, Some(asked_at), "nobody knows");
        assert_eq!(conversation().last_message.unwrap().uncertain, [message]);
        shop.passes(SignedDuration::from_secs(61));
        assert_eq!(conversation().waiting_since, Some(asked_at), "a person is asked");
        settles(&shop, &phone, &ana, message);
        assert_eq!((conversation().waiting_since, conversation().last_message.unwrap().uncertain), (None, Vec::new()), "{what}");
    }
}

#[test]
fn an_uncertain_answer_that_failed_after_all_is_waited_for_still() {
    let shop = Shop::opens();
    let (phone, _, message) = on_its_way(&shop);
    shop.answers(message, 1, lost()).unwrap();
    shop.reports(message, Status::Failed).unwrap();
    let conversation = phone.conversation();
    assert_eq!(conversation.waiting_since, Some(conversation.opened_at));
    let last = conversation.last_message.unwrap();
    assert!(last.has_failed && last.uncertain.is_empty(), "{last:?}");
}

#[test]
fn an_uncertain_answer_is_marked_until_it_is_known_whatever_is_said_after_it() {
    let shop = Shop::opens();
    let (phone, ana, first) = on_its_way(&shop);
    let uncertain = || phone.conversation().last_message.unwrap().uncertain;
    shop.answers(first, 1, lost()).unwrap();
    let second = ana.replies(&phone, "and this").unwrap();
    shop.answers(second, 1, accepted(second)).unwrap();
    assert_eq!((uncertain(), phone.conversation().waiting_since), (vec![first], None), "the second answers the customer");
    phone.writes("hm?");
    assert_eq!(uncertain(), [first]);
    shop.passes(SignedDuration::from_secs(61));
    ana.settles(&phone, first, Settlement::Leave).unwrap();
    assert_eq!(uncertain(), []);
    assert!(phone.conversation().waiting_since.is_some(), "it is the customer's own message that waits");
}

#[test]
fn a_row_remembers_no_more_uncertain_answers_than_a_person_can_settle() {
    let shop = Shop::opens();
    let (phone, ana, _) = on_its_way(&shop);
    let messages: Vec<MessageId> = (0..LastMessage::UNCERTAIN + 3).map(|_| ana.replies(&phone, "hello?").unwrap()).collect();
    messages.iter().for_each(|message| drop(shop.answers(*message, 1, lost()).unwrap()));
    assert_eq!(phone.conversation().last_message.unwrap().uncertain, messages[3..]);
}

#[test]
fn nobody_waits_in_a_resolved_conversation_whose_last_answer_failed() {
    let shop = Shop::opens();
    let (phone, ana, message) = on_its_way(&shop);
    shop.answers(message, 1, accepted(message)).unwrap();
    ana.resolves(&phone).unwrap();
    shop.reports(message, Status::Failed).unwrap();
    assert_eq!(phone.conversation().waiting_since, None);
    assert!(phone.conversation().last_message.unwrap().has_failed);
}

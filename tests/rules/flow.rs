//! The flow speaks while nobody else does, and never after a person took over.

use std::sync::Arc;

use baton::channels::whatsapp::errors::reaction;
use baton::domain::brief::HandOffReason;
use baton::domain::conversation::Controller;
use baton::domain::delivery::{Outcome, Reaction};
use baton::domain::inbound::{InboundContent, StatusReport};
use baton::domain::message::{Author, Content, Failure, Status};
use baton::domain::timer::Timer;
use baton::domain::{Command, Refusal};
use jiff::SignedDuration;

use crate::customers::Phone;
use crate::returning::unspoken;
use crate::shop::{ORDERS, SUPPORT, Shop};

/// What was sent so far is on the phone.
fn everything_arrives(phone: &Phone<'_>) {
    for message in phone.received() {
        phone.shop.reports(message.id, Status::Delivered).ok();
    }
}

fn said_by_flow(phone: &Phone<'_>) -> usize {
    phone.received().iter().filter(|message| message.author == Author::Flow).count()
}

/// A customer who wrote, and heard the first question.
fn asked<'a>(shop: &'a Shop) -> Phone<'a> {
    let phone = shop.phone("Mia");
    phone.writes("hi");
    shop.passes(SignedDuration::from_secs(30));
    phone
}

#[test]
fn the_flow_is_silent_once_a_person_took_over() {
    let shop = Shop::opens();
    let (phone, ana) = (shop.phone("Mia"), shop.agent("Ana"));
    phone.writes("hi");
    let said = said_by_flow(&phone);
    ana.takes(&phone).unwrap();
    assert!(phone.kept().session.is_none());

    phone.taps("orders");
    phone.writes("agent");
    shop.passes(SignedDuration::from_hours(3));
    assert_eq!(
        shop.about(phone.id(), Command::TimerDue { timer: Timer::FlowWait }),
        Err(Refusal::Duplicate),
        "a timer that rings late changes nothing"
    );
    assert_eq!(said_by_flow(&phone), said);
    assert!(ana.holds(&phone));
}

#[test]
fn the_flow_is_silent_once_it_was_given_away_or_resolved() {
    let shop = Shop::opens();
    let (ana, ben) = (shop.agent("Ana"), shop.agent("Ben"));
    let (given, queued, resolved) = (shop.phone("Mia"), shop.phone("Noa"), shop.phone("Oli"));
    for phone in [&given, &queued, &resolved] {
        phone.writes("hi");
    }
    ana.gives(&given, &ben, None).unwrap();
    ana.puts(&queued, ORDERS).unwrap();
    ana.resolves(&resolved).unwrap();
    let said = [&given, &queued, &resolved].map(said_by_flow);
    for phone in [&given, &queued] {
        phone.taps("billing");
    }
    shop.passes(SignedDuration::from_hours(2));
    assert_eq!([&given, &queued, &resolved].map(said_by_flow), said);
    assert!(shop.tables.borrow().timers.is_empty(), "nobody waits for an answer to the flow any more");
}

#[test]
fn the_flow_is_silent_after_its_own_hand_off() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    phone.asks_about_an_order();
    let said = said_by_flow(&phone);
    phone.taps("billing");
    phone.writes("204817");
    assert_eq!(said_by_flow(&phone), said);
    assert_eq!(phone.conversation().queue, Some(ORDERS));
}

#[test]
fn a_second_answer_that_cannot_be_used_hands_off() {
    let shop = Shop::opens();
    let phone = asked(&shop);
    phone.taps("orders");
    phone.answers("I do not know");
    assert_eq!(phone.conversation().controller, Controller::Flow, "it is asked once more");
    phone.answers("no idea");
    let conversation = phone.conversation();
    assert_eq!((conversation.controller, conversation.queue), (Controller::Queue, Some(ORDERS)));
    let brief = conversation.brief.unwrap();
    assert_eq!(brief.reason, HandOffReason::NotUnderstood { question: "Order number".to_owned() });
    assert_eq!(brief.missing, ["Order number", "What happened"]);
}

#[test]
fn a_customer_who_stops_answering_is_handed_to_people() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    phone.writes("hi");
    everything_arrives(&phone);
    shop.passes(SignedDuration::from_mins(59));
    assert_eq!(phone.conversation().controller, Controller::Flow);
    shop.passes(SignedDuration::from_mins(2));
    assert_eq!(phone.conversation().controller, Controller::Queue);
    assert_eq!(phone.conversation().brief.unwrap().reason, HandOffReason::TimedOut { question: "Topic".to_owned() });
}

#[test]
fn each_answer_moves_the_wait_on() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    phone.writes("hi");
    shop.passes(SignedDuration::from_mins(50));
    phone.taps("orders");
    shop.passes(SignedDuration::from_mins(50));
    assert_eq!(phone.conversation().controller, Controller::Flow);
    shop.passes(SignedDuration::from_mins(11));
    assert_eq!(phone.conversation().controller, Controller::Queue);
}

#[test]
fn without_a_flow_a_customer_waits_in_the_queue_of_the_inbox() {
    let shop = Shop::without_a_flow();
    let phone = shop.phone("Mia");
    phone.writes("hi");
    let conversation = phone.conversation();
    assert_eq!((conversation.controller, conversation.queue), (Controller::Queue, Some(SUPPORT)));
    assert_eq!(phone.received().len(), 0);
    assert_eq!(phone.story(), ["conversation_opened", "message_received", "conversation_queued"]);
}

#[test]
fn a_flow_whose_definition_is_gone_leaves_nobody_stuck() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    phone.writes("hi");
    let mut tables = shop.tables.borrow_mut();
    Arc::get_mut(&mut tables.workplace).unwrap().definitions.clear();
    drop(tables);
    phone.taps("orders");
    let conversation = phone.conversation();
    assert_eq!((conversation.controller, conversation.queue), (Controller::Queue, Some(SUPPORT)));
    assert!(phone.kept().session.is_none());
}

#[test]
fn what_is_not_speech_is_no_answer_to_the_flow() {
    for unspoken in unspoken() {
        let shop = Shop::opens();
        let phone = shop.phone("Mia");
        phone.writes("hi");
        shop.passes(SignedDuration::from_secs(30));
        let (said, session) = (said_by_flow(&phone), phone.kept().session);
        for _ in 0..3 {
            phone.does(unspoken.clone());
            shop.passes(SignedDuration::from_secs(30));
        }
        assert_eq!((said_by_flow(&phone), phone.conversation().controller), (said, Controller::Flow), "{unspoken:?}");
        assert_eq!(phone.kept().session, session, "{unspoken:?} counts for something");
    }
}

#[test]
fn what_nobody_can_read_is_no_failed_answer() {
    let shop = Shop::opens();
    let phone = asked(&shop);
    let said = said_by_flow(&phone);
    for _ in 0..4 {
        phone.sends_something();
        shop.passes(SignedDuration::from_secs(30));
    }
    assert_eq!(said_by_flow(&phone), said + 1, "they are told once that it cannot be read");
    assert_eq!((phone.conversation().controller, phone.kept().session.unwrap().attempts), (Controller::Flow, 0));
    phone.sends(InboundContent::Unreadable { of: Some(Content::EDIT.to_owned()) });
    shop.passes(SignedDuration::from_secs(30));
    assert_eq!(said_by_flow(&phone), said + 1, "an edit is not even told that");
}

#[test]
fn a_picture_is_passed_on_and_the_question_asked_again() {
    let shop = Shop::opens();
    let phone = asked(&shop);
    let said = said_by_flow(&phone);
    phone.sends_a_picture();
    shop.passes(SignedDuration::from_secs(10));
    assert_eq!((said_by_flow(&phone), phone.conversation().controller), (said + 1, Controller::Flow));
    assert_eq!(phone.conversation().last_message.unwrap().kind, "list");
}

#[test]
fn three_texts_at_a_question_are_one_answer() {
    let shop = Shop::opens();
    let phone = asked(&shop);
    phone.taps("support");
    shop.passes(SignedDuration::from_secs(30));
    let said = said_by_flow(&phone);
    for text in ["my tent", "is torn", "at the seam"] {
        phone.writes(text);
        assert_eq!(said_by_flow(&phone), said, "it speaks into what they are saying");
        shop.passes(SignedDuration::from_secs(2));
    }
    shop.passes(SignedDuration::from_secs(10));
    phone.taps("today");
    let brief = phone.conversation().brief.unwrap();
    let subject = brief.answers.iter().find(|answer| answer.field == "subject").unwrap();
    assert_eq!((subject.value.as_str(), subject.also.len()), ("my tent is torn at the seam", 2));
    assert_eq!(said_by_flow(&phone), said + 2, "one more question, and the good-bye");
}

#[test]
fn an_album_is_one_answer_with_all_of_its_pictures() {
    let shop = Shop::opens();
    let phone = asked(&shop);
    phone.taps("support");
    shop.passes(SignedDuration::from_secs(30));
    let said = said_by_flow(&phone);
    for _ in 0..5 {
        phone.sends_a_picture();
    }
    shop.passes(SignedDuration::from_secs(10));
    assert_eq!(said_by_flow(&phone), said + 1, "the next question, once");
    let answer = phone.kept().session.unwrap().answers.pop().unwrap();
    assert_eq!((answer.value.as_str(), answer.shown.as_str(), answer.also.len()), ("picture", "Picture × 5", 4));
}

#[test]
fn what_is_said_after_an_answer_is_no_failed_answer_to_the_next_question_and_is_not_lost() {
    let shop = Shop::opens();
    let phone = asked(&shop);
    phone.taps("orders");
    shop.passes(SignedDuration::from_secs(30));
    phone.writes("204817");
    let said = said_by_flow(&phone);
    shop.passes(SignedDuration::from_secs(1));
    phone.writes("it's broken");
    shop.passes(SignedDuration::from_secs(30));
    assert_eq!((said_by_flow(&phone), phone.kept().session.unwrap().attempts), (said, 0));
    phone.taps("damaged");
    let brief = phone.conversation().brief.unwrap();
    assert_eq!(brief.reason, HandOffReason::Completed);
    assert!(brief.unclear.iter().any(|quote| quote.text == "it's broken"), "{:?}", brief.unclear);
}

/// Each way a question can fail to reach the customer, and the reason people are told.
#[test]
fn a_flow_whose_question_does_not_arrive_lets_go_at_once() {
    for (code, reason) in
        [(131_026, HandOffReason::NotDelivered), (100, HandOffReason::NotDelivered), (131_047, HandOffReason::WindowClosed)]
    {
        for is_told_later in [false, true] {
            let shop = Shop::opens();
            let phone = shop.phone("Mia");
            phone.writes("hi");
            let question = phone.received()[1].id;
            let failure = Failure { code, title: "no".to_owned() };
            if is_told_later {
                let (wamid, reaction) = (format!("wamid.{question}"), Some(reaction(code)));
                let (status, at, failure, recipient) = (Status::Failed, shop.now(), Some(failure), Vec::new());
                let report = StatusReport { wamid, message: Some(question), status, at, failure, reaction, recipient };
                shop.about(phone.id(), Command::RecordStatus(report)).unwrap();
            } else {
                shop.answers(question, 1, Outcome::Refused { failure, reaction: reaction(code) }).unwrap();
            }
            let conversation = phone.conversation();
            assert_eq!((conversation.controller, conversation.brief.unwrap().reason), (Controller::Queue, reason.clone()), "{code}");
            let said = said_by_flow(&phone);
            shop.passes(SignedDuration::from_hours(2));
            assert_eq!(said_by_flow(&phone), said, "it speaks although it cannot");
        }
    }
}

#[test]
fn what_must_fail_is_not_sent() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    let mut late = phone.message(InboundContent::Text { body: "hi".to_owned() });
    late.at = shop.now() - SignedDuration::from_hours(72);
    phone.delivers(late).unwrap();
    assert_eq!(phone.received().len(), 0, "a message that must fail is queued");
    let conversation = phone.conversation();
    assert_eq!((conversation.controller, conversation.brief.unwrap().reason), (Controller::Queue, HandOffReason::WindowClosed));

    let second = shop.phone("Noa");
    second.writes("hi");
    let (greeting, question) = (second.received()[0].id, second.received()[1].id);
    let failure = Failure { code: 131_026, title: "no".to_owned() };
    let outcome = Outcome::Refused { failure, reaction: Reaction::Unreachable };
    shop.answers(greeting, 1, outcome).unwrap();
    assert_eq!(shop.status(question), Status::Failed);
    assert!(!shop.is_in_outbox(question), "the question is still to be sent");
    assert_eq!(second.conversation().brief.unwrap().promised, None, "a promise that did not arrive is none");
}

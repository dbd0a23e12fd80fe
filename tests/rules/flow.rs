//! The flow speaks while nobody else does, and never after a person took over.

use std::sync::Arc;

use baton::domain::brief::HandOffReason;
use baton::domain::conversation::Controller;
use baton::domain::message::Author;
use baton::domain::timer::Timer;
use baton::domain::{Command, Refusal};
use jiff::SignedDuration;

use crate::customers::Phone;
use crate::shop::{ORDERS, SUPPORT, Shop};

fn said_by_flow(phone: &Phone<'_>) -> usize {
    phone.received().iter().filter(|message| message.author == Author::Flow).count()
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
    let phone = shop.phone("Mia");
    phone.writes("hi");
    shop.passes(SignedDuration::from_secs(30));
    phone.taps("orders");
    phone.writes("I do not know");
    assert_eq!(phone.conversation().controller, Controller::Flow, "it is asked once more");
    phone.writes("no idea");
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
fn a_reaction_is_no_answer() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    phone.writes("hi");
    shop.passes(SignedDuration::from_secs(30));
    let said = said_by_flow(&phone);
    phone.sends_a("reaction");
    phone.sends_a("reaction");
    assert_eq!((said_by_flow(&phone), phone.conversation().controller), (said, Controller::Flow));
}

#[test]
fn a_picture_is_passed_on_and_the_question_asked_again() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    phone.writes("hi");
    shop.passes(SignedDuration::from_secs(30));
    let said = said_by_flow(&phone);
    phone.sends_a_picture();
    assert_eq!((said_by_flow(&phone), phone.conversation().controller), (said + 1, Controller::Flow));
    assert_eq!(phone.conversation().last_message.unwrap().kind, "list");
}

//! Nobody keeps a conversation who is not here, or who does not answer.

use std::sync::Arc;

use baton::domain::command::BulkTarget;
use baton::domain::conversation::{Controller, Holder};
use baton::domain::event::{Event, QueuedBecause};
use baton::domain::overdue::AnswerWithin;
use baton::domain::{Command, Refusal};
use jiff::SignedDuration;

use crate::customers::Phone;
use crate::people::Colleague;
use crate::sends::accepted;
use crate::shop::Shop;

const KEPT: Refusal = Refusal::Overtaken { name: None };

fn ends(shop: &Shop, phone: &Phone<'_>, of: &Colleague<'_>) -> Result<Vec<Event>, Refusal> {
    shop.about(phone.id(), Command::EndLease { of: of.person.user })
}

#[test]
fn what_somebody_holds_who_is_not_here_goes_back_in_front_and_to_somebody_who_is() {
    let shop = Shop::without_a_flow();
    let (ana, ben) = (shop.agent("Ana"), shop.hires("Ben", baton::domain::access::Role::Agent, 1));
    let (first, second) = (shop.phone("Mia"), shop.phone("Noa"));
    first.writes("hello");
    ana.takes(&first).unwrap();
    shop.passes(SignedDuration::from_secs(60));
    second.writes("hello");
    shop.passes(SignedDuration::from_secs(59));
    assert_eq!(ends(&shop, &first, &ana), Err(KEPT), "she may be reloading her page");
    shop.passes(SignedDuration::from_secs(1));
    assert_eq!(ends(&shop, &first, &ben), Err(KEPT), "he does not hold it");
    let queue = first.conversation().queue;
    let events = ends(&shop, &first, &ana).unwrap();
    let [Event::ConversationQueued { because: QueuedBecause::OwnerGone { user, name, minutes }, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((*user, name.as_str(), *minutes), (ana.person.user, "Ana", 2));
    let conversation = first.conversation();
    assert_eq!((conversation.controller, conversation.queue), (Controller::Queue, queue));
    assert!(conversation.queued_at < second.conversation().queued_at, "it was there before");
    assert_eq!(ana.row().load, 0);
    assert_eq!(ends(&shop, &first, &ana), Err(KEPT), "it went back already");
    ana.goes_away();
    shop.routes();
    assert!(ben.holds(&first) && !ben.holds(&second), "he has room for one");
}

/// However it comes back: who has it for a while does not answer for how long the customer has waited.
#[test]
fn a_customer_who_has_waited_since_before_somebody_got_it_is_not_behind_those_who_came_meanwhile() {
    let shop = with_ten_minutes();
    let (ana, sue) = (shop.agent("Ana"), shop.supervisor("Sue"));
    let [gone, unanswered, returned, later] = ["Mia", "Noa", "Pia", "Zoe"].map(|name| shop.phone(name));
    for phone in [&gone, &unanswered, &returned] {
        phone.writes("hello");
    }
    shop.passes(SignedDuration::from_secs(30));
    later.writes("hello");
    shop.passes(SignedDuration::from_secs(30));
    for phone in [&gone, &unanswered, &returned] {
        ana.takes(phone).unwrap();
    }
    shop.passes(SignedDuration::from_mins(2));
    ends(&shop, &gone, &ana).unwrap();
    let (from, to) = (Holder::Agent(ana.person.user), BulkTarget::OwnQueue);
    shop.about(returned.id(), Command::BulkTransfer { by: sue.person, from, to }).unwrap();
    ana.is_here();
    shop.passes(SignedDuration::from_mins(8));
    for phone in [&gone, &unanswered, &returned] {
        let conversation = phone.conversation();
        assert_eq!(conversation.controller, Controller::Queue);
        assert!(conversation.queued_at < later.conversation().queued_at, "{conversation:?}");
    }
}

#[test]
fn who_is_here_keeps_everything_for_however_long_and_who_comes_back_in_time() {
    let shop = Shop::without_a_flow();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("hello");
    ana.takes(&phone).unwrap();
    for _ in 0..20 {
        shop.passes(SignedDuration::from_secs(119));
        assert_eq!(ends(&shop, &phone, &ana), Err(KEPT));
        ana.is_here();
    }
    assert!(ana.holds(&phone));
}

#[test]
fn what_is_given_to_somebody_who_is_not_here_is_theirs_for_as_long_as_what_they_left() {
    let shop = Shop::without_a_flow();
    let (ana, sue, phone) = (shop.agent("Ana"), shop.supervisor("Sue"), shop.phone("Mia"));
    phone.writes("hello");
    shop.passes(SignedDuration::from_hours(9));
    sue.gives(&phone, &ana, None).unwrap();
    shop.passes(SignedDuration::from_secs(119));
    assert_eq!(ends(&shop, &phone, &ana), Err(KEPT));
    shop.passes(SignedDuration::from_secs(1));
    let events = ends(&shop, &phone, &ana).unwrap();
    let gone = |event: &Event| matches!(event, Event::ConversationQueued { because: QueuedBecause::OwnerGone { minutes, .. }, .. } if *minutes == 9 * 60 + 2);
    assert!(events.iter().any(gone), "{events:?}");
}

#[test]
fn what_is_resolved_or_waits_is_nobodys_to_lose() {
    let shop = Shop::without_a_flow();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("hello");
    shop.passes(SignedDuration::from_hours(1));
    assert_eq!(ends(&shop, &phone, &ana), Err(KEPT));
    ana.takes(&phone).unwrap();
    ana.resolves(&phone).unwrap();
    shop.passes(SignedDuration::from_hours(1));
    assert_eq!(ends(&shop, &phone, &ana), Err(KEPT));
}

/// Ten minutes for an answer, from when Ana has it while the customer waits.
fn with_ten_minutes() -> Shop {
    let shop = Shop::without_a_flow();
    let mut tables = shop.tables.borrow_mut();
    Arc::get_mut(&mut tables.workplace).unwrap().answer = Some(AnswerWithin { minutes: 10 });
    drop(tables);
    shop
}

fn steps(phone: &Phone<'_>, shop: &Shop) -> Vec<String> {
    let tables = shop.tables.borrow();
    let kept = tables.conversations.iter().find(|kept| kept.conversation.id == phone.id()).unwrap();
    let told = kept.journal.iter().filter_map(|recorded| match &recorded.event {
        Event::AnswerOverdue { step, name, minutes, .. } => Some(format!("{step:?} {name} {minutes}")),
        Event::ConversationQueued { because: QueuedBecause::Unanswered { name, minutes, .. }, .. } => {
            Some(format!("Return {name} {minutes}"))
        }
        _ => None,
    });
    told.collect()
}

#[test]
fn whoever_does_not_answer_is_nudged_then_everybody_is_told_and_then_it_is_for_somebody_else() {
    let shop = with_ten_minutes();
    let (ana, ben, phone) = (shop.agent("Ana"), shop.agent("Ben"), shop.phone("Mia"));
    phone.writes("hello");
    shop.passes(SignedDuration::from_mins(1));
    ana.takes(&phone).unwrap();
    shop.passes(SignedDuration::from_secs(299));
    assert_eq!(steps(&phone, &shop), [""; 0]);
    shop.passes(SignedDuration::from_secs(1));
    assert_eq!(steps(&phone, &shop), ["Nudge Ana 6"]);
    phone.writes("hello?");
    shop.passes(SignedDuration::from_mins(5));
    assert_eq!(steps(&phone, &shop), ["Nudge Ana 6", "Alarm Ana 8", "Return Ana 11"]);
    assert_eq!(phone.conversation().controller, Controller::Queue);
    shop.routes();
    assert!(ben.holds(&phone), "though he got one no longer ago than Ana");
    shop.passes(SignedDuration::from_mins(10));
    shop.routes();
    assert!(ana.holds(&phone), "and from Ben it comes to her");
}

#[test]
fn who_answers_or_has_just_got_it_has_all_of_the_time_and_without_minutes_nobody_is_nudged() {
    let shop = with_ten_minutes();
    let (ana, ben, phone) = (shop.agent("Ana"), shop.agent("Ben"), shop.phone("Mia"));
    phone.writes("hello");
    ana.takes(&phone).unwrap();
    shop.passes(SignedDuration::from_mins(4));
    ana.gives(&phone, &ben, None).unwrap();
    shop.passes(SignedDuration::from_secs(299));
    assert_eq!(steps(&phone, &shop), [""; 0]);
    let message = ben.replies(&phone, "let me see").unwrap();
    shop.answers(message, 1, accepted(message)).unwrap();
    shop.passes(SignedDuration::from_hours(2));
    assert_eq!(steps(&phone, &shop), [""; 0]);
    phone.writes("and now?");
    shop.passes(SignedDuration::from_mins(5));
    assert_eq!(steps(&phone, &shop), ["Nudge Ben 5"]);
    let patient = Shop::without_a_flow();
    let (ana, phone) = (patient.agent("Ana"), patient.phone("Mia"));
    phone.writes("hello");
    ana.takes(&phone).unwrap();
    patient.passes(SignedDuration::from_hours(9));
    assert!(ana.holds(&phone) && steps(&phone, &patient).is_empty());
}

#[test]
fn an_answer_that_has_not_left_yet_is_owed_by_nobody() {
    let shop = with_ten_minutes();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("hello");
    ana.takes(&phone).unwrap();
    shop.passes(SignedDuration::from_mins(1));
    ana.replies(&phone, "let me see").unwrap();
    shop.passes(SignedDuration::from_hours(1));
    assert_eq!(steps(&phone, &shop), [""; 0], "the number may be paused for as long");
    assert!(ana.holds(&phone) && phone.conversation().waiting_since.is_some(), "and the customer waits");
    phone.writes("hello?");
    shop.passes(SignedDuration::from_mins(5));
    assert!(steps(&phone, &shop).first().is_some_and(|step| step.starts_with("Nudge Ana")), "what they say now is owed an answer");
}

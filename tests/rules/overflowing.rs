//! What becomes of those whom nobody has: they go to another queue and keep their place in line, or are told once what to expect.

use std::sync::Arc;

use baton::domain::command::Command;
use baton::domain::event::{Event, QueuedBecause};
use baton::domain::hours::Hours;
use baton::domain::ids::QueueId;
use baton::domain::landing::Why;
use baton::domain::overflow::{Overflow, Texts};
use baton::domain::refusal::Refusal;
use jiff::SignedDuration;
use serde_json::json;

use crate::customers::Phone;
use crate::shop::{BILLING, ORDERS, SUPPORT, Shop};

impl Shop {
    fn overflows(&self, queue: QueueId, overflow: Overflow) {
        self.sets_up(|workplace| _ = workplace.overflows.insert(queue, Arc::new(overflow)));
    }

    pub fn opens_at(&self, queue: QueueId, from: &str, to: &str) {
        let days = ["mon", "tue", "wed", "thu", "fri"].map(|day| (day.to_owned(), json!([[from, to]])));
        let weekly: serde_json::Map<String, serde_json::Value> = days.into_iter().collect();
        let hours: Hours = serde_json::from_value(json!({"time_zone": "UTC", "weekly": weekly})).unwrap();
        self.sets_up(|workplace| workplace.queues.iter_mut().filter(|one| one.id == queue).for_each(|one| one.hours = hours.clone()));
    }

    fn spills(&self, phone: &Phone<'_>, why: Why) -> Result<Vec<Event>, Refusal> {
        let waits = phone.conversation();
        self.about(phone.id(), Command::Spill { queue: waits.queue.unwrap(), queued_at: waits.queued_at, why })
    }
}

fn texts(text: &str) -> Texts {
    [("en".to_owned(), text.to_owned()), ("es".to_owned(), format!("[es] {text}"))].into()
}

fn late(to: Option<QueueId>) -> Overflow {
    Overflow { to, after: Some(300), ..Overflow::default() }
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// Where it went by overflow, and what was noted where it stayed.
fn told(phone: &Phone<'_>) -> Vec<(Why, i64, bool, Option<QueueId>)> {
    let one = |event: &Event| match event {
        Event::ConversationQueued { queue, because: QueuedBecause::Overflowed { why, seconds, is_told, .. }, .. } => {
            Some((*why, *seconds, *is_told, Some(*queue)))
        }
        Event::WaitNoted { why, seconds, is_told, .. } => Some((*why, *seconds, *is_told, None)),
        _ => None,
    };
    phone.kept().journal.iter().filter_map(|line| one(&line.event)).collect()
}

#[test]
fn whoever_waits_for_too_long_goes_to_the_other_queue_and_keeps_their_place() {
    let shop = Shop::without_a_flow();
    shop.overflows(SUPPORT, late(Some(ORDERS)));
    let phone = shop.phone("Mia");
    phone.writes("hi");
    let place = phone.conversation().queued_at;
    shop.passes(minutes(4));
    assert_eq!(phone.conversation().queue, Some(SUPPORT));
    shop.passes(minutes(1));
    assert_eq!((phone.conversation().queue, phone.conversation().queued_at), (Some(ORDERS), place));
    assert_eq!(told(&phone), [(Why::Late, 300, false, Some(ORDERS))]);
    assert!(shop.tables.borrow().timers.is_empty(), "nothing else becomes of it");
}

#[test]
fn whoever_is_had_in_time_goes_nowhere() {
    let shop = Shop::without_a_flow();
    shop.overflows(SUPPORT, late(Some(ORDERS)));
    let phone = shop.phone("Mia");
    phone.writes("hi");
    let ana = shop.agent("Ana");
    shop.passes(minutes(4));
    ana.takes(&phone).unwrap();
    assert!(shop.tables.borrow().timers.is_empty());
    shop.passes(minutes(9));
    assert!(ana.holds(&phone));
}

#[test]
fn two_queues_that_overflow_to_each_other_send_nobody_round_and_round() {
    let shop = Shop::without_a_flow();
    shop.overflows(SUPPORT, Overflow { text: texts("Please bear with us"), ..late(Some(ORDERS)) });
    shop.overflows(ORDERS, late(Some(SUPPORT)));
    let phone = shop.phone("Mia");
    phone.writes("hi");
    shop.passes(minutes(60));
    assert_eq!(
        told(&phone),
        [(Why::Late, 300, true, Some(ORDERS)), (Why::Late, 300, false, None)],
        "the second time it stays, and nobody is told twice"
    );
    assert_eq!(phone.conversation().queue, Some(ORDERS));
    let ana = shop.agent("Ana");
    ana.takes(&phone).unwrap();
    ana.puts(&phone, SUPPORT).unwrap();
    shop.passes(minutes(60));
    assert_eq!(phone.conversation().queue, Some(SUPPORT), "not sent there twice");
}

#[test]
fn whom_a_supervisor_moves_with_their_place_waits_there_for_as_long_as_anybody() {
    let shop = Shop::without_a_flow();
    let phone = shop.phone("Mia");
    phone.writes("hi");
    shop.passes(minutes(30));
    shop.overflows(ORDERS, late(Some(BILLING)));
    let iris = shop.supervisor("Iris");
    let holder = phone.conversation().holder();
    let to = baton::domain::command::BulkTarget::Queue(ORDERS);
    shop.about(phone.id(), Command::BulkTransfer { by: iris.person.clone(), from: holder, to }).unwrap();
    shop.passes(minutes(4));
    assert_eq!(phone.conversation().queue, Some(ORDERS));
    shop.passes(minutes(1));
    assert_eq!(phone.conversation().queue, Some(BILLING));
}

#[test]
fn a_customer_is_told_once_what_to_expect_in_their_language_and_only_while_they_may_be_written_to() {
    let shop = Shop::without_a_flow();
    shop.overflows(SUPPORT, Overflow { text: texts("We answer {queue.promise}, {contact.first_name}"), when_nobody: true, ..late(None) });
    let (phone, spanish, closed) = (shop.phone("Mia Ochs"), shop.phone("Noa"), shop.phone("Zoe"));
    shop.tables.borrow_mut().contacts.get_mut(&spanish.contact).unwrap().language = Some("es-MX".to_owned());
    for phone in [&phone, &spanish, &closed] {
        phone.writes("hola");
    }
    shop.spills(&closed, Why::NobodyHere).unwrap();
    shop.passes(minutes(5));
    let said = |phone: &Phone<'_>| phone.received().iter().map(|message| message.content.text().to_owned()).collect::<Vec<_>>();
    assert_eq!(said(&phone), ["We answer within 10 minutes, Mia"]);
    assert_eq!(said(&spanish), ["[es] We answer en menos de 10 minutos, Noa"]);
    assert_eq!(said(&closed).len(), 1, "told that nobody is here, and not once more that it takes long");
    assert_eq!(told(&closed), [(Why::NobodyHere, 0, true, None), (Why::Late, 300, false, None)]);
    assert!(matches!(shop.spills(&closed, Why::NobodyHere), Err(Refusal::Duplicate)));
    let late = shop.phone("Lea");
    late.writes("hi");
    shop.sets_up(|workplace| workplace.overflows.clear());
    shop.passes(SignedDuration::from_hours(25));
    shop.overflows(SUPPORT, Overflow { text: texts("Hello"), when_nobody: true, ..Overflow::default() });
    shop.spills(&late, Why::NobodyHere).unwrap();
    assert_eq!((said(&late).len(), told(&late).last().map(|one| one.2)), (0, Some(false)), "the window is closed");
}

#[test]
fn who_comes_beyond_the_limit_is_told_so_and_goes_on_or_waits_all_the_same() {
    let shop = Shop::without_a_flow();
    shop.overflows(SUPPORT, Overflow { most: Some(1), full_text: texts("So many wait"), ..Overflow::default() });
    let (first, second) = (shop.phone("Mia"), shop.phone("Noa"));
    first.writes("hi");
    second.writes("hi");
    shop.spills(&second, Why::Full).unwrap();
    assert_eq!((second.conversation().queue, told(&second)), (Some(SUPPORT), vec![(Why::Full, 0, true, None)]));
    shop.overflows(SUPPORT, Overflow { to: Some(ORDERS), most: Some(1), ..Overflow::default() });
    let third = shop.phone("Zoe");
    third.writes("hi");
    shop.spills(&third, Why::Full).unwrap();
    assert_eq!(told(&third), [(Why::Full, 0, false, Some(ORDERS))]);
    let late = Command::Spill { queue: SUPPORT, queued_at: third.conversation().queued_at, why: Why::Full };
    assert!(matches!(shop.about(third.id(), late), Err(Refusal::Overtaken { .. })), "it overflowed already");
}

#[test]
fn what_comes_in_while_a_queue_is_closed_lands_in_the_other_and_what_waits_follows_when_it_closes() {
    let shop = Shop::without_a_flow();
    shop.opens_at(SUPPORT, "09:00", "10:30");
    shop.overflows(SUPPORT, Overflow { to: Some(ORDERS), when_closed: true, ..Overflow::default() });
    let early = shop.phone("Mia");
    early.writes("hi");
    assert_eq!(early.conversation().queue, Some(SUPPORT), "it is ten o'clock");
    shop.passes(minutes(30));
    assert_eq!(told(&early), [(Why::Closed, 30 * 60, false, Some(ORDERS))]);
    let later = shop.phone("Noa");
    later.writes("hi");
    let instead = |event: &Event| match event {
        Event::ConversationQueued { instead: Some(instead), .. } => Some((instead.queue, instead.why)),
        _ => None,
    };
    assert_eq!(later.conversation().queue, Some(ORDERS));
    assert_eq!(later.kept().journal.iter().filter_map(|line| instead(&line.event)).collect::<Vec<_>>(), [(SUPPORT, Why::Closed)]);
}

#[test]
fn after_hours_a_message_is_taken_where_there_is_no_other_queue() {
    let shop = Shop::without_a_flow();
    shop.opens_at(SUPPORT, "09:00", "09:30");
    shop.overflows(
        SUPPORT,
        Overflow { when_closed: true, closed_text: texts("Leave a message, we answer {queue.promise}"), ..Overflow::default() },
    );
    let phone = shop.phone("Mia");
    phone.writes("hi");
    shop.passes(SignedDuration::from_secs(1));
    assert_eq!(told(&phone), [(Why::Closed, 0, true, None)]);
    assert_eq!(phone.conversation().queue, Some(SUPPORT));
    assert!(phone.received()[0].content.text().contains("tomorrow from 09:00"));
}

#[test]
fn nobody_overflows_from_a_queue_that_is_paused_before_it_goes_on() {
    let shop = Shop::without_a_flow();
    shop.overflows(SUPPORT, late(Some(ORDERS)));
    shop.rests(SUPPORT, baton::domain::rest::RestKind::Paused, Some(20));
    let phone = shop.phone("Mia");
    phone.writes("hi");
    shop.passes(minutes(19));
    assert_eq!(phone.conversation().queue, Some(SUPPORT));
    assert!(matches!(shop.spills(&phone, Why::NobodyHere), Err(Refusal::Overtaken { .. })));
    shop.passes(minutes(1));
    assert_eq!(phone.conversation().queue, Some(ORDERS));
}

#[test]
fn when_it_is_answered_is_said_in_the_language_of_the_text_and_not_of_the_customer() {
    let shop = Shop::without_a_flow();
    for (language, tag, text, said) in [
        ("es", "en", "We answer {queue.promise}", "We answer within 10 minutes"),
        ("en", "es", "Respondemos {queue.promise}", "Respondemos en menos de 10 minutos"),
    ] {
        let text: Texts = [(tag.to_owned(), text.to_owned())].into();
        shop.overflows(SUPPORT, Overflow { text, when_nobody: true, ..Overflow::default() });
        let phone = shop.phone(tag);
        shop.tables.borrow_mut().contacts.get_mut(&phone.contact).unwrap().language = Some(language.to_owned());
        phone.writes("ok");
        shop.spills(&phone, Why::NobodyHere).unwrap();
        assert_eq!(phone.received()[0].content.text(), said);
    }
}

//! Queues that are paused or drained: what is given out of them, and where what would come in goes.

use baton::domain::command::TransferTarget;
use baton::domain::event::Event;
use baton::domain::ids::QueueId;
use baton::domain::landing::Why;
use baton::domain::message::Content;
use baton::domain::rest::{Rest, RestKind};
use jiff::SignedDuration;

use crate::customers::Phone;
use crate::shop::{BILLING, ORDERS, SUPPORT, Shop};

impl Shop {
    pub fn rests(&self, queue: QueueId, kind: RestKind, minutes: Option<i64>) {
        let since = self.now();
        let until = minutes.map(|minutes| since + SignedDuration::from_mins(minutes));
        let rest = Rest { kind: kind.as_str().to_owned(), reason: "Stock count".to_owned(), since, until, by: "Iris".to_owned() };
        self.sets_up(|workplace| _ = workplace.rests.insert(queue, rest));
    }
}

fn instead(phone: &Phone<'_>) -> Vec<(QueueId, Why)> {
    let told = |event: &Event| {
        let Event::ConversationQueued { instead, .. } = event else { return None };
        instead.as_ref().map(|instead| (instead.queue, instead.why))
    };
    phone.kept().journal.iter().filter_map(|line| told(&line.event)).collect()
}

#[test]
fn nothing_of_a_paused_queue_is_given_out_and_whoever_takes_it_has_it() {
    let shop = Shop::without_a_flow();
    let ana = shop.agent("Ana");
    shop.rests(SUPPORT, RestKind::Paused, Some(30));
    let (first, second) = (shop.phone("Mia"), shop.phone("Noa"));
    first.writes("hi");
    shop.passes(SignedDuration::from_mins(1));
    second.writes("hi");
    shop.routes();
    assert_eq!(first.conversation().queue, Some(SUPPORT), "what comes in waits there all the same");
    assert!(!ana.holds(&first) && !ana.holds(&second));
    ana.takes(&second).unwrap();
    let place = first.conversation().queued_at;
    shop.passes(SignedDuration::from_mins(29));
    assert_eq!(first.conversation().queued_at, place);
    shop.routes();
    assert!(ana.holds(&first), "the pause is over");
}

#[test]
fn what_would_come_into_a_queue_that_is_drained_waits_in_the_default_one() {
    let shop = Shop::without_a_flow();
    let phone = shop.phone("Mia");
    phone.writes("hi");
    let ana = shop.agent("Ana");
    ana.takes(&phone).unwrap();
    shop.rests(ORDERS, RestKind::Draining, None);
    ana.transfers(&phone, TransferTarget::Queue(ORDERS), None).unwrap();
    assert_eq!(phone.conversation().queue, Some(SUPPORT));
    assert_eq!(instead(&phone), [(ORDERS, Why::Draining)]);
}

#[test]
fn what_waits_in_a_queue_that_is_drained_is_worked_off_and_comes_back_to_it() {
    let shop = Shop::without_a_flow();
    let phone = shop.phone("Mia");
    phone.writes("hi");
    let ana = shop.agent("Ana");
    ana.takes(&phone).unwrap();
    ana.transfers(&phone, TransferTarget::Queue(ORDERS), None).unwrap();
    shop.rests(ORDERS, RestKind::Draining, None);
    shop.routes();
    assert!(ana.holds(&phone));
    ana.transfers(&phone, TransferTarget::Queue(ORDERS), None).unwrap();
    assert_eq!((phone.conversation().queue, instead(&phone)), (Some(ORDERS), vec![]), "it was of that queue");
}

#[test]
fn where_every_queue_is_drained_customers_wait_where_they_were_meant_to() {
    let shop = Shop::without_a_flow();
    for queue in [ORDERS, BILLING, SUPPORT] {
        shop.rests(queue, RestKind::Draining, None);
    }
    let phone = shop.phone("Mia");
    phone.writes("hi");
    assert_eq!((phone.conversation().queue, instead(&phone)), (Some(SUPPORT), vec![]));
}

#[test]
fn a_flow_promises_what_the_queue_promises_in_which_the_customer_waits() {
    let shop = Shop::opens();
    shop.sets_up(|workplace| {
        workplace.queues.iter_mut().for_each(|queue| queue.promise_minutes = if queue.id == SUPPORT { 45 } else { 10 })
    });
    shop.rests(BILLING, RestKind::Draining, None);
    let phone = shop.phone("Mia");
    phone.writes("hello");
    phone.taps("billing");
    while phone.conversation().queue.is_none() {
        phone.writes("my invoice is wrong, please look at it");
        shop.passes(SignedDuration::from_mins(1));
    }
    assert_eq!((phone.conversation().queue, instead(&phone)), (Some(SUPPORT), vec![(BILLING, Why::Draining)]));
    let said = |event: &Event| match event {
        Event::MessageQueued { message } => matches!(&message.content, Content::Text { body } if body.contains("45")),
        _ => false,
    };
    assert!(phone.kept().journal.iter().any(|line| said(&line.event)), "{:?}", phone.kept().journal);
}

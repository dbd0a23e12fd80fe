//! Customers stay with whom they know: whoever had their previous conversation gets them first, and is waited for a while.

use baton::domain::command::Command;
use baton::domain::event::Event;
use baton::domain::landing::Why;
use baton::domain::routing::Rule;
use baton::domain::sticky::Sticky;
use jiff::SignedDuration;

use crate::customers::Phone;
use crate::people::Colleague;
use crate::shop::{ORDERS, SUPPORT, Shop};

impl Shop {
    fn sticks(&self, days: i32, seconds: i32) {
        self.sets_up(|workplace| _ = workplace.sticky.insert(SUPPORT, Sticky { days, seconds }));
    }

    /// Somebody fills up with customers of their own.
    fn fills<'a>(&'a self, colleague: &Colleague<'_>) -> Vec<Phone<'a>> {
        let count = colleague.row().capacity - colleague.row().load;
        let phones: Vec<Phone<'a>> = (0..count).map(|number| self.phone(&format!("Other {number}"))).collect();
        for phone in &phones {
            phone.writes("hi");
            colleague.takes(phone).unwrap();
        }
        phones
    }
}

/// A customer whose matter a colleague resolved so many days ago, and who writes anew.
fn writes_anew<'a>(shop: &'a Shop, colleague: &Colleague<'_>, days: i64) -> Phone<'a> {
    let phone = shop.phone("Mia");
    phone.writes("hi");
    colleague.takes(&phone).unwrap();
    colleague.resolves(&phone).unwrap();
    shop.passes(SignedDuration::from_hours(24 * days));
    phone
}

fn let_go(phone: &Phone<'_>) -> bool {
    let is_it = |event: &Event| matches!(event, Event::WaitNoted { why: Why::Busy, .. });
    phone.kept().journal.iter().any(|line| is_it(&line.event))
}

#[test]
fn whoever_had_the_previous_conversation_gets_the_next_one_although_others_are_less_busy() {
    let shop = Shop::without_a_flow();
    shop.sticks(30, 60);
    let (ana, ben) = (shop.agent("Ana"), shop.agent("Ben"));
    let phone = writes_anew(&shop, &ben, 7);
    let other = shop.phone("Noa");
    other.writes("hi");
    ben.takes(&other).unwrap();
    phone.writes("me again");
    shop.routes();
    assert!(ben.holds(&phone) && !ana.holds(&phone));
    assert_eq!(phone.conversation().assignment_reason.unwrap().rule, Rule::KnowsThem);
}

#[test]
fn a_conversation_that_is_too_old_or_a_queue_that_keeps_nobody_leaves_it_to_the_least_busy() {
    let shop = Shop::without_a_flow();
    let (_, ben) = (shop.agent("Ana"), shop.agent("Ben"));
    for (days, sticky) in [(31, Some(30)), (7, None)] {
        shop.sets_up(|workplace| workplace.sticky.clear());
        sticky.into_iter().for_each(|days| shop.sticks(days, 60));
        let phone = writes_anew(&shop, &ben, days);
        phone.writes("me again");
        shop.routes();
        assert_ne!(phone.conversation().assignment_reason.unwrap().rule, Rule::KnowsThem);
    }
}

#[test]
fn who_is_busy_is_waited_for_so_long_and_nobody_waits_behind() {
    let shop = Shop::without_a_flow();
    shop.sticks(30, 60);
    let (ana, ben) = (shop.agent("Ana"), shop.agent("Ben"));
    let phone = writes_anew(&shop, &ben, 2);
    shop.fills(&ben);
    phone.writes("me again");
    let behind = shop.phone("Lea");
    behind.writes("hi");
    shop.routes();
    assert!(ana.holds(&behind) && phone.conversation().controller == baton::domain::conversation::Controller::Queue);
    shop.passes(SignedDuration::from_secs(59));
    shop.routes();
    assert!(!ana.holds(&phone) && !let_go(&phone));
    shop.passes(SignedDuration::from_secs(1));
    assert!(let_go(&phone), "it is said, and routing looks again");
    shop.routes();
    assert!(ana.holds(&phone));
}

#[test]
fn who_has_room_again_in_time_has_them() {
    let shop = Shop::without_a_flow();
    shop.sticks(30, 60);
    let (ana, ben) = (shop.agent("Ana"), shop.agent("Ben"));
    let phone = writes_anew(&shop, &ben, 2);
    let held = shop.fills(&ben);
    phone.writes("me again");
    shop.routes();
    ben.resolves(&held[0]).unwrap();
    shop.routes();
    assert!(ben.holds(&phone) && !ana.holds(&phone));
    assert!(shop.tables.borrow().timers.is_empty());
}

#[test]
fn who_is_away_is_not_waited_for() {
    let shop = Shop::without_a_flow();
    shop.sticks(30, 60);
    let (ana, ben) = (shop.agent("Ana"), shop.agent("Ben"));
    let phone = writes_anew(&shop, &ben, 2);
    ben.goes_away();
    phone.writes("me again");
    shop.routes();
    assert!(ana.holds(&phone));
}

#[test]
fn a_flow_in_between_forgets_nobody() {
    let shop = Shop::opens();
    shop.sets_up(|workplace| {
        for queue in workplace.queues.clone() {
            workplace.sticky.insert(queue.id, Sticky { days: 30, seconds: 60 });
        }
    });
    let (_, ben) = (shop.agent("Ana"), shop.agent("Ben"));
    let phone = shop.phone("Mia");
    phone.asks_about_an_order();
    ben.takes(&phone).unwrap();
    ben.resolves(&phone).unwrap();
    shop.passes(SignedDuration::from_hours(24 * 3));
    phone.asks_about_an_order();
    shop.routes();
    assert!(ben.holds(&phone));
    assert_eq!(phone.conversation().assignment_reason.unwrap().rule, Rule::KnowsThem);
}

/// Whoever hands a conversation on is not who it is kept for.
#[test]
fn what_somebody_hands_to_a_queue_does_not_come_back_to_them() {
    let shop = Shop::without_a_flow();
    shop.sticks(30, 60);
    let (ana, ben) = (shop.agent("Ana"), shop.agent("Ben"));
    let phone = shop.phone("Mia");
    phone.writes("hi");
    ana.takes(&phone).unwrap();
    ana.puts(&phone, ORDERS).unwrap();
    let other = shop.phone("Noa");
    other.writes("hi");
    ben.takes(&other).unwrap();
    ana.takes(&phone).unwrap();
    ana.puts(&phone, SUPPORT).unwrap();
    assert_eq!(phone.conversation().wait.and_then(|wait| wait.rather), None);
}

#[test]
fn what_is_undone_waits_as_it_did() {
    let shop = Shop::without_a_flow();
    shop.sticks(30, 60);
    let (ben, sue) = (shop.agent("Ben"), shop.supervisor("Sue"));
    let phone = writes_anew(&shop, &ben, 2);
    shop.fills(&ben);
    phone.writes("me again");
    let before = phone.conversation().wait;
    assert!(before.as_ref().is_some_and(|wait| wait.rather.is_some()));
    sue.puts(&phone, ORDERS).unwrap();
    let seq = phone.kept().journal.iter().rev().find(|line| line.act().is_some()).unwrap().seq;
    shop.about(phone.id(), Command::Undo { by: sue.person.clone(), seq }).unwrap();
    assert_eq!(phone.conversation().wait, before);
}

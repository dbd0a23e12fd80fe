//! Whoever waits is told where they stand, and again only when it has got better.

use std::sync::Arc;

use baton::domain::announcing::{Announcements, Standing};
use baton::domain::command::Command;
use baton::domain::event::Event;
use baton::domain::refusal::Refusal;
use jiff::SignedDuration;

use crate::customers::Phone;
use crate::shop::{ORDERS, SUPPORT, Shop};

impl Shop {
    fn announces(&self, text: &str, every: Option<i32>) {
        let rules = Announcements { text: [("en".to_owned(), text.to_owned())].into(), every };
        self.sets_up(|workplace| _ = workplace.announcements.insert(SUPPORT, Arc::new(rules)));
    }

    fn stands(&self, phone: &Phone<'_>, place: i64, minutes: Option<i64>) -> Result<Vec<Event>, Refusal> {
        let waits = phone.conversation();
        let (queue, queued_at) = (waits.queue.unwrap(), waits.queued_at);
        self.about(phone.id(), Command::Announce { queue, queued_at, standing: Standing { place, minutes } })
    }
}

fn said(phone: &Phone<'_>) -> Vec<String> {
    phone.received().iter().map(|message| message.content.text().to_owned()).collect()
}

#[test]
fn a_place_is_told_at_first_and_when_it_is_nearer_and_never_when_it_is_not() {
    let shop = Shop::without_a_flow();
    shop.announces("You are number {queue.place} in {queue.name}", Some(5));
    let phone = shop.phone("Mia");
    phone.writes("hi");
    shop.stands(&phone, 4, None).unwrap();
    for (minutes, place, is_told) in [(1, 3, false), (4, 4, false), (0, 5, false), (0, 2, true), (5, 2, false), (0, 1, true)] {
        shop.passes(SignedDuration::from_mins(minutes));
        assert_eq!(shop.stands(&phone, place, None).is_ok(), is_told, "{place} after {minutes} more");
    }
    assert_eq!(said(&phone), ["You are number 4 in Advice", "You are number 2 in Advice", "You are number 1 in Advice"]);
}

#[test]
fn how_long_it_takes_is_told_once_it_is_known() {
    let shop = Shop::without_a_flow();
    shop.announces("We answer {queue.wait}", None);
    let phone = shop.phone("Mia");
    phone.writes("hi");
    assert!(matches!(shop.stands(&phone, 1, None), Err(Refusal::Duplicate)));
    shop.stands(&phone, 1, Some(10)).unwrap();
    shop.passes(SignedDuration::from_mins(60));
    assert!(shop.stands(&phone, 1, Some(1)).is_err(), "once is once");
    assert_eq!(said(&phone), ["We answer within 10 minutes"]);
}

#[test]
fn whoever_may_not_be_written_to_or_has_gone_on_is_told_nothing() {
    let shop = Shop::without_a_flow();
    shop.announces("You are number {queue.place}", Some(5));
    let (late, gone) = (shop.phone("Mia"), shop.phone("Noa"));
    late.writes("hi");
    gone.writes("hi");
    let seen = gone.conversation().queued_at;
    shop.agent("Ana").puts(&gone, ORDERS).unwrap();
    let command = Command::Announce { queue: SUPPORT, queued_at: seen, standing: Standing { place: 1, minutes: None } };
    assert!(matches!(shop.about(gone.id(), command), Err(Refusal::Overtaken { .. })));
    shop.passes(SignedDuration::from_hours(25));
    shop.stands(&late, 3, None).unwrap();
    assert!(said(&late).is_empty());
    shop.passes(SignedDuration::from_mins(9));
    assert!(shop.stands(&late, 1, None).is_err(), "nobody asks again and again");
}

#[test]
fn how_long_it_takes_is_not_told_while_the_queue_is_closed() {
    let shop = Shop::without_a_flow();
    shop.opens_at(SUPPORT, "09:00", "09:30");
    shop.announces("We answer {queue.wait}", None);
    let phone = shop.phone("Mia");
    phone.writes("hi");
    assert!(matches!(shop.stands(&phone, 1, Some(1)), Err(Refusal::Duplicate)));
    assert!(said(&phone).is_empty());
}

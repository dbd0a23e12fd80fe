//! Whoever signs off says what becomes of what they hold.

use baton::domain::access::{Permissions, Role};
use baton::domain::command::Command;
use baton::domain::conversation::Controller;
use baton::domain::event::{Actor, Destination, Event, QueuedBecause};
use baton::domain::routing::Rule;
use baton::domain::signing_off::{SignedOff, SigningOff};
use baton::domain::{Refusal, overdue::AnswerWithin};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

use crate::customers::Phone;
use crate::people::Colleague;
use crate::shop::Shop;

const OVERTAKEN: Refusal = Refusal::Overtaken { name: None };

impl Colleague<'_> {
    /// As the door writes it down, before anything becomes of what they hold.
    fn signs_off(&self, keep_until: Option<Timestamp>) {
        let at = self.shop.now();
        self.shop.tables.borrow_mut().agents.get_mut(&self.person.user).unwrap().signed_off = Some(SignedOff { at, keep_until });
    }

    fn is_back(&self) {
        self.shop.tables.borrow_mut().agents.get_mut(&self.person.user).unwrap().signed_off = None;
    }

    fn leaves(&self, phone: &Phone<'_>, choice: SigningOff) -> Result<Vec<Event>, Refusal> {
        self.shop.about(phone.id(), Command::SignOff { by: self.person.clone(), choice })
    }

    fn lease_ends(&self, phone: &Phone<'_>) -> Result<Vec<Event>, Refusal> {
        self.shop.about(phone.id(), Command::EndLease { of: self.person.user })
    }
}

#[test]
fn what_somebody_keeps_is_theirs_until_then_and_goes_back_in_front_at_that_time_though_they_have_a_page() {
    let shop = Shop::without_a_flow();
    let (ana, sue) = (shop.agent("Ana"), shop.supervisor("Sue"));
    let [kept, given, later] = ["Mia", "Noa", "Zoe"].map(|name| shop.phone(name));
    kept.writes("hello");
    ana.takes(&kept).unwrap();
    shop.passes(SignedDuration::from_secs(1));
    let until = shop.now() + SignedDuration::from_mins(30);
    ana.signs_off(Some(until));
    let events = ana.leaves(&kept, SigningOff::Keep { until }).unwrap();
    assert_eq!(events, [Event::ConversationKept { agent: ana.person.user, name: "Ana".to_owned(), until }]);
    shop.passes(SignedDuration::from_mins(1));
    later.writes("hello");
    given.writes("hello");
    sue.gives(&given, &ana, None).unwrap();
    shop.passes(SignedDuration::from_mins(2));
    let events = ana.lease_ends(&given).unwrap();
    assert!(
        matches!(&events[..], [Event::ConversationQueued { because: QueuedBecause::OwnerGone { .. }, .. }]),
        "what they were given when they had gone they never said they keep: {events:?}"
    );
    shop.passes(SignedDuration::from_mins(26));
    assert_eq!(ana.lease_ends(&kept), Err(OVERTAKEN));
    shop.passes(SignedDuration::from_mins(1));
    ana.is_here();
    let events = ana.lease_ends(&kept).unwrap();
    let [Event::ConversationQueued { because: QueuedBecause::KeptUntil { user, name, until: said }, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((*user, name.as_str(), *said), (ana.person.user, "Ana", until));
    assert!(kept.conversation().queued_at < later.conversation().queued_at);
}

#[test]
fn whoever_is_back_keeps_it_as_ever_and_says_nothing_of_it_any_more() {
    let shop = Shop::without_a_flow();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("hello");
    ana.takes(&phone).unwrap();
    let until = shop.now() + SignedDuration::from_mins(15);
    ana.signs_off(Some(until));
    ana.is_back();
    assert_eq!(ana.leaves(&phone, SigningOff::Keep { until }), Err(OVERTAKEN), "a set that comes late");
    shop.passes(SignedDuration::from_mins(16));
    ana.is_here();
    assert_eq!(ana.lease_ends(&phone), Err(OVERTAKEN));
}

#[test]
fn what_is_kept_is_not_taken_over_an_answer_that_is_owed_but_everybody_is_told_of_it() {
    let shop = Shop::without_a_flow();
    Arc::get_mut(&mut shop.tables.borrow_mut().workplace).unwrap().answer = Some(AnswerWithin { minutes: 10 });
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("hello");
    ana.takes(&phone).unwrap();
    ana.signs_off(Some(shop.now() + SignedDuration::from_mins(30)));
    shop.passes(SignedDuration::from_mins(29));
    assert!(ana.holds(&phone));
    ana.is_back();
    shop.passes(SignedDuration::from_mins(1));
    assert_eq!(phone.conversation().controller, Controller::Queue, "they are back and have not answered");
}

#[test]
fn what_is_handed_over_is_a_colleagues_who_may_answer_it_and_has_room_and_the_thread_says_why() {
    let shop = Shop::without_a_flow();
    let (ana, ben, full) = (shop.agent("Ana"), shop.hires("Ben", Role::Agent, 1), shop.hires("Full", Role::Agent, 0));
    let (first, second) = (shop.phone("Mia"), shop.phone("Noa"));
    for phone in [&first, &second] {
        phone.writes("hello");
        ana.takes(phone).unwrap();
    }
    ana.signs_off(None);
    let to = ben.person.user;
    let events = ana.leaves(&first, SigningOff::HandOver { to }).unwrap();
    let [Event::ConversationTransferred { by, to: destination, .. }, Event::ConversationAssigned { reason, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(*by, Actor::Agent { user: ana.person.user, name: "Ana".to_owned() });
    assert_eq!(*destination, Destination::Agent { user: to, name: "Ben".to_owned() });
    assert_eq!(reason.rule, Rule::SignedOff { user: ana.person.user, name: "Ana".to_owned() });
    for to in [&ben, &full] {
        let refused = ana.leaves(&second, SigningOff::HandOver { to: to.person.user });
        assert!(matches!(refused, Err(Refusal::NoRoom { .. })), "{refused:?}");
    }
    assert_eq!(ana.leaves(&first, SigningOff::HandOver { to }), Err(OVERTAKEN), "it is Ben's");
    ben.signs_off(None);
    let refused = ana.leaves(&second, SigningOff::HandOver { to });
    assert_eq!(refused, Err(Refusal::NotHere { name: "Ben".to_owned() }), "nobody hands over to whoever hands over themselves");
    ben.is_back();
    let mut own = ana.person.clone();
    own.rights.permissions = Permissions::NONE.of_role();
    let hand_over = Command::SignOff { by: own.clone(), choice: SigningOff::HandOver { to } };
    assert_eq!(shop.about(second.id(), hand_over), Err(Refusal::NotAllowed));
    let give_back = Command::SignOff { by: own, choice: SigningOff::Return };
    assert!(shop.about(second.id(), give_back).is_ok(), "whoever may hand on nothing may go home all the same");
}

#[test]
fn what_goes_back_waits_in_front_in_the_queue_it_came_from_and_the_thread_says_why() {
    let shop = Shop::without_a_flow();
    let (ana, ben) = (shop.agent("Ana"), shop.agent("Ben"));
    let (first, later) = (shop.phone("Mia"), shop.phone("Noa"));
    first.writes("hello");
    ana.takes(&first).unwrap();
    let queue = first.conversation().queue;
    shop.passes(SignedDuration::from_mins(1));
    later.writes("hello");
    ana.signs_off(None);
    assert_eq!(ben.leaves(&first, SigningOff::Return), Err(OVERTAKEN), "it is not theirs");
    let events = ana.leaves(&first, SigningOff::Return).unwrap();
    let because = QueuedBecause::SignedOff { user: ana.person.user, name: "Ana".to_owned() };
    assert!(
        matches!(&events[..], [Event::ConversationTransferred { .. }, Event::ConversationQueued { because: said, .. }] if *said == because)
    );
    assert_eq!((first.conversation().queue, first.conversation().controller), (queue, Controller::Queue));
    assert!(first.conversation().queued_at < later.conversation().queued_at);
}

//! People take back what they did a moment ago.

use baton::domain::access::Role;
use baton::domain::conversation::{Controller, Conversation, State};
use baton::domain::event::{Act, Event};
use baton::domain::message::Status;
use baton::domain::timer::Timer;
use baton::domain::{Command, Refusal};
use jiff::SignedDuration;

use crate::customers::Phone;
use crate::people::Colleague;
use crate::shop::{BILLING, ORDERS, Shop};

impl Colleague<'_> {
    /// The sequence of what this person did last to who controls a conversation.
    fn last_act(&self, phone: &Phone<'_>) -> i64 {
        let kept = phone.kept();
        let own = kept.journal.iter().rev().find(|recorded| recorded.act().is_some_and(|(_, user, _)| user == self.person.user));
        own.map_or(0, |recorded| recorded.seq)
    }

    fn undoes(&self, phone: &Phone<'_>) -> Result<Vec<Event>, Refusal> {
        self.undoes_that(phone, self.last_act(phone))
    }

    pub fn undoes_that(&self, phone: &Phone<'_>, seq: i64) -> Result<Vec<Event>, Refusal> {
        self.shop.about(phone.id(), Command::Undo { by: self.person.clone(), seq })
    }
}

/// All that an undo gives back.
fn standing(phone: &Phone<'_>) -> Conversation {
    let conversation = phone.conversation();
    Conversation { last_seq: 0, ..conversation }
}

/// Ana holds what the customer has waited for, for three minutes.
fn held<'a>(shop: &'a Shop, capacity: i32) -> (Phone<'a>, Colleague<'a>) {
    let (phone, ana) = (shop.phone("Mia"), shop.hires("Ana", Role::Agent, capacity));
    phone.writes("agent");
    shop.passes(SignedDuration::from_mins(3));
    ana.takes(&phone).unwrap();
    (phone, ana)
}

#[test]
fn a_resolution_is_taken_back_although_the_place_was_filled() {
    let shop = Shop::opens();
    let (phone, ana) = held(&shop, 1);
    let before = standing(&phone);
    ana.resolves(&phone).unwrap();
    shop.phone("Noa").writes("agent");
    shop.routes();
    assert_eq!(ana.row().load, 1, "routing has filled the place");
    shop.passes(SignedDuration::from_secs(9));
    let events = ana.undoes(&phone).unwrap();
    assert!(matches!(&events[..], [Event::ActUndone { act: Act::Resolved, .. }]), "{events:?}");
    assert_eq!(standing(&phone), before, "who waits, since when, who holds it, and why");
    assert_eq!((ana.row().load, ana.row().capacity), (2, 1));
    let third = shop.phone("Oli");
    third.writes("agent");
    shop.routes();
    assert_eq!(third.conversation().controller, Controller::Queue, "nothing new comes before there is room");
    assert_eq!(ana.takes(&third), Err(Refusal::YouHaveNoRoom { load: 2, capacity: 1 }));
}

#[test]
fn a_transfer_is_taken_back_from_a_colleague_and_from_a_queue() {
    for to_colleague in [true, false] {
        let shop = Shop::opens();
        let (phone, ana) = held(&shop, 1);
        let ben = shop.hires("Ben", Role::Agent, 1);
        let before = standing(&phone);
        if to_colleague { ana.gives(&phone, &ben, Some("yours")) } else { ana.puts(&phone, BILLING) }.unwrap();
        ana.undoes(&phone).unwrap();
        assert_eq!(standing(&phone), before);
        assert_eq!((ana.row().load, ben.row().load), (1, 0));
    }
}

#[test]
fn what_waited_in_a_line_is_put_back_to_its_place_in_it() {
    let shop = Shop::opens();
    let (first, second) = (shop.phone("Mia"), shop.phone("Noa"));
    first.writes("agent");
    shop.passes(SignedDuration::from_secs(5));
    second.writes("agent");
    let ana = shop.hires("Ana", Role::Agent, 1);
    ana.goes_away();
    shop.passes(SignedDuration::from_mins(10));
    let before = standing(&first);
    for act in 0..3 {
        match act {
            0 => ana.takes(&first),
            1 => ana.puts(&first, ORDERS),
            _ => ana.resolves(&first),
        }
        .unwrap();
        ana.undoes(&first).unwrap();
        assert_eq!(standing(&first), before, "act {act}");
    }
    let ben = shop.hires("Ben", Role::Agent, 1);
    shop.routes();
    assert!(ben.holds(&first), "who has waited longest goes first as before");
}

#[test]
fn a_reopening_and_a_take_over_are_taken_back() {
    let shop = Shop::opens();
    let (phone, ana) = held(&shop, 1);
    let sue = shop.supervisor("Sue");
    let before = standing(&phone);
    sue.takes(&phone).unwrap();
    sue.undoes(&phone).unwrap();
    assert_eq!((standing(&phone), ana.row().load, sue.row().load), (before, 1, 0));
    ana.resolves(&phone).unwrap();
    let resolved = standing(&phone);
    sue.reopens(&phone).unwrap();
    let events = sue.undoes(&phone).unwrap();
    assert!(matches!(&events[..], [Event::ActUndone { act: Act::Reopened, .. }]), "{events:?}");
    assert_eq!((standing(&phone), sue.row().load), (resolved, 0));
}

#[test]
fn a_flow_that_was_ended_goes_on_where_it_stood() {
    let shop = Shop::opens();
    let (phone, ana) = (shop.phone("Mia"), shop.agent("Ana"));
    phone.writes("hi");
    shop.passes(SignedDuration::from_secs(30));
    let (before, session, timers) = (standing(&phone), phone.kept().session, shop.tables.borrow().timers.clone());
    assert_eq!(before.controller, Controller::Flow);
    ana.resolves(&phone).unwrap();
    assert!(shop.tables.borrow().timers.is_empty());
    ana.undoes(&phone).unwrap();
    assert_eq!((standing(&phone), phone.kept().session), (before, session));
    assert_eq!(shop.tables.borrow().timers, timers);
    assert!(timers.values().any(|(timer, _)| *timer == Timer::FlowWait));
    phone.taps("orders");
    assert_eq!(phone.conversation().controller, Controller::Flow, "it asks its next question");
}

#[test]
fn a_flow_does_not_go_on_once_somebody_has_spoken() {
    let shop = Shop::opens();
    let (phone, ana) = (shop.phone("Mia"), shop.agent("Ana"));
    phone.writes("hi");
    ana.takes(&phone).unwrap();
    ana.replies(&phone, "hello, it is me").unwrap();
    assert_eq!(ana.undoes(&phone), Err(Refusal::Overtaken { name: None }));
}

#[test]
fn only_who_did_it_takes_it_back_and_only_once() {
    let shop = Shop::opens();
    let (phone, ana) = held(&shop, 8);
    let (ben, sue) = (shop.agent("Ben"), shop.supervisor("Sue"));
    ana.resolves(&phone).unwrap();
    let act = ana.last_act(&phone);
    assert_eq!(ben.undoes_that(&phone, act), Err(Refusal::NothingToUndo));
    assert_eq!(sue.undoes_that(&phone, act), Err(Refusal::NothingToUndo));
    for seq in [0, act + 1, i64::MAX, -1] {
        assert_eq!(ana.undoes_that(&phone, seq), Err(Refusal::NothingToUndo), "{seq}");
    }
    assert_eq!(ana.undoes_that(&phone, act - 1), Err(Refusal::Overtaken { name: None }), "her own later act came after it");
    ana.undoes_that(&phone, act).unwrap();
    assert_eq!(ana.undoes_that(&phone, act), Err(Refusal::Duplicate), "a double click");
    ana.notes(&phone, "hm").unwrap();
    assert_eq!(ana.undoes_that(&phone, act), Err(Refusal::Duplicate));
    assert_eq!(phone.story().iter().filter(|kind| **kind == "act_undone").count(), 1);
}

#[test]
fn what_moved_on_since_is_not_taken_back() {
    let shop = Shop::opens();
    let (phone, ana) = held(&shop, 8);
    let (ben, sue) = (shop.agent("Ben"), shop.supervisor("Sue"));
    ana.puts(&phone, BILLING).unwrap();
    ana.goes_away();
    sue.goes_away();
    shop.routes();
    assert!(ben.holds(&phone));
    let overtaken = |name: Option<&str>| Err(Refusal::Overtaken { name: name.map(str::to_owned) });
    assert_eq!(ana.undoes(&phone), overtaken(Some("Ben")), "routing was quicker");
    ben.resolves(&phone).unwrap();
    let act = ben.last_act(&phone);
    phone.writes("one more thing");
    assert_eq!(ben.undoes_that(&phone, act), overtaken(None), "the customer was quicker");
    sue.takes(&phone).unwrap();
    assert_eq!(ben.undoes_that(&phone, act), overtaken(Some("Sue")));
    sue.resolves(&phone).unwrap();
    sue.undoes(&phone).unwrap();
    assert_eq!(ben.undoes_that(&phone, act), overtaken(Some("Sue")), "what another took back is not one's own");
}

#[test]
fn a_reopening_is_not_taken_back_once_somebody_has_spoken() {
    let shop = Shop::opens();
    let (phone, ana) = held(&shop, 8);
    ana.resolves(&phone).unwrap();
    ana.reopens(&phone).unwrap();
    phone.writes("are you there?");
    assert_eq!(ana.undoes(&phone), Err(Refusal::Overtaken { name: None }), "or nobody would see the question");
}

#[test]
fn half_a_minute_is_the_most() {
    for (seconds, is_late) in [(30, false), (31, true)] {
        let shop = Shop::opens();
        let (phone, ana) = held(&shop, 8);
        ana.resolves(&phone).unwrap();
        shop.passes(SignedDuration::from_secs(seconds));
        assert_eq!(ana.undoes(&phone).err(), is_late.then_some(Refusal::TooLateToUndo), "after {seconds} s");
    }
}

#[test]
fn an_undo_does_not_open_a_second_conversation_beside_another() {
    let shop = Shop::opens();
    shop.tables.borrow_mut().inbox.reopen_hours = 0;
    let (phone, ana) = held(&shop, 8);
    let (first, act) = (phone.id(), ana.resolves(&phone).map(|_| ana.last_act(&phone)).unwrap());
    shop.passes(SignedDuration::from_secs(1));
    phone.writes("hello again");
    let undo = shop.about(first, Command::Undo { by: ana.person.clone(), seq: act });
    assert_eq!(undo, Err(Refusal::AnotherUnderWay));
}

#[test]
fn an_answer_that_failed_or_got_lost_meanwhile_is_waited_for() {
    for status in [Status::Failed, Status::Sent] {
        let shop = Shop::opens();
        let (phone, ana) = held(&shop, 8);
        let asked_at = phone.conversation().waiting_since;
        let message = ana.replies(&phone, "done").unwrap();
        ana.resolves(&phone).unwrap();
        shop.reports(message, status).unwrap();
        ana.undoes(&phone).unwrap();
        let (state, waiting_since) = (phone.conversation().state, phone.conversation().waiting_since);
        assert_eq!((state, waiting_since), (State::Open, asked_at.filter(|_| status == Status::Failed)), "{status:?}");
    }
}

#[test]
fn what_has_no_room_any_more_is_told_to_the_one_who_has_none() {
    let shop = Shop::opens();
    let (phone, ana) = held(&shop, 1);
    ana.resolves(&phone).unwrap();
    shop.phone("Noa").writes("agent");
    shop.routes();
    assert_eq!(ana.reopens(&phone), Err(Refusal::YouHaveNoRoom { load: 1, capacity: 1 }));
}

#[test]
fn a_flow_that_goes_on_hears_out_what_was_being_said() {
    let shop = Shop::opens();
    let (phone, ana) = (shop.phone("Mia"), shop.agent("Ana"));
    phone.writes("hi");
    shop.passes(SignedDuration::from_secs(30));
    phone.taps("support");
    shop.passes(SignedDuration::from_secs(30));
    phone.writes("my tent");
    let timers = shop.tables.borrow().timers.clone();
    assert!(timers.values().any(|(timer, _)| *timer == Timer::FlowTurn));
    shop.passes(SignedDuration::from_secs(1));
    ana.takes(&phone).unwrap();
    ana.undoes(&phone).unwrap();
    assert_eq!(shop.tables.borrow().timers, timers, "the turn ends by itself as before");
}

#[test]
fn a_flow_whose_question_failed_meanwhile_does_not_go_on_in_silence() {
    let shop = Shop::opens();
    let (phone, ana) = (shop.phone("Mia"), shop.agent("Ana"));
    phone.writes("hi");
    let asked = phone.kept().session.unwrap().asked.last().copied().unwrap();
    shop.passes(SignedDuration::from_secs(5));
    ana.takes(&phone).unwrap();
    shop.reports(asked, Status::Failed).unwrap();
    let undo = ana.undoes(&phone);
    assert!(undo.is_err() || phone.conversation().controller != Controller::Flow, "nobody has the customer: {undo:?}");
}

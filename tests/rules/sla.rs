//! Clocks: what a customer waits for is told before it is late, and when it is, each once.

use std::sync::Arc;

use baton::domain::conversation::State;
use baton::domain::delivery::Outcome;
use baton::domain::event::Event;
use baton::domain::hours::Hours;
use baton::domain::ids::QueueId;
use baton::domain::overdue::{AnswerWithin, Step};
use baton::domain::routing::Priority;
use baton::domain::sla::{Clock, Clocks, SlaPolicy, Targets};
use baton::domain::timer::Timer;
use baton::domain::{Command, Refusal};
use jiff::{SignedDuration, Timestamp};

use crate::customers::Phone;
use crate::sends::accepted;
use crate::shop::{BILLING, ORDERS, SUPPORT, Shop};

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

fn for_all(minutes: i32) -> Targets {
    Targets { low: Some(minutes), normal: Some(minutes), high: Some(minutes), urgent: Some(minutes) }
}

/// A first answer within 30 minutes, the next ones within 20, all of it within four hours; told when three quarters have passed.
fn policy() -> SlaPolicy {
    SlaPolicy {
        name: "Gold".to_owned(),
        first_response: Targets { urgent: Some(10), ..for_all(30) },
        next_response: for_all(20),
        resolution: for_all(240),
        in_hours: true,
        warn_minutes: None,
        warn_percent: Some(50),
        pauses: true,
    }
}

fn measures(shop: &Shop, queues: &[(QueueId, SlaPolicy)]) {
    let mut tables = shop.tables.borrow_mut();
    let workplace = Arc::get_mut(&mut tables.workplace).expect("nobody else holds the set-up");
    workplace.sla = queues.iter().map(|(queue, policy)| (*queue, Arc::new(policy.clone()))).collect();
}

fn measured(flow: bool, hours: Hours, policy: SlaPolicy) -> Shop {
    let definition = flow.then(|| serde_json::from_str(include_str!("../../src/demo/flow.json")).unwrap());
    let shop = Shop::with(definition, hours);
    measures(&shop, &[ORDERS, BILLING, SUPPORT].map(|queue| (queue, policy.clone())));
    shop
}

fn open() -> Shop {
    measured(false, Hours::always(), policy())
}

/// What was told, by clock.
fn told(phone: &Phone<'_>) -> Vec<String> {
    let said = |event: &Event| match event {
        Event::SlaDueSoon { clock, .. } => Some(format!("soon {}", clock.as_str())),
        Event::SlaBreached { clock, .. } => Some(format!("late {}", clock.as_str())),
        _ => None,
    };
    phone.kept().journal.iter().filter_map(|recorded| said(&recorded.event)).collect()
}

fn due(phone: &Phone<'_>, clock: Clock) -> Option<Timestamp> {
    phone.conversation().clocks?.running().find(|(one, _)| *one == clock).map(|(_, due)| due.at)
}

fn timers(shop: &Shop) -> usize {
    shop.tables.borrow().timers.len()
}

#[test]
fn who_is_not_answered_is_told_of_before_it_is_late_and_when_it_is_each_once() {
    let shop = open();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("hello");
    assert_eq!(due(&phone, Clock::FirstResponse), Some(shop.now() + minutes(30)));
    assert_eq!(due(&phone, Clock::Resolution), Some(shop.now() + minutes(240)));
    assert_eq!(timers(&shop), 2, "one to warn, one to tell");
    shop.passes(minutes(14));
    ana.takes(&phone).unwrap();
    assert_eq!(told(&phone), [""; 0]);
    shop.passes(minutes(1));
    assert_eq!(told(&phone), ["soon first_response"]);
    phone.writes("hello?");
    shop.passes(minutes(200));
    assert_eq!(told(&phone), ["soon first_response", "late first_response", "soon resolution"]);
    let message = ana.replies(&phone, "sorry!").unwrap();
    shop.answers(message, 1, accepted(message)).unwrap();
    assert_eq!(due(&phone, Clock::FirstResponse), None);
    phone.writes("thanks, and this?");
    assert_eq!(due(&phone, Clock::NextResponse), Some(shop.now() + minutes(20)));
    shop.passes(minutes(10));
    assert_eq!(told(&phone).last().unwrap(), "soon next_response");
    ana.resolves(&phone).unwrap();
    shop.passes(minutes(1000));
    assert_eq!((told(&phone).len(), timers(&shop)), (4, 0));
}

#[test]
fn an_answer_in_time_is_told_of_by_nobody() {
    let shop = open();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("hello");
    ana.takes(&phone).unwrap();
    shop.passes(minutes(10));
    let message = ana.replies(&phone, "hi").unwrap();
    shop.answers(message, 1, accepted(message)).unwrap();
    shop.passes(minutes(3000));
    assert_eq!(told(&phone), [""; 0], "it is the customer's turn");
    assert_eq!(due(&phone, Clock::Resolution), None);
    phone.writes("back again");
    assert_eq!(due(&phone, Clock::Resolution), Some(shop.now() + minutes(230)), "ten minutes had passed");
    assert_eq!(due(&phone, Clock::NextResponse), Some(shop.now() + minutes(20)));
}

#[test]
fn an_answer_that_has_not_left_or_did_not_arrive_is_none() {
    let shop = open();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("hello");
    let began = shop.now();
    ana.takes(&phone).unwrap();
    shop.passes(minutes(5));
    let message = ana.replies(&phone, "hi").unwrap();
    assert_eq!(due(&phone, Clock::FirstResponse), Some(began + minutes(30)), "it has not left");
    shop.answers(message, 1, accepted(message)).unwrap();
    assert_eq!(due(&phone, Clock::FirstResponse), None);
    shop.passes(minutes(1));
    shop.reports(message, baton::domain::message::Status::Failed).unwrap();
    assert_eq!(due(&phone, Clock::FirstResponse), Some(began + minutes(30)), "as if nobody had answered");
    assert_eq!(due(&phone, Clock::Resolution), Some(began + minutes(240)), "nor did it stand still");
    shop.passes(minutes(24));
    assert_eq!(told(&phone), ["soon first_response", "late first_response"]);
    let again = ana.replies(&phone, "hi").unwrap();
    shop.answers(again, 1, Outcome::Unsent { reason: "no".into(), backoff: baton::domain::delivery::Backoff::Preparation }).unwrap();
    assert!(due(&phone, Clock::FirstResponse).is_some());
}

/// A queue that is open from 9 to 17 on working days.
fn office() -> Hours {
    let day = serde_json::json!([["09:00", "17:00"]]);
    let week = serde_json::json!({ "mon": day, "tue": day, "wed": day, "thu": day, "fri": day });
    serde_json::from_value(serde_json::json!({ "time_zone": "UTC", "weekly": week })).unwrap()
}

/// 10 February 2026 is a Tuesday; the shop opens at ten.
#[test]
fn who_was_told_that_we_answer_from_nine_tomorrow_is_not_late_before_that() {
    for in_hours in [true, false] {
        let shop = measured(true, office(), SlaPolicy { in_hours, ..policy() });
        shop.passes(SignedDuration::from_hours(10));
        let phone = shop.phone("Mia");
        phone.asks_about_an_order();
        let promised = phone.conversation().brief.unwrap().promised.unwrap();
        assert!(promised.contains("tomorrow from 09:00"), "{promised}");
        let nine: Timestamp = "2026-02-11T09:00:00Z".parse().unwrap();
        assert_eq!(due(&phone, Clock::FirstResponse), Some(nine + minutes(30)), "in hours: {in_hours}");
        shop.passes(nine.duration_since(shop.now()) - minutes(1));
        assert!(told(&phone).iter().all(|line| !line.contains("first_response")), "{:?}", told(&phone));
    }
}

#[test]
fn where_the_promise_is_sooner_than_the_policy_the_promise_is_what_is_due() {
    let shop = measured(true, Hours::always(), policy());
    let phone = shop.phone("Mia");
    phone.asks_about_an_order();
    assert!(phone.conversation().brief.unwrap().promised.unwrap().contains("within 10 minutes"));
    let people = phone.conversation().queued_at.unwrap();
    assert_eq!(due(&phone, Clock::FirstResponse), Some(people + minutes(10)));
    let slow = measured(true, Hours::always(), SlaPolicy { first_response: for_all(5), ..policy() });
    let phone = slow.phone("Mia");
    phone.asks_about_an_order();
    assert_eq!(due(&phone, Clock::FirstResponse), phone.conversation().queued_at.map(|at| at + minutes(5)));
}

#[test]
fn another_queue_and_another_priority_count_from_when_it_began() {
    let shop = open();
    let (sue, phone) = (shop.supervisor("Sue"), shop.phone("Mia"));
    let slow = SlaPolicy { first_response: for_all(120), warn_percent: None, warn_minutes: Some(15), ..policy() };
    measures(&shop, &[(SUPPORT, policy()), (BILLING, slow)]);
    phone.writes("hello");
    let began = shop.now();
    shop.passes(minutes(31));
    assert_eq!(told(&phone), ["soon first_response", "late first_response"]);
    sue.puts(&phone, BILLING).unwrap();
    assert_eq!(due(&phone, Clock::FirstResponse), Some(began + minutes(120)), "it is not late there");
    shop.passes(minutes(74));
    assert_eq!(told(&phone).len(), 3, "it will be: {:?}", told(&phone));
    sue.puts(&phone, ORDERS).unwrap();
    assert_eq!((due(&phone, Clock::FirstResponse), timers(&shop)), (None, 0), "nothing is measured there");
    sue.puts(&phone, SUPPORT).unwrap();
    let other = shop.phone("Noa");
    other.writes("hello");
    shop.passes(minutes(8));
    sue.prioritises(&other, Priority::Urgent).unwrap();
    assert_eq!(due(&other, Clock::FirstResponse), other.conversation().queued_at.map(|at| at + minutes(10)));
    assert_eq!(told(&other), ["soon first_response"], "its half was over");
}

#[test]
fn what_is_taken_back_or_opened_again_by_a_colleague_goes_on_and_who_comes_back_begins_anew() {
    let shop = open();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("hello");
    let began = shop.now();
    ana.takes(&phone).unwrap();
    shop.passes(minutes(5));
    ana.resolves(&phone).unwrap();
    assert_eq!((due(&phone, Clock::FirstResponse), timers(&shop)), (None, 0));
    let seq = phone.conversation().last_seq;
    shop.about(phone.id(), Command::Undo { by: ana.person.clone(), seq }).unwrap();
    assert_eq!(due(&phone, Clock::FirstResponse), Some(began + minutes(30)));
    ana.resolves(&phone).unwrap();
    shop.passes(minutes(60));
    ana.reopens(&phone).unwrap();
    assert_eq!(phone.conversation().state, State::Open);
    assert_eq!(due(&phone, Clock::Resolution), None, "it is the customer's turn");
    ana.resolves(&phone).unwrap();
    shop.passes(minutes(60));
    phone.writes("it broke again, please help me once more");
    assert_eq!(due(&phone, Clock::FirstResponse), Some(shop.now() + minutes(30)));
    assert_eq!(due(&phone, Clock::Resolution), Some(shop.now() + minutes(240)));
}

#[test]
fn what_is_set_up_anew_counts_for_what_is_open_from_when_it_began() {
    let shop = Shop::without_a_flow();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("hello");
    let began = shop.now();
    shop.passes(minutes(10));
    ana.takes(&phone).unwrap();
    shop.passes(minutes(2));
    assert_eq!(shop.about(phone.id(), Command::Recount { overdue: None, waiting: None }), Err(Refusal::Duplicate), "nothing is set up");
    measures(&shop, &[(SUPPORT, policy())]);
    shop.about(phone.id(), Command::Recount { overdue: None, waiting: None }).unwrap();
    let held = began + minutes(10);
    assert_eq!(due(&phone, Clock::FirstResponse), Some(held + minutes(30)), "nobody knows since when people had it before");
    measures(&shop, &[(SUPPORT, SlaPolicy { first_response: for_all(14), ..policy() })]);
    shop.about(phone.id(), Command::Recount { overdue: None, waiting: None }).unwrap();
    shop.passes(minutes(13));
    assert_eq!(told(&phone), ["soon first_response", "late first_response"]);
    measures(&shop, &[]);
    shop.about(phone.id(), Command::Recount { overdue: None, waiting: None }).unwrap();
    assert_eq!((due(&phone, Clock::FirstResponse), timers(&shop)), (None, 0));
    measures(&shop, &[(SUPPORT, SlaPolicy { first_response: for_all(14), ..policy() })]);
    shop.about(phone.id(), Command::Recount { overdue: None, waiting: None }).unwrap();
    assert_eq!(due(&phone, Clock::FirstResponse), Some(held + minutes(14)), "nothing was forgotten");
    assert_eq!(told(&phone).len(), 2, "nor is it told again");
}

/// As most answers are: what WhatsApp took is written past the rules, and the next command finds it so.
fn takes_past_the_rules(phone: &Phone<'_>) {
    let mut tables = phone.shop.tables.borrow_mut();
    let kept = tables.conversations.iter_mut().rev().find(|kept| kept.conversation.contact == phone.contact).unwrap();
    kept.conversation.waiting_since = None;
    kept.conversation.last_message.as_mut().unwrap().is_queued = false;
}

#[test]
fn an_answer_that_no_command_saw_made_the_time_stand_still_all_the_same() {
    let shop =
        measured(false, Hours::always(), SlaPolicy { first_response: Targets::default(), next_response: Targets::default(), ..policy() });
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("hello");
    let began = shop.now();
    ana.takes(&phone).unwrap();
    shop.passes(minutes(5));
    ana.replies(&phone, "hi").unwrap();
    takes_past_the_rules(&phone);
    shop.passes(minutes(60));
    phone.writes("and this?");
    assert_eq!(due(&phone, Clock::Resolution), Some(began + minutes(240 + 60)));
}

#[test]
fn an_answer_that_no_command_saw_was_in_time_also_where_it_is_resolved_next() {
    let shop = open();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("hello");
    ana.takes(&phone).unwrap();
    ana.replies(&phone, "hi").unwrap();
    takes_past_the_rules(&phone);
    let before = phone.conversation().clocks.unwrap();
    ana.resolves(&phone).unwrap();
    assert_eq!(Clocks::met_since(&before, &phone.conversation()), [Clock::FirstResponse, Clock::Resolution]);
    ana.reopens(&phone).unwrap();
    shop.passes(minutes(1));
    phone.writes("one more thing");
    assert!(due(&phone, Clock::NextResponse).is_some());
}

/// The step that whoever owes an answer waits for, and until when.
fn waited_for(shop: &Shop) -> Option<(Step, Timestamp)> {
    let tables = shop.tables.borrow();
    tables.timers.values().find_map(|(timer, due_at)| if let Timer::Overdue { step } = timer { Some((*step, *due_at)) } else { None })
}

#[test]
fn whoever_waits_already_is_nudged_when_a_time_for_answers_is_set_or_shortened() {
    let shop = Shop::without_a_flow();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    let within = |minutes: Option<i32>| {
        let mut tables = shop.tables.borrow_mut();
        Arc::get_mut(&mut tables.workplace).unwrap().answer = minutes.map(|minutes| AnswerWithin { minutes });
    };
    let nudges = || phone.kept().journal.iter().filter(|told| matches!(told.event, Event::AnswerOverdue { .. })).count();
    phone.writes("hello");
    ana.takes(&phone).unwrap();
    within(Some(60));
    shop.about(phone.id(), Command::Recount { overdue: None, waiting: None }).unwrap();
    shop.passes(minutes(10));
    within(Some(20));
    shop.about(phone.id(), Command::Recount { overdue: waited_for(&shop), waiting: None }).unwrap();
    shop.passes(SignedDuration::from_secs(1));
    assert_eq!(nudges(), 1);
    within(Some(40));
    shop.about(phone.id(), Command::Recount { overdue: waited_for(&shop), waiting: None }).unwrap();
    shop.passes(minutes(19));
    assert_eq!(nudges(), 1, "the next step is the alarm");
    shop.passes(minutes(1));
    assert_eq!(nudges(), 2);
    within(None);
    shop.about(phone.id(), Command::Recount { overdue: waited_for(&shop), waiting: None }).unwrap();
    assert_eq!(timers(&shop), 0);
}

/// Whatever happens in whatever order: each clock is told of at most once for a wait, and nothing rings that nobody waits for.
#[test]
fn in_any_order_nothing_is_told_twice_of_one_wait() {
    for seed in 1..60_u64 {
        let shop = open();
        let (ana, sue, phone) = (shop.agent("Ana"), shop.supervisor("Sue"), shop.phone("Mia"));
        let mut chance = seed;
        let mut waits = 1;
        phone.writes("hello");
        for _ in 0..40 {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            match (chance >> 33) % 6 {
                0 => {
                    waits += usize::from(phone.conversation().waiting_since.is_none());
                    phone.writes("please tell me more about it");
                }
                1 => _ = ana.takes(&phone),
                2 => {
                    if let Ok(message) = ana.replies(&phone, "yes") {
                        if (chance >> 40) % 2 == 0 {
                            shop.answers(message, 1, accepted(message)).unwrap();
                        } else {
                            takes_past_the_rules(&phone);
                        }
                    }
                }
                3 => _ = sue.puts(&phone, SUPPORT),
                4 => shop.passes(minutes(7)),
                _ => shop.passes(minutes(25)),
            }
            let told = told(&phone);
            let of = |what: &str| told.iter().filter(|line| *line == what).count();
            assert!(of("late first_response") <= 1 && of("late next_response") <= waits, "{seed}: {told:?}");
            assert!(of("late resolution") <= 1, "{seed}: {told:?}");
        }
    }
}

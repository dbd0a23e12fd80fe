//! People take, hand on and resolve; roles and room decide.

use baton::domain::Refusal;
use baton::domain::access::Role;
use baton::domain::agent::Presence;
use baton::domain::command::{Command, TransferTarget};
use baton::domain::conversation::Controller;
use baton::domain::event::{Actor, Destination, Event};
use baton::domain::ids::{QueueId, UserId};
use baton::domain::routing::{Assignment, Candidate, Exclusion, Priority, Round, Rule, Strategy, Waiting};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::customers::Phone;
use crate::people::Colleague;
use crate::shop::{BILLING, ORDERS, SUPPORT, Shop};

#[test]
fn a_waiting_conversation_is_taken_by_whoever_comes_first() {
    let shop = Shop::opens();
    let (ana, ben, phone) = (shop.agent("Ana"), shop.agent("Ben"), shop.phone("Mia"));
    phone.writes("agent");
    ana.takes(&phone).unwrap();
    assert_eq!(phone.conversation().assignment_reason.unwrap().rule, Rule::Taken);
    assert_eq!(ben.takes(&phone), Err(Refusal::HeldByAnother { name: "Ana".to_owned() }));
    assert_eq!(ana.takes(&phone), Err(Refusal::Already { since: shop.now() }));
    assert_eq!((ana.row().load, ben.row().load), (1, 0));
}

#[test]
fn a_supervisor_takes_over_what_an_agent_holds() {
    let shop = Shop::opens();
    let (ana, sue, phone) = (shop.agent("Ana"), shop.supervisor("Sue"), shop.phone("Mia"));
    phone.writes("agent");
    ana.takes(&phone).unwrap();
    sue.takes(&phone).unwrap();
    assert!(sue.holds(&phone));
    assert_eq!((ana.row().load, sue.row().load), (0, 1));
    assert_eq!(ana.replies(&phone, "hm"), Err(Refusal::HeldByAnother { name: "Sue".to_owned() }));
}

#[test]
fn nobody_takes_or_is_given_more_than_they_have_room_for() {
    let shop = Shop::opens();
    let (ana, ben) = (shop.hires("Ana", Role::Agent, 1), shop.agent("Ben"));
    let (first, second) = (shop.phone("Mia"), shop.phone("Noa"));
    first.writes("agent");
    second.writes("agent");
    ana.takes(&first).unwrap();
    assert_eq!(ana.takes(&second), Err(Refusal::YouHaveNoRoom { load: 1, capacity: 1 }));
    ben.takes(&second).unwrap();
    assert_eq!(ben.gives(&second, &ana, None), Err(Refusal::NoRoom { name: "Ana".to_owned(), load: 1, capacity: 1 }));
    assert!(ben.holds(&second), "a refused transfer leaves it where it was");
}

#[test]
fn a_conversation_is_handed_to_a_person_with_a_note() {
    let shop = Shop::opens();
    let (ana, ben, phone) = (shop.agent("Ana"), shop.agent("Ben"), shop.phone("Mia"));
    phone.writes("agent");
    ana.takes(&phone).unwrap();
    let events = ana.gives(&phone, &ben, Some("please check the address")).unwrap();
    let to = Destination::Agent { user: ben.person.user, name: "Ben".to_owned() };
    assert!(
        matches!(&events[0], Event::ConversationTransferred { to: at, note: Some(note), .. } if *at == to && note == "please check the address")
    );
    assert_eq!(phone.conversation().assignment_reason.unwrap().rule, Rule::GivenBy { user: ana.person.user, name: "Ana".to_owned() });
    assert!(ben.holds(&phone));
    assert_eq!(ben.gives(&phone, &ben, None), Err(Refusal::Already { since: shop.now() }));
}

#[test]
fn a_blank_note_is_none() {
    let shop = Shop::opens();
    let (ana, ben, phone) = (shop.agent("Ana"), shop.agent("Ben"), shop.phone("Mia"));
    phone.writes("agent");
    ana.takes(&phone).unwrap();
    let events = ana.gives(&phone, &ben, Some("  ")).unwrap();
    assert!(matches!(&events[0], Event::ConversationTransferred { note: None, .. }));
}

#[test]
fn a_conversation_is_handed_to_a_queue_and_not_back_to_whom_it_came_from() {
    let shop = Shop::opens();
    let (ana, ben, phone) = (shop.agent("Ana"), shop.agent("Ben"), shop.phone("Mia"));
    phone.writes("agent");
    shop.passes(SignedDuration::from_mins(1));
    ana.takes(&phone).unwrap();
    ana.puts(&phone, BILLING).unwrap();
    let conversation = phone.conversation();
    assert_eq!((conversation.controller, conversation.queue, conversation.last_agent), (Controller::Queue, Some(BILLING), None));
    assert_eq!(ana.row().load, 0);
    assert_eq!(
        ana.puts(&phone, BILLING),
        Err(Refusal::Already { since: shop.now() }),
        "a second click does not send it to the end of the line"
    );
    shop.routes();
    assert!(ben.holds(&phone), "who has been idle for longest gets it");
}

#[test]
fn what_somebody_held_who_left_waits_in_its_queue_again() {
    let shop = Shop::opens();
    let (ana, ben, phone) = (shop.agent("Ana"), shop.agent("Ben"), shop.phone("Mia"));
    phone.writes("agent");
    shop.passes(SignedDuration::from_mins(1));
    ana.takes(&phone).unwrap();
    let queue = phone.conversation().queue.unwrap();
    let left = |who: &Colleague<'_>| shop.about(phone.id(), Command::ReturnToQueue { from: who.person.user });
    assert_eq!(left(&ben), Err(Refusal::NotTaken), "Ben does not hold it");
    let events = left(&ana).unwrap();
    assert!(
        matches!(&events[0], Event::ConversationTransferred { by: Actor::System, to: Destination::Queue { queue: to, .. }, .. } if *to == queue)
    );
    let conversation = phone.conversation();
    assert_eq!((conversation.controller, conversation.queue, conversation.last_agent), (Controller::Queue, Some(queue), None));
    assert_eq!(ana.row().load, 0);
    assert_eq!(left(&ana), Err(Refusal::NotTaken), "it was returned already");
    ben.takes(&phone).unwrap();
}

#[test]
fn an_agent_hands_on_only_what_they_hold_or_what_nobody_holds() {
    let shop = Shop::opens();
    let (ana, ben, sue, phone) = (shop.agent("Ana"), shop.agent("Ben"), shop.supervisor("Sue"), shop.phone("Mia"));
    phone.writes("agent");
    ben.puts(&phone, ORDERS).unwrap();
    ana.takes(&phone).unwrap();
    let refusal = Refusal::HeldByAnother { name: "Ana".to_owned() };
    assert_eq!(ben.puts(&phone, SUPPORT), Err(refusal.clone()));
    assert_eq!(ben.gives(&phone, &ben, None), Err(refusal.clone()));
    assert_eq!(ben.resolves(&phone), Err(refusal));
    sue.gives(&phone, &ben, None).unwrap();
    assert!(ben.holds(&phone));
    sue.resolves(&phone).unwrap();
}

#[test]
fn whom_nobody_knows_gets_nothing() {
    let shop = Shop::opens();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("agent");
    let strangers = [
        (TransferTarget::Agent(UserId(Uuid::from_u128(9))), Refusal::UnknownPerson),
        (TransferTarget::Queue(QueueId(Uuid::from_u128(9))), Refusal::UnknownQueue),
    ];
    for (to, refusal) in strangers {
        assert_eq!(ana.transfers(&phone, to, None), Err(refusal));
    }
}

#[test]
fn what_is_resolved_is_neither_taken_nor_handed_on_nor_resolved_again() {
    let shop = Shop::opens();
    let (ana, ben, phone) = (shop.agent("Ana"), shop.agent("Ben"), shop.phone("Mia"));
    phone.writes("agent");
    ana.resolves(&phone).unwrap();
    assert_eq!(ana.takes(&phone), Err(Refusal::Resolved));
    assert_eq!(ana.gives(&phone, &ben, None), Err(Refusal::Resolved));
    assert_eq!(ana.resolves(&phone), Err(Refusal::Resolved));
}

#[test]
fn nobody_there_means_waiting_and_the_longest_waiting_goes_first() {
    let shop = Shop::opens();
    let (first, second) = (shop.phone("Mia"), shop.phone("Noa"));
    first.writes("agent");
    shop.passes(SignedDuration::from_secs(5));
    second.writes("agent");
    shop.routes();
    assert_eq!(first.conversation().controller, Controller::Queue);
    let ana = shop.hires("Ana", Role::Agent, 1);
    shop.routes();
    assert!(ana.holds(&first) && !ana.holds(&second));
    ana.resolves(&first).unwrap();
    shop.routes();
    assert!(ana.holds(&second), "whoever frees up gets the next one");
}

#[test]
fn who_is_away_gets_nothing_and_the_reason_says_so() {
    let shop = Shop::opens();
    let (ana, ben, phone) = (shop.agent("Ana"), shop.agent("Ben"), shop.phone("Mia"));
    ana.goes_away();
    phone.writes("agent");
    shop.routes();
    assert!(ben.holds(&phone));
    let reason = phone.conversation().assignment_reason.unwrap();
    let excluded: Vec<_> = reason.considered.iter().map(|considered| (considered.name.as_str(), considered.excluded.clone())).collect();
    assert_eq!(excluded, [("Ben", None), ("Ana", Some(Exclusion::Away))]);
}

#[test]
fn of_two_who_move_it_at_once_the_second_is_told_that_the_first_was_quicker() {
    let shop = Shop::opens();
    let (ana, ben, phone) = (shop.agent("Ana"), shop.agent("Ben"), shop.phone("Mia"));
    phone.writes("agent");
    let seen = phone.conversation().holder();
    let into = |by: &crate::people::Colleague<'_>, to| Command::Transfer { by: by.person.clone(), to, note: None };
    ana.having_seen(&phone, seen, into(&ana, TransferTarget::Queue(ORDERS))).unwrap();
    let queued = Refusal::QueuedMeanwhile { queue: "Orders".to_owned() };
    assert_eq!(ben.having_seen(&phone, seen, into(&ben, TransferTarget::Queue(BILLING))), Err(queued));
    assert_eq!(phone.conversation().queue, Some(ORDERS), "the first transfer stands");
    let seen = phone.conversation().holder();
    ben.having_seen(&phone, seen, into(&ben, TransferTarget::Agent(ana.person.user))).unwrap();
    let given = Refusal::GivenMeanwhile { name: "Ana".to_owned() };
    assert_eq!(ben.having_seen(&phone, seen, into(&ben, TransferTarget::Queue(BILLING))), Err(given));
}

#[test]
fn a_supervisor_who_saw_it_waiting_does_not_take_it_from_who_was_quicker() {
    let shop = Shop::opens();
    let (ana, sue, phone) = (shop.agent("Ana"), shop.supervisor("Sue"), shop.phone("Mia"));
    phone.writes("agent");
    let seen = phone.conversation().holder();
    ana.takes(&phone).unwrap();
    let take = Command::Take { by: sue.person.clone() };
    assert_eq!(sue.having_seen(&phone, seen, take.clone()), Err(Refusal::GivenMeanwhile { name: "Ana".to_owned() }));
    sue.having_seen(&phone, phone.conversation().holder(), take).unwrap();
}

#[test]
fn whom_it_was_given_to_meanwhile_goes_on_undisturbed() {
    let shop = Shop::opens();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("agent");
    let seen = phone.conversation().holder();
    shop.routes();
    assert!(ana.holds(&phone));
    ana.having_seen(&phone, seen, Command::Resolve { by: ana.person.clone() }).unwrap();
}

/// Whom a router chose for this conversation a moment ago.
fn chosen(phone: &Phone<'_>, colleague: &Colleague<'_>) -> Assignment {
    let candidate = Candidate { agent: colleague.row(), presence: Presence::Online, skills: [].into() };
    Round::new(vec![candidate], Strategy::LeastBusy, phone.shop.now()).choose(&Waiting::of(&phone.conversation()).unwrap()).unwrap()
}

#[test]
fn whom_routing_chose_has_it_and_a_thread_says_why() {
    let shop = Shop::opens();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("agent");
    let assignment = chosen(&phone, &ana);
    let events = shop.about(phone.id(), assignment.command()).unwrap();
    let told = Event::ConversationAssigned {
        agent: ana.person.user,
        name: "Ana".to_owned(),
        reason: assignment.reason,
        before: None,
        queue: None,
    };
    assert_eq!(events, [told], "nobody undoes what nobody did");
    assert!(ana.holds(&phone));
    assert_eq!(ana.row().load, 1);
}

#[test]
fn routing_gives_nothing_to_whoever_went_away_while_it_chose() {
    let shop = Shop::opens();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("agent");
    let late = chosen(&phone, &ana);
    ana.goes_away();
    assert_eq!(shop.about(phone.id(), late.command()), Err(Refusal::Overtaken { name: None }));
}

#[test]
fn routing_gives_nothing_away_that_somebody_moved_since_it_looked() {
    let shop = Shop::opens();
    let (ana, ben, phone) = (shop.agent("Ana"), shop.agent("Ben"), shop.phone("Mia"));
    phone.writes("agent");
    let late = chosen(&phone, &ana);
    ben.takes(&phone).unwrap();
    assert_eq!(shop.about(phone.id(), late.command()), Err(Refusal::Overtaken { name: Some("Ben".to_owned()) }));
    shop.passes(SignedDuration::from_secs(5));
    let queue = phone.conversation().queue.unwrap();
    ben.puts(&phone, queue).unwrap();
    assert_eq!(shop.about(phone.id(), late.command()), Err(Refusal::Overtaken { name: None }), "it waits there anew");
    let late = chosen(&phone, &ana);
    let other = if queue == ORDERS { BILLING } else { ORDERS };
    ben.puts(&phone, other).unwrap();
    assert_eq!(shop.about(phone.id(), late.command()), Err(Refusal::Overtaken { name: None }), "it waits elsewhere");
    let late = chosen(&phone, &ana);
    ben.takes(&phone).unwrap();
    ben.resolves(&phone).unwrap();
    assert_eq!(shop.about(phone.id(), late.command()), Err(Refusal::Overtaken { name: None }));
    assert_eq!(ana.row().load, 0);
}

#[test]
fn routing_gives_nobody_more_than_they_have_room_for_however_it_stood_when_it_looked() {
    let shop = Shop::opens();
    let (ana, first, second) = (shop.hires("Ana", Role::Agent, 1), shop.phone("Mia"), shop.phone("Noa"));
    first.writes("agent");
    second.writes("agent");
    let late = chosen(&second, &ana);
    ana.takes(&first).unwrap();
    assert_eq!(shop.about(second.id(), late.command()), Err(Refusal::NoRoom { name: "Ana".to_owned(), load: 1, capacity: 1 }));
    let mut gone = late.clone();
    gone.agent = UserId(Uuid::from_u128(9));
    assert_eq!(shop.about(second.id(), gone.command()), Err(Refusal::UnknownPerson));
}

#[test]
fn how_urgent_a_matter_is_is_said_once_and_is_over_with_it() {
    let shop = Shop::opens();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("agent");
    assert_eq!(phone.conversation().priority, Priority::Normal);
    let queued_at = phone.conversation().queued_at;
    let said = ana.prioritises(&phone, Priority::Urgent).unwrap();
    assert!(matches!(&said[..], [Event::PriorityChanged { from: Priority::Normal, to: Priority::Urgent, .. }]), "{said:?}");
    assert_eq!(ana.prioritises(&phone, Priority::Urgent), Ok(Vec::new()), "it is so already");
    assert_eq!((phone.conversation().priority, phone.conversation().queued_at), (Priority::Urgent, queued_at), "and waits since then");
    ana.takes(&phone).unwrap();
    ana.resolves(&phone).unwrap();
    assert_eq!(ana.prioritises(&phone, Priority::Low), Err(Refusal::Resolved));
    ana.reopens(&phone).unwrap();
    assert_eq!(phone.conversation().priority, Priority::Urgent, "it is the same matter");
    ana.resolves(&phone).unwrap();
    phone.writes("and another thing");
    assert_eq!(phone.conversation().priority, Priority::Normal, "what the customer comes back with is another one");
}

use uuid::Uuid;

use super::*;
use crate::domain::agent::Availability;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn minutes(count: i64) -> Timestamp {
    NOW + SignedDuration::from_mins(count)
}

fn team(number: u128) -> TeamId {
    TeamId(Uuid::from_u128(number))
}

fn queue(number: u128, of: u128) -> QueueFigures {
    QueueFigures {
        id: QueueId(Uuid::from_u128(number)),
        name: format!("Queue {number}"),
        team: team(of),
        team_name: "Team".to_owned(),
        hours: Some(Hours::always()),
        promise_minutes: 15,
        rest: None,
        most: None,
        waiting: 0,
        oldest: None,
        late: 0,
        soon: 0,
        next_late: None,
        next_soon: None,
        breached: 0,
        breaching: 0,
        next_breach: None,
        lately: Vec::new(),
    }
}

fn person(number: u128, teams: &[u128]) -> PersonFigures {
    PersonFigures {
        id: UserId(Uuid::from_u128(number)),
        name: format!("Person {number}"),
        teams: teams.iter().map(|one| team(*one)).collect(),
        availability: Availability::Online,
        availability_at: NOW,
        here_at: Some(minutes(-5)),
        load: 0,
        capacity: 2,
        oldest: None,
        due: None,
        owed_since: None,
        may_reply: true,
        keep_until: None,
        answered: 0,
        resolved: 0,
    }
}

/// Whose number is even is here.
fn floor(queues: Vec<QueueFigures>, people: Vec<PersonFigures>) -> Floor {
    let figures = FloorFigures {
        queues,
        people,
        answer: Some(AnswerWithin { minutes: 12 }),
        day_begins_at: None,
        day_ends_at: None,
        habits: Arc::default(),
    };
    Floor::of(figures, |user| user.0.as_u128().is_multiple_of(2), NOW)
}

fn alert(queue: QueueFigures, people: Vec<PersonFigures>) -> Option<QueueAlert> {
    floor(vec![queue], people).queues[0].alert()
}

#[test]
fn a_queue_counts_those_who_are_here_and_take_work_and_says_the_worst_that_is_wrong_with_it() {
    let waits = || QueueFigures { waiting: 3, ..queue(1, 1) };
    let late = || QueueFigures { late: 1, ..waits() };
    let full = || PersonFigures { load: 2, ..person(2, &[1]) };
    let away = || PersonFigures { availability: Availability::Away, ..person(2, &[1]) };
    assert_eq!(alert(queue(1, 1), vec![]), None, "nobody waits");
    assert_eq!(alert(waits(), vec![person(3, &[1]), away(), person(4, &[2])]), Some(QueueAlert::NobodyHere));
    assert_eq!(alert(waits(), vec![full()]), None, "nobody waits for too long yet");
    assert_eq!(alert(late(), vec![full()]), Some(QueueAlert::NobodyHasRoom));
    assert_eq!(alert(late(), vec![full(), person(4, &[1])]), Some(QueueAlert::Late));
    let closed: Hours = serde_json::from_value(serde_json::json!({ "time_zone": "UTC", "weekly": {} })).unwrap();
    assert_eq!(alert(QueueFigures { hours: Some(closed.clone()), ..waits() }, vec![]), None, "it is closed: nobody was promised anything");
    assert_eq!(alert(QueueFigures { hours: Some(closed), ..late() }, vec![]), Some(QueueAlert::Late));
}

#[test]
fn what_burns_is_on_top_and_equals_stand_by_name() {
    let due = |number, at: i64| PersonFigures { due: Some(minutes(at)), oldest: Some(minutes(-20)), ..person(number, &[1]) };
    let shown = floor(vec![], vec![person(8, &[1]), person(3, &[1]), person(2, &[1]), due(4, 60), due(6, 1), due(10, -1), due(12, -9)]);
    let order: Vec<u128> = shown.people.iter().map(|one| one.id.0.as_u128()).collect();
    assert_eq!(order, [12, 10, 6, 4, 2, 8, 3], "late, longest first; soon; due; here; not here");
    assert_eq!(shown.people[0].level, Level::Late);
    assert_eq!(shown.person(UserId(Uuid::from_u128(6))).unwrap().level, Level::Soon);
}

#[test]
fn whoever_is_gone_while_a_customer_waits_is_an_alarm_before_anybody_is_late() {
    let holds = |number| PersonFigures { oldest: Some(minutes(-1)), due: Some(minutes(14)), load: 1, ..person(number, &[1]) };
    let shown = floor(vec![], vec![holds(2), holds(3)]);
    assert_eq!(shown.people.iter().map(FloorPerson::alert).collect::<Vec<_>>(), [None, Some(PersonAlert::Gone)]);
    assert_eq!(shown.people[1].here_at, Some(minutes(-5)));
    assert_eq!(shown.people[0].here_at, None, "whoever is here is seen all the time");
}

#[test]
fn whoever_has_not_answered_a_customer_is_told_of_when_everybody_is_and_not_before() {
    let owes = |number, at: i64| PersonFigures { owed_since: Some(minutes(at)), due: Some(minutes(60)), load: 1, ..person(number, &[1]) };
    let shown = floor(vec![], vec![owes(2, -8), owes(4, -9)]);
    let alerts: Vec<_> = shown.people.iter().map(|one| (one.id.0.as_u128(), one.alert())).collect();
    assert_eq!(alerts, [(4, Some(PersonAlert::Overdue)), (2, None)], "at three quarters of twelve minutes, and on top");
    assert_eq!(shown.changes_at, Some(minutes(1)), "when it is so of the other one");
    let patient = FloorFigures { people: vec![owes(2, -99)], ..FloorFigures::default() };
    assert_eq!(Floor::of(patient, |_| true, NOW).people[0].alert(), None, "nobody is to answer within a time");
    let both = PersonFigures { due: Some(minutes(-1)), ..owes(2, -9) };
    assert_eq!(floor(vec![], vec![both]).people[0].alert(), Some(PersonAlert::Overdue), "which is nearer to being taken from them");
}

#[test]
fn whoever_may_not_reply_is_nobody_to_give_anything_to() {
    let reads_along = PersonFigures { may_reply: false, ..person(2, &[1]) };
    let shown = floor(vec![QueueFigures { waiting: 1, ..queue(1, 1) }], vec![reads_along]);
    assert_eq!((shown.queues[0].here, shown.queues[0].alert()), (0, Some(QueueAlert::NobodyHere)));
}

#[test]
fn the_floor_is_another_one_at_the_first_moment_at_which_something_on_it_is() {
    let waits = QueueFigures { next_late: Some(minutes(-14)), next_soon: Some(minutes(-12)), ..queue(1, 1) };
    assert_eq!(floor(vec![waits.clone()], vec![]).changes_at, Some(minutes(1)), "both, of different customers");
    let second = QueueFigures { next_soon: Some(minutes(-12) - SignedDuration::from_secs(30)), ..waits };
    assert_eq!(floor(vec![second], vec![]).changes_at, Some(NOW + SignedDuration::from_secs(30)));
    let due = |at| PersonFigures { due: Some(minutes(at)), ..person(2, &[1]) };
    assert_eq!(floor(vec![], vec![due(5)]).changes_at, Some(minutes(3)));
    assert_eq!(floor(vec![], vec![due(1)]).changes_at, Some(minutes(1)));
    assert_eq!(floor(vec![], vec![due(-1)]).changes_at, None);
}

#[test]
fn somebody_is_shown_the_queues_and_people_whose_conversations_their_lists_show() {
    let all = floor(vec![queue(1, 1), queue(2, 2)], vec![person(2, &[1]), person(4, &[2]), person(6, &[1, 2]), person(8, &[])]);
    let shown = |visibility, team| {
        let own = BTreeSet::from([TeamId(Uuid::from_u128(1))]);
        let scope = Scope::of(UserId(Uuid::from_u128(4)), visibility, &own, team);
        let seen = all.seen_in(&scope);
        let people: Vec<u128> = seen.people.iter().map(|one| one.id.0.as_u128()).collect();
        (seen.queues.len(), people)
    };
    assert_eq!(shown(Visibility::All, None), (2, vec![2, 4, 6, 8]));
    assert_eq!(shown(Visibility::OwnTeams, None), (1, vec![2, 4, 6]));
    assert_eq!(shown(Visibility::MineAndUnassigned, None), (1, vec![4]));
    assert_eq!(shown(Visibility::Mine, None), (0, vec![4]));
    assert_eq!(shown(Visibility::All, Some(team(2))), (1, vec![4, 6]));
    assert_eq!(shown(Visibility::OwnTeams, Some(team(2))), (0, vec![]), "no filter shows more");
}

#[test]
fn the_strip_sums_what_is_shown() {
    let waits = |number, waiting, oldest| QueueFigures { waiting, oldest: Some(minutes(oldest)), ..queue(number, 1) };
    let away = PersonFigures { availability: Availability::Away, load: 1, ..person(4, &[1]) };
    let gone = PersonFigures { load: 1, ..person(3, &[1]) };
    let strip = floor(vec![waits(1, 2, -3), waits(2, 3, -9)], vec![person(2, &[1]), away, gone]).strip();
    assert_eq!(strip, Strip { waiting: 5, oldest: Some(minutes(-9)), late: 0, breached: 0, breaching: 0, here: 1, away: 1, held: 2 });
}

#[test]
fn an_act_of_a_newer_version_is_one_of_which_nothing_is_known() {
    let act = FloorAct::Return { from: UserId(Uuid::nil()), away: Some(SetBack { before: Availability::Online, seq: 7 }) };
    assert_eq!(serde_json::from_value::<FloorAct>(serde_json::to_value(&act).unwrap()).unwrap(), act);
    assert_eq!(serde_json::from_str::<FloorAct>(r#"{ "kind": "teleport", "to": "moon" }"#).unwrap(), FloorAct::Strange);
}

#[test]
fn what_is_late_by_a_policy_alarms_before_what_is_late_by_a_promise_and_what_will_be_comes_last() {
    let here = || vec![person(2, &[1])];
    let waits = || QueueFigures { waiting: 1, ..queue(1, 1) };
    assert_eq!(alert(QueueFigures { breached: 2, late: 1, breaching: 1, ..waits() }, here()), Some(QueueAlert::Breached));
    assert_eq!(alert(QueueFigures { breached: 2, ..waits() }, vec![]), Some(QueueAlert::NobodyHere), "that is why");
    assert_eq!(alert(QueueFigures { late: 1, breaching: 1, ..waits() }, here()), Some(QueueAlert::Late));
    assert_eq!(alert(QueueFigures { breaching: 1, ..waits() }, here()), Some(QueueAlert::Breaching));
    let held = QueueFigures { breached: 1, ..queue(1, 1) };
    assert_eq!(alert(held, here()), Some(QueueAlert::Breached), "nobody waits for somebody");
    let coming = floor(vec![QueueFigures { breaching: 1, next_breach: Some(minutes(3)), ..queue(1, 1) }], vec![]);
    assert_eq!((coming.changes_at, coming.queues[0].level()), (Some(minutes(3)), Level::Soon));
    let two = vec![QueueFigures { breached: 1, breaching: 2, ..queue(1, 1) }, QueueFigures { breached: 1, ..queue(2, 1) }];
    let strip = floor(two, vec![]).strip();
    assert_eq!((strip.breached, strip.breaching), (2, 2));
}

#[test]
fn what_is_left_by_those_who_go_is_shared_out_among_those_of_their_teams_who_have_room() {
    let holds = |number, load, teams: &[u128]| PersonFigures { load, capacity: 4, ..person(number, teams) };
    // Those of odd numbers are not here.
    let people = vec![holds(1, 3, &[1]), holds(3, 2, &[1]), holds(5, 1, &[2]), holds(2, 0, &[1]), holds(4, 2, &[1]), holds(6, 0, &[3])];
    let floor = floor(Vec::new(), people);
    let mut takes = handover::who_takes_what(&floor.people);
    takes.sort_by_key(|one| one.from);
    let user = |number| UserId(Uuid::from_u128(number));
    let takes_of = |from, held, to: Option<(u128, i32)>| handover::Takes { from: user(from), held, to: to.map(|(to, of)| (user(to), of)) };
    assert_eq!(takes, [takes_of(1, 3, Some((2, 3))), takes_of(3, 2, Some((4, 2))), takes_of(5, 1, None)]);
}

#[test]
fn nobody_is_said_to_be_answered_at_once_where_nothing_is_given_out() {
    let expects = |figures: QueueFigures| floor(vec![figures], vec![person(2, &[1])]).queues[0].expected;
    let rests = |kind: RestKind| {
        let rest = serde_json::json!({ "kind": kind.as_str(), "since": NOW, "by": "Iris", "reason": "" });
        QueueFigures { rest: Some(serde_json::from_value(rest).unwrap()), ..queue(1, 1) }
    };
    let at_once = Some(Expected { minutes: 0, miss_minutes: None });
    assert_eq!(expects(queue(1, 1)), at_once);
    assert_eq!(expects(rests(RestKind::Paused)), None);
    assert_eq!(expects(rests(RestKind::Draining)), at_once, "those who wait there are given out");
    let never: Hours = serde_json::from_value(serde_json::json!({ "time_zone": "UTC", "weekly": {} })).unwrap();
    assert_eq!(expects(QueueFigures { hours: Some(never), ..queue(1, 1) }), None, "it is closed");
}

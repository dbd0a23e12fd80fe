//! A lamp shop: Iris administers it, Ana and Ben work for two teams with a queue each.

mod counts;
mod numbers;
mod rules;
mod words;

use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;

use super::command::{CannedReplyChange, InboxChange, MemberChange, NewMember, NewTeams, QueueChange, RoleChange};
use super::draft::Draft;
use super::event::Changed;
use super::value::{self, CannedReply, Inbox, InboxState, Number};
use super::*;
use crate::domain::access::{Permission, Permissions, Rights, Role, Visibility};
use crate::domain::agent::Availability;
use crate::domain::channel::Channel;
use crate::domain::command::Person;
use crate::domain::hours::Hours;
use crate::domain::ids::{CannedReplyId, FlowId, InboxId, QueueId, RoleId, TeamId, UserId};
use crate::domain::queue;
use crate::domain::refusal::Refusal;

mod giving;

const IRIS: UserId = UserId(Uuid::from_u128(1));
const ANA: UserId = UserId(Uuid::from_u128(2));
const BEN: UserId = UserId(Uuid::from_u128(3));
const EVERYBODY: TeamId = TeamId(Uuid::from_u128(11));
const BILLERS: TeamId = TeamId(Uuid::from_u128(12));
const SUPPORT: QueueId = QueueId(Uuid::from_u128(21));
const BILLING: QueueId = QueueId(Uuid::from_u128(22));
const WELCOME: FlowId = FlowId(Uuid::from_u128(31));
const HELLO: CannedReplyId = CannedReplyId(Uuid::from_u128(41));
const NUMBER: InboxId = InboxId(Uuid::from_u128(51));
const TRAINEE: RoleId = RoleId(Uuid::from_u128(61));

type Done = Result<(Setup, Vec<SetupEvent>), Refusal>;

fn does(setup: &Setup, by: &By, command: SetupCommand) -> Done {
    let events = decide(setup, command.clone(), by)?.events;
    let mut draft = Draft::of(setup);
    draft.apply(command)?;
    Ok((draft.finish(setup).0, events))
}

fn after(setup: &Setup, command: SetupCommand) -> Setup {
    does(setup, &By::CommandLine, command).unwrap().0
}

fn refused(setup: &Setup, command: SetupCommand) -> SetupRefusal {
    match does(setup, &By::CommandLine, command) {
        Err(Refusal::SetUp(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn person(user: UserId, role: Role) -> By {
    By::Person(Person { user, name: "Somebody".to_owned(), rights: role.rights().unwrap() })
}

fn joins(member: UserId, name: &str, role: Role, teams: &[TeamId]) -> SetupCommand {
    let new = NewMember {
        name: name.to_owned(),
        email: format!("{name}@example.com").parse().unwrap(),
        role,
        locale: "en".to_owned(),
        capacity: 8,
        teams: NewTeams::These(teams.iter().copied().collect()),
        languages: BTreeSet::new(),
    };
    SetupCommand::AddMember { member, new, password: Secret::new("$argon2id$horse".to_owned()) }
}

fn member(member: UserId, change: MemberChange) -> SetupCommand {
    SetupCommand::ChangeMember { member, change }
}

fn teams(of: UserId, teams: &[TeamId]) -> SetupCommand {
    member(of, MemberChange { teams: Some(teams.iter().copied().collect()), ..MemberChange::default() })
}

fn named(of: QueueId, name: &str) -> SetupCommand {
    SetupCommand::ChangeQueue { queue: of, change: QueueChange { name: Some(name.to_owned()), ..QueueChange::default() } }
}

fn queue(id: QueueId, key: &str, team: TeamId) -> SetupCommand {
    let (key, name) = (key.to_owned(), key.to_owned());
    SetupCommand::AddQueue { queue: queue::Queue { id, key, name, team, hours: Hours::always(), promise_minutes: 10 } }
}

fn definition(queue: &str) -> serde_json::Value {
    let hand_off = json!({ "kind": "hand_off", "queue": queue });
    json!({ "format": 1, "name": "Welcome", "start": "over", "default_queue": queue, "nodes": { "over": hand_off } })
}

pub(super) fn shop() -> Setup {
    let number = Number {
        app_id: "1001".to_owned(),
        phone_number_id: "2001".to_owned(),
        waba_id: "3001".to_owned(),
        display_phone_number: "+44 20 7946 0999".to_owned(),
    };
    let (name, channel, number) = ("Lamps".to_owned(), Channel::WHATSAPP, Some(number));
    let inbox = Inbox { name, channel, flow: Some(WELCOME), default_queue: SUPPORT, reopen_hours: 24, number, state: InboxState::Active };
    let reply = CannedReply { shortcut: "hello".to_owned(), body: "Hello!".to_owned(), ..CannedReply::default() };
    let team = |team, name: &str| SetupCommand::AddTeam { team, name: name.to_owned() };
    let steps = [
        team(EVERYBODY, "Everybody"),
        team(BILLERS, "Billers"),
        joins(IRIS, "iris", Role::Admin, &[]),
        joins(ANA, "ana", Role::Agent, &[EVERYBODY]),
        joins(BEN, "ben", Role::Agent, &[EVERYBODY, BILLERS]),
        queue(SUPPORT, "support", EVERYBODY),
        queue(BILLING, "billing", BILLERS),
        SetupCommand::AddFlow { flow: WELCOME, name: "Welcome".to_owned(), definition: definition("support") },
        SetupCommand::AddCannedReply { reply: HELLO, new: reply },
        SetupCommand::ConnectInbox { inbox: NUMBER, new: inbox, token: Secret::new("token".to_owned()) },
    ];
    steps.into_iter().fold(Setup::default(), |setup, step| after(&setup, step))
}

#[test]
fn what_changes_nothing_is_no_event() {
    let shop = shop();
    for command in [named(SUPPORT, " support "), teams(ANA, &[EVERYBODY]), SetupCommand::Activate { member: ANA }] {
        assert_eq!(does(&shop, &By::CommandLine, command.clone()).unwrap().1, [], "{command:?}");
    }
}

#[test]
fn an_event_says_what_was_and_what_is() {
    let shop = shop();
    let (_, events) = does(&shop, &By::CommandLine, named(SUPPORT, "Help")).unwrap();
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(event.kind(), "queue_changed");
    let SetupEvent::Queue(Changed { id: SUPPORT, before: Some(before), after: Some(after) }) = event else { panic!("{event:?}") };
    assert_eq!((before.name.as_str(), after.name.as_str()), ("support", "Help"));
    let stored = serde_json::to_value(event).unwrap();
    assert_eq!(serde_json::from_value::<SetupEvent>(stored).unwrap(), *event);
}

#[test]
fn somebody_always_administers_a_workspace_that_somebody_administered() {
    let shop = shop();
    let last = [SetupCommand::role(IRIS, Role::Agent), SetupCommand::Deactivate { member: IRIS, successor: None }];
    for command in last {
        assert_eq!(refused(&shop, command), SetupRefusal::LastAdministrator);
    }
    let (both, promoted) = does(&shop, &By::CommandLine, SetupCommand::role(ANA, Role::Admin)).unwrap();
    let only_ana = after(&both, SetupCommand::Deactivate { member: IRIS, successor: None });
    assert_eq!(refused(&only_ana, SetupCommand::Undo { act: promoted }), SetupRefusal::LastAdministrator);
    let nobody = after(&Setup::default(), joins(BEN, "ben", Role::Agent, &[]));
    assert!(!after(&nobody, SetupCommand::Deactivate { member: BEN, successor: None }).members[&BEN].active, "there never was one");
}

#[test]
fn a_queue_keeps_somebody_who_works_for_it_unless_they_leave() {
    let shop = shop();
    let unreached = |queue: &str| SetupRefusal::QueueUnreached { queue: queue.to_owned() };
    assert_eq!(refused(&shop, teams(BEN, &[EVERYBODY])), unreached("billing"));
    let to_empty = SetupCommand::ChangeQueue { queue: SUPPORT, change: QueueChange { team: Some(BILLERS), ..QueueChange::default() } };
    let only_iris_bills = after(&after(&shop, teams(IRIS, &[BILLERS])), teams(BEN, &[EVERYBODY]));
    assert!(after(&only_iris_bills, to_empty).queues[&SUPPORT].team == BILLERS);
    let gone = after(&shop, SetupCommand::Deactivate { member: BEN, successor: None });
    assert_eq!(gone.members[&BEN].teams, BTreeSet::from([EVERYBODY, BILLERS]), "whoever comes back works for the same");
    let empty = after(&shop, SetupCommand::AddTeam { team: TeamId(Uuid::from_u128(13)), name: "Empty".to_owned() });
    assert_eq!(refused(&empty, queue(QueueId(Uuid::from_u128(23)), "empty", TeamId(Uuid::from_u128(13)))), unreached("empty"));
}

#[test]
fn what_was_wrong_before_hinders_nothing_else() {
    let mut shop = shop();
    shop.members.get_mut(&BEN).unwrap().teams.clear();
    assert_eq!(after(&shop, named(SUPPORT, "Help")).queues[&SUPPORT].name, "Help");
}

#[test]
fn what_must_differ_differs() {
    let shop = shop();
    let to = |name: &str, email: &str| MemberChange { name: Some(name.to_owned()), email: email.parse().ok(), ..MemberChange::default() };
    assert_eq!(refused(&shop, member(ANA, to("Ana", "BEN@example.com"))), SetupRefusal::EmailTaken);
    let keyed = |key: &str| QueueChange { key: Some(key.to_owned()), ..QueueChange::default() };
    let billing = |key: &str| SetupCommand::ChangeQueue { queue: BILLING, change: keyed(key) };
    assert_eq!(refused(&shop, billing("support")), SetupRefusal::QueueKeyTaken { key: "support".to_owned() });
    assert_eq!(refused(&shop, billing("Bill us")), SetupRefusal::KeyUnfit { key: "Bill us".to_owned() });
    let team = SetupCommand::RenameTeam { team: BILLERS, name: "everybody".to_owned() };
    assert!(matches!(refused(&shop, team), SetupRefusal::TeamNameTaken { .. }));
    let reply = CannedReply { shortcut: "hello".to_owned(), body: "Hi".to_owned(), ..CannedReply::default() };
    let again = SetupCommand::AddCannedReply { reply: CannedReplyId(Uuid::from_u128(42)), new: reply };
    assert_eq!(refused(&shop, again), SetupRefusal::ShortcutTaken { shortcut: "hello".to_owned() });
    assert_eq!(refused(&shop, joins(ANA, "eve", Role::Agent, &[])), SetupRefusal::IdTaken);
}

#[test]
fn what_is_too_little_or_too_much_is_refused() {
    let shop = shop();
    assert_eq!(refused(&shop, named(SUPPORT, "  ")), SetupRefusal::TextMissing);
    assert!(matches!(refused(&shop, named(SUPPORT, &"a".repeat(81))), SetupRefusal::TextTooLong { limit: 80, .. }));
    let capacity = |capacity| member(ANA, MemberChange { capacity: Some(capacity), ..MemberChange::default() });
    assert_eq!(refused(&shop, capacity(-1)), SetupRefusal::OutOfRange { value: -1, least: 0, most: 1_000 });
    assert_eq!(after(&shop, capacity(0)).members[&ANA].capacity, 0);
    let spaced = CannedReplyChange { shortcut: Some("good day".to_owned()), ..CannedReplyChange::default() };
    let spaced = SetupCommand::ChangeCannedReply { reply: HELLO, change: spaced };
    assert_eq!(refused(&shop, spaced), SetupRefusal::ShortcutUnfit { shortcut: "good day".to_owned() });
}

#[test]
fn nothing_speaks_of_what_is_not_there() {
    let shop = shop();
    let strange = Uuid::from_u128(99);
    let to = |queue| InboxChange { default_queue: Some(QueueId(queue)), ..InboxChange::default() };
    for (command, thing) in [
        (SetupCommand::Deactivate { member: UserId(strange), successor: None }, Thing::Member),
        (teams(ANA, &[TeamId(strange)]), Thing::Team),
        (named(QueueId(strange), "x"), Thing::Queue),
        (SetupCommand::ChangeInbox { inbox: NUMBER, change: to(strange) }, Thing::Queue),
        (SetupCommand::ReplaceAccessToken { inbox: InboxId(strange), token: Secret::default() }, Thing::Inbox),
        (SetupCommand::RemoveCannedReply { reply: CannedReplyId(strange) }, Thing::CannedReply),
        (SetupCommand::RenameFlow { flow: FlowId(strange), name: "x".to_owned() }, Thing::Flow),
        (SetupCommand::PublishVersion { flow: WELCOME, version: 2 }, Thing::FlowVersion),
    ] {
        assert_eq!(refused(&shop, command.clone()), SetupRefusal::Unknown(thing), "{command:?}");
    }
    assert_eq!(refused(&shop, SetupCommand::RemoveTeam { team: BILLERS }), SetupRefusal::TeamInUse { team: "Billers".to_owned() });
}

#[test]
fn a_flow_and_the_queues_that_it_names_stay_together() {
    let shop = shop();
    let faulty = SetupCommand::PublishFlow { flow: WELCOME, definition: definition("nowhere") };
    let SetupRefusal::FlowFaulty { flow, faults } = refused(&shop, faulty) else { panic!("another refusal") };
    assert!(flow == "Welcome" && faults.iter().any(|fault| fault.contains("nowhere")), "{faults:?}");
    let keyed = QueueChange { key: Some("help".to_owned()), ..QueueChange::default() };
    assert!(matches!(refused(&shop, SetupCommand::ChangeQueue { queue: SUPPORT, change: keyed }), SetupRefusal::FlowFaulty { .. }));
    let (second, published) =
        does(&shop, &By::CommandLine, SetupCommand::PublishFlow { flow: WELCOME, definition: definition("billing") }).unwrap();
    assert_eq!(second.flows[&WELCOME].published, Some(2));
    let first = after(&second, SetupCommand::Undo { act: published });
    assert_eq!((first.flows[&WELCOME].published, first.latest_versions[&WELCOME]), (Some(1), 2), "a version never comes twice");
}

#[test]
fn a_queue_is_removed_when_nothing_sends_there_and_comes_back_by_undo() {
    let shop = shop();
    let removal = |queue, to| SetupCommand::RemoveQueue { queue, to };
    let number = "Lamps".to_owned();
    assert_eq!(refused(&shop, removal(SUPPORT, BILLING)), SetupRefusal::QueueOfNumber { queue: "support".to_owned(), number });
    let to_billing = InboxChange { default_queue: Some(BILLING), ..InboxChange::default() };
    let moved = after(&shop, SetupCommand::ChangeInbox { inbox: NUMBER, change: to_billing });
    let SetupRefusal::FlowFaulty { flow, faults } = refused(&moved, removal(SUPPORT, BILLING)) else { panic!("another refusal") };
    assert!(flow == "Welcome" && faults.iter().any(|fault| fault.contains("support")), "{faults:?}");
    let free = after(&moved, SetupCommand::PublishFlow { flow: WELCOME, definition: definition("billing") });
    for (queue, to) in [(SUPPORT, SUPPORT), (SUPPORT, QueueId(Uuid::from_u128(99))), (QueueId(Uuid::from_u128(99)), SUPPORT)] {
        assert_eq!(refused(&free, removal(queue, to)), SetupRefusal::Unknown(Thing::Queue));
    }
    let (without, act) = does(&free, &By::CommandLine, removal(SUPPORT, BILLING)).unwrap();
    assert_eq!(act.iter().map(SetupEvent::kind).collect::<Vec<_>>(), ["queue_removed", "queue_moved"]);
    assert_eq!(after(&without, SetupCommand::Undo { act: act.clone() }), free);
    let stored: Vec<SetupEvent> = serde_json::from_value(serde_json::to_value(&act).unwrap()).unwrap();
    assert_eq!(stored, act);
    let taken = after(&without, queue(QueueId(Uuid::from_u128(23)), "support", EVERYBODY));
    assert_eq!(refused(&taken, SetupCommand::Undo { act }), SetupRefusal::QueueKeyTaken { key: "support".to_owned() });
}

#[test]
fn a_flow_that_a_number_uses_is_not_archived_and_one_that_is_archived_is_not_used() {
    let shop = shop();
    let archive = || SetupCommand::ArchiveFlow { flow: WELCOME };
    let in_use = SetupRefusal::FlowInUse { flow: "Welcome".to_owned() };
    assert_eq!(refused(&shop, archive()), in_use);
    let flow = |flow| SetupCommand::ChangeInbox { inbox: NUMBER, change: InboxChange { flow: Some(flow), ..InboxChange::default() } };
    let unused = after(&shop, flow(None));
    let (archived, act) = does(&unused, &By::CommandLine, archive()).unwrap();
    assert!(archived.flows[&WELCOME].archived && archived.flows[&WELCOME].published == Some(1), "its versions stay");
    assert_eq!(refused(&archived, flow(Some(WELCOME))), in_use);
    assert_eq!(after(&archived, SetupCommand::Undo { act }), unused);
    assert_eq!(after(&archived, SetupCommand::RestoreFlow { flow: WELCOME }), unused);
}

#[test]
fn a_flow_may_begin_without_a_version() {
    let flow = FlowId(Uuid::from_u128(32));
    let begun = after(&shop(), SetupCommand::BeginFlow { flow, name: " New ".to_owned() });
    assert_eq!((begun.flows[&flow].name.as_str(), begun.flows[&flow].published), ("New", None));
    let published = after(&begun, SetupCommand::PublishFlow { flow, definition: definition("billing") });
    assert_eq!(published.flows[&flow].published, Some(1));
    assert_eq!(refused(&begun, SetupCommand::BeginFlow { flow, name: "Again".to_owned() }), SetupRefusal::IdTaken);
}

#[test]
fn people_decide_what_is_their_own_supervisors_who_is_given_how_much_and_administrators_the_rest() {
    let shop = shop();
    let away = |user| SetupCommand::availability(user, Availability::Away);
    let (changed, events) = does(&shop, &person(ANA, Role::Agent), away(ANA)).unwrap();
    assert_eq!(changed.members[&ANA].availability, Availability::Away);
    assert!(events.iter().all(|event| !event.concerns_everybody()), "nodes would read everything again for it");
    for command in [away(BEN), SetupCommand::capacity(BEN, 3)] {
        assert_eq!(does(&shop, &person(ANA, Role::Agent), command.clone()), Err(Refusal::NotAllowed), "{command:?}");
        assert!(does(&shop, &person(ANA, Role::Supervisor), command.clone()).is_ok(), "{command:?}");
        assert!(does(&shop, &person(IRIS, Role::Admin), command).is_ok());
    }
    let both = MemberChange { capacity: Some(3), locale: Some("es".to_owned()), ..MemberChange::default() };
    let both = SetupCommand::ChangeMember { member: BEN, change: both };
    let nothing = SetupCommand::ChangeMember { member: BEN, change: MemberChange::default() };
    let rest = [SetupCommand::locale(BEN, "es".to_owned()), SetupCommand::role(ANA, Role::Admin), named(SUPPORT, "Mine"), both, nothing];
    for command in rest {
        assert_eq!(does(&shop, &person(ANA, Role::Supervisor), command.clone()), Err(Refusal::NotAllowed), "{command:?}");
        assert!(does(&shop, &person(IRIS, Role::Admin), command).is_ok());
    }
}

#[test]
fn an_undo_takes_back_its_own_parts_and_no_others() {
    let shop = shop();
    let (renamed, act) = does(&shop, &By::CommandLine, named(SUPPORT, "Help")).unwrap();
    let patient = QueueChange { promise_minutes: Some(60), ..QueueChange::default() };
    let later = after(&renamed, SetupCommand::ChangeQueue { queue: SUPPORT, change: patient });
    let (back, undone) = does(&later, &By::CommandLine, SetupCommand::Undo { act: act.clone() }).unwrap();
    assert_eq!((back.queues[&SUPPORT].name.as_str(), back.queues[&SUPPORT].promise_minutes), ("support", 60));
    assert_eq!(after(&back, SetupCommand::Undo { act: undone }), later, "an undo is an act like another");
    let again = after(&later, named(SUPPORT, "Assistance"));
    for changed in [&again, &back] {
        assert_eq!(refused(changed, SetupCommand::Undo { act: act.clone() }), SetupRefusal::ChangedSince);
    }
}

#[test]
fn what_others_depend_on_and_what_was_secret_is_not_undone() {
    let empty = Setup::default();
    let undo = |act| SetupCommand::Undo { act };
    let (team, added) = does(&empty, &By::CommandLine, SetupCommand::AddTeam { team: EVERYBODY, name: "Everybody".to_owned() }).unwrap();
    assert_eq!(after(&team, undo(added.clone())), empty);
    let (staffed, hired) = does(&team, &By::CommandLine, joins(ANA, "ana", Role::Agent, &[EVERYBODY])).unwrap();
    assert!(matches!(refused(&staffed, undo(added)), SetupRefusal::TeamInUse { .. }));
    assert_eq!(refused(&staffed, undo(hired)), SetupRefusal::CannotBeUndone);
    let strange = serde_json::from_value(json!({ "thing": "lamp", "of": "tomorrow" })).unwrap();
    assert_eq!(refused(&staffed, undo(vec![strange])), SetupRefusal::CannotBeUndone);
    assert_eq!(refused(&staffed, undo(Vec::new())), SetupRefusal::CannotBeUndone);
    let shop = shop();
    let (without, removed) = does(&shop, &By::CommandLine, SetupCommand::RemoveCannedReply { reply: HELLO }).unwrap();
    assert_eq!(after(&without, undo(removed)), shop, "what was removed comes back");
}

#[test]
fn only_whoever_changed_the_same_part_of_the_same_thing_is_in_the_way() {
    let shop = shop();
    let events = |command| does(&shop, &By::CommandLine, command).unwrap().1;
    let patient = QueueChange { promise_minutes: Some(60), ..QueueChange::default() };
    let who = Who::Person { user: IRIS, name: "Iris".to_owned() };
    let recorded = |event| RecordedSetup { seq: 1, act: 1, size: 1, from: None, at: jiff::Timestamp::UNIX_EPOCH, who: who.clone(), event };
    let since: Vec<RecordedSetup> = events(named(SUPPORT, "Help")).into_iter().map(recorded).collect();
    let by_iris = Err(SetupRefusal::ChangedMeanwhile { name: Some("Iris".to_owned()) });
    assert_eq!(check_unchanged(&since, &events(named(SUPPORT, "Assistance"))), by_iris);
    for other in [named(BILLING, "Money"), SetupCommand::ChangeQueue { queue: SUPPORT, change: patient }] {
        assert_eq!(check_unchanged(&since, &events(other)), Ok(()));
    }
}

#[test]
fn no_secret_is_stored_or_shown_with_what_it_came_along_with() {
    let shop = shop();
    let token = SetupCommand::ReplaceAccessToken { inbox: NUMBER, token: Secret::new("horse".to_owned()) };
    let password = SetupCommand::ReplacePassword { member: ANA, hash: Secret::new("horse".to_owned()) };
    let joins = joins(UserId(Uuid::from_u128(4)), "eve", Role::Agent, &[]);
    for (command, is_replaced) in [(joins, false), (password, true), (token, true)] {
        assert!(!format!("{command:?}").contains("horse"));
        let (_, events) = does(&shop, &By::CommandLine, command).unwrap();
        let told = format!("{events:?} {}", serde_json::to_string(&events).unwrap());
        assert_eq!(events.iter().any(|event| event.kind().ends_with("replaced")), is_replaced);
        assert!(!told.contains("horse"), "{told}");
    }
}

fn role(id: RoleId, name: &str, permissions: &[Permission], visibility: Visibility) -> SetupCommand {
    let rights = Rights { permissions: Permissions::of(permissions), visibility };
    SetupCommand::AddRole { role: id, new: value::Role { name: name.to_owned(), rights } }
}

fn changes_rights_of(setup: &Setup, command: SetupCommand) -> BTreeSet<UserId> {
    decide(setup, command, &By::CommandLine).unwrap().rights
}

#[test]
fn a_workspace_makes_roles_of_its_own_and_takes_them_away_when_nobody_has_them() {
    let shop = after(&shop(), role(TRAINEE, " Trainee ", &[Permission::SeeInbox], Visibility::Mine));
    assert_eq!((shop.roles[&TRAINEE].name.as_str(), shop.rights(Role::Own(TRAINEE)).visibility), ("Trainee", Visibility::Mine));
    for taken in ["TRAINEE", "Admin"] {
        let again = role(RoleId(Uuid::from_u128(62)), taken, &[], Visibility::All);
        assert_eq!(refused(&shop, again), SetupRefusal::RoleNameTaken { name: taken.to_owned() });
    }
    let unknown = SetupCommand::role(ANA, Role::Own(RoleId(Uuid::from_u128(63))));
    assert_eq!(refused(&shop, unknown), SetupRefusal::Unknown(Thing::Role));
    assert_eq!(refused(&shop, SetupCommand::role(IRIS, Role::Own(TRAINEE))), SetupRefusal::LastAdministrator);
    let (given, act) = does(&shop, &By::CommandLine, SetupCommand::role(ANA, Role::Own(TRAINEE))).unwrap();
    let away = SetupCommand::RemoveRole { role: TRAINEE };
    assert_eq!(refused(&given, away.clone()), SetupRefusal::RoleInUse { role: "Trainee".to_owned() });
    let (without, removed) = does(&after(&given, SetupCommand::Undo { act }), &By::CommandLine, away).unwrap();
    assert!(without.roles.is_empty());
    assert_eq!(after(&without, SetupCommand::Undo { act: removed }).roles, shop.roles);
}

#[test]
fn whoever_administers_by_a_role_of_the_workspace_keeps_it_as_long_as_nobody_else_does() {
    let shop = after(&shop(), role(TRAINEE, "Keeper", &[Permission::SetUp], Visibility::Mine));
    let kept = after(&shop, SetupCommand::role(IRIS, Role::Own(TRAINEE)));
    let less = RoleChange { permissions: Some(Permissions::NONE), ..RoleChange::default() };
    assert_eq!(refused(&kept, SetupCommand::ChangeRole { role: TRAINEE, change: less }), SetupRefusal::LastAdministrator);
}

#[test]
fn rights_change_with_the_role_with_its_meaning_and_with_what_ones_teams_see() {
    let shop = after(&shop(), role(TRAINEE, "Trainee", &[Permission::SeeInbox], Visibility::OwnTeams));
    assert_eq!(changes_rights_of(&shop, SetupCommand::role(BEN, Role::Own(TRAINEE))), BTreeSet::from([BEN]));
    let steps = [SetupCommand::role(BEN, Role::Own(TRAINEE)), teams(IRIS, &[EVERYBODY]), teams(ANA, &[BILLERS])];
    let given = steps.into_iter().fold(shop, |shop, step| after(&shop, step));
    let wider = RoleChange { visibility: Some(Visibility::All), ..RoleChange::default() };
    assert_eq!(changes_rights_of(&given, SetupCommand::ChangeRole { role: TRAINEE, change: wider }), BTreeSet::from([BEN]));
    assert_eq!(changes_rights_of(&given, teams(BEN, &[EVERYBODY])), BTreeSet::from([BEN]));
    let to_billers = QueueChange { team: Some(BILLERS), ..QueueChange::default() };
    let moved = changes_rights_of(&given, SetupCommand::ChangeQueue { queue: SUPPORT, change: to_billers });
    assert_eq!(moved, BTreeSet::new(), "Ben is in both teams, and Ana sees everything");
    let only_bills = after(&given, teams(BEN, &[BILLERS]));
    let support = SetupCommand::ChangeQueue { queue: SUPPORT, change: QueueChange { team: Some(BILLERS), ..QueueChange::default() } };
    assert_eq!(changes_rights_of(&only_bills, support), BTreeSet::from([BEN]));
    assert_eq!(changes_rights_of(&given, named(SUPPORT, "Help")), BTreeSet::new());
}

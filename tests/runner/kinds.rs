//! Random changes of every kind of thing, and what the journal says of them.

use std::collections::BTreeSet;

use baton::domain::Refusal;
use baton::domain::access::{Permission, Permissions, Rights, Role, Visibility};
use baton::domain::agent::Availability;
use baton::domain::hours::Hours;
use baton::domain::ids::{CannedReplyId, FlowId, InvitationId, QueueId, RoleId, TeamId, UserId};
use baton::domain::queue::Queue;
use baton::domain::setup::command::{CannedReplyChange, MemberChange, NewInvitation, RoleChange, SecurityChange, WorkspaceChange};
use baton::domain::setup::value::{self, CannedReply, Standing};
use baton::domain::setup::{By, Secret, Setup, SetupCommand, SetupEvent, SetupRefusal};
use baton::runner::Error;
use baton::runner::setup::Configured;
use serde_json::json;
use uuid::Uuid;

use crate::rules;
use crate::setups::{named, patient, with_two_administrators};
use crate::shop::Shop;
use crate::skills;
use crate::sla;
use crate::tags;

/// The nth of them, counted round and round.
fn nth<T: Copy>(all: impl Iterator<Item = T>, number: u64) -> Option<T> {
    let all: Vec<T> = all.collect();
    all.get(usize::try_from(number).unwrap() % all.len().max(1)).copied()
}

fn role_change(setup: &Setup, number: u64, name: String) -> SetupCommand {
    let permissions = Permissions::of(&Permission::ALL[..usize::try_from(number / 7 % 9).unwrap()]);
    match (number % 4, nth(setup.roles.keys().copied(), number / 8)) {
        (1, Some(role)) => SetupCommand::ChangeRole {
            role,
            change: RoleChange { name: Some(name), permissions: Some(permissions), visibility: Some(Visibility::Mine) },
        },
        (2, Some(role)) => SetupCommand::RemoveRole { role },
        (3, Some(role)) => match nth(setup.members.keys().copied(), number / 3) {
            Some(member) => SetupCommand::role(member, Role::Own(role)),
            None => SetupCommand::RemoveRole { role },
        },
        _ => {
            let rights = Rights { permissions, visibility: Visibility::OwnTeams };
            let name = format!("Role {}", number % 1_000);
            SetupCommand::AddRole { role: RoleId(Uuid::now_v7()), new: value::Role { name, rights } }
        }
    }
}

fn invitation_change(setup: &Setup, number: u64) -> SetupCommand {
    let open = setup.invitations.iter().filter(|(_, it)| it.standing == Standing::Open).map(|(id, _)| *id);
    let secret = Secret::new(format!("{number:064x}"));
    let expires_at = "2030-01-01T00:00:00Z".parse().unwrap();
    match (number % 3, nth(open, number / 8)) {
        (1, Some(invitation)) => SetupCommand::RevokeInvitation { invitation },
        (2, Some(invitation)) => SetupCommand::RenewInvitation { invitation, expires_at, secret },
        _ => {
            let role = nth(setup.roles.keys().copied(), number / 9).map_or(Role::Agent, Role::Own);
            let new = NewInvitation {
                email: format!("new{number}@example.com").parse().ok(),
                role,
                capacity: 5,
                teams: setup.teams.keys().copied().take(usize::try_from(number / 5 % 3).unwrap()).collect(),
                languages: BTreeSet::new(),
                expires_at,
            };
            SetupCommand::Invite { invitation: InvitationId(Uuid::now_v7()), new, secret }
        }
    }
}

/// Queues come and go; those of the shop stay.
fn queue_change(shop: &Shop, setup: &Setup, number: u64) -> SetupCommand {
    let others = setup.queues.keys().copied().filter(|queue| ![shop.orders, shop.support].contains(queue));
    match (number % 2, nth(others, number / 8)) {
        (1, Some(queue)) => SetupCommand::RemoveQueue { queue, to: shop.support },
        _ => {
            let (id, key) = (QueueId(Uuid::now_v7()), format!("q{}", number % 100));
            SetupCommand::AddQueue {
                queue: Queue { id, name: key.clone(), key, team: shop.team, hours: Hours::always(), promise_minutes: 5 },
            }
        }
    }
}

/// Another version, of which some name a queue, a tag or a field that may be gone.
fn publication(setup: &Setup, flow: FlowId, number: u64) -> SetupCommand {
    let queue = nth(setup.queues.values().map(|queue| queue.key.as_str()), number / 8).unwrap_or("support");
    let definition = json!({
        "format": 1, "name": "Welcome", "start": "over", "default_queue": queue,
        "nodes": { "over": { "kind": "hand_off", "text": format!("Text {number}"), "queue": queue } },
    });
    SetupCommand::PublishFlow { flow, definition }
}

/// What the next random change is.
fn change(shop: &Shop, setup: &Setup, number: u64) -> SetupCommand {
    // What is done, and how, are drawn apart: neither decides the other.
    let (kind, number) = (number % 23, number / 23);
    let pick = |of: usize| usize::try_from(number / 7).unwrap() % of;
    let (queue, text) = ([shop.orders, shop.support][pick(2)], format!("Name {}", number % 5));
    let member: Vec<UserId> = setup.members.keys().copied().collect();
    let (member, flow) = (member[pick(member.len())], *setup.flows.keys().next().unwrap());
    let reply = setup.canned_replies.keys().nth(pick(setup.canned_replies.len().max(1))).copied();
    let others: Vec<TeamId> = setup.teams.keys().copied().filter(|team| *team != shop.team).collect();
    let free = others.get(pick(others.len().max(1))).copied();
    let person = |change| SetupCommand::ChangeMember { member, change };
    match (kind, reply, free) {
        (16, ..) => role_change(setup, number, text),
        (17, ..) => invitation_change(setup, number),
        (18, ..) => queue_change(shop, setup, number),
        (19, ..) if number.is_multiple_of(2) => publication(setup, flow, number),
        (19, ..) => SetupCommand::Several(vec![role_change(setup, number / 2, text.clone()), named(queue, &text)]),
        (20, ..) => rules::change(setup, number, text),
        (21, ..) => skills::change(setup, number, text),
        (22, ..) => sla::change(setup, number, text),
        (12, ..) => tags::tag_change(setup, number, text),
        (13, ..) => tags::field_change(setup, number, text),
        (11, ..) => SetupCommand::ChangeWorkspace {
            change: WorkspaceChange {
                name: Some(text),
                locale: Some(["en", "es"][pick(2)].to_owned()),
                time_zone: Some(["utc", "Europe/Madrid", "Mars/Olympus"][pick(3)].to_owned()),
                lease_minutes: Some([2, 30, 0][pick(3)]),
                answer_minutes: Some([None, Some(10), Some(1)][pick(3)]),
                accent: Some([None, Some("#0F766E".to_owned()), Some("#ffd400".to_owned())][pick(3)].clone()),
                white_label: Some(number.is_multiple_of(2)),
                logo: None,
            },
        },
        (0, ..) if !number.is_multiple_of(5) => SetupCommand::ChangeSecurity {
            change: SecurityChange {
                session_idle_minutes: Some(i32::try_from(number % 100).unwrap()),
                least_password: Some(i32::try_from(number % 70).unwrap()),
                second_factor_roles: Some([["agent", "admin", "captain"][pick(3)].to_owned()].into()),
                ..SecurityChange::default()
            },
        },
        (0, ..) => named(queue, &text),
        (1, ..) => patient(queue, i32::try_from(number % 90).unwrap()),
        (2, ..) => person(MemberChange { name: Some(text), ..MemberChange::default() }),
        (3, ..) => person(MemberChange { capacity: Some(i32::try_from(number % 30).unwrap()), ..MemberChange::default() }),
        (4, ..) => person(MemberChange { role: Some([Role::Agent, Role::Admin][pick(2)]), ..MemberChange::default() }),
        (5, Some(reply), _) if number.is_multiple_of(3) => SetupCommand::RemoveCannedReply { reply },
        (5 | 6, Some(reply), _) if number % 3 == 1 => {
            SetupCommand::ChangeCannedReply { reply, change: CannedReplyChange { body: Some(text), ..CannedReplyChange::default() } }
        }
        (5 | 6, ..) => SetupCommand::AddCannedReply {
            reply: CannedReplyId(Uuid::now_v7()),
            new: CannedReply { shortcut: format!("s{}", number % 50), body: text, ..CannedReply::default() },
        },
        (7, _, Some(team)) if number.is_multiple_of(3) => SetupCommand::RemoveTeam { team },
        (7, _, Some(team)) if number % 3 == 1 => person(MemberChange { teams: Some([shop.team, team].into()), ..MemberChange::default() }),
        (7, ..) => SetupCommand::AddTeam { team: TeamId(Uuid::now_v7()), name: format!("Team {}", number % 50) },
        (8, ..) => {
            let begin = SetupCommand::BeginFlow { flow: FlowId(Uuid::now_v7()), name: text.clone() };
            let archive = SetupCommand::ArchiveFlow { flow };
            [SetupCommand::RenameFlow { flow, name: text }, archive, SetupCommand::RestoreFlow { flow }, begin][pick(4)].clone()
        }
        (14 | 15, ..) => {
            let inbox = shop.inbox;
            let (number, token) = (setup.inboxes[&inbox].number.clone().unwrap(), Secret::new(text));
            let reconnect = SetupCommand::ReconnectInbox { inbox, number, token };
            let (pause, resume) = (SetupCommand::PauseInbox { inbox }, SetupCommand::ResumeInbox { inbox });
            [pause, resume, SetupCommand::DisconnectInbox { inbox }, reconnect][pick(4)].clone()
        }
        (9, ..) => SetupCommand::availability(member, [Availability::Away, Availability::Online][pick(2)]),
        _ => [SetupCommand::Deactivate { member, successor: None }, SetupCommand::Activate { member }][pick(2)].clone(),
    }
}

/// What the events say that there is now.
fn told(mut setup: Setup, events: &[SetupEvent]) -> Setup {
    macro_rules! put {
        ($all:ident, $changed:ident) => {
            match &$changed.after {
                Some(after) => _ = setup.$all.insert($changed.id, after.clone()),
                None => _ = setup.$all.remove(&$changed.id),
            }
        };
    }
    for event in events {
        match event {
            SetupEvent::Workspace(changed) => put!(workspaces, changed),
            SetupEvent::Security(changed) => put!(securities, changed),
            SetupEvent::Member(changed) => put!(members, changed),
            SetupEvent::Team(changed) => put!(teams, changed),
            SetupEvent::Queue(changed) => put!(queues, changed),
            SetupEvent::CannedReply(changed) => put!(canned_replies, changed),
            SetupEvent::Flow(changed) => put!(flows, changed),
            SetupEvent::Inbox(changed) => put!(inboxes, changed),
            SetupEvent::Tag(changed) => put!(tags, changed),
            SetupEvent::Field(changed) => put!(fields, changed),
            SetupEvent::EntryRule(changed) => put!(entry_rules, changed),
            SetupEvent::Skill(changed) => put!(skills, changed),
            SetupEvent::SlaPolicy(changed) => put!(sla_policies, changed),
            SetupEvent::Role(changed) => put!(roles, changed),
            SetupEvent::Invitation(changed) => put!(invitations, changed),
            SetupEvent::FlowVersion { flow, version, .. } => _ = setup.latest_versions.insert(*flow, *version),
            SetupEvent::AccessToken { .. } | SetupEvent::InvitationLink { .. } | SetupEvent::QueueMoved { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    // Which text each version has is the business of the tests of flows.
    setup.definitions.clear();
    // Those that are over are read by nobody but their history.
    setup.invitations.retain(|_, invitation| invitation.standing == Standing::Open);
    setup
}

/// What the random changes must have come to, undone ones included.
const KINDS: [&str; 37] = [
    "skill_added",
    "skill_changed",
    "skill_removed",
    "sla_policy_added",
    "sla_policy_changed",
    "sla_policy_removed",
    "entry_rule_added",
    "entry_rule_changed",
    "entry_rule_removed",
    "canned_reply_added",
    "canned_reply_changed",
    "canned_reply_removed",
    "field_added",
    "field_changed",
    "field_removed",
    "flow_added",
    "flow_changed",
    "flow_version_added",
    "inbox_changed",
    "invitation_added",
    "invitation_changed",
    "member_changed",
    "queue_added",
    "queue_changed",
    "queue_removed",
    "role_added",
    "role_changed",
    "role_removed",
    "security_changed",
    "tag_added",
    "tag_changed",
    "team_added",
    "team_removed",
    "workspace_changed",
    "queue_moved",
    "access_token_replaced",
    "invitation_link_replaced",
];

/// After each of five hundred random changes and undos the tables say what the journal says, and what is undone at once is as before.
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_changes_and_undos_leave_what_the_journal_says() {
    let (shop, _, _) = with_two_administrators().await;
    shop.hires("Ana", Role::Agent, 8).await;
    let runner = shop.node(4).runner;
    let now = async || told(shop.set_up_now().await, &[]);
    let (mut model, mut number, mut acts, mut undone, mut refusals) = (now().await, 1_u64, Vec::new(), 0, 0);
    let mut kinds = BTreeSet::new();
    let mut states = BTreeSet::new();
    for round in 0..500 {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let draw = number >> 33;
        let outcome = match acts.get(usize::try_from(draw / 3).unwrap() % acts.len().max(1)) {
            // By other digits than those that decide what is done.
            Some(seq) if (number >> 24).is_multiple_of(3) => {
                runner.undo_setup(shop.workspace, &By::System, *seq).await.inspect(|_| undone += 1)
            }
            _ => runner.configure(shop.workspace, &By::System, change(&shop, &model, draw), None).await,
        };
        match outcome {
            Ok(Configured { seq, events, .. }) if !events.is_empty() => {
                kinds.extend(events.iter().map(SetupEvent::kind));
                model = told(model, &events);
                acts.push(seq);
            }
            Ok(_) => {}
            Err(Error::Refused(_)) => refusals += 1,
            Err(error) => panic!("round {round}: {error}"),
        }
        assert_eq!(now().await, model, "round {round}");
        states.insert(model.inboxes[&shop.inbox].state.as_str());
        if let (Some(seq), true) = (acts.last(), round % 10 == 9) {
            let before = model.clone();
            if let Ok(Configured { seq, events, .. }) = runner.undo_setup(shop.workspace, &By::System, *seq).await {
                let is_back = events.iter().any(|event| event.kind() == "queue_added");
                match runner.undo_setup(shop.workspace, &By::System, seq).await {
                    Ok(_) => assert_eq!(told(before, &events) == model, events.is_empty(), "round {round}"),
                    // A queue that came back is one that may be spoken of: it goes as any other does.
                    Err(Error::Refused(Refusal::SetUp(SetupRefusal::CannotBeUndone))) if is_back => model = told(before, &events),
                    Err(error) => panic!("round {round}: {error}"),
                }
                assert_eq!(now().await, model, "round {round}");
            }
        }
    }
    assert_eq!(states, BTreeSet::from(["active", "disconnected", "paused"]));
    let missing: Vec<&str> = KINDS.into_iter().filter(|kind| !kinds.contains(*kind)).collect();
    assert!(missing.is_empty(), "{missing:?} never happened; {kinds:?}");
    assert!(undone > 20 && refusals > 5 && acts.len() > 200, "{undone} undone, {refusals} refused, {} acts", acts.len());
}

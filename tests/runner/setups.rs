//! What is set up: two administrators at once, undo, and nodes that keep it until it changes.

use std::collections::BTreeSet;

use baton::domain::Refusal;
use baton::domain::access::Role;
use baton::domain::agent::Availability;
use baton::domain::channel::Channel;
use baton::domain::command::{Command, Person};
use baton::domain::hours::Hours;
use baton::domain::ids::{CannedReplyId, FlowId, InboxId, InvitationId, QueueId, RoleId, TagId, TeamId, UserId, WorkspaceId};
use baton::domain::queue::Queue;
use baton::domain::setup::command::{CannedReplyChange, NewInvitation, NewMember, NewTeams, QueueChange, SecurityChange};
use baton::domain::setup::value::{self, CannedReply, Inbox, InboxState, Tag};
use baton::domain::setup::{By, MemberChange, Secret, Setup, SetupCommand, SetupRefusal, Thing};
use baton::runner::Error;
use baton::runner::setup::Configured;
use baton::store::{Transaction, setups};
use futures_util::future::join_all;
use jiff::Timestamp;
use uuid::Uuid;

use crate::bodies::{message, store, work};
use crate::shop::Shop;

type Outcome = Result<Configured, Error>;

pub fn by(person: &Person) -> By {
    By::Person(person.clone())
}

pub fn named(queue: QueueId, name: &str) -> SetupCommand {
    SetupCommand::ChangeQueue { queue, change: QueueChange { name: Some(name.to_owned()), ..QueueChange::default() } }
}

pub fn patient(queue: QueueId, minutes: i32) -> SetupCommand {
    SetupCommand::ChangeQueue { queue, change: QueueChange { promise_minutes: Some(minutes), ..QueueChange::default() } }
}

pub fn refusal(outcome: Outcome) -> SetupRefusal {
    match outcome {
        Err(Error::Refused(Refusal::SetUp(refusal))) => refusal,
        other => panic!("{other:?}"),
    }
}

impl Shop {
    pub async fn set_up_now(&self) -> Setup {
        let mut client = self.store.client().await.unwrap();
        let transaction = Transaction::begin(&mut client);
        setups::load(&transaction, self.workspace, &[]).await.unwrap()
    }
}

pub async fn with_two_administrators() -> (Shop, Person, Person) {
    let shop = Shop::opens().await;
    let (iris, hal) = (shop.hires("Iris", Role::Admin, 8).await, shop.hires("Hal", Role::Admin, 8).await);
    (shop, iris, hal)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_at_once_lose_nothing_of_each_other_silently() {
    let (shop, iris, hal) = with_two_administrators().await;
    let nodes = [shop.node(4), shop.node(4)];
    let looked = nodes[0].runner.configure(shop.workspace, &by(&iris), named(shop.support, "Help"), None).await.unwrap().seq;
    let (iris, hal) = (by(&iris), by(&hal));
    let (named, timed) = tokio::join!(
        nodes[0].runner.configure(shop.workspace, &iris, named(shop.support, "Assistance"), Some(looked)),
        nodes[1].runner.configure(shop.workspace, &hal, patient(shop.support, 60), Some(looked)),
    );
    let both = (named.unwrap(), timed.unwrap());
    assert_ne!(both.0.seq, both.1.seq);
    let queue = &shop.set_up_now().await.queues[&shop.support];
    assert_eq!((queue.name.as_str(), queue.promise_minutes), ("Assistance", 60), "different parts of one thing");
    let late = nodes[1].runner.configure(shop.workspace, &hal, self::named(shop.support, "Service"), Some(looked)).await;
    assert_eq!(refusal(late), SetupRefusal::ChangedMeanwhile { name: Some("Iris".to_owned()) });
    let agrees = nodes[1].runner.configure(shop.workspace, &hal, self::named(shop.support, "Assistance"), Some(looked)).await;
    assert_eq!(agrees.unwrap().events, [], "both want the same");
    assert_eq!(shop.set_up_now().await.queues[&shop.support].name, "Assistance");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_of_the_set_up_has_no_gap_whoever_changes_it_at_once() {
    let (shop, iris, hal) = with_two_administrators().await;
    let nodes = [shop.node(4), shop.node(4)];
    let people = join_all((0..6).map(|number| shop.hires(["A", "B", "C", "D", "E", "F"][number], Role::Agent, 8))).await;
    let administrators = [by(&iris), by(&hal)];
    let own = people.iter().enumerate().map(|(number, person)| {
        let command = SetupCommand::availability(person.user, Availability::Away);
        let (runner, who) = (&nodes[number % 2].runner, by(person));
        async move { runner.configure(shop.workspace, &who, command, None).await }
    });
    let set_up = (0..6).map(|number| {
        let (runner, who) = (&nodes[number % 2].runner, &administrators[number % 2]);
        runner.configure(shop.workspace, who, patient(shop.orders, i32::try_from(number).unwrap() + 20), None)
    });
    let (own, set_up) = tokio::join!(join_all(own), join_all(set_up));
    assert!(own.iter().chain(&set_up).all(Result::is_ok), "{own:?} {set_up:?}");
    let seqs: Vec<i64> = shop.store.setup_events_before(shop.workspace, i64::MAX, 100).await.unwrap().iter().map(|it| it.seq).collect();
    assert_eq!(seqs, (1..=12).rev().collect::<Vec<_>>());
    assert_eq!(shop.count("SELECT count(*) FROM agents WHERE availability = 'away'").await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_is_undone_while_it_stands_as_it_was_left() {
    let (shop, iris, hal) = with_two_administrators().await;
    let runner = shop.node(4).runner;
    let before = shop.set_up_now().await;
    let (reply, body) = (CannedReplyId(Uuid::now_v7()), "Hello!".to_owned());
    let several = SetupCommand::Several(vec![
        named(shop.support, "Help"),
        SetupCommand::AddCannedReply { reply, new: CannedReply { shortcut: "hello".to_owned(), body, ..CannedReply::default() } },
    ]);
    let act = runner.configure(shop.workspace, &by(&iris), several, None).await.unwrap();
    assert_eq!(act.events.len(), 2);
    let undone = runner.undo_setup(shop.workspace, &by(&hal), act.seq - 1).await.unwrap();
    assert_eq!(shop.set_up_now().await, before, "the whole act, whichever of its events is named");
    assert_eq!(refusal(runner.undo_setup(shop.workspace, &by(&hal), act.seq).await), SetupRefusal::ChangedSince);
    runner.undo_setup(shop.workspace, &by(&iris), undone.seq).await.unwrap();
    assert_eq!(shop.set_up_now().await.canned_replies[&reply].shortcut, "hello");
    assert!(matches!(runner.undo_setup(shop.workspace, &by(&iris), 999).await, Err(Error::NotFound)));
    let agent = shop.hires("Ana", Role::Agent, 8).await;
    let denied = runner.undo_setup(shop.workspace, &by(&agent), undone.seq).await;
    assert!(matches!(denied, Err(Error::Refused(Refusal::NotAllowed))), "{denied:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_a_queue_that_is_removed_goes_where_it_was_sent_also_what_comes_late() {
    let (shop, iris, _) = with_two_administrators().await;
    let node = shop.node(4);
    let [desk, third] = [(), ()].map(|()| QueueId(Uuid::now_v7()));
    for (id, key) in [(desk, "desk"), (third, "third")] {
        let queue = Queue { id, key: key.to_owned(), name: key.to_owned(), team: shop.team, hours: Hours::always(), promise_minutes: 5 };
        node.runner.configure(shop.workspace, &by(&iris), SetupCommand::AddQueue { queue }, None).await.unwrap();
    }
    let mut waiting = shop.customers_wait(desk, 130).await;
    let held = waiting.split_off(125);
    for (number, state) in ["open", "snoozed", "resolved", "resolved", "resolved"].into_iter().enumerate() {
        let end = "controller = 'nobody', queued_at = NULL, state = $2";
        shop.execute(&format!("UPDATE conversations SET {end} WHERE id = $1"), &[&held[number].0, &state]).await;
    }
    let places = "SELECT id, queued_at FROM conversations ORDER BY queued_at, id";
    let before: Vec<(Uuid, Option<jiff::Timestamp>)> = shop.rows(places, &[]).await.iter().map(|row| (row.get(0), row.get(1))).collect();
    let removal = |queue, to| SetupCommand::RemoveQueue { queue, to };
    let act = node.runner.configure(shop.workspace, &by(&iris), removal(desk, third), None).await.unwrap();
    let of = async |queue: QueueId| shop.count(&format!("SELECT count(*) FROM conversations WHERE queue_id = '{queue}'")).await;
    assert_eq!((of(desk).await, of(third).await), (0, 130));
    let after: Vec<(Uuid, Option<jiff::Timestamp>)> = shop.rows(places, &[]).await.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(after, before, "everybody keeps their place");
    // Whoever read the set-up a moment before still puts somebody there, and then that queue's successor goes too.
    shop.execute("UPDATE conversations SET queue_id = $2 WHERE id = $1", &[&waiting[0].0, &desk.0]).await;
    node.runner.configure(shop.workspace, &by(&iris), removal(third, shop.support), None).await.unwrap();
    node.runner.move_what_is_in_removed_queues().await.unwrap();
    assert_eq!((of(desk).await, of(third).await, of(shop.support).await), (0, 0, 130));
    assert_eq!(node.runner.store().removed_queues_in_use().await.unwrap(), []);
    node.runner.undo_setup(shop.workspace, &by(&iris), act.seq).await.unwrap();
    assert!(shop.set_up_now().await.queues.contains_key(&desk));
    shop.execute("UPDATE conversations SET queue_id = $2 WHERE id = $1", &[&waiting[0].0, &desk.0]).await;
    node.runner.move_what_is_in_removed_queues().await.unwrap();
    assert_eq!(of(desk).await, 1, "it is there again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_is_too_large_to_be_read_whole_is_not_taken_back_in_part() {
    let (shop, iris, _) = with_two_administrators().await;
    let runner = shop.node(4).runner;
    let act = runner.configure(shop.workspace, &by(&iris), named(shop.support, "Help"), None).await.unwrap();
    let most = setups::MOST_OF_ACT;
    let more = "
        INSERT INTO events (workspace_id, subject_kind, subject_id, seq, at, kind, place, event)
        SELECT workspace_id, subject_kind, subject_id, seq + more, at, kind, place, event
        FROM events, generate_series($2::bigint, $3::bigint) AS more
        WHERE subject_kind = 'setup' AND seq = $1";
    for (from, to, told) in [(1, most - 2, SetupRefusal::ChangedSince), (most - 1, most - 1, SetupRefusal::CannotBeUndone)] {
        shop.execute(more, &[&act.seq, &from, &to]).await;
        assert_eq!(refusal(runner.undo_setup(shop.workspace, &by(&iris), act.seq).await), told);
    }
    assert_eq!(shop.set_up_now().await.queues[&shop.support].name, "Help");
}

/// Whoever looked so long ago that not all that happened since is read has not seen what they would overwrite.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_looked_very_long_ago_overwrites_nothing() {
    let (shop, iris, hal) = with_two_administrators().await;
    let runner = shop.node(4).runner;
    let looked = runner.configure(shop.workspace, &by(&iris), named(shop.orders, "Sales"), None).await.unwrap().seq;
    let more = "
        INSERT INTO events (workspace_id, subject_kind, subject_id, seq, at, kind, place, event)
        SELECT workspace_id, subject_kind, subject_id, seq + more, at, kind, place, event
        FROM events, generate_series(1, $2::bigint) AS more
        WHERE subject_kind = 'setup' AND seq = $1";
    shop.execute(more, &[&looked, &setups::MOST_SINCE]).await;
    shop.execute("UPDATE setups SET last_seq = last_seq + $1", &[&setups::MOST_SINCE]).await;
    runner.configure(shop.workspace, &by(&hal), named(shop.support, "Help"), None).await.unwrap();
    let late = runner.configure(shop.workspace, &by(&iris), named(shop.support, "Assistance"), Some(looked)).await;
    assert_eq!(refusal(late), SetupRefusal::ChangedMeanwhile { name: None });
    assert_eq!(shop.set_up_now().await.queues[&shop.support].name, "Help");
}

/// What commands speak of beside what they change.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_put_together_with_what_belongs_to_another_workspace() {
    let (shop, iris, _) = with_two_administrators().await;
    let runner = shop.node(4).runner;
    let theirs = |command| runner.configure(shop.workspace, &By::CommandLine, command, None);
    let (tag, role) = (TagId(Uuid::now_v7()), RoleId(Uuid::now_v7()));
    let vip = |archived| Tag { name: "VIP".to_owned(), colour: "red".to_owned(), archived, merged_into: None };
    let rights = Role::Agent.rights().unwrap();
    theirs(SetupCommand::AddTag { tag, new: vip(false) }).await.unwrap();
    theirs(SetupCommand::AddRole { role, new: value::Role { name: "Trainee".to_owned(), rights } }).await.unwrap();
    let flow = *shop.set_up_now().await.flows.keys().next().unwrap();

    let own = WorkspaceId(Uuid::now_v7());
    shop.store.create_workspace(own, "Other Shop", "en", "UTC").await.unwrap();
    let does = |command| runner.configure(own, &By::CommandLine, command, None);
    let (team, queue, member) = (TeamId(Uuid::now_v7()), QueueId(Uuid::now_v7()), UserId(Uuid::now_v7()));
    let (reply, mine) = (CannedReplyId(Uuid::now_v7()), TagId(Uuid::now_v7()));
    let sales = |id, team| Queue { id, key: id.0.to_string(), name: "Sales".to_owned(), team, hours: Hours::always(), promise_minutes: 10 };
    let hello = CannedReply { shortcut: "hello".to_owned(), body: "Hello!".to_owned(), ..CannedReply::default() };
    let new = NewMember {
        name: "Eve".to_owned(),
        email: "eve@example.com".parse().unwrap(),
        role: Role::Admin,
        locale: "en".to_owned(),
        capacity: 8,
        teams: NewTeams::These([team].into()),
        languages: BTreeSet::new(),
    };
    does(SetupCommand::AddTeam { team, name: "Sales".to_owned() }).await.unwrap();
    does(SetupCommand::AddMember { member, new, password: Secret::new("hash".to_owned()) }).await.unwrap();
    does(SetupCommand::AddQueue { queue: sales(queue, team) }).await.unwrap();
    does(SetupCommand::AddCannedReply { reply, new: hello }).await.unwrap();
    does(SetupCommand::AddTag { tag: mine, new: vip(true) }).await.unwrap();
    let before = runner.workplaces().setup(own).await.unwrap();

    let change = |change| SetupCommand::ChangeMember { member, change };
    let reply_of = |team, owner| SetupCommand::ChangeCannedReply {
        reply,
        change: CannedReplyChange { team: Some(team), owner: Some(owner), ..CannedReplyChange::default() },
    };
    let invites = |role, teams: &[TeamId]| SetupCommand::Invite {
        invitation: InvitationId(Uuid::now_v7()),
        new: NewInvitation {
            email: None,
            role,
            capacity: 8,
            teams: teams.iter().copied().collect(),
            languages: BTreeSet::new(),
            expires_at: Timestamp::MAX,
        },
        secret: Secret::new(String::new()),
    };
    let connects = |flow, default_queue| SetupCommand::ConnectInbox {
        inbox: InboxId(Uuid::now_v7()),
        new: Inbox {
            name: "Main".to_owned(),
            channel: Channel::WHATSAPP,
            flow,
            default_queue,
            reopen_hours: 24,
            number: None,
            state: InboxState::Active,
        },
        token: Secret::new("token".to_owned()),
    };
    let asks_code = SecurityChange { second_factor_roles: Some([role.to_string()].into()), ..SecurityChange::default() };
    for (command, thing) in [
        (SetupCommand::AddQueue { queue: sales(QueueId(Uuid::now_v7()), shop.team) }, Thing::Team),
        (SetupCommand::ChangeQueue { queue, change: QueueChange { team: Some(shop.team), ..QueueChange::default() } }, Thing::Team),
        (SetupCommand::RemoveQueue { queue, to: shop.support }, Thing::Queue),
        (reply_of(Some(shop.team), None), Thing::Team),
        (reply_of(None, Some(iris.user)), Thing::Member),
        (SetupCommand::MergeTag { tag: mine, into: tag }, Thing::Tag),
        (change(MemberChange { teams: Some([team, shop.team].into()), ..MemberChange::default() }), Thing::Team),
        (change(MemberChange { role: Some(Role::Own(role)), ..MemberChange::default() }), Thing::Role),
        (SetupCommand::Deactivate { member, successor: Some(iris.user) }, Thing::Member),
        (invites(Role::Own(role), &[]), Thing::Role),
        (invites(Role::Agent, &[shop.team]), Thing::Team),
        (SetupCommand::ChangeSecurity { change: asks_code }, Thing::Role),
        (connects(None, shop.support), Thing::Queue),
        (connects(Some(flow), queue), Thing::Flow),
    ] {
        let words = format!("{command:?}");
        assert_eq!(refusal(does(command).await), SetupRefusal::Unknown(thing), "{words}");
    }
    assert_eq!(runner.workplaces().setup(own).await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_workspace_is_not_there() {
    let (shop, iris, _) = with_two_administrators().await;
    let runner = shop.node(4).runner;
    let other = WorkspaceId(Uuid::now_v7());
    shop.store.create_workspace(other, "Other Shop", "en", "UTC").await.unwrap();
    for (command, thing) in [
        (SetupCommand::Deactivate { member: iris.user, successor: None }, Thing::Member),
        (SetupCommand::availability(iris.user, Availability::Away), Thing::Member),
        (named(shop.support, "Theirs"), Thing::Queue),
        (SetupCommand::RenameTeam { team: shop.team, name: "Theirs".to_owned() }, Thing::Team),
        (SetupCommand::ReplaceAccessToken { inbox: shop.inbox, token: Secret::new("theirs".to_owned()) }, Thing::Inbox),
    ] {
        assert_eq!(refusal(runner.configure(other, &By::CommandLine, command, None).await), SetupRefusal::Unknown(thing));
    }
    let act = runner.configure(shop.workspace, &by(&iris), named(shop.support, "Help"), None).await.unwrap();
    assert!(matches!(runner.undo_setup(other, &By::CommandLine, act.seq).await, Err(Error::NotFound)));
    let nowhere = runner.configure(WorkspaceId(Uuid::now_v7()), &By::CommandLine, named(shop.support, "x"), None).await;
    assert!(matches!(nowhere, Err(Error::NotFound)), "{nowhere:?}");
    assert_eq!(shop.set_up_now().await.queues[&shop.support].name, "Help");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_the_journal() {
    let (shop, iris, _) = with_two_administrators().await;
    let runner = shop.node(4).runner;
    let secret = || Secret::new("horse".to_owned());
    for command in [
        SetupCommand::ReplacePassword { member: iris.user, hash: secret() },
        SetupCommand::ReplaceAccessToken { inbox: shop.inbox, token: secret() },
    ] {
        runner.configure(shop.workspace, &by(&iris), command, None).await.unwrap();
    }
    assert_eq!(shop.count("SELECT count(*) FROM accounts WHERE password_hash = 'horse'").await, 1);
    assert_eq!(runner.workplaces().connection(shop.workspace, shop.inbox).await.unwrap().unwrap().secret().unwrap(), "horse");
    let journal = shop.rows("SELECT events::text, kind FROM events WHERE subject_kind = 'setup' ORDER BY seq", &[]).await;
    assert_eq!(journal.iter().map(|row| row.get::<_, String>(1)).collect::<Vec<_>>(), ["password_replaced", "access_token_replaced"]);
    assert!(journal.iter().all(|row| !row.get::<_, String>(0).contains("horse")));
}

/// Redis is away here: nobody hears anything, and the versions are compared instead.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_deactivated_by_an_undo_leaves_as_anybody_does() {
    let (shop, iris, _) = with_two_administrators().await;
    let runner = shop.node(4).runner;
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    shop.execute("UPDATE users SET active = false WHERE id = $1", &[&ana.user.0]).await;
    let comes = runner.configure(shop.workspace, &by(&iris), SetupCommand::Activate { member: ana.user }, None).await.unwrap();
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    runner.run(shop.workspace, conversation, Command::Take { by: ana.clone() }).await.unwrap();
    runner.undo_setup(shop.workspace, &by(&iris), comes.seq).await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM conversations WHERE controller = 'queue'").await, 1);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_made_on_one_node_takes_conversations_on_another_though_nobody_told() {
    let (shop, iris, _) = with_two_administrators().await;
    let (here, there) = (shop.node(4), shop.node(4));
    there.runner.workplaces().get(shop.workspace).await.unwrap();
    let repairs = QueueId(Uuid::now_v7());
    let (key, name) = ("repairs".to_owned(), "Repairs".to_owned());
    let queue = Queue { id: repairs, key, name, team: shop.team, hours: Hours::always(), promise_minutes: 10 };
    let flow = FlowId(shop.rows("SELECT id FROM flows", &[]).await[0].get(0));
    let definition = serde_json::json!({
        "format": 1, "name": "Repairs", "start": "over", "default_queue": "repairs",
        "nodes": { "over": { "kind": "hand_off", "queue": "repairs" } },
    });
    let act = SetupCommand::Several(vec![SetupCommand::AddQueue { queue }, SetupCommand::PublishFlow { flow, definition }]);
    here.runner.configure(shop.workspace, &by(&iris), act, None).await.unwrap();
    there.runner.workplaces().compare().await.unwrap();
    store(&shop.store, &[message("4917", "wamid.1", "my lamp is broken")]).await;
    while work(&there.runner).await {}
    let (lanes, _) = shop.store.lanes_left_behind(baton::runner::now() + jiff::SignedDuration::from_hours(1), None).await.unwrap();
    for lane in lanes {
        there.runner.run_lane(lane).await.unwrap();
    }
    let queued = shop.rows("SELECT queue_id FROM conversations", &[]).await;
    assert_eq!(queued.iter().map(|row| QueueId(row.get(0))).collect::<Vec<_>>(), [repairs]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_another_app_speaks_for_is_not_heard_in_bodies_of_the_one_before() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let hears = async |wamid: &str| {
        store(&shop.store, &[message("447700900001", wamid, "hello")]).await;
        while work(&node.runner).await {}
        shop.count("SELECT count(*) FROM messages WHERE direction = 'inbound'").await
    };
    assert_eq!(hears("wamid.1").await, 1);
    shop.execute("INSERT INTO apps (app_id, app_secret, verify_token) VALUES ('1999', 's', 't')", &[]).await;
    shop.execute("UPDATE whatsapp_numbers SET app_id = '1999'", &[]).await;
    shop.execute("UPDATE setups SET version = version + 1", &[]).await;
    node.runner.workplaces().compare().await.unwrap();
    assert_eq!(hears("wamid.2").await, 1);
}

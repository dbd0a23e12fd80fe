//! What supervisors do on the floor: to many conversations as one act, with routing and other supervisors at it, and taken back as one.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use baton::domain::Refusal;
use baton::domain::access::{Permission, Permissions, Rights, Role, Visibility};
use baton::domain::agent::Availability;
use baton::domain::command::{Command, Person};
use baton::domain::floor::{Came, Floor, FloorAct, Left, MOST_AT_ONCE, Scope};
use baton::domain::ids::{ConversationId, FloorActId, QueueId, UserId, WorkspaceId};
use baton::domain::setup::{By, SetupCommand};
use baton::domain::signing_off::SigningOff;
use baton::runner::floor::FloorWish;
use baton::runner::{Error, Runner, now};
use uuid::Uuid;

use crate::shop::{Node, Shop};

/// A shop where so many wait in a queue, a node, and somebody who may move them.
async fn waiting(count: i64) -> (Shop, Node, Person, Vec<ConversationId>) {
    let shop = Shop::opens().await;
    let node = shop.node(8);
    let iris = shop.hires("Iris", Role::Supervisor, 99).await;
    let conversations = shop.customers_wait(shop.support, count).await;
    (shop, node, iris, conversations)
}

/// As [`waiting`]; somebody holds them.
async fn held(count: i64) -> (Shop, Node, Person, Person, Vec<ConversationId>) {
    let (shop, node, iris, conversations) = waiting(count).await;
    let ana = shop.hires("Ana", Role::Agent, 99).await;
    for conversation in &conversations {
        node.runner.run(shop.workspace, *conversation, Command::Take { by: ana.clone() }).await.unwrap();
    }
    (shop, node, iris, ana, conversations)
}

fn fresh() -> FloorActId {
    FloorActId(Uuid::now_v7())
}

fn done(done: usize) -> Came {
    Came { done, ..Came::default() }
}

impl Shop {
    async fn moves(&self, runner: &Runner, by: &Person, id: FloorActId, count: u16) -> Result<Came, Error> {
        let wish = FloorWish::Move { from: self.support, to: self.orders, count };
        runner.act_on_floor(self.workspace, by.clone(), id, wish).await
    }

    async fn in_line(&self, queue: QueueId) -> Vec<ConversationId> {
        let sql = "SELECT id FROM conversations WHERE queue_id = $1 AND controller = 'queue' ORDER BY queued_at, id";
        self.rows(sql, &[&queue.0]).await.iter().map(|row| ConversationId(row.get(0))).collect()
    }

    /// All that undoing gives back.
    async fn standing(&self) -> Vec<String> {
        let sql = "SELECT concat_ws(' ', id, state, controller, agent_id, last_agent_id, queue_id, queued_at, assigned_at, waiting_since)
                   FROM conversations ORDER BY id";
        self.rows(sql, &[]).await.iter().map(|row| row.get(0)).collect()
    }

    async fn available(&self, of: &Person) -> String {
        self.rows("SELECT availability FROM agents WHERE user_id = $1", &[&of.user.0]).await[0].get(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_wait_in_another_queue_by_how_long_they_have_waited_and_are_back_in_line_when_that_is_undone() {
    let (shop, node, iris, _) = waiting(7).await;
    let theirs = shop.customers_wait(shop.orders, 2).await;
    shop.execute("UPDATE conversations SET queued_at = queued_at + interval '1 second' WHERE queue_id = $1", &[&shop.orders.0]).await;
    let (before, line) = (shop.standing().await, shop.in_line(shop.support).await);
    let id = fresh();
    assert_eq!(shop.moves(&node.runner, &iris, id, 5).await.unwrap(), done(5));
    assert_eq!(shop.in_line(shop.support).await, line[5..]);
    let moved = shop.in_line(shop.orders).await;
    assert_eq!(moved[..5], line[..5], "each as long waiting as before: ahead of who came later");
    assert_eq!(moved[5..].iter().collect::<BTreeSet<_>>(), theirs.iter().collect());
    assert_eq!(shop.count("SELECT count(*) FROM floor_acts WHERE cardinality(conversation_ids) = 5").await, 1, "one entry");
    let by = "SELECT count(*) FROM events WHERE kind = 'conversation_transferred' AND event #>> '{by,name}' = 'Iris'";
    assert_eq!(shop.count(by).await, 5, "each thread says who did it");
    assert_eq!(node.runner.undo_on_floor(shop.workspace, iris.clone(), id).await.unwrap(), done(5));
    assert_eq!(shop.standing().await, before);
    assert_eq!(shop.in_line(shop.support).await, line);
    let again = node.runner.undo_on_floor(shop.workspace, iris, id).await;
    assert!(matches!(again, Err(Error::Refused(Refusal::Duplicate))), "{again:?}");
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_comes_twice_is_one_act() {
    let (shop, node, iris, _) = waiting(6).await;
    let id = fresh();
    let (one, other) = tokio::join!(shop.moves(&node.runner, &iris, id, 2), shop.moves(&node.runner, &iris, id, 2));
    let is_duplicate = |came: &Result<Came, Error>| matches!(came, Err(Error::Refused(Refusal::Duplicate)));
    assert!(is_duplicate(&one) != is_duplicate(&other), "{one:?} {other:?}");
    assert_eq!(shop.in_line(shop.orders).await.len(), 2);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_supervisors_who_move_the_same_fifty_each_conversation_is_moved_by_one_and_both_are_told_how_many() {
    let (shop, node, iris, _) = waiting(50).await;
    let (another, jo) = (shop.node(8), shop.hires("Jo", Role::Supervisor, 99).await);
    let (one, other) = tokio::join!(shop.moves(&node.runner, &iris, fresh(), 50), async {
        let wish = FloorWish::Move { from: shop.support, to: shop.orders, count: 50 };
        another.runner.act_on_floor(shop.workspace, jo.clone(), fresh(), wish).await
    });
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.done + other.done, 50, "{one:?} {other:?}");
    for came in [one, other] {
        assert_eq!((came.left.no_room, came.left.busy), (0, 0), "{came:?}");
    }
    assert_eq!(shop.in_line(shop.orders).await.len(), 50);
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'conversation_transferred'").await, 50);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_meanwhile_is_left_alone_and_told_when_it_is_moved_and_when_that_is_undone() {
    let (shop, node, iris, _) = waiting(4).await;
    let ana = shop.hires("Ana", Role::Agent, 99).await;
    let id = fresh();
    assert_eq!(shop.moves(&node.runner, &iris, id, 4).await.unwrap(), done(4));
    let moved = shop.in_line(shop.orders).await;
    node.runner.run(shop.workspace, moved[1], Command::Take { by: ana.clone() }).await.unwrap();
    let came = node.runner.undo_on_floor(shop.workspace, iris.clone(), id).await.unwrap();
    assert_eq!(came, Came { done: 3, left: Left { elsewhere: 1, ..Left::default() }, is_set_again: false });
    assert_eq!(shop.in_line(shop.support).await, [moved[0], moved[2], moved[3]]);
    assert_eq!(shop.count("SELECT undone::bigint FROM floor_acts").await, 3);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_somebody_is_changing_is_tried_again_and_then_left_with_a_word() {
    let (shop, node, iris, conversations) = waiting(3).await;
    let mut client = shop.store.client().await.unwrap();
    let holding = client.transaction().await.unwrap();
    let lock = "SELECT FROM contacts WHERE id = (SELECT contact_id FROM conversations WHERE id = $1) FOR UPDATE";
    holding.execute(lock, &[&conversations[0].0]).await.unwrap();
    let came = shop.moves(&node.runner, &iris, fresh(), 3).await.unwrap();
    assert_eq!(came, Came { done: 2, left: Left { busy: 1, ..Left::default() }, is_set_again: false });
    holding.rollback().await.unwrap();
    assert_eq!(shop.in_line(shop.support).await, [conversations[0]]);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_holds_is_back_in_front_of_those_who_came_later_and_they_are_away() {
    let (shop, node, iris, ana, conversations) = held(3).await;
    let later = shop.customers_wait(shop.support, 2).await;
    let before = shop.standing().await;
    let id = fresh();
    let wish = FloorWish::Return { from: ana.user, and_away: true };
    assert_eq!(node.runner.act_on_floor(shop.workspace, iris.clone(), id, wish).await.unwrap(), done(3));
    let line = shop.in_line(shop.support).await;
    assert_eq!(line[..3].iter().collect::<BTreeSet<_>>(), conversations.iter().collect());
    assert_eq!(line[3..].iter().collect::<BTreeSet<_>>(), later.iter().collect());
    assert_eq!(
        (shop.available(&ana).await.as_str(), shop.count("SELECT load::bigint FROM agents WHERE load > 0 UNION ALL SELECT 0").await),
        ("away", 0)
    );
    assert_eq!(node.runner.undo_on_floor(shop.workspace, iris, id).await.unwrap(), done(3));
    assert_eq!((shop.standing().await, shop.available(&ana).await.as_str()), (before, "online"));
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_again_since_stays_when_the_act_is_undone() {
    let (shop, node, iris, ana, _) = held(1).await;
    let id = fresh();
    let wish = FloorWish::Return { from: ana.user, and_away: true };
    node.runner.act_on_floor(shop.workspace, iris.clone(), id, wish).await.unwrap();
    for to in [Availability::Online, Availability::Away] {
        let command = SetupCommand::availability(ana.user, to);
        node.runner.configure(shop.workspace, &By::Person(ana.clone()), command, None).await.unwrap();
    }
    let came = node.runner.undo_on_floor(shop.workspace, iris, id).await.unwrap();
    assert_eq!(came, Came { done: 1, left: Left::default(), is_set_again: true });
    assert_eq!(shop.available(&ana).await, "away", "they said so themselves");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_over_fills_the_room_there_is_and_the_rest_stays_with_whoever_had_it() {
    let (shop, node, iris, ana, _) = held(5).await;
    let ben = shop.hires("Ben", Role::Agent, 3).await;
    let before = shop.standing().await;
    let id = fresh();
    let wish = FloorWish::HandOver { from: ana.user, to: ben.user };
    let came = node.runner.act_on_floor(shop.workspace, iris.clone(), id, wish).await.unwrap();
    assert_eq!(came, Came { done: 3, left: Left { no_room: 2, ..Left::default() }, is_set_again: false });
    let load = async |of: &Person| -> i32 { shop.rows("SELECT load FROM agents WHERE user_id = $1", &[&of.user.0]).await[0].get(0) };
    assert_eq!((load(&ana).await, load(&ben).await), (2, 3));
    assert_eq!(node.runner.undo_on_floor(shop.workspace, iris, id).await.unwrap(), done(3));
    assert_eq!(shop.standing().await, before);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_given_how_much_is_set_and_set_back_and_nothing_else_of_a_colleague() {
    let (shop, node, iris, _) = waiting(0).await;
    let ana = shop.hires("Ana", Role::Agent, 4).await;
    let (first, second) = (fresh(), fresh());
    let act = async |id, wish| node.runner.act_on_floor(shop.workspace, iris.clone(), id, wish).await;
    act(first, FloorWish::Availability { of: ana.user, to: Availability::Away }).await.unwrap();
    act(second, FloorWish::Capacity { of: ana.user, to: 9 }).await.unwrap();
    let capacity = async || shop.rows("SELECT capacity FROM agents WHERE user_id = $1", &[&ana.user.0]).await[0].get::<_, i32>(0);
    assert_eq!((shop.available(&ana).await.as_str(), capacity().await), ("away", 9));
    let wrong = act(fresh(), FloorWish::Capacity { of: ana.user, to: -1 }).await;
    assert!(matches!(wrong, Err(Error::Refused(Refusal::SetUp(_)))), "{wrong:?}");
    for id in [second, first] {
        node.runner.undo_on_floor(shop.workspace, iris.clone(), id).await.unwrap();
    }
    assert_eq!((shop.available(&ana).await.as_str(), capacity().await), ("online", 4));
    let role = SetupCommand::role(ana.user, Role::Supervisor);
    let refused = node.runner.configure(shop.workspace, &By::Person(iris.clone()), role, None).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::NotAllowed))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_supervise_does_nothing_here_and_undoes_nobody_elses_act_and_nothing_old() {
    let (shop, node, iris, _) = waiting(2).await;
    let ana = shop.hires("Ana", Role::Agent, 9).await;
    let refused = shop.moves(&node.runner, &ana, fresh(), 2).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::NotAllowed))), "{refused:?}");
    assert_eq!(shop.count("SELECT count(*) FROM floor_acts").await, 0);
    let id = fresh();
    shop.moves(&node.runner, &iris, id, 2).await.unwrap();
    let jo = shop.hires("Jo", Role::Supervisor, 9).await;
    let not_theirs = node.runner.undo_on_floor(shop.workspace, jo, id).await;
    assert!(matches!(not_theirs, Err(Error::Refused(Refusal::NothingToUndo))), "{not_theirs:?}");
    let elsewhere = node.runner.undo_on_floor(WorkspaceId(Uuid::now_v7()), iris.clone(), id).await;
    assert!(matches!(elsewhere, Err(Error::NotFound)), "{elsewhere:?}");
    shop.execute("UPDATE floor_acts SET at = at - interval '31 seconds'", &[]).await;
    let late = node.runner.undo_on_floor(shop.workspace, iris, id).await;
    assert!(matches!(late, Err(Error::Refused(Refusal::TooLateToUndo))), "{late:?}");
}

/// Of an act that is being taken back, nothing more is done that nobody could take back.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_while_it_is_done_ends_there() {
    let (shop, node, iris, conversations) = waiting(3).await;
    let id = fresh();
    shop.moves(&node.runner, &iris, id, 1).await.unwrap();
    let undone = "CREATE FUNCTION undone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.undone_at := now(); RETURN NEW; END $$;
                  CREATE TRIGGER undone BEFORE INSERT ON floor_acts FOR EACH ROW EXECUTE FUNCTION undone()";
    shop.store.client().await.unwrap().batch_execute(undone).await.unwrap();
    let came = shop.moves(&node.runner, &iris, fresh(), 2).await.unwrap();
    assert_eq!(came, Came { left: Left { busy: 2, ..Left::default() }, ..Came::default() });
    assert_eq!(shop.in_line(shop.support).await, conversations[1..]);
    assert_eq!(node.runner.undo_on_floor(shop.workspace, iris, id).await.unwrap(), done(1));
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_supervise_and_hand_on_nothing_takes_back_what_they_did() {
    let (shop, node, iris, _) = waiting(2).await;
    let permissions = Permissions::of(&[Permission::SeeInbox, Permission::Supervise]);
    let lead = Person { rights: Rights { permissions, ..iris.rights }, ..iris };
    let id = fresh();
    assert_eq!(shop.moves(&node.runner, &lead, id, 2).await.unwrap(), done(2));
    assert_eq!(node.runner.undo_on_floor(shop.workspace, lead, id).await.unwrap(), done(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signed_off_is_set_online_by_nobody_else_and_keeps_what_they_keep() {
    let (shop, node, iris, ana, _) = held(1).await;
    let until = baton::runner::now() + jiff::SignedDuration::from_mins(30);
    node.runner.sign_off(shop.workspace, ana.clone(), fresh(), SigningOff::Keep { until }).await.unwrap();
    let wish = FloorWish::Availability { of: ana.user, to: Availability::Online };
    let refused = node.runner.act_on_floor(shop.workspace, iris, fresh(), wish).await;
    assert!(matches!(&refused, Err(Error::Refused(Refusal::SignedOff { name })) if name == "Ana"), "{refused:?}");
    assert_eq!(shop.count("SELECT count(*) FROM agents WHERE keep_until IS NOT NULL").await, 1);
}

/// Whoever was set away and signed off since says themselves when they are back.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_signed_off_since_is_not_set_online_by_taking_back_that_they_were_set_away() {
    let (shop, node, iris, ana, _) = held(1).await;
    let id = fresh();
    let wish = FloorWish::Availability { of: ana.user, to: Availability::Away };
    node.runner.act_on_floor(shop.workspace, iris.clone(), id, wish).await.unwrap();
    let until = baton::runner::now() + jiff::SignedDuration::from_mins(30);
    node.runner.sign_off(shop.workspace, ana.clone(), fresh(), SigningOff::Keep { until }).await.unwrap();
    let came = node.runner.undo_on_floor(shop.workspace, iris, id).await.unwrap();
    assert_eq!(came, Came { is_set_again: true, ..Came::default() });
    assert_eq!(shop.count("SELECT count(*) FROM agents WHERE keep_until IS NOT NULL AND signed_off_at IS NOT NULL").await, 1);
}

/// One that cannot be read or written costs the others of its set nothing, and is told.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_always_fails_is_left_out_and_the_others_are_moved() {
    let (shop, node, iris, conversations) = waiting(3).await;
    let refused = "CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING ERRCODE = '22000'; END $$";
    shop.execute(refused, &[]).await;
    let trigger = format!(
        "CREATE TRIGGER refused BEFORE UPDATE ON conversations FOR EACH ROW WHEN (OLD.id = '{}') EXECUTE FUNCTION refused()",
        conversations[1].0
    );
    shop.execute(&trigger, &[]).await;
    let id = fresh();
    let came = shop.moves(&node.runner, &iris, id, 3).await.unwrap();
    assert_eq!(came, Came { done: 2, left: Left { failed: 1, ..Left::default() }, ..Came::default() });
    let entry = shop.store.floor_entry(shop.workspace, id).await.unwrap().unwrap().entry;
    assert_eq!((entry.came(), entry.undoable_until().is_some()), (came, true), "whoever reads of it later reads the same");
    assert_eq!(shop.in_line(shop.support).await, conversations[1..2]);
    assert_eq!(node.runner.undo_on_floor(shop.workspace, iris, id).await.unwrap(), done(2));
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sees_their_own_teams_only_moves_nothing_of_others() {
    let (shop, node, iris, ana, conversations) = held(2).await;
    let elsewhere = Uuid::now_v7();
    let sql = "WITH team AS (INSERT INTO teams (workspace_id, id, name) VALUES ($1, $2, 'Elsewhere'))
               INSERT INTO queues (workspace_id, id, key, name, team_id, hours)
               SELECT $1, $2, 'elsewhere', 'Elsewhere', $2, hours FROM queues WHERE workspace_id = $1 LIMIT 1";
    shop.execute(sql, &[&shop.workspace.0, &elsewhere]).await;
    shop.execute("UPDATE conversations SET queue_id = $1 WHERE id = $2", &[&elsewhere, &conversations[0].0]).await;
    let iris = Person { rights: Rights { visibility: Visibility::OwnTeams, ..iris.rights }, ..iris };
    let wish = FloorWish::Return { from: ana.user, and_away: false };
    assert_eq!(node.runner.act_on_floor(shop.workspace, iris.clone(), fresh(), wish).await.unwrap(), done(1));
    assert_eq!(shop.in_line(shop.support).await, [conversations[1]]);
    let there = FloorWish::Move { from: QueueId(elsewhere), to: shop.support, count: 9 };
    assert_eq!(node.runner.act_on_floor(shop.workspace, iris, fresh(), there).await.unwrap(), done(0));
    assert!(Permission::ALL.contains(&Permission::Supervise));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_is_bounded_and_written_in_sets_of_fifty() {
    let (shop, node, iris, _) = waiting(i64::from(MOST_AT_ONCE) + 20).await;
    let unfit = Refusal::CountUnfit { least: 1, most: MOST_AT_ONCE };
    for count in [0, MOST_AT_ONCE + 1] {
        assert!(matches!(shop.moves(&node.runner, &iris, fresh(), count).await, Err(Error::Refused(refusal)) if refusal == unfit));
    }
    assert_eq!(shop.moves(&node.runner, &iris, fresh(), MOST_AT_ONCE).await.unwrap(), done(MOST_AT_ONCE.into()));
    assert_eq!(shop.in_line(shop.support).await.len(), 20);
    let sets = "SELECT count(DISTINCT xmin::text) FROM events WHERE kind = 'conversation_transferred'";
    assert_eq!(shop.count(sets).await, i64::from(MOST_AT_ONCE / 50));
    let kept: serde_json::Value = shop.rows("SELECT act FROM floor_acts", &[]).await[0].get(0);
    assert!(matches!(serde_json::from_value(kept).unwrap(), FloorAct::Move { count: 500, .. }));
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_floor_counts_who_waits_who_is_late_and_what_was_done_today() {
    let (shop, node, iris, conversations) = waiting(3).await;
    let ana = shop.hires("Ana", Role::Agent, 9).await;
    let waits = "UPDATE conversations SET waiting_since = now() - $2 * interval '1 second' WHERE id = $1";
    // The promise is ten minutes.
    for (conversation, seconds) in conversations.iter().zip([601.0, 500.0, 10.0_f64]) {
        shop.execute(waits, &[&conversation.0, &seconds]).await;
    }
    node.runner.run(shop.workspace, conversations[2], Command::Take { by: ana.clone() }).await.unwrap();
    node.runner.run(shop.workspace, conversations[2], Command::Resolve { by: ana.clone() }).await.unwrap();
    let floor = async || {
        let figures = shop.store.floor(shop.workspace, now()).await.unwrap();
        Floor::of(figures, |user| user == ana.user, now())
    };
    let seen = floor().await;
    let support = seen.queue(shop.support).unwrap();
    assert_eq!((support.waiting, support.late, support.soon, support.here, support.with_room), (2, 1, 1, 1, 1));
    let shown = seen.person(ana.user).unwrap();
    assert_eq!((shown.answered, shown.resolved, shown.load), (0, 1, 0));
    assert!(seen.changes_at.is_some_and(|at| at > now()), "somebody will be late");
    node.runner.run(shop.workspace, conversations[0], Command::Take { by: ana.clone() }).await.unwrap();
    let shown = floor().await.person(ana.user).unwrap().clone();
    assert_eq!((shown.load, shown.level.as_str(), shown.alert().is_some()), (1, "late", true));
    let nobody = Scope::of(UserId(Uuid::nil()), Visibility::Mine, &BTreeSet::new(), None);
    let whole = floor().await;
    assert_eq!(whole.seen_in(&nobody), Floor { queues: Vec::new(), people: Vec::new(), ..whole });
    assert!(iris.rights.may(Permission::Supervise));
}

/// Another two hundred people and forty queues in which five thousand wait.
const LARGE: &str = "
    WITH made AS (
        INSERT INTO teams (workspace_id, id, name)
        SELECT '{w}', gen_random_uuid(), 'Team ' || n FROM generate_series(1, 40) AS n
        RETURNING id
    )
    INSERT INTO queues (workspace_id, id, key, name, team_id, hours)
    SELECT '{w}', made.id, 'k' || made.id, 'Queue', made.id, queues.hours FROM made, queues WHERE queues.key = 'support';
    INSERT INTO accounts (id, email, password_hash)
    SELECT gen_random_uuid(), n || '@example.org', '' FROM generate_series(1, 200) AS n;
    INSERT INTO users (workspace_id, id, account_id, name, role)
    SELECT '{w}', id, id, email, 'agent' FROM accounts WHERE email LIKE '%@example.org';
    INSERT INTO agents (workspace_id, user_id) SELECT '{w}', id FROM accounts WHERE email LIKE '%@example.org';
    INSERT INTO team_members (workspace_id, team_id, user_id)
    SELECT '{w}', (SELECT id FROM teams ORDER BY id LIMIT 1), id FROM accounts WHERE email LIKE '%@example.org';
    ANALYZE";

#[tokio::test(flavor = "multi_thread")]
async fn a_floor_is_read_by_as_many_statements_however_much_is_on_it() {
    const MOST: usize = 6;
    let (shop, _, _, _) = waiting(1).await;
    let (node, trips) = shop.counted_node();
    let reads = async || {
        // What is prepared once is prepared by then.
        node.runner.store().floor(shop.workspace, now()).await.unwrap();
        let before = trips.count.load(Ordering::SeqCst);
        let floor = node.runner.store().floor(shop.workspace, now()).await.unwrap();
        (trips.count.load(Ordering::SeqCst) - before, floor.queues.len(), floor.people.len())
    };
    let (few, queues, _) = reads().await;
    assert!(queues == 3 && few <= MOST, "{queues} {few}");
    shop.store.client().await.unwrap().batch_execute(&LARGE.replace("{w}", &shop.workspace.to_string())).await.unwrap();
    shop.customers_wait(shop.support, 5_000).await;
    let (many, queues, people) = reads().await;
    assert!(queues == 43 && people >= 200, "{queues} {people}");
    assert!(many <= MOST, "{few} round trips for a small floor, {many} for a large one");
}

//! People who leave: whatever stands in the way for a moment, nothing stays with them.

use baton::domain::Refusal;
use baton::domain::access::Role;
use baton::domain::agent::Presence;
use baton::domain::command::{Command, Person, TransferTarget};
use baton::domain::ids::ConversationId;
use baton::domain::routing::{Candidate, Round, Strategy};
use baton::domain::setup::By;
use baton::domain::user::EmailAddress;
use baton::runner::people::Returned;
use baton::runner::{Error, Runner};
use baton::store::{Transaction, queues};
use jiff::Timestamp;

use crate::shop::Shop;

async fn ana_holds_three() -> (Shop, Runner, Person, Vec<ConversationId>) {
    let shop = Shop::opens().await;
    let runner = shop.node(4).runner;
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    let conversations = shop.customers_wait(shop.support, 3).await;
    for conversation in &conversations {
        runner.run(shop.workspace, *conversation, Command::Take { by: ana.clone() }).await.unwrap();
    }
    (shop, runner, ana, conversations)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_is_changing_when_its_agent_leaves_goes_back_afterwards() {
    let (shop, runner, ana, conversations) = ana_holds_three().await;
    let mut client = shop.store.client().await.unwrap();
    let changing = client.transaction().await.unwrap();
    changing.execute("SET LOCAL idle_in_transaction_session_timeout = 0", &[]).await.unwrap();
    let contact = "SELECT FROM contacts WHERE id = (SELECT contact_id FROM conversations WHERE id = $1) FOR UPDATE";
    changing.execute(contact, &[&conversations[1].0]).await.unwrap();
    assert_eq!(runner.deactivate(shop.workspace, &By::System, ana.user).await.unwrap(), Returned { returned: 2, left: 1 });
    changing.commit().await.unwrap();
    runner.return_what_nobody_holds().await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM conversations WHERE controller = 'queue'").await, 3);
    assert_eq!(
        runner.deactivate(shop.workspace, &By::System, ana.user).await.unwrap(),
        Returned { returned: 0, left: 0 },
        "it may be repeated"
    );
    shop.is_consistent().await;
}

/// What was taken from a flow has been in no queue yet.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_from_a_flow_goes_to_a_queue_afterwards_and_one_that_cannot_holds_up_no_other() {
    let (shop, runner, _, conversations) = ana_holds_three().await;
    shop.execute("UPDATE conversations SET queue_id = NULL", &[]).await;
    shop.execute("UPDATE users SET active = false", &[]).await;
    let first = conversations.iter().min().unwrap();
    shop.execute("ALTER TABLE conversations ALTER COLUMN last_seq DROP NOT NULL", &[]).await;
    shop.execute("UPDATE conversations SET last_seq = NULL WHERE id = $1", &[&first.0]).await;
    runner.return_what_nobody_holds().await.ok();
    assert_eq!(shop.count("SELECT count(*) FROM conversations WHERE controller = 'queue'").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_looked_before_somebody_left_gives_them_nothing() {
    let shop = Shop::opens().await;
    let runner = shop.node(4).runner;
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    shop.customers_wait(shop.support, 1).await;
    let mut client = shop.store.client().await.unwrap();
    let transaction = Transaction::begin(&mut client);
    let mut looked = queues::take_turn(&transaction, shop.workspace, shop.support).await.unwrap().unwrap();
    let heads = queues::heads(&transaction, shop.workspace, shop.support, &[(0, 9)], 9).await.unwrap();
    transaction.commit().await.unwrap();
    let candidate = Candidate { agent: looked.team.pop().unwrap().0, presence: Presence::Online, skills: [].into() };
    let now = Timestamp::now();
    let assignment = Round::new(vec![candidate], Strategy::LeastBusy, now).choose(&heads[0]).unwrap();
    runner.deactivate(shop.workspace, &By::System, ana.user).await.unwrap();
    let given = runner.run(shop.workspace, assignment.waiting.conversation, assignment.command()).await;
    assert!(matches!(given, Err(Error::Refused(Refusal::UnknownPerson))), "{given:?}");
}

/// Whoever waits for somebody's row reads who that is afterwards, and not as it was before.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_its_way_to_somebody_who_leaves_does_not_arrive() {
    let shop = Shop::opens().await;
    let mut node = shop.node(8);
    let (ana, sue) = (shop.hires("Ana", Role::Agent, 8).await, shop.hires("Sue", Role::Supervisor, 8).await);
    node.is_visited_by(shop.workspace, ana.user);
    let [taken, waiting] = shop.customers_wait(shop.support, 2).await[..] else { panic!("two wait") };
    node.runner.run(shop.workspace, taken, Command::Take { by: sue.clone() }).await.unwrap();
    let mut client = shop.store.client().await.unwrap();
    let leaving = client.transaction().await.unwrap();
    leaving.execute("SELECT FROM agents WHERE user_id = $1 FOR UPDATE", &[&ana.user.0]).await.unwrap();
    leaving.execute("UPDATE users SET active = false WHERE id = $1", &[&ana.user.0]).await.unwrap();
    let (runner, workspace, queue, to) = (node.runner.clone(), shop.workspace, shop.support, ana.user);
    let routes = tokio::spawn({
        let runner = runner.clone();
        async move { runner.route(workspace, queue).await.map(drop) }
    });
    let gives = tokio::spawn(async move {
        let transfer = Command::Transfer { by: sue, to: TransferTarget::Agent(to), note: None };
        runner.run(workspace, taken, transfer).await.map(drop)
    });
    while shop.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").await < 2 {}
    leaving.commit().await.unwrap();
    assert!(matches!(gives.await.unwrap(), Err(Error::Refused(_))));
    routes.await.unwrap().unwrap();
    let held = "SELECT count(*) FROM conversations WHERE agent_id = (SELECT id FROM users WHERE name = 'Ana')";
    assert_eq!(shop.count(held).await, 0, "{waiting} waits");
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_owners_who_give_the_installation_up_at_once_one_stays() {
    let shop = Shop::opens().await;
    let (iris, hal) = (shop.hires("Iris", Role::Admin, 8).await, shop.hires("Hal", Role::Admin, 8).await);
    let runner = shop.node(4).runner;
    let email = |of: &Person| -> EmailAddress { format!("{}@example.com", of.user).parse().unwrap() };
    for owner in [&iris, &hal] {
        assert!(runner.set_owner(&email(owner), true).await.unwrap());
    }
    let mut client = shop.store.client().await.unwrap();
    let first = client.transaction().await.unwrap();
    first.execute("SET LOCAL idle_in_transaction_session_timeout = 0", &[]).await.unwrap();
    first.execute("UPDATE accounts SET is_owner = false WHERE email = $1", &[&email(&iris).as_str()]).await.unwrap();
    let hals = email(&hal);
    let second = tokio::spawn(async move { runner.set_owner(&hals, false).await });
    while shop.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").await == 0 {}
    first.commit().await.unwrap();
    assert!(!second.await.unwrap().unwrap(), "nobody would be left");
    assert_eq!(shop.count("SELECT count(*) FROM accounts WHERE is_owner").await, 1);
}

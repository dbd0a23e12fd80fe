//! Acts that are taken back, with several nodes at it.

use baton::domain::Refusal;
use baton::domain::access::Role;
use baton::domain::command::{Command, Person, TransferTarget};
use baton::domain::ids::ConversationId;
use baton::domain::setup::{By, SetupCommand};
use baton::runner::{Error, Runner};
use futures_util::future::join_all;

use crate::shop::Shop;

const REPETITIONS: usize = 40;

impl Shop {
    /// Runs an act of a person; the sequence by which it can be undone.
    async fn acts(&self, runner: &Runner, conversation: ConversationId, command: Command) -> i64 {
        let done = runner.run(self.workspace, conversation, command).await.unwrap();
        done.events.iter().find(|recorded| recorded.act().is_some()).expect("an act").seq
    }

    async fn undoes(&self, runner: &Runner, conversation: ConversationId, by: &Person, seq: i64) -> Result<(), Error> {
        runner.run(self.workspace, conversation, Command::Undo { by: by.clone(), seq }).await.map(drop)
    }

    async fn row(&self, conversation: ConversationId) -> String {
        let sql = "SELECT concat_ws(' ', state, controller, agent_id, last_agent_id, queue_id, queued_at, assigned_at, waiting_since, resolved_at)
                   FROM conversations WHERE id = $1";
        self.rows(sql, &[&conversation.0]).await[0].get(0)
    }

    async fn load(&self, of: &Person) -> i32 {
        self.rows("SELECT load FROM agents WHERE user_id = $1", &[&of.user.0]).await[0].get(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resolution_is_taken_back_on_another_node_although_routing_filled_the_place() {
    let shop = Shop::opens().await;
    let mut nodes = [shop.node(4), shop.node(4)];
    let ana = shop.hires("Ana", Role::Agent, 1).await;
    nodes[0].is_visited_by(shop.workspace, ana.user);
    let waiting = shop.customers_wait(shop.support, 2).await;
    nodes[0].runner.route(shop.workspace, shop.support).await.unwrap();
    let before = shop.row(waiting[0]).await;
    let seq = shop.acts(&nodes[0].runner, waiting[0], Command::Resolve { by: ana.clone() }).await;
    nodes[0].runner.route(shop.workspace, shop.support).await.unwrap();
    assert!(shop.row(waiting[1]).await.contains(&ana.user.to_string()), "routing filled the place");
    shop.undoes(&nodes[1].runner, waiting[0], &ana, seq).await.unwrap();
    assert_eq!((shop.row(waiting[0]).await, shop.load(&ana).await), (before, 2));
    nodes[0].runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM overfilled").await, 1);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_that_is_sent_many_times_on_two_nodes_is_done_once() {
    let shop = Shop::opens().await;
    let nodes = [shop.node(4), shop.node(4)];
    let (ana, ben) = (shop.hires("Ana", Role::Agent, 1).await, shop.hires("Ben", Role::Agent, 1).await);
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    shop.acts(&nodes[0].runner, conversation, Command::Take { by: ana.clone() }).await;
    let to = TransferTarget::Agent(ben.user);
    let seq = shop.acts(&nodes[0].runner, conversation, Command::Transfer { by: ana.clone(), to, note: None }).await;
    let undos = join_all((0..8).map(|number| shop.undoes(&nodes[number % 2].runner, conversation, &ana, seq))).await;
    assert_eq!(undos.iter().filter(|undo| undo.is_ok()).count(), 1);
    assert!(undos.iter().all(|undo| matches!(undo, Ok(()) | Err(Error::Refused(Refusal::Duplicate)))), "{undos:?}");
    assert_eq!((shop.load(&ana).await, shop.load(&ben).await), (1, 0));
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn routing_or_the_undo_of_a_transfer_is_quicker_and_both_leave_the_books_right() {
    let shop = Shop::opens().await;
    let mut nodes = [shop.node(4), shop.node(4)];
    let (ana, ben) = (shop.hires("Ana", Role::Agent, 8).await, shop.hires("Ben", Role::Agent, 99).await);
    nodes[1].is_visited_by(shop.workspace, ben.user);
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    let to = TransferTarget::Queue(shop.orders);
    for _ in 0..REPETITIONS {
        shop.execute("UPDATE agents SET load = 0", &[]).await;
        shop.execute(
            "UPDATE conversations SET controller = 'queue', agent_id = NULL, queue_id = $1, queued_at = now()",
            &[&shop.support.0],
        )
        .await;
        shop.acts(&nodes[0].runner, conversation, Command::Take { by: ana.clone() }).await;
        let seq = shop.acts(&nodes[0].runner, conversation, Command::Transfer { by: ana.clone(), to, note: None }).await;
        let route = nodes[1].runner.route(shop.workspace, shop.orders);
        let (undo, routed) = tokio::join!(shop.undoes(&nodes[0].runner, conversation, &ana, seq), route);
        routed.unwrap();
        let is_with = |person: &Person| format!("open agent {}", person.user);
        let (row, is_undone) = (shop.row(conversation).await, undo.is_ok());
        assert!(is_undone || matches!(&undo, Err(Error::Refused(Refusal::Overtaken { name: Some(name) })) if name == "Ben"), "{undo:?}");
        assert!(row.starts_with(&is_with(if is_undone { &ana } else { &ben })), "{row}");
        shop.is_consistent().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_of_half_a_minute_ago_stays_done() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    let seq = shop.acts(&node.runner, conversation, Command::Resolve { by: ana.clone() }).await;
    shop.execute("UPDATE events SET at = at - interval '31 seconds'", &[]).await;
    let undo = shop.undoes(&node.runner, conversation, &ana, seq).await;
    assert!(matches!(undo, Err(Error::Refused(Refusal::TooLateToUndo))), "{undo:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_take_over_from_somebody_who_left_meanwhile_is_not_taken_back_to_nobody() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let (ana, sue) = (shop.hires("Ana", Role::Agent, 8).await, shop.hires("Sue", Role::Supervisor, 8).await);
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    shop.acts(&node.runner, conversation, Command::Take { by: ana.clone() }).await;
    let seq = shop.acts(&node.runner, conversation, Command::Take { by: sue.clone() }).await;
    node.runner.deactivate(shop.workspace, &By::System, ana.user).await.unwrap();
    let undo = shop.undoes(&node.runner, conversation, &sue, seq).await;
    assert!(matches!(undo, Err(Error::Refused(_))), "{undo:?}");
    assert!(shop.row(conversation).await.contains(&sue.user.to_string()));
    shop.is_consistent().await;
}

/// Somebody leaves in the moment in which a colleague gives them back what they took.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_left_holds_anything_whoever_was_quicker() {
    let shop = Shop::opens().await;
    let nodes = [shop.node(4), shop.node(4)];
    let (ana, sue) = (shop.hires("Ana", Role::Agent, 99).await, shop.hires("Sue", Role::Supervisor, 99).await);
    for round in 0..REPETITIONS {
        nodes[0].runner.configure(shop.workspace, &By::System, SetupCommand::Activate { member: ana.user }, None).await.unwrap();
        let conversation = shop.customers_wait(shop.support, 1).await[0];
        shop.acts(&nodes[0].runner, conversation, Command::Take { by: ana.clone() }).await;
        let seq = shop.acts(&nodes[0].runner, conversation, Command::Take { by: sue.clone() }).await;
        let leaves = nodes[1].runner.deactivate(shop.workspace, &By::System, ana.user);
        let (undo, left) = tokio::join!(shop.undoes(&nodes[0].runner, conversation, &sue, seq), leaves);
        left.unwrap();
        let row = shop.row(conversation).await;
        assert!(!row.starts_with(&format!("open agent {}", ana.user)), "round {round}: {undo:?} {row}");
    }
    shop.is_consistent().await;
}

//! Queues that supervisors pause or drain, and that go on by themselves or when somebody says so.

use baton::domain::Refusal;
use baton::domain::access::Role;
use baton::domain::command::Person;
use baton::domain::floor::Came;
use baton::domain::ids::{FloorActId, QueueId};
use baton::domain::rest::RestKind;
use baton::domain::setup::{By, SetupCommand, SetupRefusal};
use baton::runner::Error;
use baton::runner::floor::FloorWish;
use uuid::Uuid;

use crate::shop::{Node, Shop};

fn fresh() -> FloorActId {
    FloorActId(Uuid::now_v7())
}

fn rest(queue: QueueId, kind: RestKind, reason: &str) -> FloorWish {
    FloorWish::Rest { queue, kind, reason: reason.to_owned(), minutes: Some(30) }
}

/// A shop with somebody who has room, and a supervisor.
async fn opened() -> (Shop, Node, Person, Person) {
    let shop = Shop::opens().await;
    let mut node = shop.node(4);
    let iris = shop.hires("Iris", Role::Supervisor, 8).await;
    let ana = shop.hires("Ana", Role::Agent, 2).await;
    node.is_visited_by(shop.workspace, ana.user);
    (shop, node, iris, ana)
}

impl Shop {
    async fn does(&self, node: &Node, by: &Person, id: FloorActId, wish: FloorWish) -> Result<Came, Error> {
        node.runner.act_on_floor(self.workspace, by.clone(), id, wish).await
    }

    async fn waits(&self, queue: QueueId) -> i64 {
        self.count(&format!("SELECT count(*) FROM conversations WHERE controller = 'queue' AND queue_id = '{queue}'")).await
    }

    async fn rests(&self, queue: QueueId) -> bool {
        self.count(&format!("SELECT count(*) FROM queues WHERE rest IS NOT NULL AND id = '{queue}'")).await == 1
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_queue_is_given_out_from_when_it_is_paused_until_that_is_undone() {
    let (shop, node, iris, _) = opened().await;
    let id = fresh();
    shop.does(&node, &iris, id, rest(shop.support, RestKind::Paused, "Stock count")).await.unwrap();
    shop.customers_wait(shop.support, 1).await;
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.waits(shop.support).await, 1);
    let again = shop.does(&node, &iris, id, rest(shop.support, RestKind::Draining, "Twice")).await;
    assert!(matches!(again, Err(Error::Refused(Refusal::Duplicate))), "{again:?}");
    node.runner.undo_on_floor(shop.workspace, iris.clone(), id).await.unwrap();
    assert!(!shop.rests(shop.support).await);
    node.runner.route(shop.workspace, shop.support).await.unwrap();
    assert_eq!(shop.waits(shop.support).await, 0);
    assert_eq!(shop.count("SELECT count(*) FROM floor_acts").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_ends_by_itself_and_one_that_was_begun_since_goes_on() {
    let (shop, node, iris, _) = opened().await;
    shop.does(&node, &iris, fresh(), rest(shop.support, RestKind::Paused, "Stock count")).await.unwrap();
    node.runner.end_rests().await.unwrap();
    assert!(shop.rests(shop.support).await, "it is not over");
    let over = "UPDATE queues SET rest = jsonb_set(rest, '{until}', '\"2020-01-01T00:00:00Z\"') WHERE rest IS NOT NULL";
    shop.execute(over, &[]).await;
    node.runner.end_rests().await.unwrap();
    assert!(!shop.rests(shop.support).await);
    let told = "SELECT count(*) FROM events WHERE subject_kind = 'setup' AND event #>> '{who,kind}' = 'system'";
    assert_eq!(shop.count(told).await, 1, "who ended it");
    shop.does(&node, &iris, fresh(), rest(shop.support, RestKind::Paused, "Again")).await.unwrap();
    let late = SetupCommand::EndRest { queue: shop.support, now: "2020-01-01T00:00:00Z".parse().unwrap() };
    let ended = node.runner.configure(shop.workspace, &By::System, late, None).await.unwrap();
    assert!(ended.events.is_empty() && shop.rests(shop.support).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_pauses_nothing_and_nobody_does_without_a_reason() {
    let (shop, node, iris, ana) = opened().await;
    let refused = shop.does(&node, &ana, fresh(), rest(shop.support, RestKind::Paused, "Lunch")).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::NotAllowed))), "{refused:?}");
    let refused = shop.does(&node, &iris, fresh(), rest(shop.support, RestKind::Paused, "  ")).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::SetUp(SetupRefusal::TextMissing)))), "{refused:?}");
    assert!(!shop.rests(shop.support).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_resumes_a_queue_can_take_that_back_unless_it_was_paused_anew() {
    let (shop, node, iris, _) = opened().await;
    shop.does(&node, &iris, fresh(), rest(shop.support, RestKind::Draining, "Moving house")).await.unwrap();
    let id = fresh();
    shop.does(&node, &iris, id, FloorWish::Resume { queue: shop.support }).await.unwrap();
    node.runner.undo_on_floor(shop.workspace, iris.clone(), id).await.unwrap();
    assert!(shop.rests(shop.support).await, "it is drained again");
    let second = fresh();
    shop.does(&node, &iris, second, FloorWish::Resume { queue: shop.support }).await.unwrap();
    shop.does(&node, &iris, fresh(), rest(shop.support, RestKind::Paused, "Stock count")).await.unwrap();
    let came = node.runner.undo_on_floor(shop.workspace, iris, second).await.unwrap();
    assert!(came.is_set_again);
}

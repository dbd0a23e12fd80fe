//! What was done is shown, in its order, whatever becomes of who asked for it.

use std::sync::Arc;
use std::time::Duration;

use baton::domain::access::Role;
use baton::domain::command::{Command, Person, ReplyContent};
use baton::domain::contact::Phones;
use baton::domain::conversation::{Controller, Listing, State};
use baton::domain::filter::{Filter, View};
use baton::domain::ids::{ConversationId, MessageId, SessionId};
use baton::domain::message::Wamid;
use baton::live::change::{Change, ConversationChange};
use baton::live::delivery::{ThreadQueue, carry};
use baton::live::hub::{Owner, Registered};
use uuid::Uuid;

use crate::shop::{Node, Shop};

const SOON: Duration = Duration::from_secs(20);

struct Taken {
    shop: Shop,
    node: Node,
    ana: Person,
    conversation: ConversationId,
    change: Arc<ConversationChange>,
}

impl Taken {
    /// A conversation that was taken, which was shown.
    async fn by_ana() -> Self {
        let shop = Shop::opens().await;
        let mut node = shop.node(8);
        let ana = shop.hires("Ana", Role::Agent, 8).await;
        node.is_visited_by(shop.workspace, ana.user);
        let conversation = shop.customers_wait(shop.support, 1).await[0];
        node.runner.run(shop.workspace, conversation, Command::Take { by: ana.clone() }).await.unwrap();
        let change = next(&mut node).await;
        Self { shop, node, ana, conversation, change }
    }

    fn reply(&self, reply_to: Option<Wamid>) -> Command {
        let (message, content) = (MessageId(Uuid::now_v7()), ReplyContent::Text { body: "hello".to_owned() });
        Command::Reply { by: self.ana.clone(), message, content, reply_to, seen: None }
    }

    /// A page that shows a list, with what it is told.
    fn page(&self, queue: &ThreadQueue, view: View) -> Registered {
        let (workspace, session) = (self.shop.workspace, SessionId(Uuid::now_v7()));
        let owner = Owner { workspace, user: self.ana.user, session, access: None, locale: "en", phones: Phones::Shown };
        let page = self.node.live.hub.register(owner, queue.clone()).unwrap();
        self.node.live.hub.show(page.id, Filter::new(view, self.ana.user, &[self.shop.support]));
        page
    }
}

async fn next(node: &mut Node) -> Arc<ConversationChange> {
    let change = tokio::time::timeout(SOON, node.changes.recv()).await.expect("it is shown").unwrap();
    let Change::Conversation(change) = change else { panic!("{change:?}") };
    change
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_long_to_look_up_keeps_nobody_waiting_and_is_overtaken_by_nothing() {
    let mut it = Taken::by_ana().await;
    let mut client = it.shop.store.client().await.unwrap();
    let locking = client.transaction().await.unwrap();
    locking.batch_execute("LOCK TABLE contact_identities IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let (quoting, plain) = (it.reply(Some("wamid.asked".to_owned())), it.reply(None));
    it.node.runner.run(it.shop.workspace, it.conversation, quoting).await.unwrap();
    it.node.runner.run(it.shop.workspace, it.conversation, plain).await.unwrap();
    assert!(it.node.changes.try_recv().is_err(), "who asked waited for what others are shown, or the second came first");
    locking.rollback().await.unwrap();
    let (first, second) = (next(&mut it.node).await, next(&mut it.node).await);
    assert!(first.conversation.last_seq < second.conversation.last_seq);
    assert!(first.standing.is_some() && second.standing.is_none());
    it.node.runner.has_published().await;
    assert!(it.node.changes.try_recv().is_err(), "something is shown twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_may_go_away_meanwhile() {
    let mut it = Taken::by_ana().await;
    let mut client = it.shop.store.client().await.unwrap();
    let holding = client.transaction().await.unwrap();
    holding.execute("SELECT FROM contacts FOR UPDATE", &[]).await.unwrap();
    let (runner, workspace, conversation, reply) = (it.node.runner.clone(), it.shop.workspace, it.conversation, it.reply(None));
    let asking = tokio::spawn(async move { runner.run(workspace, conversation, reply).await });
    while it.shop.count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").await == 0 {}
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    holding.commit().await.unwrap();
    assert_eq!(next(&mut it.node).await.conversation.id, conversation);
    assert_eq!(it.shop.count("SELECT count(*) FROM outbox").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_late_takes_a_conversation_from_lists_that_have_it_no_more() {
    let it = Taken::by_ana().await;
    let (queue, _waiting) = ThreadQueue::new();
    let _pages = [View::Unassigned, View::Mine, View::All].map(|view| it.page(&queue, view));
    let left = |controller| {
        let now = Listing { state: State::Open, controller, queue: Some(it.shop.support), last_agent: None };
        let pages = it.node.live.hub.left_behind(&it.change, &now);
        assert!(pages.iter().all(|page| !page.is_in));
        pages.into_iter().map(|page| page.view).collect::<Vec<_>>()
    };
    assert_eq!(left(Controller::Queue), [View::Mine]);
    assert_eq!(left(Controller::Agent { user: it.ana.user }), [View::Unassigned]);
    let mut both = left(Controller::Flow);
    both.sort();
    assert_eq!(both, [View::Mine, View::Unassigned]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_queues_look_again_when_teams_may_have_others() {
    let it = Taken::by_ana().await;
    let (queue, waiting) = ThreadQueue::new();
    tokio::spawn(carry(waiting));
    let [mut of_queues, mut of_all] = [View::Queues, View::All].map(|view| it.page(&queue, view));
    it.node.live.hub.refresh_queues(it.shop.workspace);
    let told = tokio::time::timeout(SOON, of_queues.frames.recv()).await.unwrap().unwrap();
    assert_eq!(&*told, r#"{"type":"refresh"}"#);
    assert!(of_all.frames.try_recv().is_err());
}

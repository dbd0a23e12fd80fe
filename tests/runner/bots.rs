//! A bot with a real database behind it: what it has and says is kept with its id.

use baton::domain::access::Role;
use baton::domain::command::{Command, ReplyContent};
use baton::domain::conversation::Controller;
use baton::domain::filter::View;
use baton::domain::ids::{BotId, ConversationId, MessageId};
use baton::domain::message::Author;
use baton::domain::{Event, Refusal};
use baton::runner::{Error, Runner};
use baton::store::access::Sight;
use uuid::Uuid;

use crate::shop::Shop;
use crate::viewers::sees_all;

impl Shop {
    async fn bot_says(&self, runner: &Runner, conversation: ConversationId, bot: BotId, message: MessageId) -> Result<(), Error> {
        let content = ReplyContent::Text { body: "Which lamp is it?".to_owned() };
        runner.run(self.workspace, conversation, Command::BotReply { bot, message, content, reply_to: None, seen: None }).await.map(drop)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_bot_has_and_says_is_kept_with_its_id() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    let (bot, message) = (BotId(Uuid::now_v7()), MessageId(Uuid::now_v7()));
    node.runner.run(shop.workspace, conversation, Command::StartBot { bot }).await.unwrap();
    shop.bot_says(&node.runner, conversation, bot, message).await.unwrap();

    for (view, is_there) in [(View::All, true), (View::Queues, true), (View::Unassigned, false), (View::Mine, false)] {
        let listed = shop.store.list(sees_all(shop.workspace, ana.user), view, None, 10).await.unwrap();
        assert_eq!(listed.iter().any(|row| row.conversation.controller == Controller::Bot { bot }), is_there, "{view:?}");
    }
    let sight = Sight::unbounded(shop.workspace, conversation);
    let said = shop.store.thread_messages(sight, &[message.0]).await.unwrap();
    assert_eq!(said[0].message.author, Author::Bot { bot });
    let told: Vec<Event> = shop.store.events_since(sight, 0, 9).await.unwrap().into_iter().map(|recorded| recorded.event).collect();
    assert!(matches!(&told[..], [Event::BotStarted { bot: started }, Event::MessageQueued { .. }] if *started == bot), "{told:?}");

    node.runner.route(shop.workspace, shop.support).await.unwrap();
    node.runner.run(shop.workspace, conversation, Command::Take { by: ana.clone() }).await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM conversations WHERE bot_id IS NULL AND agent_id IS NOT NULL").await, 1);
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_a_bot_that_comes_twice_is_one_message_and_its_id_is_nobody_elses() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let conversations = shop.customers_wait(shop.support, 2).await;
    let (bot, other, message) = (BotId(Uuid::now_v7()), BotId(Uuid::now_v7()), MessageId(Uuid::now_v7()));
    node.runner.run(shop.workspace, conversations[0], Command::StartBot { bot }).await.unwrap();
    node.runner.run(shop.workspace, conversations[1], Command::StartBot { bot }).await.unwrap();
    shop.bot_says(&node.runner, conversations[0], bot, message).await.unwrap();
    let again = shop.bot_says(&node.runner, conversations[0], bot, message).await;
    assert!(matches!(again, Err(Error::Refused(Refusal::Duplicate))), "{again:?}");
    let elsewhere = shop.bot_says(&node.runner, conversations[1], bot, message).await;
    assert!(matches!(elsewhere, Err(Error::Refused(Refusal::UsedElsewhere))), "{elsewhere:?}");
    let by_other = shop.bot_says(&node.runner, conversations[0], other, message).await;
    assert!(matches!(by_other, Err(Error::Refused(Refusal::UsedElsewhere))), "{by_other:?}");
    assert_eq!(shop.count("SELECT count(*) FROM messages").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_a_bot_is_there_exactly_where_a_bot_is() {
    let shop = Shop::opens().await;
    let node = shop.node(4);
    let conversation = shop.customers_wait(shop.support, 1).await[0];
    let (bot, message) = (BotId(Uuid::now_v7()), MessageId(Uuid::now_v7()));
    node.runner.run(shop.workspace, conversation, Command::StartBot { bot }).await.unwrap();
    shop.bot_says(&node.runner, conversation, bot, message).await.unwrap();
    let client = shop.store.client().await.unwrap();
    for never in [
        "UPDATE conversations SET bot_id = NULL",
        "UPDATE conversations SET controller = 'flow'",
        "UPDATE conversations SET controller = 'agent', agent_id = gen_random_uuid()",
        "UPDATE messages SET author_id = NULL",
        "UPDATE messages SET author_kind = 'flow'",
        "UPDATE messages SET author_kind = 'contact'",
    ] {
        let refused = client.execute(never, &[]).await.unwrap_err();
        assert_eq!(refused.code(), Some(&tokio_postgres::error::SqlState::CHECK_VIOLATION), "{never}");
    }
}

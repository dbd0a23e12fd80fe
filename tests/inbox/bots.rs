//! What a bot has and says, as people see it.

use baton::domain::access::Role;
use baton::domain::command::{Command, ReplyContent};
use baton::domain::ids::{BotId, ConversationId, MessageId};
use baton::runner::now;
use uuid::Uuid;

use crate::brief::brief;
use crate::html::element;
use crate::shop::Shop;

impl Shop {
    async fn bot(&self, conversation: ConversationId, command: Command) {
        self.house.state.runner.run(self.house.workspace, conversation, command).await.unwrap();
    }
}

fn says(bot: BotId, message: MessageId, text: &str) -> Command {
    let content = ReplyContent::Text { body: text.to_owned() };
    Command::BotReply { bot, message, content, reply_to: None, seen: None }
}

#[actix_web::test]
async fn a_conversation_that_a_bot_has_says_so_in_lists_and_threads_until_a_person_takes_it() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "my lamp is broken").await;
    let (bot, message) = (BotId(Uuid::now_v7()), MessageId(Uuid::now_v7()));
    shop.bot(id, Command::StartBot { bot }).await;
    shop.bot(id, says(bot, message, "Which lamp is it?")).await;

    for (locale, name, talks, started) in [
        ("en", "Bot", "A bot is talking with the customer.", "A bot answers from now on"),
        ("es", "Bot", "Un bot está hablando con el cliente.", "Desde ahora responde un bot"),
    ] {
        ana.browser.post("/locale", &[("locale", locale)]).await;
        let list = ana.sees("/inbox?view=all").await;
        let row = element(&list, &format!("row-{id}")).expect("a row");
        assert!(row.contains("holder--bot") && row.contains(&format!("</svg>{name}")), "{row}");
        let page = ana.opens(id).await;
        assert!(page.contains("data-stance=\"bot\"") && page.contains("data-held-by=\"bot\""), "{page}");
        assert!(page.contains(talks) && page.contains(started), "{page}");
        let bubble = element(&page, &format!("message-{message}")).expect("a bubble");
        assert!(bubble.contains("message--bot") && bubble.contains(&format!("<bdi>{name}</bdi>")), "{bubble}");
        let refused = ana.posts(id, "messages", &[("message_id", &Uuid::now_v7().to_string()), ("text", "Hello")]).await;
        assert_eq!(refused.status, 409);
    }

    ana.browser.post("/locale", &[("locale", "en")]).await;
    ana.does(id, "assignment", &[("held_by", &format!("bot:{bot}"))]).await;
    ana.replies(id, "Hello").await;
    let page = ana.opens(id).await;
    assert!(page.contains("data-stance=\"mine\""), "{page}");
}

#[actix_web::test]
async fn a_bot_that_hands_over_leaves_its_brief_with_whoever_takes_it() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "my lamp is broken").await;
    let bot = BotId(Uuid::now_v7());
    shop.bot(id, Command::StartBot { bot }).await;
    shop.bot(id, Command::BotHandOff { bot, brief: Box::new(brief("support", now())) }).await;
    let page = ana.opens(id).await;
    assert!(page.contains("data-stance=\"queue\""), "{page}");
    assert!(page.contains("The bot handed over: The customer asked for a person."), "{page}");
    assert!(element(&page, "brief").expect("a brief").contains("A broken lamp"), "{page}");
    ana.does(id, "assignment", &[]).await;
}

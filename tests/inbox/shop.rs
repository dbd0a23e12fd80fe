//! A small shop with one queue, one number and no flow: what a customer writes waits for a person at once.

use baton::domain::access::Role;
use baton::domain::channel::{Channel, source};
use baton::domain::contact::{Identity, Phones};
use baton::domain::filter::View;
use baton::domain::hours::Hours;
use baton::domain::ids::{ConversationId, InboxId, MessageId, QueueId, SessionId, TeamId, UserId};
use baton::domain::inbound::Said;
use baton::domain::inbound::{InboundContent, InboundItem, InboundMessage, Sender, StatusReport};
use baton::domain::inbox::Inbox;
use baton::domain::message::Status;
use baton::domain::queue::Queue;
use baton::live::change::{Change, ConversationChange};
use baton::live::delivery::ThreadQueue;
use baton::live::hub::{Owner, Registered};
use baton::runner::now;
use baton::store::apps::App;
use baton::store::inboxes::NewInbox;
use baton::store::payloads::NewPayload;
use serde_json::json;
use uuid::Uuid;

use crate::house::{Answer, Browser, House};
use crate::viewers::sees_all;

pub const APP_SECRET: &str = "secret of the app";
pub const VERIFY_TOKEN: &str = "token of the app";

pub struct Shop {
    pub house: House,
    pub app_id: String,
    pub number: String,
    pub inbox: InboxId,
    pub queue: QueueId,
    team: TeamId,
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_in(House::new().await).await
    }

    pub async fn open_in(house: House) -> Self {
        let fresh = Uuid::now_v7;
        let shop = Self {
            app_id: fresh().as_u128().to_string(),
            number: fresh().as_u128().to_string(),
            inbox: fresh().into(),
            queue: fresh().into(),
            team: fresh().into(),
            house,
        };
        let (store, workspace) = (&shop.house.state.store, shop.house.workspace);
        store.add_team(workspace, shop.team, "Everybody").await.unwrap();
        let (key, name) = ("support".to_owned(), "Support".to_owned());
        let queue = Queue { id: shop.queue, key, name, team: shop.team, hours: Hours::always(), promise_minutes: 10 };
        store.add_queue(workspace, &queue, 0).await.unwrap();
        let (app_id, app_secret, verify_token) = (shop.app_id.clone(), APP_SECRET.to_owned(), VERIFY_TOKEN.to_owned());
        store.save_app(&App { app_id, app_secret, verify_token }).await.unwrap();
        store.add_inbox(&shop.new_inbox()).await.unwrap();
        shop
    }

    fn new_inbox(&self) -> NewInbox {
        NewInbox {
            workspace: self.house.workspace,
            inbox: Inbox {
                id: self.inbox,
                name: "Shop".to_owned(),
                channel: Channel::WHATSAPP,
                flow: None,
                default_queue: self.queue,
                reopen_hours: 24,
            },
            app_id: self.app_id.clone(),
            phone_number_id: self.number.clone(),
            waba_id: "1".to_owned(),
            display_phone_number: "+34 600 000 000".to_owned(),
            access_token: "token".to_owned(),
            rate_per_second: 80,
        }
    }

    /// Somebody of the team, signed in.
    pub async fn hires(&self, email: &str, role: Role) -> Agent<'_> {
        let user = self.house.hires(email, role).await;
        self.house.state.store.add_member(self.house.workspace, self.team, user).await.unwrap();
        Agent { user, browser: self.house.browser(email).await }
    }

    /// Makes this node note every change from now on, as if somebody looked.
    pub async fn watch(&self) {
        self.house.state.runner.has_published().await;
        drop(self.house.state.live.hub.register(self.owner(), ThreadQueue::new().0));
    }

    /// Of nobody's page.
    fn owner(&self) -> Owner {
        Owner {
            workspace: self.house.workspace,
            user: UserId(Uuid::nil()),
            session: SessionId(Uuid::nil()),
            access: None,
            locale: "en",
            phones: Phones::Shown,
        }
    }

    /// Somebody has a page open, for as long as this is kept.
    pub fn opens_a_page(&self, whom: &Agent<'_>) -> Registered {
        let owner = Owner { user: whom.user, ..self.owner() };
        self.house.state.live.hub.register(owner, ThreadQueue::new().0).unwrap()
    }

    /// What was published of conversations since the last look.
    pub async fn changes(&self) -> Vec<ConversationChange> {
        self.house.state.runner.has_published().await;
        let mut changes = self.house.changes.lock().unwrap();
        let of_conversation =
            |change| if let Change::Conversation(change) = change { Some(ConversationChange::clone(&change)) } else { None };
        std::iter::from_fn(|| changes.try_recv().ok()).filter_map(of_conversation).collect()
    }

    /// A customer writes; answers their conversation.
    pub async fn hears(&self, phone: &str, content: InboundContent) -> ConversationId {
        self.hears_from(phone, "Zoe", content, None).await
    }

    pub async fn hears_text(&self, phone: &str, body: &str) -> ConversationId {
        self.hears(phone, InboundContent::Text { body: body.to_owned() }).await
    }

    pub async fn hears_from(&self, phone: &str, name: &str, content: InboundContent, reply_to: Option<String>) -> ConversationId {
        let item = InboundItem::Message(InboundMessage {
            wamid: format!("wamid.{}", Uuid::now_v7()),
            at: now(),
            sender: Sender {
                identities: vec![Identity::Phone(phone.to_owned())],
                name: Some(name.to_owned()),
                username: None,
                found: None,
            },
            raw: json!({ "type": "x", "x": { "b": [1, 2.5], "a": "<b>" } }),
            content,
            reply_to,
        });
        self.takes_in(item).await;
        self.latest().await
    }

    /// A customer whom WhatsApp calls so writes; answers the conversation that was written in last.
    pub async fn hears_as(&self, identities: &[Identity], username: Option<&str>) -> ConversationId {
        let sender = Sender { identities: identities.to_vec(), name: None, username: username.map(str::to_owned), found: None };
        let (wamid, content) = (format!("wamid.{}", Uuid::now_v7()), InboundContent::Text { body: "Hello".to_owned() });
        self.takes_in(InboundItem::Message(InboundMessage { wamid, at: now(), sender, raw: json!({}), content, reply_to: None })).await;
        self.latest().await
    }

    async fn latest(&self) -> ConversationId {
        let listed = self.house.state.store.list(sees_all(self.house.workspace, UserId(Uuid::nil())), View::All, None, 1).await.unwrap();
        listed.first().expect("a conversation").conversation.id
    }

    /// WhatsApp reports on one of our messages.
    pub async fn is_told(&self, message: MessageId, status: Status) {
        let report = StatusReport {
            wamid: format!("wamid.of.{message}"),
            message: Some(message),
            status,
            at: now(),
            failure: None,
            reaction: None,
            recipient: Vec::new(),
        };
        self.takes_in(InboundItem::Status(report)).await;
    }

    async fn takes_in(&self, item: InboundItem) {
        let runner = &self.house.state.runner;
        let body = NewPayload { source: source(&Channel::WHATSAPP, &self.app_id), received_at: now(), body: "{}".into() };
        self.house.state.store.append_payloads(&[body]).await.unwrap();
        let (number, told) = (self.number.clone(), item.clone());
        let said = move |_: &[u8]| vec![Said::ForInbox { address: number.clone(), account: None, item: told.clone() }];
        let sorted = runner.sort(&source(&Channel::WHATSAPP, &self.app_id), said).await.unwrap();
        assert_eq!(sorted.lanes.len(), 1, "{item:?}");
        for lane in sorted.lanes {
            runner.run_lane(lane).await.unwrap();
        }
    }

    /// Counts rows of a table of this shop's database.
    pub async fn count(&self, table: &str) -> i64 {
        let client = self.house.state.store.client().await.unwrap();
        client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
    }
}

/// Somebody of the team in front of a browser.
pub struct Agent<'a> {
    pub user: UserId,
    pub browser: Browser<'a>,
}

impl Agent<'_> {
    pub async fn sees(&mut self, path: &str) -> String {
        let answer = self.browser.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    pub async fn opens(&mut self, conversation: ConversationId) -> String {
        self.sees(&format!("/conversations/{conversation}?view=all")).await
    }

    /// Posts a form of a conversation's page as a browser without scripts.
    pub async fn posts(&mut self, conversation: ConversationId, what: &str, fields: &[(&str, &str)]) -> Answer {
        self.browser.post(&format!("/conversations/{conversation}/{what}"), fields).await
    }

    /// Posts it and expects to be sent back to the conversation.
    pub async fn does(&mut self, conversation: ConversationId, what: &str, fields: &[(&str, &str)]) {
        let answer = self.posts(conversation, what, fields).await;
        let back = format!("/conversations/{conversation}");
        assert_eq!((answer.status.as_u16(), answer.location.as_str()), (303, back.as_str()), "{what}: {}", answer.body);
    }

    /// Answers the customer.
    pub async fn replies(&mut self, conversation: ConversationId, text: &str) -> MessageId {
        let message = MessageId(Uuid::now_v7());
        self.does(conversation, "messages", &[("message_id", &message.to_string()), ("text", text)]).await;
        message
    }
}

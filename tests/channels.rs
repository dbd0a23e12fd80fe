//! A second channel: everything a customer and an agent do on WhatsApp they do on one like mail, and nothing of the house knows it but
//! its adapter. And one that this build does not know, which breaks nothing.

#[path = "channels/post.rs"]
mod post;
mod support;

use std::sync::{Arc, Once};

use baton::app::{App, Side};
use baton::config::Config;
use baton::demo::postgres::Durability;
use baton::domain::access::Role;
use baton::domain::ids::{ConversationId, MessageId};
use baton::store::Store;
use baton::store::payloads::NewPayload;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use post::{CHANNEL, Post};
use support::agent::Agent;
use support::ports;
use support::servers::Servers;
use support::servers::keys::{SECRET_KEYS, keys};
use support::shop::Shop;
use support::waiting::{eventually, found};
use support::{SOON, page::Page};

/// The address that customers write to.
const HERE: &str = "help@shop.example";
const ANA: &str = "Ana Torres <ana@home.example>";

static CRYPTOGRAPHY: Once = Once::new();

/// What a migration would bring with such a channel.
const MAILBOXES: &str = "
    CREATE TABLE mailboxes (
        workspace_id uuid NOT NULL,
        inbox_id uuid NOT NULL,
        server text NOT NULL,
        address text NOT NULL UNIQUE,
        PRIMARY KEY (workspace_id, inbox_id),
        FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes ON DELETE CASCADE
    );
    CREATE OR REPLACE VIEW addresses AS
        SELECT workspace_id, inbox_id, 'whatsapp:' || app_id AS source, phone_number_id AS address, waba_id AS account, access_token AS secret
        FROM whatsapp_numbers
        UNION ALL
        SELECT workspace_id, inbox_id, 'post:' || server, address, server, NULL
        FROM mailboxes";

const MAILBOX: &str = "
    WITH inbox AS (
        INSERT INTO inboxes (workspace_id, id, name, channel, flow_id, default_queue_id)
        SELECT workspace_id, $1, 'Post', 'post', flow_id, default_queue_id FROM inboxes
        RETURNING workspace_id, id
    ), mailbox AS (
        INSERT INTO mailboxes SELECT workspace_id, id, 'mail.shop.example', $2 FROM inbox
    )
    INSERT INTO allowances (workspace_id, inbox_id, rate_per_second) SELECT workspace_id, id, 100 FROM inbox";

/// A shop that is written to by mail.
struct World {
    app: App,
    store: Store,
    shop: Shop,
    config: Config,
    sent: UnboundedSender<Value>,
    letters: UnboundedReceiver<Value>,
    written: u32,
    _servers: Servers,
}

impl World {
    async fn opens() -> Self {
        CRYPTOGRAPHY.call_once(|| rustls::crypto::aws_lc_rs::default_provider().install_default().unwrap());
        let servers = Servers::start(Durability::GivenUp).await;
        let store = Store::new(&servers.database_url(), 4, keys()).unwrap();
        let shop = Shop::open(&store).await;
        let client = store.client().await.unwrap();
        client.batch_execute(MAILBOXES).await.unwrap();
        client.execute(MAILBOX, &[&Uuid::now_v7(), &HERE]).await.unwrap();
        // Whoever answers at once has read the question.
        client.execute("UPDATE flow_versions SET definition = jsonb_set(definition, '{settle_seconds}', '0')", &[]).await.unwrap();
        let (sent, letters) = unbounded_channel();
        let pairs = [
            ("BATON_DATABASE_URL", servers.database_url()),
            ("BATON_REDIS_URL", servers.redis_url()),
            ("BATON_SECRET_KEYS", SECRET_KEYS.to_owned()),
            ("BATON_LISTEN", ports::free().to_string()),
            ("BATON_GRAPH_URL", "http://127.0.0.1:1".to_owned()),
            ("BATON_MEDIA_URL", servers.place().folder.join("media").to_string_lossy().into_owned()),
            ("BATON_SKIP_DURABILITY_CHECK", "true".to_owned()),
        ];
        let config = Config::from_pairs(&pairs).unwrap();
        let app = start(&config, &sent).await;
        Self { app, store, shop, config, sent, letters, written: 0, _servers: servers }
    }

    /// The node ends, the database is changed, and another one begins.
    async fn starts_anew(self, change: &str) -> Self {
        self.app.stop().await.unwrap();
        self.store.client().await.unwrap().batch_execute(change).await.unwrap();
        Self { app: start(&self.config, &self.sent).await, ..self }
    }

    /// Somebody of the team, in front of a page.
    async fn agent(&self, name: &str) -> (Agent, Page) {
        let user = self.shop.hires(&self.store, name, Role::Agent, 8).await;
        let agent = Agent::signs_in(user, name, self.app.address()).await;
        let mut page = agent.opens_page().await;
        page.lists("mine").await.unwrap();
        (agent, page)
    }

    /// Ana writes; answers what her mail is called.
    async fn ana_writes(&mut self, words: &str) -> String {
        self.written += 1;
        let id = format!("<{}@home.example>", self.written);
        let now = jiff::Timestamp::now();
        self.arrives(format!("From: {ANA}\nTo: {HERE}\nMessage-ID: {id}\nDate: {now}\n\n{words}")).await;
        id
    }

    async fn arrives(&self, mail: String) {
        let source = baton::domain::channel::source(&CHANNEL, "mail.shop.example");
        let payload = NewPayload { source, received_at: baton::runner::now(), body: mail.into() };
        self.store.append_payloads(&[payload]).await.unwrap();
    }

    /// The next letter that leaves, to Ana.
    async fn letter(&mut self) -> Letter {
        let letter = tokio::time::timeout(SOON, self.letters.recv()).await.expect("a letter leaves").unwrap();
        assert_eq!((&letter["from"], &letter["to"]), (&HERE.into(), &"ana@home.example".into()));
        let part = |name: &str| letter[name].as_str().unwrap_or_default().to_owned();
        Letter { id: part("message_id"), words: part("text"), answers: part("in_reply_to") }
    }

    async fn conversation(&self) -> ConversationId {
        found("a conversation", SOON, async || {
            let rows = self.rows("SELECT id FROM conversations WHERE agent_id IS NOT NULL", &[]).await;
            rows.first().map(|row| ConversationId(row.get(0)))
        })
        .await
    }

    async fn status(&self, message: MessageId, wanted: &str) {
        eventually(&format!("the message is {wanted}"), SOON, async || {
            let rows = self.rows("SELECT status FROM messages WHERE id = $1", &[&message.0]).await;
            rows.first().is_some_and(|row| row.get::<_, &str>(0) == wanted)
        })
        .await;
    }

    async fn rows(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Vec<tokio_postgres::Row> {
        self.store.client().await.unwrap().query(sql, parameters).await.unwrap()
    }
}

/// A node that knows this channel beside WhatsApp.
async fn start(config: &Config, sent: &UnboundedSender<Value>) -> App {
    App::start_with(config.clone(), Side::Both, vec![Arc::new(Post { sent: sent.clone() })]).await.unwrap()
}

#[derive(Debug)]
struct Letter {
    id: String,
    words: String,
    /// The mail that it says it answers.
    answers: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_heard_asked_and_answered_on_a_channel_without_window_and_buttons() {
    let mut world = World::opens().await;
    let (bea, _page) = world.agent("Bea Novak").await;

    let first = world.ana_writes("My lamp is *not* well, see https://home.example/lamp").await;
    let welcome = world.letter().await;
    assert!(welcome.words.starts_with("Hello Ana, thank you for writing."), "{welcome:?}");
    let topic = world.letter().await;
    assert_eq!((topic.words.as_str(), &topic.answers), ("What is it about?\n\n1. My order\n2. Something else", &first));

    let second = world.ana_writes("1").await;
    let number = world.letter().await;
    assert_eq!((number.words.as_str(), number.answers), ("Which order is it about?", second));
    world.ana_writes("204817").await;
    assert_eq!(world.letter().await.words, "And what happened?\n\n1. It is late\n2. It is damaged");
    let last = world.ana_writes("It is damaged").await;
    assert!(world.letter().await.words.starts_with("Thank you, I have passed everything on."));

    let conversation = world.conversation().await;
    let brief = world.rows("SELECT brief FROM conversations WHERE id = $1", &[&conversation.0]).await[0].get::<_, Value>(0);
    let answers: Vec<&str> = brief["answers"].as_array().unwrap().iter().map(|answer| answer["value"].as_str().unwrap()).collect();
    assert_eq!(answers, ["orders", "204817", "damaged"]);

    let page = bea.looks_at(&format!("/conversations/{conversation}")).await.body;
    assert!(page.contains(r#"data-window="none""#), "a state of the window is shown");
    assert!(page.contains("My lamp is *not* well"), "marks that mean nothing here are taken for some");
    let picture = page.split_once(r#"name="picture""#).expect("there is a place for pictures").1.split_once('>').unwrap().0;
    assert!(picture.contains("disabled"), "pictures are offered: {picture}");

    let long = "A lamp of ours has a year to be well in. ".repeat(150);
    let message = bea.replies(conversation, long.trim()).await;
    let answer = world.letter().await;
    assert_eq!((answer.words.as_str(), &answer.answers), (long.trim(), &last));
    world.status(message, "sending").await;
    world.arrives(format!("To: {HERE}\nDelivered: {}\nDate: {}\n\n", answer.id, jiff::Timestamp::now())).await;
    world.status(message, "delivered").await;
    world.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_of_a_channel_that_nobody_knows_breaks_no_page_and_its_answers_wait_for_who_knows_it() {
    let mut world = World::opens().await;
    let (bea, page) = world.agent("Bea Novak").await;
    world.ana_writes("agent").await;
    world.letter().await;
    let conversation = world.conversation().await;
    drop(page);
    let world = world.starts_anew("UPDATE inboxes SET channel = 'pigeon' WHERE channel = 'post'").await;
    assert!(bea.looks_at("/inbox?view=mine").await.body.contains(&conversation.to_string()));
    let page = bea.looks_at(&format!("/conversations/{conversation}")).await.body;
    assert!(page.contains(r#"data-window="none""#), "a state of the window is shown");
    let message = bea.replies(conversation, "Is it well again?").await;
    world.status(message, "queued").await;
    let mut world = world.starts_anew("UPDATE inboxes SET channel = 'post' WHERE channel = 'pigeon'").await;
    assert_eq!(world.letter().await.words, "Is it well again?");
    world.app.stop().await.unwrap();
}

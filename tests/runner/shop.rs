//! A shop with a database of its own, and nodes without a network: Redis is away, which must not matter here.

use std::sync::Arc;

use baton::demo::postgres::{self, Durability};
use baton::domain::access::Role;
use baton::domain::channel::{Channel, Rulebook};
use baton::domain::command::Person;
use baton::domain::contact::Phones;
use baton::domain::flows::Definition;
use baton::domain::hours::Hours;
use baton::domain::ids::{ConversationId, FlowId, InboxId, QueueId, SessionId, TeamId, UserId, WorkspaceId};
use baton::domain::inbox::Inbox;
use baton::domain::queue::Queue;
use baton::live::Live;
use baton::live::bus::Bus;
use baton::live::change::Change;
use baton::live::delivery::ThreadQueue;
use baton::live::hub::{Owner, Registered};
use baton::runner::Runner;
use baton::store::Store;
use baton::store::apps::App;
use baton::store::inboxes::NewInbox;
use baton::store::users::NewUser;
use tokio::sync::mpsc;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::servers::Servers;
use crate::servers::keys::keys;
use crate::trips::Trips;

pub const APP: &str = "1001";
pub const SOURCE: &str = "whatsapp:1001";
pub const NUMBER: &str = "2001";

pub struct Shop {
    pub store: Store,
    pub workspace: WorkspaceId,
    pub inbox: InboxId,
    pub team: TeamId,
    pub orders: QueueId,
    pub support: QueueId,
    servers: Servers,
}

/// A node's runner, and the pages that are open on it.
pub struct Node {
    pub runner: Runner,
    pub live: Arc<Live>,
    pages: Vec<Registered>,
    pub changes: mpsc::Receiver<Change>,
}

impl Node {
    /// Somebody opens a page here.
    pub fn is_visited_by(&mut self, workspace: WorkspaceId, user: UserId) {
        let owner = Owner { workspace, user, session: SessionId(Uuid::now_v7()), access: None, locale: "en", phones: Phones::Shown };
        self.pages.push(self.live.hub.register(owner, ThreadQueue::new().0).unwrap());
    }
}

impl Shop {
    pub async fn opens() -> Self {
        let servers = Servers::start(Durability::GivenUp).await;
        let store = Store::new(&servers.database_url(), 4, keys()).unwrap();
        let fresh = Uuid::now_v7;
        let (workspace, inbox, team) = (WorkspaceId(fresh()), InboxId(fresh()), TeamId(fresh()));
        let shop = Self { store, workspace, inbox, team, orders: QueueId(fresh()), support: QueueId(fresh()), servers };
        shop.set_up().await;
        shop
    }

    async fn set_up(&self) {
        let store = &self.store;
        self.store.client().await.unwrap().batch_execute(NOTE_OVERFILLING).await.unwrap();
        store.create_workspace(self.workspace, "Lamp Shop", "en", "UTC").await.unwrap();
        store.add_team(self.workspace, self.team, "Everybody").await.unwrap();
        let queues = [(self.orders, "orders"), (QueueId(Uuid::now_v7()), "billing"), (self.support, "support")];
        for (position, (id, key)) in (0..).zip(queues) {
            let queue =
                Queue { id, key: key.to_owned(), name: key.to_owned(), team: self.team, hours: Hours::always(), promise_minutes: 10 };
            store.add_queue(self.workspace, &queue, position).await.unwrap();
        }
        let definition: Definition = serde_json::from_str(include_str!("../../src/demo/flow.json")).unwrap();
        let flow = FlowId(Uuid::now_v7());
        store.add_flow(self.workspace, flow, "Welcome").await.unwrap();
        store.publish_flow(self.workspace, flow, &definition).await.unwrap();
        store.save_app(&App { app_id: APP.to_owned(), app_secret: "s".to_owned(), verify_token: "v".to_owned() }).await.unwrap();
        self.add_inbox(self.inbox, Some(flow), NUMBER).await;
    }

    async fn add_inbox(&self, id: InboxId, flow: Option<FlowId>, number: &str) {
        let inbox =
            Inbox { id, name: "Lamp Shop".to_owned(), channel: Channel::WHATSAPP, flow, default_queue: self.support, reopen_hours: 24 };
        let new = NewInbox {
            workspace: self.workspace,
            inbox,
            app_id: APP.to_owned(),
            phone_number_id: number.to_owned(),
            waba_id: "3001".to_owned(),
            display_phone_number: "+44 20 7946 0999".to_owned(),
            access_token: "t".to_owned(),
            rate_per_second: 1_000,
        };
        self.store.add_inbox(&new).await.unwrap();
    }

    /// Another number of the shop, without a flow.
    pub async fn another_inbox(&self) -> InboxId {
        let id = InboxId(Uuid::now_v7());
        self.add_inbox(id, None, "2002").await;
        id
    }

    /// Another node, with so many connections of its own.
    pub fn node(&self, connections: usize) -> Node {
        Self::node_at(&self.servers.database_url(), connections)
    }

    /// A node with one connection, and how often it waits for an answer on it.
    pub fn counted_node(&self) -> (Node, Trips) {
        let folder = self.servers.place().sockets.join("trips");
        std::fs::create_dir(&folder).unwrap();
        let trips = Trips::start(&folder, &self.servers.place().sockets).unwrap();
        (Self::node_at(&postgres::url(&folder), 1), trips)
    }

    fn node_at(database: &str, connections: usize) -> Node {
        let store = Store::new(database, connections, keys()).unwrap();
        let (bus, _) = Bus::new("redis://127.0.0.1:1/").unwrap();
        let (live, changes) = Live::new(bus);
        Node { runner: Runner::new(store, live.clone(), Rulebook::WHATSAPP), live, pages: Vec::new(), changes }
    }

    /// Somebody of the team.
    pub async fn hires(&self, name: &str, role: Role, capacity: i32) -> Person {
        let id = UserId(Uuid::now_v7());
        let email = format!("{}@example.com", id).parse().unwrap();
        let user = NewUser { workspace: self.workspace, id, email, name, role, password_hash: "", locale: "en" };
        self.store.create_user(&user).await.unwrap();
        self.store.add_member(self.workspace, self.team, id).await.unwrap();
        self.execute("UPDATE agents SET capacity = $2 WHERE user_id = $1", &[&id.0, &capacity]).await;
        Person { user: id, name: name.to_owned(), rights: role.rights().unwrap() }
    }

    /// So many customers whose conversations wait in a queue, the first for longest.
    pub async fn customers_wait(&self, queue: QueueId, count: i64) -> Vec<ConversationId> {
        let rows = self.rows(WAIT, &[&self.workspace.0, &self.inbox.0, &queue.0, &count]).await;
        rows.iter().map(|row| ConversationId(row.get(0))).collect()
    }

    pub async fn rows(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Vec<tokio_postgres::Row> {
        self.store.client().await.unwrap().query(sql, parameters).await.unwrap()
    }

    pub async fn execute(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> u64 {
        self.store.client().await.unwrap().execute(sql, parameters).await.unwrap()
    }

    /// One figure.
    pub async fn count(&self, sql: &str) -> i64 {
        self.rows(sql, &[]).await[0].get(0)
    }

    /// What must hold whatever was done: each query finds nothing.
    pub async fn is_consistent(&self) {
        for (what, sql) in NEVER {
            assert_eq!(self.count(sql).await, 0, "{what}");
        }
    }
}

const WAIT: &str = "
    WITH customer AS (
        INSERT INTO contacts (workspace_id, id, name)
        SELECT $1, gen_random_uuid(), 'Customer ' || n FROM generate_series(1, $4::bigint) AS n
        RETURNING id
    )
    INSERT INTO conversations (
        workspace_id, id, contact_id, inbox_id, state, controller, queue_id, opened_at, queued_at, waiting_since, window_expires_at, last_message_at)
    SELECT $1, gen_random_uuid(), id, $2, 'open', 'queue', $3, now(), now() + row_number() OVER () * interval '1 millisecond', now(),
        now() + interval '1 day', now()
    FROM customer
    RETURNING id";

/// Notes every time somebody comes to hold more than they may, with the transaction that did it.
const NOTE_OVERFILLING: &str = "
    CREATE TABLE overfilled (user_id uuid NOT NULL, done_by xid NOT NULL);
    CREATE FUNCTION note_overfilling() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO overfilled VALUES (NEW.user_id, pg_current_xact_id()::xid);
        RETURN NULL;
    END $$;
    CREATE TRIGGER note_overfilling AFTER UPDATE OF load ON agents
    FOR EACH ROW WHEN (NEW.load > NEW.capacity AND NEW.load > OLD.load) EXECUTE FUNCTION note_overfilling()";

const NEVER: [(&str, &str); 6] = [
    (
        "an agent is said to hold another number of conversations than they do",
        "SELECT count(*) FROM agents
         WHERE load <> (SELECT count(*) FROM conversations WHERE conversations.agent_id = agents.user_id)",
    ),
    (
        "somebody came to hold more than they may without an undo that gives them back what they held before",
        "SELECT count(*) FROM overfilled
         WHERE NOT EXISTS (
             SELECT FROM events
             WHERE xmin = done_by AND kind = 'act_undone' AND event #>> '{before,controller,user}' = user_id::text)",
    ),
    (
        "a flow's session is left although somebody else speaks",
        "SELECT count(*) FROM flow_sessions JOIN conversations ON conversations.id = conversation_id WHERE controller <> 'flow'",
    ),
    (
        "a journal has a gap",
        "SELECT count(*)
         FROM (SELECT id, last_seq FROM conversations UNION ALL SELECT id, last_seq FROM contacts
               UNION ALL SELECT workspace_id, last_seq FROM setups) AS subject
         WHERE last_seq <> (SELECT count(*) FROM events WHERE subject_id = id)
            OR last_seq <> coalesce((SELECT max(seq) FROM events WHERE subject_id = id), 0)",
    ),
    ("what is resolved has a controller", "SELECT count(*) FROM conversations WHERE (state = 'resolved') <> (controller = 'nobody')"),
    (
        "a queued message is not in the outbox, or another one is",
        "SELECT count(*) FROM messages FULL JOIN outbox ON outbox.message_id = messages.id
         WHERE (messages.status = 'queued' AND messages.direction = 'outbound') <> (outbox.message_id IS NOT NULL)",
    ),
];

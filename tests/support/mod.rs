//! The world of a test: nodes, PostgreSQL, Redis and simulator of its own, and the people who use them.
//!
//! A world costs about a second. Whoever measures or breaks things asks for a durable one, and has the machine to itself.

#![allow(dead_code, reason = "each group of tests uses its part")]

pub mod agent;
pub mod balancer;
pub mod chance;
pub mod cut;
pub mod html;
pub mod node;
pub mod oracles;
pub mod page;
pub mod phone;
pub mod ports;
pub mod probes;
pub mod redis_farm;
pub mod servers;
pub mod shop;
pub mod simulator;
pub mod staff;
pub mod traffic;
pub mod turn;
pub mod waiting;
pub mod webhook;
pub mod wire;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use baton::demo::postgres::Durability;
use baton::domain::access::Role;
use baton::domain::ids::{ConversationId, MessageId};
use baton::store::Store;
use serde_json::json;
use tokio_postgres::types::ToSql;

use agent::Agent;
use balancer::Balancer;
use node::{Node, Side};
use phone::Phone;
use servers::Servers;
use servers::keys::keys;
use shop::Shop;
use simulator::Simulator;
use turn::Turn;
use waiting::found;

/// Connections of the test itself.
const POOL: usize = 6;

/// Longest wait for something that is bound to happen soon.
pub const SOON: Duration = Duration::from_secs(90);

/// Everything around one test. Parts are dropped in the order of their fields.
pub struct World {
    pub nodes: Vec<Node>,
    pub balancer: Balancer,
    pub simulator: Simulator,
    pub store: Store,
    pub shop: Shop,
    pub servers: Servers,
    phones: AtomicU64,
    _turn: Turn,
}

impl World {
    /// One node that does everything; commits are not waited for.
    pub async fn quick() -> Self {
        Self::quick_with(&[Side::Both]).await
    }

    /// As [`World::quick`], with these nodes.
    pub async fn quick_with(sides: &[Side]) -> Self {
        Self::of(sides, Durability::GivenUp, Turn::shared()).await
    }

    /// As [`World::quick`], and nobody else on this machine.
    pub async fn quick_alone() -> Self {
        Self::of(&[Side::Both], Durability::GivenUp, Turn::alone()).await
    }

    /// Two nodes behind a balancer, on a database as it should be, and nobody else on this machine.
    pub async fn durable(sides: &[Side]) -> Self {
        Self::of(sides, Durability::Kept, Turn::alone()).await
    }

    async fn of(sides: &[Side], durability: Durability, turn: Turn) -> Self {
        let servers = Servers::start(durability).await;
        let store = Store::new(&servers.database_url(), POOL, keys()).unwrap();
        let shop = Shop::open(&store).await;
        let simulator = Simulator::start(&servers.place().log("simulator"));
        let name = |place: usize| format!("node-{}", place + 1);
        let graph = simulator.url();
        let nodes = sides.iter().enumerate().map(|(place, side)| Node::new(&name(place), *side, &servers, &graph));
        let mut nodes: Vec<Node> = nodes.collect();
        for node in &mut nodes {
            node.start().await;
        }
        let doors = sides.iter().zip(&nodes).filter(|(side, _)| **side != Side::Workers).map(|(_, node)| node.address).collect();
        let balancer = Balancer::start(doors).await;
        let callback = format!("http://{}/webhooks/whatsapp/{}", balancer.address(), shop::APP_ID);
        let app = simulator.post("apps", &shop::app(&callback)).await;
        assert_eq!(app["verified"], json!(true), "the door does not answer the challenge: {app}");
        simulator.post("numbers", &shop.number()).await;
        Self { nodes, balancer, simulator, store, shop, servers, phones: AtomicU64::new(0), _turn: turn }
    }

    /// A customer with a phone of their own.
    pub async fn phone(&self, name: &str) -> Phone<'_> {
        let number = 447_700_900_000 + self.phones.fetch_add(1, Ordering::Relaxed);
        Phone::of(&self.simulator, &number.to_string(), name).await
    }

    /// An agent of the team, signed in at the balancer.
    pub async fn agent(&self, name: &str) -> Agent {
        self.employs(name, Role::Agent, 8).await
    }

    pub async fn employs(&self, name: &str, role: Role, capacity: i32) -> Agent {
        let user = self.shop.hires(&self.store, name, role, capacity).await;
        Agent::signs_in(user, name, self.balancer.address()).await
    }

    /// The latest conversation with a customer, once there is one.
    pub async fn conversation_with(&self, phone: &Phone<'_>) -> ConversationId {
        let what = format!("a conversation with {}", phone.wa_id);
        found(&what, SOON, async || {
            let rows = self.rows(CONVERSATION_WITH, &[&phone.wa_id]).await;
            rows.first().map(|row| ConversationId(row.get(0)))
        })
        .await
    }

    /// Who holds a conversation, once somebody does.
    pub async fn holder(&self, conversation: ConversationId, limit: Duration) -> uuid::Uuid {
        found("the conversation is assigned", limit, async || {
            let rows = self.rows("SELECT agent_id FROM conversations WHERE id = $1 AND agent_id IS NOT NULL", &[&conversation.0]).await;
            rows.first().map(|row| row.get(0))
        })
        .await
    }

    /// A conversation that this agent, who is there, was given because the customer asked for a person.
    pub async fn conversation_of(&self, agent: &Agent, phone: &Phone<'_>) -> ConversationId {
        phone.writes("agent").await;
        let conversation = self.conversation_with(phone).await;
        assert_eq!(self.holder(conversation, SOON).await, agent.user.0);
        self.settles(SOON).await;
        conversation
    }

    /// How far a message got, once it is one of these.
    pub async fn status(&self, message: MessageId, wanted: &[&str], limit: Duration) -> String {
        found(&format!("message {message} is {wanted:?}"), limit, async || {
            let rows = self.rows("SELECT status FROM messages WHERE id = $1", &[&message.0]).await;
            rows.first().map(|row| row.get::<_, String>(0)).filter(|status| wanted.contains(&status.as_str()))
        })
        .await
    }

    /// One figure.
    pub async fn count(&self, sql: &str) -> i64 {
        self.rows(sql, &[]).await[0].get(0)
    }

    pub async fn rows(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Vec<tokio_postgres::Row> {
        self.store.client().await.unwrap().query(sql, parameters).await.unwrap()
    }

    /// Changes what only time would.
    pub async fn execute(&self, sql: &str) -> u64 {
        self.store.client().await.unwrap().execute(sql, &[]).await.unwrap()
    }
}

const CONVERSATION_WITH: &str = "
    SELECT conversation.id
    FROM contact_identities AS identity
    JOIN conversations AS conversation USING (workspace_id, contact_id)
    WHERE identity.kind = 'phone' AND identity.value = $1
    ORDER BY conversation.opened_at DESC";

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.nodes.iter().for_each(|node| eprint!("{}", node.last_words()));
            eprint!("{}", node::last_lines("postgres", &self.servers.place().log("postgres")));
        }
    }
}

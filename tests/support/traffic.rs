//! Many customers at a rate, each taken through the flow; and what they saw of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::World;
use super::phone::Phone;
use super::waiting::found;

/// The first customer's number; the others follow.
const FIRST: u64 = 4_915_100_000_000;

/// Answers of a customer until the flow hands over.
pub const TURNS: usize = 3;

/// Customers whose chats are asked for at once.
const AT_ONCE: usize = 16;

/// A run of the simulator's traffic.
#[derive(Debug, Clone, Copy)]
pub struct Traffic {
    /// How many customers came before.
    pub after: usize,
    pub customers: usize,
    /// Conversations that begin in a second.
    pub rate: usize,
}

/// How far it is.
#[derive(Debug, Clone)]
pub struct Progress {
    pub is_running: bool,
    pub started: usize,
    pub acknowledged: usize,
    pub answered: usize,
    pub finished: usize,
    /// Milliseconds from the webhook of a first message to the first message of the shop: middle, 99 of 100, slowest.
    pub acknowledged_in: (f64, f64, f64),
}

impl Traffic {
    pub async fn begins(self, world: &World) {
        // The limits of numbers and pairs are for other tests.
        world.simulator.post("settings", &json!({ "mps": 0, "pair_rate": false })).await;
        let replies = json!(["204817"]);
        let plan = json!({
            "customers": self.customers, "rate": self.rate, "turns": TURNS, "think_ms": 300, "first_wa_id": (FIRST + self.after as u64).to_string(),
            "opening": "Hello, my lamp is broken", "replies": replies,
        });
        world.simulator.post("traffic", &plan).await;
    }

    /// Waits until every customer has given all answers.
    pub async fn ends(self, world: &World, limit: Duration) -> Progress {
        found("all customers have given their answers", limit, async || {
            let progress = progress(world).await;
            (progress.finished == self.customers).then_some(progress)
        })
        .await
    }

    /// Waits until so many messages were written, by all customers together.
    pub async fn reaches(self, world: &World, messages: usize, limit: Duration) {
        found(&format!("{messages} messages were written"), limit, async || {
            let progress = progress(world).await;
            (progress.started + progress.answered >= messages || !progress.is_running).then_some(())
        })
        .await;
    }

    /// WhatsApp's ids of everything these customers and those before them wrote.
    pub async fn written(self, world: &World) -> Vec<String> {
        let mut written = Vec::new();
        for customers in (0..self.after + self.customers).collect::<Vec<_>>().chunks(AT_ONCE) {
            let phones: Vec<Phone<'_>> = customers.iter().map(|customer| self.phone(world, *customer)).collect();
            let chats = phones.iter().map(Phone::written);
            written.extend(futures_util::future::join_all(chats).await.into_iter().flatten());
        }
        written
    }

    fn phone(self, world: &World, customer: usize) -> Phone<'_> {
        Phone::known(&world.simulator, &(FIRST + customer as u64).to_string())
    }
}

/// How far the traffic of a world is.
pub async fn progress(world: &World) -> Progress {
    let told = world.simulator.get("traffic").await;
    let count = |name: &str| told[name].as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    let milliseconds = |name: &str| told["ack_ms"][name].as_f64().unwrap_or(f64::NAN);
    Progress {
        is_running: told["running"] == Value::Bool(true),
        started: count("started"),
        acknowledged: count("acknowledged"),
        answered: count("answered"),
        finished: count("finished"),
        acknowledged_in: (milliseconds("p50"), milliseconds("p99"), milliseconds("max")),
    }
}

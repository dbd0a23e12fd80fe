//! What must hold whatever happened: the simulator's ledger against the database.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::World;
use super::waiting::eventually;

/// What is still on its way through the house.
const UNDER_WAY: &str = "
    SELECT (SELECT count(*) FROM payloads WHERE sorted_at IS NULL) + (SELECT count(*) FROM inbound_items) + (SELECT count(*) FROM outbox)";

/// Sends that lost their node, or stood still, wait for their lease to lapse; this is that time having passed for those that are alone for
/// 6 seconds.
const LEASES_LAPSE: &str = "
    UPDATE outbox SET lease_until = now() WHERE state = 'dispatching' AND lease_until < now() + interval '34 seconds'";

/// Outbound messages, and how far each got.
const OUTBOUND: &str = "SELECT id::text, status FROM messages WHERE direction = 'outbound'";

const INBOUND: &str = "SELECT wamid FROM messages WHERE direction = 'inbound'";

/// What became of all sends.
#[derive(Debug, Default)]
pub struct Sends {
    pub messages: usize,
    /// Calls to `/messages` that carried a message, refused ones too.
    pub calls: usize,
    pub by_status: BTreeMap<String, usize>,
}

impl Sends {
    pub fn with(&self, status: &str) -> usize {
        self.by_status.get(status).copied().unwrap_or(0)
    }
}

impl World {
    /// Waits until nothing is under way, neither here nor at the simulator.
    pub async fn settles(&self, limit: Duration) {
        self.simulator.settles(limit).await;
        eventually("nothing is under way", limit, async || self.count(UNDER_WAY).await == 0).await;
        self.simulator.settles(limit).await;
        eventually("nothing is under way", limit, async || self.count(UNDER_WAY).await == 0).await;
    }

    /// Waits until nothing is under way after nodes failed, though some sends will never have an answer.
    pub async fn comes_to_rest(&self) {
        eventually("all is at rest", Duration::from_secs(180), async || {
            self.execute(LEASES_LAPSE).await;
            let counts = self.simulator.get("counts").await;
            let is_quiet = counts["webhooks_pending"] == 0 && counts["tasks_waiting"] == 0;
            if !is_quiet {
                self.simulator.hurries().await;
            }
            is_quiet && self.count(UNDER_WAY).await == 0
        })
        .await;
        self.settles(super::SOON).await;
    }

    /// Everybody has one agent, also a customer whose question was lost: a flow that cannot speak lets go.
    pub async fn everybody_was_assigned(&self) {
        let waiting = "SELECT count(*) FROM conversations WHERE controller = 'queue'";
        eventually("everybody who waits has an agent", super::SOON, async || self.count(waiting).await == 0).await;
        let with_flow = "SELECT count(*) FROM conversations WHERE controller = 'flow'";
        assert_eq!(self.count(with_flow).await, 0, "somebody is still with the flow");
        let doubly = "
            SELECT count(*) FROM (
                SELECT FROM events WHERE kind = 'conversation_assigned' GROUP BY subject_id HAVING count(*) <> 1) AS odd";
        assert_eq!(self.count(doubly).await, 0, "a conversation was assigned more than once");
        self.loads_are_right().await;
    }

    /// Every message the phones wrote was stored, once.
    pub async fn nothing_was_lost(&self, written: &[String]) {
        let stored: Vec<String> = self.rows(INBOUND, &[]).await.iter().map(|row| row.get(0)).collect();
        let (written, kept): (BTreeSet<&String>, BTreeSet<&String>) = (written.iter().collect(), stored.iter().collect());
        assert_eq!(stored.len(), kept.len(), "a message was stored twice");
        let lost: Vec<_> = written.difference(&kept).collect();
        assert!(lost.is_empty(), "{} of {} messages were lost: {lost:?}", lost.len(), written.len());
        let invented: Vec<_> = kept.difference(&written).collect();
        assert!(invented.is_empty(), "messages were stored that nobody wrote: {invented:?}");
        assert_eq!(self.count("SELECT count(*) FROM quarantine").await, 0, "something was set aside");
    }

    /// No message reached WhatsApp twice; each that is said to be sent did; none waits.
    pub async fn nothing_was_sent_twice(&self) -> Sends {
        let mut accepted: BTreeMap<String, usize> = BTreeMap::new();
        let mut sends = Sends::default();
        for call in self.simulator.ledger().await {
            let Some(message) = call.message else { continue };
            sends.calls += 1;
            *accepted.entry(message).or_default() += usize::from(call.is_accepted);
        }
        let rows = self.rows(OUTBOUND, &[]).await;
        let known: BTreeMap<String, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        for (message, times) in &accepted {
            assert!(*times <= 1, "message {message} was sent {times} times");
            assert!(known.contains_key(message), "message {message} was sent but nobody knows it");
        }
        for (message, status) in &known {
            let was_sent = accepted.get(message) == Some(&1);
            match status.as_str() {
                "sending" | "sent" | "delivered" | "read" => assert!(was_sent, "message {message} is said to be {status}"),
                "failed" => assert!(!was_sent, "message {message} was sent and is said to have failed"),
                "unknown" => assert!(!was_sent, "message {message} was sent, and its status did not tell"),
                other => panic!("message {message} is {other}, though nothing is under way"),
            }
            *sends.by_status.entry(status.clone()).or_default() += 1;
        }
        sends.messages = known.len();
        sends
    }

    /// Every conversation that is held was assigned exactly once, and nobody has more than they may.
    pub async fn everybody_was_assigned_once(&self, conversations: i64) {
        let assigned = "
            SELECT count(*) FROM (
                SELECT subject_id FROM events WHERE kind = 'conversation_assigned' GROUP BY subject_id HAVING count(*) = 1) AS once";
        assert_eq!(self.count("SELECT count(*) FROM conversations").await, conversations, "conversations");
        assert_eq!(self.count("SELECT count(*) FROM conversations WHERE agent_id IS NOT NULL").await, conversations, "held conversations");
        assert_eq!(self.count(assigned).await, conversations, "conversations assigned exactly once");
        self.loads_are_right().await;
    }

    /// Loads are what people hold, and within capacity.
    pub async fn loads_are_right(&self) {
        let wrong = "
            SELECT count(*)
            FROM agents
            WHERE load > capacity OR load <> (SELECT count(*) FROM conversations WHERE agent_id = user_id AND state <> 'resolved')";
        assert_eq!(self.count(wrong).await, 0, "a load is not what the person holds, or too much");
    }

    /// Every conversation's journal is whole: one event for each sequence.
    pub async fn journals_are_whole(&self) {
        let gaps = "
            SELECT count(*)
            FROM conversations
            LEFT JOIN (SELECT subject_id, count(*), max(seq) FROM events GROUP BY subject_id) AS journal ON subject_id = id
            WHERE (last_seq, last_seq) IS DISTINCT FROM (coalesce(journal.count, 0), coalesce(journal.max, 0))";
        assert_eq!(self.count(gaps).await, 0, "a journal has a gap");
    }
}

//! Ticks as they come: whole bodies of them climb in one statement, beside those that are stored to be sorted. Nobody is waited for: a
//! message that somebody has in hand, or that is not known yet, keeps its body for the sorter, which takes its time.

use std::collections::HashMap;

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::access::Sight;
use super::messages::status;
use super::payloads::NewPayload;
use super::{Result, Store};
use crate::domain::ids::{ConversationId, MessageId, WorkspaceId};
use crate::domain::message::{Status, Wamid};
use crate::domain::tick::Climbed;

/// When the last tick was stored among so many latest messages of the conversation `c`.
macro_rules! last_tick {
    ($messages:literal) => {
        concat!(
            "(SELECT max(ticked_at)
              FROM (SELECT ticked_at
                    FROM messages
                    WHERE workspace_id = $1 AND conversation_id = c.id
                    ORDER BY seq DESC
                    LIMIT ",
            $messages,
            ") AS latest)"
        )
    };
}
pub(super) use last_tick;

/// Messages of a conversation among which ticks are looked for that a page may have missed.
const LATEST_MESSAGES: i64 = 50;

crate::statements! {
    /// Bodies, and the ticks of those that say nothing else. A body all of whose ticks are settled is not stored. A number is heard only in
    /// bodies of its own source. Only what WhatsApp is known to have taken climbs here: for anything else there is something to decide.
    APPEND = "
        WITH held AS (
            SELECT tick.body, tick.told, inbox.workspace_id, tick.status, tick.at, message.id
            FROM UNNEST($4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::uuid[], $9::text[], $10::text[], $11::timestamptz[])
                AS tick (body, told, source, address, message_id, wamid, status, at)
            CROSS JOIN LATERAL (
                SELECT workspace_id, inbox_id
                FROM addresses
                WHERE addresses.address = tick.address AND addresses.source = tick.source
                LIMIT 1) AS inbox
            CROSS JOIN LATERAL (
                SELECT id
                FROM messages
                WHERE workspace_id = inbox.workspace_id AND inbox_id = inbox.inbox_id AND status = ANY('{sending,sent,delivered,read}')
                  AND id = coalesce(tick.message_id, (
                      SELECT id
                      FROM messages AS named
                      WHERE named.workspace_id = inbox.workspace_id AND named.inbox_id = inbox.inbox_id AND named.wamid = tick.wamid))
                LIMIT 1
                FOR NO KEY UPDATE SKIP LOCKED) AS message
        ), climb AS (
            SELECT workspace_id, id, max(array_position($12::text[], status)) AS rung, min(at) FILTER (WHERE status = 'sent') AS sent_at,
                min(at) FILTER (WHERE status = 'delivered') AS delivered_at, min(at) FILTER (WHERE status = 'read') AS read_at
            FROM held
            GROUP BY workspace_id, id
        ), climbed AS (
            UPDATE messages
            SET status = ($12::text[])[greatest(climb.rung, array_position($12::text[], messages.status))],
                sent_at = coalesce(messages.sent_at, climb.sent_at), delivered_at = coalesce(messages.delivered_at, climb.delivered_at),
                read_at = coalesce(messages.read_at, climb.read_at), ticked_at = clock_timestamp()
            FROM climb
            WHERE messages.workspace_id = climb.workspace_id AND messages.id = climb.id
              AND (climb.rung > array_position($12::text[], messages.status)
                  OR (messages.sent_at IS NULL AND climb.sent_at IS NOT NULL)
                  OR (messages.delivered_at IS NULL AND climb.delivered_at IS NOT NULL))
            RETURNING messages.workspace_id, messages.conversation_id, messages.id, messages.status, messages.at, messages.ticked_at
        ), settled AS (
            SELECT body
            FROM held
            GROUP BY body, told
            HAVING count(*) = told
        ), stored AS (
            INSERT INTO payloads (source, received_at, body)
            SELECT source, received_at, body
            FROM UNNEST($1::text[], $2::timestamptz[], $3::bytea[]) WITH ORDINALITY AS given (source, received_at, body, number)
            WHERE number NOT IN (SELECT body FROM settled)
            ORDER BY number
        )
        SELECT body, NULL::uuid, NULL::uuid, NULL::uuid, NULL::text, NULL::timestamptz, NULL::timestamptz FROM settled
        UNION ALL
        SELECT NULL::bigint, * FROM climbed";
    /// Ticks that a page may have missed, among the latest messages of a conversation.
    SINCE = "
        SELECT conversation_id, id, status, at, ticked_at
        FROM (
            SELECT conversation_id, id, status, at, ticked_at
            FROM messages
            WHERE workspace_id = $1 AND conversation_id = $2
            ORDER BY seq DESC
            LIMIT $4) AS latest
        WHERE ticked_at > $3::timestamptz - interval '30 seconds' AND status = ANY('{sending,sent,delivered,read}')
        ORDER BY ticked_at";
}

/// One tick, and which of the bodies told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTick {
    pub body: usize,
    pub address: String,
    pub message: Option<MessageId>,
    pub wamid: Wamid,
    pub status: Status,
    /// By WhatsApp's clock.
    pub at: Timestamp,
}

/// When a message got how far, by WhatsApp's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    pub sent: Option<Timestamp>,
    pub delivered: Option<Timestamp>,
    pub read: Option<Timestamp>,
}

impl Times {
    #[must_use]
    pub fn of(status: Status, at: Option<Timestamp>) -> Self {
        let none = Self::default();
        match status {
            Status::Sent => Self { sent: at, ..none },
            Status::Delivered => Self { delivered: at, ..none },
            Status::Read => Self { read: at, ..none },
            Status::Received | Status::Queued | Status::Sending | Status::Failed | Status::Unknown => none,
        }
    }

    /// These, and what only the others know.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        let Self { sent, delivered, read } = others;
        Self { sent: self.sent.or(sent), delivered: self.delivered.or(delivered), read: self.read.or(read) }
    }
}

/// What came of bodies with ticks.
#[derive(Debug, Default)]
pub struct Appended {
    /// The numbers of bodies that are done with: they are not stored.
    pub settled: Vec<usize>,
    pub climbed: Vec<(WorkspaceId, Climbed)>,
}

/// The names of how far a message can get, in order.
fn ladder() -> Vec<&'static str> {
    Status::LADDER.iter().map(|status| status.as_str()).collect()
}

impl Store {
    /// Stores bodies in one commit, but for those all of whose `ticks` are settled with it. Ticks name bodies by their place.
    ///
    /// # Errors
    /// As PostgreSQL answers; then none is stored, and nothing has climbed.
    pub async fn append_payloads_with_ticks(&self, payloads: &[NewPayload], ticks: &[NewTick]) -> Result<Appended> {
        let sources: Vec<&str> = payloads.iter().map(|payload| payload.source.as_str()).collect();
        let times: Vec<Timestamp> = payloads.iter().map(|payload| payload.received_at).collect();
        let bodies: Vec<&[u8]> = payloads.iter().map(|payload| payload.body.as_ref()).collect();
        // PostgreSQL counts from 1.
        let numbers: Vec<i64> = ticks.iter().map(|tick| i64::try_from(tick.body + 1).unwrap_or(i64::MAX)).collect();
        let mut of_bodies: HashMap<usize, i64> = HashMap::new();
        ticks.iter().for_each(|tick| *of_bodies.entry(tick.body).or_default() += 1);
        let told: Vec<i64> = ticks.iter().map(|tick| of_bodies[&tick.body]).collect();
        let of_sources: Vec<&str> = ticks.iter().map(|tick| sources.get(tick.body).copied().unwrap_or_default()).collect();
        let addresses: Vec<&str> = ticks.iter().map(|tick| tick.address.as_str()).collect();
        let messages: Vec<Option<Uuid>> = ticks.iter().map(|tick| tick.message.map(|message| message.0)).collect();
        let wamids: Vec<&str> = ticks.iter().map(|tick| tick.wamid.as_str()).collect();
        let statuses: Vec<&str> = ticks.iter().map(|tick| tick.status.as_str()).collect();
        let told_at: Vec<Timestamp> = ticks.iter().map(|tick| tick.at).collect();
        let rows = self
            .query(
                &APPEND,
                &[&sources, &times, &bodies, &numbers, &told, &of_sources, &addresses, &messages, &wamids, &statuses, &told_at, &ladder()],
            )
            .await?;
        let mut taken = Appended::default();
        for row in &rows {
            match row.get::<_, Option<i64>>(0) {
                Some(number) => taken.settled.extend(usize::try_from(number - 1)),
                // It is committed: a word that this version does not know is shown with the next load.
                None => taken.climbed.extend(climbed(row, 2).ok().map(|climbed| (WorkspaceId(row.get(1)), climbed))),
            }
        }
        Ok(taken)
    }

    /// Ticks among the latest messages of a conversation that were stored after `since`, or shortly before: what was stored first may be
    /// committed last, by as much as a statement may take.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn ticks_since(&self, sight: Sight, since: Timestamp) -> Result<Vec<Climbed>> {
        self.query(&SINCE, &[&sight.workspace().0, &sight.conversation().0, &since, &LATEST_MESSAGES])
            .await?
            .iter()
            .map(|row| climbed(row, 0))
            .collect()
    }
}

fn climbed(row: &Row, first: usize) -> Result<Climbed> {
    Ok(Climbed {
        conversation: ConversationId(row.get(first)),
        message: MessageId(row.get(first + 1)),
        status: status(row.get(first + 2))?,
        at: row.get(first + 3),
        ticked_at: row.get(first + 4),
    })
}

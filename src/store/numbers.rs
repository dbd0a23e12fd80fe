//! Numbers as administrators see them: what was decided, and how they are.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::reading::{if_known, value};
use super::{Result, Store};
use crate::domain::ids::{FlowId, InboxId, QueueId, WorkspaceId};
use crate::domain::message::Failure;
use crate::domain::setup::value::InboxState;

/// The version (RFC 9562) of the ids of messages that try numbers: those of conversations have version 7.
pub const TEST_ID_VERSION: usize = 8;

/// Numbers, queues and flows that a page shows.
const MOST: i64 = 1_000;

macro_rules! numbers {
    ($more:literal) => {
        concat!(
            "SELECT inbox.id, inbox.name, inbox.default_queue_id, queue.name AS queue, inbox.flow_id, flow.name AS flow, inbox.reopen_hours, inbox.state,
                number.app_id, number.phone_number_id, number.waba_id, number.display_phone_number, app.challenged_at,
                allowance.pause_reason, allowance.last_refusal, allowance.refused_at,
                fact.verified_name, fact.quality, fact.messaging_limit, fact.status, fact.asked_at, fact.looked_at, fact.heard_at,
                EXISTS (SELECT FROM number_endings AS ending WHERE ending.workspace_id = $1 AND ending.inbox_id = inbox.id) AS is_ending
            FROM inboxes AS inbox
            LEFT JOIN whatsapp_numbers AS number ON number.workspace_id = $1 AND number.inbox_id = inbox.id
            LEFT JOIN apps AS app ON app.app_id = number.app_id
            LEFT JOIN allowances AS allowance ON allowance.workspace_id = $1 AND allowance.inbox_id = inbox.id
            LEFT JOIN number_facts AS fact ON fact.workspace_id = $1 AND fact.inbox_id = inbox.id
            LEFT JOIN queues AS queue ON queue.workspace_id = $1 AND queue.id = inbox.default_queue_id
            LEFT JOIN flows AS flow ON flow.workspace_id = $1 AND flow.id = inbox.flow_id
            WHERE inbox.workspace_id = $1",
            $more
        )
    };
}

/// How far a test is: its status only climbs.
macro_rules! rank {
    ($status:literal) => {
        concat!("coalesce(array_position(ARRAY['accepted', 'sent', 'delivered', 'read', 'failed'], ", $status, "), 0)")
    };
}

crate::statements! {
    ALL = numbers!(" ORDER BY inbox.name COLLATE names, inbox.id LIMIT $2");
    ONE = numbers!(" AND inbox.id = $2");
    /// What would be lost: conversations under way, and messages that wait to be sent; not more of each than are worth counting.
    AT_STAKE = "
        SELECT
            (SELECT count(*) FROM (
                SELECT FROM conversations WHERE workspace_id = $1 AND inbox_id = $2 AND state <> 'resolved' LIMIT 100000) AS open),
            (SELECT count(*) FROM (
                SELECT FROM outbox WHERE workspace_id = $1 AND inbox_id = $2 AND state = 'queued' LIMIT 100000) AS waiting)";
    /// What a number may lead to.
    CHOICES = "
        (SELECT true, id, name FROM queues WHERE workspace_id = $1 ORDER BY position, id LIMIT $2)
        UNION ALL
        (SELECT false, id, name FROM flows WHERE workspace_id = $1 AND NOT archived ORDER BY name COLLATE names, id LIMIT $2)";
    /// Whether or not an answer comes.
    ASKED = "
        INSERT INTO number_facts (workspace_id, inbox_id, asked_at)
        SELECT workspace_id, id, $3
        FROM inboxes
        WHERE workspace_id = $1 AND id = $2
        ON CONFLICT (workspace_id, inbox_id) DO UPDATE SET asked_at = excluded.asked_at";
    LOOKED = "
        INSERT INTO number_facts (workspace_id, inbox_id, verified_name, quality, messaging_limit, status, looked_at)
        SELECT workspace_id, id, $3, $4, $5, $6, $7
        FROM inboxes
        WHERE workspace_id = $1 AND id = $2
        ON CONFLICT (workspace_id, inbox_id) DO UPDATE
        SET verified_name = excluded.verified_name, quality = excluded.quality, messaging_limit = excluded.messaging_limit,
            status = excluded.status, looked_at = excluded.looked_at";
    HEARD = "
        INSERT INTO number_facts (workspace_id, inbox_id, heard_at)
        SELECT workspace_id, id, $3
        FROM inboxes
        WHERE workspace_id = $1 AND id = ANY($2)
        ON CONFLICT (workspace_id, inbox_id) DO UPDATE SET heard_at = greatest(number_facts.heard_at, excluded.heard_at)";
    /// Before it is sent: what is known of it then is next to nothing, and its ticks may be quicker than the answer to the send.
    TESTED = "
        INSERT INTO number_tests (workspace_id, inbox_id, id, phone, sent_at, status, refusal)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (workspace_id, inbox_id) DO UPDATE
        SET id = excluded.id, phone = excluded.phone, sent_at = excluded.sent_at, status = excluded.status, refusal = excluded.refusal";
    /// What came of the send.
    TEST_SENT = concat!("
        UPDATE number_tests
        SET phone = $4,
            status = CASE WHEN ", rank!("$5"), " > ", rank!("status"), " THEN $5 ELSE status END,
            refusal = CASE WHEN ", rank!("$5"), " > ", rank!("status"), " THEN $6 ELSE refusal END
        WHERE workspace_id = $1 AND inbox_id = $2 AND id = $3");
    /// Ticks come in any order, and only climb; of another test they say nothing.
    TEST_STATUS = concat!("
        UPDATE number_tests
        SET status = told.status, refusal = told.refusal
        FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::jsonb[]) AS told (workspace_id, inbox_id, id, status, refusal)
        WHERE number_tests.workspace_id = told.workspace_id AND number_tests.inbox_id = told.inbox_id AND number_tests.id = told.id
          AND ", rank!("told.status"), " > ", rank!("number_tests.status"));
    /// With when its phone wrote back; what it writes has whole seconds.
    TEST = "
        SELECT test.phone, test.sent_at, test.status, test.refusal, (
            SELECT min(message.at)
            FROM contact_identities AS identity
            JOIN conversations AS conversation
                ON conversation.workspace_id = $1 AND conversation.contact_id = identity.contact_id AND conversation.inbox_id = $2
            JOIN messages AS message ON message.workspace_id = $1 AND message.conversation_id = conversation.id
            WHERE identity.workspace_id = $1 AND identity.kind = 'phone' AND identity.value = test.phone
              AND message.direction = 'inbound' AND message.at >= date_trunc('second', test.sent_at))
        FROM number_tests AS test
        WHERE test.workspace_id = $1 AND test.inbox_id = $2";
    /// Whether somebody may be written to freely just now.
    WINDOW = "
        SELECT EXISTS (
            SELECT
            FROM contact_identities AS identity
            JOIN conversations AS conversation
                ON conversation.workspace_id = $1 AND conversation.contact_id = identity.contact_id AND conversation.inbox_id = $2
            WHERE identity.workspace_id = $1 AND identity.kind = 'phone' AND identity.value = $3
              AND conversation.window_expires_at > $4)";
}

/// A number with all that is known of it.
#[derive(Debug, Clone)]
pub struct Number {
    pub id: InboxId,
    pub name: String,
    pub queue: (QueueId, String),
    pub flow: Option<(FlowId, String)>,
    pub reopen_hours: i32,
    pub state: InboxState,
    /// What WhatsApp calls it by; nothing on another channel.
    pub address: Option<Address>,
    /// Why it sends nothing until a person has seen to it.
    pub stopped: Option<Failure>,
    /// What WhatsApp refused last of what concerns the number as a whole.
    pub last_refusal: Option<(Failure, Timestamp)>,
    pub health: Option<Health>,
    /// When WhatsApp was asked how it is, whether or not it answered.
    pub asked_at: Option<Timestamp>,
    /// When something came in for it last, to the minute.
    pub heard_at: Option<Timestamp>,
    /// Its conversations are being resolved.
    pub is_ending: bool,
}

/// What WhatsApp calls a number by.
#[derive(Debug, Clone)]
pub struct Address {
    pub app_id: String,
    pub phone_number_id: String,
    pub waba_id: String,
    pub display: String,
    /// When Meta last asked whether our address is ours.
    pub challenged_at: Option<Timestamp>,
}

/// What WhatsApp said of a number when it was asked last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    pub verified_name: String,
    pub quality: String,
    pub messaging_limit: String,
    pub status: String,
    pub looked_at: Timestamp,
}

/// A message to try a number with.
#[derive(Debug, Clone)]
pub struct Test {
    pub phone: String,
    pub sent_at: Timestamp,
    /// `accepted`, `sent`, `delivered`, `read`, `failed`, or `unknown`.
    pub status: String,
    pub refusal: Option<Failure>,
    /// When its phone wrote back.
    pub answered_at: Option<Timestamp>,
}

/// How far the message of a test came.
#[derive(Debug, Clone)]
pub struct TestReport {
    pub workspace: WorkspaceId,
    pub inbox: InboxId,
    pub id: Uuid,
    pub status: &'static str,
    pub refusal: Option<Failure>,
}

/// Queues and flows that a number may lead to.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    pub queues: Vec<(QueueId, String)>,
    pub flows: Vec<(FlowId, String)>,
}

impl Store {
    /// The numbers of a workspace, by name.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn numbers(&self, workspace: WorkspaceId) -> Result<Vec<Number>> {
        self.query(&ALL, &[&workspace.0, &MOST]).await?.iter().map(number).collect()
    }

    /// One number.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn number(&self, workspace: WorkspaceId, inbox: InboxId) -> Result<Option<Number>> {
        self.query_opt(&ONE, &[&workspace.0, &inbox.0]).await?.as_ref().map(number).transpose()
    }

    /// What a number may lead to.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn number_choices(&self, workspace: WorkspaceId) -> Result<Choices> {
        let mut choices = Choices::default();
        for row in self.query(&CHOICES, &[&workspace.0, &MOST]).await? {
            match row.try_get(0)? {
                true => choices.queues.push((QueueId(row.try_get(1)?), row.try_get(2)?)),
                false => choices.flows.push((FlowId(row.try_get(1)?), row.try_get(2)?)),
            }
        }
        Ok(choices)
    }

    /// How many conversations of a number are under way, and how many messages wait to be sent from it.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn at_stake(&self, workspace: WorkspaceId, inbox: InboxId) -> Result<(i64, i64)> {
        Ok(self.query_opt(&AT_STAKE, &[&workspace.0, &inbox.0]).await?.map_or((0, 0), |row| (row.get(0), row.get(1))))
    }

    /// Keeps that WhatsApp is asked how a number is.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn keep_number_asked(&self, workspace: WorkspaceId, inbox: InboxId, at: Timestamp) -> Result<()> {
        self.execute(&ASKED, &[&workspace.0, &inbox.0, &at]).await?;
        Ok(())
    }

    /// Keeps what WhatsApp said of a number.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn keep_number_health(&self, workspace: WorkspaceId, inbox: InboxId, health: &Health) -> Result<()> {
        let Health { verified_name, quality, messaging_limit, status, looked_at } = health;
        self.execute(&LOOKED, &[&workspace.0, &inbox.0, verified_name, quality, messaging_limit, status, looked_at]).await?;
        Ok(())
    }

    /// Keeps that something came in for numbers.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn keep_heard(&self, workspace: WorkspaceId, inboxes: &[Uuid], at: Timestamp) -> Result<()> {
        self.execute(&HEARD, &[&workspace.0, &inboxes, &at]).await?;
        Ok(())
    }

    /// Keeps that a message is sent to try a number.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn keep_number_test(&self, workspace: WorkspaceId, inbox: InboxId, id: Uuid, test: &Test) -> Result<()> {
        let refusal = test.refusal.as_ref().map(serde_json::to_value).transpose()?;
        self.execute(&TESTED, &[&workspace.0, &inbox.0, &id, &test.phone, &test.sent_at, &test.status, &refusal]).await?;
        Ok(())
    }

    /// Keeps what came of sending it, where no tick has told more.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn keep_number_test_sent(&self, workspace: WorkspaceId, inbox: InboxId, id: Uuid, sent: &Test) -> Result<()> {
        let refusal = sent.refusal.as_ref().map(serde_json::to_value).transpose()?;
        self.execute(&TEST_SENT, &[&workspace.0, &inbox.0, &id, &sent.phone, &sent.status, &refusal]).await?;
        Ok(())
    }

    /// The last message that tried a number.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn number_test(&self, workspace: WorkspaceId, inbox: InboxId) -> Result<Option<Test>> {
        let row = self.query_opt(&TEST, &[&workspace.0, &inbox.0]).await?;
        row.map(|row| {
            Ok(Test {
                phone: row.try_get(0)?,
                sent_at: row.try_get(1)?,
                status: row.try_get(2)?,
                refusal: if_known(&row, 3),
                answered_at: row.try_get(4)?,
            })
        })
        .transpose()
    }

    /// Whether a phone has written to a number so lately that it may be written to freely.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn may_write_freely(&self, workspace: WorkspaceId, inbox: InboxId, phone: &str, now: Timestamp) -> Result<bool> {
        Ok(self.query_opt(&WINDOW, &[&workspace.0, &inbox.0, &phone, &now]).await?.is_some_and(|row| row.get(0)))
    }
}

/// Keeps how far the messages of tests came.
pub(super) fn report(reports: &[TestReport]) -> Result<super::statement::Step> {
    let refusal = |report: &TestReport| report.refusal.as_ref().map(serde_json::to_value).transpose();
    Ok(super::statement::Step::of(TEST_STATUS)
        .with(reports.iter().map(|report| report.workspace.0).collect::<Vec<_>>())
        .with(reports.iter().map(|report| report.inbox.0).collect::<Vec<_>>())
        .with(reports.iter().map(|report| report.id).collect::<Vec<_>>())
        .with(reports.iter().map(|report| report.status.to_owned()).collect::<Vec<_>>())
        .with(reports.iter().map(refusal).collect::<std::result::Result<Vec<Option<Value>>, _>>()?))
}

fn number(row: &Row) -> Result<Number> {
    let address = match row.try_get::<_, Option<String>>("app_id")? {
        None => None,
        Some(app_id) => Some(Address {
            app_id,
            phone_number_id: row.try_get("phone_number_id")?,
            waba_id: row.try_get("waba_id")?,
            display: row.try_get("display_phone_number")?,
            challenged_at: row.try_get("challenged_at")?,
        }),
    };
    let refused_at: Option<Timestamp> = row.try_get("refused_at")?;
    let health = match row.try_get::<_, Option<Timestamp>>("looked_at")? {
        None => None,
        Some(looked_at) => Some(Health {
            verified_name: row.try_get("verified_name")?,
            quality: row.try_get("quality")?,
            messaging_limit: row.try_get("messaging_limit")?,
            status: row.try_get("status")?,
            looked_at,
        }),
    };
    let flow = row.try_get::<_, Option<Uuid>>("flow_id")?.map(FlowId).zip(row.try_get("flow")?);
    Ok(Number {
        id: InboxId(row.try_get("id")?),
        name: row.try_get("name")?,
        queue: (QueueId(row.try_get("default_queue_id")?), row.try_get::<_, Option<String>>("queue")?.unwrap_or_default()),
        flow,
        reopen_hours: row.try_get("reopen_hours")?,
        state: InboxState::read(row.try_get("state")?),
        address,
        stopped: failure(row, "pause_reason"),
        last_refusal: failure(row, "last_refusal").zip(refused_at),
        health,
        asked_at: row.try_get("asked_at")?,
        heard_at: row.try_get("heard_at")?,
        is_ending: row.try_get("is_ending")?,
    })
}

/// That something was refused is shown, whether or not this version understands why.
fn failure(row: &Row, column: &str) -> Option<Failure> {
    let place = row.columns().iter().position(|it| it.name() == column)?;
    let is_there = value(row, place).ok().flatten().is_some();
    is_there.then(|| if_known(row, place).unwrap_or(Failure { code: 0, title: String::new() }))
}

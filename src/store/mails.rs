//! Mails that wait to be sent. What they say is sealed, and gone as soon as they were sent or given up.

use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::sealed::Place;
use super::{Error, Result, Store};
use crate::domain::ids::MailId;
use crate::domain::mail::{Mail, MailState};

/// Mails that wait at most. No more are taken until some were sent: a server that is away for long must not fill the table.
const MOST_WAITING: i64 = 2_000;

/// What became of a mail is known for so many days after its life.
const KNOWN_DAYS: i32 = 30;

/// What a mail server said is kept to this length.
const REASON: usize = 300;

crate::statements! {
    ADD = "
        INSERT INTO mails (id, sealed, due_at, expires_at)
        SELECT $1, $2, now(), $3
        WHERE (SELECT count(*) FROM (SELECT FROM mails WHERE due_at IS NOT NULL LIMIT $4) AS waiting) < $4";
    /// The lease keeps other nodes away.
    CLAIM = "
        UPDATE mails
        SET due_at = now() + make_interval(secs => $1), attempts = attempts + 1
        WHERE id = ANY(ARRAY(
            SELECT id
            FROM mails
            WHERE due_at <= now()
            ORDER BY due_at
            LIMIT $2
            FOR UPDATE SKIP LOCKED))
        RETURNING id, sealed, attempts, expires_at";
    SENT = "UPDATE mails SET sealed = NULL, due_at = NULL, failure = NULL, sent_at = now() WHERE id = $1 AND due_at IS NOT NULL";
    GIVEN_UP = "UPDATE mails SET sealed = NULL, due_at = NULL, failure = $2 WHERE id = $1 AND due_at IS NOT NULL";
    AGAIN = "UPDATE mails SET due_at = $2, failure = $3 WHERE id = $1 AND due_at IS NOT NULL";
    /// Whoever is written to a second time has no use for the first mail.
    RECALL = "DELETE FROM mails WHERE id = $1 AND due_at IS NOT NULL";
    STATES = "SELECT id, due_at IS NOT NULL, sent_at IS NOT NULL, failure FROM mails WHERE id = ANY($1)";
    FORGET = "
        DELETE FROM mails
        WHERE id = ANY(ARRAY(
            SELECT id
            FROM mails
            WHERE expires_at < now() - make_interval(days => $1)
            ORDER BY expires_at
            LIMIT 500
            FOR UPDATE SKIP LOCKED))";
}

/// A mail that is to be sent now.
#[derive(Debug)]
pub struct DueMail {
    pub id: MailId,
    /// What it says; why not, where this node has no key for it, or does not understand it.
    pub mail: Result<Mail>,
    /// With this one.
    pub attempts: i32,
    /// When it is of no use any more.
    pub expires_at: Timestamp,
}

pub(super) fn place(id: &str) -> Place<'_> {
    Place { table: "mails", row: id, column: "sealed" }
}

impl Store {
    /// Keeps a mail until it was sent; false when too many wait already.
    ///
    /// # Errors
    /// As PostgreSQL answers, and when it cannot be sealed.
    pub async fn add_mail(&self, id: MailId, mail: &Mail, expires_at: Timestamp) -> Result<bool> {
        let sealed = self.keys().seal(place(&id.to_string()), &serde_json::to_vec(mail)?)?;
        Ok(self.execute(&ADD, &[&id.0, &sealed, &expires_at, &MOST_WAITING]).await? == 1)
    }

    /// Claims mails that are due, longest overdue first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn claim_mails(&self, claim: Duration, limit: i64) -> Result<Vec<DueMail>> {
        let rows = self.query(&CLAIM, &[&claim.as_secs_f64(), &limit]).await?;
        let due = |row: &tokio_postgres::Row| {
            let id = MailId(row.get(0));
            DueMail { id, mail: self.opened_mail(id, row.get(1)), attempts: row.get(2), expires_at: row.get(3) }
        };
        Ok(rows.iter().map(due).collect())
    }

    fn opened_mail(&self, id: MailId, sealed: Option<&str>) -> Result<Mail> {
        let sealed = sealed.ok_or_else(|| Error::Unreadable("a mail without what it says".to_owned()))?;
        Ok(serde_json::from_slice(&self.keys().open(place(&id.to_string()), sealed)?)?)
    }

    /// # Errors
    /// As PostgreSQL answers.
    pub async fn set_mail_sent(&self, id: MailId) -> Result<()> {
        self.execute(&SENT, &[&id.0]).await.map(drop)
    }

    /// It is tried no more.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn give_up_mail(&self, id: MailId, reason: &str) -> Result<()> {
        self.execute(&GIVEN_UP, &[&id.0, &shortened(reason)]).await.map(drop)
    }

    /// It is tried again at `due_at`.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn retry_mail(&self, id: MailId, due_at: Timestamp, reason: &str) -> Result<()> {
        self.execute(&AGAIN, &[&id.0, &due_at, &shortened(reason)]).await.map(drop)
    }

    /// Takes a mail back that was not sent yet.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn recall_mail(&self, id: MailId) -> Result<()> {
        self.execute(&RECALL, &[&id.0]).await.map(drop)
    }

    /// What became of mails; nothing of those that were forgotten.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn mail_states(&self, ids: &[MailId]) -> Result<Vec<(MailId, MailState)>> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let rows = self.query(&STATES, &[&ids]).await?;
        Ok(rows.iter().map(|row| (MailId(row.get(0)), mail_state(row, 1))).collect())
    }

    /// Forgets what became of mails of long ago.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn forget_mails(&self) -> Result<u64> {
        self.execute(&FORGET, &[&KNOWN_DAYS]).await
    }
}

/// What became of a mail: whether it waits, whether it is sent, and why not, from a column on.
pub(super) fn mail_state(row: &Row, first: usize) -> MailState {
    let failure: Option<String> = row.get(first + 2);
    match (row.get(first), row.get(first + 1)) {
        (true, _) => MailState::Waiting,
        (false, true) => MailState::Sent,
        (false, false) => MailState::Failed { reason: failure.unwrap_or_default() },
    }
}

fn shortened(reason: &str) -> String {
    reason.chars().take(REASON).collect()
}

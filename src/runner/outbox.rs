//! Claiming messages to send, and what becomes of those whose node stopped.

use jiff::{SignedDuration, Timestamp};

use super::contact::Done;
use super::{Error, Runner, now};
use crate::domain::Command;
use crate::domain::delivery::Outcome;
use crate::domain::ids::{InboxId, WorkspaceId};
use crate::store;
use crate::store::outbox::{Claim, Dispatch, Lapsed};

/// How long a send may take before it counts as lost: longer than the client's own time-out.
pub const LEASE: SignedDuration = SignedDuration::from_secs(40);

impl Runner {
    /// Claims up to `limit` messages of a number. What is returned is committed as `dispatching`.
    ///
    /// # Errors
    /// A fault; then nothing was claimed.
    pub async fn claim_outbox(&self, workspace: WorkspaceId, inbox: InboxId, limit: usize) -> Result<Claim, Error> {
        let mut client = self.store.client().await?;
        let transaction = client.transaction().await?;
        let now = now();
        let lease_until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let claim = store::outbox::claim(&transaction, workspace, inbox, now, lease_until, limit).await?;
        transaction.commit().await?;
        Ok(claim)
    }

    /// Records what came of a send.
    ///
    /// # Errors
    /// A fault, or a refusal when a status told it first.
    pub async fn record_delivery(&self, dispatch: &Dispatch, outcome: Outcome) -> Result<Done, Error> {
        let command = Command::RecordDelivery { message: dispatch.message.id, attempts: dispatch.attempts, outcome };
        self.run(dispatch.workspace, dispatch.conversation, command).await
    }

    /// Records that nobody knows what came of a send.
    ///
    /// # Errors
    /// As [`Runner::record_delivery`].
    pub async fn record_lapse(&self, lapsed: &Lapsed) -> Result<Done, Error> {
        let outcome = Outcome::Unknown { reason: "the node that sent it stopped".to_owned() };
        let command = Command::RecordDelivery { message: lapsed.message, attempts: lapsed.attempts, outcome };
        self.run(lapsed.workspace, lapsed.conversation, command).await
    }
}

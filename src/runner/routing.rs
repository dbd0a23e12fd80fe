//! The door for a queue: lock it, load who waits and who could take it, decide, claim, publish.

use std::sync::Arc;

use super::load::{Place, snapshot};
use super::{Error, Runner, now};
use crate::domain::agent::Presence;
use crate::domain::conversation::{Controller, Listing, State};
use crate::domain::event::{Event, Recorded};
use crate::domain::ids::{InboxId, QueueId, UserId, WorkspaceId};
use crate::domain::routing::{Assignment, Candidate, decide};
use crate::domain::snapshot::Workplace;
use crate::live::change::Change;
use crate::store;
use crate::store::conversations::Loaded;
use crate::store::inboxes::Connection;

/// Conversations that one round assigns at most.
const ROUND: i64 = 50;

/// The set-up around a round.
struct Surroundings {
    workplace: Arc<Workplace>,
    connections: Arc<Vec<Connection>>,
}

impl Surroundings {
    fn place(&self, workspace: WorkspaceId, inbox: InboxId) -> Option<Place> {
        let is_its = |connection: &&Connection| connection.workspace == workspace && connection.inbox.id == inbox;
        let connection = self.connections.iter().find(is_its)?;
        Some(Place { workspace, inbox: connection.inbox.clone(), workplace: self.workplace.clone() })
    }
}

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundOutcome {
    /// Nobody waits, or nobody can take more.
    Settled,
    /// As many were assigned as one round may: look again.
    MoreMayWait,
}

impl Runner {
    /// Assigns who waits in a queue to who is present with room.
    ///
    /// # Errors
    /// A fault; then nothing was assigned.
    pub async fn route(&self, workspace: WorkspaceId, queue: QueueId) -> Result<RoundOutcome, Error> {
        // Read before the transaction: whoever holds one connection of the pool must not wait for another.
        let surroundings =
            Surroundings { workplace: self.workplaces.get(workspace).await?, connections: self.workplaces.connections().await? };
        let mut client = self.store.client().await?;
        let transaction = client.transaction().await?;
        let Some(snapshot) = store::queues::load(&transaction, workspace, queue, ROUND).await? else { return Ok(RoundOutcome::Settled) };
        let candidates: Vec<Candidate> = snapshot
            .team
            .into_iter()
            .map(|agent| Candidate { presence: Presence::of(self.live.is_connected(workspace, agent.user), agent.availability), agent })
            .collect();
        let now = now();
        let assignments = decide(&snapshot.waiting, candidates, now);
        let mut claimed: Vec<(Assignment, Recorded)> = Vec::with_capacity(assignments.len());
        for assignment in assignments {
            let Some(seq) = store::queues::claim(&transaction, workspace, queue, &assignment, now).await? else { continue };
            let (agent, name, reason) = (assignment.agent, assignment.name.clone(), assignment.reason.clone());
            let event = Event::ConversationAssigned { agent, name, reason, before: None };
            let recorded = Recorded { seq, at: now, event };
            store::events::insert(&transaction, workspace, assignment.conversation, now, std::slice::from_ref(&recorded)).await?;
            claimed.push((assignment, recorded));
        }
        let changes = self.changes(&transaction, workspace, queue, &claimed, &surroundings).await?;
        transaction.commit().await?;
        let count = changes.len();
        for change in changes {
            let waited = change.conversation.waiting_since.map_or(0.0, |since| now.duration_since(since).as_secs_f64());
            metrics::histogram!("baton_queue_wait_seconds").record(waited.max(0.0));
            self.publish(change);
        }
        Ok(if count == usize::try_from(ROUND).unwrap_or(usize::MAX) { RoundOutcome::MoreMayWait } else { RoundOutcome::Settled })
    }

    /// Everything a page shows of the conversations that were just assigned, read before the commit that makes it so.
    async fn changes(
        &self,
        transaction: &store::Transaction<'_>,
        workspace: WorkspaceId,
        queue: QueueId,
        claimed: &[(Assignment, Recorded)],
        surroundings: &Surroundings,
    ) -> Result<Vec<Change>, Error> {
        let mut changes = Vec::with_capacity(claimed.len());
        for (assignment, recorded) in claimed {
            let Some((loaded, contact)) = store::conversations::with_contact(transaction, workspace, assignment.conversation).await? else {
                continue;
            };
            // A number that was connected a moment ago: its pages look for themselves.
            let Some(place) = surroundings.place(workspace, loaded.conversation.inbox) else { continue };
            // Who waits in a queue is in no flow.
            let snapshot = snapshot(transaction, &place, contact, Some(Loaded { session: None, ..loaded })).await?;
            let before = Listing { state: State::Open, controller: Controller::Queue, queue: Some(queue) };
            if let Some(mut change) = Change::new(&snapshot, None, vec![recorded.clone()]) {
                change.before = Some(before);
                changes.push(change);
            }
        }
        Ok(changes)
    }

    /// The queues a person works for; they are looked at when the person comes or has room again.
    ///
    /// # Errors
    /// A fault.
    pub async fn queues_of(&self, workspace: WorkspaceId, user: UserId) -> Result<Vec<QueueId>, Error> {
        Ok(self.store.queues_of(workspace, user).await?.into_iter().map(QueueId).collect())
    }
}

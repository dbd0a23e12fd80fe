//! The door for a queue: look who waits and who could take it, decide, claim, publish. Nothing is locked between looking and claiming:
//! the claim says whether both are still so.

use std::sync::Arc;

use super::load::{Place, Reading, snapshot};
use super::workplaces::Connections;
use super::{Error, Runner, Workplaces, now};
use crate::domain::agent::Presence;
use crate::domain::conversation::{Controller, Listing, State};
use crate::domain::event::{Event, Recorded};
use crate::domain::ids::{InboxId, QueueId, UserId, WorkspaceId};
use crate::domain::routing::{Assignment, Candidate, Round, Waiting};
use crate::domain::workplace::Workplace;
use crate::live::change::ConversationChange;
use crate::store::conversations::Loaded;
use crate::store::queues::Claimed;
use crate::store::{self, Transaction};

/// Conversations that one round looks at.
const ROUND: i64 = 50;

/// The set-up around a round.
struct Surroundings {
    workplaces: Arc<Workplaces>,
    workplace: Arc<Workplace>,
    connections: Arc<Connections>,
}

impl Surroundings {
    fn place(&self, workspace: WorkspaceId, inbox: InboxId) -> Option<Place> {
        let connection = self.connections.get(&inbox)?;
        let (rules, workplace) = (self.workplaces.rules_of(&connection.inbox.channel), self.workplace.clone());
        Some(Place { workspace, inbox: connection.inbox.clone(), rules, workplace })
    }
}

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundOutcome {
    /// Nobody waits, or nobody can take more.
    Settled,
    /// More wait than one round looks at, or somebody else was quicker: look again.
    MoreMayWait,
}

impl Runner {
    /// Assigns who waits in a queue to who is present with room.
    ///
    /// # Errors
    /// A fault; what was assigned before it stands and is shown.
    pub async fn route(&self, workspace: WorkspaceId, queue: QueueId) -> Result<RoundOutcome, Error> {
        let workplaces = self.workplaces.clone();
        let (workplace, connections) = (workplaces.get(workspace).await?, workplaces.connections(workspace).await?);
        let surroundings = Surroundings { workplaces, workplace, connections };
        self.check_clock()?;
        let snapshot = self.store.queue_snapshot(workspace, queue, ROUND).await?;
        let candidates: Vec<Candidate> = snapshot
            .team
            .into_iter()
            .map(|agent| Candidate { presence: Presence::of(self.live.is_connected(workspace, agent.user), agent.availability), agent })
            .collect();
        let now = now();
        let mut claimed = Vec::with_capacity(snapshot.waiting.len());
        let outcome = self.assign(workspace, queue, &snapshot.waiting, Round::new(candidates, now), &mut claimed).await;
        let changes = self.changes(workspace, queue, &snapshot.waiting, &claimed, &surroundings).await?;
        for change in &changes {
            let waited = change.conversation.waiting_since.map_or(0.0, |since| now.duration_since(since).as_secs_f64());
            metrics::histogram!("baton_queue_wait_seconds").record(waited.max(0.0));
        }
        self.publish(changes);
        outcome
    }

    /// Claims for one after the other, the longest waiting first.
    async fn assign(
        &self,
        workspace: WorkspaceId,
        queue: QueueId,
        waiting: &[Waiting],
        mut round: Round,
        claimed: &mut Vec<(Assignment, Recorded)>,
    ) -> Result<RoundOutcome, Error> {
        let now = round.now();
        for conversation in waiting {
            let Some(assignment) = round.choose(conversation) else { return Ok(RoundOutcome::Settled) };
            let Assignment { agent, name, reason, .. } = assignment.clone();
            let event = Event::ConversationAssigned { agent, name, reason, before: None };
            match self.store.claim_waiting(workspace, queue, &assignment, &event, now).await? {
                Claimed::Assigned { seq } => {
                    round.is_given(agent);
                    claimed.push((assignment, Recorded::new(seq, now, event)));
                }
                Claimed::Gone => {}
                // Whoever waited longer must not be passed over by who comes after: decide anew.
                Claimed::Full => return Ok(RoundOutcome::MoreMayWait),
            }
        }
        // Where nothing could be had of a whole round, somebody else is at work or has them locked: the sweep looks again.
        let is_full = !claimed.is_empty() && i64::try_from(waiting.len()).is_ok_and(|count| count >= ROUND);
        Ok(if is_full { RoundOutcome::MoreMayWait } else { RoundOutcome::Settled })
    }

    /// Everything a page shows of the conversations that were just assigned.
    async fn changes(
        &self,
        workspace: WorkspaceId,
        queue: QueueId,
        waiting: &[Waiting],
        claimed: &[(Assignment, Recorded)],
        surroundings: &Surroundings,
    ) -> Result<Vec<ConversationChange>, Error> {
        let mut changes = Vec::with_capacity(claimed.len());
        if claimed.is_empty() {
            return Ok(changes);
        }
        let mut client = self.store.client().await?;
        let transaction = Transaction::begin(&mut client);
        for (assignment, recorded) in claimed {
            let Some((loaded, contact)) = store::conversations::with_contact(&transaction, workspace, assignment.conversation).await?
            else {
                continue;
            };
            // A number that was connected a moment ago: its pages look for themselves.
            let Some(place) = surroundings.place(workspace, loaded.conversation.inbox) else { continue };
            // Who waits in a queue is in no flow.
            let loaded = Loaded { session: Ok(None), ..loaded };
            let snapshot = snapshot(&transaction, &place, contact, Some(loaded), Reading::Tolerant).await?;
            let waited = waiting.iter().find(|waiting| waiting.conversation == assignment.conversation);
            let last_agent = waited.and_then(|waiting| waiting.last_agent);
            // Where the claim found it: it may have been handed on since.
            let before = Listing { state: State::Open, controller: Controller::Queue, queue: Some(queue), last_agent };
            if let Some(mut change) = ConversationChange::new(&snapshot, None, vec![recorded.clone()]) {
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
        Ok(self.store.queues_of(workspace, user).await?)
    }
}

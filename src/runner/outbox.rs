//! Claiming messages to send, and what becomes of those whose node stopped.
//!
//! A claim is fenced: it has a name, which everything that comes of it carries, and a lease. Nothing is sent that could not be answered
//! before the lease ends; so when it has ended, and another claim or a person decides about the message, no byte of the first is still
//! to leave.

use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use jiff::SignedDuration;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::contact::{Alongside, Done};
use super::load::Place;
use super::many::Wish;
use super::{Error, Runner};
use crate::domain::Command;
use crate::domain::delivery::Outcome;
use crate::domain::ids::{ClaimId, ConversationId, InboxId, MessageId, WorkspaceId};
use crate::domain::needs::Made;
use crate::live::wakes::Wake;
use crate::store::dispatches::{Claim, Dispatch, Lapsed};
use crate::store::inbound_items::Lane;
use crate::store::inboxes::Connection;
use crate::store::rows::Rows;
use crate::store::{Store, Transaction};

/// How long a claim has a message in hand: a send, which takes half a minute at most, and ten seconds to get to it.
pub const LEASE: SignedDuration = SignedDuration::from_secs(40);

/// Until when a claim lasts, by this machine: begun before the database began it, so that it ends before it does there. Both of the
/// machine's clocks count: one stands still while a machine is suspended, the other may be set.
#[derive(Debug, Clone, Copy)]
pub struct Lease {
    ends: Instant,
    ends_by_the_wall: SystemTime,
}

impl Lease {
    /// One that begins now.
    #[must_use]
    pub fn begin() -> Self {
        let lease = Duration::try_from(LEASE).unwrap_or_default();
        Self { ends: Instant::now() + lease, ends_by_the_wall: SystemTime::now() + lease }
    }

    /// The last moment to begin what takes `work` at most.
    #[must_use]
    pub fn latest_start(self, work: Duration) -> Self {
        let earlier = |ends: Instant| ends.checked_sub(work).unwrap_or(ends);
        let earlier_by_the_wall = self.ends_by_the_wall.checked_sub(work).unwrap_or(self.ends_by_the_wall);
        Self { ends: earlier(self.ends), ends_by_the_wall: earlier_by_the_wall }
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.ends || SystemTime::now() >= self.ends_by_the_wall
    }
}

/// Where messages leave this node. Where nothing of a number is under way, one is claimed by the transaction that writes it.
pub trait Sender: Send + Sync {
    /// The right to one send of a number, if nothing of it is under way here.
    fn slot(&self, connection: &Connection) -> Option<Box<dyn Slot>>;
}

/// The right to one send.
pub trait Slot: Send {
    /// Sends what was claimed, and records what comes of it.
    fn send(self: Box<Self>, dispatch: Dispatch, lease: Lease);
}

/// A message that was claimed as it was written.
pub(super) struct OnItsWay {
    slot: Box<dyn Slot>,
    dispatch: Dispatch,
    lease: Lease,
    claimed: Claimed,
}

impl OnItsWay {
    pub fn message(&self) -> MessageId {
        self.dispatch.id
    }

    pub fn goes(self) {
        self.slot.send(self.dispatch, self.lease);
        self.claimed.settle();
    }
}

/// When what may have been claimed is given back: a commit whose answer was lost may still be under way.
const GIVEN_BACK_AFTER: [Duration; 4] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(20)];

/// What a transaction claims as it commits. Whatever becomes of it, nothing of that was sent: it is given back, unless that is settled.
struct Claimed {
    runner: Runner,
    workspace: WorkspaceId,
    inbox: InboxId,
    claim: ClaimId,
    is_open: bool,
}

impl Claimed {
    /// Nothing was claimed, or somebody sends it now.
    fn settle(mut self) {
        self.is_open = false;
    }

    async fn unclaim(runner: Runner, workspace: WorkspaceId, inbox: InboxId, claim: ClaimId) {
        for after in GIVEN_BACK_AFTER {
            tokio::time::sleep(after).await;
            if matches!(runner.store.unclaim(workspace, inbox, claim).await, Ok(true)) {
                return runner.live.wake(Wake::Outbox(workspace, inbox));
            }
        }
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        // Where nothing runs any more, the lease lapses.
        if self.is_open
            && let Ok(handle) = Handle::try_current()
        {
            handle.spawn(Self::unclaim(self.runner.clone(), self.workspace, self.inbox, self.claim));
        }
    }
}

impl Runner {
    /// From now on, as long as it lives, messages leave by this sender.
    pub fn sends_by(&self, sender: &Arc<dyn Sender>) {
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::downgrade(sender));
    }

    /// The right to send at once what a command is to say. In a crowd a claim for many is cheaper.
    pub(super) async fn slot_for(&self, workspace: WorkspaceId, conversation: ConversationId, command: &Command) -> Option<Box<dyn Slot>> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(Weak::upgrade);
        let (Some(sender), Some(Made::Message(_))) = (sender, command.needs().made) else { return None };
        if self.gatherings.is_crowded(workspace) {
            return None;
        }
        let Lane { inbox, .. } = self.lane_of(workspace, conversation).await.ok()?;
        sender.slot(&self.workplaces.connection(workspace, inbox).await.ok()??)
    }

    /// Commits rows. With a slot for it, the message that they bring is claimed with the same commit, unless another of the number goes
    /// first; whatever is claimed goes by the slot.
    pub(super) async fn commit(
        &self,
        rows: Rows,
        transaction: Transaction<'_>,
        place: &Place,
        slot: Option<Box<dyn Slot>>,
    ) -> Result<Option<OnItsWay>, Error> {
        let Some(slot) = slot.filter(|_| !rows.outgoing.is_empty()) else {
            rows.commit(transaction).await?;
            return Ok(None);
        };
        let (lease, claim) = (Lease::begin(), ClaimId(Uuid::now_v7()));
        let Place { workspace, ref inbox, rules, .. } = *place;
        let inbox = inbox.id;
        let claimed = Claimed { runner: self.clone(), workspace, inbox, claim, is_open: true };
        match Store::commit_and_claim(rows, transaction, inbox, claim, 1, LEASE, rules).await {
            Ok(Claim::Taken { dispatches, strange, .. }) => match dispatches.into_iter().next() {
                Some(dispatch) => Ok(Some(OnItsWay { slot, dispatch, lease, claimed })),
                None => {
                    claimed.settle();
                    let store = self.store.clone();
                    tokio::spawn(async move { store.leave_to_others(workspace, claim, &strange).await });
                    Ok(None)
                }
            },
            Ok(Claim::OutOfAllowance | Claim::PausedUntil(_)) => {
                claimed.settle();
                Ok(None)
            }
            Err(error) => {
                if !error.is_away() {
                    claimed.settle();
                }
                Err(error.into())
            }
        }
    }

    /// Claims up to `limit` messages of a number. What is returned is committed as `dispatching`.
    ///
    /// # Errors
    /// A fault; then nothing was claimed, or the claim will lapse.
    pub async fn claim_outbox(&self, workspace: WorkspaceId, inbox: InboxId, limit: usize) -> Result<(Claim, Lease), Error> {
        self.check_clock()?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rules = self.workplaces.rules(workspace, inbox).await?;
        let lease = Lease::begin();
        let claim = ClaimId(Uuid::now_v7());
        Ok((self.store.claim_messages(workspace, inbox, claim, limit, LEASE, rules).await?, lease))
    }

    /// Begins a claim's lease anew; nothing when it is over, or the message out of its hands.
    ///
    /// # Errors
    /// A fault; then the old lease counts.
    pub async fn renew_claim(&self, dispatch: &Dispatch) -> Result<Option<Lease>, Error> {
        let lease = Lease::begin();
        Ok(self.store.renew_claim(dispatch, LEASE).await?.then_some(lease))
    }

    /// Decides what came of sends of a number, together; answers each, in their order. What WhatsApp took under a name that the database
    /// does not, was taken all the same: it gets a name of ours, and statuses find it by our id.
    pub async fn decide_deliveries(&self, workspace: WorkspaceId, sent: &[(&Dispatch, &Outcome)]) -> Vec<Result<(), Error>> {
        let wishes = sent.iter().map(|(dispatch, outcome)| wish(dispatch, (*outcome).clone())).collect();
        let mut answers = self.run_many(workspace, wishes).await;
        for ((dispatch, outcome), answer) in sent.iter().zip(&mut answers) {
            if let Err(Error::Store(error)) = answer
                && matches!(outcome, Outcome::Accepted { .. })
                && error.is_of_the_data()
            {
                tracing::warn!(%error, message = %dispatch.id, "what WhatsApp calls a message cannot be kept");
                let unnamed = Outcome::Accepted { wamid: format!("unnamed.{}", dispatch.id), recipient: Vec::new() };
                *answer = self.run_alone(dispatch.workspace, dispatch.conversation, wish(dispatch, unnamed).command).await;
            }
        }
        answers.into_iter().map(|answer| answer.map(drop)).collect()
    }

    /// Records what came of sends of a number, together; answers each, in their order.
    pub async fn record_deliveries(&self, workspace: WorkspaceId, sent: &[(&Dispatch, Outcome)]) -> Vec<Result<(), Error>> {
        let sent: Vec<(&Dispatch, &Outcome)> = sent.iter().map(|(dispatch, outcome)| (*dispatch, outcome)).collect();
        let recorded = self.record_accepted(workspace, &sent).await;
        let left: Vec<_> = sent.iter().copied().filter(|(dispatch, _)| !recorded.contains(&dispatch.id)).collect();
        let mut decided = self.decide_deliveries(workspace, &left).await.into_iter();
        sent.iter().map(|(dispatch, _)| if recorded.contains(&dispatch.id) { Ok(()) } else { decided.next().unwrap_or(Ok(())) }).collect()
    }

    /// As [`Runner::record_deliveries`], of one.
    ///
    /// # Errors
    /// A fault, or a refusal when a status told it first, or when it is out of this claim's hands.
    pub async fn record_delivery(&self, dispatch: &Dispatch, outcome: Outcome) -> Result<(), Error> {
        self.record_deliveries(dispatch.workspace, &[(dispatch, outcome)]).await.pop().unwrap_or(Err(Error::NotFound))
    }

    /// Records that a claim's node stopped: nobody knows what came of the send.
    ///
    /// # Errors
    /// As [`Runner::record_delivery`].
    pub async fn record_lapse(&self, lapsed: &Lapsed) -> Result<Done, Error> {
        let command = Command::RecordLapse { message: lapsed.message, claim: lapsed.claim };
        let alongside = Alongside { since: Some(lapsed.since), ..Alongside::default() };
        self.run_alongside(lapsed.workspace, lapsed.conversation, command, &alongside).await
    }
}

fn wish(dispatch: &Dispatch, outcome: Outcome) -> Wish {
    let command = Command::RecordDelivery { message: dispatch.id, claim: dispatch.claim, attempts: dispatch.attempts, outcome };
    Wish { contact: dispatch.contact, inbox: dispatch.inbox, conversation: dispatch.conversation, command }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_over_when_either_clock_says_so() {
        let lease = Lease::begin();
        assert!(!lease.is_over());
        let long = Duration::from_secs(60);
        assert!(lease.latest_start(long).is_over(), "there is no time left for a minute of work");
        assert!(!lease.latest_start(Duration::from_secs(30)).is_over());
        let set_forward = Lease { ends_by_the_wall: SystemTime::now() - Duration::from_secs(1), ..lease };
        assert!(set_forward.is_over());
        let suspended = Lease { ends: Instant::now(), ..lease };
        assert!(suspended.is_over());
    }
}

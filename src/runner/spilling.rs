//! What becomes of those whom nobody here could have, and of those beyond the limit of their queue.

use jiff::SignedDuration;

use super::many::{Wish, is_of_one};
use super::routing::RoundOutcome;
use super::{Error, Runner, now};
use crate::domain::Command;
use crate::domain::agent::Availability;
use crate::domain::ids::{QueueId, WorkspaceId};
use crate::domain::landing::Why;
use crate::domain::overflow::Overflow;
use crate::domain::routing::Round;
use crate::store::queues::{Present, Spilling};

/// Conversations of one round.
const BATCH: i64 = 50;

/// Whoever was here so recently is as good as here: a page is being loaded, or a node has just started and has not heard of anybody.
const JUST_HERE: SignedDuration = SignedDuration::from_secs(60);

impl Runner {
    /// Deals with those who wait in a queue, by what it does with whoever is given to nobody.
    pub(super) async fn spill(
        &self,
        workspace: WorkspaceId,
        queue: QueueId,
        overflow: &Overflow,
        present: &[Present],
        round: &Round,
    ) -> Result<RoundOutcome, Error> {
        let mut is_full = false;
        if overflow.when_nobody {
            let needs: Vec<i64> = present.iter().filter(|one| round.is_without(&one.required)).map(|one| one.needs).collect();
            if !needs.is_empty() && !self.somebody_was_just_here(workspace, round) {
                let spilling = self.store.without_anybody(workspace, queue, &needs, BATCH).await?;
                is_full |= self.spill_these(workspace, queue, Why::NobodyHere, spilling).await?;
            }
        }
        if let Some(most) = overflow.most.filter(|_| !present.is_empty()) {
            let spilling = self.store.beyond(workspace, queue, most, BATCH).await?;
            is_full |= self.spill_these(workspace, queue, Why::Full, spilling).await?;
        }
        Ok(if is_full { RoundOutcome::MoreMayWait } else { RoundOutcome::Settled })
    }

    /// Whether somebody who takes conversations has gone a moment ago, or is not heard of yet.
    fn somebody_was_just_here(&self, workspace: WorkspaceId, round: &Round) -> bool {
        let now = now();
        round.agents().any(|agent| {
            let is_gone = !self.live.is_connected(workspace, agent.user);
            is_gone && agent.may_reply && agent.availability == Availability::Online && now.duration_since(agent.here_at) < JUST_HERE
        })
    }

    /// Answers whether there may be more.
    async fn spill_these(&self, workspace: WorkspaceId, queue: QueueId, why: Why, spilling: Vec<Spilling>) -> Result<bool, Error> {
        let count = spilling.len();
        let wish = |one: Spilling| Wish {
            contact: one.contact,
            inbox: one.inbox,
            conversation: one.conversation,
            command: Command::Spill { queue, queued_at: one.queued_at, why },
        };
        let mut done = 0;
        for answer in self.run_many(workspace, spilling.into_iter().map(wish).collect()).await {
            match answer {
                Ok(_) => done += 1,
                // Somebody was quicker, or has it in hand: the next round looks again.
                Err(Error::Refused(_) | Error::NotFound | Error::Busy) => {}
                Err(error) if is_of_one(&error) => tracing::warn!(%error, "one that waits is dealt with later"),
                Err(error) => return Err(error),
            }
        }
        Ok(done > 0 && i64::try_from(count).is_ok_and(|count| count >= BATCH))
    }
}

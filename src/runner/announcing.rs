//! Whoever waits in a queue that says so is told where they stand.

use std::cmp::Reverse;

use jiff::SignedDuration;

use super::many::{Wish, is_of_one};
use super::{Error, Runner, now};
use crate::domain::Command;
use crate::domain::announcing::Standing;
use crate::domain::ids::{QueueId, WorkspaceId};
use crate::domain::routing::{Levels, Round};
use crate::store::queues::InLine;

/// Those who wait longest are counted; whoever stands behind them is told nothing yet.
const COUNTED: i64 = 500;

/// Of one round.
const MOST: usize = 50;

/// From how fast it went for so long it is said how long it will take.
const PERIOD: SignedDuration = SignedDuration::from_mins(30);

impl Runner {
    /// Tells those whom it is due to tell; how long it takes only while it is open and somebody is here who takes conversations.
    pub(super) async fn announce(&self, workspace: WorkspaceId, queue: QueueId, round: &Round) -> Result<(), Error> {
        let workplace = self.workplaces.get(workspace).await?;
        let Some(rules) = workplace.announcements.get(&queue) else { return Ok(()) };
        let mut line = self.store.in_line(workspace, queue, COUNTED).await?;
        if line.is_empty() {
            return Ok(());
        }
        let is_open = workplace.queue(queue).is_some_and(|queue| queue.hours.is_open(now()));
        let given = if is_open && !round.is_without(&Levels::new()) {
            self.store.given_since(workspace, queue, now().saturating_sub(PERIOD).unwrap_or_default()).await?
        } else {
            0
        };
        // Who is more urgent is given first.
        line.sort_by_key(|one| Reverse(one.priority));
        let standing = |(place, one): (i64, InLine)| (Standing::of(place, given, PERIOD), one);
        let due = (1..).zip(line).map(standing).filter(|(standing, one)| rules.is_due(one.wait.as_ref(), *standing, now())).take(MOST);
        let wish = |(standing, one): (Standing, InLine)| Wish {
            contact: one.contact,
            inbox: one.inbox,
            conversation: one.conversation,
            command: Command::Announce { queue, queued_at: one.queued_at, standing },
        };
        for answer in self.run_many(workspace, due.map(wish).collect()).await {
            match answer {
                // Somebody was quicker, or has it in hand: the next round looks again.
                Ok(_) | Err(Error::Refused(_) | Error::NotFound | Error::Busy) => {}
                Err(error) if is_of_one(&error) => tracing::warn!(%error, "one that waits is told its place later"),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

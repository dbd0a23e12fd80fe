//! What becomes of conversations whose queue is gone.

use super::{Error, Runner, now};
use crate::domain::Command;
use crate::domain::ids::{QueueId, WorkspaceId};
use crate::domain::setup::{By, SetupCommand};
use crate::live::wakes::Wake;

/// Conversations that are looked for at once, and that change their queue in one statement.
const BATCH: i64 = 100;
const BATCH_AT_REST: i64 = 1_000;

impl Runner {
    /// Moves what waits in a queue that is gone to another one, each as long waiting as before, and says of whatever else was of it that
    /// it is of the other one.
    ///
    /// # Errors
    /// A fault; what is left is moved later.
    pub(super) async fn move_queue(&self, workspace: WorkspaceId, from: QueueId, to: QueueId) -> Result<(), Error> {
        loop {
            let waiting = self.store.waiting_in(workspace, from, BATCH).await?;
            let mut progress = 0;
            for conversation in &waiting {
                progress += usize::from(self.run_unless_overtaken(workspace, *conversation, Command::MoveQueue { from, to }).await?);
            }
            if progress == 0 {
                break;
            }
        }
        while self.store.change_queue_at_rest(workspace, from, to, BATCH_AT_REST).await? >= BATCH_AT_REST.unsigned_abs() {}
        self.live.wake(Wake::Queue(workspace, to));
        Ok(())
    }

    /// Ends the rests of queues that are over, and looks who may have what waits there.
    ///
    /// # Errors
    /// A fault; it may be repeated.
    pub async fn end_rests(&self) -> Result<(), Error> {
        let mut failed = Ok(());
        for (workspace, queue) in self.store.queues_with_rest_over(now()).await? {
            let end = SetupCommand::EndRest { queue, now: now() };
            match self.configure(workspace, &By::System, end, None).await {
                // It is gone, or somebody is quicker.
                Ok(_) | Err(Error::Refused(_) | Error::NotFound) => {}
                Err(error) => failed = Err(error),
            }
        }
        failed
    }

    /// Moves what is left in queues that are gone: whoever put it there read that they were there a moment before.
    ///
    /// # Errors
    /// A fault; it may be repeated.
    pub async fn move_what_is_in_removed_queues(&self) -> Result<(), Error> {
        let mut failed = None;
        for (workspace, from, to) in self.store.removed_queues_in_use().await? {
            // One that cannot be emptied holds up none of the others.
            if let Err(error) = self.move_queue(workspace, from, to).await {
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

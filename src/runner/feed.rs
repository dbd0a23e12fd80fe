//! The feed of a workspace: what happened to all its subjects, in the order of the commits. Whoever follows it asks for what comes after
//! the last position it has dealt with.

use super::{Error, Runner};
use crate::domain::ids::WorkspaceId;
use crate::store::feed::{BATCH, FeedEvent, Numbering};

/// Batches of a workspace that one round of chores numbers at most.
const BATCHES: usize = 20;

impl Runner {
    /// The lines after a position, oldest first and at most `limit`, with what was committed a moment ago.
    ///
    /// # Errors
    /// A fault.
    pub async fn feed_after(&self, workspace: WorkspaceId, position: i64, limit: i64) -> Result<Vec<FeedEvent>, Error> {
        Ok(self.store.feed_after(workspace, position, limit).await?)
    }

    /// Gives what nobody has asked for yet its place, so that whoever asks has little to wait for. A workspace whose feed cannot be
    /// numbered keeps no other one waiting.
    pub(crate) async fn number_feeds(&self) -> Result<(), Error> {
        let mut failed = Ok(());
        for workspace in self.store.with_unnumbered().await? {
            failed = self.number_some(workspace).await.and(failed);
        }
        failed
    }

    async fn number_some(&self, workspace: WorkspaceId) -> Result<(), Error> {
        for _ in 0..BATCHES {
            if self.store.number_feed(workspace, Numbering::Leave).await? < BATCH {
                break;
            }
        }
        Ok(())
    }
}

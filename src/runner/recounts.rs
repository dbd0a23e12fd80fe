//! What is set up counts otherwise than before: what is due of open conversations is reckoned anew, in sets of some, by whichever node takes it
//! up. What somebody has in hand meanwhile is decided by what is set up now anyway.

use std::time::Duration;

use super::many::{Wish, is_of_one};
use super::{Error, Runner};
use crate::domain::Command;
use crate::store::recounts::{Open, Recount};

/// Conversations of one transaction.
const BATCH: usize = 50;

/// How long one who took it up has it to themselves, from one set to the next.
const CLAIM: Duration = Duration::from_secs(60);

/// After which all is gone through once more: by then no node decides by what was set up before.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

impl Runner {
    /// Goes through the open conversations of one workspace, if there is one to go through; answers whether there was.
    ///
    /// # Errors
    /// A fault; it is gone on with later, where it stopped.
    pub async fn recount(&self) -> Result<bool, Error> {
        self.check_clock()?;
        let Some(recount) = self.store.claim_recount(CLAIM).await? else { return Ok(false) };
        let Recount { workspace, version, mut before, .. } = recount;
        // Nobody may have told this node yet.
        self.live.setups.note(workspace, version);
        loop {
            let open = self.store.open_before(workspace, before, i64::try_from(BATCH).unwrap_or(i64::MAX)).await?;
            let wishes = open.iter().map(|open: &Open| Wish {
                contact: open.contact,
                inbox: open.inbox,
                conversation: open.conversation,
                command: Command::Recount { overdue: open.overdue, waiting: open.waiting },
            });
            for answer in self.run_many(workspace, wishes.collect()).await {
                match answer {
                    // What is as it was, or was resolved meanwhile, is no fault.
                    Ok(_) | Err(Error::Refused(_) | Error::NotFound) => {}
                    // One that somebody has, or that cannot be decided, holds up none of the others; the next round comes to it once more.
                    Err(error) if is_of_one(&error) || matches!(error, Error::Busy) => {
                        tracing::debug!(%error, "one conversation is reckoned anew later");
                    }
                    Err(error) => return Err(error),
                }
            }
            let Some(last) = open.last() else { break };
            before = Some((last.last_message_at, last.conversation.0));
            if !self.store.note_recount(&recount, (last.last_message_at, last.conversation.0), CLAIM).await? {
                return Ok(true);
            }
            if open.len() < BATCH {
                break;
            }
        }
        self.store.end_recount(&recount, AGAIN_AFTER).await?;
        Ok(true)
    }
}

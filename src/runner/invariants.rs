//! What must always be so is looked at, some at a time, and put right where it is not. How often that was is told in `/metrics`, and is to be
//! nought: it is a fault of ours.

use uuid::Uuid;

use super::many::{Wish, is_of_one};
use super::{Error, Runner};
use crate::domain::Command;
use crate::domain::ids::{ContactId, InboxId, UserId, WorkspaceId};
use crate::store::Transaction;
use crate::store::invariants::{Timed, count_load};

/// People, and conversations, of one look.
const PEOPLE: i64 = 1_000;
const CONVERSATIONS: i64 = 500;

/// Conversations of one transaction.
const BATCH: usize = 50;

/// How far the looks have come; each goes on where the last one ended, and from the beginning after the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looked {
    person: (WorkspaceId, UserId),
    conversation: (WorkspaceId, ContactId, InboxId),
}

impl Default for Looked {
    fn default() -> Self {
        let (nobody, nil) = (Uuid::nil(), WorkspaceId(Uuid::nil()));
        Self { person: (nil, UserId(nobody)), conversation: (nil, ContactId(nobody), InboxId(nobody)) }
    }
}

/// How often something was put right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PutRight {
    /// People of whom another number of conversations was said than they hold.
    pub loads: u64,
    /// Conversations that waited for something that would never have come.
    pub timers: u64,
}

impl Runner {
    /// Looks at the next people and conversations.
    ///
    /// # Errors
    /// A fault; what was put right before it is.
    pub async fn look_at_invariants(&self, looked: &mut Looked) -> Result<PutRight, Error> {
        self.check_clock()?;
        let people = self.store.people_after(looked.person, PEOPLE).await?;
        looked.person = next(&people, PEOPLE).map_or(Looked::default().person, |last| (last.workspace, last.user));
        let mut right = PutRight::default();
        for wrong in people.iter().filter(|holding| holding.is_wrong) {
            let mut connection = self.enter().await?;
            let transaction = Transaction::begin(&mut connection.client);
            if count_load(&transaction, wrong.workspace, wrong.user).await? {
                transaction.commit().await?;
                right.loads += 1;
                tracing::error!(user = %wrong.user, "somebody was said to hold another number of conversations than they do");
            }
        }
        let open = self.store.open_after(looked.conversation, CONVERSATIONS).await?;
        let last = next(&open, CONVERSATIONS);
        looked.conversation = last.map_or(Looked::default().conversation, |last| (last.workspace, last.contact, last.inbox));
        let settled: Vec<Timed> = open.iter().filter(|timed| !timed.is_recounted).copied().collect();
        for of_workspace in settled.chunk_by(|one, other| one.workspace == other.workspace) {
            for some in of_workspace.chunks(BATCH) {
                right.timers += self.set_what_is_missing(some).await?;
            }
        }
        Ok(right)
    }

    async fn set_what_is_missing(&self, some: &[Timed]) -> Result<u64, Error> {
        let Some(first) = some.first() else { return Ok(0) };
        let wish = |timed: &Timed| Wish {
            contact: timed.contact,
            inbox: timed.inbox,
            conversation: timed.conversation,
            command: Command::Check { there: timed.there, seen: timed.last_seq },
        };
        let mut count = 0;
        for (timed, answer) in some.iter().zip(self.run_many(first.workspace, some.iter().map(wish).collect()).await) {
            match answer {
                Ok(_) => {
                    count += 1;
                    tracing::error!(conversation = %timed.conversation, "a conversation waited for something that would never have come");
                }
                // As it must be; or somebody has it in hand, and the next look comes to it.
                Err(Error::Refused(_) | Error::NotFound | Error::Busy) => {}
                Err(error) if is_of_one(&error) => tracing::debug!(%error, "one conversation is looked at later"),
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }
}

/// Where the next look goes on; nowhere when these were the last ones.
fn next<T>(found: &[T], limit: i64) -> Option<&T> {
    found.last().filter(|_| i64::try_from(found.len()).is_ok_and(|count| count >= limit))
}

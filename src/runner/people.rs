//! People come, leave and are signed out; whatever of them is open anywhere ends with it.

use super::setup::Along;
use super::{Error, Runner, now};
use crate::domain::Command;
use crate::domain::command::Person;
use crate::domain::ids::{CannedReplyId, ConversationId, SessionId, UserId, WorkspaceId};
use crate::domain::setup::{By, Secret, SetupCommand};
use crate::live::PersonChange;
use crate::store::agents::Forsaken;
use crate::store::sessions::Which;

/// What came of a person's conversations when they left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returned {
    /// Back in their queues.
    pub returned: usize,
    /// Theirs still: somebody is changing them, or they have no queue; one batch of them at most.
    pub left: usize,
}

/// Conversations of one person that are looked for at once.
const BATCH: i64 = 100;

/// Conversations that are counted when somebody leaves; nobody holds as many.
const MOST_HELD: i64 = 10_000;

impl Runner {
    /// A person leaves: they cannot sign in to this workspace, their sessions in it end, and what they held goes back to its queue.
    ///
    /// # Errors
    /// A refusal, or a fault; it may be repeated, and goes on where it stopped.
    pub async fn deactivate(&self, workspace: WorkspaceId, by: &By, user: UserId) -> Result<Returned, Error> {
        let held = self.store.held_by(workspace, user, MOST_HELD).await?;
        self.configure_alone(workspace, by, SetupCommand::Deactivate { member: user, successor: None }).await?;
        self.sign_out_of_workspace(workspace, user).await?;
        let left = self.return_conversations(workspace, user, None).await?;
        // Whoever moved them: a node does as soon as it knows that somebody has left.
        Ok(Returned { returned: held.len().saturating_sub(left), left })
    }

    /// Ends every session of a person's account, in whichever workspace; answers how many were under way.
    ///
    /// # Errors
    /// A fault; it may be repeated.
    pub async fn sign_out_account(&self, workspace: WorkspaceId, user: UserId) -> Result<usize, Error> {
        let mut ended = 0;
        for membership in self.store.memberships(workspace, user).await? {
            ended += self.sign_out_of_workspace(membership.user.workspace, membership.user.id).await?;
        }
        Ok(ended)
    }

    /// Ends every session of a person in this workspace, and in no other; answers how many were under way.
    ///
    /// # Errors
    /// A fault.
    pub async fn sign_out_of_workspace(&self, workspace: WorkspaceId, user: UserId) -> Result<usize, Error> {
        let ended = self.store.revoke_sessions_of(workspace, user, now()).await?;
        self.live.person_changed(workspace, user, PersonChange::SignedOut);
        Ok(ended.len())
    }

    /// An answer of a person began from a canned reply.
    ///
    /// # Errors
    /// A fault.
    pub async fn count_use_of_reply(&self, workspace: WorkspaceId, reply: CannedReplyId, user: UserId) -> Result<(), Error> {
        Ok(self.store.count_use_of_reply(workspace, reply, user).await?)
    }

    /// Somebody takes another password, and is signed out everywhere. `proved` is the one by which they proved who they are, and `hash`
    /// the new one, both in PHC form.
    ///
    /// # Errors
    /// [`Error::NotFound`] when theirs is another one by now, and as [`Runner::configure`].
    pub async fn replace_own_password(&self, workspace: WorkspaceId, by: Person, proved: &str, hash: Secret) -> Result<(), Error> {
        let along = Along::OwnPassword(by.user, proved);
        let command = SetupCommand::ReplacePassword { member: by.user, hash };
        self.configured_own(workspace, by, command, along).await.map(drop)
    }

    /// Somebody does without a code from now on.
    ///
    /// # Errors
    /// As [`Runner::configure`].
    pub async fn remove_own_second_factor(&self, workspace: WorkspaceId, by: Person) -> Result<(), Error> {
        let command = SetupCommand::RemoveSecondFactor { member: by.user };
        self.configure_own(workspace, by, command).await.map(drop)
    }

    /// Ends sessions of somebody's account, in whichever workspace, with their tokens and pages; answers which were under way.
    ///
    /// # Errors
    /// A fault.
    pub async fn end_own_sessions(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        which: Which,
    ) -> Result<Vec<(WorkspaceId, SessionId)>, Error> {
        let ended = self.store.revoke_sessions_of_account(workspace, user, which, now()).await?;
        for (workspace, session) in &ended {
            self.live.close_session(*workspace, *session);
        }
        Ok(ended)
    }

    /// Returns what a person holds, to whom was chosen to go on with it, or to its queues; answers how many are theirs still, of one batch.
    pub(super) async fn return_conversations(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        successor: Option<UserId>,
    ) -> Result<usize, Error> {
        loop {
            let held = self.store.held_by(workspace, user, BATCH).await?;
            let mut progress = 0;
            for conversation in &held {
                progress += usize::from(self.returns(workspace, *conversation, user, successor).await?);
            }
            if progress == 0 {
                // Another node may have been quicker with some.
                let left = if held.is_empty() { held } else { self.store.held_by(workspace, user, BATCH).await? };
                return Ok(left.len());
            }
        }
    }

    /// Returns what people hold who have left: whoever assigned it to them read that they were here a moment before.
    ///
    /// # Errors
    /// A fault; it may be repeated.
    pub async fn return_what_nobody_holds(&self) -> Result<(), Error> {
        let mut failed = None;
        for Forsaken { workspace, conversation, user, successor } in self.store.held_by_nobody(BATCH).await? {
            // One that cannot be given back holds up none of the others.
            if let Err(error) = self.returns(workspace, conversation, user, successor).await {
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Whether a conversation went to whom was chosen, or back to a queue.
    async fn returns(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        from: UserId,
        successor: Option<UserId>,
    ) -> Result<bool, Error> {
        let command = successor.map_or(Command::ReturnToQueue { from }, |to| Command::HandOver { from, to });
        self.run_unless_overtaken(workspace, conversation, command).await
    }
}

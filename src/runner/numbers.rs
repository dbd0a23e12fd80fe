//! What is known of numbers beside what was decided of them: apps that proved themselves, what somebody has begun to connect, how a
//! number is, when it was heard of, and messages that try it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::setup::Along;
use super::{Error, Runner, now};
use crate::domain::access::Role;
use crate::domain::command::Person;
use crate::domain::ids::{InboxId, UserId, WorkspaceId};
use crate::domain::setup::{By, SetupCommand, SetupRefusal};
use crate::domain::{Command, Refusal};
use crate::store::apps::App;
use crate::store::connection_drafts::ConnectionDraft;
use crate::store::number_endings::NumberEnding;
use crate::store::numbers::{Health, Test};

/// How long what somebody has begun is kept after they last went on with it.
const DRAFT_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// How much later something has to come in before that is written down again.
const HEARD_AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// Conversations of a disconnected number that are resolved at once.
const BATCH: i64 = 100;

/// When numbers were heard of, as this node last wrote down.
#[derive(Default)]
pub(super) struct Heard(Mutex<HashMap<InboxId, Timestamp>>);

impl Heard {
    /// Those of which it is to be written down that something came in now.
    fn due(&self, inboxes: &[(WorkspaceId, InboxId)], now: Timestamp) -> HashMap<WorkspaceId, Vec<Uuid>> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due: HashMap<WorkspaceId, Vec<Uuid>> = HashMap::new();
        for (workspace, inbox) in inboxes {
            if heard.get(inbox).is_none_or(|last| now.duration_since(*last) >= HEARD_AGAIN) {
                heard.insert(*inbox, now);
                due.entry(*workspace).or_default().push(inbox.0);
            }
        }
        due
    }
}

impl Runner {
    /// An app whose id and secret were proved to belong together; answers it as it is kept. What Meta says counts more than what was kept.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn keep_app(&self, app_id: &str, app_secret: &str) -> Result<App, Error> {
        let verify_token = match self.store.app(app_id).await? {
            Some(app) if app.app_secret == app_secret => return Ok(app),
            Some(app) => app.verify_token,
            None => hex::encode(rand::random::<[u8; 16]>()),
        };
        let app = App { app_id: app_id.to_owned(), app_secret: app_secret.to_owned(), verify_token };
        self.store.save_app(&app).await?;
        Ok(app)
    }

    /// Keeps what somebody has begun to connect.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn keep_connection_draft(&self, workspace: WorkspaceId, user: UserId, draft: &ConnectionDraft) -> Result<(), Error> {
        let expires_at = now().saturating_add(DRAFT_LIFE).unwrap_or(Timestamp::MAX);
        Ok(self.store.keep_connection_draft(workspace, user, draft, expires_at).await?)
    }

    /// Forgets it.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn forget_connection_draft(&self, workspace: WorkspaceId, user: UserId) -> Result<(), Error> {
        Ok(self.store.forget_connection_draft(workspace, user).await?)
    }

    /// Keeps that WhatsApp is asked how a number is.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn keep_number_asked(&self, workspace: WorkspaceId, inbox: InboxId) -> Result<(), Error> {
        Ok(self.store.keep_number_asked(workspace, inbox, now()).await?)
    }

    /// Keeps what WhatsApp said of a number.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn keep_number_health(&self, workspace: WorkspaceId, inbox: InboxId, health: &Health) -> Result<(), Error> {
        Ok(self.store.keep_number_health(workspace, inbox, health).await?)
    }

    /// Keeps that a message is sent to try a number.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn keep_number_test(&self, workspace: WorkspaceId, inbox: InboxId, id: Uuid, test: &Test) -> Result<(), Error> {
        Ok(self.store.keep_number_test(workspace, inbox, id, test).await?)
    }

    /// Keeps what came of sending it, where no tick has told more.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn keep_number_test_sent(&self, workspace: WorkspaceId, inbox: InboxId, id: Uuid, sent: &Test) -> Result<(), Error> {
        Ok(self.store.keep_number_test_sent(workspace, inbox, id, sent).await?)
    }

    /// A number speaks no more: what waits to be sent from it is told so, and its conversations stay, or are resolved by and by.
    ///
    /// # Errors
    /// A refusal, or a fault.
    pub async fn disconnect(&self, workspace: WorkspaceId, by: &Person, inbox: InboxId, resolves: bool) -> Result<(), Error> {
        let along = if resolves { Along::NumberEnding(inbox, by.user) } else { Along::Nothing };
        let command = SetupCommand::DisconnectInbox { inbox };
        match self.configured_along(workspace, &By::Person(by.clone()), command, along).await {
            Ok(configured) => self.follow(workspace, &configured).await,
            // It was before, and its conversations stayed.
            Err(Error::Refused(Refusal::SetUp(SetupRefusal::NumberDisconnected))) if resolves => {
                Ok(self.store.begin_number_ending(workspace, inbox, by.user, now()).await?)
            }
            Err(error) => Err(error),
        }
    }

    /// Resolves some of what is left of numbers that were disconnected. What somebody has in hand at that moment stays open.
    ///
    /// # Errors
    /// A fault; it may be repeated, and goes on where it stopped.
    pub async fn resolve_what_is_of_disconnected_numbers(&self) -> Result<(), Error> {
        let mut failed = None;
        for ending in self.store.number_endings().await? {
            // One that fails holds up none of the others.
            if let Err(error) = self.resolve_some(&ending).await {
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn resolve_some(&self, ending: &NumberEnding) -> Result<(), Error> {
        let batch = self.store.left_of_number(ending, BATCH).await?;
        let Some(last) = batch.last().copied() else { return Ok(self.store.end_number_ending(ending).await?) };
        // Whoever may disconnect a number may do this to its conversations, whatever else they may or see.
        let rights = Role::Admin.rights().unwrap_or_default();
        let by = Person { user: ending.user, name: ending.name.clone(), rights };
        for conversation in batch {
            self.run_unless_overtaken(ending.workspace, conversation, Command::Resolve { by: by.clone() }).await?;
        }
        Ok(self.store.go_on_with_number_ending(ending, last).await?)
    }

    /// Writes down, now and then, that something came in for numbers; nobody waits for it.
    pub(super) fn heard_of(&self, inboxes: &[(WorkspaceId, InboxId)], now: Timestamp) {
        for (workspace, inboxes) in self.heard.due(inboxes, now) {
            let store = self.store.clone();
            tokio::spawn(async move {
                if let Err(error) = store.keep_heard(workspace, &inboxes, now).await {
                    tracing::debug!(%error, "when numbers were heard of could not be written down");
                }
            });
        }
    }
}

//! A number that somebody has begun to connect: what they typed and what was found, sealed, for a day.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::sealed::Place;
use super::{Error, Result, Store};
use crate::domain::ids::{UserId, WorkspaceId};

crate::statements! {
    FIND = "SELECT sealed FROM connection_drafts WHERE workspace_id = $1 AND user_id = $2 AND expires_at > $3";
    KEEP = "
        INSERT INTO connection_drafts (workspace_id, user_id, sealed, expires_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (workspace_id, user_id) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at";
    FORGET = "DELETE FROM connection_drafts WHERE workspace_id = $1 AND user_id = $2";
    FORGET_OLD = "DELETE FROM connection_drafts WHERE expires_at < $1";
}

/// As far as somebody has come.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionDraft {
    /// The app, once id and secret were proved. Its secret is where apps are.
    pub app: Option<DraftApp>,
    pub token: Option<DraftToken>,
    /// What the token may choose from.
    pub accounts: Vec<DraftAccount>,
    pub chosen: Option<DraftNumber>,
    /// The app hears of the chosen number's account.
    pub is_subscribed: bool,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftApp {
    pub id: String,
    pub name: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftToken {
    pub secret: String,
    pub expires_at: Option<Timestamp>,
}

/// A WhatsApp business account and its numbers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftAccount {
    pub id: String,
    pub name: String,
    pub numbers: Vec<DraftNumber>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftNumber {
    pub id: String,
    pub waba_id: String,
    pub display: String,
    pub verified_name: String,
    pub is_registered: bool,
}

impl Store {
    /// What somebody has begun; nothing when that was long ago.
    ///
    /// # Errors
    /// As PostgreSQL answers, and when it cannot be opened.
    pub async fn connection_draft(&self, workspace: WorkspaceId, user: UserId, now: Timestamp) -> Result<Option<ConnectionDraft>> {
        let Some(row) = self.query_opt(&FIND, &[&workspace.0, &user.0, &now]).await? else { return Ok(None) };
        let opened = self.keys().open(place(&user.to_string()), row.get(0))?;
        // One of another version is begun anew.
        Ok(serde_json::from_slice(&opened).ok())
    }

    /// Keeps what somebody has begun until then.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn keep_connection_draft(
        &self,
        workspace: WorkspaceId,
        user: UserId,
        draft: &ConnectionDraft,
        expires_at: Timestamp,
    ) -> Result<()> {
        let sealed = self.keys().seal(place(&user.to_string()), &serde_json::to_vec(draft).map_err(Error::from)?)?;
        self.execute(&KEEP, &[&workspace.0, &user.0, &sealed, &expires_at]).await?;
        Ok(())
    }

    /// Forgets what somebody has begun.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn forget_connection_draft(&self, workspace: WorkspaceId, user: UserId) -> Result<()> {
        self.execute(&FORGET, &[&workspace.0, &user.0]).await?;
        Ok(())
    }

    /// Forgets what was begun long ago.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn forget_old_connection_drafts(&self, now: Timestamp) -> Result<u64> {
        self.execute(&FORGET_OLD, &[&now]).await
    }
}

pub(super) fn place(user: &str) -> Place<'_> {
    Place { table: "connection_drafts", row: user, column: "sealed" }
}
